//! Numbers of certificates that no approval gives: those of others' certificates (二、（一）), and those of 专项职业能力证书 where they
//! are entered by hand (G13).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use records::application::stored::Application;
use records::issue::certificates::Certificate;
use records::issue::external_numbers::{EXTERNAL_AT_ONCE, ExternalNumber, NumberUse};
use records::issue::numbers::{MAX_ENTERED, ROWS_AT_ONCE};
use records::keys::objects::{PrintOutput, chunks_of};
use rules::audit::{AuditAction, AuditEntry};
use rules::issue::access::Action;
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::issue::external::NumberBasis;
use rules::notice::{IssuerRule, Notice, Notices, NumberRule};
use rules::numbers::code::{CertificateCode, CodeError};
use rules::values::folding;
use rules::values::lot::LotName;
use rules::values::party::{Actor, IssuingUnit};
use rules::values::text::{MAX_REASON, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::own_lot;
use crate::refusal::Refusal;
use crate::rows::sees_rows_of;

/// The longest number of others that is taken.
const MAX_NUMBER: usize = 40;
/// The most rows of one request.
pub const MAX_ROWS: usize = 1_000;

/// A number as it may stand in lists and workbooks: letters and digits of ASCII, with hyphens and slashes between them.
fn external_number(typed: &str) -> Result<String, String> {
    let number = folding::code_as_written(typed);
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let sound = number.len() <= MAX_NUMBER
        && number.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '/'))
        && ends(number.chars().next())
        && ends(number.chars().next_back());
    if sound {
        Ok(number)
    } else {
        Err(format!("证书编号应为 1 到 {MAX_NUMBER} 个字母、数字（半角），中间可有“-”和“/”"))
    }
}

/// The number of a certificate.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EnterNumber {
    /// Letters and digits of ASCII; hyphens (and slashes, in others' numbers) may stand between them.
    pub number: String,
    /// Why another number takes the place of one that was entered before; only others' numbers may be changed so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of others' numbers: the body that implements the qualification, and what the number rests on.
    #[serde(flatten)]
    pub basis: NumberBasis,
}

/// Numbers of several rows: all are looked at before one is entered, then they are entered some at once. The same list again changes nothing
/// of what is there: one that was cut short is sent again.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EnterNumbers {
    /// The rows, 1 to 1,000.
    pub rows: Vec<RowNumber>,
    /// Why others' numbers take the place of those that were entered before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Only says what would come of it.
    #[serde(default)]
    pub preview: bool,
}

/// A row and its number.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct RowNumber {
    /// Row of the roster.
    pub row: u32,
    /// The number.
    pub number: String,
    /// Of others' numbers: the body that implements the qualification, and what the number rests on.
    #[serde(flatten)]
    pub basis: NumberBasis,
    /// What the list says that the row is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<RowOf>,
}

/// What a list says of a row besides its number. A list of another application, or one that was sorted in part, is refused by it: a number
/// that was entered cannot be given to another certificate.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct RowOf {
    /// 申报号
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// 姓名
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 证书类型, as the notice calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<String>,
}

impl RowOf {
    /// In Chinese, what the list says otherwise than the row is.
    fn contradicts(&self, application: &ApplicationId, name: &str, certificate_type: &str) -> Option<String> {
        let other = |said: &Option<String>, is: &str| said.clone().filter(|said| !folding::alike(said, is));
        if let Some(said) = other(&self.application, application.as_str()) {
            return Some(format!("表上的申报号是 {said}，不是这份申报的"));
        }
        if let Some(said) = other(&self.name, name) {
            return Some(format!("表上的姓名是“{said}”，这一行是“{name}”，请核对行号和姓名"));
        }
        other(&self.certificate_type, certificate_type).map(|said| format!("表上的证书类型是“{said}”，这一行是“{certificate_type}”"))
    }
}

/// What became of numbers.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EnteredNumbers {
    /// The rows and their numbers, cleaned, with what the rows had before.
    pub rows: Vec<EnteredNumber>,
    /// How many were entered now; with `preview`, how many would be.
    pub entered: usize,
    /// How many were there before in the same words.
    pub unchanged: usize,
}

/// The number of a row.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EnteredNumber {
    /// Row of the roster.
    pub row: u32,
    /// 姓名
    pub name: String,
    /// The number as it was entered.
    pub number: String,
    /// What it rests on, of others' numbers.
    #[serde(flatten)]
    pub basis: NumberBasis,
    /// Whether it was there before.
    pub unchanged: bool,
}

/// What would come of a list, before anything is entered.
pub struct NumbersLookedAt {
    /// The rows that can be entered, cleaned.
    pub rows: Vec<EnteredNumber>,
    /// How many of them would be entered; the others are there.
    pub entered: usize,
    /// In Chinese, everything that keeps the list from being entered; each names its row.
    pub problems: Vec<String>,
}

/// What is to be done for the rows of a list, and in Chinese what keeps it from being done.
struct Judged {
    wanted: Vec<Wanted>,
    problems: Vec<String>,
    /// Whether rows are among them whose numbers the account may not enter.
    denied: bool,
}

/// What is to be done for a row.
struct Wanted {
    certificate: Certificate,
    number: Number,
    unchanged: bool,
}

impl EnteredNumbers {
    fn of(wanted: Vec<Wanted>) -> Self {
        let unchanged = wanted.iter().filter(|one| one.unchanged).count();
        let entered = wanted.len() - unchanged;
        let shown = |one: Wanted| EnteredNumber {
            row: one.certificate.row,
            name: one.certificate.entry.name.reveal().to_owned(),
            number: one.number.as_str().to_owned(),
            unchanged: one.unchanged,
            basis: one.number.into_basis(),
        };
        Self { rows: wanted.into_iter().map(shown).collect(), entered, unchanged }
    }
}

/// A number that may be entered.
enum Number {
    /// That of a certificate that others issue, and what it rests on.
    External(String, NumberBasis),
    /// That of one of ours.
    Own(CertificateCode),
}

impl Number {
    fn as_str(&self) -> &str {
        match self {
            Self::External(number, _) => number,
            Self::Own(code) => code.as_str(),
        }
    }

    fn into_basis(self) -> NumberBasis {
        match self {
            Self::External(_, basis) => basis,
            Self::Own(_) => NumberBasis::default(),
        }
    }
}

impl Operations {
    /// The number of one row, by the organiser that had it issued or by who reviews the row (二、（一）); of a certificate of ours, by who
    /// issues it: its PDF is drawn then.
    pub async fn enter_number(
        &self,
        actor: &Actor,
        (id, row): (ApplicationId, u32),
        entered: EnterNumber,
    ) -> Result<EnteredNumber, Refusal> {
        let rows = vec![RowNumber { row, number: entered.number, basis: entered.basis, of: None }];
        let reason = reason_given(entered.reason.as_deref())?;
        let application = self.visible(actor, &id).await?;
        let known = self.rows_to_number(actor, &application, &rows).await?;
        if known.is_empty() {
            return Err(Refusal::NotFound);
        }
        let mut done = self.numbers(actor, (application, known), &rows, reason, false).await?;
        done.rows.pop().ok_or(Refusal::NotFound)
    }

    /// The numbers of several rows.
    pub async fn enter_numbers(&self, actor: &Actor, id: ApplicationId, request: EnterNumbers) -> Result<EnteredNumbers, Refusal> {
        at_once(&request.rows)?;
        let application = self.visible(actor, &id).await?;
        let known = self.rows_to_number(actor, &application, &request.rows).await?;
        self.numbers(actor, (application, known), &request.rows, reason_given(request.reason.as_deref())?, request.preview).await
    }

    /// What would come of a list: unlike a preview of [`Self::enter_numbers`] it tells the sound rows beside what is wrong with the others.
    pub async fn look_at_numbers(
        &self,
        actor: &Actor,
        id: ApplicationId,
        rows: &[RowNumber],
        reason: Option<&str>,
    ) -> Result<NumbersLookedAt, Refusal> {
        at_once(rows)?;
        let application = self.visible(actor, &id).await?;
        let known = self.rows_to_number(actor, &application, rows).await?;
        let Judged { wanted, problems, .. } = self.judged(actor, &application, known, rows, reason_given(reason)?).await?;
        let EnteredNumbers { rows, entered, .. } = EnteredNumbers::of(wanted);
        Ok(NumbersLookedAt { rows, entered, problems })
    }

    async fn numbers(
        &self,
        actor: &Actor,
        (application, known): (Application, HashMap<u32, Certificate>),
        rows: &[RowNumber],
        reason: Option<&str>,
        preview: bool,
    ) -> Result<EnteredNumbers, Refusal> {
        let Judged { wanted, problems, denied } = self.judged(actor, &application, known, rows, reason).await?;
        if denied {
            return Err(Refusal::Denied);
        }
        if !problems.is_empty() {
            return Err(Refusal::Malformed(problems.join("；")));
        }
        if !preview {
            let rulebook = self.cloud.rulebooks().of(&application).await?;
            let notice = rulebook.notices.of_contest(&application.contest)?;
            self.write_numbers(actor, application, notice, &wanted, reason).await?;
        }
        Ok(EnteredNumbers::of(wanted))
    }

    async fn judged(
        &self,
        actor: &Actor,
        application: &Application,
        mut known: HashMap<u32, Certificate>,
        rows: &[RowNumber],
        reason: Option<&str>,
    ) -> Result<Judged, Refusal> {
        let rulebook = self.cloud.rulebooks().of(application).await?;
        let in_force = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let (mut wanted, mut problems, mut denied) = (Vec::with_capacity(rows.len()), Vec::new(), false);
        let today = self.cloud.clock.today();
        for one in rows {
            let row = one.row;
            let Some(certificate) = known.remove(&row) else {
                problems.push(format!("第 {row} 行：申报里没有这一行的证书，或写了两次"));
                continue;
            };
            let title = own_lot::title(notice, certificate.certificate_type);
            let said = one.of.as_ref();
            if let Some(problem) = said.and_then(|said| said.contradicts(&application.id, certificate.entry.name.reveal(), &title)) {
                problems.push(format!("第 {row} 行：{problem}"));
                continue;
            }
            let of = Numbered { application, notice, in_force: &in_force.notices, certificate: &certificate };
            match of.wanted(actor, one, reason, today) {
                Ok(Ok((number, unchanged))) => wanted.push(Wanted { certificate, number, unchanged }),
                Ok(Err(problem)) => problems.push(format!("第 {row} 行：{problem}")),
                Err(Refusal::Denied) => {
                    denied = true;
                    problems.push(format!("第 {row} 行：{title}的编号不由本单位登记"));
                }
                Err(other) => return Err(other),
            }
        }
        problems.extend(self.taken(&application.id, &wanted).await?);
        Ok(Judged { wanted, problems, denied })
    }

    /// What stands at these rows: records, and certificates whose numbers were entered before; as far as the actor may see them.
    async fn rows_to_number(
        &self,
        actor: &Actor,
        application: &Application,
        rows: &[RowNumber],
    ) -> Result<HashMap<u32, Certificate>, Refusal> {
        let mut found: HashMap<u32, Certificate> = HashMap::new();
        for record in self.cloud.certificates().recorded(&application.id).await? {
            found.insert(record.row, record);
        }
        let missing = |row: &&RowNumber| !found.contains_key(&row.row);
        let codes: Vec<CertificateCode> =
            rows.iter().filter(missing).filter_map(|row| CertificateCode::lookup(&folding::code(&row.number))).collect();
        for certificate in self.cloud.certificates().among(&codes).await?.into_values() {
            if certificate.application == application.id && certificate.revoked.is_none() {
                found.insert(certificate.row, certificate);
            }
        }
        let asked: BTreeSet<u32> = rows.iter().map(|row| row.row).collect();
        let others: BTreeSet<u32> = asked.iter().copied().filter(|row| !found.contains_key(row)).collect();
        found.extend(self.numbered_at(&application.id, &others).await?);
        self.none_under_way(actor, application, (&found, &asked)).await?;
        found.retain(|row, certificate| asked.contains(row) && sees_rows_of(actor, application, &certificate.reviewer));
        Ok(found)
    }

    /// What stands at rows that have a number already: the certificate that counts, or else the last that did.
    async fn numbered_at(&self, id: &ApplicationId, rows: &BTreeSet<u32>) -> Result<HashMap<u32, Certificate>, Refusal> {
        let mut found: HashMap<u32, Certificate> = HashMap::new();
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(found) };
        let mut after = Some(first.saturating_sub(1));
        while let Some(from) = after.filter(|from| from < last) {
            let page = self.cloud.certificates().page(id, from).await?;
            after = page.next_after;
            for certificate in page.certificates.into_iter().filter(|one| rows.contains(&one.row)) {
                let place = found.entry(certificate.row).or_insert_with(|| certificate.clone());
                if place.revoked.is_some() {
                    *place = certificate;
                }
            }
        }
        Ok(found)
    }

    /// Rows that were approved a moment ago have no record or certificate yet: it is being written.
    async fn none_under_way(
        &self,
        actor: &Actor,
        application: &Application,
        (found, asked): (&HashMap<u32, Certificate>, &BTreeSet<u32>),
    ) -> Result<(), Refusal> {
        if asked.iter().all(|row| found.contains_key(row)) {
            return Ok(());
        }
        let mut lots = self.cloud.allocations().of(&application.id).await?;
        lots.retain(|lot| sees_rows_of(actor, application, &lot.reviewer));
        let is_missing = |row: &u32| asked.contains(row) && !found.contains_key(row);
        let mut waits = lots.iter().flat_map(Allocation::rows_without_number).find(is_missing);
        for lot in lots.iter().filter(|lot| lot.numbered > 0) {
            if waits.is_some() {
                break;
            }
            let drawn = self.cloud.certificates().printed_chunks(&application.id, &lot.lot(), PrintOutput::Single).await?;
            waits = asked.iter().copied().find(is_missing).filter(|_| drawn.len() < chunks_of(lot.numbered));
        }
        match waits {
            Some(row) => Err(Refusal::Changed(format!("第 {row} 行刚审核通过，系统正在登记，请稍后重试"))),
            None => Ok(()),
        }
    }

    /// Numbers that are written twice, or that another certificate has, of whatever application and kind; letter case does not count.
    async fn taken(&self, id: &ApplicationId, wanted: &[Wanted]) -> Result<Vec<String>, Refusal> {
        let mut problems = written_twice(wanted);
        let new: Vec<&str> = wanted.iter().filter(|one| !one.unchanged).map(|one| one.number.as_str()).collect();
        let codes: Vec<CertificateCode> = new.iter().filter_map(|number| CertificateCode::lookup(&folding::code(number))).collect();
        let mut known: HashSet<String> = self.cloud.certificates().among(&codes).await?.into_keys().collect();
        // What the rows of this list have now is theirs to exchange.
        let rows: HashSet<u32> = wanted.iter().map(|one| one.certificate.row).collect();
        let is_own = |used: &NumberUse| used.used_by == *id && rows.contains(&used.in_row);
        let of_others = self.cloud.certificates().external_among(new.iter().copied()).await?;
        known.extend(of_others.into_iter().filter(|(_, used)| !is_own(used)).map(|(number, _)| number));
        let taken = wanted.iter().filter(|one| !one.unchanged && known.contains(&folding::code(one.number.as_str())));
        problems.extend(taken.map(|one| format!("第 {} 行：{}", one.certificate.row, taken_by_another(one.number.as_str()))));
        Ok(problems)
    }

    /// A number in the place of one that was mistyped: no other certificate has it, and none could be given it by the system.
    pub(crate) async fn may_be_entered(&self, number: &CertificateCode) -> Result<(), Refusal> {
        not_drawn(&self.cloud.rulebooks().in_force().await?.notices, number).map_err(Refusal::Malformed)?;
        let of_others = self.cloud.certificates().external_among([number.as_str()]).await?;
        if !of_others.is_empty() || !self.cloud.certificates().among(std::slice::from_ref(number)).await?.is_empty() {
            return Err(Refusal::Malformed(taken_by_another(number.as_str())));
        }
        Ok(())
    }

    async fn write_numbers(
        &self,
        actor: &Actor,
        mut application: Application,
        notice: &Notice,
        wanted: &[Wanted],
        reason: Option<&str>,
    ) -> Result<(), Refusal> {
        let mut own: BTreeMap<LotName, Vec<(Certificate, CertificateCode)>> = BTreeMap::new();
        let mut others = Vec::new();
        for one in wanted.iter().filter(|one| !one.unchanged) {
            match &one.number {
                Number::Own(code) => own.entry(one.certificate.lot()).or_default().push((one.certificate.clone(), code.clone())),
                Number::External(number, basis) => {
                    others.push(ExternalNumber { row: one.certificate.row, number: number.clone(), basis: basis.clone() });
                }
            }
        }
        for some in others.chunks(EXTERNAL_AT_ONCE) {
            let clause = notice.routes.iter().find(|route| route.issuer == IssuerRule::Organiser).map_or("", |route| &route.clause);
            let audit = AuditEntry::new(actor, AuditAction::ExternalNumber, clause, self.cloud.clock.now());
            self.cloud.certificates().enter_external_numbers(&application, some, reason, audit).await?;
            application = self.cloud.applications().get(&application.id).await?;
        }
        for (name, mut rows) in own {
            rows.sort_by_key(|(record, _)| record.row);
            for some in rows.chunks(ROWS_AT_ONCE) {
                let lot = self.cloud.allocations().get(&application.id, &name).await?.ok_or(Refusal::NotFound)?;
                if lot.later.len() + some.len() > MAX_ENTERED {
                    return Err(Refusal::Malformed(format!(
                        "一批证书最多登记 {MAX_ENTERED} 个编号；更多的请改按样式编号（通知的 number.pattern）"
                    )));
                }
                let clause = notice.type_rule(name.certificate_type).map_or("", |rule| &rule.clause);
                let audit = AuditEntry::new(actor, AuditAction::NumberEntered, clause, self.cloud.clock.now());
                let given: Vec<String> = some.iter().map(|(record, code)| format!("第 {} 行 {code}", record.row)).collect();
                let audit = audit.with(format!("{}：{}", own_lot::title(notice, name.certificate_type), given.join("、")));
                let order = self.cloud.certificates().enter_numbers(&application, &lot, some, audit).await?;
                // What this object would have started, reconcile starts if it is lost here.
                self.cloud.printing().order_printing(&order.order()).await?;
                application = self.cloud.applications().get(&application.id).await?;
            }
            tracing::info!(application = %application.id, lot = %name, numbers = rows.len(), "numbers entered");
        }
        Ok(())
    }
}

/// As many rows as one request takes.
fn at_once(rows: &[RowNumber]) -> Result<(), Refusal> {
    match rows.len() {
        1..=MAX_ROWS => Ok(()),
        count => Err(Refusal::Malformed(format!("每次登记 1 到 {MAX_ROWS} 行的编号，现为 {count} 行；请分次登记"))),
    }
}

/// What is said of numbers that a list has in several rows, in whatever letter case.
fn written_twice(wanted: &[Wanted]) -> Vec<String> {
    let mut rows_of: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for one in wanted {
        rows_of.entry(folding::code(one.number.as_str())).or_default().push(one.certificate.row);
    }
    let said = |(number, rows): (String, Vec<u32>)| {
        let rows: Vec<String> = rows.iter().map(u32::to_string).collect();
        format!("编号 {number} 写在第 {} 行，一证一号", rows.join("、"))
    };
    rows_of.into_iter().filter(|(_, rows)| rows.len() > 1).map(said).collect()
}

/// Why others' numbers take the place of those that were entered before.
fn reason_given(reason: Option<&str>) -> Result<Option<&str>, Refusal> {
    reason.map(|reason| bounded("原因", reason, MAX_REASON)).transpose().map_err(Refusal::Malformed)
}

fn taken_by_another(number: &str) -> String {
    format!("编号 {number} 已用在另一张证书上")
}

/// No notice in force has the system give such numbers out.
fn not_drawn(in_force: &Notices, number: &CertificateCode) -> Result<(), String> {
    match in_force.all().any(|notice| number.is_drawn_by(notice)) {
        true => Err(CodeError::Reserved(number.to_string()).to_string()),
        false => Ok(()),
    }
}

/// What somebody does who enters a number of a type: whoever may do that, may enter it. None where the system gives the numbers.
pub(crate) fn entering<'a>(rule: &NumberRule, unit: &'a str, reviewer: &'a IssuingUnit) -> Option<Action<'a>> {
    match rule {
        NumberRule::Code | NumberRule::Pattern(_) => None,
        NumberRule::External => Some(Action::EnterNumber { unit, reviewer }),
        NumberRule::ByHand => Some(Action::Qualify { reviewer }),
    }
}

/// A certificate or record that is given a number.
struct Numbered<'a> {
    application: &'a Application,
    notice: &'a Notice,
    /// What may give numbers out from now on.
    in_force: &'a Notices,
    certificate: &'a Certificate,
}

impl Numbered<'_> {
    /// The number that it is to have, and whether it has it already; in Chinese, why not.
    fn wanted(
        &self,
        actor: &Actor,
        typed: &RowNumber,
        reason: Option<&str>,
        today: Date,
    ) -> Result<Result<(Number, bool), String>, Refusal> {
        let Self { application, notice, certificate, .. } = self;
        let rule = notice.type_rule(certificate.certificate_type).map(|rule| &rule.number).ok_or(Refusal::NotFound)?;
        if let Some(entering) = entering(rule, &application.unit, &certificate.reviewer) {
            actor.may(entering)?;
        }
        Ok(match rule {
            NumberRule::Code | NumberRule::Pattern(_) => Err("编号由系统给出，不用登记".to_owned()),
            NumberRule::External => self.external(typed, reason, today),
            NumberRule::ByHand => self.own(typed),
        })
    }

    fn external(&self, typed: &RowNumber, reason: Option<&str>, today: Date) -> Result<(Number, bool), String> {
        let (written, said) = (external_number(&typed.number)?, typed.basis.checked(today)?);
        let typed_number = written.as_str();
        let (known, known_basis) = (self.certificate.external_number.as_deref(), &self.certificate.basis);
        let is_alike = known.is_some_and(|known| folding::code(known) == folding::code(typed_number));
        // In another letter case it is the same number; how it is written is put right with a reason, as everything else.
        let number = known.filter(|_| is_alike && reason.is_none()).unwrap_or(typed_number);
        if let Some(other) = known.filter(|known| *known != number && reason.is_none()) {
            return Err(format!("已登记编号 {other}；更改须写明原因"));
        }
        if !is_alike {
            self.none_of_ours(number)?;
        }
        if said.contradicts(known_basis) && reason.is_none() {
            return Err("已登记职业资格实施机构、文号或颁发日期；更改须写明原因".to_owned());
        }
        let basis = said.over(known_basis);
        let unchanged = known == Some(number) && basis == *known_basis;
        Ok((Number::External(number.to_owned(), basis), unchanged))
    }

    /// A number of others is none that the system gives to a certificate of its own, by the notice of the application or by one in force.
    fn none_of_ours(&self, number: &str) -> Result<(), String> {
        let Some(code) = CertificateCode::lookup(&folding::code(number)) else { return Ok(()) };
        match code.is_drawn_by(self.notice) {
            true => Err(CodeError::Reserved(number.to_owned()).to_string()),
            false => not_drawn(self.in_force, &code),
        }
    }

    fn own(&self, typed: &RowNumber) -> Result<(Number, bool), String> {
        if !typed.basis.is_empty() {
            return Err("职业资格实施机构、文号和颁发日期只登记职业资格证书的".to_owned());
        }
        let code = CertificateCode::entered(self.notice, &typed.number).map_err(|error| error.to_string())?;
        match &self.certificate.code {
            Some(number) if self.certificate.revoked.is_some() => Err(format!("编号 {number} 已注销，不能另行登记编号")),
            Some(number) if *number != code => Err(format!("已登记编号 {number}；编号有误的，请用“更正”改正")),
            Some(_) => Ok((Number::Own(code), true)),
            None => {
                not_drawn(self.in_force, &code)?;
                Ok((Number::Own(code), false))
            }
        }
    }
}
