//! What functions take of time and memory.
//!
//! `cold start [NAME] [TIMES] [EXECUTABLE]` starts a function as Lambda does and waits until it asks for its first event. Secrets are
//! answered at once, so what is measured is the function's own. The executable is the local build's unless told otherwise. `cold run WINNERS` takes an application with photos of 40 to
//! 100 KB through a new local stack, and says the most memory that each function's processes ever held.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use workflow_tests::folder::{Folder, jpeg};
use workflow_tests::saizheng::{Stack, root};

/// 32 bytes as base64: any key will do.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[expect(clippy::print_stdout, reason = "a tool at the terminal")]
fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("run") {
        return run(arguments.next().map_or(Ok(1000), |winners| winners.parse())?);
    }
    let name = arguments.next().unwrap_or_else(|| "print".to_owned());
    let times: usize = arguments.next().map_or(Ok(11), |times| times.parse())?;
    let executable = arguments.next().map_or_else(|| root().join("target/release/bootstrap"), PathBuf::from);
    let mut starts: Vec<(Duration, usize)> = (0..times).map(|_| start(&executable, &name)).collect::<Result<_>>()?;
    starts.sort();
    let (median, least) = (starts[starts.len() / 2], starts[0]);
    println!("{name}: ready after {} ms (median of {times}; least {}), {} MiB", median.0.as_millis(), least.0.as_millis(), median.1);
    Ok(())
}

/// From the start to the first question for an event; and the most memory until then, MiB.
fn start(executable: &Path, name: &str) -> Result<(Duration, usize)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let started = Instant::now();
    let mut command = Command::new(executable);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("_HANDLER", name);
    command.env("AWS_LAMBDA_RUNTIME_API", address.to_string()).env("AWS_ENDPOINT_URL", format!("http://{address}"));
    for (name, value) in [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "000000000000"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_LAMBDA_FUNCTION_NAME", "cold"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "cold"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "cold"),
        ("TABLE", "none"),
        ("BUCKET", "none"),
        ("VERIFY_URL", "http://127.0.0.1/"),
        ("VERIFY_WINDOW_SECONDS", "600"),
        ("VERIFY_PER_CLIENT", "60"),
        ("VERIFY_PER_CODE", "10"),
        ("VERIFY_PACE_MS", "800"),
        ("ARCHIVE_LOCK", "NONE"),
        ("SIGNING_KEY", "/key"),
        ("QUEUE_URL", "http://127.0.0.1/q"),
        ("VALIDATE_PER_UNIT", "4"),
    ] {
        command.env(name, value);
    }
    command.env("FONT_DIR", root().join("infra/fonts/layer/fonts"));
    let mut child = command.spawn().with_context(|| name.to_owned())?;
    let ready = wait(&listener, &mut child, started);
    child.kill()?;
    child.wait()?;
    ready
}

fn wait(listener: &TcpListener, child: &mut Child, started: Instant) -> Result<(Duration, usize)> {
    loop {
        let (stream, _) = listener.accept()?;
        let (line, body) = request(&stream)?;
        if line.contains("/invocation/next") {
            return Ok((started.elapsed(), peak(child.id())?));
        }
        let answer =
            if body.contains("\"Name\"") { format!(r#"{{"Parameter":{{"Name":"/key","Value":"{KEY}"}}}}"#) } else { "{}".to_owned() };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close";
        write!(&stream, "{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len())?;
    }
}

/// The first line of a request, and its body.
fn request(stream: &TcpStream) -> Result<(String, String)> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((first, String::from_utf8_lossy(&body).into_owned()))
}

#[expect(clippy::print_stdout, reason = "a tool at the terminal")]
fn run(winners: usize) -> Result<()> {
    let stack = Stack::own()?;
    let folder = Folder::with_winners(winners)?;
    folder.write()?;
    let photos: Vec<(String, Vec<u8>)> =
        (0..winners).map(|n| (format!("{}.jpg", folder.person(n).id_number), photo((40 + n * 37 % 60) * 1024))).collect();
    let files: Vec<(&str, &[u8])> = photos.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    folder.write_photos(&files)?;
    let started = Instant::now();
    let outcome = stack.process_as_is(&folder)?;
    ensure!(outcome.code == 0, "{}", outcome.stderr);
    println!("{winners} winners with photos in {} s", started.elapsed().as_secs());
    for pid in stack.functions()? {
        let environment = std::fs::read(format!("/proc/{pid}/environ"))?;
        let environment = String::from_utf8_lossy(&environment).into_owned();
        let name = environment.split('\0').find_map(|variable| variable.strip_prefix("AWS_LAMBDA_FUNCTION_NAME=")).unwrap_or_default();
        println!("{name}: {} MiB", peak(pid)?);
    }
    Ok(())
}

/// The test photo, made as long as that by segments that decoders skip.
fn photo(bytes: usize) -> Vec<u8> {
    let jpeg = jpeg();
    let (head, rest) = jpeg.split_at(2);
    let mut longer = head.to_vec();
    while longer.len() + rest.len() < bytes {
        // The length counts itself.
        let length = (bytes - longer.len() - rest.len()).clamp(4, 60_000) as u16;
        longer.extend([0xFF, 0xEF]);
        longer.extend(length.to_be_bytes());
        longer.extend((2..length).map(|i| (i.wrapping_mul(31) >> 3) as u8 & 0x7F));
    }
    longer.extend(rest);
    longer
}

fn peak(pid: u32) -> Result<usize> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? >> 10)
}
