//! Electronic copies that prove themselves: PAdES baseline B-B (ETSI EN 319 142-1, 6.3), a detached CAdES signature over the
//! whole file but its own place. No time stamp and no revocation data: those need services that a deployment may not have.

use std::ops::Range;

use jiff::Timestamp;
use lopdf::{Dictionary, Document, Object, StringFormat};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rules::values::date::local;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::PrintError;
use crate::cades::{self, Algorithm, Identity};

/// What a signature takes besides the certificates, bytes: attributes, two names, a signature of RSA-4096.
const OVERHEAD: usize = 2048;
/// Stands for a position until the file is written: as many digits as a file could ever need.
const POSITION: i64 = 1_000_000_000;

/// Why there is no signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// No key.
    #[error("没有 PKCS#8 私钥（-----BEGIN PRIVATE KEY-----）")]
    NoKey,
    /// Another kind of key.
    #[error("私钥不是 RSA（2048 位以上）或 P-256 的 PKCS#8 私钥")]
    UnusableKey,
    /// No certificate.
    #[error("没有签名证书（-----BEGIN CERTIFICATE-----）")]
    NoCertificate,
    /// One that cannot be read.
    #[error("证书无法读取")]
    BrokenCertificate,
    /// They do not belong together.
    #[error("第一张证书不是这把私钥的")]
    NotItsCertificate,
    /// Too early or too late.
    #[error("签名证书不在有效期内")]
    NotValidNow,
    /// The library failed.
    #[error("签名失败")]
    Failed,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcdsaKeyPair>),
}

/// A private key, its certificate, and those above it. Made once per process.
pub struct Signer {
    key: Key,
    own: Identity,
    /// SHA-256 of the key's own certificate.
    own_digest: [u8; 32],
    /// All certificates, in DER.
    chain: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("certificates", &self.chain.len()).finish_non_exhaustive()
    }
}

/// Who signs, and when.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// The key and certificate that sign.
    pub signer: &'a Signer,
    /// When, to the second.
    pub at: Timestamp,
}

impl Signer {
    /// Reads PEM: a PKCS#8 private key (RSA of 2048 bits or more, or P-256), its certificate, then those above it.
    ///
    /// # Errors
    /// [`SignerError`]: what is missing, or does not belong together.
    pub fn from_pem(pem: &str) -> Result<Self, SignerError> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| SignerError::NoKey)?;
        let key = key_pair(key.secret_pkcs8_der())?;
        let chain: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(pem.as_bytes())
            .map(|der| der.map(|der| der.to_vec()))
            .collect::<Result<_, _>>()
            .map_err(|_| SignerError::BrokenCertificate)?;
        let mut read: Vec<Identity> =
            chain.iter().map(|der| Identity::read(der)).collect::<Result<_, _>>().map_err(|_| SignerError::BrokenCertificate)?;
        let own_digest = sha256(chain.first().ok_or(SignerError::NoCertificate)?);
        let own = read.swap_remove(0);
        if own.key != public(&key) {
            return Err(SignerError::NotItsCertificate);
        }
        Ok(Self { key, own, own_digest, chain })
    }

    /// Whether its certificate is good at that moment.
    ///
    /// # Errors
    /// [`SignerError::NotValidNow`].
    pub fn check(&self, at: Timestamp) -> Result<(), SignerError> {
        let [from, to] = self.own.validity;
        let good = u64::try_from(at.as_second()).is_ok_and(|at| (from..=to).contains(&at));
        if good { Ok(()) } else { Err(SignerError::NotValidNow) }
    }

    /// Bytes that a signature may take.
    fn space(&self) -> usize {
        OVERHEAD + self.chain.iter().map(Vec::len).sum::<usize>()
    }

    /// The signature on bytes with that digest, in DER.
    fn sign(&self, content_digest: &[u8; 32]) -> Result<Vec<u8>, SignerError> {
        let attributes = cades::attributes(content_digest, &self.own_digest).map_err(|_| SignerError::Failed)?;
        let (algorithm, signature) = self.raw_signature(&attributes).ok_or(SignerError::Failed)?;
        cades::signed_data(&self.own, algorithm, &attributes, &signature, self.chain.clone()).map_err(|_| SignerError::Failed)
    }

    fn raw_signature(&self, message: &[u8]) -> Option<(Algorithm, Vec<u8>)> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some((Algorithm::Rsa, signature))
            }
            Key::P256(key) => Some((Algorithm::Ecdsa, key.sign(&random, message).ok()?.as_ref().to_vec())),
        }
    }
}

fn key_pair(pkcs8: &[u8]) -> Result<Key, SignerError> {
    if let Ok(key) = RsaKeyPair::from_pkcs8(pkcs8) {
        return Ok(Key::Rsa(Box::new(key)));
    }
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &SystemRandom::new());
    key.map(|key| Key::P256(Box::new(key))).map_err(|_| SignerError::UnusableKey)
}

/// As it stands in a certificate.
fn public(key: &Key) -> &[u8] {
    match key {
        Key::Rsa(key) => key.public_key().as_ref(),
        Key::P256(key) => key.public_key().as_ref(),
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// Gives the document's first page a signature field that shows nothing on the page, and leaves room for the signature.
pub(crate) fn prepare(document: &mut Document, signing: Signing<'_>) -> Result<(), PrintError> {
    let page = document.page_iter().next().ok_or(PrintError::Empty)?;
    let at = local(signing.at);
    let position = Object::Integer(POSITION);
    let signature: [(&str, Object); 6] = [
        ("Type", "Sig".into()),
        ("Filter", "Adobe.PPKLite".into()),
        ("SubFilter", "ETSI.CAdES.detached".into()),
        ("ByteRange", vec![Object::Integer(0), position.clone(), position.clone(), position].into()),
        ("Contents", Object::String(vec![0; signing.signer.space()], StringFormat::Hexadecimal)),
        ("M", Object::string_literal(at.strftime("D:%Y%m%d%H%M%S+08'00'").to_string())),
    ];
    let signature = document.add_object(Dictionary::from_iter(signature));
    let field: [(&str, Object); 8] = [
        ("Type", "Annot".into()),
        ("Subtype", "Widget".into()),
        ("FT", "Sig".into()),
        ("T", Object::string_literal("Signature1")),
        ("V", signature.into()),
        ("Rect", [0; 4].map(Object::Integer).to_vec().into()),
        // Printed and locked (ISO 32000-1, 12.5.3): what ISO 19005-2, 6.3.2, wants of an annotation.
        ("F", Object::Integer(132)),
        ("P", page.into()),
    ];
    let field = document.add_object(Dictionary::from_iter(field));
    document.get_dictionary_mut(page)?.set("Annots", vec![Object::Reference(field)]);
    let form: [(&str, Object); 2] = [("Fields", vec![Object::Reference(field)].into()), ("SigFlags", Object::Integer(3))];
    document.catalog_mut()?.set("AcroForm", Dictionary::from_iter(form));
    Ok(())
}

/// Fills in the signature of a file whose document was prepared.
pub(crate) fn fill_in(mut file: Vec<u8>, signer: &Signer) -> Result<Vec<u8>, PrintError> {
    let hole = hole(&file, signer.space()).ok_or(SignerError::Failed)?;
    let range = format!("[0 {} {} {}]", hole.start, hole.end, file.len() - hole.end);
    let wanted = format!("[0 {POSITION} {POSITION} {POSITION}]");
    let at = find(&file, wanted.as_bytes()).ok_or(SignerError::Failed)?;
    put(&mut file, at, format!("{range:<width$}", width = wanted.len()).as_bytes());
    let mut context = ring::digest::Context::new(&SHA256);
    context.update(&file[..hole.start]);
    context.update(&file[hole.end..]);
    let mut content = [0; 32];
    content.copy_from_slice(context.finish().as_ref());
    let signature = signer.sign(&content)?;
    if signature.len() > signer.space() {
        return Err(SignerError::Failed.into());
    }
    let hex: String = signature.iter().map(|byte| format!("{byte:02X}")).collect();
    put(&mut file, hole.start + 1, hex.as_bytes());
    Ok(file)
}

/// Where `/Contents` of the signature stands, its brackets included.
fn hole(file: &[u8], room: usize) -> Option<Range<usize>> {
    let zeros = [b"<".as_slice(), &vec![b'0'; room * 2], b">"].concat();
    let start = find(file, &zeros)?;
    Some(start..start + zeros.len())
}

fn find(file: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let starts = file.iter().enumerate().filter(|(_, byte)| **byte == first).map(|(at, _)| at);
    starts.into_iter().find(|at| file[*at..].starts_with(wanted))
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = file.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}
