//! Where the status comes from: logs that are read here, or a running daemon.

use std::path::PathBuf;
use std::time::Duration;

use hyper::StatusCode;
use jiff::Timestamp;

use crate::alert::notify::{Failure, Peer, get};
use crate::catalog::{Language, Policy, Providers};
use crate::config::Config;
use crate::engine::{self, AlertSetup, Handle, NoView, Setup, SourceSetup};
use crate::metrics::{ReloadRecord, WebAddress};
use crate::parse::Format;
use crate::source::{Files, Framing, Input, ReadFrom};
use crate::state::StateFile;
use crate::web::{SiteSettings, StatusDocument, status_of};
use crate::zone;

/// How long a daemon may take to answer.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// The largest status that is read, in bytes.
const MAX_STATUS: usize = 4 << 20;

/// The most characters of a daemon's error that are shown.
const MAX_ERROR_CHARS: usize = 200;

/// Why there is no status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The daemon does not answer.
    Unreachable(String),
    /// It asks for a user name and password.
    Unauthorized,
    /// It answers with an error.
    Refused(String),
    /// What answers is not this program, or a version without this document.
    NotAnExporter,
    /// Reading the logs is blocked.
    Blocked,
}

/// Where the status comes from.
pub enum Feed {
    /// Logs that are read here.
    Logs {
        /// What reads them.
        engine: Handle,
        /// What is shown of the machine.
        settings: Box<SiteSettings>,
    },
    /// A running daemon.
    Daemon(Box<Peer>),
}

impl Feed {
    /// Follows logs, each from its first line. Nothing is written.
    ///
    /// # Errors
    ///
    /// If the engine cannot be started.
    pub fn of_logs(logs: &[PathBuf], format: Format, language: Language) -> std::io::Result<Self> {
        let config = Config::default();
        let sources = logs.iter().map(|path| SourceSetup {
            name: path.display().to_string(),
            input: Input::Files(Files {
                rotated_dirs: Vec::new(),
                paths: vec![std::path::absolute(path).unwrap_or_else(|_| path.clone())],
                from: ReadFrom::Beginning,
                framing: Framing::Plain,
            }),
            format,
        });
        let setup = Setup {
            sources: sources.collect(),
            max_line_bytes: config.max_line_bytes,
            time_zone: config.time_zone.clone(),
            patterns: config.patterns.clone(),
            records_addresses: false,
        };
        let mut policy = Policy::embedded();
        policy.language = language;
        let alerts = AlertSetup {
            policy: policy.clone(),
            instance: String::new(),
            job: String::new(),
            reloads: ReloadRecord::default(),
            web: WebAddress::default(),
            notifier: None,
        };
        let (engine, _) = engine::start(
            setup,
            Providers::embedded(),
            None,
            alerts,
            StateFile::none(),
        )?;
        let settings = SiteSettings::new(&config.telemetry_path, policy, zone::local());
        Ok(Feed::Logs {
            engine,
            settings: Box::new(settings),
        })
    }

    /// The status now, with texts in the language.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub async fn status(&self, language: Language) -> Result<StatusDocument, Problem> {
        match self {
            Feed::Logs { engine, settings } => {
                let view = engine.view().await.map_err(|why| match why {
                    NoView::Blocked => Problem::Blocked,
                    NoView::Ended => Problem::Refused("the engine has ended".to_owned()),
                })?;
                let now = Timestamp::now().as_second();
                Ok(status_of(&view, settings, language, now))
            }
            Feed::Daemon(peer) => daemon_status(peer, language).await,
        }
    }
}

/// The status of a daemon.
///
/// # Errors
///
/// Why there is none.
pub async fn daemon_status(peer: &Peer, language: Language) -> Result<StatusDocument, Problem> {
    let tag = match language {
        Language::En => "en",
        Language::Zh => "zh",
    };
    let path = format!("/api/v1/status?lang={tag}");
    let (status, body) = get(peer, &path, MAX_STATUS)
        .await
        .map_err(|failure| Problem::Unreachable(reason(&failure)))?;
    match status {
        StatusCode::OK => {
            let document: StatusDocument =
                serde_json::from_slice(&body).map_err(|_| Problem::NotAnExporter)?;
            match document.as_of {
                0 => Err(Problem::NotAnExporter),
                _ => Ok(document),
            }
        }
        StatusCode::UNAUTHORIZED => Err(Problem::Unauthorized),
        StatusCode::NOT_FOUND => Err(Problem::NotAnExporter),
        status => {
            let text = String::from_utf8_lossy(&body);
            let text: String = text.trim().chars().take(MAX_ERROR_CHARS).collect();
            Err(Problem::Refused(format!("{status}: {text}")))
        }
    }
}

/// The error of the system without its number.
fn reason(failure: &Failure) -> String {
    let text = failure.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}
