//! Drawn faces, of nobody: the photos of made-up winners.
//!
//! Points are in pixels of the photo, `x` from its middle and `y` from its upper edge. There are no functions in it that
//! machines compute differently: the same person is drawn in the same bytes everywhere.

use anyhow::Result;
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

use crate::people::Person;

/// One inch (25 × 35 mm), as the notice wants it.
const SIZE: (u32, u32) = (295, 413);
/// Drawn this much larger, then made smaller: that makes the edges smooth.
const SCALE: u32 = 4;
const QUALITY: u8 = 90;

type Point = (f32, f32);
type Colour = [u8; 3];

const SKINS: [Colour; 4] = [[246, 214, 190], [240, 204, 177], [234, 195, 166], [250, 222, 200]];
const HAIRS: [Colour; 4] = [[58, 42, 36], [38, 32, 32], [74, 54, 44], [30, 30, 36]];
const COATS: [Colour; 7] = [[44, 62, 96], [36, 40, 48], [48, 84, 82], [62, 66, 74], [96, 74, 110], [92, 80, 66], [110, 52, 60]];
const TIES: [Colour; 3] = [[150, 44, 52], [52, 88, 140], [96, 98, 106]];
const IRISES: [Colour; 3] = [[58, 38, 28], [44, 32, 28], [70, 46, 32]];
const WHITE: Colour = [255; 3];
const SHIRT: Colour = [244, 246, 250];
const SEAM: Colour = [214, 220, 230];
const LINE: Colour = [40, 28, 26];

/// The photo of the `n`-th winner of a roster, as JPEG: neighbours do not look alike.
pub fn photo(n: usize, person: &Person) -> Result<Vec<u8>> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&Face::of(n, person.gender == "女").draw())?;
    Ok(jpeg)
}

/// What somebody looks like.
struct Face {
    woman: bool,
    skin: Colour,
    /// Skin in the shade.
    shade: Colour,
    hair: Colour,
    /// One of three ways to wear it.
    style: usize,
    coat: Colour,
    /// None: a cardigan without collar.
    tie: Option<Colour>,
    iris: Colour,
    glasses: bool,
    /// How much wider than others the head is, on each side.
    wide: f32,
    /// Half the width of the mouth.
    mouth: f32,
}

impl Face {
    fn of(n: usize, woman: bool) -> Self {
        let skin = SKINS[n % SKINS.len()];
        Self {
            woman,
            skin,
            shade: [scaled(skin[0], 0.9), scaled(skin[1], 0.83), scaled(skin[2], 0.78)],
            hair: HAIRS[n % HAIRS.len()],
            style: n % 3,
            coat: COATS[n % COATS.len()],
            tie: (n / 2 % 3 != 2).then_some(TIES[n % TIES.len()]),
            iris: IRISES[n % IRISES.len()],
            glasses: n % 6 == 1,
            wide: [0.0, 2.0, 1.0, 3.0][n % 4],
            mouth: [23.0, 24.0, 25.0][n % 3],
        }
    }

    fn draw(&self) -> RgbImage {
        let mut canvas = Canvas::new();
        self.draw_hair_behind(&mut canvas);
        self.draw_neck(&mut canvas);
        self.draw_clothes(&mut canvas);
        self.draw_head(&mut canvas);
        for side in [1.0, -1.0] {
            self.draw_eye(&mut canvas, side);
        }
        self.draw_nose_and_mouth(&mut canvas);
        if self.woman {
            self.draw_womans_hair(&mut canvas);
        } else {
            self.draw_mans_hair(&mut canvas);
        }
        if self.glasses {
            self.draw_glasses(&mut canvas);
        }
        canvas.photo()
    }

    fn draw_hair_behind(&self, canvas: &mut Canvas) {
        let outline = match self.style {
            _ if !self.woman => return,
            0 => both_halves(&[
                (0., 46.),
                (46., 54.),
                (84., 100.),
                (92., 170.),
                (96., 240.),
                (104., 296.),
                (92., 318.),
                (60., 322.),
                (30., 318.),
            ]),
            1 => both_halves(&[(0., 46.), (46., 52.), (84., 94.), (92., 160.), (94., 214.), (90., 248.), (70., 262.), (30., 262.)]),
            _ => ellipse((0., 42.), 24., 19.),
        };
        canvas.fill(&outline, darker(self.hair, 0.8), 1.0);
    }

    fn draw_neck(&self, canvas: &mut Canvas) {
        let neck = [(0., 200.), (40., 210.), (38., 262.), (38., 290.), (44., 305.), (30., 340.), (0., 352.)];
        canvas.fill(&both_halves(&neck), self.shade, 1.0);
        // The coat reaches up to the neck; what it leaves open at the throat is skin, below the shadow of the chin.
        let shoulders =
            [(0., 352.), (40., 306.), (52., 303.), (92., 318.), (122., 336.), (136., 372.), (142., 420.), (142., 424.), (0., 424.)];
        canvas.fill(&both_halves(&shoulders), self.coat, 1.0);
        let throat = [(0., 240.), (37., 254.), (38., 290.), (44., 304.), (22., 334.), (0., 352.)];
        canvas.fill(&both_halves(&throat), self.shade, 1.0);
        let lit = [(0., 296.), (20., 291.), (37., 276.), (38., 292.), (44., 304.), (22., 334.), (0., 352.)];
        canvas.fill(&both_halves(&lit), mixed(self.shade, self.skin), 1.0);
    }

    fn draw_clothes(&self, canvas: &mut Canvas) {
        if let Some(tie) = self.tie {
            let shirt = [(-40., 308.), (0., 352.), (40., 308.), (52., 330.), (16., 424.), (-16., 424.), (-52., 330.)];
            canvas.fill(&shirt, SHIRT, 1.0);
            if !self.woman {
                canvas.fill(&[(-9., 352.), (9., 352.), (6., 366.), (-6., 366.)], darker(tie, 0.85), 1.0);
                canvas.fill(&[(-6., 366.), (6., 366.), (13., 424.), (-13., 424.)], tie, 1.0);
            }
            canvas.fill_twice(&[(40., 300.), (45., 303.), (50., 316.), (24., 362.), (0., 352.)], SHIRT, 1.0);
            canvas.fill_twice(&stroke(&[(50., 316.), (38., 340.), (24., 362.), (12., 357.), (0., 351.)], [0.8, 1.2, 0.8]), SEAM, 1.0);
            let lapel = [(47., 301.), (58., 306.), (70., 352.), (58., 362.), (64., 372.), (15., 424.), (10., 424.), (48., 330.)];
            canvas.fill_twice(&lapel, darker(self.coat, 0.86), 1.0);
            canvas.fill_twice(&stroke(&[(70., 352.), (58., 362.), (64., 372.)], [0.8, 1.2, 0.8]), darker(self.coat, 0.65), 1.0);
        } else {
            let hem = [(0., 352.), (22., 335.), (40., 303.), (46., 301.), (46., 316.), (26., 346.), (0., 364.)];
            canvas.fill_twice(&closed(&hem), darker(self.coat, 0.8), 1.0);
            canvas.fill(&stroke(&[(0., 364.), (0., 424.)], [1.0, 1.2, 1.2]), darker(self.coat, 0.75), 1.0);
            for button in [384., 408.] {
                canvas.fill(&ellipse((6., button), 2.6, 2.6), darker(self.coat, 0.6), 1.0);
            }
        }
        canvas.fill_twice(&stroke(&[(106., 378.), (109., 398.), (110., 424.)], [0.5, 1.4, 1.6]), darker(self.coat, 0.75), 1.0);
    }

    fn draw_head(&self, canvas: &mut Canvas) {
        canvas.fill_twice(&ellipse((73. + self.wide, 186.), 11., 19.), self.skin, 1.0);
        canvas.fill_twice(&ellipse((74.5 + self.wide, 187.), 6., 12.), self.shade, 1.0);
        let (jaw, chin) = if self.woman { (0., 276.) } else { (4., 279.) };
        let wide = self.wide;
        let half = [
            (0., 72.),
            (44., 80.),
            (71. + wide, 120.),
            (74. + wide, 168.),
            (70. + wide, 210.),
            (54. + jaw + wide, 246.),
            (27. + jaw, 270.),
            (0., chin),
        ];
        canvas.fill(&both_halves(&half), self.skin, 1.0);
        if self.woman {
            for (across, down) in [(20., 12.), (17.4, 10.4), (14.8, 8.8), (12.2, 7.2), (9.6, 5.6), (7., 4.)] {
                canvas.fill_twice(&ellipse((46., 218.), across, down), [236, 150, 140], 0.045);
            }
        }
    }

    /// `side` is 1 or -1.
    fn draw_eye(&self, canvas: &mut Canvas, side: f32) {
        let mirrored = |points: &[Point]| -> Vec<Point> { points.iter().map(|&(x, y)| (side * x, y)).collect() };
        let (open, lash, brow) = if self.woman { (1.5, 3.2, [3.6, 4.2, 1.0]) } else { (0.4, 2.6, [5.0, 6.0, 1.0]) };
        let lid: [Point; 5] = [(13.5, 188.), (21., 180.2 - open), (32., 177.2 - open), (43., 180.2 - open), (50.5, 186.6)];
        let eye = [lid.as_slice(), &[(43., 191.6), (32., 193.8), (21., 192.)]].concat();
        canvas.fill(&mirrored(&closed(&eye)), [253; 3], 1.0);
        canvas.fill(&mirrored(&ellipse((32., 185.), 7.4, 7.8)), self.iris, 1.0);
        canvas.fill(&mirrored(&ellipse((32., 185.), 3.7, 3.8)), [16, 12, 12], 1.0);
        // The light comes from one side.
        canvas.fill(&ellipse((side * 32. + 2.6, 182.2), 1.9, 1.9), WHITE, 1.0);
        // The lid covers the top of the iris.
        let skin = [[(13.5, 168.)].as_slice(), &open_curve(&lid), &[(50.5, 168.)]].concat();
        canvas.fill(&mirrored(&skin), self.skin, 1.0);
        canvas.fill(&mirrored(&stroke(&lid, [1.4, lash, 1.8])), LINE, 1.0);
        canvas.fill(&mirrored(&stroke(&[(20., 194.), (32., 196.2), (43., 194.)], [0.3, 0.9, 0.3])), self.shade, 1.0);
        let crease = [(19., 174.5 - open), (32., 171. - open), (45., 175. - open)];
        canvas.fill(&mirrored(&stroke(&crease, [0.4, 1.2, 0.4])), self.shade, 1.0);
        let hairs = mirrored(&stroke(&[(14., 160.), (27., 156.5), (41., 156.5), (52., 163.)], brow));
        canvas.fill(&hairs, mixed(self.shade, self.hair), 1.0);
    }

    fn draw_nose_and_mouth(&self, canvas: &mut Canvas) {
        let nose = [(7., 229.5), (14., 224.), (16., 217.), (11., 221.), (0., 229.)];
        let left = nose.iter().rev().skip(1).map(|&(x, y)| (-x, y));
        let nose: Vec<Point> = [(0., 226.)].into_iter().chain(nose).chain(left).collect();
        canvas.fill(&closed(&nose), self.shade, 1.0);
        canvas.fill(&stroke(&[(6.5, 196.), (8., 208.), (12., 216.)], [0.3, 1.2, 0.5]), self.shade, 1.0);
        let (lips, full) = if self.woman { ([196, 98, 96], 1.0) } else { ([190, 122, 108], 0.55) };
        let half = [
            (0., 246. - 3.2 * full),
            (4., 246. - 4.4 * full),
            (11., 246. - 2.8 * full),
            (self.mouth, 243.6),
            (12., 247. + 5.5 * full),
            (0., 247. + 8. * full),
        ];
        canvas.fill(&both_halves(&half), lips, 1.0);
        let corner = self.mouth + 2.;
        let between = [(-corner, 242.2), (-13., 246.4), (0., 247.8), (13., 246.4), (corner, 242.2)];
        canvas.fill(&stroke(&between, [0.9, 1.9, 0.9]), darker(lips, 0.6), 1.0);
        canvas.fill(&stroke(&[(-8., 262.), (0., 263.4), (8., 262.)], [0.3, 1.2, 0.3]), self.shade, 1.0);
    }

    fn draw_womans_hair(&self, canvas: &mut Canvas) {
        match self.style {
            // Long, parted in the middle.
            0 => {
                let half = [
                    (0., 46.),
                    (46., 54.),
                    (82., 96.),
                    (91., 160.),
                    (92., 220.),
                    (84., 250.),
                    (78., 222.),
                    (78., 180.),
                    (70., 140.),
                    (44., 112.),
                    (14., 92.),
                    (0., 76.),
                ];
                canvas.fill_twice(&closed(&half), self.hair, 1.0);
                canvas.fill_twice(&stroke(&[(20., 62.), (52., 84.), (74., 128.)], [0.5, 3., 0.5]), lighter(self.hair), 0.5);
            }
            // A bob with a fringe.
            1 => {
                let half = [
                    (0., 43.),
                    (44., 54.),
                    (80., 94.),
                    (91., 156.),
                    (93., 212.),
                    (88., 246.),
                    (77., 248.),
                    (77., 200.),
                    (76., 164.),
                    (70., 141.),
                    (42., 144.),
                    (0., 145.),
                ];
                canvas.fill(&both_halves(&half), self.hair, 1.0);
                canvas.fill(&stroke(&[(-56., 92.), (0., 76.), (56., 92.)], [0.5, 5., 0.5]), lighter(self.hair), 0.45);
            }
            // Pinned up.
            _ => {
                let half = [
                    (0., 46.),
                    (46., 55.),
                    (78., 98.),
                    (83., 150.),
                    (80., 178.),
                    (74., 168.),
                    (70., 138.),
                    (52., 110.),
                    (24., 98.),
                    (0., 95.),
                ];
                canvas.fill(&both_halves(&half), self.hair, 1.0);
                for strand in [[(8., 90.), (34., 76.), (52., 72.)], [(40., 100.), (58., 92.), (68., 92.)]] {
                    canvas.fill_twice(&stroke(&strand, [0.4, 1.4, 0.4]), lighter(self.hair), 0.6);
                }
            }
        }
    }

    fn draw_mans_hair(&self, canvas: &mut Canvas) {
        let (outline, shine): (Vec<Point>, [Point; 4]) = match self.style {
            // Parted on one side.
            0 => {
                let top =
                    [(-78., 178.), (-83., 140.), (-80., 96.), (-50., 58.), (0., 46.), (48., 54.), (80., 94.), (84., 140.), (78., 178.)];
                let brow = [
                    (73., 150.),
                    (68., 128.),
                    (56., 110.),
                    (20., 104.),
                    (-20., 98.),
                    (-42., 88.),
                    (-56., 112.),
                    (-68., 130.),
                    (-73., 152.),
                ];
                ([top.as_slice(), &brow].concat(), [(-40., 86.), (-14., 72.), (24., 68.), (54., 82.)])
            }
            // Short.
            1 => {
                let top =
                    [(-77., 170.), (-81., 134.), (-76., 92.), (-46., 60.), (0., 52.), (46., 60.), (76., 92.), (81., 134.), (77., 170.)];
                let brow = [(72., 146.), (66., 122.), (44., 108.), (0., 104.), (-44., 108.), (-66., 122.), (-72., 146.)];
                ([top.as_slice(), &brow].concat(), [(-44., 80.), (-14., 71.), (14., 71.), (44., 80.)])
            }
            // Combed up.
            _ => {
                let top =
                    [(-77., 174.), (-82., 136.), (-78., 92.), (-52., 54.), (-10., 42.), (36., 46.), (70., 74.), (82., 110.), (82., 140.)];
                let brow = [
                    (77., 174.),
                    (73., 148.),
                    (69., 124.),
                    (60., 104.),
                    (36., 98.),
                    (0., 104.),
                    (-36., 110.),
                    (-60., 112.),
                    (-69., 128.),
                    (-73., 150.),
                ];
                ([top.as_slice(), &brow].concat(), [(-50., 92.), (-20., 80.), (20., 66.), (50., 66.)])
            }
        };
        canvas.fill(&closed(&outline), self.hair, 1.0);
        canvas.fill(&stroke(&shine, [0.5, 3., 0.5]), lighter(self.hair), 0.5);
    }

    fn draw_glasses(&self, canvas: &mut Canvas) {
        let frame = [52, 50, 54];
        let width = [2.2; 3];
        // Where one outline lies within the other is the hole.
        let rim = [(24.7, 20.3), (22.5, 18.1)].map(|(across, down)| {
            let outline = ellipse((32., 187.), across, down);
            [outline.as_slice(), &outline[..1]].concat()
        });
        canvas.fill_twice(&rim.concat(), frame, 1.0);
        canvas.fill_twice(&stroke(&[(55., 183.), (74. + self.wide, 180.)], width), frame, 1.0);
        canvas.fill(&stroke(&[(-9., 184.), (0., 181.), (9., 184.)], width), frame, 1.0);
    }
}

fn scaled(value: u8, factor: f32) -> u8 {
    (f32::from(value) * factor) as u8
}

fn darker(colour: Colour, factor: f32) -> Colour {
    colour.map(|value| scaled(value, factor))
}

fn lighter(colour: Colour) -> Colour {
    colour.map(|value| value.saturating_add(26))
}

/// One third of the first, two thirds of the second.
fn mixed(first: Colour, second: Colour) -> Colour {
    std::array::from_fn(|channel| ((u16::from(first[channel]) + 2 * u16::from(second[channel])) / 3) as u8)
}

/// Points of a curve between two of its points; the curve goes through all four (Catmull–Rom).
fn between([before, from, to, after]: [Point; 4]) -> impl Iterator<Item = Point> {
    let along = |before: f32, from: f32, to: f32, after: f32, t: f32| {
        let (linear, square) = (to - before, 2. * before - 5. * from + 4. * to - after);
        0.5 * (2. * from + (linear + (square + (3. * from - before - 3. * to + after) * t) * t) * t)
    };
    (0..12_u8).map(move |step| {
        let t = f32::from(step) / 12.;
        (along(before.0, from.0, to.0, after.0, t), along(before.1, from.1, to.1, after.1, t))
    })
}

/// A smooth outline through the points.
fn closed(points: &[Point]) -> Vec<Point> {
    let at = |index: usize| points[index % points.len()];
    (0..points.len()).flat_map(|i| between([at(i + points.len() - 1), at(i), at(i + 1), at(i + 2)])).collect()
}

/// A smooth line from the first of the points to the last.
fn open_curve(points: &[Point]) -> Vec<Point> {
    let last = points.len() - 1;
    let at = |index: usize| points[index.min(last)];
    let line = (0..last).flat_map(|i| between([at(i.saturating_sub(1)), at(i), at(i + 1), at(i + 2)]));
    line.chain([points[last]]).collect()
}

/// The outline of which the points are the right half, from the middle's top to its bottom.
fn both_halves(right: &[Point]) -> Vec<Point> {
    let left = right.iter().rev().filter(|(x, _)| *x != 0.).map(|&(x, y)| (-x, y));
    closed(&right.iter().copied().chain(left).collect::<Vec<_>>())
}

fn ellipse((x, y): Point, across: f32, down: f32) -> Vec<Point> {
    use std::f32::consts::FRAC_1_SQRT_2 as DIAGONAL;
    let round = [(0., -1.), (DIAGONAL, -DIAGONAL), (1., 0.), (DIAGONAL, DIAGONAL)];
    let points = round.into_iter().chain(round.map(|(a, b)| (-a, -b)));
    closed(&points.map(|(a, b)| (x + a * across, y + b * down)).collect::<Vec<_>>())
}

/// The outline of a line through the points, with its widths at the first point, in the middle and at the last.
fn stroke(points: &[Point], [first, middle, last]: [f32; 3]) -> Vec<Point> {
    let line = open_curve(points);
    let end = line.len() - 1;
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (index, &(x, y)) in line.iter().enumerate() {
        let (before, after) = (line[index.saturating_sub(1)], line[(index + 1).min(end)]);
        let (dx, dy) = (after.0 - before.0, after.1 - before.1);
        // From 0 to 2.
        let along = 2. * index as f32 / end as f32;
        let width = if along < 1. { first * (1. - along) + middle * along } else { middle * (2. - along) + last * (along - 1.) };
        let out = width / 2. / (dx * dx + dy * dy).sqrt();
        left.push((x - dy * out, y + dx * out));
        right.push((x + dy * out, y - dx * out));
    }
    left.extend(right.into_iter().rev());
    left
}

/// The enlarged picture.
struct Canvas(RgbImage);

impl Canvas {
    fn new() -> Self {
        Self(RgbImage::from_pixel(SIZE.0 * SCALE, SIZE.1 * SCALE, Rgb(WHITE)))
    }

    /// The outline and its mirror image.
    fn fill_twice(&mut self, outline: &[Point], colour: Colour, cover: f32) {
        self.fill(outline, colour, cover);
        self.fill(&outline.iter().map(|&(x, y)| (-x, y)).collect::<Vec<_>>(), colour, cover);
    }

    /// Paints what is inside the outline, not what it goes around twice; a cover of 1 hides what is there.
    fn fill(&mut self, outline: &[Point], colour: Colour, cover: f32) {
        let (width, height) = self.0.dimensions();
        let corners: Vec<Point> = outline.iter().map(|(x, y)| ((x + SIZE.0 as f32 / 2.) * SCALE as f32, y * SCALE as f32)).collect();
        // The pixels whose middles lie between two places.
        let inside = |from: f32, to: f32, limit: u32| ((from - 0.5).ceil().max(0.) as u32)..((to - 0.5).ceil().max(0.) as u32).min(limit);
        let (top, bottom) = corners.iter().fold((f32::MAX, f32::MIN), |(top, bottom), (_, y)| (top.min(*y), bottom.max(*y)));
        for row in inside(top, bottom, height) {
            let y = row as f32 + 0.5;
            let edges = corners.iter().zip(corners.iter().cycle().skip(1));
            let crossed = edges.filter(|(from, to)| (from.1 <= y) != (to.1 <= y));
            let mut crossings: Vec<f32> = crossed.map(|(from, to)| from.0 + (to.0 - from.0) * (y - from.1) / (to.1 - from.1)).collect();
            crossings.sort_by(f32::total_cmp);
            for pair in crossings.chunks_exact(2) {
                for column in inside(pair[0], pair[1], width) {
                    let pixel = &mut self.0.get_pixel_mut(column, row).0;
                    *pixel = std::array::from_fn(|channel| {
                        let under = f32::from(pixel[channel]);
                        (under + (f32::from(colour[channel]) - under) * cover).round() as u8
                    });
                }
            }
        }
    }

    /// Each pixel is the mean of those it was drawn with.
    fn photo(&self) -> RgbImage {
        RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
            let parts = (0..SCALE * SCALE).map(|part| self.0.get_pixel(x * SCALE + part % SCALE, y * SCALE + part / SCALE).0);
            let sums = parts.fold([0_u32; 3], |sums, part| std::array::from_fn(|channel| sums[channel] + u32::from(part[channel])));
            Rgb(sums.map(|sum| (sum / (SCALE * SCALE)) as u8))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;

    use rules::intake::check::RowChecker;
    use rules::intake::photos::PhotoFile;
    use rules::{catalogue::Catalogues, intake::contest::Contest};

    use super::*;
    use crate::folder::notice;
    use crate::people::person;
    use crate::saizheng::root;

    #[test]
    fn a_photo_is_printed_as_it_is_and_nothing_is_said_about_it() -> Result<()> {
        let rule = notice()?.photo;
        for n in 0..12 {
            for winner in [person(0), person(1)] {
                let jpeg = photo(n, &winner)?;
                let portrait = certificate::portrait(&jpeg, &rule)?;
                assert_eq!((portrait.concerns, portrait.jpeg == jpeg), (vec![], true), "{n} {}", winner.gender);
            }
        }
        Ok(())
    }

    #[test]
    fn no_two_of_a_roster_look_the_same_and_nobody_changes() -> Result<()> {
        let photos = (0..8).map(|n| photo(n, &person(0))).collect::<Result<HashSet<_>>>()?;
        assert_eq!(photos.len(), 8);
        assert!(photos.contains(&photo(7, &person(0))?));
        Ok(())
    }

    #[test]
    fn the_sample_has_a_photo_for_every_winner_and_no_other() -> Result<()> {
        let sample = root().join("tests/samples/hosted");
        let (notice, catalogues) = (notice()?, Catalogues::built_in()?);
        let contest: Contest = toml::from_str(&fs::read_to_string(sample.join("contest.toml"))?)?;
        let bytes = fs::read(sample.join("roster.xlsx"))?;
        let mut workbook = roster::Roster::open(&bytes, &notice.roster, "roster.xlsx").expect("a roster");
        let sheet = workbook.sheet().to_owned();
        let mut checker = RowChecker::new(&notice, &catalogues, &contest, &sheet, &|_| true);
        let mut winners = Vec::new();
        assert_eq!(workbook.rows(|raw| winners.push(checker.check(raw))), []);
        let (entries, findings): (Vec<_>, Vec<_>) = winners.into_iter().unzip();
        let entries: Vec<_> = entries.into_iter().flatten().collect();
        assert_eq!((entries.len(), findings.concat()), (8, vec![]));

        let mut archive = zip::ZipArchive::new(fs::File::open(sample.join("photos.zip"))?)?;
        let mut files = Vec::new();
        for (index, winner) in entries.iter().enumerate() {
            let mut file = archive.by_index(index)?;
            let mut jpeg = Vec::new();
            std::io::copy(&mut file, &mut jpeg)?;
            files.push(PhotoFile { index, name: file.name()?.into_owned() });
            let gender = if winner.gender == rules::values::identity::Gender::Female { "女" } else { "男" };
            assert!(jpeg == photo(index, &crate::people::Person { gender, ..person(0) })?, "{index} is drawn differently now");
        }
        assert_eq!(archive.len(), files.len());
        assert_eq!(rules::intake::photos::compare(&notice, &sheet, &entries, &files), []);
        Ok(())
    }
}
