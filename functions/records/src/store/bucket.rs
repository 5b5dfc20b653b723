//! Objects: read one version, write, list, hand on.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, ObjectLockMode};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::objects::ObjectKey;

/// What stays as it is in `x-amz-copy-source`: the unreserved characters and the separator.
const COPY_SOURCE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Bytes that one request of a large upload sends; S3 takes 10,000 such parts.
const PART: usize = 16 << 20;

/// Media type of a workbook.
pub const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// An object as a listing shows it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
    /// When it was written, by the bucket's own clock.
    pub written_at: Timestamp,
}

/// The current version of an object.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    /// Its version.
    pub(crate) version: String,
    /// Size in bytes.
    pub(crate) size: u64,
    /// When it was written, by the bucket's own clock.
    pub(crate) written_at: Timestamp,
    /// What the bucket knows its content by.
    tag: Option<String>,
}

/// A version of an object.
#[derive(Debug, Clone)]
pub struct ListedVersion {
    /// The object's key.
    pub key: String,
    /// Which version of it.
    pub version: String,
    /// How many bytes it has.
    pub size: u64,
    /// When it was written, by the bucket's own clock.
    pub written_at: Timestamp,
}

/// How a link has its object shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// What the browser takes it for, whatever it was uploaded as.
    pub content_type: &'a str,
    /// How long the link can be used.
    pub lifetime: Duration,
}

/// An object on the disk, in a file without a name.
#[derive(Debug)]
pub struct Download {
    /// Its bytes.
    pub file: File,
    /// SHA-256 over them, in hex.
    pub sha256: String,
}

impl Download {
    /// All of them, in memory.
    pub fn bytes(&self) -> Result<Vec<u8>, RecordsError> {
        let (mut file, mut bytes) = (&self.file, Vec::new());
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(RecordsError::unavailable)?;
        Ok(bytes)
    }
}

/// A file whose digest grows with it.
struct Digesting {
    file: File,
    digest: Sha256,
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// How an object is kept (S3 Object Lock).
#[derive(Debug, Clone)]
pub struct Lock {
    mode: ObjectLockMode,
    until: Timestamp,
}

/// Whether archive volumes are locked, and how: `GOVERNANCE`, `COMPLIANCE` or `NONE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockMode(Option<ObjectLockMode>);

impl std::str::FromStr for LockMode {
    type Err = RecordsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "NONE" => Ok(Self(None)),
            mode => ObjectLockMode::try_parse(mode).map(|mode| Self(Some(mode))).map_err(RecordsError::corrupt),
        }
    }
}

impl LockMode {
    /// The lock that ends then, if there is to be one.
    pub fn until(&self, until: Timestamp) -> Option<Lock> {
        self.0.clone().map(|mode| Lock { mode, until })
    }
}

/// SHA-256 in hex.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Cloud {
    /// The bytes of an object; of one version, where one is named.
    pub async fn read(&self, key: &str, version: Option<&str>) -> Result<Vec<u8>, RecordsError> {
        let mut bytes = Vec::new();
        self.fetch(key, version, &mut bytes).await?;
        Ok(bytes)
    }

    /// The same onto the disk, for what may be larger than a function's memory.
    pub async fn download(&self, key: &str, version: Option<&str>) -> Result<Download, RecordsError> {
        let mut download = Digesting { file: tempfile::tempfile().map_err(RecordsError::unavailable)?, digest: Sha256::new() };
        self.fetch(key, version, &mut download).await?;
        Ok(Download { file: download.file, sha256: hex::encode(download.digest.finalize()) })
    }

    async fn fetch(&self, key: &str, version: Option<&str>, into: &mut (impl Write + Send)) -> Result<(), RecordsError> {
        let request = self.s3.get_object().bucket(&self.bucket).key(key).set_version_id(version.map(str::to_owned));
        let mut body = request.send().await?.body;
        while let Some(part) = body.next().await {
            into.write_all(&part.map_err(RecordsError::unavailable)?).map_err(RecordsError::unavailable)?;
        }
        Ok(())
    }

    /// An object that holds JSON.
    pub async fn read_json<T: DeserializeOwned>(&self, key: &ObjectKey) -> Result<T, RecordsError> {
        Ok(serde_json::from_slice(&self.read(&key.to_string(), None).await?)?)
    }

    /// Writes an object.
    pub async fn write(&self, key: &ObjectKey, content_type: &str, bytes: Vec<u8>) -> Result<(), RecordsError> {
        let request = self.s3.put_object().bucket(&self.bucket).key(key.to_string()).content_type(content_type);
        request.body(ByteStream::from(bytes)).send().await?;
        Ok(())
    }

    /// Writes an object that is written once, and cannot be deleted before `lock` ends, if there is one. False where it is
    /// there already: the store refuses another one under its key. That is also what the SDK's retry after a lost answer finds.
    pub async fn write_once(&self, key: &ObjectKey, content_type: &str, bytes: Vec<u8>, lock: Option<&Lock>) -> Result<bool, RecordsError> {
        let request = self.s3.put_object().bucket(&self.bucket).key(key.to_string()).content_type(content_type).if_none_match("*");
        let until = lock.map(|lock| DateTime::from_secs(lock.until.as_second()));
        let request = request.set_object_lock_mode(lock.map(|lock| lock.mode.clone())).set_object_lock_retain_until_date(until);
        match request.body(ByteStream::from(bytes)).send().await.map_err(RecordsError::from) {
            Ok(_) => Ok(true),
            Err(RecordsError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes an object from the disk, in parts: it may be larger than a function's memory, or than one request takes.
    pub async fn write_file(&self, key: &ObjectKey, content_type: &str, mut file: File) -> Result<u64, RecordsError> {
        let key = key.to_string();
        file.rewind().map_err(RecordsError::unavailable)?;
        let begun = self.s3.create_multipart_upload().bucket(&self.bucket).key(&key).content_type(content_type).send().await?;
        let id = begun.upload_id.unwrap_or_default();
        match self.write_parts(&key, &id, file).await {
            Ok(bytes) => Ok(bytes),
            Err(error) => {
                // What is left behind otherwise costs storage, and nothing shows it.
                self.s3.abort_multipart_upload().bucket(&self.bucket).key(&key).upload_id(&id).send().await?;
                Err(error)
            }
        }
    }

    async fn write_parts(&self, key: &str, id: &str, file: File) -> Result<u64, RecordsError> {
        let (mut parts, mut bytes) = (Vec::new(), 0);
        for number in 1.. {
            let mut part = Vec::new();
            (&file).take(PART as u64).read_to_end(&mut part).map_err(RecordsError::unavailable)?;
            // An upload has one part at least.
            if part.is_empty() && number > 1 {
                break;
            }
            bytes += part.len() as u64;
            let request = self.s3.upload_part().bucket(&self.bucket).key(key).upload_id(id).part_number(number);
            let tag = request.body(ByteStream::from(part)).send().await?.e_tag;
            parts.push(CompletedPart::builder().part_number(number).set_e_tag(tag).build());
        }
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        self.s3.complete_multipart_upload().bucket(&self.bucket).key(key).upload_id(id).multipart_upload(parts).send().await?;
        Ok(bytes)
    }

    /// Writes an object over the version of it that was seen, none where there was none, and gives the new one;
    /// [`RecordsError::Conflict`] where another has come since.
    pub async fn write_over(&self, key: &str, seen: Option<&str>, content_type: &str, bytes: Vec<u8>) -> Result<String, RecordsError> {
        let request = self.s3.put_object().bucket(&self.bucket).key(key).content_type(content_type);
        let request = match seen {
            Some(seen) => {
                let current = self.head(key).await?.ok_or(RecordsError::NotFound)?;
                request.if_match(current.tag.filter(|_| current.version == seen).ok_or(RecordsError::Conflict)?)
            }
            None => request.if_none_match("*"),
        };
        let written = request.body(ByteStream::from(bytes)).send().await?;
        Ok(written.version_id.unwrap_or_default())
    }

    /// Writes an object that holds JSON.
    pub async fn write_json<T: Serialize + ?Sized>(&self, key: &ObjectKey, value: &T) -> Result<(), RecordsError> {
        self.write(key, "application/json", serde_json::to_vec(value)?).await
    }

    /// The current version of an object, or `None` where there is no object.
    pub async fn current_version(&self, key: &str) -> Result<Option<String>, RecordsError> {
        Ok(self.head(key).await?.map(|current| current.version))
    }

    /// When the current version of an object was written, by the bucket's own clock, or `None` where there is no object.
    pub async fn written_at(&self, key: &str) -> Result<Option<Timestamp>, RecordsError> {
        Ok(self.head(key).await?.map(|current| current.written_at))
    }

    /// What is known of the current version of an object, or `None` where there is no object.
    pub(crate) async fn head(&self, key: &str) -> Result<Option<Current>, RecordsError> {
        match self.s3.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(head) => Ok(Some(Current {
                version: head.version_id.unwrap_or_default(),
                size: head.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                written_at: head.last_modified.and_then(|at| Timestamp::from_second(at.secs()).ok()).unwrap_or_default(),
                tag: head.e_tag,
            })),
            Err(error) => match RecordsError::from(error) {
                RecordsError::NotFound => Ok(None),
                other => Err(other),
            },
        }
    }

    /// The current objects under a prefix.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Listed>, RecordsError> {
        let mut pages = self.s3.list_objects_v2().bucket(&self.bucket).prefix(prefix).into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            listed.extend(page?.contents.unwrap_or_default().into_iter().filter_map(|object| {
                let written = object.last_modified?;
                let size = object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
                Some(Listed { key: object.key?, size, written_at: Timestamp::from_second(written.secs()).ok()? })
            }));
        }
        Ok(listed)
    }

    /// Every version of the objects under a prefix, the newest first.
    pub(crate) async fn list_versions(&self, prefix: &str) -> Result<Vec<ListedVersion>, RecordsError> {
        let (mut key, mut version, mut listed) = (None, None, Vec::new());
        loop {
            let request = self.s3.list_object_versions().bucket(&self.bucket).prefix(prefix);
            let page = request.set_key_marker(key).set_version_id_marker(version).send().await?;
            listed.extend(page.versions.unwrap_or_default().into_iter().filter_map(|one| {
                let written_at = Timestamp::from_second(one.last_modified?.secs()).ok()?;
                let size = one.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
                Some(ListedVersion { key: one.key?, version: one.version_id?, size, written_at })
            }));
            if page.is_truncated != Some(true) {
                break;
            }
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
        }
        // Of one key the bucket lists the newest first: among equal times that stays so.
        listed.sort_by_key(|one: &ListedVersion| std::cmp::Reverse(one.written_at));
        Ok(listed)
    }

    /// Deletes every version of every object under a prefix, for good.
    pub(crate) async fn delete_versions(&self, prefix: &str) -> Result<(), RecordsError> {
        let (mut key, mut version) = (None, None);
        loop {
            let request = self.s3.list_object_versions().bucket(&self.bucket).prefix(prefix);
            let page = request.set_key_marker(key).set_version_id_marker(version).send().await?;
            let versions = page.versions.unwrap_or_default().into_iter().map(|one| (one.key, one.version_id));
            let markers = page.delete_markers.unwrap_or_default().into_iter().map(|one| (one.key, one.version_id));
            for (name, id) in versions.chain(markers) {
                self.s3.delete_object().bucket(&self.bucket).set_key(name).set_version_id(id).send().await?;
            }
            if page.is_truncated != Some(true) {
                return Ok(());
            }
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
        }
    }

    /// Puts an object again under its own key: a new version with the same bytes, and a new event.
    pub async fn put_again(&self, key: &str) -> Result<(), RecordsError> {
        let source = format!("{}/{}", self.bucket, utf8_percent_encode(key, COPY_SOURCE));
        let request = self.s3.copy_object().bucket(&self.bucket).key(key).copy_source(source);
        request.metadata_directive(aws_sdk_s3::types::MetadataDirective::Replace).send().await?;
        Ok(())
    }

    /// A URL that lets its holder read one object for a while.
    pub async fn link(&self, key: &ObjectKey, lifetime: Duration) -> Result<String, RecordsError> {
        let presigning = PresigningConfig::expires_in(lifetime).map_err(RecordsError::corrupt)?;
        let request = self.s3.get_object().bucket(&self.bucket).key(key.to_string());
        Ok(request.presigned(presigning).await?.uri().to_owned())
    }

    /// A URL by which a browser shows one version of an object, or the current one, and keeps no copy of it.
    pub async fn link_shown(&self, key: &str, version: Option<&str>, shown: Shown<'_>) -> Result<String, RecordsError> {
        let presigning = PresigningConfig::expires_in(shown.lifetime).map_err(RecordsError::corrupt)?;
        let request = self.s3.get_object().bucket(&self.bucket).key(key).set_version_id(version.map(str::to_owned));
        let request = request.response_content_type(shown.content_type).response_content_disposition("inline");
        Ok(request.response_cache_control("no-store").presigned(presigning).await?.uri().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: plans, reviews and texts of the rulebook are named by it.
    #[test]
    fn an_objects_digest_of_version_1() {
        assert_eq!(digest("赛证\n".as_bytes()), "e21faae96a96f20929ae2b2de68766a5b712d8ddf428d1ce8db0c8fbd5fe3d8f");
    }

    #[test]
    fn a_lock_that_is_none_of_s3s_is_refused_and_not_taken_for_none() {
        let until = Timestamp::UNIX_EPOCH;
        for (mode, locks) in [("GOVERNANCE", true), ("COMPLIANCE", true), ("NONE", false)] {
            assert_eq!(mode.parse::<LockMode>().ok().map(|mode| mode.until(until).is_some()), Some(locks), "{mode}");
        }
        for typo in ["", "GOVERNENCE", "none"] {
            assert!(typo.parse::<LockMode>().is_err(), "{typo}");
        }
    }
}
