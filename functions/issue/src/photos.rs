//! Photos out of the unit's archive, stored by row, never by ID number.

use std::io::{Cursor, Read};

use records::application::Verdict;
use records::keys::objects::ObjectKey;
use records::{Cloud, RecordsError};
use rules::intake::entry::Entry;
use rules::intake::photos::PhotoNames;
use rules::notice::PhotoRule;
use rules::values::vocabulary::Material;
use zip::ZipArchive;

/// The archive, and where each file stands in it.
pub(crate) struct Photos {
    archive: ZipArchive<Cursor<Vec<u8>>>,
    names: PhotoNames,
}

impl Photos {
    /// Opens the archive that was found clean; none where the unit handed in none.
    pub(crate) async fn open(cloud: &Cloud, inbox: Option<&str>, verdicts: &[Verdict]) -> Result<Option<Self>, RecordsError> {
        let verdict = verdicts.iter().find(|verdict| verdict.material == Material::Photos && verdict.clean);
        let (Some(verdict), Some(key)) = (verdict, inbox) else { return Ok(None) };
        let bytes = cloud.read(key, Some(&verdict.version)).await?;
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| RecordsError::Corrupt(error.to_string()))?;
        let readable: Vec<_> = archive.file_names().enumerate().filter_map(|(index, name)| Some((index, name.ok()?))).collect();
        let names = PhotoNames::new(readable.iter().map(|(index, name)| (*index, name.as_ref())));
        drop(readable);
        Ok(Some(Self { archive, names }))
    }

    /// Stores the winner's photo, ready for print; the file is named in the roster, or by the ID number.
    pub(crate) async fn store(&mut self, cloud: &Cloud, rule: &PhotoRule, entry: &Entry, key: &ObjectKey) -> Result<bool, RecordsError> {
        let Some(file) = self.find(entry) else { return Ok(false) };
        // It was found good when it was handed in.
        let portrait = tokio::task::block_in_place(|| certificate::portrait(&file, rule));
        let portrait = portrait.map_err(|error| RecordsError::Corrupt(error.to_string()))?;
        cloud.write(key, "image/jpeg", portrait.jpeg).await?;
        Ok(true)
    }

    fn find(&mut self, entry: &Entry) -> Option<Vec<u8>> {
        let index = self.names.of(entry)?;
        let mut content = Vec::new();
        self.archive.by_index(index).ok()?.read_to_end(&mut content).ok()?;
        Some(content)
    }
}
