//! Tests of whole configuration files, against the examples in `tests/config`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::alert::notify::{Auth, DEFAULT_TIMEOUT, Peer, Secret, Tls};
use crate::catalog::Providers;
use crate::queue::{Layout, QueueSource};
use crate::source::{
    AllowedSenders, Facility, Files, Framing, Input, Journal, ReadFrom, Syslog, SyslogTls,
};
use crate::web::Privacy;

fn fixtures(ending: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the fixtures")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a fixture");
            (
                path.file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
                text,
            )
        })
        .collect()
}

fn documentation() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    std::fs::read_to_string(path).expect("the documentation")
}

#[test]
fn an_empty_file_gives_the_defaults() {
    for text in ["", "\n# nothing yet\n", "---\n"] {
        assert_eq!(parse("x.yml", text), Ok(Config::default()), "{text:?}");
    }
}

#[test]
fn valid_files_are_accepted() {
    for (name, text) in fixtures(".good.yml") {
        parse(&name, &text).expect(&name);
    }
}

#[test]
fn invalid_files_are_refused_with_place_and_hint() {
    let expected: std::collections::HashMap<_, _> = fixtures(".bad.txt").into_iter().collect();
    let mut differences = Vec::new();
    for (name, text) in fixtures(".bad.yml") {
        let error = parse(&name, &text).expect_err(&name).to_string();
        let expected = expected.get(&name.replace(".yml", ".txt"));
        if expected.map(|text| text.trim_end()) != Some(&error) {
            differences.push(error);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn one_provider_too_many_is_refused_by_name() {
    let lines: String = (0..256)
        .map(|i| format!("  - {{name: p{i}, hosts: [p{i}.example.com]}}\n"))
        .collect();
    let error = parse("x.yml", &format!("providers:\n{lines}")).expect_err("too many");
    let line = 2 + 255 - Providers::embedded().names().len() as u64;
    assert_eq!(error.position.map(|(line, _)| line), Some(line));
    assert!(error.problem.contains("255"), "{error}");
}

#[test]
fn every_field_of_the_full_file_reaches_the_configuration() {
    let (_, text) = fixtures(".good.yml")
        .into_iter()
        .find(|(name, _)| name == "full.good.yml")
        .expect("it");
    let config = parse("full.good.yml", &text).expect("valid");
    let addresses: Vec<String> = config
        .listen_addresses
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(addresses, [":9925", "127.0.0.1:9926", "[::1]:9926"]);
    assert_eq!(config.privacy, Privacy::None);
    assert!(!config.created_series);
    let files = |paths: &[&str], from, framing| {
        Input::Files(Files {
            rotated_dirs: Vec::new(),
            paths: paths.iter().map(PathBuf::from).collect(),
            from,
            framing,
        })
    };
    let inputs: Vec<(&str, &Input)> = config
        .sources
        .iter()
        .map(|source| (&*source.name, &source.input))
        .collect();
    let expected = [
        (
            "mail",
            files(
                &["/var/log/mail.log", "/var/log/mx*/mail.log"],
                ReadFrom::Beginning,
                Framing::Plain,
            ),
        ),
        (
            "exim",
            files(&["/var/log/exim4/mainlog"], ReadFrom::End, Framing::Plain),
        ),
        (
            "pods",
            files(
                &["/var/log/pods/mail_*/*/*.log"],
                ReadFrom::Beginning,
                Framing::Container,
            ),
        ),
        (
            "journal",
            Input::Journal(Journal {
                facilities: vec![Facility::MAIL],
                units: vec!["postfix@-.service".into()],
                identifiers: vec!["postfix/smtp".into()],
                directory: Some("/var/log/journal".into()),
                files: Vec::new(),
                from: ReadFrom::End,
            }),
        ),
        (
            "network",
            Input::Syslog(Syslog {
                listeners: vec![
                    "udp://:514".parse().expect("an address"),
                    "tcp://:601".parse().expect("an address"),
                    "tls://:6514".parse().expect("an address"),
                    "unix:///run/maillog/log".parse().expect("a path"),
                ],
                tls: Some(SyslogTls {
                    cert_file: "/etc/maillog_exporter/syslog.pem".into(),
                    key_file: "/etc/maillog_exporter/syslog.key".into(),
                    client_ca_file: Some("/etc/maillog_exporter/senders.pem".into()),
                }),
                allowed_senders: AllowedSenders::only(vec![
                    "192.0.2.0/24".parse().expect("a network"),
                    "2001:db8::1".parse().expect("an address"),
                    "mx1.example.com".parse().expect("a name"),
                ]),
            }),
        ),
        ("pipe", Input::Pipe("/run/mail.fifo".into())),
    ];
    assert_eq!(
        inputs,
        expected.each_ref().map(|(name, input)| (*name, input))
    );
    let formats = config.sources.iter().map(|source| source.format.name());
    let given: Vec<&str> = formats.filter(|name| *name != "auto").collect();
    assert_eq!(given, ["postfix"]);
    assert_eq!(
        config.state_path.as_deref(),
        Some(Path::new("/var/lib/maillog_exporter/state"))
    );
    assert_eq!(config.max_line_bytes, 32_768);
    assert_eq!(config.time_zone.iana_name(), Some("Europe/Berlin"));
    for host in ["mx.example.com", "a.mx.example.com", "example.net"] {
        let provider = config.providers.of(host.as_bytes());
        assert_eq!(config.providers.name(provider), "example", "{host}");
    }
    assert_eq!(
        config.queue,
        Some(QueueSource::Showq("/var/spool/postfix/public/showq".into()))
    );
}

#[test]
fn queue_of_each_server_can_be_configured_but_only_one() {
    let spool = |layout, path: &str| QueueSource::Spool(layout, path.into());
    for (text, expected) in [
        (
            "exim: {spool: /var/spool/exim4}",
            spool(Layout::Exim, "/var/spool/exim4"),
        ),
        (
            "sendmail: {queue: /var/spool/mqueue}",
            spool(Layout::Sendmail, "/var/spool/mqueue"),
        ),
        (
            "qmail: {queue: /var/qmail/queue}",
            spool(Layout::Qmail, "/var/qmail/queue"),
        ),
    ] {
        let config = parse("test.yml", text).expect("valid");
        assert_eq!(config.queue, Some(expected));
    }
    let two = "exim: {spool: /var/spool/exim4}\nqmail: {queue: /var/qmail/queue}\n";
    let error = parse("test.yml", two).expect_err("two queues").to_string();
    assert!(error.contains("qmail.queue is a second queue"), "{error}");
}

#[test]
fn every_field_of_alertmanagers_reaches_the_configuration() {
    let (_, text) = fixtures(".good.yml")
        .into_iter()
        .find(|(name, _)| name == "alerting.good.yml")
        .expect("it");
    let config = parse("alerting.good.yml", &text).expect("valid");
    let peers = config.alerting.expect("it").alertmanagers;
    let url = |text: &str| text.parse().expect("a URL");
    let folder = Path::new("/etc/maillog_exporter");
    let basic = |password| Auth::Basic {
        username: "maillog".into(),
        password,
    };
    let plain = |base, auth| Peer {
        url: url(base),
        tls: Tls::default(),
        auth,
        timeout: DEFAULT_TIMEOUT,
    };
    let expected = [
        Peer {
            tls: Tls {
                ca_file: Some(folder.join("ca.pem")),
                identity: Some((folder.join("cert.pem"), folder.join("key.pem"))),
                server_name: Some("alertmanager.example.com".into()),
                insecure_skip_verify: false,
            },
            timeout: Duration::from_millis(1500),
            ..plain(
                "https://alertmanager.example.com:9093",
                basic(Secret::File(folder.join("password"))),
            )
        },
        plain(
            "http://alerts-2:9093/alertmanager",
            basic(Secret::Given("a password".into())),
        ),
        plain(
            "http://[::1]:9093",
            Auth::Bearer(Secret::File(folder.join("token"))),
        ),
        plain(
            "http://localhost:9093",
            Auth::Bearer(Secret::Given("a token".into())),
        ),
    ];
    assert_eq!(peers, expected);
}

#[test]
fn files_that_alertmanagers_need_are_checked_when_the_configuration_is_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let pair = rcgen::generate_simple_self_signed(["a".to_owned()]).expect("a certificate");
    let lines = "\
alerting:
  alertmanagers:
    - url: https://localhost
      authorization:
        credentials_file: FOLDER/token
      tls:
        ca_file: FOLDER/ca
        cert_file: FOLDER/cert
        key_file: FOLDER/key
    - url: http://localhost
      basic_auth:
        username: maillog
        password_file: FOLDER/password
";
    let text = lines.replace("FOLDER", &folder.path().display().to_string());
    let config = at("config.yml");
    std::fs::write(&config, text).expect("written");
    let files = [
        ("token", 5, "secret".to_owned()),
        ("ca", 7, pair.cert.pem()),
        ("cert", 8, pair.cert.pem()),
        ("key", 9, pair.signing_key.serialize_pem()),
        ("password", 13, "secret".to_owned()),
    ];
    for (name, line, text) in files {
        for wrong in [None, Some("\n")] {
            if let Some(text) = wrong {
                std::fs::write(at(name), text).expect("written");
            }
            let error = load(&config).expect_err(name);
            assert_eq!(error.position.map(|(line, _)| line), Some(line), "{error}");
            let path = at(name).display().to_string();
            assert!(error.problem.contains(&path), "{error}");
        }
        std::fs::write(at(name), text).expect("written");
    }
    load(&config).expect("valid");
}

#[test]
fn documented_patterns_read_their_examples() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/custom.md");
    let text = std::fs::read_to_string(path).expect("the documentation");
    let blocks: Vec<&str> = text.split("```yaml\n").skip(1).collect();
    assert_eq!(blocks.len(), 4);
    for block in blocks {
        let example = block.split("```").next().expect("an example");
        parse("docs/custom.md", example).expect("valid");
    }
}

#[test]
fn the_documented_example_is_valid_and_has_every_field() {
    let text = documentation();
    let example = text
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let example = example.expect("an example");
    parse("docs/configuration.md", example).expect("valid");
    for key in expected::fields().filter(|key| !key.ends_with("[]")) {
        let last = key.rsplit('.').next().unwrap_or(key);
        assert!(
            example.contains(&format!("{last}:")),
            "{key} is not in the example"
        );
        let section = [
            "web",
            "log",
            "postfix",
            "exim",
            "sendmail",
            "qmail",
            "state",
            "sources[].journald",
            "sources[].tls",
            "alerting",
            "alerting.alertmanagers[].basic_auth",
            "alerting.alertmanagers[].authorization",
            "alerting.alertmanagers[].tls",
        ];
        let section = section.contains(&key);
        assert!(
            section || text.contains(&format!("| `{key}` |")),
            "{key} is not described"
        );
    }
}
