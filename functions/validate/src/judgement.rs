//! What judging a material came to.

use records::RecordsError;
use rules::intake::entry::Entry;
use rules::intake::photos::PhotoFile;
use rules::values::finding::Finding;

use crate::stamp::PageStamp;

/// What judging a material brought to light.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    pub(crate) findings: Vec<Finding>,
    /// Pages of a PDF.
    pub(crate) pages: Option<u32>,
    /// Stamps read from a scanned summary form, by page.
    pub(crate) stamps: Vec<PageStamp>,
    /// How images of the form are compressed that cannot be read.
    pub(crate) compression: Option<&'static str>,
    /// Rows of a roster.
    pub(crate) rows: Option<u32>,
    /// The rows of a roster that are sound.
    pub(crate) entries: Vec<Entry>,
    /// Name of the roster's sheet.
    pub(crate) sheet: String,
    /// The files of an archive of photos.
    pub(crate) photos: Vec<PhotoFile>,
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
