//! Documents as other programs see them: they find no fault, give back every character, draw what they drew before, find them to
//! be PDF/A-2b. See `judges` for who they are.
//!
//! `SNAPSHOTS=write cargo test -p certificate --test readers` draws the pages of `tests/snapshots/pdfium/` anew, with
//! `JUDGES=installed` those of `poppler/`; look at them.

use std::path::PathBuf;
use std::sync::LazyLock;

use certificate::{
    Batch, Certificate, CoverList, Covered, Fonts, Plate, PrintError, Seal, SealError, SealImage, calibration_page, cover_list, preview,
    samples,
};
use image::GrayImage;
use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::{Area, Calibration, Layout};
use rules::values::vocabulary::{CertificateType, Form};

mod judges;
mod specimen;

use judges::{Colours, JUDGES, Judges};
use specimen::{LONG_BODY, LONG_CONTEST, LONG_NAME, PHOTO};

static FONTS: LazyLock<Fonts> = LazyLock::new(specimen::loaded_fonts);

/// Dots an inch: enough to see a line out of place.
const RESOLUTION: u32 = 60;
/// What one PDFium may draw otherwise than another, and one poppler: the mean over the page, and over any block of 16 × 16 dots, of
/// 255. There are many popplers. PDFium is pinned, and drew the same twice; one wrong character makes 1.7 or more in its block.
const TOLERANCE_OF_PDFIUM: (f64, f64) = (0.05, 1.5);
const TOLERANCE_OF_POPPLER: (f64, f64) = (1.5, 40.0);
const BLOCK: u32 = 16;

fn usual() -> CertificateFields {
    specimen::fields("张测试", "四川省工业机器人职业技能竞赛组委会", "2022年四川省工业机器人系统操作员职业技能竞赛", None)
}

/// The longest of everything.
fn long() -> CertificateFields {
    CertificateFields {
        occupation: "轨道交通信号设备制造与轨道交通通信信号运行维护及调试操作工（高速铁路与城市轨道交通方向）".to_owned(),
        job: "城市轨道交通列车自动控制系统与综合监控系统设备安装调试检修工".to_owned(),
        ..specimen::fields(LONG_NAME, LONG_BODY, LONG_CONTEST, Some("四川省职业技能鉴定指导中心"))
    }
}

fn rare() -> CertificateFields {
    specimen::fields("བསྟན་འཛིན·ꀊꀋ·䶮㛃𬭎𫖯𠅤", LONG_BODY, LONG_CONTEST, None)
}

fn pdf(fields: &CertificateFields, form: Form, photo: Option<&[u8]>) -> Vec<u8> {
    let plate = Plate::new(&FONTS, &specimen::layout(form), None).expect("a plate");
    specimen::print(&FONTS, &plate, Certificate { fields, photo, by_hand: false }).expect("printed")
}

/// The longest 专项职业能力证书 (一: without level).
fn ability(form: Form) -> Vec<u8> {
    let plate = Plate::new(&FONTS, &specimen::layout_of(CertificateType::SpecificAbility, form), None).expect("a plate");
    let fields = specimen::long_specific_ability(LONG_NAME);
    specimen::print(&FONTS, &plate, Certificate { fields: &fields, photo: Some(PHOTO), by_hand: false }).expect("printed")
}

fn list() -> Vec<u8> {
    let covered = |fields: CertificateFields| Covered { name: fields.name, code: fields.code, serial: "JN00000001".to_owned() };
    let list = CoverList {
        title: "打印清单　第 1 批　第 1 册，共 1 册".to_owned(),
        about: vec!["申报号 aaaaaaaaaaaaaaaa".to_owned(), "技能等级证书　首次打印　套打".to_owned(), "已作废的空白证书：无".to_owned()],
        first: 1,
        certificates: [usual, long, rare].into_iter().cycle().take(45).map(|fields| covered(fields())).collect(),
    };
    cover_list(&FONTS, &list).expect("printed")
}

fn calibration() -> Vec<u8> {
    calibration_page(&FONTS, specimen::layout(Form::Overprint).page, "二楼", &Calibration::default()).expect("printed")
}

fn merged() -> Vec<u8> {
    let plate = Plate::new(&FONTS, &specimen::layout(Form::Full), None).expect("a plate");
    let all_fields = [usual(), long(), rare()];
    let certificates: Vec<_> = all_fields.iter().map(|fields| Certificate { fields, photo: Some(PHOTO), by_hand: false }).collect();
    let calibration = Calibration { offset_x: 1.5, scale_y: 1.01, ..Calibration::default() };
    Batch::new(&FONTS, &plate, &certificates).and_then(|batch| batch.merged(&calibration)).expect("printed")
}

fn sealed() -> Vec<u8> {
    with_seal(Form::Full, &Seal::Drawn("四川省职业技能鉴定指导中心".to_owned()))
}

fn with_seal(form: Form, seal: &Seal) -> Vec<u8> {
    let plate = Plate::new(&FONTS, &specimen::layout(form), Some(seal)).expect("a plate");
    specimen::print(&FONTS, &plate, Certificate { fields: &usual(), photo: Some(PHOTO), by_hand: false }).expect("printed")
}

/// A ring, and nothing in it.
fn ring() -> Seal {
    Seal::Image(SealImage::read(include_bytes!("seal.png"), "ring").expect("a seal"))
}

#[test]
fn a_seal_s_picture_lies_in_its_place_on_the_full_form_only() {
    let drawn = |form| {
        let png = judges::drawn(&with_seal(form, &ring()), 100, Colours::Rgb);
        image::load_from_memory(&png).expect("a PNG").into_rgb8()
    };
    let page = drawn(Form::Full);
    let area = specimen::layout(Form::Full).seal.expect("a place");
    let at = |x: f32, y: f32| page.get_pixel((x / 25.4 * 100.0) as u32, (y / 25.4 * 100.0) as u32).0;
    let is_red = |[r, g, b]: [u8; 3]| r > 150 && g < 80 && b < 80;
    let (x, y) = (area.x + area.width / 2.0, area.y + area.height / 2.0);
    // The ring is 170 of 200 of the half side out.
    let out = area.width / 2.0 * 0.85;
    for (x, y) in [(x - out, y), (x + out, y), (x, y - out), (x, y + out)] {
        assert!(is_red(at(x, y)), "{:?} at {x}, {y}", at(x, y));
    }
    assert!(!is_red(at(x, y)) && !is_red(at(area.x + 0.5, area.y + 0.5)), "the ground is transparent");
    assert!(!drawn(Form::Overprint).pixels().any(|pixel| is_red(pixel.0)), "a sheet is stamped");
}

#[test]
fn an_over_print_carries_the_qr_code_where_its_layout_has_a_place_for_it() {
    let area = Area { x: 20.0, y: 170.0, width: 22.0, height: 22.0 };
    let layout = Layout { qr: Some(area), ..specimen::layout(Form::Overprint) };
    let plate = Plate::new(&FONTS, &layout, None).expect("a plate");
    let pdf = specimen::print(&FONTS, &plate, Certificate { fields: &usual(), photo: None, by_hand: false }).expect("printed");
    let page = image::load_from_memory(&judges::drawn(&pdf, 150, Colours::Rgb)).expect("a PNG").into_luma8();
    let dots = |mm: f32| (mm / 25.4 * 150.0) as u32;
    let code = image::imageops::crop_imm(&page, dots(area.x), dots(area.y), dots(area.width), dots(area.height));
    let black = code.to_image().pixels().filter(|pixel| pixel.0[0] < 100).count() as f32 / (dots(area.width) * dots(area.height)) as f32;
    assert!((0.3..0.7).contains(&black), "half of a QR code is black: {black}");
}

/// The mark lies under what is filled in, so that all of it is read.
#[test]
fn a_sample_is_marked_and_shows_what_a_certificate_shows() {
    let layout = specimen::layout(Form::Full);
    let fields = usual();
    let certificate = Certificate { fields: &fields, photo: None, by_hand: false };
    let pdf = samples(&FONTS, &layout, &[certificate, certificate]).expect("drawn");
    assert_eq!(samples(&FONTS, &layout, &[certificate, certificate]).ok().as_ref(), Some(&pdf), "the same each time");
    let document = lopdf::Document::load_mem(&pdf).expect("a PDF");
    assert_eq!(document.get_pages().len(), 2);
    for form in [Form::Full, Form::Overprint] {
        let text = judges::text(&samples(&FONTS, &specimen::layout(form), &[certificate]).expect("drawn"));
        assert!(text.contains("样张") && text.contains(&fields.name), "{form:?}: {text}");
    }
}

#[test]
fn a_preview_shows_the_over_print_on_the_picture_of_the_blank() {
    let layout = specimen::layout(Form::Overprint);
    let blank = image::RgbImage::from_pixel(layout.page[0] as u32 * 2, layout.page[1] as u32 * 2, image::Rgb([250, 220, 180]));
    let mut jpeg = std::io::Cursor::new(Vec::new());
    blank.write_to(&mut jpeg, image::ImageFormat::Jpeg).expect("a JPEG");
    let drawn = |pdf: &[u8]| image::load_from_memory(&judges::drawn(pdf, 150, Colours::Rgb)).expect("a PNG").into_rgb8();
    let (over, alone) =
        (drawn(&preview(&FONTS, &layout, &usual(), jpeg.get_ref()).expect("drawn")), drawn(&pdf(&usual(), Form::Overprint, None)));
    assert_eq!(over.dimensions(), alone.dimensions());
    let (mut printed, mut bare) = (0, 0);
    for (pixel, alone) in over.pixels().zip(alone.pixels()) {
        let [red, _, blue] = pixel.0;
        if alone.0.iter().all(|part| *part < 90) {
            printed += 1;
            assert!(red < 120, "what is printed lies above: {:?}", pixel.0);
        } else if alone.0 == [255; 3] {
            bare += 1;
            assert!(red > 235 && (165..=195).contains(&blue), "the blank lies under it: {:?}", pixel.0);
        }
    }
    assert!(printed > 100 && bare > 10_000, "{printed} {bare}");
    assert!(matches!(preview(&FONTS, &layout, &usual(), b"no picture"), Err(PrintError::Photo { .. })));
}

#[test]
fn what_is_no_seal_is_refused() {
    let png = |width, height, alpha| {
        let mut png = std::io::Cursor::new(Vec::new());
        let picture = image::RgbaImage::from_pixel(width, height, image::Rgba([200, 20, 20, alpha]));
        picture.write_to(&mut png, image::ImageFormat::Png).expect("a PNG");
        png.into_inner()
    };
    let refused = |png: &[u8]| SealImage::read(png, "").expect_err("refused");
    assert_eq!(refused(PHOTO), SealError::NotPng);
    assert_eq!(refused(&png(400, 400, 0)[..200]), SealError::NotPng);
    assert_eq!(refused(&png(100, 100, 0)), SealError::Sides { width: 100, height: 100 });
    assert_eq!(refused(&png(1200, 500, 0)), SealError::Sides { width: 1200, height: 500 });
    assert_eq!(refused(&png(400, 400, 255)), SealError::Opaque);
    assert_eq!(refused(&vec![0; SealImage::MAX_BYTES + 1]), SealError::TooLarge);
}

fn summary() -> Vec<u8> {
    certificate::summary_form(&FONTS, &specimen::summary(&specimen::winners(3))).expect("printed")
}

#[test]
fn no_fault_is_found() {
    for (name, pdf) in [
        ("full", pdf(&usual(), Form::Full, Some(PHOTO))),
        ("overprint", pdf(&rare(), Form::Overprint, None)),
        ("drawn seal", sealed()),
        ("seal's picture", with_seal(Form::Full, &ring())),
        ("merged", merged()),
        ("cover list", list()),
        ("calibration page", calibration()),
    ] {
        assert_eq!(judges::faults(&pdf), "", "{name}");
    }
    // They do look: the table at the end says where each object begins.
    let mut spoilt = calibration();
    let table = spoilt.windows(9).rposition(|window| window == b"startxref").expect("an address");
    spoilt[table + 10] ^= 1;
    assert_ne!(judges::faults(&spoilt), "");
}

#[test]
fn page_finds_every_document_to_be_pdf_a_2b() {
    let documents = [
        ("full", pdf(&usual(), Form::Full, Some(PHOTO))),
        ("long", pdf(&long(), Form::Full, None)),
        ("rare", pdf(&rare(), Form::Full, Some(PHOTO))),
        ("overprint", pdf(&rare(), Form::Overprint, Some(PHOTO))),
        ("specific ability, full", ability(Form::Full)),
        ("specific ability, overprint", ability(Form::Overprint)),
        ("drawn seal", sealed()),
        ("seal's picture", with_seal(Form::Full, &ring())),
        ("merged", merged()),
        ("cover list", list()),
        ("calibration page", calibration()),
        ("summary form", summary()),
    ];
    for (name, pdf) in documents {
        assert_eq!(judges::faults_of_pdfa(&pdf), "", "{name}");
    }
    // It does look.
    let mut document = lopdf::Document::load_mem(&pdf(&usual(), Form::Full, None)).expect("a PDF");
    document.catalog_mut().expect("a catalog").remove(b"OutputIntents");
    let mut spoilt = Vec::new();
    document.save_to(&mut spoilt).expect("saved");
    assert_ne!(judges::faults_of_pdfa(&spoilt), "");
}

#[test]
fn every_character_is_given_back() {
    let latin = CertificateFields { name: "Christopher-Jonathan Featherstonehaugh".to_owned(), ..usual() };
    let traditional = CertificateFields { name: "龔臺灣·買買提".to_owned(), ..usual() };
    for fields in [usual(), long(), rare(), latin, traditional] {
        for form in [Form::Full, Form::Overprint] {
            let text = judges::text(&pdf(&fields, form, None));
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            for value in [&fields.name, &fields.document_number, &fields.occupation, &fields.job, &fields.level, &fields.code] {
                assert!(text.contains(&bare(value)), "{form:?}: {value} in {text}");
            }
        }
    }
}

#[test]
fn pages_look_as_they_did() {
    let pages = [
        ("full", pdf(&usual(), Form::Full, Some(PHOTO))),
        ("full-sealed", sealed()),
        ("full-long", pdf(&long(), Form::Full, None)),
        ("full-rare", pdf(&rare(), Form::Full, Some(PHOTO))),
        ("overprint-long", pdf(&long(), Form::Overprint, Some(PHOTO))),
        ("ability-full-long", ability(Form::Full)),
        ("ability-overprint-long", ability(Form::Overprint)),
        ("cover-list", list()),
        ("calibration", calibration()),
    ];
    let (folder, tolerance) = match *JUDGES {
        Judges::Pinned => ("pdfium", TOLERANCE_OF_PDFIUM),
        Judges::Installed => ("poppler", TOLERANCE_OF_POPPLER),
    };
    for (name, pdf) in pages {
        let png = judges::drawn(&pdf, RESOLUTION, Colours::Gray);
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots")).join(format!("{folder}/{name}.png"));
        if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "write") {
            std::fs::write(&path, &png).expect("written");
        }
        let before = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let gray = |png: &[u8]| image::load_from_memory(png).expect("a PNG").into_luma8();
        let (mean, worst) = differences(&gray(&before), &gray(&png));
        assert!(mean <= tolerance.0 && worst <= tolerance.1, "{name}: {mean:.2} on the mean, {worst:.2} in one block");
    }
}

/// The mean difference, and that of the block which differs most.
fn differences(before: &GrayImage, after: &GrayImage) -> (f64, f64) {
    assert_eq!(before.dimensions(), after.dimensions(), "the page has another size");
    let (width, height) = before.dimensions();
    let of = |x: u32, y: u32| f64::from(before.get_pixel(x, y).0[0].abs_diff(after.get_pixel(x, y).0[0]));
    let mut total = 0.0;
    let mut worst = 0.0_f64;
    for top in (0..height).step_by(BLOCK as usize) {
        for left in (0..width).step_by(BLOCK as usize) {
            let (right, bottom) = ((left + BLOCK).min(width), (top + BLOCK).min(height));
            let sum: f64 = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y))).map(|(x, y)| of(x, y)).sum();
            total += sum;
            worst = worst.max(sum / f64::from((right - left) * (bottom - top)));
        }
    }
    (total / f64::from(width * height), worst)
}
