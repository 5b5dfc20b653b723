//! Uploading the materials: a form for each, that goes to the bucket and comes back here.

use maud::{Markup, html};
use operations::Refusal;
use operations::applications::MaterialForm;
use records::application::Verdict;
use rules::issue::application::ApplicationId;
use rules::values::vocabulary::Material;

use crate::context::{Context, Menu, Page};
use crate::shown;

/// Seconds after which a page that waits for the system looks again.
const AGAIN: u32 = 4;

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let then = format!("{}/applications/{id}/upload?done=uploaded", context.settings.url);
    let forms = operations.material_forms(actor, id.clone(), &then).await?;
    let shown = operations.show(actor, id.clone()).await?;
    let found = operations.findings(actor, id.clone()).await?;
    let judged = |material: Material| shown.materials.iter().find(|verdict| verdict.material == material);
    let waits = context.query.get("done") == Some("uploaded");
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } " · " (shown.contest.name) " · " (shown::status(shown.status)) }
        @if waits { div .note data-again=(AGAIN) { p { "检查一份材料需要几秒钟；本页会自动刷新，也可以 " a href=(format!("/console/applications/{id}/upload?done=uploaded")) { "手动刷新" } "。" } } }
        @for form in &forms { (one(form, judged(form.material))) }
        @if judged(Material::Roster).is_some_and(|roster| roster.clean) {
            div .note { p { "模板表已通过检查。" a href=(format!("/console/applications/{id}")) { "打印申报汇总表" } "，盖章扫描后在上面上传。" } }
        }
        @for material in found.iter().filter(|material| !material.findings.is_empty()) {
            section .card { h2 { (material.title) "的检查结果" } (shown::findings(&material.findings)) }
        }
        @if !shown.findings.is_empty() { section .card { h2 { "整份申报" } (shown::findings(&shown.findings)) } }
    };
    Ok(Page::new(Menu::Applications, "上传材料", body))
}

fn one(form: &MaterialForm, verdict: Option<&Verdict>) -> Markup {
    let field = format!("file-{}", form.file.replace('.', "-"));
    let kind = match form.file.rsplit('.').next() {
        Some("pdf") => ".pdf",
        Some("zip") => ".zip",
        _ => ".xlsx",
    };
    html! {
        section .card {
            form .line method="post" action=(form.form.url) enctype="multipart/form-data" {
                @for (name, value) in &form.form.fields { input type="hidden" name=(name) value=(value); }
                div .field {
                    label for=(field) { span { (form.title) } }
                    input id=(field) type="file" name="file" accept=(kind) required;
                    small { (kind) "，不超过 " (form.max_bytes / 1024 / 1024) " MB" @if form.optional { "，可以不交" } }
                }
                button .main { "上传" (form.title) }
                (state(verdict))
            }
        }
    }
}

/// What became of the latest version.
pub(super) fn state(verdict: Option<&Verdict>) -> Markup {
    html! {
        @match verdict {
            None => span .tag { "未收到" },
            Some(verdict) if verdict.clean => span .tag.good { "已通过检查" @if let Some(rows) = verdict.rows { "，" (rows) " 行" } @if let Some(pages) = verdict.pages { "，" (pages) " 页" } },
            Some(verdict) => span .tag.bad { (verdict.errors) " 处错误，改正后重新上传" },
        }
    }
}
