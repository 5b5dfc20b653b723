//! What a request to DynamoDB asks for.

use serde_json::Value;

use super::ask::{Ask, arn};

/// The condition's name for the partitions that a request is about.
const LEADING_KEYS: &str = "dynamodb:LeadingKeys";

/// What `operation` (without the version before the dot) with that body asks for; none where it is not known.
pub(crate) fn asks(operation: &str, body: &Value) -> Option<Vec<Ask>> {
    let one = |ask| Some(vec![ask]);
    match operation {
        "GetItem" | "UpdateItem" | "DeleteItem" => one(of_item(operation, body, &body["Key"])),
        "PutItem" => one(of_item(operation, body, &body["Item"])),
        "Query" => one(query(body)),
        "Scan" => one(Ask::new("dynamodb:Scan", resource(body))),
        "BatchGetItem" => several(body, |of_table| of_table["Keys"].as_array().cloned().unwrap_or_default(), "BatchGetItem"),
        "BatchWriteItem" => several(body, written, "BatchWriteItem"),
        "TransactGetItems" | "TransactWriteItems" => body["TransactItems"].as_array()?.iter().map(of_transaction).collect(),
        _ => None,
    }
}

/// The table, or the index that is named.
fn resource(body: &Value) -> String {
    let table = body["TableName"].as_str().unwrap_or_default();
    match body["IndexName"].as_str() {
        Some(index) => arn("dynamodb", &format!("table/{table}/index/{index}")),
        None => arn("dynamodb", &format!("table/{table}")),
    }
}

fn of_item(operation: &str, body: &Value, key: &Value) -> Ask {
    Ask::new(format!("dynamodb:{operation}"), resource(body)).with(LEADING_KEYS, vec![partition(key)])
}

fn partition(key: &Value) -> String {
    key["pk"]["S"].as_str().unwrap_or_default().to_owned()
}

/// The partition of a query is what its condition sets equal first; the others are of the sort key.
fn query(body: &Value) -> Ask {
    let condition = body["KeyConditionExpression"].as_str().unwrap_or_default();
    let value = condition.split_once('=').map(|(_, rest)| rest.split_whitespace().next().unwrap_or_default()).unwrap_or_default();
    let partition = body["ExpressionAttributeValues"][value]["S"].as_str().unwrap_or_default().to_owned();
    Ask::new("dynamodb:Query", resource(body)).with(LEADING_KEYS, vec![partition])
}

fn several(body: &Value, keys: impl Fn(&Value) -> Vec<Value>, operation: &str) -> Option<Vec<Ask>> {
    let of_table = |(table, asked): (&String, &Value)| {
        let keys = keys(asked).iter().map(partition).collect();
        Ask::new(format!("dynamodb:{operation}"), arn("dynamodb", &format!("table/{table}"))).with(LEADING_KEYS, keys)
    };
    Some(body["RequestItems"].as_object()?.iter().map(of_table).collect())
}

fn written(requests: &Value) -> Vec<Value> {
    let written = |request: &Value| {
        if request["PutRequest"].is_null() { request["DeleteRequest"]["Key"].clone() } else { request["PutRequest"]["Item"].clone() }
    };
    requests.as_array().into_iter().flatten().map(written).collect()
}

/// A transaction needs the right to each of its parts.
fn of_transaction(part: &Value) -> Option<Ask> {
    let (kind, body) = part.as_object()?.iter().next()?;
    let (operation, key) = match kind.as_str() {
        "Put" => ("PutItem", "Item"),
        "Update" => ("UpdateItem", "Key"),
        "Delete" => ("DeleteItem", "Key"),
        "ConditionCheck" => ("ConditionCheckItem", "Key"),
        "Get" => ("GetItem", "Key"),
        _ => return None,
    };
    Some(of_item(operation, body, &body[key]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(operation: &str, body: &Value) -> Vec<(String, String, Vec<String>)> {
        let asks = asks(operation, body).expect("known");
        asks.into_iter()
            .map(|ask| {
                (
                    ask.action,
                    ask.resource.replace("arn:aws:dynamodb:us-east-1:000000000000:", ""),
                    ask.context.into_values().flatten().collect(),
                )
            })
            .collect()
    }

    fn ask(action: &str, resource: &str, keys: &[&str]) -> (String, String, Vec<String>) {
        (format!("dynamodb:{action}"), resource.to_owned(), keys.iter().map(|key| (*key).to_owned()).collect())
    }

    #[test]
    fn each_operation_asks_for_its_partitions() {
        let key = json!({ "pk": { "S": "A#1" }, "sk": { "S": "X" } });
        assert_eq!(asked("GetItem", &json!({ "TableName": "t", "Key": key })), [ask("GetItem", "table/t", &["A#1"])]);
        assert_eq!(asked("PutItem", &json!({ "TableName": "t", "Item": key })), [ask("PutItem", "table/t", &["A#1"])]);
        let query = json!({ "TableName": "t", "IndexName": "by_x", "KeyConditionExpression": "#partition = :value AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": { ":value": { "S": "P" }, ":sk": { "S": "S" } } });
        assert_eq!(asked("Query", &query), [ask("Query", "table/t/index/by_x", &["P"])]);
        let batch = json!({ "RequestItems": { "t": { "Keys": [key, key] } } });
        assert_eq!(asked("BatchGetItem", &batch), [ask("BatchGetItem", "table/t", &["A#1", "A#1"])]);
        let transaction = json!({ "TransactItems": [{ "Put": { "TableName": "t", "Item": key } }, { "ConditionCheck": { "TableName": "t", "Key": key } }] });
        assert_eq!(
            asked("TransactWriteItems", &transaction),
            [ask("PutItem", "table/t", &["A#1"]), ask("ConditionCheckItem", "table/t", &["A#1"])]
        );
    }

    #[test]
    fn what_is_not_known_is_not_let_through() {
        assert!(asks("DeleteTable", &json!({ "TableName": "t" })).is_none());
        assert!(asks("TransactWriteItems", &json!({ "TransactItems": [{ "Erase": {} }] })).is_none());
    }
}
