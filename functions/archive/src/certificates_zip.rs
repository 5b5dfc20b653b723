//! The single PDFs of an application's certificates in one file, each by its code.

use std::fs::File;
use std::io::Write as _;

use futures::{StreamExt, stream};
use records::after::zips::{MadeZip, ZipOrder};
use records::keys::objects::ObjectKey;
use records::store::queue::Arrival;
use records::{Cloud, RecordsError};
use rules::issue::application::ApplicationId;
use rules::numbers::code::CertificateCode;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// PDFs read at once.
const TRANSFERS: usize = 16;

/// Handles one `zipping/` object. The same order again finds that it was carried out and changes nothing.
pub(crate) async fn handle(cloud: &Cloud, arrival: Arrival) -> Result<(), RecordsError> {
    let order: ZipOrder = serde_json::from_slice(&cloud.read(&arrival.key, arrival.version.as_deref()).await?)?;
    let latest = cloud.zips().get(&order.zip_of, order.reviewer.as_ref()).await?;
    if latest.is_none_or(|latest| latest.seen != order.seen || !latest.is_open()) {
        return Ok(());
    }
    let codes = codes(cloud, &order).await?;
    let (file, certificates) = put_together(cloud, &order.zip_of, &codes).await?;
    let missing = count(codes.len())? - certificates;
    let bytes = cloud.write_file(&ObjectKey::Zip(order.name(order.seen)), "application/zip", file).await?;
    cloud.zips().made(&order, &MadeZip { seen: order.seen, certificates, missing, bytes, at: cloud.clock.now() }).await?;
    tracing::info!(application = %order.zip_of, certificates, missing, bytes, "zipped");
    Ok(())
}

/// The certificates that count, lot by lot in the order of their positions.
async fn codes(cloud: &Cloud, order: &ZipOrder) -> Result<Vec<CertificateCode>, RecordsError> {
    let application = cloud.applications().get(&order.zip_of).await?;
    let rulebook = cloud.rulebooks().of(&application).await?;
    let notice = rulebook.notices.of_contest(&application.contest)?;
    let mut codes = Vec::new();
    for lot in cloud.allocations().of(&order.zip_of).await? {
        if order.reviewer.as_ref().is_none_or(|reviewer| *reviewer == lot.reviewer) {
            let certificates = cloud.certificates().active_certificates(notice, &lot).await?;
            codes.extend(certificates.into_iter().filter_map(|certificate| certificate.code));
        }
    }
    Ok(codes)
}

/// The file, on the disk, and how many certificates are in it. PDFs are compressed already.
async fn put_together(cloud: &Cloud, id: &ApplicationId, codes: &[CertificateCode]) -> Result<(File, u32), RecordsError> {
    let unwritable = |error: zip::result::ZipError| RecordsError::Unavailable(Box::new(error));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = ZipWriter::new(tempfile::tempfile().map_err(unavailable)?);
    let reads = stream::iter(codes).map(async |code| {
        let key = ObjectKey::Certificate { application: id.clone(), code: code.clone() };
        (code, cloud.read(&key.to_string(), None).await)
    });
    let (mut reads, mut written) = (std::pin::pin!(reads.buffered(TRANSFERS)), 0);
    while let Some((code, read)) = reads.next().await {
        let bytes = match read {
            Ok(bytes) => bytes,
            // It could not be printed.
            Err(RecordsError::NotFound) => continue,
            Err(error) => return Err(error),
        };
        zip.start_file(format!("{code}.pdf"), stored).map_err(unwritable)?;
        zip.write_all(&bytes).map_err(unavailable)?;
        written += 1;
    }
    Ok((zip.finish().map_err(unwritable)?, written))
}

fn unavailable(error: std::io::Error) -> RecordsError {
    RecordsError::Unavailable(Box::new(error))
}

fn count(certificates: usize) -> Result<u32, RecordsError> {
    u32::try_from(certificates).map_err(|error| RecordsError::Corrupt(error.to_string()))
}
