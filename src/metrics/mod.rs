//! Counters and their exposition.
//!
//! `counting` counts parsed lines in `counters` (facts in `fact_counts`), which consist of `rates`, `histogram`,
//! `bounded_counter`, `services`, `provider_deliveries` with `message_age`, `reports` and `pending_messages`; `exemplars`
//! has the latest line of some. `reading` queries them for pages and alerts, and `totals` sums them up for reports. `families`,
//! `report_families`, `self_metrics`, `signal_metrics` and `alertmanager_metrics` build the metric families of a `scrape`
//! with `family`, and `process_metrics` those of the process. `exposition` renders them as `text` or, with the exemplars
//! that `exemplar_series` finds, as `openmetrics`. `counted_families` has those that only grow, for `backfill`.
//! `counters_snapshot` and `counters_restore` are for the state file.

mod alerting;
mod alertmanager_metrics;
mod blocklists;
mod bounded_counter;
mod bounds;
mod counted_families;
mod counters;
mod counters_restore;
mod counters_snapshot;
mod counting;
mod exemplar_series;
mod exemplars;
mod exposition;
mod fact_counts;
mod families;
mod family;
mod histogram;
mod history;
mod legacy_counters;
mod message_age;
mod openmetrics;
mod pending_messages;
mod process_metrics;
mod provider_conditions;
mod provider_deliveries;
mod rates;
mod reading;
mod reloads;
mod report_families;
mod reports;
mod scrape;
mod self_metrics;
mod services;
mod signal_metrics;
mod text;
mod totals;
mod view;
mod web_address;

pub use alerting::{
    ActiveAlert, Alerting, AlertmanagerStats, EndedAlert, RuleState, SignalState, UsualQueue,
};
pub use bounded_counter::Limits;
pub(crate) use counted_families::CountedFamilies;
pub use counters::Counters;
pub(crate) use counters::OTHER_CODE;
pub use counters_snapshot::CountersSnapshot;
pub use counting::{CountingVisitor, LineCounts};
pub use exposition::{Exposition, ExpositionFormat, render};
pub use history::{History, Rates as PastRates, Recorded, Series, Span};
pub(crate) use legacy_counters::LegacyCounters;
pub(crate) use openmetrics::{EOF, write_bound, write_header};
pub use provider_conditions::ProviderConditions;
pub use reading::{CodeRates, EnhancedStatus};
pub use reloads::{ReloadRecord, ReloadStats};
pub(crate) use text::{write_labels, write_number};
pub use totals::{Counts, Totals};
pub use view::{SourceStats, StateStats, View};
pub use web_address::WebAddress;
