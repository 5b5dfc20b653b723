//! Which certificates a batch of the publication is of: lots that are archived, and what has changed of those that are published.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use records::application::Application;
use records::application::lists::ApplicationList;
use records::store::rulebooks::InForce;
use rules::after::publication::{Award, Batch, BatchState, MAX_LOTS, PublicationRow, Published};
use rules::issue::allocation::{Allocation, Stage};
use rules::issue::application::ApplicationId;
use rules::issue::certificate_fields::IssuedBy;
use rules::notice::{Notice, PublicationRule};
use rules::numbers::code::CertificateCode;
use rules::values::lot::LotName;
use rules::values::party::{Actor, IssuingUnit, Role};
use rules::values::vocabulary::{BatchKind, CertificateType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::own_lot::title;
use crate::refusal::Refusal;
use crate::rows::{is_visible, reviewer_of};

/// What is applied for.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ApplyForPublication {
    /// 新增, 更正 or 注销.
    pub kind: BatchKind,
    /// Which certificates; by who applies, if it is not named: specific-ability for a unit, skill-level for all others.
    #[serde(default)]
    pub certificate_type: Option<CertificateType>,
    /// Whose lots; all that can be published now, if none is named.
    #[serde(default)]
    pub applications: Vec<String>,
    /// 批次号 that the superior gave; our own number, if none is named.
    #[serde(default)]
    pub batch_number: Option<String>,
}

/// A lot, and its rows in a batch.
pub(crate) struct Lot {
    pub(crate) application: Application,
    pub(crate) allocation: Allocation,
    pub(crate) rows: Vec<PublicationRow>,
}

impl Operations {
    /// 新增: archived lots that are in no batch yet.
    pub(crate) async fn unpublished(
        &self,
        actor: &Actor,
        rulebook: &InForce,
        request: &ApplyForPublication,
        certificate_type: CertificateType,
        batches: &[Batch],
    ) -> Result<Vec<Lot>, Refusal> {
        let mut lots: Vec<Lot> = Vec::new();
        for application in self.chosen(actor, request).await? {
            for reviewer in reviewers(actor, &application) {
                let found = self.candidate(&application, &reviewer, certificate_type, batches).await?;
                let allocation = match found {
                    Ok(allocation) => allocation,
                    Err(Some(reason)) if !request.applications.is_empty() => {
                        return Err(Refusal::Changed(format!("申报 {} {reason}", application.id)));
                    }
                    Err(_) => continue,
                };
                if !is_alike(rulebook, &lots, &application, request)? {
                    continue;
                }
                let rows = self.publication_rows(rulebook, &application, &allocation).await?;
                if !rows.is_empty() {
                    lots.push(Lot { application: application.clone(), allocation, rows });
                    // A transaction touches an application once: another body's lot goes into the next batch.
                    break;
                }
            }
            if lots.len() == MAX_LOTS {
                break;
            }
        }
        Ok(lots)
    }

    /// The lot, if it can be published; otherwise why not, or nothing where it has no such certificates.
    async fn candidate(
        &self,
        application: &Application,
        reviewer: &IssuingUnit,
        certificate_type: CertificateType,
        batches: &[Batch],
    ) -> Result<Result<Allocation, Option<String>>, Refusal> {
        if let Some(batch) = in_batch(batches, &application.id, &LotName::new(reviewer, certificate_type)) {
            return Ok(Err(Some(format!("已在第 {} 批中（{}）", batch.number, batch.state.word()))));
        }
        let Some(allocation) = self.cloud.allocations().get(&application.id, &LotName::new(reviewer, certificate_type)).await? else {
            return Ok(Err(Some(self.without_such_a_lot(application, reviewer, certificate_type).await?)));
        };
        if allocation.end() as usize <= allocation.withdrawn.len() && allocation.rows_without_number().next().is_none() {
            return Ok(Err(None));
        }
        Ok(match allocation.stage() {
            Some(Stage::Archived) => Ok(allocation),
            Some(stage) => Err(Some(format!("的证书{}", stage.word()))),
            None => Err(Some("的证书尚未存档".to_owned())),
        })
    }

    /// 更正 or 注销: published lots whose certificates are no longer as they are shown.
    pub(crate) async fn outstanding(
        &self,
        actor: &Actor,
        rulebook: &InForce,
        request: &ApplyForPublication,
        certificate_type: CertificateType,
        batches: &[Batch],
    ) -> Result<Vec<Lot>, Refusal> {
        let mut wanted = Vec::new();
        for id in &request.applications {
            wanted.push(self.visible(actor, &parse(id)?).await?.id);
        }
        let batches: Vec<&Batch> = batches.iter().filter(|batch| batch.certificate_type == certificate_type).collect();
        let mut sheets = Sheets { operations: self, read: BTreeMap::new() };
        let under_way = sheets.under_way(&batches).await?;
        let mut lots: Vec<Lot> = Vec::new();
        for batch in batches.iter().filter(|batch| batch.kind == BatchKind::New && batch.state == BatchState::Confirmed) {
            for lot in batch.lots.iter().filter(|lot| wanted.is_empty() || wanted.contains(&lot.application)) {
                // A transaction touches an application once.
                if lots.len() == MAX_LOTS || lots.iter().any(|known| known.application.id == lot.application) {
                    continue;
                }
                let application = self.cloud.applications().get(&lot.application).await?;
                if !self.may_have_changed(&application, lot.trail).await? {
                    continue;
                }
                let Some(allocation) =
                    self.cloud.allocations().get(&application.id, &LotName::new(&lot.reviewer, certificate_type)).await?
                else {
                    continue;
                };
                if !is_alike(rulebook, &lots, &application, request)? {
                    continue;
                }
                let published = sheets.published(&batches, &allocation).await?;
                let outstanding = published.outstanding(&self.publication_rows(rulebook, &application, &allocation).await?);
                let rows = if request.kind == BatchKind::Correction { outstanding.corrections } else { outstanding.revocations };
                let rows: Vec<PublicationRow> = rows.into_iter().filter(|row| !under_way.contains(row.number())).collect();
                if !rows.is_empty() {
                    lots.push(Lot { application, allocation, rows });
                }
            }
        }
        Ok(lots)
    }

    /// Why a reviewer has no lot of a type: nothing is decided yet, or the certificates are of other types.
    async fn without_such_a_lot(
        &self,
        application: &Application,
        reviewer: &IssuingUnit,
        certificate_type: CertificateType,
    ) -> Result<String, Refusal> {
        let decided = self.cloud.allocations().decided(&application.id, reviewer).await?;
        if decided.is_empty() {
            return Ok("尚未审核通过".to_owned());
        }
        let rulebook = self.cloud.rulebooks().of(application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let others: Vec<String> = decided.iter().map(|lot| who_applies(notice, lot.certificate_type)).collect();
        Ok(format!("没有{}；其中{}", title(notice, certificate_type), others.join("，")))
    }

    /// Whether something happened to an application since its rows were read that may have changed one.
    async fn may_have_changed(&self, application: &Application, since: u64) -> Result<bool, Refusal> {
        if application.trail.count == since {
            return Ok(false);
        }
        let entries = self.cloud.applications().trail_after(&application.id, since).await?;
        Ok(entries.iter().any(|entry| entry.action.changes_published_row()))
    }

    /// The applications that the request names; all of the actor's, if it names none.
    async fn chosen(&self, actor: &Actor, request: &ApplyForPublication) -> Result<Vec<Application>, Refusal> {
        if request.applications.len() > MAX_LOTS {
            return Err(Refusal::Malformed(format!("一批最多 {MAX_LOTS} 份申报，请分批申报")));
        }
        let mut chosen: Vec<Application> = Vec::new();
        for id in &request.applications {
            let id = parse(id)?;
            if !chosen.iter().any(|known| known.id == id) {
                chosen.push(self.visible(actor, &id).await?);
            }
        }
        if !request.applications.is_empty() {
            return Ok(chosen);
        }
        chosen = self.with_lots(actor).await?;
        if actor.role != Role::Unit {
            let own = reviewer_of(actor);
            chosen.retain(|one| one.plan.as_ref().is_some_and(|plan| plan.reviewers.contains(&own)));
        }
        Ok(chosen)
    }

    /// The applications with lots that the actor may still have something to do with: all of a unit's, whose winners fetch their
    /// certificates after the lot was handed out; of others, those with a lot that was not.
    pub(crate) async fn with_lots(&self, actor: &Actor) -> Result<Vec<Application>, Refusal> {
        let lists = match actor.role {
            Role::Unit => vec![ApplicationList::Unit(actor.organisation.clone())],
            Role::Body => vec![ApplicationList::OpenLotsBy(reviewer_of(actor))],
            Role::Center => {
                vec![ApplicationList::OpenLotsOf(actor.organisation.clone()), ApplicationList::OpenLotsBy(reviewer_of(actor))]
            }
        };
        let mut all: Vec<Application> = Vec::new();
        for list in lists {
            all.extend(self.cloud.applications().whole_list(&list).await?);
        }
        let mut seen = HashSet::new();
        all.retain(|one| has_decided_rows(one) && is_visible(actor, one) && seen.insert(one.id.clone()));
        Ok(all)
    }

    /// The rows of a lot's certificates that count now.
    pub(crate) async fn publication_rows(
        &self,
        rulebook: &InForce,
        application: &Application,
        lot: &Allocation,
    ) -> Result<Vec<PublicationRow>, Refusal> {
        let contest = &application.contest;
        // Codes follow the grammar that they were made by; the sheet is what is uploaded now.
        let own = self.cloud.rulebooks().of(application).await?;
        let certificates = self.cloud.certificates().active_certificates(own.notices.of_contest(contest)?, lot).await?;
        let rule = rule_of(rulebook.notices.of_contest(contest)?)?;
        let (mut rows, mut findings) = (Vec::with_capacity(certificates.len()), Vec::new());
        for certificate in &certificates {
            let by = IssuedBy {
                certificate_type: lot.certificate_type,
                issuing_body: &certificate.issuing_body,
                sealed_by: certificate.sealed_by.as_deref(),
            };
            let number = certificate.code.as_ref().map(CertificateCode::as_str);
            let award = Award { contest, entry: &certificate.entry, by, number, issued_on: certificate.issued_on };
            match PublicationRow::new(rule, &rulebook.catalogues()?.document_types, &award) {
                Ok(row) => rows.push(row),
                Err(finding) => findings.push(finding),
            }
        }
        if findings.is_empty() { Ok(rows) } else { Err(Refusal::Findings(findings)) }
    }

    /// The lots of a batch as they are now.
    pub(crate) async fn lots_of(&self, batch: &Batch) -> Result<Vec<(Application, Allocation)>, Refusal> {
        let mut lots = Vec::with_capacity(batch.lots.len());
        for lot in &batch.lots {
            // The application first: a change after this one makes the step fail.
            let application = self.cloud.applications().get(&lot.application).await?;
            let allocation = self
                .cloud
                .allocations()
                .get(&lot.application, &LotName::new(&lot.reviewer, batch.certificate_type))
                .await?
                .ok_or(Refusal::NotFound)?;
            lots.push((application, allocation));
        }
        Ok(lots)
    }
}

/// The sheets of batches, each read once.
struct Sheets<'a> {
    operations: &'a Operations,
    read: BTreeMap<u32, Vec<PublicationRow>>,
}

impl Sheets<'_> {
    async fn rows(&mut self, batch: &Batch) -> Result<&[PublicationRow], Refusal> {
        let rows = match self.read.entry(batch.number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.operations.cloud.publications().sheet(batch).await?.rows),
        };
        Ok(rows)
    }

    /// Numbers in batches of 更正 and 注销 that are not at their end.
    async fn under_way(&mut self, batches: &[&Batch]) -> Result<HashSet<String>, Refusal> {
        let mut numbers = HashSet::new();
        let open = |batch: &&&Batch| batch.is_active() && batch.kind != BatchKind::New && batch.state != BatchState::Confirmed;
        for batch in batches.iter().filter(open) {
            numbers.extend(self.rows(batch).await?.iter().map(|row| row.number().to_owned()));
        }
        Ok(numbers)
    }

    /// What is published of a lot.
    async fn published(&mut self, batches: &[&Batch], lot: &Allocation) -> Result<Published, Refusal> {
        let mut published = Published::default();
        let confirmed = |batch: &&&Batch| batch.state == BatchState::Confirmed && batch.covers(&lot.of, &lot.lot());
        for batch in batches.iter().filter(confirmed) {
            let rows = self.rows(batch).await?;
            published.enter(batch.kind, rows.get(batch.rows_of(&lot.of, &lot.reviewer)).unwrap_or_default().iter().cloned());
        }
        Ok(published)
    }
}

/// Whose lots of an application the actor applies for: an issuing body its own, a unit whoever issued them.
fn reviewers(actor: &Actor, application: &Application) -> Vec<IssuingUnit> {
    match actor.role {
        Role::Unit => application.plan.as_ref().map(|plan| plan.reviewers.clone()).unwrap_or_default(),
        Role::Center | Role::Body => vec![reviewer_of(actor)],
    }
}

/// Whether an application's lots go into the batch: one batch goes by one notice. Those that the request names are not left
/// out in silence.
fn is_alike(rulebook: &InForce, lots: &[Lot], application: &Application, request: &ApplyForPublication) -> Result<bool, Refusal> {
    let named = !request.applications.is_empty();
    let head = |application: &Application| {
        let notice = rulebook.notices.of_contest(&application.contest);
        notice.map(|notice| (notice.notice.number.clone(), notice.notice.seat.clone()))
    };
    let own = match head(application) {
        Ok(own) => own,
        Err(error) if named => return Err(error.into()),
        Err(_) => return Ok(false),
    };
    let Some(first) = lots.first() else { return Ok(true) };
    match head(&first.application)? == own {
        false if named => Err(Refusal::Malformed("所列申报适用的通知或受理的职鉴中心不同，请分批申报".to_owned())),
        alike => Ok(alike),
    }
}

fn parse(id: &str) -> Result<ApplicationId, Refusal> {
    ApplicationId::parse(id).ok_or(Refusal::NotFound)
}

/// The notice's rule for the publication, where it has one.
pub(crate) fn rule_of(notice: &Notice) -> Result<&PublicationRule, Refusal> {
    let lacking = || Refusal::Malformed(format!("{} 的规则中没有信息上网（publication）一节", notice.notice.number));
    notice.publication.as_ref().ok_or_else(lacking)
}

/// Whether a lot is named in a batch that still counts.
pub(crate) fn in_batch<'b>(batches: &'b [Batch], application: &ApplicationId, lot: &LotName) -> Option<&'b Batch> {
    let same = |batch: &&Batch| batch.is_active() && batch.kind == BatchKind::New;
    batches.iter().filter(same).find(|batch| batch.covers(application, lot))
}

/// Who applies for the publication of certificates of a type, if anybody does.
fn who_applies(notice: &Notice, certificate_type: CertificateType) -> String {
    let title = title(notice, certificate_type);
    match notice.publication.as_ref().and_then(|rule| rule.applicant_of(certificate_type)) {
        Some(rule) => format!("{title}由{}另行申报", rule.applicant.word()),
        None => format!("{title}不在这里办理信息上网"),
    }
}

/// Whether somebody has decided rows of it.
fn has_decided_rows(application: &Application) -> bool {
    application.plan.as_ref().is_some_and(|plan| plan.undecided.len() < plan.reviewers.len())
}
