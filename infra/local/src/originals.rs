//! What the issuing unit received (五、（一）): paper originals, singly or all at once; and a filed body that it has the submission (备案).

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use jiff::civil::Date;
use operations::filing::{ReceiveOriginals, ShownOriginals};
use rules::notice::Notice;
use rules::values::folding::alike;
use rules::values::vocabulary::Material;

use crate::accounts::Account;
use crate::ask::{self, FromInput};
use crate::day::day;
use crate::mistake::{mistake, tell_refused};
use crate::notices::latest_notice;
use crate::remote::Remote;
use crate::{print, say, shown};

/// What was received.
#[derive(Debug, Args)]
pub(crate) struct OriginalArguments {
    /// 申报号
    id: String,
    /// 哪一份，如 contest、commendation、summary 或其名称，可多次使用；不填为还没有收到的全部
    #[arg(long)]
    material: Vec<String>,
    /// 交来人，从标准输入读一行（不填也是）；只能写 -
    #[arg(long, value_name = "-")]
    from: Option<FromInput>,
    /// 收到日期，如 2022-07-01；不填为今天
    #[arg(long, value_parser = day)]
    on: Option<Date>,
    /// 缺陷，如 没有盖章；补正后不带本项再登记一次
    #[arg(long)]
    defect: Option<String>,
    /// 更改已登记收到的，写明原因
    #[arg(long)]
    reason: Option<String>,
    /// 以谁的身份，如 center-00、body-S000051010123；不填为授权的职鉴中心
    #[arg(long = "as")]
    acting: Option<String>,
}

/// The material that a person means: by its file's name or by its title.
fn material(notice: &Notice, text: &str) -> Result<Material> {
    let is_meant = |file: &str, title: &str| {
        let stem = file.split('.').next().unwrap_or(file);
        [file, stem, title].iter().any(|name| alike(name, text))
    };
    let found = notice.on_paper().find(|rule| is_meant(&rule.file, &rule.title));
    let known: Vec<String> = notice.on_paper().map(|rule| rule.file.split('.').next().unwrap_or_default().to_owned()).collect();
    found.map(|rule| rule.material).ok_or_else(|| mistake(format!("没有“{text}”这份纸质材料；可写 {}", known.join("、"))))
}

/// `saizheng originals`
pub(crate) async fn receive(arguments: &OriginalArguments, remote: &Remote) -> Result<ExitCode> {
    let notice = latest_notice()?;
    let materials = arguments.material.iter().map(|text| material(&notice, text)).collect::<Result<_>>()?;
    let account = match &arguments.acting {
        Some(acting) => Account::reviewer(acting).ok_or_else(|| mistake(format!("没有颁证机构 {acting}")))?,
        None if remote.endpoint.is_some() => Account::center(&notice.notice.seat),
        None => Account::center(&remote.as_unit_of(&arguments.id).await?.show(&arguments.id).await?.contest.jurisdiction),
    };
    let from = ask::read("交来人")?;
    let (defect, reason) = (arguments.defect.clone(), arguments.reason.clone());
    let request = ReceiveOriginals { materials, on: arguments.on, from, defect, reason };
    let api = remote.api(&account).await?;
    match api.post::<ShownOriginals>(&format!("/v1/applications/{}/originals", arguments.id), &request).await? {
        Ok(received) => {
            say(&format!("申报 {} 的纸质材料已登记：", arguments.id));
            shown::originals(&received.originals).iter().for_each(|line| print(line));
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => Ok(tell_refused(&refused)),
    }
}

/// `saizheng filing`: as the body that the submission is handed in to.
pub(crate) async fn file(id: &str, acting: Option<&str>, remote: &Remote) -> Result<ExitCode> {
    let account = match acting {
        Some(acting) => Account::reviewer(acting).ok_or_else(|| mistake(format!("没有颁证机构 {acting}")))?,
        None => {
            let filing = remote.as_unit_of(id).await?.show(id).await?.filing;
            let filing = filing.ok_or_else(|| mistake(format!("申报 {id} 不交备案机构备案，或还没有提交")))?;
            Account { role: "body", organisation: filing.body.to_string(), second: false }
        }
    };
    match remote.api(&account).await?.receive_filing(id).await? {
        Ok(filing) => {
            say(&shown::filing(&filing));
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => Ok(tell_refused(&refused)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_material_is_meant_by_its_file_or_its_title() {
        let notice = latest_notice().expect("a notice");
        for text in ["summary", "summary.pdf", "申报汇总表"] {
            assert_eq!(material(&notice, text).ok(), Some(Material::Summary), "{text}");
        }
        assert!(material(&notice, "roster").expect_err("a workbook").to_string().contains("可写 contest、commendation、summary"));
    }
}
