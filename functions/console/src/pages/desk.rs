//! 工作台: what is asked of whoever looks at it, oldest first.

use maud::{Markup, html};
use operations::Refusal;
use operations::blocked::BlockedList;
use operations::lists::{ApplicationFilter, ShownCount};
use operations::tasks::Tasks;
use rules::values::party::Role;

use super::changes;
use super::list::lines;
use crate::context::{Context, Menu, Page};
use crate::shown;

/// Applications that are shown here; the list has them all.
const SHOWN: u32 = 20;

/// Something that waits, and where it is done.
struct Waiting {
    what: String,
    count: ShownCount,
    href: String,
}

impl Waiting {
    fn new(what: impl Into<String>, count: ShownCount, href: impl Into<String>) -> Self {
        Self { what: what.into(), count, href: href.into() }
    }
}

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let is_center = actor.role == Role::Center;
    let mine = ApplicationFilter { mine: Some(true), size: Some(SHOWN), ..ApplicationFilter::default() };
    let (counts, mine, tasks, requests, blocked) = futures::try_join!(
        operations.counts(actor),
        operations.list(actor, mine),
        operations.tasks(actor),
        async { if is_center { operations.waiting_corrections(actor).await } else { Ok(Vec::new()) } },
        async { if is_center { seen_by_the_seat(operations.blocked(actor).await) } else { Ok(0) } },
    )?;
    let late = late(context, &tasks).await?;
    let others = waiting(&tasks);
    let nothing_waits = mine.applications.is_empty() && mine.next.is_none() && others.is_empty() && requests.is_empty();
    let body = html! {
        @if blocked > 0 {
            div .note.bad { p { "有 " (blocked) " 件事项处理受阻，系统已停止重试。" a href="/console/settings#blocked" { "查看" } } }
        }
        section .card aria-labelledby="mine" {
            h2 #mine { "待我办理（" (shown::count(counts.mine)) "）" }
            @if nothing_waits { (nothing(actor.role)) }
            @else if mine.applications.is_empty() { p .help { "没有待审核、待补正的申报；其他待办如下。" } }
            @else { (lines(&mine.applications)) }
            @if mine.next.is_some() || counts.mine.count > SHOWN {
                p .acts { a .button href="/console/applications?mine=true" { "全部待办" } }
            }
        }
        (other_work(&others))
        (changes::waiting(context, &requests))
        h2 { "各环节的申报" }
        ul .cards {
            @for one in &counts.statuses {
                li {
                    a href=(format!("/console/applications?status={}", one.status.name())) {
                        strong { (shown::count(one.count)) }
                        (one.status_word)
                    }
                }
            }
        }
        @if late > 0 {
            div .note.warn { p { "有 " (late) " 批证书逾期未领取或未发放（超过 " (tasks.remind_after_days) " 天）。" a href="/console/hand-out" { "查看" } } }
        }
    };
    Ok(Page::new(Menu::Desk, "工作台", body))
}

/// Lots that have waited too long; for a unit, those with winners who have not got theirs as well.
async fn late(context: &Context<'_>, tasks: &Tasks) -> Result<usize, Refusal> {
    if context.actor().role != Role::Unit {
        return Ok(tasks.overdue_lots as usize);
    }
    let overdue = context.operations.overdue(context.actor()).await?;
    Ok(overdue.lots.len() + overdue.winners.len())
}

/// All that waits, in the order of the work.
fn waiting(tasks: &Tasks) -> Vec<Waiting> {
    let exact = |count: u32| ShownCount { count, or_more: false };
    let lots = tasks.lots.iter().map(|one| {
        let what = format!("份申报的证书{}", one.task_word);
        Waiting::new(what, one.count, format!("/console/applications?task={}", one.task.name()))
    });
    let batches = tasks.batches.iter().map(|one| {
        Waiting::new(format!("批信息上网{}", one.task_word), exact(one.count), format!("/console/publications?state={}", one.state.name()))
    });
    let sheets = [
        (tasks.requisitions, "件空白证书申领待答复"),
        (tasks.to_acknowledge, "种空白证书待签收"),
        (tasks.destructions, "件销毁待第二人签字"),
    ];
    let sheets = sheets.map(|(count, what)| Waiting::new(what, exact(count), Menu::Sheets.path()));
    let accounts = Waiting::new("个账号待开通", tasks.accounts, "/console/accounts?status=applied");
    lots.chain(batches).chain(sheets).chain([accounts]).filter(|one| one.count.count > 0).collect()
}

fn other_work(others: &[Waiting]) -> Markup {
    html! {
        @if !others.is_empty() {
            section .card aria-labelledby="others" {
                h2 #others { "其他待办" }
                ul .cards { @for one in others { li { a href=(one.href) { strong { (shown::count(one.count)) } (one.what) } } } }
            }
        }
    }
}

/// How much is blocked; the Centers that are not the seat are not told.
fn seen_by_the_seat(blocked: Result<BlockedList, Refusal>) -> Result<usize, Refusal> {
    match blocked {
        Ok(list) => Ok(list.blocked.len()),
        Err(Refusal::Denied) => Ok(0),
        Err(other) => Err(other),
    }
}

fn nothing(role: Role) -> Markup {
    html! {
        p .empty {
            "现在没有等待办理的事项。"
            @if role == Role::Unit { a href=(Menu::Create.path()) { "新建申报" } }
        }
    }
}
