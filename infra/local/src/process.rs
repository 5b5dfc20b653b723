//! `saizheng process`: a folder in, certificates out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use operations::lists::ApplicationSummary;
use operations::show::{LotProgress, ShownApplication};
use operations::states::{ListedCertificate, RowState};
use rules::issue::status::Status;
use rules::notice::Notice;
use rules::values::finding::{Finding, FindingCode, Place};
use rules::values::vocabulary::{CertificateType, Material};
use sha2::{Digest, Sha256};

use crate::accounts::Account;
use crate::api::{Answer, Api, Refused};
use crate::folder::{self, Folder};
use crate::local::Local;
use crate::mistake::tell;
use crate::notices::latest_notice;
use crate::output::{self, Line};
use crate::progress::Progress;
use crate::stack::Stack;
use crate::{ask, say, sheets, shown, steps};

/// Why `process` authorises a contest of whose record something is to be looked at.
const AS_REGISTERED: &str = "按大赛登记的信息授权";
/// Why `process` approves rows against advice: the notice leaves the level to the organiser (附件备注1).
const AS_APPLIED_FOR: &str = "按主办单位申报的等级核发";

/// Why it prints certificates without a photo.
const PASTED_IN: &str = "照片由颁证机构粘贴";

/// What processing a folder came to.
pub(crate) struct Processed {
    /// The application, if there is one.
    pub(crate) id: Option<String>,
    pub(crate) lines: Vec<Line>,
    pub(crate) findings: Vec<Finding>,
    /// What the API said no to, if it did.
    pub(crate) refused: Option<Refused>,
    /// Where the result is: beside the folder that was named, if that one holds the good result of another application.
    pub(crate) out: PathBuf,
}

impl Processed {
    pub(crate) fn is_served(&self) -> bool {
        self.refused.is_none()
            && !self.lines.is_empty()
            && self.lines.iter().all(Line::is_served)
            && !self.findings.iter().any(Finding::is_error)
    }
}

/// Exit 0 if every row got what the notice gives it, 2 if not.
pub(crate) async fn run(folder: &Path, out: &Path, declare: Option<&str>, local: &Local) -> Result<ExitCode> {
    let declared = declare.map(|name| ask::unless_dash(name, "声明人")).transpose()?;
    let processed = process(folder, out, declared, local).await?;
    if let Some(refused) = &processed.refused {
        say(&refused.message);
    }
    tell(&processed.findings);
    if processed.out != out {
        say(&format!("{} 里有另一份申报办结的结果，没有覆盖；这一次的结果另存", out.display()));
    }
    if let Some(id) = &processed.id {
        say(&format!("申报号 {id}"));
    }
    let served = processed.lines.iter().filter(|line| line.is_served()).count();
    say(&format!("{served}/{} 名选手办结，结果在 {}", processed.lines.len(), processed.out.display()));
    if processed.id.is_some() && processed.lines.iter().any(Line::is_held) {
        say("改正后再次运行 saizheng process，材料交到同一份申报");
    }
    let notice = latest_notice()?;
    let unnumbered = processed.lines.iter().filter(|line| line.waits_for_number(&notice)).count();
    if unnumbered > 0 {
        say(&format!("其中 {unnumbered} 名选手的专项职业能力证书待登记编号（saizheng record 申报号 行号 编号），登记后生成证书"));
    }
    Ok(if processed.is_served() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// The folder's application taken to its end: the earlier one of this roster, if there is one, or a new one.
async fn process(path: &Path, out: &Path, declared: Option<String>, local: &Local) -> Result<Processed> {
    with_case(path, out, declared, local, async |case| match case.earlier_of_roster().await? {
        Some(id) => {
            say(&format!("这份名单已经申报过，申报号 {id}，接着办理；文件夹里后来的改动没有提交"));
            case.carry_through(&id, Vec::new()).await
        }
        None => case.run().await,
    })
    .await
}

/// The application of the folder's contest that is already under way or done, taken to its end; a new one if there is none.
pub(crate) async fn resume(path: &Path, out: &Path, local: &Local) -> Result<Processed> {
    with_case(path, out, None, local, async |case| match case.earlier().await?.into_iter().next() {
        Some(id) => case.carry_through(&id, Vec::new()).await,
        None => case.run().await,
    })
    .await
}

async fn with_case(
    path: &Path,
    out: &Path,
    declared: Option<String>,
    local: &Local,
    run: impl AsyncFnOnce(&Case<'_>) -> Result<Processed>,
) -> Result<Processed> {
    let notice = latest_notice()?;
    let folder = match Folder::read(path, &notice) {
        Ok(folder) => folder,
        Err(findings) => {
            let materials = folder::materials(path, &notice);
            let roster = folder::roster(&materials);
            let out = output::free_folder(out, None);
            let lines = output::write_refused(&out, &output::roster_rows(&notice, roster), &findings, &notice, roster)?;
            return Ok(Processed { id: None, lines, findings, refused: None, out });
        }
    };
    let stack = Stack::ensure(local).await?;
    let rows = output::roster_rows(&notice, folder.roster());
    let registrar = stack.api(&Account::center(&notice.notice.seat)).await?;
    run(&Case { stack: &stack, registrar, folder: &folder, notice: &notice, rows, out, declared }).await
}

/// One folder on its way.
struct Case<'a> {
    stack: &'a Stack,
    /// The province's Center: filed bodies and blank sheets are its, whatever the contest's jurisdiction.
    registrar: Api,
    folder: &'a Folder,
    notice: &'a Notice,
    rows: Vec<(u32, String)>,
    out: &'a Path,
    /// Who gives the organiser's word, if anybody does.
    declared: Option<String>,
}

impl Case<'_> {
    async fn run(&self) -> Result<Processed> {
        let unit = self.stack.api(&Account::unit()).await?;
        for body in &self.folder.bodies {
            // The command is the Center too: it binds the account that it hands the body's own contest in with.
            let mut body = body.clone();
            let own = Account::unit().organisation;
            if self.folder.contest.organiser_body.as_ref() == Some(&body.code) && !body.is_of(&own) {
                body.units.push(own);
            }
            if let Err(mut refused) = self.registrar.enter_body(&body).await? {
                let place = Place::file(folder::BODIES);
                refused.findings.push(Finding::new(FindingCode::ContestInvalid, place, refused.message.clone()));
                return self.refused(refused);
            }
        }
        let submitted = match self.unfinished(&unit).await? {
            Some(id) => {
                say(&format!("上一次的申报 {id} 还没有受理，改正后的材料交到这份申报"));
                steps::submit_more(&unit, self.folder, &id).await?
            }
            None => steps::submit(&unit, self.folder).await?,
        };
        let submitted = match submitted {
            Ok(submitted) => submitted,
            Err(refused) => return self.refused(refused),
        };
        self.carry_through(&submitted.id, submitted.findings).await
    }

    /// The application of this contest that the result folder tells of, where it is still in the unit's hands.
    async fn unfinished(&self, unit: &Api) -> Result<Option<String>> {
        let Some(id) = output::unfinished_result(self.out) else { return Ok(None) };
        let is_open = |one: &ApplicationSummary| {
            let in_hand = matches!(one.status, Status::Draft | Status::Returned);
            one.id.as_str() == id && one.contest == self.folder.contest.name && in_hand
        };
        Ok(unit.list().await?.iter().any(is_open).then_some(id))
    }

    /// The unit's applications of this contest that are in the Center's hands.
    async fn earlier(&self) -> Result<Vec<String>> {
        let listed = self.stack.api(&Account::unit()).await?.list().await?;
        let same = listed.into_iter().filter(|earlier| earlier.contest == self.folder.contest.name && earlier.status.holds_awards());
        Ok(same.map(|earlier| earlier.id.to_string()).collect())
    }

    /// The one of them that was made of this roster: the same file; or, where the workbook was saved again, the one whose
    /// result is in the result folder, if its rows are the same.
    async fn earlier_of_roster(&self) -> Result<Option<String>> {
        let Some(roster) = self.folder.roster() else { return Ok(None) };
        let sha256 = hex::encode(Sha256::digest(&roster.bytes));
        let of_result = output::good_result(self.out);
        let unit = self.stack.api(&Account::unit()).await?;
        for id in self.earlier().await? {
            let shown = unit.show(&id).await?;
            let same_file = shown.materials.iter().any(|known| known.material == Material::Roster && known.sha256 == sha256);
            if same_file || (of_result.as_deref() == Some(id.as_str()) && self.has_rows_of(&unit, &id).await?) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Whether the folder's roster names the same winners in the same rows as an application; a corrected name is no other row.
    async fn has_rows_of(&self, unit: &Api, id: &str) -> Result<bool> {
        let listed = unit.certificates(id).await?;
        let known: BTreeSet<u32> = listed.iter().map(|one| one.row).collect();
        let own: BTreeSet<u32> = self.rows.iter().map(|(row, _)| *row).collect();
        let named = |one: &ListedCertificate| one.corrected || self.rows.iter().any(|(row, name)| *row == one.row && *name == one.name);
        Ok(known == own && listed.iter().all(named))
    }

    /// From submitted to printed; each step that was taken before stays as it is.
    async fn carry_through(&self, id: &str, findings: Vec<Finding>) -> Result<Processed> {
        let unit = self.stack.api(&Account::unit()).await?;
        let shown = steps::wait(&unit, id, "核对材料", steps::judged, steps::is_settled).await?;
        if !shown.status.holds_awards() {
            return self.fetch(id, findings, None).await;
        }
        let shown = match self.declare(&unit, shown).await? {
            Ok(shown) => shown,
            Err(refused) => return self.fetch(id, refused.findings.clone(), Some(refused)).await,
        };
        let center = self.stack.api(&Account::center(&shown.contest.jurisdiction)).await?;
        if shown.status == Status::Submitted
            && let Err(refused) = steps::authorise(&center, &shown, Some(AS_REGISTERED), None).await?
        {
            return self.fetch(id, refused.findings.clone(), Some(refused)).await;
        }
        let shown = unit.show(id).await?;
        for reviewer in &shown.reviewers {
            // A review that was decided stays as it is, whatever it refused or approved against advice.
            let decided: Vec<&LotProgress> = shown.decisions.iter().filter(|lot| lot.reviewer == *reviewer).collect();
            if let Some(refused) = self.review(id, reviewer.as_str(), &decided).await? {
                return self.fetch(id, refused.findings.clone(), Some(refused)).await;
            }
        }
        steps::wait_printed(&unit, id).await?;
        steps::wait_runs(&unit, id).await?;
        self.wait_records(id).await?;
        self.fetch(id, findings, None).await
    }

    /// The organiser's word, if it is given now and was not before; the application with it.
    async fn declare(&self, unit: &Api, shown: ShownApplication) -> Answer<ShownApplication> {
        let open = shown.status == Status::Submitted && shown.declaration.is_none();
        let Some(name) = self.declared.as_deref().filter(|_| open) else { return Ok(Ok(shown)) };
        let id = shown.id.as_str();
        Ok(match steps::declare(unit, id, name).await? {
            Ok(given) => {
                say(&shown::declaration(Some(&given)));
                Ok(unit.show(id).await?)
            }
            Err(refused) => Err(refused),
        })
    }

    /// The reviewer approves every row, unless it has `decided`, and prints where there is something to print.
    async fn review(&self, id: &str, reviewer: &str, decided: &[&LotProgress]) -> Result<Option<Refused>> {
        let api = self.stack.api(&Account::reviewer(reviewer).context("reviewer")?).await?;
        let mut to_print: Vec<(CertificateType, u32)> =
            decided.iter().filter(|lot| !lot.on_sheets).map(|lot| (lot.certificate_type, lot.numbered)).collect();
        if decided.is_empty() {
            match steps::qualify(&api, id, &[], Some(AS_APPLIED_FOR)).await? {
                Ok(qualified) => to_print.extend(qualified.lots.iter().map(|lot| (lot.certificate_type, lot.numbered))),
                Err(refused) => return Ok(Some(refused)),
            }
        }
        for (certificate_type, numbered) in to_print.into_iter().filter(|(_, numbered)| *numbered > 0) {
            if let Some(refused) = self.print(&api, id, reviewer, certificate_type, numbered).await? {
                return Ok(Some(refused));
            }
        }
        Ok(None)
    }

    async fn print(&self, api: &Api, id: &str, reviewer: &str, of: CertificateType, count: u32) -> Result<Option<Refused>> {
        // Another command may take the sheets between the look and the run: then there are too few, and it is tried again.
        for _ in 0..50 {
            sheets::provide(&self.registrar, api, reviewer, count).await?;
            match steps::print_sheets(api, id, &serde_json::json!({ "certificate_type": of, "reason": PASTED_IN })).await? {
                Ok(_) => return Ok(None),
                Err(refused) if refused.code == "CHANGED" => {}
                Err(refused) => return Ok(Some(refused)),
            }
        }
        anyhow::bail!("空白证书没有领到")
    }

    /// Records without a number are written in the background too.
    async fn wait_records(&self, id: &str) -> Result<()> {
        let unit = self.stack.api(&Account::unit()).await?;
        let shown = unit.show(id).await?;
        let wanted: usize = shown.decisions.iter().map(|decision| (decision.numbered + decision.recorded) as usize).sum();
        let progress = Progress::start("登记");
        for _ in 0..600 {
            let listed = unit.certificates(id).await?;
            let done = listed.iter().filter(|one| one.any_number().is_some() || one.state == RowState::Recorded).count();
            if done >= wanted {
                return Ok(());
            }
            progress.at(done, wanted);
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        anyhow::bail!("登记没有完成")
    }

    async fn fetch(&self, id: &str, more: Vec<Finding>, refused: Option<Refused>) -> Result<Processed> {
        let unit = self.stack.api(&Account::unit()).await?;
        let out = output::free_folder(self.out, Some(id));
        let (lines, findings) = output::fetch(&unit, id, &out, &self.rows, more, self.notice, self.folder.roster()).await?;
        let findings = self.folder.with_lines(findings);
        Ok(Processed { id: Some(id.to_owned()), lines, findings, refused, out })
    }

    fn refused(&self, refused: Refused) -> Result<Processed> {
        let mut findings = refused.findings.clone();
        findings.extend(self.folder.findings.iter().cloned());
        let out = output::free_folder(self.out, None);
        let lines = output::write_refused(&out, &self.rows, &findings, self.notice, self.folder.roster())?;
        Ok(Processed { id: None, lines, findings, refused: Some(refused), out })
    }
}
