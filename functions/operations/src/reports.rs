//! Reports on materials. A reviewer of some of the rows gets what is said of these, and the marked workbook with these alone.

use std::collections::HashSet;

use records::RecordsError;
pub use records::application::report::Report;
use records::application::stored::{Application, AuthorisedPlan};
use records::application::verdict::Verdict;
use records::keys::objects::ObjectKey;
use records::store::bucket::WORKBOOK;
use rules::issue::application::{ApplicationId, Plan};
use rules::values::finding::Finding;
use rules::values::party::{Actor, IssuingUnit, Role};
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::links::LINK_LIFETIME;
use crate::refusal::Refusal;
use crate::rows::{reviewer_of, sees_all_rows};

/// Links to the report on a material.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ReportLinks {
    /// The material that was judged.
    pub material: Material,
    /// Whether it has no error.
    pub clean: bool,
    /// For a reviewer of some of the rows: with what is said of these.
    pub json: String,
    /// The marked workbook, for a roster; for a reviewer of some of the rows with these alone.
    pub workbook: Option<String>,
    /// For the Center alone, of a roster: which application of which unit holds what its rows are not given again; none where nothing
    /// is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holders: Option<String>,
}

/// What was found on a material.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct MaterialFindings {
    /// The material that was judged.
    pub material: Material,
    /// Its title in the notice.
    pub title: String,
    /// Whether it has no error.
    pub clean: bool,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// The rows of one reviewer, and where the reports on them are kept.
struct OwnRows {
    application: ApplicationId,
    reviewer: IssuingUnit,
    rows: HashSet<u32>,
}

impl Operations {
    /// Links to the reports on the materials of an application; a reviewer of some of the rows gets what is said of these.
    pub async fn reports(&self, actor: &Actor, id: ApplicationId) -> Result<Vec<ReportLinks>, Refusal> {
        let application = self.visible(actor, &id).await?;
        let verdicts = self.cloud.applications().verdicts(&application).await?;
        let own = match &application.plan {
            Some(plan) if !sees_all_rows(actor, &application) => Some(self.own_rows(actor, &application, plan).await?),
            _ => None,
        };
        let mut links = Vec::new();
        for verdict in &verdicts {
            let mut on_material = self.report_on(&application, own.as_ref(), verdict).await?;
            if actor.role == Role::Center && sees_all_rows(actor, &application) && verdict.material == Material::Roster {
                on_material.holders = self.holders_report(&id, verdict).await?;
            }
            links.push(on_material);
        }
        links.extend(self.photo_report(&id, own.as_ref(), &verdicts).await?);
        Ok(links)
    }

    /// What was found on each material, as far as the actor may see it: of a roster, a reviewer of some of the rows is told of these.
    pub async fn findings(&self, actor: &Actor, id: ApplicationId) -> Result<Vec<MaterialFindings>, Refusal> {
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let verdicts = self.cloud.applications().verdicts(&application).await?;
        let own = match &application.plan {
            Some(plan) if !sees_all_rows(actor, &application) => Some(self.own_rows(actor, &application, plan).await?),
            _ => None,
        };
        let mut found = Vec::new();
        for verdict in &verdicts {
            let key = ObjectKey::Report { application: id.clone(), material: verdict.material, version: verdict.judgement() };
            let report = match own.as_ref().filter(|_| verdict.material == Material::Roster) {
                Some(own) => self.own_findings(own, &key).await?,
                None => self.cloud.read_json(&key).await?,
            };
            let title = notice.material(verdict.material).map_or_else(String::new, |rule| rule.title.clone());
            let (clean, findings) = (verdict.clean, report.findings.into_owned());
            found.push(MaterialFindings { material: verdict.material, title, clean, findings });
        }
        Ok(found)
    }

    /// The rows that the actor reviews.
    async fn own_rows(&self, actor: &Actor, application: &Application, authorised: &AuthorisedPlan) -> Result<OwnRows, Refusal> {
        let key = ObjectKey::Plan { application: application.id.clone(), digest: authorised.digest.clone() };
        let plan: Plan = self.cloud.read_json(&key).await?;
        let reviewer = reviewer_of(actor);
        let rows = plan.rows.iter().filter(|row| row.reviewer == reviewer).map(|row| row.row).collect();
        Ok(OwnRows { application: application.id.clone(), reviewer, rows })
    }

    async fn report_on(&self, application: &Application, own: Option<&OwnRows>, verdict: &Verdict) -> Result<ReportLinks, Refusal> {
        let (id, material, version) = (application.id.clone(), verdict.material, verdict.judgement());
        let json = ObjectKey::Report { application: id.clone(), material, version: version.clone() };
        let workbook = ObjectKey::ReportWorkbook { application: id, version };
        let (json, workbook) = match (own, material) {
            (None, Material::Roster) => (json, Some(workbook)),
            (Some(own), Material::Roster) => {
                let marked = self.own_workbook(application, own, &json, &workbook).await?;
                (self.own_report(own, &json).await?, Some(marked))
            }
            _ => (json, None),
        };
        let workbook = match workbook {
            Some(key) => Some(self.cloud.link(&key, LINK_LIFETIME).await?),
            None => None,
        };
        Ok(ReportLinks { material, clean: verdict.clean, json: self.cloud.link(&json, LINK_LIFETIME).await?, workbook, holders: None })
    }

    async fn holders_report(&self, id: &ApplicationId, verdict: &Verdict) -> Result<Option<String>, Refusal> {
        let key = ObjectKey::HoldersReport { application: id.clone(), version: verdict.judgement() };
        match self.cloud.current_version(&key.to_string()).await? {
            Some(_) => Ok(Some(self.cloud.link(&key, LINK_LIFETIME).await?)),
            None => Ok(None),
        }
    }

    /// Rows against photos, once both have been registered.
    async fn photo_report(&self, id: &ApplicationId, own: Option<&OwnRows>, verdicts: &[Verdict]) -> Result<Option<ReportLinks>, Refusal> {
        let version = |material| verdicts.iter().find(|verdict| verdict.material == material).map(Verdict::judgement);
        let (Some(photos), Some(roster)) = (version(Material::Photos), version(Material::Roster)) else { return Ok(None) };
        let mut key = ObjectKey::PhotoReport { application: id.clone(), photos, roster };
        if self.cloud.current_version(&key.to_string()).await?.is_none() {
            return Ok(None);
        }
        if let Some(own) = own {
            key = self.own_report(own, &key).await?;
        }
        let json = self.cloud.link(&key, LINK_LIFETIME).await?;
        Ok(Some(ReportLinks { material: Material::Photos, clean: true, json, workbook: None, holders: None }))
    }

    /// What a report says of the reviewer's rows and of no row, made the first time that it is asked for.
    async fn own_report(&self, own: &OwnRows, whole: &ObjectKey) -> Result<ObjectKey, Refusal> {
        let key = own.part_of(whole, "json");
        if self.cloud.current_version(&key.to_string()).await?.is_none() {
            self.cloud.write_json(&key, &self.own_findings(own, whole).await?).await?;
        }
        Ok(key)
    }

    async fn own_findings(&self, own: &OwnRows, whole: &ObjectKey) -> Result<Report<'static>, RecordsError> {
        let mut report: Report<'static> = self.cloud.read_json(whole).await?;
        report.findings.to_mut().retain(|finding| finding.place.row.is_none_or(|row| own.rows.contains(&row)));
        Ok(report)
    }

    /// The marked workbook without the rows of others, made the first time that it is asked for.
    async fn own_workbook(
        &self,
        application: &Application,
        own: &OwnRows,
        report: &ObjectKey,
        whole: &ObjectKey,
    ) -> Result<ObjectKey, Refusal> {
        let key = own.part_of(whole, "xlsx");
        if self.cloud.current_version(&key.to_string()).await?.is_some() {
            return Ok(key);
        }
        let rulebook = self.cloud.rulebooks().of(application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let findings = self.own_findings(own, report).await?.findings;
        let marked = self.cloud.read(&whole.to_string(), None).await?;
        let part = roster::report_of_rows(&marked, notice, &findings, &|row| own.rows.contains(&row));
        let part = part.map_err(|error| RecordsError::Corrupt(error.to_string()))?;
        self.cloud.write(&key, WORKBOOK, part).await?;
        Ok(key)
    }
}

impl OwnRows {
    fn part_of(&self, whole: &ObjectKey, extension: &'static str) -> ObjectKey {
        let (application, reviewer) = (self.application.clone(), self.reviewer.clone());
        let (material, version) = match whole {
            ObjectKey::PhotoReport { photos, roster, .. } => (Material::Photos, format!("{photos}-{roster}")),
            ObjectKey::Report { version, .. } | ObjectKey::ReportWorkbook { version, .. } => (Material::Roster, version.clone()),
            _ => (Material::Roster, String::new()),
        };
        ObjectKey::ReviewerReport { application, reviewer, material, version, extension }
    }
}
