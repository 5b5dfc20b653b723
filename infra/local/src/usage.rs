//! Help and usage errors in Chinese: clap's own are English, and it has no place for another language.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::ask::OnCommandLine;

/// What clap puts between our own texts of a help, the longer ones first.
const WORDS: [(&str, &str); 16] = [
    ("Print this message or the help of the given subcommand(s)", "显示帮助"),
    ("Print help (see more with '--help')", "显示帮助（--help 更详细）"),
    ("Print help (see a summary with '-h')", "显示帮助（-h 较简短）"),
    ("Print help", "显示帮助"),
    ("Print version", "显示版本"),
    ("[possible values: ", "[可用的值："),
    ("Possible values:", "可用的值："),
    ("[default: ", "[不写时为："),
    ("[OPTIONS]", "[选项]"),
    ("[COMMAND]", "[命令]"),
    ("<COMMAND>", "<命令>"),
    ("Usage:", "用法："),
    ("Arguments:", "参数："),
    ("Options:", "选项："),
    ("Commands:", "命令："),
    ("[aliases: ", "[又作："),
];

/// A help or a version as it is shown.
pub(crate) fn help(error: &Error) -> String {
    WORDS.iter().fold(error.render().to_string(), |text, (english, chinese)| text.replace(english, chinese))
}

/// What is wrong with a command line, in one line.
pub(crate) fn fault(error: &Error, command: Option<&str>) -> String {
    let see = command.map_or("saizheng --help".to_owned(), |command| format!("saizheng {command} --help"));
    format!("{}；写法见 {see}", what(error))
}

fn what(error: &Error) -> String {
    let said = |kind| error.get(kind).map(words).unwrap_or_default();
    let (argument, value) = (said(ContextKind::InvalidArg), said(ContextKind::InvalidValue));
    let suggested = |kind| error.get(kind).map(|value| format!("，是不是“{}”", words(value))).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => format!("没有“{argument}”这个选项或参数{}", suggested(ContextKind::SuggestedArg)),
        ErrorKind::InvalidSubcommand => {
            format!("没有“{}”这个命令{}", said(ContextKind::InvalidSubcommand), suggested(ContextKind::SuggestedSubcommand))
        }
        ErrorKind::MissingRequiredArgument => format!("缺少 {argument}"),
        ErrorKind::MissingSubcommand => "缺少命令".to_owned(),
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} 后面缺少它的值"),
        ErrorKind::InvalidValue => match said(ContextKind::ValidValue) {
            valid if valid.is_empty() => format!("{argument} 的值“{value}”不对"),
            valid => format!("{argument} 的值“{value}”不对，可用的值：{valid}"),
        },
        ErrorKind::ValueValidation if is_personal(error) => format!("{argument}：{OnCommandLine}"),
        ErrorKind::ValueValidation => format!("{argument} 的值“{value}”不对{}", own_words(error)),
        ErrorKind::TooManyValues => format!("{argument} 的值太多：“{value}”"),
        ErrorKind::TooFewValues => {
            format!("{argument} 应有 {} 个值，只有 {} 个", said(ContextKind::MinValues), said(ContextKind::ActualNumValues))
        }
        ErrorKind::WrongNumberOfValues => {
            format!("{argument} 应有 {} 个值，只有 {} 个", said(ContextKind::ExpectedNumValues), said(ContextKind::ActualNumValues))
        }
        ErrorKind::ArgumentConflict => format!("{argument} 不能与 {} 同时使用", said(ContextKind::PriorArg)),
        ErrorKind::NoEquals => format!("{argument} 与它的值之间要写等号"),
        ErrorKind::InvalidUtf8 => "有不是 UTF-8 的字".to_owned(),
        _ => "命令写法不对".to_owned(),
    }
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(all) => all.join("、"),
        ContextValue::StyledStrs(all) => all.iter().map(ToString::to_string).collect::<Vec<_>>().join("、"),
        ContextValue::None => String::new(),
        other => other.to_string(),
    }
}

/// Whether the value is somebody's name or number: it is not repeated.
fn is_personal(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<OnCommandLine>())
}

/// Why a value cannot be read, where that is said in Chinese: by our own types, not by those of the standard library.
fn own_words(error: &Error) -> String {
    let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    if why.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) { format!("：{why}") } else { String::new() }
}
