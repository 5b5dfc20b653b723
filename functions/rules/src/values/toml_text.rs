//! TOML that people write, and what is wrong with it in their words.

use serde::de::DeserializeOwned;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlProblem {
    /// Line, from 1, where it can be told.
    pub line: Option<usize>,
    /// What is wrong, in Chinese; names of fields stay as they are.
    pub message: String,
}

impl std::fmt::Display for TomlProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "第 {line} 行：{}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Reads a text.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, TomlProblem> {
    toml::from_str(text).map_err(|error| problem(text, &error))
}

/// What a parser's error says of `text`.
pub(crate) fn problem(text: &str, error: &toml::de::Error) -> TomlProblem {
    let line = error.span().map(|span| line_at(text, span.start));
    TomlProblem { line, message: in_chinese(error.message()) }
}

/// The line, from 1, that a byte of `text` is in.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn in_chinese(message: &str) -> String {
    let quoted: String = message.split('`').nth(1).unwrap_or_default().chars().take(40).collect();
    let known = [
        ("missing field", "缺少“{}”"),
        ("unknown field", "没有“{}”这一项"),
        ("unknown variant", "“{}”不在可选值之内"),
        ("duplicate field", "“{}”写了两次"),
    ];
    if let Some((_, text)) = known.iter().find(|(start, _)| message.starts_with(start)) {
        return text.replace("{}", &quoted);
    }
    if message.starts_with("invalid type") || message.starts_with("invalid value") {
        return "值的类型不对（日期写作 2022-06-20，是否写作 true 或 false，文字加引号，数字不加）".to_owned();
    }
    // Messages of our own are in Chinese already.
    if message.is_ascii() { "格式有误（TOML）".to_owned() } else { message.to_owned() }
}
