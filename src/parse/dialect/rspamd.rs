//! Rspamd 1.9 to 3.x: `rspamd.log`, or through syslog with the tag `rspamd`.
//!
//! A filter asks the mail server for an action, and the mail server logs the reply to its client. So its verdicts are
//! [`Action`]s and never replies.
//!
//! Source of the forms: `log_format` in `logging.inc`, and the manual's page about logging. The log has no levels, unless
//! `log_severity` is set.

use crate::parse::dialect::Mta;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::event::Visitor;
use crate::parse::frame::compose_prefix;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{split, split_on};
use crate::parse::{Action, Fact, Level, Line};

/// The dialect.
pub(in crate::parse) struct Rspamd;

impl Dialect for Rspamd {
    const NAME: &'static str = "rspamd";
    const AGENTS: &'static [AgentDef] = &[AgentDef {
        name: "rspamd",
        accepts_clients: false,
        authenticates: false,
        delivers: false,
    }];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &["/var/log/rspamd/rspamd.log"];

    type State = ();

    fn owns(tag: &[u8]) -> bool {
        tag == b"rspamd"
    }

    fn claims(tag: &[u8], _: &[u8]) -> bool {
        Self::owns(tag)
    }

    fn probe(line: &[u8]) -> Confidence {
        match own_line(compose_prefix::strip(line)) {
            Some(_) => Confidence::Certain,
            None => Confidence::No,
        }
    }

    fn frame<'a>(
        _state: &mut (),
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let (read, line) = compose_prefix::split(headers, line);
        let (time, body) = headers.dated_or_none(line);
        (time.or(read), body)
    }

    fn read<'a>(_state: &'a mut (), record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let (severity, text) = prefix(record.body).unwrap_or((b"", record.body));
        let action = verdict(text).and_then(action);
        let level = match severity {
            b"warn" | b"warning" => Some(Level::Warning),
            b"err" | b"error" | b"critical" => Some(Level::Error),
            _ => None,
        };
        let fact = match (action, level) {
            (Some(action), _) => Some(Fact::Action(Mta::Rspamd, action)),
            (None, Some(level)) => Some(Fact::Diagnostic(Mta::Rspamd, level)),
            (None, None) => None,
        };
        visitor.visit(record.time, Line::Noise(fact));
    }
}

/// What follows the stamp of a line of the log file: `2026-11-23 10:00:00 #42(normal) <03d22c>; task; …`.
fn own_line(line: &[u8]) -> Option<&[u8]> {
    let (stamp, rest) = line.split_first_chunk::<19>()?;
    if stamp[4] != b'-' || stamp[10] != b' ' || stamp[13] != b':' {
        return None;
    }
    // With `log_usec`, a fraction of the second.
    let (fraction, rest) = split(rest, b' ')?;
    let is_fraction = fraction
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'.');
    is_fraction.then(|| prefix(rest))?.map(|(_, text)| text)
}

/// The severity, if it is logged, and the text after the process: `[info] #42(normal) text`, `#42(normal) text`.
fn prefix(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (severity, rest) = match text.strip_prefix(b"[") {
        Some(inner) => {
            let (severity, rest) = split(inner, b']')?;
            (severity, rest.trim_ascii_start())
        }
        None => (&b""[..], text),
    };
    let Some(process) = rest.strip_prefix(b"#") else {
        // In syslog, only the severity.
        return (!severity.is_empty()).then_some((severity, rest));
    };
    let (pid, rest) = split(process, b'(')?;
    let (kind, rest) = split(rest, b')')?;
    let is_process = !pid.is_empty()
        && pid.iter().all(u8::is_ascii_digit)
        && kind.iter().all(|byte| byte.is_ascii_graphic());
    let rest = rest.strip_prefix(b" ")?;
    is_process.then_some((severity, rest))
}

/// The action in the record of a message: `…; task; rspamd_task_write_log: id: <…>, (default: F (no action): [0.1/15.0] …`.
fn verdict(text: &[u8]) -> Option<&[u8]> {
    let (_, rest) = split_on(text, b"rspamd_task_write_log: ")?;
    let (_, rest) = split_on(rest, b", (default: ")?;
    let (_is_spam, rest) = split(rest, b' ')?;
    let (action, _) = split(rest.strip_prefix(b"(")?, b')')?;
    Some(action)
}

fn action(name: &[u8]) -> Option<Action> {
    Some(match name {
        b"reject" => Action::Reject,
        b"soft reject" => Action::SoftReject,
        b"quarantine" => Action::Quarantine,
        b"discard" => Action::Discard,
        b"rewrite subject" => Action::Replace,
        b"add header" => Action::Prepend,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_log_file_are_recognized() {
        for line in [
            "2026-11-23 10:00:00 #42(normal) <03d22c>; task; x",
            "2026-11-23 10:00:00.123456 #42(rspamd_proxy) <03d22c>; proxy; x",
            "2026-11-23 10:00:00 [warn] #42(main) <x>; main; x",
            "rspamd-1  | 2026-11-23 10:00:00 #42(normal) <03d22c>; task; x",
        ] {
            assert_eq!(
                Rspamd::probe(line.as_bytes()),
                Confidence::Certain,
                "{line}"
            );
        }
        for line in [
            "2026-11-23 10:00:00 #(normal) x",
            "2026-11-23 10:00:00 1vNabc-0000A1-01 Completed",
            "2026-11-23 10:00:00 [42] 1vNabc-0000A1-01 Completed",
            "2026-11-23T10:00:00 #42(normal) x",
            "2026-11-23 10:00:00 [info] text",
            "",
        ] {
            // A severity alone is not enough, because other programs write it too.
            let is_own = own_line(line.as_bytes()).is_some() && line.contains('#');
            assert!(!is_own, "{line}");
        }
    }

    #[test]
    fn action_is_that_of_the_record() {
        let text = |action: &str| {
            format!(
                "<1>; task; rspamd_task_write_log: id: <a>, ip: 192.0.2.1, from: <a@b>, (default: S ({action}): [15.00/15.00] [GTUBE(0.00){{}}]), len: 1"
            )
        };
        assert_eq!(
            verdict(text("soft reject").as_bytes()),
            Some(&b"soft reject"[..])
        );
        assert_eq!(verdict(b"<1>; task; x: (default: S (reject): "), None);
        assert_eq!(action(b"no action"), None);
        assert_eq!(action(b"reject"), Some(Action::Reject));
    }
}
