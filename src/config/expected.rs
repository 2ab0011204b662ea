//! What each field of a file is expected to be, for messages about values of the wrong type and values
//! that are out of range.

/// The expected type of each field of the configuration file, by its path without list indexes.
const FIELDS: &[(&str, &str)] = &[
    (
        "",
        "a mapping with the fields web, log, sources, max_line_bytes, time_zone, providers, patterns, postfix, \
         state, sandbox, alerting",
    ),
    (
        "web",
        "a mapping with the fields listen_addresses, telemetry_path, external_url, route_prefix, privacy, \
         created_series",
    ),
    (
        "web.listen_addresses",
        "a list of addresses, such as [\":9925\"]",
    ),
    ("web.listen_addresses[]", "an address, such as \":9925\""),
    ("web.telemetry_path", "a path, such as /metrics"),
    (
        "web.external_url",
        "a URL, such as https://mail.example.com/maillog",
    ),
    ("web.route_prefix", "a path, such as /maillog"),
    ("web.privacy", "addresses, domains or none"),
    ("web.created_series", "true or false"),
    ("log", "a mapping with the fields level, format"),
    ("log.level", "debug, info, warn or error"),
    ("log.format", "logfmt or json"),
    (
        "sources",
        "a list of mappings with one of files, containers, journald, syslog and pipe, and the optional fields \
         name, format, read_from, rotated_dirs, tls, allowed_senders",
    ),
    (
        "sources[]",
        "a mapping with one of files, containers, journald, syslog and pipe, and the optional fields name, \
         format, read_from, rotated_dirs, tls, allowed_senders",
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
        "a mapping with the fields facilities, units, identifiers, directory, files; {} is the whole journal",
    ),
    (
        "sources[].journald.facilities",
        "a list of syslog facilities, such as [mail]",
    ),
    (
        "sources[].journald.facilities[]",
        "a syslog facility, such as mail",
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
        "a list of listeners, such as [\"udp://:514\", \"tcp://:601\", \"tls://:6514\", \"unix:///dev/log\"]",
    ),
    (
        "sources[].syslog[]",
        "a listener, such as \"udp://:514\", \"tcp://:601\", \"tls://:6514\" or \"unix:///dev/log\"",
    ),
    (
        "sources[].tls",
        "a mapping with the fields cert_file, key_file, client_ca_file",
    ),
    (
        "sources[].tls.cert_file",
        "an absolute path, such as /etc/maillog_exporter/syslog.pem",
    ),
    (
        "sources[].tls.key_file",
        "an absolute path, such as /etc/maillog_exporter/syslog.key",
    ),
    (
        "sources[].tls.client_ca_file",
        "an absolute path, such as /etc/maillog_exporter/senders.pem",
    ),
    (
        "sources[].allowed_senders",
        "a list of addresses, networks and names, such as [192.0.2.0/24, mx1.example.com]",
    ),
    (
        "sources[].allowed_senders[]",
        "an address, a network or a name, such as 192.0.2.0/24",
    ),
    (
        "sources[].pipe",
        "the path of a named pipe, or \"-\" for standard input",
    ),
    ("sources[].format", "the name of a log format, such as auto"),
    ("sources[].read_from", "beginning or end"),
    (
        "sources[].rotated_dirs",
        "a list of directories, such as [/var/log/archive]",
    ),
    (
        "sources[].rotated_dirs[]",
        "a directory, such as /var/log/archive",
    ),
    ("max_line_bytes", "a whole number from 1024 to 1048576"),
    ("time_zone", "a time zone, such as Europe/Berlin or UTC"),
    (
        "providers",
        "a list of mappings with the fields name, hosts",
    ),
    ("providers[].name", "a name, such as example"),
    (
        "providers[].hosts",
        "a list of domains, such as [mx.example.com]",
    ),
    ("providers[].hosts[]", "a domain, such as mx.example.com"),
    (
        "patterns",
        "a list of mappings with the field regex, and the optional fields direction, outcome, connect_error, \
         noise, examples",
    ),
    (
        "patterns[].regex",
        "a regular expression with named groups, such as '(?<code>[2-5][0-9][0-9]) '",
    ),
    ("patterns[].direction", "outbound, inbound or local"),
    (
        "patterns[].outcome",
        "sent, deferred, bounced, expired, rejected or attempt",
    ),
    (
        "patterns[].connect_error",
        "refused, timed_out, unreachable, dns, reset, tls or other",
    ),
    ("patterns[].noise", "true or false"),
    (
        "patterns[].examples",
        "a list of mappings with the field line, and the parts of the event that it gives",
    ),
    ("patterns[].examples[].line", "a line of the log"),
    (
        "patterns[].examples[].time",
        "a time, such as 2026-11-23T10:00:00Z",
    ),
    ("patterns[].examples[].queue_id", "a queue id"),
    ("patterns[].examples[].sender", "an address"),
    ("patterns[].examples[].recipient", "an address"),
    ("patterns[].examples[].relay", "a host name"),
    ("patterns[].examples[].code", "a reply code, such as 421"),
    (
        "patterns[].examples[].enhanced",
        "an enhanced status code, such as \"4.7.0\"",
    ),
    (
        "patterns[].examples[].dsn",
        "an enhanced status code, such as \"4.7.0\"",
    ),
    (
        "patterns[].examples[].outcome",
        "sent, deferred, bounced, expired, rejected or attempt",
    ),
    (
        "patterns[].examples[].direction",
        "outbound, inbound or local",
    ),
    (
        "patterns[].examples[].connect_error",
        "refused, timed_out, unreachable, dns, reset, tls or other",
    ),
    ("patterns[].examples[].text", "the words of the reply"),
    ("state", "a mapping with the field path"),
    (
        "state.path",
        "the path of a file, such as /var/lib/maillog_exporter/state",
    ),
    ("sandbox", "true or false"),
    ("postfix", "a mapping with the field showq"),
    (
        "postfix.showq",
        "the path of a socket, such as /var/spool/postfix/public/showq",
    ),
    ("exim", "a mapping with the field spool"),
    (
        "exim.spool",
        "the path of a directory, such as /var/spool/exim4",
    ),
    ("sendmail", "a mapping with the field queue"),
    (
        "sendmail.queue",
        "the path of a directory, such as /var/spool/mqueue",
    ),
    ("qmail", "a mapping with the field queue"),
    (
        "qmail.queue",
        "the path of a directory, such as /var/qmail/queue",
    ),
    (
        "alerting",
        "a mapping with the fields alertmanagers, instance, job, language, runbook_url, rules",
    ),
    (
        "alerting.instance",
        "a host name and port, such as mx1.example.com:9925",
    ),
    (
        "alerting.job",
        "the name of a job in Prometheus, such as maillog",
    ),
    ("alerting.language", "en or zh"),
    (
        "alerting.runbook_url",
        "a URL, such as https://runbooks.example.com/maillog",
    ),
    ("alerting.rules", "a mapping of rule names to rules"),
    (
        "alerting.alertmanagers",
        "a list of mappings with the fields url, basic_auth or authorization, tls, timeout",
    ),
    (
        "alerting.alertmanagers[]",
        "a mapping with the fields url, basic_auth or authorization, tls, timeout",
    ),
    (
        "alerting.alertmanagers[].url",
        "a URL, such as https://alertmanager.example.com:9093",
    ),
    (
        "alerting.alertmanagers[].basic_auth",
        "a mapping with the field username, and password or password_file",
    ),
    (
        "alerting.alertmanagers[].basic_auth.username",
        "a user name without a colon",
    ),
    (
        "alerting.alertmanagers[].basic_auth.password",
        "a password in quotes",
    ),
    (
        "alerting.alertmanagers[].basic_auth.password_file",
        "the path of a file with a password",
    ),
    (
        "alerting.alertmanagers[].authorization",
        "a mapping with the field credentials or credentials_file",
    ),
    (
        "alerting.alertmanagers[].authorization.credentials",
        "a token in quotes",
    ),
    (
        "alerting.alertmanagers[].authorization.credentials_file",
        "the path of a file with a token",
    ),
    (
        "alerting.alertmanagers[].tls",
        "a mapping with the fields ca_file, cert_file, key_file, server_name, insecure_skip_verify",
    ),
    (
        "alerting.alertmanagers[].tls.ca_file",
        "the path of a file with certificates in PEM",
    ),
    (
        "alerting.alertmanagers[].tls.cert_file",
        "the path of a file with certificates in PEM",
    ),
    (
        "alerting.alertmanagers[].tls.key_file",
        "the path of a file with a private key in PEM",
    ),
    (
        "alerting.alertmanagers[].tls.server_name",
        "a host name, such as alertmanager.example.com",
    ),
    (
        "alerting.alertmanagers[].tls.insecure_skip_verify",
        "true or false",
    ),
    (
        "alerting.alertmanagers[].timeout",
        "a duration from 100ms to 5m, such as 10s",
    ),
];

/// The expected type of each field of an alert rule.
const RULE_FIELDS: &[(&str, &str)] = &[
    ("enabled", "true or false"),
    ("severity", "info, warning or critical"),
    ("count", "a whole number, such as 20"),
    ("share", "a number from 0 to 1, such as 0.05"),
    ("factor", "a number of at least 1, such as 3"),
    ("threshold", "a whole number, such as 16777216"),
    ("window", "a duration, such as 5m"),
    ("for", "a duration, such as 2m"),
    ("keep_firing_for", "a duration, such as 15m"),
];

/// What a rule is expected to be.
const RULE: &str = "a mapping of thresholds, such as {count: 50}";

/// What is expected of a field of the configuration file, by its path without list indexes; the empty
/// path stands for the file.
pub fn in_config(path: &str) -> Option<&'static str> {
    let field = FIELDS.iter().find(|(field, _)| *field == path);
    match field {
        Some((_, expected)) => Some(expected),
        None => in_rules(path.strip_prefix("alerting.rules.")?),
    }
}

/// What is expected of a field of a policy file, likewise.
pub fn in_policy(path: &str) -> Option<&'static str> {
    match path {
        "" => Some("a mapping with the fields job, language, runbook_url, rules"),
        "job" => Some("a regular expression for the job, such as maillog.*"),
        "language" | "runbook_url" | "rules" => in_config(&format!("alerting.{path}")),
        _ => in_rules(path.strip_prefix("rules.")?),
    }
}

/// What is expected of a rule, or of a field of one: `MaillogSmtp421Spike`,
/// `MaillogSmtp421Spike.count`.
fn in_rules(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.') {
        Some((_, field)) => of_rule_field(field),
        None => Some(RULE),
    }
}

/// What is expected of a field of a rule.
pub fn of_rule_field(name: &str) -> Option<&'static str> {
    let field = RULE_FIELDS.iter().find(|(field, _)| *field == name);
    field.map(|(_, expected)| *expected)
}

/// Every field of the configuration file, by its path without list indexes.
#[cfg(test)]
pub fn fields() -> impl Iterator<Item = &'static str> {
    let fields = FIELDS.iter().map(|(field, _)| *field);
    fields.filter(|field| !field.is_empty())
}
