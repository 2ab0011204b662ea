//! Files that hold certificates, private keys and secrets, for the TLS server and the Alertmanager
//! client. Every error names the file.

use std::io;
use std::path::Path;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::regular_file;

/// The largest accepted PEM file, in bytes. The bundle of all system authorities is a quarter of it.
const MAX_PEM_BYTES: u64 = 1024 * 1024;

/// The certificates in a PEM file, at least one.
///
/// # Errors
///
/// If the file cannot be read, is not valid PEM, or holds no certificate.
pub(crate) fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    certificates_in(&contents(path, MAX_PEM_BYTES)?).map_err(|problem| invalid(path, problem))
}

/// The certificates in a PEM text, at least one.
///
/// # Errors
///
/// The problem, if it is not valid PEM or holds no certificate.
pub(crate) fn certificates_in(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "not a valid PEM file")?;
    match certificates.is_empty() {
        true => Err("there is no certificate in the file"),
        false => Ok(certificates),
    }
}

/// The first private key in a PEM file.
///
/// # Errors
///
/// If the file cannot be read or holds no private key.
pub(crate) fn key(path: &Path) -> io::Result<PrivateKeyDer<'static>> {
    key_in(&contents(path, MAX_PEM_BYTES)?).map_err(|problem| invalid(path, problem))
}

/// The first private key in a PEM text.
///
/// # Errors
///
/// The problem, if it holds no private key.
pub(crate) fn key_in(pem: &[u8]) -> Result<PrivateKeyDer<'static>, &'static str> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| "there is no private key in the file")
}

/// The bytes of a regular file of at most `limit` bytes.
///
/// # Errors
///
/// If the file cannot be read, is not a regular file, or is longer.
pub(crate) fn contents(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    regular_file::read(path, limit)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// An error about the contents of a file.
pub(crate) fn invalid(path: &Path, problem: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{}: {problem}", path.display()),
    )
}
