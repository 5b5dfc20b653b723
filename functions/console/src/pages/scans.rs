//! The materials themselves: what the browser shows of one, beside the contest and the rows that it is held against. Each look by staff is
//! an entry.

use maud::{Markup, html};
use operations::Refusal;
use operations::materials::{ShownMaterial, ShownMaterialVersion};
use operations::row_list::RowsAsked;
use rules::issue::application::ApplicationId;

use super::application::facts as contest;
use super::rows::{table, turning};
use crate::context::{Context, Menu, Page};
use crate::shown;

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let all = operations.materials(actor, id.clone()).await?.materials;
    let shown = operations.show(actor, id.clone()).await?;
    let asked = RowsAsked { attention_first: Some(true), after: context.query.read("after", "翻页标记")?, ..RowsAsked::default() };
    let rows = operations.rows(actor, id.clone(), asked).await?;
    let wanted = context.query.get("show");
    let version = |one: &ShownMaterial| one.versions.iter().position(|version| version.counts).unwrap_or(0);
    let chosen = all.iter().find(|one| wanted == Some(shown::name_of(one.material).as_str()));
    let chosen = chosen.or_else(|| all.iter().find(|one| one.versions.iter().any(|version| version.link.is_some())));
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } " · " (shown.contest.name) }
        div .split {
            section aria-label="所看的材料" {
                @match chosen.and_then(|one| Some((one, one.versions.get(version(one))?))) { Some((one, version)) => (look(one, version)), None => p .empty { "还没有收到材料。" } }
                details .card open[chosen.is_none()] {
                    summary { "各项材料和各次提交" }
                    @for one in &all { (entry(context, one)) }
                    p .help { "链接五分钟内有效；查看记入留痕。" }
                }
            }
            section aria-label="大赛和选手" {
                p .acts { @for one in &all { a .button href=(link(context, one)) aria-current=[chosen.is_some_and(|chosen| chosen.material == one.material).then_some("true")] { (one.title) } } }
                (contest(&shown))
                section .card {
                    h2 { "选手" }
                    @if rows.rows.is_empty() { p .empty { "模板表通过检查并提交后，逐行列在这里。" } } @else { (table(&id, &rows.rows)) }
                    (turning(context, rows.next_after))
                }
            }
        }
    };
    Ok(Page::new(Menu::Applications, "查看材料", body))
}

/// To the same page with that material beside the rows.
fn link(context: &Context<'_>, one: &ShownMaterial) -> String {
    format!("{}?{}", context.path, context.query.with("show", &shown::name_of(one.material)))
}

fn entry(context: &Context<'_>, one: &ShownMaterial) -> Markup {
    html! {
        h3 { a href=(link(context, one)) { (one.title) } @if one.optional { "（可以不交）" } }
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
