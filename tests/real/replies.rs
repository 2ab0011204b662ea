//! Replies of remote servers in their usual forms.

use crate::remote::Reply;

/// A reply: code, enhanced code, and the text as sent.
pub const fn reply(code: u16, enhanced: &'static str, wire: &'static str) -> Reply {
    Reply {
        code,
        enhanced,
        wire,
    }
}

/// Replies of all forms: standard and non-standard codes, single-line and multi-line; enhanced codes at the
/// start, at the end, with a hash sign, or missing; texts with many other numbers.
pub const REPLIES: [Reply; 40] = [
    reply(420, "", "420 TCP write error 550"),
    reply(
        421,
        "4.7.0",
        "421 4.7.0 Try again later, closing connection.",
    ),
    reply(
        421,
        "",
        "421 Too many connections (10) from 192.0.2.1 in 60 s",
    ),
    reply(
        421,
        "4.7.28",
        "421-4.7.28 Our system has detected an unusual rate of mail\n421-4.7.28 from 192.0.2.1, see RFC 5321 4.2.1\n421 4.7.28 550 messages - gsmtp",
    ),
    reply(422, "4.2.2", "422 4.2.2 Mailbox full 100% of 550 MB"),
    reply(422, "", "422 Recipient mailbox has exceeded storage limit"),
    reply(431, "4.3.1", "431 4.3.1 Not enough disk space"),
    reply(
        432,
        "4.3.2",
        "432 4.3.2 STOREDRV.Deliver; recipient thread limit 452 exceeded",
    ),
    reply(441, "", "441 4 hosts, 1 answer"),
    reply(442, "", "442 Connection dropped after 5.1.1 seconds"),
    reply(446, "", "446 Too many hops: 25"),
    reply(447, "", "447 Timed out"),
    reply(449, "", "449 Routing error 550 5.1.1"),
    reply(
        450,
        "4.2.1",
        "450 4.2.1 The user is receiving mail at a rate of 550 a second",
    ),
    reply(450, "", "450 Mailbox busy"),
    reply(450, "5.1.1", "450 5.1.1 Unknown user, for now"),
    reply(
        451,
        "4.7.1",
        "451 4.7.1 Greylisted, try again in 300 seconds",
    ),
    reply(
        451,
        "4.7.650",
        "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited (S775) 550",
    ),
    reply(452, "4.2.1", "452 sorry, mailbox disabled. (#4.2.1)"),
    reply(
        452,
        "4.2.2",
        "452-4.2.2 The recipient's inbox is out of storage\n452 4.2.2 space. 550 5.1.1",
    ),
    reply(454, "4.7.0", "454 4.7.0 Temporary authentication failure"),
    reply(471, "", "471 Local filter 550"),
    reply(500, "5.5.2", "500 5.5.2 Syntax error in line 421"),
    reply(501, "5.1.7", "501 5.1.7 Bad sender address"),
    reply(510, "", "510 Bad address"),
    reply(513, "", "513 Relaying denied 550-421"),
    reply(521, "5.3.2", "521 5.3.2 This host takes no mail"),
    reply(523, "5.2.3", "523 5.2.3 Longer than 10240000"),
    reply(530, "5.7.0", "530 5.7.0 Authentication required"),
    reply(541, "", "541 Rejected by policy 4.7.1"),
    reply(550, "5.1.1", "550 5.1.1 No such user - 421 4.7.0"),
    reply(550, "5.1.0", "550 #5.1.0 Address rejected."),
    reply(
        550,
        "",
        "550 Requested action not taken; RFC 5321 4.2.1; ask 192.0.2.1",
    ),
    reply(
        550,
        "5.7.1",
        "550-5.7.1 [192.0.2.1      12] Our system has detected that\n550-5.7.1 this message is likely 421 4.7.0 mail\n550 5.7.1 more. x1si550 - gsmtp",
    ),
    reply(551, "", "551 User not local (450)"),
    reply(
        552,
        "5.1.1",
        "552 Transaction failed, remote said \"550 No such user\" (#5.1.1)",
    ),
    reply(552, "5.2.2", "552 5.2.2 Over quota, 421 MB of 420 MB"),
    reply(
        553,
        "",
        "553 sorry, that domain isn't in my list of allowed rcpthosts",
    ),
    reply(
        554,
        "",
        "554-mx.example.net\n554 Your access has been rejected, 450",
    ),
    reply(571, "5.7.1", "571 5.7.1 Delivery not authorized"),
];
