//! What comes back: `certificates.csv`, `report.xlsx`, `report.json` and the PDFs.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use operations::reports::Report;
use operations::show::LotProgress;
use operations::states::ListedCertificate;
use operations::states::RowState;
use rules::issue::allocation::Stage;
use rules::notice::{Notice, NumberRule, TypeRule};
use rules::values::finding::{CONTEST_FILE, Finding, FindingCode, Severity};
use serde::Serialize;
use serde_json::json;

use crate::api::Api;
use crate::findings::WORKBOOK;
use crate::folder::MaterialFile;
use crate::progress::Progress;
use crate::results::Staged;
use crate::shown;

/// PDFs fetched at once.
const DOWNLOADS: usize = 8;

/// A line of `certificates.csv`; the names of the fields are its columns.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Line {
    pub(crate) row: u32,
    pub(crate) name: String,
    pub(crate) certificate_type: String,
    pub(crate) level: String,
    pub(crate) issuing_body: String,
    pub(crate) sealed_by: String,
    pub(crate) code: String,
    pub(crate) serial: String,
    pub(crate) status: String,
    pub(crate) findings: String,
    pub(crate) pdf: String,
    pub(crate) number: String,
}

impl Line {
    /// The line as a spreadsheet opens it without computing anything.
    fn without_formulas(&self) -> Self {
        let mut line = self.clone();
        for cell in [
            &mut line.name,
            &mut line.certificate_type,
            &mut line.level,
            &mut line.issuing_body,
            &mut line.sealed_by,
            &mut line.code,
            &mut line.serial,
            &mut line.status,
            &mut line.findings,
            &mut line.pdf,
            &mut line.number,
        ] {
            *cell = crate::plain::cell(cell);
        }
        line
    }

    /// Whether its certificate is one of ours and comes when its number is entered (G13).
    pub(crate) fn waits_for_number(&self, notice: &Notice) -> bool {
        let is_by_hand = |rule: &&TypeRule| rule.name == self.certificate_type && matches!(rule.number, NumberRule::ByHand);
        self.number.is_empty() && self.status == RowState::Recorded.word() && notice.certificate_types.iter().any(|rule| is_by_hand(&rule))
    }

    /// Whether the row got what the notice gives it.
    pub(crate) fn is_served(&self) -> bool {
        is_served(&self.status)
    }

    /// Whether it was refused with the whole package.
    pub(crate) fn is_held(&self) -> bool {
        self.status == HELD
    }
}

/// Whether a row of that status got what the notice gives it; what the brackets add does not count.
fn is_served(status: &str) -> bool {
    let word = status.split('（').next().unwrap_or_default();
    [Stage::Printed.word(), RowState::Recorded.word()].contains(&word)
}

/// 未受理: the whole package was refused, and this row with it.
const HELD: &str = "未受理";

fn report_in(folder: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&fs::read(folder.join(REPORT)).ok()?).ok()
}

/// Whether a result folder holds what an application came to, and of which application: nothing else is written over it.
pub(crate) fn good_result(out: &Path) -> Option<String> {
    let report = report_in(out)?;
    let served = |row: &serde_json::Value| row["status"].as_str().is_some_and(is_served);
    report["rows"].as_array()?.iter().any(served).then(|| report["application"].as_str().unwrap_or_default().to_owned())
}

/// The application of which a result folder holds no good result, but what is to be put right; beside it where that one is another's.
pub(crate) fn unfinished_result(out: &Path) -> Option<String> {
    report_in(&free_folder(out, None))?["application"].as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Where the result of an application goes: `out`, or a folder beside it where `out` has the good result of another one.
pub(crate) fn free_folder(out: &Path, id: Option<&str>) -> PathBuf {
    let taken = |folder: &Path| good_result(folder).is_some_and(|earlier| Some(earlier.as_str()) != id);
    if !taken(out) {
        return out.to_owned();
    }
    let name = out.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (2u32..).map(|number| out.with_file_name(format!("{name}-{number}"))).find(|folder| !taken(folder));
    free.unwrap_or_else(|| out.to_owned())
}

/// All findings and rows of a result.
const REPORT: &str = "report.json";

/// Row numbers and names of a roster, whatever else is wrong with it.
pub(crate) fn roster_rows(notice: &Notice, roster: Option<&MaterialFile>) -> Vec<(u32, String)> {
    roster.map_or_else(Vec::new, |roster| roster::Roster::names(&roster.bytes, &notice.roster))
}

/// Fetches everything into `out`; `rows` are the roster's, so that refused rows have their line too, and `more` is
/// what was found on this side.
pub(crate) async fn fetch(
    api: &Api,
    id: &str,
    out: &Path,
    rows: &[(u32, String)],
    more: Vec<Finding>,
    notice: &Notice,
    roster: Option<&MaterialFile>,
) -> Result<(Vec<Line>, Vec<Finding>)> {
    let staged = Staged::of(out)?;
    let shown = api.show(id).await?;
    // A file that was too large to be stored is not missing besides.
    let refused = |file: &str| more.iter().any(|finding| finding.place.file == file);
    let package = shown.findings.into_iter().filter(|f| f.code != FindingCode::MaterialMissing || !refused(&f.place.file));
    let mut findings: Vec<Finding> = package.collect();
    findings.splice(0..0, more);
    // The system's workbook has the findings about the roster; with the roster at hand all of them can be listed.
    let mut workbook = None;
    for links in api.reports(id).await? {
        let report: Report<'_> = serde_json::from_slice(&api.download(&links.json).await?)?;
        // The contest's record was judged when it was created, and is judged again with the roster.
        let known = |finding: &Finding| finding.place.file == CONTEST_FILE && findings.contains(finding);
        let news: Vec<Finding> = report.findings.into_owned().into_iter().filter(|finding| !known(finding)).collect();
        findings.extend(news);
        if let Some(link) = links.workbook.filter(|_| roster.is_none()) {
            workbook = Some(api.download(&link).await?);
        }
    }
    let certificates = api.certificates(id).await?;
    // What became of rows after their materials were judged: refused at the review, a photo that cannot be read any more.
    let later: Vec<Finding> = certificates.iter().flat_map(|certificate| certificate.findings.iter().cloned()).collect();
    findings.extend(later.iter().cloned());
    let lines = lines(rows, &certificates, &findings);
    pdfs(api, &certificates, &staged).await?;
    runs(api, &shown.decisions, &staged).await?;
    write_report(&staged, Some((id, &shown.status_word, &shown.unconfirmed)), &findings, &lines)?;
    let workbook = match workbook {
        Some(marked) if !later.is_empty() => roster::report_of_rows(&marked, notice, &findings, &|_| true)?,
        Some(marked) => marked,
        None => marked_workbook(roster, notice, &findings)?,
    };
    staged.write(WORKBOOK, &workbook)?;
    staged.publish()?;
    Ok((lines, findings))
}

/// The roster with its faulty cells marked, and the list of all findings.
pub(crate) fn marked_workbook(roster: Option<&MaterialFile>, notice: &Notice, findings: &[Finding]) -> Result<Vec<u8>> {
    let original = roster.map(|roster| roster.bytes.as_slice()).unwrap_or_default();
    Ok(roster::report(original, notice, findings)?)
}

/// What came to nothing before there was an application.
pub(crate) fn write_refused(
    out: &Path,
    rows: &[(u32, String)],
    findings: &[Finding],
    notice: &Notice,
    roster: Option<&MaterialFile>,
) -> Result<Vec<Line>> {
    let staged = Staged::of(out)?;
    let lines = lines(rows, &[], findings);
    write_report(&staged, None, findings, &lines)?;
    staged.write(WORKBOOK, &marked_workbook(roster, notice, findings)?)?;
    staged.publish()?;
    Ok(lines)
}

fn lines(rows: &[(u32, String)], certificates: &[ListedCertificate], findings: &[Finding]) -> Vec<Line> {
    let mut by_row: HashMap<u32, Vec<&Finding>> = HashMap::new();
    let mut whole: Vec<&Finding> = Vec::new();
    for finding in findings {
        match finding.place.row.filter(|row| *row > 1) {
            Some(row) => by_row.entry(row).or_default().push(finding),
            None => whole.push(finding),
        }
    }
    let mut names: BTreeMap<u32, String> = rows.iter().cloned().collect();
    for certificate in certificates {
        names.entry(certificate.row).or_insert_with(|| certificate.name.clone());
    }
    let by_row_of: HashMap<u32, &ListedCertificate> = certificates.iter().fold(HashMap::new(), |mut by_row, certificate| {
        let kept = by_row.entry(certificate.row).or_insert(certificate);
        if supersedes(certificate, kept) {
            *kept = certificate;
        }
        by_row
    });
    let served = !certificates.is_empty();
    let line = |(row, name): (u32, String)| {
        let own = by_row.get(&row).map(Vec::as_slice).unwrap_or_default();
        let mut codes: Vec<FindingCode> = own.iter().map(|finding| finding.code).collect();
        let mut line = Line { row, name, ..Line::default() };
        match by_row_of.get(&row) {
            Some(certificate) => fill(&mut line, certificate),
            None => {
                codes.extend(whole.iter().filter(|finding| finding.is_error()).map(|finding| finding.code));
                if !own.iter().any(|finding| finding.is_error()) && !served {
                    codes.push(FindingCode::RosterHeld);
                }
                HELD.clone_into(&mut line.status);
            }
        }
        codes.sort();
        codes.dedup();
        line.findings = codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(";");
        line
    };
    names.into_iter().map(line).collect()
}

/// Of two certificates of one row: the one that counts, or else the last that did.
fn supersedes(certificate: &ListedCertificate, other: &ListedCertificate) -> bool {
    let successor = |certificate: &ListedCertificate| certificate.revoked.as_ref().is_none_or(|revoked| revoked.replaced_by.is_none());
    successor(certificate) && !successor(other)
}

fn fill(line: &mut Line, certificate: &ListedCertificate) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    line.certificate_type.clone_from(&certificate.certificate_type);
    line.level = text(&certificate.level);
    line.issuing_body.clone_from(&certificate.issuing_body);
    line.sealed_by = text(&certificate.sealed_by);
    line.code = text(&certificate.code);
    line.number = text(&certificate.number);
    line.serial = text(&certificate.serial);
    line.status = status(certificate);
    if let (Some(code), Some(_), None) = (certificate.own_number(), &certificate.pdf, &certificate.revoked) {
        line.pdf = format!("certificates/{code}.pdf");
    }
}

/// The state in a word; behind it, in brackets, why, and which code took the place of which.
fn status(certificate: &ListedCertificate) -> String {
    let word = match certificate.state {
        // What became of the lot afterwards is of the lot; the line says whether the certificate is on paper, or recorded.
        RowState::Archived | RowState::Published | RowState::HandedOut => match certificate.external_number {
            Some(_) => RowState::Recorded.word(),
            None => Stage::Printed.word(),
        },
        state => state.word(),
    };
    let mut notes: Vec<String> = certificate.reason.clone().into_iter().collect();
    if let Some(code) = certificate.revoked.as_ref().and_then(|revoked| revoked.replaced_by.as_ref()) {
        notes.push(format!("新{} {code}", shown::code_word(code)));
    }
    if certificate.corrected {
        notes.push("已更正".to_owned());
    }
    if let Some(code) = &certificate.replaces {
        notes.push(format!("原{} {code} 已注销", shown::code_word(code)));
    }
    if notes.is_empty() { word.to_owned() } else { format!("{word}（{}）", notes.join("；")) }
}

async fn pdfs(api: &Api, certificates: &[ListedCertificate], staged: &Staged) -> Result<()> {
    let wanted: Vec<(&str, &str)> = certificates
        .iter()
        // What no longer counts is not to be printed by mistake.
        .filter(|certificate| certificate.revoked.is_none())
        .filter_map(|certificate| Some((certificate.own_number()?, certificate.pdf.as_deref()?)))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let progress = Progress::start("取回证书");
    for (chunk, some) in wanted.chunks(DOWNLOADS).enumerate() {
        progress.at(chunk * DOWNLOADS, wanted.len());
        let downloads =
            some.iter().map(|(code, link)| async move { staged.write(format!("certificates/{code}.pdf"), &api.download(link).await?) });
        futures::future::try_join_all(downloads).await?;
    }
    Ok(())
}

async fn runs(api: &Api, decisions: &[LotProgress], staged: &Staged) -> Result<()> {
    for decision in decisions {
        let links = decision.runs.iter().flat_map(|run| run.pdfs.iter().zip(&run.lists));
        for (number, (pdf, list)) in links.enumerate() {
            let name = format!("runs/{}-{:03}", decision.title(), number + 1);
            staged.write(format!("{name}.pdf"), &api.download(pdf).await?)?;
            staged.write(format!("{name}-清单.pdf"), &api.download(list).await?)?;
        }
    }
    Ok(())
}

fn write_report(staged: &Staged, application: Option<(&str, &str, &Vec<String>)>, findings: &[Finding], lines: &[Line]) -> Result<()> {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (id, status, unconfirmed) = application.map_or((None, None, None), |(id, status, gaps)| (Some(id), Some(status), Some(gaps)));
    let report = json!({
        "application": id,
        "status": status,
        "errors": count(Severity::Error),
        "warnings": count(Severity::Warning),
        "notices": count(Severity::Notice),
        "findings": findings,
        "unconfirmed": unconfirmed,
        "rows": lines,
    });
    staged.write(REPORT, &serde_json::to_vec_pretty(&report)?)?;
    // The byte-order mark is what makes Excel read UTF-8.
    let mut csv = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
    if lines.is_empty() {
        csv.write_record([
            "row",
            "name",
            "certificate_type",
            "level",
            "issuing_body",
            "sealed_by",
            "code",
            "serial",
            "status",
            "findings",
            "pdf",
            "number",
        ])?;
    }
    for line in lines {
        csv.serialize(line.without_formulas())?;
    }
    staged.write("certificates.csv", &csv.into_inner().context("certificates.csv")?)
}

#[cfg(test)]
mod tests {
    use rules::values::finding::Place;
    use serde_json::{Value, json};

    use super::*;

    fn listed(row: u32, state: &str, more: Value) -> ListedCertificate {
        let mut all = json!({
            "row": row, "name": "张样例", "state": state, "state_word": "", "certificate_type": "职业技能等级证书", "level": null,
            "issuing_body": "组委会", "sealed_by": null, "code": null, "external_number": null, "number": null, "serial": null, "stage": null,
            "stage_word": null, "photo": false, "pdf": null
        });
        let fields = all.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        serde_json::from_value(all).expect("a row")
    }

    const OLD: &str = "S000051009999223J00001";
    const NEW: &str = "S000051009999222J00001";

    fn revoked(by: Option<&str>) -> Value {
        json!({ "code": OLD, "reason": "等级有误", "pdf": "link",
            "revoked": { "at": "2022-06-20T02:00:00Z", "by": "local-center-00", "reason": "等级有误", "replaced_by": by } })
    }

    #[test]
    fn every_row_has_its_state_and_a_reason_where_one_was_given() {
        let numbered = json!({ "code": OLD, "serial": "JN00000001" });
        let cases = [
            (listed(2, "printed", numbered.clone()), "已打印"),
            (listed(2, "handed_out", numbered), "已打印"),
            (listed(2, "handed_out", json!({ "number": "ZX0001" })), "已打印"),
            (listed(2, "issued", json!({ "code": OLD })), "已赋码"),
            (listed(2, "recorded", json!({})), "已登记"),
            (listed(2, "handed_out", json!({ "number": "川职01", "external_number": "川职01" })), "已登记"),
            (listed(2, "under_review", json!({})), "待审核"),
            (listed(2, "refused", json!({ "reason": "年龄不符" })), "未通过（年龄不符）"),
            (listed(2, "revoked", revoked(None)), "已注销（等级有误）"),
            (listed(2, "revoked", revoked(Some(NEW))), "已注销（等级有误；新编码 S000051009999222J00001）"),
            (listed(2, "printed", json!({ "serial": "JN00000002", "corrected": true })), "已打印（已更正）"),
        ];
        for (certificate, expected) in cases {
            let lines = lines(&[], &[certificate], &[]);
            assert_eq!((lines.len(), lines[0].status.as_str()), (1, expected));
            assert_eq!(lines[0].is_served(), expected.starts_with("已打印") || expected == "已登记", "{expected}");
        }
    }

    #[test]
    fn a_row_whose_code_was_replaced_shows_the_one_that_counts() {
        let old = || listed(2, "revoked", revoked(Some(NEW)));
        let new =
            || listed(2, "printed", json!({ "code": NEW, "serial": "JN00000002", "replaces": OLD, "corrected": true, "pdf": "link" }));
        for certificates in [[old(), new()], [new(), old()]] {
            let lines = lines(&[(2, "张样例".to_owned())], &certificates, &[]);
            assert_eq!(lines.len(), 1);
            assert_eq!((lines[0].code.as_str(), lines[0].pdf.as_str()), (NEW, "certificates/S000051009999222J00001.pdf"));
            assert_eq!(lines[0].status, "已打印（已更正；原编码 S000051009999223J00001 已注销）");
        }
        assert_eq!(lines(&[], &[old()], &[])[0].pdf, "", "what was revoked is not to be printed");
    }

    #[test]
    fn a_good_result_is_not_written_over_by_that_of_another_application() {
        let folder = std::env::temp_dir().join(format!("saizheng-result-{}", std::process::id()));
        let out = folder.join("out");
        fs::create_dir_all(&out).expect("created");
        let served = lines(&[], &[listed(2, "recorded", json!({}))], &[]);
        let write = |status: &str, lines: &[Line]| {
            let staged = Staged::of(&out).expect("staged");
            write_report(&staged, Some(("first", status, &Vec::new())), &[], lines).expect("written");
            staged.publish().expect("published");
        };
        write("已通过", &served);
        assert_eq!(good_result(&out).as_deref(), Some("first"));
        assert_eq!(free_folder(&out, Some("first")), out, "the same application");
        assert_eq!(free_folder(&out, Some("second")), folder.join("out-2"));
        assert_eq!(free_folder(&out, None), folder.join("out-2"));
        assert_eq!(unfinished_result(&out), None, "it is finished");
        write("草稿", &lines(&[(2, "张样例".to_owned())], &[], &[]));
        assert_eq!(unfinished_result(&out).as_deref(), Some("first"), "what is put right goes into the same application");
        assert_eq!(free_folder(&out, None), out, "nothing good is lost");
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn cells_that_a_spreadsheet_would_compute_are_text() {
        let folder = std::env::temp_dir().join(format!("saizheng-csv-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("created");
        let finding = Finding::new(FindingCode::ContestInvalid, Place::file(CONTEST_FILE), "有误");
        let rows: Vec<(u32, String)> =
            ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "张样例"].into_iter().map(str::to_owned).zip(2..).map(|(n, r)| (r, n)).collect();
        let all = lines(&rows, &[], std::slice::from_ref(&finding));
        let staged = Staged::of(&folder).expect("staged");
        write_report(&staged, None, &[finding], &all).expect("written");
        staged.publish().expect("published");
        let text = fs::read_to_string(folder.join("certificates.csv")).expect("read");
        let mut csv = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let names: Vec<String> = csv.records().map(|record| record.expect("a record")[1].to_owned()).collect();
        assert_eq!(names, ["'=1+1", "'+1", "'-1", "'@A1", "'\t=1", "'\r=1", "张样例"]);
        assert_eq!(csv.headers().expect("a header").iter().skip(10).collect::<Vec<_>>(), ["pdf", "number"], "a column more is at the end");
        fs::remove_dir_all(folder).expect("removed");
    }
}
