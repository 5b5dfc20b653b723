//! What is stuck, and the object that sets it going again.

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing;
use records::allocation::{Allocation, Pending};
use records::application::{Application, Verdict};
use records::bucket::Listed;
use records::keys::{Chunk, ObjectKey, Press};
use records::sheets::Run;
use records::{Cloud, RecordsError};
use rules::application::Status;
use rules::notice::{Material, Notices};

/// How long an event may take before its object is put again: longer than a queue's visibility timeout matters
/// little, shorter only costs work done twice.
const GRACE: SignedDuration = SignedDuration::from_mins(2);
/// Applications left unfinished for so long are left alone.
const ABANDONED: SignedDuration = SignedDuration::from_hours(24 * 90);

/// Items looked at at once: under throttling a look takes seconds, and all of them have to fit into one invocation.
const AT_ONCE: usize = 16;

/// Puts again what is stuck; returns how many objects that was. An item that cannot be looked at holds up none of the
/// others: it is logged, and the invocation fails at the end.
pub(crate) async fn put_again(cloud: &Cloud, time: Timestamp) -> Result<usize, RecordsError> {
    let rulebook = cloud.rulebook().await?;
    let pending = cloud.pending().await?;
    let looks = stream::iter(&pending).map(|pending| look(cloud, &rulebook.notices, pending, time));
    let looked: Vec<Result<usize, RecordsError>> = looks.buffer_unordered(AT_ONCE).collect().await;
    for error in looked.iter().filter_map(|look| look.as_ref().err()) {
        tracing::error!(error = error as &dyn std::error::Error, "an item could not be looked at");
    }
    looked.into_iter().sum()
}

async fn look(cloud: &Cloud, notices: &Notices, pending: &Pending, time: Timestamp) -> Result<usize, RecordsError> {
    match pending {
        Pending::Application(application) => materials(cloud, notices, application, time).await,
        Pending::Allocation(allocation) => decision(cloud, allocation, time).await,
        Pending::Run(run) => print_run(cloud, run, time).await,
    }
}

fn is_old(written_at: Timestamp, time: Timestamp) -> bool {
    time.duration_since(written_at) > GRACE
}

/// Materials whose current version has no verdict in the table.
async fn materials(cloud: &Cloud, notices: &Notices, application: &Application, time: Timestamp) -> Result<usize, RecordsError> {
    if cloud.clock.now().duration_since(application.created_at) > ABANDONED {
        return Ok(0);
    }
    let notice = notices.of_contest(&application.contest);
    let verdicts = cloud.verdicts(&application.id).await?;
    let mut count = 0;
    for Listed { key, written_at } in cloud.list(&format!("inbox/{}/{}/", application.unit, application.id)).await? {
        let rule = key.rsplit('/').next().and_then(|file| notice.material_of_file(file));
        let (Some(rule), true) = (rule, is_old(written_at, time)) else { continue };
        let Some(version) = cloud.current_version(&key).await? else { continue };
        let entered = verdicts.iter().find(|verdict| verdict.material == rule.material);
        if entered.is_some_and(|verdict| verdict.version == version) {
            continue;
        }
        let checked = ObjectKey::Checked { application: application.id.clone(), material: rule.material, version };
        let lost = match cloud.read_json::<Verdict>(&checked).await {
            // The same material under two names: a later one was entered, this one has nowhere to go.
            Ok(verdict) if entered.is_some_and(|entered| entered.outranks(&verdict)) => continue,
            Ok(_) => checked.to_string(),
            Err(RecordsError::NotFound) => key,
            Err(error) => return Err(error),
        };
        cloud.put_again(&lost).await?;
        count += 1;
    }
    Ok(count + registration(cloud, application, &verdicts, time).await?)
}

/// An application whose awards were not all claimed: its roster's verdict again.
async fn registration(cloud: &Cloud, application: &Application, verdicts: &[Verdict], time: Timestamp) -> Result<usize, RecordsError> {
    let roster = verdicts.iter().find(|verdict| verdict.material == Material::Roster);
    let (Status::Registering, Some(roster)) = (application.status, roster) else { return Ok(0) };
    let key = ObjectKey::Checked { application: application.id.clone(), material: Material::Roster, version: roster.version.clone() };
    let key = key.to_string();
    let listed = cloud.list(&key).await?;
    if listed.iter().any(|object| object.key == key && is_old(object.written_at, time)) {
        cloud.put_again(&key).await?;
        return Ok(1);
    }
    Ok(0)
}

/// Decisions that were not carried out to the last certificate.
async fn decision(cloud: &Cloud, allocation: &Allocation, time: Timestamp) -> Result<usize, RecordsError> {
    let ordered = orders(cloud, allocation, Press::Single).await?;
    if ordered.len() < allocation.chunks() || allocation.chunks() == 0 {
        let decided = cloud.list(&format!("decided/{}/{}.json", allocation.of, allocation.reviewer)).await?;
        if decided.iter().all(|object| is_old(object.written_at, time)) {
            cloud.carry_out(&allocation.of, &allocation.reviewer).await?;
            return Ok(1);
        }
        return Ok(0);
    }
    printing(cloud, allocation, Press::Single, ordered, time).await
}

/// Runs whose merged PDFs are not all there.
async fn print_run(cloud: &Cloud, run: &Run, time: Timestamp) -> Result<usize, RecordsError> {
    let Some(allocation) = cloud.allocation(&run.run_of, &run.reviewer).await? else { return Ok(0) };
    let ordered = orders(cloud, &allocation, Press::Run).await?;
    if ordered.len() < run.chunks() {
        let done: Vec<usize> = cloud.printed_chunks(&run.run_of, &run.reviewer, Press::Run).await?.iter().map(|c| c.number).collect();
        cloud.order_run(run, &done).await?;
        return Ok(run.chunks() - done.len());
    }
    printing(cloud, &allocation, Press::Run, ordered, time).await
}

async fn orders(cloud: &Cloud, allocation: &Allocation, press: Press) -> Result<Vec<Listed>, RecordsError> {
    let chunk = Chunk { application: allocation.of.clone(), reviewer: allocation.reviewer.clone(), press, number: 0 };
    let first = ObjectKey::Printing(chunk).to_string();
    let folder = first.rsplit_once('/').map_or(first.as_str(), |(folder, _)| folder);
    cloud.list(&format!("{folder}/")).await
}

/// Orders that were put and not printed.
async fn printing(
    cloud: &Cloud,
    allocation: &Allocation,
    press: Press,
    ordered: Vec<Listed>,
    time: Timestamp,
) -> Result<usize, RecordsError> {
    let done = cloud.printed_chunks(&allocation.of, &allocation.reviewer, press).await?;
    let mut count = 0;
    for (number, order) in ordered.iter().enumerate() {
        let printed = done.iter().any(|chunk| chunk.number == number);
        // When all are printed, one order again lets the press take the work off the list.
        let last_step_lost = done.len() == ordered.len() && number == 0;
        if is_old(order.written_at, time) && (!printed || last_step_lost) {
            cloud.put_again(&order.key).await?;
            count += 1;
        }
    }
    Ok(count)
}
