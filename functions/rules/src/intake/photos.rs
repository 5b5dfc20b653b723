//! Whose photo is whose: the files of the archive against the rows of the roster (三、（一）).

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::intake::entry::Entry;
use crate::notice::{Notice, PhotoNeed};
use crate::values::finding::{Finding, FindingCode, Place};
use crate::values::name;
use crate::values::vocabulary::{Field, Material};

/// Findings of each kind that are listed one by one.
const MAX_LISTED: usize = 1000;

/// A photo of the archive. Its name is often an ID number: see [`shown`].
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

/// A row of the roster as far as it says whose photo a file is.
#[derive(Clone, Copy)]
pub struct PhotoOwner<'a> {
    /// Row of the sheet, from 1.
    pub row: u32,
    /// 姓名
    pub name: &'a str,
    /// 证件号码
    pub number: &'a str,
    /// 照片文件名
    pub photo: Option<&'a str>,
}

impl<'a> From<&'a Entry> for PhotoOwner<'a> {
    fn from(entry: &'a Entry) -> Self {
        let photo = entry.photo.as_deref();
        Self { row: entry.row, name: entry.name.reveal(), number: entry.document_number.reveal(), photo }
    }
}

impl PhotoOwner<'_> {
    /// What its photo is to be called so that it is taken for this row: as the roster says, or by the document number.
    pub fn file_name(&self, ending: &str) -> String {
        let named = self.photo.map(|photo| stem(base(photo)).trim()).filter(|name| !name.is_empty());
        format!("{}.{ending}", named.unwrap_or(self.number))
    }
}

/// Which photos each row has.
#[derive(Default)]
pub struct PhotoMatches(HashMap<u32, Vec<usize>>);

impl PhotoMatches {
    /// Matches files to rows: by the name that the roster gives, by the document number within the file's name, and by the
    /// winner's name where nobody else has the same; what is nobody's then, by the folder in which it is the only picture, and by what
    /// its name says besides.
    pub fn new<'a>(files: &[PhotoFile], owners: impl Iterator<Item = PhotoOwner<'a>> + Clone) -> Self {
        let names = Names::new(files);
        let namesakes = Namesakes::of(owners.clone());
        let is_unique = |owner: &PhotoOwner<'_>| !namesakes.has_several(owner.name);
        let mut matches: HashMap<u32, Vec<usize>> = owners.clone().map(|owner| (owner.row, names.of(&owner, is_unique(&owner)))).collect();
        let taken: HashSet<usize> = matches.values().flatten().copied().collect();
        for owner in owners {
            let own = matches.entry(owner.row).or_default();
            if own.is_empty() {
                own.extend(names.otherwise_of(&owner, is_unique(&owner)).filter(|index| !taken.contains(index)));
            }
        }
        Self(matches)
    }

    /// The photo of a row, as its place in the archive: of several the one that is nearest to what the roster says, of equal ones the last.
    pub fn of(&self, row: u32) -> Option<usize> {
        self.all(row).first().copied()
    }

    /// All photos that are this row's and no other's: what a new one takes the place of.
    pub fn own(&self, row: u32) -> Vec<usize> {
        let is_others = |file: &usize| self.0.iter().any(|(other, files)| *other != row && files.contains(file));
        self.all(row).iter().copied().filter(|file| !is_others(file)).collect()
    }

    /// All photos that a row may mean; the first is taken.
    fn all(&self, row: u32) -> &[usize] {
        self.0.get(&row).map_or(&[], Vec::as_slice)
    }

    /// The rows that each file belongs to, the first of them.
    pub fn rows(&self) -> HashMap<usize, u32> {
        let mut rows = HashMap::new();
        for (&row, files) in &self.0 {
            for file in files {
                rows.entry(*file).and_modify(|known: &mut u32| *known = row.min(*known)).or_insert(row);
            }
        }
        rows
    }
}

/// The rows of each name, folded, and whether they are of more than one person: one may stand in several rows.
#[derive(Default)]
struct Namesakes<'a>(HashMap<String, (&'a str, Vec<u32>, bool)>);

impl<'a> Namesakes<'a> {
    fn of(owners: impl Iterator<Item = PhotoOwner<'a>>) -> Self {
        let mut names = Self::default();
        for PhotoOwner { row, name, number, .. } in owners {
            let (first, rows, several) = names.0.entry(folded(name)).or_insert((number, Vec::new(), false));
            *several |= !rows.is_empty() && (number.is_empty() || *first != number);
            rows.push(row);
        }
        names
    }

    /// Whether more than one person has the name.
    fn has_several(&self, name: &str) -> bool {
        self.rows(&folded(name)).is_some()
    }

    /// The rows of a name, folded, that more than one person has.
    fn rows(&self, name: &str) -> Option<&[u32]> {
        self.0.get(name).filter(|(_, _, several)| *several).map(|(_, rows, _)| rows.as_slice())
    }
}

/// Files by what may be looked for in their names, folded, without folders.
#[derive(Default)]
struct Names {
    whole: HashMap<String, Vec<usize>>,
    stems: HashMap<String, Vec<usize>>,
    words: HashMap<String, Vec<usize>>,
    loose: HashMap<String, Vec<usize>>,
    /// Those that are the only one in their folder, by what the folder is called.
    folders: HashMap<String, Vec<usize>>,
}

impl Names {
    fn new(files: &[PhotoFile]) -> Self {
        let mut names = Self::default();
        // The last of equal names comes first.
        for file in files.iter().rev() {
            let whole = folded(base(&file.name));
            // A folder's own entry ends in a separator: nobody's photo, not even that of a row which names the folder.
            if whole.is_empty() {
                continue;
            }
            let stem = stem(&whole).to_owned();
            for word in words(&stem) {
                names.words.entry(word).or_default().push(file.index);
            }
            for word in loose_words(base(&file.name)) {
                names.loose.entry(word).or_default().push(file.index);
            }
            names.stems.entry(stem).or_default().push(file.index);
            names.whole.entry(whole).or_default().push(file.index);
        }
        for (folder, index) in only_ones(files) {
            for word in words(&folded(base(folder))) {
                names.folders.entry(word).or_default().push(index);
            }
        }
        names
    }

    /// The files whose folders are called by a row's document number or its winner's name, or which are so by one of their looser words.
    fn otherwise_of(&self, owner: &PhotoOwner<'_>, is_unique: bool) -> impl Iterator<Item = usize> {
        let by_name = is_unique.then(|| folded(owner.name));
        let keys = [Some(folded(owner.number)), by_name].into_iter().flatten();
        let files = |key: String| [self.folders.get(&key), self.loose.get(&key)].into_iter().flatten().flatten().copied();
        let mut found: Vec<usize> = keys.flat_map(files).collect();
        // Of equal ones the last.
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.dedup();
        found.into_iter()
    }

    /// The files that may be a row's photo, the likeliest first.
    fn of(&self, owner: &PhotoOwner<'_>, is_unique: bool) -> Vec<usize> {
        let named = owner.photo.map(|photo| folded(base(photo))).filter(|name| !name.is_empty());
        let (number, name) = (folded(owner.number), folded(owner.name));
        let by_roster = named.iter().flat_map(|named| [self.whole.get(named), self.stems.get(named), self.stems.get(stem(named))]);
        let by_number = (!number.is_empty()).then(|| self.words.get(&number)).flatten();
        let by_name = (is_unique && !name.is_empty()).then(|| self.words.get(&name)).flatten();
        let mut found: Vec<usize> = Vec::new();
        for index in by_roster.chain([by_number, by_name]).flatten().flatten() {
            if !found.contains(index) {
                found.push(*index);
            }
        }
        found
    }
}

/// Files that are the only one in their folder, with it.
fn only_ones(files: &[PhotoFile]) -> impl Iterator<Item = (&str, usize)> {
    let mut folders: HashMap<&str, Option<usize>> = HashMap::new();
    for file in files {
        if let Some((folder, name)) = file.name.rsplit_once(['/', '\\'])
            && !name.is_empty()
        {
            folders.entry(folder).and_modify(|only| *only = None).or_insert(Some(file.index));
        }
    }
    folders.into_iter().filter_map(|(folder, only)| Some((folder, only?)))
}

/// Without its folders.
fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Without its ending, where it has one.
fn stem(name: &str) -> &str {
    let is_ending = |ending: &str| (1..=5).contains(&ending.len()) && ending.chars().all(|c| c.is_ascii_alphanumeric());
    name.rsplit_once('.').filter(|(stem, ending)| is_ending(ending) && !stem.is_empty()).map_or(name, |(stem, _)| stem)
}

/// A name as it is compared: small letters, half-width, without spaces and what cannot be seen, every middle dot the same, ideographs
/// rather than what stands for them, and letters and their accents as one character: macOS writes the names of files taken apart.
fn folded(text: &str) -> String {
    let fold = |c: char| match c {
        _ if c.is_whitespace() || is_invisible(c) => None,
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0),
        '.' => Some('.'),
        c if name::is_middle_dot(c) => Some('·'),
        c => Some(name::ideograph(c).unwrap_or(c)),
    };
    text.chars().filter_map(fold).flat_map(char::to_lowercase).nfc().collect()
}

fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFD}')
}

/// What of a file's stem may be a number or a name: all of it, its runs of letters and digits, and its runs of other letters; the full
/// stops in it as middle dots too, which is what a name has in their place.
fn words(stem: &str) -> BTreeSet<String> {
    let is_mark = |c: char| !c.is_alphanumeric() && c != '·' && !is_combining_mark(c);
    let parts = || stem.split(is_mark);
    let codes = parts().flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()));
    let names = parts().map(|part| part.trim_matches(|c: char| c.is_ascii_digit()));
    let written = stem.split(|c: char| c.is_ascii_digit() || (is_mark(c) && c != '.')).map(|part| part.trim_matches(['.', '·']));
    let words = std::iter::once(stem).chain(codes).chain(parts()).chain(names).chain(written);
    let with_dots = |word: &str| [Some(word.to_owned()), word.contains('.').then(|| word.replace('.', "·"))];
    words.filter(|word| !word.is_empty()).flat_map(with_dots).flatten().collect()
}

/// What a photo is called besides by whose it is: `张三证件照`.
const PHOTO_WORDS: [&str; 8] = ["证件照片", "证件照", "一寸照", "寸照", "免冠照", "登记照", "照片", "照"];

/// What of a file's name may be a number or a name besides its [`words`]: each part between spaces, and each without what says that it is a
/// photo. It may also be a part of somebody else's name, so it counts where the file is nobody's otherwise.
fn loose_words(file: &str) -> BTreeSet<String> {
    let whole = folded(file);
    let strict = words(stem(&whole));
    let parts = stem(file).split_whitespace().flat_map(|part| words(&folded(part)));
    let all: BTreeSet<String> = strict.iter().cloned().chain(parts).collect();
    let bare = |word: &String| PHOTO_WORDS.iter().find_map(|end| word.strip_suffix(end)).filter(|rest| !rest.is_empty()).map(str::to_owned);
    let bare: Vec<String> = all.iter().filter_map(bare).collect();
    all.into_iter().chain(bare).filter(|word| !strict.contains(word)).collect()
}

/// Digits from which on a run of a file's name is taken for a number of somebody.
const NUMBER_DIGITS: usize = 7;
/// Of such a number, the characters at its beginning and its end that are shown.
const SHOWN: (usize, usize) = (3, 2);
/// The most characters of a name that are shown.
const MAX_SHOWN: usize = 80;

/// A file's name as it may be shown: as the person sees it, but with numbers of somebody masked and without control characters.
pub fn shown(name: &str) -> String {
    let plain = |c: char| if is_invisible(c) { '□' } else { c };
    let name: Vec<char> = name.trim_end_matches(['/', '\\']).chars().map(plain).collect();
    let name = name.get(name.len().saturating_sub(MAX_SHOWN)..).unwrap_or(&name);
    let mut out = String::new();
    let mut rest = name;
    while let Some(&first) = rest.first() {
        let run = if is_part_of_number(first) { rest.iter().take_while(|c| is_part_of_number(**c) || is_join(**c)).count() } else { 1 };
        let (head, tail) = rest.split_at(run);
        out.extend(masked(head));
        rest = tail;
    }
    out
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '０'..='９')
}

fn is_part_of_number(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ')
}

/// What people write within a number.
fn is_join(c: char) -> bool {
    matches!(c, ' ' | '-' | '\u{A0}' | '\u{3000}')
}

fn masked(run: &[char]) -> Vec<char> {
    let digits: String = run.iter().filter(|c| is_digit(**c)).collect();
    if digits.chars().count() < NUMBER_DIGITS || is_day(&digits) {
        return run.to_vec();
    }
    let hidden = SHOWN.0..run.len().saturating_sub(SHOWN.1);
    run.iter().enumerate().map(|(at, c)| if hidden.contains(&at) { '*' } else { *c }).collect()
}

/// A day, as cameras name their pictures: 20220601.
fn is_day(digits: &str) -> bool {
    let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u16>().ok();
    digits.len() == 8
        && part(0..4).is_some_and(|year| (1990..2100).contains(&year))
        && part(4..6).is_some_and(|month| (1..=12).contains(&month))
        && part(6..8).is_some_and(|day| (1..=31).contains(&day))
}

/// Rows without a photo or with several, and photos that belong to no row. `sheet` is the name of the roster's sheet.
pub fn compare(notice: &Notice, sheet: &str, entries: &[Entry], files: &[PhotoFile]) -> Vec<Finding> {
    let (roster, file) = (notice.file(Material::Roster), notice.file(Material::Photos));
    if files.is_empty() && !entries.is_empty() {
        return vec![Finding::new(FindingCode::PhotoMissing, Place::file(file), "压缩包里没有照片，各行证书照片栏都将留空")];
    }
    let matches = PhotoMatches::new(files, entries.iter().map(PhotoOwner::from));
    let used = matches.rows();
    let missing: Vec<&Entry> = entries.iter().filter(|entry| matches.of(entry.row).is_none()).collect();
    let doubled: Vec<&Entry> = entries.iter().filter(|entry| matches.all(entry.row).len() > 1).collect();
    let namesakes = Namesakes::of(entries.iter().map(PhotoOwner::from));
    let is_missing: HashSet<u32> = missing.iter().map(|entry| entry.row).collect();
    let unclear = Unclear::of(files.iter().filter(|file| !used.contains_key(&file.index)), entries, &namesakes);
    // What the row without a photo says of a file is not said of the file besides.
    let (told, untold): (Vec<&Group<'_>>, Vec<&Group<'_>>) =
        unclear.groups.iter().partition(|group| group.rows.iter().any(|row| is_missing.contains(row)));
    let said_by_group = told.iter().chain(untold.iter().filter(|group| group.folder.is_none()));
    let is_told: HashSet<usize> = said_by_group.flat_map(|group| &group.files).map(|file| file.index).collect();
    let unmatched: Vec<&PhotoFile> =
        files.iter().filter(|file| !used.contains_key(&file.index) && !is_told.contains(&file.index)).collect();
    let without_photo =
        |entry: &&Entry| without(notice, sheet, entry.row, &unclear.why(entry.row).unwrap_or_else(|| why(entry, &namesakes)));
    let mut findings: Vec<Finding> = missing.iter().take(MAX_LISTED).map(without_photo).collect();
    findings.extend(more(missing.len(), roster, FindingCode::PhotoMissing, "行没有照片"));
    let names: HashMap<usize, &str> = files.iter().map(|file| (file.index, file.name.as_str())).collect();
    let several = |entry: &&Entry| {
        let name = |index: &usize| format!("“{}”", shown(names.get(index).copied().unwrap_or_default()));
        let all: Vec<String> = matches.all(entry.row).iter().map(name).collect();
        let (taken, others) = all.split_first().map_or((String::new(), String::new()), |(first, rest)| (first.clone(), rest.join("、")));
        let message = format!("压缩包中有 {} 张照片与这一行相符：采用{taken}，没有采用{others}", all.len());
        Finding::new(FindingCode::PhotoDouble, place(notice, sheet, entry.row), message)
    };
    findings.extend(doubled.iter().take(MAX_LISTED).map(several));
    findings.extend(more(doubled.len(), roster, FindingCode::PhotoDouble, "行有不止一张照片"));
    let nobodys = |message: String| Finding::new(FindingCode::PhotoUnmatched, Place::file(file), message);
    findings.extend(untold.iter().filter(|group| group.folder.is_none()).take(MAX_LISTED).map(|group| nobodys(group.to_string())));
    let no_row = |photo: &&PhotoFile| nobodys(format!("照片“{}”与模板表的任何一行都对不上", shown(&photo.name)));
    findings.extend(unmatched.iter().take(MAX_LISTED).map(no_row));
    findings.extend(more(unmatched.len(), file, FindingCode::PhotoUnmatched, "张照片与任何一行都对不上"));
    findings
}

/// Files that are nobody's photo although their names, or their folder's, say whom they are of.
struct Group<'f> {
    /// The rows of several people of one name, or that of one winner whose folder has several pictures.
    rows: Vec<u32>,
    /// The folder, where it is one winner's.
    folder: Option<&'f str>,
    files: Vec<&'f PhotoFile>,
}

impl std::fmt::Display for Group<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.files.len();
        if let Some(folder) = self.folder {
            let folder = shown(folder);
            return write!(f, "压缩包的文件夹“{folder}”里有 {count} 张照片，分不清采用哪一张；请只留一张，或把要用的那一张以证件号码命名");
        }
        let named: Vec<String> = self.files.iter().take(MAX_NAMED).map(|file| format!("“{}”", shown(&file.name))).collect();
        let more = if count > MAX_NAMED { format!("等 {count} 张") } else { String::new() };
        write!(
            f,
            "照片{}{more}以姓名命名，而模板表第 {} 行的选手同名，分不清是谁的；请把照片或它的文件夹改以证件号码命名，或在“照片文件名”列写明",
            named.join("、"),
            listed_rows(&self.rows)
        )
    }
}

/// All groups, and the one that a row without a photo is of.
#[derive(Default)]
struct Unclear<'f> {
    groups: Vec<Group<'f>>,
    of_row: HashMap<u32, usize>,
}

impl<'f> Unclear<'f> {
    fn of(unused: impl Iterator<Item = &'f PhotoFile>, entries: &[Entry], namesakes: &Namesakes<'_>) -> Self {
        let mut rows: HashMap<String, u32> = HashMap::new();
        for entry in entries {
            let name = Some(folded(entry.name.reveal())).filter(|name| namesakes.rows(name).is_none());
            for key in [Some(folded(entry.document_number.reveal())), name].into_iter().flatten() {
                rows.entry(key).or_insert(entry.row);
            }
        }
        let mut unclear = Self::default();
        for file in unused {
            let folder = file.name.rsplit_once(['/', '\\']).map(|(folder, _)| folder);
            let of_folder = || folder.into_iter().flat_map(|folder| words(&folded(base(folder))));
            let whole = folded(base(&file.name));
            let own = words(stem(&whole)).into_iter().chain(loose_words(base(&file.name)));
            if let Some(rows) = own.chain(of_folder()).find_map(|word| namesakes.rows(&word)) {
                unclear.add(rows, None, file);
            } else if let (Some(folder), Some(row)) = (folder, of_folder().find_map(|word| rows.get(&word))) {
                unclear.add(&[*row], Some(folder), file);
            }
        }
        unclear
    }

    /// A row is of one group: it has one name.
    fn add(&mut self, rows: &[u32], folder: Option<&'f str>, file: &'f PhotoFile) {
        let Some(first) = rows.first() else { return };
        let group = self.of_row.get(first).copied().unwrap_or(self.groups.len());
        match self.groups.get_mut(group) {
            Some(known) => known.files.push(file),
            None => {
                self.of_row.extend(rows.iter().map(|row| (*row, group)));
                self.groups.push(Group { rows: rows.to_vec(), folder, files: vec![file] });
            }
        }
    }

    /// Why a row has no photo, where there are files that may be meant for it: the same words for all rows of one cause.
    fn why(&self, row: u32) -> Option<String> {
        self.of_row.get(&row).and_then(|group| self.groups.get(*group)).map(ToString::to_string)
    }
}

/// Rows, or files, that a message names one by one.
const MAX_NAMED: usize = 5;

fn listed_rows(rows: &[u32]) -> String {
    let named: Vec<String> = rows.iter().take(MAX_NAMED).map(u32::to_string).collect();
    let more = if rows.len() > MAX_NAMED { format!("等 {} ", rows.len()) } else { String::new() };
    named.join("、") + &more
}

/// Why a row has no photo.
fn why(entry: &Entry, namesakes: &Namesakes<'_>) -> String {
    let named = match &entry.photo {
        Some(photo) => format!("压缩包中没有“照片文件名”所写的“{}”，也", shown(photo)),
        None => "压缩包中".to_owned(),
    };
    let by_name = match namesakes.has_several(entry.name.reveal()) {
        false => "或姓名命名的照片",
        true => "命名的照片（姓名与另一行相同，不能按姓名对应）",
    };
    format!("{named}没有以证件号码{by_name}")
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
    use crate::values::finding_group::causes;
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
            document_kind: DocumentKind::Resident,
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
            details: Default::default(),
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
            let entries = [entry(2, Some(photo))];
            let matches = PhotoMatches::new(&files(&["照片/", "照片\\"]), entries.iter().map(PhotoOwner::from));
            assert_eq!(matches.of(2), None, "{photo}");
        }
    }

    #[test]
    fn every_row_without_a_photo_and_every_photo_without_a_row_is_named() {
        let found = compared(&[entry(2, Some("a.jpg")), entry(7, Some("b.jpg"))], &["a.jpg", "other/110105194912310038.jpg", "张三.png"]);
        let cells: Vec<_> = found.iter().map(|finding| (finding.code, finding.place.cell.as_deref())).collect();
        let unmatched = (FindingCode::PhotoUnmatched, None);
        assert_eq!(cells, [(FindingCode::PhotoMissing, Some("AA7")), unmatched, unmatched]);
        assert!(found[1].message.contains("照片“other/110*************38.jpg”与模板表"), "{}", found[1].message);
        assert!(found[2].message.contains("照片“张三.png”"), "{}", found[2].message);
        assert!(found[0].message.contains("“b.jpg”"), "{}", found[0].message);
    }

    #[test]
    fn names_are_shown_as_people_see_them_and_numbers_of_somebody_are_masked() {
        for (name, expected) in [
            ("照片/张照三.jpg", "照片/张照三.jpg"),
            ("110105194912310038.jpg", "110*************38.jpg"),
            ("张三 1101 0519 4912 3100 38.jpg", "张三 110*****************38.jpg"),
            ("张三110105-19491231-0038.jpg", "张三110***************38.jpg"),
            ("１１０１０５１９４９１２３１００３８.jpg", "１１０*************３８.jpg"),
            ("13800000000.png", "138******00.png"),
            ("E12345678.png", "E12****78.png"),
            ("IMG_20220601_123456.jpg", "IMG_20220601_123456.jpg"),
            ("a\u{1b}[31m\u{202E}b.jpg", "a□[31m□b.jpg"),
        ] {
            assert_eq!(shown(name), expected);
        }
    }

    #[test]
    fn no_message_and_no_trace_holds_a_number() {
        let names = ["110105194912310038.jpg", "11010519491231002X", "欧阳测试 510101 19900101 0018.jpg", "zhang.san.by.13800000000"];
        let files = files(&names);
        let said = format!("{:?} {files:?}", compared(&[entry(2, Some("110105194912310038x.jpg"))], &names[..3]));
        for secret in ["11010519", "51010119", "138000", "510101 1990"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
    }

    #[test]
    fn a_number_or_a_name_is_found_within_a_files_name() {
        for name in [
            "张测试11010519491231002X.jpg",
            "11010519491231002x_张测试.png",
            "01 张测试.jpg",
            "张测试-数控车.jpg",
            "张测试(1).jpg",
            "张 测试.JPG",
            "张测试 一寸照.jpg",
            "张测试证件照.jpg",
            "01 张测试照片 数控车.png",
        ] {
            assert_eq!(compared(&[entry(2, None)], &[name]), [], "{name}");
        }
        for name in ["张测试三.jpg", "211010519491231002X.jpg", "张测.jpg"] {
            assert_eq!(compared(&[entry(2, None)], &[name]).len(), 2, "{name}");
        }
        assert_eq!(compared(&[entry(2, Some("张三.jpg"))], &["张三.JPEG"]), [], "the ending is another");
    }

    #[test]
    fn a_part_of_somebodys_name_is_not_another_winners_photo() {
        let rows = [named(2, "王小"), Entry { row: 3, ..named(3, "王小照") }];
        for file in ["王小照.jpg", "王小 照.jpg"] {
            let found = compared(&rows, &[file]);
            assert!(found.len() == 1 && found[0].place.row == Some(2), "{file}: {found:?}");
        }
    }

    fn named(row: u32, name: &str) -> Entry {
        Entry { name: PersonName::parse(name).expect(name).0, ..entry(row, None) }
    }

    #[test]
    fn a_name_is_the_same_however_its_accents_are_written() {
        for (name, file) in [
            ("José", "Jose\u{301}.jpg"),
            ("Zoë·Müller", "照片/Zoe\u{308}·Mu\u{308}ller.JPG"),
            ("Nguyễn Văn A", "01 Nguye\u{302}\u{303}n Va\u{306}n A.jpg"),
            ("ÉMILE", "e\u{301}mile-数控车.jpg"),
            ("m\u{300}bo", "m\u{300}bo.jpg"),
            ("石磊", "⽯磊.jpg"),
        ] {
            assert_eq!(compared(&[named(2, name)], &[file]), [], "{file}");
        }
        for (photo, file) in [("Jose\u{301}.jpg", "José.jpg"), ("José.jpg", "Jose\u{301}.jpg"), ("パパ.jpg", "ハ\u{309A}ハ\u{309A}.jpg")]
        {
            assert_eq!(compared(&[entry(2, Some(photo))], &[file]), [], "{file}");
        }
        assert_eq!(compared(&[named(2, "José")], &["Jose.jpg"]).len(), 2, "another name");
    }

    /// Another winner of the same name.
    fn namesake(row: u32) -> Entry {
        let document_number = DocumentNumber::parse(DocumentKind::Resident, "110101199003070038").expect("a number");
        Entry { document_number, ..entry(row, None) }
    }

    #[test]
    fn a_name_that_two_rows_have_is_nobodys() {
        let found = compared(&[entry(2, None), namesake(3)], &["张测试.jpg"]);
        let cells: Vec<_> = found.iter().map(|finding| (finding.code, finding.place.cell.as_deref())).collect();
        assert_eq!(cells, [(FindingCode::PhotoMissing, Some("AA2")), (FindingCode::PhotoMissing, Some("AA3"))]);
        assert!(found[0].message.contains("照片“张测试.jpg”以姓名命名，而模板表第 2、3 行的选手同名"), "{}", found[0].message);
        assert_eq!(causes(&found)[0].messages.len(), 1, "one cause for both rows");
    }

    #[test]
    fn a_folder_that_is_called_by_a_name_of_two_winners_is_one_cause_with_the_way_out() {
        let namesakes = || [entry(2, None), namesake(3)];
        for folders in [&["照片/张测试/1.jpg"][..], &["照片/张测试/1.jpg", "照片/张测试/2.jpg"], &["01张测试/a.jpg", "02张测试\\b.jpg"]]
        {
            let found = compared(&namesakes(), folders);
            assert_eq!(found.len(), 2, "{folders:?}: {found:?}");
            let causes = causes(&found);
            let said = causes[0].messages[0].to_string();
            assert_eq!((causes.len(), causes[0].messages.len()), (1, 1), "{said}");
            let parts = ["AA2、AA3", "“照片/张测试/1.jpg”", "第 2、3 行的选手同名", "照片或它的文件夹改以证件号码命名"];
            assert!(parts.iter().skip(usize::from(folders[0].starts_with('0')) * 2).all(|part| said.contains(part)), "{said}");
        }
        let by_number = [format!("照片/{NUMBER}/1.jpg"), "照片/张测试 110101199003070038/1.jpg".to_owned()];
        assert_eq!(compared(&namesakes(), &[&by_number[0], &by_number[1]]), [], "the way out is one");
        let rest = compared(&namesakes(), &[&by_number[0], &by_number[1], "照片/张测试/1.jpg"]);
        assert_eq!(rest.iter().map(|finding| finding.code).collect::<Vec<_>>(), [FindingCode::PhotoUnmatched], "both have theirs");
        let one = compared(&namesakes(), &[&by_number[0], "照片/张测试/1.jpg"]);
        assert!(one.len() == 1 && one[0].place.row == Some(3) && one[0].message.contains("“照片/张测试/1.jpg”"), "{one:?}");
    }

    #[test]
    fn one_winner_in_two_rows_has_no_namesake() {
        let other = Entry { occupation: "钳工".to_owned(), ..entry(3, None) };
        assert_eq!(compared(&[entry(2, None), other], &["张测试.jpg"]), []);
    }

    #[test]
    fn a_full_stop_in_a_files_name_is_a_middle_dot() {
        for file in ["阿依古丽.买买提.jpg", "01 阿依古丽．买买提.JPG", "阿依古丽·买买提.jpg"] {
            assert_eq!(compared(&[named(2, "阿依古丽·买买提")], &[file]), [], "{file}");
        }
        assert_eq!(compared(&[named(2, "J. Smith")], &["J. Smith.jpg"]), []);
    }

    #[test]
    fn a_picture_alone_in_its_folder_is_whose_name_the_folder_has() {
        let other = Entry { row: 3, ..named(3, "李样例") };
        let rows = || [entry(2, None), other.clone()];
        assert_eq!(compared(&rows(), &["照片/张测试/照片.jpg", "照片/02 李样例/IMG_1.jpg"]), []);
        let several = compared(&rows(), &["张测试/1.jpg", "张测试/2.jpg", "李样例/1.jpg"]);
        assert_eq!(several.iter().map(|finding| finding.code).collect::<Vec<_>>(), [FindingCode::PhotoMissing]);
        assert!(several[0].message.contains("文件夹“张测试”里有 2 张照片"), "{}", several[0].message);
        let spare = compared(&rows(), &["张测试.jpg", "李样例.jpg", "张测试/1.jpg", "张测试/2.jpg"]);
        assert!(spare.len() == 2 && spare.iter().all(|finding| finding.message.contains("任何一行都对不上")), "{spare:?}");
        let of_another = compared(&rows(), &["张测试/李样例.jpg"]);
        assert!(of_another.len() == 1 && of_another[0].place.row == Some(2), "the file's own name goes first: {of_another:?}");
    }

    #[test]
    fn of_two_photos_of_a_winner_it_is_said_which_is_taken() {
        let found = compared(&[entry(2, None)], &["张测试.jpg", "照片/11010519491231002X.jpg", "旧/11010519491231002X.png"]);
        assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [FindingCode::PhotoDouble]);
        assert_eq!(found[0].place.cell.as_deref(), Some("AA2"));
        let says = "有 3 张照片与这一行相符：采用“旧/110*************2X.png”，没有采用“照片/110*************2X.jpg”、“张测试.jpg”";
        assert!(found[0].message.contains(says), "{}", found[0].message);
        let named = compared(&[entry(2, Some("张测试.jpg"))], &["张测试.jpg", "11010519491231002X.jpg"]);
        assert!(named[0].message.contains("采用“张测试.jpg”"), "{}", named[0].message);
    }

    #[test]
    fn many_photos_of_many_namesakes_are_one_cause() {
        let number = |row: u32| {
            (0..10).find_map(|check| {
                DocumentNumber::parse(
                    DocumentKind::Resident,
                    &format!("1101011990{:02}{:02}{:03}{check}", 1 + row % 12, 1 + row / 12 % 28, row / 336),
                )
                .ok()
            })
        };
        let rows: Vec<Entry> = (2..6_002).filter_map(|row| Some(Entry { document_number: number(row)?, ..entry(row, None) })).collect();
        let names: Vec<String> = (0..20_000).map(|at| format!("{at}/张测试{at}.jpg")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = compared(&rows, &names);
        assert_eq!(found.iter().filter(|finding| finding.code == FindingCode::PhotoUnmatched).count(), 0);
    }

    #[test]
    fn long_lists_end_in_a_count() {
        let rows: Vec<Entry> = (2..1503).map(|row| entry(row, None)).collect();
        assert_eq!(compared(&rows, &[]).len(), 1, "an archive without photos is one cause");
        let found = compared(&rows, &["1.jpg"]);
        let found: Vec<Finding> = found.into_iter().filter(|finding| finding.code == FindingCode::PhotoMissing).collect();
        assert_eq!(found.len(), MAX_LISTED + 1);
        assert!(found.last().is_some_and(|last| last.message == "另有 501 行没有照片"), "{:?}", found.last());
    }
}
