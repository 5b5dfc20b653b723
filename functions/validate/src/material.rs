//! Judging one material by its kind.

use certificate::Fonts;
use jiff::civil::Date;
use records::RecordsError;
use roster::Roster;
use rules::catalogue::Catalogues;
use rules::check::RowChecker;
use rules::contest::Contest;
use rules::entry::Entry;
use rules::finding::{Finding, FindingCode, Place};
use rules::notice::{Material, MaterialRule, Notice};

use crate::{pdf, photos};

/// What judging a material brought to light.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    pub(crate) findings: Vec<Finding>,
    /// Pages of a PDF.
    pub(crate) pages: Option<u32>,
    /// Rows of a roster.
    pub(crate) rows: Option<u32>,
    /// The rows of a roster that are sound.
    pub(crate) entries: Vec<Entry>,
    /// Name of the roster's sheet.
    pub(crate) sheet: String,
}

impl Judgement {
    pub(crate) fn of(finding: Finding) -> Self {
        Self { findings: vec![finding], ..Self::default() }
    }

    /// The entries, one JSON object a line.
    pub(crate) fn lines(&self) -> Result<Vec<u8>, RecordsError> {
        let mut lines = Vec::new();
        for entry in &self.entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        Ok(lines)
    }

    pub(crate) fn is_clean(&self) -> bool {
        !self.findings.iter().any(Finding::is_error)
    }
}

/// What a material is judged against.
pub(crate) struct Circumstances<'a> {
    pub(crate) notice: &'a Notice,
    pub(crate) catalogues: &'a Catalogues,
    pub(crate) contest: &'a Contest,
    pub(crate) fonts: &'a Fonts,
    /// Today in Asia/Shanghai.
    pub(crate) today: Date,
}

impl Circumstances<'_> {
    pub(crate) fn judge(&self, rule: &MaterialRule, bytes: &[u8]) -> Judgement {
        if bytes.is_empty() {
            let place = Place::file(&rule.file);
            let empty = Finding::new(FindingCode::MaterialEmpty, place, format!("{}是空文件", rule.title));
            return Judgement::of(empty.under(&rule.clause));
        }
        match rule.material {
            Material::Roster => self.roster(rule, bytes),
            Material::Photos => Judgement { findings: photos::inspect(bytes, &rule.file, &self.notice.photo), ..Judgement::default() },
            Material::Contest | Material::Commendation | Material::Summary => match pdf::inspect(bytes, &rule.file) {
                Ok(pages) => Judgement { pages: Some(pages), ..Judgement::default() },
                Err(finding) => Judgement::of(finding.under(&rule.clause)),
            },
        }
    }

    /// The contest's own record is judged with the roster: both must be right for a row to get anything.
    fn roster(&self, rule: &MaterialRule, bytes: &[u8]) -> Judgement {
        let mut judgement = Judgement { findings: self.contest.findings(self.notice, self.catalogues, self.today), ..Judgement::default() };
        judgement.findings.extend(self.contest.unprintable(&|c| self.fonts.has(c)));
        match Roster::open(bytes, &self.notice.roster, &rule.file) {
            Ok(workbook) => self.rows(workbook, &mut judgement),
            Err(findings) => judgement.findings.extend(findings),
        }
        judgement
    }

    fn rows(&self, mut workbook: Roster<'_>, judgement: &mut Judgement) {
        let sheet = workbook.sheet().to_owned();
        let printable = |c| self.fonts.has(c);
        let mut checker = RowChecker::new(self.notice, self.catalogues, self.contest, &sheet, &printable);
        let (mut rows, mut found, mut entries) = (0, Vec::new(), Vec::new());
        let whole_sheet = workbook.rows(|raw| {
            rows += 1;
            let (entry, findings) = checker.check(raw);
            found.extend(findings);
            entries.extend(entry);
        });
        judgement.findings.extend(whole_sheet);
        judgement.findings.extend(found);
        judgement.findings.extend(checker.finish());
        judgement.rows = Some(rows);
        judgement.entries = entries;
        judgement.sheet = sheet;
    }
}
