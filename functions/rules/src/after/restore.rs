//! Restoring an empty table from what is kept elsewhere: sealed archive volumes, and the QR codes of certificates on paper
//! (docs/decisions/0029).

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::notice::Notices;
use crate::numbers::code::{CertificateCode, CodePrefix};
use crate::values::attestation::{self, AttestationError, PublicKey, Statement};

/// The folder of the bucket that volumes lie in.
pub const ARCHIVES: &str = "archives/";

/// What is to be restored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreRequest {
    /// The folder of the bucket that is looked through for volumes.
    #[serde(default = "archives")]
    pub prefix: String,
    /// The published keys, in base64: volumes and QR codes that none of them has signed are refused.
    pub keys: Vec<String>,
    /// Certificates on paper.
    #[serde(default)]
    pub statements: Vec<PaperStatement>,
    /// Whether it is only said what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

fn archives() -> String {
    ARCHIVES.to_owned()
}

/// What a certificate on paper says: the text of its QR code, and the name and document number as they are printed, over which the
/// code's signature is made.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperStatement {
    /// Text of the QR code.
    pub address: String,
    /// 姓名
    pub name: String,
    /// 证件号码
    pub document_number: String,
}

impl fmt::Debug for PaperStatement {
    // It holds a name and a document number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaperStatement").finish_non_exhaustive()
    }
}

impl PaperStatement {
    /// Reads a line of a list: QR code, name and document number, with tabs or commas between them.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.trim().split(['\t', ',']).map(|part| part.trim().to_owned());
        let (address, name, document_number) = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().is_none().then_some(Self { address, name, document_number })
    }

    /// The counter that its number was drawn from, and the number; none where it was entered by hand.
    ///
    /// # Errors
    /// None of the keys has signed it.
    pub fn drawn(&self, notices: &Notices, keys: &[PublicKey]) -> Result<Option<(CodePrefix, NonZeroU32)>, AttestationError> {
        let (code, _) = attestation::parts_of(&self.address).ok_or(AttestationError::NoSignature)?;
        let statement = Statement { code, name: &self.name, document_number: &self.document_number };
        attestation::check(&self.address, &statement, keys)?;
        Ok(CertificateCode::lookup(code).and_then(|code| notices.all().find_map(|notice| code.drawn(notice))))
    }
}

/// The next numbers of prefixes, each the highest that anything says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NextNumbers(BTreeMap<CodePrefix, u32>);

impl NextNumbers {
    /// That something says `next`.
    pub fn say(&mut self, prefix: CodePrefix, next: u32) {
        let known = self.0.entry(prefix).or_default();
        *known = next.max(*known);
    }

    /// That a number was given.
    pub fn given(&mut self, prefix: CodePrefix, sequence: NonZeroU32) {
        self.say(prefix, sequence.get().saturating_add(1));
    }

    /// Each prefix and its next number.
    pub fn iter(&self) -> impl Iterator<Item = (&CodePrefix, u32)> {
        self.0.iter().map(|(prefix, next)| (prefix, *next))
    }
}

/// What became of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeOutcome {
    /// So many items that were not there are there now.
    Restored(usize),
    /// The application has come to that volume, or further.
    AlreadyThere,
    /// These items are there and differ: nothing of the application was written.
    Differs(Vec<String>),
    /// It does not hold, for these reasons, in Chinese: nothing of the application was written.
    Refused(Vec<String>),
}

/// What a restoration did, or would do.
#[derive(Debug, Clone, Default)]
pub struct RestoreReport {
    /// Whether it was only said.
    pub dry_run: bool,
    /// The volumes by their folders: of each application the latest.
    pub volumes: BTreeMap<String, VolumeOutcome>,
    /// Counters that were raised, each with its next number.
    pub counters: Vec<(CodePrefix, u32)>,
    /// Certificates on paper whose signature is good.
    pub statements: usize,
    /// Those whose signature is not, by their places in the list from 1, and why.
    pub refused_statements: Vec<(usize, AttestationError)>,
}

/// What the function that restores answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreAnswer {
    /// Whether everything that was found is restored.
    pub complete: bool,
    /// What was done, in Chinese.
    pub lines: Vec<String>,
}

impl RestoreReport {
    /// Whether everything that was found is restored, or would be.
    pub fn is_complete(&self) -> bool {
        let holds = |outcome: &VolumeOutcome| matches!(outcome, VolumeOutcome::Restored(_) | VolumeOutcome::AlreadyThere);
        self.volumes.values().all(holds) && self.refused_statements.is_empty()
    }

    /// For whoever has asked for it.
    pub fn answer(&self) -> RestoreAnswer {
        RestoreAnswer { complete: self.is_complete(), lines: self.lines() }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (folder, outcome) in &self.volumes {
            lines.extend(self.volume_lines(folder, outcome));
        }
        let raised = if self.dry_run { "将调高到" } else { "已调高到" };
        lines.extend(self.counters.iter().map(|(prefix, next)| format!("编码前缀 {prefix} 的下一号{raised} {next}")));
        if self.statements > 0 {
            lines.push(format!("证书二维码 {} 个：签名有效，编号已计入", self.statements));
        }
        lines.extend(self.refused_statements.iter().map(|(place, error)| format!("第 {place} 个证书二维码未计入：{error}")));
        let count = |wanted: fn(&VolumeOutcome) -> bool| self.volumes.values().filter(|outcome| wanted(outcome)).count();
        let restored = count(|outcome| matches!(outcome, VolumeOutcome::Restored(_)));
        let there = count(|outcome| matches!(outcome, VolumeOutcome::AlreadyThere));
        let left = self.volumes.len() - restored - there;
        let done = if self.dry_run { "将恢复" } else { "已恢复" };
        lines.push(format!("共 {} 卷：{done} {restored} 卷，原已在库 {there} 卷，未恢复 {left} 卷", self.volumes.len()));
        lines
    }

    fn volume_lines(&self, folder: &str, outcome: &VolumeOutcome) -> Vec<String> {
        let (said, details) = match outcome {
            VolumeOutcome::Restored(items) if self.dry_run => (format!("将写入 {items} 项"), Vec::new()),
            VolumeOutcome::Restored(items) => (format!("已写入 {items} 项"), Vec::new()),
            VolumeOutcome::AlreadyThere => ("已在库中，未改动".to_owned(), Vec::new()),
            VolumeOutcome::Differs(items) => ("库中已有不同的内容，这份申报未恢复：".to_owned(), items.clone()),
            VolumeOutcome::Refused(faults) => ("核验不符，这份申报未恢复：".to_owned(), faults.clone()),
        };
        let head = std::iter::once(format!("{folder} {said}"));
        head.chain(details.into_iter().map(|detail| format!("  {detail}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::values::attestation::SigningKey;

    fn key(byte: u8) -> SigningKey {
        base64::prelude::BASE64_STANDARD.encode([byte; 32]).parse().expect("32 bytes")
    }

    fn paper(code: &str) -> PaperStatement {
        let statement = Statement { code, name: "张测试", document_number: "11010519491231002X" };
        let address = key(1).address("https://example.org/verify/", &statement);
        PaperStatement::parse(&format!("{address}\t张测试\t11010519491231002X")).expect("a line")
    }

    #[test]
    fn a_certificate_on_paper_says_which_number_was_given() {
        let (notices, keys) = (Notices::built_in().expect("notices"), [key(1).public()]);
        let drawn = |paper: &PaperStatement, keys: &[PublicKey]| paper.drawn(&notices, keys);
        let number = drawn(&paper("S000051009999222J00007"), &keys).expect("signed").expect("drawn");
        assert_eq!((number.0.as_str(), number.1.get()), ("S000051009999222", 7));
        assert_eq!(drawn(&paper("YS0001"), &keys), Ok(None), "a number that was entered by hand");
        assert_eq!(drawn(&paper("S000051009999222J00007"), &[key(2).public()]), Err(AttestationError::Wrong));
        let other = PaperStatement { name: "李测试".to_owned(), ..paper("S000051009999222J00007") };
        assert_eq!(drawn(&other, &keys), Err(AttestationError::Wrong));
        assert!(!format!("{other:?}").contains("测试"));
    }

    #[test]
    fn a_line_has_three_parts() {
        assert!(PaperStatement::parse("https://example.org/?s=x,张测试").is_none());
        assert!(PaperStatement::parse("a,b,c,d").is_none() && PaperStatement::parse("a, b, c").is_some());
    }

    #[test]
    fn the_highest_number_counts() {
        let prefix: CodePrefix = serde_json::from_value("S000051009999222".into()).expect("a prefix");
        let mut next = NextNumbers::default();
        next.say(prefix.clone(), 5);
        next.given(prefix.clone(), NonZeroU32::new(3).expect("not zero"));
        assert_eq!(next.iter().collect::<Vec<_>>(), [(&prefix, 5)]);
        next.given(prefix.clone(), NonZeroU32::new(9).expect("not zero"));
        assert_eq!(next.iter().collect::<Vec<_>>(), [(&prefix, 10)]);
    }

    #[test]
    fn what_was_not_restored_is_told_by_name() {
        let mut report = RestoreReport::default();
        report.volumes.insert("archives/center-00-2022/a/00000009/".to_owned(), VolumeOutcome::Restored(40));
        assert!(report.is_complete());
        let refused = VolumeOutcome::Refused(vec!["process/items.jsonl 被改动：与封存时的校验值不符".to_owned()]);
        report.volumes.insert("archives/center-00-2022/b/00000009/".to_owned(), refused);
        let answer = report.answer();
        assert!(!answer.complete);
        assert!(answer.lines[1].contains("/b/") && answer.lines[2].contains("process/items.jsonl"), "{:?}", answer.lines);
        assert_eq!(answer.lines.last().expect("a line"), "共 2 卷：已恢复 1 卷，原已在库 0 卷，未恢复 1 卷");
    }
}
