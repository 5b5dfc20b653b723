//! The ends of all chains: kept elsewhere, they show later whether a chain was cut or written anew.

use std::collections::BTreeMap;

use super::Fact;
use crate::values::chain::Head;

/// The end of each chain that there is, by name.
pub(super) fn heads(facts: &[Fact]) -> BTreeMap<String, Head> {
    let end = |fact: &Fact| match fact {
        Fact::Application { id, trail, .. } => Some((format!("application {id}"), trail.clone())),
        Fact::Book(book) => Some((format!("{} {}", book.kind, book.holder), book.ledger.clone())),
        Fact::ChainEnd { chain, end } => Some((chain.clone(), end.clone())),
        _ => None,
    };
    facts.iter().filter_map(end).collect()
}

/// The chain of an entry, its number in it and its hash.
fn point(fact: &Fact) -> Option<((String, u64), &str)> {
    match fact {
        Fact::Trail { application, entry } => Some(((format!("application {application}"), entry.entry.number), &entry.hash)),
        Fact::ChainEntry { chain, entry } => Some(((chain.clone(), entry.entry.number), &entry.hash)),
        Fact::Line(line) => Some(((format!("{} {}", line.entry.kind, line.entry.holder), line.entry.number), &line.hash)),
        _ => None,
    }
}

/// The chains that no longer go through where they ended when `kept` was kept: cut off, or written anew.
pub fn rewritten<'k>(facts: &[Fact], kept: &'k BTreeMap<String, Head>) -> Vec<(&'k str, &'k Head)> {
    let points: BTreeMap<(String, u64), &str> = facts.iter().filter_map(point).collect();
    let is_lost = |(name, head): &(&String, &Head)| {
        head.count > 0 && points.get(&((*name).clone(), head.count)).is_none_or(|hash| *hash != head.hash.as_str())
    };
    kept.iter().filter(is_lost).map(|(name, head)| (name.as_str(), head)).collect()
}
