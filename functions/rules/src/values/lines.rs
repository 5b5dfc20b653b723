//! What is different between two editions of a text, line by line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most pairs of lines that are compared: beyond them, what lies between the first and the last difference counts as replaced.
const MAX_PAIRS: usize = 4_000_000;

/// Lines that took the place of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineChange {
    /// The line of the new text at which it is, from 1.
    pub line: u32,
    /// The lines that go.
    pub removed: Vec<String>,
    /// The lines that come.
    pub added: Vec<String>,
}

/// What makes `new` out of `old`, in order.
pub fn changed_lines(old: &str, new: &str) -> Vec<LineChange> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[before..], &new[before..]);
    let behind = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[..old.len() - behind], &new[..new.len() - behind]);
    let kept = if old.len() * new.len() <= MAX_PAIRS { common(old, new) } else { Vec::new() };
    let (mut changes, mut at) = (Vec::new(), (0, 0));
    for (one, other) in kept.into_iter().chain([(old.len(), new.len())]) {
        if at != (one, other) {
            let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
            let line = u32::try_from(before + at.1 + 1).unwrap_or(u32::MAX);
            changes.push(LineChange { line, removed: owned(&old[at.0..one]), added: owned(&new[at.1..other]) });
        }
        at = (one + 1, other + 1);
    }
    changes
}

/// Places of the longest sequence of lines that both have, in order.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    // How many lines the rests of both have in common, from each pair of places on.
    let mut rests = vec![0_u32; (old.len() + 1) * width];
    for one in (0..old.len()).rev() {
        for other in (0..new.len()).rev() {
            let (below, beside) = (rests[(one + 1) * width + other], rests[one * width + other + 1]);
            let both = rests[(one + 1) * width + other + 1] + 1;
            rests[one * width + other] = if old[one] == new[other] { both } else { below.max(beside) };
        }
    }
    let (mut kept, mut one, mut other) = (Vec::new(), 0, 0);
    while one < old.len() && other < new.len() {
        if old[one] == new[other] {
            kept.push((one, other));
            (one, other) = (one + 1, other + 1);
        } else if rests[(one + 1) * width + other] >= rests[one * width + other + 1] {
            one += 1;
        } else {
            other += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn change(line: u32, removed: &[&str], added: &[&str]) -> LineChange {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        LineChange { line, removed: owned(removed), added: owned(added) }
    }

    #[test]
    fn lines_that_go_and_come_are_told_at_their_place() {
        assert_eq!(changed_lines("a\nb\nc\n", "a\nb\nc"), []);
        assert_eq!(changed_lines("a\nb\nc\nd\ne", "a\nx\nc\nd\ny\ne"), [change(2, &["b"], &["x"]), change(5, &[], &["y"])]);
        assert_eq!(changed_lines("a\nb\nc", "c"), [change(1, &["a", "b"], &[])]);
        assert_eq!(changed_lines("", "a\nb"), [change(1, &[], &["a", "b"])]);
    }

    proptest! {
        #[test]
        fn the_changes_make_the_one_text_out_of_the_other(old in "[abc\n]{0,40}", new in "[abc\n]{0,40}") {
            let (mut made, mut rest) = (Vec::<String>::new(), old.lines());
            for change in changed_lines(&old, &new) {
                while made.len() + 1 < change.line as usize {
                    made.extend(rest.next().map(str::to_owned));
                }
                for line in &change.removed {
                    prop_assert_eq!(rest.next(), Some(line.as_str()));
                }
                made.extend(change.added);
            }
            made.extend(rest.map(str::to_owned));
            prop_assert_eq!(made, new.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
