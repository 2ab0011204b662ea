//! A generated file.

use std::path::PathBuf;

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// The path relative to the output directory.
    pub path: PathBuf,
    /// The whole content.
    pub text: String,
}
