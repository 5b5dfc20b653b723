//! The ready-made accounts of the local stack. They exist on one machine only; a deployed system has its own issuer.

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

    /// The center of a jurisdiction.
    pub(crate) fn center(jurisdiction: &str) -> Self {
        Self { role: "center", organisation: jurisdiction.to_owned(), second: false }
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

    /// The token's subject.
    pub(crate) fn subject(&self) -> String {
        let second = if self.second { "-2" } else { "" };
        format!("local-{}-{}{second}", self.role, self.organisation)
    }
}
