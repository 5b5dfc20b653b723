//! The page: one HTML document for a telephone, without scripts, pictures or anything from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use rules::after::verification::{Answer, Shown, State, words};

use rules::values::attestation::PublicKey;

use crate::asked::Typed;

/// Its style sheet; the reply allows it by its hash.
pub(crate) const STYLE: &str = include_str!("page.css");

/// Checks signatures without us: kept by whoever wants to, opened as a file.
const OFFLINE: &str = include_str!("offline.html");
/// Its field for public keys.
const NO_KEYS: &str = "<textarea id=\"keys\" required spellcheck=\"false\"></textarea>";

/// A page with the form below what is said.
struct Page<'a> {
    title: &'a str,
    said: Markup,
    /// Filled into the form again.
    typed: &'a Typed,
}

impl Page<'_> {
    fn render(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="zh-CN" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header { h1 { "证书查询" } p { "四川省职业技能竞赛获奖选手职业证书" } }
                    main { (self.said) (form(self.typed)) (file()) }
                    footer {
                        p { "本页如实显示颁证机构的记录，证件号码部分隐去。输入的姓名不作留存；为防止批量查询，查询次数有限制。" }
                    }
                }
            }
        };
        page.into_string()
    }
}

/// The form; `action` is relative, so that it works under any domain and stage.
fn form(typed: &Typed) -> Markup {
    html! {
        form method="post" action="verify" autocomplete="off" {
            h2 { "按编号和姓名查询" }
            label for="code" { "证书编号" }
            input id="code" name="code" value=(typed.code) required maxlength="40" autocapitalize="characters" spellcheck="false"
                aria-describedby="code-help";
            p #code-help .help { "印在证书上：职业技能等级证书为 22 位，如 S000051…J00001；专项职业能力证书的照原样填写" }
            label for="name" { "姓名" }
            input id="name" name="name" value=(typed.name) required maxlength="60" spellcheck="false" aria-describedby="name-help";
            p #name-help .help { "与证书上印的完全一致；少数民族和外国人姓名的间隔号为“·”" }
            button type="submit" { "查询" }
            p .help { "持有证书的，也可以直接扫描证书上的二维码。" }
        }
    }
}

/// The file of a certificate can be chosen, or dropped on the field; no script is needed for it.
fn file() -> Markup {
    html! {
        form method="post" action="verify" enctype="multipart/form-data" {
            h2 { "按证书文件核验" }
            label for="file" { "证书的 PDF 文件" }
            input id="file" type="file" name="file" accept=".pdf,application/pdf" required aria-describedby="file-help";
            p #file-help .help { "可以把文件拖到框中。系统读取文件中二维码的内容，显示颁证机构的记录，请与文件逐项对照；文件不作留存。" }
            button type="submit" { "核验" }
            p .help { "没有网络时，可以用" a href="verify?offline=1" { "离线核验页" } "（下载后在浏览器中打开）核对签名。" }
        }
    }
}

/// The page that checks a signature without us; the keys stand in it.
pub(crate) fn offline(keys: &[PublicKey]) -> String {
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    OFFLINE.replace(NO_KEYS, &NO_KEYS.replace("></", &format!(">{}</", keys.join("\n"))))
}

/// What is said, with a sign and a word beside the colour.
fn said(class: &str, sign: &str, word: &str, message: &str) -> Markup {
    html! {
        section .state .(class) role="status" aria-label="查询结果" {
            p .word { span aria-hidden="true" { (sign) } " " (word) }
            p { (message) "。" }
        }
    }
}

/// The form alone.
pub(crate) fn blank(typed: &Typed) -> String {
    Page { title: "证书查询", said: html! {}, typed }.render()
}

/// A refusal or a fault, in the same place as an answer.
pub(crate) fn refusal(word: &str, message: &str, typed: &Typed) -> String {
    Page { title: &format!("{word} - 证书查询"), said: said("refused", "!", word, message), typed }.render()
}

/// An answer.
pub(crate) fn answer(answer: &Answer, typed: &Typed) -> String {
    let (class, sign) = match answer.state {
        State::Valid => ("valid", "✓"),
        State::Corrected => ("corrected", "※"),
        State::Revoked => ("revoked", "×"),
        State::Unknown => ("unknown", "?"),
    };
    let word = answer.state.word();
    let said = html! {
        (said(class, sign, word, &answer.message))
        @if let Some(shown) = &answer.certificate { (certificate(shown)) }
    };
    Page { title: &format!("{word} - 证书查询"), said, typed }.render()
}

fn certificate(shown: &Shown) -> Markup {
    let lines = [
        ("姓名", shown.name.as_str()),
        ("证件类型", shown.document_type.as_str()),
        ("证件号码", shown.document_number.as_str()),
        ("职业名称", shown.occupation.as_str()),
        ("工种/职业方向", shown.job.as_str()),
        ("职业技能等级", shown.level.as_str()),
        ("颁证主体", shown.issuing_body.as_str()),
    ];
    html! {
        section .certificate aria-label="证书内容" {
            h2 { (shown.title) }
            dl {
                div .number { dt { "证书编号" } dd { (shown.code.as_str()) } }
                @for (label, value) in lines.into_iter().filter(|(_, value)| !value.is_empty()) { div { dt { (label) } dd { (value) } } }
                @if let Some(by) = &shown.sealed_by { div { dt { "代章" } dd { (by) } } }
                div { dt { "发证日期" } dd { (words(shown.issued_on)) } }
            }
            p .text { (shown.text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_cannot_become_part_of_the_page() {
        let typed = Typed { code: "\"><script>alert(1)</script>".to_owned(), name: "张\"样".to_owned() };
        let page = blank(&typed);
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn the_page_for_without_a_network_reaches_nothing_and_has_the_keys() {
        let key: PublicKey = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".parse().expect("a key");
        let page = offline(&[key]);
        assert!(page.contains(">11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=</textarea>"), "{page}");
        assert!(page.contains("default-src 'none'") && !page.contains("http:") && !page.contains("https:") && !page.contains("src="));
    }

    #[test]
    fn every_page_is_chinese_fits_a_telephone_and_has_its_form() {
        let typed = Typed { code: "S000051".to_owned(), name: "张样例".to_owned() };
        for page in [blank(&typed), refusal("请稍后再试", "查询过于频繁", &typed), answer(&Answer::unknown(), &typed)] {
            assert!(page.contains("value=\"S000051\"") && page.contains("value=\"张样例\""), "what was typed stands in the form again");
            for part in ["<html lang=\"zh-CN\">", "width=device-width", "<label for=\"code\">", "<label for=\"name\">", "method=\"post\""] {
                assert!(page.contains(part), "{part}");
            }
            assert!(!page.contains("<script") && !page.contains("http"), "{page}");
        }
    }
}
