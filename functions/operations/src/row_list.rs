//! The rows of a roster with all that a decision on them rests on: what each gets or would get, what was found of it, what its reviewer
//! has said so far, where it stands.

use std::collections::{HashMap, HashSet};

use records::RecordsError;
use records::application::report::Report;
use records::application::{Application, Verdict};
use records::issue::certificates::Certificate;
use records::keys::objects::ObjectKey;
use rules::intake::entry::Entry;
use rules::intake::photos::{PhotoFile, PhotoMatches, PhotoOwner};
use rules::issue::application::{ApplicationId, PlannedRow, ReviewDraft};
use rules::issue::status::Status;
use rules::notice::{ApprovalManner, Notice};
use rules::values::finding::{Finding, FindingCode};
use rules::values::party::{Actor, IssuingUnit};
use rules::values::vocabulary::{CertificateType, Material};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::Operations;
use crate::own_lot::title;
use crate::page_size::page_size;
use crate::refusal::Refusal;
use crate::rows::{RosterInView, reviewer_of};
use crate::show::listed;
use crate::states::{ListedCertificate, RowState};

/// Rows on a page, if the request does not say.
const PAGE: usize = 100;
/// The most that one page holds.
const MAX_PAGE: u32 = 200;

/// Which rows are asked for.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowsAsked {
    /// Only these; all rows, if nothing is said.
    pub only: Option<RowFilter>,
    /// Whether to tell which rows changed since the hand-in before: the roster before is read for it.
    pub changes: Option<bool>,
    /// Whether only those that the account's own organisation reviews are meant, where it sees others' as well.
    pub own: Option<bool>,
    /// Whether rows that somebody has to look at come first, then all others: something was found, written by hand, a shared rank.
    pub attention_first: Option<bool>,
    /// `next_after` of the page before; the first page, if none is named.
    pub after: Option<u32>,
    /// Rows on a page, 1 to 200; 100, if nothing is said.
    pub size: Option<u32>,
}

/// A kind of rows that somebody looks at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum RowFilter {
    /// 有检查结果
    Findings,
    /// 须写明理由: advice that the reviewer answers with a reason, or refuses the row.
    NeedsReason,
    /// 高于促晋级表
    AboveTable,
    /// 手工填写
    ByHand,
    /// 名次并列
    Tied,
    /// 没有照片
    WithoutPhoto,
    /// 与上次提交不同
    Changed,
    /// 不予通过, decided or in the draft.
    Refused,
}

impl RowFilter {
    /// The word staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Findings => "有检查结果",
            Self::NeedsReason => "须写明理由",
            Self::AboveTable => "高于促晋级表",
            Self::ByHand => "手工填写",
            Self::Tied => "名次并列",
            Self::WithoutPhoto => "没有照片",
            Self::Changed => "与上次提交不同",
            Self::Refused => "不予通过",
        }
    }
}

/// A page of rows, in the order that was asked for: that of the roster, or those first that somebody has to look at.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RowPage {
    /// Whether the types, bodies and prefixes are what an authorisation would come to now: nothing is decided yet.
    pub preview: bool,
    /// As what the Center decides on the application, or has decided (二): 授权, 审批, 受理; none where there is no plan.
    #[serde(default)]
    pub manner: Option<ApprovalManner>,
    /// What that is called; where there is no plan, what it is called as a rule.
    #[serde(default)]
    pub act: String,
    /// Why there is no plan, if there is none.
    pub findings: Vec<Finding>,
    /// The rows that the account may see, in all.
    pub total: u32,
    /// How many of them are of each kind; of those that changed none, where they were not asked for.
    pub counts: Vec<RowCount>,
    /// Those of this page.
    pub rows: Vec<ShownRow>,
    /// Where the next page begins; none at the end.
    pub next_after: Option<u32>,
}

impl RowPage {
    fn empty(preview: bool, act: String) -> Self {
        let (findings, counts, rows) = (Vec::new(), Vec::new(), Vec::new());
        Self { preview, manner: None, act, findings, total: 0, counts, rows, next_after: None }
    }
}

/// How many rows are of a kind.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RowCount {
    /// Which kind.
    pub only: RowFilter,
    /// The kind as staff call it.
    pub word: String,
    /// How many.
    pub count: u32,
}

/// A row.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownRow {
    /// Row of the roster.
    pub row: u32,
    /// 姓名
    pub name: String,
    /// 性别
    pub gender: String,
    /// 证件类型
    pub document_type: String,
    /// 证件号码, masked.
    pub document_number: String,
    /// 工作单位
    pub employer: String,
    /// 职业名称
    pub occupation: String,
    /// 工种
    pub job: Option<String>,
    /// 申报等级
    pub level: Option<String>,
    /// 赛项名称
    pub event: String,
    /// 奖牌类别/名次
    pub award: String,
    /// Whether its name is written by hand after printing.
    pub by_hand: bool,
    /// Whether there is a photo of the row.
    pub photo: bool,
    /// Whether it is new or changed since the hand-in before; unknown where that was not asked for.
    pub changed: Option<bool>,
    /// 证书类型; none where there is no plan.
    pub certificate_type: Option<CertificateType>,
    /// The type as the notice calls it.
    pub certificate_type_word: Option<String>,
    /// 颁证主体
    pub issuing_body: Option<String>,
    /// 代章
    pub sealed_by: Option<String>,
    /// Who reviews it.
    pub reviewer: Option<IssuingUnit>,
    /// Positions 1–16 of its code; none where it has no code.
    pub prefix: Option<String>,
    /// What was found of the row and of its photo.
    pub findings: Vec<Finding>,
    /// What the draft of the account's own review says of it.
    pub draft: Option<RowDraft>,
    /// Where it stands; none while materials are missing.
    pub state: Option<RowState>,
    /// The state as units and staff call it; that of the application where the row has none.
    pub state_word: String,
    /// Why it was refused, returned or revoked.
    pub reason: Option<String>,
    /// What its certificate is found by.
    pub number: Option<String>,
}

/// What a draft says of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RowDraft {
    /// 不予通过, and why; it may be empty yet.
    pub refused: Option<String>,
    /// Why it is approved against advice.
    pub approved: Option<String>,
    /// A note of the reviewers.
    pub note: Option<String>,
}

/// What is known of all rows.
struct Known {
    findings: HashMap<u32, Vec<Finding>>,
    photos: PhotoMatches,
    changed: Option<HashSet<u32>>,
    drafts: HashMap<u32, RowDraft>,
    /// Why a row was refused that is decided.
    refused: HashMap<u32, String>,
}

impl Known {
    fn needs_attention(&self, entry: &Entry) -> bool {
        // Of what a draft changes nothing: the order is the same on each page.
        [RowFilter::Findings, RowFilter::ByHand, RowFilter::Tied].into_iter().any(|filter| self.is(filter, entry))
    }

    fn is(&self, filter: RowFilter, entry: &Entry) -> bool {
        let findings = self.findings.get(&entry.row).map_or(&[][..], Vec::as_slice);
        let has = |code: FindingCode| findings.iter().any(|finding| finding.code == code);
        match filter {
            RowFilter::Findings => !findings.is_empty(),
            RowFilter::NeedsReason => findings.iter().any(Finding::needs_reason),
            RowFilter::AboveTable => has(FindingCode::LevelAboveTable),
            RowFilter::ByHand => entry.by_hand,
            RowFilter::Tied => has(FindingCode::RankShared) || entry.rank.as_ref().is_some_and(|rank| rank.tied),
            RowFilter::WithoutPhoto => self.photos.of(entry.row).is_none(),
            RowFilter::Changed => self.changed.as_ref().is_some_and(|changed| changed.contains(&entry.row)),
            RowFilter::Refused => {
                self.refused.contains_key(&entry.row) || self.drafts.get(&entry.row).is_some_and(|draft| draft.refused.is_some())
            }
        }
    }
}

impl Operations {
    /// A page of the rows that the actor may see.
    pub async fn rows(&self, actor: &Actor, id: ApplicationId, asked: RowsAsked) -> Result<RowPage, Refusal> {
        let size = page_size(asked.size, PAGE, MAX_PAGE, "行")?;
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let preview = application.plan.is_none();
        let act = |manner: Option<ApprovalManner>| notice.authorisation.word(manner.unwrap_or_default()).act.clone();
        let Some(roster) = self.roster_in_view(actor, &application).await? else {
            return Ok(RowPage::empty(preview, act(None)));
        };
        let (manner, planned, findings) = match self.plan_in_view(&application).await {
            Ok(view) => (Some(view.plan.manner()), Some(view.plan), Vec::new()),
            // The rows are there all the same, and so is what keeps them from being planned.
            Err(Refusal::Findings(findings)) if preview => (None, None, findings),
            Err(refusal) => return Err(refusal),
        };
        let planned: HashMap<u32, &PlannedRow> = planned.iter().flat_map(|plan| &plan.rows).map(|row| (row.row, row)).collect();
        let known = self.known(actor, &application, notice, &roster, &asked).await?;
        let is_own = |entry: &&Entry| planned.get(&entry.row).is_some_and(|row| row.reviewer == reviewer_of(actor));
        let mut all: Vec<&Entry> = roster.visible().filter(|entry| asked.own != Some(true) || is_own(entry)).collect();
        let count = |filter: RowFilter| {
            let count = all.iter().filter(|entry| known.is(filter, entry)).count();
            RowCount { only: filter, word: filter.word().to_owned(), count: u32::try_from(count).unwrap_or(u32::MAX) }
        };
        let counts = RowFilter::VARIANTS.iter().copied().map(count).collect();
        let total = u32::try_from(all.len()).unwrap_or(u32::MAX);
        if asked.attention_first == Some(true) {
            all.sort_by_key(|entry| !known.needs_attention(entry));
        }
        let (page, next_after) = page_of(&all, &asked, size, |only, entry| known.is(only, entry));
        let mut rows: Vec<ShownRow> =
            page.iter().map(|entry| shown(notice, &application, entry, planned.get(&entry.row).copied(), &known)).collect();
        let act = act(manner);
        for row in rows.iter_mut().filter(|row| row.state == Some(RowState::Submitted)) {
            row.state_word = format!("待{act}");
        }
        self.add_certificates(actor, &application, notice, &mut rows).await?;
        Ok(RowPage { preview, manner, act, findings, total, counts, rows, next_after })
    }

    async fn known(
        &self,
        actor: &Actor,
        application: &Application,
        notice: &Notice,
        roster: &RosterInView,
        asked: &RowsAsked,
    ) -> Result<Known, Refusal> {
        let id = &application.id;
        let verdicts = self.cloud.applications().verdicts(application).await?;
        let photos = verdicts.iter().find(|verdict| verdict.material == Material::Photos && verdict.clean);
        let wants_changes = asked.changes == Some(true) || asked.only == Some(RowFilter::Changed);
        let changed = match wants_changes {
            true => Some(self.changed_rows(application, notice, (&roster.version, &roster.entries)).await?),
            false => None,
        };
        let lots = self.cloud.allocations().of(id).await?;
        Ok(Known {
            findings: self.findings_by_row(id, &roster.version, photos).await?,
            photos: self.photo_matches(id, photos, &roster.entries).await?,
            changed,
            drafts: self.drafts_by_row(actor, application).await?,
            refused: self.refused_rows(id, &lots).await?,
        })
    }

    /// What the reports on the roster and on its photos say of single rows.
    async fn findings_by_row(
        &self,
        id: &ApplicationId,
        roster: &str,
        photos: Option<&Verdict>,
    ) -> Result<HashMap<u32, Vec<Finding>>, Refusal> {
        let (application, version) = (id.clone(), roster.to_owned());
        let on_photos =
            photos.map(|photos| ObjectKey::PhotoReport { application: id.clone(), photos: photos.judgement(), roster: roster.to_owned() });
        let on_roster = ObjectKey::Report { application, material: Material::Roster, version };
        let mut by_row: HashMap<u32, Vec<Finding>> = HashMap::new();
        for key in [Some(on_roster), on_photos].into_iter().flatten() {
            let report = match self.cloud.read_kept::<Report<'static>>(&key).await {
                // It is about to be written.
                Err(RecordsError::NotFound) => continue,
                read => read?,
            };
            for finding in report.findings.iter() {
                if let Some(row) = finding.place.row {
                    by_row.entry(row).or_default().push(finding.clone());
                }
            }
        }
        Ok(by_row)
    }

    async fn photo_matches(&self, id: &ApplicationId, photos: Option<&Verdict>, entries: &[Entry]) -> Result<PhotoMatches, Refusal> {
        let Some(photos) = photos else { return Ok(PhotoMatches::default()) };
        let key = ObjectKey::PhotoFiles { application: id.clone(), version: photos.judgement() };
        let files = self.cloud.read_kept::<Vec<PhotoFile>>(&key).await?;
        Ok(PhotoMatches::new(&files, entries.iter().map(PhotoOwner::from)))
    }

    /// What the draft of the actor's own review says, while it is not decided.
    async fn drafts_by_row(&self, actor: &Actor, application: &Application) -> Result<HashMap<u32, RowDraft>, Refusal> {
        let reviewer = reviewer_of(actor);
        let mut rows: HashMap<u32, RowDraft> = HashMap::new();
        let reviews = application.plan.as_ref().is_some_and(|plan| plan.undecided.contains(&reviewer));
        let Some((_, ReviewDraft { review, notes })) = (match reviews {
            true => self.cloud.drafts().get(&application.id, &reviewer).await?,
            false => None,
        }) else {
            return Ok(rows);
        };
        for one in review.refused {
            rows.entry(one.row).or_default().refused = Some(one.reason);
        }
        for one in review.overrides {
            rows.entry(one.row).or_default().approved = Some(one.reason);
        }
        for note in notes {
            rows.entry(note.row).or_default().note = Some(note.text);
        }
        Ok(rows)
    }

    /// Where those rows of a page stand that are decided. Budget: a query for each five hundred certificates between them, and no more
    /// than there are rows.
    async fn add_certificates(
        &self,
        actor: &Actor,
        application: &Application,
        notice: &Notice,
        rows: &mut [ShownRow],
    ) -> Result<(), Refusal> {
        let mut open: Vec<u32> = rows.iter().filter(|row| row.state == Some(RowState::InProgress)).map(|row| row.row).collect();
        if open.is_empty() {
            return Ok(());
        }
        let view = self.lots_in_view(actor, application).await?;
        let mut found: HashMap<u32, ListedCertificate> = HashMap::new();
        while let Some(first) = open.first().copied() {
            let page = self.cloud.certificates().page(&application.id, first - 1).await?;
            let last = page.next_after.unwrap_or(u32::MAX);
            for certificate in page.certificates {
                keep(&mut found, certificate, |certificate| listed(notice, &view, certificate, None));
            }
            open.retain(|row| *row > last);
        }
        for row in rows {
            let Some(certificate) = found.remove(&row.row) else { continue };
            row.number = certificate.any_number().map(str::to_owned);
            row.state = Some(certificate.state);
            row.state_word = certificate.state_word;
            row.reason = certificate.reason;
        }
        Ok(())
    }
}

/// The rows of a page, and behind which row the next one begins.
fn page_of<'e>(all: &[&'e Entry], asked: &RowsAsked, size: usize, is: impl Fn(RowFilter, &Entry) -> bool) -> (Vec<&'e Entry>, Option<u32>) {
    let behind = |row: u32| match asked.attention_first {
        Some(true) => all.iter().position(|entry| entry.row == row).map_or(0, |place| place + 1),
        // In the order of the roster a row that is not there has its place all the same.
        _ => all.iter().take_while(|entry| entry.row <= row).count(),
    };
    let first = asked.after.map_or(0, behind);
    let mut left = all.iter().skip(first).copied().filter(|entry| asked.only.is_none_or(|only| is(only, entry)));
    let page: Vec<&Entry> = left.by_ref().take(size).collect();
    let next_after = left.next().and(page.last()).map(|last| last.row);
    (page, next_after)
}

/// Of the certificates of a row the one that counts; where none does, the last.
fn keep(found: &mut HashMap<u32, ListedCertificate>, certificate: Certificate, listed: impl Fn(Certificate) -> ListedCertificate) {
    let counts = certificate.revoked.is_none();
    if counts || !found.contains_key(&certificate.row) {
        found.insert(certificate.row, listed(certificate));
    }
}

fn shown(notice: &Notice, application: &Application, entry: &Entry, planned: Option<&PlannedRow>, known: &Known) -> ShownRow {
    let refused = known.refused.get(&entry.row).cloned();
    let state = state_of(application, planned, refused.is_some());
    let returned = application.reason.clone().filter(|_| state == Some(RowState::Returned));
    ShownRow {
        row: entry.row,
        name: entry.name.reveal().to_owned(),
        gender: entry.gender.word().to_owned(),
        document_type: entry.document_type.clone(),
        document_number: entry.document_number.masked_by(&notice.mask),
        employer: entry.employer.clone(),
        occupation: entry.occupation.clone(),
        job: entry.job.clone(),
        level: entry.level.and_then(|digit| notice.level_by_digit(digit)).map(|level| level.name.clone()),
        event: entry.event.clone(),
        award: entry.award.clone(),
        by_hand: entry.by_hand,
        photo: known.photos.of(entry.row).is_some(),
        changed: known.changed.as_ref().map(|changed| changed.contains(&entry.row)),
        certificate_type: planned.map(|planned| planned.certificate_type),
        certificate_type_word: planned.map(|planned| title(notice, planned.certificate_type)),
        issuing_body: planned.map(|planned| planned.issuing_body.clone()),
        sealed_by: planned.and_then(|planned| planned.sealed_by.clone()),
        reviewer: planned.map(|planned| planned.reviewer.clone()),
        prefix: planned.and_then(|planned| planned.prefix.as_ref()).map(ToString::to_string),
        findings: known.findings.get(&entry.row).cloned().unwrap_or_default(),
        draft: known.drafts.get(&entry.row).cloned(),
        state,
        state_word: state.map_or_else(|| application.status.word(), RowState::word).to_owned(),
        reason: refused.or(returned),
        number: None,
    }
}

/// Where a row stands as far as the application tells; what is approved is on its way until its certificate is looked at.
fn state_of(application: &Application, planned: Option<&PlannedRow>, refused: bool) -> Option<RowState> {
    let undecided = |reviewer: &IssuingUnit| application.plan.as_ref().is_some_and(|plan| plan.undecided.contains(reviewer));
    match application.status {
        Status::Draft | Status::Registering => None,
        Status::Submitted => Some(RowState::Submitted),
        Status::Returned => Some(RowState::Returned),
        Status::Authorised | Status::Qualified => match planned {
            _ if refused => Some(RowState::Refused),
            Some(planned) if undecided(&planned.reviewer) => Some(RowState::UnderReview),
            _ => Some(RowState::InProgress),
        },
    }
}
