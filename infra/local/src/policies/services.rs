//! What a request to the event bus, a queue or the parameter store asks for.

use serde_json::Value;

use super::ask::{Ask, arn};

/// What the operation that `x-amz-target` names asks for with that body; none where it is not known.
pub(crate) fn asks(target: &str, body: &Value) -> Option<Vec<Ask>> {
    match target {
        "AWSEvents.PutEvents" => body["Entries"].as_array()?.iter().map(event).collect(),
        "AmazonSQS.SendMessage" | "AmazonSQS.GetQueueAttributes" => {
            let queue = body["QueueUrl"].as_str()?.rsplit('/').next()?;
            Some(vec![Ask::new(target.replace("AmazonSQS.", "sqs:"), arn("sqs", queue))])
        }
        "AmazonSSM.GetParameter" => {
            let name = body["Name"].as_str()?;
            Some(vec![Ask::new("ssm:GetParameter", arn("ssm", &format!("parameter{name}")))])
        }
        _ => None,
    }
}

fn event(entry: &Value) -> Option<Ask> {
    Some(Ask::new("events:PutEvents", arn("events", &format!("event-bus/{}", entry["EventBusName"].as_str()?))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_service_by_its_resource() {
        let resource = |target, body: Value| asks(target, &body).expect("known").swap_remove(0).resource;
        let sent = json!({ "QueueUrl": "http://localhost:4566/000000000000/saizheng-ValidateQueue-1A" });
        assert_eq!(resource("AmazonSQS.SendMessage", sent), "arn:aws:sqs:us-east-1:000000000000:saizheng-ValidateQueue-1A");
        assert_eq!(
            resource("AmazonSSM.GetParameter", json!({ "Name": "/saizheng/signing-key" })),
            "arn:aws:ssm:us-east-1:000000000000:parameter/saizheng/signing-key"
        );
        assert_eq!(
            resource("AWSEvents.PutEvents", json!({ "Entries": [{ "EventBusName": "saizheng" }] })),
            "arn:aws:events:us-east-1:000000000000:event-bus/saizheng"
        );
        assert!(asks("AmazonSQS.PurgeQueue", &json!({ "QueueUrl": "q" })).is_none());
    }
}
