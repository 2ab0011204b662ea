//! Counts by service, an agent of a mail server with its instance: Postfix's `smtpd`, `submission/smtpd`,
//! `relay/smtp`.
//!
//! The default instance of each agent has a row from the start. Other instances get one when they are first seen.
//! Their names come from the log, so their number is limited; beyond the limit, each agent counts in a row named
//! `other`.

use rustc_hash::FxHashMap;

use crate::parse::{Agent, Direction, Outcome, Service, Stage};

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

/// An agent and the name of its instance; `None` for instances beyond the limit.
type InstanceKey = (Agent, Option<Box<[u8]>>);

/// All services.
#[derive(Clone)]
pub(crate) struct Services {
    rows: Vec<ServiceRow>,
    /// The rows of other than the default instances.
    instance_rows: FxHashMap<InstanceKey, usize>,
    /// The rows last found in `instance_rows`, by [`recent_index`].
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
            instance_rows: FxHashMap::default(),
            recent: [0; RECENT],
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
        let recent = recent_index(service);
        let row = &self.rows[self.recent[recent]];
        if *row.instance == *service.instance && row.agent == service.agent {
            return self.recent[recent];
        }
        let mut key = (service.agent, Some(service.instance.into()));
        if !self.instance_rows.contains_key(&key) {
            if self.instances == MAX_INSTANCES || !is_valid_name(service.instance) {
                self.overflowed += 1;
                key.1 = None;
            } else {
                self.instances += 1;
            }
        }
        let row = match self.instance_rows.get(&key) {
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
                self.instance_rows.insert(key.clone(), row);
                row
            }
        };
        if key.1.is_some() {
            self.recent[recent] = row;
        }
        row
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
        let (instance, agent) = name.rsplit_once('/')?;
        let agent = Agent::all().find(|it| it.mta().name() == mta && it.name() == agent)?;
        Some(self.counts(Service {
            agent,
            instance: instance.as_bytes(),
        }))
    }
}

/// The index of a service in the cache of recent rows.
#[inline]
fn recent_index(service: Service<'_>) -> usize {
    let first = service.instance.first().copied().unwrap_or_default();
    (service.instance.len() + usize::from(first) * 3 + service.agent.index() * 5) % RECENT
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
