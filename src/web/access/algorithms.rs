//! `cipher_suites:` and `curve_preferences:` of `web-config.yml`, with the names of Go's crypto/tls.

use serde_saphyr::Spanned;
use tokio_rustls::rustls::SupportedCipherSuite;
use tokio_rustls::rustls::crypto::ring::kx_group::{SECP256R1, SECP384R1, X25519};
use tokio_rustls::rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};

use super::schema::TlsServerConfig;
use crate::yaml::{Fault, suggest};

/// The cipher suites that Go has and the TLS library here has not, because they are weak.
const WEAK_SUITES: [&str; 4] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
];

/// The cipher suites and curves of a configuration, in its order.
///
/// # Errors
///
/// If a name is unknown, or nothing is left to choose from.
pub fn provider(server: &TlsServerConfig) -> Result<CryptoProvider, Fault> {
    let mut provider = ring::default_provider();
    if let Some(list) = &server.cipher_suites
        && !list.value.is_empty()
    {
        provider.cipher_suites = suites(list)?;
    }
    if let Some(list) = &server.curve_preferences
        && !list.value.is_empty()
    {
        provider.kx_groups = list.value.iter().map(curve).collect::<Result<_, _>>()?;
    }
    Ok(provider)
}

/// As in Go, the list is about TLS 1.2: the suites of TLS 1.3 are always all enabled. Weak suites in
/// it are left out.
fn suites(list: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<SupportedCipherSuite>, Fault> {
    let all = ring::ALL_CIPHER_SUITES;
    let names: Vec<String> = all.iter().map(go_name).collect();
    let mut suites = Vec::new();
    for written in &list.value {
        let name = written.value.as_str();
        match names.iter().position(|known| known == name) {
            Some(at) if !suites.contains(&all[at]) => suites.push(all[at]),
            Some(_) => {}
            None if WEAK_SUITES.contains(&name) => {}
            None => {
                let known = names.iter().map(String::as_str);
                return Err(unknown(written, "cipher suite", known));
            }
        }
    }
    if suites.is_empty() {
        return Err(Fault::new(
            list.referenced,
            "none of these cipher suites is available",
            format!("add one of {}", names.join(", ")),
        ));
    }
    let tls13 = all.iter().filter(|suite| suite.tls13().is_some());
    for suite in tls13 {
        if !suites.contains(suite) {
            suites.push(*suite);
        }
    }
    Ok(suites)
}

/// The name of a cipher suite in Go and in the registry of IANA.
fn go_name(suite: &SupportedCipherSuite) -> String {
    format!("{:?}", suite.suite()).replace("TLS13_", "TLS_")
}

fn curve(written: &Spanned<String>) -> Result<&'static dyn SupportedKxGroup, Fault> {
    match written.value.as_str() {
        "CurveP256" => Ok(SECP256R1),
        "CurveP384" => Ok(SECP384R1),
        "X25519" => Ok(X25519),
        "CurveP521" => Err(Fault::new(
            written.referenced,
            "CurveP521 is not available",
            "use CurveP256, CurveP384 or X25519",
        )),
        _ => Err(unknown(
            written,
            "curve",
            ["CurveP256", "CurveP384", "X25519"].into_iter(),
        )),
    }
}

fn unknown<'a>(
    written: &Spanned<String>,
    what: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Fault {
    let hint = match suggest(&written.value, known.clone()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("expected one of {}", Vec::from_iter(known).join(", ")),
    };
    let problem = format!("unknown {what} {:?}", written.value);
    Fault::new(written.referenced, problem, hint)
}
