//! From an order to PDFs.

use std::sync::{Arc, Mutex, PoisonError};

use certificate::{Batch, Fonts, Plate, PrintError};
use futures::{StreamExt, TryStreamExt, stream};
use records::certificates::Certificate;
use records::keys::{Chunk, ObjectKey, Press, chunks_of};
use records::printing::PrintingOrder;
use records::queue::Arrival;
use records::{Cloud, RecordsError};
use rules::code::CertificateCode;
use rules::contest::Contest;
use rules::face::{Face, IssuedBy};
use rules::layout::{Calibration, Form, Layout};

/// Objects written or read at once.
const TRANSFERS: usize = 16;

/// What printing needs, made once per cold start.
pub(crate) struct PrintShop {
    pub(crate) cloud: Cloud,
    pub(crate) fonts: Fonts,
    /// What the QR code holds, before the certificate's code.
    pub(crate) verify_base: String,
    /// One for each layout met so far: making one costs more than printing many certificates.
    pub(crate) plates: Mutex<Vec<Arc<Plate>>>,
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

/// The certificates of an order, and what they are printed from.
struct Job {
    plate: Arc<Plate>,
    proofs: Vec<Proof>,
}

impl PrintShop {
    pub(crate) async fn handle(&self, arrival: Arrival) -> Result<(), OrderError> {
        let bytes = self.cloud.read(&arrival.key, arrival.version.as_deref()).await?;
        let order: PrintingOrder = serde_json::from_slice(&bytes).map_err(RecordsError::from)?;
        if !self.cloud.is_chunk_printed(&order.chunk).await? {
            let job = self.job(&order).await?;
            match order.chunk.press {
                Press::Single | Press::Renewal(_) => self.singles(&order.chunk, &job).await?,
                Press::Run(run) => self.run(&order.chunk, run, &job).await?,
            }
            self.cloud.chunk_printed(&order.chunk).await?;
        }
        self.settle(&order.chunk).await?;
        Ok(())
    }

    async fn job(&self, order: &PrintingOrder) -> Result<Job, OrderError> {
        let application = self.cloud.application(&order.chunk.application).await?;
        let rulebook = self.cloud.rulebook_of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest);
        let certificates = self.cloud.certificates_by_code(&self.codes(order).await?).await?;
        let photos: Vec<_> = stream::iter(&certificates).map(|c| self.photo(c)).buffered(TRANSFERS).try_collect().await?;
        let layout = certificates.first().and_then(|first| notice.layout(first.certificate_type, Form::Full));
        let layout = layout.ok_or_else(|| RecordsError::Corrupt("an order without certificates".to_owned()))?;
        let plate = tokio::task::block_in_place(|| self.plate(layout))?;
        let proof = |(certificate, photo): (Certificate, Option<Vec<u8>>)| {
            let code = certificate.code.ok_or_else(|| RecordsError::Corrupt("a certificate without a code".to_owned()))?;
            let certificate_type = certificate.certificate_type;
            let by = IssuedBy { certificate_type, issuing_body: &certificate.issuing_body, sealed_by: certificate.sealed_by.as_deref() };
            let issued_on = certificate.issued_on.unwrap_or(application.contest.issued_on);
            let contest = Contest { issued_on, ..application.contest.clone() };
            let face = Face::new(notice, &contest, &certificate.entry, by, &code, format!("{}{code}", self.verify_base));
            Ok(Proof { code, face, photo })
        };
        let proofs = certificates.into_iter().zip(photos).map(proof).collect::<Result<_, OrderError>>()?;
        Ok(Job { plate, proofs })
    }

    /// What certificates of that layout are printed from.
    fn plate(&self, layout: &Layout) -> Result<Arc<Plate>, PrintError> {
        let mut plates = self.plates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plate) = plates.iter().find(|plate| plate.layout() == layout) {
            return Ok(Arc::clone(plate));
        }
        let plate = Arc::new(Plate::new(&self.fonts, layout)?);
        plates.push(Arc::clone(&plate));
        Ok(plate)
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

    async fn singles(&self, chunk: &Chunk, job: &Job) -> Result<(), OrderError> {
        let batch = tokio::task::block_in_place(|| self.batch(job))?;
        let batch = &batch;
        let printed = job.proofs.iter().enumerate().map(|(index, proof)| async move {
            let pdf = tokio::task::block_in_place(|| batch.single(index))?;
            let key = ObjectKey::Certificate { application: chunk.application.clone(), code: proof.code.clone() };
            Ok(self.cloud.write(&key, "application/pdf", pdf).await?)
        });
        stream::iter(printed).buffer_unordered(TRANSFERS).try_collect().await
    }

    async fn run(&self, chunk: &Chunk, run: u32, job: &Job) -> Result<(), OrderError> {
        let pdf = tokio::task::block_in_place(|| self.batch(job)?.merged(&Calibration::default()))?;
        let key = ObjectKey::Run { application: chunk.application.clone(), reviewer: chunk.reviewer.clone(), run, number: chunk.number };
        Ok(self.cloud.write(&key, "application/pdf", pdf).await?)
    }

    fn batch<'j>(&'j self, job: &'j Job) -> Result<Batch<'j>, PrintError> {
        let sheet = |proof: &'j Proof| certificate::Certificate { face: &proof.face, photo: proof.photo.as_deref(), by_hand: false };
        let sheets: Vec<_> = job.proofs.iter().map(sheet).collect();
        Batch::new(&self.fonts, &job.plate, &sheets)
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
