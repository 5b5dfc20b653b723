//! The command step by step: what it says when a step is done, and when it is not the time for it.

use std::fs;
use std::process::Output;

use anyhow::{Context, Result};
use rules::values::vocabulary::Field;
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Stack, read_csv, run_alone, run_alone_into};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a step that must end with `code`; what it said.
fn step(stack: &Stack, code: i32, arguments: &[&str]) -> Result<String> {
    let output = stack.run(arguments)?;
    let said = said(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(code == 1 || !said.contains("系统出错"), "{arguments:?}: {said}");
    Ok(said)
}

fn submitted(stack: &Stack, folder: &Folder) -> Result<String> {
    folder.write()?;
    let output = stack.run(&["submit", &folder.path().to_string_lossy()])?;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[test]
fn every_step_says_what_it_came_to_and_none_is_done_out_of_turn() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let folder = Folder::with_winners(3)?;
    let id = submitted(&stack, &folder)?;
    for wrong in [&["qualify", &id][..], &["print", &id]] {
        assert!(step(&stack, 2, wrong)?.contains("已提交"), "{wrong:?}");
    }
    assert!(step(&stack, 0, &["list", "--as", "center-00", "--status", "已提交"])?.contains(&id));
    assert!(!step(&stack, 0, &["list", "--status", "已审核"])?.contains(&id));
    assert!(step(&stack, 0, &["authorise", &id])?.contains("center-00"));
    for wrong in [&["authorise", &id][..], &["return", &id, "--reason", "补正"], &["print", &id]] {
        assert!(step(&stack, 2, wrong)?.contains("已授权"), "{wrong:?}");
    }
    let qualified = step(&stack, 0, &["qualify", &id, "--refuse", "3=年龄不符"])?;
    assert!(qualified.contains("赋码 2 个") && qualified.contains("不予通过 1 人") && qualified.contains("S000051009999223J00001"));
    for late in [&["withdraw", &id, "--reason", "名单有误"][..], &["delete", &id]] {
        assert!(step(&stack, 2, late)?.contains("已审核"), "{late:?}");
    }
    let listed = |more: &[&str]| Ok::<_, anyhow::Error>(step(&stack, 0, &[&["list", "--as", "center-00"], more].concat())?.contains(&id));
    assert!(listed(&["--task", "待打印"])? && listed(&["--waiting-days", "0"])?);
    assert!(!listed(&["--task", "archive"])? && !listed(&["--waiting-days", "1"])?);
    assert!(step(&stack, 64, &["list", "--task", "待付款"])?.contains("待申报上网"));
    assert!(step(&stack, 0, &["reveal", &id, "2", "--reason", "与证件原件核对"])?.contains(&folder.person(0).id_number));
    step(&stack, 0, &["sheets", "receive", "JN00000001-JN00000040"])?;
    let printed = step(&stack, 0, &["print", &id, "--reason", "照片由本机构粘贴"])?;
    assert!(printed.contains("JN00000001 至 JN00000002") && printed.contains("runs/center-00-职业技能等级证书-001.pdf"), "{printed}");

    assert_eq!(step(&stack, 0, &["status", &id])?, step(&stack, 0, &["show", &id])?);
    // Every row of the roster has its state, the refused one included.
    let out = stack.data().join("fetched");
    let fetch = ["fetch", &id, "--out", &out.to_string_lossy()];
    step(&stack, 0, &fetch)?;
    let status = |row: usize| -> Result<String> {
        Ok(read_csv(&out.join("certificates.csv"))?.get(row - 2).and_then(|line| line.get("status")).context("a row")?.clone())
    };
    assert_eq!((status(2)?, status(3)?, status(4)?), ("已打印".to_owned(), "未通过（年龄不符）".to_owned(), "已打印".to_owned()));
    assert_eq!(read_csv(&out.join("certificates.csv"))?[1]["findings"], "ROW_REFUSED");
    assert!(std::fs::read_to_string(out.join("report.json"))?.contains("资格审核未通过：年龄不符"));
    let code = read_csv(&out.join("certificates.csv"))?[2]["code"].clone();
    step(&stack, 0, &["certificate", "revoke", &code, "--reason", "成绩作废", "--old-sheet", "voided"])?;
    let code = read_csv(&out.join("certificates.csv"))?[0]["code"].clone();
    step(&stack, 0, &["certificate", "request-correction", &code, "--reason", "等级有误", "--level", "4", "--old-sheet", "voided"])?;
    let waiting = step(&stack, 0, &["corrections", "list"])?;
    let number = waiting.lines().find(|line| line.starts_with(&id)).and_then(|line| line.split('\t').nth(1)).context("a request")?;
    assert!(step(&stack, 0, &["corrections", "approve", &id, number])?.contains(&code));
    step(&stack, 2, &["corrections", "reject", &id, number, "--reason", "不符"])?;
    step(&stack, 0, &fetch)?;
    assert!(status(2)?.contains("已更正") && status(2)?.contains(&code), "{}", status(2)?);
    assert_eq!(status(4)?, "已注销（成绩作废）");
    Ok(())
}

#[test]
fn what_was_handed_in_by_mistake_is_taken_back_and_deleted() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let id = submitted(&stack, &Folder::with_winners(1)?)?;
    assert!(step(&stack, 2, &["delete", &id])?.contains("saizheng withdraw"));
    assert!(step(&stack, 0, &["withdraw", &id, "--reason", "重复申报"])?.contains("已撤回"));
    assert!(step(&stack, 2, &["withdraw", &id, "--reason", "重复申报"])?.contains("已退回"));
    assert!(step(&stack, 0, &["delete", &id])?.contains("已删除"));
    assert!(step(&stack, 2, &["show", &id])?.contains(&id));
    assert!(!step(&stack, 0, &["list"])?.contains(&id));
    assert!(step(&stack, 0, &["audit"])?.contains("0 处不符"));
    Ok(())
}

#[test]
fn a_result_that_nobody_can_write_is_said_with_its_place() -> Result<()> {
    let full = run_alone_into(&["key", "--new"], fs::OpenOptions::new().write(true).open("/dev/full")?)?;
    assert_eq!(full.status.code(), Some(1));
    assert!(said(&full).contains("磁盘已满，没有写入：标准输出"), "{}", said(&full));
    // Who reads no more has what it wanted.
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    let closed = run_alone_into(&["key", "--new"], writer)?;
    assert_eq!(closed.status.code(), Some(0), "{}", said(&closed));
    let folder = std::env::temp_dir().join(format!("saizheng-command-{}", std::process::id()));
    let nowhere = folder.join("none/roster.xlsx");
    let told = run_alone(&["template", "--out", &nowhere.to_string_lossy()])?;
    assert_eq!(told.status.code(), Some(1));
    assert_eq!(said(&told).trim(), format!("没有这个文件或文件夹：{}", nowhere.display()));
    Ok(())
}

#[test]
fn the_roster_comes_back_with_its_faults_marked() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let mut folder = Folder::with_winners(2)?;
    folder.set(0, Field::Phone, "1");
    folder.write()?;
    for name in ["report.xlsx", "report-2.xlsx"] {
        let output = stack.run(&["submit", &folder.path().to_string_lossy()])?;
        let path = folder.path().join(name);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(&*path.to_string_lossy()) && fs::read(&path)?.starts_with(b"PK"), "{}", said(&output));
    }
    Ok(())
}

#[test]
fn what_there_is_not_is_an_error_of_one_kind_everywhere() -> Result<()> {
    let stack = Stack::own()?;
    let mistyped = stack.run(&["list"])?;
    assert_eq!(mistyped.status.code(), Some(2), "{}", said(&mistyped));
    assert!(said(&mistyped).contains("--data") && !stack.data().join("servers.json").exists());
    stack.up()?;
    let out = stack.data().join("fetched");
    let id = "aaaaaaaaaaaaaaaa";
    for command in [
        &["show", id][..],
        &["authorise", id],
        &["qualify", id],
        &["print", id],
        &["return", id, "--reason", "补正"],
        &["withdraw", id, "--reason", "名单有误"],
        &["delete", id],
        &["explain", id, "2"],
        &["record", id, "2", "1"],
        &["fetch", id, "--out", &out.to_string_lossy()],
        &["archive", "make", id],
        &["hand-out", "list", id, "--out", &out.to_string_lossy()],
    ] {
        let said = step(&stack, 2, command)?;
        assert!(said.contains(id), "{command:?}: {said}");
    }
    assert_eq!(stack.run(&["show"])?.status.code(), Some(64), "a command that is not written as its help says");
    let token = stack.run(&["token", "center", "00", "--person", "2"])?;
    assert_eq!(String::from_utf8_lossy(&token.stdout).trim().split('.').count(), 3, "{}", said(&token));
    Ok(())
}
