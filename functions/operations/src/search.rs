//! 综合查询: winners by name, document number or code, as far as the account may see their rows. Names and numbers come in a body, never
//! in an address; a search by number is an entry, whatever it finds.

use std::collections::{BTreeMap, BTreeSet};

use records::RecordsError;
use records::application::Application;
use records::application::people::PersonKey;
use rules::audit::{AuditAction, AuditEntry};
use rules::intake::entry::Entry;
use rules::issue::application::ApplicationId;
use rules::notice::Notice;
use rules::values::party::{Actor, Applicant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;

/// Rows that one answer holds: whoever has more namesakes searches by number.
const MAX_FOUND: usize = 50;
/// Applications whose rows are looked at for one answer.
const MAX_LOOKED_AT: usize = 20;
/// Characters of what is looked for.
const MAX_TEXT: usize = 60;

/// Who is looked for: by one of the two.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// 姓名, the whole of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 证件号码, the whole of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
}

/// The rows that were found, those of which the account may know.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// The rows.
    pub rows: Vec<FoundRow>,
    /// Whether there may be more of them than are listed.
    pub more: bool,
}

/// A row that was found.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct FoundRow {
    /// The application.
    pub application: ApplicationId,
    /// 大赛名称
    pub contest: String,
    /// 牵头主办单位
    pub organiser: String,
    /// The application's status as units and staff call it.
    pub status_word: String,
    /// Row of the roster.
    pub row: u32,
    /// 姓名
    pub name: String,
    /// 证件类型
    pub document_type: String,
    /// 证件号码, masked.
    pub document_number: String,
    /// 赛项名称
    pub event: String,
    /// 奖牌类别/名次
    pub award: String,
    /// Level in Chinese.
    pub level: Option<String>,
    /// What its certificate is found by, once it has one.
    pub number: Option<String>,
    /// Whether that certificate was revoked.
    pub revoked: bool,
}

impl Operations {
    /// Winners by name or document number, masked. Everything is looked at as it stands now: what an index remembers of a roster that was
    /// replaced is passed over.
    pub async fn search(&self, actor: &Actor, search: Search) -> Result<Found, Refusal> {
        let text = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let (name, number) = (text(&search.name), text(&search.document_number));
        let person = match (&name, &number) {
            (Some(name), None) => PersonKey::Name(name),
            (None, Some(number)) => PersonKey::DocumentNumber(number),
            _ => return Err(Refusal::Malformed("请写明姓名或证件号码，两者之一".to_owned())),
        };
        if [&name, &number].into_iter().flatten().any(|text| text.chars().count() > MAX_TEXT) {
            return Err(Refusal::Malformed(format!("查找的文字不应超过 {MAX_TEXT} 个字")));
        }
        let found = self.people_found(actor, person).await?;
        if number.is_some() {
            let rows: Vec<String> = found.rows.iter().map(|row| format!("申报 {} 第 {} 行", row.application, row.row)).collect();
            let said = if rows.is_empty() { "没有查到".to_owned() } else { format!("查到 {}", rows.join("、")) };
            // Before anything is told.
            let audit = AuditEntry::new(actor, AuditAction::Search, "", self.cloud.clock.now()).with(said);
            self.cloud.looks().enter_search(&Applicant::of(actor), audit).await?;
        }
        Ok(found)
    }

    async fn people_found(&self, actor: &Actor, person: PersonKey<'_>) -> Result<Found, Refusal> {
        let mut places: BTreeMap<ApplicationId, BTreeSet<u32>> = BTreeMap::new();
        for place in self.cloud.people().find(person).await? {
            places.entry(place.stands_in).or_default().insert(place.in_row);
        }
        let (mut found, mut looked_at) = (Found { rows: Vec::new(), more: false }, 0);
        for (id, rows) in places {
            let application = match self.visible(actor, &id).await {
                Ok(application) => application,
                // Deleted, or not theirs to know of.
                Err(Refusal::NotFound) => continue,
                Err(refusal) => return Err(refusal),
            };
            if looked_at == MAX_LOOKED_AT || found.rows.len() >= MAX_FOUND {
                found.more = true;
                break;
            }
            looked_at += 1;
            found.rows.extend(self.found_in(actor, &application, &rows, person).await?);
        }
        found.more |= found.rows.len() > MAX_FOUND;
        found.rows.truncate(MAX_FOUND);
        Ok(found)
    }

    /// Those of the rows that still say so, as they stand on the certificates or else in the roster.
    async fn found_in(
        &self,
        actor: &Actor,
        application: &Application,
        rows: &BTreeSet<u32>,
        person: PersonKey<'_>,
    ) -> Result<Vec<FoundRow>, Refusal> {
        let Some(roster) = self.roster_in_view(actor, application).await? else { return Ok(Vec::new()) };
        let rulebook = self.cloud.rulebooks().of(application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let mut found = Vec::new();
        let entries: Vec<&Entry> = roster.visible().filter(|entry| rows.contains(&entry.row)).collect();
        for entry in entries {
            let certificate = self.certificate_of_row(application, entry.row).await?;
            let entry = certificate.as_ref().map_or(entry, |certificate| &certificate.entry);
            if !person.fits(entry) {
                continue;
            }
            let number =
                certificate.as_ref().and_then(|one| one.code.as_ref().map(ToString::to_string).or_else(|| one.external_number.clone()));
            let revoked = certificate.as_ref().is_some_and(|one| one.revoked.is_some());
            found.push(FoundRow { number, revoked, ..found_row(notice, application, entry) });
        }
        Ok(found)
    }

    /// The certificate or record of a row: the one that counts, else the last.
    pub(crate) async fn certificate_of_row(
        &self,
        application: &Application,
        row: u32,
    ) -> Result<Option<records::issue::certificates::Certificate>, RecordsError> {
        if application.plan.is_none() {
            return Ok(None);
        }
        let page = self.cloud.certificates().page(&application.id, row.saturating_sub(1)).await?;
        let mut own: Vec<_> = page.certificates.into_iter().filter(|certificate| certificate.row == row).collect();
        let counting = own.iter().position(|certificate| certificate.revoked.is_none());
        Ok(counting.map(|at| own.swap_remove(at)).or_else(|| own.pop()))
    }
}

fn found_row(notice: &Notice, application: &Application, entry: &Entry) -> FoundRow {
    FoundRow {
        application: application.id.clone(),
        contest: application.contest.name.clone(),
        organiser: application.contest.organiser.clone(),
        status_word: application.status.word().to_owned(),
        row: entry.row,
        name: entry.name.reveal().to_owned(),
        document_type: entry.document_type.clone(),
        document_number: entry.document_number.masked_by(&notice.mask),
        event: entry.event.clone(),
        award: entry.award.clone(),
        level: entry.level.and_then(|digit| notice.level_by_digit(digit)).map(|level| level.name.clone()),
        number: None,
        revoked: false,
    }
}
