//! Notifications to the service manager, systemd, with the protocol of sd_notify(3): readiness, reload,
//! stop and the watchdog.
//!
//! Nothing is sent if the process was not started by a service manager that expects notifications.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, warn};

use crate::engine::Handle;

/// How often to check whether the lines that existed at the start are read.
const CATCH_UP_INTERVAL: Duration = Duration::from_secs(1);

/// The service manager that started this process, if there is one.
pub struct ServiceManager {
    engine: Handle,
}

impl ServiceManager {
    /// Notifies that the daemon listens, and starts the watchdog notifications. Units that wait for the
    /// daemon do not wait until existing log lines are read, which can take long.
    ///
    /// Must be called inside a tokio runtime.
    pub fn listening(engine: Handle) -> Self {
        if std::env::var_os("NOTIFY_SOCKET").is_some() {
            notify(&[
                NotifyState::Ready,
                NotifyState::Status("Listening; reading existing log lines"),
            ]);
            tokio::spawn(catch_up(engine.clone()));
            if let Some(timeout) = sd_notify::watchdog_enabled() {
                let engine = engine.clone();
                tokio::spawn(async move {
                    let notify = || notify(&[NotifyState::Watchdog]);
                    keep_alive(timeout / 2, || engine.answers(), notify).await;
                });
            }
        }
        ServiceManager { engine }
    }

    /// Notifies that a reload of the configuration begins.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => notify(&[NotifyState::Reloading, now]),
            Err(error) => {
                warn!(%error, "cannot read the clock, so the service manager is not notified of the reload")
            }
        }
    }

    /// Notifies that the reload is complete, once the engine has handled all earlier requests.
    pub fn reloaded(&self) {
        let engine = self.engine.clone();
        tokio::spawn(async move {
            engine.answers().await;
            notify(&[NotifyState::Ready]);
        });
    }

    /// Notifies that the daemon is stopping.
    pub fn stopping(&self) {
        notify(&[NotifyState::Stopping, NotifyState::Status("Stopping")]);
    }
}

/// Notifies once the lines that existed at the start are read.
async fn catch_up(engine: Handle) {
    let mut checks = interval(CATCH_UP_INTERVAL);
    while !engine.ready() {
        checks.tick().await;
    }
    notify(&[NotifyState::Status(
        "Following; existing log lines are read",
    )]);
}

/// Sends a watchdog notification in every period in which the engine answers, so that a process that
/// serves pages but no longer reads is restarted. Returns when the engine has stopped.
async fn keep_alive<A>(period: Duration, mut answers: impl FnMut() -> A, mut notify: impl FnMut())
where
    A: Future<Output = bool>,
{
    let mut ticks = interval(period.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if !answers().await {
            break;
        }
        notify();
    }
}

/// Sends a notification. A failure is only logged, because it is no reason to stop.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        debug!(%error, "cannot notify the service manager");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn watchdog_is_not_notified_while_the_engine_does_not_answer() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().expect("a runtime");
        let (asked, notified) = (Cell::new(0), Cell::new(0));
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
                () = keep_alive(Duration::from_millis(1), answers, || notified.set(notified.get() + 1)) => {}
                () = hung.notified() => {}
            }
        });
        assert_eq!((asked.get(), notified.get()), (4, 3));
    }

    #[test]
    fn watchdog_is_not_notified_after_the_engine_has_stopped() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().expect("a runtime");
        let notified = Cell::new(0);
        let stopped = async || false;
        runtime.block_on(keep_alive(Duration::from_millis(1), stopped, || {
            notified.set(notified.get() + 1);
        }));
        assert_eq!(notified.get(), 0);
    }
}
