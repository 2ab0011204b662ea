//! Every entry is complete, unique and consistent, and its Chinese text uses Chinese punctuation.

use std::collections::HashSet;

use crate::catalog::{Catalog, Change, Language, Policy, Text};

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
fn phrases_start_with_a_searchable_byte() {
    let catalog = Catalog::embedded();
    assert!(catalog.conditions().len() <= 64 && catalog.blocklists().len() <= 64);
    let conditions = catalog.conditions().iter();
    let conditions = conditions.map(|it| (&it.name, [&it.phrases, &it.hints]));
    let blocklists = catalog.blocklists().iter();
    let blocklists = blocklists.map(|it| (&it.name, [&it.phrases, &it.hints]));
    for (name, phrases) in conditions.chain(blocklists) {
        for phrase in phrases.into_iter().flatten() {
            let first = phrase.as_bytes()[0];
            let searchable = first.is_ascii_lowercase() || first >= 0xc0;
            assert!(
                searchable || super::super::phrases::FIRST_BYTES.contains(&first),
                "{phrase:?} of {name}"
            );
            assert!(phrase.len() >= 4, "{phrase:?} of {name}");
        }
    }
}

#[test]
fn every_entry_has_all_texts_in_both_languages() {
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
fn codes_conditions_phrases_and_suffixes_are_unique() {
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
        for phrase in condition.phrases.iter().chain(&condition.hints) {
            assert!(seen.insert(format!("phrase {phrase}")), "{phrase}");
        }
    }
    for list in catalog.blocklists() {
        assert!(
            seen.insert(format!("blocklist {}", list.name)),
            "{}",
            list.name
        );
        for phrase in &list.phrases {
            assert!(seen.insert(format!("phrase {phrase}")), "{phrase}");
        }
        for hint in &list.hints {
            assert!(seen.insert(format!("name {hint}")), "{hint}");
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
fn references_resolve_and_phrases_are_lower_case() {
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
        assert!(entry.condition.is_some() || !entry.reliable);
        assert!(entry.subject <= 7 && entry.last.unwrap_or(entry.detail) <= 999);
        assert!(entry.last.is_none_or(|last| last > entry.detail));
        assert!(!entry.classes.is_empty());
        assert!(entry.classes.iter().all(|class| matches!(class, 2 | 4 | 5)));
    }
    let lists = catalog.blocklists().iter();
    let lists = lists.flat_map(|list| list.phrases.iter().chain(&list.hints));
    let conditions = catalog.conditions().iter();
    let conditions = conditions.flat_map(|it| it.phrases.iter().chain(&it.hints));
    for phrase in conditions.chain(lists) {
        assert_eq!(phrase, &phrase.to_lowercase());
        assert!(phrase.len() >= 4, "{phrase:?} would match by chance");
    }
}

#[test]
fn all_standard_and_published_reply_codes_are_present() {
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
fn all_registered_enhanced_codes_are_present_for_classes_4_and_5() {
    let catalog = Catalog::embedded();
    for (subject, last) in REGISTERED {
        for detail in (0..=last).filter(|detail| subject != 0 || *detail == 0) {
            for class in [4, 5] {
                let known = catalog.enhanced(class, subject, detail);
                assert!(known.is_some(), "{class}.{subject}.{detail}");
            }
        }
        // Beyond the registry, only codes of large providers.
        let beyond = catalog.enhanced_codes().filter(|entry| {
            entry.subject == subject && entry.detail > last && entry.source.contains("RFC")
        });
        assert_eq!(beyond.count(), 0, "X.{subject}");
    }
}

/// Whether a Chinese text has an ASCII punctuation mark where Chinese has a full-width one.
fn has_ascii_punctuation(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let code = |at: usize| chars.get(at).is_some_and(char::is_ascii_alphanumeric);
    chars.iter().enumerate().any(|(at, c)| match c {
        // Between letters or digits it is part of a name, a number or a time.
        ',' | ':' => !(at > 0 && code(at - 1) && code(at + 1)),
        ';' | '(' | ')' | '?' | '!' => true,
        _ => false,
    })
}

#[test]
fn chinese_texts_use_full_width_punctuation() {
    let catalog = Catalog::embedded();
    let policy = Policy::embedded();
    let mut texts: Vec<&Text> = Vec::new();
    for code in catalog.codes() {
        texts.extend([&code.name, &code.meaning, &code.remedy]);
        texts.extend(code.document.iter().filter_map(|row| row.when.as_ref()));
    }
    for entry in catalog.enhanced_codes() {
        texts.extend([&entry.name, &entry.meaning, &entry.remedy]);
    }
    for condition in catalog.conditions() {
        texts.extend([&condition.meaning, &condition.remedy]);
    }
    for alert in &policy.alerts {
        texts.push(&alert.summary);
        texts.extend(alert.meaning.iter().chain(&alert.remedy));
    }
    let subjects = (0..=8).map(crate::catalog::subject);
    let digits = (1..=5).map(crate::catalog::first_digit);
    let both =
        [(421, 5), (111, 4)].map(|(code, class)| crate::catalog::first_digit_of_both(code, class));
    let made: Vec<Text> = subjects.chain(digits).chain(both).collect();
    texts.extend(&made);
    assert!(texts.len() > 300);
    for text in texts {
        assert!(!has_ascii_punctuation(&text.zh), "{}", text.zh);
        // Terms of Taiwan and Hong Kong that the document uses and our own texts do not.
        for term in [
            "联机",
            "逾时",
            "讯息",
            "设定",
            "字码页",
            "标头",
            "寄件",
            "收信端",
            "转送",
            "讯号",
        ] {
            assert!(!text.zh.contains(term), "{term} in {}", text.zh);
        }
    }
}

#[test]
fn every_rule_has_what_it_evaluates_and_figures_are_replaced() {
    let mut policy = Policy::embedded();
    let names: Vec<String> = policy.alerts.iter().map(|it| it.name.clone()).collect();
    for alert in Policy::embedded().alerts {
        assert_eq!(
            alert.is_about_mail(),
            alert.signal.is_some(),
            "{}",
            alert.name
        );
        assert_eq!(
            alert.is_about_mail(),
            policy.signal_of(&alert).is_some(),
            "{}",
            alert.name
        );
        let others = alert
            .not_while
            .iter()
            .chain(&alert.not_while_firing)
            .chain(alert.explained.iter().map(|it| &it.by));
        for other in others {
            assert!(names.contains(other), "{}: {other}", alert.name);
        }
        for explained in &alert.explained {
            let signal = |name| policy.signal_named(name).expect("a signal");
            assert!(signal(&explained.part).by_provider, "{}", alert.name);
            let of = explained.of.as_ref().or(alert.signal.as_ref());
            let by = policy.alerts.iter().find(|it| it.name == explained.by);
            // The whole is that of all providers only where the part is the sum of several.
            assert_eq!(
                signal(of.expect("a name")).by_provider,
                alert.by_provider || !by.expect("a rule").by_provider,
                "{}",
                alert.name
            );
        }
        if let Some(also) = &alert.also {
            assert!(policy.signal_named(&also.signal).is_some());
        }
        for language in [Language::En, Language::Zh] {
            assert!(!language.of(alert.title()).contains('{'), "{}", alert.name);
        }
        let change = Change {
            share: alert.share.map(|_| 0.125),
            ..Change::default()
        };
        policy.change(&alert.name, &change).unwrap();
    }
    assert!(
        policy
            .alerts
            .iter()
            .all(|it| it.share.is_none_or(|share| share == 0.125))
    );
}

#[test]
fn no_alert_silences_one_that_silences_it() {
    let policy = Policy::embedded();
    let names: Vec<&str> = policy.alerts.iter().map(|it| it.name.as_str()).collect();
    let mut pairs = Vec::new();
    for inhibition in &policy.inhibitions {
        for source in &inhibition.sources {
            assert!(names.contains(&source.as_str()), "{source}");
            for target in &inhibition.targets {
                assert!(names.contains(&target.as_str()), "{target}");
                pairs.push((source, target));
            }
        }
    }
    for (source, target) in &pairs {
        assert!(
            source != target && !pairs.contains(&(target, source)),
            "{source} and {target}"
        );
    }
}
