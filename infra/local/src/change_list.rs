//! The file that certificates are changed from: their codes, and of corrections what is put right, by the heading of each column.

use anyhow::Result;
use csv::{Reader, ReaderBuilder, StringRecord, Trim};
use operations::bulk::ChangedCertificate;
use rules::issue::correction::Correction;
use rules::values::text::{decoded, line_of};

use crate::day::day;
use crate::mistake::mistake;

/// What stands over a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Code,
    Name,
    DocumentType,
    DocumentNumber,
    Level,
    IssuedOn,
    Body,
    IssuingBody,
    Number,
}

/// The headings, in Chinese as people write them and as `certificates.csv` and the API have them.
const HEADINGS: [(Column, &[&str]); 9] = [
    (Column::Code, &["证书编码或编号", "证书编码", "证书编号", "code"]),
    (Column::Name, &["姓名", "name"]),
    (Column::DocumentType, &["证件类型", "document_type"]),
    (Column::DocumentNumber, &["证件号码", "document_number"]),
    (Column::Level, &["等级", "level"]),
    (Column::IssuedOn, &["发证日期", "issued_on"]),
    (Column::Body, &["颁证机构代码", "body"]),
    (Column::IssuingBody, &["颁证主体", "issuing_body"]),
    (Column::Number, &["更正后编号", "number"]),
];

fn certificate(code: String, correction: Correction) -> ChangedCertificate {
    ChangedCertificate { code, old_sheet: None, top: None, correction }
}

fn text(bytes: &[u8]) -> Result<String> {
    decoded(bytes).ok_or_else(|| mistake("名单既不是 UTF-8 也不是 GB18030 编码的文本；请在表格软件中另存为 CSV（逗号分隔）"))
}

/// The certificates of a list of codes: the first of each line, headers and empty lines left out.
pub(crate) fn codes(bytes: &[u8]) -> Result<Vec<ChangedCertificate>> {
    let first = |line: &str| line.split([',', '\t', ';', '，']).next().unwrap_or_default().trim().trim_matches('"').to_owned();
    let text = text(bytes)?;
    let codes = text.lines().map(first).filter(|code| code.chars().any(|c| c.is_ascii_digit()));
    Ok(codes.map(|code| certificate(code, Correction::default())).collect())
}

/// The certificates of a list of corrections.
pub(crate) fn corrections(bytes: &[u8]) -> Result<Vec<ChangedCertificate>> {
    let text = text(bytes)?;
    let mut reader: Reader<&[u8]> = ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(text.as_bytes());
    let unreadable = |_| mistake("名单不是 CSV；请在表格软件中另存为 CSV（逗号分隔）");
    let columns: Vec<Column> = reader.headers().map_err(unreadable)?.iter().map(column).collect::<Result<_>>()?;
    if !columns.contains(&Column::Code) {
        return Err(mistake("名单第一行是表头，其中须有“证书编码或编号”"));
    }
    let mut read = Vec::new();
    for line in reader.records() {
        let line = line.map_err(unreadable)?;
        if line.iter().any(|cell| !cell.is_empty()) {
            let number = line.position().map_or(0, |position| line_of(&text, position));
            read.push(corrected(&columns, &line, number)?);
        }
    }
    Ok(read)
}

fn column(heading: &str) -> Result<Column> {
    let known = HEADINGS.iter().find(|(_, names)| names.contains(&heading));
    let names: Vec<&str> = HEADINGS.iter().filter_map(|(_, names)| names.first().copied()).collect();
    known.map(|(column, _)| *column).ok_or_else(|| mistake(format!("名单里有不认识的列“{heading}”；可写 {}", names.join("、"))))
}

fn corrected(columns: &[Column], line: &StringRecord, number: usize) -> Result<ChangedCertificate> {
    let (mut code, mut correction) = (String::new(), Correction::default());
    for (column, cell) in columns.iter().zip(line).filter(|(_, cell)| !cell.is_empty()) {
        let some = Some(cell.to_owned());
        match column {
            Column::Code => cell.clone_into(&mut code),
            Column::Name => correction.name = some,
            Column::DocumentType => correction.document_type = some,
            Column::DocumentNumber => correction.document_number = some,
            Column::Level => {
                let level = cell.parse().map_err(|_| mistake(format!("第 {number} 行的等级“{cell}”应写 1 到 5")))?;
                correction.level = Some(level);
            }
            Column::IssuedOn => {
                let day = day(cell).map_err(|why| mistake(format!("第 {number} 行的发证日期“{cell}”：{why}")))?;
                correction.issued_on = Some(day);
            }
            Column::Body => correction.body = some,
            Column::IssuingBody => correction.issuing_body = some,
            Column::Number => correction.number = some,
        }
    }
    let nothing = correction == Correction::default();
    match (code.is_empty(), nothing) {
        (true, _) => Err(mistake(format!("第 {number} 行没有写证书编码或编号"))),
        (false, true) => Err(mistake(format!("第 {number} 行没有写更正什么"))),
        (false, false) => Ok(certificate(code, correction)),
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::*;

    const CODE: &str = "S000051000000223J00001";

    #[test]
    fn a_list_is_the_first_column_without_its_header() {
        let text = format!("\u{FEFF}证书编码,姓名\n\"{CODE}\",张测试\n\n S000051000000223J00002 \n");
        let codes: Vec<String> = codes(text.as_bytes()).expect("codes").into_iter().map(|one| one.code).collect();
        assert_eq!(codes, [CODE, "S000051000000223J00002"]);
    }

    #[test]
    fn corrections_had_to_be_made_one_by_one() {
        let text = format!("证书编码,姓名,等级,发证日期\r\n{CODE},张样例,,\r\n,,,\r\n{CODE},,3,2022-06-20\r\n");
        for bytes in [format!("\u{FEFF}{text}").into_bytes(), GB18030.encode(&text).0.into_owned()] {
            let read = corrections(&bytes).expect("corrections");
            let [name, level] = read.as_slice() else { panic!("{}", read.len()) };
            assert_eq!((name.code.as_str(), name.correction.name.as_deref(), name.correction.level), (CODE, Some("张样例"), None));
            assert_eq!((level.correction.name.as_deref(), level.correction.level), (None, Some(3)));
            assert_eq!(level.correction.issued_on, Some(jiff::civil::date(2022, 6, 20)));
        }
    }

    #[test]
    fn what_a_list_of_corrections_lacks_is_said_by_line_and_column() {
        let said = |text: &str| corrections(text.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said("证书编号,备注\n").contains("不认识的列“备注”；可写 证书编码或编号、姓名"));
        assert!(said("姓名\n张样例\n").contains("须有“证书编码或编号”"));
        assert_eq!(said(&format!("证书编码,姓名\n{CODE},\n")), "第 2 行没有写更正什么");
        assert_eq!(said("证书编码,姓名\n,张样例\n"), "第 2 行没有写证书编码或编号");
        assert_eq!(said("证书编码,姓名\r\n\r\n,张样例\r\n"), "第 3 行没有写证书编码或编号", "as Excel saves it, with a blank line");
        assert_eq!(said(&format!("证书编码,等级\n{CODE},三级\n")), "第 2 行的等级“三级”应写 1 到 5");
        assert!(said(&format!("证书编码,发证日期\n{CODE},昨天\n")).starts_with("第 2 行的发证日期“昨天”"));
    }
}
