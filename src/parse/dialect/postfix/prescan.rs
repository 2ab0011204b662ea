//! The fast path: who wrote a line, and which form its text seems to have.
//!
//! No step of the prescan depends on what the line says, because neighbouring lines are of all kinds, in an
//! order that no branch predictor can foresee. Many lines are prescanned before the first is read, so that
//! the work on them overlaps, and one jump then decides how a line is read.

use std::hint::select_unpredictable;

use super::program::{Daemon, Origin, Program};
use crate::parse::Stamp;
use crate::parse::frame::syslog::Header;
use crate::parse::scan::{first_words, short_queue_id};

/// The forms that nearly every line has, by the first four bytes of their text. It is a guess: the reader
/// of the form checks the rest of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Any other.
    Any,
    /// smtpd: a client connects.
    Connect,
    /// smtpd: a client disconnects.
    Disconnect,
    /// smtpd, of a message that begins.
    Client,
    /// cleanup: a message got its queue file.
    MessageId,
    /// qmgr: a message leaves the queue.
    Removed,
    /// qmgr, of a sender: mostly a message that becomes active.
    From,
    /// A delivery record.
    To,
    /// TLS, of no message.
    Tls,
    /// pickup, of a message that begins.
    Uid,
    /// bounce: a message about a failed one.
    Notification,
    /// smtpd and postscreen, of no message: mostly a reject.
    NoQueue,
    /// smtpd: a client disconnected without QUIT.
    Lost,
    /// Any daemon.
    Warning,
    /// postscreen: a client connects.
    PostscreenConnect,
}

const FORMS: &[(&[u8; 4], Form)] = &[
    (b"conn", Form::Connect),
    (b"disc", Form::Disconnect),
    (b"clie", Form::Client),
    (b"mess", Form::MessageId),
    (b"remo", Form::Removed),
    (b"from", Form::From),
    (b"to=<", Form::To),
    (b"Anon", Form::Tls),
    (b"Untr", Form::Tls),
    (b"Trus", Form::Tls),
    (b"Veri", Form::Tls),
    (b"uid=", Form::Uid),
    (b"send", Form::Notification),
    (b"NOQU", Form::NoQueue),
    (b"lost", Form::Lost),
    (b"warn", Form::Warning),
    (b"CONN", Form::PostscreenConnect),
];

/// The multiplier of a perfect hash, found by trying.
const FACTOR: u32 = 0x01a5_ba51;

/// The forms, by the hash of their first four bytes.
static TABLE: [(u32, Form); PLACES] = {
    let mut table = [(0, Form::Any); PLACES];
    let mut next = 0;
    while next < FORMS.len() {
        let (start, form) = FORMS[next];
        let start = u32::from_le_bytes(*start);
        assert!(table[place(start)].0 == 0, "two forms in one place");
        table[place(start)] = (start, form);
        next += 1;
    }
    table
};

const PLACES: usize = 32;

#[inline(always)]
const fn place(start: u32) -> usize {
    (start.wrapping_mul(FACTOR) >> 27) as usize
}

impl Form {
    #[inline(always)]
    fn of(start: [u8; 4]) -> Self {
        let start = u32::from_le_bytes(start);
        let (known, form) = TABLE[place(start)];
        select_unpredictable(known == start, form, Form::Any)
    }
}

/// The result; offsets are counted from the line's header. It has no padding, for one is written and
/// read for every line.
#[derive(Clone, Copy, Debug)]
pub(in crate::parse) struct Prescan {
    /// The parts of [`Prescan::time`].
    seconds: i64,
    nanos: u32,
    host: (u16, u16),
    tag_end: u16,
    body: u16,
    /// Where the text begins: behind the queue id, if there is a short one; else where the body does.
    text: u16,
    pub(super) form: Form,
    pub(super) program: Program,
}

impl Prescan {
    /// Prescans what follows the header; `None` for a line that has to be read step by step.
    #[inline(always)]
    pub(in crate::parse) fn of(line: &[u8], header: &Header) -> Option<Self> {
        let at = usize::from(header.host.1) + 1;
        let rest = line.get(at..)?;
        let (bracket, blank) = first_words(rest)?;
        let (tag, body) = (rest.get(..bracket)?, rest.get(blank + 1..)?);
        if u64::from_le_bytes(*rest.first_chunk()?) << 8 != u64::from_le_bytes(*b"\0postfix") {
            return None;
        }
        let program = Program::with_ending(tag, *tag.last_chunk()?)?;
        let start: &[u8; 17] = body.first_chunk()?;
        // Solaris' message number and a second blank are removed by the general header parser.
        if matches!(start[0], b'[' | b' ') {
            return None;
        }
        let text = short_queue_id(start);
        let form = Form::of(*body.get(text..)?.first_chunk()?);
        let body_at = at + blank + 1;
        // A line may be longer than offsets are wide.
        let text_at = u16::try_from(body_at + text).ok()?;
        Some(Prescan {
            seconds: header.time.seconds,
            nanos: header.time.nanos,
            host: header.host,
            tag_end: (at + bracket) as u16,
            body: body_at as u16,
            text: text_at,
            form,
            program,
        })
    }

    /// When it was written.
    pub(in crate::parse) fn time(&self) -> Stamp {
        Stamp {
            seconds: self.seconds,
            nanos: self.nanos,
        }
    }

    /// The host's name.
    pub(in crate::parse) fn host<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        let (from, to) = self.host;
        line.get(usize::from(from)..usize::from(to))
            .unwrap_or_default()
    }

    /// The daemon, whose tag names its instance.
    #[inline(always)]
    pub(super) fn origin<'a>(&self, daemon: Daemon, line: &'a [u8]) -> Origin<'a> {
        let tag = usize::from(self.host.1) + 1..usize::from(self.tag_end);
        Origin::of(daemon, line.get(tag).unwrap_or_default())
    }

    /// Whether a short queue id stands before the text.
    pub(super) fn has_queue_id(&self) -> bool {
        self.text > self.body
    }

    /// The queue id, empty if there is no short one.
    pub(super) fn queue_id<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        let (body, text) = (usize::from(self.body), usize::from(self.text));
        line.get(body..text.saturating_sub(2)).unwrap_or_default()
    }

    /// What follows the queue id.
    pub(super) fn text<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.get(usize::from(self.text)..).unwrap_or_default()
    }

    /// All that follows the tag.
    pub(super) fn body<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.get(usize::from(self.body)..).unwrap_or_default()
    }
}
