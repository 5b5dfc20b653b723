//! 我的账号: what somebody has who has logged in, and how they apply for it. It is the page of those without a role, so it stands outside of the
//! menu.

use maud::{Markup, html};
use operations::accounts::{ApplyForAccount, Caller, OwnAccount, ShownAccount};
use operations::{Operations, Refusal};
use rules::values::party::Role;

use crate::context::field;
use crate::fields::Fields;
use crate::problem::Problem;
use crate::requests::named;
use crate::shown;

/// What may be applied for.
const ROLES: [Role; 3] = [Role::Unit, Role::Body, Role::Center];

/// Does what the form asks for.
pub(crate) async fn apply(operations: &Operations, caller: &Caller, form: &Fields) -> Result<(), Refusal> {
    let role: Role = form.get("role").and_then(named).ok_or_else(|| Refusal::Malformed("请选择身份".to_owned()))?;
    let jurisdiction = form.text("jurisdiction");
    let organisation = if role == Role::Center { jurisdiction.clone() } else { form.text("organisation") };
    let request = ApplyForAccount { person: form.text("person"), role, organisation, jurisdiction: Some(jurisdiction) };
    operations.apply_for_account(caller, request).await.map(|_| ())
}

/// The page, below what is wrong with what was sent.
pub(crate) fn page(own: &OwnAccount, form_token: &str, form: &Fields, problem: Option<&Problem>) -> Markup {
    html! {
        @if let Some(problem) = problem { (problem.body(None)) }
        @if let Some(message) = &own.message { div .note role="status" { p { (message) } } }
        (standing(own))
        @if own.may_apply { (application(own, form_token, form)) }
        form .line method="post" action="/console/logout" { (hidden(form_token)) button { "退出" } }
    }
}

fn hidden(form_token: &str) -> Markup {
    html! { input type="hidden" name="token" value=(form_token); }
}

fn standing(own: &OwnAccount) -> Markup {
    html! {
        p { "账号标识：" span .code { (own.subject) } }
        @if let (Some(role), Some(organisation)) = (own.role, &own.organisation) {
            p { "身份：" (role.word()) " " (organisation) "。" a href="/console/" { "进入控制台" } }
        }
        @if let Some(account) = &own.account {
            p { "申请：" (shown::account_status(account.status)) " " (account.person) "，" (account.role.word()) " " (account.organisation_name) "，" (shown::moment(account.applied_at)) }
        }
    }
}

fn application(own: &OwnAccount, form_token: &str, form: &Fields) -> Markup {
    let before = own.account.as_ref();
    let typed = |name: &str, before: Option<&str>| form.get(name).or(before).unwrap_or_default().to_owned();
    let role = form.get("role").and_then(named::<Role>).or(before.map(|before| before.role));
    let jurisdiction = typed("jurisdiction", before.map(|before| before.jurisdiction.as_str()));
    html! {
        h2 { "申请账号" }
        form method="post" action="/console/account" {
            (hidden(form_token))
            (field("姓名", html! { input name="person" required maxlength="50" autocomplete="name" value=(typed("person", before.map(|before| before.person.as_str()))); }))
            (field("身份", html! { select name="role" required {
                option value="" { "请选择" }
                @for one in ROLES { option value=(one.name()) selected[role == Some(one)] { (one.word()) } }
            } }))
            (field("单位（牵头主办单位填全称，颁证机构填 13 位机构代码，职鉴中心不填）", html! {
                input name="organisation" maxlength="100" value=(typed("organisation", before.map(organisation)));
            }))
            (field("向哪个职鉴中心申请（颁证机构一律向省职鉴中心申请）", html! { select name="jurisdiction" {
                @for center in &own.centers { option value=(center.jurisdiction) selected[center.jurisdiction == jurisdiction] { (center.name) } }
            } }))
            p .acts { button .main { "申请" } span .help { "由职鉴中心核实后开通；一个账号只有一个身份，只供本人使用。" } }
        }
    }
}

/// What was typed as the organisation.
fn organisation(account: &ShownAccount) -> &str {
    match account.role {
        Role::Unit => &account.organisation_name,
        Role::Body => &account.organisation,
        Role::Center => "",
    }
}

#[cfg(test)]
mod tests {
    use operations::accounts::CenterName;

    use super::*;

    #[test]
    fn what_is_typed_cannot_become_part_of_the_page() {
        let own = OwnAccount {
            subject: "<b>s</b>".to_owned(),
            role: None,
            organisation: None,
            message: Some("账号还没有开通".to_owned()),
            account: None,
            may_apply: true,
            centers: vec![CenterName { jurisdiction: "00".to_owned(), name: "省职鉴中心".to_owned() }],
        };
        let form = Fields::of_query("person=%22%3E%3Cscript%3E&role=unit");
        let page = page(&own, "token", &form, None).into_string();
        assert!(!page.contains("<script>") && !page.contains("<b>s"), "{page}");
        assert!(page.contains("name=\"token\"") && page.contains("value=\"unit\" selected"), "{page}");
        let taken = OwnAccount { may_apply: false, ..own };
        assert!(!super::page(&taken, "token", &form, None).into_string().contains("申请账号"));
    }
}
