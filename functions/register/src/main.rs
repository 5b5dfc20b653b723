//! Enters each verdict of `checked/` into the table; the application becomes submitted when the required materials
//! are in and clean (五、（一）).

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, service_fn, tracing};
use records::application::{Application, Verdict};
use records::keys::ObjectKey;
use records::queue::Arrival;
use records::{Cloud, RecordsError, queue};
use rules::application::Status;
use rules::notice::Notices;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    tracing::init_default_subscriber();
    let (cloud, notices) = (&Cloud::connect().await?, &Notices::built_in()?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, lambda_runtime::Error>(queue::each_arrival(cloud, event.payload, |arrival| register(cloud, notices, arrival)).await)
    }))
    .await
}

async fn register(cloud: &Cloud, notices: &Notices, arrival: Arrival) -> Result<(), RecordsError> {
    let Some(ObjectKey::Checked { application, .. }) = ObjectKey::parse(&arrival.key) else { return Ok(()) };
    let verdict: Verdict = serde_json::from_slice(&cloud.read(&arrival.key, arrival.version.as_deref()).await?)?;
    cloud.enter_verdict(&application, &verdict, |application, verdicts| judge(cloud, notices, application, verdicts)).await
}

/// Submitted when every required material is in and clean and the deadline (六、（一）) has not passed.
fn judge(cloud: &Cloud, notices: &Notices, application: &Application, verdicts: &[Verdict]) -> Status {
    let Some(notice) = notices.for_award(application.contest.issued_on) else { return application.status };
    let present: Vec<_> = verdicts.iter().map(|verdict| verdict.material).collect();
    let complete = notice.missing(&present).is_empty() && verdicts.iter().all(|verdict| verdict.clean);
    let late = application.submitted_at.is_none() && notice.passed_deadline(application.contest.year, cloud.clock.today()).is_some();
    if complete && !late { Status::Submitted } else { Status::Draft }
}
