//! Courier, through syslog.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |tag: &str, body: &str| super::syslog_of(text, now, tag, body);
    let number = message.number;
    let id = format!("{number:016X}.{:016X}.000001BF", now.as_second());
    let (name, address) = message.client();
    line(
        "courieresmtpd",
        &format!("started,ip=[::ffff:{address}],port=[53400]"),
    );
    line(
        "courierd",
        &format!("newmsg,id={id}: dns; {name} ({name} [::ffff:{address}])"),
    );
    let remote = message.remote;
    let recipient = message.recipient();
    line(
        "courierd",
        &format!(
            "started,id={id},from=<news@example.com>,module=esmtp,host={},addr=<{recipient}>",
            remote.domain
        ),
    );
    let delivery = format!("id={id},from=<news@example.com>,addr=<{recipient}>");
    let mut said = |words: &str, status: &str| {
        line("courieresmtp", &format!("{delivery}: {words}"));
        if status == "success" {
            let host = format!("{} [{}]", remote.host, remote.address);
            line(
                "courieresmtp",
                &format!("{delivery},success: delivered: {host}"),
            );
        }
        line("courieresmtp", &format!("{delivery},status: {status}"));
    };
    match &message.result {
        Result::Sent => said(&message.accepted(), "success"),
        Result::Refused(refusal) if refusal.permanent => said(refusal.reply, "failure"),
        Result::Refused(refusal) => return said(refusal.reply, "deferred"),
        Result::NotConnected => return said("Connection refused", "deferred"),
    }
    line("courierd", &format!("completed,id={id}"));
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let mut line = |body: &str| super::syslog_of(text, now, "courieresmtpd", body);
    line("started,ip=[::ffff:192.0.2.200],port=[53400]");
    line(
        "error,relay=::ffff:192.0.2.200,port=53400,from=<s@example.net>,to=<a@example.org>: 513 Relaying denied.",
    );
    if logs_in {
        line(
            "error,relay=::ffff:192.0.2.200,port=53400,msg=\"535 Authentication failed.\",cmd: AUTH LOGIN",
        );
    }
}
