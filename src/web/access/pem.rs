//! PEM texts of `tls_server_config:`, which are in files or in the configuration itself.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_saphyr::{Location, Spanned};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::keyfile;
use crate::yaml::Fault;

/// Where a PEM text is.
pub enum Pem<'a> {
    File(&'a Spanned<PathBuf>),
    Inline(&'a Spanned<String>, &'static str),
}

/// The one of two settings that is given; an empty one is not. `name` is that of the file.
///
/// # Errors
///
/// If both are given.
pub fn choose<'a>(
    file: &'a Option<Spanned<PathBuf>>,
    inline: &'a Option<Spanned<String>>,
    name: &'static str,
) -> Result<Option<Pem<'a>>, Fault> {
    let file = file.as_ref().filter(|file| is_given(&file.value));
    let inline = inline.as_ref().filter(|text| !text.value.is_empty());
    let inline_name = name.strip_suffix("_file").unwrap_or(name);
    Ok(match (file, inline) {
        (Some(_), Some(text)) => {
            return Err(Fault::new(
                text.referenced,
                format!("{inline_name} and {name} cannot both be given"),
                "remove one of them",
            ));
        }
        (Some(file), None) => Some(Pem::File(file)),
        (None, Some(text)) => Some(Pem::Inline(text, inline_name)),
        (None, None) => None,
    })
}

/// Whether a setting with this path is more than an empty one.
pub fn is_given(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

impl Pem<'_> {
    /// Its place in the configuration.
    pub fn place(&self) -> Location {
        match self {
            Pem::File(path) => path.referenced,
            Pem::Inline(text, _) => text.referenced,
        }
    }

    /// The certificates in it, at least one.
    pub fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Fault> {
        let found = match self {
            Pem::File(path) => {
                keyfile::certificates(&path.value).map_err(|error| error.to_string())
            }
            Pem::Inline(text, _) => {
                keyfile::certificates_in(text.value.as_bytes()).map_err(str::to_owned)
            }
        };
        found.map_err(|problem| self.fault(problem, "certificates"))
    }

    /// The private key in it.
    pub fn key(&self) -> Result<PrivateKeyDer<'static>, Fault> {
        let found = match self {
            Pem::File(path) => keyfile::key(&path.value).map_err(|error| error.to_string()),
            Pem::Inline(text, _) => keyfile::key_in(text.value.as_bytes()).map_err(str::to_owned),
        };
        found.map_err(|problem| self.fault(problem, "a private key"))
    }

    /// An error in its certificates.
    pub fn invalid(&self, problem: &str) -> Fault {
        self.fault(format!("{self}: {problem}"), "certificates")
    }

    fn fault(&self, problem: String, content: &str) -> Fault {
        let expected = match self {
            Pem::File(_) => format!("expected the path of a file with {content} in PEM"),
            Pem::Inline(..) => format!("expected {content} in PEM"),
        };
        Fault::new(self.place(), problem, expected)
    }
}

/// The path of the file, or the name of the setting; never the text itself.
impl fmt::Display for Pem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pem::File(path) => write!(f, "{}", path.value.display()),
            Pem::Inline(_, name) => f.write_str(name),
        }
    }
}
