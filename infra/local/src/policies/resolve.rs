//! The template's policies with its intrinsic functions resolved: for the emulator's account, and the parameters of this machine.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::{Ask, arn, s3_arn};
use super::statement::Statement;
use crate::deploy::STACK;
use crate::emulator::{ACCOUNT, REGION};
use crate::template::TABLE;

/// What the functions may do.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Policies {
    /// What is granted, by the function's name in the template.
    granted: BTreeMap<String, Vec<Statement>>,
    /// What the bucket's policy denies everybody.
    denied: Vec<Statement>,
}

impl Policies {
    /// Reads them. Parameters that are not given have their defaults.
    pub(crate) fn read(template: &Value, parameters: &[(&str, &str)]) -> Result<Self> {
        let template = Template { template, parameters };
        let mut policies = Self::default();
        for (name, resource) in template.resources()? {
            let properties = &resource["Properties"];
            match resource["Type"].as_str() {
                Some("AWS::Serverless::Function") => {
                    let statements = properties["Policies"].as_array().into_iter().flatten().flat_map(|policy| list(&policy["Statement"]));
                    let statements = statements.map(|statement| Statement::read(&template.resolved(statement)?));
                    policies.granted.insert(name.clone(), statements.collect::<Result<_>>().with_context(|| name.clone())?);
                }
                Some("AWS::S3::BucketPolicy") => {
                    for statement in list(&properties["PolicyDocument"]["Statement"]) {
                        policies.denied.push(Statement::read(&template.resolved(statement)?).with_context(|| name.clone())?);
                    }
                }
                _ => {}
            }
        }
        Ok(policies)
    }

    /// Whether that is a function's name.
    pub(crate) fn knows(&self, function: &str) -> bool {
        self.granted.contains_key(function)
    }

    /// Which grants of a function allow what is asked for; none where it is refused.
    pub(crate) fn allowing(&self, function: &str, ask: &Ask) -> Option<Vec<String>> {
        if self.denied.iter().any(|statement| statement.covers(ask)) {
            return None;
        }
        let allowing: Vec<&Statement> = self.granted.get(function)?.iter().filter(|statement| statement.covers(ask)).collect();
        let used = allowing.iter().flat_map(|statement| statement.used(ask)).collect();
        (!allowing.is_empty()).then_some(used)
    }

    /// All grants, by function.
    pub(crate) fn grants(&self) -> impl Iterator<Item = (&str, String)> {
        self.granted
            .iter()
            .flat_map(|(function, statements)| statements.iter().flat_map(Statement::grants).map(move |grant| (function.as_str(), grant)))
    }
}

struct Template<'a> {
    template: &'a Value,
    parameters: &'a [(&'a str, &'a str)],
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

impl<'a> Template<'a> {
    fn resources(&self) -> Result<&'a serde_json::Map<String, Value>> {
        self.template["Resources"].as_object().context("Resources")
    }

    fn resolved(&self, value: &Value) -> Result<Value> {
        match value {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.resolved(item)).collect::<Result<Vec<Value>>>()?;
                Ok(items.into_iter().filter(|item| !item.is_null()).collect())
            }
            Value::Object(object) => match object.iter().next() {
                Some((name, argument)) if object.len() == 1 && (name == "Ref" || name.starts_with("Fn::")) => self.call(name, argument),
                _ => object.iter().map(|(name, value)| Ok((name.clone(), self.resolved(value)?))).collect::<Result<_>>().map(Value::Object),
            },
            plain => Ok(plain.clone()),
        }
    }

    fn call(&self, function: &str, argument: &Value) -> Result<Value> {
        match (function, list(argument)) {
            ("Ref", [Value::String(name)]) if name == "AWS::NoValue" => Ok(Value::Null),
            ("Ref", [Value::String(name)]) => self.named(name).map(Value::String),
            ("Fn::GetAtt", [Value::String(resource), Value::String(attribute)]) => self.attribute(resource, attribute).map(Value::String),
            ("Fn::Join", [Value::String(between), parts]) => {
                let parts: Vec<String> = serde_json::from_value(self.resolved(parts)?).context("Fn::Join")?;
                Ok(Value::String(parts.join(between)))
            }
            ("Fn::Sub", [Value::String(text)]) => self.substituted(text).map(Value::String),
            ("Fn::If", [Value::String(condition), yes, no]) => {
                self.resolved(if self.holds(&json!({ "Condition": condition }))? { yes } else { no })
            }
            _ => bail!("{function} is not known in a policy"),
        }
    }

    fn holds(&self, condition: &Value) -> Result<bool> {
        let (operator, argument) = condition.as_object().and_then(|one| one.iter().next()).context("a condition")?;
        match (operator.as_str(), list(argument)) {
            ("Condition", [Value::String(name)]) => self.holds(&self.template["Conditions"][name]),
            ("Fn::Not", [one]) => Ok(!self.holds(one)?),
            ("Fn::Or", all) => all.iter().try_fold(false, |any, one| Ok(any | self.holds(one)?)),
            ("Fn::And", all) => all.iter().try_fold(true, |every, one| Ok(every & self.holds(one)?)),
            ("Fn::Equals", [one, other]) => Ok(self.resolved(one)? == self.resolved(other)?),
            _ => bail!("the condition {operator} is not known"),
        }
    }

    fn substituted(&self, text: &str) -> Result<String> {
        let mut parts = text.split("${");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').context("Fn::Sub")?;
            match name.split_once('.') {
                Some((resource, attribute)) => whole.push_str(&self.attribute(resource, attribute)?),
                None => whole.push_str(&self.named(name)?),
            }
            whole.push_str(rest);
        }
        Ok(whole)
    }

    /// A parameter, a pseudo parameter, or the name of a resource.
    fn named(&self, name: &str) -> Result<String> {
        let pseudo = match name {
            "AWS::Partition" => "aws",
            "AWS::Region" => REGION,
            "AWS::AccountId" => ACCOUNT,
            "AWS::StackName" => STACK,
            "AWS::URLSuffix" => "amazonaws.com",
            _ => "",
        };
        if !pseudo.is_empty() {
            return Ok(pseudo.to_owned());
        }
        if let Some((_, given)) = self.parameters.iter().find(|(parameter, _)| *parameter == name) {
            return Ok((*given).to_owned());
        }
        if !self.template["Parameters"][name].is_null() {
            return Ok(match &self.template["Parameters"][name]["Default"] {
                Value::String(default) => default.clone(),
                other => other.to_string(),
            });
        }
        self.of_resource(name).map(|(_, name)| name)
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Result<String> {
        let (service, name) = self.of_resource(resource)?;
        Ok(match (attribute, service) {
            ("QueueName" | "TopicName", _) => name,
            ("Arn", "s3") => s3_arn(&name),
            ("Arn", "dynamodb") => arn(service, &format!("table/{name}")),
            ("Arn", "events") => arn(service, &format!("event-bus/{name}")),
            ("Arn" | "TopicArn", _) => arn(service, &name),
            _ => bail!("{resource}.{attribute} is not known in a policy"),
        })
    }

    /// Service and name of a resource; what CloudFormation names holds the stack, the resource and something by chance.
    fn of_resource(&self, name: &str) -> Result<(&'static str, String)> {
        let resource = &self.template["Resources"][name];
        let (service, property) = match resource["Type"].as_str() {
            Some("AWS::S3::Bucket") => ("s3", "BucketName"),
            Some("AWS::DynamoDB::Table") => ("dynamodb", "TableName"),
            Some("AWS::Events::EventBus") => ("events", "Name"),
            Some("AWS::SQS::Queue") => ("sqs", "QueueName"),
            Some("AWS::SNS::Topic") => ("sns", "TopicName"),
            _ => bail!("{name} is not known in a policy"),
        };
        let given = self.resolved(&resource["Properties"][property])?;
        let chosen = || if service == "dynamodb" { TABLE.to_owned() } else { format!("{STACK}-{name}-*") };
        Ok((service, given.as_str().map_or_else(chosen, str::to_owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template;

    #[test]
    fn the_policies_of_the_template_are_read_to_the_last_statement() {
        let policies = Policies::read(&template::load().expect("template.yaml"), &[]).expect("read");
        assert!(policies.knows("ReviewFunction") && policies.knows("VerifyFunction") && !policies.knows("Api"));
        assert!(policies.grants().all(|(_, grant)| !grant.contains("${")));
        let number = |key: &str| {
            Ask::new("dynamodb:UpdateItem", arn("dynamodb", "table/saizheng-records")).with("dynamodb:LeadingKeys", vec![key.to_owned()])
        };
        assert!(policies.allowing("VerifyFunction", &number("LIMIT#a")).is_some());
        assert!(policies.allowing("VerifyFunction", &number("COUNTER#a")).is_none());
        assert!(policies.allowing("ReviewFunction", &number("COUNTER#a")).is_some());
    }

    /// A table that was restored under another name takes the place of the stack's own in every right.
    #[test]
    fn policies_follow_a_restored_table() {
        let restored = arn("dynamodb", "table/restored");
        let template = template::load().expect("template.yaml");
        let policies = Policies::read(&template, &[("RestoredTable", &restored)]).expect("read");
        let of_tables: Vec<String> = policies.grants().map(|(_, grant)| grant).filter(|grant| grant.contains(":table/")).collect();
        assert!(of_tables.iter().any(|grant| grant.contains("table/restored/index/by_pending")), "{of_tables:?}");
        assert!(of_tables.iter().all(|grant| grant.contains("table/restored")), "{of_tables:?}");
        let own = Policies::read(&template, &[]).expect("read");
        let renamed =
            |(function, grant): (&str, String)| format!("{function} {}", grant.replace(&format!("table/{TABLE}"), "table/restored"));
        let others = policies.grants().map(|(function, grant)| format!("{function} {grant}"));
        assert!(own.grants().map(renamed).eq(others), "nothing else changes");
    }

    /// IAM takes 10,240 characters of a role's policies, white space not counted.
    #[test]
    fn no_role_has_more_of_policies_than_iam_takes() {
        let template = template::load().expect("template.yaml");
        let reader = Template { template: &template, parameters: &[] };
        for (name, resource) in reader.resources().expect("resources") {
            if resource["Type"] == "AWS::Serverless::Function" {
                let policies = reader.resolved(&resource["Properties"]["Policies"]).expect("resolved").to_string();
                assert!(policies.len() < 9_000, "{name}: {}", policies.len());
            }
        }
    }

    #[test]
    fn what_is_written_once_is_denied_to_whoever_leaves_the_condition_out() {
        let policies = Policies::read(&template::load().expect("template.yaml"), &[]).expect("read");
        let put = Ask::new("s3:PutObject", s3_arn("saizheng-work-000000000000/plans/aaaaaaaaaaaaaaaa/0.json"));
        assert!(policies.allowing("ReviewFunction", &put).is_none());
        assert!(policies.allowing("ReviewFunction", &put.with("s3:if-none-match", vec!["*".to_owned()])).is_some());
    }
}
