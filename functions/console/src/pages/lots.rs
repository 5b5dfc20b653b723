//! A lot by the type of its certificates: how far it is, and where its next step is taken.

use operations::lot_tasks::LotTask;
use rules::issue::allocation::Stage;
use rules::issue::application::ApplicationId;
use rules::values::vocabulary::CertificateType;

/// How far a lot is on the way that all lots go, what is left out for its type counted as done: others print and publish their own.
pub(super) fn way(certificate_type: CertificateType, stage: Option<Stage>, archivable: bool) -> Stage {
    match (stage, certificate_type.is_of_others()) {
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
}
