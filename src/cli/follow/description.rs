//! One event as a line for a person.

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

use crate::catalog::{Catalog, ConditionId, Language, Providers};
use crate::cli::wording::Wording;
use crate::cli::{labels, script, terminal};
use crate::parse::{Direction, Event, Outcome, Parsed};
use crate::zone;

/// One line: time, direction, outcome, codes, remote host, provider, domains of sender and recipient, condition and reply
/// text.
pub fn describe(
    event: &Event<'_>,
    parsed: &Parsed<'_, '_>,
    providers: &Providers,
    sender_domain: Option<&[u8]>,
    language: Language,
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
    let outcome = terminal::left(labels::outcome(event.outcome.name(), language), 8);
    let mut text =
        format!("{time} {arrow} {style}{outcome}{style:#} {bold}{code}{bold:#} {enhanced:<8}");
    let provider = providers.name(event.provider);
    for part in [
        printable(event.peer()),
        if provider == "other" {
            String::new()
        } else {
            format!("({provider})")
        },
        domains(sender_domain, event.domain(), language),
        event
            .condition
            .map_or(String::new(), |id| condition(id, language)),
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

/// The name of a condition, in Chinese in words.
fn condition(id: ConditionId, language: Language) -> String {
    let catalog = Catalog::embedded();
    match (language, catalog.conditions().get(usize::from(id.0))) {
        (Language::Zh, Some(condition)) => {
            script::shown(language.of(&condition.short)).into_owned()
        }
        _ => catalog.condition_name(id).replace('_', " "),
    }
}

/// The domains of sender and recipient: `from=example.com to=example.net`.
fn domains(sender: Option<&[u8]>, recipient: &[u8], language: Language) -> String {
    const FROM: Wording = Wording::new("from={0}", "发件={0}");
    const TO: Wording = Wording::new("to={0}", "收件={0}");
    let sender = sender.map(|domain| match domain.is_empty() {
        true => FROM.fill(language, &[&"<>"]),
        false => FROM.fill(language, &[&printable(domain)]),
    });
    let to = || TO.fill(language, &[&printable(recipient)]);
    let recipient = (!recipient.is_empty()).then(to);
    let both = sender.into_iter().chain(recipient);
    both.collect::<Vec<_>>().join(" ")
}

/// Text from a log for the terminal.
fn printable(text: &[u8]) -> String {
    terminal::printable(&String::from_utf8_lossy(text))
}
