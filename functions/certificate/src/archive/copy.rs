//! An archive anew with one photo more, or in the place of others. What stays is copied as it lies there, packed, be it sound or not; names
//! become UTF-8. The `zip` crate copies packed bytes only from archives that it opens itself, and those of honest people are not all such.

use std::io::Read;

use super::{ArchiveBytes, CENTRAL, END, LOCAL, PhotoArchive, UTF_8, checksum, data};

/// The version that reads it (APPNOTE 4.4.3): 2.0.
const VERSION: u16 = 20;
/// The first day that an archive knows (APPNOTE 4.4.6).
const DAY: u16 = 0x21;
/// Entries without Zip64.
const MAX_ENTRIES: usize = 0xFFFF;

/// A photo that is put into an archive.
#[derive(Clone, Copy)]
pub struct NewPhoto<'p> {
    /// Its name, with its ending.
    pub name: &'p str,
    /// The file.
    pub bytes: &'p [u8],
}

impl NewPhoto<'_> {
    /// An archive of this photo alone; none where it is too large for one.
    pub fn archive(&self) -> Option<Vec<u8>> {
        let mut written = Written::default();
        written.photo(self)?;
        written.finish()
    }
}

impl<B: ArchiveBytes> PhotoArchive<B> {
    /// All entries but those, and then the photo; none where one of them cannot be copied, or all together are too large.
    pub fn with_photo(&self, without: &[usize], photo: &NewPhoto<'_>) -> Option<Vec<u8>> {
        let mut written = Written::default();
        for (_, entry) in self.entries.iter().enumerate().filter(|(index, _)| !without.contains(index)) {
            let head = Head {
                name: &entry.name,
                flags: u16::from(entry.encrypted),
                method: entry.method,
                crc: entry.crc,
                compressed: u32::try_from(entry.compressed).ok()?,
                size: u32::try_from(entry.size).ok()?,
            };
            written.entry(&head, data(&self.bytes, entry)?)?;
        }
        written.photo(photo)?;
        written.finish()
    }
}

/// What both headers of an entry say of it.
struct Head<'h> {
    name: &'h str,
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u32,
    size: u32,
}

impl Head<'_> {
    fn fields(&self) -> Option<Vec<u8>> {
        let short = [VERSION, self.flags | UTF_8, self.method, 0, DAY].into_iter().flat_map(u16::to_le_bytes);
        let long = [self.crc, self.compressed, self.size].into_iter().flat_map(u32::to_le_bytes);
        let lengths = [u16::try_from(self.name.len()).ok()?, 0].into_iter().flat_map(u16::to_le_bytes);
        Some(short.chain(long).chain(lengths).collect())
    }
}

/// An archive on its way.
#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: usize,
}

impl Written {
    fn photo(&mut self, photo: &NewPhoto<'_>) -> Option<()> {
        let size = u32::try_from(photo.bytes.len()).ok()?;
        let head = Head { name: photo.name, flags: 0, method: 0, crc: checksum(photo.bytes), compressed: size, size };
        self.entry(&head, photo.bytes)
    }

    fn entry(&mut self, head: &Head<'_>, mut packed: impl Read) -> Option<()> {
        let (fields, offset) = (head.fields()?, u32::try_from(self.bytes.len()).ok()?);
        self.bytes.extend([&LOCAL.to_le_bytes()[..], &fields, head.name.as_bytes()].concat());
        let begins = self.bytes.len();
        packed.read_to_end(&mut self.bytes).ok()?;
        if self.bytes.len() - begins != head.compressed as usize {
            return None;
        }
        // Neither comment nor attributes.
        let rest = [&[0; 10][..], &offset.to_le_bytes()].concat();
        self.directory.extend([&CENTRAL.to_le_bytes()[..], &VERSION.to_le_bytes(), &fields, &rest, head.name.as_bytes()].concat());
        self.entries += 1;
        Some(())
    }

    fn finish(mut self) -> Option<Vec<u8>> {
        let count = u16::try_from(self.entries).ok().filter(|count| usize::from(*count) < MAX_ENTRIES)?;
        let (offset, size) = (u32::try_from(self.bytes.len()).ok()?, u32::try_from(self.directory.len()).ok()?);
        let (disks, counts) = ([0; 4], [count.to_le_bytes(), count.to_le_bytes()].concat());
        self.bytes.append(&mut self.directory);
        self.bytes.extend([&END.to_le_bytes()[..], &disks, &counts, &size.to_le_bytes(), &offset.to_le_bytes(), &[0; 2]].concat());
        Some(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _, Write as _};

    use super::*;

    fn read(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let archive = PhotoArchive::open(bytes).expect("an archive");
        let content = |index| archive.read(index, 1000).expect("content");
        archive.entries().iter().enumerate().map(|(index, entry)| (entry.name.clone(), content(index))).collect()
    }

    fn pair(name: &str, content: &[u8]) -> (String, Vec<u8>) {
        (name.to_owned(), content.to_vec())
    }

    #[test]
    fn one_photo_takes_the_place_of_another_and_the_others_stay() {
        let photo = |name, bytes| NewPhoto { name, bytes };
        let first = photo("甲.jpg", b"one").archive().expect("an archive");
        assert_eq!(read(&first), [pair("甲.jpg", b"one")]);
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [("乙/", &b""[..]), ("乙/乙.jpg", &[7; 300]), ("丙.jpg", b"old")] {
            let packed = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
            zip.start_file(name, packed).expect("an entry");
            zip.write_all(content).expect("content");
        }
        let made = zip.finish().expect("an archive").into_inner();
        let archive = PhotoArchive::open(made.as_slice()).expect("an archive");
        let next = archive.with_photo(&[2], &photo("丙.png", b"new")).expect("an archive");
        assert_eq!(read(&next), [pair("乙/", b""), pair("乙/乙.jpg", &[7; 300]), pair("丙.png", b"new")]);
        // Other programs read it as well.
        let mut other = zip::ZipArchive::new(Cursor::new(&next)).expect("an archive");
        let mut content = Vec::new();
        other.by_name("乙/乙.jpg").expect("an entry").read_to_end(&mut content).expect("content");
        assert_eq!(content, [7; 300]);
    }

    #[test]
    fn what_cannot_be_copied_is_not_left_out() {
        let made = NewPhoto { name: "a.jpg", bytes: &[1; 100] }.archive().expect("an archive");
        // The local header is gone: where its bytes begin cannot be told.
        let spoilt = [&[0; 4], &made[4..]].concat();
        let archive = PhotoArchive::open(spoilt.as_slice()).expect("a directory");
        assert_eq!(archive.with_photo(&[], &NewPhoto { name: "b.jpg", bytes: b"b" }), None);
    }
}
