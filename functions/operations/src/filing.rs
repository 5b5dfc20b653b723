//! What belongs to an application besides its files: the organiser's word (六、（二）), the paper originals, and that a filed body which
//! will issue has it (五、（一）).

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use records::application::Application;
use rules::audit::{AuditAction, AuditEntry};
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::issue::filing::{Declaration, Filing, FilingReceipt, MAX_PERSON, Original, Originals};
use rules::issue::status::Status;
use rules::notice::Notice;
use rules::numbers::body::BodyCode;
use rules::values::party::{Actor, IssuingUnit};
use rules::values::schema::{Day, Moment};
use rules::values::text::{MAX_REASON, bounded};
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;
use crate::rows::reviewer_of;

/// The organiser's word that what it applies for is true.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Declare {
    /// Who declares, for the organiser.
    pub name: String,
}

/// The organiser's word as it was given.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownDeclaration {
    /// Who declared, for the organiser.
    pub name: String,
    /// When.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// By which account.
    pub by: String,
}

impl From<&Declaration> for ShownDeclaration {
    fn from(declaration: &Declaration) -> Self {
        Self { name: declaration.name.clone(), at: declaration.at, by: declaration.by.clone() }
    }
}

/// Paper originals that were received together.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ReceiveOriginals {
    /// Which materials; none named: all that are wanted on paper and were not received without a defect yet.
    #[serde(default)]
    pub materials: Vec<Material>,
    /// On which day; today, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub on: Option<Date>,
    /// From whom: who brought them, or how they came.
    pub from: String,
    /// What is wrong with them, in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defect: Option<String>,
    /// Why what was received without a defect is entered otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A material that is wanted on paper, and what was received of it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownOriginal {
    /// The material.
    pub material: Material,
    /// Its name in the notice.
    pub title: String,
    /// What was received; none before.
    pub received: Option<ShownReceipt>,
}

/// A paper original as it was received.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownReceipt {
    /// On which day.
    #[schemars(with = "Day")]
    pub on: Date,
    /// From whom.
    pub from: String,
    /// What is wrong with it.
    pub defect: Option<String>,
    /// Who received it.
    pub receiver: IssuingUnit,
    /// By which account it was entered.
    pub by: String,
    /// When it was entered.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
}

impl From<&Original> for ShownReceipt {
    fn from(original: &Original) -> Self {
        let Original { on, from, defect, receiver, by, at } = original.clone();
        Self { on, from, defect, receiver, by, at }
    }
}

/// All originals of an application.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownOriginals {
    /// The application's version now.
    pub version: u64,
    /// Those that are wanted, in the notice's order.
    pub originals: Vec<ShownOriginal>,
}

/// 备案: the filed body that a submission is handed in to because it will issue, and its note.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownFiling {
    /// The body.
    pub body: BodyCode,
    /// When it noted the submission as received; none: 未备案.
    #[schemars(with = "Option<Moment>")]
    pub received_at: Option<Timestamp>,
    /// By which account.
    pub by: Option<String>,
}

impl From<&Filing> for ShownFiling {
    fn from(filing: &Filing) -> Self {
        let (received_at, by) = filing.received.clone().map(|receipt| (receipt.at, receipt.by)).unzip();
        Self { body: filing.body.clone(), received_at, by }
    }
}

/// The originals that are wanted, in the notice's order.
pub(crate) fn shown_originals(notice: &Notice, received: &Originals) -> Vec<ShownOriginal> {
    let shown = |rule: &rules::notice::MaterialRule| ShownOriginal {
        material: rule.material,
        title: rule.title.clone(),
        received: received.get(&rule.material).map(ShownReceipt::from),
    };
    notice.on_paper().map(shown).collect()
}

/// While awards are claimed nothing else moves the application.
pub(crate) fn not_registering(application: &Application) -> Result<(), Refusal> {
    match application.status {
        Status::Registering => Err(Refusal::Changed("系统正在登记这份申报，请稍后重试".to_owned())),
        _ => Ok(()),
    }
}

impl Operations {
    /// 谁主办、谁负责: the organiser declares that what it applies for is true, as it stands now. Declared anew, the later word counts.
    pub async fn declare(&self, actor: &Actor, id: ApplicationId, request: Declare) -> Result<ShownDeclaration, Refusal> {
        let application = self.visible(actor, &id).await?;
        actor.may(Action::Upload { unit: &application.unit })?;
        not_registering(&application)?;
        if !application.status.takes_materials() {
            let word = application.status.word();
            return Err(Refusal::Changed(format!("申报当前为“{word}”，授权之后不再声明")));
        }
        let name = bounded("声明人", &request.name, MAX_PERSON).map_err(Refusal::Malformed)?;
        if !name.chars().any(char::is_alphabetic) {
            return Err(Refusal::Malformed(format!("声明人“{name}”不是姓名，请写明由谁代表牵头主办单位声明")));
        }
        let now = self.cloud.clock.now();
        let declaration = Declaration { name: name.to_owned(), at: now, by: actor.subject.clone() };
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let clause = &rulebook.notices.of_contest(&application.contest)?.procedure.declaration;
        let audit = AuditEntry::new(actor, AuditAction::Declare, clause, now);
        self.cloud.applications().declare(&application, declaration.clone(), audit).await?;
        tracing::info!(application = %id, "declared");
        Ok(ShownDeclaration::from(&declaration))
    }

    /// Notes paper originals as received. A defect that was put right is entered anew; what was received without one is entered otherwise
    /// with a reason only. The trail keeps all of it.
    pub async fn receive_originals(&self, actor: &Actor, id: ApplicationId, request: ReceiveOriginals) -> Result<ShownOriginals, Refusal> {
        let application = self.visible(actor, &id).await?;
        let reviewers = &application.issuing_units();
        actor.may(Action::ReceiveOriginals { jurisdiction: &application.contest.jurisdiction, reviewers })?;
        not_registering(&application)?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let now = self.cloud.clock.now();
        let today = self.cloud.clock.today();
        let on = request.on.unwrap_or(today);
        if on > today {
            return Err(Refusal::Malformed(format!("收到日期 {on} 晚于今天，请核对")));
        }
        let from = bounded("交来人", &request.from, MAX_PERSON).map_err(Refusal::Malformed)?;
        let defect = request.defect.as_deref().map(|defect| bounded("缺陷", defect, MAX_REASON)).transpose();
        let defect = defect.map_err(Refusal::Malformed)?;
        let materials = wanted(notice, &application.originals, &request.materials)?;
        let reason = request.reason.as_deref().map(|reason| bounded("更改的原因", reason, MAX_REASON)).transpose();
        let reason = reason.map_err(Refusal::Malformed)?;
        let is_sound = |material: &&Material| application.originals.get(material).is_some_and(|original| original.defect.is_none());
        if let Some(sound) = materials.iter().find(is_sound).filter(|_| reason.is_none()) {
            let title = notice.material(*sound).map_or("这份材料", |rule| &rule.title);
            return Err(Refusal::Malformed(format!("{title}的纸质材料已登记收到；更改登记须写明原因")));
        }
        let original = Original {
            on,
            from: from.to_owned(),
            defect: defect.map(str::to_owned),
            receiver: reviewer_of(actor),
            by: actor.subject.clone(),
            at: now,
        };
        // Who brought them stands in the register only.
        let titles: Vec<&str> =
            notice.on_paper().filter(|rule| materials.contains(&rule.material)).map(|rule| rule.title.as_str()).collect();
        let defect = defect.map_or_else(String::new, |defect| format!("；缺陷：{defect}"));
        let reason = reason.map_or_else(String::new, |reason| format!("；更改的原因：{reason}"));
        let detail = format!("{on} 收到纸质{}{defect}{reason}", titles.join("、"));
        let mut originals = application.originals.clone();
        originals.extend(materials.iter().map(|material| (*material, original.clone())));
        let audit = AuditEntry::new(actor, AuditAction::ReceiveOriginals, &notice.procedure.originals, now).with(detail);
        self.cloud.applications().receive_originals(&application, originals.clone(), audit).await?;
        tracing::info!(application = %id, originals = materials.len(), "originals received");
        Ok(ShownOriginals { version: application.version + 1, originals: shown_originals(notice, &originals) })
    }

    /// 收到备案: the filed body that will issue notes that it has the submission. Noted already, the note stands as it is.
    pub async fn receive_filing(&self, actor: &Actor, id: ApplicationId) -> Result<ShownFiling, Refusal> {
        let application = self.visible(actor, &id).await?;
        actor.may(Action::ReceiveFiling { reviewers: &application.issuing_units() })?;
        let filing = application.filing.clone();
        let filing = filing.ok_or_else(|| Refusal::Changed("这份申报没有交本机构备案：授权由省职鉴中心按名册定下".to_owned()))?;
        if filing.received.is_some() {
            return Ok(ShownFiling::from(&filing));
        }
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let clause = &rulebook.notices.of_contest(&application.contest)?.procedure.filing;
        let now = self.cloud.clock.now();
        let filing = Filing { received: Some(FilingReceipt { at: now, by: actor.subject.clone() }), ..filing };
        let audit = AuditEntry::new(actor, AuditAction::ReceiveFiling, clause, now).with(format!("{} 收到备案", filing.body));
        self.cloud.applications().receive_filing(&application, filing.clone(), audit).await?;
        tracing::info!(application = %id, "filed");
        Ok(ShownFiling::from(&filing))
    }
}

/// The materials that a request means.
fn wanted(notice: &Notice, received: &Originals, named: &[Material]) -> Result<BTreeSet<Material>, Refusal> {
    let on_paper: BTreeSet<Material> = notice.on_paper().map(|rule| rule.material).collect();
    if let Some(other) = named.iter().find(|material| !on_paper.contains(material)) {
        let title = notice.material(*other).map_or("这份材料", |rule| &rule.title);
        return Err(Refusal::Malformed(format!("{title}不需要纸质原件")));
    }
    if !named.is_empty() {
        return Ok(named.iter().copied().collect());
    }
    let open = |material: &Material| received.get(material).is_none_or(|original| original.defect.is_some());
    let open: BTreeSet<Material> = on_paper.into_iter().filter(open).collect();
    if open.is_empty() {
        return Err(Refusal::Changed("纸质材料都已登记收到；要改登记的，请写明是哪一份".to_owned()));
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use rules::notice::Notices;

    use super::*;

    #[test]
    fn all_that_is_open_is_meant_where_nothing_is_named() {
        let notice = Notices::built_in().expect("notices").general().clone();
        let original = |defect: Option<&str>| Original {
            on: jiff::civil::date(2022, 6, 10),
            from: "经办人".to_owned(),
            defect: defect.map(str::to_owned),
            receiver: IssuingUnit::center("00"),
            by: "local-center-00".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        let all = [Material::Contest, Material::Commendation, Material::Summary];
        let mut received = Originals::new();
        let meant = |received: &Originals, named: &[Material]| wanted(&notice, received, named).ok();
        assert_eq!(meant(&received, &[]), Some(all.into()));
        received.insert(Material::Contest, original(None));
        received.insert(Material::Summary, original(Some("没有盖章")));
        assert_eq!(meant(&received, &[]), Some([Material::Commendation, Material::Summary].into()));
        assert_eq!(meant(&received, &[Material::Contest]), Some([Material::Contest].into()), "what is named is entered anew");
        assert_eq!(meant(&received, &[Material::Roster]), None, "the roster is a workbook");
        received.extend(all.map(|material| (material, original(None))));
        assert_eq!(meant(&received, &[]), None);
        assert_eq!(shown_originals(&notice, &received).len(), 3);
    }
}
