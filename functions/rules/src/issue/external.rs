//! What stands behind the number of a certificate that others issue (二、（一）: 由牵头主办单位或…商相关职业资格实施机构，按职业资格实施机构规定颁发).

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::schema::Day;
use crate::values::text::{MAX_ORGANISATION, MAX_REASON, bounded};

/// Who implements the qualification, and what the number rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NumberBasis {
    /// 职业资格实施机构
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implementing_body: Option<String>,
    /// 文号或依据: the document behind the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// On which day the certificate was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub issued_on: Option<Date>,
}

impl NumberBasis {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As it is kept: texts without outer spaces, a day that has come.
    ///
    /// # Errors
    /// In Chinese, what is wrong with it.
    pub fn checked(&self, today: Date) -> Result<Self, String> {
        let text =
            |what: &str, text: &Option<String>, max| text.as_deref().map(|text| bounded(what, text, max).map(str::to_owned)).transpose();
        if let Some(day) = self.issued_on.filter(|day| *day > today) {
            return Err(format!("颁发日期 {day} 晚于今天，请核对"));
        }
        Ok(Self {
            implementing_body: text("职业资格实施机构", &self.implementing_body, MAX_ORGANISATION)?,
            document: text("文号或依据", &self.document, MAX_REASON)?,
            issued_on: self.issued_on,
        })
    }

    /// The same, with what it leaves out as it was known.
    #[must_use]
    pub fn over(self, known: &Self) -> Self {
        Self {
            implementing_body: self.implementing_body.or_else(|| known.implementing_body.clone()),
            document: self.document.or_else(|| known.document.clone()),
            issued_on: self.issued_on.or(known.issued_on),
        }
    }

    /// Whether something else was known than it says.
    pub fn contradicts(&self, known: &Self) -> bool {
        let other = |said: &Option<String>, known: &Option<String>| said.is_some() && known.is_some() && said != known;
        other(&self.implementing_body, &known.implementing_body)
            || other(&self.document, &known.document)
            || self.issued_on.zip(known.issued_on).is_some_and(|(said, known)| said != known)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn basis(body: Option<&str>, document: Option<&str>, day: Option<i8>) -> NumberBasis {
        NumberBasis {
            implementing_body: body.map(str::to_owned),
            document: document.map(str::to_owned),
            issued_on: day.map(|day| date(2022, 6, day)),
        }
    }

    #[test]
    fn what_is_not_said_stays_and_what_is_said_anew_contradicts() {
        let known = basis(Some("样例实施机构"), None, Some(1));
        assert_eq!(NumberBasis::default().over(&known), known);
        assert!(!NumberBasis::default().contradicts(&known) && NumberBasis::default().is_empty());
        let more = basis(None, Some("样例〔2022〕1号"), None);
        assert!(!more.contradicts(&known), "nothing was known of a document");
        assert_eq!(more.over(&known), basis(Some("样例实施机构"), Some("样例〔2022〕1号"), Some(1)));
        assert!(basis(Some("另一机构"), None, None).contradicts(&known) && basis(None, None, Some(2)).contradicts(&known));
        assert!(!known.contradicts(&known));
    }

    #[test]
    fn texts_are_bounded_and_a_day_has_come() {
        let today = date(2022, 6, 20);
        assert_eq!(
            basis(Some(" 样例实施机构 "), None, Some(20)).checked(today).expect("sound"),
            basis(Some("样例实施机构"), None, Some(20))
        );
        for odd in [basis(Some(" "), None, None), basis(None, Some("一\u{7}号"), None), basis(None, None, Some(21))] {
            assert!(odd.checked(today).is_err(), "{odd:?}");
        }
    }
}
