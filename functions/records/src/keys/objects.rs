//! Names of objects and of items. No key ever holds an ID number, a name or a phone number.

use std::fmt;

use rules::issue::application::ApplicationId;
use rules::issue::authorisation::ContestKey;
use rules::numbers::code::CertificateCode;
use rules::rulebook::RulebookPart;
use rules::values::lot::LotName;
use rules::values::party::{Applicant, IssuingUnit};
use rules::values::vocabulary::Material;

/// Winners per `printing/` object: fan-out is more objects.
pub const CHUNK: usize = 100;

/// Certificates on one merged PDF: a stack that a printer takes, and a document that fits into memory.
pub const BUNDLE: usize = 1000;

/// How many `printing/` objects that many certificates make.
pub fn chunks_of(certificates: u32) -> usize {
    (certificates as usize).div_ceil(CHUNK)
}

/// How many merged PDFs a run of that many certificates makes.
pub fn bundles_of(certificates: u32) -> usize {
    (certificates as usize).div_ceil(BUNDLE)
}

/// The folder that a unit hands an application's materials in to.
pub fn inbox(unit: &str, id: &ApplicationId) -> String {
    format!("inbox/{unit}/{id}/")
}

/// What the judgement on a version of a material is called in keys: by the version, and by the edition of the contest's record where that
/// was corrected. So nothing that is judged anew is written over, and no two judgements write to one object.
pub fn judgement_name(version: &str, contest_edition: u32) -> String {
    match contest_edition {
        0 => version.to_owned(),
        edition => format!("{version}~{edition}"),
    }
}

/// Where the objects of a reviewer's drafts lie.
pub(crate) fn drafts_of(id: &ApplicationId, reviewer: &IssuingUnit) -> String {
    format!("drafts/{id}/{reviewer}/")
}

/// Where the typed rows of each roster of an application lie.
pub(crate) fn entries_of(id: &ApplicationId) -> String {
    format!("entries/{id}/")
}

/// Where the objects of an application lie of which no certificate came.
pub(crate) fn folders_without_certificates(unit: &str, id: &ApplicationId) -> [String; 10] {
    [
        inbox(unit, id),
        format!("checked/{id}/"),
        format!("reports/{id}/"),
        entries_of(id),
        format!("photos/{id}/"),
        format!("samples/{id}/"),
        format!("plans/{id}/"),
        format!("drafts/{id}/"),
        format!("reviews/{id}/"),
        format!("decided/{id}/"),
    ]
}

/// Which PDFs a `printing/` object asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrintOutput {
    /// One PDF per certificate, for archive and unit.
    Single,
    /// A merged PDF for each bundle in sheet order, for the printer, and its cover list: the run with that number.
    Run(u32),
    /// One PDF anew: what stands on the certificate has changed. The number is that of the audit entry.
    Renewal(u64),
    /// The list that a lot is handed over with, a part for each bundle. The number is that of the audit entry.
    HandOut(u64),
}

impl PrintOutput {
    /// The name in keys.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Single => "single".to_owned(),
            Self::Run(number) => format!("run-{number:05}"),
            Self::Renewal(number) => format!("renewal-{number:08}"),
            Self::HandOut(number) => format!("hand-out-{number:08}"),
        }
    }
}

/// One object of `printing/`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Chunk {
    /// The application.
    pub application: ApplicationId,
    /// Which lot of it.
    pub lot: LotName,
    /// Which PDFs.
    pub press: PrintOutput,
    /// Number of the chunk, or of the bundle, from 0.
    pub number: usize,
}

/// A volume of the archive, by batch and volume (DOMAIN §9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeName {
    /// The batch: who archives, and the year of issue.
    pub batch: String,
    /// The application.
    pub application: ApplicationId,
    /// The last audit entry it takes account of.
    pub edition: u64,
}

impl VolumeName {
    /// The volume that an `archives/` object is of, and the object's path within it.
    pub fn parse(key: &str) -> Option<(Self, &str)> {
        let mut parts = key.strip_prefix("archives/")?.splitn(4, '/');
        let (batch, application, edition) = (parts.next()?, parts.next()?, parts.next()?);
        let edition = edition.parse().ok().filter(|_| edition.len() == 8)?;
        let name = Self { batch: batch.to_owned(), application: ApplicationId::parse(application)?, edition };
        parts.next().filter(|path| !path.is_empty()).map(|path| (name, path))
    }
}

/// The certificates that are put into one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZipName {
    /// The application.
    pub application: ApplicationId,
    /// Whose certificates; none: all of them.
    pub reviewer: Option<IssuingUnit>,
    /// The application's version when it was ordered.
    pub seen: u64,
}

/// Whose certificates a zip holds, in keys.
pub(crate) fn zip_scope(reviewer: Option<&IssuingUnit>) -> String {
    reviewer.map_or_else(|| "all".to_owned(), ToString::to_string)
}

/// Every object of the bucket.
#[derive(Debug, Clone, PartialEq, Eq, strum::EnumDiscriminants)]
#[strum_discriminants(name(ObjectKind), derive(strum::VariantArray), doc = "What an object is.", allow(missing_docs))]
pub enum ObjectKey {
    /// A material as the unit handed it in.
    Inbox {
        /// The unit.
        unit: String,
        /// The application.
        application: ApplicationId,
        /// File name, of any script.
        file: String,
    },
    /// The verdict on one version of a material.
    Checked {
        /// The application.
        application: ApplicationId,
        /// The material.
        material: Material,
        /// Which judgement: [`judgement_name`].
        version: String,
    },
    /// The findings on one version of a material, as JSON.
    Report {
        /// The application.
        application: ApplicationId,
        /// The material.
        material: Material,
        /// Which judgement: [`judgement_name`].
        version: String,
    },
    /// Who holds what the rows of a roster are about to be given: for the Center alone.
    HoldersReport {
        /// The application.
        application: ApplicationId,
        /// Which judgement: [`judgement_name`].
        version: String,
    },
    /// The roster with the faulty cells marked.
    ReportWorkbook {
        /// The application.
        application: ApplicationId,
        /// Which judgement: [`judgement_name`].
        version: String,
    },
    /// The summary form that a clean roster makes.
    SummaryForm {
        /// The application.
        application: ApplicationId,
        /// Which judgement: [`judgement_name`].
        version: String,
        /// How it is written.
        format: FormFormat,
    },
    /// Rows without a photo and photos without a row: one version of the archive against one of the roster.
    PhotoReport {
        /// The application.
        application: ApplicationId,
        /// The judgement on the archive.
        photos: String,
        /// The judgement on the roster.
        roster: String,
    },
    /// What a report says of one reviewer's rows.
    ReviewerReport {
        /// The application.
        application: ApplicationId,
        /// Whose rows.
        reviewer: IssuingUnit,
        /// The material reported on.
        material: Material,
        /// Which judgement; of photos against rows, both.
        version: String,
        /// `json`, or `xlsx` for the marked workbook.
        extension: &'static str,
    },
    /// The files of an archive of photos.
    PhotoFiles {
        /// The application.
        application: ApplicationId,
        /// Which judgement: [`judgement_name`].
        version: String,
    },
    /// Findings on an upload that belongs to no application.
    Stray {
        /// SHA-256 of the key it came under, in hex.
        digest: String,
    },
    /// The typed rows of a clean roster, one JSON object a line.
    Entries {
        /// The application.
        application: ApplicationId,
        /// Which judgement: [`judgement_name`].
        version: String,
    },
    /// The plan of issue, by its digest.
    Plan {
        /// The application.
        application: ApplicationId,
        /// SHA-256 in hex.
        digest: String,
    },
    /// 授权书 of a contest's authorisation, as it stood after so many entries of its chain.
    Authorisation {
        /// The contest.
        contest: ContestKey,
        /// How many entries.
        edition: u64,
    },
    /// What a reviewer said of the rows, by digest.
    Review {
        /// The application.
        application: ApplicationId,
        /// SHA-256 in hex.
        digest: String,
    },
    /// A review on its way, by digest.
    ReviewDraft {
        /// The application.
        application: ApplicationId,
        /// Whose review.
        reviewer: IssuingUnit,
        /// SHA-256 in hex.
        digest: String,
    },
    /// A reviewer has decided: issue the certificates.
    Decided {
        /// The application.
        application: ApplicationId,
        /// Which lot of it.
        lot: LotName,
    },
    /// A certificate's photo, by row, never by ID number.
    Photo {
        /// The application.
        application: ApplicationId,
        /// Row of the roster.
        row: u32,
    },
    /// A photo as it will be printed, for whoever looks at it before there are certificates: by its place in the archive.
    Portrait {
        /// The application.
        application: ApplicationId,
        /// Version of the archive.
        version: String,
        /// Place in the archive, from 0.
        index: usize,
    },
    /// About a hundred certificates, or a bundle of a run, to be printed.
    Printing(Chunk),
    /// A certificate.
    Certificate {
        /// The application.
        application: ApplicationId,
        /// Its code.
        code: CertificateCode,
    },
    /// Certificates as they would be printed, marked as samples; by digest.
    Samples {
        /// The application.
        application: ApplicationId,
        /// SHA-256 in hex.
        digest: String,
    },
    /// A page that a printer is set right by.
    CalibrationPage {
        /// SHA-256 in hex.
        digest: String,
    },
    /// A text of the rulebook, by its digest.
    Config(RulebookPart),
    /// The list of all texts of a rulebook, by its digest.
    RulebookManifest(String),
    /// A merged PDF in sheet order.
    Run {
        /// The application.
        application: ApplicationId,
        /// Which lot of it.
        lot: LotName,
        /// Number of the run, from 0.
        run: u32,
        /// Its edition: each jam makes another.
        edition: usize,
        /// Number of the bundle, from 0.
        number: usize,
    },
    /// A volume is to be made.
    Archiving {
        /// The application.
        application: ApplicationId,
        /// Which lot of it.
        lot: LotName,
        /// Number of the audit entry that orders it.
        number: u64,
    },
    /// A file of a volume.
    Volume {
        /// The volume.
        volume: VolumeName,
        /// Its path within the volume.
        path: String,
    },
    /// The list that a lot is handed over with, see `rules::after::hand_out`.
    HandOutList {
        /// The application.
        application: ApplicationId,
        /// Which lot of it.
        lot: LotName,
        /// Number of the audit entry that the collection was entered with.
        collection: u64,
        /// Number of the part, from 0.
        number: usize,
        /// How it is written.
        format: FormFormat,
    },
    /// What is entered in the provincial supervision system of a lot, as it stood at a version of the application.
    Supervision {
        /// The application.
        application: ApplicationId,
        /// Which lot of it.
        lot: LotName,
        /// The application's version.
        version: u64,
    },
    /// Certificates are to be put into one file.
    Zipping(ZipName),
    /// The single PDFs of certificates, in one file that is called by the application.
    Zip(ZipName),
    /// A year is to be counted.
    Counting {
        /// The year that is counted.
        year: i16,
    },
    /// The statistics of a year.
    Statistics {
        /// The year that is counted.
        year: i16,
        /// Number of the order.
        number: u32,
        /// How they are written.
        format: StatisticsFormat,
    },
    /// What lies on which sheet, for the operator.
    CoverList {
        /// The application.
        application: ApplicationId,
        /// Which lot of it.
        lot: LotName,
        /// Number of the run, from 0.
        run: u32,
        /// Its edition.
        edition: usize,
        /// Number of the bundle, from 0.
        number: usize,
    },
    /// The rows of a publication batch and what its 表5 says, by digest.
    PublicationSheet {
        /// Who applies.
        applicant: Applicant,
        /// SHA-256 in hex.
        digest: String,
    },
    /// What the query site showed when a publication batch was confirmed, by digest.
    PublicationResult {
        /// Who applied.
        applicant: Applicant,
        /// SHA-256 in hex.
        digest: String,
    },
    /// The workbook and 表5 of a publication batch are to be made.
    Publishing {
        /// Who applies.
        applicant: Applicant,
        /// Number of the batch.
        number: u32,
    },
    /// A publication batch: the workbook to be uploaded, or 表5 as a PDF.
    Publication {
        /// Who applies.
        applicant: Applicant,
        /// Number of the batch.
        number: u32,
        /// Which of the two.
        format: FormFormat,
    },
}

/// How the statistics of a year are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatisticsFormat {
    /// For programs.
    Json,
    /// To be worked with.
    Workbook,
    /// To be looked at, with charts.
    Page,
}

impl StatisticsFormat {
    /// Of its file.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Workbook => "xlsx",
            Self::Page => "html",
        }
    }
}

/// How a summary form or a hand-out list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormFormat {
    /// To be printed, and stamped or signed.
    Pdf,
    /// To be looked through.
    Workbook,
}

impl FormFormat {
    /// Of its file.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Workbook => "xlsx",
        }
    }
}

/// The name of a material in keys.
pub fn material_name(material: Material) -> &'static str {
    match material {
        Material::Contest => "contest",
        Material::Commendation => "commendation",
        Material::Summary => "summary",
        Material::Roster => "roster",
        Material::Photos => "photos",
    }
}

fn material_named(name: &str) -> Option<Material> {
    use Material::{Commendation, Contest, Photos, Roster, Summary};
    [Contest, Commendation, Summary, Roster, Photos].into_iter().find(|m| material_name(*m) == name)
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inbox { unit, application, file } => write!(f, "inbox/{unit}/{application}/{file}"),
            Self::Checked { application, material, version } => {
                write!(f, "checked/{application}/{}/{version}.json", material_name(*material))
            }
            Self::Report { application, material, version } => {
                write!(f, "reports/{application}/{}/{version}.json", material_name(*material))
            }
            Self::HoldersReport { application, version } => write!(f, "reports/{application}/holders/{version}.json"),
            Self::ReportWorkbook { application, version } => write!(f, "reports/{application}/roster/{version}.xlsx"),
            Self::SummaryForm { application, version, format } => {
                write!(f, "reports/{application}/summary/{version}.{}", format.extension())
            }
            Self::PhotoReport { application, photos, roster } => write!(f, "reports/{application}/photos/{photos}-{roster}.json"),
            Self::ReviewerReport { application, reviewer, material, version, extension } => {
                write!(f, "reports/{application}/{reviewer}/{}/{version}.{extension}", material_name(*material))
            }
            Self::PhotoFiles { application, version } => write!(f, "photos/{application}/files/{version}.json"),
            Self::Stray { digest } => write!(f, "reports/stray/{digest}.json"),
            Self::Entries { application, version } => write!(f, "entries/{application}/{version}.jsonl"),
            Self::Plan { application, digest } => write!(f, "plans/{application}/{digest}.json"),
            Self::Authorisation { contest, edition } => write!(f, "authorisations/{contest}/{edition:08}.pdf"),
            Self::Review { application, digest } => write!(f, "reviews/{application}/{digest}.json"),
            Self::ReviewDraft { application, reviewer, digest } => write!(f, "{}{digest}.json", drafts_of(application, reviewer)),
            Self::Decided { application, lot } => write!(f, "decided/{application}/{lot}.json"),
            Self::Photo { application, row } => write!(f, "photos/{application}/{row:05}.jpg"),
            Self::Portrait { application, version, index } => write!(f, "photos/{application}/portraits/{version}/{index:06}.jpg"),
            Self::Printing(Chunk { application, lot, press, number }) => {
                write!(f, "printing/{application}/{lot}/{}/{number:05}.json", press.name())
            }
            Self::Certificate { application, code } => write!(f, "certificates/{application}/{code}.pdf"),
            Self::Samples { application, digest } => write!(f, "samples/{application}/{digest}.pdf"),
            Self::CalibrationPage { digest } => write!(f, "samples/calibration/{digest}.pdf"),
            Self::Config(RulebookPart { part, sha256 }) => write!(f, "config/{part}/{sha256}"),
            Self::RulebookManifest(sha256) => write!(f, "config/manifests/{sha256}"),
            Self::Run { application, lot, run, edition, number } => {
                write!(f, "runs/{application}/{lot}/{run:05}-{edition:03}-{number:05}.pdf")
            }
            Self::Archiving { application, lot, number } => write!(f, "archiving/{application}/{lot}/{number:08}.json"),
            Self::Volume { volume: VolumeName { batch, application, edition }, path } => {
                write!(f, "archives/{batch}/{application}/{edition:08}/{path}")
            }
            Self::HandOutList { application, lot, collection, number, format } => {
                write!(f, "hand-outs/{application}/{lot}/{collection:08}-{number:05}.{}", format.extension())
            }
            Self::Supervision { application, lot, version } => write!(f, "reports/{application}/{lot}/supervision/{version:08}.xlsx"),
            Self::Zipping(ZipName { application, reviewer, seen }) => {
                write!(f, "zipping/{application}/{}/{seen:08}.json", zip_scope(reviewer.as_ref()))
            }
            Self::Zip(ZipName { application, reviewer, seen }) => {
                write!(f, "zips/{application}/{}/{seen:08}/{application}.zip", zip_scope(reviewer.as_ref()))
            }
            Self::Counting { year } => write!(f, "counting/{year:04}.json"),
            Self::Statistics { year, number, format } => write!(f, "statistics/{year:04}/{number:08}.{}", format.extension()),
            Self::CoverList { application, lot, run, edition, number } => {
                write!(f, "runs/{application}/{lot}/{run:05}-{edition:03}-{number:05}-list.pdf")
            }
            Self::PublicationSheet { applicant, digest } => write!(f, "publications/{applicant}/sheets/{digest}.json"),
            Self::PublicationResult { applicant, digest } => write!(f, "publications/{applicant}/results/{digest}.csv"),
            Self::Publishing { applicant, number } => write!(f, "publishing/{applicant}/{number:05}.json"),
            Self::Publication { applicant, number, format } => {
                write!(f, "publications/{applicant}/{number:05}.{}", format.extension())
            }
        }
    }
}

impl ObjectKey {
    /// Reads the decoded key of an `inbox/` or `checked/` object; the other objects carry their meaning inside.
    pub fn parse(key: &str) -> Option<Self> {
        let parts: Vec<&str> = key.splitn(4, '/').collect();
        let [room, first, second, last] = parts.as_slice() else { return None };
        match *room {
            "inbox" if !first.is_empty() && !last.is_empty() => {
                Some(Self::Inbox { unit: (*first).to_owned(), application: ApplicationId::parse(second)?, file: (*last).to_owned() })
            }
            "checked" => Some(Self::Checked {
                application: ApplicationId::parse(first)?,
                material: material_named(second)?,
                version: last.strip_suffix(".json")?.to_owned(),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inbox_and_checked_keys_parse_back() {
        let application = ApplicationId::from_bits(7);
        for key in [
            ObjectKey::Inbox {
                unit: "unit-1".into(),
                application: application.clone(),
                file: "选手信息导入模板表 2026/（终）.xlsx".into(),
            },
            ObjectKey::Checked { application, material: Material::Roster, version: "v.1_x".into() },
        ] {
            assert_eq!(ObjectKey::parse(&key.to_string()), Some(key));
        }
    }

    #[test]
    fn an_object_of_a_volume_says_of_which() {
        let volume = VolumeName { batch: "center-00-2022".to_owned(), application: ApplicationId::from_bits(7), edition: 9 };
        let key = ObjectKey::Volume { volume: volume.clone(), path: "process/audit.jsonl".to_owned() }.to_string();
        assert_eq!(VolumeName::parse(&key), Some((volume, "process/audit.jsonl")));
        for strange in ["archives/", "archives/a/b/00000009/x", "archives/center-00-2022/haaaaaaaaaaaaaaa/9/x", "runs/a/b/c/d"] {
            assert_eq!(VolumeName::parse(strange), None, "{strange}");
        }
    }

    #[test]
    fn strange_keys_are_nothing() {
        for key in ["", "inbox", "inbox/u/short/f", "inbox//aaaaaaaaaaaaaaaa/f", "inbox/u/aaaaaaaaaaaaaaaa/", "checked/x/y/z"] {
            assert_eq!(ObjectKey::parse(key), None, "{key}");
        }
    }
}
