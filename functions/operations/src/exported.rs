//! 导出: the list of applications as a workbook, filtered as it is shown; it holds no personal data.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use records::RecordsError;
use rules::values::date::local;
use rules::values::party::{Actor, Applicant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::lists::{ApplicationFilter, ApplicationSummary, LotStage};
use crate::refusal::Refusal;

/// Applications that one workbook holds.
const MAX_EXPORTED: usize = 2_000;
/// Applications that are read at once.
const PAGE: u32 = 200;
/// Pages that are looked at: of a filtered list many may be short.
const MAX_PAGES: usize = 20;

const COLUMNS: [(&str, u16); 12] = [
    ("申报号", 30),
    ("大赛名称", 44),
    ("竞赛类别", 12),
    ("管辖地区", 12),
    ("牵头主办单位", 36),
    ("申报单位", 20),
    ("环节", 12),
    ("停留天数", 10),
    ("申报天数", 10),
    ("新建日期", 12),
    ("待谁办理", 28),
    ("证书", 40),
];

/// A workbook, and whether it has all that was wanted.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ExportedList {
    /// The name that its file is to have.
    pub file: String,
    /// Its bytes, in Base64.
    pub workbook_base64: String,
    /// How many applications stand in it.
    pub count: usize,
    /// Whether there are more than it holds.
    pub more: bool,
}

impl Operations {
    /// The applications that a filter lists, from its `after` on, as a workbook: 2,000 at most, whatever `size` it names.
    pub async fn exported_list(&self, actor: &Actor, filter: ApplicationFilter) -> Result<ExportedList, Refusal> {
        let names = self.filter_choices(actor).await?.jurisdictions;
        let (mut rows, mut after) = (Vec::new(), filter.after.clone());
        for _ in 0..MAX_PAGES {
            let asked = ApplicationFilter { size: Some(PAGE), total: None, after: after.take(), ..filter.clone() };
            let page = self.list(actor, asked).await?;
            rows.extend(page.applications.iter().map(|one| line(one, &names)));
            after = page.next;
            if after.is_none() || rows.len() >= MAX_EXPORTED {
                break;
            }
        }
        let more = after.is_some() || rows.len() > MAX_EXPORTED;
        rows.truncate(MAX_EXPORTED);
        let count = rows.len();
        if more {
            rows.push(vec![format!("另有未列出的：一次最多导出 {MAX_EXPORTED} 份，请缩小范围后分次导出")]);
        }
        let workbook = roster::table("申报", &COLUMNS, &rows).map_err(|error| RecordsError::Corrupt(error.to_string()))?;
        Ok(ExportedList { file: "applications.xlsx".to_owned(), workbook_base64: BASE64_STANDARD.encode(workbook), count, more })
    }
}

fn line(one: &ApplicationSummary, names: &[(String, String)]) -> Vec<String> {
    let jurisdiction = names.iter().find(|(code, _)| *code == one.jurisdiction).map_or(&one.jurisdiction, |(_, name)| name);
    let turn: Vec<&str> = one.turn.iter().map(Applicant::as_str).collect();
    let lots: Vec<String> = one.lots.iter().flatten().map(lot).collect();
    vec![
        one.id.to_string(),
        one.contest.clone(),
        one.class.name().to_owned(),
        jurisdiction.clone(),
        one.organiser.clone(),
        one.unit.clone(),
        one.status_word.clone(),
        one.waiting_days.to_string(),
        one.age_days.to_string(),
        local(one.created_at).strftime("%Y-%m-%d").to_string(),
        turn.join("、"),
        lots.join("；"),
    ]
}

fn lot(lot: &LotStage) -> String {
    format!("{} {}", lot.certificate_type_word, lot.stage_word)
}
