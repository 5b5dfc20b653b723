//! How often somebody may ask, or something may be asked for: counters in windows of time.
//!
//! A client's address stands in a key only as an HMAC with the guard's key, and only until its window is over and DynamoDB
//! has cleaned up (`forget_after`, the table's TTL: up to 48 hours later). Whether a window is over is told by its own name.

use std::collections::HashMap;
use std::net::IpAddr;

use aws_sdk_dynamodb::types::ReturnValue;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use rules::numbers::code::CertificateCode;
use sha2::Sha256;

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::window_key;
use crate::store::item::number;

/// Who asks, or what is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Counted<'a> {
    /// A client, by its address; of IPv6 the /64 that one household has.
    Client(IpAddr),
    /// A certificate's code, given out or not.
    Code(&'a CertificateCode),
    /// Names that one client tries for one code.
    Guesses(IpAddr, &'a CertificateCode),
    /// An account, by its subject.
    Account(&'a str),
    /// Names that one account tries for one code.
    AccountGuesses(&'a str, &'a CertificateCode),
}

/// How many times within a window.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// How often in one window.
    pub times: u32,
    /// Length of the window in seconds; windows begin at multiples of it since 1970.
    pub seconds: i64,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is within the limit.
    Admitted,
    /// It is not; the next window begins in so many seconds.
    Refused(i64),
}

impl Cloud {
    /// Counts one more, unless the limit is reached. One conditional write; refused ones count no further.
    pub async fn admit(&self, counted: Counted<'_>, limit: Limit) -> Result<Admission, RecordsError> {
        self.admit_all(counted, 1, limit).await
    }

    /// Counts so many more, all or none; as [`Cloud::admit`]. None of more than the limit is ever admitted.
    pub async fn admit_all(&self, counted: Counted<'_>, count: u32, limit: Limit) -> Result<Admission, RecordsError> {
        let Some(room) = limit.times.checked_sub(count) else { return Ok(Admission::Refused(limit.seconds)) };
        let Some(name) = self.counter_name(counted).await? else { return Ok(Admission::Admitted) };
        let (begins, ends) = window(self.clock.now(), limit.seconds);
        let key = window_key(&name, begins);
        let request = self.update_alone(&key)?;
        let request = request.update_expression("SET forget_after = :ends ADD hits :count");
        let request = request.condition_expression("attribute_not_exists(hits) OR hits <= :room");
        let values = [(":ends", number(ends)), (":count", number(count)), (":room", number(room))];
        let values = values.map(|(name, value)| (name.to_owned(), value));
        let sent = request.set_expression_attribute_values(Some(HashMap::from(values))).send().await;
        match sent.map_err(RecordsError::from) {
            Ok(_) => Ok(Admission::Admitted),
            Err(RecordsError::Conflict) => Ok(Admission::Refused(ends - self.clock.now().as_second())),
            Err(error) => Err(error),
        }
    }

    /// Counts one more, without a limit: how often it was within the window, this time included.
    pub async fn count(&self, counted: Counted<'_>, seconds: i64) -> Result<u32, RecordsError> {
        let Some(name) = self.counter_name(counted).await? else { return Ok(1) };
        let (begins, ends) = window(self.clock.now(), seconds);
        let request = self.update_alone(&window_key(&name, begins))?.update_expression("SET forget_after = :ends ADD hits :one");
        let values = [(":ends", number(ends)), (":one", number(1))].map(|(name, value)| (name.to_owned(), value));
        let request = request.set_expression_attribute_values(Some(HashMap::from(values)));
        let counted = request.return_values(ReturnValue::UpdatedNew).send().await?.attributes.unwrap_or_default();
        let hits = counted.get("hits").and_then(|hits| hits.as_n().ok()).and_then(|hits| hits.parse().ok());
        hits.ok_or_else(|| RecordsError::corrupt("a counter that counts nothing"))
    }

    /// None for a client while the table has no key: then nobody was ever awarded anything that could be asked for.
    async fn counter_name(&self, counted: Counted<'_>) -> Result<Option<String>, RecordsError> {
        match counted {
            Counted::Code(code) => Ok(Some(format!("CODE#{code}"))),
            Counted::Client(address) => {
                Ok(self.known_guard_key().await?.map(|key| format!("CLIENT#{}", hex::encode(client(&key, address)))))
            }
            Counted::Account(subject) => {
                Ok(self.known_guard_key().await?.map(|key| format!("ACCOUNT#{}", hex::encode(account(&key, subject)))))
            }
            Counted::AccountGuesses(subject, code) => {
                Ok(self.known_guard_key().await?.map(|key| format!("TRIED#{}#{code}", hex::encode(account(&key, subject)))))
            }
            Counted::Guesses(address, code) => {
                Ok(self.known_guard_key().await?.map(|key| format!("GUESSES#{}#{code}", hex::encode(client(&key, address)))))
            }
        }
    }
}

/// Seconds since 1970 at which the window of `now` begins and ends.
fn window(now: Timestamp, seconds: i64) -> (i64, i64) {
    let begins = now.as_second() - now.as_second().rem_euclid(seconds.max(1));
    (begins, begins + seconds.max(1))
}

fn client(key: &[u8; 64], address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(address) => short_mac(key, b"client\0", &address.octets()),
        IpAddr::V6(address) => short_mac(key, b"client\0", &address.octets()[..8]),
    }
}

fn account(key: &[u8; 64], subject: &str) -> [u8; 16] {
    short_mac(key, b"account\0", subject.as_bytes())
}

/// `beginning`: another than any holder's.
fn short_mac(key: &[u8; 64], beginning: &[u8], text: &[u8]) -> [u8; 16] {
    let mut mac = Hmac::<Sha256>::new(key.into());
    mac.update(beginning);
    mac.update(text);
    let mut short = [0; 16];
    short.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_begin_at_multiples() {
        let at = |second| window(Timestamp::from_second(second).unwrap_or_default(), 600);
        assert_eq!((at(1200), at(1799), at(1800)), ((1200, 1800), (1200, 1800), (1800, 2400)));
    }

    #[test]
    fn a_household_is_one_client_and_its_address_is_not_to_be_read() {
        let of = |text: &str| client(&[7; 64], text.parse().unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_ne!(of("192.0.2.1"), client(&[8; 64], IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1))));
    }
}
