//! Microsoft Exchange: the protocol log of its send connectors. What clients are told is in another file.

use jiff::Timestamp;

use super::dialogue;
use crate::cli::demo::traffic::{Message, Result};

fn stamp(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

pub fn heading(now: Timestamp) -> String {
    format!(
        "#Software: Microsoft Exchange Server\n\
         #Version: 15.0.0.0\n\
         #Log-type: SMTP Send Protocol Log\n\
         #Date: {}\n\
         #Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\n",
        stamp(now)
    )
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let remote = message.remote;
    let session = format!("08DE0A{:010X}", message.number);
    let mut sequence = 0;
    let mut local = "";
    let mut record = |local: &str, event: &str, data: &str, context: &str| {
        *text += &format!(
            "{},Internet,{session},{sequence},{local},{}:25,{event},{},{}\n",
            stamp(now),
            remote.address,
            quoted(data),
            quoted(context)
        );
        sequence += 1;
    };
    record(local, "*", "", "attempting to connect");
    if let Result::NotConnected = message.result {
        let context = format!(
            "Failed to connect. Winsock error code: 10061, Win32 error code: 10061, Destination domain: {}, \
             Error Message: No connection could be made because the target machine actively refused it {}:25.",
            remote.domain, remote.address
        );
        record(local, "*", "", &context);
        return record(local, "-", "", "Local");
    }
    local = "192.0.2.10:41000";
    record(local, "+", "", "");
    for (command, reply) in dialogue::delivery(message) {
        // The content is not in the log.
        if !command.is_empty() && command != "." {
            record(local, ">", &command, "");
        }
        record(local, "<", &reply, "");
    }
    record(local, "-", "", "Local");
}

/// A value in quotes, if it has a comma.
fn quoted(value: &str) -> String {
    match value.contains(',') {
        true => format!("\"{value}\""),
        false => value.to_owned(),
    }
}
