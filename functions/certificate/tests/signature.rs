//! Signed copies as others see them: whether a signature is valid, whether the file is still PDF/A-2b, whether it is sound. See
//! `judges` for who they are.

use std::fs;
use std::sync::LazyLock;

use certificate::{Batch, Certificate, Fonts, Plate, PrintError, Signer, SignerError, Signing};
use jiff::Timestamp;
use rules::values::vocabulary::Form;
use serde_json::{Value, json};
use tempfile::TempDir;

mod judges;
mod specimen;

use judges::{Signature, faults, faults_of_pdfa, make_keys, signatures};

static FONTS: LazyLock<Fonts> = LazyLock::new(specimen::loaded_fonts);
static KEYS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a folder");
    make_keys(folder.path());
    folder
});

fn pem(name: &str) -> String {
    fs::read_to_string(KEYS.path().join(format!("{name}.pem"))).expect("a key")
}

fn signer(name: &str) -> Result<Signer, SignerError> {
    Signer::from_pem(&pem(name))
}

/// A certificate, signed on 20 June 2022 at 10:00:30 in China.
fn signed(signer: &Signer) -> Result<Vec<u8>, PrintError> {
    printed(Some(signer))
}

fn printed(signer: Option<&Signer>) -> Result<Vec<u8>, PrintError> {
    let plate = Plate::new(&FONTS, &specimen::layout(Form::Full), None)?;
    let fields = specimen::fields("张测试", "四川省样例竞赛组委会", "2022年四川省样例职业技能竞赛", None);
    let certificate = Certificate { fields: &fields, photo: Some(specimen::PHOTO), by_hand: false };
    let at: Timestamp = "2022-06-20T02:00:30Z".parse().expect("a time");
    let batch = Batch::new(&FONTS, &plate, &[certificate])?;
    signer.map_or_else(|| batch.single(0), |signer| batch.signed(0, Signing { signer, at }))
}

/// What pyHanko says of the only signature of a file.
fn validated(pdf: &[u8]) -> Value {
    let mut said = judges::validated(pdf, Some(&KEYS.path().join("root.pem")));
    assert_eq!(said.len(), 1, "{said:?}");
    said.remove(0)
}

#[test]
fn the_signature_is_valid_and_covers_the_file() {
    for kind in ["rsa", "p256"] {
        let pdf = signed(&signer(kind).expect("a signer")).expect("signed");
        assert_eq!(signatures(&pdf), [Signature::sound()], "{kind}");
    }
    assert_eq!(signatures(&printed(None).expect("printed")), []);
}

#[test]
fn pyhanko_finds_the_signature_valid_and_trusted() {
    for kind in ["rsa", "p256"] {
        let pdf = signed(&signer(kind).expect("a signer")).expect("signed");
        let said = validated(&pdf);
        for (name, wanted) in [
            ("intact", json!(true)),
            ("valid", json!(true)),
            ("trusted", json!(true)),
            ("bottom_line", json!(true)),
            ("coverage", json!("ENTIRE_FILE")),
            ("sub_filter", json!("/ETSI.CAdES.detached")),
            ("time", json!("2022-06-20T10:00:30+08:00")),
            ("attributes", json!(["content_type", "message_digest", "signing_certificate_v2"])),
        ] {
            assert_eq!(said[name], wanted, "{kind}, {name}: {said}");
        }
    }
}

#[test]
fn a_changed_byte_shows() {
    let mut pdf = signed(&signer("rsa").expect("a signer")).expect("signed");
    let photo = pdf.windows(64).position(|window| window == &specimen::PHOTO[4000..4064]).expect("the photo");
    pdf[photo] ^= 1;
    assert!(!signatures(&pdf)[0].is_valid);
    let said = validated(&pdf);
    assert_eq!((&said["intact"], &said["bottom_line"]), (&json!(false), &json!(false)), "{said}");
}

#[test]
fn a_signed_copy_is_sound_and_keeps_to_the_standard() {
    let pdf = signed(&signer("p256").expect("a signer")).expect("signed");
    assert_eq!(faults_of_pdfa(&pdf), "");
    assert_eq!(faults(&pdf), "");
    assert!(pdf.len() < 75_000, "{} bytes", pdf.len());
}

#[test]
fn what_does_not_belong_together_signs_nothing() {
    let (rsa, p256) = (pem("rsa"), pem("p256"));
    let key_of = |pem: &str| pem.split("-----BEGIN CERTIFICATE").next().unwrap_or_default().to_owned();
    let chain_of = |pem: &str| pem[key_of(pem).len()..].to_owned();
    for (pem, error) in [
        (String::new(), SignerError::NoKey),
        (chain_of(&rsa), SignerError::NoKey),
        (key_of(&rsa), SignerError::NoCertificate),
        (key_of(&rsa) + &chain_of(&p256), SignerError::NotItsCertificate),
        (pem("p384"), SignerError::UnusableKey),
        (key_of(&rsa) + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", SignerError::BrokenCertificate),
    ] {
        assert_eq!(Signer::from_pem(&pem).expect_err("refused"), error);
    }
}

#[test]
fn an_old_certificate_signs_nothing() {
    let error = signed(&signer("old").expect("a signer")).expect_err("refused");
    assert!(matches!(error, PrintError::Signature(SignerError::NotValidNow)), "{error}");
}
