//! Checks of roster rows: cells in, typed entries and findings out. At most one cause per cell.

use std::collections::{HashMap, hash_map};
use std::hash::{BuildHasher, Hash, RandomState};

use crate::catalogue::Catalogues;
use crate::intake::contest::{Contest, Event};
use crate::intake::context::{CheckContext, Listed};
use crate::intake::entry::{Entry, RawRow};
use crate::intake::promotion::{self, Claim};
use crate::intake::row::{Found, Row, Winner};
use crate::intake::stray::{Stray, label, stray};
use crate::notice::Notice;
use crate::values::finding::{Finding, FindingCode, Place, Severity};
use crate::values::rank::Rank;
use crate::values::vocabulary::Field;

/// Judges the rows of one roster, one after the other; [`RowChecker::finish`] says what only the whole roster shows.
pub struct RowChecker<'a> {
    context: CheckContext<'a>,
    earlier: EarlierRows<'a>,
}

/// What earlier rows have shown. Nothing of it holds a text of a row: a roster has up to tens of thousands of them.
#[derive(Default)]
struct EarlierRows<'a> {
    people: People,
    /// Places of single competitors.
    places: HashMap<(Standing, u32), Shared>,
    /// Rows of each event, by its number.
    winners: HashMap<u32, u32>,
    /// Rows with the same phone number, by a key of it.
    phones: HashMap<u128, u32>,
    /// Winners with an award of the first place alone.
    first_awards: HashMap<Standing, u32>,
    /// Where each team stands in `teams`, by its key.
    team_numbers: HashMap<u128, usize>,
    teams: Vec<Team<'a>>,
    /// Rows that are a winner's, however many of their cells are wrong.
    judged: u32,
    strays: Strays,
    /// Team rows: how many share the place shows at the end.
    pending: Vec<Pending>,
}

/// Rows that are no winner's: the first few, and how many there are.
#[derive(Default)]
struct Strays {
    first: Vec<StrayRow>,
    count: u32,
}

struct StrayRow {
    place: Place,
    row: u32,
    kind: Stray,
    label: Option<String>,
}

/// Of them, those that a message names.
const STRAYS_NAMED: usize = 10;

impl Strays {
    fn add(&mut self, row: StrayRow) {
        self.count += 1;
        if self.first.len() < STRAYS_NAMED {
            self.first.push(row);
        }
    }

    /// Whether all of them are as the system fills rows in itself.
    fn are_begun(&self) -> bool {
        self.first.iter().all(|row| row.kind == Stray::Begun)
    }

    /// One finding for all of them.
    fn finding(self) -> Option<Finding> {
        let place = self.first.first()?.place.clone();
        let rows =
            |kind: Stray| -> Vec<String> { self.first.iter().filter(|row| row.kind == kind).map(|row| row.row.to_string()).collect() };
        let labels: Vec<String> = self.first.iter().filter_map(|row| row.label.as_ref()).map(|label| format!("“{label}”")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("（{}）", labels.concat()) };
        let said = |rows: Vec<String>, what: String| (!rows.is_empty()).then(|| format!("第 {} 行{what}", rows.join("、")));
        let parts = [
            said(rows(Stray::Header), "又是表头".to_owned()),
            said(rows(Stray::Note), format!("是备注、填表人、合计一类的内容{labels}")),
            said(rows(Stray::Begun), "只有大赛信息、序号或公式，没有选手".to_owned()),
        ];
        let more = if self.count as usize > STRAYS_NAMED { format!("，这样的行共 {} 行", self.count) } else { String::new() };
        let message = format!("{}{more}；没有作为选手办理", parts.into_iter().flatten().collect::<Vec<_>>().join("；"));
        Some(Finding::new(FindingCode::RowStray, place, message))
    }
}

/// Event, by its number, and 组别, by its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Standing {
    event: u32,
    group: Option<u16>,
}

/// Two keyed hashes of 64 bits stand for a longer key: among 50,000 rows, two different ones meet with a probability of 10⁻²⁹, and
/// nobody can make them meet without the keys, which are new for each roster.
#[derive(Default)]
struct Keys([RandomState; 2]);

impl Keys {
    fn of(&self, value: &impl Hash) -> u128 {
        self.0.iter().fold(0, |key, hasher| key << 64 | u128::from(hasher.hash_one(value)))
    }
}

/// Occupations of each person, by a key of the document.
#[derive(Default)]
struct People {
    keys: Keys,
    first: HashMap<u128, Certified>,
    /// Those that a person has beyond the first: few have any.
    more: HashMap<u128, Vec<Certified>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Certified {
    row: u32,
    occupation: u32,
    has_level: bool,
}

/// What an earlier row has to do with a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Earlier {
    /// It is the same person with the same occupation.
    Same(u32),
    /// It is the same person with another occupation, and both rows ask for a level.
    Other(u32),
}

impl People {
    /// The earlier row that matters, if any; a row that is no duplicate is kept.
    fn add(&mut self, document_type: &str, number: &str, row: Certified) -> Option<Earlier> {
        let key = self.keys.of(&(document_type, number));
        let first = match self.first.entry(key) {
            hash_map::Entry::Vacant(free) => {
                free.insert(row);
                return None;
            }
            hash_map::Entry::Occupied(first) => *first.get(),
        };
        let more = self.more.entry(key).or_default();
        let known = || std::iter::once(&first).chain(&*more);
        if let Some(same) = known().find(|known| known.occupation == row.occupation) {
            return Some(Earlier::Same(same.row));
        }
        let other = known().find(|known| known.has_level && row.has_level).map(|known| Earlier::Other(known.row));
        more.push(row);
        other
    }
}

#[derive(Clone, Copy)]
struct Shared {
    row: u32,
    tied: bool,
}

/// Those who share a rank.
struct Team<'a> {
    size: u32,
    group: Option<&'a str>,
    rank: Rank,
}

struct Pending {
    /// Its place among the teams.
    team: usize,
    row: u32,
    level: u8,
    held: Option<u8>,
    scores: [Option<f64>; 2],
}

impl<'a> RowChecker<'a> {
    /// A checker for the sheet named `sheet` of the roster of `contest`.
    pub fn new(
        notice: &'a Notice,
        catalogues: &'a Catalogues,
        contest: &'a Contest,
        sheet: &str,
        printable: &'a dyn Fn(char) -> bool,
    ) -> Self {
        Self { context: CheckContext::new(notice, catalogues, contest, sheet, printable), earlier: EarlierRows::default() }
    }

    /// The entry, where the row has no error, and whatever there is to say about it: one finding per cell.
    pub fn check(&mut self, raw: &RawRow) -> (Option<Entry>, Vec<Finding>) {
        let mut row = Row { context: &self.context, raw, found: Found::default() };
        match stray(&self.context.notice.roster, raw) {
            None => {}
            Some(Stray::Sparse) => {
                self.earlier.judged += 1;
                return (None, vec![row.sparse()]);
            }
            Some(kind) => {
                self.pass_over(raw, kind);
                return (None, Vec::new());
            }
        }
        self.earlier.judged += 1;
        let event = row.event();
        let winner = row.winner(event);
        let (is_example, may_be_one) = (row.is_an_example(), row.has_a_name_of_examples());
        let mut found = row.found;
        if is_example && found.has_error() {
            return (None, vec![self.example_left(raw.row, found)]);
        }
        if is_example || may_be_one {
            // One character alone is odd because it is an example.
            found.add_first(Finding::new(
                FindingCode::RowExample,
                self.context.place(raw.row, Field::Name),
                "姓名或证件号码是示例用的，或写明是示例",
            ));
        }
        if let Some(event) = event {
            self.count(event, raw.row, &mut found);
        }
        let Some(winner) = winner.filter(|_| !found.has_error()) else { return (None, found.into_findings()) };
        self.plausible(&winner, &mut found);
        self.against_others(&winner, &mut found);
        let entry = (!found.has_error()).then_some(winner.entry);
        (entry, found.into_findings())
    }

    /// What only the whole roster shows, once every row was checked: events with fewer rows than winners, and teams
    /// whose declared level is above the promotion table.
    pub fn finish(mut self) -> Vec<Finding> {
        let strays = std::mem::take(&mut self.earlier.strays);
        let nobody = (strays.count > 0 && self.earlier.judged == 0).then(|| {
            let place = Place { sheet: Some(self.context.sheet.clone()), ..Place::file(&self.context.file) };
            Finding::new(FindingCode::RowsNone, place, "没有填写任何选手")
        });
        // Where nothing was filled in, that is what is said.
        let strays = if nobody.is_some() && strays.are_begun() { None } else { strays.finding() };
        let fewer = self.context.contest.events.iter().filter_map(|event| self.fewer(event));
        let teams = self.earlier.pending.iter().filter_map(|pending| self.team_above_table(pending));
        strays.into_iter().chain(nobody).chain(fewer).chain(teams).collect()
    }

    /// Rows so far that are a winner's, however many of their cells are wrong.
    pub fn judged(&self) -> u32 {
        self.earlier.judged
    }

    fn pass_over(&mut self, raw: &RawRow, kind: Stray) {
        let first = (0_u16..).zip(&raw.cells).find(|(_, cell)| !cell.is_blank());
        let Some((at, cell)) = first else { return };
        let place = Place::cell(&self.context.file, &self.context.sheet, raw.row, at);
        self.earlier.strays.add(StrayRow { place, row: raw.row, kind, label: label(cell).filter(|_| kind == Stray::Note) });
    }

    /// The cell of a field.
    pub fn place(&self, row: u32, field: Field) -> Place {
        self.context.place(row, field)
    }

    /// 六、（二）: the commendation document says how many winners an event has. Said once, at the first row past it.
    fn count(&mut self, listed: Listed<'_>, row: u32, found: &mut Found) {
        let rows = self.earlier.winners.entry(listed.number).or_default();
        *rows += 1;
        if listed.event.winners.is_some_and(|winners| *rows == winners.saturating_add(1)) {
            let message = format!("赛项登记的获奖人数为 {}，从本行起超出", *rows - 1);
            found.add(Finding::new(FindingCode::WinnersExceeded, self.context.place(row, Field::Event), message));
        }
    }

    fn fewer(&self, event: &Event) -> Option<Finding> {
        let rows = self.context.listed(&event.name).and_then(|listed| self.earlier.winners.get(&listed.number)).copied().unwrap_or(0);
        let winners = event.winners.filter(|winners| rows < *winners)?;
        let message = format!("赛项“{}”登记获奖 {winners} 人，模板表中 {rows} 人", event.name);
        let place = Place { sheet: Some(self.context.sheet.clone()), ..Place::file(&self.context.file) };
        Some(Finding::new(FindingCode::WinnersFewer, place, message))
    }

    /// An example that was left in, with mistakes in it: they are not told one by one.
    fn example_left(&self, row: u32, found: Found) -> Finding {
        let wrong = found.into_findings().iter().filter(|finding| finding.is_error()).count();
        let message = format!("这一行是示例，另有 {wrong} 处不合要求；请删去这一行");
        let place = self.context.place(row, Field::Name);
        Finding { severity: Severity::Error, ..Finding::new(FindingCode::RowExample, place, message) }
    }

    /// What may be right and seldom is: each is said once, and lets the row pass with a reason.
    fn plausible(&mut self, winner: &Winner<'a>, found: &mut Found) {
        let (entry, profile) = (&winner.entry, &self.context.notice.roster);
        let phones = self.earlier.phones.entry(self.earlier.people.keys.of(&entry.phone)).or_default();
        *phones += 1;
        if *phones == profile.shared_phones.saturating_add(1) {
            let message = format!("从本行起，同一手机号码已用于 {phones} 名以上选手");
            found.add(Finding::new(FindingCode::PhoneShared, self.context.place(entry.row, Field::Phone), message));
        }
        let rules = &self.context.notice.rank;
        let first = |rank: &&Rank| rank.place.is_none() && !rank.tied && rank.best_place(rules) == Some(1);
        if winner.in_team || entry.rank.as_ref().filter(first).is_none() {
            return;
        }
        let standing = self.standing(winner);
        let count = self.earlier.first_awards.entry(standing).or_default();
        *count += 1;
        if *count == rules.first_awards.saturating_add(1) {
            let message =
                format!("从本行起，赛项“{}”的“{}”一级奖项已超过 {} 个，没有写明名次或“并列”", entry.event, entry.award, *count - 1);
            found.add(Finding::new(FindingCode::FirstAwards, self.context.place(entry.row, Field::Award), message));
        }
    }

    /// The row against earlier ones and against the promotion table.
    fn against_others(&mut self, winner: &Winner<'a>, found: &mut Found) {
        if let Some(finding) = self.person(winner) {
            found.add(finding);
        }
        if found.has_error() {
            return;
        }
        if let Some(finding) = self.shared_place(winner) {
            found.add(finding);
        }
        // 一: a specific-ability certificate has no level and promotes nobody.
        let Some(level) = winner.entry.level else { return };
        if let Some(finding) = self.held(&winner.entry, level) {
            found.add(finding);
        }
        self.promotion(winner, level, found);
    }

    /// The same person before: with the same occupation an error, with another one advice (G20).
    fn person(&mut self, winner: &Winner<'_>) -> Option<Finding> {
        let entry = &winner.entry;
        let row = Certified { row: entry.row, occupation: winner.event.occupation, has_level: entry.level.is_some() };
        match self.earlier.people.add(&entry.document_type, entry.document_number.reveal(), row)? {
            Earlier::Same(first) => {
                let message = format!("与第 {first} 行是同一选手、同一职业");
                Some(Finding::new(FindingCode::RowDuplicate, self.context.place(entry.row, Field::DocumentNumber), message))
            }
            Earlier::Other(first) => {
                let cap = if self.context.notice.levels_rule.one_promotion_per_year { "，每人每年只能晋级一次" } else { "" };
                let message = format!("与第 {first} 行是同一选手，在另一职业也申报等级{cap}");
                Some(Finding::new(FindingCode::PromotionTwice, self.context.place(entry.row, Field::Occupation), message))
            }
        }
    }

    /// Two single competitors cannot have the same place, unless both texts say so; a team's members do (G21, G26).
    fn shared_place(&mut self, winner: &Winner<'_>) -> Option<Finding> {
        let rank = winner.entry.rank.as_ref().filter(|_| !winner.in_team)?;
        let row = winner.entry.row;
        let place = rank.place?;
        let standing = self.standing(winner);
        let first = *self.earlier.places.entry((standing, place)).or_insert(Shared { row, tied: rank.tied });
        if first.row == row || (first.tied && rank.tied) {
            return None;
        }
        let message = format!("与第 {} 行同为第 {place} 名，没有都写明“并列”", first.row);
        Some(Finding::new(FindingCode::RankShared, self.context.place(row, Field::Award), message))
    }

    /// A level not above the one already held (G20).
    fn held(&self, entry: &Entry, level: u8) -> Option<Finding> {
        let message = promotion::not_above_held(self.context.notice, entry, level)?;
        Some(Finding::new(FindingCode::LevelHeld, self.context.place(entry.row, Field::Level), message))
    }

    /// A team's size is known at the end only.
    fn promotion(&mut self, winner: &Winner<'a>, level: u8, found: &mut Found) {
        let entry = &winner.entry;
        let Some(rank) = &entry.rank else { return };
        let held = entry.prior.as_ref().and_then(|prior| prior.level);
        if winner.in_team {
            let team = self.team(winner, rank);
            if !found.at(&self.context.place(entry.row, Field::Level)) {
                self.earlier.pending.push(Pending { team, row: entry.row, level, held, scores: winner.scores });
            }
            return;
        }
        let claim = self.claim(winner.group, rank, winner.scores, held);
        if let Some(finding) = self.above_table(entry.row, level, &claim) {
            found.add(finding);
        }
    }

    /// Counts a row of the team that has this rank.
    fn team(&mut self, winner: &Winner<'a>, rank: &Rank) -> usize {
        let key = self.earlier.people.keys.of(&(self.standing(winner), rank));
        let teams = &mut self.earlier.teams;
        let number = *self.earlier.team_numbers.entry(key).or_insert_with(|| {
            teams.push(Team { size: 0, group: winner.group, rank: rank.clone() });
            teams.len() - 1
        });
        teams[number].size += 1;
        number
    }

    fn team_above_table(&self, pending: &Pending) -> Option<Finding> {
        let team = self.earlier.teams.get(pending.team)?;
        let claim = self.claim(team.group, &team.rank, pending.scores, pending.held);
        self.above_table(pending.row, pending.level, &Claim { team_size: team.size, ..claim })
    }

    /// What the promotion table is asked for a single competitor.
    fn claim<'c>(&self, group: Option<&'c str>, rank: &'c Rank, scores: [Option<f64>; 2], held: Option<u8>) -> Claim<'c>
    where
        'a: 'c,
    {
        let (final_on, class) = (self.context.contest.final_on, &self.context.contest.class);
        Claim { final_on, class, group, team_size: 1, rank, scores, held }
    }

    /// Advice, for the notice sets no table: 申报等级 is what the organiser applies for.
    fn above_table(&self, row: u32, level: u8, claim: &Claim<'_>) -> Option<Finding> {
        let message = promotion::above_table(self.context.notice, level, claim)?;
        Some(Finding::new(FindingCode::LevelAboveTable, self.context.place(row, Field::Level), message))
    }

    fn standing(&self, winner: &Winner<'_>) -> Standing {
        let choices = self.context.column(Field::Group).map_or(&[][..], |(_, column)| &column.choices);
        let place = |word: &str| (0..).zip(choices).find(|(_, choice)| *choice == word).map(|(at, _)| at);
        Standing { event: winner.event.number, group: winner.group.and_then(place) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Document type, number, occupation, whether a level is asked for.
    type Line = (String, String, u32, bool);

    /// The same with whole texts, and by looking at every earlier row.
    fn naive(kept: &mut Vec<(u32, Line)>, row: u32, line: &Line) -> Option<Earlier> {
        let own = || kept.iter().filter(|(_, known)| (&known.0, &known.1) == (&line.0, &line.1));
        if let Some((first, _)) = own().find(|(_, known)| known.2 == line.2) {
            return Some(Earlier::Same(*first));
        }
        let other = own().find(|(_, known)| known.3 && line.3).map(|(first, _)| Earlier::Other(*first));
        kept.push((row, line.clone()));
        other
    }

    fn lines() -> impl Strategy<Value = Vec<Line>> {
        proptest::collection::vec(("[ab]{0,2}", "[ab]{0,2}", 0u32..4, any::<bool>()), 0..60)
    }

    proptest! {
        #[test]
        fn hashed_keys_find_what_whole_texts_find(lines in lines()) {
            let (mut people, mut kept) = (People::default(), Vec::new());
            for (row, line) in (2..).zip(&lines) {
                let certified = Certified { row, occupation: line.2, has_level: line.3 };
                prop_assert_eq!(people.add(&line.0, &line.1, certified), naive(&mut kept, row, line));
            }
        }
    }
}
