//! What the service manager is told about the daemon, in the words of sd_notify(3).
//!
//! It stands apart because it knows neither addresses nor configuration: it is told that the daemon
//! listens, reloads or stops, and asks the engine whether it is alive. Without a service manager
//! that wants to know, it does nothing.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, warn};

use crate::engine::Handle;

/// How often it is looked at whether everything that was there at the start is read.
const LOOK: Duration = Duration::from_secs(1);

/// The service manager's view of this process.
pub struct Service {
    engine: Handle,
}

impl Service {
    /// Tells that the daemon listens, and from now on that it is alive. What is there to be read
    /// may take long; whoever waits for the daemon does not wait for that.
    ///
    /// Must be called inside a tokio runtime.
    pub fn listening(engine: Handle) -> Self {
        if std::env::var_os("NOTIFY_SOCKET").is_some() {
            tell(&[
                NotifyState::Ready,
                NotifyState::Status("Listening; reading what is there"),
            ]);
            tokio::spawn(catch_up(engine.clone()));
            if let Some(patience) = sd_notify::watchdog_enabled() {
                let engine = engine.clone();
                tokio::spawn(async move {
                    let tell = || tell(&[NotifyState::Watchdog]);
                    keep_alive(patience / 2, || engine.answers(), tell).await;
                });
            }
        }
        Service { engine }
    }

    /// Tells that the configuration is read again.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => warn!(%error, "the clock cannot be read"),
        }
    }

    /// Tells that the configuration was read again, as soon as the engine has done what was asked
    /// of it before.
    pub fn reloaded(&self) {
        let engine = self.engine.clone();
        tokio::spawn(async move {
            engine.answers().await;
            tell(&[NotifyState::Ready]);
        });
    }

    /// Tells that the daemon is about to end.
    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping, NotifyState::Status("Stopping")]);
    }
}

/// Tells when everything that was there at the start is read.
async fn catch_up(engine: Handle) {
    let mut looks = interval(LOOK);
    while !engine.ready() {
        looks.tick().await;
    }
    tell(&[NotifyState::Status("Following; what was there is read")]);
}

/// Tells that the daemon is alive, each time that the engine has answered: a process that serves
/// pages and no longer reads is to be ended and started anew.
async fn keep_alive<A>(period: Duration, mut answers: impl FnMut() -> A, mut tell: impl FnMut())
where
    A: Future<Output = bool>,
{
    let mut beats = interval(period.max(Duration::from_millis(1)));
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        if !answers().await {
            break;
        }
        tell();
    }
}

/// Sends it, or does nothing where nobody listens. A daemon does not end because of a service
/// manager that cannot be told.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        debug!(%error, "the service manager cannot be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn an_engine_that_does_not_answer_is_not_kept_alive() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().expect("a runtime");
        let (asked, told) = (Cell::new(0), Cell::new(0));
        let hung = tokio::sync::Notify::new();
        let answers = async || {
            asked.set(asked.get() + 1);
            if asked.get() > 3 {
                hung.notify_one();
                std::future::pending::<()>().await;
            }
            true
        };
        runtime.block_on(async {
            tokio::select! {
                () = keep_alive(Duration::from_millis(1), answers, || told.set(told.get() + 1)) => {}
                () = hung.notified() => {}
            }
        });
        assert_eq!((asked.get(), told.get()), (4, 3));
    }

    #[test]
    fn an_engine_that_has_ended_is_not_kept_alive() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().expect("a runtime");
        let told = Cell::new(0);
        let ended = async || false;
        runtime.block_on(keep_alive(Duration::from_millis(1), ended, || {
            told.set(told.get() + 1);
        }));
        assert_eq!(told.get(), 0);
    }
}
