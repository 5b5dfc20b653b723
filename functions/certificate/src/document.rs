//! From printpdf's document to the file: what printpdf leaves open is set on the lopdf document.
//!
//! Built to PDF/A-2b (ISO 19005-2): version 1.7, sRGB output intent, XMP metadata that agrees with the information
//! dictionary, `/ID`, nothing but embedded fonts. Signatures and the embedded photo are as the standard allows them.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress, Status};
use lopdf::{Dictionary, Document, Object, Stream, StringFormat};
use printpdf::{PdfDocument, PdfParseErrorSeverity, PdfSaveOptions};

use crate::PrintError;
use crate::signature::{self, Signing};

/// Level 6 takes a tenth of a certificate's time more, for 1 % less.
const DEFLATE_LEVEL: u32 = 2;

/// sRGB, from the Compact ICC Profiles (CC0): 456 bytes.
const SRGB: &[u8] = include_bytes!("sRGB-v2-micro.icc");

/// What a file says of itself.
pub(crate) struct About<'a> {
    pub(crate) title: String,
    pub(crate) author: &'a str,
    /// Tells the file from others.
    pub(crate) id: &'a str,
    /// Where what stands in it is proven: the address in the QR code of a certificate.
    pub(crate) source: Option<&'a str>,
}

thread_local! {
    // Its tables are a quarter of a megabyte: made anew for each stream, they cost more than a small stream does.
    static COMPRESS: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(DEFLATE_LEVEL), true));
}

pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    COMPRESS.with_borrow_mut(|compress| {
        compress.reset();
        let mut deflated = Vec::with_capacity(bytes.len() / 2 + 64);
        loop {
            // Never more than `bytes.len()`.
            let rest = bytes.get(compress.total_in() as usize..).unwrap_or_default();
            // Compressing has no errors but misuse.
            if !matches!(compress.compress_vec(rest, &mut deflated, FlushCompress::Finish), Ok(Status::Ok | Status::BufError)) {
                deflated.shrink_to_fit();
                return deflated;
            }
            deflated.reserve(deflated.capacity());
        }
    })
}

/// printpdf's document as lopdf's.
pub(crate) fn lopdf_of(pdf: &PdfDocument) -> Result<Document, PrintError> {
    let mut warnings = Vec::new();
    let options = PdfSaveOptions { optimize: false, subset_fonts: true, secure: true, image_optimization: None };
    let document = printpdf::to_lopdf_doc(pdf, &options, &mut warnings);
    // Where a font cannot be subset, printpdf embeds all of it and only warns.
    let errors: Vec<String> =
        warnings.into_iter().filter(|warning| warning.severity == PdfParseErrorSeverity::Error).map(|warning| warning.msg).collect();
    if errors.is_empty() { Ok(document) } else { Err(PrintError::Library(errors)) }
}

/// Sets what printpdf leaves open, compresses, writes; and signs, where somebody is to.
pub(crate) fn write(mut document: Document, about: &About<'_>, signing: Option<Signing<'_>>) -> Result<Vec<u8>, PrintError> {
    // OpenType fonts and /ActualText are newer than the 1.3 that printpdf writes.
    document.version = "1.7".to_owned();
    let intent = output_intent(&mut document);
    let metadata = document.add_object(xmp(about));
    let catalog = document.catalog_mut()?;
    catalog.set("Lang", Object::string_literal("zh-CN"));
    // At 100 %, from the tray that holds the size: the photo must stay 25 × 35 mm, and a value in its box.
    let viewer: [(&str, Object); 3] =
        [("PrintScaling", "None".into()), ("PickTrayByPDFSize", true.into()), ("DisplayDocTitle", true.into())];
    catalog.set("ViewerPreferences", Dictionary::from_iter(viewer));
    catalog.set("OutputIntents", vec![Object::Dictionary(intent)]);
    catalog.set("Metadata", metadata);
    // The dates would be those of 1970, and the same certificate is to give the same bytes.
    let info = Dictionary::from_iter([("Title", text(&about.title)), ("Author", text(about.author))]);
    let info = document.add_object(info);
    document.trailer.set("Info", info);
    // printpdf's own comes from a fixed seed.
    let id = Object::String(about.id.as_bytes().to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", vec![id.clone(), id]);
    compress(&mut document);
    document.prune_objects();
    if let Some(signing) = signing {
        signature::prepare(&mut document, signing)?;
    }
    let mut bytes = Vec::with_capacity(space(&document));
    document.save_to(&mut bytes)?;
    match signing {
        Some(signing) => signature::fill_in(bytes, signing.signer),
        None => Ok(bytes),
    }
}

/// About what a file takes: one that grows is held twice at times.
fn space(document: &Document) -> usize {
    /// Bytes of an object without its stream, and of its line in the table.
    const OBJECT: usize = 300;
    let content = |object: &Object| object.as_stream().map_or(0, |stream| stream.content.len());
    document.objects.values().map(|object| OBJECT + content(object)).sum()
}

fn compress(document: &mut Document) {
    for object in document.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        if stream.allows_compression && !stream.dict.has(b"Filter") {
            stream.dict.set("Filter", "FlateDecode");
            stream.set_content(deflate(&stream.content));
        }
    }
}

/// The colours are sRGB's (ISO 19005-2, 6.2.3).
fn output_intent(document: &mut Document) -> Dictionary {
    let profile = document.add_object(Stream::new(Dictionary::from_iter([("N", Object::Integer(3))]), SRGB.to_vec()));
    let entries: [(&str, Object); 5] = [
        ("Type", "OutputIntent".into()),
        ("S", "GTS_PDFA1".into()),
        ("OutputConditionIdentifier", Object::string_literal("sRGB IEC61966-2.1")),
        ("Info", Object::string_literal("sRGB IEC61966-2.1")),
        ("DestOutputProfile", profile.into()),
    ];
    Dictionary::from_iter(entries)
}

/// Title and author once more, where the file is proven, and the standard that the file is built to (ISO 19005-2, 6.6.4). Not compressed: a reader
/// without PDF may look for it.
fn xmp(about: &About<'_>) -> Stream {
    let source = about.source.map_or_else(String::new, |source| format!("<dc:source>{}</dc:source>", escaped(source)));
    let packet = format!(
        "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{}</rdf:li></rdf:Alt></dc:title>\
         <dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>\
         <dc:language><rdf:Bag><rdf:li>zh-CN</rdf:li></rdf:Bag></dc:language>{source}\
         <pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>",
        escaped(&about.title),
        escaped(about.author),
    );
    let entries: [(&str, Object); 2] = [("Type", "Metadata".into()), ("Subtype", "XML".into())];
    Stream::new(Dictionary::from_iter(entries), packet.into_bytes()).with_compression(false)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text string (ISO 32000-1, 7.9.2.2).
fn text(text: &str) -> Object {
    Object::String([0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect(), StringFormat::Hexadecimal)
}
