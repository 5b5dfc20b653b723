//! The first and the last certificate of a run, with the sheets they would lie on, before any sheet is taken.

use certificate::Certificate as Drawn;
use records::issue::certificates::Certificate;
use records::keys::objects::ObjectKey;
use rules::audit::{AuditAction, AuditEntry};
use rules::intake::contest::Contest;
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::notice::Notice;
use rules::sheets::run::Run;
use rules::values::party::Actor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;
use crate::rows::reviewer_of;
use crate::runs::{Ready, ShownRun, StartRun, shown, wanted};
use crate::samples;
use crate::sheets::{refusal, serial};

/// A run as it would be.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RunPreview {
    /// Its sheets; no serial is taken.
    pub run: ShownRun,
    /// Whether this run was made already: the request would give it again.
    pub printed: bool,
    /// Its first certificate and its last, in this order; one where there is only one.
    pub pages: Vec<PreviewPage>,
    /// Link by which a browser shows both, for five minutes; none where a page cannot be printed.
    pub link: Option<String>,
    /// Why not.
    pub problem: Option<String>,
}

/// A certificate and its sheet.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct PreviewPage {
    /// Code, or number where its type has none.
    pub code: String,
    /// Row of the roster.
    pub row: u32,
    /// Name of the winner.
    pub name: String,
    /// Serial of the sheet that must lie under it, where its type has sheets.
    pub serial: Option<String>,
}

impl Operations {
    /// What [`Operations::print`] would print on which sheets.
    pub async fn preview_run(&self, actor: &Actor, id: ApplicationId, request: StartRun) -> Result<RunPreview, Refusal> {
        let application = self.visible(actor, &id).await?;
        let reviewer = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &reviewer })?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let Ready { allocation, kind, top } = self.ready_to_print(&id, &reviewer, &request, notice).await?;
        let audit = AuditEntry::new(actor, AuditAction::Print, &notice.procedure.printing, self.cloud.clock.now());
        let planned = self.cloud.runs().planned(&allocation, wanted(kind, top, &request), &audit).await;
        let run = planned.map_err(|error| refusal(kind, error))?;
        let ends = self.ends(&run).await?;
        let pages = ends.iter().map(|(position, certificate)| PreviewPage {
            code: certificate.code.as_ref().map(ToString::to_string).unwrap_or_default(),
            row: certificate.row,
            name: certificate.entry.name.reveal().to_owned(),
            serial: kind.zip(run.sheet(*position)).map(|(kind, sheet)| serial(kind, sheet)),
        });
        let pages = pages.collect();
        let runs = self.cloud.runs().of_lot(&id, &run.lot()).await?;
        let printed = runs.iter().any(|known| known.number == run.number);
        let certificates: Vec<&Certificate> = ends.iter().map(|(_, certificate)| certificate).collect();
        let (link, problem) = match self.drawn(notice, &application.contest, &run, &certificates).await? {
            Ok(pdf) => (Some(self.kept_samples(&application, pdf).await?), None),
            Err(problem) => (None, Some(problem)),
        };
        self.note_look(actor, &application, notice, "打印预览".to_owned()).await?;
        Ok(RunPreview { run: shown(kind, &run), printed, pages, link, problem })
    }

    /// The certificates at the first and the last position of a run.
    async fn ends(&self, run: &Run) -> Result<Vec<(u32, Certificate)>, Refusal> {
        let mut ends: Vec<u32> = run.positions().take(1).chain(run.positions().last()).collect();
        ends.dedup();
        let mut certificates = Vec::new();
        for position in ends {
            let code = self.cloud.printing().code_at(run, position).await?;
            let certificate = self.cloud.certificates().by_code(&[code]).await?.pop().ok_or(Refusal::NotFound)?;
            certificates.push((position, certificate));
        }
        Ok(certificates)
    }

    /// Both as a PDF, or why they cannot be printed.
    async fn drawn(
        &self,
        notice: &Notice,
        contest: &Contest,
        run: &Run,
        certificates: &[&Certificate],
    ) -> Result<Result<Vec<u8>, String>, Refusal> {
        let layout = notice.layout(run.certificate_type, run.setting.form).ok_or(Refusal::NotFound)?;
        let mut drawn = Vec::new();
        for certificate in certificates {
            let photo = match certificate.photo {
                true => {
                    let key = ObjectKey::Photo { application: certificate.application.clone(), row: certificate.row };
                    Some(self.cloud.read(&key.to_string(), None).await?)
                }
                false => None,
            };
            let fields = certificate.fields(notice, contest, "样张".to_owned());
            drawn.push((samples::masked(notice, &certificate.entry, fields), photo, certificate.entry.by_hand));
        }
        let pages: Vec<Drawn<'_>> =
            drawn.iter().map(|(fields, photo, by_hand)| Drawn { fields, photo: photo.as_deref(), by_hand: *by_hand }).collect();
        let fonts = self.fonts()?;
        Ok(tokio::task::block_in_place(|| certificate::samples(fonts, layout, &pages)).map_err(|error| samples::said(&error)))
    }
}
