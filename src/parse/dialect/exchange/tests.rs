//! Tests of single records, and of two logs of one server.

use super::Exchange;
use crate::parse::dialect::api::{Confidence, Dialect};
use crate::parse::tests::parser;
use crate::parse::{Direction, Format, Line, LineParser, StreamKey};

/// Direction and code of a line, if it is an event.
fn said(parser: &mut LineParser, line: &str) -> Option<(Direction, Option<u16>)> {
    match parser.parse(line.as_bytes(), &mut None).line {
        Line::Event(event) => Some((event.direction, event.code)),
        _ => None,
    }
}

#[test]
fn only_lines_of_exchange_are_certain() {
    for line in [
        "#Software: Microsoft Exchange Server",
        "\u{feff}#Software: Microsoft Exchange Server",
        "#Log-type: Message Tracking Log",
        "#Fields: date-time,session,source,Destination,direction,description",
        "2026-11-23T10:00:00.000Z,MAIL\\Default,08DE0A0000000001,9,192.0.2.1:25,192.0.2.2:53722,>,535 5.7.3 No,",
        "2026-11-23T10:00:00.000Z,,,,MAIL,,,ROUTING,EXPAND,1,<a@b>,,a@example.com,,1,1,,,,,,,,,,,,,,",
    ] {
        assert_eq!(
            Exchange::probe(line.as_bytes()),
            Confidence::Certain,
            "{line}"
        );
    }
    for line in [
        "",
        "#Software: Microsoft Internet Information Services 7.0",
        "#Fields: date time c-ip cs-username",
        "#Fields: date-time,client-ip,method,status",
        "2026-11-23T10:00:00.000Z,a,b,c,d,e,f,g,h,i,j,k,l",
        "2026-11-23T10:00:00.000Z mail postfix/smtp[1]: x",
        "d,2026-11-23 10:00:00+0000,a@example.com,b@example.net",
    ] {
        assert_ne!(
            Exchange::probe(line.as_bytes()),
            Confidence::Certain,
            "{line}"
        );
    }
}

#[test]
fn whose_reply_it_is_follows_from_the_log_or_else_from_the_connector() {
    let record = |connector: &str, event: char| {
        format!(
            "2026-11-23T10:00:00.000Z,{connector},08DE0A0000000001,9,192.0.2.1:25,192.0.2.2:53722,{event},421 4.7.0 No,"
        )
    };
    let inbound = Some((Direction::Inbound, Some(421)));
    let outbound = Some((Direction::Outbound, Some(421)));
    let mut parser = parser();
    assert_eq!(said(&mut parser, &record("MAIL\\Default", '>')), inbound);
    assert_eq!(said(&mut parser, &record("MAIL\\Default", '<')), None);
    assert_eq!(said(&mut parser, &record("To the Internet", '<')), outbound);
    assert_eq!(said(&mut parser, &record("To the Internet", '>')), None);
    said(&mut parser, "#Log-type: SMTP Receive Protocol Log");
    assert_eq!(said(&mut parser, &record("Renamed", '>')), inbound);
}

#[test]
fn reply_in_protocol_and_tracking_log_is_counted_once() {
    let protocol = include_str!("../../../../tests/golden/exchange-send.log");
    let tracking = [
        "#Software: Microsoft Exchange Server",
        "2026-11-23T10:00:02.000Z,,,198.51.100.25,mx1.example.net,,,SMTP,SENDEXTERNAL,1,<m1@example.com>,,bob@example.net,250 2.1.5 Recipient OK,1,1,,,,a@example.com,,,,,,,,,,",
        "2026-11-23T10:00:02.000Z,,,,,,,SMTP,FAIL,1,<m1@example.com>,,gone@example.net,550 5.1.1 <gone@example.net>: Recipient address rejected: User unknown,1,1,,,,a@example.com,,,,,,,,,,",
        "2026-11-23T10:00:02.000Z,,,,,,,SMTP,FAIL,1,<m1@example.com>,,other@example.net,550 5.1.1 No,1,1,,,,a@example.com,,,,,,,,,,",
    ];
    let logs = [protocol.lines().collect::<Vec<_>>(), tracking.to_vec()];
    let count = |order: [usize; 2]| {
        let mut parser = parser();
        let mut counted = [0, 0];
        for log in order {
            let key = StreamKey {
                source: 1,
                stream: log as u64,
            };
            parser.select(key, Format::Auto);
            let codes = logs[log]
                .iter()
                .filter_map(|line| said(&mut parser, line)?.1);
            counted[log] = codes.count();
        }
        counted
    };
    let [first, second] = [count([0, 1]), count([1, 0])];
    assert_eq!(first[1], 1, "only what the protocol log does not have");
    assert_eq!(second[1], 3);
    assert_eq!(first.iter().sum::<usize>(), second.iter().sum::<usize>());
}

#[test]
fn reject_of_an_agent_is_counted_once() {
    let protocol = [
        "2026-11-23T10:00:00.000Z,MAIL\\Default,08DE0A0000000001,9,192.0.2.1:25,192.0.2.2:53722,<,MAIL FROM:<x@example.org>,",
        "2026-11-23T10:00:00.000Z,MAIL\\Default,08DE0A0000000001,10,192.0.2.1:25,192.0.2.2:53722,>,250 2.1.0 Sender OK,",
        "2026-11-23T10:00:00.000Z,MAIL\\Default,08DE0A0000000001,11,192.0.2.1:25,192.0.2.2:53722,<,RCPT TO:<bob@example.com>,",
        "2026-11-23T10:00:00.000Z,MAIL\\Default,08DE0A0000000001,12,192.0.2.1:25,192.0.2.2:53722,>,250 2.1.5 Recipient OK,",
        "2026-11-23T10:00:00.000Z,MAIL\\Default,08DE0A0000000001,13,192.0.2.1:25,192.0.2.2:53722,<,DATA,",
        "2026-11-23T10:00:00.000Z,MAIL\\Default,08DE0A0000000001,14,192.0.2.1:25,192.0.2.2:53722,>,354 Start mail input; end with <CRLF>.<CRLF>,",
        "2026-11-23T10:00:00.000Z,MAIL\\Default,08DE0A0000000001,15,192.0.2.1:25,192.0.2.2:53722,>,550 5.7.1 Sender ID (PRA) Not Permitted,",
    ];
    let tracking = "2026-11-23T10:00:00.000Z,192.0.2.2,MAIL,192.0.2.1,,Sender Id Agent,MAIL\\Default,SMTP,FAIL,1,<m1@example.org>,3d4e5f60-0000-4000-8000-0123456789ab,bob@example.com,550 5.7.1 Sender ID (PRA) Not Permitted,0,1,,,x,x@example.org,x@example.org,,Incoming,,,,,,,";
    let mut parser = parser();
    let mut last = None;
    for line in protocol {
        last = said(&mut parser, line);
    }
    assert_eq!(last, Some((Direction::Inbound, Some(550))));
    let key = StreamKey {
        source: 1,
        stream: 1,
    };
    parser.select(key, Format::Auto);
    assert_eq!(
        said(&mut parser, tracking),
        Some((Direction::Inbound, None))
    );
}
