//! `contest.toml` and `bodies.toml` as people write them: read, and taken as it is meant.

use serde::de::DeserializeOwned;

use super::record_problems::problems;
use crate::intake::contest::Contest;
use crate::notice::Notice;
use crate::values::toml_text;

/// A record as it was read.
#[derive(Debug)]
pub struct ReadRecord<T> {
    /// What it says.
    pub record: T,
    /// Its text, as it was parsed.
    pub text: String,
    /// What was done to it, in Chinese; empty where nothing was.
    pub changes: Vec<String>,
}

/// Reads a record in whatever encoding it was saved.
///
/// # Errors
/// All that is wrong with it and how it should be written, in Chinese, each with its line; of what is missing one for each table.
pub fn read<T: DeserializeOwned>(bytes: &[u8], notice: &Notice) -> Result<ReadRecord<T>, Vec<String>> {
    let plain = toml_text::plain_text(bytes).map_err(|problem| vec![problem.to_string()])?;
    if plain.text.trim().is_empty() {
        return Err(vec!["文件是空的".to_owned()]);
    }
    let record = toml_text::parse(&plain.text).map_err(|_| problems::<T>(&plain.text, notice))?;
    Ok(ReadRecord { record, text: plain.text, changes: plain.changes })
}

impl Contest {
    /// As it is meant: the code of a jurisdiction that is written by its name, and the notice's name of the class. With it what a
    /// shortened name was taken for, in Chinese.
    #[must_use]
    pub fn as_meant(mut self, notice: &Notice) -> (Self, Option<String>) {
        let mut said = None;
        if notice.jurisdiction(&self.jurisdiction).is_none()
            && let Some(named) = notice.jurisdiction_meant(&self.jurisdiction)
        {
            let written = std::mem::replace(&mut self.jurisdiction, named.code.clone());
            said = (written != named.name).then(|| format!("jurisdiction“{written}”按“{} {}”处理", named.code, named.name));
        }
        (self.with_class_of(notice), said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Notices;

    const RECORD: &str = "name = \"大赛\"\nclass = \"省级一类\"\nhrss_hosted = true\norganiser = \"协会\"\njurisdiction = \"00\"\nyear = 2022\n\
                          final_on = 2022-05-28\nissued_on = 2022-06-20\n[organiser_contact]\nphone = \"028-86112233\"\n\
                          [[events]]\nname = \"数控车\"\noccupation = \"车工\"\n";

    fn of(line: &str, written: &str) -> Result<ReadRecord<Contest>, String> {
        let text: String =
            RECORD.lines().map(|own| if own.starts_with(line) { format!("{written}\n") } else { format!("{own}\n") }).collect();
        of_text(&text).map_err(|problems| problems.join("\n"))
    }

    fn of_text(text: &str) -> Result<ReadRecord<Contest>, Vec<String>> {
        read(text.as_bytes(), Notices::built_in().expect("notices").general())
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let problems = |text: &str| of_text(text).expect_err(text);
        let without: Vec<&str> =
            RECORD.lines().filter(|line| !["class", "year", "occupation"].iter().any(|key| line.starts_with(key))).collect();
        assert_eq!(
            problems(&without.join("\n")),
            ["缺少“class”（竞赛类别）、“year”（大赛年份）", "第 9 行起的一段缺少“occupation”（职业名称）"]
        );
        let several =
            RECORD.replace("year = 2022", "years = 2022").replace("final_on = 2022-05-28", "final_on = 五月").replace("true", "maybe");
        let said = problems(&several);
        let begins = ["第 3 行无法读取", "第 6 行无法读取：没有“years”这一项", "第 7 行无法读取", "缺少“year”（大赛年份）"];
        assert_eq!(said.len(), begins.len(), "{said:?}");
        assert!(said.iter().zip(begins).all(|(said, begins)| said.starts_with(begins)), "{said:?}");
        assert_eq!(problems("[[events]]\nname = \"数控车\"\n").len(), 2, "of the record, and of its event");
        assert_eq!(problems(" \n"), ["文件是空的"]);
        assert!(problems("```toml\nname = \"大赛\"")[0].ends_with("每行写作 名称 = 值，如 year = 2022"));
        assert!(problems("name = \"大赛\nclass = \"省级一类\"")[0].contains("少了英文引号"));
        assert_eq!(problems("大赛").len(), 1, "what is no TOML is told once, and so is all that is missing besides");
    }

    #[test]
    fn quotes_within_a_name_are_taken_or_told() {
        for (written, name) in [
            ("name = “2022年四川省“天府杯”大赛”", "2022年四川省“天府杯”大赛"),
            ("name = “2022年四川省\"天府杯\"大赛” # “一”", "2022年四川省\"天府杯\"大赛"),
            ("name = “四川省“天府杯””", "四川省“天府杯”"),
            ("name = \"样例大赛”", "样例大赛"),
            ("name = \"四川省“天府杯”大赛\"", "四川省“天府杯”大赛"),
        ] {
            let contest = of("name = \"大赛", written).unwrap_or_else(|problem| panic!("{written}: {problem}")).record;
            assert_eq!(contest.name, name, "{written}");
        }
        for written in ["name = \"2022年四川省\"天府杯\"大赛\"", "name = \"四川省“天府杯”"] {
            let problem = of("name = \"大赛", written).expect_err(written);
            assert!(problem.starts_with("第 1 行") && problem.contains("名称里的引号用“”，最外面用英文引号"), "{problem}");
        }
    }

    #[test]
    fn a_colon_is_taken_for_the_equals_sign() {
        for (line, written) in [("name = \"大赛", "name：“样例”"), ("name = \"大赛", "name: \"样例\""), ("year", "Year：2022，")]
        {
            let record = of(line, written).unwrap_or_else(|problem| panic!("{written}: {problem}"));
            assert!(!record.changes.is_empty() && record.record.year == 2022, "{written}");
        }
    }

    #[test]
    fn texts_without_quotes_are_told_how_to_be_written() {
        for (line, written, says) in [
            ("name = \"大赛", "name：样例", "文字应加英文引号"),
            ("phone", "phone = 028-86112233", "文字应加英文引号"),
            ("phone", "phone = 13800000000", "文字应加英文引号"),
            ("organiser = ", "organiser = 协会", "文字应加英文引号"),
        ] {
            let problem = of(line, written).expect_err(written);
            assert!(problem.contains(says), "{written}: {problem}");
        }
    }

    #[test]
    fn names_and_short_words_are_taken_as_they_are_meant() {
        let notices = Notices::built_in().expect("notices");
        let contest = of("jurisdiction", "jurisdiction = \"成都\"").expect("a record").record;
        let contest = Contest { class: crate::values::vocabulary::ContestClass::named("二类"), ..contest };
        let (meant, said) = contest.as_meant(notices.general());
        assert_eq!((meant.jurisdiction.as_str(), meant.class.name()), ("01", "市级二类"));
        assert_eq!(said.as_deref(), Some("jurisdiction“成都”按“01 成都市”处理"));
        assert_eq!(meant.clone().as_meant(notices.general()), (meant, None));
    }
}
