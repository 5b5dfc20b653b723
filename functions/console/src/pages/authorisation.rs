//! 一赛一授权 as it was given: its number, its paper, what goes under it; entered and withdrawn by the Center.

use maud::{Markup, html};
use operations::Refusal;
use operations::authorisation::ShownAuthorisation;
use operations::show::ShownApplication;
use rules::issue::application::ApplicationId;

use crate::context::{Context, Menu, Page, field};

/// What an authorisation says.
pub(super) fn facts(one: &ShownAuthorisation) -> Markup {
    let fact = |label: &str, value: &str| html! { div { dt { (label) } dd { (value) } } };
    html! {
        h2 { "授权 " span .code { (one.number.as_deref().unwrap_or("编号尚未登记")) } }
        dl .facts {
            (fact("大赛", &one.contest))
            (fact("竞赛类别", one.class.name()))
            (fact("牵头主办单位", &one.organiser))
            (fact("组委会", &one.committee))
            (fact("授权日期", &one.on.to_string()))
            (fact("发证日期", &one.issued_on.to_string()))
            (fact("代章", &one.center))
            @if let Some(gap) = &one.unconfirmed { (fact("待确认", gap)) }
            div { dt { "所属的申报" } dd { @for id in &one.applications { a .code href=(format!("/console/applications/{id}")) { (id.as_str()) } " " } } }
        }
        @if let Some(document) = &one.document { p .acts { a .button href=(document) { "授权书" } } }
    }
}

/// With a link to its paper, 授权书.
pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let one = context.operations.authorisation(context.actor(), id.clone()).await?;
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } }
        section .card { (facts(&one)) }
        @if let Some(document) = &one.document { iframe src=(document) title="授权书" {} }
    };
    Ok(Page::new(Menu::Applications, "一赛一授权", body))
}

/// What stands of it on the page of an application, and what the Center may still do.
pub(super) fn section(context: &Context<'_>, shown: &ShownApplication) -> Markup {
    let decides = context.decides(&shown.contest.jurisdiction);
    let withdrawable = decides && shown.status.is_authorised() && shown.decisions.iter().all(|lot| lot.end == 0 && lot.recorded == 0);
    let path = format!("/console/applications/{}", shown.id);
    let [number, withdraw] = ["number", "withdraw"].map(|what| format!("{path}/authorisation-{what}"));
    html! {
        @if shown.authorisation.is_some() || withdrawable {
            section .card {
                @if let Some(one) = &shown.authorisation {
                    (facts(one))
                    p .acts { a .button href=(format!("{path}/authorisation")) { "取授权书" } }
                    @if decides && one.number.is_none() {
                        (context.line(&number, html! {
                            (field("授权编号（登记后不能更改）", html! { input name="number" required maxlength="60" value=[context.typed(&number).get("number")]; }))
                            button { "登记编号" }
                        }))
                    }
                }
                @if withdrawable {
                    details open[context.is_sent(&withdraw)] {
                        summary { "撤销" (shown.status_word.trim_start_matches('已')) "（赋码之前）" }
                        (context.line(&withdraw, html! {
                            input type="hidden" name="version" value=(shown.version);
                            (field("撤销的理由", html! { input name="reason" required maxlength="200" size="40" value=[context.typed(&withdraw).get("reason")]; }))
                            button .bad { "撤销" }
                        }))
                    }
                }
            }
        }
    }
}
