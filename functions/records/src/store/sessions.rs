//! Sessions of the console (docs/decisions/0024): who somebody is whose browser shows a secret that only this browser has.
//!
//! An item is found by a digest of the secret, so whoever reads the table cannot act as anybody. When a session has ended is told by the
//! item itself; the table's TTL only cleans up.

use jiff::{SignedDuration, Timestamp};
use rules::values::party::{Actor, Role};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{session_key, signed_out_key};
use crate::store::item::{item, number, text};

/// How long nothing may be asked for.
pub const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// How long a session lasts at most, whatever is asked for.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(8);
/// How exactly it is noted when something was last asked for: a page that is looked at after another writes nothing.
const EXACT: SignedDuration = SignedDuration::from_mins(1);

/// Somebody who has logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The token's subject.
    pub subject: String,
    /// What they are.
    pub role: Role,
    /// For whom they act.
    pub organisation: String,
    /// When they logged in.
    pub began_at: Timestamp,
    /// When something was last asked for, to the minute.
    pub seen_at: Timestamp,
    /// When it ends unless something is asked for, in seconds since 1970.
    forget_after: i64,
}

impl Session {
    /// Of somebody who has just logged in.
    pub fn new(actor: &Actor, now: Timestamp) -> Self {
        let Actor { subject, role, organisation } = actor.clone();
        Self { subject, role, organisation, began_at: now, seen_at: now, forget_after: 0 }.seen(now)
    }

    /// Who they are.
    pub fn actor(&self) -> Actor {
        Actor { subject: self.subject.clone(), role: self.role, organisation: self.organisation.clone() }
    }

    fn ends_at(&self) -> Timestamp {
        (self.seen_at + IDLE).min(self.began_at + LONGEST)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now >= self.ends_at()
    }

    fn seen(self, now: Timestamp) -> Self {
        let seen = Self { seen_at: now, ..self };
        Self { forget_after: seen.ends_at().as_second(), ..seen }
    }
}

/// That the Center has ended an account's sessions: those that began before are over. It is kept as long as one of them could last.
#[derive(Serialize, Deserialize)]
struct SignedOut {
    ended_at: Timestamp,
    /// By which account.
    by: String,
    forget_after: i64,
}

/// An account, as keys name it: a subject may be somebody's name.
fn account(subject: &str) -> String {
    hex::encode(Sha256::digest(subject))
}

impl Cloud {
    /// Begins a session under a name that nobody else has.
    pub async fn begin_session(&self, name: &str, session: &Session) -> Result<(), RecordsError> {
        match self.put_new(item(&session_key(name), session, &[])?).await {
            // The SDK's retry after a lost answer finds its own.
            Ok(()) | Err(RecordsError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The session of that name, while it lasts; it lasts longer for it.
    pub async fn session(&self, name: &str) -> Result<Option<Session>, RecordsError> {
        let now = self.clock.now();
        let known: Option<Session> = self.get(&session_key(name)).await?;
        let Some(session) = known.filter(|session| !session.is_over(now)) else { return Ok(None) };
        let signed_out: Option<SignedOut> = self.get(&signed_out_key(&account(&session.subject))).await?;
        if signed_out.is_some_and(|signed_out| session.began_at <= signed_out.ended_at) {
            return Ok(None);
        }
        if now.duration_since(session.seen_at) < EXACT {
            return Ok(Some(session));
        }
        let session = session.seen(now);
        match self.note_seen(name, &session).await {
            Ok(()) => Ok(Some(session)),
            // It was ended meanwhile.
            Err(RecordsError::Conflict) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn note_seen(&self, name: &str, session: &Session) -> Result<(), RecordsError> {
        let update = self.update_alone(&session_key(name))?.condition_expression("attribute_exists(pk)");
        let update = update.update_expression("SET seen_at = :seen, forget_after = :ends");
        let update = update.expression_attribute_values(":seen", text(session.seen_at.to_string()));
        update.expression_attribute_values(":ends", number(session.forget_after)).send().await?;
        Ok(())
    }

    /// Ends all sessions of an account, for the Center. Whoever can still log in at the issuer begins a new one.
    pub async fn sign_out(&self, subject: &str, by: &Actor) -> Result<(), RecordsError> {
        let ended_at = self.clock.now();
        let signed_out = SignedOut { ended_at, by: by.subject.clone(), forget_after: (ended_at + LONGEST).as_second() };
        self.put_alone(item(&signed_out_key(&account(subject)), &signed_out, &[])?)?.send().await?;
        Ok(())
    }

    /// Ends a session; one that is not there has ended.
    pub async fn end_session(&self, name: &str) -> Result<(), RecordsError> {
        self.delete_alone(&session_key(name))?.send().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_after_half_an_hour_of_nothing_and_after_eight_hours_of_whatever() {
        let began: Timestamp = "2022-06-20T10:00:00+08:00".parse().expect("a moment");
        let after = |minutes| began + SignedDuration::from_mins(minutes);
        let session = Session::new(&Actor::from_claims("someone", "center", "00").expect("sound claims"), began);
        assert!(!session.is_over(after(29)) && session.is_over(after(30)));
        let session = session.seen(after(29));
        assert!(!session.is_over(after(58)) && session.is_over(after(59)));
        let worked = (1..48).fold(session, |session, look| session.seen(after(look * 10)));
        assert_eq!(worked.forget_after, after(8 * 60).as_second(), "not longer than eight hours");
        assert!(!worked.is_over(after(8 * 60 - 1)) && worked.is_over(after(8 * 60)));
    }
}
