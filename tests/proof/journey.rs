//! The whole way of an application, from its folder to winners' hands, with what happens on the way now and then: a roster that is wrong at
//! first, a return, a withdrawal; a jam, a reissue, a correction, a revocation.

use anyhow::{Context, Result, ensure};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::case::Case;
use workflow_tests::saizheng::new_key;

use crate::work::{Accounts, Job, Patient, refused};

/// Winners of an application.
const WINNERS: usize = 3;
/// The day of everything; the stack's own.
const DAY: &str = "2022-06-20";
/// 居民身份证 whose check digit is wrong.
const WRONG_NUMBER: &str = "110105194912310021";

/// Where an application ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// 已发放, to the last winner.
    HandedOut,
    /// Its unit took it back.
    Withdrawn,
}

/// One application on its way.
pub(crate) struct Journey<'p> {
    patient: &'p Patient<'p>,
    index: usize,
    job: Job,
    accounts: Accounts,
}

impl<'p> Journey<'p> {
    /// The `index`-th, which decides what happens on its way.
    pub(crate) fn new(patient: &'p Patient<'p>, index: usize) -> Result<Self> {
        let accounts = Accounts::of(patient.client, &format!("unit-{}", index % 40), "00")?;
        Ok(Self { patient, index, job: Job::new(index, WINNERS, "00")?, accounts })
    }

    /// Takes it to its end; its id.
    pub(crate) fn go(&mut self) -> Result<(String, End)> {
        let case = self.hand_in()?;
        if self.is_each(20, 9) {
            self.withdraw(&case)?;
            return Ok((case.id, End::Withdrawn));
        }
        self.patient.submitted_and_authorised(&case)?;
        self.patient.qualify(&case, &refused(self.index))?;
        self.until_drawn(&case)?;
        self.print(&case)?;
        self.mishap(&case)?;
        self.archive(&case)?;
        self.publish(&case)?;
        self.hand_out(&case)?;
        Ok((case.id, End::HandedOut))
    }

    /// Whether it is the `nth` of so many.
    fn is_each(&self, of: usize, nth: usize) -> bool {
        self.index % of == nth
    }

    /// Until it is submitted.
    fn hand_in(&mut self) -> Result<Case> {
        if self.is_each(5, 2) {
            self.job.folder.set(0, Field::DocumentNumber, WRONG_NUMBER);
            self.job.folder.write()?;
            let case = self.upload()?;
            self.until("the roster is found to be wrong", &case, is_roster_wrong)?;
            let right = self.job.folder.person(0).id_number;
            self.job.folder.set(0, Field::DocumentNumber, &right);
            self.job.folder.write()?;
        }
        let mut case = self.upload()?;
        self.until("submitted", &case, |shown| shown["status"] == "submitted")?;
        if self.is_each(7, 5) {
            self.decide(&case, &self.accounts.center, "/return", "汇总表未盖章")?;
            case = self.upload()?;
            self.until("submitted again", &case, |shown| shown["status"] == "submitted")?;
        }
        Ok(case)
    }

    /// Hands in the folder as it lies there.
    fn upload(&self) -> Result<Case> {
        let case = self.patient.find_or_create(&self.job, &self.accounts)?;
        self.patient.until("upload", || case.upload_all(self.patient.client, &self.job.folder).map(Some))?;
        Ok(case)
    }

    fn withdraw(&self, case: &Case) -> Result<()> {
        self.decide(case, &self.accounts.unit, "/withdraw", "重复申报")
    }

    /// A return, or a withdrawal, for a reason.
    fn decide(&self, case: &Case, token: &str, step: &str, reason: &str) -> Result<()> {
        self.patient.until(step, || {
            let shown = case.show(self.patient.client)?;
            if shown["status"] == "returned" {
                return Ok(Some(()));
            }
            let body = json!({ "reason": reason, "version": shown["version"] });
            self.patient.client.call(Some(token), "POST", &case.path(step), Some(&body)).map(|_| None)
        })
    }

    fn until_drawn(&self, case: &Case) -> Result<()> {
        self.until("drawn", case, |shown| lots(shown).all(|lot| lot["chunks"] == lot["printed_chunks"])).map(|_| ())
    }

    fn until_on_sheets(&self, case: &Case) -> Result<()> {
        let runs = |lot: &'_ Value| lot["runs"].as_array().cloned().unwrap_or_default();
        self.until("on sheets", case, |shown| lots(shown).flat_map(runs).all(|run| run["chunks"] == run["printed_chunks"]))?;
        Ok(())
    }

    fn print(&self, case: &Case) -> Result<()> {
        let body = json!({ "reason": "照片由本机构粘贴" });
        let is_done = || Ok(lots(&case.show(self.patient.client)?).all(|lot| lot["runs"].as_array().is_some_and(|runs| !runs.is_empty())));
        self.once("print", &case.path("/print"), &body, is_done)?;
        self.until_on_sheets(case)
    }

    /// What happens to a certificate that lies on its sheet.
    fn mishap(&self, case: &Case) -> Result<()> {
        let certificates = self.certificates(case)?;
        let first = &certificates[0];
        let code = first["code"].as_str().context("a code")?;
        let (change, body) = match self.index % 9 {
            1 => ("jam", json!({ "serial": first["serial"], "reason": "卡纸" })),
            3 => ("reissue", json!({ "reason": "污损", "old_sheet": "voided" })),
            5 => ("correct", json!({ "name": "更正甲", "reason": "姓名有误", "old_sheet": "voided" })),
            7 if certificates.len() > 1 => ("revoke", json!({ "reason": "成绩作废", "old_sheet": "voided" })),
            _ => return Ok(()),
        };
        let path = if change == "jam" { case.path("/void-sheet") } else { format!("/v1/certificates/{code}/{change}") };
        let is_done = || {
            let now = self.listed(case)?;
            let same = now.iter().find(|one| one["code"] == code).context("it is gone")?;
            Ok(same["serial"] != first["serial"] || !same["revoked"].is_null())
        };
        self.once(change, &path, &body, is_done)?;
        self.until_on_sheets(case)
    }

    fn archive(&self, case: &Case) -> Result<()> {
        let is_archived = |shown: &Value| lots(shown).all(|lot| lot["stage"] == "archived");
        self.once("archive", &case.path("/archive"), &json!({}), || Ok(is_archived(&case.show(self.patient.client)?)))?;
        self.until("archived", case, is_archived).map(|_| ())
    }

    fn publish(&self, case: &Case) -> Result<()> {
        let (client, center) = (self.patient.client, &self.accounts.center);
        let apply = json!({ "kind": "new", "applications": [case.id] });
        let is_of_case = |batch: &Value| batch["lots"].as_array().is_some_and(|lots| lots.iter().any(|lot| lot["application"] == case.id));
        let found = || -> Result<Option<Value>> {
            let (status, all) = client.call(Some(center), "GET", "/v1/publications", None)?;
            ensure!(status == 200, "publications: {status} {all}");
            Ok(all["batches"].as_array().into_iter().flatten().find(|batch| is_of_case(batch)).cloned())
        };
        self.once("publication", "/v1/publications", &apply, || Ok(found()?.is_some()))?;
        let batch = self.patient.until("batch", found)?;
        let path = format!("/v1/publications/{}/{}", batch["applicant"].as_str().context("applicant")?, batch["number"]);
        let state = || -> Result<Value> {
            let (status, batch) = client.call(Some(center), "GET", &path, None)?;
            ensure!(status == 200, "batch: {status} {batch}");
            Ok(batch["state"].clone())
        };
        for (step, before) in [("review", "applied"), ("uploaded", "reviewed")] {
            self.once(step, &format!("{path}/{step}"), &json!({}), || Ok(state()? != before))?;
        }
        let list = self.patient.until("result list", || case.result_list(client).map(Some))?;
        self.once("confirm", &format!("{path}/confirm"), &json!({ "list": list }), || Ok(state()? == "confirmed"))?;
        self.until("published", case, |shown| lots(shown).all(|lot| lot["stage"] == "published")).map(|_| ())
    }

    fn hand_out(&self, case: &Case) -> Result<()> {
        let (client, unit) = (self.patient.client, &self.accounts.unit);
        let collected = json!({ "on": DAY, "collector": "赵经办" });
        let is_done = || Ok(lots(&case.show(client)?).all(|lot| lot["stage"] == "handed_out"));
        self.once("collection", &case.path("/collection"), &collected, is_done)?;
        let live = self.certificates(case)?.into_iter().filter(|one| one["revoked"].is_null());
        let winners: Vec<Value> = live.map(|one| json!({ "code": one["code"], "on": DAY })).collect();
        self.patient.until("hand-outs", || {
            let (status, answer) = client.call(Some(unit), "PUT", &case.path("/hand-outs"), Some(&json!({ "winners": winners })))?;
            ensure!(status == 200, "hand-outs: {status} {answer}");
            Ok(Some(()))
        })
    }

    /// The Center's request, sent until it is answered, or until what it asks for is there.
    fn once(&self, what: &str, path: &str, body: &Value, is_done: impl Fn() -> Result<bool>) -> Result<()> {
        let key = new_key();
        self.patient.until(what, || {
            let visit = self.patient.client.call_with(&key, Some(&self.accounts.center), "POST", path, Some(body))?;
            if matches!(visit.status, 200 | 201) || is_done()? {
                return Ok(Some(()));
            }
            anyhow::bail!("{what}: {} {}", visit.status, visit.text)
        })
    }

    /// Looks until the application is so.
    fn until(&self, what: &str, case: &Case, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let seen = self.patient.until(what, || case.show(self.patient.client).map(|shown| is_so(&shown).then_some(shown)));
        seen.with_context(|| format!("application {}, {}", self.index, case.id))
    }

    fn certificates(&self, case: &Case) -> Result<Vec<Value>> {
        self.patient.until("certificates", || self.listed(case).map(Some))
    }

    /// Rows that were refused have no code.
    fn listed(&self, case: &Case) -> Result<Vec<Value>> {
        let mut all = case.certificates(self.patient.client)?;
        all.retain(|one| one["code"].is_string());
        ensure!(!all.is_empty(), "no certificates");
        Ok(all)
    }
}

fn is_roster_wrong(shown: &Value) -> bool {
    shown["materials"].as_array().into_iter().flatten().any(|one| one["material"] == "roster" && one["clean"] == false)
}

fn lots(shown: &Value) -> impl Iterator<Item = &Value> {
    shown["decisions"].as_array().into_iter().flatten()
}
