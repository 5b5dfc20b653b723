//! What verification rests on: a certificate with its corrections, by its exact code, and the keys that QR codes were
//! signed with.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use rules::after::verification::{Answer, Edition, Evidence, Shown};
use rules::audit::{AuditAction, AuditEntry};
use rules::intake::entry::Entry;
use rules::numbers::code::CertificateCode;
use rules::values::attestation::PublicKey;
use rules::values::date::day_of;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::chains::ChainEnd;
use crate::error::RecordsError;
use crate::issue::certificates::{Certificate, certificate_of};
use crate::issue::changes::CorrectionRecord;
use crate::keys::items::{Chain, ItemKey, KeyRange, code_key, public_key};
use crate::store::item::item;
use crate::store::item_digest::written;

/// How often a key is entered again where others enter keys at once.
const MAX_ATTEMPTS: usize = 10;

/// The most codes that took each other's place: more than anybody corrects.
const SUCCESSORS: usize = 16;

/// A public key that print has signed with.
#[derive(Serialize, Deserialize)]
struct SignedWith {
    public: String,
    since: Timestamp,
}

/// A certificate and what stood on it before.
#[derive(Debug, Clone)]
pub struct CertificateHistory {
    /// The certificate.
    pub certificate: Certificate,
    /// Its corrections that kept the code, in order.
    pub corrections: Vec<CorrectionRecord>,
}

impl CertificateHistory {
    /// What stood on it before each correction.
    pub fn former(&self) -> impl Iterator<Item = &Entry> {
        self.corrections.iter().map(|correction| &correction.before)
    }

    /// The day of the last correction, in China's time.
    pub fn corrected_on(&self) -> Option<Date> {
        self.corrections.last().map(|correction| day_of(correction.at))
    }
}

/// What verification shows, and the keys of QR codes.
#[derive(Debug, Clone, Copy)]
pub struct Verification<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// What verification shows, and the keys of QR codes.
    pub fn verification(&self) -> Verification<'_> {
        Verification { cloud: self }
    }
}

impl Verification<'_> {
    /// The certificate of exactly that code. The requests are the same whether there is one or not. [`RecordsError::Corrupt`] where
    /// what stands there says that it is another one's.
    pub async fn certificate_history(self, code: &CertificateCode) -> Result<Option<CertificateHistory>, RecordsError> {
        let (key, range) = (code_key(code), KeyRange::corrections(code));
        let (found, corrections) = futures::try_join!(self.cloud.get_item(&key), self.cloud.query::<CorrectionRecord>(&range))?;
        if corrections.iter().any(|correction| correction.code != *code) {
            return Err(RecordsError::corrupt(format!("a correction of another code stands under {code}")));
        }
        let certificate = found.map(certificate_of).transpose()?;
        Ok(certificate.map(|certificate| CertificateHistory { certificate, corrections }))
    }

    /// What anybody may be told who shows that, or nothing that anybody could. A code that was never given out and evidence that does not
    /// belong to it make the same requests.
    pub async fn answer(self, code: CertificateCode, evidence: Option<Evidence<'_>>) -> Result<Answer, RecordsError> {
        let keys = match evidence {
            Some(Evidence::Signature(_)) => self.known_keys().await?,
            Some(Evidence::Name(_)) | None => Vec::new(),
        };
        let Some(known) = self.certificate_history(&code).await? else { return Ok(Answer::unknown()) };
        match evidence.and_then(|shows| shows.edition(&code, &known.certificate.entry, known.former(), &keys)) {
            Some(edition) => self.standing(code, known, edition).await,
            None => Ok(Answer::unknown()),
        }
    }

    /// How a certificate stands: it counts, or another one in its place, or none.
    async fn standing(self, code: CertificateCode, known: CertificateHistory, edition: Edition) -> Result<Answer, RecordsError> {
        let Some(mut last) = known.certificate.revoked.clone() else {
            let corrected_on = known.corrected_on();
            return Ok(Answer::counts(code, edition, corrected_on, self.shown(&known.certificate).await?));
        };
        let day = day_of(last.at);
        for _ in 0..SUCCESSORS {
            let Some(successor) = last.replaced_by else { return Ok(Answer::revoked(code, day_of(last.at))) };
            let next = self.certificate_history(&successor).await?;
            let next = next.ok_or_else(|| RecordsError::Corrupt("a successor is missing".to_owned()))?;
            match next.certificate.revoked {
                Some(revoked) => last = revoked,
                None => return Ok(Answer::replaced(code, successor, day, self.shown(&next.certificate).await?)),
            }
        }
        Err(RecordsError::Corrupt("successors without an end".to_owned()))
    }

    /// What a certificate shows to whoever may see it.
    pub async fn shown(self, certificate: &Certificate) -> Result<Shown, RecordsError> {
        let application = self.cloud.applications().get(&certificate.application).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let face = certificate.fields(notice, &application.contest, String::new());
        Ok(Shown::new(face, &certificate.entry, certificate.issued_on(&application.contest), &notice.mask))
    }

    /// Makes the public key known that QR codes are signed with from now on, with an audit entry; earlier ones stay known.
    /// [`RecordsError::Conflict`] where others make keys known all the while.
    pub async fn make_key_known(self, key: &PublicKey) -> Result<(), RecordsError> {
        let name = public_key(key);
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(rand::random_range(1..=100))).await;
            }
            if self.cloud.get::<SignedWith>(&name).await?.is_some() {
                return Ok(());
            }
            match self.enter_key(key, &name).await {
                // Another container was first, with the same key or another one.
                Err(RecordsError::Conflict) => {}
                done => return done,
            }
        }
        Err(RecordsError::Conflict)
    }

    async fn enter_key(self, key: &PublicKey, name: &ItemKey) -> Result<(), RecordsError> {
        let seen = self.cloud.end_of(&Chain::Attestation).await?;
        let signed_with = SignedWith { public: key.to_string(), since: self.cloud.clock.now() };
        let entered = vec![self.cloud.transact_put_new(item(name, &signed_with, &[])?)?];
        let audit = AuditEntry::of_the_system(AuditAction::EnterKey, signed_with.since).changing(written(&entered)?);
        let (trail, entry) = self.cloud.entered_in(&Chain::Attestation, &seen, audit)?;
        let end = self.cloud.put_end(item(&Chain::Attestation.end_key(), &ChainEnd { trail }, &[])?, &seen)?;
        self.cloud.commit([entered, vec![entry, end]].concat()).await
    }

    /// Every key that QR codes were ever signed with.
    pub async fn known_keys(self) -> Result<Vec<PublicKey>, RecordsError> {
        let all: Vec<SignedWith> = self.cloud.query(&KeyRange::public_keys()).await?;
        all.iter().map(|key| key.public.parse().map_err(RecordsError::corrupt)).collect()
    }
}
