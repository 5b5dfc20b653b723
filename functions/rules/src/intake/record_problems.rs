//! All that keeps a record in TOML from being read, told at once. A parser ends at the first: what a line should say is put in its place,
//! and the rest is read again.

use serde::de::DeserializeOwned;

use crate::notice::Notice;
use crate::values::toml_text::{self, NO_TOML, TomlProblem};

/// As many are looked for: each is a reading of the whole text.
const MAX_PROBLEMS: usize = 30;

/// Fields of both records that must be there, or hold a text: what they are called, and a value that can be read.
const FIELDS: [(&str, &str, &str); 23] = [
    ("name", "名称", "\"样例\""),
    ("class", "竞赛类别", "\"省级一类\""),
    ("hrss_hosted", "是否人社部门主办", "false"),
    ("selection_for", "选拔赛所属的全国大赛", "\"样例\""),
    ("organiser", "牵头主办单位", "\"样例\""),
    ("organiser_body", "主办单位的机构代码", "\"S000051010001\""),
    ("committee", "组委会名称", "\"样例\""),
    ("jurisdiction", "管辖地区代码", "\"00\""),
    ("year", "大赛年份", "2022"),
    ("final_on", "决赛日期", "2022-05-28"),
    ("issued_on", "发证日期", "2022-06-20"),
    ("events", "赛项，每个以 [[events]] 开头", "[]"),
    ("occupation", "职业名称", "\"样例\""),
    ("occupation_code", "职业编码", "\"6-18-01-01\""),
    ("job", "工种", "\"样例\""),
    ("winners", "获奖人数", "1"),
    ("address", "单位地址", "\"样例\""),
    ("phone", "联系电话", "\"样例\""),
    ("responsible", "负责人", "\"样例\""),
    ("handler", "经办人", "\"样例\""),
    ("code13", "机构代码", "\"S000051010001\""),
    ("filed_with_province", "是否经省人社厅备案", "true"),
    ("levels", "等级", "[3]"),
];

fn field(name: &str) -> Option<(&'static str, &'static str)> {
    FIELDS.iter().find(|(known, ..)| *known == name).map(|(_, title, value)| (*title, *value))
}

fn holds_text(name: &str) -> bool {
    field(name).is_some_and(|(_, value)| value.starts_with('"'))
}

/// A line of the text as it is tried, and its number in the text as it was written; none of what was put in.
#[derive(Clone)]
struct Tried {
    number: Option<usize>,
    text: String,
}

/// What is wrong with a text that is no `T`, in the order of its lines; what is missing comes last.
pub(super) fn problems<T: DeserializeOwned>(text: &str, notice: &Notice) -> Vec<String> {
    let mut lines: Vec<Tried> =
        (1..).zip(text.lines()).map(|(number, line)| Tried { number: Some(number), text: line.to_owned() }).collect();
    let (mut told, mut missing) = (Vec::new(), Missing::default());
    for _ in 0..MAX_PROBLEMS {
        let Err(problem) = tried::<T>(&lines) else { break };
        let next = match &problem.missing {
            Some(field) => missing.note::<T>(&lines, &problem, field),
            None => {
                let line = problem.line.and_then(|line| lines.get(line - 1));
                let number = line.and_then(|line| line.number);
                let written = line.map_or("", |line| line.text.as_str());
                let hint = hint(notice, written, problem.message == NO_TOML);
                let place = number.map_or_else(String::new, |number| format!("第 {number} 行"));
                told.push((number, format!("{place}无法读取：{}{hint}", problem.message)));
                without::<T>(&lines, &problem)
            }
        };
        let Some(next) = next else { break };
        lines = next;
    }
    told.sort_by_key(|(number, _)| *number);
    told.into_iter().map(|(_, said)| said).chain(missing.said()).collect()
}

fn tried<T: DeserializeOwned>(lines: &[Tried]) -> Result<T, TomlProblem> {
    let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    toml_text::parse(&text.join("\n"))
}

/// The lines with the one that cannot be read as it should be, or without it; none where that would change nothing.
fn without<T: DeserializeOwned>(lines: &[Tried], problem: &TomlProblem) -> Option<Vec<Tried>> {
    let at = problem.line?.checked_sub(1)?;
    // What was put in can be read: the text is wrong in another way.
    let wrong = lines.get(at).filter(|line| line.number.is_some())?;
    let key = wrong.text.split('=').next().unwrap_or_default().trim();
    let sample = field(key).map(|(_, value)| format!("{key} = {value}"));
    let texts = sample.into_iter().chain([String::new()]);
    let replaced = texts.map(|text| {
        let mut next = lines.to_vec();
        next[at] = Tried { number: None, text };
        next
    });
    replaced.into_iter().find(|next| !matches!(tried::<T>(next), Err(again) if again.line == problem.line))
}

/// How a line should be written that could not be read; `is_unread` where it is no TOML, not even of another meaning.
fn hint(notice: &Notice, line: &str, is_unread: bool) -> String {
    let line = line.trim_start();
    if line.starts_with('[') {
        return "；每个赛项以单独一行 [[events]] 开头".to_owned();
    }
    let key = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
    let rest = line.strip_prefix(key).unwrap_or_default().trim_start();
    let Some(value) = rest.strip_prefix('=').map(str::trim_start) else {
        return if is_unread { "；每行写作 名称 = 值，如 year = 2022".to_owned() } else { String::new() };
    };
    if is_unread && value.starts_with('"') && value.matches('"').count() == 1 && !value.contains(['“', '”']) {
        return "；文字后面少了英文引号".to_owned();
    }
    let is_quoted = value.starts_with(['"', '\'']);
    match key {
        "jurisdiction" => {
            let known: Vec<String> = notice.jurisdictions.iter().map(|known| format!("{} {}", known.code, known.name)).collect();
            format!("；jurisdiction 应为加引号的代码，如 \"00\"（可写：{}）", known.join("、"))
        }
        "class" if !is_quoted => {
            let quoted: Vec<String> = notice.classes.iter().map(|class| format!("\"{}\"", class.name)).collect();
            format!("；class 应加引号：{}", quoted.join(" 或 "))
        }
        key if holds_text(key) && !is_quoted => "；文字应加英文引号".to_owned(),
        key if holds_text(key) && is_unread => "；名称里的引号用“”，最外面用英文引号".to_owned(),
        "hrss_hosted" => "；hrss_hosted 写作 true（是）或 false（否）".to_owned(),
        "final_on" | "issued_on" => "；日期写作 2022-06-20".to_owned(),
        "year" | "winners" => "；写作不加引号的数字".to_owned(),
        _ => String::new(),
    }
}

/// Fields that are not there: of the whole record, and of the tables that begin at a line.
#[derive(Default)]
struct Missing(Vec<(Option<usize>, String)>);

impl Missing {
    /// Notes one, and gives the lines with it: in the table that its line begins, or at the top.
    fn note<T: DeserializeOwned>(&mut self, lines: &[Tried], problem: &TomlProblem, field: &str) -> Option<Vec<Tried>> {
        let (title, value) = self::field(field)?;
        let put = Tried { number: None, text: format!("{field} = {value}") };
        let begins = problem.line.filter(|line| lines.get(line - 1).is_some_and(|line| line.text.trim_start().starts_with('[')));
        for place in [begins, Some(0)].into_iter().flatten() {
            let mut next = lines.to_vec();
            next.insert(place, put.clone());
            let is_better = match tried::<T>(&next) {
                Ok(_) => true,
                Err(again) if again.missing.is_some() => again.missing != problem.missing || again.line != problem.line,
                // In the wrong table it is there twice, or unknown.
                Err(again) => !again.message.contains(field),
            };
            if is_better || place == 0 {
                let table = place.checked_sub(1).and_then(|at| lines.get(at)?.number);
                self.0.push((table, format!("“{field}”（{title}）")));
                return Some(next).filter(|_| is_better);
            }
        }
        None
    }

    /// One for each table.
    fn said(mut self) -> Vec<String> {
        self.0.sort_by_key(|(table, _)| *table);
        let of_table = |some: &[(Option<usize>, String)]| {
            let fields: Vec<&str> = some.iter().map(|(_, field)| field.as_str()).collect();
            let place = some.first().and_then(|(table, _)| *table).map_or_else(String::new, |line| format!("第 {line} 行起的一段"));
            format!("{place}缺少{}", fields.join("、"))
        };
        self.0.chunk_by(|a, b| a.0 == b.0).map(of_table).collect()
    }
}
