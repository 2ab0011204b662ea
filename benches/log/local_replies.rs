//! Replies of the local servers: of the mailbox store to Postfix, and of smtpd to its clients.
//!
//! The placeholders are those of `replies`.

use super::replies::{Reply, reply};

/// LMTP replies of the mailbox store on this host: weight, delivery status and reply.
pub const STORE: &[(u64, (&str, Reply))] = &[
    (
        95,
        (
            "sent",
            reply(250, "2.0.0", "250 2.0.0 <{to}> {id}{n} Saved"),
        ),
    ),
    (
        3,
        (
            "deferred",
            reply(
                452,
                "4.2.2",
                "452 4.2.2 <{to}> Quota exceeded (mailbox for user is full)",
            ),
        ),
    ),
    (
        1,
        (
            "deferred",
            reply(
                451,
                "4.3.0",
                "451 4.3.0 <{to}> Temporary internal error, after 300 s",
            ),
        ),
    ),
    (
        2,
        (
            "bounced",
            reply(
                552,
                "5.2.2",
                "552 5.2.2 <{to}> Quota exceeded (421 of 421 messages)",
            ),
        ),
    ),
    (
        1,
        (
            "bounced",
            reply(550, "5.1.1", "550 5.1.1 <{to}> User does not exist: {n}"),
        ),
    ),
];

/// Rejects of smtpd: weight, stage of the session and reply.
pub const REJECTS: &[(u64, (&str, Reply))] = &[
    (
        30,
        (
            "RCPT",
            reply(
                554,
                "5.7.1",
                "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.example.org; \
             https://www.example.org/query/421?ip={ip}",
            ),
        ),
    ),
    (
        20,
        (
            "RCPT",
            reply(
                450,
                "4.7.25",
                "450 4.7.25 Client host rejected: cannot find your hostname, [{ip}]",
            ),
        ),
    ),
    (
        15,
        (
            "RCPT",
            reply(
                550,
                "5.1.1",
                "550 5.1.1 <{to}>: Recipient address rejected: User unknown in table",
            ),
        ),
    ),
    (
        10,
        (
            "RCPT",
            reply(454, "4.7.1", "454 4.7.1 <{to}>: Relay access denied"),
        ),
    ),
    (
        10,
        (
            "RCPT",
            reply(
                450,
                "4.2.0",
                "450 4.2.0 <{to}>: Recipient address rejected: Greylisted, wait 421 s",
            ),
        ),
    ),
    (
        4,
        (
            "RCPT",
            reply(
                552,
                "5.2.2",
                "552 5.2.2 <{to}>: Recipient address rejected: mailbox full",
            ),
        ),
    ),
    (
        4,
        (
            "MAIL",
            reply(452, "4.3.1", "452 4.3.1 Insufficient system storage"),
        ),
    ),
    (
        3,
        (
            "MAIL",
            reply(552, "5.3.4", "552 5.3.4 Message size exceeds fixed limit"),
        ),
    ),
    (
        4,
        (
            "EHLO",
            reply(
                504,
                "5.5.2",
                "504 5.5.2 <421>: Helo command rejected: need a full name",
            ),
        ),
    ),
    (
        2,
        (
            "HELO",
            reply(
                501,
                "5.5.2",
                "501 5.5.2 <{n}>: Helo command rejected: Invalid name",
            ),
        ),
    ),
    (
        4,
        (
            "CONNECT",
            reply(
                554,
                "5.7.1",
                "554 5.7.1 <{host}[{ip}]>: Client host rejected: Access denied",
            ),
        ),
    ),
    (
        2,
        (
            "DATA",
            reply(
                503,
                "5.5.0",
                "503 5.5.0 <DATA>: Data command rejected: Improper use of pipelining",
            ),
        ),
    ),
    (
        2,
        (
            "STARTTLS",
            reply(
                454,
                "4.7.0",
                "454 4.7.0 TLS not available due to local problem",
            ),
        ),
    ),
    (
        2,
        (
            "VRFY",
            reply(502, "5.5.1", "502 5.5.1 VRFY command is disabled"),
        ),
    ),
    (
        4,
        (
            "END-OF-MESSAGE",
            reply(
                550,
                "5.7.1",
                "550 5.7.1 Blocked by policy 421: score 15.2/5",
            ),
        ),
    ),
    (
        2,
        (
            "END-OF-MESSAGE",
            reply(451, "", "451 Try later, item {n} of 550"),
        ),
    ),
];
