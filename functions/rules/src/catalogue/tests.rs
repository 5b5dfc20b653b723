use super::*;
use crate::notice::Notices;
use proptest::prelude::*;

fn shipped() -> Catalogues {
    Catalogues::built_in().expect("the shipped catalogues are sound")
}

fn problems(kind: CatalogueKind, text: &str) -> Vec<String> {
    shipped().with(kind, text).expect_err("unsound").problems.iter().map(Problem::to_string).collect()
}

const OCCUPATIONS_HEAD: &str = "# 版本：试验版\ncode,name,levels,jobs\n";

#[test]
fn the_shipped_occupations_are_the_seed_without_its_defects() {
    let all = shipped();
    let name = |code: &str| all.occupations.get(code).map(|occupation| occupation.name.as_str());
    assert_eq!(all.occupations.edition().entries, 1630);
    assert_eq!(name("6-18-01-01"), Some("车工"));
    assert_eq!(name("6-31-07-03"), Some("工业机器人系统操作员"), "the suffix S is no part of the name");
    assert_eq!(name("4-12-04-02"), Some("修鞋工"));
    assert_eq!(name("4-01-01-00"), Some("采购员"), "the one occupation of its 小类");
    for absent in ["6-20-03-00", "6-29-03-00", "6-11-08-26", "4-01-02-02", "4-10-01-02", "6-09-03-05"] {
        assert_eq!(name(absent), None, "{absent}");
    }
    assert!(all.occupations.by_code.values().all(|o| !o.name.ends_with(|c: char| c.is_ascii_alphabetic())));
    assert_eq!(all.occupations.code_of("车工"), Some("6-18-01-01"));
}

#[test]
fn levels_not_stated_are_not_known() {
    let all = shipped();
    assert_eq!(all.occupations.occupation_levels("6-18-01-01"), None);
    let text = format!("{OCCUPATIONS_HEAD}6-18-01-01,车工,3;4；5,\n");
    let replaced = all.with(CatalogueKind::Occupations, &text).expect("sound");
    assert_eq!(replaced.occupations.occupation_levels("6-18-01-01"), Some(&[3, 4, 5][..]));
    assert_eq!(replaced.occupations.occupation_levels("6-18-01-02"), None);
}

#[test]
fn withdrawn_areas_are_known_as_withdrawn() {
    let all = shipped();
    assert_eq!(all.areas.status("510107"), AreaStatus::InForce);
    for withdrawn in ["512323", "513000", "512900", "513600"] {
        assert_eq!(all.areas.status(withdrawn), AreaStatus::Withdrawn, "{withdrawn}");
    }
    for unknown in ["000000", "999999", "5101", ""] {
        assert_eq!(all.areas.status(unknown), AreaStatus::Unknown, "{unknown}");
    }
}

#[test]
fn clause_1_the_catalogue_of_2021_has_13_skill_items_and_every_mapping_fits_the_occupations() {
    let all = shipped();
    assert_eq!(all.qualifications.edition().edition, "国家职业资格目录（2021年版）");
    assert_eq!(all.qualifications.items().len(), 13);
    let pairs = all.qualifications.mappings().iter().map(|m| (&m.occupation_code, &m.occupation));
    for (code, name) in pairs.chain(all.qualifications.near_misses().iter().map(|n| (&n.occupation_code, &n.occupation))) {
        assert_eq!(all.occupations.get(code).map(|o| &o.name), Some(name), "{code}");
    }
    for item in all.qualifications.items() {
        let mapped = all.qualifications.mappings().iter().any(|mapping| mapping.item == item.number);
        assert_eq!(mapped, !item.permit, "{}", item.item);
    }
}

#[test]
fn clause_1_a_name_alone_claims_nothing_but_is_marked() {
    let all = shipped();
    assert!(all.qualifications.claim("", None).is_none());
    assert!(all.qualifications.resemblance("", "保安员", None).is_some());
    assert!(all.qualifications.resemblance("6-18-01-01", "车工", None).is_none());
}

#[test]
fn the_roster_template_offers_exactly_the_document_types_of_the_catalogue() {
    let notices = Notices::built_in().expect("notices");
    let roster = &notices.general().roster;
    let column = roster.columns.iter().find(|c| c.field == crate::values::vocabulary::Field::DocumentType).expect("a column");
    let mut offered: Vec<&str> = column.choices.iter().map(String::as_str).collect();
    offered.sort_unstable();
    assert_eq!(offered, shipped().document_types.words().collect::<Vec<_>>());
}

#[test]
fn lists_the_center_has_not_loaded_say_so() {
    let all = shipped();
    assert!(!all.specific_abilities.is_loaded() && !all.filed_occupations.is_loaded());
    let loaded: Vec<bool> = all.editions().iter().map(|edition| edition.loaded).collect();
    assert_eq!(loaded, [true, true, true, false, false, true]);
}

#[test]
fn an_edition_is_named_by_the_digest_of_its_text() {
    let all = shipped();
    let text = format!("{OCCUPATIONS_HEAD}6-18-01-01,车工,,\n");
    let replaced = all.with(CatalogueKind::Occupations, &text).expect("sound");
    let edition = replaced.edition(CatalogueKind::Occupations);
    assert_eq!((edition.edition.as_str(), edition.entries, edition.sha256.len()), ("试验版", 1, 64));
    assert_ne!(edition.sha256, all.edition(CatalogueKind::Occupations).sha256);
    assert_eq!(replaced.edition(CatalogueKind::Areas), all.edition(CatalogueKind::Areas), "the others stay");
}

#[test]
fn an_unsound_csv_is_refused_with_its_lines() {
    let cases: [(&str, &[&str]); 9] = [
        ("", &["第 1 行：首行应写明版本，如“# 版本：中华人民共和国职业分类大典（2022年版）”"]),
        ("# 版本：甲\n", &["第 2 行：表头应为 code,name,levels,jobs"]),
        ("# 版本：甲\ncode,name,levels,jobs,more\n6-18-01-01,车工,,,\n", &["第 2 行：表头应为 code,name,levels,jobs"]),
        (OCCUPATIONS_HEAD, &["目录是空的"]),
        ("# 版本：甲\ncode,name,levels,jobs\n6-18-01-01,车工\n", &["第 3 行：应有 4 列，实有 2 列"]),
        (
            "# 版本：甲\ncode,name,levels,jobs\n6-18-01-01,车工,,\n\n6-18-01-01,铣工,,\n61801,钳工,,\n",
            &["第 5 行：编码 6-18-01-01 与第 3 行重复", "第 6 行：职业编码“61801”不是 D-DD-DD-DD 的形式"],
        ),
        ("# 版本：甲\ncode,name,levels,jobs\n6-18-00-00,机械,,\n", &["第 3 行：职业编码“6-18-00-00”不是 D-DD-DD-DD 的形式"]),
        ("# 版本：甲\ncode,name,levels,jobs\n6-18-01-01,,,\n", &["第 3 行：缺少名称"]),
        (
            "# 版本：甲\ncode,name,levels,jobs\n6-18-01-01,车工,6,\n6-18-01-02,铣工,3;3,\n",
            &["第 3 行：等级“6”不是 1–5", "第 4 行：等级重复"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(CatalogueKind::Occupations, text), expected, "{text}");
    }
}

#[test]
fn what_a_spreadsheet_program_makes_of_the_file_is_read() {
    let text = "\u{FEFF}# 版本：试验版,,\r\ncode,name,in_force\r\n510107,武侯区,TRUE\r\n";
    let replaced = shipped().with(CatalogueKind::Areas, text).expect("sound");
    assert_eq!(replaced.areas.status("510107"), AreaStatus::InForce);
    assert_eq!(problems(CatalogueKind::Areas, &text.replace("TRUE", "是")), ["第 3 行：in_force 应为 true 或 false"]);
}

const MAPPED_PERMIT: &str = r#"edition = "甲"
[[items]]
number = 1
item = "焊工"
permit = true
[[mappings]]
item = 1
sub_item = "焊工"
occupation_code = "6-18-02-04"
occupation = "焊工"
"#;

#[test]
fn an_unsound_toml_is_refused_with_its_lines() {
    use CatalogueKind::{DocumentTypes, FiledOccupations, Qualifications, SpecificAbilities};
    let cases = [
        (SpecificAbilities, "edition = \"甲\"\nloaded = true\n", "loaded = true，但目录是空的"),
        (SpecificAbilities, "edition = \"甲\"\nloaded = false\nitems = [{ name = \"甲\" }]\n", "已有项目，loaded 应为 true"),
        (
            SpecificAbilities,
            "edition = \"甲\"\nloaded = true\nitems = [\n{ name = \"甲\" },\n{ name = \"甲\" }]\n",
            "第 5 行：“甲”与第 4 行重复",
        ),
        (SpecificAbilities, "edition = \"甲\"\nloaded = true\nmore = 1\n", "第 3 行：没有“more”这一项（可写：edition、loaded、items）"),
        (SpecificAbilities, "edition = 甲\n", "第 1 行：格式有误（TOML）"),
        (
            FiledOccupations,
            "edition = \"甲\"\nloaded = true\n[[items]]\noccupation_code = \"6\"\noccupation = \"车工\"\nlevels = [3]\n",
            "第 4 行：职业编码“6”不是 D-DD-DD-DD 的形式",
        ),
        (
            FiledOccupations,
            "edition = \"甲\"\nloaded = true\n[[items]]\noccupation_code = \"6-18-01-01\"\noccupation = \"车工\"\nlevels = []\n",
            "第 6 行：缺少等级",
        ),
        (Qualifications, "edition = \"甲\"\nitems = []\n", "目录是空的"),
        (Qualifications, MAPPED_PERMIT, "第 7 行：该项目是从业资格，不对应职业"),
        (
            DocumentTypes,
            "edition = \"甲\"\n[[types]]\nword = \"证\"\nkind = \"resident\"\ncode = \"20\"\n",
            "第 5 行：证件类型代码不是 3 位数字",
        ),
        (
            DocumentTypes,
            "edition = \"甲\"\n[[types]]\nword = \"证\"\nkind = \"none\"\ncode = \"201\"\n",
            "第 4 行：“none”不在可选值之内（可写：resident、hong_kong_macao_residence_permit、taiwan_residence_permit、\
             permanent_residence、hong_kong_macao_pass、taiwan_pass、chinese_passport、foreign_passport）",
        ),
    ];
    for (kind, text, expected) in cases {
        assert_eq!(problems(kind, text), [expected], "{text}");
    }
}

#[test]
fn a_text_over_five_megabytes_is_refused() {
    for &kind in CatalogueKind::ALL {
        assert_eq!(problems(kind, &"#".repeat(MAX_BYTES + 1)), ["超过 5 MB"]);
    }
}

#[test]
fn kinds_have_stable_names() {
    for &kind in CatalogueKind::ALL {
        assert_eq!(CatalogueKind::parse(kind.name()), Some(kind));
        assert_eq!(serde_json::to_value(kind).expect("json"), kind.name());
        assert!(kind.file().starts_with(kind.name()));
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_catalogue_panic(text in "(?s).{0,200}", rows in "[0-9;,\"\n\r#a车-]{0,200}") {
        let all = shipped_once();
        for &kind in CatalogueKind::ALL {
            for head in ["# 版本：甲\n", OCCUPATIONS_HEAD, "edition = \"甲\"\n"] {
                let _ = all.with(kind, &text);
                let _ = all.with(kind, &format!("{head}{rows}"));
            }
        }
    }

    #[test]
    fn no_change_to_a_shipped_catalogue_makes_it_panic(
        kind in 2_usize..6,
        from in any::<prop::sample::Index>(),
        cut in 0_usize..9,
        put in ".{0,4}",
    ) {
        let kind = CatalogueKind::ALL[kind];
        let chars: Vec<char> = kind.built_in_text().chars().collect();
        let start = from.index(chars.len());
        let end = (start + cut).min(chars.len());
        let text: String = chars[..start].iter().chain(put.chars().collect::<Vec<_>>().iter()).chain(&chars[end..]).collect();
        let _ = shipped_once().with(kind, &text);
    }
}

fn shipped_once() -> &'static Catalogues {
    static SHIPPED: std::sync::OnceLock<Catalogues> = std::sync::OnceLock::new();
    SHIPPED.get_or_init(shipped)
}
