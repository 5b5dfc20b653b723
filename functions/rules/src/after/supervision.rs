//! 五、（二）: what is entered in the provincial supervision system of a lot, so that nobody types it again.

use jiff::civil::Date;

use crate::intake::contest::Contest;
use crate::intake::entry::Entry;
use crate::issue::certificate_fields::IssuedBy;
use crate::notice::{Notice, SupervisionCell, SupervisionRules};

/// A certificate of the lot.
#[derive(Clone, Copy)]
pub struct SupervisedAward<'a> {
    /// The contest.
    pub contest: &'a Contest,
    /// The winner's row, as corrected.
    pub entry: &'a Entry,
    /// By whom, in whose name.
    pub by: IssuedBy<'a>,
    /// 证书编号
    pub number: &'a str,
    /// 流水号; none where it lies on no numbered sheet.
    pub serial: Option<&'a str>,
    /// The date on it.
    pub issued_on: Date,
}

/// The rows of the workbook: a text for each of its columns.
pub fn supervised<'a>(
    notice: &Notice,
    rules: &SupervisionRules,
    awards: impl IntoIterator<Item = SupervisedAward<'a>>,
) -> Vec<Vec<String>> {
    let row = |(sequence, award): (usize, SupervisedAward<'_>)| {
        rules.columns.iter().map(|column| award.text(notice, rules, column.value, sequence)).collect()
    };
    (1..).zip(awards).map(row).collect()
}

impl SupervisedAward<'_> {
    fn text(&self, notice: &Notice, rules: &SupervisionRules, cell: SupervisionCell, sequence: usize) -> String {
        let Self { contest, entry, by, number, serial, issued_on } = self;
        let date = |day: Date| day.strftime(&rules.date_format).to_string();
        let score = |score: Option<f64>| score.map_or_else(String::new, |score| score.to_string());
        match cell {
            SupervisionCell::Sequence => sequence.to_string(),
            SupervisionCell::Name => entry.name.reveal().to_owned(),
            SupervisionCell::Gender => entry.gender.word().to_owned(),
            SupervisionCell::DocumentType => entry.document_type.clone(),
            SupervisionCell::DocumentNumber => entry.document_number.reveal().to_owned(),
            SupervisionCell::BirthDate => {
                let carried = entry.document_number.birth_and_gender().map(|(birth, _)| birth);
                carried.or(entry.details.birth_date).map(date).unwrap_or_default()
            }
            SupervisionCell::Ethnicity => entry.details.ethnicity.clone().unwrap_or_default(),
            SupervisionCell::Education => entry.details.education.clone().unwrap_or_default(),
            SupervisionCell::Group => entry.details.group.clone().unwrap_or_default(),
            SupervisionCell::Team => entry.details.team.clone().unwrap_or_default(),
            SupervisionCell::PriorType => entry.details.prior_type.clone().unwrap_or_default(),
            SupervisionCell::PriorLevel => {
                let carried = || entry.prior.as_ref().and_then(|prior| prior.level).map(|digit| notice.level_name(digit).to_owned());
                entry.details.prior_level.clone().or_else(carried).unwrap_or_default()
            }
            SupervisionCell::PriorNumber => {
                let number = entry.prior.as_ref().and_then(|prior| prior.number.as_ref());
                number.map_or_else(String::new, |number| number.reveal().to_owned())
            }
            SupervisionCell::Remark => entry.details.remark.clone().unwrap_or_default(),
            SupervisionCell::TheoryScore => score(entry.details.theory_score),
            SupervisionCell::PracticeScore => score(entry.details.practice_score),
            SupervisionCell::TotalScore => score(entry.details.total_score),
            SupervisionCell::Phone => entry.phone.clone(),
            SupervisionCell::Employer => entry.employer.clone(),
            SupervisionCell::Occupation => entry.occupation.clone(),
            SupervisionCell::OccupationCode => entry.occupation_code.clone(),
            SupervisionCell::Job => entry.job.clone().unwrap_or_default(),
            SupervisionCell::Level => {
                entry.level.and_then(|digit| notice.level_by_digit(digit)).map_or_else(String::new, |level| level.name.clone())
            }
            SupervisionCell::Contest => contest.name.clone(),
            SupervisionCell::Class => contest.class.name().to_owned(),
            SupervisionCell::Organiser => contest.organiser.clone(),
            SupervisionCell::Event => entry.event.clone(),
            SupervisionCell::Award => entry.award.clone(),
            SupervisionCell::FinalOn => date(contest.final_on),
            SupervisionCell::CertificateType => notice.type_rule(by.certificate_type).map_or_else(String::new, |rule| rule.name.clone()),
            SupervisionCell::Number => (*number).to_owned(),
            SupervisionCell::Serial => serial.unwrap_or_default().to_owned(),
            SupervisionCell::IssuedOn => date(*issued_on),
            SupervisionCell::IssuingBody => by.issuing_body.to_owned(),
            SupervisionCell::SealedBy => by.sealed_by.unwrap_or_default().to_owned(),
        }
    }
}
