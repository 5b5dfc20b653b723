//! The table's HTTP face: DynamoDB's JSON operations on dynoxide's database, for whoever knows the stack's secret.
//!
//! dynoxide has a server of its own, which lets every process of the machine in.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;

use crate::policies::{self, Guard};
use crate::secret::Secret;

/// DynamoDB's own limit.
const MAX_BODY: usize = 16 * 1024 * 1024;

struct Table {
    database: Database,
    secret: Secret,
    guard: Guard,
}

/// Serves until `stopped`.
pub(crate) async fn serve(
    listener: TcpListener,
    database: Database,
    secret: Secret,
    guard: Guard,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, routes(Table { database, secret, guard })).with_graceful_shutdown(stopped).await
}

fn routes(table: Table) -> Router {
    let routes = Router::new().fallback(post(answer)).layer(DefaultBodyLimit::max(MAX_BODY));
    routes.with_state(Arc::new(table))
}

async fn answer(State(table): State<Arc<Table>>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    if !table.secret.is(uri.path().trim_matches('/')) {
        return denied(StatusCode::FORBIDDEN, "not the stack's secret");
    }
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("DynamoDB_20120810.").unwrap_or_default();
    if let Some(function) = policies::caller(&headers) {
        let asks = serde_json::from_str(&body).ok().and_then(|body| policies::table_asks(operation, &body));
        if !table.guard.allows(&function, asks.as_deref()) {
            return denied(StatusCode::BAD_REQUEST, &format!("{function} is not authorized to perform dynamodb:{operation}"));
        }
    }
    match execute(&table.database, operation, &body) {
        Ok(text) => json(StatusCode::OK, text),
        Err(error) => json(StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST), error.to_json()),
    }
}

fn execute(database: &Database, operation: &str, body: &str) -> dynoxide::Result<String> {
    match operation {
        "CreateTable" => run(body, |asked| database.create_table(asked)),
        "DescribeTable" => run(body, |asked| database.describe_table(asked)),
        "ListTables" => run(body, |asked| database.list_tables(asked)),
        "GetItem" => run(body, |asked| database.get_item(asked)),
        "PutItem" => run(body, |asked| database.put_item(asked)),
        "UpdateItem" => run(body, |asked| database.update_item(asked)),
        "DeleteItem" => run(body, |asked| database.delete_item(asked)),
        "Query" => run(body, |asked| database.query(asked)),
        "Scan" => run(body, |asked| database.scan(asked)),
        "BatchGetItem" => run(body, |asked| database.batch_get_item(asked)),
        "BatchWriteItem" => run(body, |asked| database.batch_write_item(asked)),
        "TransactGetItems" => run(body, |asked| database.transact_get_items(asked)),
        "TransactWriteItems" => run(body, |asked| database.transact_write_items(asked)),
        other => Err(DynoxideError::ValidationException(format!("no operation {other}"))),
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(body: &str, act: impl FnOnce(Q) -> dynoxide::Result<A>) -> dynoxide::Result<String> {
    let wrong = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let done = act(serde_json::from_str(body).map_err(wrong)?)?;
    serde_json::to_string(&done).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

fn denied(status: StatusCode, why: &str) -> Response {
    let refused = serde_json::json!({ "__type": "com.amazon.coral.service#AccessDeniedException", "Message": format!("saizheng: {why}") });
    json(status, refused.to_string())
}

fn json(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    async fn started() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let database = Database::memory().expect("a database");
        let guard = Guard::of(&std::env::temp_dir().join("saizheng-no-policies"));
        tokio::spawn(serve(listener, database, Secret::known("known"), guard, std::future::pending()));
        url
    }

    async fn asked(url: &str, operation: &str, body: &Value) -> (u16, String) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let request = reqwest::Client::new().post(url).header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let response = request.body(body.to_string()).send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("text"))
    }

    #[tokio::test]
    async fn it_answers_whoever_knows_the_secret() {
        let url = started().await;
        for path in ["", "/", "/unknown", "/known2", "/unknown/known"] {
            let (status, text) = asked(&format!("{url}{path}"), "ListTables", &json!({})).await;
            assert!(status == 403 && !text.contains("TableNames"), "{path}: {text}");
        }
        let known = format!("{url}/known");
        let table = json!({
            "TableName": "table", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        });
        assert_eq!(asked(&known, "CreateTable", &table).await.0, 200);
        assert_eq!(asked(&format!("{known}/"), "ListTables", &json!({})).await, (200, r#"{"TableNames":["table"]}"#.to_owned()));
        let put = json!({ "Put": { "TableName": "table", "Item": { "pk": { "S": "a" } }, "ConditionExpression": "attribute_exists(pk)" } });
        let (status, text) = asked(&known, "TransactWriteItems", &json!({ "TransactItems": [put] })).await;
        let told: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((status, &told["CancellationReasons"][0]["Code"]), (400, &json!("ConditionalCheckFailed")), "{text}");
        assert!(told["__type"].as_str().is_some_and(|kind| kind.ends_with("TransactionCanceledException")), "{text}");
        assert_eq!(asked(&known, "Unheard", &json!({})).await.0, 400);
    }
}
