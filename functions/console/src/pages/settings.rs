//! 设置: what the Center keeps — notices and catalogues in force, the register of filed bodies.

use maud::{Markup, html};
use operations::Refusal;
use operations::accounts::{AccountList, AccountsAsked};
use operations::blocked::Blocked;
use operations::rulebook::{PartDifference, RulebookOverview};
use rules::catalogue::CatalogueKind;
use rules::issue::account::AccountStatus;
use rules::numbers::body::Body;

use super::setting_words;
use crate::context::{Context, Menu, Page, field};
use crate::problem::if_any;
use crate::requests::{NEW_NOTICE, NEW_SEAL, part_named, part_text};
use crate::shown;

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    with_difference(context, None).await
}

/// The same, with what a text would change that was sent to be checked.
pub(super) async fn checked(context: &Context<'_>) -> Result<Page, Refusal> {
    let difference = context.operations.check_part(context.actor(), part_named(context.form)?, part_text(context.form)?).await?;
    with_difference(context, Some(&difference)).await
}

async fn with_difference(context: &Context<'_>, difference: Option<&PartDifference>) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let waiting = operations.accounts(actor, AccountsAsked { status: Some(AccountStatus::Applied), after: None }).await?;
    // A city's Center keeps no rules and no register.
    let Some(bodies) = if_any(operations.bodies(actor).await)? else {
        return Ok(Page::new(Menu::Settings, "设置", accounts(&waiting)));
    };
    let (rulebook, bodies) = (operations.rulebook(actor).await?, bodies.bodies);
    let blocked = operations.blocked(actor).await?.blocked;
    let body = html! {
        (stuck(context, &blocked))
        (accounts(&waiting))
        @if let Some(difference) = difference { (put_in_force(context, difference)) }
        (in_force(&rulebook))
        (unconfirmed(&rulebook))
        (replace(context, &rulebook))
        (register(&bodies))
        (enter(context))
        (sign_out(context))
    };
    Ok(Page::new(Menu::Settings, "设置", body))
}

/// What the system tries no more; nothing of it where there is none.
fn stuck(context: &Context<'_>, blocked: &[Blocked]) -> Markup {
    html! {
        @if !blocked.is_empty() {
            section .card #blocked {
                h2 { "处理受阻（" (blocked.len()) "）" }
                p .help { "系统多次重试仍未办成，已停止重试。请系统管理员查明原因（运行手册“处理受阻”），排除后在这里重新办理。" }
                div .scroll { table {
                    thead { tr { th { "事项" } th { "申报" } th { "停止重试的时间" } } }
                    tbody { @for one in blocked { tr {
                        td { (one.work) }
                        td { @if let Some(id) = &one.application { a href=(format!("/console/applications/{id}")) { (id) } } }
                        td { (shown::moment(one.since)) }
                    } } }
                } }
                (context.line("/console/settings/try-again", html! { button { "全部重新办理" } }))
            }
        }
    }
}

fn in_force(rulebook: &RulebookOverview) -> Markup {
    html! {
        section .card {
            h2 { "正在适用的通知" }
            div .scroll { table {
                thead { tr { th { "文号" } th { "标题" } th { "起用日期" } th { "地区" } } }
                tbody { @for notice in &rulebook.notices { tr { td { (notice.number) } td { (notice.title) } td { (notice.effective_from) } td { @if notice.jurisdictions.is_empty() { "全省" } @else { (notice.jurisdictions.join("、")) } } } } }
            } }
            h2 { "正在适用的目录" }
            div .scroll { table {
                thead { tr { th { "目录" } th { "版本" } th .num { "条目" } th { "摘要" } } }
                tbody { @for one in &rulebook.catalogues { tr {
                    td { (one.kind.title()) @if !one.loaded { " " span .tag.warn { "未载入" } } } td { (one.edition) } td .num { (one.entries) } td .code { (one.sha256.get(..12).unwrap_or_default()) }
                } } }
            } }
            @if !rulebook.unreadable.is_empty() { h2 { "不能读取的部分" } (shown::findings(&rulebook.unreadable)) }
        }
    }
}

/// What rests on nobody's word yet, and what it decides.
fn unconfirmed(rulebook: &RulebookOverview) -> Markup {
    html! {
        @if !rulebook.unconfirmed.is_empty() {
            section .card #unconfirmed {
                h2 { "待确认的设置（" (rulebook.unconfirmed.len()) "）" }
                p .help { "通知没有写明、省职鉴中心尚未确认的，系统暂按下面的设置办理；依此作出的决定都标明待确认。确认后替换该通知的文本，去掉其中的 unconfirmed。" }
                div .scroll tabindex="0" role="region" aria-label="待确认的设置" { table {
                    thead { tr { th { "待确认" } th { "决定什么" } th { "现在的设置" } th { "条款" } th { "所在" } } }
                    tbody { @for one in &rulebook.unconfirmed { tr {
                        td { span .tag.warn { (one.gap) } }
                        td { (one.decides) }
                        td { @for (name, value) in &one.values { (setting_words::word(name)) "：" (said(value)) " " small .code { (name) } br; } @if one.count > 1 { "等 " (one.count) " 项" } }
                        td { (one.clause.as_deref().unwrap_or_default()) }
                        td { small .code { (one.file) br; "[" (one.setting) "]" } }
                    } } }
                } }
            }
        }
    }
}

/// A value as it is written, but for what is yes or no.
fn said(value: &str) -> &str {
    match value {
        "true" => "是",
        "false" => "否",
        other => other.trim_matches('"'),
    }
}

/// What was checked, against what counts; it counts once this is sent.
fn put_in_force(context: &Context<'_>, difference: &PartDifference) -> Markup {
    let same = difference.in_force.as_ref() == Some(&difference.sha256);
    html! {
        section .card #difference aria-label="检查结果" {
            h2 { "检查无误，尚未启用：" span .code { (difference.part) } }
            @if same { p { "与现行文本完全相同。" } }
            @else if difference.in_force.is_none() { p { "现在没有这一部分；新的文本共 " (difference.added) " 行。" } }
            @else { p { "与现行文本相比：去掉 " (difference.removed) " 行，加上 " (difference.added) " 行。" } }
            (lines(difference))
            @if !same {
                (context.form("/console/settings/place", html! {
                    input type="hidden" name="part" value=(difference.part);
                    input type="hidden" name="in_force" value=[difference.in_force.as_ref()];
                    input type="hidden" name="checked" value=(difference.sha256);
                    details { summary { "新的全文" } textarea name="text" readonly rows="12" aria-label="新的全文" { (part_text(context.form).unwrap_or_default()) } }
                    p .acts { button .main { "启用" } a .button href="/console/settings" { "不启用" } span .help { "启用后立即适用；已授权的申报仍按授权时的文本。" } }
                }))
            }
        }
    }
}

fn lines(difference: &PartDifference) -> Markup {
    html! {
        @if !difference.changes.is_empty() {
            div .scroll tabindex="0" role="region" aria-label="逐行的不同" { table {
                thead { tr { th .num { "行" } th { "去掉" } th { "加上" } } }
                tbody { @for change in &difference.changes { tr {
                    td .num { (change.line) }
                    td .code { @for line in &change.removed { del { (line) } br; } }
                    td .code { @for line in &change.added { ins { (line) } br; } }
                } } }
            } }
            @if difference.more { p .help { "不同之处过多，只列出前面的。" } }
        }
    }
}

/// The address of the form with a new text; its answer has the form of what was checked, which goes to another.
const CHECK: &str = "/console/settings/check";

fn replace(context: &Context<'_>, rulebook: &RulebookOverview) -> Markup {
    let form = context.typed(CHECK);
    html! {
        section .card {
            h2 { "替换通知或目录" }
            @if !rulebook.replaced.is_empty() {
                div .scroll { table {
                    thead { tr { th { "已替换" } th { "时间" } th { "账号" } th { "撤回" } } }
                    tbody { @for one in &rulebook.replaced { tr {
                        td .code { (one.part.part) } td { (shown::moment(one.at)) } td { (one.actor) }
                        td { (context.line("/console/settings/withdraw", html! { input type="hidden" name="part" value=(one.part.part); button { "撤回" } })) }
                    } } }
                } }
            }
            details open[context.is_sent(CHECK)] {
                summary { "放入新的文本" }
                (context.with_file(CHECK, html! {
                    div .grid {
                        (field("哪一部分", parts(rulebook, form.get("part"))))
                        (field("新文件的名称（新的通知、印章才填；小写字母、数字、短横，如 chengdu）", html! { input name="new_part" maxlength="60" value=[form.get("new_part")]; }))
                    }
                    label .field { span { "文件（不超过 2 MB；印章为 PNG 图片）" } input type="file" name="file" accept=".toml,.csv,.txt,.png"; }
                    label .field { span { "或粘贴全文（有粘贴的以粘贴的为准）" } textarea name="text" rows="12" { (form.text("text")) } }
                    p .acts { button .main { "检查" } span .help { "先检查整套规则，列出与现行文本的不同；看过之后再启用。" } }
                }))
            }
        }
    }
}

/// The parts that there are, and those that may be added.
fn parts(rulebook: &RulebookOverview, chosen: Option<&str>) -> Markup {
    let catalogues = CatalogueKind::ALL.iter().map(|kind| (format!("catalogues/{}", kind.name()), kind.title().to_owned()));
    let files = rulebook.parts.iter().filter(|name| !name.starts_with("catalogues/")).map(|name| (name.clone(), part_word(name)));
    let new = [(NEW_NOTICE.to_owned(), "新的通知（如另一市州的）".to_owned()), (NEW_SEAL.to_owned(), "新的印章图片".to_owned())];
    html! {
        select name="part" required {
            option value="" { "请选择" }
            @for (name, word) in files.chain(catalogues).chain(new) { option value=(name) selected[chosen == Some(name.as_str())] { (word) } }
        }
    }
}

/// What a file of the rulebook is called.
fn part_word(name: &str) -> String {
    match name.split_once('/') {
        Some(("notices", file)) => format!("通知 {file}"),
        Some(("seals", file)) => format!("印章 {file}"),
        _ => name.to_owned(),
    }
}

fn register(bodies: &[Body]) -> Markup {
    html! {
        section .card {
            h2 { "备案的评价机构（" (bodies.len()) "）" }
            @if bodies.is_empty() { p .empty { "还没有登记。" } } @else {
                div .scroll { table {
                    thead { tr { th { "机构代码" } th { "名称" } th { "厅备案" } th { "备案职业和等级" } th { "申报单位账号" } } }
                    tbody { @for body in bodies { tr {
                        td .code { (body.code.as_str()) }
                        td { (body.name) @if !body.former_names.is_empty() { br; small { "曾用名：" (body.former_names.join("、")) } } }
                        td { @if body.filed_with_province { "是" } @else { "否" } }
                        td { @for scope in &body.scope { (scope.occupation) " " (scope.levels.iter().map(u8::to_string).collect::<Vec<_>>().join("、")) " 级" br; } }
                        td { (body.units.join("、")) }
                    } } }
                } }
            }
        }
    }
}

fn enter(context: &Context<'_>) -> Markup {
    const ACTION: &str = "/console/settings/body";
    let form = context.typed(ACTION);
    html! {
        section .card {
            details open[context.is_sent(ACTION)] {
                summary { "登记或更改评价机构" }
                (context.form(ACTION, html! {
                    div .grid {
                        (field("机构代码（编码第 1–13 位）", html! { input name="code13" required maxlength="13" value=[form.get("code13")]; }))
                        (field("名称（印在证书上）", html! { input name="name" required maxlength="60" value=[form.get("name")]; }))
                        (field("曾用名（每行一个）", html! { textarea name="former_names" { (form.text("former_names")) } }))
                        (field("申报单位账号（每行一个）", html! { textarea name="units" { (form.text("units")) } }))
                        (field("备案职业和等级（每行一个，如：车工 3 4 5）", html! { textarea name="scope" { (form.text("scope")) } }))
                    }
                    label { input type="checkbox" name="filed_with_province" value="yes" checked[form.get("filed_with_province").is_some()]; " 经省人力资源社会保障厅备案" }
                    p .acts { button .main { "登记" } }
                }))
            }
        }
    }
}

fn accounts(waiting: &AccountList) -> Markup {
    let more = if waiting.next.is_some() { "+" } else { "" };
    html! {
        section .card {
            h2 { "账号" }
            p { a .button href="/console/accounts" { "账号（待开通 " (waiting.accounts.len()) (more) "）" } }
            p .help { "由申请人登录后自行申请，在这里开通、停用、恢复、终止。" }
        }
    }
}

fn sign_out(context: &Context<'_>) -> Markup {
    html! {
        section .card {
            h2 { "结束登录" }
            p .help { "停用、终止账号即结束它的登录。不在账号名单中、由统一身份认证给出身份的，先在那里停用，再在这里结束它已有的登录。" }
            (context.line("/console/settings/sign-out", html! {
                (field("账号（如“经过”中所写）", html! { input name="subject" required maxlength="255" value=[context.typed("/console/settings/sign-out").get("subject")]; }))
                button .bad { "结束登录" }
            }))
        }
    }
}
