//! Printers of this machine, how each is set right, and how a run goes on paper.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use certificate::Fonts;
use clap::{Args, ValueEnum};
use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::{Calibration, MeasuredWrongly};
use rules::sheets::run::{Setting, SettingChange};
use rules::values::vocabulary::{CertificateType, Form};

use crate::mistake::mistake;
use crate::notices::latest_notice;
use crate::{checkout, private, results, say};

/// A form, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum FormName {
    /// 全版：连同边框、固定文字一起打印在白纸上
    #[default]
    #[value(alias = "全版")]
    Full,
    /// 套打：只打印各项内容，打印在印好的空白证书上
    #[value(alias = "套打")]
    Overprint,
}

impl From<FormName> for Form {
    fn from(name: FormName) -> Self {
        match name {
            FormName::Full => Self::Full,
            FormName::Overprint => Self::Overprint,
        }
    }
}

/// How a run goes on paper.
#[derive(Debug, Args)]
pub(crate) struct SettingArguments {
    /// 版式
    #[arg(long, value_enum, default_value_t)]
    form: FormName,
    /// 用 calibrate 校准过的打印机
    #[arg(long)]
    printer: Option<String>,
}

impl SettingArguments {
    /// With the printer's calibration, from the data folder.
    pub(crate) fn setting(&self, data: &Path) -> Result<Setting> {
        let calibration = self.printer.as_deref().map(|printer| calibrated(data, printer)).transpose()?;
        Ok(Setting { form: self.form.into(), calibration: calibration.unwrap_or_default() })
    }
}

/// How a certificate goes on paper again; what is not given is as in the run before.
#[derive(Debug, Args)]
pub(crate) struct SettingChangeArguments {
    /// 版式；不填则与上次打印相同
    #[arg(long, value_enum)]
    form: Option<FormName>,
    /// 用 calibrate 校准过的打印机；不填则与上次打印相同
    #[arg(long)]
    printer: Option<String>,
}

impl SettingChangeArguments {
    /// With the printer's calibration, from the data folder.
    pub(crate) fn change(&self, data: &Path) -> Result<SettingChange> {
        let calibration = self.printer.as_deref().map(|printer| calibrated(data, printer)).transpose()?;
        Ok(SettingChange { form: self.form.map(Form::from), calibration })
    }
}

/// What a printer of this machine is set right by.
fn calibrated(data: &Path, printer: &str) -> Result<Calibration> {
    let known = known(data)?.get(printer).copied();
    known.ok_or_else(|| mistake(format!("打印机“{printer}”未校准，请先用 saizheng calibrate")))
}

/// A printer, and what it is set right by.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArguments {
    /// 打印机的名称，自己起
    #[arg(long)]
    printer: String,
    /// 向右偏移，毫米；负数向左
    #[arg(long, allow_negative_numbers = true)]
    offset_x: Option<f32>,
    /// 向下偏移，毫米；负数向上
    #[arg(long, allow_negative_numbers = true)]
    offset_y: Option<f32>,
    /// 横向缩放，0.9 到 1.1
    #[arg(long)]
    scale_x: Option<f32>,
    /// 纵向缩放，0.9 到 1.1
    #[arg(long)]
    scale_y: Option<f32>,
    /// 在校准页上量得的五个十字中心的位置：左1,上1 左2,上2 …，毫米；偏移和缩放由此算出
    #[arg(long, num_args = 5, value_parser = measured, value_name = "左,上", conflicts_with_all = ["offset_x", "offset_y", "scale_x", "scale_y"])]
    measured: Option<Vec<[f32; 2]>>,
    /// 空白证书的照片或扫描（整张，JPG）：把套打内容叠在上面预览
    #[arg(long, requires = "preview")]
    blank: Option<PathBuf>,
    /// 套打预览写到哪个 PDF 文件
    #[arg(long, requires = "blank")]
    preview: Option<PathBuf>,
    /// 校准页（标尺和十字）写到哪个 PDF 文件
    #[arg(long)]
    out: Option<PathBuf>,
}

/// `左,上`, in millimetres, with a comma of either width.
fn measured(text: &str) -> Result<[f32; 2], String> {
    let parts: Vec<f32> = text.split([',', '，']).map_while(|part| part.trim().parse().ok()).filter(|at: &f32| at.is_finite()).collect();
    <[f32; 2]>::try_from(parts).map_err(|_| "应写作 左,上 两个毫米数，如 20.3,19.8".to_owned())
}

fn wrongly(cause: MeasuredWrongly) -> anyhow::Error {
    mistake(match cause {
        MeasuredWrongly::Point(number) => {
            format!("十字 {} 与其余四个对不上，请核对这两个数，并看纸是否放斜", number + 1)
        }
        MeasuredWrongly::Unsound => {
            format!("按量得的数，偏移超过 {} 毫米或缩放超出 0.9 到 1.1；请核对纸盒、纸张大小和 100 % 比例", Calibration::MAX_OFFSET)
        }
    })
}

fn file(data: &Path) -> PathBuf {
    data.join("printers.toml")
}

fn known(data: &Path) -> Result<BTreeMap<String, Calibration>> {
    match fs::read_to_string(file(data)) {
        Ok(text) => toml::from_str(&text).with_context(|| file(data).display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).with_context(|| file(data).display().to_string()),
    }
}

/// `saizheng calibrate`: keeps what is named, leaves what is not, prints the page.
pub(crate) fn calibrate(arguments: &CalibrateArguments, data: &Path) -> Result<ExitCode> {
    let mut printers = known(data)?;
    let before = printers.get(&arguments.printer).copied().unwrap_or_default();
    let notice = latest_notice()?;
    let layout = notice.layout(CertificateType::SkillLevel, Form::Overprint).context("通知中没有套打版式")?;
    let page = layout.page;
    let calibration = match &arguments.measured {
        Some(measured) => before.set_right(&certificate::calibration_crosses(page), measured).map_err(wrongly)?,
        None => Calibration {
            offset_x: arguments.offset_x.unwrap_or(before.offset_x),
            offset_y: arguments.offset_y.unwrap_or(before.offset_y),
            scale_x: arguments.scale_x.unwrap_or(before.scale_x),
            scale_y: arguments.scale_y.unwrap_or(before.scale_y),
        },
    };
    if !calibration.is_sound() {
        return Err(mistake(format!("偏移不超过 {} 毫米，缩放在 0.9 到 1.1 之间", Calibration::MAX_OFFSET)));
    }
    printers.insert(arguments.printer.clone(), calibration);
    private::folder(data)?;
    private::write(&file(data), toml::to_string(&printers)?.as_bytes())?;
    let Calibration { offset_x, offset_y, scale_x, scale_y } = calibration;
    say(&format!("{}：右 {offset_x} 毫米，下 {offset_y} 毫米，横 {scale_x}，纵 {scale_y}", arguments.printer));
    if let Some(out) = &arguments.out {
        let page = certificate::calibration_page(&Fonts::load(&checkout::fonts())?, page, &arguments.printer, &calibration)?;
        results::write(out, &page)?;
        say(&format!("校准页已写入 {}", out.display()));
    }
    if let (Some(blank), Some(out)) = (&arguments.blank, &arguments.preview) {
        let picture = fs::read(blank).with_context(|| blank.display().to_string())?;
        let preview = certificate::preview(
            &Fonts::load(&checkout::fonts())?,
            layout,
            &CertificateFields::sample(&notice, CertificateType::SkillLevel),
            &picture,
        );
        let preview = preview.map_err(|error| mistake(format!("{}：{error}", blank.display())))?;
        results::write(out, &preview)?;
        say(&format!("套打预览（样张）已写入 {}", out.display()));
    }
    Ok(ExitCode::SUCCESS)
}
