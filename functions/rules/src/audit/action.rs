//! What an audit entry says was done, and what depends on it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AuditSubject::{Access, Application, Archive, Certificate, HandOut, Publication, Register, Sheets};
use crate::issue::account::AccountChange;

/// What was done. The names stand in stored trails and in announcements: they never change.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum AuditAction {
    /// 授权: the Center authorised the contest and its plan (二).
    Authorise,
    /// 登记授权编号: the number of an authorisation, entered by hand.
    NumberAuthorisation,
    /// 撤销授权 or 审批: taken back before the first number was given.
    WithdrawAuthorisation,
    /// 声明: the organiser gave its word for what it applies for (六、（二）).
    Declare,
    /// 收到纸质材料: paper originals were received (五、（一）).
    ReceiveOriginals,
    /// 收到备案: a filed body that will issue received the submission (五、（一）).
    ReceiveFiling,
    /// 更正大赛信息: the contest's record was put right, by the unit or by the Center, before the authorisation.
    CorrectContest,
    /// 退回: the application went back to the unit.
    Return,
    /// 撤回: the unit took it back before the authorisation.
    Withdraw,
    /// 删除: the unit deleted it; it was never authorised.
    Delete,
    /// 到期删除: nothing came of it, and the time that such data is kept is over (个人信息保护法 第四十七条).
    Expire,
    /// 资格审核: a reviewer decided its rows, and numbers were allocated (五、（二）).
    Qualify,
    /// 打印: a run of sheets.
    Print,
    /// 作废: a sheet that jammed.
    VoidSheet,
    /// 补发
    Reissue,
    /// 更正
    Correct,
    /// 更正 that waits for the approval of a second person.
    CorrectionRequested,
    /// The second person does not approve it.
    CorrectionRejected,
    /// 注销
    Revoke,
    /// The number of a certificate that somebody else issues (二、（一）).
    ExternalNumber,
    /// Numbers of certificates of ours that are entered by hand (G13).
    NumberEntered,
    /// An archive volume was ordered.
    Archive,
    /// 存档: it was sealed.
    Archived,
    /// 查阅 of a volume.
    Consult,
    /// 信息上网: applied for.
    PublicationApplied,
    /// Passed by the Center.
    PublicationReviewed,
    /// Uploaded to the national platform.
    PublicationUploaded,
    /// Found on the query site.
    PublicationConfirmed,
    /// Sent back.
    PublicationReturned,
    /// 领取: the organiser collected a lot.
    Collect,
    /// 发放: winners have their certificates.
    HandOut,
    /// A filed body was entered or changed.
    EnterBody,
    /// A part of the rulebook was replaced.
    PlaceRulebook,
    /// What was put in the place of a part was withdrawn.
    WithdrawRulebook,
    /// A public key that QR codes are signed with was made known.
    EnterKey,
    /// 申请账号 (五、（二）), by whoever it is for.
    ApplyForAccount,
    /// 开通账号
    GrantAccount,
    /// 不予开通
    RefuseAccount,
    /// 停用账号
    SuspendAccount,
    /// 恢复账号
    ResumeAccount,
    /// 终止账号
    EndAccount,
    /// 查看材料: somebody of the Center or of an issuing body had materials or photos of an application shown.
    Look,
    /// 查看证件号码: somebody had a winner's document number shown in full.
    Reveal,
    /// 按证件号码查询
    Search,
}

/// What an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditSubject {
    /// An application and the decisions on it.
    Application,
    /// One certificate or record.
    Certificate,
    /// Sheets and what is printed on them.
    Sheets,
    /// Archive volumes.
    Archive,
    /// Batches of the publication.
    Publication,
    /// Certificates on their way to the winners.
    HandOut,
    /// What the Center keeps for all applications: bodies, rules, keys, accounts.
    Register,
    /// Who had personal data shown: nothing changes by it.
    Access,
}

impl AuditAction {
    /// All of them.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name in records and announcements.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The word that staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Authorise => "授权",
            Self::NumberAuthorisation => "登记授权编号",
            Self::WithdrawAuthorisation => "撤销授权",
            Self::Declare => "声明",
            Self::ReceiveOriginals => "登记纸质材料",
            Self::ReceiveFiling => "收到备案",
            Self::CorrectContest => "更正大赛信息",
            Self::Return => "退回",
            Self::Withdraw => "撤回",
            Self::Delete => "删除",
            Self::Expire => "到期删除",
            Self::Qualify => "资格审核",
            Self::Print => "打印",
            Self::VoidSheet => "打印作废",
            Self::Reissue => "补发",
            Self::Correct => "更正",
            Self::CorrectionRequested => "申请更正",
            Self::CorrectionRejected => "更正未予批准",
            Self::Revoke => "注销",
            Self::ExternalNumber => "登记证书编号",
            Self::NumberEntered => "登记专项编号",
            Self::Archive => "提出存档",
            Self::Archived => "存档",
            Self::Consult => "查阅档案",
            Self::PublicationApplied => "申报上网",
            Self::PublicationReviewed => "上网审核",
            Self::PublicationUploaded => "上网上传",
            Self::PublicationConfirmed => "上网确认",
            Self::PublicationReturned => "上网退回",
            Self::Collect => "领取",
            Self::HandOut => "发放",
            Self::EnterBody => "登记评价机构",
            Self::PlaceRulebook => "更换规则",
            Self::WithdrawRulebook => "撤回规则",
            Self::EnterKey => "登记验证公钥",
            Self::ApplyForAccount => "申请账号",
            Self::GrantAccount => "开通账号",
            Self::RefuseAccount => "不予开通账号",
            Self::SuspendAccount => "停用账号",
            Self::ResumeAccount => "恢复账号",
            Self::EndAccount => "终止账号",
            Self::Look => "查看材料",
            Self::Reveal => "查看证件号码",
            Self::Search => "按证件号码查询",
        }
    }

    /// What it is about.
    pub fn subject(self) -> AuditSubject {
        match self {
            Self::Authorise
            | Self::NumberAuthorisation
            | Self::WithdrawAuthorisation
            | Self::Declare
            | Self::ReceiveOriginals
            | Self::ReceiveFiling
            | Self::CorrectContest
            | Self::Return
            | Self::Withdraw
            | Self::Delete
            | Self::Expire
            | Self::Qualify => Application,
            Self::Reissue
            | Self::Correct
            | Self::CorrectionRequested
            | Self::CorrectionRejected
            | Self::Revoke
            | Self::ExternalNumber
            | Self::NumberEntered => Certificate,
            Self::Print | Self::VoidSheet => Sheets,
            Self::Archive | Self::Archived | Self::Consult => Archive,
            Self::PublicationApplied
            | Self::PublicationReviewed
            | Self::PublicationUploaded
            | Self::PublicationConfirmed
            | Self::PublicationReturned => Publication,
            Self::Collect | Self::HandOut => HandOut,
            Self::EnterBody
            | Self::PlaceRulebook
            | Self::WithdrawRulebook
            | Self::EnterKey
            | Self::ApplyForAccount
            | Self::GrantAccount
            | Self::RefuseAccount
            | Self::SuspendAccount
            | Self::ResumeAccount
            | Self::EndAccount => Register,
            Self::Look | Self::Reveal | Self::Search => Access,
        }
    }

    /// Whether the public is told of it as of a change of one certificate; a number that somebody else gave is not.
    pub fn is_announced(self) -> bool {
        matches!(self, Self::Reissue | Self::Correct | Self::Revoke)
    }

    /// Whether a row of the publication may be another after it.
    pub fn changes_published_row(self) -> bool {
        match self {
            Self::Correct | Self::Revoke | Self::ExternalNumber | Self::NumberEntered => true,
            Self::Authorise
            | Self::NumberAuthorisation
            | Self::WithdrawAuthorisation
            | Self::Declare
            | Self::ReceiveOriginals
            | Self::ReceiveFiling
            | Self::CorrectContest
            | Self::Return
            | Self::Withdraw
            | Self::Delete
            | Self::Expire
            | Self::Qualify
            | Self::Print
            | Self::VoidSheet
            | Self::Reissue
            | Self::CorrectionRequested
            | Self::CorrectionRejected
            | Self::Archive
            | Self::Archived
            | Self::Consult
            | Self::PublicationApplied
            | Self::PublicationReviewed
            | Self::PublicationUploaded
            | Self::PublicationConfirmed
            | Self::PublicationReturned
            | Self::Collect
            | Self::HandOut
            | Self::EnterBody
            | Self::PlaceRulebook
            | Self::WithdrawRulebook
            | Self::EnterKey
            | Self::ApplyForAccount
            | Self::GrantAccount
            | Self::RefuseAccount
            | Self::SuspendAccount
            | Self::ResumeAccount
            | Self::EndAccount
            | Self::Look
            | Self::Reveal
            | Self::Search => false,
        }
    }

    /// Whether an archive volume holds something else after it: everything does but what is about volumes.
    pub fn changes_volume(self) -> bool {
        match self.subject() {
            Archive | Register | Access => false,
            Application | Certificate | Sheets | Publication | HandOut => true,
        }
    }
}

impl From<AccountChange> for AuditAction {
    fn from(change: AccountChange) -> Self {
        match change {
            AccountChange::Apply => Self::ApplyForAccount,
            AccountChange::Grant => Self::GrantAccount,
            AccountChange::Refuse => Self::RefuseAccount,
            AccountChange::Suspend => Self::SuspendAccount,
            AccountChange::Resume => Self::ResumeAccount,
            AccountChange::End => Self::EndAccount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_that_trails_hold() {
        let names: Vec<&str> = AuditAction::ALL.iter().map(|action| action.name()).collect();
        let expected = "authorise number-authorisation withdraw-authorisation declare receive-originals receive-filing correct-contest return withdraw delete expire qualify print void-sheet reissue correct correction-requested correction-rejected revoke external-number number-entered archive archived consult \
                        publication-applied publication-reviewed publication-uploaded publication-confirmed publication-returned \
                        collect hand-out enter-body place-rulebook withdraw-rulebook enter-key apply-for-account grant-account refuse-account suspend-account resume-account end-account look reveal search";
        assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
        for action in AuditAction::ALL {
            assert_eq!(serde_json::to_value(action).expect("JSON"), action.name());
        }
    }

    #[test]
    fn what_changes_a_published_row_changes_the_volume_too() {
        assert!(AuditAction::ALL.iter().all(|action| !action.changes_published_row() || action.changes_volume()));
        assert!(!AuditAction::Consult.changes_volume() && AuditAction::HandOut.changes_volume());
    }
}
