//! What is wrong with a file: its name, line, column and field, and what would be right.

use std::io;

use serde_saphyr::Location;

use super::place::field_at;

/// What is wrong with a file of settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Error {
    /// The file's name, as it was given.
    pub file: String,
    /// The place, from 1; `None` where the whole file is meant.
    pub place: Option<(u64, u64)>,
    /// The field, such as `sources[0].read_from`; empty where none is meant.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub right: String,
}

impl Error {
    /// A file that cannot be read at all.
    pub(super) fn unreadable(file: &str, error: &io::Error) -> Self {
        Error {
            file: file.to_owned(),
            place: None,
            field: String::new(),
            problem: format!("cannot be read: {error}"),
            right: "name a file that exists and may be read".to_owned(),
        }
    }

    fn message(&self) -> String {
        let mut text = self.file.clone();
        if let Some((line, column)) = self.place {
            text += &format!(":{line}:{column}");
        }
        if !self.field.is_empty() {
            text += &format!(": {}", self.field);
        }
        format!("{text}: {}; {}", self.problem, self.right)
    }
}

/// What a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// The field at its place.
    Field,
    /// The mapping whose first field is at its place.
    Mapping,
    /// The kind of the value at its place.
    Kind,
    /// The file, of which no field is meant.
    File,
}

/// An error that does not know yet which file it is in.
#[derive(Debug)]
pub struct Fault {
    location: Location,
    subject: Subject,
    problem: String,
    right: String,
}

impl Fault {
    /// Something wrong at a place.
    pub fn new(location: Location, problem: impl Into<String>, right: impl Into<String>) -> Self {
        Fault {
            location,
            subject: Subject::Field,
            problem: problem.into(),
            right: right.into(),
        }
    }

    /// Something wrong with the mapping that begins at a place.
    pub fn mapping(
        location: Location,
        problem: impl Into<String>,
        right: impl Into<String>,
    ) -> Self {
        Fault {
            subject: Subject::Mapping,
            ..Fault::new(location, problem, right)
        }
    }

    /// Something wrong with the file at a place that belongs to no field.
    pub fn file(location: Location, problem: impl Into<String>, right: impl Into<String>) -> Self {
        Fault {
            subject: Subject::File,
            ..Fault::new(location, problem, right)
        }
    }

    /// A value of the wrong kind, such as a list where a number should be.
    pub fn kind(location: Location) -> Self {
        Fault {
            location,
            subject: Subject::Kind,
            problem: String::new(),
            right: String::new(),
        }
    }

    /// The same at another place, such as where an alias stands that means a wrong value.
    pub(super) fn moved(mut self, location: Location) -> Self {
        self.location = location;
        self
    }

    /// The whole message, for a file and its text. `right` says what is right for a field, by its
    /// path without indexes; for an empty path, what is right for the whole file.
    pub fn at(self, file: &str, text: &str, right: fn(&str) -> Option<&'static str>) -> Error {
        let (line, column) = (self.location.line(), self.location.column());
        let mut field = if line == 0 || self.subject == Subject::File {
            String::new()
        } else {
            field_at(text, line, column)
        };
        if self.subject == Subject::Mapping
            && let Some(end) = field.rfind('.')
        {
            field.truncate(end);
        }
        let (problem, right) = if self.subject == Subject::Kind {
            match known(&mut field, right) {
                Some(right) if field.is_empty() => (
                    "the file is no mapping of names to values".into(),
                    format!("right would be {right}"),
                ),
                known => (
                    "the value is of the wrong kind".into(),
                    format!(
                        "right would be {}",
                        known.unwrap_or("a value of another kind")
                    ),
                ),
            }
        } else {
            (self.problem, self.right)
        };
        let place = (line > 0).then_some((line, column));
        Error {
            file: file.to_owned(),
            place,
            field,
            problem,
            right,
        }
    }
}

/// What is right for a field. Where a list is a mapping, or the other way round, the place is that of
/// what is in it: then for the field that it is in. A field that is unknown up to the top is none.
fn known(field: &mut String, right: fn(&str) -> Option<&'static str>) -> Option<&'static str> {
    let mut path = without_indexes(field);
    loop {
        if let Some(right) = right(&path) {
            if path.is_empty() {
                field.clear();
            }
            return Some(right);
        }
        if path.is_empty() {
            return None;
        }
        let end = path.rfind(['.', '[']).unwrap_or(0);
        path.truncate(end);
    }
}

/// A path whose indexes are left out: `sources[]` of `sources[0]`.
fn without_indexes(field: &str) -> String {
    let mut parts = field.split('[');
    let mut path = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|character: char| character.is_ascii_digit());
        path.push('[');
        path += rest;
    }
    path
}

/// The closest of some names, if one is close enough for a slip of the hand.
pub fn suggest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    names
        .map(|name| {
            (
                strsim::damerau_levenshtein(&written, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_told_from_another_word() {
        let names = ["beginning", "end"];
        assert_eq!(suggest("begining", names.into_iter()), Some("beginning"));
        assert_eq!(suggest("END", names.into_iter()), Some("end"));
        assert_eq!(suggest("middle", names.into_iter()), None);
    }
}
