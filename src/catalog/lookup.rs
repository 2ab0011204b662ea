//! [`Catalog`]: the data file, loaded once, with look-ups by number or name.

use std::sync::LazyLock;

use super::blocklists::BlocklistNames;
use super::classify::Classifier;
use super::entries::{
    Blocklist, BlocklistId, CODE_LIMIT, Code, Condition, ConditionId, Enhanced, Provider, Tables,
};

/// The data file, `catalog.toml`, as the build script hands it over.
const SOURCE: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));

/// Codes, enhanced status codes, conditions, providers and blocklists.
pub struct Catalog {
    tables: Tables,
    /// From a reply code to its position in `tables.codes`.
    code_index: Box<[Option<u16>; CODE_LIMIT]>,
    classifier: Classifier,
    blocklist_names: BlocklistNames,
}

impl Catalog {
    /// The built-in catalog, parsed at the first call.
    pub fn embedded() -> &'static Catalog {
        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
            Catalog::read(SOURCE).expect("the built-in catalog is read by every test run")
        });
        &CATALOG
    }

    /// Parses a catalog; the error names the field.
    fn read(source: &str) -> serde_json::Result<Catalog> {
        let mut tables: Tables = serde_json::from_str(source)?;
        tables.codes.sort_by_key(|code| code.code);
        let mut code = Box::new([None; CODE_LIMIT]);
        for (place, entry) in (0u16..).zip(&tables.codes) {
            if let Some(slot) = code.get_mut(usize::from(entry.code)) {
                *slot = Some(place);
            }
        }
        let classifier = Classifier::new(&tables);
        let blocklist_names = BlocklistNames::new(&tables);
        Ok(Catalog {
            tables,
            code_index: code,
            classifier,
            blocklist_names,
        })
    }

    /// All reply codes in ascending order.
    pub fn codes(&self) -> impl Iterator<Item = &Code> {
        self.tables.codes.iter()
    }

    /// A reply code by its number.
    pub fn code(&self, code: u16) -> Option<&Code> {
        let place = (*self.code_index.get(usize::from(code))?)?;
        self.tables.codes.get(usize::from(place))
    }

    /// All enhanced status codes in the order of the file.
    pub fn enhanced_codes(&self) -> impl Iterator<Item = &Enhanced> {
        self.tables.enhanced.iter()
    }

    /// The entry of an enhanced status code; only entries that list its class are considered.
    pub fn enhanced(&self, class: u8, subject: u16, detail: u16) -> Option<&Enhanced> {
        let mut entries = self.tables.enhanced.iter();
        entries.find(|entry| entry.covers(subject, detail) && entry.classes.contains(&class))
    }

    /// All conditions; the index is the [`ConditionId`].
    pub fn conditions(&self) -> &[Condition] {
        &self.tables.conditions
    }

    /// The name of a condition; `other` for an unknown id.
    pub fn condition_name(&self, id: ConditionId) -> &str {
        self.tables
            .conditions
            .get(usize::from(id.0))
            .map_or("other", |condition| &condition.name)
    }

    /// The condition with this name.
    pub fn condition_named(&self, name: &str) -> Option<ConditionId> {
        self.tables.condition_named(name)
    }

    /// The built-in providers; the first is `other`.
    pub fn providers(&self) -> &[Provider] {
        &self.tables.providers
    }

    /// The condition `other`.
    pub fn other(&self) -> ConditionId {
        self.classifier.other()
    }

    /// The condition of a reply: by the enhanced status code (class, subject, detail) where that is reliable, else by
    /// what the text states, else by any other enhanced status code, else by what the text hints at, else by the reply
    /// code, else `other`.
    ///
    /// A success has no condition: 2yz and 3yz are `other`, and their text is not searched.
    #[inline]
    pub fn classify(
        &self,
        code: Option<u16>,
        enhanced: Option<(u8, u16, u16)>,
        text: &[u8],
    ) -> ConditionId {
        self.classifier.classify(code, enhanced, text)
    }

    /// The condition of a reply whose codes determine it whatever its text says: a success, or a reliable enhanced
    /// status code. Otherwise [`Catalog::classify`] searches the text.
    #[inline]
    pub fn classify_by_codes(
        &self,
        code: Option<u16>,
        enhanced: Option<(u8, u16, u16)>,
    ) -> Option<ConditionId> {
        self.classifier.by_codes(code, enhanced)
    }

    /// The blocklists that replies name.
    pub fn blocklists(&self) -> &[Blocklist] {
        &self.tables.blocklists
    }

    /// The blocklist that a reply names; meant for replies whose condition is `blocklisted`.
    pub fn blocklist_named_in(&self, text: &[u8]) -> Option<BlocklistId> {
        self.blocklist_names.find(text)
    }
}
