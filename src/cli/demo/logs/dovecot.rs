//! Dovecot's submission server, which passes messages on while the client waits, through syslog.
//!
//! It logs the reply to the content; a recipient that is refused is only reported to the client. So the demo lets servers
//! refuse the content.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| super::syslog_of(text, now, "dovecot", body);
    let number = message.number;
    let (_, address) = message.client();
    let session = format!("{number:016}");
    line(&format!(
        "submission-login: Login: user=<news@example.com>, method=PLAIN, rip={address}, lip=192.0.2.10, mpid=4242, \
         session=<{session}>"
    ));
    let process = format!("submission(news@example.com)<4242><{session}>");
    let relayed = |verb: &str, reply: &str| {
        format!(
            "{process}: {verb} message: from=<news@example.com>, size={}, id={number:020}, nrcpt=1, reply=`{reply}'",
            message.size()
        )
    };
    match &message.result {
        Result::Sent => line(&relayed("Successfully relayed", &message.accepted())),
        Result::Refused(refusal) => {
            // Dovecot adds an enhanced status code where the other server gave none.
            let (code, words) = refusal.reply.split_once(' ').unwrap_or_default();
            let reply = match words.starts_with(|it: char| it.is_ascii_digit()) {
                true => refusal.reply.to_owned(),
                false => format!("{code} {} {words}", refusal.dsn),
            };
            line(&relayed("Failed to relay", &reply));
        }
        Result::NotConnected => {
            let server = format!("{}:25", message.remote.address);
            line(&format!(
                "{process}: Error: smtp-client: conn {server} [1]: connect({server}) failed: Connection refused"
            ));
            return line(&format!(
                "{process}: Disconnected: Failed to connect to relay server (connect) (state=GREETING) in=0 out=94"
            ));
        }
    }
    line(&format!(
        "{process}: Disconnected: Logged out (state=READY) in=124 out=117"
    ));
}

/// Clients may relay once they have logged in.
pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    if logs_in {
        super::syslog_of(
            text,
            now,
            "dovecot",
            "submission-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<info>, \
             method=LOGIN, rip=192.0.2.200, lip=192.0.2.10, session=<0000000000000000>",
        );
    }
}
