//! 设置: what the Center keeps — notices and catalogues in force, the register of filed bodies.

use maud::{Markup, html};
use operations::Refusal;
use operations::accounts::{AccountList, AccountsAsked};
use operations::blocked::Blocked;
use operations::rulebook::RulebookOverview;
use rules::issue::account::AccountStatus;
use rules::numbers::body::Body;

use crate::context::{Context, Menu, Page, field};
use crate::problem::if_any;
use crate::shown;

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
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
        (in_force(&rulebook))
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

fn replace(context: &Context<'_>, rulebook: &RulebookOverview) -> Markup {
    let form = context.form;
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
            details open[form.get("part").is_some()] {
                summary { "放入新的文本" }
                (context.form("/console/settings/place", html! {
                    (field("哪一部分（如 notices/2022-9.toml、catalogues/occupations）", html! { input name="part" required maxlength="80" value=[form.get("part")]; }))
                    label .field { span { "全文" } textarea name="text" required rows="12" { (form.text("text")) } }
                    p .acts { button .main { "检查并采用" } span .help { "整套规则检查无误才采用；已授权的申报仍按授权时的文本。" } }
                }))
            }
        }
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
    let form = context.form;
    html! {
        section .card {
            details open[form.get("code13").is_some()] {
                summary { "登记或更改评价机构" }
                (context.form("/console/settings/body", html! {
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
                (field("账号（如“经过”中所写）", html! { input name="subject" required maxlength="255" value=[context.form.get("subject")]; }))
                button .bad { "结束登录" }
            }))
        }
    }
}
