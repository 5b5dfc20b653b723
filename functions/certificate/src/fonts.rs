//! The fonts, parsed once for the process, and what they can print: characters become glyphs here.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use owned_ttf_parser::{AsFaceRef, Face, GlyphId, OutlineBuilder, OwnedFace, name_id};
use rules::notice::layout::FontRole;
use rustybuzz::UnicodeBuffer;

/// A font of the layer (`infra/fonts`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FontName {
    /// 宋
    Song,
    /// 黑
    Hei,
    /// 楷
    Kai,
    /// 仿宋, where the Center supplies one.
    FangSong,
    /// Rare ideographs (extensions A to F), 宋.
    Rare,
    /// 藏文
    Tibetan,
    /// 彝文
    Yi,
}

impl FontName {
    const ALL: [Self; 7] = [Self::Song, Self::Hei, Self::Kai, Self::FangSong, Self::Rare, Self::Tibetan, Self::Yi];

    /// Its file, in the folder given to [`Fonts::load`].
    fn file(self) -> &'static str {
        match self {
            Self::Song => "NotoSerifSC-Regular.otf",
            Self::Hei => "NotoSansSC-Regular.otf",
            Self::Kai => "LXGWWenKai-Regular.ttf",
            Self::FangSong => "FangSong.ttf",
            Self::Rare => "HanaMinB.ttf",
            Self::Tibetan => "DDC_Uchen.ttf",
            Self::Yi => "NuosuSIL-Regular.ttf",
        }
    }

    /// Whether printing goes on without it. No free simplified 仿宋 is fit for use.
    fn is_optional(self) -> bool {
        self == Self::FangSong
    }

    /// Whether letters take their shape and place from their neighbours.
    fn is_shaped(self) -> bool {
        self == Self::Tibetan
    }
}

/// The fonts of a role, in the order in which they are tried.
fn chain(role: FontRole) -> &'static [FontName] {
    use FontName::{FangSong, Hei, Kai, Rare, Song, Tibetan, Yi};
    match role {
        FontRole::Song => &[Song, Rare, Tibetan, Yi, Hei],
        FontRole::FangSong => &[FangSong, Song, Rare, Tibetan, Yi, Hei],
        FontRole::Kai => &[Kai, Song, Rare, Tibetan, Yi, Hei],
        FontRole::Hei => &[Hei, Song, Rare, Tibetan, Yi],
    }
}

/// Why there are no fonts.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// The file is missing or unreadable.
    #[error("cannot read the font {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no OpenType font.
    #[error("{} is not a font that can be embedded", .0.display())]
    Parse(PathBuf),
}

/// The fonts: 宋 and 黑 are parsed when they are loaded, the others when a character first needs them. Parsing costs more
/// than printing, so there is one of these for a process.
pub struct Fonts {
    folder: PathBuf,
    parsed: [OnceLock<Option<Font>>; FontName::ALL.len()],
}

/// A font, parsed.
pub(crate) struct Font(OwnedFace);

impl Font {
    pub(crate) fn parse(file: Vec<u8>) -> Option<Self> {
        OwnedFace::from_vec(file, 0).ok().map(Self)
    }

    pub(crate) fn face(&self) -> &Face<'_> {
        self.0.as_face_ref()
    }

    /// The file.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The name by which PDF knows a font (ISO 32000-1, 9.6.2.2).
    pub(crate) fn postscript_name(&self) -> Option<String> {
        let names = self.face().names().into_iter();
        names.filter(|name| name.name_id == name_id::POST_SCRIPT_NAME).find_map(|name| name.to_string())
    }

    /// Units in an em.
    pub(crate) fn em(&self) -> f32 {
        f32::from(self.face().units_per_em())
    }

    /// The glyph of `c`; none where the font has only .notdef (glyph 0), the empty box.
    fn glyph(&self, c: char) -> Option<u16> {
        self.face().glyph_index(c).map(|glyph| glyph.0).filter(|&id| id != 0)
    }

    /// Width of a glyph, in the font's units.
    pub(crate) fn advance(&self, glyph: u16) -> u16 {
        self.face().glyph_hor_advance(GlyphId(glyph)).unwrap_or(0)
    }
}

impl fmt::Debug for Fonts {
    // The parsed tables run to megabytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fonts").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A glyph of a shaped text. Lengths in em.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) id: u16,
    /// What the font itself says.
    pub(crate) width: f32,
    /// From its origin to the next one's.
    pub(crate) advance: f32,
    /// Where it is drawn, from its origin: right, up.
    pub(crate) offset: (f32, f32),
}

/// Characters that stay together, and their glyphs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    /// Bytes of the text.
    pub(crate) text: Range<usize>,
    pub(crate) font: FontName,
    pub(crate) glyphs: Range<usize>,
    /// em
    pub(crate) width: f32,
}

/// A text as glyphs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shaped {
    pub(crate) text: String,
    pub(crate) cells: Vec<Cell>,
    pub(crate) glyphs: Vec<Glyph>,
}

impl Shaped {
    pub(crate) fn text_of(&self, cells: &[Cell]) -> &str {
        let end = cells.last().map_or(0, |cell| cell.text.end);
        cells.first().and_then(|cell| self.text.get(cell.text.start..end)).unwrap_or_default()
    }

    pub(crate) fn glyphs_of(&self, cell: &Cell) -> &[Glyph] {
        self.glyphs.get(cell.glyphs.clone()).unwrap_or_default()
    }

    fn push(&mut self, text: Range<usize>, font: FontName, glyphs: impl IntoIterator<Item = Glyph>) {
        let start = self.glyphs.len();
        self.glyphs.extend(glyphs);
        let width = self.glyphs[start..].iter().map(|glyph| glyph.advance).sum();
        self.cells.push(Cell { text, font, glyphs: start..self.glyphs.len(), width });
    }
}

impl Fonts {
    /// Finds the fonts in `folder` (some 70 MB; what is parsed is kept in memory).
    ///
    /// # Errors
    /// [`FontError`], naming the file that is missing or no font.
    pub fn load(folder: &Path) -> Result<Self, FontError> {
        let fonts = Self { folder: folder.to_owned(), parsed: std::array::from_fn(|_| OnceLock::new()) };
        for font in FontName::ALL.into_iter().filter(|font| !font.is_optional()) {
            let path = folder.join(font.file());
            std::fs::metadata(&path).map_err(|source| FontError::Read { path, source })?;
        }
        for font in [FontName::Song, FontName::Hei] {
            fonts.parsed(font).ok_or_else(|| FontError::Parse(folder.join(font.file())))?;
        }
        Ok(fonts)
    }

    /// Whether every role can print `c`. Control characters cannot be printed, nor can a variation selector.
    pub fn has(&self, c: char) -> bool {
        self.glyph(FontRole::Song, c).is_some()
    }

    /// A letter of a seal: its glyph in 宋 itself, and the font's units in an em.
    pub(crate) fn seal_letter(&self, c: char) -> Option<(Glyph, f32)> {
        let (font, glyph) = self.glyph(FontRole::Song, c)?;
        (font == FontName::Song).then_some((glyph, self.parsed(font).map(Font::em)?))
    }

    /// Draws the outline of a glyph of 宋, in the font's units.
    pub(crate) fn outline(&self, glyph: &Glyph, builder: &mut dyn OutlineBuilder) {
        if let Some(font) = self.parsed(FontName::Song) {
            font.face().outline_glyph(GlyphId(glyph.id), builder);
        }
    }

    pub(crate) fn parsed(&self, font: FontName) -> Option<&Font> {
        let slot = self.parsed.get(font as usize)?;
        slot.get_or_init(|| std::fs::read(self.folder.join(font.file())).ok().and_then(Font::parse)).as_ref()
    }

    /// The glyph of `c` in the first font of the chain that has one.
    fn glyph(&self, role: FontRole, c: char) -> Option<(FontName, Glyph)> {
        if c.is_control() {
            return None;
        }
        chain(role).iter().find_map(|&font| {
            let parsed = self.parsed(font)?;
            let id = parsed.glyph(c)?;
            let width = f32::from(parsed.advance(id)) / parsed.em();
            Some((font, Glyph { id, width, advance: width, offset: (0.0, 0.0) }))
        })
    }

    /// Width of `text` in em, before shaping. What cannot be printed counts nothing: it is refused elsewhere.
    pub(crate) fn width(&self, role: FontRole, text: &str) -> f32 {
        text.chars().filter_map(|c| self.glyph(role, c)).map(|(_, glyph)| glyph.width).sum()
    }

    /// The characters that no font has are the error, each once.
    pub(crate) fn shape(&self, role: FontRole, text: &str) -> Result<Shaped, Vec<char>> {
        let mut shaped = Shaped { text: text.to_owned(), ..Shaped::default() };
        let mut missing: Vec<char> = Vec::new();
        let mut connected: Option<(FontName, Range<usize>)> = None;
        for (at, c) in text.char_indices() {
            let range = at..at + c.len_utf8();
            let glyph = self.glyph(role, c);
            if let (Some((font, stretch)), Some((next, _))) = (&mut connected, &glyph)
                && font == next
            {
                stretch.end = range.end;
                continue;
            }
            self.connect(&mut shaped, connected.take());
            match glyph {
                Some((font, _)) if font.is_shaped() => connected = Some((font, range)),
                Some((font, glyph)) => shaped.push(range, font, [glyph]),
                None if missing.contains(&c) => {}
                None => missing.push(c),
            }
        }
        self.connect(&mut shaped, connected);
        if missing.is_empty() { Ok(shaped) } else { Err(missing) }
    }

    /// Shapes a stretch whose letters depend on each other.
    fn connect(&self, shaped: &mut Shaped, stretch: Option<(FontName, Range<usize>)>) {
        let Some((font, range)) = stretch else { return };
        let Some(parsed) = self.parsed(font) else { return };
        let face = rustybuzz::Face::from_face(parsed.face().clone());
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(shaped.text.get(range.clone()).unwrap_or_default());
        buffer.guess_segment_properties();
        let output = rustybuzz::shape(&face, &[], buffer);
        let em = parsed.em();
        let scaled = |units: i32| units as f32 / em;
        let glyphs: Vec<(usize, Glyph)> = (output.glyph_infos().iter().zip(output.glyph_positions()))
            .map(|(info, position)| {
                // A font has at most 65,535 glyphs.
                let id = info.glyph_id as u16;
                let width = f32::from(parsed.advance(id)) / em;
                let offset = (scaled(position.x_offset), scaled(position.y_offset));
                (range.start + info.cluster as usize, Glyph { id, width, advance: scaled(position.x_advance), offset })
            })
            .collect();
        let clusters: Vec<&[(usize, Glyph)]> = glyphs.chunk_by(|(a, _), (b, _)| a == b).collect();
        for (index, cluster) in clusters.iter().enumerate() {
            let end = clusters.get(index + 1).and_then(|next| next.first()).map_or(range.end, |(start, _)| *start);
            if let Some((start, _)) = cluster.first() {
                shaped.push(*start..end, font, cluster.iter().map(|(_, glyph)| *glyph));
            }
        }
    }
}
