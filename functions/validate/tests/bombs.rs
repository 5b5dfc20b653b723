//! Small files that cost much to look at: a few of those that `--example bombs` makes by the hundred thousand.

use std::path::Path;
use std::time::{Duration, Instant};

use validate::Judge;

#[path = "../examples/bombs/made.rs"]
mod made;

/// What judging may take at most, above what the process has before the first input, making the inputs included.
const MAX_KIB: u64 = 256 << 10;

/// D.2: whatever is handed in is judged, within seconds and a bounded memory, and the process lives on.
#[test]
fn bombs_are_judged_in_bounded_time_and_memory() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contest = std::fs::read_to_string(folder.join("tests/samples/hosted/contest.toml")).expect("the sample");
    let fonts = certificate::Fonts::load(&folder.join("infra/fonts/layer/fonts"));
    let fonts = fonts.expect("fonts: run `cargo run --release -- setup` first");
    let judge = Judge::new(toml::from_str(&contest).expect("a contest"), fonts).expect("what ships");
    let maker = made::Maker::new(1).expect("a maker");
    let before = status("VmRSS");
    for at in 0..150 {
        let (material, bytes) = maker.input(at);
        let begun = Instant::now();
        let findings = judge.findings(material, &bytes).expect("a marked workbook").expect("a material of the notice");
        assert!(findings.iter().all(|finding| !finding.message.is_empty()));
        assert!(begun.elapsed() < Duration::from_secs(30), "input {at} took {:?}", begun.elapsed());
        let taken = status("VmHWM") - before;
        assert!(taken <= MAX_KIB, "input {at}: {taken} KiB");
    }
}

/// A figure of this process, in KiB.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("the process");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect(name);
    line.trim().trim_end_matches(" kB").parse().expect(name)
}
