//! Every object that a build writes and a later one reads.

use std::borrow::Cow;

use records::after::publication::PublicationOrder;
use records::after::statistics::Counting;
use records::after::volumes::Volume;
use records::after::zips::ZipOrder;
use records::application::Verdict;
use records::application::report::Report;
use records::issue::failures::{FailureCode, PrintFailure};
use records::issue::printing::{Decided, PrintingOrder};
use records::keys::objects::{Chunk, ObjectKind, PrintOutput};
use rules::after::publication::PublicationSheet;
use rules::after::statistics::Statistics;
use rules::intake::entry::Entry;
use rules::intake::photos::PhotoFile;
use rules::issue::application::{ApplicationId, Override, Plan, Refusal, Review, ReviewDraft, RowNote};
use rules::values::finding::{Finding, FindingCode, Place as At};
use rules::values::party::Applicant;
use rules::values::vocabulary::Material;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use strum::VariantArray;

use super::{path, refresh};
use crate::support::{entry, holder, lot, notice, rows};

/// Where the first version of what an object holds is kept, below `tests/formats/`; none of what no build reads.
fn fixture(kind: ObjectKind) -> Option<&'static str> {
    use ObjectKind as K;
    Some(match kind {
        K::Checked => "objects/checked-1.json",
        K::Report | K::HoldersReport | K::PhotoReport | K::ReviewerReport | K::Stray => "objects/report-1.json",
        K::PhotoFiles => "objects/photo-files-1.json",
        K::Entries => "objects/entry-1.json",
        K::Plan => "objects/plan-1.json",
        K::Review => "objects/review-1.json",
        K::ReviewDraft => "objects/review-draft-1.json",
        K::Decided => "objects/decided-1.json",
        K::Printing => "objects/printing-1.json",
        K::Archiving => "objects/archiving-1.json",
        K::Counting => "objects/counting-1.json",
        K::Zipping => "objects/zipping-1.json",
        K::Statistics => "objects/statistics-1.json",
        K::PublicationSheet => "objects/publication-sheet-1.json",
        K::Publishing => "objects/publishing-1.json",
        K::Config => "notices/schema-1.toml",
        K::RulebookManifest => "rulebook/manifest-1.txt",
        // As somebody else made it.
        K::Inbox | K::Photo | K::Portrait | K::PublicationResult => return None,
        // Documents for people; the manifest and the seal of a volume have golden digests in `rules::after::volume`.
        K::Authorisation
        | K::CalibrationPage
        | K::ReportWorkbook
        | K::SummaryForm
        | K::Samples
        | K::Certificate
        | K::Run
        | K::CoverList
        | K::HandOutList
        | K::Volume
        | K::Publication
        | K::Supervision
        | K::Zip => return None,
    })
}

#[test]
fn every_object_that_a_build_reads_has_its_fixture() {
    let fixtures: Vec<&str> = ObjectKind::VARIANTS.iter().filter_map(|kind| fixture(*kind)).collect();
    let missing: Vec<_> = fixtures.iter().filter(|name| !refresh() && !path(name).is_file()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let files = std::fs::read_dir(path("objects")).expect("a folder");
    let files = files.map(|file| format!("objects/{}", file.expect("readable").file_name().to_string_lossy()));
    // What a print failure holds stands in the table.
    let unnamed: Vec<String> = files.filter(|file| !fixtures.contains(&file.as_str()) && file != "objects/failure-1.json").collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
}

/// The object as it is stored is what this build makes of it when it has read it: nothing is lost, nothing is added.
fn same<T: Serialize + DeserializeOwned>(name: &str, made: &T) {
    let file = path(&format!("objects/{name}"));
    if refresh() {
        std::fs::create_dir_all(path("objects")).expect("a folder");
        std::fs::write(&file, serde_json::to_vec_pretty(made).expect("JSON")).expect("written");
    }
    let stored: Value = serde_json::from_slice(&std::fs::read(&file).expect("the fixture")).expect("JSON");
    let read: T = serde_json::from_value(stored.clone()).expect(name);
    assert_eq!(serde_json::to_value(read).expect("JSON"), stored, "{name}");
}

fn application() -> ApplicationId {
    ApplicationId::from_bits(7)
}

fn chunk() -> Chunk {
    Chunk { application: application(), lot: lot(&holder(0)), press: PrintOutput::Single, number: 0 }
}

fn made<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("such a value")
}

#[test]
fn what_is_judged_and_decided_is_read() {
    let application = application();
    same::<Entry>("entry-1.json", &entry(2, 1));
    let finding = Finding::new(FindingCode::PhotoUnreadable, At::cell("roster.xlsx", "获奖选手", 2, 3), "照片无法读取");
    let report =
        Report { application: Some(Cow::Borrowed(&application)), version: Some("1".into()), clean: false, findings: vec![finding].into() };
    same("report-1.json", &report);
    let verdict = Verdict {
        material: Material::Roster,
        version: "1".to_owned(),
        sequencer: "01".to_owned(),
        sha256: "0f".repeat(32),
        clean: true,
        errors: 0,
        remarks: 1,
        pages: None,
        rows: Some(2),
        sheet: Some("获奖选手".to_owned()),
        form_digest: Some("0a".repeat(32)),
        stamp: None,
        handed_in_at: None,
        contest_edition: 0,
    };
    same("checked-1.json", &verdict);
    same("photo-files-1.json", &vec![PhotoFile { index: 1, name: "照片/张测试.jpg".to_owned() }]);
    same("plan-1.json", &Plan::new(rows(&holder(1), 2), vec![Vec::new()]));
    same("review-1.json", &Review { refused: vec![Refusal { row: 2, reason: "材料不全".to_owned() }], overrides: Vec::new() });
    let draft = ReviewDraft {
        review: Review {
            refused: vec![Refusal { row: 2, reason: String::new() }],
            overrides: vec![Override { row: 3, reason: "成绩已核对".to_owned() }],
        },
        notes: vec![RowNote { row: 3, text: "等主办单位来电".to_owned() }],
    };
    same("review-draft-1.json", &draft);
    same("decided-1.json", &Decided { application, lot: lot(&holder(0)) });
}

#[test]
fn orders_are_read() {
    let failure = PrintFailure {
        chunk: chunk(),
        code: FailureCode::PhotoUnusable,
        reason: "照片不可用".to_owned(),
        reference: "aaaaaaaaaaaaaaaa".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    same("failure-1.json", &failure);
    same("printing-1.json", &PrintingOrder { chunk: chunk(), codes: Vec::new() });
    let volume = Volume {
        volume_of: application(),
        lot: lot(&holder(0)),
        number: 9,
        at: jiff::Timestamp::UNIX_EPOCH,
        by: "someone".to_owned(),
        organisation: "00".to_owned(),
        clause: "六".to_owned(),
        sealed: None,
    };
    same("archiving-1.json", &volume);
    same("publishing-1.json", &PublicationOrder { applicant: Applicant::reviewer(&holder(1)), number: 1 });
    same("counting-1.json", &Counting { year: 2022, number: 1 });
    let zip = ZipOrder {
        zip_of: application(),
        reviewer: Some(holder(0)),
        seen: 9,
        ordered_at: jiff::Timestamp::UNIX_EPOCH,
        ordered_by: "someone".to_owned(),
        made: None,
    };
    same("zipping-1.json", &zip);
}

#[test]
fn sheets_and_figures_are_read() {
    let count = json!({ "occupation": "车工", "job": "普通车工", "level": "高级工", "count": 1 });
    let sheet = json!({
        "sheet": "数据",
        "columns": [["name", "姓名", 12], ["number", "证书编号", 24]],
        "rows": [["张测试", "201", "510107196001010001", "样例公司", "车工", "普通车工", "3", "S000051009999223J00001", "2022-06-20", "样例", ""]],
        "form": {
            "name": "表5", "title": "职业技能等级证书数据审核确认表", "fields": [["申报单位", "样例评价机构"]],
            "columns": ["职业", "工种", "级别", "数量"], "counts": [count], "total": ["合计", 1],
            "opinions": [{ "label": "申报单位", "sign": "年 月 日" }],
        },
    });
    same("publication-sheet-1.json", &made::<PublicationSheet>(sheet));
    let statistics: Statistics = rules::after::statistics::Tally::new(2022).finish(&notice().statistics);
    same("statistics-1.json", &statistics);
}
