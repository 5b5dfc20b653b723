//! Which lot of an application a request means: an issuing unit may have one of each type.

use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::notice::Notice;
use rules::values::party::IssuingUnit;
use rules::values::vocabulary::CertificateType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;

/// Which of the account's lots is meant.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotAsked {
    /// Of which type; needed only where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<CertificateType>,
}

impl Operations {
    /// The lots of a reviewer; [`Refusal::Changed`] before the decision.
    pub(crate) async fn lots_decided(&self, id: &ApplicationId, reviewer: &IssuingUnit) -> Result<Vec<Allocation>, Refusal> {
        let lots = self.cloud.allocations().decided(id, reviewer).await?;
        if lots.is_empty() { Err(Refusal::Changed("尚未审核通过".to_owned())) } else { Ok(lots) }
    }
}

/// The lot of the type that is asked for, or the only one; [`Refusal::Malformed`] where it cannot be told which.
pub(crate) fn meant(lots: Vec<Allocation>, asked: Option<CertificateType>, notice: &Notice) -> Result<Allocation, Refusal> {
    let names = |lots: &[Allocation]| lots.iter().map(|lot| title(notice, lot.certificate_type)).collect::<Vec<_>>().join("、");
    let several = (asked.is_none() && lots.len() > 1).then(|| names(&lots));
    if let Some(names) = several {
        return Err(Refusal::Malformed(format!("本机构在这份申报中有{names}，须写明证书类型")));
    }
    let there = names(&lots);
    let lot = lots.into_iter().find(|lot| asked.is_none_or(|asked| lot.certificate_type == asked));
    lot.ok_or_else(|| match asked {
        Some(asked) if !there.is_empty() => Refusal::Malformed(format!("这份申报没有{}；有{there}", title(notice, asked))),
        Some(asked) => Refusal::Malformed(format!("这份申报没有{}", title(notice, asked))),
        None => Refusal::Changed("没有这样的证书".to_owned()),
    })
}

/// 证书类型, as the notice calls it.
pub(crate) fn title(notice: &Notice, certificate_type: CertificateType) -> String {
    notice.type_rule(certificate_type).map_or_else(String::new, |rule| rule.name.clone())
}
