//! Credentials for the `Authorization` header. Secrets never appear in logs, labels or messages.

use std::fmt;
use std::io;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::header::HeaderValue;

use crate::keyfile::{contents, invalid};

/// Maximum size of a secret file in bytes; tokens have a few thousand.
const LONGEST_SECRET: u64 = 64 * 1024;

/// A password or token.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// Given in the configuration.
    Given(String),
    /// In a file that is read for every request, so it can be replaced at any time.
    File(PathBuf),
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Secret::Given(_) => formatter.write_str("Given(…)"),
            Secret::File(path) => formatter.debug_tuple("File").field(path).finish(),
        }
    }
}

impl Secret {
    /// The current secret, without surrounding white space.
    ///
    /// # Errors
    ///
    /// If its file cannot be read, is empty, larger than 64 KiB or not UTF-8. The error names the file.
    pub fn read(&self) -> io::Result<String> {
        let path = match self {
            Secret::Given(secret) => return Ok(secret.clone()),
            Secret::File(path) => path,
        };
        let bytes = contents(path, LONGEST_SECRET)?;
        match std::str::from_utf8(&bytes).map(str::trim) {
            Ok("") => Err(invalid(path, "the file is empty")),
            Ok(secret) => Ok(secret.to_owned()),
            Err(_) => Err(invalid(path, "the file is not valid UTF-8")),
        }
    }
}

/// The authentication scheme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// No authentication.
    #[default]
    None,
    /// HTTP Basic (RFC 7617).
    Basic {
        /// The user name, without a colon.
        username: String,
        /// The password.
        password: Secret,
    },
    /// Bearer token (RFC 6750).
    Bearer(Secret),
}

impl Auth {
    /// The file with the secret, if it is in one.
    pub(super) fn file(&self) -> Option<&PathBuf> {
        match self {
            Auth::Basic {
                password: Secret::File(path),
                ..
            }
            | Auth::Bearer(Secret::File(path)) => Some(path),
            _ => None,
        }
    }

    /// The current value of the header.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or its content is not a valid header value.
    pub(super) fn header(&self) -> io::Result<Option<HeaderValue>> {
        let value = match self {
            Auth::None => return Ok(None),
            Auth::Basic { username, password } => {
                let pair = format!("{username}:{}", password.read()?);
                format!("Basic {}", BASE64_STANDARD.encode(pair))
            }
            Auth::Bearer(token) => format!("Bearer {}", token.read()?),
        };
        let mut value = HeaderValue::from_str(&value).map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the credentials contain characters that are not allowed in a header",
            )
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_in_debug_output() {
        let auth = Auth::Basic {
            username: "maillog".into(),
            password: Secret::Given("tiger".into()),
        };
        assert!(!format!("{auth:?}").contains("tiger"));
        let header = auth.header().expect("right").expect("one");
        assert_eq!(header.to_str().ok(), Some("Basic bWFpbGxvZzp0aWdlcg=="));
        assert!(!format!("{header:?}").contains("bWFp"));
    }

    #[test]
    fn secret_files_are_reread_and_invalid_ones_rejected() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        let auth = Auth::Bearer(Secret::File(path.clone()));
        let header = || auth.header().map(|header| header.expect("one"));
        for (text, expected) in [("one\n", "Bearer one"), (" two", "Bearer two")] {
            std::fs::write(&path, text).expect("written");
            assert_eq!(header().expect("right").to_str().ok(), Some(expected));
        }
        for text in [" \n".as_bytes(), b"\xff", &[b'x'; 70_000], b"a\nb"] {
            std::fs::write(&path, text).expect("written");
            header().expect_err("no secret");
        }
        std::fs::remove_file(&path).expect("gone");
        let error = header().expect_err("none").to_string();
        assert!(error.contains("token"), "{error}");
        std::fs::create_dir(&path).expect("a directory");
        header().expect_err("no file");
    }

    #[test]
    fn the_file_of_a_secret_is_known() {
        let secret = || Secret::File("/etc/token".into());
        let basic = |password| Auth::Basic {
            username: "maillog".into(),
            password,
        };
        let given = || Secret::Given("tiger".into());
        let path = PathBuf::from("/etc/token");
        assert_eq!(basic(secret()).file(), Some(&path));
        assert_eq!(Auth::Bearer(secret()).file(), Some(&path));
        for auth in [Auth::None, basic(given()), Auth::Bearer(given())] {
            assert_eq!(auth.file(), None);
        }
    }
}
