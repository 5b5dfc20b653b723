//! 综合查询: by name or document number, which stand in the form and never in an address; by number of a certificate or of an authorisation.

use maud::{Markup, html};
use operations::Refusal;
use operations::authorisation::AuthorisationAsked;
use operations::search::{Found, Search};
use operations::verification::{VerifiedCertificate, VerifiedList, VerifyList};
use rules::after::verification::State;

use crate::context::{Context, Menu, Page, field};
use crate::problem::Problem;
use crate::requests::text_or_file;

/// The forms alone; with `?number=`, what has that number.
pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let found = match context.query.get("number") {
        Some(number) => by_number(context, number).await?,
        None => html! {},
    };
    Ok(whole(context, &found))
}

/// Who was looked for, found.
pub(super) async fn found(context: &Context<'_>) -> Result<Page, Refusal> {
    let search = Search { name: context.form.some("name"), document_number: context.form.some("document_number") };
    let found = match context.operations.search(context.actor(), search).await {
        Ok(found) => people(&found),
        Err(refusal @ Refusal::Malformed(_)) => Problem::from(refusal).body(None),
        Err(refusal) => return Err(refusal),
    };
    Ok(whole(context, &found))
}

/// A list of certificates, each with what anybody would be told of it.
pub(super) async fn verified(context: &Context<'_>) -> Result<Page, Refusal> {
    let named = text_or_file(context.form, "certificates", "请选择名单文件，或粘贴名单");
    let list = match named.and_then(|text| VerifyList::parse(&text)) {
        Ok(list) => context.operations.verify_list(context.actor(), list).await,
        Err(refusal) => Err(refusal),
    };
    let told = match list {
        Ok(told) => verifications(&told),
        Err(refusal @ (Refusal::Malformed(_) | Refusal::TooOften(_))) => Problem::from(refusal).body(None),
        Err(refusal) => return Err(refusal),
    };
    Ok(whole(context, &told))
}

fn verifications(told: &VerifiedList) -> Markup {
    html! {
        section .card #verified aria-label="核验结果" {
            h2 { "核验结果：" (told.certificates.len()) " 份，有效 " (told.counting) " 份，其他 " (told.others) " 份" }
            div .scroll tabindex="0" role="region" aria-label="逐份的结果" data-keys { table {
                thead { tr { th { "证书编号" } th { "姓名" } th { "结果" } th { "职业" } th { "等级" } th { "颁证主体" } th { "发证日期" } th { "说明" } } }
                tbody { @for one in &told.certificates { (verification(one)) } }
            } }
        }
    }
}

fn verification(one: &VerifiedCertificate) -> Markup {
    let state = one.answer.as_ref().map(|answer| answer.state);
    let class = match state {
        Some(State::Valid | State::Corrected) => "tag good",
        Some(State::Revoked | State::Unknown) => "tag bad",
        None => "tag warn",
    };
    let shown = one.answer.as_ref().and_then(|answer| answer.certificate.as_ref());
    html! {
        tr {
            td .code { (one.asked.code) } td { (one.asked.name) } td { span class=(class) { (one.word) } }
            @match shown {
                Some(shown) => { td { (shown.occupation) } td { (shown.level) } td { (shown.issuing_body) } td { (shown.issued_on) } },
                None => { td {} td {} td {} td {} },
            }
            td { @if let Some(answer) = one.answer.as_ref().filter(|answer| answer.state != State::Valid) { (answer.message) } }
        }
    }
}

fn whole(context: &Context<'_>, found: &Markup) -> Page {
    const VERIFY: &str = "/console/search/verify";
    const PEOPLE: &str = "/console/search";
    let (form, list) = (context.typed(PEOPLE), context.typed(VERIFY));
    let body = html! {
        section .card {
            h2 { "按选手" }
            (context.line(PEOPLE, html! {
                (field("姓名", html! { input name="name" maxlength="60" value=[form.get("name")] autocomplete="off" data-search; }))
                (field("或证件号码（查询记入留痕）", html! { input name="document_number" maxlength="60" autocomplete="off"; }))
                button .main { "查询" }
            }))
        }
        section .card {
            h2 { "按编号" }
            form .line method="get" action="/console/search" role="search" {
                (field("证书编码、证书编号或授权编号", html! { input name="number" maxlength="60" size="30" value=[context.query.get("number")] required; }))
                button { "查询" }
            }
            p .help { "按大赛、牵头主办单位、类别、状态查找申报，请到" a href="/console/applications" { "申报" } "。" }
        }
        section .card {
            details open[context.is_sent(VERIFY)] {
                summary { "按名单核验证书" }
                (context.with_file(VERIFY, html! {
                    label .field { span { "文件（文本或 CSV）" } input type="file" name="file" accept=".csv,.txt"; }
                    label .field { span { "或粘贴证书名单：每行写编号和持证人，最多 500 份；可从表格中复制" } textarea name="certificates" rows="8" autocomplete="off" { (list.text("certificates")) } }
                    p .acts { button .main { "核验" } span .help { "答复与公众查询页相同；核验记入留痕。" } }
                }))
            }
        }
        (found)
    };
    Page::new(Menu::Search, "综合查询", body)
}

async fn by_number(context: &Context<'_>, number: &str) -> Result<Markup, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    match operations.certificate(actor, number.to_owned()).await {
        Ok(found) => return Ok(html! { section .card { (super::certificates::one(&found)) } }),
        Err(Refusal::NotFound | Refusal::Malformed(_)) => {}
        Err(refusal) => return Err(refusal),
    }
    match operations.find_authorisation(actor, AuthorisationAsked { number: number.to_owned(), jurisdiction: None }).await {
        Ok(found) => Ok(html! { section .card { (super::authorisation::facts(&found)) } }),
        Err(Refusal::NotFound | Refusal::Malformed(_)) => {
            Ok(html! { section .card { p .empty { "没有这个编号的证书或授权，或不属于本账号可以查看的范围。" } } })
        }
        Err(refusal) => Err(refusal),
    }
}

fn people(found: &Found) -> Markup {
    html! {
        section .card aria-label="查询结果" {
            h2 { "查询结果" }
            @if found.rows.is_empty() { p .empty { "没有查到；写全姓名或证件号码。" } } @else {
                div .scroll tabindex="0" role="region" aria-label="查到的选手" data-keys { table {
                    thead { tr { th { "申报" } th { "大赛名称" } th { "牵头主办单位" } th .num { "行" } th { "姓名" } th { "证件号码" } th { "赛项和名次" } th { "等级" } th { "编码或编号" } th { "状态" } } }
                    tbody { @for row in &found.rows { tr {
                        td .code { a href=(format!("/console/applications/{}/rows/{}", row.application, row.row)) { (row.application.as_str()) } }
                        td { (row.contest) } td { (row.organiser) } td .num { (row.row) } td { (row.name) }
                        td .code { (row.document_number) } td { (row.event) br; (row.award) } td { (row.level.as_deref().unwrap_or_default()) }
                        td .code { (row.number.as_deref().unwrap_or_default()) @if row.revoked { " " span .tag.bad { "已注销" } } }
                        td { (row.status_word) }
                    } } }
                } }
                @if found.more { p .help { "可能还有其他人；同名多的请按证件号码查询。" } }
            }
        }
    }
}
