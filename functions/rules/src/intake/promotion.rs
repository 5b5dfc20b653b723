//! Which level goes with which place. The notice sets none, other regulations do: data, by date, and advice only.

use jiff::civil::Date;

use crate::intake::entry::Entry;
use crate::notice::{Notice, PromotionRule, RankRules};
use crate::values::rank::Rank;
use crate::values::vocabulary::ContestClass;

/// What the table is asked with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim<'a> {
    /// Day of the final.
    pub final_on: Date,
    /// Class of the contest.
    pub class: &'a ContestClass,
    /// 组别, where the row gives it.
    pub group: Option<&'a str>,
    /// People who share the place as one team; 1 for a single competitor.
    pub team_size: u32,
    /// Award and place.
    pub rank: &'a Rank,
    /// Theory and practice scores, where the row gives them.
    pub scores: [Option<f64>; 2],
    /// Level already held, as a digit.
    pub held: Option<u8>,
}

/// What the table gives.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The line.
    pub rule: &'a PromotionRule,
    /// The level as a digit; none where a paper was failed.
    pub level: Option<u8>,
}

/// The first line of `table` that fits; `None` where the table is silent. What a row leaves open is read in its favour.
pub fn grant<'a>(table: &'a [PromotionRule], words: &RankRules, claim: &Claim<'_>) -> Option<Grant<'a>> {
    let rule = table.iter().find(|rule| rule.is_for(claim) && rule.reaches(words, claim.rank))?;
    let held = claim.held.is_some_and(|held| held <= rule.level);
    let level = if held { rule.level_if_held.unwrap_or(rule.level) } else { rule.level };
    Some(Grant { rule, level: (!rule.failed(claim.scores)).then_some(level) })
}

/// What is wrong with a level that is above what the table gives; nothing where the table is silent.
pub(crate) fn above_table(notice: &Notice, level: u8, claim: &Claim<'_>) -> Option<String> {
    let grant = grant(&notice.promotion, &notice.rank, claim)?;
    if grant.level.is_some_and(|given| given <= level) {
        return None;
    }
    let given = grant.level.map_or("理论、技能未都合格，不晋级", |digit| notice.level_name(digit));
    let open = grant.rule.unconfirmed.as_ref().map_or(String::new(), |gap| format!("（{gap}，待确认）"));
    Some(format!("申报{}，高于{}{open}给出的：{given}", notice.level_name(level), grant.rule.regulation))
}

/// What is wrong with a level that is not above the one already held (G20).
pub(crate) fn not_above_held(notice: &Notice, entry: &Entry, level: u8) -> Option<String> {
    let held = entry.prior.as_ref()?.level?;
    if level < held || !notice.levels_rule.block_same_or_lower_level {
        return None;
    }
    Some(format!("申报等级不高于原证书等级（{}）；原证书的职业请核对", notice.level_name(held)))
}

impl PromotionRule {
    fn is_for(&self, claim: &Claim<'_>) -> bool {
        self.class == *claim.class
            && self.from <= claim.final_on
            && self.to.is_none_or(|to| claim.final_on <= to)
            && self.group.as_ref().is_none_or(|group| claim.group.is_none_or(|own| own == group))
            && self.team_max.is_none_or(|max| claim.team_size <= max)
    }

    fn reaches(&self, words: &RankRules, rank: &Rank) -> bool {
        if self.place_to.is_none() && self.awards.is_empty() {
            return true;
        }
        let placed = self.place_to.zip(rank.best_place(words)).is_some_and(|(to, place)| place <= to);
        placed || rank.award.as_ref().is_some_and(|award| self.awards.contains(award))
    }

    fn failed(&self, scores: [Option<f64>; 2]) -> bool {
        let Some(mark) = self.pass_mark else { return false };
        scores.into_iter().flatten().any(|score| score < f64::from(mark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Notices;
    use jiff::civil::date;

    fn notice() -> Notice {
        Notices::built_in().expect("notices").general().clone()
    }

    fn read(rank: &str) -> Rank {
        Rank::parse(&notice().rank, rank).expect("a rank")
    }

    fn claim(final_on: Date, rank: &Rank) -> Claim<'_> {
        Claim { final_on, class: &ContestClass::PROVINCIAL_ONE, group: None, team_size: 1, rank, scores: [None; 2], held: None }
    }

    /// Level and whether the table says anything at all.
    fn given(claim: &Claim<'_>) -> Option<Option<u8>> {
        let notice = notice();
        grant(&notice.promotion, &notice.rank, claim).map(|grant| grant.level)
    }

    #[test]
    fn 四川2016_省级一类() {
        let on = date(2022, 5, 28);
        let places = [("第一名", 1), ("第3名", 1), ("第四名", 2), ("第8名", 2), ("第9名", 3), ("金奖", 1), ("优胜奖", 2)];
        for (rank, level) in places {
            assert_eq!(given(&claim(on, &read(rank))), Some(Some(level)), "{rank}");
        }
        let passed = |theory, practice| given(&Claim { scores: [theory, practice], ..claim(on, &read("第9名")) });
        assert_eq!(passed(Some(60.0), Some(90.5)), Some(Some(3)));
        assert_eq!(passed(Some(59.5), None), Some(None));
        assert_eq!(passed(None, Some(60.0)), Some(Some(3)), "what is not given counts as passed");
        assert_eq!(given(&Claim { class: &ContestClass::PROVINCIAL_TWO, ..claim(on, &read("第一名")) }), None, "no table for 省级二类");
        assert_eq!(given(&claim(date(2015, 12, 31), &read("第一名"))), None);
    }

    #[test]
    fn 四川2024_管理办法() {
        let on = date(2024, 8, 5);
        let team = |size, rank| given(&Claim { team_size: size, ..claim(on, &read(rank)) });
        assert_eq!([team(1, "第3名"), team(2, "第2名"), team(3, "第1名")], [Some(Some(2)); 3]);
        assert_eq!([team(1, "第4名"), team(2, "第3名"), team(3, "第2名")], [None; 3], "lower places: not known");
        let held = |level| given(&Claim { held: Some(level), ..claim(on, &read("第1名")) });
        assert_eq!([held(3), held(2), held(1)], [Some(Some(2)), Some(Some(1)), Some(Some(1))]);
        assert_eq!(given(&claim(date(2024, 8, 4), &read("第1名"))), Some(Some(1)), "the day before it is the 2016 table");
    }

    #[test]
    fn a_table_may_go_by_group_and_by_award() {
        let mut notice = notice();
        let rule = PromotionRule {
            group: Some("学生".into()),
            place_to: None,
            awards: vec!["优胜奖".into()],
            level: 4,
            ..notice.promotion[0].clone()
        };
        notice.promotion = vec![rule];
        let given = |group: &str, rank: &str| {
            let rank = read(rank);
            let claim = Claim { group: Some(group), ..claim(date(2022, 5, 28), &rank) };
            grant(&notice.promotion, &notice.rank, &claim).and_then(|grant| grant.level)
        };
        assert_eq!(given("学生", "优胜奖/第9名"), Some(4));
        assert_eq!(given("职工", "优胜奖/第9名"), None);
        assert_eq!(given("学生", "银奖"), None);
    }

    #[test]
    fn every_level_of_a_table_is_one_of_the_notices_and_unconfirmed() {
        for rule in notice().promotion {
            let known = |digit| notice().level_by_digit(digit).is_some();
            assert!(known(rule.level) && rule.level_if_held.is_none_or(known) && rule.unconfirmed.is_some(), "{rule:?}");
        }
    }
}
