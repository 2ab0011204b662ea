//! The evaluator over logs: what wakes somebody, what does not, and that a restart changes nothing.
//!
//! Every story is told in log lines, which are parsed and counted as those of a real log are.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::catalog::{Catalog, Policy, Providers};
use crate::metrics::{Counters, SourceStats, StateStats};
use crate::parse::LineParser;

/// When the stories begin: Monday, 2026-11-02 00:00 UTC.
const T: i64 = 1_793_577_600;
const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

const OK: &str = "250 2.0.0 Ok";
const BUSY: &str = "421 4.3.2 service not available";

fn names() -> std::sync::Arc<[String]> {
    let providers = Providers::embedded();
    providers.names().map(str::to_owned).collect()
}

fn evaluator() -> Evaluator {
    Evaluator::new(Policy::embedded(), Catalog::embedded(), names())
}

/// Who answers, what, and every how many seconds.
type Answers<'a> = &'a [(&'a str, &'a str, i64)];

/// A log being read, and the evaluator that looks at it.
struct Story {
    evaluator: Evaluator,
    counters: Counters,
    parser: LineParser,
    quiet: bool,
    lines: u32,
    now: i64,
}

impl Story {
    fn new() -> Self {
        let reference = Timestamp::from_second(T + 100 * 24 * HOUR).expect("a time");
        let catalog = Catalog::embedded();
        Story {
            evaluator: evaluator(),
            counters: Counters::new(catalog),
            parser: LineParser::new(catalog, Providers::embedded(), TimeZone::UTC, reference),
            quiet: false,
            lines: 0,
            now: T,
        }
    }

    /// A server answers a delivery at this time.
    fn answer(&mut self, time: i64, relay: &str, reply: &str) {
        self.lines += 1;
        let stamp = Timestamp::from_second(time).expect("a time");
        let said = format!("(host {relay}[192.0.2.1] said: {reply} (in reply to RCPT TO command))");
        let what = match reply.as_bytes()[0] {
            b'2' => format!("dsn=2.0.0, status=sent ({reply})"),
            b'4' => format!("dsn=4.0.0, status=deferred {said}"),
            _ => format!("dsn=5.0.0, status=bounced {said}"),
        };
        let line = format!(
            "{stamp} mail postfix/smtp[7]: 4F{:08X}: to=<ann@example.org>, \
             relay={relay}[192.0.2.1]:25, delay=1, delays=0/0/1/0, {what}",
            self.lines
        );
        let mut slot = None;
        let parsed = self.parser.parse(line.as_bytes(), &mut slot);
        if time >= self.evaluator.due() {
            self.evaluator.advance(time, &self.counters, self.quiet);
        }
        self.counters.count(parsed.time, &parsed.line, i64::MAX);
    }

    /// For so many seconds servers answer, each reply again after so many seconds.
    fn go_on(&mut self, seconds: i64, answers: Answers<'_>) {
        let end = self.now + seconds;
        while self.now < end {
            for &(relay, reply, every) in answers {
                if (self.now - T) % every == 0 {
                    self.answer(self.now, relay, reply);
                }
            }
            self.now += 1;
        }
        self.evaluator.advance(self.now, &self.counters, self.quiet);
    }

    /// An hour of mail that flows, ten a minute.
    fn quiet_hour(&mut self) {
        self.go_on(HOUR, &[("mx.example.org", OK, 6)]);
    }

    fn active(&self, name: &str) -> Option<&Active> {
        let policy = Policy::embedded();
        let rule = policy.alerts.iter().position(|alert| alert.name == name);
        let rule = rule.expect("an alert of that name");
        let mut list = self.evaluator.active().iter();
        list.find(|active| active.rule == rule)
    }

    fn fires(&self, name: &str) -> bool {
        self.active(name)
            .is_some_and(|active| active.fired.is_some())
    }

    /// What has fired since the last call, be it over or not.
    fn fired(&mut self) -> Vec<String> {
        let policy = Policy::embedded();
        let ended = self.evaluator.take_ended();
        let ended = ended.iter().map(|(active, _)| active);
        let firing = self.evaluator.active().iter();
        let firing = firing.filter(|active| active.fired.is_some());
        let rules = ended.chain(firing).map(|active| active.rule);
        rules.map(|rule| policy.alerts[rule].name.clone()).collect()
    }

    /// The process ends and another goes on from what it kept.
    fn restart(&mut self) {
        let kept = serde_json::to_string(&self.evaluator.image()).expect("JSON");
        let image = serde_json::from_str(&kept).expect("the same");
        self.evaluator = evaluator();
        self.evaluator.restore(&image, &self.counters);
    }
}

#[test]
fn a_burst_of_421_after_a_quiet_hour_fires_as_soon_as_it_has_lasted_two_minutes() {
    let mut story = Story::new();
    story.quiet_hour();
    let began = story.now;
    let burst = [
        ("mx.example.org", OK, 6),
        ("gmail-smtp-in.l.google.com", BUSY, 1),
    ];
    story.go_on(2 * MINUTE, &burst);
    assert!(!story.fires("MaillogSmtp421Spike"));
    story.go_on(MINUTE, &burst);
    let active = story.active("MaillogSmtp421Spike").expect("it is active");
    // It takes 21 of them to be noticed, at the next step.
    assert_eq!(active.since, began + 30);
    assert_eq!(active.fired, Some(active.since + 2 * MINUTE));
    let figures = &active.figures;
    assert_eq!((figures.value, figures.baseline), (180, Some(0.0)));
    assert_eq!(figures.share, Some(180.0 / 230.0));
    let words = story.evaluator.words(active, "mx1:9925").expect("words");
    assert_eq!(
        words.annotations["description"],
        "421 was said 180 times in 5m: 78.26% of all outbound replies. In the hour before it was \
         0 in 5m. Most of it comes from google."
    );
    assert_eq!(
        words.annotations["runbook_url"],
        "http://mx1:9925/codes/421"
    );
}

#[test]
fn who_leads_is_known_as_soon_as_it_is_found() {
    let mut story = Story::new();
    story.quiet_hour();
    story.go_on(45, &[("gmail-smtp-in.l.google.com", BUSY, 1)]);
    let active = story.active("MaillogSmtp421Spike").expect("it is pending");
    assert_eq!(active.figures.leader.as_deref(), Some("google"));
}

#[test]
fn a_busy_server_with_its_usual_half_per_cent_of_421_wakes_nobody() {
    let mut story = Story::new();
    let usual = [("mx.example.org", OK, 1); 20];
    let mut answers = usual.to_vec();
    answers.push(("mx.example.org", BUSY, 10));
    story.go_on(70 * MINUTE, &answers);
    assert_eq!(story.fired(), [""; 0]);
}

#[test]
fn ten_421_a_day_wake_nobody_even_all_in_one_minute() {
    let mut story = Story::new();
    let calm = ("mx.example.org", OK, MINUTE);
    story.go_on(HOUR, &[calm]);
    story.go_on(MINUTE, &[calm, ("mx.example.org", BUSY, 6)]);
    story.go_on(HOUR, &[calm]);
    assert_eq!(story.fired(), [""; 0]);
}

#[test]
fn full_mailboxes_fire_whatever_code_says_so() {
    for reply in [
        "422 mailbox full",
        "452 4.2.2 over quota",
        "552 5.2.2 mailbox full",
    ] {
        let mut story = Story::new();
        story.quiet_hour();
        story.go_on(
            4 * MINUTE,
            &[("mx.example.org", OK, 6), ("mx.example.org", reply, 3)],
        );
        assert!(story.fires("MaillogSmtp422Spike"), "{reply}");
        assert!(!story.fires("MaillogSmtp421Spike"), "{reply}");
    }
}

#[test]
fn rules_about_mail_are_quiet_while_old_lines_are_read() {
    let mut story = Story::new();
    story.quiet_hour();
    story.quiet = true;
    let burst = [("mx.example.org", BUSY, 1)];
    story.go_on(10 * MINUTE, &burst);
    assert!(story.evaluator.active().is_empty());
    story.quiet = false;
    story.go_on(3 * MINUTE, &burst);
    assert!(story.fires("MaillogSmtp421Spike"));
}

#[test]
fn the_provider_that_limits_us_is_named_and_no_other() {
    let mut story = Story::new();
    let google = "gmail-smtp-in.l.google.com";
    let yahoo = "mta5.am0.yahoodns.net";
    story.go_on(
        30 * MINUTE,
        &[
            (google, "421 4.7.28 unusual rate of mail", 20),
            (google, OK, 10),
            // As many, and yet a small share of what it says.
            (yahoo, "421 4.7.28 unusual rate of mail", 20),
            (yahoo, OK, 1),
        ],
    );
    let firing = story.evaluator.active().iter();
    let labels: Vec<_> = firing.filter_map(|active| active.label.clone()).collect();
    assert_eq!(labels, [("provider", "google".to_owned())]);
    assert!(story.fires("MaillogProviderRateLimited"));
}

#[test]
fn last_weeks_hour_is_compared_with_only_where_it_is_known() {
    const NAME: &str = "MaillogTransientAboveLastWeek";
    const LATER: &str = "450 4.3.2 try again later";
    let much = [("mx.example.org", OK, 30), ("mx.example.org", LATER, 20)];
    let mut story = Story::new();
    story.go_on(3 * HOUR, &much);
    assert!(!story.fires(NAME), "nobody knows what it was a week before");

    let mut story = Story::new();
    story.go_on(
        3 * HOUR,
        &[("mx.example.org", OK, 30), ("mx.example.org", LATER, 80)],
    );
    story.now = T + 7 * 24 * HOUR;
    story.go_on(2 * HOUR, &much);
    let figures = &story.active(NAME).expect("it is active").figures;
    assert_eq!((figures.value, figures.baseline), (180, Some(45.0)));
    assert!(story.fires(NAME));

    // As much as a week before is as it should be.
    let mut story = Story::new();
    story.go_on(3 * HOUR, &much);
    story.now = T + 7 * 24 * HOUR;
    story.go_on(2 * HOUR, &much);
    assert!(!story.fires(NAME));
}

#[test]
fn a_share_over_a_long_time_ends_when_the_short_time_is_over() {
    const NAME: &str = "MaillogDeferredShareFast";
    let mut story = Story::new();
    let bad = [("mx.example.org", OK, 60), ("mx.example.org", BUSY, 10)];
    story.go_on(HOUR, &bad);
    assert!(story.fires(NAME));
    let well = story.now;
    story.go_on(10 * MINUTE, &[("mx.example.org", OK, 5)]);
    let active = story.active(NAME).expect("it keeps firing");
    assert!((well..=well + 5 * MINUTE).contains(&active.found));
    story.go_on(11 * MINUTE, &[("mx.example.org", OK, 5)]);
    assert!(!story.fires(NAME), "the hour alone does not keep it");
    // And a short time alone does not begin it.
    let mut story = Story::new();
    story.go_on(HOUR, &[("mx.example.org", OK, 1)]);
    story.go_on(6 * MINUTE, &[("mx.example.org", BUSY, 1)]);
    assert!(story.fires("MaillogSmtp421Spike") && !story.fires(NAME));
}

/// What became of an alert: rule, label, since when, fired, last found, over.
type Told = (usize, Option<String>, i64, Option<i64>, i64, Option<i64>);

fn line(active: &Active, end: Option<i64>) -> Told {
    let label = active.label.as_ref().map(|(_, value)| value.clone());
    (
        active.rule,
        label,
        active.since,
        active.fired,
        active.found,
        end,
    )
}

#[test]
fn a_restart_at_any_time_changes_nothing() {
    let told = |restart: bool| {
        let mut story = Story::new();
        let mut told: Vec<Told> = Vec::new();
        let google = "gmail-smtp-in.l.google.com";
        let limited = "421 4.7.28 unusual rate of mail";
        let phases: [(i64, Answers<'_>); 4] = [
            (40, &[(google, OK, 6)]),
            (20, &[(google, OK, 6), (google, limited, 2)]),
            (30, &[(google, OK, 6)]),
            (20, &[(google, OK, 6), (google, limited, 3)]),
        ];
        for (minutes, answers) in phases {
            for _ in 0..minutes {
                // Not at a step.
                story.go_on(MINUTE - 7, answers);
                if restart {
                    story.restart();
                }
                story.go_on(7, answers);
                for (active, end) in story.evaluator.take_ended() {
                    told.push(line(&active, Some(end)));
                }
            }
        }
        told.extend(story.evaluator.active().iter().map(|it| line(it, None)));
        told
    };
    let straight = told(false);
    assert!(straight.iter().any(|it| it.5.is_some()), "something ended");
    assert!(straight.iter().any(|it| it.1.is_some()), "a provider's");
    assert_eq!(told(true), straight);
}

#[test]
fn one_stamp_from_the_future_does_not_move_the_clock() {
    let mut story = Story::new();
    story.quiet_hour();
    story.answer(T + 90 * 24 * HOUR, "mx.example.org", OK);
    let burst = [("mx.example.org", OK, 6), ("mx.example.org", BUSY, 1)];
    story.go_on(3 * MINUTE, &burst);
    assert!(story.fires("MaillogSmtp421Spike"));
    // Two that agree do: the log was silent for so long.
    let later = T + 3 * 24 * HOUR;
    story.answer(later, "mx.example.org", OK);
    story.answer(later + 1, "mx.example.org", OK);
    assert_eq!(story.evaluator.due(), later + 15);
    assert!(!story.fires("MaillogSmtp421Spike"));
}

#[test]
fn what_was_counted_before_it_began_is_no_news() {
    let mut story = Story::new();
    story.go_on(
        2 * HOUR,
        &[("gmail-smtp-in.l.google.com", "421 4.7.28 unusual rate", 10)],
    );
    // The evaluator is switched on now; the counts go on.
    story.evaluator = evaluator();
    story.go_on(2 * HOUR, &[("mx.example.org", OK, 10)]);
    assert_eq!(story.fired(), [""; 0]);
}

fn source(name: &str, up: bool, dropped: u64) -> SourceStats {
    SourceStats {
        name: name.into(),
        up,
        dropped,
        ..SourceStats::default()
    }
}

/// Looks at the exporter's health once a minute, and tells what fires in the end.
fn health(minutes: i64, at: impl Fn(i64) -> Vec<SourceStats>) -> Vec<(String, String)> {
    let mut evaluator = evaluator();
    let counters = Counters::new(Catalog::embedded());
    for minute in 0..=minutes {
        let health = Health {
            sources: at(minute),
            state: StateStats::default(),
        };
        evaluator.examine(&health, &counters, T + minute * MINUTE);
    }
    let firing = evaluator.active().iter().filter(|it| it.fired.is_some());
    let firing = firing.map(|active| {
        let words = evaluator.words(active, "mx1:9925").expect("words");
        let label = |name: &str| words.labels.get(name).cloned().unwrap_or_default();
        (label("alertname"), label("source"))
    });
    firing.collect()
}

#[test]
fn a_source_that_cannot_be_read_for_five_minutes_is_told_of() {
    let at = |_| vec![source("a", true, 0), source("b", false, 0)];
    assert!(health(4, at).is_empty());
    let told = [("MaillogSourceDown".to_owned(), "b".to_owned())];
    assert_eq!(health(5, at), told);
}

#[test]
fn lines_that_were_lost_are_those_of_their_source_whatever_comes_and_goes() {
    let at = |minute| match minute {
        0..3 => vec![source("a", true, 0), source("gone", true, 9)],
        // One that is new comes before the others, with a past of its own.
        3..5 => vec![source("new", true, 500), source("a", true, 0)],
        _ => vec![source("new", true, 500), source("a", true, 2)],
    };
    assert!(health(4, at).is_empty());
    let told = [("MaillogLinesDropped".to_owned(), "a".to_owned())];
    assert_eq!(health(6, at), told);
}
