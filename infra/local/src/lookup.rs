//! `saizheng lookup`: what anybody is told of a certificate.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use operations::Refusal;
use operations::verification::{VerifiedCertificate, VerifiedList, VerifyList};
use rules::after::verification::{Answer, Shown, State};

use crate::api::Api;
use crate::ask::{self, FromInput};
use crate::mistake::{mistake, tell_refused};
use crate::shown::AnswerFormat;

/// A certificate to be looked up.
#[derive(Debug, Args)]
pub(crate) struct LookupArguments {
    /// 证书编号
    #[arg(required_unless_present = "list", conflicts_with = "list")]
    code: Option<String>,
    /// 姓名，与证书上印的一致，从标准输入读一行（不填也是）；只能写 -
    #[arg(long, value_name = "-")]
    name: Option<FromInput>,
    /// 按名单核验：文本或 CSV 文件，每行一个证书编号和姓名，最多 500 份
    #[arg(long, conflicts_with = "name")]
    list: Option<PathBuf>,
    #[command(flatten)]
    format: AnswerFormat,
}

/// Exit 0 if the certificate counts, 2 if not.
pub(crate) async fn lookup(api: &Api, arguments: &LookupArguments) -> Result<ExitCode> {
    if let Some(file) = &arguments.list {
        return look_up_all(api, &std::fs::read_to_string(file).with_context(|| file.display().to_string())?, arguments.format).await;
    }
    let name = ask::read("姓名")?;
    let answer = match api.look_up(arguments.code.as_deref().unwrap_or_default(), &name).await? {
        Ok(answer) => answer,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let counts = matches!(answer.state, State::Valid | State::Corrected);
    arguments.format.print(serde_json::to_value(answer)?, lines)?;
    Ok(if counts { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Exit 0 if every certificate counts, 2 if not.
async fn look_up_all(api: &Api, text: &str, format: AnswerFormat) -> Result<ExitCode> {
    let list = match VerifyList::parse(text) {
        Ok(list) => list,
        Err(Refusal::Malformed(message)) => return Err(mistake(message)),
        Err(_) => return Err(mistake("名单无法读取")),
    };
    let told = match api.post::<VerifiedList>("/v1/verifications", &list).await? {
        Ok(told) => told,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let all = told.others == 0;
    format.print(serde_json::to_value(told)?, all_lines)?;
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn all_lines(told: &VerifiedList) -> Vec<String> {
    let line = |one: &VerifiedCertificate| format!("{} {}：{}", one.asked.code, one.asked.name, one.word);
    let sum = format!("共 {} 份：有效 {} 份，其他 {} 份", told.certificates.len(), told.counting, told.others);
    told.certificates.iter().map(line).chain([sum]).collect()
}

fn lines(answer: &Answer) -> Vec<String> {
    std::iter::once(answer.message.clone()).chain(answer.certificate.iter().flat_map(contents)).collect()
}

fn contents(shown: &Shown) -> Vec<String> {
    let seal = shown.sealed_by.as_ref().map_or_else(String::new, |seal| format!("（{seal}代章）"));
    let job = if shown.job.is_empty() { String::new() } else { format!("，工种/职业方向：{}", shown.job) };
    let level = if shown.level.is_empty() { String::new() } else { format!("，等级：{}", shown.level) };
    vec![
        format!("{} {}", shown.title, shown.code),
        format!("姓名：{}，{}：{}", shown.name, shown.document_type, shown.document_number),
        format!("职业名称：{}{job}{level}", shown.occupation),
        format!("颁证主体：{}{seal}，发证日期：{}", shown.issuing_body, shown.issued_on),
        shown.text.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_certificate_that_was_looked_up_was_told_a_person_as_json() {
        assert_eq!(lines(&Answer::unknown()), [Answer::unknown().message]);
        let shown = json!({ "title": "职业技能等级证书", "code": "S000051000000223J00001", "name": "张样例", "document_type": "居民身份证",
            "document_number": "510*************01", "occupation": "车工", "job": "", "level": "三级/高级工", "issued_on": "2022-06-20",
            "issuing_body": "组委会", "sealed_by": "省中心", "text": "正文" });
        let expected = [
            "职业技能等级证书 S000051000000223J00001",
            "姓名：张样例，居民身份证：510*************01",
            "职业名称：车工，等级：三级/高级工",
            "颁证主体：组委会（省中心代章），发证日期：2022-06-20",
            "正文",
        ];
        assert_eq!(contents(&serde_json::from_value(shown).expect("a certificate")), expected);
    }
}
