//! Checks of sources that receive syslog messages.

use std::path::PathBuf;

use serde_saphyr::Spanned;

use super::resource_conflicts::UsedResources;
use super::schema::{Field, List, SourceItem, SyslogTlsSection};
use super::values::{absolute_path, invalid, missing, required_list};
use crate::source::{AllowedSenders, Listener, Sender, Syslog, SyslogTls};
use crate::yaml::{Fault, Place};

/// Refuses settings of syslog in a source of another kind.
pub fn check_is_syslog(source: &SourceItem) -> Result<(), Fault> {
    let settings = [
        ("tls", source.tls.as_ref().map(Place::from)),
        (
            "allowed_senders",
            source.allowed_senders.as_ref().map(Place::from),
        ),
    ];
    for (name, place) in settings {
        if let (Some(place), None) = (place, &source.syslog) {
            let problem = format!("{name} has an effect on syslog only");
            return Err(Fault::new(place, problem, "remove it"));
        }
    }
    Ok(())
}

/// Checks a source with `syslog`, and marks its addresses as used.
pub fn check(
    list: List<String>,
    tls: &Field<SyslogTlsSection>,
    allowed_senders: &List<String>,
    place: Place,
    used: &mut UsedResources,
) -> Result<Syslog, Fault> {
    let list = required_list(list, place, "syslog", "[\"udp://:514\"]")?;
    let listeners = list.iter().map(|written| {
        let listener = written
            .value
            .parse::<Listener>()
            .map_err(|problem| invalid(written, problem, "sources[].syslog[]"))?;
        used.syslog(&listener, Place::from(written))?;
        Ok(listener)
    });
    let listeners = listeners.collect::<Result<Vec<_>, _>>()?;
    let encrypted = listeners
        .iter()
        .position(|listener| matches!(listener, Listener::Tls(_)));
    let tls = match (tls, encrypted) {
        (None, None) => None,
        (Some(tls), Some(_)) => Some(files(tls)?),
        (Some(tls), None) => {
            return Err(Fault::new(
                tls,
                "tls has an effect on tls:// addresses only",
                "add one to syslog, such as \"tls://:6514\", or remove it",
            ));
        }
        (None, Some(at)) => {
            return Err(Fault::new(
                &list[at],
                "a tls:// address needs a certificate",
                "add it to the source, as in tls: {cert_file: /path/to/cert.pem, key_file: /path/to/key.pem}",
            ));
        }
    };
    let has_names = tls.as_ref().is_some_and(|tls| tls.client_ca_file.is_some());
    Ok(Syslog {
        listeners,
        tls,
        allowed_senders: senders(allowed_senders, has_names)?,
    })
}

fn files(written: &Spanned<SyslogTlsSection>) -> Result<SyslogTls, Fault> {
    let place = Place::from(written);
    let path = |field: &Field<String>, name: &str| -> Result<Option<PathBuf>, Fault> {
        let path = field.clone();
        path.map(|path| absolute_path(path, &format!("sources[].tls.{name}")))
            .transpose()
    };
    let required = |field: &Field<String>, name: &str, example: &str| {
        path(field, name)?.ok_or_else(|| missing(place, name, example))
    };
    let section = &written.value;
    Ok(SyslogTls {
        cert_file: required(&section.cert_file, "cert_file", "/path/to/cert.pem")?,
        key_file: required(&section.key_file, "key_file", "/path/to/key.pem")?,
        client_ca_file: path(&section.client_ca_file, "client_ca_file")?,
    })
}

/// The allowed senders. `has_names` is whether every sender over TLS has a verified certificate.
fn senders(list: &List<String>, has_names: bool) -> Result<AllowedSenders, Fault> {
    let Some(list) = list else {
        return Ok(AllowedSenders::default());
    };
    let senders = list.value.iter().map(|written| {
        let sender = written
            .value
            .parse()
            .map_err(|problem: String| invalid(written, problem, "sources[].allowed_senders[]"))?;
        match sender {
            Sender::Name(_) if !has_names => Err(Fault::new(
                written,
                format!("the name {:?} needs certificates of senders", written.value),
                "add a tls:// address and tls.client_ca_file, or name addresses and networks",
            )),
            sender => Ok(sender),
        }
    });
    let senders = senders.collect::<Result<Vec<_>, _>>()?;
    match senders.is_empty() {
        true => Err(Fault::new(
            list,
            "the list is empty",
            "expected a list such as [192.0.2.0/24], or remove it to allow everybody",
        )),
        false => Ok(AllowedSenders::only(senders)),
    }
}
