//! Traditional Chinese: the program's own texts for readers in Taiwan and Hong Kong, converted from the simplified ones.
//!
//! `traditional.txt` has only the characters and phrases of these texts, by OpenCC's tables for Taiwan; `tests/lint/traditional.py`
//! writes it. Other text, such as a reply that a log quotes, is not for this table.

use std::sync::{LazyLock, Mutex, PoisonError};

use rustc_hash::FxHashMap;

const TABLE: &str = include_str!("traditional.txt");

/// The entries by their first character, the longest first.
static ENTRIES: LazyLock<FxHashMap<char, Vec<(&str, &str)>>> = LazyLock::new(|| {
    let mut entries: FxHashMap<char, Vec<(&str, &str)>> = FxHashMap::default();
    for (simplified, traditional) in TABLE.lines().filter_map(|line| line.split_once('\t')) {
        let first = simplified.chars().next();
        let list = first.map(|first| entries.entry(first).or_default());
        list.into_iter()
            .for_each(|list| list.push((simplified, traditional)));
    }
    for list in entries.values_mut() {
        list.sort_by_key(|(simplified, _)| std::cmp::Reverse(simplified.len()));
    }
    entries
});

/// Whether a language tag or locale of Chinese is of traditional characters: `zh-TW`, `zh_HK.UTF-8`, `zh-Hant`.
pub fn is_tag_of(tag: &str) -> bool {
    let parts = || tag.split(['_', '-', '.', '@']);
    let has = |wanted: &str| parts().any(|part| part.eq_ignore_ascii_case(wanted));
    has("hant") || !has("hans") && ["tw", "hk", "mo"].into_iter().any(has)
}

/// A text in traditional Chinese.
pub fn convert(text: &str) -> String {
    let mut converted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let entries = if first.is_ascii() {
            None
        } else {
            ENTRIES.get(&first)
        };
        let longest = entries.and_then(|list| list.iter().find(|(it, _)| rest.starts_with(it)));
        let (length, traditional) = match longest {
            Some((simplified, traditional)) => (simplified.len(), *traditional),
            None => (first.len_utf8(), &rest[..first.len_utf8()]),
        };
        converted.push_str(traditional);
        rest = &rest[length..];
    }
    converted
}

/// A text of the program itself in traditional Chinese. It is kept, so that each is converted once.
pub fn own(text: &'static str) -> &'static str {
    static KNOWN: LazyLock<Mutex<FxHashMap<&str, &str>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .entry(text)
        .or_insert_with(|| Box::leak(convert(text).into_boxed_str()))
}

/// Elements of a page whose text is not the program's: what is quoted from logs, and scripts and styles.
const QUOTING: [&str; 5] = ["blockquote", "code", "pre", "script", "style"];

/// A page of HTML in traditional Chinese: its text, and the attributes that are shown or read aloud. What logs say, in
/// `blockquote`, `code` and `pre`, stays as it is.
pub fn page(html: &str) -> String {
    let mut converted = String::with_capacity(html.len());
    let mut rest = html;
    // The element that is passed over, and how often it is open.
    let mut quoting: Option<(&str, usize)> = None;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        match quoting {
            Some(_) => converted.push_str(text),
            None => converted.push_str(&convert(text)),
        }
        let end = end_of_tag(tag);
        let (tag, after) = tag.split_at(end);
        rest = after;
        let closes = tag.starts_with("</");
        let name = tag.trim_start_matches(['<', '/']);
        let name = &name[..name
            .find(|it: char| !it.is_ascii_alphanumeric())
            .unwrap_or(name.len())];
        quoting = match quoting {
            None => QUOTING
                .into_iter()
                .find(|it| !closes && *it == name)
                .map(|name| (name, 1)),
            Some((open, depth)) if open == name && closes => {
                Some((open, depth - 1)).filter(|(_, depth)| *depth > 0)
            }
            Some((open, depth)) if open == name => Some((open, depth + 1)),
            open => open,
        };
        converted.push_str(&attributes(tag));
    }
    converted.push_str(&convert(rest));
    converted
}

/// The length of the tag at the beginning of a text; `>` in a quoted attribute does not end it.
fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A tag, with the attributes converted that people see or hear.
fn attributes(tag: &str) -> String {
    let mut tag = tag.replace(" lang=\"zh-Hans\"", " lang=\"zh-Hant-TW\"");
    for name in [
        " title=\"",
        " aria-label=\"",
        " data-copy=\"",
        " data-copied=\"",
    ] {
        let Some(start) = tag.find(name).map(|at| at + name.len()) else {
            continue;
        };
        let length = tag[start..].find('"').unwrap_or(tag.len() - start);
        let value = convert(&tag[start..start + length]);
        tag.replace_range(start..start + length, &value);
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_converted_before_characters() {
        assert_eq!(convert("服务器的邮件队列"), "伺服器的郵件佇列");
        assert_eq!(convert("回复码 421，默认"), "回覆碼 421，預設");
        assert_eq!(convert("后, 時 a é"), "後, 時 a é");
        assert_eq!(own("网络"), "網路");
    }

    #[test]
    fn pages_keep_what_they_quote() {
        let html = "<html lang=\"zh-Hans\"><p title=\"邮件 > 队列\" href=\"/邮件\">邮件<code>邮件<b>邮件</b></code>队列</p>\
                    <pre>队列</pre><blockquote lang=\"en\">邮件</blockquote><script>'邮件'</script>邮件";
        let expected = "<html lang=\"zh-Hant-TW\"><p title=\"郵件 > 佇列\" href=\"/邮件\">郵件<code>邮件<b>邮件</b></code>佇列</p>\
                        <pre>队列</pre><blockquote lang=\"en\">邮件</blockquote><script>'邮件'</script>郵件";
        assert_eq!(page(html), expected);
    }

    /// The characters that the table says are the same in both scripts.
    fn unchanged() -> &'static str {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        lines
            .into_iter()
            .find(|line| !line.contains('\t'))
            .expect("a line")
    }

    #[test]
    fn every_character_of_the_catalog_is_known() {
        let known = |letter: char| {
            let single = || {
                TABLE
                    .lines()
                    .any(|line| line.split('\t').next() == Some(&letter.to_string()))
            };
            unchanged().contains(letter) || single()
        };
        let texts = [
            include_str!("catalog.toml"),
            include_str!("policy.toml"),
            include_str!("commands.toml"),
            include_str!("document.txt"),
        ];
        let letters = texts.iter().flat_map(|text| text.chars());
        let letters = letters.filter(|letter| ('\u{3400}'..='\u{9fff}').contains(letter));
        let letters: std::collections::BTreeSet<char> = letters.collect();
        let unknown: String = letters
            .into_iter()
            .filter(|letter| !known(*letter))
            .collect();
        assert_eq!(unknown, "", "run tests/lint/traditional.py");
    }
}
