//! The contest (大赛) as its organiser registers it: `contest.toml`, and the body of the API's create call.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::catalogue::Catalogues;
use crate::notice::{ClassRule, Notice, NoticeError, Notices};
use crate::numbers::body::{Body, BodyCode};
use crate::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};
use crate::values::folding;
use crate::values::text;
use crate::values::toml_text;
use crate::values::vocabulary::{ContestClass, Field, Material, is_occupation_code};

/// A contest whose finals' winners are to get certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contest {
    /// 大赛名称, as in the documents.
    #[serde(deserialize_with = "crate::values::folding::text::deserialize")]
    pub name: String,
    /// 竞赛类别: one of the notice's classes, of the contest's jurisdiction (二; 七).
    #[serde(deserialize_with = "class")]
    pub class: ContestClass,
    /// 四川省职业技能大赛, 人社厅主办或会同主办, or 全国一类大赛省级选拔赛 (二、（二）1).
    #[serde(deserialize_with = "yes_or_no")]
    pub hrss_hosted: bool,
    /// The national contest of class one that it selects for, where it is such a selection (二、（二）1: 全国一类大赛省级选拔赛).
    #[serde(default, deserialize_with = "crate::values::folding::optional_text::deserialize", skip_serializing_if = "Option::is_none")]
    pub selection_for: Option<String>,
    /// 牵头主办单位.
    #[serde(deserialize_with = "crate::values::folding::text::deserialize")]
    pub organiser: String,
    /// The organiser's entry in the bodies' register, where it has one (二、（二）2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organiser_body: Option<BodyCode>,
    /// 组委会（办公室）, in whose name 一赛一授权 certificates are issued; empty where none are.
    #[serde(default, deserialize_with = "crate::values::folding::text::deserialize")]
    pub committee: String,
    /// "00" for the province, else a city's two digits (四、（二）).
    #[serde(deserialize_with = "crate::values::folding::code_text::deserialize")]
    pub jurisdiction: String,
    /// The contest's year; deadlines go by it (六、（一）).
    #[serde(deserialize_with = "year")]
    pub year: i16,
    /// Day of the final; only finals count (二).
    #[serde(deserialize_with = "crate::values::date::deserialize")]
    #[schemars(with = "crate::values::schema::Day")]
    pub final_on: Date,
    /// 发证日期; its year stands in the code (G9, G10).
    #[serde(deserialize_with = "crate::values::date::deserialize")]
    #[schemars(with = "crate::values::schema::Day")]
    pub issued_on: Date,
    /// 赛项.
    pub events: Vec<Event>,
    /// What the head of the summary form says of the organiser besides its name.
    #[serde(default, skip_serializing_if = "OrganiserContact::is_empty")]
    pub organiser_contact: OrganiserContact,
}

/// 附件: the organiser's lines in the head of the summary form. What is empty is filled in by hand.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OrganiserContact {
    /// 单位地址.
    #[serde(deserialize_with = "crate::values::folding::text::deserialize", skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// 联系电话.
    #[serde(deserialize_with = "crate::values::folding::text::deserialize", skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// 大赛牵头主办单位负责人.
    #[serde(deserialize_with = "crate::values::folding::text::deserialize", skip_serializing_if = "String::is_empty")]
    pub responsible: String,
    /// 经办人.
    #[serde(deserialize_with = "crate::values::folding::text::deserialize", skip_serializing_if = "String::is_empty")]
    pub handler: String,
}

impl OrganiserContact {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Debug for OrganiserContact {
    // It holds names and a phone number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrganiserContact").finish_non_exhaustive()
    }
}

impl Contest {
    /// The roster's rows as far as they are known before their winners are: one for each winner of an event, as many as `max`; of an
    /// event whose winners nobody has counted, one.
    pub fn rows_begun(&self, max: usize) -> Vec<Vec<(Field, String)>> {
        let of_event = |event: &Event| {
            let known = vec![
                (Field::Occupation, event.occupation.clone()),
                (Field::OccupationCode, event.occupation_code.clone()),
                (Field::Job, event.job.clone().unwrap_or_default()),
                (Field::Contest, self.name.clone()),
                (Field::Class, self.class.name().to_owned()),
                (Field::Event, event.name.clone()),
            ];
            std::iter::repeat_n(known, event.winners.unwrap_or(1).max(1) as usize)
        };
        let mut rows: Vec<Vec<(Field, String)>> = self.events.iter().flat_map(of_event).take(max).collect();
        for (number, row) in (1..).zip(&mut rows) {
            row.insert(0, (Field::Sequence, format!("{number}")));
        }
        rows
    }
}

/// A contest event (赛项) and the occupation it was held for, fixed by the contest's documents, not typed per winner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// 赛项名称.
    #[serde(deserialize_with = "crate::values::folding::text::deserialize")]
    pub name: String,
    /// 职业名称.
    #[serde(deserialize_with = "crate::values::folding::text::deserialize")]
    pub occupation: String,
    /// Occupation code of the 大典, `D-DD-DD-DD`; empty for a specific ability, which has none.
    #[serde(default, deserialize_with = "crate::values::vocabulary::occupation_code_text::deserialize")]
    pub occupation_code: String,
    /// 工种.
    #[serde(default, deserialize_with = "crate::values::folding::optional_text::deserialize", skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Winners of the final by the commendation document, one row each; unknown where it is not given.
    #[serde(default, deserialize_with = "winners", skip_serializing_if = "Option::is_none")]
    pub winners: Option<u32>,
}

/// Characters of a class that are kept: more than any has.
const MAX_CLASS: usize = 20;
/// Rows that a message lists.
const ROWS_SHOWN: usize = 10;

/// A value with or without quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Flag(bool),
    Number(i64),
    Text(String),
}

/// 是 and 否 too.
fn yes_or_no<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let wrong = || D::Error::custom("应写作 true（是）或 false（否）");
    match Written::deserialize(deserializer).map_err(|_| wrong())? {
        Written::Flag(flag) => Ok(flag),
        Written::Text(text) => toml_text::flag(&text).ok_or_else(wrong),
        Written::Number(_) => Err(wrong()),
    }
}

/// 2022, "2022", "2022年".
fn year<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i16, D::Error> {
    let wrong = || D::Error::custom("年份应写作 2022 这样的四位数字");
    let number = Written::deserialize(deserializer).ok().and_then(|written| written.number_before('年')).ok_or_else(wrong)?;
    i16::try_from(number).ok().filter(|year| (1000..=9999).contains(year)).ok_or_else(wrong)
}

/// 3, "3", "3人".
fn winners<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let wrong = || D::Error::custom("获奖人数应写作 3 这样的数字");
    let written = Option::<Written>::deserialize(deserializer).map_err(|_| wrong())?;
    let number = |written: Written| written.number_before('人').and_then(|number| u32::try_from(number).ok()).ok_or_else(wrong);
    written.map(number).transpose()
}

impl Written {
    /// The number, with its unit or without.
    fn number_before(self, unit: char) -> Option<i64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => folding::folded(&text).trim_end_matches(unit).parse().ok(),
            Self::Flag(_) => None,
        }
    }
}

/// 竞赛类别 as it is written; what is meant by it, a notice says ([`Contest::with_class_of`]).
fn class<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ContestClass, D::Error> {
    folding::text::deserialize(deserializer).map(|text: String| ContestClass::named(text.chars().take(MAX_CLASS).collect::<String>()))
}

impl Notices {
    /// The notice that rules the awards of a contest, see [`Notices::of`].
    ///
    /// # Errors
    /// As there.
    pub fn of_contest(&self, contest: &Contest) -> Result<&Notice, NoticeError> {
        self.of(contest.issued_on, &contest.jurisdiction)
    }
}

/// What the register of filed bodies says of a contest's organiser (二、（二）2).
#[derive(Debug, Clone, Copy, Default)]
pub struct OrganiserEntry<'a> {
    /// The entry whose code the contest cites.
    pub cited: Option<&'a Body>,
    /// The entry that has the organiser's name, where the contest cites none.
    pub named: Option<&'a Body>,
    /// The account that applies: its unit.
    pub unit: &'a str,
}

/// A reason that the Center owes for authorising a contest all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedReason {
    /// What the reason is given under: an event's name, or the finding's code.
    pub key: String,
    /// What it is given for, for the trail.
    pub what: String,
    /// The finding.
    pub finding: Finding,
}

impl OwedReason {
    /// One that is given under the finding's code.
    fn of(finding: Finding) -> Self {
        Self { key: finding.code.to_string(), what: finding.message.clone(), finding }
    }
}

impl Contest {
    /// With the class by the name that the notice has for it; as it is written where the notice knows none.
    #[must_use]
    pub fn with_class_of(self, notice: &Notice) -> Self {
        let meant = notice.class_meant(&self.jurisdiction, self.class.name()).map(|class| class.name.clone());
        Self { class: meant.unwrap_or_else(|| self.class.clone()), ..self }
    }

    /// The event of that name.
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.name == name)
    }

    /// What in the record contradicts itself, the notice or the catalogues on the day `today` (Asia/Shanghai), and whether the day on
    /// which it was handed in, today if it is not yet, is too late.
    pub fn findings(&self, notice: &Notice, catalogues: &Catalogues, today: Date, handed_in: Option<Date>) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut add = |code, message: String| found.push(Finding::new(code, Place::file(CONTEST_FILE), message));
        let named = [(&self.name, "name（大赛名称）"), (&self.organiser, "organiser（牵头主办单位）")];
        for (text, field) in named {
            if text.trim().is_empty() {
                add(FindingCode::ContestInvalid, format!("{field} 为空"));
            }
        }
        if self.events.is_empty() {
            add(FindingCode::ContestInvalid, "没有登记赛项（events）".to_owned());
        }
        for (i, event) in self.events.iter().enumerate() {
            if event.name.trim().is_empty() || event.occupation.trim().is_empty() {
                add(FindingCode::ContestInvalid, format!("第 {} 个赛项缺少名称或职业", i + 1));
            }
            if !event.occupation_code.is_empty() && !is_occupation_code(&event.occupation_code) {
                add(FindingCode::ContestInvalid, format!("赛项“{}”的职业编码不是 D-DD-DD-DD 的形式", event.name));
            }
            if self.events[..i].iter().any(|earlier| earlier.name == event.name) {
                add(FindingCode::ContestInvalid, format!("赛项“{}”登记了两次", event.name));
            }
        }
        self.occupation_findings(catalogues, &mut add);
        self.body_findings(notice, &mut add);
        found.extend(self.decider_finding(notice));
        found.extend(self.year_findings(notice));
        found.extend(self.committee_finding(notice));
        found.extend(self.selection_finding(notice));
        found.extend(self.stage_finding(notice));
        found.extend(self.issue_date_findings(today));
        found.extend(self.deadline_finding(notice, handed_in.unwrap_or(today)));
        found.extend(self.final_finding(today));
        found
    }

    /// The reasons that the Center owes for authorising it: for an event whose name and code are not one entry of the catalogue, for its
    /// year, for the name of its committee, for a name that is that of an earlier stage, and for what `others` found of it that only the
    /// Center can settle.
    pub fn reasons_owed(&self, notice: &Notice, catalogues: &Catalogues, others: Vec<Finding>) -> Vec<OwedReason> {
        let of_event = |event: &Event| {
            let mut found = Vec::new();
            occupation_finding(event, catalogues, &mut |code, message| {
                found.push(Finding::new(code, Place::file(CONTEST_FILE), message));
            });
            let what = format!("赛项“{}”的职业与目录不同", event.name);
            found.pop().map(|finding| OwedReason { key: event.name.clone(), what, finding })
        };
        let own = self.year_findings(notice).into_iter().chain(self.committee_finding(notice)).chain(self.stage_finding(notice));
        let of_record = own.chain(others).map(OwedReason::of);
        let all = self.events.iter().filter_map(of_event).chain(of_record);
        all.filter(|owed| owed.finding.code.needs_the_centers_reason()).collect()
    }

    /// 二 and 七: who decides goes by the jurisdiction, so it must be one of the notice's, and the one that the class is of.
    pub fn decider_finding(&self, notice: &Notice) -> Option<Finding> {
        let Some(own) = notice.jurisdiction(&self.jurisdiction) else {
            let known: Vec<String> = notice.jurisdictions.iter().map(|known| format!("{} {}", known.code, known.name)).collect();
            let message = format!("jurisdiction“{}”不是四川省或市（州）代码（可写：{}）", self.jurisdiction, known.join("、"));
            return Some(Finding::new(FindingCode::ContestInvalid, Place::file(CONTEST_FILE), message));
        };
        let classes = notice.classes_of(&own.code);
        let words = |classes: &[&ClassRule]| classes.iter().map(|class| class.name.name()).collect::<Vec<_>>().join("、");
        let of_whom = format!("jurisdiction“{}”（{}）的竞赛类别可写：{}", own.code, own.name, words(&classes));
        let place = Place::file(CONTEST_FILE);
        let Some(class) = notice.class_meant(&own.code, self.class.name()) else {
            let message =
                format!("class（竞赛类别）“{}”应为：{}；{of_whom}", self.class, words(&notice.classes.iter().collect::<Vec<_>>()));
            return Some(Finding::new(FindingCode::ContestInvalid, place, message));
        };
        if classes.iter().any(|known| known.name == class.name) {
            return None;
        }
        let whose: Vec<String> =
            class.jurisdictions.iter().filter_map(|code| notice.jurisdiction(code)).map(|j| format!("{} {}", j.code, j.name)).collect();
        let whose = if whose.is_empty() { "各市（州）的代码".to_owned() } else { whose.join("、") };
        let message =
            format!("class（竞赛类别）“{}”与 jurisdiction 不相配：{of_whom}；“{}”的 jurisdiction 可写：{whose}", class.name, class.name);
        Some(Finding::new(FindingCode::ClassJurisdiction, place, message).under(&class.clause))
    }

    /// Deadlines and notices go by the contest's year: it is that of the final, and one that the notice is for.
    fn year_findings(&self, notice: &Notice) -> Vec<Finding> {
        let finding = |code, message| Finding::new(code, Place::file(CONTEST_FILE), message);
        let of_final = self.final_on.year();
        let due = || match notice.deadlines.iter().find(|deadline| deadline.contest_years.contains(&of_final)) {
            Some(deadline) => format!("；{of_final} 年的竞赛应于 {} 前申报", deadline.last_day.strftime("%Y年%m月%d日")),
            None => String::new(),
        };
        let said = || format!("year = {} 与决赛日期 {} 不是同一年{}", self.year, self.final_on, due());
        let other = (self.year != of_final).then(|| finding(FindingCode::ContestYear, said()));
        let from = notice.notice.contest_years_from.filter(|from| self.year < *from);
        let early = from.map(|from| {
            let message = format!("year = {}：{}适用于 {from} 年及以后的竞赛，此前的待确认", self.year, notice.notice.number);
            finding(FindingCode::ContestYearEarly, message)
        });
        other.into_iter().chain(early).collect()
    }

    /// 二、（二）: a name that is given for the committee and names none.
    fn committee_finding(&self, notice: &Notice) -> Option<Finding> {
        let is_odd = !self.committee.is_empty() && !notice.committee.names(&self.committee);
        let message = || format!("committee“{}”不像组委会（办公室）的名称", self.committee);
        is_odd.then(|| Finding::new(FindingCode::CommitteeName, Place::file(CONTEST_FILE), message()))
    }

    /// 二、（二）1: a selection for a national contest is one that the human-resources department hosts.
    fn selection_finding(&self, notice: &Notice) -> Option<Finding> {
        let national = self.selection_for.as_ref()?;
        let finding = |code, message| Some(Finding::new(code, Place::file(CONTEST_FILE), message));
        if !self.hrss_hosted {
            return finding(
                FindingCode::ContestInvalid,
                "selection_for 只用于人社部门主办或会同主办的省级选拔赛：hrss_hosted 应为 true".to_owned(),
            );
        }
        let words = notice.rank.selection_words.join("、");
        finding(FindingCode::SelectionContest, format!("selection_for“{national}”：本大赛是其省级选拔赛，奖项中的“{words}”按决赛阶段办理"))
    }

    /// 二: certificates are for winners of finals. A contest or an event that is named after an earlier stage is asked about, a selection
    /// excepted where the contest says that it is one.
    fn stage_finding(&self, notice: &Notice) -> Option<Finding> {
        let is_selection = self.selection_for.is_some();
        let names = std::iter::once(("大赛名称", &self.name)).chain(self.events.iter().map(|event| ("赛项", &event.name)));
        let named = names.filter_map(|(what, name)| Some(format!("{what}“{name}”含“{}”", notice.rank.earlier_stage(name, is_selection)?)));
        let said: Vec<String> = named.take(5).collect();
        (!said.is_empty()).then(|| Finding::new(FindingCode::ContestStage, Place::file(CONTEST_FILE), said.join("；")))
    }

    /// 二、（二）2: whether the organiser is the filed body whose code it cites, and the account that body's.
    pub fn organiser_findings(&self, notice: &Notice, entry: OrganiserEntry<'_>) -> Vec<Finding> {
        // A code that cannot be is told as such.
        if self.body_problem(notice).is_some() {
            return Vec::new();
        }
        let finding = |code, message| vec![Finding::new(code, Place::file(CONTEST_FILE), message)];
        match (&self.organiser_body, entry) {
            (Some(code), OrganiserEntry { cited: None, .. }) => {
                finding(FindingCode::OrganiserBody, format!("organiser_body“{code}”不在备案机构名册中"))
            }
            (Some(code), OrganiserEntry { cited: Some(body), .. }) if !body.is_named(&self.organiser) => {
                let message = format!("organiser“{}”不是备案机构 {code} 的名称：名册中为“{}”", self.organiser, body.name);
                finding(FindingCode::OrganiserBody, message)
            }
            (Some(code), OrganiserEntry { cited: Some(body), unit, .. }) if !body.is_of(unit) => finding(
                FindingCode::OrganiserAccount,
                format!("organiser_body“{code}”：申报账号“{unit}”不是这家机构的，也没有由省职鉴中心登记"),
            ),
            (None, OrganiserEntry { named: Some(body), .. }) => {
                let message = format!("organiser“{}”在备案机构名册中（{}），没有填写 organiser_body", self.organiser, body.code);
                finding(FindingCode::OrganiserFiled, message)
            }
            _ => Vec::new(),
        }
    }

    /// 二: certificates are for winners, and nobody has won a final that is after `today`.
    pub fn final_finding(&self, today: Date) -> Option<Finding> {
        let message = || format!("决赛日期 {} 晚于今天 {today}", self.final_on);
        (self.final_on > today).then(|| Finding::new(FindingCode::FinalAhead, Place::file(CONTEST_FILE), message()))
    }

    /// The date of issue is not before the final and not after `today`.
    pub fn issue_date_findings(&self, today: Date) -> Vec<Finding> {
        let early = (self.issued_on < self.final_on).then(|| format!("发证日期 {} 早于决赛日期 {}", self.issued_on, self.final_on));
        let late = (self.issued_on > today).then(|| format!("发证日期 {} 晚于今天 {today}", self.issued_on));
        let finding = |message| Finding::new(FindingCode::IssueDateOdd, Place::file(CONTEST_FILE), message);
        early.into_iter().chain(late).map(finding).collect()
    }

    /// Those of them that the Center owes a reason for (G10): the year of the date stands in the code. That it is some days ahead is only
    /// told.
    pub fn issue_date_reasons(&self, today: Date) -> Vec<Finding> {
        let is_grave = self.issued_on < self.final_on || self.issued_on.year() > today.year();
        if is_grave { self.issue_date_findings(today) } else { Vec::new() }
    }

    /// 六、（一）: whether it is too late for contests of this year, of an application that is handed in complete on `day` (G11).
    pub fn deadline_finding(&self, notice: &Notice, day: Date) -> Option<Finding> {
        let deadline = notice.passed_deadline(self.year, day)?;
        let message = format!("{}年竞赛的申报应于 {} 前完成，已经逾期", self.year, deadline.last_day.strftime("%Y年%m月%d日"));
        Some(Finding::new(FindingCode::DeadlinePassed, Place::file(CONTEST_FILE), message).under(&deadline.clause))
    }

    /// 六、（一）: that its unit made another contest of it on `day`, after it was handed in complete, when it was too late for that one. What
    /// was in time is the contest that was handed in.
    pub fn exchanged_finding(&self, notice: &Notice, day: Date) -> Option<Finding> {
        let late = self.deadline_finding(notice, day)?;
        let message =
            format!("首次提交后，申报单位于 {day} 改了大赛名称、牵头主办单位、年度、决赛日期或赛项，当时已经逾期：须核实仍是原来的大赛");
        Some(Finding { clause: late.clause, ..Finding::new(FindingCode::ContestExchanged, Place::file(CONTEST_FILE), message) })
    }

    /// 六、（一）: that the winners of these rows were handed in on `day`, when it was too late for the contest, and not before.
    pub fn newcomers_finding(&self, notice: &Notice, rows: &[u32], day: Date) -> Option<Finding> {
        let deadline = notice.passed_deadline(self.year, day).filter(|_| !rows.is_empty())?;
        let last_day = deadline.last_day.strftime("%Y年%m月%d日");
        let message = format!("第 {} 行的选手不在 {last_day} 截止以前提交的名单中，是 {day} 才报来的", text::listed(rows, ROWS_SHOWN));
        Some(Finding::new(FindingCode::WinnersLate, Place::file(notice.file(Material::Roster)), message).under(&deadline.clause))
    }

    fn occupation_findings(&self, catalogues: &Catalogues, add: &mut impl FnMut(FindingCode, String)) {
        self.events.iter().for_each(|event| occupation_finding(event, catalogues, add));
    }

    fn body_findings(&self, notice: &Notice, add: &mut impl FnMut(FindingCode, String)) {
        if let Some(problem) = self.body_problem(notice) {
            add(FindingCode::ContestInvalid, problem);
        }
    }

    /// Why the code of the organiser's entry can be that of no body.
    fn body_problem(&self, notice: &Notice) -> Option<String> {
        let body = self.organiser_body.as_ref()?;
        match BodyCode::parse(&notice.code, body.as_str()) {
            Err(error) => Some(error.to_string()),
            Ok(body) if body.is_human_resources(&notice.code) => {
                Some(format!("organiser_body 不能用人社系统的特殊值 {}", notice.code.hrss_special))
            }
            Ok(_) => None,
        }
    }
}

/// The catalogue is no authority: what differs from it is a warning, unless name and code are two entries of it.
fn occupation_finding(event: &Event, catalogues: &Catalogues, add: &mut impl FnMut(FindingCode, String)) {
    let occupations = &catalogues.occupations;
    let edition = &occupations.edition().edition;
    let (code, name) = (&event.occupation_code, &event.occupation);
    // With a 工种 or a note behind it, it is the same occupation.
    let alone = name_alone(name);
    let named = || occupations.code_of(name).map(|code| (name.as_str(), code)).or_else(|| Some((alone, occupations.code_of(alone)?)));
    if !is_occupation_code(code) {
        // A specific ability has no code; what is called as an occupation has one. A code that is none is told as such.
        if let Some((known, listed)) = named().filter(|_| code.is_empty()) {
            let message =
                format!("赛项“{}”没有职业编码，而“{known}”在职业目录（{edition}）中的编码为 {listed}；是这一职业的，请填写", event.name);
            add(FindingCode::OccupationName, message);
        }
        return;
    }
    match (occupations.get(code), named()) {
        (None, Some((known, listed))) => {
            let message = format!("赛项“{}”的职业编码 {code} 不在职业目录（{edition}）中；“{known}”在目录中的编码为 {listed}", event.name);
            add(FindingCode::OccupationUnknown, message);
        }
        (None, None) => {
            let message = format!("赛项“{}”的职业编码 {code} 不在职业目录（{edition}）中；也没有“{name}”这一职业", event.name);
            add(FindingCode::OccupationUnknown, message);
        }
        (Some(listed), _) if folding::alike(&listed.name, name) => {}
        (Some(listed), Some((known, other))) if other != code => {
            let message = format!(
                "赛项“{}”的职业名称和编码在职业目录（{edition}）中是两个职业：“{known}”的编码为 {other}，{code} 是“{}”；请核对以哪一个为准",
                event.name, listed.name
            );
            add(FindingCode::OccupationConflict, message);
        }
        (Some(listed), named) => {
            let is_job = listed.jobs.iter().any(|job| folding::alike(job, name));
            let way = match named {
                _ if is_job => format!("，“{name}”是它的工种，请写在工种（job）中"),
                Some((known, _)) => format!("，请只写“{known}”，其余是工种的写在工种（job）中"),
                None => String::new(),
            };
            let message =
                format!("赛项“{}”的职业名称“{name}”与职业目录（{edition}）不同：{code} 在目录中为“{}”{way}", event.name, listed.name);
            add(FindingCode::OccupationName, message);
        }
    }
}

/// The name of an occupation before a 工种, a level or a note: `社会体育指导员（游泳）`, `车工/数控车工`, `车工 三级`.
fn name_alone(name: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || "（(【[〔—–-/、，,；;：:·".contains(c);
    name.trim().split(ends).next().unwrap_or(name).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contest(occupation: &str, occupation_code: &str) -> Contest {
        let day = jiff::civil::date(2022, 6, 20);
        let event = Event {
            name: "赛项甲".into(),
            occupation: occupation.into(),
            occupation_code: occupation_code.into(),
            job: None,
            winners: None,
        };
        Contest {
            name: "大赛".into(),
            class: ContestClass::PROVINCIAL_TWO,
            hrss_hosted: false,
            selection_for: None,
            organiser: "协会".into(),
            organiser_body: None,
            committee: "样例大赛组委会".into(),
            jurisdiction: "00".into(),
            year: 2022,
            final_on: day,
            issued_on: day,
            events: vec![event],
            organiser_contact: OrganiserContact::default(),
        }
    }

    fn found(occupation: &str, occupation_code: &str) -> Vec<Finding> {
        let notices = Notices::built_in().expect("notices");
        let contest = contest(occupation, occupation_code);
        contest.findings(notices.general(), &Catalogues::built_in().expect("catalogues"), contest.issued_on, None)
    }

    #[test]
    fn an_occupation_that_the_catalogue_has_otherwise_is_a_warning() {
        assert_eq!(found("车工", "6-18-01-01"), []);
        assert_eq!(found("面塑制作", ""), [], "a specific ability has no code");
        let cases = [
            ("车工", "6-18-01-99", FindingCode::OccupationUnknown, "“车工”在目录中的编码为 6-18-01-01"),
            ("某工", "6-18-01-99", FindingCode::OccupationUnknown, "也没有“某工”这一职业"),
            ("数控车工", "6-18-01-01", FindingCode::OccupationName, "6-18-01-01 在目录中为“车工”"),
            ("智能车床操作员", "6-18-01-01", FindingCode::OccupationName, "6-18-01-01 在目录中为“车工”"),
            ("社会体育指导员（游泳）", "4-14-05-01", FindingCode::OccupationName, "请只写“社会体育指导员”"),
            ("消防设施操作员", "", FindingCode::OccupationName, "“消防设施操作员”在职业目录"),
            ("⻋工", "6-18-01-99", FindingCode::OccupationUnknown, "在目录中的编码为 6-18-01-01"),
        ];
        for (name, code, expected, says) in cases {
            let found = found(name, code);
            assert_eq!(found.iter().map(|f| f.code).collect::<Vec<_>>(), [expected], "{name} {code}");
            assert!(found[0].message.contains(says) && !found[0].is_error(), "{}", found[0]);
        }
    }

    #[test]
    fn the_center_owes_a_reason_for_a_name_and_a_code_that_are_not_one_entry() {
        let catalogues = Catalogues::built_in().expect("catalogues");
        let notices = Notices::built_in().expect("notices");
        let owed = |occupation: &str, code: &str| contest(occupation, code).reasons_owed(notices.general(), &catalogues, Vec::new()).len();
        for (name, code) in [("数控车工", "6-18-01-01"), ("车工", "6-18-01-99"), ("某工", "6-18-01-99"), ("消防员", "")] {
            assert_eq!(owed(name, code), 1, "{name} {code}");
        }
        for (name, code) in [("车工", "6-18-01-01"), ("社会体育指导员", "4-13-04-01"), ("面塑制作", "")] {
            assert_eq!(owed(name, code), 0, "{name} {code}");
        }
    }

    #[test]
    fn a_name_and_a_code_of_two_entries_are_an_error_that_names_both() {
        // A 工种, a level or a note behind the name hides nothing.
        for name in [
            "社会体育指导员",
            "社会体育指导员（游泳、滑雪、潜水、攀岩）",
            "社会体育指导员—游泳",
            "社会体育指导员 三级",
            "社会体育指导员/游泳",
        ] {
            let found = found(name, "4-13-04-01");
            assert_eq!(found.iter().map(|f| f.code).collect::<Vec<_>>(), [FindingCode::OccupationConflict], "{name}");
            assert!(found[0].is_error());
            for part in ["“社会体育指导员”", "4-13-04-01", "在线学习服务师", "哪一个"] {
                assert!(found[0].message.contains(part), "{}", found[0]);
            }
        }
    }

    #[test]
    fn values_are_taken_as_they_are_meant() {
        let text = r#"
            name = "四川省\u200B样例大赛"
            class = "一类"
            hrss_hosted = true
            organiser = " 四川省样例协会\u00A0"
            committee = "组委会\n"
            jurisdiction = "００"
            year = 2022
            final_on = "2022年5月28日"
            issued_on = 2022-06-20
            [[events]]
            name = "\uFEFF数控车"
            occupation = "车工"
            occupation_code = "6—18–01‑01"
            job = " "
        "#;
        let contest: Contest = toml::from_str(text).expect("a contest");
        assert_eq!((contest.name.as_str(), contest.class.name(), contest.organiser.as_str()), ("四川省样例大赛", "一类", "四川省样例协会"));
        assert_eq!((contest.committee.as_str(), contest.jurisdiction.as_str()), ("组委会", "00"));
        assert_eq!(contest.final_on, jiff::civil::date(2022, 5, 28));
        let notices = Notices::built_in().expect("notices");
        assert_eq!(contest.clone().with_class_of(notices.general()).class, ContestClass::PROVINCIAL_ONE);
        let event = &contest.events[0];
        assert_eq!((event.name.as_str(), event.occupation_code.as_str(), event.job.as_deref()), ("数控车", "6-18-01-01", None));
    }

    const RECORD: &str = r#"
        name = "大赛"
        class = "省级一类"
        hrss_hosted = true
        organiser = "协会"
        committee = "组委会"
        jurisdiction = "00"
        year = 2022
        final_on = 2022-05-28
        issued_on = 2022-06-20
        [[events]]
        name = "数控车"
        occupation = "车工"
        occupation_code = "6-18-01-01"
        winners = 3
    "#;

    #[test]
    fn values_may_stand_in_quotes_and_in_chinese() {
        let plain: Contest = toml::from_str(RECORD).expect("a contest");
        for (written, meant) in [
            ("hrss_hosted = true", "hrss_hosted = \"是\""),
            ("hrss_hosted = true", "hrss_hosted = \"true\""),
            ("year = 2022", "year = \"2022\""),
            ("year = 2022", "year = \"２０２２年\""),
            ("winners = 3", "winners = \"3人\""),
            ("final_on = 2022-05-28", "final_on = 20220528"),
            ("\"6-18-01-01\"", "\"6~18~01~01\""),
        ] {
            assert_eq!(toml::from_str::<Contest>(&RECORD.replace(written, meant)).expect(meant), plain, "{meant}");
        }
        let json = serde_json::to_string(&plain).expect("written").replace("\"winners\":3", "\"winners\":null");
        assert_eq!(serde_json::from_str::<Contest>(&json).expect("none is said").events[0].winners, None);
        for (written, wrong, says) in [
            ("hrss_hosted = true", "hrss_hosted = \"可能\"", "true（是）或 false（否）"),
            ("year = 2022", "year = 22", "四位数字"),
            ("winners = 3", "winners = \"三人\"", "获奖人数"),
        ] {
            let error = toml::from_str::<Contest>(&RECORD.replace(written, wrong)).expect_err(wrong).to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    /// D.6: a text that is kept holds no control character, whatever file or request it comes from.
    #[test]
    fn a_control_character_is_refused_by_its_place() {
        for (written, wrong, says) in [
            ("\"协会\"", r#""四川\u001b[31m样例""#, "第 3 个字是控制字符 U+001B"),
            ("\"大赛\"", r#""a\u0007b""#, "第 2 个字是控制字符 U+0007"),
            ("\"数控车\"", r#""数控\u009b车""#, "第 3 个字是控制字符 U+009B"),
            ("\"6-18-01-01\"", r#""6-18-01-01\u0000""#, "第 11 个字是控制字符 U+0000"),
        ] {
            let text = RECORD.replace(written, wrong);
            let error = toml::from_str::<Contest>(&text).expect_err(wrong).to_string();
            assert!(error.contains(says), "{error}");
        }
        let seen: Contest = toml::from_str(&RECORD.replace("\"协会\"", r#""四川\u202e协会\u200b""#)).expect("only not seen");
        assert_eq!(seen.organiser, "四川协会");
    }

    #[test]
    fn a_malformed_occupation_code_is_said_once() {
        assert_eq!(found("车工", "61801").iter().map(|f| f.code).collect::<Vec<_>>(), [FindingCode::ContestInvalid]);
    }

    #[test]
    fn 二_2_a_committee_is_named_by_more_than_the_word() {
        let notices = Notices::built_in().expect("notices");
        for (name, is_one) in [
            ("样例大赛组委会", true),
            ("样例大赛组委会办公室", true),
            ("样例大赛组委会（办公室）", true),
            ("组委会", false),
            ("组委会（办公室）", false),
            ("样例协会", false),
        ] {
            assert_eq!(notices.general().committee.names(name), is_one, "{name}");
        }
    }

    #[test]
    fn 二_a_contest_that_is_named_after_an_earlier_stage_is_asked_about() {
        let (notices, catalogues) = (Notices::built_in().expect("notices"), Catalogues::built_in().expect("catalogues"));
        let named = |name: &str, event: &str, selection_for: Option<&str>| {
            let mut contest = contest("车工", "6-18-01-01");
            contest.name = name.to_owned();
            contest.events[0].name = event.to_owned();
            contest.hrss_hosted = true;
            contest.selection_for = selection_for.map(str::to_owned);
            let found = contest.findings(notices.general(), &catalogues, contest.issued_on, None);
            let owed = contest.reasons_owed(notices.general(), &catalogues, Vec::new());
            let asked = found.iter().filter(|finding| finding.code == FindingCode::ContestStage).count();
            assert_eq!(asked, owed.iter().filter(|owed| owed.finding.code == FindingCode::ContestStage).count());
            asked
        };
        for (name, event, selection_for, asked) in [
            ("样例职业技能竞赛初赛", "数控车", None, 1),
            ("样例职业技能竞赛（成都分赛区）", "数控车", None, 1),
            ("样例职业技能竞赛（成都分赛区决赛）", "数控车", None, 0),
            ("样例职业技能竞赛", "数控车（预赛）", None, 1),
            ("样例大赛四川省选拔赛", "数控车", None, 1),
            ("样例大赛四川省选拔赛", "数控车", Some("全国样例大赛"), 0),
            ("样例大赛四川省选拔赛初赛", "数控车", Some("全国样例大赛"), 1),
            ("样例职业技能竞赛初赛暨决赛", "数控车", None, 0),
            ("样例职业技能竞赛", "数控车", None, 0),
        ] {
            assert_eq!(named(name, event, selection_for), asked, "{name} {event} {selection_for:?}");
        }
    }

    #[test]
    fn nobody_has_won_a_final_that_is_to_come() {
        let (notices, catalogues) = (Notices::built_in().expect("notices"), Catalogues::built_in().expect("catalogues"));
        let contest = contest("车工", "6-18-01-01");
        assert_eq!(contest.final_finding(contest.final_on), None, "on the day itself");
        let ahead = contest.final_finding(contest.final_on.yesterday().expect("a day")).expect("a finding");
        let owed = contest.reasons_owed(notices.general(), &catalogues, vec![ahead]);
        assert!(owed.iter().any(|owed| owed.finding.code == FindingCode::FinalAhead), "{:?}", owed.len());
    }
}
