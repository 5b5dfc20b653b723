//! What verification rests on: a certificate with its corrections, by its exact code, and the keys that QR codes were
//! signed with.

use jiff::Timestamp;
use jiff::civil::Date;
use rules::after::verification::Shown;
use rules::intake::entry::Entry;
use rules::numbers::code::CertificateCode;
use rules::values::attestation::PublicKey;
use rules::values::date::day_of;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::issue::certificates::{Certificate, code_key};
use crate::issue::changes::CorrectionRecord;
use crate::keys::items::ItemKey;
use crate::store::error::RecordsError;
use crate::store::table::item;

/// Partition of the public keys.
const KEYS: &str = "ATTESTATION";

/// A public key that print has signed with.
#[derive(Serialize, Deserialize)]
struct SignedWith {
    public: String,
    since: Timestamp,
}

/// A certificate and what stood on it before.
#[derive(Debug, Clone)]
pub struct Known {
    /// The certificate.
    pub certificate: Certificate,
    /// Its corrections that kept the code, in order.
    pub corrections: Vec<CorrectionRecord>,
}

impl Known {
    /// What stood on it before each correction.
    pub fn former(&self) -> impl Iterator<Item = &Entry> {
        self.corrections.iter().map(|correction| &correction.before)
    }

    /// The day of the last correction, in China's time.
    pub fn corrected_on(&self) -> Option<Date> {
        self.corrections.last().map(|correction| day_of(correction.at))
    }
}

impl Cloud {
    /// The certificate of exactly that code. The requests are the same whether there is one or not.
    pub async fn known(&self, code: &CertificateCode) -> Result<Option<Known>, RecordsError> {
        let key = code_key(code);
        let (found, corrections) = futures::try_join!(self.get(&key), self.query(&key.pk, "CORRECTION#"))?;
        Ok(found.map(|certificate| Known { certificate, corrections }))
    }

    /// What a certificate shows to whoever may see it.
    pub async fn shown(&self, certificate: &Certificate) -> Result<Shown, RecordsError> {
        let application = self.application(&certificate.application).await?;
        let rulebook = self.rulebook_of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let face = certificate.fields(notice, &application.contest, String::new());
        Ok(Shown::new(face, &certificate.entry, certificate.issued_on(&application.contest)))
    }

    /// Makes the public key known that QR codes are signed with from now on; earlier ones stay known.
    pub async fn make_key_known(&self, key: &PublicKey) -> Result<(), RecordsError> {
        let signed_with = SignedWith { public: key.to_string(), since: self.clock.now() };
        let name = ItemKey::new(KEYS, format!("KEY#{}", signed_with.public));
        match self.put_new(item(&name, &signed_with, &[])?).await {
            Ok(()) | Err(RecordsError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Every key that QR codes were ever signed with.
    pub async fn known_keys(&self) -> Result<Vec<PublicKey>, RecordsError> {
        let all: Vec<SignedWith> = self.query(KEYS, "KEY#").await?;
        all.iter().map(|key| key.public.parse().map_err(RecordsError::corrupt)).collect()
    }
}
