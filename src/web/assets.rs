//! The style sheet and the script of all pages. They are files of their own, so that the content security policy can
//! forbid everything that is written into a page.

use std::sync::LazyLock;

use super::response::{CSS, Content, JAVASCRIPT};
use crate::stable_hash::hash;

const STYLE: &str = include_str!("pages.css");
const SCRIPT: &str = include_str!("pages.js");

/// The path of the style sheet.
pub const STYLE_PATH: &str = "/static/pages.css";
/// The path of the script.
pub const SCRIPT_PATH: &str = "/static/pages.js";

/// The addresses of both, which change with their content, so that browsers may keep them.
pub struct Addresses {
    pub style: String,
    pub script: String,
}

/// The addresses in pages.
pub fn addresses() -> &'static Addresses {
    static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| {
        let of =
            |path: &str, content: &str| format!("{path}?v={:016x}", hash(&[content.as_bytes()]));
        Addresses {
            style: of(STYLE_PATH, STYLE),
            script: of(SCRIPT_PATH, SCRIPT),
        }
    });
    &ADDRESSES
}

/// The file at a path.
pub fn file(path: &str) -> Option<Content> {
    match path {
        STYLE_PATH => Some(Content::ok(CSS, STYLE).cacheable()),
        SCRIPT_PATH => Some(Content::ok(JAVASCRIPT, SCRIPT).cacheable()),
        _ => None,
    }
}
