//! 三、（一）: the holder's photo.

use serde::Deserialize;

/// Whether certificates may go onto sheets without a photo (G16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoNeed {
    /// Nothing is printed without a photo.
    Required,
    /// With a reason, which is kept: the photo is pasted in.
    Reason,
    /// A photo may be missing.
    Optional,
}

/// More than cameras of studios make, and little enough to be decoded in 100 MB.
fn max_pixels() -> u64 {
    25_000_000
}

/// What a photo must be, and what is made of it. Pixels are those of the upright picture.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoRule {
    /// What is printed: 25 × 35 mm at 300 dpi.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// A JPEG of that size and no more bytes is kept as it is.
    pub max_bytes: usize,
    /// Bytes that one file may have.
    pub max_file_bytes: u64,
    /// Pixels that one file may have: a photo of more than 2 MB's worth of detail is no photo for a certificate.
    #[serde(default = "max_pixels")]
    pub max_pixels: u64,
    /// The least that can be printed.
    pub min_width: u32,
    /// The fewest pixels from top to bottom that can be printed.
    pub min_height: u32,
    /// By what share width to height may be off before it is warned of.
    pub ratio_tolerance: f32,
    /// How light the ground must be, 0 to 255, before it is taken for white.
    pub ground: u8,
    /// Whether there must be one before a certificate is put on a sheet.
    pub before_printing: PhotoNeed,
    /// The gap that `before_printing` rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}
