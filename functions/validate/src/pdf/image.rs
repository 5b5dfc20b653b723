//! The images of a PDF in grey, as scanners and phones write them: JPEG, fax (group 4) and deflated rows. JPEG 2000 and JBIG2 are not read.

use std::io::Read;

use flate2::read::ZlibDecoder;
use lopdf::{Dictionary, Object};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::colours::Colours;
use super::raster::{Raster, Reducer};
use super::structure::{PageImage, Structure};

/// Pixels of one image: A4 at 600 dpi has 35 million.
const MAX_PIXELS: u64 = 50_000_000;
/// Pixels of a JPEG that must be held as a whole before it can be drawn, with all its colours.
const MAX_PROGRESSIVE_PIXELS: u64 = 12_000_000;
/// Bytes of a JPEG or fax within a further layer of compression.
const MAX_INNER_BYTES: u64 = 24 << 20;

/// An image in grey; none where it is of a kind that is not read, damaged or too large.
pub(super) fn decoded(structure: &mut Structure<'_>, image: &PageImage<'_>) -> Option<Raster> {
    let size = Size::of(&image.dictionary)?;
    let mut filters = names(structure, &image.dictionary, b"Filter");
    let parameters = filters.len().checked_sub(1).and_then(|last| parameters(structure, &image.dictionary, last)).unwrap_or_default();
    let (last, content) = (filters.pop(), &image.content[..]);
    let inner: Vec<u8>;
    let content = match filters.as_slice() {
        [] => content,
        // A further layer around a JPEG or a fax.
        [filter] if is_flate(filter) && !last.as_deref().is_some_and(is_flate) => {
            inner = inflated(content);
            &inner
        }
        _ => return None,
    };
    match last.as_deref() {
        Some(b"DCTDecode" | b"DCT") => jpeg(content),
        Some(b"CCITTFaxDecode" | b"CCF") => fax(content, size, &parameters, &Colours::of(structure, &image.dictionary)?),
        Some(filter) if is_flate(filter) => {
            let predictor = Predictor::of(&parameters);
            rows(ZlibDecoder::new(content), size, predictor, &Colours::of(structure, &image.dictionary)?)
        }
        None => rows(content, size, Predictor::None, &Colours::of(structure, &image.dictionary)?),
        Some(_) => None,
    }
}

/// How an image is compressed, where it is one of the kinds that scanners write and that are not read.
pub(super) fn not_read(structure: &mut Structure<'_>, image: &PageImage<'_>) -> Option<&'static str> {
    names(structure, &image.dictionary, b"Filter").iter().find_map(|filter| match filter.as_slice() {
        b"JPXDecode" => Some("JPEG 2000"),
        b"JBIG2Decode" => Some("JBIG2"),
        _ => None,
    })
}

fn is_flate(filter: &[u8]) -> bool {
    matches!(filter, b"FlateDecode" | b"Fl")
}

pub(super) fn inflated(content: &[u8]) -> Vec<u8> {
    let mut inner = Vec::new();
    // What a damaged stream gave before is as much as there is.
    let _ = ZlibDecoder::new(content).take(MAX_INNER_BYTES).read_to_end(&mut inner);
    inner
}

/// A name, or the names of an array.
fn names(structure: &mut Structure<'_>, dictionary: &Dictionary, key: &[u8]) -> Vec<Vec<u8>> {
    let Some(object) = dictionary.get(key).ok().and_then(|object| structure.resolved(object)) else { return Vec::new() };
    match object {
        Object::Name(name) => vec![name],
        Object::Array(values) => values.iter().filter_map(|value| value.as_name().ok()).map(<[u8]>::to_vec).collect(),
        _ => Vec::new(),
    }
}

/// The parameters of the filter at a place.
fn parameters(structure: &mut Structure<'_>, dictionary: &Dictionary, at: usize) -> Option<Dictionary> {
    let object = dictionary.get(b"DecodeParms").or_else(|_| dictionary.get(b"DP")).ok()?;
    let object = match structure.resolved(object)? {
        Object::Array(values) => structure.resolved(values.get(at)?)?,
        other => other,
    };
    object.as_dict().ok().cloned()
}

pub(super) fn number(dictionary: &Dictionary, key: &[u8]) -> Option<i64> {
    dictionary.get(key).and_then(Object::as_i64).ok()
}

pub(super) fn is_set(dictionary: &Dictionary, key: &[u8]) -> bool {
    dictionary.get(key).and_then(Object::as_bool).unwrap_or(false)
}

/// Pixels across and down.
#[derive(Debug, Clone, Copy)]
struct Size {
    width: usize,
    height: usize,
}

impl Size {
    fn of(image: &Dictionary) -> Option<Self> {
        let side = |key: &[u8]| number(image, key).and_then(|side| usize::try_from(side).ok()).filter(|side| *side > 0);
        let (width, height) = (side(b"Width")?, side(b"Height")?);
        (u64::try_from(width).ok()?.checked_mul(u64::try_from(height).ok()?)? <= MAX_PIXELS).then_some(Self { width, height })
    }
}

fn jpeg(content: &[u8]) -> Option<Raster> {
    // What is read over and over again costs as many pixels.
    if certificate::decoding_cost(content)? > MAX_PIXELS {
        return None;
    }
    let options = DecoderOptions::default().set_max_width(usize::from(u16::MAX)).set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(content), options.jpeg_set_out_colorspace(ColorSpace::Luma));
    decoder.decode_headers().ok()?;
    let (width, height) = decoder.info().map(|info| (usize::from(info.width), usize::from(info.height)))?;
    if !is_drawn_in_one_pass(content) && (width * height) as u64 > MAX_PROGRESSIVE_PIXELS {
        return None;
    }
    let pixels = decoder.decode().ok()?;
    let mut reducer = Reducer::new(width, height);
    pixels.chunks(width.max(1)).for_each(|row| reducer.row(row));
    reducer.finish()
}

/// Whether a JPEG has one scan: it is then decoded strip by strip. Within a scan the marker cannot stand (ITU-T T.81, B.1.1.5).
fn is_drawn_in_one_pass(content: &[u8]) -> bool {
    content.windows(2).filter(|pair| *pair == [0xFF, 0xDA]).count() <= 1
}

/// Group 4 (ITU-T T.6), which is what scanners write; the older ones are not read.
fn fax(content: &[u8], size: Size, parameters: &Dictionary, colours: &Colours) -> Option<Raster> {
    let width = number(parameters, b"Columns").and_then(|columns| u32::try_from(columns).ok()).unwrap_or(1728);
    let is_readable = number(parameters, b"K").is_some_and(|k| k < 0) && !is_set(parameters, b"EncodedByteAlign");
    if !is_readable || width as usize != size.width {
        return None;
    }
    let black = u8::from(is_set(parameters, b"BlackIs1"));
    let shades = [colours.shade_of(u16::from(1 - black), 1), colours.shade_of(u16::from(black), 1)];
    let mut reducer = Reducer::new(size.width, size.height);
    let mut row = vec![0; size.width];
    fax::decoder::decode_g4(content.iter().copied(), width, u32::try_from(size.height).ok(), |changes| {
        let (mut from, mut colour) = (0, 0);
        for to in changes.iter().map(|change| *change as usize).chain([size.width]) {
            let to = to.clamp(from, size.width);
            if let Some(run) = row.get_mut(from..to) {
                run.fill(shades[colour]);
            }
            (from, colour) = (to, 1 - colour);
        }
        reducer.row(&row);
    });
    reducer.finish()
}

/// How the bytes of a row were prepared for compression (ISO 32000-1, 7.4.4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Predictor {
    None,
    /// Of the byte one pixel to the left (TIFF).
    Left,
    /// Each row says which (PNG).
    Row,
}

impl Predictor {
    fn of(parameters: &Dictionary) -> Self {
        match number(parameters, b"Predictor") {
            Some(2) => Self::Left,
            Some(10..) => Self::Row,
            _ => Self::None,
        }
    }
}

/// Reads a picture row by row.
fn rows(mut content: impl Read, size: Size, predictor: Predictor, colours: &Colours) -> Option<Raster> {
    let bits = size.width.checked_mul(colours.components)?.checked_mul(usize::from(colours.bits))?;
    let (length, pixel) = (bits.div_ceil(8), (colours.components * usize::from(colours.bits)).div_ceil(8));
    let (mut above, mut row, mut grey) = (vec![0; length], vec![0; length], vec![0; size.width]);
    let mut reducer = Reducer::new(size.width, size.height);
    for _ in 0..size.height {
        let mut kind = [0];
        if predictor == Predictor::Row && content.read_exact(&mut kind).is_err() {
            break;
        }
        if content.read_exact(&mut row).is_err() {
            break;
        }
        match predictor {
            Predictor::None => {}
            // Of other depths scanners write none.
            Predictor::Left if colours.bits == 8 => unfilter(1, &mut row, &above, pixel),
            Predictor::Left => return None,
            Predictor::Row => unfilter(kind[0], &mut row, &above, pixel),
        }
        colours.grey(&row, &mut grey);
        reducer.row(&grey);
        std::mem::swap(&mut above, &mut row);
    }
    reducer.finish()
}

/// Undoes a filter of PNG (ISO/IEC 15948, 9.2).
fn unfilter(kind: u8, row: &mut [u8], above: &[u8], pixel: usize) {
    for at in 0..row.len() {
        let left = at.checked_sub(pixel).map_or(0, |left| row[left]);
        let up = above[at];
        let corner = at.checked_sub(pixel).map_or(0, |left| above[left]);
        let predicted = match kind {
            1 => left,
            2 => up,
            3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
            4 => paeth(left, up, corner),
            _ => 0,
        };
        row[at] = row[at].wrapping_add(predicted);
    }
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}
