//! The QR codes of a stamped form: on the images of its pages, or as the image that the form was made with. What cannot be read is left to
//! people: every bound ends the reading, never the document.

use std::time::{Duration, Instant};

use rules::intake::summary::SummaryStamp;

use super::image::{decoded, not_read};
use super::raster::Raster;
use super::structure::Structure;
use crate::stamp::{PageStamp, Scanned};

/// What reading the codes of a form may take.
pub(super) const TIME: Duration = Duration::from_secs(15);
/// An image with a longer side than this is a scan and no code of its own; pixels.
const MAX_CODE_SIDE: usize = 400;
/// Modules of the smallest code (ISO/IEC 18004, version 1): no picture with fewer pixels holds one.
const MIN_CODE_SIDE: usize = 21;
/// The shorter side that a code of its own is brought to; pixels.
const CODE_SIDE: usize = 400;
/// A scan with a longer side than this is looked at reduced too, below that enlarged; pixels.
const SHARP_SIDE: usize = 2600;

/// The stamps of a form by page, each page once, and how images are compressed that cannot be read.
pub(super) fn scanned(structure: &mut Structure<'_>, time: Duration) -> Scanned {
    let until = Instant::now() + time;
    let Scanned { stamps: mut found, mut compression } = Scanned::default();
    for (page, number) in structure.images() {
        if Instant::now() > until {
            break;
        }
        let Some(image) = structure.image(number) else { continue };
        compression = compression.or_else(|| not_read(structure, &image));
        let Some(picture) = decoded(structure, &image) else { continue };
        drop(image);
        for stamp in read(&picture, until) {
            let read = PageStamp { page, stamp };
            if !found.contains(&read) {
                found.push(read);
            }
        }
    }
    Scanned { stamps: found, compression }
}

/// The stamps in a picture: without its grain, enlarged where it is coarse, reduced otherwise.
fn read(picture: &Raster, until: Instant) -> Vec<SummaryStamp> {
    let side = picture.width.max(picture.height);
    if side <= MAX_CODE_SIDE {
        let scale = CODE_SIDE.div_ceil(picture.width.min(picture.height).max(1)).min(16);
        return codes(&picture.enlarged(scale));
    }
    let second = if side < SHARP_SIDE { Raster::doubled } else { Raster::halved };
    for prepared in [Raster::smoothed, second] {
        if Instant::now() > until {
            break;
        }
        let found = codes(&prepared(picture).blackened());
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// Stamps among the QR codes of a picture in black and white; other codes are nobody's business. `rqrr` panics at a picture
/// without pixels, which halving makes of a line.
fn codes(picture: &Raster) -> Vec<SummaryStamp> {
    if picture.width.min(picture.height) < MIN_CODE_SIDE {
        return Vec::new();
    }
    let mut image = rqrr::PreparedImage::prepare_from_bitmap(picture.width, picture.height, |x, y| picture.get(x, y) < 128);
    let text = |grid: &rqrr::Grid<_>| grid.decode().ok().map(|(_, text)| text);
    image.detect_grids().iter().filter_map(text).filter_map(|text| SummaryStamp::parse(&text).ok()).collect()
}

#[cfg(test)]
mod tests;
