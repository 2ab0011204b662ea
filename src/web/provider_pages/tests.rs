//! Tests of the pages of providers.

use super::*;
use crate::catalog::{Catalog, Language};
use crate::metrics::{Alerting, View};
use crate::web::test_support::{
    active, context, escape, incident, settings, view_of, with_alerting,
};

fn firing() -> View {
    with_alerting(
        incident(),
        Alerting {
            active: vec![active("MaillogSmtp421Spike", "critical", true)],
            ..Alerting::default()
        },
    )
}

#[test]
fn page_shows_share_cause_replies_and_where_to_ask_in_both_languages() {
    let (view, settings) = (firing(), settings());
    for (language, parts) in [
        (
            Language::En,
            [
                "<section class=\"band firing\"",
                "<h1>100\u{202f}% of mail to Google fails</h1>",
                "<code>421 4.7.28</code>: sent too fast.",
                "Temporary failures (4xx)",
                "<svg class=\"ch\"",
                "▲ sent too fast",
                "https://postmaster.google.com/",
                "421 4.7.28</a> <span class=\"s dim\">rate_limited",
                "Unusual rate of mail from [<mark>ip</mark>]",
                "news.example.com",
            ],
        ),
        (
            Language::Zh,
            [
                "<section class=\"band firing\"",
                "<h1>发往 Google 的邮件 100% 失败</h1>",
                "<code>421 4.7.28</code>：发送过快。",
                "临时失败（4xx）",
                "<svg class=\"ch\"",
                "▲ 发送过快",
                "https://postmaster.google.com/",
                "421 4.7.28</a> <span class=\"s dim\">rate_limited",
                "Unusual rate of mail from [<mark>ip</mark>]",
                "news.example.com",
            ],
        ),
    ] {
        let Rendered { body, found } = page(&context(&view, &settings, language), "google");
        assert!(found);
        let places = parts.map(|part| {
            body.find(part)
                .unwrap_or_else(|| panic!("no {part} in {body}"))
        });
        assert!(places.is_sorted(), "{parts:?}\n{places:?}");
    }
    // The alert is not about another provider.
    let body = page(&context(&view, &settings, Language::En), "yahoo").body;
    assert!(body.contains("<section class=\"band quiet\""), "{body}");
    assert!(
        body.contains("Yahoo accepts 100\u{202f}% of our mail"),
        "{body}"
    );
}

#[test]
fn json_has_the_same_facts() {
    let (view, settings) = (firing(), settings());
    let context = context(&view, &settings, Language::En);
    let json: serde_json::Value =
        serde_json::from_str(&json(&context, "google").body).expect("JSON");
    assert_eq!(json["failing_share"], 1.0);
    assert_eq!(json["causes"][0]["cause"], "throttling");
    assert_eq!(json["replies"][0]["reply"], "421 4.7.28");
    assert_eq!(json["links"][0]["url"], "https://postmaster.google.com/");
    assert_eq!(json["senders"][0]["name"], "news.example.com");
    let index: serde_json::Value = serde_json::from_str(&index_json(&context)).expect("JSON");
    assert_eq!(index["providers"][0]["name"], "google", "the worst first");
}

#[test]
fn every_provider_has_a_page_and_others_are_not_found() {
    let (view, settings) = (view_of(&[]), settings());
    for language in [Language::En, Language::Zh] {
        let context = context(&view, &settings, language);
        for provider in Catalog::embedded().providers() {
            let Rendered { body, found } = page(&context, &provider.name);
            assert!(found, "{}", provider.name);
            for link in &provider.links {
                assert!(link.url.starts_with("https://"), "{}", link.url);
                assert!(
                    body.contains(&escape(language.of(&link.about))),
                    "{}",
                    link.url
                );
            }
        }
        for asked in ["<script>x</script>", "Google", ""] {
            let Rendered { body, found } = page(&context, asked);
            assert!(
                !found && body.contains(&format!("<b>{}</b>", escape(asked))),
                "{asked}"
            );
            assert_eq!(body.matches("<script").count(), 1);
            assert!(!json(&context, asked).found);
        }
    }
}

/// Sendmail logs no reply to a message that was accepted.
#[test]
fn accepted_deliveries_count_where_the_log_has_no_reply_to_them() {
    let sendmail = |number: i64, result: &str| {
        let time = jiff::Timestamp::from_second(crate::web::test_support::NOW - 240 + number);
        format!(
            "{} mx1 sendmail[1]: 4ANA{number:010}: to=<a@gmail.com>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=1, \
             relay=gmail-smtp-in.l.google.com. [192.0.2.1], {result}",
            time.expect("a time")
        )
    };
    let sent = (0..90).map(|number| sendmail(number, "dsn=2.0.0, stat=Sent (OK)"));
    let failed = (90..100).map(|number| {
        sendmail(
            number,
            "dsn=4.7.0, reply=421 4.7.0 x, stat=Deferred: 421 4.7.0 x",
        )
    });
    let view = view_of(&sent.chain(failed).collect::<Vec<_>>());
    let settings = settings();
    let context = context(&view, &settings, Language::En);
    let google = crate::web::provider_facts::providers(&context);
    let google = google
        .iter()
        .find(|it| it.name == "google")
        .expect("google");
    let share = google.share().expect("replies");
    assert!((share - 0.1).abs() < 0.01, "{share}");
    let classes = crate::web::past::six_hours(
        &context,
        crate::web::past::CLASSES,
        crate::web::past::outbound_class,
    );
    let last = crate::web::past::SLOTS - 1;
    assert!((classes.count(last, crate::web::past::ACCEPTED) - 90.0).abs() < 1.0);
}
