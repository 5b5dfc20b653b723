//! What is the same on every page: border, ornaments, empty places. Vectors only, written once per document as a form.

use std::f32::consts::PI;

use rules::notice::layout::{Area, Colour, Layout};

use crate::fonts::Fonts;
use crate::pen::Pen;
use crate::seal::{self, Seal};

/// Border and ornaments.
pub(crate) const GOLD: Colour = [0.66, 0.51, 0.25];
/// Net of fine lines under the text: faint enough for a scanner to drop.
const FAINT: Colour = [0.965, 0.94, 0.885];
/// Empty places: seal, and words in it and in the photo's.
pub(crate) const GREY: Colour = [0.68, 0.68, 0.68];

/// Middle of the border's band, mm from the page's edge, and half its width.
const BAND: f32 = 11.0;
const HALF_BAND: f32 = 2.6;
/// Length of one wave of the band, about; mm.
const WAVE: f32 = 8.0;
/// Centre line of the ornament under the title, mm from the top.
const ORNAMENT_Y: f32 = 45.5;
/// Fold between the columns: from, to; mm.
const DIVIDER: (f32, f32) = (55.0, 183.0);
/// Half a side of the square in each corner, mm.
const CORNER: f32 = 4.6;

/// The content stream, in page coordinates.
pub(crate) fn content(layout: &Layout, fonts: &Fonts, seal: Option<&Seal>) -> String {
    let [width, height] = layout.page;
    let mut pen = Pen { content: String::new(), width, height };
    net(&mut pen);
    border(&mut pen);
    ornament(&mut pen);
    pen.op(&[0.35], "w");
    let (middle, (top, bottom)) = (width * 0.478, DIVIDER);
    pen.line((middle, top), (middle, bottom));
    pen.diamond((middle, top + (bottom - top) / 2.0), 1.2, "B");
    pen.op(&[0.4], "w");
    for [x1, y1, x2, y2] in &layout.lines {
        pen.line((*x1, *y1), (*x2, *y2));
    }
    if let Some(area) = layout.seal {
        match seal {
            Some(Seal::Drawn(name)) => seal::draw(&mut pen, fonts, area, name),
            // Painted by the plate, which has the picture.
            Some(Seal::Image(_)) => {}
            None => seal_place(&mut pen, area),
        }
    }
    pen.content
}

/// A rosette of fine ellipses, as banknote paper has.
fn net(pen: &mut Pen) {
    pen.colour(FAINT);
    pen.op(&[0.3], "w");
    let centre = (pen.width / 2.0, 118.0);
    let petals = 24_u8;
    for i in 0..petals {
        let turn = PI * f32::from(i) / f32::from(petals);
        pen.placed(centre, turn, |pen| pen.ellipse((0.0, 0.0), 62.0, 22.0));
    }
}

fn border(pen: &mut Pen) {
    pen.colour(GOLD);
    pen.op(&[1.6], "w");
    pen.rectangle(BAND - HALF_BAND - 1.1);
    pen.op(&[0.4], "w");
    pen.rectangle(BAND - HALF_BAND);
    pen.rectangle(BAND + HALF_BAND);
    pen.op(&[0.9], "w");
    pen.rectangle(BAND + HALF_BAND + 0.9);

    let (left, top, right, bottom) = (BAND, BAND, pen.width - BAND, pen.height - BAND);
    pen.op(&[0.3], "w");
    for (from, to) in [
        ((left + CORNER, top), (right - CORNER, top)),
        ((left + CORNER, bottom), (right - CORNER, bottom)),
        ((left, top + CORNER), (left, bottom - CORNER)),
        ((right, top + CORNER), (right, bottom - CORNER)),
    ] {
        waves(pen, from, to);
    }
    for corner in [(left, top), (right, top), (left, bottom), (right, bottom)] {
        let square = |half: f32| {
            [
                (corner.0 - half, corner.1 - half),
                (corner.0 + half, corner.1 - half),
                (corner.0 + half, corner.1 + half),
                (corner.0 - half, corner.1 + half),
            ]
        };
        // White under the square hides the lines that run through it.
        pen.op(&[1.0, 1.0, 1.0], "rg");
        pen.op(&[1.0], "w");
        pen.polygon(&square(CORNER), "B");
        pen.op(&[0.35], "w");
        pen.polygon(&square(CORNER - 0.8), "S");
        for i in 0..6_u8 {
            pen.placed(corner, PI * f32::from(i) / 6.0, |pen| pen.ellipse((0.0, 0.0), CORNER - 1.3, 1.1));
        }
        pen.colour(GOLD);
        pen.diamond(corner, 0.9, "f");
    }
}

/// Waves of three heights and their mirror images, along a line to the right or downwards.
fn waves(pen: &mut Pen, from: (f32, f32), to: (f32, f32)) {
    let (across, down) = (to.0 - from.0, to.1 - from.1);
    // A length in millimetres over that of a wave: a small whole number.
    let count = ((across + down) / WAVE).round() as u16;
    let length = (across + down) / f32::from(count);
    for i in 0..count {
        let along = f32::from(i) / f32::from(count);
        let turn = if down > across { PI / 2.0 } else { 0.0 };
        pen.placed((from.0 + across * along, from.1 + down * along), turn, |pen| {
            for height in [0.8, 0.5, 0.2] {
                pen.wave(length, HALF_BAND * height);
                pen.wave(length, -HALF_BAND * height);
            }
        });
    }
}

/// A line that swells in the middle, under the title.
fn ornament(pen: &mut Pen) {
    let (middle, y) = (pen.width / 2.0, ORNAMENT_Y);
    pen.diamond((middle, y), 1.5, "f");
    for side in [-1.0, 1.0] {
        pen.diamond((middle + side * 4.0, y), 0.8, "f");
        let (near, far) = (middle + side * 6.5, middle + side * 62.0);
        pen.polygon(&[(near, y), (near + side * 12.0, y - 0.25), (far, y), (near + side * 12.0, y + 0.25)], "f");
    }
}

/// Circle for the seal. The photo's frame is drawn with the page, over the photo.
fn seal_place(pen: &mut Pen, area: Area) {
    pen.colour(GREY);
    pen.op(&[0.5], "w");
    pen.content.push_str("[3 3] 0 d\n");
    pen.ellipse((area.x + area.width / 2.0, area.y + area.height / 2.0), area.width / 2.0, area.height / 2.0);
    pen.content.push_str("[] 0 d\n");
}
