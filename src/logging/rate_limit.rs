//! Limits how often the daemon logs the same message, so that an error that repeats at every look does not fill the
//! disk. What is left out is counted, and the number is logged.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber, info};
use tracing_subscriber::layer::{Context, Layer};

/// How often a message is logged in quick succession.
const BURST: u32 = 100;
/// How often it is logged after that.
const INTERVAL: Duration = Duration::from_secs(6);
/// How often it is logged how many messages were left out.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// The messages of one place in the code.
#[derive(Debug)]
struct Message {
    /// How many more may be logged now.
    left: u32,
    /// When `left` was increased last.
    refilled: Instant,
    /// How many were left out since that was logged last.
    left_out: u64,
    text: String,
}

impl Message {
    fn new(now: Instant) -> Self {
        Message {
            left: BURST,
            refilled: now,
            left_out: 0,
            text: String::new(),
        }
    }

    /// Whether another one may be logged.
    fn admit(&mut self, now: Instant) -> bool {
        let intervals = (now - self.refilled).as_millis() / INTERVAL.as_millis();
        let intervals = u32::try_from(intervals).unwrap_or(u32::MAX);
        self.refilled += INTERVAL.saturating_mul(intervals);
        self.left = self.left.saturating_add(intervals).min(BURST);
        let admitted = self.left > 0;
        self.left = self.left.saturating_sub(1);
        self.left_out += u64::from(!admitted);
        admitted
    }
}

/// The messages that were logged, by the places in the code that log them, of which there are so many.
#[derive(Clone, Debug, Default)]
pub(super) struct RateLimit(Arc<Mutex<HashMap<Identifier, Message>>>);

impl<S: Subscriber> Layer<S> for RateLimit {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        // Whoever asks for details wants all of them.
        if *event.metadata().level() > Level::INFO {
            return true;
        }
        let now = Instant::now();
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let message = messages.entry(event.metadata().callsite());
        let message = message.or_insert_with(|| Message::new(now));
        let admitted = message.admit(now);
        if !admitted && message.text.is_empty() {
            event.record(&mut TextVisitor(&mut message.text));
        }
        admitted
    }
}

impl RateLimit {
    /// Takes what was left out since the last call: each message with its number.
    fn take_left_out(&self) -> Vec<(String, u64)> {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left_out = messages.values_mut().filter(|it| it.left_out > 0);
        let mut left_out: Vec<_> = left_out
            .map(|it| (it.text.clone(), std::mem::take(&mut it.left_out)))
            .collect();
        left_out.sort();
        left_out
    }

    /// Logs from time to time how many messages were left out. Never returns.
    pub async fn report(self) {
        let mut reports = tokio::time::interval(REPORT_INTERVAL);
        loop {
            reports.tick().await;
            for (text, count) in self.take_left_out() {
                info!(
                    count,
                    text, "a message was left out because it repeats too often"
                );
            }
        }
    }
}

/// Takes the text of a message.
struct TextVisitor<'a>(&'a mut String);

impl Visit for TextVisitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            *self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tracing_subscriber::layer::SubscriberExt;

    /// Counts the events that reach it.
    struct Counting(Arc<AtomicUsize>);

    impl<S: Subscriber> Layer<S> for Counting {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_message_that_repeats_is_left_out_and_counted() {
        let (limit, logged) = (RateLimit::default(), Arc::new(AtomicUsize::new(0)));
        let subscriber = tracing_subscriber::registry()
            .with(limit.clone())
            .with(Counting(Arc::clone(&logged)));
        tracing::subscriber::with_default(subscriber, || {
            for path in 0..1000 {
                tracing::warn!(path, "cannot read log");
            }
            tracing::warn!("another message");
        });
        assert_eq!(logged.load(Ordering::Relaxed), BURST as usize + 1);
        let left_out = limit.take_left_out();
        assert_eq!(left_out, [("cannot read log".to_owned(), 900)]);
        assert_eq!(limit.take_left_out(), []);
    }

    #[test]
    fn a_message_is_logged_again_after_a_while() {
        let begin = Instant::now();
        let mut message = Message::new(begin);
        let mut admitted = |seconds: u64, times: u32| {
            let now = begin + Duration::from_secs(seconds);
            (0..times).filter(|_| message.admit(now)).count()
        };
        assert_eq!(admitted(0, 150), 100);
        assert_eq!(admitted(5, 10), 0);
        assert_eq!(admitted(13, 10), 2);
        assert_eq!(admitted(3600, 150), 100);
    }
}
