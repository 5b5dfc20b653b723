//! The ledger by day and operator: opening, in, out, closing (期初、收入、发出、期末).

use jiff::civil::Date;

use super::stock::{LedgerEntry, Movement};
use crate::values::date::day_of;

/// What moved in and out of the stock on hand, in sheets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    /// 入库、转入
    pub received: u64,
    /// 退印
    pub unprinted: u64,
    /// 打印
    pub printed: u64,
    /// 空白作废
    pub voided: u64,
    /// 空白遗失
    pub lost: u64,
    /// 转出
    pub handed_over: u64,
    /// 已印作废, which were not on hand any more.
    pub voided_printed: u64,
    /// 已印遗失, the same.
    pub lost_printed: u64,
}

impl Flow {
    fn add(&mut self, line: &LedgerEntry) {
        let count = line.sheets.count();
        let sum = match line.movement {
            Movement::Receive | Movement::Assign | Movement::AssignLocked => &mut self.received,
            Movement::Unprint => &mut self.unprinted,
            Movement::Print => &mut self.printed,
            Movement::VoidBlank => &mut self.voided,
            Movement::LoseBlank => &mut self.lost,
            Movement::HandOver => &mut self.handed_over,
            Movement::VoidPrinted => &mut self.voided_printed,
            Movement::LosePrinted => &mut self.lost_printed,
            Movement::Destroy | Movement::Count | Movement::Ask | Movement::Refuse | Movement::Acknowledge => return,
        };
        *sum += count;
    }

    /// Into the stock on hand.
    pub fn total_in(&self) -> u64 {
        self.received + self.unprinted
    }

    /// Out of it.
    pub fn total_out(&self) -> u64 {
        self.printed + self.voided + self.lost + self.handed_over
    }
}

/// A day: what was on hand before, what moved, by whom, what was on hand after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// In Asia/Shanghai.
    pub date: Date,
    /// 期初
    pub opening: u64,
    /// All of it.
    pub total: Flow,
    /// By operator, in the order in which they began.
    pub operators: Vec<(String, Flow)>,
    /// 期末
    pub closing: u64,
}

/// The days of a ledger, whose lines are in order.
pub fn daily(lines: &[LedgerEntry]) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    let mut on_hand = 0;
    for line in lines {
        let date = day_of(line.at);
        if days.last().is_none_or(|day| day.date != date) {
            days.push(Day { date, opening: on_hand, total: Flow::default(), operators: Vec::new(), closing: on_hand });
        }
        on_hand = line.on_hand;
        let Some(day) = days.last_mut() else { continue };
        day.closing = on_hand;
        day.total.add(line);
        match day.operators.iter_mut().find(|(operator, _)| *operator == line.operator) {
            Some((_, flow)) => flow.add(line),
            None => {
                let mut flow = Flow::default();
                flow.add(line);
                day.operators.push((line.operator.clone(), flow));
            }
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::sheets::stock::Book;
    use crate::values::party::IssuingUnit;
    use crate::values::ranges::SerialRange;

    #[test]
    fn each_day_opens_as_the_last_one_closed_and_its_operators_add_up() {
        let mut book = Book::new("skill_level", &IssuingUnit::center("00"));
        let day = |n: i64| Timestamp::from_second(1_655_690_400 + n * 86_400).expect("in range");
        let moves = [
            (Movement::Receive, 1, 100, "a", 0),
            (Movement::Print, 1, 40, "b", 0),
            (Movement::VoidPrinted, 7, 7, "b", 0),
            (Movement::LoseBlank, 41, 42, "a", 1),
            (Movement::HandOver, 50, 59, "a", 3),
        ];
        let lines: Vec<LedgerEntry> = moves
            .iter()
            .map(|(movement, first, last, who, when)| {
                let line = LedgerEntry::new(*movement, SerialRange::new(*first, *last).into(), who, day(*when));
                book.enter(line).expect("possible").entry
            })
            .collect();
        let days = daily(&lines);
        assert_eq!(days.iter().map(|day| (day.opening, day.closing)).collect::<Vec<_>>(), [(0, 60), (60, 58), (58, 48)]);
        for day in &days {
            assert_eq!(day.opening + day.total.total_in() - day.total.total_out(), day.closing, "{day:?}");
            assert_eq!(day.operators.iter().map(|(_, flow)| flow.total_out()).sum::<u64>(), day.total.total_out());
        }
        assert_eq!(days[0].operators.len(), 2);
        assert_eq!(days[0].total.voided_printed, 1);
    }
}
