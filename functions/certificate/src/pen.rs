//! Lines and curves as the operators of a content stream (ISO 32000-1, 8.5).

use std::fmt::Write as _;

use rules::notice::layout::Colour;

use crate::layout::PT_PER_MM;

/// A content stream; coordinates in mm from the top left.
pub(crate) struct Pen {
    pub(crate) content: String,
    /// Of the page, mm.
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Pen {
    pub(crate) fn op(&mut self, operands: &[f32], operator: &str) {
        for operand in operands {
            // A `String` takes every write. One decimal is a 28th of a millimetre; colours and pens need two.
            let decimals = if operand.abs() < 2.0 { 2 } else { 1 };
            let _ = write!(self.content, "{operand:.decimals$} ");
        }
        self.content.push_str(operator);
        self.content.push('\n');
    }

    pub(crate) fn colour(&mut self, [r, g, b]: Colour) {
        self.op(&[r, g, b], "RG");
        self.op(&[r, g, b], "rg");
    }

    pub(crate) fn points(&mut self, points: &[(f32, f32)], operator: &str) {
        let operands: Vec<f32> = points.iter().flat_map(|&(x, y)| [x * PT_PER_MM, (self.height - y) * PT_PER_MM]).collect();
        self.op(&operands, operator);
    }

    /// For small shapes: a 280th of a millimetre.
    pub(crate) fn fine_points(&mut self, points: &[(f32, f32)], operator: &str) {
        for (x, y) in points {
            let _ = write!(self.content, "{:.2} {:.2} ", x * PT_PER_MM, (self.height - y) * PT_PER_MM);
        }
        self.op(&[], operator);
    }

    pub(crate) fn line(&mut self, from: (f32, f32), to: (f32, f32)) {
        self.points(&[from], "m");
        self.points(&[to], "l");
        self.op(&[], "S");
    }

    pub(crate) fn polygon(&mut self, points: &[(f32, f32)], paint: &str) {
        for (i, &point) in points.iter().enumerate() {
            self.points(&[point], if i == 0 { "m" } else { "l" });
        }
        self.op(&[], "h");
        self.op(&[], paint);
    }

    pub(crate) fn rectangle(&mut self, inset: f32) {
        let (right, bottom) = (self.width - inset, self.height - inset);
        self.polygon(&[(inset, inset), (right, inset), (right, bottom), (inset, bottom)], "S");
    }

    pub(crate) fn diamond(&mut self, (x, y): (f32, f32), half: f32, paint: &str) {
        self.polygon(&[(x - half, y), (x, y - half), (x + half, y), (x, y + half)], paint);
    }

    /// Draws what `motif` draws around (0, 0), at `at` and turned. A repeated motif is the same text each time, which deflates to
    /// almost nothing.
    pub(crate) fn placed(&mut self, (x, y): (f32, f32), turn: f32, motif: impl FnOnce(&mut Self)) {
        let (sin, cos) = turn.sin_cos();
        let (x, y) = (x * PT_PER_MM, (self.height - y) * PT_PER_MM);
        let _ = writeln!(self.content, "q {cos:.3} {:.3} {sin:.3} {cos:.3} {x:.1} {y:.1} cm", -sin);
        let height = std::mem::replace(&mut self.height, 0.0);
        motif(self);
        self.height = height;
        self.op(&[], "Q");
    }

    /// An ellipse with half axes `a` and `b`.
    pub(crate) fn ellipse(&mut self, (x, y): (f32, f32), a: f32, b: f32) {
        // The usual four curves; off by at most 0.03 %.
        const K: f32 = 0.5523;
        let at = |u: f32, v: f32| (x + a * u, y + b * v);
        self.points(&[at(1.0, 0.0)], "m");
        self.points(&[at(1.0, K), at(K, 1.0), at(0.0, 1.0)], "c");
        self.points(&[at(-K, 1.0), at(-1.0, K), at(-1.0, 0.0)], "c");
        self.points(&[at(-1.0, -K), at(-K, -1.0), at(0.0, -1.0)], "c");
        self.points(&[at(K, -1.0), at(1.0, -K), at(1.0, 0.0)], "c");
        self.op(&[], "S");
    }

    /// A wave from (0, 0) along x, of `length` and height.
    pub(crate) fn wave(&mut self, length: f32, height: f32) {
        // Control points that give a sine's height and its slope at the ends.
        let (lift, reach) = (height * 4.0 / 3.0, 0.4244 / 2.0);
        self.points(&[(0.0, 0.0)], "m");
        for (start, side) in [(0.0, lift), (0.5, -lift)] {
            let at = |along: f32, side: f32| ((start + along) * length, side);
            self.points(&[at(reach, side), at(0.5 - reach, side), at(0.5, 0.0)], "c");
        }
        self.op(&[], "S");
    }
}
