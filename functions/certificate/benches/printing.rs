//! What a certificate costs, in CPU time, and the floor: cutting the same glyphs out of the same font and deflating the same
//! streams, nothing else.
//!
//! `cargo bench --config infra/lambda.toml -p certificate --bench printing` measures; `… once single|merged|floor photo|plain COUNT` measures one of
//! them in a process of its own and prints a JSON line, for `peers.py`, which gets the page from `… data FILE`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::io::Write as _;

use certificate::{Batch, Certificate, Fonts, Plate};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Document, Object};
use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::Calibration;
use rules::values::vocabulary::Form;
use serde_json::json;

#[path = "../tests/specimen/mod.rs"]
mod specimen;

// As `print` has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

const SERIF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/fonts/layer/fonts/NotoSerifSC-Regular.otf");

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["data", file] => Ok(std::fs::write(file, serde_json::to_vec(&data()?)?)?),
        ["once", what, photo, count] => once(what, *photo == "photo", count.parse()?),
        _ => {
            for (what, count) in [("single", 1000), ("merged", 1000), ("floor", 1000)] {
                for photo in [true, false] {
                    once(what, photo, count)?;
                }
            }
            Ok(())
        }
    }
}

/// Certificates that differ as those of a roster do.
fn all_fields(count: usize) -> Vec<CertificateFields> {
    let contest = "2022年四川省工业机器人系统操作员职业技能竞赛";
    let fields = |(i, winner): (usize, rules::intake::entry::Entry)| CertificateFields {
        code: format!("S000051000000222J{:05}", i % 100_000),
        ..specimen::fields(winner.name.reveal(), "四川省工业机器人职业技能竞赛组委会", contest, Some("四川省职业技能鉴定指导中心"))
    };
    let winners = specimen::winners(u32::try_from(count).unwrap_or(u32::MAX));
    winners.into_iter().enumerate().map(fields).collect()
}

fn once(what: &str, photo: bool, count: usize) -> Result<(), Failure> {
    let fonts = specimen::fonts()?;
    let plate = Plate::new(&fonts, &specimen::layout(Form::Full), None)?;
    let all_fields = all_fields(count);
    let photo = photo.then_some(specimen::PHOTO);
    let certificates: Vec<Certificate<'_>> = all_fields.iter().map(|fields| Certificate { fields, photo, by_hand: false }).collect();
    // Fonts and allocator warm.
    Batch::new(&fonts, &plate, certificates.get(..1).unwrap_or_default())?.single(0)?;
    let floor = (what == "floor").then(|| Floor::new(&fonts, &plate, &certificates)).transpose()?;
    let start = cpu()?;
    let bytes = match what {
        "single" => singles(&fonts, &plate, &certificates)?,
        "merged" => merged(&fonts, &plate, &certificates)?,
        _ => floor.iter().try_fold(0, |bytes, floor| Ok::<_, Failure>(bytes + floor.repeat(count)?))?,
    };
    let each = (cpu()? - start) / count as f64;
    let photo = if photo.is_some() { "photo" } else { "plain" };
    println!(
        "{}",
        json!({ "what": what, "photo": photo, "count": count, "ms": each * 1e3, "bytes": bytes / count, "peak_kib": peak_kib()? })
    );
    Ok(())
}

/// A hundred in a batch, as the print function has them.
fn singles(fonts: &Fonts, plate: &Plate, certificates: &[Certificate<'_>]) -> Result<usize, Failure> {
    let mut bytes = 0;
    for hundred in certificates.chunks(100) {
        let batch = Batch::new(fonts, plate, hundred)?;
        for index in 0..batch.len() {
            bytes += std::hint::black_box(batch.single(index)?).len();
        }
    }
    Ok(bytes)
}

/// A thousand on a merged PDF, as the print function has them.
fn merged(fonts: &Fonts, plate: &Plate, certificates: &[Certificate<'_>]) -> Result<usize, Failure> {
    let bundles = certificates.chunks(1000).map(|bundle| Ok(Batch::new(fonts, plate, bundle)?.merged(&Calibration::default())?.len()));
    bundles.sum()
}

/// What cannot be left out: the glyphs cut from the font, the streams that differ from certificate to certificate deflated.
struct Floor {
    font: Vec<u8>,
    glyphs: Vec<u16>,
    streams: Vec<Vec<u8>>,
}

impl Floor {
    fn new(fonts: &Fonts, plate: &Plate, certificates: &[Certificate<'_>]) -> Result<Self, Failure> {
        let font = std::fs::read(SERIF)?;
        let first = certificates.first().ok_or("no certificate")?;
        let pdf = Batch::new(fonts, plate, std::slice::from_ref(first))?.single(0)?;
        let document = Document::load_mem(&pdf)?;
        let own = |object: &Object| {
            let stream = object.as_stream().ok()?;
            let is_image = stream.dict.get(b"Filter").and_then(Object::as_name).is_ok_and(|filter| filter == b"DCTDecode");
            let is_form = stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form");
            (!is_image && !is_form).then(|| stream.decompressed_content().ok())?
        };
        let streams = document.objects.values().filter_map(own).collect();
        let face = ttf_parser::Face::parse(&font, 0)?;
        let values = rules::values::template::VALUES.iter().filter_map(|name| first.fields.value(name));
        let characters: BTreeMap<char, u16> = values.flat_map(str::chars).filter_map(|c| Some((c, face.glyph_index(c)?.0))).collect();
        Ok(Self { glyphs: characters.into_values().collect(), font, streams })
    }

    fn repeat(&self, count: usize) -> Result<usize, Failure> {
        let mut bytes = 0;
        for _ in 0..count {
            let remapper = subsetter::GlyphRemapper::new_from_glyphs(&self.glyphs);
            bytes += std::hint::black_box(subsetter::subset(&self.font, 0, &remapper).map_err(|error| error.to_string())?).len();
            for stream in &self.streams {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(2));
                encoder.write_all(stream)?;
                bytes += std::hint::black_box(encoder.finish()?).len();
            }
        }
        Ok(bytes)
    }
}

/// The page for others to draw: texts at their boxes, the border's operators, the QR code's address, the photo.
fn data() -> Result<serde_json::Value, Failure> {
    let fonts = specimen::fonts()?;
    let layout = specimen::layout(Form::Full);
    let plate = Plate::new(&fonts, &layout, None)?;
    let all_fields = all_fields(100);
    let first = all_fields.first().ok_or("no certificate")?;
    let pdf = Batch::new(&fonts, &plate, &[Certificate { fields: first, photo: None, by_hand: false }])?.single(0)?;
    let document = Document::load_mem(&pdf)?;
    let is_form = |stream: &&lopdf::Stream| stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form");
    let form = document.objects.values().filter_map(|object| object.as_stream().ok()).find(is_form).ok_or("no form")?;
    let content = String::from_utf8_lossy(&form.decompressed_content()?).into_owned();
    let art = content.split("BT").next().unwrap_or_default();
    let pages: Vec<_> = all_fields
        .iter()
        .map(|fields| {
            let texts = layout.texts.iter().filter_map(|text| {
                let words = text.text.filled(|name| fields.value(name))?;
                let style = layout.style_of(text)?;
                Some(json!({ "text": words, "at": text.at, "size": style.sizes[0], "font": style.font, "colour": style.colour,
                    "centred": style.align == rules::notice::layout::Align::Centre }))
            });
            json!({ "texts": texts.collect::<Vec<_>>(), "url": fields.verify_url })
        })
        .collect();
    Ok(json!({ "page": layout.page, "art": art, "qr": layout.qr, "photo": layout.photo, "pages": pages }))
}

/// Seconds that this thread has spent on a processor.
fn cpu() -> Result<f64, Failure> {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = times.split(' ').next().ok_or("no time")?.parse()?;
    Ok(nanoseconds / 1e9)
}

/// The most memory that this process held at any time.
fn peak_kib() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
