//! The JSON document of the status, `/api/v1/status`.

use serde::Serialize;

use super::Deliveries;
use crate::metrics::ActiveAlert;
use crate::parse::Outcome;
use crate::queue;
use crate::web::alerts::{self, Relevant};
use crate::web::context::Context;
use crate::web::{provider_facts, situation};

#[derive(Serialize)]
struct StatusDocument<'a> {
    /// When the figures are of, in seconds since 1970.
    as_of: i64,
    /// Whether older lines are read, so that `as_of` is in the past.
    catching_up: bool,
    firing: Vec<AlertEntry<'a>>,
    pending: Vec<AlertEntry<'a>>,
    /// Per minute over five minutes.
    deliveries: Vec<DeliveryEntry>,
    /// Null if the queue is not read.
    queue: Option<Vec<QueueEntry>>,
    providers: Vec<ProviderEntry<'a>>,
}

#[derive(Serialize)]
struct AlertEntry<'a> {
    alert: &'a str,
    severity: &'a str,
    provider: Option<&'a str>,
    since: i64,
}

#[derive(Serialize)]
struct DeliveryEntry {
    status: &'static str,
    per_minute: f64,
    usual: Option<f64>,
}

#[derive(Serialize)]
struct QueueEntry {
    name: &'static str,
    count: u64,
    /// Seconds since 1970.
    oldest: Option<i64>,
}

#[derive(Serialize)]
struct ProviderEntry<'a> {
    name: &'a str,
    per_minute: f64,
    failing_share: Option<f64>,
    usual_failing_share: Option<f64>,
}

/// The document.
pub fn json(context: &Context<'_>) -> Vec<u8> {
    let relevant = Relevant::all(context.view);
    let deliveries = Deliveries::of(context);
    let document = StatusDocument {
        as_of: context.as_of(),
        catching_up: situation::is_behind(context),
        firing: relevant.firing.iter().map(|it| alert_entry(it)).collect(),
        pending: relevant.pending.iter().map(|it| alert_entry(it)).collect(),
        deliveries: (0..Outcome::DELIVERIES.len())
            .map(|status| DeliveryEntry {
                status: Outcome::DELIVERIES[status].name(),
                per_minute: deliveries.rates[status],
                usual: deliveries.usual[status],
            })
            .collect(),
        queue: context.view.queues.as_ref().map(|queues| {
            let named = queue::NAMES.iter().zip(queues);
            let entry = |(name, queue): (&&'static str, &queue::Queue)| QueueEntry {
                name,
                count: queue.messages,
                oldest: queue.oldest,
            };
            named.map(entry).collect()
        }),
        providers: provider_facts::providers(context)
            .iter()
            .map(|it| ProviderEntry {
                name: it.name,
                per_minute: it.all(),
                failing_share: it.share(),
                usual_failing_share: it.usual_share(),
            })
            .collect(),
    };
    // Serializing names and finite numbers cannot fail.
    serde_json::to_vec(&document).unwrap_or_default()
}

fn alert_entry(alert: &ActiveAlert) -> AlertEntry<'_> {
    AlertEntry {
        alert: alerts::name(&alert.labels),
        severity: alert.labels.get("severity").map_or("", String::as_str),
        provider: alert.labels.get("provider").map(String::as_str),
        since: alert.fired.unwrap_or(alert.since),
    }
}
