//! What belongs to an application besides its files: the organiser's word that they are true (六、（二）), the paper originals that
//! the issuing unit has received, and that a filed body which will issue has received all of it (五、（一）: 需纸质、电子两种格式、交颁证机构进行备案).

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::intake::contest::Contest;
use crate::notice::{IssuerRule, MaterialRule, Notice, TypeRule};
use crate::numbers::body::BodyCode;
use crate::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};
use crate::values::party::IssuingUnit;
use crate::values::vocabulary::Material;

/// Characters of a person's name in a declaration or a receipt.
pub const MAX_PERSON: usize = 50;

/// 谁主办、谁负责: the organiser's word for the materials as they stand. It goes where one of them changes, or the application goes
/// back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Who declares, for the organiser.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// By which account.
    pub by: String,
}

impl fmt::Debug for Declaration {
    // It holds a name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declaration").field("at", &self.at).finish_non_exhaustive()
    }
}

/// A paper original as it was received.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// On which day.
    pub on: Date,
    /// From whom: who brought it, or how it came.
    pub from: String,
    /// What is wrong with it, in Chinese; none where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defect: Option<String>,
    /// Who received it.
    pub receiver: IssuingUnit,
    /// By which account it was entered.
    pub by: String,
    /// When it was entered.
    pub at: Timestamp,
}

impl fmt::Debug for Original {
    // It holds a name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Original").field("on", &self.on).field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

/// The originals of an application that were received, each as it was last entered.
pub type Originals = BTreeMap<Material, Original>;

/// 备案: the filed body that a submission is handed in to because it will issue, and its note that it received it. It is of the
/// materials as they stand: it goes where one of them changes, or the application goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    /// The body.
    pub body: BodyCode,
    /// Its note; none: 未备案.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<FilingReceipt>,
}

/// 收到备案: that the body received what was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilingReceipt {
    /// When.
    pub at: Timestamp,
    /// By which account.
    pub by: String,
}

impl Filing {
    /// Whether the body has not noted the submission as received yet.
    pub fn waits(&self) -> bool {
        self.received.is_none()
    }

    /// A submission that the body has not noted yet.
    pub fn with(body: &BodyCode) -> Self {
        Self { body: body.clone(), received: None }
    }

    /// The body as the one that issues.
    pub fn issuing_unit(&self) -> IssuingUnit {
        IssuingUnit::body(self.body.as_str())
    }
}

impl Notice {
    /// 交颁证机构进行备案: the filed body that a contest's submission is handed in to: its organiser, where that is one and issues
    /// certificates of some type itself (二、（二）2). Where others issue, the Center has it anyway.
    pub fn filing_body<'c>(&self, contest: &'c Contest) -> Option<&'c BodyCode> {
        let route = |rule: &TypeRule| {
            let mut routes = self.routes.iter().filter(|route| route.certificate_type == rule.certificate_type);
            routes.find(|route| route.holds(contest.hrss_hosted, &contest.class, true))
        };
        let issues = self.certificate_types.iter().filter_map(route).any(|route| route.issuer == IssuerRule::OrganiserBody);
        contest.organiser_body.as_ref().filter(|_| issues)
    }

    /// That the body has not noted a submission as received.
    pub fn filing_owed(&self, filing: Option<&Filing>) -> Option<Finding> {
        let filing = filing.filter(|filing| filing.received.is_none())?;
        let message = format!("未备案：颁证机构 {} 还没有登记收到备案", filing.body);
        Some(Finding::new(FindingCode::FilingMissing, Place::file(CONTEST_FILE), message).under(&self.procedure.filing))
    }

    /// The materials that are wanted on paper too.
    pub fn on_paper(&self) -> impl Iterator<Item = &MaterialRule> {
        self.materials.iter().filter(|rule| rule.paper)
    }

    /// What is owed of the originals: those that were not received, and those that were received with a defect.
    pub fn originals_owed(&self, received: &Originals) -> Vec<Finding> {
        let owed = |rule: &MaterialRule| {
            let (code, message) = match received.get(&rule.material) {
                None => (FindingCode::OriginalMissing, format!("没有收到{}的纸质原件", rule.title)),
                Some(Original { defect: Some(defect), on, .. }) => {
                    (FindingCode::OriginalDefect, format!("{on} 收到的{}纸质原件有缺陷：{defect}", rule.title))
                }
                Some(Original { defect: None, .. }) => return None,
            };
            Some(Finding::new(code, Place::file(&rule.file), message).under(&self.procedure.originals))
        };
        self.on_paper().filter_map(owed).collect()
    }

    /// That the organiser has not given its word.
    pub fn declaration_owed(&self, declaration: Option<&Declaration>) -> Option<Finding> {
        let message = "未声明：牵头主办单位还没有声明申报信息真实准确";
        let owed = || Finding::new(FindingCode::DeclarationMissing, Place::file(CONTEST_FILE), message).under(&self.procedure.declaration);
        declaration.is_none().then(owed)
    }

    /// What keeps the Center from authorising an application by the notice's settings: its declaration, its originals, its filing.
    pub fn owed_before_authorisation(
        &self,
        declaration: Option<&Declaration>,
        received: &Originals,
        filing: Option<&Filing>,
    ) -> Vec<Finding> {
        let declaration = self.declaration_owed(declaration).filter(|_| self.procedure.declaration_required);
        let originals = if self.procedure.originals_required { self.originals_owed(received) } else { Vec::new() };
        let filing = self.filing_owed(filing).filter(|_| self.procedure.filing_required);
        declaration.into_iter().chain(originals).chain(filing).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::notice::Notices;

    fn notice() -> Notice {
        Notices::built_in().expect("notices").general().clone()
    }

    fn original(defect: Option<&str>) -> Original {
        Original {
            on: date(2022, 6, 10),
            from: "经办人甲".to_owned(),
            defect: defect.map(str::to_owned),
            receiver: IssuingUnit::center("00"),
            by: "local-center-00".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn declaration() -> Declaration {
        Declaration { name: "负责人乙".to_owned(), at: Timestamp::UNIX_EPOCH, by: "local-unit-1".to_owned() }
    }

    fn codes(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.code.as_str()).collect()
    }

    #[test]
    fn the_three_papers_of_the_notice_are_owed_until_received_without_a_defect() {
        let notice = notice();
        let mut received = Originals::new();
        assert_eq!(notice.originals_owed(&received).len(), 3, "contest, commendation, summary form; the roster is a workbook");
        received.insert(Material::Contest, original(None));
        received.insert(Material::Summary, original(Some("没有盖章")));
        let owed = notice.originals_owed(&received);
        assert_eq!(codes(&owed), ["ORIGINAL_MISSING", "ORIGINAL_DEFECT"]);
        assert!(owed[1].message.contains("没有盖章") && owed[1].message.contains("2022-06-10") && owed[1].message.contains("申报汇总表"));
        received.insert(Material::Summary, original(None));
        received.insert(Material::Commendation, original(None));
        assert_eq!(notice.originals_owed(&received), []);
    }

    #[test]
    fn what_is_owed_is_shown_and_blocks_only_where_the_notice_says_so() {
        let mut notice = notice();
        assert!(notice.declaration_owed(None).is_some() && notice.declaration_owed(Some(&declaration())).is_none());
        let filing = Filing::with(&body());
        let owed = |notice: &Notice, declaration: Option<&Declaration>, filing: Option<&Filing>| {
            codes(&notice.owed_before_authorisation(declaration, &Originals::new(), filing))
        };
        assert_eq!(owed(&notice, None, Some(&filing)), [""; 0], "by default nothing blocks");
        notice.procedure.declaration_required = true;
        assert_eq!(owed(&notice, None, Some(&filing)), ["DECLARATION_MISSING"]);
        assert_eq!(owed(&notice, Some(&declaration()), Some(&filing)), [""; 0]);
        notice.procedure.originals_required = true;
        assert_eq!(owed(&notice, Some(&declaration()), None).len(), 3);
        notice.procedure.originals_required = false;
        notice.procedure.filing_required = true;
        assert_eq!(owed(&notice, Some(&declaration()), Some(&filing)), ["FILING_MISSING"]);
        assert_eq!(owed(&notice, Some(&declaration()), None), [""; 0], "handed in to no body");
        let received = FilingReceipt { at: Timestamp::UNIX_EPOCH, by: "local-body".to_owned() };
        assert_eq!(owed(&notice, Some(&declaration()), Some(&Filing { received: Some(received), ..filing })), [""; 0]);
    }

    fn body() -> BodyCode {
        serde_json::from_value("S000051010123".into()).expect("a code")
    }

    #[test]
    fn five_1_a_submission_is_filed_with_the_body_that_will_issue() {
        let notice = notice();
        let contest = |class: &str, hosted: bool, cited: bool| {
            let mut contest: Contest = toml::from_str(
                "name = \"样例大赛\"\nclass = \"省级二类\"\nhrss_hosted = false\norganiser = \"样例评价中心\"\ncommittee = \"组委会\"\n\
                 jurisdiction = \"00\"\nyear = 2022\nfinal_on = 2022-05-28\nissued_on = 2022-06-20\nevents = []",
            )
            .expect("a contest");
            contest.class = crate::values::vocabulary::ContestClass::named(class);
            contest.hrss_hosted = hosted;
            contest.organiser_body = cited.then(body);
            contest
        };
        for (class, hosted, cited, filed) in [
            ("省级二类", false, true, true),
            ("省级二类", false, false, false),
            ("省级一类", false, true, false),
            ("省级二类", true, true, false),
            ("市级二类", false, true, true),
        ] {
            let contest = contest(class, hosted, cited);
            assert_eq!(notice.filing_body(&contest), Some(&body()).filter(|_| filed), "{class} {hosted} {cited}");
        }
    }

    #[test]
    fn names_are_not_shown_to_those_who_debug() {
        let shown = format!("{:?} {:?}", declaration(), original(None));
        assert!(!shown.contains('乙') && !shown.contains('甲'), "{shown}");
    }
}
