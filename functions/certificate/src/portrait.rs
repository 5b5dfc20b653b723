//! A photo as a unit hands it in, made into what is printed: upright, of the size wanted, on white, as JPEG.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use rules::notice::PhotoRule;

use crate::archive::{ArchiveBytes, PhotoArchive};
use crate::photo::{self, PhotoError};

/// No camera makes more pixels on a side.
const MAX_SIDE: u32 = 12_000;
/// Scans of a JPEG that cost about as much as decoding it once: progressive ones have some ten.
const SCANS: u64 = 16;
/// How many times that a photo may cost.
const MAX_ROUNDS: u64 = 4;
/// Qualities that are tried until the file is small enough.
const QUALITIES: [u8; 4] = [90, 80, 65, 50];

/// What does not keep a photo from being printed, but somebody should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// Not as wide to its height as it should be: white is added on two sides.
    Ratio,
    /// The ground is not white.
    Ground,
}

/// A photo to be printed.
#[derive(Debug, Clone)]
pub struct Portrait {
    /// The file to print: the one handed in where it fits, otherwise made of it.
    pub jpeg: Vec<u8>,
    /// What to look at.
    pub concerns: Vec<Concern>,
}

/// Reads a JPEG or PNG, turns it upright as EXIF says, and makes the photo that the rule asks for. Transparent parts become
/// white.
///
/// # Errors
/// [`PhotoError`]: neither JPEG nor PNG, damaged, or too small.
pub fn portrait(file: &[u8], rule: &PhotoRule) -> Result<Portrait, PhotoError> {
    let (picture, turned) = upright(file, rule.max_pixels)?;
    let (width, height) = picture.dimensions();
    if width < rule.min_width || height < rule.min_height {
        return Err(PhotoError::TooSmall { width, height, min_width: rule.min_width, min_height: rule.min_height });
    }
    let mut concerns = Vec::new();
    // Sides are far below 2^24: exact.
    let ratio = width as f32 / height as f32 / (rule.width as f32 / rule.height as f32);
    let is_right = (ratio - 1.0).abs() <= rule.ratio_tolerance;
    if !is_right {
        concerns.push(Concern::Ratio);
    }
    if ground(&picture) < rule.ground {
        concerns.push(Concern::Ground);
    }
    let fits = (width, height) == (rule.width, rule.height) && file.len() <= rule.max_bytes;
    let jpeg = match photo::read(file) {
        Ok(_) if fits && !turned => file.to_vec(),
        _ => encoded(&resized(picture, rule, is_right), rule.max_bytes)?,
    };
    Ok(Portrait { jpeg, concerns })
}

impl<B: ArchiveBytes> PhotoArchive<B> {
    /// A photo of the archive ready for print, under the bounds that it was judged under; none where it cannot be read.
    pub fn portrait(&self, index: usize, rule: &PhotoRule) -> Option<Vec<u8>> {
        let content = self.read(index, rule.max_file_bytes + 1).ok()?;
        if content.len() as u64 > rule.max_file_bytes {
            return None;
        }
        portrait(&content, rule).ok().map(|portrait| portrait.jpeg)
    }
}

/// The picture, and whether it had to be turned (EXIF 2.32, tag 0x0112).
fn upright(file: &[u8], max_pixels: u64) -> Result<(RgbImage, bool), PhotoError> {
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(|_| PhotoError::Damaged)?;
    match reader.format() {
        // The decoder would fill up with grey what is missing of a file cut off in transfer.
        Some(ImageFormat::Jpeg) if photo::read(file) == Err(PhotoError::Damaged) => return Err(PhotoError::Damaged),
        Some(ImageFormat::Jpeg | ImageFormat::Png) => {}
        _ => return Err(PhotoError::NotJpeg),
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    // PNGs may have four channels of two bytes.
    limits.max_alloc = Some(max_pixels.saturating_mul(4));
    let is_jpeg = reader.format() == Some(ImageFormat::Jpeg);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| PhotoError::Damaged)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let rounds = if is_jpeg { rounds(file) } else { 1 };
    if pixels > max_pixels || rounds > MAX_ROUNDS || decoder.total_bytes() > max_pixels.saturating_mul(4) {
        return Err(PhotoError::TooLarge { width, height });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| PhotoError::Damaged)?;
    picture.apply_orientation(orientation);
    Ok((flattened(picture), orientation != Orientation::NoTransforms))
}

/// Whether a file is a picture of a kind that can be printed, by how it begins.
pub fn is_picture(file: &[u8]) -> bool {
    file.starts_with(&[0xFF, 0xD8, 0xFF]) || file.starts_with(b"\x89PNG\r\n\x1A\n")
}

/// What decoding a photo costs, in pixels, by its head: a progressive JPEG with very many scans costs several times what it has. None
/// where the head says nothing.
pub fn decoding_cost(file: &[u8]) -> Option<u64> {
    let (width, height) = ImageReader::new(Cursor::new(file)).with_guessed_format().ok()?.into_dimensions().ok()?;
    Some(u64::from(width) * u64::from(height) * rounds(file))
}

/// How many times the work of an ordinary JPEG: within a scan the marker cannot stand (ITU-T T.81, B.1.1.5).
fn rounds(file: &[u8]) -> u64 {
    file.windows(2).filter(|pair| *pair == [0xFF, 0xDA]).count() as u64 / SCANS + 1
}

/// On white.
fn flattened(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, alpha] = picture.get_pixel(x, y).0;
        // Between 0 and 255.
        let over = |value: u8| ((u16::from(value) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255) as u8;
        Rgb([over(r), over(g), over(b)])
    })
}

/// How light the upper corners are: the mean of their darkest channel.
fn ground(picture: &RgbImage) -> u8 {
    let (width, height) = picture.dimensions();
    let (across, down) = ((width / 8).max(1), (height / 8).max(1));
    let corner = |left: u32| {
        let channels = (0..down).flat_map(|y| (left..left + across).map(move |x| (x, y))).fold([0_u64; 3], |sums, (x, y)| {
            let pixel = picture.get_pixel(x, y).0;
            std::array::from_fn(|channel| sums[channel] + u64::from(pixel[channel]))
        });
        channels.into_iter().min().unwrap_or(0) / u64::from(across * down)
    };
    // A mean of bytes.
    corner(0).min(corner(width - across)) as u8
}

/// Filling the frame where the picture is nearly as wide to its height, otherwise whole, with white at two sides.
fn resized(picture: RgbImage, rule: &PhotoRule, fill: bool) -> RgbImage {
    let picture = DynamicImage::from(picture);
    if fill {
        return picture.resize_to_fill(rule.width, rule.height, FilterType::Lanczos3).to_rgb8();
    }
    let small = picture.resize(rule.width, rule.height, FilterType::Lanczos3).to_rgb8();
    let mut framed = RgbImage::from_pixel(rule.width, rule.height, Rgb([255; 3]));
    let (x, y) = ((rule.width - small.width()) / 2, (rule.height - small.height()) / 2);
    imageops::replace(&mut framed, &small, i64::from(x), i64::from(y));
    framed
}

/// In the best quality that stays below `max_bytes`, or the least.
fn encoded(picture: &RgbImage, max_bytes: usize) -> Result<Vec<u8>, PhotoError> {
    let mut jpeg = Vec::new();
    for quality in QUALITIES {
        jpeg.clear();
        JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(picture).map_err(|_| PhotoError::Damaged)?;
        if jpeg.len() <= max_bytes {
            break;
        }
    }
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rules::notice::Notices;

    use super::*;

    const JPEG: &[u8] = include_bytes!("../tests/photo.jpg");

    fn rule() -> PhotoRule {
        Notices::built_in().expect("notices").general().photo.clone()
    }

    /// A dark head on a ground, as PNG.
    fn png(width: u32, height: u32, ground: [u8; 4]) -> Vec<u8> {
        let picture = image::RgbaImage::from_fn(width, height, |x, y| {
            let in_head = x > width / 3 && x < width * 2 / 3 && y > height / 3;
            image::Rgba(if in_head { [40, 60, 20, 255] } else { ground })
        });
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).expect("written");
        bytes.into_inner()
    }

    fn size(jpeg: &[u8]) -> (u16, u16) {
        let photo = photo::read(jpeg).expect("a JPEG");
        (photo.width, photo.height)
    }

    #[test]
    fn a_jpeg_of_the_right_size_is_kept_byte_for_byte() {
        let portrait = portrait(JPEG, &rule()).expect("a photo");
        assert_eq!((portrait.jpeg.as_slice(), portrait.concerns), (JPEG, vec![]));
    }

    #[test]
    fn a_png_becomes_a_jpeg_of_the_right_size_on_white() {
        let portrait = portrait(&png(500, 700, [0, 0, 0, 0]), &rule()).expect("a photo");
        assert_eq!((size(&portrait.jpeg), portrait.concerns), ((295, 413), vec![]));
        assert!(portrait.jpeg.len() <= 102_400);
    }

    #[test]
    fn exif_turns_the_picture_upright() {
        // Stored lying on its side: 413 wide, 295 high, with "turn by 90°".
        let picture = image::load_from_memory(JPEG).expect("a picture").rotate270();
        let mut lying = Vec::new();
        JpegEncoder::new(&mut lying).encode_image(&picture).expect("encoded");
        let exif: &[u8] = b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        // A segment's length counts itself.
        let length = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
        let lying = [&lying[..2], &[0xFF, 0xE1], &length, exif, &lying[2..]].concat();
        let portrait = portrait(&lying, &rule()).expect("a photo");
        assert_eq!((size(&portrait.jpeg), portrait.concerns), ((295, 413), vec![]));
    }

    #[test]
    fn what_is_odd_is_said() {
        let concerns = |file: &[u8]| portrait(file, &rule()).expect("a photo").concerns;
        assert_eq!(concerns(&png(700, 500, [255; 4])), [Concern::Ratio]);
        assert_eq!(concerns(&png(500, 700, [60, 120, 255, 255])), [Concern::Ground]);
        assert_eq!(size(&portrait(&png(700, 500, [255; 4]), &rule()).expect("a photo").jpeg), (295, 413));
    }

    #[test]
    fn what_cannot_be_printed_is_refused() {
        let refused = |file: &[u8]| portrait(file, &rule()).expect_err("refused");
        assert!(matches!(refused(&png(100, 140, [255; 4])), PhotoError::TooSmall { width: 100, height: 140, .. }));
        let few = PhotoRule { max_pixels: 295 * 413 - 1, ..rule() };
        assert_eq!(portrait(JPEG, &few).expect_err("refused"), PhotoError::TooLarge { width: 295, height: 413 });
        assert_eq!(refused(b"GIF89a"), PhotoError::NotJpeg);
        assert_eq!(refused(b""), PhotoError::NotJpeg);
        assert_eq!(refused(&JPEG[..200]), PhotoError::Damaged);
        assert_eq!(refused(&JPEG[..JPEG.len() - 100]), PhotoError::Damaged);
        assert_eq!(refused(&png(300, 400, [255; 4])[..100]), PhotoError::Damaged);
    }

    #[test]
    fn many_scans_cost_more() {
        assert_eq!(decoding_cost(JPEG), Some(295 * 413));
        let scans = [JPEG, &[0xFF, 0xDA].repeat(100)].concat();
        assert_eq!(decoding_cost(&scans), Some(295 * 413 * 7));
        assert!(matches!(portrait(&scans, &rule()), Err(PhotoError::TooLarge { .. })));
        assert_eq!(decoding_cost(b"GIF89a"), None);
    }

    proptest! {
        #[test]
        fn spoilt_files_never_panic(at in 0..JPEG.len(), byte: u8) {
            let mut file = JPEG.to_vec();
            file[at] = byte;
            let _ = portrait(&file, &rule());
        }
    }
}
