//! `saizheng restore`: the local stack's table from archive volumes, and counters from certificates on paper. A deployed system is
//! restored by its function `restore`, which the operator invokes (docs/guide/restore.md).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use rules::after::restore::{ARCHIVES, PaperStatement, RestoreAnswer, RestoreRequest};
use rules::after::volume::{MANIFEST, Manifest, SEAL, Trust, prove};
use rules::values::attestation::{PublicKey, SigningKey};

use crate::archive::holding;
use crate::emulator::{BUCKET, Emulator};
use crate::local::Local;
use crate::mistake::mistake;
use crate::progress::Progress;
use crate::stack::Stack;
use crate::{deployed, key, say};

/// What a table is restored from.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// 卷的文件夹，或其上级文件夹，可写多个；核验相符的先复制到存储桶（已有的不覆盖）。不填则用存储桶中已有的卷
    folders: Vec<PathBuf>,
    /// 证书清单，每行：二维码内容、姓名、证件号码，以逗号或制表符分隔；其编号不会再次赋出
    #[arg(long)]
    statements: Option<PathBuf>,
    /// 封存卷、签发证书的公钥，可写多个；不填则用本机系统的
    #[arg(long)]
    key: Vec<String>,
    /// 只说明将恢复什么，不写入数据库
    #[arg(long)]
    dry_run: bool,
}

/// Exit 0 if everything that was found is restored, 2 if not.
pub(crate) async fn run(arguments: &RestoreArguments, local: &Local) -> Result<ExitCode> {
    let keys = keys(arguments, &local.data)?;
    let statements = arguments.statements.as_deref().map(statements).transpose()?.unwrap_or_default();
    let stack = Stack::standing(local).await?;
    let emulator = stack.emulator();
    let mut all_hold = true;
    for folder in volumes(&arguments.folders)? {
        all_hold &= hand_over(&emulator, &folder, &keys).await?;
    }
    let keys = keys.iter().map(ToString::to_string).collect();
    let request = RestoreRequest { prefix: ARCHIVES.to_owned(), keys, statements, dry_run: arguments.dry_run };
    let progress = Progress::start("恢复");
    let function = deployed::output(&local.data, "RestoreFunction")?;
    let answer = emulator.invoke(&function, &serde_json::to_value(request)?).await?;
    drop(progress);
    let answer: RestoreAnswer = serde_json::from_value(answer)?;
    answer.lines.iter().for_each(|line| say(line));
    Ok(if answer.complete && all_hold { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn keys(arguments: &RestoreArguments, data: &Path) -> Result<Vec<PublicKey>> {
    if arguments.key.is_empty() {
        return Ok(vec![key::of_stack(data)?.parse::<SigningKey>()?.public()]);
    }
    arguments.key.iter().map(|key| key.parse().with_context(|| key.clone())).collect()
}

fn statements(path: &Path) -> Result<Vec<PaperStatement>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read = |(number, line): (usize, &str)| {
        let parts = PaperStatement::parse(line);
        parts.ok_or_else(|| mistake(format!("{} 第 {number} 行应为：二维码内容、姓名、证件号码", path.display())))
    };
    lines.map(read).collect()
}

/// The folders of volumes among these folders and below them.
fn volumes(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), folders.to_vec());
    while let Some(folder) = open.pop() {
        if folder.join(SEAL).is_file() || folder.join(MANIFEST).is_file() {
            found.push(folder);
            continue;
        }
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            open.extend(path.is_dir().then_some(path));
        }
    }
    found.sort();
    if found.is_empty() && !folders.is_empty() {
        return Err(mistake("这些文件夹中没有卷（manifest.json、seal.json）"));
    }
    Ok(found)
}

/// Copies a volume that holds to where the system keeps volumes; false where it does not hold.
async fn hand_over(emulator: &Emulator, folder: &Path, keys: &[PublicKey]) -> Result<bool> {
    let (proving, name) = (holding(folder)?, folder.display());
    let manifest: Manifest = match prove(&proving, Trust { keys, seal: None }) {
        Ok(manifest) => manifest,
        Err(faults) => {
            say(&format!("{name} 核验不符，没有用于恢复："));
            faults.iter().for_each(|fault| say(&format!("  {fault}")));
            return Ok(false);
        }
    };
    let Manifest { batch, application, edition, .. } = &manifest;
    let paths = proving.found.keys().map(String::as_str).chain([MANIFEST, SEAL]);
    for path in paths {
        let object = format!("{BUCKET}/{ARCHIVES}{batch}/{application}/{edition:08}/{path}");
        if !emulator.has(&object).await? {
            emulator.put(&object, fs::read(folder.join(path)).with_context(|| path.to_owned())?).await?;
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_found_below_the_folders_that_are_named() {
        let root = std::env::temp_dir().join(format!("saizheng-volumes-{}", std::process::id()));
        let volume = root.join("center-00-2022/a/00000009");
        fs::create_dir_all(volume.join("process")).expect("created");
        assert!(volumes(std::slice::from_ref(&root)).is_err(), "none yet");
        fs::write(volume.join(SEAL), "{}").expect("written");
        assert_eq!(volumes(std::slice::from_ref(&root)).expect("found"), std::slice::from_ref(&volume));
        assert_eq!(volumes(std::slice::from_ref(&volume)).expect("found"), std::slice::from_ref(&volume));
        assert!(volumes(&[]).expect("none").is_empty());
        fs::remove_dir_all(root).expect("removed");
    }
}
