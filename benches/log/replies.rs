//! Replies of remote servers in their usual forms, with the codes that a reader must count and with many
//! other numbers.
//!
//! Placeholders: `{n}` a number, `{id}` a queue id, `{ip}` an address, `{to}` the recipient, `{host}` the
//! remote server.

/// A reply, and what has to be counted for it.
#[derive(Clone, Copy)]
pub struct Reply {
    /// Reply code of the first line.
    pub code: u16,
    /// Enhanced code in the text, or empty.
    pub enhanced: &'static str,
    /// The reply as it is logged: its lines joined with spaces.
    pub text: &'static str,
}

/// Creates a reply.
pub(super) const fn reply(code: u16, enhanced: &'static str, text: &'static str) -> Reply {
    Reply {
        code,
        enhanced,
        text,
    }
}

/// Successful replies with their weights.
pub const ACCEPTED: &[(u64, Reply)] = &[
    (
        30,
        reply(250, "2.0.0", "250 2.0.0 OK  {n} {id}.{n} - gsmtp"),
    ),
    (20, reply(250, "2.0.0", "250 2.0.0 Ok: queued as {id}")),
    (
        15,
        reply(
            250,
            "2.6.0",
            "250 2.6.0 <{id}@{host}> [InternalId={n}421, Hostname={host}] {n} bytes in 0.550, \
             45.{n} KB/sec Queued mail for delivery",
        ),
    ),
    (8, reply(250, "", "250 ok dirdel 2/1")),
    (8, reply(250, "", "250 OK id={id}-0000000{n}-421")),
    (
        5,
        reply(250, "2.0.0", "250 2.0.0 {id} Message accepted for delivery"),
    ),
    (3, reply(250, "2.0.0", "250 2.0.0: {id} accepted")),
    (3, reply(250, "", "250 [Filter] OK {n} after 550 messages")),
    (
        3,
        reply(
            250,
            "",
            "250 Requested mail action okay, completed: id={id}",
        ),
    ),
    (
        1,
        reply(
            251,
            "2.1.5",
            "251 2.1.5 User not local; will forward, ticket {n}",
        ),
    ),
];

/// Temporary failures with their weights.
pub const DEFERRED: &[(u64, Reply)] = &[
    (
        12,
        reply(
            421,
            "4.7.0",
            "421-4.7.0 [{ip}      15] We see an unusual rate of mail 421-4.7.0 from your address. \
             To keep our 550 million users 421-4.7.0 safe, mail from it is slowed down for now. \
             421 4.7.0 {id}.{n} - gsmtp",
        ),
    ),
    (
        6,
        reply(
            421,
            "4.7.28",
            "421 4.7.28 Mail from {ip} is rate limited, see RFC 5321 4.2.1 ({n})",
        ),
    ),
    (
        6,
        reply(
            421,
            "4.7.0",
            "421 4.7.0 [TSS04] Messages from {ip} deferred - 4.16.55.1; see 554 in our help",
        ),
    ),
    (
        4,
        reply(
            421,
            "",
            "421 Too many connections (110) from {ip}, limit 50",
        ),
    ),
    (3, reply(421, "", "421 HL:REP {host},{id}_{n}--.552S2 {n}")),
    (
        5,
        reply(
            422,
            "",
            "422 The mailbox of {to} is over its storage limit (5368709120 of 5368709120)",
        ),
    ),
    (
        2,
        reply(
            432,
            "4.3.2",
            "432 4.3.2 Concurrent connections limit exceeded [Hostname={host}]",
        ),
    ),
    (
        12,
        reply(
            450,
            "4.2.0",
            "450 4.2.0 <{to}>: Recipient address rejected: Greylisted for 300 seconds",
        ),
    ),
    (
        5,
        reply(
            450,
            "4.2.1",
            "450 4.2.1 This user gets mail too quickly. Try again in 451 s. {id} - gsmtp",
        ),
    ),
    (
        2,
        reply(
            450,
            "5.1.1",
            "450 5.1.1 Mailbox is disabled for now, since day 550",
        ),
    ),
    (2, reply(450, "", "450 MI:CCL {host},{n}")),
    (
        6,
        reply(
            451,
            "4.7.650",
            "451 4.7.650 The mail server [{ip}] has been limited for {n} s. (S775) [{host}]",
        ),
    ),
    (
        5,
        reply(
            451,
            "4.7.1",
            "451 4.7.1 Greylisting in action, please come back in 00:04:21",
        ),
    ),
    (
        3,
        reply(
            451,
            "4.3.0",
            "451 4.3.0 Error: queue file write error 28 of 550",
        ),
    ),
    (
        2,
        reply(
            451,
            "",
            "451 DT:SPM {host},{id} {n}, please try again 15min later",
        ),
    ),
    (
        1,
        reply(451, "4.3.0", "451 write error or disk full (#4.3.0)"),
    ),
    (
        5,
        reply(
            452,
            "4.2.2",
            "452-4.2.2 The inbox of <{to}> is out of space. 452-4.2.2 Please ask them to free some \
             of their 15360 MB. 452 4.2.2 {id}.{n} - gsmtp",
        ),
    ),
    (
        2,
        reply(
            452,
            "",
            "452 Too many recipients this hour (limit 100, 421 seen)",
        ),
    ),
    (
        1,
        reply(452, "4.2.1", "452 sorry, mailbox disabled. (#4.2.1)"),
    ),
];

/// Permanent failures with their weights.
pub const REFUSED: &[(u64, Reply)] = &[
    (
        14,
        reply(
            550,
            "5.1.1",
            "550-5.1.1 The address <{to}> that you tried does not 550-5.1.1 exist. Look for \
             typing errors or blanks. 550 5.1.1 421 {id}.{n} - gsmtp",
        ),
    ),
    (
        8,
        reply(
            550,
            "5.1.1",
            "550 5.1.1 <{to}>: Recipient address rejected: User unknown in table 421",
        ),
    ),
    (
        8,
        reply(
            550,
            "5.7.1",
            "550-5.7.1 [{ip}      12] Our system finds that this message is 550-5.7.1 likely spam. \
             To keep spam low it has been 550-5.7.1 blocked. 550 5.7.1 {id}.{n} - gsmtp",
        ),
    ),
    (
        4,
        reply(550, "5.1.0", "550 #5.1.0 Address rejected, {n} tries"),
    ),
    (
        3,
        reply(
            550,
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; {to} not found, 421 looked at",
        ),
    ),
    (
        3,
        reply(
            550,
            "",
            "550 Requested action not taken: mailbox unavailable {id}",
        ),
    ),
    (
        6,
        reply(
            552,
            "5.2.2",
            "552 5.2.2 <{to}>: Quota exceeded (mailbox of 450 MB holds 451 MB)",
        ),
    ),
    (
        2,
        reply(
            552,
            "5.1.1",
            "552 Transaction failed, remote said \"550 No such user\" (#5.1.1)",
        ),
    ),
    (
        2,
        reply(552, "5.3.4", "552 5.3.4 Message size exceeds 26214400"),
    ),
    (
        3,
        reply(
            553,
            "5.1.8",
            "553 5.1.8 <{to}>... Domain of sender address does not exist",
        ),
    ),
    (
        8,
        reply(
            554,
            "5.7.1",
            "554 5.7.1 Service unavailable; [{ip}] is on list 421 of example.org",
        ),
    ),
    (
        3,
        reply(
            554,
            "",
            "554 delivery error: this user has 550 messages [-5] - {host}",
        ),
    ),
    (
        1,
        reply(
            571,
            "5.7.1",
            "571 5.7.1 Delivery not authorized, code 550 of {n}",
        ),
    ),
];

/// Replies sent instead of a greeting, with their weights.
pub const NOT_GREETED: &[(u64, Reply)] = &[
    (
        5,
        reply(
            421,
            "4.7.0",
            "421 4.7.0 {host} Error: too many connections from {ip}",
        ),
    ),
    (
        2,
        reply(
            421,
            "4.3.2",
            "421 4.3.2 Service not available, 450 sessions of 450 in use",
        ),
    ),
    (2, reply(450, "4.3.2", "450 4.3.2 try again in {n} s")),
    (
        2,
        reply(
            554,
            "",
            "554-{host} 554 Your access to this mail system has been refused, {n}",
        ),
    ),
    (
        1,
        reply(
            554,
            "5.7.1",
            "554-{host} 554 5.7.1 Your address {ip} is listed, see 421",
        ),
    ),
];
