//! Rows that the spreadsheet program does not show: hidden, or filtered out. calamine does not tell of them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Cursor};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

/// Runs of hidden rows that are kept; a filter leaves as many as it has gaps.
const MAX_RUNS: usize = 100_000;

/// Rows that are hidden, from 1, as runs in the sheet's order.
#[derive(Debug, Default)]
pub(crate) struct HiddenRows(Vec<(u32, u32)>);

impl HiddenRows {
    /// Those of the sheet of that name in a guarded workbook; none where its part cannot be found.
    pub(crate) fn of(bytes: &[u8], sheet: &str) -> Self {
        let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return Self::default() };
        let Some(part) = sheet_part(&mut archive, sheet) else { return Self::default() };
        let mut rows = Self::default();
        let mut counted = 0;
        each_element(&mut archive, &part, |element| {
            if element.local_name().as_ref() == "row" {
                counted = attribute(element, "r").and_then(|r| r.parse().ok()).unwrap_or(counted + 1);
                if is_hidden(element) {
                    rows.add(counted);
                }
            }
        });
        rows
    }

    fn add(&mut self, row: u32) {
        let full = self.0.len() >= MAX_RUNS;
        match self.0.last_mut() {
            Some((_, to)) if to.checked_add(1) == Some(row) => *to = row,
            _ if full => {}
            _ => self.0.push((row, row)),
        }
    }

    /// Whether a row, from 1, is hidden.
    pub(crate) fn has(&self, row: u32) -> bool {
        let after = self.0.partition_point(|(from, _)| *from <= row);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, to)| row <= *to)
    }
}

/// Hidden by hand or by a filter, or of no height.
fn is_hidden(row: &BytesStart<'_>) -> bool {
    let flag = attribute(row, "hidden").is_some_and(|value| matches!(value.as_str(), "1" | "true" | "on"));
    flag || attribute(row, "ht").and_then(|height| height.parse::<f64>().ok()).is_some_and(|height| height == 0.0)
}

/// The part that holds the sheet of that name: the workbook names a relationship, and that the part.
fn sheet_part(archive: &mut ZipArchive<Cursor<&[u8]>>, sheet: &str) -> Option<String> {
    let names: Vec<String> = archive.file_names().flatten().map(|name| name.into_owned()).collect();
    let folded = |name: &str| name.replace('\\', "/").to_ascii_lowercase();
    let workbook = names.iter().find(|name| folded(name).starts_with("xl/workbook") && folded(name).ends_with(".xml"))?.clone();
    let mut id = None;
    each_element(archive, &workbook, |element| {
        if element.local_name().as_ref() == "sheet" && attribute(element, "name").as_deref() == Some(sheet) {
            id = id.take().or_else(|| attribute(element, "id"));
        }
    });
    let base = folded(&workbook);
    let file = base.rsplit('/').next().unwrap_or_default();
    let relations = names.iter().find(|name| folded(name) == format!("xl/_rels/{file}.rels"))?.clone();
    let mut targets = HashMap::new();
    each_element(archive, &relations, |element| {
        if let (Some(id), Some(target)) = (attribute(element, "Id"), attribute(element, "Target")) {
            targets.entry(id).or_insert(target);
        }
    });
    let target = folded(targets.get(&id?)?);
    let path = target.strip_prefix('/').map_or_else(|| format!("xl/{}", target.trim_start_matches("./")), str::to_owned);
    names.into_iter().find(|name| folded(name) == path)
}

/// Shows every opening tag of a part, as far as it can be read.
fn each_element(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str, mut show: impl FnMut(&BytesStart<'_>)) {
    let Ok(part) = archive.by_name(name) else { return };
    elements(BufReader::new(part), &mut show);
}

fn elements(part: impl BufRead, show: &mut impl FnMut(&BytesStart<'_>)) {
    let mut reader = Reader::from_reader(part);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element) | Event::Empty(element)) => show(&element),
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The value of the attribute of that local name.
fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let own = |attribute: &quick_xml::events::attributes::Attribute<'_>| attribute.key.local_name().as_ref() == name;
    let found = element.attributes().with_checks(false).flatten().find(own)?;
    Some(quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), std::borrow::Cow::into_owned))
}
