//! 五、（二）: the workbook for the provincial supervision system, for whoever issues the lot.

use records::RecordsError;
use records::issue::certificates::Certificate;
use records::keys::objects::ObjectKey;
use records::store::bucket::WORKBOOK;
use rules::after::supervision::{SupervisedAward, supervised};
use rules::issue::access::Action;
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::issue::certificate_fields::IssuedBy;
use rules::notice::Notice;
use rules::values::party::Actor;
use rules::values::vocabulary::CertificateType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::links::LOOK_LIFETIME;
use crate::own_lot::{LotAsked, meant};
use crate::refusal::Refusal;
use crate::rows::reviewer_of;

/// The workbook of a lot.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SupervisionLink {
    /// Of which type its certificates are.
    pub certificate_type: CertificateType,
    /// How many certificates stand in it: those that have a number and count.
    pub count: usize,
    /// The gap that its columns rest on, 待确认.
    pub unconfirmed: Option<String>,
    /// Link to it, for five minutes.
    pub workbook: String,
}

impl Operations {
    /// The workbook of the actor's lot as it stands now.
    pub async fn supervision(&self, actor: &Actor, id: ApplicationId, asked: LotAsked) -> Result<SupervisionLink, Refusal> {
        let application = self.visible(actor, &id).await?;
        let reviewer = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &reviewer })?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let rules = notice.supervision.as_ref();
        let rules = rules.ok_or_else(|| Refusal::Changed("适用的通知没有设监管系统的数据表".to_owned()))?;
        let lot = meant(self.lots_decided(&id, &reviewer).await?, asked.certificate_type, notice)?;
        let certificates = self.numbered(notice, &lot).await?;
        let runs = self.cloud.runs().of_lot(&id, &lot.lot()).await?;
        let serials: Vec<Option<String>> = certificates.iter().map(|one| one.serial(notice, &runs)).collect();
        let awards = certificates.iter().zip(&serials).map(|(one, serial)| SupervisedAward {
            contest: &application.contest,
            entry: &one.entry,
            by: IssuedBy { certificate_type: one.certificate_type, issuing_body: one.issued_by(), sealed_by: one.sealed_by.as_deref() },
            number: one.number().unwrap_or_default(),
            serial: serial.as_deref(),
            issued_on: one.basis.issued_on.unwrap_or_else(|| one.issued_on(&application.contest)),
        });
        let rows = supervised(notice, rules, awards);
        let bytes = roster::supervision(rules, &rows).map_err(|error| RecordsError::Corrupt(error.to_string()))?;
        // The application's version guards its lots and runs: what is made of one version is the same whoever makes it.
        let key = ObjectKey::Supervision { application: id, lot: lot.lot(), version: application.version };
        self.cloud.write(&key, WORKBOOK, bytes).await?;
        Ok(SupervisionLink {
            certificate_type: lot.certificate_type,
            count: rows.len(),
            unconfirmed: rules.unconfirmed.clone(),
            workbook: self.cloud.link(&key, LOOK_LIFETIME).await?,
        })
    }

    /// The certificates of a lot that have a number and count, others' by the numbers that those gave (二、（一）).
    async fn numbered(&self, notice: &Notice, lot: &Allocation) -> Result<Vec<Certificate>, Refusal> {
        match lot.certificate_type {
            CertificateType::SkillLevel | CertificateType::SpecificAbility => {
                Ok(self.cloud.certificates().active_certificates(notice, lot).await?)
            }
            CertificateType::Qualification => {
                let mut records = self.cloud.certificates().recorded(&lot.of).await?;
                records.retain(|record| record.lot() == lot.lot() && record.external_number.is_some());
                records.sort_by_key(|record| record.row);
                Ok(records)
            }
        }
    }
}
