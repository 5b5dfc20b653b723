//! `saizheng archive`: volumes made, fetched, and proved from their files alone.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use operations::archive::{Consult, FileLink, ShownVolume, VolumeLinks};
use operations::own_lot::LotAsked;
use rules::after::volume::{CERTIFICATES, Found, Holding, MANIFEST, SEAL, TRAIL, Trust, prove};
use rules::values::attestation::PublicKey;
use rules::values::lot::LotName;
use rules::values::vocabulary::CertificateType;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::api::{Answer, Api};
use crate::lots::TypeArgument;
use crate::mistake::mistake;
use crate::progress::Progress;
use crate::remote::Remote;
use crate::results::Staged;
use crate::shown::AnswerFormat;
use crate::steps::{POLL_INTERVAL, TIMEOUT};
use crate::{print, say, shown};

/// Files fetched at once.
const DOWNLOADS: usize = 8;

/// What is done with volumes.
#[derive(Subcommand)]
pub(crate) enum ArchiveCommand {
    /// 以颁证机构身份存档一份申报：收齐材料、名单、审核记录、证书和留痕，封存成卷
    Make {
        /// 申报号
        id: String,
        #[command(flatten)]
        of_type: TypeArgument,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以颁证机构身份查阅：把一卷取到文件夹
    Fetch {
        /// 申报号
        id: String,
        /// 写到哪个文件夹
        #[arg(long)]
        out: PathBuf,
        /// 事由，记入留痕
        #[arg(long)]
        reason: String,
        /// 卷号（存档时输出）；不填为最近一次存档的卷
        #[arg(long)]
        edition: Option<u64>,
        #[command(flatten)]
        format: AnswerFormat,
        #[command(flatten)]
        remote: Remote,
    },
    /// 只凭文件夹中的文件核验一卷，不需要系统和网络
    Verify(VerifyArguments),
}

/// A volume to be proved.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// 卷的文件夹
    folder: PathBuf,
    /// 封存机构公布的公钥，可写多个；不填则只核对卷内自带的公钥
    #[arg(long)]
    key: Vec<String>,
    /// 另行登记的封存值
    #[arg(long)]
    seal: Option<String>,
}

fn path(id: &str) -> String {
    format!("/v1/applications/{id}/archive")
}

/// A volume by its number, which is that of the last entry of the trail in it: no count of volumes.
fn volume_word(edition: u64) -> String {
    format!("卷号 {edition}（收录到第 {edition} 条留痕）")
}

/// How many volumes of the lot have been sealed, up to that one.
fn nth(volumes: &[ShownVolume], lot: &LotName, edition: u64) -> usize {
    let own = |volume: &ShownVolume| LotName::new(&volume.reviewer, volume.certificate_type) == *lot;
    let until = |volume: &&ShownVolume| own(volume) && volume.sealed.as_ref().is_some_and(|sealed| sealed.edition <= edition);
    volumes.iter().filter(until).count().max(1)
}

/// Orders a volume and waits until it is sealed.
pub(crate) async fn make(api: &Api, id: &str, certificate_type: Option<CertificateType>) -> Answer<serde_json::Value> {
    let ordered = match api.post::<ShownVolume>(&path(id), &LotAsked { certificate_type }).await? {
        Ok(volume) => volume,
        Err(refused) => return Ok(Err(refused)),
    };
    let of_type = shown::type_word(ordered.certificate_type);
    if let Some(sealed) = &ordered.sealed {
        say(&format!("{of_type}：存档后没有变动，不再另存：{}，封存值 {}", volume_word(sealed.edition), sealed.seal));
        return Ok(Ok(json!({ "edition": sealed.edition, "seal": sealed.seal })));
    }
    let progress = Progress::start("封存案卷");
    let (mut sealed, mut waited) = (None, Duration::ZERO);
    while sealed.is_none() {
        ensure!(waited < TIMEOUT, "存档没有完成");
        tokio::time::sleep(POLL_INTERVAL).await;
        waited += POLL_INTERVAL;
        let volumes: Vec<ShownVolume> = api.get(&path(id)).await?;
        let same = |volume: &ShownVolume| {
            volume.reviewer == ordered.reviewer
                && volume.certificate_type == ordered.certificate_type
                && volume.ordered_at == ordered.ordered_at
        };
        sealed = volumes.into_iter().find(same).and_then(|volume| volume.sealed);
    }
    drop(progress);
    let sealed = sealed.context("sealed")?;
    let volumes: Vec<ShownVolume> = api.get(&path(id)).await?;
    let nth = nth(&volumes, &LotName::new(&ordered.reviewer, ordered.certificate_type), sealed.edition);
    say(&format!("{of_type}：已存档（第 {nth} 次）：{}，{} 个文件，封存值 {}", volume_word(sealed.edition), sealed.files, sealed.seal));
    Ok(Ok(json!({ "edition": sealed.edition, "seal": sealed.seal })))
}

/// Fetches a volume into `out`.
pub(crate) async fn fetch(api: &Api, id: &str, out: &Path, reason: &str, edition: Option<u64>) -> Answer<serde_json::Value> {
    let edition = match edition {
        Some(edition) => edition,
        None => {
            let volumes: Vec<ShownVolume> = api.get(&path(id)).await?;
            let edition = |volume: ShownVolume| volume.sealed.map(|sealed| (sealed.edition, volume.certificate_type));
            let mut editions: Vec<(u64, CertificateType)> = volumes.into_iter().filter_map(edition).collect();
            editions.sort_unstable_by_key(|(edition, _)| *edition);
            let last = editions.pop().ok_or_else(|| mistake("还没有封存的卷，请先 saizheng archive make"))?;
            if !editions.is_empty() {
                let word = |(edition, of_type): &(u64, CertificateType)| format!("{} --edition {edition}", shown::type_word(*of_type));
                let others: Vec<String> = editions.iter().map(word).collect();
                say(&format!("取回最后封存的一卷：{}；另有 {}，要取的写明 --edition", word(&last), others.join("、")));
            }
            last.0
        }
    };
    let staged = Staged::of(out)?;
    let progress = Progress::start("取回案卷");
    let (mut after, mut files) = (Some(0), 0);
    while let Some(start) = after {
        let request = Consult { reason: reason.to_owned(), after: start };
        let links = match api.post::<VolumeLinks>(&format!("{}/{edition}/consult", path(id)), &request).await? {
            Ok(links) => links,
            Err(refused) => return Ok(Err(refused)),
        };
        files += links.files.len();
        for some in links.files.chunks(DOWNLOADS) {
            futures::future::try_join_all(some.iter().map(|file| download(api, file, &staged))).await?;
        }
        after = links.next_after;
    }
    drop(progress);
    staged.publish_as_it_is()?;
    Ok(Ok(serde_json::to_value(FetchedVolume { edition, files })?))
}

/// A volume that was fetched.
#[derive(Serialize, Deserialize)]
pub(crate) struct FetchedVolume {
    edition: u64,
    files: usize,
}

/// Where it is.
pub(crate) fn fetched(volume: &FetchedVolume, out: &Path) -> Vec<String> {
    vec![format!("{}共 {} 个文件，已写入 {}", volume_word(volume.edition), volume.files, out.display())]
}

async fn download(api: &Api, file: &FileLink, staged: &Staged) -> Result<()> {
    // The system names the files; none of them may leave the folder all the same.
    let plain = Path::new(&file.path).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    ensure!(plain, "卷内路径异常：{}", file.path);
    staged.write(&file.path, &api.download(&file.link).await?)
}

/// Exit 0 if everything holds, 2 if not.
pub(crate) fn verify(arguments: &VerifyArguments) -> Result<ExitCode> {
    let keys: Vec<PublicKey> = arguments.key.iter().map(|key| key.parse().with_context(|| key.clone())).collect::<Result<_>>()?;
    let holding = holding(&arguments.folder)?;
    match prove(&holding, Trust { keys: &keys, seal: arguments.seal.as_deref() }) {
        Ok(manifest) => {
            let (files, certificates) = (manifest.files.len(), manifest.certificates);
            print(&format!("{}\t{}\t{}", manifest.contest, manifest.application, volume_word(manifest.edition)));
            say(&format!("相符：{files} 个文件、{certificates} 张证书、{} 条留痕均与封存时一致", manifest.trail.count));
            if keys.is_empty() {
                say("没有给出公布的公钥（--key）：只证明与卷内自带的公钥相符");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            for fault in &faults {
                say(&fault.to_string());
            }
            say(&format!("{} 处不符", faults.len()));
            Ok(ExitCode::from(2))
        }
    }
}

/// The folder as it lies there. Large files are hashed as they are read.
pub(crate) fn holding(folder: &Path) -> Result<Holding> {
    if !folder.is_dir() {
        return Err(mistake(format!("{} 不是文件夹", folder.display())));
    }
    let mut holding = Holding::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner).with_context(|| inner.display().to_string())? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
                continue;
            }
            let path = entry.path();
            let name = path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
            if name != MANIFEST && name != SEAL {
                holding.found.insert(name, hashed(&path)?);
            }
        }
    }
    let read = |name: &str| fs::read(folder.join(name)).unwrap_or_default();
    Ok(Holding { manifest: read(MANIFEST), seal: read(SEAL), trail: read(TRAIL), certificates: read(CERTIFICATES), ..holding })
}

fn hashed(path: &Path) -> Result<Found> {
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
    Ok(Found { bytes, sha256: hex::encode(hash.finalize()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_volume_is_told_from_how_often_was_archived() {
        let volume = |reviewer: &str, sealed: Option<u64>| -> ShownVolume {
            let sealed = sealed.map(|edition| {
                json!({ "batch": "center-00-2022", "edition": edition, "seal": "00", "files": 1, "bytes": 1, "at": "2022-06-20T02:00:00Z" })
            });
            let shown = json!({
                "reviewer": reviewer, "certificate_type": "skill_level", "ordered_at": "2022-06-20T02:00:00Z", "ordered_by": "local-center-00", "sealed": sealed,
                "outdated": false, "unconfirmed": null
            });
            serde_json::from_value(shown).expect("a volume")
        };
        let lot: LotName = "center-00.skill_level".parse().expect("a lot");
        let volumes =
            [volume("center-00", Some(9)), volume("center-07", Some(10)), volume("center-00", Some(14)), volume("center-00", None)];
        assert_eq!((nth(&volumes, &lot, 9), nth(&volumes, &lot, 14)), (1, 2));
        assert_eq!(volume_word(9), "卷号 9（收录到第 9 条留痕）");
        assert!(!volume_word(9).contains('版'));
    }
}
