//! What an approval allocated (四), and how far that lot of certificates has come.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::issue::application::ApplicationId;
use crate::numbers::code::{CertificateCode, CodePrefix};
use crate::values::date::day_of;
use crate::values::lot::LotName;
use crate::values::party::IssuingUnit;
use crate::values::ranges::Ranges;
use crate::values::vocabulary::CertificateType;

/// What one reviewer's approval allocated to the winners of one type. The code of a row is its prefix's `first` plus the
/// row's rank among the approved rows of that prefix, in roster order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Allocation {
    /// The application.
    pub of: ApplicationId,
    /// Who decided.
    pub reviewer: IssuingUnit,
    /// Of which type the certificates are.
    pub certificate_type: CertificateType,
    /// Digest of the plan decided on.
    pub plan: String,
    /// Version of the roster decided on.
    pub roster_version: String,
    /// Digest of the review object.
    pub review: String,
    /// How many rows were refused.
    pub refused: u32,
    /// The numbers taken from each prefix.
    pub ranges: Vec<PrefixRange>,
    /// Rows that got a number.
    pub numbered: u32,
    /// Rows recorded without a number (职业资格, 专项).
    pub recorded: u32,
    /// Which rows of the roster those are: the audit knows by it which record is one too many.
    #[serde(default, skip_serializing_if = "Ranges::is_empty")]
    pub recorded_rows: Ranges,
    /// When the review was decided.
    #[schemars(with = "crate::values::schema::Moment")]
    pub decided_at: Timestamp,
    /// By which account.
    pub decided_by: String,
    /// Numbers given since, in order; their positions follow the numbered rows'.
    #[serde(default)]
    pub later: Vec<LaterNumber>,
    /// Positions of certificates that were revoked: runs leave them out.
    #[serde(default)]
    pub withdrawn: BTreeSet<u32>,
    /// Stages after the printing, each once and in order.
    #[serde(default)]
    pub milestones: Vec<Milestone>,
}

/// Consecutive sequence numbers of one prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrefixRange {
    /// Positions 1–16.
    pub prefix: CodePrefix,
    /// The first number.
    pub first: NonZeroU32,
    /// How many.
    pub count: u32,
}

impl PrefixRange {
    /// Its sequence numbers, in order.
    pub fn sequences(&self) -> impl Iterator<Item = NonZeroU32> {
        (0..self.count).filter_map(|step| self.first.checked_add(step))
    }
}

/// A certificate that got its number after the approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaterNumber {
    /// The number.
    pub code: CertificateCode,
    /// How it came to it.
    #[serde(flatten)]
    pub origin: NumberOrigin,
}

/// Why a certificate got its number after the approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum NumberOrigin {
    /// A code in the place of another one: level, year or body were wrong.
    Replaces {
        /// The revoked one.
        replaces: CertificateCode,
        /// The counter it was taken from.
        prefix: CodePrefix,
        /// The number it took.
        sequence: NonZeroU32,
    },
    /// A number by hand in the place of one that was mistyped (G13).
    Renumbered {
        /// The revoked one.
        replaces: CertificateCode,
    },
    /// It was entered by hand (G13).
    Entered {
        /// For which row of the roster.
        row: u32,
    },
}

/// A step of a whole lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Milestone {
    /// The stage that was reached.
    pub stage: Stage,
    /// The moment of the change.
    #[schemars(with = "crate::values::schema::Moment")]
    pub at: Timestamp,
    /// By which account.
    pub by: String,
}

/// Where a certificate stands (五): issued, printed, archived, published, handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// 已赋码: it has its code.
    Issued,
    /// 已打印: it lies on a sheet.
    Printed,
    /// 已存档
    Archived,
    /// 已上网
    Published,
    /// 已发放: handed to the organiser.
    HandedOut,
}

impl Stage {
    /// The stages that a lot is taken to by hand, in order (五、（二）–（四）).
    pub const MILESTONES: [Self; 3] = [Self::Archived, Self::Published, Self::HandedOut];

    /// The name in records and in the API.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The word units and staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Issued => "已赋码",
            Self::Printed => "已打印",
            Self::Archived => "已存档",
            Self::Published => "已上网",
            Self::HandedOut => "已发放",
        }
    }

    /// The milestone of that name.
    pub fn milestone(name: &str) -> Option<Self> {
        Self::MILESTONES.into_iter().find(|stage| stage.name() == name)
    }
}

impl Allocation {
    /// Whether no certificate and no record ever came of it: every row was refused.
    pub fn is_refused_in_full(&self) -> bool {
        self.end() == 0 && self.recorded == 0
    }

    /// Which lot of the application it is.
    pub fn lot(&self) -> LotName {
        LotName::new(&self.reviewer, self.certificate_type)
    }

    /// The position after the last certificate, those with later numbers included.
    pub fn end(&self) -> u32 {
        self.numbered + u32::try_from(self.later.len()).unwrap_or(u32::MAX)
    }

    /// Rows whose numbers were entered by hand, in the order in which that was done.
    pub fn rows_entered(&self) -> impl Iterator<Item = u32> {
        self.later.iter().filter_map(|later| match later.origin {
            NumberOrigin::Entered { row } => Some(row),
            NumberOrigin::Replaces { .. } | NumberOrigin::Renumbered { .. } => None,
        })
    }

    /// The rows that have no number yet, or never get one here, in the order of the roster.
    pub fn rows_without_number(&self) -> impl Iterator<Item = u32> {
        let entered: BTreeSet<u32> = self.rows_entered().collect();
        self.rows_recorded().filter(move |row| !entered.contains(row))
    }

    /// The rows that were recorded without a number at the approval, in the order of the roster.
    pub fn rows_recorded(&self) -> impl Iterator<Item = u32> {
        let rows = self.recorded_rows.stretches().iter().flat_map(|stretch| stretch.first..=stretch.last);
        // As many as were counted, whatever somebody has written in their place.
        rows.filter_map(|row| u32::try_from(row).ok()).take(self.recorded as usize)
    }

    /// How far the lot as a whole has come; none before its first milestone.
    pub fn stage(&self) -> Option<Stage> {
        self.milestones.last().map(|milestone| milestone.stage)
    }

    /// The day (Asia/Shanghai) on which the lot as a whole reached a milestone.
    pub fn reached_on(&self, stage: Stage) -> Option<Date> {
        self.milestones.iter().find(|milestone| milestone.stage == stage).map(|milestone| day_of(milestone.at))
    }

    /// The milestone that comes next.
    pub fn next_milestone(&self) -> Option<Stage> {
        Stage::MILESTONES.get(self.milestones.len()).copied()
    }
}
