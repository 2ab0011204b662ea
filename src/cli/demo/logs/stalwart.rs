//! Stalwart.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

fn line(text: &mut String, now: Timestamp, body: &str) {
    *text += &format!("{} {body}\n", now.strftime("%Y-%m-%dT%H:%M:%SZ"));
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| line(text, now, body);
    let (_, client) = message.client();
    let recipient = message.recipient();
    let listener =
        format!("listenerId = \"smtp\", localPort = 25, remoteIp = {client}, remotePort = 40000");
    line(&format!(
        "INFO SMTP connection started (smtp.connection-start) {listener}"
    ));
    let envelope = format!(
        "queueId = {}, from = \"news@example.com\", to = [\"{recipient}\"], size = {}",
        message.number,
        message.size()
    );
    line(&format!(
        "INFO Queued message for delivery (queue.queue-message) {listener}, {envelope}"
    ));
    let queued = format!("{envelope}, total = 1");
    line(&format!(
        "INFO Delivery attempt started (delivery.attempt-start) {queued}"
    ));
    let remote = message.remote;
    let to = format!("hostname = \"{}\", to = \"{recipient}\"", remote.host);
    let rescheduled = format!("INFO Message rescheduled for delivery (queue.rescheduled) {queued}");
    match &message.result {
        Result::Sent => line(&format!(
            "INFO Message delivered (delivery.delivered) {queued}, {to}, code = 250, details = \"{}\", elapsed = 1ms",
            message.accepted().trim_start_matches("250 ")
        )),
        Result::Refused(refusal) => {
            let (code, words) = refusal.reply.split_once(' ').unwrap_or_default();
            let said = format!("code = {code}, details = \"{words}\"");
            match refusal.after_content {
                true => line(&format!(
                    "INFO Message rejected by remote server (delivery.message-rejected) {queued}, hostname = \"{}\", \
                     {said}, elapsed = 0ms",
                    remote.host
                )),
                false => line(&format!(
                    "INFO SMTP RCPT TO rejected (delivery.rcpt-to-rejected) {queued}, {to}, {said}, elapsed = 0ms"
                )),
            }
            match refusal.permanent {
                true => line(&format!(
                    "INFO DSN permanent failure notification (delivery.dsn-perm-fail) {queued}, to = \"{recipient}\", \
                     hostname = \"{}\", {said}, total = 0",
                    remote.host
                )),
                false => line(&rescheduled),
            }
        }
        Result::NotConnected => {
            line(&format!(
                "INFO Connection error (delivery.connect-error) {queued}, domain = \"{}\", hostname = \"{}\", \
                 localIp = 0.0.0.0, remoteIp = {}, remotePort = 25, causedBy = SMTP error occurred (smtp.error) \
                 {{ details = \"I/O Error\", reason = \"Connection refused (os error 111)\" }}, elapsed = 3ms",
                remote.domain, remote.host, remote.address
            ));
            line(&rescheduled);
        }
    }
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let client =
        "listenerId = \"smtp\", localPort = 25, remoteIp = 192.0.2.200, remotePort = 40000";
    line(
        text,
        now,
        &format!(
            "INFO Relay not allowed (smtp.relay-not-allowed) {client}, to = \"a@example.org\""
        ),
    );
    if logs_in {
        line(
            text,
            now,
            &format!("WARN Authentication failed (auth.failed) {client}, accountName = \"info\""),
        );
    }
}
