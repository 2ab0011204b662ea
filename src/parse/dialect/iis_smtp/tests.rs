//! Tests of which lines are taken for those of the SMTP service.

use super::IisSmtp;
use crate::parse::dialect::Mta;
use crate::parse::dialect::api::{Confidence, Dialect};
use crate::parse::tests::parser;
use crate::parse::{Format, Line, StreamKey};

#[test]
fn only_lines_of_the_smtp_service_are_certain() {
    for line in [
        "#Software: Microsoft Internet Information Services 6.0",
        "2026-11-23 10:00:00 192.0.2.1 x SMTPSVC1 MAIL 192.0.2.9 0 HELO - +x 250 0 48 13 0 SMTP - - - -",
        "192.0.2.1 - x [23/Nov/2026:10:00:00 -0600] \"HELO -?+x SMTP\" 250 48",
        "192.0.2.1, x, 11/23/26, 10:00:00, SMTPSVC1, MAIL, 192.0.2.9, 90, 42, 0, 250, 0, MAIL FROM, -, FROM:<a@b>,",
        "10:00:00 192.0.2.1 MAIL FROM - 250",
        "10:00:00 2001:db8::1 RCPT TO - 550",
    ] {
        assert_eq!(
            IisSmtp::probe(line.as_bytes()),
            Confidence::Certain,
            "{line}"
        );
    }
    for line in [
        "",
        "#Software: Microsoft Exchange Server",
        "#Software: MailEnable SMTP Service",
        "2026-11-23 10:00:00 W3SVC1 192.0.2.9 GET /owa x=1 443 - 192.0.2.1 x 200 0 0 142",
        "192.0.2.1 - frank [23/Nov/2026:10:00:00 -0600] \"GET /a?b HTTP/1.0\" 200 48",
        "192.0.2.1, x, 11/23/26, 10:00:00, W3SVC1, WEB, 192.0.2.9, 90, 42, 0, 200, 0, GET, /, -,",
        "10:00:00 192.0.2.1 GET / 200",
        "10:00:00,1 192.0.2.1 MAIL FROM - 250",
        "10:00:00 host MAIL FROM - 250",
        "192.0.2.1, x SMTPSVC1 y",
        "2026-11-23 10:00:00 1vNabc-0000A1-01 Completed",
        "10:00:00 2D8 DMN: MSG 1 Accepted connection",
    ] {
        assert_ne!(
            IisSmtp::probe(line.as_bytes()),
            Confidence::Certain,
            "{line}"
        );
    }
}

#[test]
fn an_address_of_digits_and_colons_is_no_second_time() {
    for address in ["192.0.2.80", "2001:678:10::25", "2001:db8::25"] {
        let line = format!(
            "10:00:19 {address} OutboundConnectionResponse SMTPSVC1 MAIL01 - 25 - - 421+4.7.28+Too+fast 0 0 24 0 0 SMTP - - - -"
        );
        let mut parser = parser();
        parser.select(StreamKey::default(), Format::Server(Mta::IisSmtp));
        let mut slot = None;
        let parsed = parser.parse(line.as_bytes(), &mut slot);
        let Line::Event(event) = parsed.line else {
            panic!("{line}");
        };
        assert_eq!((event.code, event.host), (Some(421), address.as_bytes()));
    }
}
