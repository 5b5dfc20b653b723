//! The workspace itself: what its manifests leave out.

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
