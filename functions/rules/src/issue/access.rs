//! Who may do what. Denied by default: whatever is not granted here is refused.

use crate::issue::account::Account;
use crate::values::party::{Actor, Applicant, Denied, IssuingUnit, Role};
use crate::values::vocabulary::ApplicantKind;

/// What an actor wants to do.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// Create an application of their own.
    Create,
    /// Hand in materials of an application of `unit`.
    Upload {
        /// The application's unit.
        unit: &'a str,
    },
    /// See an application of `unit` in `jurisdiction`, whose issuing bodies are `reviewers`.
    See {
        /// The application's unit.
        unit: &'a str,
        /// The contest's jurisdiction.
        jurisdiction: &'a str,
        /// Who issues certificates of it: who reviews its rows; before the authorisation the filed body that it is handed in to.
        reviewers: &'a [IssuingUnit],
    },
    /// See a row of it that `reviewer` reviews: its winner, what is found of it, its certificate.
    SeeRow {
        /// The application's unit.
        unit: &'a str,
        /// The contest's jurisdiction.
        jurisdiction: &'a str,
        /// Who reviews the row.
        reviewer: &'a IssuingUnit,
    },
    /// See every row of it, and the materials in which they stand together.
    SeeAllRows {
        /// The application's unit.
        unit: &'a str,
        /// The contest's jurisdiction.
        jurisdiction: &'a str,
        /// The filed body that all of it is handed in to (五、（一）: 交颁证机构进行备案), until it is authorised whose row is whose.
        filed_with: Option<&'a IssuingUnit>,
    },
    /// Enter the number that others gave a certificate of a row, and that its organiser has the certificate (二、（一）).
    EnterNumber {
        /// The application's unit.
        unit: &'a str,
        /// Who reviews the row.
        reviewer: &'a IssuingUnit,
    },
    /// Authorise or return an application of `jurisdiction` (二: 经省职鉴中心审批).
    Authorise {
        /// The contest's jurisdiction.
        jurisdiction: &'a str,
    },
    /// Put the contest's record right before the authorisation: the unit whose application it is, and the Center that authorises it.
    CorrectContest {
        /// The application's unit.
        unit: &'a str,
        /// The contest's jurisdiction.
        jurisdiction: &'a str,
    },
    /// Note which paper originals were received (五、（一）: 交颁证机构): whoever issues rows of it, and the Center that authorises it.
    ReceiveOriginals {
        /// The contest's jurisdiction.
        jurisdiction: &'a str,
        /// As in [`Action::See`].
        reviewers: &'a [IssuingUnit],
    },
    /// Note that a submission was received (五、（一）: 交颁证机构进行备案): a filed body that issues certificates of it.
    ReceiveFiling {
        /// As in [`Action::See`].
        reviewers: &'a [IssuingUnit],
    },
    /// Review or print the rows of `reviewer` (五、（二）).
    Qualify {
        /// Who issues those rows.
        reviewer: &'a IssuingUnit,
    },
    /// Apply for the publication of certificates that `applicant` applies for (五、（三）).
    ApplyForPublication {
        /// Who it is by the notice.
        applicant: ApplicantKind,
    },
    /// See a batch of the publication.
    SeePublication {
        /// Who applied.
        applicant: &'a Applicant,
        /// Jurisdiction of the Center that reviews it.
        seat: &'a str,
    },
    /// Say which winners have their certificates (五、（四）: 竞赛牵头主办单位负责…颁发给获奖选手).
    HandOut {
        /// The application's unit.
        unit: &'a str,
    },
    /// See the accounts that the Center of `jurisdiction` decides on (五、（二）).
    SeeAccounts {
        /// The Center's jurisdiction.
        jurisdiction: &'a str,
    },
    /// Grant or refuse an account, suspend, resume or end it (五、（二）: 向省职鉴中心申请分配): nobody their own.
    DecideAccount {
        /// Whose account.
        account: &'a Account,
    },
    /// Enter filed bodies, review batches of the publication (五、（三）), hand out blank sheets (三、（二）), replace a part of the
    /// rulebook: the Center of the notice.
    Administer {
        /// The Center's own jurisdiction.
        seat: &'a str,
    },
}

impl Actor {
    /// The one place where rights are decided.
    pub fn may(&self, action: Action<'_>) -> Result<(), Denied> {
        let own = self.organisation.as_str();
        let granted = match (self.role, action) {
            (Role::Unit, Action::Create) => true,
            (
                Role::Unit,
                Action::Upload { unit }
                | Action::HandOut { unit }
                | Action::CorrectContest { unit, .. }
                | Action::See { unit, .. }
                | Action::SeeRow { unit, .. }
                | Action::SeeAllRows { unit, .. }
                | Action::EnterNumber { unit, .. },
            ) => unit == own,
            (Role::Center, Action::See { jurisdiction, reviewers, .. } | Action::ReceiveOriginals { jurisdiction, reviewers }) => {
                jurisdiction == own || reviewers.iter().any(|r| *r == IssuingUnit::center(own))
            }
            (Role::Center, Action::SeeRow { jurisdiction, reviewer, .. }) => jurisdiction == own || *reviewer == IssuingUnit::center(own),
            (
                Role::Center,
                Action::Authorise { jurisdiction } | Action::CorrectContest { jurisdiction, .. } | Action::SeeAllRows { jurisdiction, .. },
            ) => jurisdiction == own,
            (Role::Center, Action::Administer { seat }) => seat == own,
            (Role::Center, Action::SeeAccounts { jurisdiction }) => jurisdiction == own,
            (Role::Center, Action::DecideAccount { account }) => account.jurisdiction == own && account.subject != self.subject,
            (Role::Unit, Action::ApplyForPublication { applicant }) => applicant == ApplicantKind::Organiser,
            (Role::Center | Role::Body, Action::ApplyForPublication { applicant }) => applicant == ApplicantKind::Reviewer,
            (role, Action::SeePublication { applicant, seat }) => {
                *applicant == Applicant::of(self) || (role == Role::Center && seat == own)
            }
            (Role::Center, Action::Qualify { reviewer } | Action::EnterNumber { reviewer, .. }) => *reviewer == IssuingUnit::center(own),
            (
                Role::Body,
                Action::See { reviewers, .. } | Action::ReceiveOriginals { reviewers, .. } | Action::ReceiveFiling { reviewers },
            ) => reviewers.iter().any(|r| *r == IssuingUnit::body(own)),
            (Role::Body, Action::SeeAllRows { filed_with, .. }) => filed_with == Some(&IssuingUnit::body(own)),
            (Role::Body, Action::Qualify { reviewer } | Action::EnterNumber { reviewer, .. } | Action::SeeRow { reviewer, .. }) => {
                *reviewer == IssuingUnit::body(own)
            }
            _ => false,
        };
        if granted { Ok(()) } else { Err(Denied) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(role: &str, organisation: &str) -> Actor {
        Actor::from_claims("someone", role, organisation).expect("sound claims")
    }

    #[test]
    fn a_unit_sees_only_its_own() {
        let see = |unit| Action::See { unit, jurisdiction: "00", reviewers: &[] };
        assert!(actor("unit", "u1").may(see("u1")).is_ok());
        assert_eq!(actor("unit", "u1").may(see("u2")), Err(Denied));
        assert_eq!(actor("unit", "u1").may(Action::Authorise { jurisdiction: "00" }), Err(Denied));
    }

    #[test]
    fn a_body_sees_and_reviews_only_what_it_issues() {
        let mine = IssuingUnit::body("S000051010123");
        let other = IssuingUnit::center("00");
        let body = actor("body", "S000051010123");
        let reviewers = [mine.clone()];
        assert!(body.may(Action::See { unit: "u1", jurisdiction: "00", reviewers: &reviewers }).is_ok());
        assert_eq!(body.may(Action::See { unit: "u1", jurisdiction: "00", reviewers: &[] }), Err(Denied));
        assert!(body.may(Action::Qualify { reviewer: &mine }).is_ok());
        assert_eq!(body.may(Action::Qualify { reviewer: &other }), Err(Denied));
        assert_eq!(body.may(Action::Administer { seat: "00" }), Err(Denied));
    }

    #[test]
    fn a_row_is_seen_by_its_unit_its_reviewer_and_the_center_that_authorises() {
        let (mine, other) = (IssuingUnit::body("S000051010123"), IssuingUnit::center("01"));
        let row = |reviewer| Action::SeeRow { unit: "u1", jurisdiction: "00", reviewer };
        for (role, organisation, rows) in [
            ("unit", "u1", [true, true]),
            ("unit", "u2", [false, false]),
            ("center", "00", [true, true]),
            ("center", "01", [false, true]),
            ("body", "S000051010123", [true, false]),
            ("body", "S000051010999", [false, false]),
        ] {
            let actor = actor(role, organisation);
            assert_eq!([&mine, &other].map(|reviewer| actor.may(row(reviewer)).is_ok()), rows, "{role} {organisation}");
            let all = |filed_with| actor.may(Action::SeeAllRows { unit: "u1", jurisdiction: "00", filed_with }).is_ok();
            assert_eq!(all(None), organisation == "u1" || organisation == "00", "{role} {organisation}");
            assert_eq!(all(Some(&mine)), all(None) || organisation == "S000051010123", "{role} {organisation}");
        }
    }

    #[test]
    fn paper_originals_are_received_by_who_issues_and_by_the_center_that_authorises() {
        let reviewers = [IssuingUnit::body("S000051010123")];
        for (role, organisation, granted) in [
            ("center", "00", true),
            ("center", "01", false),
            ("body", "S000051010123", true),
            ("body", "S000051010999", false),
            ("unit", "u1", false),
        ] {
            let receive = Action::ReceiveOriginals { jurisdiction: "00", reviewers: &reviewers };
            assert_eq!(actor(role, organisation).may(receive).is_ok(), granted, "{role} {organisation}");
        }
    }

    #[test]
    fn a_submission_is_noted_as_received_by_the_body_that_it_is_filed_with() {
        let reviewers = [IssuingUnit::body("S000051010123")];
        for (role, organisation, granted) in
            [("body", "S000051010123", true), ("body", "S000051010999", false), ("center", "00", false), ("unit", "u1", false)]
        {
            let receive = Action::ReceiveFiling { reviewers: &reviewers };
            assert_eq!(actor(role, organisation).may(receive).is_ok(), granted, "{role} {organisation}");
        }
    }

    #[test]
    fn a_contest_is_put_right_by_its_unit_and_by_the_center_that_authorises() {
        for (role, organisation, granted) in
            [("unit", "u1", true), ("unit", "u2", false), ("center", "00", true), ("center", "01", false), ("body", "S000051010123", false)]
        {
            let correct = Action::CorrectContest { unit: "u1", jurisdiction: "00" };
            assert_eq!(actor(role, organisation).may(correct).is_ok(), granted, "{role} {organisation}");
        }
    }

    #[test]
    fn a_number_is_entered_by_the_unit_or_by_who_reviews_the_row() {
        let (mine, other) = (IssuingUnit::body("S000051010123"), IssuingUnit::center("00"));
        let enter = |reviewer| Action::EnterNumber { unit: "u1", reviewer };
        for (role, organisation, rows) in [
            ("unit", "u1", [true, true]),
            ("unit", "u2", [false, false]),
            ("center", "00", [false, true]),
            ("body", "S000051010123", [true, false]),
        ] {
            let actor = actor(role, organisation);
            assert_eq!([&mine, &other].map(|reviewer| actor.may(enter(reviewer)).is_ok()), rows, "{role} {organisation}");
        }
    }

    #[test]
    fn a_center_acts_in_its_own_jurisdiction() {
        let chengdu = actor("center", "01");
        assert!(chengdu.may(Action::Authorise { jurisdiction: "01" }).is_ok());
        assert_eq!(chengdu.may(Action::Authorise { jurisdiction: "00" }), Err(Denied));
        assert_eq!(chengdu.may(Action::Qualify { reviewer: &IssuingUnit::center("00") }), Err(Denied));
    }

    #[test]
    fn a_batch_is_seen_by_whoever_applied_and_by_its_center() {
        let applicant = Applicant::of(&actor("body", "S000051010123"));
        let see = Action::SeePublication { applicant: &applicant, seat: "00" };
        assert!(actor("body", "S000051010123").may(see).is_ok() && actor("center", "00").may(see).is_ok());
        for other in [actor("body", "S000051010999"), actor("center", "01"), actor("unit", "S000051010123")] {
            assert_eq!(other.may(see), Err(Denied));
        }
        let organiser = Action::ApplyForPublication { applicant: ApplicantKind::Organiser };
        assert!(actor("unit", "u1").may(organiser).is_ok() && actor("center", "00").may(organiser).is_err());
        let reviewer = Action::ApplyForPublication { applicant: ApplicantKind::Reviewer };
        assert!(actor("body", "S000051010123").may(reviewer).is_ok() && actor("unit", "u1").may(reviewer).is_err());
    }

    #[test]
    fn an_account_is_decided_on_by_its_center_and_by_nobody_for_themselves() {
        use crate::issue::account::{AccountStatus, deciding_center};
        let of = |subject: &str, role, applied_to: &str| Account {
            issuer: "https://id.example".to_owned(),
            subject: subject.to_owned(),
            person: "张样例".to_owned(),
            role,
            organisation: "x".to_owned(),
            organisation_name: "样例".to_owned(),
            jurisdiction: deciding_center(role, applied_to, "00").to_owned(),
            status: AccountStatus::Applied,
            applied_at: jiff::Timestamp::UNIX_EPOCH,
            decision: None,
        };
        let (province, city) = (actor("center", "00"), actor("center", "07"));
        let may = |actor: &Actor, account: &Account| actor.may(Action::DecideAccount { account }).is_ok();
        for (account, granted) in [
            (of("other", Role::Unit, "00"), [true, false]),
            (of("other", Role::Unit, "07"), [false, true]),
            (of("other", Role::Body, "07"), [true, false]),
            (of("other", Role::Center, "07"), [true, false]),
            (of("someone", Role::Center, "00"), [false, false]),
            (of("someone", Role::Unit, "07"), [false, false]),
        ] {
            assert_eq!([may(&province, &account), may(&city, &account)], granted, "{account:?}");
            for other in [actor("unit", "x"), actor("body", "x")] {
                assert!(!may(&other, &account), "{account:?}");
            }
        }
        let sees = |actor: &Actor| actor.may(Action::SeeAccounts { jurisdiction: "07" }).is_ok();
        assert!(sees(&city) && !sees(&province) && !sees(&actor("unit", "07")) && !sees(&actor("body", "07")));
    }

    #[test]
    fn unknown_claims_are_nobody() {
        for (role, organisation) in [("admin", "x"), ("unit", ""), ("unit", "a/b"), ("", "x")] {
            assert!(Actor::from_claims("someone", role, organisation).is_err());
        }
        assert!(Actor::from_claims("", "unit", "x").is_err());
    }
}
