//! Tests of which lines are taken for records of an accounting file.

use super::PowerMta;
use crate::parse::dialect::api::{Confidence, Dialect};

#[test]
fn only_records_of_an_accounting_file_are_certain() {
    for line in [
        "type,timeLogged,orig,rcpt,dsnAction",
        "d,2026-11-23 10:00:00+0000,2026-11-23 09:59:00+0000,a@example.com,b@example.net,,relayed,2.0.0 (success),smtp;250 ok",
        "b,1795428000,a@example.com,b@example.net,failed,5.1.1,550 no",
    ] {
        assert_eq!(
            PowerMta::probe(line.as_bytes()),
            Confidence::Certain,
            "{line}"
        );
    }
    for line in [
        "",
        "d,",
        "type,name,value",
        "b,c,failed,5.1.1,550 no",
        "d,2026-11-23 10:00:00+0000,a@example.com,b@example.net,sent,2.0.0,250 ok",
        "2026-11-23 10:00:00 d,relayed,2.0.0",
        "t,2026-11-23 10:00:00,delayed,soon,450 x",
    ] {
        assert_ne!(
            PowerMta::probe(line.as_bytes()),
            Confidence::Certain,
            "{line}"
        );
    }
}
