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

/// What a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// The field at its place.
    Field,
    /// The mapping whose first field is at its place.
    Mapping,
    /// The kind of the value at its place.
    Kind,
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

    /// A value of the wrong kind, such as a list where a number should be.
    pub fn kind(location: Location) -> Self {
        Fault {
            location,
            subject: Subject::Kind,
            problem: String::new(),
            right: String::new(),
        }
    }

    /// The whole message, for a file and its text.
    pub fn at(self, file: &str, text: &str) -> Error {
        let (line, column) = (self.location.line(), self.location.column());
        let mut field = if line == 0 {
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
    // Where a list is a mapping, or the other way round, the place is that of what is in it.
    if raw::right(&plain).is_none()
        && let Some(end) = plain.rfind(['.', '['])
    {
        plain.truncate(end);
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

/// The field at a line and column (counted from 1), from the indentation of block-style YAML and,
/// within a line, from the key before the column.
fn field_at(text: &str, line: u64, column: u64) -> String {
    let mut steps: Vec<Step<'_>> = Vec::new();
    let count = usize::try_from(line).unwrap_or(usize::MAX);
    let column = usize::try_from(column).unwrap_or(usize::MAX);
    for line in text.lines().take(count) {
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
    // In `log: {level: info}` the indentation only knows of `log`.
    let line = text.lines().nth(count.saturating_sub(1));
    let before = line.and_then(|line| line.get(..column.saturating_sub(1)));
    if let Some(key) = before.and_then(|text| text.trim_end().strip_suffix(':'))
        && let Some((_, key)) = key.rsplit_once(['{', ',', ' '])
        && !steps
            .iter()
            .any(|step| matches!(step, Step::Key(_, known) if *known == key))
    {
        steps.push(Step::Key(usize::MAX, key));
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
        let fields: Vec<String> = (1..=15).map(|line| field_at(text, line, 1)).collect();
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
    fn the_field_is_found_in_flow_style_too() {
        assert_eq!(
            field_at("log: {level: info, format: x}", 1, 28),
            "log.format"
        );
        assert_eq!(
            field_at("log: {level: info, format: x}", 1, 14),
            "log.level"
        );
        assert_eq!(field_at("log:\n  level: info", 2, 10), "log.level");
    }

    #[test]
    fn a_slip_of_the_hand_is_told_from_another_word() {
        let names = ["beginning", "end"];
        assert_eq!(suggest("begining", names.into_iter()), Some("beginning"));
        assert_eq!(suggest("END", names.into_iter()), Some("end"));
        assert_eq!(suggest("middle", names.into_iter()), None);
    }
}
