//! Names and numbers of people: asked for, so that they need not stand where the system lists its processes.

use std::fmt;
use std::io::{BufRead, IsTerminal as _, Write as _};
use std::str::FromStr;

use anyhow::Result;

use crate::mistake::mistake;

/// What stands for “read it”.
const READ: &str = "-";

/// `-` in the place of somebody's name or number: command lines are seen by others of the machine, and kept by shells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FromInput;

impl FromStr for FromInput {
    type Err = OnCommandLine;

    fn from_str(text: &str) -> Result<Self, OnCommandLine> {
        if text == READ { Ok(Self) } else { Err(OnCommandLine) }
    }
}

/// Somebody's name or number was written on the command line; which one is not said again.
#[derive(Debug)]
pub(crate) struct OnCommandLine;

impl fmt::Display for OnCommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("姓名、号码不能写在命令行上（同一台电脑的其他用户看得到，也会留在历史记录里）：请写 -，再从标准输入输入，每项一行；在终端上会逐项询问")
    }
}

impl std::error::Error for OnCommandLine {}

/// What was given; where that is `-`, a line of the standard input, which a terminal is asked for.
pub(crate) fn unless_dash(given: &str, what: &str) -> Result<String> {
    if given == READ { read(what) } else { Ok(given.to_owned()) }
}

/// What may be left out: only `-` asks.
pub(crate) fn optional(given: Option<FromInput>, what: &str) -> Result<Option<String>> {
    given.map(|FromInput| read(what)).transpose()
}

/// A line of the standard input, which a terminal is asked for.
pub(crate) fn read(what: &str) -> Result<String> {
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
        assert_eq!(unless_dash("李样例", "声明人").expect("given"), "李样例");
        assert_eq!(optional(None, "姓名").expect("left out"), None);
    }
}
