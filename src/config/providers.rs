//! Checks of `providers:`, the mail providers that the file adds to the built-in ones.

use serde_saphyr::Spanned;

use super::schema;
use super::values::{missing, required_list};
use crate::catalog::{Providers, ProvidersError};
use crate::yaml::{Fault, Place};

/// Adds a provider, or the hosts of a known one.
pub fn add(provider: Spanned<schema::ProviderItem>, table: &mut Providers) -> Result<(), Fault> {
    let place = Place::from(&provider);
    let provider = provider.value;
    let name = provider
        .name
        .ok_or_else(|| missing(place, "name", "example"))?;
    let hosts = required_list(provider.hosts, place, "hosts", "[mx.example.com]")?;
    for host in hosts {
        let added = table.add_own(&name.value, std::slice::from_ref(&host.value));
        added.map_err(|error| fault(error, &name, &host))?;
    }
    Ok(())
}

fn fault(error: ProvidersError, name: &Spanned<String>, host: &Spanned<String>) -> Fault {
    match error {
        ProvidersError::Suffix { suffix, .. } => Fault::new(
            host,
            format!("{suffix:?} is not a valid domain"),
            "expected a domain such as mx.example.com, which includes its subdomains",
        ),
        ProvidersError::Name(written) => Fault::new(
            name,
            format!("{written:?} is not a valid provider name"),
            "expected 1 to 40 lower-case letters, digits, _ and -",
        ),
        ProvidersError::Other => Fault::new(
            name,
            "the name \"other\" is reserved for hosts of unknown providers",
            "choose another name",
        ),
        ProvidersError::TooMany => Fault::new(
            name,
            "there are more than 255 providers, including the built-in ones",
            "remove some, or list more hosts under one name",
        ),
    }
}
