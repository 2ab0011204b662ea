//! hMailServer, with debug messages, which tell why a connection failed.

use jiff::Timestamp;

use super::dialogue::{self, Exchange};
use crate::cli::demo::traffic::{Message, Result};

fn stamp(now: Timestamp) -> String {
    now.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// The transcript of a session, as the client or the server of it.
fn session(
    text: &mut String,
    now: Timestamp,
    (component, number): (&str, u64),
    address: &str,
    said: Vec<Exchange>,
) {
    let (of_command, of_reply) = match component {
        "SMTPC" => ("SENT", "RECEIVED"),
        _ => ("RECEIVED", "SENT"),
    };
    let mut line = |verb: &str, words: &str| {
        *text += &format!(
            "\"{component}\"\t2480\t{number}\t\"{}\"\t\"{address}\"\t\"{verb}: {words}\"\n",
            stamp(now)
        );
    };
    for (command, reply) in said {
        match command.as_str() {
            "" => {}
            "." => line(of_command, "[nl]."),
            command => line(of_command, command),
        }
        line(of_reply, &reply);
    }
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let number = message.number;
    let (_, client) = message.client();
    let said = dialogue::arrival(message);
    session(text, now, ("SMTPD", number * 2), &client, said);
    let mut line = |component: &str, words: &str| {
        *text += &format!(
            "\"{component}\"\t2480\t\"{}\"\t\"SMTPDeliverer - Message {number}{words}\"\n",
            stamp(now)
        );
    };
    let remote = message.remote;
    let from = format!(
        ": Delivering message from news@example.com to {}. File: C:\\Data\\{{{number}}}.eml",
        message.recipient()
    );
    line("APPLICATION", &from);
    line(
        "APPLICATION",
        &format!(": Relaying to host {}.", remote.host),
    );
    if let Result::NotConnected = message.result {
        let words = format!(
            " - Connection failed: Host name: {}, message: No connection could be made because the target machine \
             actively refused it",
            remote.address
        );
        line("DEBUG", &words);
    }
    let ending = match &message.result {
        Result::Sent => ": Message delivery thread completed.",
        Result::Refused(refusal) if refusal.permanent => {
            ": Message could not be delivered. Returning error log to sender."
        }
        _ => ": Message could not be delivered. Scheduling it for later delivery in 60 minutes.",
    };
    let said = dialogue::delivery(message);
    session(text, now, ("SMTPC", number * 2 + 1), remote.address, said);
    *text += &format!(
        "\"APPLICATION\"\t2480\t\"{}\"\t\"SMTPDeliverer - Message {number}{ending}\"\n",
        stamp(now)
    );
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let said = dialogue::rejected(logs_in);
    session(text, now, ("SMTPD", 0), "192.0.2.200", said);
}
