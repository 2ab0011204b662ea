//! The logs that are followed if neither the command line nor a configuration file names any.

use std::path::Path;

use crate::parse::Mta;

/// Where syslog daemons write mail logs by default.
const SYSLOG: [&str; 4] = [
    "/var/log/mail.log",
    "/var/log/maillog",
    "/var/log/mail",
    "/var/log/mail/mail.log",
];

/// Where syslog daemons and mail servers write by default.
pub fn paths() -> impl Iterator<Item = &'static str> {
    let servers = Mta::ALL.into_iter().flat_map(|mta| mta.default_logs());
    SYSLOG.into_iter().chain(servers.copied())
}

/// Those of them that exist.
pub fn existing() -> impl Iterator<Item = &'static str> {
    paths().filter(|path| Path::new(path).is_file())
}
