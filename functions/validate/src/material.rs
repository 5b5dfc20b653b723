//! Judging one material by its kind.

use std::collections::HashMap;

use certificate::{ArchiveBytes, Fonts, PrintError, Proofreader};
use jiff::civil::Date;
use roster::Roster;
use rules::catalogue::Catalogues;
use rules::intake::check::RowChecker;
use rules::intake::contest::Contest;
use rules::intake::entry::Cell;
use rules::intake::entry::Entry;
use rules::intake::finding_list::FindingList;
use rules::intake::photos::{PhotoFile, PhotoMatches, PhotoOwner};
use rules::intake::summary::Summary;
use rules::issue::certificate_fields::{CertificateFields, IssuedBy};
use rules::notice::{MaterialRule, Notice};
use rules::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};
use rules::values::vocabulary::{CertificateType, Field, Material};

use crate::judgement::Judgement;
use crate::stamp::Scanned;
use crate::{pdf, photos};

/// What a material is judged against.
pub(crate) struct DecisionInputs<'a> {
    pub(crate) notice: &'a Notice,
    pub(crate) catalogues: &'a Catalogues,
    pub(crate) contest: &'a Contest,
    pub(crate) fonts: &'a Fonts,
    /// Today in Asia/Shanghai.
    pub(crate) today: Date,
    /// The day that counts for the deadline, if it is not today: of the first complete submission, or on which the material came.
    pub(crate) handed_in: Option<Date>,
    /// The latest roster, whatever there is of it: it says whose photo a file is.
    pub(crate) roster: Option<&'a [u8]>,
}

impl DecisionInputs<'_> {
    pub(crate) fn judge(&self, rule: &MaterialRule, bytes: &[u8]) -> Judgement {
        if bytes.is_empty() {
            return Self::empty(rule);
        }
        match rule.material {
            Material::Roster => self.roster(rule, bytes),
            Material::Photos => self.photos(rule, bytes),
            Material::Contest | Material::Commendation => match pdf::inspect(bytes, &rule.file) {
                Ok(pages) => Judgement { pages: Some(pages), ..Judgement::default() },
                Err(finding) => Judgement::of(finding.under(&rule.clause)),
            },
            Material::Summary => match pdf::inspect_form(bytes, &rule.file) {
                Ok((pages, Scanned { stamps, compression })) => {
                    Judgement { pages: Some(pages), stamps, compression, ..Judgement::default() }
                }
                Err(finding) => Judgement::of(finding.under(&rule.clause)),
            },
        }
    }

    /// An archive of photos, wherever it lies: it may be larger than what a function has of memory.
    pub(crate) fn photos<B: ArchiveBytes>(&self, rule: &MaterialRule, archive: B) -> Judgement {
        if archive.length().is_ok_and(|length| length == 0) {
            return Self::empty(rule);
        }
        photos::inspect(archive, &rule.file, &self.notice.photo, |photos| self.rows_of(photos))
    }

    fn empty(rule: &MaterialRule) -> Judgement {
        let empty = Finding::new(FindingCode::MaterialEmpty, Place::file(&rule.file), format!("{}是空文件", rule.title));
        Judgement::of(empty.under(&rule.clause))
    }

    /// The row of the roster that each photo belongs to, as far as it can be read by now.
    fn rows_of(&self, photos: &[PhotoFile]) -> HashMap<usize, u32> {
        let Some(bytes) = self.roster else { return HashMap::new() };
        let profile = &self.notice.roster;
        let Ok(mut workbook) = Roster::open(bytes, profile, self.notice.file(Material::Roster)) else { return HashMap::new() };
        let columns = [Field::Name, Field::DocumentNumber, Field::Photo].map(|field| profile.position(field).map(usize::from));
        let mut rows: Vec<(u32, [String; 3])> = Vec::new();
        workbook.rows(|raw| {
            let text = |at: Option<usize>| match at.and_then(|at| raw.cells.get(at)) {
                Some(Cell::Text(text)) => text.clone(),
                _ => String::new(),
            };
            rows.push((raw.row, columns.map(text)));
        });
        let owners = rows.iter().map(|(row, [name, number, photo])| PhotoOwner {
            row: *row,
            name,
            number,
            photo: Some(photo.as_str()).filter(|photo| !photo.is_empty()),
        });
        PhotoMatches::new(photos, owners).rows()
    }

    /// The contest's own record is judged with the roster: both must be right for a row to get anything.
    fn roster(&self, rule: &MaterialRule, bytes: &[u8]) -> Judgement {
        let findings = self.contest.findings(self.notice, self.catalogues, self.today, self.handed_in);
        let mut judgement = Judgement { findings, ..Judgement::default() };
        match Roster::open(bytes, &self.notice.roster, &rule.file) {
            Ok(workbook) => self.rows(rule, workbook, &mut judgement),
            Err(findings) => judgement.findings.extend(self.notice.with_template_source(findings)),
        }
        judgement
    }

    fn rows(&self, rule: &MaterialRule, mut workbook: Roster<'_>, judgement: &mut Judgement) {
        let sheet = workbook.sheet().to_owned();
        let printable = |c| self.fonts.has(c);
        let mut checker = RowChecker::new(self.notice, self.catalogues, self.contest, &sheet, &printable);
        let (mut found, mut entries) = (FindingList::default(), Vec::new());
        let whole_sheet = workbook.rows(|raw| {
            let (entry, findings) = checker.check(raw);
            found.extend(findings);
            entries.extend(entry);
        });
        let mut proofreader = Proofreader::new(self.fonts, &self.notice.layouts);
        for entry in &entries {
            found.extend(self.misprints(&mut proofreader, &checker, entry));
        }
        let rows = checker.judged();
        found.extend(checker.finish());
        judgement.findings.extend(self.notice.with_template_source(whole_sheet));
        judgement.findings.extend(found.finish(&rule.file, &sheet));
        judgement.findings.extend(self.summary_head(&entries));
        judgement.rows = Some(rows);
        judgement.entries = entries;
        judgement.sheet = sheet;
    }

    /// What of a certificate could not be printed as it is (三、（一）), whoever issues it: found before a number is spent.
    fn misprints(&self, proofreader: &mut Proofreader<'_>, checker: &RowChecker<'_>, entry: &Entry) -> Vec<Finding> {
        let certificate_type = if entry.level.is_some() { CertificateType::SkillLevel } else { CertificateType::SpecificAbility };
        let code = "8".repeat(self.notice.code.width());
        let issuers = [&self.contest.committee, &self.contest.organiser].into_iter().filter(|issuer| !issuer.is_empty());
        let misprints = issuers.flat_map(|issuer| {
            let by = IssuedBy { certificate_type, issuing_body: issuer, sealed_by: Some(&self.notice.notice.center) };
            let fields = CertificateFields::new(self.notice, self.contest, entry, by, &code, String::new());
            proofreader.read(&fields, entry.by_hand, |layout| layout.certificate_types.contains(&certificate_type))
        });
        let mut found: Vec<Finding> = misprints.map(|(part, error)| misprint(checker, entry.row, &part, &error)).collect();
        for misprint in proofreader.read_papers(self.notice, entry, &code) {
            let place = place_of(checker, entry.row, &misprint.part);
            if !found.iter().any(|known| known.place == place) {
                let message = format!("{}上的“{}”过长，缩到最小也排不下", misprint.paper, misprint.part);
                found.push(Finding::new(FindingCode::TextTooLong, place, message));
            }
        }
        found
    }

    /// The summary form is made of whatever rows are sound; what stands over its table is the contest's.
    fn summary_head(&self, entries: &[Entry]) -> Option<Finding> {
        let first = entries.get(..1)?;
        let summary = Summary::new(self.notice, self.contest, first, self.today);
        let error = certificate::summary_form(self.fonts, &summary).err()?;
        Some(Finding::new(FindingCode::TextTooLong, Place::file(CONTEST_FILE), format!("{error}；请缩短大赛名称或主办单位名称")))
    }
}

/// The cell that a text comes from, or the contest's record.
fn place_of(checker: &RowChecker<'_>, row: u32, part: &str) -> Place {
    match part {
        "姓名" => checker.place(row, Field::Name),
        "证书正文" => checker.place(row, Field::Award),
        "职业名称" | "职业" => checker.place(row, Field::Occupation),
        "工种/职业方向" | "工种" => checker.place(row, Field::Job),
        _ => Place::file(CONTEST_FILE),
    }
}

fn misprint(checker: &RowChecker<'_>, row: u32, part: &str, error: &PrintError) -> Finding {
    let place = place_of(checker, row, part);
    let missing = |characters: &[char]| {
        let named: Vec<String> = characters.iter().map(|c| format!("“{c}”（U+{:04X}）", u32::from(*c))).collect();
        format!("证书的“{part}”中有字库没有的字 {}，无法打印", named.join("、"))
    };
    match error {
        PrintError::MissingCharacters { characters, .. } => Finding::new(FindingCode::CharNotPrintable, place, missing(characters)),
        _ => Finding::new(FindingCode::TextTooLong, place, format!("证书上的“{part}”过长，缩到最小也排不下")),
    }
}
