//! Which of Exchange's logs a line is of, and which fields its columns have.

use serde::{Deserialize, Serialize};

use super::{connectivity, protocol, tracking};
use crate::parse::dialect::api::Confidence;
use crate::parse::frame::csv::{self, Columns};
use crate::parse::frame::w3c;
use crate::parse::kinds::{Direction, Stamp};

/// The records of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Form {
    /// The SMTP send or receive protocol log.
    Protocol,
    /// The message tracking log.
    Tracking,
    /// The transport connectivity log.
    Connectivity,
    /// Any other log of Exchange, such as those for IMAP and POP.
    Other,
}

/// What the header of a log says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Header {
    /// The records, if they are known, and their columns.
    columns: Option<(Form, Columns)>,
    /// Whether the columns are those of a `#Fields:` line.
    is_given: bool,
    /// Whether the protocol log is that of the receive connectors; `None` if the header does not say.
    is_receive: Option<bool>,
}

impl Header {
    /// Reads a line that begins with `#`.
    pub(super) fn read(&mut self, line: &[u8]) {
        if line.starts_with(b"#Software:") {
            *self = Header::default();
        } else if let Some(kind) = line.strip_prefix(b"#Log-type:") {
            self.is_receive = match kind.trim_ascii() {
                b"SMTP Receive Protocol Log" => Some(true),
                b"SMTP Send Protocol Log" => Some(false),
                _ => None,
            };
        } else if let Some(names) = line.strip_prefix(b"#Fields:") {
            let names = names.trim_ascii();
            self.set(form_of_fields(names), names, true);
        }
    }

    fn set(&mut self, form: Form, names: &[u8], is_given: bool) {
        let wanted = match form {
            Form::Protocol => &protocol::FIELDS[..],
            Form::Tracking => &tracking::FIELDS,
            Form::Connectivity => &connectivity::FIELDS,
            Form::Other => &[],
        };
        let names = csv::values(names, b',').map(<[u8]>::trim_ascii);
        self.columns = Some((form, Columns::new(names, wanted)));
        self.is_given = is_given;
    }

    /// The form of a record and its columns. Without a `#Fields:` line, they follow from the record itself.
    pub(super) fn columns(&mut self, line: &[u8]) -> Option<(Form, &Columns)> {
        if !self.is_given
            && let Some((form, names)) = form_of_record(line)
        {
            self.set(form, names, false);
        }
        self.columns
            .as_ref()
            .map(|(form, columns)| (*form, columns))
    }

    /// Whose replies the protocol log has, if the header says it.
    pub(super) fn side(&self) -> Option<Direction> {
        self.is_receive.map(|is_receive| match is_receive {
            true => Direction::Inbound,
            false => Direction::Outbound,
        })
    }
}

/// The form of the records below a `#Fields:` line.
fn form_of_fields(names: &[u8]) -> Form {
    let has = |wanted: &[u8]| {
        csv::values(names, b',').any(|it| it.trim_ascii().eq_ignore_ascii_case(wanted))
    };
    if has(b"session-id") && has(b"connector-id") && has(b"event") && has(b"data") {
        Form::Protocol
    } else if has(b"event-id") && has(b"recipient-address") {
        Form::Tracking
    } else if has(b"destination") && has(b"direction") && has(b"description") {
        Form::Connectivity
    } else {
        Form::Other
    }
}

const PROTOCOL: &[u8] = b"date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context";

const CONNECTIVITY: &[u8] = b"date-time,session,source,Destination,direction,description";

/// From Exchange 2013 on.
const TRACKING: &[u8] = b"date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,internal-message-id,message-id,network-message-id,recipient-address,recipient-status,total-bytes,recipient-count,related-recipient-address,reference,message-subject,sender-address,return-path,message-info,directionality,tenant-id,original-client-ip,original-server-ip,custom-data,transport-traffic-type,log-id,schema-version";

/// Exchange 2007 and 2010.
const OLD_TRACKING: &[u8] = b"date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,internal-message-id,message-id,recipient-address,recipient-status,total-bytes,recipient-count,related-recipient-address,reference,message-subject,sender-address,return-path,message-info,directionality,tenant-id,original-client-ip,original-server-ip,custom-data";

/// The form of a record that only Exchange writes, and the usual names of its columns.
fn form_of_record(line: &[u8]) -> Option<(Form, &'static [u8])> {
    if !has_stamp(line) {
        return None;
    }
    let mut values = csv::values(line, b',').skip(1);
    let mut first: [&[u8]; 12] = [b""; 12];
    for slot in &mut first {
        *slot = values.next().unwrap_or_default();
    }
    let [a, b, c, d, e, f, _, event, _, _, network, _] = first;
    if is_session(b)
        && is_number(c)
        && matches!(f, b"+" | b"-" | b">" | b"<" | b"*")
        && (is_endpoint(d) || is_endpoint(e))
    {
        return Some((Form::Protocol, PROTOCOL));
    }
    if tracking::is_event(event) && tracking::is_source(first[6]) {
        let is_new = network.is_empty() || is_guid(network);
        return Some((Form::Tracking, if is_new { TRACKING } else { OLD_TRACKING }));
    }
    if is_session(a) && is_number(b) && is_endpoint(c) && is_endpoint(d) {
        return Some((Form::Other, b""));
    }
    let is_direction = matches!(d, b"+" | b"-" | b">" | b"*");
    let has_session = a.is_empty() || is_session(a);
    if has_session && is_direction && connectivity::is_source(b) {
        return Some((Form::Connectivity, CONNECTIVITY));
    }
    None
}

/// The id of a session: 16 hexadecimal digits.
fn is_session(text: &[u8]) -> bool {
    text.len() == 16 && text.iter().all(u8::is_ascii_hexdigit)
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// An address and a port.
fn is_endpoint(text: &[u8]) -> bool {
    let port = memchr::memrchr(b':', text).map(|at| &text[at + 1..]);
    text.len() <= 64 && port.is_some_and(is_number)
}

fn is_guid(text: &[u8]) -> bool {
    text.len() == 36 && text[8] == b'-' && text[13] == b'-' && text[23] == b'-'
}

/// How certain it is that Exchange wrote a line.
pub(super) fn probe(line: &[u8]) -> Confidence {
    let line = without_bom(line);
    let is_certain = match line {
        [b'#', b'S', ..] => line.starts_with(b"#Software: Microsoft Exchange"),
        [b'#', b'L', ..] => [
            &b"#Log-type: SMTP Send Protocol Log"[..],
            b"#Log-type: SMTP Receive Protocol Log",
            b"#Log-type: Message Tracking Log",
            b"#Log-type: Transport Connectivity Log",
        ]
        .contains(&line.trim_ascii_end()),
        [b'#', b'F', ..] => line
            .strip_prefix(b"#Fields:")
            .is_some_and(|names| form_of_fields(names) != Form::Other),
        [b'#', ..] => return Confidence::Possible,
        [b'2', ..] => form_of_record(line).is_some(),
        _ => false,
    };
    match is_certain {
        true => Confidence::Certain,
        false => Confidence::No,
    }
}

/// A line without the byte order mark at the beginning of a file.
pub(super) fn without_bom(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

/// Whether a line begins with a time as Exchange writes it, `2026-11-23T10:00:00.123Z,`.
fn has_stamp(line: &[u8]) -> bool {
    let Some(stamp) = line.first_chunk::<25>() else {
        return false;
    };
    let end = match stamp[19] {
        b'.' => &stamp[23..],
        _ => &stamp[19..21],
    };
    stamp[4] == b'-' && stamp[10] == b'T' && stamp[13] == b':' && end == b"Z,"
}

/// The time at the beginning of a record.
pub(super) fn stamp(line: &[u8]) -> Option<Stamp> {
    if !has_stamp(line) {
        return None;
    }
    let end = memchr::memchr(b'Z', line)?;
    w3c::stamp(&line[..10], &line[11..end])
}
