//! The text of a record. Its words are those of Halon or of the operator's script, so only a quoted reply and the words
//! around it decide.

use super::{QUEUE, SERVER, connection};
use crate::parse::reply::{self, Reply};
use crate::parse::scan::{address, find, split, split_on};
use crate::parse::{Direction, Event, Line, Outcome, Stage};

/// Splits the id of the transaction from the text: `[18c545f6-2bd2-11e9-a0c5-005056914940:1] text`.
pub(super) fn split_id(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let (id, text) = split(body.strip_prefix(b"[")?, b']')?;
    let (uuid, number) = id.split_first_chunk::<36>()?;
    let is_uuid = uuid.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let is_number = match number {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    (is_uuid && is_number).then_some((id, text.strip_prefix(b" ").unwrap_or(text)))
}

/// Whether the text is one line of what client and server said.
pub(super) fn is_transcript(text: &[u8]) -> bool {
    text.starts_with(b"[SMTP] [")
}

/// A line of what was said: an event if the server said it. The word in brackets is the command, `___` or another one in
/// replies.
pub(super) fn said<'a, 'e>(
    id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let after = split_on(text, b"] [").map_or(&b""[..], |(_, after)| after);
    let Some((word, words)) = split(after, b']') else {
        return Line::Noise(None);
    };
    let words = words.trim_ascii_start();
    // What a client says begins with the command in brackets, whatever it is.
    let Some(reply) = reply::parse(words).filter(|_| !words.starts_with(word)) else {
        return Line::Noise(None);
    };
    let outcome = match reply.code {
        ..400 => Outcome::Attempt,
        _ => Outcome::Rejected,
    };
    let stage = (outcome == Outcome::Rejected).then_some(Stage::Other);
    Line::Event(slot.insert(Event {
        queue_id: id,
        code: Some(reply.code),
        enhanced: reply.enhanced,
        text: words,
        stage,
        ..Event::new(SERVER, Direction::Inbound, outcome)
    }))
}

/// What Halon itself says of a delivery that failed without a reply.
const OWN_CODE: u16 = 400;

/// Parses the text.
pub(super) fn parse<'a, 'e>(
    id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let found = quoted_reply(text);
    let before = found.map_or(text, |(before, ..)| before);
    // The words before the reply, which the other server cannot choose.
    let has = |words: &[&[u8]]| words.iter().any(|it| find(before, it).is_some());
    // A message has a number in the queue once it was accepted.
    let is_outbound = id.len() > 36
        || has(&[
            b"eliver",
            b"ttempt",
            b"ransport",
            b"etry",
            b"ounce",
            b"emote",
            b" mx",
            b"Sent ",
            b"sent ",
        ]);
    let is_kept = has(&[b"etry", b"efer", b"equeue", b"emporar"]);
    let outcome = match found {
        Some((_, Reply { code: 200..400, .. }, _)) if is_outbound => Outcome::Sent,
        Some(_) if is_outbound && has(&[b"ounce", b"ermanent"]) => Outcome::Bounced,
        Some((_, Reply { code, .. }, _)) if is_outbound => match is_kept || code < 500 {
            true => Outcome::Deferred,
            false => Outcome::Bounced,
        },
        Some((_, Reply { code: 400.., .. }, _)) => Outcome::Rejected,
        None if is_outbound && is_kept => Outcome::Deferred,
        None if is_outbound => Outcome::Attempt,
        Some(_) => return Line::Noise(None),
        None => return Line::Noise(None),
    };
    let (service, direction) = match outcome {
        Outcome::Rejected => (SERVER, Direction::Inbound),
        _ => (QUEUE, Direction::Outbound),
    };
    let mut event = Event {
        queue_id: id,
        recipient: recipient(before),
        ..Event::new(service, direction, outcome)
    };
    match found {
        Some((_, reply, words)) if is_outbound && reply.code == OWN_CODE => {
            if let Some((error, code)) = connection(words) {
                event.connect_error = Some(error);
                event.code = code;
            }
            event.text = words;
        }
        Some((_, reply, words)) => {
            event.code = Some(reply.code);
            event.enhanced = reply.enhanced;
            event.text = words;
        }
        None => {
            let Some((error, code)) = connection(text) else {
                return Line::Noise(None);
            };
            event.connect_error = Some(error);
            event.code = code;
            event.text = text;
        }
    }
    if outcome == Outcome::Rejected {
        event.stage = Some(stage(before));
    }
    Line::Event(slot.insert(event))
}

/// The first reply that stands after a quote, a parenthesis, a colon or an equals sign, or at the beginning: the text before
/// it, the reply, and its words.
fn quoted_reply(text: &[u8]) -> Option<(&[u8], Reply, &[u8])> {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while at + 3 <= text.len() {
        if !(is_digit(at) && is_digit(at + 1) && is_digit(at + 2)) || at > 0 && is_digit(at - 1) {
            at += 1;
            continue;
        }
        let before = &text[..at];
        let introduced = match before.trim_ascii_end().last() {
            None => true,
            Some(b'"' | b'\'' | b'(' | b':' | b'=') => true,
            Some(_) => [
                &b" with"[..],
                b" code",
                b" response",
                b" reply",
                b" said",
                b" result",
                b" status",
            ]
            .iter()
            .any(|word| before.trim_ascii_end().ends_with(word)),
        };
        // A port or a number of seconds is not followed by a space and words.
        let is_reply = matches!(
            text.get(at + 3),
            None | Some(b' ' | b'-' | b'"' | b'\'' | b')' | b',' | b']')
        );
        if introduced
            && is_reply
            && let Some(reply) = reply::parse(&text[at..])
        {
            let words = &text[at..];
            let words = match before.last() {
                Some(b'"') => split(words, b'"').map_or(words, |(words, _)| words),
                Some(b'(') => in_parentheses(words),
                _ => words,
            };
            return Some((before, reply, words));
        }
        at += 3;
    }
    None
}

/// The text up to the parenthesis that closes one before it.
fn in_parentheses(text: &[u8]) -> &[u8] {
    let mut open = 1;
    let end = text.iter().position(|byte| {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        open == 0
    });
    end.map_or(text, |end| &text[..end])
}

/// The recipient in `to=<a@x>`, `to <a@x>` or `recipient=<a@x>`.
fn recipient(text: &[u8]) -> &[u8] {
    let after = split_on(text, b"to=<")
        .or_else(|| split_on(text, b"to <"))
        .or_else(|| split_on(text, b"recipient=<"))
        .or_else(|| split_on(text, b"recipient <"))
        .or_else(|| split_on(text, b" for <"));
    let Some((_, after)) = after else {
        return b"";
    };
    let at = text.len() - after.len() - 1;
    address(&text[at..]).map_or(b"", |(address, _)| address)
}

/// The stage of a reject, by the command that is named.
fn stage(text: &[u8]) -> Stage {
    let stages: [(&[u8], Stage); 10] = [
        (b"CONNECT", Stage::Connect),
        (b"onnect", Stage::Connect),
        (b"HELO", Stage::Helo),
        (b"EHLO", Stage::Helo),
        (b"AUTH", Stage::Auth),
        (b"MAIL", Stage::Mail),
        (b"RCPT", Stage::Rcpt),
        (b"EOD", Stage::EndOfMessage),
        (b"BDAT", Stage::EndOfMessage),
        (b"DATA", Stage::Data),
    ];
    stages
        .into_iter()
        .find(|(word, _)| find(text, word).is_some())
        .map_or(Stage::Other, |(_, stage)| stage)
}
