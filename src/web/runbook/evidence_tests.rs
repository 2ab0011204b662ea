//! Tests of what the pages show about the replies of the moment.

use jiff::Timestamp;

use super::tests::{NOW, in_language, view_of};
use super::*;
use crate::catalog::{Catalog, Language};
use crate::web::labels::Labels;

/// A message from `sender` to `host` at NOW minus some seconds, and the reply that deferred it.
fn deferred(number: u32, ago: i64, sender: &str, host: &str, reply: &str) -> [String; 2] {
    let time = Timestamp::from_second(NOW - ago).expect("a time");
    let id = format!("4F9D{number:07X}");
    [
        format!(
            "{time} mx1 postfix/qmgr[7]: {id}: from=<{sender}>, size=10, nrcpt=1 (queue active)"
        ),
        format!(
            "{time} mx1 postfix/smtp[9]: {id}: to=<u{number}@gmail.example>, relay={host}[192.0.2.1]:25, delay=1, \
             delays=0/0/0/1, dsn=4.0.0, status=deferred (host {host}[192.0.2.1] said: {reply} (in reply to MAIL FROM command))"
        ),
    ]
}

#[test]
fn the_provider_that_is_worst_now_is_first_with_its_words_and_domains() {
    const GOOGLE: &str = "gmail-smtp-in.l.google.com";
    let mut lines = Vec::new();
    // A year of others, and 400 of Google in the last minutes.
    for number in 0..3000 {
        let ago = i64::from(3000 - number) * 10_000;
        lines.extend(deferred(
            number,
            ago,
            "a@old.example",
            "mx.example.org",
            "421 4.3.2 Shutting down",
        ));
    }
    for number in 3000..3400 {
        let reply = format!(
            "421 4.7.28 Unusual rate of mail from [192.0.2.{}]",
            number % 200
        );
        lines.extend(deferred(number, 60, "news@shop.example", GOOGLE, &reply));
    }
    let view = view_of(&lines);
    let json: serde_json::Value =
        serde_json::from_str(&json(&view, "421", NOW).body).expect("JSON");
    assert_eq!(json["providers"][0]["name"], "google");
    assert_eq!(json["providers"][0]["count_5m"], 400);
    assert_eq!(
        (
            &json["windows"]["5m"]["count"],
            &json["windows"]["total"]["count"]
        ),
        (&400.into(), &3400.into())
    );
    assert_eq!(json["enhanced"][0]["code"], "4.7.28");
    assert_eq!(
        json["replies"][0]["text"],
        "421 4.7.28 Unusual rate of mail from [<ip>]"
    );
    assert_eq!(json["senders"][0]["name"], "shop.example");
    for language in [Language::En, Language::Zh] {
        let page = page(&view, "421", in_language(language), NOW).body;
        let at = |text: &str| {
            page.find(text)
                .unwrap_or_else(|| panic!("no {text} in {page}"))
        };
        assert!(at("google") < at("3,000"));
        assert!(at("4.7.28") < at("4.3.2"), "{page}");
        at("Unusual rate of mail from [&lt;ip&gt;]");
        // What was measured decides who should act: the sender, not the remote operator.
        let actor = Catalog::embedded()
            .explain(Catalog::embedded().topic("4.7.28").expect("a topic"))
            .actor;
        assert!(page.contains(&format!("<b>{}</b>", actor.text(language == Language::Zh))));
    }
}

#[test]
fn full_mailboxes_of_other_codes_are_on_the_page_of_422() {
    let lines: Vec<String> = (0..50)
        .flat_map(|number| {
            let reply = "452 4.2.2 <u@gmail.example>: mailbox full";
            deferred(number, 30, "a@shop.example", "mx.example.org", reply)
        })
        .collect();
    let view = view_of(&lines);
    for name in ["422", "mailbox_full", "452", "4.2.2"] {
        let page = page(&view, name, in_language(Language::En), NOW).body;
        assert!(
            page.contains("<td>50</td>") && page.contains("mailbox full"),
            "{name}: {page}"
        );
        assert!(!page.contains(Labels::of(Language::En).code_page.not_seen));
    }
    let other = page(&view, "421", in_language(Language::En), NOW).body;
    assert!(other.contains(Labels::of(Language::En).code_page.not_seen));
}

#[test]
fn hostile_reply_texts_and_domains_are_escaped() {
    let reply = "421 <script>alert(1)</script> \u{202e}evil\u{1b}[31m";
    let lines = deferred(
        1,
        10,
        "x@<img src=y onerror=z>.example",
        "mx.example.org",
        reply,
    );
    let page = page(&view_of(&lines), "421", in_language(Language::En), NOW).body;
    assert!(page.contains("&lt;script&gt;"), "{page}");
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains('\u{202e}'));
}
