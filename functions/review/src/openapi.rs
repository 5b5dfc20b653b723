//! The API's description, OpenAPI 3.1: written from the table of routes and the types of their handlers.

use std::collections::BTreeMap;

use operations::Refusal;
use rules::after::verification::{self, Question, Unanswered};
use rules::values::party::Role;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::Api;
use crate::fields;
use crate::repeat;
use crate::reply::{RefusalCode, Refused};
use crate::route::Route;

/// An OpenAPI document.
#[derive(Serialize)]
pub(crate) struct Document {
    openapi: &'static str,
    info: Info,
    security: Vec<BTreeMap<&'static str, Vec<String>>>,
    paths: BTreeMap<&'static str, BTreeMap<String, Operation>>,
    components: Components,
}

/// The description describes itself as an object.
impl JsonSchema for Document {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Document".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "required": ["openapi", "info", "paths"] })
    }
}

#[derive(Serialize)]
struct Info {
    title: &'static str,
    version: &'static str,
    description: &'static str,
    license: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    operation_id: &'static str,
    summary: &'static str,
    tags: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Parameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_body: Option<Payload>,
    responses: BTreeMap<String, Answer>,
    /// None is needed: for anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    security: Option<[(); 0]>,
    /// Who can be granted it.
    #[serde(rename = "x-roles", skip_serializing_if = "<[Role]>::is_empty")]
    roles: &'static [Role],
    /// The clause of the notice that it serves.
    #[serde(rename = "x-clause", skip_serializing_if = "str::is_empty")]
    clause: &'static str,
}

#[derive(Serialize)]
struct Parameter {
    name: String,
    r#in: &'static str,
    required: bool,
    schema: Schema,
}

#[derive(Serialize)]
struct Payload {
    required: bool,
    content: BTreeMap<&'static str, Media>,
}

#[derive(Serialize)]
struct Media {
    schema: Schema,
}

#[derive(Serialize)]
struct Reply {
    description: String,
    content: BTreeMap<&'static str, Media>,
}

/// What an operation answers: its own success, or a refusal that all share.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Success(Reply),
    Refusal {
        #[serde(rename = "$ref")]
        reference: String,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Components {
    schemas: Map<String, Value>,
    responses: BTreeMap<String, Reply>,
    security_schemes: BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>,
}

/// What the gateway says where no function sees a request: without a sound token (401), or on a path that it has no route
/// for (404), such as one with a line feed in it.
#[derive(Serialize, JsonSchema)]
struct GatewayRefused {
    message: String,
}

/// The parameters of the address in a QR code.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "described, and read by the function verify")]
struct Scanned {
    /// 证书编号
    code: Option<String>,
    /// The signature: base64url of 64 bytes.
    s: Option<String>,
}

impl Api {
    /// The description of the API that answers.
    pub(crate) async fn describe(&self) -> Result<Document, Refusal> {
        Ok(document(&self.routes))
    }
}

/// Describes the routes.
pub(crate) fn document(routes: &[Route<Api>]) -> Document {
    let mut writer = Writer::new();
    let mut paths: BTreeMap<&'static str, BTreeMap<String, Operation>> = BTreeMap::new();
    for route in routes {
        let operation = writer.operation(route);
        paths.entry(route.path).or_default().insert(route.method.as_str().to_ascii_lowercase(), operation);
    }
    paths.insert("/verify", writer.verification());
    Document {
        openapi: "3.1.1",
        info: Info {
            title: "赛证 saizheng",
            version: "1",
            description: "竞赛获奖选手职业技能等级证书办理系统的接口。写法与含义见 docs/API.md。",
            license: BTreeMap::from([("name", "Apache-2.0"), ("identifier", "Apache-2.0")]),
        },
        security: vec![BTreeMap::from([("token", Vec::new())])],
        paths,
        components: writer.components(),
    }
}

/// Makes schemas. What is given refers to `components`; what is taken stands where it is taken, since the same type may owe
/// fewer fields there.
struct Writer {
    given: SchemaGenerator,
    taken: SchemaGenerator,
}

impl Writer {
    fn new() -> Self {
        let given = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let given = given.with_transform(RecursiveTransform(equals));
        Self { given: given.into_generator(), taken: fields::taken() }
    }

    fn operation(&mut self, route: &Route<Api>) -> Operation {
        let mut parameters: Vec<Parameter> = route.names().into_iter().zip((route.types.path)(&mut self.taken)).map(of_path).collect();
        parameters.extend((route.types.query)(&mut self.taken).iter().flat_map(of_query));
        if route.once {
            let (name, schema) = ("Idempotency-Key".to_owned(), repeat::key_schema());
            parameters.push(Parameter { name, r#in: "header", required: true, schema });
        }
        let body = (route.types.body)(&mut self.taken);
        let request_body = body.map(|(media, schema)| {
            let schema = fields::closed(with_equals(schema));
            Payload { required: true, content: BTreeMap::from([(media, Media { schema })]) }
        });
        let success = Reply { description: "成功".to_owned(), content: content((route.types.reply)(&mut self.given)) };
        let refusals = RefusalCode::ALL.map(|code| code.status().as_u16().to_string());
        let mut responses: BTreeMap<String, Answer> = refusals
            .into_iter()
            .map(|status| (status.clone(), Answer::Refusal { reference: format!("#/components/responses/{status}") }))
            .collect();
        responses.insert(route.status.as_u16().to_string(), Answer::Success(success));
        Operation {
            operation_id: route.name,
            summary: route.summary,
            tags: route.path.split('/').nth(2).into_iter().collect(),
            parameters,
            request_body,
            responses,
            security: None,
            roles: route.roles,
            clause: route.clause,
        }
    }

    /// Verification for anybody, which the function `verify` serves: a page, or JSON for whoever accepts that alone.
    fn verification(&mut self) -> BTreeMap<String, Operation> {
        let query = self.taken.subschema_for::<Scanned>();
        let question = self.taken.subschema_for::<Question>();
        let form = ["application/x-www-form-urlencoded", "application/json"].map(|media| (media, Media { schema: question.clone() }));
        let body = Payload { required: true, content: BTreeMap::from(form) };
        let get = self.public("verifyByQrCode", "凭二维码中的签名查询证书；没有签名时为查询页面", of_query(&query), None);
        let post = self.public("verifyByName", "凭证书编号和姓名查询证书", Vec::new(), Some(body));
        BTreeMap::from([("get".to_owned(), get), ("post".to_owned(), post)])
    }

    fn public(
        &mut self,
        operation_id: &'static str,
        summary: &'static str,
        parameters: Vec<Parameter>,
        request_body: Option<Payload>,
    ) -> Operation {
        let refused = [("400", "MALFORMED"), ("429", "TOO_OFTEN"), ("500", "DEFECT"), ("503", "UNAVAILABLE")];
        let mut responses: BTreeMap<String, Answer> = BTreeMap::new();
        for (status, description) in [("200", "查到的证书"), ("404", "未查到：没有这个编号，或姓名、签名不符")] {
            let schema = self.given.subschema_for::<verification::Answer>();
            responses.insert(status.to_owned(), Answer::Success(Reply { description: description.to_owned(), content: page_or(schema) }));
        }
        for (status, description) in refused {
            let schema = self.given.subschema_for::<Unanswered>();
            responses.insert(status.to_owned(), Answer::Success(Reply { description: description.to_owned(), content: page_or(schema) }));
        }
        Operation {
            operation_id,
            summary,
            tags: vec!["verify"],
            parameters,
            request_body,
            responses,
            security: Some([]),
            roles: &[],
            clause: "五、（三）",
        }
    }

    fn components(mut self) -> Components {
        let mut responses = BTreeMap::new();
        for code in RefusalCode::ALL {
            let name = serde_json::to_value(code).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
            let schema = match code {
                RefusalCode::Unauthorised => self.given.subschema_for::<GatewayRefused>(),
                RefusalCode::NotFound => {
                    let (function, gateway) = (self.given.subschema_for::<Refused>(), self.given.subschema_for::<GatewayRefused>());
                    json_schema!({ "anyOf": [function, gateway] })
                }
                _ => self.given.subschema_for::<Refused>(),
            };
            let reply = responses.entry(code.status().as_u16().to_string());
            let reply = reply.or_insert_with(|| Reply { description: String::new(), content: content(schema) });
            let or = if reply.description.is_empty() { "" } else { " 或 " };
            reply.description.push_str(&format!("{or}{name}"));
        }
        let token = BTreeMap::from([("type", "http"), ("scheme", "bearer"), ("bearerFormat", "JWT")]);
        Components { schemas: self.given.take_definitions(true), responses, security_schemes: BTreeMap::from([("token", token)]) }
    }
}

/// A tuple of equals is an array of so many: schemathesis turns `prefixItems` into what no schema of 2020-12 is.
fn equals(schema: &mut Schema) {
    let Some(Value::Array(items)) = schema.get("prefixItems") else { return };
    let Some(first) = items.first().filter(|first| items.iter().all(|item| item == *first)).cloned() else { return };
    schema.remove("prefixItems");
    schema.insert("items".to_owned(), first);
}

fn with_equals(mut schema: Schema) -> Schema {
    RecursiveTransform(equals).transform(&mut schema);
    schema
}

fn content(schema: Schema) -> BTreeMap<&'static str, Media> {
    BTreeMap::from([("application/json", Media { schema: with_equals(schema) })])
}

/// As JSON, or as a page.
fn page_or(schema: Schema) -> BTreeMap<&'static str, Media> {
    let mut content = content(schema);
    content.insert("text/html", Media { schema: json_schema!({ "type": "string" }) });
    content
}

fn of_path((name, schema): (&'static str, Schema)) -> Parameter {
    Parameter { name: name.to_owned(), r#in: "path", required: true, schema }
}

fn of_query(schema: &Schema) -> Vec<Parameter> {
    let required = |name: &str| schema.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|one| one == name));
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let parameter = |(name, schema): (&String, &Value)| Parameter {
        name: name.clone(),
        r#in: "query",
        required: required(name),
        schema: Schema::try_from(without_null(schema)).unwrap_or_default(),
    };
    properties.map(parameter).collect()
}

/// In a query, nothing is not null: it is not there.
fn without_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|one| one != "null");
    }
    if let Some(choices) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.retain(|one| one["type"] != "null");
    }
    schema
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::routes;

    /// `REFRESH=1 cargo test --release --workspace --lib the_description_in_docs` writes it anew.
    #[test]
    fn the_description_in_docs_is_what_is_served() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        let served = serde_json::to_value(document(&routes::all())).expect("a document");
        if std::env::var_os("REFRESH").is_some() {
            std::fs::write(&file, format!("{served:#}\n")).expect("docs/openapi.json");
        }
        let written = std::fs::read_to_string(&file).expect("docs/openapi.json");
        let written: Value = serde_json::from_str(&written).expect("docs/openapi.json is JSON");
        assert!(written == served, "docs/openapi.json is stale: REFRESH=1 cargo test --release --workspace --lib the_description_in_docs");
    }

    #[test]
    fn every_operation_says_what_it_does_and_who_may() {
        for route in routes::all() {
            assert!(!route.summary.is_empty() && !route.roles.is_empty(), "{} {}", route.method, route.path);
            let schemas = (route.types.path)(&mut Writer::new().taken);
            assert_eq!(route.names().len(), schemas.len(), "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn no_operation_is_hidden_by_an_earlier_one() {
        let routes = routes::all();
        for (index, route) in routes.iter().enumerate() {
            let path: Vec<&str> = route.path.trim_matches('/').split('/').collect();
            let first = routes.iter().position(|one| one.parts(&route.method, &path).is_some());
            assert_eq!(first, Some(index), "{} {}", route.method, route.path);
        }
    }
}
