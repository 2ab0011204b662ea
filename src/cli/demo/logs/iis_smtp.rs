//! The SMTP service of Microsoft IIS: its log in the format of the W3C.

use jiff::Timestamp;

use super::dialogue::{self, Exchange};
use crate::cli::demo::traffic::Message;

pub fn heading(now: Timestamp) -> String {
    format!(
        "#Software: Microsoft Internet Information Services 10.0\n\
         #Version: 1.0\n\
         #Date: {}\n\
         #Fields: date time c-ip cs-username s-sitename s-computername s-ip s-port cs-method cs-uri-stem cs-uri-query \
         sc-status sc-win32-status sc-bytes cs-bytes time-taken cs-version cs-host cs(User-Agent) cs(Cookie) \
         cs(Referer)\n",
        now.strftime("%Y-%m-%d %H:%M:%S")
    )
}

/// A record, from the address to the status.
fn record(text: &mut String, now: Timestamp, values: &str) {
    let time = now.strftime("%Y-%m-%d %H:%M:%S");
    *text += &format!("{time} {values} 0 48 13 0 SMTP - - - -\n");
}

/// The session of a client: each command, with the status of the reply.
fn client(text: &mut String, now: Timestamp, name: &str, address: &str, said: Vec<Exchange>) {
    for (command, reply) in said {
        let status = reply.get(..3).unwrap_or_default();
        let (verb, argument) = command.split_once(' ').unwrap_or((&command, ""));
        if verb.is_empty() || verb == "." {
            continue;
        }
        record(
            text,
            now,
            &format!("{address} {name} SMTPSVC1 MAIL01 192.0.2.10 0 {verb} - +{argument} {status}"),
        );
    }
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let (name, address) = message.client();
    client(text, now, &name, &address, dialogue::arrival(message));
    let mut remote = |user: &str, values: &str| {
        record(
            text,
            now,
            &format!(
                "{} {user} SMTPSVC1 MAIL01 - 25 {values} 0",
                message.remote.address
            ),
        );
    };
    for (command, reply) in dialogue::delivery(message) {
        let (verb, argument) = command.split_once(' ').unwrap_or((&command, "-"));
        if !verb.is_empty() && verb != "." {
            remote("OutboundConnectionCommand", &format!("{verb} - {argument}"));
        }
        let reply = reply.replace(' ', "+");
        remote("OutboundConnectionResponse", &format!("- - {reply}"));
    }
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    client(text, now, "x", "192.0.2.200", dialogue::rejected(logs_in));
}
