//! What a correction changes of a contest's record, for the trail: each field before and after, and nothing of a person.

use crate::intake::contest::{Contest, Event};

/// Fields of two records side by side.
#[derive(Default)]
struct Changes(Vec<String>);

impl Changes {
    fn field(&mut self, what: &str, before: &str, after: &str) {
        if before != after {
            self.0.push(format!("{what}由{}改为{}", quoted(before), quoted(after)));
        }
    }

    fn event(&mut self, before: &Event, after: &Event) {
        let Event { name, occupation, occupation_code, job, winners } = before;
        let what = |field: &str| format!("赛项“{name}”的{field}");
        self.field(&what("职业名称"), occupation, &after.occupation);
        self.field(&what("职业编码"), occupation_code, &after.occupation_code);
        self.field(&what("工种"), or_none(job), or_none(&after.job));
        self.field(&what("获奖人数"), &number(*winners), &number(after.winners));
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "空".to_owned() } else { format!("“{text}”") }
}

fn or_none(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

fn number(of: Option<u32>) -> String {
    of.map_or_else(String::new, |number| number.to_string())
}

fn yes_or_no(flag: bool) -> &'static str {
    if flag { "是" } else { "否" }
}

impl Contest {
    /// What `after` has otherwise, a sentence for each field with the value before and after. Of the organiser's contacts, which
    /// are people's, only that they are others.
    pub fn changes_to(&self, after: &Self) -> Vec<String> {
        // Whole, so that a field more is asked for here.
        let Self {
            name,
            class,
            hrss_hosted,
            selection_for,
            organiser,
            organiser_body,
            committee,
            jurisdiction,
            year,
            final_on,
            issued_on,
            events,
            organiser_contact,
        } = self;
        let body = |contest: &Self| contest.organiser_body.as_ref().map_or_else(String::new, ToString::to_string);
        let mut changes = Changes::default();
        changes.field("大赛名称", name, &after.name);
        changes.field("竞赛类别", class.name(), after.class.name());
        changes.field("是否人社部门主办或会同主办", yes_or_no(*hrss_hosted), yes_or_no(after.hrss_hosted));
        changes.field("所选拔的全国一类大赛", or_none(selection_for), or_none(&after.selection_for));
        changes.field("牵头主办单位", organiser, &after.organiser);
        if *organiser_body != after.organiser_body {
            changes.field("评价机构备案代码", &body(self), &body(after));
        }
        changes.field("组委会名称", committee, &after.committee);
        changes.field("所属省或市（州）", jurisdiction, &after.jurisdiction);
        changes.field("大赛年份", &year.to_string(), &after.year.to_string());
        changes.field("决赛日期", &final_on.to_string(), &after.final_on.to_string());
        changes.field("发证日期", &issued_on.to_string(), &after.issued_on.to_string());
        for event in events {
            match after.event(&event.name) {
                Some(corrected) => changes.event(event, corrected),
                None => changes.0.push(format!("删去赛项{}", quoted(&event.name))),
            }
        }
        for added in after.events.iter().filter(|added| self.event(&added.name).is_none()) {
            let Event { name, occupation, occupation_code, .. } = added;
            changes.0.push(format!("增加赛项“{name}”（{occupation} {occupation_code}）"));
        }
        if *organiser_contact != after.organiser_contact {
            changes.0.push("主办单位联系方式有改动".to_owned());
        }
        // The same events in another order, or one of them twice.
        if changes.0.is_empty() && self != after {
            changes.0.push("赛项的次序有改动".to_owned());
        }
        changes.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"
        name = "大赛"
        class = "省级一类"
        hrss_hosted = true
        organiser = "协会"
        committee = "组委会"
        jurisdiction = "00"
        year = 2022
        final_on = 2022-05-28
        issued_on = 2022-06-20
        [[events]]
        name = "数控车"
        occupation = "车工"
        occupation_code = "6-18-01-01"
        [[events]]
        name = "焊接"
        occupation = "焊工"
        occupation_code = "6-18-02-04"
        [organiser_contact]
        phone = "10000000001"
        handler = "张测试"
    "#;

    #[test]
    fn each_field_is_named_with_what_it_was_and_is() {
        let before: Contest = toml::from_str(RECORD).expect("a contest");
        for (written, corrected, said) in [
            ("name = \"大赛\"", "name = \"四川省大赛\"", "大赛名称由“大赛”改为“四川省大赛”"),
            ("省级一类", "省级二类", "竞赛类别由“省级一类”改为“省级二类”"),
            ("hrss_hosted = true", "hrss_hosted = false", "是否人社部门主办或会同主办由“是”改为“否”"),
            ("hrss_hosted = true", "hrss_hosted = true\nselection_for = \"全国赛\"", "所选拔的全国一类大赛由空改为“全国赛”"),
            ("\"协会\"", "\"学会\"", "牵头主办单位由“协会”改为“学会”"),
            (
                "committee = \"组委会\"",
                "organiser_body = \"S000051010123\"\ncommittee = \"组委会\"",
                "评价机构备案代码由空改为“S000051010123”",
            ),
            ("\"组委会\"", "\"\"", "组委会名称由“组委会”改为空"),
            ("\"00\"", "\"01\"", "所属省或市（州）由“00”改为“01”"),
            ("year = 2022", "year = 2021", "大赛年份由“2022”改为“2021”"),
            ("2022-05-28", "2022-05-29", "决赛日期由“2022-05-28”改为“2022-05-29”"),
            ("2022-06-20", "2022-06-21", "发证日期由“2022-06-20”改为“2022-06-21”"),
            ("\"车工\"", "\"数控车工\"", "赛项“数控车”的职业名称由“车工”改为“数控车工”"),
            ("6-18-01-01", "6-18-01-02", "赛项“数控车”的职业编码由“6-18-01-01”改为“6-18-01-02”"),
            ("\"6-18-01-01\"", "\"6-18-01-01\"\njob = \"普通车工\"", "赛项“数控车”的工种由空改为“普通车工”"),
            ("\"6-18-02-04\"", "\"6-18-02-04\"\nwinners = 3", "赛项“焊接”的获奖人数由空改为“3”"),
        ] {
            let after: Contest = toml::from_str(&RECORD.replace(written, corrected)).expect(corrected);
            assert_eq!(before.changes_to(&after), [said]);
        }
        let after: Contest = toml::from_str(&RECORD.replace("\"数控车\"", "\"车削\"")).expect("a contest");
        assert_eq!(before.changes_to(&after), ["删去赛项“数控车”", "增加赛项“车削”（车工 6-18-01-01）"]);
        let mut turned = before.clone();
        turned.events.reverse();
        assert_eq!(before.changes_to(&turned), ["赛项的次序有改动"]);
        assert_eq!(before.changes_to(&before), [""; 0]);
    }

    #[test]
    fn of_people_only_that_something_changed() {
        let before: Contest = toml::from_str(RECORD).expect("a contest");
        let after = toml::from_str(&RECORD.replace("张测试", "李测试").replace("10000000001", "10000000002")).expect("a contest");
        assert_eq!(before.changes_to(&after), ["主办单位联系方式有改动"]);
    }
}
