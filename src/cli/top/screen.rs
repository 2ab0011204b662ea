//! The terminal: it is as it was before when the program ends, however that happens.

use std::io::{self, Stdout};
use std::thread;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event};
use tokio::sync::mpsc::{Receiver, channel};

/// The terminal while the program draws on it.
///
/// [`ratatui::try_init`] installs a panic hook that restores the terminal before the message is printed; hooks also run
/// where a panic aborts the process.
pub struct Screen {
    /// What is drawn on.
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the whole terminal.
    ///
    /// # Errors
    ///
    /// If it cannot be set up.
    pub fn enter() -> io::Result<Self> {
        let terminal = ratatui::try_init().inspect_err(|_| ratatui::restore())?;
        Ok(Screen { terminal })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Keys and other events of the terminal, read by a thread of its own, which ends with the process.
///
/// # Errors
///
/// If the thread cannot be started.
pub fn events() -> io::Result<Receiver<Event>> {
    let (sender, receiver) = channel(64);
    thread::Builder::new().name("keys".into()).spawn(move || {
        while let Ok(event) = event::read() {
            if sender.blocking_send(event).is_err() {
                break;
            }
        }
    })?;
    Ok(receiver)
}
