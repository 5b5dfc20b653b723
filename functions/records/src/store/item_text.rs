//! Items as text and back: DynamoDB's JSON without spaces, attributes in the order of their names. Digests are over it, and archive
//! volumes hold it.

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use crate::error::RecordsError;
use crate::store::item::Item;

/// An item as text; [`RecordsError::Corrupt`] where it could not be read back out of it.
pub(crate) fn item_text(item: &Item) -> Result<String, RecordsError> {
    let mut text = String::new();
    write_map(item.iter(), &mut text);
    match read_item(&text)? == *item {
        true => Ok(text),
        false => Err(RecordsError::corrupt("an item with a type of attribute that no text holds")),
    }
}

/// Reads an item out of its text.
pub(crate) fn read_item(text: &str) -> Result<Item, RecordsError> {
    read_map(&serde_json::from_str(text)?)
}

fn read_map(value: &Value) -> Result<Item, RecordsError> {
    let attributes = value.as_object().ok_or_else(|| RecordsError::corrupt("attributes that are no object"))?;
    attributes.iter().map(|(name, value)| Ok((name.clone(), read_value(value)?))).collect()
}

fn read_value(value: &Value) -> Result<AttributeValue, RecordsError> {
    let typed = value.as_object().filter(|typed| typed.len() == 1).and_then(|typed| typed.iter().next());
    match typed.map(|(kind, value)| (kind.as_str(), value)) {
        Some(("S", Value::String(text))) => Ok(AttributeValue::S(text.clone())),
        Some(("N", Value::String(number))) => Ok(AttributeValue::N(number.clone())),
        Some(("BOOL", Value::Bool(bool))) => Ok(AttributeValue::Bool(*bool)),
        Some(("NULL", Value::Bool(true))) => Ok(AttributeValue::Null(true)),
        Some(("L", Value::Array(values))) => Ok(AttributeValue::L(values.iter().map(read_value).collect::<Result<_, _>>()?)),
        Some(("M", map)) => Ok(AttributeValue::M(read_map(map)?)),
        _ => Err(RecordsError::corrupt("an attribute of an unknown type")),
    }
}

/// Attributes as DynamoDB's JSON without spaces, in the order of their names.
pub(crate) fn write_map<'a>(attributes: impl Iterator<Item = (&'a String, &'a AttributeValue)>, text: &mut String) {
    text.push('{');
    for (i, (name, value)) in attributes.collect::<BTreeMap<_, _>>().into_iter().enumerate() {
        text.push_str(if i == 0 { "" } else { "," });
        write_text(name, text);
        text.push(':');
        write_value(value, text);
    }
    text.push('}');
}

fn write_value(value: &AttributeValue, text: &mut String) {
    match value {
        AttributeValue::S(string) => {
            text.push_str("{\"S\":");
            write_text(string, text);
            text.push('}');
        }
        AttributeValue::N(number) => drop(write!(text, "{{\"N\":\"{number}\"}}")),
        AttributeValue::Bool(bool) => drop(write!(text, "{{\"BOOL\":{bool}}}")),
        AttributeValue::Null(_) => text.push_str("{\"NULL\":true}"),
        AttributeValue::L(values) => {
            text.push_str("{\"L\":[");
            for (i, value) in values.iter().enumerate() {
                text.push_str(if i == 0 { "" } else { "," });
                write_value(value, text);
            }
            text.push_str("]}");
        }
        AttributeValue::M(attributes) => {
            text.push_str("{\"M\":");
            write_map(attributes.iter(), text);
            text.push('}');
        }
        // None of ours; it makes another digest than whatever was written.
        other => drop(write!(text, "{other:?}")),
    }
}

fn write_text(string: &str, text: &mut String) {
    text.push_str(&serde_json::Value::from(string).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::item::{number, text};

    /// Golden: archive volumes hold such texts.
    #[test]
    fn an_items_text_of_version_1() {
        let mut item = Item::from([("pk".to_owned(), text("COUNTER#张\n")), ("next".to_owned(), number(7))]);
        let inner = Item::from([("a".to_owned(), AttributeValue::Null(true)), ("b".to_owned(), AttributeValue::Bool(false))]);
        item.insert("list".to_owned(), AttributeValue::L(vec![AttributeValue::M(inner), text("")]));
        let expected =
            r#"{"list":{"L":[{"M":{"a":{"NULL":true},"b":{"BOOL":false}}},{"S":""}]},"next":{"N":"7"},"pk":{"S":"COUNTER#张\n"}}"#;
        assert_eq!(item_text(&item).expect("text"), expected);
        assert_eq!(read_item(expected).expect("an item"), item);
    }

    #[test]
    fn what_no_text_holds_is_refused() {
        let item = Item::from([("pk".to_owned(), AttributeValue::Ss(vec!["a".to_owned()]))]);
        assert!(item_text(&item).is_err());
        for bad in ["[]", r#"{"a":"b"}"#, r#"{"a":{"S":7}}"#, r#"{"a":{"S":"b","N":"7"}}"#] {
            assert!(read_item(bad).is_err(), "{bad}");
        }
    }
}
