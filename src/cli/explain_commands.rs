//! What `explain --mta` prints below an explanation: what to type on that mail server.

use std::io::{self, Write};

use super::script;
use super::terminal::wrap;
use crate::catalog::{Advice, Catalog, Language, Topic, commanded_servers};

/// Checks the `mta` label of a mail server.
///
/// # Errors
///
/// A message with the known labels, if there are no commands for it.
pub fn parse_server(label: &str) -> Result<&'static str, String> {
    let mut servers = commanded_servers().map(|(known, _)| known);
    servers.find(|known| *known == label).ok_or_else(|| {
        let known: Vec<&str> = commanded_servers().map(|(known, _)| known).collect();
        format!(
            "there are no commands for {label:?}; the mail servers are {}",
            known.join(", ")
        )
    })
}

/// Writes the steps about a topic for a mail server. Nothing, if there are none.
///
/// # Errors
///
/// If the output cannot be written.
pub fn write(
    out: &mut impl Write,
    topic: Topic,
    server: &str,
    language: Language,
) -> io::Result<()> {
    let catalog = Catalog::embedded();
    let condition = match topic {
        Topic::Condition(id) => Some(id),
        _ => catalog.explain(topic).condition,
    };
    let advice = condition.and_then(|id| Advice::of(catalog.condition_name(id)));
    let steps = advice.into_iter().flat_map(|advice| &advice.steps);
    let of_server = steps.filter(|step| step.mta.as_deref().is_none_or(|mta| mta == server));
    let mut steps: Vec<_> = of_server.collect();
    // What is done later comes last, whichever server it is for.
    steps.sort_by_key(|step| step.after);
    let name = commanded_servers().find(|(label, _)| *label == server);
    let (_, name) = name.unwrap_or((server, server));
    if steps.iter().any(|step| step.command.is_some()) {
        match language {
            Language::En => writeln!(out, "\nOn {name}:")?,
            Language::Zh => writeln!(out, "\n{}", script::shown(&format!("在 {name} 上：")))?,
        }
    }
    let never = advice.and_then(|advice| advice.never_on(&[server], language));
    for line in never
        .iter()
        .flat_map(|never| wrap(&script::shown(&never.replace('`', ""))))
    {
        writeln!(out, "  {line}")?;
    }
    for step in steps {
        for line in wrap(&script::shown(&placeholders(language.of(&step.text)))) {
            writeln!(out, "  {line}")?;
        }
        for command in step.command.iter().flat_map(|it| it.lines()) {
            writeln!(out, "    {}", placeholders(command))?;
        }
    }
    out.flush()
}

/// A text with words for what is not known here.
fn placeholders(text: &str) -> String {
    text.replace("{sender}", "SENDER_DOMAIN")
        .replace("{domain}", "RECIPIENT_DOMAIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(topic: &str, server: &str, language: Language) -> String {
        let topic = Catalog::embedded().topic(topic).expect("a topic");
        let mut out = Vec::new();
        write(&mut out, topic, server, language).expect("memory");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn steps_of_the_server_and_of_every_server_are_printed() {
        let text = written("421", "sendmail", Language::En);
        assert!(text.starts_with("\nOn Sendmail:\n"), "{text}");
        assert!(text.contains("    mailq "), "{text}");
        assert!(!text.contains("postqueue") && !text.contains('{'), "{text}");
        let text = written("4.7.28", "exchange", Language::Zh);
        assert!(text.contains("\n在 Exchange 上：\n"), "{text}");
        assert!(
            text.contains("Suspend-Message -Filter \"FromAddress -like '*@SENDER_DOMAIN'\""),
            "{text}"
        );
        let text = written("dns", "nullmailer", Language::En);
        assert!(text.contains("    dig MX RECIPIENT_DOMAIN\n"), "{text}");
    }

    #[test]
    fn every_server_with_commands_is_a_mail_server_that_is_read() {
        for (label, _) in commanded_servers() {
            assert_eq!(parse_server(label), Ok(label));
        }
        let error = parse_server("postfx").expect_err("unknown");
        assert!(error.contains("postfix, "), "{error}");
    }
}
