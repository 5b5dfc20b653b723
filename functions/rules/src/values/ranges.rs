//! Sets of numbers (serials of sheets, rows of a roster), as the stretches they form.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Consecutive numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct SerialRange {
    /// The first number.
    pub first: u64,
    /// The last number; not below the first.
    pub last: u64,
}

impl SerialRange {
    /// From one end to the other, whichever is named first.
    pub fn new(one: u64, other: u64) -> Self {
        Self { first: one.min(other), last: one.max(other) }
    }

    /// How many numbers.
    pub fn count(&self) -> u64 {
        self.last - self.first + 1
    }

    /// Whether `number` is one of them.
    pub fn contains(&self, number: u64) -> bool {
        (self.first..=self.last).contains(&number)
    }
}

impl From<(u64, u64)> for SerialRange {
    fn from((first, last): (u64, u64)) -> Self {
        Self::new(first, last)
    }
}

impl From<SerialRange> for (u64, u64) {
    fn from(stretch: SerialRange) -> Self {
        (stretch.first, stretch.last)
    }
}

/// A set of numbers: ascending stretches that neither overlap nor touch. In records `[[first, last], …]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<SerialRange>", into = "Vec<SerialRange>")]
pub struct Ranges(Vec<SerialRange>);

impl From<Vec<SerialRange>> for Ranges {
    fn from(mut stretches: Vec<SerialRange>) -> Self {
        stretches.sort_unstable();
        let mut joined: Vec<SerialRange> = Vec::with_capacity(stretches.len());
        for stretch in stretches {
            match joined.last_mut() {
                Some(before) if stretch.first <= before.last.saturating_add(1) => before.last = before.last.max(stretch.last),
                _ => joined.push(stretch),
            }
        }
        Self(joined)
    }
}

impl From<Ranges> for Vec<SerialRange> {
    fn from(ranges: Ranges) -> Self {
        ranges.0
    }
}

impl From<SerialRange> for Ranges {
    fn from(stretch: SerialRange) -> Self {
        Self(vec![stretch])
    }
}

impl FromIterator<u64> for Ranges {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        numbers.into_iter().map(|number| SerialRange::new(number, number)).collect::<Vec<_>>().into()
    }
}

impl Ranges {
    /// The stretches, ascending.
    pub fn stretches(&self) -> &[SerialRange] {
        &self.0
    }

    /// How many numbers.
    pub fn count(&self) -> u64 {
        self.0.iter().map(SerialRange::count).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `number` is one of them.
    pub fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|stretch| stretch.last < number);
        self.0.get(after).is_some_and(|stretch| stretch.contains(number))
    }

    /// Whether every number of `other` is one of them.
    pub fn contains_all(&self, other: &Self) -> bool {
        other.minus(self).is_empty()
    }

    /// Whether they have a number in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.minus(other).count() < self.count()
    }

    /// The numbers of both.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.0.iter().chain(&other.0).copied().collect::<Vec<_>>().into()
    }

    /// The numbers that `other` has not.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut left = Vec::with_capacity(self.0.len());
        for stretch in &self.0 {
            let mut first = Some(stretch.first);
            let begins = other.0.partition_point(|cut| cut.last < stretch.first);
            for cut in other.0[begins..].iter().take_while(|cut| cut.first <= stretch.last) {
                let Some(from) = first else { break };
                if from < cut.first {
                    left.push(SerialRange::new(from, cut.first - 1));
                }
                first = (cut.last < stretch.last).then(|| cut.last + 1);
            }
            left.extend(first.map(|first| SerialRange::new(first, stretch.last)));
        }
        Self(left)
    }

    /// The lowest number.
    pub fn lowest(&self) -> Option<u64> {
        self.0.first().map(|stretch| stretch.first)
    }

    /// The `count` lowest numbers from `top` on, which must be one of them; none if there are fewer.
    pub fn from_top(&self, top: u64, count: u64) -> Option<Self> {
        if !self.contains(top) || count == 0 {
            return None;
        }
        let (mut wanted, mut taken) = (count, Vec::new());
        for stretch in self.0.iter().filter(|stretch| stretch.last >= top) {
            let first = stretch.first.max(top);
            let some = wanted.min(stretch.last - first + 1);
            taken.push(SerialRange::new(first, first + some - 1));
            wanted -= some;
            if wanted == 0 {
                return Some(Self(taken));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn ranges(numbers: &BTreeSet<u64>) -> Ranges {
        numbers.iter().copied().collect()
    }

    fn numbers() -> impl Strategy<Value = BTreeSet<u64>> {
        proptest::collection::btree_set(0_u64..60, 0..40)
    }

    proptest! {
        #[test]
        fn it_is_a_set(a in numbers(), b in numbers(), top in 0_u64..60, count in 0_u64..20) {
            let (ra, rb) = (ranges(&a), ranges(&b));
            prop_assert_eq!(ra.plus(&rb), ranges(&a.union(&b).copied().collect()));
            prop_assert_eq!(ra.minus(&rb), ranges(&a.difference(&b).copied().collect()));
            prop_assert_eq!(ra.overlaps(&rb), !a.is_disjoint(&b));
            prop_assert_eq!(ra.contains_all(&rb), b.is_subset(&a));
            prop_assert_eq!(ra.contains(top), a.contains(&top));
            prop_assert_eq!(ra.count(), a.len() as u64);
            let stack: BTreeSet<u64> = a.range(top..).copied().take(count as usize).collect();
            let whole = a.contains(&top) && count > 0 && stack.len() as u64 == count;
            prop_assert_eq!(ra.from_top(top, count), whole.then(|| ranges(&stack)));
        }

        #[test]
        fn records_in_any_order_make_the_same_set(mut stretches in proptest::collection::vec((0_u64..50, 0_u64..50), 0..10)) {
            let one: Ranges = stretches.iter().copied().map(SerialRange::from).collect::<Vec<_>>().into();
            stretches.reverse();
            let other: Ranges = serde_json::from_value(serde_json::json!(stretches)).expect("pairs of numbers");
            prop_assert_eq!(&one, &other);
            prop_assert!(one.stretches().windows(2).all(|pair| pair[0].last + 1 < pair[1].first));
        }
    }
}
