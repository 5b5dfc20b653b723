//! The contest's record as a form: 新建申报, and 更正大赛信息. Buttons beside the fields look up occupations, make room for more events
//! or read a `contest.toml`, and show the form again with what was typed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{Markup, html};
use operations::Refusal;
use operations::applications::{ContestChoices, FoundOccupation, OccupationsAsked};
use rules::intake::contest::{Contest, OrganiserContact};
use rules::issue::application::ApplicationId;

use crate::context::{Context, Menu, Page, field};
use crate::fields::Fields;

/// Events that a new form has room for.
const EVENTS: usize = 4;
/// So many more at a time.
const MORE_EVENTS: usize = 4;
/// The most that a form has room for.
const MAX_EVENTS: usize = 100;

/// Buttons of the form that show it again.
const AGAIN: [&str; 3] = ["find", "more", "read"];

/// Whether what was sent asks for the form again and for nothing to be done.
pub(super) fn is_asked_again(form: &Fields) -> bool {
    AGAIN.iter().any(|button| form.get(button).is_some())
}

/// What a form is made from.
struct View<'a> {
    choices: &'a ContestChoices,
    /// What stands in it.
    values: Fields,
    events: Vec<TypedEvent>,
    /// Occupations that were found for an event: which one, counted from 1, and what for.
    found: Option<(usize, String, Vec<FoundOccupation>)>,
}

/// An event as it was typed, with the occupation that was chosen of those found in the place of what was typed of it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct TypedEvent {
    pub(crate) name: String,
    pub(crate) occupation: String,
    pub(crate) code: String,
    pub(crate) job: String,
    pub(crate) winners: String,
}

impl TypedEvent {
    /// Those of a form.
    pub(crate) fn all(form: &Fields) -> Vec<Self> {
        (0..form.many("event-name").min(MAX_EVENTS)).map(|number| Self::of(form, number)).collect()
    }

    fn of(form: &Fields, number: usize) -> Self {
        let cell = |name: &str| form.raw(name, number).unwrap_or_default().to_owned();
        let mut event = Self {
            name: cell("event-name"),
            occupation: cell("event-occupation"),
            code: cell("event-code"),
            job: cell("event-job"),
            winners: cell("event-winners"),
        };
        if let Some(chosen) = form.get(&format!("pick-{}", number + 1)) {
            let mut parts = chosen.splitn(3, '|').map(str::to_owned);
            (event.code, event.occupation) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            event.job = parts.next().filter(|job| !job.is_empty()).unwrap_or(event.job);
        }
        event
    }

    /// Whether nothing was typed.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A new application's.
pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let known = of_contact(&context.operations.last_contact(context.actor()).await?);
    let body = html! {
        div .note { p { "按大赛文件填写。选手信息、文件和照片在下一步上传；提交前填错的可以更正。" } }
        (form(context, "/console/applications", known, "新建申报", None).await?)
    };
    Ok(Page::new(Menu::Create, "新建申报", body))
}

/// An application's, to be corrected.
pub(super) async fn correct(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let shown = context.operations.show(context.actor(), id.clone()).await?;
    let path = format!("/console/applications/{id}");
    let known = of_contest(&shown.contest);
    let body = html! {
        p .crumbs { a href=(path) { "申报 " (id.as_str()) } " · " (shown.contest.name) }
        div .note { p { "提交前、退回或撤回后可以更正，省职鉴中心在授权前可以更正；更正后各项材料按新的大赛信息重新检查，声明须重新作出，前后的内容记入留痕。" } }
        (form(context, &format!("{path}/contest"), known, "更正大赛信息", Some(shown.version)).await?)
    };
    Ok(Page::new(Menu::Applications, "更正大赛信息", body))
}

/// `known`: what the form says before anything is typed.
async fn form(context: &Context<'_>, action: &str, known: Fields, button: &str, version: Option<u64>) -> Result<Markup, Refusal> {
    let choices = context.operations.contest_choices(context.actor()).await?;
    let sent = context.typed(action);
    let (values, said) = match of_file(context, sent).await? {
        Some(Ok((contest, changes))) => (of_contest(&contest), Ok(Some(filled_in(&changes)))),
        Some(Err(problems)) => (known, Err(problems)),
        None if context.is_sent(action) => (sent.clone(), Ok(None)),
        None => (known, Ok(None)),
    };
    let mut events = TypedEvent::all(&values);
    let more = if values.get("more").is_some() { MORE_EVENTS } else { 0 };
    events.resize(EVENTS.max(events.len() + more).min(MAX_EVENTS), TypedEvent::default());
    let found = match values.read::<usize>("find", "赛项")? {
        Some(number) => Some(found(context, number, &events).await?),
        None => None,
    };
    let view = View { choices: &choices, values, events, found };
    Ok(html! {
        @match said {
            Err(problems) => { div .note.bad role="alert" { @for problem in &problems { p { "contest.toml " (problem) } } } }
            Ok(Some(said)) => { div .note.good role="status" { p { (said) } } }
            Ok(None) => {}
        }
        section .card { (file_form(context, action)) }
        section .card { (context.form(action, html! {
            // The first button is the one that Enter presses.
            button .unseen tabindex="-1" aria-hidden="true" { (button) }
            @if let Some(version) = version { input type="hidden" name="version" value=(version); }
            (contest(&view))
            (organiser(&view))
            (events_part(&view))
            @if version.is_some() { (input(&view, "更正的理由（可以不填）", "reason", "text", false)) }
            p .acts { button .main { (button) } }
        })) }
    })
}

async fn found(context: &Context<'_>, number: usize, events: &[TypedEvent]) -> Result<(usize, String, Vec<FoundOccupation>), Refusal> {
    let event = number.checked_sub(1).and_then(|number| events.get(number)).cloned().unwrap_or_default();
    let text = [event.code, event.occupation, event.job].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let found = match text.is_empty() {
        true => Vec::new(),
        false => context.operations.occupations(context.actor(), OccupationsAsked { text: text.clone() }).await?,
    };
    Ok((number, text, found))
}

/// A record, and what was done to read it; or what is wrong with it.
type ReadFile = Result<(Contest, Vec<String>), Vec<String>>;

/// The record that was sent as a file or as a text, if that is what the form asks for.
async fn of_file(context: &Context<'_>, form: &Fields) -> Result<Option<ReadFile>, Refusal> {
    if form.get("read").is_none() {
        return Ok(None);
    }
    let file = form.get("file").map(|file| BASE64_STANDARD.decode(file).unwrap_or_default());
    match file.or_else(|| form.get("toml").map(|text| text.as_bytes().to_vec())) {
        Some(bytes) => context.operations.read_record(context.actor(), &bytes).await.map(Some),
        None => Ok(Some(Err(vec!["没有选择文件，也没有粘贴内容".to_owned()]))),
    }
}

fn filled_in(changes: &[String]) -> String {
    let changes = if changes.is_empty() { String::new() } else { format!("（读取时{}）", changes.join("，")) };
    format!("已按 contest.toml 填好{changes}，请核对")
}

/// The fields of a record.
fn of_contest(contest: &Contest) -> Fields {
    let mut fields = vec![
        ("name", contest.name.clone()),
        ("class", contest.class.name().to_owned()),
        ("jurisdiction", contest.jurisdiction.clone()),
        ("hrss_hosted", contest.hrss_hosted.to_string()),
        ("selection_for", contest.selection_for.clone().unwrap_or_default()),
        ("committee", contest.committee.clone()),
        ("year", contest.year.to_string()),
        ("final_on", contest.final_on.to_string()),
        ("issued_on", contest.issued_on.to_string()),
        ("organiser", contest.organiser.clone()),
        ("organiser_body", contest.organiser_body.as_ref().map(ToString::to_string).unwrap_or_default()),
    ];
    fields.extend(contact(&contest.organiser_contact));
    for event in &contest.events {
        fields.extend([
            ("event-name", event.name.clone()),
            ("event-occupation", event.occupation.clone()),
            ("event-code", event.occupation_code.clone()),
            ("event-job", event.job.clone().unwrap_or_default()),
            ("event-winners", event.winners.map(|winners| winners.to_string()).unwrap_or_default()),
        ]);
    }
    Fields::of(fields)
}

fn of_contact(given: &OrganiserContact) -> Fields {
    Fields::of(contact(given))
}

fn contact(given: &OrganiserContact) -> Vec<(&'static str, String)> {
    vec![
        ("address", given.address.clone()),
        ("phone", given.phone.clone()),
        ("responsible", given.responsible.clone()),
        ("handler", given.handler.clone()),
    ]
}

fn input(view: &View<'_>, label: &str, name: &str, kind: &str, required: bool) -> Markup {
    field(
        label,
        html! { input name=(name) type=(kind) value=[view.values.get(name)] required[required] maxlength=[(kind == "text").then_some("200")]; },
    )
}

/// One of a list. A value that is none of it is named: browsers would send the first of the list in its place.
fn select(view: &View<'_>, label: &str, name: &str, options: &[(String, String)], optional: Option<&str>) -> Markup {
    let chosen = view.values.get(name);
    let unknown = chosen.filter(|chosen| !options.iter().any(|(value, _)| value == chosen));
    field(
        label,
        html! {
            select name=(name) required[optional.is_none()] {
                @match (optional, unknown) {
                    (None, Some(unknown)) => { option value="" selected { "“" (unknown) "”不在可选之列，请选择" } }
                    (Some(none), Some(unknown)) => {
                        option value="" { (none) }
                        option value=(unknown) selected { (unknown) "（不在名册中）" }
                    }
                    (Some(none), None) => { option value="" { (none) } }
                    (None, None) => {}
                }
                @for (value, word) in options { option value=(value) selected[chosen == Some(value)] { (word) } }
            }
        },
    )
}

/// A record that was written before fills the form in.
fn file_form(context: &Context<'_>, action: &str) -> Markup {
    html! {
        details {
            summary { "用 contest.toml 填写" }
            (context.with_file(action, html! {
                div .grid {
                    (field("contest.toml 文件", html! { input type="file" name="file" accept=".toml,.txt"; }))
                    (field("或粘贴它的内容", html! { textarea name="toml" rows="4" spellcheck="false" {} }))
                }
                p .acts { button name="read" value="1" { "按文件填写" } span .help { "填好后仍可改动，点“新建申报”或“更正”才生效。" } }
            }))
        }
    }
}

fn contest(view: &View<'_>) -> Markup {
    let same = |name: &String| (name.clone(), name.clone());
    let classes: Vec<_> = view.choices.classes.iter().map(same).collect();
    let hosted = [("true", "是"), ("false", "否")].map(|(value, word)| (value.to_owned(), word.to_owned()));
    html! {
        fieldset {
            legend { "大赛" }
            div .grid {
                (input(view, "大赛名称", "name", "text", true))
                (select(view, "竞赛类别", "class", &classes, None))
                (select(view, "管辖地区", "jurisdiction", &view.choices.jurisdictions, None))
                (select(view, "人社部门主办或会同主办", "hrss_hosted", &hosted, None))
                (input(view, "所选拔的全国一类大赛（没有不填）", "selection_for", "text", false))
                (input(view, "组委会（办公室）名称", "committee", "text", false))
                (input(view, "竞赛年份", "year", "number", true))
                (input(view, "决赛日期", "final_on", "date", true))
                (input(view, "发证日期", "issued_on", "date", true))
            }
        }
    }
}

fn organiser(view: &View<'_>) -> Markup {
    html! {
        fieldset {
            legend { "牵头主办单位" }
            @if ["address", "phone", "responsible", "handler"].iter().any(|name| view.values.some(name).is_some()) {
                p .help { "地址、电话、负责人、经办人已按上一次申报填好，有变动的改动即可。" }
            } @else { p .help { "地址、电话、负责人、经办人可以不填，汇总表上留空手写。" } }
            div .grid {
                (input(view, "牵头主办单位名称", "organiser", "text", true))
                (select(view, "本单位备案的评价机构", "organiser_body", &view.choices.bodies, Some("没有备案")))
                (input(view, "单位地址", "address", "text", false))
                (input(view, "联系电话", "phone", "tel", false))
                (input(view, "负责人", "responsible", "text", false))
                (input(view, "经办人", "handler", "text", false))
            }
        }
    }
}

fn events_part(view: &View<'_>) -> Markup {
    html! {
        fieldset {
            legend { "赛项和职业" }
            p .help { "职业按《中华人民共和国职业分类大典》填写，写名称或编码之一即可；不清楚的写一部分，点“查找职业”选用。专项职业能力没有编码。" }
            @for (number, typed) in (1..).zip(&view.events) { (event(view, number, typed)) }
            p .acts { button name="more" value="1" formnovalidate { "增加赛项" } }
        }
    }
}

fn event(view: &View<'_>, number: usize, typed: &TypedEvent) -> Markup {
    let cell = |label: &str, name: &str, kind: &str, value: &str| {
        html! { label .field { span { (label) } input name=(name) type=(kind) value=[Some(value).filter(|value| !value.is_empty())] maxlength=[(kind == "text").then_some("100")]; } }
    };
    let found = view.found.as_ref().filter(|(of, ..)| *of == number);
    html! {
        fieldset id=(format!("event-{number}")) {
            legend { "赛项 " (number) }
            div .grid {
                (cell("赛项名称", "event-name", "text", &typed.name))
                (cell("职业名称", "event-occupation", "text", &typed.occupation))
                (cell("职业编码", "event-code", "text", &typed.code))
                (cell("工种", "event-job", "text", &typed.job))
                (cell("获奖人数", "event-winners", "number", &typed.winners))
            }
            @if let Some((_, text, found)) = found { (choices(number, text, found)) }
            p .acts { button name="find" value=(number) formnovalidate { "查找职业" span .unseen { "（赛项 " (number) "）" } } }
        }
    }
}

/// The occupations that were found, to choose one of; nothing else has to be typed then.
fn choices(number: usize, text: &str, found: &[FoundOccupation]) -> Markup {
    html! {
        div role="status" {
            @if text.is_empty() { p .help { "先在职业名称、编码或工种中写一部分。" } }
            @else if found.is_empty() { p .help { "目录中没有名称、编码或工种含“" (text) "”的职业；专项职业能力不在其中。" } }
            @else {
                (field(&format!("找到 {} 个职业，选用", found.len()), html! {
                    select name=(format!("pick-{number}")) autofocus {
                        option value="" { "保留所填的" }
                        @for one in found {
                            option value=(format!("{}|{}|", one.code, one.name)) { (one.code) " " (one.name) }
                            @for job in &one.jobs { option value=(format!("{}|{}|{job}", one.code, one.name)) { (one.code) " " (one.name) " · " (job) } }
                        }
                    }
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rules::values::toml_text;

    use super::*;

    #[test]
    fn an_occupation_that_was_chosen_stands_in_the_place_of_what_was_typed() {
        let form = Fields::of_query(
            "event-name=a&event-occupation=x&event-code=&event-job=j&event-winners=3&event-name=&event-occupation=&event-code=&event-job=&event-winners=&pick-1=6-18-01-01|%E8%BD%A6%E5%B7%A5|",
        );
        let events = TypedEvent::all(&form);
        assert!(events.len() == 2 && events[1].is_empty());
        let event = &events[0];
        assert_eq!((event.code.as_str(), event.occupation.as_str(), event.job.as_str()), ("6-18-01-01", "车工", "j"));
    }

    #[test]
    fn a_record_fills_the_form_in() {
        let text = "name=\"大赛\"\nclass=\"省级一类\"\nhrss_hosted=true\norganiser=\"协会\"\ncommittee=\"组委会\"\njurisdiction=\"00\"\nyear=2022\nfinal_on=2022-05-28\nissued_on=2022-06-20\n[[events]]\nname=\"数控车\"\noccupation=\"车工\"\noccupation_code=\"6-18-01-01\"\n";
        let fields = of_contest(&toml_text::parse(text).expect("a record"));
        assert_eq!(
            (fields.get("class"), fields.get("final_on"), fields.get("hrss_hosted")),
            (Some("省级一类"), Some("2022-05-28"), Some("true"))
        );
        assert_eq!(TypedEvent::all(&fields)[0].code, "6-18-01-01");
        assert_eq!(filled_in(&["按 GBK 编码".to_owned()]), "已按 contest.toml 填好（读取时按 GBK 编码），请核对");
    }

    #[test]
    fn what_is_none_of_a_list_is_named_and_not_made_the_first_of_it() {
        let choices = ContestChoices { jurisdictions: Vec::new(), classes: Vec::new(), bodies: Vec::new() };
        let options = [("S1".to_owned(), "甲".to_owned()), ("S2".to_owned(), "乙".to_owned())];
        let shown = |value: &str, optional: Option<&str>| {
            let values = Fields::of(vec![("body", value.to_owned())]);
            select(&View { choices: &choices, values, events: Vec::new(), found: None }, "机构", "body", &options, optional).into_string()
        };
        assert!(shown("S9", None).contains("<option value=\"\" selected>“S9”不在可选之列，请选择</option>"));
        assert!(shown("S9", Some("没有备案")).contains("<option value=\"S9\" selected>S9（不在名册中）</option>"));
        for optional in [None, Some("没有备案")] {
            let known = shown("S2", optional);
            assert!(known.contains("<option value=\"S2\" selected>") && !known.contains("不在"), "{known}");
        }
    }
}
