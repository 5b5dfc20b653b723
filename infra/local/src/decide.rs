//! The decisions on an application as commands; each says what it came to.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use operations::corrections::{CorrectionResult, Rejection, ShownRequest};
use operations::decisions::{Authorised, Decided, Qualified, SendBack};
use operations::filing::ShownOriginal;
use operations::lists::ApplicationFilter;
use operations::lot_tasks::LotTask;
use operations::numbers::{EnterNumber, EnteredNumber};
use operations::run_preview::RunPreview;
use operations::runs::ShownRun;
use operations::show::LotProgress;
use rules::intake::contest::Contest;
use rules::issue::allocation::{Allocation, Stage};
use rules::issue::external::NumberBasis;
use rules::issue::status::Status;
use rules::notice::ApprovalManner;
use rules::notice::Series;
use rules::values::vocabulary::{ContestClass, Form};
use serde_json::{Value, json};
use strum::VariantArray;

use crate::accounts::Account;
use crate::api::{Answer, Api, Refused};
use crate::day::day;
use crate::lots::TypeArgument;
use crate::mistake::{mistake, tell, tell_refused};
use crate::notices::latest_notice;
use crate::remote::{Remote, wrong_stage};
use crate::steps;
use crate::{folder, print, say, shown};

/// `saizheng authorise`: as the Center of the contest's jurisdiction.
pub(crate) async fn authorise(
    id: &str,
    (reason, committee, number): (Option<&str>, Option<&str>, Option<&str>),
    remote: &Remote,
) -> Result<ExitCode> {
    let shown = remote.as_unit_of(id).await?.show(id).await?;
    if shown.status != Status::Submitted {
        return Err(wrong_stage(id, shown.status, "授权的是“已提交”的申报"));
    }
    // Shown before the authorisation; whether it blocks is the notice's setting.
    let open = |original: &&ShownOriginal| original.received.as_ref().is_none_or(|receipt| receipt.defect.is_some());
    let missing: Vec<&str> = shown.originals.iter().filter(open).map(|original| original.title.as_str()).collect();
    let filed = shown.filing.as_ref().map(|filing| filing.received_at.is_some());
    let owed = shown::owed(shown.declaration.is_some(), &missing, filed);
    if !owed.is_empty() {
        say(&format!("提醒：申报 {id} {}", owed.join("；")));
    }
    let api = remote.api(&Account::center(&shown.contest.jurisdiction)).await?;
    let shown = match committee {
        None => shown,
        Some(committee) => {
            let contest = Contest { committee: committee.to_owned(), ..shown.contest.clone() };
            match steps::correct_contest(&api, &shown, contest, reason.unwrap_or(COMMITTEE_REASON)).await? {
                Ok(shown) => shown,
                Err(refused) => return Ok(tell_refused(&refused)),
            }
        }
    };
    match steps::authorise(&api, &shown, reason, number).await? {
        Ok(Authorised { reviewers, unconfirmed, act, number, .. }) => {
            let reviewers: Vec<&str> = reviewers.iter().map(|reviewer| reviewer.as_str()).collect();
            let gaps = if unconfirmed.is_empty() { String::new() } else { format!("；待确认 {}", unconfirmed.join("、")) };
            let number = number.map_or_else(String::new, |number| format!("（编号 {number}）"));
            say(&format!("申报 {id} 已{act}{number}，由 {} 审核{gaps}", reviewers.join("、")));
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => {
            let code = tell_refused(&refused);
            if refused.code == "REASON_NEEDED" {
                say(&format!("核对无误的：saizheng authorise {id} --reason 理由；有误的：saizheng return {id} --reason 原因"));
            }
            Ok(code)
        }
    }
}

/// Why the Center corrects the committee's name, where it says nothing else.
const COMMITTEE_REASON: &str = "改正组委会（办公室）名称";

/// `saizheng contest`: as the Center of the contest's jurisdiction.
pub(crate) async fn contest(id: &str, file: &Path, reason: &str, remote: &Remote) -> Result<ExitCode> {
    let (contest, findings) = match folder::contest(file, &latest_notice()?) {
        Ok(read) => read,
        Err(findings) => return Ok(tell(&findings)),
    };
    tell(&findings);
    let shown = remote.as_unit_of(id).await?.show(id).await?;
    if shown.contest == contest {
        say(&format!("申报 {id} 的大赛信息已是这样，没有更正"));
        return Ok(ExitCode::SUCCESS);
    }
    let api = remote.api(&Account::center(&shown.contest.jurisdiction)).await?;
    match steps::correct_contest(&api, &shown, contest, reason).await? {
        Ok(shown) => {
            say(&format!("申报 {id}：{}", shown.status_word));
            let found = shown.findings.into_iter().chain(steps::reported(&api, id).await?).collect();
            Ok(tell(&steps::once(found)))
        }
        Err(refused) => Ok(tell_refused(&refused)),
    }
}

/// `saizheng return`: as the Center of the contest's jurisdiction.
pub(crate) async fn send_back(id: &str, reason: &str, remote: &Remote) -> Result<ExitCode> {
    let shown = remote.as_unit_of(id).await?.show(id).await?;
    if shown.status != Status::Submitted {
        return Err(wrong_stage(id, shown.status, "退回的是“已提交”、尚未授权的申报"));
    }
    let api = remote.api(&Account::center(&shown.contest.jurisdiction)).await?;
    let request = SendBack { version: shown.version, reason: reason.to_owned() };
    match api.post::<Decided>(&format!("/v1/applications/{id}/return"), &request).await? {
        Ok(_) => {
            say(&format!("申报 {id} 已退回；补正后用 saizheng submit 文件夹 --application {id} 再次提交"));
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => Ok(tell_refused(&refused)),
    }
}

/// `saizheng withdraw`: as the unit that handed it in.
pub(crate) async fn withdraw(id: &str, reason: &str, remote: &Remote) -> Result<ExitCode> {
    let api = remote.as_unit_of(id).await?;
    let shown = api.show(id).await?;
    if shown.status != Status::Submitted {
        return Err(wrong_stage(id, shown.status, "撤回的是“已提交”、尚未授权的申报"));
    }
    let request = SendBack { version: shown.version, reason: reason.to_owned() };
    match api.post::<Decided>(&format!("/v1/applications/{id}/withdraw"), &request).await? {
        Ok(_) => {
            say(&format!(
                "申报 {id} 已撤回；改正后用 saizheng submit 文件夹 --application {id} 再次提交，不再需要的用 saizheng delete {id} 删除"
            ));
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => Ok(tell_refused(&refused)),
    }
}

/// `saizheng delete`: as the unit that handed it in.
pub(crate) async fn delete(id: &str, remote: &Remote) -> Result<ExitCode> {
    let api = remote.as_unit_of(id).await?;
    let shown = api.show(id).await?;
    if !shown.status.can_be_deleted() {
        return Err(wrong_stage(id, shown.status, "删除的是“材料未齐”或“已退回”的申报；“已提交”的可先撤回（saizheng withdraw）"));
    }
    match api.delete(id).await? {
        Ok(_) => {
            say(&format!("申报 {id} 已删除"));
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => Ok(tell_refused(&refused)),
    }
}

/// The number of a row, and what it rests on.
#[derive(Debug, Args)]
pub(crate) struct RecordArguments {
    /// 申报号
    id: String,
    /// 模板表中的行号
    row: u32,
    /// 证书编号
    number: String,
    /// 已登记的编号有误，更改的原因
    #[arg(long)]
    reason: Option<String>,
    /// 职业资格实施机构（二、（一））
    #[arg(long)]
    implementing_body: Option<String>,
    /// 编号的文号或依据，如 样例〔2022〕1号
    #[arg(long)]
    document: Option<String>,
    /// 实施机构颁发证书的日期，如 2022-06-20
    #[arg(long, value_parser = day)]
    issued_on: Option<Date>,
}

impl RecordArguments {
    fn request(&self) -> EnterNumber {
        let basis =
            NumberBasis { implementing_body: self.implementing_body.clone(), document: self.document.clone(), issued_on: self.issued_on };
        EnterNumber { number: self.number.clone(), reason: self.reason.clone(), basis }
    }
}

/// `saizheng record`: the number of a row, by the unit or by who issues the certificate.
pub(crate) async fn record(arguments: &RecordArguments, remote: &Remote) -> Result<ExitCode> {
    let RecordArguments { id, row, .. } = arguments;
    let request = arguments.request();
    let unit = remote.as_unit_of(id).await?;
    let shown = unit.show(id).await?;
    if shown.decisions.is_empty() {
        return Err(mistake(format!("申报 {id} 现为“{}”，还没有审核；审核通过后再登记编号", shown.status_word)));
    }
    let as_unit = unit.enter_number(id, *row, &request).await?;
    let done = match as_unit {
        // A number of one of ours is entered by who issues it.
        Err(denied) if denied.code == "DENIED" && remote.endpoint.is_none() => {
            remote.as_reviewer(id, async |api| api.enter_number(id, *row, &request).await).await?
        }
        done => done,
    };
    let entered: EnteredNumber = match done {
        Ok(entered) => serde_json::from_value(entered)?,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let listed = unit.certificates(id).await?;
    let (number, behind) = (&entered.number, shown::basis(&entered.basis));
    match listed.iter().any(|one| one.row == *row && one.own_number().is_some()) {
        true => {
            steps::wait_all_drawn(&unit, id).await?;
            say(&format!("申报 {id} 第 {row} 行已登记编号 {number}，证书已生成；用 saizheng fetch {id} --out 文件夹 取回"));
        }
        false => say(&format!("申报 {id} 第 {row} 行已登记编号 {number}{behind}")),
    }
    Ok(ExitCode::SUCCESS)
}

/// What comes after the last review (五、（二）).
pub(crate) fn tell_next(id: &str, qualified: &[Qualified]) -> Result<()> {
    let notice = latest_notice()?;
    let lots = || qualified.iter().flat_map(|one| &one.lots);
    let waits = |lot: &Allocation| lot.recorded > 0 && notice.prints(lot.certificate_type);
    if lots().any(waits) {
        say(&format!(
            "下一步：登记编号（saizheng record {id} 行号 编号，或 saizheng numbers {id} --out 表.xlsx 填写后登记），登记后即生成证书"
        ));
    }
    if lots().any(|lot| lot.numbered > 0) {
        say(&format!("下一步：打印（saizheng print {id}），再存档（saizheng archive make {id}）"));
    }
    Ok(())
}

/// `saizheng qualify`: says what a reviewer's decision came to.
pub(crate) fn tell_qualified(qualified: &Qualified) -> Result<()> {
    let notice = latest_notice()?;
    for lot in &qualified.lots {
        let Allocation { reviewer, numbered, recorded, refused, .. } = lot;
        let title = notice.type_rule(lot.certificate_type).map_or("", |rule| &rule.name);
        say(&format!("{reviewer} 审核完毕（{title}）：赋码 {numbered} 个，登记 {recorded} 人，不予通过 {refused} 人"));
        let Some(series) = notice.series(lot.certificate_type) else { continue };
        for line in codes(lot, series)? {
            say(&format!("  {line}"));
        }
    }
    Ok(())
}

/// First and last number of each prefix.
fn codes(allocation: &Allocation, series: Series<'_>) -> Result<Vec<String>> {
    let range = |range: &rules::issue::allocation::PrefixRange| {
        let code = |add: u32| range.prefix.code(series, range.first.saturating_add(add));
        let (first, last) = (code(0)?, code(range.count.saturating_sub(1))?);
        Ok(if first == last { first.to_string() } else { format!("{first} 至 {last}") })
    };
    allocation.ranges.iter().filter(|range| range.count > 0).map(range).collect()
}

/// `saizheng print` as one reviewer; none where there was nothing of theirs to print.
pub(crate) async fn print_lots(
    api: &Api,
    id: &str,
    reviewer: Option<&str>,
    wanted: TypeArgument,
    (request, preview): (&Value, bool),
) -> Answer<()> {
    let shown = api.show(id).await?;
    let mut own: Vec<&LotProgress> = shown.decisions.iter().collect();
    own.retain(|lot| reviewer.is_none_or(|name| lot.reviewer.as_str() == name));
    let Some(first) = own.first() else {
        let word = &shown.status_word;
        return Err(mistake(format!("申报 {id} 现为“{word}”，{} 尚未审核；请先审核（saizheng qualify）", reviewer.unwrap_or("颁证机构"))));
    };
    let (name, several) = (first.reviewer.clone(), own.len() > 1);
    own.retain(|lot| wanted.certificate_type.is_none_or(|wanted| lot.certificate_type == wanted));
    let notice = latest_notice()?;
    let waits = own.iter().any(|lot| lot.recorded > 0 && notice.prints(lot.certificate_type));
    own.retain(|lot| lot.end > 0);
    if own.is_empty() && waits {
        return Err(mistake(format!("{name}：证书待编号；先登记编号（saizheng record {id} 行号 编号，或 saizheng numbers {id}），再打印")));
    }
    if own.is_empty() {
        say(&format!("{name}：没有赋码的证书，不需打印"));
    }
    if several && wanted.certificate_type.is_none() && !own.is_empty() && own.iter().all(|lot| lot.on_sheets) {
        return Err(mistake(format!("{name}：证书都已打印，没有再打印；用 saizheng show {id} 查看")));
    }
    for lot in own {
        // With several types to print, one that lies on sheets already is passed over.
        if several && wanted.certificate_type.is_none() && lot.on_sheets {
            continue;
        }
        let mut request = request.clone();
        request["certificate_type"] = json!(lot.certificate_type);
        let done = if preview { preview_lot(api, id, lot, &request).await? } else { print_lot(api, id, lot, &request).await? };
        if let Err(refused) = done {
            return Ok(Err(refused));
        }
    }
    Ok(Ok(()))
}

/// Which sheets a run would take, and what its first certificate and its last look like.
async fn preview_lot(api: &Api, id: &str, lot: &LotProgress, request: &Value) -> Answer<()> {
    let seen: RunPreview = match api.post(&format!("/v1/applications/{id}/print/preview"), request).await? {
        Ok(seen) => seen,
        Err(refused) => return Ok(Err(refused)),
    };
    let (title, form) = (lot.title(), seen.run.setting.form.word());
    let what = if seen.printed { "已经打印" } else { "将打印" };
    say(&format!("{title} {what} {} 张（{form}）：{}", seen.run.count, sheets_of(&seen.run)));
    let places: &[&str] = if seen.pages.len() == 1 { &["唯一一张"] } else { &["第一张", "最后一张"] };
    for (place, page) in places.iter().zip(&seen.pages) {
        let sheet = page.serial.as_ref().map_or_else(String::new, |serial| format!("空白证书 {serial}，"));
        say(&format!("  {place}：{sheet}{}，第 {} 行", page.code, page.row));
    }
    match (&seen.link, &seen.problem) {
        (Some(link), _) => say(&format!("  样张（五分钟内有效）：{link}")),
        (None, problem) => say(&format!("  不能打印：{}", problem.as_deref().unwrap_or("原因不明"))),
    }
    Ok(Ok(()))
}

fn sheets_of(run: &ShownRun) -> String {
    let sheets: Vec<String> = run.sheets.iter().map(|(first, last)| format!("{first} 至 {last}")).collect();
    if sheets.is_empty() { "不编流水号".to_owned() } else { format!("空白证书 {}", sheets.join("、")) }
}

async fn print_lot(api: &Api, id: &str, lot: &LotProgress, request: &Value) -> Answer<()> {
    let known = lot.runs.len();
    let run: ShownRun = match steps::print_sheets(api, id, request).await? {
        Ok(run) => serde_json::from_value(run)?,
        Err(refused) if refused.code == "REASON_NEEDED" => {
            let message = format!("{}：saizheng print {id} --reason 理由", refused.message);
            return Ok(Err(Refused { message, ..refused }));
        }
        Err(refused) => return Ok(Err(refused)),
    };
    let lot = lot.title();
    let form = if run.setting.form == Form::Overprint { "套打" } else { "全版" };
    let sheets = sheets_of(&run);
    if (run.run as usize) < known {
        return Err(mistake(format!("{lot} 的证书已经打印（{form}，{sheets}），没有再打印")));
    }
    say(&format!("{lot} 打印 {} 张（{form}）：{sheets}", run.count));
    let shown = steps::wait_runs(api, id).await?;
    let made = shown.decisions.iter().find(|made| made.title() == lot).context("the lot")?;
    say(&format!("  打印文件 {}；用 saizheng fetch {id} --out 文件夹 取回", run_files(made, run.run).join("、")));
    Ok(Ok(()))
}

/// The files of a run, as `fetch` names them.
fn run_files(lot: &LotProgress, run: u32) -> Vec<String> {
    let all = lot.runs.iter().flat_map(|each| each.pdfs.iter().map(move |_| each.run.run));
    let numbered = all.zip(1u32..).filter(|(of, _)| *of == run);
    numbered.map(|(_, number)| format!("runs/{}-{number:03}.pdf", lot.title())).collect()
}

/// Which applications are listed, for whom.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// 以谁的身份：unit（申报单位，不填即此）、center-00、body-S000051010123
    #[arg(long = "as", default_value = "unit")]
    account: String,
    /// 只列轮到本账号办理的，等得最久的在前
    #[arg(long)]
    mine: bool,
    /// 状态，如 已提交、已授权（已审批、已受理的同此）、已审核（也可写 submitted 等）
    #[arg(long, value_parser = status)]
    status: Option<Status>,
    /// 竞赛类别：省级一类、省级二类、市级一类、市级二类，或市（州）自定的类别
    #[arg(long, value_parser = class)]
    class: Option<ContestClass>,
    /// 管辖地区两位代码
    #[arg(long)]
    jurisdiction: Option<String>,
    /// 牵头主办单位名称中的文字
    #[arg(long)]
    organiser: Option<String>,
    /// 大赛名称中的文字
    #[arg(long)]
    contest: Option<String>,
    /// 只列有证书办到这一步的：已赋码、已打印、已存档、已上网、已发放（也可写 printed 等）
    #[arg(long, value_parser = stage)]
    stage: Option<Stage>,
    /// 只列有打印失败的
    #[arg(long)]
    print_failed: bool,
    /// 只列有证书等本账号办这一步的：待编号、待打印、待存档、待申报上网、待领取（也可写 print 等）
    #[arg(long, value_parser = task)]
    task: Option<LotTask>,
    /// 只列在现在的状态停留了这么多天或更久的
    #[arg(long)]
    waiting_days: Option<u32>,
    /// 不在屏幕上列出，写成这个工作簿（.xlsx），一次最多 2,000 份；不覆盖已有的文件
    #[arg(long)]
    out: Option<PathBuf>,
}

fn status(text: &str) -> Result<Status, String> {
    let known = Status::ALL.iter().copied().find(|status| [status.word(), status.name()].contains(&text));
    // One status, called by what the Center decided.
    let decided = ApprovalManner::ALL.iter().any(|manner| manner.done() == text).then_some(Status::Authorised);
    let others = ApprovalManner::ALL.iter().map(|manner| manner.done()).filter(|word| *word != Status::Authorised.word());
    let words: Vec<&str> = Status::ALL.iter().map(|status| status.word()).chain(others).collect();
    known.or(decided).ok_or_else(|| format!("可写 {}", words.join("、")))
}

fn stage(text: &str) -> Result<Stage, String> {
    let all = || [Stage::Issued, Stage::Printed].into_iter().chain(Stage::MILESTONES);
    let words: Vec<&str> = all().map(Stage::word).collect();
    all().find(|stage| [stage.word(), stage.name()].contains(&text)).ok_or_else(|| format!("可写 {}", words.join("、")))
}

fn task(text: &str) -> Result<LotTask, String> {
    let words: Vec<&str> = LotTask::VARIANTS.iter().map(|task| task.word()).collect();
    let known = LotTask::VARIANTS.iter().copied().find(|task| [task.word(), task.name()].contains(&text));
    known.ok_or_else(|| format!("可写 {}", words.join("、")))
}

fn class(text: &str) -> Result<ContestClass, String> {
    if text.trim().is_empty() { Err("应写竞赛类别，如 省级一类".to_owned()) } else { Ok(ContestClass::named(text)) }
}

impl ListArguments {
    pub(crate) fn account(&self) -> Result<Account> {
        Account::named(&self.account)
    }

    fn filter(&self) -> ApplicationFilter {
        ApplicationFilter {
            mine: self.mine.then_some(true),
            status: self.status,
            class: self.class.clone(),
            jurisdiction: self.jurisdiction.clone(),
            organiser: self.organiser.clone(),
            contest: self.contest.clone(),
            lots: Some(true),
            stage: self.stage,
            print_failed: self.print_failed.then_some(true),
            task: self.task,
            waiting_days: self.waiting_days,
            total: None,
            after: None,
            size: None,
        }
    }
}

/// `saizheng list`: a line each, with tabs between.
pub(crate) async fn list(api: &Api, arguments: &ListArguments) -> Result<ExitCode> {
    if let Some(out) = &arguments.out {
        let exported = api.exported_list(&arguments.filter()).await?;
        steps::write_new(out, &BASE64_STANDARD.decode(exported.workbook_base64)?)?;
        let more = if exported.more { "；另有未列出的，请缩小范围后分次导出" } else { "" };
        say(&format!("共 {} 份申报{more}", exported.count));
        return Ok(ExitCode::SUCCESS);
    }
    let listed = api.list_of(arguments.filter()).await?;
    let notice = latest_notice()?;
    for one in &listed {
        let missing: Vec<&str> =
            notice.on_paper().filter(|rule| !one.originals.contains(&rule.material)).map(|rule| rule.title.as_str()).collect();
        let owed = shown::owed(one.declared, &missing, one.filed);
        let lots = one.lots.iter().flatten().map(shown::lot_stage);
        let told = lots.chain(owed).collect::<Vec<_>>().join("；");
        let turn: Vec<String> = one.turn.iter().map(ToString::to_string).collect();
        let turn = if turn.is_empty() { String::new() } else { format!("待 {}", turn.join("、")) };
        let (id, word, days) = (&one.id, &one.status_word, one.waiting_days);
        print(&format!("{id}\t{word}\t{days} 天\t{}\t{}\t{turn}\t{told}", one.contest, one.organiser));
    }
    say(&format!("共 {} 份申报", listed.len()));
    Ok(ExitCode::SUCCESS)
}

/// What is done with requests for corrections.
#[derive(Subcommand)]
pub(crate) enum CorrectionCommand {
    /// 列出待本中心批准的更正申请；写明申报号的，列出它的全部申请
    List {
        /// 哪个职鉴中心，两位代码；不填为省
        #[arg(long)]
        center: Option<String>,
        /// 申报号
        #[arg(long)]
        application: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以职鉴中心另一人的身份批准，同时办理
    Approve {
        /// 申报号
        id: String,
        /// 申请号
        number: u64,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以职鉴中心另一人的身份驳回
    Reject {
        /// 申报号
        id: String,
        /// 申请号
        number: u64,
        /// 原因
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        remote: Remote,
    },
}

/// `saizheng corrections`
pub(crate) async fn corrections(command: &CorrectionCommand) -> Result<ExitCode> {
    match command {
        CorrectionCommand::List { center, application, remote } => {
            let seat = latest_notice()?.notice.seat;
            let api = remote.api(&Account::center(center.as_deref().unwrap_or(&seat))).await?;
            let path = application.as_ref().map_or_else(|| "/v1/corrections".to_owned(), |id| format!("/v1/applications/{id}/corrections"));
            let listed: Vec<ShownRequest> = api.get(&path).await?;
            for one in &listed {
                let state = one.state.word();
                print(&format!("{}\t{}\t{}\t{state}\t{}\t{}", one.application, one.number, one.code, one.reviewer, one.reason));
            }
            say(&format!("共 {} 份更正申请", listed.len()));
            Ok(ExitCode::SUCCESS)
        }
        CorrectionCommand::Approve { id, number, remote } => {
            let api = second_person(id, remote).await?;
            match api.post::<CorrectionResult>(&format!("/v1/applications/{id}/corrections/{number}/approve"), &json!({})).await? {
                Ok(CorrectionResult { code, replaces: Some(old) }) => {
                    let word = shown::code_word(&code);
                    say(&format!("已批准：原{word} {old} 注销，新{word} {code}"));
                }
                Ok(CorrectionResult { code, replaces: None }) => say(&format!("已批准：{code} 已更正")),
                Err(refused) => return Ok(tell_refused(&refused)),
            }
            Ok(ExitCode::SUCCESS)
        }
        CorrectionCommand::Reject { id, number, reason, remote } => {
            let api = second_person(id, remote).await?;
            let request = Rejection { reason: reason.clone() };
            match api.post::<Value>(&format!("/v1/applications/{id}/corrections/{number}/reject"), &request).await? {
                Ok(_) => say(&format!("已驳回：申报 {id} 的第 {number} 号更正申请")),
                Err(refused) => return Ok(tell_refused(&refused)),
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Whoever asked does not decide: the Center's second person does.
async fn second_person(id: &str, remote: &Remote) -> Result<Api> {
    let shown = remote.as_unit_of(id).await?.show(id).await?;
    remote.api(&Account { second: true, ..Account::center(&shown.contest.jurisdiction) }).await
}

/// Whose token is asked for.
#[derive(Debug, Args)]
pub(crate) struct TokenArguments {
    /// 角色：unit（申报单位）、center（职鉴中心）、body（评价机构）
    #[arg(value_parser = ["unit", "center", "body"])]
    role: String,
    /// 单位：申报单位如 unit-1，职鉴中心两位代码如 00，评价机构编码第 1–13 位
    organisation: String,
    /// 同一单位的第几个人，1 或 2
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    person: u8,
}

impl TokenArguments {
    pub(crate) fn account(&self) -> Result<Account> {
        let role = ["unit", "center", "body"].into_iter().find(|role| *role == self.role);
        let role = role.ok_or_else(|| mistake("角色可写 unit、center、body"))?;
        Ok(Account { role, organisation: self.organisation.clone(), second: self.person == 2 })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Token {
        #[command(flatten)]
        arguments: TokenArguments,
    }

    #[test]
    fn a_token_is_of_a_person_of_an_organisation() {
        let subject = |line: &[&str]| {
            let token = Token::try_parse_from([&["token"], line].concat()).map_err(|_| ())?;
            Ok::<_, ()>(token.arguments.account().expect("an account").subject())
        };
        assert_eq!(subject(&["center", "00"]).as_deref(), Ok("local-center-00"));
        assert_eq!(subject(&["center", "00", "--person", "2"]).as_deref(), Ok("local-center-00-2"));
        assert_eq!(subject(&["clerk", "00"]), Err(()));
        assert_eq!(subject(&["unit", "unit-1", "--person", "3"]), Err(()));
    }

    #[test]
    fn a_status_is_named_in_either_language() {
        assert_eq!((status("已提交"), status("submitted")), (Ok(Status::Submitted), Ok(Status::Submitted)));
        for decided in ["已授权", "已审批", "已受理"] {
            assert_eq!(status(decided), Ok(Status::Authorised), "one status, by what the Center decided");
        }
        assert!(status("完成").expect_err("unknown").contains("已授权"));
        assert_eq!(class("省级二类"), Ok(ContestClass::PROVINCIAL_TWO));
    }
}
