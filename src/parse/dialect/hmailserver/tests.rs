//! Tests of which lines are taken for those of hMailServer.

use super::HMailServer;
use crate::parse::dialect::api::{Confidence, Dialect};

#[test]
fn only_lines_of_hmailserver_are_certain() {
    for line in [
        "\"SMTPD\"\t1234\t5\t\"2026-11-23 10:00:00.123\"\t\"192.0.2.1\"\t\"SENT: 220 x\"",
        "\"APPLICATION\"\t-1\t\"2026-11-23 10:00:00.123\"\t\"Started.\"",
        "2026-11-23 10:00:00\ta@b.example\tc@d.example\t192.0.2.1\tmx.d.example\tSMTP\t?\t250\t1",
    ] {
        assert_eq!(
            HMailServer::probe(line.as_bytes()),
            Confidence::Certain,
            "{line}"
        );
    }
    for line in [
        "",
        "\"SMTPD\"",
        "\"SMTPD\"\tx\t5\t\"2026-11-23 10:00:00.123\"\t\"192.0.2.1\"\t\"SENT: 220 x\"",
        "\"WEB\"\t1\t\"2026-11-23 10:00:00.123\"\t\"x\"",
        "2026-11-23 10:00:00\ta@b.example\tc@d.example\t192.0.2.1\tmx.d.example\tSMTP\t?\t25\t1",
        "2026-11-23 10:00:00\ta@b.example\tc@d.example\t192.0.2.1\tmx.d.example\tSMTP\t-\t250\t1",
        "\"ERROR\",1,\"2026-11-23 10:00:00.123\",\"x\"",
    ] {
        assert_eq!(
            HMailServer::probe(line.as_bytes()),
            Confidence::No,
            "{line}"
        );
    }
}
