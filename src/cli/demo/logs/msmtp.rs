//! msmtp, in its own log file. It has no queue: what a server refuses, the program that called it has to send again.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let host = message.remote.host;
    let recipient = message.recipient();
    let result = match &message.result {
        Result::Sent => format!(
            "mailsize={} smtpstatus=250 smtpmsg='{}' exitcode=EX_OK",
            message.size(),
            message.accepted()
        ),
        Result::Refused(refusal) => {
            let reply = refusal.reply;
            let code = reply.get(..3).unwrap_or_default();
            let error = match refusal.after_content {
                true => "the server did not accept the mail".to_owned(),
                false => format!("recipient address {recipient} not accepted by the server"),
            };
            // msmtp writes a question mark in place of a quote.
            let reply = reply.replace('\'', "?");
            format!(
                "smtpstatus={code} smtpmsg='{reply}' errormsg='{error}' exitcode=EX_UNAVAILABLE"
            )
        }
        Result::NotConnected => format!(
            "errormsg='cannot connect to {host}, port 25: Connection refused' exitcode=EX_TEMPFAIL"
        ),
    };
    *text += &format!(
        "{} host={host} tls=off auth=off from=news@example.com recipients={recipient} {result}\n",
        now.strftime("%b %d %H:%M:%S")
    );
}
