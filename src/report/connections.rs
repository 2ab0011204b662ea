//! How long clients stay connected to Postfix's SMTP server, from the lines in which a process connects and disconnects.

use rustc_hash::FxHashMap;

use super::host_domain;
use super::mail::text;
use super::summary::{ConnectionRow, ConnectionTime};
use super::table::{Figures, Table};
use crate::parse::Stamp;
use crate::stable_hash::short_hash;

/// How many connections may be open at a time.
const MAX_OPEN: usize = 100_000;

/// The connections of one client domain.
#[derive(Clone, Copy, Default)]
struct Time {
    connections: u64,
    /// In seconds.
    total: u64,
    longest: u64,
}

impl Figures for Time {
    fn weight(&self) -> u64 {
        self.connections
    }

    fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }
}

/// Times of connections.
pub(super) struct Connections {
    /// When the process with this tag, `postfix/smtpd[123`, accepted its client, in seconds since 1970.
    open: FxHashMap<u64, i64>,
    clients: Table<Time>,
    all: Time,
}

impl Connections {
    /// With a limit in bytes.
    pub fn new(bytes: usize) -> Self {
        Connections {
            open: FxHashMap::default(),
            clients: Table::new(bytes),
            all: Time::default(),
        }
    }

    /// A client connected.
    pub fn connect(&mut self, time: Option<Stamp>, line: &[u8]) {
        if let (Some(time), Some((process, _))) = (time, process_and_text(line)) {
            if self.open.len() >= MAX_OPEN {
                self.open.clear();
            }
            self.open.insert(process, time.seconds);
        }
    }

    /// A line says nothing that is counted: it may be about a client that disconnects.
    pub fn other(&mut self, time: Option<Stamp>, line: &[u8]) {
        let Some((process, text)) = process_and_text(line) else {
            return;
        };
        let Some(client) = text.strip_prefix(b"disconnect from ") else {
            return;
        };
        let (Some(time), Some(since)) = (time, self.open.remove(&process)) else {
            return;
        };
        let client = memchr::memchr(b' ', client).map_or(client, |end| &client[..end]);
        let seconds = u64::try_from(time.seconds - since).unwrap_or_default();
        let one = Time {
            connections: 1,
            total: seconds,
            longest: seconds,
        };
        self.all.add(&one);
        self.clients
            .update(host_domain::domain(client), |row| row.add(&one));
    }

    /// The sums, and the client domains with the most connections.
    pub fn totals(&self, rows: usize) -> ConnectionTime {
        let clients = self.clients.top(rows, |row| (row.connections, row.total));
        let clients = clients.into_iter().map(|(name, row)| ConnectionRow {
            name: text(name),
            connections: row.connections,
            seconds: row.total,
            longest: row.longest,
        });
        ConnectionTime {
            connections: self.all.connections,
            seconds: self.all.total,
            longest: self.all.longest,
            clients: clients.collect(),
        }
    }
}

/// The hash of the tag with the process id, and the text behind it.
fn process_and_text(line: &[u8]) -> Option<(u64, &[u8])> {
    // The first bracket that closes is nearly always that of the process id.
    let first = memchr::memchr(b']', line)?;
    let end = match line[first..].starts_with(b"]: ") {
        true => first,
        false => memchr::memmem::find(line, b"]: ")?,
    };
    let start = memchr::memrchr(b' ', &line[..end])? + 1;
    Some((short_hash(&line[start..end]), &line[end + 3..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_last_from_connect_to_disconnect_of_a_process() {
        let mut connections = Connections::new(1 << 20);
        let time = |seconds| Some(Stamp { seconds, nanos: 0 });
        let line = |process: u32, text: &str| {
            format!("Nov 20 15:17:00 mx1 postfix/smtpd[{process}]: {text}").into_bytes()
        };
        connections.connect(time(100), &line(1, "connect from a.example.com[192.0.2.1]"));
        connections.connect(time(101), &line(2, "connect from b.example.com[192.0.2.2]"));
        connections.other(
            time(103),
            &line(2, "disconnect from b.example.com[192.0.2.2] quit=1"),
        );
        connections.other(
            time(110),
            &line(1, "disconnect from a.example.com[192.0.2.1]"),
        );
        connections.other(
            time(111),
            &line(3, "disconnect from c.example.com[192.0.2.3]"),
        );
        let totals = connections.totals(10);
        assert_eq!(
            (totals.connections, totals.seconds, totals.longest),
            (2, 12, 10)
        );
        assert_eq!(totals.clients[0].name, "example.com");
    }
}
