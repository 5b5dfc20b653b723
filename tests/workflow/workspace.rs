//! The workspace itself: what its manifests leave out, and which room may use which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use workflow_tests::saizheng::root;

/// The manifests of all packages.
fn manifests() -> Result<Vec<PathBuf>> {
    let mut found = vec![root().join("tests/Cargo.toml")];
    for folder in ["functions", "infra"] {
        for entry in fs::read_dir(root().join(folder))? {
            found.push(entry?.path().join("Cargo.toml"));
        }
    }
    Ok(found.into_iter().filter(|manifest| manifest.exists()).collect())
}

fn sources(folder: &Path, into: &mut String) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(path)?);
        }
    }
    Ok(())
}

/// A harness that links the SDK and a run of rustdoc cost seconds each, so packages without tests leave them out; a test that
/// somebody writes there later must not be passed over.
#[test]
fn no_test_is_left_out() -> Result<()> {
    let mut left_out = 0;
    for manifest in manifests()? {
        let text = fs::read_to_string(&manifest)?;
        let folder = manifest.with_file_name(if manifest.ends_with("tests/Cargo.toml") { "support" } else { "src" });
        let mut code = String::new();
        sources(&folder, &mut code)?;
        if text.lines().any(|line| line == "test = false") {
            assert!(!code.contains("test]") && !code.contains("cfg(test)"), "{} has a test: take `test = false` away", folder.display());
            left_out += 1;
        }
        if text.lines().any(|line| line == "doctest = false") {
            let example = |line: &str| line.trim_start().starts_with("/// ```") || line.trim_start().starts_with("//! ```");
            assert!(!code.lines().any(example), "{} has an example: take `doctest = false` away", folder.display());
        }
    }
    assert!(left_out > 0, "no manifest was read");
    Ok(())
}

/// The crates, from the ground up: each uses only those of the levels before its own (docs/ARCHITECTURE.md).
const CRATES: [&[&str]; 6] = [
    &["rules", "start"],
    &["roster", "certificate", "records"],
    &["operations"],
    &[
        "archive",
        "console",
        "issue",
        "print",
        "publish",
        "reconcile",
        "register",
        "restore",
        "review",
        "tally",
        "validate",
        "verify",
        "saizheng",
    ],
    &["bootstrap"],
    &["workflow-tests"],
];

#[test]
fn no_crate_uses_one_above_it() -> Result<()> {
    let level = |name: &str| CRATES.iter().position(|level| level.contains(&name));
    for manifest in manifests()? {
        let read: toml::Table = fs::read_to_string(&manifest)?.parse()?;
        let name = read["package"]["name"].as_str().unwrap_or_default();
        let own = level(name).unwrap_or_else(|| panic!("{name} is on no level; add it to CRATES"));
        for other in read.get("dependencies").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys) {
            assert!(level(other).is_none_or(|other| other < own), "{name} uses {other}, which is not below it");
        }
    }
    Ok(())
}

/// The rooms of a crate, from the ground up: each uses only those before it (docs/ARCHITECTURE.md).
const ROOMS: [(&str, &[&str]); 2] = [
    ("functions/rules/src", &["values", "catalogue", "notice", "rulebook", "numbers", "intake", "issue", "sheets", "audit", "after"]),
    ("functions/records/src", &["random", "error", "keys", "store", "application", "issue", "after", "pending"]),
];

/// A crate's modules, by path from its root (`intake::row`), and what each uses of the same crate, tests left out.
fn uses(root: &Path) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut files = Vec::new();
    list(root, &mut files)?;
    let name = |path: &Path| {
        let path = path.strip_prefix(root).unwrap_or(path).with_extension("");
        let parts = path.iter().filter_map(|part| part.to_str()).filter(|part| *part != "mod");
        parts.collect::<Vec<_>>().join("::")
    };
    let modules: BTreeSet<String> = files.iter().map(|file| name(file)).collect();
    let mut found = BTreeMap::new();
    for file in &files {
        let own = name(file);
        if own == "lib" || own == "main" || own.ends_with("tests") {
            continue;
        }
        let text = fs::read_to_string(file)?;
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let used = code.split("crate::").skip(1).flat_map(named).filter_map(|path| longest(&modules, path.trim_end_matches(':')));
        found.insert(own.clone(), used.filter(|used| *used != own).collect());
    }
    Ok(found)
}

/// The paths that follow `crate::`: one, or each of a group in braces.
fn named(rest: &str) -> Vec<&str> {
    let path = |text: &'_ str| text.len() - text.trim_start_matches(|c: char| c.is_alphanumeric() || "_:".contains(c)).len();
    match rest.strip_prefix('{') {
        None => vec![&rest[..path(rest)]],
        Some(group) => {
            let (mut depth, mut from, mut all) = (0, 0, Vec::new());
            for (at, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth > 0 => depth -= 1,
                    ',' | '}' if depth == 0 => {
                        let one = group[from..at].trim_start();
                        all.push(&one[..path(one)]);
                        from = at + 1;
                        if c == '}' {
                            break;
                        }
                    }
                    _ => {}
                }
            }
            all
        }
    }
}

/// The module that a path leads into: `intake::row::Found` is of `intake::row`.
fn longest(modules: &BTreeSet<String>, path: &str) -> Option<String> {
    let mut path = path;
    loop {
        if modules.contains(path) {
            return Some(path.to_owned());
        }
        path = path.rsplit_once("::")?.0;
    }
}

fn list(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

#[test]
fn no_room_uses_one_above_it() -> Result<()> {
    for (source, rooms) in ROOMS {
        let place = |module: &str| rooms.iter().position(|room| module.split("::").next() == Some(room));
        for (module, used) in uses(&root().join(source))? {
            let own = place(&module).unwrap_or_else(|| panic!("{source}: {module} is in no room; add it to ROOMS"));
            for other in used {
                assert!(place(&other).is_some_and(|other| other <= own), "{source}: {module} uses {other}, which is above it");
            }
        }
    }
    Ok(())
}

/// Crates whose modules form no circle.
const WITHOUT_CIRCLES: [&str; 17] = [
    "functions/archive/src",
    "functions/certificate/src",
    "functions/console/src",
    "functions/issue/src",
    "functions/operations/src",
    "functions/print/src",
    "functions/publish/src",
    "functions/records/src",
    "functions/reconcile/src",
    "functions/register/src",
    "functions/review/src",
    "functions/roster/src",
    "functions/rules/src",
    "functions/tally/src",
    "functions/validate/src",
    "functions/verify/src",
    "infra/local/src",
];

/// But for a module and its children: `stock` may use `stock::ranges`, and that its parent.
#[test]
fn no_two_modules_use_each_other() -> Result<()> {
    for source in WITHOUT_CIRCLES {
        let uses = uses(&root().join(source))?;
        for module in uses.keys() {
            let (mut reached, mut next) = (BTreeSet::new(), vec![module.clone()]);
            while let Some(one) = next.pop() {
                let family = |other: &&String| !other.starts_with(&format!("{one}::")) && !one.starts_with(&format!("{other}::"));
                for other in uses.get(&one).into_iter().flatten().filter(family) {
                    assert!(other != module, "{source}: {module} uses {one} by a way round, and is used by it");
                    if reached.insert(other.clone()) {
                        next.push(other.clone());
                    }
                }
            }
        }
    }
    Ok(())
}
