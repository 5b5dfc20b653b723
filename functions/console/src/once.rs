//! A form that was sent twice is carried out once, and leads to the same page (docs/decisions/0018).

use std::sync::Arc;

use operations::{Operations, Refusal};
use records::RecordsError;
use records::store::idempotency::{Earlier, KeptAnswer, KeyedRequest};

use crate::context::Context;

/// Carries out what a form asks for, unless that has been done; gives where the browser goes then.
pub(crate) async fn once(context: &Context<'_>, act: impl AsyncFnOnce(&Operations) -> Result<String, Refusal>) -> Result<String, Refusal> {
    let key = context.form.get("once").ok_or_else(|| Refusal::Malformed("表单不完整，请返回刷新后重新填写".to_owned()))?;
    let parts: Vec<&[u8]> = std::iter::once(context.path.as_bytes()).chain(context.form.as_parts()).collect();
    let cloud = &context.operations.cloud;
    let keyed = Arc::new(KeyedRequest::new(&context.actor().subject, key, &parts, cloud.clock.now()));
    if let Some(location) = earlier(context, &keyed).await? {
        return Ok(location);
    }
    match act(&context.operations.serving(Arc::clone(&keyed))).await {
        Ok(location) => match cloud.keep_answer(&keyed, KeptAnswer { status: 303, body: location.clone() }).await {
            Ok(()) | Err(RecordsError::Conflict) => Ok(location),
            Err(error) => {
                error.log();
                Ok(location)
            }
        },
        // Refused because the same form, sent at the same time, was quicker?
        Err(refusal) if refusal.is_of_the_state() && !keyed.is_entered() => match earlier(context, &keyed).await {
            Ok(Some(location)) => Ok(location),
            _ => Err(refusal),
        },
        Err(refusal) => Err(refusal),
    }
}

async fn earlier(context: &Context<'_>, keyed: &KeyedRequest) -> Result<Option<String>, Refusal> {
    match context.operations.cloud.earlier(keyed).await? {
        Earlier::Unknown => Ok(None),
        Earlier::Answered(answer) => Ok(Some(answer.body)),
        Earlier::OtherRequest => Err(Refusal::KeyReused),
        Earlier::Unanswered => Err(Refusal::Changed("这张表单已经提交并办理，请刷新查看办理结果".to_owned())),
    }
}
