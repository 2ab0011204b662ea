//! Files that hold certificates, keys and secrets.
//!
//! It stands apart because both sides of TLS need them: the server for whoever asks, and the client
//! that tells Alertmanagers. What is wrong with one is said with its name.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The most bytes of a file with certificates; the bundle of a whole system has a quarter of it.
const LONGEST_BUNDLE: u64 = 1024 * 1024;

/// The certificates in a file, at least one.
///
/// # Errors
///
/// If there are none, or it cannot be read. They name the file.
pub(crate) fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let bytes = contents(path, LONGEST_BUNDLE)?;
    let certificates = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| named(path, "it is no PEM file, or a damaged one"))?;
    if certificates.is_empty() {
        return Err(named(path, "there is no certificate in the file"));
    }
    Ok(certificates)
}

/// The private key in a file.
///
/// # Errors
///
/// If there is none, or it cannot be read. They name the file.
pub(crate) fn key(path: &Path) -> io::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(&contents(path, LONGEST_BUNDLE)?)
        .map_err(|_| named(path, "there is no private key in the file"))
}

/// A file, if it is one and not too long. What could keep a reader waiting is not opened.
pub(crate) fn contents(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let name =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    if !std::fs::metadata(path).map_err(name)?.is_file() {
        return Err(named(path, "it is no file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(name)?;
    file.take(longest + 1)
        .read_to_end(&mut bytes)
        .map_err(name)?;
    if bytes.len() as u64 > longest {
        return Err(named(
            path,
            &format!("the file is longer than {longest} bytes"),
        ));
    }
    Ok(bytes)
}

/// An error about what is in a file.
pub(crate) fn named(path: &Path, problem: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{}: {problem}", path.display()),
    )
}
