//! The shape of `web-config.yml`. Unknown keys are errors, and so are settings that cannot be
//! honoured.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_saphyr::Spanned;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebConfig {
    pub tls_server_config: Option<Spanned<TlsServerConfig>>,
    pub http_server_config: Option<HttpServerConfig>,
    /// User names and their bcrypt hashes.
    pub basic_auth_users: Option<BTreeMap<String, Spanned<String>>>,
}

/// `tls_server_config:`; paths are relative to the directory of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsServerConfig {
    pub cert_file: Option<Spanned<PathBuf>>,
    pub key_file: Option<Spanned<PathBuf>>,
    pub client_auth_type: Option<Spanned<ClientAuth>>,
    pub client_ca_file: Option<Spanned<PathBuf>>,
    pub min_version: Option<Spanned<TlsVersion>>,
    pub max_version: Option<Spanned<TlsVersion>>,
}

/// Whether clients must present a certificate. The types that request a certificate without
/// verifying it are not supported: they suggest a protection that they do not give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ClientAuth {
    #[default]
    NoClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert,
}

/// The supported TLS versions; older ones are insecure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum TlsVersion {
    #[serde(rename = "TLS12")]
    Tls12,
    #[serde(rename = "TLS13")]
    Tls13,
}

/// `http_server_config:`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpServerConfig {
    /// Accepted and ignored: only HTTP/1.1 is served.
    #[serde(rename = "http2")]
    _http2: Option<bool>,
    pub headers: Option<BTreeMap<String, Spanned<String>>>,
}

/// A description of the valid values of each field, for error messages. `path` is the field's path
/// in the file, empty for the whole file.
pub fn expected(path: &str) -> Option<&'static str> {
    Some(match path {
        "" => "a mapping with tls_server_config, http_server_config, basic_auth_users",
        "tls_server_config" => {
            "a mapping with cert_file, key_file, client_auth_type, client_ca_file, min_version, \
             max_version"
        }
        "tls_server_config.cert_file" | "tls_server_config.client_ca_file" => {
            "the path of a file with certificates in PEM"
        }
        "tls_server_config.key_file" => "the path of a file with a private key in PEM",
        "tls_server_config.client_auth_type" => {
            "NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert"
        }
        "tls_server_config.min_version" | "tls_server_config.max_version" => "TLS12 or TLS13",
        "http_server_config" => "a mapping with headers, http2",
        "http_server_config.http2" => "true or false",
        "http_server_config.headers" => "a mapping of headers to their values",
        "basic_auth_users" => "a mapping of user names to bcrypt hashes",
        _ if path.starts_with("http_server_config.headers.") => "a header value in quotes",
        _ if path.starts_with("basic_auth_users.") => {
            "a bcrypt hash in quotes, as `htpasswd -nB NAME` prints it"
        }
        _ => return None,
    })
}
