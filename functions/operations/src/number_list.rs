//! The rows whose numbers an account may enter (by hand, G13; given by others, 二、（一）): listed, as a table to be filled in, and read from such
//! a table. What is entered is looked at and written by [`crate::numbers`].

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use records::RecordsError;
use records::application::stored::Application;
use records::issue::certificates::Certificate;
use roster::{RowFilledIn, RowToNumber};
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::issue::external::NumberBasis;
use rules::notice::Notice;
use rules::values::date::day;
use rules::values::party::Actor;
use rules::values::text::{csv_cell, csv_delimiter, decoded, line_of};
use rules::values::vocabulary::CertificateType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::numbers::{MAX_ROWS, RowNumber, RowOf, entering};
use crate::own_lot::title;
use crate::refusal::Refusal;

/// Rows on a page.
const PAGE: usize = 200;
/// What workbooks begin with: archives, and the older files that are told to be saved anew.
const WORKBOOKS: [&[u8]; 2] = [b"PK", b"\xD0\xCF\x11\xE0"];

/// Which rows are listed.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumbersAsked {
    /// Those that have a number, instead of those that wait for one.
    #[serde(default)]
    pub entered: bool,
    /// `next_after` of the page before; the first page, if none is named.
    pub after: Option<u32>,
}

/// Rows whose numbers the account may enter, in roster order.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct NumberPage {
    /// Of which types the lots are; none where no number of the application is entered, or none of its lots is approved.
    pub types: Vec<CertificateType>,
    /// How many rows wait for a number.
    pub waiting: usize,
    /// How many have one.
    pub entered: usize,
    /// Whether rows that were approved a moment ago are still being written.
    pub under_way: bool,
    /// Those of this page.
    pub rows: Vec<ListedNumber>,
    /// Where the next page begins; none at the end.
    pub next_after: Option<u32>,
}

/// A row and its number.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ListedNumber {
    /// Row of the roster.
    pub row: u32,
    /// 姓名
    pub name: String,
    /// The type as the notice calls it.
    pub certificate_type_word: String,
    /// 颁证主体
    pub issuing_body: String,
    /// The number, where there is one.
    pub number: Option<String>,
    /// What it rests on, of others' numbers.
    #[serde(default, skip_serializing_if = "NumberBasis::is_empty")]
    pub basis: NumberBasis,
    /// Whether it is one of ours, and found by its number.
    pub is_own: bool,
}

/// A workbook with the rows that wait for a number.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct NumbersWorkbook {
    /// The name that its file is to have.
    pub file: String,
    /// Its bytes, in Base64.
    pub workbook_base64: String,
    /// How many rows stand in it: as many as are entered at once.
    pub rows: usize,
}

/// The lots whose numbers the account may enter, and the records in them.
struct OwnLots {
    application: Application,
    lots: Vec<Allocation>,
    records: Vec<Certificate>,
}

impl OwnLots {
    fn has(&self, certificate: &Certificate) -> bool {
        self.lots.iter().any(|lot| lot.lot() == certificate.lot())
    }

    fn waiting(&self) -> impl Iterator<Item = &Certificate> {
        self.records.iter().filter(|record| record.number().is_none())
    }
}

impl Operations {
    /// A page of the rows whose numbers the account may enter; [`Refusal::Denied`] where it may enter none of those that are entered.
    pub async fn numbers_page(&self, actor: &Actor, id: ApplicationId, asked: NumbersAsked) -> Result<NumberPage, Refusal> {
        let own = self.lots_to_number(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&own.application).await?;
        let notice = rulebook.notices.of_contest(&own.application.contest)?;
        let without = |lot: &Allocation| match lot.certificate_type.is_of_others() {
            true => lot.recorded as usize,
            false => lot.rows_without_number().count(),
        };
        let all: usize = own.lots.iter().map(|lot| lot.recorded as usize).sum();
        let recorded: usize = own.lots.iter().map(without).sum();
        let waiting = own.waiting().count() + recorded.saturating_sub(own.records.len());
        let (found, next_after) = match asked.entered {
            true => self.entered(&own, asked.after).await?,
            false => page_of(own.waiting().cloned().collect(), asked.after),
        };
        let has = |certificate_type: &CertificateType| own.lots.iter().any(|lot| lot.certificate_type == *certificate_type);
        let types: Vec<CertificateType> = CertificateType::ALL.into_iter().filter(has).collect();
        Ok(NumberPage {
            types,
            waiting,
            entered: all.saturating_sub(waiting),
            under_way: recorded > own.records.len(),
            rows: found.into_iter().map(|certificate| listed(notice, certificate)).collect(),
            next_after,
        })
    }

    /// The table that `saizheng numbers --out` writes: the first 1,000 rows that wait for a number.
    pub async fn numbers_workbook(&self, actor: &Actor, id: ApplicationId) -> Result<NumbersWorkbook, Refusal> {
        let own = self.lots_to_number(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&own.application).await?;
        let notice = rulebook.notices.of_contest(&own.application.contest)?;
        let row = |record: &Certificate| RowToNumber {
            row: record.row,
            name: record.entry.name.reveal().to_owned(),
            certificate_type: title(notice, record.certificate_type),
            application: id.to_string(),
        };
        let rows: Vec<RowToNumber> = own.waiting().take(MAX_ROWS).map(row).collect();
        if rows.is_empty() {
            return Err(Refusal::Changed("没有待登记编号的证书".to_owned()));
        }
        let workbook = roster::numbers_to_fill_in(&rows).map_err(|error| Refusal::Records(RecordsError::Corrupt(error.to_string())))?;
        let workbook_base64 = BASE64_STANDARD.encode(workbook);
        Ok(NumbersWorkbook { file: format!("numbers-{id}.xlsx"), workbook_base64, rows: rows.len() })
    }

    async fn lots_to_number(&self, actor: &Actor, id: &ApplicationId) -> Result<OwnLots, Refusal> {
        let application = self.visible(actor, id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let (mut lots, mut denied) = (Vec::new(), false);
        for lot in self.cloud.allocations().of(id).await?.into_iter().filter(|lot| lot.recorded > 0) {
            let rule = notice.type_rule(lot.certificate_type).map(|rule| &rule.number);
            let Some(entering) = rule.and_then(|rule| entering(rule, &application.unit, &lot.reviewer)) else { continue };
            match actor.may(entering) {
                Ok(()) => lots.push(lot),
                Err(_) => denied = true,
            }
        }
        if lots.is_empty() && denied {
            return Err(Refusal::Denied);
        }
        let mut own = OwnLots { application, lots, records: Vec::new() };
        let records = self.cloud.certificates().recorded(id).await?;
        own.records = records.into_iter().filter(|record| own.has(record)).collect();
        Ok(own)
    }

    /// Rows with a number after a row. Budget: a query for each five hundred certificates between them.
    async fn entered(&self, own: &OwnLots, after: Option<u32>) -> Result<(Vec<Certificate>, Option<u32>), Refusal> {
        let (mut found, mut next) = (Vec::new(), Some(after.unwrap_or(0)));
        while let Some(from) = next.filter(|_| found.len() <= PAGE) {
            let page = self.cloud.certificates().page(&own.application.id, from).await?;
            let counts = |one: &Certificate| own.has(one) && one.revoked.is_none() && one.number().is_some();
            found.extend(page.certificates.into_iter().filter(counts));
            next = page.next_after;
        }
        Ok(page_of(found, None))
    }
}

/// As many as a page holds, and behind which row the next one begins.
fn page_of(mut rows: Vec<Certificate>, after: Option<u32>) -> (Vec<Certificate>, Option<u32>) {
    rows.retain(|one| after.is_none_or(|after| one.row > after));
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().map(|last| last.row).filter(|_| more);
    (rows, next)
}

fn listed(notice: &Notice, certificate: Certificate) -> ListedNumber {
    ListedNumber {
        row: certificate.row,
        name: certificate.entry.name.reveal().to_owned(),
        certificate_type_word: title(notice, certificate.certificate_type),
        issuing_body: certificate.issued_by().to_owned(),
        number: certificate.number().map(str::to_owned),
        is_own: certificate.code.is_some(),
        basis: certificate.basis,
    }
}

/// Rows and their numbers out of a table that was filled in: a workbook, or a text with commas or tabs.
///
/// # Errors
/// In Chinese, everything that cannot be read, or that there is nothing in it.
pub fn numbers_filled_in(bytes: &[u8]) -> Result<Vec<RowNumber>, Vec<String>> {
    let filled = match WORKBOOKS.iter().any(|start| bytes.starts_with(start)) {
        true => roster::numbers_filled_in(bytes)?,
        false => of_text(bytes)?,
    };
    let row = |RowFilledIn { row, number, basis, name, certificate_type, application }| {
        let of = RowOf { application, name, certificate_type };
        RowNumber { row, number, basis, of: Some(of) }
    };
    if filled.is_empty() {
        return Err(vec!["表中没有填写证书编号".to_owned()]);
    }
    Ok(filled.into_iter().map(row).collect())
}

/// The same table, saved as a text.
fn of_text(bytes: &[u8]) -> Result<Vec<RowFilledIn>, Vec<String>> {
    let unreadable = || vec!["文件不是工作簿（xlsx），也不是 CSV 文本；请用下载的表填写".to_owned()];
    let text = decoded(bytes).filter(|text| !text.contains('\0')).ok_or_else(unreadable)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(csv_delimiter(&text)).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|_| unreadable())?.clone();
    let column = |header: &str| headers.iter().position(|one| csv_cell(one) == header);
    let (Some(_), Some(_)) = (column("行号"), column("证书编号")) else {
        return Err(vec!["表中没有“行号”和“证书编号”两列；请用下载的表填写".to_owned()]);
    };
    let (mut filled, mut problems) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let Ok(record) = record else { return Err(unreadable()) };
        let line = record.position().map_or(0, |position| line_of(&text, position));
        let cell =
            |header: &str| column(header).and_then(|at| record.get(at)).map(csv_cell).filter(|cell| !cell.is_empty()).map(str::to_owned);
        let Some(number) = cell("证书编号") else { continue };
        match (cell("行号").and_then(|row| row.parse().ok()), cell("颁发日期").as_deref().map(day).transpose()) {
            (None, _) => problems.push(format!("表中第 {line} 行没有行号")),
            (_, Err(why)) => problems.push(format!("表中第 {line} 行的颁发日期不是日期：{why}；日期写作 2022-06-20")),
            (Some(row), Ok(issued_on)) => filled.push(RowFilledIn {
                row,
                number,
                basis: NumberBasis { implementing_body: cell("职业资格实施机构"), document: cell("文号或依据"), issued_on },
                name: cell("姓名"),
                certificate_type: cell("证书类型"),
                application: cell("申报号"),
            }),
        }
    }
    if problems.is_empty() { Ok(filled) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(u32, String, NumberBasis)>, Vec<String>> {
        let rows = numbers_filled_in(text.as_bytes())?;
        Ok(rows.into_iter().map(|one| (one.row, one.number, one.basis)).collect())
    }

    #[test]
    fn a_table_that_was_saved_as_text_is_read_by_its_headers() {
        let read_rows = read("姓名,证书编号,行号,颁发日期\n张样例,ZX-0001,4,2022-06-20\n李样例,,5,\n,=\"0002\",6,\n").expect("rows");
        let told: Vec<(u32, &str)> = read_rows.iter().map(|(row, number, _)| (*row, number.as_str())).collect();
        assert_eq!(told, [(4, "ZX-0001"), (6, "0002")]);
        assert_eq!(read_rows[0].2.issued_on, Some(jiff::civil::date(2022, 6, 20)));
        let tabs = numbers_filled_in("行号\t证书编号\t姓名\n7\tZX-7\t张样例\n".as_bytes()).expect("tabs");
        assert_eq!(tabs[0].of.as_ref().and_then(|of| of.name.as_deref()), Some("张样例"));
    }

    #[test]
    fn what_cannot_be_read_of_a_text_is_said_with_its_line() {
        for (text, said) in [
            ("行号,姓名\n4,张样例\n", "没有“行号”和“证书编号”两列"),
            ("行号,证书编号\n4,\n", "没有填写证书编号"),
            ("行号,证书编号\n,ZX-1\n", "第 2 行没有行号"),
            ("行号,证书编号,颁发日期\n\n4,ZX-1,明天\n", "第 3 行的颁发日期不是日期"),
            ("\u{0}\u{1}", "不是工作簿"),
        ] {
            let problems = read(text).expect_err(text);
            assert!(problems.iter().any(|one| one.contains(said)), "{text}: {problems:?}");
        }
    }
}
