//! Prints `docs/FINDINGS.md`.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() {
    print!("{}", rules::values::finding::table());
}
