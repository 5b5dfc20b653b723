//! `saizheng rulebook`: what counts, and a part of it replaced or withdrawn.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use operations::rulebook::{NoticeHead, PartDifference, RulebookOverview};
use rules::catalogue::Edition;

use crate::api::{Answer, Api};
use crate::mistake::{mistake, named_file};
use crate::shown::{AnswerFormat, moment};

/// What is replaced or withdrawn; nothing: what counts is shown.
#[derive(Debug, Args)]
pub(crate) struct RulebookArguments {
    /// 替换哪一份，如 catalogues/filed-occupations、notices/sichuan-2030.toml、seals/center-00.png
    #[arg(long, requires = "file")]
    replace: Option<String>,
    /// 新的内容
    #[arg(long, requires = "replace")]
    file: Option<PathBuf>,
    /// 只检查，列出与现行文本的不同，不替换
    #[arg(long, requires = "replace")]
    check: bool,
    /// 撤回哪一份的替换，恢复随系统提供的内容
    #[arg(long, conflicts_with = "replace")]
    withdraw: Option<String>,
    #[command(flatten)]
    format: AnswerFormat,
}

/// `saizheng rulebook`
pub(crate) async fn command(api: &Api, arguments: &RulebookArguments) -> Result<ExitCode> {
    if let Some((part, file)) = arguments.replace.as_ref().zip(arguments.file.as_ref()).filter(|_| arguments.check) {
        return arguments.format.answer(api.check_part(part, text_of(part, file)?).await, difference);
    }
    let answer = match (&arguments.withdraw, arguments.replace.as_ref().zip(arguments.file.as_ref())) {
        (Some(part), _) => api.withdraw(part).await,
        (None, Some((part, file))) => replace(api, part, file).await,
        (None, None) => api.rulebook().await.map(Ok),
    };
    arguments.format.answer(answer, overview)
}

async fn replace(api: &Api, part: &str, file: &Path) -> Answer<serde_json::Value> {
    api.place(part, text_of(part, file)?).await
}

fn text_of(part: &str, file: &Path) -> Result<String> {
    let bytes = named_file(file)?;
    // A picture goes as text too.
    Ok(if part.starts_with("seals/") {
        BASE64_STANDARD.encode(bytes)
    } else {
        String::from_utf8(bytes).map_err(|_| mistake(format!("{} 不是 UTF-8 文本：请另存为 UTF-8 编码", file.display())))?
    })
}

fn difference(told: &PartDifference) -> Vec<String> {
    let mut lines = vec![format!("{} 检查无误，没有替换：去掉 {} 行，加上 {} 行", told.part, told.removed, told.added)];
    for change in &told.changes {
        lines.push(format!("第 {} 行：", change.line));
        lines.extend(change.removed.iter().map(|line| format!("- {line}")));
        lines.extend(change.added.iter().map(|line| format!("+ {line}")));
    }
    lines.extend(told.more.then(|| "不同之处过多，只列出前面的".to_owned()));
    lines
}

fn overview(shown: &RulebookOverview) -> Vec<String> {
    let notice = |head: &NoticeHead| {
        let (from, places) = (head.effective_from, head.jurisdictions.join("、"));
        format!("{}《{}》：{from} 起，适用地区 {places}", head.number, head.title)
    };
    let catalogue = |edition: &Edition| match edition.loaded {
        true => format!("目录 {}：{}，{} 条", edition.kind.word(), edition.edition, edition.entries),
        false => format!("目录 {}：没有，按通用办法处理", edition.kind.word()),
    };
    let mut lines: Vec<String> = shown.notices.iter().map(notice).collect();
    lines.extend(shown.catalogues.iter().map(catalogue));
    lines.extend(shown.replaced.iter().map(|one| format!("已替换 {}：{} 由 {} 替换", one.part.part, moment(one.at), one.actor)));
    lines.extend(shown.unconfirmed.iter().map(|one| format!("待确认 {}：{}（{} [{}]）", one.gap, one.decides, one.file, one.setting)));
    lines.extend(shown.unreadable.iter().map(ToString::to_string));
    lines.push(format!("第 {} 次更改；适用的全部文本的校验值 {}", shown.version, shown.manifest));
    lines
}
