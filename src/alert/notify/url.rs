//! The base URL of an Alertmanager, parsed once.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;

/// The path below the base URL.
const ENDPOINT: &str = "/api/v2/alerts";

/// `http` or `https`, a host, and optionally a port and a path prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    https: bool,
    /// Host and port as written.
    authority: String,
    /// The host; an IPv6 address without brackets.
    host: String,
    port: u16,
    /// Path prefix: empty, or with a leading and no trailing slash.
    prefix: String,
}

impl BaseUrl {
    /// Whether the scheme is https.
    pub fn https(&self) -> bool {
        self.https
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The path to post alerts to.
    pub(super) fn path(&self) -> String {
        self.path_of(ENDPOINT)
    }

    /// A path below the base URL.
    pub(super) fn path_of(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    /// The error describes the problem.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('@') {
            // The URL is not repeated, since messages end up in logs.
            return Err(
                "the URL contains an @; credentials belong in basic_auth or authorization"
                    .to_owned(),
            );
        }
        let uri: Uri = text
            .parse()
            .map_err(|error| format!("{text:?} is not a valid URL: {error}"))?;
        let (https, port) = match uri.scheme_str() {
            Some("http") => (false, 80),
            Some("https") => (true, 443),
            Some(scheme) => {
                return Err(format!(
                    "{text:?}: the scheme {scheme} is not http or https"
                ));
            }
            None => return Err(format!("{text:?} has no scheme")),
        };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if uri.query().is_some() || text.contains('#') {
            return Err(format!("{text:?}: a query is not allowed"));
        }
        let prefix = uri.path().trim_end_matches('/');
        if prefix.ends_with(ENDPOINT) {
            return Err(format!("{text:?}: leave out {ENDPOINT}, it is appended"));
        }
        let host = uri.host().unwrap_or_default();
        // `Uri` treats a port out of range as no port.
        let written = authority.strip_prefix(host).unwrap_or_default();
        if host.is_empty() || written.len() != uri.port().map_or(0, |port| port.as_str().len() + 1)
        {
            return Err(format!("{text:?} has no valid host and port"));
        }
        Ok(BaseUrl {
            https,
            authority: authority.to_owned(),
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(port),
            prefix: prefix.to_owned(),
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(formatter, "{scheme}://{}{}", self.authority, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_parsed_and_displayed() {
        for (text, host, port, path, written) in [
            (
                "http://am:9093",
                "am",
                9093,
                "/api/v2/alerts",
                "http://am:9093",
            ),
            (
                "https://am.example/",
                "am.example",
                443,
                "/api/v2/alerts",
                "https://am.example",
            ),
            (
                "http://[::1]/a/b/",
                "::1",
                80,
                "/a/b/api/v2/alerts",
                "http://[::1]/a/b",
            ),
        ] {
            let url: BaseUrl = text.parse().expect(text);
            assert_eq!((url.host(), url.port()), (host, port));
            assert_eq!(url.path(), path);
            assert_eq!(url.to_string(), written);
        }
    }

    #[test]
    fn invalid_urls_are_rejected_without_repeating_passwords() {
        for (text, problem) in [
            ("am:9093", "has no scheme"),
            ("/alerts", "has no scheme"),
            ("ftp://am", "the scheme ftp"),
            ("http://", "is not a valid URL"),
            ("http://am:99999", "no valid host and port"),
            ("http://am:", "no valid host and port"),
            ("http://:9093", "no valid host and port"),
            ("http://am/?a=b", "a query is not allowed"),
            ("http://am/x/api/v2/alerts", "it is appended"),
        ] {
            let error = text.parse::<BaseUrl>().expect_err(text);
            assert!(error.contains(problem), "{text}: {error}");
        }
        for text in ["http://a:secret@am", "a:secret@am", "http://a:secret @am"] {
            let error = text.parse::<BaseUrl>().expect_err(text);
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
