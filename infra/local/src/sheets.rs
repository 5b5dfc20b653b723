//! Blank sheets: the commands of those who keep them, and what the local Center does by itself.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use operations::sheets::ShownBook;
use rules::notice::SheetKind;
use rules::sheets::serial::Serial;
use rules::sheets::stock::LedgerEntry;
use rules::values::vocabulary::CertificateType;
use serde_json::{Value, json};

use crate::api::Api;
use crate::mistake::mistake;
use crate::mistake::tell_refused;
use crate::notices::latest_notice;
use crate::shown::AnswerFormat;
use crate::steps::POLL_INTERVAL;
use crate::{results, say, shown};

/// How many blank sheets the local Center hands out at a time, at the least.
const BUNDLE: u64 = 1000;

/// What is done with sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// 查看库存
    Show,
    /// 入库：省职鉴中心收到印制厂的号段
    Receive,
    /// 分配给持有单位
    Assign,
    /// 收回
    TakeBack,
    /// 申领：持有单位写明张数、事由
    Ask,
    /// 不予领用：省职鉴中心对申领写明原因
    Refuse,
    /// 签收分配的号段；不写号段为全部待签收的
    Acknowledge,
    /// 空白证书作废
    Void,
    /// 空白证书遗失
    Lose,
    /// 盘点：列出实际清点到的号段
    Count,
    /// 销毁：负责人签字
    Destroy,
    /// 销毁：监督人签字
    Confirm,
    /// 台账，写成 Excel
    Ledger,
}

impl Work {
    /// Whether the Center does it, whoever holds the sheets.
    fn is_the_centers(self) -> bool {
        matches!(self, Self::Receive | Self::Assign | Self::TakeBack | Self::Refuse)
    }

    fn path(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Assign => "assign",
            Self::TakeBack => "take-back",
            Self::Ask => "ask",
            Self::Refuse => "refuse",
            Self::Acknowledge => "acknowledge",
            Self::Void => "void",
            Self::Lose => "lose",
            Self::Count => "count",
            Self::Destroy => "destroy",
            Self::Confirm => "destroy/confirm",
            Self::Show | Self::Ledger => "",
        }
    }
}

/// Which sheets, whose, and why.
#[derive(Debug, Args)]
pub(crate) struct SheetArguments {
    /// 做什么
    #[arg(value_enum)]
    pub(crate) work: Work,
    /// 号段，如 JN00000001-JN00000040，或单个流水号；可写多个
    ranges: Vec<String>,
    /// 持有单位，如 center-00、body-S000051010123；不填为省职鉴中心
    #[arg(long)]
    pub(crate) holder: Option<String>,
    /// 原因
    #[arg(long)]
    reason: Option<String>,
    /// 申领多少张
    #[arg(long)]
    count: Option<u64>,
    /// 空白证书种类；不填为竞赛职业技能等级证书
    #[arg(long)]
    kind: Option<String>,
    /// 台账写到哪个文件
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    format: AnswerFormat,
}

impl SheetArguments {
    /// On behalf of whom it is done: the Center of `seat`, or the holder.
    pub(crate) fn acting(&self, seat: &str) -> String {
        let center = format!("center-{seat}");
        if self.work.is_the_centers() { center } else { self.holder.clone().unwrap_or(center) }
    }

    fn bundles(&self) -> Vec<(&str, &str)> {
        self.ranges.iter().map(|range| range.split_once('-').unwrap_or((range, range))).collect()
    }
}

impl SheetArguments {
    /// The body of the request.
    fn request(&self, work: Work, kind: &str) -> Result<Value> {
        let (holder, reason) = (self.holder.as_ref(), self.reason.as_ref());
        Ok(match work {
            Work::Ask => {
                let count = self.count.ok_or_else(|| mistake("请用 --count 写明申领多少张"))?;
                json!({ "kind": kind, "count": count, "reason": reason })
            }
            Work::Refuse => json!({ "kind": kind, "holder": holder, "reason": reason }),
            Work::Confirm => json!({ "kind": kind, "ranges": self.bundles(), "holder": holder }),
            Work::Show
            | Work::Receive
            | Work::Assign
            | Work::TakeBack
            | Work::Acknowledge
            | Work::Void
            | Work::Lose
            | Work::Count
            | Work::Destroy
            | Work::Ledger => json!({ "kind": kind, "ranges": self.bundles(), "holder": holder, "reason": reason }),
        })
    }
}

/// `saizheng sheets`
pub(crate) async fn command(api: &Api, arguments: &SheetArguments) -> Result<ExitCode> {
    let notice = latest_notice()?;
    let usual = notice.sheet_kind_of(CertificateType::SkillLevel).context("sheet kind")?;
    // A notice that took this one's place may have kinds of its own: what they are called is the system's to know.
    let kind = arguments.kind.as_ref().unwrap_or(&usual.kind);
    match arguments.work {
        Work::Show => arguments.format.print(api.get_value("/v1/sheets").await?, shown::books)?,
        Work::Ledger => return ledger(api, kind, arguments).await,
        work => match api.move_sheets(work.path(), &arguments.request(work, kind)?).await? {
            Ok(answer) if work == Work::Count => arguments.format.print(answer, shown::variance)?,
            Ok(answer) if work == Work::Destroy => arguments.format.print(answer, shown::proposed)?,
            Ok(answer) => arguments.format.print(answer, shown::book)?,
            Err(refused) => return Ok(tell_refused(&refused)),
        },
    }
    Ok(ExitCode::SUCCESS)
}

async fn ledger(api: &Api, kind: &str, arguments: &SheetArguments) -> Result<ExitCode> {
    let out = arguments.out.as_ref().ok_or_else(|| mistake("请用 --out 写明文件"))?;
    let ledger = match api.ledger(kind, arguments.holder.as_deref()).await? {
        Ok(ledger) => ledger,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let lines: Vec<LedgerEntry> = ledger.lines.into_iter().map(|line| line.entry).collect();
    results::write(out, &roster::ledger(&ledger.kind, ledger.book.holder.as_str(), &lines)?)?;
    say(&format!("{} 笔，结存 {} 张，已写入 {}", lines.len(), ledger.book.on_hand_count, out.display()));
    Ok(ExitCode::SUCCESS)
}

/// Sees to it that a holder has `count` blank sheets: the local Center receives and assigns some if need be.
pub(crate) async fn provide(center: &Api, holder_api: &Api, holder: &str, count: u32) -> Result<()> {
    let notice = latest_notice()?;
    let kind = notice.sheet_kind_of(CertificateType::SkillLevel).context("sheet kind")?;
    let store = format!("center-{}", notice.notice.seat);
    let count = u64::from(count);
    // Others may move sheets at the same moment; then it is tried again.
    for _ in 0..50 {
        let of =
            |books: Vec<ShownBook>, whose: &str| books.into_iter().find(|book| book.kind == kind.kind && book.holder.as_str() == whose);
        if of(holder_api.sheets().await?.books, holder).is_some_and(|book| book.on_hand_count >= count) {
            return Ok(());
        }
        let sheets = center.sheets().await?;
        let received = sheets.registers.iter().filter(|register| register.kind == kind.kind).flat_map(|register| &register.received);
        let highest = received.filter_map(|(_, last)| Serial::parse(kind, last).ok()).map(|(_, number)| number).max().unwrap_or(0);
        let stored = of(sheets.books, &store);
        let wanted = count.max(BUNDLE);
        let (work, request) = match stored.filter(|book| holder != store && book.on_hand_count >= wanted) {
            Some(book) => {
                let request = json!({ "kind": kind.kind, "holder": holder, "ranges": lowest(kind, &book, wanted)? });
                (Work::Assign, request)
            }
            None => {
                let bundle = (Serial::new(kind, highest + 1)?, Serial::new(kind, highest + wanted)?);
                (Work::Receive, json!({ "kind": kind.kind, "ranges": [bundle] }))
            }
        };
        match center.move_sheets(work.path(), &request).await? {
            Ok(Value::Object(_)) => {}
            Ok(other) => bail!("{other}"),
            Err(refused) if refused.code == "CHANGED" => tokio::time::sleep(POLL_INTERVAL).await,
            Err(refused) => bail!("{}", refused.message),
        }
    }
    bail!("空白证书没有领到")
}

/// The `count` lowest serials of a book, as bundles.
fn lowest(kind: &SheetKind, book: &ShownBook, count: u64) -> Result<Vec<(Serial, Serial)>> {
    let (mut bundles, mut wanted) = (Vec::new(), count);
    for (first, last) in &book.on_hand {
        let (first, last) = (Serial::parse(kind, first)?.1, Serial::parse(kind, last)?.1);
        let some = wanted.min(last - first + 1);
        if some > 0 {
            bundles.push((Serial::new(kind, first)?, Serial::new(kind, first + some - 1)?));
        }
        wanted -= some;
    }
    Ok(bundles)
}
