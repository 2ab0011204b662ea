//! The fast path: determines the program that wrote a line and the probable form of its text.
//!
//! Consecutive lines are of different kinds in an order that a branch predictor cannot learn, so the prescan has
//! no data-dependent branches. Many lines are prescanned before the first is parsed, so that the CPU can overlap
//! the work on them; then one jump per line selects the parser.

use std::hint::select_unpredictable;

use super::program::{Daemon, Origin, Program};
use crate::parse::frame::syslog::Header;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{first_words, short_queue_id};

/// The most frequent forms, by the first four bytes of the text. This is a guess; the parser of the form checks the
/// rest of the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Any other form.
    Any,
    /// smtpd: a client connects.
    Connect,
    /// smtpd: a client disconnects.
    Disconnect,
    /// smtpd: a new message.
    Client,
    /// cleanup: the queue file of a message was created.
    MessageId,
    /// qmgr: a message is removed from the queue.
    Removed,
    /// qmgr: usually a message that becomes active.
    From,
    /// A delivery record.
    To,
    /// A TLS connection, without a queue id.
    Tls,
    /// pickup: a new message.
    Uid,
    /// bounce: a notification about a message.
    Notification,
    /// smtpd and postscreen: usually a reject.
    NoQueue,
    /// smtpd: a client disconnected without QUIT.
    Lost,
    /// A warning of any daemon.
    Warning,
    /// postscreen: a client connects.
    PostscreenConnect,
    /// A record whose event was parsed ahead of its turn.
    ParsedAhead,
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

/// The multiplier of a perfect hash, found by trial.
const FACTOR: u32 = 0x01a5_ba51;

/// The forms, by the hash of their first four bytes.
static TABLE: [(u32, Form); TABLE_SIZE] = {
    let mut table = [(0, Form::Any); TABLE_SIZE];
    let mut next = 0;
    while next < FORMS.len() {
        let (start, form) = FORMS[next];
        let start = u32::from_le_bytes(*start);
        assert!(table[hash(start)].0 == 0, "two forms with the same hash");
        table[hash(start)] = (start, form);
        next += 1;
    }
    table
};

const TABLE_SIZE: usize = 32;

/// The index in [`TABLE`] for the first four bytes of a text.
#[cfg_attr(hot_path, inline(always))]
const fn hash(start: u32) -> usize {
    (start.wrapping_mul(FACTOR) >> 27) as usize
}

impl Form {
    #[cfg_attr(hot_path, inline(always))]
    fn of(start: [u8; 4]) -> Self {
        let start = u32::from_le_bytes(start);
        let (known, form) = TABLE[hash(start)];
        select_unpredictable(known == start, form, Form::Any)
    }
}

/// The result of prescanning a line; offsets are from the beginning of the line. The struct is small, because one is
/// written and read for every line.
#[derive(Clone, Copy, Debug)]
pub(in crate::parse) struct Prescan {
    /// The parts of [`Prescan::time`].
    seconds: i64,
    nanos: u32,
    tag: u16,
    body: u16,
    /// The offset of the text: after the queue id if there is a short one, else that of the body.
    text: u16,
    pub(super) form: Form,
    pub(super) program: Program,
    tag_length: u8,
}

impl Prescan {
    /// Prescans a line after its header, and stores the result in `slot`, which is not touched if only the general
    /// parser can read the line. A result that is returned would be copied once more for each line.
    #[cfg_attr(hot_path, inline(always))]
    pub(in crate::parse) fn store(
        line: &[u8],
        header: &Header,
        slot: &mut Option<Self>,
    ) -> Option<()> {
        let at = usize::from(header.host.1) + 1;
        let rest = line.get(at..)?;
        let (bracket, blank) = first_words(rest)?;
        let (tag, body) = (rest.get(..bracket)?, rest.get(blank + 1..)?);
        let program = Program::with_ends(tag, *rest.first_chunk()?, *tag.last_chunk()?)?;
        let start: &[u8; 17] = body.first_chunk()?;
        // The message id of Solaris and a second space are removed by the general header parser; `last message repeated 3
        // times` is about the line before.
        if matches!(start[0], b'[' | b' ') || start.starts_with(b"last") {
            return None;
        }
        let text = short_queue_id(start);
        let form = Form::of(*body.get(text..)?.first_chunk()?);
        let body_at = at + blank + 1;
        // The line may be longer than 64 KiB.
        let text_at = u16::try_from(body_at + text).ok()?;
        *slot = Some(Prescan {
            tag: at as u16,
            tag_length: u8::try_from(bracket).ok()?,
            seconds: header.time.seconds,
            nanos: header.time.nanos,
            body: body_at as u16,
            text: text_at,
            form,
            program,
        });
        Some(())
    }

    /// Whether the line probably tells of a delivery or a reject. Without a branch, as the prescan.
    #[cfg_attr(hot_path, inline(always))]
    pub(in crate::parse) fn may_have_event(&self) -> bool {
        let is_client = matches!(self.program, Program::Daemon(Daemon::Smtp | Daemon::Lmtp));
        let is_record = matches!(self.form, Form::To | Form::NoQueue);
        // `host … said:` and `connect to …`.
        let is_attempt = matches!(self.form, Form::Any | Form::Connect);
        is_record | (is_attempt & is_client)
    }

    /// Takes note that the event of the line was parsed ahead of its turn.
    pub(in crate::parse) fn set_parsed_ahead(&mut self) {
        self.form = Form::ParsedAhead;
    }

    /// The time stamp.
    pub(in crate::parse) fn time(&self) -> Stamp {
        Stamp {
            seconds: self.seconds,
            nanos: self.nanos,
        }
    }

    /// The daemon with the instance in the tag.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn origin<'a>(&self, daemon: Daemon, line: &'a [u8]) -> Origin<'a> {
        let (start, length) = (usize::from(self.tag), usize::from(self.tag_length));
        if length == daemon.default_tag_length() {
            return Origin {
                daemon,
                instance: b"",
            };
        }
        // `postfix/submission/smtpd`, as fast as possible: with a submission service, many lines have it.
        let name = daemon.default_tag_length() - b"postfix".len();
        if let Some(tag) = line.get(start..start + length)
            && let Some(instance) = tag.get(8..length.saturating_sub(name))
            && (tag[7], tag[length - name]) == (b'/', b'/')
        {
            return Origin { daemon, instance };
        }
        Origin::of(daemon, line.get(start..start + length).unwrap_or_default())
    }

    /// Whether the line has a short queue id.
    pub(super) fn has_queue_id(&self) -> bool {
        self.text > self.body
    }

    /// The short queue id; empty if there is none.
    pub(super) fn queue_id<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        let (body, text) = (usize::from(self.body), usize::from(self.text));
        line.get(body..text.saturating_sub(2)).unwrap_or_default()
    }

    /// The text after the queue id.
    pub(super) fn text<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.get(usize::from(self.text)..).unwrap_or_default()
    }

    /// The text after the tag.
    pub(super) fn body<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.get(usize::from(self.body)..).unwrap_or_default()
    }
}
