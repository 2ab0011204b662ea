//! Tests of charts: what is drawn where, and what is told to who cannot see it.

use super::*;
use crate::catalog::Language;
use crate::metrics::View;
use crate::web::past::{self, CLASSES};
use crate::web::reply_classes;
use crate::web::test_support::{NOW, context, incident, settings, view_of};

/// The chart of all classes.
fn chart_of(view: &View, language: Language, fired: &[(i64, Option<i64>)]) -> (String, String) {
    let settings = settings();
    let context = context(view, &settings, language);
    let rates = past::six_hours(&context, CLASSES, past::outbound_class);
    let chart = Chart {
        id: "c1",
        title: "Replies".to_owned(),
        rates: &rates,
        layers: &reply_classes::layers(&context),
        week_ago: None,
        threshold: Some(vec![Some(2.0); SLOTS]),
        fired,
    };
    let figure = chart.markup(&context).into_string();
    (figure, chart.numbers(&context).into_string())
}

/// The path of a class: its bars as slot, lower and upper edge.
fn bars(figure: &str, class: &str) -> Vec<(usize, f64, f64)> {
    let start = format!("<path class=\"{class}\" d=\"");
    let Some((_, path)) = figure.split_once(&start) else {
        return Vec::new();
    };
    let path = &path[..path.find('"').expect("a path")];
    let bar = |bar: &str| {
        let (place, rest) = bar.split_once(' ')?;
        let (low, rest) = rest.split_once('V')?;
        let (high, _) = rest.split_once('h')?;
        let slot = place.split_once('.')?.0.parse().ok()?;
        Some((slot, low.parse().ok()?, high.parse().ok()?))
    };
    path.split('M').filter_map(bar).collect()
}

#[test]
fn classes_are_stacked_from_trouble_up_on_a_common_base() {
    let (figure, _) = chart_of(&incident(), Language::En, &[]);
    let (temporary, accepted) = (bars(&figure, "f4"), bars(&figure, "f2"));
    assert_eq!(accepted.len(), SLOTS);
    let last = SLOTS - 1;
    let of = |bars: &[(usize, f64, f64)], slot: usize| {
        bars.iter().find(|it| it.0 == slot).map(|it| (it.1, it.2))
    };
    let (low, high) = of(&temporary, last).expect("failures");
    assert!(low == 100.0 && high < 60.0, "{low} {high}");
    assert_eq!(
        of(&accepted, last).expect("accepted").0,
        high,
        "on top of the failures"
    );
    assert!(of(&temporary, 40).is_none() || of(&temporary, 40).expect("few").1 > 98.0);
    assert_eq!(bars(&figure, "f5"), []);
}

#[test]
fn chart_tells_in_words_what_it_shows() {
    let fired = [(NOW - 600, None)];
    let (figure, numbers) = chart_of(&incident(), Language::En, &fired);
    for part in [
        "role=\"img\" aria-labelledby=\"c1t c1d\"",
        "<desc id=\"c1d\">Highest at ",
        "Now: 20. The alert threshold is 2 per minute.",
        "▲ firing since 22:03",
        "alert from 2",
        "<path class=\"th\" d=\"M0.5 ",
        "4xx temporary 18",
    ] {
        assert!(figure.contains(part), "{part} is not in {figure}");
    }
    let zone = figure.split("class=\"zone\" x=\"").nth(1).expect("a band");
    let left: f64 = zone[..zone.find('%').expect("percent")]
        .parse()
        .expect("a number");
    assert!(
        (97.0..97.5).contains(&left),
        "ten minutes of six hours: {left}"
    );
    assert_eq!(numbers.matches("<tr>").count(), 13);
    let (figure, numbers) = chart_of(
        &incident(),
        Language::Zh,
        &[(NOW - 5_400, Some(NOW - 3_600))],
    );
    assert!(
        figure.contains("现在为 20 次。告警阈值为每分钟 2 次。"),
        "{figure}"
    );
    assert!(figure.contains("20:43–21:13 告警"), "{figure}");
    assert!(numbers.contains("4xx 临时失败"), "{numbers}");
    // An alert that ended before the chart begins is not on it.
    let (figure, _) = chart_of(
        &incident(),
        Language::En,
        &[(NOW - 90_000, Some(NOW - 80_000))],
    );
    assert!(!figure.contains("fired "), "{figure}");
}

#[test]
fn unknown_time_is_a_gap_and_not_zero() {
    let counted = view_of(&[]);
    let (figure, numbers) = chart_of(
        &View::new(counted.counters, counted.providers),
        Language::En,
        &[],
    );
    assert!(figure.contains("No data."), "{figure}");
    assert!(
        numbers.contains("<td>–</td>") && !numbers.contains("<td>0</td>"),
        "{numbers}"
    );
    let scale = Scale::of(10.0);
    assert_eq!(
        line(&scale, &[Some(0.0), None, Some(1.0), Some(2.0)])
            .matches('M')
            .count(),
        2
    );
    assert_eq!(
        sparkline(&[None, Some(1.0)])
            .into_string()
            .matches("M100.0")
            .count(),
        1
    );
}

#[test]
fn scale_has_few_lines_at_round_numbers() {
    for largest in [
        0.0, 0.3, 1.0, 3.0, 7.0, 12.0, 48.0, 97.0, 160.0, 3_456.0, 98_765.0,
    ] {
        let scale = Scale::of(largest);
        let lines: Vec<f64> = scale.lines().collect();
        assert!((1..=4).contains(&lines.len()), "{largest}: {lines:?}");
        assert!(scale.top >= largest && scale.inner(largest) >= 0.0);
        let digit = scale.step / 10f64.powf(scale.step.log10().floor());
        let round = [1.0, 2.0, 5.0];
        assert!(
            round.iter().any(|it| (digit - it).abs() < 1e-6),
            "{largest}: {}",
            scale.step
        );
    }
}
