//! What is counted by the part of the mail server that wrote a line: Postfix's `smtpd`,
//! `submission/smtpd`, `relay/smtp`.
//!
//! The default instances have a row each from the start. Other instances get theirs when they are first
//! seen; their names come from the log, so they are bounded, and what is beyond the bound is counted in one
//! row named `other` for each agent.

use rustc_hash::FxHashMap;

use crate::parse::{Agent, Direction, Outcome, Service, Stage};

/// Instances beside the default ones.
const MAX_INSTANCES: usize = 64;

/// The longest name of an instance, in bytes.
const LONGEST: usize = 64;

/// Services that are found without the map.
const RECENT: usize = 16;

/// The counts of one service.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceCounts {
    /// By [`Outcome::delivery_index`].
    pub deliveries: [u64; Outcome::DELIVERIES.len()],
    pub connections: u64,
    pub connections_lost: [u64; Stage::ALL.len()],
    pub auth_failures: u64,
    /// By [`Direction::index`].
    pub tls_connections: [u64; Direction::ALL.len()],
}

/// A service and its counts.
#[derive(Clone, Debug)]
pub(crate) struct ServiceRow {
    pub agent: Agent,
    /// The value of the `service` label.
    pub name: String,
    /// The instance; empty for the default one and for `other`.
    instance: Box<[u8]>,
    pub counts: ServiceCounts,
}

/// All services.
#[derive(Clone)]
pub(crate) struct Services {
    rows: Vec<ServiceRow>,
    /// Rows beyond the default ones, by agent and instance; `None` is for what has no row of its own.
    places: FxHashMap<(Agent, Option<Box<[u8]>>), usize>,
    /// The rows that were found last, by a few bits of their instances.
    recent: [usize; RECENT],
    instances: usize,
    overflowed: u64,
}

impl Services {
    pub(crate) fn new() -> Self {
        let row = |agent: Agent| ServiceRow {
            agent,
            name: agent.name().to_owned(),
            instance: Box::default(),
            counts: ServiceCounts::default(),
        };
        Services {
            rows: Agent::all().map(row).collect(),
            places: FxHashMap::default(),
            recent: [0; RECENT],
            instances: 0,
            overflowed: 0,
        }
    }

    /// The counts of a service.
    #[inline(always)]
    pub(crate) fn counts(&mut self, service: Service<'_>) -> &mut ServiceCounts {
        let row = match service.instance.is_empty() {
            true => service.agent.index(),
            false => self.row_of_instance(service),
        };
        &mut self.rows[row].counts
    }

    #[inline(never)]
    fn row_of_instance(&mut self, service: Service<'_>) -> usize {
        let recent = recent(service);
        let row = &self.rows[self.recent[recent]];
        if *row.instance == *service.instance && row.agent == service.agent {
            return self.recent[recent];
        }
        let mut key = (service.agent, Some(service.instance.into()));
        if !self.places.contains_key(&key) {
            if self.instances == MAX_INSTANCES || !is_name(service.instance) {
                self.overflowed += 1;
                key.1 = None;
            } else {
                self.instances += 1;
            }
        }
        let row = match self.places.get(&key) {
            Some(&row) => row,
            None => {
                let name = match &key.1 {
                    Some(instance) => {
                        let instance = String::from_utf8_lossy(instance);
                        format!("{instance}/{}", service.agent.name())
                    }
                    None => "other".to_owned(),
                };
                let row = self.rows.len();
                self.rows.push(ServiceRow {
                    agent: service.agent,
                    name,
                    instance: key.1.clone().unwrap_or_default(),
                    counts: ServiceCounts::default(),
                });
                self.places.insert(key.clone(), row);
                row
            }
        };
        if key.1.is_some() {
            self.recent[recent] = row;
        }
        row
    }

    /// Every service with its counts, the default ones first.
    pub(crate) fn rows(&self) -> &[ServiceRow] {
        &self.rows
    }

    /// How many counts went to `other`.
    pub(crate) fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// Sets how many counts went to `other` before a restart.
    pub(crate) fn set_overflowed(&mut self, overflowed: u64) {
        self.overflowed = overflowed;
    }

    /// The counts of the service with this name, which another process wrote; `None` if its agent no longer
    /// exists.
    pub(crate) fn named(&mut self, mta: &str, name: &str) -> Option<&mut ServiceCounts> {
        let known = |row: &ServiceRow| row.agent.mta().name() == mta && row.name == name;
        if let Some(row) = self.rows.iter().position(known) {
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

/// Where a service is among the recent ones.
#[inline]
fn recent(service: Service<'_>) -> usize {
    let first = service.instance.first().copied().unwrap_or_default();
    (service.instance.len() + usize::from(first) * 3 + service.agent.index() * 5) % RECENT
}

/// Whether an instance's name may become a label value.
fn is_name(instance: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./".contains(byte);
    instance.len() <= LONGEST && instance.iter().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_have_rows_of_their_own_up_to_a_bound() {
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
