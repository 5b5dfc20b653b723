//! Fixed words with `{values}` between them, as layouts hold them.

use serde::{Deserialize, Serialize};

/// What `{…}` may stand for in a layout.
pub const VALUES: [&str; 16] = [
    "title",
    "text",
    "name",
    "document_type",
    "document_number",
    "occupation",
    "job",
    "level",
    "code",
    "year",
    "month",
    "day",
    "issuing_body",
    "sealed_by",
    "verify_url",
    "serial",
];

/// Fixed words with `{values}` between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Words(String),
    Value(String),
}

impl From<String> for Template {
    fn from(text: String) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((words, after)) = rest.split_once('{')
            && let Some((name, after)) = after.split_once('}')
        {
            pieces.extend((!words.is_empty()).then(|| Piece::Words(words.to_owned())));
            pieces.push(Piece::Value(name.to_owned()));
            rest = after;
        }
        pieces.extend((!rest.is_empty()).then(|| Piece::Words(rest.to_owned())));
        Self(pieces)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        let text = |piece| match piece {
            Piece::Words(words) => words,
            Piece::Value(name) => format!("{{{name}}}"),
        };
        template.0.into_iter().map(text).collect()
    }
}

impl Template {
    /// The words, where no value stands among them.
    pub fn fixed(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Words(words)] => Some(words),
            _ => None,
        }
    }

    /// With its values; `None` where one is empty or not known.
    pub fn filled<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        let text = |piece: &'_ Piece| match piece {
            Piece::Words(words) => Some(words.clone()),
            Piece::Value(name) => value(name).filter(|value| !value.is_empty()).map(str::to_owned),
        };
        self.0.iter().map(text).collect::<Option<String>>().filter(|text| !text.is_empty())
    }

    /// A value that no certificate has.
    pub(crate) fn unknown(&self) -> Option<&str> {
        self.0.iter().find_map(|piece| match piece {
            Piece::Value(name) if !VALUES.contains(&name.as_str()) => Some(name.as_str()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Option<String> {
        let value = |name: &str| match name {
            "name" => Some("张测试"),
            "job" => Some(""),
            _ => None,
        };
        Template::from(template.to_owned()).filled(value)
    }

    #[test]
    fn values_stand_between_words() {
        assert_eq!(filled("（{name}）").as_deref(), Some("（张测试）"));
        assert_eq!(filled("姓名").as_deref(), Some("姓名"));
        assert_eq!(filled("{name").as_deref(), Some("{name"));
    }

    #[test]
    fn a_text_with_an_empty_value_is_left_out() {
        assert_eq!(filled("（{job}代章）"), None);
        assert_eq!(filled("{other}"), None);
        assert_eq!(filled(""), None);
    }

    #[test]
    fn only_words_are_fixed() {
        assert_eq!(Template::from("姓名".to_owned()).fixed(), Some("姓名"));
        assert_eq!(Template::from("{name}".to_owned()).fixed(), None);
        assert_eq!(Template::from("{nobody}".to_owned()).unknown(), Some("nobody"));
        assert_eq!(String::from(Template::from("a{name}b".to_owned())), "a{name}b");
    }
}
