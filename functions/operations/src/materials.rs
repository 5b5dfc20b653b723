//! The materials as they were handed in, to be looked at before a decision: each look of the Center or of an issuing body is an entry.

use jiff::Timestamp;
use records::application::Application;
use records::application::hand_ins::HandIn;
use records::store::bucket::Shown;
use rules::audit::{AuditAction, AuditEntry};
use rules::issue::application::ApplicationId;
use rules::notice::{MaterialRule, Notice};
use rules::values::party::{Actor, Role};
use rules::values::schema::Moment;
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::applications::content_type;
use crate::links::LOOK_LIFETIME;
use crate::refusal::Refusal;
use crate::rows::{holds_all_rows, sees_whole};

/// The materials of an application.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownMaterials {
    /// In the order of the notice.
    pub materials: Vec<ShownMaterial>,
}

/// A material and what was handed in of it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownMaterial {
    /// Which material.
    pub material: Material,
    /// Its title in the notice.
    pub title: String,
    /// Where the notice asks for it.
    pub clause: String,
    /// Whether an application is complete without it.
    pub optional: bool,
    /// Whether it is not shown to this account: rows stand in it that others review. Its own rows are in the reports.
    pub withheld: bool,
    /// The newest first; the latest twenty.
    pub versions: Vec<ShownMaterialVersion>,
}

/// One version of a material.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownMaterialVersion {
    /// Version of the object.
    pub version: String,
    /// When it was handed in.
    #[schemars(with = "Moment")]
    pub handed_in_at: Timestamp,
    /// Bytes.
    pub size: u64,
    /// Whether it is the one that counts.
    pub counts: bool,
    /// What came of judging it.
    pub state: MaterialState,
    /// The state as units and staff call it.
    pub state_word: String,
    /// Errors found.
    pub errors: u32,
    /// Warnings and notices found.
    pub remarks: u32,
    /// Pages, of a PDF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// Rows, of a roster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
    /// What it is shown as.
    pub content_type: String,
    /// Link by which a browser shows it, for five minutes; none where it is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// What came of judging a version of a material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MaterialState {
    /// 检查中
    Judging,
    /// 通过检查
    Clean,
    /// 未通过检查
    Faulty,
}

impl MaterialState {
    /// The word units and staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Judging => "检查中",
            Self::Clean => "通过检查",
            Self::Faulty => "未通过检查",
        }
    }
}

impl Operations {
    /// Every material with the version that counts and earlier ones, each with a link that shows it.
    pub async fn materials(&self, actor: &Actor, id: ApplicationId) -> Result<ShownMaterials, Refusal> {
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let of: Vec<Material> = notice.materials.iter().map(|rule| rule.material).collect();
        let handed_in = self.cloud.applications().hand_ins(notice, &application, &of).await?;
        let verdicts = self.cloud.applications().verdicts(&application).await?;
        let whole = sees_whole(actor, &application);
        let mut materials = Vec::with_capacity(of.len());
        for rule in &notice.materials {
            let withheld = holds_all_rows(rule.material) && !whole;
            let counting = verdicts.iter().find(|verdict| verdict.material == rule.material).map(|verdict| verdict.version.as_str());
            let mut versions = Vec::new();
            for hand_in in handed_in.iter().filter(|hand_in| hand_in.material == rule.material) {
                versions.push(self.shown_version(rule, hand_in, counting, withheld).await?);
            }
            let (material, title, clause) = (rule.material, rule.title.clone(), rule.clause.clone());
            materials.push(ShownMaterial { material, title, clause, optional: rule.optional, withheld, versions });
        }
        let linked = |shown: &&ShownMaterial| shown.versions.iter().any(|version| version.link.is_some());
        let titles: Vec<&str> = materials.iter().filter(linked).map(|shown| shown.title.as_str()).collect();
        if !titles.is_empty() {
            self.note_look(actor, &application, notice, titles.join("、")).await?;
        }
        Ok(ShownMaterials { materials })
    }

    async fn shown_version(
        &self,
        rule: &MaterialRule,
        hand_in: &HandIn,
        counting: Option<&str>,
        withheld: bool,
    ) -> Result<ShownMaterialVersion, Refusal> {
        let verdict = hand_in.verdict.as_ref();
        let state = verdict.map_or(MaterialState::Judging, |verdict| match verdict.clean {
            true => MaterialState::Clean,
            false => MaterialState::Faulty,
        });
        // What it was uploaded as, whoever has the bucket may choose: a page that it would be is none.
        let content_type = content_type(&rule.file);
        let link = match withheld {
            true => None,
            false => {
                let shown = Shown { content_type, lifetime: LOOK_LIFETIME };
                Some(self.cloud.link_shown(&hand_in.key, Some(&hand_in.version), shown).await?)
            }
        };
        Ok(ShownMaterialVersion {
            version: hand_in.version.clone(),
            handed_in_at: hand_in.handed_in_at,
            size: hand_in.size,
            counts: counting == Some(hand_in.version.as_str()),
            state,
            state_word: state.word().to_owned(),
            errors: verdict.map_or(0, |verdict| verdict.errors),
            remarks: verdict.map_or(0, |verdict| verdict.remarks),
            pages: verdict.and_then(|verdict| verdict.pages),
            rows: verdict.and_then(|verdict| verdict.rows),
            content_type: content_type.to_owned(),
            link,
        })
    }

    /// Enters what staff had shown, before they get the links; the unit looks at its own.
    pub(crate) async fn note_look(&self, actor: &Actor, application: &Application, notice: &Notice, what: String) -> Result<(), Refusal> {
        if actor.role == Role::Unit {
            return Ok(());
        }
        let audit = AuditEntry::new(actor, AuditAction::Look, &notice.procedure.qualification, self.cloud.clock.now());
        self.cloud.looks().enter(&application.id, audit.with(what)).await?;
        Ok(())
    }
}
