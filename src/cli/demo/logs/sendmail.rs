//! Sendmail, through syslog.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| super::syslog(text, now, "sendmail", body);
    let number = message.number;
    let id = format!("4ANA{:010}", number * 7919);
    let (name, address) = message.client();
    line(&format!(
        "{id}: from=<news@example.com>, size={}, class=0, nrcpts=1, msgid=<{number}@example.com>, proto=ESMTP, \
         daemon=MTA, relay={name} [{address}]",
        message.size()
    ));
    let remote = message.remote;
    let record = format!(
        "{id}: to=<{}@{}>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=120345, relay={}. [{}]",
        message.user(),
        remote.domain,
        remote.host,
        remote.address
    );
    match &message.result {
        Result::Sent => line(&format!(
            "{record}, dsn=2.0.0, stat=Sent (OK {number} - demo)"
        )),
        Result::Refused(refusal) => {
            let stat = match refusal.permanent {
                true => "Service unavailable".to_owned(),
                false => format!("Deferred: {}", refusal.reply),
            };
            line(&format!(
                "{record}, dsn={}, reply={}, stat={stat}",
                refusal.dsn, refusal.reply
            ));
        }
        Result::NotConnected => {
            let reason = format!("Connection refused by {}.", remote.host);
            line(&format!("{record}, dsn=4.0.0, stat=Deferred: {reason}"));
        }
    }
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let mut line = |body: &str| super::syslog(text, now, "sendmail", body);
    line(
        "4ANA0000000000: ruleset=check_rcpt, arg1=<a@example.org>, relay=[192.0.2.200], \
         reject=550 5.7.1 <a@example.org>... Relaying denied",
    );
    if logs_in {
        line(
            "4ANA0000000000: AUTH failure (LOGIN): authentication failure (-13) SASL(-13), relay=[192.0.2.200]",
        );
    }
}
