//! A statement of a policy, and whether it is about what is asked for.

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ask::Ask;
use super::pattern::matches;

/// A statement: its effect is known by where it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Statement {
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

/// A condition on one value of the request.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Condition {
    name: String,
    test: Test,
    /// `…IfExists`: it holds where the request has no such value.
    if_exists: bool,
    /// `ForAllValues:…`: it holds where the request has none.
    for_all: bool,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Test {
    Equals,
    Like,
    Null,
    Bool,
}

impl Statement {
    /// Reads a statement whose intrinsic functions are resolved. A part of the policy language that is not known here ends the
    /// deployment: passing over a condition would grant what it forbids.
    pub(crate) fn read(statement: &Value) -> Result<Self> {
        let known = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];
        let fields = statement.as_object().context("a statement")?;
        for name in fields.keys() {
            ensure!(known.contains(&name.as_str()), "a policy's {name} is not known");
        }
        let mut conditions = Vec::new();
        for (operator, names) in statement["Condition"].as_object().into_iter().flatten() {
            for (name, values) in names.as_object().context("Condition")? {
                conditions.push(Condition::read(operator, name, texts(values)?)?);
            }
        }
        Ok(Self { actions: texts(&statement["Action"])?, resources: texts(&statement["Resource"])?, conditions })
    }

    /// Whether it is about what is asked for.
    pub(crate) fn covers(&self, ask: &Ask) -> bool {
        let about = self.actions.iter().any(|action| matches(action, &ask.action))
            && self.resources.iter().any(|resource| matches(resource, &ask.resource));
        about && self.conditions.iter().all(|condition| condition.holds(ask))
    }

    /// Which of its grants a request makes use of: action, resource, and the value of each condition that it meets.
    pub(crate) fn used(&self, ask: &Ask) -> Vec<String> {
        let actions = self.actions.iter().filter(|action| matches(action, &ask.action));
        let resources = || self.resources.iter().filter(|resource| matches(resource, &ask.resource));
        let pairs: Vec<String> = actions.flat_map(|action| resources().map(move |resource| format!("{action} {resource}"))).collect();
        let met: Vec<&str> = self.conditions.iter().flat_map(|condition| condition.met(ask)).collect();
        if met.is_empty() { pairs } else { pairs.iter().flat_map(|pair| met.iter().map(move |value| format!("{pair} {value}"))).collect() }
    }

    /// All of its grants, as [`Statement::used`] names them.
    pub(crate) fn grants(&self) -> Vec<String> {
        let values: Vec<&str> = self
            .conditions
            .iter()
            .filter(|condition| condition.narrows())
            .flat_map(|condition| condition.values.iter().map(String::as_str))
            .collect();
        let pairs = self.actions.iter().flat_map(|action| self.resources.iter().map(move |resource| format!("{action} {resource}")));
        pairs
            .flat_map(|pair| if values.is_empty() { vec![pair] } else { values.iter().map(|value| format!("{pair} {value}")).collect() })
            .collect()
    }
}

impl Condition {
    fn read(operator: &str, name: &str, values: Vec<String>) -> Result<Self> {
        let (for_all, operator) = operator.strip_prefix("ForAllValues:").map_or((false, operator), |rest| (true, rest));
        let (if_exists, operator) = operator.strip_suffix("IfExists").map_or((false, operator), |rest| (true, rest));
        let test = match operator {
            "StringEquals" | "ArnEquals" => Test::Equals,
            "StringLike" | "ArnLike" => Test::Like,
            "Null" => Test::Null,
            "Bool" => Test::Bool,
            other => bail!("a policy's condition {other} is not known"),
        };
        Ok(Self { name: name.to_owned(), test, if_exists, for_all, values })
    }

    fn holds(&self, ask: &Ask) -> bool {
        let there = ask.context.get(self.name.as_str());
        if self.test == Test::Null {
            return self.values.iter().all(|value| (value == "true") == there.is_none());
        }
        match there {
            None => self.if_exists || self.for_all,
            Some(values) if self.for_all => values.iter().all(|value| self.is_met(value)),
            Some(values) => values.iter().any(|value| self.is_met(value)),
        }
    }

    fn is_met(&self, value: &str) -> bool {
        match self.test {
            Test::Like => self.values.iter().any(|pattern| matches(pattern, value)),
            Test::Equals | Test::Bool | Test::Null => self.values.iter().any(|known| known == value),
        }
    }

    /// Whether its values are parts of what is granted.
    fn narrows(&self) -> bool {
        matches!(self.test, Test::Like | Test::Equals)
    }

    /// Its values that the request has.
    fn met<'a>(&'a self, ask: &'a Ask) -> impl Iterator<Item = &'a str> {
        let there = ask.context.get(self.name.as_str()).into_iter().flatten();
        let is_met = |value: &&String, asked: &str| if self.test == Test::Like { matches(value, asked) } else { value.as_str() == asked };
        there
            .filter(|_| self.narrows())
            .flat_map(move |asked| self.values.iter().filter(move |value| is_met(value, asked)))
            .map(String::as_str)
    }
}

fn texts(value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Array(several) => several.iter().map(one).collect(),
        single => Ok(vec![one(single)?]),
    }
}

fn one(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("a policy's {value} is no text"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(values: &[&str]) -> Ask {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Ask::new("dynamodb:PutItem", "arn:t".to_owned()).with("dynamodb:LeadingKeys", values)
    }

    fn statement(condition: Value) -> Statement {
        Statement::read(&json!({ "Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": ["arn:t"], "Condition": condition }))
            .expect("read")
    }

    #[test]
    fn all_leading_keys_must_be_granted() {
        let granted = statement(json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["LIMIT#*", "GUARD"] } }));
        assert!(granted.covers(&keys(&["LIMIT#a", "GUARD"])));
        assert!(!granted.covers(&keys(&["LIMIT#a", "COUNTER#a"])));
        // What AWS documents of ForAllValues: without a value it holds.
        assert!(granted.covers(&Ask::new("dynamodb:PutItem", "arn:t".to_owned())));
        assert!(!granted.covers(&Ask::new("dynamodb:PutItem", "arn:other".to_owned())));
        assert_eq!(granted.used(&keys(&["LIMIT#a"])), ["dynamodb:PutItem arn:t LIMIT#*"]);
        assert_eq!(granted.grants().len(), 2);
    }

    #[test]
    fn what_is_not_there_is_null() {
        let denied = statement(json!({ "Null": { "s3:if-none-match": "true" } }));
        let ask = Ask::new("dynamodb:PutItem", "arn:t".to_owned());
        assert!(denied.covers(&ask));
        assert!(!denied.covers(&ask.with("s3:if-none-match", vec!["*".to_owned()])));
    }

    #[test]
    fn a_condition_that_is_not_there_holds_only_if_it_says_so() {
        let ask = Ask::new("dynamodb:PutItem", "arn:t".to_owned());
        assert!(!statement(json!({ "StringLike": { "s3:prefix": "a/*" } })).covers(&ask));
        assert!(statement(json!({ "StringLikeIfExists": { "s3:prefix": "a/*" } })).covers(&ask));
    }

    #[test]
    fn a_condition_that_is_not_known_is_no_condition_that_holds() {
        let unknown = json!({ "Action": "a:b", "Resource": "*", "Condition": { "DateLessThan": { "aws:CurrentTime": "2022-01-01" } } });
        assert!(Statement::read(&unknown).is_err());
        assert!(Statement::read(&json!({ "NotAction": "a:b", "Resource": "*" })).is_err());
    }
}
