//! Haraka, through syslog.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| super::syslog(text, now, "haraka", body);
    let number = message.number;
    let uuid = format!("2DC5D28A-3154-44E1-844E-{number:012X}");
    let (name, address) = message.client();
    let recipient = message.recipient();
    line(&format!(
        "[NOTICE] [{uuid}] [core] connect ip={address} port=39488 local_ip=10.0.0.10 local_port=25"
    ));
    line(&format!(
        "[NOTICE] [{uuid}.1] [core] sender <news@example.com> code=CONT msg=\"\""
    ));
    line(&format!(
        "[NOTICE] [{uuid}.1] [core] recipient <{recipient}> code=OK msg=\"\" sender=news@example.com"
    ));
    line(&format!(
        "[NOTICE] [{uuid}.1] [core] queue code=OK msg=\"Message Queued ({uuid}.1)\""
    ));
    line(&format!(
        "[NOTICE] [{uuid}.1] [core] disconnect ip={address} rdns={name} helo={name} relay=Y early=N esmtp=Y tls=N \
         pipe=N errors=0 txns=1 rcpts=1/0/0 msgs=1/0/0 bytes={} lr=\"\" time=0.018",
        message.size()
    ));
    let remote = message.remote;
    let (host, address) = (remote.host, remote.address);
    let file = format!("{0}_{0}_0_51_{number}_demo", now.as_millisecond());
    let defer = |why: &str| {
        format!("[INFO] [{uuid}.1.1] [outbound] Temp failing {file} for 64 seconds: {why}")
    };
    match &message.result {
        Result::Sent => line(&format!(
            "[NOTICE] [{uuid}.1.1] [outbound] delivered file={file} domain={} host={host} ip={address} port=25 \
             mode=SMTP tls=N auth=N response=\"{}\" delay=0.386 fails=0 rcpts=1/0/0",
            remote.domain,
            message.accepted().trim_start_matches("250 ")
        )),
        Result::Refused(refusal) if refusal.after_content => {
            line(&defer(&format!("Upstream error: {}", refusal.reply)));
        }
        Result::Refused(refusal) => {
            let recipient = format!("<{recipient}>");
            let (verb, next) = match refusal.permanent {
                true => (
                    "rejected",
                    format!(
                        "[INFO] [{uuid}.1.1] [outbound] bouncing mail: Some recipients failed: {recipient}"
                    ),
                ),
                false => (
                    "deferred",
                    defer(&format!("Some recipients temp failed: {recipient}")),
                ),
            };
            line(&format!(
                "[NOTICE] [{uuid}.1.1] [outbound] recipient {recipient} {verb}: {}",
                refusal.reply
            ));
            line(&next);
        }
        Result::NotConnected => {
            line(&format!(
                "[NOTICE] [{uuid}.1.1] [outbound] Failed to get socket: connect ECONNREFUSED {address}:25"
            ));
            line(&defer("Tried all MXs"));
        }
    }
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let uuid = "2DC5D28A-3154-44E1-844E-FFFFFFFFFFFF";
    let mut line = |body: &str| super::syslog(text, now, "haraka", body);
    let mut session = |reply: &str| {
        line(&format!(
            "[NOTICE] [{uuid}] [core] connect ip=192.0.2.200 port=39488 local_ip=10.0.0.10 local_port=25"
        ));
        line(&format!(
            "[NOTICE] [{uuid}.1] [core] disconnect ip=192.0.2.200 rdns=NXDOMAIN helo=x relay=N early=N esmtp=Y tls=N \
             pipe=N errors=1 txns=1 rcpts=0/0/1 msgs=0/0/0 bytes=0 lr=\"{reply}\" time=0.018"
        ));
    };
    session("550 I cannot deliver mail for <a@example.org>");
    if logs_in {
        session("535 5.7.8 Authentication failed");
    }
}
