//! Turns the catalog and the alert policy, which are TOML for the people who write them, into JSON,
//! which the program reads in a tenth of the time: every command does so at its start.

use std::{env, fs, path::Path};

fn main() {
    let folder = env::var_os("OUT_DIR").expect("cargo gives build scripts a folder");
    for name in ["catalog", "policy"] {
        let path = format!("src/catalog/{name}.toml");
        println!("cargo::rerun-if-changed={path}");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let value: toml::Value =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let json = serde_json::to_string(&value).expect("TOML's values are JSON's");
        let json_path = Path::new(&folder).join(name).with_extension("json");
        fs::write(json_path, json).expect("the folder can be written");
    }
}
