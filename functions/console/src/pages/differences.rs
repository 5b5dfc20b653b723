//! 与上次提交的不同: the roster that counts against the one before, row by row and cell by cell.

use maud::{Markup, html};
use operations::Refusal;
use operations::differences::{ChangedRow, DifferencesAsked};
use rules::issue::application::ApplicationId;

use super::rows::turning;
use crate::context::{Context, Menu, Page};
use crate::shown;

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let asked = DifferencesAsked { after: context.query.read("after", "翻页标记")?, ..DifferencesAsked::default() };
    let found = context.operations.differences(context.actor(), id.clone(), asked).await?;
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } }
        section .card {
            @match (&found.from, &found.to) {
                (Some(from), Some(to)) => {
                    p { (shown::moment(from.handed_in_at)) " 提交的模板表，与 " (shown::moment(to.handed_in_at)) " 提交的相比，" (found.total) " 行不同。" }
                    @if found.rows.is_empty() { p .empty { "没有不同。" } } @else { (table(&found.rows)) }
                }
                _ => p .empty { "只有一次通过检查的模板表，没有可以比较的。" }
            }
            (turning(context, found.next_after))
        }
    };
    Ok(Page::new(Menu::Applications, "与上次提交的不同", body))
}

fn table(rows: &[ChangedRow]) -> Markup {
    html! {
        div .scroll { table {
            thead { tr { th .num { "行" } th { "姓名" } th { "列" } th { "原来" } th { "现在" } } }
            tbody {
                @for row in rows {
                    @match (row.was, row.row) {
                        (_, None) => tr { td .num { "原第 " (row.was.unwrap_or_default()) " 行" } td { (row.name) } td colspan="3" { span .tag.bad { "已删去" } } },
                        (None, Some(now)) => tr { td .num { (now) } td { (row.name) } td colspan="3" { span .tag.go { "新增" } } },
                        (Some(was), Some(now)) => @for (place, cell) in row.cells.iter().enumerate() {
                            tr {
                                td .num { @if place == 0 { (now) @if was != now { br; small { "原第 " (was) " 行" } } } }
                                td { @if place == 0 { (row.name) } }
                                td { (cell.column) } td { del { (cell.before) } } td { ins { (cell.after) } }
                            }
                        },
                    }
                }
            }
        } }
    }
}
