//! Judging one material by its kind.

use certificate::Fonts;
use jiff::civil::Date;
use records::RecordsError;
use roster::Roster;
use rules::check::RowChecker;
use rules::contest::Contest;
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
    /// The typed rows of a roster, one JSON object a line.
    pub(crate) entries: Vec<u8>,
    /// The roster with its faulty cells marked.
    pub(crate) workbook: Option<Vec<u8>>,
}

impl Judgement {
    pub(crate) fn of(finding: Finding) -> Self {
        Self { findings: vec![finding], ..Self::default() }
    }

    pub(crate) fn is_clean(&self) -> bool {
        !self.findings.iter().any(Finding::is_error)
    }
}

/// What a material is judged against.
pub(crate) struct Circumstances<'a> {
    pub(crate) notice: &'a Notice,
    pub(crate) contest: &'a Contest,
    pub(crate) fonts: &'a Fonts,
    /// Today in Asia/Shanghai.
    pub(crate) today: Date,
}

impl Circumstances<'_> {
    /// What is wrong with the material is in the judgement; the error is that of a judge who cannot write it down.
    pub(crate) fn judge(&self, rule: &MaterialRule, bytes: &[u8]) -> Result<Judgement, RecordsError> {
        if bytes.is_empty() {
            let place = Place::file(&rule.file);
            let empty = Finding::new(FindingCode::MaterialEmpty, place, format!("{}是空文件", rule.title));
            return Ok(Judgement::of(empty.under(&rule.clause)));
        }
        Ok(match rule.material {
            Material::Roster => self.roster(rule, bytes)?,
            Material::Photos => Judgement { findings: photos::inspect(bytes, &rule.file), ..Judgement::default() },
            Material::Contest | Material::Commendation | Material::Summary => match pdf::inspect(bytes, &rule.file) {
                Ok(pages) => Judgement { pages: Some(pages), ..Judgement::default() },
                Err(finding) => Judgement::of(finding.under(&rule.clause)),
            },
        })
    }

    /// The contest's own record is judged with the roster: both must be right for a row to get anything.
    fn roster(&self, rule: &MaterialRule, bytes: &[u8]) -> Result<Judgement, RecordsError> {
        let mut judgement = Judgement { findings: self.contest.findings(self.notice, self.today), ..Judgement::default() };
        match Roster::open(bytes, &self.notice.roster, &rule.file) {
            Ok(workbook) => self.rows(workbook, &mut judgement)?,
            Err(findings) => judgement.findings.extend(findings),
        }
        let workbook = roster::report(bytes, &self.notice.roster, &judgement.findings);
        judgement.workbook = Some(workbook.map_err(|error| RecordsError::Corrupt(error.to_string()))?);
        Ok(judgement)
    }

    fn rows(&self, mut workbook: Roster<'_>, judgement: &mut Judgement) -> Result<(), RecordsError> {
        let sheet = workbook.sheet().to_owned();
        let printable = |c| self.fonts.has(c);
        let mut checker = RowChecker::new(self.notice, self.contest, &sheet, &printable);
        let (mut rows, mut found, mut entries) = (0, Vec::new(), Ok(Vec::new()));
        let whole_sheet = workbook.rows(|raw| {
            rows += 1;
            let (entry, findings) = checker.check(raw);
            found.extend(findings);
            if let (Some(entry), Ok(lines)) = (entry, &mut entries)
                && let Err(error) = serde_json::to_writer(&mut *lines, &entry).map(|()| lines.push(b'\n'))
            {
                entries = Err(error);
            }
        });
        judgement.findings.extend(whole_sheet);
        judgement.findings.extend(found);
        judgement.rows = Some(rows);
        judgement.entries = entries?;
        Ok(())
    }
}
