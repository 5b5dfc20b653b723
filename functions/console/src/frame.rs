//! What stands around every page: head, menu, who is logged in, what was just done.

use maud::{DOCTYPE, Markup, html};
use operations::lists::ShownCount;

use crate::assets::{SCRIPT, STYLE};
use crate::context::{Context, Menu, Page};
use crate::shown;

/// What an action says when it is done, by the name that stands in the address afterwards.
const DONE: &[(&str, &str)] = &[
    ("created", "申报已新建，请上传各项材料"),
    ("uploaded", "文件已收到"),
    ("same", "大赛信息没有改动"),
    ("cells", "已改正，作为新的版本交上，系统正在重新检查"),
    ("photo", "照片已换上，作为新的版本交上，系统正在重新检查"),
    ("declared", "已声明申报信息真实准确"),
    ("withdrawn", "申报已撤回，改正后可重新提交"),
    ("deleted", "申报已删除"),
    ("authorised", "已授权"),
    ("approved", "已审批"),
    ("accepted", "已受理"),
    ("returned", "已退回，理由已告知申报单位"),
    ("qualified", "审核通过，已赋码，证书正在生成"),
    ("drafted", "审核意见已暂存"),
    ("originals", "纸质材料已登记"),
    ("printed", "已取用空白证书，打印文件正在生成"),
    ("printed-without-sheets", "打印文件正在生成"),
    ("again", "已重新生成"),
    ("voided", "这一张已作废，其后的证书已顺移"),
    ("zipping", "证书正在打包，稍后刷新"),
    ("archived", "正在成卷、封存"),
    ("collected", "已登记领取，清单正在生成"),
    ("handed-out", "已登记发放"),
    ("taken-back", "发放登记已撤回"),
    ("numbered", "编号已登记"),
    ("numbers", "表中的编号已登记"),
    ("moved", "空白证书台账已登记"),
    ("sheets-asked", "申领已提交省职鉴中心，领用后请在本页签收"),
    ("sheets-refused", "申领已驳回，理由已告知申领的机构"),
    ("counted", "盘点已记录，实有与账面一致"),
    ("counted-different", "盘点已记录，实有与账面不同，差额见下"),
    ("applied", "已申报信息上网"),
    ("reviewed", "已审核通过"),
    ("sent", "已登记上传"),
    ("confirmed", "已确认上网"),
    ("ordered", "正在统计，稍后刷新"),
    ("authorisation-numbered", "授权编号已登记"),
    ("authorisation-withdrawn", "已撤销，申报回到“已提交”"),
    ("contest", "大赛信息已更正，各项材料正在重新检查"),
    ("filed", "备案已登记"),
    ("reissued", "已补发，打印文件正在生成"),
    ("revoked", "已注销，不再使用"),
    ("corrected", "已更正"),
    ("requested", "更正申请已提出，待省职鉴中心另一人批准"),
    ("approve", "已批准，更正已办理"),
    ("reject", "已驳回，理由已告知颁证机构"),
    ("settings-place", "新的文本已启用"),
    ("settings-withdraw", "已撤回，恢复随系统提供的文本"),
    ("settings-body", "评价机构已登记"),
    ("account-grant", "账号已开通"),
    ("account-refuse", "账号未予开通，理由已告知申请人"),
    ("account-suspend", "账号已停用，已有的登录已结束"),
    ("account-resume", "账号已恢复"),
    ("account-end", "账号已终止，已有的登录已结束"),
    ("settings-sign-out", "这个账号的登录已全部结束"),
    ("settings-try-again", "受阻的事项正在重新办理"),
];

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="robots" content="noindex";
            title { (title) " - 赛证" }
            link rel="stylesheet" href=(STYLE.path());
            script type="module" src=(SCRIPT.path()) {}
        }
    }
}

/// A page with its frame; `waiting` is what is asked of whoever looks at it.
pub(crate) fn framed(context: &Context<'_>, page: &Page, waiting: ShownCount) -> String {
    let actor = context.actor();
    let done = context.query.get("done").and_then(|name| DONE.iter().find(|(known, _)| *known == name));
    let now = shown::moment(context.operations.cloud.clock.now());
    let whole = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            (head(&page.title))
            body {
                a .skip href="#main" { "跳到正文" }
                header .top {
                    a .name href="/console/" { "赛证" }
                    span .who { (shown::actor(actor)) }
                    (context.form("/console/logout", html! { button { "退出" } }))
                }
                div .body {
                    nav .menu aria-label="主菜单" { (menu(context, page.here, waiting)) }
                    main #main {
                        h1 { (page.title) }
                        @if let Some((_, said)) = done { div .note.good role="status" { p { (said) } } }
                        (page.body)
                    }
                }
                // Of an attribute: what is no text is not judged by its contrast, which is to be low.
                div .mark aria-hidden="true" { @for _ in 0..12 { span data-mark=(format!("{} {now}", actor.subject)) {} } }
            }
        }
    };
    whole.into_string()
}

fn menu(context: &Context<'_>, here: Menu, waiting: ShownCount) -> Markup {
    html! {
        ul {
            @for item in Menu::ALL.into_iter().filter(|item| item.is_for(context.actor().role)) {
                li {
                    a href=(item.path()) aria-current=[(item == here).then_some("page")] {
                        (item.word())
                        @if item == Menu::Desk && waiting.count > 0 { span .count { (shown::count(waiting)) } }
                    }
                }
            }
        }
    }
}

/// A page before anybody is logged in.
pub(crate) fn door(title: &str, body: &Markup) -> String {
    let whole = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            (head(title))
            body { main .door { div .card { h1 { (title) } (body) } } }
        }
    };
    whole.into_string()
}

/// A page that goes on by itself, of this site's own: a redirect from the issuer's site would not bring the session's cookie along.
pub(crate) fn onwards(path: &str) -> String {
    let whole = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content=(format!("0; url={path}"));
                title { "已登录 - 赛证" }
                link rel="stylesheet" href=(STYLE.path());
            }
            body { main .door { div .card { h1 { "已登录" } p { a href=(path) { "进入控制台" } } } } }
        }
    };
    whole.into_string()
}
