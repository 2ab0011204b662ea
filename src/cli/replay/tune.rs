//! `replay --tune`: what other figures of each rule would have done.
//!
//! The logs are read once, with an evaluator for each variant of the policy. In a variant, the levels of all rules are
//! multiplied by the same factor, and so is their `for`: alerts that silence each other move together. An outage of a
//! rule is the time in which its condition held with the level of the policy, whether that was long enough or not.

use serde::Serialize;

use super::judge::{self, Judge};
use super::tune_text;
use super::{Args, all_alerts};
use crate::alert::STEP;
use crate::catalog::{Alert, Policy, Span};
use crate::cli::error::Error;
use crate::cli::input::ReadSettings;
use crate::cli::output;

/// By what levels are multiplied.
const LEVELS: [f64; 5] = [0.5, 0.75, 1.0, 1.5, 2.0];

/// By what durations are multiplied.
const DURATIONS: [f64; 3] = [0.5, 1.0, 2.0];

/// The largest share: above it no alert fires.
const MAX_SHARE: f64 = 0.95;

const WEEK: f64 = 7.0 * 86_400.0;

/// The output of `replay --tune`.
#[derive(Serialize)]
pub struct TuneReport {
    /// The number of lines.
    pub lines: u64,
    /// The time of the first line.
    pub from: Option<jiff::Timestamp>,
    /// The time of the last line.
    pub to: Option<jiff::Timestamp>,
    /// The time between them, in weeks.
    pub weeks: f64,
    /// The rules that fire with some of the figures.
    pub rules: Vec<TunedRule>,
    /// The rules that fire with none of them.
    pub quiet: Vec<String>,
}

/// What other figures do to one rule.
#[derive(Serialize)]
pub struct TunedRule {
    /// Its name.
    pub alert: String,
    /// `critical` pages.
    pub severity: &'static str,
    /// The figure that is varied: `share` or `count`.
    pub figure: &'static str,
    /// Its value in the policy.
    pub level: f64,
    /// The `for` of the policy.
    pub for_seconds: u32,
    /// How often the condition held with the level of the policy, for however long.
    pub outages: usize,
    /// For how long in total.
    pub outage_minutes: f64,
    /// Each level with each `for`, in this order.
    pub variants: Vec<Variant>,
}

/// What one pair of figures does.
#[derive(Serialize)]
pub struct Variant {
    /// The level.
    pub level: f64,
    /// The `for`.
    pub for_seconds: u32,
    /// Whether the policy has these figures.
    pub is_policy: bool,
    /// Alerts that fire and that no other one silences.
    pub alerts: usize,
    /// The same for each week.
    pub alerts_per_week: f64,
    /// Minutes of outages in which an alert fires, silenced or not.
    pub seen_minutes: f64,
}

/// When an alert fired, with what is needed to compare it.
struct Firing {
    rule: String,
    label: Option<String>,
    /// When its condition held: the first and the last time.
    held: (i64, i64),
    fired: Option<i64>,
    ended: i64,
    is_silenced: bool,
}

/// Runs the command.
///
/// # Errors
///
/// If a file cannot be read or the output cannot be written.
pub fn run(args: &Args, settings: &ReadSettings, policy: &Policy) -> Result<(), Error> {
    let names: Vec<String> = settings.providers.names().map(str::to_owned).collect();
    let judge = |level: f64, hold: f64| Judge::new(varied(policy, level, hold), names.clone());
    // The first one tells outages: nothing has to last.
    let mut judges = vec![judge(1.0, 0.0)];
    for level in LEVELS {
        judges.extend(DURATIONS.map(|hold| judge(level, hold)));
    }
    let replayed = judge::read(&args.reading(settings), &mut judges)?;
    let mut firings = judges
        .iter_mut()
        .map(|judge| firings(judge, policy, replayed.end));
    let outages = firings.next().unwrap_or_default();
    let variants: Vec<Vec<Firing>> = firings.collect();
    let weeks = replayed.seconds().unwrap_or(0) as f64 / WEEK;
    let mut report = TuneReport {
        lines: replayed.lines,
        from: replayed.from(),
        to: replayed.to(),
        weeks,
        rules: Vec::new(),
        quiet: Vec::new(),
    };
    for alert in policy.alerts.iter().filter(|it| it.is_about_mail()) {
        match tuned(alert, &outages, &variants, weeks) {
            Some(rule) => report.rules.push(rule),
            None => report.quiet.push(alert.name.clone()),
        }
    }
    let language = args.text_language();
    output::print(args.format, &report, |output, report| {
        tune_text::print(output, report, language)
    })
}

/// The policy with other figures.
fn varied(policy: &Policy, level: f64, hold: f64) -> Policy {
    let mut policy = policy.clone();
    for alert in policy.alerts.iter_mut().filter(|it| it.is_about_mail()) {
        alert.share = alert
            .share
            .map(|share| (share * level).min(MAX_SHARE.max(share)));
        alert.count = alert
            .count
            .map(|count| ((count as f64 * level).round() as u64).max(1));
        alert.r#for = held(alert.r#for, hold);
    }
    policy
}

/// A `for` that is multiplied, in whole steps of the evaluation; one of nothing stays as it is.
fn held(span: Span, factor: f64) -> Span {
    match factor {
        1.0 => span,
        factor => {
            let step = STEP as u32;
            Span((f64::from(span.0) * factor) as u32 / step * step)
        }
    }
}

/// All alerts of a judge.
fn firings(judge: &mut Judge, policy: &Policy, end: i64) -> Vec<Firing> {
    let all = all_alerts(&mut judge.evaluator).into_iter();
    let firing = all.filter_map(|(active, ended)| {
        Some(Firing {
            rule: policy.alerts.get(active.rule)?.name.clone(),
            label: active.label.map(|(_, value)| value),
            held: (active.since, active.found),
            fired: active.fired,
            ended: ended.unwrap_or(end),
            is_silenced: active.inhibited.flatten().is_some(),
        })
    });
    firing.collect()
}

/// The variants of a rule; `None` if no alert fires with any of them.
fn tuned(
    alert: &Alert,
    outages: &[Firing],
    variants: &[Vec<Firing>],
    weeks: f64,
) -> Option<TunedRule> {
    let outages = of_rule(alert, outages);
    let (figure, level) = match (alert.share, alert.count) {
        (_, Some(count)) => ("count", count as f64),
        (share, None) => ("share", share?),
    };
    let mut rows = Vec::new();
    let pairs = LEVELS
        .into_iter()
        .flat_map(|level| DURATIONS.map(|hold| (level, hold)));
    for ((factor, hold), all) in pairs.zip(variants) {
        let firing = of_rule(alert, all);
        let alerts = firing.iter().filter(|it| !it.is_silenced).count();
        let seen: i64 = outages.iter().map(|outage| seen(outage, &firing)).sum();
        rows.push(Variant {
            level: match figure {
                "share" => (level * factor).min(MAX_SHARE.max(level)),
                _ => (level * factor).round().max(1.0),
            },
            for_seconds: held(alert.r#for, hold).0,
            is_policy: factor == 1.0 && held(alert.r#for, hold) == alert.r#for,
            alerts,
            alerts_per_week: if weeks > 0.0 {
                alerts as f64 / weeks
            } else {
                0.0
            },
            seen_minutes: seen as f64 / 60.0,
        });
    }
    // A `for` of nothing has no variants.
    rows.dedup_by(|a, b| a.level == b.level && a.for_seconds == b.for_seconds);
    let any = variants.iter().any(|all| !of_rule(alert, all).is_empty());
    let outage: i64 = outages.iter().map(|it| it.held.1 - it.held.0).sum();
    any.then(|| TunedRule {
        alert: alert.name.clone(),
        severity: alert.severity.as_str(),
        figure,
        level,
        for_seconds: alert.r#for.0,
        outages: outages.len(),
        outage_minutes: outage as f64 / 60.0,
        variants: rows,
    })
}

/// The alerts of a rule that fired.
fn of_rule<'f>(alert: &Alert, all: &'f [Firing]) -> Vec<&'f Firing> {
    let of_rule = |it: &&Firing| it.rule == alert.name && it.fired.is_some();
    all.iter().filter(of_rule).collect()
}

/// The seconds of an outage in which an alert with the same label fires. Those of one label do not overlap.
fn seen(outage: &Firing, firing: &[&Firing]) -> i64 {
    let same = firing.iter().filter(|it| it.label == outage.label);
    let (from, to) = outage.held;
    same.filter_map(|it| Some((it.ended.min(to) - it.fired?.max(from)).max(0)))
        .sum()
}
