//! The ledger of blank sheets as a workbook, read back.

use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx};
use jiff::Timestamp;
use rules::sheets::stock::{Book, LedgerEntry, Movement};
use rules::values::party::IssuingUnit;
use rules::values::ranges::SerialRange;

use crate::support::notice;

/// Two days: received and printed on the first, lost on the second, half an hour after midnight in Sichuan.
fn lines() -> Vec<LedgerEntry> {
    let mut book = Book::new("skill_level", &IssuingUnit::center("00"));
    let moves = [
        (Movement::Receive, 1, 100, "2022-06-20T01:00:00Z"),
        (Movement::Print, 1, 40, "2022-06-20T02:00:00Z"),
        (Movement::LoseBlank, 50, 50, "2022-06-20T16:30:00Z"),
    ];
    let line = |(movement, first, last, at): (Movement, u64, u64, &str)| {
        let at: Timestamp = at.parse().expect("a moment");
        let line = LedgerEntry {
            reason: Some("原因".to_owned()),
            ..LedgerEntry::new(movement, SerialRange::new(first, last).into(), "clerk", at)
        };
        book.enter(line).expect("possible").entry
    };
    moves.map(line).to_vec()
}

fn row(sheet: &Range<Data>, row: u32) -> Vec<String> {
    (0..sheet.width() as u32).map(|column| sheet.get_value((row, column)).map(ToString::to_string).unwrap_or_default()).collect()
}

#[test]
fn every_line_and_every_day_stands_in_it() {
    let notice = notice();
    let kind = notice.sheet_kind("skill_level").expect("the kind");
    let bytes = roster::ledger(kind, "center-00", &lines()).expect("written");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let ledger = book.worksheet_range("台账").expect("the ledger");
    assert_eq!(row(&ledger, 3)[..7], ["2", "2022-06-20 10:00:00", "打印", "JN00000001–JN00000040", "40", "60", "clerk"]);
    assert_eq!(row(&ledger, 4)[1..6], ["2022-06-21 00:30:00", "空白遗失", "JN00000050", "1", "59"]);
    let days = book.worksheet_range("日结").expect("the days");
    assert_eq!(row(&days, 2)[..12], ["2022-06-20", "合计", "0", "100", "0", "40", "0", "0", "0", "100", "40", "60"]);
    assert_eq!(row(&days, 4)[..12], ["2022-06-21", "合计", "60", "0", "0", "0", "0", "1", "0", "0", "1", "59"]);
}
