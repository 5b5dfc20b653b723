//! Uploading the materials, in the five steps in which imports go: 下载模板, 上传, 校验, 确认, 结果. Each file has a form of its own that
//! goes to the bucket and comes back here; the script sends the same and tells how far it is.

use maud::{Markup, html};
use operations::Refusal;
use operations::applications::MaterialForm;
use operations::materials::ShownMaterial;
use operations::reports::MaterialFindings;
use operations::show::ShownApplication;
use records::application::Verdict;
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::values::finding::{Finding, Severity};
use rules::values::vocabulary::Material;

use crate::context::{Context, Menu, Page};
use crate::reply::File;
use crate::shown;

/// Seconds after which a page that waits for the system looks again.
pub(super) const AGAIN: u32 = 4;
/// The steps.
const STEPS: [&str; 5] = ["下载模板", "上传", "校验", "确认", "结果"];

/// All that the page is made from.
struct View<'a> {
    path: String,
    shown: &'a ShownApplication,
    found: &'a [MaterialFindings],
    /// What is wrong with the contest's record, as long as no roster was judged by it.
    of_contest: &'a [Finding],
    waits: bool,
}

impl View<'_> {
    fn judged(&self, material: Material) -> Option<&Verdict> {
        self.shown.materials.iter().find(|verdict| verdict.material == material)
    }

    /// The step that is to be done now.
    fn step(&self) -> usize {
        let clean = |material| self.judged(material).is_some_and(|verdict| verdict.clean);
        match self.shown.status {
            Status::Submitted | Status::Registering | Status::Authorised | Status::Qualified => 4,
            _ if self.waits || self.shown.materials.iter().any(|verdict| !verdict.clean) => 2,
            _ if clean(Material::Roster) => 3,
            _ if self.shown.materials.is_empty() => 0,
            _ => 1,
        }
    }
}

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let then = format!("{}/applications/{id}/upload?done=uploaded", context.settings.url);
    // Asked first: what is judged meanwhile is shown as it is judged, or waited for.
    let waits = context.query.get("done") == Some("uploaded") && is_judging(context, &id, None).await?;
    let forms = operations.material_forms(actor, id.clone(), &then).await?;
    let shown = operations.show(actor, id.clone()).await?;
    let found = operations.findings(actor, id.clone()).await?;
    let of_contest = operations.contest_findings(actor, &id).await?;
    let view = View { path: format!("/console/applications/{id}"), shown: &shown, found: &found, of_contest: &of_contest, waits };
    let step = view.step();
    let body = html! {
        p .crumbs { a href=(view.path) { "申报 " (id.as_str()) } " · " (shown.contest.name) " · " (shown::status(shown.status, &shown.status_word)) }
        ol .steps aria-label="导入步骤" {
            @for (number, word) in STEPS.iter().enumerate() {
                li .done[number < step] aria-current=[(number == step).then_some("step")] { a href=(format!("#step-{}", number + 1)) { (number + 1) " " (word) } @if number < step { " ✓" } }
            }
        }
        (of_contest_part(&view))
        (download(&view))
        (uploads(&view, &forms, &then))
        (checked(&view))
        (confirm(&view))
        (result(&view))
    };
    Ok(Page::new(Menu::Applications, "上传材料", body))
}

/// Whether the newest version of a material, or of any, is still to be judged.
pub(super) async fn is_judging(context: &Context<'_>, id: &ApplicationId, only: Option<Material>) -> Result<bool, Refusal> {
    let all = context.operations.materials(context.actor(), id.clone()).await?.materials;
    Ok(all.iter().filter(|one| only.is_none_or(|only| only == one.material)).any(waits_for_the_newest))
}

/// Whether the newest version is still to be judged, or its judgement is still to be taken in the place of the one before.
fn waits_for_the_newest(one: &ShownMaterial) -> bool {
    one.versions.iter().max_by_key(|version| version.handed_in_at).is_some_and(|newest| !newest.counts)
}

/// The template with what is known of the contest.
pub(super) async fn template(context: &Context<'_>, id: ApplicationId) -> Result<File, Refusal> {
    let template = context.operations.contest_template(context.actor(), id).await?;
    File::workbook(template.file, &template.workbook_base64)
}

fn download(view: &View<'_>) -> Markup {
    html! {
        section .card #step-1 {
            h2 { "1 下载模板" }
            p { "选手信息导入模板表已按本次申报填好大赛、赛项、职业，登记了获奖人数的每人一行；逐行填写选手信息，多余的行删去。" }
            p .acts { a .button href=(format!("{}/template", view.path)) download { "下载本次申报的模板表" } }
        }
    }
}

/// Before anything is uploaded: what is wrong with the contest's record would be told of every roster.
fn of_contest_part(view: &View<'_>) -> Markup {
    html! {
        @if !view.of_contest.is_empty() {
            section .card {
                h2 { "大赛信息" }
                (shown::findings(view.of_contest))
                p .acts { a .button href=(format!("{}/contest", view.path)) { "更正大赛信息" } }
            }
        }
    }
}

fn uploads(view: &View<'_>, forms: &[MaterialForm], then: &str) -> Markup {
    html! {
        section .card #step-2 {
            h2 { "2 上传" }
            p .help { "选好文件，或把文件拖到虚线框中，再点“上传”。上传中断的，文件仍在，再点一次即可。" }
            @for form in forms { (one(form, view.judged(form.material), then)) }
            p .acts { a .button href=(format!("{}/photos", view.path)) { "逐人查看照片" } }
        }
    }
}

fn one(form: &MaterialForm, verdict: Option<&Verdict>, then: &str) -> Markup {
    html! {
        div .material { (upload_form(form, then)) (state(verdict)) }
    }
}

/// The form of a material; with the script it tells how far it is.
pub(super) fn upload_form(form: &MaterialForm, then: &str) -> Markup {
    let field = format!("file-{}", form.file.replace('.', "-"));
    let kind = match form.file.rsplit('.').next() {
        Some("pdf") => ".pdf",
        Some("zip") => ".zip",
        _ => ".xlsx",
    };
    let direct = serde_json::to_string(&form.direct).unwrap_or_default();
    html! {
        form .line method="post" action=(form.form.url) enctype="multipart/form-data" data-direct=(direct) data-then=(then) data-max=(form.max_bytes) {
            @for (name, value) in &form.form.fields { input type="hidden" name=(name) value=(value); }
            div .field {
                label for=(field) { span { (form.title) } }
                input id=(field) type="file" name="file" accept=(kind) required;
                small { (kind) "，不超过 " (form.max_bytes / 1024 / 1024) " MB" @if form.optional { "，可以不交" } }
            }
            button .main { "上传" (form.title) }
            progress max="100" value="0" hidden aria-label=(format!("{}的上传进度", form.title)) {}
            p role="status" {}
        }
    }
}

fn checked(view: &View<'_>) -> Markup {
    let of = |severity: Severity, findings: &[Finding]| findings.iter().filter(|finding| finding.severity == severity).count();
    html! {
        section .card #step-3 {
            h2 { "3 校验" }
            @if view.waits { div .note data-again=(AGAIN) { p { "检查一份材料需要几秒钟；本页会自动刷新，也可以 " a href=(format!("{}/upload?done=uploaded", view.path)) { "手动刷新" } "。" } } }
            @if view.found.is_empty() { p .empty { "还没有检查过的材料。" } }
            @for material in view.found {
                h3 { (material.title) " " (state(view.judged(material.material))) }
                @if !material.findings.is_empty() {
                    p { (of(Severity::Error, &material.findings)) " 处错误，" (of(Severity::Warning, &material.findings)) " 处警告，" (of(Severity::Notice, &material.findings)) " 处提示" }
                    @if material.material == Material::Roster {
                        p .acts { a .button .main[!material.clean] href=(format!("{}/roster", view.path)) { "逐格查看和改正" } }
                    }
                    (shown::findings(&material.findings))
                }
            }
            @if !view.shown.findings.is_empty() { h3 { "整份申报" } (shown::findings(&view.shown.findings)) }
        }
    }
}

fn confirm(view: &View<'_>) -> Markup {
    let roster = view.judged(Material::Roster).is_some_and(|roster| roster.clean);
    html! {
        section .card #step-4 {
            h2 { "4 确认" }
            @if roster {
                ol {
                    li { "核对汇总表：" a href=(view.path) { "打印申报汇总表" } "，由单位盖章；" }
                    li { "把盖章的汇总表扫描成 PDF，在第 2 步上传，系统按二维码核对是否与模板表一致；" }
                    li { "在" a href=(view.path) { "申报页" } "作出声明" @if view.shown.declaration.is_some() { "（已声明）" } "。" }
                }
            } @else { p .empty { "模板表通过检查后，打印申报汇总表盖章。" } }
        }
    }
}

fn result(view: &View<'_>) -> Markup {
    html! {
        section .card #step-5 {
            h2 { "5 结果" }
            p { "申报状态：" (shown::status(view.shown.status, &view.shown.status_word))
                @if let Some(at) = view.shown.submitted_at { "，首次提交 " (shown::moment(at)) }
            }
            p { (match view.shown.status {
                Status::Draft | Status::Returned => "必交材料全部通过检查后，系统自动提交，不必另行操作。".to_owned(),
                Status::Registering => "材料已齐，正在登记。".to_owned(),
                Status::Submitted => "已提交省职鉴中心；在其作出决定之前仍可更换材料，更换后重新检查。".to_owned(),
                Status::Authorised | Status::Qualified => format!("{}，材料不再变动。", view.shown.status_word),
            }) }
            p .acts { a .button href=(view.path) { "查看申报" } }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_waits_until_the_newest_version_counts() {
        let version = |at: &str, counts: bool, state: &str| {
            json!({ "version": at, "handed_in_at": format!("2022-07-01T0{at}:00:00Z"), "size": 1, "counts": counts, "state": state,
                    "state_word": "", "errors": 0, "remarks": 0, "content_type": "application/pdf" })
        };
        let waits = |versions: &[serde_json::Value]| {
            let one =
                json!({ "material": "roster", "title": "", "clause": "", "optional": false, "withheld": false, "versions": versions });
            waits_for_the_newest(&serde_json::from_value(one).expect("a material"))
        };
        assert!(!waits(&[]) && !waits(&[version("1", true, "faulty")]));
        assert!(waits(&[version("1", true, "faulty"), version("2", false, "judging")]));
        assert!(waits(&[version("2", false, "clean"), version("1", true, "faulty")]), "judged, and the one before still counts");
        assert!(!waits(&[version("2", true, "clean"), version("1", false, "faulty")]));
    }
}
