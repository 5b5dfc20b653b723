//! Which local stack a command is about.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

/// Which local stack.
#[derive(Args, Clone)]
pub(crate) struct Local {
    /// 本机系统的数据文件夹；新文件夹就是一个新的空系统
    #[arg(long, default_value = ".saizheng")]
    pub(crate) data: PathBuf,
    /// 启动时设定系统时钟（RFC 3339，如 2022-06-20T10:00:00+08:00）
    #[arg(long)]
    pub(crate) now: Option<Timestamp>,
}
