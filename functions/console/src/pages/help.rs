//! 帮助: the keys, and where what is done.

use maud::html;

use crate::context::{Context, Menu, Page};

/// Keys and what they do; `console.js` has the same.
const KEYS: [(&str, &str); 7] = [
    ("J、K", "列表和审核表中下一行、上一行"),
    ("Enter", "打开本行"),
    ("X", "填写本行不予通过的理由"),
    ("U", "清空本行所填，再按一次恢复"),
    ("/", "到查询框"),
    ("?", "打开本页"),
    ("Tab", "下一个链接或输入框；每一项业务都可以只用键盘办理"),
];

pub(super) fn page(context: &Context<'_>) -> Page {
    let body = html! {
        section .card {
            h2 { "键盘" }
            table { thead { tr { th { "键" } th { "作用" } } } tbody { @for (key, what) in KEYS { tr { td { kbd { (key) } } td { (what) } } } } }
        }
        section .card {
            h2 { "办理" }
            dl .facts {
                @for item in Menu::ALL.into_iter().filter(|item| item.is_for(context.actor().role) && *item != Menu::Help) {
                    div { dt { a href=(item.path()) { (item.word()) } } dd { (item.about()) } }
                }
            }
        }
        section .card {
            h2 { "须知" }
            ul {
                li { "闲置 30 分钟或登录满 8 小时自动退出；离开时请点右上角“退出”。" }
                li { "表单连点两次、后退后再提交，只办理一次。没有办成的，原因写在表单上方，填过的内容还在。" }
                li { "查看材料、照片、样张和完整的证件号码，都记入留痕。" }
                li { "系统出错时会给出错编号，请告知系统管理员。" }
            }
        }
    };
    Page::new(Menu::Help, "帮助", body)
}
