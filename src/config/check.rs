//! From what is written to what is meant.

use std::collections::HashSet;
use std::path::Path;
use std::str::FromStr;

use jiff::tz::TimeZone;
use serde_saphyr::{Location, Spanned};

use super::claims::Claims;
use super::{Config, alerting, raw, source};
use crate::catalog::{Providers, ProvidersError};
use crate::logging::{Format, Level};
use crate::web::ListenAddress;
use crate::yaml::{Fault, suggest};

/// What `max_line_bytes` may be: a reply of a few lines must fit, and the buffer is twice as large.
const LINE_BYTES: std::ops::RangeInclusive<u64> = 1024..=1_048_576;

/// Makes a configuration of what a file says.
pub fn check(file: raw::File) -> Result<Config, Fault> {
    let mut config = Config::default();
    let mut claims = Claims::default();
    if let Some(web) = file.web {
        for written in web.listen_addresses.iter().flat_map(|list| &list.value) {
            let address = listen_address(written)?;
            claims.web(&address, written.referenced)?;
            config.listen_addresses.push(address);
        }
        if let Some(path) = web.telemetry_path {
            telemetry_path(&path.value).map_err(|wrong| {
                Fault::new(
                    path.referenced,
                    wrong,
                    "right would be a path such as /metrics",
                )
            })?;
            config.telemetry_path = path.value;
        }
    }
    if let Some(log) = file.log {
        if let Some(level) = log.level {
            config.log_level = one_of(&level, &Level::NAMES)?;
        }
        if let Some(format) = log.format {
            config.log_format = one_of(&format, &Format::NAMES)?;
        }
    }
    if let Some(bytes) = file.max_line_bytes {
        let value = Some(bytes.value).filter(|value| LINE_BYTES.contains(value));
        config.max_line_bytes = value
            .and_then(|value| usize::try_from(value).ok())
            .ok_or_else(|| {
                let right = raw::right("max_line_bytes").unwrap_or_default();
                Fault::new(
                    bytes.referenced,
                    format!("{} is out of range", bytes.value),
                    format!("right would be {right}"),
                )
            })?;
    }
    if let Some(zone) = file.time_zone {
        config.time_zone = time_zone(&zone)?;
    }
    let mut names = HashSet::new();
    for source in file.sources.into_iter().flatten() {
        let place = source.referenced;
        let source = source::check(source, &mut claims)?;
        if !names.insert(source.name.clone()) {
            return Err(Fault::mapping(
                place,
                format!("there are two sources with the name {:?}", source.name),
                "give each its own name",
            ));
        }
        config.sources.push(source);
    }
    for provider in file.providers.into_iter().flatten() {
        add_provider(provider, &mut config.providers)?;
    }
    if let Some(path) = file.state.and_then(|state| state.path) {
        if path.value.is_empty() {
            let right = raw::right("state.path").unwrap_or_default();
            return Err(Fault::new(
                path.referenced,
                "the path is empty",
                format!("right would be {right}"),
            ));
        }
        config.state_path = Some(path.value.into());
    }
    if let Some(socket) = file.postfix.and_then(|postfix| postfix.showq) {
        if !Path::new(&socket.value).is_absolute() {
            let right = raw::right("postfix.showq").unwrap_or_default();
            return Err(Fault::new(
                socket.referenced,
                format!("{:?} is no absolute path", socket.value),
                format!("right would be {right}"),
            ));
        }
        config.showq = Some(socket.value.into());
    }
    config.alerting = file.alerting.map(alerting::check).transpose()?;
    Ok(config)
}

/// What is wrong with a path for the exposition, if anything.
///
/// # Errors
///
/// If it is no path, or the daemon's own pages live there.
pub(super) fn telemetry_path(path: &str) -> Result<(), String> {
    let plain = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"?#\"<>".contains(&byte));
    if !path.starts_with('/') || !plain {
        return Err(format!("{path:?} is no path"));
    }
    if path == "/"
        || ["/-/", "/api/", "/codes", "/alerts"]
            .iter()
            .any(|own| path.starts_with(own))
    {
        return Err(format!("{path} is taken by another page"));
    }
    Ok(())
}

fn listen_address(address: &Spanned<String>) -> Result<ListenAddress, Fault> {
    ListenAddress::from_str(&address.value).map_err(|error| {
        Fault::new(
            address.referenced,
            error.problem(),
            "right would be \":9925\", \"127.0.0.1:9925\" or \"[::1]:9925\"",
        )
    })
}

pub(super) fn one_of<T: FromStr>(written: &Spanned<String>, names: &[&str]) -> Result<T, Fault> {
    written.value.parse().map_err(|_| {
        let right = match suggest(&written.value, names.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("right would be {}", names.join(", ")),
        };
        Fault::new(
            written.referenced,
            format!("{:?} is not known", written.value),
            right,
        )
    })
}

fn time_zone(zone: &Spanned<String>) -> Result<TimeZone, Fault> {
    TimeZone::get(&zone.value).map_err(|_| {
        let known: Vec<String> = jiff::tz::db()
            .available()
            .map(|name| name.as_str().to_owned())
            .collect();
        let right = match suggest(&zone.value, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => "right would be a time zone such as Europe/Berlin or UTC".to_owned(),
        };
        Fault::new(
            zone.referenced,
            format!("{:?} is no time zone", zone.value),
            right,
        )
    })
}

fn add_provider(provider: Spanned<raw::Provider>, table: &mut Providers) -> Result<(), Fault> {
    let place = provider.referenced;
    let provider = provider.value;
    let Some(name) = provider.name else {
        return Err(Fault::mapping(
            place,
            "name is missing",
            "add one, such as name: example",
        ));
    };
    let hosts = required(provider.hosts, place, "hosts", "[mx.example.com]")?;
    for host in hosts.value {
        let place = host.referenced;
        table
            .add_own(&name.value, &[host.value])
            .map_err(|error| match error {
                ProvidersError::Suffix { suffix, .. } => Fault::new(
                    place,
                    format!("{suffix:?} is no domain"),
                    "right would be one such as mx.example.com; it stands for everything below it \
                     too",
                ),
                ProvidersError::Name(written) => Fault::new(
                    name.referenced,
                    format!("{written:?} cannot be a provider's name"),
                    "right would be 1 to 40 lower-case letters, digits, _ and -",
                ),
                ProvidersError::Other => Fault::new(
                    name.referenced,
                    "\"other\" stands for everybody who is not in the table",
                    "give the provider a name of its own",
                ),
                ProvidersError::TooMany => Fault::new(
                    name.referenced,
                    "there are more than 255 providers, the known ones included",
                    "leave some out, or put hosts together under one name",
                ),
            })?;
    }
    Ok(())
}

/// A list that must be there and must not be empty.
pub(super) fn required(
    list: Option<Spanned<Vec<Spanned<String>>>>,
    place: Location,
    name: &str,
    example: &str,
) -> Result<Spanned<Vec<Spanned<String>>>, Fault> {
    match list {
        Some(list) if !list.value.is_empty() => Ok(list),
        Some(list) => Err(Fault::new(
            list.referenced,
            format!("{name} is empty"),
            format!("right would be a list such as {example}"),
        )),
        None => Err(Fault::mapping(
            place,
            format!("{name} is missing"),
            format!("add a list such as {name}: {example}"),
        )),
    }
}
