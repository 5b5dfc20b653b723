//! 查阅档案: the files of a sealed volume, for a reason that is kept. The page answers a form: the reason stands in no address.

use maud::{Markup, html};
use operations::Refusal;
use operations::archive::{Consult, ShownVolume, VolumeLinks};
use rules::issue::application::ApplicationId;

use crate::context::{Context, Menu, Page, field};
use crate::requests::bounded_text;

/// Files and links to them, and the reason again for the next page.
pub(super) async fn consulted(context: &Context<'_>, id: ApplicationId, edition: u64) -> Result<Page, Refusal> {
    let reason = bounded_text(context.form, "reason", "事由")?;
    let after: Option<usize> = context.form.read("after", "翻页标记")?;
    let request = Consult { reason: reason.clone(), after: after.unwrap_or(0) };
    let found = context.operations.consult(context.actor(), (id.clone(), edition), request).await?;
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } }
        section .card {
            p { "第 " (edition) " 卷，封存值 " span .code { (found.seal) } "。链接半小时内有效，本次查阅已记入留痕。" }
            p .help { "要核对整卷是否完好，用命令取回后核对：saizheng archive fetch、saizheng archive verify" }
            (table(&found))
            @if let Some(next) = found.next_after {
                (context.line(&path(&id, edition), html! {
                    input type="hidden" name="reason" value=(reason);
                    input type="hidden" name="after" value=(next);
                    button { "下一页" }
                }))
            }
        }
    };
    Ok(Page::new(Menu::Applications, "查阅档案", body))
}

fn table(found: &VolumeLinks) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="卷内文件" { table {
            thead { tr { th { "卷内文件" } th { "查看" } } }
            tbody { @for file in &found.files { tr { td .code { (file.path) } td { a href=(file.link) aria-label=(format!("查看 {}", file.path)) { "查看" } } } } }
        } }
    }
}

/// The form that a sealed volume is asked for with.
pub(super) fn form(context: &Context<'_>, id: &ApplicationId, volume: &ShownVolume) -> Markup {
    let Some(sealed) = &volume.sealed else { return html! {} };
    let path = path(id, sealed.edition);
    html! {
        details open[context.is_sent(&path)] {
            summary { "查阅第 " (sealed.edition) " 卷" }
            (context.line(&path, html! {
                (field("事由（记入留痕）", html! { input name="reason" required maxlength="200" size="40" value=[context.typed(&path).get("reason")]; }))
                button { "查阅" }
            }))
        }
    }
}

fn path(id: &ApplicationId, edition: u64) -> String {
    format!("/console/applications/{id}/archive/{edition}")
}
