//! Client certificates of TLS servers: the HTTP server and the syslog receiver.

mod certificate_names;
mod client_certificates;

pub(crate) use certificate_names::alternative_names;
pub(crate) use client_certificates::{ClientCertificates, Trust};
