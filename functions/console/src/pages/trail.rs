//! 经过: the whole trail of an application, page by page; and, for the Center, who had personal data of it shown.

use maud::{Markup, html};
use operations::Refusal;
use operations::show::ShownApplication;
use operations::trail::{ShownEntry, TrailAsked};
use rules::issue::application::ApplicationId;
use rules::values::party::Role;

use crate::context::{Context, Menu, Page};
use crate::shown;

/// Entries on a page.
const SIZE: u32 = 200;

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let looks = context.query.get("looks") == Some("true");
    let asked = TrailAsked { looks: looks.then_some(true), after: context.query.read("after", "翻页标记")?, size: Some(SIZE) };
    let page = context.operations.trail(context.actor(), id.clone(), asked).await?;
    let shown = context.operations.show(context.actor(), id.clone()).await?;
    let with = |after: &str| format!("{}?{}", context.path, context.query.with("after", after));
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } }
        @if context.actor().role == Role::Center { (sides(context, looks)) }
        section .card {
            @if looks { p .help { "材料、照片、样张和完整证件号码的查看：何时、何账号、看了什么、事由。" } }
            @else { (handed_in(&shown)) }
            @if page.entries.is_empty() { p .empty { @if page.next_after.is_some() { "这一页没有本机构可见的记录。" } @else { "没有记录。" } } }
            @else { (table(&page.entries)) }
            p .pages {
                @if context.query.get("after").is_some() { a .button href=(with("")) { "第一页" } }
                @if let Some(next) = page.next_after { a .button rel="next" href=(with(&next.to_string())) { "下一页" } }
                span .help { "按时间先后，每页 " (SIZE) " 条" }
            }
        }
    };
    Ok(Page::new(Menu::Applications, if looks { "查看记录" } else { "经过" }, body))
}

/// When it came to be; what was uploaded when stands with the materials.
fn handed_in(shown: &ShownApplication) -> Markup {
    html! {
        p {
            (shown::moment(shown.created_at)) " 新建"
            @if let Some(at) = shown.submitted_at { "；" (shown::moment(at)) " 首次提交" }
            "。各次交来的文件、时间和检查结果见"
            a href=(format!("/console/applications/{}/materials", shown.id)) { "查看材料" } "。"
        }
    }
}

/// What was done, and who looked.
fn sides(context: &Context<'_>, looks: bool) -> Markup {
    html! {
        p .acts aria-label="留痕" {
            a .button href=(context.path) aria-current=[(!looks).then_some("page")] { "经过" }
            a .button href=(format!("{}?looks=true", context.path)) aria-current=[looks.then_some("page")] { "查看记录" }
        }
    }
}

fn table(entries: &[ShownEntry]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="逐条记录" data-keys { table {
            thead { tr { th .num { "序号" } th { "时间" } th { "事项" } th { "账号" } th { "依据" } th { "证书" } th { "说明" } } }
            tbody { @for entry in entries { tr {
                td .num { (entry.number) }
                td { (shown::moment(entry.at)) }
                td { (entry.action_word) }
                td { (entry.actor.as_deref().unwrap_or("—")) }
                td { (entry.clause) }
                td .code { @if let Some(code) = &entry.code { a href=(format!("/console/certificates/{}", code.as_str())) { (code.as_str()) } } @else { (entry.certificate_types.join("、")) } }
                td { (entry.detail.as_deref().unwrap_or_default()) }
            } } }
        } }
    }
}
