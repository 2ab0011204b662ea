//! Postfix as a server: clients that are rejected at every stage of a session.
//!
//! The replies that the client receives are the expected counts, for every reject whose code Postfix logs.
//! Replies to unknown or out-of-order commands are not logged, and rejects by header and body checks are
//! logged without a code: these are not counted.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::client::{Answer, Client};
use crate::truth::Truth;

/// An action of the client and its expected result.
enum Step {
    /// A command that succeeds.
    Well(&'static str),
    /// A command that is rejected and logged.
    Refused(&'static str),
    /// A command that is rejected without a log record.
    Silently(&'static str),
    /// A message's content, rejected and logged.
    ContentRefused(&'static str),
    /// A message's content, rejected by the content checks and logged without a reply code.
    ContentChecked(&'static str),
    /// A message's content that is accepted.
    ContentWell(&'static str),
    /// Content above the size limit, rejected with a warning without a reply code.
    TooLarge,
}

use Step::{ContentChecked, ContentRefused, ContentWell, Refused, Silently, TooLarge, Well};

/// A session: the server's address, the client address claimed with XCLIENT, whether the greeting after
/// XCLIENT is rejected, and the steps.
type Session = (&'static str, &'static str, bool, &'static [Step]);

const SESSIONS: &[Session] = &[
    // Rejected at CONNECT; Postfix then repeats the reject for the following commands.
    (
        "127.0.0.1:10029",
        "",
        true,
        &[Silently("EHLO client.example.org")],
    ),
    ("127.0.0.1:10026", "203.0.113.9", true, &[]),
    ("127.0.0.1:10026", "203.0.113.10", true, &[]),
    ("127.0.0.1:10026", "203.0.113.11", true, &[]),
    (
        "127.0.0.1:10027",
        "203.0.113.20",
        false,
        &[
            Refused("EHLO not_a_name!"),
            Refused("EHLO short"),
            Refused("HELO spam.example.net"),
            Refused("HELO later.example.net"),
            Well("EHLO client.example.org"),
            Refused("MAIL FROM:<user@nodots>"),
            Refused("MAIL FROM:<bad@example.net>"),
            Refused("MAIL FROM:<slow@example.net>"),
            Refused("MAIL FROM:<plain@example.net>"),
            Refused("MAIL FROM:<large@example.net> SIZE=30000"),
            Silently("RCPT TO:<early@relay.example.com>"),
            Silently("FROB 421"),
            Silently("MAIL TO:<x>"),
            // Without SIZE, Postfix would still apply the previous one.
            Well("MAIL FROM:<news@example.net> SIZE=100"),
            Refused("RCPT TO:<someone@elsewhere.example.net>"),
            Refused("RCPT TO:<gone@relay.example.com>"),
            Refused("RCPT TO:<full@relay.example.com>"),
            Refused("RCPT TO:<defer@relay.example.com>"),
            Silently("DATA"),
            Well("RSET"),
            Well("QUIT"),
        ],
    ),
    (
        "127.0.0.1:10027",
        "203.0.113.21",
        false,
        &[
            Well("EHLO client.example.org"),
            Well("MAIL FROM:<data@example.net>"),
            Well("RCPT TO:<watched@relay.example.com>"),
            Refused("DATA"),
            Well("RSET"),
            Well("MAIL FROM:<end@example.net>"),
            Well("RCPT TO:<one@relay.example.com>"),
            ContentRefused("a message"),
            Well("QUIT"),
        ],
    ),
    // Actions of an access table other than rejects are not replies.
    (
        "127.0.0.1:10027",
        "203.0.113.23",
        false,
        &[
            Well("EHLO client.example.org"),
            Well("MAIL FROM:<news@origin.example.org>"),
            Well("RCPT TO:<info@relay.example.com>"),
            Well("RCPT TO:<discard@relay.example.com>"),
            ContentWell("a message"),
            Well("MAIL FROM:<news@origin.example.org>"),
            Well("RCPT TO:<filter@relay.example.com>"),
            ContentWell("a message"),
            Well("MAIL FROM:<news@origin.example.org>"),
            Well("RCPT TO:<hold@relay.example.com>"),
            Well("RCPT TO:<redirect@relay.example.com>"),
            ContentWell("a message"),
            Well("QUIT"),
        ],
    ),
    // Too many recipients, too much content and ETRN from a foreign client are rejected without a record.
    (
        "127.0.0.1:10028",
        "203.0.113.24",
        false,
        &[
            Well("EHLO client.example.org"),
            Well("MAIL FROM:<news@origin.example.org>"),
            Well("RCPT TO:<known@local.example.com>"),
            Well("RCPT TO:<known@local.example.com>"),
            Silently("RCPT TO:<known@local.example.com>"),
            TooLarge,
            Well("VRFY known@local.example.com"),
            Refused("VRFY unknown-550@local.example.com"),
            Silently("ETRN elsewhere.example.com"),
            Well("QUIT"),
        ],
    ),
    (
        "127.0.0.1:10028",
        "203.0.113.22",
        false,
        &[
            Well("EHLO client.example.org"),
            Well("MAIL FROM:<news@origin.example.org>"),
            Refused("RCPT TO:<unknown-550@local.example.com>"),
            Refused("RCPT TO:<unknown-421@local.example.com>"),
            Well("RSET"),
            Well("MAIL FROM:<news@origin.example.org>"),
            Well("RCPT TO:<known@local.example.com>"),
            ContentChecked("Subject: casino 421\r\n\r\nno"),
            Well("MAIL FROM:<news@origin.example.org>"),
            Well("RCPT TO:<known@local.example.com>"),
            ContentChecked("Subject: later\r\n\r\nno"),
            Well("MAIL FROM:<news@origin.example.org>"),
            Well("RCPT TO:<known@local.example.com>"),
            ContentChecked("Subject: hello\r\n\r\nbuy 421 pills"),
            Well("MAIL FROM:<>"),
            Well("RCPT TO:<known@local.example.com>"),
            ContentWell(
                "X-Watched: 1\r\nX-Noted: 2\r\nX-Old: 3\r\nX-Extra: 4\r\nX-Secret: 5\r\nSubject: gone 550\r\n\r\nyes",
            ),
            Well("QUIT"),
        ],
    ),
    // A milter's text is the reply; at the end of the message its record has no code.
    (
        "127.0.0.1:10030",
        "203.0.113.25",
        false,
        &[
            Well("EHLO client.example.org"),
            Refused("MAIL FROM:<milter-reject@example.net>"),
            Refused("MAIL FROM:<milter-tempfail@example.net>"),
            Well("MAIL FROM:<news@example.net>"),
            Refused("RCPT TO:<milter-550@relay.example.com>"),
            Well("RCPT TO:<milter-at-end@relay.example.com>"),
            ContentChecked("a message"),
            Well("MAIL FROM:<news@example.net>"),
            // Postfix closes the connection after a 421.
            Refused("RCPT TO:<milter-421@relay.example.com>"),
        ],
    ),
    // A failed authentication is logged without the reply; it has a separate counter.
    (
        "127.0.0.1:10032",
        "",
        false,
        &[
            Well("EHLO client.example.org"),
            Silently("AUTH PLAIN AGJvYgA1NTA="),
            Silently("AUTH PLAIN AGJvYgA0MjE="),
            Well("QUIT"),
        ],
    ),
    // postscreen: a client on its blocklist, then an unknown client that passes for the first time.
    (
        "192.0.2.10:10031",
        "",
        false,
        &[
            Well("EHLO client.example.org"),
            Well("MAIL FROM:<news@example.net>"),
            Refused("RCPT TO:<one@relay.example.com>"),
            Refused("RCPT TO:<two@relay.example.com>"),
            Well("QUIT"),
        ],
    ),
    (
        "198.51.100.7:10031",
        "",
        false,
        &[
            Well("EHLO client.example.org"),
            Well("MAIL FROM:<news@example.net>"),
            Refused("RCPT TO:<one@relay.example.com>"),
            Well("QUIT"),
        ],
    ),
];

/// Number of failed authentications in the sessions.
pub const AUTH_FAILURES: u64 = 2;

/// Runs every session and records the rejects in the expected counts. The transcript is written to `folder`.
pub fn hold_sessions(truth: &Truth, folder: &Path) -> Result<()> {
    let mut transcript = String::new();
    for (server, address, refused, steps) in SESSIONS {
        let mut client = Client::connect(server)?;
        let mut hear = |step: &str, answer: Answer, refused, recorded| {
            transcript.push_str(&format!("{step}\n    {}\n", answer.text));
            if (answer.code >= 400) != refused {
                return Err(format!("unexpected reply to {step:?}: {answer:?}"));
            }
            if refused && recorded {
                truth.reply("inbound", answer.code, &answer.enhanced, 1);
            }
            Ok(())
        };
        if address.is_empty() {
            hear("CONNECT", client.answer()?, *refused, true)?;
        } else {
            client.answer()?;
            client.must("EHLO proxy.example.com")?;
            let claim = format!("XCLIENT ADDR={address} NAME=client.example.org");
            hear(&claim, client.ask(&claim)?, *refused, true)?;
        }
        for step in *steps {
            match step {
                Well(line) => hear(line, client.ask(line)?, false, false)?,
                Refused(line) => hear(line, client.ask(line)?, true, true)?,
                Silently(line) => hear(line, client.ask(line)?, true, false)?,
                ContentRefused(text) => hear(text, client.content(text)?, true, true)?,
                ContentChecked(text) => hear(text, client.content(text)?, true, false)?,
                TooLarge => {
                    let text = "four words and 421\r\n".repeat(2000);
                    hear("too large", client.content(&text)?, true, false)?;
                }
                ContentWell(text) => hear(text, client.content(text)?, false, false)?,
            }
        }
    }
    // Exactly one accepted message was neither discarded by a rule nor put on hold.
    truth.delivery("sent", 1);
    fs::write(folder.join("transcript"), transcript)?;
    Ok(())
}
