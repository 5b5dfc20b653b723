//! The QR codes of a stamped summary form against the roster that it must have been printed from (五、（一）3 and 4).

use records::application::Verdict;
use rules::intake::summary::{SummaryStamp, check_code};
use rules::issue::application::ApplicationId;
use rules::values::finding::{Finding, FindingCode, Place};

/// The stamp on a page of a scan; pages count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageStamp {
    pub(crate) page: u32,
    pub(crate) stamp: SummaryStamp,
}

/// What was read of a scan.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    pub(crate) stamps: Vec<PageStamp>,
    /// How images are compressed that cannot be read.
    pub(crate) compression: Option<&'static str>,
}

/// What stamps are compared with.
pub(crate) struct Comparison<'a> {
    /// The application that the form was handed in for.
    pub(crate) own: &'a ApplicationId,
    /// The roster that counts now, if it is sound.
    pub(crate) roster: Option<&'a Verdict>,
    /// Other applications that the reader may know of, and their contests.
    pub(crate) others: Vec<(ApplicationId, String)>,
    /// Whether the contest's record was corrected: what stands on a form may be otherwise now.
    pub(crate) corrected: bool,
    /// How images of the scan are compressed that cannot be read.
    pub(crate) compression: Option<&'static str>,
}

impl Comparison<'_> {
    /// The other applications that stamps name.
    pub(crate) fn foreign(&self, stamps: &[PageStamp]) -> Vec<ApplicationId> {
        let mut ids: Vec<ApplicationId> = Vec::new();
        for id in stamps.iter().filter(|read| self.is_foreign(&read.stamp)).filter_map(|read| ApplicationId::parse(&read.stamp.application))
        {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// A form made before there was an application names none.
    fn is_foreign(&self, stamp: &SummaryStamp) -> bool {
        !stamp.application.is_empty() && stamp.application != self.own.as_str()
    }

    /// One finding: what is graver hides the rest. With it the stamp that is to be compared again when the roster changes.
    pub(crate) fn outcome<'s>(&self, stamps: &'s [PageStamp], file: &str) -> (Vec<Finding>, Option<&'s SummaryStamp>) {
        let say = |code, message: String| vec![Finding::new(code, Place::file(file), message)];
        let Some(first) = stamps.first() else { return (say(FindingCode::SummaryCodeUnread, self.unread()), None) };
        if let Some(foreign) = stamps.iter().find(|read| self.is_foreign(&read.stamp)) {
            return (say(FindingCode::SummaryOtherApplication, self.foreign_form(foreign)), None);
        }
        let Some(roster) = self.roster else {
            let message = format!("{}，选手信息导入模板表通过检查后核对", self.codes_read(stamps, first));
            return (say(FindingCode::SummaryCodeRead, message), Some(&first.stamp));
        };
        match stamps.iter().find(|read| !roster.has_stamp(&read.stamp)) {
            Some(other) => (say(FindingCode::SummaryOtherRoster, other_roster(other, roster)), Some(&other.stamp)),
            None => {
                let message = format!("{}，与现在的选手信息导入模板表一致", self.codes_read(stamps, first));
                (say(FindingCode::SummaryCodeRead, message), Some(&first.stamp))
            }
        }
    }

    fn unread(&self) -> String {
        let expected = self.roster.and_then(|roster| roster.form_digest.as_deref());
        let expected = expected.map(|digest| format!("，应为 {}", check_code(digest))).unwrap_or_default();
        let corrected = if self.corrected { "；大赛信息更正过，请核对是更正之后打印、盖章的" } else { "" };
        let why = self.compression.map(|name| format!("（其中的图像是 {name} 压缩，系统不能读取）")).unwrap_or_default();
        format!(
            "扫描件{why}上没有读出汇总表的二维码，无法自动核对是否由现在的选手信息导入模板表打印；纸面下方的“选手信息表校验码”请人工核对{expected}{corrected}"
        )
    }

    fn codes_read(&self, stamps: &[PageStamp], first: &PageStamp) -> String {
        let pages: Vec<String> = stamps.iter().take(MAX_NAMED).map(|read| read.page.to_string()).collect();
        let more = if stamps.len() > MAX_NAMED { "等" } else { "" };
        let (pages, code) = (pages.join("、"), first.stamp.check_code());
        format!("第 {pages}{more} 页的二维码已读出（校验码 {code}，{} 人）", first.stamp.rows)
    }

    fn foreign_form(&self, read: &PageStamp) -> String {
        let known = self.others.iter().find(|(id, _)| id.as_str() == read.stamp.application);
        let whose = match known {
            Some((id, contest)) => format!("本单位的申报 {id}（{contest}）"),
            None => "另一份申报".to_owned(),
        };
        format!("第 {} 页的二维码表明，这份汇总表是为{whose}打印的，不是本申报的", read.page)
    }
}

/// Pages that a finding lists.
const MAX_NAMED: usize = 10;

fn other_roster(read: &PageStamp, roster: &Verdict) -> String {
    let now = roster.form_digest.as_deref().map(|digest| format!("，校验码 {}", check_code(digest))).unwrap_or_default();
    let rows = roster.rows.unwrap_or_default();
    format!(
        "第 {} 页的二维码表明，这份汇总表由另一份名单打印（{} 人，校验码 {}），与现在的选手信息导入模板表（{rows} 人{now}）不同；\
         打印之后改过模板表、更正过大赛信息的，须用现在的汇总表重新打印、签字盖章",
        read.page,
        read.stamp.rows,
        read.stamp.check_code(),
    )
}

#[cfg(test)]
mod tests {
    use rules::intake::summary::StampBasis;
    use rules::values::vocabulary::Material;

    use super::*;

    const OWN: &str = "abcdefghijklmnop";
    const OTHER: &str = "ponmlkjihgfedcba";

    fn id(text: &str) -> ApplicationId {
        ApplicationId::parse(text).expect("an id")
    }

    fn read(page: u32, application: &str, digest: char) -> PageStamp {
        let digest = digest.to_string().repeat(64);
        PageStamp { page, stamp: SummaryStamp { basis: StampBasis::Form, application: application.to_owned(), digest, rows: 2 } }
    }

    fn roster(digest: char) -> Verdict {
        Verdict {
            material: Material::Roster,
            version: "1".to_owned(),
            sequencer: "01".to_owned(),
            sha256: "0f".repeat(32),
            clean: true,
            errors: 0,
            remarks: 0,
            pages: None,
            rows: Some(3),
            sheet: None,
            form_digest: Some(digest.to_string().repeat(64)),
            stamp: None,
            handed_in_at: None,
            contest_edition: 0,
        }
    }

    fn judged(stamps: &[PageStamp], roster: Option<&Verdict>, others: &[(&str, &str)]) -> (FindingCode, String, bool) {
        let own = id(OWN);
        let others = others.iter().map(|(other, contest)| (id(other), (*contest).to_owned())).collect();
        let (findings, stamp) =
            Comparison { own: &own, roster, others, corrected: false, compression: None }.outcome(stamps, "summary.pdf");
        assert_eq!(findings.len(), 1);
        (findings[0].code, findings[0].message.clone(), stamp.is_some())
    }

    #[test]
    fn the_same_roster_is_noted_with_its_pages() {
        for application in [OWN, ""] {
            let (code, message, kept) = judged(&[read(1, application, 'a'), read(2, application, 'a')], Some(&roster('a')), &[]);
            assert_eq!((code, kept), (FindingCode::SummaryCodeRead, true));
            assert!(message.contains("第 1、2 页") && message.contains("aaaa aaaa aaaa aaaa") && message.contains("一致"), "{message}");
        }
    }

    #[test]
    fn a_form_printed_before_the_roster_was_corrected_is_told_so() {
        let (code, message, kept) = judged(&[read(1, OWN, 'a'), read(2, OWN, 'b')], Some(&roster('a')), &[]);
        assert_eq!((code, kept), (FindingCode::SummaryOtherRoster, true));
        assert!(
            message.contains("第 2 页") && message.contains("（2 人，校验码 bbbb") && message.contains("（3 人，校验码 aaaa"),
            "{message}"
        );
        assert!(message.contains("重新打印"), "{message}");
    }

    #[test]
    fn another_application_is_named_where_the_reader_may_know_it() {
        let stamps = [read(1, OWN, 'a'), read(3, OTHER, 'a')];
        let own = id(OWN);
        assert_eq!(
            Comparison { own: &own, roster: None, others: Vec::new(), corrected: false, compression: None }.foreign(&stamps),
            [id(OTHER)]
        );
        let (code, message, kept) = judged(&stamps, Some(&roster('a')), &[(OTHER, "另一场大赛")]);
        assert_eq!((code, kept), (FindingCode::SummaryOtherApplication, false));
        assert!(message.contains("第 3 页") && message.contains(OTHER) && message.contains("另一场大赛"), "{message}");
        let (_, message, _) = judged(&stamps, None, &[]);
        assert!(message.contains("另一份申报") && !message.contains(OTHER), "{message}");
    }

    #[test]
    fn before_the_roster_is_sound_the_code_waits_and_none_is_left_to_people() {
        let (code, message, kept) = judged(&[read(1, OWN, 'a')], None, &[]);
        assert_eq!((code, kept), (FindingCode::SummaryCodeRead, true));
        assert!(message.contains("通过检查后核对"), "{message}");
        let (code, message, kept) = judged(&[], Some(&roster('c')), &[]);
        assert_eq!((code, kept), (FindingCode::SummaryCodeUnread, false));
        assert!(message.contains("应为 cccc cccc cccc cccc"), "{message}");
        assert!(judged(&[], None, &[]).1.ends_with("人工核对"));
        let own = id(OWN);
        let packed = Comparison { own: &own, roster: None, others: Vec::new(), corrected: false, compression: Some("JBIG2") };
        let (findings, _) = packed.outcome(&[], "summary.pdf");
        assert!(findings[0].message.contains("JBIG2 压缩") && findings[0].fix.contains("格式选 JPEG"), "{}", findings[0]);
    }
}
