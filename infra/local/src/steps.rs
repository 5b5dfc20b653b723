//! The steps of an application, one by one.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use operations::applications::CreatedApplication;
use operations::reports::Report;
use operations::show::ShownApplication;
use rules::issue::allocation::Allocation;
use rules::issue::application::{Override, Refusal, Review};
use rules::issue::status::Status;
use rules::notice::{Notice, Notices};
use rules::values::finding::{Finding, FindingCode, Place};

use crate::api::{Answer, Api, Refused};
use crate::folder::Folder;
use crate::mistake::mistake;
use crate::{print, say};

/// How long nothing may move before the system counts as failed.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(300);
/// Between two looks.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) fn latest_notice() -> Result<Notice> {
    Ok(Notices::built_in()?.general().clone())
}

/// Writes the blank roster workbook.
pub(crate) fn template(out: &Path) -> Result<()> {
    let template = roster::template(&latest_notice()?)?;
    // What was filled in by hand is not written over.
    let created = fs::OpenOptions::new().write(true).create_new(true).open(out);
    let mut file = match created {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(mistake(format!("{} 已经有了，没有覆盖；请换一个文件名", out.display())));
        }
        opened => opened.with_context(|| out.display().to_string())?,
    };
    file.write_all(&template).with_context(|| out.display().to_string())?;
    say(&format!("已写入 {}", out.display()));
    Ok(())
}

/// `5=年龄不符`
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
        Ok(created) => hand_in(api, folder, created).await.map(Ok),
        Err(refused) => Ok(Err(Refused { findings: folder.with_lines(refused.findings), ..refused })),
    }
}

/// Hands further materials in for an application, or the same ones corrected.
async fn submit_more(api: &Api, folder: &Folder, id: &str) -> Answer<Submitted> {
    match api.uploads(id).await? {
        Ok(created) => hand_in(api, folder, created).await.map(Ok),
        Err(refused) => Ok(Err(refused)),
    }
}

async fn hand_in(api: &Api, folder: &Folder, created: CreatedApplication) -> Result<Submitted> {
    let id = created.id.to_string();
    let judged: BTreeSet<String> = api.show(&id).await?.materials.into_iter().map(|material| material.version).collect();
    let mut findings = folder.findings.clone();
    findings.extend(created.findings);
    let mut uploaded = 0;
    for material in &folder.materials {
        let name = serde_json::to_value(material.rule.material)?;
        let form = name.as_str().and_then(|name| created.uploads.get(name)).context("上传表单")?;
        match api.upload(form, material.bytes.clone()).await? {
            Ok(()) => uploaded += 1,
            Err(code) if code == "EntityTooLarge" => {
                let message = format!("{}超过 {} MB", material.rule.title, material.rule.max_bytes / 1024 / 1024);
                findings.push(Finding::new(FindingCode::MaterialTooLarge, Place::file(&material.rule.file), message));
            }
            Err(code) => bail!("上传 {} 失败（{code}）", material.rule.file),
        }
    }
    let news = |shown: &ShownApplication| shown.materials.iter().filter(|material| !judged.contains(&material.version)).count();
    wait(api, &id, |shown| news(shown) >= uploaded && is_settled(shown), news).await?;
    Ok(Submitted { id, findings })
}

/// Whether the system has done what it can with the materials: registered them, or found what is wrong.
pub(crate) fn is_settled(shown: &ShownApplication) -> bool {
    let in_order = shown.materials.iter().all(|material| material.clean) && !shown.findings.iter().any(Finding::is_error);
    let open = shown.status == Status::Draft && (in_order || shown.has_form_to_compare());
    shown.status != Status::Registering && !open
}

/// Looks until `done`; fails if `progress` stands still for too long.
pub(crate) async fn wait(
    api: &Api,
    id: &str,
    done: impl Fn(&ShownApplication) -> bool,
    progress: impl Fn(&ShownApplication) -> usize,
) -> Result<ShownApplication> {
    let (mut seen, mut still) = (usize::MAX, Duration::ZERO);
    loop {
        let shown = api.show(id).await?;
        if done(&shown) {
            return Ok(shown);
        }
        let now = progress(&shown);
        still = if now == seen { still + POLL_INTERVAL } else { Duration::ZERO };
        seen = now;
        if still > TIMEOUT {
            bail!("申报 {id} 已 {} 秒没有进展", TIMEOUT.as_secs());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The review of the account's rows; `despite` is the reason for approving rows against advice.
pub(crate) async fn qualify(api: &Api, id: &str, refused: &[(u32, String)], despite: Option<&str>) -> Answer<Allocation> {
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
    fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    for (file, link) in [("summary.pdf", &form.pdf), ("summary.xlsx", &form.workbook)] {
        fs::write(out.join(file), api.download(link).await?)?;
    }
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
    Ok(ExitCode::SUCCESS)
}

/// What `saizheng rulebook` is to do.
pub(crate) enum RulebookChange<'a> {
    /// Nothing: show what counts.
    None,
    /// Put a file in the place of a part.
    Replace(&'a str, &'a Path),
    /// Withdraw what was put in the place of a part.
    Withdraw(&'a str),
}

/// `saizheng rulebook`: shows what counts, replaces a part with a file, or withdraws it.
pub(crate) async fn rulebook(api: &Api, change: RulebookChange<'_>) -> Result<ExitCode> {
    let overview = match change {
        RulebookChange::None => api.rulebook().await?,
        RulebookChange::Withdraw(part) => match api.withdraw(part).await? {
            Ok(overview) => overview,
            Err(refused) => return Ok(tell_refused(&refused)),
        },
        RulebookChange::Replace(part, file) => {
            let bytes = fs::read(file).with_context(|| file.display().to_string())?;
            // A picture goes as text too.
            let text = if part.starts_with("seals/") { BASE64_STANDARD.encode(bytes) } else { String::from_utf8(bytes)? };
            match api.place(part, text).await? {
                Ok(overview) => overview,
                Err(refused) => return Ok(tell_refused(&refused)),
            }
        }
    };
    print(&serde_json::to_string_pretty(&overview)?);
    Ok(ExitCode::SUCCESS)
}

/// `saizheng find`
pub(crate) async fn find(api: &Api, code: &str) -> Result<ExitCode> {
    match api.certificate(code).await? {
        Ok(found) => print(&serde_json::to_string_pretty(&found)?),
        Err(refused) => return Ok(tell_refused(&refused)),
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits for the certificates, then takes the sheets and waits for the merged PDFs.
pub(crate) async fn print_sheets(api: &Api, id: &str, request: &serde_json::Value) -> Answer<serde_json::Value> {
    wait_printed(api, id).await?;
    api.print(id, request).await
}

/// Waits until every single PDF is there.
pub(crate) async fn wait_printed(api: &Api, id: &str) -> Result<ShownApplication> {
    let printed = |shown: &ShownApplication| shown.decisions.iter().map(|decision| decision.printed_chunks).sum();
    wait(api, id, |shown| shown.decisions.iter().all(|decision| decision.printed_chunks >= decision.chunks), printed).await
}

/// Waits until every merged PDF is there.
pub(crate) async fn wait_runs(api: &Api, id: &str) -> Result<ShownApplication> {
    let runs = |shown: &ShownApplication| shown.decisions.iter().flat_map(|decision| &decision.runs).map(|run| run.printed_chunks).sum();
    let done =
        |shown: &ShownApplication| shown.decisions.iter().flat_map(|decision| &decision.runs).all(|run| run.printed_chunks >= run.chunks);
    wait(api, id, done, runs).await
}

/// `saizheng submit`
pub(crate) async fn submit_command(api: &Api, folder: &Path, application: Option<&str>) -> Result<ExitCode> {
    let notice = latest_notice()?;
    let folder = match Folder::read(folder, &notice) {
        Ok(folder) => folder,
        Err(findings) => return Ok(tell(&findings)),
    };
    let submitted = match application {
        None => submit(api, &folder).await?,
        Some(id) => submit_more(api, &folder, id).await?,
    };
    let submitted = match submitted {
        Ok(submitted) => submitted,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    print(&submitted.id);
    let shown = api.show(&submitted.id).await?;
    say(&format!("申报 {}：{}", submitted.id, shown.status_word));
    let mut findings = submitted.findings;
    let reported = reported(api, &submitted.id, &shown).await?;
    // What lies in the place of a missing material was said with it.
    let said: Vec<Place> = findings.iter().map(|finding| finding.place.clone()).collect();
    findings.extend(shown.findings.into_iter().filter(|f| f.code != FindingCode::MaterialMissing || !said.contains(&f.place)));
    findings.extend(reported);
    Ok(tell(&findings))
}

/// What the reports say: all of it where a material is not in order, otherwise what there is to do before printing.
async fn reported(api: &Api, id: &str, shown: &ShownApplication) -> Result<Vec<Finding>> {
    let in_order = shown.materials.iter().all(|material| material.clean);
    let mut findings = Vec::new();
    for links in api.reports(id).await? {
        let report: Report<'_> = serde_json::from_slice(&api.download(&links.json).await?)?;
        findings.extend(report.findings.into_owned());
    }
    findings.retain(|finding| !in_order || finding.code.is_about_photos());
    Ok(findings)
}

/// Says the findings; exit 2 if one of them is an error.
pub(crate) fn tell(findings: &[Finding]) -> ExitCode {
    for finding in findings {
        say(&finding.to_string());
    }
    if findings.iter().any(Finding::is_error) { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Says why the API refused; exit 2, or 1 where the fault is the system's.
pub(crate) fn tell_refused(refused: &Refused) -> ExitCode {
    say(&refused.message);
    tell(&refused.findings);
    ExitCode::from(if refused.is_a_failure() { 1 } else { 2 })
}

/// For a step: `None` if it went well.
pub(crate) fn report_refusal<T>(done: Answer<T>) -> Result<Option<ExitCode>> {
    Ok(done?.err().map(|refused| tell_refused(&refused)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_not_written_over_what_is_there() {
        let out = std::env::temp_dir().join(format!("saizheng-template-{}.xlsx", std::process::id()));
        template(&out).expect("written");
        assert!(fs::read(&out).expect("read").starts_with(b"PK"));
        fs::write(&out, "filled in by hand").expect("written");
        assert!(template(&out).expect_err("there is one").to_string().contains("没有覆盖"));
        assert_eq!(fs::read(&out).expect("read"), b"filled in by hand");
        fs::remove_file(out).expect("removed");
    }
}
