//! What client and server say in an SMTP session, for the logs that are transcripts.

use crate::cli::demo::traffic::{Message, Refusal, Result};

/// A command, which is empty before the greeting and a point after the content, and the reply to it.
pub type Exchange = (String, String);

/// The session in which the message is received.
pub fn arrival(message: &Message) -> Vec<Exchange> {
    session("mail.example.com", &message.client().0, message, None)
}

/// The session in which it is delivered; empty if there is no connection.
pub fn delivery(message: &Message) -> Vec<Exchange> {
    let host = message.remote.host;
    match &message.result {
        Result::Sent => session(host, "mail.example.com", message, None),
        Result::Refused(refusal) => session(host, "mail.example.com", message, Some(refusal)),
        Result::NotConnected => Vec::new(),
    }
}

fn session(
    host: &str,
    client: &str,
    message: &Message,
    refusal: Option<&Refusal>,
) -> Vec<Exchange> {
    let mut said = vec![
        (String::new(), format!("220 {host} ESMTP ready")),
        (format!("EHLO {client}"), format!("250 {host}")),
        (
            "MAIL FROM:<news@example.com>".to_owned(),
            "250 2.1.0 OK".to_owned(),
        ),
    ];
    let mut say = |command: &str, reply: &str| said.push((command.to_owned(), reply.to_owned()));
    let rcpt = format!("RCPT TO:<{}>", message.recipient());
    match refusal {
        Some(refusal) if !refusal.after_content => say(&rcpt, refusal.reply),
        _ => {
            say(&rcpt, "250 2.1.5 OK");
            say("DATA", "354 Go ahead");
            let accepted = message.accepted();
            say(".", refusal.map_or(&accepted, |it| it.reply));
        }
    }
    say("QUIT", "221 2.0.0 Bye");
    said
}

/// The session of a client that is not allowed to relay, and that may fail to log in.
pub fn rejected(logs_in: bool) -> Vec<Exchange> {
    let mut said = vec![
        ("", "220 mail.example.com ESMTP ready"),
        ("EHLO x", "250 mail.example.com"),
        ("MAIL FROM:<s@example.net>", "250 2.1.0 OK"),
        ("RCPT TO:<a@example.org>", "550 5.7.1 Unable to relay"),
    ];
    if logs_in {
        said.push(("AUTH LOGIN", "535 5.7.8 Authentication failed"));
    }
    said.push(("QUIT", "221 2.0.0 Bye"));
    let owned = |(command, reply): (&str, &str)| (command.to_owned(), reply.to_owned());
    said.into_iter().map(owned).collect()
}
