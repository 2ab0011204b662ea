//! The log format of sources, as `--format` gives it.

use crate::config;
use crate::parse::Format;

/// Parses the name of a log format.
///
/// # Errors
///
/// A message with the known names, if there is no such format.
pub fn parse(name: &str) -> Result<Format, String> {
    config::check_format(name).map_err(|(problem, hint)| format!("{problem}; {hint}"))
}
