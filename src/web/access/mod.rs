//! Access control by `web-config.yml`, the file that Prometheus' exporters share: TLS, passwords,
//! extra response headers and a rate limit.
//!
//! The files are read again when they change, because certificates are renewed while the daemon
//! runs.

mod algorithms;
mod password_checks;
mod pem;
mod rate_limit;
mod rules;
mod schema;
mod tls;
mod users;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{error, info, warn};

use crate::yaml::Error;

pub use password_checks::PasswordChecks;
pub use rules::AccessRules;
use rules::Stamps;
#[cfg(any(test, feature = "fuzzing"))]
pub use rules::fuzzing;
pub use tls::HTTP2;
pub use users::Authorization;

/// How long a request waits for changed files to be read; then the rules in force apply to it.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(1);

/// How rules are read from a file.
type Load = fn(&Path) -> Result<AccessRules, Error>;

/// The access rules in force, read again when their files have changed.
pub struct Access {
    /// `None` if there is no file, and the rules never change.
    file: Option<PathBuf>,
    in_force: Arc<Mutex<InForce>>,
    /// Held while files are checked and read, so that this happens once at a time.
    reloading: Arc<tokio::sync::Mutex<()>>,
    password_checks: PasswordChecks,
}

struct InForce {
    rules: Arc<AccessRules>,
    /// Of the rules' files when they were read last, successfully or not.
    stamps: Stamps,
}

impl InForce {
    fn new(rules: AccessRules) -> Self {
        InForce {
            stamps: rules.stamps(),
            rules: Arc::new(rules),
        }
    }
}

/// Locks the rules. The lock is never held during I/O.
fn lock(in_force: &Mutex<InForce>) -> MutexGuard<'_, InForce> {
    in_force.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Access {
    /// Plain HTTP without passwords.
    pub fn open() -> Self {
        Access::new(None, AccessRules::default())
    }

    /// The rules of a `web-config.yml`. Blocks on disk I/O.
    ///
    /// # Errors
    ///
    /// If the file, or one that it names, cannot be read or is not valid.
    pub fn load(file: &Path) -> Result<Self, Error> {
        Ok(Access::new(Some(file.to_owned()), AccessRules::load(file)?))
    }

    /// The rules of the text of a `web-config.yml` that names no file.
    #[cfg(any(test, feature = "fuzzing"))]
    pub fn from_text(text: &str) -> Self {
        Access::new(None, rules::fuzzing::rules(text))
    }

    fn new(file: Option<PathBuf>, rules: AccessRules) -> Self {
        Access {
            file,
            in_force: Arc::new(Mutex::new(InForce::new(rules))),
            reloading: Arc::default(),
            password_checks: PasswordChecks::default(),
        }
    }

    /// The rules in force.
    pub fn current(&self) -> Arc<AccessRules> {
        Arc::clone(&lock(&self.in_force).rules)
    }

    /// The files that the rules in force were read from.
    pub fn files(&self) -> Vec<PathBuf> {
        self.current().files()
    }

    /// Whether connections are encrypted: the scheme of the addresses of this server.
    pub fn is_tls(&self) -> bool {
        lock(&self.in_force).rules.tls.is_some()
    }

    /// Whether requests need a name and password.
    pub fn has_passwords(&self) -> bool {
        lock(&self.in_force).rules.users.are_required()
    }

    /// The checks of passwords of all versions of the rules.
    pub fn password_checks(&self) -> &PasswordChecks {
        &self.password_checks
    }

    /// The rules for a new connection or request, after a change of their files has been read.
    ///
    /// An invalid change is logged once and the rules in force stay, so that a typing error never
    /// removes the protection.
    pub async fn rules(&self) -> Arc<AccessRules> {
        self.rules_loaded_by(AccessRules::load).await
    }

    /// The same with another way to read the file. All I/O happens on a blocking thread, so that a
    /// slow file system cannot stop the HTTP thread.
    async fn rules_loaded_by(&self, load: Load) -> Arc<AccessRules> {
        // Where another request is checking the files already, the rules in force apply to this one.
        if let Some(file) = self.file.clone()
            && let Ok(reloading) = Arc::clone(&self.reloading).try_lock_owned()
        {
            let in_force = Arc::clone(&self.in_force);
            let reload = tokio::task::spawn_blocking(move || {
                reload_if_changed(&file, &in_force, load);
                drop(reloading);
            });
            if tokio::time::timeout(RELOAD_TIMEOUT, reload).await.is_err() {
                warn!("reading the web configuration takes long, keeping the old one meanwhile");
            }
        }
        self.current()
    }
}

/// Reads the files again if they have changed since they were read last.
fn reload_if_changed(file: &Path, in_force: &Mutex<InForce>, load: Load) {
    let rules = Arc::clone(&lock(in_force).rules);
    let stamps = rules.current_stamps();
    if stamps == lock(in_force).stamps {
        return;
    }
    match load(file) {
        Ok(rules) => {
            *lock(in_force) = InForce::new(rules);
            info!(file = %file.display(), "web configuration reloaded");
        }
        Err(error) => {
            lock(in_force).stamps = stamps;
            error!(%error, "web configuration is not valid, keeping the old one");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// One end of a channel for each step of [`blocked_load`].
    type Gate = (mpsc::Sender<()>, mpsc::Receiver<()>);

    static GATE: Mutex<Option<Gate>> = Mutex::new(None);

    /// Says that it has begun, and waits until it may end.
    fn blocked_load(_: &Path) -> Result<AccessRules, Error> {
        let gate = GATE.lock().expect("a lock").take();
        let (begun, may_end) = gate.expect("called once");
        begun.send(()).expect("the test waits");
        may_end.recv().expect("the test answers");
        Ok(AccessRules::default())
    }

    #[test]
    fn a_slow_reload_blocks_neither_the_runtime_nor_other_requests() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("web.yml");
        std::fs::write(&file, "").expect("written");
        let access = Access::load(&file).expect("valid");
        std::fs::write(&file, "# changed\n").expect("written");

        let (begin, begun) = mpsc::channel();
        let (end, may_end) = mpsc::channel();
        *GATE.lock().expect("a lock") = Some((begin, may_end));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let first = access.rules_loaded_by(blocked_load);
            let mut first = std::pin::pin!(first);
            let old = Arc::clone(&lock(&access.in_force).rules);
            tokio::select! {
                biased;
                _ = &mut first => panic!("the reload ended early"),
                () = std::future::ready(()) => {}
            }
            begun.recv().expect("the reload has begun");
            assert!(Arc::ptr_eq(&old, &access.rules().await));
            end.send(()).expect("the reload waits");
            assert!(!Arc::ptr_eq(&old, &first.await));
        });
    }
}
