//! How values are shown: moments, stretches of numbers, findings, tags.

use jiff::Timestamp;
use maud::{Markup, html};
use operations::lists::ShownCount;
use rules::issue::account::AccountStatus;
use rules::issue::status::Status;
use rules::values::date::local;
use rules::values::finding::{Finding, Severity};
use rules::values::finding_group::{Cause, causes};
use rules::values::party::{Actor, Applicant};
use rules::values::vocabulary::Material;

/// A moment in Asia/Shanghai, to the minute.
pub(crate) fn moment(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A number of applications; more than were counted: `1000+`.
pub(crate) fn count(count: ShownCount) -> String {
    let more = if count.or_more { "+" } else { "" };
    format!("{}{more}", count.count)
}

/// The status of an application, in colour and in words: what the Center decided is called by what it was (授权, 审批, 受理).
pub(crate) fn status(status: Status, word: &str) -> Markup {
    let class = match status {
        Status::Draft => "tag warn",
        Status::Registering | Status::Submitted | Status::Authorised => "tag go",
        Status::Qualified => "tag good",
        Status::Returned => "tag bad",
    };
    html! { span class=(class) { (word) } }
}

/// Where an account stands, in colour and in words.
pub(crate) fn account_status(status: AccountStatus) -> Markup {
    let class = match status {
        AccountStatus::Applied => "tag go",
        AccountStatus::Granted => "tag good",
        AccountStatus::Suspended => "tag warn",
        AccountStatus::Refused | AccountStatus::Ended => "tag bad",
    };
    html! { span class=(class) { (status.word()) } }
}

/// Who somebody is, in the words of the notice.
pub(crate) fn party(applicant: &Applicant) -> String {
    let name = applicant.as_str();
    match name.split_once('-') {
        Some(("unit", unit)) => format!("申报单位 {unit}"),
        Some(("center", "00")) => "省职鉴中心".to_owned(),
        Some(("center", code)) => format!("职鉴中心 {code}"),
        Some(("body", code)) => format!("颁证机构 {code}"),
        _ => name.to_owned(),
    }
}

/// Who is at work.
pub(crate) fn actor(actor: &Actor) -> String {
    party(&Applicant::of(actor))
}

/// The name of a material in forms: that of the API.
pub(crate) fn name_of(material: Material) -> String {
    serde_json::to_value(material).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// First and last of each stretch.
pub(crate) fn stretches(stretches: &[(String, String)]) -> Markup {
    html! {
        @if stretches.is_empty() { "无" }
        @for (number, (first, last)) in stretches.iter().enumerate() {
            @if number > 0 { br; }
            span .code { (first) @if first != last { " 至 " (last) } }
        }
    }
}

/// How much a finding weighs.
pub(crate) fn severity(severity: Severity) -> Markup {
    let class = match severity {
        Severity::Error => "tag bad",
        Severity::Warning => "tag warn",
        Severity::Notice => "tag",
    };
    html! { span class=(class) { (severity.word()) } }
}

/// A message without the names that programs have for what it speaks of, which stand behind it in brackets: 原因（reason）, 遗失（lost）.
pub(crate) fn in_words(message: &str) -> String {
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '-'));
    let mut parts = message.split('（');
    let mut words = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('）') {
            Some((name, rest)) if is_name(name) => words.push_str(rest),
            _ => {
                words.push('（');
                words.push_str(part);
            }
        }
    }
    words
}

/// Messages of one cause that are shown at once.
const MESSAGES: usize = 200;

/// Findings grouped by cause, the gravest first.
pub(crate) fn findings(found: &[Finding]) -> Markup {
    html! { @for cause in &causes(found) { (one_cause(cause)) } }
}

fn one_cause(cause: &Cause<'_>) -> Markup {
    let Cause { first, count, messages } = cause;
    html! {
        details open[messages.len() <= 5] {
            summary {
                (severity(first.severity)) " " (first.code.word()) " " small .code { (first.code.as_str()) } " · " (count) " 处"
                @if let Some(clause) = &first.clause { " · " (clause) }
            }
            p .help { "怎样改正：" (first.fix) }
            ul {
                @for message in messages.iter().take(MESSAGES) {
                    li { span .code { (message.places()) } "：" (in_words(&message.first.message)) }
                }
                @if messages.len() > MESSAGES { li { "另有 " (messages.len() - MESSAGES) " 条，见标注的模板表" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rules::values::finding::{FindingCode, Place};

    use super::*;

    #[test]
    fn findings_stand_by_cause_and_what_they_say_is_text() {
        let of = |code, message: &str| Finding::new(code, Place::file("roster.xlsx"), message);
        let shown = findings(&[
            of(FindingCode::FileTaken, "一"),
            of(FindingCode::ContestInvalid, "<b>二</b>"),
            of(FindingCode::ContestInvalid, "三"),
        ]);
        let shown = shown.into_string();
        assert!(shown.contains("2 处") && shown.contains("&lt;b&gt;二&lt;/b&gt;"), "{shown}");
        assert!(shown.find("CONTEST_INVALID") < shown.find("FILE_TAKEN"), "the gravest first");
    }

    #[test]
    fn what_is_said_of_a_whole_column_is_said_once() {
        let of = |row| Finding::new(FindingCode::CellFormula, Place::cell("roster.xlsx", "名单", row, 5), "“出生日期”是公式");
        let shown = findings(&(2..=41).map(of).collect::<Vec<_>>()).into_string();
        assert_eq!((shown.matches("<li>").count(), shown.matches("40 处").count()), (1, 1), "{shown}");
        assert!(
            shown.contains("roster.xlsx「名单」F2、F3、F4、F5、F6、F7、F8、F9、F10、F11，另有 30 处</span>：“出生日期”是公式"),
            "{shown}"
        );
    }

    #[test]
    fn a_moment_is_that_of_beijing() {
        assert_eq!(moment("2022-06-20T02:00:00Z".parse().expect("a moment")), "2022-06-20 10:00");
    }
}
