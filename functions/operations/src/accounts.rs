//! Accounts of the console: whoever must not act any more is signed out at once.

use rules::issue::access::Action;
use rules::values::party::Actor;
use rules::values::text::bounded;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;

/// Characters of a subject.
const MAX_SUBJECT: usize = 255;

/// Whose sessions are ended.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SignOut {
    /// The account's subject at the issuer, as trails show it.
    pub subject: String,
}

/// An account without sessions.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SignedOut {
    /// The account's subject.
    pub subject: String,
}

impl Operations {
    /// Ends all sessions that an account has at the console. That it cannot log in again is the issuer's to see to.
    pub async fn sign_out(&self, actor: &Actor, request: SignOut) -> Result<SignedOut, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        let subject = bounded("账号", &request.subject, MAX_SUBJECT).map_err(Refusal::Malformed)?;
        self.cloud.sign_out(subject, actor).await?;
        tracing::info!("an account is signed out");
        Ok(SignedOut { subject: subject.to_owned() })
    }
}
