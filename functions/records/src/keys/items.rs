//! Keys of the table's items: the one place that spells them, and the beginnings by which they are listed.
//! No key ever holds an ID number, a name or a phone number.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::after::announcement::Announcement;
use rules::intake::holder::Holding;
use rules::issue::account::AccountKey;
use rules::issue::application::ApplicationId;
use rules::issue::authorisation::ContestKey;
use rules::numbers::body::BodyCode;
use rules::numbers::code::{CertificateCode, CodePrefix};
use rules::sheets::run::Run;
use rules::values::attestation::PublicKey;
use rules::values::folding;
use rules::values::lot::LotName;
use rules::values::party::{Applicant, IssuingUnit};
use rules::values::vocabulary::Material;
use serde::Deserialize;

use crate::error::RecordsError;
use crate::keys::kinds::ItemKind;
use crate::keys::objects::{Chunk, PrintOutput, material_name, zip_scope};

/// Partition of the filed bodies.
const BODIES: &str = "BODIES";
/// Partition of the places that are taken.
const PLACES: &str = "PLACES";
/// Partition of the replaced parts of the rulebook.
const RULEBOOK: &str = "RULEBOOK";
/// The highest number that an entry's key holds.
pub(crate) const LAST_ENTRY: u64 = 99_999_999;
/// Partition of the public keys.
const ATTESTATION: &str = "ATTESTATION";
/// What the partition of an application's looks begins with.
const LOOKS: &str = "LOOKS#";
/// What the partition of somebody's searches begins with.
const SEARCHES: &str = "SEARCHES#";
/// Partitions of the authorisations of contests begin so.
const AUTHORISATION: &str = "AUTHORISATION#";
/// Partitions of accounts begin so.
const ACCOUNT: &str = "ACCOUNT#";

/// Partition and sort key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub(crate) struct ItemKey {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// The items of a partition whose sort keys begin alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRange {
    pub(crate) pk: String,
    pub(crate) prefix: String,
}

impl ItemKey {
    /// A key that was read: out of an item, or out of what a page was continued with.
    pub(crate) fn read(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The key of an item that was read; [`RecordsError::Corrupt`] where it has none.
    pub(crate) fn of(item: &HashMap<String, AttributeValue>) -> Result<Self, RecordsError> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        text("pk").zip(text("sk")).map(|(pk, sk)| Self { pk, sk }).ok_or_else(|| RecordsError::corrupt("an item without a key"))
    }

    /// What it is; none that this build knows.
    pub(crate) fn kind(&self) -> Option<ItemKind> {
        ItemKind::of(&self.pk, &self.sk)
    }

    /// What it is; [`RecordsError::Corrupt`] where this build does not know: then nobody has said how it is proven.
    pub(crate) fn known_kind(&self) -> Result<ItemKind, RecordsError> {
        self.kind().ok_or_else(|| RecordsError::corrupt(format!("an item of an unknown kind: {}", self.sk)))
    }

    /// Whether trails hold digests of the item.
    pub(crate) fn is_covered(&self) -> bool {
        self.kind().is_some_and(ItemKind::is_covered)
    }

    /// The application that it belongs to.
    pub(crate) fn application(&self) -> Option<ApplicationId> {
        self.pk.strip_prefix("APPLICATION#").and_then(ApplicationId::parse)
    }

    pub(crate) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let text = |value: &String| AttributeValue::S(value.clone());
        HashMap::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }
}

/// Partition of everything that belongs to an application.
fn partition(id: &ApplicationId) -> String {
    format!("APPLICATION#{id}")
}

/// Partition of everything that belongs to a code.
fn code_partition(code: &CertificateCode) -> String {
    format!("CODE#{code}")
}

/// Partition of a kind of sheet.
fn sheets_partition(kind: &str) -> String {
    format!("SHEETS#{kind}")
}

fn of_application(id: &ApplicationId, sk: impl Into<String>) -> ItemKey {
    ItemKey::read(partition(id), sk)
}

pub(crate) fn application_key(id: &ApplicationId) -> ItemKey {
    of_application(id, "APPLICATION")
}

/// What stays of a deleted application.
pub(crate) fn deleted_key(id: &ApplicationId) -> ItemKey {
    of_application(id, "DELETED")
}

pub(crate) fn audit_key(id: &ApplicationId, number: u64) -> ItemKey {
    of_application(id, format!("AUDIT#{number:08}"))
}

pub(crate) fn material_key(id: &ApplicationId, material: Material) -> ItemKey {
    of_application(id, format!("MATERIAL#{}", material_name(material)))
}

pub(crate) fn share_key(id: &ApplicationId, reviewer: &IssuingUnit) -> ItemKey {
    of_application(id, format!("SHARE#{reviewer}"))
}

/// That an application is handed in to a filed body.
pub(crate) fn filing_key(id: &ApplicationId, body: &IssuingUnit) -> ItemKey {
    of_application(id, format!("FILING#{body}"))
}

pub(crate) fn announcement_key(announcement: &Announcement) -> ItemKey {
    of_application(&announcement.application, format!("ANNOUNCEMENT#{:08}", announcement.number))
}

pub(crate) fn allocation_key(id: &ApplicationId, lot: &LotName) -> ItemKey {
    of_application(id, format!("ALLOCATION#{lot}"))
}

pub(crate) fn run_key(run: &Run) -> ItemKey {
    numbered_run_key(&run.run_of, &run.lot(), run.number)
}

pub(crate) fn numbered_run_key(id: &ApplicationId, lot: &LotName, number: u32) -> ItemKey {
    of_application(id, format!("RUN#{lot}#{number:05}"))
}

pub(crate) fn renewal_key(id: &ApplicationId, number: u64) -> ItemKey {
    of_application(id, format!("RENEWAL#{number:08}"))
}

pub(crate) fn chunk_key(chunk: &Chunk) -> ItemKey {
    of_application(&chunk.application, format!("CHUNK#{}#{}#{:05}", chunk.press.name(), chunk.lot, chunk.number))
}

/// That a chunk was given up.
pub(crate) fn failure_key(chunk: &Chunk) -> ItemKey {
    of_application(&chunk.application, format!("FAILURE#{}#{}#{:05}", chunk.press.name(), chunk.lot, chunk.number))
}

pub(crate) fn volume_key(id: &ApplicationId, lot: &LotName, number: u64) -> ItemKey {
    of_application(id, format!("VOLUME#{lot}#{number:08}"))
}

pub(crate) fn collection_key(id: &ApplicationId, lot: &LotName) -> ItemKey {
    of_application(id, format!("COLLECTION#{lot}"))
}

/// By position, so that a page of certificates finds its own in one range.
pub(crate) fn hand_out_key(id: &ApplicationId, lot: &LotName, position: u32) -> ItemKey {
    of_application(id, format!("HANDOUT#{lot}#{position:06}"))
}

pub(crate) fn record_key(id: &ApplicationId, row: u32) -> ItemKey {
    of_application(id, format!("RECORD#{row:05}"))
}

/// A review on its way.
pub(crate) fn draft_key(id: &ApplicationId, reviewer: &IssuingUnit) -> ItemKey {
    of_application(id, format!("DRAFT#{reviewer}"))
}

/// A correction that waits for, or had, a second person's decision.
pub(crate) fn request_key(id: &ApplicationId, number: u64) -> ItemKey {
    of_application(id, format!("CORRECTION#{number:08}"))
}

/// Its place on its Center's list.
pub(crate) fn waiting_key(jurisdiction: &str, id: &ApplicationId, number: u64) -> ItemKey {
    ItemKey::read(format!("CORRECTIONS#{jurisdiction}"), format!("CORRECTION#{id}#{number:08}"))
}

pub(crate) fn code_key(code: &CertificateCode) -> ItemKey {
    ItemKey::read(code_partition(code), "CERTIFICATE")
}

/// That others gave that number, folded, to a certificate.
pub(crate) fn external_number_key(folded: &str) -> ItemKey {
    ItemKey::read(format!("EXTERNAL#{folded}"), "EXTERNAL")
}

/// What stood on a certificate before and after a correction.
pub(crate) fn correction_key(code: &CertificateCode, number: u64) -> ItemKey {
    ItemKey::read(code_partition(code), format!("CORRECTION#{number:08}"))
}

pub(crate) fn counter_key(prefix: &CodePrefix) -> ItemKey {
    ItemKey::read(format!("COUNTER#{prefix}"), "COUNTER")
}

/// What a counter's key counts.
pub(crate) fn counted(key: &ItemKey) -> Result<CodePrefix, RecordsError> {
    Ok(serde_json::from_value(key.pk.trim_start_matches("COUNTER#").into())?)
}

/// The item of what somebody holds; `person` is the HMAC of the kind of document and its number.
pub(crate) fn holder_key(person: &[u8], held: &Holding) -> ItemKey {
    ItemKey::read(format!("HOLDER#{}", hex::encode(person)), held.to_string())
}

/// Where somebody stands; `person` is an HMAC of the name or of the document number.
pub(crate) fn person_row_key(person: &[u8], id: &ApplicationId, row: u32) -> ItemKey {
    ItemKey::read(person_partition(person), format!("ROW#{id}#{row:05}"))
}

fn person_partition(person: &[u8]) -> String {
    format!("PERSON#{}", hex::encode(person))
}

pub(crate) fn guard_key_item() -> ItemKey {
    ItemKey::read("GUARD", "KEY")
}

pub(crate) fn set_key() -> ItemKey {
    ItemKey::read(RULEBOOK, "SET")
}

pub(crate) fn body_key(code: &BodyCode) -> ItemKey {
    ItemKey::read(BODIES, format!("BODY#{code}"))
}

/// The authorisation of a contest.
pub(crate) fn authorisation_key(contest: &ContestKey) -> ItemKey {
    ItemKey::read(format!("{AUTHORISATION}{contest}"), "AUTHORISATION")
}

/// That a Center has given an authorisation that number.
/// Equal to the eye is equal: letter case, width and spaces make no other number.
pub(crate) fn authorisation_number_key(jurisdiction: &str, number: &str) -> ItemKey {
    ItemKey::read(format!("AUTHORISATIONS#{jurisdiction}"), format!("NUMBER#{}", folding::code(number)))
}

pub(crate) fn public_key(key: &PublicKey) -> ItemKey {
    ItemKey::read(ATTESTATION, format!("KEY#{key}"))
}

pub(crate) fn batch_key(applicant: &Applicant, number: u32) -> ItemKey {
    ItemKey::read(format!("PUBLICATION#{applicant}"), format!("BATCH#{number:05}"))
}

pub(crate) fn applicant_key(seat: &str, applicant: &Applicant) -> ItemKey {
    ItemKey::read(format!("PUBLICATIONS#{seat}"), format!("APPLICANT#{applicant}"))
}

pub(crate) fn year_key(year: i16) -> ItemKey {
    ItemKey::read("STATISTICS", format!("YEAR#{year:04}"))
}

/// The zip of an application's certificates: of one reviewer's, or of all.
pub(crate) fn zip_key(id: &ApplicationId, reviewer: Option<&IssuingUnit>) -> ItemKey {
    of_application(id, format!("ZIP#{}", zip_scope(reviewer)))
}

/// A request that may come again; `name` is a digest.
pub(crate) fn repeated_key(name: &str) -> ItemKey {
    ItemKey::read(format!("REQUEST#{name}"), "REQUEST")
}

/// How often `name` was asked for in the window that begins then.
pub(crate) fn window_key(name: &str, begins: impl Display) -> ItemKey {
    ItemKey::read(format!("LIMIT#{name}"), format!("WINDOW#{begins}"))
}

/// One of the places at which a unit's work is done. All units' stand together: how many are at work is one look.
pub(crate) fn place_key(unit: &str, number: u32) -> ItemKey {
    ItemKey::read(PLACES, format!("PLACE#{unit}#{number:03}"))
}

/// The session of somebody at the console; `name` is a digest of what their browser shows.
pub(crate) fn session_key(name: &str) -> ItemKey {
    ItemKey::read(format!("SESSION#{name}"), "SESSION")
}

/// An account.
pub(crate) fn account_key(account: &AccountKey) -> ItemKey {
    ItemKey::read(format!("{ACCOUNT}{account}"), "ACCOUNT")
}

/// That an account's sessions were ended.
pub(crate) fn signed_out_key(account: &AccountKey) -> ItemKey {
    ItemKey::read(format!("{ACCOUNT}{account}"), "SIGNEDOUT")
}

pub(crate) fn register_key(kind: &str) -> ItemKey {
    ItemKey::read(sheets_partition(kind), "REGISTER")
}

/// The kind of sheet that a register's key is about.
pub(crate) fn registered(key: &ItemKey) -> &str {
    key.pk.trim_start_matches("SHEETS#")
}

pub(crate) fn book_key(kind: &str, holder: &IssuingUnit) -> ItemKey {
    ItemKey::read(sheets_partition(kind), format!("BOOK#{holder}"))
}

pub(crate) fn line_key(kind: &str, holder: &IssuingUnit, number: u64) -> ItemKey {
    ItemKey::read(sheets_partition(kind), format!("LINE#{holder}#{number:010}"))
}

pub(crate) fn destruction_key(kind: &str, holder: &IssuingUnit) -> ItemKey {
    ItemKey::read(sheets_partition(kind), format!("DESTRUCTION#{holder}"))
}

/// A chain of audit entries that belongs to no application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chain {
    /// Of a body.
    Body(BodyCode),
    /// Of the rulebook's replaced parts.
    Rulebook,
    /// Of the public keys that QR codes are signed with.
    Attestation,
    /// Of who had personal data of an application shown. It is not the application's own, so that no look makes a version old.
    Looks(ApplicationId),
    /// Of what somebody's accounts searched for.
    Searches(Applicant),
    /// Of the authorisation of a contest.
    Authorisation(ContestKey),
    /// Of an account.
    Account(AccountKey),
}

impl Chain {
    /// Its entries.
    pub(crate) fn range(&self) -> KeyRange {
        match self {
            Self::Body(code) => KeyRange::of(BODIES, format!("HISTORY#{code}#")),
            Self::Rulebook => KeyRange::of(RULEBOOK, "HISTORY#"),
            Self::Attestation => KeyRange::of(ATTESTATION, "HISTORY#"),
            Self::Looks(id) => KeyRange::of(format!("{LOOKS}{id}"), "HISTORY#"),
            Self::Searches(party) => KeyRange::of(format!("{SEARCHES}{party}"), "HISTORY#"),
            Self::Authorisation(contest) => KeyRange::of(authorisation_key(contest).pk, "HISTORY#"),
            Self::Account(account) => KeyRange::of(account_key(account).pk, "HISTORY#"),
        }
    }

    /// The item that holds its end.
    pub(crate) fn end_key(&self) -> ItemKey {
        match self {
            Self::Body(code) => body_key(code),
            Self::Rulebook => set_key(),
            Self::Account(account) => account_key(account),
            Self::Attestation | Self::Authorisation(_) | Self::Looks(_) | Self::Searches(_) => ItemKey::read(self.range().pk, "END"),
        }
    }

    /// The key of an entry.
    pub(crate) fn entry_key(&self, number: u64) -> ItemKey {
        let KeyRange { pk, prefix } = self.range();
        ItemKey::read(pk, format!("{prefix}{number:08}"))
    }

    /// The chain that an entry with this key belongs to, or whose end stands there.
    pub(crate) fn at(key: &ItemKey) -> Result<Self, RecordsError> {
        match key.pk.as_str() {
            BODIES => Ok(Self::Body(serde_json::from_value(key.sk.split('#').nth(1).unwrap_or_default().into())?)),
            RULEBOOK => Ok(Self::Rulebook),
            ATTESTATION => Ok(Self::Attestation),
            pk if let Some(contest) = pk.strip_prefix(AUTHORISATION) => Ok(Self::Authorisation(serde_json::from_value(contest.into())?)),
            pk if let Some(account) = pk.strip_prefix(ACCOUNT) => {
                let account = AccountKey::parse(account).ok_or_else(|| RecordsError::corrupt("an account's key"))?;
                Ok(Self::Account(account))
            }
            other => {
                let looks = other.strip_prefix(LOOKS).and_then(ApplicationId::parse).map(Self::Looks);
                let searches = || other.strip_prefix(SEARCHES).and_then(Applicant::parse).map(Self::Searches);
                looks.or_else(searches).ok_or_else(|| RecordsError::corrupt("an entry of no chain"))
            }
        }
    }

    /// What the audit calls it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Body(code) => format!("body {code}"),
            Self::Rulebook => "rulebook".to_owned(),
            Self::Attestation => "attestation".to_owned(),
            Self::Looks(id) => format!("looks {id}"),
            Self::Searches(party) => format!("searches {party}"),
            Self::Authorisation(contest) => format!("authorisation {contest}"),
            Self::Account(account) => format!("account {account}"),
        }
    }
}

impl KeyRange {
    fn of(pk: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self { pk: pk.into(), prefix: prefix.into() }
    }

    /// The audit entries of an application.
    pub(crate) fn trail(id: &ApplicationId) -> Self {
        Self::of(partition(id), "AUDIT#")
    }

    /// The register of filed bodies.
    pub(crate) fn bodies() -> Self {
        Self::of(BODIES, "BODY#")
    }

    /// The places of all units that are taken.
    pub(crate) fn places() -> Self {
        Self::of(PLACES, "PLACE#")
    }

    /// The verdicts on its materials.
    pub(crate) fn materials(id: &ApplicationId) -> Self {
        Self::of(partition(id), "MATERIAL#")
    }

    /// Its allocations.
    pub(crate) fn allocations(id: &ApplicationId) -> Self {
        Self::of(partition(id), "ALLOCATION#")
    }

    /// The allocations of a reviewer's lots.
    pub(crate) fn allocations_by(id: &ApplicationId, reviewer: &IssuingUnit) -> Self {
        Self::of(partition(id), format!("ALLOCATION#{reviewer}."))
    }

    /// Its runs.
    pub(crate) fn runs(id: &ApplicationId) -> Self {
        Self::of(partition(id), "RUN#")
    }

    /// A lot's runs.
    pub(crate) fn runs_of(id: &ApplicationId, lot: &LotName) -> Self {
        Self::of(partition(id), format!("RUN#{lot}#"))
    }

    /// Its PDFs to be drawn anew.
    pub(crate) fn renewals(id: &ApplicationId) -> Self {
        Self::of(partition(id), "RENEWAL#")
    }

    /// A lot's printed chunks at one press.
    pub(crate) fn chunks(id: &ApplicationId, lot: &LotName, press: PrintOutput) -> Self {
        Self::of(partition(id), format!("CHUNK#{}#{lot}#", press.name()))
    }

    /// Its print jobs that were given up.
    pub(crate) fn failures(id: &ApplicationId) -> Self {
        Self::of(partition(id), "FAILURE#")
    }

    /// The volumes of a lot.
    pub(crate) fn volumes(id: &ApplicationId, lot: &LotName) -> Self {
        Self::of(partition(id), format!("VOLUME#{lot}#"))
    }

    /// Its collections.
    pub(crate) fn collections(id: &ApplicationId) -> Self {
        Self::of(partition(id), "COLLECTION#")
    }

    /// What is entered of a lot's winners.
    pub(crate) fn hand_outs(id: &ApplicationId, lot: &LotName) -> Self {
        Self::of(partition(id), format!("HANDOUT#{lot}#"))
    }

    /// Where somebody stands.
    pub(crate) fn rows_of_person(person: &[u8]) -> Self {
        Self::of(person_partition(person), "ROW#")
    }

    /// Its winners without a code.
    pub(crate) fn records(id: &ApplicationId) -> Self {
        Self::of(partition(id), "RECORD#")
    }

    /// Its requests for corrections.
    pub(crate) fn requests(id: &ApplicationId) -> Self {
        Self::of(partition(id), "CORRECTION#")
    }

    /// The corrections that wait for a Center.
    pub(crate) fn waiting(jurisdiction: &str) -> Self {
        Self::of(format!("CORRECTIONS#{jurisdiction}"), "CORRECTION#")
    }

    /// The corrections of a certificate that kept its code.
    pub(crate) fn corrections(code: &CertificateCode) -> Self {
        Self::of(code_partition(code), "CORRECTION#")
    }

    /// The numbers that a Center has given to authorisations, that begin so.
    pub(crate) fn authorisation_numbers(jurisdiction: &str, prefix: &str) -> Self {
        let ItemKey { pk, sk } = authorisation_number_key(jurisdiction, prefix);
        Self::of(pk, sk)
    }

    /// The public keys that are known.
    pub(crate) fn public_keys() -> Self {
        Self::of(ATTESTATION, "KEY#")
    }

    /// An applicant's batches.
    pub(crate) fn batches(applicant: &Applicant) -> Self {
        Self::of(format!("PUBLICATION#{applicant}"), "BATCH#")
    }

    /// Who has ever applied to a Center.
    pub(crate) fn applicants(seat: &str) -> Self {
        Self::of(format!("PUBLICATIONS#{seat}"), "APPLICANT#")
    }

    /// The books of a kind of sheet.
    pub(crate) fn books(kind: &str) -> Self {
        Self::of(sheets_partition(kind), "BOOK#")
    }

    /// A holder's ledger.
    pub(crate) fn ledger(kind: &str, holder: &IssuingUnit) -> Self {
        Self::of(sheets_partition(kind), format!("LINE#{holder}#"))
    }

    /// The destructions that wait for a signature.
    pub(crate) fn destructions(kind: &str) -> Self {
        Self::of(sheets_partition(kind), "DESTRUCTION#")
    }
}

#[cfg(test)]
mod tests {
    use rules::values::vocabulary::CertificateType;

    use super::*;

    fn name(key: ItemKey) -> String {
        format!("{} {}", key.pk, key.sk)
    }

    fn id() -> ApplicationId {
        ApplicationId::from_bits(7)
    }

    fn code() -> CertificateCode {
        serde_json::from_value("S000051000000223J00001".into()).expect("a code")
    }

    fn body() -> BodyCode {
        serde_json::from_value("S000051010123".into()).expect("a body's code")
    }

    /// Golden: by these keys tables are read.
    #[test]
    fn keys_of_an_application() {
        let (id, center) = (id(), IssuingUnit::center("00"));
        let lot = LotName::new(&center, CertificateType::SkillLevel);
        let chunk = Chunk { application: id.clone(), lot: lot.clone(), press: PrintOutput::Run(1), number: 2 };
        let keys = [
            (application_key(&id), "APPLICATION"),
            (audit_key(&id, 3), "AUDIT#00000003"),
            (material_key(&id, Material::Roster), "MATERIAL#roster"),
            (share_key(&id, &center), "SHARE#center-00"),
            (filing_key(&id, &IssuingUnit::body("S000051010123")), "FILING#body-S000051010123"),
            (draft_key(&id, &center), "DRAFT#center-00"),
            (allocation_key(&id, &lot), "ALLOCATION#center-00.skill_level"),
            (numbered_run_key(&id, &lot, 1), "RUN#center-00.skill_level#00001"),
            (renewal_key(&id, 3), "RENEWAL#00000003"),
            (chunk_key(&chunk), "CHUNK#run-00001#center-00.skill_level#00002"),
            (volume_key(&id, &lot, 3), "VOLUME#center-00.skill_level#00000003"),
            (collection_key(&id, &lot), "COLLECTION#center-00.skill_level"),
            (hand_out_key(&id, &lot, 7), "HANDOUT#center-00.skill_level#000007"),
            (record_key(&id, 7), "RECORD#00007"),
            (request_key(&id, 3), "CORRECTION#00000003"),
            (zip_key(&id, None), "ZIP#all"),
            (zip_key(&id, Some(&center)), "ZIP#center-00"),
        ];
        for (key, sk) in keys {
            assert_eq!((key.kind().is_some(), key.application()), (true, Some(id.clone())));
            assert_eq!(name(key), format!("APPLICATION#{id} {sk}"));
        }
    }

    #[test]
    fn keys_of_what_belongs_to_no_application() {
        let (id, code, center) = (id(), code(), IssuingUnit::center("00"));
        let prefix: CodePrefix = serde_json::from_value("S000051000000223".into()).expect("a prefix");
        let applicant = Applicant::unit("unit-1");
        let award = Holding::Award { occupation: "6-18-01-01".to_owned(), level: 3 };
        let account = AccountKey::of("https://id.example", "s");
        let keys = [
            (waiting_key("00", &id, 3), format!("CORRECTIONS#00 CORRECTION#{id}#00000003")),
            (code_key(&code), format!("CODE#{code} CERTIFICATE")),
            (correction_key(&code, 3), format!("CODE#{code} CORRECTION#00000003")),
            (external_number_key("2251-0099/7"), "EXTERNAL#2251-0099/7 EXTERNAL".to_owned()),
            (counter_key(&prefix), "COUNTER#S000051000000223 COUNTER".to_owned()),
            (holder_key(&[1, 255], &award), "HOLDER#01ff AWARD#6-18-01-01#3".to_owned()),
            (holder_key(&[1], &Holding::Promotion { year: 2022 }), "HOLDER#01 PROMOTION#2022".to_owned()),
            (person_row_key(&[1, 255], &id, 7), format!("PERSON#01ff ROW#{id}#00007")),
            (guard_key_item(), "GUARD KEY".to_owned()),
            (set_key(), "RULEBOOK SET".to_owned()),
            (Chain::Rulebook.entry_key(3), "RULEBOOK HISTORY#00000003".to_owned()),
            (body_key(&body()), "BODIES BODY#S000051010123".to_owned()),
            (Chain::Body(body()).entry_key(3), "BODIES HISTORY#S000051010123#00000003".to_owned()),
            (Chain::Attestation.entry_key(3), "ATTESTATION HISTORY#00000003".to_owned()),
            (Chain::Attestation.end_key(), "ATTESTATION END".to_owned()),
            (Chain::Looks(id.clone()).entry_key(3), format!("LOOKS#{id} HISTORY#00000003")),
            (Chain::Looks(id.clone()).end_key(), format!("LOOKS#{id} END")),
            (Chain::Searches(applicant.clone()).entry_key(3), format!("SEARCHES#{applicant} HISTORY#00000003")),
            (batch_key(&applicant, 1), format!("PUBLICATION#{applicant} BATCH#00001")),
            (applicant_key("00", &applicant), format!("PUBLICATIONS#00 APPLICANT#{applicant}")),
            (year_key(2022), "STATISTICS YEAR#2022".to_owned()),
            (repeated_key("00ff"), "REQUEST#00ff REQUEST".to_owned()),
            (window_key("CODE#1", 60), "LIMIT#CODE#1 WINDOW#60".to_owned()),
            (place_key("unit-1", 3), "PLACES PLACE#unit-1#003".to_owned()),
            (session_key("00ff"), "SESSION#00ff SESSION".to_owned()),
            (account_key(&account), format!("ACCOUNT#{account} ACCOUNT")),
            (signed_out_key(&account), format!("ACCOUNT#{account} SIGNEDOUT")),
            (Chain::Account(account.clone()).entry_key(3), format!("ACCOUNT#{account} HISTORY#00000003")),
            (register_key("skill_level"), "SHEETS#skill_level REGISTER".to_owned()),
            (book_key("skill_level", &center), "SHEETS#skill_level BOOK#center-00".to_owned()),
            (line_key("skill_level", &center, 3), "SHEETS#skill_level LINE#center-00#0000000003".to_owned()),
            (destruction_key("skill_level", &center), "SHEETS#skill_level DESTRUCTION#center-00".to_owned()),
        ];
        for (key, expected) in keys {
            assert!(key.kind().is_some(), "{expected}");
            assert_eq!(name(key), expected);
        }
    }

    #[test]
    fn a_range_holds_its_keys() {
        let (id, code, center) = (id(), code(), IssuingUnit::center("00"));
        let lot = LotName::new(&center, CertificateType::SkillLevel);
        let applicant = Applicant::unit("unit-1");
        let chunk = Chunk { application: id.clone(), lot: lot.clone(), press: PrintOutput::Single, number: 0 };
        let ranges = [
            (KeyRange::trail(&id), audit_key(&id, 1)),
            (KeyRange::places(), place_key("unit-1", 3)),
            (KeyRange::materials(&id), material_key(&id, Material::Photos)),
            (KeyRange::allocations(&id), allocation_key(&id, &lot)),
            (KeyRange::allocations_by(&id, &center), allocation_key(&id, &lot)),
            (KeyRange::runs(&id), numbered_run_key(&id, &lot, 0)),
            (KeyRange::runs_of(&id, &lot), numbered_run_key(&id, &lot, 0)),
            (KeyRange::renewals(&id), renewal_key(&id, 1)),
            (KeyRange::chunks(&id, &lot, PrintOutput::Single), chunk_key(&chunk)),
            (KeyRange::volumes(&id, &lot), volume_key(&id, &lot, 1)),
            (KeyRange::collections(&id), collection_key(&id, &lot)),
            (KeyRange::hand_outs(&id, &lot), hand_out_key(&id, &lot, 1)),
            (KeyRange::records(&id), record_key(&id, 1)),
            (KeyRange::rows_of_person(&[1]), person_row_key(&[1], &id, 1)),
            (KeyRange::requests(&id), request_key(&id, 1)),
            (KeyRange::waiting("00"), waiting_key("00", &id, 1)),
            (KeyRange::corrections(&code), correction_key(&code, 1)),
            (KeyRange::batches(&applicant), batch_key(&applicant, 1)),
            (KeyRange::applicants("00"), applicant_key("00", &applicant)),
            (KeyRange::books("skill_level"), book_key("skill_level", &center)),
            (KeyRange::ledger("skill_level", &center), line_key("skill_level", &center, 1)),
            (KeyRange::destructions("skill_level"), destruction_key("skill_level", &center)),
            (Chain::Rulebook.range(), Chain::Rulebook.entry_key(1)),
            (Chain::Looks(id.clone()).range(), Chain::Looks(id.clone()).entry_key(1)),
        ];
        for chain in [
            Chain::Rulebook,
            Chain::Attestation,
            Chain::Looks(id.clone()),
            Chain::Searches(applicant.clone()),
            Chain::Account(AccountKey::of("i", "s")),
        ] {
            assert_eq!(Chain::at(&chain.entry_key(1)).ok().as_ref(), Some(&chain));
            assert_eq!(Chain::at(&chain.end_key()).ok().as_ref(), Some(&chain));
        }
        for (range, key) in ranges {
            assert!(range.pk == key.pk && key.sk.starts_with(&range.prefix), "{range:?} {key:?}");
        }
    }
}
