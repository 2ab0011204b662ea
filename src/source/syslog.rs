//! A receiver of syslog messages.

use std::io;

use super::fed::Fed;
use super::{Listener, Wake};

/// Starts listening.
///
/// # Errors
///
/// If no thread can be started.
pub(crate) fn open(
    name: String,
    listeners: &[Listener],
    cap: usize,
    wake: Wake,
) -> io::Result<Fed> {
    let _ = (name, listeners, cap, wake);
    Err(io::Error::from(io::ErrorKind::Unsupported))
}
