//! 申报: the list, filtered, page by page.

use maud::{Markup, html};
use operations::Refusal;
use operations::lists::{ApplicationFilter, ApplicationPage, ApplicationSummary};
use rules::issue::status::Status;
use rules::values::vocabulary::ContestClass;

use crate::context::{Context, Menu, Page, field};
use crate::shown;

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let query = context.query;
    let filter = ApplicationFilter {
        mine: query.get("mine").map(|mine| mine == "true"),
        status: query.get("status").and_then(|name| Status::ALL.iter().copied().find(|status| status.name() == name)),
        class: query.get("class").map(ContestClass::named),
        jurisdiction: query.some("jurisdiction"),
        organiser: query.some("organiser"),
        contest: query.some("contest"),
        after: query.some("after"),
        size: query.read("size", "每页份数")?,
        ..ApplicationFilter::default()
    };
    let found = context.operations.list(context.actor(), filter).await?;
    let body = html! {
        section .card { (filters(context)) }
        section .card aria-label="申报列表" {
            @if found.applications.is_empty() { p .empty { "没有符合条件的申报。" } } @else { (lines(&found.applications)) }
            (pages(context, &found))
        }
    };
    Ok(Page::new(Menu::Applications, "申报", body))
}

fn filters(context: &Context<'_>) -> Markup {
    let query = context.query;
    let chosen = |name: &str, value: &str| query.get(name) == Some(value);
    html! {
        form .line method="get" action="/console/applications" role="search" {
            (field("状态", html! {
                select name="status" {
                    option value="" { "全部" }
                    @for status in Status::ALL { option value=(status.name()) selected[chosen("status", status.name())] { (status.word()) } }
                }
            }))
            (field("竞赛类别", html! { input name="class" value=[query.get("class")] maxlength="20" size="8"; }))
            (field("牵头主办单位", html! { input name="organiser" value=[query.get("organiser")] maxlength="100"; }))
            (field("大赛名称", html! { input name="contest" value=[query.get("contest")] maxlength="100" data-search; }))
            (field("每页", html! {
                select name="size" { @for size in ["20", "50", "100", "200"] { option value=(size) selected[chosen("size", size) || (size == "50" && query.get("size").is_none())] { (size) " 份" } } }
            }))
            label { input type="checkbox" name="mine" value="true" checked[chosen("mine", "true")]; " 只列待我办理" }
            button { "查询" }
            a .button href="/console/applications" { "重置" }
        }
    }
}

/// Applications as lines of a table.
pub(super) fn lines(applications: &[ApplicationSummary]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="申报" data-keys {
            table {
                thead { tr { th { "申报号" } th { "大赛名称" } th { "类别" } th { "牵头主办单位" } th { "环节" } th .num { "停留天数" } th { "待谁办理" } } }
                tbody {
                    @for one in applications {
                        tr {
                            td .code { a href=(format!("/console/applications/{}", one.id)) { (one.id.as_str()) } }
                            td { (one.contest) }
                            td { (one.class.name()) }
                            td { (one.organiser) }
                            td { (shown::status(one.status, &one.status_word)) }
                            td .num { (one.waiting_days) }
                            td { @for party in &one.turn { (shown::party(party)) " " } }
                        }
                    }
                }
            }
        }
    }
}

fn pages(context: &Context<'_>, found: &ApplicationPage) -> Markup {
    html! {
        p .pages {
            @if context.query.get("after").is_some() { a .button href=(format!("/console/applications?{}", context.query.with("after", ""))) { "第一页" } }
            @if let Some(next) = &found.next { a .button rel="next" href=(format!("/console/applications?{}", context.query.with("after", next))) { "下一页" } }
            span .help { "本页 " (found.applications.len()) " 份" }
        }
    }
}
