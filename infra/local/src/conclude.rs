//! From the press to the organiser's hands: archive, publication and hand-out of one application, as the demo does them.

use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use operations::hand_out::Collect;
use operations::publication::{ApplyForPublication, BatchList, ConfirmPublication, ShownBatch};
use rules::issue::allocation::Stage;
use rules::values::date::day_of;
use rules::values::party::IssuingUnit;
use rules::values::vocabulary::BatchKind;
use serde_json::{Value, json};

use crate::accounts::Account;
use crate::api::{Answer, Api};
use crate::stack::Stack;
use crate::{archive, hand_out, publication, say, steps};

/// Takes what is printed of an application to the hand-out list in `out`; stages that were reached before stay as they are.
pub(crate) async fn conclude(stack: &Stack, id: &str, out: &Path) -> Result<()> {
    let unit = stack.api(&Account::unit()).await?;
    let center = stack.api(&Account::center(&steps::latest_notice()?.notice.seat)).await?;
    for decision in unit.show(id).await?.decisions.into_iter().filter(|decision| decision.numbered > 0) {
        let reviewer = stack.api(&Account::reviewer(decision.reviewer.as_str()).context("reviewer")?).await?;
        if decision.stage.is_none() {
            granted(archive::make(&reviewer, id).await)?;
        }
        if decision.stage < Some(Stage::Published) {
            publish(&unit, &reviewer, &center, id, out).await?;
        }
        if decision.stage < Some(Stage::HandedOut) {
            let today = published_on(&center, id, &decision.reviewer).await?;
            let collected = Collect {
                on: today,
                collector: "样例经办人".to_owned(),
                document_type: None,
                document_number: None,
                remark: None,
                reason: None,
            };
            granted(hand_out::collect(&reviewer, id, &collected, None).await)?;
        }
    }
    hand_out::list(&unit, id, out).await?;
    Ok(())
}

fn granted<T>(answer: Answer<T>) -> Result<T> {
    match answer? {
        Ok(value) => Ok(value),
        Err(refused) => bail!("{}", refused.message),
    }
}

/// A batch of its own, passed by the Center. There is no query site here: the batch's own certificates stand for what it
/// would show.
async fn publish(unit: &Api, reviewer: &Api, center: &Api, id: &str, out: &Path) -> Result<()> {
    let request =
        ApplyForPublication { kind: BatchKind::New, certificate_type: None, applications: vec![id.to_owned()], batch_number: None };
    let applied: ShownBatch = granted(reviewer.post("/v1/publications", &request).await)?;
    let path = format!("/v1/publications/{}/{}", applied.applicant, applied.number);
    publication::fetch(reviewer, &path, out).await?;
    for step in ["review", "uploaded"] {
        granted::<Value>(center.post(&format!("{path}/{step}"), &json!({})).await)?;
    }
    let certificates = unit.certificates(id).await?;
    let live = certificates.iter().filter(|certificate| certificate.revoked.is_none());
    let rows = live.filter_map(|certificate| Some(format!("{},{}\n", certificate.code.as_ref()?, certificate.name)));
    let list = format!("证书编号,姓名\n{}", rows.collect::<String>());
    let shown = ConfirmPublication { list: Some(list), list_base64: None };
    granted::<Value>(center.post(&format!("{path}/confirm"), &shown).await)?;
    say("信息上网：演示以本批数据代替查询网站导出的结果，确认上网");
    Ok(())
}

/// The day (Asia/Shanghai) on which the reviewer's batch with the application was confirmed.
async fn published_on(center: &Api, id: &str, reviewer: &IssuingUnit) -> Result<Date> {
    let listed: BatchList = center.get("/v1/publications").await?;
    let of_it = |batch: &&ShownBatch| batch.lots.iter().any(|lot| lot.application.as_str() == id && lot.reviewer == *reviewer);
    let batch = listed.batches.iter().rfind(of_it).context("a batch")?;
    let at = batch.steps.last().context("a confirmation")?.at;
    Ok(day_of(at))
}
