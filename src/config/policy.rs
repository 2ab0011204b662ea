//! Other figures for the alert policy: a file of their own for `generate` and `replay`, and the same
//! keys under `alerting:` in the configuration.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::catalog::{Change, Policy, Severity, Span};
use crate::yaml::{self, Error, Fault, suggest};

/// What may be said about rules by name.
pub type Rules = BTreeMap<String, Spanned<Rule>>;

/// One of `rules:`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    enabled: Option<Spanned<bool>>,
    severity: Option<Spanned<String>>,
    count: Option<Spanned<u64>>,
    share: Option<Spanned<f64>>,
    factor: Option<Spanned<f64>>,
    threshold: Option<Spanned<u64>>,
    window: Option<Spanned<String>>,
    r#for: Option<Spanned<String>>,
    keep_firing_for: Option<Spanned<String>>,
}

/// A policy file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    job: Option<Spanned<String>>,
    runbook_url: Option<Spanned<String>>,
    rules: Option<Rules>,
}

/// What is right for each field of a rule.
const RIGHT: &[(&str, &str)] = &[
    ("enabled", "true or false"),
    ("severity", "info, warning or critical"),
    ("count", "a whole number, such as 20"),
    ("share", "a number from 0 to 1, such as 0.05"),
    ("factor", "a number from 1 on, such as 3"),
    ("threshold", "a whole number, such as 16777216"),
    ("window", "a duration, such as 5m"),
    ("for", "a duration, such as 2m"),
    ("keep_firing_for", "a duration, such as 15m"),
];

/// What is right for a rule.
pub const FIGURES: &str = "a mapping with figures, such as {count: 50}";

/// The longest window: the evaluator remembers no more.
const LONGEST_WINDOW: Span = Span(6 * 3_600);

/// What is right for a field of a rule.
pub fn right(field: &str) -> Option<&'static str> {
    RIGHT
        .iter()
        .find(|(name, _)| *name == field)
        .map(|(_, right)| *right)
}

/// What is right for a field of a policy file.
fn right_in_file(path: &str) -> Option<&'static str> {
    Some(match path {
        "" => "a mapping with job, runbook_url, rules",
        "job" => "a regular expression for the job, such as maillog.*",
        "runbook_url" => "a URL, such as https://runbooks.example.com/maillog",
        "rules" => "a mapping of rules by their names",
        _ => {
            let rule = path.strip_prefix("rules.")?;
            match rule.rsplit_once('.') {
                Some((_, field)) => right(field)?,
                None => FIGURES,
            }
        }
    })
}

/// The built-in policy with the figures of a file.
///
/// # Errors
///
/// The first thing that is wrong, with its place, and what would be right.
pub fn load(path: &Path) -> Result<Policy, Error> {
    let name = path.display().to_string();
    let text = yaml::text(path)?;
    let at = |fault: Fault| fault.at(&name, &text, right_in_file);
    let file: File = yaml::read(&text).map_err(at)?;
    check(file.job, file.runbook_url, file.rules).map_err(at)
}

/// The built-in policy with other figures.
pub fn check(
    job: Option<Spanned<String>>,
    runbook_url: Option<Spanned<String>>,
    rules: Option<Rules>,
) -> Result<Policy, Fault> {
    let mut policy = Policy::embedded();
    if let Some(job) = job {
        if job.value.is_empty() || job.value.contains(['"', '\\', '\n']) {
            return Err(Fault::new(
                job.referenced,
                format!("{:?} is no regular expression for a job", job.value),
                "right would be one without quotes and backslashes, such as maillog.*",
            ));
        }
        policy.job = job.value;
    }
    if let Some(url) = runbook_url {
        let plain = url.value.strip_prefix("http://");
        let plain = plain.or_else(|| url.value.strip_prefix("https://"));
        if plain.is_none_or(|rest| rest.is_empty() || rest.contains(char::is_whitespace)) {
            return Err(Fault::new(
                url.referenced,
                format!("{:?} is no URL", url.value),
                "right would be one such as https://runbooks.example.com/maillog",
            ));
        }
        policy.runbook_url = Some(url.value.trim_end_matches('/').to_owned());
    }
    for (name, rule) in rules.into_iter().flatten() {
        let place = rule.referenced;
        let rule = rule.value;
        let change = change(&rule)?;
        policy.change(&name, &change).map_err(|figure| {
            let Some(figure) = figure else {
                let names = Policy::embedded().alerts;
                let near = suggest(&name, names.iter().map(|alert| &*alert.name));
                let right = near.map_or_else(
                    || "docs/alerting.md lists the rules".to_owned(),
                    |near| format!("did you mean {near}?"),
                );
                return Fault::mapping(place, format!("there is no rule {name}"), right);
            };
            let at = rule.place(figure).unwrap_or(place);
            Fault::new(
                at,
                format!("{name} has no {figure}"),
                "leave it out; docs/alerting.md says what each rule has",
            )
        })?;
    }
    Ok(policy)
}

impl Rule {
    fn place(&self, figure: &str) -> Option<serde_saphyr::Location> {
        Some(match figure {
            "count" => self.count.as_ref()?.referenced,
            "share" => self.share.as_ref()?.referenced,
            "factor" => self.factor.as_ref()?.referenced,
            "threshold" => self.threshold.as_ref()?.referenced,
            _ => self.window.as_ref()?.referenced,
        })
    }
}

fn change(rule: &Rule) -> Result<Change, Fault> {
    let severity = match &rule.severity {
        Some(severity) => Some(super::check::one_of(severity, &Severity::NAMES)?),
        None => None,
    };
    Ok(Change {
        enabled: rule.enabled.as_ref().map(|it| it.value),
        severity,
        count: rule.count.as_ref().map(|it| it.value),
        share: number(rule.share.as_ref(), "share", |it| (0.0..=1.0).contains(&it))?,
        factor: number(rule.factor.as_ref(), "factor", |it| it >= 1.0)?,
        threshold: rule.threshold.as_ref().map(|it| it.value),
        window: span(rule.window.as_ref(), "window", |it| {
            (Span(60)..=LONGEST_WINDOW).contains(&it)
        })?,
        r#for: span(rule.r#for.as_ref(), "for", |_| true)?,
        keep_firing_for: span(rule.keep_firing_for.as_ref(), "keep_firing_for", |_| true)?,
    })
}

fn number(
    written: Option<&Spanned<f64>>,
    field: &str,
    fits: impl Fn(f64) -> bool,
) -> Result<Option<f64>, Fault> {
    let Some(written) = written else {
        return Ok(None);
    };
    if written.value.is_finite() && fits(written.value) {
        return Ok(Some(written.value));
    }
    Err(Fault::new(
        written.referenced,
        format!("{} is out of range", written.value),
        format!("right would be {}", right(field).unwrap_or_default()),
    ))
}

fn span(
    written: Option<&Spanned<String>>,
    field: &str,
    fits: impl Fn(Span) -> bool,
) -> Result<Option<Span>, Fault> {
    let Some(written) = written else {
        return Ok(None);
    };
    let place = written.referenced;
    let span: Span = written.value.parse().map_err(|()| {
        Fault::new(
            place,
            format!("{:?} is no duration", written.value),
            format!("right would be {}", right(field).unwrap_or_default()),
        )
    })?;
    if !fits(span) {
        return Err(Fault::new(
            place,
            format!("{span} is out of range"),
            format!("right would be a duration from 1m to {LONGEST_WINDOW}"),
        ));
    }
    Ok(Some(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Policy, String> {
        let file: File =
            yaml::read(text).map_err(|fault| fault.at("p.yml", text, right_in_file).to_string())?;
        check(file.job, file.runbook_url, file.rules)
            .map_err(|fault| fault.at("p.yml", text, right_in_file).to_string())
    }

    #[test]
    fn figures_are_replaced_and_rules_left_out() {
        let text = "\
runbook_url: https://runbooks.example.com/mail/
rules:
  MaillogSmtp421Spike: {count: 50, share: 0.2, for: 5m, severity: warning}
  MaillogTlsFailing:
    enabled: false
";
        let policy = read(text).expect("right");
        let spike = policy
            .alerts
            .iter()
            .find(|it| it.name == "MaillogSmtp421Spike");
        let spike = spike.expect("it");
        assert_eq!((spike.count, spike.share), (Some(50), Some(0.2)));
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
    fn mistakes_are_refused_with_the_place_and_what_would_be_right() {
        for (text, expected) in [
            (
                "rules:\n  MaillogSmtp421Spice:\n    count: 1\n",
                "p.yml:3:5: rules.MaillogSmtp421Spice: there is no rule MaillogSmtp421Spice; did you mean MaillogSmtp421Spike?",
            ),
            (
                "rules:\n  MaillogSmtp421Spike:\n    cuont: 1\n",
                "p.yml:3:5: rules.MaillogSmtp421Spike.cuont: there is no field cuont; did you mean count?",
            ),
            (
                "rules:\n  MaillogSmtp421Spike:\n    threshold: 1\n",
                "p.yml:3:16: rules.MaillogSmtp421Spike.threshold: MaillogSmtp421Spike has no threshold; leave it out; docs/alerting.md says what each rule has",
            ),
            (
                "rules:\n  MaillogSmtp421Spike:\n    share: 5\n",
                "p.yml:3:12: rules.MaillogSmtp421Spike.share: 5 is out of range; right would be a number from 0 to 1, such as 0.05",
            ),
            (
                "rules:\n  MaillogSmtp421Spike:\n    count: many\n",
                "p.yml:3:12: rules.MaillogSmtp421Spike.count: the value is of the wrong kind; right would be a whole number, such as 20",
            ),
            (
                "rules:\n  MaillogSmtp421Spike:\n    for: 2 minutes\n",
                "p.yml:3:10: rules.MaillogSmtp421Spike.for: \"2 minutes\" is no duration; right would be a duration, such as 2m",
            ),
            (
                "runbook_url: runbooks\n",
                "p.yml:1:14: runbook_url: \"runbooks\" is no URL; right would be one such as https://runbooks.example.com/maillog",
            ),
        ] {
            assert_eq!(read(text).err().as_deref(), Some(expected));
        }
    }
}
