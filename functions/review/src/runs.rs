//! Blank sheets and print runs (三、（二）).

use std::collections::BTreeMap;

use lambda_http::http::StatusCode;
use lambda_http::tracing;
use records::audit::AuditEntry;
use records::keys::{ApplicationId, Press};
use records::sheets::{SheetRange, SheetsError};
use rules::access::{Action, Actor};
use rules::application::Reviewer;
use rules::notice::{CertificateType, SheetKind};
use rules::sheet::Serial;
use serde::Deserialize;
use serde_json::json;

use crate::api::Api;
use crate::decisions::reviewer_of;
use crate::reply::{Answer, Refusal, json_reply};

#[derive(Deserialize)]
pub(crate) struct HandOut {
    kind: String,
    holder: Reviewer,
    /// First and last serial of the range.
    first: String,
    last: String,
}

#[derive(Deserialize)]
pub(crate) struct StartRun {
    /// Serial of the top sheet of the stack; the holder's next sheet, if none is named.
    top: Option<String>,
}

impl Api {
    pub(crate) async fn hand_out_sheets(&self, actor: &Actor, request: HandOut) -> Answer {
        let rulebook = self.cloud.rulebook().await?;
        let notice = rulebook.notices.general();
        actor.may(Action::Administer { seat: &notice.notice.seat })?;
        let kind = notice.sheet_kind(&request.kind).ok_or_else(|| Refusal::Malformed("没有这种空白证书".to_owned()))?;
        let (first, last) = (number(kind, &request.first)?, number(kind, &request.last)?);
        if first > last {
            return Err(Refusal::Malformed("起号大于止号".to_owned()));
        }
        let range = SheetRange { kind: kind.kind.clone(), holder: request.holder, first, last, next: first };
        self.cloud.hand_out_sheets(&range).await.map_err(refusal)?;
        json_reply(StatusCode::OK, &range)
    }

    /// The actor's own stock, and the highest number handed out to anybody.
    pub(crate) async fn sheets(&self, actor: &Actor) -> Answer {
        let holder = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &holder })?;
        let (mut ranges, mut highest) = (Vec::new(), BTreeMap::new());
        let rulebook = self.cloud.rulebook().await?;
        for kind in &rulebook.notices.general().sheet_kinds {
            ranges.extend(self.cloud.sheet_ranges(&kind.kind, &holder).await?);
            highest.insert(&kind.kind, self.cloud.highest_sheet(&kind.kind).await?);
        }
        json_reply(StatusCode::OK, &json!({ "ranges": ranges, "highest": highest }))
    }

    /// Takes sheets for the actor's certificates of an application and orders the merged PDFs.
    pub(crate) async fn print(&self, actor: &Actor, id: ApplicationId, request: StartRun) -> Answer {
        let application = self.visible(actor, &id).await?;
        let reviewer = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &reviewer })?;
        let rulebook = self.cloud.rulebook_of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest);
        let kind = notice.sheet_kind_of(CertificateType::SkillLevel).ok_or(Refusal::NotFound)?;
        let top = request.top.as_deref().map(|top| number(kind, top)).transpose()?;
        let allocation = self
            .cloud
            .allocation(&application.id, &reviewer)
            .await?
            .ok_or_else(|| Refusal::Changed("尚未审核通过，不能打印".to_owned()))?;
        let printed = self.cloud.printed_chunks(&id, &reviewer, Press::Single).await?.len();
        if printed < allocation.chunks() {
            return Err(Refusal::Changed("证书正在生成，请稍后再打印".to_owned()));
        }
        if allocation.numbered == 0 {
            return Err(Refusal::Changed("没有需要打印的证书".to_owned()));
        }
        let audit = AuditEntry::new(actor, "print", &notice.procedure.printing, self.cloud.clock.now());
        let run = self.cloud.start_run(&allocation, &kind.kind, top, audit).await.map_err(refusal)?;
        let done: Vec<usize> = self.cloud.printed_chunks(&id, &reviewer, Press::Run).await?.iter().map(|chunk| chunk.number).collect();
        self.cloud.order_run(&run, &done).await?;
        tracing::info!(application = %id, %reviewer, sheets = run.count, "run started");
        let serial = |number| Serial::new(kind, number).map(|serial| serial.to_string()).unwrap_or_default();
        json_reply(StatusCode::OK, &json!({ "first": serial(run.top), "last": serial(run.sheet(run.count - 1)), "count": run.count }))
    }
}

fn number(kind: &SheetKind, serial: &str) -> Result<u64, Refusal> {
    Serial::parse(kind, serial).map(|(_, number)| number).map_err(|error| Refusal::Malformed(error.to_string()))
}

fn refusal(error: SheetsError) -> Refusal {
    match error {
        SheetsError::Overlap => Refusal::Changed("号段与已登记的号段重叠".to_owned()),
        SheetsError::NoSheets { count } => {
            Refusal::Changed(format!("没有从该号开始的 {count} 张连续空白证书，请先领取或核对最上面一张的流水号"))
        }
        SheetsError::Changed => Refusal::Changed("空白证书库存刚被他人变动，请重试".to_owned()),
        SheetsError::Records(error) => error.into(),
    }
}
