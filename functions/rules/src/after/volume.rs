//! An archive volume (资料存档, 五、（二）): its files and their manifest, its seal, and its proof from the files alone.
//!
//! The sections are those of an evaluation body's archive (DOMAIN §9, S19: 报名、备案、过程、结果、证书管理). The seal is
//! the SHA-256 of the manifest; Ed25519 over `saizheng volume 1`, the seal and the moment of sealing, each followed by a line
//! feed, signs it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::audit::AuditEntry;
use crate::issue::application::ApplicationId;
use crate::values::attestation::{PublicKey, SigningKey};
use crate::values::chain::{Chained, Head};
use crate::values::party::IssuingUnit;
use crate::values::vocabulary::CertificateType;

/// File name of the manifest in a volume.
pub const MANIFEST: &str = "manifest.json";
/// File name of the seal in a volume.
pub const SEAL: &str = "seal.json";
/// Where the audit chain stands in a volume: one [`Chained<AuditEntry>`] as JSON a line.
pub const TRAIL: &str = "process/audit.jsonl";
/// Where the list of certificates stands in a volume: one [`ArchivedCertificate`] as JSON a line.
pub const CERTIFICATES: &str = "results/certificates.jsonl";
/// Where the winners stand in a volume, as they were handed in: one entry as JSON a line.
pub const ENTRIES: &str = "results/entries.jsonl";
/// Where the authorised plan stands in a volume.
pub const PLAN: &str = "filing/plan.json";
/// Where the allocation stands in a volume.
pub const ALLOCATION: &str = "process/allocation.json";
/// Where the review stands in a volume.
pub const REVIEW: &str = "process/review.json";
/// Where the texts of the rulebook stand in a volume, each under the name of its part.
pub const RULEBOOK: &str = "filing/rulebook/";
/// Where the list of those texts stands in a volume.
pub const RULEBOOK_LIST: &str = "filing/rulebook/manifest.txt";
/// Where the table's items stand in a volume, from which it can be restored: an [`ItemsHead`], then an item a line, as DynamoDB's JSON.
pub const ITEMS: &str = "process/items.jsonl";

/// Part of a volume; its folder's name in keys and on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Section {
    /// The materials as the unit handed them in.
    Registration,
    /// The contest's record, the authorised plan.
    Filing,
    /// Findings, decisions and the audit chain.
    Process,
    /// The winners and what each got.
    Results,
    /// Certificates and print runs.
    Certificates,
}

impl Section {
    /// Its folder.
    pub fn folder(self) -> &'static str {
        self.into()
    }

    /// The word staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Registration => "申报材料",
            Self::Filing => "审批备案",
            Self::Process => "审核过程",
            Self::Results => "获证结果",
            Self::Certificates => "证书管理",
        }
    }
}

/// A file of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeFile {
    /// Its path within the volume.
    pub path: String,
    /// 题名, in Chinese.
    pub title: String,
    /// Version of the object that it was received as, for materials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
}

/// What a volume is and holds, in order; everything but itself and the seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this shape: 1.
    pub format: u32,
    /// The batch that the volume belongs to: who archives, and the year of issue.
    pub batch: String,
    /// The application that it is of.
    pub application: ApplicationId,
    /// Who issued and archives.
    pub reviewer: IssuingUnit,
    /// Of which type the certificates are.
    pub certificate_type: CertificateType,
    /// Number of the last audit entry that it takes account of; what changes later makes a later edition.
    pub edition: u64,
    /// 大赛名称
    pub contest: String,
    /// 牵头主办单位
    pub organiser: String,
    /// Number of the notice.
    pub notice: String,
    /// Clause that it rests on.
    pub clause: String,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// By which account.
    pub ordered_by: String,
    /// To be kept until then.
    pub keep_until: Date,
    /// Seal of the edition before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// The end of the audit chain.
    pub trail: Head,
    /// Certificates and records in it, revoked ones included.
    pub certificates: u32,
    /// The files.
    pub files: Vec<VolumeFile>,
}

/// A line of the list of certificates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArchivedCertificate {
    /// 证书编码, none for what is only recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Serial of the sheet that it lies on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The certificate's record.
    pub record: serde_json::Value,
}

/// What the table's items in a volume begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemsHead {
    /// Version of this shape: 1.
    pub format: u32,
    /// When they were read. What several volumes hold counts as the latest of them has it.
    pub read_at: Timestamp,
}

/// The seal of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// SHA-256 of the manifest, in hex.
    pub manifest_sha256: String,
    /// Ed25519 signature, in base64.
    pub signature: String,
    /// The key it was made with, in base64; trust it only if it was published.
    pub public_key: String,
    /// When it was made: the moment of the audit entry that holds the seal.
    pub sealed_at: Timestamp,
}

/// SHA-256 in hex.
fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn message(manifest_sha256: &str, sealed_at: Timestamp) -> String {
    format!("saizheng volume 1\n{manifest_sha256}\n{sealed_at}\n")
}

/// Seals a manifest.
pub fn seal(manifest: &[u8], sealed_at: Timestamp, key: &SigningKey) -> Seal {
    let manifest_sha256 = digest(manifest);
    let signature = key.sign(message(&manifest_sha256, sealed_at).as_bytes());
    Seal { manifest_sha256, signature, public_key: key.public().to_string(), sealed_at }
}

/// A file as it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, in hex.
    pub sha256: String,
}

impl Found {
    /// What those bytes are.
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: digest(bytes) }
    }
}

/// The files of a volume as they lie there: all of them by path, and the contents of those that the proof reads.
#[derive(Debug, Clone, Default)]
pub struct Holding {
    /// Every file but manifest and seal, by its path within the volume.
    pub found: BTreeMap<String, Found>,
    /// `manifest.json`
    pub manifest: Vec<u8>,
    /// `seal.json`
    pub seal: Vec<u8>,
    /// `process/audit.jsonl`
    pub trail: Vec<u8>,
    /// `results/certificates.jsonl`
    pub certificates: Vec<u8>,
}

/// What a volume's seal is held against.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trust<'a> {
    /// The published keys; where there are none, the signature is held against the key that the seal itself names.
    pub keys: &'a [PublicKey],
    /// The seal as it was noted elsewhere, e.g. in the audit chain.
    pub seal: Option<&'a str>,
}

/// What does not hold of a volume.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VolumeFault {
    /// Manifest or seal cannot be read.
    #[error("{0} 无法读取：文件缺失或已损坏")]
    Unreadable(&'static str),
    /// The manifest is not the one that was sealed.
    #[error("manifest.json 与封存时不符：卷内目录被改动过")]
    SealBroken,
    /// Another seal than the one that was noted.
    #[error("封存值与登记的不符：不是登记的那一卷")]
    OtherSeal,
    /// Not signed by the key.
    #[error("封存签名无效：不是所给公钥对应的机构封存的")]
    Signature,
    /// In the manifest, and not there.
    #[error("缺少 {0}")]
    Missing(String),
    /// There, with other bytes.
    #[error("{0} 被改动：与封存时的校验值不符")]
    Altered(String),
    /// There, and not in the manifest.
    #[error("多出 {0}：不在卷内目录中")]
    Surplus(String),
    /// The audit chain does not end where the manifest says.
    #[error("留痕链第 {0} 条起不连续：记录被改动过")]
    Trail(u64),
    /// A certificate that counts has no PDF.
    #[error("证书 {0} 没有 PDF")]
    NoPdf(String),
}

/// Proves a volume from its files alone: the manifest, or all that does not hold.
///
/// # Errors
/// Every [`VolumeFault`].
pub fn prove(holding: &Holding, trust: Trust<'_>) -> Result<Manifest, Vec<VolumeFault>> {
    let manifest: Manifest = serde_json::from_slice(&holding.manifest).map_err(|_| vec![VolumeFault::Unreadable(MANIFEST)])?;
    let mut faults = seal_faults(holding, trust);
    faults.extend(file_faults(&manifest, &holding.found));
    // What is altered anyway is not looked into.
    let intact = |path: &str| !faults.iter().any(|fault| matches!(fault, VolumeFault::Missing(p) | VolumeFault::Altered(p) if p == path));
    let (trail, list) = (intact(TRAIL), intact(CERTIFICATES));
    if trail {
        faults.extend(trail_fault(&manifest.trail, &holding.trail));
    }
    if list {
        faults.extend(certificate_faults(&manifest, &holding.certificates));
    }
    if faults.is_empty() { Ok(manifest) } else { Err(faults) }
}

fn seal_faults(holding: &Holding, trust: Trust<'_>) -> Vec<VolumeFault> {
    let Ok(seal) = serde_json::from_slice::<Seal>(&holding.seal) else { return vec![VolumeFault::Unreadable(SEAL)] };
    let mut faults = Vec::new();
    if digest(&holding.manifest) != seal.manifest_sha256 {
        faults.push(VolumeFault::SealBroken);
    }
    if trust.seal.is_some_and(|noted| noted != seal.manifest_sha256) {
        faults.push(VolumeFault::OtherSeal);
    }
    let own: Vec<PublicKey> = seal.public_key.parse().into_iter().collect();
    let keys = if trust.keys.is_empty() { &own } else { trust.keys };
    let message = message(&seal.manifest_sha256, seal.sealed_at);
    if !keys.iter().any(|key| key.vouches(message.as_bytes(), &seal.signature)) {
        faults.push(VolumeFault::Signature);
    }
    faults
}

fn file_faults(manifest: &Manifest, found: &BTreeMap<String, Found>) -> Vec<VolumeFault> {
    let listed: BTreeMap<&str, &VolumeFile> = manifest.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let of_listed = listed.values().filter_map(|file| match found.get(&file.path) {
        None => Some(VolumeFault::Missing(file.path.clone())),
        Some(there) if there.sha256 != file.sha256 || there.bytes != file.bytes => Some(VolumeFault::Altered(file.path.clone())),
        Some(_) => None,
    });
    let surplus = found.keys().filter(|path| !listed.contains_key(path.as_str())).map(|path| VolumeFault::Surplus(path.clone()));
    of_listed.chain(surplus).collect()
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn trail_fault(end: &Head, trail: &[u8]) -> Option<VolumeFault> {
    let mut head = Head::default();
    for line in lines(trail) {
        let read = serde_json::from_slice::<Chained<AuditEntry>>(line).ok();
        let next = read.map(|chained| (head.after(&chained.text), chained.hash)).filter(|(next, hash)| next.hash == *hash);
        match next {
            Some((next, _)) => head = next,
            None => return Some(VolumeFault::Trail(head.count + 1)),
        }
    }
    (head != *end).then_some(VolumeFault::Trail(head.count + 1))
}

fn certificate_faults(manifest: &Manifest, list: &[u8]) -> Vec<VolumeFault> {
    let paths: std::collections::BTreeSet<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    let fault = |line| match serde_json::from_slice::<ArchivedCertificate>(line) {
        Err(_) => Some(VolumeFault::Unreadable(CERTIFICATES)),
        Ok(ArchivedCertificate { code: Some(code), .. }) if !paths.contains(certificate_path(&code).as_str()) => {
            Some(VolumeFault::NoPdf(code))
        }
        Ok(_) => None,
    };
    lines(list).filter_map(fault).collect()
}

/// Where a certificate's PDF lies within a volume.
pub fn certificate_path(code: &str) -> String {
    format!("{}/{code}.pdf", Section::Certificates.folder())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SigningKey {
        use base64::Engine as _;
        base64::prelude::BASE64_STANDARD.encode([byte; 32]).parse().expect("32 bytes")
    }

    fn entry(number: u64) -> AuditEntry {
        AuditEntry {
            number,
            at: Timestamp::UNIX_EPOCH,
            actor: "someone".to_owned(),
            organisation: "00".to_owned(),
            action: crate::audit::AuditAction::Archive,
            clause: "五、（二）".to_owned(),
            code: None,
            detail: None,
            lots: Vec::new(),
            items: Vec::new(),
        }
    }

    /// A volume with a certificate and three audit entries.
    fn volume() -> Holding {
        let (mut head, mut trail) = (Head::default(), Vec::new());
        for number in 1..=3 {
            let (next, chained) = head.append(entry(number)).expect("json");
            head = next;
            trail.extend(serde_json::to_vec(&chained).expect("json"));
            trail.push(b'\n');
        }
        let code = "S000051009999222J00001";
        let line = ArchivedCertificate { code: Some(code.to_owned()), serial: None, record: serde_json::Value::Null };
        let certificates = serde_json::to_vec(&line).expect("json");
        let contents: [(&str, &[u8]); 4] = [
            ("registration/roster.xlsx", b"as received"),
            (TRAIL, &trail),
            (CERTIFICATES, &certificates),
            ("certificates/S000051009999222J00001.pdf", b"%PDF"),
        ];
        let file = |(path, bytes): &(&str, &[u8])| {
            let Found { bytes, sha256 } = Found::of(bytes);
            VolumeFile { path: (*path).to_owned(), title: "文件".to_owned(), version: None, bytes, sha256 }
        };
        let manifest = Manifest {
            format: 1,
            batch: "center-00-2022".to_owned(),
            application: ApplicationId::from_bits(7),
            reviewer: IssuingUnit::center("00"),
            certificate_type: CertificateType::SkillLevel,
            edition: 3,
            contest: "大赛".to_owned(),
            organiser: "单位".to_owned(),
            notice: "川人社职鉴〔2022〕9号".to_owned(),
            clause: "五、（二）".to_owned(),
            ordered_at: Timestamp::UNIX_EPOCH,
            ordered_by: "someone".to_owned(),
            keep_until: jiff::civil::date(2032, 6, 20),
            previous: None,
            trail: head,
            certificates: 1,
            files: contents.iter().map(file).collect(),
        };
        let found = contents.iter().map(|(path, bytes)| ((*path).to_owned(), Found::of(bytes))).collect();
        let manifest = serde_json::to_vec(&manifest).expect("json");
        let seal = serde_json::to_vec(&seal(&manifest, Timestamp::UNIX_EPOCH, &key(1))).expect("json");
        Holding { found, manifest, seal, trail, certificates }
    }

    /// Golden: sealed volumes are kept for decades. A field that this build does not know breaks no seal.
    #[test]
    fn a_manifest_and_a_seal_of_version_1() {
        let manifest = r#"{"format":1,"batch":"center-00-2022","application":"haaaaaaaaaaaaaaa","reviewer":"center-00","certificate_type":"skill_level","edition":3,"contest":"样例大赛","organiser":"样例协会","notice":"川人社职鉴〔2022〕9号","clause":"五、（二）","ordered_at":"2022-07-01T02:00:00Z","ordered_by":"someone","keep_until":"2032-06-20","trail":{"count":0,"hash":""},"certificates":0,"files":[],"later":"字段"}"#;
        let sealed = Seal {
            manifest_sha256: "0d76daff203c89ec3a15fb2f7ab94ac7df0283cfcdc0a21eb687face590b416e".to_owned(),
            signature: "q75Ch/gt87iYN1StVNbwDHmkmbVoPegEAtAurb4e3iBowz7xyN7vdO//A3zJRQLmfh1mLgC6RU0cGQY7luHPAg==".to_owned(),
            public_key: "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=".to_owned(),
            sealed_at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(seal(manifest.as_bytes(), Timestamp::UNIX_EPOCH, &key(1)), sealed);
        let empty = Found::of(b"");
        let files = [TRAIL, CERTIFICATES].map(|path| (path.to_owned(), empty.clone()));
        let holding = Holding { manifest: manifest.into(), seal: serde_json::to_vec(&sealed).expect("json"), ..Holding::default() };
        let proved = prove(&holding, Trust::default()).expect("sound");
        assert_eq!((proved.format, proved.edition, proved.reviewer), (1, 3, IssuingUnit::center("00")));
        let surplus = prove(&Holding { found: files.into(), ..holding }, Trust::default()).expect_err("not in the manifest");
        assert_eq!(surplus.len(), 2);
    }

    #[test]
    fn a_volume_is_proved_from_its_files_alone() {
        let volume = volume();
        let keys = [key(1).public()];
        let seal: Seal = serde_json::from_slice(&volume.seal).expect("a seal");
        let trust = Trust { keys: &keys, seal: Some(&seal.manifest_sha256) };
        assert_eq!(prove(&volume, trust).map(|manifest| manifest.edition), Ok(3));
        assert!(prove(&volume, Trust::default()).is_ok());
    }

    #[test]
    fn another_key_and_another_seal_show() {
        let volume = volume();
        let keys = [key(2).public()];
        assert_eq!(prove(&volume, Trust { keys: &keys, seal: Some("00") }), Err(vec![VolumeFault::OtherSeal, VolumeFault::Signature]));
    }

    #[test]
    fn a_file_altered_missing_or_added_is_named() {
        let path = "registration/roster.xlsx".to_owned();
        let mut altered = volume();
        altered.found.insert(path.clone(), Found::of(b"as receivee"));
        assert_eq!(prove(&altered, Trust::default()), Err(vec![VolumeFault::Altered(path.clone())]));
        let mut missing = volume();
        missing.found.remove(&path);
        assert_eq!(prove(&missing, Trust::default()), Err(vec![VolumeFault::Missing(path)]));
        let mut surplus = volume();
        surplus.found.insert("results/x".to_owned(), Found::of(b""));
        assert_eq!(prove(&surplus, Trust::default()), Err(vec![VolumeFault::Surplus("results/x".to_owned())]));
    }

    #[test]
    fn every_single_bit_of_manifest_and_seal_counts() {
        let sound = volume();
        let keys = [key(1).public()];
        let trust = Trust { keys: &keys, seal: None };
        for bit in 0..sound.manifest.len() * 8 {
            let mut flipped = sound.clone();
            flipped.manifest[bit / 8] ^= 1 << (bit % 8);
            assert!(prove(&flipped, trust).is_err(), "bit {bit} of the manifest");
        }
        let public_key = 1 + String::from_utf8_lossy(&sound.seal).find("public_key").expect("a key");
        for bit in 0..public_key * 8 {
            let mut flipped = sound.clone();
            flipped.seal[bit / 8] ^= 1 << (bit % 8);
            assert!(prove(&flipped, trust).is_err(), "bit {bit} of the seal");
        }
    }

    #[test]
    fn the_moment_of_the_seal_is_signed() {
        let mut volume = volume();
        let seal: Seal = serde_json::from_slice(&volume.seal).expect("a seal");
        let later = Seal { sealed_at: Timestamp::from_second(1).expect("a moment"), ..seal };
        volume.seal = serde_json::to_vec(&later).expect("json");
        assert_eq!(prove(&volume, Trust::default()), Err(vec![VolumeFault::Signature]));
    }

    #[test]
    fn a_trail_made_anew_does_not_end_where_it_did() {
        let mut volume = volume();
        let (_, chained) = Head::default().append(entry(1)).expect("json");
        volume.trail = serde_json::to_vec(&chained).expect("json");
        assert_eq!(prove(&volume, Trust::default()), Err(vec![VolumeFault::Trail(2)]));
        volume.trail = b"{}".to_vec();
        assert_eq!(prove(&volume, Trust::default()), Err(vec![VolumeFault::Trail(1)]));
    }

    #[test]
    fn a_certificate_without_its_pdf_shows() {
        let mut volume = volume();
        let line = ArchivedCertificate { code: Some("S000051009999222J00002".to_owned()), serial: None, record: serde_json::Value::Null };
        volume.certificates = serde_json::to_vec(&line).expect("json");
        assert_eq!(prove(&volume, Trust::default()), Err(vec![VolumeFault::NoPdf("S000051009999222J00002".to_owned())]));
        volume.certificates = b"{".to_vec();
        assert_eq!(prove(&volume, Trust::default()), Err(vec![VolumeFault::Unreadable(CERTIFICATES)]));
    }
}
