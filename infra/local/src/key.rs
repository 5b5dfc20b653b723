//! The key that signs QR codes: that of the local stack, and checking signatures without any stack.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use rules::values::attestation::{self, PublicKey, SigningKey, Statement};

use crate::ask::{self, FromInput};
use crate::{print, private, say};

/// The local stack's key, as it is kept; made when it is first asked for.
pub(crate) fn of_stack(data: &Path) -> Result<String> {
    private::read_or_make(&data.join("signing-key"), || Ok(new()))
}

fn new() -> String {
    BASE64_STANDARD.encode(rand::random::<[u8; 32]>())
}

/// `saizheng key`
#[derive(Debug, Args)]
pub(crate) struct KeyArguments {
    /// 生成一把新的私钥（写入参数存储用），而不是显示本机系统的公钥
    #[arg(long)]
    pub(crate) new: bool,
}

/// Shows the local stack's public key, or makes a private one for a deployed system.
pub(crate) fn key(arguments: &KeyArguments, data: &Path) -> Result<ExitCode> {
    let text = if arguments.new { new() } else { of_stack(data)? };
    let key: SigningKey = text.parse()?;
    if arguments.new {
        print(&text);
        say(&format!("公钥：{}", key.public()));
    } else {
        print(&key.public().to_string());
    }
    Ok(ExitCode::SUCCESS)
}

/// A certificate whose signature is to be checked.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// 二维码中的网址
    address: String,
    /// 证书编号，与证书上印的一致
    #[arg(long)]
    code: String,
    /// 姓名，与证书上印的一致，从标准输入读一行（不填也是）；只能写 -
    #[arg(long, value_name = "-")]
    name: Option<FromInput>,
    /// 证件号码，与证书上印的一致，在姓名之后从标准输入读一行（不填也是）；只能写 -
    #[arg(long, value_name = "-")]
    number: Option<FromInput>,
    /// 颁证机构公布的公钥，可写多个；不填则用本机系统的
    #[arg(long)]
    key: Vec<String>,
}

/// `saizheng verify`: exit 0 if the signature is good, 2 if not. Needs no network.
pub(crate) fn verify(arguments: &VerifyArguments, data: &Path) -> Result<ExitCode> {
    let keys: Vec<PublicKey> = if arguments.key.is_empty() {
        vec![of_stack(data)?.parse::<SigningKey>()?.public()]
    } else {
        arguments.key.iter().map(|key| key.parse().with_context(|| key.clone())).collect::<Result<_>>()?
    };
    let VerifyArguments { address, code, .. } = arguments;
    let name = ask::read("姓名")?;
    let number = ask::read("证件号码")?;
    match attestation::check(address, &Statement { code, name: &name, document_number: &number }, &keys) {
        Ok(()) => say("签名有效：编号、姓名、证件号码与颁发时一致"),
        Err(error) => {
            say(&format!("签名无效：{error}"));
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}
