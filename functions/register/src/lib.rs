//! Enters each verdict of `checked/` into the table. When the required materials are in and clean (五、（一）), every
//! winner's award is claimed (`records::application::holders`); the application is submitted when none of them is held by another.

use std::borrow::Cow;
use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn, tracing};
use records::application::report::Report;
use records::application::{Application, Entered, Verdict, form_to_compare, handed_in_at};
use records::keys::objects::ObjectKey;
use records::store::message_queue::Worker;
use records::store::queue;
use records::store::queue::Arrival;
use records::{Cloud, RecordsError};
use rules::intake::entry::Entry;
use rules::intake::photos::PhotoFile;
use rules::issue::application::ApplicationId;
use rules::issue::status::{Status, StatusChange};
use rules::notice::{Notice, Notices};
use rules::values::date::day_of;
use rules::values::vocabulary::Material;

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let cloud = &Cloud::connect().await?.setting_going(&[Worker::Validate])?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, lambda_runtime::Error>(queue::each_arrival(cloud, event.payload, |arrival| register(cloud, arrival)).await)
    }))
    .await
}

async fn register(cloud: &Cloud, arrival: Arrival) -> Result<(), RecordsError> {
    let Some(ObjectKey::Checked { application, .. }) = ObjectKey::parse(&arrival.key) else { return Ok(()) };
    let verdict: Verdict = serde_json::from_slice(&cloud.read(&arrival.key, arrival.version.as_deref()).await?)?;
    let rulebook = cloud.rulebooks().in_force().await?;
    let seen = cloud.applications().get(&application).await?;
    let notice = rulebook.notices.of_contest(&seen.contest)?;
    let is_complete = |application: &Application, verdicts: &[Verdict]| is_complete(cloud, notice, application, verdicts);
    if cloud.applications().enter_verdict(&application, &verdict, is_complete).await? == Entered::Outdated {
        tracing::info!(application = %application, material = ?verdict.material, "judged by an earlier record of the contest: judged anew");
        return cloud.applications().judge_anew(notice, &seen, &verdict).await;
    }
    let mut roster = RosterEntries::default();
    // Before the awards are claimed: what is submitted has its photos compared.
    if matches!(verdict.material, Material::Photos | Material::Roster) {
        compare_photos(cloud, &rulebook.notices, &application, &mut roster).await?;
    }
    if matches!(verdict.material, Material::Summary | Material::Roster) {
        compare_form(cloud, &rulebook.notices, &application).await?;
    }
    claim_awards(cloud, &rulebook.notices, &application, &mut roster).await
}

/// Roster and stamped form come one by one, in whatever order, and each may be handed in again: where the form was compared with another
/// roster than the one that counts now, it is judged again, so that the finding stands in its report.
async fn compare_form(cloud: &Cloud, notices: &Notices, id: &ApplicationId) -> Result<(), RecordsError> {
    let application = cloud.applications().get(id).await?;
    let verdicts = cloud.applications().verdicts(&application).await?;
    let Some(form) = form_to_compare(&verdicts) else { return Ok(()) };
    if !application.status.takes_materials() {
        return Ok(());
    }
    tracing::info!(application = %id, "the stamped form is compared again");
    judge_again(cloud, notices, &application, form).await
}

/// The entries of a roster, read and parsed once: there may be 50,000.
#[derive(Default)]
struct RosterEntries(Option<(String, Arc<Vec<Entry>>)>);

impl RosterEntries {
    /// Those of one judgement; of another than before they are read anew.
    async fn of(&mut self, cloud: &Cloud, id: &ApplicationId, version: &str) -> Result<&[Entry], RecordsError> {
        if self.0.as_ref().is_none_or(|(known, _)| known != version) {
            self.0 = Some((version.to_owned(), cloud.printing().entries(id, version).await?));
        }
        Ok(self.0.as_ref().map_or(&[], |(_, entries)| entries))
    }
}

/// Since when every required material is in, if all are, they are clean, the stamped form is that of the roster, and it was not after the
/// deadline (六、（一）): what was in time once is in time, through returns and whatever is handed in again (G11).
fn is_complete(cloud: &Cloud, notice: &Notice, application: &Application, verdicts: &[Verdict]) -> Option<Timestamp> {
    let present: Vec<_> = verdicts.iter().map(|verdict| verdict.material).collect();
    let sound = verdicts.iter().all(|verdict| verdict.clean && verdict.is_of(application)) && form_to_compare(verdicts).is_none();
    let complete = notice.missing(&present).is_empty() && sound;
    let since = application.handed_in_at(handed_in_at(notice, verdicts)).unwrap_or_else(|| cloud.clock.now());
    let late = notice.passed_deadline(application.contest.year, day_of(since)).is_some();
    (complete && !late).then_some(since)
}

/// Archive and roster come one by one, in whatever order: whichever is entered last finds the other one there.
async fn compare_photos(cloud: &Cloud, notices: &Notices, id: &ApplicationId, entries: &mut RosterEntries) -> Result<(), RecordsError> {
    let application = cloud.applications().get(id).await?;
    let verdicts = cloud.applications().verdicts(&application).await?;
    let clean = |material| verdicts.iter().find(|verdict| verdict.material == material && verdict.clean);
    let (Some(photos), Some(roster)) = (clean(Material::Photos), clean(Material::Roster)) else { return Ok(()) };
    let notice = notices.of_contest(&application.contest)?;
    let files: Vec<PhotoFile> = cloud.read_json(&ObjectKey::PhotoFiles { application: id.clone(), version: photos.judgement() }).await?;
    let entries = entries.of(cloud, id, &roster.judgement()).await?;
    let findings = rules::intake::photos::compare(notice, roster.sheet.as_deref().unwrap_or(&notice.roster.sheet), entries, &files);
    tracing::info!(application = %id, rows = entries.len(), photos = files.len(), findings = findings.len(), "photos compared");
    let key = ObjectKey::PhotoReport { application: id.clone(), photos: photos.judgement(), roster: roster.judgement() };
    let report = Report { application: Some(Cow::Borrowed(id)), version: None, clean: true, findings: findings.into() };
    cloud.write_json(&key, &report).await
}

/// While it is registering the application already holds what it claims, so two that claim the same award cannot both
/// get it; the one submitted later gives way, so one of them does. A lost award sends the roster back to be judged again: the finding is then where all others are.
async fn claim_awards(cloud: &Cloud, notices: &Notices, id: &ApplicationId, entries: &mut RosterEntries) -> Result<(), RecordsError> {
    let application = cloud.applications().get(id).await?;
    if application.status != Status::Registering {
        return Ok(());
    }
    let verdicts = cloud.applications().verdicts(&application).await?;
    let roster = verdicts.iter().find(|verdict| verdict.material == Material::Roster).ok_or(RecordsError::NotFound)?;
    let entries = entries.of(cloud, id, &roster.judgement()).await?;
    let notice = notices.of_contest(&application.contest)?;
    let lost = cloud.holders().claim(notice, &application, entries).await?;
    cloud.holders().give_up_earlier(notice, &application, &roster.judgement(), entries).await?;
    tracing::info!(application = %id, claimed = entries.len() - lost, lost, "awards claimed");
    if lost == 0 {
        cloud.people().enter(id, entries).await?;
        let filed = notice.filing_body(&application.contest);
        return cloud.applications().registered(&application, StatusChange::AwardsClaimed, filed).await;
    }
    // The object first: a crash in between leaves it registering, and the same event, or reconcile, comes here again.
    judge_again(cloud, notices, &application, roster).await?;
    cloud.applications().registered(&application, StatusChange::AwardHeldElsewhere, None).await
}

async fn judge_again(cloud: &Cloud, notices: &Notices, application: &Application, verdict: &Verdict) -> Result<(), RecordsError> {
    let key = cloud.applications().material_key(notices.of_contest(&application.contest)?, application, verdict).await?;
    cloud.put_again(&key.ok_or(RecordsError::NotFound)?).await
}
