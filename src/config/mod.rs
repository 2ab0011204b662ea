//! The configuration file: what it may say, and what is wrong with it if it says something else.
//!
//! It is read in two steps. `raw` is the file's own shape, in which every value knows its place;
//! `check` makes it into a [`Config`] whose values are all right. Flags are laid over the result
//! by the command that takes them.

mod alerting;
mod check;
mod claims;
mod policy;
mod raw;
mod source;

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

pub use crate::yaml::Error;
pub use policy::load as load_policy;

use crate::alert::notify;
use crate::catalog::{Policy, Providers};
use crate::logging::{Format, Level};
use crate::source::{DEFAULT_CAP, Input};
use crate::web::ListenAddress;
use crate::yaml::{self, Fault};
use crate::zone;

/// Where the daemon listens unless it is told otherwise.
pub const DEFAULT_LISTEN: &str = ":9925";
/// Where the exposition is served unless it is told otherwise.
pub const DEFAULT_TELEMETRY_PATH: &str = "/metrics";

/// What a configuration file says, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Addresses to listen on; none if the file names none.
    pub listen_addresses: Vec<ListenAddress>,
    /// The path of the exposition.
    pub telemetry_path: String,
    /// How much the daemon says in its own log.
    pub log_level: Level,
    /// How it says it.
    pub log_format: Format,
    /// What to read; none if the file names none.
    pub sources: Vec<Source>,
    /// The longest line that is looked at whole, in bytes.
    pub max_line_bytes: usize,
    /// The time zone of stamps that name none.
    pub time_zone: TimeZone,
    /// Mail providers: the known ones and the file's own.
    pub providers: Providers,
    /// The file in which counts and positions are kept, if they are.
    pub state_path: Option<PathBuf>,
    /// The socket of Postfix's showq(8) service, if the queue is to be listed.
    pub showq: Option<PathBuf>,
    /// What the daemon does about alerts, if it is to raise any itself.
    pub alerting: Option<Alerting>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen_addresses: Vec::new(),
            telemetry_path: DEFAULT_TELEMETRY_PATH.into(),
            log_level: Level::default(),
            log_format: Format::default(),
            sources: Vec::new(),
            max_line_bytes: DEFAULT_CAP,
            time_zone: zone::local(),
            providers: Providers::embedded(),
            state_path: None,
            showq: None,
            alerting: None,
        }
    }
}

/// A log, or several that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The `source` label.
    pub name: String,
    /// Where its lines come from; paths as written.
    pub input: Input,
}

/// What `alerting:` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Alerting {
    /// Who is told of alerts; at least one.
    pub alertmanagers: Vec<notify::Peer>,
    /// Where this exporter is reached, for the `instance` label; by default the host's name and the
    /// first port.
    pub instance: Option<String>,
    /// When somebody is told.
    pub policy: Policy,
}

impl Config {
    /// Reads and checks a file, and the certificates and secrets in the files that it names.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its place, and what would be right.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let text = yaml::text(path)?;
        let at = |fault: Fault| fault.at(&name, &text, raw::right);
        let file: raw::File = yaml::read(&text).map_err(at)?;
        let files = match &file.alerting {
            Some(alerting) => alerting::files(&alerting.value),
            None => Ok(()),
        };
        let config = check::check(file).map_err(at)?;
        files.map_err(at)?;
        Ok(config)
    }

    /// What is wrong with a file or pattern to follow, and what would be right.
    ///
    /// # Errors
    ///
    /// If it is empty, a directory, no pattern, or a compressed file, which does not grow.
    pub fn check_file(file: &str) -> Result<(), (String, &'static str)> {
        source::file(file)
    }

    /// What is wrong with a path for the exposition.
    ///
    /// # Errors
    ///
    /// If it is no path, or the daemon's own pages live there.
    pub fn check_telemetry_path(path: &str) -> Result<(), String> {
        check::telemetry_path(path)
    }

    /// Checks the text of a file of the given name, and no other file.
    ///
    /// # Errors
    ///
    /// As for [`Config::load`].
    pub fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let at = |fault: Fault| fault.at(file, text, raw::right);
        check::check(yaml::read(text).map_err(at)?).map_err(at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::alert::notify::{Auth, DEFAULT_TIMEOUT, Peer, Secret, Tls};
    use crate::source::{Files, Framing, Journal, ReadFrom};

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
    fn an_empty_file_is_the_default() {
        for text in ["", "\n# nothing yet\n", "---\n"] {
            assert_eq!(
                Config::parse("x.yml", text),
                Ok(Config::default()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn good_files_are_taken() {
        for (name, text) in fixtures(".good.yml") {
            Config::parse(&name, &text).expect(&name);
        }
    }

    #[test]
    fn bad_files_are_refused_with_the_place_and_what_would_be_right() {
        let expected: std::collections::HashMap<_, _> = fixtures(".bad.txt").into_iter().collect();
        for (name, text) in fixtures(".bad.yml") {
            let error = Config::parse(&name, &text).expect_err(&name).to_string();
            let expected = expected.get(&name.replace(".yml", ".txt"));
            assert_eq!(
                Some(error.as_str()),
                expected.map(|text| text.trim_end()),
                "{name}"
            );
        }
    }

    #[test]
    fn the_provider_that_is_one_too_many_is_refused_by_name() {
        let lines: String = (0..256)
            .map(|i| format!("  - {{name: p{i}, hosts: [p{i}.example.com]}}\n"))
            .collect();
        let error = Config::parse("x.yml", &format!("providers:\n{lines}")).expect_err("too many");
        let line = 2 + 255 - Providers::embedded().names().len() as u64;
        assert_eq!(error.place.map(|(line, _)| line), Some(line));
        assert!(error.problem.contains("255"), "{error}");
    }

    #[test]
    fn every_value_of_the_full_file_is_taken_over() {
        let (_, text) = fixtures(".good.yml")
            .into_iter()
            .find(|(name, _)| name == "full.good.yml")
            .expect("it");
        let config = Config::parse("full.good.yml", &text).expect("right");
        let addresses: Vec<String> = config
            .listen_addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(addresses, [":9925", "127.0.0.1:9926", "[::1]:9926"]);
        let files = |paths: &[&str], from, framing| {
            Input::Files(Files {
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
                    units: vec!["postfix@-.service".into()],
                    identifiers: vec!["postfix/smtp".into()],
                    directory: Some("/var/log/journal".into()),
                    files: Vec::new(),
                    from: ReadFrom::End,
                }),
            ),
            (
                "network",
                Input::Syslog(vec![
                    "udp://:514".parse().expect("an address"),
                    "tcp://:601".parse().expect("an address"),
                    "unix:///run/maillog/log".parse().expect("a path"),
                ]),
            ),
            ("pipe", Input::Pipe("/run/mail.fifo".into())),
        ];
        assert_eq!(
            inputs,
            expected.each_ref().map(|(name, input)| (*name, input))
        );
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
            config.showq.as_deref(),
            Some(Path::new("/var/spool/postfix/public/showq"))
        );
    }

    #[test]
    fn every_way_to_talk_to_an_alertmanager_is_taken_over() {
        let (_, text) = fixtures(".good.yml")
            .into_iter()
            .find(|(name, _)| name == "alerting.good.yml")
            .expect("it");
        let config = Config::parse("alerting.good.yml", &text).expect("right");
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
    fn files_that_alertmanagers_need_must_be_there_and_right_when_the_file_is_loaded() {
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
                let error = Config::load(&config).expect_err(name);
                assert_eq!(error.place.map(|(line, _)| line), Some(line), "{error}");
                let path = at(name).display().to_string();
                assert!(error.problem.contains(&path), "{error}");
            }
            std::fs::write(at(name), text).expect("written");
        }
        Config::load(&config).expect("right");
    }

    #[test]
    fn the_documented_example_is_right_and_has_every_documented_key() {
        let text = documentation();
        let example = text
            .split("```yaml\n")
            .nth(1)
            .and_then(|rest| rest.split("```").next());
        let example = example.expect("an example");
        Config::parse("docs/configuration.md", example).expect("right");
        for key in raw::fields().filter(|key| !key.ends_with("[]")) {
            let last = key.rsplit('.').next().unwrap_or(key);
            assert!(
                example.contains(&format!("{last}:")),
                "{key} is not in the example"
            );
            let section = [
                "web",
                "log",
                "postfix",
                "state",
                "sources[].journald",
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
}
