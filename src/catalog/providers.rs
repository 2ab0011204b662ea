//! The provider of a remote mail exchanger, found by the suffix of its host name.

use rustc_hash::FxHashMap;

use super::entries::ProviderId;
use super::lookup::Catalog;

/// The longest host name that DNS allows (RFC 1035 section 2.3.4).
const LONGEST_NAME: usize = 255;

/// The built-in providers and those added by the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Providers {
    names: Vec<String>,
    suffixes: FxHashMap<Box<[u8]>, u8>,
    /// The fewest and the most labels of any suffix.
    labels: (usize, usize),
    /// The provider of relays on the loopback interface.
    loopback: ProviderId,
}

/// The provider of relays on the loopback interface, such as content filters.
const LOOPBACK: &str = "loopback";

/// An error in a provider that the user has defined.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProvidersError {
    /// An id is one byte.
    #[error("too many providers: at most 255, including the built-in ones")]
    TooMany,
    /// The name becomes a label value.
    #[error("provider name {0:?}: use 1 to 40 of a-z, 0-9, _ and -, for example \"example_mail\"")]
    Name(String),
    /// `other` is reserved.
    #[error(
        "provider name \"other\" is reserved for hosts that match no provider and takes no suffixes"
    )]
    Other,
    /// A suffix is a domain name.
    #[error(
        "provider {name:?}: {suffix:?} is not a valid domain name, for example \"mx.example.net\""
    )]
    Suffix {
        /// The provider.
        name: String,
        /// The invalid suffix.
        suffix: String,
    },
}

impl Providers {
    /// The built-in table alone.
    pub fn embedded() -> Providers {
        Providers::with(Catalog::embedded(), &[]).unwrap_or_else(|_| Providers {
            names: vec!["other".into()],
            suffixes: FxHashMap::default(),
            labels: (1, 0),
            loopback: ProviderId::OTHER,
        })
    }

    /// The built-in table extended by the user's providers, given as (name, suffixes). An existing name
    /// gets further suffixes; an existing suffix is reassigned to the user's provider.
    pub fn with(
        catalog: &Catalog,
        extra: &[(String, Vec<String>)],
    ) -> Result<Providers, ProvidersError> {
        let mut table = Providers {
            names: Vec::new(),
            suffixes: FxHashMap::default(),
            labels: (usize::MAX, 0),
            loopback: ProviderId::OTHER,
        };
        for provider in catalog.providers() {
            table.add(&provider.name, &provider.suffixes)?;
        }
        let loopback = table.names.iter().position(|name| name == LOOPBACK);
        table.loopback = ProviderId(loopback.unwrap_or(0) as u8);
        for (name, suffixes) in extra {
            table.add_own(name, suffixes)?;
        }
        Ok(table)
    }

    /// Adds a provider, or further suffixes of an existing one.
    ///
    /// # Errors
    ///
    /// If the name or a suffix is invalid, or there are too many providers.
    pub fn add_own(&mut self, name: &str, suffixes: &[String]) -> Result<(), ProvidersError> {
        if name == "other" {
            return Err(ProvidersError::Other);
        }
        self.add(name, suffixes)
    }

    fn add(&mut self, name: &str, suffixes: &[String]) -> Result<(), ProvidersError> {
        let plain =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        if !(1..=40).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(ProvidersError::Name(name.into()));
        }
        let known = self.names.iter().position(|known| known == name);
        let place = known.unwrap_or(self.names.len());
        let id = u8::try_from(place)
            .ok()
            .filter(|&id| id < u8::MAX)
            .ok_or(ProvidersError::TooMany)?;
        if known.is_none() {
            self.names.push(name.into());
        }
        for suffix in suffixes {
            let bare = suffix.trim_start_matches('.').trim_end_matches('.');
            let label = |l: &str| {
                (1..=63).contains(&l.len())
                    && l.bytes()
                        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            };
            if bare.len() > LONGEST_NAME || !bare.split('.').all(label) {
                return Err(ProvidersError::Suffix {
                    name: name.into(),
                    suffix: suffix.clone(),
                });
            }
            let count = bare.split('.').count();
            self.labels = (self.labels.0.min(count), self.labels.1.max(count));
            self.suffixes
                .insert(bare.to_ascii_lowercase().into_bytes().into(), id);
        }
        Ok(())
    }

    /// The provider of relays on the loopback interface.
    pub fn loopback(&self) -> ProviderId {
        self.loopback
    }

    /// The provider of a host: the longest suffix that matches on a label boundary, ignoring case and a
    /// trailing dot. Addresses have none, except loopback addresses.
    pub fn of(&self, host: &[u8]) -> ProviderId {
        if is_loopback(host) {
            return self.loopback;
        }
        let host = host.strip_suffix(b".").unwrap_or(host);
        let host = &host[host.len().saturating_sub(LONGEST_NAME)..];
        let mut buffer = [0; LONGEST_NAME];
        let lower = &mut buffer[..host.len()];
        lower.copy_from_slice(host);
        lower.make_ascii_lowercase();
        let mut found = ProviderId::OTHER;
        let mut end = lower.len();
        for labels in 1..=self.labels.1 {
            let dot = memchr::memrchr(b'.', &lower[..end]);
            if labels >= self.labels.0 {
                let start = dot.map_or(0, |dot| dot + 1);
                if let Some(&id) = self.suffixes.get(&lower[start..]) {
                    found = ProviderId(id);
                }
            }
            match dot {
                Some(dot) => end = dot,
                None => break,
            }
        }
        found
    }

    /// The label value; `other` for an unknown id.
    pub fn name(&self, id: ProviderId) -> &str {
        self.names
            .get(usize::from(id.0))
            .map_or("other", String::as_str)
    }

    /// All label values; the index is the [`ProviderId`].
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// Whether a host is given as an address of the loopback interface: 127.0.0.0/8 or ::1 (RFC 5735, RFC 4291).
fn is_loopback(host: &[u8]) -> bool {
    match host {
        [b'1', b'2', b'7', b'.', rest @ ..] => rest
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'.'),
        _ => host == b"::1",
    }
}
