//! Who reads a page: the language that the request asks for.

use super::weight::weighted;
use crate::catalog::Language;

/// The language of a page, and whether its links have to carry it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The language to answer in.
    pub language: Language,
    /// The address names the language, whatever the browser prefers.
    chosen: bool,
}

impl Reader {
    /// By `lang=` in the query, else by an `Accept-Language` field (RFC 9110 section 12.5.4), else
    /// English.
    pub fn of(query: &str, accept: &str) -> Reader {
        let chosen = query
            .split('&')
            .filter_map(|pair| pair.strip_prefix("lang="))
            .find_map(language);
        Reader {
            language: chosen.unwrap_or_else(|| preferred(accept)),
            chosen: chosen.is_some(),
        }
    }

    /// The address of another page for the same reader. The path needs no escaping in HTML.
    pub fn href(self, path: &str) -> String {
        if self.chosen {
            format!("{path}?lang={}", tag(self.language))
        } else {
            path.to_owned()
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

/// The language with the highest weight; of two with the same, the one that is named first.
fn preferred(accept: &str) -> Language {
    let ranges = || weighted(accept).zip(0u16..);
    let rank = |wanted: Language| {
        let named = ranges().filter(|((tag, _), _)| language(tag) == Some(wanted));
        let best = named.max_by(|((_, a), i), ((_, b), j)| a.total_cmp(b).then(j.cmp(i)));
        // A wildcard stands for what is not named.
        best.or_else(|| ranges().find(|((tag, _), _)| *tag == "*"))
            .map_or((0.0, u16::MAX), |((_, weight), place)| (weight, place))
    };
    let (en, zh) = (rank(Language::En), rank(Language::Zh));
    if zh.0 > en.0 || (zh.0 == en.0 && zh.0 > 0.0 && zh.1 < en.1) {
        Language::Zh
    } else {
        Language::En
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weightiest_language_is_taken_and_english_else() {
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
            assert_eq!(preferred(accept), Language::En, "{accept}");
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
            assert_eq!(preferred(accept), Language::Zh, "{accept}");
        }
    }

    #[test]
    fn the_address_wins_and_is_carried_on() {
        let reader = Reader::of("x=1&lang=zh-CN", "en");
        assert_eq!(reader.language, Language::Zh);
        assert_eq!(reader.href("/codes"), "/codes?lang=zh");
        for query in ["", "lang=", "lang=fr", "lang", "xlang=en"] {
            let reader = Reader::of(query, "zh");
            assert_eq!(reader.language, Language::Zh, "{query}");
            assert_eq!(reader.href("/codes"), "/codes");
        }
    }
}
