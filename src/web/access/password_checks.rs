//! Runs bcrypt checks: a few at a time, while a bounded number of requests waits for a turn.
//!
//! bcrypt is slow by design. Without a limit, requests with wrong passwords would take every
//! processor from the reading of logs, and their number would grow without bound.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::web::peer::Peer;

/// How many checks run at a time.
const RUNNING: usize = 2;
/// How many checks run or wait at a time.
const ADMITTED: usize = 18;
/// How many of them come from one peer, so that one peer cannot keep the others from logging in.
const ADMITTED_PER_PEER: usize = 12;

/// The checks that run and wait, of the whole process.
#[derive(Clone)]
pub struct PasswordChecks {
    running: Arc<Semaphore>,
    admitted: Arc<Mutex<HashMap<Peer, usize>>>,
}

impl Default for PasswordChecks {
    fn default() -> Self {
        PasswordChecks {
            running: Arc::new(Semaphore::new(RUNNING)),
            admitted: Arc::default(),
        }
    }
}

impl PasswordChecks {
    /// Runs a check for a peer in a blocking thread, after waiting for a turn. `None` if too many
    /// checks are waiting.
    pub async fn run(
        &self,
        peer: Peer,
        check: impl FnOnce() -> bool + Send + 'static,
    ) -> Option<bool> {
        let admitted = self.admit(peer)?;
        let turn = Arc::clone(&self.running).acquire_owned().await.ok()?;
        let checked = tokio::task::spawn_blocking(move || {
            let result = check();
            // A check cannot be interrupted: it counts until its end, also if the client is gone.
            drop((turn, admitted));
            result
        });
        checked.await.ok()
    }

    fn admit(&self, peer: Peer) -> Option<Admitted> {
        let mut admitted = self.lock();
        let of_peer = admitted.get(&peer).copied().unwrap_or(0);
        if admitted.values().sum::<usize>() >= ADMITTED || of_peer >= ADMITTED_PER_PEER {
            return None;
        }
        admitted.insert(peer, of_peer + 1);
        drop(admitted);
        Some(Admitted {
            checks: self.clone(),
            peer,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Peer, usize>> {
        self.admitted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A check that waits or runs.
struct Admitted {
    checks: PasswordChecks,
    peer: Peer,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut admitted = self.checks.lock();
        if let Some(count) = admitted.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                admitted.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    #[test]
    fn two_checks_run_a_bounded_number_waits_and_a_peer_leaves_room_for_others() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let checks = PasswordChecks::default();
            let (begun, begins) = mpsc::channel();
            let running = Arc::new(AtomicUsize::new(0));
            let (open, gate) = mpsc::channel::<()>();
            let gate = Arc::new(Mutex::new(gate));
            let peer = |last| Peer::of([192, 0, 2, last].into());
            let check = |last| {
                let (checks, gate, begun) = (checks.clone(), Arc::clone(&gate), begun.clone());
                let running = Arc::clone(&running);
                tokio::spawn(async move {
                    let check = move || {
                        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                        begun.send(now).expect("the test waits");
                        // Ends when the test drops its end.
                        let _ = gate.lock().map(|gate| gate.recv());
                        running.fetch_sub(1, Ordering::SeqCst);
                        true
                    };
                    checks.run(peer(last), check).await
                })
            };
            let mut admitted: Vec<_> = (0..ADMITTED_PER_PEER).map(|_| check(1)).collect();
            let refused = check(1);
            admitted.extend((ADMITTED_PER_PEER..ADMITTED).map(|_| check(2)));
            let also_refused = check(3);
            assert_eq!(refused.await.expect("it ended"), None);
            assert_eq!(also_refused.await.expect("it ended"), None);

            // A client that goes away frees its place in the queue, but not that of a running check.
            let waiting = admitted.pop().expect("the last one");
            waiting.abort();
            assert!(waiting.await.is_err());
            admitted.push(check(3));
            let running = admitted.remove(0);
            running.abort();
            assert!(running.await.is_err());
            assert_eq!(check(3).await.expect("it ended"), None);

            let mut begun_before = [begins.recv(), begins.recv()].map(|it| it.expect("it began"));
            begun_before.sort_unstable();
            assert_eq!(begun_before, [1, 2]);
            drop(open);
            for check in admitted {
                assert_eq!(check.await.expect("it ended"), Some(true));
            }
            drop(begun);
            assert!(begins.iter().all(|running| running <= RUNNING));
            assert!(checks.lock().is_empty());
        });
    }
}
