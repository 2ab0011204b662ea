//! The daemon that is killed and restarted, and a scraper that watches its counters.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http::{self, Connection};

/// Interval of the watcher's scrapes.
const SCRAPE_INTERVAL: Duration = Duration::from_millis(50);

/// How long the daemon may take to count all lines.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A daemon with a state file.
pub struct Daemon {
    program: PathBuf,
    arguments: Vec<String>,
    pub address: String,
    child: Option<Child>,
    pub kills: u64,
}

impl Daemon {
    pub fn new(program: &Path, folder: &Path, log: &Path) -> Result<Self> {
        let address = http::free_address()?;
        let arguments = vec![
            "serve".to_owned(),
            log.display().to_string(),
            format!("--web.listen-address={address}"),
            format!("--state.path={}", folder.join("state").display()),
            "--log.level=warn".to_owned(),
        ];
        let mut daemon = Daemon {
            program: program.to_owned(),
            arguments,
            address,
            child: None,
            kills: 0,
        };
        daemon.start()?;
        Ok(daemon)
    }

    pub fn start(&mut self) -> Result<()> {
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        self.child = Some(child);
        Ok(())
    }

    /// Kills the daemon with SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        self.kills += 1;
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Returns the metrics when at least `lines` are counted and the count is stable, or after the timeout.
    pub fn settled(&self, lines: u64) -> Result<String> {
        let end = Instant::now() + TIMEOUT;
        let mut last = None;
        loop {
            let text = Connection::open(&self.address)
                .map_err(anyhow::Error::from)
                .and_then(|mut connection| Ok(connection.get("/metrics")?.to_owned()));
            if let Ok(text) = text {
                let counted = sum(&text, "maillog_lines_total");
                if counted >= lines as f64 && last == Some(counted) {
                    return Ok(text);
                }
                if Instant::now() > end {
                    return Ok(text);
                }
                last = Some(counted);
            } else if Instant::now() > end {
                bail!("the daemon does not answer");
            }
            // Longer than a line takes to become visible.
            std::thread::sleep(Duration::from_millis(1200));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// Samples of an exposition: name with labels, and value.
pub fn samples(text: &str) -> impl Iterator<Item = (&str, f64)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name, value.parse().ok()?))
        })
}

/// Sum of the samples of a metric family.
pub fn sum(text: &str, family: &str) -> f64 {
    let of_family = samples(text).filter(|(name, _)| name.split('{').next() == Some(family));
    of_family.map(|(_, value)| value).sum()
}

/// Counts by reply code.
pub fn codes(text: &str) -> BTreeMap<u16, u64> {
    samples(text)
        .filter_map(|(name, value)| {
            let rest = name.strip_prefix("maillog_codes_total{direction=\"outbound\",code=\"")?;
            Some((rest.get(..3)?.parse().ok()?, value as u64))
        })
        .collect()
}

/// Scrapes continuously and records every counter that decreases.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
pub struct Seen {
    highest: HashMap<String, f64>,
    pub scrapes: u64,
    /// Counters that decreased, by name.
    pub decreased: Vec<String>,
}

impl Seen {
    /// Compares a scrape with all earlier ones.
    fn compare(&mut self, text: &str) {
        self.scrapes += 1;
        let counters = samples(text).filter(|(name, _)| {
            let family = name.split('{').next().unwrap_or_default();
            family.starts_with("maillog_")
                && ["_total", "_bucket", "_sum", "_count"]
                    .iter()
                    .any(|ending| family.ends_with(ending))
        });
        let now: HashMap<&str, f64> = counters.collect();
        for (name, highest) in &mut self.highest {
            let value = now.get(&**name).copied().unwrap_or(0.0);
            if value < *highest {
                self.decreased.push(format!("{name}: {highest} → {value}"));
            }
            *highest = highest.max(value);
        }
        for (name, value) in now {
            self.highest.entry(name.to_owned()).or_insert(value);
        }
    }
}

impl Watcher {
    pub fn start(address: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (address, stopped, shared) = (address.to_owned(), stop.clone(), seen.clone());
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let start = Instant::now();
                // The daemon may not be running.
                if let Ok(mut connection) = Connection::open(&address)
                    && let Ok(text) = connection.get("/metrics")
                {
                    shared
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .compare(text);
                }
                std::thread::sleep(SCRAPE_INTERVAL.saturating_sub(start.elapsed()));
            }
        });
        Watcher {
            stop,
            seen,
            thread: Some(thread),
        }
    }

    /// Stops the watcher; returns what was seen, including the exposition `last`.
    pub fn end(mut self, last: &str) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the watcher is visible in its results.
            let _ = thread.join();
        }
        let mut seen =
            std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        seen.compare(last);
        seen
    }
}
