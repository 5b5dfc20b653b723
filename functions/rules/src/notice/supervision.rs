//! 五、（二） 四川省职业技能等级认定监管系统: the workbook that is entered there. Its format is not known.

use serde::Deserialize;

use super::publication::date_format_problem;

/// `[supervision]` of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupervisionRules {
    /// Where it stands.
    pub clause: String,
    /// Name of the workbook's only sheet.
    pub sheet: String,
    /// How a date is written, as `strftime` has it.
    pub date_format: String,
    /// The columns, in order.
    pub columns: Vec<SupervisionColumn>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// A column of the workbook.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupervisionColumn {
    /// What is filled in.
    pub value: SupervisionCell,
    /// Its header.
    pub header: String,
    /// In characters.
    pub width: u16,
}

/// What a column holds: whatever is known of a certificate and its winner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupervisionCell {
    /// 序号: counted from 1 over the lot.
    Sequence,
    /// 姓名
    Name,
    /// 性别
    Gender,
    /// 证件类型
    DocumentType,
    /// 证件号码
    DocumentNumber,
    /// 出生日期: that of the number, or else the column's.
    BirthDate,
    /// 民族
    Ethnicity,
    /// 文化程度
    Education,
    /// 手机号码
    Phone,
    /// 工作单位
    Employer,
    /// 职业名称
    Occupation,
    /// 职业编码
    OccupationCode,
    /// 工种/职业方向
    Job,
    /// 职业技能等级
    Level,
    /// 大赛名称
    Contest,
    /// 竞赛类别
    Class,
    /// 牵头主办单位
    Organiser,
    /// 赛项名称
    Event,
    /// 组别
    Group,
    /// 个人/团体
    Team,
    /// 奖牌类别/名次
    Award,
    /// 理论成绩
    TheoryScore,
    /// 技能(实操)成绩
    PracticeScore,
    /// 综合成绩
    TotalScore,
    /// 原证书类型
    PriorType,
    /// 原证书等级: as stated, else as its number has it.
    PriorLevel,
    /// 原证书编号
    PriorNumber,
    /// 备注
    Remark,
    /// 决赛日期
    FinalOn,
    /// 证书类型
    CertificateType,
    /// 证书编号: the code, or the number in its place.
    Number,
    /// 流水号 of the sheet that it lies on.
    Serial,
    /// 发证日期
    IssuedOn,
    /// 颁证主体
    IssuingBody,
    /// 代章单位
    SealedBy,
}

impl SupervisionRules {
    /// What contradicts itself: no columns, one twice, or a format that writes no day.
    pub(super) fn contradiction(&self) -> Option<String> {
        if self.columns.is_empty() {
            return Some("supervision.columns 没有列".to_owned());
        }
        let twice = self.columns.iter().enumerate().find(|(i, column)| self.columns[..*i].iter().any(|c| c.value == column.value));
        let twice = twice.map(|(_, column)| format!("supervision.columns 中 {:?} 写了两次", column.value));
        twice.or_else(|| date_format_problem("supervision", &self.date_format))
    }
}

#[cfg(test)]
mod tests {
    use crate::notice::Notices;

    /// A date is written by it when somebody asks for the workbook: one that writes none would end the function then.
    #[test]
    fn a_date_format_that_writes_no_day_is_refused_with_the_notice() {
        let mut rules = Notices::built_in().expect("notices").general().supervision.clone().expect("rules");
        assert_eq!(rules.contradiction(), None);
        for odd in ["%Q", "%H:%M", "%Y-%m", ""] {
            rules.date_format = odd.to_owned();
            let said = rules.contradiction().expect(odd);
            assert!(said.starts_with("supervision.date_format"), "{said}");
        }
    }
}
