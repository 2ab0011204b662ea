//! The configuration of one Alertmanager.

use std::path::{Path, PathBuf};
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

impl Peer {
    /// The files with certificates and secrets, which are read again for every connection.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let identity = self.tls.identity.iter();
        let identity = identity.flat_map(|(certificate, key)| [certificate, key]);
        let files = self
            .tls
            .ca_file
            .iter()
            .chain(identity)
            .chain(self.auth.file());
        files.map(PathBuf::as_path)
    }
}
