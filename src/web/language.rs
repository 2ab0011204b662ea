//! The language of a page: English or Chinese, as the request prefers.

use super::qvalue::alternatives;
use crate::catalog::{Language, traditional};

/// The language of a page, and whether its links have to name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLanguage {
    /// The language.
    pub language: Language,
    /// Whether Chinese is written in traditional characters: the page is made in simplified ones, and converted as a whole.
    pub is_traditional: bool,
    /// The URL names the language, so links must as well.
    explicit: bool,
}

impl PageLanguage {
    /// Chosen by `lang=` in the query, otherwise by an `Accept-Language` header (RFC 9110 section
    /// 12.5.4), otherwise English.
    pub fn of_request(query: &str, accept_language: &str) -> PageLanguage {
        let named = query
            .split('&')
            .filter_map(|pair| pair.strip_prefix("lang="))
            .find_map(|tag| Some((language(tag)?, tag)));
        let (language, tag) = named.unwrap_or_else(|| preferred(accept_language));
        PageLanguage {
            language,
            is_traditional: language == Language::Zh && traditional::is_tag_of(tag),
            explicit: named.is_some(),
        }
    }

    /// A language that links do not have to name.
    pub fn of(language: Language) -> PageLanguage {
        PageLanguage {
            language,
            is_traditional: false,
            explicit: false,
        }
    }

    /// The tag that links have to name; `None` if they do not have to.
    pub fn named(self) -> Option<&'static str> {
        self.explicit.then(|| self.name())
    }

    /// The URL of another page for the same reader.
    pub fn href(self, path: &str) -> String {
        if self.explicit {
            format!("{path}?lang={}", self.name())
        } else {
            path.to_owned()
        }
    }

    /// A page, which was made in simplified characters, in those of the language.
    pub fn in_script(self, page: String) -> String {
        match self.is_traditional {
            true => traditional::page(&page),
            false => page,
        }
    }

    /// The tag for links (RFC 5646).
    fn name(self) -> &'static str {
        match self.is_traditional {
            true => "zh-TW",
            false => tag(self.language),
        }
    }

    /// The tag of the page's text, with its script (RFC 5646).
    pub fn script_tag(self) -> &'static str {
        match (self.language, self.is_traditional) {
            (Language::En, _) => "en",
            (Language::Zh, false) => "zh-Hans",
            (Language::Zh, true) => "zh-Hant-TW",
        }
    }
}

/// The language's tag (RFC 5646).
pub fn tag(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Zh => "zh",
    }
}

/// The language of a tag, whatever its script and region.
fn language(tag: &str) -> Option<Language> {
    let primary = tag.split(['-', '_']).next()?;
    [Language::En, Language::Zh]
        .into_iter()
        .find(|language| primary.eq_ignore_ascii_case(self::tag(*language)))
}

/// The language with the higher weight, with its tag; with equal weights the one that is named first.
fn preferred(accept_language: &str) -> (Language, &str) {
    let ranges = || alternatives(accept_language).zip(0u16..);
    let rank = |wanted: Language| {
        let named = ranges().filter(|((tag, _), _)| language(tag) == Some(wanted));
        let best = named.max_by(|((_, a), i), ((_, b), j)| a.total_cmp(b).then(j.cmp(i)));
        // A wildcard applies to languages that are not named.
        best.or_else(|| ranges().find(|((tag, _), _)| *tag == "*"))
            .map_or((0.0, u16::MAX, ""), |((tag, weight), place)| {
                (weight, place, tag)
            })
    };
    let (en, zh) = (rank(Language::En), rank(Language::Zh));
    if zh.0 > en.0 || (zh.0 == en.0 && zh.0 > 0.0 && zh.1 < en.1) {
        (Language::Zh, zh.2)
    } else {
        (Language::En, en.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_highest_weight_is_preferred_and_english_is_the_default() {
        for accept in [
            "",
            "en",
            "fr, de;q=0.9",
            "en-GB,zh;q=0.9",
            "zh;q=0.5, en;q=0.6",
            "*",
            "zh;q=0",
            "zh;q=0, en;q=0",
            "zh;q=x, en;q=0.1",
            "zhx",
            "*, zh;q=0.1",
            "zh;q=2",
        ] {
            assert_eq!(preferred(accept).0, Language::En, "{accept}");
        }
        for accept in [
            "zh",
            "zh-CN,zh;q=0.9,en;q=0.8",
            "ZH-hant-TW",
            "en;q=0.3, fr, zh ; q=0.4",
            "zh, en",
            "en;q=0.1, *",
            "zh-TW;q=0.2, en;q=0.5, zh;q=0.9",
        ] {
            assert_eq!(preferred(accept).0, Language::Zh, "{accept}");
        }
    }

    #[test]
    fn traditional_characters_are_for_the_regions_that_use_them() {
        for (query, accept, expected) in [
            ("", "zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant-TW"),
            ("", "zh-Hant-HK", "zh-Hant-TW"),
            ("", "zh-CN,zh-TW;q=0.9", "zh-Hans"),
            ("", "en-TW", "en"),
            ("lang=zh-tw", "en", "zh-Hant-TW"),
            ("lang=zh", "zh-TW", "zh-Hans"),
        ] {
            let page = PageLanguage::of_request(query, accept);
            assert_eq!(page.script_tag(), expected, "{query} {accept}");
        }
        let page = PageLanguage::of_request("lang=zh-HK", "");
        assert_eq!(page.href("/codes"), "/codes?lang=zh-TW");
    }

    #[test]
    fn a_language_in_the_url_takes_precedence_and_is_kept_in_links() {
        let page = PageLanguage::of_request("x=1&lang=zh-CN", "en");
        assert_eq!(page.language, Language::Zh);
        assert_eq!(page.href("/codes"), "/codes?lang=zh");
        for query in ["", "lang=", "lang=fr", "lang", "xlang=en"] {
            let page = PageLanguage::of_request(query, "zh");
            assert_eq!(page.language, Language::Zh, "{query}");
            assert_eq!(page.href("/codes"), "/codes");
        }
    }
}
