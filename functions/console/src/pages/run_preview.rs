//! 打印预览: the first certificate of a run and its last, with the serials that must lie under them. Nothing is taken until it is confirmed.

use maud::{Markup, html};
use operations::Refusal;
use operations::run_preview::{PreviewPage, RunPreview};
use rules::issue::application::ApplicationId;

use crate::actions;
use crate::context::{Context, Menu, Page};
use crate::shown;

/// What a print form asks for: the confirmation carries it as it was typed.
const FIELDS: [&str; 9] = ["certificate_type", "form", "top", "count", "reason", "offset_x", "offset_y", "scale_x", "scale_y"];

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let seen = context.operations.preview_run(context.actor(), id.clone(), actions::run(context.form)?).await?;
    let path = format!("/console/applications/{id}");
    let body = html! {
        p .crumbs { a href=(path) { "申报 " (id.as_str()) } }
        div .note { p { "带“样张”水印，没有取用空白证书；查看记入留痕，链接五分钟内有效。" } }
        (ends(&seen))
        (confirmation(context, &path, &seen))
    };
    Ok(Page::new(Menu::Applications, "打印预览", body))
}

fn ends(seen: &RunPreview) -> Markup {
    let run = &seen.run;
    let places: &[&str] = if seen.pages.len() == 1 { &["唯一一张"] } else { &["第一张", "最后一张"] };
    html! {
        section .card {
            h2 { (run.setting.form.word()) "，" (run.count) " 张" }
            @if run.sheets.is_empty() { p .help { "没有流水号：这类证书没有单独的空白证书。" } }
            @else { p { "流水号 " (shown::stretches(&run.sheets)) } }
            div .scroll { table {
                thead { tr { th { "位置" } th { "空白证书流水号" } th { "证书编码或编号" } th { "姓名" } th .num { "模板表行号" } } }
                tbody { @for (place, page) in places.iter().zip(&seen.pages) { (line(place, page)) } }
            } }
            @if let Some(problem) = &seen.problem { div .note.bad role="alert" { p { (problem) } } }
            @if let Some(link) = &seen.link { iframe src=(link) title="第一张和最后一张（样张）" {} }
        }
    }
}

fn line(place: &str, page: &PreviewPage) -> Markup {
    html! {
        tr {
            td { (place) } td .code { (page.serial.as_deref().unwrap_or("—")) } td .code { (page.code) } td { (page.name) } td .num { (page.row) }
        }
    }
}

fn confirmation(context: &Context<'_>, path: &str, seen: &RunPreview) -> Markup {
    html! {
        section .card {
            @if seen.printed {
                p { "这些证书已经打印（第 " (seen.run.run + 1) " 次打印），不会再取用空白证书。" }
                p .acts { a .button href=(path) { "返回" } }
            } @else {
                h2 { "核对后打印" }
                @if !seen.run.sheets.is_empty() { p { "请看清打印机中最上面一张空白证书的流水号与第一张相同，再打印。" } }
                (context.form(&format!("{path}/print"), html! {
                    @for name in FIELDS {
                        @if let Some(value) = context.form.get(name) { input type="hidden" name=(name) value=(value); }
                    }
                    p .acts { button .main { "打印" } a .button href=(path) { "返回修改" } }
                }))
            }
        }
    }
}
