//! The access rules that `web-config.yml` and the files that it names define.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde_saphyr::Spanned;

use super::pem;
use super::rate_limit::TokenBucket;
use super::schema::{WebConfig, expected};
use super::tls::{self, Acceptors};
use super::users::Users;
use crate::yaml::{self, Error, Fault, suggest};

/// The response headers that may be set, each with its valid values; any for none.
const SETTABLE_HEADERS: [(&str, &[&str]); 5] = [
    ("Content-Security-Policy", &[]),
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
];

/// The rules of one version of the files. The default is plain HTTP without passwords.
#[derive(Default)]
pub struct AccessRules {
    /// Accepts TLS connections; `None` for plain HTTP.
    pub tls: Option<Acceptors>,
    /// Who may send requests; anybody if there are no users.
    pub users: Users,
    /// Headers that every response gets, or loses.
    headers: Vec<(HeaderName, Option<HeaderValue>)>,
    /// Limits how many requests are answered.
    pub rate_limit: Option<TokenBucket>,
    /// The files that were read, each with its stamp from just before.
    files: Vec<(PathBuf, FileStamp)>,
}

/// A file's time of modification and length in bytes; `None` if it does not exist.
type FileStamp = Option<(SystemTime, u64)>;

fn stamp(file: &Path) -> FileStamp {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The stamps of all files that rules were read from, at one time. They differ if a file has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps(Vec<FileStamp>);

impl AccessRules {
    /// Reads a file and every file that it names. Blocks on disk I/O.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read or is not valid.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let mut files = vec![(path.to_owned(), stamp(path))];
        let text = yaml::text(path)?;
        parse(path, &text, &mut files)
            .map(|rules| AccessRules { files, ..rules })
            .map_err(|fault| fault.at(&path.display().to_string(), &text, expected))
    }

    /// Sets and removes the headers of a response.
    pub fn apply_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            match value {
                Some(value) => headers.insert(name, value.clone()),
                None => headers.remove(name),
            };
        }
    }

    /// The files that were read.
    pub fn files(&self) -> Vec<PathBuf> {
        self.files.iter().map(|(file, _)| file.clone()).collect()
    }

    /// The stamps from just before the files were read.
    pub fn stamps(&self) -> Stamps {
        Stamps(self.files.iter().map(|(_, stamp)| *stamp).collect())
    }

    /// The stamps of the same files now. Blocks on disk I/O.
    pub fn current_stamps(&self) -> Stamps {
        Stamps(self.files.iter().map(|(file, _)| stamp(file)).collect())
    }
}

/// Parses the text of `web-config.yml` and reads the files that it names, after adding each of them
/// to `files`.
fn parse(
    path: &Path,
    text: &str,
    files: &mut Vec<(PathBuf, FileStamp)>,
) -> Result<AccessRules, Fault> {
    let config: WebConfig = yaml::read(text)?;
    let http = config.http_server_config;
    let http2 = http.as_ref().and_then(|http| http.http2).unwrap_or(true);
    let tls = match config.tls_server_config {
        Some(server) => {
            let (location, mut server) = (server.referenced, server.value);
            let folder = path.parent().unwrap_or(Path::new(""));
            let named = [
                &mut server.cert_file,
                &mut server.key_file,
                &mut server.client_ca_file,
            ];
            let named = named.into_iter().flatten();
            for file in named.filter(|file| pem::is_given(&file.value)) {
                file.value = folder.join(&file.value);
                files.push((file.value.clone(), stamp(&file.value)));
            }
            Some(tls::acceptors(location, &server, http2)?)
        }
        None => None,
    };
    let headers = http.and_then(|http| http.headers);
    let headers = headers.unwrap_or_default();
    let rate_limit = match config.rate_limit {
        Some(limit) => TokenBucket::new(limit.referenced, &limit.value)?,
        None => None,
    };
    Ok(AccessRules {
        tls,
        users: Users::new(config.basic_auth_users.unwrap_or_default())?,
        headers: headers
            .iter()
            .map(|(name, value)| header(name, value))
            .collect::<Result<_, _>>()?,
        rate_limit,
        files: Vec::new(),
    })
}

/// Any text as a web configuration file.
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing {
    use super::{AccessRules, Path, expected, parse};

    /// The rules of a text.
    ///
    /// # Panics
    ///
    /// If it is not valid.
    pub fn rules(text: &str) -> AccessRules {
        let rules = parse(Path::new("w.yml"), text, &mut Vec::new()).ok();
        rules.expect("valid rules")
    }

    /// The bytes as a web configuration file: it is accepted, or refused with a message that names the file.
    ///
    /// # Panics
    ///
    /// If the message does not.
    pub fn web_config(bytes: &[u8]) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        let path = Path::new("/nonexistent/w.yml");
        if let Err(fault) = parse(path, text, &mut Vec::new()) {
            let message = fault.at("w.yml", text, expected).to_string();
            assert!(message.starts_with("w.yml"), "{message}");
        }
    }
}

/// A header with its value; `None` for an empty one.
fn header(name: &str, value: &Spanned<String>) -> Result<(HeaderName, Option<HeaderValue>), Fault> {
    let known = SETTABLE_HEADERS
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known))
        .and_then(|(known, values)| Some((HeaderName::from_bytes(known.as_bytes()).ok()?, values)));
    let names = SETTABLE_HEADERS.map(|(known, _)| known);
    let (known, values) = known.ok_or_else(|| {
        let hint = match suggest(name, names.into_iter()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("expected one of {}", names.join(", ")),
        };
        Fault::new(
            value.referenced,
            format!("the header {name} cannot be set"),
            hint,
        )
    })?;
    let text = value.value.trim();
    if text.is_empty() {
        return Ok((known, None));
    }
    let valid = values.is_empty() || values.iter().any(|it| text.eq_ignore_ascii_case(it));
    let hint = match valid {
        true => "one line of printable characters".to_owned(),
        false => values.join(" or "),
    };
    HeaderValue::from_str(text)
        .ok()
        .filter(|_| valid)
        .map(|value| (known, Some(value)))
        .ok_or_else(|| {
            Fault::new(
                value.referenced,
                "not a valid header value",
                format!("expected {hint}, or an empty value to remove the header"),
            )
        })
}
