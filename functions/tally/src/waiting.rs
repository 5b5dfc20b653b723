//! How long the oldest open work has been waiting at its stage, in days: a metric, from what the counting reads anyway.

use std::collections::BTreeMap;

use jiff::Timestamp;
use records::Cloud;
use records::application::Application;
use records::store::metrics::{Metric, WorkStage};
use rules::issue::allocation::{Allocation, Stage};
use rules::issue::status::Status;

/// The stages at which work waits for somebody other than its unit.
const OPEN: [WorkStage; 6] =
    [WorkStage::Registering, WorkStage::Submitted, WorkStage::Authorised, WorkStage::Decided, WorkStage::Archived, WorkStage::Published];

/// Since when an application, or each lot of it, has been at its stage.
pub(crate) fn waiting(application: &Application, lots: &[Allocation]) -> Vec<(WorkStage, Timestamp)> {
    let own = match application.status {
        Status::Registering | Status::Submitted | Status::Authorised => WorkStage::of_status(application.status),
        Status::Draft | Status::Qualified | Status::Returned => None,
    };
    own.map(|stage| (stage, application.entered_at)).into_iter().chain(lots.iter().filter_map(lot_waiting)).collect()
}

/// A lot waits until it is handed out; one of which nothing is left waits for nothing.
fn lot_waiting(lot: &Allocation) -> Option<(WorkStage, Timestamp)> {
    let is_empty = lot.end() as usize == lot.withdrawn.len();
    match lot.milestones.last() {
        _ if is_empty => None,
        None => Some((WorkStage::Decided, lot.decided_at)),
        Some(milestone) if milestone.stage == Stage::HandedOut => None,
        Some(milestone) => WorkStage::of_stage(milestone.stage).map(|stage| (stage, milestone.at)),
    }
}

/// The oldest of each stage.
#[derive(Debug, Default)]
pub(crate) struct Oldest(BTreeMap<WorkStage, Timestamp>);

impl Oldest {
    pub(crate) fn add(&mut self, waiting: &[(WorkStage, Timestamp)]) {
        for (stage, since) in waiting {
            let oldest = self.0.entry(*stage).or_insert(*since);
            *oldest = (*oldest).min(*since);
        }
    }

    /// Whole days of each stage; none where nothing waits.
    fn days(&self, now: Timestamp) -> [(WorkStage, u64); OPEN.len()] {
        let hours = |since: &Timestamp| u64::try_from(now.duration_since(*since).as_hours()).unwrap_or(0);
        OPEN.map(|stage| (stage, self.0.get(&stage).map_or(0, |since| hours(since) / 24)))
    }

    pub(crate) fn measure(&self, cloud: &Cloud) {
        for (stage, days) in self.days(cloud.clock.now()) {
            cloud.measure(Metric::OldestDays(stage), days);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_a_stage_is_what_counts() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let mut oldest = Oldest::default();
        oldest.add(&[(WorkStage::Submitted, at("2022-06-20T00:00:00Z")), (WorkStage::Decided, at("2022-06-28T00:00:00Z"))]);
        oldest.add(&[(WorkStage::Submitted, at("2022-06-10T00:00:00Z"))]);
        let days = oldest.days(at("2022-06-30T12:00:00Z"));
        assert_eq!(
            days[..4],
            [(WorkStage::Registering, 0), (WorkStage::Submitted, 20), (WorkStage::Authorised, 0), (WorkStage::Decided, 2)]
        );
    }
}
