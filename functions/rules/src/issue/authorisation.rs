//! 一赛一授权 as an act (二、（二）): which contest it is for, what it says, and the paper of it.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::intake::contest::Contest;
use crate::issue::application::{ApplicationId, Plan, PlannedRow};
use crate::notice::{ApprovalManner, Notice};
use crate::values::folding;
use crate::values::text::bounded;
use crate::values::vocabulary::{CertificateType, ContestClass};

/// The longest number of an authorisation, in characters.
const MAX_NUMBER: usize = 40;
/// Room for a number that is written by hand.
const BLANK: &str = "　　　　　　　　";

/// Which contest: the same name, year and organiser are the same one, whoever applies. A digest, so that keys hold none of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ContestKey(#[schemars(regex(pattern = "^[0-9a-f]{64}$"))] String);

impl ContestKey {
    /// SHA-256, in hex, of name, organiser (equal to the eye is equal; quotes and title marks do not count) and year, each by its length.
    pub fn of(contest: &Contest) -> Self {
        let (name, organiser) = (unquoted(&contest.name), unquoted(&contest.organiser));
        Self::digest(["saizheng contest 1", &name, &organiser, &contest.year.to_string()])
    }

    /// The same of what was handed in under it: with the day of its final and the names of its events, in whatever order.
    pub fn as_handed_in(contest: &Contest) -> Self {
        let mut events: Vec<String> = contest.events.iter().map(|event| unquoted(&event.name)).collect();
        events.sort();
        let (of_contest, final_on) = (Self::of(contest), contest.final_on.to_string());
        Self::digest(["saizheng handed in 1", of_contest.as_str(), &final_on].into_iter().chain(events.iter().map(String::as_str)))
    }

    fn digest<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut hash = Sha256::new();
        for text in texts {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        Self(hex::encode(hash.finalize()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// For comparing, without the marks that a name may be written in: 《…》.
fn unquoted(name: &str) -> String {
    let is_mark = |c: char| matches!(c, '《' | '》' | '〈' | '〉' | '「' | '」' | '『' | '』' | '"' | '<' | '>');
    folding::folded(name).chars().filter(|c| !is_mark(*c)).collect()
}

impl fmt::Display for ContestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An authorisation: a contest has one, whatever applications go under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorisation {
    /// Which contest it is for.
    pub contest_key: ContestKey,
    /// 大赛名称.
    pub contest: String,
    /// The contest's year.
    pub year: i16,
    /// 竞赛类别.
    pub class: ContestClass,
    /// 牵头主办单位.
    pub organiser: String,
    /// 组委会（办公室）, in whose name certificates are issued.
    pub committee: String,
    /// Day of the final.
    pub final_on: Date,
    /// 人社部门主办或会同主办: who issues goes by it (二、（二）).
    pub hrss_hosted: bool,
    /// 发证日期.
    pub issued_on: Date,
    /// Jurisdiction of the Center that authorised it.
    pub jurisdiction: String,
    /// The Center that seals on behalf of the committee (代章).
    pub center: String,
    /// Its number; none until it is entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The day of the authorisation.
    pub on: Date,
    /// By which account.
    pub by: String,
    /// Digest of the texts that its paper is drawn by.
    pub rulebook: String,
    /// The applications that go under it; none where it was withdrawn.
    pub applications: Vec<ApplicationId>,
}

/// 授权书: all its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorisationPaper {
    /// The title.
    pub title: String,
    /// The line of its number, with room where there is none.
    pub number: String,
    /// The paragraphs.
    pub paragraphs: Vec<String>,
    /// Who authorises, and seals.
    pub center: String,
    /// The day.
    pub on: String,
}

impl Authorisation {
    /// Whether it stands: it was not withdrawn.
    pub fn stands(&self) -> bool {
        !self.applications.is_empty()
    }

    /// What a further application of the same contest says otherwise: it goes under the authorisation only with the same committee, class,
    /// hosts and dates.
    pub fn differences(&self, contest: &Contest) -> Vec<String> {
        let field = |what: &str, own: &str, other: &str| (own != other).then(|| format!("{what}为“{other}”，授权的是“{own}”"));
        let all = [
            field("组委会名称", &self.committee, &contest.committee),
            field("竞赛类别", self.class.name(), contest.class.name()),
            field("人社部门主办或会同主办", yes_or_no(self.hrss_hosted), yes_or_no(contest.hrss_hosted)),
            field("决赛日期", &self.final_on.to_string(), &contest.final_on.to_string()),
            field("发证日期", &self.issued_on.to_string(), &contest.issued_on.to_string()),
            field("所属省或市（州）", &self.jurisdiction, &contest.jurisdiction),
        ];
        all.into_iter().flatten().collect()
    }

    /// Its paper, in the notice's words.
    pub fn paper(&self, notice: &Notice) -> AuthorisationPaper {
        let rules = &notice.authorisation;
        let day = |date: Date| date.strftime("%Y年%-m月%-d日").to_string();
        let values = [
            ("committee", self.committee.clone()),
            ("contest", self.contest.clone()),
            ("year", self.year.to_string()),
            ("class", self.class.name().to_owned()),
            ("organiser", self.organiser.clone()),
            ("final_on", day(self.final_on)),
            ("issued_on", day(self.issued_on)),
            ("notice", notice.notice.number.clone()),
            ("center", self.center.clone()),
        ];
        let filled = |text: &String| filled(text, |place| values.iter().find(|(name, _)| *name == place).map(|(_, value)| value.as_str()));
        AuthorisationPaper {
            title: rules.title.clone(),
            number: rules.number_line.replace("{number}", self.number.as_deref().unwrap_or(BLANK)),
            paragraphs: rules.text.iter().map(filled).collect(),
            center: self.center.clone(),
            on: day(self.on),
        }
    }
}

fn yes_or_no(is: bool) -> &'static str {
    if is { "是" } else { "否" }
}

/// Each `{…}` by its value, once: what a value holds is not looked at again.
fn filled<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut parts = text.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (place, rest) = part.split_once('}').unwrap_or((part, ""));
        out.push_str(value(place).unwrap_or_default());
        out.push_str(rest);
    }
    out
}

/// A number as it is kept.
///
/// # Errors
/// What is wrong with it, in Chinese.
pub fn number(text: &str) -> Result<String, String> {
    Ok(bounded("授权编号", text, MAX_NUMBER)?.to_owned())
}

impl PlannedRow {
    /// As what the Center decides on it.
    pub fn manner(&self) -> ApprovalManner {
        match (self.certificate_type, &self.sealed_by) {
            (CertificateType::Qualification, _) => ApprovalManner::Acceptance,
            (CertificateType::SkillLevel | CertificateType::SpecificAbility, Some(_)) => ApprovalManner::Authorisation,
            (CertificateType::SkillLevel | CertificateType::SpecificAbility, None) => ApprovalManner::Approval,
        }
    }
}

impl Plan {
    /// As what the Center decides on the application: the weightiest of its rows'.
    pub fn manner(&self) -> ApprovalManner {
        self.rows.iter().map(PlannedRow::manner).min().unwrap_or(ApprovalManner::Acceptance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Notices;

    fn contest() -> Contest {
        toml::from_str(
            r#"
            name = "2022年四川省样例职业技能大赛"
            class = "省级一类"
            hrss_hosted = true
            organiser = "四川省样例协会"
            committee = "大赛组委会"
            jurisdiction = "00"
            year = 2022
            final_on = 2022-05-28
            issued_on = 2022-06-20
            [[events]]
            name = "数控车"
            occupation = "车工"
            occupation_code = "6-18-01-01"
            [[events]]
            name = "焊接"
            occupation = "焊工"
            occupation_code = "6-18-02-04"
            "#,
        )
        .expect("a contest")
    }

    fn authorisation(contest: &Contest) -> Authorisation {
        Authorisation {
            contest_key: ContestKey::of(contest),
            contest: contest.name.clone(),
            year: contest.year,
            class: contest.class.clone(),
            organiser: contest.organiser.clone(),
            committee: contest.committee.clone(),
            final_on: contest.final_on,
            hrss_hosted: contest.hrss_hosted,
            issued_on: contest.issued_on,
            jurisdiction: contest.jurisdiction.clone(),
            center: "四川省职业技能鉴定指导中心".to_owned(),
            number: None,
            on: jiff::civil::date(2022, 6, 15),
            by: "local-center-00".to_owned(),
            rulebook: String::new(),
            applications: vec![ApplicationId::from_bits(7)],
        }
    }

    /// Whether a contest has the same key after a change.
    fn stays_the_same(key: fn(&Contest) -> ContestKey, change: fn(&mut Contest)) -> bool {
        let mut other = contest();
        change(&mut other);
        key(&other) == key(&contest())
    }

    #[test]
    fn 二_2_a_contest_is_the_same_by_name_year_and_organiser_equal_to_the_eye() {
        let with = |change| stays_the_same(ContestKey::of, change);
        assert!(with(|other| other.name = "２０２２年四川省样例 职业技能大赛".to_owned()));
        assert!(with(|other| other.name = format!("《{}》", other.name)));
        assert!(with(|other| other.committee = "另一个组委会".to_owned()));
        assert!(!with(|other| other.name = "2022年四川省样例职业技能大赛（乙）".to_owned()));
        assert!(!with(|other| other.organiser = "四川省样例学会".to_owned()));
        assert!(!with(|other| other.year = 2021));
        // Golden: such keys stand in tables.
        assert_eq!(ContestKey::of(&contest()).as_str(), "43f3a4bac1ee7cfe57c849418e340f185dc34371b16bdf817e92716383482b6f");
    }

    #[test]
    fn 六_1_what_was_handed_in_is_the_contest_with_its_final_and_its_events() {
        let with = |change| stays_the_same(ContestKey::as_handed_in, change);
        assert!(with(|other| other.committee = "另一个组委会".to_owned()));
        assert!(with(|other| other.events[0].occupation_code.clear()));
        assert!(with(|other| other.events.reverse()));
        assert!(!with(|other| other.organiser = "四川省样例学会".to_owned()));
        assert!(!with(|other| other.final_on = jiff::civil::date(2022, 5, 1)));
        assert!(!with(|other| other.events[0].name = "另一赛项".to_owned()));
        // Golden: such keys stand in applications.
        assert_eq!(ContestKey::as_handed_in(&contest()).as_str(), "f2d5c6a1d70de7fe9c4af28bf37a7cdca87383879d0c71a309e7fe2884204be2");
    }

    #[test]
    fn 二_2_a_second_application_goes_under_it_with_the_same_committee_class_and_date() {
        let own = contest();
        let authorisation = authorisation(&own);
        assert_eq!(authorisation.differences(&own), [""; 0]);
        let mut other = own.clone();
        other.committee = "另一个组委会".to_owned();
        other.issued_on = jiff::civil::date(2022, 6, 21);
        assert_eq!(
            authorisation.differences(&other),
            ["组委会名称为“另一个组委会”，授权的是“大赛组委会”", "发证日期为“2022-06-21”，授权的是“2022-06-20”"]
        );
        let other = Contest { final_on: jiff::civil::date(2022, 5, 27), hrss_hosted: false, ..own };
        assert_eq!(
            authorisation.differences(&other),
            ["人社部门主办或会同主办为“否”，授权的是“是”", "决赛日期为“2022-05-27”，授权的是“2022-05-28”"]
        );
        assert!(authorisation.stands() && !Authorisation { applications: Vec::new(), ..authorisation }.stands());
    }

    #[test]
    fn the_paper_is_filled_in_once_whatever_the_values_hold() {
        let notices = Notices::built_in().expect("notices");
        let mut own = contest();
        own.committee = "{contest}组委会".to_owned();
        let paper = authorisation(&own).paper(notices.general());
        let text = paper.paragraphs.join("\n");
        for part in ["{contest}组委会", "2022年四川省样例职业技能大赛", "省级一类", "四川省样例协会", "代章", "2022年6月20日"]
        {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(paper.number.contains(BLANK), "{}", paper.number);
        assert_eq!(paper.on, "2022年6月15日");
    }

    #[test]
    fn a_number_is_bounded_and_has_no_control_characters() {
        assert_eq!(number(" 川职鉴授〔2022〕5号 ").as_deref(), Ok("川职鉴授〔2022〕5号"));
        for wrong in ["", "  ", "a\u{7}b", &"一".repeat(41)] {
            assert!(number(wrong).is_err(), "{wrong:?}");
        }
    }
}
