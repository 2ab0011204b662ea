//! Halon, through syslog.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

fn uuid(number: u64) -> String {
    format!("18c545f6-2bd2-11e9-a0c5-{number:012x}")
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| super::syslog(text, now, "smtpd", body);
    let id = uuid(message.number);
    let (name, address) = message.client();
    line(&format!(
        "[{id}] SMTP connection from {address}:40000 to 192.0.2.10:25"
    ));
    line(&format!("[{id}] HELO {name}"));
    line(&format!("[{id}] EOD: 250 2.0.0 queued"));
    let remote = message.remote;
    let server = format!("{}[{}]:25", remote.host, remote.address);
    let to = format!("to=<{}>", message.recipient());
    let words = match &message.result {
        Result::Sent => {
            let reply = message.accepted();
            format!("Delivery attempt to {server} {to} succeeded: \"{reply}\"")
        }
        Result::Refused(refusal) if refusal.permanent => {
            let reply = refusal.reply;
            format!("Delivery attempt to {server} {to} failed with \"{reply}\", bounce")
        }
        Result::Refused(refusal) => {
            let reply = refusal.reply;
            format!(
                "Delivery attempt to {server} {to} failed with \"{reply}\", retry in 300 seconds"
            )
        }
        Result::NotConnected => {
            format!(
                "Delivery attempt to {server} {to} failed: Connection refused, retry in 300 seconds"
            )
        }
    };
    line(&format!("[{id}:1] {words}"));
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let mut line = |body: &str| super::syslog(text, now, "smtpd", &format!("[{}] {body}", uuid(0)));
    line("SMTP connection from 192.0.2.200:40000 to 192.0.2.10:25");
    line("RCPT TO <a@example.org>: Reject \"550 5.7.1 relaying denied\"");
    if logs_in {
        line("AUTH LOGIN: Reject \"535 5.7.8 authentication failed\"");
    }
}
