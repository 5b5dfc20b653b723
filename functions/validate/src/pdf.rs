//! A scanned document: opened far enough to know that viewers open it, without a password, and how many pages it has. It is only stored
//! and shown, so what viewers put up with is put up with here: what stands before the header or after the end, a wrong or missing
//! cross-reference, a missing end, protection against changes.

mod colours;
mod image;
mod raster;
mod scan;
mod structure;
mod syntax;

use std::panic::{AssertUnwindSafe, catch_unwind};

use rules::values::finding::{Finding, FindingCode, Place};
use structure::{Problem, Structure};

use crate::stamp::Scanned;

/// Pages, or what is wrong.
pub(crate) fn inspect(bytes: &[u8], file: &str) -> Result<u32, Finding> {
    opened(bytes, file, |_| ()).map(|(pages, ())| pages)
}

/// The same of a stamped summary form, with the stamps that can be read on its pages.
pub(crate) fn inspect_form(bytes: &[u8], file: &str) -> Result<(u32, Scanned), Finding> {
    opened(bytes, file, |structure| scan::scanned(structure, scan::TIME))
}

/// Pages, and what `look` finds in a document that opens.
fn opened<T: Default>(bytes: &[u8], file: &str, look: impl FnOnce(&mut Structure<'_>) -> T) -> Result<(u32, T), Finding> {
    let fail = |code, message: &str| Err(Finding::new(code, Place::file(file), message));
    // ISO 32000-1, annex H: readers take a header within the first 1,024 bytes.
    let head = &bytes[..bytes.len().min(1024)];
    if !head.windows(5).any(|window| window == b"%PDF-") {
        return fail(FindingCode::PdfNotPdf, &format!("不是 PDF 文件{}", looks_like(bytes)));
    }
    // A hostile file must cost its sender a finding, not the others of the batch their verdicts.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut structure = Structure::of(bytes)?;
        Ok((structure.pages()?, structure))
    }));
    match read.unwrap_or(Err(Problem::Broken)) {
        Ok((0, _)) => fail(FindingCode::PdfNoPages, "PDF 中没有页面"),
        // What cannot be read of a document that opens is not held against it.
        Ok((pages, mut structure)) => Ok((pages, catch_unwind(AssertUnwindSafe(|| look(&mut structure))).unwrap_or_default())),
        Err(Problem::Password) => fail(FindingCode::PdfEncrypted, "PDF 设有打开密码"),
        Err(Problem::Broken) => fail(FindingCode::PdfBroken, "PDF 文件不完整或已损坏，无法打开"),
        Err(Problem::TooMuch) => fail(FindingCode::PdfBroken, "PDF 的内部结构过于庞大，无法检查"),
    }
}

fn looks_like(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xFF, 0xD8, ..] => "（实际是 JPG 图片）",
        [0x89, b'P', b'N', b'G', ..] => "（实际是 PNG 图片）",
        // GB/T 33190: its entry is a part of that name.
        [b'P', b'K', ..] if bytes.windows(7).any(|window| window == b"OFD.xml") => "（实际是 OFD 文件，请在阅读器中另存为 PDF）",
        [b'P', b'K', ..] => "（实际是 Office 文档或压缩包）",
        [0xD0, 0xCF, 0x11, 0xE0, ..] => "（实际是旧版 Office 文档）",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    use lopdf::{Document, EncryptionState, EncryptionVersion, Object, Permissions, SaveOptions, dictionary};

    fn made(pages: usize) -> Document {
        let mut document = Document::with_version("1.5");
        let root = document.new_object_id();
        let mut page = || {
            let content = lopdf::Stream::new(dictionary! {}, b"0 0 m 10 10 l S".to_vec());
            let contents = document.add_object(content);
            document.add_object(dictionary! { "Type" => "Page", "Parent" => root, "Contents" => contents }).into()
        };
        let kids: Vec<Object> = (0..pages).map(|_| page()).collect();
        let count = i64::try_from(pages).expect("few pages");
        document.objects.insert(root, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }.into());
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
        document.trailer.set("Root", catalog);
        document
    }

    fn saved(mut document: Document) -> Vec<u8> {
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).expect("saved");
        bytes
    }

    fn document(pages: usize) -> Vec<u8> {
        saved(made(pages))
    }

    /// Of objects in streams and a cross-reference stream, as programs write it today.
    fn packed(mut document: Document) -> Vec<u8> {
        let mut bytes = Vec::new();
        let options = SaveOptions::builder().use_object_streams(true).use_xref_streams(true).build();
        document.save_with_options(&mut bytes, options).expect("saved");
        bytes
    }

    fn code(bytes: &[u8]) -> Result<u32, FindingCode> {
        inspect(bytes, "contest.pdf").map_err(|finding| finding.code)
    }

    fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
        let at = bytes.windows(from.len()).rposition(|window| window == from.as_bytes()).expect("it is there");
        [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
    }

    #[test]
    fn pages_are_counted() {
        assert_eq!(code(&document(3)), Ok(3));
        assert_eq!(code(&document(0)), Err(FindingCode::PdfNoPages));
        let packed = packed(made(3));
        assert!(packed.windows(6).any(|window| window == b"ObjStm"));
        assert_eq!(code(&packed), Ok(3));
    }

    #[test]
    fn a_jpeg_named_pdf_is_told_apart() {
        let finding = inspect(&[0xFF, 0xD8, 0xFF, 0xE0, 0, 0], "contest.pdf").expect_err("no PDF");
        assert_eq!(finding.code, FindingCode::PdfNotPdf);
        assert!(finding.message.contains("JPG"));
    }

    #[test]
    fn an_ofd_named_pdf_says_how_it_becomes_one() {
        let message = |bytes: &[u8]| inspect(bytes, "contest.pdf").expect_err("no PDF").message;
        let ofd = message(b"PK\x03\x04\x14\0\0\0\0\0OFD.xml<?xml version=\"1.0\"?>");
        assert!(ofd.contains("OFD 文件") && ofd.contains("另存为 PDF"), "{ofd}");
        assert!(message(b"PK\x03\x04\x14\0[Content_Types].xml").contains("Office"));
    }

    #[test]
    fn what_viewers_open_is_taken() {
        for whole in [document(3), packed(made(3))] {
            let start = whole.windows(9).rposition(|window| window == b"startxref").expect("an end");
            let cases = [
                ("text after the end", [&whole[..], &b"<!-- x -->".repeat(200)].concat()),
                ("NULs after the end", [&whole[..], &[0; 600]].concat()),
                ("a web server's head", [b"HTTP/1.1 200 OK\r\n\r\n", &whole[..]].concat()),
                ("a byte order mark", [b"\xEF\xBB\xBF", &whole[..]].concat()),
                ("no end marker", replaced(&whole, "%%EOF", "")),
                ("a cross-reference elsewhere", [&whole[..start], b"startxref\n5\n%%EOF"].concat()),
                ("a cross-reference outside", [&whole[..start], b"startxref\n99999999\n%%EOF"].concat()),
                ("no cross-reference", [&whole[..start], b"%%EOF"].concat()),
                ("line ends of a mail program", replaced(&whole, "%%EOF", "\r\n\r\n%%EOF\r\n")),
            ];
            for (what, bytes) in cases {
                assert_eq!(code(&bytes), Ok(3), "{what}");
            }
        }
    }

    #[test]
    fn a_wrong_table_of_places_does_no_harm() {
        let objects = "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>\nendobj\n\
                       3 0 obj\n<</Type/Page>>\nendobj\n4 0 obj\n<</Type/Page>>\nendobj\n";
        let table = "xref\n0 5\n0000000000 65535 f \n0000000777 00000 n \n0000000777 00000 n \n0000000777 00000 n \n0000000777 00000 n \n";
        let end = "trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n300\n%%EOF\n";
        assert_eq!(code(format!("{objects}{table}{end}").as_bytes()), Ok(2));
        assert_eq!(code(format!("{objects}{end}").as_bytes()), Ok(2));
        assert_eq!(code(objects.as_bytes()), Ok(2), "nothing is lacking");
        assert_eq!(code(objects.replace("4 0 obj", "5 0 obj").as_bytes()), Err(FindingCode::PdfBroken));
    }

    #[test]
    fn of_an_object_written_twice_the_later_counts() {
        let whole = document(1);
        let text = String::from_utf8_lossy(&whole).into_owned();
        let (before, _) = text.split_once("/Type/Pages").or_else(|| text.split_once("/Type /Pages")).expect("a tree");
        let at = before.rfind(" 0 obj").expect("an object");
        let number: String = before[..at].chars().rev().take_while(char::is_ascii_digit).collect::<Vec<_>>().into_iter().rev().collect();
        let update = format!("{number} 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<<>>\nstartxref\n0\n%%EOF");
        assert_eq!(code(&[&whole[..], update.as_bytes()].concat()), Err(FindingCode::PdfNoPages));
    }

    #[test]
    fn what_is_cut_off_or_no_document_is_broken() {
        assert_eq!(code(b"%PDF-1.7\nnothing else"), Err(FindingCode::PdfBroken));
        for whole in [document(40), packed(made(40))] {
            for part in [2, 3, 4] {
                assert_eq!(code(&whole[..whole.len() / part]), Err(FindingCode::PdfBroken), "1/{part}");
            }
        }
    }

    #[test]
    fn a_damaged_document_with_the_word_is_not_encrypted() {
        assert_eq!(code(b"%PDF-1.4\n(the word /Encrypt in a comment)\ngarbage"), Err(FindingCode::PdfBroken));
        let dangling = replaced(&document(1), "/Root", "/Encrypt 99 0 R/Root");
        assert_eq!(code(&dangling), Err(FindingCode::PdfBroken));
        let named = replaced(&document(1), "0 0 m", "/Encrypt");
        assert_eq!(code(&named), Ok(1), "in a stream");
    }

    fn encrypted(user_password: &str, save: fn(Document) -> Vec<u8>) -> Vec<u8> {
        let mut protected = made(2);
        let id = Object::string_literal("0123456789abcdef");
        protected.trailer.set("ID", vec![id.clone(), id]);
        let version = EncryptionVersion::V2 {
            document: &protected,
            owner_password: "owner",
            user_password,
            key_length: 128,
            permissions: Permissions::empty(),
        };
        let state = EncryptionState::try_from(version).expect("state");
        protected.encrypt(&state).expect("encrypted");
        save(protected)
    }

    #[test]
    fn a_document_that_opens_without_its_password_is_taken_and_any_other_refused() {
        assert_eq!(code(&encrypted("", saved)), Ok(2));
        assert_eq!(code(&encrypted("secret", saved)), Err(FindingCode::PdfEncrypted));
        let mut unknown = made(1);
        unknown.trailer.set("Encrypt", dictionary! { "Filter" => "Adobe.PubSec", "V" => 4 });
        assert_eq!(code(&saved(unknown)), Err(FindingCode::PdfEncrypted));
    }

    /// A file laid out for the web, or changed, says twice how it is encrypted.
    #[test]
    fn a_second_trailer_does_no_harm() {
        let last = |whole: &[u8], word: &[u8]| whole.windows(word.len()).rposition(|window| window == word);
        for whole in [encrypted("", saved), document(2)] {
            // A trailer, or the object that stands for it.
            let stream = || {
                let number = last(&whole[..last(&whole, b"/XRef")?], b" 0 obj")?;
                Some(whole[..number].iter().rposition(|byte| !byte.is_ascii_digit())? + 1)
            };
            let at = last(&whole, b"trailer").or_else(stream).expect("a trailer");
            assert_eq!(code(&[&whole[..], b"\n", &whole[at..]].concat()), Ok(2));
        }
    }

    /// Object streams are encrypted as all streams are.
    #[test]
    fn pages_within_encrypted_streams_are_found() {
        let mut protected = made(1);
        let id = Object::string_literal("0123456789abcdef");
        protected.trailer.set("ID", vec![id.clone(), id]);
        let packed = "7 0 << /Type /Pages /Kids [8 0 R] >>";
        let stream = lopdf::Stream::new(dictionary! { "Type" => "ObjSt_", "N" => 1, "First" => 4 }, packed.as_bytes().to_vec());
        protected.objects.clear();
        protected.objects.insert((6, 0), dictionary! { "Type" => "Catalog", "Pages" => Object::Reference((7, 0)) }.into());
        protected.objects.insert((8, 0), dictionary! { "Type" => "Page" }.into());
        protected.objects.insert((9, 0), stream.into());
        protected.max_id = 9;
        protected.trailer.set("Root", (6, 0));
        let version = EncryptionVersion::V2 {
            document: &protected,
            owner_password: "owner",
            user_password: "",
            key_length: 128,
            permissions: Permissions::empty(),
        };
        let state = EncryptionState::try_from(version).expect("state");
        protected.encrypt(&state).expect("encrypted");
        // Under its own name lopdf leaves it out.
        let bytes = replaced(&saved(protected), "ObjSt_", "ObjStm");
        assert!(!bytes.windows(5).any(|window| window == b"/Kids"));
        assert_eq!(code(&bytes), Ok(1));
    }

    fn deflated(content: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(content).expect("packed");
        packer.finish().expect("packed")
    }

    fn with_object_stream(filters: &str, content: &[u8]) -> Vec<u8> {
        let whole = document(1);
        let head = format!("\n99 0 obj\n<</Type/ObjStm/N 1/First 10/Filter[{filters}]/Length {}>>\nstream\n", content.len());
        [&whole[..], head.as_bytes(), content, b"\nendstream\nendobj\ntrailer<<>>\nstartxref\n0\n%%EOF"].concat()
    }

    /// 663 bytes took 1,161 MB: three filters on an object stream.
    #[test]
    fn what_is_inflated_is_bounded() {
        let once = deflated(&vec![b' '; 40 << 20]);
        let thrice = deflated(&deflated(&once));
        assert!(thrice.len() < 5000);
        assert_eq!(code(&with_object_stream("/FlateDecode/FlateDecode/FlateDecode", &thrice)), Err(FindingCode::PdfBroken));
        assert_eq!(code(&with_object_stream("/FlateDecode", &once)), Err(FindingCode::PdfBroken));
        assert_eq!(code(&with_object_stream("/FlateDecode", &deflated(b"50 0      null"))), Ok(1));
        let many: Vec<u8> = (0..20).flat_map(|_| with_object_stream("/FlateDecode", &deflated(&vec![b' '; 8 << 20]))).collect();
        assert_eq!(code(&many), Err(FindingCode::PdfBroken));
    }

    #[test]
    fn objects_that_do_not_end_take_no_time() {
        let open = [b"%PDF-1.4\n", &b"1 0 obj<<".repeat(200_000)[..]].concat();
        let strings = [b"%PDF-1.4\n", &b"1 0 obj(".repeat(200_000)[..]].concat();
        let streams = [b"%PDF-1.4\n", &b"1 0 obj<<>>stream\n".repeat(200_000)[..]].concat();
        let loops =
            b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Kids[2 0 R 3 0 R]>>endobj 3 0 obj<</Kids[2 0 R]>>endobj";
        let before = std::time::Instant::now();
        for bytes in [&open[..], &strings, &streams] {
            assert_eq!(code(bytes), Err(FindingCode::PdfBroken));
        }
        assert_eq!(code(loops), Err(FindingCode::PdfNoPages));
        assert!(before.elapsed() < std::time::Duration::from_secs(10));
    }

    #[test]
    fn spoilt_documents_never_panic() {
        let whole = [packed(made(2)), document(2)].concat();
        for at in 0..whole.len() {
            let mut spoilt = whole.clone();
            spoilt[at] ^= 0x15;
            let _ = inspect(&spoilt, "contest.pdf");
            let _ = inspect(&whole[..at], "contest.pdf");
        }
    }
}
