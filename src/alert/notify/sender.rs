//! The task that sends the queue of one Alertmanager, with retries and statistics.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::StatusCode;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

use super::notification::Notification;
use super::peer::Peer;
use super::queue::{Batch, Pending, QUEUE_CAPACITY};
use super::request::{self, Answer, Failure};
use crate::metrics::AlertmanagerStats;

/// Maximum number of characters of a response in a log message.
const MAX_LOGGED: usize = 200;

/// Delays before a request is retried.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetryTiming {
    /// Delay after the first failure; doubled after each further one.
    pub(super) first: Duration,
    /// Maximum delay.
    pub(super) longest: Duration,
    /// Delay after a rejected request, which needs a change of configuration.
    pub(super) rejected: Duration,
}

impl Default for RetryTiming {
    fn default() -> Self {
        RetryTiming {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            rejected: Duration::from_secs(60),
        }
    }
}

/// The queue and statistics, shared with [`Notifier`](super::Notifier).
pub(super) struct SenderState {
    state: Mutex<QueueAndStats>,
    /// Signalled when the queue is not empty.
    filled: Notify,
}

struct QueueAndStats {
    pending: Pending,
    stats: AlertmanagerStats,
}

impl SenderState {
    pub(super) fn new(alertmanager: String) -> Self {
        SenderState {
            state: Mutex::new(QueueAndStats {
                pending: Pending::default(),
                stats: AlertmanagerStats {
                    alertmanager,
                    sent: 0,
                    errors: 0,
                    dropped: 0,
                    queue_length: 0,
                    queue_capacity: QUEUE_CAPACITY,
                    last_success: None,
                    latency: None,
                },
            }),
            filled: Notify::new(),
        }
    }

    /// Held only for short map operations, never across an await.
    fn state(&self) -> MutexGuard<'_, QueueAndStats> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, alerts: &[Arc<Notification>]) {
        let mut state = self.state();
        for alert in alerts {
            let lost = state.pending.put(Arc::clone(alert));
            state.stats.dropped += u64::from(lost);
        }
        drop(state);
        self.filled.notify_one();
    }

    pub(super) fn stats(&self) -> AlertmanagerStats {
        let state = self.state();
        AlertmanagerStats {
            queue_length: state.pending.len(),
            ..state.stats.clone()
        }
    }

    async fn batch(&self) -> Batch {
        loop {
            let batch = self.state().pending.oldest();
            if !batch.is_empty() {
                return batch;
            }
            self.filled.notified().await;
        }
    }
}

/// What the result of a request means for the alerts sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Accepted.
    Accepted,
    /// Some alerts are invalid and would be rejected again; Alertmanager has accepted the others.
    Invalid,
    /// Rejected, for example for wrong credentials.
    Rejected,
    /// Not reachable or failing; to be retried.
    Unavailable,
}

impl Verdict {
    fn of(result: &Result<Answer, Failure>) -> Self {
        match result {
            Err(_) => Verdict::Unavailable,
            Ok(answer) => match answer.status {
                status if status.is_success() => Verdict::Accepted,
                StatusCode::BAD_REQUEST
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNPROCESSABLE_ENTITY => Verdict::Invalid,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Verdict::Unavailable,
                status if status.is_server_error() => Verdict::Unavailable,
                // Redirects too: credentials are sent only to the configured host.
                _ => Verdict::Rejected,
            },
        }
    }
}

/// Sends the queue in batches, forever.
pub(super) async fn run(peer: Peer, shared: Arc<SenderState>, timing: RetryTiming) {
    let mut log = OutcomeLog::new(peer.url.to_string());
    let mut wait = timing.first;
    loop {
        let batch = shared.batch().await;
        let began = Instant::now();
        let result = send(&peer, &batch).await;
        let verdict = Verdict::of(&result);
        log.record(verdict, &result);
        account(
            &shared,
            &batch,
            verdict,
            result.is_ok().then(|| began.elapsed()),
        );
        match verdict {
            Verdict::Accepted | Verdict::Invalid => wait = timing.first,
            Verdict::Rejected => sleep(timing.rejected).await,
            Verdict::Unavailable => {
                sleep(wait).await;
                wait = (wait * 2).min(timing.longest);
            }
        }
    }
}

async fn send(peer: &Peer, batch: &Batch) -> Result<Answer, Failure> {
    let alerts: Vec<&Notification> = batch.iter().map(|(_, alert)| &**alert).collect();
    let body = serde_json::to_vec(&alerts).map_err(std::io::Error::from)?;
    request::post(peer, body).await
}

fn account(shared: &SenderState, batch: &Batch, verdict: Verdict, latency: Option<Duration>) {
    let mut state = shared.state();
    let count = batch.len() as u64;
    match verdict {
        Verdict::Accepted => {
            state.stats.sent += count;
            state.stats.last_success = Some(Timestamp::now());
        }
        Verdict::Invalid | Verdict::Rejected | Verdict::Unavailable => state.stats.errors += count,
    }
    if matches!(verdict, Verdict::Accepted | Verdict::Invalid) {
        state.pending.done(batch);
    }
    state.stats.latency = latency.or(state.stats.latency);
}

/// Logs changes of the outcome, not every attempt.
struct OutcomeLog {
    alertmanager: String,
    /// The current failure, if any.
    failure: Option<Verdict>,
    /// Whether invalid alerts have been logged.
    logged_invalid: bool,
}

impl OutcomeLog {
    fn new(alertmanager: String) -> Self {
        OutcomeLog {
            alertmanager,
            failure: None,
            logged_invalid: false,
        }
    }

    fn record(&mut self, verdict: Verdict, result: &Result<Answer, Failure>) {
        let alertmanager = &*self.alertmanager;
        let reason = match result {
            Ok(answer) => {
                let said: String = answer.body.chars().take(MAX_LOGGED).collect();
                format!("{}: {said}", answer.status)
            }
            Err(failure) => failure.to_string(),
        };
        match verdict {
            Verdict::Accepted => {
                if self.failure.take().is_some() {
                    info!(alertmanager, "Alertmanager accepts alerts again");
                }
            }
            Verdict::Invalid if !self.logged_invalid => {
                self.logged_invalid = true;
                warn!(
                    alertmanager,
                    reason, "Alertmanager rejected some alerts as invalid; logged once"
                );
            }
            Verdict::Rejected | Verdict::Unavailable if self.failure != Some(verdict) => {
                self.failure = Some(verdict);
                warn!(
                    alertmanager,
                    reason, "cannot send alerts; they stay queued and are retried"
                );
            }
            _ => debug!(alertmanager, reason, "alerts were not accepted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The log lines for these outcomes.
    fn log(outcomes: Vec<Result<Answer, Failure>>) -> Vec<String> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let writer = Mutex::new(file.reopen().expect("the file"));
        let subscriber = tracing_subscriber::fmt()
            .without_time()
            .with_ansi(false)
            .with_target(false)
            .with_writer(writer)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let mut log = OutcomeLog::new("http://am".to_owned());
            for outcome in outcomes {
                log.record(Verdict::of(&outcome), &outcome);
            }
        });
        let text = std::fs::read_to_string(file.path()).expect("the log");
        text.lines().map(str::to_owned).collect()
    }

    fn answer(status: u16, body: &str) -> Result<Answer, Failure> {
        Ok(Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            body: body.to_owned(),
        })
    }

    fn down() -> Result<Answer, Failure> {
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into())
    }

    #[test]
    fn only_changes_of_the_outcome_are_logged() {
        let well = || answer(200, "");
        let lines = log(vec![
            well(),
            down(),
            down(),
            answer(503, "later"),
            answer(401, "who are you?"),
            answer(403, "go away"),
            well(),
            well(),
            down(),
        ]);
        let expected = [
            (" WARN", "connection refused"),
            (" WARN", "401 Unauthorized: who are you?"),
            (" INFO", "accepts alerts again"),
            (" WARN", "connection refused"),
        ];
        assert_eq!(lines.len(), expected.len(), "{lines:#?}");
        for (line, (level, text)) in lines.iter().zip(expected) {
            assert!(line.starts_with(level) && line.contains(text), "{line}");
        }
    }

    #[test]
    fn invalid_alerts_are_logged_once_and_truncated() {
        let long = "x".repeat(2000);
        let lines = log(vec![
            answer(400, &long),
            answer(400, "another"),
            answer(200, ""),
            answer(400, "and another"),
        ]);
        assert_eq!(lines.len(), 1, "{lines:#?}");
        let said = lines[0].matches('x').count();
        assert!((MAX_LOGGED..=MAX_LOGGED + 2).contains(&said), "{lines:#?}");
    }
}
