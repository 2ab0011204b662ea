//! Tests of the status page.

use super::*;
use crate::catalog::Language;
use crate::metrics::{Alerting, View};
use crate::web::test_support::{active, busy_incident, context, settings, view_of, with_alerting};

/// A view with an incident, a queue and two sources.
fn view() -> View {
    busy_incident("/var/log/<mail>.log")
}

#[test]
fn page_says_whether_mail_flows_and_who_and_what_causes_trouble() {
    let settings = settings();
    let firing = Alerting {
        active: vec![active("MaillogSmtp421Spike", "critical", true)],
        ..Alerting::default()
    };
    let view = with_alerting(view(), firing);
    for (language, parts) in [
        (
            Language::En,
            [
                "<section class=\"band firing\"",
                "<h1>Mail flows, except to Google</h1>",
                "100\u{202f}% of mail to Google fails (<code>421 4.7.28</code>, sent too fast).",
                "All other providers accept 100\u{202f}%.",
                "what it is and what to do",
                "<dt>Delivered</dt>",
                "oldest <span class=\"nw\">24 min</span>",
                "Is mail flowing?",
                "<h2>Alerts</h2>",
                "<td>1,054</td>",
                "<h2>Providers",
                "<tr class=\"hot\">",
                ">yahoo</a>",
                "Codes by trouble",
                ">421</a>",
                "/var/log/&lt;mail&gt;.log",
                "0.1\u{202f}% not understood",
                "<b class=\"warn nw\">◆ clock off</b>",
            ],
        ),
        (
            Language::Zh,
            [
                "<section class=\"band firing\"",
                "<h1>除 Google 外，邮件投递正常</h1>",
                "发往 Google 的邮件 100% 失败（<code>421 4.7.28</code>，发送过快）。",
                "其他服务商接收 100%。",
                "原因与处理办法",
                "<dt>已投递</dt>",
                "最早 <span class=\"nw\">24 分钟</span>",
                "邮件投递正常吗？",
                "<h2>告警</h2>",
                "<td>1,054</td>",
                "<h2>服务商",
                ">google</a>",
                ">yahoo</a>",
                "按异常程度排列的代码",
                ">421</a>",
                "/var/log/&lt;mail&gt;.log",
                "0.1% 未识别",
                "<b class=\"warn nw\">◆ 时钟偏差</b>",
            ],
        ),
    ] {
        let page = page(&context(&view, &settings, language));
        let places = parts.map(|part| {
            page.find(part)
                .unwrap_or_else(|| panic!("no {part} in {page}"))
        });
        assert!(places.is_sorted(), "{parts:?}\n{places:?}\n{page}");
    }
    let json: serde_json::Value =
        serde_json::from_slice(&json(&context(&view, &settings, Language::En))).expect("JSON");
    assert_eq!(json["firing"][0]["alert"], "MaillogSmtp421Spike");
    assert_eq!(json["providers"][0]["name"], "google");
    assert_eq!(json["queue"][3]["count"], 1_054);
}

#[test]
fn page_without_data_shows_dashes_and_no_zeros() {
    let settings = settings();
    let view = View::new(view_of(&[]).counters, view_of(&[]).providers);
    for language in [Language::En, Language::Zh] {
        let page = page(&context(&view, &settings, language));
        let figures = page.split("<dl class=\"figs\">").nth(1).expect("figures");
        let figures = &figures[..figures.find("</dl>").expect("an end")];
        assert_eq!(figures.matches("<dd>–").count(), 4, "{figures}");
    }
}

#[test]
fn pages_are_small_and_nothing_in_them_is_blocked_by_their_policy() {
    let settings = settings();
    let view = view();
    let context = context(&view, &settings, Language::Zh);
    let pages = [
        page(&context),
        crate::web::runbook::page(&context, "421").body,
        crate::web::runbook::index(&context),
        crate::web::alert_pages::index(&context),
        crate::web::provider_pages::page(&context, "google").body,
    ];
    for page in pages {
        let packed = crate::web::encoding::gzip(page.as_bytes()).expect("long enough");
        assert!(packed.len() <= 30 << 10, "{} bytes", packed.len());
        for blocked in [
            " style=",
            " onclick=",
            "<style",
            "javascript:",
            "http-equiv",
        ] {
            assert!(!page.contains(blocked), "{blocked} in {page}");
        }
    }
}
