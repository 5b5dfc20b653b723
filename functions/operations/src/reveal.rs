//! A document number in full: lists show it masked; whoever needs the whole of it says why, and leaves an entry.

use rules::audit::{AuditAction, AuditEntry};
use rules::issue::application::ApplicationId;
use rules::values::party::Actor;
use rules::values::text::{MAX_REASON, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;

/// Why somebody needs it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Reveal {
    /// Why, in Chinese.
    pub reason: String,
}

/// What lists do not show of a row.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Revealed {
    /// Row of the roster.
    pub row: u32,
    /// 证件类型
    pub document_type: String,
    /// 证件号码
    pub document_number: String,
    /// 手机号码
    pub phone: String,
    /// The document number that a correction would put in its place, where one waits to be approved; told to who decides it, and to
    /// who issued the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_document_number: Option<String>,
}

impl Operations {
    /// The document number and the telephone number of a row, as they stand on its certificate or else in the roster.
    pub async fn reveal(&self, actor: &Actor, (id, row): (ApplicationId, u32), request: Reveal) -> Result<Revealed, Refusal> {
        let application = self.visible(actor, &id).await?;
        let roster = self.roster_in_view(actor, &application).await?.ok_or(Refusal::NotFound)?;
        let entry = roster.visible().find(|entry| entry.row == row).ok_or(Refusal::NotFound)?;
        let reason = bounded("事由", &request.reason, MAX_REASON).map_err(Refusal::Malformed)?;
        let certificate = self.certificate_of_row(&application, row).await?;
        let entry = certificate.as_ref().map_or(entry, |certificate| &certificate.entry);
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let clause = &rulebook.notices.of_contest(&application.contest)?.procedure.qualification;
        let requested_document_number = self.requested_document_number(actor, &application, row).await?;
        // Before it is told.
        let audit = AuditEntry::new(actor, AuditAction::Reveal, clause, self.cloud.clock.now());
        self.cloud.looks().enter(&id, audit.with(format!("第 {row} 行：{reason}"))).await?;
        Ok(Revealed {
            row,
            document_type: entry.document_type.clone(),
            document_number: entry.document_number.reveal().to_owned(),
            phone: entry.phone.clone(),
            requested_document_number,
        })
    }
}
