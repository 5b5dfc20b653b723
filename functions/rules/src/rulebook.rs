//! Everything that decisions go by: notices and catalogues, those that shipped and those that the Center put in their place.

use std::collections::BTreeMap;

use crate::catalogue::{CatalogueError, CatalogueKind, Catalogues};
use crate::notice::{NoticeError, Notices, is_file_name};

/// Notices and catalogues.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// The notices.
    pub notices: Notices,
    /// The catalogues.
    pub catalogues: Catalogues,
    notice_texts: BTreeMap<String, String>,
}

/// The name of a part of the rulebook: `catalogues/occupations`, `notices/sichuan-2022-9.toml` or `seals/center-00.png`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// A catalogue.
    Catalogue(CatalogueKind),
    /// A notice's file name.
    Notice(String),
    /// A seal's file name: a PNG, as base64.
    Seal(String),
}

impl Part {
    /// Reads a name; a file's is of `a–z`, `0–9`, `-` and ends in `.toml` or `.png`.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(kind) = name.strip_prefix("catalogues/") {
            return CatalogueKind::parse(kind).map(Self::Catalogue);
        }
        if let Some(file) = name.strip_prefix("seals/") {
            return is_file_name(file, ".png").then(|| Self::Seal(file.to_owned()));
        }
        let file = name.strip_prefix("notices/")?;
        is_file_name(file, ".toml").then(|| Self::Notice(file.to_owned()))
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Catalogue(kind) => write!(f, "catalogues/{kind}"),
            Self::Notice(file) => write!(f, "notices/{file}"),
            Self::Seal(file) => write!(f, "seals/{file}"),
        }
    }
}

/// Why a text cannot become a part of the rulebook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulebookError {
    /// A catalogue.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A notice.
    #[error(transparent)]
    Notice(#[from] NoticeError),
}

impl Rulebook {
    /// What ships with the system.
    pub fn built_in() -> Result<Self, RulebookError> {
        let notice_texts = Notices::built_in_texts();
        Ok(Self { notices: Notices::parse(&notice_texts)?, catalogues: Catalogues::built_in()?, notice_texts })
    }

    /// This one with `text` as the part; `self` is unchanged, so that an unsound text changes nothing.
    pub fn with(&self, part: &Part, text: &str) -> Result<Self, RulebookError> {
        self.with_all([(part.clone(), text.to_owned())])
    }

    /// This one with several parts replaced at once: notices may extend one another.
    pub fn with_all(&self, parts: impl IntoIterator<Item = (Part, String)>) -> Result<Self, RulebookError> {
        let mut next = self.clone();
        for (part, text) in parts {
            match part {
                Part::Catalogue(kind) => next.catalogues = next.catalogues.with(kind, &text)?,
                Part::Notice(file) => {
                    next.notice_texts.insert(file, text);
                }
                // A picture decides nothing.
                Part::Seal(_) => {}
            }
        }
        next.notices = Notices::parse(&next.notice_texts)?;
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_and_nothing_else_is() {
        for name in ["catalogues/occupations", "catalogues/filed-occupations", "notices/sichuan-2030.toml", "seals/center-00.png"] {
            assert_eq!(Part::parse(name).map(|part| part.to_string()).as_deref(), Some(name));
        }
        for name in [
            "",
            "catalogues/",
            "catalogues/x",
            "notices/.toml",
            "notices/../a.toml",
            "notices/a",
            "a/b.toml",
            "seals/a.toml",
            "seals/中心.png",
        ] {
            assert_eq!(Part::parse(name), None, "{name}");
        }
    }

    #[test]
    fn an_unsound_part_is_refused_and_the_old_one_stays() {
        let rulebook = Rulebook::built_in().expect("built in");
        let part = Part::parse("catalogues/filed-occupations").expect("a part");
        assert!(rulebook.with(&part, "nonsense").is_err());
        assert!(rulebook.with(&Part::Notice("odd.toml".to_owned()), "[notice").is_err());
        assert_eq!(rulebook.notices.all().len(), Notices::built_in().expect("notices").all().len());
    }
}
