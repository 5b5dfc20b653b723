//! Checks of roster rows: cells in, typed entries and findings out. At most one cause per cell.

use std::collections::HashMap;

use crate::catalogue::Catalogues;
use crate::contest::{Contest, Event};
use crate::entry::{Entry, Field, RawRow};
use crate::finding::{Finding, FindingCode, Place};
use crate::notice::{Material, Notice};
use crate::promotion::{self, Claim};
use crate::rank::Rank;
use crate::row::{Found, Row, Winner};

/// Judges the rows of one roster, one after the other; [`RowChecker::finish`] says what only the whole roster shows.
pub struct RowChecker<'a> {
    pub(crate) notice: &'a Notice,
    pub(crate) catalogues: &'a Catalogues,
    pub(crate) contest: &'a Contest,
    sheet: String,
    file: String,
    /// Whether the fonts can print a character.
    pub(crate) printable: &'a dyn Fn(char) -> bool,
    seen: Seen,
}

/// What earlier rows have shown.
#[derive(Default)]
struct Seen {
    /// Occupations of a person, by document, and their rows.
    people: HashMap<(String, String), Vec<Certified>>,
    /// Places of single competitors.
    places: HashMap<(Standing, u32), Shared>,
    /// Rows of each event.
    winners: HashMap<String, u32>,
    /// Rows of each team.
    teams: HashMap<(Standing, Rank), u32>,
    /// Team rows: how many share the place shows at the end.
    pending: Vec<Pending>,
}

/// Event and 组别.
type Standing = (String, Option<String>);

struct Certified {
    row: u32,
    occupation: String,
    has_level: bool,
}

struct Shared {
    row: u32,
    tied: bool,
}

struct Pending {
    team: (Standing, Rank),
    row: u32,
    level: u8,
    claim: Claim,
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
        let file = notice.file(Material::Roster).to_owned();
        Self { notice, catalogues, contest, sheet: sheet.to_owned(), file, printable, seen: Seen::default() }
    }

    /// The entry, where the row has no error, and whatever there is to say about it: one finding per cell.
    pub fn check(&mut self, raw: &RawRow) -> (Option<Entry>, Vec<Finding>) {
        let mut row = Row { checker: self, raw, found: Found::default() };
        let event = row.event();
        let name = event.as_ref().map(|event| event.name.clone());
        let winner = row.winner(event);
        let mut found = row.found;
        if let Some(name) = name {
            self.count(&name, raw.row, &mut found);
        }
        let Some(winner) = winner.filter(|_| !found.has_error()) else { return (None, found.into_findings()) };
        self.against_others(&winner, &mut found);
        let entry = (!found.has_error()).then_some(winner.entry);
        (entry, found.into_findings())
    }

    /// What only the whole roster shows, once every row was checked: events with fewer rows than winners, and teams
    /// whose declared level is above the promotion table.
    pub fn finish(self) -> Vec<Finding> {
        let fewer = self.contest.events.iter().filter_map(|event| self.fewer(event));
        let teams = self.seen.pending.iter().filter_map(|pending| {
            let team_size = self.seen.teams.get(&pending.team).copied().unwrap_or(1);
            self.above_table(pending.row, pending.level, &Claim { team_size, ..pending.claim.clone() })
        });
        fewer.chain(teams).collect()
    }

    pub(crate) fn place(&self, row: u32, field: Field) -> Place {
        let column = self.notice.roster.position(field).unwrap_or(0);
        Place::cell(&self.file, &self.sheet, row, column)
    }

    /// The name of a level; those above the five have none.
    pub(crate) fn level_name(&self, digit: u8) -> &str {
        self.notice.level_by_digit(digit).map_or("五个等级以外", |level| &level.name)
    }

    /// 六、（二）: the commendation document says how many winners an event has. Said once, at the first row past it.
    fn count(&mut self, event: &str, row: u32, found: &mut Found) {
        let rows = self.seen.winners.entry(event.to_owned()).or_default();
        *rows += 1;
        let winners = self.contest.event(event).and_then(|event| event.winners);
        if winners.is_some_and(|winners| *rows == winners.saturating_add(1)) {
            let message = format!("赛项登记的获奖人数为 {}，从本行起超出", *rows - 1);
            found.add(Finding::new(FindingCode::WinnersExceeded, self.place(row, Field::Event), message));
        }
    }

    fn fewer(&self, event: &Event) -> Option<Finding> {
        let rows = self.seen.winners.get(&event.name).copied().unwrap_or(0);
        let winners = event.winners.filter(|winners| rows < *winners)?;
        let message = format!("赛项“{}”登记获奖 {winners} 人，模板表中 {rows} 人", event.name);
        let place = Place { sheet: Some(self.sheet.clone()), ..Place::file(&self.file) };
        Some(Finding::new(FindingCode::WinnersFewer, place, message))
    }

    /// The row against earlier ones and against the promotion table.
    fn against_others(&mut self, winner: &Winner, found: &mut Found) {
        if let Some(finding) = self.person(&winner.entry) {
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
    fn person(&mut self, entry: &Entry) -> Option<Finding> {
        let place = |field| self.place(entry.row, field);
        let (duplicate, twice) = (place(Field::DocumentNumber), place(Field::Occupation));
        let key = (entry.document_type.clone(), entry.document_number.reveal().to_owned());
        let known = self.seen.people.entry(key).or_default();
        if let Some(first) = known.iter().find(|first| first.occupation == entry.occupation) {
            let message = format!("与第 {} 行是同一选手、同一职业", first.row);
            return Some(Finding::new(FindingCode::RowDuplicate, duplicate, message));
        }
        let other = known.iter().find(|first| first.has_level && entry.level.is_some()).map(|first| first.row);
        known.push(Certified { row: entry.row, occupation: entry.occupation.clone(), has_level: entry.level.is_some() });
        let cap = if self.notice.levels_rule.one_promotion_per_year { "，每人每年只能晋级一次" } else { "" };
        other.map(|row| {
            let message = format!("与第 {row} 行是同一选手，在另一职业也申报等级{cap}");
            Finding::new(FindingCode::PromotionTwice, twice, message)
        })
    }

    /// Two single competitors cannot have the same place, unless both texts say so; a team's members do (G21, G26).
    fn shared_place(&mut self, winner: &Winner) -> Option<Finding> {
        let rank = winner.entry.rank.as_ref().filter(|_| !winner.in_team)?;
        let row = winner.entry.row;
        let cell = self.place(row, Field::Award);
        let place = rank.place?;
        let first = self.seen.places.entry((standing(winner), place)).or_insert(Shared { row, tied: rank.tied });
        if first.row == row || (first.tied && rank.tied) {
            return None;
        }
        let message = format!("与第 {} 行同为第 {place} 名，没有都写明“并列”", first.row);
        Some(Finding::new(FindingCode::RankShared, cell, message))
    }

    /// A level not above the one already held (G20).
    fn held(&self, entry: &Entry, level: u8) -> Option<Finding> {
        let held = entry.prior.as_ref()?.level?;
        if level < held || !self.notice.levels_rule.block_same_or_lower_level {
            return None;
        }
        let message = format!("申报等级不高于原证书等级（{}）；原证书的职业请核对", self.level_name(held));
        Some(Finding::new(FindingCode::LevelHeld, self.place(entry.row, Field::Level), message))
    }

    /// A team's size is known at the end only.
    fn promotion(&mut self, winner: &Winner, level: u8, found: &mut Found) {
        let entry = &winner.entry;
        let Some(rank) = entry.rank.clone() else { return };
        let claim = Claim {
            final_on: self.contest.final_on,
            class: self.contest.class,
            group: winner.group.clone(),
            team_size: 1,
            rank: rank.clone(),
            scores: winner.scores,
            held: entry.prior.as_ref().and_then(|prior| prior.level),
        };
        if winner.in_team {
            let team = (standing(winner), rank);
            *self.seen.teams.entry(team.clone()).or_default() += 1;
            if !found.at(&self.place(entry.row, Field::Level)) {
                self.seen.pending.push(Pending { team, row: entry.row, level, claim });
            }
        } else if let Some(finding) = self.above_table(entry.row, level, &claim) {
            found.add(finding);
        }
    }

    /// Advice, for the notice sets no table: 申报等级 is what the organiser applies for.
    fn above_table(&self, row: u32, level: u8, claim: &Claim) -> Option<Finding> {
        let grant = promotion::grant(&self.notice.promotion, &self.notice.rank, claim)?;
        if grant.level.is_some_and(|given| given <= level) {
            return None;
        }
        let given = grant.level.map_or("理论、技能未都合格，不晋级", |digit| self.level_name(digit));
        let open = grant.rule.unconfirmed.as_ref().map_or(String::new(), |gap| format!("（{gap}，待确认）"));
        let declared = self.level_name(level);
        let message = format!("申报{declared}，高于{}{open}给出的：{given}", grant.rule.regulation);
        Some(Finding::new(FindingCode::LevelAboveTable, self.place(row, Field::Level), message))
    }
}

fn standing(winner: &Winner) -> Standing {
    (winner.entry.event.clone(), winner.group.clone())
}
