//! Writes specimens, to look at the layout: `specimen OUT.pdf [COPIES]`. The person is made up (ID: the published specimen).

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use certificate::{Certificate, Fonts, print};
use rules::face::{Face, FaceField};

fn field(label: &str, label_english: &str, value: &str) -> FaceField {
    FaceField { label: label.to_owned(), label_english: label_english.to_owned(), value: value.to_owned() }
}

fn face(name: &str, body: &str, contest: &str, sealed_by: Option<&str>) -> Face {
    Face {
        title: "职业技能等级证书".to_owned(),
        text: format!("本证书由{body}颁发，表明持证人在{contest}中获得一等奖，具备该职业（工种）相应技能等级水平。"),
        fields: vec![
            field("姓名", "Name", name),
            field("证件类型", "ID Type", "居民身份证"),
            field("证件号码", "ID No.", "11010519491231002X"),
            field("职业名称", "Occupation", "工业机器人系统操作员"),
            field("工种/职业方向", "Job", "--"),
            field("职业技能等级", "Skill Level", "二级/技师"),
            field("证书编号", "Certificate No.", "S000051000000222J00001"),
        ],
        code: "S000051000000222J00001".to_owned(),
        issued_on: "2022年06月20日".to_owned(),
        issuing_body: body.to_owned(),
        sealed_by: sealed_by.map(str::to_owned),
        verify_url: "https://cert.example.cn/v/S000051000000222J00001".to_owned(),
        query_sites: vec!["证书信息查询网址 http://jndj.osta.org.cn".to_owned(), "机构信息查询网址 http://pjjg.osta.org.cn".to_owned()],
    }
}

#[expect(clippy::print_stdout, reason = "a tool at the terminal")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().map_or_else(|| PathBuf::from("specimen.pdf"), PathBuf::from);
    let copies: usize = arguments.next().map_or(Ok(1), |number| number.parse())?;
    let started = Instant::now();
    let fonts = Fonts::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/fonts/layer/fonts")))?;
    println!("fonts: {:?}", started.elapsed());

    let photo: &[u8] = include_bytes!("../tests/photo.jpg");
    let plain = face("张测试", "四川省工业机器人职业技能竞赛组委会", "2022年四川省工业机器人系统操作员职业技能竞赛", None);
    let long = face(
        "阿卜杜热西提·麦麦提图尔荪江·阿布都克里木江·玉素甫",
        "二〇二二年四川省职业院校教师与学生工业互联网和智能制造职业技能大赛组织委员会办公室",
        "2022年四川省“技能成才、强国有我”职业院校师生工业互联网与智能制造系统集成应用及运行维护职业技能大赛暨全国选拔赛",
        Some("四川省职业技能鉴定指导中心"),
    );
    let pair = [Certificate { face: &plain, photo: Some(photo) }, Certificate { face: &long, photo: None }];
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
