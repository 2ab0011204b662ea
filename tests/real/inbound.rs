//! Postfix as a server: clients that are refused at every stage of a session.
//!
//! What our client hears is the truth, for every refusal whose code Postfix logs. To commands that
//! are unknown or out of order it replies without a record, and where a message's content is
//! refused by header and body checks the record has no code: nothing is counted then.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::client::Client;
use crate::truth::Truth;

/// Settings behind the usual ones.
pub const MAIN: &str = "\
relay_domains = relay.example.com
relay_transport = discard:quietly
smtpd_authorized_xclient_hosts = 127.0.0.0/8
message_size_limit = 20000
";

/// Services behind the usual ones: one port for each kind of policy.
pub const MASTER: &str = "\
127.0.0.1:10026 inet n - n - - smtpd
 -o smtpd_client_restrictions=check_client_access,texthash:{folder}/clients
 -o smtpd_delay_reject=no
127.0.0.1:10029 inet n - n - - smtpd
 -o smtpd_client_restrictions=reject
 -o smtpd_delay_reject=no
127.0.0.1:10027 inet n - n - - smtpd
 -o mynetworks=192.0.2.77
 -o smtpd_delay_reject=no
 -o smtpd_helo_required=yes
 -o smtpd_helo_restrictions=reject_invalid_helo_hostname,reject_non_fqdn_helo_hostname,check_helo_access,texthash:{folder}/helo
 -o smtpd_sender_restrictions=reject_non_fqdn_sender,check_sender_access,texthash:{folder}/senders
 -o smtpd_recipient_restrictions=check_recipient_access,texthash:{folder}/recipients,reject_unauth_destination
 -o smtpd_data_restrictions=check_sender_access,texthash:{folder}/at-data
 -o smtpd_end_of_data_restrictions=check_sender_access,texthash:{folder}/at-end
127.0.0.1:10028 inet n - n - - smtpd
 -o smtpd_recipient_limit=2
 -o smtpd_reject_unlisted_recipient=yes
 -o local_recipient_maps=texthash:{folder}/local
 -o cleanup_service_name=checks
checks unix n - n - 0 cleanup
 -o header_checks=regexp:{folder}/headers
 -o body_checks=regexp:{folder}/bodies
";

/// The tables that the settings name.
const TABLES: [(&str, &str); 9] = [
    ("local", "known@local.example.com x\n"),
    (
        "clients",
        "203.0.113.9 REJECT\n\
         203.0.113.10 421 4.7.0 Too many, 550 of 100\n\
         203.0.113.11 521 5.3.2 No mail here\n",
    ),
    (
        "helo",
        "spam.example.net REJECT 550 is no reason\n\
         later.example.net 450 4.7.1 Later (421)\n",
    ),
    (
        "senders",
        "bad@example.net REJECT\n\
         slow@example.net 451 4.7.1 Greylisted 550 s\n\
         plain@example.net 550 no enhanced code, 4 of 5.1.1\n",
    ),
    (
        "recipients",
        "gone@relay.example.com 550 5.1.1 Gone since 421\n\
         full@relay.example.com 452 4.2.2 Full\n\
         defer@relay.example.com DEFER\n\
         watched@relay.example.com WARN watch 550 5.1.1\n\
         info@relay.example.com INFO 550\n\
         hold@relay.example.com HOLD 421 4.7.0\n\
         discard@relay.example.com DISCARD 550\n\
         filter@relay.example.com FILTER discard:450\n\
         redirect@relay.example.com REDIRECT known@local.example.com\n",
    ),
    ("at-data", "data@example.net 554 5.7.1 Not with DATA\n"),
    (
        "at-end",
        "end@example.net 450 4.7.1 Not after the end 550\n",
    ),
    (
        "headers",
        "/^Subject: casino/ REJECT 550 casinos a day\n\
         /^Subject: later/ REJECT 4.7.0 later\n\
         /^X-Watched:/ WARN seen 421\n\
         /^X-Noted:/ INFO seen 550\n\
         /^X-Old:/ REPLACE X-New: 550\n\
         /^X-Extra:/ PREPEND X-More: 450\n\
         /^X-Secret:/ IGNORE\n\
         /^Subject: gone/ DISCARD 550\n",
    ),
    ("bodies", "/buy 421 pills/ REJECT\n"),
];

/// Writes the tables that the settings name.
pub fn write_tables(folder: &Path) -> Result<()> {
    for (name, text) in TABLES {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// What a client does, and what comes of it.
enum Step {
    /// A command that is answered well.
    Well(&'static str),
    /// A command that is refused, with a record.
    Refused(&'static str),
    /// A command that is refused without one.
    Silently(&'static str),
    /// A message's content, refused with a record.
    ContentRefused(&'static str),
    /// A message's content, refused by the content checks, whose record has no reply code.
    ContentChecked(&'static str),
    /// A message's content, answered well.
    ContentWell(&'static str),
    /// More content than the server takes, refused with a warning that has no reply code.
    TooLarge,
}

use Step::{ContentChecked, ContentRefused, ContentWell, Refused, Silently, TooLarge, Well};

/// A session: the port, who the client claims to be, whether the greeting after that claim is
/// refused, and what it says.
type Session = (u16, &'static str, bool, &'static [Step]);

const SESSIONS: &[Session] = &[
    // Refused at CONNECT; Postfix then repeats the refusal for what follows.
    (10029, "", true, &[Silently("EHLO client.example.org")]),
    (10026, "203.0.113.9", true, &[]),
    (10026, "203.0.113.10", true, &[]),
    (10026, "203.0.113.11", true, &[]),
    (
        10027,
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
            // Without a size Postfix would still hold the last one against us.
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
        10027,
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
    // What an access table does beside refusing is no reply.
    (
        10027,
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
    // Too many recipients, too much text and ETRN for a stranger are refused without a record.
    (
        10028,
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
        10028,
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
];

/// Holds every session; what was refused goes into the truth. `folder` gets the transcript.
pub fn hold_sessions(truth: &Truth, folder: &Path) -> Result<()> {
    let mut transcript = String::new();
    for (port, address, refused, steps) in SESSIONS {
        let mut client = Client::connect(&format!("127.0.0.1:{port}"))?;
        let mut hear = |step: &str, answer: crate::client::Answer, refused, recorded| {
            transcript.push_str(&format!("{step}\n    {}\n", answer.text));
            if (answer.code >= 400) != refused {
                return Err(format!("{step:?} was answered with {answer:?}"));
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
    // Of all that was taken one message was neither discarded by a rule nor put on hold.
    truth.delivery("sent", 1);
    fs::write(folder.join("transcript"), transcript)?;
    Ok(())
}
