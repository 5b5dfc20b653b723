//! From an arrival to its verdict: find the application, judge, write reports, and last the `checked/` object.

use std::borrow::Cow;

use certificate::Fonts;
use records::application::holders::Taken;
use records::application::report::Report;
use records::application::{Application, ReadStamp, Verdict, sound_roster};
use records::keys::objects::{FormFormat, ObjectKey, judgement_name};
use records::store::bucket::{Download, WORKBOOK, digest};
use records::store::places::Places;
use records::store::queue::{Arrival, Handled};
use records::{Cloud, RecordsError};
use rules::intake::entry::Entry;
use rules::intake::holder;
use rules::intake::summary::Summary;
use rules::issue::decision;
use rules::notice::{MaterialRule, Notice};
use rules::rulebook::Rulebook;
use rules::values::date::day_of;
use rules::values::finding::{Finding, FindingCode, Place, Severity};
use rules::values::vocabulary::Material;

use crate::judgement::Judgement;
use crate::material::DecisionInputs;
use crate::stamp::Comparison;

/// What judging needs, made once per cold start.
pub(crate) struct Validator {
    pub(crate) cloud: Cloud,
    pub(crate) fonts: Fonts,
    /// How many materials are judged at once.
    pub(crate) places: Places,
}

/// What judging this arrival by the application's record of the contest is called in keys.
fn judgement_of(arrival: &Arrival, application: &Application) -> String {
    judgement_name(arrival.version.as_deref().unwrap_or_default(), application.contest_edition)
}

impl Validator {
    pub(crate) async fn handle(&self, arrival: Arrival) -> Result<Handled, RecordsError> {
        let Some(ObjectKey::Inbox { unit, application, file }) = ObjectKey::parse(&arrival.key) else {
            return self.stray(&arrival, FindingCode::ApplicationUnknown, "上传位置不属于任何申报").await.map(Handled::from);
        };
        let application = match self.cloud.applications().get(&application).await {
            Ok(application) if application.unit == unit => application,
            Ok(_) | Err(RecordsError::NotFound) => {
                let stray = self.stray(&arrival, FindingCode::ApplicationUnknown, "上传位置不属于本单位的任何申报");
                return stray.await.map(Handled::from);
            }
            Err(error) => return Err(error),
        };
        if self.is_replaced(&arrival).await? {
            tracing::info!(application = %application.id, "a later version is there: this one is passed over");
            return Ok(Handled::Done);
        }
        // Only what costs something takes a place.
        match self.cloud.at_a_place(&unit, self.places, self.file(&arrival, &application, &file)).await? {
            Some(judged) => judged.map(Handled::from),
            None => {
                tracing::info!(application = %application.id, "all places of the unit are taken: this one waits");
                Ok(Handled::Later)
            }
        }
    }

    async fn file(&self, arrival: &Arrival, application: &Application, file: &str) -> Result<(), RecordsError> {
        let rulebook = self.cloud.rulebooks().of(application).await?;
        match rulebook.notices.of_contest(&application.contest)?.material_of_file(file) {
            Some(rule) => self.material(arrival, application, &rulebook, rule).await,
            None => self.stray(arrival, FindingCode::MaterialUnknown, "认不出是哪一份材料").await,
        }
    }

    /// Whether a later version of the object is there, whose own event comes. Only the latest one counts, so a unit that hands in the same
    /// material again and again holds one place of the queue's, not many.
    async fn is_replaced(&self, arrival: &Arrival) -> Result<bool, RecordsError> {
        let Some(version) = &arrival.version else { return Ok(false) };
        let current = self.cloud.current_version(&arrival.key).await?;
        Ok(current.is_some_and(|current| !current.is_empty() && current != *version))
    }

    async fn material(
        &self,
        arrival: &Arrival,
        application: &Application,
        rulebook: &Rulebook,
        rule: &MaterialRule,
    ) -> Result<(), RecordsError> {
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let version = judgement_of(arrival, application);
        let (mut judgement, upload) = self.judge(arrival, application, rulebook, rule).await?;
        let stamp = if rule.material == Material::Summary { self.compare(application, rule, &mut judgement).await? } else { None };
        let form = (rule.material == Material::Roster && judgement.is_clean() && judgement.rows.is_some()).then(|| {
            let form = Summary::new(notice, &application.contest, &judgement.entries, self.cloud.clock.today());
            form.for_application(application.id.as_str())
        });
        let count =
            |wanted: fn(&Finding) -> bool| u32::try_from(judgement.findings.iter().filter(|f| wanted(f)).count()).unwrap_or(u32::MAX);
        let verdict = Verdict {
            material: rule.material,
            version: arrival.version.clone().unwrap_or_default(),
            sequencer: arrival.sequencer.clone(),
            sha256: upload.as_ref().map(|upload| upload.sha256.clone()).unwrap_or_default(),
            clean: judgement.is_clean(),
            errors: count(Finding::is_error),
            remarks: count(|finding| finding.severity < Severity::Error),
            pages: judgement.pages,
            rows: judgement.rows,
            sheet: Some(judgement.sheet.clone()).filter(|sheet| !sheet.is_empty()),
            form_digest: form.as_ref().map(|form| form.digest().to_owned()),
            stamp,
            handed_in_at: arrival.put_at.map(|at| self.cloud.clock.of_event(at)),
            contest_edition: application.contest_edition,
        };
        let id = application.id.clone();
        if verdict.clean && verdict.rows.is_some() {
            let key = ObjectKey::Entries { application: id.clone(), version: version.clone() };
            self.cloud.write(&key, "application/x-ndjson", judgement.lines()?).await?;
        }
        if rule.material == Material::Roster {
            let bytes = upload.as_ref().map_or(Ok(Vec::new()), Download::bytes)?;
            let workbook = roster::report(&bytes, notice, &judgement.findings);
            let workbook = workbook.map_err(|error| RecordsError::Corrupt(error.to_string()))?;
            let key = ObjectKey::ReportWorkbook { application: id.clone(), version: version.clone() };
            self.cloud.write(&key, WORKBOOK, workbook).await?;
        }
        if let Some(form) = form {
            self.summary_form(application, &verdict, form).await?;
        }
        if rule.material == Material::Photos && verdict.clean {
            let key = ObjectKey::PhotoFiles { application: id.clone(), version: version.clone() };
            self.cloud.write_json(&key, &judgement.photos).await?;
        }
        let report = Report {
            application: Some(Cow::Borrowed(&id)),
            version: Some(version.as_str().into()),
            clean: verdict.clean,
            findings: judgement.findings.as_slice().into(),
        };
        let key = ObjectKey::Report { application: id.clone(), material: rule.material, version: version.clone() };
        self.cloud.write_json(&key, &report).await?;
        tracing::info!(application = %id, material = ?rule.material, clean = verdict.clean, errors = verdict.errors, "judged");
        self.cloud.count_refused(judgement.findings.iter().filter(|finding| finding.is_error()).map(|finding| finding.code));
        // Last, because its event moves the application on.
        self.cloud.write_json(&ObjectKey::Checked { application: id, material: rule.material, version }, &verdict).await
    }

    /// The form that the organiser stamps (附件), made from the rows that were judged: the two cannot differ.
    async fn summary_form(&self, application: &Application, verdict: &Verdict, summary: Summary) -> Result<(), RecordsError> {
        let unwritable = |error: &dyn std::error::Error| RecordsError::Corrupt(error.to_string());
        let pdf = tokio::task::block_in_place(|| certificate::summary_form(&self.fonts, &summary)).map_err(|error| unwritable(&error))?;
        let workbook = roster::summary_form(&summary).map_err(|error| unwritable(&error))?;
        for (format, content_type, bytes) in [(FormFormat::Pdf, "application/pdf", pdf), (FormFormat::Workbook, WORKBOOK, workbook)] {
            let key = ObjectKey::SummaryForm { application: application.id.clone(), version: verdict.judgement(), format };
            self.cloud.write(&key, content_type, bytes).await?;
        }
        Ok(())
    }

    /// What the QR code of a stamped form says of the roster that counts now; findings go to the judgement. Where the roster comes later, or is
    /// handed in again, `register` has the form judged again.
    async fn compare(
        &self,
        application: &Application,
        rule: &MaterialRule,
        judgement: &mut Judgement,
    ) -> Result<Option<ReadStamp>, RecordsError> {
        // What is no document has no QR code either: one cause is one finding.
        if judgement.pages.is_none() {
            return Ok(None);
        }
        let verdicts = self.cloud.applications().verdicts(application).await?;
        let corrected = application.contest_edition > 0;
        let mut comparison = Comparison {
            own: &application.id,
            roster: sound_roster(&verdicts),
            others: Vec::new(),
            corrected,
            compression: judgement.compression,
        };
        for id in comparison.foreign(&judgement.stamps) {
            match self.cloud.applications().get(&id).await {
                // Of another unit's application nothing is told, not even that it is there.
                Ok(other) if other.unit == application.unit => comparison.others.push((id, other.contest.name)),
                Ok(_) | Err(RecordsError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        let (findings, stamp) = comparison.outcome(&judgement.stamps, &rule.file);
        tracing::info!(application = %application.id, pages = judgement.stamps.len(), "stamps read");
        judgement.findings.extend(findings.into_iter().map(|finding| finding.under(&rule.clause)));
        Ok(stamp.map(|stamp| ReadStamp::compared(stamp, &verdicts)))
    }

    /// The judgement and what was judged, if it came to reading it.
    async fn judge(
        &self,
        arrival: &Arrival,
        application: &Application,
        rulebook: &Rulebook,
        rule: &MaterialRule,
    ) -> Result<(Judgement, Option<Download>), RecordsError> {
        if !application.status.takes_materials() {
            let late = Finding::new(FindingCode::MaterialLate, Place::file(&rule.file), "申报已授权，此后上传的材料不再采用");
            return Ok((Judgement::of(late), None));
        }
        if arrival.size > rule.max_bytes {
            return Ok((Judgement::of(rule.too_large()), None));
        }
        let upload = self.cloud.download(&arrival.key, arrival.version.as_deref()).await?;
        let today = self.cloud.clock.today();
        let put_at = arrival.put_at.map(|at| self.cloud.clock.of_event(at));
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let roster = if rule.material == Material::Photos { self.latest_roster(application, notice).await } else { None };
        let circumstances = DecisionInputs {
            notice,
            catalogues: rulebook.catalogues()?,
            contest: &application.contest,
            fonts: &self.fonts,
            today,
            handed_in: application.handed_in_at(put_at).map(day_of),
            roster: roster.as_deref(),
        };
        let mut judgement = tokio::task::block_in_place(|| match rule.material {
            Material::Photos => Ok(circumstances.photos(rule, &upload.file)),
            _ => upload.bytes().map(|bytes| circumstances.judge(rule, &bytes)),
        })?;
        if rule.material == Material::Roster {
            let filed = self.cloud.bodies().organiser_findings(notice, &application.contest, &application.unit).await?;
            judgement.findings.splice(0..0, filed);
            judgement.findings.extend(self.committee_missing(&circumstances, &judgement.entries).await?);
        }
        let taken = self.cloud.holders().taken(notice, application, &judgement.entries).await?;
        let finding = |taken: &Taken<'_>, through| holder::finding(notice, &judgement.sheet, taken.entry, &taken.held, through);
        if rule.material == Material::Roster {
            let full: Vec<Finding> = taken.iter().map(|one| finding(one, one.for_the_center())).collect();
            self.holders_report(application, arrival, &full).await?;
        }
        let taken: Vec<Finding> = taken.iter().map(|one| finding(one, one.for_unit(&application.unit))).collect();
        for finding in taken {
            // One cause per cell: this one is graver than what the row alone showed.
            judgement.findings.retain(|other| other.place != finding.place);
            judgement.findings.push(finding);
        }
        Ok((judgement, Some(upload)))
    }

    /// Whether rows are issued in the name of a committee that is not named: asked only where nobody named one.
    async fn committee_missing(&self, of: &DecisionInputs<'_>, entries: &[Entry]) -> Result<Option<Finding>, RecordsError> {
        if !of.contest.committee.is_empty() {
            return Ok(None);
        }
        let organiser = match &of.contest.organiser_body {
            Some(code) => self.cloud.bodies().get(code).await?,
            None => None,
        };
        let inputs = decision::DecisionInputs {
            notice: of.notice,
            catalogues: of.catalogues,
            contest: of.contest,
            approved_on: of.today,
            organiser: organiser.as_ref(),
        };
        // Rows that fall under no certificate are told elsewhere.
        Ok(decision::plan(inputs, entries).ok().as_ref().and_then(decision::committee_missing))
    }

    /// What the unit is not told of who holds what: for the Center, that can ask both.
    async fn holders_report(&self, application: &Application, arrival: &Arrival, findings: &[Finding]) -> Result<(), RecordsError> {
        if findings.is_empty() {
            return Ok(());
        }
        let (id, version) = (&application.id, judgement_of(arrival, application));
        let report = Report {
            application: Some(Cow::Borrowed(id)),
            version: Some(version.as_str().into()),
            clean: false,
            findings: findings.into(),
        };
        self.cloud.write_json(&ObjectKey::HoldersReport { application: id.clone(), version: version.clone() }, &report).await
    }

    /// The roster as it was last handed in, judged or not; none where there is none or it is too large.
    async fn latest_roster(&self, application: &Application, notice: &Notice) -> Option<Vec<u8>> {
        let file = notice.file(Material::Roster);
        let key = ObjectKey::Inbox { unit: application.unit.clone(), application: application.id.clone(), file: file.to_owned() };
        let limit = notice.material_of_file(file).map_or(0, |rule| rule.max_bytes);
        match self.cloud.read(&key.to_string(), None).await {
            Ok(bytes) => Some(bytes).filter(|bytes| bytes.len() as u64 <= limit),
            Err(RecordsError::NotFound) => None,
            // It only says which row a file belongs to.
            Err(error) => {
                tracing::warn!(application = %application.id, %error, "the roster cannot be looked at");
                None
            }
        }
    }

    /// An upload that belongs nowhere: kept where it is, and reported under the digest of its key.
    async fn stray(&self, arrival: &Arrival, code: FindingCode, message: &str) -> Result<(), RecordsError> {
        let file = arrival.key.rsplit('/').next().unwrap_or_default();
        let findings = [Finding::new(code, Place::file(file), message)];
        let report = Report {
            application: None,
            version: arrival.version.as_deref().map(Cow::Borrowed),
            clean: false,
            findings: findings.as_slice().into(),
        };
        tracing::warn!(%code, "an upload that belongs to no application");
        self.cloud.write_json(&ObjectKey::Stray { digest: digest(arrival.key.as_bytes()) }, &report).await
    }
}
