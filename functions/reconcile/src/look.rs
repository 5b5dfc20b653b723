//! A look at one piece of work: what is missing of it, and the event that sets it going.

use std::collections::BTreeMap;

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
use records::store::message_queue::Worker;
use records::store::queue::Arrival;
use records::{Cloud, RecordsError};
use rules::after::announcement::Announcement;
use rules::after::hand_out::Collection;
use rules::after::publication::Batch;
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::notice::MaterialRule;
use rules::sheets::run::Run;
use rules::values::lot::LotName;
use rules::values::vocabulary::Material;

use crate::tick::{Tick, grace};

/// How soon something is looked at again where its time has not come, or where too much waits.
const SOON: SignedDuration = SignedDuration::from_mins(15);

/// What a look came to.
pub(crate) enum Looked {
    /// So many events were sent again to that function.
    Sent(Worker, usize),
    /// A later build knows what to do, and finds it as it is.
    OfLaterBuild,
    /// It is under way: to be looked at again after that pause.
    NotYet(SignedDuration),
    /// Nothing is missing: people are to do something, or nothing is left to do.
    OfPeople,
    /// It has come to its end, and is off the list: with so many events of its own.
    Done(usize),
}

/// A look at a piece of work.
pub(crate) struct Look<'a> {
    pub(crate) tick: &'a Tick<'a>,
    pub(crate) pending: &'a Pending,
}

/// Certificates, a run or a list that a press works at.
struct Job<'a> {
    application: &'a ApplicationId,
    lot: LotName,
    press: PrintOutput,
}

impl Look<'_> {
    pub(crate) async fn look(&self) -> Result<Looked, RecordsError> {
        match self.pending {
            Pending::Application(application) => self.materials(application).await,
            Pending::Deleted(deleted) => self.left_behind(deleted).await,
            Pending::Allocation(allocation) => self.decision(allocation).await,
            Pending::Run(run) => self.print_run(run).await,
            Pending::Renewal(renewal) => self.renewed(renewal).await,
            Pending::Volume(volume) => self.archived(volume).await,
            Pending::Announcement(announcement) => self.untold(announcement).await,
            Pending::Publication(batch) => self.publication(batch).await,
            Pending::Collection(collection) => self.hand_out_list(collection).await,
            Pending::Zip(order) => self.zip(order).await,
            Pending::Count(order) => self.counting(order).await,
            Pending::OfLaterBuild => Ok(Looked::OfLaterBuild),
        }
    }

    fn cloud(&self) -> &Cloud {
        self.tick.cloud
    }

    /// Whether an event of then has had its time.
    fn is_lost(&self, worker: Worker, put_at: Timestamp) -> bool {
        self.tick.time.duration_since(put_at) > grace(worker)
    }

    /// Sends the events of these objects again, those that have had their time.
    async fn send(&self, worker: Worker, objects: Vec<Arrival>) -> Result<Looked, RecordsError> {
        let lost: Vec<&Arrival> = objects.iter().filter(|object| object.put_at.is_none_or(|at| self.is_lost(worker, at))).collect();
        if lost.is_empty() || self.tick.is_deep(worker).await? {
            return Ok(Looked::NotYet(SOON));
        }
        for object in &lost {
            self.cloud().send_again(worker, object).await?;
        }
        Ok(Looked::Sent(worker, lost.len()))
    }

    /// Materials whose current version has no verdict in the table, or one by an earlier record of the contest; verdicts that were not
    /// entered; awards that were not all claimed.
    async fn materials(&self, application: &Application) -> Result<Looked, RecordsError> {
        let verdicts = self.cloud().applications().all_verdicts(&application.id).await?;
        let mut unjudged = Vec::new();
        let mut unentered = Vec::new();
        for (rule, listed) in self.newest(application).await? {
            let entered = verdicts.iter().find(|verdict| verdict.material == rule.material);
            let Some(version) = self.cloud().current_version(&listed.key).await? else { continue };
            if entered.is_some_and(|verdict| verdict.version == version && verdict.is_of(application)) {
                continue;
            }
            let judgement = judgement_name(&version, application.contest_edition);
            let checked = ObjectKey::Checked { application: application.id.clone(), material: rule.material, version: judgement };
            match self.cloud().read_json::<Verdict>(&checked).await {
                Ok(_) => {
                    let judged_at = self.cloud().written_at(&checked.to_string()).await?;
                    unentered.push(event_of(&checked.to_string(), judged_at.unwrap_or(listed.written_at)));
                }
                Err(RecordsError::NotFound) => {
                    let known = entered.filter(|verdict| verdict.version == version);
                    let sequencer = known.map(|verdict| verdict.sequencer.clone()).unwrap_or_default();
                    unjudged.push(Arrival { version: Some(version), sequencer, ..of(&listed) });
                }
                Err(error) => return Err(error),
            }
        }
        if unjudged.is_empty() && unentered.is_empty() {
            return self.registration(application, &verdicts).await;
        }
        let entering = self.send(Worker::Register, unentered).await?;
        let judging = self.send(Worker::Validate, unjudged).await?;
        Ok(either(entering, judging))
    }

    /// Of each material the object that was handed in last, under whatever name.
    async fn newest<'n>(&'n self, application: &Application) -> Result<Vec<(&'n MaterialRule, Listed)>, RecordsError> {
        let notice = self.tick.rulebook.notices.of_contest(&application.contest)?;
        let mut newest: BTreeMap<&str, (&MaterialRule, Listed)> = BTreeMap::new();
        for listed in self.cloud().list(&inbox(&application.unit, &application.id)).await? {
            let Some(rule) = listed.key.rsplit('/').next().and_then(|file| notice.material_of_file(file)) else { continue };
            let is_newer = newest.get(rule.file.as_str()).is_none_or(|(_, known)| known.written_at <= listed.written_at);
            if is_newer {
                newest.insert(&rule.file, (rule, listed));
            }
        }
        Ok(newest.into_values().collect())
    }

    /// An application whose awards were not all claimed: its roster's verdict again.
    async fn registration(&self, application: &Application, verdicts: &[Verdict]) -> Result<Looked, RecordsError> {
        let roster = verdicts.iter().find(|verdict| verdict.material == Material::Roster);
        let (Status::Registering, Some(roster)) = (application.status, roster) else { return Ok(Looked::OfPeople) };
        let version = roster.judgement();
        let key = ObjectKey::Checked { application: application.id.clone(), material: Material::Roster, version }.to_string();
        let listed = self.cloud().list(&key).await?;
        self.send(Worker::Register, listed.iter().filter(|listed| listed.key == key).map(of).collect()).await
    }

    /// What a deleted application left in the bucket; nothing is sent again for it.
    async fn left_behind(&self, deleted: &DeletedApplication) -> Result<Looked, RecordsError> {
        let left = deleted.objects_go_at().duration_since(self.cloud().clock.shown_at(self.tick.time));
        if left.is_positive() {
            return Ok(Looked::NotYet(left));
        }
        self.cloud().applications().clear_away(deleted).await?;
        tracing::info!(application = %deleted.id, "objects of a deleted application are gone");
        Ok(Looked::Done(0))
    }

    /// Decisions that were not carried out to the last certificate.
    async fn decision(&self, allocation: &Allocation) -> Result<Looked, RecordsError> {
        let job = Job { application: &allocation.of, lot: allocation.lot(), press: PrintOutput::Single };
        let (ordered, chunks) = (self.orders(&job).await?, chunks_of(allocation.numbered));
        if ordered.len() < chunks || chunks == 0 {
            if !self.ended(&job).await?.is_empty() && ordered.is_empty() {
                // It was given up before the first order.
                self.cloud().allocations().settle(allocation).await?;
                return Ok(Looked::Done(0));
            }
            let key = ObjectKey::Decided { application: allocation.of.clone(), lot: allocation.lot() }.to_string();
            let again = self.cloud().printing();
            return self.order(Worker::Issue, &key, again.order_issue(&allocation.of, &allocation.lot())).await;
        }
        self.press(&job, ordered).await
    }

    /// Runs whose merged PDFs are not all there.
    async fn print_run(&self, run: &Run) -> Result<Looked, RecordsError> {
        let job = Job { application: &run.run_of, lot: run.lot(), press: PrintOutput::Run(run.number) };
        let (ordered, bundles) = (self.orders(&job).await?, bundles_of(run.count()));
        if ordered.len() < bundles {
            let ended = self.ended(&job).await?;
            self.cloud().printing().order_run(run, &ended).await?;
            return Ok(Looked::Sent(Worker::Print, bundles - ended.len()));
        }
        self.press(&job, ordered).await
    }

    /// Certificates whose own PDFs were not drawn anew.
    async fn renewed(&self, renewal: &Renewal) -> Result<Looked, RecordsError> {
        let job = Job { application: &renewal.renewal_of, lot: renewal.lot.clone(), press: PrintOutput::Renewal(renewal.number) };
        let ordered = self.orders(&job).await?;
        if ordered.is_empty() {
            self.cloud().printing().order_printing(&renewal.order()).await?;
            return Ok(Looked::Sent(Worker::Print, 1));
        }
        self.press(&job, ordered).await
    }

    /// Collections whose list is not there to its last part.
    async fn hand_out_list(&self, collection: &Collection) -> Result<Looked, RecordsError> {
        let press = PrintOutput::HandOut(collection.number);
        let job = Job { application: &collection.collection_of, lot: collection.lot(), press };
        let (ordered, parts) = (self.orders(&job).await?, bundles_of(collection.count()));
        if ordered.len() < parts {
            let ended = self.ended(&job).await?;
            self.cloud().printing().order_hand_out_list(collection, &ended).await?;
            return Ok(Looked::Sent(Worker::Print, parts - ended.len()));
        }
        self.press(&job, ordered).await
    }

    /// Volumes that were ordered and not sealed.
    async fn archived(&self, volume: &Volume) -> Result<Looked, RecordsError> {
        let (application, lot) = (volume.volume_of.clone(), volume.lot.clone());
        let key = ObjectKey::Archiving { application, lot, number: volume.number }.to_string();
        self.order(Worker::Archive, &key, self.cloud().volumes().put_order(volume)).await
    }

    /// Batches whose workbook and 表5 were not made.
    async fn publication(&self, batch: &Batch) -> Result<Looked, RecordsError> {
        let key = ObjectKey::Publishing { applicant: batch.applicant.clone(), number: batch.number }.to_string();
        self.order(Worker::Publish, &key, self.cloud().publications().order(batch)).await
    }

    /// Years that were not counted.
    async fn counting(&self, order: &CountOrder) -> Result<Looked, RecordsError> {
        let key = ObjectKey::Counting { year: order.year }.to_string();
        self.order(Worker::Tally, &key, self.cloud().counts().put_order(order)).await
    }

    /// Zips that were not made.
    async fn zip(&self, order: &ZipOrder) -> Result<Looked, RecordsError> {
        let key = ObjectKey::Zipping(order.name(order.seen)).to_string();
        self.order(Worker::Archive, &key, self.cloud().zips().put_order(order)).await
    }

    /// Changes that the world was not told of.
    async fn untold(&self, announcement: &Announcement) -> Result<Looked, RecordsError> {
        self.cloud().announce(announcement).await?;
        tracing::info!("announced late");
        Ok(Looked::Done(1))
    }

    /// The order of that name: put where it is not there, its event sent again where that is lost.
    async fn order(&self, worker: Worker, key: &str, put: impl Future<Output = Result<(), RecordsError>>) -> Result<Looked, RecordsError> {
        let listed: Vec<Arrival> = self.cloud().list(key).await?.iter().filter(|listed| listed.key == key).map(of).collect();
        if listed.is_empty() {
            put.await?;
            return Ok(Looked::Sent(worker, 1));
        }
        self.send(worker, listed).await
    }

    async fn orders(&self, job: &Job<'_>) -> Result<Vec<Listed>, RecordsError> {
        let chunk = Chunk { application: job.application.clone(), lot: job.lot.clone(), press: job.press, number: 0 };
        let first = ObjectKey::Printing(chunk).to_string();
        let folder = first.rsplit_once('/').map_or(first.as_str(), |(folder, _)| folder);
        self.cloud().list(&format!("{folder}/")).await
    }

    /// Chunks that were printed, or given up until somebody has them printed again.
    async fn ended(&self, job: &Job<'_>) -> Result<Vec<usize>, RecordsError> {
        Ok(self.cloud().failures().ended(job.application, &job.lot, job.press).await?.into_iter().collect())
    }

    /// Orders that were put and not printed. When all are printed, one of them again lets the press take the work off the list.
    async fn press(&self, job: &Job<'_>, ordered: Vec<Listed>) -> Result<Looked, RecordsError> {
        let ended = self.ended(job).await?;
        let all_ended = ended.len() == ordered.len();
        let missing = ordered.iter().enumerate().filter(|(number, _)| !ended.contains(number) || (all_ended && *number == 0));
        self.send(Worker::Print, missing.map(|(_, order)| of(order)).collect()).await
    }
}

/// What came of sending events to two functions: that some were sent counts, also where the others have to wait.
fn either(entering: Looked, judging: Looked) -> Looked {
    if matches!(judging, Looked::Sent(..)) { judging } else { entering }
}

/// The event of an object as it lies there.
fn of(listed: &Listed) -> Arrival {
    Arrival { size: listed.size, ..event_of(&listed.key, listed.written_at) }
}

/// S3 gives no sequencer but in its own events: a verdict without one counts where its version is the current one.
fn event_of(key: &str, put_at: Timestamp) -> Arrival {
    Arrival { key: key.to_owned(), version: None, sequencer: String::new(), size: 0, put_at: Some(put_at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_counts_whichever_of_two_functions_has_to_wait() {
        let (sent, waits) = (|worker| Looked::Sent(worker, 1), || Looked::NotYet(SOON));
        assert!(matches!(either(sent(Worker::Register), waits()), Looked::Sent(Worker::Register, 1)));
        assert!(matches!(either(waits(), sent(Worker::Validate)), Looked::Sent(Worker::Validate, 1)));
        assert!(matches!(either(waits(), waits()), Looked::NotYet(_)));
    }
}
