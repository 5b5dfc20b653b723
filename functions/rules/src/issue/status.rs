//! Where an application stands, and the one place that says what leads from where to where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// 材料未齐: created; materials are being handed in.
    Draft,
    /// 核对中: all required materials are in and clean; each winner's award is being claimed (`holder`).
    Registering,
    /// 已提交: and no award is held through another application.
    Submitted,
    /// 已授权: the Center has approved the contest and its plan of issue (二).
    Authorised,
    /// 已审核: every issuing body has decided its rows; codes are allocated.
    Qualified,
    /// 已退回: sent back with a reason; may be handed in again.
    Returned,
}

impl Status {
    /// All of them.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The word units and staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "材料未齐",
            Self::Registering => "核对中",
            Self::Submitted => "已提交",
            Self::Authorised => "已授权",
            Self::Qualified => "已审核",
            Self::Returned => "已退回",
        }
    }

    /// The name in records and in the API.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Where the application stands after a change; none where the change is not to be made at this status.
    pub fn after(self, change: StatusChange) -> Option<Self> {
        use StatusChange::{
            Authorise, AwardHeldElsewhere, AwardsClaimed, CorrectContest, Decide, Return, TakeMaterial, WithdrawAuthorisation,
        };
        match (self, change) {
            (Self::Draft | Self::Registering | Self::Submitted | Self::Returned, TakeMaterial { complete: false }) => Some(Self::Draft),
            (Self::Draft | Self::Registering | Self::Submitted | Self::Returned, TakeMaterial { complete: true }) => {
                Some(Self::Registering)
            }
            // All materials are judged anew: it is as complete as one of which none is judged yet.
            (Self::Draft | Self::Returned, CorrectContest { .. }) | (Self::Submitted, CorrectContest { by_the_center: true }) => {
                Some(Self::Draft)
            }
            (Self::Registering, AwardsClaimed) => Some(Self::Submitted),
            (Self::Registering, AwardHeldElsewhere) => Some(Self::Draft),
            (Self::Submitted, Authorise) => Some(Self::Authorised),
            (Self::Submitted, Return) => Some(Self::Returned),
            (Self::Authorised, WithdrawAuthorisation { reviewed: false }) => Some(Self::Submitted),
            // What refused rows held has been given up: it is claimed anew.
            (Self::Authorised | Self::Qualified, WithdrawAuthorisation { reviewed: true }) => Some(Self::Registering),
            (Self::Authorised, Decide { last: false }) => Some(Self::Authorised),
            (Self::Authorised, Decide { last: true }) => Some(Self::Qualified),
            (Self::Authorised | Self::Qualified, TakeMaterial { .. })
            | (Self::Submitted, CorrectContest { by_the_center: false })
            | (Self::Registering | Self::Authorised | Self::Qualified, CorrectContest { .. })
            | (Self::Draft | Self::Registering | Self::Submitted | Self::Returned, WithdrawAuthorisation { .. })
            | (Self::Qualified, WithdrawAuthorisation { reviewed: false })
            | (Self::Draft | Self::Submitted | Self::Authorised | Self::Qualified | Self::Returned, AwardsClaimed | AwardHeldElsewhere)
            | (Self::Draft | Self::Registering | Self::Authorised | Self::Qualified | Self::Returned, Authorise | Return)
            | (Self::Draft | Self::Registering | Self::Submitted | Self::Qualified | Self::Returned, Decide { .. }) => None,
        }
    }

    /// Whether new versions of materials still count.
    pub fn takes_materials(self) -> bool {
        self.after(StatusChange::TakeMaterial { complete: false }).is_some()
    }

    /// Whether its unit may delete it: it is in the unit's hands, and nobody else's decision rests on it.
    pub fn can_be_deleted(self) -> bool {
        match self {
            Self::Draft | Self::Returned => true,
            Self::Registering | Self::Submitted | Self::Authorised | Self::Qualified => false,
        }
    }

    /// Whether it is authorised: from then on nothing of it changes without an entry in its trail.
    pub fn is_authorised(self) -> bool {
        match self {
            Self::Authorised | Self::Qualified => true,
            Self::Draft | Self::Registering | Self::Submitted | Self::Returned => false,
        }
    }

    /// Whether its claims on awards count: it is in the Center's hands.
    pub fn holds_awards(self) -> bool {
        matches!(self, Self::Registering | Self::Submitted | Self::Authorised | Self::Qualified)
    }
}

/// What moves an application on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    /// A verdict on a material is entered (五、（一）).
    TakeMaterial {
        /// Whether all that is required is there now, clean and in time.
        complete: bool,
    },
    /// 更正大赛信息: what its materials are judged by is another record now.
    CorrectContest {
        /// Whether the Center puts it right, until the authorisation; its unit does until the submission, and after it came back.
        by_the_center: bool,
    },
    /// No winner has the award through another application.
    AwardsClaimed,
    /// A winner has it.
    AwardHeldElsewhere,
    /// 授权 (二).
    Authorise,
    /// 撤销授权: taken back before the first number is given.
    WithdrawAuthorisation {
        /// Whether a reviewer has refused all its rows by then; the reviews go too.
        reviewed: bool,
    },
    /// 退回
    Return,
    /// 资格审核 (五、（二）) by one issuing unit.
    Decide {
        /// Whether nobody else has rows to decide.
        last: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::StatusChange::{
        Authorise, AwardHeldElsewhere, AwardsClaimed, CorrectContest, Decide, Return, TakeMaterial, WithdrawAuthorisation,
    };
    use super::*;

    #[test]
    fn every_change_at_every_status() {
        use Status::{Authorised, Draft, Qualified, Registering, Returned, Submitted};
        let changes = [
            TakeMaterial { complete: false },
            TakeMaterial { complete: true },
            AwardsClaimed,
            AwardHeldElsewhere,
            Authorise,
            Return,
            Decide { last: false },
            Decide { last: true },
            CorrectContest { by_the_center: false },
            CorrectContest { by_the_center: true },
            WithdrawAuthorisation { reviewed: false },
            WithdrawAuthorisation { reviewed: true },
        ];
        let (draft, registering, submitted) = (Some(Draft), Some(Registering), Some(Submitted));
        let table = [
            (Draft, [draft, registering, None, None, None, None, None, None, draft, draft, None, None]),
            (Registering, [draft, registering, submitted, draft, None, None, None, None, None, None, None, None]),
            (Submitted, [draft, registering, None, None, Some(Authorised), Some(Returned), None, None, None, draft, None, None]),
            (Authorised, [None, None, None, None, None, None, Some(Authorised), Some(Qualified), None, None, submitted, registering]),
            (Qualified, [None, None, None, None, None, None, None, None, None, None, None, registering]),
            (Returned, [draft, registering, None, None, None, None, None, None, draft, draft, None, None]),
        ];
        assert_eq!(table.map(|(status, _)| status), Status::ALL);
        for (status, wanted) in table {
            assert_eq!(changes.map(|change| status.after(change)), wanted, "{status:?}");
        }
        let deletable = Status::ALL.iter().filter(|status| status.can_be_deleted()).collect::<Vec<_>>();
        assert_eq!(deletable, [&Draft, &Returned]);
    }
}
