//! Why a command failed, and with which exit code.

use std::io;

use crate::yaml;

/// Why a command ended early; the kind decides the exit code.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A mistake in usage or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A mistake in a configuration or policy file: exit code 2.
    #[error("{0}")]
    File(Box<yaml::Error>),
    /// A failure at run time: exit code 1.
    #[error("{0}")]
    Runtime(String),
    /// A failure that the output has described: exit code 1, without a message.
    #[error("see the output")]
    Reported,
    /// Standard output was closed by its reader (`| head`): not reported, exit code 0.
    #[error("output closed")]
    OutputClosed,
}

/// A failure to write to standard output. Errors of reading are `Runtime` with the file's name.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Error::OutputClosed,
            _ => Error::Runtime(format!("cannot write the output: {error}")),
        }
    }
}

/// A mistake in a configuration or policy file.
impl From<yaml::Error> for Error {
    fn from(error: yaml::Error) -> Self {
        Error::File(Box::new(error))
    }
}

impl Error {
    /// A failure of the operating system while a command starts.
    pub fn cannot_start(error: io::Error) -> Self {
        Error::Runtime(format!("cannot start: {error}"))
    }
}
