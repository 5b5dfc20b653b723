//! The photo of one winner, added or replaced by its unit without the whole archive: a new version of it is handed in, and judged anew.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use certificate::{NewPhoto, PhotoArchive};
use records::RecordsError;
use records::application::{Application, Verdict};
use records::keys::objects::{ObjectKey, inbox};
use rules::intake::entry::Entry;
use rules::intake::photos::{PhotoFile, PhotoMatches, PhotoOwner};
use rules::issue::application::ApplicationId;
use rules::notice::{Notice, PhotoRule};
use rules::values::party::Actor;
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;

/// Media type of the archive.
const ZIP: &str = "application/zip";

/// The photo of a row.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacePhoto {
    /// The version of the archive that was looked at (`version` of the photos); none where there is none.
    #[serde(default)]
    pub version: Option<String>,
    /// The file, JPG or PNG, as base64.
    pub photo_base64: String,
}

/// The archive with the photo.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ReplacedPhoto {
    /// Version of the archive that is being judged now.
    pub version: String,
}

impl Operations {
    /// Puts a photo in the place of a row's, or adds it: the archive with it, its other photos as they were, is handed in and judged anew.
    pub async fn replace_photo(
        &self,
        actor: &Actor,
        (id, row): (ApplicationId, u32),
        request: ReplacePhoto,
    ) -> Result<ReplacedPhoto, Refusal> {
        let application = self.awaiting(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let unread = |_| Refusal::Malformed("照片没有传完整，请重新选择".to_owned());
        let bytes = BASE64_STANDARD.decode(request.photo_base64.trim()).map_err(unread)?;
        let ending = ending_of(&bytes, &notice.photo)?;
        let roster = self.roster_in_view(actor, &application).await?;
        let roster = roster.ok_or_else(|| Refusal::Changed("选手信息导入模板表尚未通过检查，不能逐人更换照片".to_owned()))?;
        let entry = roster.entries.iter().find(|entry| entry.row == row).ok_or(Refusal::NotFound)?;
        let name = PhotoOwner::from(entry).file_name(ending);
        let photo = NewPhoto { name: &name, bytes: &bytes };
        let verdict = self.photos_verdict(&application).await?;
        if verdict.as_ref().map(|verdict| &verdict.version) != request.version.as_ref() {
            return Err(other_version());
        }
        let (key, archive) = match &verdict {
            Some(verdict) => self.with_photo(notice, (&application, verdict), (&roster.entries, row), &photo).await?,
            None => (format!("{}{}", inbox(&application.unit, &id), notice.file(Material::Photos)), photo.archive()),
        };
        let most = notice.material(Material::Photos).map_or(0, |rule| rule.max_bytes);
        let archive = archive.filter(|archive| archive.len() as u64 <= most);
        let archive = archive.ok_or_else(|| Refusal::Changed("照片压缩包过大或有不能原样保留的文件，请整包上传".to_owned()))?;
        let seen = verdict.as_ref().map(|verdict| verdict.version.as_str());
        let version = match self.cloud.write_over(&key, seen, ZIP, archive).await {
            Err(RecordsError::Conflict) => return Err(other_version()),
            written => written?,
        };
        tracing::info!(application = %id, "a photo is replaced");
        Ok(ReplacedPhoto { version })
    }

    /// The archive that was judged last.
    pub(crate) async fn photos_verdict(&self, application: &Application) -> Result<Option<Verdict>, Refusal> {
        let verdicts = self.cloud.applications().verdicts(application).await?;
        Ok(verdicts.into_iter().find(|verdict| verdict.material == Material::Photos))
    }

    /// Where the archive lies, and what it is with the photo; none where it cannot be written anew.
    async fn with_photo(
        &self,
        notice: &Notice,
        (application, verdict): (&Application, &Verdict),
        (entries, row): (&[Entry], u32),
        photo: &NewPhoto<'_>,
    ) -> Result<(String, Option<Vec<u8>>), Refusal> {
        let key = ObjectKey::PhotoFiles { application: application.id.clone(), version: verdict.judgement() };
        let files: Vec<PhotoFile> = match self.cloud.read_json(&key).await {
            Err(RecordsError::NotFound) => return Err(Refusal::Changed("照片压缩包没有通过检查，请改正后整包上传".to_owned())),
            read => read?,
        };
        let replaced = PhotoMatches::new(&files, entries.iter().map(PhotoOwner::from)).own(row);
        let applications = self.cloud.applications();
        let key = applications.material_key(notice, application, verdict).await?.ok_or(Refusal::NotFound)?;
        let download = applications.material(notice, application, verdict).await?;
        let archive = PhotoArchive::open(download.file).ok();
        let next = tokio::task::block_in_place(|| archive.and_then(|archive| archive.with_photo(&replaced, photo)));
        Ok((key, next))
    }
}

fn other_version() -> Refusal {
    Refusal::Changed("照片已有新的版本，没有更换；请刷新后再更换".to_owned())
}

/// How its name is to end, if it can be printed; looked at before anything is handed in: one bad photo would refuse the whole archive.
fn ending_of(photo: &[u8], rule: &PhotoRule) -> Result<&'static str, Refusal> {
    if photo.len() as u64 > rule.max_file_bytes {
        return Err(Refusal::Malformed(format!("照片超过 {} MB", rule.max_file_bytes >> 20)));
    }
    match tokio::task::block_in_place(|| certificate::portrait(photo, rule)) {
        Ok(_) if photo.starts_with(b"\x89PNG") => Ok("png"),
        Ok(_) => Ok("jpg"),
        Err(error) => Err(Refusal::Malformed(format!("这张照片没有更换：{error}"))),
    }
}
