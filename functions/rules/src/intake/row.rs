//! One row of a roster: its cells against the template, the contest's record and each other.

use std::borrow::Cow;

use jiff::civil::Date;
use unicode_normalization::char::is_combining_mark;

use crate::catalogue::AreaStatus;
use crate::intake::contest::Event;
use crate::intake::context::{CheckContext, Listed};
use crate::intake::entry::{Cell, Details, Entry, RawRow, was_picture};
use crate::values::date::day;
use crate::values::finding::{Finding, FindingCode, Place};
use crate::values::folding;
use crate::values::identity::{DocumentError, DocumentKind, DocumentNumber, Gender};
use crate::values::name::{NameError, NameOddity, PersonName, is_makeshift};
use crate::values::prior::{Prior, PriorCode};
use crate::values::rank::Rank;
use crate::values::vocabulary::{self, Field, Material};

/// The word of 个人/团体 for a team.
const TEAM: &str = "团体";
/// In 备注: the name may stay empty on the certificate.
const BY_HAND: &str = "手工填写";
/// The longest text any cell may hold, in characters.
const MAX_CELL_CHARS: usize = 200;
/// Contests are for those who may work (劳动法 第十五条).
pub(crate) const MIN_AGE: i16 = 16;
/// A number in a cell keeps 15 digits.
const EXACT: f64 = 1e15;
/// From here to [`EXACT`] a number written out is shorter than [`MAX_CELL_CHARS`].
const SMALL: f64 = 1e-9;

/// What is found in one row: at most one cause per cell, the first, or of two the graver.
#[derive(Debug, Default)]
pub(crate) struct Found(Vec<Finding>);

impl Found {
    pub(crate) fn add(&mut self, finding: Finding) {
        match self.0.iter_mut().find(|known| known.place == finding.place) {
            Some(known) if known.severity >= finding.severity => {}
            Some(known) => *known = finding,
            None => self.0.push(finding),
        }
    }

    /// In the place of what is no worse there.
    pub(crate) fn add_first(&mut self, finding: Finding) {
        self.0.retain(|known| known.place != finding.place || known.severity > finding.severity);
        self.add(finding);
    }

    pub(crate) fn has_error(&self) -> bool {
        self.0.iter().any(Finding::is_error)
    }

    pub(crate) fn has(&self, code: FindingCode) -> bool {
        self.0.iter().any(|known| known.code == code)
    }

    pub(crate) fn at(&self, place: &Place) -> bool {
        self.0.iter().any(|known| known.place == *place)
    }

    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.0
    }
}

/// A row as far as its own cells go.
pub(crate) struct Winner<'a> {
    pub(crate) entry: Entry,
    pub(crate) event: Listed<'a>,
    /// 组别, one of the list.
    pub(crate) group: Option<&'a str>,
    /// 个人/团体 says 团体.
    pub(crate) in_team: bool,
    /// Theory and practice.
    pub(crate) scores: [Option<f64>; 2],
}

/// One row under judgement.
pub(crate) struct Row<'r, 'a> {
    pub(crate) context: &'r CheckContext<'a>,
    pub(crate) raw: &'r RawRow,
    pub(crate) found: Found,
}

impl<'r, 'a> Row<'r, 'a> {
    /// The finding on a row in which hardly any required cell is filled, although somebody may be meant: otherwise each of them would be
    /// missed.
    pub(crate) fn sparse(&self) -> Finding {
        let cells = || (0_u16..).zip(self.context.notice.roster.columns.iter().zip(&self.raw.cells));
        let empty: Vec<(u16, &str)> = cells()
            .filter(|(_, (column, cell))| column.required && cell.is_blank())
            .map(|(at, (column, _))| (at, column.header.as_str()))
            .collect();
        let (at, first) = empty.first().copied().unwrap_or_default();
        let place = Place::cell(&self.context.file, &self.context.sheet, self.raw.row, at);
        let message = format!(
            "第 {} 行只填了 {} 格，缺少“{first}”等 {} 个必填列；不是选手的请删去这一行",
            self.raw.row,
            cells().filter(|(_, (_, cell))| !cell.is_blank()).count(),
            empty.len()
        );
        Finding::new(FindingCode::CellRequired, place, message)
    }

    /// Whether it says that it is an example, by its number of the document, or by the word for one in a cell that is free.
    pub(crate) fn is_an_example(&self) -> bool {
        let profile = &self.context.notice.roster;
        let text = |field: Field| match self.cell(field) {
            Cell::Text(text) => Some(folding::folded(text)),
            _ => None,
        };
        let says = |field: Field| text(field).is_some_and(|text| profile.example_words.iter().any(|word| *word == text));
        // `示例：李四`, `张三（示例）`.
        let marked = |name: &str, word: &str| {
            name.strip_prefix(word).is_some_and(|rest| rest.starts_with(':'))
                || name.strip_suffix(')').and_then(|name| name.strip_suffix(word)).is_some_and(|name| name.ends_with('('))
        };
        let in_its_name = text(Field::Name).is_some_and(|name| profile.example_words.iter().any(|word| marked(&name, word)));
        let number = text(Field::DocumentNumber);
        in_its_name
            || number.is_some_and(|number| profile.example_numbers.iter().any(|known| *known == number))
            || [Field::Sequence, Field::Remark].into_iter().any(says)
    }

    /// Whether its name is one that examples have, and people too.
    pub(crate) fn has_a_name_of_examples(&self) -> bool {
        matches!(self.cell(Field::Name), Cell::Text(name) if self.context.notice.roster.example_names.contains(name))
    }

    /// Every field is looked at, so that one hand-in shows all that is wrong; `None` if any of them failed.
    pub(crate) fn winner(&mut self, event: Option<Listed<'a>>) -> Option<Winner<'a>> {
        let name = self.name();
        let gender = self.gender();
        let birth_date = self.birth();
        let document = self.document(gender, birth_date);
        let phone = self.phone();
        let employer = self.kept(Field::Employer);
        let (prior, prior_level) = self.prior();
        let level = self.level();
        let award = self.award();
        let photo = self.kept(Field::Photo).filter(|photo| !self.context.notice.roster.says_none(photo));
        let group = self.choice(Field::Group);
        let team = self.choice(Field::Team);
        let scores = [Field::TheoryScore, Field::PracticeScore].map(|field| self.score(field));
        let details = Details {
            birth_date,
            ethnicity: self.unless_none(Field::Ethnicity),
            education: self.choice(Field::Education).map(str::to_owned),
            theory_score: scores[0],
            practice_score: scores[1],
            total_score: self.score(Field::TotalScore),
            group: group.map(str::to_owned),
            team: team.map(str::to_owned),
            prior_type: self.unless_none(Field::PriorType),
            prior_level,
            remark: self.text(Field::Remark).map(Cow::into_owned),
        };
        Field::ALL.iter().for_each(|field| self.check_only(*field));
        self.check_occupation(event, level.flatten());
        let listed = event?;
        let event = listed.event;
        let (document_type, document_kind, document_number) = document?;
        let (award, rank) = award?;
        let entry = Entry {
            row: self.raw.row,
            name: name?,
            gender: gender?,
            document_type: document_type.to_owned(),
            document_kind,
            document_number,
            phone: phone?,
            employer: employer?,
            occupation: event.occupation.clone(),
            occupation_code: event.occupation_code.clone(),
            job: event.job.clone().filter(|job| !self.context.notice.roster.says_none(job)),
            level: level?,
            event: event.name.clone(),
            award,
            rank,
            prior,
            photo,
            by_hand: self.found.has(FindingCode::CharByHand),
            details,
        };
        Some(Winner { entry, event: listed, group, in_team: team == Some(TEAM), scores })
    }

    /// Fields that are looked at and not kept. Every field has its arm here, so that a new one cannot be forgotten.
    fn check_only(&mut self, field: Field) {
        let contest = self.context.contest;
        match field {
            Field::Contest => self.must_equal(field, FindingCode::ContestMismatch, &contest.name),
            Field::Class => self.must_equal(field, FindingCode::ClassMismatch, contest.class.name()),
            // Nobody keeps it: programs number rows by a formula.
            Field::Sequence => _ = self.has_control(field),
            // Kept by `winner`.
            Field::Name | Field::Phone | Field::Employer | Field::Level | Field::Award | Field::Photo | Field::Group | Field::Team => {}
            Field::Ethnicity | Field::Education | Field::TheoryScore | Field::PracticeScore | Field::TotalScore => {}
            Field::PriorType | Field::Remark => {}
            // Judged together by `document` and `prior`.
            Field::Gender | Field::DocumentType | Field::DocumentNumber | Field::BirthDate | Field::PriorLevel | Field::PriorNumber => {}
            // Compared with the contest's record by `event`.
            Field::Event | Field::Occupation | Field::OccupationCode | Field::Job => {}
        }
    }

    fn add(&mut self, field: Field, code: FindingCode, message: impl Into<String>) {
        let place = self.context.place(self.raw.row, field);
        self.found.add(Finding::new(code, place, message));
    }

    fn cell(&self, field: Field) -> &'r Cell {
        let column = self.context.column(field);
        column.and_then(|(at, _)| self.raw.cells.get(usize::from(at))).unwrap_or(&Cell::Empty)
    }

    fn header(&self, field: Field) -> &'a str {
        self.context.column(field).map_or("", |(_, column)| &column.header)
    }

    fn required(&self, field: Field) -> bool {
        self.context.column(field).is_some_and(|(_, column)| column.required)
    }

    /// The cell as text; a finding where it is empty but required, or holds what is no text.
    fn text(&mut self, field: Field) -> Option<Cow<'r, str>> {
        if self.shows_picture(field) {
            let message = match field {
                Field::Photo => {
                    format!("照片嵌在单元格里，不会被读取；请另存为文件放入 {}", self.context.notice.file(Material::Photos))
                }
                _ => format!("“{}”里嵌的是图片，不是文字", self.header(field)),
            };
            self.add(field, FindingCode::PictureInCell, message);
            return None;
        }
        if self.has_control(field) {
            return None;
        }
        let text = match self.cell(field) {
            Cell::Text(text) => folding::seen(text),
            Cell::Number(number) => Cow::Owned(number_text(*number)),
            Cell::Date(date) if field == Field::BirthDate => Cow::Owned(date.to_string()),
            Cell::Empty => Cow::Borrowed(""),
            Cell::Merged => return None,
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

    /// A finding on a control character, where the cell has one.
    fn has_control(&mut self, field: Field) -> bool {
        let Cell::Text(text) = self.cell(field) else { return false };
        let Some(found) = folding::control(text) else { return false };
        let message = format!("“{}”{}", self.header(field), folding::control_said(found));
        self.add(field, FindingCode::CellControl, message);
        true
    }

    /// The cell's text, where it is kept as it is written: a notice where something that cannot be seen was taken out.
    fn kept(&mut self, field: Field) -> Option<String> {
        let text = self.text(field)?.into_owned();
        if matches!(self.cell(field), Cell::Text(own) if own.trim() != text) {
            let message = format!("“{}”去掉了看不见的字符或换行", self.header(field));
            self.add(field, FindingCode::CellNormalised, message);
        }
        Some(text)
    }

    /// The cell's text, where it says anything.
    fn unless_none(&mut self, field: Field) -> Option<String> {
        self.text(field).filter(|text| !self.says_nothing(field, text)).map(Cow::into_owned)
    }

    /// A picture within the cell: as a formula, as what became of it as a text, or, of a photo, as the error value that Excel
    /// stores with it.
    fn shows_picture(&self, field: Field) -> bool {
        match self.cell(field) {
            Cell::Text(text) => was_picture(&folding::seen(text)),
            Cell::Error => field == Field::Photo,
            _ => false,
        }
    }

    fn name(&mut self) -> Option<PersonName> {
        let text = self.text(Field::Name)?;
        if self.context.notice.roster.says_none(&text) {
            let message = format!("“{}”未填", self.header(Field::Name));
            self.add(Field::Name, FindingCode::CellRequired, message);
            return None;
        }
        // As it stands in the cell, so that what was done to it can be said.
        let text = if let Cell::Text(text) = self.cell(Field::Name) { text.as_str() } else { text.as_ref() };
        let read = if self.is_by_hand() { PersonName::parse_by_hand(text) } else { PersonName::parse(text) };
        let (name, changes) = match read {
            Ok(read) => read,
            Err(error) => {
                self.no_name(error);
                return None;
            }
        };
        let unprintable = |c: &char| is_makeshift(*c) || !(self.context.printable)(*c);
        let missing: Vec<char> = name.reveal().chars().filter(unprintable).collect();
        if !missing.is_empty() {
            let listed: Vec<String> = missing.iter().map(|c| shown_character(*c)).collect();
            let listed = listed.join("、");
            if !self.is_by_hand() {
                self.add(Field::Name, FindingCode::CharNotPrintable, format!("字库中没有 {listed}，无法打印"));
                return None;
            }
            self.add(Field::Name, FindingCode::CharByHand, format!("字库中没有 {listed}，证书上的姓名留空，由颁证机构手工填写"));
        }
        match name.oddity() {
            None => {}
            Some(NameOddity::Joint(c)) => {
                self.add(Field::Name, FindingCode::NameOdd, format!("汉字旁边是“{c}”；姓名各部分之间的间隔号应为“·”"));
            }
            Some(NameOddity::Pinyin) => {
                self.add(Field::Name, FindingCode::NameOdd, "汉字与拉丁字母连写：不要用拼音代替打不出的字");
            }
            Some(NameOddity::Single) => self.add(Field::Name, FindingCode::NameOdd, "姓名只有一个字"),
        }
        if !changes.is_empty() {
            let done: Vec<&str> = changes.iter().map(|change| change.word()).collect();
            self.add(Field::Name, FindingCode::NameNormalised, format!("姓名：{}", done.join("；")));
        }
        Some(name)
    }

    fn no_name(&mut self, error: NameError) {
        match error {
            NameError::Character(c) if is_makeshift(c) => {
                let kind = if matches!(u32::from(c), 0x2FF0..=0x31EF) { "用部件拼写的字" } else { "自造字" };
                self.add(Field::Name, FindingCode::CharNotPrintable, format!("姓名中有{kind} {}，无法打印", shown_character(c)));
            }
            NameError::Character(c) => {
                self.add(Field::Name, FindingCode::NameInvalid, format!("姓名含有不应有的字符{}", shown_character(c)));
            }
            error => self.add(Field::Name, FindingCode::NameInvalid, error.to_string()),
        }
    }

    /// Whether the unit asks for the name to be written in by hand.
    fn is_by_hand(&self) -> bool {
        matches!(self.cell(Field::Remark), Cell::Text(text) if text.contains(BY_HAND))
    }

    /// A cell with a closed list; the value must be one of it, or a synonym.
    fn choice(&mut self, field: Field) -> Option<&'a str> {
        let text = self.text(field).filter(|text| !self.says_nothing(field, text))?;
        let (_, column) = self.context.column(field)?;
        if let Some(choice) = column.choice(&text) {
            if choice != text {
                self.add(field, FindingCode::CellNormalised, format!("“{}”按“{choice}”处理", column.header));
            }
            return Some(choice);
        }
        let message = format!("“{}”应为：{}", column.header, column.choices.join("、"));
        self.add(field, FindingCode::CellChoice, message);
        None
    }

    fn gender(&mut self) -> Option<Gender> {
        self.choice(Field::Gender).and_then(Gender::parse)
    }

    fn document(&mut self, gender: Option<Gender>, birth: Option<Date>) -> Option<(&'a str, DocumentKind, DocumentNumber)> {
        let document_type = self.choice(Field::DocumentType);
        let text = self.text(Field::DocumentNumber)?;
        let was_number = match self.cell(Field::DocumentNumber) {
            Cell::Number(number) if number.abs() >= EXACT || number.fract() != 0.0 => None,
            Cell::Text(_) if is_scientific(&text) => None,
            cell => Some(matches!(cell, Cell::Number(_))),
        };
        let Some(was_number) = was_number else {
            self.add(Field::DocumentNumber, FindingCode::IdNumericCell, "证件号码存成了数值，末几位可能已经丢失");
            return None;
        };
        let document_type = document_type?;
        let Some(kind) = self.context.catalogues.document_types.get(document_type).map(|known| known.kind) else {
            self.add(Field::DocumentType, FindingCode::CellChoice, "该证件类型不在证件类型目录中");
            return None;
        };
        let number = match DocumentNumber::parse(kind, &text) {
            Ok(number) => number,
            Err(DocumentError::Length { .. }) if was_number => {
                self.add(Field::DocumentNumber, FindingCode::IdNumericCell, "证件号码存成了数值，开头的 0 可能已经丢失");
                return None;
            }
            Err(error) => {
                self.add(Field::DocumentNumber, FindingCode::IdInvalid, format!("不是有效的{document_type}号码：{error}"));
                return None;
            }
        };
        if !number.reveal().eq_ignore_ascii_case(&text) {
            let sign = text.chars().next_back().filter(|c| number.reveal().ends_with('X') && !matches!(c, 'X' | 'x'));
            let message = match sign.filter(|sign| folding::looks_like_x(*sign)) {
                Some(sign) => format!("证件号码的末位“{sign}”按 X 处理，去掉了空格、连接号等，全角改为半角"),
                None => "证件号码只取号码，去掉了空格、连接号、说明文字等，全角改为半角".to_owned(),
            };
            self.add(Field::DocumentNumber, FindingCode::CellNormalised, message);
        } else if self.hides_something(Field::DocumentNumber) {
            self.add(Field::DocumentNumber, FindingCode::CellNormalised, "证件号码去掉了看不见的字符或开头的引号");
        }
        self.against_number(&number, gender, birth);
        if kind == DocumentKind::Resident {
            self.area(&number);
        }
        Some((document_type, kind, number))
    }

    fn birth(&mut self) -> Option<Date> {
        let text = self.text(Field::BirthDate).filter(|text| !self.says_nothing(Field::BirthDate, text))?;
        match day(&text) {
            Ok(date) => {
                if text.contains([':', '：']) {
                    let message = format!("出生日期只取日期 {date}，不计时间和时区");
                    self.add(Field::BirthDate, FindingCode::CellNormalised, message);
                } else if self.hides_something(Field::BirthDate) {
                    self.add(Field::BirthDate, FindingCode::CellNormalised, "出生日期去掉了看不见的字符或开头的引号");
                }
                Some(date)
            }
            Err(error) => {
                if let Some(date) = serial_day(&text).filter(|date| *date < self.context.contest.final_on) {
                    return self.birth_by_serial(date);
                }
                let Some(date) = self.born_by_number().filter(|born| may_mean(&text, *born)) else {
                    self.add(Field::BirthDate, FindingCode::BirthInvalid, format!("出生日期无法识别：{error}"));
                    return None;
                };
                self.add(Field::BirthDate, FindingCode::CellNormalised, format!("出生日期与证件号码相同，按 {date} 处理"));
                Some(date)
            }
        }
    }

    /// The day of birth that a resident's number carries.
    fn born_by_number(&self) -> Option<Date> {
        let Cell::Text(text) = self.cell(Field::DocumentNumber) else { return None };
        let number = DocumentNumber::parse(DocumentKind::Resident, &folding::seen(text)).ok()?;
        number.birth_and_gender().map(|(born, _)| born)
    }

    /// Whether a cell that may stay empty says that there is nothing.
    fn says_nothing(&self, field: Field, text: &str) -> bool {
        !self.required(field) && self.context.notice.roster.says_none(text)
    }

    /// A date that was pasted as the number which stands for it: the document number says whether it is that day.
    fn birth_by_serial(&mut self, date: Date) -> Option<Date> {
        if self.born_by_number() == Some(date) {
            self.add(Field::BirthDate, FindingCode::CellNormalised, format!("出生日期写成了日期的序号，按 {date} 处理"));
            return Some(date);
        }
        self.add(Field::BirthDate, FindingCode::BirthInvalid, format!("出生日期写成了日期的序号，即 {date}"));
        None
    }

    /// Gender and birth date against the number, where it carries them, and the age on the day of the final.
    fn against_number(&mut self, number: &DocumentNumber, gender: Option<Gender>, birth: Option<Date>) {
        let carried = number.birth_and_gender();
        if let (Some((_, in_number)), Some(gender)) = (carried, gender)
            && in_number != gender
        {
            self.add(Field::Gender, FindingCode::GenderMismatch, "性别与证件号码不一致");
        }
        if let (Some((in_number, _)), Some(birth)) = (carried, birth)
            && in_number != birth
        {
            self.add(Field::BirthDate, FindingCode::BirthMismatch, "出生日期与证件号码不一致");
        }
        let Some(born) = carried.map(|(in_number, _)| in_number).or(birth) else { return };
        if age(born, self.context.contest.final_on) < MIN_AGE {
            let field = if birth.is_some() { Field::BirthDate } else { Field::DocumentNumber };
            self.add(field, FindingCode::AgeUnder16, format!("决赛当日未满 {MIN_AGE} 周岁"));
        }
    }

    /// A withdrawn address code is as good as one in force (GB 11643: the number keeps the code it was given with).
    fn area(&mut self, number: &DocumentNumber) {
        let areas = &self.context.catalogues.areas;
        if number.area().is_some_and(|code| areas.status(code) == AreaStatus::Unknown) {
            self.add(Field::DocumentNumber, FindingCode::IdAreaUnknown, "前六位不是已知的行政区划代码");
        }
    }

    /// Whether the cell has more than can be seen in it: invisible characters, the `'` that says “text”.
    fn hides_something(&self, field: Field) -> bool {
        matches!(self.cell(field), Cell::Text(own) if own.trim() != folding::seen(own))
    }

    fn phone(&mut self) -> Option<String> {
        let text = self.text(Field::Phone)?;
        if is_scientific(&text) {
            self.add(Field::Phone, FindingCode::PhoneInvalid, "手机号码变成了科学计数法，末几位可能已经丢失；请把该列设为“文本”格式再录入");
            return None;
        }
        let mut digits = mobile(&text);
        if !is_mobile(&digits) {
            let alone = mobile(folding::number_alone(&folding::code_as_written(&text)));
            digits = if is_mobile(&alone) { alone } else { digits };
        }
        if is_mobile(&digits) {
            if text.chars().filter(|c| !matches!(c, ' ' | '-')).ne(digits.chars()) {
                self.add(
                    Field::Phone,
                    FindingCode::CellNormalised,
                    "手机号码只取号码，去掉了国家代码、开头的 0、标点、说明文字、全角等写法",
                );
            } else if self.hides_something(Field::Phone) {
                self.add(Field::Phone, FindingCode::CellNormalised, "手机号码去掉了看不见的字符或开头的引号");
            }
            return Some(digits);
        }
        self.add(Field::Phone, FindingCode::PhoneInvalid, format!("不是 11 位手机号码：{}", why_no_mobile(&digits)));
        None
    }

    /// `Some(None)` is a row that asks for a specific-ability certificate.
    fn level(&mut self) -> Option<Option<u8>> {
        let text = self.text(Field::Level)?;
        if self.context.notice.specific_ability.level_words.iter().any(|word| folding::alike(word, &text)) {
            return Some(None);
        }
        let level = self.context.notice.level(&text);
        match level {
            None => self.add(Field::Level, FindingCode::LevelInvalid, format!("申报等级“{}”不在五个等级之内", shortened(&text))),
            Some(level) if level.name != text => {
                self.add(Field::Level, FindingCode::CellNormalised, format!("“{}”按“{}”处理", self.header(Field::Level), level.name));
            }
            Some(_) => {}
        }
        level.map(|level| Some(level.digit))
    }

    /// 一: the occupation's own levels, where they are known.
    fn check_occupation(&mut self, event: Option<Listed<'a>>, level: Option<u8>) {
        let (Some(Listed { event, levels: Some(own), .. }), Some(level)) = (event, level) else { return };
        if !own.contains(&level) {
            let words: Vec<&str> = own.iter().map(|digit| self.context.level_name(*digit)).collect();
            let message = format!("职业“{}”没有这个等级；有：{}", event.occupation, words.join("、"));
            self.add(Field::Level, FindingCode::LevelNotOfOccupation, message);
        }
    }

    /// 附件备注3: free text, kept as written; 二: of the final.
    fn award(&mut self) -> Option<(String, Option<Rank>)> {
        let text = self.kept(Field::Award)?;
        let (rules, ranks) = (&self.context.notice.rank, &self.context.ranks);
        if let Some(stage) = ranks.earlier_stage(&text, self.context.contest.selection_for.is_some()) {
            self.add(Field::Award, FindingCode::FinalsOnly, format!("“{stage}”不是决赛阶段的奖项"));
            return None;
        }
        if let Some(word) = rules.not_competitors(&text) {
            self.add(Field::Award, FindingCode::AwardNotCompetitor, format!("“{word}”不是参赛选手获得的奖项"));
            return None;
        }
        let rank = ranks.read(&text);
        match &rank {
            None if !rules.awards.is_empty() => {
                let why = if is_number_alone(&text) {
                    "只写了数字，看不出是名次还是奖项；是名次的写作“第…名”"
                } else {
                    "奖牌类别/名次无法识别"
                };
                self.add(Field::Award, FindingCode::RankUnreadable, why);
            }
            Some(rank) if rank.is_odd(rules) => {
                self.add(Field::Award, FindingCode::RankOdd, format!("奖项与名次相互矛盾：{rank}"));
            }
            _ => {}
        }
        Some((text, rank))
    }

    /// A score: a number, of any width, with 分 behind it or without; anything else is not kept, and that is said. A number of usual
    /// size is taken as it is: written out and read again it would be the same.
    fn score(&mut self, field: Field) -> Option<f64> {
        if let Cell::Number(number) = self.cell(field)
            && (*number == 0.0 || (SMALL..EXACT).contains(&number.abs()))
        {
            return Some(*number);
        }
        let text = self.text(field)?;
        if self.context.notice.roster.says_none(&text) {
            return None;
        }
        let score: Option<f64> = folding::folded(&text).trim_end_matches('分').parse().ok().filter(|score: &f64| score.is_finite());
        let header = self.header(field);
        match score {
            None => self.add(field, FindingCode::CellNormalised, format!("“{header}”不是数字，没有记入")),
            Some(score) if text.parse::<f64>() != Ok(score) => {
                self.add(field, FindingCode::CellNormalised, format!("“{header}”按 {score} 处理"));
            }
            Some(_) => {}
        }
        score
    }

    /// 原证书: level and number, and whether they agree; and the level's words.
    fn prior(&mut self) -> (Option<Prior>, Option<String>) {
        let words = self.text(Field::PriorLevel).filter(|text| !self.context.notice.roster.says_none(text)).map(Cow::into_owned);
        let stated = words.as_deref().and_then(|words| self.prior_level(words));
        let number = self.prior_number();
        let carried = number.as_ref().and_then(PriorCode::level);
        if let (Some(stated), Some(carried)) = (stated, carried)
            && stated != carried
        {
            let message = format!("原证书等级与原证书编号中的等级（{}）不一致", self.context.level_name(carried));
            self.add(Field::PriorLevel, FindingCode::PriorMismatch, message);
        }
        let level = stated.or(carried);
        ((level.is_some() || number.is_some()).then_some(Prior { level, number }), words)
    }

    fn prior_level(&mut self, text: &str) -> Option<u8> {
        let notice = self.context.notice;
        if notice.levels_rule.above_words.iter().any(|word| folding::alike(word, text)) {
            return Some(0);
        }
        let level = notice.level(text).map(|level| level.digit);
        if level.is_none() {
            self.add(Field::PriorLevel, FindingCode::PriorOdd, "原证书等级无法识别");
        }
        level
    }

    fn prior_number(&mut self) -> Option<PriorCode> {
        if let Cell::Number(number) = self.cell(Field::PriorNumber)
            && number.abs() >= EXACT
        {
            self.add(Field::PriorNumber, FindingCode::PriorOdd, "原证书编号存成了数值，末几位可能已经丢失");
            return None;
        }
        let text = self.text(Field::PriorNumber).filter(|text| !self.context.notice.roster.says_none(text))?;
        match PriorCode::parse(&text) {
            Ok(code) => Some(code),
            Err(error) => {
                self.add(Field::PriorNumber, FindingCode::PriorOdd, format!("原证书编号{error}"));
                None
            }
        }
    }

    /// The cell must say what the contest's record says.
    fn must_equal(&mut self, field: Field, code: FindingCode, registered: &str) {
        let Some(text) = self.text(field) else { return };
        let meant = self.context.column(field).and_then(|(_, column)| column.choice(&text));
        if !folding::alike(meant.unwrap_or(&text), registered) {
            let message = format!("“{}”与登记的“{registered}”不一致", self.header(field));
            self.add(field, code, message);
        } else if meant.is_some_and(|meant| !folding::alike(meant, &text)) {
            self.add(field, FindingCode::CellNormalised, format!("“{}”按“{registered}”处理", self.header(field)));
        }
    }

    /// The contest's event that the row names; occupation, code and 工种 must be the event's.
    pub(crate) fn event(&mut self) -> Option<Listed<'a>> {
        let occupation = self.text(Field::Occupation);
        let code = self.text(Field::OccupationCode);
        let job = self.text(Field::Job);
        let name = self.text(Field::Event)?;
        let Some(listed) = self.context.listed(&name) else {
            let known: Vec<&str> = self.context.contest.events.iter().map(|e| e.name.as_str()).take(10).collect();
            self.add(Field::Event, FindingCode::EventUnknown, format!("赛项未登记；已登记：{}", known.join("、")));
            return None;
        };
        let event = listed.event;
        let blank = &self.context.notice.certificate.no_job;
        let says_none = |job: &str| job == blank || self.context.notice.roster.says_none(job);
        let job = job.filter(|job| !says_none(job));
        let registered_job = event.job.as_deref().filter(|job| !says_none(job));
        if occupation.as_ref().is_some_and(|text| !folding::alike(text, &event.occupation)) {
            self.other_occupation(event);
        }
        if let Some(text) = code.filter(|text| !folding::alike(text, &event.occupation_code)) {
            self.occupation_code(&text, (&event.name, &event.occupation_code));
        }
        if job.is_some_and(|job| registered_job.is_none_or(|registered| !folding::alike(&job, registered))) {
            let message = match registered_job {
                Some(registered) => format!("工种与赛项登记的“{registered}”不一致"),
                None => "赛项没有登记工种：有工种的请在大赛信息的赛项中补填（job），没有的请清空这一格".to_owned(),
            };
            self.add(Field::Job, FindingCode::OccupationMismatch, message);
        }
        Some(listed)
    }

    /// An occupation that is not the event's. Where the catalogue knows the event's code by another name, the event may be what is wrong.
    fn other_occupation(&mut self, event: &Event) {
        let listed = self.context.catalogues.occupations.get(&event.occupation_code).map(|listed| listed.name.as_str());
        let doubt = match listed.filter(|listed| !folding::alike(listed, &event.occupation)) {
            Some(listed) => format!("；职业目录中 {} 是“{listed}”，请一并核对大赛信息", event.occupation_code),
            None => String::new(),
        };
        let message = format!("职业名称与赛项登记的“{}”不一致{doubt}", event.occupation);
        self.add(Field::Occupation, FindingCode::OccupationMismatch, message);
    }

    /// A code that is not the event's as it stands: it may be with other strokes, or have a character that no code has.
    fn occupation_code(&mut self, text: &str, (event, registered): (&str, &str)) {
        let meant = vocabulary::occupation_code(text);
        if registered.is_empty() {
            let message = format!(
                "大赛信息中赛项“{event}”没有登记职业编码，名单中写有 {meant}：有职业编码的请在大赛信息（occupation_code）中补填，没有的请清空这一格"
            );
            self.add(Field::OccupationCode, FindingCode::OccupationMismatch, message);
            return;
        }
        if meant == registered || same_numbers(&meant, registered) {
            self.add(Field::OccupationCode, FindingCode::CellNormalised, format!("职业编码按“{registered}”处理"));
            return;
        }
        let odd =
            text.chars().enumerate().find(|(_, c)| !(c.is_ascii_digit() || folding::code(&c.to_string()) == "-" || folding::is_space(*c)));
        let why = match odd.filter(|_| !vocabulary::is_occupation_code(&meant)) {
            Some((at, found)) => format!("：第 {} 个字是{}，应为数字或“-”", at + 1, shown_character(found)),
            None => String::new(),
        };
        self.add(Field::OccupationCode, FindingCode::OccupationMismatch, format!("职业编码与赛项登记的“{registered}”不一致{why}"));
    }
}

fn shown_character(c: char) -> String {
    if is_combining_mark(c) {
        // On a circle of its own, so that it does not sit on the quote.
        return format!("“◌{c}”（U+{:04X}）", u32::from(c));
    }
    format!("“{c}”（U+{:04X}）", u32::from(c))
}

fn shortened(text: &str) -> String {
    text.chars().take(20).collect()
}

/// Whole years.
pub(crate) fn age(born: Date, on: Date) -> i16 {
    let before_birthday = (on.month(), on.day()) < (born.month(), born.day());
    on.year() - born.year() - i16::from(before_birthday)
}

/// A whole number without a fraction, as it would have been typed.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < EXACT { (number as i64).to_string() } else { number.to_string() }
}

/// The day before the first that spreadsheet programs count from, as they count from March 1900 on.
const SERIAL_ZERO: Date = Date::constant(1899, 12, 30);

/// The day that a number of five digits stands for in a spreadsheet program: what is left of a date that is pasted as a value.
fn serial_day(text: &str) -> Option<Date> {
    let days: i64 = text.parse().ok().filter(|_| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit()))?;
    SERIAL_ZERO.checked_add(jiff::Span::new().days(days)).ok()
}

/// A long number that a spreadsheet program has turned into 5.10107E+17: its last digits are gone.
fn is_scientific(text: &str) -> bool {
    let Some((digits, power)) = text.split_once(['E', 'e']) else { return false };
    let digits = digits.split_once('.').map_or(digits, |(_, fraction)| fraction);
    power.starts_with('+') && power.len() > 1 && [digits, &power[1..]].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a text is a number and nothing else: `8`, `8.0`, `No.8`, `八`.
fn is_number_alone(text: &str) -> bool {
    let folded = folding::folded(text).to_ascii_lowercase();
    let number = folded.trim_start_matches("no").trim_start_matches('.').trim_end_matches(".0");
    !number.is_empty() && (number.bytes().all(|b| b.is_ascii_digit()) || number.chars().all(|c| "一二三四五六七八九十".contains(c)))
}

/// A mobile number without the country's code, the 0 of a trunk call, and marks around it or between its parts.
fn mobile(text: &str) -> String {
    let number = folding::code_as_written(text).replace(['-', '_', '(', ')'], "");
    let number = number.trim_matches(folding::is_end_mark);
    let is_whole = |text: &str| text.len() == 11 && text.bytes().all(|b| b.is_ascii_digit());
    let number = match number.strip_suffix(".0").filter(|whole| is_whole(whole)) {
        Some(whole) => whole.to_owned(),
        None => Some(number.replace(['.', '·'], "")).filter(|joined| is_whole(joined)).unwrap_or_else(|| number.to_owned()),
    };
    if let Some(mobile) = number.strip_prefix('0').filter(|rest| is_whole(rest) && rest.starts_with('1') && !rest.starts_with("10")) {
        return mobile.to_owned();
    }
    let rest = number.strip_prefix("+86").or_else(|| number.strip_prefix("0086")).or_else(|| number.strip_prefix("86"));
    rest.filter(|rest| rest.len() == 11 && rest.starts_with('1')).map_or_else(|| number.clone(), str::to_owned)
}

/// Whether a text is a number of a mobile telephone.
fn is_mobile(digits: &str) -> bool {
    digits.len() == WHOLE && digits.starts_with('1') && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Whether two codes have the same numbers in their parts, with leading zeros or without: `06-18-1-1`.
fn same_numbers(one: &str, other: &str) -> bool {
    let numbers = |code: &str| code.split('-').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<u32>>>();
    numbers(one).is_some_and(|own| numbers(other) == Some(own))
}

/// Whether year, month and day of a text, in one of the usual orders, may be those of a day: `3/11/1978`, `78-11-3`, `1978年11月3日生`.
fn may_mean(text: &str, day: Date) -> bool {
    let text = folding::code_as_written(text);
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let number = |group: &str| group.parse::<i16>().ok();
    let [Some(first), Some(second), Some(third), ..] = [0, 1, 2].map(|at| groups.get(at).and_then(|group| number(group))) else {
        return false;
    };
    let (month, date) = (i16::from(day.month()), i16::from(day.day()));
    let is_year = |year: i16| year == day.year() || (year < 100 && year == day.year() % 100);
    let is_rest = |one, other| [one, other] == [month, date];
    (is_year(first) && is_rest(second, third)) || (is_year(third) && (is_rest(first, second) || is_rest(second, first)))
}

/// Digits of the shortest number of a telephone.
const SHORTEST: usize = 7;
/// Digits of a mobile number.
const WHOLE: usize = 11;

/// Why a text, without spaces and hyphens, is no mobile number.
fn why_no_mobile(number: &str) -> String {
    match number.chars().enumerate().find(|(_, c)| !c.is_ascii_digit()) {
        Some((at, '/' | '、' | ',' | ';' | '，' | '；')) if at >= SHORTEST && number.chars().count() > at + SHORTEST => {
            "一格填了几个号码；只填一个".to_owned()
        }
        Some((0, '+')) => "是境外号码，应为中国内地的手机号码".to_owned(),
        Some((at, found)) => format!("第 {} 位是“{found}”（U+{:04X}），应为数字", at + 1, u32::from(found)),
        None if number.len() > WHOLE && number.as_bytes().chunks(WHOLE).all(|part| part.len() == WHOLE && part.starts_with(b"1")) => {
            "一格填了几个号码；只填一个".to_owned()
        }
        None if number.starts_with('0') => "是固定电话号码，应为手机号码".to_owned(),
        None if number.len() == 11 => "应以 1 开头".to_owned(),
        None => format!("应为 11 位，现为 {} 位", number.len()),
    }
}
