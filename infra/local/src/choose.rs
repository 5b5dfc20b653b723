//! The page on which somebody chooses who to be: the ready-made accounts of this machine.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::accounts::Account;
use crate::grants::Asked;

const STYLE: &str = "body{margin:0;background:#f5f5f5;color:#1f1f1f;font:16px/1.6 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif}\
main{max-width:34rem;margin:3rem auto;padding:1.5rem 2rem;background:#fff;border:1px solid #d9d9d9;border-radius:8px}\
h1{font-size:1.35rem;margin:0 0 .5rem}p{color:#595959;margin:.25rem 0 1rem}ul{list-style:none;margin:0;padding:0;display:grid;gap:.6rem}\
button{width:100%;font:inherit;padding:.6rem 1rem;border:1px solid #bfbfbf;border-radius:6px;background:#fff;cursor:pointer;text-align:left}\
button:hover{border-color:#0958d9;color:#0958d9}button:focus-visible{outline:3px solid #0958d9;outline-offset:2px}";

/// The style sheet, for the policy of the page that embeds it.
pub(crate) fn style() -> &'static str {
    STYLE
}

/// The page.
pub(crate) fn page(asked: &Asked) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "选择账号 - 赛证本机系统" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { "选择账号" }
                    p { "本机系统的现成账号，只供本机试用；正式部署时由本单位的统一身份认证登录。" }
                    ul { @for account in Account::ready_made() { li { (choice(&account, asked)) } } }
                }
            }
        }
    };
    page.into_string()
}

fn choice(account: &Account, asked: &Asked) -> Markup {
    let fields = [
        ("response_type", &asked.response_type),
        ("client_id", &asked.client_id),
        ("redirect_uri", &asked.redirect_uri),
        ("state", &asked.state),
        ("nonce", &asked.nonce),
        ("code_challenge", &asked.code_challenge),
        ("code_challenge_method", &asked.code_challenge_method),
    ];
    html! {
        form method="post" action="/connect/authorize" {
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button name="account" value=(account.subject()) { (account.title()) }
        }
    }
}
