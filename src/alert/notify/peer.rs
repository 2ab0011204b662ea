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
use super::{Alert, Peer, PeerStats, QUEUE_CAPACITY};

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
    stats: PeerStats,
}

impl Shared {
    pub(super) fn new(alertmanager: String) -> Self {
        Shared {
            state: Mutex::new(State {
                pending: Pending::default(),
                stats: PeerStats {
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

    pub(super) fn stats(&self) -> PeerStats {
        let state = self.state();
        PeerStats {
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
