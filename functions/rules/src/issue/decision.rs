//! 一 and 二: which certificate a row gets, from whom, and under which prefix its code is counted; with the steps that
//! led there.

use std::borrow::Borrow;
use std::collections::HashMap;

use jiff::civil::Date;

use crate::catalogue::{CatalogueKind, Catalogues};
use crate::intake::contest::{Contest, Event};
use crate::intake::entry::Entry;
use crate::issue::application::{Plan, PlannedRow, Step};
use crate::notice::{IssuerRule, Jurisdiction, Level, Notice, NumberRule, RouteRule, TypeRule};
use crate::numbers::body::{Body, BodyCode};
use crate::numbers::code::CodePrefix;
use crate::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};
use crate::values::party::IssuingUnit;
use crate::values::vocabulary::{CertificateType, Material};

/// What an occupation is marked with that resembles an item of 国家职业资格目录 without being it.
pub const NEAR_MISS: &str = "目录近似项";

/// What a decision rests on where the contest is of a year before those that the notice names.
const CONTEST_YEARS: &str = "适用年份";

/// What a decision is made from, besides the row.
#[derive(Clone, Copy)]
pub struct DecisionInputs<'a> {
    /// The notice in force on the issue date.
    pub notice: &'a Notice,
    /// The catalogues.
    pub catalogues: &'a Catalogues,
    /// The contest.
    pub contest: &'a Contest,
    /// The day of the Center's approval, in Asia/Shanghai.
    pub approved_on: Date,
    /// The organiser's entry in the bodies' register, where it is filed.
    pub organiser: Option<&'a Body>,
}

/// Decides every row; rows that fall under no certificate type come back as findings.
///
/// A decision depends on the row's event and level alone, so that each pair of them is decided once.
pub fn plan(circumstances: DecisionInputs<'_>, entries: impl IntoIterator<Item = impl Borrow<Entry>>) -> Result<Plan, Vec<Finding>> {
    let mut decided: HashMap<(String, Option<u8>), Result<PlannedRow, Finding>> = HashMap::new();
    let (mut rows, mut grounds, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        let Entry { row, event, level, .. } = entry.borrow();
        let decision = decided.entry((event.clone(), *level)).or_insert_with_key(|(event, level)| {
            circumstances.decide(event, *level).map(|(decision, steps)| {
                grounds.push(steps);
                PlannedRow { ground: grounds.len() - 1, ..decision }
            })
        });
        match decision {
            Ok(decision) => rows.push(PlannedRow { row: *row, ..decision.clone() }),
            Err(finding) => found.push(Finding { place: Place { row: Some(*row), ..finding.place.clone() }, ..finding.clone() }),
        }
    }
    if found.is_empty() { Ok(Plan::new(rows, grounds)) } else { Err(found) }
}

/// 二、（二）: that rows of the plan are issued in the name of a committee that the contest does not name.
pub fn committee_missing(plan: &Plan) -> Option<Finding> {
    let without = plan.rows.iter().filter(|row| row.issuing_body.trim().is_empty()).count();
    let message = || format!("committee（组委会）为空：{without} 名选手的证书以组委会（办公室）名义颁发");
    (without > 0).then(|| Finding::new(FindingCode::CommitteeMissing, Place::file(CONTEST_FILE), message()))
}

impl Plan {
    /// Whether rows of it are issued in the name of the contest's committee, which somebody seals for.
    pub fn has_committee(&self) -> bool {
        self.rows.iter().any(|row| row.sealed_by.is_some())
    }
}

impl<'a> DecisionInputs<'a> {
    /// The decision for an event and level, its row and ground still to be filled in, and the steps.
    fn decide(self, event: &str, level: Option<u8>) -> Result<(PlannedRow, Vec<Step>), Finding> {
        let event = self.contest.event(event);
        let jurisdiction = self.notice.jurisdiction(&self.contest.jurisdiction);
        let (Some(event), Some(jurisdiction)) = (event, jurisdiction) else {
            return Err(self.refusal(FindingCode::ContestInvalid, "大赛信息与已登记的不一致"));
        };
        let level = match level.map(|digit| self.notice.level_by_digit(digit).ok_or(digit)) {
            Some(Err(digit)) => return Err(self.refusal(FindingCode::LevelInvalid, format!("没有等级 {digit}"))),
            Some(Ok(level)) => Some(level),
            None => None,
        };
        let mut case = Case { of: self, event, level, jurisdiction, steps: Vec::new() };
        let row = case.row()?;
        Ok((row, case.steps))
    }

    fn refusal(self, code: FindingCode, message: impl Into<String>) -> Finding {
        Finding::new(code, Place::file(self.notice.file(Material::Roster)), message)
    }
}

/// One event and level under decision, and the steps so far.
struct Case<'a> {
    of: DecisionInputs<'a>,
    event: &'a Event,
    level: Option<&'a Level>,
    jurisdiction: &'a Jurisdiction,
    steps: Vec<Step>,
}

/// Who issues.
struct Issue {
    /// Name on the certificate.
    body: String,
    /// Who seals on its behalf.
    sealed_by: Option<String>,
    reviewer: IssuingUnit,
    /// Positions 1–13.
    code: Option<BodyCode>,
}

impl<'a> Case<'a> {
    fn row(&mut self) -> Result<PlannedRow, Finding> {
        self.bases();
        let rule = self.certificate_type()?;
        let route = self.route(rule)?;
        let issue = self.issue(route);
        let prefix = self.prefix(rule, issue.code.as_ref());
        let mut clauses = vec![rule.clause.clone(), route.clause.clone()];
        if prefix.is_some() {
            clauses.push(self.of.notice.code.clause.clone());
        }
        Ok(PlannedRow {
            row: 0,
            certificate_type: rule.certificate_type,
            reviewer: issue.reviewer,
            prefix,
            issuing_body: issue.body,
            sealed_by: issue.sealed_by,
            clauses,
            ground: 0,
        })
    }

    fn step(&mut self, clause: &str, question: impl Into<String>, input: impl Into<String>, outcome: impl Into<String>) {
        self.unconfirmed_step(clause, question, input, outcome, None);
    }

    fn unconfirmed_step(
        &mut self,
        clause: &str,
        question: impl Into<String>,
        input: impl Into<String>,
        outcome: impl Into<String>,
        unconfirmed: Option<String>,
    ) {
        let (question, input, outcome) = (question.into(), input.into(), outcome.into());
        self.steps.push(Step { clause: clause.to_owned(), question, input, outcome, unconfirmed });
    }

    /// The notice and the editions that everything after rests on.
    fn bases(&mut self) {
        let notice = self.of.notice;
        let issued_on = format!("发证日期 {}", self.of.contest.issued_on);
        let unconfirmed = notice.notice.unconfirmed.clone();
        self.unconfirmed_step("适用依据", "按发证日期适用哪份文件", issued_on, notice.notice.number.clone(), unconfirmed);
        self.contest_year();
        self.issue_date();
        for kind in [CatalogueKind::Qualifications, CatalogueKind::FiledOccupations, CatalogueKind::SpecificAbilities] {
            let edition = self.of.catalogues.edition(kind).to_string();
            self.step("适用依据", "采用目录的哪个版本", kind.title(), edition);
        }
    }

    /// 六、（一）: whether the notice is for contests of that year; the Center has said why where it is not.
    fn contest_year(&mut self) {
        let (Some(from), year) = (self.of.notice.notice.contest_years_from, self.of.contest.year) else { return };
        let (outcome, unconfirmed) =
            if year < from { ("否：按授权时写明的理由办理", Some(CONTEST_YEARS.to_owned())) } else { ("是", None) };
        self.unconfirmed_step("适用依据", "大赛年份是否在文件适用范围之内", format!("{year} 年，{from} 年起适用"), outcome, unconfirmed);
    }

    /// G10: whoever sets the issue date, it is not before the approval.
    fn issue_date(&mut self) {
        let (issued_on, approved_on) = (self.of.contest.issued_on, self.of.approved_on);
        let (outcome, unconfirmed) =
            if issued_on < approved_on { ("否：早于批准日期，请核对", Some("G10".to_owned())) } else { ("是", None) };
        let input = format!("发证日期 {issued_on}，批准日期 {approved_on}");
        self.unconfirmed_step("适用依据", "发证日期是否不早于批准日期", input, outcome, unconfirmed);
    }

    // ── 一、证书类型 ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// 一: the types in the notice's order; the first that claims the row. There is no fourth branch.
    fn certificate_type(&mut self) -> Result<&'a TypeRule, Finding> {
        let notice = self.of.notice;
        for rule in &notice.certificate_types {
            let claimed = match rule.certificate_type {
                CertificateType::Qualification => self.qualification(rule),
                CertificateType::SkillLevel => self.skill_level(rule),
                CertificateType::SpecificAbility => self.specific_ability(rule)?,
            };
            if claimed {
                return Ok(rule);
            }
        }
        let message = format!("{}：{}", self.described(), "既不属于国家职业资格目录，也不属于已备案的职业（等级）或专项职业");
        Err(self.of.refusal(FindingCode::NoCertificate, message))
    }

    /// Occupation, code and 工种.
    fn occupation(&self) -> String {
        let Event { occupation, occupation_code, job, .. } = self.event;
        let job = job.as_ref().map(|job| format!("（工种：{job}）")).unwrap_or_default();
        let code = if occupation_code.is_empty() { "无职业编码" } else { occupation_code };
        format!("{occupation} {code}{job}")
    }

    /// Occupation and level.
    fn described(&self) -> String {
        format!("{}，{}", self.occupation(), self.level.map_or("不分等级（专项）", |level| &level.name))
    }

    /// By the reviewed mapping of occupation code and 工种, never by name.
    fn qualification(&mut self, rule: &TypeRule) -> bool {
        let catalogue = &self.of.catalogues.qualifications;
        let question = format!("是否属于{}内职业（工种）", catalogue.edition().edition);
        let claim = catalogue.claim(&self.event.occupation_code, self.event.job.as_deref());
        let outcome = claim.map_or("否".to_owned(), |mapping| format!("是：对应“{}”，证书类型为{}", mapping.sub_item, rule.name));
        let unconfirmed = claim.and_then(|_| rule.unconfirmed.clone());
        self.unconfirmed_step(&rule.clause, question, self.occupation(), outcome, unconfirmed);
        if claim.is_none()
            && let Some(reason) = catalogue.resemblance(&self.event.occupation_code, &self.event.occupation, self.event.job.as_deref())
        {
            let outcome = format!("是：{reason}；默认不按职业资格办理，请人工确认");
            let question = "是否与目录项目相近而须人工判断";
            self.unconfirmed_step(&rule.clause, question, self.occupation(), outcome, Some(NEAR_MISS.to_owned()));
        }
        claim.is_some()
    }

    /// Occupation and level filed by an evaluation body.
    fn skill_level(&mut self, rule: &TypeRule) -> bool {
        let question = "是否属于备案的职业技能等级评价机构实施的职业（等级）";
        let Some(level) = self.level else {
            self.step(&rule.clause, question, self.described(), "否：未申报等级");
            return false;
        };
        let filed = &self.of.catalogues.filed_occupations;
        if filed.is_loaded() {
            let claimed = filed.claims(&self.event.occupation_code, level.digit);
            let outcome = if claimed { format!("是：证书类型为{}", rule.name) } else { "否".to_owned() };
            self.step(&rule.clause, question, self.described(), outcome);
            return claimed;
        }
        let specific = &self.of.catalogues.specific_abilities;
        if specific.lists(&self.event.occupation) {
            self.step(&rule.clause, question, self.described(), "否：属于备案的专项职业");
            return false;
        }
        if rule.filed_occupations.as_deref() != Some("all") {
            self.step(&rule.clause, question, self.described(), "否：备案目录尚未载入");
            return false;
        }
        let outcome = format!("是（备案目录尚未载入，其他类型未涉及的职业均视为已备案）：证书类型为{}", rule.name);
        self.unconfirmed_step(&rule.clause, question, self.described(), outcome, rule.unconfirmed.clone());
        true
    }

    /// A filed 专项职业; it has no level, so that a level on one is an error and never another certificate.
    fn specific_ability(&mut self, rule: &TypeRule) -> Result<bool, Finding> {
        let specific = &self.of.catalogues.specific_abilities;
        let (question, claimed) = if specific.is_loaded() {
            ("是否属于备案的专项职业", specific.lists(&self.event.occupation))
        } else {
            ("申报等级栏是否申请专项职业能力证书（备案目录尚未载入）", self.level.is_none())
        };
        if claimed && let Some(level) = self.level {
            let message = format!("“{}”属于备案的专项职业，不分等级，不能申报“{}”", self.event.occupation, level.name);
            return Err(self.of.refusal(FindingCode::SpecificAbilityLevel, message));
        }
        let outcome = if claimed { format!("是：证书类型为{}，不涉及职业等级晋升", rule.name) } else { "否".to_owned() };
        let unconfirmed = rule.unconfirmed.clone().filter(|_| claimed);
        self.unconfirmed_step(&rule.clause, question, self.described(), outcome, unconfirmed);
        Ok(claimed)
    }

    // ── 二、颁证主体 ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// 二: the first route of the type whose conditions hold.
    fn route(&mut self, rule: &TypeRule) -> Result<&'a RouteRule, Finding> {
        let (notice, contest) = (self.of.notice, self.of.contest);
        let filed = self.organiser_filed();
        for route in notice.routes.iter().filter(|route| route.certificate_type == rule.certificate_type) {
            let holds = route.holds(contest.hrss_hosted, &contest.class, filed);
            let outcome = if holds { format!("是：{}", self.manner(route.issuer)) } else { "否".to_owned() };
            let unconfirmed = if holds { route.unconfirmed.clone() } else { self.why_not_filed(route) };
            let (question, input) = self.conditions(route);
            self.unconfirmed_step(&route.clause, question, input, outcome, unconfirmed);
            if holds {
                return Ok(route);
            }
        }
        Err(self.of.refusal(FindingCode::NoCertificate, format!("{}：没有对应的颁证主体", self.described())))
    }

    /// What a route asks for, and what it is asked of.
    fn conditions(&self, route: &RouteRule) -> (String, String) {
        let contest = self.of.contest;
        let (mut questions, mut inputs) = (Vec::new(), Vec::new());
        if let Some(wanted) = route.hrss_hosted {
            let is = if wanted { "是否属" } else { "是否不属" };
            questions.push(format!("{is}{}", self.of.notice.procedure.hosted));
            let hosted = if contest.hrss_hosted { "是" } else { "否" };
            inputs.push(format!("{}（登记为人社部门主办或会同主办：{hosted}）", contest.name));
        }
        if let Some(class) = &route.class {
            questions.push(format!("竞赛类别是否为{}", class.name()));
            inputs.push(contest.class.name().to_owned());
        }
        if let Some(wanted) = route.organiser_filed {
            let is = if wanted { "是否为" } else { "是否不是" };
            questions.push(format!("牵头主办单位{is}经人社厅备案、可评价该职业和等级的评价机构"));
            let body = self.of.organiser.map_or("未登记为评价机构".to_owned(), |body| format!("{} {}", body.name, body.code));
            inputs.push(format!("{}（{body}）；{}", contest.organiser, self.described()));
        }
        if questions.is_empty() {
            return ("是否属其余情形".to_owned(), contest.name.clone());
        }
        (questions.join("，且"), inputs.join("；"))
    }

    /// Filed, and for this occupation and level (G5: otherwise it counts as not filed).
    fn organiser_filed(&self) -> bool {
        let level = self.level.map_or(0, |level| level.digit);
        self.of.organiser.is_some_and(|body| body.may_issue(&self.event.occupation, level))
    }

    /// The gap that a body in the register rests on when it does not count as filed: G3 by where it is filed, G5 by scope.
    fn why_not_filed(&self, route: &RouteRule) -> Option<String> {
        let body = self.of.organiser.filter(|_| route.organiser_filed == Some(true) && !self.organiser_filed())?;
        Some(if body.filed_with_province { "G5" } else { "G3" }.to_owned())
    }

    /// Name on the certificate, who seals on its behalf, who reviews, and positions 1–13.
    fn issue(&mut self, route: &RouteRule) -> Issue {
        let issue = self.issuer(route.issuer);
        let seal = issue.sealed_by.as_ref().map_or("自行用印".to_owned(), |center| format!("{center}代章"));
        let by_a_center = issue.reviewer.as_str().starts_with("center-");
        let reviewer = if by_a_center { &self.of.notice.notice.center_short } else { &issue.body };
        let outcome = format!("颁证主体：{}；{seal}；资格审核：{reviewer}", issue.body);
        let input = format!("{}；{}", self.manner(route.issuer), self.jurisdiction.name);
        self.step(&route.clause, "以谁的名义颁发、由谁用印和审核", input, outcome);
        issue
    }

    /// How a certificate is issued, in the notice's words.
    fn manner(&self, issuer: IssuerRule) -> String {
        let center = &self.of.notice.notice.center_short;
        match issuer {
            IssuerRule::Organiser => "由牵头主办单位或商职业资格实施机构颁发".to_owned(),
            IssuerRule::Center => format!("报{center}审批后由其颁发"),
            IssuerRule::Committee => format!("“一赛一授权”，以竞赛组委会（办公室）名义、{center}代章颁发"),
            IssuerRule::OrganiserBody => format!("经{center}审批后，由牵头主办单位作为评价机构颁发"),
        }
    }

    fn issuer(&self, issuer: IssuerRule) -> Issue {
        let Self { of, jurisdiction, .. } = self;
        let reviewer = IssuingUnit::center(&jurisdiction.code);
        let human_resources = Some(BodyCode::human_resources(&of.notice.code, jurisdiction));
        match (issuer, of.organiser) {
            (IssuerRule::OrganiserBody, Some(body)) => Issue {
                body: body.name.clone(),
                sealed_by: None,
                reviewer: IssuingUnit::body(body.code.as_str()),
                code: Some(body.code.clone()),
            },
            (IssuerRule::Organiser, _) => Issue { body: of.contest.organiser.clone(), sealed_by: None, reviewer, code: None },
            (IssuerRule::Center, _) => Issue { body: jurisdiction.center.clone(), sealed_by: None, reviewer, code: human_resources },
            (IssuerRule::Committee | IssuerRule::OrganiserBody, _) => {
                let sealed_by = Some(jurisdiction.center.clone());
                Issue { body: of.contest.committee.clone(), sealed_by, reviewer, code: human_resources }
            }
        }
    }

    // ── 四、编码 ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// What stands before the sequence of its number; none where the number is not drawn at the approval.
    fn prefix(&mut self, rule: &TypeRule, body: Option<&BodyCode>) -> Option<CodePrefix> {
        let question = "是否赋竞赛职业技能等级证书编码";
        let clause = &self.of.notice.code.clause;
        match &rule.number {
            NumberRule::Code => self.code_prefix(body),
            NumberRule::Pattern(pattern) => {
                let prefix = CodePrefix::of_pattern(pattern, self.of.contest.issued_on.year(), &self.jurisdiction.code);
                let outcome = format!("否：按 {prefix} 加 {} 位顺序码编号", pattern.digits);
                self.unconfirmed_step(clause, question, rule.name.clone(), outcome, rule.unconfirmed.clone());
                Some(prefix)
            }
            NumberRule::ByHand => {
                let outcome = "否：证书编号在审核通过后由颁证机构登记".to_owned();
                self.unconfirmed_step(clause, question, rule.name.clone(), outcome, rule.unconfirmed.clone());
                None
            }
            NumberRule::External => {
                self.step(clause, question, rule.name.clone(), "否：只登记，不赋 22 位编码");
                None
            }
        }
    }

    /// 四: positions 1–16.
    fn code_prefix(&mut self, body: Option<&BodyCode>) -> Option<CodePrefix> {
        let grammar = &self.of.notice.code;
        let (level, body) = self.level.zip(body)?;
        let year = self.of.contest.issued_on.year();
        let prefix = CodePrefix::new(grammar, body, year, level);
        let human_resources = body.is_human_resources(grammar);
        let source = if human_resources {
            "人社系统颁发，第 10–13 位为竞赛特殊值"
        } else {
            "评价机构颁发，取其等级认定备案代码"
        };
        let input = format!("{source}；{}", self.jurisdiction.name);
        let unconfirmed = grammar.unconfirmed.clone().filter(|_| human_resources);
        self.unconfirmed_step(&grammar.clause, "第 1–13 位（颁证机构）", input, body.to_string(), unconfirmed);
        let written: String = prefix.as_str().chars().skip(grammar.body_width).take(grammar.year_digits.width()).collect();
        self.step(&grammar.clause, "第 14–15 位（证书核发年份）", format!("发证日期 {}", self.of.contest.issued_on), written);
        self.step(&grammar.clause, "第 16 位（职业技能等级）", level.name.clone(), level.digit.to_string());
        let marker = format!("识别码 {}，顺序码 {} 位", grammar.marker, grammar.sequence_digits);
        self.step(&grammar.clause, "编码前缀（第 1–16 位），其后由系统依次赋顺序码", marker, prefix.to_string());
        Some(prefix)
    }
}

#[cfg(test)]
mod tests;
