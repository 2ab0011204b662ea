//! Checks of `sources:`, each of which has exactly one kind of input.

use std::path::{Path, PathBuf};

use serde_saphyr::Spanned;

use super::resource_conflicts::UsedResources;
use super::schema;
use super::schema::{Field, List};
use super::settings::SourceSettings;
use super::syslog;
use super::values::{absolute_path, check_format, invalid, non_empty, one_of, required_list};
use crate::mounts;
use crate::parse::Format;
use crate::source::{
    Facility, Files, Framing, Input, Journal, ReadFrom, is_compressed, is_pattern,
};
use crate::yaml::{Fault, Place};

/// The kinds of input, as messages name them.
const KINDS: &str = "files, containers, journald, syslog and pipe";

/// Makes a source of an item of the list, and used the resources that it uses.
pub fn check(
    source: Spanned<schema::SourceItem>,
    used: &mut UsedResources,
) -> Result<SourceSettings, Fault> {
    let place = Place::from(&source);
    let source = source.value;
    check_one_kind(&source)?;
    syslog::check_is_syslog(&source)?;
    let from = read_from(&source)?;
    let format = format(source.format)?;
    let is_files = source.files.is_some() || source.containers.is_some();
    let rotated_dirs = rotated_dirs(source.rotated_dirs, is_files)?;
    let (mut input, default_name) = if source.containers.is_some() {
        let field = "containers";
        files(source.containers, place, field, from, Framing::Container)?
    } else if let Some(journal) = source.journald {
        let input = Input::Journal(journald(journal.value, from)?);
        (input, Some("journald".to_owned()))
    } else if source.syslog.is_some() {
        let input = syslog::check(
            source.syslog,
            &source.tls,
            &source.allowed_senders,
            place,
            used,
        )?;
        (Input::Syslog(input), Some("syslog".to_owned()))
    } else if let Some(pipe) = source.pipe {
        let default_name = check_pipe(&pipe)?;
        used.pipe(&pipe.value, Place::from(&pipe))?;
        (Input::Pipe(pipe.value.into()), Some(default_name))
    } else if source.files.is_some() {
        files(source.files, place, "files", from, Framing::Plain)?
    } else {
        return Err(Fault::new(
            place,
            "the source has no input",
            format!("add one of {KINDS}"),
        ));
    };
    if let Input::Files(files) = &mut input {
        files.rotated_dirs = rotated_dirs;
    }
    let name = match (source.name, default_name) {
        (Some(name), _) => non_empty(name)?,
        (None, Some(name)) => name,
        (None, None) => {
            return Err(Fault::new(
                place,
                "a source with several files needs a name",
                "add one, for example name: mail",
            ));
        }
    };
    Ok(SourceSettings {
        name,
        input,
        format,
    })
}

/// Refuses a source with two kinds of input.
fn check_one_kind(source: &schema::SourceItem) -> Result<(), Fault> {
    let kinds = [
        source.files.as_ref().map(Place::from),
        source.containers.as_ref().map(Place::from),
        source.journald.as_ref().map(Place::from),
        source.syslog.as_ref().map(Place::from),
        source.pipe.as_ref().map(Place::from),
    ];
    match kinds.into_iter().flatten().nth(1) {
        None => Ok(()),
        Some(second) => Err(Fault::new(
            second,
            "a source can have only one kind of input",
            format!("keep one of {KINDS}, and add another source for the other"),
        )),
    }
}

/// Where to begin reading; only logs that exist beforehand have a choice.
fn read_from(source: &schema::SourceItem) -> Result<ReadFrom, Fault> {
    match &source.read_from {
        Some(from) if source.syslog.is_some() || source.pipe.is_some() => Err(Fault::new(
            from,
            "read_from has no effect on syslog and pipe",
            "remove it",
        )),
        Some(from) => one_of(from, &ReadFrom::NAMES),
        None => Ok(ReadFrom::default()),
    }
}

fn format(name: Field<String>) -> Result<Format, Fault> {
    match &name {
        Some(name) => {
            check_format(&name.value).map_err(|(problem, hint)| Fault::new(name, problem, hint))
        }
        None => Ok(Format::Auto),
    }
}

/// The directories to which rotation moves files.
fn rotated_dirs(list: List<String>, is_files: bool) -> Result<Vec<PathBuf>, Fault> {
    let Some(list) = list else {
        return Ok(Vec::new());
    };
    if !is_files {
        return Err(Fault::new(
            &list,
            "rotated_dirs has an effect on files and containers only",
            "remove it",
        ));
    }
    let directories = list.value.into_iter().map(non_empty);
    directories.map(|it| it.map(PathBuf::from)).collect()
}

/// Files, and the default name of the source if there is only one.
fn files(
    list: List<String>,
    place: Place,
    field: &str,
    from: ReadFrom,
    framing: Framing,
) -> Result<(Input, Option<String>), Fault> {
    let list = required_list(list, place, field, "[/var/log/mail.log]")?;
    for file in &list {
        check_file(&file.value).map_err(|(problem, hint)| Fault::new(file, problem, hint))?;
    }
    let default_name = match list.as_slice() {
        [file] => Some(file.value.clone()),
        _ => None,
    };
    let paths = list.into_iter().map(|file| file.value.into());
    let input = Input::Files(Files {
        paths: paths.collect(),
        rotated_dirs: Vec::new(),
        from,
        framing,
    });
    Ok((input, default_name))
}

fn journald(journal: schema::JournaldSection, from: ReadFrom) -> Result<Journal, Fault> {
    let items = |list: List<String>| list.map(|list| list.value).unwrap_or_default().into_iter();
    if let (Some(directory), Some(_)) = (&journal.directory, &journal.files) {
        return Err(Fault::new(
            directory,
            "directory and files cannot both be given",
            "remove one of them",
        ));
    }
    let directory = |path| absolute_path(path, "sources[].journald.directory");
    let file = |path| absolute_path(path, "sources[].journald.files[]");
    Ok(Journal {
        facilities: items(journal.facilities)
            .map(|name| one_of(&name, &Facility::NAMES))
            .collect::<Result<_, _>>()?,
        units: items(journal.units)
            .map(non_empty)
            .collect::<Result<_, _>>()?,
        identifiers: items(journal.identifiers)
            .map(non_empty)
            .collect::<Result<_, _>>()?,
        directory: journal.directory.map(directory).transpose()?,
        files: items(journal.files).map(file).collect::<Result<_, _>>()?,
        from,
    })
}

/// The default name of a source that reads a pipe. The pipe need not exist yet.
fn check_pipe(pipe: &Spanned<String>) -> Result<String, Fault> {
    if pipe.value == "-" {
        return Ok("stdin".to_owned());
    }
    let path = Path::new(&pipe.value);
    let problem = if !path.is_absolute() {
        format!("{:?} is not an absolute path", pipe.value)
    } else if path.is_dir() {
        format!("{} is a directory, not a named pipe", pipe.value)
    } else if path.is_file() {
        format!("{} is a regular file, not a named pipe", pipe.value)
    } else {
        return Ok(pipe.value.clone());
    };
    Err(invalid(pipe, problem, "sources[].pipe"))
}

/// Checks a file or pattern to follow.
///
/// # Errors
///
/// The problem and a hint, if it is empty, a directory, an invalid pattern, or a compressed file, which
/// does not grow.
pub fn check_file(file: &str) -> Result<(), (String, &'static str)> {
    const EXPECTED: &str = "expected a file or pattern such as /var/log/mail*.log";
    if file.is_empty() {
        return Err(("the name is empty".to_owned(), EXPECTED));
    }
    if is_compressed(Path::new(file)) {
        return Err((
            format!("{file} is a compressed log, which cannot be followed"),
            "follow the live log; `maillog_exporter report` reads compressed ones",
        ));
    }
    if mounts::metadata(Path::new(file)).is_some_and(|it| it.is_dir()) {
        return Err((format!("{file} is a directory"), EXPECTED));
    }
    if is_pattern(file)
        && let Err(error) = glob::Pattern::new(file)
    {
        return Err((
            format!(
                "{file} is not a valid pattern: {} at position {}",
                error.msg, error.pos
            ),
            EXPECTED,
        ));
    }
    Ok(())
}
