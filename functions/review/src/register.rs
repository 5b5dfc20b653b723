//! What the Center enters: filed bodies.

use lambda_http::http::StatusCode;
use rules::access::{Action, Actor};
use rules::body::{Body, BodyCode};
use rules::notice::Notice;
use serde_json::json;

use crate::api::Api;
use crate::reply::{Answer, Refusal, json_reply};

impl Api {
    pub(crate) async fn enter_body(&self, actor: &Actor, body: Body) -> Answer {
        actor.may(Action::Administer)?;
        let notice = self.notices.latest().ok_or(Refusal::NotFound)?;
        let grammar = &notice.code;
        BodyCode::parse(grammar, body.code.as_str()).map_err(|error| Refusal::Malformed(error.to_string()))?;
        if body.code.is_human_resources(grammar) {
            return Err(Refusal::Malformed(format!("评价机构不能用人社系统的特殊值 {}", grammar.hrss_special)));
        }
        if body.scope.iter().flat_map(|scope| &scope.levels).any(|level| notice.level_by_digit(*level).is_none()) {
            return Err(Refusal::Malformed(format!("备案等级应为 {}", known_levels(notice))));
        }
        self.cloud.enter_body(&body).await?;
        json_reply(StatusCode::OK, &json!({ "code13": body.code }))
    }
}

fn known_levels(notice: &Notice) -> String {
    notice.levels.iter().map(|level| level.digit.to_string()).collect::<Vec<_>>().join("、")
}
