//! 选手逐行: what each row gets or would get and why, what was found of it, where it stands; and one row with its whole chain of rules.

use maud::{Markup, html};
use operations::Refusal;
use operations::explain::Explanation;
use operations::reveal::{Reveal, Revealed};
use operations::row_list::{RowFilter, RowPage, RowsAsked, ShownRow};
use operations::states::RowState;
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::values::finding::Finding;
use rules::values::vocabulary::CertificateType;
use serde_json::Value;

use crate::context::{Context, Menu, Page, field};
use crate::problem::if_any;
use crate::shown;

/// The name of a filter in addresses: that of the API.
fn name_of(filter: RowFilter) -> String {
    serde_json::to_value(filter).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The filter that the address names.
pub(super) fn wanted(context: &Context<'_>) -> Option<RowFilter> {
    context.query.get("only").and_then(|name| serde_json::from_value(Value::from(name)).ok())
}

/// All rows, page by page.
pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let only = wanted(context);
    let asked = RowsAsked { only, changes: Some(true), after: context.query.read("after", "翻页标记")?, ..RowsAsked::default() };
    let shown = operations.show(actor, id.clone()).await?;
    let rows = operations.rows(actor, id.clone(), asked).await?;
    let body = html! {
        (crumbs(&id, &shown.contest.name))
        @if rows.preview { div .note { p { "预告：现在" (rows.act) "的话，各行按下面的方案颁证；尚未作任何登记。" } } }
        @if !rows.findings.is_empty() { section .card { h2 { "还不能排出方案" } (shown::findings(&rows.findings)) } }
        (filters(context, &rows, only))
        section .card {
            @if rows.rows.is_empty() { p .empty { "没有这样的选手。" } } @else { (table(&id, &rows.rows)) }
            (turning(context, rows.next_after))
        }
    };
    Ok(Page::new(Menu::Applications, "选手逐行", body))
}

fn crumbs(id: &ApplicationId, contest: &str) -> Markup {
    html! { p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } " · " (contest) } }
}

/// Which rows are listed: of each kind, how many there are.
pub(super) fn filters(context: &Context<'_>, rows: &RowPage, only: Option<RowFilter>) -> Markup {
    html! {
        p .acts aria-label="筛选" {
            a .button href=(context.path) aria-current=[only.is_none().then_some("true")] { "全部（" (rows.total) "）" }
            @for one in rows.counts.iter().filter(|one| one.count > 0) {
                a .button href=(format!("{}?only={}", context.path, name_of(one.only))) aria-current=[(only == Some(one.only)).then_some("true")] { (one.word) "（" (one.count) "）" }
            }
        }
    }
}

/// To the first page and to the next.
pub(super) fn turning(context: &Context<'_>, next: Option<u32>) -> Markup {
    let with = |after: &str| format!("{}?{}", context.path, context.query.with("after", after));
    html! {
        p .pages {
            @if context.query.get("after").is_some() { a .button href=(with("")) { "第一页" } }
            @if let Some(next) = next { a .button rel="next" href=(with(&next.to_string())) { "下一页" } }
        }
    }
}

/// Rows as lines of a table, each leading to its own page.
pub(super) fn table(id: &ApplicationId, rows: &[ShownRow]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="选手" data-keys {
            table {
                thead { tr { th .num { "行" } th { "姓名" } th { "证件号码" } th { "赛项和名次" } th { "证书" } th { "颁证主体" } th { "编码或编号（赋码前为前 16 位）" } th { "检查结果" } th { "状态" } } }
                tbody { @for row in rows { (line(id, row)) } }
            }
        }
    }
}

fn line(id: &ApplicationId, row: &ShownRow) -> Markup {
    html! {
        tr {
            td .num { a href=(format!("/console/applications/{id}/rows/{}", row.row)) aria-label=(format!("第 {} 行", row.row)) { (row.row) } }
            td { (row.name) @if row.by_hand { br; small { "手工填写" } } @if !row.photo { br; small { "没有照片" } } @if row.changed == Some(true) { br; small { "与上次提交不同" } } }
            td .code { (row.document_number) }
            td { (row.event) br; (row.award) }
            td { (certificate(row)) }
            td { (row.issuing_body.as_deref().unwrap_or_default()) @if let Some(by) = &row.sealed_by { br; small { "代章：" (by) } } }
            td .code { (row.number.as_deref().or(row.prefix.as_deref()).unwrap_or_default()) }
            td { (found(&row.findings)) }
            td { span .tag { (row.state_word) } @if let Some(reason) = &row.reason { br; small { (reason) } } }
        }
    }
}

/// What was found, in a cell; the code is what documents and the staff of another office know it by.
pub(super) fn found(findings: &[Finding]) -> Markup {
    html! { @for finding in findings { p { (shown::severity(finding.severity)) " " (shown::in_words(&finding.message)) " " small .code { (finding.code.as_str()) } } } }
}

fn certificate(row: &ShownRow) -> Markup {
    html! {
        (row.certificate_type_word.as_deref().unwrap_or_default())
        @if let Some(level) = &row.level { @if row.certificate_type_word.is_some() { br; } (level) }
    }
}

/// One row: its facts, and the chain of rules to what it gets.
pub(super) async fn one(context: &Context<'_>, id: ApplicationId, row: u32) -> Result<Page, Refusal> {
    with_revealed(context, id, row, None).await
}

/// The same, with what lists do not show: it is told to whoever says why, and that is an entry.
pub(super) async fn revealed(context: &Context<'_>, id: ApplicationId, row: u32) -> Result<Page, Refusal> {
    let request = Reveal { reason: context.form.text("reason") };
    let revealed = context.operations.reveal(context.actor(), (id.clone(), row), request).await?;
    with_revealed(context, id, row, Some(revealed)).await
}

async fn with_revealed(context: &Context<'_>, id: ApplicationId, number: u32, revealed: Option<Revealed>) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let shown = operations.show(actor, id.clone()).await?;
    // The page that begins with it.
    let asked = RowsAsked { after: number.checked_sub(1), size: Some(1), ..RowsAsked::default() };
    let rows = operations.rows(actor, id.clone(), asked).await?;
    let row = rows.rows.into_iter().find(|row| row.row == number).ok_or(Refusal::NotFound)?;
    // A roster that has no plan yet has nothing to explain.
    let explanation = if_any(operations.explain(actor, (id.clone(), number)).await)?;
    let path = format!("/console/applications/{id}");
    let body = html! {
        p .crumbs { a href=(&path) { "申报 " (id.as_str()) } " · " a href=(format!("{path}/rows")) { "选手逐行" } " · " (shown.contest.name) }
        (facts(&row, revealed.as_ref()))
        @if takes_number(context, &shown.unit, &row) { (number_form(context, &format!("{path}/rows/{number}/number"), &row)) }
        @if revealed.is_none() { (reveal(context, &format!("{path}/rows/{number}/reveal"))) }
        @if !row.findings.is_empty() { section .card { h2 { "检查结果" } (shown::findings(&row.findings)) } }
        @match &explanation { Some(explanation) => (steps(explanation)), None => {} }
    };
    Ok(Page::new(Menu::Applications, format!("第 {number} 行"), body))
}

fn facts(row: &ShownRow, revealed: Option<&Revealed>) -> Markup {
    let fact = |label: &str, value: &str| html! { div { dt { (label) } dd { @if value.is_empty() { "—" } @else { (value) } } } };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
    html! {
        section .card {
            dl .facts {
                (fact("姓名", &row.name))
                (fact("性别", &row.gender))
                (fact(&row.document_type, revealed.map_or(&row.document_number, |revealed| &revealed.document_number)))
                @if let Some(revealed) = revealed { (fact("手机号码", &revealed.phone)) }
                @if let Some(number) = revealed.and_then(|revealed| revealed.requested_document_number.as_ref()) { (fact("申请更正为", number)) }
                (fact("工作单位", &row.employer))
                (fact("赛项", &row.event))
                (fact("名次", &row.award))
                (fact("职业", &row.occupation))
                (fact("工种", &or_none(&row.job)))
                (fact("等级", &or_none(&row.level)))
                (fact("证书类型", &or_none(&row.certificate_type_word)))
                (fact("颁证主体", &or_none(&row.issuing_body)))
                (fact("代章", &or_none(&row.sealed_by)))
                (fact(&number_label(row), &or_none(&row.number.clone().or_else(|| row.prefix.clone()))))
                (fact("状态", &row.state_word))
                @if let Some(reason) = &row.reason { (fact("原因", reason)) }
            }
        }
    }
}

/// What stands in the place of the number is called by what it is.
fn number_label(row: &ShownRow) -> String {
    let word = row.certificate_type.map_or("编码或编号", CertificateType::number_word);
    let so_far = row.number.is_none() && row.prefix.is_some();
    format!("证书{word}{}", if so_far { "前 16 位" } else { "" })
}

/// Whether the row has a number that is entered, and the account may be here to enter it.
fn takes_number(context: &Context<'_>, unit: &str, row: &ShownRow) -> bool {
    let (Some(certificate_type), Some(reviewer)) = (row.certificate_type, &row.reviewer) else { return false };
    let of_others = certificate_type.is_of_others();
    let entering = if of_others { Action::EnterNumber { unit, reviewer } } else { Action::Qualify { reviewer } };
    let takes = match row.state {
        Some(RowState::Recorded) => true,
        // Others' numbers are put right with a reason, however far the lot is.
        Some(RowState::Archived | RowState::HandedOut) => of_others,
        _ => false,
    };
    takes && context.actor().may(entering).is_ok()
}

/// The number that others gave the certificate, or that of one of ours that is numbered by hand: fields for what its type has.
fn number_form(context: &Context<'_>, path: &str, row: &ShownRow) -> Markup {
    let form = context.typed(path);
    let of_others = row.certificate_type.is_some_and(CertificateType::is_of_others);
    html! {
        section .card {
            details open[row.number.is_none() || context.is_sent(path)] {
                summary { "登记证书编号" @if row.number.is_some() { "（更改须写明理由）" } }
                (context.form(path, html! {
                    div .grid {
                        (field("证书编号", html! { input name="number" required maxlength="40" value=[form.get("number")]; }))
                        @if of_others {
                            (field("职业资格实施机构", html! { input name="implementing_body" maxlength="60" value=[form.get("implementing_body")]; }))
                            (field("文号或依据", html! { input name="document" maxlength="60" value=[form.get("document")]; }))
                            (field("颁发日期", html! { input type="date" name="issued_on" value=[form.get("issued_on")]; }))
                            @if row.number.is_some() { (field("更改的理由", html! { input name="reason" maxlength="200" value=[form.get("reason")]; })) }
                        }
                    }
                    p .acts { button .main { "登记编号" } @if !of_others { span .help { "登记后即生成证书，不能改填；有误的用“更正”。" } } }
                }))
            }
        }
    }
}

fn reveal(context: &Context<'_>, path: &str) -> Markup {
    html! {
        section .card {
            details open[context.is_sent(path)] {
                summary { "查看完整的证件号码和手机号码" }
                (context.line(path, html! {
                    (field("事由（记入留痕）", html! { input name="reason" required maxlength="200" size="40" value=[context.typed(path).get("reason")]; }))
                    button { "查看" }
                }))
            }
        }
    }
}

fn steps(explanation: &Explanation) -> Markup {
    html! {
        section .card {
            h2 { "为什么得到这样的证书" @if explanation.preview { "（预告，尚未登记）" } }
            p .help { "适用通知：" (explanation.notice) }
            div .scroll { table {
                thead { tr { th { "条款" } th { "问题" } th { "依据" } th { "结论" } th { "是否确认" } } }
                tbody { @for step in &explanation.steps { tr {
                    td { (step.clause) }
                    td { (step.question) }
                    td { (step.input) }
                    td { strong { (step.outcome) } }
                    td { @match &step.unconfirmed { Some(gap) => span .tag.warn { "待确认 " (gap) }, None => {} } }
                } } }
            } }
        }
    }
}
