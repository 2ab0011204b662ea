//! PowerMTA's accounting file, in CSV.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

pub fn heading(_: Timestamp) -> String {
    "type,timeLogged,timeQueued,orig,rcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,srcMta,dlvSourceIp,\
     dlvDestinationIp,dlvSize,vmta,jobId\n"
        .to_owned()
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let remote = message.remote;
    let (name, client) = message.client();
    let time = now.strftime("%Y-%m-%d %H:%M:%S+0000");
    let mta = format!("{} ({})", remote.host, remote.address);
    let mut record = |kind: &str,
                      action: &str,
                      status: &str,
                      diagnosis: &str,
                      mta: &str,
                      category: &str| {
        *text += &format!(
            "{kind},{time},{time},news@example.com,{},{action},{status},\"{diagnosis}\",{mta},{category},\
             {name} ({client}),192.0.2.10,{},{},pool1,newsletter\n",
            message.recipient(),
            remote.address,
            message.size()
        );
    };
    match &message.result {
        Result::Sent => {
            let diagnosis = format!("smtp;{}", message.accepted());
            record("d", "relayed", "2.0.0 (success)", &diagnosis, &mta, "");
        }
        Result::Refused(refusal) => {
            let (kind, action) = match refusal.permanent {
                true => ("b", "failed"),
                false => ("t", "delayed"),
            };
            let category = match refusal.after_content {
                true => "spam-related",
                false => "bad-mailbox",
            };
            let diagnosis = format!("smtp;{}", refusal.reply);
            record(kind, action, refusal.dsn, &diagnosis, &mta, category);
        }
        Result::NotConnected => {
            let diagnosis = "smtp;421 4.4.1 [internal] connection refused";
            let category = "no-answer-from-host";
            record(
                "t",
                "delayed",
                "4.4.1 (no answer from host)",
                diagnosis,
                "",
                category,
            );
        }
    }
}
