//! One of `sources:`: exactly one kind of input, with what belongs to it.
//!
//! It stands apart from the rest of the checks because a source is where most of a configuration
//! is, and where most of its mistakes are.

use std::path::Path;

use serde_saphyr::{Location, Spanned};

use super::check::{one_of, required};
use super::claims::Claims;
use super::{Source, raw};
use crate::source::{
    Files, Framing, Input, Journal, Listener, ReadFrom, is_compressed, is_pattern,
};
use crate::yaml::Fault;

/// The kinds of input, as messages name them.
const KINDS: &str = "one of files, containers, journald, syslog and pipe";

type List = Option<Spanned<Vec<Spanned<String>>>>;

/// Makes a source of what a file says. What it takes for itself, no other may have.
pub(super) fn check(source: Spanned<raw::Source>, claims: &mut Claims) -> Result<Source, Fault> {
    let place = source.referenced;
    let source = source.value;
    let kinds = [
        source.files.as_ref().map(|list| list.referenced),
        source.containers.as_ref().map(|list| list.referenced),
        source.journald.as_ref().map(|journal| journal.referenced),
        source.syslog.as_ref().map(|list| list.referenced),
        source.pipe.as_ref().map(|pipe| pipe.referenced),
    ];
    if let Some(second) = kinds.into_iter().flatten().nth(1) {
        return Err(Fault::mapping(
            second,
            "a source has one kind of input",
            format!("leave {KINDS}, and make a source of its own for the other"),
        ));
    }
    let reads_back = source.syslog.is_none() && source.pipe.is_none();
    let from = match source.read_from {
        Some(from) if !reads_back => {
            return Err(Fault::new(
                from.referenced,
                "what comes in by syslog or a pipe has no beginning to go back to",
                "leave read_from out",
            ));
        }
        Some(from) => one_of(&from, &ReadFrom::NAMES)?,
        None => ReadFrom::default(),
    };
    let (input, own_name) = if source.containers.is_some() {
        let name = "containers";
        files(source.containers, place, name, from, Framing::Container)?
    } else if let Some(journal) = source.journald {
        (
            Input::Journal(journald(journal.value, from)?),
            Some("journald".to_owned()),
        )
    } else if source.syslog.is_some() {
        (
            syslog(source.syslog, place, claims)?,
            Some("syslog".to_owned()),
        )
    } else if let Some(pipe) = source.pipe {
        let own_name = check_pipe(&pipe)?;
        claims.pipe(&pipe.value, pipe.referenced)?;
        (Input::Pipe(pipe.value.into()), Some(own_name))
    } else {
        files(source.files, place, "files", from, Framing::Plain)?
    };
    let name = match (source.name, own_name) {
        (Some(name), _) => non_empty(name)?,
        (None, Some(name)) => name,
        (None, None) => {
            return Err(Fault::mapping(
                place,
                "a source of several files has no name of its own",
                "add one, such as name: mail",
            ));
        }
    };
    Ok(Source { name, input })
}

/// Files, and the name of the source if there is only one.
fn files(
    list: List,
    place: Location,
    field: &str,
    from: ReadFrom,
    framing: Framing,
) -> Result<(Input, Option<String>), Fault> {
    let list = required(list, place, field, "[/var/log/mail.log]")?;
    for file in &list.value {
        pattern(file)?;
    }
    let own_name = match list.value.as_slice() {
        [file] => Some(file.value.clone()),
        _ => None,
    };
    let paths = list.value.into_iter().map(|file| file.value.into());
    let input = Input::Files(Files {
        paths: paths.collect(),
        from,
        framing,
    });
    Ok((input, own_name))
}

fn journald(journal: raw::Journald, from: ReadFrom) -> Result<Journal, Fault> {
    let texts = |list: List| -> Result<Vec<String>, Fault> {
        let list = list.map(|list| list.value).unwrap_or_default();
        list.into_iter().map(non_empty).collect()
    };
    if let (Some(directory), Some(_)) = (&journal.directory, &journal.files) {
        return Err(Fault::new(
            directory.referenced,
            "there are both directory and files",
            "leave one of them out",
        ));
    }
    Ok(Journal {
        units: texts(journal.units)?,
        identifiers: texts(journal.identifiers)?,
        directory: journal.directory.map(absolute).transpose()?,
        files: match journal.files {
            Some(files) => files
                .value
                .into_iter()
                .map(absolute)
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        },
        from,
    })
}

fn absolute(path: Spanned<String>) -> Result<std::path::PathBuf, Fault> {
    if Path::new(&path.value).is_absolute() {
        return Ok(path.value.into());
    }
    Err(Fault::new(
        path.referenced,
        format!("{:?} is no absolute path", path.value),
        "right would be a path such as /var/log/journal",
    ))
}

/// The name of a source that reads a pipe. One that is not there yet may come.
fn check_pipe(pipe: &Spanned<String>) -> Result<String, Fault> {
    if pipe.value == "-" {
        return Ok("stdin".to_owned());
    }
    let path = Path::new(&pipe.value);
    let wrong = if !path.is_absolute() {
        format!("{:?} is no absolute path", pipe.value)
    } else if path.is_dir() {
        format!("{} is a directory", pipe.value)
    } else if path.is_file() {
        format!("{} is a file, and no named pipe", pipe.value)
    } else {
        return Ok(pipe.value.clone());
    };
    let right = raw::right("sources[].pipe").unwrap_or_default();
    Err(Fault::new(
        pipe.referenced,
        wrong,
        format!("right would be {right}"),
    ))
}

fn syslog(list: List, place: Location, claims: &mut Claims) -> Result<Input, Fault> {
    let list = required(list, place, "syslog", "[\"udp://:514\"]")?;
    let listeners = list.value.into_iter().map(|written| {
        let listener = written.value.parse::<Listener>().map_err(|wrong| {
            let right = raw::right("sources[].syslog[]").unwrap_or_default();
            Fault::new(written.referenced, wrong, format!("right would be {right}"))
        })?;
        claims.syslog(&listener, written.referenced)?;
        Ok(listener)
    });
    Ok(Input::Syslog(listeners.collect::<Result<_, _>>()?))
}

fn non_empty(text: Spanned<String>) -> Result<String, Fault> {
    if text.value.trim().is_empty() {
        return Err(Fault::new(
            text.referenced,
            "the name is empty",
            "give it one, such as mail",
        ));
    }
    Ok(text.value)
}

fn pattern(file: &Spanned<String>) -> Result<(), Fault> {
    self::file(&file.value).map_err(|(problem, right)| Fault::new(file.referenced, problem, right))
}

/// What is wrong with a file or pattern to follow, and what would be right.
///
/// # Errors
///
/// If it is empty, a directory, no pattern, or a compressed file, which does not grow.
pub(super) fn file(file: &str) -> Result<(), (String, &'static str)> {
    const RIGHT: &str = "right would be a file or pattern such as /var/log/mail*.log";
    if file.is_empty() {
        return Err(("the name is empty".to_owned(), RIGHT));
    }
    if is_compressed(Path::new(file)) {
        let problem = format!("{file} is a compressed log, and those do not grow");
        return Err((
            problem,
            "follow the live log; `maillog_exporter report` reads compressed ones",
        ));
    }
    if Path::new(file).is_dir() {
        return Err((format!("{file} is a directory"), RIGHT));
    }
    if is_pattern(file)
        && let Err(error) = glob::Pattern::new(file)
    {
        return Err((
            format!("{file} is no pattern: {} at {}", error.msg, error.pos),
            RIGHT,
        ));
    }
    Ok(())
}
