//! What units hand in by mistake or by malice: refused with a finding at its place, in Chinese, and with every result
//! file written.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use rules::values::vocabulary::Field;
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};
use workflow_tests::case::{BUCKET, Case};
use workflow_tests::folder::{Folder, contest, hosted_contest, jpeg, notice, pdf, row};
use workflow_tests::people::{person, with_check};
use workflow_tests::saizheng::{Client, Outcome, Stack, until};

const SHEET: &str = "xl/worksheets/sheet1.xml";
const STRINGS: &str = "xl/sharedStrings.xml";
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR";

/// Processes the folder as it lies on disk, and checks whatever holds for every refusal.
fn refused(folder: &Folder) -> Result<Outcome> {
    let outcome = Stack::shared().process_as_is(folder)?;
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert_in_chinese(&outcome.stderr);
    for column in ["code", "serial", "pdf", "certificate_type", "issuing_body"] {
        assert!(outcome.column(column).iter().all(|value| value.is_empty()), "{column}: {:?}", outcome.lines);
    }
    assert!(outcome.column("status").iter().all(|status| *status == "未受理"), "{:?}", outcome.lines);
    assert!(outcome.column("findings").iter().all(|codes| !codes.is_empty()), "a row is refused without a reason: {:?}", outcome.lines);
    assert!(outcome.report["errors"].as_u64() > Some(0), "{}", outcome.report);
    assert!(!folder.out().join("certificates").exists());
    // The same findings stand in the workbook and at the terminal.
    let workbook = fs::read(folder.out().join("report.xlsx"))?;
    let listed = part(&workbook, STRINGS)?;
    for finding in outcome.report["findings"].as_array().context("findings")? {
        let (code, message) = (finding["code"].as_str().context("code")?, finding["message"].as_str().context("message")?);
        assert!(listed.contains(code), "{code} is not in report.xlsx");
        assert!(outcome.stderr.contains(&format!("[{code}] ")) && outcome.stderr.contains(message), "{}", outcome.stderr);
        assert_in_chinese(message);
    }
    Ok(outcome)
}

/// No line without Chinese, and no trace of a program that failed.
fn assert_in_chinese(text: &str) {
    for line in text.lines() {
        assert!(line.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c)), "not in Chinese: {line}");
    }
    for word in ["panicked", "RUST_BACKTRACE", "rror:", "Error", "Caused by", "expected", "invalid", "系统出错"] {
        assert!(!text.contains(word), "“{word}” in: {text}");
    }
}

/// The codes of the errors at `place`, as the terminal shows it.
fn errors(outcome: &Outcome, place: &str) -> Vec<String> {
    let lines = outcome.stderr.lines().filter_map(|line| line.strip_prefix("错误 [")?.split_once("] "));
    lines.filter(|(_, rest)| rest.starts_with(&format!("{place}："))).map(|(code, _)| code.to_owned()).collect()
}

fn rows(from: u32, to: u32) -> Vec<String> {
    (from..=to).map(|row| row.to_string()).collect()
}

fn column(field: Field) -> Result<u16> {
    notice()?.roster.position(field).context("column")
}

/// A folder with two winners, on disk.
fn written() -> Result<Folder> {
    let folder = Folder::with_winners(2)?;
    folder.write()?;
    Ok(folder)
}

/// The folder with another file in the place of one.
fn with_file(file: &str, bytes: &[u8]) -> Result<Folder> {
    let folder = written()?;
    fs::write(folder.path().join(file), bytes)?;
    Ok(folder)
}

/// The folder with its sheet spoilt.
fn with_sheet(spoil: impl FnOnce(&mut Worksheet) -> Result<()>) -> Result<Folder> {
    let folder = written()?;
    folder.write_roster(spoil)?;
    Ok(folder)
}

/// A roster that cannot be read as a whole: the code, and no line.
fn assert_unreadable(bytes: &[u8], code: &str) -> Result<Outcome> {
    let outcome = refused(&with_file("roster.xlsx", bytes)?)?;
    assert_eq!(errors(&outcome, "roster.xlsx"), [code]);
    assert!(outcome.lines.is_empty());
    Ok(outcome)
}

fn part(workbook: &[u8], name: &str) -> Result<String> {
    let mut text = String::new();
    zip::ZipArchive::new(Cursor::new(workbook))?.by_name(name)?.read_to_string(&mut text)?;
    Ok(text)
}

/// The workbook with one of its parts edited.
fn repack(workbook: &[u8], name: &str, edit: impl FnOnce(String) -> String) -> Result<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook))?;
    let mut edit = Some(edit);
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        let own = entry.name()?.into_owned();
        if own == name {
            let edit = edit.take().context("twice")?;
            content = edit(String::from_utf8(content)?).into_bytes();
        }
        parts.push((own, content));
    }
    ensure!(edit.is_none(), "no part {name}");
    zipped(&parts)
}

fn zipped(parts: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_level(Some(1));
    for (name, content) in parts {
        zip.start_file(name.as_str(), options)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

// ── Rows: one roster with a fault in every row, each asserted at its own cell ────────────────────────────────────────

/// Row 2 is sound; whatever follows has one fault each.
static FAULTY: LazyLock<Outcome> = LazyLock::new(|| faulty_rows().expect("processed"));

const LAST_FAULTY: u32 = 29;

fn faulty_rows() -> Result<Outcome> {
    // Nobody of them is ever accepted.
    let mut folder = Folder::with_people(0, LAST_FAULTY as usize - 1)?;
    let index = |row: usize| row - 2;
    let number = person(index(4)).id_number;
    let last = if number.ends_with('1') { "2" } else { "1" };
    folder.set(index(4), Field::DocumentNumber, &format!("{}{last}", &number[..17]));
    let other = if person(index(5)).gender == "男" { "女" } else { "男" };
    folder.set(index(5), Field::Gender, other);
    folder.set(index(6), Field::Event, "没有登记的赛项");
    folder.set(index(7), Field::Occupation, "钳工");
    folder.set(index(8), Field::Contest, "2022年四川省另一场职业技能竞赛");
    folder.rows[index(9)] = folder.rows[0].clone();
    folder.rows[index(10)].retain(|(field, _)| *field != Field::Employer);
    folder.set(index(11), Field::Name, "张\u{E000}");
    folder.set(index(12), Field::Name, "张\u{30000}");
    folder.set(index(15), Field::Phone, "12345");
    folder.set(index(16), Field::Level, "六级/学徒工");
    folder.set(index(17), Field::Class, "省级二类");
    folder.set(index(18), Field::DocumentType, "工作证");
    folder.set(index(19), Field::BirthDate, "1990-01-31");
    folder.set(index(20), Field::BirthDate, "九零年春天");
    folder.set(index(23), Field::Employer, &"长".repeat(201));
    folder.set(index(24), Field::OccupationCode, "6-18-01-99");
    folder.set(index(25), Field::Job, "普通车工");
    folder.set(index(29), Field::Education, "博士后");
    folder.write()?;
    folder.write_roster(|sheet| {
        sheet.write_number(2, column(Field::DocumentNumber)?, 510_107_199_003_071_234_f64)?;
        sheet.write_formula(12, column(Field::Employer)?, Formula::new("=\"四川\"&\"样例\"").set_result("四川样例"))?;
        sheet.write_formula(13, column(Field::Award)?, Formula::new("=1+1"))?;
        sheet.write_formula(20, column(Field::Award)?, Formula::new("=NA()").set_result("#N/A"))?;
        sheet.write_boolean(21, column(Field::Employer)?, true)?;
        sheet.write_string(25, 28, "旁注")?;
        sheet.merge_range(26, column(Field::Team)?, 27, column(Field::Team)?, "个人", &Format::new())?;
        Ok(())
    })?;
    let roster = folder.path().join("roster.xlsx");
    let edited = repack(&fs::read(&roster)?, SHEET, |xml| xml.replace("<f>1+1</f><v>0</v>", "<f>1+1</f>").replace("<f>NA()</f>", ""))?;
    fs::write(&roster, edited)?;
    let outcome = refused(&folder)?;
    assert_eq!(outcome.column("row"), rows(2, LAST_FAULTY));
    Ok(outcome)
}

/// At `cell` there is `code`, and the row has no other fault.
fn assert_fault(cell: &str, code: &str) {
    assert_eq!(errors(&FAULTY, &format!("roster.xlsx「选手信息」{cell}")), [code]);
    assert!(FAULTY.cells(code).contains(&cell.to_owned()));
    let row = cell.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let line = FAULTY.lines.iter().find(|line| line["row"] == row).expect("a line");
    assert_eq!(line["findings"], code);
}

#[test]
fn one_faulty_row_keeps_the_sound_ones_out() {
    for row in ["2", "28"] {
        let line = FAULTY.lines.iter().find(|line| line["row"] == row).expect("a line");
        assert_eq!(line["findings"], "ROSTER_HELD");
    }
    assert_eq!(FAULTY.lines[0]["name"], person(0).name);
    assert_eq!(FAULTY.report["status"], "材料未齐");
}

#[test]
fn a_numeric_id_cell() {
    assert_fault("E3", "ID_NUMERIC_CELL");
}

#[test]
fn an_invalid_id_check_digit() {
    assert_fault("E4", "ID_INVALID");
}

#[test]
fn a_gender_that_contradicts_the_id() {
    assert_fault("C5", "GENDER_MISMATCH");
}

#[test]
fn an_unknown_event() {
    assert_fault("Q6", "EVENT_UNKNOWN");
}

#[test]
fn an_occupation_code_or_job_that_is_not_the_events() {
    assert_fault("K7", "OCCUPATION_MISMATCH");
    assert_fault("L24", "OCCUPATION_MISMATCH");
    assert_fault("M25", "OCCUPATION_MISMATCH");
}

#[test]
fn another_contests_name() {
    assert_fault("O8", "CONTEST_MISMATCH");
}

#[test]
fn a_duplicate_person() {
    assert_fault("E9", "ROW_DUPLICATE");
}

#[test]
fn a_missing_required_cell() {
    assert_fault("J10", "CELL_REQUIRED");
}

#[test]
fn a_name_with_a_private_use_character() {
    assert_fault("B11", "CHAR_NOT_PRINTABLE");
}

#[test]
fn a_name_that_no_font_can_print() {
    assert_fault("B12", "CHAR_NOT_PRINTABLE");
    assert!(FAULTY.stderr.contains("U+30000"));
}

#[test]
fn a_committee_too_long_for_its_place_on_the_certificate_costs_no_number() -> Result<()> {
    let mut folder = written()?;
    folder.contest = folder.contest.replace("组委会\"", &format!("{}组委会\"", "长".repeat(400)));
    folder.write()?;
    assert_eq!(errors(&refused(&folder)?, "contest.toml"), ["TEXT_TOO_LONG"]);
    Ok(())
}

#[test]
fn a_formula_with_a_cached_value() {
    assert_fault("J13", "CELL_FORMULA");
}

#[test]
fn a_formula_without_a_cached_value() {
    assert_fault("T14", "CELL_FORMULA");
}

#[test]
fn a_phone_number_of_five_digits() {
    assert_fault("I15", "PHONE_INVALID");
}

#[test]
fn a_level_that_does_not_exist() {
    assert_fault("N16", "LEVEL_INVALID");
}

#[test]
fn another_class() {
    assert_fault("P17", "CLASS_MISMATCH");
}

#[test]
fn values_outside_a_closed_list() {
    assert_fault("D18", "CELL_CHOICE");
    assert_fault("H29", "CELL_CHOICE");
}

#[test]
fn a_birth_date_that_contradicts_the_id_and_one_that_is_none() {
    assert_fault("F19", "BIRTH_MISMATCH");
    assert_fault("F20", "BIRTH_INVALID");
}

#[test]
fn an_error_value() {
    assert_fault("T21", "CELL_ERROR_VALUE");
}

#[test]
fn a_truth_value() {
    assert_fault("J22", "CELL_NOT_TEXT");
}

#[test]
fn a_text_longer_than_anything_real() {
    assert_fault("J23", "CELL_TOO_LONG");
}

#[test]
fn a_note_beside_the_table() {
    assert_fault("AC26", "CELL_OUTSIDE");
}

#[test]
fn merged_cells() {
    assert_fault("S27", "CELL_MERGED");
}

#[test]
fn findings_name_no_person() {
    for n in 0..LAST_FAULTY as usize - 1 {
        let person = person(n);
        for secret in [&person.id_number, &person.phone] {
            assert!(!FAULTY.stderr.contains(secret) && !FAULTY.report["findings"].to_string().contains(secret), "row {}", n + 2);
        }
    }
}

// ── The sheet as a whole ─────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_roster_without_rows() -> Result<()> {
    let folder = Folder::with_winners(0)?;
    folder.write()?;
    let outcome = refused(&folder)?;
    assert_eq!(errors(&outcome, "roster.xlsx「选手信息」"), ["ROWS_NONE"]);
    assert!(outcome.lines.is_empty());
    Ok(())
}

#[test]
fn a_roster_of_50_001_rows() -> Result<()> {
    let folder = Folder::with_winners(50_001)?;
    folder.write()?;
    let outcome = refused(&folder)?;
    assert_eq!(outcome.cells("ROWS_TOO_MANY"), ["A50002"]);
    assert_eq!(outcome.findings(), ["PHOTO_MISSING", "ROWS_TOO_MANY", "SUMMARY_CODE_UNREAD"]);
    assert_eq!(outcome.column("row"), rows(2, 50_002));
    assert_eq!((&*outcome.lines[0]["findings"], &*outcome.lines[50_000]["findings"]), ("ROSTER_HELD", "ROWS_TOO_MANY"));
    Ok(())
}

#[test]
fn a_renamed_header() -> Result<()> {
    let outcome = refused(&with_sheet(|sheet| Ok(sheet.write(0, column(Field::Phone)?, "联系电话").map(|_| ())?))?)?;
    assert_eq!(errors(&outcome, "roster.xlsx「选手信息」I1"), ["HEADER_CHANGED"]);
    assert_eq!(outcome.cells("HEADER_CHANGED"), ["I1"]);
    assert_eq!(outcome.column("name"), [person(0).name, person(1).name]);
    assert_eq!(outcome.column("findings"), ["HEADER_CHANGED;ROSTER_HELD"; 2]);
    Ok(())
}

#[test]
fn swapped_headers() -> Result<()> {
    let folder = with_sheet(|sheet| {
        for (field, other) in [(Field::Name, "工作单位"), (Field::Employer, "姓名")] {
            sheet.write(0, column(field)?, other)?;
        }
        Ok(())
    })?;
    let outcome = refused(&folder)?;
    assert_eq!(outcome.cells("HEADER_CHANGED"), ["B1"], "one cause");
    // Under 姓名 there are the employers now.
    assert_eq!(outcome.column("name"), ["四川样例机械有限公司"; 2]);
    Ok(())
}

#[test]
fn a_deleted_header_row_quotes_nobody() -> Result<()> {
    let folder = with_sheet(|sheet| {
        for column in (0..).take(notice()?.roster.columns.len()) {
            sheet.clear_cell(0, column);
        }
        for (field, value) in row(&person(7), "数控车", "三级/高级工", "金奖") {
            sheet.write(0, column(field)?, value)?;
        }
        Ok(())
    })?;
    let outcome = refused(&folder)?;
    assert_eq!(outcome.cells("HEADER_CHANGED"), ["A1"], "one cause");
    let person = person(7);
    for secret in [&person.name, &person.id_number, &person.phone] {
        assert!(!outcome.stderr.contains(secret));
    }
    Ok(())
}

#[test]
fn a_workbook_of_two_cells_in_opposite_corners() -> Result<()> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write(0, 0, "左上")?.write(1_048_575, 16_383, "右下")?;
    let outcome = refused(&with_file("roster.xlsx", &workbook.save_to_buffer()?)?)?;
    assert_eq!(errors(&outcome, "roster.xlsx「Sheet1」A1"), ["HEADER_CHANGED"]);
    assert!(outcome.lines.is_empty());
    Ok(())
}

#[test]
fn one_cell_in_the_far_corner_of_a_roster() -> Result<()> {
    let outcome = refused(&with_sheet(|sheet| Ok(sheet.write(1_048_575, 16_383, "右下").map(|_| ())?))?)?;
    assert_eq!(errors(&outcome, "roster.xlsx「选手信息」XFD1048576"), ["CELL_OUTSIDE"]);
    assert_eq!(outcome.column("findings"), ["ROSTER_HELD"; 2]);
    Ok(())
}

// ── Files that are no workbook ───────────────────────────────────────────────────────────────────────────────────────

#[test]
fn an_empty_roster_file() -> Result<()> {
    assert_unreadable(b"", "MATERIAL_EMPTY").map(|_| ())
}

#[test]
fn an_encrypted_workbook() -> Result<()> {
    let outcome = assert_unreadable(&ole2("EncryptedPackage"), "WORKBOOK_ENCRYPTED")?;
    assert!(outcome.stderr.contains("取消工作簿的打开密码"));
    Ok(())
}

#[test]
fn an_xls_workbook() -> Result<()> {
    let outcome = assert_unreadable(&ole2("Workbook"), "WORKBOOK_XLS")?;
    assert!(outcome.stderr.contains("Excel 工作簿（.xlsx）"), "it says how to save it");
    Ok(())
}

/// The head of a compound file, and a directory with one stream.
fn ole2(stream: &str) -> Vec<u8> {
    let mut bytes = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    bytes.resize(1024, 0);
    for name in ["Root Entry", stream] {
        let start = bytes.len();
        bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        bytes.resize(start + 128, 0);
    }
    bytes.resize(4096, 0);
    bytes
}

#[test]
fn a_csv_renamed_to_xlsx() -> Result<()> {
    assert_unreadable("序号,姓名,性别\n1,张测试,男\n".as_bytes(), "WORKBOOK_NOT_XLSX").map(|_| ())
}

#[test]
fn a_word_document_renamed_to_xlsx() -> Result<()> {
    assert_unreadable(&zipped(&[("word/document.xml".to_owned(), b"<w:document/>".to_vec())])?, "WORKBOOK_NOT_XLSX").map(|_| ())
}

#[test]
fn a_workbook_cut_in_half() -> Result<()> {
    let whole = fs::read(written()?.path().join("roster.xlsx"))?;
    assert_unreadable(&whole[..whole.len() / 2], "WORKBOOK_BROKEN").map(|_| ())
}

#[test]
fn a_zip_bomb() -> Result<()> {
    let inflated = b"<a/>".repeat(60_000_000);
    let parts = [("xl/workbook.xml".to_owned(), b"<workbook/>".to_vec()), (SHEET.to_owned(), inflated)];
    let bomb = zipped(&parts)?;
    assert!(bomb.len() < 4_000_000, "{} bytes", bomb.len());
    assert_unreadable(&bomb, "WORKBOOK_BOMB").map(|_| ())
}

#[test]
fn a_workbook_over_the_limit_is_refused_before_it_is_stored() -> Result<()> {
    let folder = written()?;
    let roster = folder.path().join("roster.xlsx");
    let mut bytes = fs::read(&roster)?;
    bytes.resize(21 << 20, 0);
    fs::write(&roster, bytes)?;
    let outcome = refused(&folder)?;
    assert_eq!(errors(&outcome, "roster.xlsx"), ["MATERIAL_TOO_LARGE"]);
    Ok(())
}

// ── The other materials ──────────────────────────────────────────────────────────────────────────────────────────────

static SPOILT: LazyLock<Outcome> = LazyLock::new(|| {
    let spoil = || {
        let folder = written()?;
        fs::write(folder.path().join("contest.pdf"), jpeg())?;
        fs::write(folder.path().join("commendation.pdf"), encrypted_pdf()?)?;
        let whole = pdf(40);
        fs::write(folder.path().join("summary.pdf"), &whole[..whole.len() / 2])?;
        fs::write(folder.path().join("photos.zip"), b"Rar!\x1A\x07\0")?;
        refused(&folder)
    };
    spoil().expect("processed")
});

static HOLLOW: LazyLock<Outcome> = LazyLock::new(|| {
    let hollow = || {
        let folder = written()?;
        fs::write(folder.path().join("contest.pdf"), b"")?;
        fs::write(folder.path().join("commendation.pdf"), pdf(0))?;
        fs::write(folder.path().join("summary.pdf"), b"PK\x03\x04")?;
        folder.write_photos(&[("first.jpg", &jpeg()), ("second.jpg", b"GIF89a"), ("third.png", PNG)])?;
        refused(&folder)
    };
    hollow().expect("processed")
});

/// With the standard handler, 40 bits, and a password that nobody told.
fn encrypted_pdf() -> Result<Vec<u8>> {
    let text = String::from_utf8(pdf(1))?;
    let key = "5A".repeat(32);
    let encrypt = format!("/Encrypt << /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >> /ID [<{key}> <{key}>] /Size");
    Ok(text.replace("/Size", &encrypt).into_bytes())
}

#[test]
fn a_jpeg_named_pdf() {
    assert_eq!(errors(&SPOILT, "contest.pdf"), ["PDF_NOT_PDF"]);
    assert!(SPOILT.stderr.contains("实际是 JPG 图片"));
}

#[test]
fn an_encrypted_pdf() {
    assert_eq!(errors(&SPOILT, "commendation.pdf"), ["PDF_ENCRYPTED"]);
}

#[test]
fn a_pdf_cut_in_half() {
    assert_eq!(errors(&SPOILT, "summary.pdf"), ["PDF_BROKEN"]);
}

#[test]
fn a_photos_zip_that_is_no_zip() {
    assert_eq!(errors(&SPOILT, "photos.zip"), ["PHOTOS_BROKEN"]);
    assert_eq!(SPOILT.column("findings"), ["PDF_NOT_PDF;PDF_ENCRYPTED;PDF_BROKEN;PHOTOS_BROKEN;ROSTER_HELD"; 2]);
}

#[test]
fn an_empty_pdf() {
    assert_eq!(errors(&HOLLOW, "contest.pdf"), ["MATERIAL_EMPTY"]);
}

#[test]
fn a_pdf_without_pages() {
    assert_eq!(errors(&HOLLOW, "commendation.pdf"), ["PDF_NO_PAGES"]);
}

#[test]
fn an_office_document_named_pdf() {
    assert_eq!(errors(&HOLLOW, "summary.pdf"), ["PDF_NOT_PDF"]);
}

#[test]
fn photos_that_are_no_pictures() {
    assert_eq!(errors(&HOLLOW, "photos.zip"), ["PHOTO_NOT_JPEG", "PHOTO_DAMAGED"]);
    assert!(HOLLOW.stderr.contains("“second.jpg”") && HOLLOW.stderr.contains("“third.png”"));
}

#[test]
fn a_missing_material() -> Result<()> {
    for (file, lines) in [("contest.pdf", 2), ("commendation.pdf", 2), ("summary.pdf", 2), ("roster.xlsx", 0)] {
        let folder = written()?;
        fs::remove_file(folder.path().join(file))?;
        let outcome = refused(&folder)?;
        assert_eq!(errors(&outcome, file), ["MATERIAL_MISSING"]);
        // The folder's scans are drawn and have no QR code.
        let found = ["MATERIAL_MISSING", "PHOTO_MISSING", "SUMMARY_CODE_UNREAD"];
        assert_eq!(outcome.findings(), &found[..if file == "summary.pdf" { 2 } else { 3 }], "{file}");
        assert_eq!(outcome.column("findings"), vec!["MATERIAL_MISSING;ROSTER_HELD"; lines]);
    }
    Ok(())
}

#[test]
fn a_folder_with_nothing_but_the_contest() -> Result<()> {
    let folder = Folder::with_winners(0)?;
    fs::write(folder.path().join("contest.toml"), hosted_contest())?;
    let outcome = refused(&folder)?;
    for file in ["contest.pdf", "commendation.pdf", "summary.pdf", "roster.xlsx"] {
        assert_eq!(errors(&outcome, file), ["MATERIAL_MISSING"]);
    }
    Ok(())
}

// ── contest.toml and bodies.toml ─────────────────────────────────────────────────────────────────────────────────────

/// Nothing reaches the system; the rows are told all the same.
fn assert_contest_refused(bytes: &[u8], says: &str) -> Result<()> {
    assert_record_refused(&with_file("contest.toml", bytes)?, "contest.toml", says)
}

fn assert_record_refused(folder: &Folder, file: &str, says: &str) -> Result<()> {
    let outcome = refused(folder)?;
    let told = errors(&outcome, file);
    assert!(!told.is_empty() && told.iter().all(|code| code == "CONTEST_INVALID"), "{told:?}");
    assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    assert_eq!(outcome.column("row"), ["2", "3"]);
    assert_eq!(outcome.column("findings"), ["CONTEST_INVALID;ROSTER_HELD"; 2]);
    Ok(())
}

#[test]
fn no_contest_toml() -> Result<()> {
    let folder = written()?;
    fs::remove_file(folder.path().join("contest.toml"))?;
    assert_record_refused(&folder, "contest.toml", "没有找到 contest.toml")
}

#[test]
fn a_contest_toml_that_is_no_toml() -> Result<()> {
    let record = "name = \"大赛\"\nclass = 省级一类\n".as_bytes();
    assert_contest_refused(record, "第 2 行")?;
    assert_contest_refused(record, "缺少“hrss_hosted”（是否人社部门主办）、“organiser”（牵头主办单位）")?;
    assert_contest_refused(PNG, "UTF-8")
}

#[test]
fn an_unknown_class() -> Result<()> {
    assert_contest_refused(contest("国家级一类", true, "").as_bytes(), "第 2 行：class（竞赛类别）“国家级一类”应为：省级一类、省级二类")
}

#[test]
fn a_misspelt_line_of_contest_toml_is_named() -> Result<()> {
    assert_contest_refused(
        contest("省级一类", true, "organisers_code = \"S000051010123\"").as_bytes(),
        "第 10 行无法读取：没有“organisers_code”这一项",
    )?;
    assert_contest_refused(hosted_contest().replace("year = 2022\n", "").as_bytes(), "缺少“year”")?;
    assert_contest_refused(hosted_contest().replace("2022-05-28", "\"五月底\"").as_bytes(), "日期应写作 YYYY-MM-DD")?;
    assert_contest_refused(hosted_contest().replace("year = 2022", "year = \"二零二二\"").as_bytes(), "第 7 行")
}

#[test]
fn a_jurisdiction_that_does_not_exist() -> Result<()> {
    assert_contest_refused(hosted_contest().replace("jurisdiction = \"00\"", "jurisdiction = \"02\"").as_bytes(), "“02”")
}

#[test]
fn an_organiser_with_the_special_value_of_the_human_resources_system() -> Result<()> {
    assert_contest_refused(contest("省级一类", true, "organiser_body = \"S000051009999\"").as_bytes(), "9999")
}

#[test]
fn a_bodies_toml_that_is_no_toml() -> Result<()> {
    assert_record_refused(&with_file("bodies.toml", "[[bodies]\nname = \"中心\"".as_bytes())?, "bodies.toml", "第 1 行")
}

#[test]
fn a_body_whose_code_cannot_be() -> Result<()> {
    let body = |code: &str, level: u8| {
        format!(
            "[[bodies]]\ncode13 = \"{code}\"\nname = \"四川样例评价中心\"\nfiled_with_province = true\n\
             [[bodies.scope]]\noccupation = \"车工\"\nlevels = [{level}]\n"
        )
    };
    for (code, level, says) in [("S000052010123", 3, "S000052010123"), ("S000051009999", 3, "9999"), ("S000051010125", 7, "1 到 5")] {
        assert_record_refused(&with_file("bodies.toml", body(code, level).as_bytes())?, "bodies.toml", says)?;
    }
    Ok(())
}

// ── The folder ───────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn an_empty_folder() -> Result<()> {
    let outcome = refused(&Folder::with_winners(0)?)?;
    assert_eq!(errors(&outcome, "contest.toml"), ["FOLDER_EMPTY"]);
    assert_eq!(outcome.findings().len(), 1, "one cause is one finding: {:?}", outcome.findings());
    assert!(outcome.lines.is_empty());
    Ok(())
}

#[test]
fn a_folder_that_does_not_exist() -> Result<()> {
    let folder = Folder::with_winners(0)?;
    fs::remove_dir_all(folder.path())?;
    let outcome = refused(&folder)?;
    assert!(outcome.stderr.contains("没有找到文件夹"), "{}", outcome.stderr);
    assert!(outcome.lines.is_empty());
    Ok(())
}

// ── Handed in again ──────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_marked_roster_corrected_is_accepted() -> Result<()> {
    let mut folder = Folder::with_winners(3)?;
    let right = folder.person(1).id_number;
    let wrong = format!("{}{}", &right[..17], if right.ends_with('1') { "2" } else { "1" });
    folder.set(1, Field::DocumentNumber, &wrong);
    folder.set(2, Field::Event, "数控车床");
    folder.write()?;
    let outcome = refused(&folder)?;
    assert_eq!((outcome.cells("ID_INVALID"), outcome.cells("EVENT_UNKNOWN")), (vec!["E3".to_owned()], vec!["Q4".to_owned()]));
    let marked = fs::read(folder.out().join("report.xlsx"))?;
    assert!(part(&marked, "xl/comments1.xml")?.contains("ref=\"E3\""));
    let corrected = repack(&marked, SHEET, |xml| xml.replace(&wrong, &right).replace("数控车床<", "数控车<"))?;
    fs::write(folder.path().join("roster.xlsx"), corrected)?;
    let outcome = Stack::shared().process_as_is(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(outcome.column("status"), ["已打印"; 3]);
    Ok(())
}

/// A folder whose roster has an ID number that cannot be, and the same one put right.
fn faulty_then_clean() -> Result<(Vec<u8>, Folder)> {
    let mut folder = Folder::with_winners(2)?;
    let right = folder.person(0).id_number;
    folder.set(0, Field::DocumentNumber, &with_check("51010720991399999"));
    folder.write()?;
    let faulty = fs::read(folder.path().join("roster.xlsx"))?;
    folder.set(0, Field::DocumentNumber, &right);
    folder.write()?;
    Ok((faulty, folder))
}

fn roster_is_clean(case: &Case, client: &Client) -> Result<Option<bool>> {
    let shown = case.show(client)?;
    let materials = shown["materials"].as_array().context("materials")?;
    Ok(materials.iter().find(|verdict| verdict["material"] == "roster").and_then(|verdict| verdict["clean"].as_bool()))
}

#[test]
fn a_faulty_roster_followed_by_a_clean_one_is_submitted() -> Result<()> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    let (faulty, folder) = faulty_then_clean()?;
    let case = Case::create(&client, &folder)?;
    assert_eq!(client.upload(&case.forms["roster"], &faulty)?.0, 204);
    until("the first verdict", || Ok(roster_is_clean(&case, &client)? == Some(false)))?;
    case.upload_all(&client, &folder)?;
    let shown = case.until_status(&client, "submitted")?;
    assert_eq!(roster_is_clean(&case, &client)?, Some(true));
    assert_eq!(shown["materials"].as_array().map(Vec::len), Some(4), "the latest of each counts");
    // Both stay, as versions of one object.
    assert_eq!(client.list(BUCKET, &format!("inbox/unit-1/{}/", case.id))?.len(), 4);
    Ok(())
}

#[test]
fn a_clean_roster_followed_by_a_faulty_one_is_a_draft_again() -> Result<()> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    let (faulty, folder) = faulty_then_clean()?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    assert_eq!(client.upload(&case.forms["roster"], &faulty)?.0, 204);
    case.until_status(&client, "draft")?;
    assert_eq!(roster_is_clean(&case, &client)?, Some(false));
    let (status, _) = case.step(&client, &case.center, "/authorise", serde_json::json!({}))?;
    assert_eq!(status, 409, "a draft cannot be authorised");
    Ok(())
}

#[test]
fn every_material_of_one_folder_may_be_wrong_at_once() -> Result<()> {
    let folder = with_sheet(|sheet| Ok(sheet.write(0, column(Field::Phone)?, "电话").map(|_| ())?))?;
    fs::write(
        folder.path().join("contest.toml"),
        hosted_contest().replace("occupation_code = \"6-18-01-01\"", "occupation_code = \"6-18-1\""),
    )?;
    fs::write(folder.path().join("contest.pdf"), b"")?;
    fs::write(folder.path().join("summary.pdf"), PNG)?;
    fs::remove_file(folder.path().join("commendation.pdf"))?;
    let outcome = refused(&folder)?;
    let expected = ["CONTEST_INVALID", "HEADER_CHANGED", "MATERIAL_EMPTY", "MATERIAL_MISSING", "PDF_NOT_PDF", "PHOTO_MISSING"];
    assert_eq!(outcome.findings(), expected);
    let unique: BTreeSet<&str> = outcome.column("findings").into_iter().collect();
    assert_eq!(unique.len(), 1);
    Ok(())
}
