//! 资格审核: every row of the reviewer's, those first that need a look.

use std::collections::HashMap;

use maud::{Markup, html};
use operations::Refusal;
use operations::show::CertificatesAsked;
use operations::states::{ListedCertificate, RowState};
use rules::issue::application::ApplicationId;
use rules::values::finding::Finding;
use rules::values::party::{Actor, Applicant};
use rules::values::vocabulary::Material;

use crate::context::{Context, Menu, Page};
use crate::shown;

/// Phrases that refusals are usually written in.
const REFUSALS: [&str; 5] = ["参赛资格不符", "信息与表彰文件不一致", "职业（工种）与竞赛文件不符", "照片不符合要求", "重复申报"];

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let shown = operations.show(actor, id.clone()).await?;
    if !shown.undecided.iter().any(|reviewer| Applicant::reviewer(reviewer) == Applicant::of(actor)) {
        return Err(Refusal::Changed("这份申报没有等待本机构审核的选手；已审核的请在申报页查看".to_owned()));
    }
    let after = context.query.read("after", "翻页标记")?;
    let page = operations.certificates(actor, id.clone(), CertificatesAsked { after }).await?;
    let found = operations.findings(actor, id.clone()).await?;
    let of_rows: Vec<Finding> =
        found.into_iter().filter(|one| matches!(one.material, Material::Roster | Material::Photos)).flat_map(|one| one.findings).collect();
    let mut by_row: HashMap<u32, Vec<&Finding>> = HashMap::new();
    for finding in &of_rows {
        if let Some(row) = finding.place.row {
            by_row.entry(row).or_default().push(finding);
        }
    }
    let plan = operations.planned_rows(actor, id.clone()).await?;
    let own: Vec<u32> =
        plan.rows.iter().filter(|row| Applicant::reviewer(&row.reviewer) == Applicant::of(actor)).map(|row| row.row).collect();
    let mut rows: Vec<&ListedCertificate> =
        page.certificates.iter().filter(|row| row.state == RowState::UnderReview && own.contains(&row.row)).collect();
    rows.sort_by_key(|row| (!by_row.contains_key(&row.row), row.row));
    let advised = own.iter().filter(|row| by_row.get(row).is_some_and(|found| found.iter().any(|one| one.needs_reason()))).count();
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } " · " (shown.contest.name) }
        div .note { p { "本机构审核 " (own.len()) " 人，其中 " (advised) " 人有须写明理由才能通过的提示。没有列为不予通过的即为通过，审核通过的同时赋码，不能撤销。快捷键：J、K 上下行，X 填写本行。" } }
        (form(context, &id, shown.version, &rows, &by_row, actor))
        p .pages {
            @if after.is_some() { a .button href=(format!("/console/applications/{id}/review")) { "第一页" } }
            @if let Some(next) = page.next_after { a .button rel="next" href=(format!("/console/applications/{id}/review?after={next}")) { "下一页" } }
        }
    };
    Ok(Page::new(Menu::Applications, "资格审核", body))
}

fn form(
    context: &Context<'_>,
    id: &ApplicationId,
    version: u64,
    rows: &[&ListedCertificate],
    by_row: &HashMap<u32, Vec<&Finding>>,
    actor: &Actor,
) -> Markup {
    let content = html! {
        input type="hidden" name="version" value=(version);
        datalist id="refusals" { @for phrase in REFUSALS { option value=(phrase) {} } }
        section .card {
            div .scroll tabindex="0" role="region" aria-label="待审核的选手" data-keys {
                table {
                    thead { tr { th .num { "行" } th { "姓名" } th { "证书" } th { "颁证主体" } th { "提示" } th { "不予通过的理由" } th { "仍予通过的理由" } } }
                    tbody { @for row in rows { (line(context, row, by_row.get(&row.row).map_or(&[][..], Vec::as_slice))) } }
                }
            }
        }
        section .card {
            label .field {
                span { "其他页不予通过的行" }
                textarea name="refused-lines" placeholder="每行一人：行号 理由，如 17 参赛资格不符" { (context.form.text("refused-lines")) }
            }
            p .acts {
                button .main { "审核通过" }
                span .help { (shown::actor(actor)) "审核；所列之外的各行全部通过。" }
            }
        }
    };
    context.form(&format!("/console/applications/{id}/qualify"), content)
}

fn line(context: &Context<'_>, row: &ListedCertificate, found: &[&Finding]) -> Markup {
    let (refuse, despite) = (format!("refuse-{}", row.row), format!("override-{}", row.row));
    let advised = found.iter().any(|finding| finding.needs_reason());
    html! {
        tr {
            td .num { (row.row) }
            td { (row.name) }
            td { (row.certificate_type) @if let Some(level) = &row.level { br; (level) } }
            td { (row.issuing_body) @if let Some(by) = &row.sealed_by { br; small { "代章：" (by) } } }
            td { @for finding in found { p { span .tag.warn { (finding.code.as_str()) } " " (finding.message) } } }
            td { input name=(refuse) list="refusals" maxlength="200" aria-label=(format!("第 {} 行不予通过的理由", row.row)) value=[context.form.get(&refuse)]; }
            td { @if advised { input name=(despite) maxlength="200" aria-label=(format!("第 {} 行仍予通过的理由", row.row)) value=[context.form.get(&despite)]; } }
        }
    }
}
