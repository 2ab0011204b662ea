//! qmail: the records of qmail-send, and those of qmail-smtpd with the patch chkuser, as multilog writes them.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

/// A line with the time in TAI64N, which is ten seconds ahead of the Unix time.
fn line(text: &mut String, now: Timestamp, body: &str) {
    let seconds = now.as_second() + 10;
    let nanos = now.subsec_nanosecond();
    *text += &format!("@4{seconds:015x}{nanos:08x} {body}\n");
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| line(text, now, body);
    let number = message.number;
    let id = 90_000 + number;
    line(&format!("new msg {id}"));
    line(&format!(
        "info msg {id}: bytes {} from <news@example.com> qp 4242 uid 7791",
        message.size()
    ));
    line(&format!(
        "starting delivery {number}: msg {id} to remote {}",
        message.recipient()
    ));
    line("status: local 0/10 remote 1/20");
    let address = message.remote.address;
    let (result, report) = match &message.result {
        Result::Sent => {
            let reply = message.accepted();
            let report = format!("{address} accepted message./Remote host said: {reply}/");
            ("success", report)
        }
        Result::Refused(refusal) => {
            let reply = refusal.reply;
            let report = match refusal.after_content {
                true => {
                    format!("{address} failed after I sent the message./Remote host said: {reply}/")
                }
                false => format!(
                    "{address} does not like recipient./Remote host said: {reply}/Giving up on {address}./"
                ),
            };
            let result = match refusal.permanent {
                true => "failure",
                false => "deferral",
            };
            (result, report)
        }
        Result::NotConnected => {
            let report = "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)/";
            ("deferral", report.to_owned())
        }
    };
    let report = report.replace(' ', "_");
    line(&format!("delivery {number}: {result}: {report}"));
    line("status: local 0/10 remote 0/20");
    if result != "deferral" {
        line(&format!("end msg {id}"));
    }
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    line(
        text,
        now,
        "CHKUSER rejected relaying: from <s@example.net::> remote <x:unknown:192.0.2.200> rcpt <a@example.org> : \
         client not allowed to relay",
    );
    if logs_in {
        line(
            text,
            now,
            "vchkpw-smtp: password fail (pass: 'x') info@example.com:192.0.2.200",
        );
    }
}
