//! Where everything stands (millimetres from the top left corner of the page) and how texts are fitted in.

use crate::fonts::{Fonts, Role};

/// Points in a millimetre.
pub(crate) const PT_PER_MM: f32 = 72.0 / 25.4;
/// A4 landscape.
pub(crate) const PAGE: Area = area(0.0, 0.0, 297.0, 210.0);

/// A box on the page, mm from the top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

pub(crate) const fn area(x: f32, y: f32, width: f32, height: f32) -> Area {
    Area { x, y, width, height }
}

/// 证书名称
pub(crate) const TITLE: Area = area(40.0, 23.0, 217.0, 17.0);
/// Centre line of the ornament under the title.
pub(crate) const ORNAMENT_Y: f32 = 45.5;
/// 1-inch photo, 25 × 35 mm, over the middle of the left column.
pub(crate) const PHOTO: Area = area(69.5, 55.0, 25.0, 35.0);
/// 证书正文
pub(crate) const BODY: Area = area(30.0, 97.0, 104.0, 50.0);
/// Without its quiet zone (4 modules: at least 2.5 mm), which stays blank on all sides.
pub(crate) const QR: Area = area(31.0, 155.0, 28.0, 28.0);
/// What the QR code is for, and the query sites: the foot of the page.
pub(crate) const SITES: Area = area(65.0, 156.0, 68.0, 26.0);
/// Fold between the columns.
pub(crate) const DIVIDER: Area = area(142.0, 55.0, 0.0, 128.0);

/// All fields; the rows share the height.
pub(crate) const FIELDS: Area = area(150.0, 54.0, 117.0, 88.0);
/// A few fields are not spread over the whole height.
pub(crate) const MAX_ROW: f32 = 12.6;
/// Where the values begin, from the left of [`FIELDS`].
pub(crate) const VALUE_X: f32 = 40.0;
/// Part of a row that Chinese and English label take, as shares of its height.
pub(crate) const LABEL_SHARES: (f32, f32) = (0.52, 0.26);
/// Between a value and the line under it, and that line and the next row.
pub(crate) const ROW_GAP: f32 = 1.5;

/// 颁证主体
pub(crate) const ISSUER_LABEL: Area = area(150.0, 148.5, 20.0, 9.0);
/// Its name.
pub(crate) const ISSUER: Area = area(171.0, 147.5, 55.0, 17.0);
/// Who seals on its behalf.
pub(crate) const SEALED_BY: Area = area(169.3, 165.5, 58.0, 7.5);
/// 发证日期
pub(crate) const DATE_LABEL: Area = area(150.0, 175.0, 20.0, 9.0);
/// Its value.
pub(crate) const DATE: Area = area(171.0, 174.0, 55.0, 9.0);
/// Place of the round seal; seals are about this wide. The words and the circle vanish under it.
pub(crate) const SEAL: Area = area(229.0, 146.0, 38.0, 38.0);

/// How a text stands in its box, across.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    /// Both edges, the last line from the left.
    Justify,
}

/// How a text may be fitted into its box. Sizes in pt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) role: Role,
    pub(crate) align: Align,
    /// The size wanted.
    pub(crate) size: f32,
    /// Down to here it is kept on one line if it can be, and words are kept whole.
    pub(crate) one_line: f32,
    /// Below this it is refused.
    pub(crate) smallest: f32,
    /// Distance of lines, in em.
    pub(crate) leading: f32,
    /// Indent of the first line, in em.
    pub(crate) indent: f32,
}

/// Sizes: wanted, smallest on one line, smallest of all.
pub(crate) const fn style(role: Role, align: Align, sizes: [f32; 3], leading: f32) -> Style {
    let [size, one_line, smallest] = sizes;
    Style { role, align, size, one_line, smallest, leading, indent: 0.0 }
}

/// 证书名称
pub(crate) const TITLE_STYLE: Style = style(Role::Text, Align::Centre, [38.0, 24.0, 18.0], 1.1);
/// Two ems of indent, as Chinese paragraphs have.
pub(crate) const BODY_STYLE: Style = Style { indent: 2.0, ..style(Role::Text, Align::Justify, [14.0, 11.0, 7.0], 1.75) };
/// 小四号 (12 pt), as 人社鉴发〔2021〕1号 asks.
pub(crate) const VALUE_STYLE: Style = style(Role::Text, Align::Left, [12.0, 9.5, 6.0], 1.2);
/// Chinese label.
pub(crate) const LABEL_STYLE: Style = style(Role::Label, Align::Left, [10.5, 8.0, 5.0], 1.15);
/// English label.
pub(crate) const ENGLISH_STYLE: Style = style(Role::Label, Align::Left, [6.5, 5.0, 4.0], 1.1);
/// Query sites and what goes with them.
pub(crate) const SITE_STYLE: Style = style(Role::Label, Align::Left, [8.0, 6.0, 5.0], 1.6);
/// 代章
pub(crate) const SEALED_BY_STYLE: Style = style(Role::Text, Align::Left, [10.0, 8.0, 6.0], 1.2);
/// Grey words in an empty place.
pub(crate) const HINT_STYLE: Style = style(Role::Label, Align::Centre, [9.0, 6.0, 5.0], 1.2);

/// Row `index` of `count` fields: labels (Chinese, English) and value.
pub(crate) fn row(index: usize, count: usize) -> (Area, Area, Area) {
    // Counts are those of a form, far below what f32 holds exactly.
    let height = (FIELDS.height / count.max(1) as f32).min(MAX_ROW);
    let y = FIELDS.y + index as f32 * height;
    let inner = height - ROW_GAP;
    let (chinese, english) = (inner * LABEL_SHARES.0, inner * LABEL_SHARES.1);
    let top = y + (inner - chinese - english) / 2.0;
    (
        Area { y: top, width: VALUE_X - 2.0, height: chinese, ..FIELDS },
        Area { y: top + chinese, width: VALUE_X - 2.0, height: english, ..FIELDS },
        Area { x: FIELDS.x + VALUE_X, y, width: FIELDS.width - VALUE_X, height: inner },
    )
}

/// A line of a fitted text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// Left end, pt from the left of the box.
    pub(crate) x: f32,
    /// Baseline, pt below the top of the box.
    pub(crate) baseline: f32,
    /// Added after each character to reach the right edge, pt.
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
/// Ascent and descent of a CJK character's box, in em, in both fonts.
const ASCENT: f32 = 0.88;
/// The most a line is spread per character, in em: beyond, a ragged edge looks better (and readers would see spaces).
const MAX_SPREAD: f32 = 0.09;

/// Fits `text` into `area`: on one line if it can be, shrunk a little if need be, then broken into lines, then shrunk
/// further. `None` where even the smallest size is too large: nothing is ever cut off.
///
/// Lines are broken between any two ideographs and between words, never before a closing or after an opening mark
/// (GB/T 15834—2011, 5.1), and inside a word only where it fills a whole line even shrunk.
pub(crate) fn fit(fonts: &Fonts, text: &str, area: Area, style: &Style) -> Option<Fitted> {
    let (width, height) = (area.width * PT_PER_MM, area.height * PT_PER_MM);
    let whole = fonts.width(style.role, text) + style.indent;
    let fits_on_one = |size: &f32| whole * size <= width && size * style.leading <= height;
    if let Some(size) = sizes(style.size, style.one_line).find(fits_on_one) {
        return Some(place(fonts, size, vec![text], width, height, style));
    }
    let broken = |size: f32, split_words: bool| {
        let lines = wrap(fonts, text, width / size, style, split_words)?;
        // As many lines as fit; usize to f32 is exact for any number of lines that could.
        (lines.len() as f32 * size * style.leading <= height).then(|| place(fonts, size, lines, width, height, style))
    };
    let whole_words = sizes(style.size, style.one_line).find_map(|size| broken(size, false));
    whole_words.or_else(|| sizes(style.size, style.smallest).find_map(|size| broken(size, true)))
}

fn sizes(from: f32, to: f32) -> impl Iterator<Item = f32> {
    (0_u8..=u8::MAX).map(move |i| from - f32::from(i) * STEP).take_while(move |&size| size >= to)
}

/// Lines no wider than `width` em. `None` if a single character or the indent is wider, or a word that must not be split.
fn wrap<'t>(fonts: &Fonts, text: &'t str, width: f32, style: &Style, split_words: bool) -> Option<Vec<&'t str>> {
    if style.indent > width {
        return None;
    }
    let (mut lines, mut rest, mut room) = (Vec::new(), text, width - style.indent);
    while !rest.is_empty() {
        let (mut used, mut end, mut good, mut before) = (0.0, 0, None, None);
        for (at, c) in rest.char_indices() {
            if before.is_some_and(|before| may_break(before, c)) {
                good = Some(at);
            }
            used += fonts.glyph(style.role, c).map_or(0.0, |glyph| glyph.width);
            // A space may hang over the edge.
            if used > room && !c.is_whitespace() {
                break;
            }
            end = at + c.len_utf8();
            before = Some(c);
        }
        let at = match good {
            _ if end == rest.len() => end,
            Some(good) => good,
            None if split_words && end > 0 => end,
            None => return None,
        };
        let (line, after) = rest.split_at(at);
        lines.push(line.trim_end());
        (rest, room) = (after.trim_start(), width);
    }
    Some(lines)
}

fn may_break(before: char, after: char) -> bool {
    const NOT_AT_START: &str = "，。、；：！？）》〉」』】〕〗”’…—～·％,.;:!?)]}%";
    const NOT_AT_END: &str = "（《〈「『【〔〖“‘([{";
    // Letters and digits of a word, and what joins them, stay together.
    let joins = |c: char| c.is_ascii_graphic() || (c.is_alphanumeric() && u32::from(c) < 0x2E80);
    !(NOT_AT_START.contains(after) || NOT_AT_END.contains(before) || after.is_whitespace() || joins(before) && joins(after))
}

/// Puts the lines in the middle of the box, from top to bottom.
fn place(fonts: &Fonts, size: f32, lines: Vec<&str>, width: f32, height: f32, style: &Style) -> Fitted {
    let leading = size * style.leading;
    let top = (height - lines.len() as f32 * leading) / 2.0 + (leading - size) / 2.0 + size * ASCENT;
    let last = lines.len().saturating_sub(1);
    let line = |(i, text): (usize, &str)| {
        let indent = if i == 0 { style.indent * size } else { 0.0 };
        let free = width - indent - fonts.width(style.role, text) * size;
        let x = if style.align == Align::Centre { free / 2.0 } else { indent };
        let gaps = text.chars().count().saturating_sub(1).max(1) as f32;
        let spread = if style.align == Align::Justify && i < last { free.max(0.0) / gaps } else { 0.0 };
        let spacing = if spread <= size * MAX_SPREAD { spread } else { 0.0 };
        Line { text: text.to_owned(), x, baseline: top + i as f32 * leading, spacing }
    };
    Fitted { size, lines: lines.into_iter().enumerate().map(line).collect() }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    pub(crate) static FONTS: LazyLock<Fonts> =
        LazyLock::new(|| match Fonts::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/fonts/layer/fonts"))) {
            Ok(fonts) => fonts,
            Err(error) => panic!("{error}\nThe fonts are not in place: run `cargo run --release -- setup` first."),
        });

    /// Every line inside the box on all four sides, nothing lost.
    pub(crate) fn assert_inside(text: &str, area: Area, style: &Style) -> Fitted {
        let fitted = fit(&FONTS, text, area, style).expect("fits");
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(bare(&fitted.lines.iter().map(|line| line.text.as_str()).collect::<String>()), bare(text));
        for line in &fitted.lines {
            let gaps = line.text.chars().count().saturating_sub(1) as f32;
            let right = line.x + FONTS.width(style.role, &line.text) * fitted.size + gaps * line.spacing;
            assert!(line.x >= -0.01 && right <= area.width * PT_PER_MM + 0.01, "{line:?} ends at {right} in {area:?}");
            let (top, bottom) = (line.baseline - fitted.size * ASCENT, line.baseline + fitted.size * (1.0 - ASCENT));
            assert!(top >= -0.01 && bottom <= area.height * PT_PER_MM + 0.01, "{line:?}: {top} to {bottom} in {area:?}");
        }
        assert!(fitted.size >= style.smallest && fitted.size <= style.size);
        fitted
    }

    #[test]
    fn a_short_value_keeps_its_size() {
        let fitted = assert_inside("张测试", row(0, 7).2, &VALUE_STYLE);
        assert_eq!((fitted.size, fitted.lines.len()), (12.0, 1));
        assert_eq!(assert_inside("S000051000000222J00001", row(6, 7).2, &VALUE_STYLE).size, 12.0);
    }

    #[test]
    fn a_longer_one_shrinks_and_then_is_broken() {
        let name = "阿卜杜热西提·麦麦提图尔荪江·阿布都克里木江·玉素甫";
        assert_eq!(name.chars().count(), 26);
        let shorter: String = name.chars().take(20).collect();
        let fitted = assert_inside(&shorter, row(0, 7).2, &VALUE_STYLE);
        assert!(fitted.lines.len() == 1 && fitted.size < 12.0, "{fitted:?}");
        assert_eq!(assert_inside(name, row(0, 7).2, &VALUE_STYLE).lines.len(), 2);
    }

    #[test]
    fn a_body_of_forty_and_a_contest_of_sixty_characters_stay_inside() {
        let body = "二〇二二年四川省职业院校教师与学生工业互联网和智能制造职业技能大赛组织委员会办公室";
        assert!(body.chars().count() >= 40);
        let fitted = assert_inside(body, ISSUER, &VALUE_STYLE);
        assert!(fitted.size >= 9.0, "{fitted:?}");
        let contest = "赛".repeat(60);
        let text = format!("本证书由{body}颁发，表明持证人在{contest}中获得一等奖，具备该职业（工种）相应技能等级水平。");
        assert!(assert_inside(&text, BODY, &BODY_STYLE).size >= 10.0);
        assert_inside("（阿坝藏族羌族自治州职业技能鉴定指导中心代章）", SEALED_BY, &SEALED_BY_STYLE);
    }

    #[test]
    fn no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() {
        let text = "甲，乙。（丙）“丁”、戊；己：庚！辛？《壬》癸……子——丑，".repeat(4);
        for width in 20..60_u8 {
            let area = Area { width: f32::from(width), height: 200.0, ..BODY };
            let fitted = assert_inside(&text, area, &VALUE_STYLE);
            for line in &fitted.lines[1..] {
                assert!(!line.text.starts_with(['，', '。', '）', '”', '、', '；', '：', '！', '？', '》', '…', '—']), "{line:?}");
            }
            assert!(fitted.lines.iter().all(|line| !line.text.ends_with(['（', '“', '《'])), "{fitted:?}");
        }
    }

    #[test]
    fn words_are_kept_whole_where_they_can_be() {
        // At 12 pt the address is 48 mm long.
        let area = Area { width: 45.0, height: 40.0, ..BODY };
        let fitted = assert_inside("查询网址见 http://jndj.osta.org.cn 网站", area, &VALUE_STYLE);
        assert!(fitted.lines.iter().any(|line| line.text.contains("http://jndj.osta.org.cn")), "{fitted:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        assert_eq!(fit(&FONTS, &"赛".repeat(3000), BODY, &BODY_STYLE), None);
        assert_eq!(fit(&FONTS, "赛", Area { width: 1.0, ..BODY }, &BODY_STYLE), None);
    }

    #[test]
    fn an_indent_wider_than_the_box_is_refused() {
        let narrow = Area { width: 5.0, height: 5.0, ..BODY };
        assert_eq!(fit(&FONTS, " ", narrow, &Style { smallest: 8.0, ..BODY_STYLE }), None);
    }

    #[test]
    fn boxes_lie_apart_and_inside_the_border() {
        let rows = (0..7).map(|i| row(i, 7)).flat_map(|(chinese, english, value)| [chinese, english, value]);
        let boxes: Vec<Area> =
            [TITLE, PHOTO, BODY, QR, SITES, ISSUER_LABEL, ISSUER, SEALED_BY, DATE_LABEL, DATE, DIVIDER].into_iter().chain(rows).collect();
        for (i, a) in boxes.iter().enumerate() {
            assert!(a.x >= 20.0 && a.y >= 20.0 && a.x + a.width <= PAGE.width - 20.0 && a.y + a.height <= PAGE.height - 20.0, "{a:?}");
            for b in &boxes[i + 1..] {
                let apart = a.x + a.width <= b.x + 0.01
                    || b.x + b.width <= a.x + 0.01
                    || a.y + a.height <= b.y + 0.01
                    || b.y + b.height <= a.y + 0.01;
                assert!(apart, "{a:?} and {b:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_fits_is_inside(text in "[一-龥，。（）“”A-Za-z0-9 ·/.-]{1,200}", width in 5.0_f32..120.0, height in 5.0_f32..60.0) {
            let area = Area { x: 0.0, y: 0.0, width, height };
            for style in [&VALUE_STYLE, &BODY_STYLE, &TITLE_STYLE] {
                if fit(&FONTS, &text, area, style).is_some() {
                    assert_inside(&text, area, style);
                }
            }
        }
    }
}
