//! The fields that a body may have. One that its type does not have is a mistake of whoever wrote it: overlooked, it would change what is
//! asked for (a misspelt `refused` would pass everybody).

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// Describes what is taken, each type where it is taken, since the same type may owe fewer fields there than where it is given.
pub(crate) fn taken() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator()
}

/// The same objects, with these fields and no others.
pub(crate) fn closed(mut schema: Schema) -> Schema {
    let close = |schema: &mut Schema| {
        if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
    };
    RecursiveTransform(close).transform(&mut schema);
    schema
}

/// The first field of a body that its type does not have, with its place.
pub(crate) fn unknown<T: JsonSchema>(body: &Value) -> Option<String> {
    unknown_in(taken().subschema_for::<T>().as_value(), body)
}

fn unknown_in(schema: &Value, value: &Value) -> Option<String> {
    let schema = without_null(schema);
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, inner)| {
            let of_any_name = schema.get("additionalProperties").filter(|any| any.is_object());
            match schema.pointer("/properties").and_then(|known| known.get(name)).or(of_any_name) {
                Some(known) => unknown_in(known, inner).map(|rest| format!("{name}{}{rest}", if rest.starts_with('[') { "" } else { "." })),
                None => schema.get("properties").map(|_| name.clone()),
            }
        }),
        Value::Array(values) => {
            let of_each = schema.get("items")?;
            values.iter().enumerate().find_map(|(index, inner)| unknown_in(of_each, inner).map(|rest| format!("[{index}].{rest}")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Of what may be left out, what it is where it is there.
fn without_null(schema: &Value) -> &Value {
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    alternatives.and_then(|all| all.iter().find(|one| one["type"] != "null")).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use operations::corrections::CertificateCorrection;
    use operations::decisions::Qualify;
    use operations::numbers::EnterNumbers;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_misspelt_field_is_named_with_its_place_however_deep_it_lies() {
        let unknown_of_numbers = |body: Value| unknown::<EnterNumbers>(&body);
        assert_eq!(unknown_of_numbers(json!({ "rows": [{ "row": 2, "number": "ZX-1", "document": "文件" }], "preview": true })), None);
        let misspelt = json!({ "rows": [{ "row": 2, "number": "ZX-1" }, { "row": 3, "number": "ZX-2", "documents": "文件" }] });
        assert_eq!(unknown_of_numbers(misspelt).as_deref(), Some("rows[1].documents"));
        assert_eq!(unknown::<Qualify>(&json!({ "version": 1, "refuse": [] })).as_deref(), Some("refuse"));
        let setting = json!({ "reason": "姓名有误", "name": "张测试", "setting": { "from": "full" } });
        assert_eq!(unknown::<CertificateCorrection>(&setting).as_deref(), Some("setting.from"));
    }

    #[test]
    fn whoever_may_be_named_is_no_field() {
        assert_eq!(unknown::<operations::decisions::Authorise>(&json!({ "version": 1, "reasons": { "任何": "理由" } })), None);
    }
}
