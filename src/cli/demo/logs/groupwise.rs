//! The Internet Agent of GroupWise, whose lines have the time of day only.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

fn line(text: &mut String, now: Timestamp, body: &str) {
    *text += &format!("{} {body}\n", now.strftime("%H:%M:%S"));
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| line(text, now, body);
    let number = message.number;
    let (name, address) = message.client();
    line(&format!(
        "2D8 DMN: MSG {number} Accepted connection: [{address}] ({name})"
    ));
    line(&format!(
        "2D8 DMN: MSG {number} SMTP session ended: [{address}] ({name})"
    ));
    line(&format!(
        "3E8 DMN: MSG {number} Sending file: /gwia/send/{number}.001"
    ));
    let remote = message.remote;
    let rcpt = format!("RCPT TO:<{}>", message.recipient());
    let (command, response) = match &message.result {
        Result::Sent => (message.recipient(), message.accepted()),
        Result::Refused(refusal) => {
            let command = if refusal.after_content { "data" } else { &rcpt };
            (command.to_owned(), refusal.reply.to_owned())
        }
        Result::NotConnected => {
            line(&format!(
                "3E8 DMN: MSG {number} Send Failure: 450 Host down"
            ));
            (rcpt, "450 Host down".to_owned())
        }
    };
    line(&format!(
        "3E8 DMN: MSG {number} SMTP session ended: [{}] ({})",
        remote.address, remote.host
    ));
    line(&format!(
        "5E MSG {number} Analyzing result file: /gwia/result/r{number}.001"
    ));
    line(&format!("5E MSG {number}     Command: {command}"));
    line(&format!("5E MSG {number}     Response: {response}"));
}

/// Only the connection is in the log.
pub fn rejected_client(text: &mut String, now: Timestamp, _: bool) {
    line(
        text,
        now,
        "2D8 DMN: MSG 9000000 Accepted connection: [192.0.2.200] (x)",
    );
    line(
        text,
        now,
        "2D8 DMN: MSG 9000000 SMTP session ended: [192.0.2.200] (x)",
    );
}
