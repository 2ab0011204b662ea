//! Who may send syslog messages.

use std::net::IpAddr;
use std::str::FromStr;

/// An item of the list of allowed senders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Every sender in a network.
    Network(Network),
    /// Every sender over TLS whose certificate has this subject alternative name.
    Name(String),
}

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// An address of the network, in its canonical form.
    address: IpAddr,
    /// How many leading bits all its addresses share.
    prefix: u32,
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        let (one, other, width) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                (one.to_bits().into(), other.to_bits().into(), 32)
            }
            (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let different: u128 = one ^ other;
        // A shift by all 128 bits has no result: then everything matches.
        different
            .checked_shr(width - self.prefix)
            .is_none_or(|different| different == 0)
    }
}

impl FromStr for Sender {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
            return match is_name {
                true => Ok(Sender::Name(text.to_owned())),
                false => Err(format!("{text:?} is neither an address nor a name")),
            };
        };
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|prefix| *prefix <= width)
                .ok_or_else(|| {
                    format!("the prefix length of {text:?} is not a number up to {width}")
                })?,
        };
        Ok(Sender::Network(Network { address, prefix }))
    }
}

/// The allowed senders; by default everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedSenders(Option<Vec<Sender>>);

impl AllowedSenders {
    /// Allows these senders and no others.
    pub fn only(senders: Vec<Sender>) -> Self {
        AllowedSenders(Some(senders))
    }

    /// Whether every sender with this address is allowed.
    pub fn allow_address(&self, address: IpAddr) -> bool {
        self.0.as_ref().is_none_or(|senders| {
            senders.iter().any(|sender| match sender {
                Sender::Network(network) => network.contains(address),
                Sender::Name(_) => false,
            })
        })
    }

    /// Whether some senders are allowed by the names in their certificates.
    pub fn have_names(&self) -> bool {
        let names = self.0.iter().flatten();
        names.into_iter().any(|it| matches!(it, Sender::Name(_)))
    }

    /// Whether a sender with these names in its certificate is allowed.
    pub fn allow_names(&self, names: &[String]) -> bool {
        self.0.iter().flatten().any(|sender| match sender {
            Sender::Network(_) => false,
            Sender::Name(allowed) => names.iter().any(|name| name.eq_ignore_ascii_case(allowed)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(senders: &[&str]) -> AllowedSenders {
        let senders = senders.iter().map(|text| text.parse().expect("a sender"));
        AllowedSenders::only(senders.collect())
    }

    #[test]
    fn senders_are_allowed_by_address_and_name() {
        for (senders, address, allowed) in [
            (&["192.0.2.1"][..], "192.0.2.1", true),
            (&["192.0.2.1"], "::ffff:192.0.2.1", true),
            (&["192.0.2.1"], "192.0.2.2", false),
            (&["192.0.2.0/24"], "192.0.2.255", true),
            (&["192.0.2.9/24"], "192.0.2.1", true),
            (&["192.0.2.0/24"], "192.0.3.0", false),
            (&["192.0.2.0/24", "198.51.100.1"], "198.51.100.1", true),
            (&["0.0.0.0/0"], "203.0.113.1", true),
            (&["0.0.0.0/0"], "2001:db8::1", false),
            (&["::/0"], "2001:db8::1", true),
            (&["2001:db8::/33"], "2001:db8:7fff::1", true),
            (&["2001:db8::/33"], "2001:db8:8000::1", false),
            (&["mx.example.com"], "192.0.2.1", false),
            (&[], "192.0.2.1", false),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(
                only(senders).allow_address(address),
                allowed,
                "{senders:?} {address}"
            );
            assert!(AllowedSenders::default().allow_address(address));
        }
        let names = ["mx.Example.com".to_owned(), "192.0.2.1".to_owned()];
        assert!(only(&["a", "mx.example.COM"]).allow_names(&names));
        assert!(!only(&["example.com", "192.0.2.1"]).allow_names(&names));
        assert!(only(&["::1", "a"]).have_names() && !only(&["::1"]).have_names());
    }

    #[test]
    fn what_is_neither_an_address_nor_a_name_is_refused() {
        for text in [
            "",
            "a b",
            "192.0.2.0/33",
            "::/129",
            "192.0.2.0/x",
            "192.0.2.0/",
        ] {
            assert!(text.parse::<Sender>().is_err(), "{text}");
        }
    }
}
