//! What is wrong, told a person on the terminal: one cause once, with its cells or rows.

use rules::values::finding::Finding;
use rules::values::finding_group::{Cause, Message, causes};

/// The roster with its marks, as the command writes it.
pub(crate) const WORKBOOK: &str = "report.xlsx";

/// Messages of one cause that are told one by one; the marked workbook lists all.
const MESSAGES: usize = 20;

/// Findings, the gravest first: a line for each thing that is said, with all the cells or rows that it is said of.
pub(crate) fn lines(found: &[Finding]) -> Vec<String> {
    causes(found).iter().flat_map(cause_lines).collect()
}

fn cause_lines(cause: &Cause<'_>) -> Vec<String> {
    let (told, rest) = cause.messages.split_at(cause.messages.len().min(MESSAGES));
    let mut lines: Vec<String> = told.iter().map(ToString::to_string).collect();
    if !rest.is_empty() {
        let more: usize = rest.iter().map(Message::count).sum();
        let Finding { severity, code, .. } = cause.first;
        lines.push(format!("{} [{code}] 另有 {more} 处：{}，逐条见批注后的名册（{WORKBOOK}）", severity.word(), code.word()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use rules::values::finding::{FindingCode, Place};

    use super::*;

    #[test]
    fn a_cause_is_one_line_with_its_cells_and_many_end_in_a_count() {
        let of = |code, row, message: &str| Finding::new(code, Place::cell("roster.xlsx", "选手信息", row, 1), message);
        let same = (2..=60).map(|row| of(FindingCode::CellFormula, row, "“姓名”是公式"));
        let told = lines(&same.collect::<Vec<_>>());
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("错误 [CELL_FORMULA] roster.xlsx「选手信息」B2、B3、"), "{told:?}");
        assert!(told[0].contains("B11，另有 49 处：“姓名”是公式。办法："), "{told:?}");
        let each = (2..=60).map(|row| of(FindingCode::CellFormula, row, &format!("“姓名”是公式 {row}")));
        let told = lines(&each.collect::<Vec<_>>());
        assert_eq!(told.len(), 21, "{told:?}");
        assert_eq!(told[20], "错误 [CELL_FORMULA] 另有 39 处：单元格中有公式，逐条见批注后的名册（report.xlsx）");
    }
}
