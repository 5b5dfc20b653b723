//! The fonts: downloaded, checked against `infra/fonts/fonts.toml` and put into the layer. What is there already stays.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::checkout;
use crate::setup::{run, spinner};

/// `infra/fonts/fonts.toml`
#[derive(Deserialize)]
struct FontsFile {
    archives: Vec<Archive>,
}

/// A package of a registry, with the fonts that are taken out of it.
#[derive(Deserialize)]
struct Archive {
    from: Registry,
    package: String,
    version: String,
    file: String,
    sha256: String,
    fonts: Vec<FontFile>,
}

/// Each is asked through its own client, so that a machine's mirrors and proxies count.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Registry {
    /// A wheel: a zip archive.
    Pypi,
    /// A `.deb`, of the release that is current where `fonts.toml` was written.
    Debian,
}

#[derive(Deserialize)]
struct FontFile {
    path: String,
    file: String,
    sha256: String,
}

/// The fonts, as `infra/fonts/fonts.toml` pins them.
pub(crate) async fn provide() -> Result<()> {
    let listed = fs::read_to_string(checkout::root().join("infra/fonts/fonts.toml")).context("infra/fonts/fonts.toml")?;
    let listed: FontsFile = toml::from_str(&listed).context("infra/fonts/fonts.toml")?;
    let missing: Vec<_> = listed.archives.into_iter().filter(|archive| !archive.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let bar = spinner("下载字体");
    for archive in &missing {
        let by_hand = || format!("字体包 {}：也可以把其中的字体文件自行放入 infra/fonts/layer/fonts/", archive.file);
        archive.provide().await.with_context(by_hand)?;
    }
    bar.finish_and_clear();
    Ok(())
}

impl Archive {
    fn is_there(&self) -> bool {
        self.fonts.iter().all(|font| fs::read(checkout::fonts().join(&font.file)).is_ok_and(|bytes| matches(&bytes, &font.sha256)))
    }

    async fn provide(&self) -> Result<()> {
        let folder = checkout::tools().join("archives");
        fs::create_dir_all(&folder)?;
        match self.from {
            Registry::Pypi => self.download_wheel(&folder).await?,
            Registry::Debian => self.download_deb(&folder).await?,
        }
        // What unpacks is fed only what was pinned.
        let archive = folder.join(&self.file);
        ensure!(matches(&fs::read(&archive)?, &self.sha256), "校验和不符");
        match self.from {
            Registry::Pypi => self.unpack(|path| from_zip(&archive, path))?,
            Registry::Debian => self.unpack_deb(&archive).await?,
        }
        // The archives are twice the size of what is kept of them.
        Ok(fs::remove_dir_all(folder)?)
    }

    async fn download_wheel(&self, folder: &Path) -> Result<()> {
        let mut pip = Command::new(checkout::python());
        pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "-d"]).arg(folder);
        pip.arg(format!("{}=={}", self.package, self.version));
        run(pip, "pip download").await
    }

    /// With lists of packages of its own: the machine's may be missing or old, and only root can bring them up to date.
    async fn download_deb(&self, folder: &Path) -> Result<()> {
        let state = checkout::tools().join("apt");
        for part in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(state.join(part))?;
        }
        let wanted = format!("{}={}", self.package, self.version);
        let options = [
            "--quiet".to_owned(),
            "--option=APT::Sandbox::User=root".to_owned(),
            format!("--option=Dir::State::Lists={}", state.join("lists").display()),
            format!("--option=Dir::Cache={}", state.join("cache").display()),
        ];
        for words in [vec!["update"], vec!["download", &wanted]] {
            let mut apt = Command::new("apt-get");
            apt.current_dir(folder).args(&options).args(words);
            run(apt, "apt-get").await?;
        }
        Ok(())
    }

    async fn unpack_deb(&self, archive: &Path) -> Result<()> {
        let content = archive.with_extension("content");
        let mut dpkg = Command::new("dpkg-deb");
        dpkg.arg("--extract").args([archive, &content]);
        run(dpkg, "dpkg-deb").await?;
        self.unpack(|path| Ok(fs::read(content.join(path))?))
    }

    /// Takes the fonts out by their paths.
    fn unpack(&self, read: impl Fn(&str) -> Result<Vec<u8>>) -> Result<()> {
        fs::create_dir_all(checkout::fonts())?;
        for font in &self.fonts {
            let bytes = read(&font.path)?;
            ensure!(matches(&bytes, &font.sha256), "{} 的校验和不符", font.file);
            fs::write(checkout::fonts().join(&font.file), bytes)?;
        }
        Ok(())
    }
}

fn from_zip(archive: &Path, path: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    zip::ZipArchive::new(fs::File::open(archive)?)?.by_name(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn matches(bytes: &[u8], sha256: &str) -> bool {
    hex::encode(Sha256::digest(bytes)) == sha256
}
