//! 一 and 二: which certificate a row gets, from whom, and under which prefix its code is counted.

use std::collections::BTreeSet;

use crate::application::{Plan, PlannedRow, Reviewer};
use crate::body::{Body, BodyCode};
use crate::code::CodePrefix;
use crate::contest::{Contest, Event};
use crate::entry::Entry;
use crate::finding::{Finding, FindingCode, Place};
use crate::notice::{CertificateType, Issuer, Jurisdiction, Material, Notice, RouteRule, TypeRule};

/// What a decision is made from, besides the row.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// The notice in force on the issue date.
    pub notice: &'a Notice,
    /// The contest.
    pub contest: &'a Contest,
    /// The organiser's entry in the bodies' register, where it is filed.
    pub organiser: Option<&'a Body>,
}

/// Decides every row; rows that fall under no certificate type come back as findings.
pub fn plan(circumstances: Circumstances<'_>, entries: impl IntoIterator<Item = Entry>) -> Result<Plan, Vec<Finding>> {
    let mut unconfirmed = BTreeSet::new();
    let mut rows = Vec::new();
    let mut found = Vec::new();
    for entry in entries {
        match circumstances.decide(&entry, &mut unconfirmed) {
            Ok(row) => rows.push(row),
            Err(finding) => found.push(finding),
        }
    }
    if found.is_empty() { Ok(Plan { rows, unconfirmed: unconfirmed.into_iter().collect() }) } else { Err(found) }
}

impl<'a> Circumstances<'a> {
    fn decide(self, entry: &Entry, unconfirmed: &mut BTreeSet<String>) -> Result<PlannedRow, Finding> {
        let roster = Place::file(self.notice.file(Material::Roster));
        let event = self.contest.event(&entry.event);
        let jurisdiction = self.notice.jurisdiction(&self.contest.jurisdiction);
        let (Some(event), Some(jurisdiction)) = (event, jurisdiction) else {
            return Err(Finding::new(FindingCode::ContestInvalid, roster, "大赛信息与已登记的不一致"));
        };
        let Some(rule) = self.type_rule(entry, event) else {
            let place = Place { row: Some(entry.row), ..roster };
            return Err(Finding::new(FindingCode::NoCertificate, place, "不属于任何一类证书"));
        };
        let route = self.route(rule, entry).ok_or_else(|| Finding::new(FindingCode::NoCertificate, roster, "没有对应的颁证主体"))?;
        unconfirmed.extend(rule.unconfirmed.iter().chain(route.unconfirmed.iter()).cloned());
        let (issuing_body, sealed_by, reviewer, code) = self.issuer(route, jurisdiction);
        let prefix = self.prefix(rule, entry, code.as_ref());
        let mut clauses = vec![rule.clause.clone(), route.clause.clone()];
        if prefix.is_some() {
            clauses.push(self.notice.code.clause.clone());
            if code.is_some_and(|c| c.is_human_resources(&self.notice.code)) {
                unconfirmed.extend(self.notice.code.unconfirmed.clone());
            }
        }
        Ok(PlannedRow { row: entry.row, certificate_type: rule.certificate_type, reviewer, prefix, issuing_body, sealed_by, clauses })
    }

    /// 一: the types in the notice's order; the first that claims the row.
    fn type_rule(self, entry: &Entry, event: &Event) -> Option<&'a TypeRule> {
        self.notice.certificate_types.iter().find(|rule| match rule.certificate_type {
            CertificateType::Qualification => self.in_qualification_catalogue(event),
            CertificateType::SpecificAbility => entry.level.is_none(),
            CertificateType::SkillLevel => rule.filed_occupations.as_deref() == Some("all") && entry.level.is_some(),
        })
    }

    /// By the reviewed mapping of occupation and 工种, never by name.
    fn in_qualification_catalogue(self, event: &Event) -> bool {
        self.notice.qualification_catalogue.items.iter().any(|item| {
            let job_claimed = item.jobs.is_empty() || event.job.as_ref().is_some_and(|job| item.jobs.contains(job));
            item.occupation_code == event.occupation_code && job_claimed
        })
    }

    /// 二: the first route of the type whose conditions hold.
    fn route(self, rule: &TypeRule, entry: &Entry) -> Option<&'a RouteRule> {
        self.notice.routes.iter().find(|route| {
            route.certificate_type == rule.certificate_type
                && route.hrss_hosted.is_none_or(|hosted| hosted == self.contest.hrss_hosted)
                && route.class.is_none_or(|class| class == self.contest.class)
                && route.organiser_filed.is_none_or(|filed| filed == self.organiser_filed(entry))
        })
    }

    /// Filed, and for this occupation and level (G5: otherwise it counts as not filed).
    fn organiser_filed(self, entry: &Entry) -> bool {
        let level = entry.level.unwrap_or(0);
        self.organiser.is_some_and(|body| body.may_issue(&entry.occupation, level))
    }

    /// Name on the certificate, who seals on its behalf, who reviews, and positions 1–13.
    fn issuer(self, route: &RouteRule, jurisdiction: &Jurisdiction) -> (String, Option<String>, Reviewer, Option<BodyCode>) {
        let center = Reviewer::center(&jurisdiction.code);
        let human_resources = || BodyCode::human_resources(&self.notice.code, jurisdiction);
        match (route.issuer, self.organiser) {
            (Issuer::OrganiserBody, Some(body)) => (body.name.clone(), None, Reviewer::body(body.code.as_str()), Some(body.code.clone())),
            (Issuer::Organiser, _) => (self.contest.organiser.clone(), None, center, None),
            (Issuer::Center, _) => (jurisdiction.center.clone(), None, center, Some(human_resources())),
            (Issuer::Committee | Issuer::OrganiserBody, _) => {
                (self.contest.committee.clone(), Some(jurisdiction.center.clone()), center, Some(human_resources()))
            }
        }
    }

    fn prefix(self, rule: &TypeRule, entry: &Entry, code: Option<&BodyCode>) -> Option<CodePrefix> {
        let level = self.notice.level_by_digit(entry.level?)?;
        let year = self.contest.issued_on.year();
        code.filter(|_| rule.numbered).map(|body| CodePrefix::new(&self.notice.code, body, year, level))
    }
}
