//! Texts of the rulebook as version 1 wrote them, read by this build. They stay as they are for ever: where a change makes
//! one of them unreadable, it is the change that is wrong (or it is schema 2, with a reader beside that of schema 1).

use std::collections::BTreeMap;

use rules::catalogue::{CatalogueKind, Catalogues};
use rules::issue::allocation::{LaterNumber, NumberOrigin};
use rules::notice::{NoticeError, Notices};
use rules::rulebook::{Manifest, Part, Rulebook};

const FULL: &str = include_str!("../../../tests/formats/notices/schema-1.toml");
const LEAN: &str = include_str!("../../../tests/formats/notices/schema-1-lean.toml");
const EXTENDS: &str = include_str!("../../../tests/formats/notices/schema-1-extends.toml");
const MANIFEST: &str = include_str!("../../../tests/formats/rulebook/manifest-1.txt");

fn catalogue(kind: CatalogueKind) -> &'static str {
    match kind {
        CatalogueKind::Occupations => include_str!("../../../tests/formats/catalogues/occupations.csv"),
        CatalogueKind::Areas => include_str!("../../../tests/formats/catalogues/areas.csv"),
        CatalogueKind::Qualifications => include_str!("../../../tests/formats/catalogues/qualifications.toml"),
        CatalogueKind::SpecificAbilities => include_str!("../../../tests/formats/catalogues/specific-abilities.toml"),
        CatalogueKind::FiledOccupations => include_str!("../../../tests/formats/catalogues/filed-occupations.toml"),
        CatalogueKind::DocumentTypes => include_str!("../../../tests/formats/catalogues/document-types.toml"),
    }
}

fn read(files: &[(&str, &str)]) -> Result<Notices, NoticeError> {
    Notices::parse(&files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect::<BTreeMap<_, _>>())
}

#[test]
fn a_notice_of_schema_1_is_read_and_so_is_one_that_extends_it() {
    let notices = read(&[("schema-1.toml", FULL), ("city.toml", EXTENDS)]).expect("schema 1");
    let notice = notices.general();
    assert_eq!((notice.notice.number.as_str(), notice.code.width()), ("川人社职鉴〔2022〕9号", 22));
    assert_eq!((notice.roster.columns.len(), notice.jurisdictions.len(), notice.levels.len()), (28, 22, 5));
    assert!(notice.publication.is_some() && !notice.promotion.is_empty());
    let city = notices.of(jiff::civil::date(2026, 6, 20), "01").expect("the city's");
    assert_eq!((city.notice.seat.as_str(), city.code.width()), ("01", 22));
}

#[test]
fn a_notice_of_schema_1_without_what_it_may_leave_out_is_read() {
    let notices = read(&[("lean.toml", LEAN)]).expect("schema 1");
    let notice = notices.general();
    assert!(notice.publication.is_none() && notice.promotion.is_empty() && notice.deadlines.is_empty() && notice.drawn_seals.is_empty());
    assert_eq!(notice.code.width(), 22);
}

#[test]
fn catalogues_of_version_1_are_read() {
    let catalogues =
        CatalogueKind::ALL.iter().try_fold(Catalogues::built_in().expect("built in"), |all, kind| all.with(*kind, catalogue(*kind)));
    let catalogues = catalogues.expect("version 1");
    assert_eq!(catalogues.areas.edition().entries, 38);
    assert!(!catalogues.filed_occupations.is_loaded() && catalogues.document_types.get("居民身份证").is_some());
}

#[test]
fn a_manifest_of_version_1_is_read_and_keeps_its_digest() {
    let manifest = Manifest::parse(MANIFEST).expect("version 1");
    assert_eq!(manifest.text(), MANIFEST);
    assert_eq!(manifest.digest(), "9efe51a03f10d0862a21318b5f50080033db3c68935320e67bdaf1d83877e561");
    let names: Vec<&str> = manifest.parts().iter().map(|part| part.part.as_str()).collect();
    assert_eq!(names.len(), CatalogueKind::ALL.len() + 2);
    let texts = manifest.parts().iter().map(|part| (Part::parse(&part.part).expect("a part"), part));
    let texts = texts.map(|(part, named)| {
        let text = match &part {
            Part::Catalogue(kind) => catalogue(*kind),
            Part::Notice(file) if file == "schema-1.toml" => FULL,
            Part::Notice(_) | Part::Seal(_) => EXTENDS,
        };
        assert_eq!(rules::rulebook::RulebookPart::new(&part, text), *named, "the text of a manifest is never edited");
        (part, text.into())
    });
    let rulebook = Rulebook::read(texts.collect()).expect("a rulebook");
    assert!(rulebook.unreadable().is_empty());
}

/// How a lot's item says where a number came from that was given after the approval: told apart by their fields alone.
#[test]
fn where_a_later_number_came_from_is_read_and_written_as_version_1_has_it() {
    let kept = [
        r#"{"code":"S000051009999222J00002","replaces":"S000051009999223J00001","prefix":"S000051009999222","sequence":2}"#,
        r#"{"code":"ZX-2022-0002","replaces":"ZX-2022-0001"}"#,
        r#"{"code":"ZX-2022-0001","row":4}"#,
    ];
    let read = kept.map(|text| serde_json::from_str::<LaterNumber>(text).expect("version 1"));
    assert!(matches!(read[0].origin, NumberOrigin::Replaces { .. }), "{:?}", read[0]);
    assert!(matches!(read[1].origin, NumberOrigin::Renumbered { .. }), "{:?}", read[1]);
    assert!(matches!(read[2].origin, NumberOrigin::Entered { row: 4 }), "{:?}", read[2]);
    assert_eq!(read.map(|number| serde_json::to_string(&number).expect("written")), kept);
}
