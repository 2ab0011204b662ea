//! Counts by service, an agent of a mail server with its instance: Postfix's `smtpd`, `submission/smtpd`,
//! `relay/smtp`.
//!
//! The default instance of each agent has a row from the start. Other instances get one when they are first seen.
//! Their names come from the log, so their number is limited; beyond the limit, each agent counts in a row named
//! `other`.

use rustc_hash::FxHashMap;

use crate::parse::{Agent, Direction, Mta, Outcome, Service, Stage, TlsProtocol, TlsTrust};

/// The maximum number of instances, besides the default ones.
const MAX_INSTANCES: usize = 64;

/// The maximum length of the name of an instance, in bytes.
const MAX_NAME: usize = 64;

/// The size of the cache of recent rows.
const RECENT: usize = 16;

/// The counts of one service.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceCounts {
    /// By [`Outcome::delivery_index`].
    pub deliveries: [u64; Outcome::DELIVERIES.len()],
    pub connections: u64,
    pub connections_lost: [u64; Stage::ALL.len()],
    pub auth_failures: u64,
    pub tls: TlsCounts,
}

/// TLS sessions by direction, trust and protocol.
pub(crate) type TlsCounts =
    [[[u64; TlsProtocol::ALL.len()]; TlsTrust::ALL.len()]; Direction::ALL.len()];

impl ServiceCounts {
    /// The number of TLS sessions in a direction.
    pub(crate) fn tls_connections(&self, direction: usize) -> u64 {
        self.tls[direction].iter().flatten().sum()
    }
}

/// A service and its counts.
#[derive(Clone, Debug)]
pub(crate) struct ServiceRow {
    pub agent: Agent,
    /// The value of the `service` label.
    pub name: String,
    pub counts: ServiceCounts,
}

/// All services.
#[derive(Clone)]
pub(crate) struct Services {
    rows: Vec<ServiceRow>,
    /// The rows of other than the default instances, by the name of the instance.
    instance_rows: FxHashMap<Box<[u8]>, Vec<usize>>,
    /// The rows last found in `instance_rows`, by [`RecentKey::index`].
    recent: [Option<(RecentKey, usize)>; RECENT],
    instances: usize,
    overflowed: u64,
}

impl Services {
    pub(crate) fn new() -> Self {
        let row = |agent: Agent| ServiceRow {
            agent,
            name: agent.name().to_owned(),
            counts: ServiceCounts::default(),
        };
        Services {
            rows: Agent::all().map(row).collect(),
            instance_rows: FxHashMap::default(),
            recent: [None; RECENT],
            instances: 0,
            overflowed: 0,
        }
    }

    /// The counts of a service.
    #[cfg_attr(hot_path, inline(always))]
    pub(crate) fn counts(&mut self, service: Service<'_>) -> &mut ServiceCounts {
        let row = match service.instance.is_empty() {
            true => service.agent.index(),
            false => self.row_of_instance(service),
        };
        &mut self.rows[row].counts
    }

    #[inline(never)]
    fn row_of_instance(&mut self, service: Service<'_>) -> usize {
        let key = RecentKey::of(service);
        if let Some(key) = key
            && let Some((known, row)) = self.recent[key.index()]
            && known == key
        {
            return row;
        }
        let row = self.find_or_add(service);
        // What goes to `other` is counted as such each time.
        if let Some(key) = key
            && self.rows[row].name != OTHER
        {
            self.recent[key.index()] = Some((key, row));
        }
        row
    }

    fn find_or_add(&mut self, service: Service<'_>) -> usize {
        let known = self.instance_rows.get(service.instance);
        let mut rows = known.into_iter().flatten().copied();
        if let Some(row) = rows.find(|&row| self.rows[row].agent == service.agent) {
            return row;
        }
        if self.instances == MAX_INSTANCES || !is_valid_name(service.instance) {
            self.overflowed += 1;
            return self.other_row(service.agent.mta());
        }
        self.instances += 1;
        let instance = String::from_utf8_lossy(service.instance);
        let name = format!("{instance}/{}", service.agent.name());
        let row = self.add(service.agent, name);
        let rows = self.instance_rows.entry(service.instance.into());
        rows.or_default().push(row);
        row
    }

    /// The row for the services of a server that have none of their own.
    fn other_row(&mut self, mta: Mta) -> usize {
        let is_other = |row: &ServiceRow| row.agent.mta() == mta && row.name == OTHER;
        if let Some(row) = self.rows.iter().position(is_other) {
            return row;
        }
        // The row is of no agent in particular: it has that of the first row of the server.
        let first = self.rows.iter().find(|row| row.agent.mta() == mta);
        match first.map(|row| row.agent) {
            Some(agent) => self.add(agent, OTHER.to_owned()),
            None => 0,
        }
    }

    fn add(&mut self, agent: Agent, name: String) -> usize {
        self.rows.push(ServiceRow {
            agent,
            name,
            counts: ServiceCounts::default(),
        });
        self.rows.len() - 1
    }

    /// All services with their counts, the default instances first.
    pub(crate) fn rows(&self) -> &[ServiceRow] {
        &self.rows
    }

    /// The number of counts that went to `other`.
    pub(crate) fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// Restores the number of counts that went to `other`.
    pub(crate) fn set_overflowed(&mut self, overflowed: u64) {
        self.overflowed = overflowed;
    }

    /// The counts of a service from the state file; `None` if its agent no longer exists.
    pub(crate) fn named(&mut self, mta: &str, name: &str) -> Option<&mut ServiceCounts> {
        let known = |row: &ServiceRow| row.agent.mta().name() == mta && row.name == name;
        if let Some(row) = self.rows.iter().position(known) {
            return Some(&mut self.rows[row].counts);
        }
        if name == OTHER {
            let row = self.other_row(Mta::named(mta)?);
            return Some(&mut self.rows[row].counts);
        }
        let (instance, agent) = name.rsplit_once('/')?;
        let agent = Agent::all().find(|it| it.mta().name() == mta && it.name() == agent)?;
        Some(self.counts(Service {
            agent,
            instance: instance.as_bytes(),
        }))
    }
}

/// The value of the `service` label for services beyond the limit.
const OTHER: &str = "other";

/// A service whose instance has 4 to 12 bytes, as most have, in two words that are compared in two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RecentKey {
    /// The first and the last four bytes of the instance.
    ends: u64,
    /// Its four bytes in the middle, its length, and the agent.
    rest: u64,
}

impl RecentKey {
    /// `None` for an instance of another length. The lengths vary from line to line, so there is no branch for each.
    #[inline]
    fn of(service: Service<'_>) -> Option<Self> {
        let text = service.instance;
        if !(4..=12).contains(&text.len()) {
            return None;
        }
        let word = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
        let middle = text.get(text.len() / 2 - 2..)?.first_chunk()?;
        let length = (text.len() as u64) << 32;
        let agent = (service.agent.index() as u64) << 40;
        Some(RecentKey {
            ends: word(text.first_chunk()?) | word(text.last_chunk()?) << 32,
            rest: word(middle) | length | agent,
        })
    }

    #[inline]
    fn index(self) -> usize {
        let mixed = (self.ends ^ self.rest.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 60) as usize % RECENT
    }
}

/// Whether the name of an instance may become a label value.
fn is_valid_name(instance: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./".contains(byte);
    instance.len() <= MAX_NAME && instance.iter().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_beyond_the_limit_share_one_row_of_their_server_over_a_restart() {
        let mut services = Services::new();
        let agents: Vec<Agent> = Agent::all().filter(|it| it.mta() == Mta::Postfix).collect();
        for &agent in &agents {
            let instance = &b"not valid"[..];
            services.counts(Service { agent, instance }).connections += 1;
        }
        let others = services.rows().iter().filter(|row| row.name == OTHER);
        let counts: Vec<u64> = others.map(|row| row.counts.connections).collect();
        assert_eq!(counts, [agents.len() as u64]);
        let mut restored = Services::new();
        for _ in 0..2 {
            let counts = restored.named("postfix", OTHER).expect("a row");
            counts.connections += 1;
        }
        let others = restored.rows().iter().filter(|row| row.name == OTHER);
        assert_eq!(others.count(), 1);
    }

    #[test]
    fn recent_keys_are_equal_only_for_equal_services() {
        let agent = Agent::all().next().expect("an agent");
        let key = |instance: &[u8]| RecentKey::of(Service { agent, instance });
        for length in 4..=12 {
            let instance = vec![b'a'; length];
            assert_eq!(key(&instance), key(&vec![b'a'; length]));
            assert_ne!(key(&instance), key(&vec![b'a'; length - 1]));
            for at in 0..length {
                let mut other = instance.clone();
                other[at] = b'b';
                assert_ne!(key(&instance), key(&other), "{length} {at}");
            }
        }
        let instance = &b"submission"[..];
        let other = Agent::all().last().expect("an agent");
        let of_other = RecentKey::of(Service {
            agent: other,
            instance,
        });
        assert_ne!(key(instance), of_other);
        assert_eq!((key(b"mta"), key(&[b'a'; 13])), (None, None));
    }

    #[test]
    fn instances_have_separate_rows_up_to_the_limit() {
        let agent = Agent::all().next().expect("an agent");
        let mut services = Services::new();
        let default = services.rows().len();
        for number in 0..1000 {
            for _ in 0..2 {
                let instance = format!("mta{number}");
                let instance = instance.as_bytes();
                services.counts(Service { agent, instance }).connections += 1;
            }
        }
        let instance = &b"bad name\xff"[..];
        services.counts(Service { agent, instance }).connections += 1;
        assert_eq!(services.rows().len(), default + MAX_INSTANCES + 1);
        let (first, other) = (&services.rows()[default], services.rows().last());
        assert_eq!(first.name, format!("mta0/{}", agent.name()));
        assert_eq!(first.counts.connections, 2);
        let other = other.expect("a row");
        assert_eq!(other.name, "other");
        assert_eq!(other.counts.connections, services.overflowed());
        assert_eq!(services.overflowed(), 2 * (1000 - MAX_INSTANCES as u64) + 1);
    }
}
