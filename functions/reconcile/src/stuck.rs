//! What is stuck, and the object that sets it going again.

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing;
use records::after::statistics::CountOrder;
use records::after::volumes::Volume;
use records::after::zips::ZipOrder;
use records::application::deleted::DeletedApplication;
use records::application::{Application, Verdict};
use records::issue::changes::Renewal;
use records::keys::objects::{Chunk, ObjectKey, PrintOutput, bundles_of, chunks_of, inbox, judgement_name};
use records::pending::Pending;
use records::store::bucket::Listed;
use records::{Cloud, RecordsError};
use rules::after::announcement::Announcement;
use rules::after::hand_out::Collection;
use rules::after::publication::Batch;
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::notice::Notices;
use rules::sheets::run::Run;
use rules::values::lot::LotName;
use rules::values::vocabulary::Material;

/// How long an event may take before its object is put again: longer than a queue's visibility timeout matters
/// little, shorter only costs work done twice.
const GRACE: SignedDuration = SignedDuration::from_mins(2);
/// Applications that nothing happens to for so long are taken off the list of pending work.
const ABANDONED: SignedDuration = SignedDuration::from_hours(24 * 90);

/// Items looked at at once: under throttling a look takes seconds, and all of them have to fit into one invocation.
const AT_ONCE: usize = 16;

/// Puts again what is stuck; returns how many objects that was. An item that cannot be looked at holds up none of the
/// others: it is logged, and the invocation fails at the end.
pub(crate) async fn put_again(cloud: &Cloud, time: Timestamp) -> Result<usize, RecordsError> {
    let rulebook = cloud.rulebooks().in_force().await?;
    let pending = cloud.pending().await?;
    let looks = stream::iter(pending).map(async |pending| look(cloud, &rulebook.notices, &pending?, time).await);
    let looked: Vec<Result<usize, RecordsError>> = looks.buffer_unordered(AT_ONCE).collect().await;
    for error in looked.iter().filter_map(|look| look.as_ref().err()) {
        tracing::error!(error = error as &dyn std::error::Error, "an item could not be looked at");
    }
    looked.into_iter().sum()
}

async fn look(cloud: &Cloud, notices: &Notices, pending: &Pending, time: Timestamp) -> Result<usize, RecordsError> {
    match pending {
        Pending::Application(application, since) => materials(cloud, notices, application, *since, time).await,
        Pending::Deleted(deleted) => left_behind(cloud, deleted, time).await,
        Pending::Allocation(allocation) => decision(cloud, allocation, time).await,
        Pending::Run(run) => print_run(cloud, run, time).await,
        Pending::Renewal(renewal) => renewed(cloud, renewal, time).await,
        Pending::Volume(volume) => archived(cloud, volume, time).await,
        Pending::Announcement(announcement) => untold(cloud, announcement, time).await,
        Pending::Publication(batch) => publication(cloud, batch, time).await,
        Pending::Collection(collection) => hand_out_list(cloud, collection, time).await,
        Pending::Zip(order) => zip(cloud, order, time).await,
        Pending::Count(order) => counting(cloud, order, time).await,
    }
}

fn is_old(written_at: Timestamp, time: Timestamp) -> bool {
    time.duration_since(written_at) > GRACE
}

/// Materials whose current version has no verdict in the table, or one by an earlier record of the contest.
async fn materials(
    cloud: &Cloud,
    notices: &Notices,
    application: &Application,
    since: Timestamp,
    time: Timestamp,
) -> Result<usize, RecordsError> {
    // A form for an upload, or a verdict, puts it back on the list.
    if cloud.clock.now().duration_since(since) > ABANDONED && application.status != Status::Registering {
        cloud.applications().set_aside(&application.id, since).await?;
        return Ok(0);
    }
    let notice = notices.of_contest(&application.contest)?;
    let verdicts = cloud.applications().all_verdicts(&application.id).await?;
    let mut count = 0;
    for Listed { key, written_at } in cloud.list(&inbox(&application.unit, &application.id)).await? {
        let rule = key.rsplit('/').next().and_then(|file| notice.material_of_file(file));
        let (Some(rule), true) = (rule, is_old(written_at, time)) else { continue };
        let Some(version) = cloud.current_version(&key).await? else { continue };
        let entered = verdicts.iter().find(|verdict| verdict.material == rule.material);
        let of_it = entered.filter(|verdict| verdict.version == version);
        if of_it.is_some_and(|verdict| verdict.is_of(application)) {
            continue;
        }
        let checked = |version| ObjectKey::Checked { application: application.id.clone(), material: rule.material, version };
        let outdated = of_it.map(|verdict| checked(verdict.judgement()).to_string());
        let checked = checked(judgement_name(&version, application.contest_edition));
        let lost = match cloud.read_json::<Verdict>(&checked).await {
            // The same material under two names: a later one was entered, this one has nowhere to go.
            Ok(verdict) if entered.is_some_and(|entered| entered.outranks(&verdict)) => continue,
            Ok(_) => checked.to_string(),
            // By its verdict `register` has it judged anew.
            Err(RecordsError::NotFound) => outdated.unwrap_or(key),
            Err(error) => return Err(error),
        };
        cloud.put_again(&lost).await?;
        count += 1;
    }
    Ok(count + registration(cloud, application, &verdicts, time).await?)
}

/// An application whose awards were not all claimed: its roster's verdict again.
async fn registration(cloud: &Cloud, application: &Application, verdicts: &[Verdict], time: Timestamp) -> Result<usize, RecordsError> {
    let roster = verdicts.iter().find(|verdict| verdict.material == Material::Roster);
    let (Status::Registering, Some(roster)) = (application.status, roster) else { return Ok(0) };
    let key = ObjectKey::Checked { application: application.id.clone(), material: Material::Roster, version: roster.judgement() };
    let key = key.to_string();
    let listed = cloud.list(&key).await?;
    if listed.iter().any(|object| object.key == key && is_old(object.written_at, time)) {
        cloud.put_again(&key).await?;
        return Ok(1);
    }
    Ok(0)
}

/// What a deleted application left in the bucket; nothing is put again for it.
async fn left_behind(cloud: &Cloud, deleted: &DeletedApplication, time: Timestamp) -> Result<usize, RecordsError> {
    if deleted.is_due(time) {
        cloud.applications().clear_away(deleted).await?;
        tracing::info!(application = %deleted.id, "objects of a deleted application are gone");
    }
    Ok(0)
}

/// Work at one press for one reviewer's certificates.
struct Job<'a> {
    cloud: &'a Cloud,
    application: &'a ApplicationId,
    lot: &'a LotName,
    press: PrintOutput,
    time: Timestamp,
}

/// Decisions that were not carried out to the last certificate.
async fn decision(cloud: &Cloud, allocation: &Allocation, time: Timestamp) -> Result<usize, RecordsError> {
    let job = Job { cloud, application: &allocation.of, lot: &allocation.lot(), press: PrintOutput::Single, time };
    let (ordered, chunks) = (job.orders().await?, chunks_of(allocation.numbered));
    if ordered.len() < chunks || chunks == 0 {
        if !job.done().await?.is_empty() && ordered.is_empty() {
            // It was given up before the first order.
            cloud.allocations().settle(allocation).await?;
            return Ok(0);
        }
        let decided = cloud.list(&format!("decided/{}/{}.json", allocation.of, allocation.lot())).await?;
        if decided.iter().all(|object| is_old(object.written_at, time)) {
            cloud.printing().order_issue(&allocation.of, &allocation.lot()).await?;
            return Ok(1);
        }
        return Ok(0);
    }
    job.put_again(ordered).await
}

/// Runs whose merged PDFs are not all there.
async fn print_run(cloud: &Cloud, run: &Run, time: Timestamp) -> Result<usize, RecordsError> {
    let job = Job { cloud, application: &run.run_of, lot: &run.lot(), press: PrintOutput::Run(run.number), time };
    let (ordered, chunks) = (job.orders().await?, bundles_of(run.count()));
    if ordered.len() < chunks {
        let done = job.done().await?;
        cloud.printing().order_run(run, &done).await?;
        return Ok(chunks - done.len());
    }
    job.put_again(ordered).await
}

/// Certificates whose own PDFs were not drawn anew.
async fn renewed(cloud: &Cloud, renewal: &Renewal, time: Timestamp) -> Result<usize, RecordsError> {
    let press = PrintOutput::Renewal(renewal.number);
    let job = Job { cloud, application: &renewal.renewal_of, lot: &renewal.lot, press, time };
    let ordered = job.orders().await?;
    if ordered.is_empty() {
        cloud.printing().order_printing(&renewal.order()).await?;
        return Ok(1);
    }
    job.put_again(ordered).await
}

/// Volumes that were ordered and not sealed.
async fn archived(cloud: &Cloud, volume: &Volume, time: Timestamp) -> Result<usize, RecordsError> {
    let (application, lot) = (volume.volume_of.clone(), volume.lot.clone());
    let key = ObjectKey::Archiving { application, lot, number: volume.number }.to_string();
    if cloud.list(&key).await?.iter().all(|order| is_old(order.written_at, time)) {
        cloud.volumes().put_order(volume).await?;
        return Ok(1);
    }
    Ok(0)
}

/// Batches whose workbook and 表5 were not made.
async fn publication(cloud: &Cloud, batch: &Batch, time: Timestamp) -> Result<usize, RecordsError> {
    let key = ObjectKey::Publishing { applicant: batch.applicant.clone(), number: batch.number }.to_string();
    if cloud.list(&key).await?.iter().all(|object| is_old(object.written_at, time)) {
        cloud.publications().order(batch).await?;
        return Ok(1);
    }
    Ok(0)
}

/// Changes that the world was not told of.
async fn untold(cloud: &Cloud, announcement: &Announcement, time: Timestamp) -> Result<usize, RecordsError> {
    if !is_old(announcement.at, time) {
        return Ok(0);
    }
    cloud.announce(announcement).await?;
    Ok(1)
}

/// Collections whose list is not there to its last part.
async fn hand_out_list(cloud: &Cloud, collection: &Collection, time: Timestamp) -> Result<usize, RecordsError> {
    let press = PrintOutput::HandOut(collection.number);
    let job = Job { cloud, application: &collection.collection_of, lot: &collection.lot(), press, time };
    let (ordered, parts) = (job.orders().await?, bundles_of(collection.count()));
    if ordered.len() < parts {
        let done = job.done().await?;
        cloud.printing().order_hand_out_list(collection, &done).await?;
        return Ok(parts - done.len());
    }
    job.put_again(ordered).await
}

/// Years that were not counted.
async fn counting(cloud: &Cloud, order: &CountOrder, time: Timestamp) -> Result<usize, RecordsError> {
    let listed = cloud.list(&ObjectKey::Counting { year: order.year }.to_string()).await?;
    if listed.iter().any(|object| !is_old(object.written_at, time)) {
        return Ok(0);
    }
    cloud.counts().put_order(order).await?;
    Ok(1)
}

/// Zips that were not made.
async fn zip(cloud: &Cloud, order: &ZipOrder, time: Timestamp) -> Result<usize, RecordsError> {
    let listed = cloud.list(&ObjectKey::Zipping(order.name(order.seen)).to_string()).await?;
    if listed.iter().any(|object| !is_old(object.written_at, time)) {
        return Ok(0);
    }
    cloud.zips().put_order(order).await?;
    Ok(1)
}

impl Job<'_> {
    async fn orders(&self) -> Result<Vec<Listed>, RecordsError> {
        let chunk = Chunk { application: self.application.clone(), lot: self.lot.clone(), press: self.press, number: 0 };
        let first = ObjectKey::Printing(chunk).to_string();
        let folder = first.rsplit_once('/').map_or(first.as_str(), |(folder, _)| folder);
        self.cloud.list(&format!("{folder}/")).await
    }

    /// Chunks that were printed, or given up until somebody has them printed again.
    async fn done(&self) -> Result<Vec<usize>, RecordsError> {
        let ended = self.cloud.failures().ended(self.application, self.lot, self.press).await?;
        Ok(ended.into_iter().collect())
    }

    /// Orders that were put and not printed.
    async fn put_again(&self, ordered: Vec<Listed>) -> Result<usize, RecordsError> {
        let done = self.done().await?;
        let mut count = 0;
        for (number, order) in ordered.iter().enumerate() {
            // When all are printed, one order again lets the press take the work off the list.
            let last_step_lost = done.len() == ordered.len() && number == 0;
            if is_old(order.written_at, self.time) && (!done.contains(&number) || last_step_lost) {
                self.cloud.put_again(&order.key).await?;
                count += 1;
            }
        }
        Ok(count)
    }
}
