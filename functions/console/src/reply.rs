//! Replies: what a browser may do with them, and compressed, because the gateway does not.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use lambda_http::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY,
    SET_COOKIE, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::{Body, Response};
use operations::Refusal;
use records::store::bucket::WORKBOOK;

use crate::assets::Asset;

/// Bodies of fewer bytes are sent as they are.
const SHORT: usize = 1024;

/// A file that is made for whoever asks for it.
pub(crate) struct File {
    /// Its name, of letters that every system has.
    pub(crate) name: String,
    pub(crate) content_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl File {
    /// A workbook as the API gives it.
    pub(crate) fn workbook(name: String, base64: &str) -> Result<Self, Refusal> {
        let unreadable = |_| Refusal::Changed("工作簿没有生成，请重试".to_owned());
        let bytes = BASE64_STANDARD.decode(base64).map_err(unreadable)?;
        Ok(Self { name, content_type: WORKBOOK, bytes })
    }
}

/// How replies are made for one request.
pub(crate) struct Replies<'a> {
    /// Whether the browser takes gzip.
    pub(crate) gzip: bool,
    /// Origin of the bucket's forms and links: the one other place that pages reach.
    pub(crate) bucket: &'a str,
}

/// `bytes`, gzipped.
pub(crate) fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::new(6));
    // Writing into memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

impl Replies<'_> {
    /// A page.
    pub(crate) fn page(&self, status: StatusCode, html: String) -> Response<Body> {
        self.made(status, "text/html; charset=utf-8", "no-store", html)
    }

    /// A file that stays what it is.
    pub(crate) fn asset(&self, asset: &'static Asset) -> Response<Body> {
        self.made(StatusCode::OK, asset.content_type, "public, max-age=31536000, immutable", asset.text.to_owned())
    }

    /// A file to be kept by whoever asked for it.
    pub(crate) fn file(&self, file: File) -> Response<Body> {
        let mut reply = self.dressed(StatusCode::OK, file.content_type, "no-store", Body::Binary(file.bytes));
        if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", file.name)) {
            reply.headers_mut().insert(CONTENT_DISPOSITION, name);
        }
        reply
    }

    /// On to another page, which is asked for anew.
    pub(crate) fn see(&self, location: &str) -> Response<Body> {
        let mut reply = self.made(StatusCode::SEE_OTHER, "text/html; charset=utf-8", "no-store", String::new());
        if let Ok(location) = HeaderValue::from_str(location) {
            reply.headers_mut().insert(LOCATION, location);
        }
        reply
    }

    fn made(&self, status: StatusCode, kind: &'static str, cache: &'static str, text: String) -> Response<Body> {
        let gzip = self.gzip && text.len() >= SHORT;
        let body = if gzip { Body::Binary(compressed(text.as_bytes())) } else { Body::Text(text) };
        let mut reply = self.dressed(status, kind, cache, body);
        if gzip {
            reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        reply
    }

    fn dressed(&self, status: StatusCode, kind: &'static str, cache: &'static str, body: Body) -> Response<Body> {
        let mut reply = Response::new(body);
        *reply.status_mut() = status;
        let fixed = |name: HeaderName, value| (name, HeaderValue::from_static(value));
        let policy = HeaderValue::from_str(&policy(self.bucket)).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        let headers = reply.headers_mut();
        headers.extend([
            fixed(CONTENT_TYPE, kind),
            (CONTENT_SECURITY_POLICY, policy),
            fixed(CACHE_CONTROL, cache),
            fixed(REFERRER_POLICY, "same-origin"),
            fixed(VARY, "accept-encoding"),
            fixed(X_CONTENT_TYPE_OPTIONS, "nosniff"),
            fixed(STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
            fixed(HeaderName::from_static("x-robots-tag"), "noindex"),
            fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            fixed(HeaderName::from_static("permissions-policy"), "camera=(self), geolocation=(), microphone=()"),
        ]);
        reply
    }
}

/// Scripts and styles are files of the console; scans and photos come from the bucket, and uploads go there. Nothing else.
fn policy(bucket: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {bucket}; img-src 'self' {bucket}; frame-src {bucket}; \
         form-action 'self' {bucket}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Sets cookies with a reply.
pub(crate) fn with_cookies(mut reply: Response<Body>, cookies: &[String]) -> Response<Body> {
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            reply.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_not_kept_runs_nothing_of_its_own_and_reaches_one_other_place() {
        let reply = Replies { gzip: true, bucket: "https://bucket.example" }.page(StatusCode::OK, "x".repeat(5000));
        let header = |name: &str| reply.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!((header("cache-control"), header("content-encoding")), ("no-store".to_owned(), "gzip".to_owned()));
        let policy = header("content-security-policy");
        assert!(
            !policy.contains("unsafe")
                && policy.contains("script-src 'self';")
                && policy.contains("form-action 'self' https://bucket.example;")
        );
        assert!(matches!(reply.body(), Body::Binary(bytes) if bytes.len() < 200));
    }
}
