//! What every document is drawn with: texts are fitted and checked, then drawn, then everything is written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Object, StringFormat};
use printpdf::{
    Color, CurTransMat, DictItem, ExternalStream, ExternalXObject, FontId, Line, LinePoint, Mm, Op, PdfDocument, PdfFont, PdfFontHandle,
    PdfPage, PdfParseErrorSeverity, PdfSaveOptions, Point, Pt, Rgb, TextItem, TextMatrix, TextRenderingMode, XObject, XObjectId,
    XObjectTransform,
};

use crate::fonts::{FontName, Fonts, Role};
use crate::frame::Colour;
use crate::layout::{self, Area, Fitted, PAGE, PT_PER_MM, Style};
use crate::{PrintError, Subject, qr};

/// Texts that are filled in.
pub(crate) const INK: Colour = [0.1, 0.1, 0.1];

/// Level 9 takes twice as long for 1 % less.
const DEFLATE_LEVEL: u32 = 6;

/// A text, where it goes and how.
pub(crate) struct Text<'a> {
    /// What it is, for errors.
    pub(crate) part: &'a str,
    pub(crate) text: Cow<'a, str>,
    pub(crate) area: Area,
    pub(crate) style: &'static Style,
    pub(crate) colour: Colour,
    /// Stroke around the letters, pt: there is no bold face.
    pub(crate) bold: f32,
}

impl<'a> Text<'a> {
    pub(crate) fn new(part: &'a str, text: impl Into<Cow<'a, str>>, area: Area, style: &'static Style, colour: Colour) -> Self {
        Self { part, text: text.into(), area, style, colour, bold: 0.0 }
    }
}

/// What a document draws, by font.
#[derive(Default)]
pub(crate) struct Characters {
    drawn: BTreeMap<FontName, BTreeMap<u16, char>>,
    /// Glyphs that stand for more than one character here (⽂ and 文). A font's table for extraction has one character for
    /// a glyph, so a text with one of these carries its characters itself.
    shared: BTreeSet<(FontName, u16)>,
}

impl Characters {
    /// Takes in the texts of `of`, or names the characters no font has.
    pub(crate) fn add<'t>(
        &mut self,
        fonts: &Fonts,
        of: impl FnOnce() -> Subject,
        texts: impl IntoIterator<Item = (Role, &'t str)>,
    ) -> Result<(), PrintError> {
        let mut missing = Vec::new();
        for (role, text) in texts {
            for c in text.chars() {
                match fonts.glyph(role, c) {
                    Some(glyph) => {
                        let owner = *self.drawn.entry(glyph.font).or_default().entry(glyph.id).or_insert(c);
                        if owner != c {
                            self.shared.insert((glyph.font, glyph.id));
                        }
                    }
                    None if missing.contains(&c) => {}
                    None => missing.push(c),
                }
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(PrintError::MissingCharacters { of: of(), characters: missing }) }
    }

    /// A document with the fonts, to be subset when it is written.
    pub(crate) fn document(&self, fonts: &Fonts) -> PdfDocument {
        let mut pdf = PdfDocument::new("");
        for (font, drawn) in &self.drawn {
            pdf.resources.fonts.map.insert(subset_id(*font, drawn), PdfFont::new(fonts.parsed(*font).clone()));
        }
        pdf
    }

    fn id(&self, font: FontName) -> FontId {
        self.drawn.get(&font).map_or_else(|| FontId(String::new()), |drawn| subset_id(font, drawn))
    }

    fn is_shared(&self, fonts: &Fonts, role: Role, c: char) -> bool {
        fonts.glyph(role, c).is_some_and(|glyph| self.shared.contains(&(glyph.font, glyph.id)))
    }
}

/// printpdf makes the subset's tag of the first six letters. The tag differs with the glyphs (ISO 32000-1, 9.6.4), so that
/// a tool that merges documents never takes one subset for another.
fn subset_id(font: FontName, drawn: &BTreeMap<u16, char>) -> FontId {
    // FNV-1a: the tag is no secret, it is only to differ.
    let mut hash = drawn.keys().fold(0xCBF2_9CE4_8422_2325_u64, |hash, &id| (hash ^ u64::from(id)).wrapping_mul(0x0100_0000_01B3));
    let mut tag = String::new();
    for _ in 0..6 {
        // A remainder below 26: always a capital letter.
        tag.push(char::from(b'A' + (hash % 26) as u8));
        hash /= 26;
    }
    FontId(format!("{tag}{font:?}"))
}

/// A page being drawn.
pub(crate) struct Canvas<'a> {
    fonts: &'a Fonts,
    characters: &'a Characters,
    ops: Vec<Op>,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(fonts: &'a Fonts, characters: &'a Characters) -> Self {
        Self { fonts, characters, ops: Vec::new() }
    }

    /// The page, A4 landscape.
    pub(crate) fn page(self) -> PdfPage {
        PdfPage::new(Mm(PAGE.width), Mm(PAGE.height), self.ops)
    }

    /// The pen for lines: colour and width, pt.
    pub(crate) fn pen(&mut self, col: Colour, width: f32) {
        self.ops.push(Op::SetOutlineColor { col: colour(col) });
        self.ops.push(Op::SetOutlineThickness { pt: Pt(width) });
    }

    /// Paints the mask `id` black into `area`.
    pub(crate) fn mask(&mut self, id: &XObjectId, area: Area) {
        self.ops.push(Op::SetFillColor { col: colour([0.0; 3]) });
        let (x, y) = point(area.x, area.y + area.height);
        self.image(id, [area.width * PT_PER_MM, 0.0, 0.0, area.height * PT_PER_MM, x, y]);
    }

    /// Puts a page-sized form on the page as it is.
    pub(crate) fn form(&mut self, id: &XObjectId) {
        self.ops.push(use_xobject(id));
    }

    /// A line through points, mm from the top left.
    pub(crate) fn line(&mut self, points: &[(f32, f32)], is_closed: bool) {
        let at = |&(x, y): &(f32, f32)| {
            let (x, y) = point(x, y);
            LinePoint { p: Point { x: Pt(x), y: Pt(y) }, bezier: false }
        };
        self.ops.push(Op::DrawLine { line: Line { points: points.iter().map(at).collect(), is_closed } });
    }

    /// An image, by the matrix from the unit square to the page in pt.
    pub(crate) fn image(&mut self, id: &XObjectId, matrix: [f32; 6]) {
        self.ops.push(Op::SaveGraphicsState);
        self.ops.push(Op::SetTransformationMatrix { matrix: CurTransMat::Raw(matrix) });
        self.ops.push(use_xobject(id));
        self.ops.push(Op::RestoreGraphicsState);
    }

    /// Texts, fitted into their boxes.
    pub(crate) fn texts(&mut self, of: impl Fn() -> Subject, texts: &[Text<'_>]) -> Result<(), PrintError> {
        self.ops.push(Op::StartTextSection);
        for text in texts {
            let fitted = layout::fit(self.fonts, &text.text, text.area, text.style)
                .ok_or_else(|| PrintError::DoesNotFit { of: of(), part: text.part.to_owned() })?;
            self.text(text, &fitted);
        }
        self.ops.push(Op::EndTextSection);
        Ok(())
    }

    fn text(&mut self, text: &Text<'_>, fitted: &Fitted) {
        self.ops.push(Op::SetFillColor { col: colour(text.colour) });
        if text.bold > 0.0 {
            self.ops.push(Op::SetOutlineColor { col: colour(text.colour) });
            self.ops.push(Op::SetOutlineThickness { pt: Pt(text.bold) });
            self.ops.push(Op::SetTextRenderingMode { mode: TextRenderingMode::FillStroke });
        }
        let (left, top) = point(text.area.x, text.area.y);
        for line in &fitted.lines {
            let role = text.style.role;
            let marked = line.text.chars().any(|c| self.characters.is_shared(self.fonts, role, c));
            if marked {
                self.ops.push(Op::BeginMarkedContentWithProperties { tag: "Span".to_owned(), properties: actual_text(&line.text) });
            }
            self.ops.push(Op::SetTextMatrix { matrix: TextMatrix::Translate(Pt(left + line.x), Pt(top - line.baseline)) });
            self.ops.push(Op::SetCharacterSpacing { multiplier: line.spacing });
            for (font, run) in runs(self.fonts, role, &line.text) {
                let font = PdfFontHandle::External(self.characters.id(font));
                self.ops.push(Op::SetFont { font, size: Pt(fitted.size) });
                self.ops.push(Op::ShowText { items: vec![TextItem::Text(run)] });
            }
            if marked {
                self.ops.push(Op::EndMarkedContentWithProperties);
            }
        }
        if text.bold > 0.0 {
            self.ops.push(Op::SetTextRenderingMode { mode: TextRenderingMode::Fill });
        }
    }
}

/// Stretches of the same font.
fn runs(fonts: &Fonts, role: Role, text: &str) -> Vec<(FontName, String)> {
    let mut runs: Vec<(FontName, String)> = Vec::new();
    for c in text.chars() {
        let Some(glyph) = fonts.glyph(role, c) else { continue };
        match runs.last_mut() {
            Some((font, run)) if *font == glyph.font => run.push(c),
            _ => runs.push((glyph.font, c.to_string())),
        }
    }
    runs
}

/// Points from the bottom left, from millimetres from the top left.
pub(crate) fn point(x: f32, y: f32) -> (f32, f32) {
    (x * PT_PER_MM, (PAGE.height - y) * PT_PER_MM)
}

fn colour([r, g, b]: Colour) -> Color {
    Color::Rgb(Rgb { r, g, b, icc_profile: None })
}

fn use_xobject(id: &XObjectId) -> Op {
    Op::UseXobject { id: id.clone(), transform: XObjectTransform { no_auto_scale: true, ..XObjectTransform::default() } }
}

/// A stream that printpdf writes as it is, or leaves to [`write()`] to deflate.
pub(crate) fn stream(entries: Vec<(&str, DictItem)>, content: Vec<u8>, compress: bool) -> XObject {
    let dict = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    XObject::External(ExternalXObject { stream: ExternalStream { dict, content, compress }, width: None, height: None, dpi: None })
}

/// A name, as a value of a dictionary.
pub(crate) fn name(name: &str) -> DictItem {
    DictItem::Name(name.as_bytes().to_vec())
}

/// `text` as a QR code, an image mask.
pub(crate) fn qr_object(text: &str) -> Result<XObject, qrcode::types::QrError> {
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

pub(crate) fn deflate(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::new(DEFLATE_LEVEL));
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Serialises, sets what printpdf leaves open, compresses. `id` tells the document from others.
pub(crate) fn write(pdf: &PdfDocument, id: &str) -> Result<Vec<u8>, PrintError> {
    let mut warnings = Vec::new();
    let options = PdfSaveOptions { optimize: true, subset_fonts: true, secure: true, image_optimization: None };
    let mut document = printpdf::to_lopdf_doc(pdf, &options, &mut warnings);
    // Where a font cannot be subset, printpdf embeds all 11 MB and only warns.
    let errors: Vec<String> =
        warnings.into_iter().filter(|warning| warning.severity == PdfParseErrorSeverity::Error).map(|warning| warning.msg).collect();
    if !errors.is_empty() {
        return Err(PrintError::Library(errors));
    }

    // OpenType fonts and /ActualText are newer than the 1.3 that printpdf writes.
    document.version = "1.7".to_owned();
    let viewer = Dictionary::from_iter([("PrintScaling", "None".into()), ("DisplayDocTitle", true.into())] as [(&str, Object); 2]);
    let catalog = document.catalog_mut()?;
    catalog.set("Lang", Object::string_literal("zh-CN"));
    // At 100 %: the photo frame must stay 25 × 35 mm.
    catalog.set("ViewerPreferences", viewer);
    let info = document.trailer.get(b"Info").and_then(Object::as_reference)?;
    let info = document.get_dictionary_mut(info)?;
    // printpdf's dates are those of 1970, and nothing here is PDF/X.
    for key in ["CreationDate", "ModDate", "GTS_PDFXVersion", "Identifier", "Trapped", "Creator", "Producer", "Subject", "Keywords"] {
        info.remove(key.as_bytes());
    }
    // printpdf's own comes from a fixed seed.
    let id = Object::String(id.as_bytes().to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", vec![id.clone(), id]);

    for object in document.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        if stream.allows_compression && !stream.dict.has(b"Filter") {
            let deflated = deflate(&stream.content)?;
            stream.dict.set("Filter", "FlateDecode");
            stream.set_content(deflated);
        }
    }
    let mut bytes = Vec::new();
    document.save_to(&mut bytes)?;
    Ok(bytes)
}
