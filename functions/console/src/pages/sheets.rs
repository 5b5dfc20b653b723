//! 空白证书: books, movements, ledgers.

use maud::{Markup, html};
use operations::Refusal;
use operations::sheets::{Books, ProposedDestruction, ShownBook, ShownLedger, ShownLine, WhichLedger, spans};
use rules::sheets::stock::Movement;
use rules::values::party::{Applicant, IssuingUnit, Role};
use rules::values::ranges::Ranges;

use crate::context::{Context, Menu, Page, field};
use crate::fields::Fields;
use crate::shown;

/// Where movements are sent to.
const MOVE: &str = "/console/sheets/move";

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let books = context.operations.books(context.actor()).await?;
    let body = html! {
        section .card {
            h2 { "库存" }
            @if books.books.is_empty() { p .empty { "还没有空白证书入库。" } } @else { (table(&books.books)) }
        }
        @for book in &books.books { (requisition(context, book)) (acknowledge(context, book)) }
        (ask(context, &books))
        p .acts { a .button href="/console/sheets/calibration" { "打印机校准" } }
        @for proposed in &books.to_confirm { (to_confirm(context, proposed)) }
        @for register in &books.registers { section .card { h2 { "累计入库的流水号（" (register.kind_name) "）" } p { (shown::stretches(&register.received)) } } }
        (movements(context, &books))
    };
    Ok(Page::new(Menu::Sheets, "空白证书", body))
}

fn ledger_path(book: &ShownBook) -> String {
    let query = serde_urlencoded::to_string([("kind", book.kind.as_str()), ("holder", book.holder.as_str())]).unwrap_or_default();
    format!("/console/sheets/ledger?{query}")
}

fn table(books: &[ShownBook]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="库存" { table {
            thead { tr { th { "种类" } th { "持有单位" } th .num { "在库" } th { "流水号" } th .num { "已打印" } th .num { "作废" } th .num { "遗失" } th .num { "转出" } th .num { "销毁" } th { "台账" } } }
            tbody { @for book in books { tr {
                td { (book.kind_name) } td { (shown::party(&Applicant::reviewer(&book.holder))) } td .num { (book.on_hand_count) @if book.is_low { br; span .tag.warn { "库存不足" } } }
                td { (shown::stretches(&book.on_hand)) @if !book.to_acknowledge.is_empty() { br; small { "待签收 " (shown::stretches(&book.to_acknowledge)) } } @if !book.to_destroy.is_empty() { br; small { "待销毁 " (shown::stretches(&book.to_destroy)) } } }
                td .num { (book.printed) } td .num { (book.voided) } td .num { (book.lost) } td .num { (book.handed_over) } td .num { (book.destroyed) }
                td { a href=(ledger_path(book)) { "台账" } }
            } } }
        } }
    }
}

/// 申领 that the Center has neither given nor refused.
fn requisition(context: &Context<'_>, book: &ShownBook) -> Markup {
    // What was typed for this holder's request, and not for another's.
    let typed = context.typed("/console/sheets/refuse");
    let is_its = typed.get("kind") == Some(book.kind.as_str()) && typed.get("holder") == Some(book.holder.as_str());
    let refused = if is_its { typed } else { Fields::NONE };
    html! {
        @if let Some(asked) = &book.asked {
            section .card {
                h2 { "申领：" (shown::party(&Applicant::reviewer(&book.holder))) "，" (book.kind_name) " " (asked.count) " 张" }
                p { (asked.reason) "（" (asked.operator) "，" (shown::moment(asked.at)) "）" }
                @if context.actor().role == Role::Center {
                    p .help { "发给的，在下面登记“领用”。" }
                    (context.line("/console/sheets/refuse", html! {
                        input type="hidden" name="kind" value=(book.kind);
                        input type="hidden" name="holder" value=(book.holder.as_str());
                        (field("不予领用的原因", html! { input name="reason" required maxlength="200" value=[refused.get("reason")]; }))
                        button .bad { "不予领用" }
                    }))
                }
            }
        }
    }
}

/// 签收 of what was assigned, by its holder.
fn acknowledge(context: &Context<'_>, book: &ShownBook) -> Markup {
    let own = Applicant::reviewer(&book.holder) == Applicant::of(context.actor());
    html! {
        @if own && !book.to_acknowledge.is_empty() {
            section .card {
                h2 { "待签收：" (book.kind_name) }
                p { (shown::stretches(&book.to_acknowledge)) }
                (context.form(MOVE, html! {
                    input type="hidden" name="movement" value="acknowledge";
                    input type="hidden" name="kind" value=(book.kind);
                    p .acts { button .main { "全部签收" } }
                }))
            }
        }
    }
}

/// 种类: which of the notice's kinds of sheets.
fn kind(typed: &Fields, books: &Books) -> Markup {
    let chosen = typed.get("kind");
    field(
        "种类",
        html! { select name="kind" { @for (kind, name) in &books.kinds { option value=(kind) selected[chosen == Some(kind)] { (name) } } } },
    )
}

fn ask(context: &Context<'_>, books: &Books) -> Markup {
    const ACTION: &str = "/console/sheets/ask";
    let form = context.typed(ACTION);
    html! {
        @if context.actor().role == Role::Body {
            section .card {
                details open[context.is_sent(ACTION)] {
                    summary { "申领空白证书" }
                    (context.line(ACTION, html! {
                        (kind(form, books))
                        (field("张数", html! { input type="number" name="count" min="1" required value=[form.get("count")]; }))
                        (field("事由", html! { input name="reason" required maxlength="200" value=[form.get("reason")]; }))
                        button .main { "申领" }
                    }))
                }
            }
        }
    }
}

fn to_confirm(context: &Context<'_>, proposed: &ProposedDestruction) -> Markup {
    let lines: Vec<String> = proposed.sheets.iter().map(|(first, last)| format!("{first} {last}")).collect();
    html! {
        section .card {
            h2 { "待第二人签字的销毁" }
            p { (shown::party(&Applicant::reviewer(&proposed.holder))) "：" (shown::stretches(&proposed.sheets)) "，" (proposed.reason) "（第一人 " (proposed.first_signature) "）" }
            (context.form("/console/sheets/destroy-confirm", html! {
                input type="hidden" name="kind" value=(proposed.kind);
                input type="hidden" name="holder" value=(proposed.holder.as_str());
                input type="hidden" name="ranges" value=(lines.join("\n"));
                p .acts { button .bad { "监督人确认销毁" } }
            }))
        }
    }
}

fn movements(context: &Context<'_>, books: &Books) -> Markup {
    let center = context.actor().role == Role::Center;
    // 全部签收 goes to the same address, and has no fields.
    let form = if context.form.get("movement") == Some("acknowledge") { Fields::NONE } else { context.typed(MOVE) };
    let movements = [
        ("receive", "入库", true),
        ("assign", "领用（发给颁证机构）", true),
        ("take-back", "收回", true),
        ("void", "作废", false),
        ("lose", "遗失", false),
        ("count", "盘点", false),
        ("destroy", "提出销毁（第一人签字）", false),
    ];
    html! {
        section .card {
            h2 { "登记" }
            (context.form(MOVE, html! {
                div .grid {
                    (field("业务", html! { select name="movement" { @for (name, word, of_center) in movements { @if center || !of_center { option value=(name) selected[form.get("movement") == Some(name)] { (word) } } } } }))
                    (kind(form, books))
                    @if !books.holders.is_empty() {
                        (field("对方单位（领用、收回时选）", html! { select name="holder" {
                            option value="" { "—" }
                            @for (unit, name) in &books.holders { option value=(unit.as_str()) selected[form.get("holder") == Some(unit.as_str())] { (name) } }
                        } }))
                    }
                    (field("原因（作废、遗失、销毁时填）", html! { input name="reason" maxlength="200" value=[form.get("reason")]; }))
                }
                label .field { span { "流水号" } textarea name="ranges" required placeholder="每行一段：首号 末号，单张只写一个" { (form.text("ranges")) } }
                p .acts { button .main { "登记" } }
            }))
        }
    }
}

/// A holder's ledger; of a count that has just been entered, what was found to differ.
pub(super) async fn ledger(context: &Context<'_>) -> Result<Page, Refusal> {
    let holder = context.query.some("holder").map(IssuingUnit::try_from).transpose();
    let holder = holder.map_err(|_| Refusal::Malformed("没有这个持有单位，请从“空白证书”页的台账进入".to_owned()))?;
    let which = WhichLedger { kind: context.query.some("kind"), holder };
    let ledger = context.operations.ledger(context.actor(), which).await?;
    let last_count = ledger.lines.iter().rfind(|line| line.entry.movement == Movement::Count);
    let counted = context.query.get("done") == Some("counted-different");
    let body = html! {
        p .crumbs { a href="/console/sheets" { "空白证书" } }
        @if let Some(line) = last_count.filter(|_| counted) { (variance(&ledger, line)) }
        section .card { (table(std::slice::from_ref(&ledger.book))) }
        section .card {
            h2 { "台账" }
            @if ledger.lines.is_empty() { p .empty { "还没有登记。" } } @else { (lines(&ledger)) }
        }
    };
    Ok(Page::new(Menu::Sheets, "空白证书台账", body))
}

/// 盘亏 and 盘盈 of a count, by their serials.
fn variance(ledger: &ShownLedger, line: &ShownLine) -> Markup {
    let part = |word: &str, sheets: &Ranges| {
        html! { @if !sheets.is_empty() { p { strong { (word) " " (sheets.count()) " 张：" } (shown::stretches(&spans(&ledger.kind, sheets))) } } }
    };
    html! {
        div .note.bad role="alert" aria-label="盘点差额" {
            p { (shown::moment(line.entry.at)) " 盘点：实有 " (line.entry.sheets.count()) " 张，账面 " (line.entry.on_hand) " 张。" }
            (part("盘亏（账面有、实物没有）", &line.entry.missing))
            (part("盘盈（实物有、账面没有）", &line.entry.surplus))
            p { "盘点不改变库存：确已遗失的另行登记“遗失”；多出来的先查明来源。" }
        }
    }
}

fn lines(ledger: &ShownLedger) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="台账" { table {
            thead { tr { th { "时间" } th { "业务" } th .num { "张数" } th { "号段" } th { "说明" } th .num { "结存" } th { "经手账号" } } }
            tbody { @for line in ledger.lines.iter().rev() { (ledger_line(ledger, line)) } }
        } }
    }
}

fn ledger_line(ledger: &ShownLedger, line: &ShownLine) -> Markup {
    let entry = &line.entry;
    let differs = |word: &str, sheets: &Ranges| {
        html! { @if !sheets.is_empty() { p { span .tag.bad { (word) " " (sheets.count()) " 张" } " " (shown::stretches(&spans(&ledger.kind, sheets))) } } }
    };
    html! {
        tr {
            td { (shown::moment(entry.at)) }
            td { (entry.movement.word()) @if let Some(other) = &entry.counterpart { br; small { (shown::party(&Applicant::reviewer(other))) } } }
            td .num { (entry.asked.unwrap_or_else(|| entry.sheets.count())) }
            td { @if entry.sheets.is_empty() { "—" } @else { (shown::stretches(&spans(&ledger.kind, &entry.sheets))) } }
            td {
                @if let Some(reason) = &entry.reason { p { (reason) } }
                (differs("盘亏", &entry.missing))
                (differs("盘盈", &entry.surplus))
                @if let Some(id) = &entry.application { p { "申报 " a .code href=(format!("/console/applications/{id}")) { (id.as_str()) } } }
                @if let Some(code) = &entry.code { p .code { (code.as_str()) } }
                @if let Some(second) = &entry.second_signature { p { "监督人 " (second) } }
            }
            td .num { (entry.on_hand) }
            td { (entry.operator) }
        }
    }
}
