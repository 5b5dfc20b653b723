//! Every item against the entries of the trails, and certificates and records against the roots of their approval.

use std::collections::{BTreeMap, BTreeSet};

use super::super::AuditAction;
use super::{FaultCode, Records};
use crate::issue::allocation::Allocation;
use crate::issue::application::ApplicationId;
use crate::values::merkle;

/// What the entries of all trails say of items.
#[derive(Default)]
struct Entered<'f> {
    /// Items of which there is an entry.
    known: BTreeSet<&'f str>,
    /// Digests of what stood in items before the first entry of each, where that says so.
    first: BTreeMap<&'f str, &'f str>,
    /// Roots over a hundred certificates or records, by their names.
    roots: BTreeMap<&'f str, &'f str>,
}

impl<'f> Records<'f> {
    /// Every item as the last entry about it left it, every item with an entry; certificates and records by the roots that
    /// their approval entered.
    pub(super) fn items(&mut self) {
        let mut faults = Vec::new();
        let entered = self.entered(&mut faults);
        let approved = self.approved_items();
        let unknown = |item: &&str| !entered.known.contains(item) && !approved.contains(item) && !self.is_open(item);
        faults.extend(self.items.keys().copied().filter(unknown).map(|item| (FaultCode::Unaudited, item.to_owned())));
        self.compare_roots(&entered, &mut faults);
        for (code, item) in faults {
            self.fault(code, item, "");
        }
    }

    /// What the entries say; each entry against the one before it, the last one against the item.
    fn entered(&self, faults: &mut Vec<(FaultCode, String)>) -> Entered<'f> {
        let mut entered = Entered::default();
        for trail in self.trails.values().chain(self.entries.values()) {
            let mut trail = trail.clone();
            trail.sort_by_key(|chained| chained.entry.number);
            let mut last: BTreeMap<&str, Option<&str>> = BTreeMap::new();
            for entry in trail.into_iter().map(|chained| &chained.entry) {
                if entry.action == AuditAction::WithdrawAuthorisation {
                    // From here on it is open again: what comes in then has no entry.
                    last.retain(|item, _| !is_of_the_unit(item));
                }
                for change in &entry.items {
                    let (item, was, is) = (change.item.as_str(), change.was.as_deref(), change.is.as_deref());
                    if is_root(item) {
                        entered.roots.insert(item, is.unwrap_or_default());
                        continue;
                    }
                    match (last.insert(item, is), was) {
                        (Some(before), Some(was)) if before != Some(was) => faults.push((FaultCode::Altered, item.to_owned())),
                        (None, Some(was)) => drop(entered.first.insert(item, was)),
                        _ => {}
                    }
                }
            }
            for (item, is) in last {
                entered.known.insert(item);
                match (self.items.get(item).copied(), is) {
                    (None, Some(_)) => faults.push((FaultCode::Missing, item.to_owned())),
                    (found, is) if found != is => faults.push((FaultCode::Altered, item.to_owned())),
                    _ => {}
                }
            }
        }
        entered
    }

    /// Items of an application before its authorisation: what comes in then has no entry.
    fn is_open(&self, item: &str) -> bool {
        let partition = item.split_once(' ').map_or(item, |(partition, _)| partition);
        let id = partition.strip_prefix("APPLICATION#").and_then(ApplicationId::parse);
        is_of_the_unit(item) && id.is_some_and(|id| self.applications.contains_key(&id) && !self.authorised.contains(&id))
    }

    /// Certificates and records that an approval made: those at its positions, and of its rows.
    fn approved_items(&self) -> BTreeSet<&'f str> {
        let mut items = BTreeSet::new();
        for lot in &self.allocations {
            let place = (lot.of.clone(), lot.lot());
            items.extend((0..lot.numbered).filter_map(|position| Some(self.certificates.get(&(place.clone(), position))?.item)));
            items.extend(lot.rows_without_number().filter_map(|row| Some(self.records.get(&(&lot.of, row))?.0)));
        }
        items
    }

    /// The roots that the entries hold against those that certificates and records make. One of which one is not there cannot be made,
    /// which is a fault of its own: nothing can be said of the others.
    fn compare_roots(&self, entered: &Entered<'_>, faults: &mut Vec<(FaultCode, String)>) {
        let mut made = BTreeMap::new();
        for lot in &self.allocations {
            made.extend(self.roots(lot, &entered.first));
        }
        for name in entered.roots.keys().copied().chain(made.keys().map(String::as_str)).collect::<BTreeSet<_>>() {
            let code = match (entered.roots.get(name).copied(), made.get(name)) {
                (Some(root), Some(Some(made))) if root == made => continue,
                (Some(_), Some(Some(_))) => FaultCode::Altered,
                (Some(_), Some(None) | None) => FaultCode::CertificateMissing,
                (None, _) => FaultCode::Unaudited,
            };
            faults.push((code, name.to_owned()));
        }
    }

    /// The roots over what stands on the certificates and records of an approval; none of a hundred that are not all there. `first`
    /// gives what stood on those that were changed since.
    fn roots(&self, lot: &Allocation, first: &BTreeMap<&str, &str>) -> BTreeMap<String, Option<String>> {
        let as_approved = |(item, digest): (&str, &str)| first.get(item).copied().unwrap_or(digest).to_owned();
        let place = (lot.of.clone(), lot.lot());
        let certificate = |position| self.certificates.get(&(place.clone(), position)).map(|known| as_approved((known.item, known.digest)));
        let certificates: Vec<Option<String>> = (0..lot.numbered).map(certificate).collect();
        // One whose number was entered since is a certificate now; the entry of that tells what stood in its record.
        let gone = |row: u32| first.get(record_name(&lot.of, row).as_str()).map(|digest| (*digest).to_owned());
        let record = |row| self.records.get(&(&lot.of, row)).copied().map(as_approved).or_else(|| gone(row));
        let records: Vec<Option<String>> = lot.rows_recorded().map(record).collect();
        let mut roots = BTreeMap::new();
        for (name, digests) in [("CERTIFICATES", certificates), ("RECORDS", records)] {
            for (number, hundred) in digests.chunks(merkle::LEAVES).enumerate() {
                let hundred: Option<Vec<&str>> = hundred.iter().map(Option::as_deref).collect();
                let root = hundred.map(|hundred| merkle::root(&hundred));
                roots.insert(format!("APPLICATION#{} {name}#{}#{number:05}", lot.of, lot.lot()), root);
            }
        }
        roots
    }
}

/// Whether it is an application, or a verdict on a material of one.
fn is_of_the_unit(item: &str) -> bool {
    item.split_once(' ')
        .is_some_and(|(partition, key)| partition.starts_with("APPLICATION#") && (key == "APPLICATION" || key.starts_with("MATERIAL#")))
}

/// Key of the record of a row.
fn record_name(application: &ApplicationId, row: u32) -> String {
    format!("APPLICATION#{application} RECORD#{row:05}")
}

/// Whether an entry names a root over a hundred certificates or records, and not an item.
fn is_root(item: &str) -> bool {
    item.split_once(' ').is_some_and(|(_, key)| key.starts_with("CERTIFICATES#") || key.starts_with("RECORDS#"))
}
