//! What rows are judged against: the notice, the catalogues, the contest and the sheet they stand in.

use std::collections::HashMap;

use crate::catalogue::Catalogues;
use crate::intake::contest::{Contest, Event};
use crate::intake::rank::RankReader;
use crate::notice::{Column, Notice};
use crate::values::finding::Place;
use crate::values::folding;
use crate::values::vocabulary::{Field, Material};

/// What rows are judged against.
pub(crate) struct CheckContext<'a> {
    pub(crate) notice: &'a Notice,
    pub(crate) catalogues: &'a Catalogues,
    pub(crate) contest: &'a Contest,
    pub(crate) sheet: String,
    pub(crate) file: String,
    /// Whether the fonts can print a character.
    pub(crate) printable: &'a dyn Fn(char) -> bool,
    /// Where each field stands, in the order of [`Field::ALL`].
    columns: Vec<Option<(u16, &'a Column)>>,
    /// The contest's events, in its order.
    events: Vec<Listed<'a>>,
    pub(crate) ranks: RankReader<'a>,
}

/// An event of the contest and what is looked up for it, once and not for each row.
#[derive(Clone, Copy)]
pub(crate) struct Listed<'a> {
    pub(crate) event: &'a Event,
    /// Its place among the contest's events, from 0.
    pub(crate) number: u32,
    /// That of the first event with the same occupation.
    pub(crate) occupation: u32,
    /// The occupation's own levels, where they are known.
    pub(crate) levels: Option<&'a [u8]>,
}

impl<'a> CheckContext<'a> {
    pub(crate) fn new(
        notice: &'a Notice,
        catalogues: &'a Catalogues,
        contest: &'a Contest,
        sheet: &str,
        printable: &'a dyn Fn(char) -> bool,
    ) -> Self {
        Self {
            notice,
            catalogues,
            contest,
            sheet: sheet.to_owned(),
            file: notice.file(Material::Roster).to_owned(),
            printable,
            columns: columns(notice),
            events: events(contest, catalogues),
            ranks: RankReader::new(&notice.rank),
        }
    }

    /// The column of a field and where it stands.
    pub(crate) fn column(&self, field: Field) -> Option<(u16, &'a Column)> {
        self.columns.get(field as usize).copied().flatten()
    }

    /// The event of that name, or of one that looks the same.
    pub(crate) fn listed(&self, name: &str) -> Option<Listed<'a>> {
        let same = || self.events.iter().find(|listed| listed.event.name == name);
        same().or_else(|| self.events.iter().find(|listed| folding::alike(&listed.event.name, name))).copied()
    }

    /// The cell of a field.
    pub(crate) fn place(&self, row: u32, field: Field) -> Place {
        let column = self.column(field).map_or(0, |(at, _)| at);
        Place::cell(&self.file, &self.sheet, row, column)
    }

    /// The name of a level; those above the five have none.
    pub(crate) fn level_name(&self, digit: u8) -> &'a str {
        self.notice.level_name(digit)
    }
}

fn columns(notice: &Notice) -> Vec<Option<(u16, &Column)>> {
    let column = |field: &Field| (0..).zip(&notice.roster.columns).find(|(_, column)| column.field == *field);
    Field::ALL.iter().map(column).collect()
}

fn events<'a>(contest: &'a Contest, catalogues: &'a Catalogues) -> Vec<Listed<'a>> {
    let mut occupations: HashMap<&str, u32> = HashMap::new();
    let listed = (0..).zip(&contest.events).map(|(number, event)| Listed {
        event,
        number,
        occupation: *occupations.entry(&event.occupation).or_insert(number),
        levels: catalogues.occupations.occupation_levels(&event.occupation_code),
    });
    listed.collect()
}
