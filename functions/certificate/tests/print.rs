//! Whole documents, read back with lopdf.

use std::path::Path;
use std::sync::LazyLock;

use certificate::{Certificate, FontError, Fonts, PhotoError, PrintError, Subject, print};
use lopdf::{Document, Object};
use proptest::prelude::*;
use rules::face::Face;

mod specimen;

use specimen::{PHOTO, field};

static FONTS: LazyLock<Fonts> = LazyLock::new(specimen::loaded_fonts);

fn face() -> Face {
    specimen::face("张测试", "某某省职业技能竞赛组委会", "2022年某某省“焊接”职业技能竞赛", Some("四川省职业技能鉴定指导中心"))
}

fn pdf(face: &Face, photo: Option<&[u8]>) -> Result<Vec<u8>, PrintError> {
    print(&FONTS, &[Certificate { face, photo }])
}

fn read(bytes: &[u8]) -> Document {
    Document::load_mem(bytes).expect("a PDF")
}

/// Without white space: lines are broken where they must be.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn extracted(bytes: &[u8], page: u32) -> String {
    bare(&read(bytes).extract_text(&[page]).expect("text"))
}

fn streams(document: &Document) -> impl Iterator<Item = &lopdf::Stream> {
    document.objects.values().filter_map(|object| object.as_stream().ok())
}

#[test]
fn one_page_of_a4_landscape() {
    let bytes = pdf(&face(), Some(PHOTO)).expect("printed");
    let document = read(&bytes);
    let pages = document.get_pages();
    assert_eq!(pages.len(), 1);
    let media: Vec<f32> = document
        .get_dictionary(pages[&1])
        .and_then(|page| page.get(b"MediaBox"))
        .and_then(Object::as_array)
        .expect("box")
        .iter()
        .map(|side| side.as_float().expect("number"))
        .collect();
    assert!(media.iter().zip([0.0, 0.0, 841.89, 595.28]).all(|(is, should)| (is - should).abs() < 0.01), "{media:?}");
    assert_eq!(document.version, "1.7");
}

#[test]
fn every_text_is_given_back_character_by_character() {
    let face = face();
    let text = extracted(&pdf(&face, None).expect("printed"), 1);
    let values = face.fields.iter().flat_map(|field| [&field.label, &field.label_english, &field.value]);
    let others = [&face.query_sites[1], &face.title, &face.text, &face.issued_on, &face.issuing_body, &face.query_sites[0]];
    for should in values.chain(others) {
        assert!(text.contains(&bare(should)), "{should} is not in {text}");
    }
    assert!(text.contains("（四川省职业技能鉴定指导中心代章）"));
    assert!(text.contains("照片") && text.contains("（盖章处）"));
}

#[test]
fn a_photo_takes_the_place_of_the_words() {
    assert!(!extracted(&pdf(&face(), Some(PHOTO)).expect("printed"), 1).contains("照片"));
}

#[test]
fn a_character_without_glyph_is_refused_by_name() {
    let mut face = face();
    face.fields[0].value = "张\u{2A6D6}\u{2A6D6}\u{F0000}".to_owned();
    let error = pdf(&face, None).expect_err("no font has U+2A6D6");
    assert!(matches!(
        &error,
        PrintError::MissingCharacters { of: Subject::Certificate(code), characters }
            if *code == face.code && characters[..] == ['\u{2A6D6}', '\u{F0000}']
    ));
    assert_eq!(error.to_string(), "证书 S000051000000222J00001：字体中没有“\u{2A6D6}”（U+2A6D6）、“\u{F0000}”（U+F0000）");
    assert!(!FONTS.has('\u{2A6D6}'));
    assert!(!FONTS.has('\n'));
    assert!("张·（—A1 龘".chars().all(|c| FONTS.has(c)));
}

#[test]
fn characters_that_share_a_glyph_are_both_given_back() {
    // ⽂ (U+2F42, a radical) and 文 (U+6587) are one glyph, but two characters.
    let mut face = face();
    face.fields[0].value = "\u{2F42}文".to_owned();
    let bytes = pdf(&face, None).expect("printed");
    let document = read(&bytes);
    let content = document.get_page_content(document.get_pages()[&1]);
    let content = String::from_utf8_lossy(&content).to_uppercase();
    assert!(content.contains("/ACTUALTEXT") && content.contains("FEFF2F426587"), "{content}");
}

#[test]
fn the_photo_is_embedded_byte_for_byte() {
    let document = read(&pdf(&face(), Some(PHOTO)).expect("printed"));
    let photo =
        streams(&document).find(|stream| stream.dict.get(b"Filter").and_then(Object::as_name).is_ok_and(|name| name == b"DCTDecode"));
    let photo = photo.expect("a photo");
    assert_eq!(photo.content, PHOTO);
    assert_eq!(photo.dict.get(b"Width").and_then(Object::as_i64).ok(), Some(295));
    assert_eq!(photo.dict.get(b"Height").and_then(Object::as_i64).ok(), Some(413));
}

#[test]
fn a_photo_that_is_no_jpeg_is_refused() {
    for (bytes, why) in [(&b"GIF89a"[..], PhotoError::NotJpeg), (&PHOTO[..2000], PhotoError::Damaged)] {
        let error = pdf(&face(), Some(bytes)).expect_err("refused");
        assert!(matches!(error, PrintError::Photo { source, .. } if source == why), "{error}");
    }
}

#[test]
fn fonts_are_subsets_and_the_file_is_small() {
    let bytes = pdf(&face(), Some(PHOTO)).expect("printed");
    assert!(bytes.len() < 120_000, "{} bytes", bytes.len());
    let document = read(&bytes);
    let names: Vec<String> = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok()?.get(b"FontName").and_then(Object::as_name).ok())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.find('+') == Some(6)), "{names:?}");
}

#[test]
fn a_text_that_cannot_be_fitted_is_refused_not_cut() {
    let mut face = face();
    face.fields[3].value = "焊".repeat(400);
    let error = pdf(&face, None).expect_err("too long");
    assert!(matches!(&error, PrintError::DoesNotFit { part, .. } if part == "职业名称"), "{error}");
}

#[test]
fn an_address_too_long_for_a_qr_code_is_refused() {
    let face = Face { verify_url: "a".repeat(3000), ..face() };
    assert!(matches!(pdf(&face, None), Err(PrintError::QrCode { .. })));
}

#[test]
fn no_certificates_no_document() {
    assert!(matches!(print(&FONTS, &[]), Err(PrintError::Empty)));
}

#[test]
fn many_pages_come_in_order_and_share_their_fonts() {
    let faces: Vec<Face> = (0..100)
        .map(|i| {
            let mut face = face();
            face.code = format!("S000051000000222J{i:05}");
            face.fields[6].value.clone_from(&face.code);
            face
        })
        .collect();
    let certificates: Vec<Certificate<'_>> = faces.iter().map(|face| Certificate { face, photo: Some(PHOTO) }).collect();
    let bytes = print(&FONTS, &certificates).expect("printed");
    assert_eq!(read(&bytes).get_pages().len(), 100);
    for page in [1, 42, 100] {
        assert!(extracted(&bytes, page).contains(&faces[page as usize - 1].code));
    }
    assert!(bytes.len() < 100 * (PHOTO.len() + 3_000) + 120_000, "{} bytes", bytes.len());
}

#[test]
fn the_same_certificate_gives_the_same_bytes() {
    assert_eq!(pdf(&face(), Some(PHOTO)).ok(), pdf(&face(), Some(PHOTO)).ok());
}

#[test]
fn a_face_of_empty_texts_is_a_page() {
    let empty = String::new;
    let face = Face {
        title: empty(),
        text: empty(),
        fields: vec![field("", "", "")],
        code: empty(),
        issued_on: empty(),
        issuing_body: empty(),
        sealed_by: None,
        verify_url: empty(),
        query_sites: vec![],
    };
    assert!(pdf(&face, None).is_ok());
    assert!(pdf(&Face { fields: vec![], ..face }, None).is_ok());
}

#[test]
fn a_folder_without_fonts_is_named() {
    let error = Fonts::load(Path::new("/nowhere")).expect_err("nothing there");
    assert!(matches!(error, FontError::Read { .. }));
    assert!(error.to_string().contains("/nowhere/NotoSerifSC-Regular.otf"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_short_text_is_printed_or_refused(value in "[一-龥㐀-䶵 A-Za-z·（），。\u{20000}-\u{20100}]{0,60}", body in "\\PC{0,40}") {
        let mut face = face();
        face.fields[0].value = value.clone();
        face.issuing_body = body;
        match pdf(&face, None) {
            Ok(bytes) => prop_assert!(extracted(&bytes, 1).contains(&bare(&value))),
            Err(PrintError::MissingCharacters { characters, .. }) => prop_assert!(characters.iter().all(|&c| !FONTS.has(c))),
            Err(PrintError::DoesNotFit { .. }) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}
