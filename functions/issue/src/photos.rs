//! Photos out of the unit's archive, stored by row, never by ID number.
//!
//! Codes are given by now, so nothing here stops the lot: what cannot be read any more, or was not judged when the archive was
//! handed in, leaves its certificate without a photo, and a finding.

use std::fs::File;

use certificate::PhotoArchive;
use lambda_runtime::tracing;
use records::application::stored::Application;
use records::application::verdict::Verdict;
use records::keys::objects::ObjectKey;
use records::{Cloud, RecordsError};
use rules::intake::entry::Entry;
use rules::intake::photos::{PhotoFile, PhotoMatches, PhotoOwner};
use rules::notice::{Notice, PhotoRule};
use rules::values::vocabulary::Material;

/// What became of a winner's photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Photo {
    /// There is none for the row.
    None,
    /// It is ready for print.
    Stored,
    /// There is one, and it cannot be read.
    Unreadable,
}

/// The archive, and where each file that was judged stands in it.
pub(crate) struct Photos {
    archive: Option<PhotoArchive<File>>,
    matches: PhotoMatches,
}

impl Photos {
    /// Opens the archive that was found clean; none where the unit handed in none. `entries` are all rows of the roster.
    pub(crate) async fn open(
        cloud: &Cloud,
        notice: &Notice,
        application: &Application,
        verdicts: &[Verdict],
        entries: &[Entry],
    ) -> Result<Option<Self>, RecordsError> {
        let Some(verdict) = verdicts.iter().find(|verdict| verdict.material == Material::Photos && verdict.clean) else { return Ok(None) };
        let judged = ObjectKey::PhotoFiles { application: application.id.clone(), version: verdict.judgement() };
        let files: Vec<PhotoFile> = cloud.read_json(&judged).await?;
        let archive = match cloud.applications().material(notice, application, verdict).await {
            Ok(download) => PhotoArchive::open(download.file).ok(),
            Err(RecordsError::NotFound) => None,
            Err(error) => return Err(error),
        };
        if archive.is_none() {
            tracing::error!(application = %application.id, "the archive of photos cannot be read any more");
        }
        Ok(Some(Self::of(archive, &files, entries)))
    }

    fn of(archive: Option<PhotoArchive<File>>, judged: &[PhotoFile], entries: &[Entry]) -> Self {
        Self { archive, matches: PhotoMatches::new(judged, entries.iter().map(PhotoOwner::from)) }
    }

    /// Stores the winner's photo, ready for print; which file it is, the comparison with the roster has shown.
    pub(crate) async fn store(&self, cloud: &Cloud, rule: &PhotoRule, entry: &Entry, key: &ObjectKey) -> Result<Photo, RecordsError> {
        let Some(index) = self.matches.of(entry.row) else { return Ok(Photo::None) };
        let Some(jpeg) = tokio::task::block_in_place(|| self.portrait(index, rule)) else { return Ok(Photo::Unreadable) };
        cloud.write(key, "image/jpeg", jpeg).await?;
        Ok(Photo::Stored)
    }

    /// The photo ready for print, under the bounds that it was judged under.
    fn portrait(&self, index: usize, rule: &PhotoRule) -> Option<Vec<u8>> {
        self.archive.as_ref()?.portrait(index, rule)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Option<PhotoArchive<File>> {
        let mut writer = zip::ZipWriter::new(tempfile::tempfile().expect("a file"));
        for (name, content) in files {
            match name.ends_with('/') {
                true => writer.add_directory(*name, zip::write::SimpleFileOptions::default()).expect("a folder"),
                false => writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("started"),
            }
            writer.write_all(content).unwrap_or_default();
        }
        PhotoArchive::open(writer.finish().expect("finished")).ok()
    }

    #[test]
    fn what_cannot_be_read_is_no_photo_and_stops_nothing() {
        let photo: &[u8] = include_bytes!("../../certificate/tests/photo.jpg");
        let notices = rules::notice::Notices::built_in().expect("notices");
        let rule = &notices.general().photo;
        let too_large = vec![0xff; usize::try_from(rule.max_file_bytes).expect("a size") + 1];
        let files: &[(&str, &[u8])] = &[("照片/", b""), ("照片/a.jpg", photo), ("b.jpg", &photo[..500]), ("c.jpg", &too_large)];
        let photos = Photos::of(archive(files), &[], &[]);
        let read: Vec<bool> = (0..5).map(|index| photos.portrait(index, rule).is_some()).collect();
        assert_eq!(read, [false, true, false, false, false]);
        assert_eq!(Photos::of(None, &[], &[]).portrait(1, rule), None);
    }
}
