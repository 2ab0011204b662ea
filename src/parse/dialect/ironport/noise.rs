//! Lines of known forms that are neither a reply nor a delivery.

use super::number;
use crate::parse::dialect::Mta;
use crate::parse::scan::split_on;
use crate::parse::{Action, Fact};

/// Beginnings of lines about no message and no connection.
const BEGINNINGS: &[&[u8]] = &[
    b"A ",
    b"Alias match: ",
    b"AMP ",
    b"An ",
    b"Begin Logfile",
    b"Checkpoint ",
    b"DANE ",
    b"DNS ",
    b"Deleted: MID ",
    b"Deliveries are currently suspended",
    b"Delivery of MID ",
    b"Delivery start DCID",
    b"Done scanning ",
    b"EUQ: ",
    b"End Logfile",
    b"File reputation ",
    b"Global unsubscribe ",
    b"ISQ: ",
    b"Incoming ",
    b"Internal SMTP system ",
    b"LDAP ",
    b"LDAP: ",
    b"Log level ",
    b"Logfile ",
    b"Mail delivery client ",
    b"Possible Delivery: ",
    b"QMQP ",
    b"QMTP ",
    b"RPC ",
    b"Receiving ",
    b"Removed ",
    b"SDR: ",
    b"SMTP client ",
    b"SMTP listener ",
    b"SMTP server ",
    b"Scanning ",
    b"SenderBase ",
    b"Senderbase ",
    b"Start delivery of MID ",
    b"Status: ",
    b"The ",
    b"Time offset from UTC: ",
    b"URL_REP_CLIENT: ",
    b"Version: ",
    b"Your ",
    b"graymail ",
    b"lame DNS ",
    b"[",
];

/// Beginnings of what follows `MID 5 `.
const OF_MESSAGE: &[&[u8]] = &[
    b"AMP ",
    b"ARC",
    b"Brightmail ",
    b"CASE ",
    b"Could not ",
    b"Custom Log Entry: ",
    b"DKIM: ",
    b"DLP ",
    b"DMARC: ",
    b"DomainKeys: ",
    b"File ",
    b"From: ",
    b"Global unsubscribe ",
    b"IncomingRelay",
    b"Legacy ",
    b"Message-ID ",
    b"Outbreak Filters: ",
    b"RID ",
    b"SDR: ",
    b"SPF: ",
    b"Safe Unsubscribe",
    b"Scanning ",
    b"Scheduled ",
    b"Subject ",
    b"Subject: ",
    b"The ",
    b"Threat ",
    b"URL ",
    b"Unable to ",
    b"Virus Threat Level",
    b"antivirus ",
    b"attachment ",
    b"attempting ",
    b"could not be split",
    b"custom ",
    b"deleted from ",
    b"domain ",
    b"enqueued ",
    b"enqueuing ",
    b"generated ",
    b"graymail ",
    b"has ",
    b"interim ",
    b"masquerading ",
    b"matched ",
    b"no longer ",
    b"not ",
    b"quarantine ",
    b"queued for delivery",
    b"queuing ",
    b"ready ",
    b"released ",
    b"rewritten to ",
    b"sent to ",
    b"signing ",
    b"to RID [",
    b"to [",
    b"using ",
    b"verified ",
    b"was generated ",
    b"was marked ",
    b"was not ",
    b"was split ",
    b"was too big ",
];

/// Beginnings of what follows `ICID 5 `.
const OF_CLIENT: &[&[u8]] = &[b"Address: ", b"Country ", b"Delayed HAT", b"SBRS ", b"SPF "];

/// Beginnings of what follows `DCID 5 `.
const OF_SERVER: &[&[u8]] = &[b"DANE", b"STARTTLS", b"TLS ", b"lost"];

/// Whether a text is of a known form. The parts about deliveries and clients have read it before.
pub(super) fn is_noise(text: &[u8]) -> bool {
    for (name, beginnings) in [
        (&b"MID"[..], OF_MESSAGE),
        (b"ICID", OF_CLIENT),
        (b"DCID", OF_SERVER),
    ] {
        if let Some(rest) = text.strip_prefix(name)
            && let Some((_, rest)) = number(rest)
        {
            let rest = rest.strip_prefix(b":").unwrap_or(rest);
            return begins_with(rest.trim_ascii_start(), beginnings);
        }
    }
    let is_pending = text.starts_with(b"Message ") && split_on(text, b" pending till").is_some();
    is_pending || begins_with(text, BEGINNINGS)
}

/// What a line of a known form counts as.
pub(super) fn fact<'a>(text: &[u8]) -> Option<Fact<'a>> {
    let rest = text
        .strip_prefix(b"EUQ: ")
        .or_else(|| text.strip_prefix(b"ISQ: "))?;
    rest.starts_with(b"Quarantined MID ")
        .then_some(Fact::Action(Mta::IronPort, Action::Quarantine))
}

fn begins_with(text: &[u8], beginnings: &[&[u8]]) -> bool {
    beginnings
        .iter()
        .any(|words| words.first() == text.first() && text.starts_with(words))
}
