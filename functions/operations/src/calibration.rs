//! How a printer is set right: a page with crosses, and what is reckoned of where they were measured on paper.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use certificate::{Fonts, PrintError};
use records::RecordsError;
use records::keys::objects::ObjectKey;
use records::store::bucket::{Shown, digest};
use rules::issue::access::Action;
use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::{Calibration, Layout, MeasuredWrongly};
use rules::values::party::Actor;
use rules::values::vocabulary::{CertificateType, Form};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::links::LOOK_LIFETIME;
use crate::refusal::Refusal;
use crate::rows::reviewer_of;

/// A printer as it is set now, and what was measured on its page.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibrate {
    /// Certificates of which type are printed on it; 职业技能等级, if none is named: the size of the sheets depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<CertificateType>,
    /// How it was set when the page was printed.
    #[serde(default)]
    pub calibration: Calibration,
    /// Where the middle of each of the five crosses lies, in the order of their numbers: mm from the left and from the top edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<[[f32; 2]; 5]>,
    /// A picture of a whole blank sheet, a JPEG as base64: what would be printed is shown over it. It is kept nowhere but in that preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blank_base64: Option<String>,
}

/// How a printer is to be set.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Calibrated {
    /// What runs name.
    pub calibration: Calibration,
    /// Where the crosses should lie: mm from the left and from the top edge.
    pub crosses: [[f32; 2]; 5],
    /// Link to the page printed so, for five minutes.
    pub page: String,
    /// Link to a sample over the picture of the blank, for five minutes, where one was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
}

impl Operations {
    /// Sets a printer right by what was measured, and gives the page to measure (again).
    pub async fn calibrate(&self, actor: &Actor, request: Calibrate) -> Result<Calibrated, Refusal> {
        actor.may(Action::Qualify { reviewer: &reviewer_of(actor) })?;
        if !request.calibration.is_sound() {
            return Err(Refusal::Malformed(unsound()));
        }
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let of_type = request.certificate_type.unwrap_or(CertificateType::SkillLevel);
        let notice = rulebook.notices.general();
        let layout = notice.layout(of_type, Form::Overprint);
        let layout = layout.ok_or_else(|| Refusal::Malformed("这种证书没有套打版式".to_owned()))?;
        let page = layout.page;
        let crosses = certificate::calibration_crosses(page);
        let calibration = match request.measured {
            Some(measured) => request.calibration.set_right(&crosses, &measured).map_err(wrongly)?,
            None => request.calibration,
        };
        let fonts = self.fonts()?;
        let drawn = tokio::task::block_in_place(|| certificate::calibration_page(fonts, page, "", &calibration));
        let pdf = drawn.map_err(|_| Refusal::Malformed("校准页排不下".to_owned()))?;
        let preview = match &request.blank_base64 {
            Some(blank) => Some(self.kept_page(over_blank(fonts, layout, &CertificateFields::sample(notice, of_type), blank)?).await?),
            None => None,
        };
        Ok(Calibrated { calibration, crosses, page: self.kept_page(pdf).await?, preview })
    }

    /// The same page is the same file.
    async fn kept_page(&self, pdf: Vec<u8>) -> Result<String, Refusal> {
        let key = ObjectKey::CalibrationPage { digest: digest(&pdf) };
        self.cloud.write_once(&key, "application/pdf", pdf, None).await?;
        let shown = Shown { content_type: "application/pdf", lifetime: LOOK_LIFETIME };
        Ok(self.cloud.link_shown(&key.to_string(), None, shown).await?)
    }
}

/// 套打预览: what would be printed, over a picture of the blank.
fn over_blank(fonts: &Fonts, layout: &Layout, fields: &CertificateFields, blank: &str) -> Result<Vec<u8>, Refusal> {
    let picture = BASE64_STANDARD.decode(blank.trim()).map_err(|_| Refusal::Malformed("照片没有传完整，请重新选择".to_owned()))?;
    let drawn = tokio::task::block_in_place(|| certificate::preview(fonts, layout, fields, &picture));
    drawn.map_err(|error| match error {
        PrintError::Photo { .. } => Refusal::Malformed("空白证书的照片须为 JPG（不是 CMYK），请换一张".to_owned()),
        other => Refusal::Records(RecordsError::Corrupt(other.to_string())),
    })
}

fn unsound() -> String {
    format!("偏移超过 {} 毫米或缩放超出 0.9 到 1.1；请核对纸盒、纸张大小和 100 % 比例", Calibration::MAX_OFFSET)
}

fn wrongly(cause: MeasuredWrongly) -> Refusal {
    Refusal::Malformed(match cause {
        MeasuredWrongly::Point(number) => format!("十字 {} 与其余四个对不上，请核对这两个数，并看纸是否放斜", number + 1),
        MeasuredWrongly::Unsound => unsound(),
    })
}
