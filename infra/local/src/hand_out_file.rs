//! The file that hand-outs are entered from: the list that was signed, saved as CSV, or one with the columns alone.

use anyhow::Result;
use operations::hand_out::EnterHandOut;
use rules::notice::{HandOutRules, ListCell};
use rules::values::text::{decoded, line_of};

use crate::day::day;
use crate::mistake::mistake;

/// What may stand over each column: as the notice's list has it, or our own word.
struct Headings {
    code: Vec<String>,
    on: Vec<String>,
    collector: Vec<String>,
    remark: Vec<String>,
}

impl Headings {
    fn of(list: &HandOutRules) -> Self {
        let any = |own: &[&str], value: ListCell| {
            let listed = list.columns.iter().filter(|column| column.value == value).map(|column| column.header.clone());
            own.iter().map(|word| (*word).to_owned()).chain(listed).collect()
        };
        Self {
            code: any(&["code", "证书编码", "证书编号"], ListCell::Code),
            on: any(&["on", "发放日期"], ListCell::CollectedOn),
            collector: vec!["collector".to_owned(), "代领人".to_owned()],
            remark: any(&["remark"], ListCell::Remark),
        }
    }
}

/// The hand-outs of a file: whatever stands over the line of headings is passed over, and so is a row without a day, whose
/// winner has not come yet.
pub(crate) fn read(bytes: &[u8], list: &HandOutRules) -> Result<Vec<EnterHandOut>> {
    let known = Headings::of(list);
    let text = decoded(bytes).ok_or_else(|| mistake("文件既不是 UTF-8 也不是 GB18030 编码的文本；请在表格软件中另存为 CSV（逗号分隔）"))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut headings: Option<csv::StringRecord> = None;
    let mut read = Vec::new();
    for line in reader.records() {
        let line = line.map_err(|_| mistake("文件不是 CSV；请在表格软件中另存为 CSV（逗号分隔）"))?;
        let Some(headings) = &headings else {
            headings = Some(line).filter(|line| place(line, &known.code).is_some());
            continue;
        };
        let number = line.position().map_or(0, |position| line_of(&text, position));
        read.extend(hand_out(&known, headings, (&line, number))?);
    }
    let lacks = |names: &[String]| mistake(format!("文件里没有“{}”这一列", names.join("”或“")));
    match (headings, read.is_empty()) {
        (None, _) => Err(lacks(&known.code)),
        (Some(headings), true) if place(&headings, &known.on).is_none() => Err(lacks(&known.on)),
        (Some(_), true) => Err(mistake("文件里没有写了领取日期的选手")),
        (Some(_), false) => Ok(read),
    }
}

/// Where the column of that heading stands.
fn place(headings: &csv::StringRecord, names: &[String]) -> Option<usize> {
    headings.iter().position(|heading| names.iter().any(|name| name == heading))
}

fn hand_out(known: &Headings, headings: &csv::StringRecord, (line, number): (&csv::StringRecord, usize)) -> Result<Option<EnterHandOut>> {
    let cell = |names: &[String]| {
        let text = place(headings, names).and_then(|at| line.get(at));
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let (Some(code), Some(on)) = (cell(&known.code), cell(&known.on)) else { return Ok(None) };
    let on = day(&on).map_err(|why| mistake(format!("第 {number} 行的领取日期“{on}”：{why}")))?;
    Ok(Some(EnterHandOut { code, on: Some(on), collector: cell(&known.collector), remark: cell(&known.remark), taken_back: None }))
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;
    use jiff::civil::date;

    use super::*;
    use crate::notices::latest_notice;

    fn read(bytes: &[u8]) -> Result<Vec<EnterHandOut>> {
        super::read(bytes, &latest_notice()?.hand_out)
    }

    const LIST: &str = "职业技能等级证书领取、发放清单,,,\n大赛：样例,,,\n\n序号,姓名,证书编码,领取人签字,领取日期,备注\n\
                        1,张样例,S000051019999222J00001,,2022/7/5,快递\n2,李样例,S000051019999222J00002,,,\n签字：,,,,,\n";

    #[test]
    fn the_list_saved_as_csv_is_read_in_either_encoding() {
        for bytes in [LIST.as_bytes().to_vec(), [b"\xEF\xBB\xBF", LIST.as_bytes()].concat(), GB18030.encode(LIST).0.into_owned()] {
            let read = self::read(&bytes).expect("read");
            assert_eq!(read.len(), 1, "who has not come is passed over");
            let one = &read[0];
            assert_eq!(
                (one.code.as_str(), one.on, one.remark.as_deref()),
                ("S000051019999222J00001", Some(date(2022, 7, 5)), Some("快递"))
            );
        }
        let plain = read(b"code,on,collector,remark\nS000051019999222J00001,2022-07-05,,\n").expect("read");
        assert_eq!((plain.len(), plain[0].collector.as_deref()), (1, None));
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_in_chinese() {
        for (text, expected) in [
            ("姓名,领取日期\n张样例,2022-07-05\n", "证书编码（编号）"),
            ("证书编码,姓名\nS1,张样例\n", "领取日期"),
            ("证书编码,领取日期\nS1,\n", "没有写了领取日期的选手"),
            ("证书编码,领取日期\nS1,2022-13-01\n", "第 2 行"),
            ("证书编码,领取日期\r\n\r\nS1,2022-13-01\r\n", "第 3 行"),
            ("", "证书编码"),
        ] {
            let told = read(text.as_bytes()).err().expect(text).to_string();
            assert!(told.contains(expected), "{told}");
        }
    }
}
