//! Certificates and records, one item per winner; and the chunks in which they are printed.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use rules::intake::contest::Contest;
use rules::intake::entry::Entry;
use rules::issue::allocation::Allocation;
use rules::issue::application::{ApplicationId, PlannedRow};
use rules::issue::certificate_fields::{CertificateFields, IssuedBy};
use rules::issue::external::NumberBasis;
use rules::notice::Notice;
use rules::numbers::code::CertificateCode;
use rules::sheets::run::Run;
use rules::sheets::serial::Serial;
use rules::values::lot::LotName;
use rules::values::party::IssuingUnit;
use rules::values::vocabulary::CertificateType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::issue::approved::Numbered;
use crate::keys::items::{ItemKey, KeyRange, chunk_key, code_key, record_key};
use crate::keys::objects::{Chunk, PrintOutput};
use crate::store::indexes::BY_APPLICATION;
use crate::store::item::{Item, item, number};
use crate::store::item_digest::item_name;
use rules::sheets::run::current_sheet;

/// What a winner got: a certificate with a code, or a record without one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The application.
    pub application: ApplicationId,
    /// Row of the roster.
    pub row: u32,
    /// The number that it bears and is found by: 证书编码, or that of a 专项职业能力证书; none where it has none yet, or others give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CertificateCode>,
    /// The number that the body which implements a qualification gave (二、（一）); entered, never made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_number: Option<String>,
    /// Who implements that qualification, and what the number rests on.
    #[serde(default, skip_serializing_if = "NumberBasis::is_empty")]
    pub basis: NumberBasis,
    /// Place among the numbered rows of its allocation, from 0: sheets are taken in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// Who reviewed it.
    pub reviewer: IssuingUnit,
    /// 证书类型
    pub certificate_type: CertificateType,
    /// Whose name stands on it.
    pub issuing_body: String,
    /// 代章
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<String>,
    /// The winner's row.
    pub entry: Entry,
    /// Whether there is a photo object for the row.
    #[serde(default)]
    pub photo: bool,
    /// Whether a photo was handed in for the row that could not be read when the certificate was issued.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub photo_unreadable: bool,
    /// The date on it, where it is not the contest's: corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_on: Option<Date>,
    /// The code that it took the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<CertificateCode>,
    /// When what stands on it was last put right (更正), with or without another code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Timestamp>,
    /// 注销
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
}

/// That a code no longer counts. It is never used again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revocation {
    /// The moment of the change.
    #[schemars(with = "rules::values::schema::Moment")]
    pub at: Timestamp,
    /// By which account.
    pub by: String,
    /// The reason that was given, in Chinese.
    pub reason: String,
    /// The code that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<CertificateCode>,
}

impl Certificate {
    /// Who issued it: of a qualification the body that implements it, once that is known (二、（一）).
    pub fn issued_by(&self) -> &str {
        self.basis.implementing_body.as_deref().unwrap_or(&self.issuing_body)
    }

    /// What an approved row gets; its number is given by [`Self::numbered`].
    pub fn of_row(application: &ApplicationId, row: &PlannedRow, entry: &Entry) -> Self {
        Self {
            application: application.clone(),
            row: row.row,
            code: None,
            external_number: None,
            basis: NumberBasis::default(),
            position: None,
            reviewer: row.reviewer.clone(),
            certificate_type: row.certificate_type,
            issuing_body: row.issuing_body.clone(),
            sealed_by: row.sealed_by.clone(),
            entry: entry.clone(),
            photo: false,
            photo_unreadable: false,
            issued_on: None,
            replaces: None,
            corrected_at: None,
            revoked: None,
        }
    }

    /// The same, with the number that it was given; [`RecordsError::Corrupt`] where its row takes none.
    pub fn numbered(self, notice: &Notice, numbered: &Numbered<'_>) -> Result<Self, RecordsError> {
        let prefix = numbered.row.prefix.as_ref().ok_or_else(|| RecordsError::corrupt("a number without a prefix"))?;
        let series = notice.series(self.certificate_type).ok_or_else(|| RecordsError::corrupt("a number of a type that draws none"))?;
        let code = prefix.code(series, numbered.sequence).map_err(RecordsError::corrupt)?;
        Ok(Self { code: Some(code), position: Some(numbered.position), ..self })
    }

    /// The number that it is known by, ours or that of who issues it; none before it has one.
    pub fn number(&self) -> Option<&str> {
        self.code.as_ref().map(CertificateCode::as_str).or(self.external_number.as_deref())
    }

    /// Which lot of the application it is of.
    pub fn lot(&self) -> LotName {
        LotName::new(&self.reviewer, self.certificate_type)
    }

    /// The date on it.
    pub fn issued_on(&self, contest: &Contest) -> Date {
        self.issued_on.unwrap_or(contest.issued_on)
    }

    /// Serial of the sheet that it lies on, as it is printed there.
    pub fn serial(&self, notice: &Notice, runs: &[Run]) -> Option<String> {
        let sheet = current_sheet(runs, &self.lot(), self.position?)?;
        let kind = notice.sheet_kind_of(self.certificate_type)?;
        Serial::new(kind, sheet).ok().map(|serial| serial.to_string())
    }

    /// What is printed on it; `address` is what its QR code holds.
    pub fn fields(&self, notice: &Notice, contest: &Contest, address: String) -> CertificateFields {
        let (certificate_type, sealed_by) = (self.certificate_type, self.sealed_by.as_deref());
        let by = IssuedBy { certificate_type, issuing_body: &self.issuing_body, sealed_by };
        let contest = Contest { issued_on: self.issued_on(contest), ..contest.clone() };
        let code = self.code.as_ref().map_or("", CertificateCode::as_str);
        CertificateFields::new(notice, &contest, &self.entry, by, code, address)
    }

    pub(crate) fn key(&self) -> ItemKey {
        match &self.code {
            Some(code) => code_key(code),
            None => record_key(&self.application, self.row),
        }
    }
}

/// The certificate or record that an item holds; [`RecordsError::Corrupt`] where it is that of another key: it was put there past
/// the system, and nobody is shown it under a code that is not its own.
pub(crate) fn certificate_of(item: Item) -> Result<Certificate, RecordsError> {
    let key = ItemKey::of(&item)?;
    let certificate: Certificate = serde_dynamo::from_item(item)?;
    match certificate.key() == key {
        true => Ok(certificate),
        false => Err(RecordsError::corrupt(format!("{} holds what belongs to another key", item_name(&key)))),
    }
}

/// A certificate or record as it is stored.
pub(crate) fn certificate_item(certificate: &Certificate) -> Result<Item, RecordsError> {
    let listed = BY_APPLICATION.keys_by(certificate.application.as_str(), number(certificate.row));
    item(&certificate.key(), certificate, &listed)
}

/// A chunk that is printed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PrintedChunk {
    /// Number of the chunk, from 0.
    pub number: usize,
    /// When it was done.
    pub printed_at: Timestamp,
}

/// A page of a listing.
#[derive(Debug)]
pub struct Page {
    /// The certificates and records, in roster order.
    pub certificates: Vec<Certificate>,
    /// Where the next page begins; none at the end.
    pub next_after: Option<u32>,
}

impl Page {
    /// A page ends between rows: a row whose code was replaced has two certificates, and the next page begins after a row.
    fn of_whole_rows(mut certificates: Vec<Certificate>, more: bool) -> Self {
        let last = certificates.last().map(|last| last.row).filter(|_| more);
        let before = certificates.iter().map(|certificate| certificate.row).rfind(|row| Some(*row) != last);
        if last.is_some() && before.is_some() {
            certificates.retain(|certificate| Some(certificate.row) != last);
        }
        Self { next_after: last.map(|last| before.unwrap_or(last)), certificates }
    }
}

/// The most that one page holds.
pub const PAGE: i32 = 500;

/// Certificates and records, and which chunks of them are printed.
#[derive(Debug, Clone, Copy)]
pub struct Certificates<'a> {
    pub(crate) cloud: &'a Cloud,
}

impl Cloud {
    /// Certificates and records, and which chunks of them are printed.
    pub fn certificates(&self) -> Certificates<'_> {
        Certificates { cloud: self }
    }
}

impl Certificates<'_> {
    /// Writes a certificate or record that is not there yet; one that is there stays as it is. [`RecordsError::Corrupt`] where another
    /// winner's certificate has the number.
    pub async fn enter(self, certificate: &Certificate) -> Result<(), RecordsError> {
        match self.cloud.put_new(certificate_item(certificate)?).await {
            Err(RecordsError::Conflict) => {
                let there = self.cloud.get_item(&certificate.key()).await?.map(certificate_of).transpose()?;
                let same = |there: Certificate| there.application == certificate.application && there.row == certificate.row;
                let taken = || RecordsError::corrupt("a number that another winner's certificate has");
                if there.is_none_or(same) { Ok(()) } else { Err(taken()) }
            }
            done => done,
        }
    }

    /// The certificates with these codes, in the order asked for.
    pub async fn by_code(self, codes: &[CertificateCode]) -> Result<Vec<Certificate>, RecordsError> {
        let mut found = self.among(codes).await?;
        codes.iter().map(|code| found.remove(code.as_str()).ok_or(RecordsError::NotFound)).collect()
    }

    /// Those of these certificates that there are, by code.
    pub async fn among(self, codes: &[CertificateCode]) -> Result<HashMap<String, Certificate>, RecordsError> {
        let mut found: HashMap<String, Certificate> = HashMap::new();
        // One that is named twice is asked for once: a request for one key twice is refused.
        let codes: Vec<&CertificateCode> = codes.iter().collect::<BTreeSet<_>>().into_iter().collect();
        // As many as one request may ask for.
        for hundred in codes.chunks(100) {
            for item in self.cloud.batch_get(hundred.iter().map(|code| code_key(code).attributes()).collect()).await? {
                let certificate = certificate_of(item)?;
                if let Some(code) = &certificate.code {
                    found.insert(code.to_string(), certificate);
                }
            }
        }
        Ok(found)
    }

    /// The certificates of a lot that have a code and count, in the order of their positions.
    pub async fn active_certificates(self, notice: &Notice, lot: &Allocation) -> Result<Vec<Certificate>, RecordsError> {
        let mut codes: Vec<CertificateCode> = Vec::new();
        let series = notice.series(lot.certificate_type);
        for (range, series) in lot.ranges.iter().filter_map(|range| Some((range, series?))) {
            for rank in 0..range.count {
                let sequence = range.first.checked_add(rank).ok_or_else(|| RecordsError::corrupt("sequence overflow"))?;
                codes.push(range.prefix.code(series, sequence).map_err(RecordsError::corrupt)?);
            }
        }
        codes.extend(lot.later.iter().map(|later| later.code.clone()));
        let mut certificates = self.by_code(&codes).await?;
        // The lot tells which were revoked: it and its certificates change in one transaction.
        certificates.retain(|certificate| certificate.position.is_some_and(|position| !lot.withdrawn.contains(&position)));
        certificates.sort_by_key(|certificate| certificate.position);
        Ok(certificates)
    }

    /// The records of an application: what has no code.
    pub async fn recorded(self, id: &ApplicationId) -> Result<Vec<Certificate>, RecordsError> {
        self.cloud.query_items(&KeyRange::records(id)).await?.into_iter().map(certificate_of).collect()
    }

    /// The record of a row without a code, if there is one.
    pub async fn record(self, id: &ApplicationId, row: u32) -> Result<Option<Certificate>, RecordsError> {
        self.cloud.get_item(&record_key(id, row)).await?.map(certificate_of).transpose()
    }

    /// A page of an application's certificates and records after row `after`, in roster order.
    pub async fn page(self, id: &ApplicationId, after: u32) -> Result<Page, RecordsError> {
        let request = self.cloud.index_query(BY_APPLICATION, id.as_str()).limit(PAGE);
        let request = request.key_condition_expression("#partition = :value AND #row > :after");
        let request = request.expression_attribute_names("#row", BY_APPLICATION.sort).expression_attribute_values(":after", number(after));
        let answer = request.send().await?;
        let more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default();
        let certificates: Vec<Certificate> = items.into_iter().map(certificate_of).collect::<Result<_, _>>()?;
        Ok(Page::of_whole_rows(certificates, more))
    }

    /// Notes that a chunk is printed; the second time changes nothing.
    pub async fn chunk_printed(self, chunk: &Chunk) -> Result<(), RecordsError> {
        let printed = PrintedChunk { number: chunk.number, printed_at: self.cloud.clock.now() };
        match self.cloud.put_new(item(&chunk_key(chunk), &printed, &[])?).await {
            Ok(()) | Err(RecordsError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether a chunk is printed.
    pub async fn is_chunk_printed(self, chunk: &Chunk) -> Result<bool, RecordsError> {
        Ok(self.cloud.get::<PrintedChunk>(&chunk_key(chunk)).await?.is_some())
    }

    /// The printed chunks of a lot.
    pub async fn printed_chunks(self, id: &ApplicationId, lot: &LotName, press: PrintOutput) -> Result<Vec<PrintedChunk>, RecordsError> {
        self.cloud.query(&KeyRange::chunks(id, lot, press)).await
    }
}
