//! What was found on each material, and which roster a stamped form was printed from.

use rules::intake::summary::SummaryStamp;
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict on one version of a material: the content of a `checked/` object, and an item of the table.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Which material.
    pub material: Material,
    /// The version judged.
    pub version: String,
    /// Orders the versions of one material.
    pub sequencer: String,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// Whether it has no error.
    pub clean: bool,
    /// Errors found.
    pub errors: u32,
    /// Warnings and notices found.
    pub remarks: u32,
    /// Pages, for PDFs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// Rows, for a roster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
    /// Name of the sheet, for a roster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// For a sound roster: the digest of the summary form that is made of it ([`rules::intake::summary::StampBasis::Form`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_digest: Option<String>,
    /// For a stamped summary form: the stamp that was read from its QR code; none of another application's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<ReadStamp>,
}

/// The stamp of a scanned summary form, and the roster that it was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadStamp {
    /// Text of the QR code.
    pub text: String,
    /// Whether it is that of the roster that counted; none where there was no sound one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<bool>,
}

impl ReadStamp {
    /// A stamp, compared with the roster of these verdicts.
    pub fn compared(stamp: &SummaryStamp, verdicts: &[Verdict]) -> Self {
        Self { text: stamp.to_string(), matches: sound_roster(verdicts).map(|roster| roster.has_stamp(stamp)) }
    }
}

/// The roster among these, if it is sound.
pub fn sound_roster(verdicts: &[Verdict]) -> Option<&Verdict> {
    verdicts.iter().find(|verdict| verdict.material == Material::Roster && verdict.clean)
}

/// The stamped summary form among these, if another roster counts now than the one that its stamp was compared with, and the outcome is
/// another: it is to be judged again.
pub fn form_to_compare(verdicts: &[Verdict]) -> Option<&Verdict> {
    let form = verdicts.iter().find(|verdict| verdict.material == Material::Summary)?;
    let read = form.stamp.as_ref()?;
    let stamp = SummaryStamp::parse(&read.text).ok()?;
    let now = ReadStamp::compared(&stamp, verdicts).matches;
    (now.is_some() && now != read.matches).then_some(form)
}

impl Verdict {
    /// Whether this roster is the one that a summary form with a stamp was printed from.
    pub fn has_stamp(&self, stamp: &SummaryStamp) -> bool {
        stamp.matches(&self.sha256, self.form_digest.as_deref().unwrap_or_default())
    }

    /// Whether it is on a later version than `other`.
    pub fn outranks(&self, other: &Self) -> bool {
        later(&self.sequencer, &other.sequencer)
    }
}

/// Whether sequencer `a` is later than `b`: hexadecimal, the shorter one padded with zeros on the right (Amazon S3
/// User Guide, "Event message structure").
pub(crate) fn later(a: &str, b: &str) -> bool {
    let width = a.len().max(b.len());
    format!("{a:0<width$}") > format!("{b:0<width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(material: Material, clean: bool) -> Verdict {
        Verdict {
            material,
            version: "1".to_owned(),
            sequencer: "01".to_owned(),
            sha256: "0f".repeat(32),
            clean,
            errors: u32::from(!clean),
            remarks: 0,
            pages: None,
            rows: None,
            sheet: None,
            form_digest: None,
            stamp: None,
        }
    }

    /// In whatever order the two come, and whichever is handed in again: the stamp is compared with the roster that counts.
    #[test]
    fn a_form_is_compared_again_where_the_outcome_is_another() {
        let digest = |character: &str| character.repeat(64);
        let stamp = SummaryStamp::parse(&format!("SZ2::{}:1", digest("A"))).expect("a stamp");
        let roster = |form: &str, clean| Verdict { form_digest: Some(digest(form)), ..verdict(Material::Roster, clean) };
        let scan = |matches: Option<bool>| {
            let stamp = Some(ReadStamp { text: stamp.to_string(), matches });
            Verdict { stamp, ..verdict(Material::Summary, matches != Some(false)) }
        };
        let again = |verdicts: &[Verdict]| form_to_compare(verdicts).is_some();
        assert!(!again(&[scan(None)]) && !again(&[verdict(Material::Summary, true), roster("a", true)]));
        assert!(again(&[scan(None), roster("a", true)]) && again(&[scan(None), roster("b", true)]));
        assert!(!again(&[scan(None), roster("a", false)]) && !again(&[scan(Some(true)), roster("b", false)]));
        assert!(!again(&[scan(Some(true)), roster("a", true)]) && !again(&[scan(Some(false)), roster("b", true)]));
        assert!(again(&[scan(Some(true)), roster("b", true)]) && again(&[scan(Some(false)), roster("a", true)]));
        // A paper of the time when the stamp held the file's digest.
        let old = SummaryStamp::parse(&format!("SZ1::{}:1", "0F".repeat(32))).expect("a stamp");
        assert_eq!(ReadStamp::compared(&old, &[roster("b", true)]).matches, Some(true));
    }

    #[test]
    fn sequencers_are_padded_on_the_right() {
        assert!(later("0055AED6DCD90281E6", "0055AED6DCD90281E5"));
        assert!(later("0055AED6DCD90281E51", "0055AED6DCD90281E5"));
        assert!(!later("0055AED6DCD90281E5", "0055AED6DCD90281E5"));
    }
}
