//! 信息上网: batches, and what is done with each.

use maud::{Markup, html};
use operations::Refusal;
use operations::publication::ShownBatch;
use rules::after::publication::BatchState;
use rules::values::party::{Applicant, Role};

use crate::context::{Context, Menu, Page, field};
use crate::shown;

/// What the kinds of batches are called; their names stand in forms.
const KINDS: [(&str, &str); 3] = [("new", "新增"), ("correction", "更正"), ("revocation", "注销")];

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let list = context.operations.publications(context.actor()).await?;
    let form = context.form;
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
            h2 { "各批" }
            @if list.batches.is_empty() { p .empty { "还没有申报信息上网的批次。已存档的证书可以申报。" } } @else { (table(&list.batches)) }
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
    html! {
        @if !matches!(batch.state, BatchState::Confirmed | BatchState::Returned) {
            section .card {
                h2 { "省职鉴中心办理" }
                @match batch.state {
                    BatchState::Applied => (context.form(&format!("{path}/review"), html! { p .acts { button .main { "审核通过" } } })),
                    BatchState::Reviewed => (context.form(&format!("{path}/uploaded"), html! { p .acts { button .main { "登记已上传" } } })),
                    BatchState::Uploaded => (context.form(&format!("{path}/confirm"), html! {
                        label .field { span { "查询网站的结果清单（CSV，含表头，粘贴）" } textarea name="list" required rows="8" {} }
                        p .acts { button .main { "确认上网" } }
                    })),
                    BatchState::Confirmed | BatchState::Returned => {},
                }
                details {
                    summary { "退回" }
                    (context.line(&format!("{path}/return"), html! {
                        (field("退回理由", html! { input name="reason" required maxlength="200" size="40" value=[context.form.get("reason")]; }))
                        button .bad { "退回" }
                    }))
                }
            }
        }
    }
}
