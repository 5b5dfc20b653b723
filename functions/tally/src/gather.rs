//! From the records to the tables of a year.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use records::after::statistics::Counting;
use records::application::Application;
use records::application::lists::ApplicationList;
use records::application::report::Report;
use records::issue::certificates::Certificate;
use records::keys::objects::{ObjectKey, StatisticsFormat};
use records::store::bucket::WORKBOOK;
use records::store::metrics::WorkStage;
use records::store::queue::Arrival;
use records::{Cloud, RecordsError};
use rules::after::hand_out::{Collection, collected_on, days_between};
use rules::after::statistics::{Decided, Outcome, Statistics, Tally};
use rules::intake::entry::Entry;
use rules::issue::allocation::Allocation;
use rules::issue::application::{ApplicationId, Plan, Review};
use rules::issue::status::Status;
use rules::notice::{CountedBy, Notice, Notices, RetentionRule, StatisticsRules};
use rules::values::date::day_of;
use rules::values::finding::Finding;
use rules::values::party::IssuingUnit;

use crate::page;
use crate::retention;
use crate::waiting::{Oldest, waiting};

/// Applications looked at at once.
const AT_ONCE: usize = 16;

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TallyError {
    #[error(transparent)]
    Records(#[from] RecordsError),
    #[error(transparent)]
    Write(#[from] roster::WriteError),
}

/// What one application has to say of the year.
struct ApplicationFigures {
    rows: Vec<Decided>,
    /// Set where it was created in the year.
    created: Option<Created>,
    /// Since when what is open of it has been at which stage.
    waiting: Vec<(WorkStage, Timestamp)>,
    /// By which rule it goes, where nothing came of it and its time is over.
    over: Option<RetentionRule>,
}

struct Created {
    submitted: bool,
    returned: Option<String>,
    findings: Vec<Finding>,
}

/// Handles one `counting/` object.
pub(crate) async fn handle(cloud: &Cloud, arrival: Arrival) -> Result<(), TallyError> {
    let bytes = cloud.read(&arrival.key, arrival.version.as_deref()).await?;
    let counting: Counting = serde_json::from_slice(&bytes).map_err(RecordsError::from)?;
    let order = cloud.counts().get(counting.year).await?;
    if order.is_none_or(|order| order.number != counting.number || !order.is_open()) {
        // Counted already, or ordered anew.
        return Ok(());
    }
    let statistics = count(cloud, counting.year).await?;
    let counted_on = cloud.clock.today();
    let key = |format| ObjectKey::Statistics { year: counting.year, number: counting.number, format };
    cloud.write_json(&key(StatisticsFormat::Json), &statistics).await?;
    let workbook = tokio::task::block_in_place(|| roster::statistics(&statistics, counted_on))?;
    cloud.write(&key(StatisticsFormat::Workbook), WORKBOOK, workbook).await?;
    let page = page::render(&statistics, counted_on);
    cloud.write(&key(StatisticsFormat::Page), "text/html; charset=utf-8", page.into_bytes()).await?;
    cloud.counts().counted(&counting).await?;
    tracing::info!(year = counting.year, number = counting.number, "counted");
    Ok(())
}

async fn count(cloud: &Cloud, year: i16) -> Result<Statistics, RecordsError> {
    let rulebook = cloud.rulebooks().in_force().await?;
    let in_force = &rulebook.notices;
    let mut count = Count { tally: Tally::new(year), oldest: Oldest::default(), over: Vec::new() };
    // Whatever notices can be read: a jurisdiction is positions 8 and 9 of a code.
    for jurisdiction in (0..100).map(|number| format!("{number:02}")) {
        let list = ApplicationList::Party(IssuingUnit::center(&jurisdiction));
        let mut pages = std::pin::pin!(cloud.applications().in_pages(&list));
        while let Some(page) = pages.try_next().await? {
            count.add(cloud, year, page, in_force).await?;
        }
    }
    count.oldest.measure(cloud);
    retention::delete(cloud, &count.over).await?;
    Ok(count.tally.finish(&in_force.general().statistics))
}

/// What has been counted so far: it does not grow with the applications that there ever were.
struct Count {
    tally: Tally,
    oldest: Oldest,
    over: Vec<(Application, RetentionRule)>,
}

impl Count {
    async fn add(&mut self, cloud: &Cloud, year: i16, page: Vec<Application>, in_force: &Notices) -> Result<(), RecordsError> {
        let figures = stream::iter(page).map(async |application| {
            match figures_of(cloud, year, &application, in_force).await {
                // The others are counted, and how many are missing stands beside the figures.
                Err(RecordsError::Rulebook(error)) => {
                    tracing::error!(application = %application.id, part = error.part(), "not counted: its rulebook cannot be read");
                    Ok(None)
                }
                figures => figures.map(|figures| Some((application, figures))),
            }
        });
        let mut figures = std::pin::pin!(figures.buffer_unordered(AT_ONCE));
        while let Some(figures) = figures.next().await {
            let Some((application, figures)) = figures? else {
                self.tally.add_uncounted();
                continue;
            };
            figures.rows.iter().for_each(|row| self.tally.add(row));
            self.oldest.add(&figures.waiting);
            if self.over.len() < retention::A_NIGHT {
                self.over.extend(figures.over.map(|rule| (application, rule)));
            }
            if let Some(created) = &figures.created {
                self.tally.add_application(created.submitted, created.returned.as_deref(), &created.findings);
            }
        }
        Ok(())
    }
}

/// By the rules that it was decided under: a later notice does not move what past years counted. How long it is kept, those in force say.
async fn figures_of(cloud: &Cloud, year: i16, application: &Application, in_force: &Notices) -> Result<ApplicationFigures, RecordsError> {
    let rulebook = cloud.rulebooks().of(application).await?;
    let notice = rulebook.notices.of_contest(&application.contest)?;
    let retention = in_force.of_contest(&application.contest)?.retention.as_ref();
    ApplicationCounter { cloud, year, application, notice, retention }.figures_of().await
}

/// One application, asked about one year.
struct ApplicationCounter<'a> {
    cloud: &'a Cloud,
    year: i16,
    application: &'a Application,
    notice: &'a Notice,
    retention: Option<&'a RetentionRule>,
}

impl ApplicationCounter<'_> {
    async fn figures_of(&self) -> Result<ApplicationFigures, RecordsError> {
        let created = match day_of(self.application.created_at).year() == self.year {
            true => Some(self.created().await?),
            false => None,
        };
        let lots = self.cloud.allocations().of(self.id()).await?;
        let mut rows = Vec::new();
        // By the day of the review a lot belongs to a year as a whole; a date of issue may be corrected into the next.
        let slack = i16::from(self.rules().counted_by == CountedBy::IssueDate);
        if lots.iter().any(|lot| (self.date(lot, None).year() - self.year).abs() <= slack) {
            let collections = self.cloud.hand_outs().collections(self.id()).await?;
            self.certificates(&lots, &collections, &mut rows).await?;
            for lot in lots.iter().filter(|lot| lot.refused > 0) {
                self.refusals(lot, &mut rows).await?;
            }
        }
        let over = self.retention_over(&lots).await?;
        Ok(ApplicationFigures { rows, created, waiting: waiting(self.application, &lots), over })
    }

    /// The rule by which it goes, where its time is over.
    async fn retention_over(&self, lots: &[Allocation]) -> Result<Option<RetentionRule>, RecordsError> {
        let Some(rule) = self.retention else { return Ok(None) };
        Ok(retention::is_over(self.cloud, rule, self.application, lots).await?.then(|| rule.clone()))
    }

    fn id(&self) -> &ApplicationId {
        &self.application.id
    }

    fn rules(&self) -> &StatisticsRules {
        &self.notice.statistics
    }

    /// By which day a row of a lot is counted.
    fn date(&self, lot: &Allocation, issued_on: Option<Date>) -> Date {
        self.rules().date(day_of(lot.decided_at), issued_on.unwrap_or(self.application.contest.issued_on))
    }

    async fn created(&self) -> Result<Created, RecordsError> {
        let mut findings = Vec::new();
        for object in self.cloud.list(&format!("reports/{}/", self.id())).await? {
            if object.key.ends_with(".json") {
                let report: Report<'_> = serde_json::from_slice(&self.cloud.read(&object.key, None).await?)?;
                findings.extend(report.findings.into_owned());
            }
        }
        let returned = self.application.reason.as_deref().filter(|_| self.application.status == Status::Returned);
        let returned = returned.map(|reason| self.rules().cause(reason).to_owned());
        Ok(Created { submitted: self.application.submitted_at.is_some(), returned, findings })
    }

    async fn certificates(&self, lots: &[Allocation], collections: &[Collection], rows: &mut Vec<Decided>) -> Result<(), RecordsError> {
        let mut after = Some(0);
        while let Some(row) = after {
            let page = self.cloud.certificates().page(self.id(), row).await?;
            for certificate in &page.certificates {
                let Some(lot) = lots.iter().find(|lot| lot.lot() == certificate.lot()) else { continue };
                rows.push(self.certificate(lot, collections, certificate));
            }
            after = page.next_after;
        }
        Ok(())
    }

    fn certificate(&self, lot: &Allocation, collections: &[Collection], certificate: &Certificate) -> Decided {
        let outcome = match (&certificate.code, &certificate.revoked) {
            (_, Some(_)) => Outcome::Revoked,
            (Some(_), None) => Outcome::Issued,
            (None, None) => Outcome::Recorded,
        };
        let on = self.date(lot, certificate.issued_on);
        let body = certificate.sealed_by.as_deref().unwrap_or(certificate.issued_by());
        Decided { days: self.days(lot, collections), ..self.decided(on, &certificate.entry, body, outcome) }
    }

    fn decided(&self, on: Date, entry: &Entry, body: &str, outcome: Outcome) -> Decided {
        let contest = &self.application.contest;
        let level = entry.level.and_then(|digit| self.notice.level_by_digit(digit));
        Decided {
            on,
            contest: contest.name.clone(),
            city: self.notice.jurisdiction(&contest.jurisdiction).map_or_else(|| contest.jurisdiction.clone(), |known| known.name.clone()),
            occupation: entry.occupation.clone(),
            level: level.map(|level| (level.digit, level.name.clone())),
            body: body.to_owned(),
            outcome,
            days: None,
        }
    }

    /// From the submission to the day on which the organiser collected the lot.
    fn days(&self, lot: &Allocation, collections: &[Collection]) -> Option<u32> {
        let submitted = day_of(self.application.submitted_at?);
        u32::try_from(days_between(submitted, collected_on(lot, collections)?)).ok()
    }

    /// Rows refused: what they were to get stands in the plan, why not in the review.
    async fn refusals(&self, lot: &Allocation, rows: &mut Vec<Decided>) -> Result<(), RecordsError> {
        let id = self.id().clone();
        let plan: Plan = self.cloud.read_json(&ObjectKey::Plan { application: id.clone(), digest: lot.plan.clone() }).await?;
        let review: Review = self.cloud.read_json(&ObjectKey::Review { application: id, digest: lot.review.clone() }).await?;
        let entries = self.cloud.printing().entries(self.id(), &lot.roster_version).await?;
        let entries: HashMap<u32, &Entry> = entries.iter().map(|entry| (entry.row, entry)).collect();
        let planned: HashMap<u32, _> = plan.rows.iter().map(|row| (row.row, row)).collect();
        for refusal in &review.refused {
            let (Some(row), Some(entry)) = (planned.get(&refusal.row), entries.get(&refusal.row)) else { continue };
            // The review is of all types, and each has a lot of its own.
            if row.lot() != lot.lot() {
                continue;
            }
            let outcome = Outcome::Refused(self.rules().cause(&refusal.reason).to_owned());
            let body = row.sealed_by.as_ref().unwrap_or(&row.issuing_body);
            rows.push(self.decided(self.date(lot, None), entry, body, outcome));
        }
        Ok(())
    }
}
