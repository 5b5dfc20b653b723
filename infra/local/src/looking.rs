//! What is looked at before a decision: materials, photos, rows, changes, the trail; and a review on its way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use operations::differences::Differences;
use operations::drafts::{SaveDraft, ShownDraft};
use operations::materials::{ShownMaterial, ShownMaterials};
use operations::portraits::PhotoPage;
use operations::reveal::{Reveal, Revealed};
use operations::row_list::{RowFilter, RowPage, ShownRow};
use operations::samples::Samples;
use operations::search::{Found, FoundRow, Search};
use operations::trail::{ShownEntry, TrailPage};
use rules::issue::application::{Override, Refusal, ReviewDraft, RowNote};
use serde::de::DeserializeOwned;
use serde_json::Value;
use strum::VariantArray;

use crate::accounts::Account;
use crate::api::{Answer, Api};
use crate::ask::{self, FromInput};
use crate::mistake::tell_refused;
use crate::notices::latest_notice;
use crate::remote::Remote;
use crate::shown::{AnswerFormat, moment};
use crate::{print, say, steps};

/// Who looks at which application.
#[derive(Args)]
pub(crate) struct Looking {
    /// 申报号
    id: String,
    /// 以谁的身份：unit（申报单位，不填即此）、center-00、body-S000051010123
    #[arg(long = "as", default_value = "unit")]
    account: String,
    #[command(flatten)]
    format: AnswerFormat,
    #[command(flatten)]
    remote: Remote,
}

/// The unit whose application it is, as `--as` names it.
const UNIT: &str = "unit";

/// A client for whoever is named: `unit`, or as the API names a reviewer.
async fn api_of(name: &str, remote: &Remote) -> Result<Api> {
    remote.api(&Account::named(name)?).await
}

impl Looking {
    async fn api(&self) -> Result<Api> {
        match self.account.as_str() {
            UNIT => self.remote.as_unit_of(&self.id).await,
            named => api_of(named, &self.remote).await,
        }
    }

    fn path(&self, step: &str) -> String {
        format!("/v1/applications/{}/{step}", self.id)
    }
}

/// `saizheng materials`
pub(crate) async fn materials(looking: &Looking, out: Option<&Path>) -> Result<ExitCode> {
    let api = looking.api().await?;
    let answer: Answer<Value> = api.ask(&looking.path("materials")).await;
    let Some(out) = out else { return looking.format.answer(answer, material_lines) };
    let shown: ShownMaterials = match answer? {
        Ok(value) => serde_json::from_value(value)?,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    fs::create_dir_all(out.join("photos")).with_context(|| out.display().to_string())?;
    let notice = latest_notice()?;
    for one in &shown.materials {
        let link = one.versions.iter().find(|version| version.counts).and_then(|version| version.link.as_ref());
        if let Some(link) = link {
            fs::write(out.join(notice.file(one.material)), api.download(link).await?)?;
        }
    }
    let (mut count, mut after) = (0, Some(0));
    while let Some(row) = after {
        let page: PhotoPage = api.get(&looking.path(&format!("photos?after={row}"))).await?;
        for photo in &page.photos {
            if let Some(link) = &photo.link {
                fs::write(out.join(format!("photos/{:05}.jpg", photo.row)), api.download(link).await?)?;
                count += 1;
            }
        }
        after = page.next_after;
    }
    say(&format!("材料的现行版本和照片 {count} 张（以行号命名）已写入 {}", out.display()));
    Ok(ExitCode::SUCCESS)
}

fn material_lines(shown: &ShownMaterials) -> Vec<String> {
    shown.materials.iter().flat_map(lines_of_material).collect()
}

fn lines_of_material(shown: &ShownMaterial) -> Vec<String> {
    let mut lines = vec![shown.title.clone()];
    if shown.versions.is_empty() {
        lines.push(if shown.optional { "  未提交（可不提交）" } else { "  未提交" }.to_owned());
    }
    if shown.withheld {
        lines.push("  其中有其他颁证机构审核的行，不予显示；本机构各行见 saizheng rows".to_owned());
    }
    lines.extend(shown.versions.iter().map(|version| {
        let counts = if version.counts { "现行" } else { "以前" };
        let (at, word) = (moment(version.handed_in_at), &version.state_word);
        format!("  {counts}\t{at}\t{} 字节\t{word}\t错误 {}，提醒 {}", version.size, version.errors, version.remarks)
    }));
    lines
}

fn filter(text: &str) -> Result<RowFilter, String> {
    let name = |filter: &RowFilter| serde_json::to_value(filter).ok().and_then(|name| name.as_str().map(str::to_owned));
    let known = RowFilter::VARIANTS.iter().find(|filter| filter.word() == text || name(filter).as_deref() == Some(text));
    let words: Vec<&str> = RowFilter::VARIANTS.iter().map(|filter| filter.word()).collect();
    known.copied().ok_or_else(|| format!("可写 {}", words.join("、")))
}

/// Which rows.
#[derive(Args)]
pub(crate) struct RowArguments {
    /// 只列哪些：有检查结果、须写明理由、高于促晋级表、手工填写、名次并列、没有照片、与上次提交不同、不予通过
    #[arg(long, value_parser = filter)]
    only: Option<RowFilter>,
    #[command(flatten)]
    looking: Looking,
}

/// `saizheng rows`
pub(crate) async fn rows(arguments: &RowArguments) -> Result<ExitCode> {
    let looking = &arguments.looking;
    let only = match arguments.only {
        Some(only) => format!("&only={}", serde_json::to_value(only)?.as_str().unwrap_or_default()),
        None => String::new(),
    };
    let path = looking.path(&format!("rows?size=200{only}"));
    pages(looking, &path, |page: &RowPage| page.rows.iter().flat_map(lines_of_row).collect()).await
}

fn lines_of_row(row: &ShownRow) -> Vec<String> {
    let by = match (&row.issuing_body, &row.sealed_by) {
        (Some(body), Some(seal)) => format!("{body}（{seal}代章）"),
        (Some(body), None) => body.clone(),
        (None, _) => "尚无方案".to_owned(),
    };
    let level = row.level.as_deref().unwrap_or("不分等级");
    let told = [&row.name, &row.document_number, &row.event, &row.award].map(String::as_str).join("\t");
    let number = row.number.as_deref().or(row.prefix.as_deref()).unwrap_or_default();
    let mut lines = vec![format!("{}\t{told}\t{level}\t{by}\t{number}\t{}", row.row, row.state_word)];
    lines.extend(row.findings.iter().map(|finding| format!("    {finding}")));
    lines.extend(row.reason.iter().map(|reason| format!("    原因：{reason}")));
    if let Some(draft) = &row.draft {
        lines.extend(draft.refused.iter().map(|reason| format!("    暂存：不予通过：{reason}")));
        lines.extend(draft.approved.iter().map(|reason| format!("    暂存：通过，理由：{reason}")));
        lines.extend(draft.note.iter().map(|note| format!("    暂存：备注：{note}")));
    }
    lines
}

/// Which hand-ins.
#[derive(Args)]
pub(crate) struct DifferenceArguments {
    /// 较早的版本；不填为现行版本的前一版本
    #[arg(long)]
    from: Option<String>,
    /// 较晚的版本；不填为现行版本
    #[arg(long)]
    to: Option<String>,
    #[command(flatten)]
    looking: Looking,
}

/// `saizheng differences`
pub(crate) async fn differences(arguments: &DifferenceArguments) -> Result<ExitCode> {
    let looking = &arguments.looking;
    let version = |name: &str, version: &Option<String>| version.as_ref().map_or_else(String::new, |version| format!("&{name}={version}"));
    let query = format!("size=200{}{}", version("from", &arguments.from), version("to", &arguments.to));
    pages(looking, &looking.path(&format!("differences?{query}")), difference_lines).await
}

fn difference_lines(page: &Differences) -> Vec<String> {
    let cell = |text: &str| if text.is_empty() { "空".to_owned() } else { format!("“{text}”") };
    let line = |row: &operations::differences::ChangedRow| match (row.row, row.was) {
        (Some(now), None) => vec![format!("第 {now} 行\t{}\t新增", row.name)],
        (None, Some(was)) => vec![format!("原第 {was} 行\t{}\t删去", row.name)],
        (now, _) => {
            let cells = row.cells.iter().map(|one| format!("{}由{}改为{}", one.column, cell(&one.before), cell(&one.after)));
            vec![format!("第 {} 行\t{}\t{}", now.unwrap_or_default(), row.name, cells.collect::<Vec<_>>().join("；"))]
        }
    };
    page.rows.iter().flat_map(line).collect()
}

/// `saizheng trail`
pub(crate) async fn trail(looking: &Looking, looks: bool) -> Result<ExitCode> {
    let looks = if looks { "&looks=true" } else { "" };
    pages(looking, &looking.path(&format!("trail?size=200{looks}")), |page: &TrailPage| page.entries.iter().map(entry_line).collect()).await
}

fn entry_line(entry: &ShownEntry) -> String {
    let who = entry.actor.as_ref().map_or_else(|| entry.organisation.clone(), |actor| format!("{actor}（{}）", entry.organisation));
    let clause = if entry.clause.is_empty() { String::new() } else { format!("依据 {}", entry.clause) };
    let certificate = entry.code.as_ref().map_or_else(|| entry.certificate_types.join("、"), ToString::to_string);
    let detail = entry.detail.as_deref().unwrap_or_default();
    format!("{}\t{}\t{}\t{who}\t{clause}\t{certificate}\t{detail}", entry.number, moment(entry.at), entry.action_word)
}

/// Every page of an answer, as it came or as lines.
async fn pages<T: DeserializeOwned>(looking: &Looking, path: &str, lines: impl Fn(&T) -> Vec<String>) -> Result<ExitCode> {
    let api = looking.api().await?;
    let mut after: Option<u64> = None;
    loop {
        let begin = after.map_or_else(String::new, |after| format!("&after={after}"));
        let page: Value = match api.ask(&format!("{path}{begin}")).await? {
            Ok(page) => page,
            Err(refused) => return Ok(tell_refused(&refused)),
        };
        after = page["next_after"].as_u64();
        looking.format.print(page, &lines)?;
        if after.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

fn note(text: &str) -> Result<(u32, String), String> {
    let (row, note) = text.split_once('=').ok_or("应写作 行号=内容，如 5=已电话核实")?;
    Ok((row.trim().parse().map_err(|_| format!("“{row}”不是行号"))?, note.trim().to_owned()))
}

/// What is put into a draft.
#[derive(Args)]
pub(crate) struct DraftArguments {
    /// 不通过的行，如 --refuse 5=成绩与表彰文件不符，可多次使用
    #[arg(long, value_parser = steps::parse_refusal)]
    refuse: Vec<(u32, String)>,
    /// 对有提醒的行仍予通过的理由，如 --approve 6=成绩已核对，可多次使用
    #[arg(long, value_parser = note)]
    approve: Vec<(u32, String)>,
    /// 备注，只供本机构审核人员，如 --note 7=等主办单位来电，可多次使用
    #[arg(long, value_parser = note)]
    note: Vec<(u32, String)>,
    /// 弃去暂存的意见
    #[arg(long, conflicts_with_all = ["refuse", "approve", "note"])]
    discard: bool,
    #[command(flatten)]
    looking: Looking,
}

/// `saizheng draft`: what it is told of a row takes the place of what the draft says of it.
pub(crate) async fn draft(arguments: &DraftArguments) -> Result<ExitCode> {
    let looking = &arguments.looking;
    let (api, path) = (looking.api().await?, looking.path("review-draft"));
    let seen: ShownDraft = match api.ask(&path).await? {
        Ok(value) => serde_json::from_value(value)?,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let told = [&arguments.refuse, &arguments.approve, &arguments.note];
    let answer = match &seen.revision {
        Some(revision) if arguments.discard => api.remove(&format!("{path}?revision={revision}")).await,
        _ if told.iter().all(|rows| rows.is_empty()) => Ok(Ok(serde_json::to_value(&seen)?)),
        _ => api.put(&path, &SaveDraft { seen: seen.revision, draft: told_anew(seen.draft, arguments) }).await,
    };
    looking.format.answer(answer, draft_lines)
}

fn told_anew(mut draft: ReviewDraft, arguments: &DraftArguments) -> ReviewDraft {
    let decided: Vec<u32> = arguments.refuse.iter().chain(&arguments.approve).map(|(row, _)| *row).collect();
    draft.review.refused.retain(|one| !decided.contains(&one.row));
    draft.review.overrides.retain(|one| !decided.contains(&one.row));
    draft.notes.retain(|one| arguments.note.iter().all(|(row, _)| *row != one.row));
    let rows = |told: &[(u32, String)]| told.to_vec();
    draft.review.refused.extend(rows(&arguments.refuse).into_iter().map(|(row, reason)| Refusal { row, reason }));
    draft.review.overrides.extend(rows(&arguments.approve).into_iter().map(|(row, reason)| Override { row, reason }));
    draft.notes.extend(rows(&arguments.note).into_iter().map(|(row, text)| RowNote { row, text }));
    draft
}

fn draft_lines(shown: &ShownDraft) -> Vec<String> {
    let Some(at) = shown.saved_at else { return vec!["没有暂存的审核意见".to_owned()] };
    let mut lines = vec![format!("{} 由 {} 暂存", moment(at), shown.saved_by.as_deref().unwrap_or_default())];
    let draft = &shown.draft;
    lines.extend(draft.review.refused.iter().map(|one| format!("第 {} 行\t不予通过\t{}", one.row, one.reason)));
    lines.extend(draft.review.overrides.iter().map(|one| format!("第 {} 行\t通过，理由\t{}", one.row, one.reason)));
    lines.extend(draft.notes.iter().map(|one| format!("第 {} 行\t备注\t{}", one.row, one.text)));
    lines
}

/// `saizheng samples`
pub(crate) async fn samples(arguments: &MaterialArguments) -> Result<ExitCode> {
    let looking = &arguments.looking;
    let api = looking.api().await?;
    let samples: Samples = match api.post(&looking.path("samples"), &()).await? {
        Ok(samples) => samples,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    for file in &samples.files {
        print(&file.certificate_type_word);
        for (number, page) in file.pages.iter().enumerate() {
            let level = page.level.as_deref().unwrap_or("不分等级");
            let seal = page.sealed_by.as_ref().map_or_else(String::new, |seal| format!("（{seal}代章）"));
            let (number, body) = (number + 1, &page.issuing_body);
            print(&format!("  第 {number} 页\t{level}\t{body}{seal}\t{} 份\t模板表第 {} 行", page.certificates, page.row));
        }
        if let Some(problem) = &file.problem {
            print(&format!("  不能出样张：{problem}"));
        }
        if let (Some(out), Some(link)) = (&arguments.out, &file.link) {
            fs::create_dir_all(out).with_context(|| out.display().to_string())?;
            fs::write(out.join(format!("样张-{}.pdf", file.certificate_type_word)), api.download(link).await?)?;
        }
    }
    if let Some(out) = &arguments.out {
        say(&format!("样张已写入 {}", out.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whose number.
#[derive(Args)]
pub(crate) struct RevealArguments {
    #[command(flatten)]
    looking: Looking,
    /// 模板表中的行号
    row: u32,
    /// 事由，记入留痕
    #[arg(long)]
    reason: String,
}

/// `saizheng reveal`
pub(crate) async fn reveal(arguments: &RevealArguments) -> Result<ExitCode> {
    let looking = &arguments.looking;
    let api = looking.api().await?;
    let path = looking.path(&format!("rows/{}/reveal", arguments.row));
    let answer = api.post(&path, &Reveal { reason: arguments.reason.clone() }).await;
    looking.format.answer(answer, |told: &Revealed| {
        let mut lines = vec![format!("{}\t{}\t{}", told.document_type, told.document_number, told.phone)];
        lines.extend(told.requested_document_number.iter().map(|number| format!("申请更正为\t{number}")));
        lines
    })
}

/// Who is looked for.
#[derive(Args)]
pub(crate) struct SearchArguments {
    /// 按姓名：写 -，从标准输入读一行
    #[arg(long, value_name = "-")]
    name: Option<FromInput>,
    /// 按证件号码：写 -，从标准输入读一行
    #[arg(long, value_name = "-", conflicts_with = "name")]
    number: Option<FromInput>,
    /// 以谁的身份：unit（申报单位，不填即此）、center-00、body-S000051010123
    #[arg(long = "as", default_value = "unit")]
    account: String,
    #[command(flatten)]
    format: AnswerFormat,
    #[command(flatten)]
    remote: Remote,
}

/// `saizheng search`
pub(crate) async fn search(arguments: &SearchArguments) -> Result<ExitCode> {
    let name = ask::optional(arguments.name, "姓名")?;
    let document_number = ask::optional(arguments.number, "证件号码")?;
    let api = api_of(&arguments.account, &arguments.remote).await?;
    arguments.format.answer(api.post("/v1/search", &Search { name, document_number }).await, found_lines)
}

fn found_lines(found: &Found) -> Vec<String> {
    let line = |row: &FoundRow| {
        let number = row.number.as_deref().unwrap_or("尚无编号");
        let number = if row.revoked { format!("{number}（已注销）") } else { number.to_owned() };
        let place = format!("申报 {} 第 {} 行", row.application, row.row);
        format!("{}\t{}\t{number}\t{place}\t{}\t{}\t{}", row.name, row.document_number, row.contest, row.event, row.award)
    };
    let more = found.more.then(|| "还有更多，请按证件号码查询".to_owned());
    let none = found.rows.is_empty().then(|| "没有查到".to_owned());
    found.rows.iter().map(line).chain(more).chain(none).collect()
}

/// Where files are written to.
#[derive(Args)]
pub(crate) struct MaterialArguments {
    /// 写到哪个文件夹；不填则只列出
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) looking: Looking,
}
