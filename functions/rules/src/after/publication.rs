//! 五、（三） 信息上网: the rows of the national upload sheet, batches of them, and 表5.
//!
//! A batch is of one body and one kind (新增, 更正, 注销). There is no interface to write to: somebody uploads the
//! workbook, and what the query site shows afterwards is compared with it (`list`).

mod batch;
mod list;

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use self::batch::{Batch, BatchLot, BatchState, BatchStep, MAX_LOTS};
pub use self::list::{Comparison, LIST_FILE, ResultList};
use crate::catalogue::DocumentTypes;
use crate::intake::contest::Contest;
use crate::intake::entry::Entry;
use crate::issue::certificate_fields::IssuedBy;
use crate::notice::{Notice, Opinion, PublicationRule};
use crate::values::finding::{Finding, FindingCode, Place};
use crate::values::vocabulary::{BatchKind, CertificateType, PublicationField};

/// File name that findings about the upload sheet point to.
pub const SHEET_FILE: &str = "publication.xlsx";

/// Row 1 of the sheet is the header.
const FIRST_ROW: usize = 2;

/// The most findings that one answer names; what is beyond is counted.
pub(crate) const MAX_FINDINGS: usize = 1000;

/// A certificate as it is published: personal data, its `Debug` form has the number alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicationRow([String; 11]);

impl fmt::Debug for PublicationRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicationRow").field(&self.number()).finish()
    }
}

/// What a row is made of.
#[derive(Debug, Clone, Copy)]
pub struct Award<'a> {
    /// The contest.
    pub contest: &'a Contest,
    /// The winner's row, as corrected.
    pub entry: &'a Entry,
    /// By whom, in whose name.
    pub by: IssuedBy<'a>,
    /// 证书编号: the code; for a specific ability the number that was entered.
    pub number: Option<&'a str>,
    /// Date on the certificate, where it is not the contest's.
    pub issued_on: Option<Date>,
}

impl PublicationRow {
    /// The row of an award, or what is lacking for it.
    pub fn new(rule: &PublicationRule, types: &DocumentTypes, award: &Award<'_>) -> Result<Self, Finding> {
        let entry = award.entry;
        let refused = |code, message: String| Finding::new(code, Place::file(SHEET_FILE), message).under(&rule.clause);
        let Some(number) = award.number else {
            let message = format!("《{}》获奖名单第 {} 行还没有证书编号", award.contest.name, entry.row);
            return Err(refused(FindingCode::PublicationNumberMissing, message));
        };
        let document_type = types.get(&entry.document_type).ok_or_else(|| {
            refused(FindingCode::PublicationDocumentType, format!("{number} 的证件类型“{}”没有上网代码", entry.document_type))
        })?;
        let issued_on = award.issued_on.unwrap_or(award.contest.issued_on);
        let or = |text: &str, absent: &str| if text.trim().is_empty() { absent.to_owned() } else { text.trim().to_owned() };
        let name = |own: &str, sealed: &str| match award.by.sealed_by {
            Some(sealed_by) => sealed.replace("{sealed_by}", sealed_by).replace("{issuing_body}", award.by.issuing_body),
            None => own.replace("{issuing_body}", award.by.issuing_body),
        };
        Ok(Self([
            entry.name.reveal().to_owned(),
            document_type.code.clone(),
            entry.document_number.reveal().to_owned(),
            or(&entry.employer, &rule.no_employer),
            entry.occupation.clone(),
            or(entry.job.as_deref().unwrap_or_default(), &rule.no_job),
            entry.level.map_or_else(|| rule.no_level.clone(), |digit| digit.to_string()),
            number.to_owned(),
            issued_on.strftime(&rule.date_format).to_string(),
            name(&rule.names.own_evaluator, &rule.names.sealed_evaluator),
            name(&rule.names.own_issuer, &rule.names.sealed_issuer),
        ]))
    }

    /// A value, as it stands in the sheet.
    pub fn get(&self, field: PublicationField) -> &str {
        // `ALL` is in the order of the declaration, so that the discriminant is the place.
        self.0.get(field as usize).map_or("", String::as_str)
    }

    /// 证书编号: what a row is found by.
    pub fn number(&self) -> &str {
        self.get(PublicationField::Number)
    }
}

/// All that a batch's workbook and its 表5 are made of: an object named by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationSheet {
    /// Name of the workbook's sheet.
    pub sheet: String,
    /// What each column holds, its header and its width in characters, in order.
    pub columns: Vec<(PublicationField, String, u16)>,
    /// The certificates, each number once.
    pub rows: Vec<PublicationRow>,
    /// 表5
    pub form: ConfirmationForm,
}

/// 表5《职业技能等级证书数据审核确认表》, filled in as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmationForm {
    /// 表5
    pub name: String,
    /// The form's title.
    pub title: String,
    /// Labels and values over the counts; an empty value is filled in by hand.
    pub fields: Vec<(String, String)>,
    /// Headers over occupation, job, level, count.
    pub columns: [String; 4],
    /// The counts by occupation, job and level.
    pub counts: Vec<Count>,
    /// 合计, and the sum.
    pub total: (String, u32),
    /// What is signed.
    pub opinions: Vec<Opinion>,
}

/// How many certificates of an occupation, job and level.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Count {
    /// 职业名称
    pub occupation: String,
    /// 工种名称
    pub job: String,
    /// 级别, in the notice's words.
    pub level: String,
    /// 数量
    pub count: u32,
}

/// The counts of 表5, by occupation, job and level, the higher level first.
pub fn counts(notice: &Notice, rows: &[PublicationRow]) -> Vec<Count> {
    use PublicationField::{Job, Level, Occupation};
    let mut counted: BTreeMap<(&str, &str, &str), u32> = BTreeMap::new();
    for row in rows {
        *counted.entry((row.get(Occupation), row.get(Job), row.get(Level))).or_default() += 1;
    }
    let word = |digit: &str| match digit.parse().ok().and_then(|digit| notice.level_by_digit(digit)) {
        Some(level) => level.name.clone(),
        None => digit.to_owned(),
    };
    let count = |((occupation, job, level), count): ((&str, &str, &str), u32)| Count {
        occupation: occupation.to_owned(),
        job: job.to_owned(),
        level: word(level),
        count,
    };
    counted.into_iter().map(count).collect()
}

/// What the head of a batch's sheet and form says.
#[derive(Debug, Clone, Copy)]
pub struct BatchHead<'a> {
    /// Name of who applies.
    pub body: &'a str,
    /// What the batch is for.
    pub kind: BatchKind,
    /// Of which type all its certificates are.
    pub certificate_type: CertificateType,
    /// 标题名称
    pub title: &'a str,
}

impl PublicationSheet {
    /// The sheet and the form of a batch.
    pub fn new(notice: &Notice, rule: &PublicationRule, rows: Vec<PublicationRow>, head: BatchHead<'_>) -> Self {
        let BatchHead { body, kind, certificate_type, title } = head;
        let form = &rule.form;
        let value = |label: &str, value: &str| (label.to_owned(), value.to_owned());
        let form = ConfirmationForm {
            name: form.name.clone(),
            title: rule.form_title(certificate_type).to_owned(),
            fields: vec![
                value(&form.body, body),
                value(&form.responsible, ""),
                value(&form.manager, ""),
                value(&form.batch_title, title),
                value(&form.uploaded_on, ""),
                value(&form.data_type, rule.kind_word(kind)),
            ],
            columns: form.columns.clone(),
            counts: counts(notice, &rows),
            total: (form.total.clone(), u32::try_from(rows.len()).unwrap_or(u32::MAX)),
            opinions: form.opinions.clone(),
        };
        let columns = rule.columns.iter().map(|column| (column.field, column.header.clone(), column.width)).collect();
        Self { sheet: rule.sheet.clone(), columns, rows, form }
    }
}

/// What the query site should show of one lot, by number: its rows of confirmed batches, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published(BTreeMap<String, PublicationRow>);

/// What has changed since it was published, in the order of the lot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outstanding {
    /// 更正: certificates that are shown otherwise, and those that took the place of revoked ones.
    pub corrections: Vec<PublicationRow>,
    /// 注销: certificates that are shown and no longer count, as they are shown.
    pub revocations: Vec<PublicationRow>,
}

impl Published {
    /// The lot's rows of a confirmed batch.
    pub fn enter(&mut self, kind: BatchKind, rows: impl IntoIterator<Item = PublicationRow>) {
        for row in rows {
            match kind {
                BatchKind::New | BatchKind::Correction => self.0.insert(row.number().to_owned(), row),
                BatchKind::Revocation => self.0.remove(row.number()),
            };
        }
    }

    /// What `current`, the certificates of the lot that count now, has otherwise.
    pub fn outstanding(&self, current: &[PublicationRow]) -> Outstanding {
        let corrections = current.iter().filter(|row| self.0.get(row.number()) != Some(row)).cloned().collect();
        let counting: HashSet<&str> = current.iter().map(PublicationRow::number).collect();
        let revocations = self.0.values().filter(|row| !counting.contains(row.number())).cloned().collect();
        Outstanding { corrections, revocations }
    }
}

/// What is no longer so of a batch since it was applied for: `current` has the certificates of its lots that count now.
/// A batch like that is returned and applied for anew.
pub fn changed_since(rule: &PublicationRule, kind: BatchKind, rows: &[PublicationRow], current: &[PublicationRow]) -> Vec<Finding> {
    if kind == BatchKind::Revocation {
        return Vec::new();
    }
    let now: BTreeMap<&str, &PublicationRow> = current.iter().map(|row| (row.number(), row)).collect();
    let mut found = Findings::default();
    for (row, at) in rows.iter().zip(FIRST_ROW..) {
        match now.get(row.number()) {
            None => {
                let place = cell(rule, at, PublicationField::Number);
                let message = format!("{} 在申报上网之后已注销", row.number());
                found.add(Finding::new(FindingCode::PublicationRevoked, place, message).under(&rule.clause));
            }
            Some(now) => {
                for field in PublicationField::ALL.into_iter().filter(|field| now.get(*field) != row.get(*field)) {
                    let message = format!("{} 的{}在申报上网之后已更正", row.number(), rule.header_of(field));
                    found.add(Finding::new(FindingCode::PublicationChanged, cell(rule, at, field), message).under(&rule.clause));
                }
            }
        }
    }
    if kind == BatchKind::New {
        let applied: HashSet<&str> = rows.iter().map(PublicationRow::number).collect();
        for row in current.iter().filter(|row| !applied.contains(row.number())) {
            let message = format!("{} 是申报上网之后新赋的编码，不在这一批中", row.number());
            found.add(Finding::new(FindingCode::PublicationChanged, Place::file(SHEET_FILE), message).under(&rule.clause));
        }
    }
    found.all()
}

/// A cell of the upload sheet; `row` counts from 1.
fn cell(rule: &PublicationRule, row: usize, field: PublicationField) -> Place {
    Place::cell(SHEET_FILE, &rule.sheet, u32::try_from(row).unwrap_or(u32::MAX), rule.column_of(field))
}

/// Findings up to [`MAX_FINDINGS`], and how many more there are.
#[derive(Debug, Default)]
struct Findings {
    found: Vec<Finding>,
    more: usize,
}

impl Findings {
    fn add(&mut self, finding: Finding) {
        if self.found.len() < MAX_FINDINGS {
            self.found.push(finding);
        } else {
            self.more += 1;
        }
    }

    fn all(mut self) -> Vec<Finding> {
        if let Some(last) = self.found.last().filter(|_| self.more > 0) {
            let message = format!("另有 {} 处，没有一一列出", self.more);
            let rest = Finding { message, place: Place::file(last.place.file.clone()), ..last.clone() };
            self.found.push(rest);
        }
        self.found
    }
}

#[cfg(test)]
mod tests;
