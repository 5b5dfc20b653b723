//! `saizheng supervision`: the workbook for the provincial supervision system (五、（二）), of each lot by who issues it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::lots::TypeArgument;
use crate::mistake::tell_refused;
use crate::remote::Remote;
use crate::{results, say};

/// Which lots, and where their workbooks go.
#[derive(Debug, Args)]
pub(crate) struct SupervisionArguments {
    /// 申报号
    id: String,
    #[command(flatten)]
    of_type: TypeArgument,
    /// 写到哪个文件夹
    #[arg(long)]
    out: PathBuf,
}

/// Writes a workbook for each lot.
pub(crate) async fn run(arguments: &SupervisionArguments, remote: &Remote) -> Result<ExitCode> {
    let (id, mut exit) = (&arguments.id, ExitCode::SUCCESS);
    std::fs::create_dir_all(&arguments.out).with_context(|| arguments.out.display().to_string())?;
    for account in remote.reviewers(id).await? {
        let api = remote.api(&account).await?;
        for certificate_type in arguments.of_type.of(&api, id, &account, remote).await? {
            match api.supervision(id, certificate_type).await? {
                Ok(link) => {
                    let name = format!("supervision-{}-{}.xlsx", account.reviewer_name(), link.certificate_type.name());
                    let file = arguments.out.join(name);
                    results::write(&file, &api.download(&link.workbook).await?)?;
                    let gap = link.unconfirmed.map_or_else(String::new, |gap| format!("；待确认：{gap}"));
                    say(&format!("{} 份证书，已写入 {}{gap}", link.count, file.display()));
                }
                Err(refused) => exit = tell_refused(&refused),
            }
        }
    }
    Ok(exit)
}
