//! An application folder: the contest's record, the materials, and filed bodies.

use std::fs;
use std::path::Path;

use rules::intake::contest::Contest;
use rules::notice::{MaterialRule, Notice};
use rules::numbers::body::{BodiesFile, Body};
use rules::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};
use rules::values::toml_text;
use rules::values::vocabulary::Material;
use serde::de::DeserializeOwned;

/// File name of the filed bodies.
pub(crate) const BODIES: &str = "bodies.toml";

/// What a folder holds.
pub(crate) struct Folder {
    pub(crate) contest: Contest,
    pub(crate) bodies: Vec<Body>,
    /// The materials that are there.
    pub(crate) materials: Vec<MaterialFile>,
}

/// A material on disk.
pub(crate) struct MaterialFile {
    pub(crate) rule: MaterialRule,
    pub(crate) bytes: Vec<u8>,
}

impl Folder {
    /// Reads a folder; what cannot be read is a finding.
    pub(crate) fn read(folder: &Path, notice: &Notice) -> Result<Self, Vec<Finding>> {
        if !folder.is_dir() {
            let message = format!("没有找到文件夹 {}", folder.display());
            return Err(vec![Finding::new(FindingCode::ContestInvalid, Place::file(CONTEST_FILE), message)]);
        }
        let contest = toml_file(folder, CONTEST_FILE, FindingCode::ContestInvalid);
        let bodies = if folder.join(BODIES).exists() {
            toml_file::<BodiesFile>(folder, BODIES, FindingCode::ContestInvalid)
        } else {
            Ok(BodiesFile::default())
        };
        let materials = materials(folder, notice);
        match (contest, bodies) {
            (Ok(contest), Ok(bodies)) => Ok(Self { contest, bodies: bodies.bodies, materials }),
            (contest, bodies) => Err(contest.err().into_iter().chain(bodies.err()).chain(missing(&materials, notice)).collect()),
        }
    }

    pub(crate) fn roster(&self) -> Option<&MaterialFile> {
        roster(&self.materials)
    }
}

/// The materials that are there, whatever else is wrong with the folder.
pub(crate) fn materials(folder: &Path, notice: &Notice) -> Vec<MaterialFile> {
    notice.materials.iter().filter_map(|rule| material(folder, rule)).collect()
}

pub(crate) fn roster(materials: &[MaterialFile]) -> Option<&MaterialFile> {
    materials.iter().find(|material| material.rule.material == Material::Roster)
}

/// What the system would say of the materials that are not there, if it were asked.
fn missing(materials: &[MaterialFile], notice: &Notice) -> Vec<Finding> {
    let present: Vec<Material> = materials.iter().map(|material| material.rule.material).collect();
    notice.missing(&present)
}

/// The file under its own name.
fn material(folder: &Path, rule: &MaterialRule) -> Option<MaterialFile> {
    fs::read(folder.join(&rule.file)).ok().map(|bytes| MaterialFile { rule: rule.clone(), bytes })
}

fn toml_file<T: DeserializeOwned>(folder: &Path, file: &str, code: FindingCode) -> Result<T, Finding> {
    let fail = |message: String| Finding::new(code, Place::file(file), message);
    let text = fs::read_to_string(folder.join(file)).map_err(|_| fail(format!("没有找到 {file}，或不是 UTF-8 文本")))?;
    toml_text::parse(&text).map_err(|problem| fail(format!("第 {} 行无法读取：{}", problem.line.unwrap_or(1), problem.message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_in_contest_toml_is_said_in_chinese_with_its_line() {
        let folder = std::env::temp_dir().join(format!("saizheng-folder-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("created");
        let message = |text: &str| {
            fs::write(folder.join("contest.toml"), text).expect("written");
            toml_file::<Contest>(&folder, "contest.toml", FindingCode::ContestInvalid).expect_err("wrong").message
        };
        assert_eq!(message("name = \"甲\"\nclass = \"国家级\""), "第 2 行无法读取：“国家级”不在可选值之内");
        assert!(message("name = \"甲\"").contains("缺少“class”"));
        assert!(message("name = 甲").contains("格式有误"));
        fs::remove_dir_all(folder).expect("removed");
    }
}
