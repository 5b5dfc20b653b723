//! What must hold of a table whatever happened, and a table's content without what chance put into it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Positions 1–16 and the marker before the number of a code.
const PREFIX: usize = 16;

/// Every item of a table.
pub(crate) struct Table {
    pub(crate) items: Vec<Value>,
}

/// Numbers taken from a prefix by one allocation.
type Range = (u64, u64);

impl Table {
    /// The items of one kind, by the beginnings of their keys.
    pub(crate) fn of<'t>(&'t self, pk: &'t str, sk: &'t str) -> impl Iterator<Item = &'t Value> {
        self.items.iter().filter(move |item| text(item, "pk").starts_with(pk) && text(item, "sk").starts_with(sk))
    }

    /// Certificates with a code.
    pub(crate) fn certificates(&self) -> usize {
        self.of("CODE#", "CERTIFICATE").count()
    }

    /// Allocations, by application.
    pub(crate) fn allocations(&self) -> HashMap<&str, &Value> {
        self.of("APPLICATION#", "ALLOCATION#").map(|item| (text(item, "of"), item)).collect()
    }

    /// Statuses, by application.
    pub(crate) fn statuses(&self) -> HashMap<&str, &str> {
        self.of("APPLICATION#", "APPLICATION").map(|item| (text(item, "id"), text(item, "status"))).collect()
    }

    /// The last milestone of applications' lots.
    pub(crate) fn stages(&self) -> HashMap<&str, &str> {
        self.of("APPLICATION#", "ALLOCATION#").map(|item| (text(item, "of"), last_milestone(item))).collect()
    }

    /// Every code once, no gap, each prefix 1..n, each row one code, each counter one further; how many prefixes.
    pub(crate) fn check_numbers(&self) -> Result<usize> {
        let mut ranges = self.ranges()?;
        let codes = self.codes()?;
        let counters = self.of("COUNTER#", "COUNTER").count();
        for counter in self.of("COUNTER#", "COUNTER") {
            let prefix = text(counter, "pk").trim_start_matches("COUNTER#");
            let next: u64 = number(&counter["next"])?;
            consecutive(prefix, ranges.remove(prefix).unwrap_or_default(), next)?;
            let wanted: BTreeSet<u64> = (1..next).collect();
            let found = codes.get(prefix).cloned().unwrap_or_default();
            ensure!(found == wanted, "{prefix}: numbers {found:?}, but the counter stands at {next}");
        }
        ensure!(ranges.is_empty(), "allocated without a counter: {ranges:?}");
        ensure!(codes.len() == counters, "{} prefixes in codes, {counters} counters", codes.len());
        Ok(counters)
    }

    /// Every award of a certificate is claimed by its application for its row, and nothing else is claimed; how many.
    pub(crate) fn check_claims(&self) -> Result<usize> {
        let claim = |item: &Value| Ok((text(item, "claimed_by").to_owned(), number(&item["claimed_row"])?, text(item, "sk").to_owned()));
        let claims: BTreeSet<(String, u64, String)> = self.of("HOLDER#", "AWARD#").map(claim).collect::<Result<_>>()?;
        let award = |item: &Value| {
            let entry = &item["entry"]["M"];
            let code = text(entry, "occupation_code");
            let occupation = if code.is_empty() { text(entry, "occupation") } else { code };
            let held = format!("AWARD#{occupation}#{}", number(&entry["level"])?);
            Ok((text(item, "application").to_owned(), number(&item["row"])?, held))
        };
        let current = self.of("CODE#", "CERTIFICATE").filter(|item| item["revoked"].is_null());
        let awards: BTreeSet<(String, u64, String)> = current.map(award).collect::<Result<_>>()?;
        let odd: Vec<_> = claims.symmetric_difference(&awards).take(5).collect();
        ensure!(odd.is_empty(), "claimed and not awarded, or awarded and not claimed: {odd:?}");
        ensure!(self.of("HOLDER#", "AWARD#").count() == awards.len(), "two people's claims for one row");
        Ok(awards.len())
    }

    /// The ranges of all allocations, by prefix.
    fn ranges(&self) -> Result<BTreeMap<&str, Vec<Range>>> {
        let mut ranges: BTreeMap<&str, Vec<Range>> = BTreeMap::new();
        for allocation in self.of("APPLICATION#", "ALLOCATION#") {
            for range in allocation["ranges"]["L"].as_array().context("ranges")? {
                let range = &range["M"];
                ranges.entry(text(range, "prefix")).or_default().push((number(&range["first"])?, number(&range["count"])?));
            }
        }
        Ok(ranges)
    }

    /// The numbers of all certificates, by prefix; no row has two.
    fn codes(&self) -> Result<BTreeMap<&str, BTreeSet<u64>>> {
        let mut codes: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        let mut rows: BTreeMap<(&str, u64), &str> = BTreeMap::new();
        for certificate in self.of("CODE#", "CERTIFICATE") {
            let code = text(certificate, "code");
            ensure!(text(certificate, "pk") == format!("CODE#{code}"), "{code} under another key");
            let (prefix, sequence) = (code.get(..PREFIX).context("prefix")?, code.get(PREFIX + 1..).context("sequence")?);
            codes.entry(prefix).or_default().insert(sequence.parse()?);
            let row = (text(certificate, "application"), number(&certificate["row"])?);
            if let Some(other) = rows.insert(row, code) {
                bail!("row {row:?} has {other} and {code}");
            }
        }
        Ok(codes)
    }

    /// The content as lines in a fixed order: applications by their contest's name instead of their id, nothing that
    /// time or chance decides. Applications that nobody was told of are left out; their number comes with it.
    pub(crate) fn content(&self, acknowledged: &BTreeSet<String>) -> Result<(Vec<String>, usize)> {
        let names: HashMap<&str, &str> =
            self.of("APPLICATION#", "APPLICATION").map(|item| (text(item, "id"), text(&item["contest"]["M"], "name"))).collect();
        let unknown = names.keys().filter(|id| !acknowledged.contains(**id)).count();
        let mut lines = Vec::new();
        for item in &self.items {
            let (room, owner) = text(item, "pk").split_once('#').unwrap_or((text(item, "pk"), ""));
            if room == "APPLICATION" && !acknowledged.contains(owner) {
                ensure!(text(item, "sk") == "APPLICATION" && text(item, "status") == "draft", "{owner} was never acknowledged");
                continue;
            }
            // Keys of requests are chance, and a request that is given up leaves one more; a place that a killed function held ends by itself.
            if ["REQUEST", "PLACES", "SESSION"].contains(&room) {
                continue;
            }
            lines.push(line(item, &names));
        }
        lines.sort();
        Ok((lines, unknown))
    }
}

/// Attributes that time or chance decides.
const CHANCE: [&str; 18] = [
    "pk",
    "sk",
    "version",
    "created_at",
    "entered_at",
    "handed_in_at",
    "due",
    "attempts",
    "submitted_at",
    "since",
    "decided_at",
    "at",
    "printed_at",
    "roster_version",
    "sequencer",
    "sha256",
    // Of an audit entry with its time.
    "hash",
    // Digests of items, with their times.
    "items",
];

/// DynamoDB's names of the types that the table has.
const TYPES: [&str; 6] = ["S", "N", "M", "L", "BOOL", "NULL"];

/// The HMAC key, and what it makes of people, is chance too: of those only the award counts, and who claims it, and in which row they stand.
fn line(item: &Value, names: &HashMap<&str, &str>) -> String {
    let (pk, sk) = (text(item, "pk"), text(item, "sk"));
    let (room, owner) = pk.split_once('#').unwrap_or((pk, ""));
    let owner = match room {
        "HOLDER" | "PERSON" => "",
        _ => names.get(owner).copied().unwrap_or(owner),
    };
    let sk = match room {
        // Every stack has its own key for QR codes, and its own ids; which row of which application it is, attributes say.
        "ATTESTATION" | "PERSON" => sk.split('#').next().unwrap_or_default(),
        // Numbered by the application's version, which a material looked at twice moves on.
        _ if sk.starts_with("AUDIT#") => "AUDIT",
        _ => sk,
    };
    let content = if ["GUARD", "ATTESTATION"].contains(&room) { String::new() } else { canonical(item, names) };
    format!("{room} {owner} {sk} {content}")
}

/// An attribute's value without DynamoDB's names of types, attributes in alphabetical order.
fn canonical(value: &Value, names: &HashMap<&str, &str>) -> String {
    match value {
        Value::Object(fields) => {
            let kept: BTreeMap<&String, &Value> = fields.iter().filter(|(name, _)| !CHANCE.contains(&name.as_str())).collect();
            if let Some((_, inner)) = kept.first_key_value().filter(|(name, _)| TYPES.contains(&name.as_str())) {
                return canonical(inner, names);
            }
            let written: Vec<String> = kept.into_iter().map(|(name, value)| format!("{name}={}", canonical(value, names))).collect();
            format!("{{{}}}", written.join(", "))
        }
        Value::Array(values) => {
            let written: Vec<String> = values.iter().map(|value| canonical(value, names)).collect();
            format!("[{}]", written.join(", "))
        }
        // The text of a chain's entry is JSON.
        Value::String(text) if text.starts_with('{') => match serde_json::from_str(text) {
            Ok(entry) => canonical(&entry, names),
            Err(_) => text.clone(),
        },
        Value::String(text) => names.get(text.as_str()).copied().unwrap_or(text).to_owned(),
        other => other.to_string(),
    }
}

fn consecutive(prefix: &str, mut ranges: Vec<Range>, next: u64) -> Result<()> {
    ranges.sort_unstable();
    let mut expected = 1;
    for (first, count) in ranges {
        ensure!(first == expected, "{prefix}: a range begins at {first}, the one before ends before {expected}");
        expected += count;
    }
    ensure!(expected == next, "{prefix}: the counter stands at {next}, but numbers up to {expected} were given out");
    Ok(())
}

/// The stage that a lot reached last; empty where it is not archived.
fn last_milestone(lot: &Value) -> &str {
    let last = lot["milestones"]["L"].as_array().and_then(|all| all.last());
    last.map_or("", |milestone| text(&milestone["M"], "stage"))
}

/// A text attribute of an item; empty where there is none.
pub(crate) fn text<'v>(item: &'v Value, name: &str) -> &'v str {
    item[name]["S"].as_str().unwrap_or_default()
}

/// A number attribute.
pub(crate) fn number(attribute: &Value) -> Result<u64> {
    attribute["N"].as_str().context("a number")?.parse().context("a number")
}
