//! Archive volumes: made, sealed, consulted, proved from their files alone; and what does not hold of a damaged one.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rules::after::volume::Manifest;
use serde_json::{Value, json};
use tempfile::TempDir;
use workflow_tests::browser::Browser;
use workflow_tests::case::{BUCKET, Case, codes, office, reconcile, settled};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, run_alone, until};

/// A stack of its own with sheets, and an application printed on them.
struct Printed {
    stack: Stack,
    client: Client,
    folder: Folder,
    case: Case,
}

impl Printed {
    fn of(count: usize) -> Result<Self> {
        let (stack, client, _) = office(50)?;
        let folder = Folder::with_winners(count)?;
        let case = Case::issued(&client, &folder)?;
        Ok(Self { stack, client, folder, case })
    }

    fn print(&self) -> Result<()> {
        self.case.print(&self.client).map(|_| ())
    }

    fn archive(&self) -> Result<(u16, Value)> {
        self.client.call(Some(&self.case.center), "POST", &self.case.path("/archive"), Some(&json!({})))
    }

    /// The last volume, once it is sealed.
    fn sealed(&self) -> Result<Value> {
        let mut sealed = Value::Null;
        until("sealed", || {
            let (status, answer) = self.archive()?;
            ensure!(status == 200 || status == 409, "archive: {status} {answer}");
            sealed = answer["sealed"].clone();
            Ok(!sealed.is_null())
        })?;
        Ok(sealed)
    }

    /// The stage that the lot has reached.
    fn stage(&self) -> Result<Value> {
        Ok(self.case.show(&self.client)?["decisions"][0]["stage"].clone())
    }

    fn fetch(&self, out: &Path) -> Result<()> {
        let output = self.stack.run(&["archive", "fetch", &self.case.id, "--out", &out.to_string_lossy(), "--reason", "年度抽查"])?;
        ensure!(output.status.success(), "fetch: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn public_key(&self) -> Result<String> {
        Ok(String::from_utf8(self.stack.run(&["key"])?.stdout)?.trim().to_owned())
    }
}

/// `saizheng archive verify`: its exit code, and what it said.
fn verify(folder: &Path, more: &[&str]) -> Result<(i32, String)> {
    let output = run_alone(&[&["archive", "verify", &folder.to_string_lossy()], more].concat())?;
    Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn manifest(folder: &Path) -> Result<Manifest> {
    Ok(serde_json::from_slice(&fs::read(folder.join("manifest.json"))?)?)
}

#[test]
fn a_volume_holds_everything_as_received_and_proves_itself() -> Result<()> {
    let printed = Printed::of(3)?;
    assert_eq!(printed.archive()?.0, 409, "nothing lies on a sheet yet");
    printed.print()?;
    let unit = printed.client.call(Some(&printed.case.unit), "POST", &printed.case.path("/archive"), Some(&json!({})))?;
    assert_eq!(unit.0, 403, "a unit does not archive");
    let sealed = printed.sealed()?;
    assert_eq!(printed.stage()?, "archived");
    let again = printed.archive()?;
    assert_eq!((again.0, &again.1["sealed"]), (200, &sealed), "nothing has changed: the same volume");

    let out = TempDir::new()?;
    printed.fetch(out.path())?;
    for file in ["contest.pdf", "commendation.pdf", "summary.pdf", "roster.xlsx"] {
        let as_received = fs::read(printed.folder.path().join(file))?;
        assert!(fs::read(out.path().join("registration").join(file))? == as_received, "{file}");
    }
    let found = printed.case.certificates(&printed.client)?;
    for code in codes(&found) {
        assert!(fs::read(out.path().join(format!("certificates/{code}.pdf")))?.starts_with(b"%PDF"));
    }
    for path in [
        "filing/plan.json",
        "filing/originals.json",
        "filing/rulebook/manifest.txt",
        "filing/rulebook/notices/sichuan-2022-9.toml",
        "filing/rulebook/catalogues/areas",
        "process/review.json",
        "process/audit.jsonl",
        "results/entries.jsonl",
        "certificates/runs/00000-00000.pdf",
    ] {
        assert!(out.path().join(path).is_file(), "{path}");
    }
    let manifest = manifest(out.path())?;
    assert_eq!((manifest.batch.as_str(), manifest.certificates), ("center-00-2022", 3));
    let roster = manifest.files.iter().find(|file| file.path == "registration/roster.xlsx").context("the roster")?;
    assert!(roster.version.is_some(), "materials name the version that was judged");

    let register: Vec<serde_json::Value> = serde_json::from_slice(&fs::read(out.path().join("filing/originals.json"))?)?;
    let titles: Vec<&str> = register.iter().filter_map(|line| line["title"].as_str()).collect();
    assert_eq!(titles, ["举办竞赛相关文件", "竞赛表彰文件", "申报汇总表"], "what was not received stands there too");
    assert!(register.iter().all(|line| line["received"].is_null()), "{register:?}");

    let (key, seal) = (printed.public_key()?, sealed["seal"].as_str().context("a seal")?);
    // The system is not needed any more.
    let (code, said) = verify(out.path(), &["--key", &key, "--seal", seal])?;
    assert!(code == 0 && said.contains("相符"), "{said}");
    Ok(())
}

#[test]
fn what_was_done_to_a_volume_shows() -> Result<()> {
    let printed = Printed::of(2)?;
    printed.print()?;
    printed.sealed()?;
    let out = TempDir::new()?;
    printed.fetch(out.path())?;
    let key = printed.public_key()?;
    let check = |wanted: &str| -> Result<()> {
        let (code, said) = verify(out.path(), &["--key", &key])?;
        assert!(code == 2 && said.contains(wanted), "{wanted}: {code} {said}");
        Ok(())
    };
    let roster = out.path().join("registration/roster.xlsx");
    let original = fs::read(&roster)?;
    let mut flipped = original.clone();
    flipped[original.len() / 2] ^= 1;
    fs::write(&roster, flipped)?;
    check("registration/roster.xlsx 被改动")?;
    fs::remove_file(&roster)?;
    check("缺少 registration/roster.xlsx")?;
    fs::write(&roster, original)?;
    fs::write(out.path().join("results/more.txt"), "x")?;
    check("多出 results/more.txt")?;
    fs::remove_file(out.path().join("results/more.txt"))?;
    // A manifest that was made to fit a changed file does not fit the seal.
    let path = out.path().join("manifest.json");
    let sound = fs::read_to_string(&path)?;
    fs::write(&path, sound.replacen("\"certificates\": 2", "\"certificates\": 3", 1))?;
    check("卷内目录被改动过")?;
    fs::write(&path, sound)?;
    let (code, said) = verify(out.path(), &["--key", &key])?;
    assert_eq!(code, 0, "{said}");
    let (code, said) = verify(out.path(), &["--key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="])?;
    assert!(code == 2 && said.contains("封存签名无效"), "{said}");
    let (code, said) = verify(out.path(), &["--key", &key, "--seal", "00"])?;
    assert!(code == 2 && said.contains("封存值与登记的不符"), "{said}");
    Ok(())
}

#[test]
fn a_change_after_the_archive_makes_a_further_edition() -> Result<()> {
    let printed = Printed::of(2)?;
    printed.print()?;
    let first = printed.sealed()?;
    let found = printed.case.certificates(&printed.client)?;
    let code = codes(&found).first().copied().context("a code")?.to_owned();
    let revoke = json!({ "reason": "资格不符", "old_sheet": "voided" });
    let (status, answer) =
        printed.client.call(Some(&printed.case.center), "POST", &format!("/v1/certificates/{code}/revoke"), Some(&revoke))?;
    assert_eq!(status, 200, "{answer}");
    let second = printed.sealed()?;
    assert_ne!(first["edition"], second["edition"]);
    let (_, volumes) = printed.client.call(Some(&printed.case.center), "GET", &printed.case.path("/archive"), None)?;
    let outdated: Vec<&Value> = volumes.as_array().context("volumes")?.iter().map(|volume| &volume["outdated"]).collect();
    assert_eq!(outdated, [&json!(true), &json!(false)]);
    let out = TempDir::new()?;
    printed.fetch(out.path())?;
    assert_eq!(manifest(out.path())?.previous.as_deref(), first["seal"].as_str(), "the later edition names the earlier one");
    assert_eq!(verify(out.path(), &[])?.0, 0);
    assert_eq!(printed.stage()?, "archived");
    assert_eq!(printed.stack.run(&["audit"])?.status.code(), Some(0), "and the audit still adds up");
    Ok(())
}

#[test]
fn the_volume_of_a_published_and_collected_lot_has_its_papers() -> Result<()> {
    let printed = Printed::of(2)?;
    printed.print()?;
    printed.sealed()?;
    printed.case.publish(&printed.client)?;
    let collected = json!({ "on": "2022-06-20", "collector": "赵经办" });
    let (status, answer) = printed.client.call(Some(&printed.case.center), "POST", &printed.case.path("/collection"), Some(&collected))?;
    assert_eq!(status, 200, "{answer}");
    settled(&printed.stack, &printed.client)?;
    printed.sealed()?;
    let out = TempDir::new()?;
    printed.fetch(out.path())?;
    for path in [
        "publications/center-00-00001.xlsx",
        "publications/center-00-00001.pdf",
        "publications/center-00-00001.csv",
        "hand-out/list-00000.pdf",
    ] {
        assert!(out.path().join("certificates").join(path).is_file(), "{path}");
    }
    assert_eq!(verify(out.path(), &[])?.0, 0);
    assert_eq!(printed.stage()?, "handed_out");
    Ok(())
}

#[test]
fn looking_into_a_volume_wants_a_reason_and_leaves_a_trace() -> Result<()> {
    let printed = Printed::of(1)?;
    printed.print()?;
    let sealed = printed.sealed()?;
    let path = printed.case.path(&format!("/archive/{}/consult", sealed["edition"]));
    let consult = |token: &str, reason: &str| printed.client.call(Some(token), "POST", &path, Some(&json!({ "reason": reason })));
    assert_eq!(consult(&printed.case.unit, "看看")?.0, 403);
    assert_eq!(consult(&printed.case.center, " ")?.0, 400);
    let (status, links) = consult(&printed.case.center, "年度抽查")?;
    assert_eq!((status, &links["next_after"]), (200, &Value::Null), "{links}");
    let other = printed.case.path("/archive/999/consult");
    assert_eq!(printed.client.call(Some(&printed.case.center), "POST", &other, Some(&json!({ "reason": "年度抽查" })))?.0, 404);
    let (_, facts) = printed.client.call(Some(&printed.case.center), "GET", "/v1/audit", None)?;
    let trace = |fact: &Value| fact.to_string().contains("年度抽查");
    assert_eq!(facts["facts"].as_array().context("facts")?.iter().filter(|fact| trace(fact)).count(), 1);
    assert_eq!(printed.archive()?.1["sealed"], sealed, "a look changes nothing");
    // The same in the console, for those who may.
    let page = format!("/console/applications/{}", printed.case.id);
    let look = format!("/archive/{}", sealed["edition"]);
    let mut center = Browser::logged_in(&printed.stack, "省职鉴中心")?;
    let seen = center.get(&page)?;
    let found = center.submit(&seen, &seen.form(&look)?, &[("reason", "专项检查")])?;
    found.expect(sealed["seal"].as_str().context("a seal")?)?;
    found.expect("manifest.json")?;
    let unreasoned = center.submit(&seen, &seen.form(&look)?, &[("reason", " ")])?;
    ensure!(unreasoned.status == 400 && unreasoned.text.contains("事由"), "{unreasoned:?}");
    let mut unit = Browser::logged_in(&printed.stack, "牵头主办单位")?;
    ensure!(!unit.get(&page)?.text.contains(&look), "a unit is not offered it");
    let (_, facts) = printed.client.call(Some(&printed.case.center), "GET", "/v1/audit", None)?;
    ensure!(facts.to_string().contains("专项检查"), "the look leaves a trace");
    Ok(())
}

#[test]
fn a_volume_whose_event_was_lost_is_found_again() -> Result<()> {
    let printed = Printed::of(1)?;
    printed.print()?;
    let heard = printed.client.bucket_setting(BUCKET, "notification", None)?;
    printed.client.bucket_setting(BUCKET, "notification", Some("<NotificationConfiguration/>".to_owned()))?;
    assert_eq!(printed.archive()?.0, 200);
    printed.client.bucket_setting(BUCKET, "notification", Some(heard))?;
    assert!(reconcile(&printed.stack, &printed.client)? >= 1);
    printed.sealed()?;
    Ok(())
}

#[test]
fn a_sealed_volume_is_locked_and_cannot_be_deleted() -> Result<()> {
    let printed = Printed::of(1)?;
    printed.print()?;
    printed.sealed()?;
    let kept = printed.client.list(BUCKET, "archives/")?;
    let manifest = kept.iter().find(|key| key.ends_with("manifest.json")).context("a manifest")?;
    assert_eq!(printed.client.lock_mode(BUCKET, manifest)?, "GOVERNANCE");
    for key in &kept {
        assert_eq!(printed.client.delete_version(BUCKET, key)?, 403, "{key}");
    }
    assert_eq!(printed.client.list(BUCKET, "archives/")?, kept);
    Ok(())
}
