//! The names in a certificate.

use std::net::IpAddr;

use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// The subject alternative names of a certificate (RFC 5280 section 4.2.1.6) that are DNS names,
/// e-mail addresses, URIs or IP addresses. `None` if it is not a valid certificate.
pub(crate) fn alternative_names(der: &[u8]) -> Option<Vec<String>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = certificate.subject_alternative_name().ok()?;
    let names = names.map_or(&[][..], |names| &names.value.general_names);
    Some(names.iter().filter_map(text).collect())
}

fn text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
            Some((*name).to_owned())
        }
        GeneralName::IPAddress(bytes) => {
            let address = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = address.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            Some(address.ok()?.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, SanType};

    #[test]
    fn names_of_every_kind_are_found() {
        let ip = |text: &str| SanType::IpAddress(text.parse().expect("an address"));
        let text = |text: &str| text.try_into().expect("ASCII");
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![
            SanType::DnsName(text("mx.example.com")),
            SanType::Rfc822Name(text("ann@example.com")),
            SanType::URI(text("spiffe://example.com/mx")),
            ip("192.0.2.1"),
            ip("2001:db8::1"),
        ];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let names = [
            "mx.example.com",
            "ann@example.com",
            "spiffe://example.com/mx",
            "192.0.2.1",
            "2001:db8::1",
        ];
        let der = certificate.der();
        assert_eq!(
            alternative_names(der),
            Some(names.map(str::to_owned).into())
        );
        for end in 0..der.len() {
            assert_eq!(alternative_names(&der[..end]), None);
        }
    }
}
