//! What stands on a single PDF by a setting: the signature of an electronic copy, the picture of a seal.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflow_tests::case::Case;
use workflow_tests::folder::Folder;
use workflow_tests::paper;
use workflow_tests::saizheng::{Client, Stack, root};

use crate::judges::{self, Signature};

const CENTER: &str = "四川省职业技能鉴定指导中心";
const NOTICE: &str = "notices/sichuan-2022-9.toml";

/// The PDFs of an application of `count` winners.
fn printed(client: &Client, count: usize) -> Result<Vec<Vec<u8>>> {
    let folder = Folder::with_winners(count)?;
    let case = Case::issued(client, &folder)?;
    let certificates = case.until_printed(client)?;
    certificates.iter().map(|certificate| client.download(certificate["pdf"].as_str().context("pdf")?)).collect()
}

fn place(client: &Client, part: &str, text: &str) -> Result<(u16, Value)> {
    client.call_text(Some(&client.token("center", "00")?), "PUT", &format!("/v1/rulebook/{part}"), text)
}

#[test]
fn with_a_signer_in_place_every_copy_is_signed() -> Result<()> {
    let stack = Stack::own()?;
    let keys = tempfile::tempdir()?;
    judges::make_keys(keys.path());
    fs::copy(keys.path().join("rsa.pem"), stack.data().join("copy-signer.pem"))?;
    stack.up()?;
    let client = Client::of(&stack)?;
    for pdf in printed(&client, 2)? {
        assert_eq!(judges::signatures(&pdf), [Signature::sound()]);
        assert!(paper::text(&pdf)?.contains("职业技能等级证书"));
    }
    Ok(())
}

#[test]
fn without_a_signer_nothing_is_signed() -> Result<()> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    for pdf in printed(&client, 1)? {
        assert_eq!(judges::signatures(&pdf), []);
        assert!(!pdf.windows(8).any(|window| window == b"AcroForm"));
    }
    Ok(())
}

#[test]
fn a_seal_s_picture_is_put_in_its_place_by_the_center_and_checked() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let (status, answer) = place(&client, "seals/center-00.png", "bm8gUE5H")?;
    assert_eq!(status, 422, "{answer}");
    assert!(answer["error"]["findings"][0]["message"].as_str().is_some_and(|message| message.contains("PNG")), "{answer}");
    let unit = client.token("unit", "unit-1")?;
    let refused = client.call_text(Some(&unit), "PUT", "/v1/rulebook/seals/center-00.png", "bm8gUE5H")?;
    assert_eq!(refused.0, 403);
    let seal = root().join("functions/certificate/tests/seal.png");
    let output = stack.run(&["rulebook", "--replace", "seals/center-00.png", "--file", &seal.to_string_lossy()])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // It is nobody's until the notice says whose it is.
    assert_eq!(masked_pictures(&printed(&client, 1)?[0])?, 0);
    let notice = fs::read_to_string(root().join("infra").join(NOTICE))?;
    let with_seal = format!("{notice}\n[seal_images]\n\"{CENTER}\" = \"center-00.png\"\n");
    assert_eq!(place(&client, NOTICE, &with_seal)?.0, 200);
    let pdf = &printed(&client, 1)?[0];
    assert_eq!(masked_pictures(pdf)?, 1);
    assert!(!paper::text(pdf)?.contains("盖章处"));
    let (_, rulebook) = client.call(Some(&unit), "GET", "/v1/rulebook", None)?;
    let parts: Vec<&Value> = rulebook["replaced"].as_array().context("replaced")?.iter().map(|placed| &placed["part"]).collect();
    assert!(parts.contains(&&json!("seals/center-00.png")), "{parts:?}");
    Ok(())
}

/// Pictures with a transparent ground.
fn masked_pictures(pdf: &[u8]) -> Result<usize> {
    let document = lopdf::Document::load_mem(pdf)?;
    let masked = |object: &&lopdf::Object| object.as_stream().is_ok_and(|stream| stream.dict.has(b"SMask"));
    Ok(document.objects.values().filter(masked).count())
}
