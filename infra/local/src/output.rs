//! What comes back: `certificates.csv`, `report.xlsx`, `report.json` and the PDFs.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use operations::reports::Report;
use operations::show::{ListedCertificate, LotProgress};
use rules::notice::Notice;
use rules::values::finding::{CONTEST_FILE, Finding, FindingCode, Severity};
use serde::Serialize;
use serde_json::json;

use crate::api::Api;
use crate::folder::MaterialFile;

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
}

impl Line {
    /// Whether the row got what the notice gives it.
    pub(crate) fn is_served(&self) -> bool {
        matches!(self.status.as_str(), PRINTED | RECORDED)
    }
}

const PRINTED: &str = "已打印";
const ISSUED: &str = "已赋码";
const RECORDED: &str = "已登记";
const REFUSED: &str = "未通过";
const HELD: &str = "未受理";

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
    fs::create_dir_all(out).with_context(|| out.display().to_string())?;
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
    let lines = lines(rows, &certificates, &findings);
    pdfs(api, &certificates, out).await?;
    runs(api, &shown.decisions, out).await?;
    write_report(out, Some((id, &shown.status_word, &shown.unconfirmed)), &findings, &lines)?;
    match workbook {
        Some(workbook) => fs::write(out.join("report.xlsx"), workbook)?,
        None => write_workbook(out, roster, notice, &findings)?,
    }
    Ok((lines, findings))
}

/// The roster with its faulty cells marked, and the list of all findings.
fn write_workbook(out: &Path, roster: Option<&MaterialFile>, notice: &Notice, findings: &[Finding]) -> Result<()> {
    let original = roster.map(|roster| roster.bytes.as_slice()).unwrap_or_default();
    fs::write(out.join("report.xlsx"), roster::report(original, notice, findings)?)?;
    Ok(())
}

/// What came to nothing before there was an application.
pub(crate) fn write_refused(
    out: &Path,
    rows: &[(u32, String)],
    findings: &[Finding],
    notice: &Notice,
    roster: Option<&MaterialFile>,
) -> Result<Vec<Line>> {
    fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let lines = lines(rows, &[], findings);
    write_report(out, None, findings, &lines)?;
    write_workbook(out, roster, notice, findings)?;
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
    let by_certificate: HashMap<u32, &ListedCertificate> = certificates.iter().map(|certificate| (certificate.row, certificate)).collect();
    let served = !certificates.is_empty();
    let line = |(row, name): (u32, String)| {
        let own = by_row.get(&row).map(Vec::as_slice).unwrap_or_default();
        let mut codes: Vec<FindingCode> = own.iter().map(|finding| finding.code).collect();
        let mut line = Line { row, name, ..Line::default() };
        match by_certificate.get(&row) {
            Some(certificate) => fill(&mut line, certificate),
            None => {
                codes.extend(whole.iter().filter(|finding| finding.is_error()).map(|finding| finding.code));
                if !own.iter().any(|finding| finding.is_error()) && !served {
                    codes.push(FindingCode::RosterHeld);
                }
                line.status = if served { REFUSED } else { HELD }.to_owned();
            }
        }
        codes.sort();
        codes.dedup();
        line.findings = codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(";");
        line
    };
    names.into_iter().map(line).collect()
}

fn fill(line: &mut Line, certificate: &ListedCertificate) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    line.certificate_type.clone_from(&certificate.certificate_type);
    line.level = text(&certificate.level);
    line.issuing_body.clone_from(&certificate.issuing_body);
    line.sealed_by = text(&certificate.sealed_by);
    line.code = text(&certificate.code);
    line.serial = text(&certificate.serial);
    line.status = match (&certificate.code, &certificate.serial) {
        (None, _) => RECORDED,
        (Some(_), None) => ISSUED,
        (Some(_), Some(_)) => PRINTED,
    }
    .to_owned();
    if let (Some(code), Some(_)) = (&certificate.code, &certificate.pdf) {
        line.pdf = format!("certificates/{code}.pdf");
    }
}

async fn pdfs(api: &Api, certificates: &[ListedCertificate], out: &Path) -> Result<()> {
    let folder = out.join("certificates");
    let wanted: Vec<(&String, &String)> = certificates.iter().filter_map(|c| Some((c.code.as_ref()?, c.pdf.as_ref()?))).collect();
    if !wanted.is_empty() {
        fs::create_dir_all(&folder)?;
    }
    for some in wanted.chunks(DOWNLOADS) {
        let downloads = some.iter().map(|(code, link)| {
            let path = folder.join(format!("{code}.pdf"));
            async move { fs::write(path, api.download(link).await?).context("写入 PDF") }
        });
        futures::future::try_join_all(downloads).await?;
    }
    Ok(())
}

async fn runs(api: &Api, decisions: &[LotProgress], out: &Path) -> Result<()> {
    for decision in decisions {
        let links = decision.runs.iter().flat_map(|run| run.pdfs.iter().zip(&run.lists));
        for (number, (pdf, list)) in links.enumerate() {
            let folder = out.join("runs");
            fs::create_dir_all(&folder)?;
            let name = format!("{}-{:03}", decision.reviewer, number + 1);
            fs::write(folder.join(format!("{name}.pdf")), api.download(pdf).await?)?;
            fs::write(folder.join(format!("{name}-清单.pdf")), api.download(list).await?)?;
        }
    }
    Ok(())
}

fn write_report(out: &Path, application: Option<(&str, &str, &Vec<String>)>, findings: &[Finding], lines: &[Line]) -> Result<()> {
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
    fs::write(out.join("report.json"), serde_json::to_vec_pretty(&report)?)?;
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
        ])?;
    }
    for line in lines {
        csv.serialize(line)?;
    }
    fs::write(out.join("certificates.csv"), csv.into_inner().context("certificates.csv")?)?;
    Ok(())
}
