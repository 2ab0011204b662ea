//! The traffic of a busy server: sessions begin at random times, and their lines are interleaved.

use super::server::{Action, Line, Server, Style};

/// An endless log.
pub struct Traffic {
    server: Server,
    next_session: u64,
}

impl Traffic {
    /// The log for a seed.
    pub fn new(seed: u64, style: Style) -> Self {
        Traffic {
            server: Server::new(seed, style),
            next_session: 0,
        }
    }

    /// The next line.
    pub fn next_line(&mut self) -> Line {
        loop {
            match self.server.take_due(self.next_session) {
                Some(planned) => match planned.action {
                    Action::Line(line) => return line,
                    Action::Retry(message) => self.server.retry(message, planned.at),
                },
                None => {
                    let now = self.next_session;
                    self.next_session += self.server.random.between(1, 1200);
                    self.begin_session(now);
                }
            }
        }
    }

    fn begin_session(&mut self, now: u64) {
        let session: fn(&mut Server, u64) = self.server.random.weighted(&[
            (640, Server::send as fn(&mut Server, u64)),
            (130, Server::receive),
            (100, Server::reject),
            (40, Server::postscreen),
            (40, Server::password_guessing),
            (50, Server::unrelated_line),
        ]);
        session(&mut self.server, now);
    }
}
