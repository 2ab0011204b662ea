//! What pages and their JSON show of the domains and networks in the log.

use std::str::FromStr;

/// What is shown, and recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Privacy {
    /// Also sender addresses and accounts.
    Addresses,
    /// Sender domains, recipient domains, networks of clients, and one sample of each reply text.
    #[default]
    Domains,
    /// None of these; reply texts without what differs from reply to reply.
    None,
}

impl Privacy {
    /// The names in the configuration.
    pub const NAMES: [&str; 3] = ["addresses", "domains", "none"];
}

impl FromStr for Privacy {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "addresses" => Ok(Privacy::Addresses),
            "domains" => Ok(Privacy::Domains),
            "none" => Ok(Privacy::None),
            _ => Err(()),
        }
    }
}
