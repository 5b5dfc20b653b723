//! What the world is told when something changes: an event without personal data, docs/events/status-changed.schema.json.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::{AuditAction, AuditEntry};
use crate::issue::allocation::Stage;
use crate::issue::application::ApplicationId;
use crate::issue::status::Status;
use crate::notice::ApprovalManner;

/// Source of every event.
pub const SOURCE: &str = "saizheng";
/// Kind of event (`detail-type`).
pub const DETAIL_TYPE: &str = "status changed";

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The application's status, or a reviewer's decision on it.
    Status,
    /// The stage of a reviewer's lot.
    Stage,
    /// One certificate: reissued, corrected or revoked.
    Certificate,
}

/// The event's `detail`. Reasons are left out, for people write names in them, and so are certificates' codes, which belong
/// to one person each: both are asked for through the API, by whoever may see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The application.
    pub application: ApplicationId,
    /// The organisation that handed it in.
    pub unit: String,
    /// The application's version after the change: grows, and tells an event that came twice.
    pub number: u64,
    /// What has changed.
    pub subject: Subject,
    /// What was done, as the audit trail names it (`authorise`, `stage`, `revoke`); `materials` and `registration` by the
    /// system.
    pub action: String,
    /// The application's status after the change.
    pub status: Status,
    /// The stage that was reached, where `subject` is `stage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// What it came to, in a Chinese word: 已授权, 已上网, 注销.
    pub word: String,
    /// The moment of the change.
    pub at: Timestamp,
    /// Clause that it rests on; absent where the system did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// For whom it was done: a jurisdiction or a body's code; absent where the system did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
}

/// The application as it is after a change.
#[derive(Debug, Clone, Copy)]
pub struct After<'a> {
    /// The application.
    pub application: &'a ApplicationId,
    /// The organisation that handed it in.
    pub unit: &'a str,
    /// Its version.
    pub version: u64,
    /// Its status.
    pub status: Status,
    /// As what the Center has decided on it, where it has.
    pub manner: Option<ApprovalManner>,
    /// Whether the change was about its status.
    pub decided: bool,
    /// The stage that a lot of it was taken to.
    pub stage: Option<Stage>,
}

impl After<'_> {
    /// The status in a word: after the Center's decision, by what that was.
    fn status_word(&self) -> &'static str {
        match (self.status, self.manner) {
            (Status::Authorised, Some(manner)) => manner.done(),
            (status, _) => status.word(),
        }
    }
}

impl Announcement {
    /// Of what somebody did. None where it changes neither status nor stage nor a certificate: print runs, jams, numbers
    /// entered.
    pub fn of(audit: &AuditEntry, after: After<'_>) -> Option<Self> {
        let (subject, word) = match (after.stage, certificate_word(audit.action)) {
            _ if after.decided => (Subject::Status, after.status_word()),
            (Some(stage), _) => (Subject::Stage, stage.word()),
            (None, Some(word)) => (Subject::Certificate, word),
            (None, None) => return None,
        };
        let (clause, organisation) = (Some(audit.clause.clone()), Some(audit.organisation.clone()));
        Some(Self { clause, organisation, ..Self::new(subject, audit.action.name(), word, after, audit.at) })
    }

    /// Of a status that the system came to by itself.
    pub fn of_status(action: &str, after: After<'_>, at: Timestamp) -> Self {
        Self::new(Subject::Status, action, after.status_word(), after, at)
    }

    fn new(subject: Subject, action: &str, word: &str, after: After<'_>, at: Timestamp) -> Self {
        Self {
            application: after.application.clone(),
            unit: after.unit.to_owned(),
            number: after.version,
            subject,
            action: action.to_owned(),
            status: after.status,
            stage: after.stage.filter(|_| subject == Subject::Stage),
            word: word.to_owned(),
            at,
            clause: None,
            organisation: None,
        }
    }
}

/// The word for what was done with one certificate.
fn certificate_word(action: AuditAction) -> Option<&'static str> {
    action.is_announced().then(|| action.word())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::party::Actor;

    fn announced(action: AuditAction, detail: &str, decided: bool, stage: Option<Stage>) -> Option<Announcement> {
        let actor = Actor::from_claims("somebody", "center", "00").expect("an actor");
        let audit = AuditEntry::new(&actor, action, "五、（二）", Timestamp::UNIX_EPOCH).with(detail);
        let application = ApplicationId::from_bits(7);
        let (version, status, manner) = (5, Status::Qualified, Some(ApprovalManner::Approval));
        let after = After { application: &application, unit: "unit-1", version, status, manner, decided, stage };
        Announcement::of(&audit, after)
    }

    #[test]
    fn changes_of_status_stage_and_certificate_are_told_and_nothing_else() {
        let told = |action, decided, stage| announced(action, "", decided, stage).map(|told| (told.subject, told.word, told.stage));
        assert_eq!(told(AuditAction::Qualify, true, None), Some((Subject::Status, "已审核".to_owned(), None)));
        let published = Some(Stage::Published);
        assert_eq!(told(AuditAction::PublicationConfirmed, false, published), Some((Subject::Stage, "已上网".to_owned(), published)));
        assert_eq!(told(AuditAction::Revoke, false, None), Some((Subject::Certificate, "注销".to_owned(), None)));
        for quiet in [AuditAction::Print, AuditAction::VoidSheet, AuditAction::ExternalNumber] {
            assert_eq!(told(quiet, false, None), None, "{}", quiet.name());
        }
    }

    #[test]
    fn what_the_center_decided_is_told_by_what_it_was() {
        let application = ApplicationId::from_bits(7);
        let told = |status, manner| {
            let after = After { application: &application, unit: "unit-1", version: 5, status, manner, decided: true, stage: None };
            Announcement::of_status("authorise", after, Timestamp::UNIX_EPOCH).word
        };
        let manners = ApprovalManner::ALL.map(|manner| told(Status::Authorised, Some(manner)));
        assert_eq!(manners, ["已授权", "已审批", "已受理"]);
        assert_eq!(told(Status::Qualified, Some(ApprovalManner::Acceptance)), "已审核");
        assert_eq!(told(Status::Submitted, None), "已提交");
    }

    #[test]
    fn a_reason_an_account_and_a_code_stay_behind() {
        let told = serde_json::to_string(&announced(AuditAction::Revoke, "张测试冒名顶替", false, None)).expect("JSON");
        assert!(!told.contains("张测试") && !told.contains("somebody"), "{told}");
    }
}
