//! Who we say that we are, in `Authorization`.
//!
//! It stands apart because what is in here is never shown: not in logs, labels or messages.

use std::fmt;
use std::io;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::header::HeaderValue;

use crate::keyfile::{contents, invalid};

/// The most bytes of a file with a secret; tokens have a few thousand.
const LONGEST_SECRET: u64 = 64 * 1024;

/// A password or token.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// As it is.
    Given(String),
    /// In a file, which is read for each request, so that it can be changed at any time.
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
    /// What it is now, without the white space around it that editors leave in files.
    ///
    /// # Errors
    ///
    /// If its file cannot be read, is empty, longer than 64 KiB or no text. They name the file.
    pub fn read(&self) -> io::Result<String> {
        let path = match self {
            Secret::Given(secret) => return Ok(secret.clone()),
            Secret::File(path) => path,
        };
        let bytes = contents(path, LONGEST_SECRET)?;
        match std::str::from_utf8(&bytes).map(str::trim) {
            Ok("") => Err(invalid(path, "the file is empty")),
            Ok(secret) => Ok(secret.to_owned()),
            Err(_) => Err(invalid(path, "the file is no text")),
        }
    }
}

/// What is sent in `Authorization`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// Nothing.
    #[default]
    None,
    /// A name and a password (RFC 7617).
    Basic {
        /// The name, without a colon.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A token (RFC 6750).
    Bearer(Secret),
}

impl Auth {
    /// The value of the header, as it is now.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or what is in it fits into no header.
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
                "the credentials hold characters that no header can",
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
    fn a_secret_is_never_shown() {
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
    fn a_file_is_read_anew_and_what_is_no_secret_is_refused_by_name() {
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
}
