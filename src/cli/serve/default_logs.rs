//! The logs that are followed if neither the command line nor a configuration file names any: files where they usually are,
//! or else the journal.

use std::path::{Path, PathBuf};

use crate::parse::Mta;
use crate::source::{Facility, Journal};

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

/// Configurations of syslog daemons, which write files.
const SYSLOG_DAEMONS: [&str; 4] = [
    "/etc/rsyslog.conf",
    "/etc/syslog-ng/syslog-ng.conf",
    "/etc/syslog.conf",
    "/etc/metalog.conf",
];

/// Where systemd keeps the journal.
const JOURNALS: [&str; 2] = ["/var/log/journal", "/run/log/journal"];

/// Units of servers that log to standard output, and so not to the facility `mail`.
const UNITS: [&str; 8] = [
    "haraka",
    "james",
    "kumomta",
    "rspamd",
    "stalwart",
    "stalwart-mail",
    "zone-mta",
    "zonemta",
];

/// The program that reads the journal.
const JOURNALCTL: &str = "journalctl";

/// The directory of `PATH` in which the program is that reads the journal.
pub fn journal_reader() -> Option<PathBuf> {
    let programs = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&programs).find(|it| it.join(JOURNALCTL).is_file())
}

/// The mail servers' records in the journal, if it can be read and this machine has no syslog daemon that writes files, which
/// may not be there yet.
pub fn journal() -> Option<Journal> {
    let exists = |path: &&str| Path::new(path).exists();
    let is_only_log = JOURNALS.iter().any(exists) && !SYSLOG_DAEMONS.iter().any(exists);
    (is_only_log && journal_reader().is_some()).then(|| Journal {
        facilities: vec![Facility::MAIL],
        units: UNITS.map(str::to_owned).into(),
        ..Journal::default()
    })
}
