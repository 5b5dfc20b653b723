//! `saizheng blocked`: what the system tries no more, and having it tried again.

use std::process::ExitCode;

use anyhow::Result;
use operations::blocked::{BlockedList, TriedAgain};
use serde_json::json;

use crate::api::Api;
use crate::mistake::tell_refused;
use crate::{print, say};

pub(crate) async fn command(api: &Api, try_again: bool) -> Result<ExitCode> {
    if try_again {
        return Ok(match api.post::<TriedAgain>("/v1/blocked/try-again", &json!({})).await? {
            Ok(tried) => {
                say(&format!("{} 件受阻的事项正在重新办理", tried.tried_again));
                ExitCode::SUCCESS
            }
            Err(refused) => tell_refused(&refused),
        });
    }
    let list: BlockedList = api.get("/v1/blocked").await?;
    for one in &list.blocked {
        let application = one.application.as_ref().map_or_else(|| "—".to_owned(), ToString::to_string);
        print(&format!("{}\t{application}\t{}", one.since, one.work));
    }
    say(&format!("处理受阻 {} 件", list.blocked.len()));
    Ok(if list.blocked.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
