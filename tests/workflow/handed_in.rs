//! Folders as honest people hand them in, made after public reports: what each must give.

use std::fs;
use std::io::{Cursor, Write};

use anyhow::{Context, Result};
use rules::values::vocabulary::Field;
use rust_xlsxwriter::Workbook;
use workflow_tests::folder::{Folder, jpeg, notice, pdf};
use workflow_tests::saizheng::{Outcome, Stack};

/// One winner, in a folder as the notice wants it.
fn folder() -> Result<Folder> {
    let folder = Folder::with_winners(1)?;
    folder.write()?;
    Ok(folder)
}

fn processed(folder: &Folder) -> Result<Outcome> {
    Stack::shared().process_as_is(folder)
}

/// A certificate came of it.
fn assert_issued(outcome: &Outcome, what: &str) {
    assert_eq!(outcome.code, 0, "{what}: {}", outcome.stderr);
    assert!(outcome.column("code").iter().all(|code| !code.is_empty()), "{what}: {:?}", outcome.lines);
}

fn has(outcome: &Outcome, code: &str) -> bool {
    outcome.findings().iter().any(|found| found == code)
}

fn zipped(files: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// With a name in the encoding of Chinese Windows, and nothing that says so, in the place of one as long.
fn renamed(archive: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut archive = archive.to_vec();
    while let Some(at) = archive.windows(from.len()).position(|window| window == from) {
        archive[at..at + to.len()].copy_from_slice(to);
    }
    archive
}

#[test]
fn archives_of_photos_as_systems_zip_them_give_photos_and_no_complaint() -> Result<()> {
    let mut named = Folder::with_winners(1)?;
    named.set(0, Field::Name, "张照三");
    named.write()?;
    let number = |folder: &Folder| format!("照片/{}.jpg", folder.person(0).id_number);
    // 张照三 in GBK.
    let windows = renamed(&zipped(&[("photo1.jpg", &jpeg())])?, b"photo1", b"\xD5\xC5\xD5\xD5\xC8\xFD");
    fs::write(named.path().join("photos.zip"), windows)?;
    let of_macos = folder()?;
    let beside = number(&of_macos).replace("照片/", "__MACOSX/照片/._");
    fs::write(of_macos.path().join("photos.zip"), zipped(&[(&number(&of_macos), &jpeg()), (&beside, b"\0\x05\x16\x07")])?)?;
    for (what, folder) in [("Windows", &named), ("macOS", &of_macos)] {
        let outcome = processed(folder)?;
        assert_issued(&outcome, what);
        assert!(!outcome.findings().iter().any(|code| code.starts_with("PHOTO")), "{what}: {:?}", outcome.findings());
    }
    let with_roster = folder()?;
    let roster = fs::read(with_roster.path().join("roster.xlsx"))?;
    fs::write(with_roster.path().join("photos.zip"), zipped(&[("roster.xlsx", &roster), (&number(&with_roster), &jpeg())])?)?;
    let outcome = processed(&with_roster)?;
    assert_issued(&outcome, "a stray file");
    assert!(has(&outcome, "PHOTOS_STRAY") && outcome.stderr.contains("roster.xlsx"), "{}", outcome.stderr);
    Ok(())
}

#[test]
fn scans_that_viewers_open_are_taken_and_a_broken_one_is_called_so() -> Result<()> {
    let whole = pdf(1);
    let text = String::from_utf8(whole.clone()).context("text")?;
    let (before, _) = text.split_once("startxref").context("an end")?;
    for (what, bytes) in [
        ("text after the end", [&whole[..], &b"<!-- x -->".repeat(200)].concat()),
        ("a cross-reference elsewhere", format!("{before}startxref\n7\n%%EOF").into_bytes()),
        ("NULs after the end", [&whole[..], &[0; 600]].concat()),
    ] {
        let folder = folder()?;
        fs::write(folder.path().join("contest.pdf"), bytes)?;
        assert_issued(&processed(&folder)?, what);
    }
    let broken = folder()?;
    fs::write(broken.path().join("contest.pdf"), b"%PDF-1.4\n(the word /Encrypt in it)\ngarbage")?;
    let outcome = processed(&broken)?;
    assert!(outcome.code == 2 && has(&outcome, "PDF_BROKEN") && !has(&outcome, "PDF_ENCRYPTED"), "{}", outcome.stderr);
    Ok(())
}

/// The folder's roster behind what `first` writes, from that row of the sheet on.
fn write_roster(folder: &Folder, row: u32, first: impl FnOnce(&mut Workbook) -> Result<()>) -> Result<()> {
    let profile = notice()?.roster;
    let mut book = Workbook::new();
    first(&mut book)?;
    let sheet = book.add_worksheet().set_name(&profile.sheet)?;
    for (column, rule) in (0..).zip(&profile.columns) {
        sheet.write(row, column, rule.shown_header())?;
    }
    for (field, value) in folder.rows.first().context("a row")? {
        sheet.write(row + 1, profile.position(*field).context("column")?, value)?;
    }
    if row > 0 {
        sheet.write(0, 0, "2022年获奖选手名单")?;
    }
    book.save(folder.path().join("roster.xlsx"))?;
    Ok(())
}

#[test]
fn rosters_as_people_lay_them_out_are_taken_or_told_in_one_finding() -> Result<()> {
    let titled = folder()?;
    write_roster(&titled, 1, |_| Ok(()))?;
    let outcome = processed(&titled)?;
    let about_roster =
        outcome.report["findings"].as_array().context("findings")?.iter().filter(|found| found["place"]["file"] == "roster.xlsx");
    let about_roster: Vec<&str> =
        about_roster.filter(|found| found["severity"] == "error").filter_map(|found| found["message"].as_str()).collect();
    assert!(outcome.code == 0 || matches!(about_roster[..], [one] if one.contains("第 1 行") || one.contains("标题")), "{about_roster:?}");

    let elsewhere = folder()?;
    write_roster(&elsewhere, 0, |book| {
        book.add_worksheet().set_name("说明")?.write(0, 0, "填表说明")?;
        Ok(())
    })?;
    let outcome = processed(&elsewhere)?;
    assert_issued(&outcome, "a further sheet before it");
    assert!(has(&outcome, "SHEET_ELSEWHERE"), "{:?}", outcome.findings());

    let mut pictured = Folder::with_winners(1)?;
    pictured.set(0, Field::Photo, "=DISPIMG(\"ID_0F\",1)");
    pictured.write()?;
    let outcome = processed(&pictured)?;
    assert!(outcome.code == 2 && has(&outcome, "PICTURE_IN_CELL") && outcome.stderr.contains("photos.zip"), "{}", outcome.stderr);

    let hidden = Folder::with_winners(3)?;
    hidden.write()?;
    hidden.write_roster(|sheet| {
        sheet.set_row_hidden(2)?;
        Ok(())
    })?;
    let outcome = processed(&hidden)?;
    assert_issued(&outcome, "a hidden row");
    assert_eq!(outcome.cells("ROW_HIDDEN"), ["A3"]);
    Ok(())
}

#[test]
fn records_and_names_are_taken_as_they_are_meant() -> Result<()> {
    let mut unseen = Folder::with_winners(1)?;
    unseen.contest = unseen.contest.replacen("数控车", "数\u{200B}控车", 1);
    let mut brackets = Folder::with_winners(1)?;
    brackets.contest = brackets.contest.replace("name = \"中式烹饪\"", "name = \"中式烹饪（热菜）\"");
    brackets.set(0, Field::Event, "中式烹饪(热菜)");
    for (what, folder) in [("what cannot be seen", &unseen), ("brackets", &brackets)] {
        folder.write()?;
        assert_issued(&processed(folder)?, what);
    }
    let mut long = Folder::with_winners(1)?;
    long.set(0, Field::Name, &"W".repeat(59));
    long.write()?;
    let outcome = processed(&long)?;
    assert!(
        outcome.code == 0 || has(&outcome, "TEXT_TOO_LONG"),
        "printed everywhere, or refused before a number is spent: {}",
        outcome.stderr
    );
    assert_eq!(outcome.code == 0, outcome.column("code").iter().all(|code| !code.is_empty()), "{:?}", outcome.lines);
    Ok(())
}
