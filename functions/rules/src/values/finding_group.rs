//! Findings as people read them: each cause once, the gravest first, with all the places that it is found at.

use std::collections::HashMap;
use std::fmt;

use crate::values::finding::{Finding, FindingCode, Place};

/// Places of one message that are named one by one.
const PLACES: usize = 10;

/// All findings of one code.
#[derive(Debug)]
pub struct Cause<'f> {
    /// Says the code, its severity and its remedy.
    pub first: &'f Finding,
    /// How many findings there are of it.
    pub count: usize,
    /// What they say, each once.
    pub messages: Vec<Message<'f>>,
}

impl<'f> Cause<'f> {
    fn of(all: &[&'f Finding]) -> Option<Self> {
        Some(Self { first: all.first()?, count: all.len(), messages: messages(all) })
    }
}

/// What is said of several cells or rows of a sheet in the same words: a formula that was dragged down a column.
#[derive(Debug)]
pub struct Message<'f> {
    /// The first finding that says it.
    pub first: &'f Finding,
    others: Vec<&'f Place>,
}

impl Message<'_> {
    /// How many places it is said of.
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Where it is said of: `roster.xlsx「选手信息」F2、F3，另有 40 处`.
    pub fn places(&self) -> String {
        let mut places = self.first.place.to_string();
        for other in self.others.iter().take(PLACES - 1) {
            places = places + "、" + &other.within();
        }
        match self.count().saturating_sub(PLACES) {
            0 => places,
            more => format!("{places}，另有 {more} 处"),
        }
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.say_of(&self.places(), f)
    }
}

/// Findings by cause, the gravest first; of equal weight in the order in which they came.
pub fn causes(findings: &[Finding]) -> Vec<Cause<'_>> {
    let mut at: HashMap<FindingCode, usize> = HashMap::new();
    let mut all: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let cause = *at.entry(finding.code).or_insert(all.len());
        match all.get_mut(cause) {
            Some(known) => known.push(finding),
            None => all.push(vec![finding]),
        }
    }
    let mut causes: Vec<Cause<'_>> = all.iter().filter_map(|all| Cause::of(all)).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.first.severity));
    causes
}

/// What distinct things are said. What is said of a whole file stays apart: it has no place that could be added to another's.
fn messages<'f>(all: &[&'f Finding]) -> Vec<Message<'f>> {
    let mut at: HashMap<(&str, &str, Option<&str>, &str), usize> = HashMap::new();
    let mut messages: Vec<Message<'f>> = Vec::new();
    for finding in all.iter().copied() {
        let place = &finding.place;
        if place.row.is_some() || place.cell.is_some() {
            let same = (finding.message.as_str(), place.file.as_str(), place.sheet.as_deref(), finding.fix.as_str());
            if let Some(known) = at.get(&same).and_then(|at| messages.get_mut(*at)) {
                known.others.push(place);
                continue;
            }
            at.insert(same, messages.len());
        }
        messages.push(Message { first: finding, others: Vec::new() });
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(code: FindingCode, row: u32, column: u16, message: &str) -> Finding {
        Finding::new(code, Place::cell("roster.xlsx", "选手信息", row, column), message)
    }

    #[test]
    fn one_cause_is_told_once_with_all_its_cells() {
        let birth = (2..=41).map(|row| cell(FindingCode::CellFormula, row, 5, "“出生日期”是公式"));
        let gender = (2..=3).map(|row| cell(FindingCode::CellFormula, row, 2, "“性别”是公式"));
        let found: Vec<Finding> = birth.chain(gender).collect();
        let causes = causes(&found);
        assert_eq!((causes.len(), causes[0].count), (1, 42));
        let said: Vec<String> = causes[0].messages.iter().map(Message::places).collect();
        let expected = ["roster.xlsx「选手信息」F2、F3、F4、F5、F6、F7、F8、F9、F10、F11，另有 30 处", "roster.xlsx「选手信息」C2、C3"];
        assert_eq!(said, expected);
        let line = causes[0].messages[1].to_string();
        assert_eq!(line, found[40].to_string().replace("C2", "C2、C3"), "otherwise as one alone is told");
    }

    #[test]
    fn rows_are_told_together_and_files_are_not() {
        let row = |row| Finding::new(FindingCode::CellRequired, Place { row: Some(row), ..Place::file("roster.xlsx") }, "空");
        let file = || Finding::new(FindingCode::PhotosStray, Place::file("photos.zip"), "不是照片");
        let found = [file(), row(4), row(9), file()];
        let causes = causes(&found);
        assert_eq!(
            causes[0].messages.iter().map(Message::places).collect::<Vec<_>>(),
            ["roster.xlsx第 4 行、第 9 行"],
            "the gravest first"
        );
        assert_eq!((causes[1].count, causes[1].messages.len()), (2, 2));
    }

    #[test]
    fn another_file_sheet_or_remedy_is_another_message() {
        let one = cell(FindingCode::CellRequired, 2, 1, "空");
        let sheet = Finding { place: Place::cell("roster.xlsx", "二", 2, 1), ..one.clone() };
        let remedy = Finding { fix: "请改正后再交".to_owned(), ..one.clone() };
        assert_eq!(causes(&[one, sheet, remedy])[0].messages.len(), 3);
    }
}
