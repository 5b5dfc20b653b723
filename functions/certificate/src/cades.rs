//! A detached CAdES signature (EN 319 122-1, baseline B; RFC 5652): the structures, in DER. What is secret is done by ring.

use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, ObjectIdentifier, OctetStringRef, UtcTime};
use der::{Decode as _, Encode, Header, Reader as _, SliceReader, Tag, TagNumber};

/// RFC 5652, 4 and 5.
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// RFC 5652, 11.1 and 11.2; RFC 5035, 3.
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// RFC 5754, 2.2, 3.2 and 3.3.
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA_256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const ECDSA_WITH_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// Kinds of signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rsa,
    /// ECDSA with SHA-256.
    Ecdsa,
}

/// What of a certificate (RFC 5280, 4.1) a signature needs.
pub(crate) struct Identity {
    /// In DER.
    issuer: Vec<u8>,
    /// In DER.
    serial: Vec<u8>,
    /// The public key, as it stands in the bit string.
    pub(crate) key: Vec<u8>,
    /// First and last second, from 1970.
    pub(crate) validity: [u64; 2],
}

impl Identity {
    /// Reads a certificate.
    pub(crate) fn read(certificate: &[u8]) -> der::Result<Self> {
        AnyRef::from_der(certificate)?.sequence(|reader| {
            let identity = reader.decode::<AnyRef<'_>>()?.sequence(Self::of)?;
            skip(reader)?;
            Ok(identity)
        })
    }

    fn of(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        // The version, which may be left out.
        if matches!(reader.peek_tag()?, Tag::ContextSpecific { .. }) {
            reader.decode::<AnyRef<'_>>()?;
        }
        let serial = reader.tlv_bytes()?.to_vec();
        reader.decode::<AnyRef<'_>>()?;
        let issuer = reader.tlv_bytes()?.to_vec();
        let validity = reader.decode::<AnyRef<'_>>()?.sequence(|times| Ok([time(times)?, time(times)?]))?;
        reader.decode::<AnyRef<'_>>()?;
        let key = reader.decode::<AnyRef<'_>>()?.sequence(|info| {
            info.decode::<AnyRef<'_>>()?;
            Ok(info.decode::<BitStringRef<'_>>()?.raw_bytes().to_vec())
        })?;
        skip(reader)?;
        Ok(Self { issuer, serial, key, validity })
    }
}

/// Over what is left.
fn skip(reader: &mut SliceReader<'_>) -> der::Result<()> {
    while !reader.is_finished() {
        reader.decode::<AnyRef<'_>>()?;
    }
    Ok(())
}

fn time(reader: &mut SliceReader<'_>) -> der::Result<u64> {
    let since_1970 = match reader.peek_tag()? {
        Tag::UtcTime => reader.decode::<UtcTime>()?.to_unix_duration(),
        _ => reader.decode::<GeneralizedTime>()?.to_unix_duration(),
    };
    Ok(since_1970.as_secs())
}

/// What is signed: the set of attributes that B-B wants (EN 319 142-1, 6.3). The time is none of them: it stands in the PDF.
pub(crate) fn attributes(content_digest: &[u8; 32], certificate_digest: &[u8; 32]) -> der::Result<Vec<u8>> {
    let digest = |bytes| OctetStringRef::new(bytes)?.to_der();
    // RFC 5035, 3 and 4: SHA-256 is the default and is left out, so are issuer and policies.
    let certificate = sequence([sequence([sequence([digest(certificate_digest)?])?])?])?;
    set(vec![
        attribute(CONTENT_TYPE, DATA.to_der()?)?,
        attribute(MESSAGE_DIGEST, digest(content_digest)?)?,
        attribute(SIGNING_CERTIFICATE_V2, certificate)?,
    ])
}

/// The whole signature (RFC 5652, 5): `attributes` as they were signed, the signer's certificate and those above it.
pub(crate) fn signed_data(
    signer: &Identity,
    algorithm: Algorithm,
    attributes: &[u8],
    signature: &[u8],
    certificates: Vec<Vec<u8>>,
) -> der::Result<Vec<u8>> {
    let (version, digest_algorithm) = (1_u8.to_der()?, sequence([SHA_256.to_der()?])?);
    let signature_algorithm = match algorithm {
        Algorithm::Rsa => sequence([SHA_256_WITH_RSA.to_der()?, der::asn1::Null.to_der()?])?,
        Algorithm::Ecdsa => sequence([ECDSA_WITH_SHA_256.to_der()?])?,
    };
    let signer_info = sequence([
        version.clone(),
        sequence([signer.issuer.clone(), signer.serial.clone()])?,
        digest_algorithm.clone(),
        tlv(field(), AnyRef::from_der(attributes)?.value())?,
        signature_algorithm,
        OctetStringRef::new(signature)?.to_der()?,
    ])?;
    let signed_data = sequence([
        version,
        set(vec![digest_algorithm])?,
        sequence([DATA.to_der()?])?,
        tlv(field(), &sorted(certificates).concat())?,
        set(vec![signer_info])?,
    ])?;
    sequence([SIGNED_DATA.to_der()?, tlv(field(), &signed_data)?])
}

/// `[0]`
fn field() -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber::N0 }
}

fn attribute(oid: ObjectIdentifier, value: Vec<u8>) -> der::Result<Vec<u8>> {
    sequence([oid.to_der()?, set(vec![value])?])
}

fn sequence<const N: usize>(parts: [Vec<u8>; N]) -> der::Result<Vec<u8>> {
    tlv(Tag::Sequence, &parts.concat())
}

fn set(parts: Vec<Vec<u8>>) -> der::Result<Vec<u8>> {
    tlv(Tag::Set, &sorted(parts).concat())
}

/// The order of a set's parts in DER (X.690, 11.6).
fn sorted(mut parts: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    parts.sort();
    parts
}

fn tlv(tag: Tag, content: &[u8]) -> der::Result<Vec<u8>> {
    let mut whole = Header::new(tag, content.len())?.to_der()?;
    whole.extend(content);
    Ok(whole)
}
