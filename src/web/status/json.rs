//! The JSON document of the status, `/api/v1/status`.

use super::document::{
    AlertEntry, DeliveryEntry, ProviderEntry, QueueEntry, ReplySeries, SourceEntry, StateEntry,
    StatusDocument,
};
use super::{Deliveries, codes, sources, tables};
use crate::catalog::Language;
use crate::metrics::{ActiveAlert, PastRates, SourceStats, View};
use crate::parse::Outcome;
use crate::queue;
use crate::web::alerts::{self, Relevant};
use crate::web::context::{Context, SiteSettings};
use crate::web::language::PageLanguage;
use crate::web::past::{self, ACCEPTED, CLASSES, FAILED_CONNECTIONS, PERMANENT, SLOTS, TEMPORARY};
use crate::web::plain_text::plain_text;
use crate::web::provider_facts::{self, ProviderFacts};
use crate::web::situation;

/// The document as JSON.
pub fn json(context: &Context<'_>) -> Vec<u8> {
    // Serializing names and finite numbers cannot fail.
    serde_json::to_vec(&document(context)).unwrap_or_default()
}

/// The status of a view, for readers in this process.
pub fn status_of(
    view: &View,
    settings: &SiteSettings,
    language: Language,
    now: i64,
) -> StatusDocument {
    document(&Context {
        view,
        settings,
        language: PageLanguage::of(language),
        now,
    })
}

fn document(context: &Context<'_>) -> StatusDocument {
    let relevant = Relevant::all(context.view);
    let providers = provider_facts::providers(context);
    let deliveries = Deliveries::of(context);
    let entries = |alerts: &[&ActiveAlert]| -> Vec<AlertEntry> {
        alerts.iter().map(|it| alert_entry(context, it)).collect()
    };
    StatusDocument {
        as_of: context.as_of(),
        now: context.now,
        host: context.settings.host.to_string(),
        catching_up: situation::is_behind(context),
        state: state(context, &relevant, &providers),
        firing: entries(&relevant.firing),
        pending: entries(&relevant.pending),
        silenced: entries(&relevant.silenced),
        deliveries: (0..Outcome::DELIVERIES.len())
            .map(|status| DeliveryEntry {
                status: Outcome::DELIVERIES[status].name().to_owned(),
                per_minute: deliveries.rates[status],
                usual: deliveries.usual[status],
            })
            .collect(),
        replies: replies(context),
        queue: queues(context),
        codes: codes::entries(context, &relevant),
        providers: provider_entries(context, &relevant, &providers),
        sources: source_entries(context),
    }
}

fn state(
    context: &Context<'_>,
    relevant: &Relevant<'_>,
    providers: &[ProviderFacts<'_>],
) -> StateEntry {
    let words = super::words(context, relevant, providers);
    let band = situation::band(context, relevant, words);
    StateEntry {
        kind: band.class.to_owned(),
        sign: band.sign.to_owned(),
        state: plain_text(&band.state),
        title: plain_text(&band.title),
        lines: band.lines.iter().map(plain_text).collect(),
        first: band.first.as_ref().map(plain_text),
    }
}

fn alert_entry(context: &Context<'_>, alert: &ActiveAlert) -> AlertEntry {
    AlertEntry {
        alert: alerts::name(&alert.labels).to_owned(),
        severity: alert.labels.get("severity").cloned().unwrap_or_default(),
        provider: alert.labels.get("provider").cloned(),
        since: alert.fired.unwrap_or(alert.since),
        summary: situation::summary(context, alert),
        description: context.text(&alert.description).to_owned(),
        page: alerts::cause_path(context, &alert.labels, &alert.annotations),
        silenced_by: alert.inhibited_by.clone(),
    }
}

fn replies(context: &Context<'_>) -> ReplySeries {
    let rates = past::six_hours(context, CLASSES, past::outbound_class);
    let of = |class: usize| class_series(&rates, class);
    ReplySeries {
        slot_minutes: past::SLOT,
        failed_connections: of(FAILED_CONNECTIONS),
        permanent: of(PERMANENT),
        temporary: of(TEMPORARY),
        accepted: of(ACCEPTED),
    }
}

fn class_series(rates: &PastRates, class: usize) -> Vec<Option<f64>> {
    (0..SLOTS).map(|slot| rates.at(slot, class)).collect()
}

fn queues(context: &Context<'_>) -> Option<Vec<QueueEntry>> {
    let queues = context.view.queues.as_ref()?;
    let named = queue::NAMES.iter().zip(queues);
    let entry = |(name, queue): (&&'static str, &queue::Queue)| QueueEntry {
        name: (*name).to_owned(),
        count: queue.messages,
        oldest: queue.oldest,
    };
    Some(named.map(entry).collect())
}

fn provider_entries(
    context: &Context<'_>,
    relevant: &Relevant<'_>,
    providers: &[ProviderFacts<'_>],
) -> Vec<ProviderEntry> {
    let firing = tables::firing_providers(context, relevant);
    let entry = |it: &ProviderFacts<'_>| ProviderEntry {
        name: it.name.to_owned(),
        per_minute: it.all(),
        failing_share: it.share(),
        usual_failing_share: it.usual_share(),
        firing: firing.iter().any(|name| name == it.name),
        failing_shares: it.shares.clone(),
    };
    providers.iter().map(entry).collect()
}

fn source_entries(context: &Context<'_>) -> Vec<SourceEntry> {
    let entry = |it: &SourceStats| SourceEntry {
        name: it.name.clone(),
        state: sources::SourceState::of(it).name().to_owned(),
        last_line: it.last_line,
        lag_bytes: it.lag_bytes,
        unmatched_share: sources::unmatched_share(it),
        formats: it.formats.iter().map(|it| (*it).to_owned()).collect(),
    };
    context.view.sources.iter().map(entry).collect()
}
