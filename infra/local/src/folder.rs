//! An application folder: the contest's record, the materials, and filed bodies, under the names that people give them.

use std::fs;
use std::path::Path;

use rules::intake::contest::Contest;
use rules::notice::{MaterialRule, Notice};
use rules::numbers::body::{BodiesFile, Body};
use rules::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};
use rules::values::toml_text;
use rules::values::vocabulary::{ContestClass, Material};
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
        let mut found = listing.materials();
        let contest = listing.record::<Contest>(CONTEST_FILE, &mut found.findings);
        let bodies = match listing.choose(BODIES) {
            Choice::None => Ok(None),
            _ => listing.record::<BodiesFile>(BODIES, &mut found.findings).map(Some),
        };
        let Found { files, findings } = found;
        let several = findings.iter().any(|finding| finding.is_error() && !is_required(notice, &finding.place.file));
        match (contest, bodies) {
            (Ok((contest, record)), Ok(bodies)) if !several => {
                let contest = with_code(contest, notice);
                Ok(Self { contest, bodies: bodies.map(|(read, _)| read.bodies).unwrap_or_default(), materials: files, findings, record })
            }
            (contest, bodies) => {
                let missing = missing(&files, notice, &findings);
                Err(contest.err().into_iter().chain(bodies.err()).chain(findings).chain(missing).collect())
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

/// A jurisdiction that is written by its name is meant by its code.
fn with_code(mut contest: Contest, notice: &Notice) -> Contest {
    let written = contest.jurisdiction.trim();
    if let Some(named) = notice.jurisdictions.iter().find(|known| known.name == written) {
        contest.jurisdiction.clone_from(&named.code);
    }
    contest
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
    record.lines().position(about).map(|line| line + 1)
}

/// The files of a folder.
struct Listing<'a> {
    folder: &'a Path,
    notice: &'a Notice,
    /// Their names, in order; what systems and programs put there by themselves is left out.
    names: Vec<String>,
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
struct Found {
    files: Vec<MaterialFile>,
    findings: Vec<Finding>,
}

impl<'a> Listing<'a> {
    fn of(folder: &'a Path, notice: &'a Notice) -> Self {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.path().is_file());
        let mut names: Vec<String> = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| !name.starts_with('.') && !name.starts_with("~$"));
        names.sort();
        Self { folder, notice, names }
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
        let mut found = Found { files: Vec::new(), findings: Vec::new() };
        for rule in &self.notice.materials {
            if let Some(bytes) = self.material(rule, &mut found.findings) {
                found.files.push(MaterialFile { rule: rule.clone(), bytes });
            }
        }
        found
    }

    /// The file of a material, if it is clear which one that is; otherwise what there is in its place.
    fn material(&self, rule: &MaterialRule, findings: &mut Vec<Finding>) -> Option<Vec<u8>> {
        let name = match self.choose(&rule.file) {
            Choice::None => {
                findings.extend(self.instead(rule));
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
    fn instead(&self, rule: &MaterialRule) -> Option<Finding> {
        let (stem, ending) = rule.file.rsplit_once('.').unwrap_or((&rule.file, ""));
        let is_free = |name: &&str| {
            let files = self.notice.materials.iter().map(|other| other.file.as_str());
            !files.chain([CONTEST_FILE, BODIES]).any(|file| prescribed(name, file) == file)
        };
        let may_be = |name: &&str| {
            let name = folded(name);
            let (own_stem, own_ending) = name.rsplit_once('.').unwrap_or((&name, ""));
            let is_archive = rule.material == Material::Photos && matches!(own_ending, "rar" | "7z" | "zip");
            own_ending == ending || is_archive || bare(own_stem) == stem
        };
        let names: Vec<&str> = self.names.iter().map(String::as_str).filter(is_free).filter(may_be).collect();
        let first = names.first()?;
        if rule.optional {
            let message = format!("没有采用{}：{}的文件名应为 {}", quoted(&names), rule.title, rule.file);
            return Some(Finding::new(FindingCode::FileIgnored, Place::file(*first), message));
        }
        let message =
            format!("缺少{}；文件夹里有{}，如果就是这份材料，请改名（格式不同的另存）为 {}", rule.title, quoted(&names), rule.file);
        Some(Finding::new(FindingCode::MaterialMissing, Place::file(&rule.file), message).under(&rule.clause))
    }

    /// A record in TOML, and its text as it was read.
    fn record<T: DeserializeOwned>(&self, file: &str, findings: &mut Vec<Finding>) -> Result<(T, String), Finding> {
        let fail = |message: String| Finding::new(FindingCode::ContestInvalid, Place::file(file), message);
        let choice = self.choose(file);
        let name = match &choice {
            Choice::Several(names) => return Err(fail(format!("没有找到 {file}；文件夹里有{}，请只留一份，改名为 {file}", quoted(names)))),
            choice => self.taken(choice, file, if file == CONTEST_FILE { "大赛信息" } else { "备案机构" }, findings),
        };
        let Some(bytes) = name.and_then(|name| fs::read(self.folder.join(name)).ok()) else {
            let ends =
                |name: &&str| [".toml", ".txt"].iter().any(|ending| folded(name).ends_with(ending)) && prescribed(name, BODIES) != BODIES;
            let others: Vec<&str> = self.names.iter().map(String::as_str).filter(ends).collect();
            let hint = if others.is_empty() {
                String::new()
            } else {
                format!("；文件夹里有{}，如果就是它，请改名", quoted(&others))
            };
            return Err(fail(format!("没有找到 {file}{hint}")));
        };
        let plain = toml_text::plain_text(&bytes).map_err(|problem| fail(problem.message))?;
        if !plain.changes.is_empty() {
            let message = format!("读取时{}，其余没有改动", plain.changes.join("，"));
            findings.push(Finding::new(FindingCode::FileTaken, Place::file(file), message));
        }
        let parsed = toml_text::parse(&plain.text).map_err(|problem| {
            let line = problem.line.unwrap_or(1);
            let written = plain.text.lines().nth(line - 1).unwrap_or_default();
            fail(format!("第 {line} 行无法读取：{}{}", problem.message, self.hint(written)))
        })?;
        Ok((parsed, plain.text))
    }

    /// How a line should be written that could not be read.
    fn hint(&self, line: &str) -> String {
        match line.split('=').next().map(str::trim) {
            Some("jurisdiction") => {
                let known: Vec<String> = self.notice.jurisdictions.iter().map(|known| format!("{} {}", known.code, known.name)).collect();
                format!("；jurisdiction 应为加引号的代码，如 \"00\"（可写：{}）", known.join("、"))
            }
            Some("class") if !line.contains('"') => {
                let quoted = ContestClass::ALL.map(|class| format!("\"{}\"", class.name()));
                format!("；class 应加引号：{}", quoted.join(" 或 "))
            }
            Some("name" | "organiser" | "committee" | "occupation" | "occupation_code" | "job") if !line.contains('"') => {
                "；文字应加英文引号".to_owned()
            }
            _ => String::new(),
        }
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
        let class = "第 2 行无法读取：竞赛类别“国家级”应为：省级一类、省级二类";
        assert_eq!(message("name = \"甲\"\nclass = \"国家级\""), class);
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
