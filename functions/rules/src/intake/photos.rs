//! Whose photo is whose: the files of the archive against the rows of the roster (三、（一）).

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::intake::entry::Entry;
use crate::notice::{Notice, PhotoNeed};
use crate::values::finding::{Finding, FindingCode, Place};
use crate::values::vocabulary::{Field, Material};

/// Findings of each kind that are listed one by one.
const MAX_LISTED: usize = 1000;

/// A file of the archive. Its name is often an ID number: no message ever holds it.
#[derive(Clone, Serialize, Deserialize)]
pub struct PhotoFile {
    /// Place in the archive, from 0, folders included.
    pub index: usize,
    /// Name in the archive, with its folders.
    pub name: String,
}

impl std::fmt::Debug for PhotoFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhotoFile").field("index", &self.index).finish_non_exhaustive()
    }
}

/// Where each file of an archive stands, by its name without folders, whatever its case.
#[derive(Default)]
pub struct PhotoNames(HashMap<String, usize>);

impl PhotoNames {
    /// Of two files with one name the later counts.
    pub fn new<'n>(files: impl IntoIterator<Item = (usize, &'n str)>) -> Self {
        let named = files.into_iter().map(|(index, name)| (base(name).to_ascii_lowercase(), index));
        // A folder's own entry ends in a separator: nobody's photo, not even that of a row which names the folder.
        Self(named.filter(|(name, _)| !name.is_empty()).collect())
    }

    /// The place of a winner's photo: the file that the roster names, or the one named by the document number.
    pub fn of(&self, entry: &Entry) -> Option<usize> {
        let number = entry.document_number.reveal().to_ascii_lowercase();
        let named = entry.photo.as_ref().map(|photo| base(photo).to_ascii_lowercase()).filter(|name| !name.is_empty());
        let with = |stem: &String| ["", ".jpg", ".jpeg", ".png"].iter().find_map(|end| self.0.get(&format!("{stem}{end}")).copied());
        named.iter().chain([&number]).find_map(with)
    }
}

fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Rows without a photo, and photos that belong to no row. `sheet` is the name of the roster's sheet.
pub fn compare(notice: &Notice, sheet: &str, entries: &[Entry], files: &[PhotoFile]) -> Vec<Finding> {
    let names = PhotoNames::new(files.iter().map(|file| (file.index, file.name.as_str())));
    let found: Vec<(&Entry, Option<usize>)> = entries.iter().map(|entry| (entry, names.of(entry))).collect();
    let used: HashSet<usize> = found.iter().filter_map(|(_, index)| *index).collect();
    let missing: Vec<&Entry> = found.into_iter().filter(|(_, index)| index.is_none()).map(|(entry, _)| entry).collect();
    let unmatched: Vec<&PhotoFile> = files.iter().filter(|file| !used.contains(&file.index)).collect();
    let why = |entry: &Entry| match entry.photo {
        Some(_) => "压缩包中没有“照片文件名”所写的照片，也没有以证件号码命名的照片",
        None => "压缩包中没有以证件号码命名的照片",
    };
    let mut findings: Vec<Finding> = missing.iter().take(MAX_LISTED).map(|entry| without(notice, sheet, entry.row, why(entry))).collect();
    findings.extend(more(missing.len(), notice.file(Material::Roster), FindingCode::PhotoMissing, "行没有照片"));
    let file = notice.file(Material::Photos);
    let no_row = |photo: &&PhotoFile| {
        let message = format!("压缩包内第 {} 个文件（{}）与模板表的任何一行都对不上", photo.index + 1, masked(&photo.name));
        Finding::new(FindingCode::PhotoUnmatched, Place::file(file), message)
    };
    findings.extend(unmatched.iter().take(MAX_LISTED).map(no_row));
    findings.extend(more(unmatched.len(), file, FindingCode::PhotoUnmatched, "张照片与任何一行都对不上"));
    findings
}

/// A row without a photo.
fn without(notice: &Notice, sheet: &str, row: u32, why: &str) -> Finding {
    Finding::new(FindingCode::PhotoMissing, place(notice, sheet, row), why)
}

/// The cell where a row names its photo.
fn place(notice: &Notice, sheet: &str, row: u32) -> Place {
    let column = notice.roster.position(Field::Photo).unwrap_or_default();
    Place::cell(notice.file(Material::Roster), sheet, row, column)
}

/// A certificate whose photo was found good when it was handed in, and could not be read when it was issued.
pub fn unreadable(notice: &Notice, row: u32) -> Finding {
    let place = place(notice, &notice.roster.sheet, row);
    Finding::new(FindingCode::PhotoUnreadable, place, "颁证时照片无法读出，证书照片栏留空")
}

fn more(count: usize, file: &str, code: FindingCode, what: &str) -> Option<Finding> {
    let rest = count.checked_sub(MAX_LISTED).filter(|rest| *rest > 0)?;
    Some(Finding::new(code, Place::file(file), format!("另有 {rest} {what}")))
}

/// What may be said of a file's name: how long it is, and its kind.
fn masked(name: &str) -> String {
    let name = base(name);
    let (stem, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    let kind = if kind.len() <= 4 && kind.chars().all(|c| c.is_ascii_alphanumeric()) { kind } else { "" };
    let count = stem.chars().count();
    let what = if count >= 6 && stem.chars().filter(char::is_ascii_digit).count() + 1 >= count { "位号码" } else { "个字" };
    let kind = if kind.is_empty() { String::new() } else { format!("，.{}", kind.to_ascii_lowercase()) };
    format!("文件名为 {count} {what}{kind}")
}

/// A row of a print run without a photo, as the notice takes it; `sheet` as in [`compare`].
pub fn unprinted(notice: &Notice, sheet: &str, row: u32) -> Finding {
    let unconfirmed = notice.photo.unconfirmed.as_ref().map_or_else(String::new, |gap| format!("（待确认 {gap}）"));
    let why = match notice.photo.before_printing {
        PhotoNeed::Required => format!("没有照片，不能打印{unconfirmed}"),
        PhotoNeed::Reason | PhotoNeed::Optional => format!("没有照片，须写明理由才能打印{unconfirmed}"),
    };
    without(notice, sheet, row, &why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Notices;
    use crate::values::identity::{DocumentKind, DocumentNumber, Gender};
    use crate::values::name::PersonName;

    /// The published specimen of GB 11643.
    const NUMBER: &str = "11010519491231002X";

    fn entry(row: u32, photo: Option<&str>) -> Entry {
        Entry {
            row,
            name: PersonName::parse("张测试").expect("a name").0,
            gender: Gender::Female,
            document_type: "居民身份证".to_owned(),
            document_kind: crate::values::identity::DocumentKind::Resident,
            document_number: DocumentNumber::parse(DocumentKind::Resident, NUMBER).expect("the specimen"),
            phone: "13800000000".to_owned(),
            employer: "样例公司".to_owned(),
            occupation: "车工".to_owned(),
            occupation_code: "6-18-01-01".to_owned(),
            job: None,
            level: Some(3),
            event: "数控车".to_owned(),
            award: "金奖".to_owned(),
            rank: None,
            prior: None,
            photo: photo.map(str::to_owned),
            by_hand: false,
        }
    }

    fn files(names: &[&str]) -> Vec<PhotoFile> {
        names.iter().enumerate().map(|(index, name)| PhotoFile { index, name: (*name).to_owned() }).collect()
    }

    fn compared(entries: &[Entry], names: &[&str]) -> Vec<Finding> {
        let notices = Notices::built_in().expect("notices");
        compare(notices.general(), "选手信息", entries, &files(names))
    }

    #[test]
    fn a_photo_is_named_in_the_roster_or_by_the_document_number() {
        for name in ["11010519491231002x.JPG", "photos/11010519491231002X.png", "一\\11010519491231002X.jpeg"] {
            assert_eq!(compared(&[entry(2, None)], &[name]), []);
        }
        for photo in ["a.jpg", "A", "folder/a.jpg"] {
            assert_eq!(compared(&[entry(2, Some(photo))], &["photos/a.jpg"]), [], "{photo}");
        }
    }

    #[test]
    fn a_folder_is_nobodys_photo() {
        for photo in ["照片/", "照片\\", "/"] {
            let found = compared(&[entry(2, Some(photo))], &["照片/", "a/"]);
            assert!(found.iter().any(|finding| finding.code == FindingCode::PhotoMissing), "{photo}: {found:?}");
            assert_eq!(PhotoNames::new([(0, "照片/"), (1, "照片\\")]).of(&entry(2, Some(photo))), None, "{photo}");
        }
    }

    #[test]
    fn every_row_without_a_photo_and_every_photo_without_a_row_is_named() {
        let found = compared(&[entry(2, Some("a.jpg")), entry(7, Some("b.jpg"))], &["a.jpg", "other/110105194912310038.jpg", "张三.png"]);
        let cells: Vec<_> = found.iter().map(|finding| (finding.code, finding.place.cell.as_deref())).collect();
        let unmatched = (FindingCode::PhotoUnmatched, None);
        assert_eq!(cells, [(FindingCode::PhotoMissing, Some("AA7")), unmatched, unmatched]);
        assert!(found[1].message.contains("第 2 个文件（文件名为 18 位号码，.jpg）"), "{}", found[1].message);
        assert!(found[2].message.contains("第 3 个文件（文件名为 2 个字，.png）"), "{}", found[2].message);
    }

    #[test]
    fn no_message_holds_a_number_or_a_name() {
        let names = ["110105194912310038.jpg", "11010519491231002X", "欧阳测试_510101.jpg", "zhang.san.by.13800000000"];
        let files = files(&names);
        let said = format!("{:?} {files:?}", compared(&[entry(2, Some("110105194912310038x.jpg"))], &names[..3]));
        for secret in ["1101", "欧阳", "138", "zhang", "510101"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
    }

    #[test]
    fn long_lists_end_in_a_count() {
        let rows: Vec<Entry> = (2..1503).map(|row| entry(row, None)).collect();
        let found = compared(&rows, &[]);
        assert_eq!(found.len(), MAX_LISTED + 1);
        assert!(found.last().is_some_and(|last| last.message == "另有 501 行没有照片"), "{:?}", found.last());
    }
}
