//! A notice as data: `infra/notices/*.toml`, read and checked.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::values::finding::{Finding, FindingCode, Place};
use crate::values::folding;
use crate::values::identity::Mask;
use crate::values::vocabulary::{CertificateType, Field, Form, Material};

mod archive;
mod authorisation;
mod awards;
mod hand_out;
pub mod layout;
mod numbering;
mod papers;
mod photo;
mod promotion;
mod publication;
mod ranges;
mod rank;
mod read;
mod retention;
mod statistics;
mod supervision;
mod unconfirmed;

use self::layout::Layout;
use self::read::{NoticeFile, Scope};

pub use archive::ArchiveRule;
pub use authorisation::{ApprovalManner, ApprovalWord, ApprovalWords, AuthorisationNumber, AuthorisationRules};
pub use awards::*;
pub use hand_out::{HandOutRules, LIST_WIDTH, ListCell, ListColumn};
pub use numbering::{NumberPattern, NumberRule, Series};
pub use papers::*;
pub use photo::{PhotoNeed, PhotoRule};
pub use promotion::{LevelsRule, PromotionRule};
pub use publication::*;
pub use rank::{AwardWord, RankRules};
pub use read::SCHEMA;
pub use retention::RetentionRule;
pub use statistics::{Cause, CountedBy, StatisticsRules};
pub use supervision::{SupervisionCell, SupervisionColumn, SupervisionRules};
pub use unconfirmed::{UnconfirmedSetting, unconfirmed_settings};

include!(concat!(env!("OUT_DIR"), "/built_in_notices.rs"));

/// Why a notice file cannot be used: not TOML of the shape below, or it contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("通知文件 {file} 不能采用：{problem}")]
pub struct NoticeError {
    /// File name.
    pub file: String,
    /// What is wrong.
    pub problem: String,
}

/// All notices of a set, the latest first. A file that cannot be read stops the contests that it is for, and no others.
#[derive(Debug, Clone)]
pub struct Notices {
    files: Vec<NoticeFile>,
    general: Notice,
    /// What is wrong with the set as a whole.
    incomplete: Option<NoticeError>,
}

impl Notices {
    /// Those that stand in `infra/notices/` at build time.
    pub fn built_in() -> Result<Self, NoticeError> {
        Self::parse(&Self::built_in_texts())
    }

    /// File name and text of those that stand in `infra/notices/` at build time.
    pub fn built_in_texts() -> BTreeMap<String, String> {
        BUILT_IN.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
    }

    /// Reads a set of files by name, each of which must be sound; one may extend another of the set.
    pub fn parse(texts: &BTreeMap<String, String>) -> Result<Self, NoticeError> {
        let notices = Self::read(texts)?;
        let first = notices.unreadable().next().cloned();
        first.map_or(Ok(notices), Err)
    }

    /// Reads what can be read of a set, see [`Notices::unreadable`]. It fails only where neither the set nor what ships
    /// has a notice of the whole province.
    pub fn read(texts: &BTreeMap<String, String>) -> Result<Self, NoticeError> {
        let mut files: Vec<NoticeFile> = texts.keys().flat_map(|file| NoticeFile::read(file, texts)).collect();
        files.sort_by_key(|file| std::cmp::Reverse(file.scope.as_ref().map(|scope| scope.effective_from)));
        let none = || NoticeError { file: "*".to_owned(), problem: "没有适用于全省的通知".to_owned() };
        let incomplete = (!files.iter().any(|file| file.scope.as_ref().is_none_or(|s| s.jurisdictions.is_empty()))).then(none);
        if let Some(general) = latest_general(&files) {
            return Ok(Self { general: general.clone(), files, incomplete });
        }
        // Rights and sheets must be told even while the notice of the province is being repaired.
        let shipped = Self::built_in_texts();
        let shipped: Vec<NoticeFile> = shipped.keys().flat_map(|file| NoticeFile::read(file, &shipped)).collect();
        let general = latest_general(&shipped).ok_or_else(none)?.clone();
        Ok(Self { general, files, incomplete })
    }

    /// The notice that rules the awards of a contest (G9): the latest in force on the issue date, one of the contest's own
    /// jurisdiction before one that is for several cities each, and both before one of the whole province (七). An award before every
    /// notice goes by the earliest of the province.
    ///
    /// # Errors
    /// The text of that notice cannot be read; or one of the set does not even say what it is for, so that no contest can
    /// be told to be another's.
    pub fn of(&self, issued_on: Date, jurisdiction: &str) -> Result<&Notice, NoticeError> {
        let scoped: Vec<(&Scope, &NoticeFile)> = self.files.iter().filter_map(|file| Some((file.scope.as_ref()?, file))).collect();
        if let Some(unknown) = self.files.iter().find(|file| file.scope.is_none()) {
            return unknown.notice.as_ref().map_err(Clone::clone);
        }
        let in_force = |scope: &Scope| scope.effective_from <= issued_on;
        let own = |scope: &Scope| scope.jurisdictions.iter().any(|own| own == jurisdiction);
        let general = || scoped.iter().filter(|(scope, _)| scope.jurisdictions.is_empty());
        let of = |shared: bool| scoped.iter().find(|(scope, _)| scope.one_for_each == shared && own(scope) && in_force(scope));
        let found =
            of(false).or_else(|| of(true)).or_else(|| general().find(|(scope, _)| in_force(scope))).or_else(|| general().next_back());
        found.map_or(Ok(&self.general), |(_, file)| file.notice.as_ref().map_err(Clone::clone))
    }

    /// The latest notice of the whole province that can be read, whatever the date; of what ships, where there is none.
    pub fn general(&self) -> &Notice {
        &self.general
    }

    /// All that can be read, the latest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.files.iter().filter_map(|file| file.notice.as_ref().ok())
    }

    /// Why the others cannot be read, and what the whole set lacks.
    pub fn unreadable(&self) -> impl Iterator<Item = &NoticeError> {
        self.files.iter().filter_map(|file| file.notice.as_ref().err()).chain(&self.incomplete)
    }
}

fn latest_general(files: &[NoticeFile]) -> Option<&Notice> {
    files.iter().filter_map(|file| file.notice.as_ref().ok()).find(|notice| notice.notice.jurisdictions.is_empty())
}

/// Whether a file's name is of `a–z`, `0–9` and `-`, 64 at most, before its extension: fit for keys and paths.
pub(crate) fn is_file_name(file: &str, extension: &str) -> bool {
    let sound = |stem: &str| (1..=64).contains(&stem.len()) && stem.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    file.strip_suffix(extension).is_some_and(sound)
}

/// One notice file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Whose notice, and from when.
    pub notice: Head,
    /// 一: the certificate types, in the order in which they are tried.
    pub certificate_types: Vec<TypeRule>,
    /// 二: routes to issuing bodies; the first whose conditions hold.
    pub routes: Vec<RouteRule>,
    /// Where the steps of the procedure stand.
    pub procedure: Procedure,
    /// 二: what the Center's decision is called, and 授权书.
    #[serde(default)]
    pub authorisation: AuthorisationRules,
    /// 五、（二）: how long archives are kept.
    pub archive: ArchiveRule,
    /// How long personal data is kept that no certificate came of; for good where it is left out.
    #[serde(default)]
    pub retention: Option<RetentionRule>,
    /// 四: the code's grammar.
    pub code: CodeGrammar,
    /// 四、（二）: codes of the province and its cities.
    pub jurisdictions: Vec<Jurisdiction>,
    /// 附件 备注2 and 七: the classes of contests, and whose they are.
    #[serde(default = "awards::classes")]
    pub classes: Vec<ClassRule>,
    /// The five levels.
    pub levels: Vec<Level>,
    /// Which level goes with which place: advice, for the notice sets none.
    #[serde(default)]
    pub promotion: Vec<PromotionRule>,
    /// Levels held, and several promotions of one person (G20).
    #[serde(default)]
    pub levels_rule: LevelsRule,
    /// 附件备注3: the words of 奖牌类别/名次 (G21).
    #[serde(default)]
    pub rank: RankRules,
    /// 二、（二）: what the name of a committee looks like.
    #[serde(default)]
    pub committee: CommitteeRules,
    /// 一: how a roster asks for a specific-ability certificate.
    pub specific_ability: SpecificAbility,
    /// 六、（一）: deadlines by contest year.
    #[serde(default)]
    pub deadlines: Vec<Deadline>,
    /// 三、（二）: kinds of blank sheets and their serials.
    pub sheet_kinds: Vec<SheetKind>,
    /// 五、（一）: what an application consists of.
    pub materials: Vec<MaterialRule>,
    /// 八: whom a unit asks, and where the roster template is had.
    #[serde(default)]
    pub contacts: Contacts,
    /// 五、（一）4: the roster template.
    pub roster: RosterProfile,
    /// 附件: the summary that an organiser stamps.
    pub summary_form: SummaryForm,
    /// How much of a document number anybody is shown: verification, the hand-out list.
    #[serde(default)]
    pub mask: Mask,
    /// 五、（四）: the list that certificates are handed out with.
    pub hand_out: HandOutRules,
    /// 五、（二）: the workbook for the provincial supervision system; none in a notice that was put in its place before there was one.
    #[serde(default)]
    pub supervision: Option<SupervisionRules>,
    /// How years are counted.
    pub statistics: StatisticsRules,
    /// 三、（一）: the certificate's wording.
    pub certificate: Wording,
    /// 三、（一）: the holder's photo.
    pub photo: PhotoRule,
    /// Whose seal is drawn on full certificates; for all others its place is left to the stamp.
    #[serde(default)]
    pub drawn_seals: Vec<String>,
    /// 五、（三）: the upload sheet and who applies; none in a notice that was put in its place before there was one.
    #[serde(default)]
    pub publication: Option<PublicationRule>,
    /// Whose seal is printed as a picture on full certificates: the file's name among the rulebook's `seals/`.
    #[serde(default)]
    pub seal_images: BTreeMap<String, String>,
    /// 三、（一）、（二）: where everything stands on a certificate; each type has both forms.
    pub layouts: Vec<Layout>,
}

/// Whose notice it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Document number, e.g. 川人社职鉴〔2022〕9号.
    pub number: String,
    /// The notice's title.
    pub title: String,
    /// Full name of the Center.
    pub center: String,
    /// Short name of the Center.
    pub center_short: String,
    /// The Center's own jurisdiction.
    pub seat: String,
    /// First issue date it rules.
    #[serde(deserialize_with = "crate::values::date::deserialize")]
    pub effective_from: Date,
    /// The first year of contests that it is for, where it says one: earlier ones are authorised only with a reason.
    #[serde(default)]
    pub contest_years_from: Option<i16>,
    /// The jurisdictions it is for (七); empty for all that have none of their own.
    #[serde(default)]
    pub jurisdictions: Vec<String>,
    /// Whether it is a rule set of its own for each of `jurisdictions` that no other file is for: `{name}`, `{center}` and `{code}` stand
    /// for that one's in its head, in what it calls hosted contests, and on the summary form.
    #[serde(default)]
    pub one_for_each: bool,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// How there comes to be a summary form.
const FORM_IS_MADE: &str = "模板表检查无误后，生成申报汇总表（申报页，或 saizheng summary-form 申报号），打印、签字盖章，扫描后上传";

impl Notice {
    /// The rule set of one jurisdiction, out of one that is for several.
    fn of_one(&self, own: &Jurisdiction) -> Self {
        let mut one = self.clone();
        let Head { number, title, center, center_short, seat, .. } = &mut one.notice;
        let texts = [number, title, center, center_short, seat, &mut one.procedure.hosted, &mut one.summary_form.title];
        for text in texts.into_iter().chain(&mut one.summary_form.notes) {
            *text = text.replace("{name}", &own.name).replace("{center}", &own.center).replace("{code}", &own.code);
        }
        one.notice.jurisdictions = vec![own.code.clone()];
        one.offer_classes();
        one
    }

    /// The words of the roster's class column are the classes of the contests that the notice is for.
    fn offer_classes(&mut self) {
        let own = self.notice.jurisdictions.first().unwrap_or(&self.notice.seat);
        let classes: Vec<ClassRule> = self.classes_of(own).into_iter().cloned().collect();
        let Some(column) = self.roster.columns.iter_mut().find(|column| column.field == Field::Class) else { return };
        column.choices = classes.iter().map(|class| class.name.name().to_owned()).collect();
        let words = |class: &ClassRule| class.aliases.iter().map(|word| (word.clone(), class.name.name().to_owned())).collect::<Vec<_>>();
        column.synonyms = classes.iter().flat_map(words).collect();
    }

    /// The classes of contests of a jurisdiction.
    pub fn classes_of(&self, jurisdiction: &str) -> Vec<&ClassRule> {
        let named = |code: &str| self.classes.iter().filter(|class| class.jurisdictions.iter().any(|own| own == code)).collect::<Vec<_>>();
        let named = named(jurisdiction);
        if named.is_empty() { self.classes.iter().filter(|class| class.jurisdictions.is_empty()).collect() } else { named }
    }

    /// The class that a word means in a contest of a jurisdiction: by its name, whosever it is, or by what people write for one of its own.
    pub fn class_meant(&self, jurisdiction: &str, word: &str) -> Option<&ClassRule> {
        let own = self.classes_of(jurisdiction);
        let named = |class: &&ClassRule| folding::alike(class.name.name(), word);
        let written = |class: &&&ClassRule| class.aliases.iter().any(|alias| folding::alike(alias, word));
        self.classes.iter().find(named).or_else(|| own.iter().find(written).copied())
    }

    fn contradiction(&self) -> Option<String> {
        if let Some(problem) = ranges::problem(self) {
            return Some(problem);
        }
        let computed = RosterProfile::fingerprint_of(self.roster.columns.iter().map(|c| &c.header));
        if computed != self.roster.fingerprint {
            return Some(format!("roster.fingerprint 是 {}，按各列算得 {computed}", self.roster.fingerprint));
        }
        if let Some(field) = Field::ALL.iter().find(|f| RosterProfile::must_have(**f) && self.roster.position(**f).is_none()) {
            return Some(format!("roster.columns 缺少 {field:?}"));
        }
        let own = self.routes_contradict().or_else(|| self.types_contradict()).or_else(|| self.summary_form.contradiction());
        let own = own.or_else(|| self.hand_out.contradiction()).or_else(|| self.authorisation.contradiction());
        let own = own.or_else(|| self.supervision.as_ref().and_then(SupervisionRules::contradiction));
        let publication = || self.publication.as_ref().and_then(PublicationRule::contradiction);
        let seal = |file: &&String| !is_file_name(file, ".png");
        let seals =
            || self.seal_images.values().find(seal).map(|file| format!("seal_images 的文件名“{file}”应为小写字母、数字和 -，以 .png 结尾"));
        own.or_else(publication)
            .or_else(seals)
            .or_else(|| self.layouts.iter().find_map(Layout::contradiction))
            .or_else(|| self.layouts_contradict())
    }

    /// Each type must end in an unconditional route, and no two of its routes may have the same conditions.
    fn routes_contradict(&self) -> Option<String> {
        for rule in &self.certificate_types {
            let of_type: Vec<&RouteRule> = self.routes.iter().filter(|r| r.certificate_type == rule.certificate_type).collect();
            if of_type.iter().position(|r| r.conditions() == (None, None, None)).map(|i| i + 1) != Some(of_type.len()) {
                return Some(format!("{:?} 的最后一条 routes 应无条件，其余各条应有条件", rule.certificate_type));
            }
            let twice = |(i, r): (usize, &&RouteRule)| of_type.iter().take(i).any(|earlier| earlier.conditions() == r.conditions());
            if of_type.iter().enumerate().any(twice) {
                return Some(format!("{:?} 有两条 routes 条件相同", rule.certificate_type));
            }
        }
        None
    }

    /// Each type has one rule, and numbers of its kind.
    fn types_contradict(&self) -> Option<String> {
        let problem = self.certificate_types.iter().find_map(|rule| rule.number.problem(rule.certificate_type));
        if problem.is_some() {
            return problem;
        }
        let twice = |(i, rule): &(usize, &TypeRule)| {
            self.certificate_types.iter().take(*i).any(|earlier| earlier.certificate_type == rule.certificate_type)
        };
        let twice = self.certificate_types.iter().enumerate().find(twice);
        twice.map(|(_, rule)| format!("{:?} 写了两次", rule.certificate_type))
    }

    /// Each type has one layout of each form.
    fn layouts_contradict(&self) -> Option<String> {
        let forms = self.certificate_types.iter().flat_map(|rule| [(rule, Form::Full), (rule, Form::Overprint)]);
        let wrong = |(rule, form): &(&TypeRule, Form)| {
            self.layouts.iter().filter(|layout| layout.form == *form && layout.certificate_types.contains(&rule.certificate_type)).count()
                != 1
        };
        let wrong = forms.into_iter().find(wrong);
        wrong.map(|(rule, form)| format!("“{}”应有且只有一个{}版式（layouts）", rule.name, form.word()))
    }

    /// How numbers of a type are written that are drawn at the approval; none where they come otherwise.
    pub fn series(&self, certificate_type: CertificateType) -> Option<Series<'_>> {
        match &self.type_rule(certificate_type)?.number {
            NumberRule::Code => Some(Series::from(&self.code)),
            NumberRule::Pattern(pattern) => Some(pattern.series()),
            NumberRule::ByHand | NumberRule::External => None,
        }
    }

    /// The patterns by which numbers other than codes are drawn.
    pub fn patterns(&self) -> impl Iterator<Item = &NumberPattern> {
        self.certificate_types.iter().filter_map(|rule| match &rule.number {
            NumberRule::Pattern(pattern) => Some(pattern),
            NumberRule::Code | NumberRule::ByHand | NumberRule::External => None,
        })
    }

    /// Whether certificates of a type are put on paper here.
    pub fn prints(&self, certificate_type: CertificateType) -> bool {
        !certificate_type.is_of_others()
    }

    /// Where everything stands on certificates of a type.
    pub fn layout(&self, certificate_type: CertificateType, form: Form) -> Option<&Layout> {
        self.layouts.iter().find(|layout| layout.form == form && layout.certificate_types.contains(&certificate_type))
    }

    /// The jurisdiction that a name means, whole or as people shorten it where that can mean one only.
    pub fn jurisdiction_meant(&self, text: &str) -> Option<&Jurisdiction> {
        let written = folding::folded(text);
        let named = |known: &&Jurisdiction| folding::folded(&known.name) == written;
        if let Some(named) = self.jurisdictions.iter().find(named) {
            return Some(named);
        }
        // 成都 for 成都市, 甘孜州 for 甘孜藏族自治州, 四川省 for the province, whose center is named so.
        let short = written.trim_end_matches(['市', '州']);
        let begins = |known: &&Jurisdiction| known.name.starts_with(short) || known.center.starts_with(&*written);
        let mut meant = self.jurisdictions.iter().filter(begins);
        meant.next().filter(|_| short.chars().count() > 1 && meant.next().is_none())
    }

    /// The jurisdiction with that code.
    pub fn jurisdiction(&self, code: &str) -> Option<&Jurisdiction> {
        self.jurisdictions.iter().find(|j| j.code == code)
    }

    /// The level with that digit.
    pub fn level_by_digit(&self, digit: u8) -> Option<&Level> {
        self.levels.iter().find(|level| level.digit == digit)
    }

    /// The name of a level; those above the five have none.
    pub fn level_name(&self, digit: u8) -> &str {
        self.level_by_digit(digit).map_or("五个等级以外", |level| &level.name)
    }

    /// The level a roster cell names, of any width: by its name, or by several names of the same level (四级、中级工).
    pub fn level(&self, text: &str) -> Option<&Level> {
        let text = folding::folded(text);
        let joints = &self.levels_rule.joints;
        let mut parts = text.split(|c| joints.contains(&c)).filter(|part| !part.is_empty());
        let named = |part: &str| self.level_named(part).or_else(|| self.level_named_twice(part));
        self.level_named(&text).or_else(|| {
            let level = named(parts.next()?)?;
            parts.all(|part| named(part).is_some_and(|other| other.digit == level.digit)).then_some(level)
        })
    }

    fn level_named(&self, folded: &str) -> Option<&Level> {
        let alike = |word: &String| folding::folded(word) == folded;
        self.levels.iter().find(|level| alike(&level.name) || level.aliases.iter().any(alike))
    }

    /// Two names of one level with nothing between (四级中级工). A number is not taken apart, and two levels are none.
    fn level_named_twice(&self, folded: &str) -> Option<&Level> {
        if self.levels_rule.joints.is_empty() {
            return None;
        }
        folded.char_indices().skip(1).find_map(|(at, c)| {
            let (first, second) = folded.split_at_checked(at)?;
            let is_number = c.is_ascii_digit() && first.ends_with(|c: char| c.is_ascii_digit());
            let level = self.level_named(first).filter(|_| !is_number)?;
            self.level_named(second).filter(|other| other.digit == level.digit)
        })
    }

    /// The rule of a material.
    pub fn material(&self, material: Material) -> Option<&MaterialRule> {
        self.materials.iter().find(|rule| rule.material == material)
    }

    /// The material a file name stands for: its own file name, or any that holds its title and has its extension.
    pub fn material_of_file(&self, file: &str) -> Option<&MaterialRule> {
        let extension = |name: &str| name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
        self.materials
            .iter()
            .find(|rule| file.eq_ignore_ascii_case(&rule.file) || (file.contains(&rule.title) && extension(file) == extension(&rule.file)))
    }

    /// The file name of a material.
    pub fn file(&self, material: Material) -> &str {
        self.material(material).map_or("", |rule| &rule.file)
    }

    /// A finding for each required material that is not among `present`.
    pub fn missing(&self, present: &[Material]) -> Vec<Finding> {
        let lacking = |rule: &MaterialRule| {
            let message = format!("缺少{}", rule.title);
            let mut finding = Finding::new(FindingCode::MaterialMissing, Place::file(&rule.file), message).under(&rule.clause);
            if rule.material == Material::Summary {
                // It is the system that makes it.
                FORM_IS_MADE.clone_into(&mut finding.fix);
            }
            finding
        };
        self.materials.iter().filter(|rule| !rule.optional && !present.contains(&rule.material)).map(lacking).collect()
    }

    /// The rule of a certificate type.
    pub fn type_rule(&self, certificate_type: CertificateType) -> Option<&TypeRule> {
        self.certificate_types.iter().find(|rule| rule.certificate_type == certificate_type)
    }

    /// The deadline that has passed for contests of `year` on `today`, if one has.
    pub fn passed_deadline(&self, year: i16, today: Date) -> Option<&Deadline> {
        self.deadlines.iter().find(|d| d.contest_years.contains(&year) && today > d.last_day)
    }

    /// The kind of sheet that certificates of a type are printed on.
    pub fn sheet_kind_of(&self, certificate_type: CertificateType) -> Option<&SheetKind> {
        self.sheet_kinds.iter().find(|kind| kind.certificate_type == certificate_type)
    }

    /// The sheet kind of that name.
    pub fn sheet_kind(&self, kind: &str) -> Option<&SheetKind> {
        self.sheet_kinds.iter().find(|k| k.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "sichuan-2022-9.toml";

    /// The built-in notices with one more file.
    fn with(file: &str, text: &str) -> Result<Notices, NoticeError> {
        let mut texts = Notices::built_in_texts();
        texts.insert(file.to_owned(), text.to_owned());
        Notices::parse(&texts)
    }

    /// 八 and 五、（一）4.
    #[test]
    fn findings_about_the_template_say_where_it_is_had_and_contacts_are_those_published() {
        use crate::values::finding::{Finding, FindingCode, Place};
        let mut notice = Notices::built_in().expect("notices").general().clone();
        let of =
            |notice: &Notice, code| notice.with_template_source(vec![Finding::new(code, Place::file("roster.xlsx"), "")]).remove(0).fix;
        for code in [FindingCode::HeaderChanged, FindingCode::SheetMissing] {
            assert!(of(&notice, code).ends_with("；官方模板的电子版由经办人员在“竞赛证书办理群”获取（五、（一）4）"), "{code}");
        }
        assert!(!of(&notice, FindingCode::CellRequired).contains('群'));
        assert!(notice.contact_lines()[0].contains("川人社职鉴〔2022〕9号“八、联系方式”"), "the public text leaves them out");
        notice.contacts.lines = vec!["竞赛处 028-00000000".to_owned()];
        assert_eq!(notice.contact_lines()[0], "竞赛处 028-00000000");
        notice.contacts = Contacts::default();
        assert!(notice.contact_lines().is_empty() && !of(&notice, FindingCode::HeaderChanged).contains('群'), "a notice of before");
    }

    #[test]
    fn every_built_in_notice_is_sound() {
        let notices = Notices::built_in().expect("each file parses and does not contradict itself");
        let notice = notices.general();
        assert_eq!(notice.notice.number, "川人社职鉴〔2022〕9号");
        assert_eq!(notice.roster.columns.len(), 28);
        assert_eq!(notice.code.width(), 22);
        assert_eq!(notice.jurisdictions.len(), 22);
    }

    #[test]
    fn clause_7_a_city_has_its_own_rule_set() {
        let notices = Notices::built_in().expect("notices");
        let of = |jurisdiction| notices.of(jiff::civil::date(2022, 6, 20), jurisdiction).expect("a notice");
        assert_eq!(of("01").notice.seat, "01");
        assert_eq!(of("01").notice.unconfirmed.as_deref(), Some("G22"));
        // What it does not say itself is the province's.
        assert_eq!(of("01").code.width(), 22);
        let province = of("00");
        assert_eq!((province.notice.seat.as_str(), province.notice.unconfirmed.as_deref(), province.deadlines.len()), ("00", None, 1));
        for own in province.jurisdictions.iter().filter(|own| own.code != "00") {
            let city = of(&own.code);
            let Head { center, center_short, seat, title, unconfirmed, jurisdictions, .. } = &city.notice;
            assert_eq!((center, seat, unconfirmed.as_deref()), (&own.center, &own.code, Some("G22")), "{}", own.name);
            assert_eq!((center_short, &jurisdictions[..]), (&format!("{}职鉴中心", own.name), &[own.code.clone()][..]));
            for text in [title, &city.summary_form.title, &city.procedure.hosted] {
                assert!(text.starts_with(&own.name) && !text.contains('{'), "{text}");
            }
            // 六、（一） and the tables of 促晋级 are the province's.
            assert!(
                city.deadlines.is_empty()
                    && city.promotion.is_empty()
                    && city.passed_deadline(2021, jiff::civil::date(2030, 1, 1)).is_none()
            );
            let column = city.roster.columns.iter().find(|column| column.field == Field::Class).expect("a column");
            assert_eq!(column.choices, ["市级一类", "市级二类"]);
            assert_eq!((column.choice("一类"), column.choice("省级一类")), (Some("市级一类"), None));
        }
    }

    #[test]
    fn clause_7_a_city_that_decides_otherwise_has_a_file_of_its_own() {
        let text = "extends = \"cities.toml\"\n[notice]\nseat = \"07\"\njurisdictions = [\"07\"]\none_for_each = false\ncenter = \"绵阳市职业技能鉴定指导中心\"\n\
                    [[classes]]\nname = \"绵阳工匠赛\"\nclause = \"七\"\n";
        // Its name comes after `cities.toml`, and its words are its own.
        let notices = with("mianyang.toml", text).expect("sound");
        let names = |code: &str| {
            let notice = notices.of(jiff::civil::date(2022, 6, 20), code).expect("a notice");
            notice.classes_of(code).iter().map(|class| class.name.name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!((names("07"), names("08")), (vec!["绵阳工匠赛".to_owned()], vec!["市级一类".to_owned(), "市级二类".to_owned()]));
        assert_eq!(names("00"), ["省级一类", "省级二类"]);
        for (change, says) in [
            ("one_for_each = true\njurisdictions = []", "须写明 jurisdictions"),
            ("one_for_each = true\njurisdictions = [\"07\", \"99\"]", "“99”不在"),
        ] {
            let error = with("odd.toml", &format!("extends = \"cities.toml\"\n[notice]\n{change}\n")).expect_err(says).to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_successor_rules_from_its_date_on_and_earlier_awards_keep_the_old_grammar() {
        let text = format!("extends = \"{BASE}\"\n[notice]\neffective_from = 2027-01-01\n[code]\nsequence_digits = 6\n");
        let notices = with("successor.toml", &text).expect("sound");
        let width = |day| notices.of(day, "00").expect("a notice").code.width();
        assert_eq!((width(jiff::civil::date(2026, 12, 31)), width(jiff::civil::date(2027, 1, 1))), (22, 23));
        // Before every notice: the earliest.
        assert_eq!(width(jiff::civil::date(1999, 1, 1)), 22);
        // The city's own rule set is older, and still its own.
        assert_eq!(notices.of(jiff::civil::date(2027, 6, 1), "01").expect("a notice").notice.seat, "01");
    }

    #[test]
    fn a_file_that_cannot_be_used_says_why() {
        for (text, says) in [
            ("extends = 7", "extends"),
            ("extends = \"missing.toml\"", "没有这个文件"),
            ("extends = \"odd.toml\"", "层"),
            ("[notice", "TOML"),
            (&*format!("extends = \"{BASE}\"\nunknown = 1\n"), "unknown"),
            (&*format!("extends = \"{BASE}\"\n[roster]\nfingerprint = \"0\"\n"), "fingerprint"),
        ] {
            let error = with("odd.toml", text).expect_err(text).to_string();
            assert!(error.contains(says) && error.starts_with("通知文件"), "{error}");
        }
    }

    #[test]
    fn a_summary_form_that_contradicts_itself_is_refused() {
        let text = Notices::built_in_texts().remove(BASE).expect("the base");
        for (from, to, problem) in [
            (r#"value = "level", header"#, r#"value = "class", header"#, "Class 写了两次"),
            (r#"header = "工作单位", width = 49"#, r#"header = "工作单位", width = 149"#, "超出 267 mm"),
            (r#"header = "工作单位", width = 49"#, r#"header = "工作单位", width = nan"#, "超出 267 mm"),
            (r#"notes_label = "#, r#"note_label = "#, "note_label"),
            (r#"  { value = "sequence", header = "序号", width = 12 },"#, "", "TOML"),
        ] {
            let edited = text.replacen(from, to, 1);
            assert_ne!(edited, text, "{from}");
            let error = with(BASE, &edited).expect_err(problem);
            assert!(error.to_string().contains(problem), "{error}");
        }
    }

    #[test]
    fn the_deadline_is_inclusive_and_only_for_its_years() {
        let notices = Notices::built_in().expect("notices");
        let notice = notices.general();
        let day = jiff::civil::date;
        assert!(notice.passed_deadline(2021, day(2022, 7, 31)).is_none());
        assert!(notice.passed_deadline(2021, day(2022, 8, 1)).is_some());
        assert!(notice.passed_deadline(2022, day(2030, 1, 1)).is_none());
    }

    #[test]
    fn materials_are_recognised_by_file_name_and_by_title() {
        let notices = Notices::built_in().expect("notices");
        let of = |file: &str| notices.general().material_of_file(file).map(|r| r.material);
        assert_eq!(of("roster.xlsx"), Some(Material::Roster));
        assert_eq!(of("选手信息导入模板表 2026.xlsx"), Some(Material::Roster));
        assert_eq!(of("附件：申报汇总表（盖章）.PDF"), Some(Material::Summary));
        assert_eq!(of("notes.txt"), None);
    }
}
