//! From a catalogue's text to its content, or to all that is wrong with it, with line numbers and in Chinese.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::values::toml_text::{self, line_at};

use super::{
    Area, Areas, Content, DocumentType, DocumentTypes, FiledOccupations, MAX_BYTES, Mapping, NearMiss, Occupation, Occupations, Problem,
    QualificationItem, Qualifications, SpecificAbilities,
};
use crate::values::identity::DocumentKind;
use crate::values::text::line_of;
use crate::values::vocabulary::is_occupation_code;

/// Problems said of one text; what is beyond is only counted.
const MAX_PROBLEMS: usize = 100;

/// The text without its byte order mark, where it is not too long.
pub(super) fn bounded(text: &str) -> Result<&str, Vec<Problem>> {
    if text.len() > MAX_BYTES {
        return Err(vec![whole(format!("超过 {} MB", MAX_BYTES / 1024 / 1024))]);
    }
    Ok(text.trim_start_matches('\u{FEFF}'))
}

/// All problems on one line.
pub(super) fn joined(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("；")
}

fn whole(message: impl Into<String>) -> Problem {
    Problem { line: None, message: message.into() }
}

fn at(line: usize, message: impl Into<String>) -> Problem {
    Problem { line: Some(line), message: message.into() }
}

/// The content where nothing is wrong, else what is, in the order of the lines.
fn settled<T>(content: T, mut problems: Vec<Problem>) -> Result<T, Vec<Problem>> {
    if problems.is_empty() {
        return Ok(content);
    }
    problems.sort_by_key(|problem| problem.line);
    if problems.len() > MAX_PROBLEMS {
        let more = problems.len() - MAX_PROBLEMS;
        problems.truncate(MAX_PROBLEMS);
        problems.push(whole(format!("另有 {more} 处问题")));
    }
    Err(problems)
}

// ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

struct CsvFile {
    edition: String,
    /// Line and cells of each row.
    rows: Vec<(usize, Vec<String>)>,
}

/// The first line names the edition, the second is the header.
fn csv_file(text: &str, header: &[&str]) -> Result<CsvFile, Vec<Problem>> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    // A spreadsheet program fills the line up with commas, and may put it into quotes.
    let edition = first.trim().trim_end_matches(',').trim_matches('"').strip_prefix("# 版本：").map(str::trim).unwrap_or_default();
    if edition.is_empty() {
        return Err(vec![at(1, "首行应写明版本，如“# 版本：中华人民共和国职业分类大典（2022年版）”")]);
    }
    let mut rows = csv_rows(rest)?.into_iter();
    if rows.next().is_none_or(|(_, cells)| cells != header) {
        return Err(vec![at(2, format!("表头应为 {}", header.join(",")))]);
    }
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Err(vec![whole("目录是空的")]);
    }
    let odd: Vec<_> = rows.iter().filter(|(_, cells)| cells.len() != header.len()).collect();
    let problems = odd.iter().map(|(line, cells)| at(*line, format!("应有 {} 列，实有 {} 列", header.len(), cells.len()))).collect();
    settled(CsvFile { edition: edition.to_owned(), rows }, problems)
}

/// Lines are counted from the line after the edition's, which is line 2.
fn csv_rows(text: &str) -> Result<Vec<(usize, Vec<String>)>, Vec<Problem>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| vec![whole("不是 UTF-8 编码的 CSV")])?;
        // Behind the line of the edition.
        let line = record.position().map_or(1, |position| line_of(text, position) + 1);
        rows.push((line, record.iter().map(str::to_owned).collect()));
    }
    Ok(rows)
}

/// Rows by their first cell, which must be unique.
fn keyed<T>(file: &CsvFile, row: impl Fn(&[String]) -> Result<T, String>) -> Result<BTreeMap<String, T>, Vec<Problem>> {
    let mut by_code: BTreeMap<String, T> = BTreeMap::new();
    let mut lines = BTreeMap::new();
    let mut problems = Vec::new();
    for (line, cells) in &file.rows {
        let code = cells.first().cloned().unwrap_or_default();
        match row(cells) {
            Err(message) => problems.push(at(*line, message)),
            Ok(value) => match lines.insert(code.clone(), *line) {
                Some(first) => problems.push(at(*line, format!("编码 {} 与第 {first} 行重复", shortened(&code)))),
                None => drop(by_code.insert(code, value)),
            },
        }
    }
    settled(by_code, problems)
}

fn shortened(text: &str) -> String {
    text.chars().take(20).collect()
}

/// Several values in one cell.
fn parted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([';', '；']).map(str::trim).filter(|part| !part.is_empty())
}

impl Content for Occupations {
    fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let file = csv_file(text, &["code", "name", "levels", "jobs"])?;
        let by_code = keyed(&file, occupation)?;
        Ok(Self { edition: file.edition, by_code })
    }

    fn edition(&self) -> &str {
        &self.edition
    }

    fn entries(&self) -> usize {
        self.by_code.len()
    }
}

fn occupation(cells: &[String]) -> Result<Occupation, String> {
    let [code, name, levels, jobs] = cells else { return Err("列数不对".to_owned()) };
    sound_occupation_code(code)?;
    named(name)?;
    let levels = parted(levels).map(level).collect::<Result<Vec<_>, _>>()?;
    sound_levels(&levels)?;
    Ok(Occupation { name: name.clone(), levels, jobs: parted(jobs).map(str::to_owned).collect() })
}

fn level(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| format!("等级“{}”不是 1–5", shortened(text)))
}

fn sound_levels(levels: &[u8]) -> Result<(), String> {
    if let Some(odd) = levels.iter().find(|level| !(1..=5).contains(*level)) {
        return Err(format!("等级“{odd}”不是 1–5"));
    }
    let distinct: BTreeSet<&u8> = levels.iter().collect();
    if distinct.len() == levels.len() { Ok(()) } else { Err("等级重复".to_owned()) }
}

/// `D-DD-DD-DD`; `D-DD-00-00` is a 大类 or 中类 and no occupation.
fn sound_occupation_code(code: &str) -> Result<(), String> {
    if !is_occupation_code(code) || code.ends_with("-00-00") {
        return Err(format!("职业编码“{}”不是 D-DD-DD-DD 的形式", shortened(code)));
    }
    Ok(())
}

fn named(name: &str) -> Result<(), String> {
    if name.trim().is_empty() { Err("缺少名称".to_owned()) } else { Ok(()) }
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Content for Areas {
    fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let file = csv_file(text, &["code", "name", "in_force"])?;
        let by_code = keyed(&file, area)?;
        Ok(Self { edition: file.edition, by_code })
    }

    fn edition(&self) -> &str {
        &self.edition
    }

    fn entries(&self) -> usize {
        self.by_code.len()
    }
}

fn area(cells: &[String]) -> Result<Area, String> {
    let [code, name, in_force] = cells else { return Err("列数不对".to_owned()) };
    if !digits(code, 6) {
        return Err(format!("区划代码“{}”不是 6 位数字", shortened(code)));
    }
    named(name)?;
    // A spreadsheet program writes them in capitals.
    let in_force = match in_force.to_ascii_lowercase().as_str() {
        "true" => true,
        "false" => false,
        _ => return Err("in_force 应为 true 或 false".to_owned()),
    };
    Ok(Area { name: name.clone(), in_force })
}

// ── TOML ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn toml_file<T: DeserializeOwned>(text: &str) -> Result<T, Vec<Problem>> {
    toml_text::parse(text).map_err(|problem| vec![Problem { line: problem.line, message: problem.message }])
}

/// What each entry is checked for, collected with the lines.
struct Checks<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl Checks<'_> {
    fn new<'t>(text: &'t str, edition: &str) -> Checks<'t> {
        let problems = if edition.trim().is_empty() { vec![whole("缺少版本（edition）")] } else { Vec::new() };
        Checks { text, problems }
    }

    fn line<T>(&self, value: &Spanned<T>) -> usize {
        line_at(self.text, value.span().start)
    }

    fn add<T>(&mut self, place: &Spanned<T>, message: impl Into<String>) {
        let line = self.line(place);
        self.problems.push(at(line, message));
    }

    fn hold<T>(&mut self, place: &Spanned<T>, result: Result<(), String>) {
        if let Err(message) = result {
            self.add(place, message);
        }
    }

    /// No value twice.
    fn unique<'v, T: Ord + std::fmt::Display + 'v>(&mut self, values: impl Iterator<Item = &'v Spanned<T>>) {
        let mut lines = BTreeMap::new();
        for value in values {
            let line = self.line(value);
            match lines.get(value.get_ref()) {
                Some(first) => {
                    let message = format!("“{}”与第 {first} 行重复", shortened(&value.get_ref().to_string()));
                    self.add(value, message);
                }
                None => drop(lines.insert(value.get_ref(), line)),
            }
        }
    }

    /// `loaded` says whether there are items.
    fn loaded(&mut self, loaded: bool, items: usize) {
        match (loaded, items) {
            (true, 0) => self.problems.push(whole("loaded = true，但目录是空的")),
            (false, 1..) => self.problems.push(whole("已有项目，loaded 应为 true")),
            _ => {}
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QualificationsFile {
    edition: String,
    items: Vec<ItemRow>,
    #[serde(default)]
    mappings: Vec<MappingRow>,
    #[serde(default)]
    near_misses: Vec<NearMissRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemRow {
    number: Spanned<u32>,
    item: Spanned<String>,
    #[serde(default)]
    sub_items: Vec<String>,
    #[serde(default)]
    permit: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingRow {
    item: Spanned<u32>,
    sub_item: Spanned<String>,
    occupation_code: Spanned<String>,
    occupation: Spanned<String>,
    #[serde(default)]
    jobs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NearMissRow {
    item: Spanned<u32>,
    occupation_code: Spanned<String>,
    occupation: Spanned<String>,
    reason: Spanned<String>,
}

impl QualificationsFile {
    fn check(&self, checks: &mut Checks<'_>) {
        if self.items.is_empty() {
            checks.problems.push(whole("目录是空的"));
        }
        checks.unique(self.items.iter().map(|row| &row.number));
        for row in &self.items {
            checks.hold(&row.item, named(row.item.get_ref()));
        }
        for row in &self.mappings {
            self.check_mapping(row, checks);
        }
        checks.unique(self.near_misses.iter().map(|row| &row.occupation_code));
        for row in &self.near_misses {
            checks.hold(&row.occupation_code, sound_occupation_code(row.occupation_code.get_ref()));
            checks.hold(&row.occupation, named(row.occupation.get_ref()));
            checks.hold(&row.reason, named(row.reason.get_ref()));
            if self.item(&row.item).is_none() {
                checks.add(&row.item, "没有这一序号的目录项目");
            }
        }
        self.check_overlaps(checks);
    }

    fn item(&self, number: &Spanned<u32>) -> Option<&ItemRow> {
        self.items.iter().find(|row| row.number.get_ref() == number.get_ref())
    }

    fn check_mapping(&self, row: &MappingRow, checks: &mut Checks<'_>) {
        checks.hold(&row.occupation_code, sound_occupation_code(row.occupation_code.get_ref()));
        checks.hold(&row.occupation, named(row.occupation.get_ref()));
        match self.item(&row.item) {
            None => checks.add(&row.item, "没有这一序号的目录项目"),
            Some(item) if item.permit => checks.add(&row.item, "该项目是从业资格，不对应职业"),
            Some(item) if !item.sub_items.contains(row.sub_item.get_ref()) => checks.add(&row.sub_item, "该项目没有这一子项"),
            Some(_) => {}
        }
    }

    /// An occupation and 工种 may be mapped once only.
    fn check_overlaps(&self, checks: &mut Checks<'_>) {
        for (i, row) in self.mappings.iter().enumerate() {
            let overlaps = |earlier: &&MappingRow| {
                let whole = earlier.jobs.is_empty() || row.jobs.is_empty();
                earlier.occupation_code.get_ref() == row.occupation_code.get_ref()
                    && (whole || row.jobs.iter().any(|job| earlier.jobs.contains(job)))
            };
            if let Some(earlier) = self.mappings.iter().take(i).find(overlaps) {
                let first = checks.line(&earlier.occupation_code);
                checks.add(&row.occupation_code, format!("“{}”与第 {first} 行重复", shortened(row.occupation_code.get_ref())));
            }
        }
    }
}

impl Content for Qualifications {
    fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let file: QualificationsFile = toml_file(text)?;
        let mut checks = Checks::new(text, &file.edition);
        file.check(&mut checks);
        let items = file.items.into_iter().map(|row| QualificationItem {
            number: row.number.into_inner(),
            item: row.item.into_inner(),
            sub_items: row.sub_items,
            permit: row.permit,
        });
        let mappings = file.mappings.into_iter().map(|row| Mapping {
            item: row.item.into_inner(),
            sub_item: row.sub_item.into_inner(),
            occupation_code: row.occupation_code.into_inner(),
            occupation: row.occupation.into_inner(),
            jobs: row.jobs,
        });
        let near_misses = file.near_misses.into_iter().map(|row| NearMiss {
            item: row.item.into_inner(),
            occupation_code: row.occupation_code.into_inner(),
            occupation: row.occupation.into_inner(),
            reason: row.reason.into_inner(),
        });
        let content =
            Self { edition: file.edition, items: items.collect(), mappings: mappings.collect(), near_misses: near_misses.collect() };
        settled(content, checks.problems)
    }

    fn edition(&self) -> &str {
        &self.edition
    }

    fn entries(&self) -> usize {
        self.items.len()
    }
}

/// A list that the Center loads.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile<T> {
    edition: String,
    loaded: bool,
    #[serde(default = "Vec::new")]
    items: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecificAbilityRow {
    name: Spanned<String>,
}

impl Content for SpecificAbilities {
    fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let file: ListFile<SpecificAbilityRow> = toml_file(text)?;
        let mut checks = Checks::new(text, &file.edition);
        checks.loaded(file.loaded, file.items.len());
        checks.unique(file.items.iter().map(|row| &row.name));
        for row in &file.items {
            checks.hold(&row.name, named(row.name.get_ref()));
        }
        let names = file.items.into_iter().map(|row| row.name.into_inner()).collect();
        settled(Self { edition: file.edition, loaded: file.loaded, names }, checks.problems)
    }

    fn edition(&self) -> &str {
        &self.edition
    }

    fn entries(&self) -> usize {
        self.names.len()
    }

    fn loaded(&self) -> bool {
        self.loaded
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FiledOccupationRow {
    occupation_code: Spanned<String>,
    occupation: Spanned<String>,
    levels: Spanned<Vec<u8>>,
}

impl Content for FiledOccupations {
    fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let file: ListFile<FiledOccupationRow> = toml_file(text)?;
        let mut checks = Checks::new(text, &file.edition);
        checks.loaded(file.loaded, file.items.len());
        checks.unique(file.items.iter().map(|row| &row.occupation_code));
        for row in &file.items {
            checks.hold(&row.occupation_code, sound_occupation_code(row.occupation_code.get_ref()));
            checks.hold(&row.occupation, named(row.occupation.get_ref()));
            checks.hold(&row.levels, sound_levels(row.levels.get_ref()));
            if row.levels.get_ref().is_empty() {
                checks.add(&row.levels, "缺少等级");
            }
        }
        let levels = file.items.into_iter().map(|row| (row.occupation_code.into_inner(), row.levels.into_inner())).collect();
        settled(Self { edition: file.edition, loaded: file.loaded, levels }, checks.problems)
    }

    fn edition(&self) -> &str {
        &self.edition
    }

    fn entries(&self) -> usize {
        self.levels.len()
    }

    fn loaded(&self) -> bool {
        self.loaded
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentTypesFile {
    edition: String,
    types: Vec<DocumentTypeRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentTypeRow {
    word: Spanned<String>,
    kind: DocumentKind,
    code: Spanned<String>,
}

impl Content for DocumentTypes {
    fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let file: DocumentTypesFile = toml_file(text)?;
        let mut checks = Checks::new(text, &file.edition);
        if file.types.is_empty() {
            checks.problems.push(whole("目录是空的"));
        }
        checks.unique(file.types.iter().map(|row| &row.word));
        checks.unique(file.types.iter().map(|row| &row.code));
        for row in &file.types {
            checks.hold(&row.word, named(row.word.get_ref()));
            if !digits(row.code.get_ref(), 3) {
                checks.add(&row.code, "证件类型代码不是 3 位数字");
            }
        }
        let types = file.types.into_iter().map(|row| (row.word.into_inner(), DocumentType { kind: row.kind, code: row.code.into_inner() }));
        settled(Self { edition: file.edition, by_word: types.collect() }, checks.problems)
    }

    fn edition(&self) -> &str {
        &self.edition
    }

    fn entries(&self) -> usize {
        self.by_word.len()
    }
}
