//! Proofreading: whether what will stand on a certificate can be printed, before a number is spent on it.

use std::collections::HashSet;

use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::Layout;

use crate::fonts::Fonts;
use crate::{PrintError, Subject, batch, canvas};

/// Sets the texts of certificates without printing them. What many have in common is set once.
#[derive(Debug)]
pub struct Proofreader<'a> {
    fonts: &'a Fonts,
    layouts: Vec<&'a Layout>,
    /// Texts that have been set, by layout and text box.
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
}
