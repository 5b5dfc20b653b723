//! Objects of the bucket that a restored table names, put back from the volume where they are not there: the texts of the rulebook, plan,
//! review and winners, and the certificates' PDFs.

use futures::{StreamExt, TryStreamExt, stream};
use records::after::restore::ProvedVolume;
use records::keys::objects::ObjectKey;
use records::{Cloud, RecordsError};
use rules::after::volume::{ALLOCATION, ENTRIES, PLAN, REVIEW, RULEBOOK, RULEBOOK_LIST};
use rules::issue::allocation::Allocation;
use rules::numbers::code::CertificateCode;
use rules::rulebook::Manifest;

use crate::volumes::Folder;

/// Objects written at once.
const TRANSFERS: usize = 16;
const PDF: &str = "application/pdf";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// Puts back what is not there; what is there stays as it is.
pub(crate) async fn put_back(cloud: &Cloud, folder: &Folder, volume: &ProvedVolume) -> Result<(), RecordsError> {
    let mut objects = rulebook_texts(cloud, folder).await?;
    objects.extend(decided(cloud, folder, volume).await?);
    objects.extend(folder.paths().filter_map(|path| certificate(path, volume)));
    let put = objects.into_iter().map(async |(path, key, content_type)| {
        let bytes = folder.read(cloud, &path).await?;
        cloud.write_once(&key, content_type, bytes, None).await.map(|_| ())
    });
    stream::iter(put.collect::<Vec<_>>()).buffer_unordered(TRANSFERS).try_collect().await
}

/// A file of a volume, the object that it is a copy of, and its media type.
type Copy = (String, ObjectKey, &'static str);

async fn rulebook_texts(cloud: &Cloud, folder: &Folder) -> Result<Vec<Copy>, RecordsError> {
    let list = folder.read(cloud, RULEBOOK_LIST).await?;
    let manifest = Manifest::parse(&String::from_utf8_lossy(&list)).map_err(|error| RecordsError::Corrupt(error.to_string()))?;
    let texts = manifest.parts().iter().map(|part| (format!("{RULEBOOK}{}", part.part), ObjectKey::Config(part.clone()), TEXT));
    let named = (RULEBOOK_LIST.to_owned(), ObjectKey::RulebookManifest(manifest.digest()), TEXT);
    Ok(texts.chain([named]).collect())
}

async fn decided(cloud: &Cloud, folder: &Folder, volume: &ProvedVolume) -> Result<Vec<Copy>, RecordsError> {
    let allocation: Allocation = serde_json::from_slice(&folder.read(cloud, ALLOCATION).await?)?;
    let id = || volume.manifest.application.clone();
    Ok(vec![
        (PLAN.to_owned(), ObjectKey::Plan { application: id(), digest: allocation.plan }, JSON),
        (REVIEW.to_owned(), ObjectKey::Review { application: id(), digest: allocation.review }, JSON),
        (ENTRIES.to_owned(), ObjectKey::Entries { application: id(), version: allocation.roster_version }, "application/x-ndjson"),
    ])
}

fn certificate(path: &str, volume: &ProvedVolume) -> Option<Copy> {
    let name = path.strip_prefix("certificates/")?.strip_suffix(".pdf")?;
    let code = CertificateCode::lookup(name)?;
    Some((path.to_owned(), ObjectKey::Certificate { application: volume.manifest.application.clone(), code }, PDF))
}
