//! What stands between the owner's system and everybody else on the machine: other users, and pages that a browser shows.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use reqwest::blocking::{Client as Http, RequestBuilder};
use serde_json::{Value, json};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Servers, Stack};

fn status(request: RequestBuilder) -> Result<u16> {
    Ok(request.send()?.status().as_u16())
}

/// A stack's address without the secret that its path is.
fn without_secret(url: &str) -> Result<&str> {
    Ok(url.rsplit_once('/').context("a path")?.0)
}

#[test]
fn whoever_lacks_the_secret_is_refused_and_nothing_of_the_system_is_left_behind() -> Result<()> {
    let stack = Stack::own()?;
    let servers = stack.up()?;
    let client = Client::of(&stack)?;
    let http = Http::new();
    pages_of_others_do_nothing(&http, &servers, &client)?;
    the_emulator_the_table_and_the_issuer_are_closed(&http, &servers)?;
    forms_and_links_are_signed(&http, &servers, &stack, &client)?;
    functions_are_invoked_by_the_emulator_alone(&http, &servers, &stack)?;
    only_the_owner_reads(stack.data())?;

    // What was started is gone when `down` returns, and the address is the same afterwards.
    let functions = stack.functions()?;
    ensure!(stack.run(&["down"])?.status.success(), "down");
    for pid in functions.into_iter().chain([servers.pid]) {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        ensure!(state.is_empty() || state.contains(") Z "), "{pid} still runs");
    }
    for url in [&servers.entry, &servers.issuer, without_secret(&servers.endpoint)?, without_secret(&servers.dynamodb)?] {
        drop(TcpListener::bind(url.trim_start_matches("http://")).with_context(|| url.to_owned())?);
    }
    ensure!(stack.up()?.entry == servers.entry, "the address stays");
    Ok(())
}

/// Neither in the owner's name nor by a name that leads here.
fn pages_of_others_do_nothing(http: &Http, servers: &Servers, client: &Client) -> Result<()> {
    let token = client.token("unit", "unit-1")?;
    let list = || http.get(format!("{}/v1/applications", servers.entry)).bearer_auth(&token);
    let verify = || http.post(format!("{}/verify", servers.entry)).form(&[("code", "a"), ("name", "b")]);
    ensure!(status(list())? == 200, "a program");
    ensure!(status(verify())? != 403, "a program");
    for (name, value) in [("origin", "https://example.com"), ("sec-fetch-site", "cross-site"), ("host", "example.com")] {
        ensure!(status(list().header(name, value))? == 403, "GET with {name}");
        ensure!(status(verify().header(name, value))? == 403, "POST with {name}");
    }
    let followed = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let page = followed.into_iter().fold(http.get(format!("{}/verify", servers.entry)), |page, (name, value)| page.header(name, value));
    ensure!(status(page)? == 200, "a link to the page that anybody may ask");
    let preflight = http.request(reqwest::Method::OPTIONS, format!("{}/v1/applications", servers.entry));
    ensure!(status(preflight.header("origin", "https://example.com"))? == 403, "nothing is allowed in advance");
    Ok(())
}

fn the_emulator_the_table_and_the_issuer_are_closed(http: &Http, servers: &Servers) -> Result<()> {
    let signed = |service: &str| {
        format!("AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0")
    };
    let emulator = without_secret(&servers.endpoint)?;
    for base in [emulator.to_owned(), format!("{emulator}/unknown"), format!("{emulator}/{}x", servers.secret)] {
        let function = http.post(format!("{base}/2015-03-31/functions")).json(&json!({ "FunctionName": "f" }));
        ensure!(status(function.header("authorization", signed("lambda")))? == 403, "a function is made by {base}");
        for path in ["_ministack/health", "", "saizheng-work-000000000000?list-type=2", "saizheng-code/fonts.zip"] {
            let got = status(http.get(format!("{base}/{path}")).header("authorization", signed("s3")))?;
            ensure!(got == 403, "{base}/{path}: {got}");
        }
        let key = http.post(&base).json(&json!({ "Name": "/saizheng/signing-key", "WithDecryption": true }));
        let key = key.header("x-amz-target", "AmazonSSM.GetParameter").header("authorization", signed("ssm"));
        ensure!(status(key)? == 403, "the signing key by {base}");
    }
    // The address that people are told opens nothing of it either.
    for path in ["_ministack/health", "2015-03-31/functions", "saizheng-code/fonts.zip", "saizheng-work-000000000000?list-type=2"] {
        let got = status(http.get(format!("{}/{path}", servers.entry)).header("authorization", signed("s3")))?;
        ensure!(matches!(got, 401 | 403 | 404), "{path}: {got}");
    }
    let scan =
        |url: &str| http.post(url).header("x-amz-target", "DynamoDB_20120810.Scan").json(&json!({ "TableName": "saizheng-records" }));
    ensure!(status(scan(without_secret(&servers.dynamodb)?))? == 403 && status(scan(&servers.dynamodb))? == 200, "the table");
    let token = || http.post(format!("{}/token", servers.issuer)).json(&json!({ "subject": "s", "role": "center", "organisation": "00" }));
    ensure!(status(token())? == 403 && status(token().bearer_auth("unknown"))? == 403, "a token");
    ensure!(status(token().bearer_auth(&servers.secret))? == 200, "a token of the owner's");
    Ok(())
}

/// A form and a link of the API are good as they are, and for nothing else.
fn forms_and_links_are_signed(http: &Http, servers: &Servers, stack: &Stack, client: &Client) -> Result<()> {
    let token = client.token("unit", "unit-1")?;
    let folder = Folder::with_winners(1)?;
    folder.write()?;
    let submitted = stack.run(&["submit", &folder.path().to_string_lossy()])?;
    let id = String::from_utf8(submitted.stdout)?.trim().to_owned();
    let (got, uploads) = client.call(Some(&token_of_command(client)?), "POST", &format!("/v1/applications/{id}/uploads"), None)?;
    ensure!(got == 200, "{got} {uploads} {token}", token = token.len());
    let form = &uploads["uploads"]["roster"];
    ensure!(form["url"].as_str().is_some_and(|url| url.starts_with(&servers.entry)), "{form}");
    let changed = |name: &str, value: Option<&str>| -> Value {
        let mut form = form.clone();
        match value {
            Some(value) => form["fields"][name] = json!(value),
            None => drop(form["fields"].as_object_mut().and_then(|fields| fields.remove(name))),
        }
        form
    };
    let signature = "0".repeat(64);
    for wrong in [changed("x-amz-signature", Some(&signature)), changed("x-amz-signature", None), changed("key", Some("code/other"))] {
        let (got, code) = client.upload(&wrong, b"anything")?;
        ensure!((400..500).contains(&got), "{got} {code}");
    }
    let unsigned = json!({ "url": form["url"], "fields": { "key": "inbox/other" } });
    ensure!(client.upload(&unsigned, b"anything")?.0 == 403, "a form that nobody signed");
    let (_, reports) = client.call(Some(&token_of_command(client)?), "GET", &format!("/v1/applications/{id}/reports"), None)?;
    let link = reports[0]["json"].as_str().context("a link")?;
    ensure!(link.starts_with(&servers.entry) && !client.download(link)?.is_empty(), "{link}");
    let (path, query) = link.split_once('?').context("a query")?;
    for wrong in [path.to_owned(), format!("{path}x?{query}"), format!("{link}&versionId=null"), link.replace("GetObject", "GetObjectAcl")]
    {
        if wrong != link {
            ensure!(status(http.get(&wrong))? == 403, "a link that was changed");
        }
    }
    ensure!(status(http.delete(link))? == 403 && status(http.put(link).body("other"))? == 403, "a link is for reading");
    Ok(())
}

/// A token of the unit that the command hands in as.
fn token_of_command(client: &Client) -> Result<String> {
    client.token_of("local-unit-unit-1", "unit", "unit-1")
}

/// The ports that they are invoked by want the secret too: an event carries what was sent to the API.
fn functions_are_invoked_by_the_emulator_alone(http: &Http, servers: &Servers, stack: &Stack) -> Result<()> {
    let running = stack.functions()?;
    ensure!(!running.is_empty(), "no function runs");
    for pid in running {
        let environment = fs::read(format!("/proc/{pid}/environ"))?;
        let variables = String::from_utf8_lossy(&environment).into_owned();
        let runtime = variables.split('\0').find_map(|variable| variable.strip_prefix("AWS_LAMBDA_RUNTIME_API=")).context("runtime")?;
        let base = runtime.strip_suffix(&format!("/{}", servers.secret)).context("the secret")?;
        for path in ["", "/unknown"] {
            let next = status(http.get(format!("{base}{path}/2018-06-01/runtime/invocation/next")))?;
            let error = status(http.post(format!("{base}{path}/2018-06-01/runtime/init/error")).json(&json!({})))?;
            ensure!((next, error) == (403, 403), "{base}: {next} {error}");
        }
    }
    Ok(())
}

fn only_the_owner_reads(folder: &Path) -> Result<()> {
    let mode = |path: &Path| Ok::<u32, anyhow::Error>(fs::metadata(path)?.permissions().mode() & 0o077);
    ensure!(mode(folder)? == 0, "{}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == "tmp" {
            // The functions' executable is unpacked there, in a folder that is closed like the rest.
            ensure!(mode(&entry.path())? == 0, "{}", entry.path().display());
        } else if entry.file_type()?.is_dir() {
            only_the_owner_reads(&entry.path())?;
        } else if entry.file_type()?.is_file() {
            ensure!(mode(&entry.path())? == 0, "{}", entry.path().display());
        }
    }
    Ok(())
}
