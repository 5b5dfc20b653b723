//! What is looked at every night, a query for each kind of blank sheet: whose stock is low (库存不足), and whether every book balances.

use records::store::metrics::Metric;
use records::{Cloud, RecordsError};

/// Measures the books of all kinds.
pub(crate) async fn measure(cloud: &Cloud) -> Result<(), RecordsError> {
    let rulebook = cloud.rulebooks().in_force().await?;
    let (mut low, mut unbalanced) = (0, 0);
    for kind in &rulebook.notices.general().sheet_kinds {
        for book in cloud.sheets().books(&kind.kind).await? {
            low += u64::from(book.stock.on_hand.count() < kind.low_stock);
            if !book.stock.balances() {
                tracing::error!(kind = kind.kind, holder = %book.holder, "a book of blank sheets does not balance");
                unbalanced += 1;
            }
        }
    }
    cloud.measure(Metric::SheetsLow, low);
    cloud.measure(Metric::BooksUnbalanced, unbalanced);
    Ok(())
}
