//! The volumes in the bucket: found, proved, and read.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use records::after::restore::ProvedVolume;
use records::keys::objects::{ObjectKey, VolumeName};
use records::{Cloud, RecordsError};
use rules::after::volume::{CERTIFICATES, ENTRIES, Found, Holding, ITEMS, MANIFEST, Manifest, PLAN, SEAL, Seal, TRAIL, Trust, prove};
use rules::intake::entry::Entry;
use rules::issue::application::ApplicationId;
use rules::values::attestation::PublicKey;

/// Files read at once.
const TRANSFERS: usize = 16;

/// A volume's folder in the bucket.
pub(crate) struct Folder {
    volume: VolumeName,
    /// The files that lie there, by their paths within it.
    paths: Vec<String>,
    /// Once it is proved.
    sealed: Option<(Manifest, Seal)>,
}

/// Why a folder is no volume that a table is restored from.
pub(crate) enum Refused {
    /// It does not hold, for these reasons, in Chinese.
    Faults(Vec<String>),
    /// It could not be read.
    Records(RecordsError),
}

impl From<RecordsError> for Refused {
    fn from(error: RecordsError) -> Self {
        Self::Records(error)
    }
}

/// The folders under a prefix: of each application the one of the last edition that has a seal. One without was never finished; where an
/// application has no other, it is told by that one's name.
pub(crate) async fn folders(cloud: &Cloud, prefix: &str) -> Result<Vec<Folder>, RecordsError> {
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    for object in cloud.list(prefix).await? {
        let Some((volume, path)) = VolumeName::parse(&object.key) else { continue };
        let folder = Folder { volume, paths: Vec::new(), sealed: None };
        folders.entry(folder.name()).or_insert(folder).paths.push(path.to_owned());
    }
    let mut latest: BTreeMap<ApplicationId, Folder> = BTreeMap::new();
    for folder in folders.into_values() {
        let known = latest.get(&folder.volume.application);
        if known.is_none_or(|known| known.age() < folder.age()) {
            latest.insert(folder.volume.application.clone(), folder);
        }
    }
    Ok(latest.into_values().collect())
}

impl Folder {
    /// Its name in the bucket.
    pub(crate) fn name(&self) -> String {
        self.key("")
    }

    /// What the later one of two has more of.
    fn age(&self) -> (bool, u64) {
        (self.paths().any(|path| path == SEAL), self.volume.edition)
    }

    fn key(&self, path: &str) -> String {
        ObjectKey::Volume { volume: self.volume.clone(), path: path.to_owned() }.to_string()
    }

    /// The paths of its files, in the order of their names.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// Holds every file against the manifest, the manifest against the seal, and the seal against the keys.
    pub(crate) async fn prove(&mut self, cloud: &Cloud, keys: &[PublicKey]) -> Result<(), Refused> {
        let holding = self.holding(cloud).await?;
        let told = |fault: &rules::after::volume::VolumeFault| fault.to_string();
        let manifest = prove(&holding, Trust { keys, seal: None }).map_err(|faults| Refused::Faults(faults.iter().map(told).collect()))?;
        if !holding.found.contains_key(ITEMS) {
            return Err(Refused::Faults(vec![format!("没有 {ITEMS}：这一卷不能用于恢复")]));
        }
        let Manifest { application, edition, batch, .. } = &manifest;
        if (application, *edition, batch) != (&self.volume.application, self.volume.edition, &self.volume.batch) {
            return Err(Refused::Faults(vec!["文件夹与卷内目录所记的申报、卷号不符".to_owned()]));
        }
        let seal = serde_json::from_slice(&holding.seal).map_err(RecordsError::from)?;
        self.sealed = Some((manifest, seal));
        Ok(())
    }

    async fn holding(&self, cloud: &Cloud) -> Result<Holding, RecordsError> {
        let read = async |path: &str| match cloud.read(&self.key(path), None).await {
            Err(RecordsError::NotFound) => Ok(Vec::new()),
            read => read,
        };
        let files = self.paths().filter(|path| ![MANIFEST, SEAL].contains(path));
        let found = files.map(async |path| Ok::<_, RecordsError>((path.to_owned(), self.found(cloud, path).await?)));
        let found = stream::iter(found.collect::<Vec<_>>()).buffer_unordered(TRANSFERS).try_collect().await?;
        let (manifest, seal) = (read(MANIFEST).await?, read(SEAL).await?);
        Ok(Holding { found, manifest, seal, trail: read(TRAIL).await?, certificates: read(CERTIFICATES).await? })
    }

    async fn found(&self, cloud: &Cloud, path: &str) -> Result<Found, RecordsError> {
        let download = cloud.download(&self.key(path), None).await?;
        let bytes = download.file.metadata().map_err(|error| RecordsError::Unavailable(Box::new(error)))?.len();
        Ok(Found { bytes, sha256: download.sha256 })
    }

    /// A file of a volume that is proved, as it was sealed.
    pub(crate) async fn read(&self, cloud: &Cloud, path: &str) -> Result<Vec<u8>, RecordsError> {
        let (manifest, _) = self.sealed()?;
        let bytes = cloud.read(&self.key(path), None).await?;
        let sha256 = Found::of(&bytes).sha256;
        let is_sealed = manifest.files.iter().any(|file| file.path == path && file.sha256 == sha256);
        if is_sealed { Ok(bytes) } else { Err(RecordsError::Corrupt(format!("{path} is not as it was when it was proved"))) }
    }

    /// The table's items in it.
    pub(crate) async fn items(&self, cloud: &Cloud) -> Result<Vec<u8>, RecordsError> {
        self.read(cloud, ITEMS).await
    }

    /// What a table is restored from.
    pub(crate) async fn volume(&self, cloud: &Cloud) -> Result<ProvedVolume, RecordsError> {
        let (manifest, seal) = self.sealed()?.clone();
        let (items, entries) = (self.items(cloud).await?, self.read(cloud, ENTRIES).await?);
        let lines = entries.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let entries: Vec<Entry> = lines.map(serde_json::from_slice).collect::<Result<_, _>>()?;
        let plan = serde_json::from_slice(&self.read(cloud, PLAN).await?)?;
        Ok(ProvedVolume { manifest, seal, items, entries, plan })
    }

    fn sealed(&self) -> Result<&(Manifest, Seal), RecordsError> {
        self.sealed.as_ref().ok_or_else(|| RecordsError::Corrupt("a volume that is not proved".to_owned()))
    }
}
