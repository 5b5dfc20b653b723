//! Blank sheets (空白证书) and their serials (流水号): pre-printed, determined by the Center (三、（二）).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::notice::SheetKind;

/// A serial of a sheet kind, e.g. `JN00000001`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Serial(String);

/// Why there is no such serial.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SerialError {
    /// The text does not follow the kind's pattern (G14).
    #[error("流水号应为 {prefix} 加 {digits} 位数字")]
    Malformed {
        /// What it should begin with.
        prefix: String,
        /// How many digits should follow.
        digits: u32,
    },
}

impl Serial {
    /// Reads a serial of `kind`; the number is what follows the prefix.
    pub fn parse(kind: &SheetKind, text: &str) -> Result<(Self, u64), SerialError> {
        let malformed = || SerialError::Malformed { prefix: kind.prefix.clone(), digits: kind.digits.get() };
        let digits = text.strip_prefix(kind.prefix.as_str()).ok_or_else(malformed)?;
        if digits.len() != kind.digits.width() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed());
        }
        let number = digits.parse().map_err(|_| malformed())?;
        Ok((Self(text.to_owned()), number))
    }

    /// The serial of `kind` with that number.
    pub fn new(kind: &SheetKind, number: u64) -> Result<Self, SerialError> {
        let width = kind.digits.width();
        let text = format!("{}{number:0width$}", kind.prefix);
        Self::parse(kind, &text).map(|(serial, _)| serial)
    }

    /// The serial as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
