//! Deploys the template to the local stack: packages the functions, then creates or updates the stack.

use std::io::{Cursor, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use crate::accounts::FIRST_CENTER;
use crate::emulator::{BUCKET, Emulator, REGION};
use crate::policies::Policies;
use crate::{checkout, template};

/// Name of the CloudFormation stack.
pub(crate) const STACK: &str = "saizheng";
/// Where the local stack keeps what signs electronic copies.
pub(crate) const COPY_SIGNER: &str = "/saizheng/copy-signer";
/// Bucket for the functions' archives.
const CODE_BUCKET: &str = "saizheng-code";
/// The template, packaged, next to them.
const TEMPLATE: &str = "template.json";

/// What a deployed stack tells of itself.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Outputs(std::collections::BTreeMap<String, String>);

impl Outputs {
    pub(crate) fn get(&self, name: &str) -> Result<&str> {
        self.0.get(name).map(String::as_str).with_context(|| format!("output {name}"))
    }
}

/// SHA-256 over the template and the functions' executable: what is deployed.
pub(crate) fn digest(functions: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(std::fs::read(checkout::root().join("template.yaml"))?);
    hash.update(std::fs::read(functions).context("函数尚未构建，请运行 cargo run --release -- up")?);
    Ok(hex::encode(hash.finalize()))
}

/// What the template's parameters are on this machine.
pub(crate) struct Settings<'a> {
    pub(crate) issuer: &'a str,
    /// The address that people are told.
    pub(crate) entry: &'a str,
    /// Whether electronic copies are signed.
    pub(crate) signer: bool,
}

/// Deploys, and returns the stack's outputs.
pub(crate) async fn deploy(emulator: &Emulator, functions: &Path, settings: &Settings<'_>) -> Result<Outputs> {
    let mut template = template::load()?;
    emulator.put(CODE_BUCKET, Vec::new()).await?;
    let archive = archive(&std::fs::read(functions)?)?;
    let functions = format!("{CODE_BUCKET}/functions-{}.zip", hex::encode(&Sha256::digest(&archive)[..12]));
    emulator.put(&functions, archive).await?;
    // The emulator gives native functions no layers; they find the fonts by FONT_DIR (see serve.rs).
    let layer = format!("{CODE_BUCKET}/{}", layer(emulator).await?);
    template::package(&mut template, &format!("s3://{functions}"), &format!("s3://{layer}"))?;
    // A request takes 51,200 bytes of a template, an object 1 MB.
    emulator.put(&format!("{CODE_BUCKET}/{TEMPLATE}"), template.to_string().into_bytes()).await?;
    roll_out(emulator, settings).await
}

impl Settings<'_> {
    /// The parameters that are given; the others have the template's defaults.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("TokenIssuer", self.issuer.to_owned()),
            ("FirstCenter", FIRST_CENTER.to_owned()),
            ("CopySigner", if self.signer { COPY_SIGNER } else { "" }.to_owned()),
            ("ConsoleUrl", format!("{}/console", self.entry)),
            // Printed addresses lead to the same place after a restart.
            ("VerifyUrl", format!("{}/verify?code=", self.entry)),
            // `saizheng restore` is the owner's, and nobody else invokes functions here.
            ("Restoring", "true".to_owned()),
        ]
    }

    /// What the functions may do under them.
    pub(crate) fn policies(&self) -> Result<Policies> {
        let parameters = self.parameters();
        let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Policies::read(&template::load()?, &parameters)
    }
}

/// A zip archive with the binary as `bootstrap`, stored: it is read on this machine only.
fn archive(binary: &[u8]) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored).unix_permissions(0o755))?;
    zip.write_all(binary)?;
    Ok(zip.finish()?.into_inner())
}

async fn layer(emulator: &Emulator) -> Result<&'static str> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("fonts/README", SimpleFileOptions::default())?;
    zip.write_all(b"see FONT_DIR")?;
    emulator.put(&format!("{CODE_BUCKET}/fonts.zip"), zip.finish()?.into_inner()).await?;
    Ok("fonts.zip")
}

async fn roll_out(emulator: &Emulator, settings: &Settings<'_>) -> Result<Outputs> {
    let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut parameters = vec![
        named("StackName", STACK),
        named("TemplateURL", &format!("https://s3.{REGION}.amazonaws.com/{CODE_BUCKET}/{TEMPLATE}")),
        named("Capabilities.member.1", "CAPABILITY_IAM"),
        named("Capabilities.member.2", "CAPABILITY_AUTO_EXPAND"),
    ];
    for (number, (key, value)) in (1..).zip(settings.parameters()) {
        parameters.push(named(&format!("Parameters.member.{number}.ParameterKey"), key));
        parameters.push(named(&format!("Parameters.member.{number}.ParameterValue"), &value));
    }
    let exists = emulator.cloudformation("DescribeStacks", &[named("StackName", STACK)]).await?.is_ok();
    if !exists && emulator.has(BUCKET).await? {
        adopt(emulator).await?;
    }
    let exists = exists || emulator.cloudformation("DescribeStacks", &[named("StackName", STACK)]).await?.is_ok();
    let action = if exists { "UpdateStack" } else { "CreateStack" };
    match emulator.cloudformation(action, &parameters).await? {
        Ok(_) => {}
        Err(text) if text.contains("No updates are to be performed") => {}
        Err(text) => bail!("{action}: {text}"),
    }
    parameters.truncate(1);
    let outputs = settle(emulator, &parameters).await?;
    // The emulator's CloudFormation passes ObjectLockEnabled over.
    let lock = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";
    emulator.put(&format!("{BUCKET}?object-lock"), lock.into()).await?;
    Ok(outputs)
}

/// After a restart the emulator has the objects but no stack: the bucket is imported into a new one, as one would on
/// AWS, and the update gives it back its versioning and notifications.
async fn adopt(emulator: &Emulator) -> Result<()> {
    let template = json!({ "Resources": { "Bucket": {
        "Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": { "BucketName": BUCKET } } } });
    let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let create = [
        named("StackName", STACK),
        named("ChangeSetName", "adopt"),
        named("ChangeSetType", "IMPORT"),
        named("TemplateBody", &template.to_string()),
        named("ResourcesToImport.member.1.ResourceType", "AWS::S3::Bucket"),
        named("ResourcesToImport.member.1.LogicalResourceId", "Bucket"),
        named("ResourcesToImport.member.1.ResourceIdentifier.entry.1.key", "BucketName"),
        named("ResourcesToImport.member.1.ResourceIdentifier.entry.1.value", BUCKET),
    ];
    for (action, parameters) in [("CreateChangeSet", &create[..]), ("ExecuteChangeSet", &create[..2])] {
        if let Err(text) = emulator.cloudformation(action, parameters).await? {
            bail!("{action}: {text}");
        }
    }
    settle(emulator, &create[..1]).await.map(|_| ())
}

/// Waits until the stack stands.
async fn settle(emulator: &Emulator, stack: &[(String, String)]) -> Result<Outputs> {
    for _ in 0..1200 {
        let described = emulator.cloudformation("DescribeStacks", stack).await?;
        let xml = described.map_err(|text| anyhow::anyhow!("DescribeStacks: {text}"))?;
        let status = tags(&xml, "StackStatus").into_iter().next().unwrap_or_default();
        if status.contains("ROLLBACK") || status.ends_with("FAILED") {
            let events = emulator.cloudformation("DescribeStackEvents", stack).await?.unwrap_or_default();
            let reasons = tags(&events, "ResourceStatusReason");
            bail!("{status}: {}", reasons.into_iter().filter(|reason| !reason.is_empty()).collect::<Vec<_>>().join("; "));
        }
        if status.ends_with("COMPLETE") {
            return Ok(Outputs(tags(&xml, "OutputKey").into_iter().zip(tags(&xml, "OutputValue")).collect()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("部署没有完成")
}

/// The texts of all elements of that name. The answers' shape is fixed and their values are plain.
fn tags(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|rest| rest.split(&close).next()).map(str::to_owned).collect()
}
