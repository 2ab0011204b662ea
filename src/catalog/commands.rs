//! What to type on this server about a condition (`commands.toml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::vocabulary::{Language, Text};

/// The data file, `commands.toml`, as the build script hands it over.
const SOURCE: &str = include_str!(concat!(env!("OUT_DIR"), "/commands.json"));

/// What to do about some conditions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// The conditions.
    pub conditions: Vec<String>,
    /// What to do first.
    pub first: Option<Text>,
    /// What not to do; see [`Advice::never_on`].
    never: Option<Text>,
    /// The steps: those that only read come first.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The mail server that the command is for; `None` for every server.
    pub mta: Option<String>,
    /// What it does, and why.
    pub text: Text,
    /// The command, of one or several lines; `None` where there is nothing to type.
    pub command: Option<String>,
    /// A command that must print nothing before this step.
    pub check: Option<String>,
    /// Whether it changes something.
    #[serde(default)]
    pub changes: bool,
    /// Whether it is to be done when the alert has resolved.
    #[serde(default)]
    pub after: bool,
}

/// A mail server with commands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    /// Its name, as people write it.
    name: String,
    /// The command that tries the whole queue at once, if it has one.
    flush: Option<String>,
}

/// The whole of `commands.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    /// The mail servers by their `mta` label.
    servers: BTreeMap<String, Server>,
    #[serde(rename = "advice")]
    advice: Vec<Advice>,
}

/// What fills the placeholders of a step. Only plain domain names do, since a name in a log can hold anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subjects<'a> {
    /// The sender domain of most of the mail.
    pub sender: Option<&'a str>,
    /// The recipient domain of most of the mail.
    pub domain: Option<&'a str>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    serde_json::from_str(SOURCE).expect("the built-in commands are read by every test run")
});

/// The mail servers that there are commands for: the `mta` label and the name for people.
pub fn servers() -> impl Iterator<Item = (&'static str, &'static str)> {
    let servers = TABLES.servers.iter();
    servers.map(|(label, server)| (label.as_str(), server.name.as_str()))
}

impl Advice {
    /// What not to do on these mail servers, by their `mta` labels; `None` if there is nothing, or if none of them has the
    /// command that it is about. Commands are in backticks.
    pub fn never_on(&self, servers: &[&str], language: Language) -> Option<String> {
        let text = language.of(self.never.as_ref()?);
        let known = servers
            .iter()
            .filter_map(|label| TABLES.servers.get(*label));
        let flush = known.filter_map(|server| server.flush.as_ref());
        let flush: Vec<String> = flush.map(|command| format!("`{command}`")).collect();
        let or = match language {
            Language::En => " or ",
            Language::Zh => " 或 ",
        };
        let is_possible = !text.contains("{flush}") || !flush.is_empty();
        is_possible.then(|| text.replace("{flush}", &flush.join(or)))
    }

    /// The advice about a condition.
    pub fn of(condition: &str) -> Option<&'static Advice> {
        let mut all = TABLES.advice.iter();
        all.find(|advice| advice.conditions.iter().any(|it| it == condition))
    }
}

impl Subjects<'_> {
    /// A text with its placeholders filled; `None` if one has no value.
    pub fn fill(&self, text: &str) -> Option<String> {
        let mut filled = text.to_owned();
        for (placeholder, value) in [("{sender}", self.sender), ("{domain}", self.domain)] {
            if filled.contains(placeholder) {
                filled = filled.replace(placeholder, value.filter(|it| is_plain_domain(it))?);
            }
        }
        Some(filled)
    }

    /// The text in a language, filled.
    pub fn fill_text(&self, text: &Text, language: Language) -> Option<String> {
        self.fill(language.of(text))
    }
}

/// Whether a name consists of letters, digits, hyphens and dots only, and is no option.
fn is_plain_domain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    name.contains('.')
        && name.len() <= 253
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn advice_is_about_known_conditions_and_reads_before_it_changes() {
        let tables: Tables = serde_json::from_str(SOURCE).expect("valid");
        for advice in &tables.advice {
            for condition in &advice.conditions {
                let known = Catalog::embedded().condition_named(condition);
                assert!(known.is_some(), "{condition}");
            }
            for (mta, _) in servers() {
                let of_mta = advice.steps.iter();
                let of_mta =
                    of_mta.filter(|it| it.mta.as_deref() == Some(mta) && it.command.is_some());
                let changes: Vec<bool> = of_mta.map(|it| it.changes).collect();
                assert!(changes.is_sorted(), "{:?}: {mta}", advice.conditions);
            }
            for step in &advice.steps {
                let known = |mta| servers().any(|(label, _)| label == mta);
                assert!(step.mta.as_deref().is_none_or(known), "{step:?}");
                assert!(step.changes || !step.after, "{step:?}");
                let writes = [
                    "postsuper",
                    "postconf -e",
                    "reload",
                    "-Mf",
                    "-Mt",
                    "sendmail -Q",
                    "sendmail -qQ -Q",
                    "Suspend-",
                    "Resume-",
                    "kcli suspend",
                    "pmta pause",
                    "pmta resume",
                ];
                let command = step.command.as_deref().unwrap_or_default();
                let does_write = writes.iter().any(|it| command.contains(it));
                assert_eq!(does_write, step.changes, "{command}");
            }
        }
    }

    #[test]
    fn what_not_to_do_names_the_command_of_the_servers_here() {
        let advice = Advice::of("rate_limited").expect("advice");
        let en = |servers: &[&str]| advice.never_on(servers, Language::En).unwrap_or_default();
        assert!(en(&["sendmail"]).starts_with("Do not run `sendmail -q`: "));
        assert!(en(&["exim", "postfix"]).contains("`exim -qff` or `postqueue -f`"));
        assert_eq!(en(&["kumomta"]), "");
        let zh = advice.never_on(&["postfix"], Language::Zh);
        assert!(zh.is_some_and(|text| text.starts_with("不要执行 `postqueue -f`：")));
    }

    #[test]
    fn only_plain_domains_are_put_into_commands() {
        let fill = |sender| {
            let subjects = Subjects {
                sender: Some(sender),
                domain: None,
            };
            subjects.fill("dig TXT {sender}")
        };
        assert_eq!(
            fill("news.example.com").as_deref(),
            Some("dig TXT news.example.com")
        );
        for hostile in [
            "",
            "a",
            "-x.example",
            "x;reboot.example",
            "$(id).example",
            "a b.c",
            "ä.example",
            "'.x",
        ] {
            assert_eq!(fill(hostile), None, "{hostile}");
        }
        assert_eq!(Subjects::default().fill("{domain}"), None);
        assert_eq!(Subjects::default().fill("df").as_deref(), Some("df"));
    }
}
