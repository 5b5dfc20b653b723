//! Whole numbers with a lowest and a highest value, so that no text can bring one that a power or a format chokes on.

use std::fmt;
use std::num::NonZeroU32;

use serde::de::Error as _;
use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// A whole number from 1 to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct OneTo<const MAX: u32>(NonZeroU32);

impl<const MAX: u32> OneTo<MAX> {
    /// The number, where it is within the bounds.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).filter(|number| number.get() <= MAX).map(Self)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// The number as a width.
    pub fn width(self) -> usize {
        self.0.get() as usize
    }
}

impl<const MAX: u32> fmt::Display for OneTo<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MAX: u32> JsonSchema for OneTo<MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneTo{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": MAX })
    }
}

impl<'de, const MAX: u32> Deserialize<'de> for OneTo<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        let within = u32::try_from(number).ok().and_then(Self::new);
        within.ok_or_else(|| D::Error::custom(format!("{number} 应为 1 到 {MAX} 的整数")))
    }
}
