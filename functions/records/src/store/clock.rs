//! The one place where the time is read.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rules::values::date::day_of;

/// The clock. On AWS it is the system's; on one machine it may run ahead or behind by a fixed offset.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    offset: SignedDuration,
}

/// Seconds by which the local clock is shifted; looked at only where the endpoint is this machine's own.
pub const OFFSET_VARIABLE: &str = "SAIZHENG_CLOCK_OFFSET_SECONDS";

impl Clock {
    /// The system's clock, shifted by [`OFFSET_VARIABLE`] on a local stack. On AWS no setting can shift it.
    pub fn from_env() -> Self {
        let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap_or_default();
        let offset = std::env::var(OFFSET_VARIABLE).unwrap_or_default();
        Self::shifted(&endpoint, &offset)
    }

    fn shifted(endpoint: &str, offset: &str) -> Self {
        let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].iter().any(|own| endpoint.starts_with(own));
        let seconds = offset.parse::<i64>().ok().filter(|_| local).unwrap_or(0);
        Self { offset: SignedDuration::from_secs(seconds) }
    }

    /// The time now, with the offset.
    #[expect(clippy::disallowed_methods, reason = "the one place where the time is read")]
    pub fn now(&self) -> Timestamp {
        let real = Timestamp::now();
        real.checked_add(self.offset).unwrap_or(real)
    }

    /// The time of something that the bucket's clock was looked at for, by this one; never later than now.
    pub fn of_event(&self, at: Timestamp) -> Timestamp {
        self.shown_at(at).min(self.now())
    }

    /// What this clock shows at a moment of the bucket's.
    pub fn shown_at(&self, at: Timestamp) -> Timestamp {
        at.checked_add(self.offset).unwrap_or(at)
    }

    /// Today in Asia/Shanghai.
    pub fn today(&self) -> Date {
        day_of(self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_shifted_as_the_clock_is_and_never_lies_ahead() {
        let clock = Clock { offset: SignedDuration::from_hours(-24) };
        let now = clock.now();
        let event = Clock { offset: SignedDuration::ZERO }.now();
        let minute = SignedDuration::from_mins(1);
        assert!(clock.of_event(event - minute) <= now && clock.of_event(event - minute) >= now - minute - minute);
        assert!(clock.of_event(event + minute) <= clock.now());
    }

    #[test]
    fn the_clock_cannot_be_set_on_aws() {
        assert_eq!(Clock::shifted("", "-1000").offset, SignedDuration::ZERO);
        assert_eq!(Clock::shifted("https://s3.cn-north-1.amazonaws.com.cn", "-1000").offset, SignedDuration::ZERO);
        assert_eq!(Clock::shifted("http://127.0.0.1:4566", "-1000").offset, SignedDuration::from_secs(-1000));
        assert_eq!(Clock::shifted("http://127.0.0.1:4566", "soon").offset, SignedDuration::ZERO);
    }
}
