//! Exim's main log.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

fn line(text: &mut String, now: Timestamp, body: &str) {
    *text += &format!("{} {body}\n", now.strftime("%Y-%m-%d %H:%M:%S%.3f +0000"));
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| line(text, now, body);
    let number = message.number;
    let id = format!("1vDemo-{number:011}-0001");
    let (name, address) = message.client();
    line(&format!(
        "{id} <= news@example.com H={name} [{address}] P=esmtp S={} id={number}@example.com",
        message.size()
    ));
    let remote = message.remote;
    let to = format!(
        "{}@{} R=dnslookup T=remote_smtp",
        message.user(),
        remote.domain
    );
    let host = format!("H={} [{}]", remote.host, remote.address);
    match &message.result {
        Result::Sent => {
            let time = number % 9;
            line(&format!(
                "{id} => {to} {host} C=\"250 2.0.0 OK {number} - demo\" QT=1.{time}s DT=0.{time}s"
            ));
            line(&format!("{id} Completed"));
        }
        Result::Refused(refusal) => {
            let (stage, errno) = match refusal.after_content {
                true => ("end of data".to_owned(), -46),
                false => (
                    format!("RCPT TO:<{}@{}>", message.user(), remote.domain),
                    -44,
                ),
            };
            let said = format!(
                "SMTP error from remote mail server after {stage}: {}",
                refusal.reply
            );
            if refusal.permanent {
                line(&format!("{id} ** {to} {host}: {said}"));
                return line(&format!("{id} Completed"));
            }
            // A failure of the whole message is logged for the host and for the recipient.
            if refusal.after_content {
                line(&format!("{id} {host}: {said}"));
            }
            line(&format!("{id} == {to} defer ({errno}) {host}: {said}"));
        }
        Result::NotConnected => {
            line(&format!("{id} {host} Connection refused"));
            line(&format!("{id} == {to} defer (111): Connection refused"));
        }
    }
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    line(
        text,
        now,
        "H=(x) [192.0.2.200] F=<s@example.net> rejected RCPT <a@example.org>: relay not permitted",
    );
    if logs_in {
        line(
            text,
            now,
            "login authenticator failed for (x) [192.0.2.200]: 535 Incorrect authentication data (set_id=info)",
        );
    }
}
