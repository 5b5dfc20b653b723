//! From a notice's text to the notice. Each schema ever released keeps its reader.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::{Jurisdiction, Notice, NoticeError};
use crate::values::toml_text;

/// The schema that this build writes and its own notices have.
pub const SCHEMA: i64 = 1;

/// How many files may extend one another.
const MAX_DEPTH: u8 = 4;

/// What a notice is for, which can be told even of a text that this build cannot read: these keys keep their place in
/// every schema.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Scope {
    /// First issue date it rules.
    #[serde(deserialize_with = "crate::values::date::deserialize")]
    pub(super) effective_from: Date,
    /// The jurisdictions it is for; empty for all that have none of their own.
    #[serde(default)]
    pub(super) jurisdictions: Vec<String>,
    /// Whether it makes a rule set for each of them.
    #[serde(default)]
    pub(super) one_for_each: bool,
}

#[derive(Deserialize)]
struct Scoped {
    notice: Scope,
}

/// A rule set of a file.
#[derive(Debug, Clone)]
pub(super) struct NoticeFile {
    /// What it is for; none where the text does not even say that.
    pub(super) scope: Option<Scope>,
    /// The notice, or why it cannot be read.
    pub(super) notice: Result<Notice, NoticeError>,
}

impl NoticeFile {
    /// Reads and checks one file of a set: one rule set, or one for each of its jurisdictions.
    pub(super) fn read(file: &str, texts: &BTreeMap<String, String>) -> Vec<Self> {
        let fail = |problem| NoticeError { file: file.to_owned(), problem };
        let table = match extended(file, texts, 0) {
            Ok(table) => table,
            Err(error) => return vec![Self { scope: None, notice: Err(error) }],
        };
        let scope = table.clone().try_into::<Scoped>().ok().map(|scoped| scoped.notice);
        let read = by_schema(table).map_err(fail);
        let Some((scope, notice)) = scope.clone().filter(|scope| scope.one_for_each).zip(read.as_ref().ok()) else {
            return vec![Self { scope, notice: read }];
        };
        let one = |own: &Jurisdiction| {
            let scope = Scope { jurisdictions: vec![own.code.clone()], ..scope.clone() };
            Self { scope: Some(scope), notice: Ok(notice.of_one(own)) }
        };
        scope.jurisdictions.iter().filter_map(|code| notice.jurisdiction(code)).map(one).collect()
    }
}

/// Hands a table to the reader of its schema.
fn by_schema(mut table: toml::Table) -> Result<Notice, String> {
    match table.remove("schema") {
        Some(toml::Value::Integer(1)) => schema_1(table),
        Some(toml::Value::Integer(later)) if later > SCHEMA => {
            Err(format!("格式版本 schema = {later}，高于本系统能读的 {SCHEMA}；请升级系统，或撤回这份文件"))
        }
        Some(toml::Value::Array(_)) => Err("schema 与所延伸的文件不同".to_owned()),
        Some(_) => Err(format!("schema 应为 {SCHEMA}")),
        None => Err("缺少“schema”（格式版本，现为 1）".to_owned()),
    }
}

/// Schema 1. What a later build adds to it has a default; what changes or goes makes schema 2 and a reader beside this one.
fn schema_1(table: toml::Table) -> Result<Notice, String> {
    let mut notice: Notice = table.try_into().map_err(|error| said(&error))?;
    notice.code.jurisdictions = notice.jurisdictions.iter().map(|j| j.code.clone()).collect();
    notice.code.levels = notice.levels.iter().map(|level| level.digit).collect();
    notice.offer_classes();
    // Of one that is for each of several, any of them is as good as another: they differ in their names alone.
    let several = notice.notice.one_for_each.then(|| notice.notice.jurisdictions.first());
    let unknown = |code: &String| format!("notice 的“{code}”不在 jurisdictions 之内");
    let problem = match several {
        Some(None) => Some("one_for_each 须写明 jurisdictions".to_owned()),
        Some(Some(_)) if let Some(code) = notice.notice.jurisdictions.iter().find(|code| notice.jurisdiction(code).is_none()) => {
            Some(unknown(code))
        }
        Some(Some(first)) => notice.jurisdiction(first).and_then(|own| notice.of_one(own).contradiction()),
        None => notice.contradiction(),
    };
    problem.map_or(Ok(notice), Err)
}

/// What is wrong, and under which key: a table that was laid over another has no lines to name.
fn said(error: &toml::de::Error) -> String {
    let problem = toml_text::problem("", error).message;
    let whole = error.to_string();
    let key = whole.split("in `").nth(1).and_then(|rest| rest.split('`').next());
    key.map_or_else(|| problem.clone(), |key| format!("{key}：{problem}"))
}

/// The table of a file laid over the one it extends: tables are merged, everything else is replaced.
fn extended(file: &str, texts: &BTreeMap<String, String>, depth: u8) -> Result<toml::Table, NoticeError> {
    let fail = |problem| NoticeError { file: file.to_owned(), problem };
    let text = texts.get(file).ok_or_else(|| fail("没有这个文件".to_owned()))?;
    let mut own: toml::Table = text.parse().map_err(|error| fail(toml_text::problem(text, &error).to_string()))?;
    match own.remove("extends") {
        None => Ok(own),
        Some(toml::Value::String(_)) if depth >= MAX_DEPTH => Err(fail(format!("extends 超过 {MAX_DEPTH} 层"))),
        Some(toml::Value::String(base)) => {
            let mut whole = extended(&base, texts, depth + 1)?;
            let schemas: Vec<toml::Value> = [whole.get("schema"), own.get("schema")].into_iter().flatten().cloned().collect();
            overlay(&mut whole, own);
            if schemas.windows(2).any(|pair| pair[0] != pair[1]) {
                // The reader refuses it; what the file is for can be told all the same.
                whole.insert("schema".to_owned(), schemas.into());
            }
            Ok(whole)
        }
        Some(_) => Err(fail("extends 应为文件名".to_owned())),
    }
}

fn overlay(base: &mut toml::Table, own: toml::Table) {
    for (name, value) in own {
        match (base.get_mut(&name), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}
