//! `saizheng numbers`: numbers of certificates that are entered by hand, or that others gave, by a workbook.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use operations::number_list::numbers_filled_in;
use operations::numbers::{EnterNumbers, EnteredNumbers, MAX_ROWS, RowNumber};
use operations::states::RowState;
use roster::RowToNumber;
use rules::values::folding;

use crate::accounts::Account;
use crate::api::Answer;
use crate::mistake::{mistake, named_file, tell_refused};
use crate::remote::Remote;
use crate::{print, say, shown, steps};

/// What is done with a lot's numbers.
#[derive(Debug, Args)]
pub(crate) struct NumbersArguments {
    /// 申报号
    pub(crate) id: String,
    /// 把还没有编号的各行写成一张待填写的 Excel 表
    #[arg(long, required_unless_present = "file", conflicts_with = "file")]
    out: Option<PathBuf>,
    /// 填写好的表
    #[arg(long)]
    file: Option<PathBuf>,
    /// 只检查、预览，不登记
    #[arg(long, requires = "file")]
    preview: bool,
    /// 已登记的编号有误，更改的原因（只用于其他机构颁发的证书）
    #[arg(long, requires = "file")]
    reason: Option<String>,
}

/// Writes the workbook to be filled in, or enters what was filled in.
pub(crate) async fn run(arguments: &NumbersArguments, remote: &Remote) -> Result<ExitCode> {
    match (&arguments.out, &arguments.file) {
        (Some(out), _) => write(&arguments.id, out, remote).await,
        (None, file) => enter(arguments, file.as_ref().context("--file")?, remote).await,
    }
}

async fn write(id: &str, out: &PathBuf, remote: &Remote) -> Result<ExitCode> {
    let listed = remote.as_unit_of(id).await?.certificates(id).await?;
    let waits = listed.iter().filter(|one| one.state == RowState::Recorded && one.number.is_none());
    let rows: Vec<RowToNumber> = waits
        .map(|one| RowToNumber {
            row: one.row,
            name: one.name.clone(),
            certificate_type: one.certificate_type.clone(),
            application: id.to_owned(),
        })
        .collect();
    if rows.is_empty() {
        return Err(mistake(format!("申报 {id} 没有待登记编号的证书")));
    }
    if out.exists() {
        return Err(mistake(format!("{} 已经存在，没有覆盖；请换一个文件名", out.display())));
    }
    fs::write(out, roster::numbers_to_fill_in(&rows)?).with_context(|| out.display().to_string())?;
    say(&format!("{} 行待登记编号，已写到 {}；填写后用 saizheng numbers {id} --file 登记", rows.len(), out.display()));
    Ok(ExitCode::SUCCESS)
}

async fn enter(arguments: &NumbersArguments, file: &Path, remote: &Remote) -> Result<ExitCode> {
    let bytes = named_file(file)?;
    let rows = numbers_filled_in(&bytes).map_err(|problems| mistake(format!("{}：{}", file.display(), problems.join("；"))))?;
    let twice = written_twice(&rows);
    if !twice.is_empty() {
        return Err(mistake(twice.join("；")));
    }
    let parts = match parts(arguments, rows, remote).await? {
        Ok(parts) => parts,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let sum = |of: fn(&EnteredNumbers) -> usize| parts.iter().map(|part| of(&part.seen)).sum::<usize>();
    let (entered, unchanged) = (sum(|seen| seen.entered), sum(|seen| seen.unchanged));
    if !arguments.preview && !enter_parts(arguments, &parts, remote).await? {
        return Ok(ExitCode::from(2));
    }
    for one in parts.iter().flat_map(|part| &part.seen.rows) {
        let note = if one.unchanged { "（已登记）" } else { "" };
        print(&format!("第 {} 行\t{}\t{}{}{note}", one.row, one.name, one.number, shown::basis(&one.basis)));
    }
    if arguments.preview {
        say(&format!("预览：可登记 {entered} 个编号，{unchanged} 个已登记；没有作任何登记"));
        return Ok(ExitCode::SUCCESS);
    }
    let id = &arguments.id;
    let unit = remote.as_unit_of(id).await?;
    steps::wait_all_drawn(&unit, id).await?;
    say(&format!("已登记 {entered} 个编号，{unchanged} 个此前已登记；证书用 saizheng fetch {id} --out 文件夹 取回"));
    Ok(ExitCode::SUCCESS)
}

/// Rows that go in one request, as whom, and what would come of it.
struct Part {
    account: Account,
    rows: Vec<RowNumber>,
    seen: EnteredNumbers,
}

/// The file's rows as whoever may enter them, as many at once as one request takes; all are looked at before one is entered. The unit
/// enters others' numbers; those of certificates of ours are entered by who issues each of them.
async fn parts(arguments: &NumbersArguments, rows: Vec<RowNumber>, remote: &Remote) -> Answer<Vec<Part>> {
    let unit = remote.unit_of(&arguments.id).await?;
    let as_unit = looked_at(arguments, vec![(unit, rows.clone())], remote).await?;
    match as_unit {
        Err(refused) if refused.code == "DENIED" => looked_at(arguments, by_reviewer(&arguments.id, rows, remote).await?, remote).await,
        answer => Ok(answer),
    }
}

/// The rows by who issues their certificates; those that nobody has are the unit's, who is told so.
async fn by_reviewer(id: &str, mut rows: Vec<RowNumber>, remote: &Remote) -> Result<Vec<(Account, Vec<RowNumber>)>> {
    let mut shares = Vec::new();
    for account in remote.reviewers(id).await? {
        let listed = remote.api(&account).await?.certificates(id).await?;
        let own: HashSet<u32> = listed.iter().map(|one| one.row).collect();
        let (share, rest): (Vec<_>, Vec<_>) = rows.into_iter().partition(|one| own.contains(&one.row));
        shares.push((account, share));
        rows = rest;
    }
    shares.push((remote.unit_of(id).await?, rows));
    Ok(shares)
}

async fn looked_at(arguments: &NumbersArguments, shares: Vec<(Account, Vec<RowNumber>)>, remote: &Remote) -> Answer<Vec<Part>> {
    let mut parts = Vec::new();
    for (account, rows) in shares {
        for some in rows.chunks(MAX_ROWS) {
            match remote.api(&account).await?.enter_numbers(&arguments.id, &request(arguments, some, true)).await? {
                Ok(seen) => parts.push(Part { account: account.clone(), rows: some.to_vec(), seen }),
                Err(refused) => return Ok(Err(refused)),
            }
        }
    }
    Ok(Ok(parts))
}

/// Enters what was looked at; false where a part was refused all the same, which is said.
async fn enter_parts(arguments: &NumbersArguments, parts: &[Part], remote: &Remote) -> Result<bool> {
    let mut entered = 0;
    for part in parts {
        match remote.api(&part.account).await?.enter_numbers(&arguments.id, &request(arguments, &part.rows, false)).await? {
            Ok(done) => entered += done.entered,
            Err(refused) => {
                tell_refused(&refused);
                say(&format!("此前已登记 {entered} 个编号；改正后再次登记同一张表即可，已登记的不变"));
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn request(arguments: &NumbersArguments, rows: &[RowNumber], preview: bool) -> EnterNumbers {
    EnterNumbers { rows: rows.to_vec(), reason: arguments.reason.clone(), preview }
}

/// What is said of rows and numbers that the file has twice, which requests that are looked at one by one would not show.
fn written_twice(rows: &[RowNumber]) -> Vec<String> {
    let (mut numbers, mut twice) = (BTreeMap::new(), Vec::new());
    let mut seen = HashSet::new();
    for one in rows {
        numbers.entry(folding::code(&one.number)).or_insert_with(Vec::new).push(one.row.to_string());
        if !seen.insert(one.row) {
            twice.push(format!("第 {} 行写了两次", one.row));
        }
    }
    let several = numbers.into_iter().filter(|(_, rows)| rows.len() > 1);
    twice.extend(several.map(|(number, rows)| format!("编号 {number} 写在第 {} 行，一证一号", rows.join("、"))));
    twice
}

#[cfg(test)]
mod tests {
    use rules::issue::external::NumberBasis;

    use super::*;

    #[test]
    fn a_file_of_several_requests_has_each_row_and_each_number_once() {
        let row = |row, number: &str| RowNumber { row, number: number.to_owned(), basis: NumberBasis::default(), of: None };
        assert_eq!(written_twice(&[row(2, "ZX-1"), row(3, "ZX-2")]), [""; 0]);
        let twice = written_twice(&[row(2, "ZX-1"), row(1002, "ｚｘ-1"), row(3, "A-1"), row(3, "A-2")]);
        assert_eq!(twice, ["第 3 行写了两次", "编号 ZX-1 写在第 2、1002 行，一证一号"]);
    }
}
