//! Builds the simulated Internet: names, addresses and their servers.

use std::net::{Ipv4Addr, SocketAddr};

use crate::Result;
use crate::dns::Zone;
use crate::records::Server;
use crate::remote::{Script, listen};
use crate::truth::Truth;

/// A message to send and its expected results.
pub struct Message {
    pub recipients: Vec<String>,
    /// Expected status per recipient; none if the scripted server records it.
    pub status: Option<&'static str>,
}

/// A mail exchanger.
pub enum Host {
    Plays(Box<Script>),
    Refuses,
    Unreachable,
    NoNetwork,
    Silent,
    Nameless,
}

/// The simulated Internet.
pub struct World {
    pub truth: Truth,
    pub zone: Zone,
    client: Server,
    next_address: u8,
    next_silent: u8,
}

impl World {
    /// Creates it with only the domain of the senders, which receives bounces.
    pub fn new(truth: Truth) -> Result<Self> {
        World::for_client(Server::Postfix, truth)
    }

    /// An empty world whose replies are logged by `client`.
    pub fn for_client(client: Server, truth: Truth) -> Result<Self> {
        let mut world = World {
            truth,
            zone: Zone::default(),
            client,
            next_address: 10,
            next_silent: 210,
        };
        world.domain(SENDER_DOMAIN, vec![plays(Script::default())])?;
        Ok(world)
    }

    /// Adds a domain with mail exchangers, the first being the preferred one.
    pub fn domain(&mut self, domain: &str, hosts: Vec<Host>) -> Result<()> {
        let count = hosts.len();
        for (index, host) in hosts.into_iter().enumerate() {
            let name = format!("mx{}.{domain}", index + 1);
            self.zone.exchange(domain, 10 * (index as u16 + 1), &name);
            let failure =
                |error: &str, code| self.truth.connect_error("outbound", error, Some(code), 1);
            let address = match host {
                Host::Nameless => continue,
                Host::Plays(mut script) => {
                    script.last = index + 1 == count;
                    script.client = self.client;
                    let address = self.free_address();
                    listen(SocketAddr::from((address, 25)), *script, &self.truth)?;
                    address
                }
                Host::Refuses => {
                    failure("refused", 111);
                    self.free_address()
                }
                Host::Unreachable => {
                    failure("unreachable", 101);
                    Ipv4Addr::new(192, 0, 2, 200)
                }
                Host::NoNetwork => {
                    failure("unreachable", 101);
                    Ipv4Addr::new(203, 0, 113, 5)
                }
                Host::Silent => {
                    failure("timed_out", 101);
                    self.next_silent += 1;
                    Ipv4Addr::new(192, 0, 2, self.next_silent - 1)
                }
            };
            self.zone.address(&name, address);
        }
        Ok(())
    }

    /// An unused address.
    pub fn free_address(&mut self) -> Ipv4Addr {
        self.next_address += 1;
        Ipv4Addr::new(198, 51, 100, self.next_address - 1)
    }
}

/// Domain of the senders; its server accepts everything, in particular bounces.
pub const SENDER_DOMAIN: &str = "origin.example.org";

/// A host with a script.
pub fn plays(script: Script) -> Host {
    Host::Plays(Box::new(script))
}
