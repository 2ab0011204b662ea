//! The file's shape, strict: an unknown key is an error, as is one that cannot be obeyed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyper::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::users::Users;
use super::{AccessError, Rules, stamp, tls};

/// The headers that may be set, in the spelling of `HeaderName`.
const HEADERS: [&str; 5] = [
    "content-security-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tls_server_config: Option<TlsServer>,
    http_server_config: Option<HttpServer>,
    basic_auth_users: Option<BTreeMap<String, String>>,
}

/// `tls_server_config:`; paths are relative to the file they stand in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsServer {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
    #[serde(default)]
    pub client_auth_type: ClientAuth,
    pub client_ca_file: Option<PathBuf>,
    pub min_version: Option<Version>,
    pub max_version: Option<Version>,
}

/// Whether clients have to show a certificate. The kinds that ask for one and do not verify it are
/// left out: they would promise what they do not keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ClientAuth {
    #[default]
    NoClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert,
}

/// Versions of TLS; older ones are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Version {
    #[serde(rename = "TLS12")]
    Tls12,
    #[serde(rename = "TLS13")]
    Tls13,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpServer {
    /// What is served is HTTP/1.1 either way, which every client speaks.
    #[serde(rename = "http2")]
    _http2: Option<bool>,
    headers: Option<BTreeMap<String, String>>,
}

/// Reads a file and everything that it names.
pub fn load(path: &Path) -> Result<Rules, AccessError> {
    let wrong = |problem: String| AccessError::new(path, problem);
    let mut files = vec![(path.to_owned(), stamp(path))];
    let text =
        std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let file = serde_saphyr::from_str::<Option<File>>(&text)
        .map_err(|error| wrong(error.without_snippet().to_string()))?
        .unwrap_or_default();
    let tls = match file.tls_server_config {
        Some(mut server) => {
            let folder = path.parent().unwrap_or(Path::new(""));
            let authority = server.client_ca_file.as_mut();
            let named = [&mut server.cert_file, &mut server.key_file];
            for file in named.into_iter().chain(authority) {
                *file = folder.join(&file);
                files.push((file.clone(), stamp(file)));
            }
            Some(tls::acceptor(path, &server)?)
        }
        None => None,
    };
    let headers = file.http_server_config.and_then(|http| http.headers);
    let headers = headers.unwrap_or_default();
    Ok(Rules {
        tls,
        users: Users::new(file.basic_auth_users.unwrap_or_default()).map_err(wrong)?,
        headers: headers
            .iter()
            .map(|(name, value)| header(name, value))
            .collect::<Result<_, _>>()
            .map_err(wrong)?,
        files,
    })
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let known = HEADERS
        .iter()
        .find(|known| name.eq_ignore_ascii_case(known));
    let known = known.ok_or_else(|| {
        format!(
            "http_server_config.headers: {name:?} cannot be set; there are {}",
            HEADERS.join(", ")
        )
    })?;
    let value = HeaderValue::from_str(value)
        .map_err(|_| format!("http_server_config.headers.{name}: that is no header's value"))?;
    Ok((HeaderName::from_static(known), value))
}
