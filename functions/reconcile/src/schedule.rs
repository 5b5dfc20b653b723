//! When work is looked at, how often it is set going again, and when nobody tries it any more.

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing;
use records::pending::{Pending, Work};
use records::store::message_queue::Worker;
use records::{Cloud, RecordsError};

use crate::look::{Look, Looked};
use crate::tick::{Tick, grace};

/// Items looked at at once: under throttling a look takes seconds, and all of them have to fit into one invocation.
const AT_ONCE: usize = 16;
/// Looks at an application whose unit hands nothing in: by then no form that it was given can be used any more.
const LOOKS: u32 = 3;

/// The pause after an attempt: the grace, and twice as long with each that came to nothing.
fn pause(worker: Worker, attempts: u32) -> SignedDuration {
    grace(worker).saturating_mul(1 << attempts.min(8))
}

/// Sets going what is stuck; returns how many events that was. An item that cannot be looked at holds up none of the others: it is
/// logged, and the invocation fails at the end.
pub(crate) async fn set_going(cloud: &Cloud, time: Timestamp, attempts: u32) -> Result<usize, RecordsError> {
    let rulebook = cloud.rulebooks().in_force().await?;
    let due = cloud.due_work(cloud.clock.shown_at(time)).await?;
    let tick = &Tick { cloud, rulebook: &rulebook, time, attempts, waiting: Default::default() };
    let looks = stream::iter(due).map(async |work| tick.look(&work?).await);
    let looked: Vec<Result<usize, RecordsError>> = looks.buffer_unordered(AT_ONCE).collect().await;
    for error in looked.iter().filter_map(|look| look.as_ref().err()) {
        tracing::error!(error = error as &dyn std::error::Error, "an item could not be looked at");
    }
    cloud.measure_stuck(cloud.blocked_work().await?.len() as u64);
    looked.into_iter().sum()
}

impl Tick<'_> {
    /// What `time` is by the system's clock, with that much added.
    fn later(&self, pause: SignedDuration) -> Timestamp {
        let now = self.cloud.clock.shown_at(self.time);
        now.checked_add(pause).unwrap_or(now)
    }

    async fn look(&self, work: &Work) -> Result<usize, RecordsError> {
        let looked = match &work.what {
            Ok(pending) => (Look { tick: self, pending }).look().await,
            Err(error) => Err(RecordsError::Corrupt(error.to_string())),
        };
        match looked {
            Ok(Looked::Sent(worker, events)) => self.sent(work, worker, events).await.map(|()| events),
            Ok(Looked::OfLaterBuild) => {
                tracing::warn!("work of a kind that this build does not know is left as it is");
                Ok(0)
            }
            Ok(Looked::NotYet(pause)) => self.cloud.look_again(work, self.later(pause), work.attempts).await.map(|()| 0),
            Ok(Looked::OfPeople) => self.waits(work).await.map(|()| 0),
            Ok(Looked::Done(events)) => Ok(events),
            // What is stored is the cause: the same again would fail again.
            Err(error) if error.is_of_the_data() => {
                self.block(work).await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn sent(&self, work: &Work, worker: Worker, events: usize) -> Result<(), RecordsError> {
        if work.attempts >= self.attempts {
            return self.block(work).await;
        }
        tracing::info!(worker = ?worker, events, attempts = work.attempts + 1, "set going again");
        self.cloud.look_again(work, self.later(pause(worker, work.attempts)), work.attempts + 1).await
    }

    /// An application whose unit may still be using a form is looked at some times more; then whatever it hands in puts it back.
    async fn waits(&self, work: &Work) -> Result<(), RecordsError> {
        if work.attempts >= LOOKS || !matches!(&work.what, Ok(Pending::Application(_))) {
            return self.cloud.take_off(work).await;
        }
        self.cloud.look_again(work, self.later(pause(Worker::Validate, work.attempts)), work.attempts + 1).await
    }

    async fn block(&self, work: &Work) -> Result<(), RecordsError> {
        tracing::error!(attempts = work.attempts, "work is blocked: nobody tries it any more");
        self.cloud.block(work, self.cloud.clock.shown_at(self.time)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds of a queue's `VisibilityTimeout` in the template.
    fn visibility(queue: &str) -> i64 {
        let template = include_str!("../../../template.yaml");
        let of_queue = template.split(&format!("\n  {queue}:\n")).nth(1).expect("the queue");
        let text = of_queue.split("VisibilityTimeout: ").nth(1).and_then(|rest| rest.lines().next()).expect("a timeout");
        text.parse().expect("a number")
    }

    #[test]
    fn an_event_that_a_function_may_still_have_is_not_sent_again() {
        let queues = ["ValidateQueue", "RegisterQueue", "IssueQueue", "PrintQueue", "ArchiveQueue", "PublishQueue", "CountQueue"];
        for (worker, queue) in Worker::ALL.iter().zip(queues) {
            assert!(grace(*worker).as_secs() > visibility(queue), "{worker:?}");
        }
    }

    #[test]
    fn pauses_grow_and_the_looks_last_longer_than_a_form() {
        let minutes = |attempts| pause(Worker::Validate, attempts).as_secs() / 60;
        assert_eq!([0, 1, 2, 3].map(minutes), [35, 70, 140, 280]);
        assert!((0..LOOKS).map(minutes).sum::<i64>() > 60, "a form can be used for half an hour, and its event comes after");
    }
}
