//! Scans of a form, made of the form's QR code: at 150 dpi, tilted, with noise, in the kinds that scanners and phones write.

use std::io::Write;

use image::{GrayImage, Luma, RgbImage};
use lopdf::{Document, Object, Stream, dictionary};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rules::intake::summary::StampBasis;

use super::*;

/// A4 landscape.
const PAGE_MM: [f32; 2] = [297.0, 210.0];
/// Where the form has its code, and how large it is.
const CODE_MM: [f32; 3] = [265.0, 8.0, 20.0];

fn stamp(digest: char) -> SummaryStamp {
    let digest = digest.to_string().repeat(64);
    SummaryStamp { basis: StampBasis::Form, application: "abcdefghijklmnop".to_owned(), digest, rows: 12 }
}

/// Whether a place of the page, in mm, is printed on: the code, rules and lines of text.
fn is_dark(code: &fast_qr::QRCode, [x, y]: [f32; 2]) -> bool {
    let module = |at: f32, from: f32| ((at - from) / CODE_MM[2] * code.size as f32).floor();
    let (column, row) = (module(x, CODE_MM[0]), module(y, CODE_MM[1]));
    let side = 0.0..code.size as f32;
    if side.contains(&column) && side.contains(&row) {
        return code[row as usize][column as usize].value();
    }
    let in_table = (12.0..285.0).contains(&x) && (50.0..200.0).contains(&y);
    let is_rule = (y % 8.0) < 0.3 || (x % 30.0) < 0.3;
    // Strokes of characters.
    let is_text = (y % 8.0) > 3.0 && (y % 8.0) < 6.5 && (x % 30.0) > 4.0 && (x * 7.3).sin() * (y * 5.1).cos() > 0.3;
    in_table && (is_rule || is_text)
}

/// What a scanner makes of the printed page.
struct Scanner {
    dpi: f32,
    tilt: f32,
    noise: f32,
}

const GOOD: Scanner = Scanner { dpi: 200.0, tilt: 0.0, noise: 4.0 };

impl Scanner {
    fn scan(&self, stamp: &SummaryStamp) -> GrayImage {
        let code = fast_qr::QRBuilder::new(stamp.to_string()).ecl(fast_qr::ECL::M).build().expect("a code");
        let (sin, cos) = self.tilt.to_radians().sin_cos();
        let [width, height] = PAGE_MM.map(|side| (side / 25.4 * self.dpi) as u32);
        let mut random = StdRng::seed_from_u64(17);
        GrayImage::from_fn(width, height, |x, y| {
            // Four looks a pixel, as a sensor's element has some width; turned about the middle of the page.
            let looks = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
            let dark = looks.iter().filter(|(right, down)| {
                let from =
                    [(x as f32 + right) / self.dpi * 25.4 - PAGE_MM[0] / 2.0, (y as f32 + down) / self.dpi * 25.4 - PAGE_MM[1] / 2.0];
                let at = [from[0] * cos + from[1] * sin + PAGE_MM[0] / 2.0, from[1] * cos - from[0] * sin + PAGE_MM[1] / 2.0];
                is_dark(&code, at)
            });
            // Grey paper, grey ink, light that falls off to one side.
            let light = 225.0 - 30.0 * x as f32 / width as f32 - 40.0 * dark.count() as f32;
            let noise: f32 = (0..4).map(|_| random.random_range(-1.0..1.0)).sum::<f32>() / 1.15;
            Luma([(light + noise * self.noise).clamp(0.0, 255.0) as u8])
        })
    }
}

fn jpeg(picture: &GrayImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).expect("a JPEG");
    bytes
}

fn colour_jpeg(picture: &GrayImage) -> Vec<u8> {
    let tinted = RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [value] = picture.get_pixel(x, y).0;
        image::Rgb([value, value, value.saturating_sub(12)])
    });
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 70).encode_image(&tinted).expect("a JPEG");
    bytes
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(content).expect("packed");
    packer.finish().expect("packed")
}

/// An image's stream; `more` are entries of its dictionary.
fn image_of(picture: &GrayImage, filter: Option<&str>, content: Vec<u8>, more: lopdf::Dictionary) -> Stream {
    let mut dictionary = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => i64::from(picture.width()), "Height" => i64::from(picture.height()),
        "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8,
    };
    if let Some(filter) = filter {
        dictionary.set("Filter", filter);
    }
    // `extend` would keep both of two values.
    more.into_iter().for_each(|(key, value)| dictionary.set(key, value));
    Stream::new(dictionary, content)
}

fn scanned(picture: &GrayImage) -> Stream {
    image_of(picture, Some("DCTDecode"), jpeg(picture, 60), dictionary! {})
}

/// A document of pages with an image each; resources hang where programs hang them: at the page, or above it.
fn document(images: Vec<Stream>, is_above: bool) -> Document {
    let mut document = Document::with_version("1.5");
    let root = document.new_object_id();
    let mut kids: Vec<Object> = Vec::new();
    let mut all = lopdf::Dictionary::new();
    for (index, image) in images.into_iter().enumerate() {
        let name = format!("Im{index}");
        let image = document.add_object(image);
        let content = document.add_object(Stream::new(dictionary! {}, format!("/{name} Do").into_bytes()));
        let mut page = dictionary! { "Type" => "Page", "Parent" => root, "Contents" => content };
        if is_above {
            all.set(name, image);
        } else {
            page.set("Resources", dictionary! { "XObject" => dictionary! { name => image } });
        }
        kids.push(document.add_object(page).into());
    }
    let count = i64::try_from(kids.len()).expect("few");
    let tree = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => dictionary! { "XObject" => all } };
    document.objects.insert(root, tree.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    document.trailer.set("Root", catalog);
    document
}

fn scanned_of(bytes: &[u8], time: Duration) -> Scanned {
    let mut structure = Structure::of(bytes).unwrap_or_else(|_| panic!("a document"));
    structure.pages().unwrap_or_else(|_| panic!("pages"));
    super::scanned(&mut structure, time)
}

fn read_of(bytes: &[u8], time: Duration) -> Vec<(u32, String)> {
    scanned_of(bytes, time).stamps.into_iter().map(|read| (read.page, read.stamp.digest)).collect()
}

/// Whatever else the machine does.
const TIMEOUT: Duration = Duration::from_secs(300);

fn read_in(mut document: Document) -> Vec<(u32, String)> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saved");
    read_of(&bytes, TIMEOUT)
}

fn expected(pages: &[(u32, char)]) -> Vec<(u32, String)> {
    pages.iter().map(|(page, digest)| (*page, stamp(*digest).digest)).collect()
}

/// C.2: what a telephone could read on the stamped paper, the system reads too.
#[test]
fn a_noisy_tilted_grey_scan_at_150_dpi_is_read() {
    for (dpi, tilt, noise) in [(150.0, 5.0, 24.0), (150.0, -1.5, 24.0), (200.0, 5.0, 24.0), (300.0, 3.0, 40.0), (600.0, 1.0, 24.0)] {
        let picture = Scanner { dpi, tilt, noise }.scan(&stamp('a'));
        assert_eq!(read_in(document(vec![scanned(&picture)], false)), expected(&[(1, 'a')]), "{dpi} dpi, {tilt}°, noise of {noise}");
    }
}

#[test]
fn every_page_counts_with_its_number() {
    let pages = ['a', 'b', 'a'].map(|digest| scanned(&GOOD.scan(&stamp(digest)))).into();
    assert_eq!(read_in(document(pages, false)), expected(&[(1, 'a'), (2, 'b'), (3, 'a')]));
}

/// What scanners, phones and PDF programs make of a page.
#[test]
fn the_kinds_of_images_that_scanners_write_are_read() {
    let picture = GOOD.scan(&stamp('a'));
    let grey = picture.as_raw();
    let bits = |is_set: fn(u8) -> bool| -> Vec<u8> {
        let byte = |pixels: &[u8]| pixels.iter().enumerate().fold(0, |byte, (at, pixel)| byte | u8::from(is_set(*pixel)) << (7 - at));
        grey.chunks(picture.width() as usize).flat_map(|row| row.chunks(8).map(byte).collect::<Vec<u8>>()).collect()
    };
    let rgb: Vec<u8> = grey.iter().flat_map(|value| [*value, *value, value.saturating_sub(9)]).collect();
    let halves: Vec<u8> = grey.chunks(picture.width() as usize).flat_map(nibbles).collect();
    let one_bit = dictionary! { "BitsPerComponent" => 1 };
    let palette =
        vec!["Indexed".into(), "DeviceGray".into(), 15.into(), Object::string_literal((0..16).map(|at| at * 17).collect::<Vec<u8>>())];
    let cases: Vec<(&str, Stream)> = vec![
        ("JPEG", scanned(&picture)),
        ("JPEG in colour", image_of(&picture, Some("DCTDecode"), colour_jpeg(&picture), dictionary! { "ColorSpace" => "DeviceRGB" })),
        ("JPEG, deflated", {
            let filters: Vec<Object> = vec!["FlateDecode".into(), "DCTDecode".into()];
            image_of(&picture, None, deflated(&jpeg(&picture, 60)), dictionary! { "Filter" => filters })
        }),
        ("grey", image_of(&picture, Some("FlateDecode"), deflated(grey), dictionary! {})),
        ("grey, not compressed", image_of(&picture, None, grey.clone(), dictionary! {})),
        ("colour", image_of(&picture, Some("FlateDecode"), deflated(&rgb), dictionary! { "ColorSpace" => "DeviceRGB" })),
        ("bits", image_of(&picture, Some("FlateDecode"), deflated(&bits(|pixel| pixel > 140)), one_bit.clone())),
        ("a mask", {
            let mask = dictionary! { "ImageMask" => true, "BitsPerComponent" => 1 };
            image_of(&picture, Some("FlateDecode"), deflated(&bits(|pixel| pixel > 140)), mask)
        }),
        ("a mask turned round", {
            let decode: Vec<Object> = vec![1.into(), 0.into()];
            let mask = dictionary! { "ImageMask" => true, "BitsPerComponent" => 1, "Decode" => decode };
            image_of(&picture, Some("FlateDecode"), deflated(&bits(|pixel| pixel <= 140)), mask)
        }),
        ("a palette", {
            let more = dictionary! { "BitsPerComponent" => 4, "ColorSpace" => palette };
            image_of(&picture, Some("FlateDecode"), deflated(&halves), more)
        }),
        ("rows that follow from one another", {
            let predicted: Vec<u8> = filtered(grey, picture.width() as usize);
            let parameters = dictionary! { "Predictor" => 15, "Colors" => 1, "Columns" => i64::from(picture.width()) };
            image_of(&picture, Some("FlateDecode"), deflated(&predicted), dictionary! { "DecodeParms" => parameters })
        }),
        ("fax", {
            let parameters = dictionary! { "K" => -1, "Columns" => i64::from(picture.width()), "Rows" => i64::from(picture.height()) };
            let mut more = one_bit;
            more.set("DecodeParms", parameters);
            image_of(&picture, Some("CCITTFaxDecode"), faxed(&picture), more)
        }),
    ];
    for (what, image) in cases {
        assert_eq!(read_in(document(vec![image], true)), expected(&[(1, 'a')]), "{what}");
    }
}

/// Samples of four bits, each row in whole bytes.
fn nibbles(row: &[u8]) -> Vec<u8> {
    row.chunks(2).map(|pair| pair[0] & 0xF0 | pair.get(1).copied().unwrap_or_default() >> 4).collect()
}

/// Rows with each of PNG's filters in turn.
fn filtered(grey: &[u8], width: usize) -> Vec<u8> {
    let mut above = vec![0; width];
    let mut out = Vec::new();
    for (row, kind) in grey.chunks(width).zip([0_u8, 1, 2, 3, 4].into_iter().cycle()) {
        out.push(kind);
        let at = |row: &[u8], at: usize| at.checked_sub(1).map_or(0_i16, |at| i16::from(row[at]));
        for (index, value) in row.iter().enumerate() {
            let (left, up, corner) = (at(row, index), i16::from(above[index]), at(&above, index));
            let nearest = [left, up, corner].into_iter().min_by_key(|value| (left + up - corner - value).abs()).unwrap_or_default();
            let predicted = [0, left, up, (left + up) / 2, nearest][usize::from(kind)];
            out.push(value.wrapping_sub(predicted as u8));
        }
        above = row.to_vec();
    }
    out
}

fn faxed(picture: &GrayImage) -> Vec<u8> {
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for row in picture.as_raw().chunks(picture.width() as usize) {
        let pixels = row.iter().map(|pixel| if *pixel > 140 { fax::Color::White } else { fax::Color::Black });
        encoder.encode_line(pixels, picture.width()).unwrap_or_else(|_| panic!("encoded"));
    }
    encoder.finish().unwrap_or_else(|_| panic!("encoded")).finish()
}

/// The electronically sealed form is the printed PDF itself.
#[test]
fn the_form_that_the_system_makes_is_read_as_it_is() {
    let fonts = certificate::Fonts::load(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/fonts/layer/fonts")));
    let notices = rules::notice::Notices::built_in().expect("notices");
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/samples/hosted/contest.toml"));
    let contest: rules::intake::contest::Contest = toml::from_str(&text.expect("the sample")).expect("a contest");
    let summary = rules::intake::summary::Summary::new(notices.general(), &contest, &[], jiff::civil::date(2022, 7, 8));
    let pdf = certificate::summary_form(&fonts.expect("fonts"), &summary).expect("printed");
    assert_eq!(read_of(&pdf, TIME), [(1, summary.digest().to_owned())]);
}

#[test]
fn scans_without_a_code_of_the_system_say_nothing() {
    let blank = GrayImage::from_pixel(800, 600, Luma([230]));
    assert_eq!(read_in(document(vec![scanned(&blank)], false)), []);
    // JPEG 2000, JBIG2, and what is no image at all.
    for (filter, told) in [
        ("JPXDecode", Some("JPEG 2000")),
        ("JBIG2Decode", Some("JBIG2")),
        ("DCTDecode", None),
        ("CCITTFaxDecode", None),
        ("FlateDecode", None),
        ("LZWDecode", None),
    ] {
        let mut bytes = Vec::new();
        let image = image_of(&blank, Some(filter), b"not an image".to_vec(), dictionary! {});
        document(vec![image], false).save_to(&mut bytes).expect("saved");
        let Scanned { stamps, compression } = scanned_of(&bytes, TIMEOUT);
        assert_eq!((stamps.len(), compression), (0, told), "{filter}");
    }
}

/// A picture larger than any scan, one that is not as large as it says, and no time.
#[test]
fn what_looking_takes_is_bounded() {
    let picture = GOOD.scan(&stamp('a'));
    let mut bytes = Vec::new();
    document(vec![scanned(&picture)], false).save_to(&mut bytes).expect("saved");
    assert_eq!(read_of(&bytes, Duration::ZERO), []);
    let before = processor_time();
    let zeros = deflated(&vec![0; 50_000_000]);
    for (width, height) in [(i64::MAX, i64::MAX), (60_000, 60_000), (7_000, 7_000), (1, 50_000_000), (50_000_000, 1)] {
        let size = dictionary! { "Width" => width, "Height" => height };
        let images = (0..3).map(|_| image_of(&picture, Some("FlateDecode"), zeros.clone(), size.clone())).collect();
        let mut bytes = Vec::new();
        document(images, false).save_to(&mut bytes).expect("saved");
        assert_eq!(read_of(&bytes, Duration::from_secs(2)), [], "{width} × {height}");
    }
    // Of each at most one image more than there is time for.
    let took = processor_time() - before;
    assert!(took < Duration::from_secs(60), "{took:?}");
}

/// Of this thread, on Linux; other programs may be at work beside it.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/stat").expect("of this thread");
    // Behind the name, which may hold anything: user and system time are the 14th and 15th of all, in hundredths of a second.
    let after = text.rsplit_once(')').expect("a name").1;
    let ticks = after.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number"));
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

/// Found by the bombs: a line halved has no pixels, and the panic over it hid the codes of all other pages.
#[test]
fn a_line_beside_the_form_hides_no_code() {
    for (width, height) in [(1, 3000), (3000, 1), (1, 1), (1, 400), (20, 3000)] {
        let line = scanned(&GrayImage::from_pixel(width, height, Luma([0])));
        let images = vec![line, scanned(&GOOD.scan(&stamp('a')))];
        assert_eq!(read_in(document(images, false)), expected(&[(2, 'a')]), "{width} × {height}");
    }
}

#[test]
fn an_owner_password_hides_no_code() {
    let mut protected = document(vec![scanned(&GOOD.scan(&stamp('a')))], false);
    let id = Object::string_literal("0123456789abcdef");
    protected.trailer.set("ID", vec![id.clone(), id]);
    let version = lopdf::EncryptionVersion::V2 {
        document: &protected,
        owner_password: "owner",
        user_password: "",
        key_length: 128,
        permissions: lopdf::Permissions::empty(),
    };
    let state = lopdf::EncryptionState::try_from(version).expect("state");
    protected.encrypt(&state).expect("encrypted");
    assert_eq!(read_in(protected), expected(&[(1, 'a')]));
}
