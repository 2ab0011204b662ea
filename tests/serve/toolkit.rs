//! `web-config.yml` as in Prometheus' exporter-toolkit: each case of its tests of TLS, passwords,
//! headers and rate limits, by what is configured and what must come out.

use std::io::Read;
use std::process::{Command, Stdio};

use tokio_rustls::rustls::crypto::ring::cipher_suite::*;
use tokio_rustls::rustls::crypto::ring::kx_group::{SECP256R1, SECP384R1, X25519};
use tokio_rustls::rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{SupportedCipherSuite, SupportedProtocolVersion};

use crate::daemon::*;
use crate::passwords::password;
use crate::tls_client::*;

const TLS: &str = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";

/// The certificates of the cases: of the server, and of two clients, which are their own
/// authorities.
struct Site {
    folder: Folder,
    server: Certified,
    client: Certified,
    other_client: Certified,
}

impl Site {
    fn new() -> Self {
        let site = Site {
            folder: Folder::new(),
            server: certified(),
            client: own_authority("client"),
            other_client: own_authority("test3"),
        };
        keep(&site.folder, "server", &site.server);
        keep(&site.folder, "client", &site.client);
        keep(&site.folder, "other", &site.other_client);
        site
    }

    /// Starts a daemon with a configuration that is refused, and returns its message.
    fn refusal(&self, file: &str) -> String {
        let mut child = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
            .arg(format!(
                "--web.config.file={}",
                self.folder.path(file).display()
            ))
            .args(["--web.listen-address=127.0.0.1:0", "x.log"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut message = String::new();
        let status = until("the end", || child.try_wait().expect("a child"));
        let mut stderr = child.stderr.take().expect("its messages");
        stderr.read_to_string(&mut message).expect("text");
        assert_eq!(status.code(), Some(2), "{message}");
        message
    }

    fn tls(&self, own: Option<&Certified>) -> Client {
        let algorithms = ring::default_provider();
        Client::with_algorithms(algorithms, &self.server, own, &[&TLS12, &TLS13])
    }

    /// A client with these algorithms only.
    fn choosing(
        &self,
        suites: &[SupportedCipherSuite],
        curves: &[&'static dyn SupportedKxGroup],
        versions: &[&'static SupportedProtocolVersion],
    ) -> Client {
        let mut algorithms: CryptoProvider = ring::default_provider();
        if !suites.is_empty() {
            algorithms.cipher_suites = suites.to_vec();
        }
        if !curves.is_empty() {
            algorithms.kx_groups = curves.to_vec();
        }
        Client::with_algorithms(algorithms, &self.server, None, versions)
    }
}

#[test]
fn invalid_configurations_are_refused_at_the_start() {
    let site = Site::new();
    let with = |more: &str| format!("{TLS}{more}");
    let files = |cert: &str, key: &str| {
        format!("tls_server_config:\n  cert_file: \"{cert}\"\n  key_file: \"{key}\"\n")
    };
    for (case, web, expected) in [
        (
            "invalid structure",
            "some words\nmore words\n".to_owned(),
            "not a mapping",
        ),
        (
            "unknown key",
            "tls_config: {}\n".to_owned(),
            "unknown field",
        ),
        (
            "no certificate path",
            files("", "server.key"),
            "cert_file is missing",
        ),
        (
            "no certificate text",
            "tls_server_config:\n  cert: \"\"\n  key_file: server.key\n".to_owned(),
            "cert_file is missing",
        ),
        (
            "no key path",
            files("server.crt", ""),
            "key_file is missing",
        ),
        (
            "no key text",
            "tls_server_config:\n  cert_file: server.crt\n  key: \"\"\n".to_owned(),
            "key_file is missing",
        ),
        ("neither path", files("", ""), "cert_file is missing"),
        (
            "no such certificate",
            files("gone", "server.key"),
            "No such file",
        ),
        ("no such key", files("server.crt", "gone"), "No such file"),
        ("neither file exists", files("gone", "gone"), "No such file"),
        (
            "authorities without a check of clients",
            with("  client_ca_file: client.crt\n"),
            "has no effect",
        ),
        (
            "no such authorities",
            with("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: gone\n"),
            "No such file",
        ),
        (
            "no bcrypt hash",
            "basic_auth_users:\n  john: doe\n".to_owned(),
            "not a valid bcrypt hash",
        ),
        (
            "unknown cipher suite",
            with("  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA2048]\n"),
            "unknown cipher suite \"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA2048\"; did you mean \
             TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256?",
        ),
        (
            "unknown curve",
            with("  curve_preferences: [CurveP257]\n"),
            "unknown curve",
        ),
        (
            "unknown version",
            with("  min_version: TLS111\n"),
            "unknown value \"TLS111\"",
        ),
        (
            "unknown kind of check",
            with("  client_auth_type: RequireClient\n"),
            "unknown value \"RequireClient\"",
        ),
        (
            "value of X-Content-Type-Options",
            "http_server_config: {headers: {X-Content-Type-Options: sniff}}\n".to_owned(),
            "not a valid header value; expected nosniff",
        ),
        (
            "value of X-Frame-Options",
            "http_server_config: {headers: {X-Frame-Options: always}}\n".to_owned(),
            "not a valid header value; expected deny or sameorigin",
        ),
        (
            "header that cannot be set",
            "http_server_config: {headers: {Server: x}}\n".to_owned(),
            "the header Server cannot be set",
        ),
        // What follows is refused here and not by the toolkit, because it cannot be honoured.
        (
            "curve that the TLS library does not have",
            with("  curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]\n"),
            "curve_preferences[2]: CurveP521 is not available; use CurveP256, CurveP384 or X25519",
        ),
        (
            "weak cipher suites only",
            with("  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]\n"),
            "none of these cipher suites is available",
        ),
        (
            "cipher suites of TLS 1.3 only, without TLS 1.3",
            with("  cipher_suites: [TLS_AES_128_GCM_SHA256]\n  max_version: TLS12\n"),
            "change min_version, max_version or cipher_suites",
        ),
        (
            "bucket without tokens",
            "rate_limit: {interval: 1s, burst: 0}\n".to_owned(),
            "rate_limit.burst: no request would ever be answered",
        ),
        (
            "interval without a unit",
            "rate_limit: {interval: 1, burst: 1}\n".to_owned(),
            "rate_limit.interval: \"1\" is not a valid duration",
        ),
        (
            "certificate as path and text",
            with("  cert: x\n"),
            "cert and cert_file cannot both be given",
        ),
        (
            "names without a check of clients",
            with("  client_allowed_sans: [x]\n"),
            "has no effect without client authentication",
        ),
        (
            "authorities that are not used",
            with("  client_auth_type: RequestClientCert\n  client_ca_file: client.crt\n"),
            "has no effect without verification",
        ),
        (
            "check without authorities",
            with("  client_auth_type: RequireAndVerifyClientCert\n"),
            "needs a client_ca_file",
        ),
    ] {
        site.folder.create("web.yml", &web);
        let message = site.refusal("web.yml");
        assert!(message.contains(expected), "{case}: {message}");
    }
    assert!(site.refusal("no-such-file.yml").contains("No such file"));
}

#[test]
fn plain_http_is_served_without_tls_settings() {
    let site = Site::new();
    let daemon = launch(&site.folder, "");
    assert_eq!(daemon.get("/-/healthy").status, 200);
    assert!(site.tls(None).get(&daemon, "").is_err());
}

#[test]
fn versions_cipher_suites_and_curves_are_those_of_the_configuration() {
    let site = Site::new();
    let all = "  cipher_suites:\n\
        \x20 - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\n\
        \x20 - TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\n\
        \x20 - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n\
        \x20 - TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\n\
        \x20 - TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\n\
        \x20 - TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256\n\
        \x20 - TLS_AES_128_GCM_SHA256\n\
        \x20 - TLS_AES_256_GCM_SHA384\n\
        \x20 - TLS_CHACHA20_POLY1305_SHA256\n\
        \x20 - TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA\n\
        \x20 - TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA\n";
    let one = "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n  max_version: TLS12\n";
    let two = "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, \
               TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n  max_version: TLS12\n";
    let any_order = format!("{two}  prefer_server_cipher_suites: false\n");
    let curves = "  curve_preferences: [CurveP256, CurveP384, X25519]\n";
    let p256 = "  min_version: TLS13\n  curve_preferences: [CurveP256]\n";
    let aes128 = TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    let aes256 = TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384;
    let chacha = TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256;
    let any = || site.tls(None);
    let suites = |suites: &[SupportedCipherSuite]| site.choosing(suites, &[], &[&TLS12]);
    let groups = |groups: &[&'static dyn SupportedKxGroup]| site.choosing(&[], groups, &[&TLS13]);
    // The configuration, the client, and the cipher suite that is chosen; "" if the handshake fails.
    let tls13 = "TLS13_AES_256_GCM_SHA384";
    for (case, web, client, chosen) in [
        ("only a certificate", "", any(), tls13),
        (
            "TLS 1.3 for an older client",
            "  min_version: TLS13\n",
            suites(&[aes128]),
            "",
        ),
        ("all cipher suites", all, any(), "TLS13_AES_128_GCM_SHA256"),
        (
            "one cipher suite",
            one,
            suites(&[aes128]),
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        ),
        ("no common cipher suite", one, suites(&[chacha]), ""),
        (
            "order of the server",
            two,
            suites(&[chacha, aes256, aes128]),
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        ),
        (
            "order of the client",
            &any_order,
            suites(&[chacha, aes256, aes128]),
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        ),
        (
            "cipher suites do not concern TLS 1.3",
            "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n",
            any(),
            tls13,
        ),
        ("all curves", curves, any(), tls13),
        ("one curve", p256, groups(&[SECP256R1]), tls13),
        (
            "several curves of the client",
            p256,
            groups(&[X25519, SECP256R1]),
            tls13,
        ),
        ("no common curve", p256, groups(&[SECP384R1]), ""),
        (
            "suite without HTTP/2, which is not served",
            "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n  max_version: TLS12\n",
            any(),
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        ),
        (
            "the same with http2: false",
            "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n  max_version: TLS12\nhttp_server_config: {http2: false}\n",
            any(),
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        ),
    ] {
        let daemon = launch(&site.folder, &format!("{TLS}{web}"));
        let mut stream = client.connect(&daemon.address).expect("a connection");
        let answer = ask(&mut stream, "GET", "/-/healthy", "");
        let suite = stream.conn.negotiated_cipher_suite();
        let suite = suite.filter(|_| answer.is_ok_and(|it| it.status == 200));
        let suite = suite.map(|suite| format!("{:?}", suite.suite()));
        assert_eq!(suite.unwrap_or_default(), chosen, "{case}");
    }
}

#[test]
fn certificate_and_key_may_be_in_the_configuration_itself() {
    let site = Site::new();
    let indented = |pem: String| pem.replace('\n', "\n    ");
    let key = indented(site.server.signing_key.serialize_pem());
    let web = format!(
        "tls_server_config:\n  cert: |\n    {}\n  key: |\n    {key}\n  \
         client_auth_type: RequireAndVerifyClientCert\n  client_ca: |\n    {}\n",
        indented(site.server.cert.pem()),
        indented(site.client.cert.pem()),
    );
    let daemon = launch(&site.folder, &web);
    let answer = site.tls(Some(&site.client)).get(&daemon, "");
    assert_eq!(answer.expect("an answer").status, 200);
    assert!(site.tls(None).get(&daemon, "").is_err());

    let web = format!("tls_server_config:\n  cert_file: server.crt\n  key: |\n    {key}\n");
    let daemon = launch(&site.folder, &web);
    let answer = site.tls(None).get(&daemon, "");
    assert_eq!(answer.expect("an answer").status, 200);

    let web = "tls_server_config:\n  cert_file: server.crt\n  key: secret text\n";
    site.folder.create("web.yml", web);
    let message = site.refusal("web.yml");
    assert!(
        message.contains("tls_server_config.key: there is no private key"),
        "{message}"
    );
    assert!(!message.contains("secret text"), "{message}");
}

#[test]
fn client_certificates_are_checked_as_configured() {
    let site = Site::new();
    let (client, other) = (&site.client, &site.other_client);
    let authorities = "  client_ca_file: client.crt\n";
    let sans = |name: &str| {
        format!("  client_ca_file: other.crt\n  client_allowed_sans: [one, {name}, two]\n")
    };
    // Who is let in: without a certificate, with one of the authority, with another one.
    for (kind, more, expected) in [
        ("NoClientCert", String::new(), [true, true, true]),
        ("RequestClientCert", String::new(), [true, true, true]),
        ("RequireClientCert", String::new(), [false, true, true]),
        ("RequireAnyClientCert", String::new(), [false, true, true]),
        (
            "VerifyClientCertIfGiven",
            authorities.to_owned(),
            [true, true, false],
        ),
        (
            "VerifyClientCertIfGiven",
            String::new(),
            [true, false, false],
        ),
        (
            "RequireAndVerifyClientCert",
            authorities.to_owned(),
            [false, true, false],
        ),
        (
            "RequireAndVerifyClientCert",
            sans("test3"),
            [false, false, true],
        ),
        (
            "RequireAndVerifyClientCert",
            sans("bad"),
            [false, false, false],
        ),
        ("VerifyClientCertIfGiven", sans("bad"), [true, false, false]),
        (
            "RequireAnyClientCert",
            "  client_allowed_sans: [client]\n".to_owned(),
            [false, true, false],
        ),
    ] {
        let web = format!("{TLS}  client_auth_type: {kind}\n{more}");
        let daemon = launch(&site.folder, &web);
        for version in [&TLS12, &TLS13] {
            let let_in = [None, Some(client), Some(other)].map(|own| {
                let answer = Client::new(&site.server, own, version).get(&daemon, "");
                answer.is_ok_and(|answer| answer.status == 200)
            });
            assert_eq!(let_in, expected, "{kind} {more}");
        }
    }
}

#[test]
fn passwords_are_checked_with_and_without_tls() {
    let site = Site::new();
    let hash = |password| bcrypt::hash(password, 4).expect("a hash");
    let users = format!(
        "basic_auth_users:\n  carol: {:?}\n  dave: {:?}\n",
        hash("carol123"),
        hash("dave123")
    );
    let requests = [
        (String::new(), 401),
        (password("dave", "dave123"), 200),
        (password("carol", "carol123"), 200),
        (password("dave", "bad"), 401),
        (password("nonexistent", "nonexistent"), 401),
    ];
    let daemon = launch(&site.folder, &users);
    for (headers, status) in &requests {
        assert_eq!(daemon.request("GET", "/-/healthy", headers).status, *status);
    }
    let daemon = launch(&site.folder, &format!("{TLS}{users}"));
    for (headers, status) in &requests {
        let answer = site.tls(None).get(&daemon, headers).expect("an answer");
        assert_eq!(answer.status, *status);
    }
}

#[test]
fn headers_are_set_and_removed() {
    let site = Site::new();
    let web = "http_server_config:\n  headers:\n    X-Frame-Options: deny\n    \
               Strict-Transport-Security: max-age=31536000; includeSubDomains\n    \
               X-Content-Type-Options: nosniff\n    X-XSS-Protection: 1\n    \
               Content-Security-Policy: \"default-src 'self' *.test.example.net\"\n";
    let daemon = launch(&site.folder, web);
    let headers = daemon.get("/").headers;
    for (name, value) in [
        ("x-frame-options", "deny"),
        (
            "strict-transport-security",
            "max-age=31536000; includeSubDomains",
        ),
        ("x-content-type-options", "nosniff"),
        ("x-xss-protection", "1"),
        (
            "content-security-policy",
            "default-src 'self' *.test.example.net",
        ),
    ] {
        assert_eq!(headers[name], value);
    }
    let web =
        "http_server_config: {headers: {Content-Security-Policy: \"\", X-Frame-Options: \"\"}}\n";
    let daemon = launch(&site.folder, web);
    let headers = daemon.get("/").headers;
    assert!(!headers.contains_key("content-security-policy"));
    assert!(!headers.contains_key("x-frame-options"));
    assert_eq!(headers["x-content-type-options"], "nosniff");
}

#[test]
fn requests_above_the_rate_limit_are_refused() {
    let site = Site::new();
    let daemon = launch(&site.folder, "rate_limit: {interval: 0, burst: 0}\n");
    for _ in 0..5 {
        assert_eq!(daemon.get("/-/healthy").status, 200);
    }
    let daemon = launch(&site.folder, "rate_limit: {interval: 1h, burst: 2}\n");
    let statuses = [(); 3].map(|()| daemon.get("/-/healthy").status);
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(daemon.get("/-/healthy").headers["retry-after"], "1");
}
