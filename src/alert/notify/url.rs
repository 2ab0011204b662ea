//! Where an Alertmanager is: the beginning of its URLs, taken apart once.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;

/// What comes after the base.
const ENDPOINT: &str = "/api/v2/alerts";

/// `http` or `https`, a host, and perhaps a port and a path that the API is below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    https: bool,
    /// Host and port as written.
    authority: String,
    /// The host, an IPv6 address without its brackets.
    host: String,
    port: u16,
    /// Empty, or with a slash at its beginning and none at its end.
    prefix: String,
}

impl BaseUrl {
    /// Whether it wants TLS.
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

    /// The path that alerts are posted to.
    pub(super) fn path(&self) -> String {
        format!("{}{ENDPOINT}", self.prefix)
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    /// The error says what is wrong.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('@') {
            // Not repeated: messages end up in logs.
            return Err("the URL has an @ in it, as if there were credentials".to_owned());
        }
        let uri: Uri = text
            .parse()
            .map_err(|error| format!("{text:?} is no URL: {error}"))?;
        let (https, port) = match uri.scheme_str() {
            Some("http") => (false, 80),
            Some("https") => (true, 443),
            Some(scheme) => return Err(format!("{text:?} has the scheme {scheme}")),
            None => return Err(format!("{text:?} has no scheme")),
        };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if uri.query().is_some() || text.contains('#') {
            return Err(format!("{text:?} has more than a path"));
        }
        let prefix = uri.path().trim_end_matches('/');
        if prefix.ends_with(ENDPOINT) {
            return Err(format!("{text:?} has {ENDPOINT} at its end already"));
        }
        let host = uri.host().unwrap_or_default();
        // `Uri` takes a port out of range for none.
        let written = authority.strip_prefix(host).unwrap_or_default();
        if host.is_empty() || written.len() != uri.port().map_or(0, |port| port.as_str().len() + 1)
        {
            return Err(format!("{text:?} names no host and port"));
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
    fn a_base_is_taken_apart_and_written_as_one() {
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
    fn what_is_no_base_is_refused_and_no_password_repeated() {
        for (text, problem) in [
            ("am:9093", "has no scheme"),
            ("/alerts", "has no scheme"),
            ("ftp://am", "the scheme ftp"),
            ("http://", "is no URL"),
            ("http://am:99999", "names no host and port"),
            ("http://am:", "names no host and port"),
            ("http://:9093", "names no host and port"),
            ("http://am/?a=b", "more than a path"),
            ("http://am/x/api/v2/alerts", "at its end already"),
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
