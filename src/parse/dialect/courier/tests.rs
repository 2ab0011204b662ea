//! Tests of lines that depend on each other.

use super::{Courier, CourierState};
use crate::parse::dialect::api::{Dialect, Record};
use crate::parse::{Event, Fact, Outcome, Stamp, Visitor};

/// The events of lines of `courieresmtp` about one delivery: outcome, code, whether it repeats, text.
fn events(texts: &[&str]) -> Vec<(Outcome, Option<u16>, bool, String)> {
    #[derive(Default)]
    struct Events(Vec<(Outcome, Option<u16>, bool, String)>);
    impl Visitor<'_> for Events {
        fn event(&mut self, _: Option<Stamp>, event: &mut Event<'_>) {
            let text = String::from_utf8_lossy(event.text).into_owned();
            self.0
                .push((event.outcome, event.code, event.duplicate, text));
        }
        fn noise(&mut self, _: Option<Stamp>, _: Option<&Fact<'_>>) {}
        fn unmatched(&mut self, _: Option<Stamp>) {
            panic!("unmatched");
        }
    }
    let mut found = Events::default();
    let mut state = CourierState::default();
    for text in texts {
        let body = format!("id=1.2.3,from=<a@example.com>,addr=<b@example.net>{text}");
        let record = Record {
            time: None,
            tag: b"courieresmtp",
            pid: b"",
            body: body.as_bytes(),
        };
        Courier::read(&mut state, &record, &mut found);
    }
    found.0
}

#[test]
fn reply_of_several_lines_counts_once_and_names_the_cause_of_its_delivery() {
    let lines = [
        ": 550-5.7.1 first",
        ": 550-5.7.1 second",
        ": 550 last",
        ",status: failure",
    ];
    let text = "550-5.7.1 first 550-5.7.1 second 550 last".to_owned();
    let expected = [
        (Outcome::Attempt, Some(550), false, text.clone()),
        (Outcome::Bounced, None, true, text),
    ];
    assert_eq!(events(&lines), expected);
}

#[test]
fn success_is_one_delivery() {
    let lines = [
        ": 250 ok",
        ",success: delivered: mx [192.0.2.1]",
        ",status: success",
    ];
    let found: Vec<_> = events(&lines).into_iter().map(|it| (it.0, it.1)).collect();
    assert_eq!(
        found,
        [(Outcome::Attempt, Some(250)), (Outcome::Sent, None)]
    );
    assert_eq!(events(&[",size=12,status: success"])[0].0, Outcome::Sent);
}

#[test]
fn outcome_of_a_later_attempt_does_not_repeat_the_reply_of_an_earlier_one() {
    let lines = [
        ": 450 later",
        ",status: deferred",
        ",status: deferred",
        ": 451 x",
        ",status: deferred",
    ];
    let found: Vec<_> = events(&lines)
        .into_iter()
        .map(|it| (it.1, it.2, it.3))
        .collect();
    let expected = [
        (Some(450), false, "450 later".to_owned()),
        (None, true, "450 later".to_owned()),
        (None, false, String::new()),
        (Some(451), false, "451 x".to_owned()),
        (None, true, "451 x".to_owned()),
    ];
    assert_eq!(found, expected);
}

#[test]
fn reply_without_a_text_counts_with_its_outcome() {
    let found: Vec<_> = events(&[": 450", ",status: deferred"])
        .into_iter()
        .map(|it| (it.0, it.1, it.2))
        .collect();
    assert_eq!(found, [(Outcome::Deferred, Some(450), false)]);
    let found: Vec<_> = events(&[": 450-4.2.0 first", ": 450", ",status: deferred"])
        .into_iter()
        .map(|it| (it.0, it.1))
        .collect();
    assert_eq!(found, [(Outcome::Deferred, Some(450))]);
    let lines = [
        ": 250",
        ",success: delivered: mx [192.0.2.1]",
        ",status: success",
    ];
    let found: Vec<_> = events(&lines).into_iter().map(|it| (it.0, it.1)).collect();
    assert_eq!(found, [(Outcome::Sent, Some(250))]);
}
