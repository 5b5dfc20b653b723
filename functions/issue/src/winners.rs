//! From the allocation to certificates and records.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt, TryStreamExt, stream};
use records::application::Application;
use records::issue::approved::{Approved, Numbered, approve};
use records::issue::certificates::Certificate;
use records::issue::failures::FailureCode;
use records::issue::printing::{Decided, PrintingOrder};
use records::keys::objects::{CHUNK, Chunk, ObjectKey, PrintOutput};
use records::store::queue::Arrival;
use records::{Cloud, RecordsError};
use rules::intake::entry::Entry;
use rules::issue::allocation::Allocation;
use rules::issue::application::{ApplicationId, Plan, PlannedRow, Review};
use rules::notice::Notice;
use rules::values::lot::LotName;

use crate::photos::{Photo, Photos};

/// Items written at once.
const WRITES: usize = 16;

/// Handles one `decided/` object. What would fail the next time too ends where everybody sees it.
pub(crate) async fn issue(cloud: &Cloud, arrival: Arrival) -> Result<(), RecordsError> {
    let decided: Decided = serde_json::from_slice(&cloud.read(&arrival.key, arrival.version.as_deref()).await?)?;
    let (id, lot) = (decided.application.clone(), decided.lot.clone());
    match issue_lot(cloud, decided).await {
        Err(error) if error.is_of_the_data() => give_up(cloud, id, lot, &error).await,
        done => done,
    }
}

/// Notes that no certificate of the decision can be made, in the place of the first hundred.
async fn give_up(cloud: &Cloud, id: ApplicationId, lot: LotName, error: &RecordsError) -> Result<(), RecordsError> {
    let Some(allocation) = cloud.allocations().get(&id, &lot).await? else { return Err(RecordsError::NotFound) };
    let chunk = Chunk { application: id, lot, press: PrintOutput::Single, number: 0 };
    let reason = "授权、审核时的资料缺失或损坏，证书无法生成".to_owned();
    cloud.failures().note(&chunk, FailureCode::DataDamaged, reason, error).await?;
    cloud.allocations().settle(&allocation).await
}

async fn issue_lot(cloud: &Cloud, decided: Decided) -> Result<(), RecordsError> {
    let id = decided.application;
    let Some(allocation) = cloud.allocations().get(&id, &decided.lot).await? else {
        tracing::info!(application = %id, lot = %decided.lot, "the review was withdrawn, or the application deleted");
        return Ok(());
    };
    if allocation.is_refused_in_full() && !cloud.allocations().is_pending(&allocation).await? {
        // A message that came again: what its rows held they may hold again, once the review is withdrawn.
        return Ok(());
    }
    let application = cloud.applications().get(&id).await?;
    let rulebook = cloud.rulebooks().of(&application).await?;
    let notice = rulebook.notices.of_contest(&application.contest)?;
    let plan: Plan = cloud.read_json(&ObjectKey::Plan { application: id.clone(), digest: allocation.plan.clone() }).await?;
    let review: Review = cloud.read_json(&ObjectKey::Review { application: id.clone(), digest: allocation.review.clone() }).await?;
    let first = |prefix: &_| allocation.ranges.iter().find(|range| range.prefix == *prefix).map(|range| range.first);
    let approved = approve(&plan.rows, &allocation.lot(), &review.refused, first)?;
    let refused: HashSet<u32> = review.refused.iter().map(|refusal| refusal.row).collect();
    let issuing = Issuing::open(cloud, notice, &application, &allocation).await?;
    cloud.holders().release(notice, &application, issuing.entries.values().filter(|entry| refused.contains(&entry.row))).await?;
    issuing.records(&approved).await?;
    for (number, winners) in approved.numbered.chunks(CHUNK).enumerate() {
        issuing.chunk(number, winners).await?;
    }
    if approved.numbered.is_empty() {
        cloud.allocations().settle(&allocation).await?;
    }
    tracing::info!(application = %id, lot = %allocation.lot(), numbered = allocation.numbered, recorded = allocation.recorded, "issued");
    Ok(())
}

/// Photos that are stored at once: 9,000 of them one after the other would take longer than the function has.
const PHOTOS_AT_ONCE: usize = 16;

struct Issuing<'a> {
    cloud: &'a Cloud,
    notice: &'a Notice,
    allocation: &'a Allocation,
    id: &'a ApplicationId,
    entries: HashMap<u32, Entry>,
    photos: Option<Photos>,
}

impl<'a> Issuing<'a> {
    async fn open(
        cloud: &'a Cloud,
        notice: &'a Notice,
        application: &'a Application,
        allocation: &'a Allocation,
    ) -> Result<Self, RecordsError> {
        let entries = cloud.printing().entries(&application.id, &allocation.roster_version).await?;
        let photos = Photos::open(cloud, notice, application, &cloud.applications().verdicts(application).await?, &entries).await?;
        let entries = entries.iter().map(|entry| (entry.row, entry.clone())).collect();
        Ok(Self { cloud, notice, allocation, id: &application.id, entries, photos })
    }

    /// Rows that are recorded without a number; those of certificates that are printed here once they have one, with their photos.
    async fn records(&self, approved: &Approved<'_>) -> Result<(), RecordsError> {
        let records: Vec<Certificate> =
            stream::iter(&approved.recorded).map(|row| self.recorded(row)).buffered(PHOTOS_AT_ONCE).try_collect().await?;
        // One that gets its number here becomes a certificate, and is no record any more.
        match self.notice.prints(self.allocation.certificate_type) {
            true => self.cloud.certificates().enter_records(self.allocation, &records).await,
            false => self.enter(&records).await,
        }
    }

    /// A hundred certificates and the object that asks for their printing. A chunk that was ordered before is done.
    async fn chunk(&self, number: usize, winners: &[Numbered<'_>]) -> Result<(), RecordsError> {
        let chunk = Chunk { application: self.id.clone(), lot: self.allocation.lot(), press: PrintOutput::Single, number };
        if self.cloud.certificates().is_chunk_printed(&chunk).await? {
            return Ok(());
        }
        let numbered = stream::iter(winners).map(|winner| self.numbered(winner)).buffered(PHOTOS_AT_ONCE);
        let certificates: Vec<Certificate> = numbered.try_collect().await?;
        self.enter(&certificates).await?;
        let codes = certificates.into_iter().filter_map(|certificate| certificate.code).collect();
        self.cloud.printing().order_printing(&PrintingOrder { chunk, codes }).await
    }

    async fn numbered(&self, winner: &Numbered<'_>) -> Result<Certificate, RecordsError> {
        self.with_photo(self.certificate(winner.row)?.numbered(self.notice, winner)?).await
    }

    async fn recorded(&self, row: &PlannedRow) -> Result<Certificate, RecordsError> {
        let record = self.certificate(row)?;
        if self.notice.prints(row.certificate_type) { self.with_photo(record).await } else { Ok(record) }
    }

    /// The certificate, with its photo stored and what became of it noted.
    async fn with_photo(&self, mut certificate: Certificate) -> Result<Certificate, RecordsError> {
        if let Some(photos) = &self.photos {
            let key = ObjectKey::Photo { application: self.id.clone(), row: certificate.row };
            let photo = photos.store(self.cloud, &self.notice.photo, &certificate.entry, &key).await?;
            certificate.photo = photo == Photo::Stored;
            certificate.photo_unreadable = photo == Photo::Unreadable;
        }
        Ok(certificate)
    }

    fn certificate(&self, row: &PlannedRow) -> Result<Certificate, RecordsError> {
        let entry = self.entries.get(&row.row).ok_or_else(|| RecordsError::Corrupt("a planned row without an entry".to_owned()))?;
        Ok(Certificate::of_row(self.id, row, entry))
    }

    async fn enter(&self, certificates: &[Certificate]) -> Result<(), RecordsError> {
        let writes = stream::iter(certificates).map(|certificate| self.cloud.certificates().enter(certificate));
        writes.buffer_unordered(WRITES).try_collect().await
    }
}
