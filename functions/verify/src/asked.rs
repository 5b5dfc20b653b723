//! What a request asks for, and how it wants to be answered.

use std::net::IpAddr;

use lambda_http::http::{Method, header};
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt, RequestPayloadExt};
use rules::after::verification::Question;
use rules::values::attestation;
use rules::values::name::PersonName;

/// The most bytes of a body: a code and a name are a hundred.
const BODY: usize = 4096;

/// The most bytes of a certificate's file, with what the form adds: a function is given 6 MB, in Base64.
const FILE: usize = 4 << 20;
/// What the address of the QR code stands in within the file of a certificate (`certificate`, document.rs).
const SOURCE: [&str; 2] = ["<dc:source>", "</dc:source>"];

/// What was typed into the form, to be filled in again; nothing else keeps it.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    pub(crate) code: String,
    pub(crate) name: String,
}

/// What stood in the form; of an address the code. Nothing of a body that cannot be read.
pub(crate) fn typed(request: &Request) -> Typed {
    if request.method() != Method::POST {
        let code = request.query_string_parameters().first("code").map(put_right).unwrap_or_default();
        return Typed { code, ..Typed::default() };
    }
    let question = Some(request).filter(|request| request.body().len() <= BODY).and_then(|request| request.payload::<Question>().ok());
    question.flatten().map(|Question { code, name }| Typed { code, name }).unwrap_or_default()
}

/// What is shown to be told something.
pub(crate) enum Evidence {
    /// The signature of a QR code.
    Signature(String),
    /// A name; `None` if it is none that anybody could have.
    Name(Option<PersonName>),
}

/// What a request asks for.
pub(crate) enum Asked {
    /// The page with the form.
    Form,
    /// A certificate.
    Certificate {
        /// As it was typed or scanned, put right.
        code: String,
        evidence: Evidence,
    },
    /// It cannot be read.
    Unreadable,
    /// A file was sent that proves nothing.
    OtherFile,
    /// The page that checks signatures without us, to be kept.
    Offline,
}

/// What `request` asks for, by what was typed. A name is taken from a body only, never from an address: addresses end in logs and
/// histories.
pub(crate) fn asked(request: &Request, typed: &Typed) -> Asked {
    if is_file(request) {
        let statement = (request.body().len() <= FILE).then(|| statement_in(request.body())).flatten();
        return statement.unwrap_or(Asked::OtherFile);
    }
    if request.method() == Method::POST {
        return posted(typed);
    }
    if request.query_string_parameters().first("offline").is_some() {
        return Asked::Offline;
    }
    match request.query_string_parameters().first("s") {
        Some(signature) if !typed.code.is_empty() => {
            Asked::Certificate { code: typed.code.clone(), evidence: Evidence::Signature(signature.to_owned()) }
        }
        _ => Asked::Form,
    }
}

/// Whether the form with the file was sent.
fn is_file(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    request.method() == Method::POST && kind.starts_with("multipart/form-data")
}

/// Code and signature as the file of a certificate says them. The file itself is neither trusted nor kept: what is told is what is on
/// record.
fn statement_in(file: &[u8]) -> Option<Asked> {
    let text = String::from_utf8_lossy(file);
    let address = text.split_once(SOURCE[0])?.1.split_once(SOURCE[1])?.0.replace("&amp;", "&");
    let (code, signature) = attestation::parts_of(&address)?;
    Some(Asked::Certificate { code: put_right(code), evidence: Evidence::Signature(signature.to_owned()) })
}

fn posted(typed: &Typed) -> Asked {
    if typed.code.trim().is_empty() || typed.name.trim().is_empty() {
        return Asked::Unreadable;
    }
    let name = PersonName::parse(&typed.name).ok().map(|(name, _)| name);
    Asked::Certificate { code: put_right(&typed.code), evidence: Evidence::Name(name) }
}

/// Without spaces, in capitals, in half-width forms: what telephones and input methods make of a number.
fn put_right(code: &str) -> String {
    let half = |c: char| match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    code.chars().filter(|c| !c.is_whitespace()).map(|c| half(c).to_ascii_uppercase()).take(64).collect()
}

/// Where the request comes from, as the gateway saw it: headers can be made up.
pub(crate) fn client(request: &Request) -> Option<IpAddr> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return None };
    context.http.source_ip.as_deref()?.parse().ok()
}

/// Whether JSON is asked for; browsers ask for HTML.
pub(crate) fn wants_json(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_asked_after_by_the_address_in_it() {
        let file = |source: &str| [b"--x\r\n\r\n%PDF-1.7\xFF\xFE<dc:source>", source.as_bytes(), b"</dc:source>%%EOF"].concat();
        let asked = statement_in(&file("https://example.cn/verify?code=S000051000000222J00001&amp;s=Zz9q"));
        let Some(Asked::Certificate { code, evidence: Evidence::Signature(signature) }) = asked else { panic!("a statement") };
        assert_eq!((code.as_str(), signature.as_str()), ("S000051000000222J00001", "Zz9q"));
        assert!(statement_in(&file("https://example.cn/")).is_none() && statement_in(b"%PDF-1.7").is_none());
    }

    #[test]
    fn numbers_are_taken_as_telephones_write_them() {
        assert_eq!(put_right(" s000 0510 0000 0222 j00001　"), "S000051000000222J00001");
        assert_eq!(put_right("Ｓ００００５１"), "S000051");
    }
}
