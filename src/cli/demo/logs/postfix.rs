//! Postfix, through syslog.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |daemon: &str, body: &str| {
        super::syslog(text, now, &format!("postfix/{daemon}"), body);
    };
    let number = message.number;
    let id = format!("4D{:08X}", number * 7919);
    let (name, address) = message.client();
    let client = format!("{name}[{address}]");
    line("smtpd", &format!("connect from {client}"));
    line("smtpd", &format!("{id}: client={client}"));
    line(
        "cleanup",
        &format!("{id}: message-id=<{number}@example.com>"),
    );
    let size = message.size();
    line(
        "qmgr",
        &format!("{id}: from=<news@example.com>, size={size}, nrcpt=1 (queue active)"),
    );
    line(
        "smtpd",
        &format!("disconnect from {client} ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"),
    );
    let remote = message.remote;
    let to = format!("{id}: to=<{}@{}>", message.user(), remote.domain);
    let (setup, transmission) = (number % 5, number % 9);
    let relay = format!(
        "relay={}[{}]:25, delay=1.{transmission}, delays=0.05/0.01/0.{setup}/0.{transmission}",
        remote.host, remote.address
    );
    match &message.result {
        Result::Sent => {
            let reply = format!("250 2.0.0 OK {number} - demo");
            line(
                "smtp",
                &format!("{to}, {relay}, dsn=2.0.0, status=sent ({reply})"),
            );
            line("qmgr", &format!("{id}: removed"));
        }
        Result::Refused(refusal) => {
            let status = if refusal.permanent {
                "bounced"
            } else {
                "deferred"
            };
            let command = if refusal.after_content {
                "end of DATA"
            } else {
                "RCPT TO"
            };
            let reason = format!(
                "host {}[{}] said: {} (in reply to {command} command)",
                remote.host, remote.address, refusal.reply
            );
            line(
                "smtp",
                &format!(
                    "{to}, {relay}, dsn={}, status={status} ({reason})",
                    refusal.dsn
                ),
            );
        }
        Result::NotConnected => {
            let reason = format!(
                "connect to {}[{}]:25: Connection refused",
                remote.host, remote.address
            );
            line("smtp", &reason);
            line(
                "smtp",
                &format!(
                    "{to}, relay=none, delay=0.2, delays=0.1/0/0.1/0, dsn=4.4.1, status=deferred ({reason})"
                ),
            );
        }
    }
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let mut line = |body: &str| super::syslog(text, now, "postfix/smtpd", body);
    line("connect from unknown[192.0.2.200]");
    line(
        "NOQUEUE: reject: RCPT from unknown[192.0.2.200]: 554 5.7.1 <a@example.org>: Relay access denied; \
         from=<s@example.net> to=<a@example.org> proto=ESMTP helo=<x>",
    );
    if logs_in {
        line(
            "warning: unknown[192.0.2.200]: SASL LOGIN authentication failed: authentication failure",
        );
    }
    line("lost connection after RCPT from unknown[192.0.2.200]");
    line("disconnect from unknown[192.0.2.200] ehlo=1 mail=1 rcpt=0/1 commands=2/3");
}
