//! 样张: a certificate of each kind that an application has, drawn of its plan before anything is decided. No number is spent.

use std::collections::BTreeMap;

use certificate::{Certificate, PrintError};
use records::application::Application;
use records::keys::objects::ObjectKey;
use records::store::bucket::{Shown, digest};
use rules::intake::entry::Entry;
use rules::issue::application::{ApplicationId, PlannedRow};
use rules::issue::certificate_fields::{CertificateFields, IssuedBy};
use rules::notice::Notice;
use rules::notice::layout::Layout;
use rules::values::party::Actor;
use rules::values::vocabulary::{CertificateType, Form};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::explain::PlanInView;
use crate::links::LOOK_LIFETIME;
use crate::own_lot::title;
use crate::refusal::Refusal;

/// Kinds that are drawn for one answer; an application has some ten of them.
const MAX_KINDS: usize = 40;
/// Positions of a code.
const CODE_WIDTH: usize = 22;

/// The samples of an application.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Samples {
    /// Whether they follow a plan that is not authorised yet.
    pub preview: bool,
    /// A PDF for each type of certificate that is printed here.
    pub files: Vec<SampleFile>,
}

/// The samples of one type.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SampleFile {
    /// 证书类型
    pub certificate_type: CertificateType,
    /// The type as the notice calls it.
    pub certificate_type_word: String,
    /// What its pages show, in order.
    pub pages: Vec<SamplePage>,
    /// Link by which a browser shows it, for five minutes; none where a page cannot be printed.
    pub link: Option<String>,
    /// Why not.
    pub problem: Option<String>,
}

/// A page: a kind of certificate with the row that is hardest to set.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct SamplePage {
    /// Name of the level in Chinese.
    pub level: Option<String>,
    /// 颁证主体
    pub issuing_body: String,
    /// 代章
    pub sealed_by: Option<String>,
    /// How many certificates of the kind there would be.
    pub certificates: u32,
    /// Row that the sample is of.
    pub row: u32,
    /// Why this row.
    pub chosen: SampleChoice,
}

/// Why a row is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SampleChoice {
    /// 姓名最长
    LongestName,
    /// 用字最罕见
    RarestCharacter,
}

/// What makes certificates of one kind.
type Kind = (Option<u8>, String, Option<String>);
/// The rows of each kind.
type KindRows<'r> = BTreeMap<Kind, Vec<(&'r Entry, &'r PlannedRow)>>;

impl Operations {
    /// A sample of each distinct kind that the actor may see rows of.
    pub async fn samples(&self, actor: &Actor, id: ApplicationId) -> Result<Samples, Refusal> {
        let application = self.visible(actor, &id).await?;
        let PlanInView { plan, rulebook, preview } = self.plan_in_view(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let Some(roster) = self.roster_in_view(actor, &application).await? else { return Ok(Samples { preview, files: Vec::new() }) };
        let planned: BTreeMap<u32, &PlannedRow> = plan.rows.iter().map(|row| (row.row, row)).collect();
        let mut kinds: BTreeMap<CertificateType, KindRows<'_>> = BTreeMap::new();
        for entry in roster.visible() {
            let Some(row) = planned.get(&entry.row) else { continue };
            let kind = (entry.level, row.issuing_body.clone(), row.sealed_by.clone());
            kinds.entry(row.certificate_type).or_default().entry(kind).or_default().push((entry, row));
        }
        let mut files = Vec::new();
        for (certificate_type, kinds) in kinds {
            let Some(layout) = notice.layout(certificate_type, Form::Full) else { continue };
            let chosen: Vec<_> = kinds.values().take(MAX_KINDS).flat_map(|rows| chosen(notice, rows)).collect();
            files.push(self.sample_file(&application, notice, layout, certificate_type, chosen).await?);
        }
        if files.iter().any(|file| file.link.is_some()) {
            self.note_look(actor, &application, notice, "样张".to_owned()).await?;
        }
        Ok(Samples { preview, files })
    }

    async fn sample_file(
        &self,
        application: &Application,
        notice: &Notice,
        layout: &Layout,
        certificate_type: CertificateType,
        chosen: Vec<(SamplePage, &Entry, &PlannedRow)>,
    ) -> Result<SampleFile, Refusal> {
        let fields: Vec<(CertificateFields, bool)> =
            chosen.iter().map(|(_, entry, row)| (fields(notice, application, entry, row), entry.by_hand)).collect();
        let certificates: Vec<Certificate<'_>> =
            fields.iter().map(|(fields, by_hand)| Certificate { fields, photo: None, by_hand: *by_hand }).collect();
        let fonts = self.fonts()?;
        let drawn = tokio::task::block_in_place(|| certificate::samples(fonts, layout, &certificates)).map_err(|error| said(&error));
        let (link, problem) = match drawn {
            Ok(pdf) => (Some(self.kept_samples(application, pdf).await?), None),
            Err(problem) => (None, Some(problem)),
        };
        let pages = chosen.into_iter().map(|(page, ..)| page).collect();
        Ok(SampleFile { certificate_type, certificate_type_word: title(notice, certificate_type), pages, link, problem })
    }

    /// The same samples are the same file.
    pub(crate) async fn kept_samples(&self, application: &Application, pdf: Vec<u8>) -> Result<String, Refusal> {
        let key = ObjectKey::Samples { application: application.id.clone(), digest: digest(&pdf) };
        self.cloud.write_once(&key, "application/pdf", pdf, None).await?;
        let shown = Shown { content_type: "application/pdf", lifetime: LOOK_LIFETIME };
        Ok(self.cloud.link_shown(&key.to_string(), None, shown).await?)
    }
}

/// Of the rows of a kind the one with the longest name, and the one with the rarest character where that is another.
fn chosen<'e>(notice: &Notice, rows: &[(&'e Entry, &'e PlannedRow)]) -> Vec<(SamplePage, &'e Entry, &'e PlannedRow)> {
    let length = |entry: &Entry| entry.name.reveal().chars().count();
    // What no font has is written by hand; of the others the higher a character stands in Unicode, the later it was taken in.
    let rarity = |entry: &Entry| (entry.by_hand, entry.name.reveal().chars().max());
    // Of equals the first.
    let longest = rows.iter().rev().max_by_key(|(entry, _)| length(entry));
    let rarest =
        rows.iter().rev().max_by_key(|(entry, _)| rarity(entry)).filter(|one| longest.is_none_or(|longest| longest.0.row != one.0.row));
    let choices = [(longest, SampleChoice::LongestName), (rarest, SampleChoice::RarestCharacter)];
    let page = |(entry, row): &(&'e Entry, &'e PlannedRow), chosen| SamplePage {
        level: entry.level.and_then(|digit| notice.level_by_digit(digit)).map(|level| level.name.clone()),
        issuing_body: row.issuing_body.clone(),
        sealed_by: row.sealed_by.clone(),
        certificates: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        row: entry.row,
        chosen,
    };
    choices.into_iter().filter_map(|(one, chosen)| one.map(|one| (page(one, chosen), one.0, one.1))).collect()
}

/// What would be printed; the number is none yet.
fn fields(notice: &Notice, application: &Application, entry: &Entry, row: &PlannedRow) -> CertificateFields {
    let by = IssuedBy { certificate_type: row.certificate_type, issuing_body: &row.issuing_body, sealed_by: row.sealed_by.as_deref() };
    let prefix = row.prefix.as_ref().map(ToString::to_string).unwrap_or_default();
    let code = format!("{prefix:*<CODE_WIDTH$}");
    masked(notice, entry, CertificateFields::new(notice, &application.contest, entry, by, &code, "样张".to_owned()))
}

/// Whoever looks at a sample has given no reason to see a document number whole.
pub(crate) fn masked(notice: &Notice, entry: &Entry, fields: CertificateFields) -> CertificateFields {
    CertificateFields { document_number: entry.document_number.masked_by(&notice.mask), ..fields }
}

pub(crate) fn said(error: &PrintError) -> String {
    match error {
        PrintError::MissingCharacters { characters, .. } => {
            let named: Vec<String> = characters.iter().map(|c| format!("“{c}”（U+{:04X}）", u32::from(*c))).collect();
            format!("字库没有 {}，无法打印", named.join("、"))
        }
        _ => "有文字过长，缩到最小也排不下".to_owned(),
    }
}
