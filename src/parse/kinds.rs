//! The enumerations used in events: direction, outcome, connection error and stage, each with its label value on
//! `/metrics` and a dense index for tables. Also the enhanced status code and the time stamp.

use std::fmt;

/// Who answered whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// A server replied to our SMTP client. This includes content filters on the loopback interface.
    Outbound,
    /// Our server replied to a client.
    Inbound,
    /// Delivery to local storage: LMTP, local, virtual, pipe.
    Local,
}

impl Direction {
    /// All directions, in the order of [`Direction::index`].
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

/// The result of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Delivered, or accepted by the next server.
    Sent,
    /// Kept in the queue; delivery is tried again later.
    Deferred,
    /// Failed permanently; returned to the sender.
    Bounced,
    /// Returned to the sender after the maximum time in the queue.
    Expired,
    /// Our own server rejected a client's command or message; not a delivery.
    Rejected,
    /// An attempt that is not final: another host is tried next, or an address was only verified.
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

    /// Every outcome.
    pub const ALL: [Outcome; 6] = [
        Outcome::Sent,
        Outcome::Deferred,
        Outcome::Bounced,
        Outcome::Expired,
        Outcome::Rejected,
        Outcome::Attempt,
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

/// Why a connection could not be opened, or was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectError {
    /// `ECONNREFUSED`.
    Refused,
    /// Timeout, before or after the connection was established.
    TimedOut,
    /// No route to the host or its network.
    Unreachable,
    /// The host name could not be resolved.
    Dns,
    /// The remote host closed the connection.
    Reset,
    /// The TLS handshake failed, or TLS was required and not available.
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

    /// The code to count for a connection that could not be opened: 111 or 101 (rows of the reference table). `None` for
    /// what fails only after the connection was opened.
    #[inline]
    pub fn code(self) -> Option<u16> {
        match self {
            ConnectError::Refused => Some(111),
            ConnectError::TimedOut | ConnectError::Unreachable | ConnectError::Dns => Some(101),
            ConnectError::Reset | ConnectError::Tls | ConnectError::Other => None,
        }
    }

    /// A dense number, for tables.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// The SMTP stage at which our own server rejected a command, or at which the connection was lost.
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

/// A point in time: the time stamp of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds within the second, 0 to 999,999,999.
    pub nanos: u32,
}
