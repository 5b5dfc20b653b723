//! Proofreading: whether what will stand on a certificate can be printed, before a number is spent on it.

use std::collections::HashSet;

use rules::after::hand_out::ListedWinner;
use rules::intake::entry::Entry;
use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::Layout;
use rules::notice::{Notice, SheetKind};

use crate::fonts::Fonts;
use crate::{Covered, PrintError, Subject, batch, canvas, confirmation, cover, hand_out};

/// Sets the texts of certificates without printing them. What many have in common is set once.
#[derive(Debug)]
pub struct Proofreader<'a> {
    fonts: &'a Fonts,
    layouts: Vec<&'a Layout>,
    /// Texts that have been set, by layout or paper, and text box.
    seen: HashSet<(usize, usize, String)>,
}

impl<'a> Proofreader<'a> {
    /// For certificates that may be printed in any of the layouts.
    pub fn new(fonts: &'a Fonts, layouts: impl IntoIterator<Item = &'a Layout>) -> Self {
        Self { fonts, layouts: layouts.into_iter().collect(), seen: HashSet::new() }
    }

    /// What cannot be printed of a certificate of a layout that `is_its` names, and has not been said before: characters that
    /// no font has ([`PrintError::MissingCharacters`], not where `by_hand`), and texts that do not fit their boxes
    /// ([`PrintError::DoesNotFit`]); each with the part it is about.
    pub fn read(&mut self, fields: &CertificateFields, by_hand: bool, is_its: impl Fn(&Layout) -> bool) -> Vec<(String, PrintError)> {
        let mut found: Vec<(String, PrintError)> = Vec::new();
        for (index, layout) in self.layouts.iter().enumerate().filter(|(_, layout)| is_its(layout)) {
            for (place, text) in batch::values(layout, fields).enumerate() {
                if !self.seen.insert((index, place, text.text.clone().into_owned())) {
                    continue;
                }
                match canvas::typeset(self.fonts, &|| Subject::Certificate(fields.code.clone()), &text) {
                    Err(PrintError::MissingCharacters { .. }) if by_hand => {}
                    Err(error) if !found.iter().any(|(part, known)| part == text.part && same_kind(known, &error)) => {
                        found.push((text.part.to_owned(), error));
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

/// A text that does not fit on a paper that goes with certificates.
#[derive(Debug)]
pub struct PaperMisprint {
    /// The paper's name.
    pub paper: &'static str,
    /// The column.
    pub part: String,
    /// Why it cannot be set.
    pub error: PrintError,
}

impl Proofreader<'_> {
    /// What of a winner cannot be set on the papers that go with the certificates and has not been said before: the cover list of
    /// a print run, the hand-out list, the counts of 表5. An award that could not be printed everywhere must not get a number.
    pub fn read_papers(&mut self, notice: &Notice, entry: &Entry, code: &str) -> Vec<PaperMisprint> {
        let level = entry.level.map_or("", |digit| notice.level_name(digit));
        let longest = |kind: &SheetKind| format!("{}{}", kind.prefix, "8".repeat(kind.digits.width()));
        let serial = notice.sheet_kinds.iter().map(longest).max_by_key(String::len).unwrap_or_default();
        let covered = Covered { name: entry.name.reveal().to_owned(), code: code.to_owned(), serial: serial.clone() };
        let winner = ListedWinner { entry, code, level, serial, revoked: true };
        let columns = &notice.hand_out.columns;
        let papers = [
            ("打印清单", cover::row_texts(self.fonts, 0, MAX_ROWS, &covered)),
            ("领取、发放清单", hand_out::row_texts(self.fonts, columns, 0, &notice.hand_out.row(MAX_ROWS, &winner, &notice.mask))),
            ("数据审核确认表", confirmation::count_texts(self.fonts, [&entry.occupation, entry.job.as_deref().unwrap_or_default(), level])),
        ];
        let mut found = Vec::new();
        for (index, (paper, texts)) in papers.into_iter().enumerate() {
            for (place, text) in texts.into_iter().enumerate() {
                // Behind the layouts'.
                if !self.seen.insert((usize::MAX - index, place, text.text.clone().into_owned())) {
                    continue;
                }
                if let Err(error) = canvas::typeset(self.fonts, &|| Subject::Operator, &text) {
                    found.push(PaperMisprint { paper, part: text.part.to_owned(), error });
                }
            }
        }
        found
    }
}

/// The most rows that an application may have: the widest number in a list.
const MAX_ROWS: usize = 100_000;

fn same_kind(one: &PrintError, other: &PrintError) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

#[cfg(test)]
mod tests {
    use rules::notice::Notices;

    use super::*;
    use crate::layout::tests::FONTS;

    fn fields(name: &str, text: &str) -> CertificateFields {
        let empty = serde_json::json!({
            "title": "职业技能等级证书", "text": text, "name": name, "document_type": "居民身份证", "document_number": "11010519491231002X",
            "occupation": "焊工", "job": "--", "level": "三级/高级工", "code": "S000051000000222J00001", "issued_on": ["2022", "06", "20"],
            "issuing_body": "组委会", "sealed_by": "", "serial": "", "verify_url": "",
        });
        serde_json::from_value(empty).expect("fields")
    }

    #[test]
    fn what_cannot_be_printed_is_said_once_and_by_its_part() {
        let notices = Notices::built_in().expect("notices");
        let mut reader = Proofreader::new(&FONTS, &notices.general().layouts);
        let parts = |found: Vec<(String, PrintError)>| found.into_iter().map(|(part, _)| part).collect::<Vec<_>>();
        assert_eq!(parts(reader.read(&fields("张测试", "正文"), false, |_| true)), [""; 0]);
        assert_eq!(parts(reader.read(&fields("张\u{30000}", &"焊".repeat(900)), false, |_| true)), ["证书正文", "姓名"]);
        assert_eq!(parts(reader.read(&fields("张\u{30000}", &"焊".repeat(900)), false, |_| true)), [""; 0], "said before");
        assert_eq!(parts(reader.read(&fields("李\u{30000}", "正文"), true, |_| true)), [""; 0], "to be written in by hand");
        assert_eq!(parts(reader.read(&fields(&"长".repeat(400), "正文"), false, |_| true)), ["姓名"]);
    }

    fn entry(name: &str, occupation: &str) -> Entry {
        let entry = serde_json::json!({
            "row": 2, "name": name, "gender": "女", "document_type": "居民身份证", "document_kind": "resident",
            "document_number": "11010519491231002X", "phone": "10000000000", "employer": "公司", "occupation": occupation,
            "occupation_code": "6-18-01-01", "level": 3, "event": "数控车", "award": "金奖",
        });
        serde_json::from_value(entry).expect("an entry")
    }

    /// A name of 59 letters was printed on the certificate and not on the cover list: codes were spent, and no PDF came.
    #[test]
    fn a_name_that_fits_the_certificate_fits_every_paper_or_is_refused() {
        let notices = Notices::built_in().expect("notices");
        let notice = notices.general();
        for letter in ["W", "M", "张", "Ǣ", "ﷺ"] {
            for count in [40, 55, 59, 60] {
                let name = letter.repeat(count);
                let mut reader = Proofreader::new(&FONTS, &notice.layouts);
                let fits = reader.read(&fields(&name, "正文"), false, |_| true).is_empty();
                let papers = reader.read_papers(notice, &entry(&name, "车工"), &"8".repeat(22));
                let list = crate::CoverList {
                    title: "打印清单".to_owned(),
                    about: vec![],
                    first: 1,
                    certificates: vec![Covered { name: name.clone(), code: "8".repeat(22), serial: "JN88888888".to_owned() }],
                };
                let printed = crate::cover_list(&FONTS, &list).is_ok();
                assert!(!fits || printed || !papers.is_empty(), "{letter} × {count}");
                if matches!(letter, "W" | "张") {
                    assert!(printed && papers.is_empty(), "{letter} × {count}");
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_a_paper_is_said_by_paper_and_column_and_once() {
        let notices = Notices::built_in().expect("notices");
        let notice = notices.general();
        let mut reader = Proofreader::new(&FONTS, &notice.layouts);
        let mut said = |entry: &Entry| {
            let found = reader.read_papers(notice, entry, &"8".repeat(22));
            found.into_iter().map(|misprint| format!("{}：{}", misprint.paper, misprint.part)).collect::<Vec<_>>()
        };
        assert_eq!(said(&entry("张某", "车工")), [""; 0]);
        let long = entry("张某", &"焊".repeat(200));
        assert_eq!(said(&long), ["领取、发放清单：职业", "数据审核确认表：职业名称"]);
        assert_eq!(said(&long), [""; 0]);
    }
}
