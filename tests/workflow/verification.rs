//! Verification for anybody: what a holder is told, what nobody is told, how often one may ask.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflow_tests::browser::Browser;
use workflow_tests::case::{Case, correct_by_two};
use workflow_tests::folder::Folder;
use workflow_tests::paper;
use workflow_tests::saizheng::{Client, Stack, Visit, until};

/// A code of the right grammar that was never given out.
const NEVER: &str = "S000051009999223J99999";
/// Half of a window that no test sees the end of.
const YEAR_S: &str = "31536000";

/// A stack of its own with issued certificates.
struct Office {
    stack: Stack,
    client: Client,
    case: Case,
    folder: Folder,
}

/// A certificate as its holder has it.
struct Paper {
    code: String,
    /// What the QR code says, below the host.
    qr: String,
}

impl Office {
    fn open(winners: usize, settings: &[(&str, &str)]) -> Result<Self> {
        let stack = Stack::own()?;
        stack.up()?;
        let client = Client::of(&stack)?;
        client.configure(&stack.output("VerifyFunction")?, settings)?;
        let folder = Folder::with_winners(winners)?;
        let case = Case::issued(&client, &folder)?;
        Ok(Self { stack, client, case, folder })
    }

    fn name(&self, n: usize) -> String {
        self.folder.person(n).name.clone()
    }

    fn papers(&self) -> Result<Vec<Paper>> {
        self.case.certificates(&self.client)?.iter().map(|certificate| self.paper(certificate)).collect()
    }

    fn paper(&self, certificate: &Value) -> Result<Paper> {
        let (code, link) = (certificate["code"].as_str().context("code")?, certificate["pdf"].as_str().context("pdf")?);
        let address = paper::qr(&self.client.download(link)?)?;
        let (_, query) = address.split_once("/verify?").with_context(|| address.clone())?;
        Ok(Paper { code: code.to_owned(), qr: format!("/verify?{query}") })
    }

    fn by_name(&self, code: &str, name: &str) -> Result<Value> {
        self.client.visit("/verify", Some(&[("code", code), ("name", name)]), "application/json")?.json()
    }

    fn by_paper(&self, paper: &Paper) -> Result<Value> {
        self.client.visit(&paper.qr, None, "application/json")?.json()
    }

    fn change(&self, code: &str, change: &str, body: &Value) -> Result<Value> {
        let (status, answer) =
            self.client.call(Some(&self.case.center), "POST", &format!("/v1/certificates/{code}/{change}"), Some(body))?;
        ensure!(status == 200, "{change}: {status} {answer}");
        Ok(answer)
    }
}

/// A page without what its form was filled in with: that is what the asker typed.
fn without_typed(page: &str) -> String {
    let mut parts = page.split(" value=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |said, part| said + part.split_once('"').map_or("", |(_, rest)| rest))
}

#[test]
fn a_list_is_verified_by_whoever_has_an_account_and_that_is_an_entry() -> Result<()> {
    let office = Office::open(3, &[])?;
    let codes: Vec<String> = office.papers()?.into_iter().map(|paper| paper.code).collect();
    office.change(&codes[1], "revoke", &json!({ "reason": "冒名顶替" }))?;
    let asked = |pairs: &[(&str, &str)]| -> Value {
        let pairs: Vec<Value> = pairs.iter().map(|(code, name)| json!({ "code": code, "name": name })).collect();
        json!({ "certificates": pairs })
    };
    // Another unit: an account is enough, as on the public page it sees nobody's rows by it.
    let anybody = office.client.token("unit", "unit-2")?;
    let verify = |token: Option<&str>, list: &Value| office.client.call(token, "POST", "/v1/verifications", Some(list));
    let (one, two, three) = (office.name(0), office.name(1), office.name(2));
    let list = asked(&[(&codes[0], &one), (&codes[1], &two), (&codes[2], &one), (NEVER, &three), ("x", &three)]);
    let began = Instant::now();
    let (status, told) = verify(Some(&anybody), &list)?;
    ensure!(status == 200 && began.elapsed() >= Duration::from_millis(800), "{status} {told}");
    let words: Vec<&str> = told["certificates"].as_array().context("answers")?.iter().filter_map(|one| one["word"].as_str()).collect();
    assert_eq!(words, ["有效", "已注销", "未查到", "未查到", "未查到"]);
    assert_eq!((&told["counting"], &told["others"]), (&json!(1), &json!(4)));
    let answer = |at: usize| told["certificates"][at]["answer"].clone();
    assert_eq!(answer(2), answer(3), "a wrong name and a number that was never given out");
    assert_eq!(answer(0), office.by_name(&codes[0], &one)?, "as on the public page");
    ensure!(!told.to_string().contains(&office.folder.person(0).id_number), "masked");
    // Who asked for how many is kept; neither numbers nor names are.
    let entries: Vec<Value> = office.client.scan()?.into_iter().filter(|item| item["pk"]["S"] == "SEARCHES#unit-unit-2").collect();
    let entries = serde_json::to_string(&entries)?;
    ensure!(entries.contains("按名单核验证书 5 份") && !entries.contains(&codes[0]) && !entries.contains(&one), "{entries}");
    // Nobody without an account, not too many at once, and not name after name for one number.
    ensure!(matches!(verify(None, &list)?.0, 401 | 403), "without an account");
    let many = vec![(NEVER, "张样例"); 501];
    assert_eq!(verify(Some(&anybody), &asked(&many))?.0, 400);
    let (status, told) = verify(Some(&anybody), &asked(&[(codes[2].as_str(), "张样例"); 12]))?;
    let tried = told["certificates"].as_array().context("answers")?.iter().filter(|one| one["answer"].is_object()).count();
    assert_eq!((status, tried), (200, 9), "one of ten was tried before");
    for _ in 0..3 {
        assert_eq!(verify(Some(&anybody), &asked(&many[..500]))?.0, 200);
    }
    let (status, told) = verify(Some(&anybody), &asked(&many[..500]))?;
    assert_eq!((status, &told["error"]["code"]), (429, &json!("TOO_OFTEN")), "{told}");

    // In the page and by the command.
    let mut body = Browser::logged_in(&office.stack, "颁证机构 S000051010123")?;
    let page = body.get("/console/search")?;
    let text = format!("证书编号\t姓名\r\n{}\t{one}\r\n{two}，{}\r\n", codes[0], codes[1]);
    let shown = body.submit(&page, &page.form("/search/verify")?, &[("certificates", &text)])?;
    for told in ["核验结果：2 份，有效 1 份，其他 1 份", "已注销", &codes[0]] {
        shown.expect(told)?;
    }
    ensure!(shown.url.query().is_none(), "no name stands in an address: {}", shown.url);
    let wrong = body.submit(&page, &page.form("/search/verify")?, &[("certificates", &format!("{text}没有编号"))])?;
    ensure!(wrong.text.contains("第 4 行") && wrong.text.contains(&codes[0]), "what was typed stands there: {}", wrong.text);
    let file = office.folder.path().join("list.csv");
    std::fs::write(&file, &text)?;
    let output = office.stack.run(&["lookup", "--list", file.to_str().context("a path")?])?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.code() == Some(2) && said.contains(&format!("{} {one}：有效", codes[0])), "{said}");
    Ok(())
}

#[test]
fn a_holder_is_told_what_the_certificate_shows_and_nobody_else_anything() -> Result<()> {
    let office = Office::open(2, &[("VERIFY_PER_CLIENT", "1000"), ("VERIFY_PER_CODE", "1000"), ("VERIFY_PACE_MS", "50")])?;
    let (papers, person) = (office.papers()?, office.folder.person(0).clone());
    let [mine, other] = papers.as_slice() else { anyhow::bail!("two certificates") };
    // By the QR code, as a telephone's browser.
    let page = office.client.visit(&mine.qr, None, "text/html,application/xhtml+xml")?;
    assert_eq!(page.status, 200, "{}", page.text);
    let masked = format!("{}*************{}", &person.id_number[..3], &person.id_number[16..]);
    for shown in ["有效", &person.name, &mine.code, &masked, "职业技能等级证书", "中式烹调师"] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    assert!(!page.text.contains(&person.id_number) && !page.text.contains(&person.phone), "too much is shown");
    let header = |page: &Visit, name: &str| page.headers.get(name).cloned().unwrap_or_default();
    assert!(header(&page, "content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    assert_eq!((header(&page, "referrer-policy").as_str(), header(&page, "cache-control").as_str()), ("same-origin", "no-store"));
    // By number and name, however they are typed.
    let told = office.by_paper(mine)?;
    assert_eq!((told["state"].as_str(), told["certificate"]["document_number"].as_str()), (Some("valid"), Some(masked.as_str())));
    assert_eq!(office.by_name(&mine.code.to_lowercase(), &format!(" {} ", person.name))?, told);
    let lookup = |name: &str| -> Result<(Option<i32>, Value)> {
        let output = office.stack.run_with(&["lookup", &mine.code, "--name", "-", "--json"], &[name])?;
        Ok((output.status.code(), serde_json::from_slice(&output.stdout)?))
    };
    assert_eq!(lookup(&person.name)?, (Some(0), told));
    assert_eq!(lookup("冒名者")?.0, Some(2));
    let output = office.stack.run_with(&["lookup", &mine.code], &[&person.name])?;
    let said = String::from_utf8(output.stdout)?;
    assert!(said.contains("证书有效") && said.contains(&masked) && !said.contains("\"state\""), "{said}");
    // Everybody else gets one and the same answer.
    let tampered = mine.qr.replace(&mine.code, &other.code);
    let forged = format!("/verify?code={}&s={}", mine.code, "A".repeat(86));
    let never = mine.qr.replace(&mine.code, NEVER);
    let named = |code, name| ("/verify", Some([("code", code), ("name", name)]));
    let asked = [
        named(mine.code.as_str(), "冒名者"),
        named(NEVER, person.name.as_str()),
        named(mine.code.as_str(), "1<b>"),
        (tampered.as_str(), None),
        (forged.as_str(), None),
        (never.as_str(), None),
    ];
    for accept in ["text/html", "application/json"] {
        let mut answers = Vec::new();
        for (path, form) in &asked {
            let Visit { status, mut headers, text } = office.client.visit(path, form.as_ref().map(<[_; 2]>::as_slice), accept)?;
            // The length is that of what was typed, beside what is compared below.
            for varying in ["content-length", "date", "x-amzn-requestid", "apigw-requestid", "x-amz-id-2", "x-amz-request-id"] {
                headers.remove(varying);
            }
            answers.push((status, headers, without_typed(&text)));
        }
        assert_eq!(answers[0].0, 404);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
        assert!(!answers[0].2.contains(&person.name) && answers[0].2.contains(if accept == "text/html" { "未查到" } else { "unknown" }));
    }
    // What is no number is told at once; a name in an address is not looked at.
    let malformed = office.client.visit("/verify", Some(&[("code", "123"), ("name", "张测试")]), "text/html")?;
    assert!(malformed.status == 400 && malformed.text.contains("22 位"), "{}", malformed.text);
    let blank = office.client.visit(&format!("/verify?code={}&name=%E5%BC%A0", mine.code), None, "text/html")?;
    assert!(blank.status == 200 && blank.text.contains(&format!("value=\"{}\"", mine.code)) && !blank.text.contains(&person.name));
    nothing_personal_is_left(&office)
}

/// Neither in logs nor in the counters.
fn nothing_personal_is_left(office: &Office) -> Result<()> {
    let mut left = std::fs::read_to_string(office.stack.data().join("emulator.log"))?;
    left.push_str(&office.client.log_of("Verify", 0)?.join("\n"));
    let counters: Vec<Value> =
        office.client.scan()?.into_iter().filter(|item| item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("LIMIT#"))).collect();
    assert!(!counters.is_empty() && left.contains("outcome"), "{left}");
    left.push_str(&serde_json::to_string(&counters)?.replace("CODE#", ""));
    for n in 0..2 {
        let person = office.folder.person(n);
        for secret in [&person.name, &person.id_number, &person.phone] {
            assert!(!left.contains(secret.as_str()), "a log or a counter holds personal data");
        }
    }
    assert!(!serde_json::to_string(&counters)?.contains("127.0.0.1"), "a counter holds an address");
    Ok(())
}

#[test]
fn an_answer_takes_as_long_whatever_it_says() -> Result<()> {
    const PACE: Duration = Duration::from_millis(700);
    const TIMES: usize = 6;
    let office = Office::open(1, &[("VERIFY_PER_CLIENT", "1000"), ("VERIFY_PER_CODE", "1000"), ("VERIFY_PACE_MS", "700")])?;
    let papers = office.papers()?;
    let (code, name) = (&papers.first().context("a certificate")?.code, office.name(0));
    let quickest = |code: &str, name: &str| -> Result<Duration> {
        let mut quickest = Duration::MAX;
        for _ in 0..TIMES {
            let started = Instant::now();
            office.by_name(code, name)?;
            quickest = quickest.min(started.elapsed());
        }
        Ok(quickest)
    };
    office.by_name(code, &name)?; // the cold start
    let [unknown, wrong, right] = [quickest(NEVER, &name)?, quickest(code, "冒名者")?, quickest(code, &name)?];
    for took in [unknown, wrong, right] {
        assert!(took >= PACE, "{unknown:?} {wrong:?} {right:?}");
        assert!(took.abs_diff(unknown) < PACE / 2, "{unknown:?} {wrong:?} {right:?}");
    }
    Ok(())
}

#[test]
fn corrected_replaced_and_revoked_are_told_apart() -> Result<()> {
    let office = Office::open(4, &[("VERIFY_PER_CLIENT", "1000"), ("VERIFY_PER_CODE", "1000"), ("VERIFY_PACE_MS", "50")])?;
    let papers = office.papers()?;
    let [corrected, replaced, revoked, gone] = papers.as_slice() else { anyhow::bail!("four certificates") };
    let was = office.name(0);
    // The same code, another name on it.
    office.change(&corrected.code, "correct", &json!({ "name": "更正甲", "reason": "姓名有误" }))?;
    let told = office.by_name(&corrected.code, "更正甲")?;
    assert_eq!((told["state"].as_str(), told["former_paper"].as_bool()), (Some("corrected"), Some(false)), "{told}");
    for told in [office.by_name(&corrected.code, &was)?, office.by_paper(corrected)?] {
        assert_eq!((told["state"].as_str(), told["former_paper"].as_bool()), (Some("corrected"), Some(true)), "{told}");
        assert_eq!((told["certificate"]["name"].as_str(), told["corrected_on"].as_str()), (Some("更正甲"), Some("2022-06-20")));
    }
    until("the new paper", || {
        let new = office.papers()?.into_iter().find(|paper| paper.code == corrected.code).context("it is still listed")?;
        Ok(office.by_paper(&new)?["former_paper"] == false)
    })?;
    // Another code in its place.
    let new = correct_by_two(&office.client, &office.case.center, &replaced.code, &json!({ "level": 4, "reason": "等级有误" }))?;
    let new = new["code"].as_str().context("code")?;
    for told in [office.by_name(&replaced.code, &office.name(1))?, office.by_paper(replaced)?] {
        assert_eq!((told["state"].as_str(), told["replaced_by"].as_str()), (Some("corrected"), Some(new)), "{told}");
        assert_eq!(told["certificate"]["code"].as_str(), Some(new));
    }
    assert_eq!(office.by_name(new, &office.name(1))?["state"], "valid");
    assert_eq!(office.by_name(&replaced.code, "冒名者")?["replaced_by"], Value::Null);
    // None any more; why is nobody's business.
    office.change(&revoked.code, "revoke", &json!({ "reason": "成绩作废" }))?;
    let form = [("code", revoked.code.as_str()), ("name", &office.name(2))];
    let page = office.client.visit("/verify", Some(&form), "text/html")?;
    assert!(page.status == 200 && page.text.contains("已注销") && page.text.contains("2022年6月20日"), "{}", page.text);
    let said = without_typed(&page.text);
    assert!(!said.contains("成绩作废") && !said.contains(&office.name(2)), "{said}");
    let told = office.by_paper(revoked)?;
    assert_eq!((told["state"].as_str(), told["certificate"].is_null()), (Some("revoked"), true), "{told}");
    // A replaced one whose successor was revoked.
    let last = correct_by_two(&office.client, &office.case.center, &gone.code, &json!({ "level": 4, "reason": "等级有误" }))?;
    let last = last["code"].as_str().context("code")?;
    until("the successor is drawn", || {
        let path = format!("/v1/certificates/{last}/revoke");
        Ok(office.client.call(Some(&office.case.center), "POST", &path, Some(&json!({ "reason": "成绩作废" })))?.0 == 200)
    })?;
    assert_eq!(office.by_paper(gone)?["state"], "revoked");
    Ok(())
}

#[test]
fn whoever_asks_too_often_has_to_wait() -> Result<()> {
    let settings = [("VERIFY_PER_CLIENT", "9"), ("VERIFY_PER_CODE", "3"), ("VERIFY_PACE_MS", "50"), ("VERIFY_WINDOW_SECONDS", YEAR_S)];
    let office = Office::open(1, &settings)?;
    let paper = office.papers()?.into_iter().next().context("a certificate")?;
    let name = office.name(0);
    let ask = |code: &str, name: &str| office.client.visit("/verify", Some(&[("code", code), ("name", name)]), "text/html");
    for guess in ["甲甲", "乙乙", "丙丙"] {
        assert_eq!(ask(&paper.code, guess)?.status, 404);
    }
    // Nobody learns the name by trying, not even by hitting it; a code that was never given out is no other case.
    let refused = ask(&paper.code, &name)?;
    assert!(
        refused.status == 429 && refused.text.contains("请稍后再试") && refused.headers.contains_key("retry-after"),
        "{}",
        refused.text
    );
    for _ in 0..3 {
        assert_eq!(ask(NEVER, &name)?.status, 404);
    }
    let without_minutes = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    assert_eq!(without_minutes(&ask(NEVER, &name)?.text), without_minutes(&refused.text));
    // The holder of the paper is not shut out by those who guess; but nine requests of one client are all.
    let held = office.client.visit(&paper.qr, None, "application/json")?;
    assert_eq!(held.json()?["state"], "valid");
    let refused = office.client.visit(&paper.qr, None, "application/json")?;
    assert_eq!((refused.status, refused.json()?["error"]["code"].as_str()), (429, Some("TOO_OFTEN")));
    Ok(())
}

/// D.5: ten wrong names shut the check by name of a certificate for everybody.
#[test]
fn names_that_one_client_guesses_slow_others_down_and_shut_nobody_else_out() -> Result<()> {
    const PACE: Duration = Duration::from_millis(300);
    let settings = [("VERIFY_PER_CLIENT", "1000"), ("VERIFY_PER_CODE", "3"), ("VERIFY_PACE_MS", "300"), ("VERIFY_WINDOW_SECONDS", YEAR_S)];
    let office = Office::open(1, &settings)?;
    let papers = office.papers()?;
    let (code, name) = (papers.first().context("a certificate")?.code.as_str(), office.name(0));
    let function = office.stack.output("VerifyFunction")?;
    // As the gateway asks the function; the local one knows of one address only.
    let ask_from = |address: &str, name: &str| -> Result<(u64, String, Duration)> {
        let event = json!({
            "version": "2.0", "routeKey": "POST /verify", "rawPath": "/verify", "rawQueryString": "", "isBase64Encoded": false,
            "headers": { "content-type": "application/json", "accept": "application/json" },
            "requestContext": { "requestId": "1", "stage": "$default", "timeEpoch": 0,
                "http": { "method": "POST", "path": "/verify", "protocol": "HTTP/1.1", "sourceIp": address, "userAgent": "test" } },
            "body": json!({ "code": code, "name": name }).to_string()
        });
        let asked = Instant::now();
        let (answer, failed) = office.client.invoke(&function, &event)?;
        ensure!(!failed, "{answer}");
        let told: Value = serde_json::from_str(answer["body"].as_str().context("a body")?)?;
        let state = told["state"].as_str().or(told["error"]["code"].as_str()).context("an answer")?;
        Ok((answer["statusCode"].as_u64().context("a status")?, state.to_owned(), asked.elapsed()))
    };
    let (guesser, holder, third) = ("203.0.113.7", "198.51.100.20", "2001:db8::7");
    for guess in ["甲甲", "乙乙", "丙丙"] {
        assert_eq!(ask_from(guesser, guess)?.0, 404);
    }
    let (status, state, _) = ask_from(guesser, &name)?;
    assert_eq!((status, state.as_str()), (429, "TOO_OFTEN"), "whoever guesses has to wait");
    for (address, paces) in [(holder, 2), (holder, 2), (holder, 2), (third, 3)] {
        let (status, state, took) = ask_from(address, &name)?;
        assert_eq!((status, state.as_str()), (200, "valid"), "{address} is answered");
        assert!(took >= PACE * paces, "{address} after {took:?}: many names were tried for this code");
    }
    assert_eq!(ask_from(holder, &name)?.0, 429, "each client is counted for itself");
    assert_eq!(ask_from(third, "丁丁")?.1, "unknown", "and learns nothing");
    Ok(())
}
