//! 五、（四）: the list that certificates are handed out with.

use serde::Deserialize;

/// What the table of a hand-out list can be wide, in mm: A4 landscape less margins of 15 mm.
pub const LIST_WIDTH: f32 = 267.0;

/// `[hand_out]` of a notice.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOutRules {
    /// Where it stands.
    pub clause: String,
    /// Title of the list; `{certificate}` is what the certificates are called.
    pub title: String,
    /// Days after which what was not collected, or not handed to its winner, is shown.
    pub remind_after_days: u32,
    /// The list's columns, in order.
    pub columns: Vec<ListColumn>,
    /// What stands under the last row, for signatures.
    pub signatures: String,
    /// The same where others issue the certificates: nobody of ours signs that they were given out.
    #[serde(default)]
    pub signatures_of_others: Option<String>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// A column of the list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListColumn {
    /// What is filled in.
    pub value: ListCell,
    /// Its header.
    pub header: String,
    /// In mm.
    pub width: f32,
}

/// What a column of the list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListCell {
    /// 序号: counted from 1 over the whole lot.
    Sequence,
    /// 姓名
    Name,
    /// 证件号码, masked: the list is passed from hand to hand.
    DocumentNumber,
    /// 职业名称
    Occupation,
    /// 工种
    Job,
    /// 等级
    Level,
    /// 证书编码
    Code,
    /// 流水号 of the sheet it lies on.
    Serial,
    /// 领取人签字: by hand.
    Signature,
    /// 领取日期: by hand.
    CollectedOn,
    /// 备注
    Remark,
}

impl HandOutRules {
    /// What contradicts itself: columns twice, or wider than the page.
    pub(super) fn contradiction(&self) -> Option<String> {
        let twice = self.columns.iter().enumerate().find(|(i, column)| self.columns[..*i].iter().any(|c| c.value == column.value));
        if let Some((_, column)) = twice {
            return Some(format!("hand_out.columns 中 {:?} 写了两次", column.value));
        }
        let widths: Vec<f32> = self.columns.iter().map(|column| column.width).collect();
        let odd = widths.is_empty() || widths.iter().any(|width| width.is_nan() || *width < 5.0) || widths.iter().sum::<f32>() > LIST_WIDTH;
        odd.then(|| format!("hand_out 的列宽 {widths:?} 超出 {LIST_WIDTH} mm"))
    }
}
