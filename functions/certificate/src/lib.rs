//! A certificate onto a page: a [`Plate`] is made of a layout once, a [`Batch`] of certificates is set with it, and printed
//! as single PDFs or as one; and the summary form ([`Summary`]) onto as many pages as it needs.
//!
//! What belongs here: fonts, fitting of texts, the frame, the QR code, the photo. What does not: words and positions
//! (they come from the notice through [`rules::issue::certificate_fields`], [`rules::notice::layout`] and [`rules::intake::summary`]), AWS, files other than the fonts.
//!
//! The form follows 人社鉴发〔2021〕1号 (A4, 小四号 = 12 pt values, 25 × 35 mm photo). Nothing is ever cut off or left
//! out: a character no font has, a text that cannot be fitted, a photo that is no JPEG stop the whole document.

use std::fmt;

use rules::intake::summary::Summary;
use rules::issue::certificate_fields::CertificateFields;

mod archive;
mod authorisation;
mod batch;
mod cades;
mod canvas;
mod confirmation;
mod cover;
mod document;
mod embed;
mod fonts;
mod form;
mod frame;
mod hand_out;
mod layout;
mod pages;
mod pen;
mod photo;
mod plate;
mod portrait;
mod preview;
mod proofread;
mod qr;
mod sample;
mod seal;
mod signature;
#[cfg(test)]
mod testing;

pub use archive::{ArchiveBytes, ArchiveEntry, ArchiveError, EntryError, EntryKind, NewPhoto, PhotoArchive};
pub use authorisation::authorisation_paper;
pub use batch::Batch;
pub use confirmation::confirmation_form;
pub use cover::{CoverList, Covered, calibration_crosses, calibration_page, cover_list};
pub use fonts::{FontError, Fonts};
pub use hand_out::hand_out_list;
pub use photo::PhotoError;
pub use plate::Plate;
pub use portrait::{Concern, Portrait, decoding_cost, is_picture, portrait};
pub use preview::preview;
pub use proofread::{PaperMisprint, Proofreader};
pub use sample::samples;
pub use seal::{Seal, SealError, SealImage};
pub use signature::{Signer, SignerError, Signing};

/// What one page shows.
#[derive(Debug, Clone, Copy)]
pub struct Certificate<'a> {
    /// All values.
    pub fields: &'a CertificateFields,
    /// The holder's photo, a JPEG file; it is embedded byte for byte. `None` leaves the frame empty, to be pasted in.
    pub photo: Option<&'a [u8]>,
    /// 手工填写: a value with characters that no font has is left out, to be written in by hand.
    pub by_hand: bool,
}

/// What a text stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A certificate, by its number.
    Certificate(String),
    /// The fixed words of a layout.
    Layout,
    /// The summary form: its title, header block or notes.
    SummaryForm,
    /// A paper for the operator: a cover list or a calibration page.
    Operator,
    /// The list that a lot is handed over with.
    HandOutList,
    /// A row of the summary form, by its number (序号).
    SummaryRow(usize),
    /// 表5 of a publication batch.
    ConfirmationForm,
    /// 授权书.
    Authorisation,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(code) => write!(f, "证书 {code}"),
            Self::Layout => f.write_str("证书版式"),
            Self::SummaryForm => f.write_str("申报汇总表"),
            Self::Operator => f.write_str("打印清单或校准页"),
            Self::ConfirmationForm => f.write_str("数据审核确认表"),
            Self::Authorisation => f.write_str("授权书"),
            Self::HandOutList => f.write_str("领取、发放清单"),
            Self::SummaryRow(number) => write!(f, "申报汇总表第 {number} 行"),
        }
    }
}

/// Why there is no document. The messages hold no personal data but single characters.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// There are no certificates: a PDF must have a page.
    #[error("没有要打印的证书")]
    Empty,
    /// Characters that no font has, in order of appearance. printpdf would leave them out without a word.
    #[error("{of}：字体中没有{}", name_characters(.characters))]
    MissingCharacters {
        /// Where they stand.
        of: Subject,
        /// Each once.
        characters: Vec<char>,
    },
    /// A text too long for its box at the smallest size that can still be read.
    #[error("{of}：“{part}”过长，排不下")]
    DoesNotFit {
        /// Where it stands.
        of: Subject,
        /// Label of the field, or what else it is.
        part: String,
    },
    /// The photo cannot be embedded.
    #[error("证书 {code}：照片不可用：{source}")]
    Photo {
        /// 证书编号
        code: String,
        /// What is wrong with the photo.
        source: PhotoError,
    },
    /// The address or the stamp is too long for a QR code.
    #[error("{of}：二维码内容过长，无法生成")]
    QrCode {
        /// What it is for.
        of: Subject,
        /// What the encoder says.
        source: fast_qr::qr::QRCodeError,
    },
    /// printpdf reported errors (a font that cannot be subset, say): the document would not be what was asked for.
    #[error("生成 PDF 时出错：{}", .0.join("; "))]
    Library(Vec<String>),
    /// It could not be signed.
    #[error("电子签名：{0}")]
    Signature(#[from] SignerError),
    /// The document could not be put together.
    #[error("生成 PDF 时出错：{0}")]
    Document(#[from] lopdf::Error),
    /// The document could not be written.
    #[error("写出 PDF 时出错：{0}")]
    Write(#[from] std::io::Error),
}

/// `“𪛖”（U+2A6D6）、…`
fn name_characters(characters: &[char]) -> String {
    let names: Vec<String> = characters.iter().map(|&c| format!("“{c}”（U+{:04X}）", u32::from(c))).collect();
    names.join("、")
}

/// Prints the summary form (附件 of the notice) into one PDF 1.7, A4 landscape: the header block once, the column headers,
/// the page number and the QR code ([`Summary::qr_text`]) on every page, the notes after the last row.
///
/// The same input gives the same bytes. Rows grow with their texts. Ten thousand rows are some 560 pages.
///
/// # Errors
/// See [`PrintError`]; the first row that cannot be printed stops the document.
pub fn summary_form(fonts: &Fonts, summary: &Summary) -> Result<Vec<u8>, PrintError> {
    form::document(fonts, summary)
}
