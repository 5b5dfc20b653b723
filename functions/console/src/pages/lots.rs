//! A lot by the type of its certificates: what their numbers are called, and where its next step is taken.

use operations::lot_tasks::LotTask;
use rules::issue::allocation::Stage;
use rules::issue::application::ApplicationId;
use rules::values::vocabulary::CertificateType;

/// Whether others make and publish certificates of that type (二、（一）).
pub(super) fn is_of_others(certificate_type: CertificateType) -> bool {
    match certificate_type {
        CertificateType::Qualification => true,
        CertificateType::SkillLevel | CertificateType::SpecificAbility => false,
    }
}

/// What a certificate of that type is found by: 证书编码 is that of 22 positions (四), others have 证书编号.
pub(super) fn number_word(certificate_type: CertificateType) -> &'static str {
    match certificate_type {
        CertificateType::SkillLevel => "编码",
        CertificateType::SpecificAbility | CertificateType::Qualification => "编号",
    }
}

/// What is said of certificates of that type that have their number.
pub(super) fn numbered_word(certificate_type: CertificateType) -> &'static str {
    match certificate_type {
        CertificateType::SkillLevel => "已赋码",
        CertificateType::SpecificAbility | CertificateType::Qualification => "已编号",
    }
}

/// How far a lot is on the way that all lots go, what is left out for its type counted as done: others print and publish their own.
pub(super) fn way(certificate_type: CertificateType, stage: Option<Stage>, archivable: bool) -> Stage {
    match (stage, is_of_others(certificate_type)) {
        (Some(Stage::Archived), true) => Stage::Published,
        (None, true) => Stage::Printed,
        (Some(stage), _) => stage,
        (None, false) if archivable => Stage::Printed,
        (None, false) => Stage::Issued,
    }
}

/// Where the next step of a lot is taken, and what the link to it says.
pub(super) fn next_step(id: &ApplicationId, task: LotTask) -> (String, &'static str) {
    match task {
        LotTask::Number => (format!("/console/applications/{id}/numbers"), "登记证书编号"),
        LotTask::Print => (format!("/console/applications/{id}"), "打印"),
        LotTask::Archive => (format!("/console/applications/{id}"), "资料存档"),
        LotTask::Publish => ("/console/publications".to_owned(), "申报信息上网"),
        LotTask::Collect => (format!("/console/hand-out/{id}"), "领取和发放"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_step_of_a_lot_goes_by_its_type_as_well_as_by_its_stage() {
        use CertificateType::{Qualification, SkillLevel, SpecificAbility};
        for (certificate_type, stage, archivable, reached) in [
            (SkillLevel, None, false, Stage::Issued),
            (SpecificAbility, None, true, Stage::Printed),
            (SpecificAbility, Some(Stage::Archived), false, Stage::Archived),
            (Qualification, None, false, Stage::Printed),
            (Qualification, Some(Stage::Archived), false, Stage::Published),
            (Qualification, Some(Stage::HandedOut), false, Stage::HandedOut),
        ] {
            assert_eq!(way(certificate_type, stage, archivable), reached, "{certificate_type:?} {stage:?}");
        }
    }

    #[test]
    fn a_code_is_a_code_and_all_others_are_numbers() {
        let words = CertificateType::ALL.map(|one| (number_word(one), numbered_word(one)));
        assert_eq!(words, [("编号", "已编号"), ("编码", "已赋码"), ("编号", "已编号")]);
    }
}
