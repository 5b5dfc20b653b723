//! How texts are fitted into their boxes.

use std::ops::Range;

use rules::notice::layout::{Align, Area, Style};

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
        return Some(place(text, size, std::iter::once(0..text.cells.len()).collect(), (width, height), style));
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

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use rules::values::vocabulary::Form;

    use super::*;
    use crate::fonts::Fonts;

    pub(crate) static FONTS: LazyLock<Fonts> =
        LazyLock::new(|| match Fonts::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/fonts/layer/fonts"))) {
            Ok(fonts) => fonts,
            Err(error) => panic!("{error}\nThe fonts are not in place: run `cargo run --release -- setup` first."),
        });

    /// Every line inside the box on all four sides, nothing lost.
    pub(crate) fn assert_inside(text: &str, area: Area, style: &Style) -> (Fitted, Vec<String>) {
        let shaped = FONTS.shape(style.font, text).expect("glyphs");
        let fitted = fit(&shaped, area, style).expect("fits");
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        let lines: Vec<String> = fitted.lines.iter().map(|line| shaped.text_of(&shaped.cells[line.cells.clone()]).to_owned()).collect();
        assert_eq!(bare(&lines.concat()), bare(text));
        for line in &fitted.lines {
            let cells = &shaped.cells[line.cells.clone()];
            let gaps = cells.len().saturating_sub(1) as f32;
            let right = line.x + width_of(cells) * fitted.size + gaps * line.spacing;
            assert!(line.x >= -0.01 && right <= area.width * PT_PER_MM + 0.01, "{line:?} ends at {right} in {area:?}");
            let (top, bottom) = (line.baseline - fitted.size * ASCENT, line.baseline + fitted.size * (1.0 - ASCENT));
            assert!(top >= -0.01 && bottom <= area.height * PT_PER_MM + 0.01, "{line:?}: {top} to {bottom} in {area:?}");
        }
        assert!(fitted.size >= style.sizes[2] && fitted.size <= style.sizes[0]);
        (fitted, lines)
    }

    /// Box and style of a text of the full form.
    fn of(part: &str, value: &str) -> (Area, Style) {
        let layout = crate::testing::layout(Form::Full);
        let text = layout.texts.iter().find(|text| text.part == part && String::from(text.text.clone()) == value).expect("a text");
        (text.at, *layout.style_of(text).expect("a style"))
    }

    fn fits(text: &str, area: Area, style: &Style) -> Option<Fitted> {
        fit(&FONTS.shape(style.font, text).expect("glyphs"), area, style)
    }

    #[test]
    fn a_short_value_keeps_its_size() {
        let (area, style) = of("姓名", "{name}");
        let (fitted, lines) = assert_inside("张测试", area, &style);
        assert_eq!((fitted.size, lines.len()), (12.0, 1));
        let (area, style) = of("证书编号", "{code}");
        assert_eq!(assert_inside("S000051000000222J00001", area, &style).0.size, 12.0);
    }

    #[test]
    fn a_longer_one_shrinks_and_then_is_broken() {
        let name = "阿卜杜热西提·麦麦提图尔荪江·阿布都克里木江·玉素甫";
        assert_eq!(name.chars().count(), 26);
        let (area, style) = of("姓名", "{name}");
        let shorter: String = name.chars().take(20).collect();
        let (fitted, lines) = assert_inside(&shorter, area, &style);
        assert!(lines.len() == 1 && fitted.size < 12.0, "{fitted:?}");
        assert_eq!(assert_inside(name, area, &style).1.len(), 2);
    }

    #[test]
    fn a_body_of_forty_and_a_contest_of_sixty_characters_stay_inside() {
        let body = "二〇二二年四川省职业院校教师与学生工业互联网和智能制造职业技能大赛组织委员会办公室";
        assert!(body.chars().count() >= 40);
        let (area, style) = of("发证机构", "{issuing_body}");
        let (fitted, _) = assert_inside(body, area, &style);
        assert!(fitted.size >= 9.0, "{fitted:?}");
        let contest = "赛".repeat(60);
        let text = format!("本证书由{body}颁发，表明持证人在{contest}中获得一等奖，具备该职业（工种）相应技能等级水平。");
        let (area, style) = of("证书正文", "{text}");
        assert!(assert_inside(&text, area, &style).0.size >= 10.0);
        let (area, style) = of("代章单位", "（{sealed_by}代章）");
        assert_inside("（阿坝藏族羌族自治州职业技能鉴定指导中心代章）", area, &style);
    }

    #[test]
    fn no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() {
        let text = "甲，乙。（丙）“丁”、戊；己：庚！辛？《壬》癸……子——丑，".repeat(4);
        let (_, style) = of("姓名", "{name}");
        for width in 20..60_u8 {
            let area = Area { x: 0.0, y: 0.0, width: f32::from(width), height: 200.0 };
            let (_, lines) = assert_inside(&text, area, &style);
            for line in &lines[1..] {
                assert!(!line.starts_with(['，', '。', '）', '”', '、', '；', '：', '！', '？', '》', '…', '—']), "{line:?}");
            }
            assert!(lines.iter().all(|line| !line.ends_with(['（', '“', '《'])), "{lines:?}");
        }
    }

    #[test]
    fn words_are_kept_whole_where_they_can_be() {
        // At 12 pt the address is 48 mm long.
        let (_, style) = of("姓名", "{name}");
        let area = Area { x: 0.0, y: 0.0, width: 45.0, height: 40.0 };
        let (_, lines) = assert_inside("查询网址见 http://jndj.osta.org.cn 网站", area, &style);
        assert!(lines.iter().any(|line| line.contains("http://jndj.osta.org.cn")), "{lines:?}");
    }

    #[test]
    fn tibetan_letters_stack_and_lines_break_after_a_tsheg() {
        let name = "བསྟན་འཛིན་རྒྱ་མཚོ".repeat(4);
        let shaped = FONTS.shape(rules::notice::layout::FontRole::Song, &name).expect("glyphs");
        assert!(shaped.cells.len() < name.chars().count(), "stacks are one cell");
        let (area, style) = of("姓名", "{name}");
        let (_, lines) = assert_inside(&name, Area { width: 40.0, height: 40.0, ..area }, &style);
        assert!(lines.len() > 1 && lines[..lines.len() - 1].iter().all(|line| line.ends_with('་')), "{lines:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let (area, style) = of("证书正文", "{text}");
        assert_eq!(fits(&"赛".repeat(3000), area, &style), None);
        assert_eq!(fits("赛", Area { width: 1.0, ..area }, &style), None);
    }

    #[test]
    fn an_indent_wider_than_the_box_is_refused() {
        let (area, style) = of("证书正文", "{text}");
        let narrow = Area { width: 5.0, height: 5.0, ..area };
        assert_eq!(fits(" ", narrow, &Style { sizes: [14.0, 11.0, 8.0], ..style }), None);
    }

    #[test]
    fn boxes_of_the_full_form_lie_apart_and_inside_the_border() {
        let layout = crate::testing::layout(Form::Full);
        let frames = [layout.photo, layout.qr, layout.seal].into_iter().flatten();
        let boxes: Vec<Area> = frames.chain(layout.texts.iter().map(|text| text.at)).collect();
        for (i, a) in boxes.iter().enumerate() {
            assert!(a.x >= 20.0 && a.y >= 20.0 && a.x + a.width <= 277.0 && a.y + a.height <= 190.0, "{a:?}");
            for b in &boxes[i + 1..] {
                let beside = a.x + a.width <= b.x + 0.11 || b.x + b.width <= a.x + 0.11;
                assert!(beside || a.y + a.height <= b.y + 0.11 || b.y + b.height <= a.y + 0.11, "{a:?} and {b:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_fits_is_inside(text in "[一-龥，。（）“”A-Za-z0-9 ·/.-]{1,200}", width in 5.0_f32..120.0, height in 5.0_f32..60.0) {
            let area = Area { x: 0.0, y: 0.0, width, height };
            for (part, value) in [("姓名", "{name}"), ("证书正文", "{text}"), ("证书名称", "{title}")] {
                let (_, style) = of(part, value);
                if fits(&text, area, &style).is_some() {
                    assert_inside(&text, area, &style);
                }
            }
        }
    }
}
