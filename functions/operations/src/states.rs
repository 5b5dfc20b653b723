//! Where each row of a roster stands, those included that got no certificate.

use std::collections::{HashMap, HashSet};

use records::application::Application;
use records::issue::certificates::Revocation;
use records::keys::objects::{ObjectKey, PrintOutput, chunks_of};
use rules::intake::entry::Entry;
use rules::issue::allocation::{Allocation, Stage};
use rules::issue::application::{ApplicationId, Plan, PlannedRow, Review};
use rules::issue::external::NumberBasis;
use rules::issue::status::Status;
use rules::notice::Notice;
use rules::numbers::code::CertificateCode;
use rules::sheets::run::{Run, first_unprinted};
use rules::values::finding::{Finding, FindingCode, Place};
use rules::values::party::{Actor, IssuingUnit};
use rules::values::vocabulary::{CertificateType, Material};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;
use crate::rows::{sees_all_rows, sees_rows_of};
use crate::view::LotsInView;

/// A certificate, or the record of one that others issue, or a row that has neither.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ListedCertificate {
    /// Row of the roster.
    pub row: u32,
    /// 姓名
    pub name: String,
    /// Where the row stands.
    pub state: RowState,
    /// The state as units and staff call it.
    pub state_word: String,
    /// Why the row was refused, returned or revoked, in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether what stands on it was put right (已更正), with or without another code.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub corrected: bool,
    /// Name of the type in Chinese.
    pub certificate_type: String,
    /// Name of the level in Chinese.
    pub level: Option<String>,
    /// Name of the issuing body (颁证主体).
    pub issuing_body: String,
    /// Who seals on behalf of it (代章).
    pub sealed_by: Option<String>,
    /// 证书编码
    pub code: Option<String>,
    /// Given by the body that implements a qualification.
    pub external_number: Option<String>,
    /// The body that implements that qualification, and what the number rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<NumberBasis>,
    /// 证书编号 of a certificate that has no 证书编码: that of a 专项职业能力证书, or given by others.
    pub number: Option<String>,
    /// Serial of the sheet that it lies on.
    pub serial: Option<String>,
    /// The stage that it has reached; none where it has no number, or no longer counts; of a number that others gave, from the archive on.
    pub stage: Option<Stage>,
    /// The stage as units and staff call it.
    pub stage_word: Option<String>,
    /// Why it no longer counts, and what took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
    /// The code that it took the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<CertificateCode>,
    /// Whether a photo came with it.
    pub photo: bool,
    /// What is to be known of it, e.g. that its photo could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Link to its PDF, once it is drawn.
    pub pdf: Option<String>,
}

impl ListedCertificate {
    /// What it is called by, whoever gave the number: 证书编码, or 证书编号.
    pub fn any_number(&self) -> Option<&str> {
        self.code.as_deref().or(self.number.as_deref())
    }

    /// What it is found by, if it is one of ours: 证书编码, or the number in its place.
    pub fn own_number(&self) -> Option<&str> {
        self.code.as_deref().or_else(|| self.number.as_deref().filter(|_| self.external_number.is_none()))
    }
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// 待授权: handed in; the Center has not authorised the application yet.
    Submitted,
    /// 已退回: sent back to the unit with the whole application.
    Returned,
    /// 待审核: its reviewer has not decided yet.
    UnderReview,
    /// 未通过: refused by its reviewer.
    Refused,
    /// 办理中: approved; its certificate or record is being written.
    InProgress,
    /// 已登记: others issue the certificate, or it has no code (职业资格, 专项).
    Recorded,
    /// 已赋码: it has its code.
    Issued,
    /// 打印失败: it has its code, and its paper could not be made.
    PrintFailed,
    /// 已打印: it lies on a sheet.
    Printed,
    /// 已存档
    Archived,
    /// 已上网
    Published,
    /// 已发放: handed to the organiser.
    HandedOut,
    /// 已注销: the code no longer counts.
    Revoked,
}

impl RowState {
    /// The state of a certificate that counts.
    pub(crate) fn of_stage(stage: Stage) -> Self {
        match stage {
            Stage::Issued => Self::Issued,
            Stage::Printed => Self::Printed,
            Stage::Archived => Self::Archived,
            Stage::Published => Self::Published,
            Stage::HandedOut => Self::HandedOut,
        }
    }

    /// The word units and staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submitted => "待授权",
            Self::Returned => "已退回",
            Self::UnderReview => "待审核",
            Self::Refused => "未通过",
            Self::InProgress => "办理中",
            Self::Recorded => "已登记",
            Self::Issued => Stage::Issued.word(),
            Self::PrintFailed => "打印失败",
            Self::Printed => Stage::Printed.word(),
            Self::Archived => Stage::Archived.word(),
            Self::Published => Stage::Published.word(),
            Self::HandedOut => Stage::HandedOut.word(),
            Self::Revoked => "已注销",
        }
    }
}

/// What people call a certificate of ours, or a lot, whose number is still to be entered.
const AWAITS_NUMBER: &str = "待编号";

/// The word for a record, or a certificate that counts: what we print and has no number yet waits for it; only 证书编码 is 赋码.
pub(crate) fn word_of(notice: &Notice, state: RowState, certificate_type: CertificateType) -> &'static str {
    match state {
        RowState::Recorded if notice.prints(certificate_type) => AWAITS_NUMBER,
        RowState::Issued => certificate_type.numbered_word(),
        _ => state.word(),
    }
}

/// How far a lot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LotState {
    /// Every row was refused.
    Refused,
    /// Numbers are still to be entered.
    AwaitsNumbers,
    /// Certificates that others issue have their numbers.
    Recorded,
    /// Certificates of ours have their numbers.
    Numbered,
    /// They lie on their sheets; where their type has none, their files are there.
    Printed,
    /// It has come to a milestone.
    Reached(Stage),
}

impl LotState {
    /// The same in the stages of a certificate.
    pub(crate) fn stage(self) -> Stage {
        match self {
            Self::Reached(stage) => stage,
            Self::Printed => Stage::Printed,
            Self::Refused | Self::AwaitsNumbers | Self::Recorded | Self::Numbered => Stage::Issued,
        }
    }
}

/// Where a lot stands, as units and staff call it.
pub(crate) fn lot_word(lot: &Allocation, state: LotState) -> &'static str {
    match state {
        LotState::Refused => RowState::Refused.word(),
        LotState::AwaitsNumbers => AWAITS_NUMBER,
        LotState::Recorded => RowState::Recorded.word(),
        LotState::Numbered => lot.certificate_type.numbered_word(),
        LotState::Printed => Stage::Printed.word(),
        LotState::Reached(stage) => stage.word(),
    }
}

impl Operations {
    /// How far a lot is, by the runs of its application.
    pub(crate) async fn lot_state(&self, lot: &Allocation, runs: &[Run], notice: &Notice) -> Result<LotState, Refusal> {
        match lot.stage() {
            Some(stage) => Ok(LotState::Reached(stage)),
            None => self.state_of_paper(lot, runs, notice).await,
        }
    }

    /// The same without its milestones: whether everything has its number and its paper, later changes included.
    pub(crate) async fn state_of_paper(&self, lot: &Allocation, runs: &[Run], notice: &Notice) -> Result<LotState, Refusal> {
        if lot.is_refused_in_full() {
            return Ok(LotState::Refused);
        }
        if !notice.prints(lot.certificate_type) {
            let records = self.cloud.certificates().recorded(&lot.of).await?;
            let own = records.iter().filter(|record| record.lot() == lot.lot());
            let numbered = own.filter(|record| record.number().is_some()).count();
            return Ok(if numbered < lot.recorded as usize { LotState::AwaitsNumbers } else { LotState::Recorded });
        }
        if lot.rows_without_number().next().is_some() {
            return Ok(LotState::AwaitsNumbers);
        }
        Ok(if self.is_printed(lot, runs, notice).await? { LotState::Printed } else { LotState::Numbered })
    }

    /// Whether a lot lies on its sheets; where its type has none, whether its files are there.
    async fn is_printed(&self, lot: &Allocation, runs: &[Run], notice: &Notice) -> Result<bool, Refusal> {
        if notice.sheet_kind_of(lot.certificate_type).is_some() {
            return Ok(first_unprinted(lot, runs).is_none());
        }
        let drawn = self.cloud.certificates().printed_chunks(&lot.of, &lot.lot(), PrintOutput::Single).await?;
        Ok(lot.end() > 0 && drawn.len() >= chunks_of(lot.numbered))
    }

    /// The rows that have no certificate and no record, as far as the actor may see them, in roster order. Rows that were
    /// approved are among them while their certificates may still be on the way; the caller leaves out those that are there.
    pub(crate) async fn open_rows(
        &self,
        actor: &Actor,
        application: &Application,
        notice: &Notice,
        view: &LotsInView,
    ) -> Result<Vec<ListedCertificate>, Refusal> {
        let Some(planned) = &application.plan else { return self.rows_before_the_plan(actor, application, notice).await };
        let lots = &view.lots;
        let complete = planned.undecided.is_empty() && lots.iter().all(|lot| lot.refused == 0 && !view.is_under_way(lot));
        if complete {
            return Ok(Vec::new());
        }
        let key = ObjectKey::Plan { application: application.id.clone(), digest: planned.digest.clone() };
        let plan = self.cloud.read_kept::<Plan>(&key).await?;
        let entries = self.cloud.printing().entries(&application.id, &planned.roster_version).await?;
        let entries: HashMap<u32, &Entry> = entries.iter().map(|entry| (entry.row, entry)).collect();
        let refused = self.refused_rows(&application.id, lots).await?;
        let decided: HashSet<&IssuingUnit> = lots.iter().map(|lot| &lot.reviewer).collect();
        let visible = plan.rows.iter().filter(|row| sees_rows_of(actor, application, &row.reviewer));
        let listed = visible.filter_map(|row| {
            let reason = refused.get(&row.row).cloned();
            let state = match (&reason, decided.contains(&row.reviewer)) {
                (Some(_), _) => RowState::Refused,
                (None, true) => RowState::InProgress,
                (None, false) => RowState::UnderReview,
            };
            Some(without_certificate(notice, entries.get(&row.row).copied()?, Some(row), state, reason))
        });
        Ok(listed.collect())
    }

    /// All rows of a roster that was handed in, or sent back: every one stands where the application stands.
    async fn rows_before_the_plan(
        &self,
        actor: &Actor,
        application: &Application,
        notice: &Notice,
    ) -> Result<Vec<ListedCertificate>, Refusal> {
        let state = match application.status {
            Status::Submitted => RowState::Submitted,
            Status::Returned => RowState::Returned,
            _ => return Ok(Vec::new()),
        };
        if !sees_all_rows(actor, application) {
            return Ok(Vec::new());
        }
        let verdicts = self.cloud.applications().verdicts(application).await?;
        let Some(roster) = verdicts.into_iter().find(|verdict| verdict.material == Material::Roster && verdict.clean) else {
            return Ok(Vec::new());
        };
        let reason = application.reason.clone().filter(|_| state == RowState::Returned);
        let entries = self.cloud.printing().entries(&application.id, &roster.judgement()).await?;
        Ok(entries.iter().map(|entry| without_certificate(notice, entry, None, state, reason.clone())).collect())
    }

    /// Why each refused row was refused.
    pub(crate) async fn refused_rows(&self, id: &ApplicationId, lots: &[Allocation]) -> Result<HashMap<u32, String>, Refusal> {
        let mut refused = HashMap::new();
        for lot in lots.iter().filter(|lot| lot.refused > 0) {
            let review: Review = self.cloud.read_json(&ObjectKey::Review { application: id.clone(), digest: lot.review.clone() }).await?;
            refused.extend(review.refused.into_iter().map(|refusal| (refusal.row, refusal.reason)));
        }
        Ok(refused)
    }
}

/// That a row was refused at the review, at its place in the roster.
fn refusal(notice: &Notice, row: u32, reason: &str) -> Finding {
    let sheet = Some(notice.roster.sheet.clone());
    let place = Place { file: notice.file(Material::Roster).to_owned(), sheet, cell: None, row: Some(row) };
    Finding::new(FindingCode::RowRefused, place, format!("资格审核未通过：{reason}")).under(&notice.procedure.qualification)
}

/// A row that has no certificate; type and body are known once there is a plan.
fn without_certificate(
    notice: &Notice,
    entry: &Entry,
    planned: Option<&PlannedRow>,
    state: RowState,
    reason: Option<String>,
) -> ListedCertificate {
    let type_rule = planned.and_then(|row| notice.type_rule(row.certificate_type));
    let refused = (state == RowState::Refused).then(|| refusal(notice, entry.row, reason.as_deref().unwrap_or_default()));
    ListedCertificate {
        row: entry.row,
        name: entry.name.reveal().to_owned(),
        state,
        state_word: state.word().to_owned(),
        reason,
        corrected: false,
        certificate_type: type_rule.map_or_else(String::new, |rule| rule.name.clone()),
        level: entry.level.and_then(|digit| notice.level_by_digit(digit)).map(|level| level.name.clone()),
        issuing_body: planned.map_or_else(String::new, |row| row.issuing_body.clone()),
        sealed_by: planned.and_then(|row| row.sealed_by.clone()),
        code: None,
        external_number: None,
        basis: None,
        number: None,
        serial: None,
        stage: None,
        stage_word: None,
        revoked: None,
        replaces: None,
        photo: false,
        findings: refused.into_iter().collect(),
        pdf: None,
    }
}
