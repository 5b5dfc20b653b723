//! 申报: the list, filtered, page by page, and as a workbook to take along.

use maud::{Markup, html};
use operations::Refusal;
use operations::lists::{ApplicationFilter, ApplicationPage, ApplicationSummary, FilterChoices};
use operations::lot_tasks::LotTask;
use rules::issue::allocation::Stage;
use rules::issue::status::Status;
use rules::values::vocabulary::ContestClass;

use super::lots::next_step;
use crate::context::{Context, Menu, Page, field};
use crate::fields::Fields;
use crate::reply::File;
use crate::requests::named;
use crate::shown;

/// The stages of lots, in order.
const STAGES: [Stage; 5] = [Stage::Issued, Stage::Printed, Stage::Archived, Stage::Published, Stage::HandedOut];
/// What lots may wait for, in order.
const TASKS: [LotTask; 5] = [LotTask::Number, LotTask::Print, LotTask::Archive, LotTask::Publish, LotTask::Collect];

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let (operations, actor, query) = (context.operations, context.actor(), context.query);
    let filter =
        ApplicationFilter { after: query.some("after"), size: query.read("size", "每页份数")?, total: Some(true), ..filter(query)? };
    let found = operations.list(actor, filter).await?;
    let choices = operations.filter_choices(actor).await?;
    let body = html! {
        section .card { (filters(context, &choices)) }
        section .card aria-label="申报列表" {
            @if found.applications.is_empty() { (none_on_this_page(context, found.next.as_deref(), "没有符合条件的申报。")) } @else { (lines(&found.applications)) }
            (pages(context, &found))
        }
    };
    Ok(Page::new(Menu::Applications, "申报", body))
}

/// What the address asks for, but for the page.
fn filter(query: &Fields) -> Result<ApplicationFilter, Refusal> {
    Ok(ApplicationFilter {
        mine: query.get("mine").map(|mine| mine == "true"),
        status: query.get("status").and_then(|name| Status::ALL.iter().copied().find(|status| status.name() == name)),
        class: query.get("class").map(ContestClass::named),
        jurisdiction: query.some("jurisdiction"),
        organiser: query.some("organiser"),
        contest: query.some("contest"),
        stage: query.get("stage").and_then(named),
        print_failed: query.get("print_failed").map(|failed| failed == "true"),
        task: query.get("task").and_then(named),
        waiting_days: query.read("waiting_days", "停留天数")?,
        ..ApplicationFilter::default()
    })
}

/// Applications that have certificates. Those of which only some lots are decided come first, on the first page.
pub(super) async fn decided(context: &Context<'_>) -> Result<ApplicationPage, Refusal> {
    let (operations, actor, after) = (context.operations, context.actor(), context.query.some("after"));
    let at = |status, after| ApplicationFilter { status: Some(status), after, ..ApplicationFilter::default() };
    let in_part = match after {
        None => operations.list(actor, ApplicationFilter { lots: Some(true), ..at(Status::Authorised, None) }).await?.applications,
        Some(_) => Vec::new(),
    };
    let mut page = operations.list(actor, at(Status::Qualified, after)).await?;
    let in_part = in_part.into_iter().filter(|one| one.lots.as_ref().is_some_and(|lots| !lots.is_empty()));
    page.applications.splice(0..0, in_part);
    Ok(page)
}

/// The list as a workbook, filtered as it is shown.
pub(super) async fn exported(context: &Context<'_>) -> Result<File, Refusal> {
    let exported = context.operations.exported_list(context.actor(), filter(context.query)?).await?;
    File::workbook(exported.file, &exported.workbook_base64)
}

fn filters(context: &Context<'_>, choices: &FilterChoices) -> Markup {
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
            (field("竞赛类别", html! {
                select name="class" { option value="" { "全部" } @for class in &choices.classes { option value=(class) selected[chosen("class", class)] { (class) } } }
            }))
            (field("管辖地区", html! {
                select name="jurisdiction" { option value="" { "全部" } @for (code, name) in &choices.jurisdictions { option value=(code) selected[chosen("jurisdiction", code)] { (name) } } }
            }))
            (field("证书环节", html! {
                select name="stage" { option value="" { "全部" } @for stage in STAGES { option value=(stage.name()) selected[chosen("stage", stage.name())] { (stage.word()) } } }
            }))
            (field("本单位待办", html! {
                select name="task" { option value="" { "全部" } @for task in TASKS { option value=(task.name()) selected[chosen("task", task.name())] { (task.word()) } } }
            }))
            (field("停留天数不少于", html! { input type="number" name="waiting_days" min="0" max="3650" value=[query.get("waiting_days")]; }))
            (field("牵头主办单位", html! { input name="organiser" value=[query.get("organiser")] maxlength="100"; }))
            (field("大赛名称", html! { input name="contest" value=[query.get("contest")] maxlength="100" data-search; }))
            (field("每页", html! {
                select name="size" { @for size in ["20", "50", "100", "200"] { option value=(size) selected[chosen("size", size) || (size == "50" && query.get("size").is_none())] { (size) " 份" } } }
            }))
            label { input type="checkbox" name="mine" value="true" checked[chosen("mine", "true")]; " 只列待我办理" }
            label { input type="checkbox" name="print_failed" value="true" checked[chosen("print_failed", "true")]; " 只列打印失败" }
            button { "查询" }
            a .button href="/console/applications" { "重置" }
        }
    }
}

/// Applications as lines of a table.
pub(super) fn lines(applications: &[ApplicationSummary]) -> Markup {
    let with_lots = applications.iter().any(|one| one.lots.is_some());
    html! {
        div .scroll tabindex="0" role="region" aria-label="申报" data-keys {
            table {
                thead { tr { th { "申报号" } th { "大赛名称" } th { "类别" } th { "牵头主办单位" } th { "环节" } th .num { "停留天数" } th { "待谁办理" } @if with_lots { th { "证书" } } } }
                tbody { @for one in applications { (line(one, with_lots)) } }
            }
        }
    }
}

fn line(one: &ApplicationSummary, with_lots: bool) -> Markup {
    html! {
        tr {
            td .code { a href=(format!("/console/applications/{}", one.id)) { (one.id.as_str()) } }
            td { (one.contest) }
            td { (one.class.name()) }
            td { (one.organiser) }
            td { (shown::status(one.status, &one.status_word)) }
            td .num { (one.waiting_days) }
            td { @for party in &one.turn { (shown::party(party)) " " } }
            @if with_lots {
                td { @for lot in one.lots.iter().flatten() {
                    p {
                        (lot.certificate_type_word) " " span .tag { (lot.stage_word) }
                        @if lot.print_failed { " " span .tag.bad { "打印失败" } }
                        @if let Some(task) = lot.task {
                            @let (href, word) = next_step(&one.id, task);
                            @if task.word() != lot.stage_word { " " span .tag.warn { (task.word()) } }
                            " " a href=(href) { (word) }
                        }
                    }
                } }
            }
        }
    }
}

/// What is said where a page of a filtered list has nothing: that there is nothing at all, or that none was found so far, and the way on.
pub(super) fn none_on_this_page(context: &Context<'_>, next: Option<&str>, nothing: &str) -> Markup {
    html! {
        @match next {
            None if context.query.get("after").is_some() => p .empty { "其余的申报中没有符合条件的。" },
            None => p .empty { (nothing) },
            Some(next) => p .empty {
                "到目前为止没有找到，后面还有没查的。"
                a .button rel="next" href=(format!("{}?{}", context.path, context.query.with("after", next))) { "继续查找" }
            },
        }
    }
}

fn pages(context: &Context<'_>, found: &ApplicationPage) -> Markup {
    let with = |after: &str| format!("/console/applications?{}", context.query.with("after", after));
    html! {
        p .pages {
            @if context.query.get("after").is_some() { a .button href=(with("")) { "第一页" } }
            @if let Some(next) = found.next.as_ref().filter(|_| !found.applications.is_empty()) { a .button rel="next" href=(with(next)) { "下一页" } }
            span .help {
                @if let Some(total) = found.total { "共 " (shown::count(total)) " 份，" }
                "本页 " (found.applications.len()) " 份"
            }
            @if !found.applications.is_empty() { a .button href=(format!("/console/applications/export?{}", context.query.with("after", ""))) { "导出 Excel" } }
        }
    }
}
