//! The notifier against Alertmanagers that work, fail, hang or are down.

mod secure;
mod server;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::notifier::start_with;
use super::sender::RetryTiming;
use super::*;
use crate::metrics::AlertmanagerStats;
use server::{PATIENCE, Place, Received, Server, Step, refuses};

/// Short delays, so that tests are fast.
const TIMING: RetryTiming = RetryTiming {
    first: Duration::from_millis(1),
    longest: Duration::from_millis(20),
    rejected: Duration::from_millis(5),
};

pub(super) fn alert(name: &str, summary: &str) -> Notification {
    Notification {
        labels: BTreeMap::from([("alertname".to_owned(), name.to_owned())]),
        annotations: BTreeMap::from([("summary".to_owned(), summary.to_owned())]),
        starts_at: "2026-11-23T12:00:00Z".parse().expect("a time"),
        ends_at: "2026-11-23T12:04:00.5Z".parse().expect("a time"),
        generator_url: String::new(),
    }
}

fn peer(address: SocketAddr) -> Peer {
    Peer {
        url: format!("http://{address}").parse().expect("a URL"),
        tls: Tls::default(),
        auth: Auth::None,
        timeout: PATIENCE,
    }
}

fn to(peers: Vec<Peer>) -> Notifier {
    start_with(peers, TIMING).expect("a notifier")
}

/// Polls until there is a value.
fn until<T>(what: &str, mut probe: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match probe() {
            Ok(value) => return value,
            Err(seen) => assert!(
                Instant::now() < deadline,
                "timed out waiting for {what}: {seen}"
            ),
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until the statistics of the first Alertmanager satisfy a condition.
fn wait(
    notifier: &Notifier,
    what: &str,
    right: impl Fn(&AlertmanagerStats) -> bool,
) -> AlertmanagerStats {
    until(what, || {
        let stats = notifier.stats().swap_remove(0);
        if right(&stats) {
            Ok(stats)
        } else {
            Err(format!("{stats:?}"))
        }
    })
}

fn summaries(request: &Received) -> Vec<&str> {
    let alerts = request.body.as_array().expect("a list");
    alerts
        .iter()
        .map(|alert| alert["annotations"]["summary"].as_str().expect("one"))
        .collect()
}

#[test]
fn request_follows_the_alertmanager_api() {
    let server = Server::plays(&[Step::Answers(200, "")]);
    let base = Peer {
        url: format!("http://{}/prefix/", server.address)
            .parse()
            .expect("a URL"),
        ..peer(server.address)
    };
    let notifier = to(vec![base]);
    let other = Notification {
        generator_url: "http://mail:9925/codes/421".to_owned(),
        ..alert("b", "说明")
    };
    notifier.send(vec![alert("a", "x"), other]);
    let request = server.next();
    let first = request.head.lines().next();
    assert_eq!(first, Some("POST /prefix/api/v2/alerts HTTP/1.1"));
    for field in [
        format!("host: {}\r\n", server.address),
        "content-type: application/json\r\n".to_owned(),
    ] {
        assert!(request.head.contains(&field), "{}", request.head);
    }
    assert!(!request.head.contains("authorization"), "{}", request.head);
    let times = ("2026-11-23T12:00:00Z", "2026-11-23T12:04:00.5Z");
    assert_eq!(
        request.body,
        json!([
            {"labels": {"alertname": "a"}, "annotations": {"summary": "x"},
             "startsAt": times.0, "endsAt": times.1},
            {"labels": {"alertname": "b"}, "annotations": {"summary": "说明"},
             "startsAt": times.0, "endsAt": times.1,
             "generatorURL": "http://mail:9925/codes/421"},
        ])
    );
    let stats = wait(&notifier, "both to be taken", |stats| stats.sent == 2);
    assert_eq!((stats.errors, stats.dropped, stats.queue_length), (0, 0, 0));
    assert_eq!(
        stats.alertmanager,
        format!("http://{}/prefix", server.address)
    );
    assert!(stats.last_success.is_some() && stats.latency.is_some());
    assert_eq!(stats.queue_capacity, QUEUE_CAPACITY);
}

#[test]
fn current_state_is_sent_after_an_outage() {
    let place = Place::new();
    assert!(refuses(place.address()));
    let notifier = to(vec![peer(place.address())]);
    notifier.send(vec![alert("a", "old"), alert("b", "only")]);
    wait(&notifier, "a failure", |stats| stats.errors > 0);
    notifier.send(vec![alert("a", "new")]);
    // A request in progress with the old state has failed by then.
    let before = notifier.stats()[0].errors;
    wait(&notifier, "one more", |stats| stats.errors > before);
    let server = place.serve(&[Step::Answers(200, "")], None);
    assert_eq!(summaries(&server.next()), ["new", "only"]);
    let stats = wait(&notifier, "success", |stats| stats.queue_length == 0);
    assert_eq!(stats.sent, 2);
    assert!(server.is_quiet());
}

#[test]
fn rejected_or_failed_requests_are_retried() {
    for status in [500, 503, 429, 401, 403, 404, 302] {
        let server = Server::plays(&[Step::Answers(status, "no"), Step::Answers(200, "")]);
        let notifier = to(vec![peer(server.address)]);
        notifier.send(vec![alert("a", "x")]);
        let (first, second) = (server.next(), server.next());
        assert_eq!(first.body, second.body, "{status}");
        let stats = wait(&notifier, "success", |stats| stats.sent == 1);
        assert_eq!((stats.errors, stats.queue_length), (1, 0), "{status}");
    }
}

#[test]
fn invalid_alerts_are_not_retried() {
    for status in [400, 413, 422] {
        let server = Server::plays(&[Step::Answers(status, "no"), Step::Answers(200, "")]);
        let notifier = to(vec![peer(server.address)]);
        notifier.send(vec![alert("a", "wrong")]);
        wait(&notifier, "the verdict", |stats| stats.errors == 1);
        notifier.send(vec![alert("b", "right")]);
        assert_eq!(summaries(&server.next()), ["wrong"]);
        assert_eq!(summaries(&server.next()), ["right"]);
        let stats = wait(&notifier, "success", |stats| stats.sent == 1);
        assert_eq!((stats.errors, stats.queue_length), (1, 0), "{status}");
    }
}

#[test]
fn hanging_requests_time_out_and_are_retried() {
    for step in [Step::Hangs, Step::Drips] {
        let server = Server::plays(&[step, Step::Answers(200, "")]);
        let short_timeout = Peer {
            timeout: Duration::from_millis(300),
            ..peer(server.address)
        };
        let notifier = to(vec![short_timeout]);
        notifier.send(vec![alert("a", "x")]);
        wait(&notifier, "giving up", |stats| stats.errors >= 1);
        let stats = wait(&notifier, "success", |stats| stats.sent == 1);
        assert_eq!(stats.queue_length, 0);
    }
}

#[test]
fn status_decides_whatever_the_body() {
    let server = Server::plays(&[
        Step::Floods(503),
        Step::Stops(400, "some"),
        Step::Floods(200),
        Step::Stops(202, ""),
    ]);
    let short_timeout = Peer {
        timeout: Duration::from_secs(2),
        ..peer(server.address)
    };
    let notifier = to(vec![short_timeout]);
    notifier.send(vec![alert("a", "x")]);
    wait(&notifier, "503 and 400", |stats| stats.errors == 2);
    for number in 1..3 {
        notifier.send(vec![alert("a", "x")]);
        wait(&notifier, "success", |stats| stats.sent == number);
    }
}

#[test]
fn a_hanging_alertmanager_does_not_delay_others() {
    let dead = Server::plays(&[Step::Hangs]);
    let well = Server::plays(&[Step::Answers(200, "")]);
    let notifier = to(vec![peer(well.address), peer(dead.address)]);
    notifier.send(vec![alert("a", "one")]);
    assert_eq!(summaries(&well.next()), ["one"]);
    // A later alert would replace the first one before it is sent.
    assert_eq!(summaries(&dead.next()), ["one"]);
    for summary in ["two", "three"] {
        notifier.send(vec![alert("a", summary)]);
        assert_eq!(summaries(&well.next()), [summary]);
    }
    let stats = wait(&notifier, "success", |stats| stats.sent == 3);
    assert_eq!(stats.errors, 0);
    let stats = notifier.stats().swap_remove(1);
    assert_eq!((stats.sent, stats.queue_length), (0, 1));
}

#[test]
fn queue_stays_bounded_during_an_outage() {
    const DISTINCT: usize = 20_000;
    const ROUNDS: usize = 50;
    let place = Place::new();
    let notifier = to(vec![peer(place.address())]);
    let alerts: Vec<Notification> = (0..DISTINCT)
        .map(|number| alert(&number.to_string(), "x"))
        .collect();
    for _ in 0..ROUNDS {
        notifier.send(alerts.clone());
        let stats = notifier.stats().swap_remove(0);
        assert_eq!(stats.queue_length, QUEUE_CAPACITY);
    }
    let stats = wait(&notifier, "a failure", |stats| stats.errors > 0);
    // Each round displaces all alerts queued before.
    let lost = DISTINCT * ROUNDS - QUEUE_CAPACITY;
    assert_eq!(stats.dropped, lost as u64);
    let server = place.serve(&[Step::Answers(200, "")], None);
    assert_eq!(server.next().body.as_array().map(Vec::len), Some(64));
    let stats = wait(&notifier, "the queue to empty", |it| it.queue_length == 0);
    assert_eq!(stats.sent, QUEUE_CAPACITY as u64);
}

#[test]
fn dropping_the_notifier_ends_its_tasks() {
    let place = Place::new();
    let notifier = to(vec![peer(place.address())]);
    notifier.send(vec![alert("a", "x")]);
    wait(&notifier, "a failure", |stats| stats.errors > 0);
    let shared = Arc::downgrade(&notifier.peers[0]);
    drop(notifier);
    until("the task to end", || match shared.upgrade() {
        None => Ok(()),
        Some(_) => Err("still running".to_owned()),
    });
}

#[test]
fn credential_files_are_read_for_every_request() {
    let server = Server::plays(&[Step::Answers(200, "")]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "tiger\n").expect("written");
    for (auth, first, second) in [
        (
            Auth::Basic {
                username: "maillog".into(),
                password: Secret::File(file.clone()),
            },
            "authorization: Basic bWFpbGxvZzp0aWdlcg==\r\n",
            "authorization: Basic bWFpbGxvZzpsaW9u\r\n",
        ),
        (
            Auth::Bearer(Secret::File(file.clone())),
            "authorization: Bearer tiger\r\n",
            "authorization: Bearer lion\r\n",
        ),
    ] {
        let notifier = to(vec![Peer {
            auth,
            ..peer(server.address)
        }]);
        for (secret, expected) in [("tiger", first), ("lion", second)] {
            std::fs::write(&file, secret).expect("written");
            notifier.send(vec![alert("a", "x")]);
            let head = server.next().head;
            assert!(head.contains(expected), "{head}");
        }
        wait(&notifier, "success", |stats| stats.sent == 2);
        // A missing file is a failure that is retried.
        std::fs::remove_file(&file).expect("gone");
        notifier.send(vec![alert("a", "x")]);
        wait(&notifier, "a failure", |stats| stats.errors > 0);
        assert!(server.is_quiet());
        std::fs::write(&file, "tiger").expect("written");
        assert!(server.next().head.contains(first));
    }
}

#[test]
fn bodies_are_read_of_errors_and_of_what_is_asked_for_up_to_a_limit() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().expect("a runtime");
    for (step, status, body) in [
        (Step::Answers(503, " busy\n"), 503, "busy"),
        (Step::Answers(400, ""), 400, ""),
        (Step::Answers(200, "thanks"), 200, ""),
    ] {
        let server = Server::plays(&[step]);
        let peer = peer(server.address);
        let answer = request::post(&peer, b"[1]".to_vec());
        let answer = runtime.block_on(answer).expect("a response");
        assert_eq!((answer.status.as_u16(), &*answer.body), (status, body));
        assert_eq!(server.next().body, json!([1]));
    }
    for (limit, body) in [(100, "clustered"), (9, "clustered"), (7, "cluster")] {
        let server = Server::plays(&[Step::Answers(404, "clustered")]);
        let peer = peer(server.address);
        let answer = runtime.block_on(get(&peer, "/api/v2/status", limit));
        let (status, read) = answer.expect("a response");
        assert_eq!((status.as_u16(), &*read), (404, body.as_bytes()));
        let head = server.next().head;
        assert!(head.starts_with("GET /api/v2/status HTTP/1.1"), "{head}");
    }
}
