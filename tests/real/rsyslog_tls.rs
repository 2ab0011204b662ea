//! The transport from rsyslog to the exporter over TLS, with certificates on both sides.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::Result;
use crate::rsyslog::Way;

/// Debian's folder of libraries for this machine.
macro_rules! library {
    ($name:literal) => {
        if cfg!(target_arch = "aarch64") {
            concat!("aarch64-linux-gnu/rsyslog/", $name)
        } else {
            concat!("x86_64-linux-gnu/rsyslog/", $name)
        }
    };
}

/// The TLS drivers of rsyslog.
pub const GNUTLS: &str = library!("lmnsd_gtls.so");
pub const OPENSSL: &str = library!("lmnsd_ossl.so");

pub const TLS: Way<'static> = Way {
    listener: "tls://:6514",
    globals: r#"parser.permitSlashInProgramName="on"
        DefaultNetstreamDriverCAFile="{folder}/ca.pem"
        DefaultNetstreamDriverCertFile="{folder}/sender.pem"
        DefaultNetstreamDriverKeyFile="{folder}/sender.key""#,
    action: "",
    templates: "",
    burst: crate::rsyslog::LINES,
};

/// rsyslog's action, for a driver.
pub const ACTION: &str = r#"action(type="omfwd" target="127.0.0.1" port="6514" protocol="tcp"
    TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"
    StreamDriver="{driver}" StreamDriverMode="1" StreamDriverAuthMode="x509/name"
    StreamDriverPermittedPeers="exporter.example.com")"#;

/// Settings of the exporter's source.
pub const SETTINGS: &str = "    tls:
      cert_file: {folder}/receiver.pem
      key_file: {folder}/receiver.key
      client_ca_file: {folder}/ca.pem
    allowed_senders: [mx1.example.com]
";

/// Writes an authority, and the certificates and keys of both sides and of a sender that is not allowed.
pub fn write_certificates(folder: &Path) -> Result<()> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    // OpenSSL takes a certificate with the name of its issuer for a self-signed one.
    params
        .distinguished_name
        .push(DnType::CommonName, "authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(folder.join("ca.pem"), params.self_signed(&key)?.pem())?;
    let issuer = Issuer::new(params, key);
    for (file, name, address) in [
        ("receiver", "exporter.example.com", Some("127.0.0.1")),
        ("sender", "mx1.example.com", None),
        ("stranger", "mx2.example.com", None),
    ] {
        let key = KeyPair::generate()?;
        let names = [Some(name), address].into_iter().flatten();
        let names: Vec<String> = names.map(str::to_owned).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &issuer)?;
        fs::write(folder.join(format!("{file}.pem")), certificate.pem())?;
        fs::write(folder.join(format!("{file}.key")), key.serialize_pem())?;
    }
    Ok(())
}
