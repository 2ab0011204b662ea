//! MDaemon: the log of all sessions.

use jiff::Timestamp;

use super::dialogue::{self, Exchange};
use crate::cli::demo::traffic::{Message, Result};

fn line(text: &mut String, now: Timestamp, body: &str) {
    *text += &format!("{}: {body}\n", now.strftime("%a %Y-%m-%d %H:%M:%S"));
}

/// The session of a client.
fn client(text: &mut String, now: Timestamp, address: &str, said: Vec<Exchange>) {
    line(text, now, "----------");
    line(
        text,
        now,
        &format!("Accepting SMTP connection from [{address}:55000] to [192.0.2.10:25]"),
    );
    for (command, reply) in said {
        // The content is not in the log.
        if !command.is_empty() && command != "." {
            line(text, now, &format!("<-- {command}"));
        }
        line(text, now, &format!("--> {reply}"));
    }
    line(text, now, "SMTP session terminated (Bytes in/out: 1/2)");
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let (_, address) = message.client();
    client(text, now, &address, dialogue::arrival(message));
    let mut line = |body: &str| line(text, now, body);
    let remote = message.remote;
    let number = message.number;
    let file = format!("c:\\mdaemon\\remoteq\\pd{number:08}.msg");
    line("----------");
    line(&format!("Session {number}; child 1"));
    line(&format!("Parsing message <{file}>"));
    line("*  From: news@example.com");
    line(&format!("*  To: {}", message.recipient()));
    line(&format!(
        "Attempting SMTP connection to [{}:25]",
        remote.address
    ));
    line("Waiting for socket connection...");
    if let Result::NotConnected = message.result {
        return line("*  Winsock Error 10061 Connection refused");
    }
    line(&format!(
        "*  Connection established (192.0.2.10:1234 -> {}:25)",
        remote.address
    ));
    for (command, reply) in dialogue::delivery(message) {
        match command.as_str() {
            "" => line("Waiting for protocol to start..."),
            "." => line(&format!("Sending <{file}> to [{}]", remote.address)),
            command => line(&format!("--> {command}")),
        }
        line(&format!("<-- {reply}"));
    }
    line("SMTP session terminated (Bytes in/out: 1/2)");
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    client(text, now, "192.0.2.200", dialogue::rejected(logs_in));
}
