//! `saizheng`: the same template on one machine, and every step of an application as a command.
//!
//! What belongs here: setting up, starting and stopping the local stack, and a client of the HTTP API and S3. What
//! does not: any rule. The commands speak to the system through its API alone, so they serve a deployed one too.

mod accounts;
mod api;
mod archive;
mod checkout;
mod cli;
mod conclude;
mod demo;
mod deploy;
mod emulator;
mod folder;
mod fonts;
mod hand_out;
mod issuer;
mod key;
mod life;
mod lookup;
mod output;
mod plain;
mod printers;
mod process;
mod publication;
mod serve;
mod setup;
mod sheets;
mod stack;
mod statistics;
mod steps;
mod template;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    // ring, so that no second cryptography library is built beside the SDK's. Only fails if one is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match cli::run(cli::Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            say(&format!("系统出错：{error:#}"));
            ExitCode::from(1)
        }
    }
}

/// A line for the person at the terminal.
#[expect(clippy::print_stderr, reason = "the terminal is this command's user interface")]
fn say(line: &str) {
    eprintln!("{}", plain::line(line));
}

/// A result for a script.
#[expect(clippy::print_stdout, reason = "the terminal is this command's user interface")]
fn print(line: &str) {
    println!("{}", plain::line(line));
}
