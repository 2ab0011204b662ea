//! Texts that are searched for in many lines, where most lines have none of them. Their searchers are built when they are
//! first needed. In short lines that mostly begin as expected, a search without a searcher is faster.

use std::sync::OnceLock;

use memchr::memmem::Finder;

/// Searches for any of several texts.
pub(crate) struct AnyOf {
    texts: &'static [&'static [u8]],
    finders: OnceLock<Box<[Finder<'static>]>>,
}

impl AnyOf {
    pub(crate) const fn new(texts: &'static [&'static [u8]]) -> Self {
        AnyOf {
            texts,
            finders: OnceLock::new(),
        }
    }

    /// Whether a line contains one of the texts.
    pub(crate) fn is_in(&self, line: &[u8]) -> bool {
        let build = || self.texts.iter().map(|text| Finder::new(*text)).collect();
        let finders = self.finders.get_or_init(build);
        finders.iter().any(|it| it.find(line).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_anywhere() {
        static TEXTS: AnyOf = AnyOf::new(&[b"refused", b"timed out"]);
        assert!(TEXTS.is_in(b"connection timed out"));
        assert!(!TEXTS.is_in(b"connection timed"));
    }
}
