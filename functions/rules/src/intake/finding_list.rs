//! The findings of one workbook, as many as somebody reads: a file with a million faults is told of as one with a thousand.

use std::collections::BTreeMap;

use crate::values::finding::{Finding, FindingCode, Place};

/// Findings of one code that are kept; the others are counted.
const LISTED: u64 = 1_000;

/// Findings in the order in which they came. Advice that a reviewer must answer row by row is kept whole: rows are bounded.
#[derive(Debug, Default)]
pub struct FindingList {
    kept: Vec<Finding>,
    counts: BTreeMap<FindingCode, u64>,
}

impl Extend<Finding> for FindingList {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        for finding in findings {
            let count = self.counts.entry(finding.code).or_default();
            *count += 1;
            if *count <= LISTED || finding.needs_reason() {
                self.kept.push(finding);
            }
        }
    }
}

impl FindingList {
    /// What was kept, and of each code that had more how many more (“另有 n 处”), at the sheet of `file`.
    pub fn finish(self, file: &str, sheet: &str) -> Vec<Finding> {
        let mut findings = self.kept;
        let more = self.counts.into_iter().filter(|(code, count)| *count > LISTED && !code.needs_reason());
        findings.extend(more.map(|(code, count)| {
            let place = Place { sheet: Some(sheet.to_owned()), ..Place::file(file) };
            Finding::new(code, place, format!("另有 {} 处同样的问题没有逐一列出", count - LISTED))
        }));
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_code_so_many_are_listed_and_the_rest_counted() {
        let mut list = FindingList::default();
        for row in 2..3_502 {
            let at = |code| Finding::new(code, Place::cell("roster.xlsx", "选手信息", row, 1), "错");
            list.extend([at(FindingCode::CellRequired), at(FindingCode::LevelAboveTable)]);
        }
        list.extend([Finding::new(FindingCode::RowsNone, Place::file("roster.xlsx"), "无")]);
        let found = list.finish("roster.xlsx", "选手信息");
        let of = |code| found.iter().filter(|finding| finding.code == code).count();
        assert_eq!((of(FindingCode::CellRequired), of(FindingCode::LevelAboveTable), of(FindingCode::RowsNone)), (1_001, 3_500, 1));
        let last = found.last().expect("some");
        assert!(last.is_error() && last.message == "另有 2500 处同样的问题没有逐一列出", "{last}");
    }
}
