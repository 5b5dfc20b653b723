//! Writes specimens, to look at the layout: `specimen OUT.pdf [COPIES]`. The person is made up (ID: the published specimen).

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use certificate::{Certificate, print};

#[path = "../tests/specimen/mod.rs"]
mod specimen;

use specimen::{LONG_BODY, LONG_CONTEST, PHOTO, face};

#[expect(clippy::print_stdout, reason = "a tool at the terminal")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().map_or_else(|| PathBuf::from("specimen.pdf"), PathBuf::from);
    let copies: usize = arguments.next().map_or(Ok(1), |number| number.parse())?;
    let started = Instant::now();
    let fonts = specimen::fonts()?;
    println!("fonts: {:?}", started.elapsed());

    let plain = face("张测试", "四川省工业机器人职业技能竞赛组委会", "2022年四川省工业机器人系统操作员职业技能竞赛", None);
    let long = face("阿卜杜热西提·麦麦提图尔荪江·阿布都克里木江·玉素甫", LONG_BODY, LONG_CONTEST, Some("四川省职业技能鉴定指导中心"));
    let pair = [Certificate { face: &plain, photo: Some(PHOTO) }, Certificate { face: &long, photo: None }];
    let certificates: Vec<Certificate<'_>> = pair.into_iter().cycle().take(copies).collect();
    // The first document also warms the allocator and the fonts' pages.
    for _ in 0..3 {
        let started = Instant::now();
        let bytes = print(&fonts, &certificates)?;
        println!("{copies} page(s): {:?}, {} bytes", started.elapsed(), bytes.len());
        std::fs::write(&out, bytes)?;
    }
    Ok(())
}
