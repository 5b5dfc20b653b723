//! Fonts in a document: the glyphs of its texts, cut out of the fonts, with what extraction needs.
//!
//! Cutting goes in two steps: once out of the whole font for a batch of documents, then out of that cut for each of them, in a
//! tenth of the time. printpdf could embed fonts itself, but parses each cut anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use owned_ttf_parser::{RawFace, Tag};
use printpdf::FontId;
use subsetter::GlyphRemapper;

use crate::PrintError;
use crate::fonts::{self, FontName, Fonts, Shaped};

/// Glyphs of texts, by font, with the characters they stand for.
#[derive(Debug, Default, Clone)]
pub(crate) struct Glyphs(BTreeMap<FontName, BTreeMap<u16, String>>);

impl Glyphs {
    pub(crate) fn add(&mut self, shaped: &Shaped) {
        for cell in &shaped.cells {
            let of_font = self.0.entry(cell.font).or_default();
            let mut text = shaped.text_of(std::slice::from_ref(cell));
            for glyph in shaped.glyphs_of(cell) {
                of_font.entry(glyph.id).or_insert_with(|| text.to_owned());
                // A cell's characters are extracted with its first glyph.
                text = "";
            }
        }
    }

    pub(crate) fn of<'t>(texts: impl IntoIterator<Item = &'t Shaped>) -> Self {
        let mut glyphs = Self::default();
        texts.into_iter().for_each(|text| glyphs.add(text));
        glyphs
    }
}

/// A font cut down to the glyphs of a batch of documents.
struct Cut<'f> {
    whole: &'f fonts::Font,
    program: Vec<u8>,
    /// From the font's own glyphs to the cut's.
    glyphs: GlyphRemapper,
}

/// The fonts of a batch of documents, cut down to what it needs.
pub(crate) struct Cuts<'f>(BTreeMap<FontName, Cut<'f>>);

impl<'f> Cuts<'f> {
    pub(crate) fn new(fonts: &'f Fonts, glyphs: &Glyphs) -> Result<Self, PrintError> {
        let cut = |(&name, texts): (&FontName, &BTreeMap<u16, String>)| {
            let broken = |problem: &str| PrintError::Library(vec![format!("{name:?}: {problem}")]);
            let whole = fonts.parsed(name).ok_or_else(|| broken("no font"))?;
            let glyphs = GlyphRemapper::new_from_glyphs_sorted(&texts.keys().copied().collect::<Vec<_>>());
            let program = subsetter::subset(whole.bytes(), 0, &glyphs).map_err(|problem| broken(&problem.to_string()))?;
            Ok((name, Cut { whole, program, glyphs }))
        };
        Ok(Self(glyphs.0.iter().map(cut).collect::<Result<_, PrintError>>()?))
    }

    /// What one document needs of them.
    pub(crate) fn embedded(&self, glyphs: Glyphs) -> Result<Embedded, PrintError> {
        let of_font = |(name, texts): (FontName, BTreeMap<u16, String>)| {
            let broken = |problem: &str| PrintError::Library(vec![format!("{name:?}: {problem}")]);
            let cut = self.0.get(&name).ok_or_else(|| broken("not cut"))?;
            Ok((name, Font::new(name, cut, texts).map_err(|problem| broken(&problem))?))
        };
        Ok(Embedded(glyphs.0.into_iter().map(of_font).collect::<Result<_, PrintError>>()?))
    }
}

/// A font of one document.
struct Font {
    id: FontId,
    codes: GlyphRemapper,
    /// By the font's own glyphs.
    texts: BTreeMap<u16, String>,
    /// `/FontFile3` or `/FontFile2`, and its stream.
    program: (&'static str, Stream),
    widths: Vec<Object>,
    descriptor: Dictionary,
    name: String,
}

impl Font {
    fn new(name: FontName, cut: &Cut<'_>, texts: BTreeMap<u16, String>) -> Result<Self, String> {
        let glyphs: Vec<u16> = texts.keys().copied().collect();
        let of_cut: Vec<u16> = glyphs.iter().map(|&glyph| cut.glyphs.get(glyph).unwrap_or(0)).collect();
        // Ascending in both fonts: the same order, so that a glyph's code is its place.
        let codes = GlyphRemapper::new_from_glyphs_sorted(&glyphs);
        let program = subsetter::subset(&cut.program, 0, &GlyphRemapper::new_from_glyphs_sorted(&of_cut));
        let program = program.map_err(|problem| problem.to_string())?;
        let tag = tag(&glyphs);
        let own = cut.whole.postscript_name().unwrap_or_else(|| format!("{name:?}"));
        let full_name = format!("{tag}+{own}");
        Ok(Self {
            id: FontId(format!("{tag}{name:?}")),
            widths: widths(cut.whole, &codes),
            descriptor: descriptor(cut.whole, &full_name),
            program: font_file(program)?,
            name: full_name,
            codes,
            texts,
        })
    }

    /// Adds it to the document (ISO 32000-1, 9.7: a Type 0 font, its codes are the program's glyphs).
    fn put_into(self, document: &mut Document) -> ObjectId {
        let Self { codes, texts, program: (key, program), widths, mut descriptor, name, .. } = self;
        let is_truetype = key == "FontFile2";
        descriptor.set(key, document.add_object(program));
        let descriptor = document.add_object(descriptor);
        let to_unicode = document.add_object(Stream::new(Dictionary::new(), to_unicode(&codes, &texts).into_bytes()));
        let system =
            [("Registry", Object::string_literal("Adobe")), ("Ordering", Object::string_literal("Identity")), ("Supplement", 0.into())];
        let mut descendant = Dictionary::from_iter([
            ("Type", Object::from("Font")),
            ("Subtype", if is_truetype { "CIDFontType2" } else { "CIDFontType0" }.into()),
            ("BaseFont", name.as_str().into()),
            ("CIDSystemInfo", Dictionary::from_iter(system).into()),
            ("W", widths.into()),
            ("FontDescriptor", descriptor.into()),
        ]);
        if is_truetype {
            descendant.set("CIDToGIDMap", "Identity");
        }
        document.add_object(Dictionary::from_iter([
            ("Type", Object::from("Font")),
            ("Subtype", "Type0".into()),
            ("BaseFont", name.as_str().into()),
            ("Encoding", "Identity-H".into()),
            ("ToUnicode", to_unicode.into()),
            ("DescendantFonts", vec![Object::Dictionary(descendant)].into()),
        ]))
    }
}

/// The fonts of one document.
pub(crate) struct Embedded(BTreeMap<FontName, Font>);

impl Embedded {
    /// What the pages call a font.
    pub(crate) fn id(&self, font: FontName) -> Option<&FontId> {
        self.0.get(&font).map(|font| &font.id)
    }

    /// The code of a font's own glyph, and the text that is extracted for it.
    pub(crate) fn code(&self, font: FontName, glyph: u16) -> (u16, &str) {
        let Some(font) = self.0.get(&font) else { return (0, "") };
        (font.codes.get(glyph).unwrap_or(0), font.texts.get(&glyph).map_or("", String::as_str))
    }

    /// Adds the fonts to the document that printpdf made, whose pages share one dictionary of fonts.
    pub(crate) fn put_into(self, document: &mut Document) -> Result<(), PrintError> {
        let page = document.page_iter().next().ok_or(PrintError::Empty)?;
        let (inline, shared) = document.get_page_resources(page)?;
        let resources = inline.or_else(|| shared.first().and_then(|&id| document.get_dictionary(id).ok()));
        let fonts = resources.ok_or(PrintError::Empty)?.get(b"Font")?.as_reference()?;
        for font in self.0.into_values() {
            let id = font.id.0.clone();
            let object = font.put_into(document);
            document.get_dictionary_mut(fonts)?.set(id, object);
        }
        Ok(())
    }
}

/// The subset's tag differs with its glyphs (ISO 32000-1, 9.6.4), so that a tool that merges documents never takes one subset
/// for another.
fn tag(glyphs: &[u16]) -> String {
    // FNV-1a: the tag is no secret, it is only to differ.
    let mut hash = glyphs.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, &id| (hash ^ u64::from(id)).wrapping_mul(0x0100_0000_01B3));
    let mut tag = String::new();
    for _ in 0..6 {
        // A remainder below 26: always a capital letter.
        tag.push(char::from(b'A' + (hash % 26) as u8));
        hash /= 26;
    }
    tag
}

/// Of a font with CFF outlines the bare table, otherwise the font (ISO 32000-1, table 126).
fn font_file(program: Vec<u8>) -> Result<(&'static str, Stream), String> {
    let cff = RawFace::parse(&program, 0).map_err(|problem| problem.to_string())?.table(Tag::from_bytes(b"CFF "));
    if let Some(cff) = cff {
        return Ok(("FontFile3", Stream::new(Dictionary::from_iter([("Subtype", Object::from("CIDFontType0C"))]), cff.to_vec())));
    }
    // A font is far smaller than 2^63 bytes.
    let length = Object::Integer(program.len() as i64);
    Ok(("FontFile2", Stream::new(Dictionary::from_iter([("Length1", length)]), program)))
}

/// A thousandth of an em is the unit of all that a PDF says of fonts.
fn thousandths(font: &fonts::Font, units: impl Into<f32>) -> Object {
    // At most some thousands.
    Object::Integer((units.into() * 1000.0 / font.em()).round() as i64)
}

/// `/W`, from code 0 on.
fn widths(font: &fonts::Font, codes: &GlyphRemapper) -> Vec<Object> {
    let widths: Vec<Object> = codes.remapped_gids().map(|glyph| thousandths(font, font.advance(glyph))).collect();
    vec![0.into(), widths.into()]
}

fn descriptor(font: &fonts::Font, name: &str) -> Dictionary {
    let (heights, bounds) = (font.face().tables().hhea, font.face().global_bounding_box());
    let units = |units: i16| thousandths(font, units);
    let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(units).to_vec();
    Dictionary::from_iter([
        ("Type", Object::from("FontDescriptor")),
        ("FontName", name.into()),
        // Symbolic: its glyphs are not those of a Latin character set (ISO 32000-1, table 123).
        ("Flags", 4.into()),
        ("FontBBox", bounds.into()),
        ("ItalicAngle", 0.into()),
        ("Ascent", units(heights.ascender)),
        ("Descent", units(heights.descender)),
        ("CapHeight", units(heights.ascender)),
        // Regular: all fonts of the layer are.
        ("StemV", 88.into()),
    ])
}

/// What is extracted for each code (ISO 32000-1, 9.10.3).
fn to_unicode(codes: &GlyphRemapper, texts: &BTreeMap<u16, String>) -> String {
    let mut cmap = String::from(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n\
         /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
         /CMapName /Adobe-Identity-UCS def /CMapType 2 def\n\
         1 begincodespacerange <0000> <FFFF> endcodespacerange\n",
    );
    let texts: Vec<_> = texts.iter().filter(|(_, text)| !text.is_empty()).collect();
    // At most a hundred in a block. A `String` takes every write.
    for block in texts.chunks(100) {
        let _ = writeln!(cmap, "{} beginbfchar", block.len());
        for (glyph, text) in block {
            let _ = write!(cmap, "<{:04X}> <", codes.get(**glyph).unwrap_or(0));
            for unit in text.encode_utf16() {
                let _ = write!(cmap, "{unit:04X}");
            }
            cmap.push_str(">\n");
        }
        cmap.push_str("endbfchar\n");
    }
    cmap.push_str("endcmap CMapName currentdict /CMap defineresource pop end end");
    cmap
}
