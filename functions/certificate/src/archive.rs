//! The archive of photos as people zip it. Only its directory is read when it is opened; a file is inflated when it is asked for,
//! and never beyond what is asked for. The archive itself may lie on a disk: of its bytes no more than an entry's are in memory.
//!
//! The `zip` crate is not used here: it takes names without the UTF-8 flag for CP437, although Chinese Windows writes them in GBK, and
//! refuses an archive whose Unicode names differ from those (PKWARE APPNOTE 6.3.10; Info-ZIP's field 0x7075).

mod copy;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;

use encoding_rs::GB18030;
use flate2::Crc;
use flate2::read::DeflateDecoder;

pub use copy::NewPhoto;

/// Entries an archive may have: one photo for each row of the largest roster, folders, and as many files of macOS beside them.
const MAX_ENTRIES: usize = 110_000;
/// The longest comment at the end of an archive (APPNOTE 4.3.16), and the record before it.
const MAX_END: usize = 65_535 + 22;

const END: u32 = 0x0605_4b50;
const END_64_LOCATOR: u32 = 0x0706_4b50;
const END_64: u32 = 0x0606_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
/// That a name is UTF-8 (APPNOTE 4.4.4).
const UTF_8: u16 = 1 << 11;

/// Why an archive is not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Another kind of file, or cut off.
    #[error("照片压缩包无法打开{0}")]
    Broken(&'static str),
    /// More entries than an archive may have.
    #[error("照片压缩包内文件超过 {MAX_ENTRIES} 个")]
    TooMany,
    /// One part of a set (`photos.z01`).
    #[error("照片压缩包是分卷压缩的一部分")]
    Split,
    /// Two entries share bytes: no program writes that.
    #[error("照片压缩包内有相互重叠的文件，不是正常打包的")]
    Overlapping,
}

/// Why a file of the archive cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It wants a password.
    #[error("加了密码")]
    Encrypted,
    /// Neither stored nor deflated.
    #[error("的压缩方式是 {0}，系统不能读取")]
    Method(&'static str),
    /// It does not inflate, or to something else.
    #[error("已损坏，无法解压")]
    Damaged,
}

/// What an entry is by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// What an operating system puts beside the files.
    System,
    /// A photo, by its ending.
    Picture,
    /// An archive within the archive.
    Archive,
    /// Anything else: a photo without an ending, or none.
    Other,
}

impl EntryKind {
    /// By its name, the folders it is in included.
    pub fn of(name: &str) -> Self {
        let name = name.to_lowercase();
        if name.split(['/', '\\']).any(|part| SYSTEM.contains(&part) || part.starts_with("._") || part.starts_with("~$")) {
            return Self::System;
        }
        if name.ends_with(['/', '\\']) {
            return Self::Folder;
        }
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending.trim());
        match ending {
            _ if PICTURES.contains(&ending) => Self::Picture,
            _ if ARCHIVES.contains(&ending) => Self::Archive,
            _ => Self::Other,
        }
    }
}

/// What an archive is read from.
pub trait ArchiveBytes {
    /// How many there are.
    ///
    /// # Errors
    /// The disk's.
    fn length(&self) -> io::Result<u64>;

    /// Fills the front of `into` with what stands from `at` on, and says how much that was; nothing behind the end.
    ///
    /// # Errors
    /// The disk's.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize>;
}

impl ArchiveBytes for [u8] {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        usize::try_from(at).ok().and_then(|at| self.get(at..)).unwrap_or_default().read(into)
    }
}

impl ArchiveBytes for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        FileExt::read_at(self, into, at)
    }
}

impl<B: ArchiveBytes + ?Sized> ArchiveBytes for &B {
    fn length(&self) -> io::Result<u64> {
        (**self).length()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        (**self).read_at(at, into)
    }
}

/// The bytes of an archive from one place to another, read one after the other.
struct ByteRange<'b, B> {
    bytes: &'b B,
    at: u64,
    end: u64,
}

impl<B: ArchiveBytes> Read for ByteRange<'_, B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let most = left.min(into.len());
        let read = self.bytes.read_at(self.at, into.get_mut(..most).unwrap_or_default())?;
        self.at += read as u64;
        Ok(read)
    }
}

/// So many bytes from a place on, as far as there are any.
fn read<B: ArchiveBytes>(bytes: &B, from: u64, length: usize) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    ByteRange { bytes, at: from, end: from.saturating_add(length as u64) }.read_to_end(&mut content).ok()?;
    Some(content)
}

/// An entry of the directory. Its name is often an ID number: its `Debug` form leaves it out.
pub struct ArchiveEntry {
    /// Its name with the folders, as it was typed.
    pub name: String,
    header: u64,
    compressed: u64,
    size: u64,
    crc: u32,
    method: u16,
    encrypted: bool,
}

impl std::fmt::Debug for ArchiveEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveEntry").field("header", &self.header).finish_non_exhaustive()
    }
}

impl ArchiveEntry {
    /// What it is by its name.
    pub fn kind(&self) -> EntryKind {
        EntryKind::of(&self.name)
    }
}

/// An archive whose directory is sound.
#[derive(Debug)]
pub struct PhotoArchive<B> {
    bytes: B,
    entries: Vec<ArchiveEntry>,
}

impl<B: ArchiveBytes> PhotoArchive<B> {
    /// Reads the directory.
    ///
    /// # Errors
    /// It is no archive, or not one that a program has written.
    pub fn open(bytes: B) -> Result<Self, ArchiveError> {
        let entries = directory(&bytes)?;
        if overlap(&bytes, &entries) {
            return Err(ArchiveError::Overlapping);
        }
        Ok(Self { bytes, entries })
    }

    /// Its entries, in the order of the directory, folders included.
    pub fn entries(&self) -> &[ArchiveEntry] {
        &self.entries
    }

    /// The first `limit` bytes of a file; its checksum counts where that is all of it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, index: usize, limit: u64) -> Result<Vec<u8>, EntryError> {
        let entry = self.entries.get(index).ok_or(EntryError::Damaged)?;
        if entry.encrypted {
            return Err(EntryError::Encrypted);
        }
        let packed = data(&self.bytes, entry).ok_or(EntryError::Damaged)?;
        let mut content = Vec::new();
        let read = match entry.method {
            0 => packed.take(limit).read_to_end(&mut content),
            8 => DeflateDecoder::new(packed).take(limit).read_to_end(&mut content),
            other => return Err(EntryError::Method(method(other))),
        };
        read.map_err(|_| EntryError::Damaged)?;
        let whole = (content.len() as u64) < limit;
        if whole && checksum(&content) != entry.crc { Err(EntryError::Damaged) } else { Ok(content) }
    }
}

fn checksum(content: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(content);
    crc.sum()
}

/// APPNOTE 4.4.5.
fn method(number: u16) -> &'static str {
    match number {
        9 => "Deflate64",
        12 => "BZip2",
        14 => "LZMA",
        20 | 93 => "Zstandard",
        95 => "XZ",
        98 => "PPMd",
        _ => "少见的一种",
    }
}

/// Names of folders and files that operating systems and programs make by themselves, in small letters.
const SYSTEM: [&str; 10] = [
    "__macosx",
    ".ds_store",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    ".spotlight-v100",
    ".trashes",
    ".fseventsd",
    "$recycle.bin",
    ".temporaryitems",
];

const PICTURES: [&str; 14] = ["jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "tif", "tiff", "webp", "heic", "heif", "avif", "dng"];

const ARCHIVES: [&str; 6] = ["zip", "rar", "7z", "tar", "gz", "tgz"];

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|raw| u16::from_le_bytes(*raw))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|raw| u32::from_le_bytes(*raw))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|raw| u64::from_le_bytes(*raw))
}

/// Where the directory stands.
struct End {
    entries: u64,
    size: u64,
    offset: u64,
    /// Where the directory ends in the file.
    at: u64,
}

fn directory<B: ArchiveBytes>(bytes: &B) -> Result<Vec<ArchiveEntry>, ArchiveError> {
    let broken = || ArchiveError::Broken(looks_like(bytes));
    let end = end_of_directory(bytes)?;
    if end.entries > MAX_ENTRIES as u64 {
        return Err(ArchiveError::TooMany);
    }
    let from = end.at.checked_sub(end.size).ok_or_else(broken)?;
    // What stands before the archive, such as a program that unpacks it, moves all of its offsets.
    let base = from.checked_sub(end.offset).ok_or_else(broken)?;
    let mut entries = Vec::new();
    let mut unsure = Vec::new();
    let mut records = BufReader::new(ByteRange { bytes, at: from, end: end.at });
    while let Some(record) = central_record(&mut records) {
        if entries.len() == MAX_ENTRIES {
            return Err(ArchiveError::TooMany);
        }
        let (entry, raw) = central(&mut records, &record, base).ok_or_else(broken)?;
        unsure.extend(raw.map(|raw| (entries.len(), raw)));
        entries.push(entry);
    }
    for (at, name) in names_of(&unsure) {
        entries[at].name = name;
    }
    // Programs without Zip64 count the entries beyond 65,535 from 0 again.
    if entries.len() as u64 & 0xFFFF == end.entries & 0xFFFF { Ok(entries) } else { Err(broken()) }
}

fn end_of_directory<B: ArchiveBytes>(bytes: &B) -> Result<End, ArchiveError> {
    let broken = || ArchiveError::Broken(looks_like(bytes));
    let first = bytes.length().map_err(|_| broken())?.saturating_sub(MAX_END as u64);
    let tail = read(bytes, first, MAX_END).ok_or_else(broken)?;
    let last = tail.len().checked_sub(22).ok_or_else(broken)?;
    let at = (0..=last).rev().find(|at| u32_at(&tail, *at) == Some(END)).ok_or_else(broken)?;
    let short = |offset| u16_at(&tail, at + offset).map(u64::from).ok_or_else(broken);
    let long = |offset| u32_at(&tail, at + offset).map(u64::from).ok_or_else(broken);
    let end = End { entries: short(10)?, size: long(12)?, offset: long(16)?, at: first + at as u64 };
    let end = end_64(bytes, end.at).unwrap_or(end);
    match short(4)? {
        0 | 0xFFFF => Ok(end),
        _ => Err(ArchiveError::Split),
    }
}

/// The Zip64 form of it (APPNOTE 4.3.14), which stands before.
fn end_64<B: ArchiveBytes>(bytes: &B, end: u64) -> Option<End> {
    let locator_at = end.checked_sub(20)?;
    let locator = read(bytes, locator_at, 20).filter(|locator| u32_at(locator, 0) == Some(END_64_LOCATOR))?;
    // The record has 56 bytes where nothing of a program's own follows; its offset is moved by what stands before the archive.
    let places = [locator_at.checked_sub(56), u64_at(&locator, 8)].into_iter().flatten();
    let is_end = |(_, record): &(u64, Vec<u8>)| u32_at(record, 0) == Some(END_64);
    let (at, record) = places.filter_map(|at| Some((at, read(bytes, at, 56)?))).find(is_end)?;
    Some(End { entries: u64_at(&record, 32)?, size: u64_at(&record, 40)?, offset: u64_at(&record, 48)?, at })
}

/// The next entry's part of fixed length (APPNOTE 4.3.12), where there is one.
fn central_record(records: &mut impl Read) -> Option<[u8; 46]> {
    let mut record = [0; 46];
    records.read_exact(&mut record).ok().filter(|()| u32_at(&record, 0) == Some(CENTRAL)).map(|()| record)
}

/// An entry of the directory, with what follows its part of fixed length; and its name as it stands there, where nothing says in which
/// encoding that is.
fn central(records: &mut impl Read, record: &[u8; 46], base: u64) -> Option<(ArchiveEntry, Option<Vec<u8>>)> {
    let length = |at| u16_at(record, at).map(usize::from);
    let mut text = vec![0; length(28)? + length(30)? + length(32)?];
    records.read_exact(&mut text).ok()?;
    let (raw, rest) = text.split_at_checked(length(28)?)?;
    let extra = rest.get(..length(30)?)?;
    let (mut compressed, mut header) = (u64::from(u32_at(record, 20)?), u64::from(u32_at(record, 42)?));
    let mut size = u64::from(u32_at(record, 24)?);
    if let Some(wide) = extra_field(extra, 0x0001) {
        let mut wide = wide.chunks_exact(8).filter_map(|raw| u64_at(raw, 0));
        for value in [&mut size, &mut compressed, &mut header] {
            if *value == u64::from(u32::MAX) {
                *value = wide.next()?;
            }
        }
    }
    let flags = u16_at(record, 8)?;
    let known = name(raw, extra, flags & UTF_8 != 0);
    let raw = known.is_none().then(|| raw.to_vec());
    let entry = ArchiveEntry {
        name: known.unwrap_or_default(),
        header: header.checked_add(base)?,
        compressed,
        size,
        crc: u32_at(record, 16)?,
        method: u16_at(record, 10)?,
        encrypted: flags & 1 != 0,
    };
    Some((entry, raw))
}

/// A field of the extra data by its number.
fn extra_field(mut extra: &[u8], number: u16) -> Option<&[u8]> {
    loop {
        let (found, length) = (u16_at(extra, 0)?, usize::from(u16_at(extra, 2)?));
        let field = extra.get(4..4 + length)?;
        if found == number {
            return Some(field);
        }
        extra = extra.get(4 + length..)?;
    }
}

/// The name as it was typed, where it is sure: by the Unicode field that belongs to the raw name, by the flag of UTF-8, or since it is
/// all ASCII.
fn name(raw: &[u8], extra: &[u8], is_utf8: bool) -> Option<String> {
    let unicode = extra_field(extra, 0x7075).and_then(|field| {
        let belongs = field.first() == Some(&1) && u32_at(field, 1) == Some(checksum(raw));
        std::str::from_utf8(field.get(5..)?).ok().filter(|name| belongs && !name.is_empty())
    });
    let own = || std::str::from_utf8(raw).ok().filter(|name| is_utf8 || name.is_ascii());
    unicode.or_else(own).map(str::to_owned)
}

/// The names of which nothing says in which encoding they are: UTF-8 as macOS writes it, or GBK as Chinese Windows does. Bytes that are no
/// UTF-8 are GBK. Many that are UTF-8 may be GBK all the same (`郑伟` is D6 A3 CE B0, and so `֣ΰ`): they are where that gives ideographs
/// and UTF-8 none, save for a word of Latin letters. Each name is told by itself: a photo may be added on another computer.
fn names_of(unsure: &[(usize, Vec<u8>)]) -> impl Iterator<Item = (usize, String)> {
    unsure.iter().map(|(at, raw)| {
        let (gbk, is_broken) = GB18030.decode_without_bom_handling(raw);
        let name = match std::str::from_utf8(raw) {
            Ok(name) if is_broken || !is_ideographs(&gbk) || !is_chance(name) => name.to_owned(),
            _ => gbk.into_owned(),
        };
        (*at, name)
    })
}

/// Whether whatever is not ASCII in a name is an ideograph.
fn is_ideographs(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii() || matches!(c, '\u{3400}'..='\u{9FFF}'))
}

/// Whether bytes may be UTF-8 by chance: none is longer than GBK's two, and what they give is not a Latin word with accents, which has
/// letters without accents too.
fn is_chance(name: &str) -> bool {
    let is_latin = |c: char| c.is_ascii_alphabetic() || matches!(c, '\u{C0}'..='\u{24F}' | '\u{300}'..='\u{36F}');
    let is_word = |run: &str| run.chars().all(is_latin) && run.contains(|c: char| c.is_ascii_alphabetic());
    let runs = name.split(|c: char| c.is_ascii() && !c.is_ascii_alphabetic());
    name.chars().all(|c| c < '\u{800}') && !runs.filter(|run| !run.is_ascii()).all(is_word)
}

/// The packed bytes of an entry.
fn data<'b, B: ArchiveBytes>(bytes: &'b B, entry: &ArchiveEntry) -> Option<ByteRange<'b, B>> {
    let at = data_start(bytes, entry)?;
    let end = at.checked_add(entry.compressed)?;
    (end <= bytes.length().ok()?).then_some(ByteRange { bytes, at, end })
}

fn data_start<B: ArchiveBytes>(bytes: &B, entry: &ArchiveEntry) -> Option<u64> {
    let record = read(bytes, entry.header, 30).filter(|record| u32_at(record, 0) == Some(LOCAL))?;
    entry.header.checked_add(30 + u64::from(u16_at(&record, 26)?) + u64::from(u16_at(&record, 28)?))
}

/// Whether two entries share bytes. With 25 entries over one picture, 2 KB kept a function busy for five minutes.
fn overlap<B: ArchiveBytes>(bytes: &B, entries: &[ArchiveEntry]) -> bool {
    let mut ranges: Vec<(u64, u64)> = entries
        .iter()
        .map(|entry| {
            let start = data_start(bytes, entry).unwrap_or(entry.header.saturating_add(30));
            (entry.header, start.saturating_add(entry.compressed))
        })
        .collect();
    ranges.sort_unstable();
    ranges.windows(2).any(|pair| pair[0].1 > pair[1].0)
}

/// What people name photos.zip that is none.
fn looks_like<B: ArchiveBytes>(bytes: &B) -> &'static str {
    match read(bytes, 0, 4).unwrap_or_default().as_slice() {
        [b'R', b'a', b'r', b'!', ..] => "（实际是 RAR 压缩包）",
        [b'7', b'z', 0xBC, 0xAF, ..] => "（实际是 7z 压缩包）",
        [0xFF, 0xD8, ..] | [0x89, b'P', b'N', b'G', ..] => "（实际是一张图片）",
        [0x1F, 0x8B, ..] => "（实际是 gz 压缩包）",
        [b'P', b'K', ..] => "（文件不完整）",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// An entry as a test wants it in both headers.
    struct Made<'a> {
        name: &'a [u8],
        content: &'a [u8],
        flags: u16,
        method: u16,
        extra: Vec<u8>,
    }

    impl<'a> Made<'a> {
        fn new(name: &'a [u8], content: &'a [u8]) -> Self {
            Self { name, content, flags: 0, method: 8, extra: Vec::new() }
        }
    }

    fn header(made: &Made<'_>, packed: &[u8]) -> Vec<u8> {
        let mut fields = Vec::new();
        for value in [20, made.flags, made.method, 0, 0] {
            fields.extend(value.to_le_bytes());
        }
        for value in [checksum(made.content), packed.len() as u32, made.content.len() as u32] {
            fields.extend(value.to_le_bytes());
        }
        fields.extend((made.name.len() as u16).to_le_bytes());
        fields.extend((made.extra.len() as u16).to_le_bytes());
        fields
    }

    /// An archive of the entries; `again` more entries of the directory point at the first.
    fn archive(entries: &[Made<'_>], again: usize) -> Vec<u8> {
        let (mut out, mut central) = (Vec::new(), Vec::new());
        let mut count = 0_u16;
        for (at, made) in entries.iter().enumerate() {
            let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(made.content).expect("packed");
            let packed = if made.method == 8 { packer.finish().expect("packed") } else { made.content.to_vec() };
            let (fields, offset) = (header(made, &packed), out.len() as u32);
            out.extend([&LOCAL.to_le_bytes()[..], &fields, made.name, &made.extra, &packed].concat());
            for _ in 0..=if at == 0 { again } else { 0 } {
                let rest = [&[0; 10][..], &offset.to_le_bytes()].concat();
                central.extend([&CENTRAL.to_le_bytes()[..], &[20, 0], &fields, &[0; 4], &rest[4..], made.name, &made.extra].concat());
                count += 1;
            }
        }
        let offset = out.len() as u32;
        let size = central.len() as u32;
        out.extend(central);
        out.extend([&END.to_le_bytes()[..], &[0; 4], &count.to_le_bytes(), &count.to_le_bytes()].concat());
        out.extend([&size.to_le_bytes()[..], &offset.to_le_bytes(), &[0; 2]].concat());
        out
    }

    fn names(bytes: &[u8]) -> Vec<String> {
        let archive = PhotoArchive::open(bytes).expect("an archive");
        archive.entries().iter().map(|entry| entry.name.clone()).collect()
    }

    fn unicode_field(raw: &[u8], name: &str) -> Vec<u8> {
        let mut field = 0x7075_u16.to_le_bytes().to_vec();
        field.extend((name.len() as u16 + 5).to_le_bytes());
        field.push(1);
        field.extend(checksum(raw).to_le_bytes());
        field.extend(name.as_bytes());
        field
    }

    #[test]
    fn names_are_read_as_they_were_typed_whatever_zipped_them() {
        let (gbk, _, _) = GB18030.encode("照片/张照三.jpg");
        let (rare, _, _) = GB18030.encode("张㛃𬭎.jpg");
        let field = unicode_field(&gbk, "照片/张照三.jpg");
        let foreign = unicode_field(b"another name", "李四.jpg");
        let bytes = archive(
            &[
                Made::new(&gbk, b"a"),
                Made::new("张照六.jpg".as_bytes(), b"b"),
                Made { flags: 1 << 11, ..Made::new("张照七.jpg".as_bytes(), b"c") },
                Made::new(&rare, b"d"),
                Made { extra: field, ..Made::new(&gbk, b"e") },
                Made { extra: foreign, ..Made::new(b"plain.jpg", b"f") },
            ],
            0,
        );
        assert_eq!(names(&bytes), ["照片/张照三.jpg", "张照六.jpg", "张照七.jpg", "张㛃𬭎.jpg", "照片/张照三.jpg", "plain.jpg"]);
        let read = PhotoArchive::open(bytes.as_slice()).expect("an archive");
        assert_eq!(read.read(3, 10), Ok(b"d".to_vec()));
    }

    /// Names in GBK that are UTF-8 by chance, and names in UTF-8 that could be GBK.
    #[test]
    fn a_name_of_two_encodings_is_the_one_that_somebody_has() {
        let gbk = |name: &str| GB18030.encode(name).0.into_owned();
        for name in ["郑伟.jpg", "照片/郑伟.jpg", "郑伟", "毛梅.jpg", "01郑伟-决赛.jpg"] {
            let bytes = archive(&[Made::new(&gbk(name), b"a"), Made::new(&gbk("张照三.jpg"), b"b")], 0);
            assert_eq!(names(&bytes), [name, "张照三.jpg"]);
        }
        for name in ["José.jpg", "Zoe\u{308}.jpg", "E\u{301}mile Ñandú.jpg", "阿依古丽·买买提.jpg", "张伟.jpg"] {
            assert_eq!(names(&archive(&[Made::new(name.as_bytes(), b"a"), Made::new(&gbk("张照三.jpg"), b"b")], 0)), [name, "张照三.jpg"]);
        }
        let flagged = Made { flags: 1 << 11, ..Made::new("֣ΰ.jpg".as_bytes(), b"a") };
        assert_eq!(names(&archive(&[flagged], 0)), ["֣ΰ.jpg"], "the flag counts");
    }

    #[test]
    fn what_systems_put_beside_the_photos_is_told_apart() {
        for name in ["__MACOSX/照片/._a.jpg", "照片/._a.jpg", ".DS_Store", "照片\\Thumbs.db", "Desktop.ini", "~$名单.xlsx"] {
            assert_eq!(EntryKind::of(name), EntryKind::System, "{name}");
        }
        assert_eq!(EntryKind::of("照片/"), EntryKind::Folder);
        assert_eq!(EntryKind::of("照片/a.JPG"), EntryKind::Picture);
        assert_eq!(EntryKind::of("照片/a.rar"), EntryKind::Archive);
        assert_eq!(["roster.xlsx", "510106198312053778", "说明.docx"].map(EntryKind::of), [EntryKind::Other; 3]);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let odd = |method, flags| Made { method, flags, ..Made::new(b"a.jpg", b"content") };
        let bytes = archive(&[odd(14, 0), odd(12, 0), odd(9, 0), odd(8, 1), odd(0, 0)], 0);
        let read = PhotoArchive::open(bytes.as_slice()).expect("an archive");
        let results: Vec<_> = (0..6).map(|index| read.read(index, 100)).collect();
        let method = |name| Err(EntryError::Method(name));
        let expected = [method("LZMA"), method("BZip2"), method("Deflate64"), Err(EntryError::Encrypted), Ok(b"content".to_vec())];
        assert_eq!(results[..5], expected);
        assert_eq!(results[5], Err(EntryError::Damaged), "there is none");
        let mut spoilt = bytes.clone();
        let at = spoilt.windows(7).rposition(|window| window == b"content").expect("stored");
        spoilt[at] ^= 1;
        assert_eq!(PhotoArchive::open(spoilt.as_slice()).expect("an archive").read(4, 100), Err(EntryError::Damaged));
    }

    #[test]
    fn a_file_is_inflated_as_far_as_it_is_asked_for() {
        let content = vec![0; 50_000_000];
        let bytes = archive(&[Made::new(b"a.jpg", &content)], 0);
        assert!(bytes.len() < content.len() / 100);
        assert_eq!(PhotoArchive::open(bytes.as_slice()).expect("an archive").read(0, 1000).map(|read| read.len()), Ok(1000));
    }

    #[test]
    fn entries_that_share_bytes_are_refused() {
        let photo = archive(&[Made::new(b"a.jpg", b"content")], 24);
        assert_eq!(PhotoArchive::open(photo.as_slice()).expect_err("refused"), ArchiveError::Overlapping);
        let mut nested = archive(&[Made::new(b"a.jpg", b"content"), Made::new(b"b.jpg", b"content")], 0);
        // The second entry's header is moved to within the first one's bytes.
        let at = nested.windows(4).rposition(|window| window == CENTRAL.to_le_bytes()).expect("an entry") + 42;
        nested[at] = 10;
        assert_eq!(PhotoArchive::open(nested.as_slice()).expect_err("refused"), ArchiveError::Overlapping);
    }

    #[test]
    fn what_is_no_archive_is_named() {
        let broken = |bytes: &[u8]| PhotoArchive::open(bytes).expect_err("refused").to_string();
        assert!(broken(b"Rar!\x1A\x07\0 and so on and on and on").contains("RAR"));
        assert!(broken(b"").contains("无法打开"));
        let whole = archive(&[Made::new(b"a.jpg", b"content")], 0);
        assert!(broken(&whole[..whole.len() - 10]).contains("不完整"));
    }

    #[test]
    fn a_program_before_the_archive_and_a_comment_after_it_do_no_harm() {
        let whole = archive(&[Made::new(b"a.jpg", b"content")], 0);
        let mut wrapped = [b"MZ and so on", &whole[..], b"a comment"].concat();
        let at = 12 + whole.len() - 2;
        wrapped[at] = 9;
        assert_eq!(PhotoArchive::open(wrapped.as_slice()).expect("an archive").read(0, 100), Ok(b"content".to_vec()));
    }

    #[test]
    fn an_archive_is_read_from_a_disk_as_from_memory() {
        let made = archive(&[Made::new("照片/张照三.jpg".as_bytes(), b"content"), Made::new(b"b.jpg", &[7; 100_000])], 0);
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&made).expect("written");
        let (from_disk, from_memory) =
            (PhotoArchive::open(file).expect("an archive"), PhotoArchive::open(made.as_slice()).expect("an archive"));
        assert_eq!(format!("{:?}", from_disk.entries()), format!("{:?}", from_memory.entries()));
        for index in 0..3 {
            assert_eq!(from_disk.read(index, 200_000), from_memory.read(index, 200_000));
        }
    }

    proptest::proptest! {
        #[test]
        fn spoilt_archives_never_panic(at in 0_usize..200, byte: u8, cut in 0_usize..200) {
            let mut bytes = archive(&[Made::new(b"a.jpg", b"content"), Made::new(b"b.jpg", b"content")], 0);
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(bytes.len() - cut % 40);
            if let Ok(archive) = PhotoArchive::open(bytes.as_slice()) {
                for index in 0..archive.entries().len() {
                    let _ = archive.read(index, 1000);
                }
            }
        }
    }
}
