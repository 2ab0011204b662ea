//! Tests of what container tools, log drivers and log shippers write around a server's lines.

use super::*;

#[test]
fn what_container_tools_write_before_a_servers_own_log_is_no_part_of_it() {
    let lines = [
        "Nov 23 10:00:00 lmtp(12): Info: Failed to send message to <a@example.com> at 192.0.2.6:24: 450 4.2.0 later (1/1 at 9 ms)",
        "@400000006b040eb2075bcd15 delivery 7: deferral: 192.0.2.7_does_not_like_recipient./Remote_host_said:_450_4.2.0_later/",
        "Nov 23 10:00:00 host=mx.example.net tls=on auth=off from=a@example.com recipients=b@example.net smtpstatus=450 smtpmsg='450 4.2.0 later' errormsg='x' exitcode=EX_TEMPFAIL",
        r#"{"type":"TransientFailure","id":"1","recipient":"a@example.net","response":{"code":450,"enhanced_code":null,"content":"later","command":"."}}"#,
    ];
    let prefixes = [
        "",
        "mail-1  | ",
        "[pod/mail-0/smtp] ",
        "2026-11-23T10:00:00.123456789Z ",
        "mail-1  | 2026-11-23T10:00:00.123456789Z ",
    ];
    // The log of a container whose name is its id, in syslog; JSON is taken apart only where it is the whole line.
    for line in &lines[..3] {
        let mut parser = parser();
        parser.select(stream(1), Format::Auto);
        for (program, is_read) in [("0123456789ab", true), ("app", false)] {
            let line = format!("Nov 23 10:00:01 host {program}[9]: {line}");
            let expected = if is_read { "event" } else { "noise" };
            assert_eq!(kind(&mut parser, &line), expected, "{line}");
        }
    }
    for line in &lines[..3] {
        let mut parser = parser();
        parser.select(stream(1), Format::Auto);
        let line = line.replace('"', "\\\"");
        let line = format!(r#"{{"message":"{line}","@timestamp":"2026-11-23T10:00:00Z"}}"#);
        assert_eq!(kind(&mut parser, &line), "event", "{line}");
    }
    for (number, line) in lines.iter().enumerate() {
        for (other, prefix) in prefixes.iter().enumerate() {
            let mut parser = parser();
            parser.select(stream((number * 10 + other) as u64), Format::Auto);
            let line = format!("{prefix}{line}");
            match parser.parse(line.as_bytes(), &mut None).line {
                Line::Event(event) => assert_eq!(event.code, Some(450), "{line}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }
}

#[test]
fn only_a_container_or_a_configured_server_has_lines_within_records_of_another_program() {
    let within = |tag: &str, format| {
        let mut parser = parser();
        parser.select(stream(1), format);
        let line = format!(
            "Nov 23 12:00:00 host {tag}[9]: Nov 23 10:00:00 mail postfix/smtp[1]: connect to mx.example[192.0.2.1]:25: Connection refused"
        );
        let mut slot = None;
        let parsed = parser.parse(line.as_bytes(), &mut slot);
        let is_event = matches!(parsed.line, Line::Event(_));
        is_event.then(|| parsed.time.map(|time| time.seconds % 86400 / 3600))
    };
    let postfix = Format::Server(Mta::Postfix);
    for tag in ["0123456789ab", "docker/mail/0123456789ab", "conmon"] {
        assert_eq!(within(tag, Format::Auto), Some(Some(12)), "{tag}");
    }
    for tag in ["app", "mail-1", "0123456789a"] {
        assert_eq!(within(tag, Format::Auto), None, "{tag}");
        assert_eq!(within(tag, postfix), Some(Some(12)), "{tag}");
    }
}
