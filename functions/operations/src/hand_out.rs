//! Hand-out (五、（四）): the organiser collects a lot, then gives each winner the certificate; and what has waited too long.

use std::collections::{BTreeMap, HashSet};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use records::after::hand_out::Collected;
use records::application::Application;
use records::issue::certificates::Certificate;
use records::keys::objects::{FormFormat, ObjectKey, PrintOutput, bundles_of};
use rules::after::hand_out::{
    Collection, CollectorDocument, HandOut, HandOutError, HandOutRequest, MAX_WINNERS, Place, active_positions, changes, collectable,
    collected_on, day_in, end, positions_of_rows, stage_before, typed,
};
use rules::audit::{AuditAction, AuditEntry};
use rules::issue::access::Action;
use rules::issue::allocation::{Allocation, Stage};
use rules::issue::application::ApplicationId;
use rules::notice::{HandOutRules, Notice};
use rules::numbers::code::CertificateCode;
use rules::values::attestation;
use rules::values::date::day_of;
use rules::values::folding::{self, folded};
use rules::values::identity::Mask;
use rules::values::lot::LotName;
use rules::values::name::sought;
use rules::values::party::{Actor, IssuingUnit, Role};
use rules::values::schema::{Day, Moment};
use rules::values::text::bounded;
use rules::values::vocabulary::CertificateType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::links::LINK_LIFETIME;
use crate::own_lot::{meant, title};
use crate::refusal::Refusal;
use crate::rows::{reviewer_of, sees_rows_of};
use crate::states::lot_word;

/// Applications looked at at once.
const AT_ONCE: usize = 16;
/// Characters of what is looked for; the address in a QR code has some two hundred.
const MAX_SOUGHT: usize = 400;
/// Winners that one search gives at most.
const MAX_FOUND: usize = 200;
/// Winners of one lot that a list of what is overdue names.
const NAMED: usize = 200;

/// That the organiser has collected the lot.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Collect {
    /// Certificates of which type; needed only where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<CertificateType>,
    /// On which day.
    #[schemars(with = "Day")]
    pub on: Date,
    /// 经办人: who came for the organiser.
    pub collector: String,
    /// 证件类型 that they showed, as in the roster; goes with `document_number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    /// 证件号码; shown masked afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// 备注
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Why it is entered anew, or its list drawn anew; not needed the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Hand-outs to be entered: 90 winners at most.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EnterHandOuts {
    /// The winners, each named by the code of the certificate, or by the number that others gave it.
    pub winners: Vec<EnterHandOut>,
}

/// Which winners are shown.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WinnersAsked {
    /// `next_after` of the page before; the first page, if none is named.
    pub after: Option<u32>,
    /// Only those whose certificates the organiser still has.
    pub waiting: Option<bool>,
}

/// Who is looked for.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindWinners {
    /// A part of the name, or of the certificate's code or number; or what its QR code says.
    pub text: String,
}

/// What winners are found by.
struct Sought {
    name: String,
    number: String,
}

impl Sought {
    /// The address in a QR code ends in the code and a signature.
    fn of(text: &str) -> Self {
        let number = attestation::parts_of(text).map_or(text, |(code, _)| code);
        Self { name: sought(text), number: folded(number).into_owned() }
    }

    fn fits(&self, certificate: &Certificate) -> bool {
        let number = certificate.number().is_some_and(|number| folded(number).contains(&self.number));
        number || sought(certificate.entry.name.reveal()).contains(&self.name)
    }
}

/// That a winner has the certificate; or, with `taken_back`, that this was entered by mistake.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EnterHandOut {
    /// 证书编码, or the number that others gave the certificate.
    pub code: String,
    /// On which day; needed unless it is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub on: Option<Date>,
    /// Who took it, where that was not the winner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collector: Option<String>,
    /// 备注
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Why the entry is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<String>,
}

/// What became of hand-outs that were to be entered.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
pub struct EnteredHandOuts {
    /// How many hand-outs were entered now.
    pub entered: usize,
    /// How many entries were taken back now.
    pub taken_back: usize,
    /// How many were entered before in the same words.
    pub unchanged: usize,
}

/// A lot, from its approval on, and who collected it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CollectedLot {
    /// Who issued the lot.
    pub reviewer: IssuingUnit,
    /// Of which type the certificates are.
    pub certificate_type: CertificateType,
    /// The type as the notice calls it.
    pub certificate_type_word: String,
    /// Certificates that count.
    pub certificates: usize,
    /// The stage that it has reached by hand.
    pub stage: Option<Stage>,
    /// Where the lot stands, as units and staff call it: 已登记 where others issue, 待编号 where numbers are still to be entered.
    pub stage_word: Option<String>,
    /// When it was published (Asia/Shanghai); archived, where others issue the certificates.
    #[schemars(with = "Option<Day>")]
    pub published_on: Option<Date>,
    /// How many days it has waited since, if that is too long.
    pub overdue_days: Option<u32>,
    /// Who collected it; none before.
    pub collection: Option<ShownCollection>,
}

/// A collection and its list.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownCollection {
    /// The day of the collection.
    #[schemars(with = "Day")]
    pub on: Date,
    /// 经办人: who came for the organiser.
    pub collector: String,
    /// 证件类型 that they showed, where it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    /// 证件号码, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// 备注
    pub remark: Option<String>,
    /// On the list.
    pub certificates: u32,
    /// Parts of the list.
    pub parts: usize,
    /// Parts that are drawn.
    pub drawn_parts: usize,
    /// Links to the parts that are drawn, to be printed and signed.
    pub pdfs: Vec<String>,
    /// Links to the same as workbooks.
    pub workbooks: Vec<String>,
    /// When it was entered.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// By which account.
    pub by: String,
}

/// Where a winner's certificate is.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whereabouts {
    /// 未领取: with the issuing body.
    NotCollected,
    /// 待发放: with the organiser.
    Waiting,
    /// 已发放: with the winner.
    HandedOut,
}

impl Whereabouts {
    fn word(self) -> &'static str {
        match self {
            Self::NotCollected => "主办单位未领取",
            Self::Waiting => "待发给选手",
            Self::HandedOut => "已发给选手",
        }
    }
}

/// A winner, for hand-out.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Winner {
    /// Row of the roster.
    pub row: u32,
    /// 姓名
    pub name: String,
    /// 证书编码, or the number that others gave the certificate.
    pub code: String,
    /// Who issued the certificate.
    pub reviewer: IssuingUnit,
    /// Where the certificate is.
    pub state: Whereabouts,
    /// The same as units and staff call it.
    pub state_word: String,
    /// Link to the certificate's PDF, once it is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdf: Option<String>,
    /// What was entered of the hand-out, where it was.
    #[serde(flatten)]
    pub hand_out: Option<ShownHandOut>,
}

/// What was entered of it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownHandOut {
    /// The day on which the certificate was handed out.
    #[schemars(with = "Day")]
    pub on: Date,
    /// Who took it, where that was not the winner.
    pub collector: Option<String>,
    /// 备注
    pub remark: Option<String>,
}

/// A page of winners and where their certificates are.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Winners {
    /// In roster order.
    pub winners: Vec<Winner>,
    /// Where the next page begins; none at the end.
    pub next_after: Option<u32>,
}

/// What has waited too long.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Overdue {
    /// Days by the setting of the province.
    pub remind_after_days: u32,
    /// The gap that this rests on, 待确认.
    pub unconfirmed: Option<String>,
    /// Lots that the organiser has not collected since their publication.
    pub lots: Vec<WaitingLot>,
    /// Lots of the unit whose winners do not all have their certificates; told to units only.
    pub winners: Vec<WaitingLot>,
}

/// A lot that waits.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct WaitingLot {
    /// The application that the lot is of.
    pub application: ApplicationId,
    /// 大赛名称
    pub contest: String,
    /// The unit's organisation.
    pub unit: String,
    /// Who issued the lot.
    pub reviewer: IssuingUnit,
    /// Of which type the certificates are.
    pub certificate_type: CertificateType,
    /// Published, or collected, on that day.
    #[schemars(with = "Day")]
    pub since: Date,
    /// Days since then.
    pub days: u32,
    /// Certificates that wait.
    pub certificates: usize,
    /// Whose, 200 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<WaitingWinner>,
}

/// A winner who waits.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct WaitingWinner {
    /// Row of the roster.
    pub row: u32,
    /// 姓名
    pub name: String,
    /// 证书编码, or the number that others gave the certificate.
    pub code: String,
}

impl From<HandOutError> for Refusal {
    fn from(error: HandOutError) -> Self {
        use HandOutError::{Empty, Entered, Future, NotArchived, NotCollected, NotEntered, NotPublished, Text, TooEarly, Twice, Unknown};
        let message = error.to_string();
        match error {
            NotPublished | NotArchived | NotCollected | Empty | Entered(_) | NotEntered(_) => Self::Changed(message),
            Future(_) | TooEarly { .. } | Text(_) | Unknown(_) | Twice(_) => Self::Malformed(message),
        }
    }
}

impl Operations {
    /// The organiser has collected the actor's lot: its last milestone, and the list to sign is ordered.
    pub async fn collect(&self, actor: &Actor, id: ApplicationId, request: Collect) -> Result<CollectedLot, Refusal> {
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        if let Some(asked) = request.certificate_type
            && actor.role == Role::Unit
            && notice.prints(asked)
        {
            return Err(Refusal::Malformed(format!("{}的领取由颁证机构登记", title(notice, asked))));
        }
        let lot = meant(self.lots_to_collect(actor, &application, notice).await?, request.certificate_type, notice)?;
        let name = lot.lot();
        collectable(notice, &lot).map_err(|error| Refusal::Changed(format!("{}：{error}", title(notice, lot.certificate_type))))?;
        let collector = typed("经办人", &request.collector)?;
        let remark = request.remark.as_deref().map(|remark| typed("备注", remark)).transpose()?;
        let reason = request.reason.as_deref().map(|reason| typed("原因", reason)).transpose()?;
        let on = day_in(request.on, ("审核通过日期", day_of(lot.decided_at)), self.cloud.clock.today())?;
        let known = self.cloud.hand_outs().collection(&id, &name).await?;
        let rules = &notice.hand_out;
        let document = match (&request.document_type, &request.document_number) {
            (Some(kind), Some(number)) => {
                Some(CollectorDocument::read(notice, rulebook.catalogues()?, kind, number).map_err(Refusal::Malformed)?)
            }
            (None, None) => None,
            _ => return Err(Refusal::Malformed("证件类型和证件号码须一同写明".to_owned())),
        };
        if let (Some(known), None) = (&known, reason) {
            if (known.on, known.collector.as_str(), &known.document, known.remark.as_deref()) != (on, collector, &document, remark) {
                return Err(Refusal::Changed("这批证书已登记领取，内容不同；如需更正，请写明原因".to_owned()));
            }
            return self.lot(lot, notice).await;
        }
        if known.is_some() {
            self.before_every_hand_out(&id, &name, on).await?;
        }
        let audit = AuditEntry::new(actor, AuditAction::Collect, &rules.clause, self.cloud.clock.now());
        let collected = Collected { on, collector, document, remark, reason, end: end(notice, &lot) };
        let collection = self.cloud.hand_outs().collect(&application, &lot, collected, audit).await?;
        // What these objects would have started, reconcile starts if it is lost here.
        self.cloud.printing().order_hand_out_list(&collection, &[]).await?;
        tracing::info!(application = %id, lot = %name, certificates = collection.count(), "collected");
        let lot = self.cloud.allocations().get(&id, &name).await?.ok_or(Refusal::NotFound)?;
        self.lot(lot, notice).await
    }

    /// The lots whose collection the actor may enter: an issuing unit its own, the organiser those that others issue (二、（一）).
    async fn lots_to_collect(&self, actor: &Actor, application: &Application, notice: &Notice) -> Result<Vec<Allocation>, Refusal> {
        let reviewer = reviewer_of(actor);
        if actor.may(Action::Qualify { reviewer: &reviewer }).is_ok() {
            return self.lots_decided(&application.id, &reviewer).await;
        }
        let mut lots = self.cloud.allocations().of(&application.id).await?;
        lots.retain(|lot| {
            let enter = Action::EnterNumber { unit: &application.unit, reviewer: &lot.reviewer };
            !notice.prints(lot.certificate_type) && actor.may(enter).is_ok()
        });
        if lots.is_empty() { Err(Refusal::Denied) } else { Ok(lots) }
    }

    /// A lot is collected before its winners get anything.
    async fn before_every_hand_out(&self, id: &ApplicationId, lot: &LotName, on: Date) -> Result<(), Refusal> {
        let first = self.cloud.hand_outs().of(id, lot).await?.into_iter().map(|hand_out| hand_out.on).min();
        match first.filter(|first| *first < on) {
            Some(first) => Err(Refusal::Malformed(format!("已有选手于 {first} 领取，领取日期不能晚于这一天"))),
            None => Ok(()),
        }
    }

    /// Every lot of an application that the actor may see, from its approval on, with links to its hand-out list.
    pub async fn collections(&self, actor: &Actor, id: ApplicationId) -> Result<Vec<CollectedLot>, Refusal> {
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let mut lots = Vec::new();
        for lot in self.cloud.allocations().of(&id).await? {
            if sees_rows_of(actor, &application, &lot.reviewer) {
                lots.push(self.lot(lot, notice).await?);
            }
        }
        Ok(lots)
    }

    async fn lot(&self, lot: Allocation, notice: &Notice) -> Result<CollectedLot, Refusal> {
        let rules = &notice.hand_out;
        let collection = self.cloud.hand_outs().collection(&lot.of, &lot.lot()).await?;
        let published_on = lot.reached_on(stage_before(notice, lot.certificate_type));
        let waits = published_on.filter(|_| lot.stage() < Some(Stage::HandedOut));
        let runs = if lot.stage().is_none() { self.cloud.runs().of_lot(&lot.of, &lot.lot()).await? } else { Vec::new() };
        let state = self.lot_state(&lot, &runs, notice).await?;
        Ok(CollectedLot {
            certificates: active_positions(notice, &lot).count(),
            stage: lot.stage(),
            stage_word: Some(lot_word(&lot, state).to_owned()),
            published_on,
            overdue_days: waits.and_then(|since| rules.overdue(since, self.cloud.clock.today())),
            collection: match collection {
                Some(collection) => Some(self.shown_collection(collection, &notice.mask).await?),
                None => None,
            },
            certificate_type: lot.certificate_type,
            certificate_type_word: title(notice, lot.certificate_type),
            reviewer: lot.reviewer,
        })
    }

    async fn shown_collection(&self, collection: Collection, mask: &Mask) -> Result<ShownCollection, Refusal> {
        let (id, lot, number) = (&collection.collection_of, collection.lot(), collection.number);
        let drawn = self.cloud.certificates().printed_chunks(id, &lot, PrintOutput::HandOut(number)).await?;
        let (mut pdfs, mut workbooks) = (Vec::new(), Vec::new());
        for part in drawn.iter().map(|chunk| chunk.number) {
            let key = |format| {
                let (application, lot) = (id.clone(), lot.clone());
                ObjectKey::HandOutList { application, lot, collection: number, number: part, format }
            };
            pdfs.push(self.cloud.link(&key(FormFormat::Pdf), LINK_LIFETIME).await?);
            workbooks.push(self.cloud.link(&key(FormFormat::Workbook), LINK_LIFETIME).await?);
        }
        let certificates = collection.count();
        Ok(ShownCollection {
            on: collection.on,
            collector: collection.collector,
            document_type: collection.document.as_ref().map(|document| document.kind.clone()),
            document_number: collection.document.as_ref().map(|document| document.number.masked_by(mask)),
            remark: collection.remark,
            certificates,
            parts: bundles_of(certificates),
            drawn_parts: drawn.len(),
            pdfs,
            workbooks,
            at: collection.at,
            by: collection.by,
        })
    }

    /// The unit says which winners have their certificates.
    pub async fn enter_hand_outs(&self, actor: &Actor, id: ApplicationId, request: EnterHandOuts) -> Result<EnteredHandOuts, Refusal> {
        let application = self.visible(actor, &id).await?;
        actor.may(Action::HandOut { unit: &application.unit })?;
        let count = request.winners.len();
        if count == 0 || count > MAX_WINNERS {
            return Err(Refusal::Malformed(format!("每次登记 1 到 {MAX_WINNERS} 名选手，现为 {count} 名；请分次登记")));
        }
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let lots = self.lots_given_out(&id, notice).await?;
        let certificates = self.named(&id, &request.winners).await?;
        let places: Vec<Place> = certificates.iter().map(|one| lots.place(one).ok_or(Refusal::NotFound)).collect::<Result<_, _>>()?;
        let requests = self.hand_out_requests(actor, &lots, &request.winners, &certificates)?;
        let changes = changes(requests, &self.cloud.hand_outs().at(&id, &places).await?)?;
        if !changes.is_empty() {
            let audit = AuditEntry::new(actor, AuditAction::HandOut, &notice.hand_out.clause, self.cloud.clock.now());
            self.cloud.hand_outs().hand_out(&application, &changes, audit).await?;
        }
        let (entered, taken_back) = (changes.entered.len(), changes.taken_back.len());
        tracing::info!(application = %id, entered, taken_back, "handed out");
        Ok(EnteredHandOuts { entered, taken_back, unchanged: count - entered - taken_back })
    }

    async fn lots_given_out<'n>(&self, id: &ApplicationId, notice: &'n Notice) -> Result<LotsGivenOut<'n>, Refusal> {
        let lots = self.cloud.allocations().of(id).await?;
        let collections = self.cloud.hand_outs().collections(id).await?;
        let of_rows = lots.iter().map(|lot| (lot.lot(), positions_of_rows(notice, lot))).collect();
        Ok(LotsGivenOut { notice, lots, collections, of_rows })
    }

    /// The certificates of an application that a request names, in its order.
    async fn named(&self, id: &ApplicationId, winners: &[EnterHandOut]) -> Result<Vec<Certificate>, Refusal> {
        let numbers: Vec<String> = winners.iter().map(|winner| folding::code(&winner.code)).collect();
        let codes: Vec<CertificateCode> = numbers.iter().filter_map(|number| CertificateCode::lookup(number)).collect();
        let mut own = self.cloud.certificates().among(&codes).await?;
        own.retain(|_, certificate| certificate.application == *id);
        let records = match numbers.iter().all(|number| own.contains_key(number)) {
            true => Vec::new(),
            false => self.cloud.certificates().recorded(id).await?,
        };
        let named = |number: &String| {
            if let Some(certificate) = own.get(number) {
                return Ok(certificate.clone());
            }
            let is_it = |record: &&Certificate| record.external_number.as_deref().is_some_and(|known| folding::code(known) == *number);
            let mut of_others = records.iter().filter(is_it);
            match (of_others.next(), of_others.next()) {
                (Some(record), None) => Ok(record.clone()),
                (Some(one), Some(other)) => {
                    Err(Refusal::Malformed(format!("编号 {number} 登记在第 {}、{} 行，一证一号；请先更正编号", one.row, other.row)))
                }
                (None, _) => Err(HandOutError::Unknown(number.clone()).into()),
            }
        };
        numbers.iter().map(named).collect()
    }

    fn hand_out_requests(
        &self,
        actor: &Actor,
        lots: &LotsGivenOut<'_>,
        winners: &[EnterHandOut],
        certificates: &[Certificate],
    ) -> Result<Vec<HandOutRequest>, Refusal> {
        let (at, today) = (self.cloud.clock.now(), self.cloud.clock.today());
        let mut requests = Vec::with_capacity(winners.len());
        for (winner, certificate) in winners.iter().zip(certificates) {
            let (lot, position) = lots.place(certificate).ok_or(Refusal::NotFound)?;
            let number = certificate.number().ok_or(Refusal::NotFound)?.to_owned();
            if let Some(reason) = &winner.taken_back {
                let reason = typed("撤回的原因", reason)?.to_owned();
                requests.push(HandOutRequest::TakeBack { place: (lot, position), number, reason });
                continue;
            }
            if certificate.revoked.is_some() {
                return Err(HandOutError::Unknown(number).into());
            }
            let collected = lots.collected_on(&lot).ok_or(HandOutError::NotCollected)?;
            let on = winner.on.ok_or_else(|| Refusal::Malformed(format!("{number} 未写明发放日期")))?;
            let on = day_in(on, ("主办单位领取日期", collected), today)?;
            let text = |what, text: &Option<String>| text.as_deref().map(|text| typed(what, text).map(str::to_owned)).transpose();
            let (collector, remark) = (text("领取人", &winner.collector)?, text("备注", &winner.remark)?);
            let by = actor.subject.clone();
            requests.push(HandOutRequest::Enter(lot, HandOut { number, position, on, collector, remark, at, by }));
        }
        Ok(requests)
    }

    /// A page of winners after row `after` and where their certificates are; with `waiting`, only those whose certificates
    /// the organiser has.
    pub async fn hand_outs(&self, actor: &Actor, id: ApplicationId, asked: WinnersAsked) -> Result<Winners, Refusal> {
        let (after, waiting) = (asked.after.unwrap_or(0), asked.waiting.unwrap_or(false));
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let lots = self.lots_given_out(&id, rulebook.notices.of_contest(&application.contest)?).await?;
        let page = self.cloud.certificates().page(&application.id, after).await?;
        let mut winners = self.winners_of(actor, &application, &lots, page.certificates).await?;
        winners.retain(|winner| !waiting || winner.state == Whereabouts::Waiting);
        Ok(Winners { winners, next_after: page.next_after })
    }

    /// Winners by a part of their name or of their certificate's code, or by the address in its QR code. Budget: a query for each five
    /// hundred certificates.
    pub async fn find_winners(&self, actor: &Actor, id: ApplicationId, asked: FindWinners) -> Result<Winners, Refusal> {
        let application = self.visible(actor, &id).await?;
        let text = bounded("姓名、证书编码或编号", &asked.text, MAX_SOUGHT).map_err(Refusal::Malformed)?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let lots = self.lots_given_out(&id, rulebook.notices.of_contest(&application.contest)?).await?;
        let sought = Sought::of(text);
        let (mut found, mut after) = (Vec::new(), Some(0));
        while let Some(row) = after.filter(|_| found.len() < MAX_FOUND) {
            let page = self.cloud.certificates().page(&application.id, row).await?;
            found.extend(page.certificates.into_iter().filter(|certificate| sought.fits(certificate)));
            after = page.next_after;
        }
        found.truncate(MAX_FOUND);
        let winners = self.winners_of(actor, &application, &lots, found).await?;
        Ok(Winners { winners, next_after: None })
    }

    /// Of these certificates the ones that count and that the actor may see, with where they are.
    async fn winners_of(
        &self,
        actor: &Actor,
        application: &Application,
        lots: &LotsGivenOut<'_>,
        certificates: Vec<Certificate>,
    ) -> Result<Vec<Winner>, Refusal> {
        let counts = |certificate: &Certificate| certificate.revoked.is_none() && sees_rows_of(actor, application, &certificate.reviewer);
        let placed = |certificate: Certificate| Some((lots.place(&certificate)?, certificate));
        let certificates: Vec<(Place, Certificate)> = certificates.into_iter().filter(counts).filter_map(placed).collect();
        let places: Vec<Place> = certificates.iter().map(|(place, _)| place.clone()).collect();
        let mut entered = self.cloud.hand_outs().at(&application.id, &places).await?;
        let view = self.lots_in_view(actor, application).await?;
        let mut winners = Vec::with_capacity(certificates.len());
        for (place, certificate) in certificates {
            let Some(code) = certificate.number().map(str::to_owned) else { continue };
            let hand_out = entered.remove(&place);
            let state = match (&hand_out, lots.collected_on(&place.0)) {
                (Some(_), _) => Whereabouts::HandedOut,
                (None, Some(_)) => Whereabouts::Waiting,
                (None, None) => Whereabouts::NotCollected,
            };
            let hand_out = hand_out.map(|known| ShownHandOut { on: known.on, collector: known.collector, remark: known.remark });
            let pdf = self.pdf_of(&view, &certificate).await?;
            let (row, name, reviewer) = (certificate.row, certificate.entry.name.reveal().to_owned(), certificate.reviewer);
            winners.push(Winner { row, name, code, reviewer, state, state_word: state.word().to_owned(), pdf, hand_out });
        }
        Ok(winners)
    }

    /// What has waited too long. Budget: three requests for each application with lots of the actor's, 16 at once.
    pub async fn overdue(&self, actor: &Actor) -> Result<Overdue, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let looks = stream::iter(self.with_lots(actor).await?).map(async |application| {
            // What rests on a notice that cannot be read is shown with its application; the others are listed all the same.
            match rulebook.notices.of_contest(&application.contest) {
                Ok(notice) => self.waiting(actor, &application, notice).await,
                Err(_) => Ok((Vec::new(), Vec::new())),
            }
        });
        let looked: Vec<(Vec<WaitingLot>, Vec<WaitingLot>)> = looks.buffered(AT_ONCE).try_collect().await?;
        let (lots, winners): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
        let (mut lots, mut winners): (Vec<_>, Vec<_>) = (lots.into_iter().flatten().collect(), winners.into_iter().flatten().collect());
        // What has waited longest first.
        lots.sort_by_key(|lot: &WaitingLot| lot.since);
        winners.sort_by_key(|lot: &WaitingLot| lot.since);
        let HandOutRules { remind_after_days, unconfirmed, .. } = rulebook.notices.general().hand_out.clone();
        Ok(Overdue { remind_after_days, unconfirmed, lots, winners })
    }

    /// Of one application: lots not collected, and for the unit those whose winners wait.
    async fn waiting(
        &self,
        actor: &Actor,
        application: &Application,
        notice: &Notice,
    ) -> Result<(Vec<WaitingLot>, Vec<WaitingLot>), Refusal> {
        let mut lots = self.cloud.allocations().of(&application.id).await?;
        lots.retain(|lot| sees_rows_of(actor, application, &lot.reviewer));
        let collections = self.cloud.hand_outs().collections(&application.id).await?;
        let today = self.cloud.clock.today();
        let (mut uncollected, mut waiting) = (Vec::new(), Vec::new());
        for lot in &lots {
            let collected = collected_on(lot, &collections);
            let Some(since) = collected.or(lot.reached_on(stage_before(notice, lot.certificate_type))) else { continue };
            let Some(days) = notice.hand_out.overdue(since, today) else { continue };
            let wait = |certificates, names| WaitingLot {
                application: application.id.clone(),
                contest: application.contest.name.clone(),
                unit: application.unit.clone(),
                reviewer: lot.reviewer.clone(),
                certificate_type: lot.certificate_type,
                since,
                days,
                certificates,
                names,
            };
            match (collected, actor.role) {
                (None, _) if active_positions(notice, lot).next().is_some() => {
                    uncollected.push(wait(active_positions(notice, lot).count(), Vec::new()));
                }
                (Some(_), Role::Unit) => {
                    let (count, names) = self.winners_waiting(notice, lot).await?;
                    waiting.extend((count > 0).then(|| wait(count, names)));
                }
                _ => {}
            }
        }
        Ok((uncollected, waiting))
    }

    /// The winners of a lot who have not got their certificates: how many, and the first of them.
    async fn winners_waiting(&self, notice: &Notice, lot: &Allocation) -> Result<(usize, Vec<WaitingWinner>), Refusal> {
        let entered = self.cloud.hand_outs().of(&lot.of, &lot.lot()).await?;
        let entered: HashSet<u32> = entered.into_iter().map(|hand_out| hand_out.position).collect();
        let positions: Vec<u32> = active_positions(notice, lot).filter(|position| !entered.contains(position)).collect();
        let some = positions.get(..NAMED.min(positions.len())).unwrap_or_default();
        let certificates = self.cloud.hand_outs().certificates(notice, lot, some).await?;
        let winner = |certificate: Certificate| WaitingWinner {
            row: certificate.row,
            name: certificate.entry.name.reveal().to_owned(),
            code: certificate.number().unwrap_or_default().to_owned(),
        };
        Ok((positions.len(), certificates.into_iter().map(winner).collect()))
    }
}

/// The lots of an application as they are handed out.
struct LotsGivenOut<'n> {
    notice: &'n Notice,
    lots: Vec<Allocation>,
    collections: Vec<Collection>,
    /// Positions of certificates that others issue, by their rows.
    of_rows: BTreeMap<LotName, BTreeMap<u32, u32>>,
}

impl LotsGivenOut<'_> {
    /// Where a certificate is; none where it has no number of ours yet, and others do not issue it.
    fn place(&self, certificate: &Certificate) -> Option<Place> {
        let lot = certificate.lot();
        let position = match self.notice.prints(certificate.certificate_type) {
            true => certificate.position?,
            false => *self.of_rows.get(&lot)?.get(&certificate.row)?,
        };
        Some((lot, position))
    }

    /// The day on which the organiser collected a lot.
    fn collected_on(&self, name: &LotName) -> Option<Date> {
        self.lots.iter().find(|lot| lot.lot() == *name).and_then(|lot| collected_on(lot, &self.collections))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_qr_code_is_looked_for_by_its_code() {
        let code = "S000051000000222J00001";
        for text in [code.to_owned(), format!("https://example.cn/verify?code={code}&s=abc"), format!("https://example.cn/v/{code}?s=abc")]
        {
            assert_eq!(Sought::of(&text).number, folded(code), "{text}");
        }
        assert_eq!(Sought::of("李样例").name, folded("李样例"));
    }
}
