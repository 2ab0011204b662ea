//! Which client certificates a TLS server accepts.

use std::sync::Arc;

use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

use super::alternative_names;

/// Which certificates are trusted.
#[derive(Debug)]
pub(crate) enum Trust {
    /// Every one whose key the client has, also an expired one.
    Any,
    /// Those that an authority has issued, and the certificates of the authorities themselves.
    Authorities {
        verifier: Arc<dyn ClientCertVerifier>,
        authorities: Vec<CertificateDer<'static>>,
    },
}

impl Trust {
    /// Trusts the certificates that these authorities have issued, at least one.
    ///
    /// # Errors
    ///
    /// If one of them is not a valid certificate.
    pub fn in_authorities(
        authorities: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for authority in &authorities {
            roots
                .add(authority.clone())
                .map_err(|error| error.to_string())?;
        }
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
                .build()
                .map_err(|error: VerifierBuilderError| error.to_string())?;
        Ok(Trust::Authorities {
            verifier,
            authorities,
        })
    }
}

/// The client certificates that are accepted.
#[derive(Debug)]
pub(crate) struct ClientCertificates {
    /// Whether a client without a certificate is refused.
    pub mandatory: bool,
    pub trust: Trust,
    /// The subject alternative names of which a certificate must have one; `None` for any.
    pub allowed_names: Option<Vec<String>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertificates {
    /// Accepts certificates by trust and names.
    pub fn new(
        mandatory: bool,
        trust: Trust,
        allowed_names: Option<Vec<String>>,
        provider: &CryptoProvider,
    ) -> Self {
        ClientCertificates {
            mandatory,
            trust,
            allowed_names,
            algorithms: provider.signature_verification_algorithms,
        }
    }
}

/// Whether a certificate is valid by itself: at this time, and for TLS clients. Its chain and its
/// signature are not checked.
fn is_valid_by_itself(der: &[u8], now: UnixTime) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return false;
    };
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let in_time =
        ASN1Time::from_timestamp(seconds).is_ok_and(|now| certificate.validity().is_valid_at(now));
    let for_clients = match certificate.extended_key_usage() {
        Ok(usage) => usage.is_none_or(|usage| usage.value.any || usage.value.client_auth),
        Err(_) => false,
    };
    in_time && for_clients
}

impl ClientCertVerifier for ClientCertificates {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        match &self.trust {
            Trust::Any => &[],
            Trust::Authorities { verifier, .. } => verifier.root_hint_subjects(),
        }
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if let Trust::Authorities {
            verifier,
            authorities,
        } = &self.trust
        {
            // A client may have the certificate of an authority itself, which webpki refuses
            // because it is not that of an end entity.
            let is_authority = authorities.contains(end_entity);
            if !(is_authority && is_valid_by_itself(end_entity, now)) {
                verifier.verify_client_cert(end_entity, intermediates, now)?;
            }
        }
        if let Some(allowed) = &self.allowed_names {
            let names = alternative_names(end_entity);
            let names = names.ok_or(CertificateError::BadEncoding)?;
            if !names.iter().any(|name| allowed.contains(name)) {
                return Err(CertificateError::ApplicationVerificationFailure.into());
            }
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
