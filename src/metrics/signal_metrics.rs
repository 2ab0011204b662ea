//! The metric families about signals, and about what is usual for sources and queues: the evidence that the alert rules
//! compare with their thresholds.

use prometheus::proto::MetricFamily;

use crate::metrics::scrape::Scrape;

/// The values of the `window` label of `maillog_signal_events`.
const WINDOWS: [&str; 4] = ["5m", "10m", "15m", "1h"];

impl Scrape {
    /// The families about signals.
    pub(super) fn signal_metrics(&self) -> Vec<MetricFamily> {
        let mut lower = self.previous.gauge(
            "maillog_signal_share_lower",
            "Share of the signal that its events prove, the highest of all windows, from 0 to 1; 0 while there are too few.",
        );
        let mut share = self.previous.gauge(
            "maillog_signal_share",
            "Share of the signal now, in the shortest window with enough events, from 0 to 1.",
        );
        let mut others = self.previous.gauge(
            "maillog_signal_others_share_lower",
            "The same share that the events of the other providers prove, without the worst of them where enough are left, from 0 to 1; 0 while those of the provider prove none.",
        );
        let mut usual = self.previous.gauge(
            "maillog_signal_usual_share",
            "Usual share of the signal, learnt from the last hours and weeks without incidents; 0 if it is not known.",
        );
        let mut usual_events = self.previous.gauge(
            "maillog_signal_usual_events",
            "Events of the signal in the busiest ten minutes that are usual; absent while too little is known.",
        );
        let mut events = self.previous.gauge(
            "maillog_signal_events",
            "Events of the signal within the window, by the time stamps of the lines.",
        );
        let signals = self.view.alerting.as_ref();
        let signals = signals.and_then(|alerting| alerting.signals.as_ref());
        for signal in signals.into_iter().flatten() {
            let labels = [
                ("signal", signal.name.as_str()),
                ("provider", signal.provider.as_str()),
            ];
            if signal.is_share {
                lower.set(&labels, signal.share_lower);
                share.set(&labels, signal.share);
                if let Some(proven) = signal.others_lower {
                    others.set(&labels, proven);
                }
                usual.set(&labels, signal.usual.unwrap_or_default());
            } else if let Some(number) = signal.usual {
                usual_events.set(&labels, number);
            }
            for (window, count) in WINDOWS.iter().zip(signal.events) {
                let [name, provider] = labels;
                events.set(&[name, provider, ("window", window)], count as f64);
            }
        }
        let mut web = self.previous.gauge(
            "maillog_web_info",
            "Always 1; how the pages of this exporter are reached, for the links of alerts.",
        );
        if let Some(alerting) = &self.view.alerting {
            let labels = [
                ("scheme", alerting.web.scheme),
                ("route_prefix", alerting.web.route_prefix.as_str()),
                ("external_url", alerting.web.external_url.as_str()),
            ];
            web.set(&labels, 1.0);
        }
        let signals = [lower, share, others, usual, usual_events, events, web];
        let signals = signals.map(|family| family.finish()).into_iter();
        signals.chain(self.habits()).collect()
    }

    /// The families about what is usual for sources and queues.
    fn habits(&self) -> [MetricFamily; 3] {
        let mut missing = self.previous.gauge(
            "maillog_source_missing_lines",
            "Lines that the source usually has in the time in which it has had none: an hour, six hours or a day; 0 if it had one within the last hour.",
        );
        let mut messages = self.previous.gauge(
            "maillog_queue_usual_messages",
            "Messages in the queue that are usual at this time, at most; absent while too little is known.",
        );
        let mut age = self.previous.gauge(
            "maillog_queue_usual_oldest_age_seconds",
            "Usual age of the oldest message in the queue at this time, at most; 0 while too little is known.",
        );
        if let Some(alerting) = &self.view.alerting {
            for (source, lines) in &alerting.missing_lines {
                missing.set(&[("source", source.as_str())], *lines as f64);
            }
            for queue in &alerting.usual_queues {
                let labels = [("queue", queue.name)];
                if let Some(usual) = queue.messages {
                    messages.set(&labels, usual);
                }
                if let Some(usual) = queue.oldest_age {
                    age.set(&labels, usual);
                }
            }
        }
        [missing.finish(), messages.finish(), age.finish()]
    }
}
