//! Converts the catalog, its commands and the alert policy from TOML, which people edit, to JSON, which the program parses at
//! every start in a tenth of the time. And says from which revision, by which compiler and for which target the program is
//! built.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    // `#[cfg_attr(hot_path, inline(always))]` marks the functions that the compiler must inline so that reading a
    // line costs no call. `cargo bench --bench parser` measures what it brings: take this line out to compare.
    println!("cargo:rustc-cfg=hot_path");
    println!("cargo:rustc-check-cfg=cfg(hot_path)");
    for (name, value) in [
        ("MAILLOG_BUILD_REVISION", revision()),
        ("MAILLOG_BUILD_RUSTC", rustc_version()),
        (
            "MAILLOG_BUILD_TARGET",
            env::var("TARGET").unwrap_or_default(),
        ),
    ] {
        println!("cargo::rustc-env={name}={value}");
    }
    let out_dir = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    for name in ["catalog", "commands", "policy"] {
        let path = format!("src/catalog/{name}.toml");
        println!("cargo::rerun-if-changed={path}");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let value: toml::Value =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let json = serde_json::to_string(&value).expect("every TOML value has a JSON form");
        let json_path = Path::new(&out_dir).join(name).with_extension("json");
        fs::write(json_path, json).expect("OUT_DIR is writable");
    }
}

/// The revision of the source: what `MAILLOG_REVISION` says; else that of the archive from crates.io or from `git archive`;
/// else that of the git repository, for release builds only, because others would be compiled again with every commit.
fn revision() -> String {
    println!("cargo::rerun-if-env-changed=MAILLOG_REVISION");
    let given = env::var("MAILLOG_REVISION").unwrap_or_default();
    let revision = Some(given.trim().to_owned())
        .filter(|given| !given.is_empty())
        .or_else(revision_of_crate)
        .or_else(revision_of_archive);
    if let Some(revision) = revision {
        return revision;
    }
    if env::var("PROFILE").as_deref() != Ok("release") {
        return "development".to_owned();
    }
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    revision_of_repository().unwrap_or_else(|| format!("v{version}-source"))
}

/// The revision that `cargo package` stores in the archive for crates.io.
fn revision_of_crate() -> Option<String> {
    let text = read(".cargo_vcs_info.json")?;
    let info: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(info["git"]["sha1"].as_str()?.to_owned())
}

/// The revision that `git archive` puts in place of the words in this file.
fn revision_of_archive() -> Option<String> {
    let revision = read("packaging/revision")?.trim().to_owned();
    let is_hash = !revision.is_empty() && revision.bytes().all(|it| it.is_ascii_hexdigit());
    is_hash.then_some(revision)
}

/// The commit of the git repository that this folder is the top of.
fn revision_of_repository() -> Option<String> {
    let folder = fs::canonicalize(env::var_os("CARGO_MANIFEST_DIR")?).ok()?;
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if fs::canonicalize(top).ok()? != folder {
        return None;
    }
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", name]) {
            watch(&path);
        }
    }
    git(&["rev-parse", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

/// The version of the compiler, such as `1.89.0`.
fn rustc_version() -> String {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler).arg("--version").output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
    let text = text.unwrap_or_default();
    text.split(' ').nth(1).unwrap_or("unknown").to_owned()
}

/// A file that may be missing; if it changes, this script runs again.
fn read(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    watch(path);
    Some(text)
}

/// Runs this script again if a file changes. A file that does not exist would count as changed at every build.
fn watch(path: &str) {
    if Path::new(path).exists() {
        println!("cargo::rerun-if-changed={path}");
    }
}
