//! 资格审核意见: what the account's own issuing unit decided, as a page to print and sign.

use maud::{Markup, html};
use operations::Refusal;
use operations::show::ShownApplication;
use operations::statement::{Statement, StatementAsked, StatementRow};
use rules::issue::application::ApplicationId;

use crate::context::{Context, Menu, Page};
use crate::shown;

/// Rows of one table: browsers take long to lay out a table of thousands.
const ROWS: usize = 200;
/// Rows that are read at once.
const READ: u32 = 500;

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let shown = operations.show(actor, id.clone()).await?;
    let asked = |after| StatementAsked { after, size: Some(READ) };
    let mut statement = operations.statement(actor, id.clone(), asked(None)).await?;
    // To be signed as a whole.
    while let Some(after) = statement.next_after {
        let next = operations.statement(actor, id.clone(), asked(Some(after))).await?;
        statement.rows.extend(next.rows);
        statement.next_after = next.next_after;
    }
    Ok(Page::new(Menu::Applications, "资格审核意见", body(context, &shown, &statement)))
}

fn body(context: &Context<'_>, shown: &ShownApplication, statement: &Statement) -> Markup {
    let Statement { approved, against_advice, refused, .. } = statement;
    let (not_approved, passed): (Vec<_>, Vec<_>) = statement.rows.iter().partition(|row| row.refused.is_some());
    let overridden: Vec<&StatementRow> = passed.iter().copied().filter(|row| row.against_advice.is_some()).collect();
    html! {
        p .crumbs { a href=(format!("/console/applications/{}", shown.id)) { "申报 " (shown.id.as_str()) } }
        section .card {
            p { "大赛：" (shown.contest.name) "（" (shown.contest.class.name()) "，" (shown.contest.organiser) "）" }
            p {
                "本机构审核 " (approved + refused) " 人：" (approved) " 人通过"
                @if *against_advice > 0 { "（其中 " (against_advice) " 人有检查提示，写明理由仍予通过）" }
                "，" (refused) " 人不予通过。"
            }
            p { "审核账号：" (statement.decided_by) "，" (shown::moment(statement.decided_at)) }
            h2 { "通过" }
            @if passed.is_empty() { p .empty { "没有通过的选手。" } }
            @for part in passed.chunks(ROWS) { (approved_rows(part)) }
            @if !overridden.is_empty() {
                h2 { "仍予通过的理由" }
                @for part in overridden.chunks(ROWS) { (reasons("有检查提示仍予通过", "理由", part, |row| &row.against_advice)) }
            }
            @if !not_approved.is_empty() {
                h2 { "不予通过" }
                @for part in not_approved.chunks(ROWS) { (reasons("不予通过的选手", "理由", part, |row| &row.refused)) }
            }
            p .sign { "审核人（签字）：＿＿＿＿＿＿＿＿　　复核人（签字）：＿＿＿＿＿＿＿＿　　" (shown::actor(context.actor())) "（盖章）　　年　　月　　日" }
        }
        p .acts { button type="button" data-print { "打印本页" } span .help { "没有脚本的浏览器请用浏览器的“打印”。" } }
    }
}

/// What a part of a table is of: its first and last row.
fn stretch(what: &str, rows: &[&StatementRow]) -> String {
    match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => format!("{what}，第 {} 至 {} 行", first.row, last.row),
        _ => what.to_owned(),
    }
}

fn approved_rows(rows: &[&StatementRow]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(stretch("通过的选手", rows)) { table {
            thead { tr { th .num { "行" } th { "姓名" } th { "证书类型" } th { "等级" } th { "颁证主体" } th { "证书编码或编号" } } }
            tbody { @for row in rows { tr {
                td .num { (row.row) } td { (row.name) } td { (row.certificate_type) } td { (row.level.as_deref().unwrap_or_default()) }
                td { (row.issuing_body) } td .code { (row.number.as_deref().unwrap_or("—")) }
            } } }
        } }
    }
}

fn reasons(what: &str, word: &str, rows: &[&StatementRow], reason: impl Fn(&StatementRow) -> &Option<String>) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(stretch(what, rows)) { table {
            thead { tr { th .num { "行" } th { "姓名" } th { (word) } } }
            tbody { @for row in rows { tr { td .num { (row.row) } td { (row.name) } td { (reason(row).as_deref().unwrap_or_default()) } } } }
        } }
    }
}
