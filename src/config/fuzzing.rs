//! Any text as a configuration file.

use super::load::{parse, parse_policy};

/// The bytes as a configuration file and as a policy file. An error names the file, and its place is in the text.
///
/// # Panics
///
/// If an error does not.
pub fn config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let errors = [
        parse("c.yml", text).err(),
        parse_policy("c.yml", text).err(),
    ];
    for error in errors.into_iter().flatten() {
        if let Some((line, _)) = error.position {
            let lines = text
                .split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
                .count() as u64;
            assert!((1..=lines + 1).contains(&line), "{error}");
        }
        let message = error.to_string();
        assert!(message.starts_with("c.yml"), "{message}");
    }
}
