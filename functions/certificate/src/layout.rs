//! How texts are fitted into their boxes.

use std::ops::Range;

use rules::layout::{Align, Area, Style};

use crate::fonts::{Cell, Shaped};

/// Points in a millimetre.
pub(crate) const PT_PER_MM: f32 = 72.0 / 25.4;

/// A line of a fitted text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// Which cells of the text.
    pub(crate) cells: Range<usize>,
    /// Left end, pt from the left of the box.
    pub(crate) x: f32,
    /// Baseline, pt below the top of the box.
    pub(crate) baseline: f32,
    /// Added after each glyph to reach the right edge, pt.
    pub(crate) spacing: f32,
}

/// A text that fits its box.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    /// pt
    pub(crate) size: f32,
    pub(crate) lines: Vec<Line>,
}

/// Sizes are tried in these steps, pt.
const STEP: f32 = 0.5;
/// Ascent and descent of a CJK character's box, in em, in all fonts.
const ASCENT: f32 = 0.88;
/// The most a line is spread per character, in em: beyond, a ragged edge looks better (and readers would see spaces).
const MAX_SPREAD: f32 = 0.09;

/// Fits `text` into `area`: on one line if it can be, shrunk a little if need be, then broken into lines, then shrunk
/// further. `None` where even the smallest size is too large: nothing is ever cut off.
///
/// Lines are broken between any two ideographs, after a Tibetan tsheg and between words, never before a closing or after
/// an opening mark (GB/T 15834—2011, 5.1), and inside a word only where it fills a whole line even shrunk.
pub(crate) fn fit(text: &Shaped, area: Area, style: &Style) -> Option<Fitted> {
    let (width, height) = (area.width * PT_PER_MM, area.height * PT_PER_MM);
    let [size, one_line, smallest] = style.sizes;
    let whole = width_of(&text.cells) + style.indent;
    let fits_on_one = |size: &f32| whole * size <= width && size * style.leading <= height;
    if let Some(size) = sizes(size, one_line).find(fits_on_one) {
        return Some(place(text, size, vec![0..text.cells.len()], (width, height), style));
    }
    let broken = |size: f32, split_words: bool| {
        let lines = wrap(text, width / size, style, split_words)?;
        // As many lines as fit; usize to f32 is exact for any number of lines that could.
        (lines.len() as f32 * size * style.leading <= height).then(|| place(text, size, lines, (width, height), style))
    };
    let whole_words = sizes(size, one_line).find_map(|size| broken(size, false));
    whole_words.or_else(|| sizes(size, smallest).find_map(|size| broken(size, true)))
}

fn sizes(from: f32, to: f32) -> impl Iterator<Item = f32> {
    (0_u8..=u8::MAX).map(move |i| from - f32::from(i) * STEP).take_while(move |&size| size >= to)
}

/// em
pub(crate) fn width_of(cells: &[Cell]) -> f32 {
    cells.iter().map(|cell| cell.width).sum()
}

/// Lines no wider than `width` em. `None` if a single cell or the indent is wider, or a word that must not be split.
fn wrap(text: &Shaped, width: f32, style: &Style, split_words: bool) -> Option<Vec<Range<usize>>> {
    if style.indent > width {
        return None;
    }
    let (mut lines, mut start, mut room) = (Vec::new(), 0, width - style.indent);
    while start < text.cells.len() {
        let end = line_end(text, start, room, split_words)?;
        lines.push(start..trimmed(text, start, end));
        start = end + text.cells[end..].iter().take_while(|cell| is_blank(text, cell)).count();
        room = width;
    }
    Some(lines)
}

/// Where the line that begins at `start` and has `room` em ends.
fn line_end(text: &Shaped, start: usize, room: f32, split_words: bool) -> Option<usize> {
    let (mut used, mut end, mut good) = (0.0, start, None);
    for at in start..text.cells.len() {
        if at > start && may_break(text, at) {
            good = Some(at);
        }
        used += text.cells[at].width;
        // A space may hang over the edge.
        if used > room && !is_blank(text, &text.cells[at]) {
            break;
        }
        end = at + 1;
    }
    match good {
        _ if end == text.cells.len() => Some(end),
        Some(good) => Some(good),
        None => (split_words && end > start).then_some(end),
    }
}

/// The end without blanks before it.
fn trimmed(text: &Shaped, start: usize, end: usize) -> usize {
    end - text.cells[start..end].iter().rev().take_while(|cell| is_blank(text, cell)).count()
}

fn is_blank(text: &Shaped, cell: &Cell) -> bool {
    text.text_of(std::slice::from_ref(cell)).chars().all(char::is_whitespace)
}

/// Whether a line may begin with cell `at`.
fn may_break(text: &Shaped, at: usize) -> bool {
    const NOT_AT_START: &str = "，。、；：！？）》〉」』】〕〗”’…—～·％,.;:!?)]}%་།";
    const NOT_AT_END: &str = "（《〈「『【〔〖“‘([{";
    const TSHEG: char = '་';
    let cell = |at: usize| text.text_of(&text.cells[at..=at]);
    let (Some(before), Some(after)) = (cell(at - 1).chars().next_back(), cell(at).chars().next()) else { return true };
    // Letters and digits of a word, and what joins them, stay together.
    let joins = |c: char| c.is_ascii_graphic() || (c.is_alphanumeric() && u32::from(c) < 0x2E80);
    let together = before != TSHEG && joins(before) && joins(after);
    !(NOT_AT_START.contains(after) || NOT_AT_END.contains(before) || after.is_whitespace() || together)
}

/// Puts the lines in the middle of the box, from top to bottom.
fn place(text: &Shaped, size: f32, lines: Vec<Range<usize>>, (width, height): (f32, f32), style: &Style) -> Fitted {
    let leading = size * style.leading;
    let top = (height - lines.len() as f32 * leading) / 2.0 + (leading - size) / 2.0 + size * ASCENT;
    let last = lines.len().saturating_sub(1);
    let line = |(i, cells): (usize, Range<usize>)| {
        let indent = if i == 0 { style.indent * size } else { 0.0 };
        let own = &text.cells[cells.clone()];
        let free = width - indent - width_of(own) * size;
        let x = if style.align == Align::Centre { free / 2.0 } else { indent };
        let glyphs: usize = own.iter().map(|cell| cell.glyphs.len()).sum();
        let gaps = glyphs.saturating_sub(1).max(1) as f32;
        let spread = if style.align == Align::Justify && i < last { free.max(0.0) / gaps } else { 0.0 };
        let spacing = if spread <= size * MAX_SPREAD { spread } else { 0.0 };
        Line { cells, x, baseline: top + i as f32 * leading, spacing }
    };
    Fitted { size, lines: lines.into_iter().enumerate().map(line).collect() }
}
