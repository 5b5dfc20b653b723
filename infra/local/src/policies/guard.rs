//! Holds what functions ask for against the policies of what is deployed, and notes what they make use of.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use anyhow::Result;
use axum::http::{HeaderMap, Uri};
use sha2::{Digest as _, Sha256};

use super::ask::Ask;
use super::resolve::Policies;
use super::{FILE, bucket};
use crate::private;

/// What is enforced, as long as the file stays as it is.
#[derive(Default)]
struct Known {
    of: Option<SystemTime>,
    policies: Policies,
    /// Where the record lies, and what is in it.
    record: PathBuf,
    noted: BTreeSet<String>,
}

/// The policies of a data folder, read anew when something else is deployed.
#[derive(Clone)]
pub(crate) struct Guard {
    data: PathBuf,
    known: Arc<Mutex<Known>>,
}

/// The name by which a request is signed: of a function, or of whoever else knows the secret.
pub(crate) fn caller(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get("authorization")?.to_str().ok()?;
    let credential = authorization.split("Credential=").nth(1)?;
    Some(credential.split('/').next()?.to_owned())
}

/// The name by which a link is signed; what it is used for may be another's doing.
pub(crate) fn signer(uri: &Uri) -> Option<String> {
    Some(uri.query()?.split("X-Amz-Credential=").nth(1)?.split(['%', '/', '&']).next()?.to_owned())
}

impl Guard {
    pub(crate) fn of(data: &Path) -> Self {
        Self { data: data.to_owned(), known: Arc::default() }
    }

    /// Whether `function` may do all of it. Who is no function may do whatever the secret lets him; what is not known is refused.
    pub(crate) fn allows(&self, function: &str, asks: Option<&[Ask]>) -> bool {
        let mut known = self.known();
        if !known.policies.knows(function) {
            return true;
        }
        let Some(asks) = asks else {
            known.note(&format!("denied {function} a request that is not known"));
            return false;
        };
        asks.iter().all(|ask| known.allows(function, ask))
    }

    /// Whether a link that `function` has signed shows what the function may read. What somebody makes of a link is not noted against it.
    pub(crate) fn shows(&self, function: &str, asks: Option<&[Ask]>) -> bool {
        let mut known = self.known();
        if !known.policies.knows(function) {
            return true;
        }
        let Some(asks) = asks else { return false };
        asks.iter().all(|ask| known.policies.allowing(function, ask).is_some() && known.allows(function, ask))
    }

    /// Whether a function may be told that something is not in the bucket: S3 tells nobody who may not list.
    pub(crate) fn may_know(&self, function: &str, bucket: &str, path: &str) -> bool {
        let mut known = self.known();
        if !known.policies.knows(function) {
            return true;
        }
        let may = known.policies.allowing(function, &bucket::may_list(bucket)).is_some();
        let folder = path.split('/').nth(2).unwrap_or_default();
        known.note(&format!("{} {function} what is not there in {folder}", if may { "told" } else { "denied" }));
        may
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.data.join(FILE);
        let of = fs::metadata(&path).and_then(|file| file.modified()).ok();
        if of != known.of {
            let read = || -> Result<Known> {
                let text = fs::read(&path)?;
                let record = record_of(&self.data, &text);
                let noted = fs::read_to_string(&record).unwrap_or_default().lines().map(str::to_owned).collect();
                Ok(Known { of, policies: serde_json::from_slice(&text)?, record, noted })
            };
            // Half a file: it is looked at again with the next request.
            if let Ok(read) = read() {
                *known = read;
            }
        }
        known
    }
}

/// The variable that names a folder for the records of several systems together, as tests have them.
const RECORDS: &str = "SAIZHENG_POLICY_RECORDS";

/// The record of what is made use of, for one edition of the policies.
pub(crate) fn record_of(data: &Path, policies: &[u8]) -> PathBuf {
    let folder = std::env::var_os(RECORDS).map_or_else(|| data.to_owned(), PathBuf::from);
    folder.join(format!("policies-{}.log", &hex::encode(Sha256::digest(policies))[..12]))
}

impl Known {
    fn allows(&mut self, function: &str, ask: &Ask) -> bool {
        self.note(&format!("asked {function} {}", described(ask)));
        let Some(used) = self.policies.allowing(function, ask) else {
            self.note(&format!("denied {function} {}", described(ask)));
            return false;
        };
        for grant in used {
            self.note(&format!("used {function} {grant}"));
        }
        true
    }

    /// Each line once. A record that cannot be written holds up nobody.
    fn note(&mut self, line: &str) {
        if self.noted.insert(line.to_owned())
            && let Ok(mut file) = private::appended(&self.record)
        {
            let _ = writeln!(file, "{line}");
        }
    }
}

/// What was asked for, without what names a unit or an application: of an index not by which value.
fn described(ask: &Ask) -> String {
    if ask.resource.contains("/index/") {
        return format!("{} {}", ask.action, ask.resource);
    }
    let resource = ask.resource.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
    let keys = ask.context.values().flatten().map(|key| key.split(['#', '/']).next().unwrap_or_default());
    let keys: BTreeSet<&str> = keys.collect();
    format!("{} {resource} {}", ask.action, keys.into_iter().collect::<Vec<_>>().join(" "))
}
