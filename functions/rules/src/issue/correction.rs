//! 更正: what may be put right on a certificate, and which corrections two people decide.
//!
//! A correction of level, date or issuing body is the decision on the row made anew ([`super::decision::plan`]): the notice,
//! the catalogues and the bodies' register say what stands on the certificate, never the request. What the request names
//! must be what they say (docs/decisions/0017).

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogues;
use crate::intake::contest::Contest;
use crate::intake::entry::{Entry, PersonCorrection};
use crate::intake::promotion;
use crate::intake::row::{MIN_AGE, age};
use crate::issue::application::PlannedRow;
use crate::issue::decision::{DecisionInputs, plan};
use crate::notice::{Notice, Notices, NumberRule};
use crate::numbers::body::{Body, BodyCode};
use crate::numbers::code::{CertificateCode, CodePrefix};
use crate::values::finding::{Finding, FindingCode, Place};
use crate::values::party::IssuingUnit;
use crate::values::schema::Day;
use crate::values::text::{MAX_ORGANISATION, bounded};
use crate::values::vocabulary::{CertificateType, Field, Material};

/// What is put right on a certificate; whatever is not named stays.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// 姓名
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 证件类型
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    /// 证件号码
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// Digit of the level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Date of issue: not before the final, not after today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub issued_on: Option<Date>,
    /// Positions 1–13 of the issuing body: those that the notice gives the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Its name on the certificate: the one that the notice or the register gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuing_body: Option<String>,
    /// Its number, where one that was entered by hand is wrong (G13): letters, digits and `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// It holds a name and a document number.
impl std::fmt::Debug for Correction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Correction").field("level", &self.level).field("issued_on", &self.issued_on).finish_non_exhaustive()
    }
}

/// What a correction is decided from.
#[derive(Debug, Clone, Copy)]
pub struct CorrectionInputs<'a> {
    /// The notice that rules the contest.
    pub notice: &'a Notice,
    /// The notices under which the application was authorised.
    pub notices: &'a Notices,
    /// The catalogues of the same moment.
    pub catalogues: &'a Catalogues,
    /// The contest.
    pub contest: &'a Contest,
    /// The organiser's entry in the bodies' register, where it is filed.
    pub organiser: Option<&'a Body>,
    /// Of which type the certificate is: it stays of that type.
    pub certificate_type: CertificateType,
    /// The certificate's code.
    pub code: &'a CertificateCode,
    /// Who issued it.
    pub reviewer: &'a IssuingUnit,
    /// The winner as the certificate has it.
    pub entry: &'a Entry,
    /// The winner as the roster had it: two corrections, one after the other, do not make another person of it unseen.
    pub judged: &'a Entry,
    /// The date on it.
    pub issued_on: Date,
    /// Whose name stands on it.
    pub issuing_body: &'a str,
    /// Today in Asia/Shanghai.
    pub today: Date,
}

/// Why a correction needs the approval of a second person, of the Center.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalReason {
    /// 颁证机构: another body, or another name of it.
    Body,
    /// 等级
    Level,
    /// 获奖选手: neither name nor number are those of the roster.
    Person,
}

impl ApprovalReason {
    /// The word that units and staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Body => "颁证机构",
            Self::Level => "等级",
            Self::Person => "获奖选手",
        }
    }
}

/// A correction that may be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Corrected {
    /// The winner after it.
    pub entry: Entry,
    /// What the row gets, where its code is another one.
    pub reissued: Option<NewCode>,
    /// The date on it, where that is another one and the number stays.
    pub redated: Option<Date>,
    /// The number in the place of one that was entered by hand.
    pub renumbered: Option<CertificateCode>,
    /// Why a second person must approve it; empty where none must.
    pub approval: Vec<ApprovalReason>,
    /// What advises against it: a reason is owed.
    pub advice: Vec<Finding>,
}

/// What the certificate of a new code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    /// Positions 1–16.
    pub prefix: CodePrefix,
    /// The date on it.
    pub issued_on: Date,
    /// Whose name stands on it.
    pub issuing_body: String,
    /// Who seals on its behalf, where that is decided anew.
    pub sealed_by: Option<Option<String>>,
}

/// Why nothing is corrected.
#[derive(Debug, Clone, PartialEq)]
pub enum CorrectionError {
    /// The request asks for what cannot be; in Chinese.
    Refused(String),
    /// The rules say no.
    Findings(Vec<Finding>),
}

impl CorrectionError {
    fn refused(message: impl Into<String>) -> Self {
        Self::Refused(message.into())
    }
}

impl Correction {
    /// Decides it: what stands on the certificate afterwards.
    ///
    /// # Errors
    /// See [`CorrectionError`].
    pub fn decide(&self, inputs: CorrectionInputs<'_>) -> Result<Corrected, CorrectionError> {
        let deciding = Deciding { correction: self, of: inputs, notice: inputs.notice };
        deciding.decide()
    }
}

/// The body that a request names, by code, name or both.
struct NamedBody<'a> {
    code: Option<BodyCode>,
    name: Option<&'a str>,
}

impl NamedBody<'_> {
    /// Whether it is that body, as far as it is named.
    fn is(&self, code: &str, name: &str) -> bool {
        self.code.as_ref().is_none_or(|named| named.as_str() == code) && self.name.is_none_or(|named| named == name)
    }
}

/// A correction under decision.
struct Deciding<'a> {
    correction: &'a Correction,
    of: CorrectionInputs<'a>,
    notice: &'a Notice,
}

impl Deciding<'_> {
    fn decide(&self) -> Result<Corrected, CorrectionError> {
        let entry = self.entry()?;
        let renumbered = self.new_number()?;
        let (reissued, redated) = match self.of.certificate_type {
            CertificateType::SkillLevel => (self.new_code(&entry)?, None),
            CertificateType::SpecificAbility => (None, self.new_date_of_specific_ability()?),
            CertificateType::Qualification => return Err(CorrectionError::refused("职业资格证书由其颁证机构更正（二、（一））")),
        };
        if entry == *self.of.entry && reissued.is_none() && redated.is_none() && renumbered.is_none() {
            return Err(CorrectionError::refused(if *self.correction == Correction::default() {
                "未写明更正的内容"
            } else {
                "更正的内容与现有内容相同"
            }));
        }
        let approval = self.approval(&entry, reissued.as_ref());
        let decided_anew = reissued.is_some() || redated.is_some() || approval.contains(&ApprovalReason::Person);
        let late = self.of.contest.deadline_finding(self.notice, self.of.today).filter(|_| decided_anew);
        if let Some(late) = late {
            return Err(CorrectionError::Findings(vec![late]));
        }
        let advice = if entry.level == self.of.entry.level { Vec::new() } else { self.advice(&entry) };
        Ok(Corrected { entry, reissued, redated, renumbered, approval, advice })
    }

    /// The winner with what is put right, judged as the cells of a roster are.
    fn entry(&self) -> Result<Entry, CorrectionError> {
        let Correction { name, document_type, document_number, level, .. } = self.correction;
        let person = PersonCorrection {
            name: name.as_deref(),
            document_type: document_type.as_deref(),
            document_number: document_number.as_deref(),
        };
        let mut entry = self.of.entry.corrected(self.of.catalogues, person).map_err(CorrectionError::Refused)?;
        let born = entry.document_number.birth_and_gender().map(|(born, _)| born);
        if born.is_some_and(|born| age(born, self.of.contest.final_on) < MIN_AGE) {
            let message = format!("决赛当日未满 {MIN_AGE} 周岁");
            return Err(self.finding(FindingCode::AgeUnder16, Field::DocumentNumber, message));
        }
        if let Some(digit) = level {
            if self.notice.level_by_digit(*digit).is_none() {
                return Err(CorrectionError::refused("没有这个等级"));
            }
            let own = self.of.catalogues.occupations.occupation_levels(&entry.occupation_code);
            if own.is_some_and(|own| !own.contains(digit)) {
                let message = format!("职业“{}”没有这个等级", entry.occupation);
                return Err(self.finding(FindingCode::LevelNotOfOccupation, Field::Level, message));
            }
            entry.level = Some(*digit);
        }
        Ok(entry)
    }

    /// What the row gets by the notice, where level, date or body are put right; none where all of them stay.
    fn new_code(&self, entry: &Entry) -> Result<Option<NewCode>, CorrectionError> {
        let named = self.named_body()?;
        let issued_on = self.correction.issued_on.unwrap_or(self.of.issued_on);
        let same_body = named.as_ref().is_none_or(|named| named.is(self.body_of(self.of.code.as_str()), self.of.issuing_body));
        if entry.level == self.of.entry.level && issued_on == self.of.issued_on && same_body {
            return Ok(None);
        }
        let contest = self.contest_issued_on(issued_on)?;
        let (row, prefix) = self.planned(&contest, entry)?;
        let issuing_body = self.issuing_body(&row, &prefix, named)?;
        let sealed_by = (issuing_body != self.of.issuing_body).then_some(row.sealed_by);
        Ok(Some(NewCode { prefix, issued_on, issuing_body, sealed_by }))
    }

    /// 一, 二、（三）: it has no level, and the Center issues it; so of what is decided on it, the date alone can be wrong.
    fn new_date_of_specific_ability(&self) -> Result<Option<Date>, CorrectionError> {
        let Correction { level, body, issuing_body, issued_on, .. } = self.correction;
        if level.is_some() {
            return Err(CorrectionError::refused("专项职业能力证书没有等级（一），不能更正等级；证书类型有误的，请注销后重新申报"));
        }
        if body.is_some() || issuing_body.is_some() {
            return Err(CorrectionError::refused("专项职业能力证书由职鉴中心颁发（二、（三）），颁证机构不能更正"));
        }
        let Some(day) = issued_on.filter(|day| *day != self.of.issued_on) else { return Ok(None) };
        self.contest_issued_on(day)?;
        let is_drawn_by_year = self.of.code.drawn(self.notice).is_some();
        if is_drawn_by_year && day.year() != self.of.issued_on.year() {
            return Err(CorrectionError::refused("编号含发证年份，不能更正为另一年的日期：请注销后重新申报"));
        }
        Ok(Some(day))
    }

    /// G13: a number that somebody typed can be mistyped; one that was drawn is what the counter gave.
    fn new_number(&self) -> Result<Option<CertificateCode>, CorrectionError> {
        let Some(typed) = &self.correction.number else { return Ok(None) };
        match self.notice.type_rule(self.of.certificate_type).map(|rule| &rule.number) {
            Some(NumberRule::ByHand) => {}
            Some(NumberRule::Code | NumberRule::Pattern(_) | NumberRule::External) | None => {
                return Err(CorrectionError::refused("编号由系统给出，不能更正；只有手工登记的编号可以更正"));
            }
        }
        let number = CertificateCode::entered(self.notice, typed).map_err(|error| CorrectionError::Refused(error.to_string()))?;
        Ok(Some(number).filter(|number| number != self.of.code))
    }

    /// The contest as if it were issued that day: the same notice must rule it then.
    fn contest_issued_on(&self, issued_on: Date) -> Result<Contest, CorrectionError> {
        let contest = Contest { issued_on, ..self.of.contest.clone() };
        let dates = contest.issue_date_findings(self.of.today);
        if !dates.is_empty() {
            return Err(CorrectionError::Findings(dates));
        }
        let same = self.of.notices.of_contest(&contest).is_ok_and(|notice| notice.notice.number == self.notice.notice.number);
        if same {
            Ok(contest)
        } else {
            Err(CorrectionError::refused("更正后的发证日期适用另一份文件，不能更正：请注销后重新申报"))
        }
    }

    /// Positions 1–13 of a code.
    fn body_of<'c>(&self, code: &'c str) -> &'c str {
        code.get(..self.notice.code.body_width).unwrap_or_default()
    }

    fn named_body(&self) -> Result<Option<NamedBody<'_>>, CorrectionError> {
        let Correction { body, issuing_body, .. } = self.correction;
        let code = body.as_deref().map(|text| BodyCode::parse(&self.notice.code, text)).transpose();
        let code = code.map_err(|error| CorrectionError::Refused(error.to_string()))?;
        let name = issuing_body.as_deref().map(|text| bounded("颁证机构名称", text, MAX_ORGANISATION)).transpose();
        let name = name.map_err(CorrectionError::Refused)?;
        Ok((code.is_some() || name.is_some()).then_some(NamedBody { code, name }))
    }

    /// The decision on the row, made anew: the same issuing unit must come of it, for the certificate stays in its lot.
    fn planned(&self, contest: &Contest, entry: &Entry) -> Result<(PlannedRow, CodePrefix), CorrectionError> {
        let inputs = DecisionInputs {
            notice: self.notice,
            catalogues: self.of.catalogues,
            contest,
            approved_on: self.of.today,
            organiser: self.of.organiser,
        };
        let plan = plan(inputs, [entry]).map_err(CorrectionError::Findings)?;
        let row = plan.rows.into_iter().next().ok_or_else(|| CorrectionError::refused("没有可更正的证书"))?;
        let prefix = row.prefix.clone().filter(|_| row.certificate_type == CertificateType::SkillLevel);
        let prefix = prefix.ok_or_else(|| CorrectionError::refused("更正后不再是职业技能等级证书：请注销后重新申报"))?;
        if row.reviewer != *self.of.reviewer {
            let message = format!("按通知应由 {} 颁发，不能更正为本机构的证书：请注销后重新申报", row.reviewer);
            return Err(CorrectionError::Refused(message));
        }
        Ok((row, prefix))
    }

    /// The name on the certificate. What the request says of the body must be what the notice and the register say.
    fn issuing_body(&self, row: &PlannedRow, prefix: &CodePrefix, named: Option<NamedBody<'_>>) -> Result<String, CorrectionError> {
        let planned = self.body_of(prefix.as_str());
        let Some(named) = named else {
            if self.body_of(self.of.code.as_str()) == planned {
                return Ok(self.of.issuing_body.to_owned());
            }
            return Err(CorrectionError::Refused(format!("按通知颁证机构代码应为 {planned}，须一并更正")));
        };
        if !named.is(planned, &row.issuing_body) {
            let message = format!("颁证机构由通知和备案登记决定，这份证书应为 {planned} {}", row.issuing_body);
            return Err(CorrectionError::Refused(message));
        }
        Ok(row.issuing_body.clone())
    }

    fn approval(&self, entry: &Entry, reissued: Option<&NewCode>) -> Vec<ApprovalReason> {
        let mut reasons = Vec::new();
        let other_body = reissued.is_some_and(|new| {
            new.issuing_body != self.of.issuing_body || self.body_of(new.prefix.as_str()) != self.body_of(self.of.code.as_str())
        });
        if other_body {
            reasons.push(ApprovalReason::Body);
        }
        if entry.level != self.of.entry.level {
            reasons.push(ApprovalReason::Level);
        }
        let touched = entry.name != self.of.entry.name || entry.document_number != self.of.entry.document_number;
        if touched && entry.name != self.of.judged.name && entry.document_number != self.of.judged.document_number {
            reasons.push(ApprovalReason::Person);
        }
        reasons
    }

    /// 附件备注1 and the promotion table, as for a row that is handed in. What the entry does not keep (组别, scores, the size
    /// of a team) is read in its favour.
    fn advice(&self, entry: &Entry) -> Vec<Finding> {
        let Some(level) = entry.level else { return Vec::new() };
        let held = promotion::not_above_held(self.notice, entry, level);
        let held = held.map(|message| Finding::new(FindingCode::LevelHeld, self.place(Field::Level), message));
        let claim = entry.rank.as_ref().map(|rank| promotion::Claim {
            final_on: self.of.contest.final_on,
            class: &self.of.contest.class,
            group: None,
            team_size: 1,
            rank,
            scores: [None; 2],
            held: entry.prior.as_ref().and_then(|prior| prior.level),
        });
        let above = claim.and_then(|claim| promotion::above_table(self.notice, level, &claim));
        let above = above.map(|message| Finding::new(FindingCode::LevelAboveTable, self.place(Field::Level), message));
        held.or(above).into_iter().collect()
    }

    fn place(&self, field: Field) -> Place {
        let column = self.notice.roster.position(field).unwrap_or(0);
        Place::cell(self.notice.file(Material::Roster), &self.notice.roster.sheet, self.of.entry.row, column)
    }

    fn finding(&self, code: FindingCode, field: Field, message: String) -> CorrectionError {
        CorrectionError::Findings(vec![Finding::new(code, self.place(field), message)])
    }
}

#[cfg(test)]
mod tests;
