//! 证书: by its code, or application by application.

use maud::{Markup, html};
use operations::Refusal;
use operations::show::FoundCertificate;
use rules::values::party::Role;

use super::list::{decided, lines, none_on_this_page};
use crate::context::{Context, Menu, Page, field};

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let code = context.query.get("code");
    let found = match code {
        Some(code) => Some(operations.certificate(actor, code.to_owned()).await),
        None => None,
    };
    let decided = decided(context).await?;
    let body = html! {
        section .card {
            form .line method="get" action="/console/certificates" role="search" {
                (field("证书编码或编号", html! { input name="code" value=[code] required maxlength="40" size="26" data-search; }))
                button { "查询" }
            }
            @match found {
                None => {},
                Some(Ok(found)) => (one(&found)),
                Some(Err(Refusal::NotFound)) => p .empty { "没有这个编码或编号的证书，或不属于本账号可以查看的范围。" },
                Some(Err(refusal)) => (crate::problem::Problem::from(refusal).body(None)),
            }
        }
        @if actor.role != Role::Unit { p .acts { a .button href="/console/certificates/several" { "批量补发、更正、注销" } } }
        section .card {
            h2 { "已审核的申报" }
            @if decided.applications.is_empty() { (none_on_this_page(context, decided.next.as_deref(), "还没有颁发证书。")) } @else { (lines(&decided.applications)) }
            @if let Some(next) = decided.next.as_ref().filter(|_| !decided.applications.is_empty()) { p .pages { a .button rel="next" href=(format!("/console/certificates?{}", context.query.with("after", next))) { "下一页" } } }
        }
    };
    Ok(Page::new(Menu::Certificates, "证书", body))
}

pub(super) fn one(found: &FoundCertificate) -> Markup {
    let certificate = &found.certificate;
    let fact = |label: &str, value: &str| html! { div { dt { (label) } dd { (value) } } };
    html! {
        h2 { (if certificate.code.is_some() { "证书编码 " } else { "证书编号 " }) span .code { @match certificate.own_number() { Some(number) => a href=(format!("/console/certificates/{number}")) { (number) }, None => (certificate.number.as_deref().unwrap_or_default()) } } " " span .tag { (certificate.state_word) } }
        dl .facts {
            (fact("姓名", &certificate.name))
            (fact("证书类型", &certificate.certificate_type))
            @if let Some(level) = &certificate.level { (fact("等级", level)) }
            (fact("颁证主体", &certificate.issuing_body))
            (fact("发证日期", &found.issued_on.to_string()))
            @if let Some(serial) = &certificate.serial { (fact("流水号", serial)) }
            (fact("大赛", &found.contest))
            (fact("依据", &found.notice))
            div { dt { "申报号" } dd { a .code href=(format!("/console/applications/{}", found.application)) { (found.application.as_str()) } } }
            @if let Some(reason) = &certificate.reason { (fact("原因", reason)) }
            @if let Some(pdf) = &certificate.pdf { div { dt { "文件" } dd { a href=(pdf) { "PDF" } } } }
        }
    }
}
