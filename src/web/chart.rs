//! Charts of six hours as inline SVG. They have no width of their own: positions are in percent, bars lie in a nested
//! SVG that is stretched, and text is never scaled.

use std::fmt::Write;

use maud::{Markup, html};

use super::context::Context;
use super::numbers;
use super::past::{SLOT, SLOTS};
use crate::metrics::PastRates;

/// The area of the bars, in percent of the height of the chart.
const TOP: f64 = 10.0;
const HEIGHT: f64 = 78.0;

/// What is drawn in one colour.
pub struct Layer {
    /// The group of the rates.
    pub group: usize,
    /// The class of the style sheet: `f1`, `f2`, `f4` or `f5`.
    pub class: &'static str,
    /// Its name in the legend.
    pub name: String,
}

/// A chart.
pub struct Chart<'a> {
    /// Distinguishes it from the other charts of the page.
    pub id: &'a str,
    /// What it shows.
    pub title: String,
    /// Rates per minute.
    pub rates: &'a PastRates,
    /// From the bottom to the top.
    pub layers: &'a [Layer],
    /// The sum of all layers a week ago, by slot.
    pub week_ago: Option<Vec<Option<f64>>>,
    /// The value from which an alert fires, by slot.
    pub threshold: Option<Vec<Option<f64>>>,
    /// When alerts fired: beginning and end.
    pub fired: &'a [(i64, Option<i64>)],
}

/// The scale of a chart.
pub(super) struct Scale {
    /// The value at the top.
    top: f64,
    /// Between two lines of the grid.
    step: f64,
}

impl Scale {
    /// A scale for values up to `largest`, with two to four lines at round numbers.
    fn of(largest: f64) -> Self {
        let top = (largest * 1.08).max(1.0);
        let mut step = 10f64.powf((top / 4.0).log10().floor());
        while top / step > 4.0 {
            let ten = 10f64.powf(step.log10().floor());
            step = match (step / ten).round() as u32 {
                1 => 2.0 * ten,
                2 => 5.0 * ten,
                _ => 10.0 * ten,
            };
        }
        Scale { top, step }
    }

    /// Within the bars, in percent from the top.
    pub(super) fn inner(&self, value: f64) -> f64 {
        100.0 - value.clamp(0.0, self.top) / self.top * 100.0
    }

    /// Within the chart, in percent from the top.
    fn outer(&self, value: f64) -> f64 {
        TOP + self.inner(value) * HEIGHT / 100.0
    }

    /// Where the lines of the grid are.
    pub(super) fn lines(&self) -> impl Iterator<Item = f64> {
        let count = (self.top / self.step).floor() as u32;
        (1..=count).map(|line| f64::from(line) * self.step)
    }
}

impl Chart<'_> {
    /// The sum of all layers in a slot; `None` where nothing is known.
    fn sum(&self, slot: usize) -> Option<f64> {
        let layers = self.layers.iter();
        layers.map(|layer| self.rates.at(slot, layer.group)).sum()
    }

    /// The scale for all that is drawn.
    pub(super) fn scale(&self) -> Scale {
        let lines = [&self.week_ago, &self.threshold];
        let lines = lines.into_iter().flatten().flatten().flatten().copied();
        let sums = (0..SLOTS).filter_map(|slot| self.sum(slot));
        Scale::of(sums.chain(lines).fold(0.0, f64::max))
    }

    /// The figure with its legend.
    pub fn markup(&self, context: &Context<'_>) -> Markup {
        let scale = self.scale();
        let (title, description) = (format!("{}t", self.id), format!("{}d", self.id));
        let end = context.as_of();
        let start = (end.div_euclid(60) + 1) * 60 - SLOTS as i64 * SLOT * 60;
        html! {
            figure {
                svg.ch role="img" aria-labelledby={ (title) " " (description) } {
                    title id=(title) { (self.title) }
                    desc id=(description) { (self.description(context)) }
                    (self.zones(context, start, end))
                    @for value in scale.lines() {
                        @let y = percent(scale.outer(value));
                        line.g x1="0" x2="100%" y1=(y) y2=(y) {}
                    }
                    svg x="0" y={ (TOP) "%" } width="100%" height={ (HEIGHT) "%" } viewBox="0 0 72 100" preserveAspectRatio="none" {
                        (self.bars(&scale))
                        @if let Some(week_ago) = &self.week_ago { path.gh d=(line(&scale, week_ago)) {} }
                        @if let Some(threshold) = &self.threshold { path.th d=(line(&scale, threshold)) {} }
                    }
                    @for value in scale.lines() {
                        text x="-6" y=(percent(scale.outer(value) + 2.2)) text-anchor="end" { (numbers::rate(value)) }
                    }
                    (self.labels(context, &scale))
                    text x="-6" y="88%" text-anchor="end" { "0" }
                    line.ax x1="0" x2="100%" y1="88%" y2="88%" {}
                    (axis(context, start, end))
                }
                (self.legend(context))
            }
        }
    }

    /// What is seen: the highest value, and the one now.
    fn description(&self, context: &Context<'_>) -> String {
        let known = (0..SLOTS).filter_map(|slot| Some((slot, self.sum(slot)?)));
        let Some((slot, highest)) = known.max_by(|a, b| a.1.total_cmp(&b.1)) else {
            return context.t("No data.", "无数据。").to_owned();
        };
        let end = context.as_of();
        let time = context.clock(end - (SLOTS - 1 - slot) as i64 * SLOT * 60);
        let highest = numbers::rate(highest);
        let now = context.rate_or_dash(self.sum(SLOTS - 1));
        let mut text = match context.zh() {
            false => format!("Highest at {time}: {highest} per minute. Now: {now}."),
            true => format!("最高为 {time} 的每分钟 {highest} 次，现在为 {now} 次。"),
        };
        let threshold = self
            .threshold
            .as_ref()
            .and_then(|it| it.last().copied().flatten());
        if let Some(threshold) = threshold.map(numbers::rate) {
            text += &match context.zh() {
                false => format!(" The alert threshold is {threshold} per minute."),
                true => format!("告警阈值为每分钟 {threshold} 次。"),
            };
        }
        text
    }

    /// The shaded bands while alerts fired.
    fn zones(&self, context: &Context<'_>, start: i64, end: i64) -> Markup {
        let place = |time: i64| {
            let share = (time - start) as f64 / (end + 1 - start) as f64;
            share.clamp(0.0, 1.0) * 100.0
        };
        let shown = self.fired.iter();
        let shown: Vec<_> = shown
            .filter(|(_, to)| to.is_none_or(|to| to > start))
            .collect();
        let label = shown.last().map(|(from, to)| match (to, context.zh()) {
            (None, false) => format!("▲ firing since {}", context.clock(*from)),
            (None, true) => format!("▲ 自 {} 起告警", context.clock(*from)),
            (Some(to), false) => format!("fired {}–{}", context.clock(*from), context.clock(*to)),
            (Some(to), true) => format!("{}–{} 告警", context.clock(*from), context.clock(*to)),
        });
        html! {
            @for (from, to) in &shown {
                @let left = place(*from);
                @let width = (place(to.unwrap_or(end + 1)) - left).max(0.3);
                rect.zone x=(percent(left)) y={ (TOP) "%" } width=(percent(width)) height={ (HEIGHT) "%" } {}
                line.edge x1=(percent(left)) x2=(percent(left)) y1={ (TOP) "%" } y2="88%" {}
            }
            @if let Some(label) = label { text.ev x="100%" y="6.5%" text-anchor="end" { (label) } }
        }
    }

    /// One path for each layer.
    fn bars(&self, scale: &Scale) -> Markup {
        let mut base = [0.0; SLOTS];
        let paths = self.layers.iter().map(|layer| {
            let mut path = String::new();
            for (slot, base) in base.iter_mut().enumerate() {
                let rate = self.rates.at(slot, layer.group).unwrap_or(0.0);
                if rate > 0.0 {
                    let (low, high) = (scale.inner(*base), scale.inner(*base + rate));
                    // A count is seen, however small.
                    let high = if *base == 0.0 { high.min(99.2) } else { high };
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{slot}.08 {low:.1}V{high:.1}h.84V{low:.1}z");
                    *base += rate;
                }
            }
            (layer.class, path)
        });
        let paths: Vec<_> = paths.filter(|(_, path)| !path.is_empty()).collect();
        html! { @for (class, path) in paths { path class=(class) d=(path) {} } }
    }

    /// The labels of the threshold and of the last bar.
    fn labels(&self, context: &Context<'_>, scale: &Scale) -> Markup {
        let threshold = self
            .threshold
            .as_ref()
            .and_then(|it| it.last().copied().flatten());
        let first = self.threshold.iter().flatten().flatten().next();
        // Where it would cover no other bar.
        let before = (SLOTS - 16..SLOTS - 5).filter_map(|slot| self.sum(slot));
        let before = before.fold(0.0, f64::max);
        let now = self
            .sum(SLOTS - 1)
            .filter(|now| *now > 0.0 && before < now * 0.7 && self.layers.len() == 1);
        html! {
            @if let (Some(threshold), Some(first)) = (threshold, first) {
                text.ev.halo x="3%" y=(percent(scale.outer(*first) - 2.5)) {
                    (context.t("alert from ", "阈值 ")) (numbers::rate(threshold))
                }
            }
            @if let Some(now) = now {
                text.v.halo x="92%" y=(percent((scale.outer(now) + 4.0).min(84.0))) text-anchor="end" {
                    (context.per_minute(now))
                }
            }
        }
    }

    fn legend(&self, context: &Context<'_>) -> Markup {
        let sample = |class: &str| {
            html! { svg viewBox="0 0 18 11" aria-hidden="true" { rect class=(class) width="18" height="11" {} } }
        };
        html! {
            p.key {
                @for layer in self.layers.iter().rev() {
                    span {
                        (sample(layer.class)) (layer.name)
                        @if self.layers.len() > 1 {
                            " " (context.rate_or_dash(self.rates.at(SLOTS - 1, layer.group)))
                        }
                    }
                    " "
                }
                @if self.week_ago.is_some() {
                    span {
                        svg viewBox="0 0 18 11" aria-hidden="true" { path.gh d="M0 6H18" {} }
                        (context.t("a week ago", "一周前"))
                    }
                    " "
                }
                @if !self.fired.is_empty() {
                    span {
                        svg viewBox="0 0 18 11" aria-hidden="true" {
                            rect.zone width="18" height="11" {}
                            path.edge d="M0 0V11" {}
                        }
                        (context.t("firing", "告警中"))
                    }
                }
            }
        }
    }

    /// The numbers of the last hour, folded.
    pub fn numbers(&self, context: &Context<'_>) -> Markup {
        let end = context.as_of();
        html! {
            details {
                summary { (context.t("Figures of this chart, per minute (last hour)", "图表数据，每分钟（最近 1 小时）")) }
                div.scroll tabindex="0" role="region" aria-label=(self.title) {
                    table {
                        thead {
                            tr {
                                th scope="col" { (context.t("5 min to", "5 分钟止于")) }
                                @for layer in self.layers.iter().rev() { th scope="col" { (layer.name) } }
                                @if self.threshold.is_some() { th scope="col" { (context.t("Alert from", "阈值")) } }
                                @if self.week_ago.is_some() { th scope="col" { (context.t("A week ago", "一周前")) } }
                            }
                        }
                        tbody {
                            @for slot in SLOTS - 12..SLOTS {
                                tr {
                                    th scope="row" { (context.clock(end - (SLOTS - 1 - slot) as i64 * SLOT * 60)) }
                                    @for layer in self.layers.iter().rev() {
                                        td { (context.rate_or_dash(self.rates.at(slot, layer.group))) }
                                    }
                                    @for line in [&self.threshold, &self.week_ago].into_iter().flatten() {
                                        td { (context.rate_or_dash(line.get(slot).copied().flatten())) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The hours below a chart, and the time at its end.
fn axis(context: &Context<'_>, start: i64, end: i64) -> Markup {
    let offset = context
        .zoned(end)
        .map_or(0, |time| i64::from(time.offset().seconds()));
    let first = ((start + offset).div_euclid(3_600) + 1) * 3_600 - offset;
    let hours = (first..=end).step_by(3_600);
    let places = hours.map(|hour| {
        (
            hour,
            (hour - start) as f64 / (end + 1 - start) as f64 * 100.0,
        )
    });
    // Beside another column there is no room for an hour and the time at the end above that.
    let places: Vec<_> = places
        .filter(|(_, place)| (3.0..88.0).contains(place))
        .collect();
    let hour = |time: i64| {
        let time = context.zoned(time);
        time.map_or_else(String::new, |time| time.strftime("%H:%M").to_string())
    };
    html! {
        @for (time, place) in &places {
            @let late = (*place > 78.0).then_some("late");
            text class=[late] x=(percent(*place)) y="97.5%" text-anchor="middle" { (hour(*time)) }
        }
        text.v x="100%" y="97.5%" text-anchor="end" { (hour(end)) }
    }
}

/// A line through the middle of each slot, with gaps where nothing is known.
fn line(scale: &Scale, values: &[Option<f64>]) -> String {
    let mut path = String::new();
    let mut is_gap = true;
    for (slot, value) in values.iter().enumerate() {
        let Some(value) = value else {
            is_gap = true;
            continue;
        };
        let letter = if is_gap { 'M' } else { 'L' };
        is_gap = false;
        // Writing to a string cannot fail.
        let _ = write!(path, "{letter}{slot}.5 {:.1}", scale.inner(*value));
    }
    path
}

/// A small chart of shares from 0 to 1, beside its number.
pub fn sparkline(shares: &[Option<f64>]) -> Markup {
    let last = shares.len().saturating_sub(1).max(1) as f64;
    let mut path = String::new();
    let mut is_gap = true;
    for (at, share) in shares.iter().enumerate() {
        let Some(share) = share else {
            is_gap = true;
            continue;
        };
        let letter = if is_gap { 'M' } else { 'L' };
        is_gap = false;
        let (x, y) = (
            at as f64 / last * 100.0,
            19.0 - share.clamp(0.0, 1.0) * 18.0,
        );
        // Writing to a string cannot fail.
        let _ = write!(path, "{letter}{x:.1} {y:.1}");
    }
    html! {
        svg.sp viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true" {
            path.ln d=(path) {}
            path.g d="M0 19.5H100" {}
        }
    }
}

fn percent(number: f64) -> String {
    format!("{number:.2}%")
}

#[cfg(test)]
mod tests;
