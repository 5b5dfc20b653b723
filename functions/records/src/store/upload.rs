//! Presigned POST policies: exact key, size range, content type. (A presigned PUT cannot limit the size.)

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::objects::ObjectKey;

/// A form that uploads one file: POST `fields`, then the file as the field `file`, to `url`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct UploadForm {
    /// Where to.
    pub url: String,
    /// The form's fields, signed.
    pub fields: BTreeMap<String, String>,
}

/// What an upload may be.
#[derive(Debug, Clone, Copy)]
pub struct UploadLimits<'a> {
    /// Largest file, in bytes. An empty file is let in, so that validation can say what is wrong with it.
    pub max_bytes: u64,
    /// The only content type taken.
    pub content_type: &'a str,
    /// How long the form can be used; until then it can be used again.
    pub lifetime: SignedDuration,
    /// Where a browser is sent once the file is there; a program is not sent anywhere.
    pub then: Option<&'a str>,
}

impl Cloud {
    /// Signs a form for exactly this key (AWS Signature Version 4, POST policy).
    pub async fn upload_form(&self, key: &ObjectKey, limits: UploadLimits<'_>) -> Result<UploadForm, RecordsError> {
        let provider = self.config.credentials_provider().ok_or_else(|| RecordsError::corrupt("no credentials"))?;
        let credentials = provider.provide_credentials().await.map_err(RecordsError::unavailable)?;
        let region = self.config.region().map_or("us-east-1", |region| region.as_ref()).to_owned();
        let now = self.signing_time();
        let expires = now.checked_add(limits.lifetime).map_err(RecordsError::corrupt)?;
        let day = now.strftime("%Y%m%d").to_string();
        let mut fields = BTreeMap::from([
            ("key".to_owned(), key.to_string()),
            ("Content-Type".to_owned(), limits.content_type.to_owned()),
            ("x-amz-algorithm".to_owned(), "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential".to_owned(), format!("{}/{day}/{region}/s3/aws4_request", credentials.access_key_id())),
            ("x-amz-date".to_owned(), now.strftime("%Y%m%dT%H%M%SZ").to_string()),
        ]);
        if let Some(token) = credentials.session_token().filter(|token| !token.is_empty()) {
            fields.insert("x-amz-security-token".to_owned(), token.to_owned());
        }
        if let Some(then) = limits.then {
            fields.insert("success_action_redirect".to_owned(), then.to_owned());
        }
        let policy = self.policy(&fields, limits.max_bytes, expires);
        let signing_key = generate_signing_key(
            credentials.secret_access_key(),
            SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_second().unsigned_abs()),
            &region,
            "s3",
        );
        fields.insert("x-amz-signature".to_owned(), calculate_signature(signing_key, policy.as_bytes()));
        fields.insert("policy".to_owned(), policy);
        Ok(UploadForm { url: self.bucket_url(&region), fields })
    }

    /// Where the bucket's forms and links lead.
    pub fn bucket_address(&self) -> String {
        self.bucket_url(self.config.region().map_or("us-east-1", |region| region.as_ref()))
    }

    /// Signatures are judged by the bucket's clock, which no setting shifts.
    #[expect(clippy::disallowed_methods, reason = "a signature needs the real time, see records::store::clock")]
    fn signing_time(&self) -> Timestamp {
        Timestamp::now()
    }

    fn policy(&self, fields: &BTreeMap<String, String>, max_bytes: u64, expires: Timestamp) -> String {
        let mut conditions = vec![json!({ "bucket": self.bucket }), json!(["content-length-range", 0, max_bytes])];
        conditions.extend(fields.iter().map(|(name, value)| json!({ name: value })));
        let expiration = expires.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
        STANDARD.encode(json!({ "expiration": expiration, "conditions": conditions }).to_string())
    }

    /// Where the bucket is, by the same settings as the client of S3: the service's own endpoint, the common one, or AWS's.
    fn bucket_url(&self, region: &str) -> String {
        let own = std::env::var("AWS_ENDPOINT_URL_S3").ok();
        match own.as_deref().or(self.config.endpoint_url()) {
            Some(endpoint) => format!("{}/{}", endpoint.trim_end_matches('/'), self.bucket),
            None => {
                let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                format!("https://{}.s3.{region}.{suffix}/", self.bucket)
            }
        }
    }
}
