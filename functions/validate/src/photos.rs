//! The archive of photos: opened far enough to know that each is a JPEG of reasonable size.

use std::io::{Cursor, Read};

use rules::finding::{Finding, FindingCode, Place};

/// Entries an archive may have: one photo for each row of the largest roster, and folders.
const MAX_ENTRIES: usize = 51_000;
/// Bytes one photo may have.
const MAX_PHOTO_BYTES: u64 = 2 * 1024 * 1024;
/// Findings listed one by one.
const MAX_LISTED: usize = 20;

/// What is wrong with the archive.
pub(crate) fn inspect(bytes: &[u8], file: &str) -> Vec<Finding> {
    let finding = |code, message: String| Finding::new(code, Place::file(file), message);
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return vec![finding(FindingCode::PhotosBroken, "照片压缩包无法打开".to_owned())];
    };
    if archive.len() > MAX_ENTRIES {
        return vec![finding(FindingCode::PhotosTooLarge, format!("照片压缩包内文件超过 {MAX_ENTRIES} 个"))];
    }
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let Ok(entry) = archive.by_index(index) else {
            found.push(finding(FindingCode::PhotosBroken, format!("压缩包内第 {} 个文件无法打开（可能加了密码）", index + 1)));
            continue;
        };
        if entry.is_dir() {
            continue;
        }
        // Declared sizes lie: what is really inflated counts.
        let mut content = Vec::new();
        let read = entry.take(MAX_PHOTO_BYTES + 1).read_to_end(&mut content);
        // File names are often ID numbers: the place in the archive names the file.
        if read.is_err() {
            found.push(finding(FindingCode::PhotosBroken, format!("压缩包内第 {} 个文件已损坏", index + 1)));
        } else if content.len() as u64 > MAX_PHOTO_BYTES {
            found.push(finding(FindingCode::PhotosTooLarge, format!("压缩包内第 {} 个文件超过 2 MB", index + 1)));
        } else if !content.starts_with(&[0xFF, 0xD8, 0xFF]) {
            found.push(finding(FindingCode::PhotoNotJpeg, format!("压缩包内第 {} 个文件不是 JPG 照片", index + 1)));
        }
        if found.len() >= MAX_LISTED {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("started");
            writer.write_all(content).expect("written");
        }
        writer.finish().expect("finished").into_inner()
    }

    fn codes(bytes: &[u8]) -> Vec<FindingCode> {
        inspect(bytes, "photos.zip").iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn jpegs_pass_and_everything_else_is_named() {
        assert_eq!(codes(&archive(&[("a.jpg", &[0xFF, 0xD8, 0xFF, 0xE0])])), []);
        assert_eq!(codes(&archive(&[("a.png", b"\x89PNG")])), [FindingCode::PhotoNotJpeg]);
        assert_eq!(codes(&archive(&[("a.jpg", &vec![0xFF; 2 * 1024 * 1024 + 1])])), [FindingCode::PhotosTooLarge]);
        assert_eq!(codes(b"no zip"), [FindingCode::PhotosBroken]);
    }
}
