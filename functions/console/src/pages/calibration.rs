//! 打印机校准: five crosses are measured, the system does the sums.

use maud::{Markup, html};
use operations::Refusal;
use operations::calibration::{Calibrate, Calibrated};
use rules::notice::layout::Calibration;

use crate::context::{Context, Menu, Page, field};
use crate::fields::Fields;

/// The page to print, for a printer that is set as the address says; after the form, as it is reckoned.
pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let asked = Calibrate { calibration: typed(context.query)?, ..Calibrate::default() };
    Ok(shown(context, &context.operations.calibrate(context.actor(), asked).await?, false))
}

/// What is reckoned of what was measured.
pub(super) async fn reckoned(context: &Context<'_>) -> Result<Page, Refusal> {
    let form = context.form;
    let mut measured = [[0.0; 2]; 5];
    for (number, at) in (1..).zip(&mut measured) {
        let from = |edge: &str, word: &str| form.wanted(&format!("{edge}{number}"), &format!("十字 {number} 到{word}的距离"));
        *at = [from("left", "左边")?, from("up", "上边")?];
    }
    let asked = Calibrate { calibration: typed(form)?, measured: Some(measured), ..Calibrate::default() };
    Ok(shown(context, &context.operations.calibrate(context.actor(), asked).await?, true))
}

/// What would be printed, over a picture of the blank.
pub(super) async fn over_blank(context: &Context<'_>) -> Result<Page, Refusal> {
    let blank_base64 = context.form.some("file");
    let blank_base64 = Some(blank_base64.ok_or_else(|| Refusal::Malformed("请选择空白证书的照片".to_owned()))?);
    let asked = Calibrate { blank_base64, ..Calibrate::default() };
    Ok(shown(context, &context.operations.calibrate(context.actor(), asked).await?, false))
}

/// How a printer is set, as far as fields say it.
pub(crate) fn typed(fields: &Fields) -> Result<Calibration, Refusal> {
    let plain = Calibration::default();
    Ok(Calibration {
        offset_x: fields.read("offset_x", "向右偏移")?.unwrap_or(plain.offset_x),
        offset_y: fields.read("offset_y", "向下偏移")?.unwrap_or(plain.offset_y),
        scale_x: fields.read("scale_x", "横向缩放")?.unwrap_or(plain.scale_x),
        scale_y: fields.read("scale_y", "纵向缩放")?.unwrap_or(plain.scale_y),
    })
}

/// Fields for how a printer is set.
pub(super) fn cells(form: &Fields, calibration: Calibration) -> Markup {
    let cell = |label: &str, name: &str, value: f32, step: &str| {
        let value = form.some(name).unwrap_or_else(|| value.to_string());
        field(label, html! { input type="number" name=(name) step=(step) value=(value); })
    };
    html! {
        div .grid {
            (cell("向右偏移（毫米）", "offset_x", calibration.offset_x, "0.01"))
            (cell("向下偏移（毫米）", "offset_y", calibration.offset_y, "0.01"))
            (cell("横向缩放", "scale_x", calibration.scale_x, "0.0001"))
            (cell("纵向缩放", "scale_y", calibration.scale_y, "0.0001"))
        }
    }
}

fn shown(context: &Context<'_>, set: &Calibrated, reckoned: bool) -> Page {
    let none = Fields::default();
    let Calibration { offset_x, offset_y, scale_x, scale_y } = set.calibration;
    let body = html! {
        p .crumbs { a href="/console/sheets" { "空白证书" } }
        @if reckoned {
            div .note.good role="status" {
                p { "算出：向右偏移 " (offset_x) " 毫米，向下偏移 " (offset_y) " 毫米，横向缩放 " (scale_x) "，纵向缩放 " (scale_y) "。" }
                p { "打印证书时填在“打印机校准”里，同一批以后沿用。可以再打印一次校准页，量得的应与十字的位置相同。" }
            }
        }
        section .card {
            h2 { "一、打印校准页" }
            p { "以 100% 比例打印在与空白证书同样大小的纸上。" }
            p .acts { a .button href=(set.page) { "校准页" } }
        }
        section .card {
            h2 { "二、量五个十字" }
            (context.form("/console/sheets/calibration", html! {
                p .help { "每个十字的中心到纸张左边、上边的距离，毫米，量到 0.1。" }
                @for (number, [x, y]) in (1..).zip(set.crosses) {
                    fieldset {
                        legend { "十字 " (number) "（应在左 " (x) "，上 " (y) "）" }
                        div .grid {
                            (field("到左边", html! { input type="number" step="0.1" name=(format!("left{number}")) required value=[context.form.get(&format!("left{number}")).filter(|_| !reckoned)]; }))
                            (field("到上边", html! { input type="number" step="0.1" name=(format!("up{number}")) required value=[context.form.get(&format!("up{number}")).filter(|_| !reckoned)]; }))
                        }
                    }
                }
                details { summary { "打印校准页时打印机已有的设置" } (cells(&none, set.calibration)) }
                p .acts { button .main { "计算" } }
            }))
        }
        section .card #preview {
            h2 { "三、套打预览" }
            @if let Some(preview) = &set.preview { iframe src=(preview) title="套打预览（样张）" {} }
            (context.with_file("/console/sheets/preview", html! {
                (field("整张空白证书的照片或扫描件（JPG，不超过 4 MB）", html! { input type="file" name="file" accept=".jpg,.jpeg" required; }))
                p .acts { button { "预览" } span .help { "样张的文字叠在照片上，看位置是否合适；照片四边与纸边对齐才准。不占编码和空白证书。" } }
            }))
        }
    };
    Page::new(Menu::Sheets, "打印机校准", body)
}
