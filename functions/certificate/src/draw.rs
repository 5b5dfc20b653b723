//! From certificates to a document.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use printpdf::{DictItem, PdfDocument, XObject, XObjectId};

use crate::canvas::{self, Canvas, Characters, INK, Text, name, point, stream};
use crate::fonts::Fonts;
use crate::frame::{self, Colour, GOLD, GREY};
use crate::layout::{self, Area, PAGE, PT_PER_MM};
use crate::photo::{self, Photo};
use crate::{Certificate, PrintError, Subject};

const RED: Colour = [0.62, 0.08, 0.08];
const LABEL: Colour = [0.32, 0.3, 0.27];

/// Fixed words of the form; everything else comes from the notice.
const PHOTO_HINT: &str = "照片";
const SEAL_HINT: &str = "（盖章处）";
const ISSUER: (&str, &str) = ("发证机构", "Issued by");
const DATE: (&str, &str) = ("发证日期", "Date of Issue");
const SCAN: &str = "扫描二维码可查验本证书";

/// See [`crate::print`].
pub(crate) fn document(fonts: &Fonts, certificates: &[Certificate<'_>]) -> Result<Vec<u8>, PrintError> {
    let (Some(first), Some(last)) = (certificates.first(), certificates.last()) else {
        return Err(PrintError::Empty);
    };
    let texts: Vec<Vec<Text<'_>>> = certificates.iter().map(texts).collect();
    let mut characters = Characters::default();
    for (certificate, texts) in certificates.iter().zip(&texts) {
        characters.add(fonts, || subject(certificate), texts.iter().map(|text| (text.style.role, &*text.text)))?;
    }

    let mut pdf = characters.document(fonts);
    let frame = XObjectId("Frame".to_owned());
    pdf.resources.xobjects.map.insert(frame.clone(), frame_object()?);
    for (index, (certificate, texts)) in certificates.iter().zip(&texts).enumerate() {
        let mut canvas = Canvas::new(fonts, &characters);
        canvas.form(&frame);
        picture(&mut canvas, &mut pdf, index, certificate)?;
        canvas.texts(|| subject(certificate), texts)?;
        pdf.pages.push(canvas.page());
    }

    let code = if certificates.len() == 1 { first.face.code.clone() } else { format!("{}–{}", first.face.code, last.face.code) };
    let info = &mut pdf.metadata.info;
    info.document_title = format!("{} {code}", first.face.title);
    info.author.clone_from(&first.face.issuing_body);
    canvas::write(&pdf, &code)
}

fn subject(certificate: &Certificate<'_>) -> Subject {
    Subject::Certificate(certificate.face.code.clone())
}

/// Every text of a page, in reading order: that is the order it is extracted in.
fn texts<'a>(certificate: &Certificate<'a>) -> Vec<Text<'a>> {
    let face = certificate.face;
    let mut texts = vec![
        Text { bold: 0.55, ..Text::new("证书名称", face.title.as_str(), layout::TITLE, &layout::TITLE_STYLE, RED) },
        Text::new("证书正文", face.text.as_str(), layout::BODY, &layout::BODY_STYLE, INK),
    ];
    if certificate.photo.is_none() {
        texts.push(Text::new(PHOTO_HINT, PHOTO_HINT, layout::PHOTO, &layout::HINT_STYLE, GREY));
    }
    for (index, field) in face.fields.iter().enumerate() {
        let (label, english, value) = layout::row(index, face.fields.len());
        texts.push(Text::new(&field.label, field.label.as_str(), label, &layout::LABEL_STYLE, LABEL));
        texts.push(Text::new(&field.label, field.label_english.as_str(), english, &layout::ENGLISH_STYLE, LABEL));
        texts.push(Text::new(&field.label, field.value.as_str(), value, &layout::VALUE_STYLE, INK));
    }
    for ((label, english), value, label_area, value_area) in
        [(ISSUER, &face.issuing_body, layout::ISSUER_LABEL, layout::ISSUER), (DATE, &face.issued_on, layout::DATE_LABEL, layout::DATE)]
    {
        let upper = Area { height: label_area.height * 0.62, ..label_area };
        let lower = Area { y: label_area.y + upper.height, height: label_area.height - upper.height, ..label_area };
        texts.push(Text::new(label, label, upper, &layout::LABEL_STYLE, LABEL));
        texts.push(Text::new(label, english, lower, &layout::ENGLISH_STYLE, LABEL));
        texts.push(Text::new(label, value.as_str(), value_area, &layout::VALUE_STYLE, INK));
    }
    if let Some(body) = &face.sealed_by {
        texts.push(Text::new("代章单位", format!("（{body}代章）"), layout::SEALED_BY, &layout::SEALED_BY_STYLE, INK));
    }
    texts.push(Text::new(SEAL_HINT, SEAL_HINT, layout::SEAL, &layout::HINT_STYLE, GREY));
    let lines: Vec<&str> = std::iter::once(SCAN).chain(face.query_sites.iter().map(String::as_str)).collect();
    // A form has two or three of them.
    let height = layout::SITES.height / lines.len().max(4) as f32;
    let top = layout::SITES.y + (layout::SITES.height - height * lines.len() as f32) / 2.0;
    for (index, line) in lines.into_iter().enumerate() {
        let area = Area { y: top + index as f32 * height, height, ..layout::SITES };
        texts.push(Text::new("查询网址", line, area, &layout::SITE_STYLE, LABEL));
    }
    texts.retain(|text| !text.text.is_empty());
    texts
}

/// Photo, QR code and the lines under the values.
fn picture(canvas: &mut Canvas<'_>, pdf: &mut PdfDocument, index: usize, certificate: &Certificate<'_>) -> Result<(), PrintError> {
    let face = certificate.face;
    let xobjects = &mut pdf.resources.xobjects.map;
    if let Some(jpeg) = certificate.photo {
        let photo = photo::read(jpeg).map_err(|source| PrintError::Photo { code: face.code.clone(), source })?;
        let id = XObjectId(format!("Photo{index}"));
        xobjects.insert(id.clone(), jpeg_object(&photo, jpeg));
        canvas.image(&id, photo_matrix(&photo, layout::PHOTO));
    }
    let id = XObjectId(format!("QR{index}"));
    let qr = canvas::qr_object(&face.verify_url).map_err(|source| PrintError::QrCode { of: subject(certificate), source })?;
    xobjects.insert(id.clone(), qr);
    canvas.mask(&id, layout::QR);

    canvas.pen(GOLD, 0.4);
    let Area { x, y, width, height } = layout::PHOTO;
    canvas.line(&[(x, y), (x + width, y), (x + width, y + height), (x, y + height)], true);
    for index in 0..face.fields.len() {
        let (_, _, value) = layout::row(index, face.fields.len());
        let y = value.y + value.height + layout::ROW_GAP / 2.0;
        canvas.line(&[(value.x - 2.0, y), (value.x + value.width, y)], false);
    }
    Ok(())
}

/// From the unit square to the largest upright picture in `area`, turned as EXIF says (EXIF 2.32, tag 0x0112).
fn photo_matrix(photo: &Photo, area: Area) -> [f32; 6] {
    let (across, up) = (f32::from(photo.width), f32::from(photo.height));
    let (across, up) = if photo.orientation > 4 { (up, across) } else { (across, up) };
    let scale = (area.width / across).min(area.height / up);
    let (w, h) = (across * scale, up * scale);
    let (x, y) = point(area.x + (area.width - w) / 2.0, area.y + (area.height + h) / 2.0);
    let (w, h) = (w * PT_PER_MM, h * PT_PER_MM);
    match photo.orientation {
        2 => [-w, 0.0, 0.0, h, x + w, y],
        3 => [-w, 0.0, 0.0, -h, x + w, y + h],
        4 => [w, 0.0, 0.0, -h, x, y + h],
        5 => [0.0, -h, -w, 0.0, x + w, y + h],
        6 => [0.0, -h, w, 0.0, x, y + h],
        7 => [0.0, h, w, 0.0, x, y],
        8 => [0.0, h, -w, 0.0, x + w, y],
        _ => [w, 0.0, 0.0, h, x, y],
    }
}

/// The frame, as a page-sized form. printpdf's own form writes a name where `/FormType` must be a number.
fn frame_object() -> std::io::Result<XObject> {
    // Deflated once per process: it takes as long as all the rest of a page.
    static DEFLATED: OnceLock<Vec<u8>> = OnceLock::new();
    let content = match DEFLATED.get() {
        Some(content) => content,
        None => {
            let content = canvas::deflate(frame::content().as_bytes())?;
            DEFLATED.get_or_init(|| content)
        }
    };
    let bounds = [0.0, 0.0, PAGE.width * PT_PER_MM, PAGE.height * PT_PER_MM];
    let entries = vec![
        ("Type", name("XObject")),
        ("Subtype", name("Form")),
        ("BBox", DictItem::Array(bounds.into_iter().map(DictItem::Real).collect())),
        ("Resources", DictItem::Dict { map: BTreeMap::new() }),
        ("Filter", name("FlateDecode")),
    ];
    Ok(stream(entries, content.clone(), false))
}

/// The JPEG itself. printpdf's own images are decoded and encoded anew.
fn jpeg_object(photo: &Photo, jpeg: &[u8]) -> XObject {
    let entries = vec![
        ("Type", name("XObject")),
        ("Subtype", name("Image")),
        ("Width", DictItem::Int(i64::from(photo.width))),
        ("Height", DictItem::Int(i64::from(photo.height))),
        ("ColorSpace", name(if photo.grey { "DeviceGray" } else { "DeviceRGB" })),
        ("BitsPerComponent", DictItem::Int(8)),
        ("Filter", name("DCTDecode")),
    ];
    stream(entries, jpeg.to_vec(), false)
}
