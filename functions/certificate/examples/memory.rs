//! What printing takes of memory: `memory [BUNDLES] [PAGES] [LEAST KB] [MOST KB]` prints merged files one after the other, as
//! a container of `print` does, with photos of those sizes, and says how high the process's memory ever was.

use std::error::Error;
use std::time::Instant;

use certificate::{Batch, Certificate, Plate, Seal};
use rules::issue::certificate_fields::CertificateFields;
use rules::notice::layout::Calibration;
use rules::values::vocabulary::Form;

#[path = "../tests/specimen/mod.rs"]
mod specimen;

// As `print` has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::print_stdout, reason = "a tool at the terminal")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|number| number.parse()).collect::<Result<_, _>>()?;
    let argument = |index: usize, default: usize| arguments.get(index).copied().unwrap_or(default);
    let (bundles, pages, least, most) = (argument(0, 10), argument(1, 1000), argument(2, 40), argument(3, 100));
    let started = Instant::now();
    let fonts = specimen::fonts()?;
    println!("fonts after {:?}, {} MiB", started.elapsed(), peak()?);
    let plate = Plate::new(&fonts, &specimen::layout(Form::Full), Some(&Seal::Drawn("四川省职业技能鉴定指导中心".to_owned())))?;
    println!("plate after {:?}, {} MiB", started.elapsed(), peak()?);
    for bundle in 0..bundles {
        let all_fields: Vec<CertificateFields> = (0..pages).map(|page| fields(bundle * pages + page)).collect();
        // Sizes spread evenly between the two.
        let photos: Vec<Vec<u8>> = (0..pages).map(|page| photo((least + page * 37 % (most - least).max(1)) * 1024)).collect();
        let certificates: Vec<Certificate<'_>> =
            all_fields.iter().zip(&photos).map(|(fields, photo)| Certificate { fields, photo: Some(photo), by_hand: false }).collect();
        let started = Instant::now();
        let bytes = Batch::new(&fonts, &plate, &certificates)?.merged(&Calibration::default())?;
        let sum: usize = photos.iter().map(Vec::len).sum();
        println!("{pages} pages in {:?}: photos {} MB, file {} MB; {} MiB", started.elapsed(), sum >> 20, bytes.len() >> 20, peak()?);
    }
    Ok(())
}

fn fields(number: usize) -> CertificateFields {
    let name: String = ["张王李赵陈刘吉阿", "测试样本示例范依"].iter().filter_map(|of| of.chars().nth(number / 7 % 8)).collect();
    let fields = specimen::fields(&name, "四川省工业机器人职业技能竞赛组委会", "2022年四川省工业机器人系统操作员职业技能竞赛", None);
    CertificateFields { code: format!("S000051000000222J{number:05}"), ..fields }
}

/// The test photo, made as long as that by segments that decoders skip.
fn photo(bytes: usize) -> Vec<u8> {
    let (head, rest) = specimen::PHOTO.split_at(2);
    let mut jpeg = head.to_vec();
    while jpeg.len() + rest.len() < bytes {
        // The length counts itself.
        let length = (bytes - jpeg.len() - rest.len()).clamp(4, 60_000) as u16;
        jpeg.extend([0xFF, 0xEF]);
        jpeg.extend(length.to_be_bytes());
        jpeg.extend((2..length).map(|i| (i.wrapping_mul(31) >> 3) as u8 & 0x7F));
    }
    jpeg.extend(rest);
    jpeg
}

/// The most the process ever held, MiB.
fn peak() -> Result<usize, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? >> 10)
}
