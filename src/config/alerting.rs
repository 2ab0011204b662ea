//! Checks of `alerting:`, including the certificates and secrets in the files that it names.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use serde_saphyr::Spanned;

use super::policy;
use super::schema::{
    AlertingSection, AlertmanagerItem, BasicAuthSection, Field, PolicyFile, TlsSection,
};
use super::settings::AlertingSettings;
use super::values::{invalid, missing};
use crate::alert::notify::{Auth, BaseUrl, DEFAULT_TIMEOUT, Peer, Secret, Tls};
use crate::keyfile::{certificates, key};
use crate::yaml::{Fault, Place};

/// The range of `timeout`.
const TIMEOUTS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(300);

/// The common beginning of the paths of an Alertmanager's fields.
const ALERTMANAGER: &str = "alerting.alertmanagers[]";

/// Makes the settings of the section.
pub fn check(alerting: Spanned<AlertingSection>) -> Result<AlertingSettings, Fault> {
    let alerting = alerting.value;
    let list = alerting.alertmanagers;
    if let Some(list) = list.as_ref().filter(|list| list.value.is_empty()) {
        return Err(Fault::new(
            list,
            "the list is empty",
            "expected a list such as [{url: \"http://localhost:9093\"}]",
        ));
    }
    let mut alertmanagers = Vec::new();
    let mut urls = HashSet::new();
    // Without any, the rules are evaluated all the same, for the pages and the metrics.
    for one in list.into_iter().flat_map(|list| list.value) {
        let place = Place::from(&one);
        let peer = alertmanager(one)?;
        if !urls.insert(peer.url.to_string()) {
            return Err(Fault::new(
                place,
                format!("there are two Alertmanagers with the URL {}", peer.url),
                "remove one of them",
            ));
        }
        alertmanagers.push(peer);
    }
    let policy = policy::check(PolicyFile {
        job: None,
        language: alerting.language,
        runbook_url: alerting.runbook_url,
        rules: alerting.rules,
    })?;
    let instance = match alerting.instance {
        Some(instance) if instance.value.trim().is_empty() => {
            return Err(invalid(&instance, "the name is empty", "alerting.instance"));
        }
        instance => instance.map(|instance| instance.value),
    };
    let job = match alerting.job {
        Some(job) if job.value.trim().is_empty() => {
            return Err(invalid(&job, "the name is empty", "alerting.job"));
        }
        job => job.map(|job| job.value),
    };
    Ok(AlertingSettings {
        alertmanagers,
        instance,
        job,
        policy,
    })
}

fn alertmanager(one: Spanned<AlertmanagerItem>) -> Result<Peer, Fault> {
    let place = Place::from(&one);
    let one = one.value;
    let url = one
        .url
        .ok_or_else(|| missing(place, "url", "http://localhost:9093"))?;
    let base: BaseUrl = url
        .value
        .parse()
        .map_err(|problem: String| invalid(&url, problem, &format!("{ALERTMANAGER}.url")))?;
    let auth = match (one.basic_auth, one.authorization) {
        (Some(_), Some(second)) => {
            return Err(Fault::new(
                &second,
                "basic_auth and authorization cannot both be given",
                "remove one of them",
            ));
        }
        (Some(basic), None) => basic_auth(basic)?,
        (None, Some(bearer)) => {
            let place = Place::from(&bearer);
            let names = ["credentials", "credentials_file"];
            let bearer = bearer.value;
            Auth::Bearer(secret(
                bearer.credentials,
                bearer.credentials_file,
                place,
                names,
            )?)
        }
        (None, None) => Auth::None,
    };
    let tls = match one.tls {
        Some(written) if !base.https() => {
            return Err(Fault::new(
                &written,
                format!("tls has no effect on {base}, which is not https://"),
                "use https:// in the url, or remove tls",
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

fn basic_auth(basic: Spanned<BasicAuthSection>) -> Result<Auth, Fault> {
    let place = Place::from(&basic);
    let basic = basic.value;
    let username = basic
        .username
        .ok_or_else(|| missing(place, "username", "maillog"))?;
    if username.value.contains(':') {
        let problem = format!("{:?} contains a colon", username.value);
        let field = format!("{ALERTMANAGER}.basic_auth.username");
        return Err(invalid(&username, problem, &field));
    }
    let names = ["password", "password_file"];
    Ok(Auth::Basic {
        username: username.value,
        password: secret(basic.password, basic.password_file, place, names)?,
    })
}

/// A secret that is given itself or as a file. Messages do not repeat it.
fn secret(
    given: Field<String>,
    file: Field<String>,
    place: Place,
    names: [&str; 2],
) -> Result<Secret, Fault> {
    let [given_name, file_name] = names;
    match (given, file) {
        (Some(_), Some(file)) => Err(Fault::new(
            &file,
            format!("{given_name} and {file_name} cannot both be given"),
            "remove one of them",
        )),
        (None, None) => Err(Fault::new(
            place,
            format!("{given_name} and {file_name} are both missing"),
            "add one of them",
        )),
        (Some(given), None) if given.value.is_empty() => Err(Fault::new(
            &given,
            "the value is empty",
            format!("expected a value, or the path of a file with it in {file_name}"),
        )),
        (Some(given), None) => Ok(Secret::Given(given.value)),
        (None, Some(file)) => Ok(Secret::File(file.value.into())),
    }
}

fn tls(written: Spanned<TlsSection>) -> Result<Tls, Fault> {
    let place = Place::from(&written);
    let written = written.value;
    let identity = match (written.cert_file, written.key_file) {
        (Some(certificate), Some(key)) => Some((certificate.value.into(), key.value.into())),
        (None, None) => None,
        (Some(_), None) => return Err(missing(place, "key_file", "/path/to/key.pem")),
        (None, Some(_)) => return Err(missing(place, "cert_file", "/path/to/cert.pem")),
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
        let problem = format!("{:?} is not a valid host name", name.value);
        let field = format!("{ALERTMANAGER}.tls.server_name");
        return Err(invalid(name, problem, &field));
    }
    Ok(tls)
}

fn timeout(written: &Spanned<String>) -> Result<Duration, Fault> {
    let duration: Option<SignedDuration> = written.value.parse().ok();
    duration
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| TIMEOUTS.contains(duration))
        .ok_or_else(|| {
            let problem = format!("{:?} is not a valid timeout", written.value);
            invalid(written, problem, &format!("{ALERTMANAGER}.timeout"))
        })
}

/// Checks that every file that the section names can be read now and holds what it should.
pub fn check_referenced_files(alerting: &AlertingSection) -> Result<(), Fault> {
    let list = alerting.alertmanagers.iter().flat_map(|list| &list.value);
    for one in list.map(|one| &one.value) {
        let read_secret = |path: &Path| Secret::File(path.into()).read().map(drop);
        if let Some(basic) = &one.basic_auth {
            check_file(&basic.value.password_file, read_secret)?;
        }
        if let Some(bearer) = &one.authorization {
            check_file(&bearer.value.credentials_file, read_secret)?;
        }
        if let Some(tls) = &one.tls {
            let read_certificates = |path: &Path| certificates(path).map(drop);
            check_file(&tls.value.ca_file, read_certificates)?;
            check_file(&tls.value.cert_file, read_certificates)?;
            check_file(&tls.value.key_file, |path| key(path).map(drop))?;
        }
    }
    Ok(())
}

fn check_file(path: &Field<String>, read: impl Fn(&Path) -> io::Result<()>) -> Result<(), Fault> {
    let Some(path) = path else {
        return Ok(());
    };
    read(Path::new(&path.value)).map_err(|error| {
        Fault::new(
            path,
            error.to_string(),
            "expected the path of a readable file with the right contents",
        )
    })
}
