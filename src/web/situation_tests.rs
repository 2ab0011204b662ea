//! Tests of the band: which state is shown, and that colour, sign and word agree.

use maud::html;

use super::*;
use crate::catalog::Language;
use crate::metrics::{ActiveAlert, Alerting, EndedAlert, SourceStats, View};
use crate::web::test_support::{
    NOW, active, context, ended, incident, settings, view_of, with_alerting,
};

/// Class, sign, and the text of a band of all alerts.
fn band_of(view: &View, language: Language, trouble: bool) -> (&'static str, &'static str, String) {
    let settings = settings();
    let context = context(view, &settings, language);
    let words = Words {
        trouble: trouble.then(|| html! { "measured" }),
        quiet: html! { "quiet" },
        ..Words::default()
    };
    let band = band(&context, &Relevant::all(view), words);
    let text = html! {
        (band.state) "|" (band.title) "|"
        @for line in &band.lines { (line) "|" }
        @if let Some(first) = &band.first { (first) }
    };
    (band.class, band.sign, text.into_string())
}

fn source(name: &str) -> SourceStats {
    SourceStats {
        name: name.to_owned(),
        up: true,
        last_line: Some(NOW - 5),
        ..SourceStats::default()
    }
}

fn firing(severity: &str) -> Alerting {
    Alerting {
        active: vec![active("MaillogSmtp421Spike", severity, true)],
        ..Alerting::default()
    }
}

#[test]
fn each_state_has_its_colour_sign_and_word_in_both_languages() {
    let quiet = || View {
        sources: vec![source("/var/log/mail.log")],
        ..incident()
    };
    let pending = Alerting {
        active: vec![active("MaillogSmtp421Spike", "critical", false)],
        ..Alerting::default()
    };
    let resolved = Alerting {
        ended: vec![ended("MaillogSmtp421Spike")],
        ..Alerting::default()
    };
    let silenced = Alerting {
        active: vec![ActiveAlert {
            inhibited_by: Some("MaillogSmtp421Spike".to_owned()),
            ..active("MaillogDeferredShareFast", "critical", true)
        }],
        ..Alerting::default()
    };
    let down = || {
        let mut view = quiet();
        view.sources[0].up = false;
        view
    };
    let silent = || {
        let mut view = quiet();
        view.sources[0].last_line = Some(NOW - 3_000);
        view
    };
    for (view, class, sign, en, zh) in [
        (quiet(), "quiet", "✓", "No alert|quiet", "没有告警|quiet"),
        (
            with_alerting(quiet(), firing("critical")),
            "firing",
            "▲",
            "Firing · critical · since ",
            "告警中 · 严重 · 自 ",
        ),
        (
            with_alerting(quiet(), firing("warning")),
            "warned",
            "▲",
            "Firing · warning",
            "告警中 · 警告",
        ),
        (
            with_alerting(quiet(), pending),
            "pending",
            "◆",
            "Nobody has been paged yet",
            "尚未通知值班人员",
        ),
        (
            with_alerting(quiet(), silenced),
            "none",
            "–",
            "Silenced · since ",
            "已静默 · 自 ",
        ),
        (
            with_alerting(quiet(), resolved),
            "resolved",
            "✓",
            "Resolved ",
            "恢复 · 持续 30 分钟",
        ),
        (
            down(),
            "down",
            "✕",
            "Cannot read /var/log/mail.log",
            "无法读取 /var/log/mail.log",
        ),
        (
            with_alerting(down(), firing("critical")),
            "down",
            "✕",
            "▲ Firing",
            "▲ 告警中",
        ),
        (
            silent(),
            "none",
            "–",
            "No line in the mail log for 50 min",
            "已有 50 分钟没有邮件日志",
        ),
        (
            with_alerting(silent(), firing("critical")),
            "firing",
            "▲",
            "– No data",
            "– 无数据",
        ),
    ] {
        for (language, word) in [(Language::En, en), (Language::Zh, zh)] {
            let (found, found_sign, text) = band_of(&view, language, false);
            assert_eq!((found, found_sign), (class, sign), "{text}");
            assert!(text.contains(word), "{word} is not in {text}");
        }
    }
}

#[test]
fn figures_of_old_lines_are_said_to_be_old() {
    let mut view = view_of(&[]);
    // The lines are of two hours ago.
    view.history.advance(NOW - 7_260, &view.counters, NOW);
    view.sources = vec![SourceStats {
        catching_up: true,
        lag_bytes: 3 << 30,
        ..source("mail")
    }];
    let settings = settings();
    let is_behind = is_behind(&context(&view, &settings, Language::En));
    assert!(!is_behind, "the history was begun at NOW");
    let mut view = View::new(view.counters.clone(), view.providers.clone());
    view.history.advance(NOW - 7_260, &view.counters, NOW);
    view.sources = vec![SourceStats {
        catching_up: true,
        lag_bytes: 3 << 30,
        ..source("mail")
    }];
    let (class, sign, text) = band_of(&view, Language::En, false);
    assert_eq!((class, sign), ("behind", "↻"), "{text}");
    assert!(
        text.contains("3.0 GiB unread") && text.contains(">20:12</time>, not of now"),
        "{text}"
    );
}

#[test]
fn measured_trouble_without_an_alert_is_neither_red_nor_green() {
    let view = View {
        sources: vec![source("mail")],
        ..incident()
    };
    let (class, _, text) = band_of(&view, Language::En, true);
    assert_eq!(class, "none");
    assert!(text.starts_with("No alert|measured"), "{text}");
    // An alert about the exporter says what it is about, not what is measured about mail.
    let clock = Alerting {
        active: vec![active("MaillogSourceClockOff", "warning", true)],
        ..Alerting::default()
    };
    let (_, _, text) = band_of(&with_alerting(view, clock), Language::En, true);
    assert!(
        text.contains("clock") && !text.contains("measured"),
        "{text}"
    );
}

#[test]
fn without_a_summary_in_the_language_of_the_page_the_title_of_the_rule_is_shown() {
    let view = View {
        sources: vec![source("mail")],
        ..incident()
    };
    let mut alert = active("MaillogSmtp421Spike", "critical", true);
    let summary = "421 from google: 65% of all outbound replies".to_owned();
    alert.summary.en.clone_from(&summary);
    let alerting = Alerting {
        active: vec![alert],
        ..Alerting::default()
    };
    let view = with_alerting(view, alerting);
    let (_, _, text) = band_of(&view, Language::En, false);
    assert!(text.contains(&summary), "{text}");
    let (_, _, text) = band_of(&view, Language::Zh, false);
    assert!(
        !text.contains(&summary) && text.contains("对方服务器的 421 回复激增"),
        "{text}"
    );
}

#[test]
fn name_of_a_source_is_put_into_a_command_only_if_it_is_plain() {
    for (name, command) in [
        ("/var/log/mail.log", Some("namei -l /var/log/mail.log")),
        ("/var/log/mail*.log", Some("ls -l /var/log/mail*.log")),
        ("/var/log/$(reboot)", None),
        ("journal", None),
    ] {
        let view = View {
            sources: vec![SourceStats {
                up: false,
                ..source(name)
            }],
            ..view_of(&[])
        };
        let (_, _, text) = band_of(&view, Language::En, false);
        assert_eq!(text.contains("<code>"), command.is_some(), "{text}");
        assert!(
            command.is_none_or(|command| text.contains(command)),
            "{text}"
        );
    }
}

#[test]
fn times_in_which_alerts_fired_are_merged() {
    let ended_at = |fired: i64, resolved: i64| EndedAlert {
        fired,
        resolved,
        ..ended("MaillogDnsFailing")
    };
    let alerting = Alerting {
        active: vec![
            active("MaillogSmtp421Spike", "critical", true),
            active("MaillogSmtp422Spike", "critical", true),
        ],
        ended: vec![
            ended_at(10, 20),
            ended_at(15, 30),
            ended_at(40, 50),
            ended_at(NOW - 100, NOW - 50),
        ],
        ..Alerting::default()
    };
    let view = with_alerting(view_of(&[]), alerting);
    let times = Relevant::all(&view).bands();
    assert_eq!(times, [(10, Some(30)), (40, Some(50)), (NOW - 600, None)]);
}
