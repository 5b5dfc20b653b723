//! From certificates to a document: texts are fitted and checked, then drawn, then everything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Object, StringFormat};
use printpdf::{
    Color, CurTransMat, DictItem, ExternalStream, ExternalXObject, FontId, Line, LinePoint, Mm, Op, PdfDocument, PdfFont, PdfFontHandle,
    PdfPage, PdfParseErrorSeverity, PdfSaveOptions, Point, Pt, Rgb, TextItem, TextMatrix, TextRenderingMode, XObject, XObjectId,
    XObjectTransform,
};

use crate::fonts::{FontName, Fonts, Role};
use crate::frame::{self, Colour, GOLD, GREY};
use crate::layout::{self, Area, Fitted, PAGE, PT_PER_MM, Style};
use crate::photo::{self, Photo};
use crate::{Certificate, PrintError, qr};

const INK: Colour = [0.1, 0.1, 0.1];
const RED: Colour = [0.62, 0.08, 0.08];
const LABEL: Colour = [0.32, 0.3, 0.27];

/// Fixed words of the form; everything else comes from the notice.
const PHOTO_HINT: &str = "照片";
const SEAL_HINT: &str = "（盖章处）";
const ISSUER: (&str, &str) = ("发证机构", "Issued by");
const DATE: (&str, &str) = ("发证日期", "Date of Issue");
const SCAN: &str = "扫描二维码可查验本证书";

/// Level 9 takes twice as long for 1 % less.
const DEFLATE_LEVEL: u32 = 6;

/// A text, where it goes and how.
struct Text<'a> {
    /// What it is, for errors.
    part: &'a str,
    text: String,
    area: Area,
    style: &'static Style,
    colour: Colour,
    /// Stroke around the letters, pt: there is no bold face.
    bold: f32,
}

impl<'a> Text<'a> {
    fn new(part: &'a str, text: impl Into<String>, area: Area, style: &'static Style, colour: Colour) -> Self {
        Self { part, text: text.into(), area, style, colour, bold: 0.0 }
    }
}

/// See [`crate::print`].
pub(crate) fn document(fonts: &Fonts, certificates: &[Certificate<'_>]) -> Result<Vec<u8>, PrintError> {
    let (Some(first), Some(last)) = (certificates.first(), certificates.last()) else {
        return Err(PrintError::Empty);
    };
    let texts: Vec<Vec<Text<'_>>> = certificates.iter().map(texts).collect();
    let mut characters = Characters::default();
    for (certificate, texts) in certificates.iter().zip(&texts) {
        characters.add(fonts, &certificate.face.code, texts)?;
    }

    let mut pdf = PdfDocument::new("");
    for (font, drawn) in &characters.drawn {
        pdf.resources.fonts.map.insert(subset_id(*font, drawn), PdfFont::new(fonts.parsed(*font).clone()));
    }
    let frame = XObjectId("Frame".to_owned());
    pdf.resources.xobjects.map.insert(frame.clone(), frame_object()?);
    for (index, (certificate, texts)) in certificates.iter().zip(&texts).enumerate() {
        let mut page = Page { fonts, characters: &characters, ops: vec![use_xobject(&frame)] };
        page.picture(&mut pdf, index, certificate)?;
        page.texts(&certificate.face.code, texts)?;
        pdf.pages.push(PdfPage::new(Mm(PAGE.width), Mm(PAGE.height), page.ops));
    }

    let code = if certificates.len() == 1 { first.face.code.clone() } else { format!("{}–{}", first.face.code, last.face.code) };
    let info = &mut pdf.metadata.info;
    info.document_title = format!("{} {code}", first.face.title);
    info.author.clone_from(&first.face.issuing_body);
    write(&pdf, &code)
}

/// Every text of a page, in reading order: that is the order it is extracted in.
fn texts<'a>(certificate: &Certificate<'a>) -> Vec<Text<'a>> {
    let face = certificate.face;
    let mut texts = vec![
        Text { bold: 0.55, ..Text::new("证书名称", face.title.as_str(), layout::TITLE, &layout::TITLE_STYLE, RED) },
        Text::new("证书正文", face.text.as_str(), layout::BODY, &layout::BODY_STYLE, INK),
    ];
    if certificate.photo.is_none() {
        texts.push(Text::new(PHOTO_HINT, PHOTO_HINT, layout::PHOTO, &layout::HINT_STYLE, GREY));
    }
    for (index, field) in face.fields.iter().enumerate() {
        let (label, english, value) = layout::row(index, face.fields.len());
        texts.push(Text::new(&field.label, field.label.as_str(), label, &layout::LABEL_STYLE, LABEL));
        texts.push(Text::new(&field.label, field.label_english.as_str(), english, &layout::ENGLISH_STYLE, LABEL));
        texts.push(Text::new(&field.label, field.value.as_str(), value, &layout::VALUE_STYLE, INK));
    }
    for ((label, english), value, label_area, value_area) in
        [(ISSUER, &face.issuing_body, layout::ISSUER_LABEL, layout::ISSUER), (DATE, &face.issued_on, layout::DATE_LABEL, layout::DATE)]
    {
        let upper = Area { height: label_area.height * 0.62, ..label_area };
        let lower = Area { y: label_area.y + upper.height, height: label_area.height - upper.height, ..label_area };
        texts.push(Text::new(label, label, upper, &layout::LABEL_STYLE, LABEL));
        texts.push(Text::new(label, english, lower, &layout::ENGLISH_STYLE, LABEL));
        texts.push(Text::new(label, value.as_str(), value_area, &layout::VALUE_STYLE, INK));
    }
    if let Some(body) = &face.sealed_by {
        texts.push(Text::new("代章单位", format!("（{body}代章）"), layout::SEALED_BY, &layout::SEALED_BY_STYLE, INK));
    }
    texts.push(Text::new(SEAL_HINT, SEAL_HINT, layout::SEAL, &layout::HINT_STYLE, GREY));
    let lines: Vec<&str> = std::iter::once(SCAN).chain(face.query_sites.iter().map(String::as_str)).collect();
    // A form has two or three of them.
    let height = layout::SITES.height / lines.len().max(4) as f32;
    let top = layout::SITES.y + (layout::SITES.height - height * lines.len() as f32) / 2.0;
    for (index, line) in lines.into_iter().enumerate() {
        let area = Area { y: top + index as f32 * height, height, ..layout::SITES };
        texts.push(Text::new("查询网址", line, area, &layout::SITE_STYLE, LABEL));
    }
    texts.retain(|text| !text.text.is_empty());
    texts
}

/// What a document draws, by font.
#[derive(Default)]
struct Characters {
    drawn: BTreeMap<FontName, BTreeMap<u16, char>>,
    /// Glyphs that stand for more than one character here (⽂ and 文). A font's table for extraction has one character for
    /// a glyph, so a text with one of these carries its characters itself.
    shared: BTreeSet<(FontName, u16)>,
}

impl Characters {
    /// Takes in a certificate's texts, or names the characters no font has.
    fn add(&mut self, fonts: &Fonts, code: &str, texts: &[Text<'_>]) -> Result<(), PrintError> {
        let mut missing = Vec::new();
        for text in texts {
            for c in text.text.chars() {
                match fonts.glyph(text.style.role, c) {
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
        if missing.is_empty() { Ok(()) } else { Err(PrintError::MissingCharacters { code: code.to_owned(), characters: missing }) }
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
struct Page<'a> {
    fonts: &'a Fonts,
    characters: &'a Characters,
    ops: Vec<Op>,
}

impl Page<'_> {
    /// Photo, QR code and the lines under the values.
    fn picture(&mut self, pdf: &mut PdfDocument, index: usize, certificate: &Certificate<'_>) -> Result<(), PrintError> {
        let face = certificate.face;
        if let Some(jpeg) = certificate.photo {
            let photo = photo::read(jpeg).map_err(|source| PrintError::Photo { code: face.code.clone(), source })?;
            let id = XObjectId(format!("Photo{index}"));
            pdf.resources.xobjects.map.insert(id.clone(), jpeg_object(&photo, jpeg));
            self.image(&id, photo_matrix(&photo, layout::PHOTO));
        }
        let mask = qr::mask(&face.verify_url).map_err(|source| PrintError::QrCode { code: face.code.clone(), source })?;
        let id = XObjectId(format!("QR{index}"));
        pdf.resources.xobjects.map.insert(id.clone(), mask_object(&mask));
        self.ops.push(Op::SetFillColor { col: colour([0.0; 3]) });
        let (x, y) = point(layout::QR.x, layout::QR.y + layout::QR.height);
        self.image(&id, [layout::QR.width * PT_PER_MM, 0.0, 0.0, layout::QR.height * PT_PER_MM, x, y]);

        self.ops.push(Op::SetOutlineColor { col: colour(GOLD) });
        self.ops.push(Op::SetOutlineThickness { pt: Pt(0.4) });
        let Area { x, y, width, height } = layout::PHOTO;
        self.line(&[(x, y), (x + width, y), (x + width, y + height), (x, y + height)], true);
        for index in 0..face.fields.len() {
            let (_, _, value) = layout::row(index, face.fields.len());
            let y = value.y + value.height + layout::ROW_GAP / 2.0;
            self.line(&[(value.x - 2.0, y), (value.x + value.width, y)], false);
        }
        Ok(())
    }

    fn line(&mut self, points: &[(f32, f32)], is_closed: bool) {
        let at = |&(x, y): &(f32, f32)| {
            let (x, y) = point(x, y);
            LinePoint { p: Point { x: Pt(x), y: Pt(y) }, bezier: false }
        };
        self.ops.push(Op::DrawLine { line: Line { points: points.iter().map(at).collect(), is_closed } });
    }

    fn image(&mut self, id: &XObjectId, matrix: [f32; 6]) {
        self.ops.push(Op::SaveGraphicsState);
        self.ops.push(Op::SetTransformationMatrix { matrix: CurTransMat::Raw(matrix) });
        self.ops.push(use_xobject(id));
        self.ops.push(Op::RestoreGraphicsState);
    }

    fn texts(&mut self, code: &str, texts: &[Text<'_>]) -> Result<(), PrintError> {
        self.ops.push(Op::StartTextSection);
        for text in texts {
            let fitted = layout::fit(self.fonts, &text.text, text.area, text.style)
                .ok_or_else(|| PrintError::DoesNotFit { code: code.to_owned(), part: text.part.to_owned() })?;
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
fn point(x: f32, y: f32) -> (f32, f32) {
    (x * PT_PER_MM, (PAGE.height - y) * PT_PER_MM)
}

fn colour([r, g, b]: Colour) -> Color {
    Color::Rgb(Rgb { r, g, b, icc_profile: None })
}

fn use_xobject(id: &XObjectId) -> Op {
    Op::UseXobject { id: id.clone(), transform: XObjectTransform { no_auto_scale: true, ..XObjectTransform::default() } }
}

/// From the unit square to the largest upright picture in `area`, turned as EXIF says (EXIF 2.32, tag 0x0112).
fn photo_matrix(photo: &Photo, area: Area) -> [f32; 6] {
    let (across, up) = (f32::from(photo.width), f32::from(photo.height));
    let (across, up) = if photo.orientation > 4 { (up, across) } else { (across, up) };
    let scale = (area.width / across).min(area.height / up);
    let (w, h) = (across * scale, up * scale);
    let (x, y) = point(area.x + (area.width - w) / 2.0, area.y + (area.height + h) / 2.0);
    let (w, h) = (w * PT_PER_MM, h * PT_PER_MM);
    match photo.orientation {
        2 => [-w, 0.0, 0.0, h, x + w, y],
        3 => [-w, 0.0, 0.0, -h, x + w, y + h],
        4 => [w, 0.0, 0.0, -h, x, y + h],
        5 => [0.0, -h, -w, 0.0, x + w, y + h],
        6 => [0.0, -h, w, 0.0, x, y + h],
        7 => [0.0, h, w, 0.0, x, y],
        8 => [0.0, h, -w, 0.0, x + w, y],
        _ => [w, 0.0, 0.0, h, x, y],
    }
}

fn stream(entries: Vec<(&str, DictItem)>, content: Vec<u8>, compress: bool) -> XObject {
    let dict = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    XObject::External(ExternalXObject { stream: ExternalStream { dict, content, compress }, width: None, height: None, dpi: None })
}

fn name(name: &str) -> DictItem {
    DictItem::Name(name.as_bytes().to_vec())
}

/// The frame, as a page-sized form. printpdf's own form writes a name where `/FormType` must be a number.
fn frame_object() -> std::io::Result<XObject> {
    // Deflated once per process: it takes as long as all the rest of a page.
    static DEFLATED: OnceLock<Vec<u8>> = OnceLock::new();
    let content = match DEFLATED.get() {
        Some(content) => content,
        None => {
            let content = deflate(frame::content().as_bytes())?;
            DEFLATED.get_or_init(|| content)
        }
    };
    let bounds = [0.0, 0.0, PAGE.width * PT_PER_MM, PAGE.height * PT_PER_MM];
    let entries = vec![
        ("Type", name("XObject")),
        ("Subtype", name("Form")),
        ("BBox", DictItem::Array(bounds.into_iter().map(DictItem::Real).collect())),
        ("Resources", DictItem::Dict { map: BTreeMap::new() }),
        ("Filter", name("FlateDecode")),
    ];
    Ok(stream(entries, content.clone(), false))
}

/// The JPEG itself. printpdf's own images are decoded and encoded anew.
fn jpeg_object(photo: &Photo, jpeg: &[u8]) -> XObject {
    let entries = vec![
        ("Type", name("XObject")),
        ("Subtype", name("Image")),
        ("Width", DictItem::Int(i64::from(photo.width))),
        ("Height", DictItem::Int(i64::from(photo.height))),
        ("ColorSpace", name(if photo.grey { "DeviceGray" } else { "DeviceRGB" })),
        ("BitsPerComponent", DictItem::Int(8)),
        ("Filter", name("DCTDecode")),
    ];
    stream(entries, jpeg.to_vec(), false)
}

fn mask_object(mask: &qr::Mask) -> XObject {
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
    stream(entries, mask.rows.clone(), true)
}

/// `/ActualText`: what is extracted instead of the glyphs (ISO 32000-1, 14.9.4).
fn actual_text(text: &str) -> DictItem {
    let data = [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    DictItem::Dict { map: BTreeMap::from([("ActualText".to_owned(), DictItem::String { data, literal: false })]) }
}

fn deflate(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::new(DEFLATE_LEVEL));
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Serialises, sets what printpdf leaves open, compresses.
fn write(pdf: &PdfDocument, code: &str) -> Result<Vec<u8>, PrintError> {
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
    let id = Object::String(code.as_bytes().to_vec(), StringFormat::Hexadecimal);
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
