//! What is shown and selected, and what keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::feed::Problem;
use super::theme::Theme;
use crate::catalog::Language;
use crate::cli::script;
use crate::web::StatusDocument;

/// The lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// Firing, pending and silenced alerts.
    Alerts,
    /// Codes by trouble.
    Codes,
    /// Providers by failing share above the usual.
    Providers,
    /// Sources, and how far each is read.
    Sources,
}

impl Pane {
    /// In the order of the keys 1 to 4.
    pub const ALL: [Pane; 4] = [Pane::Alerts, Pane::Codes, Pane::Providers, Pane::Sources];

    /// The position in [`Pane::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// How many rows the pane has.
    pub fn rows(self, status: &StatusDocument) -> usize {
        match self {
            Pane::Alerts => status.firing.len() + status.pending.len() + status.silenced.len(),
            Pane::Codes => status.codes.len(),
            Pane::Providers => status.providers.len(),
            Pane::Sources => status.sources.len(),
        }
    }
}

/// What covers the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Popup {
    /// The keys.
    Help,
    /// The details of the selected row, from this line on.
    Details(u16),
}

/// The state of the program.
pub struct App {
    /// The last status that was received.
    pub status: Option<StatusDocument>,
    /// Why there was none the last time.
    pub problem: Option<Problem>,
    /// What the status is of: logs or an address.
    pub origin: String,
    /// Whether that is a daemon.
    pub is_remote: bool,
    /// The wall clock in seconds since 1970.
    pub now: i64,
    /// The zone of all times.
    pub zone: jiff::tz::TimeZone,
    /// The language of texts.
    pub language: Language,
    /// The styles.
    pub theme: Theme,
    /// The list that keys move in.
    pub focus: Pane,
    /// The selected row of each list.
    pub selected: [usize; 4],
    /// What covers the lists.
    pub popup: Option<Popup>,
}

impl App {
    /// The text in the language.
    pub fn t(&self, en: &'static str, zh: &'static str) -> &'static str {
        match self.language {
            Language::En => en,
            Language::Zh => script::own(zh),
        }
    }

    /// Takes the newest status, or why there is none.
    pub fn update(&mut self, status: Result<StatusDocument, Problem>) {
        match status {
            Ok(status) => {
                self.problem = None;
                for pane in Pane::ALL {
                    let last = pane.rows(&status).saturating_sub(1);
                    let selected = &mut self.selected[pane.index()];
                    *selected = (*selected).min(last);
                }
                self.status = Some(status);
            }
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// Handles a key. Returns whether the program goes on.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c' | 'd') if is_control => return false,
            KeyCode::Char('q' | 'Q') => return false,
            KeyCode::Esc => self.popup = None,
            KeyCode::Char('?' | 'h') => {
                self.popup = match self.popup {
                    Some(Popup::Help) => None,
                    _ => Some(Popup::Help),
                }
            }
            code => match &mut self.popup {
                Some(Popup::Details(line)) => match code {
                    KeyCode::Up | KeyCode::Char('k') => *line = line.saturating_sub(1),
                    KeyCode::Down | KeyCode::Char('j') => *line = line.saturating_add(1),
                    _ => self.popup = None,
                },
                Some(Popup::Help) => self.popup = None,
                None => self.list_key(code),
            },
        }
        true
    }

    fn list_key(&mut self, code: KeyCode) {
        let panes = Pane::ALL.len();
        let at = self.focus.index();
        let rows = self.status.as_ref().map_or(0, |it| self.focus.rows(it));
        let last = rows.saturating_sub(1);
        let selected = &mut self.selected[at];
        match code {
            KeyCode::Tab | KeyCode::Right | KeyCode::Char('l') => {
                self.focus = Pane::ALL[(at + 1) % panes];
            }
            KeyCode::BackTab | KeyCode::Left => self.focus = Pane::ALL[(at + panes - 1) % panes],
            KeyCode::Char(digit @ '1'..='4') => {
                self.focus = Pane::ALL[digit as usize - '1' as usize];
            }
            KeyCode::Up | KeyCode::Char('k') => *selected = selected.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => *selected = (*selected + 1).min(last),
            KeyCode::Home | KeyCode::Char('g') => *selected = 0,
            KeyCode::End | KeyCode::Char('G') => *selected = last,
            KeyCode::PageUp => *selected = selected.saturating_sub(10),
            KeyCode::PageDown => *selected = (*selected + 10).min(last),
            KeyCode::Enter if rows > 0 => self.popup = Some(Popup::Details(0)),
            _ => {}
        }
    }
}
