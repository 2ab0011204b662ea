//! Styles. Without colours, what matters is said by signs and words alone.

use ratatui::style::{Color, Modifier, Style};

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Whether there are colours.
    pub colours: bool,
}

impl Theme {
    /// Without colours if the environment variable `NO_COLOR` is set and not empty.
    pub fn of_environment() -> Self {
        let off = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        Theme { colours: !off }
    }

    fn coloured(self, style: Style, colour: Color) -> Style {
        match self.colours {
            true => style.fg(colour),
            false => style,
        }
    }

    /// What needs somebody now.
    pub fn critical(self) -> Style {
        self.coloured(Style::new().add_modifier(Modifier::BOLD), Color::Red)
    }

    /// What somebody should look at.
    pub fn warning(self) -> Style {
        self.coloured(Style::new().add_modifier(Modifier::BOLD), Color::Yellow)
    }

    /// What is as it should be.
    pub fn good(self) -> Style {
        self.coloured(Style::new(), Color::Green)
    }

    /// Headings of what is selected.
    pub fn focus(self) -> Style {
        self.coloured(Style::new().add_modifier(Modifier::BOLD), Color::Cyan)
    }

    /// What explains other things.
    pub fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What is read first.
    pub fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The selected row.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The style of a state of the status document.
    pub fn of_state(self, kind: &str) -> Style {
        match kind {
            "down" | "firing" => self.critical(),
            "warned" | "pending" | "behind" => self.warning(),
            "quiet" | "resolved" => self.good(),
            _ => self.bold(),
        }
    }
}
