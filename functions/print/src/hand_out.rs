//! The list that a lot is handed over with, a part for each thousand certificates: PDF and workbook.

use records::RecordsError;
use records::application::Application;
use records::issue::certificates::Certificate;
use records::keys::objects::{BUNDLE, Chunk, FormFormat, ObjectKey, bundles_of};
use records::store::bucket::WORKBOOK;
use rules::after::hand_out::{Collection, HandOutList, ListedWinner};
use rules::notice::Notice;
use rules::sheets::run::Run;

use crate::press::{OrderError, PrintShop};

impl PrintShop {
    /// A part of the list of the collection that was entered with audit entry `number`; one that was entered anew since has
    /// a list of its own.
    pub(crate) async fn hand_out_list(&self, chunk: &Chunk, number: u64) -> Result<(), OrderError> {
        let collection = self.cloud.hand_outs().collection(&chunk.application, &chunk.lot).await?.ok_or(RecordsError::NotFound)?;
        if collection.number != number {
            return Ok(());
        }
        let list = self.list(&collection, chunk.number).await?;
        let key = |format| {
            let (application, lot) = (chunk.application.clone(), chunk.lot.clone());
            ObjectKey::HandOutList { application, lot, collection: number, number: chunk.number, format }
        };
        let workbook = tokio::task::block_in_place(|| roster::hand_out_list(&list))?;
        self.cloud.write(&key(FormFormat::Workbook), WORKBOOK, workbook).await?;
        let pdf = tokio::task::block_in_place(|| certificate::hand_out_list(&self.fonts, &list))?;
        self.cloud.write(&key(FormFormat::Pdf), "application/pdf", pdf).await?;
        Ok(self.cloud.certificates().chunk_printed(chunk).await?)
    }

    async fn list(&self, collection: &Collection, part: usize) -> Result<HandOutList, OrderError> {
        let id = &collection.collection_of;
        let application = self.cloud.applications().get(id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let lot = self.cloud.allocations().get(id, &collection.lot()).await?.ok_or(RecordsError::NotFound)?;
        let positions: Vec<u32> = collection.positions().skip(part * BUNDLE).take(BUNDLE).collect();
        let certificates = self.cloud.hand_outs().certificates(notice, &lot, &positions).await?;
        let runs = self.cloud.runs().of_lot(id, &collection.lot()).await?;
        let rows = (part * BUNDLE + 1..).zip(&certificates).map(|(number, certificate)| row(notice, &runs, number, certificate)).collect();
        let by =
            certificates.first().map_or(String::new(), |first| first.sealed_by.clone().unwrap_or_else(|| first.issued_by().to_owned()));
        let about = about(&application, collection, (part, &by));
        let rules = &notice.hand_out;
        let (title, signatures) = (rules.title_of(notice, lot.certificate_type), rules.signatures_of(notice, lot.certificate_type));
        Ok(HandOutList { title, about, columns: rules.columns.clone(), rows, signatures: signatures.to_owned() })
    }
}

fn about(application: &Application, collection: &Collection, (part, by): (usize, &str)) -> Vec<String> {
    let parts = bundles_of(collection.count());
    let part = if parts > 1 { format!("　第 {} 册，共 {parts} 册", part + 1) } else { String::new() };
    let remark = collection.remark.as_ref().map_or_else(String::new, |remark| format!("　备注：{remark}"));
    vec![
        format!("大赛名称：{}　申报号：{}", application.contest.name, application.id),
        format!("牵头主办单位：{}　颁证（代章）单位：{by}", application.contest.organiser),
        format!("经办人：{}　领取日期：{}　共 {} 张{part}{remark}", collection.collector, collection.on, collection.count()),
    ]
}

fn row(notice: &Notice, runs: &[Run], number: usize, certificate: &Certificate) -> Vec<String> {
    let level = certificate.entry.level.and_then(|digit| notice.level_by_digit(digit));
    let winner = ListedWinner {
        entry: &certificate.entry,
        code: certificate.number().unwrap_or_default(),
        level: level.map_or("", |level| &level.name),
        serial: certificate.serial(notice, runs).unwrap_or_default(),
        revoked: certificate.revoked.is_some(),
    };
    notice.hand_out.row(number, &winner, &notice.mask)
}
