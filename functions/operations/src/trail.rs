//! The trail of an application (留痕): who did what, when, on which clause. And who had personal data of it shown.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::audit::{AuditAction, AuditEntry, AuditSubject};
use rules::issue::application::ApplicationId;
use rules::numbers::code::CertificateCode;
use rules::values::party::{Actor, Role};
use rules::values::schema::Moment;
use rules::values::vocabulary::CertificateType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::authorisation::act_of;
use crate::own_lot::title;
use crate::page_size::page_size;
use crate::refusal::Refusal;
use crate::rows::{sees_all_rows, sees_whole};

/// Entries on a page, if the request does not say.
const PAGE: usize = 100;
/// The most that one page holds.
const MAX_PAGE: u32 = 200;

/// Which entries are asked for.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrailAsked {
    /// Instead of what was done: who had materials, photos or document numbers shown. For the Center that authorises, alone.
    pub looks: Option<bool>,
    /// `next_after` of the page before; the first page, if none is named.
    pub after: Option<u64>,
    /// Entries on a page, 1 to 200; 100, if nothing is said.
    pub size: Option<u32>,
}

/// A page of a trail, in the order in which things were done.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct TrailPage {
    /// The entries that the account may see; a page may be short and name a next one.
    pub entries: Vec<ShownEntry>,
    /// Where the next page begins; none at the end.
    pub next_after: Option<u64>,
}

/// Something that was done.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownEntry {
    /// Number of the entry within its trail.
    pub number: u64,
    /// When.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// By which account; accounts of others than one's own organisation are named to the Center alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// For which organisation.
    pub organisation: String,
    /// What.
    pub action: AuditAction,
    /// What, as units and staff call it.
    pub action_word: String,
    /// On which clause; empty for what the system does.
    pub clause: String,
    /// The certificate it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CertificateCode>,
    /// Which types of certificates it is about, as the notice calls them; none where it is about the application as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificate_types: Vec<String>,
    /// Reasons and further facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Operations {
    /// A page of what was done with an application. A reviewer of some of the rows sees what was done with the application as a whole, and
    /// what it did itself.
    pub async fn trail(&self, actor: &Actor, id: ApplicationId, asked: TrailAsked) -> Result<TrailPage, Refusal> {
        let size = page_size(asked.size, PAGE, MAX_PAGE, "条")?;
        let application = self.visible(actor, &id).await?;
        let after = asked.after.unwrap_or(0);
        let entries = match asked.looks {
            Some(true) if actor.role == Role::Center && sees_all_rows(actor, &application) => {
                self.cloud.looks().page(&id, after, size).await?
            }
            Some(true) => return Err(Refusal::Denied),
            _ => self.cloud.applications().trail_page(&id, after, size).await?,
        };
        let next_after = entries.last().map(|last| last.number).filter(|_| entries.len() == size);
        let whole = sees_whole(actor, &application);
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let act = act_of(&application, notice);
        let seen =
            |entry: &AuditEntry| whole || entry.organisation == actor.organisation || entry.action.subject() == AuditSubject::Application;
        let entries = entries.into_iter().filter(seen).map(|entry| {
            let named = actor.role == Role::Center || entry.organisation == actor.organisation;
            let decides = entry.action == AuditAction::Authorise;
            let types: BTreeSet<CertificateType> = entry.lots.iter().map(|lot| lot.certificate_type).collect();
            let certificate_types = types.into_iter().map(|one| title(notice, one)).collect();
            let shown = ShownEntry { certificate_types, ..ShownEntry::of(entry, named) };
            if decides { ShownEntry { action_word: act.to_owned(), ..shown } } else { shown }
        });
        let entries = entries.collect();
        Ok(TrailPage { entries, next_after })
    }
}

impl ShownEntry {
    /// An entry as it is shown, with the account or without.
    pub(crate) fn of(entry: AuditEntry, named: bool) -> Self {
        Self {
            number: entry.number,
            at: entry.at,
            actor: Some(entry.actor).filter(|_| named),
            organisation: entry.organisation,
            action: entry.action,
            action_word: entry.action.word().to_owned(),
            clause: entry.clause,
            code: entry.code,
            certificate_types: Vec::new(),
            detail: entry.detail,
        }
    }
}
