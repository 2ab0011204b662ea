//! The configuration of one Alertmanager.

use std::time::Duration;

use super::credentials::Auth;
use super::tls::Tls;
use super::url::BaseUrl;

/// The default timeout of a request, as in Prometheus.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// An Alertmanager and how to connect to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Base URL, without `/api/v2/alerts`.
    pub url: BaseUrl,
    /// TLS settings; unused without https.
    pub tls: Tls,
    /// The `Authorization` header.
    pub auth: Auth,
    /// The timeout of a request, from the name lookup to the end of the response.
    pub timeout: Duration,
}
