//! The logs that are followed if neither the command line nor a configuration file names any.

use std::path::Path;

/// Where mail servers and syslog daemons write by default.
pub const PATHS: [&str; 9] = [
    "/var/log/mail.log",
    "/var/log/maillog",
    "/var/log/mail",
    "/var/log/mail/mail.log",
    "/var/log/exim4/mainlog",
    "/var/log/exim/mainlog",
    "/var/log/exim/main.log",
    "/var/log/exim_mainlog",
    "/var/log/postfix.log",
];

/// Those of them that exist.
pub fn existing() -> impl Iterator<Item = &'static str> {
    PATHS.into_iter().filter(|path| Path::new(path).is_file())
}
