//! The contents of the objects that carry work from one stage to the next.

use std::sync::Arc;

use rules::after::hand_out::Collection;
use rules::intake::entry::Entry;
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::numbers::code::CertificateCode;
use rules::sheets::run::Run;
use rules::values::lot::LotName;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::holders::parse_entries;
use crate::error::RecordsError;
use crate::keys::objects::{BUNDLE, CHUNK, Chunk, ObjectKey, PrintOutput, bundles_of};

/// Content of a `decided/` object: whose decision is to be carried out. What was decided stands in the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Decided {
    /// The application.
    pub application: ApplicationId,
    /// Which lot of it.
    pub lot: LotName,
}

/// Content of a `printing/` object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PrintingOrder {
    /// Which chunk.
    pub chunk: Chunk,
    /// The certificates, in order. A run's follow from the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CertificateCode>,
}

/// Orders to issue and print, and what the printers read.
#[derive(Debug, Clone, Copy)]
pub struct Printing<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Orders to issue and print, and what the printers read.
    pub fn printing(&self) -> Printing<'_> {
        Printing { cloud: self }
    }
}

impl Printing<'_> {
    /// Puts the object that carries a decision out.
    pub async fn order_issue(self, application: &ApplicationId, lot: &LotName) -> Result<(), RecordsError> {
        let key = ObjectKey::Decided { application: application.clone(), lot: lot.clone() };
        self.cloud.write_json(&key, &Decided { application: application.clone(), lot: lot.clone() }).await
    }

    /// Puts the object that asks for printing.
    pub async fn order_printing(self, order: &PrintingOrder) -> Result<(), RecordsError> {
        self.cloud.write_json(&ObjectKey::Printing(order.chunk.clone()), order).await
    }

    /// The codes of a chunk of an allocation, as they were ordered.
    pub(crate) async fn ordered_codes(
        self,
        id: &ApplicationId,
        lot: &LotName,
        number: usize,
    ) -> Result<Vec<CertificateCode>, RecordsError> {
        let chunk = Chunk { application: id.clone(), lot: lot.clone(), press: PrintOutput::Single, number };
        Ok(self.cloud.read_json::<PrintingOrder>(&ObjectKey::Printing(chunk)).await?.codes)
    }

    /// The code at a position of a run: the run's own, or the allocation's.
    pub async fn code_at(self, run: &Run, position: u32) -> Result<CertificateCode, RecordsError> {
        if let Some(code) = &run.code {
            return Ok(code.clone());
        }
        let codes = self.codes_at(&self.lot_of(run).await?, &[position]).await?;
        codes.into_iter().next().map(|(_, code)| code).ok_or_else(|| RecordsError::corrupt("a run beyond its allocation"))
    }

    async fn lot_of(self, run: &Run) -> Result<Allocation, RecordsError> {
        self.cloud.allocations().get(&run.run_of, &run.lot()).await?.ok_or(RecordsError::NotFound)
    }

    /// The codes of a bundle of a run, in the order of its sheets.
    pub async fn codes_of_bundle(self, run: &Run, number: usize) -> Result<Vec<CertificateCode>, RecordsError> {
        if let Some(code) = &run.code {
            return Ok(vec![code.clone()]);
        }
        let positions: Vec<u32> = run.positions().skip(number * BUNDLE).take(BUNDLE).collect();
        Ok(self.codes_at(&self.lot_of(run).await?, &positions).await?.into_iter().map(|(_, code)| code).collect())
    }

    /// Puts the objects that ask for the merged PDFs of a run, except those that `done` names.
    pub async fn order_run(self, run: &Run, done: &[usize]) -> Result<(), RecordsError> {
        for number in (0..bundles_of(run.count())).filter(|number| !done.contains(number)) {
            let press = PrintOutput::Run(run.number);
            let chunk = Chunk { application: run.run_of.clone(), lot: run.lot(), press, number };
            self.order_printing(&PrintingOrder { chunk, codes: Vec::new() }).await?;
        }
        Ok(())
    }

    /// The codes at positions of a lot, in that order.
    pub async fn codes_at(self, lot: &Allocation, positions: &[u32]) -> Result<Vec<(u32, CertificateCode)>, RecordsError> {
        let (mut codes, mut ordered) = (Vec::with_capacity(positions.len()), None);
        for position in positions.iter().copied() {
            let later = position.checked_sub(lot.numbered).map(|index| lot.later.get(index as usize).map(|later| later.code.clone()));
            let code = match later {
                Some(code) => code,
                None => {
                    let (chunk, index) = (position as usize / CHUNK, position as usize % CHUNK);
                    if ordered.as_ref().is_none_or(|(known, _)| *known != chunk) {
                        ordered = Some((chunk, self.ordered_codes(&lot.of, &lot.lot(), chunk).await?));
                    }
                    ordered.as_ref().and_then(|(_, codes)| codes.get(index)).cloned()
                }
            };
            codes.push((position, code.ok_or_else(|| RecordsError::corrupt("a position beyond its lot"))?));
        }
        Ok(codes)
    }

    /// Puts the objects that ask for the list of a collection, except for the parts that `done` names.
    pub async fn order_hand_out_list(self, collection: &Collection, done: &[usize]) -> Result<(), RecordsError> {
        for number in (0..bundles_of(collection.count())).filter(|number| !done.contains(number)) {
            let press = PrintOutput::HandOut(collection.number);
            let chunk = Chunk { application: collection.collection_of.clone(), lot: collection.lot(), press, number };
            self.order_printing(&PrintingOrder { chunk, codes: Vec::new() }).await?;
        }
        Ok(())
    }

    /// The typed rows of one version of a roster.
    pub async fn entries(self, application: &ApplicationId, roster_version: &str) -> Result<Arc<Vec<Entry>>, RecordsError> {
        let key = ObjectKey::Entries { application: application.clone(), version: roster_version.to_owned() };
        self.cloud.kept(&key, parse_entries).await
    }
}
