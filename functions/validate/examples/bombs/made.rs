//! Small files that cost much to look at: each is made of its number, the same one every time.

use std::io::{Cursor, Write};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::values::vocabulary::Material;
use rust_xlsxwriter::{Workbook, XlsxError};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Makes the inputs of one seed.
pub(crate) struct Maker {
    seed: u64,
    /// A roster as the template has it, by its parts.
    roster: Vec<(String, String)>,
    jpeg: Vec<u8>,
}

type Failure = Box<dyn std::error::Error>;

impl Maker {
    pub(crate) fn new(seed: u64) -> Result<Self, Failure> {
        let picture = image::GrayImage::from_fn(300, 420, |x, y| image::Luma([(x * y % 251) as u8]));
        let mut jpeg = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 40).encode_image(&picture)?;
        Ok(Self { seed, roster: parts(&roster(3)?)?, jpeg })
    }

    /// Input `at`: what it is handed in as, and its bytes.
    pub(crate) fn input(&self, at: u64) -> (Material, Vec<u8>) {
        let mut chance = Chance(StdRng::seed_from_u64(self.seed << 40 ^ at));
        match chance.below(10) {
            0..=3 => (Material::Summary, self.document(&mut chance)),
            4..=6 => (Material::Photos, self.archive(&mut chance)),
            _ => (Material::Roster, self.workbook(&mut chance)),
        }
    }

    fn document(&self, chance: &mut Chance) -> Vec<u8> {
        let mut file = b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n".to_vec();
        let pages = chance.size(300);
        let kids = (0..pages).map(|_| format!("{} 0 R ", chance.pick(&["2", "3", "4", "4", "5"]))).collect::<String>();
        file.extend(format!("2 0 obj<</Type/Pages/Count 1/Kids[3 0 R {kids}]/Resources 8 0 R/Parent 2 0 R>>endobj\n").bytes());
        let images: String = (0..chance.size(40)).map(|at| format!("/I{at} {} 0 R", 20 + at % 4)).collect();
        let resources = format!("<</XObject<</A 20 0 R/F 9 0 R{images}>>/Resources 8 0 R>>");
        file.extend(
            format!("3 0 obj<</Type/Page/Parent 2 0 R/Resources {resources}>>endobj\n4 0 obj<</Type/Page/Parent 4 0 R>>endobj\n").bytes(),
        );
        file.extend(format!("5 0 obj<</Type/Pages/Kids 5 0 R/Parent 2 0 R>>endobj\n8 0 obj{resources}endobj\n").bytes());
        file.extend(b"9 0 obj<</Subtype/Form/Resources 8 0 R/Length 0>>stream\n\nendstream endobj\n");
        for number in 20..20 + chance.below(5) {
            file.extend(self.image(number, chance));
        }
        for number in 40..40 + chance.below(4) {
            file.extend(objects(number, chance));
        }
        file.extend(nested(chance));
        if chance.one_in(4) {
            let version = chance.pick(&["1", "2", "4", "5", "99"]);
            file.extend(format!("trailer<</Encrypt<</Filter/Standard/V {version}/R 3/O(x)/U(y)/P -1/Length 128>>/ID[(a)(b)]>>\n").bytes());
        }
        file.extend(b"trailer<</Root 1 0 R/Size 99>>\nstartxref\n0\n%%EOF");
        file
    }

    fn image(&self, number: u64, chance: &mut Chance) -> Vec<u8> {
        let content = match chance.below(4) {
            0 => self.huge_jpeg(chance),
            1 => chance.noise(3000),
            _ => chance.deflated(),
        };
        let filter = chance.pick(&[
            "/FlateDecode",
            "/DCTDecode",
            "/CCITTFaxDecode",
            "[/FlateDecode/DCTDecode]",
            "[/FlateDecode/CCITTFaxDecode]",
            "[/FlateDecode/FlateDecode/FlateDecode]",
            "/JBIG2Decode",
            "/JPXDecode",
            "/LZWDecode",
            "null",
        ]);
        let colours = chance.pick(&[
            "/DeviceGray",
            "/DeviceRGB",
            "/DeviceCMYK",
            "[/Indexed/DeviceRGB 255 40 0 R]",
            "[/Indexed[/Indexed[/Indexed/DeviceGray 1(a)]1(a)]1(a)]",
            "[/ICCBased 41 0 R]",
            "[/Separation/A/DeviceGray 9 0 R]",
            "8 0 R",
        ]);
        let (width, height) = (chance.size(120_000), chance.size(120_000));
        let bits = chance.pick(&["1", "2", "4", "8", "16", "64"]);
        let parameters = format!(
            "<</Predictor {}/Columns {width}/Colors {}/K {}/BlackIs1 true>>",
            chance.pick(&["1", "2", "12", "15"]),
            chance.size(9),
            chance.pick(&["-1", "0", "1"])
        );
        let length = if chance.one_in(3) { "8 0 R".to_owned() } else { content.len().to_string() };
        let head = format!(
            "{number} 0 obj<</Subtype/Image/Width {width}/Height {height}/BitsPerComponent {bits}/ColorSpace {colours}/Filter {filter}\
             /DecodeParms {parameters}/Length {length}>>stream\n"
        );
        [head.as_bytes(), &content, b"\nendstream endobj\n"].concat()
    }

    /// A JPEG that says it is larger than it is, with scans that are read again and again.
    fn huge_jpeg(&self, chance: &mut Chance) -> Vec<u8> {
        let mut file = self.jpeg.clone();
        if let Some(at) = file.windows(2).position(|pair| pair == [0xFF, 0xC0]) {
            let sides = [chance.size(65_000) as u16, chance.size(65_000) as u16].map(u16::to_be_bytes).concat();
            file[at + 5..at + 9].copy_from_slice(&sides);
            if chance.one_in(3) {
                file[at + 1] = 0xC2;
            }
        }
        if chance.one_in(3) {
            let scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0];
            let times = chance.size(20_000) as usize;
            file.truncate(file.len() - 2);
            file.extend(scan.repeat(times));
        }
        file
    }

    fn huge_png(&self, chance: &mut Chance) -> Vec<u8> {
        let mut head = [b"IHDR".to_vec(), [chance.size(60_000) as u32, chance.size(60_000) as u32].map(u32::to_be_bytes).concat()].concat();
        head.extend([*chance.pick(&[&1_u8, &8, &16]), *chance.pick(&[&0_u8, &2, &3, &6]), 0, 0, *chance.pick(&[&0_u8, &1])]);
        let data = [b"IDAT".to_vec(), chance.deflated()].concat();
        let chunk = |body: &[u8]| [&(body.len() as u32 - 4).to_be_bytes()[..], body, &crc(body).to_be_bytes()].concat();
        [b"\x89PNG\r\n\x1A\n".to_vec(), chunk(&head), chunk(&data), chunk(b"IEND")].concat()
    }

    fn archive(&self, chance: &mut Chance) -> Vec<u8> {
        let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
        for at in 0..=chance.size(400) {
            let name = match chance.below(5) {
                0 => format!("{at}/../{}", "长".repeat(chance.size(3000) as usize)),
                _ => format!("{at}.{}", chance.pick(&["jpg", "png", "zip", "txt", "jpg"])),
            };
            let content = match chance.below(12) {
                0 => self.huge_jpeg(chance),
                1 => self.huge_png(chance),
                2 => vec![0; chance.size(8 << 20) as usize],
                _ => self.jpeg[..chance.below(self.jpeg.len() as u64) as usize].to_vec(),
            };
            entries.push((name, content));
        }
        spoilt(zipped(&entries), chance)
    }

    fn workbook(&self, chance: &mut Chance) -> Vec<u8> {
        let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
        let worst = chance.below(8);
        for (name, text) in &self.roster {
            let more = |chance: &mut Chance, before: &str, piece: &dyn Fn(u64) -> String| {
                let many: String = (0..chance.size(200_000)).map(piece).collect();
                text.replacen(before, &format!("{many}{before}"), 1)
            };
            let text = match (worst, name.as_str()) {
                (0, "xl/sharedStrings.xml") => more(chance, "</sst>", &|at| format!("<si><t>{at}</t></si>")),
                (1, "xl/sharedStrings.xml") => more(chance, "</sst>", &|at| format!("<si><r><t>{}</t></r></si>", at % 7)),
                (2, "xl/styles.xml") => more(chance, "</cellXfs>", &|at| format!("<xf numFmtId=\"{at}\" fontId=\"{at}\"/>")),
                (3, "xl/worksheets/sheet1.xml") => {
                    let column = chance.pick(&["A", "C", "E", "AB", "XFD"]);
                    more(chance, "</sheetData>", &|at| format!("<row r=\"{0}\"><c r=\"{column}{0}\"><v>1</v></c></row>", at + 9))
                }
                (4, "xl/worksheets/sheet1.xml") => {
                    let formula = chance.pick(&["1+1", "A1:XFD1048576", "DISPIMG(\"a\",1)"]);
                    more(chance, "</sheetData>", &|at| format!("<row r=\"{0}\"><c r=\"B{0}\"><f>{formula}</f><v>1</v></c></row>", at + 9))
                }
                (5, "xl/worksheets/sheet1.xml") => {
                    let cells: String = (0..chance.size(4000)).map(|_| "<c t=\"inlineStr\"><is><t>甲</t></is></c>").collect();
                    let rows = chance.size(200);
                    let rows: String = (0..rows).map(|at| format!("<row r=\"{}\" hidden=\"1\">{cells}</row>", at + 9)).collect();
                    text.replacen("</sheetData>", &format!("{rows}</sheetData>"), 1)
                }
                (6, "xl/worksheets/sheet1.xml") => {
                    let merged: String = (0..chance.size(50_000)).map(|at| format!("<mergeCell ref=\"A{at}:XFD{at}\"/>")).collect();
                    text.replacen("</sheetData>", &format!("</sheetData><mergeCells>{merged}</mergeCells>"), 1)
                }
                _ => text.clone(),
            };
            entries.push((name.clone(), text.into_bytes()));
        }
        let comments: String =
            (0..chance.size(20_000)).map(|at| format!("<comment ref=\"B{at}\"><text><t>{at}</t></text></comment>")).collect();
        entries.push(("xl/comments1.xml".to_owned(), format!("<comments><commentList>{comments}</commentList></comments>").into_bytes()));
        if chance.one_in(3) {
            entries.push(("xl/media/image1.png".to_owned(), vec![0; chance.size(30 << 20) as usize]));
        }
        spoilt(zipped(&entries), chance)
    }
}

/// An object stream whose content inflates, with heads that promise more.
fn objects(number: u64, chance: &mut Chance) -> Vec<u8> {
    let mut content = chance.deflated();
    for _ in 0..chance.below(3) {
        content = deflated(&content);
    }
    let filters = "/FlateDecode".repeat(chance.below(4) as usize);
    let (count, first) = (chance.size(5_000_000), chance.size(5_000_000));
    let head = format!("{number} 0 obj<</Type/ObjStm/N {count}/First {first}/Filter[{filters}]/Length {}>>stream\n", content.len());
    [head.as_bytes(), &content, b"\nendstream endobj\n"].concat()
}

/// Objects within objects, and some that do not end.
fn nested(chance: &mut Chance) -> Vec<u8> {
    let piece = chance.pick(&["<<", "[", "<</A", "(", "(((\\", "<4", "7 0 obj<<", "7 0 obj(", "8 0 obj[1 0 R ", "1 0 obj<<>>stream\n"]);
    let times = chance.size(100_000) as usize;
    format!("60 0 obj{}endobj\n", piece.repeat(times)).into_bytes()
}

/// Its directory tells lies: the places and sizes of entries.
fn spoilt(mut archive: Vec<u8>, chance: &mut Chance) -> Vec<u8> {
    let heads: Vec<usize> = archive.windows(4).enumerate().filter(|(_, at)| *at == b"PK\x01\x02").map(|(at, _)| at).collect();
    if chance.one_in(3) {
        let (place, size) = (chance.size(archive.len() as u64) as u32, chance.size(1 << 32) as u32);
        let same = chance.one_in(2);
        for head in heads {
            let field = *chance.pick(&[&20, &24, &42]);
            let value = if same || field == 42 { place } else { size };
            if let Some(bytes) = archive.get_mut(head + field..head + field + 4) {
                bytes.copy_from_slice(&value.to_le_bytes());
            }
        }
    }
    let spoilt_bytes = if chance.one_in(4) { chance.size(12) } else { 0 };
    for _ in 0..spoilt_bytes {
        let at = chance.below(archive.len().max(1) as u64) as usize;
        if let Some(byte) = archive.get_mut(at) {
            *byte = chance.below(256) as u8;
        }
    }
    archive
}

fn zipped(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(1));
    for (name, content) in entries {
        // A name that is there already is left out.
        if archive.start_file(name.as_str(), options).is_ok() {
            let _ = archive.write_all(content);
        }
    }
    archive.finish().map(Cursor::into_inner).unwrap_or_default()
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let _ = packer.write_all(content);
    packer.finish().unwrap_or_default()
}

/// Of PNG (ISO/IEC 15948, annex D).
fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A roster with something in every cell of so many rows.
pub(crate) fn roster(rows: u32) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let notices = rules::notice::Notices::built_in().map_err(|error| XlsxError::ParameterError(error.to_string()))?;
    let profile = &notices.general().roster;
    sheet.set_name(&profile.sheet)?;
    for (at, column) in (0_u16..).zip(&profile.columns) {
        sheet.write_string(0, at, column.shown_header())?;
        for row in 1..=rows {
            sheet.write_string(row, at, format!("r{row}c{at}"))?;
        }
    }
    book.save_to_buffer()
}

fn parts(book: &[u8]) -> Result<Vec<(String, String)>, Failure> {
    let mut archive = zip::ZipArchive::new(Cursor::new(book))?;
    let mut parts = Vec::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at)?;
        let name = part.name()?.into_owned();
        parts.push((name, std::io::read_to_string(&mut part)?));
    }
    Ok(parts)
}

/// Choices that follow from the input's number.
struct Chance(StdRng);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.0.random_range(0..end) }
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn pick<'c, T: ?Sized>(&mut self, of: &[&'c T]) -> &'c T {
        of[self.below(of.len() as u64) as usize]
    }

    /// Mostly small, sometimes up to `most`: each order of magnitude is as likely as any other.
    fn size(&mut self, most: u64) -> u64 {
        let scale = self.0.random_range(0.0..(most.max(1) as f64).ln());
        scale.exp() as u64
    }

    fn noise(&mut self, most: u64) -> Vec<u8> {
        (0..self.size(most)).map(|_| self.below(256) as u8).collect()
    }

    /// A few bytes that become many: zeros, spaces, or the beginning of an object again and again.
    fn deflated(&mut self) -> Vec<u8> {
        let piece = self.pick(&["\0", " ", "[", "<</A 1>>", "1 0 ", "(a)", "\u{1}\u{80}"]);
        let length = self.size(40 << 20) as usize;
        deflated(&piece.as_bytes().repeat(length / piece.len().max(1)))
    }
}
