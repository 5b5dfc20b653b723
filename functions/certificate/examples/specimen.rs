//! Writes specimens, to look at the layout: `specimen OUT.pdf [COPIES]`. The person is made up (ID: the published specimen).

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use certificate::{Batch, Certificate, CoverList, Covered, Plate};
use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::Calibration;
use rules::values::vocabulary::{CertificateType, Form};

#[path = "../tests/specimen/mod.rs"]
mod specimen;

use specimen::{LONG_BODY, LONG_CONTEST, LONG_NAME, PHOTO, fields};

#[expect(clippy::print_stdout, reason = "a tool at the terminal")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().map_or_else(|| PathBuf::from("specimen.pdf"), PathBuf::from);
    let copies: usize = arguments.next().map_or(Ok(1), |number| number.parse())?;
    let started = Instant::now();
    let fonts = specimen::fonts()?;
    println!("fonts: {:?}", started.elapsed());

    let plain = fields("张测试", "四川省工业机器人职业技能竞赛组委会", "2022年四川省工业机器人系统操作员职业技能竞赛", None);
    let long = fields("阿卜杜热西提·麦麦提图尔荪江·阿布都克里木江·玉素甫", LONG_BODY, LONG_CONTEST, Some("四川省职业技能鉴定指导中心"));
    let rare = fields("བསྟན་འཛིན·ꀊꀋ·䶮㛃𬭎𫖯𠅤", LONG_BODY, LONG_CONTEST, None);
    let sheet = |fields, photo| Certificate { fields, photo, by_hand: false };
    let all = [sheet(&plain, Some(PHOTO)), sheet(&long, None), sheet(&rare, Some(PHOTO))];
    let certificates: Vec<Certificate<'_>> = all.into_iter().cycle().take(copies).collect();
    for form in [Form::Full, Form::Overprint] {
        let plate = Plate::new(&fonts, &specimen::layout(form), None)?;
        // The first document also warms the allocator and the fonts' pages.
        for _ in 0..3 {
            let started = Instant::now();
            let batch = Batch::new(&fonts, &plate, &certificates)?;
            let set = started.elapsed();
            let bytes = batch.merged(&Calibration::default())?;
            println!("{}: {copies} page(s): {:?}, of it setting {set:?}, {} bytes", form.word(), started.elapsed(), bytes.len());
            std::fs::write(out.with_extension(if form == Form::Full { "pdf" } else { "overprint.pdf" }), bytes)?;
        }
        let batch = Batch::new(&fonts, &plate, &certificates)?;
        let started = Instant::now();
        let sizes = (0..batch.len()).map(|index| Ok(batch.single(index)?.len())).collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        println!("{}: single {:?} each, {:?} bytes", form.word(), started.elapsed() / u32::try_from(copies.max(1))?, sizes.first());
    }
    let third = specimen::long_specific_ability(LONG_NAME);
    for (form, extension) in [(Form::Full, "third.pdf"), (Form::Overprint, "third.overprint.pdf")] {
        let plate = Plate::new(&fonts, &specimen::layout_of(CertificateType::SpecificAbility, form), None)?;
        std::fs::write(out.with_extension(extension), specimen::print(&fonts, &plate, sheet(&third, Some(PHOTO)))?)?;
    }
    let covered = |(number, fields): (usize, &CertificateFields)| Covered {
        name: fields.name.clone(),
        code: fields.code.clone(),
        serial: format!("JN{:08}", number + number / 7),
    };
    let list = CoverList {
        title: "打印清单　第 1 批　第 1 册，共 1 册".to_owned(),
        about: ["申报号 aaaaaaaaaaaaaaaa　颁证机构 center:00", "技能等级证书　首次打印　套打", "已作废的空白证书：无"]
            .map(str::to_owned)
            .to_vec(),
        first: 1,
        certificates: [&plain, &long, &rare].into_iter().cycle().take(copies).enumerate().map(covered).collect(),
    };
    std::fs::write(out.with_extension("list.pdf"), certificate::cover_list(&fonts, &list)?)?;
    let page = specimen::layout(Form::Overprint).page;
    std::fs::write(out.with_extension("calibration.pdf"), certificate::calibration_page(&fonts, page, "二楼", &Calibration::default())?)?;
    Ok(())
}
