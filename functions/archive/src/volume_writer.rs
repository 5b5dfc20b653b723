//! A volume's folder in the bucket: files go in, and what they are is noted for the manifest.

use records::keys::objects::{ObjectKey, VolumeName};
use records::store::bucket::{Lock, WORKBOOK};
use records::{Cloud, RecordsError};
use rules::after::volume::{Found, SEAL, Seal, Section, VolumeFile};

/// What a file of a volume is called.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    /// Path within the volume.
    pub(crate) path: String,
    /// 题名
    pub(crate) title: String,
    /// Version of the object it was received as.
    pub(crate) version: Option<String>,
}

impl Label {
    pub(crate) fn new(section: Section, name: &str, title: impl Into<String>) -> Self {
        Self::at(&format!("{}/{name}", section.folder()), title)
    }

    /// At a path that readers of volumes know.
    pub(crate) fn at(path: &str, title: impl Into<String>) -> Self {
        Self { path: path.to_owned(), title: title.into(), version: None }
    }

    pub(crate) fn of_version(self, version: &str) -> Self {
        Self { version: Some(version.to_owned()), ..self }
    }
}

/// The folder that is being filled.
pub(crate) struct VolumeWriter<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) name: VolumeName,
    pub(crate) lock: Option<Lock>,
}

impl VolumeWriter<'_> {
    /// Writes a file, and says what goes into the manifest. Where an earlier attempt at this edition has written it, that
    /// file stays, and goes into the manifest.
    pub(crate) async fn put(&self, label: Label, bytes: Vec<u8>) -> Result<VolumeFile, RecordsError> {
        let mut found = Found::of(&bytes);
        if !self.write(&label.path, bytes).await? {
            found = Found::of(&self.read(&label.path).await?);
        }
        let Found { bytes: size, sha256 } = found;
        Ok(VolumeFile { path: label.path, title: label.title, version: label.version, bytes: size, sha256 })
    }

    /// Copies an object in; none where there is no such object.
    pub(crate) async fn copy(&self, label: Label, from: &ObjectKey) -> Result<Option<VolumeFile>, RecordsError> {
        match self.cloud.read(&from.to_string(), None).await {
            Ok(bytes) => self.put(label, bytes).await.map(Some),
            Err(RecordsError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the manifest, which names all files but itself and the seal. [`RecordsError::Conflict`] where another order at this
    /// edition has written another one.
    pub(crate) async fn conclude(&self, path: &str, bytes: Vec<u8>) -> Result<(), RecordsError> {
        if self.write(path, bytes.clone()).await? || self.read(path).await? == bytes {
            return Ok(());
        }
        Err(RecordsError::Conflict)
    }

    /// Writes the seal. Where an earlier attempt has sealed the same manifest, its seal stays, with the moment that it names.
    pub(crate) async fn conclude_seal(&self, seal: Seal) -> Result<Seal, RecordsError> {
        if self.write(SEAL, serde_json::to_vec_pretty(&seal)?).await? {
            return Ok(seal);
        }
        let there: Seal = serde_json::from_slice(&self.read(SEAL).await?)?;
        if there.manifest_sha256 == seal.manifest_sha256 { Ok(there) } else { Err(RecordsError::Conflict) }
    }

    /// Writes a file that is not there yet; false where it is.
    async fn write(&self, path: &str, bytes: Vec<u8>) -> Result<bool, RecordsError> {
        self.cloud.write_once(&self.key(path), content_type(path), bytes, self.lock.as_ref()).await
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, RecordsError> {
        self.cloud.read(&self.key(path).to_string(), None).await
    }

    fn key(&self, path: &str) -> ObjectKey {
        ObjectKey::Volume { volume: self.name.clone(), path: path.to_owned() }
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "pdf" => "application/pdf",
        "json" => "application/json",
        "xlsx" => WORKBOOK,
        "zip" => "application/zip",
        "jsonl" => "application/x-ndjson",
        _ => "application/octet-stream",
    }
}
