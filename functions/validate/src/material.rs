//! Judging one material by its kind.

use certificate::Fonts;
use jiff::civil::Date;
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
    pub(crate) fn judge(&self, rule: &MaterialRule, bytes: &[u8]) -> Judgement {
        if bytes.is_empty() {
            let place = Place::file(&rule.file);
            return Judgement::of(Finding::new(FindingCode::MaterialEmpty, place, format!("{}是空文件", rule.title)).under(&rule.clause));
        }
        match rule.material {
            Material::Roster => self.roster(rule, bytes),
            Material::Photos => Judgement { findings: photos::inspect(bytes, &rule.file), ..Judgement::default() },
            Material::Contest | Material::Commendation | Material::Summary => match pdf::inspect(bytes, &rule.file) {
                Ok(pages) => Judgement { pages: Some(pages), ..Judgement::default() },
                Err(finding) => Judgement::of(finding.under(&rule.clause)),
            },
        }
    }

    /// The contest's own record is judged with the roster: both must be right for a row to get anything.
    fn roster(&self, rule: &MaterialRule, bytes: &[u8]) -> Judgement {
        let mut judgement = Judgement { findings: self.contest.findings(self.notice, self.today), ..Judgement::default() };
        match Roster::open(bytes, &self.notice.roster, &rule.file) {
            Ok(workbook) => self.rows(workbook, &mut judgement),
            Err(findings) => judgement.findings.extend(findings),
        }
        judgement.workbook = roster::report(bytes, &self.notice.roster, &judgement.findings).ok();
        judgement
    }

    fn rows(&self, mut workbook: Roster<'_>, judgement: &mut Judgement) {
        let sheet = workbook.sheet().to_owned();
        let printable = |c| self.fonts.has(c);
        let mut checker = RowChecker::new(self.notice, self.contest, &sheet, &printable);
        let (mut rows, mut found, mut entries) = (0, Vec::new(), Vec::new());
        let whole_sheet = workbook.rows(|raw| {
            rows += 1;
            let (entry, findings) = checker.check(&raw);
            found.extend(findings);
            if let Some(line) = entry.and_then(|entry| serde_json::to_vec(&entry).ok()) {
                entries.extend(line);
                entries.push(b'\n');
            }
        });
        judgement.findings.extend(whole_sheet);
        judgement.findings.extend(found);
        judgement.rows = Some(rows);
        judgement.entries = entries;
    }
}
