//! Tests of deduplication.

use super::*;
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Service;
use crate::parse::kinds::Direction;

fn event(outcome: Outcome, host: &'static [u8], text: &'static [u8]) -> Event<'static> {
    let mut event = Event::new(
        Service::of(Agent::new(Mta::Postfix, 0)),
        Direction::Outbound,
        outcome,
    );
    event.queue_id = b"4F9D195432C";
    event.code = Some(451);
    event.host = host;
    event.text = text;
    event
}

/// The number of events that are counted if they occur at these seconds.
fn counted(events: &[(i64, Event<'static>)]) -> usize {
    let mut dedup = Deduplicator::new();
    events
        .iter()
        .filter(|(seconds, event)| {
            let mut event = *event;
            dedup.check(
                &mut event,
                Some(Stamp {
                    seconds: *seconds,
                    nanos: 0,
                }),
            );
            event.code.is_some()
        })
        .count()
}

#[test]
fn same_reply_of_same_host_counts_once_within_lifetime() {
    let attempt = event(Outcome::Attempt, b"mx1", b"451 later");
    let record = event(Outcome::Deferred, b"mx1", b"451 later");
    assert_eq!(counted(&[(0, attempt), (1, record), (1, record)]), 1);
    assert_eq!(counted(&[(0, attempt), (300, record)]), 2);
    assert_eq!(counted(&[(0, record), (1, record)]), 2);
}

#[test]
fn another_host_or_text_is_another_reply() {
    let attempt = event(Outcome::Attempt, b"mx1", b"451 later");
    let other_host = event(Outcome::Deferred, b"mx2", b"451 later");
    let other_text = event(Outcome::Deferred, b"mx1", b"451 busy");
    let record = event(Outcome::Deferred, b"mx1", b"451 later");
    assert_eq!(counted(&[(0, attempt), (1, other_host)]), 2);
    assert_eq!(counted(&[(0, attempt), (1, other_text)]), 2);
    // Two recipients of one message: for the first of them, the other host was the last to reply.
    assert_eq!(counted(&[(0, attempt), (1, other_host), (2, record)]), 2);
    assert_eq!(counted(&[(0, attempt), (1, other_host), (302, record)]), 3);
}

#[test]
fn many_attempts_in_flight_are_all_remembered() {
    let ids: Vec<&'static [u8]> = (0..10_000)
        .map(|number| &*format!("{number:010X}").into_bytes().leak())
        .collect();
    let lines = |outcome| {
        ids.iter().map(move |id| {
            let mut event = event(outcome, b"mx1", b"421 busy");
            event.queue_id = id;
            (0, event)
        })
    };
    let all: Vec<_> = lines(Outcome::Attempt)
        .chain(lines(Outcome::Deferred))
        .collect();
    assert_eq!(counted(&all), ids.len());
    // Two recipients of one message.
    let (first, second) = (b"450 <a>: later", b"450 <b>: later");
    let two: Vec<_> = [Outcome::Attempt, Outcome::Deferred]
        .into_iter()
        .flat_map(|outcome| {
            [
                (0, event(outcome, b"mx1", first)),
                (0, event(outcome, b"mx1", second)),
            ]
        })
        .collect();
    assert_eq!(counted(&two), 2);
}

#[test]
fn memory_is_bounded_and_survives_a_restart() {
    let mut dedup = Deduplicator::new();
    for number in 0..MAX_ATTEMPTS as u64 + 5 {
        dedup.note(number, Some(1_000));
    }
    assert_eq!(dedup.attempts.len(), MAX_ATTEMPTS);
    let known = |dedup: &Deduplicator, name, now| {
        let attempt: Option<&Attempt> = dedup.attempts.get(&name);
        attempt.is_some_and(|it| is_recent(it.time, Some(now)))
    };
    assert!(!known(&dedup, 4, 1_000) && known(&dedup, 5, 1_000));
    let mut next = Deduplicator::new();
    next.resume(&dedup.state());
    assert!(known(&next, 5, 1_299) && !known(&next, 5, 1_300));
    // Those of a state file before version 4 are kept as they are, as long as they are recent.
    let old = DedupState(vec![(1, Some(990)), (2, Some(700)), (3, None)]);
    dedup.resume_legacy(&old);
    let mut kept = dedup.legacy_state().0;
    kept.sort_unstable();
    assert_eq!(kept, [(1, Some(990)), (3, None)]);
    // Expired attempts are not stored.
    dedup.note(7_777_777, Some(2_000));
    assert_eq!(dedup.state(), DedupState(vec![(7_777_777, Some(2_000))]));
}

#[test]
fn message_filter_covers_every_remembered_attempt() {
    let mut dedup = Deduplicator::new();
    let mut first = event(Outcome::Attempt, b"mx1", b"451 later");
    dedup.check(&mut first, None);
    for number in 1..=2 * MAX_ATTEMPTS as u64 {
        let known = dedup.messages.may_have(first.queue_id);
        assert!(
            known || !dedup.has(AttemptKind::Reply, &first, None),
            "{number}"
        );
        dedup.note(number, None);
    }
    assert!(!dedup.messages.may_have(first.queue_id));
    let mut restored = Deduplicator::new();
    restored.resume(&dedup.state());
    assert!(restored.messages.may_have(b"any"));
}

#[test]
fn failed_handshake_counts_once() {
    let mut line = event(
        Outcome::Attempt,
        b"mx1",
        b"SSL_connect error to mx1[192.0.2.1]: -1",
    );
    line.queue_id = b"";
    let mut record = event(
        Outcome::Deferred,
        b"mx1",
        b"Cannot start TLS: handshake failure",
    );
    record.connect_error = Some(ConnectError::Tls);
    let mut alone = record;
    Deduplicator::new().check(&mut alone, None);
    assert!(!alone.duplicate);
    let mut dedup = Deduplicator::new();
    dedup.check(&mut line, None);
    dedup.check(&mut record, None);
    assert!(record.duplicate);
    // Only that line is about a handshake, and only such a record repeats it.
    let mut other = line;
    other.text = b"lost connection with mx1[192.0.2.1]";
    let mut dedup = Deduplicator::new();
    dedup.check(&mut other, None);
    let mut record = alone;
    dedup.check(&mut record, None);
    assert!(!record.duplicate);
    dedup.check(&mut line, None);
    for (queue_id, text, host) in [
        (&b""[..], alone.text, alone.host),
        (alone.queue_id, &b"TLS is required"[..], alone.host),
        (alone.queue_id, alone.text, &b""[..]),
    ] {
        let mut record = Event {
            queue_id,
            text,
            host,
            ..alone
        };
        dedup.check(&mut record, None);
        assert!(!record.duplicate, "{record:?}");
    }
    // An attempt with a queue id is remembered as well.
    let mut attempt = alone;
    attempt.outcome = Outcome::Attempt;
    let mut dedup = Deduplicator::new();
    dedup.check(&mut attempt, None);
    let mut record = alone;
    dedup.check(&mut record, None);
    assert!(!attempt.duplicate && record.duplicate);
}

#[test]
fn renewed_attempt_is_evicted_by_its_last_occurrence() {
    let mut dedup = Deduplicator::new();
    dedup.note(1, Some(0));
    for name in 2..=MAX_ATTEMPTS as u64 {
        dedup.note(name, Some(0));
    }
    dedup.note(1, Some(100));
    dedup.note(u64::MAX, Some(100));
    assert!(dedup.attempts.contains_key(&1) && !dedup.attempts.contains_key(&2));
    // An attempt that occurs again and again does not make the queue grow.
    for _ in 0..5 * MAX_ATTEMPTS {
        dedup.note(1, Some(100));
    }
    assert!(dedup.order.len() <= 2 * MAX_ATTEMPTS);
}

#[test]
fn an_attempt_outlives_many_repetitions_of_another_one() {
    let mut dedup = Deduplicator::new();
    dedup.note(1, Some(0));
    for _ in 0..MAX_ATTEMPTS + 10 {
        dedup.note(2, Some(0));
    }
    assert!(dedup.attempts.contains_key(&1));
}

#[test]
fn the_filter_has_few_messages_that_were_not_added() {
    let id = |number: u32| format!("{number:010X}").into_bytes();
    let mut filter = Deduplicator::new().messages;
    (0..1_000).for_each(|number| filter.add(&id(number)));
    assert!((0..1_000).all(|number| filter.may_have(&id(number))));
    let others = (1_000..11_000).filter(|&number| filter.may_have(&id(number)));
    let wrong = others.count();
    assert!(wrong < 300, "{wrong} of 10,000");
}
