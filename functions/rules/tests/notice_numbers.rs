//! Whatever numbers stand in a notice: it is refused, or codes, serials and dates are made under it without a panic.

use std::num::NonZeroU32;

use jiff::civil::date;
use proptest::prelude::*;
use rules::notice::{Notice, Notices};
use rules::numbers::body::BodyCode;
use rules::numbers::code::{CertificateCode, CodeError, CodePrefix};
use rules::sheets::serial::Serial;
use toml::Value;

const BASE: &str = "sichuan-2022-9.toml";

fn base() -> toml::Table {
    Notices::built_in_texts()[BASE].parse().expect("TOML")
}

/// The base with its leaves replaced by `change`, which is told where they stand.
fn changed(change: &mut dyn FnMut(&str, &mut Value)) -> Result<Notices, String> {
    fn walk(path: &str, value: &mut Value, change: &mut dyn FnMut(&str, &mut Value)) {
        match value {
            Value::Table(table) => table.iter_mut().for_each(|(name, value)| walk(&format!("{path}.{name}"), value, change)),
            Value::Array(values) => values.iter_mut().for_each(|value| walk(path, value, change)),
            leaf => change(path, leaf),
        }
    }
    let mut whole = Value::Table(base());
    walk("", &mut whole, change);
    let mut texts = Notices::built_in_texts();
    texts.insert(BASE.to_owned(), toml::to_string(&whole).map_err(|error| error.to_string())?);
    Notices::parse(&texts).map_err(|error| error.to_string())
}

/// The base with one leaf replaced.
fn with(at: &str, new: impl Into<Value>) -> Result<Notices, String> {
    let new = new.into();
    changed(&mut |path, value| {
        if path == at {
            *value = new.clone();
        }
    })
}

/// All that is counted and formatted under a notice.
fn exercise(notice: &Notice, year: i16, number: u32) {
    let grammar = &notice.code;
    let last = grammar.last_sequence();
    let sequences = [1, number % last + 1, last].map(|sequence| NonZeroU32::new(sequence).expect("not zero"));
    for jurisdiction in &notice.jurisdictions {
        let body = BodyCode::human_resources(grammar, jurisdiction);
        for level in &notice.levels {
            let prefix = CodePrefix::new(grammar, &body, year, level);
            for sequence in sequences {
                let code = prefix.code(grammar, sequence).expect("within the sequence");
                assert_eq!(code.as_str().len(), grammar.width());
                assert_eq!(CertificateCode::parse(grammar, code.as_str()), Ok(code.clone()));
                assert_eq!(code.body(grammar).expect("a body"), body);
                assert_eq!(CertificateCode::lookup(code.as_str()), Some(code));
            }
            let beyond = NonZeroU32::new(last + 1).expect("not zero");
            assert!(matches!(prefix.code(grammar, beyond), Err(CodeError::Exhausted { .. })));
        }
    }
    for kind in &notice.sheet_kinds {
        if let Ok(serial) = Serial::new(kind, u64::from(number)) {
            assert_eq!(Serial::parse(kind, serial.as_str()), Ok((serial, u64::from(number))));
        }
    }
    assert!(notice.archive.keep_until(date(2026, 6, 20)) > date(2026, 6, 20));
    assert!(notice.passed_deadline(year, date(2026, 6, 20)).is_none_or(|deadline| deadline.last_day < date(2026, 6, 20)));
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0_i64..40, 2 => any::<i64>(), 1 => Just(i64::MIN), 1 => Just(i64::MAX), 1 => Just(-1), 2 => -300_i64..70_000]
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-1.0), Just(0.0), Just(1e300), 0.0..300.0]
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[A-Z]{0,6}", 4 => "[0-9]{0,6}", 1 => "[a-z#/中 ]{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn under_any_notice_that_is_read_codes_are_made_without_a_panic(
        picks in prop::collection::vec((any::<prop::sample::Index>(), number(), float(), word()), 1..4),
        year in 1_i16..=9999,
        sequence in any::<u32>(),
    ) {
        // Layouts have most of the numbers, the code has those that matter most.
        let wanted = |path: &str, value: &Value| match value {
            Value::Integer(_) => true,
            Value::Float(_) => true,
            Value::String(_) => path.starts_with(".code.") || path == ".jurisdictions.code",
            _ => false,
        };
        let mut count = 0;
        let _ = changed(&mut |path, value| count += usize::from(wanted(path, value) && !path.starts_with(".layouts")));
        let picked: Vec<_> = picks.iter().map(|(at, number, float, word)| (at.index(count), number, float, word)).collect();
        let mut at = 0;
        let notices = changed(&mut |path, value| {
            if !wanted(path, value) || path.starts_with(".layouts") {
                return;
            }
            if let Some((_, number, float, word)) = picked.iter().find(|(pick, ..)| *pick == at) {
                *value = match value {
                    Value::Integer(_) => Value::Integer(**number),
                    Value::Float(_) => Value::Float(**float),
                    _ => Value::String((*word).clone()),
                };
            }
            at += 1;
        });
        if let Ok(notices) = notices {
            notices.all().for_each(|notice| exercise(notice, year, sequence));
        }
    }
}

#[test]
fn what_ships_is_exercised() {
    Notices::built_in().expect("sound").all().for_each(|notice| exercise(notice, 2022, 12_345));
}

#[test]
fn numbers_that_no_code_can_have_are_refused_with_their_name() {
    for (at, value) in [
        (".code.year_digits", 16),
        (".code.year_digits", 0),
        (".code.year_digits", -1),
        (".code.sequence_digits", 0),
        (".code.sequence_digits", 10),
        (".code.body_width", 12),
        (".archive.keep_years", 0),
        (".hand_out.remind_after_days", 1_000_000),
        (".roster.max_rows", 0),
        (".levels.digit", 3),
        (".materials.max_bytes", 0),
        (".photo.min_width", 4000),
        (".promotion.level", 9),
        (".publication.columns.width", 0),
        (".sheet_kinds.digits", 20),
    ] {
        let error = with(at, value).expect_err(at);
        let name = at.rsplit('.').next().unwrap_or_default();
        assert!(error.contains(name) || error.contains("等级"), "{at} = {value}: {error}");
    }
    for (at, value) in [
        (".code.marker", ""),
        (".code.marker", "1"),
        (".code.marker", "中"),
        (".code.hrss_letter", "SS"),
        (".code.hrss_special", "99"),
        (".code.province", "AB"),
        (".jurisdictions.code", "00"),
        (".sheet_kinds.kind", "a#b"),
        (".notice.seat", "77"),
    ] {
        assert!(with(at, value).is_err(), "{at} = {value}");
    }
    for at in [".layouts.styles.body.indent", ".layouts.page", ".photo.ratio_tolerance", ".hand_out.columns.width"] {
        assert!(with(at, f64::NAN).is_err(), "{at}");
    }
}
