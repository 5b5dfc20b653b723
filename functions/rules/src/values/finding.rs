//! Findings: what is wrong with what was handed in, where, and how to put it right.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing to do; said so that nobody is surprised.
    Notice,
    /// May stand; a reviewer should look.
    Warning,
    /// Must be put right before the application is accepted.
    Error,
}

impl Severity {
    /// The word that units and staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Notice => "提示",
            Self::Warning => "警告",
            Self::Error => "错误",
        }
    }
}

/// File that findings about the contest's own record point to.
pub const CONTEST_FILE: &str = "contest.toml";

/// Where a finding points: a material, and within a workbook a sheet and a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// File name of the material, e.g. `roster.xlsx`; `contest.toml` for the contest's own record.
    pub file: String,
    /// Sheet name, for workbooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Cell in A1 notation, e.g. `E5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// Row of the sheet as the spreadsheet program counts it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), ..Self::default() }
    }

    /// One cell of a sheet. `row` counts from 1, `column` from 0 (0 is A).
    pub fn cell(file: &str, sheet: &str, row: u32, column: u16) -> Self {
        Self {
            file: file.to_owned(),
            sheet: Some(sheet.to_owned()),
            cell: Some(format!("{}{row}", column_letters(column))),
            row: Some(row),
        }
    }

    /// The cell, or the row, within its sheet; nothing of a whole file.
    pub(super) fn within(&self) -> String {
        match (&self.cell, self.row) {
            (Some(cell), _) => cell.clone(),
            (None, Some(row)) => format!("第 {row} 行"),
            (None, None) => String::new(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(sheet) = &self.sheet {
            write!(f, "「{sheet}」")?;
        }
        f.write_str(&self.within())
    }
}

/// Column letters of a spreadsheet: 0 → `A`, 27 → `AB`.
pub fn column_letters(column: u16) -> String {
    let mut letters = Vec::new();
    let mut rest = u32::from(column) + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// Row, from 1, and column, from 0, of a cell in A1 notation: `E12`.
pub fn cell_at(name: &str) -> Option<(u32, u16)> {
    let (letters, row) = name.split_at_checked(name.bytes().take_while(u8::is_ascii_uppercase).count())?;
    let number = letters.bytes().fold(0_u32, |number, letter| number.saturating_mul(26).saturating_add(u32::from(letter - b'A') + 1));
    let row = row.parse().ok().filter(|row| *row > 0)?;
    Some((row, u16::try_from(number).ok()?.checked_sub(1)?))
}

/// One thing that is wrong, or worth knowing, in the words of the people who handed it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable name; scripts may rely on it.
    pub code: FindingCode,
    /// How much it weighs.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong, in Chinese. Never holds an ID number or a phone number; a name only where it is that of a file.
    pub message: String,
    /// How to put it right, in Chinese.
    pub fix: String,
    /// Clause of the notice it rests on, e.g. `五、（一）4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
}

impl Finding {
    /// A finding with the severity and the remedy that its code carries.
    pub fn new(code: FindingCode, place: Place, message: impl Into<String>) -> Self {
        let (severity, fix, clause) = code.parts();
        Self { code, severity, place, message: message.into(), fix: fix.to_owned(), clause: clause.map(str::to_owned) }
    }

    /// The same finding resting on `clause` of the notice in force.
    #[must_use]
    pub fn under(mut self, clause: &str) -> Self {
        self.clause = Some(clause.to_owned());
        self
    }

    /// Whether a reviewer must give a reason to let the row pass: see [`FindingCode::needs_reason`].
    pub fn needs_reason(&self) -> bool {
        self.code.needs_reason()
    }

    /// Whether it keeps the application out.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Writes it as a line that names `places`.
    pub(super) fn say_of(&self, places: &dyn fmt::Display, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}] {places}：{}", self.severity.word(), self.code, self.message)?;
        if !self.fix.is_empty() {
            write!(f, "。办法：{}", self.fix)?;
        }
        if let Some(clause) = &self.clause {
            write!(f, "（依据：{clause}）")?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.say_of(&self.place, f)
    }
}

/// Declares the codes once: variant, stable name, severity, remedy, clause.
macro_rules! finding_codes {
    ($($variant:ident $name:literal $severity:ident $fix:literal $clause:expr, $doc:literal;)*) => {
        /// The stable names of all findings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum FindingCode {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)*
        }

        impl FindingCode {
            /// Every code there is, in the order of the table in the docs.
            pub const ALL: &'static [FindingCode] = &[$(Self::$variant,)*];

            /// The stable name, e.g. `ID_NUMERIC_CELL`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn parts(self) -> (Severity, &'static str, Option<&'static str>) {
                match self { $(Self::$variant => (Severity::$severity, $fix, $clause),)* }
            }
        }
    };
}

impl FindingCode {
    /// Whether a reviewer who lets the row pass all the same must say why: the finding is advice that rests on
    /// something outside the notice.
    pub fn needs_reason(self) -> bool {
        matches!(
            self,
            Self::LevelAboveTable
                | Self::LevelHeld
                | Self::PromotionTwice
                | Self::CharByHand
                | Self::RowExample
                | Self::PhoneShared
                | Self::FirstAwards
                | Self::RankUnreadable
        )
    }
}

impl FindingCode {
    /// Whether the Center that authorises the contest all the same must say why: the finding is about the contest's own record, and no
    /// reviewer of rows decides on it.
    pub fn needs_the_centers_reason(self) -> bool {
        matches!(
            self,
            Self::OccupationName
                | Self::OccupationUnknown
                | Self::ContestYear
                | Self::ContestYearEarly
                | Self::ContestExchanged
                | Self::WinnersLate
                | Self::CommitteeName
                | Self::FinalAhead
                | Self::ContestStage
                | Self::IssueDateOdd
                | Self::OrganiserFiled
        )
    }

    /// Whether the way out is the template: what was filled in is none, or was changed.
    pub fn is_about_the_template(self) -> bool {
        matches!(self, Self::HeaderChanged | Self::SheetMissing | Self::WorkbookBroken | Self::WorkbookBomb)
    }

    /// What a unit should hear of its photos although nothing keeps them from being taken.
    pub fn is_about_photos(self) -> bool {
        matches!(self, Self::PhotoMissing | Self::PhotoUnmatched | Self::PhotoDouble | Self::PhotosStray)
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

finding_codes! {
    // The package
    MaterialMissing "MATERIAL_MISSING" Error "请补传这份材料" Some("五、（一）"), "A required material has not been handed in.";
    MaterialUnknown "MATERIAL_UNKNOWN" Error "请用规定的文件名，如 contest.pdf、roster.xlsx" Some("五、（一）"), "A file that is none of the materials.";
    MaterialEmpty "MATERIAL_EMPTY" Error "请重新导出后再上传" Some("五、（一）"), "A file of zero bytes.";
    MaterialTooLarge "MATERIAL_TOO_LARGE" Error "请压缩或分拆后再上传" Some("五、（一）"), "A file over the size limit.";
    FileTaken "FILE_TAKEN" Notice "无需处理；下次请用规定的文件名，文本用 UTF-8 编码" Some("五、（一）"), "A file that was taken although its name is not quite the one prescribed.";
    FileIgnored "FILE_IGNORED" Warning "请核对；应当采用的，请改为规定的文件名后重新提交" Some("五、（一）"), "A file of the folder that looks like a material and was not taken.";
    MaterialLate "MATERIAL_LATE" Warning "如确需更换材料，请先联系审核人员退回申报" Some("五、（一）"), "A material that came after the authorisation; it is kept but not used.";
    ApplicationUnknown "APPLICATION_UNKNOWN" Error "请先创建申报，再上传到它给出的位置" None, "An upload that belongs to no application of the unit.";
    DeadlinePassed "DEADLINE_PASSED" Error "逾期不再办理；如有特殊情况请联系省职鉴中心" Some("六、（一）"), "The contest year's deadline has passed.";
    FolderEmpty "FOLDER_EMPTY" Error "请把大赛信息 contest.toml 和各项材料放进这个文件夹；空白模板表用 saizheng template --out roster.xlsx 生成，contest.toml 的写法见 README" None, "A folder that is processed has nothing in it that can be meant.";
    ContestInvalid "CONTEST_INVALID" Error "请改正大赛信息" Some("二、颁证主体"), "The contest's record contradicts itself or the notice.";
    ClassJurisdiction "CLASS_JURISDICTION" Error "请按竞赛文件核对：省级竞赛由省职鉴中心审批，jurisdiction 写 00；市（州）级竞赛由该市（州）职鉴中心审批，jurisdiction 写该市（州）的代码，class 写市（州）级的类别" Some("七"), "The contest's class and its jurisdiction do not go together.";
    ContestYear "CONTEST_YEAR" Warning "请按竞赛文件核对 year 和 final_on；确属应当的（如决赛跨年），由职鉴中心授权时写明理由" Some("六、（一）"), "The contest's year is not that of its final.";
    ContestYearEarly "CONTEST_YEAR_EARLY" Warning "请核对 year；确须办理的，由职鉴中心授权时写明理由" Some("六、（一）"), "The contest is of a year before those that the notice names.";
    ContestExchanged "CONTEST_EXCHANGED" Warning "请省职鉴中心按竞赛文件核对：只是写错更正的，授权时写明理由；换成另一大赛的，退回" Some("六、（一）"), "After the first complete submission the unit put another contest in its place, when it was too late for that one.";
    WinnersLate "WINNERS_LATE" Warning "请省职鉴中心核实：确属漏报的，授权时写明理由；其余的退回，由申报单位删去" Some("六、（一）"), "Winners who stand in no roster that was handed in before the deadline.";
    OrganiserBody "ORGANISER_BODY" Error "请按备案机构名册核对 organiser 和 organiser_body：代码、名称须是同一家机构；未备案的单位请删去 organiser_body" Some("二、（二）2"), "The organiser is not the filed body whose code it cites.";
    OrganiserAccount "ORGANISER_ACCOUNT" Error "请由该机构的账号申报；由其他账号代办的，请省职鉴中心在名册中登记该账号（units）" Some("二、（二）2"), "The account is not the filed body's, nor bound to it.";
    OrganiserFiled "ORGANISER_FILED" Warning "请核对：牵头主办单位就是名册中的机构的，请填写 organiser_body，否则按未备案办理；确属不同单位的，由职鉴中心授权时写明理由" Some("二、（二）2"), "The organiser's name is in the register of filed bodies, and no code is given.";
    CommitteeMissing "COMMITTEE_MISSING" Error "请填写组委会（办公室）名称：证书以其名义颁发" Some("二、（二）"), "Certificates are issued in the name of a committee that is not named.";
    CommitteeName "COMMITTEE_NAME" Warning "请按竞赛文件填写组委会（办公室）全称；名称无误的，由职鉴中心授权时写明理由，或由其改正" Some("二、（二）"), "The name that certificates are issued in is that of no committee.";
    SelectionContest "SELECTION_CONTEST" Notice "无需处理；不是这样的竞赛，请删去 selection_for" Some("二、（二）1"), "The contest is a selection for a national contest of class one: its awards count as a final's.";
    OccupationUnknown "OCCUPATION_UNKNOWN" Warning "请核对职业编码；目录并非权威文本，以人力资源社会保障部公布的为准；编码无误的，由职鉴中心授权时写明理由" Some("一、证书类型"), "An event's occupation code is not in the catalogue of occupations.";
    OccupationConflict "OCCUPATION_CONFLICT" Error "请按竞赛文件核对，把写错的职业名称或职业编码改正" Some("一、证书类型"), "An event's occupation name and code are two entries of the catalogue.";
    OccupationName "OCCUPATION_NAME" Warning "请核对职业名称；目录并非权威文本，以人力资源社会保障部公布的为准；名称无误的，由职鉴中心授权时写明理由" Some("一、证书类型"), "An event's occupation has another name in the catalogue.";
    ContestAuthorised "CONTEST_AUTHORISED" Error "请核对：一赛一授权，同一大赛的各份申报以同一组委会、类别和发证日期办理；不同的，更正大赛信息，或先撤销原授权" Some("二、（二）"), "The same contest is authorised already, with another committee, class or date of issue.";
    FinalAhead "FINAL_AHEAD" Warning "请核对决赛日期：写错的请改正，决赛还没有举行的，等决赛后再申报；确要先授权的，由职鉴中心写明理由" Some("二、（二）"), "The final is in the future: nobody has won it.";
    ContestStage "CONTEST_STAGE" Warning "请核对：只有决赛获奖选手颁发证书；是全国一类大赛省级选拔赛的，在 selection_for 写明选拔去参加的全国大赛；名称如此、实为决赛的，由职鉴中心授权时写明理由" Some("二、（二）"), "The contest or an event is named after an earlier stage than the final, and does not say that it is a selection.";
    IssueDateOdd "ISSUE_DATE_ODD" Warning "请核对发证日期；无误的，授权、更正时写明理由" None, "The issue date is before the final or in the future.";
    // PDFs
    PdfNotPdf "PDF_NOT_PDF" Error "请扫描或导出为 PDF 文件，不要只改扩展名" Some("五、（一）"), "The file is no PDF.";
    PdfEncrypted "PDF_ENCRYPTED" Error "请去掉密码后重新导出" Some("五、（一）"), "The PDF is encrypted.";
    PdfBroken "PDF_BROKEN" Error "请重新扫描或导出" Some("五、（一）"), "The PDF cannot be opened.";
    PdfNoPages "PDF_NO_PAGES" Error "请重新扫描或导出" Some("五、（一）"), "The PDF has no page.";
    // The QR code of the stamped form
    SummaryCodeRead "SUMMARY_CODE_READ" Notice "无需处理" Some("五、（一）3"), "The QR code of the stamped form was read, and is not that of another roster.";
    SummaryCodeUnread "SUMMARY_CODE_UNREAD" Notice "请审核人员按纸面下方的校验码核对；扫描件以 200 dpi 以上、格式选 JPEG、不裁掉右上角的二维码为好" Some("五、（一）3"), "No QR code of the system can be read in the scan of the stamped form.";
    SummaryOtherRoster "SUMMARY_OTHER_ROSTER" Error "请下载本申报现在的汇总表（saizheng summary-form），打印、签字盖章后重新扫描上传" Some("五、（一）3"), "The stamped form was printed from another roster than the one handed in.";
    SummaryOtherApplication "SUMMARY_OTHER_APPLICATION" Error "请核对是否拿错了文件；本申报的汇总表须单独下载、打印、签字盖章后扫描上传" Some("五、（一）3"), "The stamped form was printed for another application.";
    // The photos
    PhotosBroken "PHOTOS_BROKEN" Error "请把照片放进一个文件夹，右键“发送到—压缩(zipped)文件夹”；用其他压缩软件的，格式选 ZIP，压缩方式选“标准”（Deflate），不加密码，不分卷" Some("三、（一）"), "The archive cannot be opened.";
    PhotosTooLarge "PHOTOS_TOO_LARGE" Error "请压缩照片（每张不超过 2 MB）后重新打包" Some("三、（一）"), "The archive holds too much.";
    PhotoNotJpeg "PHOTO_NOT_JPEG" Error "请把照片另存为 JPG 或 PNG" Some("三、（一）"), "A photo is neither JPEG nor PNG.";
    PhotoDamaged "PHOTO_DAMAGED" Error "请重新导出这张照片" Some("三、（一）"), "A photo cannot be decoded.";
    PhotoTooSmall "PHOTO_TOO_SMALL" Error "请换一张更清晰的照片（1 寸照片为 295 × 413 像素）" Some("三、（一）"), "A photo has too few pixels.";
    PhotoRatio "PHOTO_RATIO" Warning "请裁剪为 1 寸照片（宽高比 25:35）；否则两侧留白" Some("三、（一）"), "A photo is too wide or too narrow.";
    PhotoGround "PHOTO_GROUND" Warning "请核对：应为半年内的白底彩色照片" Some("三、（一）"), "A photo's ground is not white.";
    PhotoUnmatched "PHOTO_UNMATCHED" Warning "请核对：照片以证件号码或姓名命名，或按模板表中的“照片文件名”命名" Some("三、（一）"), "A photo that no row names.";
    PhotoDouble "PHOTO_DOUBLE" Warning "请核对采用的照片；不对的，请从压缩包中删去多余的照片，重新上传" Some("三、（一）"), "A row that several photos belong to.";
    PhotosStray "PHOTOS_STRAY" Warning "请核对：不是照片的文件不会采用，也可以从压缩包中删去" Some("三、（一）"), "A file of the archive of photos that is no photo.";
    PhotoUnreadable "PHOTO_UNREADABLE" Warning "请由颁证机构粘贴照片，打印时写明理由" Some("三、（一）"), "A photo that was good when it was handed in cannot be read.";
    PhotoMissing "PHOTO_MISSING" Warning "请在授权前补交照片；粘贴照片的，由颁证机构打印时写明理由" Some("三、（一）"), "A row without a photo.";
    // The workbook
    WorkbookNotXlsx "WORKBOOK_NOT_XLSX" Error "请在 Excel 或 WPS 中打开，另存为“Excel 工作簿（.xlsx）”再上传" Some("五、（一）4"), "The file is no xlsx workbook.";
    WorkbookXls "WORKBOOK_XLS" Error "请在 Excel 或 WPS 中打开，选“另存为”，类型选“Excel 工作簿（.xlsx）”再上传" Some("五、（一）4"), "The old binary format.";
    WorkbookEncrypted "WORKBOOK_ENCRYPTED" Error "请取消工作簿的打开密码后再上传" Some("五、（一）4"), "The workbook wants a password.";
    WorkbookBroken "WORKBOOK_BROKEN" Error "请重新下载模板，把内容粘贴进去再上传" Some("五、（一）4"), "The workbook cannot be read.";
    WorkbookBomb "WORKBOOK_BOMB" Error "请重新下载模板，把内容粘贴进去再上传" Some("五、（一）4"), "The workbook inflates beyond every reason.";
    SheetMissing "SHEET_MISSING" Error "请使用系统提供的模板" Some("五、（一）4"), "The workbook has no sheet.";
    SheetElsewhere "SHEET_ELSEWHERE" Notice "无需处理；下次请把名单放在第一个工作表" Some("五、（一）4"), "The roster stands on a sheet that is not the first.";
    SheetSecond "SHEET_SECOND" Warning "请核对；各表都是名单的，请合并到一个工作表后重新上传" Some("五、（一）4"), "A further sheet has the roster's header and rows: it is not read.";
    HeaderChanged "HEADER_CHANGED" Error "该模板格式不可调整：请重新下载模板，把内容粘贴进去" Some("五、（一）4"), "A header cell is not as in the template.";
    CellOutside "CELL_OUTSIDE" Error "请清除模板范围以外的内容" Some("五、（一）4"), "Content outside the template's columns.";
    CellMerged "CELL_MERGED" Error "请取消合并单元格，逐行填写" Some("五、（一）4"), "Merged cells.";
    CellFormula "CELL_FORMULA" Error "请复制后“选择性粘贴—数值”" Some("五、（一）4"), "A formula instead of a value.";
    CellErrorValue "CELL_ERROR_VALUE" Error "请改为实际内容" Some("五、（一）4"), "A cell with an error value such as #N/A.";
    PictureInCell "PICTURE_IN_CELL" Error "请把图片另存为文件，以证件号码命名，打包为 photos.zip 上传，再清空这一格" Some("三、（一）"), "A picture within a cell: the workbook's pictures are not read.";
    PicturePasted "PICTURE_PASTED" Warning "请把图片另存为文件，以证件号码命名，打包为 photos.zip 上传；已经上传的，无需处理" Some("三、（一）"), "Pictures that lie over the sheet: the workbook's pictures are not read.";
    RowHidden "ROW_HIDDEN" Warning "请取消隐藏和筛选后核对，不申报的行请删去" Some("五、（一）4"), "A row that is hidden or filtered out; it counts all the same.";
    RowStray "ROW_STRAY" Warning "请核对：这些行没有作为选手办理，可以删去；是选手的，请补齐姓名、证件号码等必填列" Some("五、（一）4"), "Rows that are no winner's: notes below the table, the header once more.";
    RowsNone "ROWS_NONE" Error "请从第 2 行起填写获奖选手" Some("五、（一）4"), "No row is filled in.";
    RowsTooMany "ROWS_TOO_MANY" Error "请分成几次申报" Some("五、（一）4"), "More rows than one application can take.";
    // A row
    CellRequired "CELL_REQUIRED" Error "请补填" Some("五、（一）4"), "A required cell is empty.";
    CellTooLong "CELL_TOO_LONG" Error "请核对并缩短" Some("五、（一）4"), "A cell longer than anything real.";
    CellChoice "CELL_CHOICE" Error "请从下拉列表中选择" Some("五、（一）4"), "A value outside the closed list.";
    CellNormalised "CELL_NORMALISED" Notice "无需处理；不是这个意思的请改正" Some("五、（一）4"), "A value was taken as it is meant: half-width, without spaces, by a synonym.";
    CellControl "CELL_CONTROL" Error "请删去这个字符（整格重新录入）" Some("五、（一）4"), "A control character, which no text has.";
    CellNotText "CELL_NOT_TEXT" Error "请把该列设为“文本”格式后重新录入" Some("五、（一）4"), "A date or a truth value where a text belongs.";
    IdNumericCell "ID_NUMERIC_CELL" Error "请把该列设为“文本”格式，再按证件原件重新录入完整号码" Some("六、（二）"), "An ID number in a numeric cell: digits may already be lost.";
    IdInvalid "ID_INVALID" Error "请按证件原件核对" Some("六、（二）"), "The number cannot be one of its kind.";
    IdAreaUnknown "ID_AREA_UNKNOWN" Warning "请核对；已撤销的地区代码属正常" Some("六、（二）"), "The address code is not in use; often it was withdrawn.";
    GenderMismatch "GENDER_MISMATCH" Error "请按证件原件核对性别和证件号码" Some("六、（二）"), "性别 contradicts the ID number.";
    BirthInvalid "BIRTH_INVALID" Error "请填写为 YYYY-MM-DD，如 1990-01-31" Some("六、（二）"), "The birth date cannot be read.";
    BirthMismatch "BIRTH_MISMATCH" Error "请按证件原件核对出生日期和证件号码" Some("六、（二）"), "出生日期 contradicts the ID number.";
    PhoneInvalid "PHONE_INVALID" Error "请填写 11 位手机号码" Some("六、（二）"), "No mobile phone number.";
    NameInvalid "NAME_INVALID" Error "请按证件原件填写姓名" Some("六、（二）"), "The name holds what no name holds.";
    NameNormalised "NAME_NORMALISED" Notice "无需处理；证书将按规范写法打印" Some("六、（二）"), "Spaces or middle dots of the name were normalised.";
    NameOdd "NAME_ODD" Warning "请按证件原件核对；本字打不出或字库没有的，填本字并在“备注”列写明“手工填写”" Some("六、（二）"), "A name that looks as if it were not meant so.";
    RowExample "ROW_EXAMPLE" Warning "是示例行的请删去；确有其人的，由审核人员写明理由" Some("六、（二）"), "A row that looks like an example.";
    PhoneShared "PHONE_SHARED" Warning "请改为选手本人的号码；确属应当的，由审核人员写明理由" Some("六、（二）"), "Many rows with one phone number.";
    FirstAwards "FIRST_AWARDS" Warning "请按表彰文件核对，写明名次或“并列”；确属应当的，由审核人员写明理由" Some("附件备注3"), "Many first prizes in one event.";
    CharByHand "CHAR_BY_HAND" Warning "请颁证机构核对用字，写明通过的理由；打印后手工填写姓名" Some("三、（一）"), "The name is to be written in by hand.";
    TextTooLong "TEXT_TOO_LONG" Error "请缩短；确需全称的，请联系省职鉴中心调整证书版式" Some("三、（一）"), "A text that does not fit its place on the certificate.";
    CharNotPrintable "CHAR_NOT_PRINTABLE" Error "请核对用字；确为本字的，在“备注”列写明“手工填写”：证书上的姓名留空，由颁证机构手工填写" Some("三、（一）"), "A character that no font of the system has.";
    AgeUnder16 "AGE_UNDER_16" Warning "请核对出生日期和参赛资格" Some("六、（二）"), "Younger than 16 on the day of the final.";
    LevelInvalid "LEVEL_INVALID" Error "请填写一级/高级技师、二级/技师、三级/高级工、四级/中级工或五级/初级工" Some("附件备注1"), "The level is none of the five.";
    LevelNotOfOccupation "LEVEL_NOT_OF_OCCUPATION" Error "请按国家职业标准核对申报等级" Some("一、证书类型"), "The occupation has no such level.";
    LevelAboveTable "LEVEL_ABOVE_TABLE" Warning "请核对申报等级；确属应当的，由审核人员写明理由" None, "The declared level is above what the promotion table in force gives.";
    LevelHeld "LEVEL_HELD" Warning "如系同一职业请更正申报等级；确属应当的，由审核人员写明理由" Some("附件备注1"), "The declared level is not above the one already held.";
    PromotionTwice "PROMOTION_TWICE" Warning "请核对；确属应当的，由审核人员写明理由" Some("六、（二）"), "The same person is promoted in two occupations.";
    PriorOdd "PRIOR_ODD" Warning "请按原证书核对等级和编号" Some("五、（一）4"), "The prior certificate's level or number cannot be read.";
    PriorMismatch "PRIOR_MISMATCH" Warning "请按原证书核对等级和编号" Some("五、（一）4"), "原证书等级 contradicts 原证书编号.";
    RankUnreadable "RANK_UNREADABLE" Warning "请按表彰文件写明奖项、名次或两者，如“二等奖”“第8名”“二等奖/第8名”；确属应当的，由审核人员写明理由" Some("附件备注3"), "奖牌类别/名次 cannot be read.";
    RankOdd "RANK_ODD" Warning "请按竞赛表彰文件核对奖项和名次" Some("附件备注3"), "The award and the place contradict each other.";
    RankShared "RANK_SHARED" Warning "请核对名次；确系并列的，请写明“并列”" Some("附件备注3"), "Two individual winners of an event have the same place.";
    FinalsOnly "FINALS_ONLY" Error "只填写决赛阶段的获奖选手" Some("二、颁证主体"), "The award is one of an earlier stage.";
    AwardNotCompetitor "AWARD_NOT_COMPETITOR" Error "请删去这一行：组织、指导、裁判等奖项不是参赛选手的奖项，不颁发证书" Some("二、颁证主体"), "The award is one that no competitor wins.";
    WinnersExceeded "WINNERS_EXCEEDED" Error "请按竞赛表彰文件核对名单，或更正赛项登记的获奖人数" Some("六、（二）"), "More rows than the event has winners.";
    WinnersFewer "WINNERS_FEWER" Notice "如有获奖选手不申领，无需处理" Some("六、（二）"), "Fewer rows than the event has winners.";
    ClassMismatch "CLASS_MISMATCH" Error "请与大赛登记的竞赛类别一致" Some("附件备注2"), "竞赛类别 is not the contest's.";
    ContestMismatch "CONTEST_MISMATCH" Error "请与大赛登记的名称一致" Some("五、（一）"), "大赛名称 is not the contest's.";
    EventUnknown "EVENT_UNKNOWN" Error "请填写大赛登记的赛项名称" Some("五、（一）"), "The event is none of the contest's.";
    OccupationMismatch "OCCUPATION_MISMATCH" Error "请与赛项登记的职业（工种）一致" Some("一、证书类型"), "Occupation, code or 工种 differ from what the event is registered for.";
    RowDuplicate "ROW_DUPLICATE" Error "同一选手同一职业只保留一行" Some("六、（二）"), "The same person with the same occupation twice.";
    HolderClaimed "HOLDER_CLAIMED" Error "请核对是否重复申报；另一份申报有误的：尚未授权的由申报单位撤回，或请受理的职鉴中心退回；已发证书的申请更正" Some("六、（二）"), "The person holds the same occupation at this level or a better one through another application.";
    RosterHeld "ROSTER_HELD" Error "请改正同一份申报中的其他问题后重新上传" Some("五、（一）3"), "The row itself is sound, but the roster is kept out as a whole: the stamped summary form must match it row by row.";
    // The rulebook
    RulebookUnsound "RULEBOOK_UNSOUND" Error "请按所列各行改正后重新提交；原来的仍然有效" None, "A notice or catalogue that cannot be used.";
    RulebookUnreadable "RULEBOOK_UNREADABLE" Error "由省职鉴中心改正或撤回这份文件，或升级系统，其后再办理；不适用这份文件的申报不受影响" None, "A notice or catalogue in force that this build cannot read: what rests on it waits.";
    // Decisions
    NoCertificate "NO_CERTIFICATE" Error "该项目不属于三类证书，请与职鉴中心核对后退回" Some("一、证书类型"), "The row falls under none of the three certificate types.";
    SpecificAbilityLevel "SPECIFIC_ABILITY_LEVEL" Error "专项职业能力证书不分等级：请把申报等级改为“专项职业能力”，或核对赛项登记的职业" Some("一、证书类型"), "A level was asked for on an item of the filed specific abilities.";
    DeclarationMissing "DECLARATION_MISSING" Error "请牵头主办单位声明：saizheng submit 申报文件夹 --application 申报号 --declare 姓名" Some("六、（二）"), "The organiser has not declared that what is applied for is true; asked before the authorisation where the notice's setting says so.";
    OriginalMissing "ORIGINAL_MISSING" Error "请牵头主办单位把纸质原件交颁证机构；收到后登记：saizheng originals 申报号" Some("五、（一）"), "The paper original of a material was not received; asked before the authorisation where the notice's setting says so.";
    OriginalDefect "ORIGINAL_DEFECT" Error "请牵头主办单位补正纸质原件；补正后重新登记：saizheng originals 申报号" Some("五、（一）"), "The paper original of a material was received with a defect; asked before the authorisation where the notice's setting says so.";
    FilingMissing "FILING_MISSING" Error "请颁证机构登记收到备案：saizheng filing 申报号" Some("五、（一）"), "The filed body that will issue has not noted that it received the submission; asked before the authorisation where the notice's setting says so.";
    CodeExhausted "CODE_EXHAUSTED" Error "请联系省职鉴中心；在其确定办法之前不能继续赋码，已赋的编码不受影响" Some("四"), "The sequence of a code prefix is used up.";
    RowRefused "ROW_REFUSED" Error "可在更正后另行申报" Some("五、（二）"), "Refused at the qualification review.";
    // Publication
    PublicationApplicant "PUBLICATION_APPLICANT" Error "请由应当申报的单位登录后申报" Some("五、（三）"), "Somebody else has to apply for the publication of such certificates.";
    PublicationNumberMissing "PUBLICATION_NUMBER_MISSING" Error "请先登记证书编号，再申报信息上网" Some("五、（三）"), "A certificate without a number cannot be published.";
    PublicationDocumentType "PUBLICATION_DOCUMENT_TYPE" Error "请省职鉴中心在证件类型目录中补上代码" Some("五、（三）"), "The document type has no code for the upload.";
    PublicationRevoked "PUBLICATION_REVOKED" Error "请退回这一批，由申报单位重新申报" Some("五、（三）"), "A certificate of the batch was revoked after it was applied for.";
    PublicationChanged "PUBLICATION_CHANGED" Error "请退回这一批，由申报单位重新申报" Some("五、（三）"), "A certificate of the batch's lots was corrected or newly coded after it was applied for.";
    PublicationListUnreadable "PUBLICATION_LIST_UNREADABLE" Error "请从查询网站重新导出 CSV，保留表头（至少有姓名、证书编号两列）" Some("五、（三）"), "The result list cannot be read.";
    PublicationMissing "PUBLICATION_MISSING" Error "请核对是否已上传；查询网站更新需要时间，稍后重新导出再确认" Some("五、（三）"), "The query site does not show a certificate of the batch.";
    PublicationDiffers "PUBLICATION_DIFFERS" Error "请核对上传的数据表；确属传错的，退回这一批重新申报" Some("五、（三）"), "The query site shows a certificate otherwise.";
    PublicationTwice "PUBLICATION_TWICE" Error "请核对是否重复上传" Some("五、（三）"), "The query site shows a certificate twice.";
    PublicationSurplus "PUBLICATION_SURPLUS" Warning "请核对是否拿错了别的批次的查询结果" Some("五、（三）"), "The result list has a certificate that is not of the batch.";
    PublicationStillShown "PUBLICATION_STILL_SHOWN" Error "请核对注销是否已上传；查询网站更新需要时间，稍后重新导出再确认" Some("五、（三）"), "The query site still shows a certificate that the batch revokes.";
    ApplicationReturned "APPLICATION_RETURNED" Error "请按退回意见改正后重新提交" Some("五、（二）"), "The application was returned.";
}

/// The table of all codes, as `docs/FINDINGS.md` holds it.
pub fn table() -> String {
    let mut table = "# 检查结果代码\n\n每条检查结果有固定代码、轻重、位置、原因、办法和依据。“错误”须改正后才能受理；“警告”请核对；“提示”无需处理。\n\n| 代码 | 轻重 | 办法 | 依据 |\n|---|---|---|---|\n".to_owned();
    for code in FindingCode::ALL {
        let (severity, fix, clause) = code.parts();
        table.push_str(&format!("| `{code}` | {} | {fix} | {} |\n", severity.word(), clause.unwrap_or("—")));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_of_codes_is_the_codes() {
        let documented = include_str!("../../../../docs/FINDINGS.md");
        assert!(documented == table(), "write it anew: cargo run --example findings > docs/FINDINGS.md");
    }

    #[test]
    fn advice_may_be_overridden_with_a_reason_only() {
        let advice: Vec<&str> = FindingCode::ALL.iter().filter(|code| code.needs_reason()).map(|code| code.as_str()).collect();
        let expected = [
            "ROW_EXAMPLE",
            "PHONE_SHARED",
            "FIRST_AWARDS",
            "CHAR_BY_HAND",
            "LEVEL_ABOVE_TABLE",
            "LEVEL_HELD",
            "PROMOTION_TWICE",
            "RANK_UNREADABLE",
        ];
        assert_eq!(advice, expected);
    }

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        let letters: Vec<String> = [0, 25, 26, 27, 701, 702, 16383].into_iter().map(column_letters).collect();
        assert_eq!(letters, ["A", "Z", "AA", "AB", "ZZ", "AAA", "XFD"]);
    }

    #[test]
    fn a_finding_reads_as_one_line() {
        let place = Place::cell("roster.xlsx", "选手信息", 5, 4);
        let finding = Finding::new(FindingCode::IdNumericCell, place, "证件号码存成了数值");
        let expected = "错误 [ID_NUMERIC_CELL] roster.xlsx「选手信息」E5：证件号码存成了数值。办法：请把该列设为“文本”格式，再按证件原件重新录入完整号码（依据：六、（二））";
        assert_eq!(finding.to_string(), expected);
    }
}
