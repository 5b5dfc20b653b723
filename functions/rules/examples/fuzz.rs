//! A slow proof: damaged texts through every parser of this crate. None may panic.
//!
//! `cargo run --release -p rules --example fuzz -- [COUNT] [SEED]`: COUNT texts through each of the quick parsers, a
//! thousandth of it through those that read whole files. Figures stand in `docs/FIGURES.md`.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;

use rules::catalogue::{CatalogueKind, Catalogues};
use rules::intake::contest::Contest;
use rules::intake::summary::SummaryStamp;
use rules::notice::Notices;
use rules::numbers::body::{BodiesFile, BodyCode};
use rules::numbers::code::CertificateCode;
use rules::rulebook::Part;
use rules::sheets::serial::Serial;
use rules::values::identity::{DocumentKind, DocumentNumber};
use rules::values::name::PersonName;
use rules::values::party::Actor;
use rules::values::prior::PriorCode;
use rules::values::rank::Rank;
use rules::values::toml_text;

/// What texts are damaged with: what the parsers look at, and what they may not have thought of.
const CHARACTERS: &str =
    "0123456789XJSYEHMG/-#;:,.=\"[]{}·•　 \n\t第一二三四五六七八九十名等奖金银铜牌并列初赛决年月日级张\u{E000}\u{200B}\u{FEFF}𠅤䶮é\u{0}";

/// Texts to start from, as people would write them.
const TEXTS: [&str; 15] = [
    "S000051009999222J00001",
    "S000051010123",
    "JN00000001",
    "2251000000300001",
    "一等奖/第一名",
    "三等奖（并列第十二名）",
    "阿依古丽·买买提",
    "11010519491231002X",
    "911124198108030024",
    "H12345678",
    "SZ2:AAAAAAAAAAAAAAAA:3FD789B5A45E64ECA59BDE728DF3F075848AA91AA83E34BFFBA2302118860FF6:8",
    "SZ1:aaaaaaaaaaaaaaaa:3fd789b5a45e64eca59bde728df3f075848aa91aa83e34bffba2302118860ff6:8",
    "notices/sichuan-2022-9.toml",
    "name = \"大赛\"\nclass = \"省级一类\"\n[[events]]\nname = \"数控车\"\n",
    "[[bodies]]\ncode13 = \"S000051010123\"\nname = \"中心\"\n",
];

const KINDS: [DocumentKind; 8] = [
    DocumentKind::Resident,
    DocumentKind::HongKongMacaoResidencePermit,
    DocumentKind::TaiwanResidencePermit,
    DocumentKind::PermanentResidence,
    DocumentKind::HongKongMacaoPass,
    DocumentKind::TaiwanPass,
    DocumentKind::ChinesePassport,
    DocumentKind::ForeignPassport,
];

/// A generator of numbers that a seed repeats (xorshift64*, Vigna 2016).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        usize::try_from(number).unwrap_or(0) % limit.max(1)
    }

    /// `text` with up to eight characters replaced, inserted or taken out.
    fn damaged(&mut self, text: &str, alphabet: &[char]) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(8) {
            let (at, new) = (self.below(characters.len() + 1), alphabet[self.below(alphabet.len())]);
            match self.below(3) {
                0 if at < characters.len() => characters[at] = new,
                1 if at < characters.len() => drop(characters.remove(at)),
                _ => characters.insert(at, new),
            }
        }
        characters.into_iter().collect()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let count: usize = words.next().map_or(Ok(1_000_000), |word| word.parse())?;
    let mut numbers = Numbers(words.next().map_or(Ok(1), |word| word.parse())?);
    let alphabet: Vec<char> = CHARACTERS.chars().collect();
    let (notices, catalogues) = (Notices::built_in()?, Catalogues::built_in()?);
    for _ in 0..count {
        let text = TEXTS[numbers.below(TEXTS.len())];
        quick(&notices, &numbers.damaged(text, &alphabet));
    }
    println!("{count} texts through each parser of values");
    let files = count / 1000;
    let texts: Vec<(String, String)> = Notices::built_in_texts().into_iter().collect();
    for _ in 0..files {
        let (file, text) = &texts[numbers.below(texts.len())];
        let mut damaged: BTreeMap<String, String> = texts.iter().cloned().collect();
        damaged.insert(file.clone(), numbers.damaged(text, &alphabet));
        let _ = black_box(Notices::parse(&damaged));
        let kind = CatalogueKind::ALL[numbers.below(CatalogueKind::ALL.len())];
        let _ = black_box(catalogues.with(kind, &numbers.damaged(kind.built_in_text(), &alphabet)));
    }
    println!("{files} damaged notices and {files} damaged catalogues");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}

/// One text through every parser of a value.
fn quick(notices: &Notices, text: &str) {
    let notice = notices.general();
    let _ = black_box(CertificateCode::parse(&notice.code, text));
    let _ = black_box(BodyCode::parse(&notice.code, text));
    let _ = black_box(PriorCode::parse(text));
    let _ = black_box(Rank::parse(&notice.rank, text));
    let _ = black_box(PersonName::parse(text));
    for kind in KINDS {
        let _ = black_box(DocumentNumber::parse(kind, text).map(|number| number.birth_and_gender()));
    }
    for kind in &notice.sheet_kinds {
        let _ = black_box(Serial::parse(kind, text));
    }
    let _ = black_box(SummaryStamp::parse(text));
    let _ = black_box(Part::parse(text));
    let _ = black_box(Actor::from_claims(text, "unit", text));
    let _ = black_box(toml_text::parse::<Contest>(text));
    let _ = black_box(toml_text::parse::<BodiesFile>(text));
}
