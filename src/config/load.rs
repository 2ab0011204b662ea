//! Reading configuration and policy files.

use std::path::Path;

use super::settings::Config;
use super::{alerting, check, expected, policy, schema};
use crate::catalog::Policy;
use crate::yaml::{self, Error, Fault};

/// Reads and checks a configuration file, and the certificates and secrets in the files that it names.
///
/// # Errors
///
/// The first error, with its place and a hint.
pub fn load(path: &Path) -> Result<Config, Error> {
    let name = path.display().to_string();
    let text = yaml::text(path)?;
    let error = |fault: Fault| fault.at(&name, &text, expected::in_config);
    let file: schema::ConfigFile = yaml::read(&text).map_err(error)?;
    let referenced_files = match &file.alerting {
        Some(alerting) => alerting::check_referenced_files(&alerting.value),
        None => Ok(()),
    };
    let config = check::check(file).map_err(error)?;
    referenced_files.map_err(error)?;
    Ok(config)
}

/// Checks the text of a configuration file of the given name, and no other file.
///
/// # Errors
///
/// As for [`load`].
pub fn parse(file: &str, text: &str) -> Result<Config, Error> {
    let error = |fault: Fault| fault.at(file, text, expected::in_config);
    check::check(yaml::read(text).map_err(error)?).map_err(error)
}

/// Reads a policy file: the built-in alert policy with the changes of the file.
///
/// # Errors
///
/// The first error, with its place and a hint.
pub fn load_policy(path: &Path) -> Result<Policy, Error> {
    parse_policy(&path.display().to_string(), &yaml::text(path)?)
}

/// Checks the text of a policy file of the given name.
///
/// # Errors
///
/// As for [`load_policy`].
pub(super) fn parse_policy(file: &str, text: &str) -> Result<Policy, Error> {
    let error = |fault: Fault| fault.at(file, text, expected::in_policy);
    let changes: schema::PolicyFile = yaml::read(text).map_err(error)?;
    policy::check(changes).map_err(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Severity, Span};

    fn read(text: &str) -> Result<Policy, String> {
        parse_policy("p.yml", text).map_err(|error| error.to_string())
    }

    #[test]
    fn thresholds_are_replaced_and_rules_disabled() {
        let text = "\
runbook_url: https://runbooks.example.com/mail/
rules:
  MaillogSmtp421Spike: {factor: 5, share: 0.2, for: 5m, severity: warning}
  MaillogTlsFailing:
    enabled: false
";
        let policy = read(text).expect("valid");
        let spike = policy
            .alerts
            .iter()
            .find(|it| it.name == "MaillogSmtp421Spike");
        let spike = spike.expect("it");
        assert_eq!((spike.factor, spike.share), (Some(5.0), Some(0.2)));
        assert_eq!(
            (spike.r#for, spike.severity),
            (Span(300), Severity::Warning)
        );
        assert_eq!(policy.alerts.len() + 1, Policy::embedded().alerts.len());
        assert_eq!(
            policy.runbook_url.as_deref(),
            Some("https://runbooks.example.com/mail")
        );
    }

    #[test]
    fn mistakes_are_refused_with_place_and_hint() {
        for (text, expected) in [
            (
                "rules:\n  MaillogSmtp421Spice:\n    count: 1\n",
                "p.yml:3:5: rules.MaillogSmtp421Spice: unknown rule \"MaillogSmtp421Spice\"; did you mean \"MaillogSmtp421Spike\"?",
            ),
            (
                "rules:\n  MaillogSmtp421Spike:\n    cuont: 1\n",
                "p.yml:3:5: rules.MaillogSmtp421Spike.cuont: unknown field \"cuont\"; did you mean \"count\"?",
            ),
            (
                "\"rules\":\n  \"value\": {\"value\": 1}\n",
                "p.yml:2:13: rules.value.value: unknown field \"value\"; expected one of enabled, severity, count, share, factor, threshold, window, for, keep_firing_for",
            ),
            (
                "rules:\n  MaillogSmtp421Spike:\n    threshold: 1\n",
                "p.yml:3:16: rules.MaillogSmtp421Spike.threshold: the rule MaillogSmtp421Spike has no field \"threshold\"; remove it; docs/alerting.md lists the fields of each rule",
            ),
            (
                "rules:\n  MaillogSmtp421Spike:\n    share: 5\n",
                "p.yml:3:12: rules.MaillogSmtp421Spike.share: 5 is out of range; expected a number from 0 to 1, such as 0.05",
            ),
            (
                "rules:\n  MaillogSmtp421Spike:\n    count: many\n",
                "p.yml:3:12: rules.MaillogSmtp421Spike.count: the value has the wrong type; expected a whole number, such as 20",
            ),
            (
                "rules: 3\n",
                "p.yml:1:8: rules: the value has the wrong type; expected a mapping of rule names to rules",
            ),
            (
                "rules:\n  MaillogSmtp421Spike:\n    for: 2 minutes\n",
                "p.yml:3:10: rules.MaillogSmtp421Spike.for: \"2 minutes\" is not a valid duration; expected a duration, such as 2m",
            ),
            (
                "runbook_url: runbooks\n",
                "p.yml:1:14: runbook_url: \"runbooks\" is not a valid URL; expected a URL, such as https://runbooks.example.com/maillog",
            ),
        ] {
            assert_eq!(read(text).err().as_deref(), Some(expected));
        }
    }
}
