//! The configuration file as it is written: every value optional, and with its place.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::alerting::{self, RawAlerting};
use super::policy;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub web: Option<Web>,
    pub log: Option<Log>,
    pub sources: Option<Vec<Spanned<Source>>>,
    pub max_line_bytes: Option<Spanned<u64>>,
    pub time_zone: Option<Spanned<String>>,
    pub providers: Option<Vec<Spanned<Provider>>>,
    pub postfix: Option<Postfix>,
    pub state: Option<State>,
    pub alerting: Option<Spanned<RawAlerting>>,
}

/// `web:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    pub listen_addresses: Option<Spanned<Vec<Spanned<String>>>>,
    pub telemetry_path: Option<Spanned<String>>,
}

/// `log:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub level: Option<Spanned<String>>,
    pub format: Option<Spanned<String>>,
}

/// One of `sources:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub name: Option<Spanned<String>>,
    pub files: Option<Spanned<Vec<Spanned<String>>>>,
    pub containers: Option<Spanned<Vec<Spanned<String>>>>,
    pub journald: Option<Spanned<Journald>>,
    pub syslog: Option<Spanned<Vec<Spanned<String>>>>,
    pub pipe: Option<Spanned<String>>,
    pub read_from: Option<Spanned<String>>,
}

/// `journald:` of a source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journald {
    pub units: Option<Spanned<Vec<Spanned<String>>>>,
    pub identifiers: Option<Spanned<Vec<Spanned<String>>>>,
    pub directory: Option<Spanned<String>>,
    pub files: Option<Spanned<Vec<Spanned<String>>>>,
}

/// `state:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    pub path: Option<Spanned<String>>,
}

/// One of `providers:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub name: Option<Spanned<String>>,
    pub hosts: Option<Spanned<Vec<Spanned<String>>>>,
}

/// `postfix:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Postfix {
    pub showq: Option<Spanned<String>>,
}

/// What is right for each field, for messages about values of the wrong kind.
const RIGHT: &[(&str, &str)] = &[
    (
        "",
        "a mapping with web, log, sources, max_line_bytes, time_zone, providers, postfix, state, \
         alerting",
    ),
    ("web", "a mapping with listen_addresses, telemetry_path"),
    (
        "web.listen_addresses",
        "a list of addresses, such as [\":9925\"]",
    ),
    ("web.listen_addresses[]", "an address, such as \":9925\""),
    ("web.telemetry_path", "a path, such as /metrics"),
    ("log", "a mapping with level, format"),
    ("log.level", "debug, info, warn or error"),
    ("log.format", "logfmt or json"),
    (
        "sources",
        "a list of mappings with name, one of files, containers, journald, syslog and pipe, and read_from",
    ),
    (
        "sources[]",
        "a mapping with name, one of files, containers, journald, syslog and pipe, and read_from",
    ),
    ("sources[].name", "a name, such as mail"),
    (
        "sources[].files",
        "a list of files and patterns, such as [/var/log/mail.log]",
    ),
    (
        "sources[].files[]",
        "a file or pattern, such as /var/log/mail.log",
    ),
    (
        "sources[].containers",
        "a list of files and patterns, such as [/var/log/pods/mail_*/*/*.log]",
    ),
    (
        "sources[].containers[]",
        "a file or pattern, such as /var/log/pods/mail_*/*/*.log",
    ),
    (
        "sources[].journald",
        "a mapping with units, identifiers, directory, files; {} is the whole journal",
    ),
    (
        "sources[].journald.units",
        "a list of units, such as [postfix@-.service]",
    ),
    (
        "sources[].journald.units[]",
        "a unit, such as postfix@-.service",
    ),
    (
        "sources[].journald.identifiers",
        "a list of syslog identifiers, such as [postfix/smtp]",
    ),
    (
        "sources[].journald.identifiers[]",
        "a syslog identifier, such as postfix/smtp",
    ),
    (
        "sources[].journald.directory",
        "an absolute path, such as /var/log/journal",
    ),
    (
        "sources[].journald.files",
        "a list of journal files, such as [/var/log/journal/remote/*.journal]",
    ),
    (
        "sources[].journald.files[]",
        "a file or pattern, such as /var/log/journal/remote/*.journal",
    ),
    (
        "sources[].syslog",
        "a list of listeners, such as [\"udp://:514\", \"tcp://:601\", \"unix:///dev/log\"]",
    ),
    (
        "sources[].syslog[]",
        "a listener, such as \"udp://:514\", \"tcp://:601\" or \"unix:///dev/log\"",
    ),
    (
        "sources[].pipe",
        "the path of a named pipe, or \"-\" for standard input",
    ),
    ("sources[].read_from", "beginning or end"),
    ("max_line_bytes", "a whole number from 1024 to 1048576"),
    ("time_zone", "a time zone, such as Europe/Berlin or UTC"),
    ("providers", "a list of mappings with name, hosts"),
    ("providers[].name", "a name, such as example"),
    (
        "providers[].hosts",
        "a list of domains, such as [mx.example.com]",
    ),
    ("providers[].hosts[]", "a domain, such as mx.example.com"),
    ("state", "a mapping with path"),
    (
        "state.path",
        "the path of a file, such as /var/lib/maillog_exporter/state",
    ),
    ("postfix", "a mapping with showq"),
    (
        "postfix.showq",
        "the path of a socket, such as /var/spool/postfix/public/showq",
    ),
];

/// What is right for a field, by its path without indexes.
pub fn right(path: &str) -> Option<&'static str> {
    RIGHT
        .iter()
        .chain(alerting::RIGHT)
        .find(|(field, _)| *field == path)
        .map(|(_, right)| *right)
        .or_else(|| {
            let (_, rule) = path.split_once("rules.")?;
            match rule.rsplit_once('.') {
                Some((_, field)) => policy::right(field),
                None => Some(policy::FIGURES),
            }
        })
}

/// Every field, by its path without indexes.
#[cfg(test)]
pub fn fields() -> impl Iterator<Item = &'static str> {
    let all = RIGHT.iter().chain(alerting::RIGHT);
    all.map(|(field, _)| *field)
        .filter(|field| !field.is_empty())
}
