//! The statistics of a year as one page: charts as drawings in the page itself, no scripts, nothing fetched from anywhere; to be
//! read on a telephone too.

use std::fmt::Write;

use jiff::civil::Date;
use rules::after::statistics::{Counts, Dimension, Line, Statistics, Table};

/// Bars of a chart: what comes after them stands in the table.
const BARS: usize = 12;

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font-family:system-ui,'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;margin:0 auto;max-width:60rem;padding:1rem;line-height:1.5}\
h1{font-size:1.3rem}h2{font-size:1.1rem;margin-top:2rem}\
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.6rem}\
.card{border:1px solid #8886;border-radius:.5rem;padding:.6rem .8rem}.card b{display:block;font-size:1.5rem}\
svg{width:100%;height:auto;max-width:44rem}svg text{fill:currentColor;font-size:15px}\
.bar{fill:#b5382a}.note{color:#777;font-size:.9rem}\
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}\
th,td{border:1px solid #8886;padding:.25rem .5rem;text-align:right;white-space:nowrap}\
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:8rem}";

/// The page.
pub(crate) fn render(statistics: &Statistics, counted_on: Date) -> String {
    let title = format!("{}年职业技能竞赛获奖选手证书统计", statistics.year);
    let mut page = format!(
        "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><h1>{title}</h1><p class=\"note\">统计日期：{counted_on}　按{}计入年份、月份{}</p>",
        statistics.counted_by,
        statistics.unconfirmed.as_ref().map_or_else(String::new, |gap| format!("（待确认：{}）", escaped(gap)))
    );
    if statistics.applications.uncounted > 0 {
        let note = format!("<p><b>另有 {} 份申报未计入：所依的通知、目录无法读取。</b></p>", statistics.applications.uncounted);
        page.push_str(&note);
    }
    page.push_str(&cards(statistics));
    for table in &statistics.tables {
        page.push_str(&section(table, &statistics.total));
    }
    page.push_str(&refusals(statistics));
    page.push_str(&findings(statistics));
    page.push_str("</body></html>\n");
    page
}

fn cards(statistics: &Statistics) -> String {
    let total = &statistics.total;
    let days = |of: fn(rules::after::statistics::Days) -> u32| total.days.map_or("—".to_owned(), |days| format!("{} 天", of(days)));
    let cards = [
        ("申报（已提交）", format!("{} 份", statistics.applications.submitted)),
        ("颁发证书", format!("{} 张", total.issued)),
        ("登记（他处编号）", format!("{} 人", total.recorded)),
        ("不予通过", format!("{} 人", total.refused)),
        ("已注销", format!("{} 张", total.revoked)),
        ("主办单位已领取", format!("{} 张", total.handed_out)),
        ("申报到领取（中位）", days(|days| days.median)),
        ("申报到领取（最长）", days(|days| days.longest)),
    ];
    let cards: String = cards.iter().map(|(label, value)| format!("<div class=\"card\">{label}<b>{value}</b></div>")).collect();
    format!("<div class=\"cards\">{cards}</div>")
}

fn section(table: &Table, total: &Counts) -> String {
    let bars: Vec<(&str, u32)> = table.lines.iter().map(|line| (line.label.as_str(), line.counts.issued)).collect();
    let chart = if table.by == Dimension::Month { months(&bars) } else { rows(&bars) };
    let word = table.by.word();
    format!("<section><h2>按{word}</h2>{chart}<details><summary>明细表</summary>{}</details></section>", grid(word, &table.lines, total))
}

/// Certificates by month, the bars side by side; a month without any has its place.
fn months(bars: &[(&str, u32)]) -> String {
    const BOTTOM: f64 = 170.0;
    let most = bars.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let month = |number: u8| {
        let label = format!("{number}月");
        let count = bars.iter().find(|(known, _)| *known == label).map_or(0, |(_, count)| *count);
        (label, count)
    };
    let mut drawing = "<svg viewBox=\"0 0 480 195\" role=\"img\" aria-label=\"颁发证书\">".to_owned();
    for number in 1..=12 {
        let (label, count) = month(number);
        let x = 40.0 * f64::from(number - 1);
        let height = f64::from(count) / f64::from(most) * 140.0;
        let _ = write!(
            drawing,
            "<rect class=\"bar\" x=\"{:.0}\" y=\"{:.1}\" width=\"26\" height=\"{height:.1}\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"middle\">{count}</text>\
             <text x=\"{:.0}\" y=\"188\" text-anchor=\"middle\">{}</text>",
            x + 7.0,
            BOTTOM - height,
            x + 20.0,
            BOTTOM - height - 5.0,
            x + 20.0,
            escaped(&label)
        );
    }
    drawing.push_str("</svg>");
    drawing
}

/// Bars under one another, each below its label.
fn rows(bars: &[(&str, u32)]) -> String {
    let some: Vec<&(&str, u32)> = bars.iter().filter(|(_, count)| *count > 0).take(BARS).collect();
    if some.is_empty() {
        return "<p class=\"note\">无</p>".to_owned();
    }
    let most = some.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let mut drawing = format!("<svg viewBox=\"0 0 480 {}\" role=\"img\" aria-label=\"数量\">", some.len() * 42);
    for (index, (label, count)) in some.iter().enumerate() {
        let (y, width) = (42 * index, f64::from(*count) / f64::from(most) * 400.0);
        let _ = write!(
            drawing,
            "<text x=\"2\" y=\"{}\">{}</text><rect class=\"bar\" x=\"2\" y=\"{}\" width=\"{width:.1}\" height=\"14\"/>\
             <text x=\"{:.1}\" y=\"{}\">{count}</text>",
            y + 15,
            escaped(label),
            y + 21,
            width + 8.0,
            y + 33
        );
    }
    drawing.push_str("</svg>");
    let rest = bars.iter().filter(|(_, count)| *count > 0).count() - some.len();
    if rest > 0 {
        let _ = write!(drawing, "<p class=\"note\">另有 {rest} 项，见明细表</p>");
    }
    drawing
}

fn grid(word: &str, lines: &[Line], total: &Counts) -> String {
    let mut table = format!(
        "<div class=\"wide\"><table><tr><th>{word}</th><th>颁发证书</th><th>登记</th><th>已注销</th><th>不予通过</th><th>已领取</th>\
         <th>中位天数</th><th>最长天数</th></tr>"
    );
    let sum = Line { label: "合计".to_owned(), counts: total.clone() };
    for Line { label, counts } in lines.iter().chain([&sum]) {
        let days = |of: fn(rules::after::statistics::Days) -> u32| counts.days.map_or(String::new(), |days| of(days).to_string());
        let _ = write!(
            table,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(label),
            counts.issued,
            counts.recorded,
            counts.revoked,
            counts.refused,
            counts.handed_out,
            days(|days| days.median),
            days(|days| days.longest)
        );
    }
    table.push_str("</table></div>");
    table
}

fn refusals(statistics: &Statistics) -> String {
    let bars = |counts: &std::collections::BTreeMap<String, u32>| {
        let mut bars: Vec<(String, u32)> = counts.iter().map(|(cause, count)| (cause.clone(), *count)).collect();
        bars.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        rows(&bars.iter().map(|(cause, count)| (cause.as_str(), *count)).collect::<Vec<_>>())
    };
    format!(
        "<section><h2>不予通过的原因（人）</h2>{}<h2>退回未再报的原因（份）</h2>{}</section>",
        bars(&statistics.total.causes),
        bars(&statistics.applications.returned)
    )
}

fn findings(statistics: &Statistics) -> String {
    if statistics.findings.is_empty() {
        return "<section><h2>检查发现的错误</h2><p class=\"note\">无</p></section>".to_owned();
    }
    let mut table =
        "<section><h2>检查发现的错误</h2><div class=\"wide\"><table><tr><th>代码</th><th>申报（份）</th><th>次数</th><th>办法</th></tr>"
            .to_owned();
    for often in &statistics.findings {
        let (code, fix) = (often.code.as_str(), escaped(&often.fix));
        let _ = write!(table, "<tr><td>{code}</td><td>{}</td><td>{}</td><td>{fix}</td></tr>", often.applications, often.times);
    }
    table.push_str("</table></div></section>");
    table
}

/// For text and attributes of a page: names of contests are whatever a unit wrote.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
        for wanted in
            ["2022年职业技能竞赛", "统计日期：2023-01-04", "<svg", "6月", "11月", "材料不全、不符", "20 天", "MATERIAL_MISSING", "viewport"]
        {
            assert!(page.contains(wanted), "{wanted}");
        }
        assert!(!page.contains("<script") && !page.contains("http"), "nothing runs, nothing is fetched");
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    }

    #[test]
    fn a_chart_shows_the_largest_and_says_how_many_are_left() {
        let page = render(&statistics(15), jiff::civil::date(2023, 1, 4));
        assert!(page.contains("另有 3 项"));
        assert!(page.contains("大赛&lt;script&gt;14"), "all of them stand in the table");
    }
}
