//! What a request to S3 asks for.

use std::collections::HashMap;

use axum::extract::Query;
use axum::http::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;

use super::ask::{Ask, s3_arn};

/// What a request by path (`/bucket/key`) asks for; none where it is not known.
pub(crate) fn asks(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Vec<Ask>> {
    let path = percent_decode_str(uri.path().trim_start_matches('/')).decode_utf8_lossy().into_owned();
    let Query(query) = Query::<HashMap<String, String>>::try_from_uri(uri).ok()?;
    let has = |name: &str| query.contains_key(name);
    match path.split_once('/').filter(|(_, key)| !key.is_empty()) {
        None if *method == Method::GET && has("versions") => Some(vec![listing("s3:ListBucketVersions", &path, &query)]),
        None if *method == Method::GET && has("list-type") => Some(vec![listing("s3:ListBucket", &path, &query)]),
        None => None,
        Some(_) => {
            let of_version = |plain: &str| if has("versionId") { format!("{plain}Version") } else { plain.to_owned() };
            let one = |action: String| Some(vec![Ask::new(action, s3_arn(&path))]);
            match method.as_str() {
                "GET" | "HEAD" => one(of_version("s3:GetObject")),
                "DELETE" if has("uploadId") => one("s3:AbortMultipartUpload".to_owned()),
                "DELETE" => one(of_version("s3:DeleteObject")),
                "PUT" => Some(put(&path, headers)),
                "POST" if has("uploads") || has("uploadId") => Some(vec![written(&path, headers)]),
                _ => None,
            }
        }
    }
}

fn listing(action: &str, bucket: &str, query: &HashMap<String, String>) -> Ask {
    let ask = Ask::new(action, s3_arn(bucket.trim_end_matches('/')));
    match query.get("prefix") {
        Some(prefix) => ask.with("s3:prefix", vec![prefix.clone()]),
        None => ask,
    }
}

fn put(path: &str, headers: &HeaderMap) -> Vec<Ask> {
    let mut asks = vec![written(path, headers)];
    if headers.keys().any(|name| name.as_str().starts_with("x-amz-object-lock-")) {
        asks.push(Ask::new("s3:PutObjectRetention", s3_arn(path)));
    }
    if let Some(source) = text(headers, "x-amz-copy-source") {
        let (source, version) = source.split_once("?versionId=").map_or((source, None), |(source, version)| (source, Some(version)));
        let source = percent_decode_str(source.trim_start_matches('/')).decode_utf8_lossy();
        asks.push(Ask::new(if version.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" }, s3_arn(&source)));
    }
    asks
}

fn written(path: &str, headers: &HeaderMap) -> Ask {
    let ask = Ask::new("s3:PutObject", s3_arn(path));
    match text(headers, "if-none-match") {
        Some(value) => ask.with("s3:if-none-match", vec![value.to_owned()]),
        None => ask,
    }
}

/// Whether a GET of what is not there may be told so.
pub(crate) fn may_list(bucket: &str) -> Ask {
    Ask::new("s3:ListBucket", s3_arn(bucket))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, uri: &str, headers: &[(&'static str, &'static str)]) -> Vec<(String, String)> {
        let headers = headers.iter().map(|(name, value)| ((*name).parse().expect("a name"), (*value).parse().expect("a value"))).collect();
        let asks = asks(&method.parse().expect("a method"), &uri.parse().expect("an address"), &headers).expect("known");
        asks.into_iter().map(|ask| (ask.action, ask.resource)).collect()
    }

    fn ask(action: &str, path: &str) -> (String, String) {
        (format!("s3:{action}"), format!("arn:aws:s3:::{path}"))
    }

    #[test]
    fn each_request_asks_for_its_key() {
        assert_eq!(asked("GET", "/b/a/x.json", &[]), [ask("GetObject", "b/a/x.json")]);
        assert_eq!(asked("GET", "/b/inbox/%E5%8D%95/x?versionId=1", &[]), [ask("GetObjectVersion", "b/inbox/单/x")]);
        assert_eq!(asked("GET", "/b?list-type=2&prefix=a%2F", &[]), [ask("ListBucket", "b")]);
        assert_eq!(asked("GET", "/b/?versions&prefix=a", &[]), [ask("ListBucketVersions", "b")]);
        let copied = asked("PUT", "/b/a/x", &[("x-amz-copy-source", "b/a/x")]);
        assert_eq!(copied, [ask("PutObject", "b/a/x"), ask("GetObject", "b/a/x")]);
        let locked = asked("PUT", "/b/archives/x", &[("x-amz-object-lock-mode", "GOVERNANCE"), ("if-none-match", "*")]);
        assert_eq!(locked, [ask("PutObject", "b/archives/x"), ask("PutObjectRetention", "b/archives/x")]);
        assert_eq!(asked("DELETE", "/b/a/x?versionId=1", &[]), [ask("DeleteObjectVersion", "b/a/x")]);
        assert_eq!(asked("DELETE", "/b/a/x?uploadId=1", &[]), [ask("AbortMultipartUpload", "b/a/x")]);
    }

    #[test]
    fn what_is_not_known_is_not_let_through() {
        for (method, uri) in [("DELETE", "/b"), ("PUT", "/b"), ("GET", "/b?acl"), ("POST", "/b?delete"), ("PATCH", "/b/a")] {
            assert!(
                asks(&method.parse().expect("a method"), &uri.parse().expect("an address"), &HeaderMap::new()).is_none(),
                "{method} {uri}"
            );
        }
    }
}
