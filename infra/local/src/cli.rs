//! The commands and their arguments.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use operations::hand_out::Collect;
use serde_json::json;

use crate::accounts::Account;
use crate::api::Api;
use crate::archive::{self, ArchiveCommand};
use crate::authorisation::{self, AuthorisationArguments};
use crate::granting::AccountCommand;
use crate::local::Local;
use crate::lots::TypeArgument;
use crate::mistake::{mistake, tell_refused};
use crate::notices::latest_notice;
use crate::originals::OriginalArguments;
use crate::remote::Remote;
use crate::shown::AnswerFormat;
use crate::stack::Stack;
use crate::{
    blocked, bulk, changes, decide, demo, granting, hand_out, key, looking, lookup, numbers, originals, output, policies, printers,
    process, publication, restore, rulebook, say, serve, setup, sheets, shown, stack, statistics, steps, supervision, usage, zip_file,
};

/// 赛证：从获奖名单到职业技能等级证书
#[derive(Parser)]
#[command(name = "saizheng", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Who does what: the commands as the help lists them.
const GROUPS: [(&str, &[&str]); 6] = [
    ("申报单位（牵头主办单位）", &["template", "submit", "summary-form", "withdraw", "delete", "record", "fetch", "hand-out"]),
    ("省职鉴中心", &["authorise", "authorisation", "contest", "return", "corrections", "statistics", "rulebook", "blocked", "audit"]),
    (
        "颁证机构",
        &[
            "qualify",
            "numbers",
            "calibrate",
            "print",
            "print-again",
            "void-sheet",
            "sheets",
            "certificate",
            "certificates",
            "archive",
            "publication",
            "originals",
            "filing",
            "supervision",
            "draft",
        ],
    ),
    (
        "有关各方",
        &["accounts", "list", "show", "materials", "rows", "differences", "reveal", "trail", "samples", "explain", "find", "search"],
    ),
    ("任何人", &["lookup", "verify"]),
    ("这台电脑", &["demo", "process", "up", "status", "down", "token", "key", "policies", "restore", "setup"]),
];

/// Reads the command line.
pub(crate) fn read() -> Result<Cli, clap::Error> {
    Cli::from_arg_matches(&grouped().try_get_matches()?)
}

/// Says what is wrong with the command line.
pub(crate) fn tell_usage(error: &clap::Error) {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let help = usage::help(error);
        return help.lines().for_each(say);
    }
    let named = std::env::args().nth(1).filter(|name| Cli::command().find_subcommand(name).is_some());
    say(&usage::fault(error, named.as_deref()));
}

/// The commands with a help that lists them by who does what.
fn grouped() -> clap::Command {
    let command = Cli::command();
    let mut listed = String::new();
    for (who, names) in GROUPS {
        listed.push_str(&format!("\n{who}：\n"));
        for command in names.iter().filter_map(|name| command.find_subcommand(name)) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            listed.push_str(&format!("  {:<14}{about}\n", command.get_name()));
        }
    }
    let contacts = latest_notice().map(|notice| notice.contact_lines()).unwrap_or_default().join("\n");
    let more = format!("各命令的写法见 saizheng 命令 --help；退出码和例子见 README\n{contacts}");
    let with_contacts = |command: clap::Command| command.after_help(contacts.clone());
    let command = command.mut_subcommand("template", with_contacts).mut_subcommand("submit", with_contacts);
    command.help_template(format!("{{about}}\n\n{{usage-heading}} {{usage}}\n{listed}\n选项：\n{{options}}\n\n{more}\n"))
}

#[derive(Subcommand)]
enum Command {
    /// 安装本机运行所需的仿真环境和字体（校验和固定，不需要管理员权限）
    Setup,
    /// 演示：构建、启动、部署，并办完一份样例申报
    Demo(Local),
    /// 办完一份申报：提交、授权、审核、打印、取回
    Process {
        /// 申报文件夹
        folder: PathBuf,
        /// 结果文件夹
        #[arg(long)]
        out: PathBuf,
        /// 声明人：代表牵头主办单位声明申报信息真实准确（六、（二））；是公开的职务行为，可写姓名，也可写 - 从标准输入读一行
        #[arg(long)]
        declare: Option<String>,
        #[command(flatten)]
        local: Local,
    },
    /// 生成空白的《选手信息导入模板表》
    Template {
        /// 写到哪个文件
        #[arg(long)]
        out: PathBuf,
        /// 市（州）级竞赛的模板：两位代码或名称，如 07、绵阳市；不填为省级竞赛
        #[arg(long)]
        jurisdiction: Option<String>,
    },
    /// 启动本机系统并部署 template.yaml
    Up {
        /// 由 `sam build` 构建的函数程序（.aws-sam/build/…/bootstrap），代替本机构建的，直到下次 up
        #[arg(long)]
        functions: Option<PathBuf>,
        #[command(flatten)]
        local: Local,
    },
    /// 停止本机系统
    Down(Local),
    /// 本机系统的状态；写明申报号的，为这份申报的，与 show 相同
    Status {
        /// 申报号
        id: Option<String>,
        #[command(flatten)]
        format: AnswerFormat,
        #[command(flatten)]
        remote: Remote,
    },
    /// 核对函数的权限策略：本机运行以来被拒绝的请求，和授予了而没有用到的权限；有一条即退出码 1
    Policies(Local),
    /// 以申报单位身份提交申报文件夹，输出申报号
    Submit {
        /// 申报文件夹
        folder: PathBuf,
        /// 补交到已有的申报，而不是新建；contest.toml 改过的，大赛信息一并更正
        #[arg(long)]
        application: Option<String>,
        /// 声明人：代表牵头主办单位声明申报信息真实准确（六、（二））；是公开的职务行为，可写姓名，也可写 - 从标准输入读一行
        #[arg(long)]
        declare: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// 由检查通过的模板表生成《申报汇总表》（PDF 和 Excel），供打印盖章
    SummaryForm {
        /// 申报号
        id: String,
        /// 写到哪个文件夹
        #[arg(long)]
        out: PathBuf,
        /// 扫描件上二维码的内容，核对它是否由现在的模板表生成
        #[arg(long)]
        stamp: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// 查看申报
    Show {
        /// 申报号
        id: String,
        #[command(flatten)]
        format: AnswerFormat,
        #[command(flatten)]
        remote: Remote,
    },
    /// 各项材料的版本和检查结果；取回现行版本和照片
    Materials(looking::MaterialArguments),
    /// 逐行列出选手、检查结果、发证方案、审核意见和状态，可只列须先看的
    Rows(looking::RowArguments),
    /// 两次提交的模板表有哪些不同
    Differences(looking::DifferenceArguments),
    /// 申报的留痕：何时、何人、依据哪一条、做了什么
    Trail {
        /// 改列何人何时查看过材料、照片和证件号码；限审批的职鉴中心
        #[arg(long)]
        looks: bool,
        #[command(flatten)]
        looking: looking::Looking,
    },
    /// 一行完整的证件号码和手机号码，写明事由
    Reveal(looking::RevealArguments),
    /// 每种证书的样张：取姓名最长的和用字最罕见的，不占编码
    Samples(looking::MaterialArguments),
    /// 按名单成批补发、更正、注销证书，同一事由；先逐份核对，有一份不能办的都不办；可先预览
    Certificates(bulk::BulkArguments),
    /// 按姓名或证件号码查询选手，号码不完整显示
    Search(looking::SearchArguments),
    /// 暂存的审核意见：查看、补充、弃去
    Draft(looking::DraftArguments),
    /// 以省职鉴中心身份授权（一赛一授权）
    Authorise {
        /// 申报号
        id: String,
        /// 大赛信息有须写明理由的（职业名称与目录不同、年份与决赛不符或早于文件所列、组委会名称不像），仍予授权的理由
        #[arg(long)]
        reason: Option<String>,
        /// 改正组委会（办公室）名称：证书按改正的名称颁发
        #[arg(long)]
        committee: Option<String>,
        /// 授权编号（由人工编号的）；也可授权后用 authorisation --number 登记
        #[arg(long)]
        number: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// 一赛一授权：查看、取授权书；以省职鉴中心身份登记编号、撤销
    Authorisation {
        #[command(flatten)]
        arguments: AuthorisationArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以省职鉴中心身份更正大赛信息（授权之前）；各项材料随即按更正后的重新检查
    Contest {
        /// 申报号
        id: String,
        /// 更正后的 contest.toml
        file: PathBuf,
        /// 更正的理由，记入留痕
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以省职鉴中心身份退回补正（授权之前）
    Return {
        /// 申报号
        id: String,
        /// 退回的原因，告知申报单位
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以申报单位身份撤回已提交、尚未授权的申报
    Withdraw {
        /// 申报号
        id: String,
        /// 撤回的原因
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以申报单位身份删除材料未齐或已退回的申报；材料一并清除，不能恢复
    Delete {
        /// 申报号
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// 列出申报：申报号、状态、停留天数、大赛、主办单位、待谁办理
    List {
        #[command(flatten)]
        arguments: decide::ListArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 账号：为本人申请；以职鉴中心身份列出、开通、停用、恢复、终止
    Accounts {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// 须经另一人批准的更正申请：列出、批准、驳回
    Corrections {
        #[command(subcommand)]
        command: decide::CorrectionCommand,
    },
    /// 输出本机账号的访问令牌，供 curl 等程序试用接口
    Token {
        #[command(flatten)]
        arguments: decide::TokenArguments,
        #[command(flatten)]
        local: Local,
    },
    /// 以颁证机构身份审核；通过即赋码
    Qualify {
        /// 申报号
        id: String,
        /// 不通过的行，如 --refuse 5=成绩与表彰文件不符，可多次使用
        #[arg(long, value_parser = steps::parse_refusal)]
        refuse: Vec<(u32, String)>,
        /// 对有提醒（如高于促晋级表）的行仍予通过的理由
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以颁证机构身份打印到空白证书
    Print {
        /// 申报号
        id: String,
        #[command(flatten)]
        of_type: TypeArgument,
        /// 最上面一张空白证书的流水号
        #[arg(long)]
        top: Option<String>,
        /// 只打印多少张；不填则打印余下的全部
        #[arg(long)]
        count: Option<u32>,
        /// 没有照片的证书仍要打印的理由，如“照片由本机构粘贴”
        #[arg(long, default_value = "")]
        reason: String,
        /// 只预览：第一张和最后一张各用哪张空白证书，不取用
        #[arg(long)]
        preview: bool,
        #[command(flatten)]
        setting: printers::SettingArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以颁证机构身份登记收到的纸质材料：哪些、何时、由谁交来，有缺陷的写明
    Originals {
        #[command(flatten)]
        arguments: OriginalArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以备案的颁证机构身份登记收到备案（五、（一））：申报提交后即可登记，不必等授权
    Filing {
        /// 申报号
        id: String,
        /// 以谁的身份，如 body-S000051010123；不填为申报中的备案机构
        #[arg(long = "as")]
        acting: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// 打印失败的，排除原因后重新生成；编码、流水号不变
    PrintAgain {
        /// 申报号
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// 记下打印机的校准值，打印校准页
    Calibrate {
        #[command(flatten)]
        arguments: printers::CalibrateArguments,
        #[command(flatten)]
        local: Local,
    },
    /// 本机系统签名密钥的公钥；或生成一把新私钥
    Key {
        #[command(flatten)]
        arguments: key::KeyArguments,
        #[command(flatten)]
        local: Local,
    },
    /// 离线核验证书二维码中的签名
    Verify {
        #[command(flatten)]
        arguments: key::VerifyArguments,
        #[command(flatten)]
        local: Local,
    },
    /// 凭编号和姓名查询证书，与公众查询页相同
    Lookup {
        #[command(flatten)]
        arguments: lookup::LookupArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 打印时卡纸：作废这张空白证书，其后的证书顺移
    VoidSheet {
        /// 申报号
        id: String,
        /// 作废的流水号
        serial: String,
        /// 原因
        #[arg(long)]
        reason: String,
        /// 现在最上面一张的流水号；不填为下一张
        #[arg(long)]
        top: Option<String>,
        #[command(flatten)]
        format: AnswerFormat,
        #[command(flatten)]
        remote: Remote,
    },
    /// 空白证书：入库、分配、收回、作废、遗失、盘点、销毁、台账
    Sheets {
        #[command(flatten)]
        arguments: sheets::SheetArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 证书的补发、更正、注销
    Certificate {
        #[command(flatten)]
        arguments: changes::ChangeArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 资料存档：成卷、查阅、核验
    Archive {
        #[command(subcommand)]
        command: ArchiveCommand,
    },
    /// 信息上网：申报批次、审核、退回、上传、按查询结果确认、取回数据表和表5
    Publication {
        #[command(flatten)]
        arguments: publication::PublicationArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 生成录入职业技能等级认定监管系统的数据表（五、（二）），每批证书一个 Excel
    Supervision {
        #[command(flatten)]
        arguments: supervision::SupervisionArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 发放：登记领取、取回清单、逐人登记、查看逾期
    HandOut {
        #[command(subcommand)]
        work: hand_out::Work,
    },
    /// 以省职鉴中心身份统计一年的发证情况（Excel、带图表的网页）
    Statistics {
        /// 年份
        year: i16,
        /// 写到哪个文件夹
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以省职鉴中心身份查看处理受阻的事项（系统已停止重试）；原因排除后用 --try-again 重新办理
    Blocked {
        /// 重新办理全部受阻的事项
        #[arg(long)]
        try_again: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// 核验全部编码、流水号、台账和留痕，证明账目相符
    Audit {
        #[command(flatten)]
        arguments: changes::AuditArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 由存档的卷恢复数据库，由证书上的二维码恢复编码的下一号；已有的内容不覆盖，可先预览
    Restore {
        #[command(flatten)]
        arguments: restore::RestoreArguments,
        #[command(flatten)]
        local: Local,
    },
    /// 逐条说明一行为什么得到这样的证书；不写行号则列出各行；授权前为预告
    Explain {
        /// 申报号
        id: String,
        /// 模板表中的行号
        row: Option<u32>,
        #[command(flatten)]
        remote: Remote,
    },
    /// 登记证书编号：职业资格证书等由其他机构颁发的，或专项职业能力证书的；后者随即生成证书文件
    Record {
        #[command(flatten)]
        arguments: decide::RecordArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 用 Excel 表成批登记证书编号：先生成待填写的表，填好后预览、登记
    Numbers {
        #[command(flatten)]
        arguments: numbers::NumbersArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 按证书编码或授权编号查找；也可写纸质汇总表上二维码的内容（SZ2:…），找到它的申报
    Find {
        /// 证书编码、授权编号，或汇总表二维码的内容
        code: String,
        #[command(flatten)]
        format: AnswerFormat,
        #[command(flatten)]
        remote: Remote,
    },
    /// 查看现行通知和目录；以省职鉴中心身份替换其中一份，或撤回替换
    Rulebook {
        #[command(flatten)]
        arguments: rulebook::RulebookArguments,
        #[command(flatten)]
        remote: Remote,
    },
    /// 取回结果
    Fetch {
        /// 申报号
        id: String,
        /// 结果文件夹
        #[arg(long)]
        out: PathBuf,
        /// 只取全部证书文件打成的一个压缩包（certificates.zip，文件名为证书编码）
        #[arg(long)]
        zip: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// 本机系统的后台进程
    #[command(hide = true)]
    Serve(Local),
}

pub(crate) async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Setup => setup::tools().await.map(|()| ExitCode::SUCCESS),
        Command::Demo(local) => demo::run(&local).await,
        Command::Process { folder, out, declare, local } => process::run(&folder, &out, declare.as_deref(), &local).await,
        Command::Template { out, jurisdiction } => steps::template(&out, jurisdiction.as_deref()).map(|()| ExitCode::SUCCESS),
        Command::Up { functions, local } => {
            setup::tools().await?;
            stack::keep_functions(&local, functions.as_deref())?;
            let stack = Stack::ensure(&local).await?;
            stack.describe();
            Ok(ExitCode::SUCCESS)
        }
        Command::Down(local) => stack::down(&local).await.map(|()| ExitCode::SUCCESS),
        Command::Status { id: None, remote, .. } => stack::status(&remote.local).await,
        Command::Status { id: Some(id), format, remote } | Command::Show { id, format, remote } => {
            let shown = remote.as_unit_of(&id).await?.show_value(&id).await?;
            let notice = latest_notice()?;
            format.print(shown, |shown| shown::application(shown, &notice))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Policies(local) => policies::report(&local.data),
        Command::Submit { folder, application, declare, remote } => {
            let unit = match &application {
                Some(id) => remote.unit_of(id).await?,
                None => Account::unit(),
            };
            let api = remote.api(&unit).await?;
            steps::submit_command(&api, &folder, application.as_deref(), declare.as_deref()).await
        }
        Command::SummaryForm { id, out, stamp, remote } => {
            let api = remote.as_unit_of(&id).await?;
            steps::summary_form(&api, &id, &out, stamp.as_deref()).await
        }
        Command::Materials(arguments) => looking::materials(&arguments.looking, arguments.out.as_deref()).await,
        Command::Rows(arguments) => looking::rows(&arguments).await,
        Command::Differences(arguments) => looking::differences(&arguments).await,
        Command::Trail { looks, looking } => looking::trail(&looking, looks).await,
        Command::Samples(arguments) => looking::samples(&arguments).await,
        Command::Certificates(arguments) => bulk::command(&arguments).await,
        Command::Reveal(arguments) => looking::reveal(&arguments).await,
        Command::Search(arguments) => looking::search(&arguments).await,
        Command::Draft(arguments) => looking::draft(&arguments).await,
        Command::Authorise { id, reason, committee, number, remote } => {
            decide::authorise(&id, (reason.as_deref(), committee.as_deref(), number.as_deref()), &remote).await
        }
        Command::Authorisation { arguments, remote } => authorisation::run(&arguments, &remote).await,
        Command::Contest { id, file, reason, remote } => decide::contest(&id, &file, &reason, &remote).await,
        Command::Return { id, reason, remote } => decide::send_back(&id, &reason, &remote).await,
        Command::Withdraw { id, reason, remote } => decide::withdraw(&id, &reason, &remote).await,
        Command::Delete { id, remote } => decide::delete(&id, &remote).await,
        Command::List { arguments, remote } => decide::list(&remote.api(&arguments.account()?).await?, &arguments).await,
        Command::Accounts { command } => granting::run(&command).await,
        Command::Corrections { command } => decide::corrections(&command).await,
        Command::Token { arguments, local } => {
            let stack = Stack::standing(&local).await?;
            crate::print(&stack.token(&arguments.account()?).await?);
            say(&format!("API：{}（令牌一小时内有效）", stack.api_url()));
            Ok(ExitCode::SUCCESS)
        }
        Command::Qualify { id, refuse, reason, remote } => {
            let mut decided = Vec::new();
            for account in remote.reviewers(&id).await? {
                let api = remote.api(&account).await?;
                match steps::qualify(&api, &id, &refuse, reason.as_deref()).await? {
                    Ok(qualified) => {
                        decide::tell_qualified(&qualified)?;
                        decided.push(qualified);
                    }
                    Err(refused) => return Ok(tell_refused(&refused)),
                }
            }
            decide::tell_next(&id, &decided)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Print { id, of_type, top, count, reason, preview, setting, remote } => {
            let request = json!({ "top": top, "count": count, "reason": reason, "setting": setting.setting(&remote.local.data)? });
            for account in remote.reviewers(&id).await? {
                let api = remote.api(&account).await?;
                let own = remote.endpoint.is_none().then(|| account.reviewer_name());
                let done = decide::print_lots(&api, &id, own.as_deref(), of_type, (&request, preview)).await;
                if let Some(code) = steps::report_refusal(done)? {
                    return Ok(code);
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::PrintAgain { id, remote } => {
            let done = remote.as_reviewer(&id, async |api| api.print_again(&id).await).await;
            if let Some(code) = steps::report_refusal(done)? {
                return Ok(code);
            }
            let api = remote.as_unit_of(&id).await?;
            steps::wait_printed(&api, &id).await?;
            steps::wait_runs(&api, &id).await?;
            say(&format!("申报 {id} 的打印文件已重新生成；用 saizheng fetch {id} --out 文件夹 取回"));
            Ok(ExitCode::SUCCESS)
        }
        Command::Calibrate { arguments, local } => printers::calibrate(&arguments, &local.data),
        Command::Key { arguments, local } => {
            if !arguments.new {
                stack::expect_standing(&local)?;
            }
            key::key(&arguments, &local.data)
        }
        Command::Verify { arguments, local } => key::verify(&arguments, &local.data),
        Command::Lookup { arguments, remote } => lookup::lookup(&remote.api(&Account::unit()).await?, &arguments).await,
        Command::VoidSheet { id, serial, reason, top, format, remote } => {
            let request = json!({ "serial": serial, "reason": reason, "top": top });
            format.answer(remote.as_reviewer(&id, async |api| api.void_sheet(&id, &request).await).await, changes::shifted)
        }
        Command::Sheets { arguments, remote } => {
            let acting = arguments.acting(&latest_notice()?.notice.seat);
            let mut account = Account::reviewer(&acting).ok_or_else(|| mistake(format!("没有持有单位 {acting}")))?;
            account.second = arguments.work == sheets::Work::Confirm;
            sheets::command(&remote.api(&account).await?, &arguments).await
        }
        Command::Certificate { arguments, remote } => changes::command(&arguments, &remote).await,
        Command::Archive { command } => archived(&command).await,
        Command::Publication { arguments, remote } => {
            let account = arguments.account(&latest_notice()?.notice.seat)?;
            publication::command(&remote.api(&account).await?, &arguments).await
        }
        Command::Supervision { arguments, remote } => supervision::run(&arguments, &remote).await,
        Command::HandOut { work } => hand_out(&work).await,
        Command::Statistics { year, out, remote } => {
            let center = Account::center(&latest_notice()?.notice.seat);
            statistics::command(&remote.api(&center).await?, year, &out).await
        }
        Command::Blocked { try_again, remote } => {
            let center = Account::center(&latest_notice()?.notice.seat);
            blocked::command(&remote.api(&center).await?, try_again).await
        }
        Command::Audit { arguments, remote } => {
            let center = Account::center(&latest_notice()?.notice.seat);
            changes::audit(&remote.api(&center).await?, &arguments).await
        }
        Command::Restore { arguments, local } => restore::run(&arguments, &local).await,
        Command::Explain { id, row, remote } => {
            let api = remote.as_unit_of(&id).await?;
            match row {
                Some(row) => steps::explain(&api, &id, row).await,
                None => steps::explain_all(&api, &id).await,
            }
        }
        Command::Record { arguments, remote } => decide::record(&arguments, &remote).await,
        Command::Numbers { arguments, remote } => numbers::run(&arguments, &remote).await,
        Command::Find { code, format, remote } => steps::find(&remote, &code, format).await,
        Command::Originals { arguments, remote } => originals::receive(&arguments, &remote).await,
        Command::Filing { id, acting, remote } => originals::file(&id, acting.as_deref(), &remote).await,
        Command::Rulebook { arguments, remote } => {
            let center = Account::center(&latest_notice()?.notice.seat);
            rulebook::command(&remote.api(&center).await?, &arguments).await
        }
        Command::Fetch { id, out, zip, remote } => {
            let api = remote.as_unit_of(&id).await?;
            if zip {
                return zip_file::fetch(&api, &id, &out).await;
            }
            let notice = latest_notice()?;
            let (rows, _) = output::fetch(&api, &id, &out, &[], Vec::new(), &notice, None).await.context("取回结果")?;
            say(&format!("共 {} 行，已写入 {}", rows.len(), out.display()));
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve(local) => serve::run(&local).await.map(|()| ExitCode::SUCCESS),
    }
}

async fn archived(command: &ArchiveCommand) -> Result<ExitCode> {
    match command {
        ArchiveCommand::Make { id, of_type, remote } => {
            let mut code = ExitCode::SUCCESS;
            // Each lot by its own reviewer; one that is not ready holds up no other.
            for account in remote.reviewers(id).await? {
                let api = remote.api(&account).await?;
                for certificate_type in of_type.of(&api, id, &account, remote).await? {
                    code = steps::report_refusal(archive::make(&api, id, certificate_type).await)?.unwrap_or(code);
                }
            }
            Ok(code)
        }
        ArchiveCommand::Fetch { id, out, reason, edition, format, remote } => {
            let fetch = async |api: &Api| archive::fetch(api, id, out, reason, *edition).await;
            format.answer(remote.as_reviewer(id, fetch).await, |volume| archive::fetched(volume, out))
        }
        ArchiveCommand::Verify(arguments) => archive::verify(arguments),
    }
}

async fn hand_out(work: &hand_out::Work) -> Result<ExitCode> {
    match work {
        hand_out::Work::Collect { arguments, remote } => {
            let mut code = ExitCode::SUCCESS;
            let collected = arguments.request()?;
            // Each lot by its own reviewer; one that is not ready holds up no other.
            for account in remote.reviewers(&arguments.id).await? {
                let api = remote.api(&account).await?;
                for certificate_type in arguments.of_type.of(&api, &arguments.id, &account, remote).await? {
                    let collected = Collect { certificate_type, ..collected.clone() };
                    let done = hand_out::collect(&api, &arguments.id, &collected, arguments.out.as_deref()).await;
                    code = steps::report_refusal(done)?.unwrap_or(code);
                }
            }
            Ok(code)
        }
        hand_out::Work::List { id, out, remote } => hand_out::list(&remote.as_unit_of(id).await?, id, out).await,
        hand_out::Work::Record { arguments, remote } => hand_out::record(&remote.as_unit_of(&arguments.id).await?, arguments).await,
        hand_out::Work::Overdue { reviewer, format, remote } => {
            let account = match reviewer {
                Some(name) => Account::reviewer(name).ok_or_else(|| mistake(format!("没有颁证机构 {name}")))?,
                None => Account::unit(),
            };
            hand_out::overdue(&remote.api(&account).await?, *format).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_command_line_is_said_in_chinese() {
        let said = |line: &str| {
            let error = grouped().try_get_matches_from(line.split(' ')).expect_err(line);
            assert!(error.use_stderr(), "{line}");
            usage::fault(&error, None)
        };
        for (line, expected) in [
            ("saizheng submti", "没有“submti”这个命令，是不是“submit”"),
            ("saizheng template --data x --out y", "没有“--data”这个选项"),
            ("saizheng process folder", "缺少 --out <OUT>"),
            ("saizheng statistics abcd", "<YEAR> 的值“abcd”不对"),
            ("saizheng token janitor x", "的值“janitor”不对，可用的值：unit、center、body"),
            ("saizheng submit x --application", "--application <APPLICATION> 后面缺少它的值"),
            ("saizheng calibrate --out x --measured 1 2 3", "应有 5 个值，只有 3 个"),
        ] {
            let told = said(line);
            assert!(told.starts_with(expected) || told.contains(expected), "{line}: {told}");
            for english in ["error", "invalid", "required", "tip", "unexpected", "Usage"] {
                assert!(!told.contains(english), "{line}: {told}");
            }
        }
    }

    /// D.3: they stood in the list of processes and in the history of shells.
    #[test]
    fn names_and_numbers_of_people_are_not_taken_from_the_command_line_and_not_repeated() {
        const SECRET: &str = "张样例";
        for line in [
            "lookup X --name",
            "verify X --code X --name",
            "verify X --code X --number",
            "search --name",
            "search --number",
            "certificate correct X --reason X --name",
            "certificate correct X --reason X --document-number",
            "accounts apply unit X --person",
            "hand-out collect X --on 2022-07-01 --collector",
            "hand-out collect X --on 2022-07-01 --document-type X --document",
            "hand-out record X --all --on 2022-07-05 --collector",
            "originals X --from",
        ] {
            let with = |value: &str| {
                let words = std::iter::once("saizheng").chain(line.split(' ')).chain([value]);
                grouped().try_get_matches_from(words)
            };
            assert!(with("-").is_ok(), "{line}");
            let error = with(SECRET).expect_err(line);
            let said = usage::fault(&error, None);
            assert!(error.use_stderr() && said.contains("请写 -，再从标准输入输入") && !said.contains(SECRET), "{line}: {said}");
        }
        assert!(grouped().try_get_matches_from(["saizheng", "submit", "X", "--declare", SECRET]).is_ok(), "printed and public");
    }

    #[test]
    fn every_help_is_in_chinese() {
        let command = grouped();
        let names = command.get_subcommands().map(|one| one.get_name().to_owned());
        for name in std::iter::once(None).chain(names.filter(|name| name != "help").map(Some)) {
            let line = std::iter::once("saizheng").chain(name.as_deref()).chain(["--help"]);
            let help = usage::help(&grouped().try_get_matches_from(line).expect_err("a help"));
            for english in ["Usage", "Arguments", "Options", "Commands", "Print", "default:", "ossible values", "[OPTIONS]", "COMMAND"] {
                assert!(!help.contains(english), "{help}");
            }
        }
    }

    #[test]
    fn every_command_stands_with_those_who_use_it() {
        let command = Cli::command();
        for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
            let times = GROUPS.iter().flat_map(|(_, names)| *names).filter(|name| **name == one.get_name()).count();
            assert_eq!(times, 1, "{}", one.get_name());
        }
        assert!(GROUPS.iter().flat_map(|(_, names)| *names).all(|name| command.find_subcommand(name).is_some()));
        let help = grouped().render_help().to_string();
        let (center, body) = (help.find("省职鉴中心：").expect("the Center"), help.find("颁证机构：").expect("the bodies"));
        assert!(help.find("authorise").expect("listed") > center && help.find("qualify").expect("listed") > body, "{help}");
        assert!(help.contains("--version") && !help.contains("serve"), "{help}");
    }

    #[test]
    fn whom_a_unit_asks_and_where_the_template_is_had_stand_in_the_help() {
        let template = usage::help(&grouped().try_get_matches_from(["saizheng", "template", "--help"]).expect_err("a help"));
        for help in [grouped().render_help().to_string(), template] {
            assert!(help.contains("竞赛证书办理群") && help.contains("八、联系方式"), "{help}");
        }
    }
}
