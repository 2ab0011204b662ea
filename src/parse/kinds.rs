//! The fixed values an event can have: direction, outcome, connection error, stage, enhanced status
//! code and time. Each has a name, which is a label value on `/metrics`, and a dense index for tables.

use std::fmt;

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
