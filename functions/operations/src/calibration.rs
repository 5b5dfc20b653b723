//! How a printer is set right: a page with crosses, and what is reckoned of where they were measured on paper.

use records::keys::objects::ObjectKey;
use records::store::bucket::{Shown, digest};
use rules::issue::access::Action;
use rules::notice::layout::{Calibration, MeasuredWrongly};
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
        let layout = rulebook.notices.general().layout(of_type, Form::Overprint);
        let page = layout.ok_or_else(|| Refusal::Malformed("这种证书没有套打版式".to_owned()))?.page;
        let crosses = certificate::calibration_crosses(page);
        let calibration = match request.measured {
            Some(measured) => request.calibration.set_right(&crosses, &measured).map_err(wrongly)?,
            None => request.calibration,
        };
        let fonts = self.fonts()?;
        let drawn = tokio::task::block_in_place(|| certificate::calibration_page(fonts, page, "", &calibration));
        let pdf = drawn.map_err(|_| Refusal::Malformed("校准页排不下".to_owned()))?;
        let key = ObjectKey::CalibrationPage { digest: digest(&pdf) };
        self.cloud.write_once(&key, "application/pdf", pdf, None).await?;
        let shown = Shown { content_type: "application/pdf", lifetime: LOOK_LIFETIME };
        Ok(Calibrated { calibration, crosses, page: self.cloud.link_shown(&key.to_string(), None, shown).await? })
    }
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
