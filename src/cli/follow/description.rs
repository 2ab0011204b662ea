//! One event as a line for a person.

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

use crate::catalog::{Catalog, Providers};
use crate::cli::terminal;
use crate::parse::{Direction, Event, Outcome, Parsed};
use crate::zone;

/// One line: time, direction, outcome, codes, remote host, provider, domains of sender and recipient, condition and reply
/// text.
pub fn describe(
    event: &Event<'_>,
    parsed: &Parsed<'_, '_>,
    providers: &Providers,
    sender_domain: Option<&[u8]>,
) -> String {
    let colour = match event.outcome {
        Outcome::Sent => AnsiColor::Green,
        Outcome::Deferred | Outcome::Attempt => AnsiColor::Yellow,
        Outcome::Bounced | Outcome::Expired | Outcome::Rejected => AnsiColor::Red,
    };
    let style = Style::new().fg_color(Some(colour.into()));
    let bold = style.bold();
    let time = parsed
        .time
        .and_then(|time| Timestamp::from_second(time.seconds).ok())
        .map(|time| {
            zone::local()
                .to_datetime(time)
                .strftime("%H:%M:%S")
                .to_string()
        })
        .unwrap_or_else(|| "--:--:--".into());
    let arrow = match event.direction {
        Direction::Outbound => "→",
        Direction::Inbound => "←",
        Direction::Local => "↓",
    };
    let code = event
        .code
        .map(|code| code.to_string())
        .unwrap_or_else(|| "---".into());
    let enhanced = event
        .enhanced
        .map(|code| code.to_string())
        .unwrap_or_default();
    let mut text = format!(
        "{time} {arrow} {style}{:<8}{style:#} {bold}{code}{bold:#} {enhanced:<8}",
        event.outcome.name()
    );
    let provider = providers.name(event.provider);
    for part in [
        printable(event.peer()),
        if provider == "other" {
            String::new()
        } else {
            format!("({provider})")
        },
        domains(sender_domain, event.domain()),
        event.condition.map_or(String::new(), |id| {
            Catalog::embedded().condition_name(id).replace('_', " ")
        }),
        if event.outcome == Outcome::Sent {
            String::new()
        } else {
            printable(event.text)
        },
    ] {
        if !part.is_empty() {
            text.push(' ');
            text.push_str(&part);
        }
    }
    text
}

/// The domains of sender and recipient: `from=example.com to=example.net`.
fn domains(sender: Option<&[u8]>, recipient: &[u8]) -> String {
    let sender = sender.map(|domain| match domain.is_empty() {
        true => "from=<>".to_owned(),
        false => format!("from={}", printable(domain)),
    });
    let recipient = (!recipient.is_empty()).then(|| format!("to={}", printable(recipient)));
    let both = sender.into_iter().chain(recipient);
    both.collect::<Vec<_>>().join(" ")
}

/// Text from a log for the terminal.
fn printable(text: &[u8]) -> String {
    terminal::printable(&String::from_utf8_lossy(text))
}
