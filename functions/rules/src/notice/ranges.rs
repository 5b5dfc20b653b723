//! What the numbers of a notice may be, and what the words of its code must look like. Structs are taken apart field by
//! field, so that whoever adds one is asked by the compiler.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::{
    AwardWord, ClassRule, CodeGrammar, Column, CommitteeRules, Deadline, HandOutRules, Jurisdiction, Level, MaterialRule, Notice,
    PhotoRule, Procedure, PromotionRule, PublicationColumn, RankRules, RosterProfile, SheetKind,
};

/// Years that a contest may be held in, and of dates on certificates.
const YEARS: RangeInclusive<i16> = 1949..=9999;
/// Characters that a column of a workbook can be wide.
const COLUMN_WIDTHS: RangeInclusive<u16> = 1..=255;
/// Rows of one application: each is an item and a PDF.
const ROWS: RangeInclusive<u32> = 1..=100_000;
/// Bytes of a file that S3 takes in one request.
const FILE_BYTES: RangeInclusive<u64> = 1..=5 * 1024 * 1024 * 1024;
/// Days of a reminder: ten years.
const DAYS: RangeInclusive<u32> = 0..=3660;
/// First prizes of one event before it is asked about; the largest number asks never.
const FIRST_AWARDS: RangeInclusive<u32> = 1..=u32::MAX;
/// Applications of one unit that are open at a time: each is read when the unit opens another.
const OPEN_APPLICATIONS: RangeInclusive<u32> = 1..=10_000;
/// Level digits: one position of the code.
const LEVELS: RangeInclusive<u8> = 1..=9;

type Checked = Result<(), String>;

fn within<T: PartialOrd + Display>(name: &str, value: T, range: &RangeInclusive<T>) -> Checked {
    match range.contains(&value) {
        true => Ok(()),
        false => Err(format!("{name} = {value}，应为 {} 到 {}", range.start(), range.end())),
    }
}

fn holds(condition: bool, problem: impl FnOnce() -> String) -> Checked {
    if condition { Ok(()) } else { Err(problem()) }
}

fn unique<T: PartialEq + Display>(name: &str, values: impl Iterator<Item = T>) -> Checked {
    let mut seen: Vec<T> = Vec::new();
    for value in values {
        holds(!seen.contains(&value), || format!("{name}“{value}”写了两次"))?;
        seen.push(value);
    }
    holds(!seen.is_empty(), || format!("{name} 是空的"))
}

fn digits(name: &str, text: &str, width: usize) -> Checked {
    holds(text.len() == width && text.bytes().all(|b| b.is_ascii_digit()), || format!("{name}“{text}”应为 {width} 位数字"))
}

/// The first number or code word that cannot be, in words for whoever wrote it.
pub(super) fn problem(notice: &Notice) -> Option<String> {
    check(notice).err()
}

fn check(notice: &Notice) -> Checked {
    jurisdictions(notice)?;
    classes(notice)?;
    levels(&notice.levels)?;
    code(&notice.code)?;
    notice.promotion.iter().try_for_each(|rule| promotion(rule, &notice.levels))?;
    rank(&notice.rank)?;
    committee(&notice.committee)?;
    notice.notice.contest_years_from.map_or(Ok(()), |year| within("notice.contest_years_from", year, &YEARS))?;
    procedure(&notice.procedure)?;
    notice.deadlines.iter().try_for_each(deadline)?;
    notice.sheet_kinds.iter().try_for_each(sheet_kind)?;
    unique("sheet_kinds.kind", notice.sheet_kinds.iter().map(|kind| &kind.kind))?;
    // Whoever reads a serial knows its kind by the prefix.
    unique("sheet_kinds.prefix", notice.sheet_kinds.iter().map(|kind| kind.prefix.to_ascii_uppercase()))?;
    notice.materials.iter().try_for_each(material)?;
    unique("materials.file", notice.materials.iter().map(|rule| &rule.file))?;
    roster(&notice.roster)?;
    photo(&notice.photo)?;
    let HandOutRules { remind_after_days, clause: _, title: _, columns: _, signatures: _, signatures_of_others: _, unconfirmed: _ } =
        &notice.hand_out;
    within("hand_out.remind_after_days", *remind_after_days, &DAYS)?;
    within("mask.first", notice.mask.first, &(0..=6))?;
    within("mask.last", notice.mask.last, &(0..=4))?;
    let columns = notice.publication.iter().flat_map(|rule| &rule.columns);
    columns.into_iter().try_for_each(|PublicationColumn { width, field: _, header: _, aliases: _ }| {
        within("publication.columns.width", *width, &COLUMN_WIDTHS)
    })
}

/// A word that is in every name would say nothing.
fn committee(rules: &CommitteeRules) -> Checked {
    let CommitteeRules { words, clause: _ } = rules;
    holds(words.iter().all(|word| !word.is_empty()), || "committee.words 有空的".to_owned())
}

fn rank(rules: &RankRules) -> Checked {
    let RankRules {
        first_awards,
        awards,
        clause: _,
        final_word: _,
        earlier_stages: _,
        not_stages: _,
        selection_words: _,
        not_competitors: _,
        tied_words: _,
        ignored_words: _,
        unconfirmed: _,
    } = rules;
    within("rank.first_awards", *first_awards, &FIRST_AWARDS)?;
    awards.iter().try_for_each(award)
}

fn procedure(procedure: &Procedure) -> Checked {
    let Procedure {
        max_open_applications,
        application: _,
        declaration: _,
        declaration_required: _,
        originals: _,
        originals_required: _,
        filing: _,
        filing_required: _,
        hosted: _,
        authorisation: _,
        qualification: _,
        printing: _,
        archive: _,
        publication: _,
        hand_out: _,
        changes: _,
    } = procedure;
    within("procedure.max_open_applications", *max_open_applications, &OPEN_APPLICATIONS)
}

/// Positions 8–9 of a code, and the Center's own among them.
fn jurisdictions(notice: &Notice) -> Checked {
    for Jurisdiction { code, name: _, center: _ } in &notice.jurisdictions {
        digits("jurisdictions.code", code, 2)?;
    }
    unique("jurisdictions.code", notice.jurisdictions.iter().map(|jurisdiction| &jurisdiction.code))?;
    let known = |code: &String| notice.jurisdiction(code).is_some();
    let unknown = std::iter::once(&notice.notice.seat).chain(&notice.notice.jurisdictions).find(|code| !known(code));
    unknown.map_or(Ok(()), |code| Err(format!("notice 的“{code}”不在 jurisdictions 之内")))
}

/// Each class once, and each jurisdiction has one at least.
fn classes(notice: &Notice) -> Checked {
    unique("classes.name", notice.classes.iter().map(|class| &class.name))?;
    for ClassRule { name, jurisdictions, aliases: _, clause: _ } in &notice.classes {
        let unknown = jurisdictions.iter().find(|code| notice.jurisdiction(code).is_none());
        holds(unknown.is_none(), || format!("classes“{name}”的“{}”不在 jurisdictions 之内", unknown.map_or("", String::as_str)))?;
    }
    let without = notice.jurisdictions.iter().find(|own| notice.classes_of(&own.code).is_empty());
    holds(without.is_none(), || format!("classes 没有 {} 的竞赛类别", without.map_or("", |own| &own.code)))
}

/// Position 16.
fn levels(levels: &[Level]) -> Checked {
    for Level { digit, name: _, aliases: _ } in levels {
        within("levels.digit", *digit, &LEVELS)?;
    }
    unique("levels.digit", levels.iter().map(|level| level.digit))
}

/// Positions 1–13 have a fixed form (四), and a marker of digits could be taken for a sequence.
fn code(grammar: &CodeGrammar) -> Checked {
    let CodeGrammar {
        body_width,
        marker,
        hrss_letter,
        hrss_ministry,
        province,
        hrss_special,
        letters,
        // Their types have the bounds.
        year_digits: _,
        sequence_digits: _,
        clause: _,
        jurisdictions: _,
        levels: _,
        unconfirmed: _,
    } = grammar;
    within("code.body_width", *body_width, &(13..=13))?;
    let upper = |text: &str, lengths: RangeInclusive<usize>| lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase());
    holds(upper(marker, 1..=4), || format!("code.marker“{marker}”应为 1 到 4 个大写字母"))?;
    unique("code.letters", letters.iter())?;
    let odd = letters.iter().find(|letter| !upper(letter, 1..=1));
    holds(odd.is_none(), || format!("code.letters“{}”应为一个大写字母", odd.map_or("", String::as_str)))?;
    holds(letters.contains(hrss_letter), || format!("code.hrss_letter“{hrss_letter}”不在 letters 之内"))?;
    digits("code.hrss_ministry", hrss_ministry, 4)?;
    digits("code.province", province, 2)?;
    digits("code.hrss_special", hrss_special, 4)
}

fn promotion(rule: &PromotionRule, levels: &[Level]) -> Checked {
    let PromotionRule { team_max, place_to, pass_mark, level, level_if_held, from, to, .. } = rule;
    for (name, number, most) in [("team_max", team_max, 1000), ("place_to", place_to, 10_000), ("pass_mark", pass_mark, 1000)] {
        number.map_or(Ok(()), |number| within(&format!("promotion.{name}"), number, &(1..=most)))?;
    }
    let unknown = std::iter::once(level).chain(level_if_held).find(|digit| !levels.iter().any(|level| level.digit == **digit));
    holds(unknown.is_none(), || format!("promotion 的等级 {} 不在 levels 之内", unknown.copied().unwrap_or_default()))?;
    holds(to.is_none_or(|to| *from <= to), || format!("promotion“{}”的 from 晚于 to", rule.regulation))
}

fn award(AwardWord { word, from, to }: &AwardWord) -> Checked {
    within(&format!("rank.awards“{word}”的 from"), *from, &(1..=10_000))?;
    to.map_or(Ok(()), |to| within(&format!("rank.awards“{word}”的 to"), to, &(*from..=10_000)))
}

fn deadline(Deadline { contest_years, last_day: _, clause: _ }: &Deadline) -> Checked {
    contest_years.iter().try_for_each(|year| within("deadlines.contest_years", *year, &YEARS))
}

/// Its name and its prefix stand in keys.
fn sheet_kind(rule: &SheetKind) -> Checked {
    let SheetKind {
        kind,
        prefix,
        digits: _,
        low_stock: _,
        print_before_acknowledged: _,
        certificate_type: _,
        name: _,
        clause: _,
        unconfirmed: _,
    } = rule;
    let named = (1..=32).contains(&kind.len()) && kind.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    holds(named, || format!("sheet_kinds.kind“{kind}”应为小写字母、数字、- 和 _，不超过 32 个"))?;
    let sound = prefix.len() <= 8 && prefix.bytes().all(|b| b.is_ascii_alphanumeric());
    holds(sound, || format!("sheet_kinds.prefix“{prefix}”应为不超过 8 个字母和数字"))
}

/// Its file name is the end of a key.
fn material(rule: &MaterialRule) -> Checked {
    let MaterialRule { file, max_bytes, material: _, title: _, clause: _, optional: _, paper: _ } = rule;
    within(&format!("materials“{file}”的 max_bytes"), *max_bytes, &FILE_BYTES)?;
    let sound = (1..=64).contains(&file.len()) && file.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    holds(sound, || format!("materials.file“{file}”应为字母、数字、-、_ 和 .，不超过 64 个"))
}

fn roster(profile: &RosterProfile) -> Checked {
    let RosterProfile {
        max_rows,
        columns,
        shared_phones,
        clause: _,
        sheet: _,
        fingerprint: _,
        none_words: _,
        example_names: _,
        example_numbers: _,
        example_words: _,
        unconfirmed: _,
    } = profile;
    within("roster.shared_phones", *shared_phones, &(1..=u32::MAX))?;
    within("roster.max_rows", *max_rows, &ROWS)?;
    columns.iter().try_for_each(|Column { width, choices, synonyms, header, field: _, required: _, text: _ }| {
        let unknown = synonyms.values().find(|choice| !choices.contains(choice));
        holds(unknown.is_none(), || {
            format!("roster.columns“{header}”的 synonyms“{}”不在 choices 之内", unknown.map_or("", String::as_str))
        })?;
        within("roster.columns.width", *width, &COLUMN_WIDTHS)
    })
}

/// A picture is held in memory: its bytes and its pixels are bounded from above too.
fn photo(rule: &PhotoRule) -> Checked {
    let PhotoRule {
        width,
        height,
        max_bytes,
        max_file_bytes,
        max_pixels,
        min_width,
        min_height,
        ratio_tolerance,
        ground: _,
        before_printing: _,
        unconfirmed: _,
    } = rule;
    within("photo.max_pixels", *max_pixels, &(1..=100_000_000))?;
    within("photo.width", *width, &(1..=2000))?;
    within("photo.height", *height, &(1..=2000))?;
    within("photo.min_width", *min_width, &(1..=*width))?;
    within("photo.min_height", *min_height, &(1..=*height))?;
    within("photo.max_bytes", *max_bytes, &(10_000..=10_000_000))?;
    within("photo.max_file_bytes", *max_file_bytes, &(10_000..=50_000_000))?;
    within("photo.ratio_tolerance", *ratio_tolerance, &(0.0..=0.99))
}
