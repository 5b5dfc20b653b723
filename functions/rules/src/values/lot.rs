//! A lot: the certificates of one type that one issuing unit gives the winners of an application. Types go their way side by side
//! (五), so each has its own numbers, sheets, volumes and stages.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::party::IssuingUnit;
use crate::values::vocabulary::CertificateType;

/// Which lot of an application: `center-00.skill_level`, in keys and texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct LotName {
    /// Who reviews and prints it.
    pub reviewer: IssuingUnit,
    /// Of which type its certificates are.
    pub certificate_type: CertificateType,
}

/// A name that is no lot's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("批次名应写作 center-00.skill_level 的形式")]
pub struct LotNameError;

impl LotName {
    /// The lot of a type that a unit issues.
    pub fn new(reviewer: &IssuingUnit, certificate_type: CertificateType) -> Self {
        Self { reviewer: reviewer.clone(), certificate_type }
    }
}

impl fmt::Display for LotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.reviewer, self.certificate_type.name())
    }
}

impl FromStr for LotName {
    type Err = LotNameError;

    fn from_str(name: &str) -> Result<Self, LotNameError> {
        let (reviewer, kind) = name.split_once('.').ok_or(LotNameError)?;
        let reviewer = IssuingUnit::try_from(reviewer.to_owned()).map_err(|_| LotNameError)?;
        Ok(Self { reviewer, certificate_type: CertificateType::parse(kind).ok_or(LotNameError)? })
    }
}

impl TryFrom<String> for LotName {
    type Error = LotNameError;

    fn try_from(name: String) -> Result<Self, LotNameError> {
        name.parse()
    }
}

impl From<LotName> for String {
    fn from(lot: LotName) -> Self {
        lot.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for kind in CertificateType::ALL {
            for reviewer in [IssuingUnit::center("00"), IssuingUnit::body("S000051010123")] {
                let lot = LotName::new(&reviewer, kind);
                assert_eq!(lot.to_string().parse(), Ok(lot));
            }
        }
        for odd in ["", "center-00", "center-00.", "center-00.diploma", ".skill_level", "center-0/0.skill_level"] {
            assert_eq!(odd.parse::<LotName>(), Err(LotNameError), "{odd}");
        }
    }
}
