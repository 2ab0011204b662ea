//! Loading the catalog once, and finding an entry in it by its number or name.

use std::sync::LazyLock;

use super::classify::Classifier;
use super::data::{Catalog, Code, Condition, ConditionId, Enhanced, Provider, Tables};

/// The data file, `catalog.toml`, as the build script hands it over.
const SOURCE: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));

/// Reply codes stand below this.
pub(super) const CODES: usize = 600;

/// From the number of a code to its place in the list.
pub(super) struct Index {
    code: Box<[Option<u16>; CODES]>,
}

impl Catalog {
    /// The catalog that is built in, read at the first call.
    pub fn embedded() -> &'static Catalog {
        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
            Catalog::read(SOURCE).expect("the built-in catalog is read by every test run")
        });
        &CATALOG
    }

    /// Reads a catalog; the error names the field.
    fn read(source: &str) -> serde_json::Result<Catalog> {
        let mut tables: Tables = serde_json::from_str(source)?;
        tables.codes.sort_by_key(|code| code.code);
        let mut code = Box::new([None; CODES]);
        for (place, entry) in (0u16..).zip(&tables.codes) {
            if let Some(slot) = code.get_mut(usize::from(entry.code)) {
                *slot = Some(place);
            }
        }
        let classifier = Classifier::new(&tables);
        Ok(Catalog {
            tables,
            index: Index { code },
            classifier,
        })
    }

    /// All codes, in the order of their numbers.
    pub fn codes(&self) -> impl Iterator<Item = &Code> {
        self.tables.codes.iter()
    }

    /// One code by its number.
    pub fn code(&self, code: u16) -> Option<&Code> {
        let place = (*self.index.code.get(usize::from(code))?)?;
        self.tables.codes.get(usize::from(place))
    }

    /// All enhanced status codes, in the order of the file.
    pub fn enhanced_codes(&self) -> impl Iterator<Item = &Enhanced> {
        self.tables.enhanced.iter()
    }

    /// One enhanced status code; an entry that does not name the class does not count.
    pub fn enhanced(&self, class: u8, subject: u16, detail: u16) -> Option<&Enhanced> {
        let mut entries = self.tables.enhanced.iter();
        entries.find(|entry| entry.covers(subject, detail) && entry.classes.contains(&class))
    }

    /// All conditions; the index is the [`ConditionId`].
    pub fn conditions(&self) -> &[Condition] {
        &self.tables.conditions
    }

    /// The label of a condition; `other` for an id that is not of this catalog.
    pub fn condition_name(&self, id: ConditionId) -> &str {
        self.tables
            .conditions
            .get(usize::from(id.0))
            .map_or("other", |condition| &condition.name)
    }

    /// The condition with this label.
    pub fn condition_named(&self, name: &str) -> Option<ConditionId> {
        self.tables.condition_named(name)
    }

    /// The built-in providers; the first is `other`.
    pub fn providers(&self) -> &[Provider] {
        &self.tables.providers
    }
}

impl Enhanced {
    /// Whether it is the entry of this code, its class left open.
    pub fn covers(&self, subject: u16, detail: u16) -> bool {
        let details = self.detail..=self.last.unwrap_or(self.detail);
        self.subject == subject && details.contains(&detail)
    }
}

impl Tables {
    /// The condition with this label.
    pub(super) fn condition_named(&self, name: &str) -> Option<ConditionId> {
        (0u8..)
            .zip(&self.conditions)
            .find(|(_, condition)| condition.name == name)
            .map(|(id, _)| ConditionId(id))
    }
}
