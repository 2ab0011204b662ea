//! Where the pages of this exporter are reached, for the links of alerts.

/// Where the pages are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebAddress {
    /// `http` or `https`, as the pages are served.
    pub scheme: &'static str,
    /// What every path begins with, such as `/mail`; empty for none.
    pub route_prefix: String,
    /// The base URL of links to the pages, without a slash at its end; empty if it follows from the address of the
    /// instance.
    pub external_url: String,
}

impl WebAddress {
    /// The base URL of links to the pages of the exporter at an address.
    pub fn base(&self, instance: &str) -> String {
        let WebAddress {
            scheme,
            route_prefix,
            external_url,
        } = self;
        match external_url.is_empty() {
            true => format!("{scheme}://{instance}{route_prefix}"),
            false => external_url.clone(),
        }
    }
}
