//! The archive of photos: every photo is made ready for print once, to know that it can be.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use certificate::{ArchiveBytes, ArchiveEntry, Concern, EntryError, EntryKind, PhotoArchive, PhotoError};
use rules::intake::photos::{PhotoFile, shown};
use rules::notice::PhotoRule;
use rules::values::finding::{Finding, FindingCode, Place};

use crate::judgement::Judgement;

/// Findings of each kind that are listed one by one.
const MAX_LISTED: usize = 20;

/// What judging one archive may cost. Honest photos hardly inflate, and have some two bytes for every three pixels.
#[derive(Debug, Clone, Copy)]
struct Budget {
    /// Bytes that may still be inflated.
    bytes: u64,
    /// Pixels that may still be decoded.
    pixels: u64,
    /// When it must be over: long before the function is stopped, which would judge the archive again and again, and before others of the
    /// queue have waited for long.
    until: Instant,
}

impl Budget {
    const BYTES: u64 = 64 << 20;
    const BYTES_PER_BYTE: u64 = 4;
    /// One photo of the largest size; what honest ones need beyond it, their bytes allow.
    const PIXELS: u64 = 30_000_000;
    const PIXELS_PER_BYTE: u64 = 32;
    const TIME: Duration = Duration::from_secs(45);

    fn of(length: u64) -> Self {
        Self {
            bytes: Self::BYTES + length * Self::BYTES_PER_BYTE,
            pixels: Self::PIXELS + length * Self::PIXELS_PER_BYTE,
            until: Instant::now() + Self::TIME,
        }
    }

    /// Takes what a file costs; what there is too much of, where it does not suffice.
    fn take(&mut self, bytes: u64, pixels: u64) -> Result<(), &'static str> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or("解压后的内容")?;
        self.pixels = self.pixels.checked_sub(pixels).ok_or("照片的像素")?;
        if Instant::now() > self.until { Err("检查所需的时间") } else { Ok(()) }
    }
}

/// What is wrong with one file.
#[derive(Debug)]
struct Remark {
    /// Place in the archive.
    index: usize,
    code: FindingCode,
    /// What follows the file's name.
    what: String,
    /// Whether it comes of how the archive was packed, and so of one cause for all files that it is said of.
    of_packing: bool,
}

/// What comes of how the archive was packed once, of the first file; with each how many files it is said of.
fn packing_once(remarks: Vec<Remark>) -> Vec<(Remark, usize)> {
    let mut said: Vec<(Remark, usize)> = Vec::new();
    for remark in remarks {
        match said.iter_mut().find(|(known, _)| remark.of_packing && known.of_packing && known.what == remark.what) {
            Some((_, count)) => *count += 1,
            None => said.push((remark, 1)),
        }
    }
    said
}

/// What is wrong with the archive, and which photos it has. `rows` says which row of the roster each photo belongs to; it is asked where a
/// file is to be named only.
pub(crate) fn inspect<B: ArchiveBytes>(
    bytes: B,
    file: &str,
    rule: &PhotoRule,
    rows: impl FnOnce(&[PhotoFile]) -> HashMap<usize, u32>,
) -> Judgement {
    // One whose length cannot be told cannot be opened either.
    inspect_within(Budget::of(bytes.length().unwrap_or_default()), bytes, file, rule, rows)
}

fn inspect_within<B: ArchiveBytes>(
    budget: Budget,
    bytes: B,
    file: &str,
    rule: &PhotoRule,
    rows: impl FnOnce(&[PhotoFile]) -> HashMap<usize, u32>,
) -> Judgement {
    let archive = match PhotoArchive::open(bytes) {
        Ok(archive) => archive,
        Err(error) => return Judgement::of(Finding::new(FindingCode::PhotosBroken, Place::file(file), error.to_string())),
    };
    let mut inspection = Inspection { archive: &archive, rule, budget, remarks: Vec::new(), photos: Vec::new() };
    let spent = inspection.all();
    let Inspection { remarks, photos, .. } = inspection;
    let rows = if remarks.is_empty() { HashMap::new() } else { rows(&photos) };
    let named = |index: usize| {
        let name = archive.entries().get(index).map_or("", |entry| entry.name.as_str());
        let row = rows.get(&index).map(|row| format!("（模板表第 {row} 行）")).unwrap_or_default();
        format!("“{}”{row}", shown(name))
    };
    let say = |(remark, count): (Remark, usize)| {
        let others = if count > 1 { format!("等 {count} 个文件") } else { String::new() };
        Finding::new(remark.code, Place::file(file), format!("{}{others}{}", named(remark.index), remark.what))
    };
    let mut findings = first_of_each_kind(packing_once(remarks).into_iter().map(say).collect(), file);
    if let Err((index, what)) = spent {
        let message = format!("检查到第 {} 个文件{}，{what}已超过一份压缩包的上限，其余没有检查", index + 1, named(index));
        findings.push(Finding::new(FindingCode::PhotosTooLarge, Place::file(file), message));
    }
    Judgement { findings, photos, ..Judgement::default() }
}

/// One archive on its way.
struct Inspection<'a, B> {
    archive: &'a PhotoArchive<B>,
    rule: &'a PhotoRule,
    budget: Budget,
    remarks: Vec<Remark>,
    photos: Vec<PhotoFile>,
}

impl<B: ArchiveBytes> Inspection<'_, B> {
    /// Every entry; where the budget ended, and of what there was too much.
    fn all(&mut self) -> Result<(), (usize, &'static str)> {
        let mut errors = 0;
        for (index, entry) in self.archive.entries().iter().enumerate() {
            let before = self.remarks.len();
            match entry.kind() {
                EntryKind::Folder | EntryKind::System => continue,
                EntryKind::Archive => self.remark(index, FindingCode::PhotosStray, "是压缩包内的压缩包，其中的照片不会读取，请解压后放入"),
                kind @ (EntryKind::Picture | EntryKind::Other) => self.file(index, entry, kind).map_err(|what| (index, what))?,
            }
            let is_error = |remark: &Remark| Finding::new(remark.code, Place::default(), "").is_error();
            errors += self.remarks.get(before..).unwrap_or_default().iter().filter(|remark| is_error(remark)).count();
            // An archive that is refused anyway; remarks refuse none, so all of it is judged.
            if errors >= MAX_LISTED {
                break;
            }
        }
        Ok(())
    }

    fn remark(&mut self, index: usize, code: FindingCode, what: impl Into<String>) {
        self.remarks.push(Remark { index, code, what: what.into(), of_packing: false });
    }

    /// Judges a file. One that is no picture, and is not called one either, does no harm.
    fn file(&mut self, index: usize, entry: &ArchiveEntry, kind: EntryKind) -> Result<(), &'static str> {
        let limit = self.rule.max_file_bytes + 1;
        // Declared sizes lie: what is really inflated counts.
        let content = self.archive.read(index, limit.min(self.budget.bytes.saturating_add(1)));
        let is_called_picture = kind == EntryKind::Picture;
        let content = match content {
            Ok(content) => content,
            Err(error) if is_called_picture => {
                self.unreadable(index, entry, error);
                return Ok(());
            }
            Err(_) => {
                self.remark(index, FindingCode::PhotosStray, "不是照片，没有采用");
                return Ok(());
            }
        };
        if content.is_empty() && is_called_picture {
            self.photos.push(PhotoFile { index, name: entry.name.clone() });
            self.remark(index, FindingCode::PhotoDamaged, "是空文件");
            return Ok(());
        }
        let is_picture = certificate::is_picture(&content);
        let cost = if is_picture { certificate::decoding_cost(&content).unwrap_or_default() } else { 0 };
        self.budget.take(content.len() as u64, if cost > self.rule.max_pixels.saturating_mul(4) { 0 } else { cost })?;
        if !is_picture && !is_called_picture {
            self.remark(index, FindingCode::PhotosStray, "不是照片，没有采用");
            return Ok(());
        }
        self.photos.push(PhotoFile { index, name: entry.name.clone() });
        if content.len() as u64 > self.rule.max_file_bytes {
            self.remark(index, FindingCode::PhotosTooLarge, format!("超过 {} MB", self.rule.max_file_bytes >> 20));
            return Ok(());
        }
        let remarks = look(&content, self.rule).into_iter().map(|(code, what)| Remark { index, code, what, of_packing: false });
        self.remarks.extend(remarks);
        Ok(())
    }

    /// A photo that cannot be read. It is listed all the same, so that its row is known.
    fn unreadable(&mut self, index: usize, entry: &ArchiveEntry, error: EntryError) {
        self.photos.push(PhotoFile { index, name: entry.name.clone() });
        let of_packing = match error {
            EntryError::Encrypted | EntryError::Method(_) => true,
            EntryError::Damaged => false,
        };
        self.remarks.push(Remark { index, code: FindingCode::PhotosBroken, what: error.to_string(), of_packing });
    }
}

/// The first findings of each kind, and how many more there are.
fn first_of_each_kind(found: Vec<Finding>, file: &str) -> Vec<Finding> {
    let mut counts: Vec<(FindingCode, usize)> = Vec::new();
    let (mut listed, mut rest) = (Vec::new(), Vec::new());
    for finding in found {
        let code = finding.code;
        let at = counts.iter().position(|(known, _)| *known == code).unwrap_or_else(|| {
            counts.push((code, 0));
            counts.len() - 1
        });
        counts[at].1 += 1;
        if counts[at].1 <= MAX_LISTED {
            listed.push(finding);
        }
    }
    for (code, count) in counts.into_iter().filter(|(_, count)| *count > MAX_LISTED) {
        rest.push(Finding::new(code, Place::file(file), format!("另有 {} 个文件也是如此", count - MAX_LISTED)));
    }
    listed.extend(rest);
    listed
}

fn look(photo: &[u8], rule: &PhotoRule) -> Vec<(FindingCode, String)> {
    match certificate::portrait(photo, rule) {
        Ok(portrait) => {
            let said = |concern| match concern {
                Concern::Ratio => (FindingCode::PhotoRatio, "的宽高比不是 25:35".to_owned()),
                Concern::Ground => (FindingCode::PhotoGround, "的底色不像白色".to_owned()),
            };
            portrait.concerns.into_iter().map(said).collect()
        }
        Err(error) => {
            let code = match error {
                PhotoError::NotJpeg => FindingCode::PhotoNotJpeg,
                PhotoError::TooSmall { .. } => FindingCode::PhotoTooSmall,
                PhotoError::TooLarge { .. } => FindingCode::PhotosTooLarge,
                PhotoError::Damaged | PhotoError::Unsupported => FindingCode::PhotoDamaged,
            };
            let really = if error == PhotoError::NotJpeg { really(photo) } else { None };
            vec![(code, format!("：{error}{}", really.map(|what| format!("，实际是 {what}")).unwrap_or_default()))]
        }
    }
}

/// What a file is that is called a photo and is none: telephones and web pages give these.
fn really(file: &[u8]) -> Option<&'static str> {
    let brand = file.get(4..12).filter(|head| head.starts_with(b"ftyp")).map(|head| &head[4..]);
    Some(match (file, brand) {
        (_, Some(b"heic" | b"heix" | b"mif1" | b"msf1" | b"hevc")) => {
            "HEIC 照片（苹果手机），请在手机“设置—相机—格式”中选“兼容性最佳”，或另存"
        }
        (_, Some(b"avif")) => "AVIF 图片",
        ([b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..], _) => "WebP 图片",
        ([b'B', b'M', ..], _) => "BMP 图片",
        ([b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..], _) => "TIFF 图片",
        ([b'G', b'I', b'F', b'8', ..], _) => "GIF 图片",
        ([b'%', b'P', b'D', b'F', ..], _) => "PDF 文件",
        ([b'P', b'K', 3, 4, ..], _) => "Office 文档或压缩包",
        ([b'<', ..], _) => "HTML 网页",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    const PHOTO: &[u8] = include_bytes!("../../certificate/tests/photo.jpg");

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("started");
            writer.write_all(content).expect("written");
        }
        writer.finish().expect("finished").into_inner()
    }

    fn rule() -> PhotoRule {
        rules::notice::Notices::built_in().expect("notices").general().photo.clone()
    }

    fn judged(bytes: &[u8]) -> Judgement {
        inspect(bytes, "photos.zip", &rule(), |_| HashMap::new())
    }

    fn codes(bytes: &[u8]) -> Vec<FindingCode> {
        judged(bytes).findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn photos_pass_and_everything_else_is_named() {
        assert_eq!(codes(&archive(&[("a.jpg", PHOTO)])), []);
        assert_eq!(codes(&archive(&[("a.gif", b"GIF89a")])), [FindingCode::PhotoNotJpeg]);
        assert!(judged(&archive(&[("a.jpg", b"")])).findings[0].message.contains("是空文件"));
        assert_eq!(codes(&archive(&[("a.jpg", &PHOTO[..500])])), [FindingCode::PhotoDamaged]);
        let padded = [PHOTO, &[0; 2 * 1024 * 1024]].concat();
        assert_eq!(codes(&archive(&[("a.jpg", &padded)])), [FindingCode::PhotosTooLarge]);
        assert_eq!(codes(b"no zip"), [FindingCode::PhotosBroken]);
    }

    #[test]
    fn what_is_called_a_photo_and_is_none_is_called_what_it_is() {
        for (content, says) in [
            (&b"\0\0\0\x18ftypheic\0\0\0\0mif1"[..], "实际是 HEIC 照片（苹果手机）"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "实际是 WebP 图片"),
            (b"BM\x10\0\0\0", "实际是 BMP 图片"),
            (b"II*\0\x08\0\0\0", "实际是 TIFF 图片"),
            (b"%PDF-1.4", "实际是 PDF 文件"),
            (b"<html>", "实际是 HTML 网页"),
        ] {
            let finding = judged(&archive(&[("a.jpg", content)])).findings.remove(0);
            assert!(finding.code == FindingCode::PhotoNotJpeg && finding.message.contains(says), "{finding}");
        }
        assert!(judged(&archive(&[("a.jpg", b"other")])).findings[0].message.ends_with("不是 JPG 或 PNG 照片"));
    }

    #[test]
    fn system_files_are_passed_over_and_strays_are_warned_of_by_name() {
        let files: &[(&str, &[u8])] = &[
            ("__MACOSX/照片/._a.jpg", b"\0\x05\x16\x07"),
            ("照片/.DS_Store", b"x"),
            ("Thumbs.db", b"x"),
            ("roster.xlsx", b"PK"),
            ("内/照片.rar", b"Rar!"),
            ("510106198312053778", PHOTO),
            ("照片/a.jpg", PHOTO),
        ];
        let judged = judged(&archive(files));
        assert!(judged.is_clean());
        let said: Vec<(FindingCode, &str)> = judged.findings.iter().map(|finding| (finding.code, finding.message.as_str())).collect();
        let expected = [
            (FindingCode::PhotosStray, "“roster.xlsx”不是照片，没有采用"),
            (FindingCode::PhotosStray, "“内/照片.rar”是压缩包内的压缩包，其中的照片不会读取，请解压后放入"),
        ];
        assert_eq!(said, expected);
        let places: Vec<usize> = judged.photos.iter().map(|photo| photo.index).collect();
        assert_eq!(places, [5, 6], "a photo is one without an ending too");
    }

    #[test]
    fn a_finding_names_the_file_and_its_row_and_masks_numbers() {
        let bytes = archive(&[("照片/510106198312053778.jpg", &PHOTO[..500])]);
        let judged = inspect(bytes.as_slice(), "photos.zip", &rule(), |photos| photos.iter().map(|photo| (photo.index, 5)).collect());
        let expected = "“照片/510*************78.jpg”（模板表第 5 行）：照片文件不完整或已损坏";
        assert_eq!(judged.findings[0].message, expected);
    }

    #[test]
    fn an_entry_that_is_packed_otherwise_or_encrypted_says_so() {
        let mut bytes = archive(&[("a.jpg", PHOTO)]);
        let central = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").expect("an entry");
        for (at, value, says) in
            [(10, 14, "压缩方式是 LZMA"), (10, 9, "压缩方式是 Deflate64"), (10, 12, "压缩方式是 BZip2"), (8, 1, "加了密码")]
        {
            let before = bytes[central + at];
            bytes[central + at] = value;
            let finding = judged(&bytes).findings.remove(0);
            assert!(finding.code == FindingCode::PhotosBroken && finding.message.contains(says), "{finding}");
            assert!(finding.fix.contains("格式选 ZIP") && finding.message.contains("“a.jpg”"), "{finding}");
            bytes[central + at] = before;
        }
    }

    #[test]
    fn how_an_archive_was_packed_is_one_cause_for_all_its_files() {
        let mut bytes = archive(&[("a.jpg", PHOTO), ("b.jpg", PHOTO), ("c.jpg", &PHOTO[..500])]);
        let entries: Vec<usize> = (0..bytes.len() - 4).filter(|at| &bytes[*at..*at + 4] == b"PK\x01\x02").collect();
        for at in &entries[..2] {
            bytes[at + 10] = 14;
        }
        let said: Vec<String> = judged(&bytes).findings.iter().map(|finding| finding.message.clone()).collect();
        assert_eq!(said[0], "“a.jpg”等 2 个文件的压缩方式是 LZMA，系统不能读取");
        assert!(said.len() == 2 && said[1].contains("“c.jpg”"), "{said:?}");
    }

    #[test]
    fn a_budget_ends_the_judging_with_a_finding() {
        let bytes = archive(&[("a.jpg", PHOTO), ("b.jpg", PHOTO), ("c.jpg", PHOTO)]);
        let all = Budget::of(bytes.len() as u64);
        let cost = 295 * 413;
        for (budget, says) in [
            (Budget { bytes: 2 * PHOTO.len() as u64, ..all }, "第 3 个文件“c.jpg”，解压后的内容"),
            (Budget { pixels: 2 * cost, ..all }, "第 3 个文件“c.jpg”，照片的像素"),
            (Budget { until: Instant::now() - Duration::from_secs(1), ..all }, "第 1 个文件“a.jpg”，检查所需的时间"),
        ] {
            let judged = inspect_within(budget, bytes.as_slice(), "photos.zip", &rule(), |_| HashMap::new());
            let last = judged.findings.last().expect("a finding");
            assert!(last.code == FindingCode::PhotosTooLarge && last.is_error() && last.message.contains(says), "{last}");
        }
        assert_eq!(codes(&bytes), []);
    }

    /// 25 entries over one picture kept the function busy until it was stopped; so would 25 pictures of their own.
    #[test]
    fn small_archives_of_huge_pictures_are_refused_at_once() {
        let huge = png_head(6000, 4000);
        let names: Vec<String> = (0..25).map(|n| format!("{n}.png")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), huge.as_slice())).collect();
        let judged = judged(&archive(&files));
        assert_eq!(judged.findings.last().map(|finding| finding.code), Some(FindingCode::PhotosTooLarge));
        assert!(judged.photos.len() < 5);
        assert_eq!(codes(&archive(&[("a.png", &png_head(8000, 6000))])), [FindingCode::PhotosTooLarge]);
    }

    /// The head of a PNG of RGB, and no picture.
    fn png_head(width: u32, height: u32) -> Vec<u8> {
        let mut chunk = b"IHDR".to_vec();
        chunk.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
        chunk.extend([8, 2, 0, 0, 0]);
        let mut crc = u32::MAX;
        for byte in &chunk {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
            }
        }
        let end = b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82";
        [b"\x89PNG\r\n\x1A\n\0\0\0\x0D", &chunk[..], &(!crc).to_be_bytes(), end].concat()
    }

    /// What was not judged was issued all the same: the loop ended at the twentieth remark.
    #[test]
    fn remarks_do_not_end_the_judging() {
        let names: Vec<String> = (0..30).map(|n| format!("{n}.jpg")).collect();
        let mut files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), PHOTO)).collect();
        files.push(("last.jpg", &PHOTO[..500]));
        // Against a frame twice as wide, the photo is too narrow.
        let rule = PhotoRule { width: rule().width * 2, ..rule() };
        let judged = inspect(archive(&files).as_slice(), "photos.zip", &rule, |_| HashMap::new());
        assert_eq!(judged.photos.len(), 31);
        assert!(!judged.is_clean());
        let ratio = judged.findings.iter().filter(|finding| finding.code == FindingCode::PhotoRatio).count();
        assert_eq!(ratio, MAX_LISTED + 1);
    }
}
