//! Whole documents, read back with lopdf.

use std::path::Path;
use std::sync::LazyLock;

use certificate::{Batch, Certificate, FontError, Fonts, PhotoError, Plate, PrintError, Subject};
use lopdf::{Document, Object};
use proptest::prelude::*;
use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::Calibration;
use rules::values::vocabulary::{CertificateType, Form};

mod specimen;

use specimen::PHOTO;

static FONTS: LazyLock<Fonts> = LazyLock::new(specimen::loaded_fonts);
static FULL: LazyLock<Plate> = LazyLock::new(|| Plate::new(&FONTS, &specimen::layout(Form::Full), None).expect("a plate"));
static OVERPRINT: LazyLock<Plate> = LazyLock::new(|| Plate::new(&FONTS, &specimen::layout(Form::Overprint), None).expect("a plate"));

fn fields() -> CertificateFields {
    specimen::fields("张测试", "某某省职业技能竞赛组委会", "2022年某某省“焊接”职业技能竞赛", Some("四川省职业技能鉴定指导中心"))
}

fn pdf(fields: &CertificateFields, photo: Option<&[u8]>) -> Result<Vec<u8>, PrintError> {
    specimen::print(&FONTS, &FULL, Certificate { fields, photo, by_hand: false })
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

/// The fixed texts: those of the form on the page.
fn fixed_text(bytes: &[u8]) -> String {
    let mut document = read(bytes);
    let form = streams(&document).find(|stream| stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form"));
    let form = form.expect("a form").clone();
    let resources = form.dict.get(b"Resources").expect("resources").clone();
    let page = document.get_pages()[&1];
    let content = document.add_object(form);
    let page = document.get_dictionary_mut(page).expect("a page");
    page.set("Contents", content);
    page.set("Resources", resources);
    bare(&document.extract_text(&[1]).expect("text"))
}

fn streams(document: &Document) -> impl Iterator<Item = &lopdf::Stream> {
    document.objects.values().filter_map(|object| object.as_stream().ok())
}

#[test]
fn one_page_of_a4_landscape() {
    let bytes = pdf(&fields(), Some(PHOTO)).expect("printed");
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
    let fields = fields();
    let bytes = pdf(&fields, None).expect("printed");
    let text = extracted(&bytes, 1);
    let labels = ["姓名", "Name", "证件类型", "证件号码", "IDNo.", "职业名称", "工种/职业方向", "职业技能等级", "证书编号", "发证机构"];
    let foot = ["http://jndj.osta.org.cn", "http://pjjg.osta.org.cn"];
    let values = [
        &fields.title,
        &fields.text,
        &fields.name,
        &fields.document_type,
        &fields.document_number,
        &fields.occupation,
        &fields.job,
        &fields.level,
    ];
    let others = [&fields.code, &fields.issuing_body];
    let values = values.into_iter().chain(others).map(String::as_str);
    for should in values.chain(["2022年06月20日"]) {
        assert!(text.contains(&bare(should)), "{should} is not in {text}");
    }
    let fixed = fixed_text(&bytes);
    for should in labels.into_iter().chain(foot) {
        assert!(fixed.contains(should), "{should} is not in {fixed}");
    }
    assert!(text.contains("（四川省职业技能鉴定指导中心代章）"));
    assert!(text.contains("照片") && text.contains("（盖章处）"));
}

/// 一, 二、（三）: it has neither a level nor a word of promotion, whatever form it is printed in.
#[test]
fn the_third_certificate_is_set_in_both_forms_with_the_longest_texts_and_without_level() {
    let fields = specimen::long_specific_ability(specimen::LONG_NAME);
    let certificate = || Certificate { fields: &fields, photo: Some(PHOTO), by_hand: false };
    for form in [Form::Full, Form::Overprint] {
        let plate = Plate::new(&FONTS, &specimen::layout_of(CertificateType::SpecificAbility, form), None).expect("a plate");
        let bytes = specimen::print(&FONTS, &plate, certificate()).expect("the longest texts are set");
        let text = extracted(&bytes, 1);
        // The body text is printed on the blanks already.
        let body = Some(&fields.text).filter(|_| form == Form::Full);
        let values = [&fields.name, &fields.occupation, &fields.job, &fields.code, &fields.document_number];
        for part in values.into_iter().chain(body) {
            assert!(text.contains(&bare(part)), "{form:?}: {part}: {text}");
        }
        let all = fixed_text(&bytes) + &text;
        for word in ["等级", "Level", "晋升"] {
            assert!(!all.contains(word), "{form:?}: {word}: {all}");
        }
    }
}

#[test]
fn a_photo_takes_the_place_of_the_words() {
    assert!(!extracted(&pdf(&fields(), Some(PHOTO)).expect("printed"), 1).contains("照片"));
}

#[test]
fn a_character_without_glyph_is_refused_by_name() {
    let mut fields = fields();
    fields.name = "张\u{30000}\u{30000}\u{F0000}".to_owned();
    let error = pdf(&fields, None).expect_err("no font has U+30000");
    assert!(matches!(
        &error,
        PrintError::MissingCharacters { of: Subject::Certificate(code), characters }
            if *code == fields.code && characters[..] == ['\u{30000}', '\u{F0000}']
    ));
    assert_eq!(error.to_string(), "证书 S000051000000222J00001：字体中没有“\u{30000}”（U+30000）、“\u{F0000}”（U+F0000）");
    assert!(!FONTS.has('\u{30000}') && FONTS.has('\u{2A6D6}'));
    assert!(!FONTS.has('\n'));
    assert!("张·（—A1 龘".chars().all(|c| FONTS.has(c)));
}

#[test]
fn characters_that_share_a_glyph_are_both_given_back() {
    // ⽂ (U+2F42, a radical) and 文 (U+6587) are one glyph, but two characters.
    let mut fields = fields();
    fields.name = "\u{2F42}文".to_owned();
    let bytes = pdf(&fields, None).expect("printed");
    let document = read(&bytes);
    let content = document.get_page_content(document.get_pages()[&1]);
    let content = String::from_utf8_lossy(&content).to_uppercase();
    assert!(content.contains("/ACTUALTEXT") && content.contains("FEFF2F426587"), "{content}");
}

#[test]
fn the_photo_is_embedded_byte_for_byte() {
    let document = read(&pdf(&fields(), Some(PHOTO)).expect("printed"));
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
        let error = pdf(&fields(), Some(bytes)).expect_err("refused");
        assert!(matches!(error, PrintError::Photo { source, .. } if source == why), "{error}");
    }
}

#[test]
fn fonts_are_subsets_and_the_file_is_small() {
    let bytes = pdf(&fields(), Some(PHOTO)).expect("printed");
    assert!(bytes.len() < 45_000 + PHOTO.len(), "{} bytes", bytes.len());
    let document = read(&bytes);
    let names: Vec<String> = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok()?.get(b"FontName").and_then(Object::as_name).ok())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    assert_eq!(names.len(), 2, "labels in 黑, values in 宋: {names:?}");
    assert!(names.iter().all(|name| name.find('+') == Some(6)), "{names:?}");
}

#[test]
fn a_text_that_cannot_be_fitted_is_refused_not_cut() {
    let mut fields = fields();
    fields.occupation = "焊".repeat(400);
    let error = pdf(&fields, None).expect_err("too long");
    assert!(matches!(&error, PrintError::DoesNotFit { part, .. } if part == "职业名称"), "{error}");
}

#[test]
fn an_address_too_long_for_a_qr_code_is_refused() {
    let fields = CertificateFields { verify_url: "a".repeat(3000), ..fields() };
    assert!(matches!(pdf(&fields, None), Err(PrintError::QrCode { .. })));
}

#[test]
fn no_certificates_no_document() {
    let batch = Batch::new(&FONTS, &FULL, &[]).expect("nothing to set");
    assert!(batch.is_empty());
    assert!(matches!(batch.merged(&Calibration::default()), Err(PrintError::Empty)));
    assert!(matches!(batch.single(0), Err(PrintError::Empty)));
}

#[test]
fn many_pages_come_in_order_and_share_their_fonts() {
    let all_fields: Vec<CertificateFields> = (0..100)
        .map(|i| {
            let mut fields = fields();
            fields.code = format!("S000051000000222J{i:05}");
            fields
        })
        .collect();
    let certificates: Vec<Certificate<'_>> =
        all_fields.iter().map(|fields| Certificate { fields, photo: Some(PHOTO), by_hand: false }).collect();
    let batch = Batch::new(&FONTS, &FULL, &certificates).expect("set");
    let bytes = batch.merged(&Calibration::default()).expect("printed");
    assert_eq!(read(&bytes).get_pages().len(), 100);
    for page in [1, 42, 100] {
        assert!(extracted(&bytes, page).contains(&all_fields[page as usize - 1].code));
    }
    assert!(bytes.len() < 100 * (PHOTO.len() + 3_000) + 120_000, "{} bytes", bytes.len());
}

#[test]
fn the_same_certificate_gives_the_same_bytes() {
    assert_eq!(pdf(&fields(), Some(PHOTO)).ok(), pdf(&fields(), Some(PHOTO)).ok());
}

#[test]
fn a_certificate_of_empty_texts_is_a_page() {
    let nothing = [""; 11].map(str::to_owned);
    let [title, text, name, document_type, document_number, occupation, job, level, code, issuing_body, sealed_by] = nothing;
    let [issued_on, verify_url] = [[""; 3].map(str::to_owned), ["", "", ""].map(str::to_owned)];
    let verify_url = verify_url.concat();
    let fields = CertificateFields {
        title,
        text,
        name,
        document_type,
        document_number,
        occupation,
        job,
        level,
        code,
        issued_on,
        issuing_body,
        sealed_by,
        verify_url,
        serial: String::new(),
    };
    let text = extracted(&pdf(&fields, None).expect("printed"), 1);
    assert!(text.contains("照片") && !text.contains("代章"), "{text}");
}

/// 三、（二）: a numbered blank bears its own serial; a copy lies on none.
#[test]
fn a_page_on_plain_paper_bears_the_serial_of_its_sheet() {
    let numbered = CertificateFields { serial: "JN00000101".to_owned(), ..fields() };
    let printed = |plate: &Plate, fields: &CertificateFields| {
        let bytes = specimen::print(&FONTS, plate, Certificate { fields, photo: None, by_hand: false }).expect("printed");
        extracted(&bytes, 1)
    };
    assert!(printed(&FULL, &numbered).contains("流水号JN00000101"));
    assert!(!printed(&FULL, &fields()).contains("流水号"));
    assert!(!printed(&OVERPRINT, &numbered).contains("JN00000101"));
}

#[test]
fn the_overprint_has_the_values_alone_and_moves_as_the_printer_needs_it() {
    let fields = fields();
    let certificate = Certificate { fields: &fields, photo: Some(PHOTO), by_hand: false };
    let batch = Batch::new(&FONTS, &OVERPRINT, &[certificate]).expect("set");
    let moved = Calibration { offset_x: 1.5, offset_y: -0.8, scale_x: 1.0, scale_y: 1.01 };
    let bytes = batch.merged(&moved).expect("printed");
    let text = extracted(&bytes, 1);
    for value in [&fields.name, &fields.document_number, &fields.occupation, &fields.code] {
        assert!(text.contains(&bare(value)), "{value} is not in {text}");
    }
    assert!(!text.contains("姓名") && !text.contains(&bare(&fields.title)), "{text}");
    let document = read(&bytes);
    let content = document.get_page_content(document.get_pages()[&1]);
    let content = String::from_utf8_lossy(&content);
    let matrix = content.lines().find(|line| line.ends_with(" cm")).expect("a matrix");
    let numbers: Vec<f32> = matrix.trim_end_matches(" cm").split(' ').map(|number| number.parse().expect("a number")).collect();
    let should = [1.0, 0.0, 0.0, 1.01, 4.252, -3.685];
    assert!(numbers.iter().zip(should).all(|(is, should)| (is - should).abs() < 0.01), "{matrix}");
}

#[test]
fn a_name_to_be_written_by_hand_is_left_out() {
    let mut fields = fields();
    fields.name = "张\u{30000}".to_owned();
    let bytes = specimen::print(&FONTS, &FULL, Certificate { fields: &fields, photo: None, by_hand: true }).expect("printed");
    assert!(!extracted(&bytes, 1).contains('张'));
}

#[test]
fn the_file_says_what_it_is() {
    let fields = fields();
    let document = read(&pdf(&fields, Some(PHOTO)).expect("printed"));
    let catalog = document.catalog().expect("a catalog");
    let metadata = catalog.get(b"Metadata").and_then(Object::as_reference).and_then(|id| document.get_object(id));
    let xmp = metadata.and_then(Object::as_stream).map(|stream| String::from_utf8_lossy(&stream.content).into_owned()).expect("XMP");
    for should in ["<pdfaid:part>2</pdfaid:part>", "职业技能等级证书 S000051000000222J00001", "某某省职业技能竞赛组委会"]
    {
        assert!(xmp.contains(should), "{should} is not in {xmp}");
    }
    assert!(catalog.has(b"OutputIntents"));
    let id = document.trailer.get(b"ID").and_then(Object::as_array).expect("an id");
    assert_eq!(id[0].as_str().ok(), Some(fields.code.as_bytes()));
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
        let mut fields = fields();
        fields.name = value.clone();
        fields.issuing_body = body;
        match pdf(&fields, None) {
            Ok(bytes) => prop_assert!(extracted(&bytes, 1).contains(&bare(&value))),
            Err(PrintError::MissingCharacters { characters, .. }) => prop_assert!(characters.iter().all(|&c| !FONTS.has(c))),
            Err(PrintError::DoesNotFit { .. }) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}
