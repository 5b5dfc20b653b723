//! Print runs: certificates onto the sheets of a stack, and on to the next sheet after a jam.

use records::issue::runs::{Jam, Wanted};
use records::keys::objects::{PrintOutput, chunks_of};
use rules::audit::{AuditAction, AuditEntry};
use rules::intake::photos;
use rules::issue::access::Action;
use rules::issue::allocation::{Allocation, Stage};
use rules::issue::application::ApplicationId;
use rules::notice::{Notice, PhotoNeed, SheetKind};
use rules::sheets::run::{Purpose, Run, Setting};
use rules::values::party::{Actor, IssuingUnit};
use rules::values::vocabulary::CertificateType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::own_lot::meant;
use crate::refusal::Refusal;
use crate::rows::reviewer_of;
use crate::sheets::{number, refusal, serial, top_sheet};

/// What is printed on which sheets.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct StartRun {
    /// Certificates of which type; needed only where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<CertificateType>,
    /// Serial of the top sheet of the stack; the holder's lowest, if none is named.
    pub top: Option<String>,
    /// How many certificates; all that are left, if none is named.
    pub count: Option<u32>,
    /// How they go on paper.
    #[serde(default)]
    pub setting: Setting,
    /// Why certificates without a photo are printed, e.g. 照片由本机构粘贴.
    #[serde(default)]
    pub reason: String,
}

/// A sheet that jammed.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct VoidSheet {
    /// Serial of the spoiled sheet.
    pub serial: String,
    /// Why, in Chinese.
    pub reason: String,
    /// Serial of the sheet on top now; the one under the spoiled one, if none is named.
    pub top: Option<String>,
}

/// A run with its serials.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownRun {
    /// Its number among the reviewer's runs of the application, from 0.
    pub run: u32,
    /// Why the sheets are printed.
    pub purpose: Purpose,
    /// How they go on paper.
    pub setting: Setting,
    /// Serial under the first certificate.
    pub first: Option<String>,
    /// Serial under the last certificate.
    pub last: Option<String>,
    /// First and last serial of each stretch, in the order of the certificates.
    pub sheets: Vec<(String, String)>,
    /// How many certificates.
    pub count: u32,
    /// Sheets that were spoiled in the machine, and are no longer among these.
    pub spoiled: Vec<ShownSpoiled>,
}

/// A sheet that was spoiled in the machine.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownSpoiled {
    /// Serial of the spoiled sheet.
    pub serial: String,
    /// Place of the certificate that was on it in the lot, from 0.
    pub position: u32,
    /// Why it was voided, in Chinese.
    pub reason: String,
}

/// What a run is to be made of.
pub(crate) struct Ready<'n> {
    pub(crate) allocation: Allocation,
    /// Kind of its sheets, where its type has one.
    pub(crate) kind: Option<&'n SheetKind>,
    /// Number of the top sheet, where one was named.
    pub(crate) top: Option<u64>,
}

impl Operations {
    /// Takes sheets for the actor's certificates of an application and orders the merged PDFs.
    pub async fn print(&self, actor: &Actor, id: ApplicationId, request: StartRun) -> Result<ShownRun, Refusal> {
        let application = self.visible(actor, &id).await?;
        let reviewer = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &reviewer })?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let Ready { allocation, kind, top } = self.ready_to_print(&id, &reviewer, &request, notice).await?;
        let audit = AuditEntry::new(actor, AuditAction::Print, &notice.procedure.printing, self.cloud.clock.now());
        let reason = self.reason_without_photos(notice, &allocation, top, &request).await?;
        let wanted = Wanted { reason: reason.as_deref(), ..wanted(kind, top, &request) };
        let run = self.cloud.runs().start(&application, &allocation, wanted, audit).await.map_err(|error| refusal(kind, error))?;
        self.order(&run).await?;
        tracing::info!(application = %id, lot = %run.lot(), run = run.number, sheets = run.count(), "run started");
        Ok(shown(kind, &run))
    }

    /// The lot that a request is to print and the top sheet of its stack, where nothing is in the way.
    pub(crate) async fn ready_to_print<'n>(
        &self,
        id: &ApplicationId,
        reviewer: &IssuingUnit,
        request: &StartRun,
        notice: &'n Notice,
    ) -> Result<Ready<'n>, Refusal> {
        if request.count == Some(0) {
            return Err(Refusal::Malformed("打印张数应为正数".to_owned()));
        }
        let allocation = self.lot_to_print(id, reviewer, request.certificate_type, notice).await?;
        let lot = allocation.lot();
        let kind = notice.sheet_kind_of(allocation.certificate_type);
        let top = top_sheet(kind, request.top.as_deref())?;
        printable(notice, allocation.certificate_type, request.setting)?;
        let printed = self.cloud.certificates().printed_chunks(id, &lot, PrintOutput::Single).await?.len();
        if printed < chunks_of(allocation.numbered) {
            self.nothing_failed(id, &lot, "不能打印到空白证书").await?;
            return Err(Refusal::Changed("证书正在生成，请稍后再打印".to_owned()));
        }
        if allocation.end() == 0 {
            return Err(Refusal::Changed("没有需要打印的证书".to_owned()));
        }
        Ok(Ready { allocation, kind, top })
    }

    /// The lot that is to be printed: where none is named and there are several, the one with sheets.
    async fn lot_to_print(
        &self,
        id: &ApplicationId,
        reviewer: &IssuingUnit,
        asked: Option<CertificateType>,
        notice: &Notice,
    ) -> Result<Allocation, Refusal> {
        let lots = self.printed_lots(id, reviewer, notice).await?;
        let on_sheets: Vec<CertificateType> =
            lots.iter().map(|lot| lot.certificate_type).filter(|of| notice.sheet_kind_of(*of).is_some()).collect();
        let usual = on_sheets.first().copied().filter(|_| on_sheets.len() == 1);
        meant(lots, asked.or(usual), notice)
    }

    /// The lots of a reviewer whose certificates we print.
    async fn printed_lots(&self, id: &ApplicationId, reviewer: &IssuingUnit, notice: &Notice) -> Result<Vec<Allocation>, Refusal> {
        let mut lots = self.lots_decided(id, reviewer).await?;
        lots.retain(|lot| notice.prints(lot.certificate_type));
        Ok(lots)
    }

    /// The run of the reviewer's that lies on a sheet, its lot, and the sheet's number.
    async fn run_on(
        &self,
        id: &ApplicationId,
        reviewer: &IssuingUnit,
        notice: &Notice,
        serial: &str,
    ) -> Result<(Allocation, Run, u64), Refusal> {
        let (mut unread, mut is_read) = (None, false);
        for lot in self.printed_lots(id, reviewer, notice).await? {
            let Some(kind) = notice.sheet_kind_of(lot.certificate_type) else { continue };
            let sheet = match number(kind, serial) {
                Ok(sheet) => sheet,
                Err(refusal) => {
                    unread = Some(refusal);
                    continue;
                }
            };
            is_read = true;
            let runs = self.cloud.runs().of_lot(id, &lot.lot()).await?;
            if let Some(run) = runs.into_iter().find(|run| run.position_on(sheet).is_some()) {
                return Ok((lot, run, sheet));
            }
        }
        Err(unread.filter(|_| !is_read).unwrap_or_else(|| Refusal::Changed(format!("{serial} 不在这份申报的打印批次中"))))
    }

    /// Photos are wanted before printing (G16): why certificates without one are printed all the same, where there are any.
    async fn reason_without_photos(
        &self,
        notice: &Notice,
        lot: &Allocation,
        top: Option<u64>,
        request: &StartRun,
    ) -> Result<Option<String>, Refusal> {
        if notice.photo.before_printing == PhotoNeed::Optional {
            return Ok(None);
        }
        let rows = self.cloud.runs().unprinted_without_photo(lot, top, request.count).await?;
        let reason = request.reason.trim();
        let findings = || rows.iter().map(|row| photos::unprinted(notice, &notice.roster.sheet, *row)).collect();
        match notice.photo.before_printing {
            _ if rows.is_empty() => Ok(None),
            PhotoNeed::Required => Err(Refusal::Findings(findings())),
            _ if reason.is_empty() => Err(Refusal::Advice("有证书没有照片：须写明理由（如由本机构粘贴照片）才能打印", findings())),
            _ => Ok(Some(format!("{} 张没有照片：{reason}", rows.len()))),
        }
    }

    /// Orders the merged PDFs of a run that are not there yet.
    pub(crate) async fn order(&self, run: &Run) -> Result<(), Refusal> {
        let printed = self.cloud.certificates().printed_chunks(&run.run_of, &run.lot(), PrintOutput::Run(run.number)).await?;
        let done: Vec<usize> = printed.iter().map(|chunk| chunk.number).collect();
        Ok(self.cloud.printing().order_run(run, &done).await?)
    }

    /// A sheet jammed and what follows is not printed yet: it is voided, and the rest moves on.
    pub async fn jam(&self, actor: &Actor, id: ApplicationId, request: VoidSheet) -> Result<ShownRun, Refusal> {
        let application = self.visible(actor, &id).await?;
        let reviewer = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &reviewer })?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let (allocation, run, sheet) = self.run_on(&id, &reviewer, notice, &request.serial).await?;
        let kind = run.kind.as_deref().and_then(|kind| notice.sheet_kind(kind));
        let top = top_sheet(kind, request.top.as_deref())?;
        let reason = request.reason.trim();
        if reason.is_empty() {
            return Err(Refusal::Malformed("须写明原因".to_owned()));
        }
        if let Some(stage) = allocation.stage() {
            return Err(Refusal::Changed(format!("这批证书{}，不能整体顺移，请逐张补发", Stage::word(stage))));
        }
        let position = run.position_on(sheet).ok_or(Refusal::NotFound)?;
        let code = self.cloud.printing().code_at(&run, position).await?;
        let audit = AuditEntry::new(actor, AuditAction::VoidSheet, &notice.procedure.printing, self.cloud.clock.now());
        let shifted = self.cloud.runs().shift(&application, &allocation, &run, Jam { sheet, code: &code, reason }, top, audit).await;
        let shifted = shifted.map_err(|error| refusal(kind, error))?;
        // The cover lists are drawn anew.
        self.order(&shifted).await?;
        Ok(shown(kind, &shifted))
    }
}

/// What a request wants of the stack, without a reason.
pub(crate) fn wanted<'n>(kind: Option<&'n SheetKind>, top: Option<u64>, request: &StartRun) -> Wanted<'n> {
    Wanted { kind: kind.map(|kind| kind.kind.as_str()), top, count: request.count, setting: request.setting, reason: None }
}

/// Whether the notice has that form, and a printer can be set so.
pub(crate) fn printable(notice: &Notice, certificate_type: CertificateType, setting: Setting) -> Result<(), Refusal> {
    if notice.layout(certificate_type, setting.form).is_none() {
        return Err(Refusal::Malformed(format!("通知中没有{}版式", setting.form.word())));
    }
    if !setting.calibration.is_sound() {
        return Err(Refusal::Malformed("打印机校准值超出范围：偏移不超过 30 毫米，缩放在 0.9 到 1.1 之间".to_owned()));
    }
    Ok(())
}

/// A run with its serials.
pub(crate) fn shown(kind: Option<&SheetKind>, run: &Run) -> ShownRun {
    let serial = |sheet| kind.map_or_else(String::new, |kind| serial(kind, sheet));
    let sheets: Vec<(String, String)> = run.sheets.iter().map(|s| (serial(s.first), serial(s.last))).collect();
    let spoiled = run.spoiled.iter().map(|spoiled| ShownSpoiled {
        serial: serial(spoiled.sheet),
        position: spoiled.position,
        reason: spoiled.reason.clone(),
    });
    ShownRun {
        run: run.number,
        purpose: run.purpose,
        setting: run.setting,
        first: sheets.first().map(|(first, _)| first.clone()),
        last: sheets.last().map(|(_, last)| last.clone()),
        count: run.count(),
        spoiled: spoiled.collect(),
        sheets,
    }
}
