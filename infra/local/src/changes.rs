//! Certificates after their code, and the audit of everything: commands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use operations::changes::{Reissued, Revoked};
use operations::corrections::{CorrectionResult, ShownRequest};
use operations::runs::ShownRun;
use operations::show::FoundCertificate;
use rules::audit::{Fact, Proof, prove, rewritten};
use rules::values::chain::Head;
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::ask::{self, FromInput};
use crate::day::day;
use crate::mistake::tell_refused;
use crate::printers::SettingChangeArguments;
use crate::progress::Progress;
use crate::remote::Remote;
use crate::shown::{AnswerFormat, code_word, ranges};
use crate::{results, say};

/// What is done with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChangeKind {
    /// 补发：编码不变，换一张空白证书
    Reissue,
    /// 更正：姓名、证件号码编码不变；等级、日期、机构有误则注销旧编码、另赋新编码
    Correct,
    /// 提出须经省职鉴中心另一人批准的更正：等级、颁证机构、获奖选手
    RequestCorrection,
    /// 注销
    Revoke,
}

impl ChangeKind {
    fn path(self) -> &'static str {
        match self {
            Self::Reissue => "reissue",
            Self::Correct => "correct",
            Self::RequestCorrection => "corrections",
            Self::Revoke => "revoke",
        }
    }
}

/// What became of the sheet before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OldSheet {
    /// 已收回作废
    Voided,
    /// 遗失
    Lost,
}

/// A change of a certificate.
#[derive(Debug, Args)]
pub(crate) struct ChangeArguments {
    /// 做什么
    #[arg(value_enum)]
    change: ChangeKind,
    /// 证书编码
    code: String,
    /// 原因
    #[arg(long)]
    reason: String,
    /// 原证书已收回作废，还是遗失；已打印的必填
    #[arg(long, value_enum)]
    old_sheet: Option<OldSheet>,
    /// 打印在哪一张空白证书上
    #[arg(long)]
    top: Option<String>,
    #[command(flatten)]
    setting: SettingChangeArguments,
    /// 更正后的姓名：写 -，从标准输入读一行
    #[arg(long, value_name = "-")]
    name: Option<FromInput>,
    /// 更正后的证件类型
    #[arg(long)]
    document_type: Option<String>,
    /// 更正后的证件号码：写 -，从标准输入读一行（姓名也更正的，在姓名之后）
    #[arg(long, value_name = "-")]
    document_number: Option<FromInput>,
    /// 更正后的等级，1 到 5
    #[arg(long)]
    level: Option<u8>,
    /// 更正后的发证日期
    #[arg(long, value_parser = day)]
    issued_on: Option<Date>,
    /// 更正后的颁证机构代码（编码第 1–13 位）
    #[arg(long)]
    body: Option<String>,
    /// 更正后的颁证主体名称
    #[arg(long)]
    issuing_body: Option<String>,
    /// 更正后的证书编号：只用于手工登记有误的
    #[arg(long)]
    number: Option<String>,
    /// 系统提示不宜更正的，写明为何仍要更正
    #[arg(long)]
    against_advice: Option<String>,
    #[command(flatten)]
    format: AnswerFormat,
}

impl ChangeArguments {
    /// The body of the request.
    fn request(&self, data: &Path) -> Result<Value> {
        let old_sheet = self.old_sheet.map(|sheet| match sheet {
            OldSheet::Voided => "voided",
            OldSheet::Lost => "lost",
        });
        let name = ask::optional(self.name, "更正后的姓名")?;
        let number = ask::optional(self.document_number, "更正后的证件号码")?;
        let asked = json!({
            "reason": self.reason, "old_sheet": old_sheet, "top": self.top, "setting": self.setting.change(data)?, "name": name,
            "document_type": self.document_type, "document_number": number, "level": self.level, "issued_on": self.issued_on, "body": self.body,
            "issuing_body": self.issuing_body, "number": self.number, "against_advice": self.against_advice,
        });
        // A reissue has fewer fields than a correction: what was not given is not sent.
        let given = asked.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        Ok(given.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// `saizheng certificate`
pub(crate) async fn command(arguments: &ChangeArguments, remote: &Remote) -> Result<ExitCode> {
    let unit = remote.first_unit(async |api| Ok(api.certificate(&arguments.code).await?.is_ok())).await?;
    let unit = remote.api(&unit).await?;
    let found: FoundCertificate = match unit.certificate(&arguments.code).await? {
        Ok(found) => serde_json::from_value(found)?,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let id = found.application.as_str();
    let (path, request) = (arguments.change.path(), arguments.request(&remote.local.data)?);
    let change = async |api: &Api| api.change_certificate(&arguments.code, path, &request).await;
    let changed = match remote.as_reviewer(id, change).await? {
        Ok(changed) => changed,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let code = changed["code"].as_str().unwrap_or(&arguments.code).to_owned();
    arguments.tell(changed)?;
    // The change is made and shown: that its certificate cannot be looked at now does not undo it.
    if let Ok(Ok(certificate)) = unit.certificate(&code).await {
        tell(id, &certificate);
    }
    Ok(ExitCode::SUCCESS)
}

impl ChangeArguments {
    fn tell(&self, changed: Value) -> Result<()> {
        match self.change {
            ChangeKind::Reissue => {
                self.format.print(changed, |done: &Reissued| vec![format!("证书 {} 已补发，{}不变", done.code, code_word(&done.code))])
            }
            ChangeKind::Correct => self.format.print(changed, corrected),
            ChangeKind::RequestCorrection => self.format.print(changed, requested),
            ChangeKind::Revoke => {
                self.format.print(changed, |done: &Revoked| vec![format!("证书 {} 已注销，{}不再使用", done.code, code_word(&done.code))])
            }
        }
    }
}

fn corrected(done: &CorrectionResult) -> Vec<String> {
    vec![match &done.replaces {
        Some(old) => {
            let word = code_word(old);
            format!("已更正：原{word} {old} 注销，新{word} {}", done.code)
        }
        None => format!("证书 {} 已更正，{}不变", done.code, code_word(&done.code)),
    }]
}

fn requested(request: &ShownRequest) -> Vec<String> {
    let ShownRequest { application, number, code, .. } = request;
    let what: Vec<&str> = request.approval.iter().map(|reason| reason.word()).collect();
    let what = what.join("、");
    vec![
        format!("证书 {code} 的更正（{what}）已提出申请，申请号 {number}；待省职鉴中心另一人批准，批准之前证书不变"),
        format!("批准用 saizheng corrections approve {application} {number}，驳回用 saizheng corrections reject {application} {number}"),
    ]
}

/// What a run lies on after a jam.
pub(crate) fn shifted(run: &ShownRun) -> Vec<String> {
    let spoiled: Vec<&str> = run.spoiled.iter().map(|sheet| sheet.serial.as_str()).collect();
    vec![
        format!("其后的证书已顺移：第 {} 批 {} 张，现用空白证书 {}", run.run + 1, run.count, ranges(&run.sheets)),
        format!("这一批作废的空白证书：{}；打印文件正在重新生成", spoiled.join("、")),
    ]
}

/// Says where a certificate stands after a change, and which sheet it wants.
fn tell(id: &str, certificate: &Value) {
    let text = |field: &str| certificate[field].as_str();
    let (Some(code), Some(state)) = (text("code"), text("state_word")) else { return };
    match text("serial") {
        Some(serial) => say(&format!("证书 {code} 现为“{state}”，空白证书 {serial}；打印文件用 saizheng fetch {id} --out 文件夹 取回")),
        None => say(&format!("证书 {code} 现为“{state}”")),
    }
}

/// Which chains an audit keeps, and which it is held against.
#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    /// 把各记录链的末端写到这个文件，另行保管
    #[arg(long)]
    heads: Option<PathBuf>,
    /// 与以前保管的文件核对：那时的记录必须原样都在
    #[arg(long)]
    against: Option<PathBuf>,
}

/// `saizheng audit`: exit 0 if everything adds up, 2 if not.
pub(crate) async fn audit(api: &Api, arguments: &AuditArguments) -> Result<ExitCode> {
    let progress = Progress::start("核验");
    let mut facts = match facts(api).await? {
        Ok(facts) => facts,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let mut proof = prove(&facts);
    if !proof.faults.is_empty()
        && let Ok(again) = self::facts(api).await?
    {
        // What was changing while it was read is sound when it is read again; a fault stays.
        let second = prove(&again);
        let lasting = second.faults.iter().filter(|fault| proof.faults.contains(fault)).cloned().collect();
        (facts, proof) = (again, Proof { faults: lasting, ..second });
    }
    drop(progress);
    let mut faults: Vec<String> = proof.faults.iter().map(|f| format!("{}：{} {}", f.code.word(), f.subject, f.detail)).collect();
    if let Some(path) = &arguments.against {
        let kept = kept(path)?;
        faults.extend(rewritten(&facts, &kept).into_iter().map(|(name, head)| format!("{name} 的第 {} 条与以前保管的不符", head.count)));
    }
    if let Some(path) = &arguments.heads {
        results::write(path, &serde_json::to_vec_pretty(&proof.heads)?)?;
    }
    for fault in &faults {
        say(fault);
    }
    let Proof { applications, codes, sheets, entries, .. } = proof;
    say(&format!("申报 {applications} 份，编码 {codes} 个，空白证书 {sheets} 张，记录 {entries} 条：{} 处不符", faults.len()));
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

async fn facts(api: &Api) -> Answer<Vec<Fact>> {
    let (mut facts, mut after) = (Vec::new(), None);
    loop {
        match api.facts(after.as_deref()).await? {
            Ok(page) => {
                facts.extend(page.facts);
                after = page.next;
            }
            Err(refused) => return Ok(Err(refused)),
        }
        if after.is_none() {
            return Ok(Ok(facts));
        }
    }
}

fn kept(path: &Path) -> Result<BTreeMap<String, Head>> {
    serde_json::from_slice(&std::fs::read(path).with_context(|| path.display().to_string())?).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_a_certificate_was_told_a_person_as_json() {
        let (old, new) = ("S000051009999223J00001", "S000051009999222J00001");
        let told = |value: Value| corrected(&serde_json::from_value(value).expect("a correction")).join("");
        assert_eq!(told(json!({ "code": old, "replaces": null })), format!("证书 {old} 已更正，编码不变"));
        assert_eq!(told(json!({ "code": new, "replaces": old })), format!("已更正：原编码 {old} 注销，新编码 {new}"));
        let run = json!({ "run": 0, "purpose": "first", "setting": {}, "first": "JN1", "last": "JN4", "sheets": [["JN1", "JN1"], ["JN3", "JN4"]],
            "count": 3, "spoiled": [{ "serial": "JN2", "position": 1, "reason": "卡纸" }] });
        let lines = shifted(&serde_json::from_value(run).expect("a run"));
        assert_eq!(lines[0], "其后的证书已顺移：第 1 批 3 张，现用空白证书 JN1、JN3 至 JN4");
        assert!(lines[1].contains("作废的空白证书：JN2"), "{lines:?}");
    }
}
