//! What tables on paper have in common: styles, columns, page numbers, and pages of texts over lines.

use lopdf::Document;
use printpdf::PdfDocument;
use rules::notice::layout::{Align, Area, FontRole, INK, Style};

use crate::canvas::{self, Canvas, Text, Typeset};
use crate::document::{self, About};
use crate::embed::{Cuts, Glyphs};
use crate::fonts::Fonts;
use crate::{PrintError, Subject};

/// Sizes: wanted, smallest on one line, smallest of all.
pub(crate) const fn style(font: FontRole, align: Align, sizes: [f32; 3]) -> Style {
    Style { font, align, sizes, leading: 1.2, indent: 0.0, colour: INK, bold: 0.0 }
}

/// The text with □ for each character that no font has.
pub(crate) fn printable(fonts: &Fonts, text: &str) -> String {
    text.chars().map(|c| if fonts.has(c) { c } else { '□' }).collect()
}

/// 第 1 页，共 3 页; `page` from 0.
pub(crate) fn page_number(page: usize, count: usize) -> String {
    format!("第 {} 页，共 {count} 页", page + 1)
}

/// The place of a cell in a table of columns of `widths` whose left edge is `x`.
pub(crate) fn cell(x: f32, widths: impl IntoIterator<Item = f32>, column: usize, y: f32, height: f32) -> Area {
    let mut left = x;
    for (index, width) in widths.into_iter().enumerate() {
        if index == column {
            return Area { x: left, y, width, height };
        }
        left += width;
    }
    Area { x: left, y, width: 0.0, height }
}

/// Pages of texts, over what `under` draws.
pub(crate) fn draw(
    fonts: &Fonts,
    page: [f32; 2],
    pages: &[Vec<Text<'_>>],
    under: impl Fn(&mut Canvas<'_>, usize),
    (title, of): (&str, Subject),
) -> Result<Vec<u8>, PrintError> {
    document::write(set(fonts, page, pages, under, &of)?, &About { title: title.to_owned(), author: "", id: title, source: None }, None)
}

/// The same, before it is written.
pub(crate) fn set(
    fonts: &Fonts,
    [width, height]: [f32; 2],
    pages: &[Vec<Text<'_>>],
    under: impl Fn(&mut Canvas<'_>, usize),
    of: &Subject,
) -> Result<Document, PrintError> {
    let typeset = |text: &Text<'_>| canvas::typeset(fonts, &|| of.clone(), text);
    let pages: Vec<Vec<Typeset>> = pages.iter().map(|texts| texts.iter().map(typeset).collect()).collect::<Result<_, _>>()?;
    let glyphs = Glyphs::of(pages.iter().flatten().map(Typeset::shaped));
    let embedded = Cuts::new(fonts, &glyphs)?.embedded(glyphs)?;
    let mut pdf = PdfDocument::new("");
    for (index, texts) in pages.iter().enumerate() {
        let mut canvas = Canvas::new(&embedded, height);
        under(&mut canvas, index);
        canvas.texts(texts);
        pdf.pages.push(canvas.page(width));
    }
    let mut document = document::lopdf_of(&pdf)?;
    embedded.put_into(&mut document)?;
    Ok(document)
}
