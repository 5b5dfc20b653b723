//! From an order to PDFs.

use certificate::{Fonts, PrintError};
use futures::{StreamExt, TryStreamExt, stream};
use records::certificates::Certificate;
use records::keys::{Chunk, ObjectKey, Press, chunks_of};
use records::printing::PrintingOrder;
use records::queue::Arrival;
use records::{Cloud, RecordsError};
use rules::code::CertificateCode;
use rules::contest::Contest;
use rules::face::{Face, IssuedBy};

/// Objects written or read at once.
const TRANSFERS: usize = 16;

/// What printing needs, made once per cold start.
pub(crate) struct PrintShop {
    pub(crate) cloud: Cloud,
    pub(crate) fonts: Fonts,
    /// What the QR code holds, before the certificate's code.
    pub(crate) verify_base: String,
}

/// Why an order was not printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error(transparent)]
    Records(#[from] RecordsError),
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// A certificate ready for the press.
struct Proof {
    code: CertificateCode,
    face: Face,
    photo: Option<Vec<u8>>,
}

impl PrintShop {
    pub(crate) async fn handle(&self, arrival: Arrival) -> Result<(), OrderError> {
        let bytes = self.cloud.read(&arrival.key, arrival.version.as_deref()).await?;
        let order: PrintingOrder = serde_json::from_slice(&bytes).map_err(RecordsError::from)?;
        if !self.cloud.is_chunk_printed(&order.chunk).await? {
            let proofs = self.proofs(&order).await?;
            match order.chunk.press {
                Press::Single | Press::Renewal(_) => self.singles(&order.chunk, &proofs).await?,
                Press::Run(run) => self.run(&order.chunk, run, &proofs).await?,
            }
            self.cloud.chunk_printed(&order.chunk).await?;
        }
        self.settle(&order.chunk).await?;
        Ok(())
    }

    async fn proofs(&self, order: &PrintingOrder) -> Result<Vec<Proof>, OrderError> {
        let application = self.cloud.application(&order.chunk.application).await?;
        let rulebook = self.cloud.rulebook_of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest);
        let certificates = self.cloud.certificates_by_code(&self.codes(order).await?).await?;
        let photos: Vec<_> = stream::iter(&certificates).map(|c| self.photo(c)).buffered(TRANSFERS).try_collect().await?;
        let proof = |(certificate, photo): (Certificate, Option<Vec<u8>>)| {
            let code = certificate.code.ok_or_else(|| RecordsError::Corrupt("a certificate without a code".to_owned()))?;
            let by = IssuedBy { issuing_body: &certificate.issuing_body, sealed_by: certificate.sealed_by.as_deref() };
            let issued_on = certificate.issued_on.unwrap_or(application.contest.issued_on);
            let contest = Contest { issued_on, ..application.contest.clone() };
            let face = Face::new(notice, &contest, &certificate.entry, by, &code, &self.verify_base);
            Ok(Proof { code, face, photo })
        };
        certificates.into_iter().zip(photos).map(proof).collect()
    }

    async fn codes(&self, order: &PrintingOrder) -> Result<Vec<CertificateCode>, RecordsError> {
        let Press::Run(number) = order.chunk.press else { return Ok(order.codes.clone()) };
        let run = self.cloud.run(&order.chunk.application, &order.chunk.reviewer, number).await?.ok_or(RecordsError::NotFound)?;
        self.cloud.codes_of_run(&run, order.chunk.number).await
    }

    async fn photo(&self, certificate: &Certificate) -> Result<Option<Vec<u8>>, RecordsError> {
        if !certificate.photo {
            return Ok(None);
        }
        let key = ObjectKey::Photo { application: certificate.application.clone(), row: certificate.row };
        self.cloud.read(&key.to_string(), None).await.map(Some)
    }

    async fn singles(&self, chunk: &Chunk, proofs: &[Proof]) -> Result<(), OrderError> {
        let printed = proofs.iter().map(|proof| async move {
            let pdf = tokio::task::block_in_place(|| certificate::print(&self.fonts, &[sheet(proof)]))?;
            let key = ObjectKey::Certificate { application: chunk.application.clone(), code: proof.code.clone() };
            Ok(self.cloud.write(&key, "application/pdf", pdf).await?)
        });
        stream::iter(printed).buffer_unordered(TRANSFERS).try_collect().await
    }

    async fn run(&self, chunk: &Chunk, run: u32, proofs: &[Proof]) -> Result<(), OrderError> {
        let sheets: Vec<_> = proofs.iter().map(sheet).collect();
        let pdf = tokio::task::block_in_place(|| certificate::print(&self.fonts, &sheets))?;
        let key = ObjectKey::Run { application: chunk.application.clone(), reviewer: chunk.reviewer.clone(), run, number: chunk.number };
        Ok(self.cloud.write(&key, "application/pdf", pdf).await?)
    }

    /// With the last chunk the work comes off the list of what is pending.
    async fn settle(&self, chunk: &Chunk) -> Result<(), RecordsError> {
        let Chunk { application, reviewer, press, .. } = chunk;
        let printed = self.cloud.printed_chunks(application, reviewer, *press).await?.len();
        match press {
            Press::Single => match self.cloud.allocation(application, reviewer).await? {
                Some(allocation) if chunks_of(allocation.numbered) == printed => self.cloud.settle_allocation(application, reviewer).await,
                _ => Ok(()),
            },
            Press::Run(number) => match self.cloud.run(application, reviewer, *number).await? {
                Some(run) if chunks_of(run.count()) == printed => self.cloud.settle_run(&run).await,
                _ => Ok(()),
            },
            Press::Renewal(number) => self.cloud.settle_renewal(application, *number).await,
        }
    }
}

fn sheet(proof: &Proof) -> certificate::Certificate<'_> {
    certificate::Certificate { face: &proof.face, photo: proof.photo.as_deref() }
}
