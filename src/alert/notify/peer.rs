//! One Alertmanager: its queue, what became of it, and the task that empties it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::StatusCode;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

use super::queue::{Batch, Pending};
use super::request::{self, Answer, Failure};
use super::{Alert, Peer, QUEUE_CAPACITY};
use crate::metrics::AlertmanagerStats;

/// The most characters of an answer that go into the log.
const MOST_SAID: usize = 200;

/// How long to wait before a request is made again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// After the first failure; each further one doubles it.
    pub(super) first: Duration,
    /// The longest.
    pub(super) longest: Duration,
    /// After a refusal: only a person can mend that.
    pub(super) refused: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            refused: Duration::from_secs(60),
        }
    }
}

/// What the task shares with those who hand over alerts and ask for figures.
pub(super) struct Shared {
    state: Mutex<State>,
    /// There is something in the queue.
    filled: Notify,
}

struct State {
    pending: Pending,
    stats: AlertmanagerStats,
}

impl Shared {
    pub(super) fn new(alertmanager: String) -> Self {
        Shared {
            state: Mutex::new(State {
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

    /// Held for as long as some map entries take to change, never while anything waits.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, alerts: &[Arc<Alert>]) {
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

/// What an answer, or none, means for the alerts that were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// They were taken.
    Taken,
    /// Some of them are not right, and will not be the next time; Alertmanager takes the others.
    Invalid,
    /// It will not talk to us as things are.
    Refused,
    /// It is not there, or not well: later.
    Unavailable,
}

impl Verdict {
    fn of(result: &Result<Answer, Failure>) -> Self {
        match result {
            Err(_) => Verdict::Unavailable,
            Ok(answer) => match answer.status {
                status if status.is_success() => Verdict::Taken,
                StatusCode::BAD_REQUEST
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNPROCESSABLE_ENTITY => Verdict::Invalid,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Verdict::Unavailable,
                status if status.is_server_error() => Verdict::Unavailable,
                // Redirections too: credentials go where they are configured to go.
                _ => Verdict::Refused,
            },
        }
    }
}

/// Empties the queue for as long as it is polled.
pub(super) async fn run(peer: Peer, shared: Arc<Shared>, pace: Pace) {
    let mut voice = Voice::new(peer.url.to_string());
    let mut wait = pace.first;
    loop {
        let batch = shared.batch().await;
        let began = Instant::now();
        let result = send(&peer, &batch).await;
        let verdict = Verdict::of(&result);
        voice.say(verdict, &result);
        account(
            &shared,
            &batch,
            verdict,
            result.is_ok().then(|| began.elapsed()),
        );
        match verdict {
            Verdict::Taken | Verdict::Invalid => wait = pace.first,
            Verdict::Refused => sleep(pace.refused).await,
            Verdict::Unavailable => {
                sleep(wait).await;
                wait = (wait * 2).min(pace.longest);
            }
        }
    }
}

async fn send(peer: &Peer, batch: &Batch) -> Result<Answer, Failure> {
    let alerts: Vec<&Alert> = batch.iter().map(|(_, alert)| &**alert).collect();
    let body = serde_json::to_vec(&alerts).map_err(std::io::Error::from)?;
    request::post(peer, body).await
}

fn account(shared: &Shared, batch: &Batch, verdict: Verdict, latency: Option<Duration>) {
    let mut state = shared.state();
    let count = batch.len() as u64;
    match verdict {
        Verdict::Taken => {
            state.stats.sent += count;
            state.stats.last_success = Some(Timestamp::now());
        }
        Verdict::Invalid | Verdict::Refused | Verdict::Unavailable => state.stats.errors += count,
    }
    if matches!(verdict, Verdict::Taken | Verdict::Invalid) {
        state.pending.done(batch);
    }
    state.stats.latency = latency.or(state.stats.latency);
}

/// What is said in the log: what changed, never each attempt.
struct Voice {
    alertmanager: String,
    /// Why alerts are not taken, if they are not.
    trouble: Option<Verdict>,
    /// Whether it was said that some alerts are not right.
    told_invalid: bool,
}

impl Voice {
    fn new(alertmanager: String) -> Self {
        Voice {
            alertmanager,
            trouble: None,
            told_invalid: false,
        }
    }

    fn say(&mut self, verdict: Verdict, result: &Result<Answer, Failure>) {
        let alertmanager = &*self.alertmanager;
        let reason = match result {
            Ok(answer) => {
                let said: String = answer.body.chars().take(MOST_SAID).collect();
                format!("{}: {said}", answer.status)
            }
            Err(failure) => failure.to_string(),
        };
        match verdict {
            Verdict::Taken => {
                if self.trouble.take().is_some() {
                    info!(alertmanager, "alerts are taken again");
                }
            }
            Verdict::Invalid if !self.told_invalid => {
                self.told_invalid = true;
                warn!(
                    alertmanager,
                    reason, "some alerts were not taken; this is said once"
                );
            }
            Verdict::Refused | Verdict::Unavailable if self.trouble != Some(verdict) => {
                self.trouble = Some(verdict);
                warn!(
                    alertmanager,
                    reason, "alerts cannot be sent; they are kept and sent again"
                );
            }
            _ => debug!(alertmanager, reason, "alerts were not taken"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the log holds after the outcomes.
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
            let mut voice = Voice::new("http://am".to_owned());
            for outcome in outcomes {
                voice.say(Verdict::of(&outcome), &outcome);
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
    fn only_what_changes_is_said() {
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
        let told = [
            (" WARN", "connection refused"),
            (" WARN", "401 Unauthorized: who are you?"),
            (" INFO", "taken again"),
            (" WARN", "connection refused"),
        ];
        assert_eq!(lines.len(), told.len(), "{lines:#?}");
        for (line, (level, text)) in lines.iter().zip(told) {
            assert!(line.starts_with(level) && line.contains(text), "{line}");
        }
    }

    #[test]
    fn alerts_that_are_not_right_are_told_once_and_in_few_words() {
        let long = "x".repeat(2000);
        let lines = log(vec![
            answer(400, &long),
            answer(400, "another"),
            answer(200, ""),
            answer(400, "and another"),
        ]);
        assert_eq!(lines.len(), 1, "{lines:#?}");
        let said = lines[0].matches('x').count();
        assert!((MOST_SAID..=MOST_SAID + 2).contains(&said), "{lines:#?}");
    }
}
