//! Files that are no workbook, and workbooks that nobody saved by accident.

use std::io::Cursor;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use roster::report;
use rules::intake::entry::Cell;
use rules::values::finding::FindingCode as Code;

use crate::support::{SHEET_PART, cells, codes, fill_row, notice, part, read, repack, workbook, zipped};

const OLE2: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

fn refused(bytes: &[u8]) -> Vec<Code> {
    let (rows, found) = read(bytes);
    assert!(rows.is_empty());
    assert!(report(bytes, &notice(), &found).is_ok(), "there is a report even so");
    codes(&found)
}

fn filled() -> Vec<u8> {
    workbook(|sheet| fill_row(sheet, 1))
}

#[test]
fn an_empty_file() {
    assert_eq!(refused(b""), [Code::MaterialEmpty]);
}

#[test]
fn an_xls_workbook() {
    let mut bytes = OLE2.to_vec();
    bytes.resize(4096, 0);
    assert_eq!(refused(&bytes), [Code::WorkbookXls]);
}

#[test]
fn an_encrypted_workbook() {
    let mut bytes = OLE2.to_vec();
    bytes.resize(1024, 0);
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    bytes.resize(4096, 0);
    assert_eq!(refused(&bytes), [Code::WorkbookEncrypted]);
}

#[test]
fn a_csv_and_a_web_page_renamed() {
    assert_eq!(refused("序号,姓名,性别\n1,张三,男\n".as_bytes()), [Code::WorkbookNotXlsx]);
    assert_eq!(refused(b"<html><table><tr><td>1</td></tr></table></html>"), [Code::WorkbookNotXlsx]);
}

#[test]
fn an_archive_that_is_no_workbook() {
    assert_eq!(refused(&zipped(&[("word/document.xml".to_owned(), b"<w/>".to_vec())])), [Code::WorkbookNotXlsx]);
    assert_eq!(refused(&zipped(&[])), [Code::WorkbookNotXlsx]);
    assert_eq!(refused(&zipped(&[("xl/workbook.bin".to_owned(), vec![0; 9])])), [Code::WorkbookNotXlsx]);
}

#[test]
fn a_truncated_workbook() {
    let bytes = filled();
    for length in [4, 100, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(refused(&bytes[..length]), [Code::WorkbookBroken], "cut at {length}");
    }
}

#[test]
fn a_workbook_whose_rows_break_off() {
    let bytes = repack(&filled(), SHEET_PART, |xml| xml.replace("</row></sheetData>", "<c r=\"AB3\"><v"));
    assert!(codes(&read(&bytes).1).contains(&Code::WorkbookBroken));
}

/// 300 MB of `<a/>` in a file of some 300 KB whose headers declare 1000 bytes.
#[test]
fn a_zip_bomb_with_lying_sizes() {
    let inflated = b"<a/>".repeat(75_000_000);
    let honest = u32::try_from(inflated.len()).expect("fits").to_le_bytes();
    let mut bytes = zipped(&[("xl/workbook.xml".to_owned(), b"<workbook/>".to_vec()), ("xl/worksheets/sheet1.xml".to_owned(), inflated)]);
    let mut lies = 0;
    for at in 0..bytes.len() - 4 {
        if bytes[at..at + 4] == honest {
            bytes[at..at + 4].copy_from_slice(&1000_u32.to_le_bytes());
            lies += 1;
        }
    }
    assert!(lies >= 1, "the central directory declares it at least");
    let start = Instant::now();
    // Whether the archive reader notices the lie or the guard the bytes: neither inflates it all.
    let found = refused(&bytes);
    assert!(matches!(found.as_slice(), [Code::WorkbookBomb | Code::WorkbookBroken]), "{found:?}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_zip_bomb_of_many_parts_and_one_of_a_single_text() {
    let parts: Vec<(String, Vec<u8>)> = (0..1001).map(|i| (format!("xl/workbook{i}.xml"), b"<a/>".to_vec())).collect();
    assert_eq!(refused(&zipped(&parts)), [Code::WorkbookBomb]);
    let text = repack(&filled(), SHEET_PART, |xml| xml.replace("</sheetData>", &"x".repeat(2 << 20)));
    assert_eq!(refused(&text), [Code::WorkbookBomb]);
}

/// calamine holds a tag in memory as a whole.
#[test]
fn a_tag_name_of_two_megabytes() {
    let name = "x".repeat(2 << 20);
    let bytes = repack(&filled(), SHEET_PART, |xml| xml.replacen("<sheetData>", &format!("<{name}/><sheetData>"), 1));
    assert_eq!(refused(&bytes), [Code::WorkbookBomb]);
}

/// Many megabytes with a `<` in every kilobyte.
fn long_with_angles() -> String {
    format!("{}<", "x".repeat(1000)).repeat(6000)
}

/// Puts `what` into the sheet and into the shared strings: the guard's verdicts, so that calamine never holds it.
fn refused_in_both(what: &str) -> [Vec<Code>; 2] {
    let sheet = repack(&filled(), SHEET_PART, |xml| xml.replacen("<sheetData>", &format!("{what}<sheetData>"), 1));
    let strings = repack(&filled(), "xl/sharedStrings.xml", |xml| xml.replacen("<si>", &format!("{what}<si>"), 1));
    [refused(&sheet), refused(&strings)]
}

/// calamine holds a comment in memory as a whole, and what it takes for the like.
#[test]
fn a_comment_of_megabytes_with_angle_brackets() {
    let long = long_with_angles();
    for what in [format!("<!--{long}-->"), format!("<![CDATA[{long}]]>"), format!("<?x {long}?>")] {
        assert_eq!(refused_in_both(&what), [[Code::WorkbookBomb], [Code::WorkbookBomb]], "{}", &what[..9]);
    }
    for end in ["->", ">", "--", "--!>"] {
        let what = format!("<!--{}", format!("{}<a>{end}", "x".repeat(1000)).repeat(2000));
        assert_eq!(refused_in_both(&what), [[Code::WorkbookBomb], [Code::WorkbookBomb]], "{end}");
    }
}

/// calamine holds a tag in memory as a whole, and lets a `<` and a `>` stand within quotes.
#[test]
fn an_attribute_of_megabytes_with_angle_brackets() {
    let long = long_with_angles();
    for what in [format!("<a b=\"{long}\"/>"), format!("<a b='\"{long}'/>"), format!("<a {long}/>"), format!("</a b=\"{long}\">")] {
        assert_eq!(refused_in_both(&what), [[Code::WorkbookBroken], [Code::WorkbookBroken]], "{}", &what[..9]);
    }
    // What seems to be whole tags, one value to calamine.
    let tags = "<c r=\"B3\"><v>1</v></c>".repeat(200_000);
    assert_eq!(refused_in_both(&format!("<c b='>{tags}'/>")), [[Code::WorkbookBroken], [Code::WorkbookBroken]]);
    assert_eq!(refused_in_both(&format!("<c b='{}'/>", ">".repeat(2 << 20))), [[Code::WorkbookBomb], [Code::WorkbookBomb]]);
}

#[test]
fn markup_that_no_parser_knows() {
    for what in ["<!a>", "<!-a-->", "<![a]]>", "<!>", "<!ELEMENT a>", "<a<b/>", "<?xml?>", "<?xmla b?>"] {
        assert_eq!(refused_in_both(what), [[Code::WorkbookBroken], [Code::WorkbookBroken]], "{what}");
    }
}

#[test]
fn comments_and_the_like_of_normal_size_pass() {
    let plain = read(&filled());
    assert_eq!(codes(&plain.1), []);
    let whats = [
        "<!---->",
        "<!----->",
        "<!--<a b=\"-->",
        "<!--> <a> -- ->-->",
        "<?x?>",
        "<?xm <a b='> ??>",
        "<?xml-stylesheet a>b?>",
        "<?y ']]>?>",
    ];
    for what in whats.map(|what| what.repeat(1000)) {
        let bytes = repack(&filled(), SHEET_PART, |xml| xml.replace("<c ", &format!("{what}<c ")) + &what);
        let bytes = repack(&bytes, "xl/sharedStrings.xml", |xml| xml.replace("<si>", &format!("{what}<si>")) + &what);
        assert_eq!(read(&bytes), plain, "{}", &what[..9]);
    }
    let quoted = repack(&filled(), SHEET_PART, |xml| xml.replace("<c ", "<c b=\"'>/>'\" d='\">\"' "));
    assert_eq!(read(&quoted), plain);
    let characters = repack(&filled(), SHEET_PART, |xml| xml.replace("<row ", "<![CDATA[<a b=\"> ]] ]>]]]><row "));
    assert_eq!(read(&characters), plain);
}

/// The guard looks for formulas, and without one calamine is asked for values alone.
#[test]
fn a_formula_in_a_prefixed_or_an_unusual_tag_is_seen() {
    for formula in ["<f>1</f>", "<x:f>1</x:f>", "<f\n>1</f>", "<f/>", "<f t=\"normal\">1</f>", "<v/><f>1</f>"] {
        let row = format!("<row r=\"3\"><c r=\"B3\">{formula}<v>1</v></c></row></sheetData>");
        let (rows, found) = read(&repack(&filled(), SHEET_PART, |xml| xml.replace("</sheetData>", &row)));
        assert_eq!((rows.len(), codes(&found)), (2, vec![]), "{formula}");
        assert_eq!(rows[1].cells[1], Cell::Formula, "{formula}");
    }
}

#[test]
fn two_cells_at_the_corners_of_the_sheet() {
    let bytes = workbook(|sheet| {
        sheet.write_string(1_048_575, 16_383, "角").expect("cell");
    });
    let start = Instant::now();
    let (rows, found) = read(&bytes);
    assert!(rows.is_empty());
    assert_eq!((codes(&found), cells(&found)), (vec![Code::CellOutside, Code::RowsNone], vec!["XFD1048576"]));
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "a").expect("cell");
    sheet.write_string(1_048_575, 16_383, "b").expect("cell");
    assert!(codes(&read(&book.save_to_buffer().expect("saved")).1).contains(&Code::HeaderChanged));
    assert!(start.elapsed() < Duration::from_secs(2));
    assert!(report(&bytes, &notice(), &found).is_ok());
}

/// A million rows with one far cell each: the report carried every one of them along, at a kilobyte a row.
#[test]
fn a_far_cell_in_each_of_many_rows() {
    let rows: String = (2..300_002).map(|row| format!("<row r=\"{row}\"><c r=\"XFD{row}\"><v>1</v></c></row>")).collect();
    let bytes = repack(&filled(), SHEET_PART, |xml| {
        xml.replace("</sheetData>", &format!("{}</sheetData>", rows.replacen("<row r=\"2\">", "<row r=\"2\" x=\"\">", 1)))
    });
    let bytes = repack(&bytes, SHEET_PART, |xml| xml.replacen("<row r=\"2\" x=\"\"><c r=\"XFD2\"><v>1</v></c></row>", "", 1));
    let (rows, found) = read(&bytes);
    assert_eq!((rows.len(), found.len()), (1, 1));
    let written = report(&bytes, &notice(), &found).expect("report");
    let (again, found) = read(&written);
    assert_eq!((again, found.len()), (rows, 1));
    assert!(part(&written, SHEET_PART).expect("sheet").matches("<row ").count() < 10_100);
}

#[test]
fn more_merged_regions_than_anyone_has() {
    let bytes = repack(&filled(), SHEET_PART, |xml| {
        let regions: String = (2..200_003).map(|row| format!("<mergeCell ref=\"A{row}:B{row}\"/>")).collect();
        xml.replace("</sheetData>", &format!("</sheetData><mergeCells>{regions}</mergeCells>"))
    });
    assert_eq!(refused(&bytes), [Code::WorkbookBomb]);
}

#[test]
fn a_false_unique_count() {
    let claim = |count: &str| {
        repack(&filled(), "xl/sharedStrings.xml", |xml| {
            let at = xml.find("uniqueCount=").expect("declared");
            let end = at + 13 + xml[at + 13..].find('"').expect("quoted");
            format!("{}uniqueCount = '{count}'{}", &xml[..at], &xml[end + 1..])
        })
    };
    for count in ["9000000000000000000", "99999999999999999999999", "4294967295", " 4294967295 ", "100000"] {
        assert_eq!(refused(&claim(count)), [Code::WorkbookBroken], "{count}");
    }
    assert_eq!(codes(&read(&claim("60")).1), [], "a few too many are some exporter's habit");
}

/// calamine puts the runs of a text together: 205 shared strings of 900 kB and an inline one of 150 such runs took 448 MiB.
#[test]
fn a_text_of_many_runs_is_bounded_as_a_whole() {
    let runs = |bytes: usize| format!("<r><t>{}</t></r>", "字".repeat(100)).repeat(bytes / 300);
    let shared =
        |bytes| repack(&filled(), "xl/sharedStrings.xml", |xml| xml.replacen("</sst>", &format!("<si>{}</si></sst>", runs(bytes)), 1));
    let inline = |bytes| {
        let cell = format!("<row r=\"3\"><c r=\"AZ3\" t=\"inlineStr\"><is>{}</is></c></row></sheetData>", runs(bytes));
        repack(&filled(), SHEET_PART, |xml| xml.replace("</sheetData>", &cell))
    };
    assert_eq!([refused(&shared(900_000)), refused(&inline(900_000))], [[Code::WorkbookBomb], [Code::WorkbookBomb]]);
    assert_eq!(codes(&read(&shared(200_000)).1), [], "what Excel lets one type into a cell is taken");
    let sections = "<![CDATA[<a> b]]>".repeat(40_000);
    assert_eq!(refused(&repack(&filled(), SHEET_PART, |xml| xml.replacen("<v>", &format!("<v>{sections}"), 1))), [Code::WorkbookBomb]);
}

#[test]
fn more_text_than_any_roster_has() {
    let strings = format!("<si><t>{}</t></si>", "x".repeat(200_000)).repeat(340);
    let bytes = repack(&filled(), "xl/sharedStrings.xml", |xml| xml.replacen("</sst>", &format!("{strings}</sst>"), 1));
    assert_eq!(refused(&bytes), [Code::WorkbookBomb]);
}

#[test]
fn more_shared_strings_than_any_roster() {
    let bytes = repack(&filled(), "xl/sharedStrings.xml", |xml| xml.replace("</sst>", &format!("{}</sst>", "<si/>".repeat(2_000_001))));
    assert_eq!(refused(&bytes), [Code::WorkbookBomb]);
}

/// calamine clones the font's name and the number format into every cell style.
#[test]
fn styles_that_would_be_cloned_by_the_gigabyte() {
    let bytes = repack(&filled(), "xl/styles.xml", |xml| {
        let name = format!(r#"<name val="{}"/>"#, "x".repeat(500_000));
        let at = xml.find("<name ").expect("a font");
        let end = at + xml[at..].find("/>").expect("closed") + 2;
        let xml = format!("{}{name}{}", &xml[..at], &xml[end..]);
        xml.replace("</cellXfs>", &format!("{}</cellXfs>", r#"<xf fontId="0"/>"#.repeat(60_000)))
    });
    assert_eq!(refused(&bytes), [Code::WorkbookBomb]);
}

#[test]
fn more_styles_sheets_and_names_than_anyone_has() {
    let many = |part: &str, before: &str, what: &str, count: usize| {
        let bytes = repack(&filled(), part, |xml| xml.replacen(before, &format!("{}{before}", what.repeat(count)), 1));
        assert_eq!(refused(&bytes), [Code::WorkbookBomb], "{what}");
    };
    many("xl/styles.xml", "</cellXfs>", "<xf/>", 200_001);
    many("xl/styles.xml", "</fonts>", "<x:font/>", 200_001);
    many("xl/workbook.xml", "</sheets>", r#"<sheet name="a" r:id="rId1"/>"#, 100_001);
    many(SHEET_PART, "</sheetData>", "<c/>", 20_000_001);
    // One long target for some sheets.
    let bytes =
        repack(&filled(), "xl/_rels/workbook.xml.rels", |xml| xml.replace("worksheets/", &format!("{}worksheets/", "../".repeat(60_000))));
    let sheets = r#"<sheet name="a" r:id="rId1"/>"#.repeat(1000);
    let bytes = repack(&bytes, "xl/workbook.xml", |xml| xml.replace("</sheets>", &format!("{sheets}</sheets>")));
    assert_eq!(refused(&bytes), [Code::WorkbookBomb]);
}

#[test]
fn entity_tricks_and_other_encodings() {
    let doctype = repack(&filled(), "xl/workbook.xml", |xml| {
        xml.replacen("<workbook", r#"<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><workbook"#, 1)
    });
    assert_eq!(refused(&doctype), [Code::WorkbookBroken]);
    let encoding = repack(&filled(), "xl/sharedStrings.xml", |xml| xml.replacen("UTF-8", "ISO-2022-JP", 1));
    assert_eq!(refused(&encoding), [Code::WorkbookBroken]);
    let second = repack(&filled(), "xl/sharedStrings.xml", |xml| xml.replacen("<si>", "<?xml version='1.0' encoding='utf-16'?><si>", 1));
    assert_eq!(refused(&second), [Code::WorkbookBroken]);
    let late = repack(&filled(), "xl/sharedStrings.xml", |xml| format!("<a>{}", xml.replacen("UTF-8", "UTF-16", 1)));
    assert_eq!(refused(&late), [Code::WorkbookBroken]);
    let entity = repack(&filled(), "xl/sharedStrings.xml", |xml| xml.replacen("r1c1<", "&boom;<", 1));
    assert_eq!(refused(&entity), [Code::WorkbookBroken]);
}

/// Only `.xml` parts are scanned, so that pictures pass; then a picture must not be taken for a sheet.
#[test]
fn pictures_pass_but_are_no_sheets() {
    let with_picture = |target: &str| {
        let bytes = repack(&filled(), "xl/_rels/workbook.xml.rels", |xml| xml.replace("worksheets/sheet1.xml", target));
        let mut parts: Vec<(String, Vec<u8>)> =
            ["_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml", SHEET_PART]
                .into_iter()
                .map(|name| (name.to_owned(), part(&bytes, name).expect("part").into_bytes()))
                .collect();
        parts.push(("xl/media/image1.tiff".to_owned(), b"II*\0\xFF\xFE<!DOCTYPE <sheet <sheet".to_vec()));
        zipped(&parts)
    };
    assert_eq!(codes(&read(&with_picture("worksheets/sheet1.xml")).1), []);
    assert_eq!(refused(&with_picture("media/image1.tiff")), [Code::WorkbookBroken]);
}

#[test]
fn cells_twice_or_out_of_order_are_refused() {
    let twice = repack(&filled(), SHEET_PART, |xml| xml.replace("</row></sheetData>", "<c r=\"B2\"><v>1</v></c></row></sheetData>"));
    assert!(codes(&read(&twice).1).contains(&Code::WorkbookBroken));
    let back = repack(&workbook(|sheet| fill_row(sheet, 5)), SHEET_PART, |xml| {
        xml.replace("</sheetData>", "<row r=\"3\"><c r=\"B3\"><v>1</v></c></row></sheetData>")
    });
    assert!(codes(&read(&back).1).contains(&Code::WorkbookBroken));
}

#[test]
fn a_workbook_without_sheets_or_with_a_chart_first() {
    let bytes = repack(&filled(), "xl/workbook.xml", |xml| {
        let (head, rest) = xml.split_once("<sheets>").expect("sheets");
        format!("{head}<sheets>{}", &rest[rest.find("</sheets>").expect("end")..])
    });
    assert_eq!(refused(&bytes), [Code::SheetMissing]);
    let chart = repack(&filled(), "xl/_rels/workbook.xml.rels", |xml| xml.replace("relationships/worksheet", "relationships/chartsheet"));
    assert_eq!(refused(&chart), [Code::SheetMissing]);
}

#[test]
fn references_that_overflow() {
    for cell in ["ZZZZZZZZZ2", "B99999999999", "2", "B", "", "乙2"] {
        let bytes = repack(&filled(), SHEET_PART, |xml| {
            xml.replace("</row></sheetData>", &format!("<c r=\"{cell}\"><v>1</v></c></row></sheetData>"))
        });
        let (_, found) = read(&bytes);
        assert!(!found.is_empty(), "{cell}");
        assert!(report(&bytes, &notice(), &found).is_ok());
    }
}

#[test]
fn a_shared_formula_with_a_huge_index() {
    let bytes = repack(&filled(), SHEET_PART, |xml| {
        let row = r#"<row r="3"><c r="B3"><f t="shared" si="9000000000000" ref="B3:B4">1</f><v>1</v></c></row></sheetData>"#;
        xml.replace("</sheetData>", row)
    });
    let (rows, found) = read(&bytes);
    assert_eq!((rows.len(), codes(&found)), (2, vec![]));
    assert!(report(&bytes, &notice(), &found).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..4096), magic in 0..3) {
        let head: &[u8] = match magic { 0 => b"PK\x03\x04", 1 => &OLE2, _ => b"" };
        let bytes = [head, &bytes].concat();
        let (_, found) = read(&bytes);
        prop_assert!(!found.is_empty());
        prop_assert!(report(&bytes, &notice(), &found).is_ok());
    }

    #[test]
    fn damaged_workbooks_never_panic(at in 0.0..1.0_f64, with in any::<u8>(), count in 1_usize..8) {
        let mut bytes = filled();
        let start = (at * bytes.len() as f64) as usize;
        bytes.iter_mut().skip(start).take(count).for_each(|b| *b ^= with);
        let (_, found) = read(&bytes);
        prop_assert!(report(&bytes, &notice(), &found).is_ok());
    }

    /// A sheet and its archive at once, the sheet several times over.
    #[test]
    fn damaged_sheets_in_damaged_archives_never_panic(
        cuts in prop::collection::vec((0.0..1.0_f64, 0_usize..30, "[<>/&a-z0-9\" =!-]{0,12}"), 1..5),
        at in 0.0..1.0_f64,
        with in prop::option::of(any::<u8>()),
    ) {
        let mut bytes = repack(&filled(), SHEET_PART, |mut xml| {
            for (at, length, text) in &cuts {
                let start = xml.floor_char_boundary((at * xml.len() as f64) as usize);
                let end = xml.floor_char_boundary((start + length).min(xml.len())).max(start);
                xml.replace_range(start..end, text);
            }
            xml
        });
        let place = (at * bytes.len() as f64) as usize;
        if let (Some(with), Some(byte)) = (with, bytes.get_mut(place)) {
            *byte ^= with;
        }
        let (_, found) = read(&bytes);
        prop_assert!(report(&bytes, &notice(), &found).is_ok());
    }

    /// The archive is sound, the XML is not.
    #[test]
    fn damaged_parts_never_panic(which in 0..5_usize, at in 0.0..1.0_f64, with in "[ -~]{0,6}", cut in 0_usize..20) {
        let names = [SHEET_PART, "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"];
        let bytes = repack(&filled(), names[which], |xml| {
            let start = (at * xml.len() as f64) as usize;
            let (start, end) = (xml.floor_char_boundary(start), xml.floor_char_boundary((start + cut).min(xml.len())));
            format!("{}{with}{}", &xml[..start], &xml[end.max(start)..])
        });
        let (_, found) = read(&bytes);
        let written = report(&bytes, &notice(), &found).expect("a report");
        prop_assert!(zip::ZipArchive::new(Cursor::new(&written)).is_ok());
        prop_assert!(part(&written, "xl/workbook.xml").is_some_and(|xml| xml.contains("检查结果")));
    }
}
