//! What was found on each material, and which roster a stamped form was printed from.

use jiff::Timestamp;
use rules::intake::summary::SummaryStamp;
use rules::notice::Notice;
use rules::values::schema::Moment;
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::application::stored::Application;
use crate::keys::objects::judgement_name;

/// The verdict on one version of a material: the content of a `checked/` object, and an item of the table.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Which material.
    pub material: Material,
    /// The version judged.
    pub version: String,
    /// Orders the versions of one material, as S3's events do; empty where the event was sent again by the system.
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
    /// When these bytes were handed in, for the first time: what is in time once is in time (六、（一）; G11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Moment>")]
    pub handed_in_at: Option<Timestamp>,
    /// Which edition of the contest's record it was judged by: one of another than the application has now counts for nothing.
    #[serde(default)]
    pub contest_edition: u32,
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

/// When all that is required was handed in (六、（一）; G11): with the last of it. None where something is missing, or where nobody
/// noted when it came.
pub fn handed_in_at(notice: &Notice, verdicts: &[Verdict]) -> Option<Timestamp> {
    let required = notice.materials.iter().filter(|rule| !rule.optional);
    let times = required.map(|rule| verdicts.iter().find(|verdict| verdict.material == rule.material)?.handed_in_at);
    times.collect::<Option<Vec<_>>>()?.into_iter().max()
}

impl Verdict {
    /// What it is called in keys, see [`judgement_name`].
    pub fn judgement(&self) -> String {
        judgement_name(&self.version, self.contest_edition)
    }

    /// Whether it rests on the contest's record as the application has it now.
    pub fn is_of(&self, application: &Application) -> bool {
        self.contest_edition == application.contest_edition
    }

    /// Whether it counts in the place of `earlier`: on a later version, or on the same one by a later record of the contest.
    pub fn replaces(&self, earlier: &Self) -> bool {
        self.outranks(earlier) || (self.contest_edition > earlier.contest_edition && !earlier.outranks(self))
    }

    /// This verdict in the place of `earlier`: the same bytes again were handed in when they came first.
    #[must_use]
    pub fn after(&self, earlier: &Self) -> Self {
        let same = earlier.sha256 == self.sha256 && !self.sha256.is_empty();
        let first = earlier.handed_in_at.filter(|_| same);
        Self { handed_in_at: first.into_iter().chain(self.handed_in_at).min(), ..self.clone() }
    }

    /// Whether this roster is the one that a summary form with a stamp was printed from.
    pub fn has_stamp(&self, stamp: &SummaryStamp) -> bool {
        stamp.matches(&self.sha256, self.form_digest.as_deref().unwrap_or_default())
    }

    /// Whether S3's order of its version is known.
    pub(crate) fn is_ordered(&self) -> bool {
        !self.sequencer.is_empty()
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
            handed_in_at: None,
            contest_edition: 0,
        }
    }

    #[test]
    fn a_version_is_judged_anew_by_a_later_record_of_the_contest_and_by_no_earlier_one() {
        let of = |sequencer: &str, contest_edition| Verdict {
            sequencer: sequencer.to_owned(),
            contest_edition,
            ..verdict(Material::Roster, true)
        };
        assert!(of("02", 0).replaces(&of("01", 0)) && of("01", 1).replaces(&of("01", 0)));
        assert!(!of("01", 0).replaces(&of("01", 0)) && !of("01", 0).replaces(&of("01", 1)));
        assert!(!of("01", 1).replaces(&of("02", 0)), "an older version, whatever it was judged by");
        assert_eq!([of("01", 0).judgement(), of("01", 2).judgement()], ["1", "1~2"]);
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
    fn 六_1_what_was_handed_in_counts_from_when_it_came_first() {
        let at = |time: &str| Some(time.parse::<Timestamp>().expect("a time"));
        let verdict =
            |material, time, sha256: &str| Verdict { handed_in_at: at(time), sha256: sha256.repeat(32), ..verdict(material, true) };
        let (before, after) = ("2022-07-31T23:59:59+08:00", "2022-08-01T00:00:00+08:00");
        let again = |sha256| verdict(Material::Roster, after, sha256).after(&verdict(Material::Roster, before, "0f")).handed_in_at;
        assert_eq!((again("0f"), again("1f")), (at(before), at(after)), "the same bytes, and others");
        let notices = rules::notice::Notices::built_in().expect("notices");
        let notice = notices.general();
        let all = |last: &'static str| {
            let time = |material| if material == Material::Summary { last } else { before };
            [Material::Contest, Material::Commendation, Material::Summary, Material::Roster].map(|one| verdict(one, time(one), "0f"))
        };
        assert_eq!(handed_in_at(notice, &all(before)), at(before));
        assert_eq!(handed_in_at(notice, &all(after)), at(after), "with the last of it");
        assert_eq!(handed_in_at(notice, &all(before)[1..]), None);
        // Photos may come later.
        let photos = verdict(Material::Photos, after, "0f");
        assert_eq!(handed_in_at(notice, &[all(before).to_vec(), vec![photos]].concat()), at(before));
    }

    #[test]
    fn sequencers_are_padded_on_the_right() {
        assert!(later("0055AED6DCD90281E6", "0055AED6DCD90281E5"));
        assert!(later("0055AED6DCD90281E51", "0055AED6DCD90281E5"));
        assert!(!later("0055AED6DCD90281E5", "0055AED6DCD90281E5"));
    }
}
