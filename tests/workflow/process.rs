//! `saizheng process`: every route of 二, every shape of result.

use anyhow::{Context, Result};
use rules::values::vocabulary::Field;
use workflow_tests::case::Case;
use workflow_tests::folder::{Folder, contest, filed_contest, hosted_contest, row};
use workflow_tests::saizheng::{Client, Outcome, Stack};

/// Codes of the first award on an empty system begin at 1; on the shared one they go on. What counts is the prefix
/// and that no number is left out between neighbours.
fn assert_consecutive(outcome: &Outcome, prefix: &str) {
    let numbers: Vec<u32> = outcome.column("code").iter().filter_map(|code| code.strip_prefix(prefix)?.parse().ok()).collect();
    assert!(!numbers.is_empty(), "no code begins with {prefix}: {:?}", outcome.column("code"));
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
}

#[test]
fn clause_2_2_1_a_hosted_contest_is_issued_by_its_committee_and_sealed_by_the_center() -> Result<()> {
    let stack = Stack::own()?;
    let folder = Folder::with_winners(5)?;
    let outcome = stack.process(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(outcome.column("row"), ["2", "3", "4", "5", "6"]);
    assert_eq!(
        outcome.column("code"),
        ["S000051009999223J00001", "S000051009999222J00001", "S000051009999223J00002", "S000051009999222J00002", "S000051009999223J00003",]
    );
    assert_eq!(outcome.column("serial"), ["JN00000001", "JN00000002", "JN00000003", "JN00000004", "JN00000005"]);
    for line in &outcome.lines {
        assert_eq!(line["certificate_type"], "职业技能等级证书");
        assert_eq!(line["issuing_body"], "2022年四川省样例职业技能竞赛组委会");
        assert_eq!(line["sealed_by"], "四川省职业技能鉴定指导中心");
        assert_eq!(line["status"], "已打印");
        let pdf = std::fs::read(folder.out().join(&line["pdf"]))?;
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() < 120_000);
    }
    assert!(std::fs::read(folder.out().join("report.xlsx"))?.starts_with(b"PK"));
    // 待确认: position 1, the filed occupations.
    assert_eq!(outcome.report["unconfirmed"], serde_json::json!(["G1", "G5"]));
    // A second application goes on where the first one stopped.
    let second = stack.process(&Folder::with_winners(2)?)?;
    assert_eq!(second.column("code"), ["S000051009999223J00004", "S000051009999222J00003"]);
    assert_eq!(second.column("serial"), ["JN00000006", "JN00000007"]);
    Ok(())
}

#[test]
fn the_organisers_word_could_not_be_given_to_process() -> Result<()> {
    let stack = Stack::shared();
    let folder = Folder::with_winners(1)?;
    folder.write()?;
    let (path, out) = (folder.path().to_string_lossy().into_owned(), folder.out().to_string_lossy().into_owned());
    let output = stack.run(&["process", &path, "--out", &out, "--declare", "负责人甲"])?;
    let said = String::from_utf8(output.stderr)?;
    assert!(output.status.success() && said.contains("声明：负责人甲 于 "), "{said}");
    let id = said.lines().find_map(|line| line.strip_prefix("申报号 ")).context("an id")?.to_owned();
    let shown = String::from_utf8(stack.run(&["show", &id])?.stdout)?;
    assert!(shown.contains("声明：负责人甲 于 ") && shown.contains("已审核"), "{shown}");
    let again = stack.run(&["process", &path, "--out", &out, "--declare", "负责人乙"])?;
    assert!(again.status.success() && !String::from_utf8(again.stderr)?.contains("负责人乙"), "what was decided on is not declared anew");
    Ok(())
}

fn class_two(contest: String) -> Result<Folder> {
    let mut folder = Folder::with_winners(3)?;
    folder.of_class(contest, "省级二类");
    Ok(folder)
}

const BODY: &str = r#"
[[bodies]]
code13 = "S000051010123"
name = "四川样例评价中心"
filed_with_province = true

[[bodies.scope]]
occupation = "车工"
levels = [2, 3]

[[bodies.scope]]
occupation = "中式烹调师"
levels = [3]
"#;

#[test]
fn clause_2_2_2_a_filed_organiser_issues_itself() -> Result<()> {
    let mut folder = class_two(filed_contest("S000051010123"))?;
    folder.bodies = Some(BODY.to_owned());
    let outcome = Stack::shared().process(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_consecutive(&outcome, "S000051010123223J");
    assert_consecutive(&outcome, "S000051010123222J");
    assert_eq!(outcome.column("issuing_body"), ["四川样例评价中心"; 3]);
    assert_eq!(outcome.column("sealed_by"), [""; 3]);
    Ok(())
}

#[test]
fn clause_2_2_2_an_organiser_that_is_not_filed_goes_the_way_of_one_contest_one_authorisation() -> Result<()> {
    let outcome = Stack::shared().process(&class_two(contest("省级二类", false, ""))?)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_consecutive(&outcome, "S000051009999223J");
    assert_eq!(outcome.column("sealed_by"), ["四川省职业技能鉴定指导中心"; 3]);
    Ok(())
}

#[test]
fn a_level_outside_the_filed_scope_counts_as_not_filed_g5_and_two_reviewers_decide() -> Result<()> {
    let mut folder = class_two(filed_contest("S000051010124"))?;
    folder.bodies = Some(BODY.replace("S000051010123", "S000051010124").replace("levels = [2, 3]", "levels = [3]"));
    let outcome = Stack::shared().process(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    // Row 2: 烹调师 3, filed; row 3: 车工 2, not filed; row 4: 车工 3, filed.
    assert_eq!(outcome.column("sealed_by"), ["", "四川省职业技能鉴定指导中心", ""]);
    assert_consecutive(&outcome, "S000051010124223J");
    assert_consecutive(&outcome, "S000051009999222J");
    Ok(())
}

#[test]
fn clause_4_2_a_city_contest_counts_under_its_own_code() -> Result<()> {
    let mut folder = Folder::with_winners(2)?;
    folder.of_city("01");
    let outcome = Stack::shared().process(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_consecutive(&outcome, "S000051019999223J");
    assert_eq!(outcome.column("sealed_by"), ["成都市职业技能鉴定指导中心"; 2]);
    assert!(outcome.report["unconfirmed"].as_array().is_some_and(|gaps| gaps.contains(&"G22".into())), "{}", outcome.report);
    Ok(())
}

#[test]
fn clause_1_qualification_and_specific_ability_rows_are_recorded_without_a_code() -> Result<()> {
    let mut folder = Folder::with_winners(3)?;
    folder.rows.truncate(1);
    folder.rows.push(row(&folder.person(1), "消防技能", "四级/中级工", "银奖"));
    folder.rows.push(row(&folder.person(2), "川剧妆造", "专项职业能力", "银奖"));
    let outcome = Stack::shared().process(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(outcome.column("certificate_type"), ["职业技能等级证书", "职业资格证书", "专项职业能力证书"]);
    assert_eq!(outcome.column("status"), ["已打印", "已登记", "已登记"]);
    assert_eq!(outcome.column("code")[1..], ["", ""]);
    assert_eq!(outcome.column("issuing_body")[1..], ["四川省样例行业协会", "四川省职业技能鉴定指导中心"]);
    // The number of the qualification certificate is somebody else's; it is entered.
    let id = outcome.report["application"].as_str().context("application")?;
    let stack = Stack::shared();
    assert!(stack.run(&["record", id, "3", "2251000000300001"])?.status.success());
    assert_eq!(stack.run(&["record", id, "2", "2251000000300001"])?.status.code(), Some(2), "row 2 has a code of its own");
    let client = Client::of(&stack)?;
    let listed = client.call(Some(&client.token("unit", "unit-1")?), "GET", &format!("/v1/applications/{id}/certificates"), None)?.1;
    assert_eq!(listed["certificates"][1]["external_number"], "2251000000300001");
    Ok(())
}

#[test]
fn a_photo_is_found_by_name_or_by_id_number() -> Result<()> {
    let mut folder = Folder::with_winners(2)?;
    folder.set(0, Field::Photo, "first.jpg");
    folder.write()?;
    let jpeg = workflow_tests::folder::jpeg();
    folder.write_photos(&[("first.jpg", &jpeg), (&format!("{}.jpg", folder.person(1).id_number), &jpeg)])?;
    let outcome = Stack::shared().process_as_is(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for line in &outcome.lines {
        let pdf = std::fs::read(folder.out().join(&line["pdf"]))?;
        assert!(pdf.windows(jpeg.len()).any(|window| window == jpeg), "the photo is not in the PDF as it is");
    }
    assert!(!outcome.findings().contains(&"PHOTO_MISSING".to_owned()));
    Ok(())
}

#[test]
fn the_demo_shows_whole_certificates_with_their_photos() -> Result<()> {
    let stack = Stack::own()?;
    let output = stack.run(&["demo"])?;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(stack.data().join("demo/report.json"))?)?;
    let findings = report["findings"].as_array().context("findings")?;
    assert!(findings.iter().all(|finding| !finding["code"].as_str().is_some_and(|code| code.starts_with("PHOTO"))), "{findings:?}");
    let sample = std::fs::File::open(workflow_tests::saizheng::root().join("tests/samples/hosted/photos.zip"))?;
    let mut photos = zip::ZipArchive::new(sample)?;
    // Name, level, code or number, serial, status, file; none for what others issue.
    let shown = String::from_utf8(output.stdout)?;
    let files: Vec<&str> =
        shown.lines().map(|line| line.split('\t').collect()).filter_map(|line: Vec<&str>| line.get(5).copied()).collect();
    assert_eq!(files.iter().map(|file| file.ends_with(".pdf")).collect::<Vec<_>>(), [true, true, true, true, true, true, false, true]);
    // All three types come to a list that winners sign.
    for kind in ["职业技能等级证书", "专项职业能力证书", "职业资格证书"] {
        assert!(stack.data().join(format!("demo/center-00-{kind}-领取发放清单.pdf")).is_file(), "{kind}");
    }
    for (row, file) in files.iter().enumerate().filter(|(_, file)| !file.is_empty()) {
        let mut jpeg = Vec::new();
        std::io::copy(&mut photos.by_index(row)?, &mut jpeg)?;
        let pdf = std::fs::read(file)?;
        assert!(pdf.windows(jpeg.len()).any(|window| window == jpeg), "{file} has another photo or none");
    }
    Ok(())
}

#[test]
fn rows_without_a_photo_and_photos_without_a_row_are_named() -> Result<()> {
    let mut folder = Folder::with_winners(3)?;
    folder.set(0, Field::Photo, "first.jpg");
    folder.set(2, Field::Photo, "third.jpg");
    folder.write()?;
    let (jpeg, stranger) = (workflow_tests::folder::jpeg(), format!("{}.jpg", workflow_tests::people::person(999_999).id_number));
    folder.write_photos(&[("照片/first.jpg", &jpeg), (&stranger, &jpeg)])?;
    let outcome = Stack::shared().process_as_is(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(outcome.cells("PHOTO_MISSING"), ["AA3", "AA4"]);
    assert_eq!(outcome.column("findings"), ["", "PHOTO_MISSING", "PHOTO_MISSING"]);
    let masked = format!("照片“{}*************{}”与模板表的任何一行都对不上", &stranger[..3], &stranger[16..]);
    assert!(outcome.stderr.contains(&masked), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains(stranger.trim_end_matches(".jpg")) && outcome.findings().contains(&"PHOTO_UNMATCHED".to_owned()));
    Ok(())
}

#[test]
fn clause_6_1_after_the_deadline_nothing_is_accepted() -> Result<()> {
    let stack = Stack::own_at("2022-08-01T00:00:01+08:00")?;
    let mut folder = Folder::with_winners(1)?;
    folder.contest = hosted_contest().replace("year = 2022", "year = 2021").replace("2022-05-28", "2021-10-20");
    let outcome = stack.process(&folder)?;
    assert_eq!(outcome.code, 2);
    assert!(outcome.findings().contains(&"DEADLINE_PASSED".to_owned()), "{:?}", outcome.findings());
    assert_eq!(outcome.column("code"), [""]);
    assert!(outcome.stderr.contains("2022年07月31日"), "{}", outcome.stderr);
    Ok(())
}

#[test]
fn clause_6_1_on_the_last_day_it_is_still_accepted() -> Result<()> {
    let stack = Stack::own_at("2022-07-31T23:50:00+08:00")?;
    let mut folder = Folder::with_winners(1)?;
    folder.contest = hosted_contest().replace("year = 2022", "year = 2021").replace("2022-05-28", "2021-10-20");
    let outcome = stack.process(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    Ok(())
}

#[test]
fn several_commands_share_one_system_and_no_number_is_given_twice() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| stack.process(&Folder::with_winners(6)?))).collect();
        runs.into_iter().map(|run| run.join().map_err(|_| anyhow::anyhow!("panicked"))?).collect::<Result<_>>()
    })?;
    let mut codes: Vec<&str> = outcomes.iter().flat_map(|outcome| outcome.column("code")).collect();
    let mut serials: Vec<&str> = outcomes.iter().flat_map(|outcome| outcome.column("serial")).collect();
    codes.sort_unstable();
    serials.sort_unstable();
    let expected: Vec<String> = [2, 3].iter().flat_map(|level| (1..=12).map(move |n| format!("S00005100999922{level}J{n:05}"))).collect();
    assert_eq!(codes, expected);
    assert_eq!(serials.len(), 24);
    serials.dedup();
    assert_eq!(serials.len(), 24, "a serial was used twice");
    Ok(())
}

#[test]
fn advice_stands_in_the_report_and_keeps_nobody_out() -> Result<()> {
    let mut folder = Folder::with_winners(4)?;
    // Rows 3 and 4 compete in 数控车.
    folder.set(1, Field::Award, "第一名");
    folder.set(2, Field::Award, "第一名");
    folder.set(0, Field::Award, "优秀");
    folder.set(2, Field::PriorLevel, "三级/高级工");
    folder.set(2, Field::PriorNumber, "12345");
    let outcome = Stack::shared().process(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for (code, cell) in [("RANK_SHARED", "T4"), ("RANK_UNREADABLE", "T2"), ("LEVEL_HELD", "N4"), ("PRIOR_ODD", "Z4")] {
        assert_eq!(outcome.cells(code), [cell], "{code}: {:?}", outcome.findings());
    }
    assert_eq!(outcome.column("status"), ["已打印"; 4]);
    Ok(())
}

#[test]
fn clause_2_6_2_winners_of_an_earlier_stage_and_past_the_commended_number_are_kept_out() -> Result<()> {
    let mut folder = Folder::with_winners(6)?;
    folder.contest = hosted_contest().replace("job = \"数控车工\"", "job = \"数控车工\"\nwinners = 3");
    folder.set(0, Field::Award, "初赛第一名");
    let outcome = Stack::shared().process(&folder)?;
    assert_eq!(outcome.code, 2);
    assert_eq!(outcome.cells("FINALS_ONLY"), ["T2"]);
    // 数控车 has rows 3, 4, 6 and 7.
    assert_eq!(outcome.cells("WINNERS_EXCEEDED"), ["Q7"]);
    Ok(())
}

#[test]
fn what_was_put_right_goes_into_the_same_application_and_the_command_finds_every_ready_made_units() -> Result<()> {
    let stack = Stack::shared();
    let mut folder = Folder::with_winners(2)?;
    let name = folder.person(1).name;
    folder.set(1, Field::Name, "");
    let refused = stack.process(&folder)?;
    let id = refused.report["application"].as_str().context("an application")?.to_owned();
    assert!(refused.code == 2 && refused.stderr.contains("再次运行 saizheng process"), "{}", refused.stderr);
    folder.set(1, Field::Name, &name);
    let served = stack.process(&folder)?;
    assert_eq!((served.code, served.report["application"].as_str()), (0, Some(id.as_str())), "{}", served.stderr);
    let client = Client::of(&stack)?;
    let other = Case::create_as(&client, &folder, client.token("unit", "unit-2")?)?;
    let shown = stack.run(&["show", &other.id])?;
    assert_eq!(shown.status.code(), Some(0), "{}", String::from_utf8_lossy(&shown.stderr));
    let nobodys = stack.run(&["show", "aaaaaaaaaaaaaaaa"])?;
    assert_eq!(nobodys.status.code(), Some(2), "{}", String::from_utf8_lossy(&nobodys.stderr));
    Ok(())
}

#[test]
fn a_folder_processed_twice_takes_up_its_application_and_keeps_its_result() -> Result<()> {
    let stack = Stack::shared();
    let mut folder = Folder::with_winners(3)?;
    // One row is approved against advice (附件备注1): the second time it stays approved, with its reason.
    folder.set(2, Field::PriorLevel, "三级/高级工");
    folder.set(2, Field::PriorNumber, "12345");
    let first = stack.process(&folder)?;
    assert_eq!(first.code, 0, "{}", first.stderr);
    let id = first.report["application"].as_str().context("application")?.to_owned();
    assert!(first.stderr.contains(&id), "{}", first.stderr);
    // The very same files, and the same rows saved again.
    for again in [stack.process_as_is(&folder)?, stack.process(&folder)?] {
        assert_eq!((again.code, again.report["application"].as_str()), (0, Some(id.as_str())), "{}", again.stderr);
        for column in ["code", "status", "serial"] {
            assert_eq!(again.column(column), first.column(column), "{column}");
        }
    }
    // What comes to nothing is written beside the good result.
    folder.contest = "name = 1".to_owned();
    let refused = stack.process(&folder)?;
    assert_eq!((refused.code, refused.column("code")), (2, first.column("code")), "{}", refused.stderr);
    let beside = std::fs::read_to_string(folder.out().with_file_name("out-2").join("certificates.csv"))?;
    assert!(beside.contains("未受理") && refused.stderr.contains("out-2"), "{}", refused.stderr);
    Ok(())
}
