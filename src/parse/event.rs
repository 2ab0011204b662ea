//! The result of parsing a line: an event, noise with or without a countable fact, or unmatched. Every dialect
//! produces these types, and all later stages use them. Texts borrow from the line; nothing here allocates.

use std::num::{NonZeroU32, NonZeroU64};

use crate::catalog::{ConditionId, ProviderId};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::kinds::{ConnectError, Direction, Enhanced, Outcome, Stage, Stamp};
use crate::parse::notices::{Action, Level, PostscreenResult, TlsSession};
use crate::parse::scan::split;
use crate::parse::submitter::Submitter;

/// The configured service that wrote a line: an agent of a mail server, and its instance. Postfix's
/// `submission/smtpd` is the agent `smtpd` of the instance `submission`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service<'a> {
    /// The agent and its mail server.
    pub agent: Agent,
    /// The name given by the administrator; empty for the default instance. It comes from the log, so the number
    /// of distinct values must be bounded before it becomes a label.
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

/// The durations of the stages of a delivery, in microseconds (Postfix's `delay=` and `delays=a/b/c/d`, Exim's
/// `QT=` and `DT=`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// From the arrival of the message to this record.
    pub total: Option<u64>,
    /// The durations of its stages.
    pub stages: StageDelays,
}

/// The durations of the stages of a delivery, in microseconds, as far as the mail server logs them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StageDelays {
    /// No stage is logged.
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
    /// The service that wrote the line.
    pub service: Service<'a>,
    /// The message's queue id; empty if the line has none.
    pub queue_id: &'a [u8],
    /// Who answered whom.
    pub direction: Direction,
    /// The result.
    pub outcome: Outcome,
    /// The reply code to count for this line: 200 to 599, or 101 or 111 for a connection that could not be
    /// opened. `None` if the code is counted for another line.
    pub code: Option<u16>,
    /// The enhanced status code in the text of the reply.
    pub enhanced: Option<Enhanced>,
    /// The delivery status code assigned by the mail server (`dsn=`).
    pub dsn: Option<Enhanced>,
    /// The connection error.
    pub connect_error: Option<ConnectError>,
    /// Whether the failure is counted for another line: a delivery record after its connection attempt, or a
    /// suspended delivery.
    pub duplicate: bool,
    /// Whether the mail server may write the same record to another of its logs, as Exim does with rejects. The
    /// reader then counts the record once.
    pub mirrored: bool,
    /// Whether the mail server may record the same reply or connection error in another of its logs, in a record of
    /// another kind, as Exchange does with replies that its message tracking log repeats. Its code is then counted once.
    pub logged_again: bool,
    /// The remote host as in the line, `name[address]` or `name [address]`; empty if unknown.
    pub host: &'a [u8],
    /// The sender's address; empty if unknown or the null sender.
    pub sender: &'a [u8],
    /// The recipient's address; empty if unknown.
    pub recipient: &'a [u8],
    /// The reason in the line: the text of the reply, or the mail server's own text.
    pub text: &'a [u8],
    /// The SMTP stage of the reject; for [`Outcome::Rejected`].
    pub stage: Option<Stage>,
    /// The level of the diagnostic that reports it; `None` for the usual records.
    pub level: Option<Level>,
    /// The durations of its stages.
    pub delays: Delays,
    /// The condition in the catalog; `None` if nothing failed.
    pub condition: Option<ConditionId>,
    /// The provider that operates the remote host.
    pub provider: ProviderId,
}

/// A countable fact in a line that is neither a reply nor a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact<'a> {
    /// A client connected.
    Connected(Service<'a>),
    /// A connection of a client ended without QUIT, or timed out.
    ConnectionLost(Service<'a>, Stage),
    /// A client's SASL authentication failed; the line is a diagnostic of this level.
    AuthFailed(Service<'a>, Level),
    /// A TLS session was established.
    TlsEstablished(Service<'a>, Direction, TlsSession),
    /// A TLS handshake failed, or TLS was required and not possible. Failures that are events are not facts.
    TlsFailed(Mta, Direction),
    /// Any other diagnostic of a mail server.
    Diagnostic(Mta, Level),
    /// Our own server did something else with a message or command than to accept or reject it.
    Action(Mta, Action),
    /// A result of Postfix's postscreen.
    Postscreen(Service<'a>, PostscreenResult),
    /// A client or a local program submits a message. Its size and sender follow in [`Fact::Queued`]. Messages that the
    /// server makes itself, such as bounces, have no such line.
    Submitted {
        /// The message's queue id; empty if it has none, as before a proxy filter.
        queue_id: &'a [u8],
        /// Who submits it.
        submitter: Submitter<'a>,
    },
    /// A message left the queue: all its deliveries ended.
    Removed {
        /// The message's queue id.
        queue_id: &'a [u8],
    },
    /// A message got its queue file; its size follows in [`Fact::Queued`].
    Received {
        /// The message's queue id.
        queue_id: &'a [u8],
    },
    /// A message became active in the queue, for the first time or again.
    Queued {
        /// The message's queue id.
        queue_id: &'a [u8],
        /// The sender's address; empty for the null sender.
        sender: &'a [u8],
        /// Bytes.
        size: u64,
        /// Recipients.
        recipients: u64,
        /// Whether the stream has [`Fact::Received`] lines. Without them, every activation is counted.
        after_receipt: bool,
    },
    /// A message was accepted, logged with its size.
    Accepted {
        /// The service that accepted it.
        service: Service<'a>,
        /// The message's queue id; empty if the line has none, or if later lines of the message name its sender.
        queue_id: &'a [u8],
        /// The sender's address; empty for the null sender, or without a queue id.
        sender: &'a [u8],
        /// The client as in the line, `name[address]` or `name [address]`; empty if unknown or a local program.
        client: &'a [u8],
        /// The account as which the client is authenticated (RFC 4954); empty if it is not, or not logged here.
        user: &'a [u8],
        /// Bytes, if logged.
        size: Option<NonZeroU64>,
        /// Recipients, if logged.
        recipients: Option<NonZeroU32>,
        /// The TLS session in which it was received; `None` without TLS.
        tls: Option<TlsSession>,
    },
}

/// One parsed line. Every line is exactly one of the three.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a, 'e> {
    /// A reply, a delivery or a failed attempt. By reference, because an event is large, and returning it by
    /// value would copy it from function to function.
    Event(&'e mut Event<'a>),
    /// A line of a known form that is neither a reply nor a delivery.
    Noise(Option<Fact<'a>>),
    /// A line of a mail server of an unknown form, or not a log line.
    Unmatched,
}

/// Receives parsed lines in their order.
pub trait Visitor<'a> {
    /// Called for an event. `time` is the time stamp of the line. A visitor may modify the event.
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'a>);

    /// Called for a line of a known form that is no event.
    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>);

    /// Called for a line of unknown form.
    fn unmatched(&mut self, time: Option<Stamp>);

    /// As [`Visitor::event`], for a line that reports `times` equal events.
    fn event_repeated(&mut self, time: Option<Stamp>, event: &mut Event<'a>, times: u32) {
        let _ = times;
        self.event(time, event);
    }

    /// As [`Visitor::noise`], for a line that reports `times` equal lines.
    fn noise_repeated(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>, times: u32) {
        let _ = times;
        self.noise(time, fact);
    }

    /// Passes a line to the method for it.
    #[cfg_attr(hot_path, inline(always))]
    fn visit(&mut self, time: Option<Stamp>, line: Line<'a, '_>) {
        match line {
            Line::Event(event) => self.event(time, event),
            Line::Noise(fact) => self.noise(time, fact.as_ref()),
            Line::Unmatched => self.unmatched(time),
        }
    }
}

impl<'a> Event<'a> {
    /// An event without any details.
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
            logged_again: false,
            host: b"",
            sender: b"",
            recipient: b"",
            text: b"",
            stage: None,
            level: None,
            delays: Delays::default(),
            condition: None,
            provider: ProviderId::OTHER,
        }
    }

    /// The mail server that wrote the line.
    pub fn mta(&self) -> Mta {
        self.service.agent.mta()
    }

    /// The domain of the recipient, after the last `@`; empty if unknown.
    pub fn domain(&self) -> &'a [u8] {
        memchr::memrchr(b'@', self.recipient).map_or(b"", |at| &self.recipient[at + 1..])
    }

    /// Whether the line gives an address of the loopback interface for the remote host, whatever its name.
    #[inline]
    pub(crate) fn has_loopback_address(&self) -> bool {
        let Some((_, address)) = split(self.host, b'[') else {
            return false;
        };
        address.starts_with(b"127.") || address.starts_with(b"::1]")
    }

    /// The name of the remote host, or its address if it has no name; empty if unknown.
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
