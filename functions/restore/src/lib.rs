//! Restores the table from the archive volumes of the bucket, and counters from certificates on paper. It is invoked by hand, by an
//! operator, and by nothing else (docs/guide/restore.md).

mod objects;
mod volumes;

use std::collections::BTreeMap;

use lambda_runtime::{LambdaEvent, service_fn};
use records::after::restore::{Restoration, items_head};
use records::{Cloud, RecordsError};
use rules::after::restore::{RestoreAnswer, RestoreReport, RestoreRequest, VolumeOutcome};
use rules::values::attestation::PublicKey;

use crate::volumes::{Folder, Refused, folders};

/// Handles requests until the process ends.
///
/// # Errors
/// What is missing at the start (a variable), or the runtime's end.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let cloud = &Cloud::connect().await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<RestoreRequest>| async move { restore(cloud, &event.payload).await })).await
}

async fn restore(cloud: &Cloud, request: &RestoreRequest) -> Result<RestoreAnswer, lambda_runtime::Error> {
    if request.keys.is_empty() {
        return Err("keys: 请给出公布的公钥，否则无从核对卷和证书是谁签的".into());
    }
    let keys: Vec<PublicKey> = request.keys.iter().map(|key| key.parse()).collect::<Result<_, _>>()?;
    let mut report = RestoreReport { dry_run: request.dry_run, ..RestoreReport::default() };
    let proved = prove_all(cloud, request, &keys, &mut report).await?;
    let mut restoration = cloud.restoration(request.dry_run);
    take_statements(cloud, request, &keys, &mut restoration, &mut report).await?;
    for folder in &proved {
        restoration.count(&folder.items(cloud).await?)?;
    }
    report.counters = restoration.raise_counters().await?;
    for folder in &proved {
        let volume = folder.volume(cloud).await?;
        if !request.dry_run {
            objects::put_back(cloud, folder, &volume).await?;
        }
        report.volumes.insert(folder.name(), restoration.restore(&volume).await?);
    }
    tracing::info!(volumes = report.volumes.len(), complete = report.is_complete(), dry_run = report.dry_run, "restored");
    Ok(report.answer())
}

/// The volumes that hold, the latest first: of each application its last edition. One that does not hold is refused, and no earlier one
/// takes its place.
async fn prove_all(
    cloud: &Cloud,
    request: &RestoreRequest,
    keys: &[PublicKey],
    report: &mut RestoreReport,
) -> Result<Vec<Folder>, RecordsError> {
    let mut proved = BTreeMap::new();
    for mut folder in folders(cloud, &request.prefix).await? {
        match folder.prove(cloud, keys).await {
            Ok(()) => {
                let read_at = items_head(&folder.items(cloud).await?)?.read_at;
                proved.insert((read_at, folder.name()), folder);
            }
            Err(Refused::Faults(faults)) => drop(report.volumes.insert(folder.name(), VolumeOutcome::Refused(faults))),
            Err(Refused::Records(error)) => return Err(error),
        }
    }
    Ok(proved.into_values().rev().collect())
}

async fn take_statements(
    cloud: &Cloud,
    request: &RestoreRequest,
    keys: &[PublicKey],
    restoration: &mut Restoration<'_>,
    report: &mut RestoreReport,
) -> Result<(), RecordsError> {
    let rulebook = cloud.rulebooks().in_force().await?;
    for (place, statement) in (1..).zip(&request.statements) {
        match statement.drawn(&rulebook.notices, keys) {
            Ok(drawn) => {
                report.statements += 1;
                drawn.into_iter().for_each(|(prefix, sequence)| restoration.given(prefix, sequence));
            }
            Err(error) => report.refused_statements.push((place, error)),
        }
    }
    Ok(())
}
