//! `saizheng lookup`: what anybody is told of a certificate.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use rules::after::verification::State;

use crate::api::Api;
use crate::mistake::tell_refused;
use crate::{ask, print};

/// A certificate to be looked up.
#[derive(Debug, Args)]
pub(crate) struct LookupArguments {
    /// 证书编号
    code: String,
    /// 姓名，与证书上印的一致；不填或写 - 时从标准输入读一行
    #[arg(long)]
    name: Option<String>,
}

/// Exit 0 if the certificate counts, 2 if not.
pub(crate) async fn lookup(api: &Api, arguments: &LookupArguments) -> Result<ExitCode> {
    let name = ask::wanted(arguments.name.as_deref(), "姓名")?;
    let answer = match api.look_up(&arguments.code, &name).await? {
        Ok(answer) => answer,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    print(&serde_json::to_string_pretty(&answer)?);
    let counts = matches!(answer.state, State::Valid | State::Corrected);
    Ok(if counts { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
