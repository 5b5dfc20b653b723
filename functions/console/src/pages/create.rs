//! 新建申报: the contest's record as a form.

use maud::{Markup, html};
use operations::Refusal;
use operations::applications::{ContestChoices, OccupationsAsked};

use crate::context::{Context, Menu, Page, field};

/// Events that the form has room for, unless the address says more.
const EVENTS: usize = 6;
/// The most that it says.
const MAX_EVENTS: usize = 100;

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let choices = context.operations.contest_choices(context.actor()).await?;
    let typed = context.form.many("event-name");
    let events = context.query.read::<usize>("events", "赛项个数")?.unwrap_or(EVENTS).max(typed).clamp(1, MAX_EVENTS);
    let form = context.form(
        "/console/applications",
        html! {
            (contest(context, &choices))
            (organiser(context, &choices))
            fieldset {
                legend { "赛项和职业" }
                p .help {
                    "职业按《中华人民共和国职业分类大典》填写，写名称或编码之一即可；专项职业能力没有编码。"
                    a href="/console/occupations" target="_blank" { "查找职业" }
                    "。赛项多于 " (events) " 个的，"
                    a href=(format!("/console/applications/new?events={}", (events * 4).min(MAX_EVENTS))) { "要更多行" }
                    "（先于填写）。"
                }
                @for number in 1..=events { (event(context, number)) }
            }
            p .acts { button .main { "新建申报" } }
        },
    );
    let body = html! {
        div .note {
            p { "按大赛文件填写；填错的在提交前可以删除重建。选手信息、文件和照片在下一步上传。" }
        }
        section .card { (form) }
    };
    Ok(Page::new(Menu::Create, "新建申报", body))
}

fn input(context: &Context<'_>, label: &str, name: &str, kind: &str, required: bool) -> Markup {
    field(
        label,
        html! { input name=(name) type=(kind) value=[context.form.get(name)] required[required] maxlength=[(kind == "text").then_some("200")]; },
    )
}

fn select(context: &Context<'_>, label: &str, name: &str, options: &[(String, String)], optional: Option<&str>) -> Markup {
    let chosen = context.form.get(name);
    field(
        label,
        html! {
            select name=(name) required[optional.is_none()] {
                @if let Some(none) = optional { option value="" { (none) } }
                @for (value, word) in options { option value=(value) selected[chosen == Some(value)] { (word) } }
            }
        },
    )
}

fn contest(context: &Context<'_>, choices: &ContestChoices) -> Markup {
    let same = |name: &String| (name.clone(), name.clone());
    let classes: Vec<_> = choices.classes.iter().map(same).collect();
    let hosted = [("true", "是"), ("false", "否")].map(|(value, word)| (value.to_owned(), word.to_owned()));
    html! {
        fieldset {
            legend { "大赛" }
            div .grid {
                (input(context, "大赛名称", "name", "text", true))
                (select(context, "竞赛类别", "class", &classes, None))
                (select(context, "管辖地区", "jurisdiction", &choices.jurisdictions, None))
                (select(context, "人社部门主办或会同主办", "hrss_hosted", &hosted, None))
                (input(context, "所选拔的全国一类大赛（没有不填）", "selection_for", "text", false))
                (input(context, "组委会（办公室）名称", "committee", "text", false))
                (input(context, "竞赛年份", "year", "number", true))
                (input(context, "决赛日期", "final_on", "date", true))
                (input(context, "发证日期", "issued_on", "date", true))
            }
        }
    }
}

fn organiser(context: &Context<'_>, choices: &ContestChoices) -> Markup {
    html! {
        fieldset {
            legend { "牵头主办单位" }
            div .grid {
                (input(context, "牵头主办单位名称", "organiser", "text", true))
                (select(context, "本单位备案的评价机构", "organiser_body", &choices.bodies, Some("没有备案")))
                (input(context, "单位地址", "address", "text", false))
                (input(context, "联系电话", "phone", "tel", false))
                (input(context, "负责人", "responsible", "text", false))
                (input(context, "经办人", "handler", "text", false))
            }
        }
    }
}

fn event(context: &Context<'_>, number: usize) -> Markup {
    let value = |name: &str| context.form.raw(name, number - 1);
    let cell = |label: &str, name: &str, kind: &str| {
        html! { label .field { span { (label) } input name=(name) type=(kind) value=[value(name)] maxlength="100"; } }
    };
    html! {
        fieldset {
            legend { "赛项 " (number) }
            div .grid {
                (cell("赛项名称", "event-name", "text"))
                (cell("职业名称", "event-occupation", "text"))
                (cell("职业编码", "event-code", "text"))
                (cell("工种", "event-job", "text"))
                (cell("获奖人数", "event-winners", "number"))
            }
        }
    }
}

/// 查找职业: by a part of the name or of the code.
pub(super) async fn occupations(context: &Context<'_>) -> Result<Page, Refusal> {
    let text = context.query.text("text");
    let found = match text.is_empty() {
        true => Vec::new(),
        false => context.operations.occupations(context.actor(), OccupationsAsked { text: text.clone() }).await?,
    };
    let body = html! {
        section .card {
            form .line method="get" action="/console/occupations" role="search" {
                (field("职业名称或编码", html! { input name="text" value=(text) required maxlength="50" data-search; }))
                button { "查找" }
            }
        }
        section .card aria-label="查找结果" {
            @if text.is_empty() { p .empty { "输入职业名称或编码的一部分。" } }
            @else if found.is_empty() { p .empty { "目录中没有这样的职业；专项职业能力不在其中。" } }
            @else {
                table {
                    thead { tr { th { "职业编码" } th { "职业名称" } th { "工种" } } }
                    tbody { @for one in &found { tr { td .code { (one.code) } td { (one.name) } td { (one.jobs.join("、")) } } } }
                }
            }
        }
    };
    Ok(Page::new(Menu::Create, "查找职业", body))
}
