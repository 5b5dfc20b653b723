//! How many entries a page has.

use crate::refusal::Refusal;

/// As many as were asked for, 1 to `most`; `usual`, if nothing is said. `unit` is what people count them by: 行, 条.
pub(crate) fn page_size(asked: Option<u32>, usual: usize, most: u32, unit: &str) -> Result<usize, Refusal> {
    match asked {
        None => Ok(usual),
        Some(size) if (1..=most).contains(&size) => Ok(size as usize),
        Some(_) => Err(Refusal::Malformed(format!("每页应为 1 到 {most} {unit}"))),
    }
}
