//! What a notice's data rest on that nobody has confirmed, 待确认: each such setting with what it decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Values of a setting that are told.
const MAX_VALUES: usize = 8;

/// What each table of a notice decides.
const DECIDES: [(&str, &str); 19] = [
    ("notice", "通知适用于哪些地区的大赛"),
    ("certificate_types", "一名选手取得哪一类证书"),
    ("routes", "由谁审核、以谁的名义颁证"),
    ("authorisation", "授权编号怎样给出，授权书怎样写"),
    ("archive", "档案保存多久"),
    ("retention", "没有颁证的申报，材料何时删除"),
    ("code", "证书编码第 1–13 位怎样编"),
    ("rank", "奖牌类别、名次怎样认"),
    ("promotion", "什么名次对应什么等级（高于此的须写明理由）"),
    ("levels_rule", "已有的等级、一人多项怎样处理"),
    ("sheet_kinds", "空白证书流水号的样式"),
    ("roster", "选手信息导入模板表有哪些列"),
    ("hand_out", "领取、发放多久算逾期"),
    ("supervision", "录入监管系统的数据表有哪些列"),
    ("statistics", "年度统计的口径"),
    ("photo", "没有照片的能否打印"),
    ("certificate", "证书正文怎样写"),
    ("publication", "信息上网的数据表怎样填"),
    ("layouts", "证书上各项排在哪里"),
];

/// A setting that nobody has confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnconfirmedSetting {
    /// The file that it stands in.
    pub file: String,
    /// The table, as it is written there.
    pub setting: String,
    /// The gap, as decisions show it: `G5`, `存档期限`.
    pub gap: String,
    /// What it decides, in Chinese.
    pub decides: String,
    /// The clause that leaves it open, where the data name one.
    pub clause: Option<String>,
    /// What it is set to: names and values, as they are written; of several of a kind those of the first.
    pub values: Vec<(String, String)>,
    /// How many settings of that table rest on that gap.
    pub count: u32,
}

/// All of a notice's text; none where it cannot be read.
pub fn unconfirmed_settings(file: &str, text: &str) -> Vec<UnconfirmedSetting> {
    let mut found: Vec<UnconfirmedSetting> = Vec::new();
    for (name, value) in &toml::from_str::<Table>(text).unwrap_or_default() {
        for (table, gap) in marked(value) {
            match found.iter_mut().find(|one| one.setting == *name && one.gap == gap) {
                Some(known) => known.count += 1,
                None => found.push(setting(file, name, table, gap)),
            }
        }
    }
    found
}

/// The tables below a value that say that they are unconfirmed, with their gaps.
fn marked(value: &Value) -> Vec<(&Table, &str)> {
    match value {
        Value::Table(table) => {
            let own = table.get("unconfirmed").and_then(Value::as_str).map(|gap| (table, gap));
            own.into_iter().chain(table.values().flat_map(marked)).collect()
        }
        Value::Array(values) => values.iter().flat_map(marked).collect(),
        _ => Vec::new(),
    }
}

fn setting(file: &str, name: &str, table: &Table, gap: &str) -> UnconfirmedSetting {
    let decides = DECIDES.iter().find(|(known, _)| *known == name).map_or("见通知的数据文件", |(_, decides)| *decides);
    let told = table.iter().filter(|(key, value)| {
        let nested = value.is_table() || value.as_array().is_some_and(|values| values.iter().any(Value::is_table));
        !nested && !["unconfirmed", "clause"].contains(&key.as_str())
    });
    UnconfirmedSetting {
        file: file.to_owned(),
        setting: name.to_owned(),
        gap: gap.to_owned(),
        decides: decides.to_owned(),
        clause: table.get("clause").and_then(Value::as_str).map(str::to_owned),
        values: told.take(MAX_VALUES).map(|(key, value)| (key.clone(), value.to_string())).collect(),
        count: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Notices;

    #[test]
    fn every_unconfirmed_setting_of_what_ships_is_told_with_what_it_decides() {
        let mut told = Vec::new();
        for (file, text) in Notices::built_in_texts() {
            let settings = unconfirmed_settings(&file, &text);
            let count: u32 = settings.iter().map(|one| one.count).sum();
            let written = text.lines().filter(|line| !line.starts_with('#') && line.contains("unconfirmed = ")).count();
            assert_eq!(count as usize, written, "{file}");
            told.extend(settings);
        }
        for one in &told {
            assert!(DECIDES.iter().any(|(table, _)| *table == one.setting), "nobody is told what {} decides", one.setting);
        }
        let archive = told.iter().find(|one| one.gap == "存档期限").expect("the archive's term");
        assert_eq!(archive.values, [("keep_years".to_owned(), "10".to_owned())]);
        assert!(told.iter().any(|one| one.gap == "促晋级表" && one.count > 1), "several of a kind are one line");
    }
}
