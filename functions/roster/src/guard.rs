//! What is looked at before calamine sees a byte: the kind of file, the parts of the archive and the bytes that they
//! really inflate to. Declared sizes and counts are never believed, since calamine reserves memory by them.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use quick_xml::events::{BytesStart, Event};
use rules::values::finding::{Finding, FindingCode, Place};
use zip::ZipArchive;

/// Parts of the archive. A workbook has some ten; pasted pictures add one each.
const MAX_PARTS: usize = 1000;
/// Bytes that one part may inflate to. A sheet of 50,000 rows × 28 inline strings takes about 110 MiB.
const MAX_PART_BYTES: u64 = 192 << 20;
/// Bytes that all parts may inflate to.
const MAX_TOTAL_BYTES: u64 = 320 << 20;
/// Bytes of the style part; it is held in memory to be measured.
const MAX_STYLE_BYTES: u64 = 16 << 20;
/// Bytes of the shared strings, whose text calamine holds in memory. LibreOffice splits each text of Chinese and Latin
/// letters into runs of 150 bytes: 50,000 rows with 450,000 different texts take 126 MiB.
const MAX_STRINGS_BYTES: u64 = 192 << 20;
/// Shared strings: 50,000 × 28 different ones, and room to spare.
const MAX_STRINGS: u64 = 2_000_000;
/// Bytes from one tag, comment or the like to the next: a cell's text has 32,767 characters at most.
const MAX_RUN: usize = 1 << 20;
/// Bytes of one text, whatever runs it is split into: 32,767 characters of at most seven bytes each (`_x000D_`).
const MAX_TEXT: usize = 256 << 10;
/// Bytes that all texts of the shared strings may take, which calamine holds in memory.
const MAX_TEXTS: usize = 64 << 20;
/// calamine clones fonts and number formats into every cell style: bytes that this may take.
const MAX_STYLE_CLONES: usize = 64 << 20;
/// Entries of the style part: spreadsheet programs end at 65,490 cell styles.
const MAX_STYLES: usize = 200_000;
/// Tags of one part; 50,000 rows × 28 inline strings have some 8.5 million. It is a matter of time, not of memory.
const MAX_TAGS: u64 = 20_000_000;
/// Bytes of one relationship part.
const MAX_RELATIONS_BYTES: u64 = 8 << 20;
/// calamine copies a relationship's target into every sheet: bytes that this may take.
const MAX_SHEET_CLONES: u64 = 64 << 20;
/// Merged regions of one sheet, which calamine holds in memory.
const MAX_MERGES: u64 = 200_000;
/// Sheets and defined names.
const MAX_NAMES: u64 = 100_000;
/// How much of the shared strings is looked at for their root element.
const HEAD_BYTES: usize = 64 << 10;

/// The byte order mark of UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";
/// What an OLE2 file begins with: `.xls`, or the wrapping of an encrypted `.xlsx`.
const OLE2: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Why a file is not let through.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: FindingCode,
    message: String,
}

impl Refusal {
    pub(crate) fn new(code: FindingCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn broken(message: impl Into<String>) -> Self {
        Self::new(FindingCode::WorkbookBroken, message)
    }

    fn bomb(message: impl Into<String>) -> Self {
        Self::new(FindingCode::WorkbookBomb, message)
    }

    pub(crate) fn into_finding(self, file: &str) -> Finding {
        Finding::new(self.code, Place::file(file), self.message)
    }
}

/// What the guard learnt on the way.
#[derive(Debug, Default)]
pub(crate) struct ScanSummary {
    /// Some part has merged cells.
    pub(crate) merges: bool,
    /// Some part has what may be a formula.
    pub(crate) formulas: bool,
    /// Some part has what may be a hidden row.
    pub(crate) hidden: bool,
    /// Some sheet has a drawing with a picture in it.
    pub(crate) pictures: bool,
    /// `<sheet>` elements.
    sheets: u64,
    /// `<definedName>` elements.
    names: u64,
    /// Bytes of the largest relationship part.
    relations: u64,
}

/// Lets workbooks through that calamine can open within bounds.
pub(crate) fn inspect(bytes: &[u8]) -> Result<ScanSummary, Refusal> {
    is_archive(bytes)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Refusal::broken("文件不完整或已损坏，无法解压"))?;
    if archive.len() > MAX_PARTS {
        return Err(Refusal::bomb(format!("工作簿由 {} 个部件组成，超过 {MAX_PARTS} 个（请不要在表中粘贴图片）", archive.len())));
    }
    if archive.has_duplicate_names() {
        return Err(Refusal::broken("工作簿内有重名的部件"));
    }
    if !has_workbook(&archive) {
        return Err(Refusal::new(FindingCode::WorkbookNotXlsx, "这是压缩包，但不是 Excel 工作簿"));
    }
    let mut seen = ScanSummary::default();
    let mut total = 0;
    for index in 0..archive.len() {
        inspect_part(&mut archive, index, &mut total, &mut seen)?;
    }
    if seen.sheets.max(seen.names) > MAX_NAMES || seen.sheets.saturating_mul(seen.relations) > MAX_SHEET_CLONES {
        return Err(Refusal::bomb("工作表或名称过多"));
    }
    Ok(seen)
}

fn is_archive(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::new(FindingCode::MaterialEmpty, "文件是空的（0 字节）"));
    }
    if bytes.starts_with(b"PK") {
        return Ok(());
    }
    if !bytes.starts_with(&OLE2) {
        return Err(Refusal::new(FindingCode::WorkbookNotXlsx, "文件内容不是 xlsx 工作簿（只改扩展名是不行的）"));
    }
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(encrypted.len()).any(|window| window == encrypted) {
        return Err(Refusal::new(FindingCode::WorkbookEncrypted, "工作簿设有打开密码，无法读取"));
    }
    Err(Refusal::new(FindingCode::WorkbookXls, "这是旧格式（.xls）的工作簿"))
}

/// Part names are compared as calamine compares them.
fn normal(name: &str) -> String {
    name.replace('\\', "/").to_ascii_lowercase()
}

fn has_workbook(archive: &ZipArchive<Cursor<&[u8]>>) -> bool {
    // Not `xl/workbook.xml` alone: some exporters number it, and the package's relationships name it.
    archive.file_names().flatten().any(|name| {
        let name = normal(&name);
        name.starts_with("xl/workbook") && name.ends_with(".xml")
    })
}

fn inspect_part(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, total: &mut u64, seen: &mut ScanSummary) -> Result<(), Refusal> {
    let mut part = archive.by_index(index).map_err(|_| Refusal::broken("工作簿的某个部件无法解压"))?;
    let name = normal(&part.name().unwrap_or(Cow::Borrowed("")));
    let mut scan = Scan::new(&name);
    let mut bytes = 0_u64;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = part.read(&mut buffer).map_err(|_| Refusal::broken("工作簿的某个部件无法解压"))?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        bytes += read as u64;
        *total += read as u64;
        if bytes > scan.kind.max_bytes() || *total > MAX_TOTAL_BYTES {
            return Err(Refusal::bomb(format!("工作簿解压后过大（部件 {} 兆以上）", bytes >> 20)));
        }
        scan.take(chunk)?;
    }
    scan.finish(bytes)?;
    seen.merges |= scan.merges > 0;
    if scan.merges > MAX_MERGES {
        return Err(Refusal::bomb(format!("工作簿内有 {} 处合并单元格", scan.merges)));
    }
    seen.formulas |= scan.formulas;
    seen.hidden |= scan.hidden;
    seen.pictures |= scan.pictures && name.starts_with("xl/drawings/");
    seen.sheets += scan.sheets;
    seen.names += scan.names;
    if scan.kind == Kind::Relations {
        seen.relations = seen.relations.max(bytes);
    }
    Ok(())
}

/// What a part is to calamine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Styles,
    Strings,
    Relations,
    Xml,
    /// A picture, printer settings: never parsed, since no relationship to a sheet may name it.
    Other,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            _ if name.ends_with("styles.xml") => Self::Styles,
            _ if name.ends_with("sharedstrings.xml") => Self::Strings,
            _ if name.ends_with(".rels") => Self::Relations,
            _ if name.ends_with(".xml") => Self::Xml,
            _ => Self::Other,
        }
    }

    fn max_bytes(self) -> u64 {
        match self {
            Self::Styles => MAX_STYLE_BYTES,
            Self::Strings => MAX_STRINGS_BYTES,
            Self::Relations => MAX_RELATIONS_BYTES,
            Self::Xml | Self::Other => MAX_PART_BYTES,
        }
    }

    /// How many of the part's bytes are kept for a second look.
    fn kept_bytes(self) -> usize {
        match self {
            Self::Styles => usize::try_from(MAX_STYLE_BYTES).unwrap_or(usize::MAX),
            Self::Strings => HEAD_BYTES,
            Self::Relations => usize::try_from(MAX_RELATIONS_BYTES).unwrap_or(usize::MAX),
            Self::Xml | Self::Other => 512,
        }
    }
}

/// Where in the markup the scan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In a text, or in none.
    Between,
    TagName,
    /// Behind the name of a tag, within the quotes of an attribute's value where it is one.
    Tag(Option<u8>),
    /// Behind `<!` or `<?`, as far as it stands in `Scan::tag`: what it begins is not yet known.
    Opening,
    Within(Section),
}

/// What is no tag: `<` and `>` may stand in it. It ends where quick-xml says that it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Comment,
    Characters,
    Instruction,
}

impl Section {
    /// Whether a `>` ends it that stands behind these two bytes.
    fn ends_behind(self, two: [u8; 2]) -> bool {
        match self {
            Self::Comment => two == *b"--",
            Self::Characters => two == *b"]]",
            Self::Instruction => two[1] == b'?',
        }
    }
}

/// Looks at the inflated bytes of a part as they go by.
struct Scan {
    kind: Kind,
    kept: Vec<u8>,
    at: At,
    /// Local name of the tag that is being read, as far as it stood in the chunks before.
    tag: Vec<u8>,
    /// The last two bytes of the section that is being read.
    tail: [u8; 2],
    tags: u64,
    sheets: u64,
    names: u64,
    run: usize,
    /// Bytes of the text of a cell or shared string so far.
    text: usize,
    /// Bytes of all texts.
    texts: usize,
    position: u64,
    strings: u64,
    merges: u64,
    formulas: bool,
    hidden: bool,
    pictures: bool,
    /// The end of the chunk before, for a mark that two chunks share.
    last: Vec<u8>,
}

impl Scan {
    fn new(name: &str) -> Self {
        Self {
            kind: Kind::of(name),
            kept: Vec::new(),
            at: At::Between,
            tag: Vec::new(),
            tail: [0; 2],
            tags: 0,
            sheets: 0,
            names: 0,
            run: 0,
            text: 0,
            texts: 0,
            position: 0,
            strings: 0,
            merges: 0,
            formulas: false,
            hidden: false,
            pictures: false,
            last: Vec::new(),
        }
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        let room = self.kind.kept_bytes().saturating_sub(self.kept.len());
        self.kept.extend_from_slice(chunk.get(..room).unwrap_or(chunk));
        if self.kind == Kind::Other {
            return Ok(());
        }
        self.look_for_hidden_rows(chunk);
        let mut rest = chunk;
        while !rest.is_empty() {
            let step = match self.at {
                At::Between => self.between(rest)?,
                At::TagName => self.tag_name(rest)?,
                At::Tag(quote) => self.tag(rest, quote)?,
                At::Opening => self.opening(rest)?,
                At::Within(section) => self.within(rest, section)?,
            };
            self.position += step as u64;
            rest = rest.get(step..).unwrap_or_default();
        }
        Ok(())
    }

    /// Whether a row may be hidden, wherever the chunks end: then the sheet is read once more for it.
    fn look_for_hidden_rows(&mut self, chunk: &[u8]) {
        const MARKS: [&[u8]; 2] = [b"hidden", b"ht=\"0"];
        if self.hidden || self.kind != Kind::Xml {
            return;
        }
        let seam = [self.last.as_slice(), chunk.get(..8).unwrap_or(chunk)].concat();
        let has = |bytes: &[u8]| MARKS.iter().any(|mark| memchr::memmem::find(bytes, mark).is_some());
        self.hidden = has(&seam) || has(chunk);
        self.last = chunk.get(chunk.len().saturating_sub(8)..).unwrap_or_default().to_vec();
    }

    /// Goes to behind the next `<` that begins a tag with a name of interest; the bytes passed.
    fn between(&mut self, rest: &[u8]) -> Result<usize, Refusal> {
        let mut from = 0;
        while let Some(next) = next_tag(rest.get(from..).unwrap_or_default()) {
            self.passed(next)?;
            self.text_of(next)?;
            self.run = 0;
            self.tags += 1;
            if self.tags > MAX_TAGS {
                return Err(Refusal::bomb("工作簿内的单元格过多"));
            }
            from += next + 1;
            let Some(dull) = dull_tag(rest.get(from..).unwrap_or_default()) else {
                self.tag.clear();
                self.at = At::TagName;
                return Ok(from);
            };
            if rest.get(from) == Some(&b'c') {
                self.text = 0;
            }
            self.run = dull;
            from += dull;
        }
        self.passed(rest.len() - from)?;
        self.text_of(rest.len() - from)?;
        Ok(rest.len())
    }

    /// Counts bytes of a text, which runs and elements may split.
    fn text_of(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.text += bytes;
        self.texts += bytes;
        if self.text > MAX_TEXT {
            return Err(Refusal::bomb("工作簿内有单元格的文字超过 32,767 个字符"));
        }
        if self.kind == Kind::Strings && self.texts > MAX_TEXTS {
            return Err(Refusal::bomb("工作簿内的文字过多"));
        }
        Ok(())
    }

    fn passed(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.run += bytes;
        if self.run > MAX_RUN { Err(Refusal::bomb("工作簿内有长得不合常理的内容")) } else { Ok(()) }
    }

    /// Goes to the byte that ends the tag's name, and judges the tag; the bytes passed.
    fn tag_name(&mut self, rest: &[u8]) -> Result<usize, Refusal> {
        if self.run == 0 && matches!(rest, [b'!' | b'?', ..]) {
            self.at = At::Opening;
            return Ok(0);
        }
        let mut from = 0;
        for (at, byte) in rest.iter().enumerate() {
            match byte {
                b':' => {
                    self.tag.clear();
                    from = at + 1;
                }
                b'/' if at == from && self.tag.is_empty() => {}
                b'>' | b'<' | b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'"' | b'\'' => {
                    self.named(rest.get(from..at).unwrap_or_default());
                    self.at = At::Tag(None);
                    self.passed(at)?;
                    // The byte that ended the name is not consumed: it may be the tag's end.
                    return Ok(at);
                }
                _ => {}
            }
        }
        self.keep_name(rest.get(from..).unwrap_or_default());
        self.passed(rest.len())?;
        Ok(rest.len())
    }

    /// Goes to behind the tag; the bytes passed.
    fn tag(&mut self, rest: &[u8], mut quote: Option<u8>) -> Result<usize, Refusal> {
        let end = tag_end(rest, &mut quote);
        let step = match end.map(|end| (end, rest.get(end))) {
            Some((_, Some(b'<'))) => return Err(Refusal::broken("工作簿内有不合规范的 XML 标记")),
            Some((end, _)) => {
                self.at = At::Between;
                end + 1
            }
            None => {
                self.at = At::Tag(quote);
                rest.len()
            }
        };
        self.passed(step)?;
        Ok(step)
    }

    /// Goes to where it is known what `<!` or `<?` begins; the bytes passed.
    fn opening(&mut self, rest: &[u8]) -> Result<usize, Refusal> {
        for (at, byte) in rest.iter().enumerate() {
            if let Some(section) = self.section(*byte)? {
                // An instruction's `?` is a part of its end as well; the byte that told is not consumed.
                self.tail = [0, self.tag.last().copied().filter(|_| section == Section::Instruction).unwrap_or_default()];
                self.at = At::Within(section);
                self.passed(at)?;
                return Ok(at);
            }
            self.tag.push(*byte);
        }
        self.passed(rest.len())?;
        Ok(rest.len())
    }

    /// What `Scan::tag` begins, if that is known now that `next` follows.
    fn section(&self, next: u8) -> Result<Option<Section>, Refusal> {
        match self.tag.as_slice() {
            b"!--" => return Ok(Some(Section::Comment)),
            b"![CDATA[" => return Ok(Some(Section::Characters)),
            b"?xml" if next != b'-' && !self.is_declaration(next) => {
                return Err(Refusal::broken("工作簿内的 XML 声明位置不对"));
            }
            _ => {}
        }
        let longer = [self.tag.as_slice(), &[next]].concat();
        match longer.as_slice() {
            _ if ["!--", "![CDATA[", "?xml"].iter().any(|known| known.as_bytes().starts_with(&longer)) => Ok(None),
            [b'?', ..] => Ok(Some(Section::Instruction)),
            [b'!', b'D' | b'd', ..] => Err(Refusal::broken("工作簿内有不允许的文档类型声明")),
            _ => Err(Refusal::broken("工作簿内有不合规范的 XML 标记")),
        }
    }

    /// A declaration further on could change the encoding, and so what the bytes mean.
    fn is_declaration(&self, next: u8) -> bool {
        let start = if self.kept.starts_with(BOM) { 3 } else { 0 };
        self.tags == 1 && self.kept.get(start..).is_some_and(|kept| kept.starts_with(b"<?xml")) && next.is_ascii_whitespace()
    }

    /// Goes to behind the section; the bytes passed.
    fn within(&mut self, rest: &[u8], section: Section) -> Result<usize, Refusal> {
        let end = memchr::memchr_iter(b'>', rest).find(|at| section.ends_behind(last_two(self.tail, rest.get(..*at).unwrap_or_default())));
        if end.is_some() {
            self.at = At::Between;
        }
        self.tail = last_two(self.tail, rest);
        let step = end.map_or(rest.len(), |end| end + 1);
        self.passed(step)?;
        if section == Section::Characters {
            self.text_of(step)?;
        }
        Ok(step)
    }

    /// No name that matters has more than 32 bytes.
    fn keep_name(&mut self, part: &[u8]) {
        let room = 32_usize.saturating_sub(self.tag.len());
        self.tag.extend_from_slice(part.get(..room).unwrap_or(part));
    }

    fn named(&mut self, part: &[u8]) {
        if self.tag.is_empty() {
            return self.judge(part);
        }
        self.keep_name(part);
        let name = std::mem::take(&mut self.tag);
        self.judge(&name);
    }

    fn judge(&mut self, name: &[u8]) {
        // Where a text of its own begins: a cell, a shared or inline string, a comment, a paragraph of a drawing.
        if matches!(name, b"c" | b"si" | b"is" | b"row" | b"comment" | b"p") {
            self.text = 0;
        }
        match name {
            b"si" => self.strings += 1,
            b"sheet" => self.sheets += 1,
            b"definedName" => self.names += 1,
            b"mergeCell" => self.merges += 1,
            b"f" => self.formulas = true,
            b"pic" => self.pictures = true,
            _ => {}
        }
    }

    fn finish(&self, bytes: u64) -> Result<(), Refusal> {
        if self.kind == Kind::Other {
            return Ok(());
        }
        if !is_utf8(&self.kept) {
            return Err(Refusal::broken("工作簿的编码不是 UTF-8"));
        }
        match self.kind {
            Kind::Strings => self.strings_are_honest(bytes),
            Kind::Styles => styles_are_bounded(&self.kept),
            Kind::Relations => relations_are_xml(&self.kept),
            Kind::Xml | Kind::Other => Ok(()),
        }
    }

    fn strings_are_honest(&self, bytes: u64) -> Result<(), Refusal> {
        let declared = declared_strings(&self.kept)?;
        // The shortest string is `<si/>`; some exporters declare a few too many, which costs nothing.
        if declared > (bytes / 5).max(10_000) {
            return Err(Refusal::broken("共享字符串的个数与实际不符"));
        }
        if self.strings.max(declared) > MAX_STRINGS {
            return Err(Refusal::bomb("共享字符串过多"));
        }
        Ok(())
    }
}

/// Where the next `<` stands. In a sheet it is a few bytes away: then looking is quicker than preparing a search.
fn next_tag(rest: &[u8]) -> Option<usize> {
    let (near, far) = rest.split_at(rest.len().min(16));
    near.iter().position(|byte| *byte == b'<').or_else(|| memchr::memchr(b'<', far).map(|at| near.len() + at))
}

/// The bytes behind a `<` of a tag that says nothing: what ends an element, and most of what begins one. None where the
/// tag is not all there.
fn dull_tag(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'c' | b'v' | b't', b'>', ..] => Some(2),
        [b'/', b'a'..=b'z', b'>', ..] => Some(3),
        [b'c', b' ', attributes @ ..] => {
            let end = tag_end(attributes, &mut None)?;
            (attributes.get(end) == Some(&b'>')).then_some(end + 3)
        }
        _ => None,
    }
}

/// Where the `>` stands that ends a tag, which none within quotes does; or a `<`, which may not stand in a tag at all.
fn tag_end(rest: &[u8], quote: &mut Option<u8>) -> Option<usize> {
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'<' => return Some(at),
            b'>' if quote.is_none() => return Some(at),
            b'"' | b'\'' if quote.is_none() => *quote = Some(*byte),
            b'"' | b'\'' if *quote == Some(*byte) => *quote = None,
            _ => {}
        }
    }
    None
}

/// The last two bytes of what has been passed, `tail` being those of what stood before `bytes`.
fn last_two(tail: [u8; 2], bytes: &[u8]) -> [u8; 2] {
    match bytes {
        [.., one, two] => [*one, *two],
        [one] => [tail[1], *one],
        [] => tail,
    }
}

/// No byte order mark of UTF-16 or UTF-32, and no other encoding declared.
fn is_utf8(head: &[u8]) -> bool {
    let head = head.strip_prefix(BOM).unwrap_or(head);
    let head = head.get(..512).unwrap_or(head);
    if head.iter().take(4).any(|byte| matches!(byte, 0 | 0xFE | 0xFF)) {
        return false;
    }
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let Some(declaration) = text.strip_prefix("<?xml") else { return true };
    let Some((declaration, _)) = declaration.split_once("?>") else { return false };
    match declaration.split_once("encoding") {
        None => true,
        Some((_, rest)) => {
            let value = rest.trim_start_matches([' ', '\t', '\r', '\n', '=', '"', '\'']);
            value.starts_with("utf-8") || value.starts_with("utf8") || value.starts_with("us-ascii")
        }
    }
}

/// The `uniqueCount` of the shared strings' root element, 0 where there is none.
fn declared_strings(head: &[u8]) -> Result<u64, Refusal> {
    let broken = || Refusal::broken("共享字符串无法读取");
    let mut reader = quick_xml::Reader::from_reader(head);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| broken())? {
            Event::Start(root) | Event::Empty(root) => {
                if root.local_name().as_ref() != "sst" {
                    return Err(broken());
                }
                return Ok(largest_number(&root, "uniqueCount"));
            }
            Event::Eof => return Err(broken()),
            _ => {}
        }
    }
}

/// The largest whole number that an attribute of that name holds; what is no number reserves nothing.
fn largest_number(element: &BytesStart<'_>, name: &str) -> u64 {
    let mut largest = 0;
    for attribute in element.attributes().with_checks(false).flatten() {
        if attribute.key.as_ref() == name {
            let value = attribute.value.trim();
            let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
            largest = largest.max(value.parse().unwrap_or(if digits { u64::MAX } else { 0 }));
        }
    }
    largest
}

/// Cell styles times the longest text that each of them would be given a copy of.
fn styles_are_bounded(part: &[u8]) -> Result<(), Refusal> {
    let mut reader = quick_xml::Reader::from_reader(part);
    reader.config_mut().check_end_names = false;
    let mut buffer = Vec::new();
    let (mut styles, mut parts, mut longest) = (0_usize, 0_usize, 0_usize);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| Refusal::broken("样式无法读取"))? {
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                "xf" => styles += 1,
                "font" | "fill" | "border" => parts += 1,
                "name" | "numFmt" | "family" | "charset" | "scheme" => longest = longest.max(element.len()),
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    if styles.max(parts) > MAX_STYLES || styles.saturating_mul(longest) > MAX_STYLE_CLONES {
        return Err(Refusal::bomb("单元格样式过多"));
    }
    Ok(())
}

/// The workbook and its sheets are `.xml` parts: the others are not scanned.
fn relations_are_xml(part: &[u8]) -> Result<(), Refusal> {
    let broken = || Refusal::broken("工作簿内的部件关系无法读取");
    let mut reader = quick_xml::Reader::from_reader(part);
    reader.config_mut().check_end_names = false;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| broken())? {
            Event::Start(element) | Event::Empty(element) => {
                let (mut is_parsed, mut is_xml) = (false, true);
                for attribute in element.attributes().with_checks(false) {
                    let attribute = attribute.map_err(|_| broken())?;
                    let value = attribute.value.to_ascii_lowercase();
                    match attribute.key.as_ref() {
                        "Type" => is_parsed |= value.ends_with("/officedocument") || value.ends_with("worksheet"),
                        "Target" => is_xml &= value.ends_with(".xml"),
                        _ => {}
                    }
                }
                if is_parsed && !is_xml {
                    return Err(broken());
                }
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tags that the guard sees; none where it refuses.
    fn seen(text: &str, chunk: usize) -> Option<u64> {
        let mut scan = Scan::new("a.xml");
        text.as_bytes().chunks(chunk).try_for_each(|chunk| scan.take(chunk)).ok()?;
        (scan.at == At::Between).then_some(scan.tags)
    }

    /// The tags, comments and the like that calamine's parser sees; none where it stops at one.
    fn parsed(text: &str) -> Option<u64> {
        let mut reader = quick_xml::Reader::from_reader(text.as_bytes());
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        let (mut buffer, mut tags) = (Vec::new(), 0);
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer) {
                Ok(Event::Eof) => return Some(tags),
                Ok(Event::Text(_) | Event::GeneralRef(_)) | Err(quick_xml::Error::IllFormed(_)) => {}
                Ok(_) => tags += 1,
                Err(_) => return None,
            }
        }
    }

    fn markup() -> impl Strategy<Value = String> {
        let tokens = ["<", ">", "\"", "'", "/", "-", "--", "]", "?", "!", " ", "c", "v", "a:b=", "x", "xml", "[CDATA[", "<!--", "-->"];
        let more = ["<![CDATA[", "]]>", "<?", "?>", "<c ", "<c a=\"", "<v>", "</", "\">", "'>"];
        prop::collection::vec(prop::sample::select([tokens.as_slice(), &more].concat()), 0..16).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_passes_is_parsed_into_the_same_tags(text in markup(), chunk in 1_usize..40) {
            let tags = seen(&text, chunk);
            prop_assert_eq!(tags, seen(&text, usize::MAX), "whatever the chunks are");
            if let (Some(seen), Some(parsed)) = (tags, parsed(&text)) {
                prop_assert_eq!(seen, parsed);
            }
        }
    }
}
