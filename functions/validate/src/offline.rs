//! Judging by the bytes alone, with what ships: for proofs of what a file may cost.

use certificate::{ArchiveBytes, Fonts};
use jiff::civil::{Date, date};
use rules::intake::contest::Contest;
use rules::notice::MaterialRule;
use rules::rulebook::{Rulebook, RulebookError};
use rules::values::finding::Finding;
use rules::values::vocabulary::Material;

use crate::material::DecisionInputs;

/// The day on which everything is judged.
const TODAY: Date = date(2022, 7, 8);

/// Judges materials of one contest under the general notice; nothing is asked of the table.
#[derive(Debug)]
pub struct Judge {
    rulebook: Rulebook,
    contest: Contest,
    fonts: Fonts,
}

impl Judge {
    /// For a contest.
    ///
    /// # Errors
    /// [`RulebookError`] where what ships is unsound.
    pub fn new(contest: Contest, fonts: Fonts) -> Result<Self, RulebookError> {
        Ok(Self { rulebook: Rulebook::built_in()?, contest, fonts })
    }

    /// What is found; of a roster the marked workbook is written too, and thrown away. None where the notice asks for no such material.
    ///
    /// # Errors
    /// [`roster::WriteError`] where the marked workbook cannot be written.
    pub fn findings(&self, material: Material, bytes: &[u8]) -> Result<Option<Vec<Finding>>, roster::WriteError> {
        let Some((inputs, rule)) = self.inputs(material) else { return Ok(None) };
        let findings = inputs.judge(rule, bytes).findings;
        if material == Material::Roster {
            roster::report(bytes, inputs.notice, &findings)?;
        }
        Ok(Some(findings))
    }

    /// The same of an archive of photos, wherever it lies.
    pub fn photos<B: ArchiveBytes>(&self, archive: B) -> Option<Vec<Finding>> {
        let (inputs, rule) = self.inputs(Material::Photos)?;
        Some(inputs.photos(rule, archive).findings)
    }

    fn inputs(&self, material: Material) -> Option<(DecisionInputs<'_>, &MaterialRule)> {
        let notice = self.rulebook.notices.general();
        let (rule, catalogues) = (notice.material_of_file(notice.file(material))?, self.rulebook.catalogues().ok()?);
        Some((
            DecisionInputs { notice, catalogues, contest: &self.contest, fonts: &self.fonts, today: TODAY, handed_in: None, roster: None },
            rule,
        ))
    }
}
