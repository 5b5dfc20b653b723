//! 授权书 of “一赛一授权” on A4: a title, paragraphs, and who authorises, with the seal or room for it.

use lopdf::{Document, Object};
use rules::issue::authorisation::AuthorisationPaper;
use rules::notice::layout::{Align, Area, FontRole, Style};

use crate::canvas::{self, Text};
use crate::document::{self, About};
use crate::fonts::Fonts;
use crate::layout::{self, PT_PER_MM};
use crate::pages::{self, printable, style};
use crate::pen::Pen;
use crate::seal::{self, Seal};
use crate::{PrintError, Subject};

/// A4 portrait: width and height, mm.
const PAGE: [f32; 2] = [210.0, 297.0];
const MARGIN: f32 = 28.0;
const WIDTH: f32 = PAGE[0] - 2.0 * MARGIN;
/// The number stands here, and the first paragraph below it, mm.
const NUMBER_Y: f32 = 62.0;
const TOP: f32 = 76.0;
/// What is signed and sealed begins at the latest here.
const SIGNED: f32 = 226.0;
/// Between two paragraphs, mm.
const GAP: f32 = 2.0;
/// The seal's diameter, mm.
const SEAL_SIZE: f32 = 42.0;
/// Name of the seal's picture on the page.
const SEAL: &str = "Seal";

const TITLE: Style = style(FontRole::Hei, Align::Centre, [22.0, 16.0, 12.0]);
const NUMBER: Style = style(FontRole::Song, Align::Centre, [14.0, 9.0, 7.0]);
const SIGNATURE: Style = style(FontRole::Song, Align::Centre, [16.0, 10.0, 8.0]);
/// Sizes of the paragraphs: the first by which all of them fit, pt.
const SIZES: [f32; 7] = [16.0, 15.0, 14.0, 13.0, 12.0, 10.5, 9.0];

/// Prints the paper of an authorisation on A4, sealed where there is a seal. A character that no font has is shown as □.
///
/// # Errors
/// See [`PrintError`].
pub fn authorisation_paper(fonts: &Fonts, paper: &AuthorisationPaper, seal: Option<&Seal>) -> Result<Vec<u8>, PrintError> {
    let (paragraphs, end) = fitted(fonts, paper)?;
    // Under the text, where there is room, in the middle of the right half.
    let y = end.clamp(TOP + 90.0, SIGNED);
    let place = Area { x: MARGIN + WIDTH / 3.0, y, width: WIDTH * 2.0 / 3.0, height: 12.0 };
    let mut texts = vec![
        Text::new("标题", printable(fonts, &paper.title), Area { x: MARGIN, y: 36.0, width: WIDTH, height: 22.0 }, TITLE),
        Text::new("编号", printable(fonts, &paper.number), Area { x: MARGIN, y: NUMBER_Y, width: WIDTH, height: 8.0 }, NUMBER),
    ];
    texts.extend(paragraphs);
    texts.push(Text::new("授权单位", printable(fonts, &paper.center), Area { y: y + 14.0, ..place }, SIGNATURE));
    texts.push(Text::new("日期", paper.on.clone(), Area { y: y + 26.0, ..place }, SIGNATURE));
    let mut document = pages::set(fonts, PAGE, &[texts], |_, _| {}, &Subject::Authorisation)?;
    if let Some(seal) = seal {
        let middle = place.x + place.width / 2.0;
        let area = Area { x: middle - SEAL_SIZE / 2.0, y: y + 25.0 - SEAL_SIZE / 2.0, width: SEAL_SIZE, height: SEAL_SIZE };
        put_seal(&mut document, fonts, seal, area)?;
    }
    document::write(document, &About { title: paper.title.clone(), author: &paper.center, id: &paper.number, source: None }, None)
}

/// The paragraphs in their boxes, as large as all of them can be, and where they end.
fn fitted<'p>(fonts: &Fonts, paper: &'p AuthorisationPaper) -> Result<(Vec<Text<'p>>, f32), PrintError> {
    for size in SIZES {
        let (mut texts, mut y) = (Vec::new(), TOP);
        for (index, paragraph) in paper.paragraphs.iter().enumerate() {
            // The first names whom it is for, and is not set in.
            let indent = if index == 0 { 0.0 } else { 2.0 };
            let style = Style { align: Align::Justify, leading: 1.7, indent, ..style(FontRole::Song, Align::Justify, [size; 3]) };
            let text = Text::new("正文", printable(fonts, paragraph), Area { x: MARGIN, y, width: WIDTH, height: SIGNED }, style);
            let shaped = canvas::shape(fonts, &|| Subject::Authorisation, &text)?;
            // A paper has tens of lines.
            let Some(lines) = layout::fit(&shaped, text.area, &style).map(|fitted| fitted.lines.len() as f32) else { break };
            let height = lines * size * style.leading / PT_PER_MM + 0.1;
            texts.push(Text { area: Area { height, ..text.area }, ..text });
            y += height + GAP;
        }
        if texts.len() == paper.paragraphs.len() && y <= SIGNED {
            return Ok((texts, y));
        }
    }
    Err(PrintError::DoesNotFit { of: Subject::Authorisation, part: "正文".to_owned() })
}

/// Over the texts, as a stamp is.
fn put_seal(document: &mut Document, fonts: &Fonts, seal: &Seal, area: Area) -> Result<(), PrintError> {
    let page = document.page_iter().next().ok_or(PrintError::Empty)?;
    let [width, height] = PAGE;
    let content = match seal {
        Seal::Drawn(name) => {
            let missing: Vec<char> = name.chars().filter(|c| fonts.seal_letter(*c).is_none()).collect();
            if !missing.is_empty() {
                return Err(PrintError::MissingCharacters { of: Subject::Authorisation, characters: missing });
            }
            let mut pen = Pen { content: String::new(), width, height };
            seal::draw(&mut pen, fonts, area, name);
            format!("q\n{}Q\n", pen.content)
        }
        Seal::Image(image) => {
            let mask = document.add_object(image.mask());
            let picture = document.add_object(image.object(Object::from(mask)));
            document.add_xobject(page, SEAL, picture)?;
            image.painted(SEAL, area, height)
        }
    };
    Ok(document.add_page_contents(page, content.into_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::tests::FONTS;

    fn paper(contest: &str) -> AuthorisationPaper {
        AuthorisationPaper {
            title: "竞赛职业技能等级证书“一赛一授权”授权书".to_owned(),
            number: "编号：川职鉴授〔2022〕5号".to_owned(),
            paragraphs: vec!["大赛组委会：".to_owned(), format!("同意以你组委会（办公室）名义，为{contest}获奖选手颁发证书。")],
            center: "四川省职业技能鉴定指导中心".to_owned(),
            on: "2022年6月15日".to_owned(),
        }
    }

    fn text_of(pdf: &[u8]) -> String {
        let document = Document::load_mem(pdf).expect("a PDF");
        let pages: Vec<u32> = document.get_pages().into_keys().collect();
        assert_eq!(pages, [1]);
        document.extract_text(&pages).expect("text").split_whitespace().collect()
    }

    #[test]
    fn it_says_who_authorises_whom_and_for_what() {
        for seal in [None, Some(Seal::Drawn("四川省职业技能鉴定指导中心".to_owned()))] {
            let pdf = authorisation_paper(&FONTS, &paper("2022年四川省样例职业技能大赛"), seal.as_ref()).expect("printed");
            let text = text_of(&pdf);
            for part in ["授权书", "川职鉴授〔2022〕5号", "大赛组委会：", "2022年四川省样例职业技能大赛", "2022年6月15日"]
            {
                assert!(text.contains(part), "{part} is not in {text}");
            }
        }
    }

    #[test]
    fn the_longest_texts_fit_and_a_seal_without_letters_is_refused() {
        let mut long = paper(&"某".repeat(300));
        long.center = "某".repeat(60);
        assert!(text_of(&authorisation_paper(&FONTS, &long, None).expect("printed")).contains(&"某".repeat(20)));
        let odd = Seal::Drawn("\u{F0000}".to_owned());
        assert!(matches!(authorisation_paper(&FONTS, &paper("大赛"), Some(&odd)), Err(PrintError::MissingCharacters { .. })));
        assert!(matches!(authorisation_paper(&FONTS, &paper(&"某".repeat(30_000)), None), Err(PrintError::DoesNotFit { .. })));
    }
}
