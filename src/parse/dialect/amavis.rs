//! amavisd-new 2.4 to 2.13 and Amavis: through syslog with the tag `amavis`, or a file of the same form
//! (`amavis.log`).
//!
//! A content filter between two instances of a mail server. The mail server logs the replies of the filter and those to
//! it, so its verdicts are [`Action`]s and never replies.
//!
//! Source of the forms: `$log_templ` in `Amavis/Conf.pm`, and the marks `(!)` and `(!!)` in `Amavis/Log.pm`.

use crate::parse::dialect::Mta;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::event::Visitor;
use crate::parse::scan::{find, split, split_on};
use crate::parse::{Action, Fact, Level, Line};

/// The dialect.
pub(in crate::parse) struct Amavis;

impl Dialect for Amavis {
    const NAME: &'static str = "amavis";
    const AGENTS: &'static [AgentDef] = &[AgentDef {
        name: "amavis",
        accepts_clients: false,
        authenticates: false,
        delivers: false,
    }];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &["/var/log/amavis.log"];

    type State = ();

    fn claims(tag: &[u8], _body: &[u8]) -> bool {
        // Its own file has the path of the program as the tag.
        let name = memchr::memrchr(b'/', tag).map_or(tag, |slash| &tag[slash + 1..]);
        let is_path = name.len() == tag.len() || tag.first() == Some(&b'/');
        is_path && matches!(name, b"amavis" | b"amavisd" | b"amavisd-new")
    }

    fn probe(_line: &[u8]) -> Confidence {
        Confidence::No
    }

    fn read<'a>(_state: &'a mut (), record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        visitor.visit(record.time, Line::Noise(fact(record.body)));
    }
}

/// What a line counts as.
fn fact(body: &[u8]) -> Option<Fact<'_>> {
    // `(00421-01) text`: the process, and the number of its task.
    let text = match body.strip_prefix(b"(") {
        Some(inner) if inner.first().is_some_and(u8::is_ascii_alphanumeric) => {
            split(inner, b')')?.1.trim_ascii_start()
        }
        _ => body,
    };
    if text.starts_with(b"(!!)") {
        return Some(Fact::Diagnostic(Mta::Amavis, Level::Error));
    }
    if text.starts_with(b"(!)") {
        return Some(Fact::Diagnostic(Mta::Amavis, Level::Warning));
    }
    let is_blocked = text.starts_with(b"Blocked ");
    if !is_blocked && !text.starts_with(b"Passed ") {
        return None;
    }
    // What was done, before the addresses: `Blocked SPAM {RejectedInbound,Quarantined}, …`. Versions before 2.8 have no
    // braces.
    let (head, _) = split_on(text, b", ").unwrap_or((text, b""));
    let done = split(head, b'{').map_or(&b""[..], |(_, done)| done);
    let has = |word: &[u8]| find(done, word).is_some();
    let action = match () {
        () if has(b"Rejected") => Action::Reject,
        () if has(b"TempFailed") => Action::SoftReject,
        () if has(b"Quarantined") || is_quarantined(text) => Action::Quarantine,
        () if has(b"Discarded") || has(b"NoBounce") => Action::Discard,
        () => return None,
    };
    Some(Fact::Action(Mta::Amavis, action))
}

/// Whether a text has a field with the place in quarantine, `, quarantine: spam-x.gz`, after the addresses.
fn is_quarantined(text: &[u8]) -> bool {
    split_on(text, b" -> ")
        .and_then(|(_, rest)| split_on(rest, b">, quarantine: "))
        .is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_is_an_action_and_marks_are_diagnostics() {
        let action = |action| Some(Fact::Action(Mta::Amavis, action));
        for (body, expected) in [
            (
                "(00421-01) Blocked SPAM {RejectedInbound,Quarantined}, [192.0.2.1] <a> -> <b>, quarantine: x",
                action(Action::Reject),
            ),
            (
                "(00421-01-2) Blocked BANNED (.exe,a, b) {DiscardedInbound,Quarantined}, <a> -> <b>",
                None,
            ),
            (
                "(00421-02) Blocked SPAM {DiscardedInbound}, [192.0.2.1]:42 <a> -> <b>",
                action(Action::Discard),
            ),
            (
                "(00421-03) Blocked SPAM, [192.0.2.1] <a> -> <b>, quarantine: spam-x.gz",
                action(Action::Quarantine),
            ),
            (
                "(00421-03) Blocked MTA-BLOCKED {TempFailedInbound}, <a> -> <b>",
                action(Action::SoftReject),
            ),
            ("(00421-04) Passed CLEAN {RelayedInbound}, <a> -> <b>", None),
            (
                "(00421-05) (!)FWD from <a> -> <b>, 451 4.5.0 From MTA()",
                Some(Fact::Diagnostic(Mta::Amavis, Level::Warning)),
            ),
            (
                "(!!)TROUBLE",
                Some(Fact::Diagnostic(Mta::Amavis, Level::Error)),
            ),
            ("(00421", None),
            ("", None),
        ] {
            assert_eq!(fact(body.as_bytes()), expected, "{body}");
        }
    }
}
