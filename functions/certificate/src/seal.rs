//! A drawn seal: a circle, a star, the issuer's name along the upper arc (GB/T 33481 names the parts; sizes are shares of the
//! circle). Outlines, no text: it is a picture, and is not extracted.

use std::f32::consts::PI;

use rules::layout::{Area, Colour};
use rustybuzz::ttf_parser::OutlineBuilder;

use crate::fonts::Fonts;
use crate::frame::Pen;
use crate::layout::PT_PER_MM;

/// Vermilion.
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
