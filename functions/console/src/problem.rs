//! Why something was not done, as people are told it.

use lambda_http::http::StatusCode;
use maud::{Markup, html};
use operations::Refusal;
use rules::after::verification::too_often;
use rules::values::finding::Finding;

use crate::shown;

/// A refusal in words.
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) message: String,
    pub(crate) findings: Vec<Finding>,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let of = |status, title, message: String| Self { status, title, message: shown::in_words(&message), findings: Vec::new() };
        match refusal {
            Refusal::Unauthorised => of(StatusCode::UNAUTHORIZED, "请先登录", "登录已结束，请重新登录后再办理".to_owned()),
            Refusal::Denied => of(StatusCode::FORBIDDEN, "没有权限", "这个账号没有办理这项业务的权限".to_owned()),
            Refusal::NotEntitled(message) => of(StatusCode::FORBIDDEN, "没有权限", message),
            Refusal::NotFound => of(StatusCode::NOT_FOUND, "没有找到", "没有这一项，或不属于本账号可以查看的范围".to_owned()),
            Refusal::Malformed(message) => of(StatusCode::BAD_REQUEST, "填写有误", message),
            Refusal::Changed(message) => of(StatusCode::CONFLICT, "现在不能办理", message),
            Refusal::TooOften(seconds) => of(StatusCode::TOO_MANY_REQUESTS, "请稍后再试", too_often(seconds)),
            Refusal::ApprovalNeeded(message) => of(StatusCode::UNPROCESSABLE_ENTITY, "须经批准", message),
            Refusal::KeyReused => {
                of(StatusCode::UNPROCESSABLE_ENTITY, "表单已提交过", "这一页的表单已经提交过，请刷新页面后再填写".to_owned())
            }
            Refusal::Advice(message, findings) => {
                Self { findings, ..of(StatusCode::UNPROCESSABLE_ENTITY, "须写明理由", message.to_owned()) }
            }
            Refusal::Findings(findings) => {
                Self { findings, ..of(StatusCode::UNPROCESSABLE_ENTITY, "未通过检查", "以下各项改正后才能办理".to_owned()) }
            }
            Refusal::Records(error) => match error.log() {
                None => of(StatusCode::SERVICE_UNAVAILABLE, "暂时不可用", "系统暂时不可用，请稍后重试".to_owned()),
                Some(reference) => {
                    let message = format!("系统出错，重试也不会成功；请将出错编号 {reference} 告知系统管理员");
                    of(StatusCode::INTERNAL_SERVER_ERROR, "系统出错", message)
                }
            },
        }
    }
}

/// What there may be, or not be for this account; that the store fails is no answer.
pub(crate) fn if_any<T>(outcome: Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    match outcome {
        Ok(there) => Ok(Some(there)),
        Err(failed @ Refusal::Records(_)) => Err(failed),
        Err(_) => Ok(None),
    }
}

impl Problem {
    /// What is said of it, and the way back.
    pub(crate) fn body(&self, back: Option<&str>) -> Markup {
        html! {
            div .note.bad role="alert" { p { (self.message) } }
            @if !self.findings.is_empty() { section .card { (shown::findings(&self.findings)) } }
            @if let Some(back) = back { p .acts { a .button href=(back) { "返回" } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use records::RecordsError;

    use super::*;

    #[test]
    fn a_store_that_fails_is_not_taken_for_nothing_there() {
        assert!(matches!(if_any::<()>(Err(Refusal::NotFound)), Ok(None)) && matches!(if_any(Ok(1)), Ok(Some(1))));
        let failed = if_any::<()>(Err(Refusal::Records(RecordsError::Corrupt("an item".to_owned()))));
        assert!(matches!(failed, Err(Refusal::Records(_))));
    }

    #[test]
    fn names_of_fields_are_for_programs() {
        for (message, words) in [
            ("已登记编号 ZX-1；更改须写明原因（reason）", "已登记编号 ZX-1；更改须写明原因"),
            ("须写明原证书已收回（voided）还是遗失（lost）", "须写明原证书已收回还是遗失"),
            ("登记有误，请先写明原因撤回（taken_back）", "登记有误，请先写明原因撤回"),
            ("证书编号应为 1 到 40 个字母、数字（半角）（G13）", "证书编号应为 1 到 40 个字母、数字（半角）（G13）"),
        ] {
            let problems = [Refusal::Malformed(message.to_owned()), Refusal::Changed(message.to_owned())].map(Problem::from);
            assert_eq!(problems.map(|problem| problem.message), [words, words]);
        }
    }

    #[test]
    fn nothing_that_people_are_told_is_raw() {
        let defect = RecordsError::Corrupt("an item without a key".to_owned());
        for refusal in [Refusal::Unauthorised, Refusal::Denied, Refusal::NotFound, Refusal::KeyReused, Refusal::Records(defect)] {
            let problem = Problem::from(refusal);
            let latin = problem.message.chars().filter(char::is_ascii_lowercase).count();
            assert!(latin < 20 && !problem.message.contains("item"), "{}", problem.message);
        }
    }
}
