//! What the catalog promises: complete texts, no doubles, and the document to the letter.

use std::collections::HashSet;

use super::data::{Catalog, Text};
use super::providers::{Providers, ProvidersError};

fn complete(text: &Text, what: &str) {
    for (language, text) in [("en", &text.en), ("zh", &text.zh)] {
        assert!(!text.trim().is_empty(), "{what}: no {language} text");
        assert!(
            text.chars().count() <= 200,
            "{what}: {language} text too long"
        );
        assert_eq!(
            text.trim(),
            text,
            "{what}: blanks around the {language} text"
        );
    }
    let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    assert!(
        text.zh.chars().any(chinese),
        "{what}: {} is not Chinese",
        text.zh
    );
    assert!(
        !text.en.chars().any(chinese),
        "{what}: {} is not English",
        text.en
    );
}

#[test]
fn phrases_begin_with_what_is_looked_for() {
    for condition in Catalog::embedded().conditions() {
        for phrase in &condition.phrases {
            let first = phrase.as_bytes()[0];
            let looked_for = first.is_ascii_lowercase() || first >= 0xc0;
            assert!(
                looked_for || super::phrases::FIRSTS.contains(&first),
                "{phrase:?} of {}",
                condition.name
            );
            assert!(phrase.len() >= 4, "{phrase:?} of {}", condition.name);
        }
    }
}

#[test]
fn every_entry_says_everything_in_both_languages() {
    let catalog = Catalog::embedded();
    for code in catalog.codes() {
        let what = code.code.to_string();
        complete(&code.name, &what);
        complete(&code.meaning, &what);
        complete(&code.remedy, &what);
        assert!(!code.sources.is_empty(), "{what} has no source");
        for row in &code.document {
            if let Some(when) = &row.when {
                complete(when, &what);
            }
        }
    }
    for entry in catalog.enhanced_codes() {
        let what = format!("X.{}.{}", entry.subject, entry.detail);
        complete(&entry.name, &what);
        complete(&entry.meaning, &what);
        complete(&entry.remedy, &what);
        assert!(!entry.source.is_empty(), "{what} has no source");
    }
    for condition in catalog.conditions() {
        complete(&condition.meaning, &condition.name);
        complete(&condition.remedy, &condition.name);
    }
}

#[test]
fn no_code_condition_provider_or_suffix_stands_twice() {
    let catalog = Catalog::embedded();
    let mut seen = HashSet::new();
    for code in catalog.codes() {
        assert!(seen.insert(format!("code {}", code.code)), "{}", code.code);
        assert!(
            catalog
                .code(code.code)
                .is_some_and(|found| found.code == code.code)
        );
    }
    for entry in catalog.enhanced_codes() {
        for detail in entry.detail..=entry.last.unwrap_or(entry.detail) {
            for class in &entry.classes {
                let name = format!("{class}.{}.{detail}", entry.subject);
                assert!(seen.insert(name.clone()), "{name}");
            }
        }
    }
    for condition in catalog.conditions() {
        assert!(
            seen.insert(format!("condition {}", condition.name)),
            "{}",
            condition.name
        );
        for phrase in &condition.phrases {
            assert!(seen.insert(format!("phrase {phrase}")), "{phrase}");
        }
    }
    for provider in catalog.providers() {
        assert!(
            seen.insert(format!("provider {}", provider.name)),
            "{}",
            provider.name
        );
        for suffix in &provider.suffixes {
            assert!(seen.insert(format!("suffix {suffix}")), "{suffix}");
        }
    }
    assert!(catalog.conditions().len() <= 40);
    assert_eq!(catalog.providers()[0].name, "other");
}

#[test]
fn every_reference_leads_somewhere_and_every_phrase_is_lower_case() {
    let catalog = Catalog::embedded();
    let known = |name: &Option<String>| {
        name.as_deref()
            .is_none_or(|name| catalog.condition_named(name).is_some())
    };
    for code in catalog.codes() {
        assert!(known(&code.condition), "{:?}", code.condition);
        let has_reason = !(200..400).contains(&code.code);
        assert_eq!(code.condition.is_some(), has_reason, "{}", code.code);
    }
    for entry in catalog.enhanced_codes() {
        assert!(known(&entry.condition), "{:?}", entry.condition);
        assert!(entry.subject <= 7 && entry.last.unwrap_or(entry.detail) <= 999);
        assert!(entry.last.is_none_or(|last| last > entry.detail));
        assert!(!entry.classes.is_empty());
        assert!(entry.classes.iter().all(|class| matches!(class, 2 | 4 | 5)));
    }
    for phrase in catalog.conditions().iter().flat_map(|c| &c.phrases) {
        assert_eq!(phrase, &phrase.to_lowercase());
        assert!(phrase.len() >= 4, "{phrase:?} would match by chance");
    }
}

#[test]
fn every_code_of_the_standards_and_the_published_relatives_is_there() {
    let catalog = Catalog::embedded();
    let expected = [
        101, 111, 211, 214, 220, 221, 235, 250, 251, 252, 334, 354, 420, 421, 422, 431, 432, 441,
        442, 446, 447, 449, 450, 451, 452, 453, 454, 455, 458, 459, 465, 471, 500, 501, 502, 503,
        504, 510, 511, 512, 513, 521, 523, 525, 530, 534, 535, 538, 541, 550, 551, 552, 553, 554,
        555, 556, 571,
    ];
    let codes: Vec<u16> = catalog.codes().map(|code| code.code).collect();
    assert_eq!(codes, expected);
    assert!(catalog.code(999).is_none() && catalog.code(u16::MAX).is_none());
}

/// Details by subject, as IANA's registry of enhanced status codes has them (RFC 5248).
const REGISTERED: [(u16, u16); 8] = [
    (0, 0),
    (1, 10),
    (2, 4),
    (3, 6),
    (4, 7),
    (5, 6),
    (6, 10),
    (7, 30),
];

#[test]
fn every_registered_enhanced_code_is_known_as_a_refusal_of_either_kind() {
    let catalog = Catalog::embedded();
    for (subject, last) in REGISTERED {
        for detail in (0..=last).filter(|detail| subject != 0 || *detail == 0) {
            for class in [4, 5] {
                let known = catalog.enhanced(class, subject, detail);
                assert!(known.is_some(), "{class}.{subject}.{detail}");
            }
        }
        // Beyond the registry, only what a large provider says.
        let beyond = catalog.enhanced_codes().filter(|entry| {
            entry.subject == subject && entry.detail > last && entry.source.contains("RFC")
        });
        assert_eq!(beyond.count(), 0, "X.{subject}");
    }
}

/// The document is a table whose cells were cut at line ends and mixed. Every sentence of the
/// catalog takes its characters out of the lines, a run at a time; what nobody takes has to be
/// exactly the title, the date and the numbers of the rows.
#[test]
fn the_document_stands_in_the_catalog_to_the_letter() {
    let document = include_str!("document.txt");
    let bare = |text: &str| -> Vec<char> { text.chars().filter(|c| !c.is_whitespace()).collect() };
    let mut lines: Vec<Vec<char>> = document.lines().map(bare).collect();
    let mut fields = Vec::new();
    for code in Catalog::embedded().codes() {
        for row in &code.document {
            let parts = [
                Some(&row.message),
                Some(&row.meaning),
                row.explanation.as_ref(),
                row.remedy.as_ref(),
            ];
            fields.extend(parts.into_iter().flatten().map(|text| bare(text)));
        }
    }
    for field in &fields {
        let mut rest = &field[..];
        while !rest.is_empty() {
            let (line, at, length) = longest_run(&lines, rest);
            assert!(
                length >= 2 || length == rest.len() || (length == 1 && lines[line].len() == 1),
                "not in the document: {}",
                rest.iter().collect::<String>()
            );
            // What is taken leaves a gap that nothing can match across.
            lines[line].splice(at..at + length, ['\0']);
            rest = &rest[length..];
        }
    }
    let left: Vec<String> = lines
        .iter()
        .map(|line| line.iter().filter(|c| **c != '\0').collect::<String>())
        .filter(|line| !line.is_empty())
        .collect();
    let expected = [
        "2024年5月28日发(作者:)",
        "SMTP错误码/建议解决方法",
        "错误总表",
        "101",
        "111",
        "211",
        "220",
        "221",
        "214",
        "250",
        "251",
        "252",
        "354",
        "421",
        "422",
        "420",
        "421",
    ];
    assert_eq!(left, expected);
}

/// The longest beginning of `wanted` in any line: (line, place, length).
fn longest_run(lines: &[Vec<char>], wanted: &[char]) -> (usize, usize, usize) {
    let mut best = (0, 0, 0);
    for (number, line) in lines.iter().enumerate() {
        for at in 0..line.len() {
            let pairs = line[at..].iter().zip(wanted);
            let length = pairs.take_while(|(a, b)| a == b).count();
            if length > best.2 {
                best = (number, at, length);
            }
        }
    }
    best
}

/// Reply code, enhanced code, text, and the condition that is right.
type Case = (u16, Option<(u8, u16, u16)>, &'static str, &'static str);

#[test]
fn replies_are_classified_by_enhanced_code_then_text_then_code() {
    let catalog = Catalog::embedded();
    let cases: &[Case] = &[
        (
            421,
            Some((4, 7, 0)),
            "Our system has detected an unusual rate of mail",
            "rate_limited",
        ),
        (
            421,
            None,
            "Too many concurrent SMTP connections from this IP",
            "too_many_connections",
        ),
        (421, None, "bye", "service_unavailable"),
        (422, None, "", "mailbox_full"),
        (452, Some((4, 2, 2)), "whatever", "mailbox_full"),
        (550, Some((5, 2, 2)), "no such user", "mailbox_full"),
        (
            450,
            Some((4, 2, 0)),
            "Client host rejected: Greylisted",
            "greylisted",
        ),
        (
            554,
            Some((5, 7, 1)),
            "blocked using zen.spamhaus.org",
            "blocklisted",
        ),
        (554, Some((5, 7, 1)), "Relay access denied", "relay_denied"),
        (550, Some((5, 7, 1)), "x", "policy"),
        (450, Some((5, 1, 1)), "unknown", "user_unknown"),
        (
            452,
            Some((4, 3, 1)),
            "Insufficient system storage",
            "storage_full",
        ),
        (552, Some((5, 3, 1)), "Mail system full", "storage_full"),
        (
            451,
            Some((4, 7, 5)),
            "Certificate validation failure",
            "tls",
        ),
        (
            550,
            Some((5, 7, 5)),
            "Permanent error evaluating DMARC policy",
            "sender_authentication",
        ),
        (
            454,
            Some((4, 7, 4)),
            "TLS is required, but was not offered",
            "tls",
        ),
        (454, Some((4, 7, 8)), "whatever", "auth"),
        (
            550,
            Some((5, 4, 1)),
            "Recipient address rejected: Access denied. [host.example 2026-01-01]",
            "user_unknown",
        ),
        (
            554,
            Some((5, 7, 1)),
            "Recipient address rejected: Access denied",
            "policy",
        ),
        (550, None, "用户不存在", "user_unknown"),
        (550, None, "Connection frequency limited", "rate_limited"),
        (550, None, "SPF check failed", "sender_authentication"),
        (250, Some((2, 0, 0)), "Ok: mailbox full of joy", "other"),
        (599, None, "", "other"),
        (111, None, "", "connection_refused"),
    ];
    for (code, enhanced, text, expected) in cases {
        let found = catalog.classify(Some(*code), *enhanced, text.as_bytes());
        assert_eq!(
            catalog.condition_name(found),
            *expected,
            "{code} {enhanced:?} {text}"
        );
    }
    let reasons = [
        (
            "maildir delivery failed: Disk quota exceeded",
            "mailbox_full",
        ),
        ("mail transport unavailable", "local_error"),
        ("Host or domain name not found. Name service error", "dns"),
        (
            "lost connection with mx.example.net while sending RCPT TO",
            "connection_lost",
        ),
        (
            "conversation with mx.example.net timed out while sending end of data",
            "timeout",
        ),
        ("mail for example.com loops back to myself", "loop"),
        (
            "message size 31000000 exceeds size limit 10240000 of server",
            "message_too_large",
        ),
        (
            "TLS is required, but was not offered by host mx.example.net",
            "tls",
        ),
        (
            "SASL authentication failed; server relay.example.net said no",
            "auth",
        ),
        ("unknown user: \"alice\"", "user_unknown"),
    ];
    for (text, expected) in reasons {
        let found = catalog.classify(None, None, text.as_bytes());
        assert_eq!(catalog.condition_name(found), expected, "{text}");
    }
}

#[test]
fn providers_are_known_by_suffix_on_a_label_boundary() {
    let extra = [("example_mail".to_owned(), vec!["mx.example.net".to_owned()])];
    let table = Providers::with(Catalog::embedded(), &extra).unwrap();
    let name = |host: &str| table.name(table.of(host.as_bytes())).to_owned();
    assert_eq!(name("ASPMX.L.Google.com."), "google");
    assert_eq!(name("example-com.mail.protection.outlook.com"), "microsoft");
    assert_eq!(name("notgoogle.com"), "other");
    assert_eq!(name("google.com.example.org"), "other");
    assert_eq!(name("a.mx.example.net"), "example_mail");
    assert_eq!(name("example.net"), "other");
    assert_eq!(name(""), "other");
    assert_eq!(name(&"a.".repeat(4000)), "other");
    let wrong = [("bad".to_owned(), vec!["no domain".to_owned()])];
    assert!(matches!(
        Providers::with(Catalog::embedded(), &wrong),
        Err(ProvidersError::Suffix { .. })
    ));
}
