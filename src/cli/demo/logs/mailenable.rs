//! MailEnable: the activity log of its SMTP service. Connections that fail are in the debug log only.

use jiff::Timestamp;

use super::dialogue::{self, Exchange};
use crate::cli::demo::traffic::Message;

/// The records of a session.
fn session(
    text: &mut String,
    now: Timestamp,
    (service, number): (&str, u64),
    address: &str,
    said: Vec<Exchange>,
) {
    let time = now.strftime("%m/%d/%y %H:%M:%S");
    for (command, reply) in said {
        // The content is not in the log.
        let command = if command == "." { "" } else { &command };
        let verb = command.split(' ').next().unwrap_or_default();
        *text += &format!(
            "{time}\t{service}\t{number:08X}.MAI\t1496\t{address}\t{verb}\t{command}\t{reply}\t43\t30\t\n"
        );
    }
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let (_, client) = message.client();
    let number = message.number;
    let said = dialogue::arrival(message);
    session(text, now, ("SMTP-IN", number * 2), &client, said);
    let said = dialogue::delivery(message);
    let address = message.remote.address;
    session(text, now, ("SMTP-OU", number * 2 + 1), address, said);
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let said = dialogue::rejected(logs_in);
    session(text, now, ("SMTP-IN", 0), "192.0.2.200", said);
}
