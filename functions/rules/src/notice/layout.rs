//! Where everything stands on a certificate: layouts as data, one for each form (全版, 套打) and certificate type.
//!
//! Lengths are millimetres from the top left corner of the page, sizes of letters are points. A layout says nothing of
//! PDF: the room `certificate` draws it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::template::Template;
use crate::values::vocabulary::{CertificateType, Form};

/// A box on the page, mm from the top left; written as `[x, y, width, height]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 4]", into = "[f32; 4]")]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// To the right.
    pub width: f32,
    /// From the upper edge down, mm.
    pub height: f32,
}

impl From<[f32; 4]> for Area {
    fn from([x, y, width, height]: [f32; 4]) -> Self {
        Self { x, y, width, height }
    }
}

impl From<Area> for [f32; 4] {
    fn from(area: Area) -> Self {
        [area.x, area.y, area.width, area.height]
    }
}

impl Area {
    /// Whether it lies within a page of that size and has an inside.
    fn is_on(&self, [width, height]: [f32; 2]) -> bool {
        let inside = |from: f32, length: f32, end: f32| from >= 0.0 && length >= 0.0 && from + length <= end + 0.01;
        inside(self.x, self.width, width) && inside(self.y, self.height, height)
    }
}

/// What a text is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FontRole {
    /// 宋
    #[serde(rename = "宋")]
    Song,
    /// 仿宋: a file that the Center supplies; 宋 where there is none.
    #[serde(rename = "仿宋")]
    FangSong,
    /// 楷
    #[serde(rename = "楷")]
    Kai,
    /// 黑
    #[serde(rename = "黑")]
    Hei,
}

/// How a text stands in its box, across.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// From the left edge.
    Left,
    /// In the middle.
    Centre,
    /// Both edges, the last line from the left.
    Justify,
}

/// How a text is set, and how it may be fitted into its box.
///
/// The fit rule is: on one line, shrunk from the first size down to the second; else broken into lines, from the first
/// size down to the third; else refused. Where the second and third size are the same and the box is as high as one
/// line, a text is shrunk or refused, never wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// Which font is tried first.
    pub font: FontRole,
    /// Where the text stands between left and right.
    pub align: Align,
    /// pt: wanted; the smallest on one line; the smallest of all.
    pub sizes: [f32; 3],
    /// Distance of lines, in em.
    pub leading: f32,
    /// Indent of the first line, in em.
    #[serde(default)]
    pub indent: f32,
    /// Red, green, blue, each 0–1.
    #[serde(default = "ink")]
    pub colour: Colour,
    /// Stroke around the letters, pt: where there is no bold face.
    #[serde(default)]
    pub bold: f32,
}

/// Red, green, blue, each 0–1.
pub type Colour = [f32; 3];

/// What is filled in.
pub const INK: Colour = [0.1, 0.1, 0.1];

fn ink() -> Colour {
    INK
}

/// A text of a layout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextBox {
    /// What it is, for findings.
    pub part: String,
    /// Fixed words and `{values}`; it is left out where one of the values is empty.
    pub text: Template,
    /// The box that it stands in.
    pub at: Area,
    /// Name of its style among [`Layout::styles`].
    pub style: String,
}

/// A form of a certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Which form.
    pub form: Form,
    /// For these certificates.
    pub certificate_types: Vec<CertificateType>,
    /// Where it stands.
    pub clause: String,
    /// Width and height, mm.
    pub page: [f32; 2],
    /// Whether border, ornaments and the places for photo and seal are drawn.
    #[serde(default)]
    pub art: bool,
    /// The holder's photo.
    #[serde(default)]
    pub photo: Option<Area>,
    /// QR code of the verification address, without its quiet zone of 4 modules.
    #[serde(default)]
    pub qr: Option<Area>,
    /// The seal of the issuing body.
    #[serde(default)]
    pub seal: Option<Area>,
    /// Thin lines: from x, y to x, y.
    #[serde(default)]
    pub lines: Vec<[f32; 4]>,
    /// By name.
    pub styles: BTreeMap<String, Style>,
    /// In reading order: that is the order they are extracted in.
    pub texts: Vec<TextBox>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

impl Layout {
    /// The style of a text.
    pub fn style_of(&self, text: &TextBox) -> Option<&Style> {
        self.styles.get(&text.style)
    }

    /// What is wrong with it, in words for whoever wrote it.
    pub(crate) fn contradiction(&self) -> Option<String> {
        if !self.page.iter().all(|side| (20.0..=1000.0).contains(side)) {
            return Some(format!("layouts 的 page {:?} 应为毫米", self.page));
        }
        let frames = [self.photo, self.qr, self.seal].into_iter().flatten();
        if let Some(area) = frames.chain(self.texts.iter().map(|text| text.at)).find(|area| !area.is_on(self.page)) {
            return Some(format!("layouts 的方框 {:?} 超出纸面 {:?}", <[f32; 4]>::from(area), self.page));
        }
        let line = |line: &&[f32; 4]| {
            let [x, y, to_x, to_y] = **line;
            let [width, height] = self.page;
            ![(x, width), (to_x, width), (y, height), (to_y, height)].iter().all(|(at, side)| (0.0..=*side).contains(at))
        };
        if let Some(line) = self.lines.iter().find(line) {
            return Some(format!("layouts 的线 {line:?} 超出纸面 {:?}", self.page));
        }
        let style = |text: &&TextBox| self.style_of(text).is_none_or(|style| !is_usable(style));
        if let Some(text) = self.texts.iter().find(style) {
            return Some(format!("layouts 的“{}”用了不可用的 style“{}”", text.part, text.style));
        }
        let unknown = |text: &TextBox| text.text.unknown().map(|name| format!("layouts 的“{}”写了未知的 {{{name}}}", text.part));
        self.texts.iter().find_map(unknown)
    }
}

/// Sizes fall and can be read, lines do not overlap, colours are colours.
fn is_usable(style: &Style) -> bool {
    let Style { sizes: [size, one_line, smallest], leading, indent, colour, bold, font: _, align: _ } = style;
    let within = |value: &f32, most: f32| (0.0..=most).contains(value);
    if !within(indent, 10.0) || !within(bold, 5.0) || !colour.iter().all(|part| within(part, 1.0)) {
        return false;
    }
    (2.0..=200.0).contains(smallest) && smallest <= one_line && one_line <= size && *size <= 200.0 && (0.9..=5.0).contains(leading)
}

/// How a printer puts a page on paper; by it everything on the page is moved and scaled, from the top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Calibration {
    /// To the right, mm.
    pub offset_x: f32,
    /// Downwards, mm.
    pub offset_y: f32,
    /// Across; 1 is as it is.
    pub scale_x: f32,
    /// Down; 1 is as it is.
    pub scale_y: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { offset_x: 0.0, offset_y: 0.0, scale_x: 1.0, scale_y: 1.0 }
    }
}

impl Calibration {
    /// The most a printer is set right by, mm: more is another tray or another sheet.
    pub const MAX_OFFSET: f32 = 30.0;
    /// The most a printer is set right by.
    pub const SCALES: RangeInclusive<f32> = 0.9..=1.1;

    /// Whether a printer can be meant.
    pub fn is_sound(&self) -> bool {
        [self.offset_x, self.offset_y].iter().all(|offset| offset.abs() <= Self::MAX_OFFSET)
            && [self.scale_x, self.scale_y].iter().all(|scale| Self::SCALES.contains(scale))
    }

    /// What sets the printer right that put points of a page, printed with this calibration, where they were measured: both in mm
    /// from the top left corner of the sheet. The straight line through the measurements, by least squares, each way for itself.
    ///
    /// # Errors
    /// The number (from 0) of the point that lies furthest off, where that is more than [`Self::MAX_RESIDUAL`]: it is measured or
    /// typed wrongly, or the paper lay askew. [`MeasuredWrongly::Unsound`] where no printer can be so far out.
    pub fn set_right(&self, points: &[[f32; 2]], measured: &[[f32; 2]]) -> Result<Self, MeasuredWrongly> {
        let along = |axis: usize, offset: f32, scale: f32| {
            let pairs = points.iter().zip(measured).map(|(point, at)| (offset + scale * point[axis], at[axis]));
            Line::through(&pairs.collect::<Vec<_>>())
        };
        let (x, y) = (along(0, self.offset_x, self.scale_x)?, along(1, self.offset_y, self.scale_y)?);
        let furthest = if x.residual.1 >= y.residual.1 { x.residual } else { y.residual };
        if furthest.1 > Self::MAX_RESIDUAL {
            return Err(MeasuredWrongly::Point(furthest.0));
        }
        // To hundredths of a millimetre, and of a hundredth of the length: finer than anybody measures.
        let rounded = |value: f32, parts: f32| (value * parts).round() / parts;
        let calibration = Self {
            offset_x: rounded(-x.start / x.slope, 100.0),
            offset_y: rounded(-y.start / y.slope, 100.0),
            scale_x: rounded(1.0 / x.slope, 10_000.0),
            scale_y: rounded(1.0 / y.slope, 10_000.0),
        };
        Some(calibration).filter(Self::is_sound).ok_or(MeasuredWrongly::Unsound)
    }

    /// The most a measured point may lie off the others, mm.
    pub const MAX_RESIDUAL: f32 = 1.0;
}

/// Why nothing can be reckoned from measurements of a calibration page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasuredWrongly {
    /// This point, from 0, lies off the others.
    Point(usize),
    /// No printer can be meant, see [`Calibration::is_sound`].
    Unsound,
}

/// Where a printer puts what is meant to be at x: at `start + slope * x`.
struct Line {
    start: f32,
    slope: f32,
    /// The point that lies furthest off, and how far.
    residual: (usize, f32),
}

impl Line {
    fn through(pairs: &[(f32, f32)]) -> Result<Self, MeasuredWrongly> {
        // Some few points.
        let count = pairs.len() as f32;
        let mean = |of: fn(&(f32, f32)) -> f32| pairs.iter().map(of).sum::<f32>() / count;
        let (from, to) = (mean(|pair| pair.0), mean(|pair| pair.1));
        let (mut both, mut square) = (0.0, 0.0);
        for (x, y) in pairs {
            both += (x - from) * (y - to);
            square += (x - from) * (x - from);
        }
        let slope = both / square;
        if !slope.is_finite() || slope <= 0.0 {
            return Err(MeasuredWrongly::Unsound);
        }
        let start = to - slope * from;
        let off = pairs.iter().map(|(x, y)| (start + slope * x - y).abs()).enumerate();
        let residual = off.max_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or_default();
        Ok(Self { start, slope, residual })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [[f32; 2]; 5] = [[25.0, 25.0], [272.0, 25.0], [25.0, 185.0], [272.0, 185.0], [148.5, 105.0]];

    /// A printer that is out: what is meant to be at a point lies here.
    fn printed(by: Calibration, [x, y]: [f32; 2]) -> [f32; 2] {
        let [x, y] = [by.offset_x + by.scale_x * x, by.offset_y + by.scale_y * y];
        [1.8 + 0.997 * x, -0.6 + 1.004 * y]
    }

    #[test]
    fn a_printer_is_set_right_by_what_is_measured_whatever_it_was_set_to() {
        for before in [Calibration::default(), Calibration { offset_x: -2.5, offset_y: 1.0, scale_x: 1.01, scale_y: 0.99 }] {
            let measured = POINTS.map(|point| printed(before, point).map(|at| (at * 10.0).round() / 10.0));
            let after = before.set_right(&POINTS, &measured).expect("measured well");
            for point in POINTS {
                let [x, y] = printed(after, point);
                assert!((x - point[0]).abs() < 0.1 && (y - point[1]).abs() < 0.1, "{after:?} {x} {y}");
            }
        }
    }

    #[test]
    fn a_point_that_is_measured_wrongly_is_named() {
        let mut measured = POINTS.map(|point| printed(Calibration::default(), point));
        measured[3][0] -= 10.0;
        assert_eq!(Calibration::default().set_right(&POINTS, &measured), Err(MeasuredWrongly::Point(3)));
        assert_eq!(Calibration::default().set_right(&POINTS, &[[5.0, 5.0]; 5]), Err(MeasuredWrongly::Unsound));
        let far = POINTS.map(|[x, y]| [x + 40.0, y]);
        assert_eq!(Calibration::default().set_right(&POINTS, &far), Err(MeasuredWrongly::Unsound));
    }
}
