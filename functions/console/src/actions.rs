//! What forms do: each reads its fields into a request of `operations`, and says where the browser goes then.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use operations::accounts::{DecideAccount, SignOut};
use operations::applications::{CreateApplication, OccupationsAsked};
use operations::authorisation::EnterAuthorisationNumber;
use operations::cells::{CellText, CorrectCells};
use operations::changes::Change;
use operations::contest::CorrectContest;
use operations::corrections::{CertificateCorrection, Rejection};
use operations::decisions::{Authorise, Qualify, SendBack};
use operations::drafts::SaveDraft;
use operations::filing::{Declare, ReceiveOriginals};
use operations::hand_out::{Collect, EnterHandOut, EnterHandOuts};
use operations::numbers::EnterNumber;
use operations::own_lot::LotAsked;
use operations::publication::{ApplyForPublication, ConfirmPublication, ReturnPublication};
use operations::row_photo::ReplacePhoto;
use operations::runs::{StartRun, VoidSheet};
use operations::sheets::{AskForSheets, ConfirmDestruction, RefuseSheets, SheetMovement, SheetsRequest};
use operations::{Operations, Refusal};
use rules::intake::contest::Contest;
use rules::issue::account::AccountChange;
use rules::issue::application::{ApplicationId, Override, Review, ReviewDraft};
use rules::issue::correction::Correction;
use rules::issue::external::NumberBasis;
use rules::notice::ApprovalManner;
use rules::numbers::body::{Body, Scope};
use rules::sheets::run::Setting;
use rules::values::party::{Applicant, IssuingUnit};
use rules::values::text::{MAX_REASON, bounded};
use rules::values::vocabulary::{BatchKind, CertificateType, Form, Material};
use serde_json::{Value, json};

use crate::context::Context;
use crate::fields::Fields;
use crate::once::once;
use crate::pages::{TypedEvent, account, calibration, id, numbers};
use crate::requests::{bounded_text, named, old_sheet, part_named, part_text};

/// The page that a form stands on.
pub(crate) fn page_of<'p>(parts: &[&'p str]) -> Vec<&'p str> {
    match parts {
        ["applications"] => vec!["applications", "new"],
        ["applications", one, "qualify" | "draft"] => vec!["applications", one, "review"],
        ["applications", one, "contest"] => vec!["applications", one, "contest"],
        ["applications", one, "roster"] => vec!["applications", one, "roster"],
        ["applications", one, "collection" | "hand-outs"] => vec!["hand-out", one],
        ["applications", one, "numbers", ..] => vec!["applications", one, "numbers"],
        ["sheets", "calibration" | "preview"] => vec!["sheets", "calibration"],
        ["applications", one, "rows", _, "photo"] => vec!["applications", one, "photos"],
        ["applications", one, "rows", row, _] => vec!["applications", one, "rows", row],
        ["applications", _, "corrections", ..] => Vec::new(),
        ["applications", one, ..] => vec!["applications", one],
        ["accounts", one, _] => vec!["accounts", one],
        ["certificates", "several", ..] => vec!["certificates", "several"],
        ["certificates", code, _] => vec!["certificates", code],
        ["hand-out", one] => vec!["hand-out", one],
        ["publications", applicant, number, _] => vec!["publications", applicant, number],
        [first, ..] => vec![first],
        [] => Vec::new(),
    }
}

/// Does what the form of that path asks for; gives where the browser goes then.
pub(crate) async fn act(context: &Context<'_>, parts: &[&str]) -> Result<String, Refusal> {
    once(context, async |operations: &Operations| carry_out(context, operations, parts).await).await
}

async fn carry_out(context: &Context<'_>, operations: &Operations, parts: &[&str]) -> Result<String, Refusal> {
    match parts {
        ["applications"] => create(context, operations).await,
        ["applications", one, what] => of_application(context, operations, id(one)?, what).await,
        ["applications", one, "rows", row, "number"] => {
            let row = row.parse().map_err(|_| Refusal::NotFound)?;
            operations.enter_number(context.actor(), (id(one)?, row), number(context.form)?).await?;
            Ok(format!("/console/applications/{one}/rows/{row}?done=numbered"))
        }
        ["applications", one, "rows", row, "photo"] => {
            let row = row.parse().map_err(|_| Refusal::NotFound)?;
            let request = ReplacePhoto { version: context.form.some("version"), photo_base64: context.form.text("file") };
            operations.replace_photo(context.actor(), (id(one)?, row), request).await?;
            Ok(format!("/console/applications/{one}/photos?{}", context.query.with("done", "photo")))
        }
        ["applications", one, "corrections", number, what] => of_request(context, operations, (id(one)?, number), what).await,
        ["certificates", code, what] => of_certificate(context, operations, code, what).await,
        ["settings", what] => of_settings(context, operations, what).await,
        ["accounts", one, decision] => {
            let change = AccountChange::decision(decision).ok_or(Refusal::NotFound)?;
            let form = context.form;
            let decided = DecideAccount {
                version: form.wanted("version", "版本")?,
                reason: form.some("reason"),
                organisation: form.some("organisation"),
            };
            operations.decide_account(context.actor(), (account(one)?, change), decided).await?;
            Ok(format!("/console/accounts/{one}?done=account-{decision}"))
        }
        ["sheets", what] => of_sheets(context, operations, what).await,
        ["publications"] => {
            let batch = operations.apply_for_publication(context.actor(), publication(context.form)?).await?;
            Ok(format!("/console/publications/{}/{}?done=applied", batch.applicant, batch.number))
        }
        ["publications", applicant, number, what] => of_publication(context, operations, (applicant, number), what).await,
        ["statistics"] => {
            let year = context.form.wanted("year", "年份")?;
            operations.order_statistics(context.actor(), year).await?;
            Ok(format!("/console/statistics?year={year}&done=ordered"))
        }
        _ => Err(Refusal::NotFound),
    }
}

async fn of_application(context: &Context<'_>, operations: &Operations, id: ApplicationId, what: &str) -> Result<String, Refusal> {
    let (actor, form) = (context.actor(), context.form);
    let path = format!("/console/applications/{id}");
    let version = || form.wanted::<u64>("version", "版本");
    let reasoned = || Ok::<_, Refusal>(SendBack { version: version()?, reason: bounded_text(form, "reason", "理由")? });
    let done = match what {
        "declaration" => operations.declare(actor, id, Declare { name: form.text("name") }).await.map(|_| "declared")?,
        "withdraw" => operations.withdraw_application(actor, id, reasoned()?).await.map(|_| "withdrawn")?,
        "delete" => {
            operations.delete_application(actor, id).await?;
            return Ok("/console/applications?done=deleted".to_owned());
        }
        "contest" => {
            let corrected = operations.correct_contest(actor, id, contest_correction(context, operations, version()?).await?).await?;
            return Ok(format!("{path}?done={}", if corrected.changes.is_empty() { "same" } else { "contest" }));
        }
        "roster" => {
            operations.correct_cells(actor, id, cells(form)?).await?;
            return Ok(format!("{path}/roster?{}", context.query.with("done", "cells")));
        }
        "authorise" => match operations.authorise(actor, id, authorisation(form, version()?)).await?.manner {
            ApprovalManner::Authorisation => "authorised",
            ApprovalManner::Approval => "approved",
            ApprovalManner::Acceptance => "accepted",
        },
        "authorisation-number" => {
            let entered = EnterAuthorisationNumber { number: form.text("number") };
            operations.enter_authorisation_number(actor, id, entered).await.map(|_| "authorisation-numbered")?
        }
        "authorisation-withdraw" => operations.withdraw_authorisation(actor, id, reasoned()?).await.map(|_| "authorisation-withdrawn")?,
        "committee" => {
            let mut contest = operations.show(actor, id.clone()).await?.contest;
            contest.committee = form.text("committee");
            let corrected = CorrectContest { version: version()?, contest, reason: form.some("reason"), unseen: Vec::new() };
            operations.correct_contest(actor, id, corrected).await.map(|_| "contest")?
        }
        "filing" => operations.receive_filing(actor, id).await.map(|_| "filed")?,
        "return" => operations.send_back(actor, id, reasoned()?).await.map(|_| "returned")?,
        "originals" => operations.receive_originals(actor, id, originals(form)?).await.map(|_| "originals")?,
        "draft" => {
            let (seen, draft) = merged(context, operations, &id).await?;
            operations.save_draft(actor, id, SaveDraft { seen, draft }).await?;
            let next = match form.get("on") {
                Some(after) => Fields::of_query(&context.query.with("after", after)).with("done", "drafted"),
                None => context.query.with("done", "drafted"),
            };
            return Ok(format!("{path}/review?{next}"));
        }
        "qualify" => {
            let (_, draft) = merged(context, operations, &id).await?;
            operations.qualify(actor, id, Qualify { version: version()?, review: draft.review }).await.map(|_| "qualified")?
        }
        "print" => match operations.print(actor, id, run(form)?).await?.sheets.is_empty() {
            true => "printed-without-sheets",
            false => "printed",
        },
        "numbers" => {
            operations.enter_numbers(actor, id, numbers::request(form)?).await?;
            return Ok(format!("{path}/numbers?{}", context.query.with("done", "numbers")));
        }
        "print-again" => operations.print_again(actor, id).await.map(|_| "again")?,
        "void-sheet" => {
            let sheet = VoidSheet { serial: form.text("serial"), reason: bounded_text(form, "reason", "原因")?, top: form.some("top") };
            operations.jam(actor, id, sheet).await.map(|_| "voided")?
        }
        "certificates-zip" => operations.order_certificates_zip(actor, id).await.map(|_| "zipping")?,
        "archive" => operations.archive(actor, id, LotAsked { certificate_type: certificate_type(form) }).await.map(|_| "archived")?,
        "collection" => {
            operations.collect(actor, id.clone(), collection(form)?).await?;
            return Ok(format!("/console/hand-out/{id}?done=collected"));
        }
        "hand-outs" => {
            operations.enter_hand_outs(actor, id.clone(), hand_outs(form)?).await?;
            let done = if is_taken_back(form) { "taken-back" } else { "handed-out" };
            return Ok(format!("/console/hand-out/{id}?{}", context.query.with("done", done)));
        }
        _ => return Err(Refusal::NotFound),
    };
    Ok(format!("{path}?done={done}"))
}

/// The cells that say something else than was shown, or that are to hold what they show as a text.
fn cells(form: &Fields) -> Result<CorrectCells, Refusal> {
    let as_shown: HashSet<&str> = form.all("as-shown").collect();
    // A field that was not sent asks for nothing.
    let changed = |cell: &str| form.raw(&format!("cell-{cell}"), 0).is_some_and(|text| text != form.text(&format!("was-{cell}")));
    let shown: Vec<&str> = form.all("shown").collect();
    let cells: Vec<CellText> = shown
        .into_iter()
        .filter(|cell| changed(cell) || as_shown.contains(cell))
        .map(|cell| CellText { cell: cell.to_owned(), text: form.text(&format!("cell-{cell}")) })
        .collect();
    if cells.is_empty() {
        return Err(Refusal::Malformed("没有改动任何单元格".to_owned()));
    }
    Ok(CorrectCells { version: form.text("version"), cells })
}

fn certificate_type(form: &Fields) -> Option<CertificateType> {
    form.get("certificate_type").and_then(CertificateType::parse)
}

fn authorisation(form: &Fields, version: u64) -> Authorise {
    let reasons: BTreeMap<String, String> = form.named("reason-").map(|(key, reason)| (key.to_owned(), reason.to_owned())).collect();
    Authorise { version, reasons, number: form.some("number") }
}

fn originals(form: &Fields) -> Result<ReceiveOriginals, Refusal> {
    let materials: Vec<Material> = form.all("material").filter_map(named).collect();
    let (on, reason) = (form.read("on", "收到日期")?, form.some("reason"));
    Ok(ReceiveOriginals { materials, on, from: form.text("from"), defect: form.some("defect"), reason })
}

/// The draft as it was seen, with what was typed at the rows of the page in the place of what it said of them; and its revision.
async fn merged(context: &Context<'_>, operations: &Operations, id: &ApplicationId) -> Result<(Option<String>, ReviewDraft), Refusal> {
    let saved = operations.review_draft(context.actor(), id.clone()).await?;
    if saved.revision.as_deref() != context.form.get("revision") {
        return Err(Refusal::Changed("本机构另一位审核人员暂存了新的意见，请刷新后再办理".to_owned()));
    }
    let mut draft = saved.draft;
    let shown: HashSet<u32> = context.form.all("row").filter_map(|row| row.parse().ok()).collect();
    let typed = review(context.form)?;
    draft.review.refused.retain(|one| !shown.contains(&one.row));
    draft.review.overrides.retain(|one| !shown.contains(&one.row));
    draft.review.refused.extend(typed.refused);
    draft.review.overrides.extend(typed.overrides);
    Ok((saved.revision, draft))
}

/// What was typed at each row of a page.
fn review(form: &Fields) -> Result<Review, Refusal> {
    let reason = |text: &str| bounded("理由", text, MAX_REASON).map(str::to_owned).map_err(Refusal::Malformed);
    let mut review = Review::default();
    for (row, text) in form.numbered("refuse-") {
        review.refused.push(rules::issue::application::Refusal { row, reason: reason(text)? });
    }
    let refused: HashSet<u32> = review.refused.iter().map(|one| one.row).collect();
    for (row, text) in form.numbered("override-").filter(|(row, _)| !refused.contains(row)) {
        review.overrides.push(Override { row, reason: reason(text)? });
    }
    Ok(review)
}

pub(crate) fn run(form: &Fields) -> Result<StartRun, Refusal> {
    let full = form.get("form") == Some(Form::Full.word());
    let calibration = calibration::typed(form)?;
    let setting = Setting { form: if full { Form::Full } else { Form::Overprint }, calibration };
    let count = form.read("count", "张数")?;
    Ok(StartRun { certificate_type: certificate_type(form), top: form.some("top"), count, setting, reason: form.text("reason") })
}

/// The number of a certificate that is entered by hand, and what it rests on.
fn number(form: &Fields) -> Result<EnterNumber, Refusal> {
    let basis = NumberBasis {
        implementing_body: form.some("implementing_body"),
        document: form.some("document"),
        issued_on: form.read("issued_on", "颁发日期")?,
    };
    Ok(EnterNumber { number: form.text("number"), reason: form.some("reason"), basis })
}

fn change(form: &Fields) -> Result<Change, Refusal> {
    let reason = bounded_text(form, "reason", "原因")?;
    Ok(Change { reason, old_sheet: old_sheet(form), top: form.some("top"), setting: rules::sheets::run::SettingChange::default() })
}

fn correction(form: &Fields) -> Result<CertificateCorrection, Refusal> {
    let correction = Correction {
        name: form.some("name"),
        document_type: form.some("document_type"),
        document_number: form.some("document_number"),
        level: form.read("level", "等级")?,
        issued_on: form.read("issued_on", "发证日期")?,
        body: form.some("body"),
        issuing_body: form.some("issuing_body"),
        number: form.some("number"),
    };
    if correction == Correction::default() {
        return Err(Refusal::Malformed("请填写要更正的项目".to_owned()));
    }
    Ok(CertificateCorrection { change: change(form)?, correction, against_advice: form.some("against_advice") })
}

/// 补发, 更正, 注销 of one certificate.
async fn of_certificate(context: &Context<'_>, operations: &Operations, code: &str, what: &str) -> Result<String, Refusal> {
    let (actor, form, code) = (context.actor(), context.form, code.to_owned());
    let path = format!("/console/certificates/{code}");
    Ok(match what {
        "reissue" => operations.reissue(actor, code, change(form)?).await.map(|_| format!("{path}?done=reissued"))?,
        "revoke" => operations.revoke(actor, code, change(form)?).await.map(|_| format!("{path}?done=revoked"))?,
        "correct" => {
            let corrected = operations.correct(actor, code, correction(form)?).await?;
            format!("/console/certificates/{}?done=corrected", corrected.code)
        }
        "request-correction" => {
            operations.request_correction(actor, code, correction(form)?).await.map(|_| format!("{path}?done=requested"))?
        }
        _ => return Err(Refusal::NotFound),
    })
}

/// A correction that a second person decides.
async fn of_request(
    context: &Context<'_>,
    operations: &Operations,
    (id, number): (ApplicationId, &str),
    what: &str,
) -> Result<String, Refusal> {
    let number = number.parse().map_err(|_| Refusal::NotFound)?;
    match what {
        "approve" => operations.approve_correction(context.actor(), (id, number)).await.map(|_| ())?,
        "reject" => {
            let rejection = Rejection { reason: bounded_text(context.form, "reason", "理由")? };
            operations.reject_correction(context.actor(), (id, number), rejection).await.map(|_| ())?;
        }
        _ => return Err(Refusal::NotFound),
    }
    Ok(format!("/console/?done={what}"))
}

async fn of_settings(context: &Context<'_>, operations: &Operations, what: &str) -> Result<String, Refusal> {
    let (actor, form) = (context.actor(), context.form);
    match what {
        "place" => {
            let (part, text) = (part_named(form)?, part_text(form)?);
            let now = operations.check_part(actor, part.clone(), text.clone()).await?;
            // Only what was shown is put in force: that text, in the place of the one that counted then.
            if form.get("checked") != Some(now.sha256.as_str()) || form.get("in_force") != now.in_force.as_deref() {
                return Err(Refusal::Changed("现行文本或新的文本与检查时不同，没有启用；请重新检查".to_owned()));
            }
            operations.place(actor, part, text).await.map(|_| ())?;
        }
        "withdraw" => operations.withdraw(actor, part_named(form)?).await.map(|_| ())?,
        "sign-out" => operations.sign_out(actor, SignOut { subject: form.text("subject") }).await.map(|_| ())?,
        "try-again" => operations.try_again(actor).await.map(|_| ())?,
        "body" => operations.enter_body(actor, body(form)?).await.map(|_| ())?,
        _ => return Err(Refusal::NotFound),
    }
    Ok(format!("/console/settings?done=settings-{what}"))
}

/// A filed body; of what it is filed for, an occupation in each line, then its levels.
fn body(form: &Fields) -> Result<Body, Refusal> {
    let lines = |name: &str| form.text(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let scope = |line: &String| {
        let (occupation, levels) = line.split_once(char::is_whitespace)?;
        let levels = levels.split(|c: char| c.is_whitespace() || "、,，".contains(c)).filter(|level| !level.is_empty());
        let levels = levels.map(|level| level.trim_end_matches('级').parse().ok()).collect::<Option<Vec<u8>>>()?;
        Some(Scope { occupation: occupation.to_owned(), levels })
    };
    let wrong = |line: &String| Refusal::Malformed(format!("“{line}”不是“职业 等级”，如：车工 3 4 5"));
    let scope = lines("scope").iter().map(|line| scope(line).ok_or_else(|| wrong(line))).collect::<Result<_, _>>()?;
    let code = serde_json::from_value(Value::from(form.text("code13"))).map_err(|_| Refusal::Malformed("请填写机构代码".to_owned()))?;
    Ok(Body {
        code,
        name: form.text("name"),
        filed_with_province: form.get("filed_with_province").is_some(),
        former_names: lines("former_names"),
        units: lines("units"),
        scope,
    })
}

fn collection(form: &Fields) -> Result<Collect, Refusal> {
    Ok(Collect {
        certificate_type: certificate_type(form),
        on: form.wanted("on", "领取日期")?,
        collector: form.text("collector"),
        document_type: form.some("document_type"),
        document_number: form.some("document_number"),
        remark: form.some("remark"),
        reason: form.some("reason"),
    })
}

/// The chosen winners: handed out on a day, or an entry taken back.
fn hand_outs(form: &Fields) -> Result<EnterHandOuts, Refusal> {
    let taken_back = match is_taken_back(form) {
        true => Some(bounded_text(form, "mistake", "撤回的原因")?),
        false => None,
    };
    let on: Option<Date> = if taken_back.is_some() { None } else { Some(form.wanted("on", "发放日期")?) };
    let collector = form.some("collector").filter(|_| taken_back.is_none());
    let one =
        |code: &str| EnterHandOut { code: code.to_owned(), on, collector: collector.clone(), remark: None, taken_back: taken_back.clone() };
    let winners: Vec<EnterHandOut> = form.all("code").map(one).collect();
    if winners.is_empty() {
        return Err(Refusal::Malformed("请先在表中选中选手".to_owned()));
    }
    Ok(EnterHandOuts { winners })
}

fn is_taken_back(form: &Fields) -> bool {
    form.get("take-back").is_some()
}

/// First and last serial of each line; one alone is both.
fn ranges(form: &Fields) -> Vec<(String, String)> {
    let text = form.text("ranges");
    let pair = |line: &str| {
        let mut words = line.split(|c: char| c.is_whitespace() || ",，、至~～-－–—".contains(c)).filter(|word| !word.is_empty());
        let first = words.next()?.to_owned();
        Some((first.clone(), words.next().map_or(first, str::to_owned)))
    };
    text.lines().filter_map(pair).collect()
}

fn holder(form: &Fields) -> Result<Option<IssuingUnit>, Refusal> {
    form.some("holder").map(IssuingUnit::try_from).transpose().map_err(|error| Refusal::Malformed(error.to_string()))
}

async fn of_sheets(context: &Context<'_>, operations: &Operations, what: &str) -> Result<String, Refusal> {
    let (actor, form) = (context.actor(), context.form);
    if what == "ask" {
        let request = AskForSheets { kind: form.text("kind"), count: form.wanted("count", "张数")?, reason: form.text("reason") };
        return operations.ask_for_sheets(actor, request).await.map(|_| "/console/sheets?done=sheets-asked".to_owned());
    }
    if what == "refuse" {
        let holder = holder(form)?.ok_or(Refusal::NotFound)?;
        let request = RefuseSheets { kind: form.text("kind"), holder, reason: form.text("reason") };
        return operations.refuse_sheets(actor, request).await.map(|_| "/console/sheets?done=sheets-refused".to_owned());
    }
    if what == "destroy-confirm" {
        let request = ConfirmDestruction { kind: form.text("kind"), ranges: ranges(form), holder: holder(form)? };
        operations.confirm_destruction(actor, request).await?;
        return Ok("/console/sheets?done=moved".to_owned());
    }
    let request = SheetsRequest { kind: form.text("kind"), ranges: ranges(form), holder: holder(form)?, reason: form.some("reason") };
    match form.get("movement").filter(|_| what == "move") {
        Some("count") => {
            let kind = request.kind.clone();
            let variance = operations.count_sheets(actor, request).await?;
            let differs = !variance.missing.is_empty() || !variance.surplus.is_empty();
            // The ledger has what differs, and keeps it.
            let done = if differs { "counted-different" } else { "counted" };
            let query = serde_urlencoded::to_string([("kind", kind.as_str()), ("done", done)]).unwrap_or_default();
            return Ok(format!("/console/sheets/ledger?{query}"));
        }
        Some("destroy") => operations.propose_destruction(actor, request).await.map(|_| ())?,
        Some(movement) => {
            let movement: SheetMovement = named(movement).ok_or(Refusal::NotFound)?;
            operations.move_sheets(actor, movement, request).await.map(|_| ())?;
        }
        None => return Err(Refusal::NotFound),
    }
    Ok("/console/sheets?done=moved".to_owned())
}

fn publication(form: &Fields) -> Result<ApplyForPublication, Refusal> {
    let kind: BatchKind = form.get("kind").and_then(named).ok_or_else(|| Refusal::Malformed("请选择数据类型".to_owned()))?;
    let applications = form.text("application").split([' ', ',', '，', '、']).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    Ok(ApplyForPublication { kind, certificate_type: certificate_type(form), applications, batch_number: form.some("batch_number") })
}

/// The query site's result list: what was pasted goes before a file.
fn result_list(form: &Fields) -> ConfirmPublication {
    let list = form.some("list");
    let list_base64 = form.some("file").filter(|_| list.is_none());
    ConfirmPublication { list, list_base64 }
}

async fn of_publication(
    context: &Context<'_>,
    operations: &Operations,
    (applicant, number): (&str, &str),
    what: &str,
) -> Result<String, Refusal> {
    let (actor, form) = (context.actor(), context.form);
    let batch = Applicant::parse(applicant).zip(number.parse().ok()).ok_or(Refusal::NotFound)?;
    let done = match what {
        "review" => operations.review_publication(actor, batch).await.map(|_| "reviewed")?,
        "uploaded" => operations.note_upload(actor, batch).await.map(|_| "sent")?,
        "return" => operations
            .return_publication(actor, batch, ReturnPublication { reason: bounded_text(form, "reason", "理由")? })
            .await
            .map(|_| "returned")?,
        "confirm" => operations.confirm_publication(actor, batch, result_list(form)).await.map(|_| "confirmed")?,
        _ => return Err(Refusal::NotFound),
    };
    Ok(format!("/console/publications/{applicant}/{number}?done={done}"))
}

async fn create(context: &Context<'_>, operations: &Operations) -> Result<String, Refusal> {
    let typed = contest(context, operations).await?;
    let mut request = CreateApplication { contest: read_contest(&typed)?, unseen: Vec::new() };
    request.note_unseen(&json!({ "contest": typed }));
    let created = operations.create(context.actor(), request).await?;
    Ok(format!("/console/applications/{}/upload?done=created", created.id))
}

/// The record of a contest as it was typed.
async fn contest(context: &Context<'_>, operations: &Operations) -> Result<Value, Refusal> {
    let form = context.form;
    // What is no number and no day is said in the words of the form.
    form.wanted::<i16>("year", "竞赛年份")?;
    form.wanted::<Date>("final_on", "决赛日期")?;
    form.wanted::<Date>("issued_on", "发证日期")?;
    let mut events = Vec::new();
    for typed in TypedEvent::all(form).into_iter().filter(|typed| !typed.is_empty()) {
        events.push(event(context, operations, typed).await?);
    }
    let text = |name: &str| Value::from(form.text(name));
    let mut contest = json!({
        "name": text("name"), "class": text("class"), "hrss_hosted": text("hrss_hosted"), "organiser": text("organiser"),
        "committee": text("committee"), "jurisdiction": text("jurisdiction"), "year": text("year"), "final_on": text("final_on"),
        "issued_on": text("issued_on"), "events": events,
        "organiser_contact": { "address": text("address"), "phone": text("phone"), "responsible": text("responsible"), "handler": text("handler") },
    });
    for optional in ["selection_for", "organiser_body"] {
        if let Some(value) = form.get(optional) {
            contest[optional] = Value::from(value);
        }
    }
    Ok(contest)
}

fn read_contest(typed: &Value) -> Result<Contest, Refusal> {
    serde_json::from_value(typed.clone()).map_err(|error| Refusal::Malformed(format!("大赛信息填写有误：{}", unread(&error.to_string()))))
}

/// What is wrong with a record, in Chinese: the fields' own messages are, the parser's are not.
fn unread(message: &str) -> &str {
    let is_the_parsers =
        message.is_ascii() || ["invalid ", "missing ", "unknown ", "duplicate "].iter().any(|begin| message.starts_with(begin));
    if is_the_parsers { "有一项的值无法读取，请核对各项的写法" } else { message }
}

async fn contest_correction(context: &Context<'_>, operations: &Operations, version: u64) -> Result<CorrectContest, Refusal> {
    let typed = contest(context, operations).await?;
    let reason = context.form.some("reason");
    let mut request = CorrectContest { version, contest: read_contest(&typed)?, reason, unseen: Vec::new() };
    request.note_unseen(&json!({ "contest": typed }));
    Ok(request)
}

/// An event of the form, with the catalogue's code for its occupation's name, or the name for its code.
async fn event(context: &Context<'_>, operations: &Operations, typed: TypedEvent) -> Result<Value, Refusal> {
    let TypedEvent { name, mut occupation, mut code, job, winners } = typed;
    if occupation.is_empty() != code.is_empty() {
        let text = if code.is_empty() { occupation.clone() } else { code.clone() };
        let found = operations.occupations(context.actor(), OccupationsAsked { text: text.clone() }).await?;
        if let Some(found) = found.into_iter().find(|one| one.name == text || one.code == text) {
            (occupation, code) = (found.name, found.code);
        }
    }
    let mut event = json!({ "name": name, "occupation": occupation, "occupation_code": code });
    for (field, value) in [("job", job), ("winners", winners)] {
        if !value.is_empty() {
            event[field] = Value::from(value);
        }
    }
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::name_of;

    #[test]
    fn a_row_is_refused_or_approved_against_advice_and_not_both() {
        let form = Fields::of_query("refuse-3=a&refuse-4=&override-3=b&override-5=c");
        let review = review(&form).expect("a review");
        let refused: Vec<(u32, &str)> = review.refused.iter().map(|one| (one.row, one.reason.as_str())).collect();
        assert_eq!(refused, [(3, "a")]);
        assert_eq!(review.overrides.iter().map(|one| one.row).collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn cells_that_say_what_they_said_are_left_alone() {
        let form = Fields::of_query(
            "version=v&shown=B2&was-B2=a&cell-B2=b&shown=C2&was-C2=c&cell-C2=c&shown=D2&was-D2=4&cell-D2=4&as-shown=D2&shown=E2&was-E2=e&cell-E2=",
        );
        let request = cells(&form).expect("three cells");
        let told: Vec<(&str, &str)> = request.cells.iter().map(|one| (one.cell.as_str(), one.text.as_str())).collect();
        assert_eq!((request.version.as_str(), told), ("v", vec![("B2", "b"), ("D2", "4"), ("E2", "")]));
        assert!(cells(&Fields::of_query("version=v&shown=C2&was-C2=c&cell-C2=c")).is_err());
    }

    #[test]
    fn serials_stand_in_lines() {
        let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        let form = Fields::of_query("ranges=JN1+JN9%0D%0AJN20%0AJN30%E8%87%B3JN31%0AJN40-JN42");
        assert_eq!(ranges(&form), [pair("JN1", "JN9"), pair("JN20", "JN20"), pair("JN30", "JN31"), pair("JN40", "JN42")]);
    }

    #[test]
    fn materials_are_named_as_the_api_names_them() {
        assert_eq!(named::<Material>(&name_of(Material::Contest)), Some(Material::Contest));
    }
}
