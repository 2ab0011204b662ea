//! Every seed, and every input that once failed, in all targets' own code.

use std::path::{Path, PathBuf};

use super::TARGETS;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(name)
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<PathBuf> = entries.map(|it| it.expect("an entry").path()).collect();
    names.sort();
    names
}

#[test]
fn every_target_has_a_program_and_seeds() {
    let mut programs: Vec<String> = names(&folder("fuzz_targets"))
        .iter()
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    programs.sort();
    assert_eq!(programs, TARGETS.map(|(name, _)| name));
    let manifest = std::fs::read_to_string(folder("Cargo.toml")).expect("the manifest");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(!names(&folder("seeds").join(name)).is_empty(), "{name}");
    }
}

#[test]
fn every_seed_keeps_the_promises() {
    for (name, run) in TARGETS {
        for seed in names(&folder("seeds").join(name)) {
            println!("{}", seed.display());
            run(&std::fs::read(&seed).expect("a seed"));
        }
    }
}
