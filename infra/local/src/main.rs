//! `saizheng`: the same template on one machine, and every step of an application as a command.
//!
//! What belongs here: setting up, starting and stopping the local stack, and a client of the HTTP API and S3. What
//! does not: any rule. The commands speak to the system through its API alone, so they serve a deployed one too.

mod accounts;
mod api;
mod archive;
mod ask;
mod authorisation;
mod blocked;
mod bulk;
mod change_list;
mod changes;
mod checkout;
mod choose;
mod cli;
mod conclude;
mod day;
mod decide;
mod demo;
mod deploy;
mod deployed;
mod emulator;
mod entry;
mod findings;
mod folder;
mod fonts;
mod granting;
mod grants;
mod hand_out;
mod hand_out_file;
mod issuer;
mod key;
mod local;

mod looking;
mod lookup;
mod lots;
mod mistake;
mod notices;
mod numbers;
mod originals;
mod output;
mod peer;
mod plain;
mod policies;
mod printers;
mod private;
mod process;
mod progress;
mod publication;
mod remote;
mod restore;
mod results;
mod rulebook;
mod secret;
mod serve;
mod setup;
mod sheets;
mod shown;
mod stack;
mod statistics;
mod steps;
mod supervision;
mod table;
mod template;
mod tool;
mod usage;
mod zip_file;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::OnceLock;

#[tokio::main]
async fn main() -> ExitCode {
    // ring, so that no second cryptography library is built beside the SDK's. Only fails if one is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = match cli::read() {
        Ok(cli) => cli,
        // Help and version are no errors. A reader that has gone away needs neither.
        Err(error) if !error.use_stderr() => {
            let _ = write!(std::io::stdout(), "{}", usage::help(&error));
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            cli::tell_usage(&error);
            return ExitCode::from(mistake::USAGE);
        }
    };
    let code = match cli::run(cli).await {
        Ok(code) => code,
        Err(error) => mistake::told(&error),
    };
    lost(std::io::stdout().flush());
    LOST.get().map_or(code, mistake::lost_output)
}

/// Why a result did not reach the standard output, if it did not.
static LOST: OnceLock<std::io::Error> = OnceLock::new();

fn lost(written: std::io::Result<()>) {
    match written {
        // `saizheng list | head` is no failure: the reader has what it wanted.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => _ = LOST.set(error),
        _ => {}
    }
}

/// A line for the person at the terminal.
fn say(line: &str) {
    // Whoever closed the terminal reads nothing: no reason to end in the middle of the work.
    let _ = writeln!(std::io::stderr(), "{}", plain::line(line));
}

/// A result for a script.
fn print(line: &str) {
    lost(writeln!(std::io::stdout(), "{}", plain::line(line)));
}
