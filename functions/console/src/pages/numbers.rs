//! 登记证书编号: the rows whose numbers are entered by hand, or were given by others; by a table that is filled in, looked at and then entered.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{Markup, html};
use operations::Refusal;
use operations::number_list::{ListedNumber, NumberPage, NumbersAsked, numbers_filled_in};
use operations::numbers::{EnterNumbers, EnteredNumber, NumbersLookedAt, RowNumber};
use rules::issue::application::ApplicationId;
use rules::issue::external::NumberBasis;
use rules::values::vocabulary::CertificateType;

use crate::context::{Context, Menu, Page, field};
use crate::fields::Fields;
use crate::reply::File;
use crate::shown;

/// Lines of a preview that are shown; the others are counted.
const SHOWN: usize = 200;

/// What came of looking at a table.
enum Preview {
    /// It cannot be read, and why.
    Unreadable(Vec<String>),
    /// What would be entered, of these rows.
    Looked(NumbersLookedAt, Vec<RowNumber>),
}

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    // What was to be entered and could not be is looked at again: it says which rows are in the way.
    let preview = match context.is_sent(&path(&id)) {
        true => Some(looked_at(context, &id, sent(context.form)?).await?),
        false => None,
    };
    whole(context, id, preview).await
}

/// The same, with what would come of the table that was sent.
pub(super) async fn previewed(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let file = context.form.get("file").and_then(|file| BASE64_STANDARD.decode(file).ok()).filter(|file| !file.is_empty());
    let file = file.ok_or_else(|| Refusal::Malformed("请选择填写好的表".to_owned()))?;
    let preview = match numbers_filled_in(&file) {
        Ok(rows) => looked_at(context, &id, rows).await?,
        Err(problems) => Preview::Unreadable(problems),
    };
    whole(context, id, Some(preview)).await
}

/// The table to be filled in.
pub(super) async fn workbook(context: &Context<'_>, id: ApplicationId) -> Result<File, Refusal> {
    let made = context.operations.numbers_workbook(context.actor(), id).await?;
    File::workbook(made.file, &made.workbook_base64)
}

/// What the confirmation of a preview asks for.
pub(crate) fn request(form: &Fields) -> Result<EnterNumbers, Refusal> {
    Ok(EnterNumbers { rows: sent(form)?, reason: form.some("reason"), preview: false })
}

/// The rows that a preview carries.
fn sent(form: &Fields) -> Result<Vec<RowNumber>, Refusal> {
    let unreadable = |_| Refusal::Malformed("表单不完整，请重新上传填写好的表".to_owned());
    serde_json::from_str(&form.text("rows")).map_err(unreadable)
}

async fn looked_at(context: &Context<'_>, id: &ApplicationId, rows: Vec<RowNumber>) -> Result<Preview, Refusal> {
    let reason = context.form.get("reason");
    let looked = context.operations.look_at_numbers(context.actor(), id.clone(), &rows, reason).await?;
    Ok(Preview::Looked(looked, rows))
}

fn path(id: &ApplicationId) -> String {
    format!("/console/applications/{id}/numbers")
}

async fn whole(context: &Context<'_>, id: ApplicationId, preview: Option<Preview>) -> Result<Page, Refusal> {
    let (operations, actor) = (context.operations, context.actor());
    let entered = context.query.get("entered").is_some();
    let asked = NumbersAsked { entered, after: context.query.read("after", "翻页标记")? };
    let shown = operations.show(actor, id.clone()).await?;
    let list = operations.numbers_page(actor, id.clone(), asked).await?;
    let path = path(&id);
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } " · " (shown.contest.name) }
        @if list.under_way { div .note data-again="5" { p { "刚审核通过，系统正在登记各行；稍后刷新。" } } }
        @if let Some(preview) = &preview { (looked(context, &path, preview)) }
        @if list.types.is_empty() {
            section .card { p .empty { "这份申报没有要登记编号的证书：审核尚未通过，或编号由系统给出。" } }
        } @else {
            (by_table(context, &path, &list))
            (rows(context, &id, &list, entered))
        }
    };
    Ok(Page::new(Menu::Applications, "登记证书编号", body))
}

/// The table to take along, and the one that comes back.
fn by_table(context: &Context<'_>, path: &str, list: &NumberPage) -> Markup {
    let preview = format!("{path}/preview");
    let of_others = list.types.iter().any(|one| one.is_of_others());
    html! {
        section .card {
            h2 { "用一张表登记" }
            p .acts {
                @if list.waiting > 0 { a .button href=(format!("{path}/workbook")) { "下载待登记的表（Excel）" } }
                @else { span .help { "各行都已登记编号。" } }
            }
            (context.with_file(&preview, html! {
                div .grid {
                    (field("填写好的表（xlsx 或 CSV）", html! { input type="file" name="file" accept=".xlsx,.csv" required; }))
                    @if of_others {
                        (field("更改已登记编号的原因（只用于职业资格证书，没有更改的不填）", html! { input name="reason" maxlength="200" value=[context.form.get("reason")]; }))
                    }
                }
                p .acts { button .main { "上传并预览" } span .help { "只预览，确认后才登记；没有填写编号的行不动。每次 1000 行以内。" } }
            }))
            @for certificate_type in &list.types { p .help { (characters(*certificate_type)) } }
        }
    }
}

/// Which characters a number has, and what becomes of it.
fn characters(certificate_type: CertificateType) -> &'static str {
    match certificate_type {
        CertificateType::Qualification => {
            "职业资格证书的编号由职业资格实施机构给出：1 到 40 个字母、数字，中间可有“-”和“/”；实施机构、文号、颁发日期可一并填写。"
        }
        CertificateType::SpecificAbility => {
            "专项职业能力证书的编号：4 到 32 个字母、数字，中间可有“-”；登记后即生成证书，不能改填，有误的用“更正”。"
        }
        CertificateType::SkillLevel => "",
    }
}

/// What would be entered, and what is in the way.
fn looked(context: &Context<'_>, path: &str, preview: &Preview) -> Markup {
    match preview {
        Preview::Unreadable(said) => html! {
            div .note.bad role="alert" { p { "这张表不能登记，改正后重新上传：" } (problems(said)) }
        },
        Preview::Looked(seen, rows) => html! {
            section .card aria-label="预览" {
                h2 { "预览：" (seen.entered) " 个编号可以登记" @if seen.problems.is_empty() { "，尚未登记" } @else { "；有不能登记的，改正后重新上传" } }
                @if !seen.problems.is_empty() { div .note.bad role="alert" { (problems(&seen.problems)) } }
                @if !seen.rows.is_empty() { (preview_table(&seen.rows)) }
                @if seen.problems.is_empty() && seen.entered == 0 { p .help { "所列编号此前都已登记，不用再办。" } }
                @if seen.problems.is_empty() && seen.entered > 0 { (confirmation(context, path, seen.entered, rows)) }
            }
        },
    }
}

fn problems(said: &[String]) -> Markup {
    html! {
        ul {
            @for one in said.iter().take(SHOWN) { li { (shown::in_words(one)) } }
            @if said.len() > SHOWN { li { "另有 " (said.len() - SHOWN) " 条" } }
        }
    }
}

fn preview_table(rows: &[EnteredNumber]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="预览的编号" { table {
            thead { tr { th .num { "行" } th { "姓名" } th { "证书编号" } th { "依据" } th { "结果" } } }
            tbody { @for one in rows.iter().take(SHOWN) { tr {
                td .num { (one.row) } td { (one.name) } td .code { (one.number) } td { (basis(&one.basis)) }
                td { @if one.unchanged { span .tag { "已登记，不变" } } @else { span .tag.go { "将登记" } } }
            } } }
        } }
        @if rows.len() > SHOWN { p .help { "只列前 " (SHOWN) " 行，另有 " (rows.len() - SHOWN) " 行。" } }
    }
}

fn basis(basis: &NumberBasis) -> Markup {
    let day = basis.issued_on.map(|on| on.to_string());
    let said: Vec<&str> = [&basis.implementing_body, &basis.document, &day].into_iter().filter_map(|one| one.as_deref()).collect();
    html! { (said.join("，")) }
}

fn confirmation(context: &Context<'_>, path: &str, entered: usize, rows: &[RowNumber]) -> Markup {
    let carried = serde_json::to_string(rows).unwrap_or_default();
    context.form(
        path,
        html! {
            input type="hidden" name="rows" value=(carried);
            input type="hidden" name="reason" value=[context.form.get("reason")];
            p .acts { button .main { "登记这 " (entered) " 个编号" } }
        },
    )
}

fn rows(context: &Context<'_>, id: &ApplicationId, list: &NumberPage, entered: bool) -> Markup {
    let path = path(id);
    let with = |after: &str| format!("{path}?{}", context.query.with("after", after));
    html! {
        section .card {
            h2 { "各行" }
            p .acts aria-label="筛选" {
                a .button href=(path) aria-current=[(!entered).then_some("true")] { "待登记（" (list.waiting) "）" }
                a .button href=(format!("{path}?entered=true")) aria-current=[entered.then_some("true")] { "已登记（" (list.entered) "）" }
            }
            @if list.rows.is_empty() { p .empty { @if entered { "还没有登记编号。" } @else { "没有待登记编号的行。" } } } @else { (table(id, &list.rows)) }
            p .pages {
                @if context.query.get("after").is_some() { a .button href=(with("")) { "第一页" } }
                @if let Some(next) = list.next_after { a .button rel="next" href=(with(&next.to_string())) { "下一页" } }
            }
        }
    }
}

fn table(id: &ApplicationId, rows: &[ListedNumber]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="各行的编号" data-keys { table {
            thead { tr { th .num { "行" } th { "姓名" } th { "证书编号" } th { "证书类型" } th { "颁证主体" } th { "依据" } } }
            tbody { @for one in rows { tr {
                td .num { a href=(format!("/console/applications/{id}/rows/{}", one.row)) aria-label=(format!("第 {} 行", one.row)) { (one.row) } }
                td { (one.name) } td .code { (number(one)) } td { (one.certificate_type_word) } td { (one.issuing_body) }
                td { (basis(&one.basis)) }
            } } }
        } }
        p .help { "单个登记的，点行号。" }
    }
}

fn number(one: &ListedNumber) -> Markup {
    html! {
        @match &one.number {
            Some(number) if one.is_own => a href=(format!("/console/certificates/{number}")) { (number) },
            Some(number) => (number),
            None => span .tag.warn { "待登记" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_preview_come_back_as_they_were_and_nothing_else_does() {
        let rows =
            numbers_filled_in("行号,姓名,证书编号,文号或依据\n4,<b>张样例</b>,ZX-0001,“样例”〔2022〕1号\n".as_bytes()).expect("rows");
        let carried = serde_json::to_string(&rows).expect("a text");
        let form = Fields::of(vec![("rows", carried.clone()), ("reason", " ".to_owned())]);
        let request = request(&form).expect("a request");
        assert_eq!((serde_json::to_string(&request.rows).ok(), request.reason, request.preview), (Some(carried), None, false));
        for odd in ["", "[", "{}", "[{\"row\":\"x\"}]"] {
            assert!(matches!(super::request(&Fields::of(vec![("rows", odd.to_owned())])), Err(Refusal::Malformed(_))), "{odd}");
        }
    }

    #[test]
    fn what_a_table_says_is_text_in_the_page() {
        let said = problems(&["第 4 行：表上的姓名是“<script>”；更改须写明原因（reason）".to_owned()]).into_string();
        assert!(said.contains("&lt;script&gt;") && said.contains("更改须写明原因</li>"), "{said}");
    }
}
