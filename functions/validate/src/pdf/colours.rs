//! Colour spaces (ISO 32000-1, 8.6), as far as grey is concerned.

use lopdf::{Dictionary, Object};

use super::image::{inflated, is_set, number};
use super::structure::Structure;

/// Entries of a palette.
const MAX_PALETTE: usize = 256;

/// How samples become grey.
#[derive(Debug, Clone)]
pub(super) struct Colours {
    pub(super) components: usize,
    pub(super) bits: u8,
    kind: Kind,
    /// `/Decode` turns the values round.
    is_inverted: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    /// 0 is black.
    Grey,
    Rgb,
    Cmyk,
    /// The amount of one ink: 0 is white.
    Ink,
    /// Shades of a palette.
    Palette(Vec<u8>),
}

impl Kind {
    fn components(&self) -> usize {
        match self {
            Self::Grey | Self::Ink | Self::Palette(_) => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }
}

impl Colours {
    pub(super) fn of(structure: &mut Structure<'_>, image: &Dictionary) -> Option<Self> {
        let decode = image.get(b"Decode").ok().and_then(|decode| structure.resolved(decode));
        let decode = decode.and_then(|decode| decode.as_array().ok().and_then(|values| values.first()?.as_float().ok()));
        let is_mask = is_set(image, b"ImageMask");
        // What a mask paints (0) is dark, as the lowest value of a grey picture is.
        let kind = if is_mask { Kind::Grey } else { kind(structure, image.get(b"ColorSpace").ok()?, 0)? };
        let bits = if is_mask { 1 } else { u8::try_from(number(image, b"BitsPerComponent")?).ok()? };
        let is_inverted = decode.is_some_and(|first| first > 0.5) && !matches!(kind, Kind::Palette(_));
        matches!(bits, 1 | 2 | 4 | 8 | 16).then_some(Self { components: kind.components(), bits, kind, is_inverted })
    }

    /// A row of samples in grey.
    pub(super) fn grey(&self, row: &[u8], grey: &mut [u8]) {
        match (&self.kind, self.bits) {
            (Kind::Grey, 8) if !self.is_inverted => {
                for (to, from) in grey.iter_mut().zip(row) {
                    *to = *from;
                }
            }
            (Kind::Rgb, 8) if !self.is_inverted => {
                for (to, from) in grey.iter_mut().zip(row.chunks_exact(3)) {
                    *to = luma([from[0], from[1], from[2]]);
                }
            }
            _ => {
                for (at, to) in grey.iter_mut().enumerate() {
                    *to = self.pixel(row, at);
                }
            }
        }
    }

    fn pixel(&self, row: &[u8], at: usize) -> u8 {
        let sample = |component: usize| sample(row, at * self.components + component, self.bits);
        match self.components {
            3 => luma([0, 1, 2].map(|component| self.level(sample(component)))),
            4 => {
                let [cyan, magenta, yellow, black] = [0, 1, 2, 3].map(|component| u16::from(self.level(sample(component))));
                let ink = u16::from(luma([cyan as u8, magenta as u8, yellow as u8])) + black;
                u8::MAX - ink.min(255) as u8
            }
            _ => self.shade_of(sample(0), self.bits),
        }
    }

    /// What one sample of this many bits looks like.
    pub(super) fn shade_of(&self, sample: u16, bits: u8) -> u8 {
        match &self.kind {
            Kind::Palette(shades) => shades.get(usize::from(sample)).copied().unwrap_or(u8::MAX),
            Kind::Ink => u8::MAX - self.level_of(sample, bits),
            _ => self.level_of(sample, bits),
        }
    }

    fn level(&self, sample: u16) -> u8 {
        self.level_of(sample, self.bits)
    }

    /// A sample as a byte.
    fn level_of(&self, sample: u16, bits: u8) -> u8 {
        let most = (1_u32 << bits) - 1;
        let level = (u32::from(sample) * 255 / most).min(255) as u8;
        if self.is_inverted { u8::MAX - level } else { level }
    }
}

/// The sample at a place of a row; 1, 2, 4, 8 or 16 bits each.
fn sample(row: &[u8], at: usize, bits: u8) -> u16 {
    let byte = |at: usize| u16::from(row.get(at).copied().unwrap_or_default());
    match bits {
        16 => byte(2 * at) << 8 | byte(2 * at + 1),
        8 => byte(at),
        _ => {
            let each = 8 / usize::from(bits);
            let shift = 8 - usize::from(bits) * (at % each + 1);
            byte(at / each) >> shift & ((1 << bits) - 1)
        }
    }
}

/// ITU-R BT.601, in 256ths.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29) >> 8) as u8
}

/// What samples of a colour space stand for.
fn kind(structure: &mut Structure<'_>, object: &Object, depth: usize) -> Option<Kind> {
    if depth > 2 {
        return None;
    }
    let values = match structure.resolved(object)? {
        Object::Name(name) => {
            return match name.as_slice() {
                b"DeviceGray" | b"G" => Some(Kind::Grey),
                b"DeviceRGB" | b"RGB" => Some(Kind::Rgb),
                b"DeviceCMYK" | b"CMYK" => Some(Kind::Cmyk),
                _ => None,
            };
        }
        Object::Array(values) => values,
        _ => return None,
    };
    match values.first()?.as_name().ok()? {
        b"CalGray" => Some(Kind::Grey),
        b"CalRGB" => Some(Kind::Rgb),
        b"Separation" => Some(Kind::Ink),
        b"ICCBased" => {
            let (profile, _) = values.get(1)?.as_reference().ok()?;
            let (dictionary, _) = structure.stream(profile)?;
            match number(&dictionary, b"N")? {
                1 => Some(Kind::Grey),
                3 => Some(Kind::Rgb),
                4 => Some(Kind::Cmyk),
                _ => None,
            }
        }
        b"Indexed" | b"I" => {
            let base = kind(structure, values.get(1)?, depth + 1)?;
            let table = match values.get(3)? {
                Object::Reference((number, _)) => match structure.stream(*number) {
                    Some((dictionary, content)) if dictionary.has(b"Filter") => inflated(&content),
                    Some((_, content)) => content.into_owned(),
                    None => structure.resolved(values.get(3)?)?.as_str().ok()?.to_vec(),
                },
                other => other.as_str().ok()?.to_vec(),
            };
            let colours = Colours { components: base.components(), bits: 8, kind: base, is_inverted: false };
            let count = (table.len() / colours.components).min(MAX_PALETTE);
            Some(Kind::Palette((0..count).map(|at| colours.pixel(&table, at)).collect()))
        }
        one => kind(structure, &Object::Name(one.to_vec()), depth + 1),
    }
}
