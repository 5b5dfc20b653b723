//! The photos against the rows: as they will stand on the certificates, and whose is missing.

use maud::{Markup, html};
use operations::Refusal;
use operations::portraits::{PhotosAsked, RowPhoto};
use rules::issue::application::ApplicationId;
use rules::values::party::Role;
use rules::values::vocabulary::Material;

use super::upload::{AGAIN, is_judging, state, upload_form};
use crate::context::{Context, Menu, Page};
use crate::shown;

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor, query) = (context.operations, context.actor(), context.query);
    let shown = operations.show(actor, id.clone()).await?;
    let asked = PhotosAsked { after: query.read("after", "翻页标记")?, size: None };
    let album = operations.photos(actor, id.clone(), asked).await?;
    let is_unit = actor.role == Role::Unit && shown.status.takes_materials();
    let then = format!("{}/applications/{id}/photos?done=uploaded", context.settings.url);
    let forms = if is_unit { operations.material_forms(actor, id.clone(), &then).await? } else { Vec::new() };
    let verdict = shown.materials.iter().find(|verdict| verdict.material == Material::Photos);
    let without = album.photos.iter().filter(|photo| photo.link.is_none()).count();
    let path = format!("/console/applications/{id}");
    let waits = query.get("done") == Some("uploaded") && is_judging(context, &id, Some(Material::Photos)).await?;
    let body = html! {
        p .crumbs { a href=(path) { "申报 " (id.as_str()) } " · " (shown.contest.name) " · " (shown::status(shown.status, &shown.status_word)) }
        @if waits {
            div .note data-again=(AGAIN) { p { "检查照片需要几秒钟；本页会自动刷新，也可以 " a href=(format!("{path}/photos?done=uploaded")) { "手动刷新" } "。" } }
        }
        @if album.judging && !waits {
            div .note data-again=(AGAIN) { p { "新交的照片正在检查；本页会自动刷新，也可以 " a href=(format!("{path}/photos")) { "手动刷新" } "。以下是上一版的照片。" } }
        }
        @for form in forms.iter().filter(|form| form.material == Material::Photos) {
            section .card {
                h2 { "上传照片" }
                p .help { "照片为 JPG 或 PNG，以证件号码命名，或按模板表“照片文件名”一列命名，打包为一个压缩包；再次上传时整包替换，须包含全部照片；只换一人的，在下面该选手的照片处更换。" }
                div .material { (upload_form(form, &then)) (state(verdict)) }
            }
        }
        section .card {
            h2 { "逐人照片" }
            @if album.photos.is_empty() { p .empty { "模板表通过检查后，逐人列在这里。" } } @else {
                @if without > 0 { p { span .tag.warn { "本页 " (without) " 人没有照片" } } }
                ul .photos { @for photo in &album.photos { li { (figure(photo)) @if is_unit && !album.judging { (replace(context, &id, photo, album.version.as_deref())) } } } }
            }
            p .pages {
                @if query.get("after").is_some() { a .button href=(format!("{path}/photos")) { "第一页" } }
                @if let Some(next) = album.next_after { a .button rel="next" href=(format!("{path}/photos?after={next}")) { "下一页" } }
                span .help { "本页 " (album.photos.len()) " 人" }
            }
        }
    };
    Ok(Page::new(Menu::Applications, "照片", body))
}

/// The form of one winner's photo.
fn replace(context: &Context<'_>, id: &ApplicationId, photo: &RowPhoto, version: Option<&str>) -> Markup {
    let word = if photo.link.is_some() { "更换" } else { "补交" };
    context.with_file(
        &format!("/console/applications/{id}/rows/{}/photo", photo.row),
        html! {
            input type="hidden" name="version" value=[version];
            input type="file" name="file" accept=".jpg,.jpeg,.png" required aria-label=(format!("{}的照片文件", photo.name));
            button aria-label=(format!("{word}{}的照片", photo.name)) { (word) }
        },
    )
}

fn figure(photo: &RowPhoto) -> Markup {
    html! {
        figure {
            @match &photo.link {
                Some(link) => img src=(link) alt=(format!("{}的照片", photo.name)) width="92" height="128" loading="lazy";,
                None => div .none { @if photo.unreadable { "照片无法读取" } @else { "没有照片" } },
            }
            figcaption { (photo.name) br; small { "第 " (photo.row) " 行" } }
        }
    }
}
