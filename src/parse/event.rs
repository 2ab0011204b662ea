//! What a log line can say: an event, a fact worth counting, or nothing that is known. Every dialect
//! fills these types, and everything behind the parser reads them. Texts borrow from the line; nothing
//! here allocates.

use std::num::{NonZeroU32, NonZeroU64};

use crate::catalog::{ConditionId, ProviderId};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::scan::split;
use crate::parse::{ConnectError, Direction, Enhanced, Outcome, Stage, Stamp};

/// The part of a mail server that wrote a line, as it was configured: Postfix's `submission/smtpd` is the
/// agent `smtpd` of the instance `submission`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service<'a> {
    /// Which part of which mail server.
    pub agent: Agent,
    /// The administrator's name for it; empty for the default instance. It comes from the log, so whoever
    /// makes a label of it has to bound it.
    pub instance: &'a [u8],
}

impl Service<'_> {
    /// The default instance of an agent.
    pub const fn of(agent: Agent) -> Self {
        Service {
            agent,
            instance: b"",
        }
    }
}

/// How long the stages of a delivery took, in microseconds (Postfix's `delay=` and `delays=a/b/c/d`, Exim's
/// `QT=` and `DT=`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// From the message's arrival to this record.
    pub total: Option<u64>,
    /// How long its stages took.
    pub stages: StageDelays,
}

/// How long the stages of a delivery took, in microseconds, as far as the mail server logs them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StageDelays {
    /// It logs none.
    #[default]
    None,
    /// Before the queue manager, in the queue manager, connection setup, transmission.
    All([u64; 4]),
    /// Transmission only.
    Transmission(u64),
}

/// One reply, one delivery or one failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The part of the mail server that wrote the line.
    pub service: Service<'a>,
    /// The message's queue id; empty if the line has none.
    pub queue_id: &'a [u8],
    /// Who answered whom.
    pub direction: Direction,
    /// How it ended.
    pub outcome: Outcome,
    /// The reply code that this line counts, 200 to 599, or 101 or 111 for a connection that could
    /// not be opened. `None` where a line repeats what another one counts.
    pub code: Option<u16>,
    /// The enhanced status code in the reply's own text.
    pub enhanced: Option<Enhanced>,
    /// The mail server's own delivery status code (`dsn=`).
    pub dsn: Option<Enhanced>,
    /// What went wrong with the connection.
    pub connect_error: Option<ConnectError>,
    /// True where the line only repeats a failure that another line counts: a delivery record after its
    /// connection attempt, a suspended delivery.
    pub duplicate: bool,
    /// True where the mail server may write the same record to another of its logs, as Exim does with
    /// rejects. The reader then counts the record once.
    pub mirrored: bool,
    /// The other side as the line names it, `name[address]` or `name [address]`; empty if unknown.
    pub host: &'a [u8],
    /// The sender's address; empty if unknown or the null sender.
    pub sender: &'a [u8],
    /// The recipient's address; empty if unknown.
    pub recipient: &'a [u8],
    /// The reason in the words of the line: the reply's text or the mail server's own.
    pub text: &'a [u8],
    /// The SMTP stage at which our server rejected; for [`Outcome::Rejected`].
    pub stage: Option<Stage>,
    /// How long it took.
    pub delays: Delays,
    /// Why it failed, as one of the catalog's conditions; `None` where nothing failed.
    pub condition: Option<ConditionId>,
    /// Who runs the other side.
    pub provider: ProviderId,
}

/// Something worth counting on a line that is no reply and no delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact<'a> {
    /// A client connected.
    Connected(Service<'a>),
    /// A client disconnected without QUIT, or was too slow.
    ConnectionLost(Service<'a>, Stage),
    /// A client's SASL authentication failed.
    AuthFailed(Service<'a>),
    /// A TLS session was established.
    TlsEstablished(Service<'a>, Direction),
    /// A message got its queue file; its size follows in [`Fact::Queued`].
    Received {
        /// The message's queue id.
        queue_id: &'a [u8],
    },
    /// A message became active in the queue: for the first time or again.
    Queued {
        /// The message's queue id.
        queue_id: &'a [u8],
        /// Bytes.
        size: u64,
        /// Recipients.
        recipients: u64,
        /// Whether this log has [`Fact::Received`] lines at all; where it has none, each line counts.
        after_receipt: bool,
    },
    /// A message was accepted, and the line tells its size.
    Accepted {
        /// The part of the mail server that accepted it.
        service: Service<'a>,
        /// Bytes, if logged.
        size: Option<NonZeroU64>,
        /// Recipients, if logged.
        recipients: Option<NonZeroU32>,
        /// Whether it came over TLS.
        tls: bool,
    },
}

/// What one line is. Every line is exactly one of the three.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a, 'e> {
    /// A reply, a delivery or a failed attempt. The event stays where its parser built it: it is large,
    /// and returning it would copy it from function to function.
    Event(&'e mut Event<'a>),
    /// A known form that is neither a reply nor a delivery.
    Noise(Option<Fact<'a>>),
    /// A mail server's line of an unknown form, or no log line at all.
    Unmatched,
}

/// Receives lines as they are read, in their order.
pub trait Visitor<'a> {
    /// One line. `time` is the line's own; a visitor may complete the event.
    fn visit(&mut self, time: Option<Stamp>, line: Line<'a, '_>);
}

impl<'a> Event<'a> {
    /// An event of which no more is known yet.
    #[inline]
    pub(crate) fn new(service: Service<'a>, direction: Direction, outcome: Outcome) -> Self {
        Event {
            service,
            queue_id: b"",
            direction,
            outcome,
            code: None,
            enhanced: None,
            dsn: None,
            connect_error: None,
            duplicate: false,
            mirrored: false,
            host: b"",
            sender: b"",
            recipient: b"",
            text: b"",
            stage: None,
            delays: Delays::default(),
            condition: None,
            provider: ProviderId::OTHER,
        }
    }

    /// The mail server that wrote the line.
    pub fn mta(&self) -> Mta {
        self.service.agent.mta()
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
            Some((name, _)) => name.strip_suffix(b" ").unwrap_or(name),
            None => self.host,
        }
    }
}
