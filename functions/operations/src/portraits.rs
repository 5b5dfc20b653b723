//! The photos by row, as they will be printed. Before there are certificates they are made out of the unit's archive for whoever looks
//! at them first, and kept.

use std::time::{Duration, Instant};

use certificate::PhotoArchive;
use records::application::{Application, Verdict};
use records::keys::objects::ObjectKey;
use records::store::bucket::Shown;
use rules::intake::entry::Entry;
use rules::intake::photos::{PhotoFile, PhotoMatches, PhotoOwner};
use rules::issue::application::ApplicationId;
use rules::notice::Notice;
use rules::values::party::Actor;
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::links::LOOK_LIFETIME;
use crate::page_size::page_size;
use crate::refusal::Refusal;

/// Photos on a page, if the request does not say.
const PAGE: usize = 24;
/// The most that one page holds.
const MAX_PAGE: u32 = 48;
/// How long photos are made for one page: then it ends, so that the answer comes in time.
const MAKING: Duration = Duration::from_secs(12);

/// Which photos are asked for.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhotosAsked {
    /// `next_after` of the page before; the first page, if none is named.
    pub after: Option<u32>,
    /// Rows on a page, 1 to 48; 24, if nothing is said.
    pub size: Option<u32>,
}

/// A page of photos, by row.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct PhotoPage {
    /// Version of the archive that they are of: a row's photo is replaced in this one. None where there is none.
    #[serde(default)]
    pub version: Option<String>,
    /// Whether a later one was handed in that is being judged.
    #[serde(default)]
    pub judging: bool,
    /// The rows that the account may see, with their photos.
    pub photos: Vec<RowPhoto>,
    /// Where the next page begins; none at the end.
    pub next_after: Option<u32>,
}

/// The photo of a row.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RowPhoto {
    /// Row of the roster.
    pub row: u32,
    /// 姓名
    pub name: String,
    /// Link by which a browser shows it, for five minutes; none where the row has no photo, or one that cannot be read.
    pub link: Option<String>,
    /// Whether there is one that cannot be read.
    pub unreadable: bool,
}

/// The archive that counts, opened when a photo is to be made.
struct Album<'a> {
    notice: &'a Notice,
    application: &'a Application,
    verdict: Verdict,
    matches: PhotoMatches,
    archive: Option<PhotoArchive<std::fs::File>>,
    until: Instant,
}

impl Operations {
    /// A page of the rows that the actor may see, with their photos.
    pub async fn photos(&self, actor: &Actor, id: ApplicationId, asked: PhotosAsked) -> Result<PhotoPage, Refusal> {
        let size = page_size(asked.size, PAGE, MAX_PAGE, "张")?;
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let Some(roster) = self.roster_in_view(actor, &application).await? else {
            return Ok(PhotoPage { version: None, judging: false, photos: Vec::new(), next_after: None });
        };
        let mut album = self.album(notice, &application, &roster.entries).await?;
        let left: Vec<&Entry> = roster.visible().filter(|entry| entry.row > asked.after.unwrap_or(0)).collect();
        let mut photos: Vec<RowPhoto> = Vec::with_capacity(size);
        for entry in left.iter().take(size) {
            photos.push(self.photo_of(album.as_mut(), entry).await?);
            if album.as_ref().is_some_and(|album| Instant::now() > album.until) {
                break;
            }
        }
        let next_after = photos.last().map(|last| last.row).filter(|_| photos.len() < left.len());
        let shown: Vec<u32> = photos.iter().filter(|photo| photo.link.is_some()).map(|photo| photo.row).collect();
        if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
            self.note_look(actor, &application, notice, format!("第 {first} 至 {last} 行的照片 {} 张", shown.len())).await?;
        }
        let verdict = self.photos_verdict(&application).await?;
        let judging = match &verdict {
            Some(verdict) => self.is_outdated(notice, &application, verdict).await?,
            None => false,
        };
        Ok(PhotoPage { version: verdict.map(|verdict| verdict.version), judging, photos, next_after })
    }

    async fn album<'a>(&self, notice: &'a Notice, application: &'a Application, entries: &[Entry]) -> Result<Option<Album<'a>>, Refusal> {
        let verdicts = self.cloud.applications().verdicts(application).await?;
        let Some(verdict) = verdicts.into_iter().find(|verdict| verdict.material == Material::Photos && verdict.clean) else {
            return Ok(None);
        };
        let files: Vec<PhotoFile> =
            self.cloud.read_json(&ObjectKey::PhotoFiles { application: application.id.clone(), version: verdict.judgement() }).await?;
        let matches = PhotoMatches::new(&files, entries.iter().map(PhotoOwner::from));
        Ok(Some(Album { notice, application, verdict, matches, archive: None, until: Instant::now() + MAKING }))
    }

    async fn photo_of(&self, album: Option<&mut Album<'_>>, entry: &Entry) -> Result<RowPhoto, Refusal> {
        let mut photo = RowPhoto { row: entry.row, name: entry.name.reveal().to_owned(), link: None, unreadable: false };
        let Some((album, index)) = album.and_then(|album| album.matches.of(entry.row).map(|index| (album, index))) else {
            return Ok(photo);
        };
        let key = ObjectKey::Portrait { application: album.application.id.clone(), version: album.verdict.version.clone(), index };
        if self.cloud.current_version(&key.to_string()).await?.is_none() {
            let Some(jpeg) = self.portrait(album, index).await? else {
                photo.unreadable = true;
                return Ok(photo);
            };
            self.cloud.write(&key, "image/jpeg", jpeg).await?;
        }
        let shown = Shown { content_type: "image/jpeg", lifetime: LOOK_LIFETIME };
        photo.link = Some(self.cloud.link_shown(&key.to_string(), None, shown).await?);
        Ok(photo)
    }

    async fn portrait(&self, album: &mut Album<'_>, index: usize) -> Result<Option<Vec<u8>>, Refusal> {
        if album.archive.is_none() {
            let download = self.cloud.applications().material(album.notice, album.application, &album.verdict).await?;
            album.archive = PhotoArchive::open(download.file).ok();
        }
        let Some(archive) = &album.archive else { return Ok(None) };
        Ok(tokio::task::block_in_place(|| archive.portrait(index, &album.notice.photo)))
    }
}
