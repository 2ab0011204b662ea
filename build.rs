//! Converts the catalog, its commands and the alert policy from TOML, which people edit, to JSON, which the program parses at
//! every start in a tenth of the time.

use std::{env, fs, path::Path};

fn main() {
    // `#[cfg_attr(hot_path, inline(always))]` marks the functions that the compiler must inline so that reading a
    // line costs no call. `cargo bench --bench parser` measures what it brings: take this line out to compare.
    println!("cargo:rustc-cfg=hot_path");
    println!("cargo:rustc-check-cfg=cfg(hot_path)");
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
