//! The QR code as a 1-bit image mask: a twentieth of the size of drawn squares, and no hairlines between them.

use fast_qr::qr::QRCodeError;
use fast_qr::{ECL, Module, QRBuilder};

/// A QR code, one bit a module.
pub(crate) struct Mask {
    /// Modules on a side; the quiet zone is left to the page.
    pub(crate) side: usize,
    /// Rows from the top, each padded to whole bytes; 0 is dark, as an `/ImageMask` paints where the sample is 0.
    pub(crate) rows: Vec<u8>,
}

/// Encodes `text` with error correction M (15 % may be lost: a stamp's edge, a fold).
///
/// # Errors
/// Over 2,331 bytes.
pub(crate) fn mask(text: &str) -> Result<Mask, QRCodeError> {
    let code = QRBuilder::new(text).ecl(ECL::M).build()?;
    let byte = |modules: &[Module]| (0..8).fold(0_u8, |bits, i| bits << 1 | u8::from(modules.get(i).is_none_or(|module| !module.value())));
    let rows = (0..code.size).flat_map(|row| code[row].chunks(8).map(byte)).collect();
    Ok(Mask { side: code.size, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finder_patterns_stand_in_three_corners() {
        let mask = mask("https://example.cn/v/S000051000000225J00001").expect("short");
        let dark = |x: usize, y: usize| mask.rows[y * mask.side.div_ceil(8) + x / 8] >> (7 - x % 8) & 1 == 0;
        assert_eq!(mask.rows.len(), mask.side * mask.side.div_ceil(8));
        let last = mask.side - 7;
        for (left, top) in [(0, 0), (last, 0), (0, last)] {
            let line: Vec<bool> = (0..7).map(|i| dark(left + i, top + 1)).collect();
            assert_eq!(line, [true, false, false, false, false, false, true]);
        }
    }

    #[test]
    fn too_long_a_text_is_an_error() {
        assert!(mask(&"a".repeat(3000)).is_err());
    }
}
