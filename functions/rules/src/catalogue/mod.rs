//! Catalogues as data (`infra/catalogues/`): what decisions look up, each with its edition and digest, so that a decision
//! can name what it rested on. The Center may replace each; an unsound one is refused and the old one stays.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::values::folding;
use crate::values::identity::DocumentKind;

mod read;

/// The longest catalogue taken, in bytes.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;

/// Which catalogue.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum CatalogueKind {
    /// The occupations of the 大典.
    Occupations,
    /// Area codes of GB/T 2260.
    Areas,
    /// 国家职业资格目录, its skill items.
    Qualifications,
    /// Filed 专项职业.
    SpecificAbilities,
    /// Occupations and levels filed by evaluation bodies.
    FiledOccupations,
    /// 证件类型.
    DocumentTypes,
}

impl CatalogueKind {
    /// All of them.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The stable name, in keys, records and the API.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What units and staff call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Occupations => "国家职业分类大典",
            Self::Areas => "行政区划代码",
            Self::Qualifications => "国家职业资格目录",
            Self::SpecificAbilities => "备案的专项职业能力",
            Self::FiledOccupations => "备案的职业和等级",
            Self::DocumentTypes => "证件类型",
        }
    }

    /// The kind of that stable name.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// The file it stands in, under `infra/catalogues/`.
    pub fn file(self) -> &'static str {
        match self {
            Self::Occupations => "occupations.csv",
            Self::Areas => "areas.csv",
            Self::Qualifications => "qualifications.toml",
            Self::SpecificAbilities => "specific-abilities.toml",
            Self::FiledOccupations => "filed-occupations.toml",
            Self::DocumentTypes => "document-types.toml",
        }
    }

    /// What units and staff call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Occupations => "职业分类目录",
            Self::Areas => "行政区划代码目录",
            Self::Qualifications => "国家职业资格目录",
            Self::SpecificAbilities => "备案专项职业目录",
            Self::FiledOccupations => "评价机构备案职业目录",
            Self::DocumentTypes => "证件类型目录",
        }
    }

    /// The text that ships with the system.
    pub fn built_in_text(self) -> &'static str {
        macro_rules! shipped {
            ($file:literal) => {
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/catalogues/", $file))
            };
        }
        match self {
            Self::Occupations => shipped!("occupations.csv"),
            Self::Areas => shipped!("areas.csv"),
            Self::Qualifications => shipped!("qualifications.toml"),
            Self::SpecificAbilities => shipped!("specific-abilities.toml"),
            Self::FiledOccupations => shipped!("filed-occupations.toml"),
            Self::DocumentTypes => shipped!("document-types.toml"),
        }
    }
}

impl fmt::Display for CatalogueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that is wrong with a catalogue's text, in Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line of the text, from 1; none where the whole text is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "第 {line} 行：{}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Why a catalogue cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}（{}）不能采用：{}", .kind.title(), .kind.file(), read::joined(.problems))]
pub struct CatalogueError {
    /// Which catalogue.
    pub kind: CatalogueKind,
    /// What is wrong with it, in the order of its lines; never empty.
    pub problems: Vec<Problem>,
}

/// What a decision names a catalogue by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edition {
    /// Which catalogue.
    pub kind: CatalogueKind,
    /// Its edition, as its text states it.
    pub edition: String,
    /// SHA-256 of its text, in hex.
    pub sha256: String,
    /// Whether the list is there at all; without it a fallback is used.
    pub loaded: bool,
    /// How many entries it has.
    pub entries: usize,
}

impl fmt::Display for Edition {
    /// Edition and the first twelve digits of the digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}（摘要 {}）", self.edition, self.sha256.get(..12).unwrap_or_default())
    }
}

/// A catalogue's content and the edition it is of.
#[derive(Debug, Clone)]
pub struct Catalogue<T> {
    content: Arc<T>,
    edition: Edition,
}

impl<T> Catalogue<T> {
    /// What it is named by.
    pub fn edition(&self) -> &Edition {
        &self.edition
    }
}

impl<T> Deref for Catalogue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}

/// All catalogues. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalogues {
    /// The occupations of the 大典.
    pub occupations: Catalogue<Occupations>,
    /// Area codes of GB/T 2260.
    pub areas: Catalogue<Areas>,
    /// 国家职业资格目录.
    pub qualifications: Catalogue<Qualifications>,
    /// Filed 专项职业.
    pub specific_abilities: Catalogue<SpecificAbilities>,
    /// Occupations and levels filed by evaluation bodies.
    pub filed_occupations: Catalogue<FiledOccupations>,
    /// 证件类型.
    pub document_types: Catalogue<DocumentTypes>,
}

impl Catalogues {
    /// Those that stand in `infra/catalogues/` at build time.
    pub fn built_in() -> Result<Self, CatalogueError> {
        Ok(Self {
            occupations: built_in(CatalogueKind::Occupations)?,
            areas: built_in(CatalogueKind::Areas)?,
            qualifications: built_in(CatalogueKind::Qualifications)?,
            specific_abilities: built_in(CatalogueKind::SpecificAbilities)?,
            filed_occupations: built_in(CatalogueKind::FiledOccupations)?,
            document_types: built_in(CatalogueKind::DocumentTypes)?,
        })
    }

    /// These with one of them replaced; `self` is unchanged, so that an unsound text changes nothing.
    pub fn with(&self, kind: CatalogueKind, text: &str) -> Result<Self, CatalogueError> {
        let mut next = self.clone();
        match kind {
            CatalogueKind::Occupations => next.occupations = read(kind, text)?,
            CatalogueKind::Areas => next.areas = read(kind, text)?,
            CatalogueKind::Qualifications => next.qualifications = read(kind, text)?,
            CatalogueKind::SpecificAbilities => next.specific_abilities = read(kind, text)?,
            CatalogueKind::FiledOccupations => next.filed_occupations = read(kind, text)?,
            CatalogueKind::DocumentTypes => next.document_types = read(kind, text)?,
        }
        Ok(next)
    }

    /// What each of them is named by, in the order of [`CatalogueKind::ALL`].
    pub fn editions(&self) -> Vec<&Edition> {
        CatalogueKind::ALL.iter().map(|kind| self.edition(*kind)).collect()
    }

    /// What one of them is named by.
    pub fn edition(&self, kind: CatalogueKind) -> &Edition {
        match kind {
            CatalogueKind::Occupations => self.occupations.edition(),
            CatalogueKind::Areas => self.areas.edition(),
            CatalogueKind::Qualifications => self.qualifications.edition(),
            CatalogueKind::SpecificAbilities => self.specific_abilities.edition(),
            CatalogueKind::FiledOccupations => self.filed_occupations.edition(),
            CatalogueKind::DocumentTypes => self.document_types.edition(),
        }
    }
}

/// What can stand in a catalogue file.
trait Content: Sized {
    /// Reads and checks a text that is not too long. Never panics.
    fn parse(text: &str) -> Result<Self, Vec<Problem>>;
    /// The edition the text states.
    fn edition(&self) -> &str;
    /// How many entries there are.
    fn entries(&self) -> usize;
    /// Whether the list is there.
    fn loaded(&self) -> bool {
        true
    }
}

fn built_in<T: Content>(kind: CatalogueKind) -> Result<Catalogue<T>, CatalogueError> {
    read(kind, kind.built_in_text())
}

fn read<T: Content>(kind: CatalogueKind, text: &str) -> Result<Catalogue<T>, CatalogueError> {
    let content = read::bounded(text).and_then(T::parse).map_err(|problems| CatalogueError { kind, problems })?;
    let edition = Edition {
        kind,
        edition: content.edition().to_owned(),
        sha256: hex::encode(Sha256::digest(text)),
        loaded: content.loaded(),
        entries: content.entries(),
    };
    Ok(Catalogue { content: Arc::new(content), edition })
}

/// The occupations (职业) of the 大典, by code.
#[derive(Debug, Clone)]
pub struct Occupations {
    edition: String,
    by_code: BTreeMap<String, Occupation>,
}

/// One occupation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupation {
    /// Its name.
    pub name: String,
    /// Level digits it has (国家职业技能标准); empty where they are not known.
    pub levels: Vec<u8>,
    /// Its 工种; empty where they are not known.
    pub jobs: Vec<String>,
}

impl Occupations {
    /// The occupation of that code.
    pub fn get(&self, code: &str) -> Option<&Occupation> {
        self.by_code.get(code)
    }

    /// The occupations whose name or code holds `text`, by code.
    pub fn find<'o>(&'o self, text: &'o str) -> impl Iterator<Item = (&'o str, &'o Occupation)> {
        let holds = move |(code, occupation): &(&String, &Occupation)| {
            code.contains(text) || occupation.name.contains(text) || occupation.jobs.iter().any(|job| job.contains(text))
        };
        self.by_code.iter().filter(holds).map(|(code, occupation)| (code.as_str(), occupation))
    }

    /// Code of the occupation of that name.
    pub fn code_of(&self, name: &str) -> Option<&str> {
        self.by_code.iter().find(|(_, occupation)| folding::alike(&occupation.name, name)).map(|(code, _)| code.as_str())
    }

    /// Levels of the occupation of that code; `None` where the catalogue does not state them.
    pub fn occupation_levels(&self, code: &str) -> Option<&[u8]> {
        self.get(code).map(|occupation| occupation.levels.as_slice()).filter(|levels| !levels.is_empty())
    }
}

/// Area codes of GB/T 2260, withdrawn ones included.
#[derive(Debug, Clone)]
pub struct Areas {
    edition: String,
    by_code: BTreeMap<String, Area>,
}

/// One area code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// The latest name it stood for.
    pub name: String,
    /// Whether it is still in use.
    pub in_force: bool,
}

/// What is known of an area code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaStatus {
    /// In use.
    InForce,
    /// Once in use; numbers first given then still carry it.
    Withdrawn,
    /// Not in the catalogue.
    Unknown,
}

impl Areas {
    /// What is known of the first six digits of an ID number.
    pub fn status(&self, code: &str) -> AreaStatus {
        match self.by_code.get(code) {
            Some(area) if area.in_force => AreaStatus::InForce,
            Some(_) => AreaStatus::Withdrawn,
            None => AreaStatus::Unknown,
        }
    }

    /// The area of that code.
    pub fn get(&self, code: &str) -> Option<&Area> {
        self.by_code.get(code)
    }
}

/// The skill items of 国家职业资格目录 and what they mean for occupations (一、证书类型).
#[derive(Debug, Clone)]
pub struct Qualifications {
    edition: String,
    items: Vec<QualificationItem>,
    mappings: Vec<Mapping>,
    near_misses: Vec<NearMiss>,
}

/// One item of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualificationItem {
    /// Its number among the skill items.
    pub number: u32,
    /// Its name.
    pub item: String,
    /// What it is divided into.
    pub sub_items: Vec<String>,
    /// It admits people to work and leads to no occupation of the 大典.
    pub permit: bool,
}

/// The reviewed mapping of an occupation of the 大典 to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Number of the item.
    pub item: u32,
    /// The sub-item it stands for.
    pub sub_item: String,
    /// Code of the occupation.
    pub occupation_code: String,
    /// Name of the occupation.
    pub occupation: String,
    /// Only these 工种 of the occupation; empty means all of it.
    pub jobs: Vec<String>,
}

/// An occupation that resembles an item without being it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// Number of the item.
    pub item: u32,
    /// Code of the occupation.
    pub occupation_code: String,
    /// Name of the occupation.
    pub occupation: String,
    /// Why it is not the item, in Chinese.
    pub reason: String,
}

impl Qualifications {
    /// The items, in the catalogue's order.
    pub fn items(&self) -> &[QualificationItem] {
        &self.items
    }

    /// The reviewed mapping.
    pub fn mappings(&self) -> &[Mapping] {
        &self.mappings
    }

    /// Occupations that resemble an item.
    pub fn near_misses(&self) -> &[NearMiss] {
        &self.near_misses
    }

    /// The mapping that claims an event: by occupation code and 工种, never by name.
    pub fn claim(&self, occupation_code: &str, job: Option<&str>) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| {
            let job_claimed = mapping.jobs.is_empty() || job.is_some_and(|job| mapping.jobs.iter().any(|own| own == job));
            mapping.occupation_code == occupation_code && job_claimed
        })
    }

    /// Why an unclaimed event resembles an item so much that a person must decide, in Chinese.
    pub fn resemblance(&self, occupation_code: &str, occupation: &str, job: Option<&str>) -> Option<String> {
        let listed = self.near_misses.iter().find(|near| near.occupation_code == occupation_code);
        if let Some(near) = listed {
            return Some(near.reason.clone());
        }
        let named = self.names().find(|name| *name == occupation || Some(*name) == job)?;
        Some(format!("名称与目录项目“{named}”相同，但职业编码不在对照表内"))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let items = self.items.iter().flat_map(|item| std::iter::once(&item.item).chain(&item.sub_items));
        items.chain(self.mappings.iter().map(|mapping| &mapping.occupation)).map(String::as_str)
    }
}

/// The filed 专项职业 (一、证书类型).
#[derive(Debug, Clone)]
pub struct SpecificAbilities {
    edition: String,
    loaded: bool,
    names: Vec<String>,
}

impl SpecificAbilities {
    /// Whether the Center's list is there; without it the words of the level column decide (G13).
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Whether the list has an item of that name.
    pub fn lists(&self, name: &str) -> bool {
        self.names.iter().any(|listed| listed == name)
    }
}

/// Occupations and levels that filed evaluation bodies implement (一、证书类型).
#[derive(Debug, Clone)]
pub struct FiledOccupations {
    edition: String,
    loaded: bool,
    levels: BTreeMap<String, Vec<u8>>,
}

impl FiledOccupations {
    /// Whether the Center's list is there; without it every occupation no other type claims counts as filed (G5).
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Whether the occupation of that code is filed at `level`.
    pub fn claims(&self, occupation_code: &str, level: u8) -> bool {
        self.levels.get(occupation_code).is_some_and(|levels| levels.contains(&level))
    }
}

/// 证件类型 words, their kinds and their codes in the national upload.
#[derive(Debug, Clone)]
pub struct DocumentTypes {
    edition: String,
    by_word: BTreeMap<String, DocumentType>,
}

/// A 证件类型.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentType {
    /// What its numbers look like.
    pub kind: DocumentKind,
    /// Its code in the national upload.
    pub code: String,
}

impl DocumentTypes {
    /// The type that the roster's word names.
    pub fn get(&self, word: &str) -> Option<&DocumentType> {
        self.by_word.get(word)
    }

    /// The words, in no order of meaning.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.by_word.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
