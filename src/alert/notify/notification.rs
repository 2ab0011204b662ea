//! An alert in the form of Alertmanager's API v2 (`postableAlert` in `api/v2/openapi.yaml`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// An alert as it is posted to Alertmanager. The labels identify it: a later one with the same labels is a newer
/// state of the same alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The labels that identify it, `alertname` among them.
    pub labels: BTreeMap<String, String>,
    /// The texts for people.
    pub annotations: BTreeMap<String, String>,
    /// Since when it has been firing.
    #[serde(serialize_with = "rfc3339")]
    pub starts_at: Timestamp,
    /// When it ends unless it is sent again; not in the future if it is resolved.
    #[serde(serialize_with = "rfc3339")]
    pub ends_at: Timestamp,
    /// A page about the cause; may be empty.
    #[serde(rename = "generatorURL", skip_serializing_if = "String::is_empty")]
    pub generator_url: String,
}

fn rfc3339<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}
