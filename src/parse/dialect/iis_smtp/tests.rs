//! Tests of which lines are taken for those of the SMTP service.

use super::IisSmtp;
use crate::parse::dialect::api::{Confidence, Dialect};

#[test]
fn only_lines_of_the_smtp_service_are_certain() {
    for line in [
        "#Software: Microsoft Internet Information Services 6.0",
        "2026-11-23 10:00:00 192.0.2.1 x SMTPSVC1 MAIL 192.0.2.9 0 HELO - +x 250 0 48 13 0 SMTP - - - -",
        "192.0.2.1 - x [23/Nov/2026:10:00:00 -0600] \"HELO -?+x SMTP\" 250 48",
        "192.0.2.1, x, 11/23/26, 10:00:00, SMTPSVC1, MAIL, 192.0.2.9, 90, 42, 0, 250, 0, MAIL FROM, -, FROM:<a@b>,",
        "10:00:00 192.0.2.1 MAIL FROM - 250",
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
