//! The objects of a file, found by looking through all of it, as viewers do with a damaged one: the cross-reference and the last lines
//! may say what they like. What is inflated is bounded, and so is what is parsed.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::syntax::{Parser, is_space};

/// Objects of one file.
const MAX_OBJECTS: usize = 500_000;
/// Bytes that one object stream may inflate to; programs put some hundred objects into one.
const MAX_STREAM_BYTES: usize = 16 << 20;
/// Bytes that all of them may inflate to: 50,000 pages have some 15 MB.
const MAX_INFLATED_BYTES: usize = 48 << 20;
/// Filters of an object stream: more than one is legal, and nobody does it.
const MAX_FILTERS: usize = 2;
/// How often the file's bytes may be parsed: objects that do not end are looked at again and again.
const MAX_PARSED: usize = 8;

/// Why a file is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// Viewers do not open it, or not all of it.
    Broken,
    /// It asks for a password.
    Password,
    /// More than any document needs.
    TooMuch,
}

/// Where an object stands.
#[derive(Debug, Clone, Copy)]
enum Location {
    /// In the file.
    File(usize),
    /// In an object stream: its number, and the place within.
    Packed(usize, usize),
}

/// An object stream, not yet inflated.
struct PackedObjects {
    id: ObjectId,
    at: usize,
    stream: Stream,
}

/// The objects of a file.
pub(super) struct Structure<'b> {
    bytes: &'b [u8],
    /// By number; of several objects with one number the last counts. The place is that in the file.
    objects: HashMap<u32, (usize, Location)>,
    packed: Vec<PackedObjects>,
    inflated: Vec<Vec<u8>>,
    trailer: Dictionary,
    /// Where the file last says where it ends, and where its last object begins.
    end: usize,
    last: usize,
    /// A stream that does not end.
    is_cut: bool,
    /// Bytes that may still be parsed.
    work: usize,
    encryption: Option<Encryption>,
    /// The numbers of the first pages, in order.
    first_pages: Vec<u32>,
}

/// An image as it stands in the file.
pub(super) struct PageImage<'b> {
    pub(super) dictionary: Dictionary,
    pub(super) content: Cow<'b, [u8]>,
}

/// Pages whose images are looked at: a form of some thousand winners.
const MAX_IMAGE_PAGES: usize = 200;
/// Images that are looked at.
const MAX_IMAGES: usize = 400;
/// How far a page's resources may stand above it, and images within forms of a page.
const MAX_NESTING: usize = 4;

impl<'b> Structure<'b> {
    /// Looks through a file.
    pub(super) fn of(bytes: &'b [u8]) -> Result<Self, Problem> {
        let mut structure = Self {
            bytes,
            objects: HashMap::new(),
            packed: Vec::new(),
            inflated: Vec::new(),
            trailer: Dictionary::new(),
            end: 0,
            last: 0,
            is_cut: false,
            work: bytes.len().saturating_mul(MAX_PARSED).saturating_add(1 << 20),
            encryption: None,
            first_pages: Vec::new(),
        };
        structure.scan()?;
        structure.unpack()?;
        Ok(structure)
    }

    fn scan(&mut self) -> Result<(), Problem> {
        let mut at = 0;
        while let Some(step) = self.bytes.get(at..).and_then(|rest| rest.iter().position(|byte| matches!(byte, b'o' | b't' | b's'))) {
            at += step;
            let rest = self.bytes.get(at..).unwrap_or_default();
            at = if rest.starts_with(b"obj") {
                self.object_at(at)?
            } else if rest.starts_with(b"trailer") {
                self.end = at;
                self.trailer_at(at + 7)?
            } else if rest.starts_with(b"startxref") {
                self.end = at;
                at + 9
            } else {
                at + 1
            };
        }
        Ok(())
    }

    /// Parses what stands at a place; where it ends.
    fn parse(&mut self, at: usize) -> Result<(Option<Object>, usize), Problem> {
        let mut parser = Parser::new(self.bytes, at);
        let object = parser.object();
        self.work = self.work.checked_sub(parser.at - at).ok_or(Problem::TooMuch)?;
        Ok((object, parser.at))
    }

    fn trailer_at(&mut self, at: usize) -> Result<usize, Problem> {
        let (object, end) = self.parse(at)?;
        let Some(Object::Dictionary(trailer)) = object else { return Ok(at) };
        self.add_to_trailer(trailer);
        Ok(end)
    }

    /// Files that were changed, or are laid out for the web, have several trailers: of each entry the last one counts.
    fn add_to_trailer(&mut self, trailer: Dictionary) {
        for (key, value) in trailer {
            self.trailer.set(key, value);
        }
    }

    /// The object whose `obj` stands at a place; where to go on.
    fn object_at(&mut self, at: usize) -> Result<usize, Problem> {
        let from = at + 3;
        let Some(id) = id_before(self.bytes.get(..at).unwrap_or_default()) else { return Ok(from) };
        if self.objects.len() >= MAX_OBJECTS {
            return Err(Problem::TooMuch);
        }
        self.objects.insert(id.0, (from, Location::File(from)));
        self.last = from;
        let (object, end) = self.parse(from)?;
        let Some(object) = object else { return Ok(from) };
        let Object::Dictionary(dictionary) = object else { return Ok(end) };
        let Some(start) = stream_start(self.bytes, end) else { return Ok(end) };
        let Some(stop) = self.stream_end(start, &dictionary) else {
            self.is_cut = true;
            return Ok(self.bytes.len());
        };
        if dictionary.has_type(b"XRef") {
            self.end = self.bytes.len().min(stop);
            self.add_to_trailer(dictionary);
        } else if dictionary.has_type(b"ObjStm") {
            let content = self.bytes.get(start..stop).unwrap_or_default().to_vec();
            self.packed.push(PackedObjects {
                id,
                at: from,
                stream: Stream { dict: dictionary, content, allows_compression: false, start_position: None },
            });
        }
        Ok(stop)
    }

    /// Where a stream's content ends: by its length where `endstream` follows, otherwise where that stands next.
    fn stream_end(&self, start: usize, dictionary: &Dictionary) -> Option<usize> {
        const END: &[u8] = b"endstream";
        let length = dictionary.get(b"Length").and_then(Object::as_i64).ok().and_then(|length| usize::try_from(length).ok());
        let declared = length.and_then(|length| start.checked_add(length)).filter(|stop| {
            let rest = self.bytes.get(*stop..).unwrap_or_default();
            let spaces = rest.iter().take(4).take_while(|byte| is_space(**byte)).count();
            rest.get(spaces..).is_some_and(|rest| rest.starts_with(END))
        });
        declared.or_else(|| Some(start + self.bytes.get(start..)?.windows(END.len()).position(|window| window == END)?))
    }

    /// Inflates the object streams and enters what they hold.
    fn unpack(&mut self) -> Result<(), Problem> {
        let mut packed = std::mem::take(&mut self.packed);
        self.encryption = self.find_encryption()?;
        if let Some(encryption) = &self.encryption {
            for one in &mut packed {
                one.stream.content = encryption.decrypted(one.id, one.stream.clone())?;
            }
        }
        let mut total = 0;
        for one in packed {
            let dictionary = &one.stream.dict;
            let number = |key: &[u8]| dictionary.get(key).and_then(Object::as_i64).ok().and_then(|value| usize::try_from(value).ok());
            let (Some(count), Some(first)) = (number(b"N"), number(b"First")) else { continue };
            if one.stream.filters().is_ok_and(|filters| filters.len() > MAX_FILTERS) {
                return Err(Problem::TooMuch);
            }
            let limit = MAX_STREAM_BYTES.min(MAX_INFLATED_BYTES - total);
            let content = match one.stream.decompressed_content_with_limit(limit) {
                Ok(content) => content,
                Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. })) => return Err(Problem::TooMuch),
                // One that does not inflate holds nothing: whether that matters, the page tree shows.
                Err(_) => continue,
            };
            total += content.len();
            self.work = self.work.saturating_add(content.len() * MAX_PARSED);
            self.enter(one.at, &content, count, first)?;
            self.inflated.push(content);
        }
        Ok(())
    }

    /// Enters the objects of an inflated stream: its head is pairs of numbers and places (ISO 32000-1, 7.5.7).
    fn enter(&mut self, at: usize, content: &[u8], count: usize, first: usize) -> Result<(), Problem> {
        let mut head = Parser::new(content.get(..first).unwrap_or_default(), 0);
        let mut number = || std::str::from_utf8(head.word()).ok()?.parse::<u32>().ok();
        for _ in 0..count {
            let (Some(object), Some(offset)) = (number(), number()) else { break };
            if self.objects.len() >= MAX_OBJECTS {
                return Err(Problem::TooMuch);
            }
            let location = Location::Packed(self.inflated.len(), first.saturating_add(offset as usize));
            let known = self.objects.entry(object).or_insert((at, location));
            if known.0 <= at {
                *known = (at, location);
            }
        }
        Ok(())
    }

    /// An object by its number.
    fn get(&mut self, number: u32) -> Result<Option<Object>, Problem> {
        match self.objects.get(&number).map(|(_, location)| *location) {
            Some(Location::File(at)) => Ok(self.parse(at)?.0),
            Some(Location::Packed(stream, at)) => {
                let mut parser = Parser::new(self.inflated.get(stream).map_or(&[][..], Vec::as_slice), at);
                let object = parser.object();
                self.work = self.work.checked_sub(parser.at - at).ok_or(Problem::TooMuch)?;
                Ok(object)
            }
            None => Ok(None),
        }
    }

    /// A dictionary that stands here or is referred to.
    fn dictionary(&mut self, object: Option<&Object>) -> Result<Option<Dictionary>, Problem> {
        let object = match object {
            Some(Object::Reference((number, _))) => self.get(*number)?,
            other => other.cloned(),
        };
        Ok(match object {
            Some(Object::Dictionary(dictionary)) => Some(dictionary),
            _ => None,
        })
    }

    /// How the file is encrypted, if it is; it opens without a password, or is refused.
    fn find_encryption(&mut self) -> Result<Option<Encryption>, Problem> {
        let Ok(entry) = self.trailer.get(b"Encrypt").cloned() else { return Ok(None) };
        let Some(dictionary) = self.dictionary(Some(&entry))? else {
            return if matches!(entry, Object::Null) { Ok(None) } else { Err(Problem::Broken) };
        };
        if !dictionary.has(b"Filter") {
            return Err(Problem::Broken);
        }
        Encryption::new(dictionary, self.trailer.get(b"ID").ok().cloned()).map(Some)
    }

    /// The pages of the document.
    pub(super) fn pages(&mut self) -> Result<u32, Problem> {
        let Some(tree) = self.page_tree()? else { return Err(Problem::Broken) };
        if self.is_cut {
            return Err(Problem::Broken);
        }
        let (mut pages, mut lacking) = (0_u32, 0_u32);
        // Nodes are kept by their numbers, each once: arrays of them may be repeated as often as the file has room.
        let (mut seen, mut open) = (HashSet::new(), Vec::new());
        let mut next = Some((0, tree));
        while let Some((number, node)) = next {
            match self.array(node.get(b"Kids").ok())? {
                Some(kids) => {
                    // The last one is taken next: pages come in their order.
                    for kid in kids.into_iter().rev() {
                        match kid.as_reference() {
                            Ok((number, _)) if self.objects.contains_key(&number) => open.extend(seen.insert(number).then_some(number)),
                            _ => lacking = lacking.saturating_add(1),
                        }
                    }
                }
                None if node.has_type(b"Pages") => {}
                None => {
                    pages = pages.saturating_add(1);
                    if self.first_pages.len() < MAX_IMAGE_PAGES {
                        self.first_pages.push(number);
                    }
                    lacking = lacking.saturating_add(u32::from(!self.has_contents(&node)));
                }
            }
            next = None;
            while next.is_none() {
                let Some(number) = open.pop() else { break };
                match self.get(number)? {
                    Some(Object::Dictionary(node)) => next = Some((number, node)),
                    _ => lacking = lacking.saturating_add(1),
                }
            }
        }
        // A file that was cut off in transfer lacks its end, and some of its pages. With its end, what is lacking was left out by the
        // program that wrote it.
        if lacking > 0 && (self.end < self.last || pages == 0) { Err(Problem::Broken) } else { Ok(pages) }
    }

    /// The images that the first pages show, each once, as page and number; as many as can be found within the bounds. To be asked after
    /// [`Structure::pages`].
    pub(super) fn images(&mut self) -> Vec<(u32, u32)> {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        for (page, number) in (1..).zip(self.first_pages.clone()) {
            let Ok(Some(Object::Dictionary(node))) = self.get(number) else { continue };
            let Ok(resources) = self.resources(node) else { break };
            if self.images_of(resources, page, &mut seen, &mut found, 0).is_err() {
                break;
            }
        }
        found
    }

    /// A page's resources: its own, or what a node above it hands down (ISO 32000-1, 7.7.3.4).
    fn resources(&mut self, mut node: Dictionary) -> Result<Option<Dictionary>, Problem> {
        for _ in 0..MAX_NESTING {
            if let Ok(own) = node.get(b"Resources").cloned() {
                return self.dictionary(Some(&own));
            }
            let Some(parent) = self.dictionary(node.get(b"Parent").ok().cloned().as_ref())? else { break };
            node = parent;
        }
        Ok(None)
    }

    fn images_of(
        &mut self,
        resources: Option<Dictionary>,
        page: u32,
        seen: &mut HashSet<u32>,
        found: &mut Vec<(u32, u32)>,
        depth: usize,
    ) -> Result<(), Problem> {
        let Some(resources) = resources else { return Ok(()) };
        let Some(shown) = self.dictionary(resources.get(b"XObject").ok().cloned().as_ref())? else { return Ok(()) };
        for (number, _) in shown.iter().filter_map(|(_, object)| object.as_reference().ok()) {
            if found.len() >= MAX_IMAGES || !seen.insert(number) {
                continue;
            }
            let Some(Object::Dictionary(shown)) = self.get(number)? else { continue };
            match shown.get(b"Subtype").and_then(Object::as_name) {
                Ok(b"Image") => found.push((page, number)),
                Ok(b"Form") if depth < MAX_NESTING => {
                    let inner = self.dictionary(shown.get(b"Resources").ok().cloned().as_ref())?;
                    self.images_of(inner, page, seen, found, depth + 1)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// An image by its number; none where it cannot be read.
    pub(super) fn image(&mut self, number: u32) -> Option<PageImage<'b>> {
        let (dictionary, content) = self.stream(number)?;
        Some(PageImage { dictionary, content })
    }

    /// A stream of the file by its number, as it stands there, decrypted.
    pub(super) fn stream(&mut self, number: u32) -> Option<(Dictionary, Cow<'b, [u8]>)> {
        let Some((_, Location::File(at))) = self.objects.get(&number).copied() else { return None };
        let (object, end) = self.parse(at).ok()?;
        let Object::Dictionary(mut dictionary) = object? else { return None };
        let start = stream_start(self.bytes, end)?;
        if let Ok((length, _)) = dictionary.get(b"Length").and_then(Object::as_reference)
            && let Some(length) = self.get(length).ok()?
        {
            dictionary.set("Length", length);
        }
        let stop = self.stream_end(start, &dictionary)?;
        self.work = self.work.checked_sub(stop - start)?;
        let content = self.bytes.get(start..stop)?;
        let Some(encryption) = &self.encryption else { return Some((dictionary, Cow::Borrowed(content))) };
        let id = id_before(self.bytes.get(..at.checked_sub(3)?)?)?;
        let stream = Stream { dict: dictionary.clone(), content: content.to_vec(), allows_compression: false, start_position: None };
        Some((dictionary, Cow::Owned(encryption.decrypted(id, stream).ok()?)))
    }

    /// What stands here or is referred to.
    pub(super) fn resolved(&mut self, object: &Object) -> Option<Object> {
        match object {
            Object::Reference((number, _)) => self.get(*number).ok()?,
            other => Some(other.clone()),
        }
    }

    /// An array that stands here or is referred to.
    fn array(&mut self, object: Option<&Object>) -> Result<Option<Vec<Object>>, Problem> {
        let object = match object {
            Some(Object::Reference((number, _))) => self.get(*number)?,
            other => other.cloned(),
        };
        Ok(match object {
            Some(Object::Array(values)) => Some(values),
            _ => None,
        })
    }

    /// Whether what a page shows is in the file; a page may be empty.
    fn has_contents(&self, page: &Dictionary) -> bool {
        let is_there = |object: &Object| object.as_reference().map_or(true, |(number, _)| self.objects.contains_key(&number));
        match page.get(b"Contents") {
            Ok(Object::Array(parts)) => parts.iter().all(is_there),
            Ok(object) => is_there(object),
            Err(_) => true,
        }
    }

    /// The root of the page tree: by the trailer, or by the catalogue that is in the file.
    fn page_tree(&mut self) -> Result<Option<Dictionary>, Problem> {
        let root = self.trailer.get(b"Root").ok().cloned();
        if let Some(catalogue) = self.dictionary(root.as_ref())?
            && let Some(tree) = self.dictionary(catalogue.get(b"Pages").ok())?
        {
            return Ok(Some(tree));
        }
        let mut numbers: Vec<(usize, u32)> = self.objects.iter().map(|(number, (at, _))| (*at, *number)).collect();
        numbers.sort_unstable_by(|one, other| other.cmp(one));
        for (_, number) in numbers {
            if let Some(Object::Dictionary(catalogue)) = self.get(number)?
                && catalogue.has_type(b"Catalog")
                && let Some(tree) = self.dictionary(catalogue.get(b"Pages").ok())?
            {
                return Ok(Some(tree));
            }
        }
        Ok(None)
    }
}

/// Number and generation before an `obj`.
fn id_before(bytes: &[u8]) -> Option<ObjectId> {
    let (generation, rest) = number_at_end(bytes)?;
    let (number, _) = number_at_end(rest).filter(|_| rest.last().copied().is_some_and(is_space))?;
    Some((u32::try_from(number).ok()?, u16::try_from(generation).ok()?))
}

/// The number that stands at the end, before white space, and what stands before it.
fn number_at_end(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let spaces = bytes.iter().rev().take(16).take_while(|byte| is_space(**byte)).count();
    let bytes = bytes.get(..bytes.len() - spaces)?;
    let digits = bytes.iter().rev().take(11).take_while(|byte| byte.is_ascii_digit()).count();
    let (rest, number) = bytes.split_at(bytes.len() - digits);
    std::str::from_utf8(number).ok()?.parse().ok().map(|number| (number, rest))
}

/// Where the content of a stream begins whose dictionary ends at a place.
fn stream_start(bytes: &[u8], end: usize) -> Option<usize> {
    let mut parser = Parser::new(bytes, end);
    parser.skip_space();
    let rest = bytes.get(parser.at..)?.strip_prefix(b"stream")?;
    let at = parser.at + 6;
    Some(match rest {
        [b'\r', b'\n', ..] => at + 2,
        [b'\r' | b'\n', ..] => at + 1,
        _ => at,
    })
}

/// The encryption of a file that opens without a password: protected against changes alone.
struct Encryption {
    document: Document,
}

/// The number of the encryption's own object here: no file has as many.
const ENCRYPTION_ID: ObjectId = (u32::MAX, 0);

impl Encryption {
    fn new(dictionary: Dictionary, id: Option<Object>) -> Result<Self, Problem> {
        let mut document = Document::new();
        document.objects.insert(ENCRYPTION_ID, Object::Dictionary(dictionary));
        document.trailer.set("Encrypt", ENCRYPTION_ID);
        // Viewers take none for an empty one.
        let none = || Object::Array(vec![Object::string_literal(""), Object::string_literal("")]);
        document.trailer.set("ID", id.unwrap_or_else(none));
        document.authenticate_user_password("").map_err(|_| Problem::Password)?;
        Ok(Self { document })
    }

    /// The content of a stream as it was before.
    fn decrypted(&self, id: ObjectId, stream: Stream) -> Result<Vec<u8>, Problem> {
        let mut stream = Object::Stream(stream);
        let state = lopdf::EncryptionState::decode(&self.document, b"").map_err(|_| Problem::Password)?;
        lopdf::encryption::decrypt_object(&state, id, &mut stream).map_err(|_| Problem::Broken)?;
        match stream {
            Object::Stream(stream) => Ok(stream.content),
            _ => Ok(Vec::new()),
        }
    }
}
