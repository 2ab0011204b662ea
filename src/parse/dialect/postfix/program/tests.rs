//! Tests of program lookup.

use super::*;

#[test]
fn lookup_by_last_bytes_agrees_with_full_lookup() {
    for (name, program) in PROGRAMS {
        for before in [
            "postfix/",
            "postfix/submission/",
            "mta1/",
            "/",
            "x",
            "1234567890",
        ] {
            let tag = format!("{before}{name}");
            let ends = tag
                .as_bytes()
                .first_chunk()
                .zip(tag.as_bytes().last_chunk());
            let Some((first, last)) = ends else {
                continue;
            };
            let found = Program::with_ends(tag.as_bytes(), *first, *last);
            if before.ends_with('/') {
                assert_eq!(Program::of(tag.as_bytes()), *program, "{tag}");
            }
            if before.starts_with("postfix") {
                let rare =
                    *name == "proxywrite" || matches!(program, Program::Foreign | Program::Script);
                assert_eq!(found, (!rare).then_some(*program), "{tag}");
            } else {
                assert_eq!(found, None, "{tag}");
            }
        }
    }
}

#[test]
fn tag_determines_daemon_and_instance() {
    for (tag, daemon, instance) in [
        ("postfix/smtpd", Daemon::Smtpd, ""),
        ("postfix/submission/smtpd", Daemon::Smtpd, "submission"),
        ("postfix/relay/smtp", Daemon::Smtp, "relay"),
        ("postfix-out/smtp", Daemon::Smtp, "postfix-out"),
        ("postfix/nqmgr", Daemon::Qmgr, ""),
        ("mta1/smtp", Daemon::Smtp, "mta1"),
    ] {
        assert_eq!(
            Program::of(tag.as_bytes()),
            Program::Daemon(daemon),
            "{tag}"
        );
        let origin = Origin::of(daemon, tag.as_bytes());
        assert_eq!(origin.instance, instance.as_bytes(), "{tag}");
    }
}

#[test]
fn programs_of_other_servers_are_not_postfix() {
    for tag in [
        "cyrus/lmtp",
        "cyrus/master",
        "dovecot/lmtp",
        "smtpd",
        "master",
    ] {
        assert_eq!(Program::of(tag.as_bytes()), Program::Foreign, "{tag}");
    }
}
