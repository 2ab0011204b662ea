//! Who may ask, and over what: TLS, passwords and extra headers, by the `web-config.yml` that
//! Prometheus' exporters share.
//!
//! It stands apart from the daemon's own configuration because its form is not ours, and because
//! it changes while the daemon runs: certificates are renewed.

mod file;
mod tls;
mod users;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use hyper::header::{HeaderName, HeaderValue};
use tokio_rustls::TlsAcceptor;
use tracing::{error, info};

use crate::yaml::Error;
use users::Users;

/// The settings of one moment.
#[derive(Default)]
pub struct Rules {
    /// Speaks TLS with clients; `None` for plain HTTP.
    pub tls: Option<TlsAcceptor>,
    /// Who may ask; anybody, if there are none.
    pub users: Users,
    /// Headers of every answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The files that all this was read from, as they were just before.
    files: Vec<(PathBuf, Stamp)>,
}

/// When a file was changed last, and how long it was; `None` for one that is not there.
type Stamp = Option<(SystemTime, u64)>;

fn stamp(file: &Path) -> Stamp {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The settings, read again when their files have changed.
pub struct Access {
    file: Option<PathBuf>,
    state: Mutex<State>,
}

struct State {
    rules: Arc<Rules>,
    /// Of the rules' files, when they were last looked at with any success or none.
    stamps: Vec<Stamp>,
}

impl State {
    fn new(rules: Rules) -> Self {
        State {
            stamps: rules.files.iter().map(|(_, stamp)| *stamp).collect(),
            rules: Arc::new(rules),
        }
    }
}

impl Access {
    /// Plain HTTP for anybody.
    pub fn open() -> Self {
        Access {
            file: None,
            state: Mutex::new(State::new(Rules::default())),
        }
    }

    /// By a file.
    ///
    /// # Errors
    ///
    /// If it, or a file that it names, cannot be read or is wrong.
    pub fn load(file: &Path) -> Result<Self, Error> {
        Ok(Access {
            file: Some(file.to_owned()),
            state: Mutex::new(State::new(file::load(file)?)),
        })
    }

    /// The settings for a new connection. A change that is wrong is logged once, and what was right
    /// stays in force: an open door is no answer to a typing error.
    pub fn rules(&self) -> Arc<Rules> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &self.file {
            let files = state.rules.files.iter();
            let stamps: Vec<Stamp> = files.map(|(file, _)| stamp(file)).collect();
            if stamps != state.stamps {
                state.stamps = stamps;
                match file::load(file) {
                    Ok(rules) => {
                        info!(file = %file.display(), "web settings read again");
                        *state = State::new(rules);
                    }
                    Err(error) => error!(%error, "web settings are wrong, keeping the old ones"),
                }
            }
        }
        Arc::clone(&state.rules)
    }
}
