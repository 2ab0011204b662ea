//! Files that people write in YAML: reading them strictly, and saying what is wrong where.
//!
//! It stands apart because two kinds of file are read so, the daemon's configuration and the web
//! settings, and because the words of the library are for programmers: whoever has made a slip in a
//! file is told the line, the field and what would be right.

mod fault;
mod place;

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_saphyr::{Error as YamlError, Location};

pub use fault::{Error, Fault, suggest};

/// The text of a file.
///
/// # Errors
///
/// If it cannot be read, or is no UTF-8; the error names the place.
pub fn text(path: &Path) -> Result<String, Error> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Error::unreadable(&name, &error))?;
    decode(&name, bytes)
}

fn decode(file: &str, bytes: Vec<u8>) -> Result<String, Error> {
    // With its mark, or as every second byte of a plain text shows it.
    let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let wide = marked || matches!(*bytes, [0, 1..=255, ..] | [1..=255, 0, ..]);
    let zero = bytes.iter().position(|byte| *byte == 0);
    let (bytes, at, problem) = match String::from_utf8(bytes) {
        Ok(text) => match zero {
            None => return Ok(text),
            Some(zero) => (
                text.into_bytes(),
                zero,
                "there is a NUL in it, so it is no text".to_owned(),
            ),
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let byte = bytes.get(at).copied().unwrap_or_default();
            (bytes, at, format!("the byte 0x{byte:02x} is no UTF-8"))
        }
    };
    let (at, problem) = match wide {
        true => (0, "this is UTF-16".to_owned()),
        false => (at, problem),
    };
    Err(Error {
        file: file.to_owned(),
        place: Some(place(&bytes[..at])),
        field: String::new(),
        problem,
        right: "right would be YAML, saved as text in UTF-8".to_owned(),
    })
}

/// Line and column, from 1, behind these bytes.
fn place(before: &[u8]) -> (u64, u64) {
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let begin = before.iter().rposition(|byte| *byte == b'\n');
    let line = &before[begin.map_or(0, |at| at + 1)..];
    let column = String::from_utf8_lossy(line).chars().count();
    (lines as u64 + 1, column as u64 + 1)
}

/// Reads a file's text.
///
/// # Errors
///
/// The first thing that is wrong, with its place.
pub fn read<T: DeserializeOwned + Default>(text: &str) -> Result<T, Fault> {
    match serde_saphyr::from_str::<Option<T>>(text) {
        Ok(file) => Ok(file.unwrap_or_default()),
        Err(error) => Err(fault(error.without_snippet())),
    }
}

/// The library's error in words for whoever has written the file.
fn fault(error: &YamlError) -> Fault {
    let location = error.location().unwrap_or(Location::UNKNOWN);
    match error {
        YamlError::AliasError {
            error, locations, ..
        } => fault(error).moved(locations.reference_location),
        YamlError::SerdeUnknownField {
            field, expected, ..
        } => {
            let right = match suggest(field, expected.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", expected.join(", ")),
            };
            Fault::new(location, format!("there is no field {field}"), right)
        }
        YamlError::SerdeUnknownVariant {
            variant, expected, ..
        } => Fault::new(
            location,
            format!("{variant:?} is not known"),
            format!("right would be {}", expected.join(" or ")),
        ),
        YamlError::DuplicateMappingKey { .. } => Fault::new(
            location,
            "the field is there twice",
            "leave one of them out",
        ),
        YamlError::MultipleDocuments { .. } => Fault::file(
            location,
            "a second document begins here",
            "leave out the line --- that begins it: a file has one document",
        ),
        YamlError::UnknownAnchor { .. } => Fault::new(
            location,
            "the alias names no anchor that stands before it",
            "write the value itself, or in quotes if it begins with *",
        ),
        YamlError::MergeValueNotMapOrSeqOfMaps { .. } => Fault::new(
            location,
            "what is merged is no mapping",
            "right would be an alias of a mapping behind <<",
        ),
        YamlError::UnsupportedTag { tag, .. } => Fault::new(
            location,
            format!("the tag {tag} is not known"),
            "leave it out, or put what begins with ! into quotes",
        ),
        YamlError::Budget { .. }
        | YamlError::AliasReplayLimitExceeded { .. }
        | YamlError::AliasExpansionLimitExceeded { .. }
        | YamlError::AliasReplayStackDepthExceeded { .. }
        | YamlError::AliasReplayCounterOverflow { .. }
        | YamlError::RecursiveReferencesRequireWeakTypes { .. } => Fault::new(
            location,
            "the file is too large, too deep, or its aliases stand for too much",
            "right would be a smaller file without aliases",
        ),
        YamlError::Eof { .. } => Fault::new(
            location,
            "the file ends in the middle of a value",
            "right would be YAML as in docs/configuration.md",
        ),
        YamlError::SerdeInvalidType { .. }
        | YamlError::SerdeInvalidValue { .. }
        | YamlError::SerdeInvalidLength { .. }
        | YamlError::InvalidScalar { .. }
        | YamlError::InvalidBooleanStrict { .. }
        | YamlError::NonFiniteFloat { .. }
        | YamlError::NullIntoString { .. }
        | YamlError::TaggedScalarCannotDeserializeIntoString { .. }
        | YamlError::InvalidBinaryBase64 { .. }
        | YamlError::BinaryNotUtf8 { .. }
        | YamlError::ExternallyTaggedEnumExpectedScalarOrMapping { .. }
        | YamlError::ExpectedStringKeyForExternallyTaggedEnum { .. }
        | YamlError::UnexpectedValueForUnitEnumVariant { .. }
        | YamlError::UnexpectedSequenceEnd { .. }
        | YamlError::UnexpectedMappingEnd { .. }
        | YamlError::Unexpected { .. } => Fault::kind(location),
        other => Fault::new(
            location,
            plain(first_line(&other.to_string())),
            "right would be YAML as in docs/configuration.md",
        ),
    }
}

/// In words for whoever does not know how YAML is defined, where the reader's are for those who do.
fn plain(problem: String) -> String {
    match &*problem {
        "mapping values are not allowed in this context" => {
            "there is a colon where none can be: the line is indented too far, or a text needs quotes"
                .to_owned()
        }
        _ => problem,
    }
}

/// Without the place, which the message has at its beginning.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_utf_8_is_refused_with_its_place() {
        let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}log: {}\n".encode_utf16().flat_map(order).collect()
        };
        let (little, big) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
        for (bytes, expected) in [
            (
                &b"log:\n  level: caf\xe9\n"[..],
                "x.yml:2:13: the byte 0xe9 is no UTF-8;",
            ),
            (
                b"# \xc3\xa9\n# \xc3\xa9\xe9",
                "x.yml:2:4: the byte 0xe9 is no UTF-8;",
            ),
            (b"\xff", "x.yml:1:1: the byte 0xff is no UTF-8;"),
            (b"log:\n\0\0", "x.yml:2:1: there is a NUL in it"),
            (&little, "x.yml:1:1: this is UTF-16;"),
            (&little[2..], "x.yml:1:1: this is UTF-16;"),
            (&big, "x.yml:1:1: this is UTF-16;"),
            (&big[2..], "x.yml:1:1: this is UTF-16;"),
        ] {
            let error = decode("x.yml", bytes.to_vec()).expect_err(expected);
            let text = error.to_string();
            assert!(
                text.starts_with(expected) && text.contains("UTF-8"),
                "{text}"
            );
        }
        for text in ["", "a", "# é\n", "\u{feff}log: {}\n"] {
            assert_eq!(decode("x.yml", text.into()).as_deref(), Ok(text));
        }
    }
}
