//! 信息上网: batches, and what is done with each.

use maud::{Markup, html};
use operations::Refusal;
use operations::publication::ShownBatch;
use rules::after::publication::BatchState;
use rules::values::party::{Applicant, Role};

use crate::context::{Context, Menu, Page, field};
use crate::requests::named;
use crate::shown;

/// What the kinds of batches are called; their names stand in forms.
const KINDS: [(&str, &str); 3] = [("new", "新增"), ("correction", "更正"), ("revocation", "注销")];

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let mut list = context.operations.publications(context.actor()).await?;
    let state = context.query.get("state").and_then(named::<BatchState>);
    list.batches.retain(|batch| state.is_none_or(|state| batch.state == state));
    let form = context.typed("/console/publications");
    let body = html! {
        section .card {
            h2 { "申报信息上网" }
            (context.line("/console/publications", html! {
                (field("数据类型", html! { select name="kind" { @for (name, word) in KINDS { option value=(name) selected[form.get("kind") == Some(name)] { (word) } } } }))
                (field("申报号（不填为全部可申报的）", html! { input name="application" maxlength="200" size="30" value=[form.get("application")]; }))
                (field("批次号（上级给出的）", html! { input name="batch_number" maxlength="40" value=[form.get("batch_number")]; }))
                button .main { "申报" }
            }))
        }
        section .card {
            h2 { "各批" @if let Some(state) = state { "：" (state.word()) } }
            @if state.is_some() { p .acts { a .button href="/console/publications" { "全部各批" } } }
            @if !list.batches.is_empty() { (table(&list.batches)) }
            @else if state.is_some() { p .empty { "没有这样的批次。" } }
            @else { p .empty { "还没有申报信息上网的批次。已存档的证书可以申报。" } }
        }
    };
    Ok(Page::new(Menu::Publications, "信息上网", body))
}

fn path(batch: &ShownBatch) -> String {
    format!("/console/publications/{}/{}", batch.applicant, batch.number)
}

fn table(batches: &[ShownBatch]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="各批" data-keys { table {
            thead { tr { th { "标题" } th { "申报单位" } th { "类型" } th .num { "条数" } th { "状态" } } }
            tbody { @for batch in batches.iter().rev() { tr {
                td { a href=(path(batch)) { (batch.title) } } td { (shown::party(&batch.applicant)) } td { (batch.kind_word) } td .num { (batch.count) } td { span .tag { (batch.state_word) } }
            } } }
        } }
    }
}

/// One batch.
pub(super) async fn batch(context: &Context<'_>, applicant: &str, number: &str) -> Result<Page, Refusal> {
    let named = Applicant::parse(applicant).zip(number.parse().ok()).ok_or(Refusal::NotFound)?;
    let batch = context.operations.publication(context.actor(), named).await?;
    let body = html! {
        p .crumbs { a href="/console/publications" { "信息上网" } " · " span .tag { (batch.state_word) } }
        section .card {
            dl .facts {
                div { dt { "申报单位" } dd { (batch.body) } }
                div { dt { "数据类型" } dd { (batch.kind_word) } }
                div { dt { "条数" } dd { (batch.count) } }
                div { dt { "依据" } dd { (batch.notice) } }
                @if let Some(gap) = &batch.unconfirmed { div { dt { "待确认" } dd { (gap) } } }
            }
            p .acts data-again=[batch.workbook.is_none().then_some(5)] {
                @if let Some(workbook) = &batch.workbook { a .button href=(workbook) { "数据表（Excel）" } }
                @if let Some(form) = &batch.form { a .button href=(form) { "表5" } }
                @if batch.workbook.is_none() { span .help { "数据表和表5正在生成" } }
            }
        }
        section .card {
            h2 { "证书" }
            div .scroll { table {
                thead { tr { th { "申报号" } th { "大赛名称" } th .num { "条数" } } }
                tbody { @for lot in &batch.lots { tr { td .code { a href=(format!("/console/applications/{}", lot.application)) { (lot.application.as_str()) } } td { (lot.contest) } td .num { (lot.count) } } } }
            } }
        }
        @if context.actor().role == Role::Center { (duties(context, &batch)) }
        section .card { h2 { "经过" } ol .trail { @for step in &batch.steps { li { (shown::moment(step.at)) " " (step.state.word()) "（" (step.by) "）" @if let Some(reason) = &step.reason { "：" (reason) } } } } }
    };
    Ok(Page::new(Menu::Publications, batch.title.clone(), body))
}

fn duties(context: &Context<'_>, batch: &ShownBatch) -> Markup {
    let path = path(batch);
    let (confirm, send_back) = (format!("{path}/confirm"), format!("{path}/return"));
    html! {
        @if !matches!(batch.state, BatchState::Confirmed | BatchState::Returned) {
            section .card {
                h2 { "省职鉴中心办理" }
                @match batch.state {
                    BatchState::Applied => (context.form(&format!("{path}/review"), html! { p .acts { button .main { "审核通过" } } })),
                    BatchState::Reviewed => (context.form(&format!("{path}/uploaded"), html! { p .acts { button .main { "登记已上传" } } })),
                    BatchState::Uploaded => (context.with_file(&confirm, html! {
                        (field("结果清单的文件（CSV，含表头，编码不限）", html! { input type="file" name="file" accept=".csv,.txt"; }))
                        label .field { span { "或粘贴查询网站的结果清单（含表头）" } textarea name="list" rows="8" { (context.typed(&confirm).text("list")) } }
                        p .acts { button .main { "确认上网" } span .help { "二者都有的，以粘贴的为准。" } }
                    })),
                    BatchState::Confirmed | BatchState::Returned => {},
                }
                details open[context.is_sent(&send_back)] {
                    summary { "退回" }
                    (context.line(&send_back, html! {
                        (field("退回理由", html! { input name="reason" required maxlength="200" size="40" value=[context.typed(&send_back).get("reason")]; }))
                        button .bad { "退回" }
                    }))
                }
            }
        }
    }
}
