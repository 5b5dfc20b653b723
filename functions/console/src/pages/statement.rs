//! 资格审核意见: what a reviewer decided, as a page to print and sign.

use maud::{Markup, html};
use operations::Refusal;
use operations::show::{CertificatesAsked, ShownApplication};
use operations::states::{ListedCertificate, RowState};
use rules::issue::application::ApplicationId;

use crate::context::{Context, Menu, Page};
use crate::shown;

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let shown = operations.show(actor, id.clone()).await?;
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = operations.certificates(actor, id.clone(), CertificatesAsked { after }).await?;
        rows.extend(page.certificates);
        match page.next_after {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    rows.retain(|row| !matches!(row.state, RowState::Submitted | RowState::Returned | RowState::UnderReview));
    if rows.is_empty() {
        return Err(Refusal::Changed("本机构还没有审核这份申报".to_owned()));
    }
    let (refused, approved): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.state == RowState::Refused);
    Ok(Page::new(Menu::Applications, "资格审核意见", body(context, &shown, &refused, &approved)))
}

fn body(context: &Context<'_>, shown: &ShownApplication, refused: &[ListedCertificate], approved: &[ListedCertificate]) -> Markup {
    html! {
        p .crumbs { a href=(format!("/console/applications/{}", shown.id)) { "申报 " (shown.id.as_str()) } }
        section .card {
            p { "大赛：" (shown.contest.name) "（" (shown.contest.class.name()) "，" (shown.contest.organiser) "）" }
            p { "经审核，" (approved.len()) " 人通过，" (refused.len()) " 人不予通过。" }
            h2 { "通过" }
            div .scroll { table {
                thead { tr { th .num { "行" } th { "姓名" } th { "证书类型" } th { "等级" } th { "颁证主体" } th { "证书编码或编号" } } }
                tbody { @for row in approved { tr {
                    td .num { (row.row) } td { (row.name) } td { (row.certificate_type) } td { (row.level.as_deref().unwrap_or_default()) }
                    td { (row.issuing_body) } td .code { (row.code.as_deref().or(row.number.as_deref()).unwrap_or("—")) }
                } } }
            } }
            @if !refused.is_empty() {
                h2 { "不予通过" }
                table {
                    thead { tr { th .num { "行" } th { "姓名" } th { "理由" } } }
                    tbody { @for row in refused { tr { td .num { (row.row) } td { (row.name) } td { (row.reason.as_deref().unwrap_or_default()) } } } }
                }
            }
            p .sign { "审核人（签字）：＿＿＿＿＿＿＿＿　　复核人（签字）：＿＿＿＿＿＿＿＿　　" (shown::actor(context.actor())) "（盖章）　　年　　月　　日" }
        }
        p .acts { button type="button" data-print { "打印本页" } span .help { "没有脚本的浏览器请用浏览器的“打印”。" } }
    }
}
