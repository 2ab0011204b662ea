//! nullmailer, through syslog.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| super::syslog(text, now, "nullmailer", body);
    let number = message.number;
    let file = format!("{}.{number}", now.as_second());
    line(&format!(
        "Starting delivery: host: {} protocol: smtp file: {file}",
        message.remote.host
    ));
    line(&format!(
        "From: <news@example.com> to: <{}>",
        message.recipient()
    ));
    line(&format!("Message-Id: <{number}@example.com>"));
    match &message.result {
        Result::Sent => {
            line(&format!("smtp: Succeeded: {}", message.accepted()));
            line("Sent file.");
        }
        Result::Refused(refusal) => {
            line(&format!("smtp: Failed: {}", refusal.reply));
            if refusal.permanent {
                line("Sending failed: Permanent error in sending the message");
                line(&format!("Moving message {file} into failed"));
                line(&format!("Generating bounce for {file}"));
            } else {
                line("Sending failed: Temporary error in sending the message");
            }
        }
        Result::NotConnected => {
            line("smtp: Failed: Connect failed");
            line("Sending failed: Connection refused");
        }
    }
}
