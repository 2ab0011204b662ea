//! Which events are printed.

use std::str::FromStr;

use crate::catalog::{Catalog, ConditionId, ProviderId, Providers};
use crate::parse::Event;
use crate::yaml::suggest;

/// The options. Of several values of one option, one has to match; of several options, each.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Selection {
    /// Print only failures
    #[arg(long)]
    failures: bool,
    /// Print only replies with this code or enhanced code, such as 421 or 4.7.28; may be repeated
    #[arg(long = "code", value_name = "CODE")]
    codes: Vec<CodeArgument>,
    /// Print only events of hosts of this provider; may be repeated
    #[arg(long = "provider", value_name = "NAME", value_parser = provider)]
    providers: Vec<ProviderId>,
    /// Print only failures of this condition, such as mailbox_full; may be repeated
    #[arg(long = "condition", value_name = "NAME", value_parser = condition)]
    conditions: Vec<ConditionId>,
}

impl Selection {
    /// Whether an event is printed.
    pub fn has(&self, event: &Event<'_>) -> bool {
        let code = |wanted: &CodeArgument| match wanted {
            CodeArgument::Code(code) => event.code == Some(*code),
            CodeArgument::Enhanced(code) => {
                let own = event.enhanced.map(|it| it.to_string());
                own.as_ref() == Some(code)
            }
        };
        let condition = |wanted: &ConditionId| event.condition == Some(*wanted);
        (!self.failures || event.condition.is_some())
            && (self.codes.is_empty() || self.codes.iter().any(code))
            && (self.providers.is_empty() || self.providers.contains(&event.provider))
            && (self.conditions.is_empty() || self.conditions.iter().any(condition))
    }
}

/// A code as an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
enum CodeArgument {
    /// A reply code.
    Code(u16),
    /// An enhanced status code (RFC 3463).
    Enhanced(String),
}

impl FromStr for CodeArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<Option<u16>> = text.split('.').map(|part| part.parse().ok()).collect();
        match *parts {
            [Some(code @ 100..=599)] => Ok(CodeArgument::Code(code)),
            [Some(2 | 4 | 5), Some(0..=999), Some(0..=999)] => {
                Ok(CodeArgument::Enhanced(text.to_owned()))
            }
            _ => Err(format!("{text:?} is not a code such as 421 or 4.7.28")),
        }
    }
}

fn provider(name: &str) -> Result<ProviderId, String> {
    let providers = Providers::embedded();
    let place = providers.names().position(|it| it == name);
    let id = place.and_then(|place| u8::try_from(place).ok());
    id.map(ProviderId)
        .ok_or_else(|| unknown("provider", name, providers.names()))
}

fn condition(name: &str) -> Result<ConditionId, String> {
    let catalog = Catalog::embedded();
    let names = || catalog.conditions().iter().map(|it| it.name.as_str());
    let known = catalog.condition_named(name);
    known.ok_or_else(|| unknown("condition", name, names()))
}

fn unknown<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match suggest(name, names.iter().copied()) {
        Some(meant) => format!("unknown {what} {name:?}; did you mean {meant}?"),
        None => format!("unknown {what} {name:?}; known are {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_providers_and_conditions_are_checked() {
        assert_eq!("421".parse(), Ok(CodeArgument::Code(421)));
        assert_eq!(
            "4.7.28".parse(),
            Ok(CodeArgument::Enhanced("4.7.28".to_owned()))
        );
        for wrong in ["", "42", "4210", "4.7", "x.7.1", "3.1.1", "4.7.1000"] {
            assert!(wrong.parse::<CodeArgument>().is_err(), "{wrong}");
        }
        assert!(provider("google").is_ok());
        let problem = provider("gogle").expect_err("unknown");
        assert!(problem.contains("did you mean google?"), "{problem}");
        assert!(condition("mailbox_full").is_ok());
        let problem = condition("zzzzzzzz").expect_err("unknown");
        assert!(problem.contains("known are"), "{problem}");
    }
}
