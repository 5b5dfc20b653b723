//! Checks of roster rows: cells in, typed entries and findings out. At most one cause per cell.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use jiff::civil::Date;

use crate::contest::{Contest, Event};
use crate::entry::{Cell, Entry, Field, RawRow};
use crate::finding::{Finding, FindingCode, Place};
use crate::identity::{DocumentNumber, Gender};
use crate::name::{NameError, PersonName};
use crate::notice::{Material, Notice};

/// The longest text any cell may hold, in characters.
const MAX_CELL_CHARS: usize = 200;

/// Judges the rows of one roster, one after the other.
pub struct RowChecker<'a> {
    notice: &'a Notice,
    contest: &'a Contest,
    sheet: String,
    file: String,
    /// Whether the fonts can print a character.
    printable: &'a dyn Fn(char) -> bool,
    /// Column of each field, in the order of [`Field::ALL`].
    positions: Vec<Option<u16>>,
    /// Hash of person and occupation seen before, and the row it was in.
    seen: HashMap<u128, u32>,
    /// Two keyed hashes of 64 bits: in 50,000 rows, two different persons meet with a probability of 10⁻²⁹.
    keys: [RandomState; 2],
}

impl<'a> RowChecker<'a> {
    /// A checker for the sheet named `sheet` of the roster of `contest`.
    pub fn new(notice: &'a Notice, contest: &'a Contest, sheet: &str, printable: &'a dyn Fn(char) -> bool) -> Self {
        let file = notice.file(Material::Roster).to_owned();
        let positions = Field::ALL.iter().map(|field| notice.roster.position(*field)).collect();
        let keys = [RandomState::new(), RandomState::new()];
        Self { notice, contest, sheet: sheet.to_owned(), file, printable, positions, seen: HashMap::new(), keys }
    }

    /// The entry, where the row has no error, and whatever there is to say about it.
    pub fn check(&mut self, raw: &RawRow) -> (Option<Entry>, Vec<Finding>) {
        let mut row = Row { checker: self, raw, found: Vec::new() };
        let entry = row.entry();
        let mut found = row.found;
        let entry = entry.filter(|_| !found.iter().any(Finding::is_error));
        if let Some(entry) = &entry
            && let Some(duplicate) = self.duplicate(entry)
        {
            found.push(duplicate);
            return (None, found);
        }
        (entry, found)
    }

    fn duplicate(&mut self, entry: &Entry) -> Option<Finding> {
        let person = (&entry.document_type, entry.document_number.reveal(), &entry.occupation);
        let key = self.keys.iter().fold(0, |key, hasher| key << 64 | u128::from(hasher.hash_one(person)));
        match self.seen.get(&key) {
            Some(first) => {
                let message = format!("与第 {first} 行是同一选手、同一职业");
                Some(Finding::new(FindingCode::RowDuplicate, self.place(entry.row, Field::DocumentNumber), message))
            }
            None => {
                self.seen.insert(key, entry.row);
                None
            }
        }
    }

    fn position(&self, field: Field) -> Option<u16> {
        self.positions.get(field as usize).copied().flatten()
    }

    fn place(&self, row: u32, field: Field) -> Place {
        let column = self.position(field).unwrap_or(0);
        Place::cell(&self.file, &self.sheet, row, column)
    }
}

/// One row under judgement.
struct Row<'r, 'a> {
    checker: &'r RowChecker<'a>,
    raw: &'r RawRow,
    found: Vec<Finding>,
}

impl<'r, 'a> Row<'r, 'a> {
    /// Every field is looked at, so that one hand-in shows all that is wrong; `None` if any of them failed.
    fn entry(&mut self) -> Option<Entry> {
        let name = self.name();
        let gender = self.gender();
        let document = self.document(gender);
        let phone = self.phone();
        let employer = self.text(Field::Employer).map(Cow::into_owned);
        let level = self.level();
        let contest = self.checker.contest;
        self.same(Field::Contest, FindingCode::ContestMismatch, &contest.name);
        self.same(Field::Class, FindingCode::ClassMismatch, contest.class.name());
        let event = self.event();
        let award = self.text(Field::Award).map(Cow::into_owned);
        let photo = self.text(Field::Photo).map(Cow::into_owned);
        for field in [Field::Education, Field::Group, Field::Team] {
            self.choice(field);
        }
        for field in [
            Field::Ethnicity,
            Field::TheoryScore,
            Field::PracticeScore,
            Field::TotalScore,
            Field::PriorType,
            Field::PriorLevel,
            Field::PriorNumber,
            Field::Remark,
            Field::Sequence,
        ] {
            self.text(field);
        }
        let event = event?;
        let (document_type, document_number) = document?;
        Some(Entry {
            row: self.raw.row,
            name: name?,
            gender: gender?,
            document_type,
            document_number,
            phone: phone?,
            employer: employer?,
            occupation: event.occupation.clone(),
            occupation_code: event.occupation_code.clone(),
            job: event.job.clone(),
            level: level?,
            event: event.name.clone(),
            award: award?,
            photo,
        })
    }

    fn add(&mut self, field: Field, code: FindingCode, message: impl Into<String>) {
        let place = self.checker.place(self.raw.row, field);
        self.found.push(Finding::new(code, place, message));
    }

    fn cell(&self, field: Field) -> &'r Cell {
        let position = self.checker.position(field).map(usize::from);
        position.and_then(|i| self.raw.cells.get(i)).unwrap_or(&Cell::Empty)
    }

    fn header(&self, field: Field) -> &str {
        self.checker.notice.roster.columns.iter().find(|c| c.field == field).map_or("", |c| &c.header)
    }

    fn required(&self, field: Field) -> bool {
        self.checker.notice.roster.columns.iter().any(|c| c.field == field && c.required)
    }

    /// The cell as text; a finding where it is empty but required, or holds what is no text.
    fn text(&mut self, field: Field) -> Option<Cow<'r, str>> {
        let text = match self.cell(field) {
            Cell::Text(text) => Cow::Borrowed(trimmed(text)),
            Cell::Number(number) => Cow::Owned(number_text(*number)),
            Cell::Date(date) if field == Field::BirthDate => Cow::Owned(date.to_string()),
            Cell::Empty => Cow::Borrowed(""),
            Cell::Date(_) | Cell::Bool(_) => {
                let message = format!("“{}”是日期或逻辑值，不是文本", self.header(field));
                self.add(field, FindingCode::CellNotText, message);
                return None;
            }
            Cell::Error => {
                let message = format!("“{}”是错误值（如 #N/A）", self.header(field));
                self.add(field, FindingCode::CellErrorValue, message);
                return None;
            }
            Cell::Formula => {
                let message = format!("“{}”是公式", self.header(field));
                self.add(field, FindingCode::CellFormula, message);
                return None;
            }
        };
        if text.is_empty() {
            if self.required(field) {
                let message = format!("“{}”未填", self.header(field));
                self.add(field, FindingCode::CellRequired, message);
            }
            return None;
        }
        if text.len() > MAX_CELL_CHARS && text.chars().count() > MAX_CELL_CHARS {
            let message = format!("“{}”超过 {MAX_CELL_CHARS} 个字符", self.header(field));
            self.add(field, FindingCode::CellTooLong, message);
            return None;
        }
        Some(text)
    }

    fn name(&mut self) -> Option<PersonName> {
        let text = self.text(Field::Name)?;
        let (name, changed) = match PersonName::parse(&text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let NameError::Character(c) = error else {
                    self.add(Field::Name, FindingCode::NameInvalid, error.to_string());
                    return None;
                };
                self.add(Field::Name, FindingCode::NameInvalid, format!("姓名含有不应有的字符“{c}”（U+{:04X}）", u32::from(c)));
                return None;
            }
        };
        let missing: Vec<char> = name.reveal().chars().filter(|c| !(self.checker.printable)(*c)).collect();
        if !missing.is_empty() {
            let listed: Vec<String> = missing.iter().map(|c| format!("“{c}”（U+{:04X}）", u32::from(*c))).collect();
            self.add(Field::Name, FindingCode::CharNotPrintable, format!("字库中没有 {}，无法打印", listed.join("、")));
            return None;
        }
        if changed {
            self.add(Field::Name, FindingCode::NameNormalised, "姓名中的空格或间隔号已按规范写法处理");
        }
        Some(name)
    }

    /// A cell with a closed list; the value must be one of it.
    fn choice(&mut self, field: Field) -> Option<Cow<'r, str>> {
        let text = self.text(field)?;
        let column = self.checker.notice.roster.columns.iter().find(|c| c.field == field)?;
        if column.choices.iter().any(|choice| *choice == text) {
            return Some(text);
        }
        let message = format!("“{}”应为：{}", column.header, column.choices.join("、"));
        self.add(field, FindingCode::CellChoice, message);
        None
    }

    fn gender(&mut self) -> Option<Gender> {
        self.choice(Field::Gender).and_then(|text| Gender::parse(&text))
    }

    fn document(&mut self, gender: Option<Gender>) -> Option<(String, DocumentNumber)> {
        let document_type = self.choice(Field::DocumentType);
        if let Cell::Number(_) = self.cell(Field::DocumentNumber) {
            self.add(Field::DocumentNumber, FindingCode::IdNumericCell, "证件号码存成了数值，末几位可能已经丢失");
            return None;
        }
        let text = self.text(Field::DocumentNumber)?;
        let document_type = document_type?;
        let kind = self.checker.notice.document_types.get(document_type.as_ref())?.kind;
        let number = match DocumentNumber::parse(kind, &text) {
            Ok(number) => number,
            Err(error) => {
                self.add(Field::DocumentNumber, FindingCode::IdInvalid, format!("不是有效的{document_type}号码：{error}"));
                return None;
            }
        };
        self.against_number(&number, gender);
        Some((document_type.into_owned(), number))
    }

    /// Gender and birth date against the number, where it carries them.
    fn against_number(&mut self, number: &DocumentNumber, gender: Option<Gender>) {
        let carried = number.birth_and_gender();
        if let (Some((_, in_number)), Some(gender)) = (carried, gender)
            && in_number != gender
        {
            self.add(Field::Gender, FindingCode::GenderMismatch, "性别与证件号码不一致");
        }
        let Some(text) = self.text(Field::BirthDate) else { return };
        let Some(date) = read_date(&text) else {
            self.add(Field::BirthDate, FindingCode::BirthInvalid, "出生日期无法识别");
            return;
        };
        if carried.is_some_and(|(birth, _)| birth != date) {
            self.add(Field::BirthDate, FindingCode::BirthMismatch, "出生日期与证件号码不一致");
        }
    }

    fn phone(&mut self) -> Option<String> {
        let text = self.text(Field::Phone)?;
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        if digits.len() == 11 && digits.starts_with('1') && digits.bytes().all(|b| b.is_ascii_digit()) {
            return Some(digits);
        }
        self.add(Field::Phone, FindingCode::PhoneInvalid, "不是 11 位手机号码");
        None
    }

    /// `Some(None)` is a row that asks for a specific-ability certificate.
    fn level(&mut self) -> Option<Option<u8>> {
        let text = self.text(Field::Level)?;
        if self.checker.notice.specific_ability.level_words.iter().any(|word| *word == text) {
            return Some(None);
        }
        let level = self.checker.notice.level(&text).map(|level| level.digit);
        if level.is_none() {
            self.add(Field::Level, FindingCode::LevelInvalid, format!("申报等级“{}”不在五个等级之内", shortened(&text)));
        }
        level.map(Some)
    }

    /// The cell must say what the contest's record says.
    fn same(&mut self, field: Field, code: FindingCode, registered: &str) {
        if let Some(text) = self.text(field)
            && text != registered
        {
            let message = format!("“{}”与登记的“{registered}”不一致", self.header(field));
            self.add(field, code, message);
        }
    }

    /// The contest's event that the row names; occupation, code and 工种 must be the event's.
    fn event(&mut self) -> Option<&'a Event> {
        let occupation = self.text(Field::Occupation);
        let code = self.text(Field::OccupationCode);
        let job = self.text(Field::Job);
        let name = self.text(Field::Event)?;
        let contest = self.checker.contest;
        let Some(event) = contest.event(&name) else {
            let known: Vec<&str> = self.checker.contest.events.iter().map(|e| e.name.as_str()).take(10).collect();
            self.add(Field::Event, FindingCode::EventUnknown, format!("赛项未登记；已登记：{}", known.join("、")));
            return None;
        };
        let blank = &self.checker.notice.certificate.no_job;
        let job = job.filter(|job| *job != *blank);
        if occupation.is_some_and(|text| text != event.occupation) {
            self.add(Field::Occupation, FindingCode::OccupationMismatch, format!("职业名称与赛项登记的“{}”不一致", event.occupation));
        }
        if code.is_some_and(|text| text != event.occupation_code) {
            self.add(
                Field::OccupationCode,
                FindingCode::OccupationMismatch,
                format!("职业编码与赛项登记的“{}”不一致", event.occupation_code),
            );
        }
        if job.is_some() && job.as_deref() != event.job.as_deref() {
            let registered = event.job.as_deref().unwrap_or(blank);
            self.add(Field::Job, FindingCode::OccupationMismatch, format!("工种与赛项登记的“{registered}”不一致"));
        }
        Some(event)
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{200B}' || c == '\u{FEFF}')
}

fn shortened(text: &str) -> String {
    text.chars().take(20).collect()
}

/// A whole number without a fraction, as it would have been typed.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { (number as i64).to_string() } else { number.to_string() }
}

/// `1990-01-31`, `1990/1/31`, `1990.1.31`, `1990年1月31日` or `19900131`.
fn read_date(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['-', '/', '.', '年', '月', '日']).filter(|p| !p.is_empty()).collect();
    let (year, month, day) = match parts.as_slice() {
        [whole] if whole.len() == 8 && whole.is_ascii() => (&whole[..4], &whole[4..6], &whole[6..]),
        [year, month, day] => (*year, *month, *day),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}
