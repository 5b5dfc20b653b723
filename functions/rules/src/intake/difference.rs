//! What changed from one hand-in of a roster to the next: rows that came and went, and cells.
//!
//! A row is the same winner's by document number and event, else by name and event, else by its place: a row that was put in above
//! others moves them down and changes none of them.

use std::collections::{HashMap, HashSet};

use crate::intake::entry::Entry;
use crate::intake::photos;
use crate::notice::Notice;
use crate::values::vocabulary::Field;

/// A row that is another than before.
#[derive(Debug, Clone, PartialEq)]
pub struct RowDifference<'e> {
    /// The row as it was; none where it is new.
    pub before: Option<&'e Entry>,
    /// The row as it is; none where it is gone.
    pub after: Option<&'e Entry>,
    /// Its cells that say something else, with what they said and say, numbers of people masked. None where the row came or went.
    pub cells: Vec<CellDifference>,
}

/// A cell that says something else than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellDifference {
    /// Which column.
    pub field: Field,
    /// What it said; empty for nothing.
    pub before: String,
    /// What it says.
    pub after: String,
}

/// The rows of `after` that are others than in `before`, in roster order, and then those that are gone.
pub fn differences<'e>(notice: &Notice, before: &'e [Entry], after: &'e [Entry]) -> Vec<RowDifference<'e>> {
    let pairs = paired(before, after);
    let mut found: Vec<RowDifference<'e>> = Vec::new();
    let mut kept = vec![false; before.len()];
    for (now, pair) in after.iter().zip(pairs) {
        let was = pair.map(|at| {
            kept[at] = true;
            &before[at]
        });
        let cells = was.map_or_else(Vec::new, |was| cells(notice, was, now));
        if was.is_none() || !cells.is_empty() {
            found.push(RowDifference { before: was, after: Some(now), cells });
        }
    }
    let gone = before.iter().zip(kept).filter(|(_, kept)| !kept).map(|(was, _)| was);
    found.extend(gone.map(|was| RowDifference { before: Some(was), after: None, cells: Vec::new() }));
    found
}

/// The winners of some rosters: known again by document number and event, or by name and event.
#[derive(Debug, Default)]
pub struct KnownWinners {
    keys: HashSet<RowKey>,
}

impl KnownWinners {
    /// With those of a further roster.
    pub fn note(&mut self, roster: &[Entry]) {
        self.keys.extend(roster.iter().flat_map(|entry| [by_number(entry), by_name(entry)]));
    }

    /// Rows of a roster whose winners are none of these.
    pub fn newcomers(&self, roster: &[Entry]) -> Vec<u32> {
        let is_new = |entry: &&Entry| !self.keys.contains(&by_number(entry)) && !self.keys.contains(&by_name(entry));
        roster.iter().filter(is_new).map(|entry| entry.row).collect()
    }
}

/// What a row is known again by.
type RowKey = (String, String);

fn by_number(entry: &Entry) -> RowKey {
    (entry.document_number.reveal().to_owned(), entry.event.clone())
}

fn by_name(entry: &Entry) -> RowKey {
    (entry.name.reveal().to_owned(), entry.event.clone())
}

/// For each row of `after` its place in `before`: each is taken once, by what says most first.
fn paired(before: &[Entry], after: &[Entry]) -> Vec<Option<usize>> {
    let keys: [fn(&Entry) -> RowKey; 3] = [by_number, by_name, |entry| (entry.row.to_string(), String::new())];
    let mut pairs: Vec<Option<usize>> = vec![None; after.len()];
    let mut taken = vec![false; before.len()];
    for key in keys {
        let mut places: HashMap<RowKey, Vec<usize>> = HashMap::new();
        // The last is taken first, so they are put in from behind.
        for (at, entry) in before.iter().enumerate().rev().filter(|(at, _)| !taken[*at]) {
            places.entry(key(entry)).or_default().push(at);
        }
        for (pair, entry) in pairs.iter_mut().zip(after).filter(|(pair, _)| pair.is_none()) {
            *pair = places.get_mut(&key(entry)).and_then(Vec::pop);
            if let Some(at) = *pair {
                taken[at] = true;
            }
        }
    }
    pairs
}

fn cells(notice: &Notice, before: &Entry, after: &Entry) -> Vec<CellDifference> {
    let (was, is) = (texts(notice, before), texts(notice, after));
    let others = was.into_iter().zip(is).filter(|((_, was), (_, is))| was.plain != is.plain);
    others.map(|((field, was), (_, is))| CellDifference { field, before: was.shown, after: is.shown }).collect()
}

/// What a cell says, and as it is shown.
struct CellText {
    plain: String,
    shown: String,
}

/// What an entry keeps of its row's cells.
fn texts(notice: &Notice, entry: &Entry) -> [(Field, CellText); 15] {
    let open = |plain: &str| CellText { plain: plain.to_owned(), shown: plain.to_owned() };
    let masked = |plain: &str| CellText { plain: plain.to_owned(), shown: notice.mask.of(plain) };
    let level = |digit: Option<u8>| digit.and_then(|digit| notice.level_by_digit(digit)).map_or("", |level| &level.name);
    let prior = entry.prior.as_ref();
    let number = prior.and_then(|prior| prior.number.as_ref()).map_or("", |number| number.reveal());
    let photo = entry.photo.as_deref().unwrap_or_default();
    [
        (Field::Name, open(entry.name.reveal())),
        (Field::Gender, open(entry.gender.word())),
        (Field::DocumentType, open(&entry.document_type)),
        (Field::DocumentNumber, masked(entry.document_number.reveal())),
        (Field::Phone, masked(&entry.phone)),
        (Field::Employer, open(&entry.employer)),
        (Field::Occupation, open(&entry.occupation)),
        (Field::OccupationCode, open(&entry.occupation_code)),
        (Field::Job, open(entry.job.as_deref().unwrap_or_default())),
        (Field::Level, open(level(entry.level))),
        (Field::Event, open(&entry.event)),
        (Field::Award, open(&entry.award)),
        (Field::PriorLevel, open(level(prior.and_then(|prior| prior.level)))),
        (Field::PriorNumber, masked(number)),
        (Field::Photo, CellText { plain: photo.to_owned(), shown: photos::shown(photo) }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(row: u32, name: &str, number: &str, award: &str) -> Entry {
        let value = serde_json::json!({
            "row": row, "name": name, "gender": "男", "document_type": "护照", "document_kind": "chinese_passport",
            "document_number": number, "phone": "10000000001", "employer": "样例公司", "occupation": "车工",
            "occupation_code": "6-18-01-01", "level": 3, "event": "车工", "award": award,
        });
        serde_json::from_value(value).expect("an entry")
    }

    /// The row as it was and as it is, and its cells.
    type Told = (Option<u32>, Option<u32>, Vec<(Field, String, String)>);

    fn told(before: &[Entry], after: &[Entry]) -> Vec<Told> {
        let notices = crate::notice::Notices::built_in().expect("notices");
        let row = |entry: Option<&Entry>| entry.map(|entry| entry.row);
        let cells = |cells: Vec<CellDifference>| cells.into_iter().map(|cell| (cell.field, cell.before, cell.after)).collect();
        let all = differences(notices.general(), before, after).into_iter();
        all.map(|one| (row(one.before), row(one.after), cells(one.cells))).collect()
    }

    #[test]
    fn a_row_put_in_above_others_changes_none_of_them() {
        let before = [entry(2, "张测试", "E12345678", "一等奖"), entry(3, "李测试", "E12345679", "二等奖")];
        let after = [
            entry(2, "王测试", "E12345670", "一等奖"),
            entry(3, "张测试", "E12345678", "一等奖"),
            entry(4, "李测试", "E12345679", "三等奖"),
        ];
        let award = (Field::Award, "二等奖".to_owned(), "三等奖".to_owned());
        assert_eq!(told(&before, &after), [(None, Some(2), vec![]), (Some(3), Some(4), vec![award])]);
        assert_eq!(told(&after, &after), []);
    }

    #[test]
    fn a_newcomer_has_neither_the_number_nor_the_name_of_anybody_known() {
        let mut known = KnownWinners::default();
        known.note(&[entry(2, "张测试", "E12345678", "一等奖")]);
        known.note(&[entry(2, "李测试", "E12345679", "二等奖")]);
        let roster = [
            entry(2, "张测试", "E12345600", "一等奖"),
            entry(3, "李实测", "E12345679", "二等奖"),
            entry(4, "王测试", "E12345601", "三等奖"),
        ];
        assert_eq!(known.newcomers(&roster), [4]);
        let elsewhere = Entry { event: "钳工".to_owned(), ..roster[0].clone() };
        assert_eq!(known.newcomers(&[elsewhere]), [2], "in another event it is another award");
    }

    #[test]
    fn a_number_put_right_is_a_masked_cell_and_not_another_winner() {
        let before = [entry(2, "张测试", "E12345678", "一等奖"), entry(3, "李测试", "E12345679", "二等奖")];
        let after = [entry(2, "张测试", "E12345677", "一等奖")];
        let told = told(&before, &after);
        assert_eq!(told[1], (Some(3), None, vec![]), "the other one is gone");
        let (field, was, is) = told[0].2[0].clone();
        assert_eq!((told[0].0, told[0].1, field), (Some(2), Some(2), Field::DocumentNumber));
        assert!(was.ends_with("78") && is.ends_with("77") && !was.contains("E123") && !is.contains("E123"), "{was} {is}");
    }

    #[test]
    fn a_name_put_right_stays_by_its_number_and_a_new_winner_takes_a_place() {
        let before = [entry(2, "张测试", "E12345678", "一等奖"), entry(3, "李测试", "E12345679", "二等奖")];
        let after = [entry(2, "张侧试", "E12345678", "一等奖"), entry(3, "赵测试", "E12345671", "二等奖")];
        let told = told(&before, &after);
        assert_eq!((told[0].0, told[0].1, told[0].2.len()), (Some(2), Some(2), 1));
        assert_eq!((told[1].0, told[1].1), (Some(3), Some(3)), "by its place: another person in the same row");
    }
}
