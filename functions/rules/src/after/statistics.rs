//! What the Center reports every year: certificates, refusals by cause and the time it took, by contest, city, occupation,
//! level, body and month. Nobody's name is in it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::notice::StatisticsRules;
use crate::values::finding::{Finding, FindingCode};

/// What the tables are broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// 月份
    Month,
    /// 大赛
    Contest,
    /// 市（州）
    City,
    /// 职业
    Occupation,
    /// 等级
    Level,
    /// 颁证（代章）机构
    Body,
}

impl Dimension {
    /// All of them, in the order of the tables.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The word readers see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Month => "月份",
            Self::Contest => "大赛",
            Self::City => "市（州）",
            Self::Occupation => "职业",
            Self::Level => "等级",
            Self::Body => "颁证（代章）机构",
        }
    }

    /// Whether its lines have an order of their own; the others' largest comes first.
    fn is_ordered(self) -> bool {
        matches!(self, Self::Month | Self::Level)
    }
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A certificate with a code that counts.
    Issued,
    /// A certificate that others number (职业资格, 专项).
    Recorded,
    /// A certificate that was revoked since.
    Revoked,
    /// Refused at the review, for this cause.
    Refused(String),
}

/// A row of a roster that was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// By which day it is counted.
    pub on: Date,
    /// 大赛名称
    pub contest: String,
    /// Name of its jurisdiction.
    pub city: String,
    /// 职业名称
    pub occupation: String,
    /// Digit and name of the level; none for a specific ability.
    pub level: Option<(u8, String)>,
    /// Who issues, or seals on behalf.
    pub body: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Days from the submission to the organiser's collection, once that was.
    pub days: Option<u32>,
}

impl Decided {
    /// The line it belongs to: what sorts it, and what it is called.
    fn line(&self, dimension: Dimension) -> (u8, String) {
        let plain = |text: &str| (0, text.to_owned());
        match dimension {
            // 1 to 12.
            Dimension::Month => (self.on.month().unsigned_abs(), format!("{}月", self.on.month())),
            Dimension::Contest => plain(&self.contest),
            Dimension::City => plain(&self.city),
            Dimension::Occupation => plain(&self.occupation),
            Dimension::Level => self.level.clone().unwrap_or((u8::MAX, "无等级（专项）".to_owned())),
            Dimension::Body => plain(&self.body),
        }
    }
}

/// Days from submission to collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    /// Of how many certificates.
    pub of: u32,
    /// The middle one; of two the longer.
    pub median: u32,
    /// The longest.
    pub longest: u32,
}

/// What is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Certificates with a code that count.
    pub issued: u32,
    /// Certificates that others number.
    pub recorded: u32,
    /// Certificates revoked since.
    pub revoked: u32,
    /// Rows refused.
    pub refused: u32,
    /// The same by cause.
    pub causes: BTreeMap<String, u32>,
    /// Certificates that the organiser has collected.
    pub handed_out: u32,
    /// How long that took.
    pub days: Option<Days>,
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it is about.
    pub label: String,
    /// What was counted of it.
    #[serde(flatten)]
    pub counts: Counts,
}

/// A breakdown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// By what.
    pub by: Dimension,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// How often an automatic check found something that must be put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundOften {
    /// The finding's stable name.
    pub code: FindingCode,
    /// What is to be done about it.
    pub fix: String,
    /// In how many applications.
    pub applications: u32,
    /// How many times, over all versions handed in.
    pub times: u32,
}

/// Applications of the year, by the day they were created.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applications {
    /// How many were created.
    pub created: u32,
    /// Submitted at least once.
    pub submitted: u32,
    /// Returned and not handed in again, by cause.
    pub returned: BTreeMap<String, u32>,
    /// Of whatever year: they rest on a notice or a catalogue that cannot be read, so that nothing of them is counted.
    #[serde(default)]
    pub uncounted: u32,
}

/// The year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// The year that is counted.
    pub year: i16,
    /// Which date counts, for the reader.
    pub counted_by: String,
    /// The gap that this rests on, 待确认.
    pub unconfirmed: Option<String>,
    /// All rows.
    pub total: Counts,
    /// The breakdowns: the sum of each is the total.
    pub tables: Vec<Table>,
    /// How far the applications of the year have come.
    pub applications: Applications,
    /// What automatic checks found, the most frequent first.
    pub findings: Vec<FoundOften>,
}

#[derive(Debug, Default)]
struct Running {
    counts: Counts,
    /// How many certificates took so many days.
    days: BTreeMap<u32, u32>,
}

impl Running {
    fn add(&mut self, row: &Decided) {
        let counts = &mut self.counts;
        match &row.outcome {
            Outcome::Issued => counts.issued += 1,
            Outcome::Recorded => counts.recorded += 1,
            Outcome::Revoked => counts.revoked += 1,
            Outcome::Refused(cause) => {
                counts.refused += 1;
                *counts.causes.entry(cause.clone()).or_default() += 1;
            }
        }
        if let (Outcome::Issued | Outcome::Recorded, Some(days)) = (&row.outcome, row.days) {
            counts.handed_out += 1;
            *self.days.entry(days).or_default() += 1;
        }
    }

    fn finish(self) -> Counts {
        let of: u32 = self.days.values().sum();
        let mut before = 0;
        let median = self.days.iter().find(|(_, count)| {
            before += **count;
            before > of / 2
        });
        let longest = self.days.last_key_value().map(|(days, _)| *days);
        let days = median.zip(longest).map(|((median, _), longest)| Days { of, median: *median, longest });
        Counts { days, ..self.counts }
    }
}

/// Counts a year, row by row.
#[derive(Debug)]
pub struct Tally {
    year: i16,
    total: Running,
    tables: BTreeMap<Dimension, BTreeMap<(u8, String), Running>>,
    applications: Applications,
    findings: BTreeMap<FindingCode, FoundOften>,
}

impl Tally {
    /// Nothing of `year` yet.
    pub fn new(year: i16) -> Self {
        Self { year, total: Running::default(), tables: BTreeMap::new(), applications: Applications::default(), findings: BTreeMap::new() }
    }

    /// A row; one of another year changes nothing.
    pub fn add(&mut self, row: &Decided) {
        if row.on.year() != self.year {
            return;
        }
        self.total.add(row);
        for &dimension in Dimension::ALL {
            self.tables.entry(dimension).or_default().entry(row.line(dimension)).or_default().add(row);
        }
    }

    /// An application that cannot be counted, see [`Applications::uncounted`].
    pub fn add_uncounted(&mut self) {
        self.applications.uncounted += 1;
    }

    /// An application that was created in the year: whether it was ever submitted, the cause if it stands returned, and
    /// what the checks found in all versions of its materials.
    pub fn add_application(&mut self, submitted: bool, returned: Option<&str>, findings: &[Finding]) {
        self.applications.created += 1;
        self.applications.submitted += u32::from(submitted);
        if let Some(cause) = returned {
            *self.applications.returned.entry(cause.to_owned()).or_default() += 1;
        }
        let mut own: BTreeMap<FindingCode, (u32, &str)> = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.is_error()) {
            own.entry(finding.code).or_insert((0, &finding.fix)).0 += 1;
        }
        for (code, (times, fix)) in own {
            let often = self.findings.entry(code).or_insert_with(|| FoundOften { code, fix: fix.to_owned(), applications: 0, times: 0 });
            often.applications += 1;
            often.times += times;
        }
    }

    /// The tables.
    pub fn finish(mut self, rules: &StatisticsRules) -> Statistics {
        let table = |by: Dimension| {
            let lines = self.tables.remove(&by).unwrap_or_default();
            let mut lines: Vec<Line> = lines.into_iter().map(|((_, label), running)| Line { label, counts: running.finish() }).collect();
            if !by.is_ordered() {
                lines.sort_by_key(|line| std::cmp::Reverse(line.counts.issued + line.counts.recorded));
            }
            Table { by, lines }
        };
        let tables = Dimension::ALL.iter().copied().map(table).collect();
        let mut findings: Vec<FoundOften> = self.findings.into_values().collect();
        findings.sort_by_key(|often| std::cmp::Reverse((often.applications, often.times)));
        Statistics {
            year: self.year,
            counted_by: rules.counted_by.word().to_owned(),
            unconfirmed: rules.unconfirmed.clone(),
            total: self.total.finish(),
            tables,
            applications: self.applications,
            findings,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::notice::Notices;
    use crate::values::finding::Place;

    fn rules() -> StatisticsRules {
        Notices::built_in().expect("built in").general().statistics.clone()
    }

    fn decided() -> Decided {
        Decided {
            on: date(2022, 6, 20),
            contest: "样例大赛".to_owned(),
            city: "省本级".to_owned(),
            occupation: "车工".to_owned(),
            level: Some((3, "三级/高级工".to_owned())),
            body: "四川省职业技能鉴定指导中心".to_owned(),
            outcome: Outcome::Issued,
            days: None,
        }
    }

    fn any_decided() -> impl Strategy<Value = Decided> {
        let outcome = prop_oneof![
            4 => Just(Outcome::Issued),
            1 => Just(Outcome::Recorded),
            1 => Just(Outcome::Revoked),
            2 => (0..3_u8).prop_map(|cause| Outcome::Refused(format!("原因{cause}"))),
        ];
        let level = proptest::option::of((1..=5_u8).prop_map(|digit| (digit, format!("{digit}级"))));
        let days = proptest::option::of(0..200_u32);
        (0..4_u8, 0..3_u8, 0..5_u8, 1..=12_i8, 2021..=2023_i16, level, outcome, days).prop_map(
            |(contest, city, occupation, month, year, level, outcome, days)| Decided {
                on: date(year, month, 1),
                contest: format!("大赛{contest}"),
                city: format!("市{city}"),
                occupation: format!("职业{occupation}"),
                level,
                body: format!("机构{city}"),
                outcome,
                days,
            },
        )
    }

    fn sums(counts: &Counts) -> [u32; 6] {
        let causes = counts.causes.values().sum();
        [counts.issued, counts.recorded, counts.revoked, counts.refused, causes, counts.handed_out]
    }

    proptest! {
        #[test]
        fn every_breakdown_adds_up_to_the_total_and_the_total_to_the_rows(rows in proptest::collection::vec(any_decided(), 0..200)) {
            let mut tally = Tally::new(2022);
            rows.iter().for_each(|row| tally.add(row));
            let statistics = tally.finish(&rules());
            let of_year: Vec<&Decided> = rows.iter().filter(|row| row.on.year() == 2022).collect();
            let counts = &statistics.total;
            prop_assert_eq!((counts.issued + counts.recorded + counts.revoked + counts.refused) as usize, of_year.len());
            prop_assert_eq!(counts.causes.values().sum::<u32>(), counts.refused);
            for table in &statistics.tables {
                let mut sum = [0; 6];
                for line in &table.lines {
                    sums(&line.counts).into_iter().enumerate().for_each(|(i, count)| sum[i] += count);
                    if let Some(days) = line.counts.days {
                        prop_assert!(days.median <= days.longest && days.of == line.counts.handed_out);
                        prop_assert!(days.longest <= counts.days.map_or(0, |days| days.longest));
                    }
                }
                prop_assert_eq!(sum, sums(counts), "{:?}", table.by);
            }
            let counts_if_collected = |row: &&&Decided| matches!(row.outcome, Outcome::Issued | Outcome::Recorded);
            let mut days: Vec<u32> = of_year.iter().filter(counts_if_collected).filter_map(|row| row.days).collect();
            days.sort_unstable();
            prop_assert_eq!(counts.days.map(|known| known.median), days.get(days.len() / 2).copied());
            prop_assert_eq!(counts.days.map(|known| known.longest), days.last().copied());
        }
    }

    #[test]
    fn months_and_levels_keep_their_order_and_the_rest_begins_with_the_largest() {
        let mut tally = Tally::new(2022);
        for (month, occupation) in [(12, "车工"), (2, "钳工"), (2, "钳工")] {
            tally.add(&Decided { on: date(2022, month, 1), occupation: occupation.to_owned(), ..decided() });
        }
        tally.add(&Decided { level: None, outcome: Outcome::Recorded, ..decided() });
        let statistics = tally.finish(&rules());
        let labels = |by: Dimension| -> Vec<&str> {
            let table = statistics.tables.iter().find(|table| table.by == by).expect("a table");
            table.lines.iter().map(|line| line.label.as_str()).collect()
        };
        assert_eq!(labels(Dimension::Month), ["2月", "6月", "12月"]);
        assert_eq!(labels(Dimension::Level), ["三级/高级工", "无等级（专项）"]);
        assert_eq!(labels(Dimension::Occupation), ["车工", "钳工"]);
    }

    #[test]
    fn certificates_of_others_that_the_organiser_collected_are_counted_as_collected() {
        let mut tally = Tally::new(2022);
        tally.add(&Decided { outcome: Outcome::Recorded, days: Some(12), ..decided() });
        tally.add(&Decided { outcome: Outcome::Recorded, ..decided() });
        tally.add(&Decided { outcome: Outcome::Revoked, days: Some(90), ..decided() });
        let total = tally.finish(&rules()).total;
        assert_eq!((total.recorded, total.handed_out, total.days), (2, 1, Some(Days { of: 1, median: 12, longest: 12 })));
    }

    #[test]
    fn a_reason_has_the_first_cause_whose_words_it_holds() {
        let rules = rules();
        assert_eq!(rules.cause("名次与表彰文件不一致"), "成绩、名次不符");
        assert_eq!(rules.cause("不合要求"), rules.other_cause);
        for (reason, cause) in [
            ("年龄不符", "参赛条件不符"),
            ("学生组年龄超限", "参赛条件不符"),
            ("姓名与身份证不一致", "身份信息不符"),
            ("身份证扫描件不清", "材料不全、不符"),
            ("缺少竞赛文件", "材料不全、不符"),
        ] {
            assert_eq!(rules.cause(reason), cause, "{reason}");
        }
        assert_eq!(rules.date(date(2022, 6, 1), date(2021, 12, 1)), date(2022, 6, 1));
    }

    #[test]
    fn findings_are_counted_by_application_and_by_time() {
        let finding = |code| Finding::new(code, Place::file("roster.xlsx"), "原文");
        let mut tally = Tally::new(2022);
        let errors = [finding(FindingCode::MaterialMissing), finding(FindingCode::MaterialMissing), finding(FindingCode::PhotoMissing)];
        tally.add_application(true, None, &errors);
        tally.add_application(false, Some("材料不符"), &errors[..1]);
        let statistics = tally.finish(&rules());
        let often: Vec<_> = statistics.findings.iter().map(|often| (often.code, often.applications, often.times)).collect();
        assert_eq!(often, [(FindingCode::MaterialMissing, 2, 3)], "a notice is no error");
        assert_eq!((statistics.applications.created, statistics.applications.submitted), (2, 1));
        assert_eq!(statistics.applications.returned.get("材料不符"), Some(&1));
        assert!(!serde_json::to_string(&statistics).expect("JSON").contains("原文"), "no words of a finding");
    }
}
