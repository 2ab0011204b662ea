//! From the shape of a configuration file to a checked configuration.

use std::collections::HashSet;
use std::str::FromStr;

use jiff::tz::TimeZone;
use serde_saphyr::Spanned;

use super::resource_conflicts::UsedResources;
use super::settings::Config;
use super::values::{absolute_path, invalid, one_of};
use super::{alerting, patterns, providers, schema, sources};
use crate::logging::{LogFormat, LogLevel};
use crate::parse::{Format, Mta};
use crate::queue::{Layout, QueueSource};
use crate::web::{ListenAddress, Privacy};
use crate::yaml::{Fault, Place, suggest};

/// The range of `max_line_bytes`: a reply of a few lines must fit, and the buffer is twice as large.
const LINE_BYTES: std::ops::RangeInclusive<u64> = 1024..=1_048_576;

/// Makes a configuration of the contents of a file.
pub fn check(file: schema::ConfigFile) -> Result<Config, Fault> {
    let mut config = Config::default();
    let mut used = UsedResources::default();
    if let Some(section) = file.web {
        web(section.value, &mut config, &mut used)?;
    }
    if let Some(section) = file.log {
        log(section.value, &mut config)?;
    }
    if let Some(bytes) = file.max_line_bytes {
        config.max_line_bytes = max_line_bytes(&bytes)?;
    }
    if let Some(zone) = file.time_zone {
        config.time_zone = time_zone(&zone)?;
    }
    if let Some(list) = file.patterns {
        config.patterns = patterns::check(list, &config.time_zone)?;
    }
    let mut names = HashSet::new();
    for source in file.sources.into_iter().flat_map(|list| list.value) {
        let place = Place::from(&source);
        let source = sources::check(source, &mut used)?;
        if !names.insert(source.name.clone()) {
            return Err(Fault::new(
                place,
                format!("there are two sources with the name {:?}", source.name),
                "give each source its own name",
            ));
        }
        if source.format == Format::Server(Mta::Custom) && config.patterns.is_empty() {
            return Err(Fault::new(
                place,
                "the format custom needs patterns",
                "add the section patterns, or another format",
            ));
        }
        config.sources.push(source);
    }
    for provider in file.providers.into_iter().flat_map(|list| list.value) {
        providers::add(provider, &mut config.providers)?;
    }
    if let Some(path) = file.state.and_then(|section| section.value.path) {
        if path.value.is_empty() {
            return Err(invalid(&path, "the path is empty", "state.path"));
        }
        config.state_path = Some(path.value.into());
    }
    if let Some(sandbox) = file.sandbox {
        config.sandbox = sandbox.value;
    }
    let queues = [
        file.postfix.map(|it| (it.value.showq, "postfix.showq")),
        file.exim.map(|it| (it.value.spool, "exim.spool")),
        file.sendmail.map(|it| (it.value.queue, "sendmail.queue")),
        file.qmail.map(|it| (it.value.queue, "qmail.queue")),
    ];
    for (path, field) in queues.into_iter().flatten() {
        let Some(path) = path else { continue };
        let place = Place::from(&path);
        let path = absolute_path(path, field)?;
        let source = match field {
            "exim.spool" => QueueSource::Spool(Layout::Exim, path),
            "sendmail.queue" => QueueSource::Spool(Layout::Sendmail, path),
            "qmail.queue" => QueueSource::Spool(Layout::Qmail, path),
            _ => QueueSource::Showq(path),
        };
        if config.queue.replace(source).is_some() {
            return Err(Fault::new(
                place,
                format!("{field} is a second queue"),
                "keep the one of the server that sends the mail, or run a daemon for each",
            ));
        }
    }
    config.alerting = file.alerting.map(alerting::check).transpose()?;
    Ok(config)
}

fn web(
    section: schema::WebSection,
    config: &mut Config,
    used: &mut UsedResources,
) -> Result<(), Fault> {
    let addresses = section.listen_addresses;
    for written in addresses.into_iter().flat_map(|list| list.value) {
        let address = listen_address(&written)?;
        used.web(&address, Place::from(&written))?;
        config.listen_addresses.push(address);
    }
    if let Some(path) = section.telemetry_path {
        check_telemetry_path(&path.value)
            .map_err(|problem| invalid(&path, problem, "web.telemetry_path"))?;
        config.telemetry_path = path.value;
    }
    if let Some(url) = section.external_url {
        let checked = external_url(&url.value);
        config.external_url =
            Some(checked.map_err(|problem| invalid(&url, problem, "web.external_url"))?);
    }
    if let Some(prefix) = section.route_prefix {
        let checked = route_prefix(&prefix.value);
        config.route_prefix =
            checked.map_err(|problem| invalid(&prefix, problem, "web.route_prefix"))?;
    } else if let Some(url) = &config.external_url {
        config.route_prefix = path_of(url).to_owned();
    }
    if let Some(privacy) = section.privacy {
        config.privacy = one_of(&privacy, &Privacy::NAMES)?;
    }
    if let Some(created_series) = section.created_series {
        config.created_series = created_series.value;
    }
    Ok(())
}

fn log(section: schema::LogSection, config: &mut Config) -> Result<(), Fault> {
    if let Some(level) = section.level {
        config.log_level = one_of(&level, &LogLevel::NAMES)?;
    }
    if let Some(format) = section.format {
        config.log_format = one_of(&format, &LogFormat::NAMES)?;
    }
    Ok(())
}

fn max_line_bytes(bytes: &Spanned<u64>) -> Result<usize, Fault> {
    Some(bytes.value)
        .filter(|value| LINE_BYTES.contains(value))
        .and_then(|value| usize::try_from(value).ok())
        .ok_or_else(|| {
            let problem = format!("{} is out of range", bytes.value);
            invalid(bytes, problem, "max_line_bytes")
        })
}

/// Checks a path for the metrics.
///
/// # Errors
///
/// The problem, if it is not a valid path or is used by another page.
pub fn check_telemetry_path(path: &str) -> Result<(), String> {
    let plain = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"?#\"<>".contains(&byte));
    if !path.starts_with('/') || !plain {
        return Err(format!("{path:?} is not a valid path"));
    }
    if path == "/"
        || ["/-/", "/api/", "/codes", "/alerts"]
            .iter()
            .any(|own| path.starts_with(own))
    {
        return Err(format!("{path} is used by another page"));
    }
    Ok(())
}

/// Checks a base URL of links to the pages, and returns it without a slash at its end.
///
/// # Errors
///
/// The problem, if it is not a URL.
pub fn external_url(url: &str) -> Result<String, String> {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    let is_plain = |rest: &str| {
        !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || "?#\"<>{}".contains(c))
    };
    match rest {
        Some(rest) if is_plain(rest) => Ok(url.trim_end_matches('/').to_owned()),
        _ => Err(format!("{url:?} is not a valid URL")),
    }
}

/// The path of a URL that [`external_url`] has checked; empty if it has none.
pub fn path_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or("", |at| &url[host + at..])
}

/// Checks what every path begins with, and returns it without a slash at its end.
///
/// # Errors
///
/// The problem, if it is not a path.
pub fn route_prefix(prefix: &str) -> Result<String, String> {
    let is_plain = prefix
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"?#\"<>{}%\\".contains(&byte));
    let is_path = prefix.starts_with('/') && !prefix.contains("//") && is_plain;
    match is_path {
        true => Ok(prefix.trim_end_matches('/').to_owned()),
        false => Err(format!("{prefix:?} is not a valid path")),
    }
}

fn listen_address(address: &Spanned<String>) -> Result<ListenAddress, Fault> {
    ListenAddress::from_str(&address.value).map_err(|error| {
        Fault::new(
            address,
            error.problem(),
            "expected an address such as \":9925\", \"127.0.0.1:9925\" or \"[::1]:9925\"",
        )
    })
}

fn time_zone(zone: &Spanned<String>) -> Result<TimeZone, Fault> {
    TimeZone::get(&zone.value).map_err(|_| {
        let known: Vec<String> = jiff::tz::db()
            .available()
            .map(|name| name.as_str().to_owned())
            .collect();
        let problem = format!("unknown time zone {:?}", zone.value);
        match suggest(&zone.value, known.iter().map(String::as_str)) {
            Some(near) => Fault::new(zone, problem, format!("did you mean {near:?}?")),
            None => invalid(zone, problem, "time_zone"),
        }
    })
}
