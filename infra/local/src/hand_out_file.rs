//! The file that hand-outs are entered from: the list that was signed, saved as CSV, or one with the columns alone.

use anyhow::Result;
use encoding_rs::GB18030;
use operations::hand_out::EnterHandOut;

use crate::day::day;
use crate::mistake::mistake;

/// A column, and what may stand over it.
const CODE: [&str; 2] = ["code", "证书编码"];
const ON: [&str; 3] = ["on", "领取日期", "发放日期"];
const COLLECTOR: [&str; 2] = ["collector", "代领人"];
const REMARK: [&str; 2] = ["remark", "备注"];

/// The hand-outs of a file: whatever stands over the line of headings is passed over, and so is a row without a day, whose
/// winner has not come yet.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<EnterHandOut>> {
    // Excel writes a byte-order mark, or the encoding of Chinese Windows.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_or_else(|_| GB18030.decode_without_bom_handling(bytes).0, Into::into);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut headings: Option<csv::StringRecord> = None;
    let mut read = Vec::new();
    for line in reader.records() {
        let line = line.map_err(|_| mistake("文件不是 CSV；请在表格软件中另存为 CSV（逗号分隔）"))?;
        let Some(headings) = &headings else {
            headings = Some(line).filter(|line| line.iter().any(|cell| CODE.contains(&cell)));
            continue;
        };
        read.extend(hand_out(headings, &line)?);
    }
    match (headings, read.is_empty()) {
        (None, _) => Err(mistake("文件里没有“证书编码”（code）这一列")),
        (Some(headings), true) if !headings.iter().any(|cell| ON.contains(&cell)) => Err(mistake("文件里没有“领取日期”（on）这一列")),
        (Some(_), true) => Err(mistake("文件里没有写了领取日期的选手")),
        (Some(_), false) => Ok(read),
    }
}

fn hand_out(headings: &csv::StringRecord, line: &csv::StringRecord) -> Result<Option<EnterHandOut>> {
    let cell = |names: &[&str]| {
        let at = headings.iter().position(|heading| names.contains(&heading));
        at.and_then(|at| line.get(at)).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let (Some(code), Some(on)) = (cell(&CODE), cell(&ON)) else { return Ok(None) };
    let number = line.position().map(csv::Position::line).unwrap_or_default();
    let on = day(&on).map_err(|why| mistake(format!("第 {number} 行的领取日期“{on}”：{why}")))?;
    Ok(Some(EnterHandOut { code, on: Some(on), collector: cell(&COLLECTOR), remark: cell(&REMARK), taken_back: None }))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const LIST: &str = "职业技能等级证书领取、发放清单,,,\n大赛：样例,,,\n\n序号,姓名,证书编码,领取人签字,领取日期,备注\n\
                        1,张样例,S000051019999222J00001,,2022/7/5,快递\n2,李样例,S000051019999222J00002,,,\n签字：,,,,,\n";

    #[test]
    fn the_list_saved_as_csv_is_read_in_either_encoding() {
        for bytes in [LIST.as_bytes().to_vec(), [b"\xEF\xBB\xBF", LIST.as_bytes()].concat(), GB18030.encode(LIST).0.into_owned()] {
            let read = read(&bytes).expect("read");
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
            ("姓名,领取日期\n张样例,2022-07-05\n", "证书编码"),
            ("证书编码,姓名\nS1,张样例\n", "领取日期"),
            ("证书编码,领取日期\nS1,\n", "没有写了领取日期的选手"),
            ("证书编码,领取日期\nS1,2022-13-01\n", "第 2 行"),
            ("", "证书编码"),
        ] {
            let told = read(text.as_bytes()).err().expect(text).to_string();
            assert!(told.contains(expected), "{told}");
        }
    }
}
