//! Turns the catalog, which is TOML for the people who write it, into JSON, which the program reads
//! in a tenth of the time: every command does so at its start.

use std::{env, fs, path::Path};

const CATALOG: &str = "src/catalog/catalog.toml";

fn main() {
    println!("cargo::rerun-if-changed={CATALOG}");
    let text = fs::read_to_string(CATALOG).unwrap_or_else(|error| panic!("{CATALOG}: {error}"));
    let catalog: toml::Value =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{CATALOG}: {error}"));
    let json = serde_json::to_string(&catalog).expect("TOML's values are JSON's");
    let folder = env::var_os("OUT_DIR").expect("cargo gives build scripts a folder");
    fs::write(Path::new(&folder).join("catalog.json"), json).expect("the folder can be written");
}
