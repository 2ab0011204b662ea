//! The shape of `web-config.yml`. Unknown keys are errors, and so are settings that cannot be
//! honoured.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_saphyr::Spanned;

/// The whole file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebConfig {
    pub tls_server_config: Option<Spanned<TlsServerConfig>>,
    pub http_server_config: Option<HttpServerConfig>,
    /// User names and their bcrypt hashes.
    pub basic_auth_users: Option<BTreeMap<String, Spanned<String>>>,
    pub rate_limit: Option<Spanned<RateLimit>>,
}

/// `tls_server_config:`; paths are relative to the directory of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsServerConfig {
    pub cert: Option<Spanned<String>>,
    pub key: Option<Spanned<String>>,
    pub client_ca: Option<Spanned<String>>,
    pub cert_file: Option<Spanned<PathBuf>>,
    pub key_file: Option<Spanned<PathBuf>>,
    pub client_ca_file: Option<Spanned<PathBuf>>,
    pub client_auth_type: Option<Spanned<ClientAuth>>,
    pub client_allowed_sans: Option<Spanned<Vec<String>>>,
    pub min_version: Option<Spanned<TlsVersion>>,
    pub max_version: Option<Spanned<TlsVersion>>,
    pub cipher_suites: Option<Spanned<Vec<Spanned<String>>>>,
    pub prefer_server_cipher_suites: Option<bool>,
    pub curve_preferences: Option<Spanned<Vec<Spanned<String>>>>,
}

/// Whether clients must present a certificate, and which ones are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ClientAuth {
    /// Clients are not asked for one.
    #[default]
    NoClientCert,
    /// Any certificate, or none.
    RequestClientCert,
    /// Any certificate.
    #[serde(alias = "RequireClientCert")]
    RequireAnyClientCert,
    /// A certificate of an accepted authority, or none.
    VerifyClientCertIfGiven,
    /// A certificate of an accepted authority.
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpServerConfig {
    /// Whether HTTP/2 is offered over TLS; true by default.
    pub http2: Option<bool>,
    pub headers: Option<BTreeMap<String, Spanned<String>>>,
}

/// `rate_limit:`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// A duration such as `1s`; 0 for no limit.
    pub interval: Option<Spanned<String>>,
    /// How many requests may come at once.
    pub burst: Option<Spanned<u32>>,
}

/// A description of the valid values of each field, for error messages. `path` is the field's path
/// in the file, empty for the whole file.
pub fn expected(path: &str) -> Option<&'static str> {
    Some(match path {
        "" => "a mapping with tls_server_config, http_server_config, basic_auth_users, rate_limit",
        "tls_server_config" => {
            "a mapping with cert_file or cert, key_file or key, client_auth_type, client_ca_file or \
             client_ca, client_allowed_sans, min_version, max_version, cipher_suites, \
             prefer_server_cipher_suites, curve_preferences"
        }
        "tls_server_config.cert_file" | "tls_server_config.client_ca_file" => {
            "the path of a file with certificates in PEM"
        }
        "tls_server_config.key_file" => "the path of a file with a private key in PEM",
        "tls_server_config.cert" | "tls_server_config.client_ca" => "certificates in PEM",
        "tls_server_config.key" => "a private key in PEM",
        "tls_server_config.client_auth_type" => {
            "NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or \
             RequireAndVerifyClientCert"
        }
        "tls_server_config.client_allowed_sans" => {
            "a list of DNS names, IP addresses, e-mail addresses or URIs"
        }
        "tls_server_config.min_version" | "tls_server_config.max_version" => "TLS12 or TLS13",
        "tls_server_config.cipher_suites" => {
            "a list of cipher suites, such as [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]"
        }
        "tls_server_config.prefer_server_cipher_suites" => "true or false",
        "tls_server_config.curve_preferences" => "a list of CurveP256, CurveP384 and X25519",
        "http_server_config" => "a mapping with headers, http2",
        "http_server_config.http2" => "true or false",
        "http_server_config.headers" => "a mapping of headers to their values",
        "basic_auth_users" => "a mapping of user names to bcrypt hashes",
        "rate_limit" => "a mapping with interval, burst",
        "rate_limit.interval" => "a duration, such as 1s",
        "rate_limit.burst" => "a number of requests, such as 10",
        _ if path.starts_with("http_server_config.headers.") => "a header value in quotes",
        _ if path.starts_with("basic_auth_users.") => {
            "a bcrypt hash in quotes, as `htpasswd -nB NAME` prints it"
        }
        _ => return None,
    })
}
