//! OpenSMTPD, through syslog.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| super::syslog(text, now, "smtpd", body);
    let number = message.number;
    let inbound = format!("{:016x}", 0x33b0_f299_0000_0000 + number * 2);
    let outbound = format!("{:016x}", 0x33b0_f299_0000_0001 + number * 2);
    let id = format!("{number:08x}");
    let (name, address) = message.client();
    let recipient = message.recipient();
    line(&format!(
        "{inbound} smtp connected address={address} host={name}"
    ));
    line(&format!(
        "{inbound} smtp message msgid={id} size={} nrcpt=1 proto=ESMTP",
        message.size()
    ));
    line(&format!(
        "{inbound} smtp envelope evpid={id}00000001 from=<news@example.com> to=<{recipient}>"
    ));
    line(&format!("{inbound} smtp disconnected reason=quit"));
    let remote = message.remote;
    let (host, address) = (remote.host, remote.address);
    line(&format!(
        "{outbound} mta connecting address=smtp://{address}:25 host={host}"
    ));
    let delivery = |session: &str, relay: &str, result: &str, stat: &str| {
        format!(
            "{session} mta delivery evpid={id}00000001 from=<news@example.com> to=<{recipient}> rcpt=<-> \
             source=\"192.0.2.10\" relay=\"{relay}\" delay=1s result=\"{result}\" stat=\"{stat}\""
        )
    };
    let relay = format!("{address} ({host})");
    match &message.result {
        Result::Sent => {
            line(&format!("{outbound} mta connected"));
            let reply = message.accepted();
            line(&delivery(&outbound, &relay, "Ok", &reply));
        }
        Result::Refused(refusal) => {
            line(&format!("{outbound} mta connected"));
            let result = match refusal.permanent {
                true => "PermFail",
                false => "TempFail",
            };
            line(&delivery(&outbound, &relay, result, refusal.reply));
        }
        Result::NotConnected => {
            line(&format!(
                "{outbound} mta error reason=IO Error: Connection refused"
            ));
            let session = "0".repeat(16);
            let words = "Network error on destination MXs";
            return line(&delivery(&session, remote.domain, "TempFail", words));
        }
    }
    line(&format!(
        "{outbound} mta disconnected reason=quit messages=1"
    ));
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let session = "33b0f29900ffffff";
    let mut line = |body: &str| super::syslog(text, now, "smtpd", &format!("{session} {body}"));
    line("smtp connected address=192.0.2.200 host=<unknown>");
    line(
        "smtp failed-command command=\"RCPT TO:<a@example.org>\" \
         result=\"550 Invalid recipient: <a@example.org>\"",
    );
    if logs_in {
        line("smtp authentication user=info result=permfail");
    }
    line("smtp disconnected reason=disconnect");
}
