//! Paths of fields, such as `sources[0].read_from`.
//!
//! Reading fails at a path that `serde_path_to_error` keeps. A value that was read and turns out to
//! be wrong afterwards knows its place only: then the file is read once more, as a tree, and the
//! path is that of the value at this place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_path_to_error::{Path, Segment};
use serde_saphyr::Spanned;

use super::place::Place;

/// The path at which reading failed.
///
/// `Spanned<T>` is read as a structure with a field `value`, which is left out: it follows a key or
/// an index of the file.
pub(super) fn of_failure(path: &Path) -> String {
    let mut text = String::new();
    let mut may_be_spanned = false;
    for segment in path {
        match segment {
            Segment::Map { key } if may_be_spanned && key == "value" => may_be_spanned = false,
            Segment::Map { key } => {
                push_key(&mut text, key);
                may_be_spanned = true;
            }
            Segment::Seq { index } => {
                push_index(&mut text, *index);
                may_be_spanned = true;
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    text
}

/// The path of a field inside another one.
pub(super) fn push_key(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

fn push_index(path: &mut String, index: usize) {
    *path += &format!("[{index}]");
}

/// A path whose indexes are left out: `sources[]` of `sources[0]`.
pub(super) fn without_indexes(path: &str) -> String {
    let mut parts = path.split('[');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push('[');
        text += part.trim_start_matches(|character: char| character.is_ascii_digit());
    }
    text
}

/// The path of the value at a place of a file, if the file is valid YAML and has a value there.
pub(super) fn of_value_at(text: &str, place: Place) -> Option<String> {
    let root: Spanned<Node> = serde_saphyr::from_str(text).ok()?;
    let mut path = String::new();
    let found = root.value.find(&|value| Place::from(value) == place, &mut path)
        // Values of one alias share its place; the first of them is the outermost.
        || root
            .value
            .find(&|value| value.referenced == place.referenced, &mut path);
    found.then_some(path)
}

/// A file as a tree of values of any type.
enum Node {
    Scalar,
    List(Vec<Spanned<Node>>),
    Mapping(Vec<(String, Spanned<Node>)>),
}

impl Node {
    /// Extends `path`, which is that of this node, by the way to the first wanted value inside it.
    /// Returns whether there is one; if not, `path` is unchanged.
    fn find(&self, is_wanted: &dyn Fn(&Spanned<Node>) -> bool, path: &mut String) -> bool {
        let length = path.len();
        let mut found = |step: &dyn Fn(&mut String), child: &Spanned<Node>| {
            step(path);
            let found = is_wanted(child) || child.value.find(is_wanted, path);
            if !found {
                path.truncate(length);
            }
            found
        };
        match self {
            Node::Scalar => false,
            Node::List(items) => items
                .iter()
                .enumerate()
                .any(|(index, child)| found(&|path| push_index(path, index), child)),
            Node::Mapping(fields) => fields
                .iter()
                .any(|(key, child)| found(&|path| push_key(path, key), child)),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = access.next_entry()? {
            fields.push(field);
        }
        Ok(Node::Mapping(fields))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The paths of all scalars of a file, found again by their places.
    fn paths(text: &str) -> Vec<String> {
        fn places(node: &Spanned<Node>, all: &mut Vec<Place>) {
            match &node.value {
                Node::Scalar => all.push(node.into()),
                Node::List(items) => items.iter().for_each(|item| places(item, all)),
                Node::Mapping(fields) => fields.iter().for_each(|(_, item)| places(item, all)),
            }
        }
        let root: Spanned<Node> = serde_saphyr::from_str(text).expect(text);
        let mut all = Vec::new();
        places(&root, &mut all);
        all.into_iter()
            .map(|place| of_value_at(text, place).expect(text))
            .collect()
    }

    #[test]
    fn values_are_found_in_block_style() {
        let text = "\
web:
  listen_addresses:
    - :9925
    - 127.0.0.1:0
sources:
- name: one
  files: [a]
- files:
  # not: this
  - c
  - - - d
  name:
";
        assert_eq!(
            paths(text),
            [
                "web.listen_addresses[0]",
                "web.listen_addresses[1]",
                "sources[0].name",
                "sources[0].files[0]",
                "sources[1].files[0]",
                "sources[1].files[1][0][0]",
                "sources[1].name",
            ]
        );
    }

    #[test]
    fn values_are_found_in_flow_style_and_behind_quoted_keys() {
        assert_eq!(
            paths("{\"log\": {'level': info, ? format : x}, \"a: b\": [[1, 2], {c: 3}]}"),
            [
                "log.level",
                "log.format",
                "a: b[0][0]",
                "a: b[0][1]",
                "a: b[1].c",
            ]
        );
        assert_eq!(paths("\"log\":\n  \"level\": |\n    info\n"), ["log.level"]);
    }

    #[test]
    fn values_are_found_behind_aliases_and_merged_mappings() {
        let text = "\
sources:
  - &first {name: a, files: &files [x, y]}
  - files: *files
  - <<: *first
    name: b
";
        assert_eq!(
            paths(text),
            [
                "sources[0].name",
                "sources[0].files[0]",
                "sources[0].files[1]",
                "sources[1].files[0]",
                "sources[1].files[1]",
                "sources[2].name",
                "sources[2].files[0]",
                "sources[2].files[1]",
            ]
        );
    }

    #[test]
    fn a_value_behind_an_alias_is_found_by_the_place_of_the_alias() {
        let text = "users:\n  ann: &hash x\n  bob: *hash\n";
        let root: Spanned<BTreeMap<String, BTreeMap<String, Spanned<String>>>> =
            serde_saphyr::from_str(text).expect(text);
        let bob = root.value["users"]["bob"].referenced;
        let path = of_value_at(text, Place::from(bob));
        assert_eq!(path.as_deref(), Some("users.bob"));
    }

    #[test]
    fn indexes_are_removed_from_a_path() {
        assert_eq!(without_indexes("sources[10].files[2]"), "sources[].files[]");
        assert_eq!(without_indexes("log.level"), "log.level");
        assert_eq!(without_indexes(""), "");
    }
}
