//! Certificates of one layout, onto pages: each as a document of its own, or all of them in one.

use lopdf::{Document, Object};
use printpdf::{DictItem, PdfDocument, XObject, XObjectId};
use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::{Align, Area, Calibration, FontRole, Layout, Style};
use rules::values::name::is_makeshift;

use crate::canvas::{self, Canvas, Text, Typeset, name, stream};
use crate::document::{self, About};
use crate::embed::{Cuts, Embedded, Glyphs};
use crate::fonts::Fonts;
use crate::frame::{GOLD, GREY};
use crate::layout::PT_PER_MM;
use crate::photo::{self, Photo};
use crate::plate::Plate;
use crate::signature::Signing;
use crate::{Certificate, PrintError, Subject};

/// Grey words in an empty place.
const HINT: Style =
    Style { font: FontRole::Song, align: Align::Centre, sizes: [9.0, 6.0, 5.0], leading: 1.2, indent: 0.0, colour: GREY, bold: 0.0 };
const PHOTO_HINT: &str = "照片";
const SEAL_HINT: &str = "（盖章处）";

/// The key by which a photo's place is found in the document that printpdf builds.
const PHOTO_MARK: &str = "SaizhengPhoto";

/// Certificates that have been set: every character has a glyph and every text its place, so that nothing but the library
/// can stop them from being printed.
pub struct Batch<'a> {
    plate: &'a Plate,
    cuts: Cuts<'a>,
    sheets: Vec<Sheet<'a>>,
}

impl std::fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("sheets", &self.sheets.len()).finish_non_exhaustive()
    }
}

/// A certificate, set.
struct Sheet<'a> {
    certificate: Certificate<'a>,
    texts: Vec<Typeset>,
    photo: Option<Photo>,
}

impl<'a> Batch<'a> {
    /// Sets the certificates; their fonts are cut once for all of them, so print many in a batch.
    ///
    /// # Errors
    /// See [`PrintError`]; the first certificate that cannot be set stops the batch.
    pub fn new(fonts: &'a Fonts, plate: &'a Plate, certificates: &[Certificate<'a>]) -> Result<Self, PrintError> {
        let sheets: Vec<Sheet<'a>> = certificates.iter().map(|certificate| sheet(fonts, plate, certificate)).collect::<Result<_, _>>()?;
        let cuts = Cuts::new(fonts, &Glyphs::of(sheets.iter().flat_map(|sheet| &sheet.texts).map(Typeset::shaped)))?;
        Ok(Self { plate, cuts, sheets })
    }

    /// How many certificates there are.
    pub fn len(&self) -> usize {
        self.sheets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sheets.is_empty()
    }

    /// One certificate as a PDF of one page. The same input gives the same bytes.
    ///
    /// # Errors
    /// [`PrintError::Empty`] where there is no such certificate; otherwise the library's.
    pub fn single(&self, index: usize) -> Result<Vec<u8>, PrintError> {
        self.copy(index, None)
    }

    /// One certificate as a PDF of one page that is signed (PAdES B-B).
    ///
    /// # Errors
    /// As [`Batch::single`]; [`PrintError::Signature`] where the signer's certificate is not good at that moment.
    pub fn signed(&self, index: usize, signing: Signing<'_>) -> Result<Vec<u8>, PrintError> {
        signing.signer.check(signing.at)?;
        self.copy(index, Some(signing))
    }

    fn copy(&self, index: usize, signing: Option<Signing<'_>>) -> Result<Vec<u8>, PrintError> {
        let sheet = self.sheets.get(index).ok_or(PrintError::Empty)?;
        self.print(std::slice::from_ref(sheet), &Calibration::default(), &sheet.certificate.fields.code, signing)
    }

    /// All certificates as one PDF, a page each, in order, as the printer needs them. Memory grows by about three times the
    /// photos' size: a thousand pages are a good measure.
    ///
    /// # Errors
    /// [`PrintError::Empty`] for no certificates; otherwise the library's.
    pub fn merged(&self, calibration: &Calibration) -> Result<Vec<u8>, PrintError> {
        let (Some(first), Some(last)) = (self.sheets.first(), self.sheets.last()) else { return Err(PrintError::Empty) };
        self.print(&self.sheets, calibration, &format!("{}–{}", first.certificate.fields.code, last.certificate.fields.code), None)
    }

    fn print(
        &self,
        sheets: &[Sheet<'_>],
        calibration: &Calibration,
        id: &str,
        signing: Option<Signing<'_>>,
    ) -> Result<Vec<u8>, PrintError> {
        let fonts = self.cuts.embedded(Glyphs::of(sheets.iter().flat_map(|sheet| &sheet.texts).map(Typeset::shaped)))?;
        let mut pdf = PdfDocument::new("");
        let (plate, stand_in) = Plate::stand_in();
        pdf.resources.xobjects.map.insert(plate.clone(), stand_in);
        for (index, sheet) in sheets.iter().enumerate() {
            self.page(&mut pdf, &fonts, &plate, (index, sheet), calibration)?;
        }
        let mut document = document::lopdf_of(&pdf)?;
        drop(pdf);
        put_photos(&mut document, sheets);
        fonts.put_into(&mut document)?;
        self.plate.put_into(&mut document);
        let fields = sheets.first().ok_or(PrintError::Empty)?.certificate.fields;
        let is_proven = sheets.len() == 1 && self.plate.layout().qr.is_some() && !fields.verify_url.is_empty();
        let source = is_proven.then_some(fields.verify_url.as_str());
        document::write(document, &About { title: format!("{} {id}", fields.title), author: &fields.issuing_body, id, source }, signing)
    }

    fn page(
        &self,
        pdf: &mut PdfDocument,
        fonts: &Embedded,
        plate: &XObjectId,
        (index, sheet): (usize, &Sheet<'_>),
        calibration: &Calibration,
    ) -> Result<(), PrintError> {
        let layout = self.plate.layout();
        let [width, height] = layout.page;
        let mut canvas = Canvas::new(fonts, height);
        if *calibration != Calibration::default() {
            canvas.transform(matrix(calibration, height));
        }
        canvas.form(plate);
        let xobjects = &mut pdf.resources.xobjects.map;
        if let (Some(area), Some(photo)) = (layout.photo, sheet.photo) {
            let id = XObjectId(format!("Photo{index}"));
            xobjects.insert(id.clone(), jpeg_object(&photo, index));
            canvas.image(&id, canvas.matrix_of(placed(&photo, area)));
        }
        if let Some(area) = layout.qr {
            let id = XObjectId(format!("QR{index}"));
            let url = &sheet.certificate.fields.verify_url;
            let object = canvas::qr_object(url).map_err(|source| PrintError::QrCode { of: subject(&sheet.certificate), source })?;
            xobjects.insert(id.clone(), object);
            canvas.mask(&id, area);
        }
        if let (true, Some(Area { x, y, width, height })) = (layout.art, layout.photo) {
            canvas.pen(GOLD, 0.4);
            canvas.line(&[(x, y), (x + width, y), (x + width, y + height), (x, y + height)], true);
        }
        canvas.texts(&sheet.texts);
        pdf.pages.push(canvas.page(width));
        Ok(())
    }
}

fn subject(certificate: &Certificate<'_>) -> Subject {
    Subject::Certificate(certificate.fields.code.clone())
}

fn sheet<'a>(fonts: &Fonts, plate: &Plate, certificate: &Certificate<'a>) -> Result<Sheet<'a>, PrintError> {
    let code = || certificate.fields.code.clone();
    let photo = certificate.photo.filter(|_| plate.layout().photo.is_some()).map(photo::read).transpose();
    let photo = photo.map_err(|source| PrintError::Photo { code: code(), source })?;
    let set = |text: Text<'_>| match canvas::typeset(fonts, &|| subject(certificate), &text) {
        // 手工填写: the place stays empty.
        Err(PrintError::MissingCharacters { .. }) if certificate.by_hand => None,
        // A font may well have ⿰: the description of an ideograph is not the ideograph.
        Ok(_) if certificate.by_hand && text.text.contains(is_makeshift) => None,
        other => Some(other),
    };
    let texts = texts(plate, certificate).into_iter().filter_map(set).collect::<Result<_, _>>()?;
    Ok(Sheet { certificate: *certificate, texts, photo })
}

/// The values of a layout, filled in.
pub(crate) fn values<'a>(layout: &'a Layout, fields: &CertificateFields) -> impl Iterator<Item = Text<'a>> {
    layout.texts.iter().filter(|text| text.text.fixed().is_none()).filter_map(|text| {
        let value = text.text.filled(|name| fields.value(name))?;
        Some(Text::new(&text.part, value, text.at, *layout.style_of(text)?))
    })
}

/// What is filled in, in reading order: that is the order it is extracted in.
fn texts<'a>(plate: &'a Plate, certificate: &Certificate<'_>) -> Vec<Text<'a>> {
    let layout = plate.layout();
    let mut texts: Vec<Text<'a>> = values(layout, certificate.fields).collect();
    if layout.art {
        let photo = layout.photo.filter(|_| certificate.photo.is_none());
        texts.extend(photo.map(|area| Text::new(PHOTO_HINT, PHOTO_HINT, area, HINT)));
        texts.extend(layout.seal.filter(|_| plate.seal().is_none()).map(|area| Text::new(SEAL_HINT, SEAL_HINT, area, HINT)));
    }
    texts
}

/// Moves and scales the page as the printer needs it: from its top left corner, which is at (0, `height`).
pub(crate) fn matrix(calibration: &Calibration, height: f32) -> [f32; 6] {
    let Calibration { offset_x, offset_y, scale_x, scale_y } = *calibration;
    let top = height * PT_PER_MM;
    [scale_x, 0.0, 0.0, scale_y, offset_x * PT_PER_MM, top * (1.0 - scale_y) - offset_y * PT_PER_MM]
}

/// The largest place in `area` for the picture.
fn placed(photo: &Photo, area: Area) -> Area {
    let (across, up) = (f32::from(photo.width), f32::from(photo.height));
    let scale = (area.width / across).min(area.height / up);
    let (width, height) = (across * scale, up * scale);
    Area { x: area.x + (area.width - width) / 2.0, y: area.y + (area.height - height) / 2.0, width, height }
}

/// Stands for a JPEG until [`put_photos`]: printpdf copies what it is given, and decodes and encodes its own images anew.
fn jpeg_object(photo: &Photo, index: usize) -> XObject {
    let entries = vec![
        ("Type", name("XObject")),
        ("Subtype", name("Image")),
        ("Width", DictItem::Int(i64::from(photo.width))),
        ("Height", DictItem::Int(i64::from(photo.height))),
        ("ColorSpace", name(if photo.grey { "DeviceGray" } else { "DeviceRGB" })),
        ("BitsPerComponent", DictItem::Int(8)),
        ("Filter", name("DCTDecode")),
        // At most as many as there are certificates.
        (PHOTO_MARK, DictItem::Int(index as i64)),
    ];
    stream(entries, Vec::new(), false)
}

/// Puts the JPEGs themselves in their places: once in memory, however many pages there are.
fn put_photos(document: &mut Document, sheets: &[Sheet<'_>]) {
    for stream in document.objects.values_mut().filter_map(|object| object.as_stream_mut().ok()) {
        let Some(Object::Integer(index)) = stream.dict.remove(PHOTO_MARK.as_bytes()) else { continue };
        let jpeg = usize::try_from(index).ok().and_then(|index| sheets.get(index)?.certificate.photo);
        stream.set_content(jpeg.unwrap_or_default().to_vec());
    }
}
