//! Application folders, as a unit would fill them in.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rules::notice::{Notice, Notices};
use rules::values::vocabulary::Field;
use rust_xlsxwriter::Workbook;
use tempfile::TempDir;

use crate::people::{Person, name, person, strangers};

/// Name of the made-up contest.
pub const CONTEST: &str = "2022年四川省样例职业技能竞赛";

/// Name of the made-up filed body.
pub const BODY_NAME: &str = "四川样例评价中心";

/// A folder under a temporary one; it goes when this goes.
pub struct Folder {
    root: TempDir,
    /// Its first winner among all people.
    first: usize,
    /// Values by field for each row, in roster order.
    pub rows: Vec<Vec<(Field, String)>>,
    /// `contest.toml`.
    pub contest: String,
    /// `bodies.toml`, if any.
    pub bodies: Option<String>,
}

/// `contest.toml` of a contest that the human-resources department hosts, with two events.
pub fn hosted_contest() -> String {
    contest("省级一类", true, "")
}

/// `contest.toml` of a contest of the second class whose organiser is the filed body of that code, as [`BODY_NAME`].
pub fn filed_contest(body: &str) -> String {
    contest("省级二类", false, &format!("organiser_body = \"{body}\"")).replace("四川省样例行业协会", BODY_NAME)
}

/// `contest.toml` with `more` between the plain values and the events.
pub fn contest(class: &str, hosted: bool, more: &str) -> String {
    format!(
        r#"name = "{CONTEST}"
class = "{class}"
hrss_hosted = {hosted}
organiser = "四川省样例行业协会"
committee = "{CONTEST}组委会"
jurisdiction = "00"
year = 2022
final_on = 2022-05-28
issued_on = 2022-06-20
{more}
[[events]]
name = "数控车"
occupation = "车工"
occupation_code = "6-18-01-01"
job = "数控车工"

[[events]]
name = "中式烹饪"
occupation = "中式烹调师"
occupation_code = "4-03-02-01"

[[events]]
name = "消防技能"
occupation = "消防设施操作员"
occupation_code = "4-07-05-03"

[[events]]
name = "川剧妆造"
occupation = "川剧妆造"
"#
    )
}

/// A row of that contest.
pub fn row(person: &Person, event: &str, level: &str, award: &str) -> Vec<(Field, String)> {
    let (occupation, code, job) = match event {
        "数控车" => ("车工", "6-18-01-01", "数控车工"),
        "中式烹饪" => ("中式烹调师", "4-03-02-01", ""),
        "消防技能" => ("消防设施操作员", "4-07-05-03", ""),
        _ => (event, "", ""),
    };
    let values = [
        (Field::Name, person.name.as_str()),
        (Field::Gender, person.gender),
        (Field::DocumentType, "居民身份证"),
        (Field::DocumentNumber, &person.id_number),
        (Field::Phone, &person.phone),
        (Field::Employer, "四川样例机械有限公司"),
        (Field::Occupation, occupation),
        (Field::OccupationCode, code),
        (Field::Job, job),
        (Field::Level, level),
        (Field::Contest, CONTEST),
        (Field::Class, "省级一类"),
        (Field::Event, event),
        (Field::Award, award),
    ];
    values.into_iter().map(|(field, value)| (field, value.to_owned())).collect()
}

/// The notice whose template the rosters follow.
pub fn notice() -> Result<Notice> {
    Ok(Notices::built_in()?.general().clone())
}

impl Folder {
    /// `count` winners of a hosted contest, levels 3 and 2 in turn, whom no other folder has.
    pub fn with_winners(count: usize) -> Result<Self> {
        Self::with_people(strangers(count)?, count)
    }

    /// The same with people from `first` on: others may have them too.
    pub fn with_people(first: usize, count: usize) -> Result<Self> {
        let mut folder = Self { root: TempDir::new()?, first, rows: Vec::new(), contest: hosted_contest(), bodies: None };
        folder.rows = (0..count)
            .map(|n| {
                let level = if n % 2 == 0 { "三级/高级工" } else { "二级/技师" };
                // Past the eighth place the promotion table has something to say about level 2.
                let award = if n < 8 { format!("金奖/第{}名", n + 1) } else { "并列金奖".to_owned() };
                row(&folder.person(n), if n % 3 == 0 { "中式烹饪" } else { "数控车" }, level, &award)
            })
            .collect();
        Ok(folder)
    }

    /// The same winners again, in another folder.
    pub fn again(&self) -> Result<Self> {
        Self::with_people(self.first, self.rows.len())
    }

    /// Has the folder, and every row, be of another contest, and writes it.
    pub fn move_to(&mut self, contest: &str) -> Result<()> {
        self.contest = self.contest.replace(CONTEST, contest);
        for index in 0..self.rows.len() {
            self.set(index, Field::Contest, contest);
        }
        self.write()
    }

    /// The `n`-th winner, with the name that the `n`-th winner of every folder has.
    pub fn person(&self, n: usize) -> Person {
        Person { name: name(n), ..person(self.first + n) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// A path beside the materials, for results.
    pub fn out(&self) -> PathBuf {
        self.root.path().join("out")
    }

    /// Puts `value` into a cell of row `index` (from 0).
    pub fn set(&mut self, index: usize, field: Field, value: &str) {
        let row = &mut self.rows[index];
        row.retain(|(known, _)| *known != field);
        row.push((field, value.to_owned()));
    }

    /// Makes it a contest of a class, that class also in every row.
    pub fn of_class(&mut self, contest: String, class: &str) {
        // Another contest: one has one class, and one authorisation.
        let own = format!("name = \"{CONTEST}（{class}）\"");
        self.contest = contest.replace(&format!("name = \"{CONTEST}\""), &own);
        let name = self.contest.split('"').nth(1).unwrap_or_default().to_owned();
        for index in 0..self.rows.len() {
            self.set(index, Field::Class, class);
            self.set(index, Field::Contest, &name);
        }
    }

    /// Makes it a contest of a city, by its two digits (七).
    pub fn of_city(&mut self, jurisdiction: &str) {
        let city = format!("jurisdiction = \"{jurisdiction}\"");
        let contest = self.contest.replace("jurisdiction = \"00\"", &city).replace("省级一类", "市级一类").replace("省级二类", "市级二类");
        let class = if contest.contains("class = \"市级一类\"") { "市级一类" } else { "市级二类" };
        self.of_class(contest, class);
    }

    /// Writes every file.
    pub fn write(&self) -> Result<()> {
        fs::write(self.path().join("contest.toml"), &self.contest)?;
        if let Some(bodies) = &self.bodies {
            fs::write(self.path().join("bodies.toml"), bodies)?;
        }
        for (index, file) in ["contest.pdf", "commendation.pdf", "summary.pdf"].into_iter().enumerate() {
            fs::write(self.path().join(file), pdf(index + 1))?;
        }
        self.write_roster(|_| Ok(()))
    }

    /// Writes the roster; `change` may spoil the sheet first.
    pub fn write_roster(&self, change: impl FnOnce(&mut rust_xlsxwriter::Worksheet) -> Result<()>) -> Result<()> {
        let notice = notice()?;
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet().set_name(&notice.roster.sheet)?;
        for (column, rule) in (0..).zip(&notice.roster.columns) {
            sheet.write(0, column, rule.shown_header())?;
        }
        for (index, row) in (1..).zip(&self.rows) {
            for (field, value) in row {
                let column = notice.roster.position(*field).context("column")?;
                sheet.write(index, column, value)?;
            }
        }
        change(sheet)?;
        workbook.save(self.path().join("roster.xlsx"))?;
        Ok(())
    }
}

/// A PDF of `pages` empty pages.
pub fn pdf(pages: usize) -> Vec<u8> {
    let kids: Vec<String> = (0..pages).map(|page| format!("{} 0 R", page + 3)).collect();
    let mut objects =
        vec!["<< /Type /Catalog /Pages 2 0 R >>".to_owned(), format!("<< /Type /Pages /Kids [{}] /Count {pages} >>", kids.join(" "))];
    objects.extend((0..pages).map(|_| "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>".to_owned()));
    let mut text = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(text.len());
        text.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = text.len();
    text.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        text.push_str(&format!("{offset:010} 00000 n \n"));
    }
    text.push_str(&format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1));
    text.into_bytes()
}

/// A photo of 295 × 413 pixels.
pub fn jpeg() -> Vec<u8> {
    include_bytes!("../../functions/certificate/tests/photo.jpg").to_vec()
}

impl Folder {
    /// Writes `photos.zip`.
    pub fn write_photos(&self, photos: &[(&str, &[u8])]) -> Result<()> {
        let mut zip = zip::ZipWriter::new(fs::File::create(self.path().join("photos.zip"))?);
        for (name, bytes) in photos {
            zip.start_file(*name, zip::write::SimpleFileOptions::default())?;
            zip.write_all(bytes)?;
        }
        zip.finish()?;
        Ok(())
    }
}
