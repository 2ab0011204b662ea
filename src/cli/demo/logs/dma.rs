//! DragonFly Mail Agent, through syslog.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let remote = message.remote;
    let recipient = message.recipient();
    let id = format!("{:x}.55ac34d8e8f0", message.number);
    let mut line = |body: &str| super::syslog_of(text, now, &format!("dma[{id}]"), body);
    line(&format!("<{recipient}> trying delivery"));
    let host = format!("{} [{}]", remote.host, remote.address);
    line(&format!("trying remote delivery to {host} pref 0"));
    match &message.result {
        Result::Sent => line(&format!("<{recipient}> delivery successful")),
        Result::Refused(refusal) => {
            let command = match refusal.after_content {
                true => "final DATA",
                false => "RCPT TO",
            };
            let failed = format!("failed after {command}: {}", refusal.reply);
            if refusal.permanent {
                line(&format!("remote delivery to {host} {failed}"));
                line(&format!("delivery failed, bouncing as {id}1"));
            } else {
                line(&format!("remote delivery deferred: {host} {failed}"));
            }
        }
        Result::NotConnected => line(&format!("connect to {host} failed: Connection refused")),
    }
}
