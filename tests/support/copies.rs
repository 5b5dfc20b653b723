//! Many applications from one: its items again, under other ids and codes.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::saizheng::{Client, TABLE};

/// Items that DynamoDB takes in one request.
const AT_ONCE: usize = 25;
/// Positions of a code before its running number.
const BEFORE_NUMBER: usize = 17;

/// So many copies of those items of an application that are `wanted` by their sort keys, each copy under its own id and with its own codes.
///
/// # Errors
/// The application is not there, or the table refuses.
pub fn multiply(client: &Client, id: &str, wanted: impl Fn(&str) -> bool, count: usize) -> Result<()> {
    let is_of = |item: &Value| item["sk"]["S"].as_str().is_some_and(&wanted) && item.to_string().contains(id);
    let items: Vec<Value> = client.scan()?.into_iter().filter(is_of).collect();
    let copies = (0..count).flat_map(|number| items.iter().map(move |item| copied(item, id, number)));
    for some in copies.collect::<Result<Vec<Value>>>()?.chunks(AT_ONCE) {
        client.table("BatchWriteItem", &json!({ "RequestItems": { TABLE: some } }))?;
    }
    Ok(())
}

fn copied(item: &Value, id: &str, number: usize) -> Result<Value> {
    let mut text = item.to_string().replace(id, &copied_id(number));
    if let Some(code) = item["code"]["S"].as_str() {
        let before = code.get(..BEFORE_NUMBER).context("a code")?;
        text = text.replace(code, &format!("{before}{:05}", 100 + number));
    }
    Ok(json!({ "PutRequest": { "Item": serde_json::from_str::<Value>(&text)? } }))
}

/// An id as applications have it, of letters.
fn copied_id(number: usize) -> String {
    let letter = |digit: u8| char::from(digit - b'0' + b'a');
    format!("copy{}", format!("{number:012}").bytes().map(letter).collect::<String>())
}
