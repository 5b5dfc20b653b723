//! The roster (选手信息导入模板表): workbook in, findings and annotated workbook out; and the summary form, the ledger of
//! blank sheets, the hand-out list, the statistics and plain lists as workbooks.
//!
//! What belongs here: the bytes of a workbook – guarding, reading, writing. What does not: judging a row
//! (`rules::intake::check`), storage, AWS. Whatever the bytes are, nothing here panics or allocates without a bound.

mod book;
mod excerpt;
mod guard;
mod hand_out;
mod header;
mod hidden;
mod ledger;
mod merged;
mod numbers;
mod outside;
mod parts;
mod publication;
mod read;
mod replaced;
mod report;
mod sheet;
mod statistics;
mod summary;
mod supervision;
mod table;
mod template;

pub use excerpt::{ShownCell, ShownRow, excerpt};
pub use hand_out::hand_out_list;
pub use ledger::ledger;
pub use numbers::{RowFilledIn, RowToNumber, numbers_filled_in, numbers_to_fill_in};
pub use publication::publication;
pub use read::Roster;
pub use replaced::{NotReplaced, Replacements, with_cells_replaced};
pub use report::{report, report_of_rows};
pub use statistics::statistics;
pub use summary::summary_form;
pub use supervision::supervision;
pub use table::table;
pub use template::{template, template_filled_in};

/// A workbook could not be written: a defect of this program or of a notice, never of what was handed in.
#[derive(Debug, thiserror::Error)]
#[error("workbook not written: {0}")]
pub struct WriteError(#[from] rust_xlsxwriter::XlsxError);
