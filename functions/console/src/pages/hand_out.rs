//! 发放: what waits too long, who collected a lot, and which winner has the certificate.

use maud::{Markup, html};
use operations::Refusal;
use operations::hand_out::{CollectedLot, FindWinners, ShownCollection, WaitingLot, Whereabouts, Winner, WinnersAsked};
use rules::issue::application::ApplicationId;
use rules::values::party::{Applicant, Role};

use super::list::{decided, none_on_this_page};
use crate::context::{Context, Menu, Page, field};
use crate::fields::Fields;
use crate::shown;

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let overdue = operations.overdue(actor).await?;
    let decided = decided(context).await?;
    let body = html! {
        (waiting("逾期未领取的批次", &overdue.lots))
        @if actor.role == Role::Unit { (waiting("逾期未发给选手的批次", &overdue.winners)) }
        section .card {
            h2 { "已审核的申报" }
            @if decided.applications.is_empty() { (none_on_this_page(context, decided.next.as_deref(), "还没有可以领取的证书。")) } @else {
                div .scroll { table {
                    thead { tr { th { "申报号" } th { "大赛名称" } th { "牵头主办单位" } th { "办理" } } }
                    tbody { @for one in &decided.applications { tr {
                        td .code { (one.id.as_str()) } td { (one.contest) } td { (one.organiser) }
                        td { a href=(format!("/console/hand-out/{}", one.id)) { "领取和发放" } }
                    } } }
                } }
            }
            @if let Some(next) = decided.next.as_ref().filter(|_| !decided.applications.is_empty()) { p .pages { a .button rel="next" href=(format!("/console/hand-out?{}", context.query.with("after", next))) { "下一页" } } }
        }
    };
    Ok(Page::new(Menu::HandOut, "发放", body))
}

fn waiting(title: &str, lots: &[WaitingLot]) -> Markup {
    html! {
        @if !lots.is_empty() {
            section .card {
                h2 { (title) }
                div .scroll { table {
                    thead { tr { th { "大赛名称" } th { "颁证机构" } th { "自" } th .num { "天数" } th .num { "证书" } th { "办理" } } }
                    tbody { @for lot in lots { tr {
                        td { (lot.contest) } td { (shown::party(&Applicant::reviewer(&lot.reviewer))) } td { (lot.since) }
                        td .num { (lot.days) } td .num { (lot.certificates) }
                        td { a href=(format!("/console/hand-out/{}", lot.application)) { "领取和发放" } }
                    } } }
                } }
            }
        }
    }
}

/// One application: its lots, and winner by winner.
pub(super) async fn winners(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let lots = operations.collections(actor, id.clone()).await?;
    let path = format!("/console/hand-out/{id}");
    let sought = context.form.some("find");
    let winners = match &sought {
        Some(text) => operations.find_winners(actor, id.clone(), FindWinners { text: text.clone() }).await?,
        None => {
            let after = context.query.read("after", "翻页标记")?;
            let waiting = context.query.get("waiting").map(|only| only == "true");
            operations.hand_outs(actor, id.clone(), WinnersAsked { after, waiting }).await?
        }
    };
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } }
        @if lots.is_empty() { section .card { p .empty { "还没有审核通过的证书。" } } }
        @for lot in &lots { (lot_card(context, &id, lot)) }
        section .card {
            h2 #winners { "逐人发放" }
            (context.line(&path, html! {
                (field("姓名、证书编码或编号", html! { input name="find" required maxlength="400" value=[sought.as_ref()] data-search autocomplete="off"; }))
                button { "查找" }
                button type="button" data-scan="find" hidden { "扫描证书二维码" }
            }))
            form .line method="get" action=(path) {
                label { input type="checkbox" name="waiting" value="true" checked[context.query.get("waiting").is_some()]; " 只列待发给选手的" }
                button { "筛选" }
                @if sought.is_some() { a .button href=(path) { "全部选手" } }
            }
            @if winners.winners.is_empty() { p .empty { "没有这样的选手。" } } @else { (hand_outs(context, &id, &winners.winners)) }
            p .pages {
                @if context.query.get("after").is_some() { a .button href=(path) { "第一页" } }
                @if let Some(next) = winners.next_after { a .button rel="next" href=(format!("{path}?{}", context.query.with("after", &next.to_string()))) { "下一页" } }
                span .help { "本页 " (winners.winners.len()) " 人" }
            }
        }
    };
    Ok(Page::new(Menu::HandOut, "领取和发放", body))
}

fn lot_card(context: &Context<'_>, id: &ApplicationId, lot: &CollectedLot) -> Markup {
    let of_others = lot.certificate_type.is_of_others();
    // An issuing unit enters the collection of its own; the organiser that of what others issue (二、（一）).
    let own = Applicant::of(context.actor()) == Applicant::reviewer(&lot.reviewer);
    let enters = own || (of_others && context.actor().role == Role::Unit);
    let ready = lot.published_on.is_some() && lot.certificates > 0;
    html! {
        section .card {
            h2 { (shown::party(&Applicant::reviewer(&lot.reviewer))) "：" (lot.certificate_type_word) "（" (lot.certificates) " 张）" }
            p { "环节：" (lot.stage_word.as_deref().unwrap_or_default()) @if let Some(days) = lot.overdue_days { " " span .tag.warn { "已 " (days) " 天未领取" } } }
            @if let Some(collection) = &lot.collection { (collected(collection)) }
            @if !ready && lot.certificates > 0 { p .help { @if of_others { "存档后登记领取；各行须先有证书编号。" } @else { "信息上网后登记领取。" } } }
            @if enters && ready { (collection_form(context, id, lot)) }
            @if enters && of_others { p .acts { a .button href=(format!("/console/applications/{id}/numbers")) { "登记证书编号" } } }
        }
    }
}

/// Who collected the lot; entered before, it is put right with a reason.
fn collection_form(context: &Context<'_>, id: &ApplicationId, lot: &CollectedLot) -> Markup {
    let action = format!("/console/applications/{id}/collection");
    let typed = context.typed(&action);
    // What was typed for this lot, and not for another one of the page.
    let is_its = typed.get("certificate_type") == Some(lot.certificate_type.name());
    let form = if is_its { typed } else { Fields::NONE };
    let known = lot.collection.as_ref();
    let on = form.some("on").or_else(|| known.map(|known| known.on.to_string()));
    let collector = form.get("collector").or(known.map(|known| known.collector.as_str()));
    let remark = form.get("remark").or(known.and_then(|known| known.remark.as_deref()));
    let fields = context.line(
        &action,
        html! {
            input type="hidden" name="certificate_type" value=(lot.certificate_type.name());
            (field("领取日期", html! { input type="date" name="on" required value=[on]; }))
            (field("主办单位经办人", html! { input name="collector" required maxlength="50" value=[collector]; }))
            (field("证件类型（不登记的不填）", html! { input name="document_type" maxlength="50" value=[form.get("document_type")]; }))
            (field("证件号码", html! { input name="document_number" maxlength="60" autocomplete="off" value=[form.get("document_number")]; }))
            (field("备注", html! { input name="remark" maxlength="50" value=[remark]; }))
            @if known.is_some() { (field("更改的原因", html! { input name="reason" required maxlength="50" value=[form.get("reason")]; })) }
            button .main[known.is_none()] { @if known.is_some() { "更改领取登记" } @else { "登记领取" } }
        },
    );
    html! {
        @if known.is_some() { details open[is_its] { summary { "领取登记有误，更改（清单重新生成）" } (fields) } } @else { (fields) }
    }
}

fn collected(collection: &ShownCollection) -> Markup {
    html! {
        p { (collection.on) " 由" (collection.collector) @if let Some(number) = &collection.document_number { "（" (collection.document_type.as_deref().unwrap_or("证件")) " " (number) "）" } "领取 " (collection.certificates) " 张" @if let Some(remark) = &collection.remark { "（" (remark) "）" } }
        p .acts data-again=[(collection.drawn_parts < collection.parts).then_some(5)] {
            @for (number, pdf) in collection.pdfs.iter().enumerate() { a .button href=(pdf) { "领取、发放清单 " (number + 1) } }
            @for (number, workbook) in collection.workbooks.iter().enumerate() { a .button href=(workbook) { "清单（Excel）" (number + 1) } }
            @if collection.drawn_parts < collection.parts { span .help { "清单正在生成" } }
        }
    }
}

/// Winner by winner; the unit enters who has the certificate, and takes back what was entered by mistake.
fn hand_outs(context: &Context<'_>, id: &ApplicationId, winners: &[Winner]) -> Markup {
    let is_unit = context.actor().role == Role::Unit;
    let path = format!("/console/applications/{id}/hand-outs");
    let typed = context.typed(&path);
    let table = html! {
        div .scroll tabindex="0" role="region" aria-label="逐人发放" data-keys { table {
            thead { tr { @if is_unit { th { "选" } } th .num { "行" } th { "姓名" } th { "证书编码或编号" } th { "状态" } th { "发放日期" } th { "代领人" } th { "文件" } } }
            tbody { @for winner in winners { tr {
                @if is_unit { td { (choice(typed, winner)) } }
                td .num { (winner.row) } td { (winner.name) } td .code { (winner.code.as_str()) } td { span .tag { (winner.state_word) } }
                td { @if let Some(given) = &winner.hand_out { (given.on) } }
                td { @if let Some(given) = &winner.hand_out { (given.collector.as_deref().unwrap_or_default()) } }
                td { @if let Some(pdf) = &winner.pdf { a href=(pdf) { "PDF" } } }
            } } }
        } }
        @if is_unit {
            div .acts {
                (field("发放日期", html! { input type="date" name="on" value=[typed.get("on")]; }))
                (field("代领人（本人领取不填）", html! { input name="collector" maxlength="50" value=[typed.get("collector")]; }))
                button .main { "登记发放" }
            }
            @if winners.iter().any(|winner| winner.state == Whereabouts::HandedOut) {
                details open[typed.get("take-back").is_some()] {
                    summary { "登记有误，撤回所选" }
                    div .acts {
                        (field("撤回的原因", html! { input name="mistake" maxlength="50" value=[typed.get("mistake")]; }))
                        button name="take-back" value="1" { "撤回所选的登记" }
                    }
                }
            }
        }
    };
    if is_unit { context.form(&path, table) } else { table }
}

fn choice(typed: &Fields, winner: &Winner) -> Markup {
    let label = match winner.state {
        Whereabouts::Waiting => format!("第 {} 行已发放", winner.row),
        Whereabouts::HandedOut => format!("第 {} 行的发放登记", winner.row),
        _ => return html! {},
    };
    let code = winner.code.as_str();
    html! { input type="checkbox" name="code" value=(code) checked[typed.all("code").any(|one| one == code)] aria-label=(label); }
}
