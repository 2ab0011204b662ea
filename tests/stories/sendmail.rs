//! The log of a site as Sendmail writes it: of a message that was accepted, it has no reply code.

/// Translates the log of a [`crate::site::Site`], line by line; `None` if it has more than messages that remote servers
/// accepted or refused with a reply.
pub fn log_of(postfix: &str) -> Option<String> {
    let lines = postfix.lines().filter(|it| !it.ends_with(": removed"));
    lines.map(line_of).collect()
}

/// The line of Sendmail that says what a line of Postfix says.
fn line_of(line: &str) -> Option<String> {
    let (head, text) = line.split_once(": ")?;
    let (head, _) = head.rsplit_once(' ')?;
    let (id, fields) = text.split_once(": ")?;
    if let Some(envelope) = fields.strip_suffix(", nrcpt=1 (queue active)") {
        let envelope = format!(
            "{envelope}, class=0, nrcpts=1, proto=ESMTP, daemon=MTA, relay=app [192.0.2.1]"
        );
        return Some(format!("{head} sm-mta[77]: {id}: {envelope}\n"));
    }
    let field = |name: &str| {
        let (_, rest) = fields.split_once(name)?;
        rest.split_once(", ").map(|it| it.0)
    };
    if fields.contains("dovecot-lmtp") {
        return None;
    }
    let (to, relay, dsn) = (field("to=")?, field("relay=")?, field("dsn=")?);
    let (status, reason) = fields.split_once("status=")?.1.split_once(" (")?;
    let reason = reason.strip_suffix(')')?;
    let said = match status {
        "sent" => "",
        _ => reason.split_once(" said: ")?.1.split(" (in reply").next()?,
    };
    let relay = relay.trim_end_matches(":25").replace('[', ". [");
    let stat = match status {
        "sent" => "stat=Sent (Ok: queued as 12345)".to_owned(),
        "deferred" => format!("reply={said}, stat=Deferred: {said}"),
        _ => format!("reply={said}, stat=Service unavailable"),
    };
    Some(format!(
        "{head} sm-mta[77]: {id}: to={to}, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=120000, relay={relay}, \
         dsn={dsn}, {stat}\n"
    ))
}
