//! Seals: a picture that the issuer supplies, or a drawn one: a circle, a star, the issuer's name along the upper arc
//! (GB/T 33481 names the parts; sizes are shares of the circle). Outlines, no text: neither is extracted.

use std::f32::consts::PI;

use image::{ImageFormat, ImageReader, Limits};
use lopdf::{Dictionary, Object, Stream};
use rules::notice::layout::{Area, Colour};
use rustybuzz::ttf_parser::OutlineBuilder;

use crate::document;
use crate::fonts::Fonts;
use crate::layout::PT_PER_MM;
use crate::pen::Pen;

/// A seal that is printed.
#[derive(Debug, Clone, PartialEq)]
pub enum Seal {
    /// Drawn, with that name.
    Drawn(String),
    /// A picture.
    Image(SealImage),
}

impl Seal {
    /// Tells it from others.
    pub fn id(&self) -> &str {
        match self {
            Self::Drawn(name) => name,
            Self::Image(image) => &image.id,
        }
    }
}

/// A picture of a seal on a transparent ground, ready to be put into a document.
#[derive(Clone, PartialEq)]
pub struct SealImage {
    id: String,
    width: u32,
    height: u32,
    /// Red, green, blue; deflated.
    colour: Vec<u8>,
    /// How much it covers; deflated.
    alpha: Vec<u8>,
}

impl std::fmt::Debug for SealImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealImage").field("width", &self.width).field("height", &self.height).finish_non_exhaustive()
    }
}

/// Why a picture is no seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Too many bytes.
    #[error("印章图片超过 {} KB", SealImage::MAX_BYTES / 1024)]
    TooLarge,
    /// No PNG, or a damaged one.
    #[error("不是完好的 PNG 图片")]
    NotPng,
    /// Too small or too large to print, or far from square.
    #[error("印章图片为 {width} × {height} 像素，应各在 {} 到 {} 之间，且长不超过宽的两倍", SealImage::SIDES.start(), SealImage::SIDES.end())]
    Sides {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// It would cover what is under it.
    #[error("印章图片的底色应为透明")]
    Opaque,
}

impl SealImage {
    /// Bytes that a file may have: it stands on every certificate.
    pub const MAX_BYTES: usize = 200 * 1024;
    /// Pixels on a side: 38 mm at 200 to 800 dots an inch.
    pub const SIDES: std::ops::RangeInclusive<u32> = 300..=1200;

    /// Reads a PNG; `id` tells it from others.
    ///
    /// # Errors
    /// [`SealError`]: no PNG, too large, too small, without a transparent ground.
    pub fn read(png: &[u8], id: &str) -> Result<Self, SealError> {
        if png.len() > Self::MAX_BYTES {
            return Err(SealError::TooLarge);
        }
        let mut reader = ImageReader::with_format(std::io::Cursor::new(png), ImageFormat::Png);
        let mut limits = Limits::default();
        limits.max_image_width = Some(Self::SIDES.end() * 10);
        limits.max_image_height = Some(Self::SIDES.end() * 10);
        limits.max_alloc = Some(64 << 20);
        reader.limits(limits);
        let picture = reader.decode().map_err(|_| SealError::NotPng)?.into_rgba8();
        let (width, height) = picture.dimensions();
        if !Self::SIDES.contains(&width) || !Self::SIDES.contains(&height) || width > height * 2 || height > width * 2 {
            return Err(SealError::Sides { width, height });
        }
        let corners = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)];
        if corners.iter().any(|&(x, y)| picture.get_pixel(x, y).0[3] != 0) {
            return Err(SealError::Opaque);
        }
        let colour: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel.0[0], pixel.0[1], pixel.0[2]]).collect();
        let alpha: Vec<u8> = picture.pixels().map(|pixel| pixel.0[3]).collect();
        Ok(Self { id: id.to_owned(), width, height, colour: document::deflate(&colour), alpha: document::deflate(&alpha) })
    }

    /// The picture for a document that has its mask as `mask`.
    pub(crate) fn object(&self, mask: Object) -> Stream {
        let mut stream = self.stream("DeviceRGB", &self.colour);
        stream.dict.set("SMask", mask);
        stream
    }

    /// The mask.
    pub(crate) fn mask(&self) -> Stream {
        self.stream("DeviceGray", &self.alpha)
    }

    fn stream(&self, space: &str, content: &[u8]) -> Stream {
        let entries: [(&str, Object); 7] = [
            ("Type", "XObject".into()),
            ("Subtype", "Image".into()),
            ("Width", i64::from(self.width).into()),
            ("Height", i64::from(self.height).into()),
            ("ColorSpace", space.into()),
            ("BitsPerComponent", 8.into()),
            ("Filter", "FlateDecode".into()),
        ];
        Stream::new(Dictionary::from_iter(entries), content.to_vec()).with_compression(false)
    }

    /// Operators that paint the picture, called `name`, as large as `area` allows, on a page of that height, mm.
    pub(crate) fn painted(&self, name: &str, area: Area, page_height: f32) -> String {
        // Sides are far below 2^24: exact.
        let scale = (area.width / self.width as f32).min(area.height / self.height as f32);
        let (width, height) = (self.width as f32 * scale, self.height as f32 * scale);
        let (x, y) = (area.x + (area.width - width) / 2.0, page_height - area.y - (area.height + height) / 2.0);
        let [width, height, x, y] = [width, height, x, y].map(|mm| mm * PT_PER_MM);
        format!("q {width:.2} 0 0 {height:.2} {x:.2} {y:.2} cm /{name} Do Q\n")
    }
}

/// Vermilion, as seals are printed.
const RED: Colour = [0.85, 0.08, 0.08];
/// Shares of the radius: the line, the letters' height, where they stand, the star.
const LINE: f32 = 0.05;
const LETTER: f32 = 0.27;
const BASE: f32 = 0.64;
const STAR: f32 = 0.32;
/// The most of the circle that the name takes, and the most between two letters.
const ARC: f32 = PI * 4.0 / 3.0;
const STEP: f32 = PI / 7.0;

/// Draws the seal of `name` into `area`; characters that are not in 宋 are left out: [`crate::Plate`] checks them.
pub(crate) fn draw(pen: &mut Pen, fonts: &Fonts, area: Area, name: &str) {
    let radius = area.width.min(area.height) / 2.0;
    let centre = (area.x + area.width / 2.0, area.y + area.height / 2.0);
    pen.colour(RED);
    pen.op(&[radius * LINE * PT_PER_MM], "w");
    pen.placed(centre, 0.0, |pen| {
        let edge = radius * (1.0 - LINE / 2.0);
        pen.ellipse((0.0, 0.0), edge, edge);
        star(pen, radius * STAR);
    });
    let count = u16::try_from(name.chars().count()).unwrap_or(u16::MAX).max(1);
    let step = (ARC / f32::from(count)).min(STEP);
    let size = radius * LETTER.min(step * BASE * 0.95);
    for (index, letter) in (0..count).zip(name.chars()) {
        // The middle of the name is at the top.
        let turn = (f32::from(index) - f32::from(count - 1) / 2.0) * step;
        let at = (centre.0 + radius * BASE * turn.sin(), centre.1 - radius * BASE * turn.cos());
        pen.placed(at, turn, |pen| glyph(pen, fonts, letter, size));
    }
}

/// Five points, the first at the top.
fn star(pen: &mut Pen, radius: f32) {
    // The inner corners of a regular star.
    let inner = radius * 0.382;
    let corner = |i: u8| {
        let (radius, turn) = (if i.is_multiple_of(2) { radius } else { inner }, PI * f32::from(i) / 5.0);
        (radius * turn.sin(), -radius * turn.cos())
    };
    pen.polygon(&(0..10).map(corner).collect::<Vec<_>>(), "f");
}

/// A letter above (0, 0), `size` mm high.
fn glyph(pen: &mut Pen, fonts: &Fonts, letter: char, size: f32) {
    let Some((glyph, em)) = fonts.seal_letter(letter) else { return };
    let mut outline = Outline { pen, scale: size / em, half: size * glyph.width / 2.0, at: (0.0, 0.0) };
    fonts.outline(&glyph, &mut outline);
    pen.op(&[], "f");
}

/// A glyph's outline as operators.
struct Outline<'p> {
    pen: &'p mut Pen,
    scale: f32,
    /// Half of the letter's width: it stands in the middle.
    half: f32,
    at: (f32, f32),
}

impl Outline<'_> {
    fn point(&self, x: f32, y: f32) -> (f32, f32) {
        (x * self.scale - self.half, -y * self.scale)
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.at = (x, y);
        self.pen.fine_points(&[self.point(x, y)], "m");
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.at = (x, y);
        self.pen.fine_points(&[self.point(x, y)], "l");
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        // The same curve with two control points.
        let third = |from: f32, to: f32| from + (to - from) * 2.0 / 3.0;
        let (x0, y0) = self.at;
        self.curve_to(third(x0, x1), third(y0, y1), third(x, x1), third(y, y1), x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.at = (x, y);
        self.pen.fine_points(&[self.point(x1, y1), self.point(x2, y2), self.point(x, y)], "c");
    }

    fn close(&mut self) {
        self.pen.op(&[], "h");
    }
}
