//! From a batch to its papers. Everything they are made of stands in the batch's sheet, so the same event again writes the same.

use certificate::{Fonts, PrintError};
use records::after::publication::PublicationOrder;
use records::keys::objects::{FormFormat, ObjectKey};
use records::store::bucket::WORKBOOK;
use records::store::queue::Arrival;
use records::{Cloud, RecordsError};
use roster::WriteError;

/// What making papers needs, made once per cold start.
pub(crate) struct PublicationPrinter {
    pub(crate) cloud: Cloud,
    pub(crate) fonts: Fonts,
}

/// Why papers were not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PapersError {
    #[error(transparent)]
    Records(#[from] RecordsError),
    #[error(transparent)]
    Workbook(#[from] WriteError),
    #[error(transparent)]
    Form(#[from] PrintError),
}

impl PublicationPrinter {
    pub(crate) async fn handle(&self, arrival: Arrival) -> Result<(), PapersError> {
        let bytes = self.cloud.read(&arrival.key, arrival.version.as_deref()).await?;
        let order: PublicationOrder = serde_json::from_slice(&bytes).map_err(RecordsError::from)?;
        let batch = self.cloud.publications().batch(&order.applicant, order.number).await?.ok_or(RecordsError::NotFound)?;
        if batch.made {
            return Ok(());
        }
        let sheet = self.cloud.publications().sheet(&batch).await?;
        let key = |format| ObjectKey::Publication { applicant: order.applicant.clone(), number: order.number, format };
        let workbook = tokio::task::block_in_place(|| roster::publication(&sheet))?;
        self.cloud.write(&key(FormFormat::Workbook), WORKBOOK, workbook).await?;
        let form = tokio::task::block_in_place(|| certificate::confirmation_form(&self.fonts, &sheet.form))?;
        self.cloud.write(&key(FormFormat::Pdf), "application/pdf", form).await?;
        Ok(self.cloud.publications().made(&batch).await?)
    }
}
