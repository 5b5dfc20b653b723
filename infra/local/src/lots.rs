//! Which lots of an application a command is about: an issuing unit has one of each type.

use anyhow::Result;
use clap::Args;
use operations::show::LotProgress;
use rules::values::vocabulary::CertificateType;

use crate::accounts::Account;
use crate::api::Api;
use crate::remote::Remote;

/// Which certificates are meant.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct TypeArgument {
    /// 证书类型：职业资格、技能等级 或 专项能力；不填为各种
    #[arg(long = "type", value_name = "证书类型", value_parser = certificate_type)]
    pub(crate) certificate_type: Option<CertificateType>,
}

/// A type as people call it.
fn certificate_type(text: &str) -> Result<CertificateType, String> {
    let word = text.trim().trim_end_matches("证书");
    match word {
        "职业资格" => Ok(CertificateType::Qualification),
        "职业技能等级" | "技能等级" => Ok(CertificateType::SkillLevel),
        "专项职业能力" | "专项能力" | "专项" => Ok(CertificateType::SpecificAbility),
        _ => CertificateType::parse(word).ok_or_else(|| "证书类型应为 职业资格、技能等级 或 专项能力".to_owned()),
    }
}

impl TypeArgument {
    fn holds(self, lot: &LotProgress) -> bool {
        self.certificate_type.is_none_or(|wanted| lot.certificate_type == wanted)
    }

    /// The lots of an account's own that are meant. With a token of somebody whom this command does not know, the system tells which
    /// lot it is: none is named then but what was typed.
    pub(crate) async fn of(self, api: &Api, id: &str, account: &Account, remote: &Remote) -> Result<Vec<Option<CertificateType>>> {
        if remote.endpoint.is_some() {
            return Ok(vec![self.certificate_type]);
        }
        let reviewer = account.reviewer_name();
        let lots = api.show(id).await?.decisions;
        let own = lots.iter().filter(|lot| lot.reviewer.as_str() == reviewer && self.holds(lot));
        let types: Vec<_> = own.map(|lot| Some(lot.certificate_type)).collect();
        // Before the review there is none: the system says so.
        Ok(if types.is_empty() { vec![self.certificate_type] } else { types })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_as_people_call_it() {
        for text in ["专项", "专项职业能力证书", "specific_ability", " 专项能力 "] {
            assert_eq!(certificate_type(text), Ok(CertificateType::SpecificAbility), "{text}");
        }
        assert_eq!(certificate_type("职业技能等级证书"), Ok(CertificateType::SkillLevel));
        assert!(certificate_type("毕业证书").is_err_and(|why| why.contains("技能等级")));
    }
}
