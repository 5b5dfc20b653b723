//! The parts of a guarded workbook, as its archive has them: what calamine does not tell, and does not write.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Cursor};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

/// The part that holds the sheet of that name: the workbook names a relationship, and that the part.
pub(crate) fn sheet_part(archive: &mut ZipArchive<Cursor<&[u8]>>, sheet: &str) -> Option<String> {
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

/// Pictures that lie over the sheet of that name.
pub(crate) fn pictures(archive: &mut ZipArchive<Cursor<&[u8]>>, sheet: &str) -> usize {
    let Some(part) = sheet_part(archive, sheet) else { return 0 };
    let Some((folder, file)) = part.rsplit_once('/') else { return 0 };
    let relations = format!("{folder}/_rels/{file}.rels");
    let mut drawings: Vec<String> = Vec::new();
    each_element(archive, &relations, |element| {
        let target = attribute(element, "Target").filter(|_| attribute(element, "Type").is_some_and(|kind| kind.ends_with("/drawing")));
        drawings.extend(target.and_then(|target| target.rsplit('/').next().map(|file| format!("xl/drawings/{file}"))));
    });
    let mut count = 0;
    for drawing in drawings {
        each_element(archive, &drawing, |element| count += usize::from(element.local_name().as_ref() == "pic"));
    }
    count
}

/// Whether a number format of the workbook fills numbers up with zeros (`00000`): what a cell shows is not what it holds.
pub(crate) fn fills_with_zeros(archive: &mut ZipArchive<Cursor<&[u8]>>) -> bool {
    let mut fills = false;
    each_element(archive, "xl/styles.xml", |element| {
        let format = (element.local_name().as_ref() == "numFmt").then(|| attribute(element, "formatCode")).flatten();
        fills |= format.is_some_and(|format| format.trim_start_matches(['"', '\\']).starts_with("00"));
    });
    fills
}

/// Shows every opening tag of a part, as far as it can be read.
pub(crate) fn each_element(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str, mut show: impl FnMut(&BytesStart<'_>)) {
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
pub(crate) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let own = |attribute: &quick_xml::events::attributes::Attribute<'_>| attribute.key.local_name().as_ref() == name;
    let found = element.attributes().with_checks(false).flatten().find(own)?;
    Some(quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), std::borrow::Cow::into_owned))
}
