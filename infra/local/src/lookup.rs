//! `saizheng lookup`: what anybody is told of a certificate.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use rules::after::verification::{Answer, Shown, State};

use crate::api::Api;
use crate::ask;
use crate::mistake::tell_refused;
use crate::shown::AnswerFormat;

/// A certificate to be looked up.
#[derive(Debug, Args)]
pub(crate) struct LookupArguments {
    /// 证书编号
    code: String,
    /// 姓名，与证书上印的一致；不填或写 - 时从标准输入读一行
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    format: AnswerFormat,
}

/// Exit 0 if the certificate counts, 2 if not.
pub(crate) async fn lookup(api: &Api, arguments: &LookupArguments) -> Result<ExitCode> {
    let name = ask::wanted(arguments.name.as_deref(), "姓名")?;
    let answer = match api.look_up(&arguments.code, &name).await? {
        Ok(answer) => answer,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let counts = matches!(answer.state, State::Valid | State::Corrected);
    arguments.format.print(serde_json::to_value(answer)?, lines)?;
    Ok(if counts { ExitCode::SUCCESS } else { ExitCode::from(2) })
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
