//! `top`: the status page in a terminal, of logs that are followed here or of a running daemon.

mod app;
mod band;
mod draw;
mod feed;
mod popup;
mod rows;
mod screen;
mod spark;
#[cfg(test)]
mod tests;
mod text;
mod theme;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use ratatui::crossterm::event::{Event, KeyEventKind};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};

use self::app::{App, Pane};
use self::feed::{ANSWER_LIMIT, Feed, Problem, daemon_status};
use self::screen::Screen;
use self::theme::Theme;
use super::error::Error;
use super::language::{Language, LanguageParser, Locale};
use super::serve::default_logs;
use super::source_format;
use crate::alert::notify::{Auth, BaseUrl, Peer, Secret, Tls};
use crate::parse::Format;
use crate::web::StatusDocument;
use crate::zone;

/// Where a daemon listens by default.
const DEFAULT_URL: &str = "http://127.0.0.1:9925";

/// How often the status is asked for.
const INTERVAL: Duration = Duration::from_secs(2);

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter top                    this machine's daemon, or its logs
  maillog_exporter top /var/log/mail.log  follow a log; no daemon is needed
  maillog_exporter top --format postfix --lang zh /var/log/mx*.log
  maillog_exporter top --url http://mx1.example.com:9925
  maillog_exporter top --url https://mx1:9925 --ca-file ca.pem
  maillog_exporter top --url https://mx1:9925 --username ops --password-file pw

Keys: Tab selects a list, arrows a row, Enter what to do, ? all keys, q quits.")]
pub struct Args {
    /// Logs to follow, each read from its first line [default: the daemon of this machine, or its mail logs]
    #[arg(value_name = "LOG", conflicts_with = "url")]
    logs: Vec<PathBuf>,
    /// Address of a running daemon, with its route prefix if it has one
    #[arg(long, value_name = "URL", value_parser = url)]
    url: Option<BaseUrl>,
    /// User name for the daemon
    #[arg(
        long,
        value_name = "NAME",
        requires = "password_file",
        requires = "url"
    )]
    username: Option<String>,
    /// File with the password of the user
    #[arg(long, value_name = "FILE", requires = "username")]
    password_file: Option<PathBuf>,
    /// Certificates of the authority that signed the daemon's, in PEM [default: those of the system]
    #[arg(long, value_name = "FILE", requires = "url")]
    ca_file: Option<PathBuf>,
    /// Format of the logs: a mail server or syslog; detected by default
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    format: Format,
    /// Language [default: from the environment]
    #[arg(long, value_parser = LanguageParser)]
    lang: Option<Locale>,
}

/// Parses an address.
fn url(text: &str) -> Result<BaseUrl, String> {
    if text.contains('@') {
        return Err("a user and password are given by --username and --password-file".to_owned());
    }
    text.parse()
}

impl Args {
    /// The language that an option names.
    pub fn language(&self) -> Option<Locale> {
        self.lang
    }
}

/// Shows the status until the user quits.
///
/// # Errors
///
/// If standard output is no terminal, or there is nothing to show.
pub fn run(args: &Args) -> Result<(), Error> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        let problem = "top needs a terminal; /api/v1/status of a daemon has the same as JSON";
        return Err(Error::Usage(problem.to_owned()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::cannot_start)?;
    let result = runtime.block_on(show(args));
    // A thread may be blocked by a log.
    runtime.shutdown_background();
    result
}

async fn show(args: &Args) -> Result<(), Error> {
    let language = Locale::chosen(args.lang);
    let (feed, origin) = feed(args, language).await?;
    let app = App {
        status: None,
        problem: None,
        origin,
        is_remote: matches!(feed, Feed::Daemon(_)),
        now: Timestamp::now().as_second(),
        zone: zone::local(),
        language,
        theme: Theme::of_environment(),
        focus: Pane::Alerts,
        selected: [0; 4],
        popup: None,
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::cannot_start)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::cannot_start)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(Error::cannot_start)?;
    let screen = Screen::enter().map_err(Error::cannot_start)?;
    let updates = statuses(feed, language);
    tokio::select! {
        result = draw_until_quit(screen, app, updates) => result,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        _ = hangup.recv() => Ok(()),
    }
}

/// Where the status comes from, and what that is called.
async fn feed(args: &Args, language: Language) -> Result<(Feed, String), Error> {
    let daemon = |url: BaseUrl| {
        let origin = url.to_string();
        (Feed::Daemon(Box::new(peer(args, url))), origin)
    };
    if let Some(url) = &args.url {
        return Ok(daemon(url.clone()));
    }
    let mut logs = args.logs.clone();
    if logs.is_empty() {
        let local: BaseUrl = DEFAULT_URL.parse().map_err(Error::Usage)?;
        let answer = daemon_status(&peer(args, local.clone()), language).await;
        if matches!(answer, Ok(_) | Err(Problem::Unauthorized)) {
            return Ok(daemon(local));
        }
        logs = default_logs::existing().map(PathBuf::from).collect();
        if logs.is_empty() {
            let problem = format!(
                "no daemon answers at {DEFAULT_URL}, and no mail log was found; name a log, or a daemon with --url"
            );
            return Err(Error::Runtime(problem));
        }
    }
    for log in &logs {
        let is_pattern = log.to_string_lossy().contains(['*', '?', '[']);
        if !is_pattern && let Err(error) = std::fs::metadata(log) {
            return Err(Error::Runtime(format!("{}: {error}", log.display())));
        }
    }
    let origin = match &*logs {
        [log] => log.display().to_string(),
        logs => format!("{} (+{})", logs[0].display(), logs.len() - 1),
    };
    let feed = Feed::of_logs(&logs, args.format, language).map_err(Error::cannot_start)?;
    Ok((feed, origin))
}

fn peer(args: &Args, url: BaseUrl) -> Peer {
    let auth = match (&args.username, &args.password_file) {
        (Some(username), Some(file)) => Auth::Basic {
            username: username.clone(),
            password: Secret::File(file.clone()),
        },
        _ => Auth::None,
    };
    Peer {
        url,
        tls: Tls {
            ca_file: args.ca_file.clone(),
            ..Tls::default()
        },
        auth,
        timeout: ANSWER_LIMIT,
    }
}

/// Asks for the status again and again. Keys do not wait for an answer.
fn statuses(feed: Feed, language: Language) -> Receiver<Result<StatusDocument, Problem>> {
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        loop {
            let status = feed.status(language).await;
            if sender.send(status).await.is_err() {
                break;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    });
    receiver
}

async fn draw_until_quit(
    mut screen: Screen,
    mut app: App,
    mut updates: Receiver<Result<StatusDocument, Problem>>,
) -> Result<(), Error> {
    let mut events = screen::events().map_err(Error::cannot_start)?;
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        app.now = Timestamp::now().as_second();
        screen.terminal.draw(|frame| draw::draw(frame, &app))?;
        tokio::select! {
            _ = seconds.tick() => {}
            Some(status) = updates.recv() => app.update(status),
            event = events.recv() => match event {
                Some(Event::Key(key)) if key.kind == KeyEventKind::Press => {
                    if !app.key(key) {
                        return Ok(());
                    }
                }
                // Any other event, such as a new size, is followed by drawing.
                Some(_) => {}
                // The terminal is gone.
                None => return Ok(()),
            }
        }
    }
}
