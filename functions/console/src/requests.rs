//! Fields of forms, read into what `operations` takes, where a page and an action read the same.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use operations::Refusal;
use operations::bulk::{ChangeKind, ChangeSeveral, ChangedCertificate, OldSheet};
use rules::issue::correction::Correction;
use rules::values::text::{MAX_REASON, bounded, decoded};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fields::Fields;

/// As long as a reason may be, of characters that are shown.
pub(crate) fn bounded_text(form: &Fields, name: &str, what: &str) -> Result<String, Refusal> {
    let text = form.text(name);
    bounded(what, &text, MAX_REASON).map(str::to_owned).map_err(Refusal::Malformed)
}

/// A word of the API, read.
pub(crate) fn named<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(Value::from(name)).ok()
}

/// The part of the rulebook that a form names: one of the list, or a new one by the name of its file.
pub(crate) fn part_named(form: &Fields) -> Result<(String, String), Refusal> {
    let name = match form.get("part") {
        Some(NEW_NOTICE) => format!("notices/{}.toml", new_file(form)?.trim_end_matches(".toml")),
        Some(NEW_SEAL) => format!("seals/{}.png", new_file(form)?.trim_end_matches(".png")),
        Some(name) => name.to_owned(),
        None => String::new(),
    };
    let pair = name.split_once('/').map(|(kind, name)| (kind.to_owned(), name.to_owned()));
    pair.ok_or_else(|| Refusal::Malformed("请选择替换哪一部分".to_owned()))
}

/// In the place of a part's name: one that is not there yet.
pub(crate) const NEW_NOTICE: &str = "new-notice";
/// The same of a seal.
pub(crate) const NEW_SEAL: &str = "new-seal";

fn new_file(form: &Fields) -> Result<&str, Refusal> {
    form.get("new_part").ok_or_else(|| Refusal::Malformed("请填写新文件的名称，如 chengdu".to_owned()))
}

/// Its text, with the line ends that files have: browsers send others. Of a seal it is the picture as base64, which is how a file comes.
pub(crate) fn part_text(form: &Fields) -> Result<String, Refusal> {
    let is_seal = form.get("part").is_some_and(|part| part == NEW_SEAL || part.starts_with("seals/"));
    if let Some(picture) = form.get("file").filter(|_| is_seal && form.some("text").is_none()) {
        return Ok(format!("{picture}\n"));
    }
    let text = text_or_file(form, "text", "请选择文件，或粘贴全文")?;
    Ok(format!("{}\n", text.replace("\r\n", "\n").trim_end()))
}

/// What was pasted; where nothing was, what the file says, in whatever encoding.
pub(crate) fn text_or_file(form: &Fields, name: &str, wanted: &str) -> Result<String, Refusal> {
    if let Some(text) = form.some(name) {
        return Ok(text);
    }
    let bytes = form.get("file").and_then(|file| BASE64_STANDARD.decode(file).ok()).ok_or_else(|| Refusal::Malformed(wanted.to_owned()))?;
    decoded(&bytes).ok_or_else(|| Refusal::Malformed("文件不是文本，或编码不能识别；请另存为 UTF-8 后再选".to_owned()))
}

/// What became of the sheet that a certificate lay on.
pub(crate) fn old_sheet(form: &Fields) -> Option<OldSheet> {
    form.get("old_sheet").and_then(named)
}

/// The list of certificates that is changed at once: a code in each line; of corrections a table, whose first line says what stands where.
pub(crate) fn several(form: &Fields, preview: bool) -> Result<ChangeSeveral, Refusal> {
    let change: ChangeKind = form.get("change").and_then(named).ok_or_else(|| Refusal::Malformed("请选择办理什么".to_owned()))?;
    let codes = form.text("codes");
    let one = |code: &str| ChangedCertificate { code: code.to_owned(), old_sheet: None, top: None, correction: Correction::default() };
    let certificates = match change {
        ChangeKind::Correct => corrections(&codes)?,
        ChangeKind::Reissue | ChangeKind::Revoke => codes.split_whitespace().map(one).collect(),
    };
    Ok(ChangeSeveral {
        change,
        reason: bounded_text(form, "reason", "原因")?,
        old_sheet: old_sheet(form),
        against_advice: form.some("against_advice").filter(|_| change == ChangeKind::Correct),
        certificates,
        preview,
    })
}

/// A table as it is copied from a workbook, or written with commas.
fn corrections(table: &str) -> Result<Vec<ChangedCertificate>, Refusal> {
    let mut lines = table.lines().map(cells).filter(|cells| cells.iter().any(|cell| !cell.is_empty()));
    let headings = lines.next().unwrap_or_default();
    if headings.first().is_none_or(|first| !["证书编码", "证书编号", "证书编码或编号"].contains(first)) {
        return Err(Refusal::Malformed("更正的名单第一行写各列的名称，第一列为证书编码或编号，如：证书编码,姓名,证件号码".to_owned()));
    }
    lines.map(|cells| corrected(&headings, &cells)).collect()
}

fn cells(line: &str) -> Vec<&str> {
    let separator = if line.contains('\t') { ['\t', '\t'] } else { [',', '，'] };
    line.split(separator).map(str::trim).collect()
}

fn corrected(headings: &[&str], cells: &[&str]) -> Result<ChangedCertificate, Refusal> {
    let mut one = ChangedCertificate { code: String::new(), old_sheet: None, top: None, correction: Correction::default() };
    for (number, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        let heading = headings.get(number).copied().unwrap_or_default();
        let wrong = || Refusal::Malformed(format!("证书 {} 的“{heading}”填写有误，请核对", one.code));
        let (text, correction) = (Some((*cell).to_owned()), &mut one.correction);
        match heading {
            _ if number == 0 => one.code = (*cell).to_owned(),
            "姓名" => correction.name = text,
            "证件类型" => correction.document_type = text,
            "证件号码" => correction.document_number = text,
            "等级" => correction.level = Some(cell.trim_end_matches('级').parse().map_err(|_| wrong())?),
            "发证日期" => correction.issued_on = Some(cell.parse().map_err(|_| wrong())?),
            "颁证机构代码" => correction.body = text,
            "颁证机构" | "颁证主体" | "颁证机构名称" => correction.issuing_body = text,
            "新编号" => correction.number = text,
            _ => return Err(Refusal::Malformed(format!("不认识的列“{heading}”：{CORRECTED}"))),
        }
    }
    if one.code.is_empty() || one.correction == Correction::default() {
        return Err(Refusal::Malformed("更正的名单中有一行没有证书编码或编号，或没有要更正的内容".to_owned()));
    }
    Ok(one)
}

/// What a list of corrections can put right.
const CORRECTED: &str = "可以更正姓名、证件类型、证件号码、等级、发证日期、颁证机构代码、颁证机构、新编号";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_corrections_is_a_table_with_headings() {
        let read = corrections("证书编码\t姓名\t等级\nS1\t李四\t\nS2\t\t3级\n\n").expect("corrections");
        let told: Vec<(&str, Option<&str>, Option<u8>)> =
            read.iter().map(|one| (one.code.as_str(), one.correction.name.as_deref(), one.correction.level)).collect();
        assert_eq!(told, [("S1", Some("李四"), None), ("S2", None, Some(3))]);
        assert!(corrections("证书编码，姓名\nS1，李四").is_ok(), "full-width commas");
        for odd in ["", "S1\nS2", "证书编码,年龄\nS1,20", "证书编码,等级\nS1,高", "证书编码,姓名\nS1,"] {
            assert!(matches!(corrections(odd), Err(Refusal::Malformed(_))) || corrections(odd).is_ok_and(|all| all.is_empty()), "{odd}");
        }
    }

    #[test]
    fn what_was_pasted_goes_before_a_file() {
        let file = BASE64_STANDARD.encode("文件");
        let form = |text: &str| Fields::of(vec![("text", text.to_owned()), ("file", file.clone())]);
        assert_eq!(part_text(&form("粘贴\r\n二")).ok().as_deref(), Some("粘贴\n二\n"));
        assert_eq!(part_text(&form("")).ok().as_deref(), Some("文件\n"));
        assert!(part_text(&Fields::default()).is_err());
    }

    #[test]
    fn a_seal_is_chosen_as_the_picture_that_it_is() {
        let picture = BASE64_STANDARD.encode(b"\x89PNG\r\n");
        let form = |part: &str| Fields::of(vec![("part", part.to_owned()), ("file", picture.clone())]);
        for part in [NEW_SEAL, "seals/center-00.png"] {
            assert_eq!(part_text(&form(part)).ok(), Some(format!("{picture}\n")));
        }
        assert_ne!(part_text(&form("catalogues/areas")).ok(), Some(format!("{picture}\n")), "a catalogue is a text");
    }

    #[test]
    fn a_new_part_is_named_by_its_file() {
        let form = |part: &str, new: &str| Fields::of(vec![("part", part.to_owned()), ("new_part", new.to_owned())]);
        let named = |part: &str, new: &str| part_named(&form(part, new)).ok();
        assert_eq!(named(NEW_NOTICE, "chengdu.toml"), Some(("notices".to_owned(), "chengdu.toml".to_owned())));
        assert_eq!(named("catalogues/areas", ""), Some(("catalogues".to_owned(), "areas".to_owned())));
        assert_eq!((named(NEW_NOTICE, ""), named("", "x")), (None, None));
    }
}
