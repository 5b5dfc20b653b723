//! Made-up people: ID numbers with valid check digits, and sequence numbers that are not given out.

use std::fs::OpenOptions;
use std::io::{Seek, Write};

use anyhow::{Context, Result};
use jiff::ToSpan;
use jiff::civil::date;

use crate::saizheng::shared_data;

/// Somebody who does not exist.
#[derive(Debug, Clone)]
pub struct Person {
    /// The name as it stands on the document.
    pub name: String,
    /// 男 or 女.
    pub gender: &'static str,
    /// 18 positions.
    pub id_number: String,
    /// 11 digits of a range that is not assigned.
    pub phone: String,
}

const SURNAMES: [&str; 10] = ["张", "李", "王", "赵", "陈", "杨", "周", "吴", "刘", "欧阳"];
const GIVEN: [&str; 10] = ["测试", "样例", "示范", "虚构", "假设", "演练", "模拟", "试算", "参考", "范例"];

/// Days on which they were born, from 1960 to 2003.
const DAYS: usize = 16_000;
/// Where they were born: counties of Sichuan.
const AREAS: [&str; 10] = ["510107", "510104", "510105", "510106", "510108", "510112", "510113", "510302", "510402", "510502"];

/// The `n`-th of 1,600,000 people, each different.
pub fn person(n: usize) -> Person {
    let born = date(1960, 1, 1).saturating_add(i64::try_from(n / 10 % DAYS).unwrap_or(0).days());
    let sequence = 990 + n % 10;
    let area = AREAS[n / 10 / DAYS % AREAS.len()];
    let id_number = with_check(&format!("{area}{}{sequence}", born.strftime("%Y%m%d")));
    Person { name: name(n), gender: if sequence % 2 == 1 { "男" } else { "女" }, id_number, phone: format!("1000{n:07}") }
}

/// One of a hundred names.
pub fn name(n: usize) -> String {
    format!("{}{}", SURNAMES[n % 10], GIVEN[n / 10 % 10])
}

/// The first of `count` people whom no other test on the shared stack has: nobody gets the same award twice.
pub fn strangers(count: usize) -> Result<usize> {
    // One append moves the end of the file by `count`, whoever else appends at the same moment.
    std::fs::create_dir_all(shared_data())?;
    let path = shared_data().join("people");
    let mut taken = OpenOptions::new().create(true).append(true).open(&path).with_context(|| path.display().to_string())?;
    taken.write_all(&vec![b'.'; count])?;
    let end = usize::try_from(taken.stream_position()?)?;
    Ok(RESERVED + end - count)
}

/// The people of `tests/samples/`.
const RESERVED: usize = 1000;

/// Seventeen digits and their check character (GB 11643-1999).
pub fn with_check(digits: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.chars().zip(WEIGHTS).map(|(c, weight)| c.to_digit(10).unwrap_or(0) * weight).sum();
    format!("{digits}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}
