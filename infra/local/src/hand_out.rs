//! Hand-out (五、（四）): commands. The issuing body enters who collected a lot, the unit fetches the list and enters, winner
//! by winner, who has the certificate.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use operations::hand_out::{Collect, CollectedLot, EnterHandOut, EnteredHandOuts, Overdue, ShownCollection, WaitingLot};
use rules::after::hand_out::MAX_WINNERS;
use rules::notice::Notice;

use crate::api::{Answer, Api};
use crate::ask::{self, FromInput};
use crate::day::day;
use crate::lots::TypeArgument;
use crate::mistake::{mistake, named_file, tell_refused};
use crate::notices::latest_notice;
use crate::progress::Progress;
use crate::remote::Remote;
use crate::results::Staged;
use crate::shown::AnswerFormat;
use crate::steps::{POLL_INTERVAL, TIMEOUT};
use crate::{hand_out_file, say};

/// What is to be done.
#[derive(Subcommand)]
pub(crate) enum Work {
    /// 以颁证机构身份登记主办单位已领取，生成供签字的领取、发放清单
    Collect {
        #[command(flatten)]
        arguments: CollectArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 取回领取、发放清单（PDF 和 Excel）
    List {
        /// 申报号
        id: String,
        /// 写到哪个文件夹
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以主办单位身份逐人登记已发给选手
    Record {
        #[command(flatten)]
        arguments: RecordArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 超过期限仍未领取、未发放的证书
    Overdue {
        /// 以哪个颁证机构的身份查看，如 center-00；不填为主办单位
        #[arg(long)]
        reviewer: Option<String>,
        #[command(flatten)]
        format: AnswerFormat,
        #[command(flatten)]
        remote: Remote,
    },
}

/// A collection.
#[derive(Debug, Args)]
pub(crate) struct CollectArguments {
    /// 申报号
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) of_type: TypeArgument,
    /// 经办人：主办单位来领取的人，从标准输入读一行（不填也是）；只能写 -
    #[arg(long, value_name = "-")]
    collector: Option<FromInput>,
    /// 经办人出示的证件类型，如 居民身份证；须同时写 --document
    #[arg(long, requires = "document")]
    document_type: Option<String>,
    /// 经办人的证件号码（显示时只留头尾）：写 -，在经办人之后从标准输入读一行
    #[arg(long, value_name = "-", requires = "document_type")]
    document: Option<FromInput>,
    /// 领取日期，如 2022-07-01
    #[arg(long, value_parser = day)]
    on: Date,
    /// 备注
    #[arg(long)]
    remark: Option<String>,
    /// 更正领取登记、重出清单的原因
    #[arg(long)]
    reason: Option<String>,
    /// 清单写到哪个文件夹
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
}

/// Hand-outs.
#[derive(Debug, Args)]
pub(crate) struct RecordArguments {
    /// 申报号
    pub(crate) id: String,
    /// 证书编码，可多次使用
    #[arg(long)]
    code: Vec<String>,
    /// 全部待发的选手
    #[arg(long, conflicts_with_all = ["code", "file"])]
    all: bool,
    /// 签好的清单另存的 CSV，或列为 code,on,collector,remark 的 CSV
    #[arg(long, conflicts_with = "code")]
    file: Option<PathBuf>,
    /// 发放日期，如 2022-07-05；与 --code、--all 同用
    #[arg(long, value_parser = day)]
    on: Option<Date>,
    /// 代领人：写 -，从标准输入读一行；本人领取不填
    #[arg(long, value_name = "-")]
    collector: Option<FromInput>,
    /// 备注，如快递单号
    #[arg(long)]
    remark: Option<String>,
    /// 登记有误，撤回的原因
    #[arg(long)]
    take_back: Option<String>,
}

impl CollectArguments {
    pub(crate) fn request(&self) -> Result<Collect> {
        let collector = ask::read("经办人")?;
        let document_number = ask::optional(self.document, "证件号码")?;
        Ok(Collect {
            certificate_type: None,
            on: self.on,
            collector,
            document_type: self.document_type.clone(),
            document_number,
            remark: self.remark.clone(),
            reason: self.reason.clone(),
        })
    }
}

/// Enters that the account's lot was collected; with `out`, waits for its list and writes it there.
pub(crate) async fn collect(api: &Api, id: &str, collected: &Collect, out: Option<&Path>) -> Answer<()> {
    let lot = match api.collect(id, collected).await? {
        Ok(lot) => lot,
        Err(refused) => return Ok(Err(refused)),
    };
    let count = lot.collection.as_ref().map_or(0, |collection| collection.certificates);
    let shown =
        lot.collection.and_then(|collection| Some(format!("；经办人出示{} {}", collection.document_type?, collection.document_number?)));
    say(&format!("{}{}：已登记领取 {count} 张{}", lot.reviewer, lot.certificate_type_word, shown.unwrap_or_default()));
    if let Some(out) = out {
        list(api, id, out).await?;
    }
    Ok(Ok(()))
}

/// Waits for the lists of an application and writes them into a folder.
pub(crate) async fn list(api: &Api, id: &str, out: &Path) -> Result<ExitCode> {
    let lots = drawn(api, id).await?;
    let collected: Vec<(&CollectedLot, &ShownCollection)> = lots.iter().filter_map(|lot| Some((lot, lot.collection.as_ref()?))).collect();
    if collected.is_empty() {
        say("这份申报还没有登记领取的证书");
        return Ok(ExitCode::from(2));
    }
    let staged = Staged::of(out)?;
    for (lot, collection) in &collected {
        for (part, (pdf, workbook)) in collection.pdfs.iter().zip(&collection.workbooks).enumerate() {
            let part = if collection.parts > 1 { format!("-{}", part + 1) } else { String::new() };
            let name = format!("{}-{}-领取发放清单{part}", lot.reviewer, lot.certificate_type_word);
            staged.write(format!("{name}.pdf"), &api.download(pdf).await?)?;
            staged.write(format!("{name}.xlsx"), &api.download(workbook).await?)?;
        }
    }
    staged.publish()?;
    for (lot, collection) in collected {
        say(&format!("{}：{} 张，清单已写入 {}", lot.reviewer, collection.certificates, out.display()));
    }
    Ok(ExitCode::SUCCESS)
}

async fn drawn(api: &Api, id: &str) -> Result<Vec<CollectedLot>> {
    let (mut waited, progress) = (Duration::ZERO, Progress::start("生成领取、发放清单（册）"));
    loop {
        let lots = api.collections(id).await?;
        let parts = lots.iter().filter_map(|lot| lot.collection.as_ref());
        let (drawn, all) = parts.fold((0, 0), |sum, part| (sum.0 + part.drawn_parts, sum.1 + part.parts));
        progress.at(drawn, all);
        let open = |lot: &CollectedLot| lot.collection.as_ref().is_some_and(|collection| collection.drawn_parts < collection.parts);
        if !lots.iter().any(open) {
            return Ok(lots);
        }
        if waited > TIMEOUT {
            bail!("领取、发放清单 {} 秒仍未生成", TIMEOUT.as_secs());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        waited += POLL_INTERVAL;
    }
}

/// `saizheng hand-out record`
pub(crate) async fn record(api: &Api, arguments: &RecordArguments) -> Result<ExitCode> {
    let winners = winners(api, arguments).await?;
    let mut winners = winners.into_iter().peekable();
    let (total, progress) = (winners.len(), Progress::start("登记发放"));
    let mut sum = EnteredHandOuts::default();
    while winners.peek().is_some() {
        progress.at(total - winners.len(), total);
        match api.enter_hand_outs(&arguments.id, winners.by_ref().take(MAX_WINNERS).collect()).await? {
            Ok(done) => {
                sum.entered += done.entered;
                sum.taken_back += done.taken_back;
                sum.unchanged += done.unchanged;
            }
            Err(refused) => return Ok(tell_refused(&refused)),
        }
    }
    drop(progress);
    say(&format!("新登记 {} 人，撤回 {} 人，原已登记 {} 人", sum.entered, sum.taken_back, sum.unchanged));
    Ok(ExitCode::SUCCESS)
}

async fn winners(api: &Api, arguments: &RecordArguments) -> Result<Vec<EnterHandOut>> {
    if let Some(file) = &arguments.file {
        let bytes = named_file(file)?;
        return hand_out_file::read(&bytes, &latest_notice()?.hand_out);
    }
    let codes = if arguments.all { waiting(api, &arguments.id).await? } else { arguments.code.clone() };
    if codes.is_empty() {
        return Err(mistake(if arguments.all { "没有待发的选手" } else { "请用 --code、--all 或 --file 写明选手" }));
    }
    if arguments.on.is_none() && arguments.take_back.is_none() {
        return Err(mistake("请用 --on 写明发放日期"));
    }
    let collector = ask::optional(arguments.collector, "代领人")?;
    let entered = |code| EnterHandOut {
        code,
        on: arguments.on,
        collector: collector.clone(),
        remark: arguments.remark.clone(),
        taken_back: arguments.take_back.clone(),
    };
    Ok(codes.into_iter().map(entered).collect())
}

/// The codes of everybody whose certificate the organiser still has.
async fn waiting(api: &Api, id: &str) -> Result<Vec<String>> {
    let (mut codes, mut after) = (Vec::new(), Some(0));
    while let Some(row) = after {
        let page = api.waiting_winners(id, row).await?;
        codes.extend(page.winners.into_iter().map(|winner| winner.code.to_string()));
        after = page.next_after;
    }
    Ok(codes)
}

/// `saizheng hand-out overdue`
pub(crate) async fn overdue(api: &Api, format: AnswerFormat) -> Result<ExitCode> {
    let notice = latest_notice()?;
    format.answer(api.ask("/v1/hand-outs/overdue").await, |overdue| waiting_lines(overdue, &notice))
}

fn waiting_lines(overdue: &Overdue, notice: &Notice) -> Vec<String> {
    let lot = |lot: &WaitingLot, what: &str| {
        let title = notice.type_rule(lot.certificate_type).map_or("", |rule| &rule.name);
        let WaitingLot { application, contest, reviewer, since, days, certificates, .. } = lot;
        format!("申报 {application}（{contest}）{reviewer}{title}：{certificates} 张{what}，自 {since} 起已 {days} 天")
    };
    let mut lines: Vec<String> = overdue.lots.iter().map(|one| lot(one, "未领取")).collect();
    for one in &overdue.winners {
        lines.push(lot(one, "未发给选手"));
        lines.extend(one.names.iter().map(|winner| format!("  第 {} 行 {}，{}", winner.row, winner.name, winner.code)));
        let more = one.certificates.saturating_sub(one.names.len());
        lines.extend((more > 0).then(|| format!("  另有 {more} 人")));
    }
    let gap = overdue.unconfirmed.as_ref().map_or_else(String::new, |gap| format!("；待确认 {gap}"));
    let days = overdue.remind_after_days;
    let found = if lines.is_empty() { "没有逾期的" } else { "以上逾期" };
    lines.push(format!("{found}（期限 {days} 天{gap}）"));
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_overdue_was_told_a_person_as_json() {
        let notice = latest_notice().expect("a notice");
        let told = |overdue| waiting_lines(&serde_json::from_value(overdue).expect("overdue"), &notice);
        let nothing = json!({ "remind_after_days": 30, "unconfirmed": "G9", "lots": [], "winners": [] });
        assert_eq!(told(nothing), ["没有逾期的（期限 30 天；待确认 G9）"]);
        let lot = json!({ "application": "abcdefghijklmnop", "contest": "样例大赛", "unit": "unit-1", "reviewer": "center-00",
            "certificate_type": "skill_level", "since": "2022-06-01", "days": 40, "certificates": 2,
            "names": [{ "row": 2, "name": "张样例", "code": "S000051000000223J00001" }] });
        let lines = told(json!({ "remind_after_days": 30, "unconfirmed": null, "lots": [lot], "winners": [lot] }));
        let expected = [
            "申报 abcdefghijklmnop（样例大赛）center-00职业技能等级证书：2 张未领取，自 2022-06-01 起已 40 天",
            "申报 abcdefghijklmnop（样例大赛）center-00职业技能等级证书：2 张未发给选手，自 2022-06-01 起已 40 天",
            "  第 2 行 张样例，S000051000000223J00001",
            "  另有 1 人",
            "以上逾期（期限 30 天）",
        ];
        assert_eq!(lines, expected);
    }
}
