//! One tick: what all looks of it share.

use jiff::{SignedDuration, Timestamp};
use records::store::message_queue::Worker;
use records::{Cloud, RecordsError};
use rules::rulebook::Rulebook;
use tokio::sync::OnceCell;

/// Events that wait for a function beyond which nothing is sent again: what is missing is most likely among them.
const DEEP: u64 = 50;

/// How long an event may take before it is sent again: longer than its queue keeps it from others while a function has it
/// (`VisibilityTimeout` of template.yaml), so that no event is sent twice because its function takes long.
pub(crate) const fn grace(worker: Worker) -> SignedDuration {
    SignedDuration::from_mins(match worker {
        Worker::Register => 10,
        Worker::Print | Worker::Publish => 15,
        Worker::Validate | Worker::Issue => 35,
        Worker::Archive | Worker::Tally => 95,
    })
}

/// One tick.
pub(crate) struct Tick<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) rulebook: &'a Rulebook,
    /// By the bucket's clock.
    pub(crate) time: Timestamp,
    /// How often work is set going before it is blocked.
    pub(crate) attempts: u32,
    /// Events that wait, by function: asked for once, and only where something is to be sent.
    pub(crate) waiting: [OnceCell<u64>; Worker::ALL.len()],
}

impl Tick<'_> {
    /// Whether so much waits for a function that nothing is sent again.
    pub(crate) async fn is_deep(&self, worker: Worker) -> Result<bool, RecordsError> {
        let Some(cell) = Worker::ALL.iter().position(|one| *one == worker).and_then(|at| self.waiting.get(at)) else { return Ok(false) };
        let waiting = cell.get_or_try_init(|| self.cloud.waiting_for(worker)).await?;
        Ok(*waiting > DEEP)
    }
}
