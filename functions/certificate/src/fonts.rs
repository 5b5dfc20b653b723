//! The fonts, parsed once for the process, and what they can print.

use std::fmt;
use std::path::{Path, PathBuf};

use printpdf::ParsedFont;

/// File of the serif font (宋), in the folder given to [`Fonts::load`].
pub const SERIF_FILE: &str = "NotoSerifSC-Regular.otf";
/// File of the sans-serif font (黑).
pub const SANS_FILE: &str = "NotoSansSC-Regular.otf";

/// Why there are no fonts.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// The file is missing or unreadable.
    #[error("cannot read the font {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no OpenType font.
    #[error("{} is not a font that can be embedded", .0.display())]
    Parse(PathBuf),
}

/// The fonts, parsed once per process (cold start): parsing costs more than printing.
pub struct Fonts {
    serif: ParsedFont,
    sans: ParsedFont,
}

impl fmt::Debug for Fonts {
    // The parsed tables run to megabytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fonts").finish_non_exhaustive()
    }
}

/// A font file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FontName {
    /// 宋
    Serif,
    /// 黑
    Sans,
}

/// What a text is for; decides which font is tried first. 人社鉴发〔2021〕1号 asks for 仿宋; no free simplified one is fit
/// for use, so 宋 stands in (`infra/fonts/README.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Title, text and values.
    Text,
    /// Labels and hints.
    Label,
}

impl Role {
    /// The fonts to try, in order.
    fn chain(self) -> [FontName; 2] {
        match self {
            Role::Text => [FontName::Serif, FontName::Sans],
            Role::Label => [FontName::Sans, FontName::Serif],
        }
    }
}

/// A character's glyph in the first font of the chain that has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) font: FontName,
    pub(crate) id: u16,
    /// Advance width, in em.
    pub(crate) width: f32,
}

impl Fonts {
    /// Reads [`SERIF_FILE`] and [`SANS_FILE`] from `folder` (20 MB, kept in memory).
    ///
    /// # Errors
    /// [`FontError`], naming the file.
    pub fn load(folder: &Path) -> Result<Self, FontError> {
        Ok(Self { serif: read(folder.join(SERIF_FILE))?, sans: read(folder.join(SANS_FILE))? })
    }

    /// Whether every role's chain can print `c`. Control characters cannot be printed, nor can a variation selector.
    pub fn has(&self, c: char) -> bool {
        [Role::Text, Role::Label].into_iter().all(|role| self.glyph(role, c).is_some())
    }

    pub(crate) fn parsed(&self, font: FontName) -> &ParsedFont {
        match font {
            FontName::Serif => &self.serif,
            FontName::Sans => &self.sans,
        }
    }

    /// The very look-up printpdf makes when it writes the text, so that what is checked is what is printed.
    pub(crate) fn glyph(&self, role: Role, c: char) -> Option<Glyph> {
        if c.is_control() {
            return None;
        }
        role.chain().into_iter().find_map(|font| {
            let parsed = self.parsed(font);
            // Glyph 0 is .notdef, the empty box.
            let id = parsed.lookup_glyph_index(u32::from(c)).filter(|&id| id != 0)?;
            let em = f32::from(parsed.pdf_font_metrics.units_per_em.max(1));
            Some(Glyph { font, id, width: f32::from(parsed.get_horizontal_advance(id)) / em })
        })
    }

    /// Width of `text`, in em. What cannot be printed counts nothing: it is refused before.
    pub(crate) fn width(&self, role: Role, text: &str) -> f32 {
        text.chars().filter_map(|c| self.glyph(role, c)).map(|glyph| glyph.width).sum()
    }
}

fn read(path: PathBuf) -> Result<ParsedFont, FontError> {
    match std::fs::read(&path) {
        Ok(bytes) => ParsedFont::from_bytes(&bytes, 0, &mut Vec::new()).ok_or(FontError::Parse(path)),
        Err(source) => Err(FontError::Read { path, source }),
    }
}
