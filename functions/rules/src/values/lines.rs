//! What is different between two editions of a text, line by line.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffTag};

/// How long the shortest difference is looked for; then one that is longer is told.
const PATIENCE: Duration = Duration::from_secs(2);

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
    let operations = similar::capture_diff_slices_deadline(Algorithm::Myers, &old, &new, Some(Instant::now() + PATIENCE));
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let (mut changes, mut from, mut to): (Vec<LineChange>, _, _) = (Vec::new(), 0, 0);
    for operation in operations {
        // Their order and lengths count: where an operation begins in the text that it does not touch is not told well.
        let (gone, come) = (operation.old_range().len(), operation.new_range().len());
        if operation.tag() != DiffTag::Equal {
            let line = u32::try_from(to + 1).unwrap_or(u32::MAX);
            changes.push(LineChange { line, removed: owned(&old[from..from + gone]), added: owned(&new[to..to + come]) });
        }
        (from, to) = (from + gone, to + come);
    }
    changes
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
