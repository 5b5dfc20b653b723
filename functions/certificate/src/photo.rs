//! Just enough of JPEG (ITU-T T.81) to embed a photo as it is: a PDF reader decodes it itself (`/DCTDecode`), so nothing
//! is lost and nothing is computed here. It is upright already: `portrait` has turned it as EXIF says.

/// Why a photo cannot be embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// Neither a JPEG nor a PNG.
    #[error("不是 JPG 或 PNG 照片")]
    NotJpeg,
    /// Too few pixels, upright.
    #[error("只有 {width} × {height} 像素，至少应为 {min_width} × {min_height}")]
    TooSmall {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// The least across.
        min_width: u32,
        /// The least down.
        min_height: u32,
    },
    /// More pixels, or more work to decode them, than a photo for a certificate has reason to.
    #[error("有 {width} × {height} 像素，过大，请缩小（1 寸照片为 295 × 413）")]
    TooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The file ends too early, or its segments do not add up.
    #[error("照片文件不完整或已损坏")]
    Damaged,
    /// Lossless, arithmetic-coded, 12-bit or CMYK: readers of PDF cannot be relied on to show these.
    #[error("JPEG 格式不受支持（应为 8 位 RGB 或灰度）")]
    Unsupported,
}

/// What a PDF must be told about a JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Photo {
    /// Pixels, as stored.
    pub(crate) width: u16,
    /// Pixels, as stored.
    pub(crate) height: u16,
    /// One component instead of three.
    pub(crate) grey: bool,
}

/// Walks the segments up to the first scan, then asks for the end marker.
pub(crate) fn read(jpeg: &[u8]) -> Result<Photo, PhotoError> {
    let mut rest = jpeg.strip_prefix(&[0xFF, 0xD8]).ok_or(PhotoError::NotJpeg)?;
    let mut frame = None;
    loop {
        let (marker, after) = next_marker(rest).ok_or(PhotoError::Damaged)?;
        let length = after.first_chunk::<2>().map(|&bytes| usize::from(u16::from_be_bytes(bytes))).ok_or(PhotoError::Damaged)?;
        let segment = after.get(2..length).ok_or(PhotoError::Damaged)?;
        rest = after.get(length..).ok_or(PhotoError::Damaged)?;
        match marker {
            // Baseline, extended and progressive Huffman: the ones /DCTDecode names.
            0xC0..=0xC2 => frame = Some(start_of_frame(segment)?),
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return Err(PhotoError::Unsupported),
            0xDA => break,
            _ => {}
        }
    }
    let (width, height, grey) = frame.ok_or(PhotoError::Damaged)?;
    // A file cut off in transfer has no end marker.
    if !rest.windows(2).any(|pair| pair == [0xFF, 0xD9]) {
        return Err(PhotoError::Damaged);
    }
    Ok(Photo { width, height, grey })
}

/// The next marker that has a length, and what follows it. Any number of 0xFF may stand before it (B.1.1.2).
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let mut rest = bytes.strip_prefix(&[0xFF])?;
    while let Some(after) = rest.strip_prefix(&[0xFF]) {
        rest = after;
    }
    let (&marker, after) = rest.split_first()?;
    // TEM, RSTn, SOI and EOI have no length and no place here.
    (!matches!(marker, 0x00 | 0x01 | 0xD0..=0xD9)).then_some((marker, after))
}

/// Precision, height, width, number of components (B.2.2).
fn start_of_frame(segment: &[u8]) -> Result<(u16, u16, bool), PhotoError> {
    let Some(&[precision, h1, h0, w1, w0, components]) = segment.first_chunk::<6>() else {
        return Err(PhotoError::Damaged);
    };
    let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
    match (precision, components) {
        _ if width == 0 || height == 0 => Err(PhotoError::Damaged),
        (8, 1) => Ok((width, height, true)),
        (8, 3) => Ok((width, height, false)),
        _ => Err(PhotoError::Unsupported),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = include_bytes!("../tests/photo.jpg");

    #[test]
    fn size_and_colour_are_read() {
        assert_eq!(read(JPEG), Ok(Photo { width: 295, height: 413, grey: false }));
    }

    #[test]
    fn what_is_no_jpeg_or_only_half_of_one_is_refused() {
        assert_eq!(read(b""), Err(PhotoError::NotJpeg));
        assert_eq!(read(b"\x89PNG\r\n\x1a\n"), Err(PhotoError::NotJpeg));
        for length in 2..JPEG.len() - 1 {
            assert_eq!(read(&JPEG[..length]), Err(PhotoError::Damaged), "cut at {length}");
        }
    }

    #[test]
    fn cmyk_and_lossless_are_refused() {
        let with = |marker: u8, components: u8| [&[0xFF, 0xD8, 0xFF, marker, 0, 8, 8, 0, 9, 0, 9, components][..], &JPEG[2..]].concat();
        assert_eq!(read(&with(0xC0, 4)), Err(PhotoError::Unsupported));
        assert_eq!(read(&with(0xC3, 3)), Err(PhotoError::Unsupported));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken_without_panic(tail in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = read(&tail);
            let _ = read(&[&[0xFF, 0xD8, 0xFF][..], &tail].concat());
        }
    }
}
