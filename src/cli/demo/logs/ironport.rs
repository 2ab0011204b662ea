//! Cisco Secure Email Gateway (IronPort): its mail_logs.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

fn line(text: &mut String, now: Timestamp, body: &str) {
    *text += &format!("{} Info: {body}\n", now.strftime("%a %b %e %H:%M:%S %Y"));
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| line(text, now, body);
    let number = message.number;
    let (name, address) = message.client();
    line(&format!(
        "New SMTP ICID {number} interface Private (192.0.2.10) address {address} reverse dns host {name} verified yes"
    ));
    line(&format!("Start MID {number} ICID {number}"));
    line(&format!(
        "MID {number} ICID {number} From: <news@example.com>"
    ));
    line(&format!(
        "MID {number} ICID {number} RID 0 To: <{}>",
        message.recipient()
    ));
    line(&format!(
        "MID {number} ready {} bytes from <news@example.com>",
        message.size()
    ));
    line(&format!("MID {number} queued for delivery"));
    line(&format!("ICID {number} close"));
    let remote = message.remote;
    let address = remote.address;
    line(&format!(
        "New SMTP DCID {number} interface 192.0.2.10 address {address} port 25"
    ));
    let failed = |verb: &str, why: &str, reply: &str| {
        format!("{verb}: DCID {number} MID {number} to RID 0 - {why} {reply}")
    };
    match &message.result {
        Result::Sent => {
            line(&format!(
                "Delivery start DCID {number} MID {number} to RID [0]"
            ));
            line(&format!(
                "Message done DCID {number} MID {number} to RID [0]"
            ));
            line(&format!(
                "MID {number} RID [0] Response '2.0.0 OK {number} - demo'"
            ));
            line(&format!("Message finished MID {number} done"));
        }
        Result::Refused(refusal) => {
            line(&format!(
                "Delivery start DCID {number} MID {number} to RID [0]"
            ));
            let verb = if refusal.permanent {
                "Bounced"
            } else {
                "Delayed"
            };
            let why = format!("{} - Unknown address error", refusal.dsn);
            let (code, words) = refusal.reply.split_once(' ').unwrap_or_default();
            let quote = if words.contains('\'') { '"' } else { '\'' };
            let reply = format!("('{code}', [{quote}{words}{quote}])");
            line(&failed(verb, &why, &reply));
        }
        Result::NotConnected => {
            let error = "[Errno 61] Connection refused";
            line(&format!(
                "Connection Error: DCID {number} domain: {} IP: {address} port: 25 details: {error} \
                 interface: 192.0.2.10 reason: network error",
                remote.domain
            ));
            let reply = format!("('000', ['{error}'])");
            line(&failed("Delayed", "4.4.0 - Other network problem", &reply));
        }
    }
    line(&format!("DCID {number} close"));
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let mut line = |body: &str| line(text, now, body);
    line(
        "New SMTP ICID 9000000 interface Public (192.0.2.10) address 192.0.2.200 reverse dns host unknown verified no",
    );
    line("MID 9000000 ICID 9000000 To: <a@example.org> Rejected by RAT");
    if logs_in {
        line(
            "SMTP Auth (ICID 9000000) failed for user: info using AUTH mechanism: LOGIN with profile: ldap",
        );
    }
    line("ICID 9000000 close");
}
