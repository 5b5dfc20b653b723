//! Archive (资料存档, 五、（二）): ordering a volume, where it stands, looking into it.

use jiff::Timestamp;
use records::after::volumes::{Sealed, Volume};
use records::application::Application;
use records::issue::failures::PrintFailure;
use records::keys::objects::{ObjectKey, VolumeName};
use rules::after::volume::{MANIFEST, Manifest, SEAL};
use rules::audit::{AuditAction, AuditEntry};
use rules::issue::access::Action;
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::notice::Notice;
use rules::values::party::{Actor, IssuingUnit};
use rules::values::schema::Moment;
use rules::values::vocabulary::CertificateType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::failures::what_failed;
use crate::links::LINK_LIFETIME;
use crate::own_lot::{LotAsked, meant, title};
use crate::refusal::Refusal;
use crate::rows::{self, reviewer_of, sees_all_rows, sees_rows_of};
use crate::states::LotState;

/// Links in one answer.
const PAGE: usize = 500;

/// A volume and where it stands.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownVolume {
    /// Whose certificates it is of.
    pub reviewer: IssuingUnit,
    /// Of which type they are.
    pub certificate_type: CertificateType,
    /// When it was ordered.
    #[schemars(with = "Moment")]
    pub ordered_at: Timestamp,
    /// By which account.
    pub ordered_by: String,
    /// Once it is made: batch, edition, seal, files, bytes.
    pub sealed: Option<Sealed>,
    /// Whether anything has changed since: a further edition is due.
    pub outdated: bool,
    /// What its term rests on that nobody has confirmed, 待确认.
    pub unconfirmed: Option<String>,
}

/// Why somebody looks into a volume.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Consult {
    /// Kept in the audit trail.
    pub reason: String,
    /// Where the page begins; 0 for the first.
    #[serde(default)]
    pub after: usize,
}

/// A page of a volume's files.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct VolumeLinks {
    /// SHA-256 of the manifest, in hex.
    pub seal: String,
    /// The files, manifest and seal among them.
    pub files: Vec<FileLink>,
    /// Where the next page begins; none at the end.
    pub next_after: Option<usize>,
}

/// A file of a volume.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct FileLink {
    /// Path within the volume.
    pub path: String,
    /// Where it can be read for a while.
    pub link: String,
}

impl Operations {
    /// Orders a volume of the actor's lot. While one is being made, or nothing has changed since the last, that one is the
    /// answer.
    pub async fn archive(&self, actor: &Actor, id: ApplicationId, asked: LotAsked) -> Result<ShownVolume, Refusal> {
        let application = self.visible(actor, &id).await?;
        let reviewer = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &reviewer })?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let allocation = meant(self.lots_decided(&id, &reviewer).await?, asked.certificate_type, notice)?;
        let lot = allocation.lot();
        if let Some(last) = self.cloud.volumes().of(&id, &lot).await?.pop()
            && (last.sealed.is_none() || !self.cloud.volumes().is_outdated(&last).await?)
        {
            return Ok(shown(notice, last, false));
        }
        let (runs, failures) = (self.cloud.runs().of_lot(&id, &lot).await?, self.cloud.failures().open(&id).await?);
        let state = self.state_of_paper(&allocation, &runs, notice).await?;
        if let Some(reason) = self.what_keeps_from_archive(&allocation, notice, (state, &failures)).await? {
            return Err(Refusal::Changed(format!("{}：{reason}", title(notice, lot.certificate_type))));
        }
        if let Some(authorisation) = self.authorisation_over(&application).await? {
            // It goes into the volume.
            self.authorisation_document(&application, &authorisation).await?;
        }
        let audit = AuditEntry::new(actor, AuditAction::Archive, &notice.procedure.archive, self.cloud.clock.now());
        let volume = self.cloud.volumes().order(&application, &lot, audit).await?;
        // What this object would have started, reconcile starts if it is lost here.
        self.cloud.volumes().put_order(&volume).await?;
        Ok(shown(notice, volume, false))
    }

    /// Why a lot cannot be archived, by how far its paper is and what has failed of the application; nothing where it can. Archived is what is printed,
    /// and drawn to the last PDF.
    pub(crate) async fn what_keeps_from_archive(
        &self,
        allocation: &Allocation,
        notice: &Notice,
        (state, failures): (LotState, &[PrintFailure]),
    ) -> Result<Option<String>, Refusal> {
        let lot = &allocation.lot();
        match state {
            LotState::AwaitsNumbers => return Ok(Some("还有证书没有登记编号，不能存档；请先登记编号".to_owned())),
            LotState::Numbered if notice.sheet_kind_of(lot.certificate_type).is_some() => {
                return Ok(Some("还有证书没有打印在空白证书上，不能存档".to_owned()));
            }
            LotState::Refused | LotState::Recorded | LotState::Numbered | LotState::Printed | LotState::Reached(_) => {}
        }
        if let Some(failed) = what_failed(failures, lot, "不能存档") {
            return Ok(Some(failed));
        }
        let drawing = self.cloud.volumes().is_drawing(&allocation.of, lot).await?;
        Ok(drawing.then(|| "证书文件正在生成，请稍后再存档".to_owned()))
    }

    /// The volumes of an application, of those reviewers whose rows the actor may see.
    pub async fn volumes(&self, actor: &Actor, id: ApplicationId) -> Result<Vec<ShownVolume>, Refusal> {
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let mut volumes = Vec::new();
        for lot in self.cloud.allocations().of(&id).await? {
            if !sees_rows_of(actor, &application, &lot.reviewer) {
                continue;
            }
            let mut all = self.cloud.volumes().of(&id, &lot.lot()).await?;
            let last = all.pop();
            volumes.extend(all.into_iter().map(|earlier| shown(notice, earlier, true)));
            if let Some(last) = last {
                let outdated = self.cloud.volumes().is_outdated(&last).await?;
                volumes.push(shown(notice, last, outdated));
            }
        }
        Ok(volumes)
    }

    /// Links to the files of a volume: for those who archive it and for the Center, with a reason that is kept.
    pub async fn consult(&self, actor: &Actor, (id, edition): (ApplicationId, u64), request: Consult) -> Result<VolumeLinks, Refusal> {
        let application = self.visible(actor, &id).await?;
        let (volume, sealed) = self.sealed_volume(&application, edition).await?;
        let jurisdiction = &application.contest.jurisdiction;
        actor.may(Action::Qualify { reviewer: &volume.lot.reviewer }).or_else(|_| actor.may(Action::Authorise { jurisdiction }))?;
        let reason = request.reason.trim();
        if reason.is_empty() {
            return Err(Refusal::Malformed("查阅档案须写明事由".to_owned()));
        }
        let name = volume.name().ok_or(Refusal::NotFound)?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let of_some_rows = (!sees_all_rows(actor, &application)).then_some(notice);
        let page = self.page(name, sealed, request.after, of_some_rows).await?;
        // Each page is a look of its own. The links are worth nothing without their entry: it is written before they are given.
        let audit = AuditEntry::new(actor, AuditAction::Consult, &volume.clause, self.cloud.clock.now());
        let which = format!("第 {edition} 卷，自第 {} 个起 {} 个文件", request.after + 1, page.files.len());
        self.cloud.volumes().consult(&application, audit.with(format!("{which}：{reason}"))).await?;
        Ok(page)
    }

    async fn sealed_volume(&self, application: &Application, edition: u64) -> Result<(Volume, Sealed), Refusal> {
        for lot in self.cloud.allocations().of(&application.id).await? {
            for volume in self.cloud.volumes().of(&application.id, &lot.lot()).await? {
                if let Some(sealed) = volume.sealed.clone().filter(|sealed| sealed.edition == edition) {
                    return Ok((volume, sealed));
                }
            }
        }
        Err(Refusal::NotFound)
    }

    async fn page(&self, name: VolumeName, sealed: Sealed, after: usize, of_some_rows: Option<&Notice>) -> Result<VolumeLinks, Refusal> {
        let file = |path: &str| ObjectKey::Volume { volume: name.clone(), path: path.to_owned() };
        let manifest: Manifest = self.cloud.read_json(&file(MANIFEST)).await?;
        let paths = [MANIFEST, SEAL].into_iter().chain(manifest.files.iter().map(|file| file.path.as_str()));
        let paths: Vec<&str> = paths.filter(|path| of_some_rows.is_none_or(|notice| !holds_all_rows(notice, path))).collect();
        let mut files = Vec::new();
        for path in paths.iter().skip(after).take(PAGE) {
            files.push(FileLink { path: (*path).to_owned(), link: self.cloud.link(&file(path), LINK_LIFETIME).await? });
        }
        let end = after + files.len();
        Ok(VolumeLinks { seal: sealed.seal, files, next_after: (end < paths.len()).then_some(end) })
    }
}

/// Whether a file of a volume has every row of the application in it: the materials and what was made of them as a whole. The
/// volume holds them, because it proves what was decided on; a reviewer of some of the rows does not get them.
fn holds_all_rows(notice: &Notice, path: &str) -> bool {
    const MADE_OF_THE_ROSTER: [&str; 5] =
        ["roster-report.json", "roster-report.xlsx", "summary-form.pdf", "photos-compared.json", "entries.jsonl"];
    let is_material = |file: &str| notice.materials.iter().any(|rule| rule.file == file && rows::holds_all_rows(rule.material));
    path.rsplit('/').next().is_some_and(|file| MADE_OF_THE_ROSTER.contains(&file) || is_material(file))
}

fn shown(notice: &Notice, volume: Volume, outdated: bool) -> ShownVolume {
    ShownVolume {
        certificate_type: volume.lot.certificate_type,
        reviewer: volume.lot.reviewer,
        ordered_at: volume.at,
        ordered_by: volume.by,
        sealed: volume.sealed,
        outdated,
        unconfirmed: notice.archive.unconfirmed.clone(),
    }
}
