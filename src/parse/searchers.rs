//! Texts that are searched for in many lines. Their searchers are built when they are first needed, because that takes
//! longer than a search.

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

/// Forms of lines: how each begins, and what it contains.
pub(crate) struct Forms {
    forms: &'static [(&'static [u8], &'static [u8])],
    finders: OnceLock<Box<[Finder<'static>]>>,
}

impl Forms {
    pub(crate) const fn new(forms: &'static [(&'static [u8], &'static [u8])]) -> Self {
        Forms {
            forms,
            finders: OnceLock::new(),
        }
    }

    /// Whether a line is of one of the forms.
    pub(crate) fn has(&self, line: &[u8]) -> bool {
        let build = || {
            let texts = self.forms.iter().map(|(_, text)| Finder::new(*text));
            texts.collect()
        };
        let finders = self.finders.get_or_init(build);
        let mut forms = self.forms.iter().zip(finders);
        forms.any(|((begin, _), text)| line.starts_with(begin) && text.find(line).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_anywhere_and_beginnings_only_at_the_beginning() {
        static TEXTS: AnyOf = AnyOf::new(&[b"refused", b"timed out"]);
        assert!(TEXTS.is_in(b"connection timed out"));
        assert!(!TEXTS.is_in(b"connection timed"));
        static FORMS: Forms = Forms::new(&[(b"table ", b" has changed"), (b"", b" restarting")]);
        assert!(FORMS.has(b"table hash:x has changed"));
        assert!(FORMS.has(b"now restarting"));
        assert!(!FORMS.has(b"a table x has changed"));
    }
}
