//! An application folder: the contest's record, the materials, and filed bodies, under the names that people give them.

use std::fs;
use std::path::{Path, PathBuf};

use certificate::EntryKind;
use rules::intake::contest::Contest;
use rules::intake::record;
use rules::notice::{MaterialRule, Notice};
use rules::numbers::body::{BodiesFile, Body};
use rules::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};
use rules::values::vocabulary::Material;
use serde::de::DeserializeOwned;

use crate::mistake::of_the_machine;

/// File name of the filed bodies.
pub(crate) const BODIES: &str = "bodies.toml";

/// What a folder holds.
pub(crate) struct Folder {
    pub(crate) contest: Contest,
    pub(crate) bodies: Vec<Body>,
    /// The materials that are there.
    pub(crate) materials: Vec<MaterialFile>,
    /// Which files were taken, changed or passed over.
    pub(crate) findings: Vec<Finding>,
    /// The text of the contest's record.
    record: String,
}

/// A material on disk.
pub(crate) struct MaterialFile {
    pub(crate) rule: MaterialRule,
    pub(crate) bytes: Vec<u8>,
}

impl Folder {
    /// Reads a folder; what cannot be read is a finding.
    pub(crate) fn read(folder: &Path, notice: &Notice) -> Result<Self, Vec<Finding>> {
        if !folder.is_dir() {
            let message = format!("没有找到文件夹 {}", folder.display());
            return Err(vec![Finding::new(FindingCode::ContestInvalid, Place::file(CONTEST_FILE), message)]);
        }
        if let Err(error) = fs::read_dir(folder) {
            let message = format!("{}：{}", of_the_machine(error.kind()).unwrap_or("文件夹读不出来"), folder.display());
            return Err(vec![Finding::new(FindingCode::ContestInvalid, Place::file(CONTEST_FILE), message)]);
        }
        let listing = Listing::of(folder, notice);
        if let Some(finding) = listing.several_folders().or_else(|| listing.nothing()) {
            return Err(vec![finding]);
        }
        let mut found = listing.materials();
        let contest = listing.record::<Contest>(CONTEST_FILE, &mut found.findings);
        let bodies = match listing.choose(BODIES) {
            Choice::None => Ok(None),
            _ => listing.record::<BodiesFile>(BODIES, &mut found.findings).map(Some),
        };
        let Found { files, findings, .. } = found;
        let several = findings.iter().any(|finding| finding.is_error() && !is_required(notice, &finding.place.file));
        match (contest, bodies) {
            (Ok((contest, record)), Ok(bodies)) if !several => {
                let (contest, short) = as_meant(contest, notice);
                let findings = findings.into_iter().chain(short).collect();
                Ok(Self { contest, bodies: bodies.map(|(read, _)| read.bodies).unwrap_or_default(), materials: files, findings, record })
            }
            (contest, bodies) => {
                let missing = missing(&files, notice, &findings);
                let unread = contest.err().into_iter().chain(bodies.err()).flatten();
                Err(unread.chain(findings).chain(missing).collect())
            }
        }
    }

    pub(crate) fn roster(&self) -> Option<&MaterialFile> {
        roster(&self.materials)
    }

    /// Findings on the contest's record with the lines that they are about.
    pub(crate) fn with_lines(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let placed = |mut finding: Finding| {
            if finding.place.file == CONTEST_FILE
                && let Some(line) = line_about(&self.record, &finding.message)
            {
                finding.message = format!("第 {line} 行：{}", finding.message);
            }
            finding
        };
        findings.into_iter().map(placed).collect()
    }
}

/// A contest's record by itself, and what is said of how it was read.
pub(crate) fn contest(file: &Path, notice: &Notice) -> Result<(Contest, Vec<Finding>), Vec<Finding>> {
    let fail = |message| vec![Finding::new(FindingCode::ContestInvalid, Place::file(CONTEST_FILE), message)];
    let why = |kind| of_the_machine(kind).unwrap_or("读不出来");
    let bytes = fs::read(file).map_err(|error| fail(format!("{}：{}", why(error.kind()), file.display())))?;
    let listing = Listing { folder: PathBuf::new(), notice, names: Vec::new(), folders: Vec::new(), within: None };
    let mut findings = Vec::new();
    let (contest, _) = listing.parsed::<Contest>(CONTEST_FILE, &bytes, &mut findings)?;
    let (contest, short) = as_meant(contest, notice);
    findings.extend(short);
    Ok((contest, findings))
}

/// The materials that are there, whatever else is wrong with the folder.
pub(crate) fn materials(folder: &Path, notice: &Notice) -> Vec<MaterialFile> {
    Listing::of(folder, notice).materials().files
}

pub(crate) fn roster(materials: &[MaterialFile]) -> Option<&MaterialFile> {
    materials.iter().find(|material| material.rule.material == Material::Roster)
}

/// What the system would say of the materials that are not there, if it were asked, and was not said already.
fn missing(materials: &[MaterialFile], notice: &Notice, said: &[Finding]) -> Vec<Finding> {
    let present: Vec<Material> = materials.iter().map(|material| material.rule.material).collect();
    notice.missing(&present).into_iter().filter(|finding| !said.iter().any(|known| known.place == finding.place)).collect()
}

fn is_required(notice: &Notice, file: &str) -> bool {
    notice.material_of_file(file).is_some_and(|rule| !rule.optional)
}

/// As it is meant; what a shortened name was taken for is said.
fn as_meant(contest: Contest, notice: &Notice) -> (Contest, Option<Finding>) {
    let (contest, said) = contest.as_meant(notice);
    (contest, said.map(|message| Finding::new(FindingCode::FileTaken, Place::file(CONTEST_FILE), message)))
}

/// The line, from 1, of the field or event that a message begins with.
fn line_about(record: &str, message: &str) -> Option<usize> {
    let is_key = |c: &char| c.is_ascii_lowercase() || *c == '_';
    let key: String = match message {
        _ if message.starts_with("发证日期") => "issued_on".to_owned(),
        _ => message.chars().take_while(is_key).collect(),
    };
    let about = |line: &str| {
        if key.is_empty() {
            let event = message.split_once("赛项“").and_then(|(_, rest)| rest.split_once('”')).map(|(event, _)| event);
            return event.is_some_and(|event| line.trim_start().starts_with("name") && line.contains(&format!("\"{event}\"")));
        }
        line.trim_start().strip_prefix(&key).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let at = record.lines().position(about)?;
    Some(within_event(record, at, message).unwrap_or(at) + 1)
}

/// Of the event whose name stands on a line, the line that a message about its occupation is about.
fn within_event(record: &str, named: usize, message: &str) -> Option<usize> {
    let key = match message {
        _ if message.contains("的职业编码") => "occupation_code",
        _ if message.contains("职业名称") => "occupation",
        _ => return None,
    };
    let lines: Vec<&str> = record.lines().map(str::trim_start).collect();
    let begins = lines.get(..named)?.iter().rposition(|line| line.starts_with('[')).map_or(0, |at| at + 1);
    let end = lines.get(named..)?.iter().position(|line| line.starts_with('[')).map_or(lines.len(), |at| named + at);
    let is_it = |line: &&str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    lines.get(begins..end)?.iter().position(is_it).map(|at| begins + at)
}

/// How deep materials are looked for that stand in a folder of their own: what unzips an archive may make two of them.
const MAX_DEPTH: usize = 3;
/// Entries of a folder that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// The files of a folder.
struct Listing<'a> {
    folder: PathBuf,
    notice: &'a Notice,
    /// Their names, in order; what systems and programs put there by themselves is left out.
    names: Vec<String>,
    /// The names of its folders, likewise.
    folders: Vec<String>,
    /// The folder within the one that was named, where all of the materials stand there.
    within: Option<String>,
}

/// Which file is meant by a prescribed name.
enum Choice<'l> {
    /// The one of that name, and others that look like it.
    Exact(Vec<&'l str>),
    /// The only one that can be meant.
    Meant(&'l str),
    /// One of these.
    Several(Vec<&'l str>),
    None,
}

/// Materials, and which files were taken or passed over.
#[derive(Default)]
struct Found {
    files: Vec<MaterialFile>,
    findings: Vec<Finding>,
    /// Names of files that were taken or that a finding names.
    told: Vec<String>,
}

/// What an ending says of a file that is none of the materials by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Archive,
    Picture,
    Paper,
    Other,
}

fn kind(name: &str) -> FileKind {
    let name = folded(name);
    match EntryKind::of(&name) {
        EntryKind::Archive => FileKind::Archive,
        EntryKind::Picture => FileKind::Picture,
        EntryKind::Folder | EntryKind::System => FileKind::Other,
        EntryKind::Other => match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "pdf" | "ofd" | "xlsx" | "xls" | "xlsm" | "et" => FileKind::Paper,
            _ => FileKind::Other,
        },
    }
}

/// Whether the system itself writes files of that name into a folder: the marked roster, the summary form's workbook.
fn is_own(name: &str) -> bool {
    let name = folded(name);
    let stem = name.strip_suffix(".xlsx").unwrap_or_default();
    let numbered = stem.strip_prefix("report-").is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()));
    matches!(stem, "report" | "summary") || numbered
}

impl<'a> Listing<'a> {
    /// The files of the folder that was named; of the only folder within it that has materials, where it has nothing itself.
    fn of(folder: &Path, notice: &'a Notice) -> Self {
        let mut named = Self::here(folder.to_owned(), notice);
        let mut inner: Option<Self> = None;
        for _ in 0..MAX_DEPTH {
            let outer = inner.as_ref().unwrap_or(&named);
            if outer.has_files() {
                break;
            }
            let mut folders = outer.inner_folders();
            if folders.len() > 1 {
                folders.retain(Self::has_materials);
            }
            let [_] = folders.as_slice() else { break };
            inner = folders.pop();
        }
        match inner.filter(Self::has_materials) {
            Some(mut inner) => {
                inner.within = Some(inner.folder.strip_prefix(folder).unwrap_or(folder).to_string_lossy().into_owned());
                inner
            }
            None => {
                named.within = None;
                named
            }
        }
    }

    fn here(folder: PathBuf, notice: &'a Notice) -> Self {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().take(MAX_ENTRIES);
        let (mut names, mut folders) = (Vec::new(), Vec::new());
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if name.starts_with('.') || name.starts_with("~$") || name == "__MACOSX" {
                continue;
            }
            if path.is_file() {
                names.push(name);
            } else if path.is_dir() {
                folders.push(name);
            }
        }
        names.sort();
        folders.sort();
        Self { folder, notice, names, folders, within: None }
    }

    fn inner_folders(&self) -> Vec<Self> {
        self.folders.iter().map(|name| Self::here(self.folder.join(name), self.notice)).collect()
    }

    fn prescribed_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.notice.materials.iter().map(|rule| rule.file.as_str()).chain([CONTEST_FILE, BODIES])
    }

    /// Whether a file is meant by a prescribed name.
    fn is_prescribed(&self, name: &str) -> bool {
        self.prescribed_names().any(|file| prescribed(name, file) == file)
    }

    /// Whether it has what can only be an application's.
    fn has_materials(&self) -> bool {
        self.names.iter().any(|name| self.is_prescribed(name) && !is_own(name))
    }

    /// Whether it has any file that may be a material, under whatever name.
    fn has_files(&self) -> bool {
        let may_be = |name: &String| !is_own(name) && (kind(name) != FileKind::Other || self.is_prescribed(name));
        self.names.iter().any(may_be)
    }

    /// A folder without a file, and several within it that have materials.
    fn several_folders(&self) -> Option<Finding> {
        if self.within.is_some() || self.has_files() {
            return None;
        }
        let folders: Vec<String> = self.inner_folders().into_iter().filter(Self::has_materials).map(|inner| inner.name()).collect();
        let names: Vec<&str> = folders.iter().map(String::as_str).collect();
        let message = format!("文件夹里没有材料，子文件夹{}里各有；每个子文件夹是一份申报的，请指明其中一个", quoted(&names));
        (names.len() > 1).then(|| Finding::new(FindingCode::ContestInvalid, Place::file(CONTEST_FILE), message))
    }

    /// A folder with nothing in it that can be meant: what belongs there is said once, not once for each material.
    fn nothing(&self) -> Option<Finding> {
        let is_bare = |listing: &Self| listing.names.iter().all(|name| is_own(name));
        let is_empty = self.within.is_none() && is_bare(self) && self.inner_folders().iter().all(is_bare);
        is_empty.then(|| {
            let rules = self.notice.materials.iter();
            let materials: Vec<String> =
                rules.map(|rule| format!("{}（{}{}）", rule.file, rule.title, if rule.optional { "，可以没有" } else { "" })).collect();
            let (folder, materials) = (self.folder.display(), materials.join("、"));
            let message = format!("文件夹 {folder} 里没有申报材料；应有 {CONTEST_FILE}（大赛信息）、{materials}");
            Finding::new(FindingCode::FolderEmpty, Place::file(CONTEST_FILE), message)
        })
    }

    fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn choose(&self, wanted: &str) -> Choice<'_> {
        let others: Vec<&str> =
            self.names.iter().map(String::as_str).filter(|name| *name != wanted && prescribed(name, wanted) == wanted).collect();
        match others.as_slice() {
            _ if self.names.iter().any(|name| name == wanted) => Choice::Exact(others),
            [] => Choice::None,
            [one] => Choice::Meant(one),
            _ => Choice::Several(others),
        }
    }

    fn materials(&self) -> Found {
        let mut found = Found::default();
        if let Some(within) = &self.within {
            let message = format!("材料在子文件夹“{within}”里，按其中的文件办理");
            found.findings.push(Finding::new(FindingCode::FileTaken, Place::file(within), message));
        }
        for rule in &self.notice.materials {
            if let Some(bytes) = self.material(rule, &mut found) {
                found.files.push(MaterialFile { rule: rule.clone(), bytes });
            }
        }
        let left_out = self.left_out(&found);
        found.findings.extend(left_out);
        found
    }

    /// What looks like a material, is none by its name, and was not spoken of yet: one finding of each kind.
    fn left_out(&self, found: &Found) -> Vec<Finding> {
        let photos = self.notice.file(Material::Photos);
        let has_photos = found.files.iter().any(|file| file.rule.material == Material::Photos);
        let of = |wanted: FileKind| -> Vec<&str> {
            let left = |name: &&str| {
                kind(name) == wanted && !self.is_prescribed(name) && !is_own(name) && !found.told.iter().any(|told| told == name)
            };
            self.names.iter().map(String::as_str).filter(left).collect()
        };
        let ignored = |names: &[&str], why: String| {
            let first = names.first()?;
            let message = format!("没有采用{}：{why}", quoted(names));
            Some(Finding::new(FindingCode::FileIgnored, Place::file(*first), message))
        };
        let mut findings = Vec::new();
        findings.extend(ignored(&of(FileKind::Archive), format!("照片只从一个压缩包 {photos} 读取；分成几个的，请合并成一个")));
        findings.extend(ignored(&of(FileKind::Picture), format!("照片要打包成 {photos}；是扫描件的，请另存为 PDF 并按规定命名")));
        findings.extend(ignored(&of(FileKind::Paper), "不是规定的文件名；是某份材料的一部分的，请并入那份文件".to_owned()));
        for inner in self.inner_folders() {
            let count = inner.pictures(MAX_DEPTH);
            let name = inner.name();
            // What the archive was made of may stand beside it.
            let is_source = has_photos && photos.strip_suffix(".zip") == Some(bare(&folded(&name)));
            if count == 0 || is_source {
                continue;
            }
            let message = format!(
                "没有采用文件夹“{name}”里的 {count} 张图片：照片要打包成 {photos}（右键文件夹“发送到—压缩(zipped)文件夹”，再改名）"
            );
            findings.push(Finding::new(FindingCode::FileIgnored, Place::file(name), message));
        }
        findings
    }

    /// Pictures in the folder and the folders within it, so many levels deep.
    fn pictures(&self, depth: usize) -> usize {
        let own = self.names.iter().filter(|name| kind(name) == FileKind::Picture).count();
        let inner = if depth > 1 { self.inner_folders() } else { Vec::new() };
        own + inner.iter().map(|inner| inner.pictures(depth - 1)).sum::<usize>()
    }

    /// The file of a material, if it is clear which one that is; otherwise what there is in its place.
    fn material(&self, rule: &MaterialRule, found: &mut Found) -> Option<Vec<u8>> {
        let Found { findings, told, .. } = found;
        let name = match self.choose(&rule.file) {
            Choice::None => {
                findings.extend(self.instead(rule, told));
                return None;
            }
            Choice::Several(names) => {
                let message = format!("缺少{}；文件夹里有{}，请只留一份，改名为 {}", rule.title, quoted(&names), rule.file);
                findings.push(Finding::new(FindingCode::MaterialMissing, Place::file(&rule.file), message).under(&rule.clause));
                return None;
            }
            choice => self.taken(&choice, &rule.file, &rule.title, findings)?,
        };
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                let why = of_the_machine(error.kind()).unwrap_or("读不出来");
                let message = format!("{}没有读到：{why}（{}）", rule.title, self.folder.join(name).display());
                findings.push(Finding::new(FindingCode::MaterialMissing, Place::file(&rule.file), message).under(&rule.clause));
                None
            }
        }
    }

    /// The name of the file that is taken, and what is said about it.
    fn taken<'n>(&self, choice: &Choice<'n>, wanted: &'n str, title: &str, findings: &mut Vec<Finding>) -> Option<&'n str> {
        match choice {
            Choice::Exact(others) => {
                let ignored = |other: &&str| {
                    let message = format!("没有采用“{other}”：{title}采用的是“{wanted}”");
                    Finding::new(FindingCode::FileIgnored, Place::file(*other), message)
                };
                findings.extend(others.iter().map(ignored));
                Some(wanted)
            }
            Choice::Meant(name) => {
                let message = format!("采用“{name}”作为{title}（规定的文件名为 {wanted}）");
                findings.push(Finding::new(FindingCode::FileTaken, Place::file(*name), message));
                Some(name)
            }
            Choice::Several(_) | Choice::None => None,
        }
    }

    /// What a folder without a material has that may be meant by it. Of what is not asked for, it is a warning.
    fn instead(&self, rule: &MaterialRule, told: &mut Vec<String>) -> Option<Finding> {
        let (stem, ending) = rule.file.rsplit_once('.').unwrap_or((&rule.file, ""));
        let is_free = |name: &&str| !self.is_prescribed(name) && !is_own(name);
        let may_be = |name: &&str| {
            let name = folded(name);
            let (own_stem, own_ending) = name.rsplit_once('.').unwrap_or((&name, ""));
            let is_archive = rule.material == Material::Photos && kind(&name) == FileKind::Archive;
            own_ending == ending || is_archive || bare(own_stem) == stem
        };
        let names: Vec<&str> = self.names.iter().map(String::as_str).filter(is_free).filter(may_be).collect();
        let Some(first) = names.first() else { return self.in_a_folder(rule) };
        told.extend(names.iter().map(|name| (*name).to_owned()));
        if rule.optional {
            let message = format!("没有采用{}：{}的文件名应为 {}", quoted(&names), rule.title, rule.file);
            return Some(Finding::new(FindingCode::FileIgnored, Place::file(*first), message));
        }
        let message =
            format!("缺少{}；文件夹里有{}，如果就是这份材料，请改名（格式不同的另存）为 {}", rule.title, quoted(&names), rule.file);
        Some(Finding::new(FindingCode::MaterialMissing, Place::file(&rule.file), message).under(&rule.clause))
    }

    /// A missing material that stands in a folder within: which of two folders counts, the system does not guess.
    fn in_a_folder(&self, rule: &MaterialRule) -> Option<Finding> {
        let (folder, name) = self.elsewhere(&rule.file)?;
        let there = format!("子文件夹“{folder}”里有“{name}”，如果就是这份材料，请移到申报文件夹下");
        if rule.optional {
            let message = format!("没有采用子文件夹“{folder}”里的“{name}”：{}应直接放在申报文件夹下", rule.title);
            return Some(Finding::new(FindingCode::FileIgnored, Place::file(&rule.file), message));
        }
        let message = format!("缺少{}；{there}", rule.title);
        Some(Finding::new(FindingCode::MaterialMissing, Place::file(&rule.file), message).under(&rule.clause))
    }

    /// The first folder within that has a file of that name, and how it is called there.
    fn elsewhere(&self, wanted: &str) -> Option<(String, String)> {
        self.inner_folders().into_iter().find_map(|inner| {
            let name = inner.names.iter().find(|name| prescribed(name, wanted) == wanted)?;
            Some((inner.name(), name.clone()))
        })
    }

    /// A record in TOML, and its text as it was read.
    fn record<T: DeserializeOwned>(&self, file: &str, findings: &mut Vec<Finding>) -> Result<(T, String), Vec<Finding>> {
        let fail = |message: String| vec![Finding::new(FindingCode::ContestInvalid, Place::file(file), message)];
        let choice = self.choose(file);
        let name = match &choice {
            Choice::Several(names) => return Err(fail(format!("没有找到 {file}；文件夹里有{}，请只留一份，改名为 {file}", quoted(names)))),
            choice => self.taken(choice, file, if file == CONTEST_FILE { "大赛信息" } else { "备案机构" }, findings),
        };
        let Some(bytes) = name.and_then(|name| fs::read(self.folder.join(name)).ok()) else {
            let ends =
                |name: &&str| [".toml", ".txt"].iter().any(|ending| folded(name).ends_with(ending)) && prescribed(name, BODIES) != BODIES;
            let others: Vec<&str> = self.names.iter().map(String::as_str).filter(ends).collect();
            let hint = match self.elsewhere(file) {
                _ if !others.is_empty() => format!("；文件夹里有{}，如果就是它，请改名", quoted(&others)),
                Some((folder, name)) => format!("；子文件夹“{folder}”里有“{name}”，如果就是它，请移到申报文件夹下"),
                None => String::new(),
            };
            return Err(fail(format!("没有找到 {file}{hint}")));
        };
        self.parsed(file, &bytes, findings)
    }

    /// What a file in TOML says, and its text as it was read.
    fn parsed<T: DeserializeOwned>(&self, file: &str, bytes: &[u8], findings: &mut Vec<Finding>) -> Result<(T, String), Vec<Finding>> {
        let finding = |message| Finding::new(FindingCode::ContestInvalid, Place::file(file), message);
        let read = record::read(bytes, self.notice).map_err(|problems| problems.into_iter().map(finding).collect::<Vec<_>>())?;
        if !read.changes.is_empty() {
            let message = format!("读取时{}，其余没有改动", read.changes.join("，"));
            findings.push(Finding::new(FindingCode::FileTaken, Place::file(file), message));
        }
        Ok((read.record, read.text))
    }
}

fn quoted(names: &[&str]) -> String {
    const MAX: usize = 5;
    let listed: String = names.iter().take(MAX).map(|name| format!("“{name}”")).collect();
    if names.len() > MAX { format!("{listed}等 {} 个文件", names.len()) } else { listed }
}

/// Small letters, half-width, without what cannot be seen.
fn folded(name: &str) -> String {
    let fold = |c: char| match c {
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' => None,
        '\u{A0}' | '\u{3000}' => Some(' '),
        '。' => Some('.'),
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0),
        c => Some(c),
    };
    name.chars().filter_map(fold).flat_map(char::to_lowercase).collect::<String>().trim().to_owned()
}

/// The prescribed name that a file's name is meant as, where it has the same ending as `wanted`: without what browsers and systems add
/// to a copy's name, with the ending once, without one that an editor put behind it.
fn prescribed(name: &str, wanted: &str) -> String {
    let folded = folded(name);
    let Some((_, ending)) = wanted.rsplit_once('.') else { return folded };
    let mut rest = bare(&folded);
    if ending == "toml" {
        rest = rest.strip_suffix(".txt").unwrap_or(rest);
    }
    let mut has_ending = false;
    while let Some(before) = bare(rest).strip_suffix(ending).map(str::trim_end).and_then(|before| before.strip_suffix('.')) {
        (rest, has_ending) = (before, true);
    }
    if has_ending { format!("{}.{ending}", bare(rest)) } else { folded.clone() }
}

/// A name without what is added to a copy: `(1)`, `- 副本`, `copy of`.
fn bare(stem: &str) -> &str {
    const BEFORE: [&str; 3] = ["copy of ", "副本", "复件 "];
    const AFTER: [&str; 4] = ["副本", "的副本", "copy", "拷贝"];
    let mut rest = stem.trim();
    loop {
        let numbered = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
        let next = match numbered {
            Some((before, number)) if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) => before,
            _ => AFTER
                .iter()
                .find_map(|mark| rest.strip_suffix(mark))
                .or_else(|| BEFORE.iter().find_map(|mark| rest.strip_prefix(mark)))
                .unwrap_or(rest),
        };
        let next = next.trim_matches([' ', '-', '_', '.']);
        if next == rest || next.is_empty() {
            return rest;
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rules::notice::Notices;

    use super::*;

    const CONTEST: &str = include_str!("../../../tests/samples/hosted/contest.toml");

    /// A folder of its own for one test, which goes with it.
    struct Made(PathBuf);

    impl Made {
        fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
            let folder = std::env::temp_dir().join(format!("saizheng-folder-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).expect("created");
            for (file, content) in files {
                fs::write(folder.join(file), content).expect("written");
            }
            Self(folder)
        }

        fn read(&self) -> Result<Folder, Vec<Finding>> {
            Folder::read(&self.0, Notices::built_in().expect("notices").general())
        }

        fn errors(&self) -> Vec<Finding> {
            self.read().err().expect("refused")
        }
    }

    impl Drop for Made {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_wrong_in_contest_toml_is_said_in_chinese_with_its_line() {
        let message = |text: &str| Made::new("wrong", &[("contest.toml", text.as_bytes())]).errors()[0].message.clone();
        assert!(message("name = \"甲\"\nclass = 国家级").contains("class 应加引号：\"省级一类\" 或 "));
        assert!(message("name = \"甲\"").contains("缺少“class”"));
        assert!(message("name = 甲").contains("格式有误") && message("name = 甲").contains("英文引号"));
        assert!(message("jurisdiction = 51").contains("00 省本级、01 成都市"), "{}", message("jurisdiction = 51"));
        assert!(message("\u{0}\u{1}").contains("UTF-8"));
    }

    #[test]
    fn a_refusal_of_the_record_has_its_line() {
        let made = Made::new("lines", &[("contest.toml", CONTEST.as_bytes())]);
        let folder = made.read().expect("read");
        let about = |message: &str| {
            let finding = Finding::new(FindingCode::ContestInvalid, Place::file(CONTEST_FILE), message);
            folder.with_lines(vec![finding]).remove(0).message
        };
        let line = |key: &str| CONTEST.lines().position(|line| line.starts_with(key)).expect("a line") + 1;
        assert_eq!(about("jurisdiction“02”不是"), format!("第 {} 行：jurisdiction“02”不是", line("jurisdiction")));
        assert_eq!(about("发证日期 2022-01-01 早于"), format!("第 {} 行：发证日期 2022-01-01 早于", line("issued_on")));
        let event = &folder.contest.events[0].name;
        assert!(about(&format!("赛项“{event}”登记了两次")).starts_with(&format!("第 {} 行：", line(&format!("name = \"{event}\"")))));
        let occupation = |key: &str| {
            let at = CONTEST.lines().position(|line| line.contains(&format!("name = \"{event}\""))).expect("a line");
            at + CONTEST.lines().skip(at).position(|line| line.starts_with(&format!("{key} ="))).expect("a line") + 1
        };
        assert!(about(&format!("赛项“{event}”的职业名称“甲”与")).starts_with(&format!("第 {} 行：", occupation("occupation"))));
        assert!(about(&format!("赛项“{event}”的职业编码 9-9")).starts_with(&format!("第 {} 行：", occupation("occupation_code"))));
        assert_eq!(about("没有登记赛项（events）"), "没有登记赛项（events）");
    }

    #[test]
    fn a_record_is_read_in_other_encodings_and_by_the_jurisdictions_name() {
        let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(CONTEST.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let unseen = CONTEST.replace("jurisdiction", "\u{200B}jurisdiction").replace("\"00\"", "“省本级”");
        let expected = Made::new("plain", &[("contest.toml", CONTEST.as_bytes())]).read().expect("read").contest;
        for (name, bytes, says) in [("wide", wide, "UTF-16"), ("unseen", unseen.into_bytes(), "看不见的字符")] {
            let folder = Made::new(name, &[("contest.toml", &bytes)]).read().expect("read");
            assert_eq!(folder.contest, expected, "{name}");
            let said = &folder.findings[0];
            assert!(said.code == FindingCode::FileTaken && said.message.contains(says), "{said}");
        }
    }

    #[test]
    fn a_record_is_taken_as_it_is_meant_and_otherwise_says_how_to_write_it() {
        let expected = Made::new("meant-plain", &[("contest.toml", CONTEST.as_bytes())]).read().expect("read").contest;
        let with = |key: &str, value: &str| -> String {
            CONTEST.lines().map(|line| if line.starts_with(key) { format!("{key} = {value}\n") } else { format!("{line}\n") }).collect()
        };
        for text in [
            with("hrss_hosted", "是"),
            with("final_on", &expected.final_on.strftime("%Y/%-m/%-d").to_string()),
            with("issued_on", &expected.issued_on.strftime("%Y-%-m-%-d").to_string()),
            with("year", &format!("\"{}\"", expected.year)),
            with("jurisdiction", "\"四川省\""),
            CONTEST.replace("[[events]]", "[events]"),
            CONTEST.replace('\n', "\r"),
        ] {
            let folder = Made::new("meant-taken", &[("contest.toml", text.as_bytes())]).read().unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(folder.contest, expected, "{text}");
        }
        let city = Made::new("city", &[("contest.toml", with("jurisdiction", "\"成都\"").as_bytes())]).read().expect("read");
        assert_eq!(city.contest.jurisdiction, "01");
        assert!(city.findings.iter().any(|finding| finding.message == "jurisdiction“成都”按“01 成都市”处理"), "{:?}", city.findings);
        for (text, says) in [
            (with("year", "2022\nyear = 2022"), "“year”写了两次"),
            (with("hrss_hosted", "也许"), "true（是）或 false（否）"),
            (with("final_on", "五月底"), "日期写作 2022-06-20"),
            (with("organiser", r#""四川\u001b[31m样例""#), "第 3 个字是控制字符 U+001B"),
            (with("organiser", "\"四川\u{1b}[31m样例\""), "是控制字符 U+001B"),
        ] {
            let errors = Made::new("meant-refused", &[("contest.toml", text.as_bytes())]).errors();
            assert!(errors[0].message.contains(says) && errors[0].message.contains(" 行"), "{}", errors[0]);
        }
        let hidden =
            Made::new("hidden", &[("contest.toml", with("organiser", r#""四川\u202e样例协会""#).as_bytes())]).read().expect("read");
        assert!(hidden.findings.iter().any(|finding| finding.message.contains("看不见的字符")), "{:?}", hidden.findings);
        let other = Made::new("other-province", &[("contest.toml", with("jurisdiction", "\"重庆市\"").as_bytes())]).read().expect("read");
        assert_eq!(other.contest.jurisdiction, "重庆市", "for the system to refuse");
    }

    #[test]
    fn names_that_can_mean_one_file_only_are_that_file() {
        let same = |name: &str, wanted: &str| assert_eq!(prescribed(name, wanted), wanted, "{name}");
        for name in
            ["contest.PDF", "Contest.pdf", "contest.pdf.pdf", "contest (1).pdf", "contest（2）.pdf", "contest - 副本.pdf", "contest .pdf"]
        {
            same(name, "contest.pdf");
        }
        for name in ["contest.toml.txt", "contest.TOML", "contest(1).toml.txt", "contest.toml (1).txt", "Contest.toml"] {
            same(name, "contest.toml");
        }
        for name in
            ["Roster.xlsx", "ｒｏｓｔｅｒ.xlsx", "roster.xlsx.xlsx", "roster - 副本 (2).xlsx", "copy of roster.xlsx", "副本roster.xlsx"]
        {
            same(name, "roster.xlsx");
        }
        for (name, wanted) in
            [("roster.xls", "roster.xlsx"), ("contest2.pdf", "contest.pdf"), ("contest.txt", "contest.toml"), ("名单.xlsx", "roster.xlsx")]
        {
            assert_ne!(prescribed(name, wanted), wanted, "{name}");
        }
    }

    #[test]
    fn the_file_that_is_meant_is_taken_and_named() {
        let files: &[(&str, &[u8])] = &[
            ("contest.toml.txt", CONTEST.as_bytes()),
            ("contest.PDF", b"a"),
            ("commendation.pdf.pdf", b"b"),
            ("Summary.pdf", b"c"),
            ("roster (1).xlsx", b"d"),
            ("photos.ZIP", b"e"),
            ("~$roster (1).xlsx", b"lock"),
            ("._contest.pdf", b"fork"),
        ];
        let folder = Made::new("meant", files).read().expect("read");
        let contents: Vec<&[u8]> = folder.materials.iter().map(|material| material.bytes.as_slice()).collect();
        assert_eq!(contents, [b"a", b"b", b"c", b"d", b"e"]);
        assert!(folder.findings.iter().all(|finding| finding.code == FindingCode::FileTaken));
        let said: Vec<&str> = folder.findings.iter().map(|finding| finding.message.as_str()).collect();
        assert!(said.contains(&"采用“roster (1).xlsx”作为选手信息导入模板表（规定的文件名为 roster.xlsx）"), "{said:?}");
        assert!(said.contains(&"采用“contest.toml.txt”作为大赛信息（规定的文件名为 contest.toml）"), "{said:?}");
    }

    #[test]
    fn where_several_may_be_meant_the_prescribed_one_counts_or_none() {
        let toml = ("contest.toml", CONTEST.as_bytes());
        let folder = Made::new("exact", &[toml, ("roster.xlsx", b"new"), ("roster (1).xlsx", b"old")]).read().expect("read");
        assert_eq!(folder.roster().map(|roster| roster.bytes.as_slice()), Some(&b"new"[..]));
        assert_eq!(folder.findings[0].code, FindingCode::FileIgnored);
        assert!(folder.findings[0].message.contains("没有采用“roster (1).xlsx”"));
        let folder = Made::new("several", &[toml, ("roster (1).xlsx", b"a"), ("roster (2).xlsx", b"b")]).read().expect("read");
        assert!(folder.roster().is_none());
        let says = "缺少选手信息导入模板表；文件夹里有“roster (1).xlsx”“roster (2).xlsx”，请只留一份，改名为 roster.xlsx";
        assert_eq!((folder.findings[0].code, folder.findings[0].message.as_str()), (FindingCode::MaterialMissing, says));
        let photos = Made::new("photos", &[toml, ("photos (1).zip", b"a"), ("photos.ZIP", b"b")]).errors();
        assert!(
            photos[0].place.file == "photos.zip" && photos[0].is_error(),
            "no certificates without the photos that were meant: {photos:?}"
        );
    }

    #[test]
    fn an_empty_folder_is_one_finding_that_says_what_belongs_there() {
        for files in [&[] as &[(&str, &[u8])], &[(".DS_Store", b"x"), ("report.xlsx", b"r")]] {
            let found = Made::new("empty", files).errors();
            assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [FindingCode::FolderEmpty], "{found:?}");
            for word in ["contest.toml", "contest.pdf", "commendation.pdf", "summary.pdf", "photos.zip"] {
                assert!(found[0].message.contains(word), "{word}: {}", found[0]);
            }
            let fix = &found[0].fix;
            assert!(fix.contains("saizheng template --out roster.xlsx") && !fix.contains("请改正大赛信息"), "what to put there: {fix}");
        }
        let one = Made::new("one", &[("roster.xlsx", b"d")]).errors();
        assert!(one.len() > 1, "where something is there, what is missing is named one by one: {one:?}");
    }

    #[test]
    fn materials_in_a_folder_of_their_own_are_taken_from_there() {
        let made = Made::new("inner", &[]);
        for (path, file, content) in
            [("材料/材料", "contest.toml", CONTEST.as_bytes()), ("材料/材料", "roster.xlsx", b"d"), ("", "report.xlsx", b"r")]
        {
            fs::create_dir_all(made.0.join(path)).expect("created");
            fs::write(made.0.join(path).join(file), content).expect("written");
        }
        let folder = made.read().expect("read");
        assert_eq!(folder.roster().map(|roster| roster.bytes.as_slice()), Some(&b"d"[..]));
        let said: Vec<&str> = folder.findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(said, ["材料在子文件夹“材料/材料”里，按其中的文件办理"]);
        assert_eq!(materials(&made.0, Notices::built_in().expect("notices").general()).len(), 1, "so that it can be marked");
        fs::create_dir_all(made.0.join("另一份")).expect("created");
        fs::write(made.0.join("另一份/contest.toml"), CONTEST).expect("written");
        assert_eq!(made.read().expect("the only one that has materials at once").materials.len(), 0);
        fs::write(made.0.join("材料/contest.pdf"), b"a").expect("written");
        let errors = made.errors();
        assert!(errors.len() == 1 && errors[0].message.contains("子文件夹“另一份”“材料”里各有"), "{errors:?}");
        fs::write(made.0.join("contest.toml"), CONTEST).expect("written");
        let findings = made.read().expect("read").findings;
        let missing = findings.iter().find(|finding| finding.place.file == "contest.pdf").expect("named");
        assert!(missing.is_error() && missing.message.contains("子文件夹“材料”里有“contest.pdf”"), "{missing}");
    }

    #[test]
    fn what_looks_like_a_material_and_was_not_taken_is_said() {
        let toml = ("contest.toml", CONTEST.as_bytes());
        let files: &[(&str, &[u8])] = &[
            toml,
            ("contest.pdf", b"a"),
            ("commendation.pdf", b"a"),
            ("summary.pdf", b"a"),
            ("roster.xlsx", b"a"),
            ("photos.zip", b"a"),
            ("photos2.zip", b"b"),
            ("补充照片.rar", b"b"),
            ("张三.jpg", b"c"),
            ("roster2.xlsx", b"d"),
            ("补充名单.xls", b"d"),
            ("report.xlsx", b"e"),
            ("report-2.xlsx", b"e"),
            ("summary.xlsx", b"e"),
            ("说明.txt", b"f"),
        ];
        let made = Made::new("left", files);
        for folder in ["photos", "补充/一", "原图/决赛/数控车"] {
            fs::create_dir_all(made.0.join(folder)).expect("created");
            fs::write(made.0.join(folder).join("李四.JPG"), b"c").expect("written");
        }
        let findings = made.read().expect("read").findings;
        assert!(findings.iter().all(|finding| finding.code == FindingCode::FileIgnored), "{findings:?}");
        let said: Vec<&str> = findings.iter().map(|finding| finding.message.split('：').next().unwrap_or_default()).collect();
        let expected = [
            "没有采用“photos2.zip”“补充照片.rar”",
            "没有采用“张三.jpg”",
            "没有采用“roster2.xlsx”“补充名单.xls”",
            "没有采用文件夹“原图”里的 1 张图片",
            "没有采用文件夹“补充”里的 1 张图片",
        ];
        assert_eq!(said, expected);
        fs::remove_file(made.0.join("photos.zip")).expect("removed");
        let findings = made.read().expect("read").findings;
        let folder = findings.iter().find(|finding| finding.place.file == "photos").expect("the unzipped folder");
        assert!(folder.message.contains("打包成 photos.zip"), "{folder}");
    }

    #[test]
    fn what_may_be_a_material_under_another_name_is_named() {
        let toml = ("contest.toml", CONTEST.as_bytes());
        let files: &[(&str, &[u8])] = &[toml, ("选手名单.xlsx", b"a"), ("contest.pdf", b"b"), ("照片.rar", b"c"), ("readme.txt", b"d")];
        let folder = Made::new("other", files).read().expect("read");
        let said = |file: &str| folder.findings.iter().find(|finding| finding.place.file == file).expect("a finding");
        assert!(said("roster.xlsx").message.contains("文件夹里有“选手名单.xlsx”"));
        assert!(said("照片.rar").message.contains("没有采用“照片.rar”：选手照片的文件名应为 photos.zip"));
        assert!(!folder.findings.iter().any(|finding| finding.message.contains("readme")));
        let errors = Made::new("record", &[("大赛信息.toml", CONTEST.as_bytes())]).errors();
        assert!(errors[0].message.contains("没有找到 contest.toml；文件夹里有“大赛信息.toml”"), "{}", errors[0]);
    }
}
