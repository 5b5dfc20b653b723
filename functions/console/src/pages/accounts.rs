//! 账号: those that the Center decides on, and what it decides.

use maud::{Markup, html};
use operations::Refusal;
use operations::accounts::{AccountHistory, AccountsAsked, ShownAccount};
use rules::issue::account::{AccountChange, AccountKey, AccountStatus};
use rules::values::party::Role;

use crate::context::{Context, Menu, Page, field};
use crate::requests::named;
use crate::shown;

/// The accounts, those that wait first.
pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let status = context.query.get("status").and_then(named::<AccountStatus>);
    let after = context.query.get("after").map(str::to_owned);
    let list = context.operations.accounts(context.actor(), AccountsAsked { status, after }).await?;
    let next = list.next.as_ref().map(|next| {
        let pairs = [("after", Some(next.as_str())), ("status", status.map(AccountStatus::name))];
        let pairs: Vec<(&str, &str)> = pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        serde_urlencoded::to_string(pairs).unwrap_or_default()
    });
    let body = html! {
        nav .acts aria-label="状态" {
            a href="/console/accounts" aria-current=[status.is_none().then_some("page")] { "全部" }
            @for one in AccountStatus::ALL { " " a href=(format!("/console/accounts?status={}", one.name())) aria-current=[(status == Some(*one)).then_some("page")] { (one.word()) } }
        }
        section .card {
            @if list.accounts.is_empty() { p .empty { @if list.next.is_some() { "到目前为止没有找到，请看下一页。" } @else { "没有账号。" } } } @else { (table(&list.accounts)) }
            @if let Some(next) = next { p .acts { a .button href=(format!("/console/accounts?{next}")) { "下一页" } } }
        }
    };
    Ok(Page::new(Menu::Settings, "账号", body))
}

fn table(accounts: &[ShownAccount]) -> Markup {
    html! {
        div .scroll { table {
            thead { tr { th { "姓名" } th { "身份" } th { "单位" } th { "申请时间" } th { "状态" } th { "办理" } } }
            tbody { @for one in accounts { tr {
                td { (one.person) }
                td { (one.role.word()) }
                td { (one.organisation_name) br; small .code { (one.organisation) } }
                td { (shown::moment(one.applied_at)) }
                td { (shown::account_status(one.status)) @if let Some(reason) = one.decision.as_ref().and_then(|decision| decision.reason.as_ref()) { br; small { (reason) } } }
                td { a href=(format!("/console/accounts/{}", one.key)) { "查看、办理" } }
            } } }
        } }
    }
}

/// One account, its history, and what may be decided now.
pub(super) async fn one(context: &Context<'_>, key: AccountKey) -> Result<Page, Refusal> {
    let AccountHistory { account, entries } = context.operations.account(context.actor(), key).await?;
    let body = html! {
        section .card {
            dl .facts {
                div { dt { "姓名" } dd { (account.person) } }
                div { dt { "身份" } dd { (account.role.word()) } }
                div { dt { "单位" } dd { (account.organisation_name) "（" span .code { (account.organisation) } "）" } }
                div { dt { "账号标识" } dd .code { (account.subject) } }
                div { dt { "状态" } dd { (shown::account_status(account.status)) } }
            }
        }
        (decisions(context, &account))
        section .card {
            h2 { "经过" }
            div .scroll { table {
                thead { tr { th { "时间" } th { "事项" } th { "账号" } th { "说明" } } }
                tbody { @for entry in &entries { tr {
                    td { (shown::moment(entry.at)) } td { (entry.action_word) } td { (entry.actor.as_deref().unwrap_or_default()) } td { (entry.detail.as_deref().unwrap_or_default()) }
                } } }
            } }
        }
        p .acts { a .button href="/console/accounts" { "返回账号列表" } }
    };
    Ok(Page::new(Menu::Settings, "账号", body))
}

/// A form for each decision that the status allows; of one's own account there is none.
fn decisions(context: &Context<'_>, account: &ShownAccount) -> Markup {
    html! {
        @if account.subject == context.actor().subject { div .note { p { "自己的账号由职鉴中心另一人办理。" } } }
        @else { @for change in account.status.decisions() { section .card { (decision(context, account, change)) } } }
    }
}

fn decision(context: &Context<'_>, account: &ShownAccount, change: AccountChange) -> Markup {
    let gives_a_name = change == AccountChange::Grant && account.role == Role::Unit;
    let action = format!("/console/accounts/{}/{}", account.key, change.name());
    let typed = context.typed(&action);
    context.form(&action, html! {
        h2 { (change.word()) }
        input type="hidden" name="version" value=(account.version);
        @if gives_a_name {
            (field("单位账号名（单位原已有账号的，填原名；否则不改）", html! { input name="organisation" maxlength="64" value=(typed.get("organisation").unwrap_or(&account.organisation)); }))
        }
        (field(if change.owes_a_reason() { "理由" } else { "理由（可不填）" }, html! {
            textarea name="reason" required[change.owes_a_reason()] maxlength="500" { (typed.text("reason")) }
        }))
        p .acts { button .main[change == AccountChange::Grant] .bad[change.owes_a_reason()] { (change.word()) } }
    })
}
