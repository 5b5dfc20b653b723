//! From an order to PDFs.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use certificate::{Batch, CoverList, Covered, Fonts, Plate, PrintError, Seal, SealImage, Signer, Signing};
use futures::{StreamExt, TryStreamExt, stream};
use records::issue::certificates::Certificate;
use records::issue::failures::FailureCode;
use records::issue::printing::PrintingOrder;
use records::keys::objects::{BUNDLE, Chunk, ObjectKey, PrintOutput, bundles_of, chunks_of};
use records::store::queue::Arrival;
use records::store::rulebooks::InForce;
use records::{Cloud, RecordsError};
use rules::issue::application::ApplicationId;
use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::Layout;
use rules::notice::{Notice, NoticeError, SheetKind};
use rules::numbers::code::CertificateCode;
use rules::rulebook::RulebookPart;
use rules::sheets::run::Run;
use rules::sheets::serial::Serial;
use rules::values::attestation::{SigningKey, Statement};
use rules::values::vocabulary::Form;

/// Objects written or read at once.
const TRANSFERS: usize = 16;

/// How often single PDFs are drawn anew at once because their certificates changed meanwhile; after that the queue brings the order again.
const DRAWN_AT_ONCE: usize = 4;

/// What printing needs, made once per cold start.
pub(crate) struct PrintShop {
    pub(crate) cloud: Cloud,
    pub(crate) fonts: Fonts,
    /// What the QR code holds, before the certificate's code.
    pub(crate) verify_base: String,
    pub(crate) signing_key: SigningKey,
    /// Signs the single PDFs, where there is one.
    pub(crate) signer: Option<Signer>,
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
    #[error(transparent)]
    Write(#[from] roster::WriteError),
}

impl From<NoticeError> for OrderError {
    fn from(error: NoticeError) -> Self {
        Self::Records(error.into())
    }
}

impl OrderError {
    /// What was wrong, where the same again would fail again: with the data, or with what this build makes of it. Not so where the
    /// store could not be reached or refuses us, or where somebody else was first.
    fn for_good(&self) -> Option<(FailureCode, String)> {
        let damaged = || "证书所需的资料缺失或损坏（如照片文件、通知文本）".to_owned();
        match self {
            Self::Print(error) => {
                let code = match error {
                    PrintError::DoesNotFit { .. } => FailureCode::TextTooLong,
                    PrintError::MissingCharacters { .. } => FailureCode::CharacterMissing,
                    PrintError::Photo { .. } => FailureCode::PhotoUnusable,
                    PrintError::Empty
                    | PrintError::QrCode { .. }
                    | PrintError::Library(_)
                    | PrintError::Signature(_)
                    | PrintError::Document(_)
                    | PrintError::Write(_) => FailureCode::NoDocument,
                };
                Some((code, error.to_string()))
            }
            Self::Write(_) => Some((FailureCode::NoDocument, "清单的 Excel 文件无法生成".to_owned())),
            Self::Records(error) => error.is_of_the_data().then(|| (FailureCode::DataDamaged, damaged())),
        }
    }
}

/// A certificate ready for the press.
struct Proof {
    code: CertificateCode,
    fields: CertificateFields,
    photo: Option<Vec<u8>>,
    by_hand: bool,
}

/// The certificates of an order, and what they are printed from.
struct Job {
    plate: Arc<Plate>,
    proofs: Vec<Proof>,
    /// As they were when they were read.
    certificates: Vec<Certificate>,
}

impl PrintShop {
    pub(crate) async fn handle(&self, arrival: Arrival) -> Result<(), OrderError> {
        let bytes = self.cloud.read(&arrival.key, arrival.version.as_deref()).await?;
        let order: PrintingOrder = serde_json::from_slice(&bytes).map_err(RecordsError::from)?;
        if !self.cloud.certificates().is_chunk_printed(&order.chunk).await? {
            match self.print(&order).await {
                Ok(()) => {}
                Err(error) => self.give_up(&order.chunk, error).await?,
            }
        }
        self.settle(&order.chunk).await?;
        Ok(())
    }

    async fn print(&self, order: &PrintingOrder) -> Result<(), OrderError> {
        match order.chunk.press {
            PrintOutput::Single | PrintOutput::Renewal(_) => self.own_pdfs(order).await,
            PrintOutput::Run(number) => self.bundle(&order.chunk, number).await,
            PrintOutput::HandOut(number) => self.hand_out_list(&order.chunk, number).await,
        }
    }

    /// The PDF of each certificate of an order. Changed meanwhile, a certificate may have been drawn anew before this wrote over it: it is
    /// drawn once more.
    async fn own_pdfs(&self, order: &PrintingOrder) -> Result<(), OrderError> {
        for _ in 0..DRAWN_AT_ONCE {
            let job = self.job(&order.chunk.application, &order.codes, Form::Full).await?;
            self.singles(&order.chunk, &job).await?;
            if self.cloud.certificates().by_code(&order.codes).await? == job.certificates {
                return Ok(self.cloud.certificates().chunk_printed(&order.chunk).await?);
            }
        }
        Err(RecordsError::Conflict.into())
    }

    /// Ends a job that would fail the next time too, where everybody sees it; what the queue may bring again goes back there.
    async fn give_up(&self, chunk: &Chunk, error: OrderError) -> Result<(), OrderError> {
        let Some((code, reason)) = error.for_good() else { return Err(error) };
        Ok(self.cloud.failures().note(chunk, code, reason, &error).await?)
    }

    async fn job(&self, application: &ApplicationId, codes: &[CertificateCode], form: Form) -> Result<Job, OrderError> {
        let application = self.cloud.applications().get(application).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let certificates = self.cloud.certificates().by_code(codes).await?;
        let photos: Vec<_> = stream::iter(&certificates).map(|c| self.photo(c)).buffered(TRANSFERS).try_collect().await?;
        let layout = certificates.first().and_then(|first| notice.layout(first.certificate_type, form));
        let layout = layout.ok_or_else(|| RecordsError::Corrupt("an order without certificates".to_owned()))?;
        let plate = self.plate(layout, seal_of(notice, &rulebook, sealed_by_one(&certificates))).await?;
        let proof = |(certificate, photo): (Certificate, Option<Vec<u8>>)| {
            let code = certificate.code.clone().ok_or_else(|| RecordsError::Corrupt("a certificate without a code".to_owned()))?;
            let entry = &certificate.entry;
            let statement = Statement { code: code.as_str(), name: entry.name.reveal(), document_number: entry.document_number.reveal() };
            let address = self.signing_key.address(&self.verify_base, &statement);
            let fields = certificate.fields(notice, &application.contest, address);
            Ok(Proof { code, fields, photo, by_hand: entry.by_hand })
        };
        let proofs = certificates.iter().cloned().zip(photos).map(proof).collect::<Result<_, OrderError>>()?;
        Ok(Job { plate, proofs, certificates })
    }

    /// What certificates of that layout are printed from.
    async fn plate(&self, layout: &Layout, seal: Wanted<'_>) -> Result<Arc<Plate>, OrderError> {
        let known = |plate: &&Arc<Plate>| plate.layout() == layout && plate.seal().map(Seal::id) == seal.id();
        let plates = || self.plates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plate) = plates().iter().find(known) {
            return Ok(Arc::clone(plate));
        }
        let seal = match seal {
            Wanted::None => None,
            Wanted::Drawn(name) => Some(Seal::Drawn(name.to_owned())),
            Wanted::Image(placed) => Some(Seal::Image(self.seal_image(placed).await?)),
        };
        let plate = Arc::new(tokio::task::block_in_place(|| Plate::new(&self.fonts, layout, seal.as_ref()))?);
        plates().push(Arc::clone(&plate));
        Ok(plate)
    }

    /// It was found good when it was put in its place.
    async fn seal_image(&self, placed: &RulebookPart) -> Result<SealImage, RecordsError> {
        let text = self.cloud.read(&ObjectKey::Config(placed.clone()).to_string(), None).await?;
        let png = BASE64_STANDARD.decode(text.trim_ascii()).map_err(|error| RecordsError::Corrupt(error.to_string()))?;
        SealImage::read(&png, &placed.sha256).map_err(|error| RecordsError::Corrupt(error.to_string()))
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
        let signing = self.signer.as_ref().map(|signer| Signing { signer, at: self.cloud.clock.now() });
        let printed = job.proofs.iter().enumerate().map(|(index, proof)| async move {
            let pdf = tokio::task::block_in_place(|| match signing {
                Some(signing) => batch.signed(index, signing),
                None => batch.single(index),
            })?;
            let key = ObjectKey::Certificate { application: chunk.application.clone(), code: proof.code.clone() };
            Ok(self.cloud.write(&key, "application/pdf", pdf).await?)
        });
        stream::iter(printed).buffer_unordered(TRANSFERS).try_collect().await
    }

    /// A bundle of a run: the merged PDF in the order of the sheets, and its cover list.
    async fn bundle(&self, chunk: &Chunk, number: u32) -> Result<(), OrderError> {
        let run = self.cloud.runs().get(&chunk.application, &chunk.lot, number).await?.ok_or(RecordsError::NotFound)?;
        let codes = self.cloud.printing().codes_of_bundle(&run, chunk.number).await?;
        let mut job = self.job(&chunk.application, &codes, run.setting.form).await?;
        let list = self.cover_list(&run, chunk.number, &job).await?;
        // 三、（二）: a page bears the serial that the run gives it wherever its layout has a place for it; a numbered blank has its own.
        for (proof, covered) in job.proofs.iter_mut().zip(&list.certificates) {
            proof.fields.serial.clone_from(&covered.serial);
        }
        // Each edition has objects of its own: a slower invocation that still saw the sheets before a jam writes over nothing.
        let (application, lot, edition) = (chunk.application.clone(), chunk.lot.clone(), run.edition());
        let (run_of, of) = (application.clone(), lot.clone());
        let key = ObjectKey::CoverList { application: run_of, lot: of, run: number, edition, number: chunk.number };
        let pdf = tokio::task::block_in_place(|| certificate::cover_list(&self.fonts, &list))?;
        self.cloud.write_once(&key, "application/pdf", pdf, None).await?;
        let pdf = tokio::task::block_in_place(|| self.batch(&job)?.merged(&run.setting.calibration))?;
        let key = ObjectKey::Run { application, lot, run: number, edition, number: chunk.number };
        self.cloud.write_once(&key, "application/pdf", pdf, None).await?;
        // A jam since then has ordered it anew.
        Ok(self.cloud.runs().bundle_printed(&run, chunk).await?)
    }

    async fn cover_list(&self, run: &Run, bundle: usize, job: &Job) -> Result<CoverList, OrderError> {
        let application = self.cloud.applications().get(&run.run_of).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let kind = match &run.kind {
            Some(kind) => Some(notice.sheet_kind(kind).ok_or_else(|| RecordsError::Corrupt("a run on sheets of no kind".to_owned()))?),
            None => None,
        };
        let title = notice.type_rule(run.certificate_type).map_or("", |rule| &rule.name);
        let serial = |sheet| kind.map_or_else(String::new, |kind| serial(kind, sheet));
        let under = |position| run.sheet(position).map_or_else(String::new, serial);
        let positions = run.positions().skip(bundle * BUNDLE);
        let covered = |(proof, position): (&Proof, u32)| Covered {
            name: proof.fields.name.clone(),
            code: proof.code.to_string(),
            serial: under(position),
        };
        let spoiled = run.spoiled.iter().map(|spoiled| serial(spoiled.sheet)).collect::<Vec<_>>().join("、");
        let spoiled = if spoiled.is_empty() { "无".to_owned() } else { spoiled };
        Ok(CoverList {
            title: format!("打印清单　第 {} 批　第 {} 册，共 {} 册", run.number + 1, bundle + 1, bundles_of(run.count())),
            about: vec![
                format!("申报号 {}　颁证机构 {}　{}", run.run_of, run.reviewer, application.contest.name),
                format!(
                    "{}　{}　{}　共 {} 张",
                    kind.map_or(title, |kind| &kind.name),
                    run.purpose.word(),
                    run.setting.form.word(),
                    run.count()
                ),
                if kind.is_some() {
                    format!("已作废的空白证书：{spoiled}")
                } else {
                    "本类证书不用编有流水号的空白证书".to_owned()
                },
            ],
            first: bundle * BUNDLE + 1,
            certificates: job.proofs.iter().zip(positions).map(covered).collect(),
        })
    }

    fn batch<'j>(&'j self, job: &'j Job) -> Result<Batch<'j>, PrintError> {
        let sheet =
            |proof: &'j Proof| certificate::Certificate { fields: &proof.fields, photo: proof.photo.as_deref(), by_hand: proof.by_hand };
        let sheets: Vec<_> = job.proofs.iter().map(sheet).collect();
        Batch::new(&self.fonts, &job.plate, &sheets)
    }

    /// With the last chunk the work comes off the list of what is pending. What is pending is read first, the chunks after it:
    /// a jam in between takes the marks of chunks away, and changes what was read, so that it stays on the list.
    async fn settle(&self, chunk: &Chunk) -> Result<(), RecordsError> {
        let Chunk { application, lot, press, .. } = chunk;
        let all_printed =
            async |chunks| Ok::<_, RecordsError>(self.cloud.failures().ended(application, lot, *press).await?.len() == chunks);
        match press {
            PrintOutput::Single => match self.cloud.allocations().get(application, lot).await? {
                Some(allocation) if all_printed(chunks_of(allocation.numbered)).await? => {
                    self.cloud.allocations().settle(&allocation).await
                }
                _ => Ok(()),
            },
            PrintOutput::Run(number) => match self.cloud.runs().get(application, lot, *number).await? {
                Some(run) if all_printed(bundles_of(run.count())).await? => self.cloud.runs().settle(&run).await,
                _ => Ok(()),
            },
            PrintOutput::Renewal(number) => self.cloud.changes().settle_renewal(application, *number).await,
            PrintOutput::HandOut(number) => match self.cloud.hand_outs().collection(application, lot).await? {
                Some(collection) if collection.number == *number && all_printed(bundles_of(collection.count())).await? => {
                    self.cloud.hand_outs().settle(&collection).await
                }
                _ => Ok(()),
            },
        }
    }
}

/// The seal that is wanted on a plate.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    None,
    Drawn(&'a str),
    Image(&'a RulebookPart),
}

impl Wanted<'_> {
    /// As [`Seal::id`].
    fn id(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Drawn(name) => Some(name),
            Self::Image(placed) => Some(&placed.sha256),
        }
    }
}

/// The picture of an issuer's seal, if there is one, or a drawn one, if the notice has it drawn; otherwise its place stays empty.
fn seal_of<'a>(notice: &'a Notice, rulebook: &'a InForce, issuer: Option<&str>) -> Wanted<'a> {
    let Some(issuer) = issuer else { return Wanted::None };
    let image = notice.seal_images.get(issuer).and_then(|file| rulebook.seal(file));
    let drawn = || notice.drawn_seals.iter().find(|name| *name == issuer).map_or(Wanted::None, |name| Wanted::Drawn(name));
    image.map_or_else(drawn, Wanted::Image)
}

/// Whose seal belongs on all of them; none where it is not one and the same: each place is stamped then.
fn sealed_by_one(certificates: &[Certificate]) -> Option<&str> {
    let mut all = certificates.iter().map(|certificate| certificate.sealed_by.as_deref().unwrap_or(&certificate.issuing_body));
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// As it is printed on the sheet.
fn serial(kind: &SheetKind, number: u64) -> String {
    Serial::new(kind, number).map(|serial| serial.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use certificate::Subject;

    use super::*;

    #[test]
    fn a_job_is_given_up_for_what_is_wrong_with_the_data_and_for_nothing_else() {
        let of = Subject::Operator;
        let print = |error: PrintError| OrderError::from(error).for_good().map(|(code, _)| code);
        let too_long = PrintError::DoesNotFit { of: of.clone(), part: "姓名".to_owned() };
        assert_eq!(print(too_long), Some(FailureCode::TextTooLong));
        assert_eq!(print(PrintError::MissingCharacters { of, characters: vec!['𪛖'] }), Some(FailureCode::CharacterMissing));
        assert_eq!(print(PrintError::Library(vec!["?".to_owned()])), Some(FailureCode::NoDocument));
        let stored = |error: RecordsError| OrderError::from(error).for_good().map(|(code, _)| code);
        for damaged in [RecordsError::NotFound, RecordsError::Corrupt("?".to_owned())] {
            assert_eq!(stored(damaged), Some(FailureCode::DataDamaged));
        }
        for passing in [RecordsError::Conflict, RecordsError::Unavailable("?".into()), RecordsError::Refused("?".into())] {
            assert_eq!(stored(passing), None);
        }
    }
}
