//! The place of a value in a YAML file.

use serde_saphyr::{Location, Spanned};

/// The place of a value in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where the value is used; for a value behind an alias, the place of the alias.
    pub(super) referenced: Location,
    /// Where the value is written; differs from `referenced` behind an alias only.
    pub(super) defined: Location,
}

impl Place {
    /// The line, counted from 1.
    pub fn line(&self) -> u64 {
        self.referenced.line()
    }
}

impl<T> From<&Spanned<T>> for Place {
    fn from(value: &Spanned<T>) -> Self {
        Place {
            referenced: value.referenced,
            defined: value.defined,
        }
    }
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Place {
            referenced: location,
            defined: location,
        }
    }
}
