//! From the press to the organiser's hands: archive, publication and hand-out of one application, as the demo does them.

use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use operations::hand_out::{Collect, CollectedLot};
use operations::numbers::EnterNumber;
use operations::publication::{ApplyForPublication, ConfirmPublication, ShownBatch};
use operations::show::LotProgress;
use operations::states::{ListedCertificate, RowState};
use rules::issue::allocation::Stage;
use rules::issue::external::NumberBasis;
use rules::values::vocabulary::{BatchKind, CertificateType};
use serde_json::{Value, json};

use crate::accounts::Account;
use crate::api::{Answer, Api};
use crate::notices::latest_notice;
use crate::stack::Stack;
use crate::{archive, hand_out, publication, say, steps};

/// Takes what an application came to to the hand-out lists in `out`; stages that were reached before stay as they are.
pub(crate) async fn conclude(stack: &Stack, id: &str, out: &Path) -> Result<()> {
    let unit = stack.api(&Account::unit()).await?;
    let center = stack.api(&Account::center(&latest_notice()?.notice.seat)).await?;
    number_by_hand(stack, &unit, id).await?;
    for lot in unit.show(id).await?.decisions {
        let reviewer = stack.api(&Account::reviewer(lot.reviewer.as_str()).context("reviewer")?).await?;
        if lot.stage.is_none() {
            granted(archive::make(&reviewer, id, Some(lot.certificate_type)).await)?;
        }
        // 五、（三）: 技能等级证书由颁证机构、专项能力证书由牵头主办单位申报; 二、（一）: 职业资格证书由其他机构颁发。
        let (applicant, collects) = match lot.certificate_type {
            CertificateType::SkillLevel => (Some(&reviewer), &reviewer),
            CertificateType::SpecificAbility => (Some(&unit), &reviewer),
            CertificateType::Qualification => (None, &unit),
        };
        if let Some(applicant) = applicant.filter(|_| lot.stage < Some(Stage::Published)) {
            publish(&unit, applicant, &center, &lot, id, out).await?;
        }
        if lot.stage < Some(Stage::HandedOut) {
            let collected = Collect {
                certificate_type: Some(lot.certificate_type),
                on: ready_on(&unit, id, &lot).await?,
                collector: "样例经办人".to_owned(),
                document_type: None,
                document_number: None,
                remark: None,
                reason: None,
            };
            granted(hand_out::collect(collects, id, &collected, None).await)?;
        }
    }
    hand_out::list(&unit, id, out).await?;
    Ok(())
}

/// The numbers that nobody gives here but the demo: those of 专项职业能力证书 (G13), whose PDFs are drawn then, and those of 职业资格证书.
async fn number_by_hand(stack: &Stack, unit: &Api, id: &str) -> Result<()> {
    for lot in unit.show(id).await?.decisions {
        let reviewer = stack.api(&Account::reviewer(lot.reviewer.as_str()).context("reviewer")?).await?;
        let listed = unit.certificates(id).await?;
        let waits = |one: &&ListedCertificate| {
            one.state == RowState::Recorded && one.certificate_type == lot.certificate_type_word && one.number.is_none()
        };
        for row in listed.iter().filter(waits).map(|one| one.row) {
            let number = format!("YS{}{row:03}", id.to_uppercase());
            let entered = EnterNumber { number: number.clone(), reason: None, basis: NumberBasis::default() };
            granted(reviewer.enter_number(id, row, &entered).await)?;
            say(&format!("{}：第 {row} 行登记编号 {number}（演示用）", lot.certificate_type_word));
        }
    }
    steps::wait_all_drawn(unit, id).await
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

/// The day (Asia/Shanghai) from which the lot can be collected.
async fn ready_on(unit: &Api, id: &str, lot: &LotProgress) -> Result<Date> {
    let lots = unit.collections(id).await?;
    let same = |known: &&CollectedLot| known.reviewer == lot.reviewer && known.certificate_type == lot.certificate_type;
    lots.iter().find(same).and_then(|known| known.published_on).context("a lot that can be collected")
}
