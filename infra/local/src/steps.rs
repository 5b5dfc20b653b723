//! The steps of an application, one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use operations::applications::CreatedApplication;
use operations::contest::{CorrectContest, CorrectedContest};
use operations::decisions::{Authorise, Authorised, Qualified};
use operations::failures::ShownFailure;
use operations::filing::{Declare, ShownDeclaration};
use operations::lists::ApplicationSummary;
use operations::reports::Report;
use operations::show::{LotProgress, ShownApplication};
use operations::states::RowState;
use rules::intake::contest::Contest;
use rules::intake::summary::{StampError, SummaryStamp};
use rules::issue::application::{Override, Refusal, Review};
use rules::issue::status::Status;
use rules::notice::{Notice, Notices};
use rules::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};

use crate::api::{Answer, Api, Refused};
use crate::folder::{self, Folder, MaterialFile};
use crate::mistake::{mistake, tell, tell_refused};
use crate::notices::latest_notice;
use crate::progress::Progress;
use crate::remote::Remote;
use crate::results::{self, Staged};
use crate::shown::AnswerFormat;
use crate::{ask, authorisation, findings, output, print, say, shown};

/// How long nothing may move before the system counts as failed.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(300);
/// Between two looks.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The notice of the contests of a jurisdiction, by its code or name: their classes are its own (七). Without one, the province's.
fn notice_for(jurisdiction: Option<&str>) -> Result<Notice> {
    let latest = latest_notice()?;
    let Some(text) = jurisdiction else { return Ok(latest) };
    let Some(meant) = latest.jurisdiction(text).or_else(|| latest.jurisdiction_meant(text)) else {
        let known: Vec<String> = latest.jurisdictions.iter().map(|known| format!("{} {}", known.code, known.name)).collect();
        return Err(mistake(format!("“{text}”不是四川省或市（州）代码、名称（可写：{}）", known.join("、"))));
    };
    let notices = Notices::built_in()?;
    let of_it = notices.all().find(|notice| notice.notice.jurisdictions.contains(&meant.code));
    Ok(of_it.cloned().unwrap_or(latest))
}

/// Writes the blank roster workbook.
pub(crate) fn template(out: &Path, jurisdiction: Option<&str>) -> Result<()> {
    write_new(out, &roster::template(&notice_for(jurisdiction)?)?)
}

/// Writes a file that is not there yet: what was filled in by hand is not written over.
pub(crate) fn write_new(out: &Path, bytes: &[u8]) -> Result<()> {
    let created = fs::OpenOptions::new().write(true).create_new(true).open(out);
    let mut file = match created {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(mistake(format!("{} 已经有了，没有覆盖；请换一个文件名", out.display())));
        }
        opened => opened.with_context(|| out.display().to_string())?,
    };
    let written = file.write_all(bytes);
    if written.is_err() {
        let _ = fs::remove_file(out);
    }
    written.with_context(|| out.display().to_string())?;
    say(&format!("已写入 {}", out.display()));
    Ok(())
}

/// `5=成绩与表彰文件不符`
pub(crate) fn parse_refusal(text: &str) -> Result<(u32, String), String> {
    let (row, reason) = text.split_once('=').ok_or("写作 行号=理由")?;
    Ok((row.trim().parse().map_err(|_| "行号应为数字")?, reason.to_owned()))
}

/// A submitted application.
pub(crate) struct Submitted {
    pub(crate) id: String,
    /// What went wrong before S3 had the file.
    pub(crate) findings: Vec<Finding>,
}

/// Creates the application, uploads what is there, and waits for the verdicts.
pub(crate) async fn submit(api: &Api, folder: &Folder) -> Answer<Submitted> {
    match api.create(&folder.contest).await? {
        Ok(created) => hand_in(api, folder, created, BTreeSet::new()).await.map(Ok),
        Err(refused) => Ok(Err(Refused { findings: folder.with_lines(refused.findings), ..refused })),
    }
}

/// Hands further materials in for an application, or the same ones corrected, and the contest's record where it was corrected.
pub(crate) async fn submit_more(api: &Api, folder: &Folder, id: &str) -> Answer<Submitted> {
    let shown = api.show(id).await?;
    let judged = versions(&shown);
    let mut said = Vec::new();
    if shown.contest != folder.contest {
        let request = CorrectContest { version: shown.version, contest: folder.contest.clone(), reason: None, unseen: Vec::new() };
        match api.correct_contest(id, &request).await? {
            Ok(corrected) => {
                tell_changes(&corrected);
                said = corrected.findings;
            }
            Err(refused) => return Ok(Err(Refused { findings: folder.with_lines(refused.findings), ..refused })),
        }
    }
    match api.uploads(id).await? {
        Ok(created) => {
            let findings = said.into_iter().chain(created.findings).collect();
            hand_in(api, folder, CreatedApplication { findings, ..created }, judged).await.map(Ok)
        }
        Err(refused) => Ok(Err(refused)),
    }
}

/// What was changed of a contest's record.
pub(crate) fn tell_changes(corrected: &CorrectedContest) {
    for change in &corrected.changes {
        say(&format!("大赛信息已更正：{change}"));
    }
    if !corrected.changes.is_empty() {
        say("各项材料按更正后的大赛信息重新检查；汇总表上的内容有变的，须重新打印、签字盖章");
    }
}

/// The versions of materials that were judged.
fn versions(shown: &ShownApplication) -> BTreeSet<String> {
    shown.materials.iter().map(|material| material.version.clone()).collect()
}

/// Uploads what is there, and waits until it is judged, and what was `judged` before is by the record as it is now.
async fn hand_in(api: &Api, folder: &Folder, created: CreatedApplication, judged: BTreeSet<String>) -> Result<Submitted> {
    let id = created.id.to_string();
    let mut findings = folder.findings.clone();
    findings.extend(created.findings);
    let (mut uploaded, progress) = (0, Progress::start("上传材料"));
    for (number, material) in folder.materials.iter().enumerate() {
        progress.at(number, folder.materials.len());
        let name = serde_json::to_value(material.rule.material)?;
        let form = name.as_str().and_then(|name| created.uploads.get(name)).context("上传表单")?;
        match api.upload(form, material.bytes.clone()).await? {
            Ok(()) => uploaded += 1,
            Err(code) if code == "EntityTooLarge" => findings.push(material.rule.too_large()),
            Err(code) => bail!("上传 {} 失败（{code}）", material.rule.file),
        }
    }
    drop(progress);
    let news = |shown: &ShownApplication| shown.materials.iter().filter(|material| !judged.contains(&material.version)).count();
    wait(api, &id, "检查材料", |shown| (news(shown), uploaded), |shown| news(shown) >= uploaded && is_settled(shown)).await?;
    Ok(Submitted { id, findings })
}

/// Whether the system has done what it can with the materials: registered them, or found what is wrong.
pub(crate) fn is_settled(shown: &ShownApplication) -> bool {
    let in_order = shown.materials.iter().all(|material| material.clean) && !shown.findings.iter().any(Finding::is_error);
    let open = shown.status == Status::Draft && (in_order || shown.has_form_to_compare());
    shown.status != Status::Registering && shown.judging.is_empty() && !open
}

/// The materials that were judged; of how many is not known.
pub(crate) fn judged(shown: &ShownApplication) -> (usize, usize) {
    (shown.materials.len(), 0)
}

/// Looks until `done`, and says what for and how far it is; fails if that stands still for too long.
pub(crate) async fn wait(
    api: &Api,
    id: &str,
    what: &str,
    count: impl Fn(&ShownApplication) -> (usize, usize),
    done: impl Fn(&ShownApplication) -> bool,
) -> Result<ShownApplication> {
    let (mut seen, mut still) = (usize::MAX, Duration::ZERO);
    let mut shown = api.show(id).await?;
    if done(&shown) {
        return Ok(shown);
    }
    let progress = Progress::start(what);
    loop {
        let (now, total) = count(&shown);
        if total > 0 {
            progress.at(now, total);
        }
        still = if now == seen { still + POLL_INTERVAL } else { Duration::ZERO };
        seen = now;
        if still > TIMEOUT {
            bail!("申报 {id} 已 {} 秒没有进展", TIMEOUT.as_secs());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        shown = api.show(id).await?;
        if done(&shown) {
            return Ok(shown);
        }
    }
}

/// The Center's authorisation; `despite` is the reason for what is found of the contest's record.
pub(crate) async fn authorise(api: &Api, shown: &ShownApplication, despite: Option<&str>, number: Option<&str>) -> Answer<Authorised> {
    let number = number.map(str::to_owned);
    let (id, mut request) = (shown.id.as_str(), Authorise { version: shown.version, reasons: BTreeMap::new(), number });
    let answer = api.authorise(id, &request).await?;
    let (Err(advice), Some(reason)) = (&answer, despite) else { return Ok(answer) };
    if advice.code != "REASON_NEEDED" {
        return Ok(answer);
    }
    // Kept is what is owed; the others need none.
    let codes = advice.findings.iter().map(|finding| finding.code).filter(|code| *code != FindingCode::OccupationName);
    let keys = shown.contest.events.iter().map(|event| event.name.clone()).chain(codes.map(|code| code.to_string()));
    request.reasons = keys.map(|key| (key, reason.to_owned())).collect();
    api.authorise(id, &request).await
}

/// Corrects the contest's record with a reason, and waits until all materials are judged anew by it.
pub(crate) async fn correct_contest(api: &Api, shown: &ShownApplication, contest: Contest, reason: &str) -> Answer<ShownApplication> {
    let (id, reason) = (shown.id.as_str(), Some(reason.to_owned()));
    match api.correct_contest(id, &CorrectContest { version: shown.version, contest, reason, unseen: Vec::new() }).await? {
        Ok(corrected) => tell_changes(&corrected),
        Err(refused) => return Ok(Err(refused)),
    }
    wait(api, id, "重新检查材料", judged, is_settled).await.map(Ok)
}

/// The review of the account's rows; `despite` is the reason for approving rows against advice.
pub(crate) async fn qualify(api: &Api, id: &str, refused: &[(u32, String)], despite: Option<&str>) -> Answer<Qualified> {
    let shown = api.show(id).await?;
    let refused = refused.iter().map(|(row, reason)| Refusal { row: *row, reason: reason.clone() }).collect();
    let mut review = Review { refused, overrides: Vec::new() };
    let answer = api.qualify(id, shown.version, &review).await?;
    let (Err(advice), Some(reason)) = (&answer, despite) else { return Ok(answer) };
    if advice.code != "REASON_NEEDED" {
        return Ok(answer);
    }
    let rows: BTreeSet<u32> = advice.findings.iter().filter_map(|finding| finding.place.row).collect();
    review.overrides = rows.into_iter().map(|row| Override { row, reason: reason.to_owned() }).collect();
    api.qualify(id, shown.version, &review).await
}

/// `saizheng summary-form`
pub(crate) async fn summary_form(api: &Api, id: &str, out: &Path, stamp: Option<&str>) -> Result<ExitCode> {
    let form = match api.summary_form(id, stamp).await? {
        Ok(form) => form,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let staged = Staged::of(out)?;
    for (file, link) in [("summary.pdf", &form.pdf), ("summary.xlsx", &form.workbook)] {
        staged.write(file, &api.download(link).await?)?;
    }
    staged.publish()?;
    say(&format!("已写入 {}：打印 summary.pdf，核对无误后签字盖章，扫描上传", out.display()));
    match form.matches {
        Some(true) => say("校验码与现行模板表相符"),
        Some(false) => {
            say("校验码与现行模板表不符：这份汇总表不是由现在的模板表生成的，请重新打印、盖章");
            return Ok(ExitCode::from(2));
        }
        None => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// `saizheng explain` without a row: what every row gets, a line each, with tabs between.
pub(crate) async fn explain_all(api: &Api, id: &str) -> Result<ExitCode> {
    let plan = match api.planned_rows(id).await? {
        Ok(plan) => plan,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    for row in &plan.rows {
        let seal = row.sealed_by.as_ref().map_or_else(String::new, |seal| format!("（{seal}代章）"));
        let prefix = row.prefix.as_deref().unwrap_or("不赋码");
        print(&format!("第 {} 行\t{}\t{}{seal}\t由 {} 审核\t{prefix}", row.row, row.certificate_type, row.issuing_body, row.reviewer));
    }
    let gaps = if plan.unconfirmed.is_empty() { String::new() } else { format!("；待确认 {}", plan.unconfirmed.join("、")) };
    say(&format!("共 {} 行{gaps}", plan.rows.len()));
    if plan.preview {
        say(PREVIEW);
    }
    Ok(ExitCode::SUCCESS)
}

/// That nothing is decided yet.
const PREVIEW: &str = "以上为授权前的预告，按现行规则得出，没有作任何登记；以授权时为准";

/// `saizheng explain`
pub(crate) async fn explain(api: &Api, id: &str, row: u32) -> Result<ExitCode> {
    let explanation = match api.explain(id, row).await? {
        Ok(explanation) => explanation,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let seal = explanation.sealed_by.map_or_else(String::new, |seal| format!("（{seal}代章）"));
    print(&format!("第 {row} 行：{}{seal}，依据 {}", explanation.issuing_body, explanation.notice));
    for (number, step) in (1..).zip(&explanation.steps) {
        let unconfirmed = step.unconfirmed.as_ref().map_or_else(String::new, |gap| format!("【待确认 {gap}】"));
        print(&format!("{number}. [{}] {}？{} → {}{unconfirmed}", step.clause, step.question, step.input, step.outcome));
    }
    if explanation.preview {
        say(PREVIEW);
    }
    Ok(ExitCode::SUCCESS)
}

/// `saizheng find`: a certificate by its code; an application by the QR code of its summary form, when the paper comes to the counter.
pub(crate) async fn find(remote: &Remote, code: &str, format: AnswerFormat) -> Result<ExitCode> {
    match SummaryStamp::parse(code) {
        Ok(stamp) => find_by_form(remote, &stamp, format).await,
        Err(StampError::Damaged) => Err(mistake(StampError::Damaged.to_string())),
        Err(StampError::Foreign) => {
            let unit = remote.first_unit(async |api| Ok(api.certificate(code).await?.is_ok())).await?;
            match remote.api(&unit).await?.certificate(code).await? {
                Err(unknown) if matches!(unknown.code.as_str(), "NOT_FOUND" | "MALFORMED") => {
                    find_authorisation(remote, code, unknown).await
                }
                found => format.answer(Ok(found), shown::certificate),
            }
        }
    }
}

/// What is no certificate's number may be an authorisation's.
async fn find_authorisation(remote: &Remote, number: &str, unknown: Refused) -> Result<ExitCode> {
    let unit = remote.first_unit(async |api| Ok(api.find_authorisation(number).await?.is_ok())).await?;
    match remote.api(&unit).await?.find_authorisation(number).await? {
        Ok(found) => {
            authorisation::lines(&found).iter().for_each(|line| print(line));
            Ok(ExitCode::SUCCESS)
        }
        Err(_) => Ok(tell_refused(&unknown)),
    }
}

async fn find_by_form(remote: &Remote, stamp: &SummaryStamp, format: AnswerFormat) -> Result<ExitCode> {
    if stamp.application.is_empty() {
        return Err(mistake("这份汇总表是在申报创建之前生成的，二维码里没有申报号；请用 saizheng list --contest 大赛名称 查找"));
    }
    let id = &stamp.application;
    let api = remote.as_unit_of(id).await?;
    let notice = latest_notice()?;
    format.print(api.show_value(id).await?, |found| shown::application(found, &notice))?;
    match api.summary_form(id, Some(&stamp.to_string())).await? {
        Ok(form) if form.matches == Some(true) => {
            say("这份纸质汇总表由现在的模板表生成");
            Ok(ExitCode::SUCCESS)
        }
        Ok(_) => {
            say("这份纸质汇总表不是由现在的模板表生成的：请主办单位重新打印、签字盖章");
            Ok(ExitCode::from(2))
        }
        // It was not told whether it is the one that counts: the roster is not sound any more, or is not the account's to see.
        Err(refused) => Ok(tell_refused(&refused)),
    }
}

/// Waits for the certificates, then takes the sheets and waits for the merged PDFs.
pub(crate) async fn print_sheets(api: &Api, id: &str, request: &serde_json::Value) -> Answer<serde_json::Value> {
    wait_printed(api, id).await?;
    api.print(id, request).await
}

/// Waits until every single PDF is there.
pub(crate) async fn wait_printed(api: &Api, id: &str) -> Result<ShownApplication> {
    let count = |shown: &ShownApplication| {
        let of = |number: fn(&LotProgress) -> usize| shown.decisions.iter().map(number).sum();
        (of(|lot| lot.printed_chunks), of(|lot| lot.chunks))
    };
    let failed = |shown: &ShownApplication| shown.decisions.iter().any(|lot| !lot.failures.is_empty());
    let done = |shown: &ShownApplication| failed(shown) || shown.decisions.iter().all(|lot| lot.printed_chunks >= lot.chunks);
    unless_failed(id, wait(api, id, "生成证书（批）", count, done).await?, &|lot| lot.failures.iter().collect())
}

/// Waits until the PDF of every certificate with a number is there.
pub(crate) async fn wait_all_drawn(api: &Api, id: &str) -> Result<()> {
    let progress = Progress::start("生成证书");
    let mut waited = Duration::ZERO;
    loop {
        let listed = api.certificates(id).await?;
        let own = || listed.iter().filter(|one| one.own_number().is_some());
        let open = own().filter(|one| one.pdf.is_none() && one.state != RowState::PrintFailed && one.revoked.is_none()).count();
        if open == 0 {
            return Ok(());
        }
        ensure!(waited < TIMEOUT, "证书没有全部生成");
        progress.at(own().count() - open, own().count());
        tokio::time::sleep(POLL_INTERVAL).await;
        waited += POLL_INTERVAL;
    }
}

/// A job that ended without paper ends the command, with the reason and the way on.
fn unless_failed(id: &str, shown: ShownApplication, of: &dyn Fn(&LotProgress) -> Vec<&ShownFailure>) -> Result<ShownApplication> {
    let said = |one: &ShownFailure| format!("{}第 {} 部分：{}", one.what, one.part, one.reason);
    let failures: Vec<String> = shown.decisions.iter().flat_map(of).map(said).collect();
    if failures.is_empty() {
        return Ok(shown);
    }
    bail!("打印失败：{}。排除原因后用 saizheng print-again {id} 重新生成；已取用的空白证书不变", failures.join("；"))
}

/// Waits until every merged PDF is there.
pub(crate) async fn wait_runs(api: &Api, id: &str) -> Result<ShownApplication> {
    let runs = |shown: &ShownApplication| -> Vec<(usize, usize)> {
        shown.decisions.iter().flat_map(|lot| &lot.runs).map(|run| (run.printed_chunks, run.chunks)).collect()
    };
    let count = |shown: &ShownApplication| runs(shown).into_iter().fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1));
    let of_runs = |lot: &LotProgress| lot.runs.iter().flat_map(|run| &run.failures).next().is_some();
    let failed = |shown: &ShownApplication| shown.decisions.iter().any(of_runs);
    let done = |shown: &ShownApplication| failed(shown) || runs(shown).into_iter().all(|(made, chunks)| made >= chunks);
    let shown = wait(api, id, "合并打印文件（册）", count, done).await?;
    unless_failed(id, shown, &|lot| lot.runs.iter().flat_map(|run| &run.failures).collect())
}

/// A folder that is not there is no fault of a contest's record.
pub(crate) fn expect_folder(path: &Path) -> Result<()> {
    if path.is_dir() { Ok(()) } else { Err(mistake(format!("没有找到文件夹 {}，请核对写法", path.display()))) }
}

/// `saizheng submit`
pub(crate) async fn submit_command(api: &Api, path: &Path, application: Option<&str>, declare: Option<&str>) -> Result<ExitCode> {
    expect_folder(path)?;
    let declared = declare.map(|name| ask::unless_dash(name, "声明人")).transpose()?;
    let notice = latest_notice()?;
    let mut folder = match Folder::read(path, &notice) {
        Ok(folder) => folder,
        Err(findings) => {
            let code = tell(&findings);
            let materials = folder::materials(path, &notice);
            if let Some(roster) = folder::roster(&materials) {
                say(&format!("{} 还没有检查：请先改正上面所说的", roster.rule.file));
            }
            return Ok(code);
        }
    };
    let submitted = match application {
        None => {
            tell_of_open_ones(api, &folder).await?;
            take_last_contact(api, &mut folder).await?;
            submit(api, &folder).await?
        }
        Some(id) => submit_more(api, &folder, id).await?,
    };
    let submitted = match submitted {
        Ok(submitted) => submitted,
        Err(refused) => {
            let code = tell_refused(&refused);
            mark(path, folder.roster(), &notice, &refused.findings)?;
            return Ok(code);
        }
    };
    print(&submitted.id);
    let shown = api.show(&submitted.id).await?;
    say(&format!("申报 {}：{}", submitted.id, shown.status_word));
    let mut findings = submitted.findings;
    // What lies in the place of a missing material was said with it.
    let said: Vec<Place> = findings.iter().map(|finding| finding.place.clone()).collect();
    findings.extend(shown.findings.into_iter().filter(|f| f.code != FindingCode::MaterialMissing || !said.contains(&f.place)));
    findings.extend(reported(api, &submitted.id).await?);
    let findings = folder.with_lines(once(findings));
    let code = tell(&findings);
    mark(path, folder.roster(), &notice, &findings)?;
    let known = shown.declaration.is_some();
    if let Some(refused) = declare_on_submission(api, &submitted.id, (shown.status, known), declared.as_deref()).await? {
        return Ok(refused);
    }
    if shown.status == Status::Draft {
        say(&format!("补正后：saizheng submit 文件夹 --application {}", submitted.id));
    }
    Ok(code)
}

/// The head of the summary form as the unit filled it in last time, where `contest.toml` leaves it out.
async fn take_last_contact(api: &Api, folder: &mut Folder) -> Result<()> {
    if folder.contest.organiser_contact.is_empty() {
        let last = api.last_contact().await?;
        if !last.is_empty() {
            say(&format!("{CONTEST_FILE} 没有写 [organiser_contact]：汇总表的单位地址、联系电话、负责人、经办人沿用上一份申报的"));
            folder.contest.organiser_contact = last;
        }
    }
    Ok(())
}

/// The organiser's word, once its application is complete; without it, that it is owed.
async fn declare_on_submission(api: &Api, id: &str, (status, declared): (Status, bool), name: Option<&str>) -> Result<Option<ExitCode>> {
    let again = format!("saizheng submit 文件夹 --application {id} --declare 姓名");
    match name {
        _ if status != Status::Submitted => {
            if name.is_some() {
                say(&format!("申报还不齐全，没有登记声明；补正后：{again}"));
            }
            Ok(None)
        }
        None if declared => Ok(None),
        None => {
            say(&format!("未声明：牵头主办单位对申报信息的真实准确负责（六、（二）），声明用 {again}"));
            Ok(None)
        }
        Some(name) => match declare(api, id, name).await? {
            Ok(given) => {
                say(&shown::declaration(Some(&given)));
                Ok(None)
            }
            Err(refused) => Ok(Some(tell_refused(&refused))),
        },
    }
}

/// The organiser's word, by whoever gives it.
pub(crate) async fn declare(api: &Api, id: &str, name: &str) -> Answer<ShownDeclaration> {
    api.post(&format!("/v1/applications/{id}/declaration"), &Declare { name: name.to_owned() }).await
}

/// That the unit has the same contest under way already: what is handed in now is another application.
async fn tell_of_open_ones(api: &Api, folder: &Folder) -> Result<()> {
    let open = |one: &ApplicationSummary| one.contest == folder.contest.name && one.status.can_be_deleted();
    for one in api.list().await?.into_iter().filter(open) {
        say(&format!(
            "已有同一大赛的申报 {}（{}）；这一次是另一份，要补正那一份请用 saizheng submit 文件夹 --application {0}",
            one.id, one.status_word
        ));
    }
    Ok(())
}

/// Each finding once: what is wrong with the contest's record is said when an application is created, and again in its reports.
pub(crate) fn once(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut known = BTreeSet::new();
    for finding in findings {
        let Place { file, sheet, cell, row } = &finding.place;
        if known.insert((finding.code, file.clone(), sheet.clone(), cell.clone(), *row, finding.message.clone())) {
            kept.push(finding);
        }
    }
    kept
}

/// Writes the roster with its marks beside it, where there is something in it to mark, and says where. One that was written
/// before may have been corrected by hand since: it stays.
fn mark(folder: &Path, roster: Option<&MaterialFile>, notice: &Notice, findings: &[Finding]) -> Result<()> {
    let Some(roster) = roster else { return Ok(()) };
    let file = &roster.rule.file;
    let marks = || findings.iter().filter(|finding| finding.place.file == *file);
    if marks().next().is_none() {
        return Ok(());
    }
    let path = free_name(folder);
    results::write(&path, &output::marked_workbook(Some(roster), notice, findings)?)?;
    let what = if marks().any(Finding::is_error) {
        "在上面改好，另存为"
    } else {
        "其中只有提示，不必改；如要改，另存为"
    };
    say(&format!("批注后的名册 {}：{what} {file} 再提交", path.display()));
    Ok(())
}

/// `report.xlsx`, or `report-2.xlsx` and so on where there is one.
fn free_name(folder: &Path) -> PathBuf {
    let (stem, end) = findings::WORKBOOK.split_once('.').unwrap_or((findings::WORKBOOK, "xlsx"));
    let numbered = (2u32..).map(|number| folder.join(format!("{stem}-{number}.{end}")));
    let mut names = std::iter::once(folder.join(findings::WORKBOOK)).chain(numbered);
    names.find(|name| !name.exists()).unwrap_or_else(|| folder.join(findings::WORKBOOK))
}

/// What the reports say.
pub(crate) async fn reported(api: &Api, id: &str) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for links in api.reports(id).await? {
        let report: Report<'_> = serde_json::from_slice(&api.download(&links.json).await?)?;
        findings.extend(report.findings.into_owned());
    }
    Ok(findings)
}

/// For a step: `None` if it went well.
pub(crate) fn report_refusal<T>(done: Answer<T>) -> Result<Option<ExitCode>> {
    Ok(done?.err().map(|refused| tell_refused(&refused)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_workbook_that_was_corrected_by_hand_stays() {
        let folder = std::env::temp_dir().join(format!("saizheng-marked-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("created");
        let notice = latest_notice().expect("a notice");
        let rule = notice.material_of_file("roster.xlsx").expect("the roster").clone();
        let roster = MaterialFile { rule, bytes: roster::template(&notice).expect("a template") };
        let finding = Finding::new(FindingCode::RosterHeld, Place::file("roster.xlsx"), "有误");
        mark(&folder, Some(&roster), &notice, &[]).expect("nothing to mark");
        assert!(!folder.join("report.xlsx").exists());
        mark(&folder, Some(&roster), &notice, std::slice::from_ref(&finding)).expect("marked");
        assert!(fs::read(folder.join("report.xlsx")).expect("read").starts_with(b"PK"));
        fs::write(folder.join("report.xlsx"), "corrected").expect("written");
        mark(&folder, Some(&roster), &notice, &[finding]).expect("marked");
        assert_eq!(fs::read(folder.join("report.xlsx")).expect("read"), b"corrected");
        assert!(folder.join("report-2.xlsx").exists());
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn what_is_said_twice_is_told_once() {
        let finding = |code, file: &str, message: &str| Finding::new(code, Place::file(file), message);
        let jurisdiction = finding(FindingCode::ContestInvalid, "contest.toml", "jurisdiction“重庆市”不是四川省或市（州）代码");
        let conflict = finding(FindingCode::OccupationConflict, "contest.toml", "赛项“中式烹饪”的职业名称和编码是两个职业");
        let cell = Finding::new(FindingCode::CellRequired, Place::cell("roster.xlsx", "选手信息", 2, 1), "“姓名”未填");
        let told = once(vec![jurisdiction.clone(), conflict.clone(), cell.clone(), jurisdiction.clone(), conflict.clone()]);
        assert_eq!(told, [jurisdiction, conflict, cell]);
    }

    #[test]
    fn a_template_is_not_written_over_what_is_there() {
        let out = std::env::temp_dir().join(format!("saizheng-template-{}.xlsx", std::process::id()));
        template(&out, None).expect("written");
        assert!(fs::read(&out).expect("read").starts_with(b"PK"));
        fs::write(&out, "filled in by hand").expect("written");
        assert!(template(&out, Some("绵阳")).expect_err("there is one").to_string().contains("没有覆盖"));
        assert_eq!(fs::read(&out).expect("read"), b"filled in by hand");
        fs::remove_file(out).expect("removed");
    }
}
