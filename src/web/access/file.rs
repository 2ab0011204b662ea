//! The file's shape, strict: an unknown key is an error, as is one that cannot be obeyed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyper::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::users::Users;
use super::{Rules, stamp, tls};
use crate::yaml::{self, Error, Fault, suggest};

/// The headers that may be set.
const HEADERS: [&str; 5] = [
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tls_server_config: Option<Spanned<TlsServer>>,
    http_server_config: Option<HttpServer>,
    basic_auth_users: Option<BTreeMap<String, Spanned<String>>>,
}

/// `tls_server_config:`; paths are relative to the file they stand in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsServer {
    pub cert_file: Option<Spanned<PathBuf>>,
    pub key_file: Option<Spanned<PathBuf>>,
    pub client_auth_type: Option<Spanned<ClientAuth>>,
    pub client_ca_file: Option<Spanned<PathBuf>>,
    pub min_version: Option<Spanned<Version>>,
    pub max_version: Option<Spanned<Version>>,
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
    headers: Option<BTreeMap<String, Spanned<String>>>,
}

/// What is right for each field, for messages about values of the wrong kind.
fn right(path: &str) -> Option<&'static str> {
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
        "basic_auth_users" => "a mapping of names to bcrypt hashes",
        _ if path.starts_with("http_server_config.headers.") => "a header's value in quotes",
        _ if path.starts_with("basic_auth_users.") => {
            "a bcrypt hash in quotes, as `htpasswd -nB NAME` prints it"
        }
        _ => return None,
    })
}

/// Reads a file and everything that it names.
pub fn load(path: &Path) -> Result<Rules, Error> {
    let mut files = vec![(path.to_owned(), stamp(path))];
    let text = yaml::text(path)?;
    rules(path, &text, &mut files)
        .map(|rules| Rules { files, ..rules })
        .map_err(|fault| fault.at(&path.display().to_string(), &text, right))
}

/// What the text of a file comes to. The files that it names are noted before they are read.
fn rules(
    path: &Path,
    text: &str,
    files: &mut Vec<(PathBuf, super::Stamp)>,
) -> Result<Rules, Fault> {
    let file: File = yaml::read(text)?;
    let tls = match file.tls_server_config {
        Some(server) => {
            let (place, mut server) = (server.referenced, server.value);
            let folder = path.parent().unwrap_or(Path::new(""));
            let named = [
                &mut server.cert_file,
                &mut server.key_file,
                &mut server.client_ca_file,
            ];
            for file in named.into_iter().flatten() {
                file.value = folder.join(&file.value);
                files.push((file.value.clone(), stamp(&file.value)));
            }
            Some(tls::acceptor(place, &server)?)
        }
        None => None,
    };
    let headers = file.http_server_config.and_then(|http| http.headers);
    let headers = headers.unwrap_or_default();
    Ok(Rules {
        tls,
        users: Users::new(file.basic_auth_users.unwrap_or_default())?,
        headers: headers
            .iter()
            .map(|(name, value)| header(name, value))
            .collect::<Result<_, _>>()?,
        files: Vec::new(),
    })
}

fn header(name: &str, value: &Spanned<String>) -> Result<(HeaderName, HeaderValue), Fault> {
    let known = HEADERS
        .iter()
        .find(|known| name.eq_ignore_ascii_case(known))
        .and_then(|known| HeaderName::from_bytes(known.as_bytes()).ok());
    let known = known.ok_or_else(|| {
        let right = match suggest(name, HEADERS.into_iter()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("there are {}", HEADERS.join(", ")),
        };
        Fault::new(
            value.referenced,
            format!("the header {name} cannot be set"),
            right,
        )
    })?;
    let value = HeaderValue::from_str(&value.value).map_err(|_| {
        Fault::new(
            value.referenced,
            "that is no header's value",
            "right would be one line of printable characters",
        )
    })?;
    Ok((known, value))
}
