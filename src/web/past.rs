//! Rates of the past for pages: six hours, the same time a week ago, and what is usual.

use std::ops::Range;

use super::context::Context;
use crate::metrics::{PastRates, Series, Span};
use crate::parse::Direction;

/// Minutes of one slot of a chart.
pub const SLOT: i64 = 5;

/// Slots of a chart: six hours.
pub const SLOTS: usize = 72;

/// The number of classes of replies.
pub const CLASSES: usize = 4;

/// The classes of replies, in the order in which charts stack them from the bottom.
pub const FAILED_CONNECTIONS: usize = 0;
pub const PERMANENT: usize = 1;
pub const TEMPORARY: usize = 2;
pub const ACCEPTED: usize = 3;

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;
const QUARTER: i64 = 900;

/// The class of a reply code by its first digit; `None` for intermediate replies.
pub fn class(first_digit: u16) -> Option<usize> {
    match first_digit {
        1 => Some(FAILED_CONNECTIONS),
        5 => Some(PERMANENT),
        4 => Some(TEMPORARY),
        2 => Some(ACCEPTED),
        _ => None,
    }
}

/// The class of a series of outbound replies. What is accepted is known by provider, also where the log has no reply.
pub fn outbound_class(series: &Series) -> Option<usize> {
    match series {
        Series::Code(direction, code) if is(*direction, Direction::Outbound) => {
            class(code / 100).filter(|class| *class != ACCEPTED)
        }
        Series::Provider(_, first_digit) => {
            class(u16::from(*first_digit)).filter(|class| *class == ACCEPTED)
        }
        _ => None,
    }
}

/// Whether a number is that of a direction.
pub fn is(number: u8, direction: Direction) -> bool {
    usize::from(number) == direction.index()
}

/// The rates of six hours.
pub fn six_hours(
    context: &Context<'_>,
    groups: usize,
    group: impl Fn(&Series) -> Option<usize>,
) -> PastRates {
    slots(context, SLOT, SLOTS, groups, group)
}

/// The rates of the last five minutes.
pub fn five_minutes(
    context: &Context<'_>,
    groups: usize,
    group: impl Fn(&Series) -> Option<usize>,
) -> PastRates {
    slots(context, SLOT, 1, groups, group)
}

/// The rates of slots that end now.
pub fn slots(
    context: &Context<'_>,
    minutes: i64,
    slots: usize,
    groups: usize,
    group: impl Fn(&Series) -> Option<usize>,
) -> PastRates {
    let span = Span {
        end: context.as_of(),
        minutes,
        slots,
    };
    let view = context.view;
    view.history.minutes(&view.counters, span, groups, group)
}

/// The rates a week before each slot of [`six_hours`].
pub fn week_ago(
    context: &Context<'_>,
    groups: usize,
    group: impl Fn(&Series) -> Option<usize>,
) -> PastRates {
    let end = context.as_of();
    let ago = |slot: usize| (SLOTS - 1 - slot) as i64 * SLOT * 60 + SLOT * 30;
    let times: Vec<i64> = (0..SLOTS).map(|slot| end - ago(slot) - WEEK).collect();
    context.view.history.quarters(&times, groups, group)
}

/// What is usual at this time: the mean of the same half hour of the last four weeks, or of yesterday, or else of the
/// last day, whichever is known. `None` where less than an hour is known.
pub fn usual(
    context: &Context<'_>,
    groups: usize,
    group: impl Fn(&Series) -> Option<usize>,
) -> Vec<Option<f64>> {
    let now = context.as_of();
    let around = |ago: i64| (-1..=1).map(move |step| now - ago + step * QUARTER);
    let mut times: Vec<i64> = (1..=4).flat_map(|week| around(week * WEEK)).collect();
    let weeks = 0..times.len();
    times.extend(around(DAY));
    let yesterday = weeks.end..times.len();
    // Not the last half hour, in which the trouble may have begun.
    times.extend((3..96).map(|quarter| now - quarter * QUARTER));
    let day = yesterday.end..times.len();
    let rates = context.view.history.quarters(&times, groups, group);
    let mean = |range: &Range<usize>, group: usize| rates.mean_of(range.clone(), group, 3);
    (0..groups)
        .map(|group| {
            [&weeks, &yesterday, &day]
                .into_iter()
                .find_map(|it| mean(it, group))
        })
        .collect()
}

/// A rate now, an hour ago, yesterday and a week ago.
pub fn compare(
    context: &Context<'_>,
    hours: &PastRates,
    groups: &[usize],
    group: impl Fn(&Series) -> Option<usize>,
) -> [Option<f64>; 4] {
    let now = context.as_of();
    let count = groups.iter().max().map_or(0, |last| last + 1);
    let days = context
        .view
        .history
        .quarters(&[now - DAY, now - WEEK], count, group);
    let sum = |rates: &PastRates, slot: usize| -> Option<f64> {
        groups.iter().map(|group| rates.at(slot, *group)).sum()
    };
    [
        sum(hours, SLOTS - 1),
        sum(hours, SLOTS - 1 - 60 / SLOT as usize),
        sum(&days, 0),
        sum(&days, 1),
    ]
}
