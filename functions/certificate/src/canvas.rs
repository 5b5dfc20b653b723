//! What every document is drawn with: texts are shaped and fitted, their glyphs collected, the fonts subset, then drawn.

use std::borrow::Cow;
use std::collections::BTreeMap;

use printpdf::{
    Codepoint, Color, CurTransMat, DictItem, ExternalStream, ExternalXObject, Line, LinePoint, Mm, Op, PdfFontHandle, PdfPage, Point, Pt,
    Rgb, TextItem, TextMatrix, TextRenderingMode, XObject, XObjectId, XObjectTransform,
};
use rules::notice::layout::{Area, Colour, Style};

use crate::embed::Embedded;
use crate::fonts::{Cell, FontName, Fonts, Glyph, Shaped};
use crate::layout::{self, Fitted, PT_PER_MM};
use crate::{PrintError, Subject, qr};

/// A text, where it goes and how.
#[derive(Debug, Clone)]
pub(crate) struct Text<'a> {
    /// What it is, for errors.
    pub(crate) part: &'a str,
    pub(crate) text: Cow<'a, str>,
    pub(crate) area: Area,
    pub(crate) style: Style,
}

impl<'a> Text<'a> {
    pub(crate) fn new(part: &'a str, text: impl Into<Cow<'a, str>>, area: Area, style: Style) -> Self {
        Self { part, text: text.into(), area, style }
    }
}

/// A text as it will stand on the page.
#[derive(Debug)]
pub(crate) struct Typeset {
    shaped: Shaped,
    fitted: Fitted,
    area: Area,
    style: Style,
}

impl Typeset {
    pub(crate) fn shaped(&self) -> &Shaped {
        &self.shaped
    }
}

/// Shapes and fits a text, or says what no font has or what does not fit.
pub(crate) fn typeset(fonts: &Fonts, of: &dyn Fn() -> Subject, text: &Text<'_>) -> Result<Typeset, PrintError> {
    let shaped = shape(fonts, of, text)?;
    let fitted =
        layout::fit(&shaped, text.area, &text.style).ok_or_else(|| PrintError::DoesNotFit { of: of(), part: text.part.to_owned() })?;
    Ok(Typeset { shaped, fitted, area: text.area, style: text.style })
}

pub(crate) fn shape(fonts: &Fonts, of: &dyn Fn() -> Subject, text: &Text<'_>) -> Result<Shaped, PrintError> {
    fonts.shape(text.style.font, &text.text).map_err(|characters| PrintError::MissingCharacters { of: of(), characters })
}

/// A page being drawn.
pub(crate) struct Canvas<'a> {
    fonts: &'a Embedded,
    /// Height of the page, mm.
    height: f32,
    ops: Vec<Op>,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(fonts: &'a Embedded, height: f32) -> Self {
        Self { fonts, height, ops: Vec::new() }
    }

    pub(crate) fn page(self, width: f32) -> PdfPage {
        PdfPage::new(Mm(width), Mm(self.height), self.ops)
    }

    /// Moves and scales all that follows.
    pub(crate) fn transform(&mut self, matrix: [f32; 6]) {
        self.ops.push(Op::SetTransformationMatrix { matrix: CurTransMat::Raw(matrix) });
    }

    /// The pen for lines: colour and width, pt.
    pub(crate) fn pen(&mut self, col: Colour, width: f32) {
        self.ops.push(Op::SetOutlineColor { col: colour(col) });
        self.ops.push(Op::SetOutlineThickness { pt: Pt(width) });
    }

    /// Paints the mask `id` black into `area`.
    pub(crate) fn mask(&mut self, id: &XObjectId, area: Area) {
        self.ops.push(Op::SetFillColor { col: colour([0.0; 3]) });
        self.image(id, self.matrix_of(area));
    }

    /// Puts a page-sized form on the page as it is.
    pub(crate) fn form(&mut self, id: &XObjectId) {
        self.ops.push(use_xobject(id));
    }

    /// A line through points, mm from the top left.
    pub(crate) fn line(&mut self, points: &[(f32, f32)], is_closed: bool) {
        let at = |&(x, y): &(f32, f32)| LinePoint { p: Point { x: Pt(x * PT_PER_MM), y: Pt(self.up(y)) }, bezier: false };
        self.ops.push(Op::DrawLine { line: Line { points: points.iter().map(at).collect(), is_closed } });
    }

    /// An image, by the matrix from the unit square to the page in pt.
    pub(crate) fn image(&mut self, id: &XObjectId, matrix: [f32; 6]) {
        self.ops.push(Op::SaveGraphicsState);
        self.ops.push(Op::SetTransformationMatrix { matrix: CurTransMat::Raw(matrix) });
        self.ops.push(use_xobject(id));
        self.ops.push(Op::RestoreGraphicsState);
    }

    /// The matrix from the unit square to `area`.
    pub(crate) fn matrix_of(&self, area: Area) -> [f32; 6] {
        [area.width * PT_PER_MM, 0.0, 0.0, area.height * PT_PER_MM, area.x * PT_PER_MM, self.up(area.y + area.height)]
    }

    /// Points from the bottom, from millimetres from the top.
    fn up(&self, y: f32) -> f32 {
        (self.height - y) * PT_PER_MM
    }

    pub(crate) fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t Typeset>) {
        self.ops.push(Op::StartTextSection);
        texts.into_iter().for_each(|text| self.text(text));
        self.ops.push(Op::EndTextSection);
    }

    fn text(&mut self, text: &Typeset) {
        let Style { colour: ink, bold, .. } = text.style;
        self.ops.push(Op::SetFillColor { col: colour(ink) });
        if bold > 0.0 {
            self.pen(ink, bold);
            self.ops.push(Op::SetTextRenderingMode { mode: TextRenderingMode::FillStroke });
        }
        let (left, top) = (text.area.x * PT_PER_MM, self.up(text.area.y));
        for line in &text.fitted.lines {
            let cells = text.shaped.cells.get(line.cells.clone()).unwrap_or_default();
            let actual = (!self.is_extracted_right(&text.shaped, cells)).then(|| text.shaped.text_of(cells));
            if let Some(actual) = actual {
                self.ops.push(Op::BeginMarkedContentWithProperties { tag: "Span".to_owned(), properties: actual_text(actual) });
            }
            self.ops.push(Op::SetTextMatrix { matrix: TextMatrix::Translate(Pt(left + line.x), Pt(top - line.baseline)) });
            self.ops.push(Op::SetCharacterSpacing { multiplier: line.spacing });
            for run in cells.chunk_by(|a, b| a.font == b.font) {
                self.run(&text.shaped, run, text.fitted.size);
            }
            if actual.is_some() {
                self.ops.push(Op::EndMarkedContentWithProperties);
            }
        }
        if bold > 0.0 {
            self.ops.push(Op::SetTextRenderingMode { mode: TextRenderingMode::Fill });
        }
    }

    /// Whether the fonts' tables for extraction give back the cells' characters: they have one text for a glyph, and ⽂ and
    /// 文 share one.
    fn is_extracted_right(&self, shaped: &Shaped, cells: &[Cell]) -> bool {
        cells.iter().all(|cell| match shaped.glyphs_of(cell) {
            [glyph] => self.fonts.code(cell.font, glyph.id).1 == shaped.text_of(std::slice::from_ref(cell)),
            _ => false,
        })
    }

    /// Cells of one font.
    fn run(&mut self, shaped: &Shaped, cells: &[Cell], size: f32) {
        let Some(font) = cells.first().map(|cell| cell.font) else { return };
        let Some(id) = self.fonts.id(font) else { return };
        self.ops.push(Op::SetFont { font: PdfFontHandle::External(id.clone()), size: Pt(size) });
        let (mut codes, mut rise) = (Vec::new(), 0.0);
        for glyph in cells.iter().flat_map(|cell| shaped.glyphs_of(cell)) {
            let (right, up) = glyph.offset;
            if up != rise {
                self.show(&mut codes);
                self.ops.push(Op::SetLineOffset { multiplier: up * size });
                rise = up;
            }
            if right != 0.0 {
                self.show(&mut codes);
                self.ops.push(Op::ShowText { items: vec![TextItem::Offset(-right * 1000.0)] });
            }
            codes.push(self.codepoint(font, glyph));
        }
        self.show(&mut codes);
        if rise != 0.0 {
            self.ops.push(Op::SetLineOffset { multiplier: 0.0 });
        }
    }

    fn show(&mut self, codes: &mut Vec<Codepoint>) {
        if !codes.is_empty() {
            self.ops.push(Op::ShowText { items: vec![TextItem::GlyphIds(std::mem::take(codes))] });
        }
    }

    fn codepoint(&self, font: FontName, glyph: &Glyph) -> Codepoint {
        let (code, _) = self.fonts.code(font, glyph.id);
        let (right, _) = glyph.offset;
        let back = (glyph.width + right - glyph.advance) * 1000.0;
        Codepoint::new(code, if back.abs() < 0.5 { 0.0 } else { back })
    }
}

pub(crate) fn colour([r, g, b]: Colour) -> Color {
    Color::Rgb(Rgb { r, g, b, icc_profile: None })
}

fn use_xobject(id: &XObjectId) -> Op {
    Op::UseXobject { id: id.clone(), transform: XObjectTransform { no_auto_scale: true, ..XObjectTransform::default() } }
}

/// A stream that printpdf writes as it is, or leaves to [`crate::document::write`] to deflate.
pub(crate) fn stream(entries: Vec<(&str, DictItem)>, content: Vec<u8>, compress: bool) -> XObject {
    let dict = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    XObject::External(ExternalXObject { stream: ExternalStream { dict, content, compress }, width: None, height: None, dpi: None })
}

/// A name, as a value of a dictionary.
pub(crate) fn name(name: &str) -> DictItem {
    DictItem::Name(name.as_bytes().to_vec())
}

/// `text` as a QR code, an image mask.
pub(crate) fn qr_object(text: &str) -> Result<XObject, fast_qr::qr::QRCodeError> {
    let mask = qr::mask(text)?;
    // At most 177 modules.
    let side = || DictItem::Int(mask.side as i64);
    let entries = vec![
        ("Type", name("XObject")),
        ("Subtype", name("Image")),
        ("ImageMask", DictItem::Bool(true)),
        ("Width", side()),
        ("Height", side()),
        ("BitsPerComponent", DictItem::Int(1)),
    ];
    Ok(stream(entries, mask.rows, true))
}

/// `/ActualText`: what is extracted instead of the glyphs (ISO 32000-1, 14.9.4).
fn actual_text(text: &str) -> DictItem {
    let data = [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    DictItem::Dict { map: BTreeMap::from([("ActualText".to_owned(), DictItem::String { data, literal: false })]) }
}
