//! From an order to a sealed volume.

use futures::{StreamExt, TryStreamExt, stream};
use records::after::volumes::{Sealed, Volume};
use records::application::authorisations::StoredAuthorisation;
use records::application::{Application, Verdict};
use records::issue::certificates::Certificate;
use records::keys::objects::{FormFormat, ObjectKey, VolumeName, bundles_of, material_name};
use records::store::bucket::LockMode;
use records::store::queue::Arrival;
use records::store::rulebooks::InForce;
use records::{Cloud, RecordsError};
use rules::after::publication::{Batch, BatchState};
use rules::after::volume::{
    self, ALLOCATION, ArchivedCertificate, CERTIFICATES, ENTRIES, ITEMS, MANIFEST, Manifest, PLAN, REVIEW, RULEBOOK, RULEBOOK_LIST,
    Section, TRAIL, VolumeFile,
};
use rules::issue::allocation::Allocation;
use rules::notice::{MaterialRule, Notice};
use rules::sheets::run::Run;
use rules::values::attestation::SigningKey;
use rules::values::chain::Head;
use rules::values::date::{day_of, end_of};
use rules::values::party::Applicant;
use rules::values::vocabulary::Material;
use serde::Serialize;

use crate::volume_writer::{Label, VolumeWriter};

/// Files copied at once.
const TRANSFERS: usize = 16;
/// How often a volume is made anew because the application has changed meanwhile, before the queue waits.
const MAX_ATTEMPTS: usize = 5;

/// What archiving needs, made once per cold start.
pub(crate) struct Archive {
    pub(crate) cloud: Cloud,
    pub(crate) signing_key: SigningKey,
    /// How volumes are locked.
    pub(crate) lock_mode: LockMode,
}

/// Everything a volume is made from, as it stood at one version of the application.
struct Lot<'a> {
    application: Application,
    notice: &'a Notice,
    allocation: Allocation,
    authorisation: Option<StoredAuthorisation>,
    verdicts: Vec<Verdict>,
    certificates: Vec<Certificate>,
    runs: Vec<Run>,
}

impl Archive {
    /// The same order again finds its seal and changes nothing.
    pub(crate) async fn handle(&self, arrival: Arrival) -> Result<(), RecordsError> {
        let order: Volume = serde_json::from_slice(&self.cloud.read(&arrival.key, arrival.version.as_deref()).await?)?;
        for _ in 0..MAX_ATTEMPTS {
            let volume = self.cloud.volumes().get(&order.volume_of, &order.lot, order.number).await?.ok_or(RecordsError::NotFound)?;
            if volume.sealed.is_some() {
                return Ok(());
            }
            match self.make(&volume).await {
                Err(RecordsError::Conflict) => {}
                done => return done,
            }
        }
        Err(RecordsError::Conflict)
    }

    async fn make(&self, order: &Volume) -> Result<(), RecordsError> {
        let application = self.cloud.applications().get(&order.volume_of).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let lot = self.lot(order, application, notice).await?;
        let keep_until = notice.archive.keep_until(day_of(order.at));
        let edition = lot.application.trail.count;
        let name = VolumeName { batch: batch(order, &lot), application: order.volume_of.clone(), edition };
        let until = end_of(keep_until);
        let writer = VolumeWriter { cloud: &self.cloud, name, lock: self.lock_mode.until(until) };
        let mut files = lot.registration(&writer).await?;
        files.extend(lot.filing(&writer).await?);
        files.extend(rulebook_texts(&writer, &rulebook).await?);
        files.extend(lot.process(&writer).await?);
        files.extend(lot.results(&writer).await?);
        files.extend(lot.certificates(&writer).await?);
        files.extend(lot.publications(&writer).await?);
        files.extend(lot.hand_out(&writer).await?);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let volumes = self.cloud.volumes().of(&order.volume_of, &order.lot).await?;
        let earlier = volumes.iter().take_while(|volume| volume.number < order.number).filter_map(|volume| volume.sealed.as_ref());
        let manifest = Manifest {
            format: 1,
            batch: writer.name.batch.clone(),
            application: order.volume_of.clone(),
            reviewer: order.lot.reviewer.clone(),
            certificate_type: order.lot.certificate_type,
            edition,
            contest: lot.application.contest.name.clone(),
            organiser: lot.application.contest.organiser.clone(),
            notice: notice.notice.number.clone(),
            clause: order.clause.clone(),
            ordered_at: order.at,
            ordered_by: order.by.clone(),
            keep_until,
            previous: earlier.last().map(|sealed| sealed.seal.clone()),
            trail: lot.application.trail.clone(),
            certificates: u32::try_from(lot.certificates.len()).map_err(|error| RecordsError::Corrupt(error.to_string()))?,
            files,
        };
        self.seal(order, &lot, &writer, &manifest).await
    }

    async fn lot<'a>(&self, order: &Volume, application: Application, notice: &'a Notice) -> Result<Lot<'a>, RecordsError> {
        let id = &order.volume_of;
        let allocation = self.cloud.allocations().get(id, &order.lot).await?.ok_or(RecordsError::NotFound)?;
        let (mut certificates, mut after) = (Vec::new(), Some(0));
        while let Some(row) = after {
            let page = self.cloud.certificates().page(id, row).await?;
            certificates.extend(page.certificates.into_iter().filter(|certificate| certificate.lot() == order.lot));
            after = page.next_after;
        }
        let verdicts = self.cloud.applications().verdicts(&application).await?;
        let runs = self.cloud.runs().of_lot(id, &order.lot).await?;
        let authorisation = match application.plan.as_ref().and_then(|plan| plan.authorisation.as_ref()) {
            Some(contest) => self.cloud.authorisations().get(contest).await?,
            None => None,
        };
        Ok(Lot { application, notice, allocation, authorisation, verdicts, certificates, runs })
    }

    /// Manifest and seal are written last; a folder without a seal in the table is no volume.
    async fn seal(&self, order: &Volume, lot: &Lot<'_>, writer: &VolumeWriter<'_>, manifest: &Manifest) -> Result<(), RecordsError> {
        let bytes = serde_json::to_vec_pretty(manifest)?;
        let seal = volume::seal(&bytes, self.cloud.clock.now(), &self.signing_key);
        writer.conclude(MANIFEST, bytes).await?;
        let sealed = Sealed::of(manifest, &writer.conclude_seal(seal).await?);
        self.cloud.volumes().seal(&lot.application, &lot.allocation, order, &sealed).await?;
        tracing::info!(application = %order.volume_of, lot = %order.lot, edition = sealed.edition, files = sealed.files, "sealed");
        Ok(())
    }
}

/// Who archives, and the year of issue.
fn batch(order: &Volume, lot: &Lot<'_>) -> String {
    format!("{}-{}", order.lot.reviewer, lot.application.contest.issued_on.year())
}

/// One JSON object a line.
fn json_lines<T: Serialize>(values: impl IntoIterator<Item = T>) -> Result<Vec<u8>, RecordsError> {
    let mut bytes = Vec::new();
    for value in values {
        serde_json::to_writer(&mut bytes, &value)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

fn present(found: Option<VolumeFile>, what: &str) -> Result<VolumeFile, RecordsError> {
    found.ok_or_else(|| RecordsError::Corrupt(format!("{what} is not there")))
}

/// The notices, catalogues and seals that everything was decided under, and the list that names them by digest: whoever
/// reads the volume needs neither the system nor its bucket to know the rules.
async fn rulebook_texts(writer: &VolumeWriter<'_>, rulebook: &InForce) -> Result<Vec<VolumeFile>, RecordsError> {
    let list = Label::at(RULEBOOK_LIST, "适用的通知、目录清单");
    let mut files = vec![writer.put(list, rulebook.manifest.text().into_bytes()).await?];
    for part in rulebook.manifest.parts() {
        let label = Label::at(&format!("{RULEBOOK}{}", part.part), format!("适用的 {}", part.part));
        let copy = writer.copy(label, &ObjectKey::Config(part.clone())).await?;
        files.push(present(copy, "a text of the rulebook")?);
    }
    Ok(files)
}

impl Lot<'_> {
    fn material_title(&self, material: Material) -> String {
        let rule = self.notice.materials.iter().find(|rule| rule.material == material);
        rule.map_or_else(|| material_name(material).to_owned(), |rule| rule.title.clone())
    }

    /// The materials as they were handed in, byte for byte.
    async fn registration(&self, writer: &VolumeWriter<'_>) -> Result<Vec<VolumeFile>, RecordsError> {
        let mut files = Vec::new();
        for verdict in &self.verdicts {
            let bytes = writer.cloud.applications().material(self.notice, &self.application, verdict).await?.bytes()?;
            let label = Label::new(Section::Registration, self.notice.file(verdict.material), self.material_title(verdict.material));
            files.push(writer.put(label.of_version(&verdict.version), bytes).await?);
        }
        Ok(files)
    }

    async fn filing(&self, writer: &VolumeWriter<'_>) -> Result<Vec<VolumeFile>, RecordsError> {
        let application = serde_json::to_vec_pretty(&self.application)?;
        let manner = self.application.plan.as_ref().map(|plan| plan.manner).unwrap_or_default();
        let act = &self.notice.authorisation.word(manner).act;
        let plan = ObjectKey::Plan { application: self.application.id.clone(), digest: self.allocation.plan.clone() };
        let plan = writer.copy(Label::at(PLAN, format!("{act}的颁证方案")), &plan).await?;
        let mut files = vec![
            writer.put(Label::new(Section::Filing, "application.json", "大赛信息与申报登记"), application).await?,
            present(plan, "the plan")?,
        ];
        if let Some(declaration) = &self.application.declaration {
            let label = Label::new(Section::Filing, "declaration.json", "牵头主办单位声明");
            files.push(writer.put(label, serde_json::to_vec_pretty(declaration)?).await?);
        }
        if let Some(filing) = &self.application.filing {
            let label = Label::new(Section::Filing, "filing.json", "颁证机构备案登记");
            files.push(writer.put(label, serde_json::to_vec_pretty(filing)?).await?);
        }
        if let Some(stored) = &self.authorisation {
            let label = Label::new(Section::Filing, "authorisation.json", "一赛一授权");
            files.push(writer.put(label, serde_json::to_vec_pretty(&stored.authorisation)?).await?);
            let (contest, edition) = (stored.authorisation.contest_key.clone(), stored.trail.count);
            let paper = ObjectKey::Authorisation { contest, edition };
            files.extend(writer.copy(Label::new(Section::Filing, "authorisation.pdf", "授权书"), &paper).await?);
        }
        if self.notice.on_paper().next().is_some() {
            let label = Label::new(Section::Filing, "originals.json", "纸质材料登记");
            files.push(writer.put(label, serde_json::to_vec_pretty(&self.originals())?).await?);
        }
        Ok(files)
    }

    /// The register of paper originals: every material that is wanted on paper, and what was received of it.
    fn originals(&self) -> Vec<serde_json::Value> {
        let line = |rule: &MaterialRule| {
            let received = self.application.originals.get(&rule.material);
            serde_json::json!({ "material": rule.material, "title": rule.title, "received": received })
        };
        self.notice.on_paper().map(line).collect()
    }

    async fn process(&self, writer: &VolumeWriter<'_>) -> Result<Vec<VolumeFile>, RecordsError> {
        let id = &self.application.id;
        let mut files = Vec::new();
        for verdict in &self.verdicts {
            let title = format!("{}检查结果", self.material_title(verdict.material));
            let label = Label::new(Section::Process, &format!("{}-report.json", material_name(verdict.material)), title);
            let (application, version) = (id.clone(), verdict.judgement());
            let report = ObjectKey::Report { application, material: verdict.material, version };
            files.extend(writer.copy(label, &report).await?);
            if verdict.material == Material::Roster {
                files.extend(self.roster_papers(writer, verdict).await?);
            }
        }
        files.extend(self.photo_report(writer).await?);
        let review = ObjectKey::Review { application: id.clone(), digest: self.allocation.review.clone() };
        let review = writer.copy(Label::at(REVIEW, "资格审核意见"), &review).await?;
        files.push(present(review, "the review")?);
        let decision = serde_json::to_vec_pretty(&self.allocation)?;
        files.push(writer.put(Label::at(ALLOCATION, "审核决定与编码分配"), decision).await?);
        let trail = writer.cloud.applications().trail(id).await?;
        let end = trail.last().map_or_else(Head::default, |last| Head { count: last.entry.number, hash: last.hash.clone() });
        // Whoever acted since the application was read makes this edition void.
        if end != self.application.trail {
            return Err(RecordsError::Conflict);
        }
        files.push(writer.put(Label::at(TRAIL, "办理留痕链"), json_lines(&trail)?).await?);
        let items = writer.cloud.volumes().items(&self.application, self.notice).await?;
        files.push(writer.put(Label::at(ITEMS, "数据库记录（供恢复）"), items).await?);
        Ok(files)
    }

    /// Rows against photos, where both were handed in.
    async fn photo_report(&self, writer: &VolumeWriter<'_>) -> Result<Option<VolumeFile>, RecordsError> {
        let version = |material| self.verdicts.iter().find(|verdict| verdict.material == material).map(Verdict::judgement);
        let (Some(photos), Some(roster)) = (version(Material::Photos), version(Material::Roster)) else { return Ok(None) };
        let report = ObjectKey::PhotoReport { application: self.application.id.clone(), photos, roster };
        writer.copy(Label::new(Section::Process, "photos-compared.json", "照片与名单核对结果"), &report).await
    }

    async fn roster_papers(&self, writer: &VolumeWriter<'_>, verdict: &Verdict) -> Result<Vec<VolumeFile>, RecordsError> {
        let (application, version) = (self.application.id.clone(), verdict.judgement());
        let marked = ObjectKey::ReportWorkbook { application: application.clone(), version: version.clone() };
        let form = ObjectKey::SummaryForm { application, version, format: FormFormat::Pdf };
        let marked = writer.copy(Label::new(Section::Process, "roster-report.xlsx", "标注检查结果的模板表"), &marked).await?;
        let form = writer.copy(Label::new(Section::Process, "summary-form.pdf", "系统生成的申报汇总表"), &form).await?;
        Ok(marked.into_iter().chain(form).collect())
    }

    async fn results(&self, writer: &VolumeWriter<'_>) -> Result<Vec<VolumeFile>, RecordsError> {
        let (application, version) = (self.application.id.clone(), self.allocation.roster_version.clone());
        let entries = ObjectKey::Entries { application, version };
        let entries = writer.copy(Label::at(ENTRIES, "获奖选手名单（逐行）"), &entries).await?;
        let lines: Vec<ArchivedCertificate> = self.certificates.iter().map(|c| self.line(c)).collect::<Result<_, _>>()?;
        let list = writer.put(Label::at(CERTIFICATES, "证书登记表（逐张）"), json_lines(lines)?).await?;
        Ok(vec![present(entries, "the entries")?, list])
    }

    fn line(&self, certificate: &Certificate) -> Result<ArchivedCertificate, RecordsError> {
        let serial = certificate.serial(self.notice, &self.runs);
        let code = certificate.code.as_ref().map(ToString::to_string);
        Ok(ArchivedCertificate { code, serial, record: serde_json::to_value(certificate)? })
    }

    async fn certificates(&self, writer: &VolumeWriter<'_>) -> Result<Vec<VolumeFile>, RecordsError> {
        let id = &self.application.id;
        let codes = self.certificates.iter().filter_map(|certificate| certificate.code.as_ref());
        let copies = codes.map(async |code| {
            let label = Label::at(&volume::certificate_path(code.as_str()), format!("证书 {code}"));
            let key = ObjectKey::Certificate { application: id.clone(), code: code.clone() };
            present(writer.copy(label, &key).await?, "a certificate's PDF")
        });
        let copies: Vec<_> = copies.collect();
        let mut files: Vec<VolumeFile> = stream::iter(copies).buffer_unordered(TRANSFERS).try_collect().await?;
        for run in &self.runs {
            for number in 0..bundles_of(run.count()) {
                files.extend(self.bundle(writer, run, number).await?);
            }
        }
        Ok(files)
    }

    /// Of every confirmed batch with certificates of the lot: the upload sheet, 表5, and the list that confirmed it.
    async fn publications(&self, writer: &VolumeWriter<'_>) -> Result<Vec<VolumeFile>, RecordsError> {
        let (id, lot) = (&self.application.id, self.allocation.lot());
        let mut files = Vec::new();
        for applicant in [Applicant::reviewer(&lot.reviewer), Applicant::unit(&self.application.unit)] {
            let batches = writer.cloud.publications().batches(&applicant).await?;
            let confirmed = |batch: &&Batch| batch.state == BatchState::Confirmed && batch.covers(id, &lot);
            for batch in batches.iter().filter(confirmed) {
                let name = format!("publications/{applicant}-{:05}", batch.number);
                let label = |suffix: &str, title: &str| {
                    Label::new(Section::Certificates, &format!("{name}{suffix}"), format!("{}：{title}", batch.title))
                };
                let key = |format| ObjectKey::Publication { applicant: applicant.clone(), number: batch.number, format };
                files.extend(writer.copy(label(".xlsx", "上网数据表"), &key(FormFormat::Workbook)).await?);
                files.extend(writer.copy(label(".pdf", "数据审核确认表"), &key(FormFormat::Pdf)).await?);
                if let Some(digest) = batch.result.clone() {
                    let result = ObjectKey::PublicationResult { applicant: applicant.clone(), digest };
                    files.extend(writer.copy(label(".csv", "查询结果"), &result).await?);
                }
            }
        }
        Ok(files)
    }

    /// The list that the lot was handed over with, and which winners have their certificates.
    async fn hand_out(&self, writer: &VolumeWriter<'_>) -> Result<Vec<VolumeFile>, RecordsError> {
        let (application, lot) = (&self.application.id, self.allocation.lot());
        let Some(collection) = writer.cloud.hand_outs().collection(application, &lot).await? else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        for number in 0..bundles_of(collection.count()) {
            let label = Label::new(Section::Certificates, &format!("hand-out/list-{number:05}.pdf"), "领取、发放清单");
            let (application, lot, format) = (application.clone(), lot.clone(), FormFormat::Pdf);
            let list = ObjectKey::HandOutList { application, lot, collection: collection.number, number, format };
            files.push(present(writer.copy(label, &list).await?, "a hand-out list")?);
        }
        let winners = json_lines(writer.cloud.hand_outs().of(application, &lot).await?)?;
        files.push(writer.put(Label::new(Section::Certificates, "hand-out/winners.jsonl", "逐人发放登记"), winners).await?);
        Ok(files)
    }

    /// A bundle of a run, as it was printed, and what lies on which sheet.
    async fn bundle(&self, writer: &VolumeWriter<'_>, run: &Run, number: usize) -> Result<Vec<VolumeFile>, RecordsError> {
        let (application, lot, n) = (run.run_of.clone(), run.lot(), run.number);
        let (which, name) = (format!("第 {} 批第 {} 册", n + 1, number + 1), format!("runs/{n:05}-{number:05}"));
        let edition = run.edition();
        let merged = ObjectKey::Run { application: application.clone(), lot: lot.clone(), run: n, edition, number };
        let list = ObjectKey::CoverList { application, lot, run: n, edition, number };
        let label =
            |suffix: &str, title: &str| Label::new(Section::Certificates, &format!("{name}{suffix}.pdf"), format!("{which}{title}"));
        let merged = present(writer.copy(label("", "打印文件"), &merged).await?, "a run's PDF")?;
        Ok(vec![merged, present(writer.copy(label("-list", "打印清单"), &list).await?, "a cover list")?])
    }
}
