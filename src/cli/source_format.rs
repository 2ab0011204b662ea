//! The log format of sources, as `--format` gives it.

use crate::config;

/// Parses the name of a log format.
///
/// # Errors
///
/// A message with the known names, if there is no such format.
pub fn parse(name: &str) -> Result<String, String> {
    match config::check_format(name) {
        Ok(()) => Ok(name.to_owned()),
        Err((problem, hint)) => Err(format!("{problem}; {hint}")),
    }
}
