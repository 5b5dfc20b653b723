//! The rulebook: which notices and catalogues count, and replacing one of them.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use certificate::SealImage;
use jiff::civil::Date;
use records::RecordsError;
use records::application::rulebook::{PartReplacement, ReplaceError, Replacements};
use records::store::rulebooks::InForce;
use rules::catalogue::Edition;
use rules::issue::access::Action;
use rules::notice::UnconfirmedSetting;
use rules::rulebook::{Part, RulebookError, RulebookPart};
use rules::values::finding::{Finding, FindingCode, Place};
use rules::values::lines::{LineChange, changed_lines};
use rules::values::party::Actor;
use rules::values::schema::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::{Refusal, unreadable};

/// What counts: notices, catalogues, what the Center replaced, and what cannot be read.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RulebookOverview {
    /// Grows with every replacement and withdrawal.
    pub version: u64,
    /// Digest of the manifest of all texts: what an application authorised now names.
    pub manifest: String,
    /// The notices that count.
    pub notices: Vec<NoticeHead>,
    /// The catalogues that count.
    pub catalogues: Vec<Edition>,
    /// Names of all parts that count, as they are replaced by.
    #[serde(default)]
    pub parts: Vec<String>,
    /// Parts that stand in the place of those that ship.
    pub replaced: Vec<PartReplacement>,
    /// What the notices rest on that nobody has confirmed, 待确认, with what it decides.
    #[serde(default)]
    pub unconfirmed: Vec<UnconfirmedSetting>,
    /// Parts that this build cannot read; what rests on them waits until they are repaired or withdrawn.
    pub unreadable: Vec<Finding>,
}

/// Lines of a difference that are told.
const MAX_LINES: usize = 400;

/// What a text would change in the place of a part; nothing is in force by it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct PartDifference {
    /// The part's name.
    pub part: String,
    /// SHA-256 of the text in force, in hex; none where there is none.
    pub in_force: Option<String>,
    /// SHA-256 of the text that was sent.
    pub sha256: String,
    /// Lines that would go.
    pub removed: usize,
    /// Lines that would come.
    pub added: usize,
    /// What would change, in order; nothing of a picture.
    pub changes: Vec<LineChange>,
    /// Whether there is more than is told: 400 lines are.
    pub more: bool,
}

impl PartDifference {
    fn of(part: &Part, rulebook: &InForce, text: &str) -> Self {
        let known = rulebook.text(part).unwrap_or_default();
        let mut changes = if matches!(part, Part::Seal(_)) { Vec::new() } else { changed_lines(known, text) };
        let (removed, added) = changes.iter().fold((0, 0), |(removed, added), one| (removed + one.removed.len(), added + one.added.len()));
        let mut left = MAX_LINES;
        for change in &mut changes {
            for lines in [&mut change.removed, &mut change.added] {
                lines.truncate(left);
                left -= lines.len();
            }
        }
        changes.retain(|change| !change.removed.is_empty() || !change.added.is_empty());
        let RulebookPart { part: name, sha256 } = RulebookPart::new(part, text);
        let in_force = rulebook.manifest.get(part).map(|known| known.sha256.clone());
        Self { part: name, in_force, sha256, removed, added, changes, more: removed + added > MAX_LINES }
    }
}

/// A notice.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct NoticeHead {
    /// 文号
    pub number: String,
    /// Its title, in Chinese.
    pub title: String,
    /// The day from which it counts.
    #[schemars(with = "Day")]
    pub effective_from: Date,
    /// Jurisdictions whose contests go by it.
    pub jurisdictions: Vec<String>,
}

impl Operations {
    /// What counts now; anybody who is somebody may know.
    pub async fn rulebook(&self, _: &Actor) -> Result<RulebookOverview, Refusal> {
        self.overview().await
    }

    /// Checks a text as it would be checked to take the place of a part, and says what it would change; nothing is in force by it.
    pub async fn check_part(&self, actor: &Actor, (kind, name): (String, String), text: String) -> Result<PartDifference, Refusal> {
        let part = self.sound_part(actor, (&kind, &name), &text).await?;
        let in_force = self.replacing(&part, Some(&text)).await?;
        Ok(PartDifference::of(&part, &in_force, &text))
    }

    /// Puts a text in the place of a part; where the whole set would be unsound it is refused and the old one stays.
    pub async fn place(&self, actor: &Actor, (kind, name): (String, String), text: String) -> Result<RulebookOverview, Refusal> {
        let part = self.sound_part(actor, (&kind, &name), &text).await?;
        self.replace(actor, &part, Some(&text)).await
    }

    /// Withdraws what was put in the place of a part: what ships counts again, or nothing where nothing ships.
    pub async fn withdraw(&self, actor: &Actor, (kind, name): (String, String)) -> Result<RulebookOverview, Refusal> {
        let part = self.replaceable(actor, &kind, &name).await?;
        self.replace(actor, &part, None).await
    }

    /// The part, which may be replaced, and by that picture where it is one.
    async fn sound_part(&self, actor: &Actor, (kind, name): (&str, &str), text: &str) -> Result<Part, Refusal> {
        let part = self.replaceable(actor, kind, name).await?;
        if matches!(part, Part::Seal(_)) {
            check_seal(text).map_err(|problem| Refusal::Findings(vec![unsound(part.to_string(), problem)]))?;
        }
        Ok(part)
    }

    async fn replaceable(&self, actor: &Actor, kind: &str, name: &str) -> Result<Part, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        Part::parse(&format!("{kind}/{name}")).ok_or(Refusal::NotFound)
    }

    async fn replace(&self, actor: &Actor, part: &Part, text: Option<&str>) -> Result<RulebookOverview, Refusal> {
        self.replacing(part, text).await?;
        let replaced = self.cloud.rulebooks().replace(part, text, actor).await.map_err(not_replaced)?;
        tracing::info!(%part, version = replaced.version, withdrawn = text.is_none(), "replaced");
        self.overview().await
    }

    /// What counts now, where a part may be replaced so. Sheets that came from the printing house keep their kind and serials: their books
    /// would be seen no more, while certificates that were authorised under the earlier text still lie on them.
    async fn replacing(&self, part: &Part, text: Option<&str>) -> Result<Arc<InForce>, Refusal> {
        let (in_force, next) = self.cloud.rulebooks().check(part, text).await.map_err(not_replaced)?;
        let next = next.notices.general();
        for kind in &in_force.notices.general().sheet_kinds {
            let kept = next.sheet_kind(&kind.kind).is_some_and(|next| (&next.prefix, next.digits) == (&kind.prefix, kind.digits));
            if !kept && !self.cloud.sheets().register(&kind.kind).await?.received.is_empty() {
                let (name, kind) = (&kind.name, &kind.kind);
                let problem = format!(
                    "空白证书“{name}”（sheet_kinds.kind“{kind}”）已有入库，不能删去，流水号的 prefix、digits 也不能改；改用新样式的，在它之前另写一种"
                );
                return Err(Refusal::Findings(vec![unsound(part.to_string(), problem)]));
            }
        }
        Ok(in_force)
    }

    async fn overview(&self) -> Result<RulebookOverview, Refusal> {
        let (in_force, replaced) = self.cloud.rulebooks().in_force_with_replacements().await?;
        Ok(overview(&in_force, replaced))
    }
}

fn not_replaced(error: ReplaceError) -> Refusal {
    match error {
        ReplaceError::Unsound(problems) => Refusal::Findings(problems.iter().flat_map(findings).collect()),
        ReplaceError::Records(RecordsError::Conflict) => Refusal::Changed("通知或目录同时被他人替换，请核对现行内容后重试".to_owned()),
        ReplaceError::Records(error) => error.into(),
    }
}

fn overview(rulebook: &InForce, replaced: Replacements) -> RulebookOverview {
    let notices = rulebook.notices.all().map(|notice| {
        let head = &notice.notice;
        NoticeHead {
            number: head.number.clone(),
            title: head.title.clone(),
            effective_from: head.effective_from,
            jurisdictions: head.jurisdictions.clone(),
        }
    });
    RulebookOverview {
        version: replaced.version,
        manifest: rulebook.digest.clone(),
        notices: notices.collect(),
        catalogues: rulebook.catalogues().map(|catalogues| catalogues.editions().into_iter().cloned().collect()).unwrap_or_default(),
        parts: rulebook.manifest.parts().iter().map(|part| part.part.clone()).collect(),
        replaced: replaced.parts,
        unconfirmed: rulebook.unconfirmed(),
        unreadable: rulebook.unreadable().iter().map(unreadable).collect(),
    }
}

/// A seal is a PNG as base64, which every printing reads anew.
fn check_seal(text: &str) -> Result<(), String> {
    let png = BASE64_STANDARD.decode(text.trim_ascii()).map_err(|_| "印章图片应以 base64 文本上传".to_owned())?;
    SealImage::read(&png, "").map(|_| ()).map_err(|error| error.to_string())
}

fn unsound(name: String, problem: String) -> Finding {
    Finding::new(FindingCode::RulebookUnsound, Place::file(name), problem)
}

fn findings(error: &RulebookError) -> Vec<Finding> {
    match error {
        RulebookError::Catalogue(problem) => problem.problems.iter().map(|one| unsound(error.part(), one.to_string())).collect(),
        RulebookError::Notice(problem) => vec![unsound(error.part(), problem.to_string())],
    }
}
