//! Names and numbers of people: asked for, so that they need not stand where the system lists its processes.

use std::io::{BufRead, IsTerminal as _, Write as _};

use anyhow::Result;

use crate::mistake::mistake;

/// What stands for “read it”.
const READ: &str = "-";

/// What was given; where that is nothing or `-`, a line of the standard input, which a terminal is asked for.
pub(crate) fn wanted(given: Option<&str>, what: &str) -> Result<String> {
    match given {
        Some(text) if text != READ => Ok(text.to_owned()),
        _ => prompted(what),
    }
}

/// The same of what may be left out: only `-` asks.
pub(crate) fn optional(given: Option<&str>, what: &str) -> Result<Option<String>> {
    given.map(|text| wanted(Some(text), what)).transpose()
}

fn prompted(what: &str) -> Result<String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let mut terminal = std::io::stderr();
        let _ = write!(terminal, "{what}：").and_then(|()| terminal.flush());
    }
    line(&mut stdin.lock(), what)
}

fn line(input: &mut impl BufRead, what: &str) -> Result<String> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    match line.trim() {
        "" => Err(mistake(format!("没有读到{what}：请写在标准输入里，每项一行"))),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_a_line_of_its_own() {
        let mut input = "张样例\r\n 某号 \n\n".as_bytes();
        assert_eq!(line(&mut input, "姓名").expect("a name"), "张样例");
        assert_eq!(line(&mut input, "证件号码").expect("a number"), "某号");
        assert!(line(&mut input, "代领人").expect_err("nothing").to_string().contains("代领人"));
        assert_eq!(wanted(Some("李样例"), "姓名").expect("given"), "李样例");
        assert_eq!(optional(None, "姓名").expect("left out"), None);
    }
}
