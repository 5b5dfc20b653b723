//! Sessions of the console (docs/decisions/0024): who somebody is whose browser shows a secret that only this browser has.
//!
//! An item is found by a digest of the secret, so whoever reads the table cannot act as anybody. When a session has ended is told by the
//! item itself; the table's TTL only cleans up.

use jiff::{SignedDuration, Timestamp};
use rules::issue::account::AccountKey;
use rules::values::claims::{Claims, ClaimsError};
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{session_key, signed_out_key};
use crate::store::item::{Item, item, number, text};

/// How long nothing may be asked for.
pub const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// How long a session lasts at most, whatever is asked for.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(8);
/// How exactly it is noted when something was last asked for: a page that is looked at after another writes nothing.
const EXACT: SignedDuration = SignedDuration::from_mins(1);

/// Somebody who has logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What the token said of them. Who they are by that is asked anew with each page.
    #[serde(flatten)]
    pub claims: Claims,
    /// When they logged in.
    pub began_at: Timestamp,
    /// When something was last asked for, to the minute.
    pub seen_at: Timestamp,
    /// When it ends unless something is asked for, in seconds since 1970.
    forget_after: i64,
}

impl Session {
    /// Of somebody who has just logged in.
    ///
    /// # Errors
    /// The token names no account.
    pub fn new(claims: Claims, now: Timestamp) -> Result<Self, ClaimsError> {
        claims.subject()?;
        Ok(Self { claims, began_at: now, seen_at: now, forget_after: 0 }.seen(now))
    }

    /// Whether all sessions of its account that had begun by then are over.
    pub fn is_over_since(&self, signed_out_at: Option<Timestamp>) -> bool {
        signed_out_at.is_some_and(|ended_at| self.began_at <= ended_at)
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
pub(crate) struct SignedOut {
    pub(crate) ended_at: Timestamp,
    /// By which account.
    by: String,
    forget_after: i64,
}

impl SignedOut {
    /// The item that ends the sessions of an account.
    pub(crate) fn item(account: &AccountKey, by: &str, ended_at: Timestamp) -> Result<Item, RecordsError> {
        let signed_out = Self { ended_at, by: by.to_owned(), forget_after: (ended_at + LONGEST).as_second() };
        item(&signed_out_key(account), &signed_out, &[])
    }
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

    /// The session of that name, while it lasts. One that another build has written in its own way is over.
    pub async fn session(&self, name: &str) -> Result<Option<Session>, RecordsError> {
        let item = self.get_item(&session_key(name)).await?;
        let session: Option<Session> = item.and_then(|item| serde_dynamo::from_item(item).ok());
        Ok(session.filter(|session| !session.is_over(self.clock.now())))
    }

    /// Notes that something was asked for: the session lasts longer for it. False where it was ended meanwhile.
    pub async fn prolong_session(&self, name: &str, session: Session) -> Result<bool, RecordsError> {
        let now = self.clock.now();
        if now.duration_since(session.seen_at) < EXACT {
            return Ok(true);
        }
        match self.note_seen(name, &session.seen(now)).await {
            Ok(()) => Ok(true),
            Err(RecordsError::Conflict) => Ok(false),
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
    pub async fn sign_out(&self, account: &AccountKey, by: &str) -> Result<(), RecordsError> {
        self.put_alone(SignedOut::item(account, by, self.clock.now())?)?.send().await?;
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
        let session = Session::new(Claims::of_texts("someone", "center", "00"), began).expect("an account");
        assert!(session.is_over_since(Some(began)) && !session.is_over_since(Some(began - SignedDuration::from_secs(1))));
        assert!(!session.is_over_since(None));
        assert!(!session.is_over(after(29)) && session.is_over(after(30)));
        let session = session.seen(after(29));
        assert!(!session.is_over(after(58)) && session.is_over(after(59)));
        let worked = (1..48).fold(session, |session, look| session.seen(after(look * 10)));
        assert_eq!(worked.forget_after, after(8 * 60).as_second(), "not longer than eight hours");
        assert!(!worked.is_over(after(8 * 60 - 1)) && worked.is_over(after(8 * 60)));
    }
}
