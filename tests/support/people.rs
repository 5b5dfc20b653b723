//! Made-up people: ID numbers with valid check digits, and sequence numbers that are not given out.

use jiff::ToSpan;
use jiff::civil::date;

/// Somebody who does not exist.
#[derive(Debug, Clone)]
pub struct Person {
    /// Name.
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

/// The `n`-th of 150,000 people, each different.
pub fn person(n: usize) -> Person {
    let born = date(1960, 1, 1).saturating_add(i64::try_from(n / 10).unwrap_or(0).days());
    let sequence = 990 + n % 10;
    let id_number = with_check(&format!("510107{}{sequence}", born.strftime("%Y%m%d")));
    let name = format!("{}{}", SURNAMES[n % 10], GIVEN[n / 10 % 10]);
    Person { name, gender: if sequence % 2 == 1 { "男" } else { "女" }, id_number, phone: format!("1000{n:07}") }
}

/// Seventeen digits and their check character (GB 11643-1999).
pub fn with_check(digits: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.chars().zip(WEIGHTS).map(|(c, weight)| c.to_digit(10).unwrap_or(0) * weight).sum();
    format!("{digits}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}
