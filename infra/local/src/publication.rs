//! 信息上网: commands.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::{Args, ValueEnum};
use operations::publication::{ApplyForPublication, BatchList, ConfirmPublication, ConfirmedBatch, ReturnPublication, ShownBatch};
use rules::after::publication::{BatchState, LIST_FILE, SHEET_FILE};
use rules::values::finding::Finding;
use rules::values::vocabulary::BatchKind;
use serde::Serialize;
use serde_json::{Value, json};

use crate::accounts::Account;
use crate::api::{Api, Refused};
use crate::mistake::{mistake, named_file};
use crate::progress::Progress;
use crate::results::Staged;
use crate::shown::AnswerFormat;
use crate::{findings, say, shown};

/// How often a batch is looked at while its papers are being made, and how long is waited between.
const MAX_POLLS: u32 = 240;
const PAUSE: Duration = Duration::from_millis(250);

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// 申报一批
    Apply,
    /// 列出各批
    List,
    /// 查看一批
    Show,
    /// 取回数据表和表5
    Fetch,
    /// 省职鉴中心审核通过
    Review,
    /// 省职鉴中心退回，须写明 --reason
    Return,
    /// 登记已上传
    Uploaded,
    /// 按查询网站导出的 --list 确认上网
    Confirm,
}

/// 数据类型
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// 新增
    New,
    /// 更正
    Correction,
    /// 注销
    Revocation,
}

impl From<Kind> for BatchKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::New => Self::New,
            Kind::Correction => Self::Correction,
            Kind::Revocation => Self::Revocation,
        }
    }
}

/// A step of the publication.
#[derive(Debug, Args)]
pub(crate) struct PublicationArguments {
    /// 做什么
    #[arg(value_enum)]
    work: Work,
    /// 哪一批：申报单位/批次，如 center-00/1
    batch: Option<String>,
    /// 以谁的身份：unit（申报单位）、center-00、body-S000051010123；不填为省职鉴中心
    #[arg(long = "as")]
    acting: Option<String>,
    /// 数据类型
    #[arg(long, value_enum, default_value = "new")]
    kind: Kind,
    /// 只申报这些申报号的证书，可多次使用；不填为全部已存档、未上网的
    #[arg(long)]
    application: Vec<String>,
    /// 上级给的批次号
    #[arg(long)]
    batch_number: Option<String>,
    /// 退回的理由
    #[arg(long)]
    reason: Option<String>,
    /// 查询网站导出的 CSV
    #[arg(long)]
    list: Option<PathBuf>,
    /// 结果文件夹
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    format: AnswerFormat,
}

impl PublicationArguments {
    /// Who acts; the Center of `seat`, if nobody is named.
    pub(crate) fn account(&self, seat: &str) -> Result<Account> {
        let Some(acting) = &self.acting else { return Ok(Account::center(seat)) };
        match acting.strip_prefix("unit-") {
            Some(organisation) => Ok(Account { organisation: organisation.to_owned(), ..Account::unit() }),
            None => Account::named(acting),
        }
    }

    /// The path of the batch.
    fn path(&self) -> Result<String> {
        let batch = self.batch.as_deref().ok_or_else(|| mistake("须写明哪一批，如 center-00/1"))?;
        Ok(format!("/v1/publications/{batch}"))
    }
}

/// Carries a step out.
pub(crate) async fn command(api: &Api, arguments: &PublicationArguments) -> Result<ExitCode> {
    match arguments.work {
        Work::Apply => {
            let body = ApplyForPublication {
                kind: arguments.kind.into(),
                certificate_type: None,
                applications: arguments.application.clone(),
                batch_number: arguments.batch_number.clone(),
            };
            arguments.format.answer(api.post("/v1/publications", &body).await, with_next_step)
        }
        Work::List => {
            let all = |list: &BatchList| list.batches.iter().flat_map(shown::batch).collect();
            arguments.format.answer(api.get_value("/v1/publications").await.map(Ok), all)
        }
        Work::Show => arguments.format.answer(api.get_value(&arguments.path()?).await.map(Ok), with_next_step),
        Work::Fetch => fetch(api, &arguments.path()?, arguments.out.as_deref().ok_or_else(|| mistake("须写明结果文件夹 --out"))?).await,
        Work::Review => step(api, arguments, "review", &json!({})).await,
        Work::Uploaded => step(api, arguments, "uploaded", &json!({})).await,
        Work::Return => {
            let reason = arguments.reason.clone().unwrap_or_default();
            step(api, arguments, "return", &ReturnPublication { reason }).await
        }
        Work::Confirm => {
            let list = arguments.list.as_deref().ok_or_else(|| mistake("须写明查询结果文件 --list"))?;
            let bytes = named_file(list)?;
            let body = ConfirmPublication { list: None, list_base64: Some(BASE64.encode(bytes)) };
            let answer = api.post::<Value>(&format!("{}/confirm", arguments.path()?), &body).await?;
            let answer = answer.map_err(|refused| Refused { findings: by_file(refused.findings, list, arguments), ..refused });
            arguments.format.answer(Ok(answer), |confirmed: &ConfirmedBatch| {
                let matched = format!("核对相符 {} 条，核对了：{}", confirmed.matched, confirmed.compared.join("、"));
                let findings = findings::lines(&by_file(confirmed.findings.clone(), list, arguments));
                shown::batch(&confirmed.batch).into_iter().chain([matched]).chain(findings).collect()
            })
        }
    }
}

async fn step(api: &Api, arguments: &PublicationArguments, step: &str, body: &impl Serialize) -> Result<ExitCode> {
    arguments.format.answer(api.post(&format!("{}/{step}", arguments.path()?), body).await, with_next_step)
}

/// What is found of a list and of the batch's own sheet, by the names that the two files have here.
fn by_file(mut findings: Vec<Finding>, list: &Path, arguments: &PublicationArguments) -> Vec<Finding> {
    let list = list.file_name().map(|name| name.to_string_lossy().into_owned());
    let batch = arguments.batch.as_deref().and_then(|batch| batch.split_once('/'));
    let sheet = batch.and_then(|(applicant, number)| Some(sheet_name(applicant, number.parse().ok()?)));
    for finding in &mut findings {
        let own = match finding.place.file.as_str() {
            LIST_FILE => &list,
            SHEET_FILE => &sheet,
            _ => &None,
        };
        if let Some(name) = own {
            finding.place.file.clone_from(name);
        }
    }
    findings
}

/// Name of the workbook that is uploaded.
fn sheet_name(applicant: &str, number: u32) -> String {
    format!("{applicant}-{number:05}-上网数据表.xlsx")
}

/// A batch, and by which command it goes on.
fn with_next_step(batch: &ShownBatch) -> Vec<String> {
    let name = format!("{}/{}", batch.applicant, batch.number);
    let next = match batch.state {
        BatchState::Applied => Some(format!(
            "取回数据表和表5：saizheng publication fetch {name} --out 文件夹；省职鉴中心审核：saizheng publication review {name}"
        )),
        BatchState::Reviewed => Some(format!("数据上传后：saizheng publication uploaded {name}")),
        BatchState::Uploaded => Some(format!("查询网站能查到后，导出查询结果：saizheng publication confirm {name} --list 查询结果.csv")),
        BatchState::Confirmed | BatchState::Returned => None,
    };
    shown::batch(batch).into_iter().chain(next.map(|next| format!("  下一步：{next}"))).collect()
}

/// Waits until the papers are made, and writes them to `out`.
pub(crate) async fn fetch(api: &Api, path: &str, out: &Path) -> Result<ExitCode> {
    let progress = Progress::start("生成数据表和表5");
    let mut batch: ShownBatch = api.get(path).await?;
    for _ in 0..MAX_POLLS {
        if batch.workbook.is_some() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        batch = api.get(path).await?;
    }
    drop(progress);
    let (Some(workbook), Some(form)) = (&batch.workbook, &batch.form) else {
        return Err(mistake("数据表和表5还没有生成，请稍后再取"));
    };
    let staged = Staged::of(out)?;
    let applicant = batch.applicant.to_string();
    staged.write(sheet_name(&applicant, batch.number), &api.download(workbook).await?)?;
    staged.write(format!("{applicant}-{:05}-表5.pdf", batch.number), &api.download(form).await?)?;
    staged.publish()?;
    say(&format!("{} 已写入 {}", batch.title, out.display()));
    Ok(ExitCode::SUCCESS)
}
