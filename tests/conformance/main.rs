//! Holds what the API answers against `docs/openapi.json`: schemathesis asks every operation, as a unit, the Center and a body,
//! for what the description allows and what it does not, on a local stack with applications at every stage.
//!
//! `cargo run --release --example conformance`: part of `.ci/run`, which installs schemathesis into `target/tools`. Its seed is
//! fixed, so that what failed fails again. `cargo run --release --example conformance -- center` asks as one of them.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use workflow_tests::case::{Case, codes};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, root, until};

/// A filed body that has sheets.
const BODY: &str = "S000051010123";
/// Who has no account: verification is for them.
const ANYBODY: &str = "anybody";
/// Kind of sheet.
const KIND: &str = "skill_level";
/// How many requests an operation gets at random, beside those that cover its description.
const EXAMPLES: &str = "6";
/// What fails a run: a defect of the server, or an answer that the description does not have.
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth,only_for_its_roles";
/// How long one account may take.
const TIMEOUT: Duration = Duration::from_secs(1200);

fn main() -> Result<()> {
    let only = std::env::args().nth(1);
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let settings = stack.data().join("schemathesis.toml");
    std::fs::write(&settings, toml::to_string(&Settings::of(&client)?)?)?;
    let accounts = [("unit", "unit-1"), ("center", "00"), ("body", BODY), (ANYBODY, "")];
    let accounts = accounts.into_iter().filter(|(role, _)| only.as_ref().is_none_or(|only| only == role));
    let start = Instant::now();
    // At once: most of it is waiting for one another.
    let sound = std::thread::scope(|scope| -> Result<Vec<(&str, bool)>> {
        let asked: Vec<_> = accounts
            .map(|(role, organisation)| {
                let (stack, client, settings) = (&stack, &client, &settings);
                scope.spawn(move || -> Result<(&str, bool)> {
                    let own = ask(stack, client, settings, (role, organisation), Share::Own)?;
                    let sound = own && (role == ANYBODY || ask(stack, client, settings, (role, organisation), Share::Others)?);
                    println!("{role}: {} in {} s", if sound { "as described" } else { "NOT as described" }, start.elapsed().as_secs());
                    Ok((role, sound))
                })
            })
            .collect();
        asked.into_iter().map(|one| one.join().expect("no panic")).collect()
    })?;
    let failed: Vec<&str> = sound.into_iter().filter(|(_, sound)| !sound).map(|(role, _)| role).collect();
    ensure!(failed.is_empty(), "not as described: {}", failed.join(", "));
    Ok(())
}

/// The operations that a role may ask for, and those that refuse it whatever it asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    Own,
    Others,
}

/// The names of the operations of a share, as the description has them.
fn operations(role: &str, share: Share) -> Result<Vec<String>> {
    let described: Value = serde_json::from_str(&std::fs::read_to_string(root().join("docs/openapi.json"))?)?;
    let paths = described["paths"].as_object().context("paths")?.values();
    let all = paths.flat_map(|path| path.as_object().into_iter().flatten()).filter(|(_, operation)| operation["operationId"].is_string());
    let mut names = Vec::new();
    for (_, operation) in all {
        let own = match operation["x-roles"].as_array() {
            Some(roles) => roles.contains(&json!(role)),
            None => role == ANYBODY,
        };
        let for_anybody = operation["x-roles"].is_null();
        if own == (share == Share::Own) && (own || !for_anybody) {
            names.push(operation["operationId"].as_str().context("operationId")?.to_owned());
        }
    }
    Ok(names)
}

/// Asks a share of everything as one account; whether every answer was as described.
fn ask(stack: &Stack, client: &Client, settings: &Path, (role, organisation): (&str, &str), share: Share) -> Result<bool> {
    let mut command = Command::new(root().join("target/tools/api-tests/bin/schemathesis"));
    command.arg("--config-file").arg(settings).arg("run").arg(root().join("docs/openapi.json"));
    command.args(["--url", client.api()]);
    for name in operations(role, share)? {
        command.args(["--include-operation-id", &name]);
    }
    if role != ANYBODY {
        let token = client.token(role, organisation)?;
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    // Whoever is refused is refused before what is asked for is looked at.
    let (phases, examples) = match share {
        Share::Own => ("examples,coverage,fuzzing", EXAMPLES),
        Share::Others => ("fuzzing", "2"),
    };
    command.args(["--checks", CHECKS, "--max-examples", examples, "--phases", phases]);
    // One worker: Python 3.11's parser, which hypothesis asks for the source of lambdas, fails in threads now and then.
    command.args(["--seed", "20229", "--workers", "1", "--no-color", "--continue-on-failure", "--request-timeout", "30"]);
    command.env("SCHEMATHESIS_HOOKS", "roles").env("PYTHONPATH", root().join("tests/conformance")).env("ROLE", role);
    command
        .env("NO_PROXY", "*")
        .env("HYPOTHESIS_STORAGE_DIRECTORY", stack.data().join(format!("hypothesis-{role}")))
        .current_dir(stack.data());
    let mut running = command.spawn().context("schemathesis: .ci/run installs it")?;
    let start = Instant::now();
    loop {
        if let Some(status) = running.try_wait()? {
            return Ok(status.success());
        }
        if start.elapsed() > TIMEOUT {
            running.kill()?;
            bail!("{role}: not done within {} s", TIMEOUT.as_secs());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The configuration: values that exist, so that requests get beyond “not found”.
#[derive(Serialize)]
struct Settings {
    phases: Value,
    parameters: BTreeMap<&'static str, Binding>,
    dictionaries: BTreeMap<&'static str, Dictionary>,
}

/// How often a parameter takes a value that exists.
#[derive(Serialize)]
struct Binding {
    dictionary: &'static str,
    probability: f64,
}

#[derive(Serialize)]
struct Dictionary {
    values: Vec<Value>,
}

impl Settings {
    /// Applications at every stage, and what can be asked of them.
    fn of(client: &Client) -> Result<Self> {
        let stages = Stages::reach(client)?;
        let known = [
            ("application", json!(stages.applications), 0.9, &["path.id"][..]),
            ("certificate", json!(stages.codes), 0.9, &["path.code"]),
            ("row", json!([2, 3, 99]), 0.8, &["path.row"]),
            ("version", json!(stages.versions), 0.8, &["body.version"]),
            ("kind", json!([KIND]), 0.8, &["body.kind", "query.kind"]),
            ("holder", json!(["center-00", format!("body-{BODY}")]), 0.8, &["body.holder", "query.holder"]),
            ("serial", json!(["JN00000001", "JN00000500", "JN00000777"]), 0.7, &["body.serial", "body.top"]),
            ("reason", json!(["核对后更正", " "]), 0.8, &["body.reason"]),
        ];
        // The rest of the methods is the gateway's to refuse.
        let phases = json!({ "coverage": { "unexpected-methods": ["DELETE", "PATCH"] } });
        let mut settings = Self { phases, parameters: BTreeMap::new(), dictionaries: BTreeMap::new() };
        for (dictionary, values, probability, parameters) in known {
            let values = values.as_array().cloned().unwrap_or_default();
            settings.dictionaries.insert(dictionary, Dictionary { values });
            settings.parameters.extend(parameters.iter().map(|parameter| (*parameter, Binding { dictionary, probability })));
        }
        Ok(settings)
    }
}

/// What there is to ask about.
struct Stages {
    applications: Vec<String>,
    versions: Vec<u64>,
    codes: Vec<String>,
}

impl Stages {
    fn reach(client: &Client) -> Result<Self> {
        let center = client.token("center", "00")?;
        move_sheets(client, &center, "receive", json!([["JN00000001", "JN00001000"]]), json!({}))?;
        move_sheets(client, &center, "assign", json!([["JN00000501", "JN00000600"]]), json!({ "holder": format!("body-{BODY}") }))?;
        let draft = Case::create(client, &folder(1)?)?;
        let handed_in = folder(2)?;
        let submitted = Case::create(client, &handed_in)?;
        submitted.upload_all(client, &handed_in)?;
        submitted.until_status(client, "submitted")?;
        let authorised = Case::authorised(client, &folder(2)?)?;
        let (issued, printed) = (issued(client)?, issued(client)?);
        let (status, run) = client.call(Some(&center), "POST", &printed.path("/print"), Some(&json!({ "reason": "照片由本机构粘贴" })))?;
        ensure!(status == 200, "print: {status} {run}");
        until("the run's PDF", || Ok(printed.show(client)?["decisions"][0]["runs"][0]["pdfs"].get(0).is_some()))?;
        let mut stages = Self { applications: Vec::new(), versions: Vec::new(), codes: Vec::new() };
        for case in [&draft, &submitted, &authorised, &issued, &printed] {
            stages.applications.push(case.id.clone());
            stages.versions.push(case.show(client)?["version"].as_u64().context("version")?);
            stages.codes.extend(codes(&case.certificates(client)?).into_iter().map(str::to_owned));
        }
        Ok(stages)
    }
}

fn folder(winners: usize) -> Result<Folder> {
    let folder = Folder::with_winners(winners)?;
    folder.write()?;
    Ok(folder)
}

fn issued(client: &Client) -> Result<Case> {
    let case = Case::authorised(client, &folder(3)?)?;
    case.qualify(client)?;
    case.until_printed(client)?;
    Ok(case)
}

fn move_sheets(client: &Client, token: &str, movement: &str, ranges: Value, mut more: Value) -> Result<()> {
    more["kind"] = json!(KIND);
    more["ranges"] = ranges;
    let (status, answer) = client.call(Some(token), "POST", &format!("/v1/sheets/{movement}"), Some(&more))?;
    ensure!(status == 200, "{movement}: {status} {answer}");
    Ok(())
}
