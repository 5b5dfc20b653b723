//! Rosters to measure and to mutate: every row passes every check, no two rows are the same person.

use jiff::civil::{Date, date};
use rules::catalogue::Catalogues;
use rules::intake::contest::{Contest, Event};
use rules::notice::{Notice, Notices};
use rules::values::vocabulary::{ContestClass, Field};
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

/// Where the fixtures of the tests lie: what LibreOffice and openpyxl saved.
#[allow(dead_code, reason = "only the fuzzer starts from them")]
pub(crate) const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// The notice in force.
pub(crate) fn notice() -> Notice {
    Notices::built_in().expect("built-in notices").general().clone()
}

/// The catalogues that ship.
pub(crate) fn catalogues() -> Catalogues {
    Catalogues::built_in().expect("built-in catalogues")
}

/// The contest that the rows name.
pub(crate) fn contest() -> Contest {
    Contest {
        name: "四川省第二届职业技能大赛".to_owned(),
        class: ContestClass::PROVINCIAL_ONE,
        hrss_hosted: true,
        selection_for: None,
        organiser: "四川省人力资源和社会保障厅".to_owned(),
        organiser_body: None,
        committee: "四川省第二届职业技能大赛组委会".to_owned(),
        jurisdiction: "00".to_owned(),
        year: 2025,
        final_on: date(2025, 9, 20),
        issued_on: date(2025, 10, 20),
        organiser_contact: Default::default(),
        events: vec![Event {
            name: "数控铣项目".to_owned(),
            occupation: "铣工".to_owned(),
            occupation_code: "6-18-01-02".to_owned(),
            job: Some("数控铣工".to_owned()),
            winners: None,
        }],
    }
}

/// A filled-in roster, as a spreadsheet program saves it: its texts are shared strings.
pub(crate) fn roster(notice: &Notice, rows: u32) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(&notice.roster.sheet)?;
    for (at, column) in (0_u16..).zip(&notice.roster.columns) {
        sheet.write_string(0, at, column.shown_header())?;
    }
    for row in 1..=rows {
        fill(sheet, notice, row)?;
    }
    book.save_to_buffer()
}

/// Fills row `row`, counting from 0, with a winner of its own.
pub(crate) fn fill(sheet: &mut Worksheet, notice: &Notice, row: u32) -> Result<(), XlsxError> {
    for (at, column) in (0_u16..).zip(&notice.roster.columns) {
        match text(column.field, row) {
            Value::Text(text) => sheet.write_string(row, at, text)?,
            Value::Number(number) => sheet.write_number(row, at, number)?,
        };
    }
    Ok(())
}

enum Value {
    Text(String),
    Number(f64),
}

fn text(field: Field, row: u32) -> Value {
    let (born, male) = (born(row), row % 2 == 1);
    let text = match field {
        Field::Sequence => return Value::Number(f64::from(row)),
        Field::TheoryScore | Field::PracticeScore | Field::TotalScore => return Value::Number(60.0 + f64::from(row % 400) / 10.0),
        Field::Name => name(row),
        Field::Gender => if male { "男" } else { "女" }.to_owned(),
        Field::DocumentType => "居民身份证".to_owned(),
        Field::DocumentNumber => resident_number(born, row),
        Field::BirthDate => born.to_string(),
        Field::Ethnicity => "汉族".to_owned(),
        Field::Education => "大学本科".to_owned(),
        Field::Phone => format!("138{row:08}"),
        Field::Employer => format!("成都第{}机械制造有限公司", row % 997),
        Field::Occupation => "铣工".to_owned(),
        Field::OccupationCode => "6-18-01-02".to_owned(),
        Field::Job => "数控铣工".to_owned(),
        Field::Level => "三级/高级工".to_owned(),
        Field::Contest => "四川省第二届职业技能大赛".to_owned(),
        Field::Class => "省级一类".to_owned(),
        Field::Event => "数控铣项目".to_owned(),
        Field::Group => "职工".to_owned(),
        Field::Team => "个人".to_owned(),
        Field::Award => format!("第{row}名"),
        Field::PriorType => "职业技能等级证书".to_owned(),
        Field::PriorLevel => "四级/中级工".to_owned(),
        Field::PriorNumber => format!("S000051010123224{row:06}"),
        Field::Photo => format!("{row:06}.jpg"),
        Field::Remark => "无".to_owned(),
    };
    Value::Text(text)
}

fn name(row: u32) -> String {
    let of = |list: &str, at: u32| list.chars().cycle().nth(at as usize % 64).unwrap_or('明');
    [of("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", row), of("建国文华志强秀英桂芳海燕", row / 16), of("明军伟丽静敏杰", row / 192)]
        .iter()
        .collect()
}

/// A day between 1970 and 1997; 5,000 persons share one.
fn born(row: u32) -> Date {
    let days = i32::try_from(row / 5_000).unwrap_or(0) + i32::try_from(row % 5_000).unwrap_or(0) * 2;
    date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap_or(Date::constant(1970, 1, 1))
}

/// A resident number of its own for each row below 500,000, by GB 11643-1999.
fn resident_number(born: Date, row: u32) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sequence = (row / 5_000) * 10 + row % 2;
    let number = format!("510107{}{sequence:03}", born.strftime("%Y%m%d"));
    let sum: u32 = number.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = b"10X98765432"[(sum % 11) as usize];
    format!("{number}{}", char::from(check))
}
