//! From a request to an answer: limits, lookup, and the time that it takes.

use std::time::{Duration, Instant};

use lambda_http::{Body, Request, Response, tracing};
use records::store::limits::{Admission, Counted, Limit};
use records::{Cloud, RecordsError};
use rules::after::verification::{Answer, Evidence as Shows, until_next};
use rules::numbers::code::CertificateCode;

use crate::asked::{self, Asked, Evidence, Typed};
use crate::reply::{self, Outcome};

/// Limits and times, from the template's parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Requests of one client.
    per_client: Limit,
    /// Names that one client tries for one code; and how many of all clients together it takes to slow answers on that code down.
    per_code: Limit,
    /// Answers come at multiples of this, whatever they say.
    pace: Duration,
}

/// A variable of the function's environment is missing or no number.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set to a number")]
pub(crate) struct MissingNumber(&'static str);

impl Settings {
    pub(crate) fn from_env() -> Result<Self, MissingNumber> {
        let number = |name: &'static str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok()).ok_or(MissingNumber(name));
        let seconds = i64::from(number("VERIFY_WINDOW_SECONDS")?);
        Ok(Self {
            per_client: Limit { times: number("VERIFY_PER_CLIENT")?, seconds },
            per_code: Limit { times: number("VERIFY_PER_CODE")?, seconds },
            pace: Duration::from_millis(u64::from(number("VERIFY_PACE_MS")?.max(1))),
        })
    }
}

/// What is worth another try is told apart from what is not.
fn failed(error: RecordsError) -> Outcome {
    error.log().map_or(Outcome::Unavailable, Outcome::Defect)
}

/// What answering needs, made once per cold start.
pub(crate) struct VerificationService {
    pub(crate) cloud: Cloud,
    pub(crate) settings: Settings,
}

impl VerificationService {
    pub(crate) async fn answer(&self, request: Request) -> Response<Body> {
        let started = Instant::now();
        let typed = asked::typed(&request);
        let (outcome, paces) = self.judge(&request, &typed).await.unwrap_or_else(|error| (failed(error), 1));
        tracing::info!(outcome = outcome.name(), paces, "asked");
        if outcome.is_of_the_table() {
            tokio::time::sleep(until_next(slowed(self.settings.pace, paces), started.elapsed())).await;
        }
        let reply = reply::reply(&outcome, &typed, asked::wants_json(&request));
        self.cloud.log_answer(started, reply.status().as_u16());
        reply
    }

    /// What is told, and how many paces it takes at least.
    async fn judge(&self, request: &Request, typed: &Typed) -> Result<(Outcome, u32), RecordsError> {
        let (code, evidence) = match asked::asked(request, typed) {
            Asked::Form => return Ok((Outcome::Form, 1)),
            Asked::Unreadable => return Ok((Outcome::Malformed, 1)),
            Asked::OtherFile => return Ok((Outcome::OtherFile, 1)),
            Asked::Offline => return Ok((Outcome::Offline(self.cloud.verification().known_keys().await?), 1)),
            Asked::Certificate { code, evidence } => (code, evidence),
        };
        let Some(code) = CertificateCode::lookup(&code) else { return Ok((Outcome::Malformed, 1)) };
        let paces = match self.too_often(request, &code, &evidence).await? {
            Frequency::TooOften(seconds) => return Ok((Outcome::TooOften(seconds), 1)),
            Frequency::InPaces(paces) => paces,
        };
        Ok((Outcome::Shown(Box::new(self.answer_to(code, &evidence).await?)), paces))
    }

    /// Names could be tried one after the other, so they are counted by client and code; a signature cannot be guessed, and whoever
    /// holds the paper is not shut out by those who guess. Whoever has the name of a certificate that many others guess at is not
    /// shut out either: answers on it take longer.
    async fn too_often(&self, request: &Request, code: &CertificateCode, evidence: &Evidence) -> Result<Frequency, RecordsError> {
        // The gateway always says who asks.
        let client = asked::client(request);
        if let Some(client) = client
            && let Admission::Refused(seconds) = self.cloud.admit(Counted::Client(client), self.settings.per_client).await?
        {
            return Ok(Frequency::TooOften(seconds));
        }
        if matches!(evidence, Evidence::Signature(_)) {
            return Ok(Frequency::InPaces(1));
        }
        if let Some(client) = client
            && let Admission::Refused(seconds) = self.cloud.admit(Counted::Guesses(client, code), self.settings.per_code).await?
        {
            return Ok(Frequency::TooOften(seconds));
        }
        let Limit { times, seconds } = self.settings.per_code;
        Ok(Frequency::InPaces(paces(self.cloud.count(Counted::Code(code), seconds).await?, times)))
    }

    async fn answer_to(&self, code: CertificateCode, evidence: &Evidence) -> Result<Answer, RecordsError> {
        let shows = match evidence {
            Evidence::Signature(signature) => Some(Shows::Signature(signature)),
            Evidence::Name(name) => name.as_ref().map(Shows::Name),
        };
        self.cloud.verification().answer(code, shows).await
    }
}

/// Whether a request came too often.
enum Frequency {
    /// Again in so many seconds.
    TooOften(i64),
    /// The answer takes so many paces.
    InPaces(u32),
}

/// The most paces of one answer: guessing slows down, nobody is kept waiting for good.
const SLOWEST: u32 = 8;

/// How many paces the `asked`-th answer on a code takes within a window: one more for each `times` names that were tried for it.
fn paces(asked: u32, times: u32) -> u32 {
    (1 + asked.saturating_sub(1) / times.max(1)).min(SLOWEST)
}

/// The longest that an answer is held back: the gateway waits for 29 seconds, the function has 20.
const LONGEST: Duration = Duration::from_secs(12);

fn slowed(pace: Duration, paces: u32) -> Duration {
    pace.saturating_mul(paces).min(LONGEST.max(pace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_guess_at_is_told_slower_and_never_refused() {
        let taken: Vec<u32> = [1, 10, 11, 20, 21, 1_000, u32::MAX].map(|asked| paces(asked, 10)).into();
        assert_eq!(taken, [1, 1, 2, 2, 3, 8, 8]);
        let pace = Duration::from_millis(800);
        assert_eq!((slowed(pace, 1), slowed(pace, 8)), (pace, Duration::from_millis(6400)));
        assert_eq!(slowed(Duration::from_secs(5), 8), LONGEST);
    }
}
