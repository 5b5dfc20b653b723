//! What stands on printed pages, read back.

use anyhow::{Context, Result};
use lopdf::{Document, Object};

/// The texts of all pages, without white space: lines are broken where they must be.
pub fn text(pdf: &[u8]) -> Result<String> {
    let document = Document::load_mem(pdf)?;
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    Ok(document.extract_text(&pages)?.chars().filter(|c| !c.is_whitespace()).collect())
}

/// What the QR code of a certificate says, as a telephone would read it.
pub fn qr(pdf: &[u8]) -> Result<String> {
    /// Pixels of a module, and modules of the quiet zone.
    const SCALE: usize = 4;
    const QUIET: usize = 4;
    let document = Document::load_mem(pdf)?;
    let is_mask = |stream: &&lopdf::Stream| stream.dict.get(b"ImageMask").and_then(Object::as_bool).unwrap_or(false);
    let mask = document.objects.values().filter_map(|object| object.as_stream().ok()).find(is_mask).context("no QR code")?;
    let side = usize::try_from(mask.dict.get(b"Width")?.as_i64()?)?;
    let rows = mask.decompressed_content()?;
    let is_dark = |x: usize, y: usize| rows.get(y * side.div_ceil(8) + x / 8).is_some_and(|byte| byte >> (7 - x % 8) & 1 == 0);
    let module = |pixel: usize| (pixel / SCALE).checked_sub(QUIET).filter(|module| *module < side);
    let pixels = (side + 2 * QUIET) * SCALE;
    let is_black = |x: usize, y: usize| module(x).zip(module(y)).is_some_and(|(x, y)| is_dark(x, y));
    let mut image = rqrr::PreparedImage::prepare_from_bitmap(pixels, pixels, is_black);
    let (_, content) = image.detect_grids().first().context("no grid")?.decode()?;
    Ok(content)
}
