//! Exim as a server: clients that are rejected at every stage of a session.
//!
//! The replies that the client receives are the expected counts, for every reject whose code Exim logs. Exim
//! logs the message of an access control list and not the reply, so a record has a code only if the message
//! begins with one. Exim's built-in rejects (relaying, unknown users, size, syntax, order of commands) are
//! logged without a code, or not at all: these are not counted.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::client::{Answer, Client};
use crate::exim_config::{PORT, RULES, Rule, rejecting_port};
use crate::truth::Truth;

/// The expected result of a command.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Well,
    /// Rejected, and the code is logged.
    Recorded,
    /// Rejected, and the code is not logged.
    Unrecorded,
}

use Outcome::{Recorded, Unrecorded, Well};

/// A command, or a message's content, and its expected result.
type Step = (String, Outcome);

/// A message's content with the final dot.
const CONTENT: &str = "Subject: 550 and 421\r\n\r\na message\r\n.";

/// Runs every session, counts the expected rejects, and writes a transcript to `folder`.
///
/// With `identical`, two log records are equal byte for byte, as when a client guesses passwords. In a syslog
/// file they are not distinguishable from one reject that Exim logged twice.
pub fn run_sessions(truth: &Truth, folder: &Path, identical: bool) -> Result<()> {
    let mut transcript = String::new();
    for (index, rule) in RULES.iter().enumerate() {
        let refused = outcome(rule);
        session(truth, &mut transcript, rejecting_port(index), refused, &[])?;
        for steps in rejected_stages(rule) {
            session(truth, &mut transcript, PORT, Well, &steps)?;
        }
    }
    let mut builtin = builtin_rejects();
    if identical {
        let guess = ("AUTH PLAIN AGJvYgA1NTA=".to_owned(), Recorded);
        builtin.push(vec![well("EHLO client.example.org"), guess.clone(), guess]);
    }
    for steps in builtin {
        session(truth, &mut transcript, PORT, Well, &steps)?;
    }
    fs::write(folder.join("transcript"), transcript)?;
    // Two messages were accepted and delivered to a mailbox.
    truth.delivery("sent", 2);
    Ok(())
}

/// Connects to a port, checks the greeting, and performs the steps.
fn session(
    truth: &Truth,
    transcript: &mut String,
    port: u16,
    greeting: Outcome,
    steps: &[Step],
) -> Result<()> {
    let mut check = |said: &str, answer: &Answer, expected: Outcome| {
        transcript.push_str(&format!("{said}\n    {}\n", answer.text));
        if (answer.code >= 400) != (expected != Well) {
            return Err(format!("{said:?} was answered with {answer:?}"));
        }
        if expected == Recorded {
            truth.reply("inbound", answer.code, &answer.enhanced, 1);
        }
        Ok(())
    };
    let mut client = Client::connect(&format!("192.0.2.1:{port}"))?;
    check("CONNECT", &client.answer()?, greeting)?;
    for (said, expected) in steps {
        check(said, &client.ask(said)?, *expected)?;
    }
    Ok(())
}

fn outcome(rule: &Rule) -> Outcome {
    if rule.recorded { Recorded } else { Unrecorded }
}

fn well(said: &str) -> Step {
    (said.to_owned(), Well)
}

/// One session for each stage after the connection at which the rule rejects the client.
fn rejected_stages(rule: &Rule) -> Vec<Vec<Step>> {
    let key = rule.key;
    let hello = || well("EHLO client.example.org");
    let mail = |stage: &str| well(&format!("MAIL FROM:<{stage}{key}@example.net>"));
    let recipient = || well("RCPT TO:<known@local.example.com>");
    let refused = |said: String| (said, outcome(rule));
    let mut sessions = vec![
        vec![refused(format!("EHLO {key}.example.net"))],
        vec![
            hello(),
            refused(format!("MAIL FROM:<mail-{key}@example.net>")),
        ],
        vec![
            hello(),
            mail("news-"),
            recipient(),
            refused(format!("RCPT TO:<rcpt-{key}@local.example.com>")),
        ],
        vec![
            hello(),
            mail("predata-"),
            recipient(),
            refused("DATA".to_owned()),
        ],
        vec![
            hello(),
            mail("data-"),
            recipient(),
            well("DATA"),
            refused(CONTENT.to_owned()),
        ],
    ];
    if rule.verb != "drop" {
        for steps in &mut sessions {
            steps.push(well("QUIT"));
        }
    }
    sessions
}

/// Sessions with Exim's built-in rejects. Only failed authentications are logged with a code.
fn builtin_rejects() -> Vec<Vec<Step>> {
    let no = |said: &str| (said.to_owned(), Unrecorded);
    let noted = |said: &str| (said.to_owned(), Recorded);
    let large = format!(
        "Subject: large\r\n\r\n{}.",
        "four words and 421\r\n".repeat(2000)
    );
    vec![
        vec![
            no("EHLO not_a_name!"),
            no("MAIL FROM:<early@example.net>"),
            well("EHLO client.example.org"),
            no("RCPT TO:<known@local.example.com>"),
            no("DATA"),
            no("MAIL TO:<x>"),
            no("FROB 421"),
            no("VRFY known"),
            no("EXPN known"),
            no("ETRN #known"),
            no("MAIL FROM:<large@example.net> SIZE=30000"),
            no("MAIL FROM:<nodomain>"),
            well("MAIL FROM:<news@example.net>"),
            no("RCPT TO:<nodomain>"),
            no("RCPT TO:<someone@elsewhere.example.net>"),
            no("RCPT TO:<unknown-550@local.example.com>"),
            well("RCPT TO:<known@local.example.com>"),
            well("DATA"),
            (large, Unrecorded),
            well("QUIT"),
        ],
        vec![
            well("EHLO client.example.org"),
            well("MAIL FROM:<watched@example.net>"),
            well("RCPT TO:<known@local.example.com>"),
            no("RCPT TO:<unknown-421@local.example.com>"),
            well("DATA"),
            well(CONTENT),
            well("MAIL FROM:<>"),
            well("RCPT TO:<other@local.example.com>"),
            well("DATA"),
            well(CONTENT),
            well("QUIT"),
        ],
        // bob with 550 and ann with 421, by the mechanism PLAIN (RFC 4616).
        vec![
            well("EHLO client.example.org"),
            noted("AUTH PLAIN AGJvYgA1NTA="),
            noted("AUTH PLAIN AGFubgA0MjE="),
            noted("AUTH PLAIN !"),
            well("AUTH CRAM-MD5"),
            noted("Ym9iIDU1MA=="),
            no("AUTH UNKNOWN"),
            well("QUIT"),
        ],
    ]
}
