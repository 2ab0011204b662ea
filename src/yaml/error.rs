//! Errors in YAML files: file, line, column, field, problem and a hint.

use std::io;

use serde_saphyr::Location;

use super::path;
use super::place::Place;

/// An error in a settings file.
///
/// Displayed as `FILE:LINE:COLUMN: FIELD: PROBLEM; HINT`, without the parts that are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Error {
    /// The name of the file, as it was given.
    pub file: String,
    /// Line and column, counted from 1; `None` if the error concerns the whole file.
    pub position: Option<(u64, u64)>,
    /// The path of the field, such as `sources[0].read_from`; empty if there is none.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What is expected, or how to fix it.
    pub hint: String,
}

impl Error {
    /// A file that cannot be read.
    pub(super) fn unreadable(file: &str, error: &io::Error) -> Self {
        Error {
            file: file.to_owned(),
            position: None,
            field: String::new(),
            problem: format!("cannot read the file: {error}"),
            hint: "expected the path of a readable file".to_owned(),
        }
    }

    fn message(&self) -> String {
        let mut text = self.file.clone();
        if let Some((line, column)) = self.position {
            text += &format!(":{line}:{column}");
        }
        if !self.field.is_empty() {
            text += &format!(": {}", self.field);
        }
        format!("{text}: {}; {}", self.problem, self.hint)
    }
}

/// How the field of a fault is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// It is the field whose value is at the fault's place.
    AtPlace,
    /// Its path is known already; empty if the fault concerns no field.
    Known(String),
}

/// An error whose file is not known yet.
#[derive(Debug)]
pub struct Fault {
    /// Boxed, because results should be small.
    place: Box<Place>,
    field: Field,
    /// `None` for a value of the wrong type: the message then depends on the field.
    text: Option<(String, String)>,
}

impl Fault {
    /// An error in the value at a place: what is wrong with it, and what is expected or how to fix it.
    pub fn new(
        place: impl Into<Place>,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Fault {
            place: Box::new(place.into()),
            field: Field::AtPlace,
            text: Some((problem.into(), hint.into())),
        }
    }

    /// A value of the wrong type, such as a list in place of a number.
    pub(super) fn wrong_type(place: impl Into<Place>) -> Self {
        Fault {
            place: Box::new(place.into()),
            field: Field::AtPlace,
            text: None,
        }
    }

    /// The same fault, for the field of the given path; empty if it concerns no field.
    pub(super) fn with_field(mut self, path: String) -> Self {
        self.field = Field::Known(path);
        self
    }

    /// The same fault at another place, such as that of the alias of a wrong value.
    pub(super) fn moved(mut self, location: Location) -> Self {
        *self.place = location.into();
        self
    }

    /// The error, for a file and its text. `expected` describes the type of a field by its path
    /// without list indexes (`sources[].files`); the empty path is the whole file.
    pub fn at(self, file: &str, text: &str, expected: fn(&str) -> Option<&'static str>) -> Error {
        let field = match self.field {
            Field::Known(path) => path,
            Field::AtPlace => path::of_value_at(text, *self.place).unwrap_or_default(),
        };
        let (problem, hint) = self.text.unwrap_or_else(|| {
            let problem = match &*field {
                "" => "the file is not a mapping of fields to values",
                _ => "the value has the wrong type",
            };
            let expected = expected(&path::without_indexes(&field));
            (
                problem.to_owned(),
                format!("expected {}", expected.unwrap_or("another type")),
            )
        });
        let (line, column) = (self.place.line(), self.place.referenced.column());
        Error {
            file: file.to_owned(),
            position: (line > 0).then_some((line, column)),
            field,
            problem,
            hint,
        }
    }
}
