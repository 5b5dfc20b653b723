//! Everything that decisions go by: notices and catalogues, those that shipped and those that the Center put in their place.
//!
//! A rulebook is a set of texts, each named by its digest; a [`Manifest`] names them all. Whoever holds a manifest reads
//! the same rulebook again, whatever a later build ships.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::catalogue::{CatalogueError, CatalogueKind, Catalogues, Problem};
use crate::notice::{NoticeError, Notices, UnconfirmedSetting, is_file_name, unconfirmed_settings};

/// Texts by the part that they are.
pub type Texts = BTreeMap<Part, Arc<str>>;

/// Notices and catalogues.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// The notices.
    pub notices: Notices,
    catalogues: Result<Catalogues, CatalogueError>,
    texts: Texts,
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

/// A part and the text that it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RulebookPart {
    /// Its name, see [`Part`].
    pub part: String,
    /// SHA-256 of its text, in hex.
    pub sha256: String,
}

impl RulebookPart {
    /// The part that this text makes.
    pub fn new(part: &Part, text: &str) -> Self {
        Self { part: part.to_string(), sha256: sha256(text) }
    }
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Every text of a rulebook by name and digest, in the order of the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest(Vec<RulebookPart>);

/// The text is no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of a rulebook's manifest cannot be read")]
pub struct ManifestError {
    /// From 1.
    line: usize,
}

/// The first line of a manifest: what it is, and the version of its shape.
const MANIFEST_HEADER: &str = "rulebook 1";

static SHIPPED: LazyLock<BTreeMap<RulebookPartKey, Arc<str>>> = LazyLock::new(|| {
    let keyed = |(part, text): (Part, Arc<str>)| ((part.to_string(), sha256(&text)), text);
    Rulebook::shipped_texts().into_iter().map(keyed).collect()
});

/// Name and digest.
type RulebookPartKey = (String, String);

impl Manifest {
    /// That of what ships with this build.
    pub fn shipped() -> Self {
        Self(SHIPPED.keys().map(|(part, sha256)| RulebookPart { part: part.clone(), sha256: sha256.clone() }).collect())
    }

    /// This one with some parts in the place of those of the same name.
    #[must_use]
    pub fn with(&self, parts: impl IntoIterator<Item = RulebookPart>) -> Self {
        let named = |part: &RulebookPart| (part.part.clone(), part.clone());
        let mut by_name: BTreeMap<String, RulebookPart> = self.0.iter().map(named).collect();
        by_name.extend(parts.into_iter().map(|part| named(&part)));
        Self(by_name.into_values().collect())
    }

    /// Reads the text of one.
    ///
    /// # Errors
    /// A line is not of its form.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut lines = text.lines();
        if lines.next() != Some(MANIFEST_HEADER) {
            return Err(ManifestError { line: 1 });
        }
        let part = |(line, text): (usize, &str)| {
            let (sha256, part) = text.split_once("  ").ok_or(ManifestError { line })?;
            let sound = sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) && !part.is_empty();
            match sound {
                true => Ok(RulebookPart { part: part.to_owned(), sha256: sha256.to_owned() }),
                false => Err(ManifestError { line }),
            }
        };
        (2..).zip(lines).map(part).collect::<Result<_, _>>().map(Self)
    }

    /// Its text: after the header a line for each part, digest and name, as `sha256sum` writes them.
    pub fn text(&self) -> String {
        let lines = self.0.iter().map(|RulebookPart { part, sha256 }| format!("{sha256}  {part}\n"));
        std::iter::once(format!("{MANIFEST_HEADER}\n")).chain(lines).collect()
    }

    /// SHA-256 of its text, in hex: what an application names it by.
    pub fn digest(&self) -> String {
        sha256(&self.text())
    }

    /// The parts, in the order of their names.
    pub fn parts(&self) -> &[RulebookPart] {
        &self.0
    }

    /// The part of that name.
    pub fn get(&self, part: &Part) -> Option<&RulebookPart> {
        let name = part.to_string();
        self.0.iter().find(|known| known.part == name)
    }
}

/// Why a part of a rulebook cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulebookError {
    /// A catalogue.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A notice.
    #[error(transparent)]
    Notice(#[from] NoticeError),
}

impl RulebookError {
    /// The name of the part.
    pub fn part(&self) -> String {
        match self {
            Self::Catalogue(error) => Part::Catalogue(error.kind).to_string(),
            Self::Notice(error) => Part::Notice(error.file.clone()).to_string(),
        }
    }
}

impl Rulebook {
    /// What ships with the system.
    ///
    /// # Errors
    /// It is unsound.
    pub fn built_in() -> Result<Self, RulebookError> {
        let rulebook = Self::read(Self::shipped_texts())?;
        let first = rulebook.unreadable().into_iter().next();
        first.map_or(Ok(rulebook), Err)
    }

    /// The texts that ship with the system.
    pub fn shipped_texts() -> Texts {
        let notices = Notices::built_in_texts().into_iter().map(|(file, text)| (Part::Notice(file), text.into()));
        let catalogues = CatalogueKind::ALL.iter().map(|kind| (Part::Catalogue(*kind), kind.built_in_text().into()));
        notices.chain(catalogues).collect()
    }

    /// The text of a part, where it is one of those that ship with this build.
    pub fn shipped_text(part: &RulebookPart) -> Option<Arc<str>> {
        SHIPPED.get(&(part.part.clone(), part.sha256.clone())).cloned()
    }

    /// Reads a set of texts. What of it cannot be read stops only what rests on it, see [`Rulebook::unreadable`].
    ///
    /// # Errors
    /// There is no notice of the whole province in the set, nor among what ships.
    pub fn read(texts: Texts) -> Result<Self, RulebookError> {
        let notice = |(part, text): (&Part, &Arc<str>)| match part {
            Part::Notice(file) => Some((file.clone(), text.to_string())),
            Part::Catalogue(_) | Part::Seal(_) => None,
        };
        let notices = Notices::read(&texts.iter().filter_map(notice).collect())?;
        let catalogues = Catalogues::read(|kind| texts.get(&Part::Catalogue(kind)).map(|text| &**text));
        Ok(Self { notices, catalogues, texts })
    }

    /// The catalogues.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn catalogues(&self) -> Result<&Catalogues, RulebookError> {
        self.catalogues.as_ref().map_err(|error| error.clone().into())
    }

    /// The text of a part; none of a picture, which decides nothing.
    pub fn text(&self, part: &Part) -> Option<&str> {
        self.texts.get(part).map(|text| &**text)
    }

    /// What its notices rest on that nobody has confirmed.
    pub fn unconfirmed(&self) -> Vec<UnconfirmedSetting> {
        let of = |(part, text): (&Part, &Arc<str>)| match part {
            Part::Notice(file) => unconfirmed_settings(file, text),
            Part::Catalogue(_) | Part::Seal(_) => Vec::new(),
        };
        self.texts.iter().flat_map(of).collect()
    }

    /// Why parts of it cannot be read by this build; empty where all can.
    pub fn unreadable(&self) -> Vec<RulebookError> {
        let catalogue = self.catalogues.as_ref().err().cloned().map(RulebookError::from);
        self.notices.unreadable().cloned().map(RulebookError::from).chain(catalogue).collect()
    }

    /// This one with `text` as the part, or without the part. `self` is unchanged, so that an unsound text changes nothing.
    ///
    /// # Errors
    /// What the whole set would then have wrong with it that it has not now: a text that cannot be read already does not
    /// stand in the way of the one that repairs it, or of another.
    pub fn with(&self, part: &Part, text: Option<&str>) -> Result<Self, Vec<RulebookError>> {
        let mut texts = self.texts.clone();
        match (part, text) {
            // A picture decides nothing.
            (Part::Seal(_), _) => {}
            (_, Some(text)) => drop(texts.insert(part.clone(), text.into())),
            (_, None) => drop(texts.remove(part)),
        }
        let next = Self::read(texts).map_err(|error| vec![error])?;
        let before = self.unreadable();
        let stands = |error: &RulebookError| before.contains(error) && error.part() != part.to_string();
        let problems: Vec<RulebookError> = next.unreadable().into_iter().filter(|error| !stands(error)).collect();
        if problems.is_empty() { Ok(next) } else { Err(problems) }
    }
}

impl Catalogues {
    /// Reads a set of them by kind; what is as it ships is not read twice.
    fn read<'t>(text: impl Fn(CatalogueKind) -> Option<&'t str>) -> Result<Self, CatalogueError> {
        static BUILT_IN: LazyLock<Result<Catalogues, CatalogueError>> = LazyLock::new(Catalogues::built_in);
        let mut catalogues = BUILT_IN.clone()?;
        for &kind in CatalogueKind::ALL {
            let missing = || CatalogueError { kind, problems: vec![Problem { line: None, message: "没有这份目录".to_owned() }] };
            let text = text(kind).ok_or_else(missing)?;
            if text != kind.built_in_text() {
                catalogues = catalogues.with(kind, text)?;
            }
        }
        Ok(catalogues)
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

    const BASE: &str = "sichuan-2022-9.toml";

    fn part(name: &str) -> Part {
        Part::parse(name).expect("a part")
    }

    fn text(file: &str) -> String {
        Notices::built_in_texts().remove(file).expect("a notice")
    }

    /// A rulebook in which some texts, of whatever build, have taken the place of others.
    fn stored(parts: &[(&str, &str)]) -> Rulebook {
        let mut texts = Rulebook::shipped_texts();
        texts.extend(parts.iter().map(|(name, text)| (part(name), Arc::from(*text))));
        Rulebook::read(texts).expect("a rulebook")
    }

    fn day() -> jiff::civil::Date {
        jiff::civil::date(2026, 6, 20)
    }

    #[test]
    fn an_unsound_part_is_refused_and_the_old_one_stays() {
        let rulebook = Rulebook::built_in().expect("built in");
        assert!(rulebook.with(&part("catalogues/filed-occupations"), Some("nonsense")).is_err());
        assert!(rulebook.with(&part("notices/odd.toml"), Some("[notice")).is_err());
        assert_eq!(rulebook.notices.all().count(), Notices::built_in().expect("notices").all().count());
    }

    #[test]
    fn a_manifest_names_every_text_and_is_read_again() {
        let shipped = Manifest::shipped();
        let names: Vec<&str> = shipped.parts().iter().map(|part| part.part.as_str()).collect();
        assert_eq!(names.len(), CatalogueKind::ALL.len() + Notices::built_in_texts().len());
        assert!(names.contains(&"catalogues/areas") && names.contains(&"notices/cities.toml"));
        let replaced = RulebookPart::new(&part("notices/cities.toml"), "schema = 1");
        let with = shipped.with([replaced.clone(), RulebookPart::new(&part("seals/a.png"), "")]);
        assert_eq!((with.parts().len(), with.get(&part("notices/cities.toml"))), (names.len() + 1, Some(&replaced)));
        assert_eq!(Manifest::parse(&with.text()), Ok(with.clone()));
        assert_ne!(with.digest(), shipped.digest());
        for (text, line) in [("", 1), ("rulebook 2\n", 1), ("rulebook 1\nabc  notices/a.toml\n", 2)] {
            assert_eq!(Manifest::parse(text), Err(ManifestError { line }), "{text}");
        }
    }

    #[test]
    fn a_text_that_cannot_be_read_stops_only_the_contests_that_rest_on_it() {
        let later = "schema = 2\nwhat_a_later_build_knows = true\n[notice]\neffective_from = 2020-01-01\njurisdictions = [\"01\"]\n";
        let own = "schema = 1\nextends = \"sichuan-2022-9.toml\"\ndeadlines = []\n[notice]\nseat = \"01\"\njurisdictions = [\"01\"]\n";
        let mixed = own.replacen("schema = 1", "schema = 2", 1);
        let without = own.replacen("deadlines = []", "dead_lines = []", 1);
        for (city, says) in [(later, "schema = 2"), (&*mixed, "schema"), (&*without, "dead_lines")] {
            let rulebook = stored(&[("notices/chengdu.toml", city)]);
            assert_eq!(rulebook.unreadable().iter().map(RulebookError::part).collect::<Vec<_>>(), ["notices/chengdu.toml"]);
            let error = rulebook.notices.of(day(), "01").expect_err("the city's");
            assert!(error.to_string().contains(says), "{error}");
            assert!(rulebook.notices.of(day(), "00").is_ok() && rulebook.notices.of(day(), "03").is_ok());
            assert!(rulebook.catalogues().is_ok());
        }
        // The file of all cities stops all of them, and not the province.
        let without = text("cities.toml").replacen("deadlines = []", "dead_lines = []", 1);
        let rulebook = stored(&[("notices/cities.toml", &without)]);
        assert!(rulebook.notices.of(day(), "01").is_err() && rulebook.notices.of(day(), "34").is_err());
        assert!(rulebook.notices.of(day(), "00").is_ok());
        // What does not even say what it is for may be for any contest.
        assert!(stored(&[("notices/odd.toml", "[notice")]).notices.of(day(), "00").is_err());
        let rulebook = stored(&[("catalogues/areas", "nonsense")]);
        assert!(rulebook.notices.of(day(), "01").is_ok() && rulebook.catalogues().is_err());
    }

    #[test]
    fn a_text_that_cannot_be_read_is_repaired_by_the_part_that_takes_its_place() {
        let broken = text(BASE).replacen("[photo]", "[portrait]", 1);
        let rulebook = stored(&[("notices/sichuan-2022-9.toml", &broken)]);
        // The city's extends it and falls with it; rights go by what ships.
        assert_eq!(rulebook.unreadable().len(), 2);
        assert!(rulebook.notices.of(day(), "00").is_err());
        assert_eq!(rulebook.notices.general().notice.seat, "00");
        let base = part("notices/sichuan-2022-9.toml");
        assert!(rulebook.with(&base, Some(&broken)).is_err());
        let filed = CatalogueKind::FiledOccupations.built_in_text();
        assert!(rulebook.with(&part("catalogues/filed-occupations"), Some(filed)).is_ok(), "another part");
        let repaired = rulebook.with(&base, Some(&text(BASE))).expect("repaired");
        assert!(repaired.unreadable().is_empty());
    }

    #[test]
    fn the_whole_set_is_checked_and_not_the_part_alone() {
        let rulebook = Rulebook::built_in().expect("built in");
        let base = part("notices/sichuan-2022-9.toml");
        // Sound by itself, but the city's file extends it and keeps its own seat.
        let without = text(BASE).replacen("code = \"01\"", "code = \"88\"", 1);
        let problems = rulebook.with(&base, Some(&without)).expect_err("the city's seat is unknown");
        assert_eq!(problems.iter().map(RulebookError::part).collect::<Vec<_>>(), ["notices/cities.toml"]);
        assert!(rulebook.with(&base, None).is_err(), "the city's extends it");
        assert!(rulebook.with(&part("notices/cities.toml"), None).is_ok());
    }
}
