//! Stories as Exim tells them. It tries a host that failed again only after a quarter of an hour, and meanwhile defers
//! each message for it at once, and all of them at each run of its queue, without naming the host.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::site::{HOUR, MINUTE};
use crate::verdict::{DAY, T, Wanted, check, replay};

/// What a host answers: it accepts, refuses the sender with this reply, or does not answer.
#[derive(Clone, Copy)]
enum Answer {
    Accepts,
    Refuses(&'static str),
    Silent,
}

/// A domain, its host, and its part of the mail in per mille.
type Domain = (&'static str, &'static str, u32);

const DOMAINS: &[Domain] = &[
    ("gmail.com", "gmail-smtp-in.l.google.com", 400),
    ("hotmail.com", "hotmail-com.olc.protection.outlook.com", 200),
    ("yahoo.com", "mta7.am0.yahoodns.net", 100),
    ("example.net", "mx.example.net", 200),
    ("example.org", "mail.example.org", 100),
];

/// Exim, whose queue runs every half hour.
struct Exim {
    log: String,
    random: u64,
    number: u64,
    /// Messages by the time at which they are tried: their id and domain.
    queue: BTreeMap<(i64, u64), (String, usize)>,
    /// When a host is tried again.
    tried_again: HashMap<&'static str, i64>,
}

impl Exim {
    fn new() -> Self {
        Exim {
            log: String::new(),
            random: 0x9e37_79b9_7f4a_7c15,
            number: 0,
            queue: BTreeMap::new(),
            tried_again: HashMap::new(),
        }
    }

    fn random(&mut self, below: u32) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 33) as u32 % below
    }

    fn line(&mut self, time: i64, text: &str) {
        let stamp = Timestamp::from_second(T + time).expect("a time");
        let stamp = stamp.strftime("%Y-%m-%d %H:%M:%S");
        // Writing to a string does not fail.
        let _ = writeln!(self.log, "{stamp} {text}");
    }

    /// An id as Exim makes it of the time.
    fn id(&mut self, time: i64) -> String {
        const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut rest = T + time;
        let mut digits = [0; 6];
        for digit in digits.iter_mut().rev() {
            *digit = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
        self.number += 1;
        let digits = String::from_utf8_lossy(&digits).into_owned();
        format!("{digits}-{:06}-01", self.number % 1_000_000)
    }

    fn receive(&mut self, time: i64, domain: usize) {
        let id = self.id(time);
        let text = format!("{id} <= ann@example.com H=app [192.0.2.9] P=esmtp S=2000");
        self.line(time, &text);
        self.queue.insert((time + 1, self.number), (id, domain));
    }

    /// Sends `hourly` messages an hour, from one time to the other.
    fn run(
        &mut self,
        domains: &[Domain],
        from: i64,
        to: i64,
        hourly: impl Fn(i64) -> f64,
        answer: impl Fn(i64, &str) -> Answer,
    ) {
        let mut due = 0.0;
        for time in from..to {
            due += hourly(time) / 3_600.0;
            while due >= 1.0 {
                due -= 1.0;
                let dice = self.random(1_000);
                let mut sum = 0;
                let domain = domains.iter().position(|it| {
                    sum += it.2;
                    dice < sum
                });
                self.receive(time, domain.unwrap_or(0));
            }
            while let Some(entry) = self.queue.first_entry() {
                let key = *entry.key();
                if key.0 > time {
                    break;
                }
                let (id, domain) = entry.remove();
                let (name, host, _) = domains[domain];
                if self.attempt(time, &id, name, host, &answer) {
                    let next = (time / 1_800 + 1) * 1_800 + i64::from(self.random(40));
                    self.queue.insert((next, key.1), (id, domain));
                }
            }
        }
    }

    /// Tries a message; whether it stays in the queue.
    fn attempt(
        &mut self,
        time: i64,
        id: &str,
        domain: &str,
        host: &'static str,
        answer: impl Fn(i64, &str) -> Answer,
    ) -> bool {
        let deferred = format!("{id} == bob@{domain} R=dnslookup T=remote_smtp defer");
        if self
            .tried_again
            .get(host)
            .is_some_and(|again| time < *again)
        {
            let text =
                format!("{deferred} (-53): retry time not reached for any host for '{domain}'");
            self.line(time, &text);
            return true;
        }
        match answer(time, host) {
            Answer::Accepts => {
                self.line(time, &format!("{id} => bob@{domain} R=dnslookup T=remote_smtp H={host} [192.0.2.7] C=\"250 OK\""));
                self.line(time, &format!("{id} Completed"));
                return false;
            }
            Answer::Refuses(reply) => {
                let said = format!(
                    "SMTP error from remote mail server after pipelined MAIL FROM:<ann@example.com>: {reply}"
                );
                self.line(time, &format!("{id} H={host} [192.0.2.7]: {said}"));
                self.line(
                    time,
                    &format!("{deferred} (-45) H={host} [192.0.2.7]: {said}"),
                );
            }
            Answer::Silent => {
                self.line(
                    time,
                    &format!("{id} H={host} [192.0.2.7] Connection timed out"),
                );
                self.line(time, &format!("{deferred} (110): Connection timed out"));
            }
        }
        self.tried_again.insert(host, time + 15 * MINUTE);
        true
    }
}

#[test]
fn provider_that_defers_our_mail() {
    const BEFORE: i64 = 8 * HOUR;
    let reply = "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints";
    for (hourly, within) in [(300.0, 25), (1_500.0, 15)] {
        let mut exim = Exim::new();
        let end = BEFORE + 3 * HOUR;
        exim.run(
            DOMAINS,
            0,
            end + 5 * HOUR,
            |_| hourly,
            |time, host| match (BEFORE..end).contains(&time) && host.ends_with("yahoodns.net") {
                true => Answer::Refuses(reply),
                false => Answer::Accepts,
            },
        );
        let wanted = Wanted {
            page: &["ProviderFailing/yahoo"],
            says: "421",
            starts: BEFORE / MINUTE,
            within,
            ends: Some(end / MINUTE),
            // A provider with little mail needs an hour of successes.
            lingers: 90,
            warnings: &[],
        };
        check(
            &format!("Yahoo defers {hourly} an hour"),
            &exim.log,
            &wanted,
        );
    }
}

#[test]
fn queue_with_mail_for_hosts_that_no_longer_exist() {
    // Two per cent of the mail, tried for days; the queue has such messages from the beginning.
    let mut domains = DOMAINS.to_vec();
    (domains[3].2, domains[4].2) = (190, 90);
    domains.extend([
        ("gone.example", "mx.gone.example", 10),
        ("gone.test", "mx.gone.test", 10),
    ]);
    let mut exim = Exim::new();
    let hourly = |time: i64| match time.rem_euclid(DAY) / HOUR {
        0..6 => 20.0,
        6..20 => 200.0,
        _ => 60.0,
    };
    let answer = |_: i64, host: &str| match host.contains("gone") {
        true => Answer::Silent,
        false => Answer::Accepts,
    };
    exim.run(&domains, -2 * DAY, 0, hourly, answer);
    exim.log.clear();
    exim.run(&domains, 0, 2 * DAY, hourly, answer);
    let pages: Vec<_> = replay(&exim.log)
        .into_iter()
        .filter(|it| it.is_page)
        .collect();
    assert!(pages.is_empty(), "{pages:#?}");
}
