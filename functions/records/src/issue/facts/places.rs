//! Where an item belongs, by what it says itself. Whoever can write the table can put what stands in one item into another one: each
//! by itself is sound then, and belongs to somebody else.

use rules::after::announcement::Announcement;
use rules::after::hand_out::Collection;
use rules::issue::account::AccountKey;
use rules::issue::application::ApplicationId;
use rules::issue::authorisation::ContestKey;
use rules::numbers::body::Body;
use rules::numbers::code::CertificateCode;
use rules::sheets::run::Run;
use rules::values::lot::LotName;
use rules::values::party::{Applicant, IssuingUnit};
use rules::values::vocabulary::{CertificateType, Material};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::application_of;
use crate::application::authorisations::TakenNumber;
use crate::error::RecordsError;
use crate::issue::certificates::Certificate;
use crate::issue::changes::Renewal;
use crate::issue::external_numbers::NumberUse;
use crate::issue::failures::PrintFailure;
use crate::issue::sheets::Destruction;
use crate::keys::items::{self, Chain, ItemKey};
use crate::keys::kinds::ItemKind;
use crate::store::item::Item;

#[derive(Deserialize)]
struct OfApplication {
    id: ApplicationId,
}

#[derive(Deserialize)]
struct OfAccount {
    issuer: String,
    subject: String,
}

#[derive(Deserialize)]
struct OfLot {
    of: ApplicationId,
    reviewer: IssuingUnit,
    certificate_type: CertificateType,
}

#[derive(Deserialize)]
struct OfDraft {
    draft_of: ApplicationId,
    reviewer: IssuingUnit,
}

#[derive(Deserialize)]
struct OfBatch {
    applicant: Applicant,
    number: u32,
}

#[derive(Deserialize)]
struct OfContest {
    contest_key: ContestKey,
}

#[derive(Deserialize)]
struct OfVolume {
    volume_of: ApplicationId,
    lot: LotName,
    number: u64,
}

#[derive(Deserialize)]
struct OfKey {
    public: String,
}

#[derive(Deserialize)]
struct OfMaterial {
    material: Material,
}

#[derive(Deserialize)]
struct OfYear {
    year: i16,
}

#[derive(Deserialize)]
struct OfZip {
    zip_of: ApplicationId,
    #[serde(default)]
    reviewer: Option<IssuingUnit>,
}

#[derive(Deserialize)]
struct OfBook {
    kind: String,
    holder: IssuingUnit,
}

/// An entry of a chain: where it belongs stands in its text.
#[derive(Deserialize)]
struct Text {
    text: String,
}

#[derive(Deserialize)]
struct OfEntry {
    number: u64,
}

#[derive(Deserialize)]
struct OfLine {
    kind: String,
    holder: IssuingUnit,
    number: u64,
}

/// A request for a correction, and its place on the list.
#[derive(Deserialize)]
struct OfRequest {
    correction_of: ApplicationId,
    number: u64,
}

#[derive(Deserialize)]
struct OfCode {
    code: CertificateCode,
}

fn read<T: DeserializeOwned>(item: &Item) -> Result<T, RecordsError> {
    Ok(serde_dynamo::from_item(item.clone())?)
}

fn read_text<T: DeserializeOwned>(item: &Item) -> Result<T, RecordsError> {
    Ok(serde_json::from_str(&read::<Text>(item)?.text)?)
}

/// The key under which an item with this content stands; what the content leaves open is taken from `key`. None where it says
/// nothing of its place: then the item's digest does, which covers the key, or the items that it follows from.
pub(super) fn own_key(kind: ItemKind, key: &ItemKey, item: &Item) -> Result<Option<ItemKey>, RecordsError> {
    Ok(Some(match kind {
        ItemKind::Account => {
            let OfAccount { issuer, subject } = read(item)?;
            items::account_key(&AccountKey::of(&issuer, &subject))
        }
        ItemKind::Application => items::application_key(&read::<OfApplication>(item)?.id),
        ItemKind::Deleted => items::deleted_key(&read::<OfApplication>(item)?.id),
        ItemKind::Material => items::material_key(&application_of(key)?, read::<OfMaterial>(item)?.material),
        ItemKind::Certificate | ItemKind::Record => read::<Certificate>(item)?.key(),
        ItemKind::Correction => correction_key(key, item)?,
        ItemKind::Run => items::run_key(&read::<Run>(item)?),
        ItemKind::Renewal => {
            let renewal: Renewal = read(item)?;
            items::renewal_key(&renewal.renewal_of, renewal.number)
        }
        ItemKind::Failure => items::failure_key(&read::<PrintFailure>(item)?.chunk),
        ItemKind::Announcement => items::announcement_key(&read::<Announcement>(item)?),
        ItemKind::Allocation => {
            let OfLot { of, reviewer, certificate_type } = read(item)?;
            items::allocation_key(&of, &LotName::new(&reviewer, certificate_type))
        }
        ItemKind::Volume => {
            let OfVolume { volume_of, lot, number } = read(item)?;
            items::volume_key(&volume_of, &lot, number)
        }
        ItemKind::Collection => {
            let collection: Collection = read(item)?;
            items::collection_key(&collection.collection_of, &collection.lot())
        }
        ItemKind::Batch => {
            let OfBatch { applicant, number } = read(item)?;
            items::batch_key(&applicant, number)
        }
        ItemKind::Authorisation => items::authorisation_key(&read::<OfContest>(item)?.contest_key),
        ItemKind::Number => read::<TakenNumber>(item)?.key(),
        ItemKind::External => read::<NumberUse>(item)?.key(),
        ItemKind::Body => items::body_key(&read::<Body>(item)?.code),
        ItemKind::Key => items::public_key(&read::<OfKey>(item)?.public.parse().map_err(RecordsError::corrupt)?),
        ItemKind::Year => items::year_key(read::<OfYear>(item)?.year),
        ItemKind::Zip => {
            let OfZip { zip_of, reviewer } = read(item)?;
            items::zip_key(&zip_of, reviewer.as_ref())
        }
        ItemKind::Draft => {
            let OfDraft { draft_of, reviewer } = read(item)?;
            items::draft_key(&draft_of, &reviewer)
        }
        ItemKind::Destruction => {
            let destruction: Destruction = read(item)?;
            items::destruction_key(&destruction.kind, &destruction.holder)
        }
        ItemKind::Audit => items::audit_key(&application_of(key)?, read_text::<OfEntry>(item)?.number),
        ItemKind::History => Chain::at(key)?.entry_key(read_text::<OfEntry>(item)?.number),
        ItemKind::Line => {
            let OfLine { kind, holder, number } = read_text(item)?;
            items::line_key(&kind, &holder, number)
        }
        ItemKind::Book => {
            let OfBook { kind, holder } = read(item)?;
            items::book_key(&kind, &holder)
        }
        ItemKind::Counter => items::counter_key(&items::counted(key)?),
        ItemKind::Register => items::register_key(items::registered(key)),
        ItemKind::End => Chain::at(key)?.end_key(),
        ItemKind::GuardKey => items::guard_key_item(),
        ItemKind::Set => items::set_key(),
        ItemKind::Applicant
        | ItemKind::Award
        | ItemKind::Chunk
        | ItemKind::Filing
        | ItemKind::HandOut
        | ItemKind::Promotion
        | ItemKind::Request
        | ItemKind::Row
        | ItemKind::Session
        | ItemKind::SignedOut
        | ItemKind::Share
        | ItemKind::Place
        | ItemKind::Window => return Ok(None),
    }))
}

/// Corrections stand in three partitions: that of the application (requests), of the Center (its list), of the code (what was put right).
fn correction_key(key: &ItemKey, item: &Item) -> Result<ItemKey, RecordsError> {
    let last = |sk: &str| sk.rsplit('#').next().and_then(|number| number.parse().ok());
    if key.pk.starts_with("CODE#") {
        let number = last(&key.sk).ok_or_else(|| RecordsError::corrupt("a correction without a number"))?;
        return Ok(items::correction_key(&read::<OfCode>(item)?.code, number));
    }
    let OfRequest { correction_of, number } = read(item)?;
    Ok(match key.pk.strip_prefix("CORRECTIONS#") {
        Some(jurisdiction) => items::waiting_key(jurisdiction, &correction_of, number),
        None => items::request_key(&correction_of, number),
    })
}
