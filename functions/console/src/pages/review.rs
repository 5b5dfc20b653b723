//! 资格审核: the reviewer's rows with what was found of each; what is said of them is kept as a draft until all is decided.

use std::collections::{BTreeMap, HashSet};

use maud::{Markup, html};
use operations::Refusal;
use operations::drafts::ShownDraft;
use operations::explain::ShownPlan;
use operations::row_list::{RowPage, RowsAsked, ShownRow};
use rules::issue::application::ApplicationId;
use rules::values::party::{Applicant, IssuingUnit};

use super::rows::{filters, found, wanted};
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
    let only = wanted(context);
    let (own, attention_first) = (Some(true), Some(true));
    let asked = RowsAsked { only, own, attention_first, after: context.query.read("after", "翻页标记")?, ..RowsAsked::default() };
    let rows = operations.rows(actor, id.clone(), asked).await?;
    let is_own = |reviewer: &IssuingUnit| Applicant::reviewer(reviewer) == Applicant::of(actor);
    let plan = operations.planned_rows(actor, id.clone()).await?;
    let draft = operations.review_draft(actor, id.clone()).await?;
    let scan = scan(context, &id).await?;
    let beside = |material: &str| format!("{}?{}", context.path, context.query.with("scan", material));
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } " · " (shown.contest.name) " · " a href=(format!("/console/applications/{id}/materials")) { "查看材料" } " · 边看边审：" a href=(beside("commendation")) { "表彰文件" } " " a href=(beside("contest")) { "竞赛文件" } " " a href=(beside("summary")) { "汇总表" } }
        div .note { p { (covered(&plan, is_own)) "没有列为不予通过的即为通过，审核通过的同时赋码，不能撤销。须看的选手（有检查结果、手工填写、名次并列）排在前面。回车为暂存；快捷键：J、K 上下行，X 填写本行，U 清空本行、再按恢复，/ 在本页查找，? 帮助。" } }
        @if let (Some(at), Some(by)) = (draft.saved_at, &draft.saved_by) { p .help { (shown::moment(at)) " 由 " (by) " 暂存" } }
        (filters(context, &rows, only))
        @if let Some((title, link)) = &scan { details .scan open { summary { (title) } iframe src=(link) title=(title) {} } }
        (form(context, &id, &draft, &rows))
        @if context.query.get("after").is_some() { p .pages { a .button href=(format!("{}?{}", context.path, context.query.with("after", ""))) { "第一页" } } }
    };
    Ok(Page::new(Menu::Applications, "资格审核", body))
}

/// How many of which certificates an approval of all would give.
fn covered(plan: &ShownPlan, is_own: impl Fn(&IssuingUnit) -> bool) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let own = || plan.rows.iter().filter(|row| is_own(&row.reviewer));
    for row in own() {
        *kinds.entry(&row.certificate_type).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    format!("本机构审核 {} 人（{}），", own().count(), kinds.join("、"))
}

/// The scan that is looked at beside the rows, where the address names one: `?scan=commendation`. The look is an entry.
async fn scan(context: &Context<'_>, id: &ApplicationId) -> Result<Option<(String, String)>, Refusal> {
    let Some(wanted) = context.query.get("scan") else { return Ok(None) };
    let all = context.operations.materials(context.actor(), id.clone()).await?.materials;
    let one = all.into_iter().find(|one| shown::name_of(one.material) == wanted);
    Ok(one.and_then(|one| {
        let version = one.versions.into_iter().find(|version| version.counts && version.content_type == "application/pdf")?;
        Some((one.title, version.link?))
    }))
}

fn form(context: &Context<'_>, id: &ApplicationId, draft: &ShownDraft, rows: &RowPage) -> Markup {
    let draft_path = format!("/console/applications/{id}/draft");
    let content = html! {
        input type="hidden" name="version" value=(draft.version);
        input type="hidden" name="revision" value=[draft.revision.as_deref()];
        datalist id="refusals" { @for phrase in REFUSALS { option value=(phrase) {} } }
        section .card {
            @if rows.rows.is_empty() { p .empty { "没有这样的选手。" } }
            label .line data-find hidden { "在本页查找 " input type="search" data-search autocomplete="off"; }
            div .scroll tabindex="0" role="region" aria-label="待审核的选手" data-keys {
                table {
                    thead { tr { th .num { "行" } th { "姓名" } th { "证件号码" } th { "赛项和名次" } th { "证书" } th { "提示" } th { "不予通过的理由" } th { "仍予通过的理由" } } }
                    tbody { @for row in &rows.rows { (line(context, id, row)) } }
                }
            }
        }
        section .card {
            // The first button is the one that Enter presses.
            p .acts {
                button formaction=(&draft_path) { "暂存" }
                button .main formaction=(format!("/console/applications/{id}/qualify")) { "审核通过" }
                span .help { (shown::actor(context.actor())) "审核；" (decided(context, draft, rows)) }
            }
            @if let Some(next) = rows.next_after {
                p .pages { button formaction=(draft_path) name="on" value=(next) { "保存本页，看下一页" } }
            }
        }
    };
    context.kept_form(&draft_path, content)
}

/// What pressing the button covers: the draft, with what was typed on this page.
fn decided(context: &Context<'_>, draft: &ShownDraft, rows: &RowPage) -> Markup {
    let here: HashSet<u32> = rows.rows.iter().map(|row| row.row).collect();
    let typed = |prefix: &str| context.form.numbered(prefix).count();
    let saved = |rows: &mut dyn Iterator<Item = u32>| rows.filter(|row| !is_typed(context) || !here.contains(row)).count();
    let review = &draft.draft.review;
    let refused = saved(&mut review.refused.iter().map(|one| one.row)) + typed("refuse-");
    let despite = saved(&mut review.overrides.iter().map(|one| one.row)) + typed("override-");
    html! { "现有意见：不予通过 " (refused) " 人，写明理由仍予通过 " (despite) " 人，其余全部通过。" }
}

/// Whether the page shows what was typed and not done, in the place of what is saved.
fn is_typed(context: &Context<'_>) -> bool {
    !context.sent.is_empty()
}

fn line(context: &Context<'_>, id: &ApplicationId, row: &ShownRow) -> Markup {
    let (refuse, despite) = (format!("refuse-{}", row.row), format!("override-{}", row.row));
    let advised = row.findings.iter().any(|finding| finding.needs_reason());
    let draft = row.draft.clone().unwrap_or_default();
    // Emptied in what was sent, it is empty.
    let typed = |name: &str, saved: Option<String>| context.form.raw(name, 0).map(str::to_owned).or(saved);
    html! {
        tr {
            td .num { a href=(format!("/console/applications/{id}/rows/{}", row.row)) { (row.row) } input type="hidden" name="row" value=(row.row); }
            td { (row.name) @if !row.photo { br; small { "没有照片" } } }
            td .code { (row.document_number) }
            td { (row.event) br; (row.award) }
            td { (row.certificate_type_word.as_deref().unwrap_or_default()) @if let Some(level) = &row.level { br; (level) } @if let Some(body) = &row.issuing_body { br; small { (body) } } }
            td { (found(&row.findings)) }
            td { input name=(refuse) list="refusals" maxlength="200" aria-label=(format!("第 {} 行不予通过的理由", row.row)) value=[typed(&refuse, draft.refused)]; }
            td { @if advised { input name=(despite) maxlength="200" aria-label=(format!("第 {} 行仍予通过的理由", row.row)) value=[typed(&despite, draft.approved)]; } }
        }
    }
}
