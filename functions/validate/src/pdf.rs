//! A scanned document: opened far enough to know that it is a PDF, not encrypted, and how many pages it has.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::Document;
use rules::values::finding::{Finding, FindingCode, Place};

/// Pages, or what is wrong.
pub(crate) fn inspect(bytes: &[u8], file: &str) -> Result<u32, Finding> {
    let fail = |code, message: &str| Err(Finding::new(code, Place::file(file), message));
    // ISO 32000-1, annex H: readers take a header within the first 1,024 bytes.
    let head = &bytes[..bytes.len().min(1024)];
    if !head.windows(5).any(|window| window == b"%PDF-") {
        return fail(FindingCode::PdfNotPdf, &format!("不是 PDF 文件{}", looks_like(bytes)));
    }
    // A hostile file must cost its sender a finding, not the others of the batch their verdicts.
    let Ok(Ok(document)) = catch_unwind(AssertUnwindSafe(|| Document::load_mem(bytes))) else {
        let encrypted = bytes.windows(8).any(|window| window == b"/Encrypt");
        return if encrypted {
            fail(FindingCode::PdfEncrypted, "PDF 已加密")
        } else {
            fail(FindingCode::PdfBroken, "PDF 文件已损坏，无法打开")
        };
    };
    // Without an open password it was decrypted on the way in: it is protected all the same.
    if document.was_encrypted() || document.trailer.has(b"Encrypt") {
        return fail(FindingCode::PdfEncrypted, "PDF 已加密");
    }
    match document.get_pages().len() {
        0 => fail(FindingCode::PdfNoPages, "PDF 中没有页面"),
        pages => Ok(u32::try_from(pages).unwrap_or(u32::MAX)),
    }
}

fn looks_like(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xFF, 0xD8, ..] => "（实际是 JPG 图片）",
        [0x89, b'P', b'N', b'G', ..] => "（实际是 PNG 图片）",
        [b'P', b'K', ..] => "（实际是 Office 文档或压缩包）",
        [0xD0, 0xCF, 0x11, 0xE0, ..] => "（实际是旧版 Office 文档）",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::{EncryptionState, EncryptionVersion, Object, Permissions, dictionary};

    fn document(pages: usize) -> Vec<u8> {
        let mut document = Document::with_version("1.5");
        let root = document.new_object_id();
        let kids: Vec<Object> =
            (0..pages).map(|_| document.add_object(dictionary! { "Type" => "Page", "Parent" => root }).into()).collect();
        let count = i64::try_from(pages).expect("few pages");
        document.objects.insert(root, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }.into());
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
        document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).expect("saved");
        bytes
    }

    fn code(bytes: &[u8]) -> Result<u32, FindingCode> {
        inspect(bytes, "contest.pdf").map_err(|finding| finding.code)
    }

    #[test]
    fn pages_are_counted() {
        assert_eq!(code(&document(3)), Ok(3));
        assert_eq!(code(&document(0)), Err(FindingCode::PdfNoPages));
    }

    #[test]
    fn a_jpeg_named_pdf_is_told_apart() {
        let finding = inspect(&[0xFF, 0xD8, 0xFF, 0xE0, 0, 0], "contest.pdf").expect_err("no PDF");
        assert_eq!(finding.code, FindingCode::PdfNotPdf);
        assert!(finding.message.contains("JPG"));
    }

    #[test]
    fn broken_and_encrypted_documents_are_refused() {
        assert_eq!(code(b"%PDF-1.7\nnothing else"), Err(FindingCode::PdfBroken));
        let mut encrypted = Document::load_mem(&document(1)).expect("sound");
        encrypted.trailer.set("Encrypt", dictionary! { "Filter" => "Standard", "V" => 1, "R" => 2 });
        let mut bytes = Vec::new();
        encrypted.save_to(&mut bytes).expect("saved");
        assert_eq!(code(&bytes), Err(FindingCode::PdfEncrypted));
    }

    #[test]
    fn a_document_that_opens_without_its_password_is_refused_alike() {
        let mut protected = Document::load_mem(&document(1)).expect("sound");
        let id = Object::string_literal("0123456789abcdef");
        protected.trailer.set("ID", vec![id.clone(), id]);
        let version = EncryptionVersion::V2 {
            document: &protected,
            owner_password: "owner",
            user_password: "",
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).expect("state");
        protected.encrypt(&state).expect("encrypted");
        let mut bytes = Vec::new();
        protected.save_to(&mut bytes).expect("saved");
        assert_eq!(code(&bytes), Err(FindingCode::PdfEncrypted));
    }
}
