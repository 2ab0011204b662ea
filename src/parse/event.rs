//! What a log line can say: the vocabulary that every parser fills and everything behind it reads.
//!
//! It stands apart from the parsers so that a new mail server adds a file and no word here, and
//! from the metrics so that a line can be understood without being counted. Texts borrow from the
//! line; nothing here allocates.

use std::fmt;

use crate::catalog::{ConditionId, ProviderId};
use crate::parse::scan::split;

/// The mail server that wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mta {
    /// Postfix, from 2.2 on.
    Postfix,
}

impl Mta {
    /// Every server a parser exists for, in the order of [`Mta::index`].
    pub const ALL: [Mta; 1] = [Mta::Postfix];

    /// The value of the `mta` label.
    pub fn name(self) -> &'static str {
        match self {
            Mta::Postfix => "postfix",
        }
    }

    /// A dense number, for tables.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// The part of a mail server that wrote a line: Postfix's daemon, whatever its `syslog_name`.
///
/// The list is closed, because the name becomes a label and a sender must not be able to add one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// SMTP client.
    Smtp,
    /// LMTP client.
    Lmtp,
    /// SMTP server; submission and smtps too.
    Smtpd,
    /// The SMTP server's gatekeeper.
    Postscreen,
    /// Makes a queue file of a message; header, body and milter checks.
    Cleanup,
    /// Queue manager.
    Qmgr,
    /// Delivery to local mailboxes, aliases and commands.
    Local,
    /// Delivery to virtual mailboxes.
    Virtual,
    /// Delivery to an external command.
    Pipe,
    /// Fails every delivery for good.
    Error,
    /// Fails every delivery for now.
    Retry,
    /// Throws every delivery away.
    Discard,
    /// TLS on behalf of postscreen and of the SMTP client.
    Tlsproxy,
    /// A line that came without the name of the program that wrote it.
    Unknown,
}

impl Service {
    /// Every service, in the order of [`Service::index`].
    pub const ALL: [Service; 14] = [
        Service::Smtp,
        Service::Lmtp,
        Service::Smtpd,
        Service::Postscreen,
        Service::Cleanup,
        Service::Qmgr,
        Service::Local,
        Service::Virtual,
        Service::Pipe,
        Service::Error,
        Service::Retry,
        Service::Discard,
        Service::Tlsproxy,
        Service::Unknown,
    ];

    /// The value of the `service` label.
    pub fn name(self) -> &'static str {
        match self {
            Service::Smtp => "smtp",
            Service::Lmtp => "lmtp",
            Service::Smtpd => "smtpd",
            Service::Postscreen => "postscreen",
            Service::Cleanup => "cleanup",
            Service::Qmgr => "qmgr",
            Service::Local => "local",
            Service::Virtual => "virtual",
            Service::Pipe => "pipe",
            Service::Error => "error",
            Service::Retry => "retry",
            Service::Discard => "discard",
            Service::Tlsproxy => "tlsproxy",
            Service::Unknown => "unknown",
        }
    }

    /// A dense number, for tables.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// Who answered whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// A server answered our SMTP client; a content filter on loopback too.
    Outbound,
    /// Our server answered a client.
    Inbound,
    /// Delivery to a store of ours: LMTP, local, virtual, pipe.
    Local,
}

impl Direction {
    /// The three directions, in the order of [`Direction::index`].
    pub const ALL: [Direction; 3] = [Direction::Outbound, Direction::Inbound, Direction::Local];

    /// The value of the `direction` label.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Outbound => "outbound",
            Direction::Inbound => "inbound",
            Direction::Local => "local",
        }
    }

    /// A dense number, for tables.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Delivered, or handed to the next server.
    Sent,
    /// Kept in the queue, to be tried again.
    Deferred,
    /// Given up at once.
    Bounced,
    /// Given up after the maximal time in the queue.
    Expired,
    /// Our own server said no to a client; not a delivery.
    Rejected,
    /// An attempt that is not the last word: the next host follows, or an address was only probed.
    Attempt,
}

impl Outcome {
    /// The four outcomes that are deliveries, in the order of [`Outcome::delivery_index`].
    pub const DELIVERIES: [Outcome; 4] = [
        Outcome::Sent,
        Outcome::Deferred,
        Outcome::Bounced,
        Outcome::Expired,
    ];

    /// The value of the `status` label, and of `outcome` in `parse`.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Sent => "sent",
            Outcome::Deferred => "deferred",
            Outcome::Bounced => "bounced",
            Outcome::Expired => "expired",
            Outcome::Rejected => "rejected",
            Outcome::Attempt => "attempt",
        }
    }

    /// A dense number for the four outcomes that are deliveries, `None` for the rest.
    pub fn delivery_index(self) -> Option<usize> {
        match self {
            Outcome::Sent | Outcome::Deferred | Outcome::Bounced | Outcome::Expired => {
                Some(self as usize)
            }
            Outcome::Rejected | Outcome::Attempt => None,
        }
    }
}

/// Why a connection did not come about, or did not last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectError {
    /// `ECONNREFUSED`.
    Refused,
    /// No answer in time, before or after the connection stood.
    TimedOut,
    /// No route to the host or its network.
    Unreachable,
    /// No address for the name.
    Dns,
    /// The other side hung up.
    Reset,
    /// The TLS handshake failed, or TLS was required and not to be had.
    Tls,
    /// Anything else, such as a missing Unix-domain socket.
    Other,
}

impl ConnectError {
    /// Every error, in the order of [`ConnectError::index`].
    pub const ALL: [ConnectError; 7] = [
        ConnectError::Refused,
        ConnectError::TimedOut,
        ConnectError::Unreachable,
        ConnectError::Dns,
        ConnectError::Reset,
        ConnectError::Tls,
        ConnectError::Other,
    ];

    /// The value of the `error` label.
    pub fn name(self) -> &'static str {
        match self {
            ConnectError::Refused => "refused",
            ConnectError::TimedOut => "timed_out",
            ConnectError::Unreachable => "unreachable",
            ConnectError::Dns => "dns",
            ConnectError::Reset => "reset",
            ConnectError::Tls => "tls",
            ConnectError::Other => "other",
        }
    }

    /// A dense number, for tables.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// The point of an SMTP session at which our own server said no, or lost its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Before the first command.
    Connect,
    /// HELO or EHLO.
    Helo,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA or BDAT, before the content is complete.
    Data,
    /// After the content.
    EndOfMessage,
    /// VRFY.
    Vrfy,
    /// ETRN.
    Etrn,
    /// Any other command.
    Other,
}

impl Stage {
    /// Every stage, in the order of [`Stage::index`].
    pub const ALL: [Stage; 11] = [
        Stage::Connect,
        Stage::Helo,
        Stage::StartTls,
        Stage::Auth,
        Stage::Mail,
        Stage::Rcpt,
        Stage::Data,
        Stage::EndOfMessage,
        Stage::Vrfy,
        Stage::Etrn,
        Stage::Other,
    ];

    /// The value of the `stage` label.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Connect => "connect",
            Stage::Helo => "helo",
            Stage::StartTls => "starttls",
            Stage::Auth => "auth",
            Stage::Mail => "mail",
            Stage::Rcpt => "rcpt",
            Stage::Data => "data",
            Stage::EndOfMessage => "end_of_message",
            Stage::Vrfy => "vrfy",
            Stage::Etrn => "etrn",
            Stage::Other => "other",
        }
    }

    /// A dense number, for tables.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// An enhanced status code (RFC 3463 section 2): class, subject and detail, such as 4.7.28.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Enhanced {
    /// 2, 4 or 5.
    pub class: u8,
    /// 0 to 999.
    pub subject: u16,
    /// 0 to 999.
    pub detail: u16,
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// An instant, by the line's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds within the second, 0 to 999,999,999.
    pub nanos: u32,
}

/// Where a message's time went, in microseconds: Postfix's `delay=` and `delays=a/b/c/d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// From arrival to now.
    pub total: Option<u64>,
    /// Before the queue manager, in the queue manager, setting up the connection, transmission.
    pub stages: Option<[u64; 4]>,
}

/// One reply, one delivery or one failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Who wrote the line.
    pub mta: Mta,
    /// Which part of it.
    pub service: Service,
    /// The message's name in the queue; empty if the line has none.
    pub queue_id: &'a [u8],
    /// Who answered whom.
    pub direction: Direction,
    /// How it ended.
    pub outcome: Outcome,
    /// The reply code that this line counts, 200 to 599, or 101 or 111 for a connection that could
    /// not be opened. `None` where a line repeats what another one counts.
    pub code: Option<u16>,
    /// The enhanced code in the reply's own text.
    pub enhanced: Option<Enhanced>,
    /// The server's own `dsn=`.
    pub dsn: Option<Enhanced>,
    /// What went wrong with the connection.
    pub connect_error: Option<ConnectError>,
    /// False where the line only repeats a failure that another line counts: a delivery record
    /// after its connect attempt, a suspended delivery.
    pub first_hand: bool,
    /// The other side as the line names it, `name[address]`; empty if unknown.
    pub host: &'a [u8],
    /// The recipient's address; empty if unknown.
    pub recipient: &'a [u8],
    /// Why, in the words of the line: the reply's text or the server's reason.
    pub text: &'a [u8],
    /// Where in the session our server said no; for [`Outcome::Rejected`].
    pub stage: Option<Stage>,
    /// Where the time went.
    pub delays: Delays,
    /// Why, as one of the catalog's classes; `None` where nothing went wrong.
    pub condition: Option<ConditionId>,
    /// Who runs the other side.
    pub provider: ProviderId,
}

/// What is worth counting on a line that tells of no reply and no delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact<'a> {
    /// A client connected.
    Connected(Service),
    /// A client went away without QUIT, or was too slow.
    ConnectionLost(Service, Stage),
    /// A client's SASL authentication failed.
    AuthFailed(Service),
    /// A TLS session was set up.
    TlsEstablished(Service, Direction),
    /// A message got its queue file; its size follows in [`Fact::Queued`].
    Received {
        /// The message's name in the queue.
        queue_id: &'a [u8],
    },
    /// A message became active in the queue: for the first time or again.
    Queued {
        /// The message's name in the queue.
        queue_id: &'a [u8],
        /// Bytes.
        size: u64,
        /// Recipients.
        recipients: u64,
    },
}

/// What one line is. Every line is exactly one of the three.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a, 'e> {
    /// A reply, a delivery or a failed attempt. It lies where the caller wanted it: an event is
    /// large, and would be copied from function to function.
    Event(&'e mut Event<'a>),
    /// Known, and neither a reply nor a delivery.
    Noise(Option<Fact<'a>>),
    /// A mail server's line of a form we do not know, or no log line at all.
    Unmatched,
}

impl<'a> Event<'a> {
    /// An event of which no more is known yet.
    #[inline]
    pub(crate) fn new(service: Service, direction: Direction, outcome: Outcome) -> Self {
        Event {
            mta: Mta::Postfix,
            service,
            queue_id: b"",
            direction,
            outcome,
            code: None,
            enhanced: None,
            dsn: None,
            connect_error: None,
            first_hand: true,
            host: b"",
            recipient: b"",
            text: b"",
            stage: None,
            delays: Delays::default(),
            condition: None,
            provider: ProviderId::OTHER,
        }
    }

    /// The recipient's domain: what follows the last `@`; empty if unknown.
    pub fn domain(&self) -> &'a [u8] {
        memchr::memrchr(b'@', self.recipient).map_or(b"", |at| &self.recipient[at + 1..])
    }

    /// The name of the other side, or its address if it has no name; empty if unknown.
    #[inline]
    pub fn peer(&self) -> &'a [u8] {
        match split(self.host, b'[') {
            Some((name, rest)) if name.is_empty() || name == b"unknown" => {
                split(rest, b']').map_or(rest, |(address, _)| address)
            }
            Some((name, _)) => name,
            None => self.host,
        }
    }
}
