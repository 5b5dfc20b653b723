//! What the Center enters: filed bodies.

use lambda_http::http::StatusCode;
use rules::access::{Action, Actor};
use rules::body::{Body, BodyCode};
use serde_json::json;

use crate::api::Api;
use crate::reply::{Answer, Refusal, json_reply};

impl Api {
    pub(crate) async fn enter_body(&self, actor: &Actor, body: Body) -> Answer {
        let rulebook = self.cloud.rulebook().await?;
        let notice = rulebook.notices.general();
        actor.may(Action::Administer { seat: &notice.notice.seat })?;
        let grammar = &notice.code;
        BodyCode::parse(grammar, body.code.as_str()).map_err(|error| Refusal::Malformed(error.to_string()))?;
        if body.code.is_human_resources(grammar) {
            return Err(Refusal::Malformed(format!("评价机构不能用人社系统的特殊值 {}", grammar.hrss_special)));
        }
        if body.scope.iter().flat_map(|scope| &scope.levels).any(|level| notice.level_by_digit(*level).is_none()) {
            let digits = || notice.levels.iter().map(|level| level.digit);
            let (first, last) = (digits().min().unwrap_or_default(), digits().max().unwrap_or_default());
            return Err(Refusal::Malformed(format!("备案等级应为 {first} 到 {last}")));
        }
        self.cloud.enter_body(&body).await?;
        json_reply(StatusCode::OK, &json!({ "code13": body.code }))
    }
}
