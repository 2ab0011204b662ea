//! The YAML library's errors in words for the person who wrote the file.

use serde_saphyr::{Error as YamlError, Location};

use super::error::Fault;
use super::path::push_key;
use super::suggest::hint;

/// The error of the library, for the field at which reading failed.
pub(super) fn fault(error: &YamlError, mut field: String) -> Fault {
    // The path ends at the mapping that has the field twice.
    if let YamlError::DuplicateMappingKey { key: Some(key), .. } = error {
        push_key(&mut field, key);
    }
    // A second document begins outside of all fields.
    if let YamlError::MultipleDocuments { .. } = error {
        field.clear();
    }
    message(error).with_field(field)
}

/// Place, problem and hint.
fn message(error: &YamlError) -> Fault {
    let location = error.location().unwrap_or(Location::UNKNOWN);
    let (problem, hint) = match error {
        YamlError::AliasError {
            error, locations, ..
        } => return message(error).moved(locations.reference_location),
        YamlError::SerdeUnknownField {
            field, expected, ..
        } => (
            format!("unknown field {field:?}"),
            hint(field, expected.iter().copied()),
        ),
        YamlError::SerdeUnknownVariant {
            variant, expected, ..
        } => (
            format!("unknown value {variant:?}"),
            format!("expected {}", expected.join(" or ")),
        ),
        YamlError::DuplicateMappingKey { .. } => (
            "the field is given twice".to_owned(),
            "remove one of them".to_owned(),
        ),
        YamlError::MultipleDocuments { .. } => (
            "a second YAML document begins here".to_owned(),
            "remove the line --- before it: only one document is allowed".to_owned(),
        ),
        YamlError::UnknownAnchor { .. } => (
            "the alias refers to an anchor that is not defined before it".to_owned(),
            "write the value itself, or quote it if it begins with *".to_owned(),
        ),
        YamlError::MergeValueNotMapOrSeqOfMaps { .. } => (
            "the merged value is not a mapping".to_owned(),
            "expected an alias of a mapping after <<".to_owned(),
        ),
        YamlError::UnsupportedTag { tag, .. } => (
            format!("unknown tag {tag}"),
            "remove it, or quote the value if it begins with !".to_owned(),
        ),
        YamlError::Budget { .. }
        | YamlError::AliasReplayLimitExceeded { .. }
        | YamlError::AliasExpansionLimitExceeded { .. }
        | YamlError::AliasReplayStackDepthExceeded { .. }
        | YamlError::AliasReplayCounterOverflow { .. }
        | YamlError::RecursiveReferencesRequireWeakTypes { .. } => (
            "the file is too large or too deeply nested, or its aliases expand to too much"
                .to_owned(),
            "use a smaller file without aliases".to_owned(),
        ),
        YamlError::Eof { .. } => (
            "the file ends in the middle of a value".to_owned(),
            VALID_YAML.to_owned(),
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
        | YamlError::Unexpected { .. } => return Fault::wrong_type(location),
        other => (syntax(&other.to_string()), VALID_YAML.to_owned()),
    };
    Fault::new(location, problem, hint)
}

/// The hint for syntax errors.
const VALID_YAML: &str = "expected valid YAML";

/// The problem with the syntax of a file, from the library's message.
fn syntax(message: &str) -> String {
    // The place follows, which an error has at its beginning.
    let line = message.lines().next().unwrap_or_default();
    let problem = line.split(" at line ").next().unwrap_or_default();
    match problem {
        "mapping values are not allowed in this context" => {
            "a colon is not allowed here: the line is indented too far, or a text needs quotes"
        }
        _ => problem,
    }
    .to_owned()
}
