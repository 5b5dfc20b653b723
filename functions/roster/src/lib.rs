//! The roster (选手信息导入模板表): workbook in, findings and annotated workbook out; and the summary form and the ledger of
//! blank sheets as workbooks.
//!
//! What belongs here: the bytes of a workbook – guarding, reading, writing. What does not: judging a row
//! (`rules::check`), storage, AWS. Whatever the bytes are, nothing here panics or allocates without a bound.

mod book;
mod guard;
mod ledger;
mod read;
mod report;
mod sheet;
mod summary;
mod template;

pub use ledger::ledger;
pub use read::Roster;
pub use report::report;
pub use summary::summary_form;
pub use template::template;

/// A workbook could not be written: a defect of this program or of a notice, never of what was handed in.
#[derive(Debug, thiserror::Error)]
#[error("workbook not written: {0}")]
pub struct WriteError(#[from] rust_xlsxwriter::XlsxError);
