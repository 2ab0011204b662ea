//! A section of the state file: a name, a version and the encoded content. Each section has its own version, so that
//! its format can change independently of the others.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::serde_bytes;

/// The version in which every section is written.
const VERSION: u16 = 1;

/// One section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    pub(super) name: String,
    pub(super) version: u16,
    #[serde(with = "serde_bytes")]
    pub(super) content: Vec<u8>,
}

impl Section {
    /// A section with this part of a snapshot, in the current version.
    pub(super) fn new(name: &str, part: &impl Serialize) -> postcard::Result<Self> {
        Ok(Section {
            name: name.to_owned(),
            version: VERSION,
            content: postcard::to_stdvec(part)?,
        })
    }

    /// The decoded content; `None`, with a warning in the log, if it cannot be decoded.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        if self.version != VERSION {
            warn!(
                section = self.name,
                version = self.version,
                "discarding a section of the state file: its version is not supported"
            );
            return None;
        }
        match postcard::from_bytes(&self.content) {
            Ok(part) => Some(part),
            Err(error) => {
                warn!(
                    section = self.name, %error,
                    "discarding a section of the state file: it cannot be decoded"
                );
                None
            }
        }
    }
}
