//! The holder guard against the certificates: what it must hold follows from what stands on them, and they are proven by the
//! trails (docs/decisions/0016).

use std::collections::{BTreeMap, BTreeSet};

use super::{FaultCode, Records, Winner};
use crate::issue::application::ApplicationId;

impl Records<'_> {
    /// Each certificate and record that counts has its award claimed for its row; an application all of whose certificates are
    /// there claims nothing else.
    pub(super) fn claims(&mut self) {
        let mut faults = BTreeSet::new();
        let mut wanted: BTreeMap<&str, Winner<'_>> = BTreeMap::new();
        for (claim, winner) in &self.awards {
            let Some(claim) = *claim else {
                faults.insert((FaultCode::Missing, "GUARD KEY"));
                continue;
            };
            wanted.insert(claim, *winner);
            match self.claims.get(claim) {
                None => drop(faults.insert((FaultCode::Missing, claim))),
                // So is the award of one person that two certificates have.
                Some(holder) if holder != winner => drop(faults.insert((FaultCode::Altered, claim))),
                Some(_) => {}
            }
        }
        for (claim, (application, _)) in &self.claims {
            if !wanted.contains_key(claim) && self.is_issued(application) {
                faults.insert((FaultCode::Unaudited, claim));
            }
        }
        for (code, claim) in faults {
            self.fault(code, claim, "");
        }
    }

    /// Whether all rows of an application are decided, and every approved one has its certificate or record. Those that were
    /// refused have given up their claims before.
    fn is_issued(&self, application: &ApplicationId) -> bool {
        let mut lots = self.allocations.iter().filter(|lot| lot.of == *application);
        self.decided.contains(application)
            && lots.all(|lot| {
                let place = (lot.of.clone(), lot.lot());
                lot.rows_without_number().all(|row| self.records.contains_key(&(&lot.of, row)))
                    && (0..lot.numbered).all(|position| self.certificates.contains_key(&(place.clone(), position)))
            })
    }
}
