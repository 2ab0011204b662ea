//! The metric families of deliveries by provider, and of what mail servers report besides replies and deliveries.

use prometheus::proto::MetricFamily;

use crate::catalog::Cause;
use crate::metrics::provider_deliveries::ProviderDelivery;
use crate::metrics::scrape::Scrape;
use crate::parse::{Action, Direction, Level, Mta, PostscreenResult};

impl Scrape {
    pub(super) fn provider_deliveries(&self) -> MetricFamily {
        let mut family = self.previous.counter(
            "maillog_provider_deliveries_total",
            "Deliveries to other servers, by provider, status, and cause of the failure; the cause is empty for sent.",
        );
        for (provider, (_, status, cause, count)) in self.known_provider_deliveries() {
            let labels = [
                ("provider", provider),
                ("status", status.name()),
                ("cause", cause.map_or("", Cause::as_str)),
            ];
            family.count(&labels, count);
        }
        family.finish()
    }

    /// The deliveries of all providers that have a name, with this name.
    pub(super) fn known_provider_deliveries(
        &self,
    ) -> impl Iterator<Item = (&str, ProviderDelivery)> {
        let counts = self.view.counters.provider_deliveries.all();
        counts.into_iter().filter_map(|count| {
            let name = self.view.providers.get(usize::from(count.0.0))?;
            Some((&**name, count))
        })
    }

    pub(super) fn reports(&self) -> [MetricFamily; 4] {
        let reports = &self.view.counters.reports;
        let mut messages = self.previous.counter(
            "maillog_log_messages_total",
            "Diagnostics of mail servers, by level.",
        );
        let mut actions = self.previous.counter(
            "maillog_actions_total",
            "What our own server did with messages and commands instead of accepting or rejecting them.",
        );
        let mut failures = self.previous.counter(
            "maillog_tls_failures_total",
            "TLS handshakes that failed, or TLS that was required and not possible, by direction.",
        );
        let mut results = self.previous.counter(
            "maillog_postscreen_results_total",
            "Results of Postfix's postscreen for clients.",
        );
        for mta in self.mtas() {
            let (name, at) = (("mta", mta.name()), mta.index());
            for (level, &count) in Level::ALL.iter().zip(&reports.diagnostics[at]) {
                messages.count(&[name, ("level", level.name())], count);
            }
            for (direction, &count) in Direction::ALL.iter().zip(&reports.tls_failures[at]) {
                if count > 0 || *direction != Direction::Local {
                    failures.count(&[name, ("direction", direction.name())], count);
                }
            }
            // Other servers do not log actions.
            for (action, &count) in Action::ALL.iter().zip(&reports.actions[at]) {
                if count > 0 || mta == Mta::Postfix {
                    actions.count(&[name, ("action", action.name())], count);
                }
            }
            if mta == Mta::Postfix {
                for (result, &count) in PostscreenResult::ALL.iter().zip(&reports.postscreen) {
                    results.count(&[("result", result.name())], count);
                }
            }
        }
        [
            messages.finish(),
            actions.finish(),
            failures.finish(),
            results.finish(),
        ]
    }
}
