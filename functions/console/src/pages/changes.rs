//! A certificate after its code: 补发, 更正, 注销, of one and of a list; and the corrections that wait for a second person.

use maud::{Markup, html};
use operations::Refusal;
use operations::bulk::SeveralChanged;
use operations::corrections::ShownRequest;
use rules::issue::correction::ApprovalReason;
use rules::values::party::{Applicant, Role};

use super::certificates;
use crate::context::{Context, Menu, Page, field};
use crate::fields::Fields;
use crate::shown;

/// One certificate, with what may be done with it.
pub(super) async fn page(context: &Context<'_>, code: &str) -> Result<Page, Refusal> {
    let found = context.operations.certificate(context.actor(), code.to_owned()).await?;
    let counts = found.certificate.revoked.is_none() && found.certificate.own_number().is_some();
    let kind = Kind { has_code: found.certificate.code.is_some(), on_sheet: found.certificate.serial.is_some() };
    let issues = context.actor().role != Role::Unit;
    let path = format!("/console/certificates/{code}");
    let body = html! {
        p .crumbs { a href="/console/certificates" { "证书" } }
        section .card { (certificates::one(&found)) }
        @if issues && counts {
            (reissue(context, &path, kind))
            (correct(context, &path, kind))
            (revoke(context, &path, kind))
        }
    };
    Ok(Page::new(Menu::Certificates, "证书", body))
}

/// What forms ask for of a certificate.
#[derive(Debug, Clone, Copy)]
struct Kind {
    /// Whether it has a code (四), or else a number (专项职业能力证书).
    has_code: bool,
    /// Whether it lies on a blank sheet, and would lie on another one.
    on_sheet: bool,
}

impl Kind {
    fn number_word(self) -> &'static str {
        if self.has_code { "编码" } else { "编号" }
    }
}

/// What every change says; `on_sheet`: of certificates on blank sheets, on none, or of a list of both.
fn terms(form: &Fields, on_sheet: Option<bool>) -> Markup {
    let chosen = |value: &str| form.get("old_sheet") == Some(value);
    let none = match on_sheet {
        Some(true) => "请选择",
        Some(false) => "没有按批打印过",
        None => "没有打印过",
    };
    html! {
        (field("原因", html! { input name="reason" required maxlength="200" value=[form.get("reason")]; }))
        (field("原来的那一张", html! {
            select name="old_sheet" required[on_sheet == Some(true)] {
                option value="" { (none) }
                option value="voided" selected[chosen("voided")] { "已收回，作废" }
                option value="lost" selected[chosen("lost")] { "已遗失" }
            }
        }))
    }
}

fn top(form: &Fields) -> Markup {
    field("用哪一张空白证书", html! { input name="top" maxlength="20" placeholder="库存中最小的" value=[form.get("top")]; })
}

fn reissue(context: &Context<'_>, path: &str, kind: Kind) -> Markup {
    let action = format!("{path}/reissue");
    let form = context.typed(&action);
    html! {
        section .card {
            details open[context.is_sent(&action)] {
                summary { "补发（" (kind.number_word()) "不变，另印一张）" }
                (context.form(&action, html! { div .grid { (terms(form, Some(kind.on_sheet))) @if kind.on_sheet { (top(form)) } } p .acts { button { "补发" } } }))
            }
        }
    }
}

fn correct(context: &Context<'_>, path: &str, kind: Kind) -> Markup {
    // One form with two buttons: what was typed is shown again whichever was pressed.
    let (correct, request) = (format!("{path}/correct"), format!("{path}/request-correction"));
    let form = if context.is_sent(&request) { context.typed(&request) } else { context.typed(&correct) };
    let cell = |label: &str, name: &str, kind: &str| {
        field(label, html! { input name=(name) type=(kind) maxlength="100" autocomplete="off" value=[form.get(name)]; })
    };
    html! {
        section .card {
            details open[context.is_sent(&correct) || context.is_sent(&request)] {
                summary { "更正（不更正的留空；" @if kind.has_code { "等级、颁证机构、" } "换人须另一人批准）" }
                (context.form(&correct, html! {
                    div .grid {
                        (cell("姓名", "name", "text"))
                        (cell("证件类型", "document_type", "text"))
                        (cell("证件号码", "document_number", "text"))
                        (cell("发证日期", "issued_on", "date"))
                        @if kind.has_code {
                            (cell("等级（数字，如 3）", "level", "number"))
                            (cell("颁证机构代码", "body", "text"))
                            (cell("颁证机构名称", "issuing_body", "text"))
                        } @else {
                            (cell("证书编号（手工登记有误的）", "number", "text"))
                        }
                        (terms(form, Some(kind.on_sheet)))
                        @if kind.on_sheet { (top(form)) }
                        (cell("有提醒仍更正的理由", "against_advice", "text"))
                    }
                    p .acts { button { "更正" } button formaction=(request) { "提出更正申请" } }
                }))
            }
        }
    }
}

fn revoke(context: &Context<'_>, path: &str, kind: Kind) -> Markup {
    let action = format!("{path}/revoke");
    html! {
        section .card {
            details open[context.is_sent(&action)] {
                summary { "注销（不能撤回，" (kind.number_word()) "不再使用）" }
                (context.form(&action, html! {
                    div .grid { (terms(context.typed(&action), Some(kind.on_sheet))) }
                    label { input type="checkbox" name="sure" value="yes" required; " 确认注销这份证书" }
                    p .acts { button .bad { "注销" } }
                }))
            }
        }
    }
}

/// The form for a list of certificates.
pub(super) fn several(context: &Context<'_>) -> Page {
    Page::new(Menu::Certificates, SEVERAL, several_with(context, None))
}

/// The same, with what would come of it.
pub(super) fn several_previewed(context: &Context<'_>, outcome: &SeveralChanged) -> Page {
    Page::new(Menu::Certificates, SEVERAL, several_with(context, Some(outcome)))
}

/// What became of each certificate of a list.
pub(super) fn several_done(context: &Context<'_>, outcome: &SeveralChanged) -> Page {
    let (all, undone) = (outcome.certificates.len(), outcome.certificates.len() - outcome.changed);
    let kind = context.form.get("change").and_then(|change| CHANGES.iter().find(|(name, _)| *name == change)).map_or("", |(_, word)| *word);
    let body = html! {
        p .crumbs { a href="/console/certificates" { "证书" } }
        @if undone == 0 { div .note.good role="status" { p { "所列 " (all) " 份已全部办理：" (kind) } } }
        @else { div .note.bad role="alert" { p { "共 " (all) " 份，已办理 " (outcome.changed) " 份，" strong { "没有办理 " (undone) " 份" } "；原因逐份列在下面，排除后只将这些重新办理。" } } }
        section .card aria-label="办理结果" {
            h2 { "办理结果" }
            (outcomes(outcome, "已办理", "没有办理"))
        }
        @if undone > 0 {
            section .card {
                h2 { "没有办理的" }
                p .code { @for one in outcome.certificates.iter().filter(|one| !one.done) { (one.code) br; } }
            }
        }
        p .acts { a .button href="/console/certificates/several" { "另办一批" } a .button href="/console/certificates" { "返回证书" } }
    };
    Page::new(Menu::Certificates, SEVERAL, body)
}

const SEVERAL: &str = "批量补发、更正、注销";
/// What is done with a list; the names are the API's.
const CHANGES: [(&str, &str); 3] = [("reissue", "补发"), ("correct", "更正"), ("revoke", "注销")];

/// A line for each certificate.
fn outcomes(outcome: &SeveralChanged, done: &str, undone: &str) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="逐份的结果" { table {
            thead { tr { th { "证书编码或编号" } th { "结果" } th { "原因，或改为" } } }
            tbody { @for one in &outcome.certificates { tr {
                td .code { a href=(format!("/console/certificates/{}", one.code)) { (one.code) } }
                td { @if one.done { span .tag.good { (done) } } @else { span .tag.bad { (undone) } } }
                td { @if let Some(problem) = &one.problem { (shown::in_words(problem)) } @if let Some(code) = &one.replaced_by { "改为 " span .code { (code.as_str()) } } }
            } } }
        } }
    }
}

fn several_with(context: &Context<'_>, outcome: Option<&SeveralChanged>) -> Markup {
    const ACTION: &str = "/console/certificates/several";
    const PREVIEW: &str = "/console/certificates/several/preview";
    let form = if context.is_sent(ACTION) { context.typed(ACTION) } else { context.typed(PREVIEW) };
    let sound = outcome.is_some_and(|outcome| outcome.certificates.iter().all(|one| one.done));
    html! {
        p .crumbs { a href="/console/certificates" { "证书" } }
        @if let Some(outcome) = outcome {
            section .card aria-label="核对结果" {
                h2 { "核对结果：" (outcome.changed) " 份可以办理" @if sound { "，尚未办理" } @else { "；有不能办理的，改正后再核对" } }
                (outcomes(outcome, "可以办理", "不能办理"))
            }
        }
        section .card {
            (context.form(PREVIEW, html! {
                div .grid {
                    (field("办理", html! { select name="change" { @for (name, word) in CHANGES { option value=(name) selected[form.get("change") == Some(name)] { (word) } } } }))
                    (terms(form, None))
                    (field("有提醒仍更正的理由（更正时填）", html! { input name="against_advice" maxlength="200" value=[form.get("against_advice")]; }))
                }
                label .field { span { "证书编码或编号（每行一个，最多 50 个）" } textarea name="codes" required rows="8" { (form.text("codes")) } }
                p .help { "更正的，从表格中复制：第一行写各列的名称，第一列为证书编码或编号，其后为要更正的项目（姓名、证件类型、证件号码、等级、发证日期、颁证机构代码、颁证机构、新编号），不更正的留空。" }
                p .acts {
                    button .main { "核对" }
                    @if sound { button .bad formaction=(ACTION) { "办理这 " (outcome.map_or(0, |outcome| outcome.changed)) " 份" } }
                    span .help { "先核对，全部可以办理的才能办理；须另一人批准的更正请逐份提出申请。" }
                }
            }))
        }
    }
}

/// Corrections that wait for the Center, on its desk.
pub(super) fn waiting(context: &Context<'_>, requests: &[ShownRequest]) -> Markup {
    html! {
        @if !requests.is_empty() {
            section .card aria-label="待批准的更正" {
                h2 { "待批准的更正（" (requests.len()) "）" }
                @for request in requests { (waiting_one(context, request)) }
            }
        }
    }
}

fn waiting_one(context: &Context<'_>, request: &ShownRequest) -> Markup {
    let path = format!("/console/applications/{}/corrections/{}", request.application, request.number);
    let reject = format!("{path}/reject");
    let reasons: Vec<&str> = request.approval.iter().copied().map(ApprovalReason::word).collect();
    html! {
        h3 { span .code { a href=(format!("/console/certificates/{}", request.code)) { (request.code.as_str()) } } " " (shown::party(&Applicant::reviewer(&request.reviewer))) }
        p { "更正" (reasons.join("、")) "：" (request.reason) @if let Some(against) = &request.against_advice { "；仍更正的理由：" (against) } "（" (request.by) "，" (shown::moment(request.at)) "）" }
        (differences(request))
        p .acts { (context.line(&format!("{path}/approve"), html! { button .main { "批准" } })) }
        (context.line(&reject, html! {
            (field("驳回的理由", html! { input name="reason" required maxlength="200" value=[context.typed(&reject).get("reason")]; }))
            button .bad { "驳回" }
        }))
    }
}

fn differences(request: &ShownRequest) -> Markup {
    let (before, wanted) = (&request.before, &request.correction);
    let level = |digit: Option<u8>| digit.map_or_else(|| "—".to_owned(), |digit| format!("{digit} 级"));
    let day = |on: Option<jiff::civil::Date>| on.map_or_else(|| "同大赛".to_owned(), |on| on.to_string());
    let all = [
        ("姓名", before.name.clone(), wanted.name.clone()),
        ("证件类型", before.document_type.clone(), wanted.document_type.clone()),
        ("证件号码", before.document_number.clone(), wanted.document_number.as_ref().map(|number| format!("{number}（已改变）"))),
        ("等级", level(before.level), wanted.level.map(|digit| level(Some(digit)))),
        ("发证日期", day(before.issued_on), wanted.issued_on.map(|on| day(Some(on)))),
        ("颁证机构代码", String::new(), wanted.body.clone()),
        ("颁证机构", before.issuing_body.clone(), wanted.issuing_body.clone()),
        ("证书编号", request.code.to_string(), wanted.number.clone()),
    ];
    html! {
        table {
            thead { tr { th { "项目" } th { "原来" } th { "更正为" } } }
            tbody { @for (label, was, now) in all { @if let Some(now) = now { tr { td { (label) } td { del { (was) } } td { ins { (now) } } } } } }
        }
        @if wanted.document_number.is_some() {
            p .help {
                "号码不完整显示；完整的号码请到"
                a href=(format!("/console/applications/{}/rows/{}", request.application, request.row)) { "第 " (request.row) " 行" }
                "写明事由后查看。"
            }
        }
    }
}
