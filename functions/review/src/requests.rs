//! Which types of `operations` arrive in a path, in a query and in a body of JSON.

use operations::accounts::{AccountsAsked, ApplyForAccount, DecideAccount, SignOut};
use operations::applications::CreateApplication;
use operations::archive::Consult;
use operations::authorisation::{AuthorisationAsked, EnterAuthorisationNumber};
use operations::bulk::ChangeSeveral;
use operations::calibration::Calibrate;
use operations::cells::{CellsAsked, CorrectCells};
use operations::changes::Change;
use operations::contest::CorrectContest;
use operations::corrections::{CertificateCorrection, Rejection};
use operations::decisions::{Authorise, Qualify, SendBack};
use operations::differences::DifferencesAsked;
use operations::drafts::{DraftSeen, SaveDraft};
use operations::filing::{Declare, ReceiveOriginals};
use operations::hand_out::{Collect, EnterHandOuts, FindWinners, WinnersAsked};
use operations::lists::ApplicationFilter;
use operations::number_list::NumbersAsked;
use operations::numbers::{EnterNumber, EnterNumbers};
use operations::own_lot::LotAsked;
use operations::portraits::PhotosAsked;
use operations::publication::{ApplyForPublication, ConfirmPublication, ReturnPublication};
use operations::register::FactsAsked;
use operations::reveal::Reveal;
use operations::row_list::RowsAsked;
use operations::row_photo::ReplacePhoto;
use operations::runs::{StartRun, VoidSheet};
use operations::search::Search;
use operations::sheets::{AskForSheets, ConfirmDestruction, RefuseSheets, SheetMovement, SheetsRequest, WhichLedger};
use operations::show::{CertificatesAsked, StampAsked};
use operations::statement::StatementAsked;
use operations::trail::TrailAsked;
use operations::verification::VerifyList;
use rules::issue::account::{AccountChange, AccountKey};
use rules::issue::application::ApplicationId;
use rules::numbers::body::Body;
use rules::values::party::Applicant;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde_json::Value;

use crate::route::{JsonBody, Part, QueryParameters, Texts};

impl Part for String {
    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Part for u32 {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Part for i16 {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Part for u64 {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Part for ApplicationId {
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Part for Applicant {
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Part for AccountKey {
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Part for AccountChange {
    fn parse(text: &str) -> Option<Self> {
        Self::decision(text)
    }
}

impl Part for SheetMovement {
    fn parse(text: &str) -> Option<Self> {
        named(text)
    }
}

/// The variant of that name.
fn named<T: DeserializeOwned>(text: &str) -> Option<T> {
    let name: StrDeserializer<'_, Error> = text.into_deserializer();
    T::deserialize(name).ok()
}

impl QueryParameters for AccountsAsked {}
impl QueryParameters for AuthorisationAsked {}
impl QueryParameters for FactsAsked {}
impl QueryParameters for CellsAsked {}
impl QueryParameters for CertificatesAsked {}
impl QueryParameters for ApplicationFilter {}
impl QueryParameters for DifferencesAsked {}
impl QueryParameters for DraftSeen {}
impl QueryParameters for NumbersAsked {}
impl QueryParameters for PhotosAsked {}
impl QueryParameters for RowsAsked {}
impl QueryParameters for StampAsked {}
impl QueryParameters for StatementAsked {}
impl QueryParameters for TrailAsked {}
impl QueryParameters for WhichLedger {}
impl QueryParameters for WinnersAsked {}
impl QueryParameters for LotAsked {}

impl JsonBody for ApplyForAccount {}
impl JsonBody for ApplyForPublication {}
impl JsonBody for DecideAccount {}
impl JsonBody for AskForSheets {}
impl JsonBody for Authorise {}
impl JsonBody for Body {}
impl JsonBody for SignOut {}
impl JsonBody for Change {}
impl JsonBody for ChangeSeveral {}
impl JsonBody for Collect {}
impl JsonBody for ConfirmDestruction {}
impl JsonBody for Consult {}
impl JsonBody for CertificateCorrection {}
impl JsonBody for Declare {}
impl JsonBody for EnterAuthorisationNumber {}
impl JsonBody for EnterHandOuts {}
impl JsonBody for FindWinners {}
impl JsonBody for LotAsked {}
impl JsonBody for EnterNumber {}
impl JsonBody for EnterNumbers {}
impl JsonBody for ReceiveOriginals {}
impl JsonBody for RefuseSheets {}
impl JsonBody for Rejection {}
impl JsonBody for ReturnPublication {}
impl JsonBody for Reveal {}
impl JsonBody for Search {}
impl JsonBody for SendBack {}
impl JsonBody for SheetsRequest {}
impl JsonBody for StartRun {}
impl JsonBody for VoidSheet {}

/// How long its texts may be is judged by the rules, with a finding for each fault.
impl JsonBody for CreateApplication {
    const TEXTS: Texts = Texts::Judged;

    fn sent(&mut self, body: &Value) {
        self.note_unseen(body);
    }
}

/// As for a new one.
impl JsonBody for CorrectContest {
    const TEXTS: Texts = Texts::Judged;

    fn sent(&mut self, body: &Value) {
        self.note_unseen(body);
    }
}

/// Two thousand cells: they become a workbook.
impl JsonBody for CorrectCells {
    const MAX_BYTES: usize = 4 * 1024 * 1024;
    const TEXTS: Texts = Texts::Judged;
}

/// A reason for each of 10,000 rows: it becomes an object, not an item.
impl JsonBody for Qualify {
    const MAX_BYTES: usize = 4 * 1024 * 1024;
}

/// Perhaps with a picture of a blank, as base64: it goes into the bucket.
impl JsonBody for Calibrate {
    const MAX_BYTES: usize = 5 * 1024 * 1024;
    const TEXTS: Texts = Texts::Files;
}

/// A photo of 2 MB, as base64; it goes into the bucket.
impl JsonBody for ReplacePhoto {
    const MAX_BYTES: usize = 3 * 1024 * 1024;
    const TEXTS: Texts = Texts::Files;
}

/// 500 numbers and names.
impl JsonBody for VerifyList {
    const MAX_BYTES: usize = 256 * 1024;
}

/// The same, on its way.
impl JsonBody for SaveDraft {
    const MAX_BYTES: usize = 4 * 1024 * 1024;
}

/// The list is a whole file, whose rows are compared; it goes into the bucket, not into the table. A request to a function
/// holds 6 MB.
impl JsonBody for ConfirmPublication {
    const MAX_BYTES: usize = 5 * 1024 * 1024;
    const TEXTS: Texts = Texts::Files;
}
