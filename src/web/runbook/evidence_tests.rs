//! Tests of what the pages show about the replies of the moment.

use super::*;
use crate::catalog::{Catalog, Language};
use crate::metrics::Alerting;
use crate::web::context::SiteSettings;
use crate::web::test_support::{
    NOW, active, context, deferred, ended, incident, rule_state, settings, view_of, with_alerting,
};

fn page_in(view: &View, name: &str, language: Language) -> String {
    let settings = settings();
    page(&context(view, &settings, language), name).body
}

fn json_of(view: &View, name: &str) -> serde_json::Value {
    let settings = settings();
    let body = json(&context(view, &settings, Language::En), name).body;
    serde_json::from_str(&body).expect("JSON")
}

/// The place of a text on a page.
fn at(page: &str, text: &str) -> usize {
    page.find(text)
        .unwrap_or_else(|| panic!("no {text} in {page}"))
}

#[test]
fn the_provider_that_is_worst_now_is_first_with_its_words_and_domains() {
    const GOOGLE: &str = "gmail-smtp-in.l.google.com";
    let mut lines = Vec::new();
    // A year of others, and 400 of Google in the last minutes.
    for number in 0..3000 {
        let ago = i64::from(3000 - number) * 10_000;
        let reply = "421 4.3.2 Shutting down";
        lines.extend(deferred(
            number,
            ago,
            "a@old.example",
            "mx.example.org",
            reply,
        ));
    }
    for number in 3000..3400 {
        let host = number % 200;
        let reply = format!("421 4.7.28 Unusual rate of mail from [192.0.2.{host}]");
        lines.extend(deferred(number, 60, "news@shop.example", GOOGLE, &reply));
    }
    let view = view_of(&lines);
    let json = json_of(&view, "421");
    assert_eq!(json["providers"][0]["name"], "google");
    assert_eq!(json["providers"][0]["count_5m"], 400);
    let windows = &json["windows"];
    assert_eq!(
        (&windows["5m"]["count"], &windows["total"]["count"]),
        (&400.into(), &3400.into())
    );
    assert_eq!(json["enhanced"][0]["code"], "4.7.28");
    let text = "421 4.7.28 Unusual rate of mail from [<ip>]";
    assert_eq!(json["replies"][0]["text"], text);
    assert_eq!(json["senders"][0]["name"], "shop.example");
    for language in [Language::En, Language::Zh] {
        let page = page_in(&view, "421", language);
        assert!(
            at(&page, "google") < at(&page, "3,400"),
            "totals are at the end"
        );
        assert!(at(&page, "4.7.28") < at(&page, "4.3.2"), "{page}");
        at(&page, "Unusual rate of mail from [<mark>ip</mark>]");
        // What was measured decides who should act: the sender, not the remote operator.
        let catalog = Catalog::embedded();
        let actor = |topic| {
            let explanation = catalog.explain(catalog.topic(topic).expect("a topic"));
            explanation.actor.text(language == Language::Zh)
        };
        at(&page, &format!("<b>{}</b>", actor("4.7.28")));
        assert!(!page.contains(actor("421")), "{page}");
        // The log does not say which clients submitted this mail.
        at(
            &page,
            match language {
                Language::En => {
                    "Client networks are recorded only for mail that this server refuses."
                }
                Language::Zh => "仅对本机拒收的邮件记录客户端网段。",
            },
        );
    }
}

#[test]
fn page_of_a_firing_code_says_cause_and_first_step_before_figures_chart_and_evidence() {
    let view = with_alerting(
        incident(),
        Alerting {
            active: vec![active("MaillogSmtp421Spike", "critical", true)],
            rules: vec![rule_state("MaillogSmtp421Spike", 0.9, 0.05)],
            ..Alerting::default()
        },
    );
    for (language, parts) in [
        (
            Language::En,
            [
                "<section class=\"band firing\"",
                "Firing · critical · since ",
                "of mail to Google fails: sent too fast</h1>",
                "<code>421 4.7.28</code>, 18/min",
                "is mail from <b class=\"nw\">news.example.com</b>",
                "<b>Do first: </b><a href=\"#do\">hold the mail of news.example.com</a>",
                "<dl class=\"figs\">",
                "alert from 1/min",
                "<svg class=\"ch\"",
                "▲ firing since 22:03",
                "What to do on this Postfix",
                "qshape -s deferred",
                "endswith(&quot;@news.example.com&quot;)",
                "https://postmaster.google.com/",
                "Is it over?",
                "Who answers with it",
                "In which words",
                "Whose mail, and to whom",
                "What it means",
                "Counted since the start",
                "Reference table (Chinese)",
            ],
        ),
        (
            Language::Zh,
            [
                "<section class=\"band firing\"",
                "告警中 · 严重 · 自 ",
                "失败：发送过快</h1>",
                "<code>421 4.7.28</code>，18 次/分钟",
                "是 <b class=\"nw\">news.example.com</b> 的邮件",
                "<b>先做：</b><a href=\"#do\">暂扣 news.example.com 的邮件</a>",
                "<dl class=\"figs\">",
                "阈值 1 次/分钟",
                "<svg class=\"ch\"",
                "▲ 自 22:03 起告警",
                "在本机 Postfix 上怎么办",
                "qshape -s deferred",
                "endswith(&quot;@news.example.com&quot;)",
                "https://postmaster.google.com/",
                "结束了吗？",
                "谁这样回复",
                "回复原文",
                "涉及哪些邮件",
                "含义",
                "累计：",
                "对照表原文",
            ],
        ),
    ] {
        let page = page_in(&view, "421", language);
        let places = parts.map(|part| at(&page, part));
        assert!(places.is_sorted(), "{parts:?}\n{places:?}\n{page}");
    }
    let json = json_of(&view, "421");
    assert_eq!(json["firing"][0]["alert"], "MaillogSmtp421Spike");
    assert_eq!(json["series"].as_array().map(Vec::len), Some(72));
    assert_eq!(
        (&json["compare"]["1h"], &json["threshold"]),
        (&0.0.into(), &0.05.into())
    );
    assert_eq!(json["commands"][0]["mta"], "postfix");
    assert_eq!(json["commands"][0]["changes"], false);
    // Another code has no alert.
    assert!(page_in(&view, "450", Language::En).contains("band quiet"));
}

#[test]
fn page_of_a_resolved_alert_says_its_peak_and_what_is_left_to_do() {
    const GOOGLE: &str = "gmail-smtp-in.l.google.com";
    let lines: Vec<String> = (0..600)
        .flat_map(|number: u32| {
            let ago = 5_400 - i64::from(number / 20) * 60;
            deferred(
                number,
                ago,
                "x@news.example.com",
                GOOGLE,
                "421 4.7.28 Unusual rate",
            )
        })
        .collect();
    let view = with_alerting(
        view_of(&lines),
        Alerting {
            ended: vec![ended("MaillogSmtp421Spike")],
            ..Alerting::default()
        },
    );
    for (language, parts) in [
        (
            Language::En,
            [
                "<section class=\"band resolved\"",
                "Resolved <time",
                "fired for 30 min",
                "Peak 20/min.",
                "<b>Left to do: </b><a href=\"#do\">release what is on hold, in portions</a>",
                "fired 20:43–21:13",
                "What is left to do",
                "postsuper -H -",
                "resolved after 30 min",
            ],
        ),
        (
            Language::Zh,
            [
                "<section class=\"band resolved\"",
                "已于 <time",
                "恢复 · 持续 30 分钟",
                "峰值 20 次/分钟。",
                "<b>尚需处理：</b><a href=\"#do\">分批放行暂扣的邮件</a>",
                "20:43–21:13 告警",
                "后续处理",
                "postsuper -H -",
                "恢复，持续 30 分钟",
            ],
        ),
    ] {
        let page = page_in(&view, "421", language);
        let places = parts.map(|part| at(&page, part));
        assert!(places.is_sorted(), "{parts:?}\n{places:?}");
        assert!(!page.contains("qshape"), "only what is left");
    }
}

#[test]
fn replies_of_our_own_server_get_no_advice_about_sending() {
    let lines: Vec<String> = (0..30)
        .map(|client| {
            let time = jiff::Timestamp::from_second(NOW - 60).expect("a time");
            format!(
                "{time} mx1 postfix/smtpd[5]: NOQUEUE: reject: RCPT from unknown[203.0.113.{client}]: 554 5.7.1 \
                 <x@example.net>: Relay access denied; from=<a@b.example> to=<x@example.net> proto=ESMTP helo=<z>"
            )
        })
        .collect();
    let view = view_of(&lines);
    for (language, parts) in [
        (
            Language::En,
            [
                "inbound, 6 h",
                "These are replies of this server to its clients.",
                "203.0.113.0/24",
            ],
        ),
        (
            Language::Zh,
            ["接收，6 小时", "这是本机对客户端的回复。", "203.0.113.0/24"],
        ),
    ] {
        let page = page_in(&view, "554", language);
        let places = parts.map(|part| at(&page, part));
        assert!(places.is_sorted() && !page.contains("<pre"), "{page}");
    }
}

#[test]
fn domains_and_samples_are_shown_only_if_privacy_allows_it() {
    let view = incident();
    for (privacy, shown) in [(Privacy::Domains, true), (Privacy::None, false)] {
        let settings = SiteSettings {
            privacy,
            ..settings()
        };
        let context = context(&view, &settings, Language::En);
        let bodies = [
            page(&context, "421").body,
            json(&context, "421").body,
            crate::web::provider_pages::page(&context, "google").body,
            crate::web::provider_pages::json(&context, "google").body,
        ];
        for body in bodies {
            for name in ["news.example.com", "gmail.example", "192.0.2."] {
                assert_eq!(body.contains(name), shown, "{name}: {body}");
            }
            assert!(body.contains("Unusual rate"), "{body}");
        }
    }
}

#[test]
fn cause_is_named_only_if_most_replies_say_it() {
    let replies = [
        "421 4.7.28 Unusual rate",
        "421 bye",
        "421 4.3.2 shutting down",
        "421 4.7.0 x",
    ];
    let lines: Vec<String> = (0..40)
        .flat_map(|number: u32| {
            let reply = replies[number as usize % replies.len()];
            deferred(number, 60, "a@shop.example", "mx.example.org", reply)
        })
        .collect();
    let page = page_in(&view_of(&lines), "421", Language::En);
    let band = &page[..at(&page, "<dl class=\"figs\">")];
    assert!(!band.contains("too fast"), "{band}");
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
        let page = page_in(&view, name, Language::En);
        assert!(
            page.contains("<td>50</td>") && page.contains("mailbox full"),
            "{name}: {page}"
        );
    }
    let other = page_in(&view, "421", Language::En);
    assert!(
        other.contains("Not seen yet.") && !other.contains("mailbox full"),
        "{other}"
    );
}

#[test]
fn hostile_reply_texts_and_domains_are_escaped() {
    let reply = "421 <script>alert(1)</script> \u{202e}evil\u{1b}[31m";
    let sender = "x@<img src=y onerror=z>.example";
    let lines = deferred(1, 10, sender, "mx.example.org", reply);
    let page = page_in(&view_of(&lines), "421", Language::En);
    assert!(page.contains("&lt;script&gt;"), "{page}");
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    assert!(!page.contains("<img") && !page.contains('\u{202e}'));
    // Neither is it put into a command.
    let lines: Vec<String> = (0..9)
        .flat_map(|number| {
            let sender = "x@$(reboot).example";
            deferred(
                number,
                10,
                sender,
                "mx.example.org",
                "421 4.7.28 unusual rate",
            )
        })
        .collect();
    let page = page_in(&view_of(&lines), "421", Language::En);
    let commands: Vec<&str> = page.split("<pre").skip(1).collect();
    assert!(
        !commands.is_empty()
            && commands
                .iter()
                .all(|it| !it[..it.find("</pre>").unwrap_or(0)].contains("reboot"))
    );
}

#[test]
fn removed_words_are_explained_only_where_there_are_some() {
    for (reply, is_explained) in [
        ("421 4.3.2 Shutting down", false),
        ("421 4.7.0 Try again later, [192.0.2.7]", true),
    ] {
        let lines = deferred(1, 10, "a@shop.example", "mx.example.org", reply);
        let view = view_of(&lines);
        let page = page_in(&view, "421", Language::En);
        assert!(page.contains("In which words"), "{page}");
        assert_eq!(page.contains("Dotted words"), is_explained, "{reply}");
    }
}
