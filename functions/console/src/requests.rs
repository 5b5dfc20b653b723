//! Fields of forms, read into what `operations` takes, where a page and an action read the same.

use operations::Refusal;
use operations::bulk::{ChangeSeveral, ChangedCertificate, OldSheet};
use rules::issue::correction::Correction;
use rules::values::text::{MAX_REASON, bounded};
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

/// The part of the rulebook that a form names.
pub(crate) fn part_named(form: &Fields) -> Result<(String, String), Refusal> {
    let name = form.text("part");
    let pair = name.split_once('/').map(|(kind, name)| (kind.to_owned(), name.to_owned()));
    pair.ok_or_else(|| Refusal::Malformed("请写明哪一部分，如 notices/2022-9.toml".to_owned()))
}

/// Its text, with the line ends that files have: browsers send others.
pub(crate) fn part_text(form: &Fields) -> String {
    format!("{}\n", form.text("text").replace("\r\n", "\n"))
}

/// What became of the sheet that a certificate lay on.
pub(crate) fn old_sheet(form: &Fields) -> Option<OldSheet> {
    form.get("old_sheet").and_then(named)
}

/// The list of certificates that is changed at once.
pub(crate) fn several(form: &Fields, preview: bool) -> Result<ChangeSeveral, Refusal> {
    let kind = form.get("change").and_then(named).ok_or_else(|| Refusal::Malformed("请选择办理什么".to_owned()))?;
    let codes = form.text("codes");
    let one = |code: &str| ChangedCertificate { code: code.to_owned(), old_sheet: None, top: None, correction: Correction::default() };
    Ok(ChangeSeveral {
        change: kind,
        reason: bounded_text(form, "reason", "原因")?,
        old_sheet: old_sheet(form),
        against_advice: None,
        certificates: codes.split_whitespace().map(one).collect(),
        preview,
    })
}
