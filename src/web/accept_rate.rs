//! The rate at which a provider still took everything before it began to refuse, measured in the minutes of the last day,
//! and the setting that stays below it.

use maud::{Markup, html};

use super::context::Context;
use super::numbers;
use super::past;
use crate::metrics::{PastRates, Series};
use crate::parse::Mta;

/// The minutes that are looked at: a day.
const MINUTES: usize = 24 * 60;

/// The groups of the rates.
const ACCEPTED: usize = 0;
const REFUSED: usize = 1;
const GROUPS: usize = 2;

/// The last refusal may be this many minutes ago.
const RECENT: usize = 30;

/// Refusals this many minutes apart belong together.
const PAUSE: usize = 15;

/// A minute in which it refused: at least so many temporary failures, and so large a part of its replies.
const LEAST_REFUSED: f64 = 3.0;
const REFUSED_SHARE: f64 = 0.2;

/// The minutes before with accepted mail and without refusals that tell what is accepted.
const LEAST_MINUTES: usize = 30;

/// The lowest rate that tells anything.
const LEAST_RATE: f64 = 5.0;

/// What a provider accepted, and at which rate it began to refuse. Rates are per minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AcceptRate {
    /// The highest rate of a minute in which it took everything.
    pub accepted: f64,
    /// The rate at which mail was sent to it when it began to refuse.
    pub refused_at: f64,
    /// The beginning of the minute in which it began to refuse, in seconds since 1970.
    pub since: i64,
}

impl AcceptRate {
    /// The rate of a provider; `None` if it does not refuse mail now, or the minutes before do not tell that it is the
    /// rate that it refuses.
    pub fn of(context: &Context<'_>, provider: &str) -> Option<Self> {
        let rates = past::slots(context, 1, MINUTES, GROUPS, |series| match series {
            Series::Provider(name, 2) if name == provider => Some(ACCEPTED),
            Series::Provider(name, 4) if name == provider => Some(REFUSED),
            _ => None,
        });
        let start = begin(&rates)?;
        let before = (0..start).filter(|minute| {
            rates.at(*minute, REFUSED) == Some(0.0) && at(&rates, *minute, ACCEPTED) > 0.0
        });
        let accepted: Vec<f64> = before.map(|minute| at(&rates, minute, ACCEPTED)).collect();
        let highest = accepted.iter().copied().fold(0.0, f64::max);
        let sent = |minute: usize| at(&rates, minute, ACCEPTED) + at(&rates, minute, REFUSED);
        // The first refusals may be at the end of a minute of which most was accepted.
        let refused_at = sent(start).max(start.checked_sub(1).map_or(0.0, sent));
        let tells = accepted.len() >= LEAST_MINUTES && highest >= LEAST_RATE;
        let ago = (MINUTES - 1 - start) as i64 * 60;
        (tells && refused_at > highest).then(|| AcceptRate {
            accepted: highest,
            refused_at,
            since: context.as_of().div_euclid(60) * 60 - ago,
        })
    }

    /// The seconds between two messages that stay below the accepted rate.
    pub fn delay(&self) -> u64 {
        (60.0 / self.accepted).ceil().max(1.0) as u64
    }

    /// The sentence, with the setting for Postfix where this server is one.
    pub fn markup(&self, context: &Context<'_>, provider: &str) -> Markup {
        let (refused, accepted) = (numbers::rate(self.refused_at), numbers::rate(self.accepted));
        let since = context.clock(self.since);
        let postfix = Mta::ALL.iter().zip(context.view.counters.mtas_seen);
        let is_postfix = postfix
            .into_iter()
            .any(|it| it.1 && it.0.name() == "postfix");
        html! {
            p {
                @if context.zh() {
                    "自 " (since) " 起拒收，当时为每分钟 " (refused) " 封；此前每分钟 " (accepted) " 封全部被接收。"
                } @else {
                    "It began to refuse at " (refused) " a minute (" (since) "); " (accepted) " a minute were accepted."
                }
            }
            @if is_postfix {
                p.s.dim {
                    (context.t("Postfix stays below that with a transport of its own for these domains (transport_maps) and: ",
                        "在 Postfix 中，为这些域设置单独的传输（transport_maps），并使用以下设置即可低于该速率："))
                    code { (provider) "_destination_rate_delay = " (self.delay()) "s" }
                }
            }
        }
    }
}

/// The minute in which the refusals began that are not over yet.
fn begin(rates: &PastRates) -> Option<usize> {
    let refuses = |minute: &usize| {
        let (refused, accepted) = (at(rates, *minute, REFUSED), at(rates, *minute, ACCEPTED));
        refused >= LEAST_REFUSED && refused > REFUSED_SHARE * (refused + accepted)
    };
    let mut begin = (MINUTES - RECENT..MINUTES).rev().find(refuses)?;
    while let Some(before) = (begin.saturating_sub(PAUSE)..begin).rev().find(refuses) {
        begin = before;
    }
    Some(begin)
}

/// A rate; 0 where nothing is known.
fn at(rates: &PastRates, minute: usize, group: usize) -> f64 {
    rates.at(minute, group).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Language;
    use crate::metrics::View;
    use crate::web::test_support::{context, deferred, delivery, settings, view_of};

    const GOOGLE: &str = "gmail-smtp-in.l.google.com";

    /// For each minute, how many minutes ago it is, how many messages are accepted, and how many refused.
    fn view(minutes: impl Iterator<Item = (i64, u32, u32)>) -> View {
        let mut number = 0;
        let mut lines = Vec::new();
        for (ago, accepted, refused) in minutes {
            for at in 0..accepted + refused {
                number += 1;
                let ago = ago * 60;
                let sent = "dsn=2.0.0, status=sent (250 2.0.0 OK)";
                lines.extend(match at < accepted {
                    true => delivery(number, ago, "a@example.com", GOOGLE, sent),
                    false => deferred(number, ago, "a@example.com", GOOGLE, "421 4.7.28 rate"),
                });
            }
        }
        view_of(&lines)
    }

    fn rate(view: &View) -> Option<AcceptRate> {
        let settings = settings();
        AcceptRate::of(&context(view, &settings, Language::En), "google")
    }

    #[test]
    fn the_highest_accepted_rate_before_the_refusals_is_told() {
        let usual = |ago: i64| (ago, if ago == 70 { 20 } else { 8 }, 0);
        let refused = |ago: i64| (ago, 4, 30);
        let minutes = (11..=90)
            .rev()
            .map(usual)
            .chain((1..=10).rev().map(refused));
        let view = view(minutes);
        let found = rate(&view).expect("a rate");
        assert_eq!((found.accepted, found.refused_at), (20.0, 34.0));
        assert_eq!(found.delay(), 3);
        let settings = settings();
        let context = context(&view, &settings, Language::En);
        let text = found.markup(&context, "google").into_string();
        assert!(
            text.contains("It began to refuse at 34 a minute ("),
            "{text}"
        );
        assert!(text.contains("); 20 a minute were accepted."), "{text}");
        assert!(
            text.contains("google_destination_rate_delay = 3s"),
            "{text}"
        );
    }

    #[test]
    fn nothing_is_told_where_the_rate_is_not_the_reason_or_not_known() {
        let refused = |ago: i64| (ago, 4, 30);
        let after = |usual: (u32, u32), minutes: i64| {
            let before = (11..=10 + minutes)
                .rev()
                .map(move |ago| (ago, usual.0, usual.1));
            rate(&view(before.chain((1..=10).rev().map(refused))))
        };
        assert!(after((20, 0), 60).is_some());
        assert_eq!(after((40, 0), 60), None, "more was accepted before");
        assert_eq!(after((20, 0), 20), None, "too short a time is known");
        assert_eq!(after((20, 1), 60), None, "it always refuses some");
        let over = (60..=90)
            .rev()
            .map(refused)
            .chain((1..60).rev().map(|ago| (ago, 20, 0)));
        assert_eq!(rate(&view(over)), None, "it is over");
    }
}
