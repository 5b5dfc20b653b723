//! 奖牌类别/名次 (附件备注3), read: the award, the place, and whether it is shared.

use std::borrow::Cow;

use crate::notice::{AwardWord, RankRules};
use crate::values::rank::Rank;

impl RankRules {
    /// The earlier stage that `text` names (二: finals only); a selection is none in a contest that is itself one for a national contest of
    /// class one (二、（二）1).
    pub fn earlier_stage(&self, text: &str, is_selection: bool) -> Option<&str> {
        RankReader::new(self).earlier_stage(text, is_selection)
    }

    /// The part of an award's name that says that no competitor wins it.
    pub fn not_competitors(&self, text: &str) -> Option<&str> {
        let text = compact(text);
        longest(self.not_competitors.iter().filter(|word| text.contains(word.as_str())))
    }

    fn award(&self, word: &str) -> Option<&AwardWord> {
        self.awards.iter().find(|award| award.word == word)
    }
}

/// The words of a notice, made ready once to read many texts.
pub(crate) struct RankReader<'a> {
    rules: &'a RankRules,
    /// Earlier stages, the longest first.
    stages: Vec<&'a str>,
    /// Words that a stage's may stand in, the longest first.
    not_stages: Vec<&'a str>,
    /// All words that say nothing about the place, the longest first.
    noise: Vec<&'a str>,
    /// What they begin with: most texts hold none of these, and need no search for each of the words.
    first: Vec<char>,
}

impl<'a> RankReader<'a> {
    pub(crate) fn new(rules: &'a RankRules) -> Self {
        let noise = longest_first([&rules.tied_words, &rules.earlier_stages, &rules.ignored_words].into_iter().flatten());
        let mut first: Vec<char> = noise.iter().filter_map(|word| word.chars().next()).collect();
        first.sort_unstable();
        first.dedup();
        Self { rules, stages: longest_first(&rules.earlier_stages), not_stages: longest_first(&rules.not_stages), noise, first }
    }

    /// See [`RankRules::earlier_stage`].
    pub(crate) fn earlier_stage(&self, text: &str, is_selection: bool) -> Option<&'a str> {
        let text = compact(text);
        if !self.may_hold_words(&text) {
            return None;
        }
        let text = without(&text, &self.not_stages);
        let passes = |stage: &String| is_selection && self.rules.selection_words.contains(stage);
        let named = self.rules.earlier_stages.iter().filter(|stage| text.contains(stage.as_str()) && !passes(stage));
        let stage = longest(named)?;
        let rest = without(&text, &self.stages);
        if rest.contains(&self.rules.final_word) { None } else { Some(stage) }
    }

    /// See [`Rank::parse`].
    pub(crate) fn read(&self, text: &str) -> Option<Rank> {
        let text = compact(text);
        let text = with_numeral(&text).map_or(text, Cow::Owned);
        let tied = self.rules.tied_words.iter().any(|word| text.contains(word.as_str()));
        let rest = if self.may_hold_words(&text) { Cow::Owned(without(&text, &self.noise)) } else { text };
        let mut rank = Rank { award: None, place: None, tied };
        for part in rest.split(is_separator).filter(|part| !part.is_empty()) {
            rank.add(self.rules, part)?;
        }
        let meant = rank.award.as_deref().and_then(|word| self.rules.award(word)).and_then(AwardWord::place);
        rank.place = rank.place.or(meant);
        (rank.award.is_some() || rank.place.is_some()).then_some(rank)
    }

    fn may_hold_words(&self, text: &str) -> bool {
        text.chars().any(|c| self.first.contains(&c))
    }
}

impl Rank {
    /// Reads 金奖/第一名, 一等奖, 第12名, 三等奖（并列第五名）, 冠军 and the like.
    pub fn parse(rules: &RankRules, text: &str) -> Option<Self> {
        RankReader::new(rules).read(text)
    }

    /// One part of the text: an award, a place, or both without anything between; `None` if neither, or for the second time.
    fn add(&mut self, rules: &RankRules, part: &str) -> Option<()> {
        if let Some(place) = read_place(part) {
            return set(&mut self.place, place);
        }
        let (award, rest) = rules.awards.iter().find_map(|award| {
            let rest = part.strip_prefix(award.word.as_str()).or_else(|| part.strip_suffix(award.word.as_str()))?;
            Some((award, rest))
        })?;
        set(&mut self.award, award.word.clone())?;
        if rest.is_empty() { Some(()) } else { set(&mut self.place, read_place(rest)?) }
    }

    /// The best place the rank can stand for; `None` if it names none and the award is not among the words.
    pub fn best_place(&self, rules: &RankRules) -> Option<u32> {
        self.place.or_else(|| self.award.as_deref().and_then(|word| rules.award(word)).map(|award| award.from))
    }

    /// Whether the award cannot stand for the place.
    pub fn is_odd(&self, rules: &RankRules) -> bool {
        let award = self.award.as_deref().and_then(|word| rules.award(word));
        matches!((award, self.place), (Some(award), Some(place)) if place < award.from || award.to.is_some_and(|to| place > to))
    }
}

fn set<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

fn longest<'w>(words: impl Iterator<Item = &'w String>) -> Option<&'w str> {
    words.max_by_key(|word| word.len()).map(String::as_str)
}

/// A longer word goes before one that it contains; empty ones say nothing.
fn longest_first<'w>(words: impl IntoIterator<Item = &'w String>) -> Vec<&'w str> {
    let mut words: Vec<&str> = words.into_iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

/// The text without any of `words`, which are taken in their order.
fn without(text: &str, words: &[&str]) -> String {
    words.iter().fold(text.to_owned(), |rest, word| if rest.contains(word) { rest.replace(word, "/") } else { rest })
}

/// Without spaces, and with ASCII digits for full-width ones.
fn compact(text: &str) -> Cow<'_, str> {
    let odd = |c: char| c.is_whitespace() || half_width(c) != c;
    if text.contains(odd) { Cow::Owned(text.chars().filter(|c| !c.is_whitespace()).map(half_width).collect()) } else { Cow::Borrowed(text) }
}

/// An award by its number as it is called: `1等奖`, `Ⅰ等奖`.
fn with_numeral(text: &str) -> Option<String> {
    const NUMERALS: [(&str, char); 9] =
        [("1", '一'), ("2", '二'), ("3", '三'), ("III", '三'), ("II", '二'), ("I", '一'), ("Ⅰ", '一'), ("Ⅱ", '二'), ("Ⅲ", '三')];
    let (head, rest) = text.split_once("等奖")?;
    let (before, numeral) = NUMERALS.iter().find_map(|(written, numeral)| Some((head.strip_suffix(written)?, numeral)))?;
    let is_alone = !before.ends_with(|c: char| c.is_ascii_alphanumeric());
    is_alone.then(|| format!("{before}{numeral}等奖{rest}"))
}

fn half_width(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
        _ => c,
    }
}

fn is_separator(c: char) -> bool {
    matches!(
        c,
        '/' | '／' | '\\' | '|' | '｜' | '、' | '，' | ',' | '；' | ';' | '：' | ':' | '（' | '）' | '(' | ')' | '【' | '】' | '[' | ']'
    )
}

/// 第3名, 第十二名, 第3, 3名.
fn read_place(text: &str) -> Option<u32> {
    let (ordinal, rest) = text.strip_prefix('第').map_or((false, text), |rest| (true, rest));
    let (named, rest) = rest.strip_suffix(['名', '位']).map_or((false, rest), |rest| (true, rest));
    if !(ordinal || named) {
        return None;
    }
    let number = if rest.bytes().all(|b| b.is_ascii_digit()) { rest.parse().ok() } else { chinese_number(rest) };
    number.filter(|n| (1..=99_999).contains(n))
}

/// 一 to 九十九.
fn chinese_number(text: &str) -> Option<u32> {
    let digit = |text: &str| {
        let mut chars = text.chars();
        let (first, more) = (chars.next()?, chars.next());
        let at = "一二三四五六七八九".chars().position(|digit| digit == first && more.is_none())?;
        u32::try_from(at + 1).ok()
    };
    match text.split_once('十') {
        None => digit(text),
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { digit(tens)? };
            let ones = if ones.is_empty() { 0 } else { digit(ones)? };
            Some(tens * 10 + ones)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Notices;
    use proptest::prelude::*;

    fn rules() -> RankRules {
        Notices::built_in().expect("notices").general().rank.clone()
    }

    fn read(text: &str) -> Option<(String, u32, bool)> {
        let rank = Rank::parse(&rules(), text)?;
        Some((rank.award.unwrap_or_default(), rank.place.unwrap_or(0), rank.tied))
    }

    #[test]
    fn 附件备注3_an_award_a_place_or_both() {
        let table = [
            ("金奖/第一名", "金奖", 1, false),
            ("一等奖/第一名", "一等奖", 1, false),
            ("1等奖", "一等奖", 0, false),
            ("Ⅱ等奖/第二名", "二等奖", 2, false),
            ("一等奖", "一等奖", 0, false),
            ("第3名", "", 3, false),
            ("第十二名", "", 12, false),
            ("银牌", "银牌", 0, false),
            ("三等奖（并列第五名）", "三等奖", 5, true),
            ("优胜奖", "优胜奖", 0, false),
            ("第１２名", "", 12, false),
            ("第 二 十 名", "", 20, false),
            ("第九十九名", "", 99, false),
            ("冠军", "冠军", 1, false),
            ("亚军", "亚军", 2, false),
            ("季军/第三名", "季军", 3, false),
            ("一等奖第一名", "一等奖", 1, false),
            ("第一名一等奖", "一等奖", 1, false),
            ("职工组 一等奖、第2名", "一等奖", 2, false),
            ("团体第二名", "", 2, false),
            ("决赛并列第4名", "", 4, true),
        ];
        for (text, award, place, tied) in table {
            assert_eq!(read(text), Some((award.to_owned(), place, tied)), "{text}");
        }
    }

    #[test]
    fn 附件备注3_other_texts_are_not_guessed_at() {
        for text in ["", "优秀", "12", "第零名", "第0名", "第一百名", "第一名/第二名", "金奖/银奖", "第名", "并列", "第十十名", "第一二名"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn 二_finals_only() {
        let rules = rules();
        let stage = |text: &str| rules.earlier_stage(text, false).map(str::to_owned);
        for (text, named) in
            [("初赛第一名", "初赛"), ("半决赛第3名", "半决赛"), ("选拔赛第二名", "选拔赛"), ("复 赛一等奖", "复赛"), ("选拔第一名", "选拔")]
        {
            assert_eq!(stage(text).as_deref(), Some(named), "{text}");
        }
        for text in ["决赛第一名", "总决赛金奖", "第一名", "复赛、决赛均为第一名", "四川省焊工职业资格赛", "国家职业资格赛金奖"]
        {
            assert_eq!(stage(text), None, "{text}");
        }
        for (text, named) in
            [("选拔赛第一名", None), ("省级选拔第2名", None), ("初赛第一名", Some("初赛")), ("选拔赛复赛第3名", Some("复赛"))]
        {
            assert_eq!(rules.earlier_stage(text, true), named, "二、（二）1 names these contests: {text}");
        }
    }

    #[test]
    fn 二_awards_that_no_competitor_wins() {
        let rules = rules();
        for text in [
            "优秀组织奖",
            "优秀组织单位",
            "优秀指导教师",
            "优秀指导老师一等奖",
            "优秀裁判员",
            "指导教师一等奖",
            "一等奖（指导教师）",
            "先进工作者",
            "伯乐奖",
            "优秀教练员",
            "突出贡献奖",
            "体育道德风尚奖",
            "优 秀 裁 判",
        ] {
            assert!(rules.not_competitors(text).is_some(), "{text}");
        }
        for text in ["优秀奖", "优胜奖", "一等奖", "第一名（指导教师：某某）", "团体一等奖", "优秀选手"] {
            assert_eq!(rules.not_competitors(text), None, "{text}");
        }
    }

    #[test]
    fn an_award_that_cannot_stand_for_the_place_is_odd() {
        let rules = rules();
        for (text, odd) in [("银奖/第一名", true), ("冠军/第二名", true), ("三等奖/第2名", true), ("金奖/第9名", false), ("银牌", false)]
        {
            assert_eq!(Rank::parse(&rules, text).expect(text).is_odd(&rules), odd, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_and_what_is_printed_parses_back(text in "\\PC{0,12}|[第一二三十百名位金银奖等并列冠军/（）0-9０-９ ]{0,10}") {
            let rules = rules();
            let _ = (rules.earlier_stage(&text, false), rules.earlier_stage(&text, true), rules.not_competitors(&text));
            if let Some(rank) = Rank::parse(&rules, &text) {
                prop_assert_eq!(Rank::parse(&rules, &rank.to_string()), Some(rank));
            }
        }

        #[test]
        fn a_text_without_first_characters_of_the_words_holds_none_of_them(text in "[第一二名金银奖等并列初半决选海团总获组/（）0-9]{0,8}") {
            let rules = rules();
            let reader = RankReader::new(&rules);
            prop_assert!(reader.may_hold_words(&text) || without(&text, &reader.noise) == text);
        }

        #[test]
        fn every_rank_reads_as_printed(award in proptest::option::of(0usize..16), place in 1u32..=99_999, tied: bool) {
            let rules = rules();
            let award = award.map(|i| rules.awards[i].word.clone());
            let rank = Rank { award, place: Some(place), tied };
            prop_assert_eq!(Rank::parse(&rules, &rank.to_string()), Some(rank));
        }

        #[test]
        fn chinese_numerals_to_99(n in 1u32..=99) {
            let digits: Vec<char> = "〇一二三四五六七八九".chars().collect();
            let (tens, ones) = (n as usize / 10, n as usize % 10);
            let mut text = String::new();
            if tens > 1 { text.push(digits[tens]); }
            if tens > 0 { text.push('十'); }
            if ones > 0 { text.push(digits[ones]); }
            prop_assert_eq!(read_place(&format!("第{text}名")), Some(n));
        }
    }
}
