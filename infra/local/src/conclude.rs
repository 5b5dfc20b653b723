//! From the press to the organiser's hands: archive, publication and hand-out of one application, as the demo does them.

use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use operations::hand_out::Collect;
use operations::numbers::EnterNumber;
use operations::publication::{ApplyForPublication, BatchList, ConfirmPublication, ShownBatch};
use operations::show::LotProgress;
use operations::states::{ListedCertificate, RowState};
use rules::after::publication::BatchLot;
use rules::issue::allocation::Stage;
use rules::issue::external::NumberBasis;
use rules::values::date::day_of;
use rules::values::vocabulary::{BatchKind, CertificateType};
use serde_json::{Value, json};

use crate::accounts::Account;
use crate::api::{Answer, Api};
use crate::stack::Stack;
use crate::{archive, hand_out, publication, say, steps};

/// Takes what is printed of an application to the hand-out list in `out`; stages that were reached before stay as they are.
pub(crate) async fn conclude(stack: &Stack, id: &str, out: &Path) -> Result<()> {
    let unit = stack.api(&Account::unit()).await?;
    let center = stack.api(&Account::center(&steps::latest_notice()?.notice.seat)).await?;
    number_by_hand(stack, &unit, id).await?;
    for decision in unit.show(id).await?.decisions.into_iter().filter(|decision| decision.end > 0) {
        let reviewer = stack.api(&Account::reviewer(decision.reviewer.as_str()).context("reviewer")?).await?;
        if decision.stage.is_none() {
            granted(archive::make(&reviewer, id, Some(decision.certificate_type)).await)?;
        }
        if decision.stage < Some(Stage::Published) {
            // 五、（三）: 技能等级证书由颁证机构、专项能力证书由牵头主办单位申报。
            let applicant = match decision.certificate_type {
                CertificateType::SpecificAbility => &unit,
                CertificateType::SkillLevel | CertificateType::Qualification => &reviewer,
            };
            publish(&unit, applicant, &center, &decision, id, out).await?;
        }
        if decision.stage < Some(Stage::HandedOut) {
            let today = published_on(&center, id, &decision).await?;
            let collected = Collect {
                certificate_type: Some(decision.certificate_type),
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

/// The numbers of 专项职业能力证书, which nobody gives here but the demo (G13); then their PDFs.
async fn number_by_hand(stack: &Stack, unit: &Api, id: &str) -> Result<()> {
    for lot in unit.show(id).await?.decisions.iter().filter(|lot| lot.certificate_type == CertificateType::SpecificAbility) {
        let reviewer = stack.api(&Account::reviewer(lot.reviewer.as_str()).context("reviewer")?).await?;
        let listed = unit.certificates(id).await?;
        let waits = |one: &&ListedCertificate| one.state == RowState::Recorded && one.certificate_type == lot.certificate_type_word;
        for row in listed.iter().filter(waits).map(|one| one.row) {
            let number = format!("ZX{}{row:03}", id.to_uppercase());
            let entered = EnterNumber { number: number.clone(), reason: None, basis: NumberBasis::default() };
            granted(reviewer.enter_number(id, row, &entered).await)?;
            say(&format!("专项职业能力证书：第 {row} 行登记编号 {number}（演示用）"));
        }
        steps::wait_all_drawn(unit, id).await?;
    }
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
async fn publish(unit: &Api, applicant: &Api, center: &Api, lot: &LotProgress, id: &str, out: &Path) -> Result<()> {
    let request = ApplyForPublication {
        kind: BatchKind::New,
        certificate_type: Some(lot.certificate_type),
        applications: vec![id.to_owned()],
        batch_number: None,
    };
    let applied: ShownBatch = granted(applicant.post("/v1/publications", &request).await)?;
    let path = format!("/v1/publications/{}/{}", applied.applicant, applied.number);
    publication::fetch(applicant, &path, out).await?;
    for step in ["review", "uploaded"] {
        granted::<Value>(center.post(&format!("{path}/{step}"), &json!({})).await)?;
    }
    let certificates = unit.certificates(id).await?;
    let live = certificates.iter().filter(|one| one.revoked.is_none() && one.certificate_type == lot.certificate_type_word);
    let rows = live.filter_map(|certificate| Some(format!("{},{}\n", certificate.own_number()?, certificate.name)));
    let list = format!("证书编号,姓名\n{}", rows.collect::<String>());
    let shown = ConfirmPublication { list: Some(list), list_base64: None };
    granted::<Value>(center.post(&format!("{path}/confirm"), &shown).await)?;
    say("信息上网：演示以本批数据代替查询网站导出的结果，确认上网");
    Ok(())
}

/// The day (Asia/Shanghai) on which the batch with the lot was confirmed.
async fn published_on(center: &Api, id: &str, lot: &LotProgress) -> Result<Date> {
    let listed: BatchList = center.get("/v1/publications").await?;
    let of_it = |batch: &&ShownBatch| {
        let names = |known: &BatchLot| known.application.as_str() == id && known.reviewer == lot.reviewer;
        batch.certificate_type == lot.certificate_type && batch.lots.iter().any(names)
    };
    let batch = listed.batches.iter().rfind(of_it).context("a batch")?;
    let at = batch.steps.last().context("a confirmation")?.at;
    Ok(day_of(at))
}
