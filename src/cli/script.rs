//! The script in which a command writes Chinese: simplified, or traditional for readers in Taiwan and Hong Kong.
//!
//! It is chosen once, when the command starts, and applies to the program's own texts. What logs, paths and users say is
//! shown as it is. The pages of a daemon do not depend on it.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::catalog::traditional;

static TRADITIONAL: AtomicBool = AtomicBool::new(false);

/// Chooses the script.
pub fn choose(is_traditional: bool) {
    TRADITIONAL.store(is_traditional, Ordering::Relaxed);
}

/// Whether Chinese is written in traditional characters.
pub fn is_traditional() -> bool {
    TRADITIONAL.load(Ordering::Relaxed)
}

/// A text of the program in the script.
pub fn own(text: &'static str) -> &'static str {
    match is_traditional() {
        true => traditional::own(text),
        false => text,
    }
}

/// A text of the program that was put together, in the script.
pub fn shown(text: &str) -> Cow<'_, str> {
    match is_traditional() {
        true => traditional::convert(text).into(),
        false => text.into(),
    }
}
