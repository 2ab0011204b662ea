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
pub struct File {
    pub web: Field<Web>,
    pub log: Field<Log>,
    pub sources: List<Source>,
    pub max_line_bytes: Field<u64>,
    pub time_zone: Field<String>,
    pub providers: List<Provider>,
    pub postfix: Field<Postfix>,
    pub state: Field<State>,
    pub alerting: Field<Alerting>,
}

/// `web:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    pub listen_addresses: List<String>,
    pub telemetry_path: Field<String>,
}

/// `log:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub level: Field<String>,
    pub format: Field<String>,
}

/// An item of `sources:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub name: Field<String>,
    pub files: List<String>,
    pub containers: List<String>,
    pub journald: Field<Journald>,
    pub syslog: List<String>,
    pub pipe: Field<String>,
    pub format: Field<String>,
    pub read_from: Field<String>,
}

/// `journald:` of a source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journald {
    pub units: List<String>,
    pub identifiers: List<String>,
    pub directory: Field<String>,
    pub files: List<String>,
}

/// `state:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    pub path: Field<String>,
}

/// An item of `providers:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub name: Field<String>,
    pub hosts: List<String>,
}

/// `postfix:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Postfix {
    pub showq: Field<String>,
}

/// `alerting:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerting {
    pub alertmanagers: List<Alertmanager>,
    pub instance: Field<String>,
    pub runbook_url: Field<String>,
    pub rules: Field<Rules>,
}

/// An item of `alerting.alertmanagers:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alertmanager {
    pub url: Field<String>,
    pub basic_auth: Field<BasicAuth>,
    pub authorization: Field<Authorization>,
    pub tls: Field<Tls>,
    pub timeout: Field<String>,
}

/// `basic_auth:` of an Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasicAuth {
    pub username: Field<String>,
    pub password: Field<String>,
    pub password_file: Field<String>,
}

/// `authorization:` of an Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorization {
    pub credentials: Field<String>,
    pub credentials_file: Field<String>,
}

/// `tls:` of an Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
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
    pub runbook_url: Field<String>,
    pub rules: Field<Rules>,
}

/// `rules:`, changed alert rules by name.
pub type Rules = BTreeMap<String, Spanned<Rule>>;

/// A value of `rules:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
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
