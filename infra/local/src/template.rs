//! `template.yaml` as the emulator takes it: the short forms of intrinsic functions written out, local folders of
//! code replaced by uploaded archives, as `sam package` does, and functions called by their names: it keeps one version of each.

use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

use crate::checkout;

/// The variable that tells a function's name on this machine; the emulator has it sign its requests with that (`emulator.py`).
const FUNCTION: &str = "SAIZHENG_FUNCTION";

/// The table of this machine.
pub(crate) const TABLE: &str = "saizheng-records";

/// The alias that the template has functions called by.
const ALIAS: &str = "live";

/// The template in JSON.
pub(crate) fn load() -> Result<Value> {
    let text = fs::read_to_string(checkout::root().join("template.yaml")).context("template.yaml")?;
    let yaml: Yaml = serde_yaml_ng::from_str(&text).context("template.yaml")?;
    convert(yaml)
}

/// The default of a parameter.
pub(crate) fn default_of(template: &Value, parameter: &str) -> Result<String> {
    let default = template["Parameters"][parameter]["Default"].as_str();
    Ok(default.with_context(|| format!("template.yaml: {parameter}"))?.to_owned())
}

fn convert(yaml: Yaml) -> Result<Value> {
    Ok(match yaml {
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = name.trim_start_matches('!');
            let value = convert(tagged.value)?;
            match (name, &value) {
                ("Ref" | "Condition", _) => json!({ name: value }),
                ("GetAtt", Value::String(path)) => json!({ "Fn::GetAtt": path.splitn(2, '.').collect::<Vec<_>>() }),
                _ => json!({ format!("Fn::{name}"): value }),
            }
        }
        Yaml::Mapping(mapping) => {
            let mut object = Map::new();
            for (key, value) in mapping {
                let Yaml::String(key) = key else { bail!("a key that is no text") };
                object.insert(key, convert(value)?);
            }
            Value::Object(object)
        }
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(convert).collect::<Result<_>>()?),
        other => serde_json::to_value(other)?,
    })
}

/// Gives the functions and the layer their `s3://bucket/key`, and each function the name by which its requests are known
/// (`crate::policies`).
pub(crate) fn package(template: &mut Value, functions: &str, layer: &str) -> Result<()> {
    call_by_name(template);
    let resources = template["Resources"].as_object_mut().context("Resources")?;
    for (name, resource) in resources {
        match resource["Type"].as_str() {
            Some("AWS::Serverless::Function") => {
                resource["Properties"]["CodeUri"] = json!(functions);
                resource["Properties"]["Environment"]["Variables"][FUNCTION] = json!(name);
            }
            Some("AWS::Serverless::LayerVersion") => resource["Properties"]["ContentUri"] = json!(layer),
            // The emulator forgets its stack when it ends, and would name the table anew.
            Some("AWS::DynamoDB::Table") => resource["Properties"]["TableName"] = json!(TABLE),
            _ => {}
        }
    }
    Ok(())
}

/// Whoever is said to call the alias of a function calls the function.
fn call_by_name(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for published in ["AutoPublishAlias", "AutoPublishAliasAllProperties", "DeploymentPreference"] {
                object.remove(published);
            }
            object.values_mut().for_each(call_by_name);
        }
        Value::Array(items) => items.iter_mut().for_each(call_by_name),
        Value::String(text) => {
            if let Some(function) = text.strip_suffix(".Alias") {
                *text = function.to_owned();
            }
            *text = text.replace(&format!(".Arn}}:{ALIAS}/"), ".Arn}/");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The table's definition as a `CreateTable` request.
pub(crate) fn create_table(template: &Value) -> Value {
    let properties = &template["Resources"]["Table"]["Properties"];
    json!({
        "TableName": TABLE,
        "BillingMode": properties["BillingMode"],
        "AttributeDefinitions": properties["AttributeDefinitions"],
        "KeySchema": properties["KeySchema"],
        "GlobalSecondaryIndexes": properties["GlobalSecondaryIndexes"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_written_out() {
        let yaml: Yaml = serde_yaml_ng::from_str("a: !Ref B\nc: !GetAtt D.Arn.x\ne: !Sub 'x${F}'\ng: !If [H, !Ref I, 1]").expect("yaml");
        let expected = json!({ "a": {"Ref": "B"}, "c": {"Fn::GetAtt": ["D", "Arn.x"]}, "e": {"Fn::Sub": "x${F}"}, "g": {"Fn::If": ["H", {"Ref": "I"}, 1]} });
        assert_eq!(convert(yaml).expect("converted"), expected);
    }

    #[test]
    fn every_function_of_the_template_is_packaged_and_the_table_is_named() {
        let mut template = load().expect("template.yaml");
        package(&mut template, "s3://code/functions.zip", "s3://code/fonts.zip").expect("packaged");
        for (name, resource) in template["Resources"].as_object().expect("resources") {
            match resource["Type"].as_str() {
                Some("AWS::Serverless::Function") => {
                    assert_eq!(resource["Properties"]["CodeUri"], "s3://code/functions.zip", "{name}");
                    assert_eq!(resource["Properties"]["Environment"]["Variables"][FUNCTION], json!(name));
                }
                Some("AWS::Serverless::LayerVersion") => assert_eq!(resource["Properties"]["ContentUri"], "s3://code/fonts.zip", "{name}"),
                _ => {}
            }
        }
        assert_eq!(create_table(&template)["TableName"], "saizheng-records");
        let text = template["Resources"].to_string() + &template["Globals"].to_string();
        assert!(!text.contains(".Alias") && !text.contains(":live") && !text.contains("DeploymentPreference"), "one version of each");
    }
}
