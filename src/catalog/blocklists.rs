//! The blocklist that a reply names, such as `spamhaus`.

use super::entries::{BlocklistId, Tables};
use super::phrases::{Meaning, Phrases};

/// The names and domains of all blocklists.
pub(super) struct BlocklistNames(Phrases);

impl BlocklistNames {
    pub(super) fn new(tables: &Tables) -> BlocklistNames {
        let names = (0u8..).zip(&tables.blocklists).flat_map(|(id, list)| {
            let stated = list
                .phrases
                .iter()
                .map(move |it| (Meaning::States(id), it.as_str()));
            let hints = list
                .hints
                .iter()
                .map(move |it| (Meaning::Hints(id), it.as_str()));
            stated.chain(hints)
        });
        BlocklistNames(Phrases::new(names))
    }

    /// The blocklist whose name or domain is in the text: the first one in the catalog where several are.
    pub(super) fn find(&self, text: &[u8]) -> Option<BlocklistId> {
        let found = self.0.find(text, 0);
        let masks = [found.stated, found.hinted, found.quoted];
        let named = masks.into_iter().find(|&mask| mask != 0)?;
        Some(BlocklistId(named.trailing_zeros() as u8))
    }
}
