//! The ready-made accounts of the local stack. They exist on one machine only; a deployed system has its own issuer.

use anyhow::Result;
use rules::numbers::body::BodyCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::mistake::mistake;
use crate::notices::latest_notice;

/// Code of the body that is offered; nobody is filed under it until the Center enters it.
const BODY: &str = "S000051010123";

/// What a token is to say; role and organisation as other issuers give them too: as an array, or not at all.
#[derive(Serialize, Deserialize)]
pub(crate) struct TokenRequest {
    pub(crate) subject: String,
    #[serde(default)]
    pub(crate) role: Value,
    #[serde(default)]
    pub(crate) organisation: Value,
}

/// The role of whoever has none.
const NO_ROLE: &str = "newcomer";

/// Subject of the first Center's account on this machine, `FirstCenter` of the template.
pub(crate) const FIRST_CENTER: &str = "00:local-first-center";

/// Who somebody is to the local issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) role: &'static str,
    pub(crate) organisation: String,
    /// A second person of the same organisation: where two must sign.
    pub(crate) second: bool,
}

impl Account {
    /// The unit that hands applications in.
    pub(crate) fn unit() -> Self {
        Self { role: "unit", organisation: "unit-1".to_owned(), second: false }
    }

    /// The units among the ready-made accounts, each once.
    pub(crate) fn units() -> impl Iterator<Item = Self> {
        Self::ready_made().into_iter().filter(|account| account.role == "unit" && !account.second)
    }

    /// The center of a jurisdiction.
    pub(crate) fn center(jurisdiction: &str) -> Self {
        Self { role: "center", organisation: jurisdiction.to_owned(), second: false }
    }

    /// Somebody of whom the issuer says no role: they apply for an account.
    pub(crate) fn newcomer() -> Self {
        Self { role: NO_ROLE, organisation: "1".to_owned(), second: false }
    }

    /// What the issuer says of it.
    pub(crate) fn claims(&self) -> TokenRequest {
        let claim = |text: &str| if self.role == NO_ROLE { Value::Null } else { Value::from(text) };
        TokenRequest { subject: self.subject(), role: claim(self.role), organisation: claim(&self.organisation) }
    }

    /// Those that the login page of this machine offers: two persons of a unit, of the Center and of a body, one of another unit,
    /// and two without a role.
    pub(crate) fn ready_made() -> Vec<Self> {
        let of = |role, organisation: &str| Self { role, organisation: organisation.to_owned(), second: false };
        let two = [of("unit", "unit-1"), of("center", "00"), of("body", BODY)];
        let two = two.into_iter().flat_map(|first| [first.clone(), Self { second: true, ..first }]);
        let newcomers = [Self::newcomer(), Self { second: true, ..Self::newcomer() }];
        two.chain([of("unit", "unit-2")]).chain(newcomers).collect()
    }

    /// What the login page calls it.
    pub(crate) fn title(&self) -> String {
        let title = match (self.role, self.organisation.as_str()) {
            ("unit", "unit-1") => "牵头主办单位".to_owned(),
            ("unit", other) => format!("牵头主办单位 {other}"),
            ("center", "00") => "省职鉴中心".to_owned(),
            (NO_ROLE, _) => "还没有身份的账号".to_owned(),
            ("center", other) => format!("职鉴中心 {other}"),
            (_, code) => format!("颁证机构 {code}"),
        };
        if self.second { format!("{title}（第二人）") } else { title }
    }

    /// Who is named on the command line: `unit`, or a reviewer as the API names it.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let unit = (name == "unit").then(Self::unit);
        unit.or_else(|| Self::reviewer(name)).ok_or_else(|| mistake(format!("没有“{name}”这样的单位")))
    }

    /// The account of a reviewer as the API names it: `center-00` or `body-S000051010123`.
    pub(crate) fn reviewer(name: &str) -> Option<Self> {
        let (role, organisation) = name.split_once('-')?;
        let role = ["center", "body"].into_iter().find(|known| *known == role)?;
        Some(Self { role, organisation: organisation.to_owned(), second: false })
    }

    /// A reviewer's account as the API names it.
    pub(crate) fn reviewer_name(&self) -> String {
        format!("{}-{}", self.role, self.organisation)
    }

    /// That there is such a Center, or could be such a body.
    pub(crate) fn expect_known(&self) -> Result<()> {
        let notice = latest_notice()?;
        let organisation = &self.organisation;
        match self.role {
            "center" if notice.jurisdiction(organisation).is_none() => {
                let known: Vec<String> = notice.jurisdictions.iter().map(|one| format!("{} {}", one.code, one.name)).collect();
                Err(mistake(format!("没有编号为“{organisation}”的职鉴中心；编号有 {}", known.join("、"))))
            }
            "body" => match BodyCode::parse(&notice.code, organisation) {
                Ok(_) => Ok(()),
                Err(error) => Err(mistake(format!("评价机构“{organisation}”：{error}"))),
            },
            _ => Ok(()),
        }
    }

    /// The token's subject.
    pub(crate) fn subject(&self) -> String {
        let second = if self.second { "-2" } else { "" };
        format!("local-{}-{}{second}", self.role, self.organisation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_center_that_is_not_there_is_no_account() {
        assert!(Account::center("00").expect_known().is_ok() && Account::unit().expect_known().is_ok());
        for account in [Account::center("99"), Account::center("01x"), Account { role: "body", ..Account::center("S1") }] {
            assert!(account.expect_known().is_err(), "{account:?}");
        }
    }
}
