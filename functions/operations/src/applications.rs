//! Creating an application, its upload forms, lists.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::SignedDuration;
use records::application::Application;
use records::application::lists::ApplicationList;
use records::keys::objects::{ObjectKey, material_name};
use records::store::bucket::WORKBOOK;
use records::store::upload::UploadLimits;
use rules::audit::{AuditAction, AuditEntry};
use rules::intake::contest::{Contest, OrganiserContact};
use rules::intake::record;
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};
use rules::values::folding;
use rules::values::party::{Actor, Applicant};
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Operations;
use crate::refusal::Refusal;

pub use records::store::upload::UploadForm;

/// Of so many of its last applications a unit's lines of the head are looked for.
const LAST_APPLICATIONS: i32 = 20;
/// Rows that are begun in a template at most: the answer of a function holds 6 MB.
const MAX_ROWS_BEGUN: usize = 10_000;
/// How long an upload form can be used.
const FORM_LIFETIME: SignedDuration = SignedDuration::from_mins(30);

/// A contest to apply for.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CreateApplication {
    /// The contest's record.
    pub contest: Contest,
    /// Fields from which characters that cannot be seen were taken out, each with the first of them.
    #[serde(skip)]
    pub unseen: Vec<(String, char)>,
}

impl CreateApplication {
    /// Notes the texts of the body, as it was sent, that hold characters that cannot be seen: reading takes them out.
    pub fn note_unseen(&mut self, body: &Value) {
        self.unseen = unseen_in(body);
    }
}

/// The texts of a body, as it was sent, that hold characters that cannot be seen, each with the first of them.
pub(crate) fn unseen_in(body: &Value) -> Vec<(String, char)> {
    let mut found = Vec::new();
    unseen("", body, &mut found);
    found
}

fn unseen(field: &str, value: &Value, found: &mut Vec<(String, char)>) {
    match value {
        Value::String(text) => found.extend(folding::invisible(text).map(|c| (field.to_owned(), c))),
        Value::Array(values) => values.iter().for_each(|value| unseen(field, value, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| unseen(name, value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// That of a field something was taken out.
pub(crate) fn taken_out((field, c): &(String, char)) -> Finding {
    let message = format!("“{field}”去掉了看不见的字符（U+{:04X}）", u32::from(*c));
    Finding::new(FindingCode::FileTaken, Place::file(CONTEST_FILE), message)
}

/// An application that is no more.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct DeletedDraft {
    /// Its id; no other one ever has it.
    pub id: ApplicationId,
}

/// An application and the forms that its materials are uploaded with.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CreatedApplication {
    /// Its id, by which every path names it.
    pub id: ApplicationId,
    /// Forms by material.
    pub uploads: BTreeMap<String, UploadForm>,
    /// What is already known to be wrong with the contest's record.
    pub findings: Vec<Finding>,
}

/// A form for one material, with what people call it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct MaterialForm {
    /// The material.
    pub material: Material,
    /// Its title in the notice.
    pub title: String,
    /// The name that its file has.
    pub file: String,
    /// Whether an application is complete without it.
    pub optional: bool,
    /// The largest file, in bytes.
    pub max_bytes: u64,
    /// The form.
    pub form: UploadForm,
    /// The same for a script, which is sent nowhere.
    pub direct: UploadForm,
}

/// A workbook to be filled in.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct FilledTemplate {
    /// The name that its file is to have.
    pub file: String,
    /// Its bytes, in Base64.
    pub workbook_base64: String,
    /// Rows that are begun in it.
    pub rows: u32,
}

/// What a contest's record can say.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ContestChoices {
    /// The jurisdictions, by code and name.
    pub jurisdictions: Vec<(String, String)>,
    /// 竞赛类别
    pub classes: Vec<String>,
    /// The filed bodies, by code and name.
    pub bodies: Vec<(String, String)>,
}

/// Which occupations are looked for.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OccupationsAsked {
    /// A part of the name or of the code.
    pub text: String,
}

/// An occupation (职业) of the 大典.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct FoundOccupation {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its 工种, where they are known.
    pub jobs: Vec<String>,
}

/// Occupations that one search gives at most.
const MAX_OCCUPATIONS: usize = 50;

impl Operations {
    /// A new application of the unit, as a draft, with the forms that its materials are uploaded with.
    pub async fn create(&self, actor: &Actor, create: CreateApplication) -> Result<CreatedApplication, Refusal> {
        actor.may(Action::Create)?;
        let now = self.cloud.clock.now();
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.of_contest(&create.contest)?;
        let contest = create.contest.with_class_of(notice);
        // Who decides goes by it, so that nothing is begun that nobody decides.
        if let Some(finding) = contest.decider_finding(notice) {
            return Err(Refusal::Findings(vec![finding]));
        }
        self.has_room(actor, notice.procedure.max_open_applications).await?;
        let application = Application {
            id: records::random::random_id(),
            unit: actor.organisation.clone(),
            contest,
            contest_edition: 0,
            corrected_at: None,
            exchange: None,
            status: Status::Draft,
            version: 0,
            created_at: now,
            entered_at: now,
            submitted_at: None,
            reason: None,
            sent_back_with: Default::default(),
            plan: None,
            declaration: None,
            originals: Default::default(),
            filing: None,
            trail: Default::default(),
        };
        let mut findings: Vec<Finding> = create.unseen.iter().map(taken_out).collect();
        findings.extend(application.contest.findings(notice, rulebook.catalogues()?, self.cloud.clock.today(), None));
        findings.extend(self.cloud.bodies().organiser_findings(notice, &application.contest, &application.unit).await?);
        self.cloud.applications().create(&application).await?;
        tracing::info!(application = %application.id, "created");
        let uploads = self.forms(&application).await?;
        Ok(CreatedApplication { id: application.id, uploads, findings })
    }

    /// The organiser's lines in the head of the summary form (附件) as the unit last gave them, to be offered with its next
    /// application; empty where it never did.
    pub async fn last_contact(&self, actor: &Actor) -> Result<OrganiserContact, Refusal> {
        actor.may(Action::Create)?;
        let list = ApplicationList::Unit(actor.organisation.clone());
        let last = self.cloud.applications().newest(&list, LAST_APPLICATIONS).await?;
        let given = last.into_iter().map(|application| application.contest.organiser_contact).find(|contact| !contact.is_empty());
        Ok(given.unwrap_or_default())
    }

    /// What a unit has not handed in, or has been sent back, costs the system something every five minutes: so it ends at a number.
    async fn has_room(&self, actor: &Actor, max: u32) -> Result<(), Refusal> {
        let open = self.cloud.applications().count(&ApplicationList::Turn(Applicant::unit(&actor.organisation))).await?.count;
        if open < max {
            return Ok(());
        }
        Err(Refusal::Changed(format!(
            "本单位已有 {open} 份材料未齐或已退回的申报，最多 {max} 份；请先交齐材料，或删除不再需要的（saizheng delete 申报号）"
        )))
    }

    /// Deletes an application that is still, or again, its unit's own: it is on no list any more, and its objects go.
    pub async fn delete_application(&self, actor: &Actor, id: ApplicationId) -> Result<DeletedDraft, Refusal> {
        let application = self.visible(actor, &id).await?;
        actor.may(Action::Upload { unit: &application.unit })?;
        if !application.status.can_be_deleted() {
            let word = application.status.word();
            return Err(Refusal::Changed(format!("申报当前为“{word}”，不能删除；能删除的是材料未齐或已退回的申报，已提交的可先撤回")));
        }
        // What the Center once decided, and why it took it back, stays to be found.
        let trail = self.cloud.applications().trail(&id).await?;
        if trail.iter().any(|chained| chained.entry.action == AuditAction::Authorise) {
            return Err(Refusal::Changed("这份申报曾经授权，其后撤销，办理的记录须留存，不能删除".to_owned()));
        }
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let clause = &rulebook.notices.of_contest(&application.contest)?.procedure.application;
        let audit = AuditEntry::new(actor, AuditAction::Delete, clause, self.cloud.clock.now());
        self.cloud.applications().delete(&application, audit).await?;
        tracing::info!(application = %id, "deleted");
        Ok(DeletedDraft { id })
    }

    /// New upload forms for an application that still takes materials.
    pub async fn uploads(&self, actor: &Actor, id: ApplicationId) -> Result<CreatedApplication, Refusal> {
        let application = self.awaiting(actor, &id).await?;
        let uploads = self.forms(&application).await?;
        Ok(CreatedApplication { id: application.id, uploads, findings: Vec::new() })
    }

    /// The same, in the notice's order, for a browser that is sent on to `then` with each file.
    pub async fn material_forms(&self, actor: &Actor, id: ApplicationId, then: &str) -> Result<Vec<MaterialForm>, Refusal> {
        let application = self.awaiting(actor, &id).await?;
        self.forms_to(&application, Some(then)).await
    }

    /// An application that takes materials, and waits for them now.
    pub(crate) async fn awaiting(&self, actor: &Actor, id: &ApplicationId) -> Result<Application, Refusal> {
        let application = self.visible(actor, id).await?;
        actor.may(Action::Upload { unit: &application.unit })?;
        if !application.status.takes_materials() {
            return Err(Refusal::Changed("申报已授权，不再接收材料".to_owned()));
        }
        self.cloud.applications().await_materials(id).await?;
        Ok(application)
    }

    async fn forms(&self, application: &Application) -> Result<BTreeMap<String, UploadForm>, Refusal> {
        let forms = self.forms_to(application, None).await?;
        Ok(forms.into_iter().map(|form| (material_name(form.material).to_owned(), form.form)).collect())
    }

    async fn forms_to(&self, application: &Application, then: Option<&str>) -> Result<Vec<MaterialForm>, Refusal> {
        let mut forms = Vec::new();
        let rulebook = self.cloud.rulebooks().of(application).await?;
        for rule in &rulebook.notices.of_contest(&application.contest)?.materials {
            let key = ObjectKey::Inbox { unit: application.unit.clone(), application: application.id.clone(), file: rule.file.clone() };
            let content_type = content_type(&rule.file);
            let limits = UploadLimits { max_bytes: rule.max_bytes, content_type, lifetime: FORM_LIFETIME, then };
            let form = self.cloud.upload_form(&key, limits).await?;
            let direct = match then {
                Some(_) => self.cloud.upload_form(&key, UploadLimits { then: None, ..limits }).await?,
                None => form.clone(),
            };
            let (material, max_bytes, optional) = (rule.material, rule.max_bytes, rule.optional);
            forms.push(MaterialForm { material, title: rule.title.clone(), file: rule.file.clone(), optional, max_bytes, form, direct });
        }
        Ok(forms)
    }

    /// The roster's template with what is known of the contest: a row for each winner of its events, to be filled in.
    pub async fn contest_template(&self, actor: &Actor, id: ApplicationId) -> Result<FilledTemplate, Refusal> {
        let application = self.visible(actor, &id).await?;
        actor.may(Action::Upload { unit: &application.unit })?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let max = usize::try_from(notice.roster.max_rows).unwrap_or(usize::MAX).min(MAX_ROWS_BEGUN);
        let rows = application.contest.rows_begun(max);
        let written = tokio::task::block_in_place(|| roster::template_filled_in(notice, &rows));
        let workbook = written.map_err(|error| Refusal::Records(records::RecordsError::Corrupt(error.to_string())))?;
        let file = notice.material(Material::Roster).map_or_else(|| "roster.xlsx".to_owned(), |rule| rule.file.clone());
        Ok(FilledTemplate { file, workbook_base64: BASE64_STANDARD.encode(workbook), rows: u32::try_from(rows.len()).unwrap_or(u32::MAX) })
    }

    /// What a contest's record can say, for whoever may create an application.
    pub async fn contest_choices(&self, actor: &Actor) -> Result<ContestChoices, Refusal> {
        actor.may(Action::Create)?;
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.general();
        let bodies = self.cloud.bodies().all().await?;
        Ok(ContestChoices {
            jurisdictions: notice.jurisdictions.iter().map(|one| (one.code.clone(), one.name.clone())).collect(),
            classes: notice.classes.iter().map(|class| class.name.name().to_owned()).collect(),
            bodies: bodies.into_iter().map(|body| (body.code.to_string(), body.name)).collect(),
        })
    }

    /// What a contest's record in a file says, as it is meant, and what was done to it, in Chinese; or all that is wrong with it.
    pub async fn read_record(&self, actor: &Actor, bytes: &[u8]) -> Result<Result<(Contest, Vec<String>), Vec<String>>, Refusal> {
        actor.may(Action::Create)?;
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.general();
        Ok(record::read::<Contest>(bytes, notice).map(|read| {
            let (contest, said) = read.record.as_meant(notice);
            (contest, read.changes.into_iter().chain(said).collect())
        }))
    }

    /// Occupations by a part of their name or code, for whoever may create an application.
    pub async fn occupations(&self, actor: &Actor, asked: OccupationsAsked) -> Result<Vec<FoundOccupation>, Refusal> {
        actor.may(Action::Create)?;
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let found = rulebook.catalogues()?.occupations.find(asked.text.trim()).take(MAX_OCCUPATIONS);
        let shown = |(code, occupation): (&str, &rules::catalogue::Occupation)| FoundOccupation {
            code: code.to_owned(),
            name: occupation.name.clone(),
            jobs: occupation.jobs.clone(),
        };
        Ok(found.map(shown).collect())
    }
}

/// What a file of that name is taken for.
pub(crate) fn content_type(file: &str) -> &'static str {
    match file.rsplit('.').next() {
        Some("pdf") => "application/pdf",
        Some("zip") => "application/zip",
        _ => WORKBOOK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_in_a_contest_is_taken_out_and_said() {
        let body = serde_json::json!({ "contest": { "name": "四川\u{202E}大赛", "year": 2022, "events": [{ "name": "数控\u{200B}车" }] } });
        let found = unseen_in(&body);
        assert_eq!(found, [("name".to_owned(), '\u{200B}'), ("name".to_owned(), '\u{202E}')]);
        let said = taken_out(&found[1]);
        assert!(said.message.contains("“name”去掉了看不见的字符（U+202E）") && !said.is_error(), "{said}");
    }
}
