//! 工作台: what is asked of whoever looks at it, oldest first.

use maud::{Markup, html};
use operations::Refusal;
use operations::blocked::BlockedList;
use operations::lists::ApplicationFilter;
use rules::values::party::Role;

use super::changes;
use super::list::lines;
use crate::context::{Context, Menu, Page};
use crate::shown;

/// Applications that are shown here; the list has them all.
const SHOWN: u32 = 20;

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let counts = operations.counts(actor).await?;
    let mine = ApplicationFilter { mine: Some(true), size: Some(SHOWN), ..ApplicationFilter::default() };
    let mine = operations.list(actor, mine).await?;
    let overdue = operations.overdue(actor).await?;
    let late = overdue.lots.len() + overdue.winners.len();
    let requests = if actor.role == Role::Center { operations.waiting_corrections(actor).await? } else { Vec::new() };
    let blocked = if actor.role == Role::Center { seen_by_the_seat(operations.blocked(actor).await)? } else { 0 };
    let body = html! {
        @if blocked > 0 {
            div .note.bad { p { "有 " (blocked) " 件事项处理受阻，系统已停止重试。" a href="/console/settings#blocked" { "查看" } } }
        }
        section .card aria-labelledby="mine" {
            h2 #mine { "待我办理（" (shown::count(counts.mine)) "）" }
            @if mine.applications.is_empty() { (nothing(actor.role)) } @else { (lines(&mine.applications)) }
            @if mine.next.is_some() || counts.mine.count > SHOWN {
                p .acts { a .button href="/console/applications?mine=true" { "全部待办" } }
            }
        }
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
            div .note.warn { p { "有 " (late) " 批证书逾期未领取或未发放（超过 " (overdue.remind_after_days) " 天）。" a href="/console/hand-out" { "查看" } } }
        }
    };
    Ok(Page::new(Menu::Desk, "工作台", body))
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
            "现在没有等待办理的申报。"
            @if role == Role::Unit { a href=(Menu::Create.path()) { "新建申报" } }
        }
    }
}
