//! The materials themselves: a list beside what the browser shows of the one that is looked at. Each look by staff is an entry.

use maud::{Markup, html};
use operations::Refusal;
use operations::materials::{ShownMaterial, ShownMaterialVersion};
use rules::issue::application::ApplicationId;

use crate::context::{Context, Menu, Page};
use crate::shown;

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let all = context.operations.materials(context.actor(), id.clone()).await?.materials;
    let wanted = context.query.get("show");
    let version = |one: &ShownMaterial| one.versions.iter().position(|version| version.counts).unwrap_or(0);
    let chosen = all.iter().find(|one| wanted == Some(shown::name_of(one.material).as_str()));
    let chosen = chosen.or_else(|| all.iter().find(|one| one.versions.iter().any(|version| version.link.is_some())));
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } }
        div .split {
            section .card aria-label="材料" { @for one in &all { (entry(context, one)) } p .help { "链接五分钟内有效；查看记入留痕。" } }
            section aria-label="所看的材料" {
                @match chosen.and_then(|one| Some((one, one.versions.get(version(one))?))) { Some((one, version)) => (look(one, version)), None => p .empty { "还没有收到材料。" } }
            }
        }
    };
    Ok(Page::new(Menu::Applications, "查看材料", body))
}

fn entry(context: &Context<'_>, one: &ShownMaterial) -> Markup {
    html! {
        h3 { a href=(format!("{}?show={}", context.path, shown::name_of(one.material))) { (one.title) } @if one.optional { "（可以不交）" } }
        @if one.withheld { p .help { "其中有其他机构审核的选手，不向本机构展示；本机构的各行见检查结果。" } }
        @if one.versions.is_empty() { p .help { "未收到" } }
        ul {
            @for version in &one.versions {
                li {
                    (shown::moment(version.handed_in_at)) " " span .tag { (version.state_word) } @if version.counts { " 现行" }
                    @if let Some(link) = &version.link { " " a href=(link) target="_blank" rel="noopener" { "打开" } }
                }
            }
        }
    }
}

fn look(one: &ShownMaterial, version: &ShownMaterialVersion) -> Markup {
    html! {
        @match &version.link {
            Some(link) if version.content_type == "application/pdf" => iframe src=(link) title=(one.title) {},
            Some(link) => p .empty { a .button href=(link) { "下载" (one.title) } },
            None => p .empty { "不向本账号展示。" },
        }
    }
}
