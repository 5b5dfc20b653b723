//! Applications and their materials.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use rules::after::announcement::{After, Announcement};
use rules::audit::AuditEntry;
use rules::intake::contest::Contest;
use rules::issue::allocation::{Allocation, Stage};
use rules::issue::application::ApplicationId;
use rules::issue::authorisation::ContestKey;
use rules::issue::filing::{Declaration, Filing, Originals};
use rules::issue::status::{Status, StatusChange};
use rules::notice::Notice;
use rules::numbers::body::BodyCode;
use rules::values::chain::Chained;
use rules::values::party::IssuingUnit;
use rules::values::vocabulary::Material;

use crate::Cloud;
use crate::application::authorisations::AuthorisationChange;
use crate::application::listed::{at_its_center, at_status, filing_place, index_attributes, undecided_share};
use crate::application::stored::{Application, AuthorisedPlan, ContestExchange, filed_with};
use crate::application::verdict::Verdict;
use crate::error::RecordsError;
use crate::keys::items::{KeyRange, LAST_ENTRY, allocation_key, application_key, audit_key, filing_key, material_key, share_key};
use crate::keys::objects::{ObjectKey, inbox};
use crate::store::bucket::Download;
use crate::store::indexes::{BY_PENDING, BY_TURN};
use crate::store::item::{item, number, text};
use crate::store::item_digest::{as_stored, written};
use crate::store::message_queue::Worker;
use crate::store::queue::Arrival;
use crate::store::table::{Cancelled, Condition, pending_from};
use crate::store::updates::ItemUpdate;

/// How often a lost race is run again before the caller hears of it.
const MAX_ATTEMPTS: usize = 20;

/// What became of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// It is entered, or counts for nothing any more.
    Done,
    /// It rests on an earlier record of the contest: its material is to be judged anew.
    Outdated,
}

/// What putting the contest's record right means for its deadline (六、（一）; G11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContestCorrection {
    /// Before the first complete submission, by the unit: it is handed in then.
    HandedIn,
    /// After it: another contest stands in the place of the last one. These were handed in while it was time for them.
    Exchanged(BTreeSet<ContestKey>),
    /// What was in time stays so.
    Corrected,
}

impl ContestCorrection {
    /// The exchange as it is after this correction into `contest` at that time; none where it stays as it was.
    fn exchange(&self, contest: &Contest, at: Timestamp) -> Option<ContestExchange> {
        let Self::Exchanged(handed_in) = self else { return None };
        let is_another = !handed_in.contains(&ContestKey::as_handed_in(contest));
        Some(ContestExchange { at: is_another.then_some(at), handed_in: handed_in.clone() })
    }
}

/// What a change of an application sets, besides its version.
#[derive(Debug, Default)]
pub(crate) struct Transition {
    pub(crate) status: Option<Status>,
    pub(crate) submitted_at: Option<Timestamp>,
    pub(crate) reason: Option<String>,
    /// The versions of its materials when it was sent back.
    pub(crate) sent_back_with: Option<BTreeSet<String>>,
    /// The plan as it is then: authorised, or gone.
    pub(crate) plan: Option<Option<AuthorisedPlan>>,
    /// The organiser's word as it is then: given, or gone.
    pub(crate) declaration: Option<Option<Declaration>>,
    /// All of the originals as they are then.
    pub(crate) originals: Option<Originals>,
    /// With which filed body it is filed then, and that body's note; or with none.
    pub(crate) filing: Option<Option<Filing>>,
    /// The contest's record, where it is put right: another edition, by which everything is judged anew.
    pub(crate) contest: Option<Contest>,
    /// When that was handed in, where it counts for the deadline.
    pub(crate) corrected_at: Option<Timestamp>,
    /// Where that made another contest of it after it was handed in, or took that back.
    pub(crate) exchange: Option<ContestExchange>,
    /// The stage that a lot of it reaches: announced, and written with the lot.
    pub(crate) stage: Option<Stage>,
    /// Whether the machine still has work on it: it stands in the index of pending work.
    pub(crate) pending: Option<bool>,
}

impl Transition {
    /// The application after it.
    pub(crate) fn after<'a>(&self, seen: &'a Application) -> After<'a> {
        let plan = self.plan.as_ref().map_or(seen.plan.as_ref(), Option::as_ref);
        After {
            manner: plan.map(|plan| plan.manner),
            application: &seen.id,
            unit: &seen.unit,
            version: seen.version + 1,
            status: self.status.unwrap_or(seen.status),
            decided: self.status.is_some(),
            stage: self.stage,
        }
    }

    /// With whom it is filed after it. A contest whose organiser is put right is filed with the body that it names then.
    fn filing_after<'f>(&'f self, seen: &'f Application) -> Option<&'f Filing> {
        let filing = self.filing.as_ref().map_or(seen.filing.as_ref(), Option::as_ref)?;
        let contest = self.contest.as_ref().unwrap_or(&seen.contest);
        Some(filing).filter(|filing| contest.organiser_body.as_ref() == Some(&filing.body))
    }

    /// The update of the application, made `at` that time.
    pub(crate) fn update(self, seen: &Application, at: Timestamp) -> Result<ItemUpdate, RecordsError> {
        let mut update = ItemUpdate::default().set("version", number(seen.version + 1));
        update = match self.filing_after(seen) {
            filing if filing == seen.filing.as_ref() => update,
            Some(filing) => update.set_to("filing", filing)?,
            None => update.remove("filing"),
        };
        let corrected = self.contest.map(|contest| Application { contest, contest_edition: seen.contest_edition + 1, ..seen.clone() });
        if let Some(corrected) = &corrected {
            update = update.set_to("contest", &corrected.contest)?.set("contest_edition", number(corrected.contest_edition));
            update = update.set_all(at_its_center(corrected));
        }
        if let Some(versions) = &self.sent_back_with {
            update = update.set_to("sent_back_with", versions)?;
        }
        if let Some(at) = self.corrected_at {
            update = update.set("corrected_at", text(at.to_string()));
        }
        if let Some(exchange) = &self.exchange {
            update = update.set_to("exchange", exchange)?;
        }
        if let Some(status) = self.status {
            let since = if status == seen.status { seen.entered_at } else { at };
            let listed = at_status(corrected.as_ref().unwrap_or(seen), status, since);
            if !listed.iter().any(|(name, _)| *name == BY_TURN.partition) {
                update = update.remove(BY_TURN.partition);
            }
            update = update.set("status", text(status.name())).set_all(listed).set("entered_at", text(since.to_string()));
        }
        if let Some(at) = self.submitted_at {
            update = update.set("submitted_at", text(at.to_string()));
        }
        if let Some(reason) = self.reason {
            update = update.set("reason", text(reason));
        }
        match self.plan {
            Some(Some(plan)) => update = update.set_to("plan", &plan)?,
            Some(None) => update = update.remove("plan"),
            None => {}
        }
        match self.declaration {
            Some(Some(declaration)) => update = update.set_to("declaration", &declaration)?,
            Some(None) => update = update.remove("declaration"),
            None => {}
        }
        if let Some(originals) = self.originals {
            update = update.set_to("originals", &originals)?;
        }
        Ok(match self.pending {
            Some(true) => update.set_all(pending_from(at)),
            Some(false) => update.remove(BY_PENDING.partition),
            None => update,
        })
    }

    /// That the application is as it was seen: its status and its version.
    pub(crate) fn condition(seen: &Application) -> Condition {
        Condition {
            expression: "version = :seen AND #status = :was".to_owned(),
            names: HashMap::from([("#status".to_owned(), "status".to_owned())]),
            values: HashMap::from([(":seen".to_owned(), number(seen.version)), (":was".to_owned(), text(seen.status.name()))]),
        }
    }
}

/// Applications: what is handed in, its verdicts and its way through the statuses.
#[derive(Debug, Clone, Copy)]
pub struct Applications<'a> {
    pub(crate) cloud: &'a Cloud,
}

impl Cloud {
    /// Applications: what is handed in, its verdicts and its way through the statuses.
    pub fn applications(&self) -> Applications<'_> {
        Applications { cloud: self }
    }

    /// For a transaction: a change that the system makes of an application that is not authorised yet.
    fn transition(&self, seen: &Application, transition: Transition) -> Result<Vec<TransactWriteItem>, RecordsError> {
        let places = self.filing_places(seen, &transition)?;
        let update = transition.update(seen, self.clock.now())?;
        let update = self.transact_item_update(&application_key(&seen.id), update, Transition::condition(seen))?;
        Ok([vec![update], places].concat())
    }

    /// What puts an application on the list of the filed body that it is handed in to, and takes it off another's: in the transaction of
    /// whatever changes its status or with whom it is filed.
    pub(crate) fn filing_places(&self, seen: &Application, transition: &Transition) -> Result<Vec<TransactWriteItem>, RecordsError> {
        let place = |status, filing: Option<&Filing>| filed_with(status, filing).map(|body| (body, filing.is_some_and(Filing::waits)));
        let before = place(seen.status, seen.filing.as_ref());
        let after = place(transition.status.unwrap_or(seen.status), transition.filing_after(seen));
        if before == after {
            return Ok(Vec::new());
        }
        let stays = |body: &IssuingUnit| after.as_ref().is_some_and(|(other, _)| other == body);
        let taken_off = before.filter(|(body, _)| !stays(body)).map(|(body, _)| self.transact_delete(&filing_key(&seen.id, &body)));
        let put_on = after.map(|(body, waits)| self.transact_put(filing_place(seen, &body, waits.then(|| self.clock.now()))));
        taken_off.into_iter().chain(put_on).collect()
    }
}

impl Applications<'_> {
    /// Writes a new application; as a transaction, so that the SDK's retry after a lost answer is not taken for another's.
    pub async fn create(self, application: &Application) -> Result<(), RecordsError> {
        let mut extra = index_attributes(application);
        extra.extend(pending_from(application.created_at));
        self.cloud.commit(vec![self.cloud.transact_put_new(item(&application_key(&application.id), application, &extra)?)?]).await
    }

    /// One application.
    pub async fn get(self, id: &ApplicationId) -> Result<Application, RecordsError> {
        self.cloud.get(&application_key(id)).await?.ok_or(RecordsError::NotFound)
    }

    /// The audit entries of an application, in order.
    pub async fn trail(self, id: &ApplicationId) -> Result<Vec<Chained<AuditEntry>>, RecordsError> {
        self.cloud.query(&KeyRange::trail(id)).await
    }

    /// At most `size` of the audit entries after the first `count`, in order.
    pub async fn trail_page(self, id: &ApplicationId, count: u64, size: usize) -> Result<Vec<AuditEntry>, RecordsError> {
        self.cloud.entries_between(&audit_key(id, count.min(LAST_ENTRY - 1) + 1), &audit_key(id, LAST_ENTRY), size).await
    }

    /// The audit entries of an application after the first `count`.
    pub async fn trail_after(self, id: &ApplicationId, count: u64) -> Result<Vec<AuditEntry>, RecordsError> {
        // All of a trail share their prefix; there are some tens of them.
        let trail: Vec<Chained<AuditEntry>> = self.trail(id).await?;
        Ok(trail.into_iter().map(|chained| chained.entry).filter(|entry| entry.number > count).collect())
    }

    /// Puts an application back on the list of pending work: its unit is about to hand something in.
    pub async fn await_materials(self, id: &ApplicationId) -> Result<(), RecordsError> {
        let taking: Vec<&str> = Status::ALL.iter().filter(|status| status.takes_materials()).map(|status| status.name()).collect();
        let places: Vec<String> = taking.iter().map(|status| format!(":{status}")).collect();
        let condition = Condition {
            expression: format!("#status IN ({})", places.join(", ")),
            names: HashMap::from([("#status".to_owned(), "status".to_owned())]),
            values: taking.iter().map(|status| (format!(":{status}"), text(*status))).collect(),
        };
        let pending = Vec::from(pending_from(self.cloud.clock.now()));
        match self.cloud.note_work(&application_key(id), pending, &[], condition).await {
            // It takes no materials any more.
            Ok(_) | Err(RecordsError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The object that the unit handed a judged material in as, under whatever name: the one whose current version was judged, where
    /// there are several of a kind.
    pub async fn material_key(self, notice: &Notice, application: &Application, verdict: &Verdict) -> Result<Option<String>, RecordsError> {
        let mut keys = self.keys_of(notice, application, verdict.material).await?;
        if keys.len() > 1 {
            for key in &keys {
                if self.cloud.current_version(key).await?.as_ref() == Some(&verdict.version) {
                    return Ok(Some(key.clone()));
                }
            }
        }
        Ok(keys.pop())
    }

    /// A material as it was judged, under whatever name it was handed in.
    pub async fn material(self, notice: &Notice, application: &Application, verdict: &Verdict) -> Result<Download, RecordsError> {
        for key in self.keys_of(notice, application, verdict.material).await? {
            match self.cloud.download(&key, Some(&verdict.version)).await {
                Ok(download) if download.sha256 == verdict.sha256 => return Ok(download),
                // Another object of the same material.
                Ok(_) | Err(RecordsError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Err(RecordsError::NotFound)
    }

    /// The objects that the unit handed a material in as.
    async fn keys_of(self, notice: &Notice, application: &Application, material: Material) -> Result<Vec<String>, RecordsError> {
        let listed = self.cloud.list(&inbox(&application.unit, &application.id)).await?;
        let keys = listed.into_iter().map(|object| object.key);
        let is_of = |key: &String| {
            key.rsplit('/').next().and_then(|file| notice.material_of_file(file)).is_some_and(|rule| rule.material == material)
        };
        Ok(keys.filter(is_of).collect())
    }

    /// The latest verdict on each material, as far as it rests on the contest's record as it is now.
    pub async fn verdicts(self, application: &Application) -> Result<Vec<Verdict>, RecordsError> {
        let mut verdicts = self.all_verdicts(&application.id).await?;
        verdicts.retain(|verdict| verdict.is_of(application));
        Ok(verdicts)
    }

    /// The latest verdict on each material, those included that wait to be judged anew since the contest's record was corrected.
    pub async fn all_verdicts(self, id: &ApplicationId) -> Result<Vec<Verdict>, RecordsError> {
        self.cloud.query(&KeyRange::materials(id)).await
    }

    /// An application with the latest verdict on each of its materials, as they stood at one moment: whoever sees that all are judged sees
    /// what came of it too.
    pub async fn as_judged(self, id: &ApplicationId) -> Result<(Application, Vec<Verdict>), RecordsError> {
        let mut application = self.get(id).await?;
        for _ in 0..MAX_ATTEMPTS {
            let verdicts = self.all_verdicts(id).await?;
            let version = application.version;
            application = self.get(id).await?;
            // Every change of a verdict is a change of the application.
            if application.version == version {
                return Ok((application, verdicts));
            }
        }
        Err(RecordsError::Conflict)
    }

    /// Has the version of a material that a verdict is on judged once more, as it lies there; nothing where a later one is there, whose own
    /// event comes.
    pub async fn judge_anew(self, notice: &Notice, application: &Application, verdict: &Verdict) -> Result<(), RecordsError> {
        let Some(key) = self.material_key(notice, application, verdict).await? else { return Ok(()) };
        let Some(current) = self.cloud.head(&key).await?.filter(|current| current.version == verdict.version) else { return Ok(()) };
        let arrival = Arrival {
            key,
            version: Some(current.version),
            sequencer: verdict.sequencer.clone(),
            size: current.size,
            put_at: Some(current.written_at),
        };
        self.cloud.send_again(Worker::Validate, &arrival).await
    }

    /// Has `register` look at the verdicts again that rest on an earlier record of the contest: it has their materials judged anew.
    pub async fn have_judged_anew(self, id: &ApplicationId) -> Result<(), RecordsError> {
        for verdict in self.all_verdicts(id).await? {
            let (material, version) = (verdict.material, verdict.judgement());
            self.cloud.put_again(&ObjectKey::Checked { application: id.clone(), material, version }.to_string()).await?;
        }
        Ok(())
    }

    /// Has `register` claim the awards of an application that is registering: it looks at the roster's verdict again.
    pub async fn have_registered_anew(self, id: &ApplicationId) -> Result<(), RecordsError> {
        let verdicts = self.all_verdicts(id).await?;
        let Some(roster) = verdicts.iter().find(|verdict| verdict.material == Material::Roster) else { return Ok(()) };
        let key = ObjectKey::Checked { application: id.clone(), material: roster.material, version: roster.judgement() };
        self.cloud.put_again(&key.to_string()).await
    }

    /// Whether a verdict counts in the place of `earlier`. Of an event that was sent again S3's order is not known: then the version counts
    /// that is the current one.
    async fn counts_after(self, application: &Application, verdict: &Verdict, earlier: &Verdict) -> Result<bool, RecordsError> {
        if verdict.is_ordered() && earlier.is_ordered() {
            return Ok(verdict.replaces(earlier));
        }
        if verdict.judgement() == earlier.judgement() {
            return Ok(false);
        }
        for listed in self.cloud.list(&inbox(&application.unit, &application.id)).await? {
            if self.cloud.current_version(&listed.key).await?.as_ref() == Some(&verdict.version) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Enters a verdict, and moves the application on as `is_complete` finds of all verdicts together: since when it is handed in complete,
    /// if it is.
    /// An older version than the one entered, or an application past taking materials, changes nothing; nor does a verdict by an earlier
    /// record of the contest.
    pub async fn enter_verdict(
        self,
        id: &ApplicationId,
        verdict: &Verdict,
        is_complete: impl Fn(&Application, &[Verdict]) -> Option<Timestamp>,
    ) -> Result<Entered, RecordsError> {
        for _ in 0..MAX_ATTEMPTS {
            let application = self.get(id).await?;
            if !verdict.is_of(&application) {
                let counts = application.status.takes_materials();
                return Ok(if counts { Entered::Outdated } else { Entered::Done });
            }
            let mut verdicts = self.all_verdicts(id).await?;
            let earlier = verdicts.iter().position(|known| known.material == verdict.material);
            if let Some(i) = earlier
                && !self.counts_after(&application, verdict, &verdicts[i]).await?
            {
                return Ok(Entered::Done);
            }
            // Judged again is no other file: the organiser's word stands, and the issuing body's note that it has it.
            let other = earlier.is_none_or(|i| verdicts[i].sha256 != verdict.sha256);
            let undeclared = (other && application.declaration.is_some()).then_some(None);
            let unfiled = other.then_some(None);
            // The form on paper was printed from another list of winners.
            let is_other_form = verdict.form_digest.is_some() && earlier.is_some_and(|i| verdicts[i].form_digest != verdict.form_digest);
            let originals = is_other_form.then(|| without_the_form(&application)).flatten();
            let verdict = &earlier.map_or_else(|| verdict.clone(), |i| verdict.after(&verdicts[i]));
            match earlier {
                Some(i) => verdicts[i] = verdict.clone(),
                None => verdicts.push(verdict.clone()),
            }
            let complete_since = is_complete(&application, &verdicts);
            let change = StatusChange::TakeMaterial { complete: complete_since.is_some() };
            let is_of_before = application.status == Status::Returned && application.sent_back_with.contains(&verdict.version);
            let next = if is_of_before { Some(application.status) } else { application.status.after(change) };
            let Some(status) = next else { return Ok(Entered::Done) };
            let submitted = complete_since.filter(|_| status.holds_awards() && application.submitted_at.is_none());
            let transition = Transition {
                status: Some(status),
                submitted_at: submitted,
                declaration: undeclared,
                originals,
                filing: unfiled,
                pending: Some(true),
                ..Transition::default()
            };
            let announcement = self.moved("materials", &application, &transition);
            let key = material_key(id, verdict.material);
            // The application's version guards the verdicts too: every change of one is a change of the other.
            let put = aws_sdk_dynamodb::types::Put::builder().table_name(&self.cloud.table).set_item(Some(item(&key, verdict, &[])?));
            let mut actions = self.cloud.transition(&application, transition)?;
            actions.push(TransactWriteItem::builder().put(put.build()?).build());
            let changes = self.cloud.announcing(actions, announcement)?;
            match self.cloud.transact(changes.actions).await {
                Ok(()) => {
                    self.cloud.tell(changes.announcements).await;
                    return Ok(Entered::Done);
                }
                Err(Cancelled::Condition(_) | Cancelled::Contention) => {}
                Err(Cancelled::Other(error)) => return Err(error),
            }
        }
        Err(RecordsError::Conflict)
    }

    /// Registration has come to its end, one way or the other; what is submitted is `filed` with that body. Changes nothing where the
    /// application is not as it was seen; whatever changed it registers anew.
    pub async fn registered(self, seen: &Application, change: StatusChange, filed: Option<&BodyCode>) -> Result<(), RecordsError> {
        let Some(status) = seen.status.after(change) else { return Ok(()) };
        let known = seen.filing.clone().filter(|filing| Some(&filing.body) == filed);
        let filing = known.or_else(|| filed.map(Filing::with));
        let transition = Transition { status: Some(status), filing: Some(filing), ..Transition::default() };
        let announcement = self.moved("registration", seen, &transition);
        let actions = self.cloud.transition(seen, transition)?;
        let changes = self.cloud.announcing(actions, announcement)?;
        match self.cloud.transact(changes.actions).await {
            Ok(()) => {
                self.cloud.tell(changes.announcements).await;
                Ok(())
            }
            Err(Cancelled::Condition(_)) => Ok(()),
            Err(Cancelled::Contention) => Err(RecordsError::Conflict),
            Err(Cancelled::Other(error)) => Err(error),
        }
    }

    /// What is told of a status that the system came to by itself; nothing where it stays.
    fn moved(self, action: &str, seen: &Application, transition: &Transition) -> Option<Announcement> {
        let after = transition.after(seen);
        (after.status != seen.status).then(|| Announcement::of_status(action, after, self.cloud.clock.now()))
    }

    /// The contest's record put right before the authorisation, on condition of the version seen: all materials are to be judged anew
    /// ([`Self::have_judged_anew`]), and the organiser's word, which was given for another record, goes. `handed_in` where it counts for
    /// the deadline.
    pub async fn correct_contest(
        self,
        seen: &Application,
        contest: Contest,
        (change, counts): (StatusChange, ContestCorrection),
        audit: AuditEntry,
    ) -> Result<(), RecordsError> {
        let status = seen.status.after(change).ok_or(RecordsError::Conflict)?;
        let transition = Transition {
            status: Some(status),
            exchange: counts.exchange(&contest, audit.at),
            contest: Some(contest),
            corrected_at: (counts == ContestCorrection::HandedIn).then_some(audit.at),
            declaration: seen.declaration.is_some().then_some(None),
            // What the issuing body noted to have was another submission.
            filing: Some(None),
            pending: Some(true),
            ..Transition::default()
        };
        self.cloud.commit(self.cloud.audited(seen, transition, audit).await?).await
    }

    /// The Center's authorisation: the plan of issue, what becomes of the contest's authorisation, and the audit entry, on condition of
    /// the version seen.
    pub async fn authorise(
        self,
        seen: &Application,
        plan: AuthorisedPlan,
        authorisation: Option<&AuthorisationChange>,
        audit: AuditEntry,
    ) -> Result<(), RecordsError> {
        let of_contest = authorisation.map(|change| self.cloud.authorisations().changing(change, audit.clone())).transpose()?;
        let status = seen.status.after(StatusChange::Authorise).ok_or(RecordsError::Conflict)?;
        let reviewers = plan.reviewers.clone();
        let transition = Transition { status: Some(status), plan: Some(Some(plan)), pending: Some(false), ..Transition::default() };
        let at = audit.at;
        // The materials that it rests on: from here on none of them changes.
        let materials = self.cloud.query_items(&KeyRange::materials(&seen.id)).await?;
        let audit = audit.changing(materials.iter().map(as_stored).collect::<Result<Vec<_>, _>>()?);
        let share = |reviewer| self.cloud.transact_put_new(undecided_share(seen, reviewer, at));
        let shares: Vec<TransactWriteItem> = reviewers.iter().map(share).collect::<Result<_, RecordsError>>()?;
        let mut changes = self.cloud.audited(seen, transition, audit.changing(written(&shares)?)).await?;
        changes.extend(shares);
        changes.extend(of_contest.unwrap_or_default());
        self.cloud.commit(changes).await
    }

    /// Takes the authorisation back, on condition of the version seen: it is submitted, and what its unit hands in counts again. `refused`
    /// are the lots of reviewers who have refused all their rows by then: they go, and the awards are claimed anew
    /// ([`Self::have_registered_anew`]). [`RecordsError::Conflict`] where one of them is not carried out yet.
    pub async fn withdraw_authorisation(
        self,
        seen: &Application,
        (authorisation, refused): (Option<&AuthorisationChange>, &[Allocation]),
        audit: AuditEntry,
    ) -> Result<(), RecordsError> {
        let change = StatusChange::WithdrawAuthorisation { reviewed: !refused.is_empty() };
        let status = seen.status.after(change).filter(|_| refused.iter().all(Allocation::is_refused_in_full));
        let status = status.ok_or(RecordsError::Conflict)?;
        let of_contest = authorisation.map(|change| self.cloud.authorisations().changing(change, audit.clone())).transpose()?;
        let reviewers = seen.plan.iter().flat_map(|plan| &plan.reviewers);
        let shares = reviewers.map(|reviewer| self.cloud.transact_delete(&share_key(&seen.id, reviewer)));
        let lots = refused.iter().map(|lot| self.cloud.transact_delete_settled(&allocation_key(&seen.id, &lot.lot())));
        let gone: Vec<TransactWriteItem> = shares.chain(lots).collect::<Result<_, _>>()?;
        let transition = Transition { status: Some(status), plan: Some(None), pending: Some(true), ..Transition::default() };
        let mut changes = self.cloud.audited(seen, transition, audit.changing(written(&gone)?)).await?;
        changes.extend(gone);
        changes.extend(of_contest.unwrap_or_default());
        self.cloud.commit(changes).await
    }

    /// The versions that lie in the application's place in the inbox now, whatever they are called.
    pub async fn versions_handed_in(self, application: &Application) -> Result<BTreeSet<String>, RecordsError> {
        let mut versions = BTreeSet::new();
        for object in self.cloud.list(&inbox(&application.unit, &application.id)).await? {
            versions.extend(self.cloud.current_version(&object.key).await?);
        }
        Ok(versions)
    }

    /// Sends an application back, with the reason, on condition of the version seen. `handed_in` are the versions of its materials by then
    /// ([`Self::versions_handed_in`]): one of them that is judged only now hands nothing in again.
    pub async fn send_back(
        self,
        seen: &Application,
        (reason, handed_in): (String, BTreeSet<String>),
        audit: AuditEntry,
    ) -> Result<(), RecordsError> {
        let audit = audit.with(reason.clone());
        let status = seen.status.after(StatusChange::Return).ok_or(RecordsError::Conflict)?;
        let declaration = seen.declaration.is_some().then_some(None);
        let transition = Transition {
            status: Some(status),
            reason: Some(reason),
            sent_back_with: Some(handed_in),
            declaration,
            filing: Some(None),
            pending: Some(true),
            ..Transition::default()
        };
        self.cloud.commit(self.cloud.audited(seen, transition, audit).await?).await
    }

    /// The organiser's word for the materials as they stand, on condition of the version seen.
    pub async fn declare(self, seen: &Application, declaration: Declaration, audit: AuditEntry) -> Result<(), RecordsError> {
        let transition = Transition { declaration: Some(Some(declaration)), ..Transition::default() };
        self.cloud.commit(self.cloud.audited(seen, transition, audit).await?).await
    }

    /// The paper originals that were received, those of before included, on condition of the version seen.
    pub async fn receive_originals(self, seen: &Application, originals: Originals, audit: AuditEntry) -> Result<(), RecordsError> {
        let transition = Transition { originals: Some(originals), ..Transition::default() };
        self.cloud.commit(self.cloud.audited(seen, transition, audit).await?).await
    }

    /// That the filed body has the submission, on condition of the version seen.
    pub async fn receive_filing(self, seen: &Application, filing: Filing, audit: AuditEntry) -> Result<(), RecordsError> {
        let transition = Transition { filing: Some(Some(filing)), ..Transition::default() };
        self.cloud.commit(self.cloud.audited(seen, transition, audit).await?).await
    }
}

/// The originals without the summary form, where it was received: what stands on it has changed, and it is printed and stamped anew.
fn without_the_form(application: &Application) -> Option<Originals> {
    let mut left = application.originals.clone();
    left.remove(&Material::Summary).map(|_| left)
}
