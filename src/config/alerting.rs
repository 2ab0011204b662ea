//! `alerting:`: its shape, and the Alertmanagers that it makes.
//!
//! It stands apart because it is the one part of the file that names secrets and other files,
//! which must be there when the daemon starts.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::Alerting;
use super::policy;
use super::raw::right;
use crate::alert::notify::{Auth, BaseUrl, DEFAULT_TIMEOUT, Peer, Secret, Tls};
use crate::keyfile::{certificates, key};
use crate::yaml::Fault;

/// What a timeout may be.
const TIMEOUTS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(300);

/// `alerting:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAlerting {
    pub alertmanagers: Option<Spanned<Vec<Spanned<Alertmanager>>>>,
    instance: Option<Spanned<String>>,
    runbook_url: Option<Spanned<String>>,
    rules: Option<policy::Rules>,
}

/// One of `alerting.alertmanagers:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alertmanager {
    url: Option<Spanned<String>>,
    basic_auth: Option<Spanned<BasicAuth>>,
    authorization: Option<Spanned<Authorization>>,
    tls: Option<Spanned<RawTls>>,
    timeout: Option<Spanned<String>>,
}

/// `basic_auth:` of an Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BasicAuth {
    username: Option<Spanned<String>>,
    password: Option<Spanned<String>>,
    password_file: Option<Spanned<String>>,
}

/// `authorization:` of an Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorization {
    credentials: Option<Spanned<String>>,
    credentials_file: Option<Spanned<String>>,
}

/// `tls:` of an Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTls {
    ca_file: Option<Spanned<String>>,
    cert_file: Option<Spanned<String>>,
    key_file: Option<Spanned<String>>,
    server_name: Option<Spanned<String>>,
    insecure_skip_verify: Option<Spanned<bool>>,
}

/// What is right for each field, for messages about values of the wrong kind.
pub const RIGHT: &[(&str, &str)] = &[
    (
        "alerting",
        "a mapping with alertmanagers, instance, runbook_url, rules",
    ),
    (
        "alerting.instance",
        "a host name and port, such as mx1.example.com:9925",
    ),
    (
        "alerting.runbook_url",
        "a URL, such as https://runbooks.example.com/maillog",
    ),
    ("alerting.rules", "a mapping of rules by their names"),
    (
        "alerting.alertmanagers",
        "a list of mappings with url, basic_auth or authorization, tls, timeout",
    ),
    (
        "alerting.alertmanagers[]",
        "a mapping with url, basic_auth or authorization, tls, timeout",
    ),
    (
        "alerting.alertmanagers[].url",
        "a URL, such as https://alertmanager.example.com:9093",
    ),
    (
        "alerting.alertmanagers[].basic_auth",
        "a mapping with username, and password or password_file",
    ),
    (
        "alerting.alertmanagers[].basic_auth.username",
        "a name without a colon",
    ),
    (
        "alerting.alertmanagers[].basic_auth.password",
        "a password in quotes",
    ),
    (
        "alerting.alertmanagers[].basic_auth.password_file",
        "the path of a file with a password",
    ),
    (
        "alerting.alertmanagers[].authorization",
        "a mapping with credentials or credentials_file",
    ),
    (
        "alerting.alertmanagers[].authorization.credentials",
        "a token in quotes",
    ),
    (
        "alerting.alertmanagers[].authorization.credentials_file",
        "the path of a file with a token",
    ),
    (
        "alerting.alertmanagers[].tls",
        "a mapping with ca_file, cert_file, key_file, server_name, insecure_skip_verify",
    ),
    (
        "alerting.alertmanagers[].tls.ca_file",
        "the path of a file with certificates in PEM",
    ),
    (
        "alerting.alertmanagers[].tls.cert_file",
        "the path of a file with certificates in PEM",
    ),
    (
        "alerting.alertmanagers[].tls.key_file",
        "the path of a file with a private key in PEM",
    ),
    (
        "alerting.alertmanagers[].tls.server_name",
        "a host name, such as alertmanager.example.com",
    ),
    (
        "alerting.alertmanagers[].tls.insecure_skip_verify",
        "true or false",
    ),
    (
        "alerting.alertmanagers[].timeout",
        "a duration from 100ms to 5m, such as 10s",
    ),
];

/// Makes Alertmanagers of what a file says.
pub(super) fn check(alerting: Spanned<RawAlerting>) -> Result<Alerting, Fault> {
    let example = "add a list such as alertmanagers: [{url: \"http://localhost:9093\"}]";
    let Some(list) = alerting.value.alertmanagers else {
        let place = alerting.referenced;
        return Err(Fault::new(place, "alertmanagers is missing", example));
    };
    if list.value.is_empty() {
        return Err(Fault::new(list.referenced, "the list is empty", example));
    }
    let mut alertmanagers = Vec::new();
    let mut urls = HashSet::new();
    for one in list.value {
        let place = one.referenced;
        let peer = alertmanager(one)?;
        if !urls.insert(peer.url.to_string()) {
            return Err(Fault::mapping(
                place,
                format!("there are two Alertmanagers at {}", peer.url),
                "leave one of them out",
            ));
        }
        alertmanagers.push(peer);
    }
    let policy = policy::check(None, alerting.value.runbook_url, alerting.value.rules)?;
    let instance = match alerting.value.instance {
        Some(instance) if instance.value.trim().is_empty() => {
            let problem = "the name is empty".to_owned();
            return Err(wrong(&instance, problem, "alerting.instance"));
        }
        instance => instance.map(|instance| instance.value),
    };
    Ok(Alerting {
        alertmanagers,
        instance,
        policy,
    })
}

fn alertmanager(one: Spanned<Alertmanager>) -> Result<Peer, Fault> {
    let place = one.referenced;
    let one = one.value;
    let Some(url) = one.url else {
        return Err(missing(place, "url", "url: http://localhost:9093"));
    };
    let base: BaseUrl = url
        .value
        .parse()
        .map_err(|problem: String| wrong(&url, problem, "alerting.alertmanagers[].url"))?;
    let auth = match (one.basic_auth, one.authorization) {
        (Some(_), Some(second)) => {
            return Err(Fault::mapping(
                second.referenced,
                "an Alertmanager takes one of basic_auth and authorization",
                "leave one of them out",
            ));
        }
        (Some(basic), None) => basic_auth(basic)?,
        (None, Some(bearer)) => Auth::Bearer(secret(
            bearer.value.credentials,
            bearer.value.credentials_file,
            bearer.referenced,
            ["credentials", "credentials_file"],
        )?),
        (None, None) => Auth::None,
    };
    let tls = match one.tls {
        Some(written) if !base.https() => {
            return Err(Fault::mapping(
                written.referenced,
                format!("there is no TLS at {base}"),
                "write https:// in the url, or leave tls out",
            ));
        }
        Some(written) => tls(written)?,
        None => Tls::default(),
    };
    let timeout = match one.timeout {
        Some(written) => timeout(&written)?,
        None => DEFAULT_TIMEOUT,
    };
    Ok(Peer {
        url: base,
        tls,
        auth,
        timeout,
    })
}

fn basic_auth(basic: Spanned<BasicAuth>) -> Result<Auth, Fault> {
    let place = basic.referenced;
    let basic = basic.value;
    let Some(username) = basic.username else {
        return Err(missing(place, "username", "username: maillog"));
    };
    if username.value.contains(':') {
        let problem = format!("{:?} has a colon in it", username.value);
        let field = "alerting.alertmanagers[].basic_auth.username";
        return Err(wrong(&username, problem, field));
    }
    let names = ["password", "password_file"];
    Ok(Auth::Basic {
        username: username.value,
        password: secret(basic.password, basic.password_file, place, names)?,
    })
}

/// One of two ways to name a secret; neither is repeated in a message.
fn secret(
    given: Option<Spanned<String>>,
    file: Option<Spanned<String>>,
    place: Location,
    names: [&str; 2],
) -> Result<Secret, Fault> {
    match (given, file) {
        (Some(_), Some(file)) => Err(Fault::new(
            file.referenced,
            format!("{} is there too", names[0]),
            "leave one of them out",
        )),
        (None, None) => Err(Fault::mapping(
            place,
            format!("{} and {} are missing", names[0], names[1]),
            "add one of them",
        )),
        (Some(given), None) if given.value.is_empty() => Err(Fault::new(
            given.referenced,
            "it is empty",
            format!("write it out, or name a file with it in {}", names[1]),
        )),
        (Some(given), None) => Ok(Secret::Given(given.value)),
        (None, Some(file)) => Ok(Secret::File(file.value.into())),
    }
}

fn tls(written: Spanned<RawTls>) -> Result<Tls, Fault> {
    let place = written.referenced;
    let written = written.value;
    let identity = match (written.cert_file, written.key_file) {
        (Some(certificate), Some(key)) => Some((certificate.value.into(), key.value.into())),
        (None, None) => None,
        (Some(_), None) => return Err(missing(place, "key_file", "key_file: /path/to/key.pem")),
        (None, Some(_)) => return Err(missing(place, "cert_file", "cert_file: /path/to/cert.pem")),
    };
    let tls = Tls {
        ca_file: written.ca_file.map(|path| path.value.into()),
        identity,
        server_name: written.server_name.as_ref().map(|name| name.value.clone()),
        insecure_skip_verify: written.insecure_skip_verify.is_some_and(|it| it.value),
    };
    if let Some(name) = &written.server_name
        && !tls.has_valid_name()
    {
        let problem = format!("{:?} is no host name", name.value);
        let field = "alerting.alertmanagers[].tls.server_name";
        return Err(wrong(name, problem, field));
    }
    Ok(tls)
}

fn timeout(written: &Spanned<String>) -> Result<Duration, Fault> {
    let field = "alerting.alertmanagers[].timeout";
    let duration: Option<SignedDuration> = written.value.parse().ok();
    duration
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| TIMEOUTS.contains(duration))
        .ok_or_else(|| {
            let problem = format!("{:?} is no duration of a request", written.value);
            wrong(written, problem, field)
        })
}

fn missing(place: Location, field: &str, example: &str) -> Fault {
    Fault::mapping(
        place,
        format!("{field} is missing"),
        format!("add one, such as {example}"),
    )
}

fn wrong(written: &Spanned<String>, problem: String, field: &str) -> Fault {
    let right = right(field).unwrap_or_default();
    Fault::new(
        written.referenced,
        problem,
        format!("right would be {right}"),
    )
}

/// Whether every file that is named is there and holds what it should, now.
pub(super) fn files(alerting: &RawAlerting) -> Result<(), Fault> {
    let list = alerting.alertmanagers.iter().flat_map(|list| &list.value);
    for one in list.map(|one| &one.value) {
        let is_secret = |path: &Path| Secret::File(path.into()).read().map(drop);
        if let Some(basic) = &one.basic_auth {
            file(&basic.value.password_file, is_secret)?;
        }
        if let Some(bearer) = &one.authorization {
            file(&bearer.value.credentials_file, is_secret)?;
        }
        if let Some(tls) = &one.tls {
            let is_certificate = |path: &Path| certificates(path).map(drop);
            file(&tls.value.ca_file, is_certificate)?;
            file(&tls.value.cert_file, is_certificate)?;
            file(&tls.value.key_file, |path| key(path).map(drop))?;
        }
    }
    Ok(())
}

fn file(
    written: &Option<Spanned<String>>,
    read: impl Fn(&Path) -> io::Result<()>,
) -> Result<(), Fault> {
    let Some(written) = written else {
        return Ok(());
    };
    read(&PathBuf::from(&written.value)).map_err(|error| {
        Fault::new(
            written.referenced,
            error.to_string(),
            "name a file that exists, may be read and holds what it should",
        )
    })
}
