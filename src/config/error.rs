//! What is wrong with a configuration: the file, line, column and field, and what would be right.

use std::io;

use serde_saphyr::Location;

use super::raw;

/// What is wrong with a configuration file.
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

/// An error that does not know yet which file it is in.
#[derive(Debug)]
pub struct Fault {
    location: Location,
    /// Nothing but that the value is of the wrong kind.
    kind: bool,
    problem: String,
    right: String,
}

impl Fault {
    /// Something wrong at a place.
    pub fn new(location: Location, problem: impl Into<String>, right: impl Into<String>) -> Self {
        Fault {
            location,
            kind: false,
            problem: problem.into(),
            right: right.into(),
        }
    }

    /// A value of the wrong kind, such as a list where a number should be.
    pub fn kind(location: Location) -> Self {
        Fault {
            location,
            kind: true,
            problem: String::new(),
            right: String::new(),
        }
    }

    /// The whole message, for a file and its text.
    pub fn at(self, file: &str, text: &str) -> Error {
        let (line, column) = (self.location.line(), self.location.column());
        let field = if line == 0 {
            String::new()
        } else {
            field_at(text, line)
        };
        let (problem, right) = if self.kind {
            let right = raw::right(&without_indexes(&field)).unwrap_or("a value of another kind");
            (
                "the value is of the wrong kind".into(),
                format!("right would be {right}"),
            )
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

fn without_indexes(field: &str) -> String {
    let mut plain: String = field
        .chars()
        .filter(|character| !character.is_ascii_digit())
        .collect();
    if plain.ends_with("[]") && raw::right(&plain).is_none() {
        plain.truncate(plain.len() - 2);
    }
    plain
}

/// A step on the way from the beginning of the file to a line of it.
enum Step<'a> {
    Key(usize, &'a str),
    Item(usize, usize),
}

impl Step<'_> {
    fn indent(&self) -> usize {
        match self {
            Step::Key(indent, _) | Step::Item(indent, _) => *indent,
        }
    }
}

/// The field on a line (counted from 1), from the indentation of block-style YAML; what is
/// written in flow style on one line counts as one field.
fn field_at(text: &str, line: u64) -> String {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in text
        .lines()
        .take(usize::try_from(line).unwrap_or(usize::MAX))
    {
        let mut rest = line.trim_start();
        if rest.is_empty() || rest.starts_with(['#', '%']) || rest == "---" {
            continue;
        }
        let mut indent = line.len() - rest.len();
        while let Some(inner) = rest.strip_prefix("- ").or((rest == "-").then_some("")) {
            let mut index = 0;
            while let Some(last) = steps.last() {
                match last {
                    Step::Item(at, before) if *at == indent => index = before + 1,
                    last if last.indent() > indent => {}
                    // A list may stand as far left as the key it belongs to.
                    _ => break,
                }
                steps.pop();
            }
            steps.push(Step::Item(indent, index));
            let trimmed = inner.trim_start();
            indent += rest.len() - trimmed.len();
            rest = trimmed;
        }
        if let Some((key, value)) = rest.split_once(':')
            && (value.is_empty() || value.starts_with(' '))
            && !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        {
            while steps.last().is_some_and(|step| step.indent() >= indent) {
                steps.pop();
            }
            steps.push(Step::Key(indent, key));
        }
    }
    let mut field = String::new();
    for step in &steps {
        match step {
            Step::Key(_, key) if field.is_empty() => field += key,
            Step::Key(_, key) => field += &format!(".{key}"),
            Step::Item(_, index) => field += &format!("[{index}]"),
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_found_by_indentation() {
        let text = "\
web:
  listen_addresses:
    - :9925
    - 127.0.0.1:0
log:
  level: info
sources:
- name: one
  files: [a]
- name: two
  files:
  - b
  # not: this
  - c
  read_from: end
";
        let fields: Vec<String> = (1..=15).map(|line| field_at(text, line)).collect();
        assert_eq!(
            fields,
            [
                "web",
                "web.listen_addresses",
                "web.listen_addresses[0]",
                "web.listen_addresses[1]",
                "log",
                "log.level",
                "sources",
                "sources[0].name",
                "sources[0].files",
                "sources[1].name",
                "sources[1].files",
                "sources[1].files[0]",
                "sources[1].files[0]",
                "sources[1].files[1]",
                "sources[1].read_from",
            ]
        );
    }

    #[test]
    fn a_slip_of_the_hand_is_told_from_another_word() {
        let names = ["beginning", "end"];
        assert_eq!(suggest("begining", names.into_iter()), Some("beginning"));
        assert_eq!(suggest("END", names.into_iter()), Some("end"));
        assert_eq!(suggest("middle", names.into_iter()), None);
    }
}
