//! What a unit handed in of a material, version by version, as the bucket and the verdicts tell it.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use rules::notice::Notice;
use rules::values::vocabulary::Material;

use crate::application::applications::Applications;
use crate::application::stored::Application;
use crate::application::verdict::Verdict;
use crate::error::RecordsError;
use crate::keys::objects::{ObjectKey, inbox, judgement_name};
use crate::store::bucket::ListedVersion;

/// Versions of a material that are looked at, the newest ones: nobody looks further back.
const MAX_VERSIONS: usize = 20;
/// Verdicts that are read at once.
const AT_ONCE: usize = 16;

/// One version of a material.
#[derive(Debug, Clone)]
pub struct HandIn {
    /// Which material.
    pub material: Material,
    /// The object's key: under whatever name the unit handed it in.
    pub key: String,
    /// Version of the object.
    pub version: String,
    /// How many bytes it has.
    pub size: u64,
    /// When it was handed in: these bytes, for the first time.
    pub handed_in_at: Timestamp,
    /// What was found on it; none while it is being judged.
    pub verdict: Option<Verdict>,
}

impl Applications<'_> {
    /// What was handed in of these materials, the newest first; the same bytes judged again are one.
    pub async fn hand_ins(self, notice: &Notice, application: &Application, of: &[Material]) -> Result<Vec<HandIn>, RecordsError> {
        let listed = self.cloud.list_versions(&inbox(&application.unit, &application.id)).await?;
        let mut counts = vec![0; of.len()];
        let wanted = listed.into_iter().filter_map(|listed| {
            let material = listed.key.rsplit('/').next().and_then(|file| notice.material_of_file(file))?.material;
            let place = of.iter().position(|one| *one == material)?;
            counts[place] += 1;
            (counts[place] <= MAX_VERSIONS).then_some((material, listed))
        });
        let read = stream::iter(wanted.collect::<Vec<_>>()).map(|(material, listed)| self.hand_in(application, material, listed));
        let all: Vec<HandIn> = read.buffered(AT_ONCE).try_collect().await?;
        Ok(without_copies(all))
    }

    async fn hand_in(self, application: &Application, material: Material, listed: ListedVersion) -> Result<HandIn, RecordsError> {
        let ListedVersion { key, version, size, written_at } = listed;
        let judgements = self.judgements(application, material, &version).await?;
        // Judged anew, it was handed in when it came first.
        let noted = judgements.iter().filter_map(|verdict| verdict.handed_in_at).min();
        let verdict = judgements.into_iter().next();
        let handed_in_at = noted.unwrap_or_else(|| self.cloud.clock.of_event(written_at));
        Ok(HandIn { material, key, version, size, handed_in_at, verdict })
    }

    /// The verdicts on a version, by the latest record of the contest first.
    async fn judgements(self, application: &Application, material: Material, version: &str) -> Result<Vec<Verdict>, RecordsError> {
        let mut found = Vec::new();
        for edition in (0..=application.contest_edition).rev() {
            let version = judgement_name(version, edition);
            match self.cloud.read_json(&ObjectKey::Checked { application: application.id.clone(), material, version }).await {
                Err(RecordsError::NotFound) => {}
                read => found.push(read?),
            }
        }
        Ok(found)
    }
}

impl HandIn {
    /// What the judgement on it is called in keys; none while it is being judged.
    pub fn judgement(&self) -> Option<String> {
        self.verdict.as_ref().map(Verdict::judgement)
    }
}

/// Of the same bytes one after the other the newest one counts, and they were handed in when they came first.
fn without_copies(all: Vec<HandIn>) -> Vec<HandIn> {
    let mut kept: Vec<HandIn> = Vec::with_capacity(all.len());
    for one in all {
        let sha256 = |hand_in: &HandIn| hand_in.verdict.as_ref().map(|verdict| verdict.sha256.clone()).filter(|sha256| !sha256.is_empty());
        match kept.iter_mut().rfind(|known| known.material == one.material) {
            Some(known) if sha256(known).is_some() && sha256(known) == sha256(&one) => known.handed_in_at = one.handed_in_at,
            _ => kept.push(one),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand_in(material: Material, version: &str, at: i64, sha256: Option<&str>) -> HandIn {
        let verdict = sha256.map(|sha256| {
            let verdict = serde_json::json!({
                "material": material, "version": version, "sequencer": "01", "sha256": sha256, "clean": true, "errors": 0, "remarks": 0,
            });
            serde_json::from_value(verdict).expect("a verdict")
        });
        let handed_in_at = Timestamp::from_second(at).expect("a time");
        HandIn { material, key: String::new(), version: version.to_owned(), size: 1, handed_in_at, verdict }
    }

    #[test]
    fn the_same_bytes_judged_again_are_one_hand_in() {
        use Material::{Roster, Summary};
        let all = vec![
            hand_in(Roster, "5", 50, None),
            hand_in(Roster, "4", 40, Some("a")),
            hand_in(Summary, "9", 35, Some("a")),
            hand_in(Roster, "3", 30, Some("a")),
            hand_in(Roster, "2", 20, Some("b")),
            hand_in(Roster, "1", 10, Some("a")),
        ];
        let kept = without_copies(all);
        let told: Vec<(&str, i64)> = kept.iter().map(|one| (one.version.as_str(), one.handed_in_at.as_second())).collect();
        assert_eq!(told, [("5", 50), ("4", 30), ("9", 35), ("2", 20), ("1", 10)]);
    }
}
