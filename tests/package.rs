//! Holds what `sam build` made against what AWS asks of it, then works with it.
//!
//! `cargo run --release --example package -- [FOLDER] [ARCHITECTURE]`, after `sam build` (`.ci/run` does both; FOLDER is
//! `.aws-sam/build` and ARCHITECTURE the template's default unless told otherwise; what is of another than this machine's is
//! looked at and not run): every function has the one executable, which needs no newer glibc than `provided.al2023` has, is of the
//! template's architecture, and small; the layer holds the pinned fonts and nothing else; the sample application goes through a local stack that
//! runs that very executable, from the upload to the hand-out; and `sam deploy` deploys the package to that stack's emulator.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use object::Endianness;
use object::elf::FileHeader64;
use object::read::elf::FileHeader;
use serde_yaml_ng::Value;
use workflow_tests::saizheng::{Stack, root};

/// Amazon Linux 2023's.
const GLIBC: (u32, u32) = (2, 34);
/// Of the executable, unzipped: 29.1 measured on 2026-12-01 (docs/FIGURES.md). The goal is 20.
const LARGEST_MB: f64 = 29.5;

fn main() -> Result<()> {
    // Only fails if one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(|| root().join(".aws-sam/build"), PathBuf::from);
    let template: Value = serde_yaml_ng::from_str(&fs::read_to_string(folder.join("template.yaml")).context("run `sam build` first")?)?;
    let default = template["Parameters"]["Architecture"]["Default"].as_str().context("Architecture")?.to_owned();
    let architecture = arguments.next().unwrap_or(default);
    let executable = functions(&folder, &template, &architecture)?;
    layer(&folder)?;
    if architecture != std::env::consts::ARCH.replace("aarch64", "arm64") {
        return Ok(());
    }
    let stack = Stack::own()?;
    work_with(&stack, &executable)?;
    deploy(&stack, &folder)
}

/// Looks at every function's package; the executable that all of them have.
fn functions(folder: &Path, template: &Value, architecture: &str) -> Result<PathBuf> {
    let resources = template["Resources"].as_mapping().context("Resources")?;
    let functions = resources.values().filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    let packages: BTreeSet<&str> = functions.filter_map(|function| function["Properties"]["CodeUri"].as_str()).collect();
    let first = folder.join(packages.first().context("no functions")?).join("bootstrap");
    let bytes = fs::read(&first)?;
    for package in packages {
        let package = folder.join(package);
        let files: Vec<_> = fs::read_dir(&package)?.collect::<Result<_, _>>()?;
        ensure!(files.len() == 1, "{} holds more than the executable", package.display());
        ensure!(fs::read(package.join("bootstrap"))? == bytes, "{} holds another executable", package.display());
    }
    let megabytes = bytes.len() as f64 / 1e6;
    let glibc = newest_glibc(&bytes)?;
    println!("executable: {megabytes:.1} MB, needs glibc {}.{}, {}", glibc.0, glibc.1, machine(&bytes)?);
    ensure!(glibc <= GLIBC, "it would not start on Amazon Linux 2023");
    ensure!(megabytes <= LARGEST_MB, "it is larger than {LARGEST_MB} MB");
    ensure!(machine(&bytes)? == architecture, "it is to be of {architecture}");
    Ok(first)
}

/// The newest version of glibc's symbols that it links (GNU symbol versioning: `.gnu.version_r`).
fn newest_glibc(bytes: &[u8]) -> Result<(u32, u32)> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let (mut libraries, strings) = sections.gnu_verneed(endian, bytes)?.context("no symbol versions")?;
    let strings = sections.strings(endian, bytes, strings)?;
    let mut newest = (0, 0);
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            let name = String::from_utf8_lossy(version.name(endian, strings)?).into_owned();
            let Some(number) = name.strip_prefix("GLIBC_") else { continue };
            let mut parts = number.split('.').map_while(|part| part.parse().ok());
            newest = newest.max((parts.next().unwrap_or_default(), parts.next().unwrap_or_default()));
        }
    }
    Ok(newest)
}

/// The processor, as the template calls it.
fn machine(bytes: &[u8]) -> Result<&'static str> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    match header.e_machine(header.endian()?) {
        object::elf::EM_X86_64 => Ok("x86_64"),
        object::elf::EM_AARCH64 => Ok("arm64"),
        other => anyhow::bail!("machine {other}"),
    }
}

/// Just the fonts that are pinned.
fn layer(folder: &Path) -> Result<()> {
    let pinned: toml::Value = toml::from_str(&fs::read_to_string(root().join("infra/fonts/fonts.toml"))?)?;
    let archives = pinned["archives"].as_array().context("archives")?;
    let fonts = archives.iter().filter_map(|archive| archive["fonts"].as_array()).flatten();
    let pinned: BTreeSet<String> = fonts.filter_map(|font| font["file"].as_str().map(str::to_owned)).collect();
    let (mut found, mut bytes) = (BTreeSet::new(), 0);
    for entry in fs::read_dir(folder.join("Fonts/fonts"))? {
        let entry = entry?;
        found.insert(entry.file_name().to_string_lossy().into_owned());
        bytes += entry.metadata()?.len();
    }
    ensure!(found == pinned, "the layer holds {found:?}, pinned are {pinned:?}");
    println!("layer: {} fonts, {:.1} MB", found.len(), bytes as f64 / 1e6);
    Ok(())
}

/// The demonstration on a stack that runs it.
fn work_with(stack: &Stack, executable: &Path) -> Result<()> {
    let up = stack.run(&["up", "--functions", &executable.to_string_lossy()])?;
    ensure!(up.status.success(), "up: {}", String::from_utf8_lossy(&up.stderr));
    let demo = stack.run(&["demo"])?;
    let said = String::from_utf8_lossy(&demo.stdout).into_owned();
    ensure!(demo.status.success(), "demo: {}", String::from_utf8_lossy(&demo.stderr));
    // What runs is what was built, not the local build.
    let running = stack.functions()?;
    ensure!(!running.is_empty(), "no function runs");
    for pid in running {
        ensure!(fs::read(format!("/proc/{pid}/exe"))? == fs::read(executable)?, "another executable runs");
    }
    println!("the sample went through: {} lines", said.lines().count());
    Ok(())
}

/// `sam deploy`, as a second stack: what it uploads and creates, and an API that lets nobody in without a token. The table of that
/// stack would be the emulator's own, so nothing is worked with there.
fn deploy(stack: &Stack, folder: &Path) -> Result<()> {
    let servers = stack.servers()?;
    let mut sam = Command::new("sam");
    sam.arg("deploy").arg("--template-file").arg(folder.join("template.yaml")).current_dir(root());
    // Otherwise it looks for the settings beside that template.
    sam.arg("--config-file").arg(root().join("samconfig.toml"));
    sam.args(["--stack-name", "probe", "--no-confirm-changeset", "--parameter-overrides", &format!("TokenIssuer={}", servers.issuer)]);
    sam.arg(format!("VerifyUrl={}/verify?code=", servers.entry));
    for (name, value) in [
        ("AWS_ENDPOINT_URL", servers.endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "000000000000"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("SAM_CLI_TELEMETRY", "0"),
    ] {
        sam.env(name, value);
    }
    let output = sam.output().context("sam: see docs/SAM.md")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "sam deploy: {said}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = said.lines().collect();
    let value = lines.iter().position(|line| line.starts_with("Key ") && line.trim_end().ends_with(" ApiId"));
    let value = value.and_then(|key| lines[key..].iter().find_map(|line| line.strip_prefix("Value "))).context("output ApiId")?;
    let url = format!("{}/_aws/execute-api/{}/$default/v1/applications", servers.endpoint, value.trim());
    let status = reqwest::blocking::Client::new().get(url).send()?.status().as_u16();
    ensure!(status == 401, "the deployed API answers {status} to nobody");
    println!("deployed by SAM: the API wants a token");
    Ok(())
}
