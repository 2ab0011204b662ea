//! ZoneMTA, through syslog.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let mut line = |body: &str| super::syslog(text, now, "zonemta", body);
    let number = message.number;
    let session = format!("54idx{number:011}");
    let id = format!("{number:016x}01");
    let (name, address) = message.client();
    let recipient = message.recipient();
    line(&format!(
        "info SMTP/feeder/90 CONNECTION id={session} src={name}[{address}]:40000 tlsProtocol=No TLS"
    ));
    line(&format!(
        "info Queue/90 id={session} {id} QUEUED (message-id=<{number}@example.com> from=news@example.com \
         to={recipient} src={address} subject=\"Newsletter\" body={})",
        message.size()
    ));
    let remote = message.remote;
    let (host, address) = (remote.host, remote.address);
    let mut sender = |level: &str, words: &str| {
        line(&format!(
            "{level} Sender/default/89[1] id={session} {id}.001 {words}"
        ));
    };
    sender(
        "info",
        &format!("CONNECTING domain={} port=25", remote.domain),
    );
    let result = |verb: &str, mx: &str, reply: &str| {
        format!(
            "{verb} from=news@example.com to={recipient} src=192.0.2.10 mx={mx} \
             message-id=<{number}@example.com> ({reply})"
        )
    };
    let mx = format!("{host}[{address}]");
    match &message.result {
        Result::Sent => sender("info", &result("ACCEPTED", &mx, &message.accepted())),
        Result::Refused(refusal) => {
            let verb = match refusal.permanent {
                true => "REJECTED[other]",
                false => "DEFERRED[other]",
            };
            sender("info", &result(verb, &mx, refusal.reply));
        }
        Result::NotConnected => {
            let error = format!(
                "Network error when connecting to MX server {mx} for {}: Connection refused",
                remote.domain
            );
            sender(
                "ERR!",
                &format!(
                    "CONNFAIL domain={} local=mail.example.com[192.0.2.10] remote={address}:25 error={error}",
                    remote.domain
                ),
            );
            let words = format!("Network error: {error}");
            sender("info", &result("DEFERRED[network]", remote.domain, &words));
        }
    }
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let mut line = |body: &str| {
        super::syslog(text, now, "zonemta", &format!("info SMTP/feeder/90 {body}"));
    };
    line("CONNECTION id=54idxreject src=x[192.0.2.200]:40000 tlsProtocol=No TLS");
    if logs_in {
        line(
            "AUTHFAIL id=54idxreject user=\"info\" srs=x[192.0.2.200] proto=LOGIN error=Invalid credentials",
        );
    }
}
