//! TLS, client certificates and passwords (`--web.config.file`).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio_rustls::rustls::version::{TLS12, TLS13};

use crate::daemon::*;
use crate::passwords::password;
use crate::tls_client::*;

#[test]
fn basic_auth_rejects_requests_without_a_valid_password() {
    let folder = Folder::new();
    let hash = bcrypt::hash("to:p", 4).expect("a hash");
    let web = format!(
        "basic_auth_users: {{ann: {hash:?}}}\n\
         http_server_config: {{headers: {{X-Frame-Options: deny}}}}\n"
    );
    let daemon = launch(&folder, &web);
    for invalid in [
        String::new(),
        password("ann", "top"),
        password("bob", "to:p"),
        "Authorization: Bearer x\r\n".to_owned(),
        "Authorization: Basic %%%\r\n".to_owned(),
    ] {
        let answer = daemon.request("GET", "/metrics", &invalid);
        assert_eq!(answer.status, 401, "{invalid}");
        assert!(answer.headers["www-authenticate"].starts_with("Basic realm="));
        assert!(!String::from_utf8_lossy(&answer.body).contains("maillog_"));
    }
    let answer = daemon.request("GET", "/metrics", &password("ann", "to:p"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["x-frame-options"], "deny");

    // An invalid file does not change the settings.
    folder.create("web.yml", "basic_auth_user: {}\n");
    assert_eq!(daemon.get("/metrics").status, 401);
    daemon.logged("web configuration is not valid");
    folder.create("web.yml", "");
    assert_eq!(daemon.get("/metrics").status, 200);
}

#[test]
fn tls_1_2_and_1_3_work_and_a_renewed_certificate_is_used() {
    let folder = Folder::new();
    let server = certified();
    keep(&folder, "server", &server);
    let daemon = launch(
        &folder,
        "tls_server_config: {cert_file: server.crt, key_file: server.key}\n",
    );
    for version in [&TLS12, &TLS13] {
        let answer = Client::new(&server, None, version).get(&daemon, "");
        assert_eq!(answer.expect("an answer").status, 200);
    }
    let mut plain = TcpStream::connect(&daemon.address).expect("a connection");
    plain
        .write_all(b"GET /metrics HTTP/1.0\r\n\r\n")
        .expect("sent");
    let mut answer = Vec::new();
    plain.read_to_end(&mut answer).expect("an end");
    assert!(!answer.starts_with(b"HTTP"));

    let renewed = certified();
    let client = Client::new(&renewed, None, &TLS13);
    assert!(client.get(&daemon, "").is_err());
    keep(&folder, "server", &renewed);
    assert_eq!(client.get(&daemon, "").expect("an answer").status, 200);
}

#[test]
fn client_without_a_valid_certificate_is_rejected() {
    let folder = Folder::new();
    let (server, friend, stranger) = (certified(), certified(), certified());
    keep(&folder, "server", &server);
    keep(&folder, "friend", &friend);
    let daemon = launch(
        &folder,
        "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  min_version: TLS13\n  \
         client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: friend.crt\n",
    );
    let client = |own, version| Client::new(&server, own, version);
    let answer = client(Some(&friend), &TLS13).get(&daemon, "");
    assert_eq!(answer.expect("an answer").status, 200);
    assert!(client(None, &TLS13).get(&daemon, "").is_err());
    assert!(client(Some(&stranger), &TLS13).get(&daemon, "").is_err());
    assert!(client(Some(&friend), &TLS12).get(&daemon, "").is_err());
}

#[test]
fn invalid_web_config_is_a_named_startup_error() {
    let folder = Folder::new();
    keep(&folder, "server", &certified());
    keep(&folder, "other", &certified());
    folder.create("empty", "");
    let tls = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";
    let other = |cert: &str, key: &str| {
        format!("tls_server_config:\n  cert_file: {cert}\n  key_file: {key}\n")
    };
    let costly = bcrypt::hash("x", 4)
        .expect("a hash")
        .replace("$04$", "$32$");
    for (web, expected) in [
        (
            "tls_server: {}".to_owned(),
            ":1:1: tls_server: unknown field \"tls_server\"",
        ),
        (
            "basic_auth_users:\n  ann: secret".to_owned(),
            ":2:8: basic_auth_users.ann: not a valid bcrypt hash; expected a bcrypt hash with a \
             cost from 4 to 31, as `htpasswd -nB ann`",
        ),
        (
            format!("basic_auth_users:\n  ann: {costly}"),
            ":2:8: basic_auth_users.ann: the cost of the hash is 32",
        ),
        (
            "basic_auth_users:\n  ann:".to_owned(),
            "basic_auth_users.ann: the value has the wrong type; expected a bcrypt hash",
        ),
        (
            "basic_auth_users:\n  ann: a\n  ann: b".to_owned(),
            ":3:3: basic_auth_users.ann: the field is given twice; remove one of them",
        ),
        (
            "http_server_config:\n  headers:\n    Server: x".to_owned(),
            ":3:13: http_server_config.headers.Server: the header Server cannot be set; expected",
        ),
        (
            "http_server_config:\n  headers:\n    X-Frame-Options: \"a\\nb\"".to_owned(),
            ":3:22: http_server_config.headers.X-Frame-Options: not a valid header value",
        ),
        (
            "http_server_config:\n  http2: maybe".to_owned(),
            ":2:10: http_server_config.http2: the value has the wrong type; expected true",
        ),
        (
            "- tls_server_config".to_owned(),
            ":1:1: the file is not a mapping of fields to values; expected a mapping with tls",
        ),
        (
            format!("{tls}  curves: []"),
            ":4:3: tls_server_config.curves",
        ),
        (
            format!("{tls}  client_auth_type: RequestCert"),
            ":4:21: tls_server_config.client_auth_type: unknown value \"RequestCert\"",
        ),
        (
            format!("{tls}  client_auth_type: RequireAndVerifyClientCert"),
            ":4:21: tls_server_config.client_auth_type: needs a client_ca_file",
        ),
        (
            format!("{tls}  client_ca_file: server.crt"),
            ":4:19: tls_server_config.client_ca_file: has no effect",
        ),
        (
            format!("{tls}  min_version: TLS13\n  max_version: TLS12"),
            ":5:16: tls_server_config.max_version: is lower than min_version",
        ),
        (
            format!("{tls}  min_version: TLS10"),
            ":4:16: tls_server_config.min_version: unknown value \"TLS10\"; expected TLS12",
        ),
        (
            "tls_server_config:\n  cert_file: server.crt".to_owned(),
            "tls_server_config: key_file is missing",
        ),
        (
            other("empty", "server.key"),
            "empty: there is no certificate in the file",
        ),
        (
            other("server.crt", "other.key"),
            "other.key do not belong together; expected a certificate and its private key",
        ),
        (
            other("server.crt", "server.crt"),
            ":3:13: tls_server_config.key_file: ",
        ),
        (other("gone.crt", "other.key"), "gone.crt: No such file"),
    ] {
        folder.create("web.yml", &web);
        let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
            .arg(format!(
                "--web.config.file={}",
                folder.path("web.yml").display()
            ))
            .args(["--web.listen-address=127.0.0.1:0", "x.log"])
            .output()
            .expect("the binary runs");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{web}: {message}");
        assert!(
            message.contains("web.yml:") && message.contains(expected),
            "{web}: {message}"
        );
    }
}

fn make_fifo(path: &Path) {
    // What was there before is replaced.
    let _ = std::fs::remove_file(path);
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo runs").success());
}

#[test]
fn a_fifo_in_place_of_a_file_is_refused_at_the_start() {
    let folder = Folder::new();
    folder.create("mail.log", "");
    keep(&folder, "server", &certified());
    make_fifo(&folder.path("fifo"));
    folder.create(
        "web.yml",
        "tls_server_config: {cert_file: fifo, key_file: server.key}\n",
    );
    let fifo = folder.path("fifo").display().to_string();
    let web = folder.path("web.yml").display().to_string();
    for option in [
        format!("--web.config.file={fifo}"),
        format!("--web.config.file={web}"),
        format!("--config.file={fifo}"),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
            .args([&option, "--web.listen-address=127.0.0.1:0"])
            .arg(folder.path("mail.log"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let status = until("the end", || child.try_wait().expect("a child"));
        let mut message = String::new();
        let mut stderr = child.stderr.take().expect("its messages");
        stderr.read_to_string(&mut message).expect("text");
        assert_eq!(status.code(), Some(2), "{option}: {message}");
        assert!(
            message.contains(&fifo) && message.contains("not a regular file"),
            "{option}: {message}"
        );
    }
}

#[test]
fn a_fifo_in_place_of_the_web_configuration_does_not_block_requests() {
    let folder = Folder::new();
    let daemon = launch(
        &folder,
        "http_server_config: {headers: {X-Frame-Options: deny}}\n",
    );
    make_fifo(&folder.path("web.yml"));
    for _ in 0..2 {
        let stream = TcpStream::connect(&daemon.address).expect("a connection");
        let timeout = Some(Duration::from_secs(20));
        stream.set_read_timeout(timeout).expect("a timeout");
        let answer = ask(stream, "GET", "/-/healthy", "").expect("an answer in time");
        assert_eq!(answer.headers["x-frame-options"], "deny");
    }
    daemon.logged("not a regular file");
}
