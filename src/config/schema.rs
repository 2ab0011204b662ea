//! The shape of the configuration file and of policy files: every field optional, and with its place.
//!
//! Every value below the root is a `Spanned`, because paths of fields depend on it (`yaml`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

/// A field that may be left out.
pub type Field<T> = Option<Spanned<T>>;

/// A field that is a list.
pub type List<T> = Field<Vec<Spanned<T>>>;

/// The configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    pub web: Field<WebSection>,
    pub log: Field<LogSection>,
    pub sources: List<SourceItem>,
    pub max_line_bytes: Field<u64>,
    pub time_zone: Field<String>,
    pub providers: List<ProviderItem>,
    pub patterns: List<PatternItem>,
    pub postfix: Field<PostfixSection>,
    pub exim: Field<EximSection>,
    pub sendmail: Field<QueueSection>,
    pub qmail: Field<QueueSection>,
    pub state: Field<StateSection>,
    pub sandbox: Field<bool>,
    pub alerting: Field<AlertingSection>,
}

/// `web:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSection {
    pub listen_addresses: List<String>,
    pub telemetry_path: Field<String>,
    pub external_url: Field<String>,
    pub route_prefix: Field<String>,
    pub privacy: Field<String>,
    pub created_series: Field<bool>,
}

/// `log:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSection {
    pub level: Field<String>,
    pub format: Field<String>,
}

/// An item of `sources:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceItem {
    pub name: Field<String>,
    pub files: List<String>,
    pub rotated_dirs: List<String>,
    pub containers: List<String>,
    pub journald: Field<JournaldSection>,
    pub syslog: List<String>,
    pub tls: Field<SyslogTlsSection>,
    pub allowed_senders: List<String>,
    pub pipe: Field<String>,
    pub format: Field<String>,
    pub read_from: Field<String>,
}

/// `journald:` of a source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournaldSection {
    pub facilities: List<String>,
    pub units: List<String>,
    pub identifiers: List<String>,
    pub directory: Field<String>,
    pub files: List<String>,
}

/// `tls:` of a source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyslogTlsSection {
    pub cert_file: Field<String>,
    pub key_file: Field<String>,
    pub client_ca_file: Field<String>,
}

/// `state:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSection {
    pub path: Field<String>,
}

/// An item of `providers:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderItem {
    pub name: Field<String>,
    pub hosts: List<String>,
}

/// An item of `patterns:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternItem {
    pub regex: Field<String>,
    pub direction: Field<String>,
    pub outcome: Field<String>,
    pub connect_error: Field<String>,
    pub noise: Field<bool>,
    pub examples: List<ExampleItem>,
}

/// An item of `examples:` of a pattern.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleItem {
    pub line: Field<String>,
    pub time: Field<String>,
    pub queue_id: Field<String>,
    pub sender: Field<String>,
    pub recipient: Field<String>,
    pub relay: Field<String>,
    pub code: Field<u64>,
    pub enhanced: Field<String>,
    pub dsn: Field<String>,
    pub outcome: Field<String>,
    pub direction: Field<String>,
    pub connect_error: Field<String>,
    pub text: Field<String>,
}

/// `postfix:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostfixSection {
    pub showq: Field<String>,
}

/// `exim:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EximSection {
    pub spool: Field<String>,
}

/// `sendmail:` and `qmail:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueSection {
    pub queue: Field<String>,
}

/// `alerting:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertingSection {
    pub alertmanagers: List<AlertmanagerItem>,
    pub instance: Field<String>,
    pub job: Field<String>,
    pub language: Field<String>,
    pub runbook_url: Field<String>,
    pub rules: Field<Rules>,
}

/// An item of `alerting.alertmanagers:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertmanagerItem {
    pub url: Field<String>,
    pub basic_auth: Field<BasicAuthSection>,
    pub authorization: Field<AuthorizationSection>,
    pub tls: Field<TlsSection>,
    pub timeout: Field<String>,
}

/// `basic_auth:` of an Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasicAuthSection {
    pub username: Field<String>,
    pub password: Field<String>,
    pub password_file: Field<String>,
}

/// `authorization:` of an Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationSection {
    pub credentials: Field<String>,
    pub credentials_file: Field<String>,
}

/// `tls:` of an Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSection {
    pub ca_file: Field<String>,
    pub cert_file: Field<String>,
    pub key_file: Field<String>,
    pub server_name: Field<String>,
    pub insecure_skip_verify: Field<bool>,
}

/// A policy file, which `generate` and `replay` read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    pub job: Field<String>,
    pub language: Field<String>,
    pub runbook_url: Field<String>,
    pub rules: Field<Rules>,
}

/// `rules:`, changed alert rules by name.
pub type Rules = BTreeMap<String, Spanned<RuleItem>>;

/// A value of `rules:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleItem {
    pub enabled: Field<bool>,
    pub severity: Field<String>,
    pub count: Field<u64>,
    pub share: Field<f64>,
    pub factor: Field<f64>,
    pub threshold: Field<u64>,
    pub window: Field<String>,
    pub r#for: Field<String>,
    pub keep_firing_for: Field<String>,
}
