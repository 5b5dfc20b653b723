//! Certificates as they would be printed, marked as samples: to be looked at before anything is decided.

use rules::notice::layout::{Align, Area, Calibration, Colour, FontRole, Layout, Style, TextBox};

use crate::batch::Batch;
use crate::fonts::Fonts;
use crate::layout::PT_PER_MM;
use crate::plate::Plate;
use crate::{Certificate, PrintError};

/// What is written across a sample.
const MARK: &str = "样张";
/// Light enough that what stands over it is read.
const COLOUR: Colour = [0.9, 0.8, 0.8];
/// Height of its letters, as a part of the page's width.
const SIZE: f32 = 0.25;

/// One PDF with a page for each certificate, the mark under everything that is filled in.
///
/// # Errors
/// As for printing.
pub fn samples(fonts: &Fonts, layout: &Layout, certificates: &[Certificate<'_>]) -> Result<Vec<u8>, PrintError> {
    let plate = Plate::new(fonts, &marked(layout), None)?;
    Batch::new(fonts, &plate, certificates)?.merged(&Calibration::default())
}

fn marked(layout: &Layout) -> Layout {
    let mut marked = layout.clone();
    let [width, height] = layout.page;
    let letters = width * SIZE;
    let size = letters * PT_PER_MM;
    let style = Style {
        font: FontRole::Hei,
        align: Align::Centre,
        sizes: [size, size / 2.0, size / 2.0],
        leading: 1.2,
        indent: 0.0,
        colour: COLOUR,
        bold: 0.0,
    };
    let at = Area { x: 0.0, y: (height - 1.5 * letters) / 2.0, width, height: 1.5 * letters };
    marked.styles.insert(MARK.to_owned(), style);
    let text = MARK.to_owned().into();
    marked.texts.insert(0, TextBox { part: MARK.to_owned(), text, at, style: MARK.to_owned() });
    marked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::layout;
    use rules::values::vocabulary::Form;

    #[test]
    fn the_mark_fits_on_one_line_of_each_form() {
        for form in [Form::Full, Form::Overprint] {
            let layout = layout(form);
            let marked = marked(&layout);
            assert_eq!(marked.texts.len(), layout.texts.len() + 1);
            let style = marked.style_of(&marked.texts[0]).expect("a style");
            let [width, height] = layout.page;
            assert!(2.0 * style.sizes[0] < width * PT_PER_MM && 1.5 * width * SIZE < height, "{form:?}");
        }
    }
}
