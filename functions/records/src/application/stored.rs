//! An application as the table holds it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::intake::contest::Contest;
use rules::issue::application::ApplicationId;
use rules::issue::authorisation::ContestKey;
use rules::issue::filing::{Declaration, Filing, Originals};
use rules::issue::status::Status;
use rules::notice::ApprovalManner;
use rules::values::chain::Head;
use rules::values::party::{Applicant, IssuingUnit};
use serde::{Deserialize, Serialize};

/// That a unit put another contest in the place of the one that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContestExchange {
    /// When it did so last; none where one that was handed in in time stands there again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The contests that were handed in while it was time for them.
    pub handed_in: BTreeSet<ContestKey>,
}

/// An application as the table holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Application {
    /// Its random name.
    pub id: ApplicationId,
    /// The organisation that handed it in.
    pub unit: String,
    /// The contest, as registered.
    pub contest: Contest,
    /// How often the contest's record was corrected: each verdict says which edition it rests on.
    #[serde(default)]
    pub contest_edition: u32,
    /// When the unit corrected it last before the first complete submission: for the deadline that is handed in too (六、（一）; G11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Timestamp>,
    /// Which contests (name, organiser, year, final, events) have stood in it since the first complete submission, where there were several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ContestExchange>,
    /// Where it stands.
    pub status: Status,
    /// Grows with every change; a reviewer's decision names the version that the reviewer saw.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it came to its status.
    pub entered_at: Timestamp,
    /// First complete submission (G11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Timestamp>,
    /// Why it was returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The versions of its materials when it was returned or withdrawn last: what was handed in before that does not hand it in again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sent_back_with: BTreeSet<String>,
    /// The plan of issue, once authorised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<AuthorisedPlan>,
    /// The organiser's word for its materials as they stand (六、（二）).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Declaration>,
    /// The paper originals that were received (五、（一）).
    #[serde(default, skip_serializing_if = "Originals::is_empty")]
    pub originals: Originals,
    /// The filed body that the submission is handed in to, because it will issue (五、（一）).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filing: Option<Filing>,
    /// The end of the chain of its audit entries.
    #[serde(default)]
    pub trail: Head,
}

/// What the Center authorised.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuthorisedPlan {
    /// Digest of the plan object.
    pub digest: String,
    /// The judgement on the roster that it was made from ([`crate::keys::objects::judgement_name`]).
    pub roster_version: String,
    /// Everybody who reviews rows of it.
    pub reviewers: Vec<IssuingUnit>,
    /// Those who have not decided yet.
    pub undecided: Vec<IssuingUnit>,
    /// As what it was decided: 授权, 审批, or neither (二).
    #[serde(default)]
    pub manner: ApprovalManner,
    /// The contest whose authorisation it goes under; none where no committee is authorised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorisation: Option<ContestKey>,
    /// Settings it rests on that the Center has not confirmed.
    pub unconfirmed: Vec<String>,
    /// Digest of the manifest of every text that it was authorised under, those that shipped included.
    pub rulebook: String,
}

/// Whose turn it is while all of an application waits for one party; the machine's and the reviewers' are not such.
pub(crate) fn turn(unit: &str, jurisdiction: &str, status: Status) -> Option<Applicant> {
    match status {
        Status::Draft | Status::Returned => Some(Applicant::unit(unit)),
        Status::Submitted => Some(Applicant::reviewer(&IssuingUnit::center(jurisdiction))),
        Status::Registering | Status::Authorised | Status::Qualified => None,
    }
}

/// The filed body that has an application on its list before the authorisation: the one that it is filed with, while it is submitted.
pub(crate) fn filed_with(status: Status, filing: Option<&Filing>) -> Option<IssuingUnit> {
    match status {
        Status::Submitted => filing.map(Filing::issuing_unit),
        Status::Draft | Status::Registering | Status::Returned | Status::Authorised | Status::Qualified => None,
    }
}

impl Application {
    /// The filed body that has all of it before the authorisation (五、（一）: 交颁证机构进行备案).
    pub fn filed_with(&self) -> Option<IssuingUnit> {
        filed_with(self.status, self.filing.as_ref())
    }

    /// Who issues certificates of it: who reviews its rows; before the authorisation the filed body that it is handed in to.
    pub fn issuing_units(&self) -> Vec<IssuingUnit> {
        let reviewers = self.plan.iter().flat_map(|plan| plan.reviewers.iter().cloned());
        reviewers.chain(self.filed_with()).collect()
    }

    /// When it was handed in complete for the first time (六、（一）; G11); before that, when all that is there was: the materials that were
    /// handed in by `materials`, and what its unit corrected of the contest's record.
    pub fn handed_in_at(&self, materials: Option<Timestamp>) -> Option<Timestamp> {
        self.submitted_at.or_else(|| materials.map(|at| self.corrected_at.map_or(at, |corrected| corrected.max(at))))
    }

    /// Whose turn it is; nobody's while the system is at work, and once all have decided.
    pub fn turn(&self) -> Vec<Applicant> {
        match self.status {
            Status::Authorised => self.plan.iter().flat_map(|plan| &plan.undecided).map(Applicant::reviewer).collect(),
            status => {
                let filing = self.filing.as_ref().filter(|filing| filing.waits());
                let filed = filed_with(status, filing).map(|body| Applicant::reviewer(&body));
                turn(&self.unit, &self.contest.jurisdiction, status).into_iter().chain(filed).collect()
            }
        }
    }
}
