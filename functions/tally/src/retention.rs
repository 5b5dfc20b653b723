//! Applications that no certificate came of go when the time is over that the notice has such data kept (个人信息保护法 第四十七条).

use lambda_runtime::tracing;
use records::application::Application;
use records::{Cloud, RecordsError};
use rules::audit::{AuditAction, AuditEntry};
use rules::issue::allocation::Allocation;
use rules::issue::status::Status;
use rules::notice::RetentionRule;

/// Deleted in one night at most: a deletion is a transaction.
pub(crate) const A_NIGHT: usize = 500;

/// Whether nothing came of an application, so long ago that it goes.
pub(crate) async fn is_over(
    cloud: &Cloud,
    rule: &RetentionRule,
    application: &Application,
    lots: &[Allocation],
) -> Result<bool, RecordsError> {
    let now = cloud.clock.now();
    match application.status {
        Status::Draft | Status::Returned if rule.ends_unfinished(application.entered_at, now) => {
            // Whoever hands something in works on it.
            let verdicts = cloud.applications().all_verdicts(&application.id).await?;
            let handed_in = verdicts.iter().filter_map(|verdict| verdict.handed_in_at).max();
            Ok(handed_in.is_none_or(|at| rule.ends_unfinished(at, now)))
        }
        Status::Qualified => {
            let is_over = |lot: &Allocation| lot.is_refused_in_full() && rule.ends_refused(lot.decided_at, now);
            Ok(!lots.is_empty() && lots.iter().all(is_over))
        }
        Status::Draft | Status::Returned | Status::Registering | Status::Submitted | Status::Authorised => Ok(false),
    }
}

/// Deletes what is over; what somebody is changing meanwhile is left to another night.
pub(crate) async fn delete(cloud: &Cloud, over: &[(Application, RetentionRule)]) -> Result<(), RecordsError> {
    for (application, rule) in over {
        let audit = AuditEntry::of_the_system(AuditAction::Expire, cloud.clock.now());
        match cloud.applications().delete(application, AuditEntry { clause: rule.clause.clone(), ..audit }).await {
            Ok(()) => tracing::info!(application = %application.id, "deleted: its time was over"),
            Err(RecordsError::Conflict) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
