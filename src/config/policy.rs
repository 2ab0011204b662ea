//! Checks of changes to the alert policy: a policy file, which `generate` and `replay` read, and the same
//! fields of `alerting:` in the configuration.

use serde_saphyr::Spanned;

use super::expected::of_rule_field;
use super::schema::{Field, PolicyFile, RuleItem};
use super::values::{invalid, one_of};
use crate::catalog::{Change, Language, Policy, Severity, Span};
use crate::yaml::{Fault, Place, suggest};

/// The longest window: the evaluator keeps no older figures.
const LONGEST_WINDOW: Span = Span(6 * 3_600);

/// The built-in policy with the changes of a file.
pub fn check(file: PolicyFile) -> Result<Policy, Fault> {
    let mut policy = Policy::embedded();
    if let Some(job) = file.job {
        if job.value.is_empty() || job.value.contains(['"', '\\', '\n']) {
            return Err(Fault::new(
                &job,
                format!(
                    "{:?} is not a valid regular expression for a job",
                    job.value
                ),
                "expected one without quotes and backslashes, such as maillog.*",
            ));
        }
        policy.job = job.value;
    }
    if let Some(language) = file.language {
        policy.language = one_of(&language, &Language::NAMES)?;
    }
    if let Some(url) = file.runbook_url {
        policy.runbook_url = Some(runbook_url(&url)?);
    }
    for (name, rule) in file.rules.into_iter().flat_map(|rules| rules.value) {
        let change = change(&rule.value)?;
        policy
            .change(&name, &change)
            .map_err(|field| refused_change(&name, &rule, field))?;
    }
    Ok(policy)
}

fn runbook_url(url: &Spanned<String>) -> Result<String, Fault> {
    let rest = url.value.strip_prefix("http://");
    let rest = rest.or_else(|| url.value.strip_prefix("https://"));
    if rest.is_none_or(|rest| rest.is_empty() || rest.contains(char::is_whitespace)) {
        let problem = format!("{:?} is not a valid URL", url.value);
        return Err(invalid(url, problem, "alerting.runbook_url"));
    }
    Ok(url.value.trim_end_matches('/').to_owned())
}

/// The fault of a change that the policy refused: the rule is unknown, or does not have the field.
fn refused_change(name: &str, rule: &Spanned<RuleItem>, field: Option<&str>) -> Fault {
    let Some(field) = field else {
        let names = Policy::embedded().alerts;
        let near = suggest(name, names.iter().map(|alert| &*alert.name));
        let hint = near.map_or_else(
            || "docs/alerting.md lists the rules".to_owned(),
            |near| format!("did you mean {near:?}?"),
        );
        return Fault::new(rule, format!("unknown rule {name:?}"), hint);
    };
    Fault::new(
        place_of(&rule.value, field).unwrap_or_else(|| Place::from(rule)),
        format!("the rule {name} has no field {field:?}"),
        "remove it; docs/alerting.md lists the fields of each rule",
    )
}

/// The place of a field that not every rule has.
fn place_of(rule: &RuleItem, field: &str) -> Option<Place> {
    Some(match field {
        "count" => rule.count.as_ref()?.into(),
        "share" => rule.share.as_ref()?.into(),
        "factor" => rule.factor.as_ref()?.into(),
        "threshold" => rule.threshold.as_ref()?.into(),
        _ => rule.window.as_ref()?.into(),
    })
}

fn change(rule: &RuleItem) -> Result<Change, Fault> {
    let severity = match &rule.severity {
        Some(severity) => Some(one_of(severity, &Severity::NAMES)?),
        None => None,
    };
    Ok(Change {
        enabled: rule.enabled.as_ref().map(|it| it.value),
        severity,
        count: rule.count.as_ref().map(|it| it.value),
        share: number(&rule.share, "share", |it| (0.0..=1.0).contains(&it))?,
        factor: number(&rule.factor, "factor", |it| it >= 1.0)?,
        threshold: rule.threshold.as_ref().map(|it| it.value),
        window: duration(&rule.window, "window", |it| {
            (Span(60)..=LONGEST_WINDOW).contains(&it)
        })?,
        r#for: duration(&rule.r#for, "for", |_| true)?,
        keep_firing_for: duration(&rule.keep_firing_for, "keep_firing_for", |_| true)?,
    })
}

fn number(
    written: &Field<f64>,
    field: &str,
    is_in_range: impl Fn(f64) -> bool,
) -> Result<Option<f64>, Fault> {
    let Some(written) = written else {
        return Ok(None);
    };
    if written.value.is_finite() && is_in_range(written.value) {
        return Ok(Some(written.value));
    }
    Err(Fault::new(
        written,
        format!("{} is out of range", written.value),
        format!("expected {}", of_rule_field(field).unwrap_or_default()),
    ))
}

fn duration(
    written: &Field<String>,
    field: &str,
    is_in_range: impl Fn(Span) -> bool,
) -> Result<Option<Span>, Fault> {
    let Some(written) = written else {
        return Ok(None);
    };
    let span: Span = written.value.parse().map_err(|()| {
        Fault::new(
            written,
            format!("{:?} is not a valid duration", written.value),
            format!("expected {}", of_rule_field(field).unwrap_or_default()),
        )
    })?;
    if !is_in_range(span) {
        return Err(Fault::new(
            written,
            format!("{span} is out of range"),
            format!("expected a duration from 1m to {LONGEST_WINDOW}"),
        ));
    }
    Ok(Some(span))
}
