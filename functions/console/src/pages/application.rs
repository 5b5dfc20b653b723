//! One application: where it stands, what can be done with it, its rows.

use maud::{Markup, html};
use operations::Refusal;
use operations::archive::ShownVolume;
use operations::lot_tasks::LotTask;
use operations::reports::{MaterialFindings, ReportLinks};
use operations::row_list::{RowPage, RowsAsked};
use operations::show::{CertificatePage, CertificatesAsked, LotProgress, RunProgress, ShownApplication, StampAsked, SummaryFormLinks};
use operations::states::ListedCertificate;
use operations::trail::{TrailAsked, TrailPage};
use operations::zips::ShownZip;
use rules::issue::allocation::Stage;
use rules::issue::application::ApplicationId;
use rules::issue::status::{Status, StatusChange};
use rules::notice::ApprovalManner;
use rules::values::party::{Applicant, IssuingUnit, Role};
use rules::values::vocabulary::{Form, Material};

use super::authorisation;
use super::calibration::cells;
use super::lots;
use super::rows::{table as row_table, turning};
use super::upload::state;
use crate::context::{Context, Menu, Page, field};
use crate::fields::Fields;
use crate::problem::if_any;
use crate::shown;

/// All that the page is made from.
struct View<'a> {
    context: &'a Context<'a>,
    path: String,
    shown: ShownApplication,
    findings: Vec<MaterialFindings>,
    reports: Vec<ReportLinks>,
    summary: Option<SummaryFormLinks>,
    rows: Rows,
    volumes: Vec<ShownVolume>,
    zip: Option<ShownZip>,
    trail: TrailPage,
}

/// The rows that the page shows.
enum Rows {
    /// Before the last review: what each gets or would get.
    Planned(RowPage),
    /// After it: their certificates.
    Issued(CertificatePage),
}

impl View<'_> {
    /// What the Center's decision is called: before it, by what the rows would come to now.
    fn act(&self) -> &str {
        match &self.rows {
            Rows::Planned(planned) => &planned.act,
            Rows::Issued(_) => &self.shown.act,
        }
    }

    /// In which manner the Center would decide now; none after it did, and where the rows cannot be planned.
    fn manner(&self) -> Option<ApprovalManner> {
        match &self.rows {
            Rows::Planned(planned) => planned.manner,
            Rows::Issued(_) => None,
        }
    }
}

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let after = context.query.read("after", "翻页标记")?;
    let shown = operations.show(actor, id).await?;
    let view = view(context, shown, after).await?;
    let title = view.shown.contest.name.clone();
    let body = html! {
        p .crumbs { "申报号 " span .code { (view.shown.id.as_str()) } " " (shown::status(view.shown.status, &view.shown.status_word)) }
        (steps(&view))
        @if let Some(reason) = view.shown.reason.as_ref().filter(|_| view.shown.status == Status::Returned) { div .note.bad { p { "退回原因：" (reason) } } }
        (duties(&view))
        (authorisation::section(context, &view.shown))
        (facts(&view.shown))
        (materials(&view))
        (findings(&view))
        @for lot in &view.shown.decisions { (lot_section(&view, lot)) }
        (rows(&view))
        (trail(&view))
    };
    Ok(Page::new(Menu::Applications, title, body))
}

/// What the page shows besides where the application stands, all of it asked for at once.
async fn view<'a>(context: &'a Context<'a>, shown: ShownApplication, after: Option<u32>) -> Result<View<'a>, Refusal> {
    let (operations, actor, id) = (context.operations, context.actor(), shown.id.clone());
    let (findings, reports, summary, rows, volumes, zip, trail) = futures::try_join!(
        operations.findings(actor, id.clone()),
        operations.reports(actor, id.clone()),
        // There is none before the roster is sound, and a reviewer of some rows has no right to it.
        async { if_any(operations.summary_form(actor, id.clone(), StampAsked { stamp: None }).await) },
        rows_of(context, &shown, after),
        operations.volumes(actor, id.clone()),
        // There is none before one was ordered.
        async { if_any(operations.certificates_zip(actor, id.clone()).await) },
        operations.trail(actor, id.clone(), TrailAsked { looks: None, after: None, size: Some(200) }),
    )?;
    let path = format!("/console/applications/{id}");
    Ok(View { context, path, shown, findings, reports, summary, rows, volumes, zip, trail })
}

/// A page of the rows: with what they were given, once the visitor's own are decided; with their plan before.
async fn rows_of(context: &Context<'_>, shown: &ShownApplication, after: Option<u32>) -> Result<Rows, Refusal> {
    let (operations, actor, id) = (context.operations, context.actor(), shown.id.clone());
    let is_own = |reviewer: &IssuingUnit| Applicant::reviewer(reviewer) == Applicant::of(actor);
    match !shown.decisions.is_empty() && !shown.undecided.iter().any(is_own) {
        true => operations.certificates(actor, id, CertificatesAsked { after }).await.map(Rows::Issued),
        false => operations.rows(actor, id, RowsAsked { after, ..RowsAsked::default() }).await.map(Rows::Planned),
    }
}

/// Where it stands, of all that there is to come.
fn steps(view: &View<'_>) -> Markup {
    let shown = &view.shown;
    let slowest = shown.decisions.iter().map(|lot| lots::way(lot.certificate_type, lot.stage, lot.archivable)).min();
    // Nothing is printed and published of a contest whose certificates are all issued by others.
    let of_others = !shown.decisions.is_empty() && shown.decisions.iter().all(|lot| lot.certificate_type.is_of_others());
    let reached = match (shown.status, slowest) {
        (Status::Draft | Status::Returned, _) => 0,
        (Status::Registering | Status::Submitted, _) => 1,
        (Status::Authorised, _) => 2,
        (Status::Qualified, None | Some(Stage::Issued)) => 3,
        (Status::Qualified, Some(Stage::Printed)) => 4,
        (Status::Qualified, Some(Stage::Archived)) => 5,
        (Status::Qualified, Some(Stage::Published)) => 6,
        (Status::Qualified, Some(Stage::HandedOut)) => 7,
    };
    let words = ["上传材料", view.act(), "资格审核", "打印", "资料存档", "信息上网", "领取发放", "已发放"];
    html! {
        ol .steps aria-label="办理进度" {
            @for (number, word) in words.iter().enumerate().filter(|(_, word)| !of_others || !["打印", "信息上网"].contains(*word)) {
                li .done[number < reached] aria-current=[(number == reached).then_some("step")] { (word) @if number < reached { " ✓" } }
            }
        }
    }
}

/// What somebody of that role may be here for. Whether they may, `operations` says when they do it.
fn duties(view: &View<'_>) -> Markup {
    let (actor, shown) = (view.context.actor(), &view.shown);
    let own = match actor.role {
        Role::Unit => None,
        Role::Center => Some(IssuingUnit::center(&actor.organisation)),
        Role::Body => Some(IssuingUnit::body(&actor.organisation)),
    };
    let reviews = own.is_some_and(|own| shown.undecided.contains(&own));
    let authorises = view.context.decides(&shown.contest.jurisdiction);
    html! {
        @if actor.role == Role::Unit && shown.status.takes_materials() { (of_the_unit(view)) }
        @if authorises && shown.status == Status::Submitted { (authorise(view)) }
        @if reviews {
            section .card {
                h2 { "资格审核" }
                p { "这份申报中由本机构颁证的选手等待审核。" }
                p .acts { a .button.main href=(format!("{}/review", view.path)) { "资格审核" } }
            }
        }
        @if actor.role != Role::Unit { (originals(view)) (filing(view)) }
    }
}

fn of_the_unit(view: &View<'_>) -> Markup {
    let View { context, path, shown, .. } = view;
    let corrects = shown.status.after(StatusChange::CorrectContest { by_the_center: false }).is_some();
    let [declaration, withdraw, delete] = ["declaration", "withdraw", "delete"].map(|what| format!("{path}/{what}"));
    html! {
        section .card {
            h2 { "本单位办理" }
            p .acts {
                a .button.main href=(format!("{path}/upload")) { "上传材料" }
                @if corrects { a .button href=(format!("{path}/contest")) { "更正大赛信息" } }
            }
            @if !corrects && shown.status == Status::Submitted { p .help { "大赛信息填错的，先撤回申报再更正，或请省职鉴中心更正、退回。" } }
            details open[shown.declaration.is_none() || context.is_sent(&declaration)] {
                summary { "声明" @if shown.declaration.is_some() { "（已声明，可重新声明）" } @else if shown.declaration_required { "（" (view.act()) "前须声明）" } }
                (context.line(&declaration, html! {
                    (field("声明人姓名", html! { input name="name" required maxlength="50" value=[context.typed(&declaration).get("name")]; }))
                    label { input type="checkbox" name="true" value="yes" required checked[context.is_sent(&declaration)]; " 本单位声明：申报信息真实、准确，谁主办、谁负责" }
                    button { "声明" }
                }))
            }
            @if shown.status == Status::Submitted {
                details open[context.is_sent(&withdraw)] {
                    summary { "撤回申报" }
                    (context.line(&withdraw, html! {
                        input type="hidden" name="version" value=(shown.version);
                        (field("撤回理由", html! { input name="reason" required maxlength="200" size="40" value=[context.typed(&withdraw).get("reason")]; }))
                        button { "撤回" }
                    }))
                }
            }
            @if shown.status.can_be_deleted() {
                details open[context.is_sent(&delete)] {
                    summary { "删除申报" }
                    (context.line(&delete, html! {
                        label { input type="checkbox" name="sure" value="yes" required; " 确认删除，材料一并清除，不能恢复" }
                        button .bad { "删除" }
                    }))
                }
            }
        }
    }
}

/// Phrases that returns are usually written in.
const RETURNS: [&str; 6] = [
    "竞赛文件与申报的赛项不一致，请核对后重新提交",
    "表彰文件中的获奖名单与模板表不一致，请核对后重新提交",
    "申报汇总表未加盖公章，请盖章后重新扫描上传",
    "扫描件不清晰，请重新扫描上传",
    "职业（工种）与竞赛文件不一致，请核对",
    "组委会名称与竞赛文件不一致，请核对",
];

fn authorise(view: &View<'_>) -> Markup {
    let View { context, path, shown, .. } = view;
    let [authorise, committee_path, back] = ["authorise", "committee", "return"].map(|what| format!("{path}/{what}"));
    let form = context.typed(&authorise);
    let version = || html! { input type="hidden" name="version" value=(shown.version); };
    let (act, manner) = (view.act(), view.manner());
    let committee = manner.is_none_or(|manner| manner == ApprovalManner::Authorisation);
    html! {
        section .card {
            h2 { (act) @if committee { "（一赛一授权）" } }
            @if !committee { p .help { @match manner { Some(ApprovalManner::Acceptance) => "全部为职业资格证书，由其他机构颁发", _ => "全部由评价机构自行颁证" } "：没有授权书，也没有授权编号。" } }
            @if shown.declaration.is_none() { p .help { "牵头主办单位未声明。" } }
            (context.form(&authorise, html! {
                (version())
                @if !shown.reasons_owed.is_empty() {
                    p { "以下各项须写明仍予" (act) "的理由，或退回改正：" }
                    @for owed in &shown.reasons_owed {
                        @let name = format!("reason-{}", owed.key);
                        label .field { span { (owed.finding.message) } input name=(name) maxlength="200" value=[form.get(&name)]; }
                    }
                }
                @if committee { (field("授权编号（可以后补）", html! { input name="number" maxlength="60" value=[form.get("number")]; })) }
                p .acts { button .main { (act) } span .help { (act) "后材料不再变动，逐行的发证方案由此确定。" } }
            }))
            details open[context.is_sent(&committee_path)] {
                summary { "更正组委会名称" }
                (context.line(&committee_path, html! {
                    @let form = context.typed(&committee_path);
                    (version())
                    (field("组委会（办公室）名称", html! { input name="committee" required maxlength="60" size="40" value=(form.get("committee").unwrap_or(&shown.contest.committee)); }))
                    (field("更正的理由", html! { input name="reason" required maxlength="200" value=[form.get("reason")]; }))
                    button { "更正" }
                }))
            }
            details open[context.is_sent(&back)] {
                summary { "退回补正" }
                (context.form(&back, html! {
                    (version())
                    (field("退回理由（告知申报单位）", html! { input name="reason" required maxlength="200" list="returns" value=[context.typed(&back).get("reason")]; }))
                    datalist id="returns" { @for phrase in RETURNS { option value=(phrase) {} } }
                    p .acts { button .bad { "退回" } }
                }))
            }
        }
    }
}

fn originals(view: &View<'_>) -> Markup {
    let View { context, path, shown, .. } = view;
    if shown.originals.is_empty() || shown.status == Status::Draft {
        return html! {};
    }
    let originals = format!("{path}/originals");
    html! {
        section .card {
            details open[context.is_sent(&originals)] {
                summary { "纸质材料（" (shown.originals.iter().filter(|one| one.received.is_some()).count()) "/" (shown.originals.len()) " 已收）" }
                (context.line(&originals, html! {
                    @let form = context.typed(&originals);
                    @for one in &shown.originals {
                        @let name = shown::name_of(one.material);
                        label { input type="checkbox" name="material" value=(name) checked[form.all("material").any(|chosen| chosen == name)]; " " (one.title) }
                    }
                    (field("收到日期", html! { input type="date" name="on" value=[form.get("on")]; }))
                    (field("交来人", html! { input name="from" required maxlength="50" value=[form.get("from")]; }))
                    (field("缺陷（没有不填）", html! { input name="defect" maxlength="200" value=[form.get("defect")]; }))
                    @if shown.originals.iter().any(|one| one.received.is_some()) {
                        (field("更改已登记的，写原因", html! { input name="reason" maxlength="200" value=[form.get("reason")]; }))
                    }
                    button { "登记" }
                }))
            }
        }
    }
}

/// 备案 by the filed body that issues (五、（一）).
fn filing(view: &View<'_>) -> Markup {
    let View { context, path, shown, .. } = view;
    html! {
        @if let Some(filing) = &shown.filing {
            section .card {
                h2 { "备案" }
                @match filing.received_at {
                    Some(at) => p { "已收到备案：" (shown::moment(at)) },
                    None => {
                        p { "这份申报交颁证机构备案。" }
                        @if context.actor().role == Role::Body { (context.form(&format!("{path}/filing"), html! { p .acts { button .main { "收到备案" } } })) }
                    }
                }
            }
        }
    }
}

/// The contest, as it was applied for.
pub(super) fn facts(shown: &ShownApplication) -> Markup {
    let contest = &shown.contest;
    let fact = |label: &str, value: &str| html! { div { dt { (label) } dd { @if value.is_empty() { "—" } @else { (value) } } } };
    html! {
        section .card {
            h2 { "大赛" }
            dl .facts {
                (fact("竞赛类别", contest.class.name()))
                (fact("管辖地区", &shown.jurisdiction_word))
                (fact("牵头主办单位", &contest.organiser))
                (fact("申报账号", &shown.unit))
                (fact("组委会", &contest.committee))
                (fact("人社部门主办", if contest.hrss_hosted { "是" } else { "否" }))
                (fact("竞赛年份", &contest.year.to_string()))
                (fact("决赛日期", &contest.final_on.to_string()))
                (fact("发证日期", &contest.issued_on.to_string()))
                (fact("声明", &shown.declaration.as_ref().map_or_else(|| "未声明".to_owned(), |word| format!("{} {}", word.name, shown::moment(word.at)))))
                @if let Some(at) = shown.submitted_at { (fact("首次提交", &shown::moment(at))) }
                @if !shown.reviewers.is_empty() { (fact("颁证机构", &shown.reviewers.iter().map(|one| shown::party(&Applicant::reviewer(one))).collect::<Vec<_>>().join("、"))) }
                @if !shown.unconfirmed.is_empty() { (fact("待确认", &shown.unconfirmed.join("、"))) }
            }
            details {
                summary { "赛项（" (contest.events.len()) "）" }
                div .scroll { table {
                    thead { tr { th { "赛项" } th { "职业" } th { "职业编码" } th { "工种" } th .num { "获奖人数" } } }
                    tbody { @for event in &contest.events { tr {
                        td { (event.name) } td { (event.occupation) } td .code { (event.occupation_code) } td { (event.job.as_deref().unwrap_or_default()) }
                        td .num { @if let Some(winners) = event.winners { (winners) } }
                    } } }
                } }
            }
        }
    }
}

fn materials(view: &View<'_>) -> Markup {
    let title = |material: Material| view.findings.iter().find(|one| one.material == material).map_or("", |one| one.title.as_str());
    html! {
        section .card {
            h2 { "材料" }
            @if view.shown.materials.is_empty() { p .empty { "还没有收到材料。" } } @else {
                div .scroll { table {
                    thead { tr { th { "材料" } th { "检查结果" } th { "收到时间" } th { "文件" } } }
                    tbody { @for verdict in &view.shown.materials { tr {
                        td { (title(verdict.material)) }
                        td { (state(Some(verdict))) @if verdict.remarks > 0 { " " (verdict.remarks) " 处提示" } }
                        td { @if let Some(at) = verdict.handed_in_at { (shown::moment(at)) } }
                        td { @for report in view.reports.iter().filter(|report| report.material == verdict.material) { @if let Some(workbook) = &report.workbook { a href=(workbook) { "标注的模板表" } } } }
                    } } }
                } }
            }
            @if !view.shown.materials.is_empty() {
                p .acts {
                    a .button href=(format!("{}/materials", view.path)) { "查看材料" }
                    @if view.context.actor().role == Role::Unit { a .button href=(format!("{}/photos", view.path)) { "逐人查看照片" } }
                }
            }
            @if let Some(summary) = &view.summary {
                p .acts { a .button href=(summary.pdf) { "打印申报汇总表" } a .button href=(summary.workbook) { "汇总表（Excel）" } }
            }
        }
    }
}

fn findings(view: &View<'_>) -> Markup {
    html! {
        @if !view.shown.findings.is_empty() { section .card { h2 { "整份申报的检查结果" } (shown::findings(&view.shown.findings)) } }
        @for one in view.findings.iter().filter(|one| !one.findings.is_empty()) {
            section .card {
                h2 { (one.title) "的检查结果" }
                @if one.material == Material::Roster && view.context.actor().role == Role::Unit {
                    p .acts { a .button href=(format!("{}/roster", view.path)) { "逐格查看和改正" } }
                }
                (shown::findings(&one.findings))
            }
        }
    }
}

fn lot_section(view: &View<'_>, lot: &LotProgress) -> Markup {
    let own = Applicant::of(view.context.actor()) == Applicant::reviewer(&lot.reviewer);
    let of_lot = |volume: &&ShownVolume| volume.reviewer == lot.reviewer && volume.certificate_type == lot.certificate_type;
    let volumes: Vec<&ShownVolume> = view.volumes.iter().filter(of_lot).collect();
    let sealing = volumes.iter().any(|volume| volume.sealed.is_none());
    let made = lot.printed_chunks >= lot.chunks && lot.runs.iter().all(|run| run.printed_chunks >= run.chunks);
    html! {
        section .card data-again=[(!made || sealing).then_some(5)] {
            h2 { (shown::party(&Applicant::reviewer(&lot.reviewer))) "：" (lot.certificate_type_word) }
            dl .facts {
                @if lot.end > 0 { div { dt { (lot.certificate_type.numbered_word()) } dd { (lot.end) " 张" } } }
                @if lot.recorded > 0 { div { dt { (if lot.certificate_type.is_of_others() { "已登记" } else { "待编号" }) } dd { (lot.recorded) " 人" } } }
                @if lot.refused > 0 { div { dt { "不予通过" } dd { (lot.refused) " 人" } } }
                @if lot.withdrawn > 0 { div { dt { "已注销" } dd { (lot.withdrawn) " 张" } } }
                @if lot.end > 0 { div { dt { "证书文件" } dd { @if lot.printed_chunks < lot.chunks { "正在生成（" (lot.printed_chunks) "/" (lot.chunks) "）" } @else { "已生成" } } } }
                div { dt { "环节" } dd { (lot.stage_word) } }
            }
            @for failure in lot.failures.iter().chain(lot.runs.iter().flat_map(|run| &run.failures)) {
                div .note.bad { p { "打印失败：" (failure.what) "第 " (failure.part) " 部分，" (failure.reason) "（出错编号 " (failure.reference) "）" } }
            }
            @for run in &lot.runs { (run_part(view, run, own)) }
            @for volume in volumes {
                p { (volume_line(volume)) }
                @if own || view.context.decides(&view.shown.contest.jurisdiction) { (super::archive::form(view.context, &view.shown.id, volume)) }
            }
            @if own { (lot_duties(view, lot, sealing)) }
            (lot_links(view, lot, own))
        }
    }
}

/// Where the lot's next step is taken, if it is for who looks at it and not on this page; and where it can be looked at otherwise.
fn lot_links(view: &View<'_>, lot: &LotProgress, own: bool) -> Markup {
    let id = &view.shown.id;
    let elsewhere = lot.task.filter(|task| !matches!(task, LotTask::Print | LotTask::Archive));
    let is_its_organiser = view.context.actor().role == Role::Unit;
    let takes_numbers = lot.recorded > 0 && (own || (lot.certificate_type.is_of_others() && is_its_organiser));
    let others = [(takes_numbers, LotTask::Number), (lot.end > 0 || lot.recorded > 0, LotTask::Collect)];
    html! {
        p .acts {
            @if let Some((href, word)) = elsewhere.map(|task| lots::next_step(id, task)) { a .button.main href=(href) { (word) } }
            @for (_, task) in others.into_iter().filter(|(is_there, task)| *is_there && elsewhere != Some(*task)) {
                @let (href, word) = lots::next_step(id, task);
                a .button href=(href) { (word) }
            }
        }
    }
}

fn volume_line(volume: &ShownVolume) -> Markup {
    html! {
        "档案卷：" @match &volume.sealed {
            None => "正在成卷",
            Some(sealed) => { span .code { (sealed.batch) } "，" (sealed.files) " 个文件，封存于 " (shown::moment(sealed.at)) @if volume.outdated { "；其后有变动，须再次存档" } }
        }
    }
}

fn run_part(view: &View<'_>, progress: &RunProgress, own: bool) -> Markup {
    let run = &progress.run;
    html! {
        h3 { "第 " (run.run + 1) " 次打印（" (run.setting.form.word()) "，" (run.count) " 张）" }
        @if run.sheets.is_empty() { p .help { "没有流水号：这类证书没有单独的空白证书。" } } @else { p { "流水号 " (shown::stretches(&run.sheets)) } }
        p .acts {
            @for (number, pdf) in progress.pdfs.iter().enumerate() { a .button href=(pdf) { "打印文件 " (number + 1) } }
            @for (number, list) in progress.lists.iter().enumerate() { a .button href=(list) { "对照清单 " (number + 1) } }
            @if progress.pdfs.len() < progress.chunks { span .help { "正在生成（" (progress.printed_chunks) "/" (progress.chunks) "）" } }
        }
        @if !run.spoiled.is_empty() { p .help { "作废：" @for sheet in &run.spoiled { span .code { (sheet.serial) } "（" (sheet.reason) "） " } } }
        @if own && !run.sheets.is_empty() {
            @let jam = format!("{}/void-sheet", view.path);
            @let form = view.context.typed(&jam);
            details open[view.context.is_sent(&jam)] {
                summary { "卡纸" }
                (view.context.line(&jam, html! {
                    (field("作废的流水号", html! { input name="serial" required maxlength="20" value=[form.get("serial")]; }))
                    (field("原因", html! { input name="reason" required maxlength="200" value=(form.get("reason").unwrap_or("卡纸")); }))
                    (field("现在最上面一张（接着的不填）", html! { input name="top" maxlength="20" value=[form.get("top")]; }))
                    button { "作废并顺移" }
                }))
            }
        }
    }
}

/// `sealing`: its volume is being made.
fn lot_duties(view: &View<'_>, lot: &LotProgress, sealing: bool) -> Markup {
    let View { context, path, .. } = view;
    let (print, preview) = (format!("{path}/print"), format!("{path}/print/preview"));
    let typed = if context.is_sent(&preview) { context.typed(&preview) } else { context.typed(&print) };
    let form = if typed.get("certificate_type") == Some(lot.certificate_type.name()) { typed } else { Fields::NONE };
    let of_type = html! { input type="hidden" name="certificate_type" value=(lot.certificate_type.name()); };
    let failed = !lot.failures.is_empty() || lot.runs.iter().any(|run| !run.failures.is_empty());
    html! {
        @if !lot.on_sheets && lot.end > 0 {
            h3 { @if lot.with_sheets { "打印到空白证书" } @else { "按批打印（合并成打印文件，没有流水号）" } }
            (context.line(&print, html! {
                (of_type)
                (field("版式", html! { select name="form" { @for one in [Form::Overprint, Form::Full] { option value=(one.word()) selected[form.get("form") == Some(one.word())] { (one.word()) } } } }))
                @if lot.with_sheets { (field("最上面一张的流水号", html! { input name="top" maxlength="20" placeholder="库存中最小的" value=[form.get("top")]; })) }
                (field("张数", html! { input type="number" name="count" min="1" placeholder="全部" value=[form.get("count")]; }))
                (field("没有照片仍打印的理由", html! { input name="reason" maxlength="200" value=[form.get("reason")]; }))
                (calibration(form, lot))
                button formaction=(preview) { "预览" }
                button .main { "打印" }
            }))
        }
        @if failed { (context.form(&format!("{path}/print-again"), html! { p .acts { button { "重新生成" } } })) }
        @if lot.archivable && !sealing {
            (context.form(&format!("{path}/archive"), html! { (of_type) p .acts { button .main { "资料存档" } } }))
        }
    }
}

/// How the printer is set right: as in the last run, unless something else is typed.
fn calibration(form: &Fields, lot: &LotProgress) -> Markup {
    let last = lot.runs.last().map(|run| run.run.setting.calibration).unwrap_or_default();
    html! {
        details {
            summary { "打印机校准" }
            (cells(form, last))
            p .help { "量校准页上的五个十字，由系统算出这四个数：" a href="/console/sheets/calibration" { "打印机校准" } }
        }
    }
}

/// Pages that look at the rows from other sides.
fn sides(view: &View<'_>) -> Markup {
    let View { context, path, shown, .. } = view;
    let reviewed = context.actor().role != Role::Unit
        && shown.decisions.iter().any(|lot| Applicant::reviewer(&lot.reviewer) == Applicant::of(context.actor()));
    html! {
        p .acts {
            a .button href=(format!("{path}/rows")) { "逐行方案和检查结果" }
            a .button href=(format!("{path}/samples")) { "证书样张" }
            a .button href=(format!("{path}/differences")) { "与上次提交的不同" }
            @if reviewed { a .button href=(format!("{path}/statement")) { "资格审核意见" } }
        }
    }
}

fn rows(view: &View<'_>) -> Markup {
    match &view.rows {
        Rows::Planned(planned) => planned_rows(view, planned),
        Rows::Issued(rows) => issued_rows(view, rows),
    }
}

fn planned_rows(view: &View<'_>, planned: &RowPage) -> Markup {
    html! {
        section .card {
            h2 #rows { "选手和证书" @if planned.preview && !planned.rows.is_empty() { "（方案为预告）" } }
            (sides(view))
            @if planned.rows.is_empty() { p .empty { "模板表通过检查并提交后，逐行列在这里。" } } @else { (row_table(&view.shown.id, &planned.rows)) }
            (turning(view.context, planned.next_after))
        }
    }
}

fn issued_rows(view: &View<'_>, rows: &CertificatePage) -> Markup {
    let View { context, path, .. } = view;
    html! {
        section .card {
            h2 #rows { "选手和证书" }
            (sides(view))
            @if rows.certificates.is_empty() { p .empty { "模板表通过检查并提交后，逐行列在这里。" } } @else { (certificates(&view.shown.id, &rows.certificates)) }
            @if view.shown.decisions.iter().any(|lot| lot.end > 0) { (zip(view)) }
            p .pages {
                @if context.query.get("after").is_some() { a .button href=(format!("{path}#rows")) { "第一页" } }
                @if let Some(next) = rows.next_after { a .button rel="next" href=(format!("{path}?after={next}#rows")) { "下一页" } }
                span .help { "本页 " (rows.certificates.len()) " 行" }
            }
        }
    }
}

/// All PDFs in one file: ordered here, and fetched when it is made.
fn zip(view: &View<'_>) -> Markup {
    let made = view.zip.as_ref().and_then(|zip| zip.made.as_ref());
    let making = view.zip.as_ref().is_some_and(|zip| zip.making);
    html! {
        @if let Some(made) = made {
            p .acts {
                a .button href=(made.link) { "下载证书压缩包" }
                span .help {
                    (made.certificates) " 份，" (shown::moment(made.at)) " 生成，链接五分钟内有效"
                    @if made.missing > 0 { "；另有 " (made.missing) " 份打印失败" }
                    @if made.outdated { "；其后申报有变动，可重新打包" }
                }
            }
        }
        @if making { p .help { "证书正在打包，稍后刷新。" } }
        @else if made.is_none_or(|made| made.outdated || made.missing > 0) {
            (view.context.form(&format!("{}/certificates-zip", view.path), html! { p .acts { button { "打包全部证书文件" } } }))
        }
    }
}

/// Rows with their certificates, as a table.
pub(super) fn certificates(id: &ApplicationId, certificates: &[ListedCertificate]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="选手和证书" data-keys {
            table {
                thead { tr { th .num { "行" } th { "姓名" } th { "状态" } th { "证书类型" } th { "等级" } th { "颁证主体" } th { "证书编码或编号" } th { "流水号" } th { "文件" } } }
                tbody { @for one in certificates { tr {
                    td .num { a href=(format!("/console/applications/{id}/rows/{}", one.row)) aria-label=(format!("第 {} 行", one.row)) { (one.row) } }
                    td { (one.name) }
                    td { span .tag { (one.state_word) } @if let Some(reason) = &one.reason { br; small { (reason) } } @if one.corrected { " 已更正" } }
                    td { (one.certificate_type) }
                    td { (one.level.as_deref().unwrap_or_default()) }
                    td { (one.issuing_body) @if let Some(by) = &one.sealed_by { br; small { "代章：" (by) } } }
                    td .code {
                        @match one.own_number() {
                            Some(number) => a href=(format!("/console/certificates/{number}")) { (number) },
                            None => { (one.number.as_deref().unwrap_or_default()) }
                        }
                    }
                    td .code { (one.serial.as_deref().unwrap_or_default()) }
                    td { @if let Some(pdf) = &one.pdf { a href=(pdf) { "PDF" } } }
                } } }
            }
        }
    }
}

/// Who did what, on which clause.
fn trail(view: &View<'_>) -> Markup {
    let entries = &view.trail.entries;
    html! {
        section .card {
            h2 { "经过" }
            ol .trail {
                li { (shown::moment(view.shown.created_at)) " 新建" }
                @for entry in entries {
                    li {
                        (shown::moment(entry.at)) " " (entry.action_word)
                        @if let Some(actor) = &entry.actor { "（" (actor) "）" }
                        @if !entry.clause.is_empty() { " " small { (entry.clause) } }
                        @if let Some(code) = &entry.code { " " span .code { (code.as_str()) } }
                        @else if !entry.certificate_types.is_empty() { " " small { (entry.certificate_types.join("、")) } }
                        @if let Some(detail) = &entry.detail { "：" (detail) }
                    }
                }
            }
            p .acts {
                a .button href=(format!("{}/trail", view.path)) { @if view.trail.next_after.is_some() { "其后还有记录：全部经过" } @else { "全部经过" } }
                @if view.context.decides(&view.shown.contest.jurisdiction) {
                    a .button href=(format!("{}/trail?looks=true", view.path)) { "查看记录" }
                }
            }
        }
    }
}
