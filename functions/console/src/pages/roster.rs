//! What was found of the roster, at its cells, which can be put right here.

use maud::{Markup, html};
use operations::Refusal;
use operations::cells::{CellsAsked, JudgedCell, JudgedRoster, JudgedRow};
use rules::issue::application::ApplicationId;
use rules::values::finding::{Finding, FindingCode};
use rules::values::vocabulary::Material;

use super::upload::AGAIN;
use crate::context::{Context, Menu, Page};
use crate::shown;

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor, query) = (context.operations, context.actor(), context.query);
    let only = query.get("only").and_then(|only| FindingCode::ALL.iter().copied().find(|code| code.as_str() == only));
    let after = query.get("after").and_then(|after| after.parse().ok());
    let application = operations.show(actor, id.clone()).await?;
    let roster = operations.judged_roster(actor, id.clone(), CellsAsked { only, after, size: None }).await?;
    let reports = operations.reports(actor, id.clone()).await?;
    let marked = reports.iter().find(|report| report.material == Material::Roster).and_then(|report| report.workbook.as_ref());
    let path = format!("/console/applications/{id}/roster");
    let takes = application.status.takes_materials() && !roster.judging;
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } " · " (application.contest.name) " · " (shown::status(application.status, &application.status_word)) }
        @if roster.judging {
            div .note data-again=(AGAIN) { p { "新交的模板表正在检查；本页会自动刷新，也可以 " a href=(path) { "手动刷新" } "。以下是上一版的检查结果。" } }
        } @else if roster.clean {
            div .note.good { p { "模板表已通过检查" @if roster.total > 0 { "；以下各项为提示，可以不改" } "。" } }
        }
        @if roster.version.is_none() {
            section .card { p .empty { "还没有检查过模板表。" } p .acts { a .button.main href=(format!("/console/applications/{id}/upload")) { "上传材料" } } }
        } @else {
            (causes(&roster, only, &path))
            @if !roster.of_the_whole.is_empty() { section .card { h2 { "整张表" } (shown::findings(&roster.of_the_whole)) } }
            section .card {
                h2 #cells { "逐格改正" }
                p .acts {
                    @if let Some(marked) = marked { a .button href=(marked) { "下载标注的模板表" } }
                    a .button href=(format!("/console/applications/{id}/upload")) { "改为上传整张表" }
                }
                @if roster.rows.is_empty() { p .empty { "没有这样的行。" } } @else { (grid(context, &roster, takes, &path)) }
                p .pages {
                    @if after.is_some() { a .button href=(link(&path, only, None)) { "第一页" } }
                    @if let Some(next) = roster.next_after { a .button rel="next" href=(link(&path, only, Some(next))) { "下一页" } }
                    span .help { "共 " (roster.total) " 行有检查结果，本页 " (roster.rows.len()) " 行" }
                }
            }
        }
    };
    Ok(Page::new(Menu::Applications, "模板表的检查结果", body))
}

fn link(path: &str, only: Option<FindingCode>, after: Option<u32>) -> String {
    let only = only.map(|only| format!("only={only}"));
    let after = after.map(|after| format!("after={after}"));
    let query: Vec<String> = only.into_iter().chain(after).collect();
    format!("{path}?{}#cells", query.join("&"))
}

/// What was found, by cause; each leads to its rows.
fn causes(roster: &JudgedRoster, only: Option<FindingCode>, path: &str) -> Markup {
    html! {
        section .card {
            h2 { "按原因" }
            @if roster.causes.is_empty() { p .empty { "没有检查结果。" } } @else {
                div .scroll tabindex="0" role="region" aria-label="按原因" { table {
                    thead { tr { th { "轻重" } th { "原因" } th .num { "处数" } th { "怎样改正" } th { "依据" } } }
                    tbody { @for cause in &roster.causes { tr {
                        td { (shown::severity(cause.first.severity)) }
                        td { a href=(link(path, Some(cause.first.code), None)) aria-current=[(only == Some(cause.first.code)).then_some("true")] { (cause.first.message) br; small .code { (cause.first.code.as_str()) } } }
                        td .num { (cause.count) } td { (cause.first.fix) } td { (cause.first.clause.as_deref().unwrap_or_default()) }
                    } } }
                } }
                @if only.is_some() { p .acts { a .button href=(link(path, None, None)) { "全部原因" } } }
            }
        }
    }
}

fn grid(context: &Context<'_>, roster: &JudgedRoster, takes: bool, path: &str) -> Markup {
    let table = html! {
        div .scroll tabindex="0" role="region" aria-label="逐格改正" data-keys { table .cells {
            thead { tr { th .num { "行" } th { "选手" } th { "单元格" } th { "内容" } th { "检查结果和改法" } } }
            tbody { @for row in &roster.rows { (lines(context, row, takes)) } }
        } }
    };
    if !takes {
        return table;
    }
    context.kept_form(
        path,
        html! {
            input type="hidden" name="version" value=[roster.version.as_ref()];
            (table)
            p .acts { button .main { "改正并重新检查" } span .help { "只改动过的单元格写入模板表，其余内容、格式、下拉选项原样；声明须重新作出。" } }
        },
    )
}

/// A line for each cell of a row, and one for what was found of the whole row.
fn lines(context: &Context<'_>, row: &JudgedRow, takes: bool) -> Markup {
    let spans = row.cells.len() + usize::from(!row.findings.is_empty());
    let whose = html! {
        td .num rowspan=(spans) { (row.row) }
        td rowspan=(spans) {
            @for (number, (header, text)) in row.context.iter().enumerate() {
                @if number == 0 { (text) } @else { small { (header) "：" (text) } }
            }
        }
    };
    html! {
        @for (number, cell) in row.cells.iter().enumerate() {
            tr {
                @if number == 0 { (whose) }
                td { span .code { (cell.cell) } br; (cell.header) }
                td .(mark(&cell.findings)) { @if takes { (entry(context, cell)) } @else { (cell.text) } }
                td { (said(&cell.findings)) }
            }
        }
        @if !row.findings.is_empty() {
            tr { @if row.cells.is_empty() { (whose) } td { "整行" } td {} td { (said(&row.findings)) } }
        }
    }
}

fn mark(findings: &[Finding]) -> &'static str {
    if findings.iter().any(Finding::is_error) { "bad" } else { "warn" }
}

fn said(findings: &[Finding]) -> Markup {
    html! {
        @for finding in findings {
            p { (shown::severity(finding.severity)) " " (finding.message) small { "改法：" (finding.fix) @if let Some(clause) = &finding.clause { "（" (clause) "）" } } }
        }
    }
}

/// The field in which a cell is put right; a closed list is offered as one.
fn entry(context: &Context<'_>, cell: &JudgedCell) -> Markup {
    let name = format!("cell-{}", cell.cell);
    let label = format!("{}（{}）", cell.header, cell.cell);
    // Emptied in what was sent, it is empty.
    let typed = context.form.raw(&name, 0).unwrap_or(&cell.text);
    html! {
        input type="hidden" name="shown" value=(cell.cell);
        input type="hidden" name=(format!("was-{}", cell.cell)) value=(cell.text);
        @if cell.choices.is_empty() {
            input name=(name) value=(typed) maxlength="500" aria-label=(label) autocomplete="off";
        } @else {
            select name=(name) aria-label=(label) {
                @if !cell.choices.iter().any(|choice| choice == typed) { option value=(typed) selected { @if typed.is_empty() { "（空）" } @else { (typed) } } }
                @for choice in &cell.choices { option value=(choice) selected[choice == typed] { (choice) } }
            }
        }
        @if cell.computed { label { input type="checkbox" name="as-shown" value=(cell.cell); " 把公式或日期改成所示的文字" } }
    }
}
