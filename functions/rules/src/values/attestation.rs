//! The signature in a certificate's QR code, which anybody can check without the system: whoever holds the public key, the
//! code, and the name and number as they are printed.
//!
//! Ed25519 (RFC 8032) over `saizheng certificate 1`, the code, the name and the document number, each followed by a line
//! feed. The address has neither name nor number in it. Level, date and body stand in the code itself.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer as _};

/// What is signed.
#[derive(Clone, Copy)]
pub struct Statement<'a> {
    /// 证书编号
    pub code: &'a str,
    /// 姓名, as printed.
    pub name: &'a str,
    /// 证件号码, as printed.
    pub document_number: &'a str,
}

impl std::fmt::Debug for Statement<'_> {
    // It holds a name and a document number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statement").field("code", &self.code).finish_non_exhaustive()
    }
}

impl Statement<'_> {
    fn message(&self) -> String {
        format!("saizheng certificate 1\n{}\n{}\n{}\n", self.code, self.name, self.document_number)
    }
}

/// Why a key or an address says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttestationError {
    /// Not 32 bytes in base64.
    #[error("不是 Base64 编码的 32 字节密钥")]
    Key,
    /// The address holds no signature of 64 bytes.
    #[error("网址中没有签名")]
    NoSignature,
    /// The signature was made with another key, or for another code, name or number.
    #[error("签名不符")]
    Wrong,
}

/// The private key: 32 bytes, in base64 where it is kept.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey(of {})", self.public())
    }
}

/// The public key: 32 bytes, shown in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(self.0.as_bytes()))
    }
}

fn key_bytes(text: &str) -> Result<[u8; 32], AttestationError> {
    let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| AttestationError::Key)?;
    bytes.try_into().map_err(|_| AttestationError::Key)
}

impl std::str::FromStr for SigningKey {
    type Err = AttestationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        key_bytes(text).map(|bytes| Self(ed25519_dalek::SigningKey::from_bytes(&bytes)))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = AttestationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ed25519_dalek::VerifyingKey::from_bytes(&key_bytes(text)?).map(Self).map_err(|_| AttestationError::Key)
    }
}

impl PublicKey {
    /// Whether `signature` (64 bytes, in base64) over `message` was made with its private key.
    pub fn vouches(&self, message: &[u8], signature: &str) -> bool {
        let bytes = BASE64_STANDARD.decode(signature).ok();
        let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok());
        signature.is_some_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl SigningKey {
    /// What others check its signatures with.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature over a message, in base64. The message's first line says what it is, so that no signature can
    /// pass for one over something else.
    pub fn sign(&self, message: &[u8]) -> String {
        BASE64_STANDARD.encode(self.0.sign(message).to_bytes())
    }

    /// The address that a certificate's QR code holds: `base`, the code, and the signature as the parameter `s`.
    pub fn address(&self, base: &str, statement: &Statement<'_>) -> String {
        let signature = self.0.sign(statement.message().as_bytes());
        let joint = if base.contains('?') { '&' } else { '?' };
        format!("{base}{}{joint}s={}", statement.code, BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

/// Code and signature of an address, whatever stands before them: it ends with a sign that no code has (the template's `VerifyUrl`).
pub fn parts_of(address: &str) -> Option<(&str, &str)> {
    let at = ["?s=", "&s="].iter().filter_map(|joint| address.rfind(joint)).max()?;
    let (head, signature) = (address.get(..at)?, address.get(at + 3..)?.split('&').next()?);
    let code = head.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next().filter(|code| !code.is_empty())?;
    (!signature.is_empty()).then_some((code, signature))
}

/// Whether the signature in `address` is one of `keys` for what is printed on the certificate. After a change of keys the old
/// ones still vouch for old certificates, so there may be several.
///
/// # Errors
/// [`AttestationError`], why it is not.
pub fn check(address: &str, statement: &Statement<'_>, keys: &[PublicKey]) -> Result<(), AttestationError> {
    let signature = address.rsplit(['?', '&']).find_map(|parameter| parameter.strip_prefix("s=")).ok_or(AttestationError::NoSignature)?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature.trim()).map_err(|_| AttestationError::NoSignature)?;
    let signature = Signature::from_slice(&signature).map_err(|_| AttestationError::NoSignature)?;
    let message = statement.message();
    let good = keys.iter().any(|key| key.0.verify_strict(message.as_bytes(), &signature).is_ok());
    if good { Ok(()) } else { Err(AttestationError::Wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: Statement<'_> = Statement { code: "S000051000000222J00001", name: "张测试", document_number: "11010519491231002X" };

    fn key(byte: u8) -> SigningKey {
        BASE64_STANDARD.encode([byte; 32]).parse().expect("32 bytes")
    }

    #[test]
    fn a_signature_holds_for_what_it_was_made_for_and_nothing_else() {
        let (key, old) = (key(1), key(2));
        let keys = [old.public(), key.public()];
        for base in ["https://example.cn/v/", "http://example.cn/?code="] {
            let address = key.address(base, &STATEMENT);
            assert!(address.starts_with(&format!("{base}{}", STATEMENT.code)) && !address.contains("1949"), "{address}");
            assert_eq!(check(&address, &STATEMENT, &keys), Ok(()));
            assert_eq!(check(&address, &Statement { name: "李测试", ..STATEMENT }, &keys), Err(AttestationError::Wrong));
            assert_eq!(check(&address, &Statement { document_number: "", ..STATEMENT }, &keys), Err(AttestationError::Wrong));
            assert_eq!(check(&address, &Statement { code: "S000051000000222J00002", ..STATEMENT }, &keys), Err(AttestationError::Wrong));
            assert_eq!(check(&address, &STATEMENT, &keys[..1]), Err(AttestationError::Wrong));
        }
    }

    /// Golden: such addresses are printed on certificates, which are checked for decades.
    #[test]
    fn an_address_of_version_1() {
        let address = "https://example.cn/v/S000051000000222J00001?s=Zz9qigEn8NhOegeswEf74qIYrkSpBaP6n1otepJkDXhIfulgteB-9M0lBDscUfK3FZDlQKYVZYgANne74qgdDg";
        assert_eq!(key(1).address("https://example.cn/v/", &STATEMENT), address);
        assert_eq!(check(address, &STATEMENT, &[key(1).public()]), Ok(()));
    }

    #[test]
    fn code_and_signature_are_read_off_an_address_whatever_stands_before_them() {
        for base in ["https://example.cn/v/", "http://example.cn/?code=", "https://example.cn/verify?lang=zh&code="] {
            let address = key(1).address(base, &STATEMENT);
            let (code, signature) = parts_of(&address).expect("both");
            assert!(code == STATEMENT.code && signature.len() == 86, "{address}");
        }
        for other in ["", "https://example.cn/v/X", "https://example.cn/?s=a", "?s=", "X?s="] {
            assert_eq!(parts_of(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_address_and_no_key_is_said_to_be_none() {
        for address in ["", "https://example.cn/v/X", "https://example.cn/v/X?s=", "https://example.cn/v/X?s=AAAA", "s=?&=%"] {
            assert_eq!(check(address, &STATEMENT, &[key(1).public()]), Err(AttestationError::NoSignature), "{address}");
        }
        assert_eq!("AAAA".parse::<SigningKey>().map(|_| ()), Err(AttestationError::Key));
        assert_eq!("！".parse::<PublicKey>(), Err(AttestationError::Key));
    }

    /// RFC 8032, 7.1, test 1: the seed and the public key belong together.
    #[test]
    fn keys_are_those_of_the_standard() {
        let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let key: SigningKey = BASE64_STANDARD.encode(seed).parse().expect("a key");
        assert_eq!(key.public().to_string(), BASE64_STANDARD.encode(public));
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
    }

    /// Numbers of 专项职业能力证书 may have hyphens (G13).
    #[test]
    fn a_number_with_hyphens_is_read_as_a_whole() {
        for base in ["https://cert.example.cn/v/", "https://a-b.example.cn/verify?code=", "http://127.0.0.1:24002/verify?code="] {
            for code in ["CD-0003", "ZX-2022-0001", "S000051000000222J00001", "2251000000300001"] {
                let address = key(1).address(base, &Statement { code, ..STATEMENT });
                assert_eq!(parts_of(&address).map(|(code, _)| code), Some(code), "{address}");
            }
        }
    }
}
