//! What the system answers, told to a person: Chinese words, and times in Asia/Shanghai. Scripts ask for the JSON (`--json`).

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use operations::filing::{ShownDeclaration, ShownFiling, ShownOriginal, ShownReceipt};
use operations::lists::LotStage;
use operations::publication::ShownBatch;
use operations::sheets::{Books, ProposedDestruction, ShownBook, Variance};
use operations::show::{FoundCertificate, LotProgress, ShownApplication};
use operations::states::RowState;
use rules::issue::external::NumberBasis;
use rules::notice::{Notice, NumberRule};
use rules::numbers::code::CertificateCode;
use rules::values::date::local;
use rules::values::vocabulary::{CertificateType, Form};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::Answer;
use crate::authorisation;
use crate::mistake::tell_refused;
use crate::notices::latest_notice;
use crate::{findings, print};

/// For whom an answer is written.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct AnswerFormat {
    /// 输出接口的 JSON，供程序使用；时间为 UTC
    #[arg(long)]
    pub(crate) json: bool,
}

impl AnswerFormat {
    /// Prints an answer as it came, or as `lines` tell it.
    pub(crate) fn print<T: DeserializeOwned>(self, answer: Value, lines: impl Fn(&T) -> Vec<String>) -> Result<()> {
        if self.json {
            print(&serde_json::to_string_pretty(&answer)?);
        } else {
            lines(&serde_json::from_value(answer)?).iter().for_each(|line| print(line));
        }
        Ok(())
    }

    /// The same of what may be refused.
    pub(crate) fn answer<T: DeserializeOwned>(self, answer: Answer<Value>, lines: impl Fn(&T) -> Vec<String>) -> Result<ExitCode> {
        match answer? {
            Ok(value) => self.print(value, lines).map(|()| ExitCode::SUCCESS),
            Err(refused) => Ok(tell_refused(&refused)),
        }
    }
}

/// A moment as a clock in Sichuan shows it.
pub(crate) fn moment(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%d %H:%M").to_string()
}

pub(crate) fn ranges(ranges: &[(String, String)]) -> String {
    let one = |(first, last): &(String, String)| if first == last { first.clone() } else { format!("{first} 至 {last}") };
    if ranges.is_empty() { "无".to_owned() } else { ranges.iter().map(one).collect::<Vec<_>>().join("、") }
}

/// An application: where it stands, what it lacks, and how far its lots are.
pub(crate) fn application(shown: &ShownApplication, notice: &Notice) -> Vec<String> {
    let contest = &shown.contest;
    let mut lines = vec![
        format!("申报 {}：{}", shown.id, shown.status_word),
        format!(
            "大赛：{}（{}，{}年，决赛 {}，发证日期 {}）",
            contest.name,
            contest.class.name(),
            contest.year,
            contest.final_on,
            contest.issued_on
        ),
        format!("牵头主办单位：{}；申报单位 {}", contest.organiser, shown.unit),
        format!(
            "创建于 {}，{}",
            moment(shown.created_at),
            shown.submitted_at.map_or("尚未提交齐全".to_owned(), |at| format!("首次提交齐全于 {}", moment(at)))
        ),
    ];
    lines.extend(shown.reason.as_ref().map(|reason| format!("退回原因：{reason}")));
    for verdict in &shown.materials {
        let title = notice.material(verdict.material).map_or_else(|| format!("{:?}", verdict.material), |rule| rule.title.clone());
        let result = if verdict.clean { "通过".to_owned() } else { format!("{} 处错误", verdict.errors) };
        let remarks = if verdict.remarks == 0 { String::new() } else { format!("，{} 处提示", verdict.remarks) };
        lines.push(format!("  {title}：{result}{remarks}"));
    }
    let judging: Vec<&str> = shown.judging.iter().filter_map(|material| Some(notice.material(*material)?.title.as_str())).collect();
    if !judging.is_empty() {
        lines.push(format!("  大赛信息已更正，正在重新检查：{}", judging.join("、")));
    }
    lines.extend(findings::lines(&shown.findings));
    lines.push(declaration(shown.declaration.as_ref()));
    lines.extend(originals(&shown.originals));
    lines.extend(shown.authorisation.iter().flat_map(authorisation::lines));
    lines.extend(shown.filing.as_ref().map(filing));
    let undecided: Vec<&str> = shown.undecided.iter().map(|unit| unit.as_str()).collect();
    if !undecided.is_empty() {
        lines.push(format!("待审核：{}", undecided.join("、")));
    }
    lines.extend(shown.decisions.iter().flat_map(lot));
    if !shown.unconfirmed.is_empty() {
        lines.push(format!("待确认：{}", shown.unconfirmed.join("、")));
    }
    lines
}

/// The organiser's word.
pub(crate) fn declaration(declaration: Option<&ShownDeclaration>) -> String {
    match declaration {
        Some(given) => format!("声明：{} 于 {} 声明申报信息真实准确", given.name, moment(given.at)),
        None => "声明：未声明（牵头主办单位还没有声明申报信息真实准确）".to_owned(),
    }
}

/// The paper originals, a line each.
pub(crate) fn originals(originals: &[ShownOriginal]) -> Vec<String> {
    let received = |receipt: &ShownReceipt| {
        let defect = receipt.defect.as_ref().map_or_else(String::new, |defect| format!("，有缺陷：{defect}"));
        format!("{} 收到（{} 交来，{} 收）{defect}", receipt.on, receipt.from, receipt.receiver)
    };
    let line = |original: &ShownOriginal| {
        let state = original.received.as_ref().map_or_else(|| "未收到".to_owned(), received);
        format!("  纸质{}：{state}", original.title)
    };
    originals.iter().map(line).collect()
}

/// The note of the filed body that will issue.
pub(crate) fn filing(filing: &ShownFiling) -> String {
    match filing.received_at {
        Some(at) => format!("备案：颁证机构 {} 于 {} 收到备案", filing.body, moment(at)),
        None => format!("备案：未备案（颁证机构 {} 还没有登记收到备案）", filing.body),
    }
}

/// What the number of a qualification rests on; nothing where nothing is known.
pub(crate) fn basis(basis: &NumberBasis) -> String {
    let body = basis.implementing_body.as_ref().map(|body| format!("实施机构 {body}"));
    let document = basis.document.as_ref().map(|document| format!("依据 {document}"));
    let day = basis.issued_on.map(|day| format!("颁发日期 {day}"));
    let said: Vec<String> = body.into_iter().chain(document).chain(day).collect();
    if said.is_empty() { String::new() } else { format!("（{}）", said.join("；")) }
}

/// What is owed of the organiser's word, the originals and the filing, in a word each; nothing where nothing is.
pub(crate) fn owed(declared: bool, missing: &[&str], filed: Option<bool>) -> Vec<String> {
    let declaration = (!declared).then(|| "未声明".to_owned());
    let originals = (!missing.is_empty()).then(|| format!("纸质未收齐：{}", missing.join("、")));
    let filing = (filed == Some(false)).then(|| "未备案".to_owned());
    declaration.into_iter().chain(originals).chain(filing).collect()
}

/// How far a lot is, in a list.
pub(crate) fn lot_stage(lot: &LotStage) -> String {
    let failed = if lot.print_failed { "，打印失败" } else { "" };
    let task = lot.task_word.as_ref().filter(|task| **task != lot.stage_word).map_or_else(String::new, |task| format!("（{task}）"));
    format!("{}{}：{}{failed}{task}", lot.reviewer, lot.certificate_type_word, lot.stage_word)
}

fn lot(lot: &LotProgress) -> Vec<String> {
    let LotProgress { reviewer, end, recorded, refused, withdrawn, chunks, printed_chunks, .. } = lot;
    let stage = lot.stage.map_or_else(String::new, |stage| format!("，{}", stage.word()));
    let revoked = if *withdrawn == 0 { String::new() } else { format!("，已注销 {withdrawn} 个") };
    let notice = latest_notice().ok();
    let rule = notice.as_ref().and_then(|notice| notice.type_rule(lot.certificate_type));
    let kind = rule.map(|rule| rule.name.clone()).unwrap_or_default();
    let numbers = match rule.map(|rule| &rule.number) {
        Some(NumberRule::External) => format!("登记 {recorded} 人"),
        Some(NumberRule::ByHand | NumberRule::Pattern(_)) => format!("编号 {end} 个，待编号 {recorded} 人"),
        Some(NumberRule::Code) | None => format!("赋码 {end} 个"),
    };
    let mut lines = vec![format!("{reviewer} {kind}：{numbers}，不予通过 {refused} 人{revoked}{stage}")];
    if *end > 0 {
        let on_sheets = notice.as_ref().is_some_and(|notice| notice.sheet_kind_of(lot.certificate_type).is_some());
        let sheets = match (on_sheets, lot.on_sheets) {
            (false, _) => "",
            (true, true) => "，都已打印在空白证书上",
            (true, false) => "，还有没有打印在空白证书上的",
        };
        lines.push(format!("  证书文件已生成 {printed_chunks}/{chunks} 部分{sheets}"));
    }
    for run in &lot.runs {
        let form = if run.run.setting.form == Form::Overprint { "套打" } else { "全版" };
        let sheets =
            if run.run.sheets.is_empty() { "不编流水号".to_owned() } else { format!("空白证书 {}", ranges(&run.run.sheets)) };
        lines.push(format!("  第 {} 批打印 {} 张（{form}）：{sheets}", run.run.run + 1, run.run.count));
    }
    let failures = lot.failures.iter().chain(lot.runs.iter().flat_map(|run| &run.failures));
    lines.extend(failures.map(|failure| format!("  打印失败：{}第 {} 部分：{}", failure.what, failure.part, failure.reason)));
    lines
}

/// 证书类型, as the notice calls it.
pub(crate) fn type_word(certificate_type: CertificateType) -> String {
    let name = latest_notice().ok().and_then(|notice| notice.type_rule(certificate_type).map(|rule| rule.name.clone()));
    name.unwrap_or_default()
}

/// What people call a certificate's number: 编码 is the one of 22 positions (四) alone.
pub(crate) fn code_word(number: &CertificateCode) -> &'static str {
    if latest_notice().is_ok_and(|notice| number.is_of(&notice.code)) { "编码" } else { "编号" }
}

/// A certificate that was looked for.
pub(crate) fn certificate(found: &FoundCertificate) -> Vec<String> {
    let one = &found.certificate;
    let what = if one.code.is_some() { "证书编码" } else { "证书编号" };
    // One that needs no sheet of ours is printed when its file is there.
    let no_sheet = if one.state == RowState::Issued { "尚未打印" } else { "无" };
    let mut lines = vec![
        format!("{what} {}：{}", one.any_number().unwrap_or("（无）"), one.state_word),
        format!(
            "{}，第 {} 行 {}，{}{}",
            found.contest,
            one.row,
            one.name,
            one.certificate_type,
            one.level.as_ref().map_or_else(String::new, |level| format!(" {level}"))
        ),
        format!(
            "颁证主体：{}{}；发证日期 {}；依据 {}",
            one.issuing_body,
            one.sealed_by.as_ref().map_or_else(String::new, |seal| format!("（{seal}代章）")),
            found.issued_on,
            found.notice
        ),
        format!("申报 {}；空白证书 {}", found.application, one.serial.as_deref().unwrap_or(no_sheet)),
    ];
    if let Some(revoked) = &one.revoked {
        let successor = revoked.replaced_by.as_ref().map_or_else(String::new, |code| format!("；新{} {code}", code_word(code)));
        lines.push(format!("{} 注销：{}{successor}", moment(revoked.at), revoked.reason));
    }
    lines.extend(one.replaces.as_ref().map(|code| format!("原{} {code} 已注销，由本证书取代", code_word(code))));
    if one.corrected {
        lines.push("已更正".to_owned());
    }
    lines
}

/// The books of blank sheets.
pub(crate) fn books(books: &Books) -> Vec<String> {
    let mut lines: Vec<String> = books.books.iter().flat_map(book).collect();
    let waiting = books.to_confirm.iter();
    lines.extend(waiting.map(|one| format!("待第二人签字销毁：{} {}", one.holder, ranges(&one.sheets))));
    for register in &books.registers {
        lines.push(format!("累计入库号段（{}）：{}", register.kind_name, ranges(&register.received)));
    }
    if lines.is_empty() { vec!["没有空白证书".to_owned()] } else { lines }
}

/// One holder's book.
pub(crate) fn book(book: &ShownBook) -> Vec<String> {
    let ShownBook { holder, kind_name, on_hand_count, printed, voided, lost, handed_over, destroyed, received, .. } = book;
    let low = if book.is_low { format!("，库存不足（少于 {} 张）", book.low_stock) } else { String::new() };
    let mut lines = vec![
        format!("{holder} {kind_name}：在库 {on_hand_count} 张（{}）{low}", ranges(&book.on_hand)),
        format!(
            "  入库 {received}，已打印 {printed}，作废 {voided}，遗失 {lost}，转出 {handed_over}，已销毁 {destroyed}；作废待销毁：{}",
            ranges(&book.to_destroy)
        ),
    ];
    if !book.to_acknowledge.is_empty() {
        let until = if book.locked.is_empty() { "，签收前可以使用" } else { "，签收后才能打印" };
        lines.push(format!("  待签收：{}{until}", ranges(&book.to_acknowledge)));
    }
    lines.extend(book.asked.iter().map(|asked| format!("  申领 {} 张，待办（{}）：{}", asked.count, moment(asked.at), asked.reason)));
    lines
}

/// What a stocktake found.
pub(crate) fn variance(found: &Variance) -> Vec<String> {
    let Variance { counted, on_hand, missing, surplus } = found;
    let mut lines = vec![format!("盘点已记录：清点 {counted} 张，账面在库 {on_hand} 张")];
    if missing.is_empty() && surplus.is_empty() {
        lines.push("实有与账面一致".to_owned());
    }
    lines.extend((!missing.is_empty()).then(|| format!("账面有而没有清点到的：{}", ranges(missing))));
    lines.extend((!surplus.is_empty()).then(|| format!("清点到而账面没有的：{}", ranges(surplus))));
    lines
}

/// Sheets that one of two has signed away.
pub(crate) fn proposed(proposed: &ProposedDestruction) -> Vec<String> {
    let ProposedDestruction { holder, sheets, reason, first_signature, .. } = proposed;
    let reason = if reason.is_empty() { String::new() } else { format!("；原因：{reason}") };
    vec![format!("{holder} 销毁 {}：{first_signature} 已签字，待监督人签字（saizheng sheets confirm）{reason}", ranges(sheets))]
}

/// A batch of the publication.
pub(crate) fn batch(batch: &ShownBatch) -> Vec<String> {
    let mut lines = vec![
        format!("{}/{} {}：{}", batch.applicant, batch.number, batch.title, batch.state_word),
        format!("  {}，{} 条，单位 {}，依据 {}", batch.kind_word, batch.count, batch.body, batch.notice),
    ];
    lines.extend(batch.steps.iter().map(|step| {
        let note = step.reason.as_ref().map_or_else(String::new, |reason| format!("：{reason}"));
        format!("  {} {}（{}）{note}", moment(step.at), step.state.word(), step.by)
    }));
    if let Some(gap) = &batch.unconfirmed {
        lines.push(format!("  待确认：{gap}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::notices::latest_notice;

    fn shown(more: &Value) -> ShownApplication {
        let mut all = json!({
            "id": "abcdefghijklmnop", "unit": "unit-1",
            "contest": {
                "name": "样例大赛", "class": "省级一类", "hrss_hosted": true, "organiser": "样例协会", "committee": "组委会",
                "jurisdiction": "00", "year": 2022, "final_on": "2022-05-28", "issued_on": "2022-06-20", "events": []
            },
            "status": "submitted", "status_word": "已提交", "version": 4, "created_at": "2022-06-19T16:30:00Z",
            "submitted_at": "2022-06-20T02:00:00Z", "reason": null,
            "materials": [{ "material": "roster", "version": "v", "sequencer": "1", "sha256": "00", "clean": true, "errors": 0, "remarks": 2 }],
            "findings": [], "reviewers": [], "undecided": [], "unconfirmed": ["G1"], "decisions": [],
            "originals": [
                { "material": "contest", "title": "举办竞赛相关文件", "received": null },
                { "material": "summary", "title": "申报汇总表", "received": {
                    "on": "2022-06-21", "from": "经办人", "defect": "没有盖章", "receiver": "center-00", "by": "local-center-00",
                    "at": "2022-06-21T02:00:00Z" } }
            ]
        });
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        serde_json::from_value(all).expect("an application")
    }

    #[test]
    fn an_application_is_told_in_chinese_with_the_hour_of_sichuan() {
        let notice = latest_notice().expect("a notice");
        let told = application(&shown(&json!({})), &notice).join("\n");
        for part in [
            "申报 abcdefghijklmnop：已提交",
            "2022-06-20 00:30",
            "首次提交齐全于 2022-06-20 10:00",
            "选手信息导入模板表：通过，2 处提示",
            "声明：未声明",
            "纸质举办竞赛相关文件：未收到",
            "纸质申报汇总表：2022-06-21 收到（经办人 交来，center-00 收），有缺陷：没有盖章",
            "待确认：G1",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
        for english in ["status", "submitted", "T02:00", "null", "version"] {
            assert!(!told.contains(english), "{english}\n{told}");
        }
        let declared = json!({ "declaration": { "name": "负责人", "at": "2022-06-20T02:00:00Z", "by": "local-unit-1" } });
        assert!(application(&shown(&declared), &notice).contains(&"声明：负责人 于 2022-06-20 10:00 声明申报信息真实准确".to_owned()));
    }

    #[test]
    fn books_and_batches_are_told_in_chinese() {
        let all = serde_json::from_value(json!({
            "books": [{ "kind": "skill_level", "kind_name": "竞赛职业技能等级证书", "holder": "center-00",
                "on_hand": [["JN00000002", "JN00000040"]], "on_hand_count": 39, "to_destroy": [["JN00000001", "JN00000001"]],
                "received": 40, "printed": 0, "voided": 1, "lost": 0, "handed_over": 0, "destroyed": 0 }],
            "to_confirm": [], "registers": [{ "kind": "skill_level", "kind_name": "样例证书", "received": [["JN00000001", "JN00000040"]] }],
            "kinds": [["skill_level", "竞赛职业技能等级证书"]], "holders": []
        }));
        let told = books(&all.expect("books")).join("\n");
        for part in
            ["在库 39 张（JN00000002 至 JN00000040）", "作废待销毁：JN00000001", "累计入库号段（样例证书）：JN00000001 至 JN00000040"]
        {
            assert!(told.contains(part), "{part}\n{told}");
        }
        let one = serde_json::from_value(json!({
            "applicant": "center-00", "number": 1, "kind": "new", "kind_word": "新增", "certificate_type": "skill_level", "notice": "9号",
            "body": "省中心", "title": "省中心（新增3条，1）", "count": 3, "lots": [], "state": "applied", "state_word": "已申报", "seat": "00",
            "steps": [{ "state": "applied", "at": "2022-06-20T16:00:00Z", "by": "local-center-00" }]
        }));
        let told = batch(&one.expect("a batch")).join("\n");
        assert!(told.contains("center-00/1 省中心（新增3条，1）：已申报") && told.contains("2022-06-21 00:00"), "{told}");
    }

    #[test]
    fn a_stocktake_and_a_destruction_were_told_a_person_as_json() {
        let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        let same = Variance { counted: 3, on_hand: 3, missing: Vec::new(), surplus: Vec::new() };
        assert_eq!(variance(&same), ["盘点已记录：清点 3 张，账面在库 3 张", "实有与账面一致"]);
        let differs = Variance { counted: 2, missing: vec![pair("JN3", "JN4")], surplus: vec![pair("JN9", "JN9")], ..same };
        assert_eq!(variance(&differs)[1..], ["账面有而没有清点到的：JN3 至 JN4", "清点到而账面没有的：JN9"]);
        let away =
            serde_json::from_value(json!({ "kind": "skill_level", "holder": "center-00", "sheets": [["JN1", "JN2"]], "reason": "污损",
            "first_signature": "local-center-00" }));
        let told = proposed(&away.expect("sheets")).join("");
        assert_eq!(told, "center-00 销毁 JN1 至 JN2：local-center-00 已签字，待监督人签字（saizheng sheets confirm）；原因：污损");
    }

    #[test]
    fn what_is_owed_is_a_word_each() {
        assert_eq!(owed(true, &[], None), Vec::<String>::new());
        assert_eq!(owed(false, &["申报汇总表"], Some(true)), ["未声明", "纸质未收齐：申报汇总表"]);
        assert_eq!(owed(true, &[], Some(false)), ["未备案"]);
    }
}
