//! Apache James: its log in the layout of Tomcat.

use jiff::Timestamp;

use crate::cli::demo::traffic::{Message, Result};

fn line(text: &mut String, now: Timestamp, logger: &str, words: &str) {
    let time = now.strftime("%d-%b-%Y %H:%M:%S%.3f");
    *text += &format!("{time} INFO [worker-1] org.apache.james.{logger} - {words}\n");
}

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let number = message.number;
    let (_, client) = message.client();
    let recipient = message.recipient();
    let mail = format!("Mail{number}");
    let spooled = format!(
        "Successfully spooled mail {mail} with messageId <{number}@example.com> from news@example.com on \
         /{client} for [{recipient}]"
    );
    line(
        text,
        now,
        "smtpserver.SendMailHandler.doQueueMessage:120",
        &spooled,
    );
    let mut deliver = |place: &str, words: &str| {
        let logger = format!("transport.mailets.remote.delivery.{place}");
        line(text, now, &logger, words);
    };
    let remote = message.remote;
    let (host, address) = (remote.host, remote.address);
    match &message.result {
        Result::Sent => deliver(
            "MailDelivrerToHost.tryDeliveryToHost:129",
            &format!(
                "Mail ({mail}) with messageId <{number}@example.com> sent successfully to {host}. at {host}/{address} \
                 from news@example.com for [{recipient}]"
            ),
        ),
        Result::Refused(refusal) => {
            let command = match refusal.after_content {
                true => ".".to_owned(),
                false => format!("RCPT TO:<{recipient}>"),
            };
            let code = refusal.reply.get(..3).unwrap_or_default();
            let failure = format!(
                "SMTP SEND FAILED: Command [Optional[{command}]] RetCode: [Optional[{code}]] Response[{}]",
                refusal.reply
            );
            // James logs the last attempt twice.
            deliver("MailDelivrer.logSendFailedException:291", &failure);
            deliver("MailDelivrer.logSendFailedException:291", &failure);
        }
        Result::NotConnected => deliver(
            "MailDelivrer.handleMessagingException:200",
            &format!("Couldn't connect to host, port: {host}, 25; timeout 60000"),
        ),
    }
    let ending = match &message.result {
        Result::Sent => "succeeded",
        Result::Refused(refusal) if refusal.permanent => "failed permanently",
        _ => "failed temporarily",
    };
    let words = format!("Remote delivering mail {ending}.");
    line(text, now, "util.AuditTrail$Entry.log:51", &words);
}

pub fn rejected_client(text: &mut String, now: Timestamp, logs_in: bool) {
    let mut hook = |words: &str| {
        let logger = "protocols.smtp.core.log.HookResultLogger.onHookResult:60";
        line(text, now, logger, words);
    };
    hook(
        "org.apache.james.protocols.smtp.core.fastfail.AbstractAuthRequiredToRelayRcptHook: result= (DENY CONNECTED) \
         530 5.7.1 Authentication Required",
    );
    if logs_in {
        hook(
            "org.apache.james.smtpserver.UsersRepositoryAuthHook: result= (DENY CONNECTED) 535 Authentication Failed",
        );
    }
}
