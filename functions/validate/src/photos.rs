//! The archive of photos: every photo is made ready for print once, to know that it can be.

use std::io::{Cursor, Read};

use certificate::{Concern, PhotoError};
use rules::intake::photos::PhotoFile;
use rules::notice::PhotoRule;
use rules::values::finding::{Finding, FindingCode, Place};

use crate::material::Judgement;

/// Entries an archive may have: one photo for each row of the largest roster, and folders.
const MAX_ENTRIES: usize = 51_000;
/// Findings of each kind that are listed one by one.
const MAX_LISTED: usize = 20;

/// What is wrong with the archive, and which files it has.
pub(crate) fn inspect(bytes: &[u8], file: &str, rule: &PhotoRule) -> Judgement {
    let finding = |code, message: String| Finding::new(code, Place::file(file), message);
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return Judgement::of(finding(FindingCode::PhotosBroken, "照片压缩包无法打开".to_owned()));
    };
    if archive.len() > MAX_ENTRIES {
        return Judgement::of(finding(FindingCode::PhotosTooLarge, format!("照片压缩包内文件超过 {MAX_ENTRIES} 个")));
    }
    let (mut found, mut photos) = (Vec::new(), Vec::new());
    for index in 0..archive.len() {
        // File names are often ID numbers: the place in the archive names the file.
        let here = |code, what: &str| finding(code, format!("压缩包内第 {} 个文件{what}", index + 1));
        let Ok(entry) = archive.by_index(index) else {
            found.push(here(FindingCode::PhotosBroken, "无法打开（可能加了密码）"));
            continue;
        };
        if entry.is_dir() {
            continue;
        }
        // A name that is no Unicode matches no row: it is kept as what it is taken for.
        photos.push(PhotoFile { index, name: entry.name().map(|name| name.into_owned()).unwrap_or_default() });
        // Declared sizes lie: what is really inflated counts.
        let mut content = Vec::new();
        if entry.take(rule.max_file_bytes + 1).read_to_end(&mut content).is_err() {
            found.push(here(FindingCode::PhotosBroken, "已损坏"));
        } else if content.len() as u64 > rule.max_file_bytes {
            found.push(here(FindingCode::PhotosTooLarge, &format!("超过 {} MB", rule.max_file_bytes >> 20)));
        } else {
            found.extend(look(&content, rule).into_iter().map(|(code, what)| here(code, &what)));
        }
        // An archive that is refused anyway; remarks refuse none, so all of it is judged.
        if found.iter().filter(|finding| finding.is_error()).count() >= MAX_LISTED {
            break;
        }
    }
    Judgement { findings: first_of_each_kind(found, file), photos, ..Judgement::default() }
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
        rest.push(Finding::new(code, Place::file(file), format!("另有 {} 张照片也是如此", count - MAX_LISTED)));
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
                PhotoError::Damaged | PhotoError::Unsupported => FindingCode::PhotoDamaged,
            };
            vec![(code, format!("：{error}"))]
        }
    }
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
        let notices = rules::notice::Notices::built_in().expect("notices");
        inspect(bytes, "photos.zip", &notices.general().photo).findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn photos_pass_and_everything_else_is_named() {
        let photo = include_bytes!("../../certificate/tests/photo.jpg");
        assert_eq!(codes(&archive(&[("a.jpg", photo)])), []);
        assert_eq!(codes(&archive(&[("a.gif", b"GIF89a")])), [FindingCode::PhotoNotJpeg]);
        assert_eq!(codes(&archive(&[("a.jpg", &photo[..500])])), [FindingCode::PhotoDamaged]);
        assert_eq!(codes(&archive(&[("a.jpg", &vec![0xFF; 2 * 1024 * 1024 + 1])])), [FindingCode::PhotosTooLarge]);
        assert_eq!(codes(b"no zip"), [FindingCode::PhotosBroken]);
    }

    /// What was not judged was issued all the same: the loop ended at the twentieth remark.
    #[test]
    fn remarks_do_not_end_the_judging() {
        let photo: &[u8] = include_bytes!("../../certificate/tests/photo.jpg");
        let names: Vec<String> = (0..30).map(|n| format!("{n}.jpg")).collect();
        let mut files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), photo)).collect();
        files.push(("last.jpg", &photo[..500]));
        let notices = rules::notice::Notices::built_in().expect("notices");
        // Against a frame twice as wide, the photo is too narrow.
        let rule = PhotoRule { width: notices.general().photo.width * 2, ..notices.general().photo.clone() };
        let judged = inspect(&archive(&files), "photos.zip", &rule);
        assert_eq!(judged.photos.len(), 31);
        assert!(!judged.is_clean());
        let ratio = judged.findings.iter().filter(|finding| finding.code == FindingCode::PhotoRatio).count();
        assert_eq!(ratio, MAX_LISTED + 1);
    }
}
