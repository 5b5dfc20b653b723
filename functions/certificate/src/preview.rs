//! How a certificate will lie on a printed blank (套打): what is printed, over a picture of the blank.

use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::{Area, Layout};

use crate::batch::Batch;
use crate::fonts::Fonts;
use crate::plate::Plate;
use crate::{Certificate, PrintError};

/// A PDF of one page of `layout`'s size: `blank`, a JPEG of the whole sheet, and over it what would be printed of `fields`. A picture of
/// other proportions keeps them, in the middle.
///
/// # Errors
/// [`PrintError::Photo`] where the picture is no JPEG that a PDF can hold; otherwise as for printing.
pub fn preview(fonts: &Fonts, layout: &Layout, fields: &CertificateFields, blank: &[u8]) -> Result<Vec<u8>, PrintError> {
    let [width, height] = layout.page;
    // It is drawn where a photo would be: under everything else, and as large as the sheet.
    let over = Layout { photo: Some(Area { x: 0.0, y: 0.0, width, height }), art: false, ..layout.clone() };
    let plate = Plate::new(fonts, &over, None)?;
    Batch::new(fonts, &plate, &[Certificate { fields, photo: Some(blank), by_hand: false }])?.single(0)
}
