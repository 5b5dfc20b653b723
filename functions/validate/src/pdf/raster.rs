//! Pictures in grey: filled row by row, made smaller on the way, so that a scan of 50 million pixels takes no more room than is looked at.

/// Pixels on the longer side of what is looked at: A4 at 300 dpi.
const MAX_SIDE: usize = 3600;

/// A black pixel is at most so many hundredths as light as those around it.
const DARKER: u32 = 92;

/// A picture, one byte a pixel, 0 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Raster {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<u8>,
}

impl Raster {
    pub(super) fn get(&self, x: usize, y: usize) -> u8 {
        self.pixels.get(y * self.width + x).copied().unwrap_or(u8::MAX)
    }

    /// Half as large, each pixel the mean of four: what is left of noise.
    pub(super) fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mean = |x: usize, y: usize| {
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, down)| u16::from(self.get(2 * x + right, 2 * y + down)));
            // At most 255.
            (four.iter().sum::<u16>() / 4) as u8
        };
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| mean(x, y))).collect();
        Self { width, height, pixels }
    }

    /// Twice as large, smoothly: a scan at 150 dpi has two or three pixels a module.
    pub(super) fn doubled(&self) -> Self {
        let (width, height) = (self.width * 2, self.height * 2);
        let value = |x: usize, y: usize| {
            // Three parts of the nearest, one of its neighbour, both ways.
            let (near, far) = (neighbours(x, self.width), neighbours(y, self.height));
            let line = |y: usize| 3 * u16::from(self.get(near.0, y)) + u16::from(self.get(near.1, y));
            ((3 * line(far.0) + line(far.1)) / 16) as u8
        };
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| value(x, y))).collect();
        Self { width, height, pixels }
    }

    /// Each pixel with a part of its neighbours: the grain of a sensor goes.
    pub(super) fn smoothed(&self) -> Self {
        let beside = |at: usize, side: usize| [at.saturating_sub(1), at, (at + 1).min(side.saturating_sub(1))];
        let value = |x: usize, y: usize| {
            let line =
                |y: usize| beside(x, self.width).into_iter().zip([1, 2, 1]).map(|(x, part)| part * u16::from(self.get(x, y))).sum::<u16>();
            let sum: u16 = beside(y, self.height).into_iter().zip([1, 2, 1]).map(|(y, part)| part * line(y)).sum();
            // Sixteen parts of a byte each.
            (sum / 16) as u8
        };
        let pixels = (0..self.height).flat_map(|y| (0..self.width).map(move |x| value(x, y))).collect();
        Self { width: self.width, height: self.height, pixels }
    }

    /// Black where a pixel is darker than those around it, white elsewhere: whatever the light and the paper.
    pub(super) fn blackened(&self) -> Self {
        let radius = (self.width.max(self.height) / 120).clamp(8, 40);
        let row = |y: usize| self.pixels.get(y * self.width..(y + 1) * self.width).unwrap_or_default();
        // The sums of the columns within the window, and how many rows it has.
        let (mut columns, mut rows) = (vec![0_u32; self.width], 0_u32);
        let mut change = |columns: &mut [u32], y: usize, is_added: bool| {
            for (sum, pixel) in columns.iter_mut().zip(row(y)) {
                *sum = if is_added { *sum + u32::from(*pixel) } else { *sum - u32::from(*pixel) };
            }
            rows = if is_added { rows + 1 } else { rows - 1 };
            rows
        };
        let mut count = 0;
        for y in 0..radius.min(self.height) {
            count = change(&mut columns, y, true);
        }
        let mut pixels = Vec::with_capacity(self.pixels.len());
        let mut before = vec![0_u32; self.width + 1];
        for y in 0..self.height {
            if y + radius < self.height {
                count = change(&mut columns, y + radius, true);
            }
            if let Some(gone) = y.checked_sub(radius + 1) {
                count = change(&mut columns, gone, false);
            }
            for (x, sum) in columns.iter().enumerate() {
                before[x + 1] = before[x] + sum;
            }
            for (x, pixel) in row(y).iter().enumerate() {
                let (from, to) = (x.saturating_sub(radius), (x + radius + 1).min(self.width));
                let area = count * (to - from) as u32;
                let is_dark = u32::from(*pixel) * area * 100 < (before[to] - before[from]) * DARKER;
                pixels.push(if is_dark { 0 } else { u8::MAX });
            }
        }
        Self { width: self.width, height: self.height, pixels }
    }

    /// Each pixel as a square of `scale`, within a white margin of four: a QR code that is an image of its own has neither.
    pub(super) fn enlarged(&self, scale: usize) -> Self {
        const QUIET: usize = 4;
        let (width, height) = ((self.width + 2 * QUIET) * scale, (self.height + 2 * QUIET) * scale);
        let source = |at: usize, side: usize| (at / scale).checked_sub(QUIET).filter(|at| *at < side);
        let value = |x: usize, y: usize| source(x, self.width).zip(source(y, self.height)).map_or(u8::MAX, |(x, y)| self.get(x, y));
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| value(x, y))).collect();
        Self { width, height, pixels }
    }
}

/// The pixel that a pixel of a picture twice as large lies in, and the one it lies next to.
fn neighbours(at: usize, side: usize) -> (usize, usize) {
    let near = at / 2;
    let next = if at.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(side.saturating_sub(1)) };
    (near, next)
}

/// Takes a picture's rows and makes the means of squares of them.
pub(super) struct Reducer {
    width: usize,
    height: usize,
    /// Pixels of a square's side.
    factor: usize,
    sums: Vec<u32>,
    rows: usize,
    pixels: Vec<u8>,
}

impl Reducer {
    /// For a picture of this size, both sides above zero.
    pub(super) fn new(width: usize, height: usize) -> Self {
        let factor = width.max(height).div_ceil(MAX_SIDE).max(1);
        let sums = vec![0; width.div_ceil(factor)];
        Self { width, height, factor, sums, rows: 0, pixels: Vec::new() }
    }

    /// The next row; what is missing of it is white.
    pub(super) fn row(&mut self, row: &[u8]) {
        if self.rows >= self.height {
            return;
        }
        let row = row.get(..self.width.min(row.len())).unwrap_or_default();
        for (sum, pixels) in self.sums.iter_mut().zip(row.chunks(self.factor)) {
            *sum += pixels.iter().map(|pixel| u32::from(*pixel)).sum::<u32>();
        }
        self.rows += 1;
        if self.rows.is_multiple_of(self.factor) || self.rows == self.height {
            self.finish_squares();
        }
    }

    fn finish_squares(&mut self) {
        let rows = (self.rows - 1) % self.factor + 1;
        for (index, sum) in self.sums.iter_mut().enumerate() {
            let columns = self.factor.min(self.width - index * self.factor);
            // A mean of bytes.
            self.pixels.push((*sum / (rows * columns) as u32) as u8);
            *sum = 0;
        }
    }

    /// The picture, as far as rows came; none where none came.
    pub(super) fn finish(mut self) -> Option<Raster> {
        if !self.rows.is_multiple_of(self.factor) && self.rows < self.height {
            self.finish_squares();
        }
        let (width, height) = (self.sums.len(), self.pixels.len().checked_div(self.sums.len())?);
        (height > 0).then_some(Raster { width, height, pixels: self.pixels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_picture_stays_as_it_is_and_a_large_one_becomes_means() {
        let mut small = Reducer::new(3, 2);
        small.row(&[1, 2, 3]);
        small.row(&[4, 5, 6, 7]);
        small.row(&[9, 9, 9]);
        assert_eq!(small.finish(), Some(Raster { width: 3, height: 2, pixels: vec![1, 2, 3, 4, 5, 6] }));
        let mut large = Reducer::new(MAX_SIDE + 1, 3);
        for value in [10, 20, 40] {
            large.row(&vec![value; MAX_SIDE + 1]);
        }
        let picture = large.finish().expect("a picture");
        assert_eq!((picture.width, picture.height), (MAX_SIDE / 2 + 1, 2));
        assert_eq!((picture.get(0, 0), picture.get(MAX_SIDE / 2, 0), picture.get(5, 1)), (15, 15, 40));
    }

    #[test]
    fn sizes_change_and_pictures_do_not() {
        let picture = Raster { width: 2, height: 2, pixels: vec![0, 200, 0, 200] };
        assert_eq!(picture.halved().pixels, [100]);
        assert_eq!(picture.doubled().pixels[..4], [0, 50, 150, 200]);
        let enlarged = picture.enlarged(3);
        assert_eq!((enlarged.width, enlarged.get(0, 0), enlarged.get(12, 12), enlarged.get(15, 12)), (30, 255, 0, 200));
        assert_eq!(Reducer::new(4, 4).finish(), None);
        assert_eq!(picture.smoothed().pixels, [50, 150, 50, 150]);
    }

    #[test]
    fn what_is_darker_than_its_surroundings_becomes_black() {
        // Light from 250 down to 130, and a stroke that is 20 darker than the paper around it.
        let paper = |x: usize| 250 - x as u8;
        let pixels = (0..120).flat_map(|_| (0..120).map(|x| paper(x) - if (60..64).contains(&x) { 20 } else { 0 })).collect();
        let black = Raster { width: 120, height: 120, pixels }.blackened();
        assert!((0..120).all(|y| (0..120).all(|x| (black.get(x, y) == 0) == (60..64).contains(&x))));
        let blank = Raster { width: 1, height: 1, pixels: vec![9] };
        assert_eq!(blank.blackened().pixels, [u8::MAX]);
    }
}
