//! The syntax of objects (ISO 32000-1, 7.2 and 7.3), as much of it as tells a document's structure.

use lopdf::{Dictionary, Object, StringFormat};

/// Values that one object may hold: the page tree of a document of many thousand pages may be one array.
const MAX_VALUES: usize = 200_000;
/// Arrays and dictionaries within one another.
const MAX_DEPTH: usize = 50;

/// Reads objects from a place on.
pub(super) struct Parser<'b> {
    bytes: &'b [u8],
    /// Where it stands.
    pub(super) at: usize,
    values: usize,
}

impl<'b> Parser<'b> {
    pub(super) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at, values: 0 }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Over white space and comments.
    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'%' => self.at += self.rest().iter().take_while(|byte| !matches!(byte, b'\r' | b'\n')).count(),
                _ if is_space(byte) => self.at += 1,
                _ => break,
            }
        }
    }

    fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The word that stands here, of letters and the like; it is passed over.
    pub(super) fn word(&mut self) -> &'b [u8] {
        self.skip_space();
        let length = self.rest().iter().take_while(|byte| is_regular(**byte)).count();
        let word = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        word
    }

    /// The object that stands here; none where there is none, or it does not end.
    pub(super) fn object(&mut self) -> Option<Object> {
        self.value(0)
    }

    fn value(&mut self, depth: usize) -> Option<Object> {
        self.skip_space();
        self.values += 1;
        if self.values > MAX_VALUES || depth > MAX_DEPTH {
            return None;
        }
        match (self.peek(0)?, self.peek(1)) {
            (b'<', Some(b'<')) => self.dictionary(depth),
            (b'<', _) => self.hexadecimal(),
            (b'(', _) => self.literal(),
            (b'[', _) => self.array(depth),
            (b'/', _) => Some(Object::Name(self.name())),
            (b'0'..=b'9' | b'+' | b'-' | b'.', _) => self.number(),
            _ => match self.word() {
                b"null" => Some(Object::Null),
                b"true" => Some(Object::Boolean(true)),
                b"false" => Some(Object::Boolean(false)),
                _ => None,
            },
        }
    }

    fn dictionary(&mut self, depth: usize) -> Option<Object> {
        self.at += 2;
        let mut dictionary = Dictionary::new();
        loop {
            self.skip_space();
            match self.peek(0)? {
                b'/' => {
                    let name = self.name();
                    dictionary.set(name, self.value(depth + 1)?);
                }
                b'>' if self.peek(1) == Some(b'>') => {
                    self.at += 2;
                    return Some(Object::Dictionary(dictionary));
                }
                _ => return None,
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Object> {
        self.at += 1;
        let mut values = Vec::new();
        loop {
            self.skip_space();
            if self.peek(0)? == b']' {
                self.at += 1;
                return Some(Object::Array(values));
            }
            values.push(self.value(depth + 1)?);
        }
    }

    fn name(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek(0).filter(|byte| is_regular(*byte)) {
            let escaped = (byte == b'#').then(|| Some(hex(self.peek(1)?)? << 4 | hex(self.peek(2)?)?)).flatten();
            self.at += if escaped.is_some() { 3 } else { 1 };
            name.push(escaped.unwrap_or(byte));
        }
        name
    }

    /// A number, or a reference where two of them and an R stand here.
    fn number(&mut self) -> Option<Object> {
        let word = std::str::from_utf8(self.word()).ok()?;
        let Ok(integer) = word.parse::<i64>() else { return word.parse().ok().map(Object::Real) };
        let after = self.at;
        let reference = u32::try_from(integer).ok().and_then(|number| {
            let generation = std::str::from_utf8(self.word()).ok()?.parse::<u16>().ok()?;
            (self.word() == b"R").then_some((number, generation))
        });
        if reference.is_none() {
            self.at = after;
        }
        Some(reference.map_or(Object::Integer(integer), Object::Reference))
    }

    fn hexadecimal(&mut self) -> Option<Object> {
        self.at += 1;
        let length = self.rest().iter().position(|byte| *byte == b'>')?;
        let digits: Vec<u8> = self.rest().iter().take(length).filter_map(|byte| hex(*byte)).collect();
        self.at += length + 1;
        let text = digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or_default()).collect();
        Some(Object::String(text, StringFormat::Hexadecimal))
    }

    fn literal(&mut self) -> Option<Object> {
        self.at += 1;
        let (mut text, mut open) = (Vec::new(), 1);
        loop {
            let byte = self.peek(0)?;
            self.at += 1;
            match byte {
                b'\\' => text.extend(self.escaped()?),
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Some(Object::String(text, StringFormat::Literal));
            }
            if byte != b'\\' {
                text.push(byte);
            }
        }
    }

    /// What a backslash and what follows it stand for.
    fn escaped(&mut self) -> Option<Option<u8>> {
        let byte = self.peek(0)?;
        self.at += 1;
        Some(match byte {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\r' => {
                self.at += usize::from(self.peek(0) == Some(b'\n'));
                None
            }
            b'\n' => None,
            b'0'..=b'7' => {
                let mut code = u16::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek(0) else { break };
                    code = code * 8 + u16::from(digit - b'0');
                    self.at += 1;
                }
                Some(code.to_le_bytes()[0])
            }
            other => Some(other),
        })
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// ISO 32000-1, table 1.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

/// Neither white space nor a delimiter (table 2).
fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &[u8]) -> Option<Object> {
        Parser::new(text, 0).object()
    }

    #[test]
    fn objects_are_read_as_they_stand() {
        let Some(Object::Dictionary(found)) = parsed(b"<</A#42 12 0 R/B[1 -2.5 (a\\(b\\051(c)\\\n\\n) <4a4>]%x\n/C/D /E true/F null>>")
        else {
            panic!("a dictionary")
        };
        assert_eq!(found.get(b"AB").ok(), Some(&Object::Reference((12, 0))));
        let Ok(Object::Array(values)) = found.get(b"B") else { panic!("an array") };
        assert_eq!(values[..2], [Object::Integer(1), Object::Real(-2.5)]);
        assert_eq!(values[2].as_str().ok(), Some(&b"a(b)(c)\n"[..]));
        assert_eq!(values[3].as_str().ok(), Some(&b"J\x40"[..]));
        assert_eq!(found.get(b"C").ok(), Some(&Object::Name(b"D".to_vec())));
        assert_eq!((found.get(b"E").ok(), found.get(b"F").ok()), (Some(&Object::Boolean(true)), Some(&Object::Null)));
    }

    #[test]
    fn what_does_not_end_is_no_object() {
        for text in [&b"<</A 1"[..], b"[1 2", b"(a\\)", b"<4a", b"", b"endobj", b"<</A>>", b"<<1 2>>"] {
            assert_eq!(parsed(text), None, "{:?}", String::from_utf8_lossy(text));
        }
        assert_eq!(parsed(&b"[".repeat(100_000)), None);
        assert_eq!(parsed(&[&b"["[..], &b"1 ".repeat(MAX_VALUES), b"]"].concat()), None);
    }
}
