//! The statistics of a year as one page: charts and tables, no scripts, nothing fetched from anywhere; to be read on a telephone
//! too.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rules::after::statistics::{Counts, Days, Dimension, Line, Statistics, Table};

/// Bars of a chart: what comes after them stands in the table.
const BARS: usize = 12;

const STYLE: &str = include_str!("page.css");

/// The page.
pub(crate) fn render(statistics: &Statistics, counted_on: Date) -> String {
    let title = format!("{}年职业技能竞赛获奖选手证书统计", statistics.year);
    let page = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                p .note {
                    "统计日期：" (counted_on) "　按" (statistics.counted_by) "计入年份、月份"
                    @if let Some(gap) = &statistics.unconfirmed { "（待确认：" (gap) "）" }
                }
                @if statistics.applications.uncounted > 0 {
                    p { b { "另有 " (statistics.applications.uncounted) " 份申报未计入：所依的通知、目录无法读取。" } }
                }
                (cards(statistics))
                @for table in &statistics.tables { (section(table, &statistics.total)) }
                (refusals(statistics))
                (findings(statistics))
            }
        }
    };
    page.into_string()
}

fn cards(statistics: &Statistics) -> Markup {
    let total = &statistics.total;
    let days = |of: fn(Days) -> u32| total.days.map_or("—".to_owned(), |days| format!("{} 天", of(days)));
    let cards = [
        ("申报（已提交）", format!("{} 份", statistics.applications.submitted)),
        ("颁发证书", format!("{} 张", total.issued)),
        ("登记（他处编号、待编号）", format!("{} 人", total.recorded)),
        ("不予通过", format!("{} 人", total.refused)),
        ("已注销", format!("{} 张", total.revoked)),
        ("主办单位已领取", format!("{} 张", total.handed_out)),
        ("申报到领取（中位）", days(|days| days.median)),
        ("申报到领取（最长）", days(|days| days.longest)),
    ];
    html! { div .cards { @for (label, value) in cards { div .card { (label) b { (value) } } } } }
}

fn section(table: &Table, total: &Counts) -> Markup {
    let bars: Vec<(&str, u32)> = table.lines.iter().map(|line| (line.label.as_str(), line.counts.issued)).collect();
    let word = table.by.word();
    html! {
        section {
            h2 { "按" (word) }
            @if table.by == Dimension::Month { (months(&bars)) } @else { (rows(&bars)) }
            details { summary { "明细表" } (grid(word, &table.lines, total)) }
        }
    }
}

/// The length of a bar, of the longest, per cent.
fn share(count: u32, most: u32) -> String {
    format!("{:.1}%", f64::from(count) / f64::from(most.max(1)) * 100.0)
}

/// Certificates by month, the bars side by side; a month without any has its place.
fn months(bars: &[(&str, u32)]) -> Markup {
    let most = bars.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let count = |label: &str| bars.iter().find(|(known, _)| *known == label).map_or(0, |(_, count)| *count);
    html! {
        ol .months aria-label="各月颁发证书" {
            @for label in (1..=12).map(|month| format!("{month}月")) {
                @let count = count(&label);
                li {
                    span .count { (count) }
                    span .bar style={ "height:" (share(count, most)) } {}
                    span .month { (label) }
                }
            }
        }
    }
}

/// Bars under one another, each below its label, which has as many lines as it needs.
fn rows(bars: &[(&str, u32)]) -> Markup {
    let some: Vec<&(&str, u32)> = bars.iter().filter(|(_, count)| *count > 0).collect();
    let most = some.iter().map(|(_, count)| *count).max().unwrap_or(0);
    html! {
        @if some.is_empty() { p .note { "无" } }
        @else {
            ol .rows {
                @for (label, count) in some.iter().take(BARS) {
                    li { (label) span .line { span .bar style={ "width:" (share(*count, most)) } {} span .count { (count) } } }
                }
            }
        }
        @if some.len() > BARS { p .note { "另有 " (some.len() - BARS) " 项，见明细表" } }
    }
}

fn grid(word: &str, lines: &[Line], total: &Counts) -> Markup {
    let sum = Line { label: "合计".to_owned(), counts: total.clone() };
    let days = |counts: &Counts, of: fn(Days) -> u32| counts.days.map_or(String::new(), |days| of(days).to_string());
    html! {
        div .wide tabindex="0" {
            table {
                tr { @for head in [word, "颁发证书", "登记", "已注销", "不予通过", "已领取", "中位天数", "最长天数"] { th scope="col" { (head) } } }
                @for Line { label, counts } in lines.iter().chain([&sum]) {
                    tr {
                        th scope="row" { (label) }
                        @for count in [counts.issued, counts.recorded, counts.revoked, counts.refused, counts.handed_out] { td { (count) } }
                        td { (days(counts, |days| days.median)) }
                        td { (days(counts, |days| days.longest)) }
                    }
                }
            }
        }
    }
}

fn refusals(statistics: &Statistics) -> Markup {
    html! {
        section {
            h2 { "不予通过的原因（人）" } (causes(&statistics.total.causes))
            h2 { "退回未再报的原因（份）" } (causes(&statistics.applications.returned))
            p .note { "原因由系统按审核、退回意见中的用词归类，不是意见的原文；原文见各份申报。" }
        }
    }
}

/// The most frequent first.
fn causes(counts: &BTreeMap<String, u32>) -> Markup {
    let mut bars: Vec<(&str, u32)> = counts.iter().map(|(cause, count)| (cause.as_str(), *count)).collect();
    bars.sort_by_key(|(_, count)| Reverse(*count));
    rows(&bars)
}

fn findings(statistics: &Statistics) -> Markup {
    html! {
        section {
            h2 { "检查发现的错误" }
            @if statistics.findings.is_empty() { p .note { "无" } }
            @else {
                div .wide tabindex="0" {
                    table {
                        tr { th scope="col" { "要单位怎样改正" } th scope="col" { "申报（份）" } th scope="col" { "次数" } }
                        @for often in &statistics.findings {
                            tr {
                                th scope="row" { (often.fix) span .code { (often.code.as_str()) } }
                                td { (often.applications) }
                                td { (often.times) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rules::after::statistics::{Applications, Days, FoundOften};
    use rules::values::finding::FindingCode;

    use super::*;

    fn statistics(contests: usize) -> Statistics {
        let counts = Counts { issued: 3, days: Some(Days { of: 3, median: 20, longest: 40 }), ..Counts::default() };
        let line = |n: usize| Line { label: format!("大赛<script>{n}"), counts: counts.clone() };
        Statistics {
            year: 2022,
            counted_by: "审核（赋码）日期".to_owned(),
            unconfirmed: Some("统计口径".to_owned()),
            total: Counts { refused: 2, causes: BTreeMap::from([("材料不全、不符".to_owned(), 2)]), ..counts.clone() },
            tables: vec![
                Table { by: Dimension::Month, lines: vec![Line { label: "6月".to_owned(), counts: counts.clone() }] },
                Table { by: Dimension::Contest, lines: (0..contests).map(line).collect() },
            ],
            applications: Applications::default(),
            findings: vec![FoundOften {
                code: FindingCode::MaterialMissing, fix: "请补传这份材料".to_owned(), applications: 1, times: 2
            }],
        }
    }

    #[test]
    fn the_page_has_charts_and_tables_and_nothing_that_runs() {
        let page = render(&statistics(2), jiff::civil::date(2023, 1, 4));
        for wanted in [
            "2022年职业技能竞赛",
            "统计日期：2023-01-04",
            "6月",
            "11月",
            "材料不全、不符",
            "20 天",
            "MATERIAL_MISSING",
            "viewport",
            "按审核、退回意见中的用词归类",
            "height:100.0%",
        ] {
            assert!(page.contains(wanted), "{wanted}");
        }
        assert!(!page.contains("<script") && !page.contains("http"), "nothing runs, nothing is fetched");
    }

    #[test]
    fn a_chart_shows_the_largest_and_says_how_many_are_left() {
        let page = render(&statistics(15), jiff::civil::date(2023, 1, 4));
        assert!(page.contains("另有 3 项"));
        assert!(page.contains("大赛&lt;script&gt;14"), "all of them stand in the table");
    }
}
